//! What the likelihood needs from the marginal covariance M, with derivatives, and the likelihood itself.

use super::shape::pair;
use onset_math::linalg::{Cholesky, Matrix};

/// W = [X y]' M^-1 [X y] (lower triangle, packed) and ln det M, with their first and second derivatives in q
/// parameters.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pub q: usize,
    pub width: usize,
    /// Value, q first derivatives, q (q + 1)/2 second ones; each of `width` = packed W, then ln det.
    pub data: Vec<f64>,
}

/// Place of entry (i, j) of a packed symmetric matrix.
pub(crate) fn packed(i: usize, j: usize) -> usize {
    if i >= j {
        i * (i + 1) / 2 + j
    } else {
        j * (j + 1) / 2 + i
    }
}

impl Moments {
    pub fn new(q: usize, columns: usize) -> Self {
        let width = columns * (columns + 1) / 2 + 1;
        Moments {
            q,
            width,
            data: vec![0.0; width * (1 + q + q * (q + 1) / 2)],
        }
    }

    pub fn clear(&mut self) {
        self.data.fill(0.0);
    }

    pub fn value(&self) -> &[f64] {
        &self.data[..self.width]
    }

    pub fn first(&self, i: usize) -> &[f64] {
        &self.data[(1 + i) * self.width..(2 + i) * self.width]
    }

    pub fn second(&self, i: usize, j: usize) -> &[f64] {
        let row = 1 + self.q + pair(i.min(j), i.max(j));
        &self.data[row * self.width..(row + 1) * self.width]
    }

    pub fn first_mut(&mut self, i: usize) -> &mut [f64] {
        let width = self.width;
        &mut self.data[(1 + i) * width..(2 + i) * width]
    }

    pub fn second_mut(&mut self, i: usize, j: usize) -> &mut [f64] {
        let (row, width) = (1 + self.q + pair(i.min(j), i.max(j)), self.width);
        &mut self.data[row * width..(row + 1) * width]
    }
}

/// The log-likelihood at one point, with the mean profiled out.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Without constants.
    pub value: f64,
    pub gradient: Vec<f64>,
    /// q x q.
    pub hessian: Matrix,
    pub beta: Vec<f64>,
    /// y'Py.
    pub residual: f64,
    pub information: Cholesky,
}

/// -1/2 (ln|M| + ln|X'M^-1 X| + y'Py) for REML, without the middle term for ML; `None` where X'M^-1 X is not
/// positive definite.
///
/// # Formula
/// With b_i, A_i, c_i the derivatives of X'M^-1 y, X'M^-1 X, y'M^-1 y and u_i = b_i - A_i beta:
/// d(y'Py)/di = c_i - 2 beta'b_i + beta'A_i beta; d2/didj = the same of second derivatives - 2 u_i' A^-1 u_j;
/// d ln|A|/di = tr A^-1 A_i; d2/didj = tr A^-1 A_ij - tr A^-1 A_i A^-1 A_j.
pub(crate) fn likelihood(m: &Moments, p: usize, restricted: bool, derivatives: bool) -> Option<Point> {
    let value = m.value();
    let a = Matrix::from_fn(p, p, |i, j| value[packed(i, j)]);
    let information = Cholesky::new(&a)?;
    let b: Vec<f64> = (0..p).map(|i| value[packed(p, i)]).collect();
    let beta = information.solve_vec(&b);
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| x * y).sum() };
    let residual = value[packed(p, p)] - dot(&b, &beta);
    let mut objective = value[m.width - 1] + residual;
    if restricted {
        objective += information.ln_det();
    }
    if !objective.is_finite() {
        return None;
    }
    let q = if derivatives { m.q } else { 0 };
    let mut point = Point {
        value: -0.5 * objective,
        gradient: vec![0.0; q],
        hessian: Matrix::zeros(q, q),
        beta,
        residual,
        information,
    };
    if q == 0 {
        return Some(point);
    }
    let beta = &point.beta;
    let quadratic = |d: &[f64]| {
        let mut sum = d[packed(p, p)];
        for i in 0..p {
            sum -= 2.0 * beta[i] * d[packed(p, i)];
            for j in 0..p {
                sum += beta[i] * beta[j] * d[packed(i, j)];
            }
        }
        sum
    };
    let inverse = point.information.inverse();
    let trace = |d: &[f64]| -> f64 {
        let entry = |i: usize, j: usize| inverse[(i, j)] * d[packed(i, j)];
        (0..p).map(|i| (0..p).map(|j| entry(i, j)).sum::<f64>()).sum()
    };
    // u_i, A^-1 u_i and A^-1 A_i
    let mut slopes = Vec::with_capacity(q);
    let mut products = Vec::with_capacity(if restricted { q } else { 0 });
    for i in 0..q {
        let d = m.first(i);
        let u: Vec<f64> = (0..p)
            .map(|r| d[packed(p, r)] - (0..p).map(|c| d[packed(r, c)] * beta[c]).sum::<f64>())
            .collect();
        slopes.push((inverse.mul_vec(&u), u));
        point.gradient[i] = -0.5 * (d[m.width - 1] + quadratic(d));
        if restricted {
            point.gradient[i] -= 0.5 * trace(d);
            let at = |r: usize, c: usize| (0..p).map(|k| inverse[(r, k)] * d[packed(k, c)]).sum::<f64>();
            products.push(Matrix::from_fn(p, p, at));
        }
    }
    for j in 0..q {
        for i in 0..=j {
            let d = m.second(i, j);
            let mut bend = d[m.width - 1] + quadratic(d) - 2.0 * dot(&slopes[i].0, &slopes[j].1);
            if restricted {
                bend += trace(d);
                for r in 0..p {
                    for c in 0..p {
                        bend -= products[i][(r, c)] * products[j][(c, r)];
                    }
                }
            }
            point.hessian[(i, j)] = -0.5 * bend;
            point.hessian[(j, i)] = -0.5 * bend;
        }
    }
    let finite = point.gradient.iter().all(|g| g.is_finite()) && point.hessian.is_finite();
    finite.then_some(point)
}
