//! The Baujat plot: where heterogeneity comes from, and whether it matters.

use super::Model;
use super::refit::Refit;
use crate::regress::RegressError;
use serde::Serialize;

/// One study in the plot of Baujat.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BaujatPoint {
    /// Contribution to heterogeneity: its squared Pearson residual.
    pub x: f64,
    /// Squared change of its fitted value without it, in variances of that value.
    pub y: f64,
}

/// The Baujat coordinates of every study; `None` where the fit without it does not exist.
///
/// # Formula
/// x = (y - x'b)^2/(v + tau2), for the common effect the study's part of Q;
/// y = (x'b - x'b_i)^2/(s_i x'C_i x).
/// # Inputs
/// `model`: k >= 2 and more studies than coefficients.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Baujat et al. 2002, Stat Med 21:2641.
pub fn baujat(model: &Model) -> Result<Vec<Option<BaujatPoint>>, RegressError> {
    model.check(2.max(model.p() + 1))?;
    let full = Refit::new(&mut model.projection()?, model.options)?;
    let one = |i: usize| -> Result<Option<BaujatPoint>, RegressError> {
        let Some(mut rest) = model.without(i) else {
            return Ok(None);
        };
        let rest = Refit::new(&mut rest, model.options)?;
        let (y, v) = (model.effects.y()[i], model.effects.v()[i]);
        let fitted = model.fitted(i, &full.beta);
        let change = fitted - model.fitted(i, &rest.beta);
        let variance = model.scale(rest.scale) * model.form(i, &rest.covariance);
        let point = BaujatPoint {
            x: (y - fitted) * (y - fitted) / (v + full.tau2),
            y: change * change / variance,
        };
        Ok((point.x.is_finite() && point.y.is_finite()).then_some(point))
    };
    (0..model.effects.k()).map(one).collect()
}
