//! Minima of functions of one and several variables.

mod bfgs;
mod nelder_mead;
mod one_dimension;

pub use bfgs::{Bfgs, Gradient, bfgs};
pub use nelder_mead::{NelderMead, nelder_mead};
pub use one_dimension::{Minimum1, brent};

use crate::linalg::Matrix;

/// The end of a search in several dimensions. A value that is not a number counts as plus infinity.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// Where the smallest value was found.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// Iterations made.
    pub iterations: usize,
    /// Function evaluations made, those for numerical gradients included.
    pub evaluations: usize,
    /// Whether the stopping rule was met (not: the iterations ran out or the line search failed).
    pub converged: bool,
    /// Gradient at `x`, where the method has one.
    pub gradient: Option<Vec<f64>>,
    /// Second derivatives at `x` by differences, when asked for.
    pub hessian: Option<Matrix>,
}

/// Not-a-number becomes plus infinity: the search walks away from it.
fn guarded(v: f64) -> f64 {
    if v.is_nan() { f64::INFINITY } else { v }
}
