//! The same posterior under many priors at once.

use super::{BayesError, Options, Posterior, TauPrior, nnhm};
use onset_effects::Effects;
use rayon::prelude::*;

/// The posterior under one prior.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorResult {
    /// Prior on tau.
    pub prior: TauPrior,
    /// Posterior, or why there is none.
    pub posterior: Result<Posterior, BayesError>,
}

/// Fits every prior; in the order given, at any thread count.
pub fn prior_sensitivity(effects: &Effects, priors: &[TauPrior], options: &Options) -> Vec<PriorResult> {
    priors
        .par_iter()
        .with_min_len(8)
        .map(|&prior| PriorResult {
            prior,
            posterior: nnhm(
                effects,
                &Options {
                    tau_prior: prior,
                    ..*options
                },
            ),
        })
        .collect()
}

/// Half-normal, half-Cauchy and bounded uniform priors at `n` scales each, from a tenth of `scale` to ten times it.
pub fn default_grid(scale: f64, n: usize) -> Vec<TauPrior> {
    let scales: Vec<f64> = (0..n)
        .map(|i| scale * 10_f64.powf(2.0 * i as f64 / (n.max(2) - 1) as f64 - 1.0))
        .collect();
    let mut priors: Vec<TauPrior> = scales
        .iter()
        .map(|&scale| TauPrior::HalfNormal { scale })
        .collect();
    priors.extend(scales.iter().map(|&scale| TauPrior::HalfCauchy { scale }));
    priors.extend(scales.iter().map(|&upper| TauPrior::Uniform { upper }));
    priors
}
