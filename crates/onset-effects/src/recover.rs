//! Missing statistics recovered from what a report does print.

pub mod estimation;
pub mod groups;
pub mod quantiles;
pub mod standard_error;
pub mod table;

use thiserror::Error;

/// Why a statistic cannot be recovered.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// A number is outside its range, or not finite.
    #[error("{what} is {found}, and must be {allowed}")]
    OutOfRange {
        /// Name of the number.
        what: &'static str,
        /// Value.
        found: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Numbers contradict each other.
    #[error("the numbers contradict each other: {reason}")]
    Contradiction {
        /// How.
        reason: &'static str,
    },
    /// The numbers do not determine the statistic.
    #[error("the numbers do not say it: {reason}")]
    NotDetermined {
        /// Why.
        reason: &'static str,
    },
}

/// `found` when it is finite and the rule holds.
fn require(what: &'static str, found: f64, holds: bool, allowed: &'static str) -> Result<f64, RecoverError> {
    if found.is_finite() && holds {
        Ok(found)
    } else {
        Err(RecoverError::OutOfRange { what, found, allowed })
    }
}

fn finite(what: &'static str, found: f64) -> Result<f64, RecoverError> {
    require(what, found, true, "finite")
}

fn positive(what: &'static str, found: f64) -> Result<f64, RecoverError> {
    require(what, found, found > 0.0, "above 0")
}
