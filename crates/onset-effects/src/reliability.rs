//! Cronbach's alpha and its transforms.

use crate::check::{at_least, undefined, within};
use crate::{Effect, EffectError, Input};

/// A checked alpha with its number of items and sample size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alpha {
    alpha: f64,
    m: f64,
    n: f64,
}

impl Alpha {
    /// Checks and keeps alpha (at most 1), the number of items (2 or more) and the sample size (3 or more).
    ///
    /// # Errors
    /// `OutOfRange`, `TooSmall`.
    pub fn new(alpha: f64, m: f64, n: f64) -> Result<Alpha, EffectError> {
        let alpha = within(Input::Ai, alpha, f64::MIN, 1.0)?;
        Ok(Alpha {
            alpha,
            m: at_least(Input::Mi, m, 2.0)?,
            n: at_least(Input::Ni, n, 3.0)?,
        })
    }

    /// 2m/((m - 1)(n - 2)).
    fn spread(&self) -> f64 {
        2.0 * self.m / (self.m - 1.0) / (self.n - 2.0)
    }
}

/// Alpha: y = a, v = 2m (1 - a)^2/((m - 1)(n - 2)).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Bonett 2010, Psychol Methods 15:368.
pub fn alpha(a: Alpha) -> Result<Effect, EffectError> {
    Effect::finite(a.alpha, a.spread() * (1.0 - a.alpha).powi(2))
}

/// Hakstian and Whalen: y = 1 - (1 - a)^(1/3), v = 18m (n - 1)(1 - a)^(2/3)/((m - 1)(9n - 11)^2).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Hakstian & Whalen 1976, Psychometrika 41:219.
pub fn hakstian_whalen(a: Alpha) -> Result<Effect, EffectError> {
    let root = (1.0 - a.alpha).cbrt();
    let v = 18.0 * a.m * (a.n - 1.0) * root * root / ((a.m - 1.0) * (9.0 * a.n - 11.0).powi(2));
    Effect::finite(1.0 - root, v)
}

/// Bonett: y = -ln(1 - a), v = 2m/((m - 1)(n - 2)).
///
/// # Errors
/// `Undefined` when alpha is 1.
///
/// # Source
/// Bonett 2002, J Educ Behav Stat 27:335.
pub fn bonett(a: Alpha) -> Result<Effect, EffectError> {
    if a.alpha == 1.0 {
        return undefined("alpha is 1");
    }
    Effect::finite(-(-a.alpha).ln_1p(), a.spread())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // a = 0.875: (1 - a)^(1/3) = 1/2. m = 5, n = 12: 10/(4 * 10) = 1/4.
        let a = Alpha::new(0.875, 5.0, 12.0).unwrap();
        assert_eq!(
            alpha(a).unwrap(),
            Effect {
                y: 0.875,
                v: 0.25 / 64.0
            }
        );
        let hw = hakstian_whalen(a).unwrap();
        assert!((hw.y - 0.5).abs() < 1e-15 && (hw.v - 18.0 * 55.0 / 4.0 / (4.0 * 97.0 * 97.0)).abs() < 1e-15);
        let b = bonett(a).unwrap();
        assert!((b.y - 8.0_f64.ln()).abs() < 1e-15 && (b.v - 0.25).abs() < 1e-16);
        assert!(Alpha::new(1.1, 5.0, 12.0).is_err());
    }
}
