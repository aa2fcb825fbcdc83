//! The radial (Galbraith) plot.

use super::Model;
use super::refit::Refit;
use crate::regress::RegressError;
use serde::Serialize;

/// One study in the radial plot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RadialPoint {
    /// Precision 1/sqrt(v + tau2).
    pub x: f64,
    /// Standardised effect y/sqrt(v + tau2).
    pub y: f64,
}

/// The radial coordinates of every study: a line from the origin has the effect as its slope.
///
/// # Inputs
/// `model`: k >= 1.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Galbraith 1988, Technometrics 30:271; 1988, Stat Med 7:889.
pub fn radial(model: &Model) -> Result<Vec<RadialPoint>, RegressError> {
    model.check(model.p().max(1))?;
    let fit = Refit::new(&mut model.projection()?, model.options)?;
    let pairs = model.effects.y().iter().zip(model.effects.v());
    Ok(pairs
        .map(|(y, v)| {
            let x = 1.0 / (v + fit.tau2).sqrt();
            RadialPoint { x, y: x * y }
        })
        .collect())
}
