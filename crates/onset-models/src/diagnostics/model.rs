//! What is diagnosed: effects, their design and the options of the fit.

use crate::pool::projection::{Intercept, MatrixDesign, Projection};
use crate::pool::{Method, Options, PoolError, Test, check_level};
use crate::regress::{Design, RegressError, name_collinear};
use onset_effects::Effects;

/// A model to diagnose: one mean when there is no design.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    /// Effects in the order of the studies.
    pub effects: &'a Effects,
    /// Moderators; `None` for one mean.
    pub design: Option<&'a Design>,
    /// Method, test, level and weights of the fit.
    pub options: &'a Options,
}

impl Model<'_> {
    /// Number of coefficients.
    pub fn p(&self) -> usize {
        self.design.map_or(1, Design::p)
    }

    /// The row of the design of study i.
    pub(super) fn row(&self, i: usize) -> &[f64] {
        self.design.map_or(&[1.0], |design| design.row(i))
    }

    /// x'b for study i.
    pub(super) fn fitted(&self, i: usize, beta: &[f64]) -> f64 {
        self.row(i).iter().zip(beta).map(|(x, b)| x * b).sum()
    }

    /// x'Mx for study i.
    pub(super) fn form(&self, i: usize, m: &[f64]) -> f64 {
        let (row, p) = (self.row(i), self.p());
        let inner = |a: usize| row.iter().zip(&m[a * p..]).map(|(x, m)| x * m).sum::<f64>();
        row.iter().enumerate().map(|(a, x)| x * inner(a)).sum()
    }

    /// Level, lengths and number of studies.
    pub(super) fn check(&self, needed: usize) -> Result<(), RegressError> {
        check_level(self.options.level)?;
        let k = self.effects.k();
        if let Some(design) = self.design
            && design.k() != k
        {
            return Err(RegressError::UnequalLengths {
                design: design.k(),
                effects: k,
            });
        }
        if k < needed {
            return Err(PoolError::TooFewStudies { found: k, needed }.into());
        }
        Ok(())
    }

    /// All studies, ready to be evaluated.
    pub(super) fn projection(&self) -> Result<Projection, RegressError> {
        Ok(match self.design {
            None => Projection::Intercept(Intercept::new(self.effects.y(), self.effects.v(), None)),
            Some(_) => Projection::Matrix(self.matrix()?),
        })
    }

    /// The same through the general design, one mean too.
    pub(super) fn matrix(&self) -> Result<MatrixDesign, RegressError> {
        let (y, v) = (self.effects.y(), self.effects.v());
        match self.design {
            None => Ok(MatrixDesign::of_mean(y, v)?),
            Some(design) => MatrixDesign::new(y, v, design.x(), design.p())
                .map_err(|collinear| name_collinear(design, collinear.0)),
        }
    }

    /// The studies without number i; `None` when a coefficient then vanishes or nothing is left.
    pub(super) fn without(&self, i: usize) -> Option<Projection> {
        let (y, v) = (self.effects.y(), self.effects.v());
        if y.len() <= self.p() {
            return None;
        }
        let Some(design) = self.design else {
            return Some(Projection::Intercept(Intercept::new(y, v, Some(i))));
        };
        let p = design.p();
        let rest = |values: &[f64], width: usize| {
            let mut kept = Vec::with_capacity(values.len());
            kept.extend_from_slice(&values[..i * width]);
            kept.extend_from_slice(&values[(i + 1) * width..]);
            kept
        };
        let matrix = MatrixDesign::new(&rest(y, 1), &rest(v, 1), &rest(design.x(), p), p);
        matrix.ok().map(Projection::Matrix)
    }

    /// Weight of a study with variance v at tau2 = t.
    pub(super) fn weight(&self, v: f64, t: f64) -> f64 {
        if self.fixed_weights() {
            self.options.weights.weight(v)
        } else {
            1.0 / (v + t)
        }
    }

    pub(super) fn fixed_weights(&self) -> bool {
        matches!(self.options.method, Method::Random(method) if method.fixed_weights())
    }

    /// What a test that was asked for makes of the covariance; the guards change intervals only.
    pub(super) fn scale(&self, hartung_knapp: f64) -> f64 {
        match self.options.test {
            Some(Test::Knha) => hartung_knapp,
            Some(Test::Adhoc) => hartung_knapp.max(1.0),
            Some(Test::Z | Test::T | Test::Kr) | None => 1.0,
        }
    }
}
