//! General square systems and least squares.

use super::Matrix;

/// Solves `A x = b` by LU decomposition with partial pivoting; `None` when A is not square or is singular.
pub fn lu_solve(a: &Matrix, b: &[f64]) -> Option<Vec<f64>> {
    if b.len() != a.rows() {
        return None;
    }
    eliminate(a, &Matrix::column(b)).map(|x| x.as_slice().to_vec())
}

/// Inverse of a general square matrix; `None` when it is singular.
pub fn inverse(a: &Matrix) -> Option<Matrix> {
    eliminate(a, &Matrix::identity(a.rows()))
}

fn eliminate(a: &Matrix, b: &Matrix) -> Option<Matrix> {
    let n = a.rows();
    if !a.is_square() || !a.is_finite() {
        return None;
    }
    let (mut u, mut x) = (a.clone(), b.clone());
    let scale = a.as_slice().iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for k in 0..n {
        let pivot = (k..n).fold(k, |p, i| if u[(i, k)].abs() > u[(p, k)].abs() { i } else { p });
        if u[(pivot, k)].abs() <= n as f64 * f64::EPSILON * scale * 0.01 {
            return None;
        }
        swap_rows(&mut u, k, pivot);
        swap_rows(&mut x, k, pivot);
        for i in k + 1..n {
            let factor = u[(i, k)] / u[(k, k)];
            if factor != 0.0 {
                subtract(&mut u, i, k, factor);
                subtract(&mut x, i, k, factor);
            }
        }
    }
    for k in (0..n).rev() {
        let pivot = u[(k, k)];
        x.row_mut(k).iter_mut().for_each(|v| *v /= pivot);
        for i in 0..k {
            let factor = u[(i, k)];
            subtract(&mut x, i, k, factor);
        }
    }
    x.is_finite().then_some(x)
}

fn swap_rows(m: &mut Matrix, i: usize, j: usize) {
    if i != j {
        for c in 0..m.cols() {
            let (a, b) = (m[(i, c)], m[(j, c)]);
            m[(i, c)] = b;
            m[(j, c)] = a;
        }
    }
}

/// Row i minus factor times row k.
fn subtract(m: &mut Matrix, i: usize, k: usize, factor: f64) {
    for c in 0..m.cols() {
        let v = m[(k, c)];
        m[(i, c)] -= factor * v;
    }
}

/// Least squares `min |A x - b|` by Householder QR; `None` unless A has full column rank
/// (a diagonal entry of R below 1e-12 of the length of its column counts as zero).
pub fn qr_least_squares(a: &Matrix, b: &[f64]) -> Option<Vec<f64>> {
    let (m, n) = (a.rows(), a.cols());
    if b.len() != m || m < n || !a.is_finite() {
        return None;
    }
    // Columns as rows: each reflection then runs along contiguous memory.
    let mut q = a.transpose();
    let lengths: Vec<f64> = (0..n).map(|j| norm(q.row(j))).collect();
    let mut y = b.to_vec();
    let mut r = vec![0.0; n];
    for k in 0..n {
        let length = norm(&q.row(k)[k..]);
        if length <= 1e-12 * lengths[k] {
            return None;
        }
        let head = q[(k, k)];
        r[k] = if head > 0.0 { -length } else { length };
        q[(k, k)] = head - r[k];
        let mirror = q.row(k)[k..].to_vec();
        let square: f64 = mirror.iter().map(|v| v * v).sum();
        for j in k + 1..n {
            reflect(&mirror, square, &mut q.row_mut(j)[k..]);
        }
        reflect(&mirror, square, &mut y[k..]);
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| q[(j, k)] * x[j]).sum();
        x[k] = (y[k] - known) / r[k];
    }
    x.iter().all(|v| v.is_finite()).then_some(x)
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn reflect(mirror: &[f64], square: f64, v: &mut [f64]) {
    let dot: f64 = mirror.iter().zip(&*v).map(|(a, b)| a * b).sum();
    let factor = 2.0 * dot / square;
    for (x, m) in v.iter_mut().zip(mirror) {
        *x -= factor * m;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems() {
        let a = Matrix::from_rows(&[vec![0.0, 2.0, 1.0], vec![1.0, 1.0, 1.0], vec![2.0, 0.0, 3.0]]);
        let x = lu_solve(&a, &[5.0, 6.0, 13.0]).unwrap();
        let back = a.mul_vec(&x);
        assert!(
            (back[0] - 5.0).abs() < 1e-14 && (back[1] - 6.0).abs() < 1e-14 && (back[2] - 13.0).abs() < 1e-14
        );
        assert!(lu_solve(&Matrix::from_rows(&[vec![1.0, 2.0], vec![2.0, 4.0]]), &[1.0, 1.0]).is_none());
        let unit = a.mul(&inverse(&a).unwrap()).sub(&Matrix::identity(3));
        assert!(unit.as_slice().iter().all(|v| v.abs() < 1e-14));
    }

    #[test]
    fn line_through_points() {
        let a = Matrix::from_rows(&[vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0], vec![1.0, 3.0]]);
        let x = qr_least_squares(&a, &[1.0, 3.0, 4.0, 4.0]).unwrap();
        assert!((x[0] - 1.5).abs() < 1e-14 && (x[1] - 1.0).abs() < 1e-14, "{x:?}");
        let twice = Matrix::from_rows(&[vec![1.0, 2.0], vec![1.0, 2.0], vec![1.0, 2.0]]);
        assert!(qr_least_squares(&twice, &[1.0, 2.0, 3.0]).is_none());
    }
}
