//! Quasi-Newton minimisation (Broyden, Fletcher, Goldfarb, Shanno).

use super::{Minimum, guarded};
use crate::derivative;
use crate::linalg::Matrix;

/// A gradient: writes the derivatives at its first argument into its second.
pub type Gradient<'a> = &'a dyn Fn(&[f64], &mut [f64]);

/// Options of [`bfgs`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `gradient_tolerance` | 1e-8 | > 0 | stops when max abs(g_i) max(abs(x_i), 1) / max(abs(f), 1) is below it |
/// | `max_iterations` | 500 | >= 1 | iterations |
/// | `hessian` | false | | whether second derivatives by differences are returned |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bfgs {
    /// Stopping tolerance on the scaled gradient.
    pub gradient_tolerance: f64,
    /// Most iterations.
    pub max_iterations: usize,
    /// Return the Hessian at the minimum.
    pub hessian: bool,
}

impl Default for Bfgs {
    fn default() -> Self {
        Bfgs {
            gradient_tolerance: 1e-8,
            max_iterations: 500,
            hessian: false,
        }
    }
}

/// A scaled gradient this small at the end of a failed line search is rounding, not failure.
const ROUNDING_GRADIENT: f64 = 1e-5;

/// Minimum of `f` from `x0`; without `gradient`, central differences are used.
///
/// # Source
/// Nocedal & Wright 2006, Numerical Optimization, chapters 3 (line search for the strong Wolfe conditions) and 6.
///
/// # Examples
/// ```
/// use onset_math::minimize::{Bfgs, bfgs};
/// let m = bfgs(|x| (x[0] - 1.0).powi(2) + 3.0 * x[1].powi(2), None, &[4.0, 5.0], Bfgs::default());
/// assert!(m.converged && (m.x[0] - 1.0).abs() < 1e-7 && m.x[1].abs() < 1e-7);
/// ```
pub fn bfgs(
    f: impl FnMut(&[f64]) -> f64,
    gradient: Option<Gradient<'_>>,
    x0: &[f64],
    options: Bfgs,
) -> Minimum {
    let mut problem = Problem {
        f,
        gradient,
        evaluations: 0,
    };
    let n = x0.len();
    let mut x = x0.to_vec();
    let mut value = problem.value(&x);
    let mut g = vec![0.0; n];
    problem.gradient(&x, &mut g);
    let mut inverse = Matrix::identity(n);
    let (mut fresh, mut converged, mut iterations) = (true, false, 0);
    let mut point = Point {
        x: vec![0.0; n],
        g: vec![0.0; n],
        value: 0.0,
    };
    while iterations < options.max_iterations && value.is_finite() {
        let size = scaled_gradient(&g, &x, value);
        if size <= options.gradient_tolerance {
            converged = true;
            break;
        }
        iterations += 1;
        let mut direction: Vec<f64> = inverse.mul_vec(&g).iter().map(|v| -v).collect();
        let mut slope = dot(&direction, &g);
        if slope >= 0.0 || slope.is_nan() {
            inverse = Matrix::identity(n);
            fresh = true;
            direction = g.iter().map(|v| -v).collect();
            slope = dot(&direction, &g);
        }
        let first = if fresh {
            (1.0 / dot(&g, &g).sqrt()).min(1.0)
        } else {
            1.0
        };
        if !line_search(&mut problem, &x, value, &direction, slope, first, &mut point) {
            if fresh {
                converged = size <= ROUNDING_GRADIENT;
                break;
            }
            inverse = Matrix::identity(n);
            fresh = true;
            continue;
        }
        update(&mut inverse, &x, &g, &point, fresh);
        fresh = false;
        value = point.value;
        x.copy_from_slice(&point.x);
        g.copy_from_slice(&point.g);
    }
    if n == 0 {
        converged = true;
    }
    let hessian = options
        .hessian
        .then(|| derivative::hessian(|p| problem.value(p), &x));
    Minimum {
        x,
        value,
        iterations,
        evaluations: problem.evaluations,
        converged,
        gradient: Some(g),
        hessian,
    }
}

struct Point {
    x: Vec<f64>,
    g: Vec<f64>,
    value: f64,
}

struct Problem<'a, F> {
    f: F,
    gradient: Option<Gradient<'a>>,
    evaluations: usize,
}

impl<F: FnMut(&[f64]) -> f64> Problem<'_, F> {
    fn value(&mut self, x: &[f64]) -> f64 {
        self.evaluations += 1;
        guarded((self.f)(x))
    }

    fn gradient(&mut self, x: &[f64], g: &mut [f64]) {
        if let Some(gradient) = self.gradient {
            gradient(x, g);
            return;
        }
        let mut at = x.to_vec();
        for i in 0..x.len() {
            // The cube root of the rounding unit balances truncation and rounding of a central difference.
            let h = 6e-6 * x[i].abs().max(1.0);
            at[i] = x[i] + h;
            let (up, right) = (self.value(&at), at[i]);
            at[i] = x[i] - h;
            let (down, left) = (self.value(&at), at[i]);
            at[i] = x[i];
            g[i] = (up - down) / (right - left);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn scaled_gradient(g: &[f64], x: &[f64], value: f64) -> f64 {
    let top = g
        .iter()
        .zip(x)
        .map(|(g, x)| g.abs() * x.abs().max(1.0))
        .fold(0.0, f64::max);
    if g.iter().any(|v| v.is_nan()) {
        f64::INFINITY
    } else {
        top / value.abs().max(1.0)
    }
}

/// Bracketing and zooming for the strong Wolfe conditions; true when `out` holds a lower point.
fn line_search<F: FnMut(&[f64]) -> f64>(
    problem: &mut Problem<'_, F>,
    x: &[f64],
    value: f64,
    direction: &[f64],
    slope: f64,
    first: f64,
    out: &mut Point,
) -> bool {
    const ARMIJO: f64 = 1e-4;
    const CURVATURE: f64 = 0.9;
    // (step, value, slope) at the low end; the high end once there is one.
    let mut low = (0.0, value, slope);
    let mut high: Option<(f64, f64, f64)> = None;
    let mut step = first;
    for _ in 0..60 {
        for ((p, x), d) in out.x.iter_mut().zip(x).zip(direction) {
            *p = x + step * d;
        }
        out.value = problem.value(&out.x);
        if out.value > value + ARMIJO * step * slope
            || out.value >= low.1 && low.0 > 0.0
            || !out.value.is_finite()
        {
            high = Some((step, out.value, f64::NAN));
        } else {
            problem.gradient(&out.x, &mut out.g);
            let here = dot(&out.g, direction);
            if here.is_finite() && here.abs() <= -CURVATURE * slope {
                return true;
            }
            let side = high.map_or(1.0, |h| h.0 - low.0);
            if here * side >= 0.0 {
                high = Some(low);
            }
            low = (step, out.value, here);
        }
        step = match high {
            None => 2.5 * step,
            Some(h) => between(low, h),
        };
        if high.is_some_and(|h| (h.0 - low.0).abs() <= 1e-14 * h.0.abs().max(low.0.abs())) {
            break;
        }
    }
    // No point meets the curvature condition: take the best lower one, if any.
    if low.0 > 0.0 && low.1 < value {
        for ((p, x), d) in out.x.iter_mut().zip(x).zip(direction) {
            *p = x + low.0 * d;
        }
        out.value = low.1;
        problem.gradient(&out.x, &mut out.g);
        return true;
    }
    false
}

/// Minimum of the parabola through the low end (value, slope) and the high end (value), kept off the ends.
fn between(low: (f64, f64, f64), high: (f64, f64, f64)) -> f64 {
    let width = high.0 - low.0;
    let curve = (high.1 - low.1) - low.2 * width;
    let guess = -0.5 * low.2 * width / curve;
    let share = if guess.is_finite() && curve > 0.0 {
        guess.clamp(0.1, 0.9)
    } else {
        0.5
    };
    low.0 + share * width
}

/// BFGS update of the inverse Hessian, skipped when the curvature along the step is not positive.
fn update(inverse: &mut Matrix, x: &[f64], g: &[f64], to: &Point, fresh: bool) {
    let n = x.len();
    let s: Vec<f64> = to.x.iter().zip(x).map(|(a, b)| a - b).collect();
    let y: Vec<f64> = to.g.iter().zip(g).map(|(a, b)| a - b).collect();
    let sy = dot(&s, &y);
    let yy = dot(&y, &y);
    if sy <= 1e-14 * (dot(&s, &s) * yy).sqrt() || !sy.is_finite() {
        return;
    }
    if fresh {
        *inverse = Matrix::identity(n).scale(sy / yy);
    }
    let hy = inverse.mul_vec(&y);
    let rho = 1.0 / sy;
    let factor = rho * (1.0 + rho * dot(&y, &hy));
    for i in 0..n {
        for j in 0..n {
            inverse[(i, j)] += factor * s[i] * s[j] - rho * (hy[i] * s[j] + s[i] * hy[j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> f64 {
        100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
    }

    #[test]
    fn rosenbrock_with_and_without_gradient() {
        let exact = |x: &[f64], g: &mut [f64]| {
            g[0] = -400.0 * x[0] * (x[1] - x[0] * x[0]) - 2.0 * (1.0 - x[0]);
            g[1] = 200.0 * (x[1] - x[0] * x[0]);
        };
        let m = bfgs(
            rosenbrock,
            Some(&exact),
            &[-1.2, 1.0],
            Bfgs {
                hessian: true,
                ..Bfgs::default()
            },
        );
        assert!(m.converged && (m.x[0] - 1.0).abs() < 1e-7, "{m:?}");
        let h = m.hessian.unwrap();
        assert!((h[(0, 0)] - 802.0).abs() < 1e-4 && (h[(1, 1)] - 200.0).abs() < 1e-4);
        let m = bfgs(rosenbrock, None, &[-1.2, 1.0], Bfgs::default());
        assert!(m.converged && (m.x[0] - 1.0).abs() < 1e-6, "{m:?}");
    }

    #[test]
    fn domain_edge_and_nonsense() {
        // -ln likelihood of a normal sample in (mean, ln sd): NaN never met, but ln of a negative is on the way.
        let m = bfgs(|x| x[0].ln() + 1.0 / x[0], None, &[5.0], Bfgs::default());
        assert!(m.converged && (m.x[0] - 1.0).abs() < 1e-6, "{m:?}");
        let nan = bfgs(|_| f64::NAN, None, &[1.0], Bfgs::default());
        assert!(!nan.converged);
    }
}
