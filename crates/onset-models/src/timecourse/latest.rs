//! The latest time of onset that the data allow, where its beginning cannot be dated.

use super::TimecourseError;
use super::data::Longitudinal;
use super::fit::{Options, fit};
use super::likelihood::Likelihood;
use super::onset::Benefit;

/// Trials that must have a visit at or before the limit.
const NEEDED: usize = 2;

/// Limits of the onset of the important difference from the likelihood, whatever the shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// The important difference, as a size.
    pub threshold: f64,
    /// No onset before this; `None` when the data allow any time after the start.
    pub lower: Option<f64>,
    /// Onset at this time at the latest; `None` when the data allow that it is never reached.
    pub upper: Option<f64>,
    /// Trials with a visit at or before `upper`.
    pub trials: usize,
    /// Why `upper` may not be used.
    pub why_not: Option<String>,
}

/// Likelihood limits of the onset of the important difference, for forms with one shape (emax, exponential) and two
/// treatments. They exist where the estimate does not: a shape at the edge of the search still bounds the onset from
/// above.
///
/// # Formula
/// That of [`Likelihood::onset_times`]; the upper limit is never before two trials have a visit.
///
/// # Errors
/// Those of [`fit`]; `Options` for other forms or more than two treatments.
///
/// # Source
/// Venzon & Moolgavkar 1988, Appl Statist 37:87 (limits from the profile likelihood).
pub fn latest_onset(
    data: &Longitudinal,
    options: &Options,
    benefit: Benefit,
    threshold: f64,
    level: f64,
) -> Result<Latest, TimecourseError> {
    let form = options.form;
    if form.shapes().len() != 1 {
        let message = format!("'{}' does not have one shape", form.code());
        return Err(TimecourseError::Options { message });
    }
    if data.treatments.len() != 2 || options.dose || !options.classes.is_empty() {
        let message = "limits of the onset need one treatment, one shape and no dose".to_owned();
        return Err(TimecourseError::Options { message });
    }
    let fit = fit(data, options)?;
    let curves = fit.curves(&[]);
    let curve = curves.first().ok_or(TimecourseError::NoComparison)?;
    let size = threshold.abs();
    let limits = Likelihood::new(data, options, &fit)?.onset_limits(curve, benefit, size, level);
    let lower = limits.lower.filter(|t| *t > 0.0);
    // A limit before the first visits would be the form's alone: two trials' visits are waited for.
    let upper = limits.upper.map(|u| second_visit(data).map_or(u, |t| u.max(t)));
    let trials = upper.map_or(0, |u| by(data, u));
    let why_not = match upper {
        None => Some("the data allow that the important difference is never reached".to_owned()),
        Some(_) if trials < NEEDED => Some("fewer than two trials have a visit".to_owned()),
        Some(_) => None,
    };
    Ok(Latest {
        threshold: size,
        lower,
        upper,
        trials,
        why_not,
    })
}

/// The time by which two trials have a visit after baseline.
fn second_visit(data: &Longitudinal) -> Option<f64> {
    let first = |s: &super::data::StudyArms| {
        let times = s
            .arms
            .iter()
            .flat_map(|a| a.times.iter().copied())
            .filter(|&t| t > 0.0);
        times.reduce(f64::min)
    };
    let mut firsts: Vec<f64> = data.studies.iter().filter_map(first).collect();
    firsts.sort_by(f64::total_cmp);
    firsts.get(NEEDED - 1).copied()
}

/// Trials with a visit after baseline at or before `time`.
fn by(data: &Longitudinal, time: f64) -> usize {
    let early = |t: &f64| *t > 0.0 && *t <= time;
    let studies = data.studies.iter();
    studies
        .filter(|s| s.arms.iter().any(|a| a.times.iter().any(early)))
        .count()
}
