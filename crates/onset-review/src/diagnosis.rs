//! Which trials carry a pool: what the protocol asks for in `diagnostics`, from five studies on.

use crate::answers::{Cumulated, Diagnosis, PlotPoint, ProfilePoint, QuantilePoint, StudyInfluence};
use crate::effect;
use crate::fit;
use crate::gather::Job;
use crate::protocol::{Diagnostic, Model};
use crate::size::Member;
use onset_effects::Effects;
use onset_models::diagnostics as models;

/// Fewer studies than this are not taken apart: every one of them then carries the result.
pub(crate) const ENOUGH: usize = 5;
/// Seed of the envelope of the residuals.
const SEED: u64 = 20_261_123;

/// Everything that was asked for and exists.
pub(crate) fn diagnose(
    job: Job<'_>,
    members: &[Member<'_>],
    effects: &Effects,
    model: &Model,
) -> Option<Diagnosis> {
    let asked = &job.comparison.diagnostics;
    if asked.is_empty() || effects.k() < ENOUGH {
        return None;
    }
    let has = |kind: Diagnostic| asked.contains(&kind);
    let options = fit::options(model, effects.k());
    let whole = models::Model {
        effects,
        design: None,
        options: &options,
    };
    let id = |i: usize| {
        members
            .get(i)
            .map_or_else(String::new, |m| m.data.study.id.clone())
    };
    let points = |list: Vec<Option<(f64, f64)>>| {
        let point =
            |(i, place): (usize, Option<(f64, f64)>)| place.map(|(x, y)| PlotPoint { study: id(i), x, y });
        list.into_iter().enumerate().filter_map(point).collect::<Vec<_>>()
    };
    let mut found = Diagnosis {
        asked: asked.iter().map(|kind| kind.code().to_owned()).collect(),
        cumulative: Vec::new(),
        influence: Vec::new(),
        baujat: Vec::new(),
        radial: Vec::new(),
        quantiles: Vec::new(),
        profile: Vec::new(),
        protocol: vec![format!("comparison.{}.diagnostics", job.comparison.id)],
    };
    if has(Diagnostic::Cumulative) {
        found.cumulative = cumulative(job, members, effects, model);
    }
    if has(Diagnostic::Influence)
        && let Ok(list) = models::influence(&whole)
    {
        let row = |(i, m): (usize, Option<models::Influence>)| {
            m.map(|m| StudyInfluence {
                study: id(i),
                residual: m.rstudent,
                dffits: m.dffits,
                cook_distance: m.cook_d,
                covariance_ratio: m.cov_r,
                tau2_without: m.tau2_del,
                hat: m.hat,
                influential: m.influential,
            })
        };
        found.influence = list.into_iter().enumerate().filter_map(row).collect();
    }
    if has(Diagnostic::Baujat)
        && let Ok(list) = models::baujat(&whole)
    {
        found.baujat = points(list.into_iter().map(|p| p.map(|p| (p.x, p.y))).collect());
    }
    if has(Diagnostic::Radial)
        && let Ok(list) = models::radial(&whole)
    {
        found.radial = points(list.into_iter().map(|p| Some((p.x, p.y))).collect());
    }
    if has(Diagnostic::Quantiles)
        && let Ok(list) = models::normal_quantiles(&whole, SEED)
    {
        let row = |p: models::QuantilePoint| QuantilePoint {
            study: id(p.study),
            theoretical: p.theoretical,
            residual: p.residual,
            lower: p.lower,
            upper: p.upper,
        };
        found.quantiles = list.into_iter().map(row).collect();
    }
    if has(Diagnostic::Profile)
        && let Ok(Some(list)) = models::tau2_profile(&whole)
    {
        let row = |p: models::ProfilePoint| ProfilePoint {
            tau2: p.tau2,
            loglik: p.loglik,
        };
        found.profile = list.into_iter().map(row).collect();
    }
    Some(found)
}

/// The first study, the first two, and so on, by year; studies without a year come last.
fn cumulative(job: Job<'_>, members: &[Member<'_>], effects: &Effects, model: &Model) -> Vec<Cumulated> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&i| members[i].data.study.year.unwrap_or(i32::MAX));
    let entered = fit::cumulative(effects, &order, model).unwrap_or_default();
    order
        .iter()
        .zip(entered)
        .map(|(&last, some)| Cumulated {
            study: members[last].data.study.id.clone(),
            estimate: effect::shown(job.measure, &some.mean),
        })
        .collect()
}
