//! The chi-squared distribution; `df` need not be an integer.

use crate::gamma_dist;

/// Density.
pub fn pdf(x: f64, df: f64) -> f64 {
    gamma_dist::pdf(x, 0.5 * df, 0.5)
}

/// Lower tail `P(X <= x)`.
pub fn cdf(x: f64, df: f64) -> f64 {
    gamma_dist::both(0.5 * df, 0.5 * x).0
}

/// Upper tail `P(X > x)`.
pub fn sf(x: f64, df: f64) -> f64 {
    gamma_dist::both(0.5 * df, 0.5 * x).1
}

/// Quantile: the x with `P(X <= x) = p`.
pub fn quantile(p: f64, df: f64) -> f64 {
    2.0 * gamma_dist::standard_quantile(p, 1.0 - p, 0.5 * df)
}

/// Upper quantile: the x with `P(X > x) = q`.
pub fn upper_quantile(q: f64, df: f64) -> f64 {
    2.0 * gamma_dist::standard_quantile(1.0 - q, q, 0.5 * df)
}
