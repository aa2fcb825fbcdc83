//! Newton steps and cubics inside a bracket: fast near the root, bisection where they leave.

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

/// A function at a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub x: f64,
    pub value: f64,
    pub slope: f64,
}

/// A Newton step below this share of the scale is rounding: the point itself is the root.
const ROUNDING: f64 = 1e-13;

/// Root of a function whose value is positive at the first of `ends` and not at the second.
///
/// Each step goes to the root of the cubic with the values and slopes of the last two points (at first of the last
/// and the nearer end), whose error is the square of both distances together; a root that is found is a point at which `f` was called
/// last, unless it ends by a step too small to matter. `floor` is added to x to give the scale of the stopping rules.
pub(crate) fn hermite_root([mut lo, mut hi]: [Node; 2], floor: f64, mut f: impl FnMut(f64) -> Node) -> Root {
    let between = |x: f64, lo: Node, hi: Node| {
        if x > lo.x && x < hi.x {
            x
        } else {
            0.5 * (lo.x + hi.x)
        }
    };
    let line = lo.value / (lo.value - hi.value) * (hi.x - lo.x);
    let mut x = between(lo.x + cubic_step(lo, hi, line), lo, hi);
    let mut other = if hi.x - x < x - lo.x { hi } else { lo };
    for iterations in 1..=MAX_ITERATIONS {
        let at = f(x);
        let found = |x: f64| Root {
            x,
            iterations,
            converged: true,
        };
        let newton = -at.value / at.slope;
        let scale = x + floor;
        if at.value == 0.0 || newton.abs() <= ROUNDING * scale {
            return found(x);
        }
        if at.value > 0.0 {
            lo = at;
        } else {
            hi = at;
        }
        let step = near_step(at, other, newton);
        let next = x + step;
        if next >= lo.x && next <= hi.x && step.abs() <= STEP * (next + floor) {
            return found(next);
        }
        x = between(next, lo, hi);
        if hi.x - lo.x <= 4.0 * f64::EPSILON * (hi.x + floor) {
            return found(x);
        }
        other = at;
    }
    Root {
        x,
        iterations: MAX_ITERATIONS,
        converged: false,
    }
}

/// The cubic with the values and slopes of two points, in steps from the first: its coefficients of the second and
/// third power.
#[inline]
fn cubic(at: Node, other: Node) -> (f64, f64) {
    let inverse = 1.0 / (other.x - at.x);
    let chord = (other.value - at.value) * inverse;
    let third = (at.slope + other.slope - 2.0 * chord) * inverse * inverse;
    let second = (chord - at.slope) * inverse - third * (other.x - at.x);
    (second, third)
}

/// From `at` to the root of the cubic through both points, sought by Newton from `start` on; `start` itself where
/// the search leaves.
pub(crate) fn cubic_step(at: Node, other: Node, start: f64) -> f64 {
    let (second, third) = cubic(at, other);
    let mut step = start;
    for _ in 0..2 {
        let value = at.value + step * (at.slope + step * (second + step * third));
        let slope = at.slope + step * (2.0 * second + 3.0 * step * third);
        step -= value / slope;
    }
    or_start(step, start)
}

/// The same where Newton's step from `at` is small: the slope of the cubic at its end serves twice, and each use
/// leaves the cube of the step as a share of the error.
#[inline]
fn near_step(at: Node, other: Node, newton: f64) -> f64 {
    let (second, third) = cubic(at, other);
    let inverse = 1.0 / (at.slope + newton * (2.0 * second + 3.0 * newton * third));
    let mut step = newton;
    for _ in 0..2 {
        step -= inverse * (at.value + step * (at.slope + step * (second + step * third)));
    }
    or_start(step, newton)
}

/// Also where a slope is 0 or not a number.
fn or_start(step: f64, start: f64) -> f64 {
    if (step - start).abs() <= start.abs() {
        step
    } else {
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of the functions below.
    const CLOSE: f64 = 1e-12;

    fn root(f: impl Fn(f64) -> (f64, f64), lo: f64, hi: f64) -> Root {
        let node = |x| {
            let (value, slope) = f(x);
            Node { x, value, slope }
        };
        hermite_root([node(lo), node(hi)], 0.0, node)
    }

    #[test]
    fn a_cubic_is_found_at_once_and_other_functions_in_a_few_steps() {
        let cubic = root(|x| (8.0 - x * x * x, -3.0 * x * x), 1.5, 2.5);
        assert!(
            (cubic.x - 2.0).abs() < CLOSE && cubic.iterations <= 2,
            "{cubic:?}"
        );
        let exponential = root(|x| ((-x).exp() - 0.1, -(-x).exp()), 0.0, 5.0);
        assert!((exponential.x - 10f64.ln()).abs() < CLOSE && exponential.iterations <= 5);
    }

    #[test]
    fn a_slope_that_misleads_is_overcome_by_halving() {
        // flat on both sides of a steep fall, and slopes of the wrong sign or none
        let steep = |x: f64| (-(1e4 * (x - 0.3)).tanh(), 0.0);
        let upward = |x: f64| (0.3 - x, 1.0);
        let none = |x: f64| (0.3 - x, f64::NAN);
        for found in [
            root(steep, 0.0, 1.0),
            root(upward, 0.0, 1.0),
            root(none, 0.0, 1.0),
        ] {
            assert!(found.converged && (found.x - 0.3).abs() < CLOSE, "{found:?}");
        }
    }
}
