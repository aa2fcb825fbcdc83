//! The gamma distribution, by shape and rate (mean shape / rate).

use cdflib::special::{internal::rcomp, try_gamma_inc};

use crate::normal;
use crate::special::{erfc, ln_gamma};
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
    if let Some(found) = half_integer(shape, x) {
        return (found.lower, found.upper);
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

/// Tails and x times the density.
struct Tails {
    lower: f64,
    upper: f64,
    density: f64,
}

/// Largest shape and argument of the finite sums: a few roundings for each term, and exp(-x) far from underflow.
const MOST_TERMS: f64 = 32.0;
const FARTHEST: f64 = 300.0;

/// Finite sums for chi-squared with a whole number of degrees of freedom; every term is positive, and the tail that
/// is summed is the smaller one.
///
/// Q(n, x) = exp(-x) sum_{j<n} x^j/j!, Q(m + 1/2, x) = erfc(sqrt x) + exp(-x) sum_{j=1..m} x^(j-1/2)/Gamma(j + 1/2),
/// P(a, x) = x^a exp(-x)/Gamma(a + 1) (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...).
/// Source: Abramowitz & Stegun 1964, 26.4.4, 26.4.5, 26.4.6.
fn half_integer(shape: f64, x: f64) -> Option<Tails> {
    let twice = 2.0 * shape;
    let fits = shape <= MOST_TERMS && (0.0..=FARTHEST).contains(&x) && x > 0.0;
    if !fits || twice != twice.floor() {
        return None;
    }
    let whole = shape == shape.floor();
    let e = (-x).exp();
    // first term and its denominator: x^0/0! or x^(1/2)/Gamma(3/2)
    let (mut sum, mut term, mut below) = if whole {
        (e, e, 0.0)
    } else {
        let root = x.sqrt();
        (erfc(root), e * root * std::f64::consts::FRAC_2_SQRT_PI, 0.5)
    };
    if shape == 0.5 {
        // x^(1/2) exp(-x)/Gamma(1/2)
        let density = 0.5 * term;
        return Some(sides(shape, x, sum, density));
    }
    if !whole {
        sum += term;
    }
    while below + 1.0 < shape {
        below += 1.0;
        term *= x / below;
        sum += term;
    }
    Some(sides(shape, x, sum, term * x))
}

/// The upper tail as summed, or the series of the lower one where that is smaller.
fn sides(shape: f64, x: f64, upper: f64, density: f64) -> Tails {
    if x >= shape {
        return Tails {
            lower: 1.0 - upper,
            upper,
            density,
        };
    }
    let (mut term, mut sum, mut a) = (1.0, 1.0, shape);
    while term > 1e-17 * sum {
        a += 1.0;
        term *= x / a;
        sum += term;
    }
    let lower = density / shape * sum;
    Tails {
        lower,
        upper: 1.0 - lower,
        density,
    }
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
        let (lower, upper, density) = match half_integer(shape, x) {
            Some(found) => (found.lower, found.upper, found.density),
            None => {
                let (lower, upper) = both(shape, x);
                (lower, upper, rcomp(shape, x))
            }
        };
        let probability = if tail == Tail::Lower { lower } else { upper };
        At {
            probability,
            density,
            slope: shape - x,
        }
    })
}

/// Leading term of the series near zero, or Wilson and Hilferty's cube (1931).
fn start(p: f64, q: f64, shape: f64) -> f64 {
    if p <= q {
        let near_zero = ((p.ln() + ln_gamma(shape + 1.0)) / shape).exp();
        if near_zero < 0.2 * (shape + 1.0) {
            return near_zero;
        }
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
