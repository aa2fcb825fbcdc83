//! An estimate of a model of a network, with its normal interval.

use super::gls::Gls;
use super::linear::Linear;
use onset_math::normal;

/// An estimate with z, p and interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wald {
    /// Estimate.
    pub estimate: f64,
    /// Standard error.
    pub standard_error: f64,
    /// Estimate over standard error.
    pub statistic: f64,
    /// Two-sided p.
    pub p: f64,
    /// Lower limit.
    pub ci_lower: f64,
    /// Upper limit.
    pub ci_upper: f64,
}

impl Wald {
    pub(crate) fn new((estimate, variance): (f64, f64), level: f64) -> Wald {
        let standard_error = variance.max(0.0).sqrt();
        let half = normal::upper_quantile((1.0 - level) / 2.0) * standard_error;
        let statistic = estimate / standard_error;
        Wald {
            estimate,
            standard_error,
            statistic,
            p: normal::two_sided_p(statistic),
            ci_lower: estimate - half,
            ci_upper: estimate + half,
        }
    }

    /// c'beta; `None` where the studies say nothing on it.
    pub(crate) fn of(linear: &Linear<'_>, gls: &Gls, c: &[f64], level: f64) -> Option<Wald> {
        linear.estimable(c).then(|| Wald::new(gls.combination(c), level))
    }
}
