//! Probability of superiority: common language effect size and area under the curve.

use crate::check::{at_least, undefined, within};
use crate::means::Group;
use crate::{Effect, EffectError, Input};
use onset_math::normal;

/// Common language effect size of two normal groups: y = Phi(D), D = (m1 - m2)/sqrt(s1^2 + s2^2);
/// v = phi(D)^2 (s1^2/(n1-1) + s2^2/(n2-1) + D^2/2 (s1^4/(n1-1) + s2^4/(n2-1))/S)/S, S = s1^2 + s2^2.
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// McGraw & Wong 1992, Psychol Bull 111:361; variance by the delta method.
pub fn common_language_normal(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let s = g1.sd.hypot(g2.sd);
    if s == 0.0 {
        return undefined("both standard deviations are 0");
    }
    let d = (g1.mean - g2.mean) / s;
    let (r1, r2) = ((g1.sd / s).powi(2), (g2.sd / s).powi(2));
    let (w1, w2) = (1.0 / (g1.n - 1.0), 1.0 / (g2.n - 1.0));
    let v = r1 * w1 + r2 * w2 + d * d / 2.0 * (r1 * r1 * w1 + r2 * r2 * w2);
    Effect::finite(normal::cdf(d), normal::pdf(d).powi(2) * v)
}

/// Area under the curve, distribution-free: with N* = (n1 + n2)/2 - 1,
/// v = A(1-A) (1 + N* (1-A)/(2-A) + N* A/(1+A)) / ((n1-1)(n2-1)).
///
/// # Errors
/// `OutOfRange` area, `TooSmall` groups.
///
/// # Source
/// Newcombe 2006, Stat Med 25:559, after Hanley & McNeil 1982, Radiology 143:29.
pub fn area_under_curve(area: f64, n1: f64, n2: f64) -> Result<Effect, EffectError> {
    let a = checked(area, n1, n2)?;
    let half = (n1 + n2) / 2.0 - 1.0;
    let spread = 1.0 + half * (1.0 - a) / (2.0 - a) + half * a / (1.0 + a);
    Effect::finite(a, a * (1.0 - a) * spread / (n1 - 1.0) / (n2 - 1.0))
}

/// Area under the curve of two normal groups of equal variance: with D = quantile(A),
/// v = phi(D)^2 (1/n1 + 1/n2 + D^2/N)/2.
///
/// # Errors
/// `OutOfRange` area, `TooSmall` groups, `Undefined` at 0 and 1.
///
/// # Source
/// Goddard & Hinberg 1990, Stat Med 9:325; delta method on d = sqrt(2) D.
pub fn area_under_curve_normal(area: f64, n1: f64, n2: f64) -> Result<Effect, EffectError> {
    let a = checked(area, n1, n2)?;
    if a == 0.0 || a == 1.0 {
        return undefined("an area of 0 or 1 has no normal deviate");
    }
    let d = normal::quantile(a);
    let v = normal::pdf(d).powi(2) * (1.0 / n1 + 1.0 / n2 + d * d / (n1 + n2)) / 2.0;
    Effect::finite(a, v)
}

fn checked(area: f64, n1: f64, n2: f64) -> Result<f64, EffectError> {
    at_least(Input::N1i, n1, 2.0)?;
    at_least(Input::N2i, n2, 2.0)?;
    within(Input::Ai, area, 0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // A = 1/2, n = 3 + 3: N* = 2, v = 1/4 (1 + 2/3 + 2/3)/4.
        let auc = area_under_curve(0.5, 3.0, 3.0).unwrap();
        assert!((auc.v - 0.25 * (7.0 / 3.0) / 4.0).abs() < 1e-15);
        let normal = area_under_curve_normal(0.5, 4.0, 4.0).unwrap();
        assert!((normal.v - 0.25 / (2.0 * std::f64::consts::PI)).abs() < 1e-15);
        let (g1, g2) = (
            Group::new(1.0, 1.0, 5.0).unwrap(),
            Group::second(1.0, 1.0, 5.0).unwrap(),
        );
        let cles = common_language_normal(g1, g2).unwrap();
        assert!((cles.y - 0.5).abs() < 1e-15);
        assert!((cles.v - 0.25 / (2.0 * std::f64::consts::PI)).abs() < 1e-15);
        assert!(area_under_curve(1.5, 9.0, 9.0).is_err());
    }
}
