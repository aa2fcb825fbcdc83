//! How much control arms improve, beside published control arms.
//!
//! # Formula
//! Standardised mean change: (mean at baseline - mean at the visit) / SD at baseline, turned so that improvement is
//! positive; a printed change score takes the place of the difference.
//! # Source
//! Hieronymus 2025, JAMA Netw Open, for the comparison of control arms between programmes.

use super::{ControlArm, ControlBands, PublishedBand};
use crate::index::Index;
use crate::protocol::{Direction, EvidenceKind, Window};
use onset_data::evidence::{Observation, Statistic, Timing};

/// `None` where the protocol declares no benchmarks or no control arm has a baseline and a visit.
pub(super) fn bands(index: &Index<'_>) -> Option<ControlBands> {
    let blinding = index.protocol.blinding.as_ref()?;
    if blinding.benchmark.is_empty() {
        return None;
    }
    let headline = &index.protocol.review.headline;
    let outcome = index.outcome(&headline.outcome)?;
    let sign = match outcome.direction {
        Direction::Lower => 1.0,
        Direction::Higher => -1.0,
    };
    let mut arms = Vec::new();
    for data in &index.studies {
        let whole = index.protocol.exclude.iter().any(|exclude| {
            exclude.study.as_deref() == Some(&data.study.id)
                && exclude.arm.is_none()
                && exclude.outcome.is_none()
                && exclude.rows.is_empty()
                && exclude.comparisons.is_empty()
        });
        if whole {
            continue;
        }
        for arm in &data.arms {
            let Some(kind) = index
                .treatments
                .get(arm.treatment.as_str())
                .and_then(|t| t.control_type)
            else {
                continue;
            };
            let mine: Vec<&Observation> = data
                .observations
                .iter()
                .copied()
                .filter(|o| o.arm_id == arm.id && o.outcome == outcome.id && o.mean.is_some())
                .collect();
            for window in &index.protocol.window {
                let Some(visit) = visit(&mine, window) else {
                    continue;
                };
                let baseline = mine
                    .iter()
                    .find(|o| o.statistic == Statistic::Baseline && o.scale == visit.scale);
                let Some((baseline, sd)) = baseline.and_then(|o| Some((*o, o.sd.filter(|sd| *sd > 0.0)?)))
                else {
                    continue;
                };
                let gain = match (visit.statistic, visit.mean, baseline.mean) {
                    (Statistic::Endpoint, Some(mean), Some(before)) => before - mean,
                    (Statistic::Change | Statistic::LsmeanChange, Some(change), _) => -change,
                    _ => continue,
                };
                let change = sign * gain / sd;
                let nearest = blinding
                    .benchmark
                    .iter()
                    .min_by(|a, b| (a.value - change).abs().total_cmp(&(b.value - change).abs()));
                arms.push(ControlArm {
                    study: data.study.id.clone(),
                    label: data.study.label.clone(),
                    arm: arm.label.clone().unwrap_or_else(|| arm.treatment.clone()),
                    control_type: crate::size::control_type_name(kind).to_owned(),
                    window: window.label.clone(),
                    change,
                    nearest: nearest.map(|band| band.label.clone()).unwrap_or_default(),
                    rows: vec![baseline.row.clone(), visit.row.clone()],
                });
            }
        }
    }
    if arms.is_empty() {
        return None;
    }
    Some(ControlBands {
        arms,
        bands: blinding
            .benchmark
            .iter()
            .map(|band| PublishedBand {
                id: band.id.clone(),
                label: band.label.clone(),
                change: band.value,
                source: band.source.clone(),
                protocol: vec![format!("blinding.benchmark.{}", band.id)],
            })
            .collect(),
        protocol: vec!["blinding.benchmark".to_owned()],
    })
}

/// The visit of an acute window that is nearest to its target.
fn visit<'a>(mine: &[&'a Observation], window: &Window) -> Option<&'a Observation> {
    if window.evidence != EvidenceKind::Acute {
        return None;
    }
    let (from, to, target) = (window.from_hours?, window.to_hours?, window.target_hours?);
    mine.iter()
        .copied()
        .filter(|o| o.timing == Timing::Hours && o.statistic != Statistic::Baseline)
        .filter(|o| o.time_hours.is_some_and(|hours| hours >= from && hours <= to))
        .min_by(|a, b| {
            let far = |o: &Observation| (o.time_hours.unwrap_or(f64::INFINITY) - target).abs();
            far(a).total_cmp(&far(b))
        })
}
