//! What is done: model, exclusions, doubts, recomputations.

use super::{CORRELATION, LEVEL, Rules};
use crate::protocol::{EffectMeasure, OutcomeKind, Recompute, RecomputeEntry, RecomputeModel};

/// Fewest studies for a prediction interval: its t quantile has k - 2 degrees of freedom.
pub(super) const FEWEST_FOR_PREDICTION: usize = 3;
/// Most draws behind an absolute effect: more change no printed digit.
const MOST_DRAWS: u32 = 10_000_000;

impl Rules<'_> {
    pub(super) fn model(&mut self) {
        let model = &self.protocol.model;
        self.effects();
        self.number(&["model", "level"], model.level, &LEVEL);
        let path = ["model", "crossover", "correlation"];
        self.number(&path, model.crossover.correlation, &CORRELATION);
        for (position, correlation) in model.crossover.sensitivity.iter().enumerate() {
            let path = ["model", "crossover", "sensitivity", &position.to_string()];
            self.number(&path, *correlation, &CORRELATION);
        }
        if model.prediction_from < FEWEST_FOR_PREDICTION {
            let message = "a prediction interval needs at least three studies";
            let finding = self.error("out_of_range", &["model", "prediction_from"], message);
            finding.found = Some(model.prediction_from.to_string());
            finding.allowed = Some(format!("{FEWEST_FOR_PREDICTION} or more"));
        }
        if model.draws == 0 || model.draws > MOST_DRAWS {
            let finding = self.error("out_of_range", &["model", "draws"], "that is no number of draws");
            finding.found = Some(model.draws.to_string());
            finding.allowed = Some(format!("1 to {MOST_DRAWS}"));
        }
    }

    fn effects(&mut self) {
        let protocol = self.protocol;
        let known = self.outcome_ids();
        for (id, measure) in &protocol.model.effect {
            let path = ["model", "effect", id.as_str()];
            self.refers(&path, id, "outcome", &known);
            let Some(outcome) = protocol.outcome.iter().find(|o| o.id == *id) else {
                continue;
            };
            if outcome.kind != kind_of(*measure) {
                let finding = self.error(
                    "measure_does_not_fit",
                    &path,
                    "the measure is for another kind of outcome",
                );
                finding.found = Some(format!("{measure:?}"));
                let allowed = match outcome.kind {
                    OutcomeKind::Continuous => "MD, SMD, SMDH or ROM for a continuous outcome",
                    OutcomeKind::Binary => "OR, RR, RD or AS for a binary outcome",
                };
                finding.allowed = Some(allowed.to_owned());
            }
        }
    }

    pub(super) fn excludes(&mut self) {
        let protocol = self.protocol;
        let (outcomes, mut comparisons) = (self.outcome_ids(), self.comparison_ids());
        comparisons.extend(protocol.network.iter().map(|network| network.id.as_str()));
        for (position, exclude) in protocol.exclude.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["exclude", &place, key];
            let named = exclude.study.is_some() || exclude.outcome.is_some() || !exclude.rows.is_empty();
            if exclude.arm.is_some() && exclude.study.is_none() {
                let message = "an arm is named without its study";
                let finding = self.error("arm_without_study", &path("arm"), message);
                finding.allowed = Some("study and arm together".to_owned());
            } else if !named {
                let finding = self.error(
                    "empty_exclude",
                    &["exclude", &place],
                    "the exclusion names nothing",
                );
                finding.allowed = Some("study, arm (with study), outcome or rows".to_owned());
            }
            if let Some(outcome) = &exclude.outcome {
                self.refers(&path("outcome"), outcome, "outcome", &outcomes);
            }
            self.rows(&path("rows"), &exclude.rows);
            self.list(
                &path("comparisons"),
                &exclude.comparisons,
                "comparison",
                &comparisons,
            );
            self.text(&path("reason"), &exclude.reason);
        }
    }

    pub(super) fn doubts(&mut self) {
        for (position, doubt) in self.protocol.doubt.iter().enumerate() {
            let place = position.to_string();
            self.rows(&["doubt", &place, "rows"], &doubt.rows);
            self.text(&["doubt", &place, "text"], &doubt.text);
        }
    }

    pub(super) fn recomputes(&mut self) {
        let protocol = self.protocol;
        let ids: Vec<&str> = protocol.recompute.iter().map(|r| r.id.as_str()).collect();
        self.ids("recompute", &ids);
        for (position, recompute) in protocol.recompute.iter().enumerate() {
            let place = position.to_string();
            self.not_empty(&["recompute", &place, "entries"], &recompute.entries);
            for (number, entry) in recompute.entries.iter().enumerate() {
                self.entry(&place, &number.to_string(), entry);
            }
            self.text(&["recompute", &place, "explanation"], &recompute.explanation);
            if let Some(correct) = &recompute.correct {
                self.refers(&["recompute", &place, "correct"], correct, "recompute", &ids);
            }
            self.recompute_model(&place, recompute);
        }
    }

    fn recompute_model(&mut self, place: &str, recompute: &Recompute) {
        let pooled = [EffectMeasure::OR, EffectMeasure::RR, EffectMeasure::RD];
        if recompute.model == RecomputeModel::MantelHaenszel && !pooled.contains(&recompute.measure) {
            let message = "Mantel-Haenszel does not pool that measure";
            let finding = self.error("measure_does_not_fit", &["recompute", place, "model"], message);
            finding.found = Some(format!("{:?}", recompute.measure));
            finding.allowed = Some("OR, RR or RD".to_owned());
        }
    }

    fn entry(&mut self, place: &str, number: &str, entry: &RecomputeEntry) {
        let path = ["recompute", place, "entries", number];
        let inside = |key| [path[0], path[1], path[2], path[3], key];
        self.rows(&inside("treatment"), &entry.treatment);
        self.rows(&inside("control"), &entry.control);
        if let Some(contrast) = &entry.contrast {
            self.rows(&inside("contrast"), std::slice::from_ref(contrast));
        }
        self.rows(&inside("contrasts"), &entry.contrasts);
        let (treatment, control) = (!entry.treatment.is_empty(), !entry.control.is_empty());
        let several = !entry.contrasts.is_empty();
        let sound = matches!(
            (treatment, control, entry.contrast.is_some(), several),
            (true, true, false, false) | (false, false, true, false) | (false, true, false, true)
        );
        if !sound {
            let finding = self.error("bad_entry", &path, "the entry is neither two arms nor a contrast");
            let allowed = "treatment and control, contrast alone, or contrasts with their control";
            finding.allowed = Some(allowed.to_owned());
        }
        if entry.treatment_n == Some(0) {
            let finding = self.error("out_of_range", &inside("treatment_n"), "a group holds somebody");
            finding.found = Some("0".to_owned());
            finding.allowed = Some("1 or more".to_owned());
        }
    }
}

pub(super) fn kind_of(measure: EffectMeasure) -> OutcomeKind {
    match measure {
        EffectMeasure::MD | EffectMeasure::SMD | EffectMeasure::SMDH | EffectMeasure::ROM => {
            OutcomeKind::Continuous
        }
        EffectMeasure::OR | EffectMeasure::RR | EffectMeasure::RD | EffectMeasure::AS => OutcomeKind::Binary,
    }
}
