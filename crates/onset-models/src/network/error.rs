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
        "study '{study}' (arms {arms}): {a} v {b} is {}, but its other contrasts add up to {}. Hint: {}",
        short(*found), short(*expected), mend_estimate(a, b, *expected, *swapped)
    )]
    EstimatesDisagree {
        /// Study.
        study: String,
        /// Its arms.
        arms: String,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
        /// As given.
        found: f64,
        /// From the study's other contrasts alone.
        expected: f64,
        /// Whether they agree once the sign is changed.
        swapped: bool,
    },
    /// Standard errors of one study that no arms can have.
    #[error(
        "study '{study}' (arms {arms}): the standard error of {a} v {b} is {}, but those of its other contrasts {}. Hint: {}",
        short(*found), allowed(*lowest, *highest), mend_error(a, b, *found, *lowest, *highest)
    )]
    ErrorsDisagree {
        /// Study.
        study: String,
        /// Its arms.
        arms: String,
        /// First treatment.
        a: String,
        /// Second treatment.
        b: String,
        /// As given.
        found: f64,
        /// Least that the study's other standard errors allow.
        lowest: f64,
        /// Most that they allow.
        highest: f64,
    },
    /// A treatment that no study has.
    #[error("no study has the treatment '{name}'")]
    UnknownTreatment {
        /// Treatment.
        name: String,
    },
    /// A study without a value of the covariate.
    #[error("study '{study}' has no value of the covariate. Hint: leave the study out, or give its value")]
    MissingCovariate {
        /// Study.
        study: String,
    },
    /// A covariate that does not vary.
    #[error("the covariate has one value in all studies: nothing can change with it")]
    ConstantCovariate,
    /// Components that do not belong to the network's treatments.
    #[error(
        "{found} treatments have components, but the network has {treatments}, or a component is not named"
    )]
    BadComponents {
        /// Treatments with components.
        found: usize,
        /// Treatments.
        treatments: usize,
    },
    /// Coefficients of one covariate are exchangeable over treatments; of several nothing is said.
    #[error("exchangeable coefficients are those of one covariate, and there are {found}")]
    TooManyCovariates {
        /// Covariates.
        found: usize,
    },
    /// A mean coefficient that no study tells from the treatments.
    #[error(
        "no mean coefficient can be estimated: studies of the reference against others do not differ in the covariate. Hint: another reference, or --covariate-effect independent"
    )]
    CoefficientNotEstimable,
    /// A model that needs one connected network.
    #[error("the network falls into separate parts: this model needs one that is connected")]
    SeparateParts,
    /// An index beyond the treatments.
    #[error("there is no treatment number {found}")]
    NoSuchTreatment {
        /// Index.
        found: usize,
    },
    /// No treatment has two components.
    #[error(
        "no treatment has several components. Hint: names such as 'A{separator}B' are split at '{separator}'"
    )]
    NoComponents {
        /// What stands between components.
        separator: String,
    },
    /// No class has two treatments.
    #[error("no class has two treatments of the network: there is nothing to share")]
    NoClasses,
    /// The reference shares its class.
    #[error(
        "the reference '{name}' shares the class '{class}' with other treatments. Hint: give it a class of its own, or choose another reference"
    )]
    ReferenceInClass {
        /// Reference.
        name: String,
        /// Class.
        class: String,
    },
    /// An estimator that this model does not have.
    #[error("exchangeable effects need REML or ML")]
    NoMomentEstimator,
    /// Events that are not between 0 and the arm's size.
    #[error("study '{study}', arm '{arm}': {events} events among {n} people")]
    BadCount {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
        /// Events.
        events: f64,
        /// Size.
        n: f64,
    },
    /// The posterior would not be proper.
    #[error(
        "{found} contrasts against the first arms of their studies, and the prior {prior} on tau needs at least {needed}: the posterior would be improper. Hint: a proper prior such as halfnormal:0.5"
    )]
    ImproperPosterior {
        /// Prior as written.
        prior: String,
        /// Contrasts found.
        found: usize,
        /// Contrasts needed.
        needed: usize,
    },
    /// What a prior refuses.
    #[error(transparent)]
    Bayes(#[from] crate::bayes::BayesError),
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

impl NetworkError {
    /// The study it is about, and the treatments of the contrast or arm.
    pub fn place(&self) -> Option<(&str, [&str; 2])> {
        match self {
            NetworkError::BadNumber { study, a, b }
            | NetworkError::RepeatedContrast { study, a, b }
            | NetworkError::MissingContrast { study, a, b, .. }
            | NetworkError::EstimatesDisagree { study, a, b, .. }
            | NetworkError::ErrorsDisagree { study, a, b, .. } => Some((study, [a, b])),
            NetworkError::RepeatedArm { study, arm } | NetworkError::BadCount { study, arm, .. } => {
                Some((study, [arm, arm]))
            }
            NetworkError::MissingCovariate { study } => Some((study, ["", ""])),
            _ => None,
        }
    }
}

/// Six significant digits, without trailing zeros.
fn short(x: f64) -> String {
    let text = format!("{x:.5e}");
    text.parse::<f64>().map_or(text, |rounded| rounded.to_string())
}

fn mend_estimate(a: &str, b: &str, expected: f64, swapped: bool) -> String {
    let expected = short(expected);
    if swapped {
        format!("change the sign of {a} v {b}, or swap its arms: {expected} agrees")
    } else {
        format!(
            "if the other rows are right, {a} v {b} must be {expected}; else look for a swapped sign or arm in them"
        )
    }
}

fn allowed(lowest: f64, highest: f64) -> String {
    if lowest == highest {
        format!("imply {}", short(lowest))
    } else {
        format!("allow {} to {}", short(lowest), short(highest))
    }
}

/// A root that lies within this share of what is allowed was a variance.
const VARIANCE: f64 = 0.1;

fn mend_error(a: &str, b: &str, found: f64, lowest: f64, highest: f64) -> String {
    let within = |x: f64| x >= lowest * (1.0 - VARIANCE) && x <= highest * (1.0 + VARIANCE);
    if within(found.sqrt()) {
        format!(
            "{} looks like a variance: its root {} agrees",
            short(found),
            short(found.sqrt())
        )
    } else {
        format!(
            "each standard error of a study of several arms is the root of the sum of its two arms' variances: look for a typing error in {a} v {b} or beside it, or for a variance or a limit in place of a standard error"
        )
    }
}
