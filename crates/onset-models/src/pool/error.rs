//! Why a model could not be fitted.

use thiserror::Error;

/// Why a model could not be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PoolError {
    /// Fewer studies than the method needs.
    #[error("{found} studies, and this needs at least {needed}. Hint: pool fewer outcomes or moderators")]
    TooFewStudies {
        /// Number of studies.
        found: usize,
        /// Number needed.
        needed: usize,
    },
    /// A level outside (0, 1).
    #[error("the confidence level is {found}, and must lie between 0 and 1 (0.95 for 95 %)")]
    BadLevel {
        /// Level found.
        found: f64,
    },
    /// A result overflowed.
    #[error(
        "{quantity} is not a finite number: effects or variances are too large or too small. Hint: change the unit"
    )]
    NotFinite {
        /// What overflowed.
        quantity: &'static str,
    },
    /// A profile-likelihood interval of an estimate that does not maximise a likelihood.
    #[error("a profile-likelihood interval of tau2 needs method ML or REML, not {method}")]
    NeedsLikelihood {
        /// Code of the method.
        method: &'static str,
    },
    /// A tau2 interval of the common-effect model.
    #[error("the common-effect model has no tau2 to give an interval for")]
    NoTau2,
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
}
