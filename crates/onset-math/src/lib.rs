//! Distributions, quantiles, roots, minima, quadrature and small linear algebra, each with its measured error.
//!
//! The distribution functions are plain functions of `f64`. Outside its domain, or for an argument that is
//! not a number, a function here returns `f64::NAN`; it never panics. Callers check what they pass in.
//! `docs/methods/distributions.md` names the kernel behind each function and the worst error measured.

pub mod beta_dist;
pub mod binomial;
pub mod bivariate_normal;
pub mod chi_squared;
pub mod derivative;
pub mod fisher_f;
pub mod gamma_dist;
pub mod hypergeometric;
pub mod linalg;
pub mod minimize;
pub mod multivariate_normal;
pub mod noncentral;
pub mod noncentral_hypergeometric;
pub mod normal;
pub mod nuts;
pub mod poisson;
pub mod quadratic_form;
pub mod quadrature;
pub mod random;
pub mod root;
pub mod special;
pub mod student_t;

mod peak;
mod tail;
