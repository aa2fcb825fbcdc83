//! What a slip of the pen in a flagged cell would do to the pools that rest on it.
//!
//! # Formula
//! For each cell that a number check names, the neighbours of the printed number by one transcription: two
//! neighbouring digits swapped, the decimal point one place to either side, a digit dropped, the sign turned, and
//! for a standard deviation the standard error it may be (SD = x sqrt(n)) or the other way round. Each neighbour
//! that the scale and the group size allow replaces the number, one at a time, and the pool is fitted again; so is
//! the pool without the study.

use crate::answers::{Interval, Pool};
use crate::effect;
use crate::fit;
use crate::floor;
use crate::gather::Job;
use crate::index::Index;
use crate::protocol::Protocol;
use crate::run::is_headline;
use crate::size::{Member, gather, measure_of};
use onset_data::evidence::{Evidence, Statistic};
use onset_data::{Diagnostic, RowId};
use onset_effects::Effects;
use serde::Serialize;

/// Number checks, and the pools that rest on what they name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flagged {
    /// Cells that a check names.
    pub cells: usize,
    /// What this means for the headline, in a sentence.
    pub sentence: String,
    /// One entry a pool that rests on a flagged row.
    pub pools: Vec<FlaggedPool>,
    /// Rows that a check names.
    pub rows: Vec<RowId>,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

/// A pool that rests on flagged cells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FlaggedPool {
    /// JSON Pointer of the pool.
    pub pool: String,
    pub id: String,
    /// As pooled, shown scale.
    pub printed: Interval,
    /// Without the flagged studies; absent where none is left.
    pub without: Option<Interval>,
    pub without_k: usize,
    pub cells: Vec<FlaggedCell>,
    /// Smallest and largest pooled effect over all alternatives; equal to the printed one where there is none.
    pub least: f64,
    pub most: f64,
    /// What the slips would do to the floor of all declared analyses; only for the headline result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<FloorMoved>,
}

/// The floor as it stands, and its least and greatest value over the slips; shown scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FloorMoved {
    pub printed: f64,
    pub least: f64,
    pub most: f64,
}

/// One flagged cell of a pool and its alternatives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FlaggedCell {
    pub study: String,
    pub label: String,
    /// Codes of the checks: `check_nested`.
    pub checks: Vec<String>,
    pub column: String,
    pub printed: f64,
    pub alternatives: Vec<Alternative>,
    pub rows: Vec<RowId>,
}

/// The pool with another number in a flagged cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Alternative {
    /// "digits swapped", "a standard error taken for a standard deviation".
    pub what: String,
    pub value: f64,
    /// Shown scale.
    pub estimate: Interval,
}

/// A cell that a check names: row, column, checks.
struct Named {
    row: RowId,
    study: String,
    column: String,
    checks: Vec<String>,
}

/// `None` where no number check was made or none names a cell.
pub(crate) fn flagged(
    protocol: &Protocol,
    evidence: &Evidence,
    pools: &[Pool],
    checks: &[Diagnostic],
) -> Option<Flagged> {
    let named = named(checks);
    if named.is_empty() {
        return None;
    }
    let index = Index::new(protocol, evidence);
    let mut touched = Vec::new();
    let mut headline = false;
    for (i, pool) in pools.iter().enumerate() {
        let Some(mut entry) = of_pool(&index, evidence, pool, &named, i) else {
            continue;
        };
        if is_headline(&index, pool) {
            headline = true;
            entry.floor = floor_moved(&index, evidence, pools, &entry);
        }
        touched.push(entry);
    }
    let sentence = match (headline, touched.len()) {
        (true, _) => "The headline result rests on a number that a check names.".to_owned(),
        (false, 0) => "No result rests on a number that a check names.".to_owned(),
        (false, 1) => {
            "The headline result rests on no number that a check names; one other result does.".to_owned()
        }
        (false, k) => {
            format!("The headline result rests on no number that a check names; {k} other results do.")
        }
    };
    let mut rows: Vec<RowId> = named.iter().map(|cell| cell.row.clone()).collect();
    rows.sort();
    rows.dedup();
    Some(Flagged {
        cells: named.len(),
        sentence,
        pools: touched,
        rows,
        protocol: vec!["review.headline".to_owned()],
    })
}

/// The floor at lambda 0 under each slip in turn; `None` where the protocol declares no set of analyses.
fn floor_moved(
    index: &Index<'_>,
    evidence: &Evidence,
    pools: &[Pool],
    entry: &FlaggedPool,
) -> Option<FloorMoved> {
    let lowest = |index: &Index<'_>| Some(floor::report(index, pools)?.floors.first()?.shown);
    let printed = lowest(index)?;
    let mut found = FloorMoved {
        printed,
        least: printed,
        most: printed,
    };
    for cell in &entry.cells {
        let place = Named {
            row: cell.rows.first()?.clone(),
            study: cell.study.clone(),
            column: cell.column.clone(),
            checks: Vec::new(),
        };
        for alternative in &cell.alternatives {
            let mut other = evidence.clone();
            write(&mut other, &place, alternative.value)?;
            if let Some(floor) = lowest(&Index::new(index.protocol, &other)) {
                found.least = found.least.min(floor);
                found.most = found.most.max(floor);
            }
        }
    }
    Some(found)
}

fn named(checks: &[Diagnostic]) -> Vec<Named> {
    let mut list: Vec<Named> = Vec::new();
    for check in checks.iter().filter(|check| check.code.starts_with("check_")) {
        let (Some(file), Some(line), Some(column)) = (&check.file, check.line, &check.column) else {
            continue;
        };
        let Ok(row) = format!("{file}:{line}").parse::<RowId>() else {
            continue;
        };
        match list
            .iter_mut()
            .find(|cell| cell.row == row && cell.column == *column)
        {
            Some(cell) => cell.checks.push(check.code.clone()),
            None => list.push(Named {
                row,
                study: check.study.clone().unwrap_or_default(),
                column: column.clone(),
                checks: vec![check.code.clone()],
            }),
        }
    }
    list
}

fn of_pool(
    index: &Index<'_>,
    evidence: &Evidence,
    pool: &Pool,
    named: &[Named],
    position: usize,
) -> Option<FlaggedPool> {
    let estimate = pool.estimate.as_ref()?;
    let mine: Vec<&Named> = named
        .iter()
        .filter(|cell| pool.studies.iter().any(|study| study.rows.contains(&cell.row)))
        .collect();
    if mine.is_empty() {
        return None;
    }
    let studies: Vec<&str> = mine.iter().map(|cell| cell.study.as_str()).collect();
    let base = Base::new(index, pool)?;
    let without = base.fit(|study| !studies.contains(&study), &[]);
    let cells: Vec<FlaggedCell> = mine
        .iter()
        .filter_map(|cell| {
            let printed = read(evidence, cell)?;
            let alone = of_study(evidence, &cell.study);
            let alternatives = neighbours(index.protocol, evidence, cell, printed)
                .into_iter()
                .filter_map(|(what, value)| {
                    let mut other = alone.clone();
                    write(&mut other, cell, value)?;
                    let index = Index::new(index.protocol, &other);
                    let again = gather(&index, base.job, &index.protocol.model).members;
                    let (estimate, _) = base.fit(|study| study != cell.study, &again)?;
                    Some(Alternative {
                        what,
                        value,
                        estimate,
                    })
                })
                .collect();
            Some(FlaggedCell {
                study: cell.study.clone(),
                label: evidence
                    .study(&cell.study)
                    .map_or_else(|| cell.study.clone(), |study| study.label.clone()),
                checks: cell.checks.clone(),
                column: cell.column.clone(),
                printed,
                alternatives,
                rows: vec![cell.row.clone()],
            })
        })
        .collect();
    let moved = || {
        cells
            .iter()
            .flat_map(|cell| cell.alternatives.iter().map(|other| other.estimate.value))
    };
    Some(FlaggedPool {
        pool: format!("/size/by/{position}"),
        id: pool.id.clone(),
        printed: Interval {
            value: estimate.value,
            lower: estimate.lower,
            upper: estimate.upper,
        },
        without_k: without.as_ref().map_or(0, |(_, k)| *k),
        without: without.map(|(interval, _)| interval),
        least: moved().fold(estimate.value, f64::min),
        most: moved().fold(estimate.value, f64::max),
        floor: None,
        cells,
    })
}

/// The rows of one study that a pool reads.
fn of_study(evidence: &Evidence, study: &str) -> Evidence {
    fn only<T: Clone>(rows: &[T], mine: impl Fn(&T) -> bool) -> Vec<T> {
        rows.iter().filter(|row| mine(row)).cloned().collect()
    }
    Evidence {
        studies: only(&evidence.studies, |row| row.id == study),
        arms: only(&evidence.arms, |row| row.study_id == study),
        observations: only(&evidence.observations, |row| row.study_id == study),
        contrasts: only(&evidence.contrasts, |row| row.study_id == study),
        risk_of_bias: only(&evidence.risk_of_bias, |row| row.study_id == study),
        ..Evidence::default()
    }
}

/// A pool's effects, to be fitted again with one study's changed.
struct Base<'a> {
    job: Job<'a>,
    index: &'a Index<'a>,
    /// Position of the study in the tables, its id, y, v.
    effects: Vec<(usize, &'a str, f64, f64)>,
}

impl<'a> Base<'a> {
    fn new(index: &'a Index<'a>, pool: &Pool) -> Option<Base<'a>> {
        let model = &index.protocol.model;
        let outcome = index.outcome(&pool.outcome)?;
        let comparisons = &index.protocol.comparison;
        let job = Job {
            comparison: comparisons.iter().find(|c| c.id == pool.comparison)?,
            outcome,
            window: index.window(&pool.window)?,
            measure: measure_of(model, outcome),
        };
        let mut position = 0;
        let mut effects = Vec::new();
        for member in gather(index, job, model).members {
            let id = member.data.study.id.as_str();
            while index.studies.get(position)?.study.id != id {
                position += 1;
            }
            effects.push((position, id, member.effect.y, member.effect.v));
        }
        Some(Base { job, index, effects })
    }

    /// The pool of the studies that are wanted and of `again`: shown scale, and how many there are.
    fn fit(&self, wanted: impl Fn(&str) -> bool, again: &[Member<'_>]) -> Option<(Interval, usize)> {
        let mut all: Vec<(usize, f64, f64)> = self
            .effects
            .iter()
            .filter(|(_, id, ..)| wanted(id))
            .map(|&(position, _, y, v)| (position, y, v))
            .collect();
        for member in again {
            let studies = &self.index.studies;
            let position = studies
                .iter()
                .position(|data| data.study.id == member.data.study.id)?;
            all.push((position, member.effect.y, member.effect.v));
        }
        if all.is_empty() {
            return None;
        }
        all.sort_by_key(|(position, ..)| *position);
        let labels = vec![String::new(); all.len()];
        let (y, v) = all.iter().map(|&(_, y, v)| (y, v)).unzip();
        let effects = Effects::new(y, v, labels).ok()?;
        let fit = fit::fit(&effects, &self.index.protocol.model).ok()?.value;
        let shown = effect::shown(self.job.measure, &fit.mean);
        [shown.value, shown.lower, shown.upper]
            .iter()
            .all(|x| x.is_finite())
            .then_some((shown, effects.k()))
    }
}

/// The number in the cell; `None` for columns that no pool reads.
fn read(evidence: &Evidence, cell: &Named) -> Option<f64> {
    if let Some(o) = evidence.observations.iter().find(|o| o.row == cell.row) {
        return match cell.column.as_str() {
            "mean" => o.mean,
            "sd" => o.sd,
            "se" => o.se,
            "events" => o.events.map(|n| n as f64),
            "percent" => o.percent,
            _ => None,
        };
    }
    let c = evidence.contrasts.iter().find(|c| c.row == cell.row)?;
    match cell.column.as_str() {
        "estimate" => c.estimate,
        "se" => c.se,
        _ => None,
    }
}

fn write(evidence: &mut Evidence, cell: &Named, value: f64) -> Option<()> {
    if let Some(o) = evidence.observations.iter_mut().find(|o| o.row == cell.row) {
        match cell.column.as_str() {
            "mean" => o.mean = Some(value),
            "sd" => o.sd = Some(value),
            "se" => o.se = Some(value),
            "events" => o.events = Some(value as u64),
            "percent" => o.percent = Some(value),
            _ => return None,
        }
        return Some(());
    }
    let c = evidence.contrasts.iter_mut().find(|c| c.row == cell.row)?;
    match cell.column.as_str() {
        "estimate" => c.estimate = Some(value),
        "se" => c.se = Some(value),
        _ => return None,
    }
    Some(())
}

/// Numbers one transcription away that the row allows.
fn neighbours(protocol: &Protocol, evidence: &Evidence, cell: &Named, printed: f64) -> Vec<(String, f64)> {
    let observation = evidence.observations.iter().find(|o| o.row == cell.row);
    let signed = match observation {
        Some(o) => {
            cell.column == "mean" && matches!(o.statistic, Statistic::Change | Statistic::LsmeanChange)
        }
        None => cell.column == "estimate",
    };
    let mut list = slips(printed, signed);
    if let (Some(n), "sd") = (observation.and_then(|o| o.n), cell.column.as_str()) {
        let root = (n as f64).sqrt();
        list.push((
            "a standard error printed as a standard deviation".to_owned(),
            printed * root,
        ));
        list.push((
            "a standard deviation multiplied by the root of the group size".to_owned(),
            printed / root,
        ));
    }
    let range = observation.and_then(|o| {
        let outcome = protocol.outcome.iter().find(|outcome| outcome.id == o.outcome)?;
        let scale = outcome
            .scales
            .iter()
            .find(|s| Some(s.id.as_str()) == o.scale.as_deref())?;
        scale.range
    });
    let allowed = |value: f64| match (cell.column.as_str(), observation) {
        ("events", Some(o)) => value.fract() == 0.0 && o.n.is_none_or(|n| value <= n as f64),
        ("percent", _) => value <= 100.0,
        ("mean", _) => range.is_none_or(|[low, high]| {
            if signed {
                value.abs() <= high - low
            } else {
                value >= low && value <= high
            }
        }),
        ("sd", _) => value > 0.0 && range.is_none_or(|[low, high]| value <= high - low),
        ("se", _) => value > 0.0,
        _ => true,
    };
    list.retain(|(_, value)| value.is_finite() && allowed(*value));
    list
}

/// Slips of the pen in one printed number, each value once.
pub(crate) fn slips(printed: f64, signed: bool) -> Vec<(String, f64)> {
    let text = printed.abs().to_string();
    let sign = if printed < 0.0 { -1.0 } else { 1.0 };
    let letters: Vec<char> = text.chars().collect();
    let digits = letters
        .iter()
        .enumerate()
        .filter(|(_, letter)| letter.is_ascii_digit());
    let places: Vec<usize> = digits.map(|(place, _)| place).collect();
    let mut list: Vec<(String, f64)> = Vec::new();
    let mut add = |what: &str, value: f64| {
        if value.is_finite() && value != printed && list.iter().all(|(_, known)| *known != value) {
            list.push((what.to_owned(), value));
        }
    };
    let number = |letters: &[char]| letters.iter().collect::<String>().parse::<f64>().ok();
    for pair in places.windows(2) {
        if let [a, b] = pair {
            let mut other = letters.clone();
            other.swap(*a, *b);
            if let Some(value) = number(&other) {
                add("two digits swapped", sign * value);
            }
        }
    }
    if places.len() > 1 {
        for &place in &places {
            let mut other = letters.clone();
            other.remove(place);
            if let Some(value) = number(&other) {
                add("a digit dropped", sign * value);
            }
        }
    }
    add("the decimal point one place to the left", printed / 10.0);
    add("the decimal point one place to the right", printed * 10.0);
    if signed {
        add("the sign turned", -printed);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_a_printed_number() {
        let values: Vec<f64> = slips(12.3, false).iter().map(|(_, value)| *value).collect();
        assert_eq!(values, [21.3, 13.2, 2.3, 1.3, 12.0, 1.23, 123.0]);
        assert!(slips(-7.9, true).iter().any(|(_, value)| *value == 7.9));
        assert!(
            slips(11.0, false)
                .iter()
                .all(|(what, _)| what != "two digits swapped"),
            "11 swapped is 11"
        );
    }
}
