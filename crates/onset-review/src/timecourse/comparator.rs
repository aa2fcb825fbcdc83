//! Published courses of other treatments: their points in our unit, and a curve through them with its interval.

use super::curve::{form, within};
use super::{ComparatorAt, ComparatorCurve};
use crate::answers::Interval;
use crate::effect;
use crate::index::Index;
use crate::protocol::Comparator;
use onset_math::normal;
use onset_models::timecourse::{
    Baseline, Benefit, Curve, Definition, Dispersion, Longitudinal, Options, TimeVisit, fit, onset_times,
};

/// Steps of a drawn curve.
const DRAWN: u32 = 40;

/// A comparator in our points.
///
/// Its curve goes through pooled estimates that share trials: their correlation is that declared for visits. With as
/// many points as parameters the curve goes through them exactly, and its interval is that of the points.
pub(super) fn curve(index: &Index<'_>, declared: &Comparator) -> ComparatorCurve {
    let level = index.protocol.model.level;
    let z = normal::quantile(0.5 * (1.0 + level));
    let outcome = index.outcome(&declared.outcome);
    let model = &index.protocol.model;
    let unit = outcome.map_or_else(String::new, |o| {
        effect::unit(crate::size::measure_of(model, o), o)
    });
    let points: Vec<ComparatorAt> = declared
        .points
        .iter()
        .map(|p| {
            let (y, se) = (p.estimate * declared.factor, p.standard_error * declared.factor);
            ComparatorAt {
                hours: p.time_hours,
                estimate: Interval {
                    value: y,
                    lower: y - z * se,
                    upper: y + z * se,
                },
                people: p.n,
            }
        })
        .collect();
    let first_share = points
        .first()
        .zip(points.last())
        .map(|(a, b)| a.estimate.value / b.estimate.value)
        .filter(|x| x.is_finite());
    let mut out = ComparatorCurve {
        id: declared.id.clone(),
        label: declared.label.clone(),
        outcome: declared.outcome.clone(),
        unit,
        half_hours: None,
        first_share,
        points,
        curve: Vec::new(),
        why_not: None,
        sources: declared
            .points
            .iter()
            .map(|p| p.source.clone())
            .chain([declared.factor_source.clone()])
            .collect(),
        note: declared.note.clone(),
        protocol: vec![
            "timecourse.comparator".to_owned(),
            "model.visit_correlation".to_owned(),
            "model.level".to_owned(),
        ],
    };
    match fitted(index, declared) {
        Ok(curve) => {
            let benefit = if out.points.last().is_some_and(|p| p.estimate.value < 0.0) {
                Benefit::Lower
            } else {
                Benefit::Higher
            };
            let times = onset_times(&curve, benefit, None, curve.range.1, level);
            out.half_hours = times
                .iter()
                .find(|o| o.definition == Definition::HalfPeak)
                .and_then(|o| {
                    Some(Interval {
                        value: o.estimate?,
                        lower: o.lower?,
                        upper: o.upper?,
                    })
                });
            out.curve = drawn(&curve, z);
        }
        Err(reason) => out.why_not = Some(reason),
    }
    out
}

fn fitted(index: &Index<'_>, declared: &Comparator) -> Result<Curve, String> {
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let arm = |name: &str, time: f64, mean: f64, se: f64| TimeVisit {
        study: declared.id.clone(),
        arm: name.to_owned(),
        treatment: name.to_owned(),
        time,
        mean: mean * declared.factor,
        se: se * declared.factor * half,
        n: None,
        dose: None,
    };
    let visits: Vec<TimeVisit> = declared
        .points
        .iter()
        .flat_map(|p| {
            [
                arm("treatment", p.time_hours, p.estimate, p.standard_error),
                arm("control", p.time_hours, 0.0, p.standard_error),
            ]
        })
        .collect();
    let options = Options {
        form: form(declared.form),
        within: within(index, index.protocol.model.visit_correlation.rho),
        dispersion: Dispersion::One,
        baseline: Baseline::Visit,
        intercept: Some(false),
        ..Options::default()
    };
    let data = Longitudinal::new(&visits, "control").map_err(|e| e.to_string())?;
    let found = fit(&data, &options).map_err(|e| e.to_string())?;
    let curve = found.curves(&[]).into_iter().next();
    curve.ok_or_else(|| "no curve".to_owned())
}

fn drawn(curve: &Curve, z: f64) -> Vec<ComparatorAt> {
    let (from, to) = curve.range;
    (0..=DRAWN)
        .map(|i| {
            let hours = from * (to / from).powf(f64::from(i) / f64::from(DRAWN));
            let p = curve.at(hours);
            ComparatorAt {
                hours,
                estimate: Interval {
                    value: p.value,
                    lower: p.value - z * p.se,
                    upper: p.value + z * p.se,
                },
                people: None,
            }
        })
        .collect()
}
