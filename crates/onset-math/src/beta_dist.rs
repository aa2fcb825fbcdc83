//! The beta distribution, and the odds `x / (1 - x)` of a beta variable from which t and F follow.

use cdflib::special::{internal::beta_rcomp, try_beta_inc};

use crate::normal;
use crate::special::ln_beta;
use crate::tail::{At, Tail, invert};

/// Density at `x` in [0, 1].
pub fn pdf(x: f64, a: f64, b: f64) -> f64 {
    if !valid(a, b) || x.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&x) {
        return 0.0;
    }
    if x == 0.0 || x == 1.0 {
        let (here, other) = if x == 0.0 { (a, b) } else { (b, a) };
        return if here < 1.0 {
            f64::INFINITY
        } else if here == 1.0 {
            other
        } else {
            0.0
        };
    }
    let y = 1.0 - x;
    beta_rcomp(a, b, x, y) / x / y
}

/// Lower tail `P(X <= x)`: the regularised incomplete beta function `I_x(a, b)`.
pub fn cdf(x: f64, a: f64, b: f64) -> f64 {
    both(x, 1.0 - x, a, b).0
}

/// Upper tail `P(X > x)`.
pub fn sf(x: f64, a: f64, b: f64) -> f64 {
    both(x, 1.0 - x, a, b).1
}

/// Quantile: the x with `P(X <= x) = p`.
pub fn quantile(p: f64, a: f64, b: f64) -> f64 {
    to_probability(odds_quantile(p, 1.0 - p, a, b))
}

/// Upper quantile: the x with `P(X > x) = q`.
pub fn upper_quantile(q: f64, a: f64, b: f64) -> f64 {
    to_probability(odds_quantile(1.0 - q, q, a, b))
}

fn valid(a: f64, b: f64) -> bool {
    a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite()
}

fn to_probability(odds: f64) -> f64 {
    if odds <= 1.0 {
        odds / (1.0 + odds)
    } else {
        1.0 / (1.0 + 1.0 / odds)
    }
}

/// Both tails at `x`, with `y = 1 - x` given apart so that neither is lost to rounding.
pub(crate) fn both(x: f64, y: f64, a: f64, b: f64) -> (f64, f64) {
    if !valid(a, b) || x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    try_beta_inc(a, b, x, y).unwrap_or((f64::NAN, f64::NAN))
}

/// Both tails of the odds of a beta(a, b) variable.
pub(crate) fn odds_both(odds: f64, a: f64, b: f64) -> (f64, f64) {
    let (x, y) = split(odds);
    both(x, y, a, b)
}

/// x = odds / (1 + odds) and 1 - x, each to full relative accuracy.
pub(crate) fn split(odds: f64) -> (f64, f64) {
    if odds <= 1.0 {
        (odds / (1.0 + odds), 1.0 / (1.0 + odds))
    } else {
        let back = 1.0 / odds;
        (1.0 / (1.0 + back), back / (1.0 + back))
    }
}

/// Quantile of the odds from both tail probabilities; the smaller one is matched.
pub(crate) fn odds_quantile(p: f64, q: f64, a: f64, b: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !(0.0..=1.0).contains(&q) || !valid(a, b) {
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
    odds_invert(tail, target, start(p, q, a, b), a, b)
}

/// Inverts one tail of the odds from a given start.
pub(crate) fn odds_invert(tail: Tail, target: f64, start: f64, a: f64, b: f64) -> f64 {
    invert(tail, target, start, |odds| {
        let (x, y) = split(odds);
        let (lower, upper) = both(x, y, a, b);
        let probability = if tail == Tail::Lower { lower } else { upper };
        At {
            probability,
            density: beta_rcomp(a, b, x, y),
            slope: a * y - b * x,
        }
    })
}

/// Leading term of the series at either end, or Carter's normal approximation (Abramowitz & Stegun 26.5.22).
fn start(p: f64, q: f64, a: f64, b: f64) -> f64 {
    let ln_b = ln_beta(a, b);
    if p <= q {
        let x = ((p.ln() + a.ln() + ln_b) / a).exp();
        if x * (a + b) < 0.2 * (a + 1.0) {
            return x / (1.0 - x);
        }
    } else {
        let y = ((q.ln() + b.ln() + ln_b) / b).exp();
        if y * (a + b) < 0.2 * (b + 1.0) {
            return (1.0 - y) / y;
        }
    }
    if a <= 0.75 || b <= 0.75 {
        return a / b;
    }
    let z = if p <= q {
        -normal::quantile(p)
    } else {
        -normal::upper_quantile(q)
    };
    let (u, v) = (1.0 / (2.0 * a - 1.0).abs(), 1.0 / (2.0 * b - 1.0).abs());
    let lambda = (z * z - 3.0) / 6.0;
    let h = 2.0 / (u + v);
    let w = z * (h + lambda).max(0.0).sqrt() / h - (v - u) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    a / b * (-2.0 * w).exp()
}
