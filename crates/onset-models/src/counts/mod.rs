//! Counts without normality: generalised linear mixed models of two groups, of proportions and of rates;
//! beta-binomial and penalised logistic models.
//!
//! ```
//! use onset_models::counts::{GlmmData, GlmmModel, GlmmOptions, glmm};
//! use onset_models::pool::Counts;
//! let table = |a: f64, n1: f64, c: f64, n2: f64| Counts { a, b: n1 - a, c, d: n2 - c };
//! let tables = [table(1.0, 40.0, 4.0, 41.0), table(0.0, 30.0, 3.0, 29.0), table(5.0, 80.0, 9.0, 77.0)];
//! let fitted = glmm(GlmmData::Tables(&tables), GlmmModel::CmEl, None, &GlmmOptions::default()).unwrap();
//! assert!(fitted.value.coefficients[0].estimate.estimate < 0.0);
//! ```

mod beta_binomial;
mod climb;
mod firth;
mod glmm;
mod integral;
mod law;
mod setup;

pub use beta_binomial::{BetaBinomial, beta_binomial};
pub use firth::{Firth, firth};
pub use glmm::{Glmm, GlmmData, GlmmModel, GlmmOptions, glmm};
