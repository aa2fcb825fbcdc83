//! Ratios of means, standard deviations and coefficients of variation of two independent groups.

use crate::check::undefined;
use crate::means::Group;
use crate::{Effect, EffectError};

/// Log ratio of means with second-order bias correction.
///
/// y = ln(m1/m2) + (c1 - c2)/2, v = c1 + c2, c = s^2/(n m^2).
///
/// # Errors
/// `Undefined` when the means are 0 or of opposite sign.
///
/// # Source
/// Hedges, Gurevitch & Curtis 1999, Ecology 80:1150; correction Lajeunesse 2015, Ecology 96:2056.
pub fn ratio_of_means(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let ratio = mean_ratio(g1.mean, g2.mean)?;
    let (c1, c2) = (squared_cv(g1), squared_cv(g2));
    Effect::finite(ratio + (c1 - c2) / 2.0, c1 + c2)
}

/// Log variability ratio: y = ln(s1/s2) + 1/(2(n1-1)) - 1/(2(n2-1)), v = 1/(2(n1-1)) + 1/(2(n2-1)).
///
/// # Errors
/// `Undefined` when a standard deviation is 0.
///
/// # Source
/// Nakagawa et al. 2015, Methods Ecol Evol 6:143.
pub fn variability_ratio(sd1: f64, n1: f64, sd2: f64, n2: f64) -> Result<Effect, EffectError> {
    if sd1 == 0.0 || sd2 == 0.0 {
        return undefined("a standard deviation is 0");
    }
    let (w1, w2) = (0.5 / (n1 - 1.0), 0.5 / (n2 - 1.0));
    Effect::finite((sd1 / sd2).ln() + w1 - w2, w1 + w2)
}

/// Log ratio of coefficients of variation: the variability ratio less the ratio of means, both corrected;
/// the variances add, because mean and standard deviation are independent in normal data.
///
/// # Errors
/// Those of [`variability_ratio`] and [`ratio_of_means`].
///
/// # Source
/// Nakagawa et al. 2015, eq. 12 without the correlation terms; correction Lajeunesse 2015.
pub fn coefficient_of_variation_ratio(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let spread = variability_ratio(g1.sd, g1.n, g2.sd, g2.n)?;
    let means = ratio_of_means(g1, g2)?;
    Effect::finite(spread.y - means.y, spread.v + means.v)
}

/// s^2/(n m^2).
pub(crate) fn squared_cv(g: Group) -> f64 {
    (g.sd / g.mean).powi(2) / g.n
}

/// ln(m1/m2).
pub(crate) fn mean_ratio(mean1: f64, mean2: f64) -> Result<f64, EffectError> {
    if mean1 == 0.0 || mean2 == 0.0 || (mean1 > 0.0) != (mean2 > 0.0) {
        return undefined("a ratio needs two means of the same sign, neither 0");
    }
    Ok((mean1 / mean2).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let (g1, g2) = (
            Group::new(4.0, 2.0, 5.0).unwrap(),
            Group::second(2.0, 1.0, 9.0).unwrap(),
        );
        // c1 = 4/(5 * 16) = 0.05; c2 = 1/(9 * 4) = 1/36.
        let rom = ratio_of_means(g1, g2).unwrap();
        let (c1, c2) = (0.05, 1.0 / 36.0);
        assert!(
            (rom.y - (2.0_f64.ln() + (c1 - c2) / 2.0)).abs() < 1e-15 && (rom.v - (c1 + c2)).abs() < 1e-15
        );
        let vr = variability_ratio(2.0, 5.0, 1.0, 9.0).unwrap();
        assert!((vr.y - (2.0_f64.ln() + 0.125 - 0.0625)).abs() < 1e-15 && (vr.v - 0.1875).abs() < 1e-15);
        let cvr = coefficient_of_variation_ratio(g1, g2).unwrap();
        assert!((cvr.y - (0.0625 - (c1 - c2) / 2.0)).abs() < 1e-15);
        assert!((cvr.v - (0.1875 + c1 + c2)).abs() < 1e-15);
    }

    #[test]
    fn means_of_opposite_sign_have_no_ratio() {
        let (g1, g2) = (
            Group::new(4.0, 2.0, 5.0).unwrap(),
            Group::second(-2.0, 1.0, 9.0).unwrap(),
        );
        assert!(ratio_of_means(g1, g2).unwrap_err().is_undefined());
    }
}
