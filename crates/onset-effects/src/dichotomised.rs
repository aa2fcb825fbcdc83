//! Standardised mean differences from 2 x 2 tables whose outcome was dichotomised.

use crate::check::undefined;
use crate::two_by_two::{Cells, log_odds_ratio};
use crate::{Effect, EffectError};
use onset_math::normal;
use std::f64::consts::PI;

/// Probit difference: y = z1 - z2, z = quantile of the risk, v = 2 pi (p1 q1 e^(z1^2)/n1 + p2 q2 e^(z2^2)/n2).
///
/// # Errors
/// `Undefined` when a cell is empty.
///
/// # Source
/// Sánchez-Meca, Marín-Martínez & Chacón-Moscoso 2003, Psychol Methods 8:448.
pub fn probit_difference(t: Cells) -> Result<Effect, EffectError> {
    if t.has_zero() {
        return undefined("a cell is empty");
    }
    let part = |x: f64, other: f64, n: f64| {
        let z = normal::quantile(x / n);
        (z, 2.0 * PI * (x / n) * (other / n) * (z * z).exp() / n)
    };
    let (z1, v1) = part(t.a, t.b, t.n1());
    let (z2, v2) = part(t.c, t.d, t.n2());
    Effect::finite(z1 - z2, v1 + v2)
}

/// Log odds ratio times sqrt(3)/pi, for logistic responses; v times 3/pi^2.
///
/// # Errors
/// `Undefined` when a cell is empty.
///
/// # Source
/// Chinn 2000, Stat Med 19:3127.
pub fn odds_to_d_logistic(t: Cells) -> Result<Effect, EffectError> {
    scaled(t, 3.0_f64.sqrt() / PI)
}

/// Log odds ratio divided by 1.65, for normal responses; v divided by 1.65^2.
///
/// # Errors
/// `Undefined` when a cell is empty.
///
/// # Source
/// Cox & Snell 1989, Analysis of Binary Data.
pub fn odds_to_d_normal(t: Cells) -> Result<Effect, EffectError> {
    scaled(t, 1.0 / 1.65)
}

fn scaled(t: Cells, factor: f64) -> Result<Effect, EffectError> {
    let or = log_odds_ratio(t)?;
    Effect::finite(or.y * factor, or.v * factor * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let t = Cells::new(3.0, 1.0, 1.0, 3.0).unwrap();
        let d = odds_to_d_logistic(t).unwrap();
        assert!((d.y - 9.0_f64.ln() * 3.0_f64.sqrt() / PI).abs() < 1e-15);
        assert!((d.v - 8.0 / 3.0 * 3.0 / (PI * PI)).abs() < 1e-15);
        // Half of each group: z = 0, v = 2 pi / 4 (1/n1 + 1/n2).
        let t = Cells::new(5.0, 5.0, 10.0, 10.0).unwrap();
        let p = probit_difference(t).unwrap();
        assert!(p.y.abs() < 1e-15 && (p.v - PI / 2.0 * 0.15).abs() < 1e-15);
    }
}
