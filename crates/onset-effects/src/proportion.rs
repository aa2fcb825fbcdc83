//! One group with counts: a proportion and its transforms.

use crate::check::{not_negative, positive, undefined};
use crate::{Effect, EffectError, Input};
use onset_math::normal;
use std::f64::consts::PI;

/// Checked events and non-events of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Events.
    pub x: f64,
    /// Non-events.
    pub other: f64,
}

impl Share {
    /// From events and non-events.
    ///
    /// # Errors
    /// `Negative`; `NotPositive` for an empty group.
    pub fn new(x: f64, other: f64) -> Result<Share, EffectError> {
        not_negative(Input::Xi, x)?;
        not_negative(Input::Mi, other)?;
        positive(Input::Ni, x + other)?;
        Ok(Share { x, other })
    }

    /// From events and group size.
    ///
    /// # Errors
    /// `EventsExceedTotal`, and those of [`Share::new`].
    pub fn from_total(x: f64, n: f64) -> Result<Share, EffectError> {
        Share::new(x, crate::two_by_two::non_events(Input::Xi, x, Input::Ni, n)?)
    }

    /// The same with `add` events and non-events more.
    #[must_use]
    pub fn plus(self, add: f64) -> Share {
        Share {
            x: self.x + add,
            other: self.other + add,
        }
    }

    /// Whether nobody or everybody has the event.
    pub fn has_zero(&self) -> bool {
        self.x == 0.0 || self.other == 0.0
    }

    /// Size.
    pub fn n(&self) -> f64 {
        self.x + self.other
    }

    /// Proportion.
    pub fn p(&self) -> f64 {
        self.x / self.n()
    }

    fn q(&self) -> f64 {
        self.other / self.n()
    }
}

/// Proportion: y = p, v = pq/n.
///
/// # Errors
/// `Overflow`.
pub fn proportion(s: Share) -> Result<Effect, EffectError> {
    Effect::finite(s.p(), s.p() * s.q() / s.n())
}

/// Log proportion: y = ln p, v = 1/x - 1/n.
///
/// # Errors
/// `Undefined` without events.
pub fn log_proportion(s: Share) -> Result<Effect, EffectError> {
    if s.x == 0.0 {
        return undefined("there are no events");
    }
    Effect::finite(s.p().ln(), s.q() / s.x)
}

/// Log odds: y = ln(p/q), v = 1/x + 1/(n - x).
///
/// # Errors
/// `Undefined` when nobody or everybody has the event.
pub fn log_odds(s: Share) -> Result<Effect, EffectError> {
    if s.has_zero() {
        return undefined("nobody or everybody has the event");
    }
    Effect::finite((s.x / s.other).ln(), 1.0 / s.x + 1.0 / s.other)
}

/// Probit: y = z, the standard normal quantile of p, v = 2 pi pq e^(z^2)/n.
///
/// # Errors
/// `Undefined` when nobody or everybody has the event.
pub fn probit(s: Share) -> Result<Effect, EffectError> {
    if s.has_zero() {
        return undefined("nobody or everybody has the event");
    }
    let z = normal::quantile(s.p());
    Effect::finite(z, 2.0 * PI * s.p() * s.q() * (z * z).exp() / s.n())
}

/// Arcsine: y = asin sqrt(p), v = 1/(4n).
///
/// # Errors
/// `Overflow`.
pub fn arcsine(s: Share) -> Result<Effect, EffectError> {
    Effect::finite(s.p().sqrt().asin(), 0.25 / s.n())
}

/// Freeman-Tukey double arcsine: y = (asin sqrt(x/(n+1)) + asin sqrt((x+1)/(n+1)))/2, v = 1/(4n + 2).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Freeman & Tukey 1950, Ann Math Stat 21:607.
pub fn freeman_tukey(s: Share) -> Result<Effect, EffectError> {
    let n = s.n();
    let y = ((s.x / (n + 1.0)).sqrt().asin() + ((s.x + 1.0) / (n + 1.0)).sqrt().min(1.0).asin()) / 2.0;
    Effect::finite(y, 1.0 / (4.0 * n + 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let s = Share::from_total(5.0, 20.0).unwrap();
        let check = |e: Effect, y: f64, v: f64| {
            assert!(
                (e.y - y).abs() < 1e-15 && (e.v - v).abs() < 1e-15,
                "{e:?} {y} {v}"
            );
        };
        check(proportion(s).unwrap(), 0.25, 0.1875 / 20.0);
        check(log_proportion(s).unwrap(), 0.25_f64.ln(), 0.15);
        check(log_odds(s).unwrap(), -(3.0_f64.ln()), 0.2 + 1.0 / 15.0);
        check(arcsine(s).unwrap(), PI / 6.0, 0.0125);
        check(probit(Share::new(10.0, 10.0).unwrap()).unwrap(), 0.0, PI / 40.0);
        check(
            freeman_tukey(Share::new(0.0, 3.0).unwrap()).unwrap(),
            PI / 12.0,
            1.0 / 14.0,
        );
        assert!(Share::from_total(21.0, 20.0).is_err());
        assert!(
            log_odds(Share::new(0.0, 3.0).unwrap())
                .unwrap_err()
                .is_undefined()
        );
    }
}
