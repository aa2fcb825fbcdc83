//! Symmetric eigenvalues and singular values.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::{evd, svd as faer_svd};
use faer::{Mat, Par};

use super::Matrix;

/// Eigenvalues (ascending) and orthonormal eigenvectors (columns) of a symmetric matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, ascending.
    pub values: Vec<f64>,
    /// Eigenvectors, one per column.
    pub vectors: Matrix,
}

/// Singular value decomposition `A = U diag(s) V'`.
#[derive(Debug, Clone, PartialEq)]
pub struct Svd {
    /// Left singular vectors, one per column.
    pub u: Matrix,
    /// Singular values, descending.
    pub values: Vec<f64>,
    /// Right singular vectors, one per column.
    pub v: Matrix,
}

/// Eigenvalues and vectors of a symmetric matrix (its lower triangle is read); `None` unless square and finite.
/// Each eigenvector's first entry of largest size is positive, so that the answer is unique for distinct values.
pub fn symmetric_eigen(a: &Matrix) -> Option<Eigen> {
    if !a.is_square() || !a.is_finite() {
        return None;
    }
    let n = a.rows();
    if n == 0 {
        return Some(Eigen {
            values: vec![],
            vectors: Matrix::zeros(0, 0),
        });
    }
    let input = to_faer(a);
    let mut vectors = Mat::<f64>::zeros(n, n);
    let mut values = faer::Col::<f64>::zeros(n);
    let scratch =
        evd::self_adjoint_evd_scratch::<f64>(n, evd::ComputeEigenvectors::Yes, Par::Seq, Default::default());
    evd::self_adjoint_evd(
        input.as_ref(),
        values.as_mut().as_diagonal_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .ok()?;
    let mut vectors = from_faer(&vectors);
    for j in 0..n {
        orient(&mut vectors, j);
    }
    Some(Eigen {
        values: values.iter().copied().collect(),
        vectors,
    })
}

/// Thin singular value decomposition; `None` unless every entry is finite.
pub fn svd(a: &Matrix) -> Option<Svd> {
    if !a.is_finite() {
        return None;
    }
    let (m, n) = (a.rows(), a.cols());
    let size = m.min(n);
    if size == 0 {
        return Some(Svd {
            u: Matrix::zeros(m, 0),
            values: vec![],
            v: Matrix::zeros(n, 0),
        });
    }
    let input = to_faer(a);
    let (mut u, mut v) = (Mat::<f64>::zeros(m, size), Mat::<f64>::zeros(n, size));
    let mut values = faer::Col::<f64>::zeros(size);
    let thin = faer_svd::ComputeSvdVectors::Thin;
    let scratch = faer_svd::svd_scratch::<f64>(m, n, thin, thin, Par::Seq, Default::default());
    faer_svd::svd(
        input.as_ref(),
        values.as_mut().as_diagonal_mut(),
        Some(u.as_mut()),
        Some(v.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .ok()?;
    Some(Svd {
        u: from_faer(&u),
        values: values.iter().copied().collect(),
        v: from_faer(&v),
    })
}

/// Moore-Penrose inverse; singular values at or below `tol` times the largest count as zero.
pub fn pseudo_inverse(a: &Matrix, tol: f64) -> Option<Matrix> {
    let d = svd(a)?;
    let cut = tol * d.values.first().copied().unwrap_or(0.0);
    let scaled = Matrix::from_fn(d.v.rows(), d.v.cols(), |i, j| {
        if d.values[j] > cut {
            d.v[(i, j)] / d.values[j]
        } else {
            0.0
        }
    });
    Some(scaled.mul(&d.u.transpose()))
}

/// Number of singular values above `tol` times the largest; 0 for a matrix that is not finite.
pub fn rank(a: &Matrix, tol: f64) -> usize {
    let Some(d) = svd(a) else { return 0 };
    let cut = tol * d.values.first().copied().unwrap_or(0.0);
    d.values.iter().filter(|v| **v > cut).count()
}

fn orient(vectors: &mut Matrix, j: usize) {
    let n = vectors.rows();
    let top = (0..n).fold(0, |t, i| {
        if vectors[(i, j)].abs() > vectors[(t, j)].abs() + 1e-12 {
            i
        } else {
            t
        }
    });
    if n > 0 && vectors[(top, j)] < 0.0 {
        for i in 0..n {
            vectors[(i, j)] = -vectors[(i, j)];
        }
    }
}

fn to_faer(a: &Matrix) -> Mat<f64> {
    Mat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)])
}

fn from_faer(a: &Mat<f64>) -> Matrix {
    Matrix::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigen_by_hand() {
        let e = symmetric_eigen(&Matrix::from_rows(&[vec![2.0, 1.0], vec![1.0, 2.0]])).unwrap();
        assert!((e.values[0] - 1.0).abs() < 1e-15 && (e.values[1] - 3.0).abs() < 1e-15);
        assert!((e.vectors[(0, 1)] - 0.5_f64.sqrt()).abs() < 1e-15);
        assert!(symmetric_eigen(&Matrix::diag(&[f64::NAN])).is_none());
        assert_eq!(symmetric_eigen(&Matrix::zeros(0, 0)).unwrap().values.len(), 0);
    }

    #[test]
    fn pseudo_inverse_of_a_laplacian() {
        let l = Matrix::from_rows(&[
            vec![2.0, -1.0, -1.0],
            vec![-1.0, 2.0, -1.0],
            vec![-1.0, -1.0, 2.0],
        ]);
        let p = pseudo_inverse(&l, 1e-12).unwrap();
        assert_eq!(rank(&l, 1e-12), 2);
        assert!((p[(0, 0)] - 2.0 / 9.0).abs() < 1e-15 && (p[(0, 1)] + 1.0 / 9.0).abs() < 1e-15);
        let wide = Matrix::from_rows(&[vec![1.0, 0.0, 2.0], vec![0.0, 3.0, 0.0]]);
        let back = wide
            .mul(&pseudo_inverse(&wide, 1e-12).unwrap())
            .sub(&Matrix::identity(2));
        assert!(back.as_slice().iter().all(|v| v.abs() < 1e-15));
    }
}
