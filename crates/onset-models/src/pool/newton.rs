//! Newton steps inside a bracket: quadratic near the root, bisection where Newton leaves.

/// A root and what it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Root {
    pub x: f64,
    pub iterations: u32,
    pub converged: bool,
}

/// Steps after which the search gives up.
pub(crate) const MAX_ITERATIONS: u32 = 200;
/// A Newton step below this share of the scale leaves an error of about its square.
const STEP: f64 = 1e-9;

/// Root of a function that is positive at `lo` and negative at `hi`.
///
/// `f` returns the value and the Newton step from there (-f/f', or any better step); `floor` is
/// added to x to give the scale of the stopping rule.
pub(crate) fn decreasing_root(
    mut lo: f64,
    mut hi: f64,
    start: f64,
    floor: f64,
    mut f: impl FnMut(f64) -> (f64, f64),
) -> Root {
    let mut x = if start > lo && start < hi {
        start
    } else {
        0.5 * (lo + hi)
    };
    for iterations in 1..=MAX_ITERATIONS {
        let (value, step) = f(x);
        if value == 0.0 {
            return Root {
                x,
                iterations,
                converged: true,
            };
        }
        if value > 0.0 {
            lo = x;
        } else {
            hi = x;
        }
        let next = x + step;
        let inside = next > lo && next < hi;
        if next >= lo && next <= hi && step.abs() <= STEP * (next + floor) {
            return Root {
                x: next,
                iterations,
                converged: true,
            };
        }
        x = if inside { next } else { 0.5 * (lo + hi) };
        if hi - lo <= 4.0 * f64::EPSILON * (hi + floor) {
            return Root {
                x,
                iterations,
                converged: true,
            };
        }
    }
    Root {
        x,
        iterations: MAX_ITERATIONS,
        converged: false,
    }
}
