//! One fit with what the deletion measures need, and no more.

use crate::pool::fitted::mean;
use crate::pool::projection::Projection;
use crate::pool::tau2::solve;
use crate::pool::{Method, Options, PoolError, Test};
use crate::regress::estimate;

/// Coefficients, their covariance without any test, and heterogeneity.
#[derive(Debug, Clone)]
pub(super) struct Refit {
    pub beta: Vec<f64>,
    /// Row-major p x p.
    pub covariance: Vec<f64>,
    pub tau2: f64,
    /// Hartung-Knapp factor, where the test uses it; NaN without degrees of freedom.
    pub scale: f64,
    pub q: f64,
}

impl Refit {
    /// Fits any number of studies from p on; with k = p there is no tau2.
    pub fn new(projection: &mut Projection, options: &Options) -> Result<Self, PoolError> {
        let tau2 = match options.method {
            Method::Random(method) if projection.k() > projection.p() => {
                solve(projection, method, options.weights)?.value
            }
            _ => 0.0,
        };
        let q = projection.forms(0.0).q;
        let (beta, covariance) = coefficients(projection, options, tau2);
        let scaled = matches!(options.test, Some(Test::Knha | Test::Adhoc));
        let scale = if scaled {
            projection.forms(tau2).q / projection.df()
        } else {
            1.0
        };
        let numbers = beta.iter().chain(&covariance);
        if !q.is_finite() || numbers.into_iter().any(|x| !x.is_finite()) {
            return Err(PoolError::NotFinite {
                quantity: "a coefficient without one study",
            });
        }
        Ok(Refit {
            beta,
            covariance,
            tau2,
            scale,
            q,
        })
    }
}

/// Coefficients at tau2 = t and their covariance.
pub(super) fn coefficients(projection: &mut Projection, options: &Options, t: f64) -> (Vec<f64>, Vec<f64>) {
    let fixed = options.fixed_weights(None);
    if let Projection::Intercept(_) = projection {
        let (estimate, variance, _, _) = mean(projection, fixed, t);
        return (vec![estimate], vec![variance]);
    }
    let (fit, _, _) = estimate(projection, fixed, t);
    (fit.beta, fit.covariance)
}
