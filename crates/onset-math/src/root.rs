//! Root of a function of one variable between two points of opposite sign.

/// A root and what it took to find it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Root {
    /// The root.
    pub x: f64,
    /// Function evaluations after the two at the ends.
    pub iterations: usize,
}

/// Why no root was found.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The ends are not finite, or not in order.
    #[error("the interval [{lo}, {hi}] is not a finite interval in increasing order")]
    BadInterval {
        /// Lower end.
        lo: f64,
        /// Upper end.
        hi: f64,
    },
    /// The function has the same sign at both ends.
    #[error("no sign change on [{lo}, {hi}]: the function is {f_lo} and {f_hi} at the ends")]
    NoSignChange {
        /// Lower end.
        lo: f64,
        /// Upper end.
        hi: f64,
        /// Value at the lower end.
        f_lo: f64,
        /// Value at the upper end.
        f_hi: f64,
    },
    /// The function is not a number at a point inside the interval.
    #[error("the function is not a number at {x}")]
    NotANumber {
        /// Where.
        x: f64,
    },
    /// The number of iterations ran out.
    #[error("no convergence after {iterations} iterations; the root lies near {x}")]
    NotConverged {
        /// Last point.
        x: f64,
        /// Iterations made.
        iterations: usize,
    },
}

const MAX_ITERATIONS: usize = 2000;

/// Root of `f` on `[lo, hi]`, where `f(lo)` and `f(hi)` differ in sign (or one of them is zero).
///
/// `tol` is absolute in x; rounding of x is always allowed for, so 0 asks for the last bit.
///
/// # Errors
/// See [`RootError`].
///
/// # Source
/// Brent 1973, Algorithms for Minimization without Derivatives, chapter 4 (zeroin).
///
/// # Examples
/// ```
/// let root = onset_math::root::brent(|x| x * x - 2.0, 0.0, 2.0, 0.0)?;
/// assert!((root.x - 2f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), onset_math::root::RootError>(())
/// ```
pub fn brent(mut f: impl FnMut(f64) -> f64, lo: f64, hi: f64, tol: f64) -> Result<Root, RootError> {
    if !(lo.is_finite() && hi.is_finite() && lo <= hi) {
        return Err(RootError::BadInterval { lo, hi });
    }
    let (mut a, mut b) = (lo, hi);
    let (mut fa, mut fb) = (value(&mut f, a)?, value(&mut f, b)?);
    if fa == 0.0 {
        return Ok(Root { x: a, iterations: 0 });
    }
    if fb == 0.0 {
        return Ok(Root { x: b, iterations: 0 });
    }
    if (fa > 0.0) == (fb > 0.0) {
        return Err(RootError::NoSignChange {
            lo,
            hi,
            f_lo: fa,
            f_hi: fb,
        });
    }
    let (mut c, mut fc) = (a, fa);
    let mut d = b - a;
    let mut e = d;
    for iterations in 0..MAX_ITERATIONS {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            d = b - a;
            e = d;
        }
        if fc.abs() < fb.abs() {
            (a, fa, b, fb, c, fc) = (b, fb, c, fc, b, fb);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs() + 0.5 * tol.max(0.0);
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || fb == 0.0 {
            return Ok(Root { x: b, iterations });
        }
        if e.abs() < tolerance || fa.abs() <= fb.abs() || !fa.is_finite() {
            d = half;
            e = half;
        } else {
            let (p, q) = interpolate(a, fa, b, fb, c, fc, half);
            if 2.0 * p < (3.0 * half * q - (tolerance * q).abs()).min((e * q).abs()) {
                e = d;
                d = p / q;
            } else {
                d = half;
                e = half;
            }
        }
        (a, fa) = (b, fb);
        b += if d.abs() > tolerance {
            d
        } else {
            tolerance.copysign(half)
        };
        fb = value(&mut f, b)?;
    }
    Err(RootError::NotConverged {
        x: b,
        iterations: MAX_ITERATIONS,
    })
}

/// Doubles the distance from `lo` to the upper end, from `hi0` up to `max`, until `f` changes sign;
/// returns the upper end of a bracket that starts at `lo`.
///
/// # Errors
/// `NoSignChange` when there is none up to `max`.
pub fn expand_upper(mut f: impl FnMut(f64) -> f64, lo: f64, hi0: f64, max: f64) -> Result<f64, RootError> {
    if !(lo.is_finite() && hi0.is_finite() && max.is_finite() && lo < hi0 && hi0 <= max) {
        return Err(RootError::BadInterval { lo, hi: hi0 });
    }
    let f_lo = value(&mut f, lo)?;
    let mut hi = hi0;
    loop {
        let f_hi = value(&mut f, hi)?;
        if f_lo == 0.0 || f_hi == 0.0 || (f_lo > 0.0) != (f_hi > 0.0) {
            return Ok(hi);
        }
        if hi >= max {
            return Err(RootError::NoSignChange { lo, hi, f_lo, f_hi });
        }
        hi = (lo + 2.0 * (hi - lo)).min(max);
    }
}

/// Inverse quadratic or secant step p/q, with p >= 0.
fn interpolate(a: f64, fa: f64, b: f64, fb: f64, c: f64, fc: f64, half: f64) -> (f64, f64) {
    let s = fb / fa;
    let (p, q) = if a == c {
        (2.0 * half * s, 1.0 - s)
    } else {
        let (q, r) = (fa / fc, fb / fc);
        let p = s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0));
        (p, (q - 1.0) * (r - 1.0) * (s - 1.0))
    };
    if p > 0.0 { (p, -q) } else { (-p, q) }
}

fn value(f: &mut impl FnMut(f64) -> f64, x: f64) -> Result<f64, RootError> {
    let v = f(x);
    if v.is_nan() {
        Err(RootError::NotANumber { x })
    } else {
        Ok(v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_to_the_last_bit() {
        let root = brent(|x| x.cos() - x, 0.0, 1.0, 0.0).unwrap();
        assert!((root.x - 0.739_085_133_215_160_6).abs() < 2e-16);
        let cube = brent(|x| (x - 1.0).powi(3), -4.0, 4.0 / 3.0, 1e-12).unwrap();
        assert!((cube.x - 1.0).abs() < 1e-5);
        assert!(matches!(
            brent(|x| x * x + 1.0, -1.0, 1.0, 0.0),
            Err(RootError::NoSignChange { .. })
        ));
        assert!(matches!(
            brent(|_| f64::NAN, -1.0, 1.0, 0.0),
            Err(RootError::NotANumber { .. })
        ));
        assert!(matches!(
            brent(|x| x, 1.0, -1.0, 0.0),
            Err(RootError::BadInterval { .. })
        ));
    }

    #[test]
    fn expansion() {
        assert_eq!(expand_upper(|x| x - 10.0, 0.0, 1.0, 1e6).unwrap(), 16.0);
        assert!(expand_upper(|x| x + 10.0, 0.0, 1.0, 1e6).is_err());
    }
}
