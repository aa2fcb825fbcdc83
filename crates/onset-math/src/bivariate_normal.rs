//! The standard bivariate normal distribution.

use crate::{normal, peak};

/// `P(X <= h, Y <= k)` for standard normal X and Y with correlation `rho` in [-1, 1].
///
/// # Formula
/// `integral over x <= min(h, k) of phi(x) Phi((max(h, k) - rho x) / sqrt(1 - rho^2))`: the integrand is positive
/// and log-concave, so that the answer is accurate in relative terms in the tails too.
pub fn cdf(h: f64, k: f64, rho: f64) -> f64 {
    if h.is_nan() || k.is_nan() || !(-1.0..=1.0).contains(&rho) {
        return f64::NAN;
    }
    let (low, high) = if h <= k { (h, k) } else { (k, h) };
    if low == f64::NEG_INFINITY {
        return 0.0;
    }
    if high == f64::INFINITY {
        return normal::cdf(low);
    }
    if rho == 0.0 {
        return normal::cdf(low) * normal::cdf(high);
    }
    if rho == 1.0 {
        return normal::cdf(low);
    }
    if rho == -1.0 {
        // P(-high <= X <= low)
        return (normal::cdf(low) - normal::cdf(-high)).max(0.0);
    }
    let root = ((1.0 - rho) * (1.0 + rho)).sqrt();
    let ln_f = |x: f64| normal::ln_pdf(x) + normal::ln_cdf((high - rho * x) / root);
    let range = peak::Range {
        lo: f64::NEG_INFINITY,
        hi: low,
        guess: low.min(0.0),
        scale: root.max(0.01),
    };
    // Phi rises from 0 to 1 over this stretch.
    let (middle, reach) = (high / rho, 9.0 * root / rho.abs());
    peak::integral(ln_f, range, [middle - reach, middle, middle + reach]).min(1.0)
}

/// `P(X > h, Y > k)`.
pub fn sf(h: f64, k: f64, rho: f64) -> f64 {
    cdf(-h, -k, rho)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn closed_forms() {
        for rho in [-0.999_99, -0.7, -0.1, 0.2, 0.5, 0.95, 0.999_999_9] {
            // Sheppard: P(X <= 0, Y <= 0) = 1/4 + asin(rho) / (2 pi).
            let quadrant = 0.25 + f64::asin(rho) / (2.0 * PI);
            assert!((cdf(0.0, 0.0, rho) / quadrant - 1.0).abs() < 1e-11, "{rho}");
            let (h, k) = (0.7, -1.2);
            let apart = normal::cdf(h) - cdf(h, -k, -rho);
            assert!((cdf(h, k, rho) - apart).abs() < 1e-15);
            assert_eq!(cdf(h, k, rho), cdf(k, h, rho));
        }
        assert_eq!(cdf(1.0, f64::INFINITY, 0.3), normal::cdf(1.0));
        assert_eq!(cdf(1.0, f64::NEG_INFINITY, 0.3), 0.0);
        assert_eq!(cdf(1.0, 2.0, 1.0), normal::cdf(1.0));
        assert!(cdf(1.0, 2.0, 1.1).is_nan());
    }
}
