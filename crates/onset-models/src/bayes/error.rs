//! Why a Bayesian model could not be fitted.

use thiserror::Error;

/// Why a Bayesian model could not be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BayesError {
    /// No study at all.
    #[error("no study is left, and this needs at least one")]
    NoStudies,
    /// The posterior would not be proper.
    #[error(
        "{found} studies, and the prior {prior} on tau needs at least {needed}: the posterior would be improper. Hint: a proper prior such as halfnormal:0.5"
    )]
    Improper {
        /// Prior as written.
        prior: String,
        /// Number of studies.
        found: usize,
        /// Number needed.
        needed: usize,
    },
    /// A scale, bound or standard deviation that cannot be.
    #[error("the {what} of a prior is {found}, and must be a finite number above 0")]
    BadScale {
        /// Which number.
        what: &'static str,
        /// Value found.
        found: f64,
    },
    /// A location that cannot be.
    #[error("the {what} of a prior is {found}, and must be a finite number")]
    BadLocation {
        /// Which number.
        what: &'static str,
        /// Value found.
        found: f64,
    },
    /// A prior that is not known.
    #[error("unknown prior '{found}'; allowed: {allowed}")]
    UnknownPrior {
        /// What was written.
        found: String,
        /// What may be written.
        allowed: String,
    },
    /// A level outside (0, 1).
    #[error("the level is {found}, and must lie between 0 and 1 (0.95 for 95 %)")]
    BadLevel {
        /// Level found.
        found: f64,
    },
    /// A threshold that is no number.
    #[error("the threshold is {found}, and must be a finite number")]
    BadThreshold {
        /// Threshold found.
        found: f64,
    },
    /// A result overflowed.
    #[error(
        "the posterior is not finite: effects or variances are too large or too small. Hint: change the unit"
    )]
    NotFinite,
    /// The design of a meta-regression.
    #[error(transparent)]
    Design(#[from] crate::regress::RegressError),
    /// Priors that do not stand for one coefficient each.
    #[error("{found} priors for {needed} coefficients: give one for each, or none")]
    WrongPriors {
        /// Priors.
        found: usize,
        /// Coefficients.
        needed: usize,
    },
    /// The moderators do not identify the coefficients.
    #[error("{k} studies do not identify {p} coefficients. Hint: fewer moderators")]
    NotIdentified {
        /// Studies.
        k: usize,
        /// Coefficients.
        p: usize,
    },
}
