//! The figures that take a pool apart, where the protocol asks for them.

use super::{Figure, effect, interval};
use crate::words;
use onset_plot::Interval;
use onset_plot::diagnosis::{self, Panel, Place, Step, Study, Subject};
use onset_plot::forest::Mean;
use onset_plot::influence::{InfluenceRow, Measure};
use onset_review::answers::{Diagnosis, PlotPoint, Pool};

/// Every figure of a pool that was taken apart, in the order of the protocol.
pub(super) fn figures(pool: &Pool, name: &str) -> Vec<Figure> {
    let (Some(found), Some(estimate)) = (&pool.diagnosis, &pool.estimate) else {
        return Vec::new();
    };
    let subject = Subject {
        id: name.to_owned(),
        of: format!(
            "{}, {}",
            words::capital(&pool.outcome_label),
            words::uncapital(&pool.window_label)
        ),
        model: words::subtitle(pool),
        effect: effect(pool),
    };
    let whole = Mean {
        label: "All trials".to_owned(),
        effect: Some(Interval::new(estimate.value, estimate.lower, estimate.upper)),
        k: pool.k,
        ..Mean::default()
    };
    let panel = |kind: &String| panel(pool, found, &subject, &whole, kind);
    let panels = found.asked.iter().filter_map(panel);
    panels
        .map(|panel| {
            Figure::new(
                &panel.name,
                Some("diagnosis".to_owned()),
                panel.wide,
                panel.narrow,
            )
        })
        .collect()
}

/// Names of the figures that a pool may have.
pub(crate) fn names(pool: &Pool, name: &str) -> Vec<String> {
    let asked = pool.diagnosis.iter().flat_map(|found| &found.asked);
    asked.map(|kind| format!("{kind}-{name}")).collect()
}

fn study(pool: &Pool, id: &str) -> Study {
    let found = pool.studies.iter().find(|study| study.id == id);
    Study {
        key: id.to_owned(),
        label: found.map_or_else(|| id.to_owned(), words::study_name),
        rows: found.map(|study| study.rows.clone()).unwrap_or_default(),
    }
}

fn panel(pool: &Pool, found: &Diagnosis, subject: &Subject, whole: &Mean, kind: &str) -> Option<Panel> {
    let places = |points: &[PlotPoint]| {
        let place = |point: &PlotPoint| Place {
            study: study(pool, &point.study),
            x: point.x,
            y: point.y,
        };
        points.iter().map(place).collect::<Vec<_>>()
    };
    match kind {
        "leave-one-out" => {
            let step = |left: &onset_review::answers::LeaveOneOut| {
                let out = pool.studies.iter().find(|study| study.label == left.without);
                Step {
                    study: out.map_or_else(Study::default, |out| study(pool, &out.id)),
                    mean: Some(interval(&left.estimate)),
                }
            };
            let steps: Vec<Step> = pool.leave_one_out.iter().map(step).collect();
            diagnosis::leave_one_out(subject, &steps, whole)
        }
        "cumulative" => {
            let step = |one: &onset_review::answers::Cumulated| Step {
                study: study(pool, &one.study),
                mean: Some(interval(&one.estimate)),
            };
            let steps: Vec<Step> = found.cumulative.iter().map(step).collect();
            diagnosis::cumulative(subject, &steps, "by year", whole)
        }
        "influence" => influence(pool, found, subject),
        "baujat" => diagnosis::baujat(subject, &places(&found.baujat)),
        "radial" => {
            let mean = pool.analysis.as_ref()?.value;
            diagnosis::radial(subject, &places(&found.radial), mean, 1.96)
        }
        "quantiles" => {
            let place = |q: &onset_review::answers::QuantilePoint| {
                let place = Place {
                    study: study(pool, &q.study),
                    x: q.theoretical,
                    y: q.residual,
                };
                (place, [q.lower, q.upper])
            };
            let places: Vec<_> = found.quantiles.iter().map(place).collect();
            diagnosis::quantiles(subject, &places)
        }
        "profile" => {
            let curve: Vec<(f64, f64)> = found.profile.iter().map(|p| (p.tau2, p.loglik)).collect();
            diagnosis::profile(subject, &curve, 1.92)
        }
        _ => None,
    }
}

fn influence(pool: &Pool, found: &Diagnosis, subject: &Subject) -> Option<Panel> {
    let k = pool.k as f64;
    let dffits = 3.0 * (1.0 / (k - 1.0)).sqrt();
    let column = |label: &str, limits: Vec<f64>| Measure {
        label: label.to_owned(),
        limits,
    };
    let measures = vec![
        column("Studentised residual", vec![-1.96, 1.96]),
        column("DFFITS", vec![-dffits, dffits]),
        column("Cook's distance", vec![0.455]),
        column("Covariance ratio", vec![1.0]),
        column("\u{3c4}\u{b2} without", pool.tau2.into_iter().collect()),
        column("Hat value", vec![3.0 / k]),
    ];
    let rows = found.influence.iter().map(|m| {
        let of = study(pool, &m.study);
        InfluenceRow {
            key: of.key,
            label: of.label,
            values: [
                m.residual,
                m.dffits,
                m.cook_distance,
                m.covariance_ratio,
                m.tau2_without,
                m.hat,
            ]
            .map(Some)
            .to_vec(),
            influential: m.influential,
            rows: of.rows,
        }
    });
    diagnosis::influence(subject, measures, rows.collect())
}
