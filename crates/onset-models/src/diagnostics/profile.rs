//! Profile of the likelihood over tau2.

use super::Model;
use super::refit::Refit;
use crate::pool::tau2::{Likelihood, height};
use crate::pool::{Method, Tau2Method};
use crate::regress::RegressError;
use onset_math::chi_squared;
use serde::Serialize;

/// One point of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProfilePoint {
    /// tau2.
    pub tau2: f64,
    /// Log-likelihood there, at its best coefficients.
    pub loglik: f64,
}

/// Points of the profile.
const POINTS: usize = 41;
/// Doublings of the search for the end.
const MAX_DOUBLINGS: u32 = 100;

/// The log-likelihood over tau2: from 0 to beyond the upper limit of its interval.
///
/// # Inputs
/// `model`: method REML or ML, k >= 2 and more studies than coefficients.
/// # Returns
/// 41 points, evenly spaced, and the estimate among them in its place; `None` for other methods, whose
/// estimates need not maximise a likelihood.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Hardy & Thompson 1996, Stat Med 15:619.
pub fn tau2_profile(model: &Model) -> Result<Option<Vec<ProfilePoint>>, RegressError> {
    let likelihood = match model.options.method {
        Method::Random(Tau2Method::Reml) => Likelihood::Restricted,
        Method::Random(Tau2Method::Ml) => Likelihood::Full,
        _ => return Ok(None),
    };
    model.check(2.max(model.p() + 1))?;
    let mut projection = model.projection()?;
    let tau2 = Refit::new(&mut projection, model.options)?.tau2;
    let mut at = |t: f64| ProfilePoint {
        tau2: t,
        loglik: height(&mut projection, t, likelihood),
    };
    let best = at(tau2);
    let floor = best.loglik - 0.5 * chi_squared::quantile(model.options.level, 1.0);
    let mut end = 2.0 * tau2 + model.effects.v().iter().copied().fold(f64::INFINITY, f64::min);
    for _ in 0..MAX_DOUBLINGS {
        if at(end).loglik < floor {
            break;
        }
        end *= 1.25;
    }
    let mut points: Vec<ProfilePoint> = (0..POINTS)
        .map(|i| at(end * i as f64 / (POINTS - 1) as f64))
        .collect();
    let place = points.partition_point(|p| p.tau2 < tau2);
    if points.get(place).is_none_or(|p| p.tau2 != tau2) {
        points.insert(place, best);
    }
    Ok(Some(points))
}
