//! Numerical derivatives by central differences with Richardson extrapolation.

use crate::linalg::Matrix;

const LEVELS: usize = 4;
/// First step relative to max(|x|, FLOOR): the extrapolated error is of order step^8, rounding of order eps/step.
const GRADIENT_STEP: f64 = 0.02;
/// Second differences divide rounding by step^2, so the step is longer.
const HESSIAN_STEP: f64 = 0.06;
const FLOOR: f64 = 0.05;

/// Gradient of `f` at `x`; about 1e-11 relative for a smooth function of scale one.
///
/// The step is a fraction of `max(|x_i|, 0.05)`: a parameter with a bound near zero should be transformed first.
pub fn gradient(mut f: impl FnMut(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let mut at = x.to_vec();
    (0..x.len())
        .map(|i| {
            let first = GRADIENT_STEP * x[i].abs().max(FLOOR);
            richardson(first, |h| {
                at[i] = x[i] + h;
                let up = f(&at);
                let wide = at[i];
                at[i] = x[i] - h;
                let down = f(&at);
                let width = wide - at[i];
                at[i] = x[i];
                (up - down) / width
            })
        })
        .collect()
}

/// Symmetric matrix of second derivatives of `f` at `x`; about 1e-9 relative for a smooth function of scale one.
pub fn hessian(mut f: impl FnMut(&[f64]) -> f64, x: &[f64]) -> Matrix {
    let n = x.len();
    let mut out = Matrix::zeros(n, n);
    let mut at = x.to_vec();
    let centre = f(x);
    let step: Vec<f64> = x.iter().map(|v| HESSIAN_STEP * v.abs().max(FLOOR)).collect();
    for i in 0..n {
        out[(i, i)] = richardson(step[i], |h| {
            at[i] = x[i] + h;
            let up = f(&at);
            at[i] = x[i] - h;
            let down = f(&at);
            at[i] = x[i];
            ((up - centre) - (centre - down)) / (h * h)
        });
        for j in 0..i {
            let ratio = step[j] / step[i];
            let mixed = richardson(step[i], |h| {
                let mut corner = |si: f64, sj: f64| {
                    at[i] = x[i] + si * h;
                    at[j] = x[j] + sj * h * ratio;
                    f(&at)
                };
                let d = (corner(1.0, 1.0) - corner(1.0, -1.0)) - (corner(-1.0, 1.0) - corner(-1.0, -1.0));
                at[i] = x[i];
                at[j] = x[j];
                d / (4.0 * h * h * ratio)
            });
            out[(i, j)] = mixed;
            out[(j, i)] = mixed;
        }
    }
    out
}

/// Extrapolates an even-order difference quotient from the steps h, h/2, h/4, h/8 to zero.
fn richardson(first: f64, mut quotient: impl FnMut(f64) -> f64) -> f64 {
    let mut row = [0.0; LEVELS];
    let mut h = first;
    for level in 0..LEVELS {
        let mut value = quotient(h);
        let mut factor = 1.0;
        for cell in row.iter_mut().take(level) {
            factor *= 4.0;
            let better = value + (value - *cell) / (factor - 1.0);
            *cell = value;
            value = better;
        }
        row[level] = value;
        h *= 0.5;
    }
    row[LEVELS - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> f64 {
        100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
    }

    #[test]
    fn by_hand() {
        let x = [-1.2, 1.0];
        let g = gradient(rosenbrock, &x);
        assert!((g[0] + 215.6).abs() < 1e-9 && (g[1] + 88.0).abs() < 1e-9, "{g:?}");
        let h = hessian(rosenbrock, &x);
        assert!((h[(0, 0)] - 1330.0).abs() < 1e-7, "{}", h[(0, 0)]);
        assert!((h[(0, 1)] - 480.0).abs() < 1e-7 && (h[(1, 1)] - 200.0).abs() < 1e-7);
        let e = gradient(|x| x[0].exp() * x[1].sin(), &[0.3, 2.0]);
        assert!((e[0] / (0.3_f64.exp() * 2.0_f64.sin()) - 1.0).abs() < 1e-11);
        assert!((e[1] / (0.3_f64.exp() * 2.0_f64.cos()) - 1.0).abs() < 1e-11);
    }
}
