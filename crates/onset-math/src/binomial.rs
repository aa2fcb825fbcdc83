//! The binomial distribution.

use cdflib::special::internal::beta_rcomp;

use crate::beta_dist;
use crate::special::ln_choose;

/// `P(X = k)` for n trials with probability p; 0 when k > n.
pub fn pmf(k: u64, n: u64, p: f64) -> f64 {
    mass(k, n, p, 1.0 - p)
}

/// `ln P(X = k)`; finite where the probability itself underflows.
pub fn ln_pmf(k: u64, n: u64, p: f64) -> f64 {
    ln_mass(k, n, p, 1.0 - p)
}

/// `P(X <= k)`, through the incomplete beta function.
pub fn cdf(k: u64, n: u64, p: f64) -> f64 {
    both(k, n, p).0
}

/// `P(X > k)` (not `>=`).
pub fn sf(k: u64, n: u64, p: f64) -> f64 {
    both(k, n, p).1
}

fn both(k: u64, n: u64, p: f64) -> (f64, f64) {
    if !(0.0..=1.0).contains(&p) {
        return (f64::NAN, f64::NAN);
    }
    if k >= n {
        return (1.0, 0.0);
    }
    // P(X > k) = I_p(k + 1, n - k).
    let (upper, lower) = beta_dist::both(p, 1.0 - p, k as f64 + 1.0, (n - k) as f64);
    (lower, upper)
}

/// Probability from p and q = 1 - p given apart.
fn mass(k: u64, n: u64, p: f64, q: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k > n {
        return 0.0;
    }
    if p == 0.0 || q == 0.0 {
        return if (p == 0.0 && k == 0) || (q == 0.0 && k == n) {
            1.0
        } else {
            0.0
        };
    }
    if k == 0 {
        return (n as f64 * log_of(q, p)).exp();
    }
    if k == n {
        return (n as f64 * log_of(p, q)).exp();
    }
    // p^(k+1) q^(n-k+1) / B(k+1, n-k+1) = (n+1) p q P(X = k).
    let front = beta_rcomp(k as f64 + 1.0, (n - k) as f64 + 1.0, p, q);
    front / ((n as f64 + 1.0) * p * q)
}

/// Log-probability from p and q = 1 - p given apart.
pub(crate) fn ln_mass(k: u64, n: u64, p: f64, q: f64) -> f64 {
    let direct = mass(k, n, p, q);
    if direct > 1e-280 || k > n || p == 0.0 || q == 0.0 || direct.is_nan() {
        return direct.ln();
    }
    let (kf, rest) = (k as f64, (n - k) as f64);
    let left = if k == 0 { 0.0 } else { kf * log_of(p, q) };
    let right = if k == n { 0.0 } else { rest * log_of(q, p) };
    ln_choose(n as f64, kf) + left + right
}

/// ln p, from 1 - p when that is the small one.
fn log_of(p: f64, other: f64) -> f64 {
    if p > 0.5 { (-other).ln_1p() } else { p.ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert!((pmf(2, 4, 0.5) - 0.375).abs() < 1e-16);
        assert!((cdf(1, 4, 0.5) - 5.0 / 16.0).abs() < 1e-16);
        assert!((sf(1, 4, 0.5) - 11.0 / 16.0).abs() < 1e-15);
        assert_eq!(pmf(0, 0, 0.3), 1.0);
        assert_eq!(pmf(5, 4, 0.3), 0.0);
        assert_eq!(pmf(4, 4, 1.0), 1.0);
        assert_eq!(ln_pmf(3, 4, 1.0), f64::NEG_INFINITY);
        assert!(pmf(1, 2, 1.5).is_nan() && cdf(1, 2, f64::NAN).is_nan());
        let far = ln_pmf(5000, 10_000, 1e-4);
        assert!(
            (far - (ln_choose(10_000.0, 5000.0) + 5000.0 * (1e-4_f64.ln() + (-1e-4_f64).ln_1p()))).abs()
                < 1e-9
        );
    }
}
