//! Why a network could not be analysed.

use thiserror::Error;

/// Why a network could not be analysed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Nothing to analyse.
    #[error("no study compares two treatments")]
    NoStudies,
    /// A number that cannot be a contrast.
    #[error(
        "study '{study}': {a} v {b}: the estimate must be finite and its standard error above 0 and finite"
    )]
    BadNumber {
        /// Study.
        study: String,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
    },
    /// A treatment compared with itself.
    #[error(
        "study '{study}' compares '{arm}' with itself. Hint: combine the arms of one treatment, or give them two names"
    )]
    RepeatedArm {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
    },
    /// A contrast that stands twice.
    #[error("study '{study}' gives {a} v {b} twice. Hint: remove one row, or give two studies two labels")]
    RepeatedContrast {
        /// Study.
        study: String,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
    },
    /// A study of n arms without all of its n(n - 1)/2 contrasts.
    #[error(
        "study '{study}' has {arms} arms but no contrast {a} v {b}. Hint: add that row (its estimate is the difference of two others, its standard error needs the arms), or give two studies two labels"
    )]
    MissingContrast {
        /// Study.
        study: String,
        /// Number of arms.
        arms: usize,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
    },
    /// Contrasts of one study that do not add up.
    #[error(
        "study '{study}': {a} v {b} is {found}, but its other contrasts add up to {expected}. Hint: look for a swapped sign or arm"
    )]
    EstimatesDisagree {
        /// Study.
        study: String,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
        /// As given.
        found: f64,
        /// As the others say.
        expected: f64,
    },
    /// Standard errors of one study that no arms can have.
    #[error(
        "study '{study}': the standard error of {a} v {b} is {found}, but those of its other contrasts imply {expected}. Hint: look for a variance in place of a standard error"
    )]
    ErrorsDisagree {
        /// Study.
        study: String,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
        /// As given.
        found: f64,
        /// As the others say.
        expected: f64,
    },
    /// A treatment that no study has.
    #[error("no study has the treatment '{name}'")]
    UnknownTreatment {
        /// Treatment.
        name: String,
    },
    /// A level outside (0, 1).
    #[error("the confidence level is {found}, and must lie between 0 and 1")]
    BadLevel {
        /// Level found.
        found: f64,
    },
    /// Weights or their inverse overflowed.
    #[error("the network's equations have no finite solution. Hint: change the unit of the effects")]
    NotFinite,
}
