//! Checks of the numbers that enter a measure.

use crate::{EffectError, Input};

/// Finite and 0 or more.
pub(crate) fn not_negative(input: Input, x: f64) -> Result<f64, EffectError> {
    if !x.is_finite() {
        Err(EffectError::Overflow)
    } else if x < 0.0 {
        Err(EffectError::Negative { input, found: x })
    } else {
        Ok(x)
    }
}

/// Finite and above 0.
pub(crate) fn positive(input: Input, x: f64) -> Result<f64, EffectError> {
    match not_negative(input, x) {
        Ok(x) if x > 0.0 => Ok(x),
        Ok(found) => Err(EffectError::NotPositive { input, found }),
        Err(error) => Err(error),
    }
}

/// Finite and at least `needed`.
pub(crate) fn at_least(input: Input, x: f64, needed: f64) -> Result<f64, EffectError> {
    let x = not_negative(input, x)?;
    if x < needed {
        Err(EffectError::TooSmall {
            input,
            found: x,
            needed,
        })
    } else {
        Ok(x)
    }
}

/// Between `lower` and `upper`, both included.
pub(crate) fn within(input: Input, x: f64, lower: f64, upper: f64) -> Result<f64, EffectError> {
    if (lower..=upper).contains(&x) {
        Ok(x)
    } else if x.is_finite() {
        Err(EffectError::OutOfRange {
            input,
            found: x,
            lower,
            upper,
        })
    } else {
        Err(EffectError::Overflow)
    }
}

/// Finite.
pub(crate) fn finite(x: f64) -> Result<f64, EffectError> {
    if x.is_finite() {
        Ok(x)
    } else {
        Err(EffectError::Overflow)
    }
}

/// No value, and why.
pub(crate) fn undefined<T>(reason: &'static str) -> Result<T, EffectError> {
    Err(EffectError::Undefined { reason })
}
