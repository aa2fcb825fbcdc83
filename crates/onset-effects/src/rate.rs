//! One group with events over person-time.

use crate::check::{not_negative, positive, undefined};
use crate::{Effect, EffectError, Input};

/// Checked events and person-time of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// Events.
    pub x: f64,
    /// Person-time.
    pub t: f64,
}

impl Count {
    /// Checks and keeps the numbers.
    ///
    /// # Errors
    /// `Negative` events, person-time that is not above 0.
    pub fn new(x: f64, t: f64) -> Result<Count, EffectError> {
        Ok(Count {
            x: not_negative(Input::Xi, x)?,
            t: positive(Input::Ti, t)?,
        })
    }

    /// The same with `add` events more.
    #[must_use]
    pub fn plus(self, add: f64) -> Count {
        Count {
            x: self.x + add,
            ..self
        }
    }
}

/// Incidence rate: y = x/t, v = x/t^2.
///
/// # Errors
/// `Overflow`.
pub fn rate(c: Count) -> Result<Effect, EffectError> {
    Effect::finite(c.x / c.t, c.x / c.t / c.t)
}

/// Log incidence rate: y = ln(x/t), v = 1/x.
///
/// # Errors
/// `Undefined` without events.
pub fn log_rate(c: Count) -> Result<Effect, EffectError> {
    if c.x == 0.0 {
        return undefined("there are no events");
    }
    Effect::finite((c.x / c.t).ln(), 1.0 / c.x)
}

/// Square root of the rate: y = sqrt(x/t), v = 1/(4t).
///
/// # Errors
/// `Overflow`.
pub fn root_rate(c: Count) -> Result<Effect, EffectError> {
    Effect::finite((c.x / c.t).sqrt(), 0.25 / c.t)
}

/// Freeman-Tukey: y = (sqrt(x/t) + sqrt((x + 1)/t))/2, v = 1/(4t).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Freeman & Tukey 1950, Ann Math Stat 21:607.
pub fn freeman_tukey(c: Count) -> Result<Effect, EffectError> {
    Effect::finite(
        ((c.x / c.t).sqrt() + ((c.x + 1.0) / c.t).sqrt()) / 2.0,
        0.25 / c.t,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let c = Count::new(9.0, 36.0).unwrap();
        assert_eq!(
            rate(c).unwrap(),
            Effect {
                y: 0.25,
                v: 0.25 / 36.0
            }
        );
        assert_eq!(
            root_rate(c).unwrap(),
            Effect {
                y: 0.5,
                v: 0.25 / 36.0
            }
        );
        assert!((log_rate(c).unwrap().y + 4.0_f64.ln()).abs() < 1e-15);
        let ft = freeman_tukey(Count::new(0.0, 4.0).unwrap()).unwrap();
        assert_eq!(ft, Effect { y: 0.25, v: 0.0625 });
        assert!(
            log_rate(Count::new(0.0, 4.0).unwrap())
                .unwrap_err()
                .is_undefined()
        );
        assert!(Count::new(-1.0, 4.0).is_err());
    }
}
