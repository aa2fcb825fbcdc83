//! Why an analysis of small-study effects was refused.

use crate::pool::PoolError;
use crate::regress::RegressError;
use thiserror::Error;

/// Why an analysis of small-study effects was refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SmallStudyError {
    /// Fewer studies than the method needs.
    #[error("{found} studies, and this needs at least {needed}")]
    TooFewStudies {
        /// Number of studies.
        found: usize,
        /// Number needed.
        needed: usize,
    },
    /// All studies have the same value of the predictor.
    #[error("all studies have the same {what}: a trend with it cannot be estimated")]
    NoVariation {
        /// The predictor.
        what: &'static str,
    },
    /// Two inputs that must run in parallel disagree in length.
    #[error("{what}: {found} values for {needed} studies")]
    UnequalLengths {
        /// Which input.
        what: &'static str,
        /// Length found.
        found: usize,
        /// Length needed.
        needed: usize,
    },
    /// A table or a group that no trial can have.
    #[error("study {row}: {what} is {found}, and must be a finite number of 0 or more")]
    BadCount {
        /// Study, from 1.
        row: usize,
        /// Which number.
        what: &'static str,
        /// Value found.
        found: f64,
    },
    /// Cut points that are not increasing probabilities.
    #[error("steps must be increasing and lie between 0 and 1, and {found} does not fit")]
    BadStep {
        /// The step found.
        found: f64,
    },
    /// Selection weights that are not positive, or not one for each interval.
    #[error("{found} selection weights for {needed} intervals; each must be above 0 and finite, the first 1")]
    BadWeights {
        /// Weights given.
        found: usize,
        /// Intervals.
        needed: usize,
    },
    /// An interval of p-values in which no study lies.
    #[error(
        "no study has a p-value between {lower} and {upper}: its selection weight cannot be estimated. Hint: fewer or other steps"
    )]
    EmptyInterval {
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
    },
    /// Counts that are not whole numbers.
    #[error("a cell of a two-by-two table is not a whole number, and this test enumerates tables")]
    NotWhole,
    /// No study is on the side that the method needs.
    #[error("no study is {what}: the method has nothing to work with")]
    NoSuchStudy {
        /// Which studies.
        what: &'static str,
    },
    /// A result overflowed, or the likelihood is not finite anywhere it was tried.
    #[error("{quantity} is not a finite number")]
    NotFinite {
        /// What overflowed.
        quantity: &'static str,
    },
    /// The pool inside refused.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The meta-regression inside refused.
    #[error(transparent)]
    Regress(#[from] RegressError),
}

pub(super) fn at_least(found: usize, needed: usize) -> Result<(), SmallStudyError> {
    if found < needed {
        return Err(SmallStudyError::TooFewStudies { found, needed });
    }
    Ok(())
}
