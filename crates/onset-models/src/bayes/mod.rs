//! Bayesian random effects without sampling: the normal-normal hierarchical model by quadrature over tau.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::bayes::{Options, TauPrior, nnhm};
//! let labels = (1..=4).map(|i| i.to_string()).collect();
//! let effects = Effects::new(vec![0.1, 0.3, 0.5, 0.9], vec![0.02, 0.03, 0.02, 0.04], labels).unwrap();
//! let options = Options::new(TauPrior::HalfNormal { scale: 0.5 });
//! let posterior = nnhm(&effects, &options).unwrap();
//! assert!(posterior.mu.central.0 < posterior.mu.median && posterior.mu.median < posterior.mu.central.1);
//! ```

mod averaging;
mod error;
mod factors;
mod given_tau;
mod linear;
mod marginal;
mod mixture;
mod predictive;
mod prior;
mod regression;
mod sensitivity;
mod tau_posterior;

pub use averaging::{AveragedMean, BiasAveraging, BiasOptions, Inclusion, WeightedModel, bias_averaging};
pub use error::BayesError;
pub use factors::{BayesFactors, bayes_factors};
pub use predictive::{Comparison, PREDICTIVE_PRIORS, PredictivePrior, Table};
pub use prior::{MuPrior, TAU_PRIORS, TauPrior};
pub use regression::{BayesRegression, PredictedMean, RegressionOptions, bayes_regress};
pub use sensitivity::{PriorResult, default_grid, prior_sensitivity};

pub(crate) use given_tau::{check, check_asked};
pub(crate) use linear::{LinearPosterior, Rows};
pub(crate) use marginal::{Distribution, Marginal};

use given_tau::{Data, Tail};
use marginal::Node;
use onset_effects::Effects;
use serde::Serialize;
use tau_posterior::TauPosterior;

/// Options of [`nnhm`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `tau_prior` | - | see [`TauPrior`] | prior on tau |
/// | `mu_prior` | flat | see [`MuPrior`] | prior on mu |
/// | `level` | 0.95 | (0, 1) | level of the intervals |
/// | `threshold` | 0 | finite | the side beyond it, away from 0, is counted; above 0 for 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Prior on tau.
    pub tau_prior: TauPrior,
    /// Prior on mu.
    pub mu_prior: MuPrior,
    /// Level of the intervals.
    pub level: f64,
    /// Threshold of `prob_beyond`.
    pub threshold: f64,
}

impl Options {
    /// Flat mu, 95 % intervals, threshold 0.
    pub fn new(tau_prior: TauPrior) -> Self {
        Options {
            tau_prior,
            mu_prior: MuPrior::Flat,
            level: 0.95,
            threshold: 0.0,
        }
    }
}

/// A posterior distribution in five numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Mean; `None` where the tail is too heavy to have one.
    pub mean: Option<f64>,
    /// Standard deviation; `None` where it is infinite.
    pub sd: Option<f64>,
    /// Median.
    pub median: f64,
    /// Shortest interval.
    pub shortest: (f64, f64),
    /// Interval with equal tails.
    pub central: (f64, f64),
}

/// The true effect of one study, given all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shrunken {
    /// Posterior mean.
    pub mean: f64,
    /// Posterior standard deviation.
    pub sd: f64,
}

/// The posterior of the normal-normal hierarchical model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posterior {
    /// Studies.
    pub k: usize,
    /// Mean effect.
    pub mu: Summary,
    /// Between-study standard deviation.
    pub tau: Summary,
    /// True effect of a new study.
    pub predictive: Summary,
    /// True effects of the studies, in their order.
    pub shrinkage: Vec<Shrunken>,
    /// P(mu beyond the threshold).
    pub prob_beyond: f64,
    /// P(true effect of a new study beyond the threshold).
    pub prob_beyond_predictive: f64,
    /// Log marginal likelihood; `None` with an improper prior, where it is undefined.
    pub log_marginal: Option<f64>,
    /// Quadrature nodes used.
    pub nodes: usize,
}

/// Posterior of mu, tau, a new true effect and the true effects of the studies.
///
/// # Formula
/// y_i ~ N(theta_i, v_i), theta_i ~ N(mu, tau^2). p(tau|y) is proportional to
/// p(tau) prod (v_i + tau^2)^-1/2 V^1/2 exp(-(sum wy^2 - m^2/V)/2); mu given tau is N(m, V), a new theta N(m, V + tau^2),
/// theta_i shrinks to m by B = v/(v + tau^2). tau is integrated over Gauss-Legendre panels in ln tau that are halved
/// until each agrees with its halves to 1e-7 of the whole; everything else is a mixture of normals over the nodes.
/// # Inputs
/// `effects`: k >= 1 (k >= 3 under the flat prior on tau, k >= 2 under Jeffreys').
/// # Errors
/// `NoStudies`, `Improper`, `BadScale`, `BadLocation`, `BadLevel`, `BadThreshold`, `NotFinite`.
/// # When not to use
/// Counts with few events: the normal likelihood of y is then wrong, whatever the prior.
/// # Source
/// Roever 2020, J Stat Softw 93(6), eqs 5-13; Roever & Friede 2017, J Comput Graph Stat 26:217.
pub fn nnhm(effects: &Effects, options: &Options) -> Result<Posterior, BayesError> {
    let k = effects.k();
    check(
        k,
        usize::from(options.mu_prior == MuPrior::Flat),
        &options.tau_prior,
        &options.mu_prior,
    )?;
    check_asked(options.level, options.threshold)?;
    let data = Data::new(effects.y(), effects.v(), options.mu_prior);
    let flat = options.mu_prior == MuPrior::Flat;
    let tail = Tail::new(&options.tau_prior, k, usize::from(flat));
    let prior = options.tau_prior;
    let upper = prior.upper().map(f64::ln);
    let posterior = TauPosterior::new(|x| data.ln_density(&prior, x), data.centre, upper, tail.order())?;
    let node = |n: &tau_posterior::Node| {
        let tau2 = (2.0 * n.x).exp();
        let given = data.given(tau2);
        Node {
            mass: n.mass,
            tau2,
            mean: given.mean,
            variance: given.variance,
        }
    };
    let marginal = Marginal {
        nodes: posterior.nodes.iter().map(node).collect(),
        shift: data.shift,
        tail: &tail,
        bounded: !flat,
    };
    let (mu, new) = (marginal.itself(), marginal.new_study());
    let result = Posterior {
        k,
        mu: mu.summary(options.level),
        tau: posterior.summary(&tail, options.level),
        predictive: new.summary(options.level),
        shrinkage: data.pairs.iter().map(|&(y, v)| marginal.shrink(y, v)).collect(),
        prob_beyond: mu.beyond(options.threshold),
        prob_beyond_predictive: new.beyond(options.threshold),
        log_marginal: (prior.is_proper() && !flat).then_some(posterior.ln_integral),
        nodes: marginal.nodes.len(),
    };
    let finite = [
        result.mu.median,
        result.tau.median,
        result.predictive.central.1,
        result.mu.shortest.0,
    ];
    if finite.iter().all(|x| x.is_finite()) {
        Ok(result)
    } else {
        Err(BayesError::NotFinite)
    }
}
