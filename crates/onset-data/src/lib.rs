//! Studies, arms, observations and contrasts with the source of every number;
//! the review folder and its structural checks.

mod diagnostic;
pub mod evidence;
pub mod folder;
mod row;
mod table;

pub use diagnostic::{Diagnostic, Severity, Warned};
pub use evidence::Evidence;
pub use row::RowId;
pub use table::{Column, LONGEST_LINE, Table, is_missing, nearest};
