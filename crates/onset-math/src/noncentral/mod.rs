//! Noncentral t, chi-squared and F.
//!
//! Each is a mixture with positive terms, summed or integrated for the tail that was asked for, so that neither
//! tail is found by subtraction.

mod mixtures;
mod student;

pub use mixtures::{chi_squared_cdf, chi_squared_sf, f_cdf, f_sf};
pub use student::{t_cdf, t_sf};
