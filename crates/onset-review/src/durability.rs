//! What lasts: relapse after response, hazard ratios from whatever is printed, estimand by estimand.
//!
//! Randomised withdrawal answers another question than an acute trial, and relapse among responders of an acute trial
//! yet another: each group of the protocol is pooled by itself, and none enters the time course.
//!
//! # Source
//! Parmar, Torri & Stewart 1998, Stat Med 17:2815; Tierney et al. 2007, Trials 8:16.

mod entry;
mod group;
mod words;

pub(crate) use words::tell;

use crate::answers::Interval;
use crate::index::Index;
use onset_data::RowId;
use onset_data::evidence::Evidence;
use serde::Serialize;

/// Every group of the protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DurabilityReport {
    pub groups: Vec<LastingGroup>,
    pub protocol: Vec<String>,
}

/// Trials that answer one question about what lasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LastingGroup {
    pub id: String,
    pub label: String,
    /// withdrawal | follow-up | sustained
    pub estimand: String,
    /// The question in a sentence.
    pub question: String,
    pub event: String,
    pub treatment_label: String,
    pub control_label: String,
    /// "hazard ratio" or "risk ratio".
    pub measure: String,
    /// "lower is better" or "higher is better".
    pub direction: String,
    pub level: f64,
    /// Trials with a ratio.
    pub k: usize,
    /// Parts of trials with a ratio.
    pub parts: usize,
    /// Events in them, where all are reported.
    pub events: Option<u64>,
    /// The mean, as a ratio.
    pub estimate: Option<Interval>,
    /// ln of it.
    pub log_estimate: Option<f64>,
    pub se: Option<f64>,
    pub tau2: Option<f64>,
    /// Cochran's Q between parts or trials, its degrees of freedom and p.
    pub q: Option<f64>,
    pub q_df: Option<u64>,
    pub q_p: Option<f64>,
    pub model: String,
    pub why_not: Option<String>,
    pub note: String,
    pub entries: Vec<LastingEntry>,
    pub protocol: Vec<String>,
}

/// One trial, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LastingEntry {
    pub study: String,
    pub label: String,
    /// "stable remitters".
    pub part: String,
    pub follow_up: String,
    pub days: Option<f64>,
    pub treatment: LastingSide,
    pub control: LastingSide,
    /// The ratio with its interval.
    pub ratio: Option<Interval>,
    pub log_ratio: Option<f64>,
    pub se: Option<f64>,
    /// How it was reached: "printed hazard ratio and interval".
    pub route: Option<String>,
    /// The same from other printed numbers, as a check.
    pub others: Vec<OtherRoute>,
    pub why_not: Option<String>,
    pub rows: Vec<RowId>,
    pub protocol: Vec<String>,
}

/// One arm of an entry, as printed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[allow(missing_docs)]
pub struct LastingSide {
    pub events: Option<u64>,
    pub n: Option<u64>,
    pub percent: Option<f64>,
    pub median_days: Option<f64>,
    pub rows: Vec<RowId>,
}

/// The same ratio by another route.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct OtherRoute {
    pub route: String,
    pub ratio: Interval,
}

/// What lasts; `None` when the protocol declares no group.
pub(crate) fn durability(index: &Index<'_>, evidence: &Evidence) -> Option<DurabilityReport> {
    let declared = index.protocol.durability.as_ref()?;
    Some(DurabilityReport {
        groups: declared
            .group
            .iter()
            .map(|g| group::group(index, evidence, g))
            .collect(),
        protocol: vec!["durability".to_owned()],
    })
}
