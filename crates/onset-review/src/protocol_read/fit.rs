//! A protocol held against the tables of its folder.

mod durability;
mod names;
mod rows;

use super::document::Document;
use crate::protocol::{Comparison, EvidenceKind, Protocol, Window};
use onset_data::evidence::{Evidence, Study, Timing};
use onset_data::{Diagnostic, RowId, nearest};
use std::collections::BTreeMap;

/// What does not fit between a protocol and its evidence: errors, warnings and notes.
///
/// Errors: arms of unknown treatments; exclusions, doubts and recomputations that name studies, arms or
/// rows that are not there. Warnings: comparisons and windows without data, scales and row sets that the
/// protocol does not list. Notes: outcomes that the protocol does not declare, times outside every window.
pub fn check(protocol: &Protocol, evidence: &Evidence) -> Vec<Diagnostic> {
    findings(protocol, evidence, None)
}

pub(super) fn findings(
    protocol: &Protocol,
    evidence: &Evidence,
    document: Option<&Document<'_>>,
) -> Vec<Diagnostic> {
    let mut fit = Fit {
        protocol,
        evidence,
        document,
        found: Vec::new(),
    };
    fit.treatments();
    fit.excludes();
    fit.doubts();
    fit.recomputes();
    fit.durability();
    fit.published();
    fit.scales();
    fit.sets();
    fit.outcomes();
    fit.populations();
    fit.comparisons();
    fit.networks();
    fit.times();
    fit.measures();
    fit.unused();
    fit.found
}

/// Study, outcome, timing and time (its bits, for sorting).
type Visit<'a> = (&'a str, &'a str, Timing, Option<u64>);

struct Fit<'a> {
    protocol: &'a Protocol,
    evidence: &'a Evidence,
    document: Option<&'a Document<'a>>,
    found: Vec<Diagnostic>,
}

impl<'a> Fit<'a> {
    /// Keeps a finding at a key of the protocol.
    fn at_key(&mut self, finding: Diagnostic, path: &[&str]) {
        let finding = match self.document {
            Some(document) => document.at(finding, path),
            None => finding.file(super::FILE),
        };
        self.found.push(finding);
    }

    /// An id of the protocol that should be one of `known` ids of a table.
    fn refers(&mut self, path: &[&str], id: &str, what: &str, known: &[&str]) -> bool {
        if known.contains(&id) {
            return true;
        }
        let message = format!("there is no such {what} in the tables");
        let mut finding = Diagnostic::error(&format!("unknown_{what}"), message).found(id);
        if let Some(near) = nearest(id, known) {
            finding = finding.hint(format!("did you mean '{near}'?"));
        }
        self.at_key(finding.allowed(short_list(known)), path);
        false
    }

    fn study_ids(&self) -> Vec<&'a str> {
        self.evidence.studies.iter().map(|s| s.id.as_str()).collect()
    }

    fn arm_ids(&self, study: &str) -> Vec<&'a str> {
        let arms = self.evidence.arms.iter().filter(|arm| arm.study_id == study);
        arms.map(|arm| arm.id.as_str()).collect()
    }

    /// Studies whose distance from a network's question is declared, and nodes that no arm has.
    fn networks(&mut self) {
        let studies = self.study_ids();
        for (position, network) in self.protocol.network.iter().enumerate() {
            let place = position.to_string();
            for (number, study) in network.indirectness.iter().enumerate() {
                let path = [
                    "network",
                    place.as_str(),
                    "indirectness",
                    &number.to_string(),
                    "id",
                ];
                self.refers(&path, &study.id, "study", &studies);
            }
            for (number, node) in network.node.iter().enumerate() {
                if self
                    .evidence
                    .arms
                    .iter()
                    .any(|arm| node.treatments.contains(&arm.treatment))
                {
                    continue;
                }
                let message = format!("no study has an arm of the node '{}'", node.id);
                let path = ["network", place.as_str(), "node", &number.to_string()];
                self.at_key(Diagnostic::warning("empty_node", message), &path);
            }
        }
    }

    /// Comparisons and windows that no study has data for.
    fn comparisons(&mut self) {
        let nodes: BTreeMap<(&str, &str), &str> = self
            .evidence
            .arms
            .iter()
            .map(|arm| ((arm.study_id.as_str(), arm.id.as_str()), arm.treatment.as_str()))
            .collect();
        for (position, comparison) in self.protocol.comparison.iter().enumerate() {
            let place = position.to_string();
            let rows = self.rows_of(comparison, &nodes);
            if rows.is_empty() {
                let message = format!("no study has data for the comparison '{}'", comparison.id);
                self.at_key(
                    Diagnostic::warning("empty_comparison", message),
                    &["comparison", &place],
                );
                continue;
            }
            for (number, id) in comparison.windows.iter().enumerate() {
                let window = self.protocol.window.iter().find(|w| w.id == *id);
                if window.is_none_or(|w| rows.iter().any(|(timing, time)| holds(w, *timing, *time))) {
                    continue;
                }
                let message = format!("no study has data for the window '{id}' of '{}'", comparison.id);
                let finding = Diagnostic::warning("empty_window", message).found(id);
                self.at_key(finding, &["comparison", &place, "windows", &number.to_string()]);
            }
        }
    }

    /// Times at which some study reports an outcome for both sides of a comparison.
    fn rows_of(
        &self,
        comparison: &Comparison,
        nodes: &BTreeMap<(&str, &str), &str>,
    ) -> Vec<(Timing, Option<f64>)> {
        let on = |side: &[String], study: &str, arm: &str| {
            let node = nodes.get(&(study, arm));
            node.is_some_and(|node| side.iter().any(|id| id == node))
        };
        let mut visits: BTreeMap<Visit<'_>, [bool; 2]> = BTreeMap::new();
        for row in rows::all(self.evidence) {
            if !comparison.outcomes.iter().any(|id| id == row.outcome)
                || self.left_out(comparison, row.study, row.id)
            {
                continue;
            }
            let visit = (row.study, row.outcome, row.timing, row.time.map(f64::to_bits));
            let sides = visits.entry(visit).or_insert([false; 2]);
            for arm in row.arms {
                sides[0] |= on(&comparison.treatment, row.study, arm);
                sides[1] |= on(&comparison.control, row.study, arm);
            }
        }
        let both = visits.into_iter().filter(|(_, sides)| *sides == [true; 2]);
        both.map(|((_, _, timing, time), _)| (timing, time.map(f64::from_bits)))
            .collect()
    }

    /// Excluded whole, excluded as a row, or of a population that is not wanted.
    fn left_out(&self, comparison: &Comparison, study: &str, row: &RowId) -> bool {
        let unwanted = !comparison.populations.is_empty()
            && self
                .evidence
                .study(study)
                .and_then(|s: &Study| s.population.as_ref())
                .is_none_or(|population| !comparison.populations.contains(population));
        unwanted
            || self.protocol.exclude.iter().any(|exclude| {
                let here = exclude.comparisons.is_empty() || exclude.comparisons.contains(&comparison.id);
                let whole = exclude.rows.is_empty() && exclude.arm.is_none() && exclude.outcome.is_none();
                let named = exclude
                    .rows
                    .iter()
                    .any(|text| text.parse().is_ok_and(|id: RowId| id == *row));
                here && (named || (whole && exclude.study.as_deref() == Some(study)))
            })
    }

    /// Rows whose time no window holds.
    fn times(&mut self) {
        let mut outside: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows::all(self.evidence) {
            let declared = self.protocol.outcome.iter().any(|o| o.id == row.outcome);
            if declared
                && !self
                    .protocol
                    .window
                    .iter()
                    .any(|w| holds(w, row.timing, row.time))
            {
                let when = match (row.timing, row.time) {
                    (Timing::Hours, Some(time)) => format!("{time} h"),
                    (Timing::Hours, None) => "no time".to_owned(),
                    (Timing::CourseEnd, _) => "course-end".to_owned(),
                    (Timing::AnyTime, _) => "any-time".to_owned(),
                };
                *outside.entry(when).or_insert(0) += 1;
            }
        }
        if outside.is_empty() {
            return;
        }
        let rows: usize = outside.values().sum();
        let mut times: Vec<(String, usize)> = outside.into_iter().collect();
        times.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let listed: Vec<String> = times
            .iter()
            .map(|(when, rows)| format!("{when} ({rows})"))
            .collect();
        let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
        let message = format!("{rows} rows stand at times that no window holds");
        self.at_key(
            Diagnostic::note("outside_windows", message).found(short_list(&listed)),
            &["window"],
        );
    }
}

/// Whether a row's time belongs to a window.
fn holds(window: &Window, timing: Timing, time: Option<f64>) -> bool {
    match (window.evidence, timing) {
        (EvidenceKind::CourseEnd, timing) => timing == Timing::CourseEnd,
        (_, Timing::Hours) => match (time, window.from_hours, window.to_hours) {
            (Some(time), Some(from), Some(to)) => (from..=to).contains(&time),
            _ => false,
        },
        _ => false,
    }
}

/// The first of a long list.
fn short_list(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(", … ({} in all)", names.len()));
    }
    text
}
