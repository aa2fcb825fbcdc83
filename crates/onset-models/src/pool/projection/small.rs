//! Forms of a design of a few columns, whose number the compiler knows: the moment matrices stay in registers.
#![allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]

use super::columns::{BLOCK, Columns, dot, fold};
use super::{Forms, LnDet};

/// A P x P matrix.
pub(super) type Square<const P: usize> = [[f64; P]; P];

/// What one evaluation leaves behind for the fit at the same t.
#[derive(Clone, Copy)]
pub(super) struct Evaluated<const P: usize> {
    pub forms: Forms,
    /// Cholesky factor of M1 = Z'WZ in the lower triangle.
    pub factor: Square<P>,
    /// M2 = Z'W^2Z.
    pub m2: Square<P>,
    /// M1^-1 M2 and M1^-1 M3.
    pub a: Square<P>,
    pub m3: Square<P>,
    /// Coefficients of the residual effects.
    pub b: [f64; P],
}

/// Everything at one t, as the general path computes it.
#[inline(always)]
pub(super) fn evaluate<const P: usize>(c: &mut Columns, t: f64) -> Evaluated<P> {
    let (m1, m2, mut m3, mut b, [sum_w, sum_w2]) = moments::<P>(c, t);
    let (factor, product) = cholesky(m1);
    solve(&factor, &mut b);
    let ([q, qq, wrr], h) = residual_sums::<P>(c, &b);
    let mut a = m2;
    solve_columns(&factor, &mut a);
    solve_columns(&factor, &mut m3);
    let (mut tr2, mut tr22, mut tr3) = (0.0, 0.0, 0.0);
    for i in 0..P {
        tr2 += a[i][i];
        tr3 += m3[i][i];
        for j in 0..P {
            tr22 += a[i][j] * a[j][i];
        }
    }
    let mut back = h;
    solve(&factor, &mut back);
    let back: f64 = h.iter().zip(back).map(|(h, b)| h * b).sum();
    let forms = Forms {
        q,
        qq,
        qqq: wrr - back,
        tr_p: sum_w - tr2,
        tr_pp: sum_w2 - 2.0 * tr3 + tr22,
        sum_w,
        sum_w2,
        sum_w3: f64::NAN,
        offset: f64::NAN,
        ln_det: product,
    };
    Evaluated {
        forms,
        factor,
        m2,
        a,
        m3,
        b,
    }
}

/// Z'W^rZ for r = 1, 2, 3, Z'Wy, and the sums of w and w^2.
#[inline(always)]
fn moments<const P: usize>(c: &mut Columns, t: f64) -> (Square<P>, Square<P>, Square<P>, [f64; P], [f64; 2]) {
    let n = c.n;
    let (mut m1, mut m2, mut m3) = ([[0.0; P]; P], [[0.0; P]; P], [[0.0; P]; P]);
    let (mut b, mut sums) = ([0.0; P], [0.0; 2]);
    let [block2, block3, blocky] = &mut c.block;
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let size = end - start;
        let (w2, w3, wy) = (&mut block2[..size], &mut block3[..size], &mut blocky[..size]);
        let w = &mut c.w[start..end];
        let (y, v) = (&c.y[start..end], &c.v[start..end]);
        let (mut first, mut second) = ([0.0; 4], [0.0; 4]);
        let quads = w.as_chunks_mut::<4>().0.iter_mut();
        let quads = quads
            .zip(w2.as_chunks_mut::<4>().0)
            .zip(w3.as_chunks_mut::<4>().0);
        let quads = quads.zip(wy.as_chunks_mut::<4>().0);
        let data = y.as_chunks::<4>().0.iter().zip(v.as_chunks::<4>().0);
        for ((((w, w2), w3), wy), (y, v)) in quads.zip(data) {
            for lane in 0..4 {
                let x = 1.0 / (v[lane] + t);
                let xx = x * x;
                w[lane] = x;
                w2[lane] = xx;
                w3[lane] = xx * x;
                wy[lane] = x * y[lane];
                first[lane] += x;
                second[lane] += xx;
            }
        }
        sums[0] += fold(first);
        sums[1] += fold(second);
        for i in 0..P {
            b[i] += dot(&c.z[i * n + start..i * n + end], wy);
            for j in 0..=i {
                let pair = (i * (i + 1) / 2 + j) * n;
                let zz = &c.zz[pair + start..pair + end];
                m1[i][j] += dot(zz, w);
                m2[i][j] += dot(zz, w2);
                m3[i][j] += dot(zz, w3);
            }
        }
    }
    for m in [&mut m1, &mut m2, &mut m3] {
        for i in 0..P {
            for j in 0..i {
                m[j][i] = m[i][j];
            }
        }
    }
    (m1, m2, m3, b, sums)
}

/// With e = y - Zb: sums of w e^2, w^2 e^2, w^3 e^2, and Z'W^2e.
#[inline(always)]
fn residual_sums<const P: usize>(c: &Columns, b: &[f64; P]) -> ([f64; 3], [f64; P]) {
    let n = c.n;
    let (mut totals, mut h) = ([[0.0; 4]; 3], [[0.0; 4]; P]);
    let columns: [&[[f64; 4]]; P] = std::array::from_fn(|i| c.z[i * n..(i + 1) * n].as_chunks::<4>().0);
    let data = c.y.as_chunks::<4>().0.iter().zip(c.w.as_chunks::<4>().0);
    for (at, (y, w)) in data.enumerate() {
        let z: [[f64; 4]; P] = std::array::from_fn(|i| columns[i].get(at).copied().unwrap_or_default());
        for lane in 0..4 {
            let mut e = y[lane];
            for i in 0..P {
                e -= b[i] * z[i][lane];
            }
            let r = w[lane] * e;
            let wr = w[lane] * r;
            totals[0][lane] += r * e;
            totals[1][lane] += r * r;
            totals[2][lane] += wr * r;
            for i in 0..P {
                h[i][lane] += z[i][lane] * wr;
            }
        }
    }
    (totals.map(fold), h.map(fold))
}

/// Cholesky factor in the lower triangle, and the determinant; NaN where a pivot is not positive.
#[inline(always)]
fn cholesky<const P: usize>(mut m: Square<P>) -> (Square<P>, LnDet) {
    let mut det = LnDet {
        product: 1.0,
        rest: 0.0,
    };
    for j in 0..P {
        let mut d = m[j][j];
        for c in 0..j {
            d -= m[j][c] * m[j][c];
        }
        det.product *= d;
        if !(1e-200..=1e200).contains(&det.product) {
            det.rest += det.product.ln();
            det.product = 1.0;
        }
        let root = d.sqrt();
        m[j][j] = root;
        let inverse = 1.0 / root;
        for i in j + 1..P {
            let mut x = m[i][j];
            for c in 0..j {
                x -= m[i][c] * m[j][c];
            }
            m[i][j] = x * inverse;
        }
    }
    (m, det)
}

/// Solves L L' x = b in place.
#[inline(always)]
fn solve<const P: usize>(l: &Square<P>, b: &mut [f64; P]) {
    for i in 0..P {
        for c in 0..i {
            b[i] -= l[i][c] * b[c];
        }
        b[i] /= l[i][i];
    }
    for i in (0..P).rev() {
        for c in i + 1..P {
            b[i] -= l[c][i] * b[c];
        }
        b[i] /= l[i][i];
    }
}

/// Solves L L' X = M in place.
#[inline(always)]
fn solve_columns<const P: usize>(l: &Square<P>, m: &mut Square<P>) {
    let inverse: [f64; P] = std::array::from_fn(|i| 1.0 / l[i][i]);
    for i in 0..P {
        for c in 0..i {
            for j in 0..P {
                m[i][j] -= l[i][c] * m[c][j];
            }
        }
        for j in 0..P {
            m[i][j] *= inverse[i];
        }
    }
    for i in (0..P).rev() {
        for c in i + 1..P {
            for j in 0..P {
                m[i][j] -= l[c][i] * m[c][j];
            }
        }
        for j in 0..P {
            m[i][j] *= inverse[i];
        }
    }
}
