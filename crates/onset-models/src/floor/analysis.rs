//! One analysis: a set of effects, a model, a treatment of publication bias.

use crate::bayes::{self, BayesError, BiasOptions, TauPrior, bias_averaging, nnhm};
use crate::pool::{Estimate, Method, Options, PoolError, PredictionChoice, Tau2Method, Test, pool};
use crate::smallstudy::selection::{SelectionOptions, WeightFunction, select};
use crate::smallstudy::{ENOUGH_STUDIES, Side, SmallStudyError, peese, pet, worst_case};
use onset_effects::Effects;
use onset_math::{normal, student_t};
use rayon::prelude::*;
use thiserror::Error;

/// How the studies are combined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimator {
    /// One true effect.
    Common,
    /// Random effects; the guarded interval where no test is named.
    Random(Tau2Method, Option<Test>),
    /// Bayesian random effects with a flat mean: the posterior mean (median where there is none), central interval.
    Bayes(TauPrior),
}

/// What is done about publication bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bias {
    /// Nothing.
    Ignored,
    /// Precision-effect test; it takes the place of the model.
    Pet,
    /// Precision-effect estimate with standard error; it takes the place of the model.
    Peese,
    /// A step at one-sided p = .025 towards benefit, the weight of the less significant studies at most 1: a weight
    /// above 1 would let the result decide that its contradictors are the favoured ones. It takes the place of the model.
    Selection,
    /// Nonaffirmative studies only.
    WorstCase,
    /// Average over 36 models (effect x heterogeneity x publication), weights of less significant studies at most 1 in each:
    /// posterior mean and central interval of mu, with the models without an effect at 0. It takes the place of the model.
    Averaged {
        /// One standardised mean difference in units of the effect.
        unit: f64,
    },
}

impl Bias {
    /// Whether it stands in the place of the model.
    pub fn replaces_model(self) -> bool {
        match self {
            Bias::Pet | Bias::Peese | Bias::Selection | Bias::Averaged { .. } => true,
            Bias::Ignored | Bias::WorstCase => false,
        }
    }
}

/// Studies from which an interval with t quantiles is admitted: with two there is one degree of freedom.
pub const ENOUGH_FOR_T: usize = 3;

/// Nonaffirmative studies from which the worst case is admitted.
pub const ENOUGH_NONAFFIRMATIVE: usize = 3;

/// One-sided p at which the selection model's weight may change.
const STEP: f64 = 0.025;

/// One way through the forks.
#[derive(Debug, Clone, Copy)]
pub struct Analysis<'a> {
    /// Effects of one estimand.
    pub effects: &'a Effects,
    /// Model.
    pub estimator: Estimator,
    /// Treatment of publication bias.
    pub bias: Bias,
}

/// Which way is benefit, and how much matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Whether a lower effect is a benefit.
    pub lower_is_better: bool,
    /// The important difference, above 0.
    pub important: f64,
    /// Level of the intervals.
    pub level: f64,
}

impl Target {
    /// +1 where higher is better, else -1.
    pub fn sign(&self) -> f64 {
        if self.lower_is_better { -1.0 } else { 1.0 }
    }

    /// Lower bound of the benefit.
    pub(super) fn benefit(&self, fitted: &Fitted) -> f64 {
        if self.lower_is_better {
            -fitted.upper
        } else {
            fitted.lower
        }
    }

    /// Side of the p-values that speak for a benefit.
    fn side(&self) -> Side {
        if self.lower_is_better {
            Side::Less
        } else {
            Side::Greater
        }
    }

    fn threshold(&self) -> f64 {
        self.sign() * self.important
    }
}

/// What an analysis found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitted {
    /// Estimate on the analysis scale.
    pub estimate: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// P(mean effect beyond the important difference): of the posterior, or of the normal or t distribution around the
    /// estimate.
    pub beyond: Option<f64>,
}

/// Why an analysis has no result.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FloorError {
    /// Not admissible: too few studies for a bias model, whatever they show.
    #[error("{found} studies, and models of publication bias are admitted from {ENOUGH_STUDIES} on")]
    TooFewForBias {
        /// Studies.
        found: usize,
    },
    /// A Bayesian model has no treatment of publication bias here.
    #[error("the worst case is computed with a frequentist pool")]
    NoSuchCombination,
    /// Fewer than three studies for an interval with t quantiles.
    #[error("{found} studies, and intervals with t quantiles are admitted from {ENOUGH_FOR_T} on")]
    TooFewForT {
        /// Studies.
        found: usize,
    },
    /// Fewer than three nonaffirmative studies: a worst case of one or two is those studies.
    #[error(
        "{found} studies are nonaffirmative, and the worst case is admitted from {ENOUGH_NONAFFIRMATIVE} on"
    )]
    TooFewNonaffirmative {
        /// Studies.
        found: usize,
    },
    /// An iteration did not arrive.
    #[error("the estimator of tau2 did not converge")]
    NotConverged,
    /// The pool refused.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The adjustment refused.
    #[error(transparent)]
    SmallStudy(#[from] SmallStudyError),
    /// The Bayesian model refused.
    #[error(transparent)]
    Bayes(#[from] BayesError),
}

/// Fits one analysis.
///
/// # Errors
/// `TooFewForBias` below ten studies for every treatment of publication bias; `NotConverged`; what the models refuse.
/// # Source
/// Stanley & Doucouliagos 2014 (PET, PEESE); Mathur & VanderWeele 2020 (worst case); Sterne 2011 (ten studies); Bartos, Maier,
/// Wagenmakers et al. 2023 (model averaging).
pub fn fit(analysis: &Analysis<'_>, target: &Target) -> Result<Fitted, FloorError> {
    let k = analysis.effects.k();
    if analysis.bias != Bias::Ignored && k < ENOUGH_STUDIES {
        return Err(FloorError::TooFewForBias { found: k });
    }
    if let Estimator::Random(_, Some(test)) = analysis.estimator
        && test != Test::Z
        && analysis.bias == Bias::Ignored
        && k < ENOUGH_FOR_T
    {
        return Err(FloorError::TooFewForT { found: k });
    }
    match (analysis.bias, analysis.estimator) {
        (Bias::Pet, _) => Ok(around(&pet(analysis.effects, target.level)?.estimate, target)),
        (Bias::Peese, _) => Ok(around(&peese(analysis.effects, target.level)?.estimate, target)),
        (Bias::Selection, _) => {
            let options = SelectionOptions {
                at_most_one: true,
                level: target.level,
                ..SelectionOptions::new(WeightFunction::steps(&[STEP])?, target.side())
            };
            let found = select(analysis.effects, &options)?;
            if let crate::pool::Solution::NotConverged { .. } = found.solution {
                return Err(FloorError::NotConverged);
            }
            Ok(around(&found.mean, target))
        }
        (Bias::Averaged { unit }, _) => {
            let options = BiasOptions {
                unit,
                positive: !target.lower_is_better,
                level: target.level,
                threshold: Some(target.threshold()),
            };
            let found = bias_averaging(analysis.effects, &options)?;
            Ok(Fitted {
                estimate: found.averaged.mean,
                lower: found.averaged.lower,
                upper: found.averaged.upper,
                beyond: found.prob_beyond,
            })
        }
        (Bias::WorstCase, Estimator::Bayes(_)) => Err(FloorError::NoSuchCombination),
        (Bias::WorstCase, estimator) => {
            let found = worst_case(
                analysis.effects,
                target.side(),
                1.0 - target.level,
                0.0,
                &options(estimator, target),
            )?;
            let mean = found
                .mean
                .filter(|_| found.k_nonaffirmative >= ENOUGH_NONAFFIRMATIVE)
                .ok_or(FloorError::TooFewNonaffirmative {
                    found: found.k_nonaffirmative,
                })?;
            Ok(around(&mean, target))
        }
        (Bias::Ignored, Estimator::Bayes(prior)) => bayesian(analysis.effects, prior, target),
        (Bias::Ignored, estimator) => {
            let pooled = pool(analysis.effects, &options(estimator, target))?.value;
            if let crate::pool::Solution::NotConverged { .. } = pooled.tau2.solution {
                return Err(FloorError::NotConverged);
            }
            Ok(around(&pooled.mean, target))
        }
    }
}

/// Fits every analysis, in the order given, at any thread count.
pub fn fit_all(analyses: &[Analysis<'_>], target: &Target) -> Vec<Result<Fitted, FloorError>> {
    analyses
        .par_iter()
        .with_min_len(64)
        .map(|analysis| fit(analysis, target))
        .collect()
}

fn options(estimator: Estimator, target: &Target) -> Options {
    let (method, test) = match estimator {
        Estimator::Random(tau2, test) => (Method::Random(tau2), test),
        Estimator::Common | Estimator::Bayes(_) => (Method::Common, Some(Test::Z)),
    };
    Options {
        method,
        test,
        level: target.level,
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::default()
    }
}

fn around(estimate: &Estimate, target: &Target) -> Fitted {
    let z = target.sign() * (estimate.estimate - target.threshold()) / estimate.standard_error;
    let beyond = match estimate.df {
        Some(df) => student_t::cdf(z, df),
        None => normal::cdf(z),
    };
    Fitted {
        estimate: estimate.estimate,
        lower: estimate.ci_lower,
        upper: estimate.ci_upper,
        beyond: Some(beyond).filter(|p| p.is_finite()),
    }
}

fn bayesian(effects: &Effects, prior: TauPrior, target: &Target) -> Result<Fitted, FloorError> {
    let options = bayes::Options {
        level: target.level,
        threshold: target.threshold(),
        ..bayes::Options::new(prior)
    };
    let posterior = nnhm(effects, &options)?;
    Ok(Fitted {
        estimate: posterior.mu.mean.unwrap_or(posterior.mu.median),
        lower: posterior.mu.central.0,
        upper: posterior.mu.central.1,
        beyond: Some(posterior.prob_beyond),
    })
}
