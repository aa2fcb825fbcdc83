//! Rules of `[blinding]`.

use super::{Bounds, NOT_NEGATIVE, POSITIVE, Rules};

const BELIEF: Bounds = Bounds {
    low: -1.0,
    high: 1.0,
    closed: true,
    words: "a difference in belief, -1 to 1",
};

impl Rules<'_> {
    pub(super) fn blinding(&mut self) {
        let protocol = self.protocol;
        let Some(blinding) = &protocol.blinding else {
            return;
        };
        self.number(&["blinding", "tau_scale"], blinding.tau_scale, &POSITIVE);
        for (position, assumed) in blinding.assumed.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["blinding", "assumed", place.as_str(), key];
            self.number(&path("mean"), assumed.mean, &BELIEF);
            self.number(&path("sd"), assumed.sd, &NOT_NEGATIVE);
            self.text(&path("source"), &assumed.source);
            let earlier = blinding.assumed.iter().take(position);
            if earlier.into_iter().any(|other| other.id == assumed.id) {
                self.error("duplicate_id", &path("id"), "the control type stands twice");
            }
        }
        for (position, band) in blinding.benchmark.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["blinding", "benchmark", place.as_str(), key];
            if !band.value.is_finite() {
                self.number(&path("value"), band.value, &NOT_NEGATIVE);
            }
            self.text(&path("label"), &band.label);
            self.text(&path("source"), &band.source);
            let earlier = blinding.benchmark.iter().take(position);
            if earlier.into_iter().any(|other| other.id == band.id) {
                self.error("duplicate_id", &path("id"), "the id stands twice");
            }
        }
        for (position, expectancy) in blinding.expectancy.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["blinding", "expectancy", place.as_str(), key];
            if !expectancy.mean.is_finite() {
                self.number(&path("mean"), expectancy.mean, &NOT_NEGATIVE);
            }
            self.number(&path("sd"), expectancy.sd, &NOT_NEGATIVE);
            self.text(&path("label"), &expectancy.label);
            self.text(&path("source"), &expectancy.source);
            let earlier = blinding.expectancy.iter().take(position);
            if earlier.into_iter().any(|other| other.id == expectancy.id) {
                self.error("duplicate_id", &path("id"), "the id stands twice");
            }
        }
    }
}
