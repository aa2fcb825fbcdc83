//! Events over person-time in two groups.

use crate::check::{not_negative, positive, undefined};
use crate::{Effect, EffectError, Input};

/// Checked events and person-time of two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PersonTime {
    /// Events in group 1.
    pub x1: f64,
    /// Events in group 2.
    pub x2: f64,
    /// Person-time of group 1, in any unit.
    pub t1: f64,
    /// Person-time of group 2, in the same unit.
    pub t2: f64,
}

impl PersonTime {
    /// Checks and keeps the numbers.
    ///
    /// # Errors
    /// `Negative` events, person-time that is not above 0.
    pub fn new(x1: f64, x2: f64, t1: f64, t2: f64) -> Result<PersonTime, EffectError> {
        Ok(PersonTime {
            x1: not_negative(Input::X1i, x1)?,
            x2: not_negative(Input::X2i, x2)?,
            t1: positive(Input::T1i, t1)?,
            t2: positive(Input::T2i, t2)?,
        })
    }

    /// The same with `add` events more in both groups.
    #[must_use]
    pub fn plus(self, add: f64) -> PersonTime {
        PersonTime {
            x1: self.x1 + add,
            x2: self.x2 + add,
            ..self
        }
    }

    /// Whether a group has no events.
    pub fn has_zero(&self) -> bool {
        self.x1 == 0.0 || self.x2 == 0.0
    }
}

/// Log incidence rate ratio: y = ln(x1/t1) - ln(x2/t2), v = 1/x1 + 1/x2.
///
/// # Errors
/// `Undefined` when a group has no events.
///
/// # Source
/// Bagos & Nikolopoulos 2009, Int J Biostat 5(1).
pub fn log_rate_ratio(t: PersonTime) -> Result<Effect, EffectError> {
    if t.has_zero() {
        return undefined("a group has no events");
    }
    Effect::finite((t.x1 / t.t1).ln() - (t.x2 / t.t2).ln(), 1.0 / t.x1 + 1.0 / t.x2)
}

/// Incidence rate difference: y = x1/t1 - x2/t2, v = x1/t1^2 + x2/t2^2.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Bagos & Nikolopoulos 2009.
pub fn rate_difference(t: PersonTime) -> Result<Effect, EffectError> {
    Effect::finite(t.x1 / t.t1 - t.x2 / t.t2, t.x1 / t.t1 / t.t1 + t.x2 / t.t2 / t.t2)
}

/// Square-root transformed rate difference: y = sqrt(x1/t1) - sqrt(x2/t2), v = 1/(4 t1) + 1/(4 t2).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Bagos & Nikolopoulos 2009.
pub fn root_rate_difference(t: PersonTime) -> Result<Effect, EffectError> {
    Effect::finite(
        (t.x1 / t.t1).sqrt() - (t.x2 / t.t2).sqrt(),
        0.25 / t.t1 + 0.25 / t.t2,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let t = PersonTime::new(4.0, 9.0, 100.0, 100.0).unwrap();
        let irr = log_rate_ratio(t).unwrap();
        assert!((irr.y - (4.0_f64 / 9.0).ln()).abs() < 1e-15 && (irr.v - 13.0 / 36.0).abs() < 1e-15);
        let ird = rate_difference(t).unwrap();
        assert!((ird.y + 0.05).abs() < 1e-16 && (ird.v - 13.0 / 10_000.0).abs() < 1e-16);
        let irsd = root_rate_difference(t).unwrap();
        assert!((irsd.y + 0.1).abs() < 1e-15 && (irsd.v - 0.005).abs() < 1e-16);
        assert!(PersonTime::new(4.0, 9.0, 0.0, 100.0).is_err());
    }
}
