//! Standardised residuals.

use super::Model;
use super::refit::Refit;
use crate::pool::PoolError;
use crate::regress::RegressError;
use serde::Serialize;

/// Residual of one study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Residual {
    /// y - x'b.
    pub residual: f64,
    /// Its standard error.
    pub se: f64,
    /// Their ratio.
    pub z: f64,
}

/// Internally standardised residuals, in the order of the studies.
///
/// # Formula
/// (y - x'b)/sqrt of the diagonal of (I - H)M(I - H)', M = diag(v + tau2), H the hat matrix.
/// # Inputs
/// `model`: k >= 2 and more studies than coefficients.
/// # Returns
/// `None` for a study that alone carries a coefficient: its residual is 0 and has no spread.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Hedges & Olkin 1985, Statistical Methods for Meta-Analysis; Viechtbauer & Cheung 2010.
pub fn standardised_residuals(model: &Model) -> Result<Vec<Option<Residual>>, RegressError> {
    let (residual, error) = parts(model)?;
    let pairs = residual.iter().zip(error.errors());
    Ok(pairs
        .map(|(&residual, se)| {
            let se = se?;
            Some(Residual {
                residual,
                se,
                z: residual / se,
            })
        })
        .collect())
}

/// Residuals and how they vary.
pub(super) fn parts(model: &Model) -> Result<(Vec<f64>, Hat), RegressError> {
    model.check(2.max(model.p() + 1))?;
    let fit = Refit::new(&mut model.projection()?, model.options)?;
    let y = model.effects.y();
    let residual = (0..y.len()).map(|i| y[i] - model.fitted(i, &fit.beta)).collect();
    let mut x = model.matrix()?;
    let v = model.effects.v();
    let weights: Vec<f64> = v.iter().map(|&v| model.weight(v, fit.tau2)).collect();
    let solved = x.solved_rows(&weights);
    let hat = Hat {
        p: x.p(),
        z: x.z().to_vec(),
        solved,
        weights,
        variances: v.iter().map(|&v| v + fit.tau2).collect(),
    };
    if hat.solved.iter().any(|x| !x.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the hat matrix",
        }
        .into());
    }
    Ok((residual, hat))
}

/// The hat matrix in factors, H_ij = z_i' S z_j a_j.
pub(super) struct Hat {
    p: usize,
    z: Vec<f64>,
    solved: Vec<f64>,
    weights: Vec<f64>,
    variances: Vec<f64>,
}

/// A residual variance below this share of the variance of its effect is rounding.
const NO_SPREAD: f64 = 1e-12;

impl Hat {
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// Standard errors of the residuals.
    pub fn errors(&self) -> Vec<Option<f64>> {
        let k = self.variances.len();
        let entry = |i: usize, j: usize| {
            let (z, s) = (
                &self.z[i * self.p..][..self.p],
                &self.solved[j * self.p..][..self.p],
            );
            z.iter().zip(s).map(|(z, s)| z * s).sum::<f64>() * self.weights[j]
        };
        (0..k)
            .map(|i| {
                let own = self.variances[i];
                let spread = |j: usize| {
                    let left = f64::from(u8::from(i == j)) - entry(i, j);
                    left * left * self.variances[j]
                };
                let variance: f64 = (0..k).map(spread).sum();
                (variance > NO_SPREAD * own).then(|| variance.sqrt())
            })
            .collect()
    }

    /// e - He, in place; `g` is scratch of p numbers.
    pub fn residuals_of(&self, e: &mut [f64], g: &mut [f64]) {
        g.fill(0.0);
        let data = e.iter().zip(&self.weights);
        for (s, (e, a)) in self.solved.chunks_exact(self.p).zip(data) {
            g.iter_mut().zip(s).for_each(|(g, s)| *g += s * a * e);
        }
        for (z, e) in self.z.chunks_exact(self.p).zip(e) {
            *e -= z.iter().zip(&*g).map(|(z, g)| z * g).sum::<f64>();
        }
    }
}
