//! Effects adjusted for a flaw with a published prior on the bias it makes.

use super::expectancy::{ExpectancyError, finite, spread};
use onset_effects::Effects;

/// What meta-epidemiology says about the bias of flawed trials, in units of y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BiasPrior {
    /// Mean bias of a trial with the flaw, B0.
    pub mean: f64,
    /// Standard error of B0.
    pub standard_error: f64,
    /// Standard deviation of bias between trials of one meta-analysis, kappa.
    pub between_trials: f64,
    /// Standard deviation of mean bias between meta-analyses, phi.
    pub between_meta_analyses: f64,
}

/// A mean with the bias taken out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BiasAdjusted {
    /// Mean effect.
    pub estimate: f64,
    /// Standard error, the uncertainty of the bias included.
    pub standard_error: f64,
}

/// # Formula
/// y ~ N(1 delta + x B0, D + c x x'), D = diag(v + tau2 + kappa^2 x^2), c = phi^2 + SE(B0)^2;
/// generalised least squares for delta, the rank-one part by Sherman and Morrison: O(k).
/// # Inputs
/// `flaw`: x_i, 1 for a flawed trial, 0 for a sound one, or a share; `tau2` of the unbiased effects.
/// # Errors
/// `Lengths`, `NotANumber`.
/// # Source
/// Welton et al. 2009, J R Stat Soc A 172:119; Turner et al. 2009, J R Stat Soc A 172:21.
///
/// ```
/// use onset_effects::Effects;
/// use onset_models::blinding::{BiasPrior, bias_adjusted};
/// let effects = Effects::new(vec![0.7, 1.8], vec![0.128_f64.powi(2), 0.204_f64.powi(2)],
///     vec!["a".into(), "b".into()]).unwrap();
/// let prior = BiasPrior { mean: 0.37, standard_error: 0.2066, between_trials: 0.0, between_meta_analyses: 0.0 };
/// let adjusted = bias_adjusted(&effects, &[0.0, 1.0], &prior, 0.0).unwrap();
/// assert!((adjusted.estimate - 0.8188).abs() < 5e-5 && (adjusted.standard_error - 0.1171).abs() < 5e-5);
/// ```
pub fn bias_adjusted(
    effects: &Effects,
    flaw: &[f64],
    prior: &BiasPrior,
    tau2: f64,
) -> Result<BiasAdjusted, ExpectancyError> {
    if effects.k() != flaw.len() {
        return Err(ExpectancyError::Lengths {
            studies: effects.k(),
            beliefs: flaw.len(),
        });
    }
    for x in flaw {
        finite("flaw", *x)?;
    }
    finite("mean bias", prior.mean)?;
    spread("standard error of the mean bias", prior.standard_error)?;
    spread("bias between trials", prior.between_trials)?;
    spread("bias between meta-analyses", prior.between_meta_analyses)?;
    spread("tau2", tau2)?;
    let common = prior.between_meta_analyses.powi(2) + prior.standard_error.powi(2);
    let (mut one, mut cross, mut square, mut right, mut cross_right) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for ((y, v), x) in effects.y().iter().zip(effects.v()).zip(flaw) {
        let weight = 1.0 / (v + tau2 + (prior.between_trials * x).powi(2));
        let residual = y - x * prior.mean;
        one += weight;
        cross += weight * x;
        square += weight * x * x;
        right += weight * residual;
        cross_right += weight * x * residual;
    }
    let shrink = common / (1.0 + common * square);
    let information = one - shrink * cross * cross;
    Ok(BiasAdjusted {
        estimate: (right - shrink * cross * cross_right) / information,
        standard_error: information.recip().sqrt(),
    })
}
