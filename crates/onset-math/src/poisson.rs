//! The Poisson distribution.

use cdflib::special::internal::rcomp;

use crate::gamma_dist;
use crate::special::ln_gamma;

/// `P(X = k)` for the given mean.
pub fn pmf(k: u64, mean: f64) -> f64 {
    if !(mean >= 0.0 && mean.is_finite()) {
        return f64::NAN;
    }
    if mean == 0.0 {
        return if k == 0 { 1.0 } else { 0.0 };
    }
    if k == 0 {
        return (-mean).exp();
    }
    // e^-m m^k / k! = m^k e^-m / Gamma(k) / k.
    rcomp(k as f64, mean) / k as f64
}

/// `ln P(X = k)`; finite where the probability itself underflows.
pub fn ln_pmf(k: u64, mean: f64) -> f64 {
    let direct = pmf(k, mean);
    if direct > 1e-280 || direct.is_nan() || mean == 0.0 {
        return direct.ln();
    }
    k as f64 * mean.ln() - mean - ln_gamma(k as f64 + 1.0)
}

/// `P(X <= k)`.
pub fn cdf(k: u64, mean: f64) -> f64 {
    both(k, mean).0
}

/// `P(X > k)` (not `>=`).
pub fn sf(k: u64, mean: f64) -> f64 {
    both(k, mean).1
}

fn both(k: u64, mean: f64) -> (f64, f64) {
    if !(mean >= 0.0 && mean.is_finite()) {
        return (f64::NAN, f64::NAN);
    }
    let (upper, lower) = gamma_dist::both(k as f64 + 1.0, mean);
    (lower, upper)
}
