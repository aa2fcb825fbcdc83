//! What is asked: review, treatments, outcomes, windows, comparisons.

use super::{NOT_NEGATIVE, POSITIVE, PROBABILITY, Rules};
use crate::protocol::{
    Comparison, ControlRisk, EvidenceKind, ImportantDifference, Outcome, OutcomeKind, Window,
};

impl Rules<'_> {
    pub(super) fn review(&mut self) {
        let review = &self.protocol.review;
        self.text(&["review", "title"], &review.title);
        self.text(&["review", "question"], &review.question);
        self.text(&["review", "version"], &review.version);
    }

    pub(super) fn treatments(&mut self) {
        let protocol = self.protocol;
        self.ids("treatment", &self.treatment_ids());
        for (position, treatment) in protocol.treatment.iter().enumerate() {
            self.text(&["treatment", &position.to_string(), "label"], &treatment.label);
        }
    }

    pub(super) fn outcomes(&mut self) {
        let protocol = self.protocol;
        self.not_empty(&["outcome"], &protocol.outcome);
        self.ids("outcome", &self.outcome_ids());
        for (position, outcome) in protocol.outcome.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["outcome", &place, key];
            self.text(&path("label"), &outcome.label);
            self.scales(&place, outcome);
            if let Some(report) = &outcome.report_as {
                let scales: Vec<&str> = outcome.scales.iter().map(|s| s.id.as_str()).collect();
                self.refers(
                    &["outcome", &place, "report_as", "scale"],
                    &report.scale,
                    "scale",
                    &scales,
                );
                let path = ["outcome", &place, "report_as", "reference_sd"];
                self.number(&path, report.reference_sd, &POSITIVE);
            }
            if let Some(difference) = &outcome.important_difference {
                self.important(&path("important_difference"), outcome, difference);
            }
            for (name, difference) in &outcome.important_difference_alternatives {
                let path = ["outcome", &place, "important_difference_alternatives", name];
                self.important(&path, outcome, difference);
            }
            if let Some(risk) = &outcome.control_risk {
                self.control_risk(&path("control_risk"), risk);
            }
            self.counted(&place, outcome);
        }
    }

    /// What an event is counted from.
    fn counted(&mut self, place: &str, outcome: &Outcome) {
        let protocol = self.protocol;
        let known = self.outcome_ids();
        if let Some(wider) = &outcome.within {
            self.refers(&["outcome", place, "within"], wider, "outcome", &known);
        }
        let Some(cut) = &outcome.cut else { return };
        self.refers(
            &["outcome", place, "cut", "outcome"],
            &cut.outcome,
            "outcome",
            &known,
        );
        let counted = protocol.outcome.iter().find(|o| o.id == cut.outcome);
        if let Some(counted) = counted {
            let scales: Vec<&str> = counted.scales.iter().map(|s| s.id.as_str()).collect();
            self.refers(&["outcome", place, "cut", "scale"], &cut.scale, "scale", &scales);
        }
    }

    fn scales(&mut self, place: &str, outcome: &Outcome) {
        for (position, scale) in outcome.scales.iter().enumerate() {
            let number = position.to_string();
            let path = ["outcome", place, "scales", &number];
            let earlier = outcome.scales.iter().take(position);
            if scale.id.trim() != scale.id || scale.id.is_empty() {
                self.error("bad_id", &path, "this cannot be the id of a scale")
                    .found = Some(scale.id.clone());
            } else if earlier.into_iter().any(|other| other.id == scale.id) {
                self.error("duplicate_id", &path, "the scale stands twice").found = Some(scale.id.clone());
            }
            if let Some([low, high]) = scale.range
                && (!low.is_finite() || !high.is_finite() || low >= high)
            {
                let finding = self.error("bad_range", &path, "the range of the scale does not run upwards");
                finding.found = Some(format!("[{low}, {high}]"));
                finding.allowed = Some("[lowest, highest] possible score".to_owned());
            }
        }
    }

    fn important(&mut self, path: &[&str], outcome: &Outcome, difference: &ImportantDifference) {
        let value: Vec<&str> = path.iter().copied().chain(["value"]).collect();
        self.number(&value, difference.value, &POSITIVE);
        let mut units: Vec<&str> = Vec::new();
        match outcome.kind {
            OutcomeKind::Binary => units.push("log ratio"),
            OutcomeKind::Continuous => {
                units.extend(outcome.scales.iter().map(|scale| scale.id.as_str()));
                units.extend(["smd", "log ratio"]);
            }
        }
        let unit: Vec<&str> = path.iter().copied().chain(["unit"]).collect();
        self.refers(&unit, &difference.unit, "unit", &units);
    }

    fn control_risk(&mut self, path: &[&str], risk: &ControlRisk) {
        let value: Vec<&str> = path.iter().copied().chain(["value"]).collect();
        self.number(&value, risk.value, &PROBABILITY);
        let error: Vec<&str> = path.iter().copied().chain(["standard_error"]).collect();
        self.number(&error, risk.standard_error, &PROBABILITY);
    }

    pub(super) fn windows(&mut self) {
        let protocol = self.protocol;
        self.not_empty(&["window"], &protocol.window);
        self.ids("window", &self.window_ids());
        for (position, window) in protocol.window.iter().enumerate() {
            let place = position.to_string();
            self.text(&["window", &place, "label"], &window.label);
            self.hours(&place, window);
        }
    }

    fn hours(&mut self, place: &str, window: &Window) {
        let hours = [
            ("from_hours", window.from_hours),
            ("target_hours", window.target_hours),
            ("to_hours", window.to_hours),
        ];
        for (key, hour) in hours {
            let path = ["window", place, key];
            match hour {
                Some(hour) => self.number(&path, hour, &NOT_NEGATIVE),
                None if window.evidence == EvidenceKind::CourseEnd => {}
                None => {
                    let finding =
                        self.error("window_without_hours", &path, "the window does not say its hours");
                    finding.allowed = Some("from_hours, target_hours and to_hours".to_owned());
                    finding.hint = Some("only a window of course-end evidence has none".to_owned());
                }
            }
        }
        let present: Vec<(&str, f64)> = hours.iter().filter_map(|(key, h)| h.map(|h| (*key, h))).collect();
        for pair in present.windows(2) {
            if let [(earlier, low), (later, high)] = pair
                && low > high
            {
                let finding = self.error(
                    "window_bounds",
                    &["window", place, later],
                    "the hours are out of order",
                );
                finding.found = Some(format!("{earlier} {low}, {later} {high}"));
                finding.allowed = Some("from_hours <= target_hours <= to_hours".to_owned());
            }
        }
    }

    pub(super) fn comparisons(&mut self) {
        let protocol = self.protocol;
        self.not_empty(&["comparison"], &protocol.comparison);
        self.ids("comparison", &self.comparison_ids());
        for (position, comparison) in protocol.comparison.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["comparison", &place, key];
            for (key, text) in [
                ("label", &comparison.label),
                ("treatment_label", &comparison.treatment_label),
                ("control_label", &comparison.control_label),
            ] {
                self.text(&path(key), text);
            }
            for (key, what, ids, known) in [
                (
                    "treatment",
                    "treatment",
                    &comparison.treatment,
                    self.treatment_ids(),
                ),
                ("control", "treatment", &comparison.control, self.treatment_ids()),
                ("outcomes", "outcome", &comparison.outcomes, self.outcome_ids()),
                ("windows", "window", &comparison.windows, self.window_ids()),
            ] {
                self.not_empty(&path(key), ids);
                self.list(&path(key), ids, what, &known);
            }
            self.both_sides(&place, comparison);
            self.overlaps(&place, comparison);
            self.own_risks(&place, comparison);
        }
    }

    /// A node compared with itself.
    fn both_sides(&mut self, place: &str, comparison: &Comparison) {
        for (position, id) in comparison.control.iter().enumerate() {
            if comparison.treatment.contains(id) {
                let path = ["comparison", place, "control", &position.to_string()];
                let finding = self.error("same_treatment", &path, "the node stands on both sides");
                finding.found = Some(id.clone());
                finding.allowed = Some("each node on one side of a comparison".to_owned());
            }
        }
    }

    /// Two windows of one comparison that would use the same rows.
    fn overlaps(&mut self, place: &str, comparison: &Comparison) {
        let windows: Vec<(usize, &Window)> = comparison
            .windows
            .iter()
            .enumerate()
            .filter_map(|(i, id)| Some((i, self.protocol.window.iter().find(|w| w.id == *id)?)))
            .collect();
        for (i, (position, later)) in windows.iter().enumerate() {
            for (_, earlier) in windows.iter().take(i) {
                if earlier.id != later.id && overlap(earlier, later) {
                    let path = ["comparison", place, "windows", &position.to_string()];
                    let finding = self.error(
                        "windows_overlap",
                        &path,
                        "two windows of the comparison hold the same times",
                    );
                    finding.found = Some(format!("{} and {}", shown(earlier), shown(later)));
                    finding.allowed = Some("windows that share no hour, their limits included".to_owned());
                }
            }
        }
    }

    fn own_risks(&mut self, place: &str, comparison: &Comparison) {
        let outcomes: Vec<&str> = comparison.outcomes.iter().map(String::as_str).collect();
        for (outcome, risk) in &comparison.control_risk {
            let path = ["comparison", place, "control_risk", outcome.as_str()];
            self.refers(&path, outcome, "outcome", &outcomes);
            self.control_risk(&path, risk);
        }
    }

    pub(super) fn headline(&mut self) {
        let headline = &self.protocol.review.headline;
        let path = |key| ["review", "headline", key];
        let known = self.comparison_ids();
        self.refers(&path("comparison"), &headline.comparison, "comparison", &known);
        let mut comparisons = self.protocol.comparison.iter();
        let Some(comparison) = comparisons.find(|c| c.id == headline.comparison) else {
            return;
        };
        let outcomes: Vec<&str> = comparison.outcomes.iter().map(String::as_str).collect();
        self.refers(&path("outcome"), &headline.outcome, "outcome", &outcomes);
        let windows: Vec<&str> = comparison.windows.iter().map(String::as_str).collect();
        self.refers(&path("window"), &headline.window, "window", &windows);
    }
}

/// Rows of withdrawal trials and rows at the end of a course are never those of another kind of window.
fn overlap(a: &Window, b: &Window) -> bool {
    let apart = [EvidenceKind::CourseEnd, EvidenceKind::Withdrawal];
    if a.evidence != b.evidence && (apart.contains(&a.evidence) || apart.contains(&b.evidence)) {
        return false;
    }
    if a.evidence == EvidenceKind::CourseEnd {
        return true;
    }
    match (a.from_hours, a.to_hours, b.from_hours, b.to_hours) {
        (Some(a_from), Some(a_to), Some(b_from), Some(b_to)) => a_from <= b_to && b_from <= a_to,
        _ => false,
    }
}

fn shown(window: &Window) -> String {
    match (window.from_hours, window.to_hours) {
        (Some(from), Some(to)) => format!("'{}' ({from} to {to} h)", window.id),
        _ => format!("'{}'", window.id),
    }
}
