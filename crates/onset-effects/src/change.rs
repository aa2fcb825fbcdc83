//! One group under two conditions, or two matched groups: mean change and its standardised forms.

use crate::check::{at_least, finite, not_negative, undefined, within};
use crate::means::{Group, hedges_j};
use crate::ratios::{mean_ratio, squared_cv};
use crate::{Effect, EffectError, Input};
use onset_math::normal;

/// Checked means and standard deviations under two conditions, their correlation and the sample size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// Mean under condition 1.
    pub mean1: f64,
    /// Mean under condition 2.
    pub mean2: f64,
    /// Standard deviation under condition 1.
    pub sd1: f64,
    /// Standard deviation under condition 2.
    pub sd2: f64,
    /// Correlation of the two measurements.
    pub r: f64,
    /// People, or pairs.
    pub n: f64,
}

impl Paired {
    /// Checks and keeps the numbers.
    ///
    /// # Errors
    /// `Overflow`, `Negative` standard deviation, `OutOfRange` correlation, `TooSmall` sample (below 2).
    pub fn new(means: [f64; 2], sds: [f64; 2], r: f64, n: f64) -> Result<Paired, EffectError> {
        Ok(Paired {
            mean1: finite(means[0])?,
            mean2: finite(means[1])?,
            sd1: not_negative(Input::Sd1i, sds[0])?,
            sd2: not_negative(Input::Sd2i, sds[1])?,
            r: within(Input::Ri, r, -1.0, 1.0)?,
            n: at_least(Input::Ni, n, 2.0)?,
        })
    }

    /// Standard deviation of the change: s^2 = s1^2 + s2^2 - 2 r s1 s2.
    pub fn sd_change(&self) -> f64 {
        let largest = self.sd1.max(self.sd2);
        if largest == 0.0 {
            return 0.0;
        }
        let (a, b) = (self.sd1 / largest, self.sd2 / largest);
        largest * (a * a + b * b - 2.0 * self.r * a * b).max(0.0).sqrt()
    }

    fn difference(&self) -> f64 {
        self.mean1 - self.mean2
    }

    /// (s1^4 + s2^4 + 2 r^2 s1^2 s2^2)/s^4.
    fn fourth(&self, s: f64) -> f64 {
        let (a, b) = ((self.sd1 / s).powi(2), (self.sd2 / s).powi(2));
        a * a + b * b + 2.0 * self.r * self.r * a * b
    }

    fn average_sd(&self) -> f64 {
        (self.sd1 / 2.0_f64.sqrt()).hypot(self.sd2 / 2.0_f64.sqrt())
    }
}

/// Mean change: y = m1 - m2, v = s^2/n with s the standard deviation of the change.
///
/// # Errors
/// `Overflow`.
pub fn mean_change(p: Paired) -> Result<Effect, EffectError> {
    let s = p.sd_change();
    Effect::finite(p.difference(), s * (s / p.n))
}

/// Standardised by the standard deviation of the change: y = J(n - 1) (m1 - m2)/s, v = 1/n + y^2/(2n).
///
/// # Errors
/// `TooSmall` sample (below 3), `Undefined` when the change has no spread.
///
/// # Source
/// Gibbons, Hedeker & Davis 1993, J Educ Stat 18:271.
pub fn smd_change(p: Paired) -> Result<Effect, EffectError> {
    let (d, j) = (change_d(p)?, hedges_j(p.n - 1.0));
    let y = d * j;
    Effect::finite(y, (1.0 + y * y / 2.0) / p.n)
}

/// The same with v = J^2 (1/n + d^2/(2n)).
///
/// # Errors
/// Those of [`smd_change`].
pub fn smd_change_ls2(p: Paired) -> Result<Effect, EffectError> {
    let (d, j) = (change_d(p)?, hedges_j(p.n - 1.0));
    Effect::finite(d * j, j * j * (1.0 + d * d / 2.0) / p.n)
}

/// The same with the unbiased variance 1/n + (1 - (m - 2)/(m J^2)) y^2, m = n - 1.
///
/// # Errors
/// Those of [`smd_change`].
///
/// # Source
/// Hedges 1983, Psychol Bull 93:388, eq. 9, with one sample in the place of two.
pub fn smd_change_unbiased(p: Paired) -> Result<Effect, EffectError> {
    let (d, m) = (change_d(p)?, p.n - 1.0);
    let j = hedges_j(m);
    let y = d * j;
    Effect::finite(y, 1.0 / p.n + (1.0 - (m - 2.0) / (m * j * j)) * y * y)
}

fn change_d(p: Paired) -> Result<f64, EffectError> {
    at_least(Input::Ni, p.n, 3.0)?;
    let s = p.sd_change();
    if s == 0.0 {
        return undefined("the change has no spread");
    }
    finite(p.difference() / s)
}

/// Standardised by the standard deviation of condition 1: y = J(n - 1) (m1 - m2)/s1,
/// v = 2(1 - r)/n + y^2/(2n). The standard deviation of condition 2 is not used.
///
/// # Errors
/// `TooSmall` sample (below 3), `Undefined` when s1 is 0.
///
/// # Source
/// Becker 1988, Br J Math Stat Psychol 41:257.
pub fn smd_raw(p: Paired) -> Result<Effect, EffectError> {
    let y = raw_d(p)?;
    Effect::finite(y, (2.0 * (1.0 - p.r) + y * y / 2.0) / p.n)
}

/// The same for unequal variances: v = (s/s1)^2/(n - 1) + y^2/(2(n - 1)), s that of the change.
///
/// # Errors
/// Those of [`smd_raw`].
///
/// # Source
/// Bonett 2008, Psychol Methods 13:99.
pub fn smd_raw_unequal(p: Paired) -> Result<Effect, EffectError> {
    let y = raw_d(p)?;
    Effect::finite(y, ((p.sd_change() / p.sd1).powi(2) + y * y / 2.0) / (p.n - 1.0))
}

fn raw_d(p: Paired) -> Result<f64, EffectError> {
    at_least(Input::Ni, p.n, 3.0)?;
    if p.sd1 == 0.0 {
        return undefined("the standard deviation of condition 1 is 0");
    }
    finite(hedges_j(p.n - 1.0) * p.difference() / p.sd1)
}

/// Standardised by the average standard deviation s, s^2 = (s1^2 + s2^2)/2:
/// y = J(2(n - 1)/(1 + r^2)) (m1 - m2)/s, v = 2(1 - r)/n + y^2 (1 + r^2)/(4n).
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Cousineau 2020, Quant Methods Psychol 16:418.
pub fn smd_pooled(p: Paired) -> Result<Effect, EffectError> {
    let y = pooled_d(p)?;
    Effect::finite(y, (2.0 * (1.0 - p.r) + y * y * (1.0 + p.r * p.r) / 4.0) / p.n)
}

/// The same for unequal variances:
/// v = ((sc/s)^2 + y^2 (s1^4 + s2^4 + 2 r^2 s1^2 s2^2)/(8 s^4))/(n - 1), sc that of the change.
///
/// # Errors
/// Those of [`smd_pooled`].
///
/// # Source
/// Bonett 2008.
pub fn smd_pooled_unequal(p: Paired) -> Result<Effect, EffectError> {
    let y = pooled_d(p)?;
    let s = p.average_sd();
    Effect::finite(
        y,
        ((p.sd_change() / s).powi(2) + y * y * p.fourth(s) / 8.0) / (p.n - 1.0),
    )
}

fn pooled_d(p: Paired) -> Result<f64, EffectError> {
    let (s, df) = (p.average_sd(), 2.0 * (p.n - 1.0) / (1.0 + p.r * p.r));
    if s == 0.0 {
        return undefined("both standard deviations are 0");
    }
    if df <= 1.0 {
        return Err(EffectError::TooSmall {
            input: Input::Ni,
            found: p.n,
            needed: 3.0,
        });
    }
    finite(hedges_j(df) * p.difference() / s)
}

/// Common language effect size: y = Phi(D), D = (m1 - m2)/sqrt(S), S = s1^2 + s2^2;
/// v = phi(D)^2 (s^2/S + D^2 (s1^4 + s2^4 + 2 r^2 s1^2 s2^2)/(2 S^2))/(n - 1), s that of the change.
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// McGraw & Wong 1992, Psychol Bull 111:361; variance by the delta method.
pub fn common_language_normal(p: Paired) -> Result<Effect, EffectError> {
    let s = p.sd1.hypot(p.sd2);
    if s == 0.0 {
        return undefined("both standard deviations are 0");
    }
    let d = p.difference() / s;
    let v = ((p.sd_change() / s).powi(2) + d * d * p.fourth(s) / 2.0) / (p.n - 1.0);
    Effect::finite(normal::cdf(d), normal::pdf(d).powi(2) * v)
}

/// Log ratio of means with second-order bias correction: y = ln(m1/m2) + (c1 - c2)/2, c = s^2/(n m^2),
/// v = c1 + c2 - 2 r sqrt(c1 c2).
///
/// # Errors
/// `Undefined` when the means are 0 or of opposite sign.
///
/// # Source
/// Lajeunesse 2011, Ecology 92:2049; correction Lajeunesse 2015, Ecology 96:2056.
pub fn ratio_of_means(p: Paired) -> Result<Effect, EffectError> {
    let ratio = mean_ratio(p.mean1, p.mean2)?;
    let c1 = squared_cv(Group {
        mean: p.mean1,
        sd: p.sd1,
        n: p.n,
    });
    let c2 = squared_cv(Group {
        mean: p.mean2,
        sd: p.sd2,
        n: p.n,
    });
    Effect::finite(
        ratio + (c1 - c2) / 2.0,
        (c1 + c2 - 2.0 * p.r * (c1 * c2).sqrt()).max(0.0),
    )
}

/// Log variability ratio: y = ln(s1/s2), v = (1 - r^2)/(n - 1).
///
/// # Errors
/// `Undefined` when a standard deviation is 0.
///
/// # Source
/// Nakagawa et al. 2015, Methods Ecol Evol 6:143, for dependent measurements.
pub fn variability_ratio(p: Paired) -> Result<Effect, EffectError> {
    if p.sd1 == 0.0 || p.sd2 == 0.0 {
        return undefined("a standard deviation is 0");
    }
    Effect::finite((p.sd1 / p.sd2).ln(), (1.0 - p.r * p.r) / (p.n - 1.0))
}

/// Log ratio of coefficients of variation: the variability ratio less the corrected ratio of means.
///
/// # Errors
/// Those of [`variability_ratio`] and [`ratio_of_means`].
///
/// # Source
/// Nakagawa et al. 2015, for dependent measurements.
pub fn coefficient_of_variation_ratio(p: Paired) -> Result<Effect, EffectError> {
    let (spread, means) = (variability_ratio(p)?, ratio_of_means(p)?);
    Effect::finite(spread.y - means.y, spread.v + means.v)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Paired {
        Paired::new([10.0, 8.0], [2.0, 2.0], 0.5, 5.0).unwrap()
    }

    #[test]
    fn by_hand() {
        // s^2 = 4 + 4 - 4 = 4.
        assert_eq!(mean_change(pair()).unwrap(), Effect { y: 2.0, v: 0.8 });
        let j = hedges_j(4.0);
        let c = smd_change(pair()).unwrap();
        assert!((c.y - j).abs() < 1e-15 && (c.v - (0.2 + j * j / 10.0)).abs() < 1e-15);
        // r = 1/2: 2(1 - r) = 1, so that raw and change scaling agree here.
        let raw = smd_raw(pair()).unwrap();
        assert!((raw.y - c.y).abs() < 1e-15 && (raw.v - c.v).abs() < 1e-15);
        let pooled = smd_pooled(pair()).unwrap();
        let y = hedges_j(6.4);
        assert!((pooled.y - y).abs() < 1e-15 && (pooled.v - (0.2 + y * y * 1.25 / 20.0)).abs() < 1e-15);
        assert_eq!(variability_ratio(pair()).unwrap(), Effect { y: 0.0, v: 0.1875 });
        let rom = ratio_of_means(pair()).unwrap();
        let (c1, c2) = (0.008, 0.0125);
        assert!((rom.y - (1.25_f64.ln() + (c1 - c2) / 2.0)).abs() < 1e-15);
        assert!((rom.v - (c1 + c2 - f64::sqrt(c1 * c2))).abs() < 1e-15);
    }

    #[test]
    fn perfect_correlation_leaves_no_spread() {
        let p = Paired::new([10.0, 8.0], [2.0, 2.0], 1.0, 5.0).unwrap();
        assert!(smd_change(p).unwrap_err().is_undefined());
        assert_eq!(mean_change(p).unwrap().v, 0.0);
        assert!(Paired::new([1.0, 2.0], [1.0, 1.0], 1.1, 5.0).is_err());
    }
}
