//! The mean of a group: parts of one trial first, then trials.

use super::entry::entry;
use super::{LastingEntry, LastingGroup};
use crate::answers::Interval;
use crate::fit::{self, Fit};
use crate::index::Index;
use crate::protocol::{DurabilityGroup, Estimand};
use onset_data::evidence::Evidence;
use onset_effects::Effects;

/// A group with its entries and their mean.
pub(super) fn group(index: &Index<'_>, evidence: &Evidence, declared: &DurabilityGroup) -> LastingGroup {
    let model = &index.protocol.model;
    let entries: Vec<LastingEntry> = declared
        .entry
        .iter()
        .map(|e| entry(evidence, declared, e, model.level))
        .collect();
    let used: Vec<&LastingEntry> = entries.iter().filter(|e| e.log_ratio.is_some()).collect();
    let mut studies: Vec<&str> = Vec::new();
    for entry in &used {
        if !studies.contains(&entry.study.as_str()) {
            studies.push(&entry.study);
        }
    }
    let (k, parts) = (studies.len(), used.len());
    let events = used
        .iter()
        .try_fold(0, |sum, e| Some(sum + e.treatment.events? + e.control.events?));
    let sustained = declared.estimand == Estimand::Sustained;
    let mut out = LastingGroup {
        id: declared.id.clone(),
        label: declared.label.clone(),
        estimand: declared.estimand.code().to_owned(),
        question: declared.estimand.in_words().to_owned(),
        event: declared.event.clone(),
        treatment_label: declared.treatment_label.clone(),
        control_label: declared.control_label.clone(),
        measure: if sustained { "risk ratio" } else { "hazard ratio" }.to_owned(),
        direction: if sustained {
            "higher is better"
        } else {
            "lower is better"
        }
        .to_owned(),
        level: model.level,
        k,
        parts,
        events: events.filter(|_| parts > 0),
        estimate: None,
        log_estimate: None,
        se: None,
        tau2: None,
        q: None,
        q_df: None,
        q_p: None,
        model: String::new(),
        why_not: None,
        note: declared.note.clone(),
        entries: Vec::new(),
        protocol: vec![
            format!("durability.group.{}", declared.id),
            "model.tau2".to_owned(),
            "model.interval".to_owned(),
            "model.level".to_owned(),
        ],
    };
    match mean(index, &used, &studies) {
        Ok(Some((fit, words))) => fill(&mut out, &fit, words),
        Ok(None) => out.why_not = Some("No trial of this group prints what a ratio needs.".to_owned()),
        Err(error) => out.why_not = Some(error),
    }
    out.entries = entries;
    out
}

fn fill(out: &mut LastingGroup, fit: &Fit, words: String) {
    let shown = |x: f64| x.exp();
    out.estimate = Some(Interval {
        value: shown(fit.mean.value),
        lower: shown(fit.mean.lower),
        upper: shown(fit.mean.upper),
    });
    (out.log_estimate, out.se, out.tau2) = (Some(fit.mean.value), Some(fit.se), fit.tau2);
    if let Some((q, df, p)) = fit.q.filter(|_| out.parts > 1) {
        (out.q, out.q_df, out.q_p) = (Some(q), Some(df), Some(p));
    }
    out.model = words;
}

/// Parts of one trial have people of their own: they are joined by inverse variance, as strata. Trials are pooled as
/// the protocol says.
fn mean(
    index: &Index<'_>,
    used: &[&LastingEntry],
    studies: &[&str],
) -> Result<Option<(Fit, String)>, String> {
    let model = &index.protocol.model;
    let effects = |entries: &[&LastingEntry]| -> Result<Effects, String> {
        let y = entries.iter().filter_map(|e| e.log_ratio).collect();
        let v = entries.iter().filter_map(|e| e.se).map(|s| s * s).collect();
        let labels = entries.iter().map(|e| e.label.clone()).collect();
        Effects::new(y, v, labels).map_err(|e| e.to_string())
    };
    match studies {
        [] => Ok(None),
        [_] if used.len() == 1 => {
            let fit = fit::common(&effects(used)?, model)?;
            Ok(Some((fit, "one trial, as it is".to_owned())))
        }
        [_] => {
            let fit = fit::common(&effects(used)?, model)?;
            let words = format!("one trial, {} parts of it joined by inverse variance", used.len());
            Ok(Some((fit, words)))
        }
        _ => {
            let (mut y, mut v, mut labels) = (Vec::new(), Vec::new(), Vec::new());
            for study in studies {
                let mine: Vec<&LastingEntry> = used.iter().copied().filter(|e| e.study == *study).collect();
                let one = fit::common(&effects(&mine)?, model)?;
                y.push(one.mean.value);
                v.push(one.se * one.se);
                labels.push((*study).to_owned());
            }
            let all = Effects::new(y, v, labels).map_err(|e| e.to_string())?;
            let fit = fit::fit(&all, model)?.value;
            let words = fit.model.clone();
            Ok(Some((fit, words)))
        }
    }
}
