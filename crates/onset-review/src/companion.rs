//! The Bayesian interval that stands beside a pool of two studies, where a Wald interval leaves out that tau2 is unknown.

use crate::answers::{BayesBeside, Interval};
use crate::effect;
use crate::gather::Job;
use crate::protocol::{EffectMeasure, Model};
use onset_effects::Effects;
use onset_models::bayes::{Options, TauPrior, nnhm};

/// Studies of a pool that gets one.
const STUDIES: usize = 2;
/// Scale of the half-normal prior on standardised mean differences and log odds ratios; on points it is this share of
/// the reference standard deviation (Roever et al. 2021, Res Synth Methods 12:448).
pub(crate) const SCALE: f64 = 0.5;

/// Posterior of the mean under a half-normal prior on tau and a flat one on the mean; None for other numbers of studies
/// and for measures without a declared scale.
pub(crate) fn beside(
    job: Job<'_>,
    effects: &Effects,
    model: &Model,
    threshold: Option<f64>,
) -> Option<BayesBeside> {
    if effects.k() != STUDIES {
        return None;
    }
    let outcome = &job.outcome.id;
    let mut protocol = vec!["model.level".to_owned(), format!("outcome.{outcome}")];
    let scale = match job.measure {
        EffectMeasure::SMD | EffectMeasure::SMDH | EffectMeasure::OR => SCALE,
        EffectMeasure::MD => {
            protocol.push(format!("outcome.{outcome}.report_as"));
            SCALE * job.outcome.report_as.as_ref()?.reference_sd
        }
        EffectMeasure::ROM | EffectMeasure::RR | EffectMeasure::RD | EffectMeasure::AS => return None,
    };
    let options = Options {
        level: model.level,
        threshold: threshold.unwrap_or(0.0),
        ..Options::new(TauPrior::HalfNormal { scale })
    };
    let posterior = nnhm(effects, &options).ok()?;
    let shown =
        |lower: f64, value: f64, upper: f64| effect::shown(job.measure, &Interval { value, lower, upper });
    let (mu, new) = (&posterior.mu, &posterior.predictive);
    if threshold.is_some() {
        protocol.push(format!("outcome.{outcome}.important_difference"));
    }
    Some(BayesBeside {
        prior: format!("half-normal, scale {scale}"),
        scale,
        estimate: shown(mu.central.0, mu.median, mu.central.1),
        prediction: shown(new.central.0, new.median, new.central.1),
        tau: posterior.tau.median,
        beyond_important: threshold.map(|_| posterior.prob_beyond),
        protocol,
    })
}
