//! Fisher's F distribution; `df2` may be infinite (then chi-squared over `df1`).

use crate::{beta_dist, chi_squared};

/// Lower tail `P(F <= x)`.
pub fn cdf(x: f64, df1: f64, df2: f64) -> f64 {
    both(x, df1, df2).0
}

/// Upper tail `P(F > x)`.
pub fn sf(x: f64, df1: f64, df2: f64) -> f64 {
    both(x, df1, df2).1
}

/// Quantile: the x with `P(F <= x) = p`.
pub fn quantile(p: f64, df1: f64, df2: f64) -> f64 {
    if df2 == f64::INFINITY {
        return chi_squared::quantile(p, df1) / df1;
    }
    beta_dist::odds_quantile(p, 1.0 - p, 0.5 * df1, 0.5 * df2) * (df2 / df1)
}

/// Upper quantile: the x with `P(F > x) = q`.
pub fn upper_quantile(q: f64, df1: f64, df2: f64) -> f64 {
    if df2 == f64::INFINITY {
        return chi_squared::upper_quantile(q, df1) / df1;
    }
    beta_dist::odds_quantile(1.0 - q, q, 0.5 * df1, 0.5 * df2) * (df2 / df1)
}

fn both(x: f64, df1: f64, df2: f64) -> (f64, f64) {
    if x.is_nan() || df1.is_nan() || df2.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if df2 == f64::INFINITY {
        return (chi_squared::cdf(x * df1, df1), chi_squared::sf(x * df1, df1));
    }
    if x <= 0.0 {
        return beta_dist::both(0.0, 1.0, 0.5 * df1, 0.5 * df2);
    }
    beta_dist::odds_both(x * (df1 / df2), 0.5 * df1, 0.5 * df2)
}
