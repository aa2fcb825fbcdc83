//! Results known to be missing: which trials of a comparison give a pool no number, and how many people they hold.
//!
//! # Source
//! Page 2023, BMJ 383:e076754 (ROB-ME): a matrix of trials and results, with "measured, but no usable result" apart from
//! "not known whether measured". Counted here from the tables; what a registry or a protocol says is declared in
//! `review.toml`.

use crate::answers::Pool;
use crate::index::{Index, population_wanted};
use crate::protocol::Comparison;
use onset_data::RowId;
use onset_data::evidence::Statistic;
use serde::Serialize;

/// Every pool with the trials that it lacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissingResults {
    /// Pools of primary comparisons and of the headline's, in their order.
    pub pools: Vec<MissingPool>,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

/// One pool and the trials of its comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct MissingPool {
    /// JSON Pointer of the pool.
    pub pool: String,
    pub id: String,
    /// Trials of the comparison, and those in the pool.
    pub trials: usize,
    pub pooled: usize,
    /// People randomised in them, where reported.
    pub people: u64,
    pub people_pooled: u64,
    pub missing: Vec<MissingTrial>,
    /// Rows of all those trials.
    pub rows: Vec<RowId>,
    pub protocol: Vec<String>,
}

/// A trial without a usable result here.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct MissingTrial {
    pub study: String,
    pub label: String,
    /// not usable | measured at another time | declared | not known
    pub kind: String,
    pub reason: String,
    pub people: Option<u64>,
    pub rows: Vec<RowId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocol: Vec<String>,
}

/// Matrix of primary comparisons and of the headline's.
pub(crate) fn missing(index: &Index<'_>, pools: &[Pool]) -> MissingResults {
    let headline = &index.protocol.review.headline.comparison;
    let list = pools
        .iter()
        .enumerate()
        .filter(|(_, pool)| pool.primary || pool.comparison == *headline)
        .filter_map(|(i, pool)| {
            let comparison = index
                .protocol
                .comparison
                .iter()
                .find(|c| c.id == pool.comparison)?;
            Some(of_pool(index, comparison, pool, i))
        })
        .filter(|entry| entry.trials > 0)
        .collect();
    MissingResults {
        pools: list,
        protocol: vec!["comparison".to_owned()],
    }
}

fn of_pool(index: &Index<'_>, comparison: &Comparison, pool: &Pool, position: usize) -> MissingPool {
    let mut entry = MissingPool {
        pool: format!("/size/by/{position}"),
        id: pool.id.clone(),
        trials: 0,
        pooled: 0,
        people: 0,
        people_pooled: 0,
        missing: Vec::new(),
        rows: Vec::new(),
        protocol: vec![format!("comparison.{}", comparison.id)],
    };
    for data in &index.studies {
        let study = data.study;
        let has = |nodes: &[String]| data.arms.iter().any(|arm| nodes.contains(&arm.treatment));
        let compared = has(&comparison.treatment) && has(&comparison.control);
        let whole = index.protocol.exclude.iter().any(|exclude| {
            exclude.study.as_deref() == Some(&study.id)
                && exclude.arm.is_none()
                && exclude.outcome.is_none()
                && exclude.rows.is_empty()
                && (exclude.comparisons.is_empty() || exclude.comparisons.contains(&comparison.id))
        });
        if !compared || whole || !population_wanted(comparison, study) {
            continue;
        }
        entry.trials += 1;
        entry.people += study.n_randomised.unwrap_or(0);
        entry.rows.push(study.row.clone());
        if pool.studies.iter().any(|s| s.id == study.id) {
            entry.pooled += 1;
            entry.people_pooled += study.n_randomised.unwrap_or(0);
            continue;
        }
        let mut trial = MissingTrial {
            study: study.id.clone(),
            label: study.label.clone(),
            kind: "not known".to_owned(),
            reason: "No row on this outcome is in the tables: not measured, or not read.".to_owned(),
            people: study.n_randomised,
            rows: vec![study.row.clone()],
            protocol: Vec::new(),
        };
        let declared = index.protocol.missing_result.iter().find(|m| {
            let here = |list: &[String], id: &str| list.is_empty() || list.iter().any(|known| known == id);
            m.study == study.id && here(&m.outcomes, &pool.outcome) && here(&m.windows, &pool.window)
        });
        let elsewhere = data
            .observations
            .iter()
            .any(|o| o.outcome == pool.outcome && o.statistic != Statistic::Baseline)
            || data.contrasts.iter().any(|c| c.outcome == pool.outcome);
        if let Some(left) = pool.left_out.iter().find(|left| left.study == study.id) {
            trial.kind = "not usable".to_owned();
            trial.reason.clone_from(&left.reason);
            if !left.rows.is_empty() {
                trial.rows.clone_from(&left.rows);
            }
        } else if let Some(declared) = declared {
            trial.kind = "declared".to_owned();
            trial.reason.clone_from(&declared.reason);
            trial.protocol = vec![format!("missing_result.{}", declared.id)];
        } else if elsewhere {
            trial.kind = "measured at another time".to_owned();
            trial.reason =
                "The outcome is in the tables at other times only, or in a form not pooled here.".to_owned();
        }
        entry.missing.push(trial);
    }
    entry
}
