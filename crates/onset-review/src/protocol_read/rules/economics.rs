//! Rules of `[economics]`.

use super::{NOT_NEGATIVE, Rules};
use crate::protocol::OutcomeKind;

impl Rules<'_> {
    pub(super) fn economics(&mut self) {
        let protocol = self.protocol;
        let Some(declared) = &protocol.economics else {
            return;
        };
        self.text(&["economics", "currency"], &declared.currency);
        self.text(&["economics", "perspective"], &declared.perspective);
        self.not_empty(&["economics", "willingness"], &declared.willingness);
        for (position, value) in declared.willingness.iter().enumerate() {
            let place = position.to_string();
            let path = ["economics", "willingness", place.as_str()];
            self.number(&path, *value, &NOT_NEGATIVE);
            if position > 0
                && declared
                    .willingness
                    .get(position - 1)
                    .is_some_and(|last| value <= last)
            {
                let finding = self.error("not_rising", &path, "the numbers do not rise");
                finding.found = Some(value.to_string());
            }
        }
        self.not_empty(&["economics", "course"], &declared.course);
        let (comparisons, windows) = (self.comparison_ids(), self.window_ids());
        let binary: Vec<&str> = protocol
            .outcome
            .iter()
            .filter(|outcome| outcome.kind == OutcomeKind::Binary)
            .map(|outcome| outcome.id.as_str())
            .collect();
        for (position, course) in declared.course.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["economics", "course", place.as_str(), key];
            self.text(&path("id"), &course.id);
            if declared
                .course
                .iter()
                .take(position)
                .any(|other| other.id == course.id)
            {
                let finding = self.error("duplicate_id", &path("id"), "the id stands twice");
                finding.found = Some(course.id.clone());
            }
            self.refers(
                &path("comparison"),
                &course.comparison,
                "comparison",
                &comparisons,
            );
            self.refers(&path("window"), &course.window, "window", &windows);
            self.not_empty(&path("outcomes"), &course.outcomes);
            self.list(&path("outcomes"), &course.outcomes, "binary outcome", &binary);
            self.not_empty(&path("price"), &course.price);
            for (number, price) in course.price.iter().enumerate() {
                let number = number.to_string();
                let path = |key| {
                    [
                        "economics",
                        "course",
                        place.as_str(),
                        "price",
                        number.as_str(),
                        key,
                    ]
                };
                self.text(&path("label"), &price.label);
                self.text(&path("source"), &price.source);
                for (key, value) in [
                    ("treatment", price.treatment),
                    ("control", price.control),
                    ("standard_error", price.standard_error),
                ] {
                    self.number(&path(key), value, &NOT_NEGATIVE);
                }
            }
        }
    }
}
