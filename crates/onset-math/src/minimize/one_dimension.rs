//! Brent's minimum of a function of one variable.

use super::guarded;

/// A minimum on an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minimum1 {
    /// Where.
    pub x: f64,
    /// The value there.
    pub value: f64,
    /// Function evaluations made.
    pub iterations: usize,
    /// Whether the interval shrank below the tolerance.
    pub converged: bool,
}

const MAX_ITERATIONS: usize = 500;
const GOLDEN: f64 = 0.381_966_011_250_105_1;

/// Local minimum of `f` on `[lo, hi]` by golden sections and parabolas (global if f is unimodal there).
///
/// `tol` is absolute in x. A minimum is found no more sharply than about the square root of the rounding of f:
/// 1e-8 of the scale of x. For more, solve for a zero of the derivative.
///
/// # Source
/// Brent 1973, Algorithms for Minimization without Derivatives, chapter 5.
pub fn brent(mut f: impl FnMut(f64) -> f64, lo: f64, hi: f64, tol: f64) -> Minimum1 {
    let (mut a, mut b) = if lo <= hi { (lo, hi) } else { (hi, lo) };
    let mut x = a + GOLDEN * (b - a);
    let (mut w, mut v) = (x, x);
    let mut fx = guarded(f(x));
    let (mut fw, mut fv) = (fx, fx);
    let (mut d, mut e) = (0.0_f64, 0.0_f64);
    for iterations in 1..=MAX_ITERATIONS {
        let middle = 0.5 * (a + b);
        let tolerance = 1.5e-8 * x.abs() * 0.1 + tol.max(1e-300) / 3.0;
        if (x - middle).abs() <= 2.0 * tolerance - 0.5 * (b - a) {
            return Minimum1 {
                x,
                value: fx,
                iterations,
                converged: fx.is_finite(),
            };
        }
        let mut parabolic = false;
        if e.abs() > tolerance {
            let r = (x - w) * (fx - fv);
            let mut q = (x - v) * (fx - fw);
            let mut p = (x - v) * q - (x - w) * r;
            q = 2.0 * (q - r);
            if q > 0.0 {
                p = -p;
            }
            q = q.abs();
            let before = e;
            e = d;
            if p.abs() < (0.5 * q * before).abs() && p > q * (a - x) && p < q * (b - x) {
                d = p / q;
                let u = x + d;
                if u - a < 2.0 * tolerance || b - u < 2.0 * tolerance {
                    d = if x < middle { tolerance } else { -tolerance };
                }
                parabolic = true;
            }
        }
        if !parabolic {
            e = if x < middle { b - x } else { a - x };
            d = GOLDEN * e;
        }
        let u = if d.abs() >= tolerance {
            x + d
        } else {
            x + tolerance.copysign(d)
        };
        let fu = guarded(f(u));
        if fu <= fx {
            if u < x {
                b = x;
            } else {
                a = x;
            }
            (v, fv, w, fw, x, fx) = (w, fw, x, fx, u, fu);
        } else {
            if u < x {
                a = u;
            } else {
                b = u;
            }
            if fu <= fw || w == x {
                (v, fv, w, fw) = (w, fw, u, fu);
            } else if fu <= fv || v == x || v == w {
                (v, fv) = (u, fu);
            }
        }
    }
    Minimum1 {
        x,
        value: fx,
        iterations: MAX_ITERATIONS,
        converged: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parabola_and_edge() {
        let m = brent(|x| (x - 2.0).powi(2) + 1.0, -3.0, 10.0, 1e-10);
        assert!((m.x - 2.0).abs() < 1e-7 && m.converged, "{m:?}");
        let edge = brent(|x| x, 1.0, 2.0, 1e-9);
        assert!((edge.x - 1.0).abs() < 1e-7 && edge.converged, "{edge:?}");
        let reverse = brent(|x| x.cos(), 5.0, 2.0, 1e-9);
        assert!((reverse.x - std::f64::consts::PI).abs() < 1e-7);
    }
}
