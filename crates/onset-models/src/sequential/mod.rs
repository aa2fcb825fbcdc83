//! What a new trial adds: surprise, information, verdict; sequential boundaries; the value of another trial.
//!
//! Sequential boundaries are a secondary view: Cochrane (Handbook chapter 22) advises against them for main
//! conclusions.

mod boundaries;
mod information;
mod size;
mod update;
mod verdict;

pub use boundaries::{Boundaries, Sides, futility, obrien_fleming_spending, upper_boundaries};
pub use information::{evpi, evsi, probability_of_moving, trial_size};
pub use size::{diversity, required_for_difference, required_information};
pub use update::{Belief, Update, kullback_leibler, replication_bayes_factor, update};
pub use verdict::{CutOffs, Verdict, band, classify};

use thiserror::Error;

/// Why a sequential quantity does not exist.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SequentialError {
    /// Information fractions that do not rise within (0, 1].
    #[error("information fractions must rise strictly within (0, 1]; at position {at} there is {found}")]
    BadTiming {
        /// Position from 1.
        at: usize,
        /// Value found.
        found: f64,
    },
    /// A probability outside (0, 1).
    #[error("{what} is {found}, and must lie between 0 and 1")]
    BadProbability {
        /// Which probability.
        what: &'static str,
        /// Value found.
        found: f64,
    },
    /// A number that must be positive.
    #[error("{what} is {found}, and must be a finite number above 0")]
    NotPositive {
        /// Which number.
        what: &'static str,
        /// Value found.
        found: f64,
    },
    /// A boundary that was not found.
    #[error("no boundary was found at look {look}")]
    NotFound {
        /// Look from 1.
        look: usize,
    },
}

pub(crate) fn positive(what: &'static str, found: f64) -> Result<(), SequentialError> {
    if found.is_finite() && found > 0.0 {
        Ok(())
    } else {
        Err(SequentialError::NotPositive { what, found })
    }
}

pub(crate) fn probability(what: &'static str, found: f64) -> Result<(), SequentialError> {
    if found > 0.0 && found < 1.0 {
        Ok(())
    } else {
        Err(SequentialError::BadProbability { what, found })
    }
}
