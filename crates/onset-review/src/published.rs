//! Pools printed elsewhere beside their recomputation from our rows.

use crate::answers::{Interval, PublishedCheck};
use crate::convert::{Group, combine, combine_contrasts};
use crate::effect;
use crate::fit;
use crate::index::Index;
use crate::protocol::{EffectMeasure, Recompute, RecomputeEntry, RecomputeModel};
use onset_data::RowId;
use onset_data::evidence::{Evidence, Observation, PublishedPool};
use onset_effects::Effects;

/// Every printed pool; those with a recipe carry its result.
pub(crate) fn checks(index: &Index<'_>, evidence: &Evidence) -> Vec<PublishedCheck> {
    evidence
        .published
        .iter()
        .map(|pool| check(index, evidence, pool))
        .collect()
}

fn check(index: &Index<'_>, evidence: &Evidence, pool: &PublishedPool) -> PublishedCheck {
    let recipes = &index.protocol.recompute;
    let find = |id: &String| recipes.iter().find(|recipe| recipe.id == *id);
    let recipe = pool.recompute.as_ref().and_then(find);
    let mut rows = vec![pool.row.clone()];
    let level = index.protocol.model.level;
    let run = |recipe: &Recompute| recompute(recipe, evidence, level);
    let (mut recomputed, mut ours, mut explanation) = (None, None, String::new());
    match recipe {
        None => "The inputs at hand do not allow a recomputation.".clone_into(&mut explanation),
        Some(recipe) => match run(recipe) {
            Ok((interval, used)) => {
                recomputed = Some(interval);
                rows.extend(used);
                explanation.clone_from(&recipe.explanation);
            }
            Err(reason) => explanation = format!("Not recomputed: {reason}."),
        },
    }
    if let Some(correct) = recipe.and_then(|r| r.correct.as_ref()).and_then(find)
        && let Ok((interval, used)) = run(correct)
    {
        ours = Some(interval);
        explanation = format!("{explanation} Beside it: {}", correct.explanation);
        rows.extend(used);
    }
    rows.sort();
    rows.dedup();
    let printed = match (pool.estimate, pool.ci_low, pool.ci_high) {
        (Some(value), Some(lower), Some(upper)) => Some(Interval { value, lower, upper }),
        _ => None,
    };
    let hours = pool.time_hours.map(|hours| format!("{hours} h"));
    PublishedCheck {
        review: pool.review.clone(),
        outcome: pool
            .outcome_text
            .clone()
            .or_else(|| pool.outcome.clone())
            .unwrap_or_default(),
        time: pool.time_text.clone().or(hours).unwrap_or_default(),
        measure: pool.measure.clone(),
        printed,
        k: pool.k,
        n: pool.n,
        recomputed,
        ours,
        explanation,
        rows,
    }
}

fn recompute(recipe: &Recompute, evidence: &Evidence, level: f64) -> Result<(Interval, Vec<RowId>), String> {
    let mut used = Vec::new();
    if recipe.model == RecomputeModel::MantelHaenszel {
        let tables: Result<Vec<[f64; 4]>, String> = recipe
            .entries
            .iter()
            .map(|entry| cells(entry, evidence, &mut used))
            .collect();
        let interval = fit::mantel_haenszel(recipe.measure, &tables?, level)?;
        return Ok((effect::shown(recipe.measure, &interval), used));
    }
    let (mut y, mut v, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (i, entry) in recipe.entries.iter().enumerate() {
        let (yi, vi) = one(recipe.measure, entry, evidence, &mut used)?;
        y.push(yi);
        v.push(vi);
        labels.push(format!("{} {}", recipe.id, i + 1));
    }
    let effects = Effects::new(y, v, labels).map_err(|e| e.to_string())?;
    let common = recipe.model == RecomputeModel::Common;
    let interval = fit::wald_pool(&effects, common, level)?;
    Ok((effect::shown(recipe.measure, &interval), used))
}

fn observations<'a>(
    names: &[String],
    evidence: &'a Evidence,
    used: &mut Vec<RowId>,
) -> Result<Vec<&'a Observation>, String> {
    names
        .iter()
        .map(|name| {
            let row: RowId = name.parse()?;
            let found = evidence.observations.iter().find(|o| o.row == row);
            used.push(row);
            found.ok_or_else(|| format!("{name} is not a row of observations.csv"))
        })
        .collect()
}

fn one(
    measure: EffectMeasure,
    entry: &RecomputeEntry,
    evidence: &Evidence,
    used: &mut Vec<RowId>,
) -> Result<(f64, f64), String> {
    if let Some(name) = &entry.contrast {
        let (y, se) = printed_contrast(measure, name, evidence, used)?;
        return Ok((y, se * se));
    }
    if !entry.contrasts.is_empty() {
        let control = observations(&entry.control, evidence, used)?;
        let se = control
            .first()
            .and_then(|o| o.se)
            .ok_or("the control arm has no standard error")?;
        let (mut ys, mut ses) = (Vec::new(), Vec::new());
        for name in &entry.contrasts {
            let (y, se) = printed_contrast(measure, name, evidence, used)?;
            ys.push(y);
            ses.push(se);
        }
        return combine_contrasts(&ys, &ses, se * se);
    }
    if matches!(
        measure,
        EffectMeasure::OR | EffectMeasure::RR | EffectMeasure::RD | EffectMeasure::AS
    ) {
        let [a, n1, c, n2] = cells(entry, evidence, used)?;
        let effect = effect::two_by_two(measure, (a as u64, n1 as u64), (c as u64, n2 as u64), 1.0)?;
        return Ok((effect.y, effect.v));
    }
    let mut read = |names: &[String], n: Option<u64>| -> Result<Group, String> {
        let groups: Result<Vec<Group>, String> = observations(names, evidence, used)?
            .into_iter()
            .map(|o| group(o, entry.se_as_sd, n))
            .collect();
        combine(&groups?)
    };
    let a = read(&entry.treatment, entry.treatment_n)?;
    let b = read(&entry.control, None)?;
    let effect = effect::two_means(measure, &a, &b, 1.0)?;
    Ok((effect.y, effect.v))
}

/// Estimate and SE of a printed contrast, on the analysis scale.
fn printed_contrast(
    measure: EffectMeasure,
    name: &str,
    evidence: &Evidence,
    used: &mut Vec<RowId>,
) -> Result<(f64, f64), String> {
    let row: RowId = name.parse()?;
    let contrast = evidence.contrasts.iter().find(|c| c.row == row);
    used.push(row);
    let contrast = contrast.ok_or_else(|| format!("{name} is not a row of contrasts.csv"))?;
    let estimate = contrast
        .estimate
        .ok_or_else(|| format!("{name} has no estimate"))?;
    let (y, se, _) = effect::contrast(measure, estimate, contrast)?;
    Ok((y, se))
}

/// A group as printed; `se_as_sd` takes the printed SE for an SD, to show arithmetic.
fn group(row: &Observation, se_as_sd: bool, n: Option<u64>) -> Result<Group, String> {
    let spread = if se_as_sd { row.se } else { row.sd };
    match (n.or(row.n), row.mean, spread) {
        (Some(n), Some(mean), Some(sd)) => Ok(Group { n, mean, sd }),
        _ => Err(format!("{} lacks n, a mean or its spread", row.row)),
    }
}

fn cells(entry: &RecomputeEntry, evidence: &Evidence, used: &mut Vec<RowId>) -> Result<[f64; 4], String> {
    let mut sum = |names: &[String]| -> Result<(f64, f64), String> {
        let mut total = (0.0, 0.0);
        for row in observations(names, evidence, used)? {
            match (row.events, row.n) {
                (Some(events), Some(n)) => {
                    total = (total.0 + events as f64, total.1 + n as f64);
                }
                _ => return Err(format!("{} lacks events or n", row.row)),
            }
        }
        Ok(total)
    };
    let (a, n1) = sum(&entry.treatment)?;
    let (c, n2) = sum(&entry.control)?;
    Ok([a, n1, c, n2])
}
