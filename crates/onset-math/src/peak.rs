//! Integrals of functions with one peak, given by their logarithm.

use crate::minimize;
use crate::quadrature::adaptive;

/// Logarithmic drop beyond which the integrand counts as zero: exp(-42) = 6e-19.
const DROP: f64 = 42.0;

/// The error estimate overstates the error by orders of magnitude: this asks for full precision.
const TOLERANCE: f64 = 1e-12;

/// Where to look for the peak.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    /// Lower limit of integration, may be `-inf`.
    pub lo: f64,
    /// Upper limit of integration, may be `inf`.
    pub hi: f64,
    /// A point inside.
    pub guess: f64,
    /// A typical width.
    pub scale: f64,
}

/// Integral of `exp(ln_f)` for concave `ln_f`. The peak is found first, so that the integral is accurate in relative
/// terms however small it is. `breaks` (ascending) are points where the function bends sharply.
pub(crate) fn integral(ln_f: impl Fn(f64) -> f64, range: Range, breaks: [f64; 3]) -> f64 {
    let Range { lo, hi, guess, scale } = range;
    let guess = guess.clamp(lo, hi);
    let left = climb(&ln_f, guess, -scale, lo);
    let right = climb(&ln_f, guess, scale, hi);
    let peak = minimize::brent(|x| -ln_f(x), left, right, 1e-4 * scale.min(right - left)).x;
    // The minimiser never evaluates its ends.
    let (mut peak, mut top) = (peak, ln_f(peak));
    for end in [left, right] {
        let value = ln_f(end);
        if value > top {
            (peak, top) = (end, value);
        }
    }
    if !top.is_finite() {
        return if top.is_nan() { f64::NAN } else { 0.0 };
    }
    let from = edge(&ln_f, peak, top, -scale, lo);
    let to = edge(&ln_f, peak, top, scale, hi);
    let f = |x: f64| (ln_f(x) - top).exp();
    let mut points = [breaks[0], breaks[1], breaks[2], peak, to];
    points.sort_by(f64::total_cmp);
    let (mut sum, mut last) = (0.0, from);
    for point in points {
        if point > last && point <= to {
            sum += adaptive(f, last, point, TOLERANCE).value;
            last = point;
        }
    }
    sum * top.exp()
}

/// Walks from `from` in ever longer steps until the function falls (or the limit is met): one end of a bracket of
/// the peak.
fn climb(ln_f: &impl Fn(f64) -> f64, from: f64, first: f64, limit: f64) -> f64 {
    let (mut x, mut value, mut step) = (from, ln_f(from), first);
    for _ in 0..1100 {
        let next = bounded(x + step, first, limit);
        let there = ln_f(next);
        if there < value || next == limit || next == x {
            return next;
        }
        (x, value) = (next, there);
        step *= 2.0;
    }
    x
}

/// Where the function has fallen by [`DROP`] from its top, to within a tenth of a step.
fn edge(ln_f: &impl Fn(f64) -> f64, peak: f64, top: f64, first: f64, limit: f64) -> f64 {
    let fallen = |x: f64| {
        let value = ln_f(x);
        value.is_nan() || value <= top - DROP
    };
    let mut step = first * 1e-3;
    let mut inside = peak;
    let mut outside = bounded(peak + step, first, limit);
    for _ in 0..1100 {
        if fallen(outside) {
            break;
        }
        if outside == limit {
            return limit;
        }
        inside = outside;
        step *= 2.0;
        outside = bounded(outside + step, first, limit);
    }
    for _ in 0..6 {
        let middle = 0.5 * (inside + outside);
        if fallen(middle) {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    outside
}

fn bounded(x: f64, direction: f64, limit: f64) -> f64 {
    if direction < 0.0 {
        x.max(limit)
    } else {
        x.min(limit)
    }
}
