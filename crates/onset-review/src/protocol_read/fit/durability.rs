//! Rows that `[durability]` names: there, of the study that names them, and of the estimand that they belong to.

use super::Fit;
use crate::protocol::Estimand;
use onset_data::evidence::Design;
use onset_data::{Diagnostic, RowId};

impl Fit<'_> {
    pub(super) fn durability(&mut self) {
        let Some(declared) = &self.protocol.durability else {
            return;
        };
        let mut known: Vec<&RowId> = self.evidence.durability.iter().map(|r| &r.row).collect();
        known.sort();
        let studies = self.study_ids();
        for (position, group) in declared.group.iter().enumerate() {
            let place = position.to_string();
            for (number, entry) in group.entry.iter().enumerate() {
                let number = number.to_string();
                let path = |key| {
                    [
                        "durability",
                        "group",
                        place.as_str(),
                        "entry",
                        number.as_str(),
                        key,
                    ]
                };
                if !self.refers(&path("study"), &entry.study, "study", &studies) {
                    continue;
                }
                self.design(&path("study"), &entry.study, group.estimand);
                for (key, rows) in [
                    ("hazard_ratio", entry.hazard_ratio.as_slice()),
                    ("treatment", entry.treatment.as_slice()),
                    ("control", entry.control.as_slice()),
                ] {
                    self.rows_exist(&path(key), rows, &known);
                    self.of_study(&path(key), rows, &entry.study);
                }
            }
        }
    }

    /// Randomised withdrawal stands in groups of its own.
    fn design(&mut self, path: &[&str], study: &str, estimand: Estimand) {
        let Some(found) = self.evidence.study(study).map(|s| s.design) else {
            return;
        };
        let withdrawal = found == Design::RandomisedWithdrawal;
        if withdrawal != (estimand == Estimand::Withdrawal) {
            let message = if withdrawal {
                "a randomised withdrawal answers another question than this group"
            } else {
                "the study is no randomised withdrawal"
            };
            let finding = Diagnostic::error("another_estimand", message)
                .study(study)
                .found(estimand.code());
            self.at_key(
                finding.hint("results of different estimands are never pooled"),
                path,
            );
        }
    }

    fn of_study(&mut self, path: &[&str], rows: &[String], study: &str) {
        for text in rows {
            let Ok(id) = text.parse::<RowId>() else { continue };
            let other = self
                .evidence
                .durability
                .iter()
                .find(|r| r.row == id && r.study_id != study);
            if let Some(other) = other {
                let finding = Diagnostic::error("row_of_another_study", "the row belongs to another study")
                    .found(format!("{text} ({})", other.study_id))
                    .allowed(format!("rows of {study}"));
                self.at_key(finding, path);
            }
        }
    }
}
