//! Time courses: how an effect rises and falls, when it begins and ends, and how far the evidence reaches.
//!
//! The model is written for arms: `y_ik(t) = a_i + m_i f(t) + sum_k d_k f(t)`, where study `i` brings its own
//! amplitude `m_i` (or, with [`Baseline::Visit`], its own free mean at each visit) and only differences between
//! randomised arms speak about `d_k`. For fixed shape parameters the model is linear, so that an exact
//! generalised least squares fit stands inside a search over the few shapes.
//!
//! [`Longitudinal`] checks the data, [`fit`] fits, [`Curve`] is one treatment's difference from the reference
//! over time, [`onset_times`] reads times off it, [`evidence`] says how far the trials reach.

mod area;
mod band;
mod bayes;
mod compare;
mod correlation;
mod curve;
mod data;
mod fit;
mod fixed;
mod form;
mod horizon;
mod identify;
mod latest;
mod likelihood;
mod onset;
mod profile;
mod search;

pub use area::{Area, area};
pub use band::simultaneous_critical;
pub use bayes::{Bayes, BayesOptions, OnsetPosterior, Posterior, bayes};
pub use compare::{Comparison, LeftOut, compare_forms, leave_one_out};
pub use correlation::{TimeScale, WithinArm};
pub use curve::{Curve, Point};
pub use data::{DataNote, Longitudinal, TimeVisit};
pub use fit::{Baseline, Dispersion, Ending, Fit, Fitted, Options, Parameter, Role, fit};
pub use fixed::{FixedWindow, FixedWindows, WindowMean, fixed_windows};
pub use form::Form;
pub use horizon::{Evidence, EvidencePoint, Horizon, evidence};
pub use identify::Identification;
pub use latest::{Latest, latest_onset};
pub use likelihood::Likelihood;
pub use onset::{Benefit, Definition, IntervalKind, OnsetTime, Window, benefit_of, onset_times, window};

use thiserror::Error;

/// What a time course refuses.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TimecourseError {
    /// No visit at all.
    #[error("there is no visit to fit")]
    Empty,
    /// A visit before the start of treatment.
    #[error("study '{study}', arm '{arm}': a visit at time {time}, before baseline")]
    BeforeBaseline {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
        /// Its time.
        time: f64,
        /// Position in the input.
        index: usize,
    },
    /// Two rows for one visit.
    #[error("study '{study}', arm '{arm}': two rows for the visit at time {time}")]
    Duplicate {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
        /// The time.
        time: f64,
        /// Position of the second row.
        index: usize,
        /// Position of the first row.
        first: usize,
    },
    /// One arm, two treatments.
    #[error("study '{study}', arm '{arm}': treatments '{first}' and '{second}' in one arm")]
    ArmChangesTreatment {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
        /// First treatment.
        first: String,
        /// Second treatment.
        second: String,
        /// Position in the input.
        index: usize,
    },
    /// Times of doses that cannot be.
    #[error("study '{study}', arm '{arm}': {what}")]
    BadDoses {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A standard error that is not above 0, or a number that is not finite.
    #[error("study '{study}', arm '{arm}': {what} is {found}")]
    BadNumber {
        /// Study.
        study: String,
        /// Arm.
        arm: String,
        /// Which number.
        what: &'static str,
        /// Its value.
        found: f64,
        /// Position in the input.
        index: usize,
    },
    /// The reference is no treatment of the data.
    #[error("the reference '{reference}' is no treatment of the data")]
    UnknownReference {
        /// As asked for.
        reference: String,
        /// What there is.
        treatments: Vec<String>,
    },
    /// Treatments that no chain of randomised comparisons joins to the reference.
    #[error("no randomised comparison joins {} to the reference", treatments.join(", "))]
    Disconnected {
        /// Those treatments.
        treatments: Vec<String>,
    },
    /// Only the reference is left.
    #[error("no study compares another treatment with the reference")]
    NoComparison,
    /// A correlation outside [0, 1).
    #[error("a correlation of {found} within arms; it must be at least 0 and below 1")]
    BadCorrelation {
        /// As asked for.
        found: f64,
    },
    /// More parameters than points.
    #[error("{points} points cannot carry {parameters} parameters")]
    TooFewPoints {
        /// Points.
        points: usize,
        /// Parameters, those of each study included.
        parameters: usize,
    },
    /// The linear part cannot be solved at any shape.
    #[error("the visits do not determine the curve: its columns depend on each other")]
    Singular,
    /// Windows that cannot be.
    #[error("{message}")]
    BadWindows {
        /// What is wrong.
        message: String,
    },
    /// Chains that did not agree, hardly moved, or diverged.
    #[error("the posterior was not sampled well enough to be used: {why}")]
    NotSampled {
        /// What was found.
        why: String,
    },
    /// An option that does not go with another.
    #[error("{message}")]
    Options {
        /// Which.
        message: String,
    },
}
