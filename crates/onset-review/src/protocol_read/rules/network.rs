//! Rules of `[[network]]`.

use super::choices::{FEWEST_FOR_PREDICTION, kind_of};
use super::{POSITIVE, Rules};
use crate::protocol::Network;
use crate::size::{measure_of, threshold_of};

/// Most draws behind probabilities of ranks: more change no printed digit.
const MOST_DRAWS: u32 = 1_000_000;
/// Fewer treatments are a comparison.
const FEWEST_NODES: usize = 2;

impl Rules<'_> {
    pub(super) fn networks(&mut self) {
        let protocol = self.protocol;
        let ids: Vec<&str> = protocol.network.iter().map(|n| n.id.as_str()).collect();
        self.ids("network", &ids);
        let (comparisons, outcomes, windows) = (self.comparison_ids(), self.outcome_ids(), self.window_ids());
        for (position, network) in protocol.network.iter().enumerate() {
            let place = position.to_string();
            let path = |key| ["network", place.as_str(), key];
            if comparisons.contains(&network.id.as_str()) {
                let finding = self.error("duplicate_id", &path("id"), "a comparison has the same id");
                finding.found = Some(network.id.clone());
            }
            self.text(&path("label"), &network.label);
            self.text(&path("reason"), &network.reason);
            if let Some(reason) = &network.across_windows {
                self.text(&path("across_windows"), reason);
            }
            self.refers(&path("outcome"), &network.outcome, "outcome", &outcomes);
            self.not_empty(&path("windows"), &network.windows);
            self.list(&path("windows"), &network.windows, "window", &windows);
            if network.rank_draws == 0 || network.rank_draws > MOST_DRAWS {
                let finding = self.error("out_of_range", &path("rank_draws"), "that is no number of draws");
                finding.found = Some(network.rank_draws.to_string());
                finding.allowed = Some(format!("1 to {MOST_DRAWS}"));
            }
            if let Some(from) = network.prediction_from.filter(|n| *n < FEWEST_FOR_PREDICTION) {
                let message = "a prediction interval needs at least three studies";
                let finding = self.error("out_of_range", &path("prediction_from"), message);
                finding.found = Some(from.to_string());
                finding.allowed = Some(format!("{FEWEST_FOR_PREDICTION} or more"));
            }
            self.nodes(&place, network);
            self.components(&place, network);
            self.network_measure(&place, network);
            self.confidence(&place, network);
        }
    }

    fn nodes(&mut self, place: &str, network: &Network) {
        let known = self.treatment_ids();
        let ids: Vec<&str> = network.node.iter().map(|n| n.id.as_str()).collect();
        if ids.len() < FEWEST_NODES {
            let finding = self.error(
                "too_few_nodes",
                &["network", place, "node"],
                "a network joins treatments",
            );
            finding.found = Some(ids.len().to_string());
            finding.allowed = Some(format!("{FEWEST_NODES} nodes or more"));
        }
        self.refers(&["network", place, "reference"], &network.reference, "node", &ids);
        let mut taken: Vec<&str> = Vec::new();
        for (position, node) in network.node.iter().enumerate() {
            let number = position.to_string();
            let path = |key| ["network", place, "node", number.as_str(), key];
            self.text(&path("id"), &node.id);
            self.text(&path("label"), &node.label);
            let earlier = network.node.iter().take(position);
            if earlier
                .clone()
                .any(|other| other.id == node.id || other.label == node.label)
            {
                let finding = self.error(
                    "duplicate_id",
                    &path("id"),
                    "another node has the id or the label",
                );
                finding.found = Some(node.id.clone());
            }
            self.not_empty(&path("treatments"), &node.treatments);
            self.list(&path("treatments"), &node.treatments, "treatment", &known);
            for treatment in &node.treatments {
                if taken.contains(&treatment.as_str()) {
                    let finding = self.error(
                        "same_treatment",
                        &path("treatments"),
                        "the treatment stands in two nodes",
                    );
                    finding.found = Some(treatment.clone());
                    finding.allowed = Some("each treatment in one node".to_owned());
                }
            }
            taken.extend(node.treatments.iter().map(String::as_str));
        }
    }

    fn components(&mut self, place: &str, network: &Network) {
        let ids: Vec<&str> = network.component.iter().map(|c| c.id.as_str()).collect();
        for (position, component) in network.component.iter().enumerate() {
            let number = position.to_string();
            let path = |key| ["network", place, "component", number.as_str(), key];
            self.text(&path("id"), &component.id);
            self.text(&path("label"), &component.label);
            self.text(&path("reason"), &component.reason);
            if ids.iter().take(position).any(|id| *id == component.id) {
                let finding = self.error("duplicate_id", &path("id"), "the id stands twice");
                finding.found = Some(component.id.clone());
            }
            if !network
                .node
                .iter()
                .any(|node| node.components.contains(&component.id))
            {
                let finding = self.error("unused_component", &path("id"), "no node has this component");
                finding.found = Some(component.id.clone());
                finding.allowed = Some("an id in `components` of a [[network.node]]".to_owned());
            }
        }
        for (position, node) in network.node.iter().enumerate() {
            let number = position.to_string();
            let path = ["network", place, "node", number.as_str(), "components"];
            self.list(&path, &node.components, "component", &ids);
        }
    }

    fn network_measure(&mut self, place: &str, network: &Network) {
        let protocol = self.protocol;
        let Some(outcome) = protocol.outcome.iter().find(|o| o.id == network.outcome) else {
            return;
        };
        if let Some(measure) = network.measure.filter(|m| kind_of(*m) != outcome.kind) {
            let message = "the measure is for another kind of outcome";
            let finding = self.error("measure_does_not_fit", &["network", place, "measure"], message);
            finding.found = Some(format!("{measure:?}"));
        }
        if let Some(declared) = &network.important_difference {
            let path = ["network", place, "important_difference"];
            self.number(&[path[0], path[1], path[2], "value"], declared.value, &POSITIVE);
            self.text(&[path[0], path[1], path[2], "source"], &declared.source);
            let measure = network
                .measure
                .unwrap_or_else(|| measure_of(&protocol.model, outcome));
            if threshold_of(outcome, measure, declared).is_none() {
                let message = "the unit does not fit the network's measure";
                let finding = self.error("unit_does_not_fit", &[path[0], path[1], path[2], "unit"], message);
                finding.found = Some(declared.unit.clone());
                finding.allowed = Some(
                    "the outcome's first scale for MD, \"smd\" for SMD, \"log ratio\" for OR and RR, \
                     \"risk difference\" for RD"
                        .to_owned(),
                );
            }
        }
    }

    fn confidence(&mut self, place: &str, network: &Network) {
        let nodes: Vec<&str> = network.node.iter().map(|n| n.id.as_str()).collect();
        for (position, study) in network.indirectness.iter().enumerate() {
            let number = position.to_string();
            self.text(
                &["network", place, "indirectness", &number, "reason"],
                &study.reason,
            );
        }
        for (position, judgement) in network.judgement.iter().enumerate() {
            let number = position.to_string();
            let path = |key| ["network", place, "judgement", number.as_str(), key];
            self.text(&path("id"), &judgement.id);
            self.text(&path("reason"), &judgement.reason);
            for pair in &judgement.pairs {
                for id in pair {
                    self.refers(&path("pairs"), id, "node", &nodes);
                }
            }
            if network
                .judgement
                .iter()
                .take(position)
                .any(|other| other.id == judgement.id)
            {
                let finding = self.error("duplicate_id", &path("id"), "the id stands twice");
                finding.found = Some(judgement.id.clone());
            }
        }
    }
}
