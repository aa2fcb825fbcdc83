//! What is wrong with a curve, a patient or a printed result.

use std::fmt;

/// The rule that was broken.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SurvivalError {
    /// Nothing to work on.
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// A number outside its range.
    OutOfRange {
        /// The number's name.
        what: &'static str,
        /// What was found.
        found: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Numbers at risk must start with the whole arm, and neither rise nor go back in time.
    AtRisk {
        /// Time of the entry.
        time: f64,
        /// Number at risk there.
        found: f64,
    },
    /// A curve rises by more than a reading error.
    Rises {
        /// Time of the point.
        time: f64,
        /// Survival before.
        before: f64,
        /// Survival at the point.
        found: f64,
    },
    /// No more events than patients.
    TooManyEvents {
        /// Events given.
        found: u64,
        /// Patients.
        allowed: u64,
    },
    /// A ratio and its interval, or a p value and a ratio, that cannot belong together.
    Contradiction {
        /// What contradicts what.
        what: &'static str,
    },
    /// A horizon past the end of follow-up of an arm.
    PastFollowUp {
        /// Horizon asked for.
        tau: f64,
        /// Last time at which the arm's curve is defined.
        allowed: f64,
    },
    /// Nothing happened: no hazard ratio.
    NoEvents,
    /// A fit that has no finite maximum or did not converge.
    NotEstimable {
        /// Why.
        why: String,
    },
}

impl fmt::Display for SurvivalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { what } => write!(f, "There is no {what}"),
            Self::OutOfRange { what, found, allowed } => {
                write!(f, "The {what} is {found}; allowed is {allowed}")
            }
            Self::AtRisk { time, found } => write!(
                f,
                "Number at risk {found} at time {time}: numbers at risk are whole, start above 0 and never rise, and their times start at 0 and increase"
            ),
            Self::Rises { time, before, found } => {
                write!(
                    f,
                    "The curve rises at time {time}, from {before} to {found}: a survival curve never rises"
                )
            }
            Self::TooManyEvents { found, allowed } => {
                write!(f, "{found} events among {allowed} patients")
            }
            Self::Contradiction { what } => write!(f, "The printed numbers contradict each other: {what}"),
            Self::PastFollowUp { tau, allowed } => {
                write!(f, "The horizon {tau} lies past the end of follow-up, {allowed}")
            }
            Self::NoEvents => write!(
                f,
                "No events in one of the arms: the hazard ratio has no finite estimate"
            ),
            Self::NotEstimable { why } => write!(f, "Not estimable: {why}"),
        }
    }
}

impl std::error::Error for SurvivalError {}

/// A finite number above 0.
pub(super) fn positive(what: &'static str, found: f64) -> Result<f64, SurvivalError> {
    if found.is_finite() && found > 0.0 {
        Ok(found)
    } else {
        Err(SurvivalError::OutOfRange {
            what,
            found,
            allowed: "a finite number above 0",
        })
    }
}

/// A number strictly between 0 and 1.
pub(super) fn proportion(what: &'static str, found: f64) -> Result<f64, SurvivalError> {
    if found > 0.0 && found < 1.0 {
        Ok(found)
    } else {
        Err(SurvivalError::OutOfRange {
            what,
            found,
            allowed: "more than 0 and less than 1",
        })
    }
}
