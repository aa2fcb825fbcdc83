//! What a pooled analysis returns.

use super::interval::Tau2Interval;
use super::options::{Method, Test};
use super::prediction::Prediction;
use super::tau2::Tau2;
use onset_math::{normal, student_t};
use serde::Serialize;

/// How an estimate of tau2 was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Solution {
    /// A formula.
    ClosedForm,
    /// An iteration that met its stopping rule.
    Converged {
        /// Evaluations of the objective.
        iterations: u32,
    },
    /// An iteration that ended at tau2 = 0.
    Boundary {
        /// Evaluations of the objective.
        iterations: u32,
    },
    /// An iteration that gave up.
    NotConverged {
        /// Evaluations of the objective.
        iterations: u32,
    },
}

impl Solution {
    pub(crate) fn iterated(converged: bool, iterations: u32) -> Self {
        if converged {
            Solution::Converged { iterations }
        } else {
            Solution::NotConverged { iterations }
        }
    }

    pub(crate) fn with_iterations(self, iterations: u32) -> Self {
        match self {
            Solution::ClosedForm => Solution::ClosedForm,
            Solution::Converged { .. } => Solution::Converged { iterations },
            Solution::Boundary { .. } => Solution::Boundary { iterations },
            Solution::NotConverged { .. } => Solution::NotConverged { iterations },
        }
    }

    /// `closed_form`, `converged`, `boundary` or `not_converged`.
    pub fn kind(self) -> &'static str {
        match self {
            Solution::ClosedForm => "closed_form",
            Solution::Converged { .. } => "converged",
            Solution::Boundary { .. } => "boundary",
            Solution::NotConverged { .. } => "not_converged",
        }
    }

    /// Evaluations of the objective; 0 for a formula.
    pub fn iterations(self) -> u32 {
        match self {
            Solution::ClosedForm => 0,
            Solution::Converged { iterations }
            | Solution::Boundary { iterations }
            | Solution::NotConverged { iterations } => iterations,
        }
    }
}

/// An estimate with its test and interval, on the analysis scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Estimate.
    pub estimate: f64,
    /// Standard error.
    pub standard_error: f64,
    /// Estimate over standard error.
    pub statistic: f64,
    /// Degrees of freedom; `None` for normal quantiles.
    pub df: Option<f64>,
    /// Two-sided p-value.
    pub p: f64,
    /// Lower limit.
    pub ci_lower: f64,
    /// Upper limit.
    pub ci_upper: f64,
}

impl Estimate {
    /// Wald test and interval at `level`, with t quantiles when df are given.
    pub(crate) fn new(estimate: f64, standard_error: f64, df: Option<f64>, level: f64) -> Self {
        Estimate::with_quantile(estimate, standard_error, df, half_quantile(level, df))
    }

    /// The same with the quantile at hand.
    pub(crate) fn with_quantile(estimate: f64, standard_error: f64, df: Option<f64>, quantile: f64) -> Self {
        // an estimate of exactly 0 with no spread has nothing against it
        let statistic = if estimate == 0.0 {
            0.0
        } else {
            estimate / standard_error
        };
        let p = match df {
            _ if statistic == 0.0 => 1.0,
            None => 2.0 * normal::sf(statistic.abs()),
            Some(df) => student_t::two_sided_p(statistic, df),
        };
        let half = quantile * standard_error;
        Estimate {
            estimate,
            standard_error,
            statistic,
            df,
            p,
            ci_lower: estimate - half,
            ci_upper: estimate + half,
        }
    }
}

/// The upper (1 - level)/2 quantile of t or of the normal.
pub(crate) fn half_quantile(level: f64, df: Option<f64>) -> f64 {
    let upper = 0.5 * (1.0 - level);
    match df {
        None => -normal::quantile(upper),
        Some(df) => -student_t::quantile(upper, df),
    }
}

/// Cochran's Q with its chi-squared test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QTest {
    /// Q with weights 1/v.
    pub value: f64,
    /// k - p.
    pub df: f64,
    /// p-value.
    pub p: f64,
}

/// Likelihood and information criteria, all constants in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fit {
    /// Log-likelihood: restricted under REML, full otherwise.
    pub loglik: f64,
    /// Akaike.
    pub aic: f64,
    /// Akaike, corrected for small samples.
    pub aicc: f64,
    /// Bayes (Schwarz).
    pub bic: f64,
}

impl Fit {
    /// Criteria for `parameters` parameters and `n` observations (k - p under REML).
    pub(crate) fn new(loglik: f64, parameters: f64, n: f64) -> Self {
        let enough = n.max(parameters + 2.0);
        Fit {
            loglik,
            aic: -2.0 * loglik + 2.0 * parameters,
            aicc: -2.0 * loglik + 2.0 * parameters * enough / (enough - parameters - 1.0),
            bic: -2.0 * loglik + parameters * n.ln(),
        }
    }
}

/// A pooled mean and everything around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// Number of studies.
    pub k: usize,
    /// Common effect, or the estimator of tau2.
    pub method: Method,
    /// The test used.
    pub test: Test,
    /// Confidence level.
    pub level: f64,
    /// The mean on the analysis scale.
    pub mean: Estimate,
    /// The Wald interval, where the default rule chose another one.
    pub wald: Option<Estimate>,
    /// The modified Hartung-Knapp interval, where the default rule sets it beside.
    pub modified: Option<Estimate>,
    /// Between-study variance; 0 under the common effect.
    pub tau2: Tau2,
    /// Interval of tau2.
    pub tau2_interval: Option<Tau2Interval>,
    /// I2 in percent: 100 tau2/(tau2 + s2), s2 = (k - 1)/tr P at tau2 = 0; for the common effect
    /// max(0, 100 (Q - df)/Q).
    pub i2: f64,
    /// H2: tau2/s2 + 1; for the common effect Q/df.
    pub h2: f64,
    /// Cochran's Q.
    pub q: QTest,
    /// Prediction interval.
    pub prediction: Option<Prediction>,
    /// Likelihood and criteria.
    pub fit: Fit,
    /// Weights in percent, in the order of the effects.
    pub weights: Vec<f64>,
}
