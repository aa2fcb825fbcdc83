//! Inversion of a tail probability on the log scale, shared by the gamma and beta families.

/// Which tail probability is matched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    Lower,
    Upper,
}

/// A tail at `x`: its probability, the density of `ln x` there, and the log-derivative of that density.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub probability: f64,
    /// x f(x).
    pub density: f64,
    /// d ln(x f(x)) / d ln x.
    pub slope: f64,
}

const MAX_STEPS: usize = 400;

/// Log-probability distance below which one more Halley step is exact to rounding (it leaves a cube of this).
const CLOSE: f64 = 1e-6;

/// Solves `T(x) = target` for a positive x, where `ln T` is concave in `ln x` (true when the density of
/// `ln x` is log-concave: gamma, and the odds of a beta variable). Halley's iteration on `ln T` against `ln x`,
/// kept inside a bracket. Zero and infinity mean that the answer lies beyond the range of normal numbers.
pub(crate) fn invert(tail: Tail, target: f64, start: f64, at: impl Fn(f64) -> At) -> f64 {
    let sign = if tail == Tail::Lower { 1.0 } else { -1.0 };
    let (mut lo, mut hi) = (0.0_f64, f64::INFINITY);
    let mut x = if start.is_finite() {
        start.clamp(f64::MIN_POSITIVE, f64::MAX)
    } else {
        1.0
    };
    for _ in 0..MAX_STEPS {
        let now = at(x);
        if now.probability.is_nan() {
            return f64::NAN;
        }
        let h = log_ratio(now.probability, target);
        if h == 0.0 {
            return x;
        }
        if h * sign < 0.0 {
            lo = x;
        } else {
            hi = x;
        }
        let step = halley_step(h, sign, now);
        let mut next = x * (-step).exp();
        let inside = next > lo && next < hi && next.is_finite();
        if inside && h.abs() < CLOSE {
            return next;
        }
        if !inside {
            if h.abs() < CLOSE && step.abs() < 1e-13 {
                return x;
            }
            next = fallback(lo, hi, x);
        }
        if next > f64::MAX {
            return f64::INFINITY;
        }
        if next < f64::MIN_POSITIVE {
            return 0.0;
        }
        if next == x {
            return x;
        }
        x = next;
    }
    x
}

/// ln(p / target), exact to rounding when the two are close.
fn log_ratio(p: f64, target: f64) -> f64 {
    let r = (p - target) / target;
    if r.abs() < 0.5 {
        r.ln_1p()
    } else {
        p.ln() - target.ln()
    }
}

fn halley_step(h: f64, sign: f64, now: At) -> f64 {
    let newton = h * now.probability / now.density * sign;
    let curvature = sign * now.slope * now.probability / now.density - 1.0;
    let bend = (1.0 - 0.5 * h * curvature).clamp(0.5, 2.0);
    newton / bend
}

/// A point inside the bracket when the Halley step leaves it.
fn fallback(lo: f64, hi: f64, x: f64) -> f64 {
    match (lo > 0.0, hi.is_finite()) {
        (true, true) => lo.sqrt() * hi.sqrt(),
        (true, false) => x * 1e4,
        (false, true) => x * 1e-4,
        (false, false) => x,
    }
}
