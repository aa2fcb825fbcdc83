//! The figures of `onset diagnose`.

use super::answer::{Answer, Point, Subset};
use crate::figures::{interval, study, subject};
use onset::effects::Measure;
use onset::math::{chi_squared, normal};
use onset::plot::diagnosis::{self, Panel, Place, Step};
use onset::plot::forest::Mean;
use onset::plot::influence::{InfluenceRow, Measure as Column};
use onset::plot::subsets::SubsetGrid;

/// Every figure that the answer has rows for.
pub fn panels(answer: &Answer, measure: Measure, ordered_by: Option<&str>) -> Vec<Panel> {
    let full = &answer.full.value;
    let one_mean = full.coefficients.len() == 1;
    let model = format!("{}, {} studies.", full.method, full.k);
    let subject = subject(measure, full.level, model);
    let first = full.coefficients.first().filter(|_| one_mean).map(|c| c.mean);
    let mut panels = Vec::new();
    if let Some(mean) = first {
        let whole = Mean {
            label: "All studies".to_owned(),
            effect: Some(interval(measure, mean.estimate, mean.ci_lower, mean.ci_upper)),
            k: full.k,
            ..Mean::default()
        };
        let steps = |subsets: &[Subset]| {
            subsets
                .iter()
                .map(|subset| step(measure, subset))
                .collect::<Vec<_>>()
        };
        panels.extend(diagnosis::leave_one_out(
            &subject,
            &steps(&answer.leave_one_out),
            &whole,
        ));
        let order = ordered_by.map_or("in the order of the file".to_owned(), |column| {
            format!("by {column}")
        });
        let rows = steps(&answer.cumulative);
        panels.extend(diagnosis::cumulative(&subject, &rows, &order, &whole));
    }
    panels.extend(influence(answer, &subject));
    panels.extend(diagnosis::baujat(&subject, &places(&answer.baujat)));
    let z = normal::upper_quantile(0.025);
    if let Some(mean) = first {
        panels.extend(diagnosis::radial(
            &subject,
            &places(&answer.radial),
            mean.estimate,
            z,
        ));
    }
    if let Some(labbe) = &answer.labbe {
        let points = labbe.points.iter().filter_map(|point| {
            let (x, y, n) = (point.control?, point.treated?, point.n?);
            Some((
                Place {
                    study: study(&point.label),
                    x,
                    y,
                },
                n,
            ))
        });
        let line: Vec<(f64, f64)> = labbe.line.iter().map(|p| (p.control, p.treated)).collect();
        panels.extend(diagnosis::labbe(&subject, &points.collect::<Vec<_>>(), &line));
    }
    let quantiles = answer.qq.iter().map(|q| {
        let place = Place {
            study: study(&q.label),
            x: q.point.theoretical,
            y: q.point.residual,
        };
        (place, [q.point.lower, q.point.upper])
    });
    panels.extend(diagnosis::quantiles(&subject, &quantiles.collect::<Vec<_>>()));
    if let Some(profile) = &answer.profile {
        let curve: Vec<(f64, f64)> = profile.iter().map(|p| (p.tau2, p.loglik)).collect();
        let drop = 0.5 * chi_squared::quantile(full.level, 1.0);
        panels.extend(diagnosis::profile(&subject, &curve, drop));
    }
    if let Some(gosh) = &answer.gosh {
        let grid = SubsetGrid {
            x: format!("Pooled {} of a subset", measure.name()),
            estimate: gosh.grid.estimate.clone(),
            i2: gosh.grid.i2.clone(),
            counts: gosh.grid.counts.clone(),
            pooled: first.map(|mean| mean.estimate),
            ..SubsetGrid::default()
        };
        panels.push(diagnosis::subsets(
            &subject,
            grid,
            [gosh.estimate.q1, gosh.estimate.q3],
        ));
    }
    panels
}

fn step(measure: Measure, subset: &Subset) -> Step {
    let parts = subset.estimate.zip(subset.ci_lower).zip(subset.ci_upper);
    Step {
        study: study(&subset.label),
        mean: parts.map(|((value, lower), upper)| interval(measure, value, lower, upper)),
    }
}

fn places(points: &[Point]) -> Vec<Place> {
    let place = |point: &Point| {
        Some(Place {
            study: study(&point.label),
            x: point.x?,
            y: point.y?,
        })
    };
    points.iter().filter_map(place).collect()
}

fn influence(answer: &Answer, subject: &diagnosis::Subject) -> Option<Panel> {
    let full = &answer.full.value;
    let (k, p) = (full.k as f64, full.coefficients.len() as f64);
    let column = |label: &str, limits: Vec<f64>| Column {
        label: label.to_owned(),
        limits,
    };
    let dffits = 3.0 * (p / (k - p)).sqrt();
    let measures = vec![
        column("Studentised residual", vec![-1.96, 1.96]),
        column("DFFITS", vec![-dffits, dffits]),
        column("Cook's distance", vec![chi_squared::quantile(0.5, p)]),
        column("Covariance ratio", vec![1.0]),
        column("tau\u{b2} without", full.tau2.into_iter().collect()),
        column(
            "Q without",
            full.q.as_ref().map(|q| q.value).into_iter().collect(),
        ),
        column("Hat value", vec![3.0 * p / k]),
        column("Weight, %", vec![100.0 / k]),
    ];
    let rows = answer.influence.iter().map(|m| InfluenceRow {
        key: m.label.clone(),
        label: m.label.clone(),
        values: vec![
            m.rstudent, m.dffits, m.cook_d, m.cov_r, m.tau2_del, m.q_del, m.hat, m.weight,
        ],
        influential: m.influential == Some(true),
        rows: Vec::new(),
    });
    diagnosis::influence(subject, measures, rows.collect())
}
