//! Rules of `[timecourse]` and of `model.visit_correlation`.

use super::{Bounds, POSITIVE, Rules};
use crate::protocol::OutcomeKind;

const VISIT_CORRELATION: Bounds = Bounds {
    low: -f64::MIN_POSITIVE,
    high: 1.0,
    closed: false,
    words: "a correlation, 0 or more and below 1",
};
const SHARE: Bounds = Bounds {
    low: 0.0,
    high: 1.0,
    closed: false,
    words: "a share between 0 and 1, such as 0.5",
};

impl Rules<'_> {
    pub(super) fn timecourse(&mut self) {
        let protocol = self.protocol;
        let correlation = &protocol.model.visit_correlation;
        self.number(
            &["model", "visit_correlation", "rho"],
            correlation.rho,
            &VISIT_CORRELATION,
        );
        for (position, rho) in correlation.sensitivity.iter().enumerate() {
            let path = ["model", "visit_correlation", "sensitivity", &position.to_string()];
            self.number(&path, *rho, &VISIT_CORRELATION);
        }
        let Some(course) = &protocol.timecourse else {
            return;
        };
        let (comparisons, outcomes) = (self.comparison_ids(), self.outcome_ids());
        self.list(
            &["timecourse", "comparisons"],
            &course.comparisons,
            "comparison",
            &comparisons,
        );
        self.list(
            &["timecourse", "outcomes"],
            &course.outcomes,
            "outcome",
            &outcomes,
        );
        for (position, id) in course.outcomes.iter().enumerate() {
            self.continuous(&["timecourse", "outcomes", &position.to_string()], id);
        }
        self.not_empty(&["timecourse", "forms"], &course.forms);
        self.not_empty(&["timecourse", "horizon"], &course.horizon);
        for (position, share) in course.horizon.iter().enumerate() {
            self.number(&["timecourse", "horizon", &position.to_string()], *share, &SHARE);
        }
        if let Some(hours) = course.to_hours {
            self.number(&["timecourse", "to_hours"], hours, &POSITIVE);
        }
        self.comparators();
    }

    /// Curves are fitted to means.
    fn continuous(&mut self, path: &[&str], id: &str) {
        let outcome = self.protocol.outcome.iter().find(|o| o.id == id);
        if outcome.is_some_and(|o| o.kind == OutcomeKind::Binary) {
            let finding = self.error("outcome_is_binary", path, "a curve is fitted to means");
            finding.found = Some(id.to_owned());
            finding.allowed = Some("a continuous outcome".to_owned());
            finding.hint =
                Some("response at a visit is no first response: it does not date an onset".to_owned());
        }
    }

    fn comparators(&mut self) {
        let protocol = self.protocol;
        let list = protocol.timecourse.as_ref().map(|t| t.comparator.as_slice());
        let outcomes = self.outcome_ids();
        for (position, comparator) in list.unwrap_or_default().iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["timecourse", "comparator", place.as_str(), key];
            self.refers(&path("outcome"), &comparator.outcome, "outcome", &outcomes);
            self.continuous(&path("outcome"), &comparator.outcome);
            self.number(&path("factor"), comparator.factor, &POSITIVE);
            self.text(&path("id"), &comparator.id);
            self.text(&path("label"), &comparator.label);
            self.text(&path("scale"), &comparator.scale);
            self.text(&path("factor_source"), &comparator.factor_source);
            if comparator.points.len() < 2 {
                let finding = self.error("too_few_points", &path("points"), "a curve needs two points");
                finding.found = Some(comparator.points.len().to_string());
            }
            let mut earlier = 0.0;
            for (i, point) in comparator.points.iter().enumerate() {
                let at = i.to_string();
                let path = |key| {
                    [
                        "timecourse",
                        "comparator",
                        place.as_str(),
                        "points",
                        at.as_str(),
                        key,
                    ]
                };
                self.number(&path("time_hours"), point.time_hours, &POSITIVE);
                self.number(&path("standard_error"), point.standard_error, &POSITIVE);
                self.text(&path("source"), &point.source);
                if !point.estimate.is_finite() {
                    self.number(&path("estimate"), point.estimate, &POSITIVE);
                }
                if point.time_hours <= earlier {
                    let finding =
                        self.error("not_in_order", &path("time_hours"), "the times do not increase");
                    finding.found = Some(point.time_hours.to_string());
                    finding.allowed = Some(format!("more than {earlier}"));
                }
                earlier = point.time_hours;
            }
        }
    }
}
