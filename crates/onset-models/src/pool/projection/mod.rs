//! The residual projection of the normal random-effects model, through its forms and traces.
//!
//! With W = diag(1/(v + t)), P = W - WX(X'WX)^-1 X'W. Every estimator of tau2 needs only a few
//! scalars of P at some t: y'Py, y'PPy, y'PPPy, tr P, tr PP, sums of weights and log-determinants.
//! They cost O(k) for the intercept-only model and O(k p^2) with moderators; nothing is allocated
//! after construction.

mod columns;
mod intercept;
mod known_mean;
mod lanes;
mod matrix;
mod small;
mod spectrum;

pub(crate) use intercept::Intercept;
pub(crate) use known_mean::KnownMean;
pub(crate) use matrix::{MatrixDesign, WeightedFit, inverse_form, orthonormal};

use super::study_weights::Weighting;
use std::f64::consts::PI;

/// Quadratic forms and traces of P at one t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Forms {
    /// y'Py, the generalised Q statistic at t.
    pub q: f64,
    /// y'PPy.
    pub qq: f64,
    /// y'PPPy.
    pub qqq: f64,
    /// tr P.
    pub tr_p: f64,
    /// tr PP.
    pub tr_pp: f64,
    /// Sum of the weights.
    pub sum_w: f64,
    /// Sum of the squared weights.
    pub sum_w2: f64,
    /// Sum of the cubed weights, for one mean.
    pub sum_w3: f64,
    /// Mean as an offset from the most precise study, for one mean.
    pub offset: f64,
    /// log|Z'WZ| for an orthonormal basis Z of the columns of X: log|X'WX| - log|X'X|.
    pub ln_det: LnDet,
}

/// A log-determinant whose logarithm is taken when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LnDet {
    pub product: f64,
    /// Beside ln(product).
    pub rest: f64,
}

impl LnDet {
    pub fn get(self) -> f64 {
        self.rest + self.product.ln()
    }
}

/// Forms of P_a = A - AX(X'AX)^-1 X'A for weights a that need not be inverse variances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WeightedForms {
    /// y'P_a y.
    pub q: f64,
    /// tr P_a.
    pub tr_p: f64,
    /// tr(P_a V).
    pub tr_pv: f64,
    /// tr(P_a S P_a S) with S = V + t I.
    pub tr_psps: f64,
}

/// The data of one fit, ready to be evaluated at any t.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack of one fit; a box would cost an allocation"
)]
pub(crate) enum Projection {
    /// One mean.
    Intercept(Intercept),
    /// Any full-rank design.
    Matrix(MatrixDesign),
    /// A mean that is given: p = 0.
    KnownMean(KnownMean),
}

impl Projection {
    /// Number of effects.
    pub fn k(&self) -> usize {
        match self {
            Projection::Intercept(x) => x.k(),
            Projection::Matrix(x) => x.k(),
            Projection::KnownMean(x) => x.k(),
        }
    }

    /// Number of coefficients.
    pub fn p(&self) -> usize {
        match self {
            Projection::Intercept(_) => 1,
            Projection::Matrix(x) => x.p(),
            Projection::KnownMean(_) => 0,
        }
    }

    /// k - p as a number.
    pub fn df(&self) -> f64 {
        self.k() as f64 - self.p() as f64
    }

    /// Forms and traces with weights 1/(v + t).
    #[inline]
    pub fn forms(&mut self, t: f64) -> Forms {
        match self {
            Projection::Intercept(x) => x.remembered(t),
            Projection::Matrix(x) => x.forms(t),
            Projection::KnownMean(x) => x.forms(t),
        }
    }

    /// y'Py and y'PPy with weights 1/(v + t).
    #[inline]
    pub fn q_forms(&mut self, t: f64) -> (f64, f64) {
        match self {
            Projection::Intercept(x) => x.q_forms(t),
            _ => {
                let forms = self.forms(t);
                (forms.q, forms.qq)
            }
        }
    }

    /// Forms and traces with weights `a`, and the variance trace at `t`.
    pub fn weighted(&mut self, a: Weighting<'_>, t: f64) -> WeightedForms {
        match self {
            Projection::Intercept(x) => x.weighted(|v| a.of_variance(v), t),
            Projection::Matrix(x) => x.weighted(a, t),
            Projection::KnownMean(x) => x.weighted(|v| a.of_variance(v), t),
        }
    }

    /// Smallest sampling variance.
    pub fn v_min(&self) -> f64 {
        match self {
            Projection::Intercept(x) => x.v_min(),
            Projection::Matrix(x) => x.v_min(),
            Projection::KnownMean(x) => x.v().iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    /// Largest sampling variance.
    pub fn v_max(&self) -> f64 {
        match self {
            Projection::Intercept(x) => x.v_max(),
            Projection::Matrix(x) => x.v_max(),
            Projection::KnownMean(x) => x.v().iter().copied().fold(0.0, f64::max),
        }
    }

    /// Residual sum of squares of the unweighted fit.
    pub fn rss(&self) -> f64 {
        match self {
            Projection::Intercept(x) => x.rss(),
            Projection::Matrix(x) => x.rss(),
            Projection::KnownMean(x) => x.rss(),
        }
    }

    /// Mean square of the effects about their plain mean, divisor k.
    pub fn spread(&self) -> f64 {
        match self {
            Projection::Intercept(x) => x.rss() / x.k() as f64,
            Projection::Matrix(x) => x.spread(),
            Projection::KnownMean(x) => x.rss() / x.k() as f64,
        }
    }

    /// sum ln(v + t).
    pub fn ln_variances(&self, t: f64) -> f64 {
        match self {
            Projection::Intercept(x) => lanes::sum_ln(x.v(), t),
            Projection::Matrix(x) => lanes::sum_ln(x.v(), t),
            Projection::KnownMean(x) => lanes::sum_ln(x.v(), t),
        }
    }

    /// A t beyond which the restricted and the full likelihood only fall.
    ///
    /// y'PPy <= rss/(v_min + t)^2 and tr P >= (k - p)/(v_max + t): the score is negative once
    /// (k - p)(v_min + t)^2 > rss (v_max + t).
    pub fn likelihood_upper(&self) -> f64 {
        let (df, rss, low) = (self.df(), self.rss(), self.v_min());
        let half = 0.5 * rss / df;
        let u = half + (half * half + rss / df * (self.v_max() - low)).sqrt();
        (u - low).max(0.0)
    }

    /// Log-likelihood at t, all constants in; restricted adds -1/2 log|X'WX| + 1/2 log|X'X|.
    pub fn ln_likelihood(&self, t: f64, forms: &Forms, restricted: bool) -> f64 {
        let n = if restricted { self.df() } else { self.k() as f64 };
        let mut ln = -0.5 * (n * (2.0 * PI).ln() + self.ln_variances(t) + forms.q);
        if restricted {
            ln -= 0.5 * forms.ln_det.get();
        }
        ln
    }
}
