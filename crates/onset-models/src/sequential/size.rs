//! How much information a conclusion would need.

use super::{SequentialError, positive, probability};
use onset_math::normal;

/// People needed in all trials together for a difference, two arms of equal size.
///
/// # Formula
/// RIS = 4 (z_(1-alpha/2) + z_(1-beta))^2 s^2/delta^2; with diversity DARIS = RIS/(1 - D^2).
/// # Inputs
/// `difference` and `sd` in one unit (a standardised mean difference has sd 1); `alpha` two-sided; `diversity` in [0, 1).
/// # Errors
/// `NotPositive`, `BadProbability`.
/// # Source
/// Wetterslev et al. 2009, BMC Med Res Methodol 9:86.
pub fn required_for_difference(
    difference: f64,
    sd: f64,
    alpha: f64,
    beta: f64,
    diversity: f64,
) -> Result<f64, SequentialError> {
    positive("the difference", difference.abs())?;
    positive("the standard deviation", sd)?;
    Ok(4.0 * sd * sd * required_information(difference, alpha, beta, diversity)?)
}

/// Statistical information 1/variance needed for an effect on any scale.
///
/// # Formula
/// I = (z_(1-alpha/2) + z_(1-beta))^2/delta^2/(1 - D^2).
/// # Errors
/// As [`required_for_difference`].
pub fn required_information(
    delta: f64,
    alpha: f64,
    beta: f64,
    diversity: f64,
) -> Result<f64, SequentialError> {
    positive("the effect", delta.abs())?;
    probability("alpha", alpha)?;
    probability("beta", beta)?;
    if !(0.0..1.0).contains(&diversity) {
        return Err(SequentialError::BadProbability {
            what: "diversity",
            found: diversity,
        });
    }
    let z = normal::upper_quantile(0.5 * alpha) + normal::upper_quantile(beta);
    Ok(z * z / (delta * delta) / (1.0 - diversity))
}

/// D^2 = (V_R - V_F)/V_R from the variances of the random-effects and the common-effect mean; 0 where negative.
///
/// # Source
/// Wetterslev et al. 2009.
pub fn diversity(random: f64, common: f64) -> f64 {
    if random > common {
        (random - common) / random
    } else {
        0.0
    }
}
