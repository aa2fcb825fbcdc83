//! Rules of `[verdict]`.

use super::{POSITIVE, PROBABILITY, Rules};
use crate::verdict;

impl Rules<'_> {
    pub(super) fn verdict(&mut self) {
        let protocol = self.protocol;
        let Some(declared) = &protocol.verdict else { return };
        self.text(&["verdict", "version"], &declared.version);
        self.text(&["verdict", "reason"], &declared.reason);
        for (key, value) in [
            ("surprise", declared.surprise),
            ("alpha", declared.alpha),
            ("power", declared.power),
        ] {
            self.number(&["verdict", key], value, &PROBABILITY);
        }
        for (key, value) in [
            ("redundant", declared.redundant),
            ("refining", declared.refining),
            ("tau_scale", declared.tau_scale),
        ] {
            self.number(&["verdict", key], value, &POSITIVE);
        }
        for (key, value) in [("alpha", declared.alpha), ("power", declared.power)] {
            if value == 0.0 || value == 1.0 {
                let finding = self.error(
                    "out_of_range",
                    &["verdict", key],
                    "the number cannot be what its key says",
                );
                finding.found = Some(value.to_string());
                finding.allowed = Some("a probability between 0 and 1".to_owned());
            }
        }
        if declared.refining < declared.redundant {
            let finding = self.error(
                "cut_offs_cross",
                &["verdict", "refining"],
                "a trial would be refining and redundant at once",
            );
            finding.found = Some(declared.refining.to_string());
            finding.allowed = Some(format!("{} (redundant) or more", declared.redundant));
        }
        self.not_empty(&["verdict", "bands"], &declared.bands);
        for (position, edge) in declared.bands.iter().enumerate() {
            let place = position.to_string();
            let path = ["verdict", "bands", place.as_str()];
            let inside = *edge > 0.0 && *edge < 1.0;
            let rises = position == 0 || declared.bands.get(position - 1).is_some_and(|last| edge > last);
            if !(inside && rises) {
                let finding = self.error(
                    "bad_band",
                    &path,
                    "the edges of the bands do not rise from 0 to 1",
                );
                finding.found = Some(edge.to_string());
                finding.allowed =
                    Some("rising numbers between 0 and 1, such as [0.05, 0.2, 0.8, 0.95]".to_owned());
            }
        }
        let known: Vec<String> = protocol
            .comparison
            .iter()
            .flat_map(|c| {
                c.outcomes
                    .iter()
                    .flat_map(move |o| c.windows.iter().map(move |w| format!("{}/{o}/{w}", c.id)))
            })
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        self.list(&["verdict", "pools"], &declared.pools, "pool", &known);
        let hash = verdict::hash(protocol, declared);
        if let Some(frozen) = declared.frozen.as_ref().filter(|frozen| **frozen != hash) {
            let finding = self.error(
                "verdict_changed",
                &["verdict", "frozen"],
                "the table of cut-offs is not the one that was frozen",
            );
            finding.found = Some(frozen.clone());
            finding.allowed = Some(hash);
            finding.hint = Some(
                "changed cut-offs are a new table: give it a new version, then freeze it with its own hash"
                    .to_owned(),
            );
        }
    }
}
