//! Publication bias by averaging 36 models, without sampling.

mod model;
mod weights;

use super::BayesError;
use model::{Bias, Data, Piece, pieces};
use onset_effects::Effects;
use onset_math::normal;
use rayon::prelude::*;
use serde::Serialize;
use weights::{STEPS, ln_sum};

/// Options of [`bias_averaging`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `unit` | 1 | > 0 | one standardised mean difference in units of y (1.8138 for log odds ratios) |
/// | `positive` | true | | whether results above 0 are the ones published more readily |
/// | `level` | 0.95 | (0, 1) | level of the intervals |
/// | `threshold` | none | finite | in units of y; P(mu beyond it) on its side away from 0, above it for 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BiasOptions {
    /// One standardised mean difference in units of y.
    pub unit: f64,
    /// Whether results above 0 are the ones published more readily.
    pub positive: bool,
    /// Level of the intervals.
    pub level: f64,
    /// Threshold of P(mu beyond it), in units of y.
    pub threshold: Option<f64>,
}

impl Default for BiasOptions {
    fn default() -> Self {
        BiasOptions {
            unit: 1.0,
            positive: true,
            level: 0.95,
            threshold: None,
        }
    }
}

/// One model with its weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightedModel {
    /// Whether mu ~ N(0, 1); else mu = 0.
    pub effect: bool,
    /// Whether tau ~ inverse-gamma(1, 0.15); else tau = 0.
    pub heterogeneity: bool,
    /// "none", a weight function, "PET" or "PEESE".
    pub bias: String,
    /// Prior probability.
    pub prior: f64,
    /// Posterior probability.
    pub posterior: f64,
    /// Log marginal likelihood of y in SMD units.
    pub log_marginal: f64,
}

/// Evidence for a component of the models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Inclusion {
    /// Prior probability of the models that have it.
    pub prior: f64,
    /// Posterior probability of them.
    pub posterior: f64,
    /// Posterior odds over prior odds; `None` where not finite.
    pub bayes_factor: Option<f64>,
}

/// A posterior of mu, averaged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AveragedMean {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Median.
    pub median: f64,
    /// Lower end, equal tails.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Result of [`bias_averaging`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BiasAveraging {
    /// Studies.
    pub k: usize,
    /// The 36 models.
    pub models: Vec<WeightedModel>,
    /// An effect.
    pub effect: Inclusion,
    /// Heterogeneity.
    pub heterogeneity: Inclusion,
    /// Any publication bias.
    pub bias: Inclusion,
    /// mu over all models, those without an effect at 0.
    pub averaged: AveragedMean,
    /// mu over the models with an effect.
    pub conditional: AveragedMean,
    /// Posterior mean of tau over all models.
    pub tau: f64,
    /// P(mu beyond the threshold) over all models, where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prob_beyond: Option<f64>,
}

/// Pieces below this share of the posterior do not enter quantiles.
const NEGLIGIBLE: f64 = 1e-9;

/// Averages effect x heterogeneity x publication (none, six weight functions, PET, PEESE): 36 models.
///
/// # Formula
/// Effect and heterogeneity have prior probability 1/2 each; no bias 1/2, weight functions 1/24 each, PET and PEESE 1/8
/// each. mu ~ N(0, 1), tau ~ inverse-gamma(1, 0.15), weights uniform over 1 = w1 > w2 > ... > 0, slope on the standard
/// error ~ half-Cauchy(1), on the variance ~ half-Cauchy(5), all in SMD units. With weights, p(y) is
/// prod w(p_i) N(y_i; mu, v_i + tau^2)/E[w(p_i)]. mu is integrated in closed form where the model is linear, else by the
/// trapezoid rule; ln tau by the trapezoid rule; weights and slopes by Gauss-Legendre rules. Means, standard deviations
/// and model weights are those of the rules; a quantile of a model with weights is taken from cells a half standard
/// deviation of mu wide, and is good to about a hundredth of that standard deviation.
/// # Inputs
/// `effects`: k >= 1 standardised mean differences, or other effects with `unit`.
/// # Errors
/// `NoStudies`, `BadScale`, `BadLevel`, `NotFinite`.
/// # When not to use
/// Effects that depend on each other; few studies (the priors then decide, which the Bayes factors show).
/// # Source
/// Maier, Bartos & Wagenmakers 2023, Psychol Methods 28:107; Bartos, Maier, Wagenmakers et al. 2023, Res Synth Methods
/// 14:99 (models, priors, prior probabilities).
pub fn bias_averaging(effects: &Effects, options: &BiasOptions) -> Result<BiasAveraging, BayesError> {
    if effects.k() == 0 {
        return Err(BayesError::NoStudies);
    }
    if !(options.unit.is_finite() && options.unit > 0.0) {
        return Err(BayesError::BadScale {
            what: "unit",
            found: options.unit,
        });
    }
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(BayesError::BadLevel { found: options.level });
    }
    let unit = if options.positive {
        options.unit
    } else {
        -options.unit
    };
    let data = Data {
        y: effects.y().iter().map(|y| y / unit).collect(),
        v: effects.v().iter().map(|v| v / (unit * unit)).collect(),
    };
    let fitted: Vec<Vec<Piece>> = every_model()
        .par_iter()
        .with_max_len(1)
        .map(|&(effect, heterogeneity, bias, _)| pieces(&data, effect, heterogeneity, bias))
        .collect();
    let marginals: Vec<f64> = fitted
        .iter()
        .map(|pieces| ln_sum(&pieces.iter().map(|piece| piece.ln_mass).collect::<Vec<_>>()))
        .collect();
    let joint: Vec<f64> = every_model()
        .iter()
        .zip(&marginals)
        .map(|(model, ln)| ln + model.3.ln())
        .collect();
    let total = ln_sum(&joint);
    if !total.is_finite() {
        return Err(BayesError::NotFinite);
    }
    let models: Vec<WeightedModel> = every_model()
        .iter()
        .zip(marginals.iter().zip(&joint))
        .map(
            |(&(effect, heterogeneity, bias, prior), (&log_marginal, joint))| WeightedModel {
                effect,
                heterogeneity,
                bias: name(bias).to_owned(),
                prior,
                posterior: (joint - total).exp(),
                log_marginal,
            },
        )
        .collect();
    let mut all = Vec::new();
    for (model, pieces) in every_model().iter().zip(fitted) {
        all.extend(pieces.into_iter().map(|piece| Weighed {
            mass: (piece.ln_mass + model.3.ln() - total).exp(),
            effect: model.0,
            piece,
        }));
    }
    let prob_beyond = options.threshold.map(|threshold| beyond(&all, threshold, unit));
    let tau = options.unit * all.iter().map(|part| part.mass * part.piece.tau).sum::<f64>();
    Ok(BiasAveraging {
        k: effects.k(),
        effect: inclusion(&models, |model| model.effect),
        heterogeneity: inclusion(&models, |model| model.heterogeneity),
        bias: inclusion(&models, |model| model.bias != "none"),
        averaged: average(all.iter(), unit, options.level),
        conditional: average(all.iter().filter(|part| part.effect), unit, options.level),
        tau,
        prob_beyond,
        models,
    })
}

/// Effect, heterogeneity, bias, prior probability.
fn every_model() -> Vec<(bool, bool, Bias, f64)> {
    let mut biases = vec![(Bias::None, 0.5)];
    biases.extend((0..STEPS.len()).map(|i| (Bias::Weights(i), 1.0 / 24.0)));
    biases.extend([(Bias::Pet, 0.125), (Bias::Peese, 0.125)]);
    let mut models = Vec::with_capacity(36);
    for effect in [false, true] {
        for heterogeneity in [false, true] {
            models.extend(
                biases
                    .iter()
                    .map(|&(bias, prior)| (effect, heterogeneity, bias, 0.25 * prior)),
            );
        }
    }
    models
}

fn name(bias: Bias) -> &'static str {
    match bias {
        Bias::None => "none",
        Bias::Weights(i) => STEPS.get(i).map_or("", |steps| steps.code),
        Bias::Pet => "PET",
        Bias::Peese => "PEESE",
    }
}

fn inclusion(models: &[WeightedModel], has: impl Fn(&WeightedModel) -> bool) -> Inclusion {
    let sum = |with: bool, of: fn(&WeightedModel) -> f64| -> f64 {
        models.iter().filter(|model| has(model) == with).map(of).sum()
    };
    let (prior, posterior) = (sum(true, |m| m.prior), sum(true, |m| m.posterior));
    let factor = posterior / sum(false, |m| m.posterior) * sum(false, |m| m.prior) / prior;
    Inclusion {
        prior,
        posterior,
        bayes_factor: factor.is_finite().then_some(factor),
    }
}

/// A piece with its share of the posterior.
struct Weighed {
    mass: f64,
    effect: bool,
    piece: Piece,
}

impl Piece {
    fn below(&self, x: f64) -> f64 {
        if self.sd > 0.0 {
            normal::cdf((x - self.mean) / self.sd)
        } else if self.half > 0.0 {
            (0.5 + 0.5 * (x - self.mean) / self.half).clamp(0.0, 1.0)
        } else {
            f64::from(u8::from(x >= self.mean))
        }
    }
}

/// P(mu beyond a threshold in units of y, on its side away from 0); models without an effect stand at 0.
fn beyond(all: &[Weighed], threshold: f64, unit: f64) -> f64 {
    let x = threshold / unit;
    let higher = (threshold >= 0.0) == (unit > 0.0);
    let total: f64 = all.iter().map(|part| part.mass).sum();
    let share = |part: &Weighed| {
        let point = part.piece.sd <= 0.0 && part.piece.half <= 0.0;
        match (higher, point) {
            (true, _) => 1.0 - part.piece.below(x),
            (false, true) => f64::from(u8::from(part.piece.mean < x)),
            (false, false) => part.piece.below(x),
        }
    };
    all.iter().map(|part| part.mass * share(part)).sum::<f64>() / total
}

fn average<'a>(parts: impl Iterator<Item = &'a Weighed> + Clone, unit: f64, level: f64) -> AveragedMean {
    let total: f64 = parts.clone().map(|part| part.mass).sum();
    let mean = parts.clone().map(|part| part.mass * part.piece.mean).sum::<f64>() / total;
    let variance = parts
        .clone()
        .map(|part| part.mass * (part.piece.sd.powi(2) + (part.piece.mean - mean).powi(2)))
        .sum::<f64>()
        / total;
    let kept: Vec<&Weighed> = parts.filter(|part| part.mass > NEGLIGIBLE * total).collect();
    let kept_mass: f64 = kept.iter().map(|part| part.mass).sum();
    let reach = |sign: f64| {
        kept.iter()
            .map(|part| sign * part.piece.mean + 7.0 * part.piece.sd + part.piece.half)
            .fold(0.0, f64::max)
    };
    let (left, right) = (-reach(-1.0) - 1e-9, reach(1.0) + 1e-9);
    let quantile = |p: f64| {
        let (mut a, mut b) = (left, right);
        for _ in 0..44 {
            let x = 0.5 * (a + b);
            let below: f64 = kept.iter().map(|part| part.mass * part.piece.below(x)).sum();
            if below < p * kept_mass { a = x } else { b = x }
        }
        // a point at 0 is met from above
        if b.abs() < 1e-9 { 0.0 } else { b }
    };
    let tail = 0.5 * (1.0 - level);
    let ends = [unit * quantile(tail), unit * quantile(1.0 - tail)];
    AveragedMean {
        mean: unit * mean,
        sd: unit.abs() * variance.sqrt(),
        median: unit * quantile(0.5),
        lower: ends[0].min(ends[1]),
        upper: ends[0].max(ends[1]),
    }
}
