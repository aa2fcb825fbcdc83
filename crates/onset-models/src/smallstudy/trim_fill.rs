//! Trim and fill.

use super::SmallStudyError;
use super::asymmetry::{egger, thompson_sharp};
use super::error::at_least;
use crate::pool::{Estimate, Options, PredictionChoice, Test, pool};
use onset_effects::Effects;
use serde::Serialize;

/// Estimator of the number of missing studies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TrimFillEstimator {
    /// From the rank sum.
    L0,
    /// From the rightmost run of ranks.
    R0,
    /// From the rank sum, quadratic.
    Q0,
}

impl TrimFillEstimator {
    /// Every estimator.
    pub const ALL: [TrimFillEstimator; 3] = [
        TrimFillEstimator::L0,
        TrimFillEstimator::R0,
        TrimFillEstimator::Q0,
    ];

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            TrimFillEstimator::L0 => "L0",
            TrimFillEstimator::R0 => "R0",
            TrimFillEstimator::Q0 => "Q0",
        }
    }

    /// Missing studies given k effects whose positive signed ranks sum to `positive` and whose largest
    /// negative rank is `negative`.
    fn missing(self, k: f64, positive: f64, negative: f64) -> f64 {
        match self {
            TrimFillEstimator::L0 => (4.0 * positive - k * (k + 1.0)) / (2.0 * k - 1.0),
            TrimFillEstimator::R0 => k - negative - 1.0,
            TrimFillEstimator::Q0 => {
                let inside = 2.0 * k * k - 4.0 * positive + 0.25;
                // every effect on one side leaves nothing under the root: at most k are missing
                k - 0.5 - inside.max(0.0).sqrt()
            }
        }
    }
}

/// Side on which studies are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingSide {
    /// Small effects are missing.
    Left,
    /// Large effects are missing.
    Right,
}

impl MissingSide {
    /// `left` or `right`.
    pub fn code(self) -> &'static str {
        match self {
            MissingSide::Left => "left",
            MissingSide::Right => "right",
        }
    }
}

/// Trim and fill's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct TrimFill {
    /// Estimator of the number of missing studies.
    pub estimator: TrimFillEstimator,
    /// Studies filled in.
    pub k0: usize,
    /// Where.
    pub side: MissingSide,
    /// Mean of all studies and those filled in.
    pub mean: Estimate,
    /// Its between-study variance.
    pub tau2: f64,
    /// Effects and variances filled in.
    pub filled: Vec<(f64, f64)>,
    /// Whether the rounds came to rest; if not, the last round is given.
    pub converged: bool,
}

const ROUNDS: usize = 100;

/// Trim and fill.
///
/// # Formula
/// Round by round the k0 most extreme studies of the fuller side are trimmed, the mean b of the rest is
/// pooled, and k0 is estimated again from the ranks of |y - b| until it stays. Then the trimmed studies are
/// mirrored about b, and all are pooled. The side is opposite to the slope of the mixed-effects Egger line.
/// # Inputs
/// `effects`: k >= 3. `options`: its estimator of tau2 pools; the test is z unless one is given.
/// # Errors
/// `TooFewStudies`; `NoVariation` when all standard errors are equal: there is no side.
/// # Source
/// Duval & Tweedie 2000, Biometrics 56:455, and JASA 95:89.
pub fn trim_fill(
    effects: &Effects,
    estimator: TrimFillEstimator,
    options: &Options,
) -> Result<TrimFill, SmallStudyError> {
    at_least(effects.k(), 3)?;
    let side = side(effects, options)?;
    let options = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        test: Some(options.test.unwrap_or(Test::Z)),
        ..*options
    };
    let sign = if side == MissingSide::Right { -1.0 } else { 1.0 };
    let mut order: Vec<usize> = (0..effects.k()).collect();
    order.sort_by(|&a, &b| (sign * effects.y()[a]).total_cmp(&(sign * effects.y()[b])));
    let y: Vec<f64> = order.iter().map(|&i| sign * effects.y()[i]).collect();
    let v: Vec<f64> = order.iter().map(|&i| effects.v()[i]).collect();
    let (mut k0, mut centre, mut converged) = (0, 0.0, false);
    for _ in 0..ROUNDS {
        let kept = y.len() - k0;
        centre = pooled(&y[..kept], &v[..kept], &options)?.0.estimate;
        let found = missing(&y, centre, estimator).min(y.len() - 1);
        if found == k0 {
            converged = true;
            break;
        }
        k0 = found;
    }
    let from = y.len() - k0;
    let filled: Vec<(f64, f64)> = y[from..]
        .iter()
        .zip(&v[from..])
        .map(|(y, v)| (sign * (2.0 * centre - y), *v))
        .collect();
    let (mut all_y, mut all_v) = (effects.y().to_vec(), effects.v().to_vec());
    for &(y, v) in &filled {
        all_y.push(y);
        all_v.push(v);
    }
    let (mean, tau2) = pooled(&all_y, &all_v, &options)?;
    Ok(TrimFill {
        estimator,
        k0,
        side,
        mean,
        tau2,
        filled,
        converged,
    })
}

/// The side opposite to the slope.
fn side(effects: &Effects, options: &Options) -> Result<MissingSide, SmallStudyError> {
    let slope = match options.method {
        crate::pool::Method::Common => egger(effects)?.slope,
        crate::pool::Method::Random(_) => thompson_sharp(effects, options)?[0].slope,
    };
    Ok(if slope < 0.0 {
        MissingSide::Right
    } else {
        MissingSide::Left
    })
}

fn pooled(y: &[f64], v: &[f64], options: &Options) -> Result<(Estimate, f64), SmallStudyError> {
    let labels = vec![String::new(); y.len()];
    let not_finite = SmallStudyError::NotFinite {
        quantity: "a filled-in effect",
    };
    let effects = Effects::new(y.to_vec(), v.to_vec(), labels).map_err(|_| not_finite)?;
    let pooled = pool(&effects, options)?.value;
    Ok((pooled.mean, pooled.tau2.value))
}

/// Number of missing studies, from effects in ascending order.
fn missing(y: &[f64], centre: f64, estimator: TrimFillEstimator) -> usize {
    let mut order: Vec<usize> = (0..y.len()).collect();
    // ties keep the order of the effects
    order.sort_by(|&a, &b| (y[a] - centre).abs().total_cmp(&(y[b] - centre).abs()));
    let (mut positive, mut negative) = (0.0, 0.0);
    for (rank, &study) in order.iter().enumerate() {
        let rank = rank as f64 + 1.0;
        if y[study] > centre {
            positive += rank;
        } else if y[study] < centre {
            negative = rank;
        }
    }
    let found = estimator.missing(y.len() as f64, positive, negative);
    found.round_ties_even().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimators_by_hand() {
        // effects about 0: ranks of |y| are 1 (-0.1), 2 (0.5), 3 (0.9), 4 (1.4); positive ranks sum to 9
        let y = [-0.1, 0.5, 0.9, 1.4];
        // L0: (36 - 20)/7 = 2.29; R0: 4 - 1 - 1; Q0: 3.5 - sqrt(32 - 36 + .25) -> 3.5
        assert_eq!(missing(&y, 0.0, TrimFillEstimator::L0), 2);
        assert_eq!(missing(&y, 0.0, TrimFillEstimator::R0), 2);
        assert_eq!(missing(&y, 0.0, TrimFillEstimator::Q0), 4);
    }
}
