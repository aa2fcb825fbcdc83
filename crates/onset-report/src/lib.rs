//! Reports: clinician and patient HTML, tables, figures, JSON. [`Answers`](onset_review::Answers) in,
//! bytes out; only [`mod@write`] touches the file system.

pub mod bundle;
pub mod figures;
pub mod json;
mod page;
pub mod patient;
pub mod report;
mod sources;
pub mod tables;
mod words;
pub mod write;

pub use bundle::{Bundle, BundleError, InputHash, bundle};
pub use write::{WriteError, Written, make, write};
