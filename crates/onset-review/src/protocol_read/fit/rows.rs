//! Rows that the protocol names, and the rows it is held against.

use super::Fit;
use onset_data::evidence::{Evidence, Statistic, Timing};
use onset_data::{Diagnostic, RowId};

/// A row of observations or contrasts, as far as windows and comparisons go.
pub(super) struct Row<'a> {
    pub(super) id: &'a RowId,
    pub(super) study: &'a str,
    pub(super) arms: [&'a str; 2],
    pub(super) outcome: &'a str,
    pub(super) timing: Timing,
    pub(super) time: Option<f64>,
}

/// Every row after treatment began.
pub(super) fn all(evidence: &Evidence) -> impl Iterator<Item = Row<'_>> {
    let after = evidence
        .observations
        .iter()
        .filter(|o| o.statistic != Statistic::Baseline);
    let observations = after.map(|o| Row {
        id: &o.row,
        study: &o.study_id,
        arms: [&o.arm_id, &o.arm_id],
        outcome: &o.outcome,
        timing: o.timing,
        time: o.time_hours,
    });
    let contrasts = evidence.contrasts.iter().map(|c| Row {
        id: &c.row,
        study: &c.study_id,
        arms: [&c.arm1, &c.arm2],
        outcome: &c.outcome,
        timing: c.timing,
        time: c.time_hours,
    });
    observations.chain(contrasts)
}

/// Every row of every table, sorted.
fn every_row(e: &Evidence) -> Vec<&RowId> {
    let mut ids: Vec<&RowId> = Vec::new();
    ids.extend(e.studies.iter().map(|r| &r.row));
    ids.extend(e.arms.iter().map(|r| &r.row));
    ids.extend(e.observations.iter().map(|r| &r.row));
    ids.extend(e.contrasts.iter().map(|r| &r.row));
    ids.extend(e.risk_of_bias.iter().map(|r| &r.row));
    ids.extend(e.blinding.iter().map(|r| &r.row));
    ids.extend(e.durability.iter().map(|r| &r.row));
    ids.extend(e.harms.iter().map(|r| &r.row));
    ids.extend(e.costs.iter().map(|r| &r.row));
    ids.extend(e.sources.iter().map(|r| &r.row));
    ids.extend(e.published.iter().map(|r| &r.row));
    ids.sort();
    ids
}

impl Fit<'_> {
    pub(super) fn excludes(&mut self) {
        let protocol = self.protocol;
        let every = every_row(self.evidence);
        for (position, exclude) in protocol.exclude.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["exclude", &place, key];
            let mut known = true;
            if let Some(study) = &exclude.study {
                known = self.refers(&path("study"), study, "study", &self.study_ids());
            }
            if let (Some(study), Some(arm), true) = (&exclude.study, &exclude.arm, known) {
                known = self.refers(&path("arm"), arm, "arm", &self.arm_ids(study));
            }
            let before = self.found.len();
            self.rows_exist(&path("rows"), &exclude.rows, &every);
            if known && before == self.found.len() && !self.covers(position) {
                let finding = Diagnostic::warning("idle_exclude", "the exclusion covers no row");
                let finding = finding.hint("is the study excluded for another arm or outcome?");
                self.at_key(finding, &["exclude", &place]);
            }
        }
    }

    /// Whether an exclusion covers a row, or a study without rows.
    fn covers(&self, position: usize) -> bool {
        let Some(exclude) = self.protocol.exclude.get(position) else {
            return false;
        };
        let whole_study = exclude.study.is_some() && exclude.arm.is_none() && exclude.outcome.is_none();
        if !exclude.rows.is_empty() || whole_study {
            return true;
        }
        let fits = |wanted: &Option<String>, found: &[&str]| {
            wanted.as_ref().is_none_or(|id| found.contains(&id.as_str()))
        };
        all(self.evidence).any(|row| {
            fits(&exclude.study, &[row.study])
                && fits(&exclude.arm, &row.arms)
                && fits(&exclude.outcome, &[row.outcome])
        })
    }

    pub(super) fn doubts(&mut self) {
        let protocol = self.protocol;
        let every = every_row(self.evidence);
        for (position, doubt) in protocol.doubt.iter().enumerate() {
            let place = position.to_string();
            if let Some(study) = &doubt.study {
                self.refers(&["doubt", &place, "study"], study, "study", &self.study_ids());
            }
            self.rows_exist(&["doubt", &place, "rows"], &doubt.rows, &every);
        }
    }

    pub(super) fn recomputes(&mut self) {
        let protocol = self.protocol;
        let evidence = self.evidence;
        let mut observations: Vec<&RowId> = evidence.observations.iter().map(|o| &o.row).collect();
        let mut contrasts: Vec<&RowId> = evidence.contrasts.iter().map(|c| &c.row).collect();
        observations.sort();
        contrasts.sort();
        for (position, recompute) in protocol.recompute.iter().enumerate() {
            let place = position.to_string();
            for (number, entry) in recompute.entries.iter().enumerate() {
                let number = number.to_string();
                let path = |key| ["recompute", &place, "entries", &number, key];
                self.rows_exist(&path("treatment"), &entry.treatment, &observations);
                self.rows_exist(&path("control"), &entry.control, &observations);
                if let Some(contrast) = &entry.contrast {
                    self.rows_exist(&path("contrast"), std::slice::from_ref(contrast), &contrasts);
                }
            }
        }
    }

    /// Rows named by the protocol are there; `known` is sorted.
    pub(super) fn rows_exist(&mut self, path: &[&str], rows: &[String], known: &[&RowId]) {
        for (position, text) in rows.iter().enumerate() {
            let Ok(id) = text.parse::<RowId>() else { continue };
            if known.binary_search(&&id).is_ok() {
                continue;
            }
            let lines: Vec<u64> = known
                .iter()
                .filter(|row| row.file == id.file)
                .map(|row| row.line)
                .collect();
            let mut finding =
                Diagnostic::error("unknown_row", "no row that can stand here has this id").found(text);
            if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
                finding = finding.allowed(format!("rows of {} from line {first} to {last}", id.file));
            } else if let Some(row) = known.first() {
                finding = finding.allowed(format!("rows such as {row}"));
            }
            let place = position.to_string();
            let path: Vec<&str> = path.iter().copied().chain([place.as_str()]).collect();
            self.at_key(finding.hint("lines count from 1, the header"), &path);
        }
    }
}
