//! Two independent groups with means: mean difference and standardised mean differences.

use crate::check::{at_least, finite, not_negative, undefined};
use crate::{Effect, EffectError, Input};
use onset_math::special;

/// A checked group: mean, standard deviation of its people (0 or more) and size (at least 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Size.
    pub n: f64,
}

impl Group {
    /// Checks and keeps group 1; [`second`](Group::second) is the same for group 2, so that errors name it.
    ///
    /// # Errors
    /// `Overflow` for numbers that are not finite, `Negative` standard deviation, `TooSmall` size.
    pub fn new(mean: f64, sd: f64, n: f64) -> Result<Group, EffectError> {
        Group::checked(mean, sd, n, Input::Sd1i, Input::N1i)
    }

    /// Checks and keeps group 2.
    ///
    /// # Errors
    /// Those of [`Group::new`].
    pub fn second(mean: f64, sd: f64, n: f64) -> Result<Group, EffectError> {
        Group::checked(mean, sd, n, Input::Sd2i, Input::N2i)
    }

    pub(crate) fn checked(
        mean: f64,
        sd: f64,
        n: f64,
        of_sd: Input,
        of_n: Input,
    ) -> Result<Group, EffectError> {
        let mean = finite(mean)?;
        Ok(Group {
            mean,
            sd: not_negative(of_sd, sd)?,
            n: at_least(of_n, n, 2.0)?,
        })
    }

    /// Variance of the mean.
    pub fn mean_variance(&self) -> f64 {
        self.sd * (self.sd / self.n)
    }
}

/// Exact small-sample correction J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)), m above 1.
///
/// # Source
/// Hedges 1981, J Educ Stat 6:107.
///
/// ```
/// // m = 2: Gamma(1) / Gamma(1/2) = 1/sqrt(pi).
/// let j = onset_effects::means::hedges_j(2.0);
/// assert!((j - 1.0 / std::f64::consts::PI.sqrt()).abs() < 1e-14);
/// ```
pub fn hedges_j(m: f64) -> f64 {
    const LARGE: f64 = 200.0;
    if m < LARGE {
        return (special::ln_gamma(m / 2.0) - special::ln_gamma((m - 1.0) / 2.0)).exp() / (m / 2.0).sqrt();
    }
    // Gamma(z + 1/2)/Gamma(z) for large z (Tricomi & Erdelyi); the next term is below 1e-14 at z = 99.
    let z = (m - 1.0) / 2.0;
    let w = 1.0 / z;
    let series = 1.0
        + w * (-1.0 / 8.0
            + w * (1.0 / 128.0 + w * (5.0 / 1024.0 + w * (-21.0 / 32768.0 - w * 399.0 / 262_144.0))));
    series * (z / (m / 2.0)).sqrt()
}

/// Mean difference: y = m1 - m2, v = s1^2/n1 + s2^2/n2.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Borenstein 2009, in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed., eq. 12.5.
pub fn mean_difference(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    Effect::finite(g1.mean - g2.mean, g1.mean_variance() + g2.mean_variance())
}

/// Cohen's d: the difference in pooled standard deviations, uncorrected.
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
pub fn cohen_d(g1: Group, g2: Group) -> Result<f64, EffectError> {
    let (w1, w2) = (g1.n - 1.0, g2.n - 1.0);
    let largest = g1.sd.max(g2.sd);
    if largest == 0.0 {
        return undefined("both standard deviations are 0");
    }
    let (r1, r2) = (g1.sd / largest, g2.sd / largest);
    let pooled = largest * ((w1 * r1 * r1 + w2 * r2 * r2) / (w1 + w2)).sqrt();
    finite((g1.mean - g2.mean) / pooled)
}

/// Variance of d, or of g, about its own value: 1/n1 + 1/n2 + d^2/(2N).
///
/// # Source
/// Hedges 1982, Psychol Bull 92:490, eq. 8.
pub fn d_variance(d: f64, n1: f64, n2: f64) -> f64 {
    1.0 / n1 + 1.0 / n2 + d * d / (2.0 * (n1 + n2))
}

/// Hedges g: d times the exact correction J(n1 + n2 - 2); v = 1/n1 + 1/n2 + g^2/(2N).
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Hedges 1981; variance Hedges 1982, eq. 8.
///
/// ```
/// use onset_effects::means::{Group, smd};
/// let g = smd(Group::new(12.1, 4.2, 25.0).unwrap(), Group::second(15.6, 5.1, 27.0).unwrap()).unwrap();
/// assert!((g.y + 0.735070738487258).abs() < 1e-13);
/// ```
pub fn smd(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let g = cohen_d(g1, g2)? * hedges_j(g1.n + g2.n - 2.0);
    Effect::finite(g, d_variance(g, g1.n, g2.n))
}

/// Hedges g with the variance J^2 (1/n1 + 1/n2 + d^2/(2N)).
///
/// # Errors
/// Those of [`smd`].
///
/// # Source
/// Borenstein 2009, eq. 12.17.
pub fn smd_ls2(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let (d, j) = (cohen_d(g1, g2)?, hedges_j(g1.n + g2.n - 2.0));
    Effect::finite(d * j, j * j * d_variance(d, g1.n, g2.n))
}

/// Hedges g with the unbiased variance 1/n1 + 1/n2 + (1 - (m - 2)/(m J^2)) g^2, m = N - 2.
///
/// # Errors
/// Those of [`smd`].
///
/// # Source
/// Hedges 1983, Psychol Bull 93:388, eq. 9.
pub fn smd_unbiased(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let m = g1.n + g2.n - 2.0;
    let j = hedges_j(m);
    let g = cohen_d(g1, g2)? * j;
    Effect::finite(
        g,
        1.0 / g1.n + 1.0 / g2.n + (1.0 - (m - 2.0) / (m * j * j)) * g * g,
    )
}

/// Standardised by the square root of the average variance; variances may differ between the groups.
///
/// y = J(N - 2) (m1 - m2)/s, s^2 = (s1^2 + s2^2)/2;
/// v = y^2 (s1^4/(n1-1) + s2^4/(n2-1))/(8 s^4) + (s1^2/(n1-1) + s2^2/(n2-1))/s^2.
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Bonett 2009, Psychol Methods 14:225.
pub fn smd_unequal(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let s = (g1.sd / 2.0_f64.sqrt()).hypot(g2.sd / 2.0_f64.sqrt());
    if s == 0.0 {
        return undefined("both standard deviations are 0");
    }
    let (r1, r2) = ((g1.sd / s).powi(2), (g2.sd / s).powi(2));
    let y = hedges_j(g1.n + g2.n - 2.0) * (g1.mean - g2.mean) / s;
    let (w1, w2) = (1.0 / (g1.n - 1.0), 1.0 / (g2.n - 1.0));
    Effect::finite(y, y * y * (r1 * r1 * w1 + r2 * r2 * w2) / 8.0 + r1 * w1 + r2 * w2)
}

/// Glass's delta: the difference in standard deviations of group 2, y = J(n2 - 1) (m1 - m2)/s2;
/// v = 1/n1 + 1/n2 + y^2/(2 n2). Only the size of group 1 is used, not its standard deviation.
///
/// # Errors
/// `TooSmall` when group 2 has fewer than 3 people; `Undefined` when its standard deviation is 0.
///
/// # Source
/// Hedges 1981.
pub fn smd_glass(mean1: f64, n1: f64, g2: Group) -> Result<Effect, EffectError> {
    let y = glass(mean1, g2)?;
    Effect::finite(y, 1.0 / n1 + 1.0 / g2.n + y * y / (2.0 * g2.n))
}

/// Glass's delta with v = (s1/s2)^2/(n1 - 1) + 1/(n2 - 1) + y^2/(2 (n2 - 1)); variances may differ.
///
/// # Errors
/// Those of [`smd_glass`].
///
/// # Source
/// Bonett 2009.
pub fn smd_glass_unequal(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let y = glass(g1.mean, g2)?;
    let ratio = (g1.sd / g2.sd).powi(2);
    Effect::finite(y, ratio / (g1.n - 1.0) + (1.0 + y * y / 2.0) / (g2.n - 1.0))
}

fn glass(mean1: f64, g2: Group) -> Result<f64, EffectError> {
    at_least(Input::N2i, g2.n, 3.0)?;
    if g2.sd == 0.0 {
        return undefined("the standard deviation of group 2 is 0");
    }
    Ok(hedges_j(g2.n - 1.0) * (mean1 - g2.mean) / g2.sd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correction_agrees_with_its_two_forms_and_its_limit() {
        // J(3) = Gamma(1.5)/(sqrt(1.5) Gamma(1)) = sqrt(pi)/2/sqrt(1.5).
        let by_hand = std::f64::consts::PI.sqrt() / 2.0 / 1.5_f64.sqrt();
        assert!((hedges_j(3.0) - by_hand).abs() < 1e-15);
        for m in [199.0, 199.999_999] {
            let direct = hedges_j(m);
            let beyond = hedges_j(200.0 + (m - 199.0));
            assert!(direct < beyond && beyond < 1.0);
        }
        let direct = (special::ln_gamma(100.0) - special::ln_gamma(99.5)).exp() / 100.0_f64.sqrt();
        assert!((hedges_j(200.0) / direct - 1.0).abs() < 1e-12);
        assert!((hedges_j(1e12) - 1.0 + 0.75e-12).abs() < 1e-15);
    }

    #[test]
    fn by_hand() {
        let (g1, g2) = (
            Group::new(10.0, 2.0, 4.0).unwrap(),
            Group::second(8.0, 2.0, 4.0).unwrap(),
        );
        let md = mean_difference(g1, g2).unwrap();
        assert_eq!((md.y, md.v), (2.0, 2.0));
        assert!((cohen_d(g1, g2).unwrap() - 1.0).abs() < 1e-15);
        let j = hedges_j(6.0);
        let g = smd(g1, g2).unwrap();
        assert!((g.y - j).abs() < 1e-15 && (g.v - (0.5 + j * j / 16.0)).abs() < 1e-15);
        // Equal standard deviations: the two scales agree.
        assert!((smd_unequal(g1, g2).unwrap().y - g.y).abs() < 1e-15);
        let glass = smd_glass(10.0, 4.0, g2).unwrap();
        assert!((glass.y - hedges_j(3.0)).abs() < 1e-15);
    }

    #[test]
    fn a_change_of_unit_leaves_standardised_differences_alone() {
        let (g1, g2) = (
            Group::new(1.0, 2.0, 9.0).unwrap(),
            Group::second(0.5, 3.0, 7.0).unwrap(),
        );
        let scaled = |g: Group| Group {
            mean: g.mean * 1e150,
            sd: g.sd * 1e150,
            n: g.n,
        };
        for f in [smd, smd_ls2, smd_unbiased, smd_unequal, smd_glass_unequal] {
            let (x, z) = (f(g1, g2).unwrap(), f(scaled(g1), scaled(g2)).unwrap());
            assert!((x.y - z.y).abs() < 1e-14 && (x.v - z.v).abs() < 1e-14);
        }
    }

    #[test]
    fn impossible_groups_are_errors() {
        assert!(matches!(
            Group::new(0.0, -1.0, 5.0),
            Err(EffectError::Negative { .. })
        ));
        assert!(matches!(
            Group::new(0.0, 1.0, 1.0),
            Err(EffectError::TooSmall { .. })
        ));
        assert!(matches!(
            Group::new(f64::INFINITY, 1.0, 9.0),
            Err(EffectError::Overflow)
        ));
        let (g1, g2) = (
            Group::new(1e308, 1.0, 5.0).unwrap(),
            Group::second(-1e308, 1.0, 5.0).unwrap(),
        );
        assert!(matches!(mean_difference(g1, g2), Err(EffectError::Overflow)));
    }
}
