//! Fail-safe N: how many studies without effect would take the result away.

use super::SmallStudyError;
use super::error::at_least;
use crate::pool::{Options, PredictionChoice, Test, pool};
use onset_effects::Effects;
use onset_math::normal;
use serde::Serialize;

/// Kinds of fail-safe N.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FailSafeKind {
    /// Until the sum of z-values is not significant, one-sided.
    Rosenthal,
    /// Until the unweighted mean falls to a target.
    Orwin,
    /// Until the common-effect mean is not significant.
    Rosenberg,
    /// Until the random-effects mean is not significant.
    General,
}

impl FailSafeKind {
    /// Every kind.
    pub const ALL: [FailSafeKind; 4] = [
        FailSafeKind::Rosenthal,
        FailSafeKind::Orwin,
        FailSafeKind::Rosenberg,
        FailSafeKind::General,
    ];

    /// The name.
    pub fn code(self) -> &'static str {
        match self {
            FailSafeKind::Rosenthal => "Rosenthal",
            FailSafeKind::Orwin => "Orwin",
            FailSafeKind::Rosenberg => "Rosenberg",
            FailSafeKind::General => "General",
        }
    }
}

/// A fail-safe N.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailSafe {
    /// Which.
    pub kind: FailSafeKind,
    /// Smallest number of studies that do it; 0 where the result is not significant to begin with. Beyond
    /// [`FailSafe::MOST`] it is `None`.
    pub n: Option<u64>,
}

impl FailSafe {
    /// The search of the General number stops here.
    pub const MOST: u64 = 10_000_000;
}

/// Fail-safe N.
///
/// # Formula
/// Rosenthal: (sum z)^2/z_alpha^2 - k, one-sided. Orwin: k (mean - target)/target, unweighted mean, target
/// half of it unless given. Rosenberg: the N studies of effect 0 and average weight that take the
/// common-effect mean to z_(alpha/2). General: N studies of effect 0, the harmonic mean of the sampling
/// variances and the same tau2; the mixture has tau2 + p (1-p) mean^2, p = k/(k+N), and its mean is tested
/// at z_(alpha/2) with the observed effects in it. All rounded up.
/// # Inputs
/// `alpha` in (0, 1), 0.05 by custom. `target`: for Orwin only, of the sign of the mean.
/// # Errors
/// `TooFewStudies` below 2, `NotFinite` for an alpha or target that cannot be.
/// # Source
/// Rosenthal 1979, Psychol Bull 86:638; Orwin 1983, J Educ Stat 8:157; Rosenberg 2005, Evolution 59:464.
/// A fail-safe N is no evidence that a result is sound: Becker 2005.
pub fn fail_safe(
    effects: &Effects,
    kind: FailSafeKind,
    alpha: f64,
    target: Option<f64>,
    options: &Options,
) -> Result<FailSafe, SmallStudyError> {
    at_least(effects.k(), 2)?;
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(SmallStudyError::NotFinite { quantity: "alpha" });
    }
    let (y, v, k) = (effects.y(), effects.v(), effects.k() as f64);
    let two_sided = normal::upper_quantile(0.5 * alpha);
    let n = match kind {
        FailSafeKind::Rosenthal => {
            let z = y.iter().zip(v).map(|(y, v)| y / v.sqrt()).sum::<f64>();
            let one_sided = normal::upper_quantile(alpha);
            up(z * z / (one_sided * one_sided) - k)
        }
        FailSafeKind::Orwin => {
            let mean = y.iter().sum::<f64>() / k;
            let target = target.unwrap_or(0.5 * mean);
            // no number of null studies reaches a target beyond 0
            if target * mean <= 0.0 {
                return Err(SmallStudyError::NotFinite {
                    quantity: "a target of 0 or of the other sign",
                });
            }
            up(k * (mean - target) / target)
        }
        FailSafeKind::Rosenberg => {
            let sum: f64 = v.iter().map(|v| 1.0 / v).sum();
            let weighted: f64 = y.iter().zip(v).map(|(y, v)| y / v).sum();
            up(((weighted / two_sided).powi(2) - sum) * k / sum)
        }
        FailSafeKind::General => return general(effects, two_sided, options),
    };
    Ok(FailSafe { kind, n })
}

/// Rounded up, a hair of rounding forgiven.
fn up(n: f64) -> Option<u64> {
    const HAIR: f64 = 1e-9;
    let n = (n - HAIR * n.abs().max(1.0)).ceil().max(0.0);
    (n < 1e18).then_some(n as u64)
}

fn general(effects: &Effects, quantile: f64, options: &Options) -> Result<FailSafe, SmallStudyError> {
    let (y, v, k) = (effects.y(), effects.v(), effects.k() as f64);
    let bare = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..*options
    }
    .with_test(Test::Z);
    let pooled = pool(effects, &bare)?.value;
    let (mean, tau2) = (pooled.mean.estimate, pooled.tau2.value);
    let harmonic = k / v.iter().map(|v| 1.0 / v).sum::<f64>();
    let significant = |n: u64| {
        let p = k / (k + n as f64);
        let t = tau2 + p * (1.0 - p) * mean * mean;
        let (mut sum, mut weighted) = (n as f64 / (harmonic + t), 0.0);
        for (y, v) in y.iter().zip(v) {
            sum += 1.0 / (v + t);
            weighted += y / (v + t);
        }
        (weighted / sum.sqrt()).abs() > quantile
    };
    let kind = FailSafeKind::General;
    if !significant(0) {
        return Ok(FailSafe { kind, n: Some(0) });
    }
    let (mut low, mut high) = (0, 1);
    while significant(high) {
        if high >= FailSafe::MOST {
            return Ok(FailSafe { kind, n: None });
        }
        low = high;
        high *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if significant(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(FailSafe { kind, n: Some(high) })
}
