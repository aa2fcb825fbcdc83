//! The latest time of onset that the data allow, where its beginning cannot be dated.

use super::TimecourseError;
use super::data::Longitudinal;
use super::fit::{Options, fit};
use super::form::{Form, MAX_COLUMNS, default_knots};
use super::onset::{Benefit, FAR};
use super::search::bounds;
use onset_math::normal;

/// Values of the shape along which the likelihood is followed.
const SHAPES: u32 = 120;
/// Times looked at, evenly on the log of time.
const TIMES: u32 = 400;
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
/// `dev(t) = min_theta [ -2 l(theta) + ((a(t, theta) - d(theta)) / se(theta))^2 ] + 2 l_max`, with d the amplitude that
/// is best at theta, se its standard error there, and `a = threshold / f(t; theta)`, the amplitude that reaches the
/// important difference exactly at t. The limits enclose the times with `dev(t) <= z^2`; the upper one is
/// never before two trials have a visit.
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
    let [name] = form.shapes() else {
        let message = format!("'{}' does not have one shape", form.code());
        return Err(TimecourseError::Options { message });
    };
    if data.treatments.len() != 2 || options.dose || !options.classes.is_empty() {
        let message = "limits of the onset need one treatment, one shape and no dose".to_owned();
        return Err(TimecourseError::Options { message });
    }
    let range = data.range();
    let (lo, hi) = bounds(form, range, 1, None)
        .first()
        .copied()
        .unwrap_or((0.0, 0.0));
    let knots = default_knots(data.times());
    let mut profile: Vec<(f64, f64, f64, f64)> = Vec::new();
    for i in 0..=SHAPES {
        let theta = lo + (hi - lo) * f64::from(i) / f64::from(SHAPES);
        let mut fixed = options.clone();
        fixed.fixed.insert((*name).to_owned(), theta);
        let Ok(found) = fit(data, &fixed) else { continue };
        let Some(amplitude) = found.parameters.first() else {
            continue;
        };
        if let Some(se) = amplitude.se {
            profile.push((theta, -2.0 * found.loglik, amplitude.estimate, se));
        }
    }
    let least = profile.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    if !least.is_finite() {
        return Err(TimecourseError::Singular);
    }
    let size = threshold.abs();
    let z = normal::quantile(0.5 * (1.0 + level));
    let allowed = |t: f64| {
        let mut f = [0.0; MAX_COLUMNS];
        profile.iter().any(|&(theta, deviance, amplitude, se)| {
            form.write(&[theta], &knots, t, &mut f);
            let needed = benefit.sign() * size / f[0];
            f[0] > 0.0 && deviance - least + ((needed - amplitude) / se).powi(2) <= z * z
        })
    };
    let (from, to) = ((range.0 / FAR).ln(), (range.1 * FAR).ln());
    let inside: Vec<(u32, f64)> = (0..=TIMES)
        .map(|i| (i, (from + (to - from) * f64::from(i) / f64::from(TIMES)).exp()))
        .filter(|(_, t)| allowed(*t))
        .collect();
    // The fastest shape that was tried is no bound of the data: where it is allowed, so is every faster one.
    let fastest = if form == Form::Exponential {
        profile.last()
    } else {
        profile.first()
    };
    let open = fastest.is_some_and(|p| p.1 - least <= z * z);
    let lower = inside.first().filter(|(i, _)| *i > 0 && !open).map(|(_, t)| *t);
    let step = ((to - from) / f64::from(TIMES)).exp();
    let edge = |outside: f64, within: f64| bisect(outside, within, &allowed);
    let lower = lower.map(|t| edge(t / step, t));
    let upper = inside
        .last()
        .filter(|(i, _)| *i < TIMES)
        .map(|(_, t)| edge(*t * step, *t));
    // A limit before the first visits would be the form's alone: two trials' visits are waited for.
    let upper = upper.map(|u| second_visit(data).map_or(u, |t| u.max(t)));
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

/// The border between a time outside and one inside, on the log scale.
fn bisect(outside: f64, within: f64, allowed: &impl Fn(f64) -> bool) -> f64 {
    let (mut out, mut within) = (outside.ln(), within.ln());
    for _ in 0..40 {
        let middle = 0.5 * (out + within);
        if allowed(middle.exp()) {
            within = middle;
        } else {
            out = middle;
        }
    }
    within.exp()
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
