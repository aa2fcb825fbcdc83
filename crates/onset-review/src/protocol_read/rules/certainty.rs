//! Rules of `[certainty]`.

use super::{Bounds, POSITIVE, PROBABILITY, Rules};

const PERCENT: Bounds = Bounds {
    low: 0.0,
    high: 100.0,
    closed: true,
    words: "a percentage, 0 to 100",
};
const WITHIN: Bounds = Bounds {
    low: 0.0,
    high: 1.0,
    closed: false,
    words: "a probability between 0 and 1",
};

impl Rules<'_> {
    pub(super) fn certainty(&mut self) {
        self.missing_results();
        let protocol = self.protocol;
        let Some(certainty) = &protocol.certainty else {
            return;
        };
        let (outcomes, windows, comparisons) = (self.outcome_ids(), self.window_ids(), self.comparison_ids());
        for (position, threshold) in certainty.threshold.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["certainty", "threshold", place.as_str(), key];
            self.refers(&path("id"), &threshold.id, "outcome", &outcomes);
            let earlier = certainty.threshold.iter().take(position);
            if earlier.into_iter().any(|other| other.id == threshold.id) {
                self.error("duplicate_id", &path("id"), "the outcome stands twice");
            }
            self.number(&path("small"), threshold.small, &POSITIVE);
            self.number(&path("moderate"), threshold.moderate, &POSITIVE);
            self.number(&path("large"), threshold.large, &POSITIVE);
            if !(threshold.small < threshold.moderate && threshold.moderate < threshold.large) {
                let finding = self.error(
                    "not_rising",
                    &path("small"),
                    "small, moderate and large do not rise",
                );
                finding.found = Some(format!(
                    "{}, {}, {}",
                    threshold.small, threshold.moderate, threshold.large
                ));
                finding.allowed = Some("small below moderate below large".to_owned());
            }
            self.threshold_unit(&path("unit"), &threshold.id, &threshold.unit);
            self.text(&path("source"), &threshold.source);
        }
        let ids: Vec<&str> = certainty.judgement.iter().map(|j| j.id.as_str()).collect();
        for (position, judgement) in certainty.judgement.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["certainty", "judgement", place.as_str(), key];
            if ids.iter().take(position).any(|earlier| *earlier == judgement.id) {
                self.error("duplicate_id", &path("id"), "the id stands twice");
            }
            self.text(&path("id"), &judgement.id);
            self.text(&path("reason"), &judgement.reason);
            self.list(
                &path("comparisons"),
                &judgement.comparisons,
                "comparison",
                &comparisons,
            );
            self.list(&path("outcomes"), &judgement.outcomes, "outcome", &outcomes);
            self.list(&path("windows"), &judgement.windows, "window", &windows);
        }
        let cut = &certainty.cut;
        for (key, number, bounds) in [
            ("high_serious", cut.high_serious, &PROBABILITY),
            ("high_very_serious", cut.high_very_serious, &PROBABILITY),
            ("unclear_serious", cut.unclear_serious, &PROBABILITY),
            ("share_beyond", cut.share_beyond, &PROBABILITY),
            ("i2", cut.i2, &PERCENT),
            ("alpha", cut.alpha, &WITHIN),
            ("power", cut.power, &WITHIN),
            ("far_below", cut.far_below, &PROBABILITY),
            ("small_study_p", cut.small_study_p, &PROBABILITY),
        ] {
            self.number(&["certainty", "cut", key], number, bounds);
        }
    }

    fn missing_results(&mut self) {
        let protocol = self.protocol;
        let (outcomes, windows) = (self.outcome_ids(), self.window_ids());
        let harms: Vec<&str> = protocol.harm.iter().map(|h| h.id.as_str()).collect();
        self.ids("harm", &harms);
        for (position, harm) in protocol.harm.iter().enumerate() {
            self.text(&["harm", &position.to_string(), "label"], &harm.label);
        }
        let ids: Vec<&str> = protocol.missing_result.iter().map(|m| m.id.as_str()).collect();
        self.ids("missing_result", &ids);
        for (position, missing) in protocol.missing_result.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["missing_result", place.as_str(), key];
            self.list(&path("outcomes"), &missing.outcomes, "outcome", &outcomes);
            self.list(&path("windows"), &missing.windows, "window", &windows);
            self.text(&path("reason"), &missing.reason);
        }
    }

    /// A unit that the outcome can be told in.
    fn threshold_unit(&mut self, path: &[&str], id: &str, unit: &str) {
        let protocol = self.protocol;
        let Some(outcome) = protocol.outcome.iter().find(|outcome| outcome.id == id) else {
            return;
        };
        let allowed: Vec<String> = match outcome.kind {
            crate::protocol::OutcomeKind::Binary => vec!["per 100".to_owned()],
            crate::protocol::OutcomeKind::Continuous => {
                let scale = outcome.scales.first().map(|scale| scale.id.clone());
                scale.into_iter().chain(["smd".to_owned()]).collect()
            }
        };
        if !allowed.iter().any(|name| name == unit) {
            let finding = self.error("unknown_unit", path, "effects of this outcome have no such unit");
            finding.found = Some(unit.to_owned());
            finding.allowed = Some(allowed.join(", "));
        }
    }
}
