//! Rules of `[floor]`.

use super::Rules;
use crate::floor;
use crate::protocol::ForkKind;
use crate::size::measure_of;

/// More analyses than this are no longer looked at one by one.
const MOST: usize = 20_000;

impl Rules<'_> {
    pub(super) fn floor(&mut self) {
        let protocol = self.protocol;
        let Some(declared) = &protocol.floor else { return };
        self.text(&["floor", "version"], &declared.version);
        self.not_empty(&["floor", "fork"], &declared.fork);
        let headline = &protocol.review.headline;
        let Some(outcome) = protocol.outcome.iter().find(|o| o.id == headline.outcome) else {
            return;
        };
        let measure = measure_of(&protocol.model, outcome);
        for (position, fork) in declared.fork.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["floor", "fork", place.as_str(), key];
            self.text(&path("reason"), &fork.reason);
            self.not_empty(&path("options"), &fork.options);
            if declared
                .fork
                .iter()
                .take(position)
                .any(|other| other.id == fork.id)
            {
                self.error("duplicate_id", &path("id"), "the fork stands twice");
            }
            for (number, option) in fork.options.iter().enumerate() {
                let number = number.to_string();
                let path = ["floor", "fork", place.as_str(), "options", number.as_str()];
                if let Err(allowed) = floor::parse(fork.id, option, measure, outcome) {
                    let finding = self.error("bad_option", &path, "the fork has no such option");
                    finding.found = Some(option.clone());
                    finding.allowed = Some(allowed);
                }
                let earlier = fork.options.iter().filter(|other| *other == option).count();
                if earlier > 1 {
                    let finding = self.error("listed_twice", &path, "the fork names the option twice");
                    finding.found = Some(option.clone());
                }
            }
        }
        let size = |kind: ForkKind| {
            let fork = declared.fork.iter().find(|fork| fork.id == kind);
            fork.map_or(1, |fork| fork.options.len().max(1))
        };
        let all = declared
            .fork
            .iter()
            .fold(1usize, |n, fork| n.saturating_mul(size(fork.id)));
        if all > MOST {
            let finding = self.error(
                "set_too_large",
                &["floor", "fork"],
                "the set has too many analyses to be looked at",
            );
            finding.found = Some(all.to_string());
            finding.allowed = Some(format!("{MOST} at most"));
        }
        let hash = floor::hash(protocol, declared);
        if let Some(frozen) = declared.frozen.as_ref().filter(|frozen| **frozen != hash) {
            let finding = self.error(
                "floor_changed",
                &["floor", "frozen"],
                "the set of analyses is not the one that was frozen",
            );
            finding.found = Some(frozen.clone());
            finding.allowed = Some(hash);
            finding.hint = Some(
                "a changed set is a new set: give it a new version, then freeze it with its own hash"
                    .to_owned(),
            );
        }
    }
}
