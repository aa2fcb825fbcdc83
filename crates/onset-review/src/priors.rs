//! How sure: the headline result under hundreds of priors on the spread between trials at once.
//!
//! Shown where a Bayesian reading of the headline pool stands in the report anyway: beside a pool of two studies, among the
//! declared analyses of the floor, or behind the verdicts.

use crate::answers::{Interval, Pool};
use crate::companion;
use crate::effect;
use crate::index::Index;
use crate::protocol::EffectMeasure;
use crate::run::is_headline;
use crate::size::measure_of;
use onset_effects::Effects;
use onset_models::bayes::{Options, PriorResult, TauPrior, default_grid, prior_sensitivity};
use serde::Serialize;

/// Scales a family, from a tenth of the declared scale to ten times it: three families, 402 priors.
const SCALES: usize = 134;

/// The headline pool under many priors.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PriorGrid {
    /// JSON Pointer of the pool.
    pub pool: String,
    /// Scale in the middle of the grid, analysis scale.
    pub scale: f64,
    pub level: f64,
    pub priors: usize,
    /// Priors under which the interval of the mean leaves out no difference.
    pub excluding: usize,
    /// Least and greatest median of the mean, shown scale.
    pub median_low: f64,
    pub median_high: f64,
    /// Least and greatest P(mean beyond the important difference).
    pub beyond_low: Option<f64>,
    pub beyond_high: Option<f64>,
    pub families: Vec<FamilyReport>,
    pub protocol: Vec<String>,
}

/// One family.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FamilyReport {
    /// half-normal | half-Cauchy | uniform
    pub family: String,
    pub under: Vec<UnderPrior>,
}

/// The mean under one prior.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct UnderPrior {
    /// Scale; the upper end of a uniform prior. Analysis scale.
    pub scale: f64,
    /// Median and central interval of the mean, shown scale.
    pub mean: Interval,
    /// Posterior median of tau, analysis scale.
    pub tau: f64,
    pub beyond: Option<f64>,
}

/// The grid; `None` where no Bayesian reading of the headline pool is declared or stands beside it.
pub(crate) fn grid(index: &Index<'_>, pools: &[Pool]) -> Option<PriorGrid> {
    let position = pools.iter().position(|pool| is_headline(index, pool))?;
    let pool = pools.get(position)?;
    let outcome = index.outcome(&pool.outcome)?;
    let measure = measure_of(&index.protocol.model, outcome);
    let (declared, mut protocol) = declared(index, pool)?;
    let scale = match measure {
        EffectMeasure::SMD | EffectMeasure::SMDH | EffectMeasure::OR | EffectMeasure::RR => declared,
        EffectMeasure::MD => {
            protocol.push(format!("outcome.{}.report_as", outcome.id));
            declared * outcome.report_as.as_ref()?.reference_sd
        }
        EffectMeasure::ROM | EffectMeasure::RD | EffectMeasure::AS => return None,
    };
    let effects = Effects::new(
        pool.studies.iter().map(|s| s.effect).collect(),
        pool.studies.iter().map(|s| s.se * s.se).collect(),
        pool.studies.iter().map(|s| s.label.clone()).collect(),
    )
    .ok()?;
    let threshold = pool.important_difference;
    if threshold.is_some() {
        protocol.push(format!("outcome.{}.important_difference", outcome.id));
    }
    let level = index.protocol.model.level;
    let options = Options {
        level,
        threshold: threshold.unwrap_or(0.0),
        ..Options::new(TauPrior::HalfNormal { scale })
    };
    let mut report = PriorGrid {
        pool: format!("/size/by/{position}"),
        scale,
        level,
        priors: 0,
        excluding: 0,
        median_low: f64::INFINITY,
        median_high: f64::NEG_INFINITY,
        beyond_low: None,
        beyond_high: None,
        families: ["half-normal", "half-Cauchy", "uniform"]
            .map(|family| FamilyReport {
                family: family.to_owned(),
                under: Vec::new(),
            })
            .into(),
        protocol,
    };
    for PriorResult { prior, posterior } in
        prior_sensitivity(&effects, &default_grid(scale, SCALES), &options)
    {
        let (place, scale) = match prior {
            TauPrior::HalfNormal { scale } => (0, scale),
            TauPrior::HalfCauchy { scale } => (1, scale),
            TauPrior::Uniform { upper } => (2, upper),
            _ => continue,
        };
        let Ok(found) = posterior else { continue };
        let (value, (lower, upper)) = (found.mu.median, found.mu.central);
        let mean = effect::shown(measure, &Interval { value, lower, upper });
        let beyond = threshold.map(|_| found.prob_beyond);
        report.priors += 1;
        report.excluding += usize::from(lower > 0.0 || upper < 0.0);
        report.median_low = report.median_low.min(mean.value);
        report.median_high = report.median_high.max(mean.value);
        if let Some(p) = beyond {
            report.beyond_low = Some(report.beyond_low.map_or(p, |least| least.min(p)));
            report.beyond_high = Some(report.beyond_high.map_or(p, |most| most.max(p)));
        }
        if let Some(family) = report.families.get_mut(place) {
            family.under.push(UnderPrior {
                scale,
                mean,
                tau: found.tau.median,
                beyond,
            });
        }
    }
    (report.priors > 0).then_some(report)
}

/// The scale of the declared prior in standard deviations or on the log scale, and where it is declared.
fn declared(index: &Index<'_>, pool: &Pool) -> Option<(f64, Vec<String>)> {
    let keys = |key: &str| vec![key.to_owned(), "model.level".to_owned()];
    if let Some(rules) = &index.protocol.verdict
        && (rules.pools.is_empty() || rules.pools.contains(&pool.id))
    {
        return Some((rules.tau_scale, keys("verdict")));
    }
    let floor = index.protocol.floor.as_ref();
    let bayesian = floor.is_some_and(|floor| {
        let options = floor.fork.iter().flat_map(|fork| &fork.options);
        options.into_iter().any(|option| option.starts_with("bayes:"))
    });
    if bayesian {
        return Some((companion::SCALE, keys("floor")));
    }
    pool.bayes.as_ref()?;
    Some((companion::SCALE, vec!["model.level".to_owned()]))
}
