//! One effect with its sampling variance, and why there may be none.

use crate::Input;
use thiserror::Error;

/// An effect on the analysis scale and its sampling variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Estimate.
    pub y: f64,
    /// Sampling variance, in squared units of `y`.
    pub v: f64,
}

impl Effect {
    /// Keeps `y` and `v` when they are finite.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn finite(y: f64, v: f64) -> Result<Effect, EffectError> {
        if y.is_finite() && v.is_finite() {
            Ok(Effect { y, v })
        } else {
            Err(EffectError::Overflow)
        }
    }

    /// Standard error.
    pub fn se(self) -> f64 {
        self.v.sqrt()
    }
}

/// Why a row has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum EffectError {
    /// A count, standard deviation or size is negative.
    #[error("{} is negative", .input.meaning())]
    Negative {
        /// Column.
        input: Input,
        /// Value.
        found: f64,
    },
    /// A value that must be above 0 is not.
    #[error("{} must be above 0", .input.meaning())]
    NotPositive {
        /// Column.
        input: Input,
        /// Value.
        found: f64,
    },
    /// More events than people.
    #[error("{found} events among {size} people")]
    EventsExceedTotal {
        /// Column of the events.
        input: Input,
        /// Events.
        found: f64,
        /// People.
        size: f64,
    },
    /// A size too small for the measure.
    #[error("{} is too small for this measure", .input.meaning())]
    TooSmall {
        /// Column.
        input: Input,
        /// Value.
        found: f64,
        /// Least value.
        needed: f64,
    },
    /// A value outside its range.
    #[error("{} is out of range", .input.meaning())]
    OutOfRange {
        /// Column.
        input: Input,
        /// Value.
        found: f64,
        /// Lower limit.
        lower: f64,
        /// Upper limit.
        upper: f64,
    },
    /// The numbers are so large or so small that the effect is not a finite double.
    #[error("the effect or its variance is beyond the range of numbers")]
    Overflow,
    /// The measure has no value for these numbers; no rule is broken.
    #[error("the measure is not defined here: {reason}")]
    Undefined {
        /// Why.
        reason: &'static str,
    },
    /// The measure has a value but no variance.
    #[error("the measure has no sampling variance here: {reason}")]
    NoVariance {
        /// Estimate.
        y: f64,
        /// Why.
        reason: &'static str,
    },
}

impl EffectError {
    /// Whether the numbers are sound and only the measure has no value for them.
    pub fn is_undefined(&self) -> bool {
        matches!(
            self,
            EffectError::Undefined { .. } | EffectError::NoVariance { .. }
        )
    }

    /// Column to blame.
    pub fn input(&self) -> Option<Input> {
        match *self {
            EffectError::Negative { input, .. }
            | EffectError::NotPositive { input, .. }
            | EffectError::EventsExceedTotal { input, .. }
            | EffectError::TooSmall { input, .. }
            | EffectError::OutOfRange { input, .. } => Some(input),
            EffectError::Overflow | EffectError::Undefined { .. } | EffectError::NoVariance { .. } => None,
        }
    }

    /// Value found there.
    pub fn found(&self) -> Option<f64> {
        match *self {
            EffectError::Negative { found, .. }
            | EffectError::NotPositive { found, .. }
            | EffectError::EventsExceedTotal { found, .. }
            | EffectError::TooSmall { found, .. }
            | EffectError::OutOfRange { found, .. } => Some(found),
            EffectError::Overflow | EffectError::Undefined { .. } | EffectError::NoVariance { .. } => None,
        }
    }

    /// What is allowed there.
    pub fn allowed(&self) -> Option<String> {
        match *self {
            EffectError::Negative { .. } => Some("0 or more".to_owned()),
            EffectError::NotPositive { .. } => Some("above 0".to_owned()),
            EffectError::EventsExceedTotal { size, .. } => Some(format!("at most {size}")),
            EffectError::TooSmall { needed, .. } => Some(format!("at least {needed}")),
            EffectError::OutOfRange { lower, upper, .. } => Some(format!("{lower} to {upper}")),
            EffectError::Overflow | EffectError::Undefined { .. } | EffectError::NoVariance { .. } => None,
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            EffectError::EventsExceedTotal { .. } => Some("are the columns events and n swapped?"),
            EffectError::Overflow => Some("is a number mistyped, or in another unit?"),
            EffectError::Negative { .. } => Some("is the column the right one?"),
            _ => None,
        }
    }
}
