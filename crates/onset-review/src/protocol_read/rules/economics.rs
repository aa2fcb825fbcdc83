//! Rules of `[economics]`.

use super::{Bounds, NOT_NEGATIVE, PROBABILITY, Rules};
use crate::protocol::{CostModel, ModelState, OutcomeKind, Price};

impl Rules<'_> {
    pub(super) fn economics(&mut self) {
        let protocol = self.protocol;
        let Some(declared) = &protocol.economics else {
            return;
        };
        self.text(&["economics", "currency"], &declared.currency);
        self.text(&["economics", "perspective"], &declared.perspective);
        self.not_empty(&["economics", "willingness"], &declared.willingness);
        self.rising(&["economics", "willingness"], &declared.willingness);
        if declared.model.is_empty() {
            self.not_empty(&["economics", "course"], &declared.course);
        }
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
            self.prices(&path("price"), &course.price);
        }
        for (position, model) in declared.model.iter().enumerate() {
            let place = position.to_string();
            if declared
                .model
                .iter()
                .take(position)
                .any(|other| other.id == model.id)
            {
                let path = ["economics", "model", place.as_str(), "id"];
                let finding = self.error("duplicate_id", &path, "the id stands twice");
                finding.found = Some(model.id.clone());
            }
            self.cost_model(&place, model, &comparisons, &windows, &binary);
        }
    }

    fn rising(&mut self, path: &[&str], values: &[f64]) {
        for (position, value) in values.iter().enumerate() {
            let place = position.to_string();
            let path: Vec<&str> = path.iter().copied().chain([place.as_str()]).collect();
            self.number(&path, *value, &NOT_NEGATIVE);
            let last = position.checked_sub(1).and_then(|before| values.get(before));
            if last.is_some_and(|last| value <= last) {
                let finding = self.error("not_rising", &path, "the numbers do not rise");
                finding.found = Some(value.to_string());
            }
        }
    }

    fn prices(&mut self, path: &[&str], prices: &[Price]) {
        for (number, price) in prices.iter().enumerate() {
            let number = number.to_string();
            let at = |key| -> Vec<&str> { path.iter().copied().chain([number.as_str(), key]).collect() };
            self.text(&at("label"), &price.label);
            self.text(&at("source"), &price.source);
            for (key, value) in [
                ("treatment", price.treatment),
                ("control", price.control),
                ("standard_error", price.standard_error),
            ] {
                self.number(&at(key), value, &NOT_NEGATIVE);
            }
        }
    }

    fn cost_model(
        &mut self,
        place: &str,
        model: &CostModel,
        comparisons: &[&str],
        windows: &[&str],
        binary: &[&str],
    ) {
        let path = |key| ["economics", "model", place, key];
        self.text(&path("id"), &model.id);
        self.refers(&path("comparison"), &model.comparison, "comparison", comparisons);
        self.refers(&path("window"), &model.window, "window", windows);
        self.refers(&path("response"), &model.response, "binary outcome", binary);
        self.refers(&path("remission"), &model.remission, "binary outcome", binary);
        self.number(&path("months"), f64::from(model.months), &MONTHS);
        self.number(&path("discount"), model.discount, &PROBABILITY);
        self.not_empty(&path("willingness"), &model.willingness);
        self.rising(&path("willingness"), &model.willingness);
        self.prices(&path("price"), &model.price);
        if let Some(named) = &model.extrapolation {
            let at = |key| ["economics", "model", place, "extrapolation", key];
            self.text(&at("name"), &named.name);
            self.text(&at("reason"), &named.reason);
        }
        for (i, utility) in model.utility.iter().enumerate() {
            let dead = utility.state == ModelState::Dead && utility.value != 0.0;
            self.model_value(
                place,
                "utility",
                i,
                (utility.value, utility.standard_error),
                &utility.source,
            );
            let twice = model
                .utility
                .iter()
                .take(i)
                .any(|other| other.state == utility.state);
            if dead || twice {
                let number = i.to_string();
                let at = ["economics", "model", place, "utility", number.as_str(), "state"];
                let message = if dead {
                    "the utility of death is 0"
                } else {
                    "the state stands twice"
                };
                self.error(
                    if dead { "utility_of_death" } else { "duplicate_id" },
                    &at,
                    message,
                );
            }
        }
        for (i, off) in model.off.iter().enumerate() {
            self.model_value(place, "off", i, (off.value, off.standard_error), &off.source);
        }
        for (i, cost) in model.cost.iter().enumerate() {
            let number = i.to_string();
            let at = |key| ["economics", "model", place, "cost", number.as_str(), key];
            self.text(&at("label"), &cost.label);
            self.text(&at("source"), &cost.source);
            self.not_empty(&at("states"), &cost.states);
            self.number(&at("value"), cost.value, &NOT_NEGATIVE);
            self.number(&at("standard_error"), cost.standard_error, &NOT_NEGATIVE);
        }
        for (i, transition) in model.transition.iter().enumerate() {
            self.model_value(
                place,
                "transition",
                i,
                (transition.value, transition.standard_error),
                &transition.source,
            );
            let number = i.to_string();
            let at = |key| ["economics", "model", place, "transition", number.as_str(), key];
            if transition.from == transition.to || transition.from == ModelState::Dead {
                self.error("no_transition", &at("to"), "nobody moves that way");
            }
            for treatment in [true, false] {
                let leaves: f64 = model
                    .transition
                    .iter()
                    .take(i + 1)
                    .filter(|other| other.from == transition.from && other.arm.holds(treatment))
                    .map(|other| other.value)
                    .sum();
                if leaves > 1.0 {
                    let finding = self.error(
                        "out_of_range",
                        &at("value"),
                        "more people leave the state than are in it",
                    );
                    finding.found = Some(leaves.to_string());
                    finding.allowed = Some("probabilities that add up to 1 or less".to_owned());
                    break;
                }
            }
        }
    }

    /// A probability or utility with a standard error that a beta distribution can have.
    fn model_value(&mut self, place: &str, kind: &str, number: usize, value: (f64, f64), source: &str) {
        let number = number.to_string();
        let at = |key| ["economics", "model", place, kind, number.as_str(), key];
        let (mean, se) = value;
        self.text(&at("source"), source);
        self.number(&at("value"), mean, &PROBABILITY);
        self.number(&at("standard_error"), se, &NOT_NEGATIVE);
        if se > 0.0 && (0.0..=1.0).contains(&mean) && se * se >= mean * (1.0 - mean) {
            let finding = self.error(
                "out_of_range",
                &at("standard_error"),
                "no distribution between 0 and 1 has this mean and this standard error",
            );
            finding.found = Some(se.to_string());
            finding.allowed = Some("less than the root of value (1 - value)".to_owned());
        }
    }
}

/// A hundred years.
const MONTHS: Bounds = Bounds {
    low: 1.0,
    high: 1200.0,
    closed: true,
    words: "months, 1 to 1200",
};
