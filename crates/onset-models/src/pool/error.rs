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
    /// A weight that cannot be.
    #[error("study {row}: its weight is {found}, and must be a finite number of 0 or more")]
    BadWeight {
        /// Study, from 1.
        row: usize,
        /// Weight found.
        found: f64,
    },
    /// Weights that are all 0.
    #[error("no study has a weight above 0")]
    NoWeight,
    /// Fewer studies with a weight above 0 than coefficients.
    #[error("{found} studies have a weight above 0, and {needed} coefficients need at least as many")]
    TooFewWeights {
        /// Studies with a weight above 0.
        found: usize,
        /// Coefficients.
        needed: usize,
    },
    /// What follows from weights 1/(v + tau2) alone.
    #[error("{what} follows from the weights 1/(v + tau2), and other weights are given")]
    NotWithWeights {
        /// What was asked for.
        what: &'static str,
    },
    /// A count or a person-time that cannot be.
    #[error(
        "study {row}: {name} is {found}, and must be a finite number of 0 or more (person-time: above 0)"
    )]
    BadCount {
        /// Study, from 1.
        row: usize,
        /// Cell.
        name: &'static str,
        /// Value found.
        found: f64,
    },
    /// A count that is not a whole number, where the likelihood needs one.
    #[error(
        "study {row}: {name} is {found}, and must be a whole number of 0 or more. Hint: no correction is added to counts here"
    )]
    NotWhole {
        /// Study, from 1.
        row: usize,
        /// Cell.
        name: &'static str,
        /// Value found.
        found: f64,
    },
    /// A bootstrap too small for a quantile.
    #[error("{found} draws, and a bootstrap needs at least 100")]
    TooFewDraws {
        /// Draws asked for.
        found: usize,
    },
    /// A group without people.
    #[error("study {row}: a group has nobody in it")]
    EmptyGroup {
        /// Study, from 1.
        row: usize,
    },
    /// More subsets than are fitted.
    #[error(
        "{studies} studies have too many subsets: at most {most} are fitted. Hint: ask for a number of random ones"
    )]
    TooManySubsets {
        /// Studies.
        studies: usize,
        /// The most.
        most: u64,
    },
    /// Too few events for the estimate to exist.
    #[error(
        "the estimate does not exist: no study has events where the method needs them. Hint: another measure, or an addition to the cells"
    )]
    NotEstimable,
}
