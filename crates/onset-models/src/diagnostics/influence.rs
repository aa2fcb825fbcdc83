//! What each study does to the fit: the deletion measures.

use super::Model;
use super::refit::{Refit, coefficients};
use crate::pool::PoolError;
use crate::pool::projection::{MatrixDesign, Projection};
use crate::regress::RegressError;
use onset_math::chi_squared;
use onset_math::linalg::{Cholesky, Matrix};
use serde::Serialize;

/// Influence of one study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Influence {
    /// Externally standardised residual.
    pub rstudent: f64,
    /// Change of its fitted value in standard errors.
    pub dffits: f64,
    /// Cook's distance: squared Mahalanobis distance between the coefficients with and without it.
    pub cook_d: f64,
    /// Covariance ratio: determinant without it over determinant with it. Below 1: leaving it out
    /// sharpens the estimates.
    pub cov_r: f64,
    /// tau2 without it.
    pub tau2_del: f64,
    /// Residual heterogeneity without it.
    pub q_del: f64,
    /// Hat value.
    pub hat: f64,
    /// Weight in percent.
    pub weight: f64,
    /// Change of every coefficient in standard errors.
    pub dfbetas: Vec<f64>,
    /// Beyond a customary limit: |dffits| > 3 sqrt(p/(k - p)), the distance past the median of
    /// chi-squared with p df, hat > 3p/k, or a |dfbetas| > 1.
    pub influential: bool,
}

/// The influence of every study, in their order.
///
/// # Formula
/// With b, C, t from all studies, b_i, C_i, t_i without study i, h the hat value, and s, s_i the factor
/// a Hartung-Knapp test puts before C and C_i (1 without one):
/// rstudent = (y - x'b_i)/sqrt(s_i (v + t_i + x'C_i x)); dffits = x'(b - b_i)/sqrt(s_i h (v + t_i));
/// Cook's distance = (b - b_i)'(sC)^-1(b - b_i); covariance ratio = |s_i C_i|/|sC|;
/// dfbetas_j = (b_j - b_ij)/sqrt(s_i D_jj), D the covariance from all studies at tau2 = t_i.
/// # Inputs
/// `model`: k >= 2 and more studies than coefficients. A test that is not given leaves s = 1.
/// # Returns
/// One entry a study; `None` where the fit without it does not exist (a coefficient would vanish).
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Viechtbauer & Cheung 2010, Res Synth Methods 1:112; Belsley, Kuh & Welsch 1980.
pub fn influence(model: &Model) -> Result<Vec<Option<Influence>>, RegressError> {
    let p = model.p();
    model.check(2.max(p + 1))?;
    let mut projection = model.projection()?;
    let full = Refit::new(&mut projection, model.options)?;
    let hats = hat_values(model, &mut projection, full.tau2);
    let with_all = WithAll {
        inverse: Inverse::new(&full.covariance, p)?,
        scale: model.scale(full.scale),
        weights: percent(model, full.tau2),
        median: chi_squared::quantile(0.5, p as f64),
        full,
        hats,
    };
    let one = |i: usize| -> Result<Option<Influence>, RegressError> {
        let Some(mut rest) = model.without(i) else {
            return Ok(None);
        };
        let refit = Refit::new(&mut rest, model.options)?;
        Ok(with_all.against(model, &mut projection, i, &refit))
    };
    (0..model.effects.k()).map(one).collect()
}

/// The fit of all studies and what every comparison with it needs.
struct WithAll {
    full: Refit,
    inverse: Inverse,
    scale: f64,
    hats: Vec<f64>,
    weights: Vec<f64>,
    median: f64,
}

impl WithAll {
    fn against(
        &self,
        model: &Model,
        projection: &mut Projection,
        i: usize,
        rest: &Refit,
    ) -> Option<Influence> {
        let (p, k) = (model.p() as f64, model.effects.k() as f64);
        let (y, v) = (model.effects.y()[i], model.effects.v()[i]);
        let (s, t, hat) = (model.scale(rest.scale), rest.tau2, self.hats[i]);
        let variance = s * (v + t + model.form(i, &rest.covariance));
        let change: Vec<f64> = self
            .full
            .beta
            .iter()
            .zip(&rest.beta)
            .map(|(b, d)| b - d)
            .collect();
        let (_, at_rest) = coefficients(projection, model.options, t);
        let dfbetas: Vec<f64> = change
            .iter()
            .enumerate()
            .map(|(j, c)| c / (s * at_rest[j * model.p() + j]).sqrt())
            .collect();
        let dffits = model.fitted(i, &change) / (s * hat * (v + t)).sqrt();
        let cook_d = self.inverse.form(&change) / self.scale;
        let ratio = determinant(&rest.covariance, model.p())? / self.inverse.determinant;
        let found = Influence {
            rstudent: (y - model.fitted(i, &rest.beta)) / variance.sqrt(),
            dffits,
            cook_d,
            cov_r: (s / self.scale).powf(p) * ratio,
            tau2_del: t,
            q_del: rest.q,
            hat,
            weight: self.weights[i],
            influential: dffits.abs() > 3.0 * (p / (k - p)).sqrt()
                || cook_d > self.median
                || hat > 3.0 * p / k
                || dfbetas.iter().any(|d| d.abs() > 1.0),
            dfbetas,
        };
        let finite = found.rstudent.is_finite() && dffits.is_finite() && cook_d.is_finite();
        (finite && found.cov_r.is_finite() && found.dfbetas.iter().all(|d| d.is_finite())).then_some(found)
    }
}

/// Weights in percent.
fn percent(model: &Model, t: f64) -> Vec<f64> {
    crate::pool::percent_weights(model.effects.v(), t, model.options.fixed_weights(None))
}

/// Diagonal of X(X'AX)^-1 X'A with the weights of the fit.
pub(super) fn hat_values(model: &Model, projection: &mut Projection, t: f64) -> Vec<f64> {
    let weights: Vec<f64> = model.effects.v().iter().map(|&v| model.weight(v, t)).collect();
    match projection {
        Projection::Matrix(x) => hat_matrix(x, &weights),
        _ => {
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|a| a / sum).collect()
        }
    }
}

fn hat_matrix(x: &mut MatrixDesign, weights: &[f64]) -> Vec<f64> {
    let p = x.p();
    let solved = x.solved_rows(weights);
    let rows = solved.chunks_exact(p).zip(x.z().chunks_exact(p));
    rows.zip(weights)
        .map(|((s, z), a)| a * s.iter().zip(z).map(|(s, z)| s * z).sum::<f64>())
        .collect()
}

/// A covariance ready to be inverted; a single variance is only divided by.
struct Inverse {
    factor: Option<Cholesky>,
    variance: f64,
    determinant: f64,
}

impl Inverse {
    fn new(covariance: &[f64], p: usize) -> Result<Self, PoolError> {
        let singular = PoolError::NotFinite {
            quantity: "the covariance of the coefficients",
        };
        let determinant = determinant(covariance, p).ok_or(singular.clone())?;
        let factor = match p {
            1 => None,
            _ => Some(Cholesky::new(&matrix(covariance, p)).ok_or(singular)?),
        };
        Ok(Inverse {
            factor,
            variance: covariance.first().copied().unwrap_or(f64::NAN),
            determinant,
        })
    }

    fn form(&self, change: &[f64]) -> f64 {
        match &self.factor {
            None => change.iter().map(|c| c * c / self.variance).sum(),
            Some(factor) => {
                let solved = factor.solve_vec(change);
                change.iter().zip(&solved).map(|(a, b)| a * b).sum()
            }
        }
    }
}

fn matrix(m: &[f64], p: usize) -> Matrix {
    Matrix::from_fn(p, p, |i, j| m[i * p + j])
}

/// `None` unless positive.
fn determinant(m: &[f64], p: usize) -> Option<f64> {
    let found = match p {
        1 => m.first().copied()?,
        2 => m[0] * m[3] - m[1] * m[2],
        _ => Cholesky::new(&matrix(m, p))?.ln_det().exp(),
    };
    (found > 0.0).then_some(found)
}
