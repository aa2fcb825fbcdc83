//! Studies, arms, observations and contrasts with the source of every number;
//! the review folder and its structural checks.

mod diagnostic;
mod row;

pub use diagnostic::{Diagnostic, Severity, Warned};
pub use row::RowId;
