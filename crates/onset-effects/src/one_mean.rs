//! One group with a mean and a standard deviation.

use crate::check::{at_least, not_negative, undefined};
use crate::means::{Group, hedges_j};
use crate::{Effect, EffectError, Input};

/// A checked group whose errors name `sdi` and `ni`.
///
/// # Errors
/// `Overflow`, `Negative` standard deviation, `TooSmall` size.
pub fn group(mean: f64, sd: f64, n: f64) -> Result<Group, EffectError> {
    Group::checked(mean, sd, n, Input::Sdi, Input::Ni)
}

/// Mean: y = m, v = s^2/n.
///
/// # Errors
/// `Overflow`.
pub fn mean(g: Group) -> Result<Effect, EffectError> {
    Effect::finite(g.mean, g.mean_variance())
}

/// Standardised mean: y = J(n - 1) m/s, v = 1/n + y^2/(2n).
///
/// # Errors
/// `TooSmall` for fewer than 3 people; `Undefined` when the standard deviation is 0.
pub fn standardised_mean(g: Group) -> Result<Effect, EffectError> {
    at_least(Input::Ni, g.n, 3.0)?;
    if g.sd == 0.0 {
        return undefined("the standard deviation is 0");
    }
    let y = hedges_j(g.n - 1.0) * g.mean / g.sd;
    Effect::finite(y, (1.0 + y * y / 2.0) / g.n)
}

/// Log mean: y = ln m, v = s^2/(n m^2).
///
/// # Errors
/// `Undefined` when the mean is not above 0.
pub fn log_mean(g: Group) -> Result<Effect, EffectError> {
    if g.mean <= 0.0 {
        return undefined("the mean is not above 0");
    }
    Effect::finite(g.mean.ln(), (g.sd / g.mean).powi(2) / g.n)
}

/// Log standard deviation: y = ln s + 1/(2(n - 1)), v = 1/(2(n - 1)).
///
/// # Errors
/// `Negative` standard deviation, `TooSmall` size; `Undefined` when the standard deviation is 0.
///
/// # Source
/// Raudenbush & Bryk 1987, J Educ Stat 12:241.
pub fn log_sd(sd: f64, n: f64) -> Result<Effect, EffectError> {
    not_negative(Input::Sdi, sd)?;
    at_least(Input::Ni, n, 2.0)?;
    if sd == 0.0 {
        return undefined("the standard deviation is 0");
    }
    let v = 0.5 / (n - 1.0);
    Effect::finite(sd.ln() + v, v)
}

/// Log coefficient of variation: y = ln(s/m) + 1/(2(n - 1)), v = 1/(2(n - 1)) + s^2/(n m^2).
///
/// # Errors
/// `Undefined` when the mean is not above 0 or the standard deviation is 0.
///
/// # Source
/// Nakagawa et al. 2015, Methods Ecol Evol 6:143, eq. 27 without the correlation term.
pub fn log_coefficient_of_variation(g: Group) -> Result<Effect, EffectError> {
    let (sd, mean) = (log_sd(g.sd, g.n)?, log_mean(g)?);
    Effect::finite(sd.y - mean.y, sd.v + mean.v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let g = group(4.0, 2.0, 5.0).unwrap();
        assert_eq!(mean(g).unwrap(), Effect { y: 4.0, v: 0.8 });
        let s = standardised_mean(g).unwrap();
        let y = 2.0 * hedges_j(4.0);
        assert!((s.y - y).abs() < 1e-15 && (s.v - (0.2 + y * y / 10.0)).abs() < 1e-15);
        assert!((log_mean(g).unwrap().v - 0.05).abs() < 1e-16);
        assert!((log_sd(2.0, 5.0).unwrap().y - (2.0_f64.ln() + 0.125)).abs() < 1e-15);
        let cv = log_coefficient_of_variation(g).unwrap();
        assert!((cv.y - (0.125 - 2.0_f64.ln())).abs() < 1e-15 && (cv.v - 0.175).abs() < 1e-15);
        assert!(
            log_mean(group(-4.0, 2.0, 5.0).unwrap())
                .unwrap_err()
                .is_undefined()
        );
    }
}
