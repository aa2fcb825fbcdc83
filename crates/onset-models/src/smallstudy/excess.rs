//! Test of excess significance.

use super::SmallStudyError;
use super::error::at_least;
use onset_effects::Effects;
use onset_math::normal;

/// Observed and expected numbers of significant studies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excess {
    /// Studies with a two-sided p-value below alpha.
    pub observed: usize,
    /// Sum of their powers at the common-effect mean.
    pub expected: f64,
    /// One-sided p-value: more significant studies than expected.
    pub p: f64,
}

/// Test of excess significance.
///
/// # Formula
/// power_i = P(|Z + b/sqrt(v_i)| > z_(alpha/2)), b the common-effect mean; A = (O-E)^2/E + (O-E)^2/(k-E),
/// p = P(Z > sign(O-E) sqrt(A)).
/// # Inputs
/// `alpha` in (0, 1), 0.05 by custom.
/// # Errors
/// `TooFewStudies` below 2, `NotFinite`.
/// # Source
/// Ioannidis & Trikalinos 2007, Clin Trials 4:245.
pub fn excess_significance(effects: &Effects, alpha: f64) -> Result<Excess, SmallStudyError> {
    at_least(effects.k(), 2)?;
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(SmallStudyError::NotFinite { quantity: "alpha" });
    }
    let z = normal::upper_quantile(0.5 * alpha);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (y, v) in effects.y().iter().zip(effects.v()) {
        sum += 1.0 / v;
        weighted += y / v;
    }
    let mean = weighted / sum;
    let (mut observed, mut expected) = (0, 0.0);
    for (y, v) in effects.y().iter().zip(effects.v()) {
        let se = v.sqrt();
        observed += usize::from(y.abs() / se > z);
        expected += normal::sf(z - mean / se) + normal::sf(z + mean / se);
    }
    let difference = observed as f64 - expected;
    let rest = effects.k() as f64 - expected;
    let statistic = (difference * difference * (1.0 / expected + 1.0 / rest)).sqrt();
    Ok(Excess {
        observed,
        expected,
        // every power 1 leaves nothing to exceed
        p: if rest > 0.0 {
            normal::sf(statistic.copysign(difference))
        } else {
            0.5
        },
    })
}
