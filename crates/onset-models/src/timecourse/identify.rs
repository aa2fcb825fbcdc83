//! Which shape parameters the visits can speak about.

use super::data::Longitudinal;
use super::form::Form;
use super::profile::Model;

/// Studies needed on each side of a time.
const NEEDED: usize = 2;

/// Whether a shape parameter stands on data.
#[derive(Debug, Clone, PartialEq)]
pub struct Identification {
    /// The time (or dose) at which the parameter shows: ET50, half-time, time of the peak.
    pub at: f64,
    /// Studies with a visit before it.
    pub before: usize,
    /// Studies with a visit after it.
    pub after: usize,
    /// Why it is not identified; `None` when it is.
    pub why_not: Option<String>,
}

impl Identification {
    /// Whether it is identified.
    pub fn ok(&self) -> bool {
        self.why_not.is_none()
    }
}

/// The rule for shape `k`: at least two studies with a visit on each side of the time at which it shows, counted from
/// the latest dose.
pub(super) fn identification(
    data: &Longitudinal,
    model: &Model,
    theta: &[f64],
    k: usize,
    at_bound: bool,
) -> Identification {
    let shapes = model.form.shapes().len();
    let is_dose = model.dose && k + 1 == theta.len();
    let group = if is_dose { 0 } else { k / shapes.max(1) };
    let shape = theta.get(group * shapes..(group + 1) * shapes).unwrap_or(&[]);
    let first = shape.first().map_or(0.0, |x| x.exp());
    let (at, what) = if is_dose {
        (theta.get(k).map_or(0.0, |x| x.exp()), "dose")
    } else {
        match model.form {
            Form::Exponential => (std::f64::consts::LN_2 / first, "half-time"),
            form if form.rises_and_falls() => (form.peak_time(shape).unwrap_or(0.0), "time of the peak"),
            _ => (first, "half-time"),
        }
    };
    let (mut before, mut after) = (0, 0);
    for study in &data.studies {
        let arms = study.arms.iter().filter(|a| {
            if is_dose {
                a.treatment > 0
            } else {
                model.group.get(a.treatment) == Some(&group) || shapes == 0
            }
        });
        let places: Vec<f64> = if is_dose {
            arms.map(|a| a.dose).collect()
        } else {
            arms.flat_map(|a| a.times.iter().map(|&t| a.since_dose(t)).filter(|&t| t > 0.0))
                .collect()
        };
        before += usize::from(places.iter().any(|&t| t < at));
        after += usize::from(places.iter().any(|&t| t > at));
    }
    let why_not = if at_bound {
        Some(format!(
            "not identified: the likelihood keeps rising to the edge of what was searched ({what} {at:.3e})"
        ))
    } else if before < NEEDED || after < NEEDED {
        Some(format!(
            "not identified: the fitted {what} is {at:.4}, and {before} studies have a visit before it, {after} \
             after it; two are needed on each side"
        ))
    } else {
        None
    };
    Identification {
        at,
        before,
        after,
        why_not,
    }
}
