//! `results.json`: the answers as they are, full precision.

mod finite;

use onset_review::Answers;
use thiserror::Error;

/// Why answers cannot be written as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// JSON has no such number, and null would say "absent".
    #[error("the number at {path} is not finite. Hint: an absent number is None")]
    NotFinite {
        /// JSON Pointer.
        path: String,
    },
    /// The serialiser refused.
    #[error("the answers cannot be written as JSON: {0}")]
    Unwritable(String),
}

/// The answers as pretty JSON with a newline at the end.
///
/// # Errors
/// [`JsonError::NotFinite`] names the place of a number that JSON cannot hold.
pub fn results(answers: &Answers) -> Result<Vec<u8>, JsonError> {
    if let Some(path) = finite::first_not_finite(answers)? {
        return Err(JsonError::NotFinite { path });
    }
    pretty(answers)
}

/// Any value as pretty JSON with a newline at the end.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<Vec<u8>, JsonError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| JsonError::Unwritable(e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
