//! The gamma distribution, by shape and rate (mean shape / rate).

use cdflib::special::{internal::rcomp, try_gamma_inc};

use crate::normal;
use crate::special::ln_gamma;
use crate::tail::{At, Tail, invert};

/// Density at `x >= 0`.
pub fn pdf(x: f64, shape: f64, rate: f64) -> f64 {
    if !(shape > 0.0 && rate > 0.0 && shape.is_finite() && rate.is_finite()) || x.is_nan() {
        return f64::NAN;
    }
    if x < 0.0 || x == f64::INFINITY {
        return 0.0;
    }
    if x == 0.0 {
        return if shape < 1.0 {
            f64::INFINITY
        } else if shape == 1.0 {
            rate
        } else {
            0.0
        };
    }
    rcomp(shape, rate * x) / x
}

/// Lower tail `P(X <= x)`.
pub fn cdf(x: f64, shape: f64, rate: f64) -> f64 {
    scaled(x, shape, rate).0
}

/// Upper tail `P(X > x)`.
pub fn sf(x: f64, shape: f64, rate: f64) -> f64 {
    scaled(x, shape, rate).1
}

/// Quantile: the x with `P(X <= x) = p`.
pub fn quantile(p: f64, shape: f64, rate: f64) -> f64 {
    if !(rate > 0.0 && rate.is_finite()) {
        return f64::NAN;
    }
    standard_quantile(p, 1.0 - p, shape) / rate
}

/// Upper quantile: the x with `P(X > x) = q`.
pub fn upper_quantile(q: f64, shape: f64, rate: f64) -> f64 {
    if !(rate > 0.0 && rate.is_finite()) {
        return f64::NAN;
    }
    standard_quantile(1.0 - q, q, shape) / rate
}

fn scaled(x: f64, shape: f64, rate: f64) -> (f64, f64) {
    if !(rate > 0.0 && rate.is_finite()) {
        return (f64::NAN, f64::NAN);
    }
    both(shape, rate * x)
}

/// Both tails of the gamma distribution with rate 1.
pub(crate) fn both(shape: f64, x: f64) -> (f64, f64) {
    if !(shape > 0.0 && shape.is_finite()) || x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let (p, q) = try_gamma_inc(shape, x).unwrap_or((f64::NAN, f64::NAN));
    if shape <= 100.0 {
        return (p, q);
    }
    // For large shapes the kernel sees x only through x / shape, rounded; in the tails that costs up to 1e-11.
    // The exact remainder times the density puts it back.
    let rest = (-(x / shape)).mul_add(shape, x);
    let change = rcomp(shape, x) / x * rest;
    ((p + change).clamp(0.0, 1.0), (q - change).clamp(0.0, 1.0))
}

/// Quantile for rate 1 from both tail probabilities; the smaller one is matched.
pub(crate) fn standard_quantile(p: f64, q: f64, shape: f64) -> f64 {
    let valid = shape > 0.0 && shape.is_finite();
    if !valid || !(0.0..=1.0).contains(&p) || !(0.0..=1.0).contains(&q) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if q == 0.0 {
        return f64::INFINITY;
    }
    let (tail, target) = if p <= q {
        (Tail::Lower, p)
    } else {
        (Tail::Upper, q)
    };
    invert(tail, target, start(p, q, shape), |x| {
        let (lower, upper) = both(shape, x);
        let probability = if tail == Tail::Lower { lower } else { upper };
        At {
            probability,
            density: rcomp(shape, x),
            slope: shape - x,
        }
    })
}

/// Leading term of the series near zero, or Wilson and Hilferty's cube (1931).
fn start(p: f64, q: f64, shape: f64) -> f64 {
    let near_zero = ((p.ln() + ln_gamma(shape + 1.0)) / shape).exp();
    if p <= q && near_zero < 0.2 * (shape + 1.0) {
        return near_zero;
    }
    let z = if p <= q {
        normal::quantile(p)
    } else {
        normal::upper_quantile(q)
    };
    let cube_root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
    if cube_root > 0.0 {
        shape * cube_root.powi(3)
    } else {
        shape
    }
}
