//! The graph: nodes, direct comparisons, parts, and what they allow, in sentences.

use super::rows::Trial;
use super::{NetworkEdge, NetworkReport, Node};
use crate::phrase;
use crate::protocol::{Network, Window};
use onset_models::network as models;
use std::collections::BTreeMap;

/// Nodes with trials.
pub(super) fn nodes(network: &Network, trials: &[Trial<'_>], model: &models::Network) -> Vec<Node> {
    let mut found = Vec::new();
    for (position, node) in network.node.iter().enumerate() {
        let Some(place) = model.treatments().iter().position(|t| *t == node.id) else {
            continue;
        };
        let own: Vec<u64> = trials
            .iter()
            .filter_map(|t| t.by_node().get(&position).copied())
            .collect();
        found.push(Node {
            id: node.id.clone(),
            label: node.label.clone(),
            treatments: node.treatments.clone(),
            trials: own.len(),
            people: own.iter().sum(),
            part: model.component(place),
        });
    }
    // parts are numbered in the order in which the protocol names them
    let mut number: BTreeMap<usize, usize> = BTreeMap::new();
    for node in &mut found {
        let next = number.len();
        node.part = *number.entry(node.part).or_insert(next);
    }
    found
}

/// Direct comparisons, in the order of the nodes.
pub(super) fn edges(network: &Network, windows: &[&Window], trials: &[Trial<'_>]) -> Vec<NetworkEdge> {
    let mut found: BTreeMap<(usize, usize), NetworkEdge> = BTreeMap::new();
    for trial in trials {
        for (a, b, effect) in &trial.effects {
            let edge = found.entry((*a, *b)).or_insert_with(|| NetworkEdge {
                a: network.node[*a].id.clone(),
                b: network.node[*b].id.clone(),
                trials: 0,
                people: 0,
                studies: Vec::new(),
                windows: Vec::new(),
                rows: Vec::new(),
            });
            edge.trials += 1;
            edge.people += effect.people;
            edge.studies.push(trial.data.study.id.clone());
            let window = &windows[trial.window].id;
            if !edge.windows.contains(window) {
                edge.windows.push(window.clone());
            }
            edge.rows.extend(effect.rows.iter().cloned());
        }
    }
    found.into_values().collect()
}

/// Ids of the nodes of each part.
pub(super) fn parts(nodes: &[Node]) -> Vec<Vec<String>> {
    let count = nodes.iter().map(|node| node.part + 1).max().unwrap_or(0);
    (0..count)
        .map(|part| {
            nodes
                .iter()
                .filter(|n| n.part == part)
                .map(|n| n.id.clone())
                .collect()
        })
        .collect()
}

/// "a", "a and b", "a, b and c".
pub(super) fn joined(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

impl NetworkReport {
    /// Label of a node inside a sentence.
    pub(super) fn said(&self, id: &str) -> String {
        let node = self.nodes.iter().find(|node| node.id == id);
        node.map_or_else(|| id.to_owned(), |node| phrase::lower_first(&node.label))
    }

    /// Edges of the part that holds a node.
    fn edges_of(&self, part: &[String]) -> Vec<&NetworkEdge> {
        self.edges.iter().filter(|edge| part.contains(&edge.a)).collect()
    }

    /// Nodes that only one trial links with the others.
    pub(super) fn by_one_trial(&self) -> Vec<String> {
        let alone = self.nodes.iter().filter(|node| node.trials == 1);
        alone.map(|node| self.said(&node.id)).collect()
    }

    /// Whether the graph has a cycle, be it within one trial of several arms.
    pub(super) fn has_cycle(&self) -> bool {
        self.edges.len() + self.parts.len() > self.nodes.len()
    }
}

fn several(n: usize, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

/// What the graph says.
pub(super) fn findings(report: &NetworkReport) -> Vec<String> {
    let mut said = Vec::new();
    if report.parts.len() > 1 {
        let names: Vec<String> = report
            .parts
            .iter()
            .map(|part| joined(&part.iter().map(|id| report.said(id)).collect::<Vec<_>>()))
            .collect();
        said.push(format!(
            "Nothing connects these {} groups of treatments, so they cannot be compared with each other: {}.",
            report.parts.len(),
            names.join("; ")
        ));
    }
    for part in &report.parts {
        let edges = report.edges_of(part);
        let names: Vec<String> = part.iter().map(|id| report.said(id)).collect();
        if let [edge] = edges.as_slice() {
            said.push(format!(
                "{} and {} are compared directly by {}, and with nothing else.",
                phrase_capital(&report.said(&edge.a)),
                report.said(&edge.b),
                several(edge.trials, "trial", "trials")
            ));
            continue;
        }
        let single = edges.iter().filter(|edge| edge.trials == 1).count();
        let weak = if single == edges.len() {
            "each of them in one trial".to_owned()
        } else if single == 0 {
            "each of them in two trials or more".to_owned()
        } else {
            format!("{} in one trial only", several(single, "of them", "of them"))
        };
        let hub = hub(&edges);
        let shape = match hub {
            Some(hub) => format!(
                "The others are compared with {} and not with each other",
                report.said(&hub)
            ),
            None => format!("{} pairs are compared directly", edges.len()),
        };
        said.push(format!(
            "{}: {} direct comparisons, {weak}. {shape}.",
            phrase_capital(&joined(&names)),
            edges.len()
        ));
    }
    if !report.loops {
        said.push(format!(
            "{}: whether direct and indirect evidence agree cannot be checked anywhere.",
            if report.has_cycle() {
                "Loops are closed only within trials of several arms, which agree with themselves"
            } else {
                "There is no closed loop"
            }
        ));
    }
    if !report.without.is_empty() {
        said.push(format!("No usable result here: {}.", joined(&report.without)));
    }
    said
}

/// The node that stands in every direct comparison of a part of three nodes or more.
fn hub(edges: &[&NetworkEdge]) -> Option<String> {
    let first = edges.first()?;
    [&first.a, &first.b]
        .into_iter()
        .find(|id| edges.iter().all(|edge| edge.a == **id || edge.b == **id))
        .cloned()
}

fn phrase_capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
