//! Restricted mean survival of several trials: each horizon alone, and all horizons together.

use super::error::SurvivalError;
use super::rmst::Contrast;
use crate::multilevel::{self, Multilevel, Random, Sampling, Structure};
use crate::pool::{self, tau2::Tau2Method};
use crate::regress::Design;
use onset_effects::Effects;

/// Pooled effect at one horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtHorizon {
    /// Horizon.
    pub tau: f64,
    /// Trials whose follow-up reaches it in both arms.
    pub k: usize,
    /// Pooled effect.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Between-trial variance.
    pub heterogeneity: f64,
}

/// Pooled effects at all horizons.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledRmst {
    /// Each horizon by the trials that reach it, DerSimonian-Laird.
    pub dl: Vec<AtHorizon>,
    /// Each horizon by the trials that reach it, REML.
    pub reml: Vec<AtHorizon>,
    /// All horizons together, common effect; empty with one horizon.
    pub multivariate_common: Vec<AtHorizon>,
    /// All horizons together, unstructured between-trial covariance by REML; empty with one horizon.
    pub multivariate_random: Vec<AtHorizon>,
    /// What the fits had to say.
    pub warnings: Vec<String>,
}

/// Pools trials; a trial speaks at the horizons its own contrast holds.
///
/// # Formula
/// y_ij = mu_j + u_ij + e_ij with Cov(e_i) the trial's covariance over horizons and Cov(u_i) unstructured.
/// Late horizons borrow from early ones: a trial that ends early still moves the late estimate.
/// # Errors
/// No trial at a horizon, or a fit that fails.
/// # Source
/// Wei, Royston, Tierney & Parmar 2015, Stat Med 34:2881; Weir, Tian & Trinquart 2019, Biostatistics.
pub fn pool_rmst(trials: &[(String, Contrast)], tau: &[f64]) -> Result<PooledRmst, SurvivalError> {
    let mut pooled = PooledRmst {
        dl: Vec::new(),
        reml: Vec::new(),
        multivariate_common: Vec::new(),
        multivariate_random: Vec::new(),
        warnings: Vec::new(),
    };
    let mut count = Vec::new();
    for &tau in tau {
        let effects = at_one(trials, tau)?;
        count.push(effects.k());
        pooled.dl.push(alone(&effects, tau, Tau2Method::Dl)?);
        pooled.reml.push(alone(&effects, tau, Tau2Method::Reml)?);
        if effects.k() < 3 {
            let k = effects.k();
            pooled
                .warnings
                .push(format!("At horizon {tau} only {k} trials have follow-up"));
        }
    }
    if tau.len() > 1 {
        let stack = Stack::new(trials, tau)?;
        let common = stack.fit(false)?;
        pooled.multivariate_common = rows(&common, tau, &count);
        if trials.len() > 1 {
            match stack.fit(true) {
                Ok(fit) => pooled.multivariate_random = rows(&fit, tau, &count),
                Err(error) => pooled
                    .warnings
                    .push(format!("No multivariate random effects: {error}")),
            }
        }
    }
    Ok(pooled)
}

fn failed(error: impl std::fmt::Display) -> SurvivalError {
    SurvivalError::NotEstimable {
        why: error.to_string(),
    }
}

fn at_one(trials: &[(String, Contrast)], tau: f64) -> Result<Effects, SurvivalError> {
    let (mut y, mut v, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (name, contrast) in trials {
        if let Some(i) = contrast.tau.iter().position(|&t| t == tau)
            && let (Some(&estimate), Some(&variance)) = (
                contrast.estimate.get(i),
                contrast.covariance.get(i * (contrast.tau.len() + 1)),
            )
        {
            y.push(estimate);
            v.push(variance);
            labels.push(name.clone());
        }
    }
    if y.is_empty() {
        return Err(SurvivalError::Empty {
            what: "trial with follow-up to a horizon in both arms",
        });
    }
    Effects::new(y, v, labels).map_err(failed)
}

fn alone(effects: &Effects, tau: f64, method: Tau2Method) -> Result<AtHorizon, SurvivalError> {
    if let ([y], [v]) = (effects.y(), effects.v()) {
        return Ok(AtHorizon {
            tau,
            k: 1,
            estimate: *y,
            standard_error: v.sqrt(),
            heterogeneity: 0.0,
        });
    }
    let options = pool::Options::random(method).with_test(pool::Test::Z);
    let fit = pool::pool(effects, &options).map_err(failed)?.value;
    Ok(AtHorizon {
        tau,
        k: effects.k(),
        estimate: fit.mean.estimate,
        standard_error: fit.mean.standard_error,
        heterogeneity: fit.tau2.value,
    })
}

fn rows(fit: &Multilevel, tau: &[f64], count: &[usize]) -> Vec<AtHorizon> {
    tau.iter()
        .zip(count)
        .zip(&fit.coefficients)
        .enumerate()
        .map(|(i, ((&tau, &k), c))| AtHorizon {
            tau,
            k,
            estimate: c.estimate.estimate,
            standard_error: c.estimate.standard_error,
            heterogeneity: fit.tau2.get(i).map_or(0.0, |component| component.value),
        })
        .collect()
}

/// All contrasts below one another.
struct Stack {
    effects: Effects,
    design: Design,
    sampling: Sampling,
    level: Vec<String>,
    trial: Vec<String>,
}

impl Stack {
    fn new(trials: &[(String, Contrast)], tau: &[f64]) -> Result<Self, SurvivalError> {
        // (trial, position of the horizon in the trial, position in tau)
        let at: Vec<(usize, usize, usize)> = trials
            .iter()
            .enumerate()
            .flat_map(|(t, (_, contrast))| {
                contrast
                    .tau
                    .iter()
                    .enumerate()
                    .filter_map(move |(i, own)| Some((t, i, tau.iter().position(|x| x == own)?)))
            })
            .collect();
        let cell = |t: usize, i: usize, j: usize| {
            trials
                .get(t)
                .and_then(|(_, c)| c.covariance.get(i * c.tau.len() + j))
                .copied()
                .unwrap_or(0.0)
        };
        let name = |t: usize| trials.get(t).map_or(String::new(), |(name, _)| name.clone());
        let y = at
            .iter()
            .map(|&(t, i, _)| {
                trials
                    .get(t)
                    .and_then(|(_, c)| c.estimate.get(i))
                    .copied()
                    .unwrap_or(f64::NAN)
            })
            .collect();
        let v = at.iter().map(|&(t, i, _)| cell(t, i, i)).collect();
        let trial: Vec<String> = at.iter().map(|&(t, ..)| name(t)).collect();
        let matrix: Vec<f64> = at
            .iter()
            .flat_map(|&(t, i, _)| {
                at.iter()
                    .map(move |&(u, j, _)| if t == u { cell(t, i, j) } else { 0.0 })
            })
            .collect();
        let x: Vec<f64> = at
            .iter()
            .flat_map(|&(.., own)| (0..tau.len()).map(move |j| if j == own { 1.0 } else { 0.0 }))
            .collect();
        let names = tau.iter().map(|t| format!("tau {t}")).collect();
        Ok(Stack {
            effects: Effects::new(y, v, trial.clone()).map_err(failed)?,
            design: Design::new(names, x, false).map_err(failed)?,
            sampling: Sampling::matrix(at.len(), &matrix).map_err(failed)?,
            level: at
                .iter()
                .map(|&(.., j)| tau.get(j).map_or(String::new(), ToString::to_string))
                .collect(),
            trial,
        })
    }

    fn fit(&self, random: bool) -> Result<Multilevel, SurvivalError> {
        let levels: Vec<&str> = self.level.iter().map(String::as_str).collect();
        let trials: Vec<&str> = self.trial.iter().map(String::as_str).collect();
        let random = if random {
            vec![Random::structured(("tau", &levels), ("trial", &trials), Structure::Un).map_err(failed)?]
        } else {
            Vec::new()
        };
        let options = multilevel::Options {
            intervals: false,
            ..multilevel::Options::default()
        };
        let fit = multilevel::multilevel(
            &self.effects,
            &self.design,
            self.sampling.clone(),
            random,
            &options,
        );
        Ok(fit.map_err(failed)?.value)
    }
}
