//! Rules of `[durability]`.

use super::{Bounds, Rules};
use crate::protocol::Estimand;

const P: Bounds = Bounds {
    low: 0.0,
    high: 1.0 + f64::EPSILON,
    closed: false,
    words: "a p value, more than 0 and at most 1",
};

impl Rules<'_> {
    pub(super) fn durability(&mut self) {
        let protocol = self.protocol;
        let Some(declared) = &protocol.durability else {
            return;
        };
        self.not_empty(&["durability", "group"], &declared.group);
        for (position, group) in declared.group.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["durability", "group", place.as_str(), key];
            for (key, text) in [
                ("id", &group.id),
                ("label", &group.label),
                ("event", &group.event),
                ("treatment_label", &group.treatment_label),
                ("control_label", &group.control_label),
            ] {
                self.text(&path(key), text);
            }
            if declared.group.iter().take(position).any(|g| g.id == group.id) {
                self.error("duplicate_id", &path("id"), "the id stands twice");
            }
            self.not_empty(&path("entry"), &group.entry);
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
                if let Some(row) = &entry.hazard_ratio {
                    self.rows(&path("hazard_ratio"), std::slice::from_ref(row));
                    if group.estimand == Estimand::Sustained {
                        let finding = self.error(
                            "another_estimand",
                            &path("hazard_ratio"),
                            "a hazard ratio of relapse is no result on response kept among all",
                        );
                        finding.hint = Some("put it into a group of another estimand".to_owned());
                    }
                }
                self.rows(&path("treatment"), &entry.treatment);
                self.rows(&path("control"), &entry.control);
                if let Some(p) = entry.log_rank_p {
                    self.number(&path("log_rank_p"), p, &P);
                    self.text(&path("p_source"), &entry.p_source);
                }
                if entry.hazard_ratio.is_none() && entry.treatment.is_empty() && entry.control.is_empty() {
                    let finding = self.error("empty_list", &path("treatment"), "the entry names no row");
                    finding.allowed = Some("hazard_ratio, or rows of treatment and control".to_owned());
                }
            }
        }
    }
}
