//! Small dense linear algebra on row-major matrices of `f64`.

mod cholesky;
mod decompose;
mod matrix;
mod solve;

pub use cholesky::Cholesky;
pub use decompose::{Eigen, Svd, pseudo_inverse, rank, svd, symmetric_eigen};
pub use matrix::Matrix;
pub use solve::{inverse, lu_solve, qr_least_squares};
