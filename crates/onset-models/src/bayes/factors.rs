//! Bayes factors: only where both priors are proper.

use super::given_tau::{Data, check};
use super::tau_posterior::TauPosterior;
use super::{BayesError, MuPrior, TauPrior};
use onset_effects::Effects;
use serde::Serialize;

/// Evidence for an effect and for heterogeneity, as ratios of marginal likelihoods.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BayesFactors {
    /// mu from its prior against mu = 0, random effects in both.
    pub effect: f64,
    /// tau from its prior against tau = 0, mu from its prior in both.
    pub heterogeneity: f64,
}

/// Bayes factors under proper priors; `None` where a prior is improper, since a constant would then be free.
///
/// # Formula
/// m(y | mu prior, tau prior)/m(y | mu = 0, tau prior); m(y | mu prior, tau prior)/m(y | mu prior, tau = 0).
/// # Errors
/// Those of [`super::nnhm`].
/// # Source
/// Roever 2020, J Stat Softw 93(6), section 2.7.
pub fn bayes_factors(
    effects: &Effects,
    tau: &TauPrior,
    mu: &MuPrior,
) -> Result<Option<BayesFactors>, BayesError> {
    check(effects.k(), usize::from(*mu == MuPrior::Flat), tau, mu)?;
    if !tau.is_proper() || *mu == MuPrior::Flat {
        return Ok(None);
    }
    let data = Data::new(effects.y(), effects.v(), *mu);
    let upper = tau.upper().map(f64::ln);
    let both = TauPosterior::new(|x| data.ln_density(tau, x), data.centre, upper, 0.0)?.ln_integral;
    let null = |x: f64| {
        let t = x.exp();
        tau.ln_density(x, t, 1.0) + ln_at_zero(effects, t * t) + x
    };
    let no_effect = TauPosterior::new(null, data.centre, upper, 0.0)?.ln_integral;
    Ok(Some(BayesFactors {
        effect: (both - no_effect).exp(),
        heterogeneity: (both - data.given(0.0).ln_likelihood).exp(),
    }))
}

/// Log likelihood at mu = 0.
fn ln_at_zero(effects: &Effects, tau2: f64) -> f64 {
    let terms = effects.y().iter().zip(effects.v());
    -0.5 * terms
        .map(|(y, v)| (2.0 * std::f64::consts::PI * (v + tau2)).ln() + y * y / (v + tau2))
        .sum::<f64>()
}
