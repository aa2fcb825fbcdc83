//! Cholesky decomposition of a symmetric positive definite matrix.

use super::Matrix;

/// The lower triangle L with `A = L L'`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky {
    l: Matrix,
}

impl Cholesky {
    /// Decomposes `a`, of which only the lower triangle is read; `None` unless it is square, finite and numerically
    /// positive definite (a pivot at or below n rounding units of its diagonal entry counts as zero).
    pub fn new(a: &Matrix) -> Option<Cholesky> {
        let n = a.rows();
        if !a.is_square() {
            return None;
        }
        let mut l = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..=i {
                let dot: f64 = l.row(i)[..j].iter().zip(&l.row(j)[..j]).map(|(x, y)| x * y).sum();
                let rest = a[(i, j)] - dot;
                if i == j {
                    let floor = n as f64 * f64::EPSILON * a[(i, i)].abs();
                    if !(rest > floor && rest.is_finite()) {
                        return None;
                    }
                    l[(i, i)] = rest.sqrt();
                } else {
                    l[(i, j)] = rest / l[(j, j)];
                }
            }
        }
        l.is_finite().then_some(Cholesky { l })
    }

    /// L.
    pub fn lower(&self) -> &Matrix {
        &self.l
    }

    /// `ln det A`.
    pub fn ln_det(&self) -> f64 {
        2.0 * (0..self.l.rows()).map(|i| self.l[(i, i)].ln()).sum::<f64>()
    }

    /// Solves `L z = b` in place.
    pub fn forward(&self, b: &mut [f64]) {
        for i in 0..self.l.rows() {
            let row = self.l.row(i);
            let dot: f64 = row[..i].iter().zip(&*b).map(|(x, y)| x * y).sum();
            b[i] = (b[i] - dot) / row[i];
        }
    }

    /// Solves `L' x = z` in place.
    pub fn backward(&self, z: &mut [f64]) {
        for i in (0..self.l.rows()).rev() {
            let row = self.l.row(i);
            z[i] /= row[i];
            let x = z[i];
            for (v, l) in z[..i].iter_mut().zip(row) {
                *v -= l * x;
            }
        }
    }

    /// Solves `A x = b`; `b` must have as many entries as A has rows.
    pub fn solve_vec(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        self.forward(&mut x);
        self.backward(&mut x);
        x
    }

    /// Solves `A X = B`.
    pub fn solve(&self, b: &Matrix) -> Matrix {
        let mut columns = b.transpose();
        for j in 0..columns.rows() {
            self.forward(columns.row_mut(j));
            self.backward(columns.row_mut(j));
        }
        columns.transpose()
    }

    /// `A^-1`, exactly symmetric.
    pub fn inverse(&self) -> Matrix {
        self.solve(&Matrix::identity(self.l.rows())).symmetrised()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let a = Matrix::from_rows(&[vec![4.0, 2.0, 0.4], vec![2.0, 5.0, 1.0], vec![0.4, 1.0, 3.0]]);
        let c = Cholesky::new(&a).unwrap();
        assert_eq!(c.lower()[(0, 0)], 2.0);
        assert_eq!(c.lower()[(1, 1)], 2.0);
        let det: f64 = 4.0 * (15.0 - 1.0) - 2.0 * (6.0 - 0.4) + 0.4 * (2.0 - 2.0);
        assert!((c.ln_det() - det.ln()).abs() < 1e-14);
        let product = a.mul(&c.inverse()).sub(&Matrix::identity(3));
        assert!(product.as_slice().iter().all(|v| v.abs() < 1e-15));
        let x = c.solve_vec(&[1.0, 2.0, 3.0]);
        let back = a.mul_vec(&x);
        assert!((back[0] - 1.0).abs() < 1e-14 && (back[2] - 3.0).abs() < 1e-14);
        assert!(Cholesky::new(&Matrix::from_rows(&[vec![1.0, 1.0], vec![1.0, 1.0]])).is_none());
        assert!(Cholesky::new(&Matrix::zeros(2, 3)).is_none());
    }
}
