//! P for any full-rank design.
//!
//! The columns of X are orthonormalised once (X = ZR): P depends on their span only, and Z'WZ is as
//! well conditioned as the weights are, whatever the units of the moderators.

use super::columns::{Columns, Sums, dot, subtract};
use super::small::{Evaluated, Square, evaluate};
use super::{Forms, LnDet, WeightedForms};
use crate::pool::PoolError;
use crate::pool::study_weights::Weighting;

/// Columns smaller than this share of their length after the earlier ones are projected out are
/// taken as combinations of them.
const COLLINEAR: f64 = 1e-9;

/// A column that is a combination of earlier ones: its index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Collinear(pub usize);

/// k effects on p orthonormalised columns.
#[derive(Debug, Clone)]
pub(crate) struct MatrixDesign {
    /// Orthonormal basis, k rows of p.
    z: Vec<f64>,
    /// Upper triangle R with X = ZR, row-major p x p.
    r: Vec<f64>,
    /// Z'y of the unweighted fit.
    g: Vec<f64>,
    p: usize,
    /// Smallest and largest variance.
    range: (f64, f64),
    rss: f64,
    spread: f64,
    /// The basis, y minus its unweighted fit, and v.
    columns: Columns,
    scratch: Scratch,
    /// Forms at 0, and at the last t.
    zero: Option<Forms>,
    last: Option<(f64, Forms)>,
    /// The t whose factor and coefficients stand in the scratch; NaN for none.
    at: f64,
}

/// Moment matrices at one t, row-major p x p, and vectors of p.
#[derive(Debug, Clone, Default)]
struct Scratch {
    m1: Vec<f64>,
    m2: Vec<f64>,
    m3: Vec<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
    h: Vec<f64>,
    /// Coefficients of the residual effects at the last t.
    coefficients: Vec<f64>,
}

/// The weighted fit at one t in the user's columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct WeightedFit {
    /// Coefficients.
    pub beta: Vec<f64>,
    /// (X'WX)^-1, row-major.
    pub covariance: Vec<f64>,
}

impl MatrixDesign {
    /// Orthonormalises `x` (k rows of p, row-major).
    pub fn new(y: &[f64], v: &[f64], x: &[f64], p: usize) -> Result<Self, Collinear> {
        let (k, n) = (y.len(), y.len().next_multiple_of(4));
        let (z, r) = orthonormal_columns(x, k, n, p)?;
        let columns = Columns::new(z, k, n, p);
        let square = || vec![0.0; p * p];
        let scratch = Scratch {
            m1: square(),
            m2: square(),
            m3: square(),
            a: square(),
            b: vec![0.0; p],
            h: vec![0.0; p],
            coefficients: vec![0.0; p],
        };
        let mut design = MatrixDesign {
            z: columns.rows(),
            r,
            g: vec![0.0; p],
            p,
            range: (f64::NAN, f64::NAN),
            rss: 0.0,
            spread: 0.0,
            columns,
            scratch,
            zero: None,
            last: None,
            at: f64::NAN,
        };
        design.replace(y, v);
        Ok(design)
    }

    /// One mean: a single column of ones.
    pub fn of_mean(y: &[f64], v: &[f64]) -> Result<Self, PoolError> {
        MatrixDesign::new(y, v, &vec![1.0; y.len()], 1).map_err(|_| PoolError::NotFinite {
            quantity: "the design",
        })
    }

    /// Other effects on the same columns, as many as before.
    pub fn replace(&mut self, y: &[f64], v: &[f64]) {
        let k = self.k() as f64;
        self.columns.replace(y, v, &mut self.g);
        self.range = range(v);
        self.forget();
        self.rss = self.columns.rss();
        let mean = y.iter().map(|y| y / k).sum::<f64>();
        self.spread = y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / k;
    }

    fn forget(&mut self) {
        (self.zero, self.last, self.at) = (None, None, f64::NAN);
    }

    pub fn k(&self) -> usize {
        self.columns.y().len()
    }

    pub fn p(&self) -> usize {
        self.p
    }

    pub fn v(&self) -> &[f64] {
        self.columns.v()
    }

    pub fn v_min(&self) -> f64 {
        self.range.0
    }

    pub fn v_max(&self) -> f64 {
        self.range.1
    }

    pub fn rss(&self) -> f64 {
        self.rss
    }

    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// Forms and traces with weights 1/(v + t); those at 0 and at the last t are kept.
    pub fn forms(&mut self, t: f64) -> Forms {
        match (self.zero, self.last) {
            (Some(forms), _) if t == 0.0 => forms,
            (_, Some((at, forms))) if at == t => forms,
            _ => self.evaluated(t),
        }
    }

    /// Forms at t, with the factor, the coefficients and the solved moments in the scratch.
    fn evaluated(&mut self, t: f64) -> Forms {
        let forms = match self.p {
            1 => self.take(|c| evaluate::<1>(c, t)),
            2 => self.take(|c| evaluate::<2>(c, t)),
            3 => self.take(|c| evaluate::<3>(c, t)),
            4 => self.take(|c| evaluate::<4>(c, t)),
            _ => self.general(t),
        };
        if t == 0.0 {
            self.zero = Some(forms);
        }
        self.last = Some((t, forms));
        self.at = t;
        forms
    }

    /// Copies an evaluation into the scratch.
    fn take<const P: usize>(&mut self, evaluate: impl FnOnce(&mut Columns) -> Evaluated<P>) -> Forms {
        let found = evaluate(&mut self.columns);
        let s = &mut self.scratch;
        let copy = |target: &mut Vec<f64>, m: &Square<P>| target.copy_from_slice(m.as_flattened());
        copy(&mut s.m1, &found.factor);
        copy(&mut s.m2, &found.m2);
        copy(&mut s.m3, &found.m3);
        copy(&mut s.a, &found.a);
        s.coefficients.copy_from_slice(&found.b);
        found.forms
    }

    /// Any number of columns.
    fn general(&mut self, t: f64) -> Forms {
        let (sums, ln_det) = self.moments(t);
        let p = self.p;
        let Scratch {
            m1,
            m2,
            m3,
            a,
            b,
            h,
            coefficients,
        } = &mut self.scratch;
        coefficients.copy_from_slice(b);
        let [q, qq, wrr] = self.columns.residual_sums(b, h);
        // a = M1^-1 M2 column by column; traces of it, of its square and of M1^-1 M3
        a.copy_from_slice(m2);
        solve_columns(m1, a, p);
        solve_columns(m1, m3, p);
        let (mut tr2, mut tr22, mut tr3) = (0.0, 0.0, 0.0);
        for i in 0..p {
            tr2 += a[i * p + i];
            tr3 += m3[i * p + i];
            for j in 0..p {
                tr22 += a[i * p + j] * a[j * p + i];
            }
        }
        b.copy_from_slice(h);
        solve_vector(m1, b, p);
        let back: f64 = h.iter().zip(b.iter()).map(|(h, b)| h * b).sum();
        Forms {
            q,
            qq,
            qqq: wrr - back,
            tr_p: sums.w - tr2,
            tr_pp: sums.w2 - 2.0 * tr3 + tr22,
            sum_w: sums.w,
            sum_w2: sums.w2,
            sum_w3: f64::NAN,
            offset: f64::NAN,
            ln_det: LnDet {
                product: 1.0,
                rest: ln_det,
            },
        }
    }

    /// Fills m1 (as its Cholesky factor), m2, m3 and the coefficients b; returns sums and ln det.
    fn moments(&mut self, t: f64) -> (Sums, f64) {
        let p = self.p;
        let s = &mut self.scratch;
        let m = [&mut s.m1[..], &mut s.m2, &mut s.m3];
        let sums = self.columns.moments(t, m, &mut s.b);
        let ln_det = factor(&mut s.m1, p);
        solve_vector(&s.m1, &mut s.b, p);
        (sums, ln_det)
    }

    /// The forms at t, with the factor and the coefficients in the scratch.
    fn prepared(&mut self, t: f64) -> Forms {
        match self.last {
            Some((at, forms)) if at == t && self.at == t => forms,
            _ => self.evaluated(t),
        }
    }

    /// Forms with weights a.
    pub fn weighted(&mut self, a: Weighting<'_>, t: f64) -> WeightedForms {
        let p = self.p;
        let (y, v) = (self.columns.y(), self.columns.v());
        let weights = a.all(v);
        self.at = f64::NAN;
        let Scratch {
            m1, m2, m3, a: mv, b, ..
        } = &mut self.scratch;
        for m in [&mut *m1, m2, m3, mv, b] {
            m.fill(0.0);
        }
        let (mut sum, mut av, mut a2s2) = (0.0, 0.0, 0.0);
        let data = y.iter().zip(v).zip(weights.iter());
        for (row, ((&y, &v), &a)) in self.z.chunks_exact(p).zip(data) {
            let s = v + t;
            sum += a;
            av += a * v;
            a2s2 += a * a * s * s;
            for i in 0..p {
                b[i] += a * row[i] * y;
                for j in 0..p {
                    let zz = a * row[i] * row[j];
                    m1[i * p + j] += zz;
                    m2[i * p + j] += a * zz;
                    mv[i * p + j] += a * v * zz;
                    m3[i * p + j] += a * a * s * s * zz;
                }
            }
        }
        factor(m1, p);
        solve_vector(m1, b, p);
        let residual = |row: &[f64], y: f64| y - row.iter().zip(b.iter()).map(|(z, b)| z * b).sum::<f64>();
        let rows = self.z.chunks_exact(p).zip(y.iter().zip(weights.iter()));
        let q = rows.map(|(row, (&y, &a))| a * residual(row, y).powi(2)).sum();
        for m in [&mut *m2, mv, m3] {
            solve_columns(m1, m, p);
        }
        let trace = |m: &[f64]| (0..p).map(|i| m[i * p + i]).sum::<f64>();
        let (tr_p, tr_pv) = (sum - trace(m2), av - trace(mv));
        // M1^-1 Z'ASAZ with S = V + t I
        for (m, m2) in mv.iter_mut().zip(m2.iter()) {
            *m += t * m2;
        }
        let pairs = (0..p).flat_map(|i| (0..p).map(move |j| (i, j)));
        let square: f64 = pairs.map(|(i, j)| mv[i * p + j] * mv[j * p + i]).sum();
        WeightedForms {
            q,
            tr_p,
            tr_pv,
            tr_psps: a2s2 - 2.0 * trace(m3) + square,
        }
    }

    /// Coefficients and (X'WX)^-1 in the user's columns at weights 1/(v + t).
    pub fn fit(&mut self, t: f64) -> WeightedFit {
        self.prepared(t);
        let p = self.p;
        let added = self.g.iter().zip(&self.scratch.coefficients);
        let mut beta: Vec<f64> = added.map(|(g, b)| g + b).collect();
        back_substitute(&self.r, &mut beta, p);
        let inverse = inverse_from_factor(&self.scratch.m1, p);
        WeightedFit {
            beta,
            covariance: self.to_user(&inverse),
        }
    }

    /// The same into vectors at hand; returns y'Py at t.
    pub fn fit_into(&mut self, t: f64, fit: &mut WeightedFit) -> f64 {
        let q = self.prepared(t).q;
        let p = self.p;
        let Scratch {
            m1,
            a,
            b,
            coefficients,
            ..
        } = &mut self.scratch;
        for (beta, (g, b)) in fit.beta.iter_mut().zip(self.g.iter().zip(&*coefficients)) {
            *beta = g + b;
        }
        back_substitute(&self.r, &mut fit.beta, p);
        // L^-1 R^-T column by column: the covariance is the product of it with itself
        for j in 0..p {
            let column = &mut b[..];
            column.fill(0.0);
            column[j] = 1.0;
            transposed_substitute(&self.r, column, p);
            forward(m1, column, p);
            for i in 0..p {
                a[i * p + j] = column[i];
            }
        }
        for i in 0..p {
            for j in 0..p {
                fit.covariance[i * p + j] = (0..p).map(|c| a[c * p + i] * a[c * p + j]).sum();
            }
        }
        q
    }

    /// Coefficients with weights a and their covariance when the variances are v + t.
    pub fn fit_weighted(&mut self, a: Weighting<'_>, t: f64) -> WeightedFit {
        let p = self.p;
        let weights = a.all(self.v()).into_owned();
        let rows = self.solved_rows(&weights);
        let mut beta = self.g.clone();
        let mut covariance = vec![0.0; p * p];
        let data = self.residual().iter().zip(self.v()).zip(&weights);
        for (row, ((&y, &v), &a)) in rows.chunks_exact(p).zip(data) {
            for i in 0..p {
                beta[i] += a * row[i] * y;
                for j in 0..p {
                    covariance[i * p + j] += a * a * (v + t) * row[i] * row[j];
                }
            }
        }
        back_substitute(&self.r, &mut beta, p);
        WeightedFit {
            beta,
            covariance: self.to_user(&covariance),
        }
    }

    /// sum w (y - Xb)^2 with w = 1/(v + t) and b from weights a.
    pub fn residual_form(&mut self, a: Weighting<'_>, t: f64) -> f64 {
        let p = self.p;
        let weights = a.all(self.v()).into_owned();
        let rows = self.solved_rows(&weights);
        let mut b = vec![0.0; p];
        for (row, (&y, &a)) in rows.chunks_exact(p).zip(self.residual().iter().zip(&weights)) {
            b.iter_mut().zip(row).for_each(|(b, z)| *b += a * z * y);
        }
        let data = self.z.chunks_exact(p).zip(self.residual().iter().zip(self.v()));
        data.map(|(row, (&y, &v))| {
            let e = y - row.iter().zip(&b).map(|(z, b)| z * b).sum::<f64>();
            e * e / (v + t)
        })
        .sum()
    }

    /// Kenward-Roger covariance at t and Z'W^2Z, both in the orthonormal basis.
    ///
    /// Phi_A = Phi + 2 Phi (X'W^3X - X'W^2X Phi X'W^2X) Phi / I, Phi = (X'WX)^-1, I = tr PP / 2.
    pub fn kenward_roger(&mut self, t: f64) -> (Vec<f64>, Vec<f64>, f64) {
        let p = self.p;
        let information = 0.5 * self.evaluated(t).tr_pp;
        let s = &self.scratch;
        let phi = inverse_from_factor(&s.m1, p);
        // forms() leaves M1^-1 M3 in m3 and M1^-1 M2 in a
        let mut inner = s.m3.clone();
        multiply_into(&s.a, &s.a, &mut inner, -1.0, p);
        let mut adjusted = phi.clone();
        multiply_into(&inner, &phi, &mut adjusted, 2.0 / information, p);
        symmetrise(&mut adjusted, p);
        (adjusted, s.m2.clone(), information)
    }

    /// R^-1 M R^-T: a covariance of the orthonormal coefficients in the user's columns.
    pub fn to_user(&self, m: &[f64]) -> Vec<f64> {
        let p = self.p;
        let mut out = m.to_vec();
        // R^-1 M, then R^-1 times its transpose
        for _ in 0..2 {
            for i in (0..p).rev() {
                for c in i + 1..p {
                    let factor = self.r[i * p + c];
                    for j in 0..p {
                        out[i * p + j] -= factor * out[c * p + j];
                    }
                }
                for j in 0..p {
                    out[i * p + j] /= self.r[i * p + i];
                }
            }
            for i in 0..p {
                for j in 0..i {
                    out.swap(i * p + j, j * p + i);
                }
            }
        }
        symmetrise(&mut out, p);
        out
    }

    /// (Z'AZ)^-1 z_i for every row i, with weights a.
    pub fn solved_rows(&mut self, weights: &[f64]) -> Vec<f64> {
        let p = self.p;
        self.at = f64::NAN;
        let m1 = &mut self.scratch.m1;
        m1.fill(0.0);
        for (row, &a) in self.z.chunks_exact(p).zip(weights) {
            for i in 0..p {
                for j in 0..p {
                    m1[i * p + j] += a * row[i] * row[j];
                }
            }
        }
        factor(m1, p);
        let mut rows = self.z.clone();
        rows.chunks_exact_mut(p).for_each(|row| solve_vector(m1, row, p));
        rows
    }

    /// Replaces the variances.
    pub fn set_variances(&mut self, v: &[f64]) {
        self.columns.set_variances(v);
        self.range = range(v);
        self.forget();
    }

    /// Coefficients of the orthonormal basis in the user's columns.
    pub fn coefficients(&self, gamma: &[f64]) -> Vec<f64> {
        let mut out = gamma.to_vec();
        back_substitute(&self.r, &mut out, self.p);
        out
    }

    /// Coefficients of the orthonormal basis in the unweighted fit.
    pub fn unweighted(&self) -> &[f64] {
        &self.g
    }

    /// Residuals of the unweighted fit.
    pub fn residual(&self) -> &[f64] {
        self.columns.y()
    }

    /// Orthonormal rows.
    pub fn z(&self) -> &[f64] {
        &self.z
    }
}

/// Smallest and largest variance, in four lanes.
fn range(v: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; 4], [0.0; 4]);
    let (chunks, rest) = v.as_chunks::<4>();
    for v in chunks {
        for lane in 0..4 {
            low[lane] = smaller(low[lane], v[lane]);
            high[lane] = larger(high[lane], v[lane]);
        }
    }
    let low = low.iter().chain(rest).copied().fold(f64::INFINITY, smaller);
    let high = high.iter().chain(rest).copied().fold(0.0, larger);
    (low, high)
}

/// Largest size in a column, in four lanes.
fn largest(column: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    for x in column.as_chunks::<4>().0 {
        for lane in 0..4 {
            lanes[lane] = larger(lanes[lane], x[lane].abs());
        }
    }
    lanes.into_iter().fold(0.0, larger)
}

/// One machine instruction, unlike `f64::min`: `b` may be NaN and is then passed over.
fn smaller(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// x = z r, with z and x as k rows of p: see [`orthonormal_columns`].
pub(crate) fn orthonormal(x: &[f64], k: usize, p: usize) -> Result<(Vec<f64>, Vec<f64>), Collinear> {
    let n = k.next_multiple_of(4);
    let (z, r) = orthonormal_columns(x, k, n, p)?;
    Ok((Columns::new(z, k, n, p).rows(), r))
}

/// x = z r: Gram-Schmidt, twice over, on columns scaled to length 1; z column by column, each of `n` numbers,
/// those beyond the k rows 0.
fn orthonormal_columns(x: &[f64], k: usize, n: usize, p: usize) -> Result<(Vec<f64>, Vec<f64>), Collinear> {
    if k == 0 {
        return Err(Collinear(0));
    }
    let mut z = vec![0.0; p * n];
    for (c, column) in z.chunks_exact_mut(n).enumerate() {
        for (z, row) in column[..k].iter_mut().zip(x.chunks_exact(p)) {
            *z = row[c];
        }
    }
    let mut r = vec![0.0; p * p];
    for c in 0..p {
        let (earlier, rest) = z.split_at_mut(c * n);
        let column = &mut rest[..n];
        let largest = largest(column);
        if largest.is_nan() || largest == 0.0 || !largest.is_finite() {
            return Err(Collinear(c));
        }
        column.iter_mut().for_each(|z| *z /= largest);
        let length = dot(column, column).sqrt();
        for _ in 0..2 {
            for (a, other) in earlier.chunks_exact(n).enumerate() {
                let projected = dot(other, column);
                r[a * p + c] += projected * largest;
                subtract(column, projected, other);
            }
        }
        let left = dot(column, column).sqrt();
        if left <= COLLINEAR * length || left.is_nan() {
            return Err(Collinear(c));
        }
        r[c * p + c] = left * largest;
        column.iter_mut().for_each(|z| *z /= left);
    }
    Ok((z, r))
}

/// Cholesky factor in the lower triangle of `m`, in place; returns ln det.
///
/// A pivot that rounding made non-positive becomes NaN and travels to the caller's finite checks.
fn factor(m: &mut [f64], p: usize) -> f64 {
    let mut product = 1.0;
    let mut ln_det = 0.0;
    for j in 0..p {
        let mut d = m[j * p + j];
        for c in 0..j {
            d -= m[j * p + c] * m[j * p + c];
        }
        let root = d.sqrt();
        product *= d;
        if !(1e-200..=1e200).contains(&product) {
            ln_det += product.ln();
            product = 1.0;
        }
        m[j * p + j] = root;
        for i in j + 1..p {
            let mut x = m[i * p + j];
            for c in 0..j {
                x -= m[i * p + c] * m[j * p + c];
            }
            m[i * p + j] = x / root;
        }
    }
    ln_det + product.ln()
}

/// Solves L L' x = b in place.
fn solve_vector(l: &[f64], b: &mut [f64], p: usize) {
    for i in 0..p {
        for c in 0..i {
            b[i] -= l[i * p + c] * b[c];
        }
        b[i] /= l[i * p + i];
    }
    for i in (0..p).rev() {
        for c in i + 1..p {
            b[i] -= l[c * p + i] * b[c];
        }
        b[i] /= l[i * p + i];
    }
}

/// Solves L x = b in place.
fn forward(l: &[f64], b: &mut [f64], p: usize) {
    for i in 0..p {
        for c in 0..i {
            b[i] -= l[i * p + c] * b[c];
        }
        b[i] /= l[i * p + i];
    }
}

/// Solves R' x = b in place, R upper triangular.
fn transposed_substitute(r: &[f64], b: &mut [f64], p: usize) {
    for i in 0..p {
        for c in 0..i {
            b[i] -= r[c * p + i] * b[c];
        }
        b[i] /= r[i * p + i];
    }
}

/// b'M^-1 b; both are overwritten. NaN unless M is positive definite.
pub(crate) fn inverse_form(m: &mut [f64], b: &mut [f64]) -> f64 {
    factor(m, b.len());
    forward(m, b, b.len());
    b.iter().map(|x| x * x).sum()
}

/// Solves L L' X = M in place for every column of M.
fn solve_columns(l: &[f64], m: &mut [f64], p: usize) {
    for i in 0..p {
        for c in 0..i {
            let f = l[i * p + c];
            for j in 0..p {
                m[i * p + j] -= f * m[c * p + j];
            }
        }
        let d = 1.0 / l[i * p + i];
        for j in 0..p {
            m[i * p + j] *= d;
        }
    }
    for i in (0..p).rev() {
        for c in i + 1..p {
            let f = l[c * p + i];
            for j in 0..p {
                m[i * p + j] -= f * m[c * p + j];
            }
        }
        let d = 1.0 / l[i * p + i];
        for j in 0..p {
            m[i * p + j] *= d;
        }
    }
}

/// target += factor A B.
fn multiply_into(a: &[f64], b: &[f64], target: &mut [f64], factor: f64, p: usize) {
    for i in 0..p {
        for j in 0..p {
            let dot: f64 = (0..p).map(|c| a[i * p + c] * b[c * p + j]).sum();
            target[i * p + j] += factor * dot;
        }
    }
}

fn inverse_from_factor(l: &[f64], p: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; p * p];
    for i in 0..p {
        inverse[i * p + i] = 1.0;
    }
    solve_columns(l, &mut inverse, p);
    symmetrise(&mut inverse, p);
    inverse
}

fn symmetrise(m: &mut [f64], p: usize) {
    for i in 0..p {
        for j in 0..i {
            let mean = 0.5 * (m[i * p + j] + m[j * p + i]);
            m[i * p + j] = mean;
            m[j * p + i] = mean;
        }
    }
}

/// Solves R x = b in place, R upper triangular.
fn back_substitute(r: &[f64], b: &mut [f64], p: usize) {
    for i in (0..p).rev() {
        for c in i + 1..p {
            b[i] -= r[i * p + c] * b[c];
        }
        b[i] /= r[i * p + i];
    }
}
