//! The pooled mean of subsets: without each study in turn, and study after study.

use super::fitted::fit;
use super::guards::guarded_test;
use super::options::{Options, Test};
use super::projection::{Intercept, Projection};
use super::result::{Estimate, QTest, Solution};
use super::{PoolError, check_level};
use onset_effects::Effects;
use serde::Serialize;

/// The pooled mean of one subset of the studies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Subset {
    /// Studies in the subset.
    pub k: usize,
    /// The mean, tested as the options say.
    pub mean: Estimate,
    /// The test used.
    pub test: Test,
    /// Between-study variance.
    pub tau2: f64,
    /// Standard error of tau2.
    pub tau2_standard_error: Option<f64>,
    /// How tau2 was reached.
    pub solution: Solution,
    /// I2 in percent.
    pub i2: f64,
    /// H2.
    pub h2: f64,
    /// Cochran's Q.
    pub q: QTest,
}

/// The mean without each study in turn, in the order of the studies.
///
/// # Inputs
/// `effects`: k >= 2. `options`: method, test, level and weights; intervals of tau2 and predictions
/// are not made.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `NotFinite`.
pub fn leave_one_out(effects: &Effects, options: &Options) -> Result<Vec<Subset>, PoolError> {
    check_level(options.level)?;
    if effects.k() < 2 {
        return Err(PoolError::TooFewStudies {
            found: effects.k(),
            needed: 2,
        });
    }
    (0..effects.k())
        .map(|i| subset(effects.y(), effects.v(), Some(i), options))
        .collect()
}

/// The mean of the first study, the first two, and so on.
///
/// # Inputs
/// `effects` in the order of accumulation, k >= 1.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `NotFinite`.
pub fn cumulative(effects: &Effects, options: &Options) -> Result<Vec<Subset>, PoolError> {
    check_level(options.level)?;
    if effects.k() < 1 {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    (1..=effects.k())
        .map(|n| subset(&effects.y()[..n], &effects.v()[..n], None, options))
        .collect()
}

fn subset(y: &[f64], v: &[f64], skip: Option<usize>, options: &Options) -> Result<Subset, PoolError> {
    let intercept = Intercept::new(y, v, skip);
    if intercept.k() == 1 {
        let (estimate, sum_w) = intercept.mean(0.0);
        return Ok(alone(estimate, (1.0 / sum_w).sqrt(), options.level));
    }
    let k = intercept.k();
    let fitted = fit(&mut Projection::Intercept(intercept), None, options)?;
    let test = match options.test {
        Some(test) => test,
        None => guarded_test(options.method, k, fitted.tau2.value, &mut Vec::new()),
    };
    let mean = fitted.test(test, options.level);
    if !(mean.estimate.is_finite() && mean.standard_error.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the mean of a subset",
        });
    }
    Ok(Subset {
        k,
        mean,
        test,
        tau2: fitted.tau2.value,
        tau2_standard_error: fitted.tau2.standard_error,
        solution: fitted.tau2.solution,
        i2: fitted.i2,
        h2: fitted.h2,
        q: fitted.q,
    })
}

fn alone(estimate: f64, standard_error: f64, level: f64) -> Subset {
    Subset {
        k: 1,
        mean: Estimate::new(estimate, standard_error, None, level),
        test: Test::Z,
        tau2: 0.0,
        tau2_standard_error: None,
        solution: Solution::ClosedForm,
        i2: 0.0,
        h2: 1.0,
        q: QTest {
            value: 0.0,
            df: 0.0,
            p: 1.0,
        },
    }
}
