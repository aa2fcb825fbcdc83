//! Best linear unbiased predictions of the true effects.

use super::Model;
use super::refit::Refit;
use crate::regress::RegressError;
use serde::Serialize;

/// Predicted true effect of one study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Blup {
    /// Prediction on the analysis scale.
    pub estimate: f64,
    /// Its standard error.
    #[serde(rename = "se")]
    pub standard_error: f64,
}

/// The true effect of every study, drawn towards the fit.
///
/// # Formula
/// l y + (1 - l) x'b with l = tau2/(tau2 + v); variance l v + (1 - l)^2 s x'Cx, C the covariance of the
/// coefficients and s the factor of a Hartung-Knapp test that was asked for.
/// # Inputs
/// `model`: k >= 2 and more studies than coefficients.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Raudenbush & Bryk 1985, J Educ Stat 10:75; Kackar & Harville 1981, Commun Stat A 10:1249.
pub fn blup(model: &Model) -> Result<Vec<Blup>, RegressError> {
    model.check(2.max(model.p() + 1))?;
    let fit = Refit::new(&mut model.projection()?, model.options)?;
    let s = model.scale(fit.scale);
    let pairs = model.effects.y().iter().zip(model.effects.v());
    let one = |(i, (&y, &v)): (usize, (&f64, &f64))| {
        let own = fit.tau2 / (fit.tau2 + v);
        let rest = v / (fit.tau2 + v);
        let variance = own * v + rest * rest * s * model.form(i, &fit.covariance);
        Blup {
            estimate: own * y + rest * model.fitted(i, &fit.beta),
            standard_error: variance.sqrt(),
        }
    };
    Ok(pairs.enumerate().map(one).collect())
}
