//! What the networks say about "Compared with what?".

use super::graph::joined;
use super::{NetworkReport, Networks};
use crate::answers::Answer;
use crate::index::Index;
use crate::phrase;

/// The network that answers: of the headline's outcome and window, else the first.
fn main<'a>(index: &Index<'_>, networks: &'a Networks) -> Option<&'a NetworkReport> {
    let headline = &index.protocol.review.headline;
    let asked = |n: &&NetworkReport| {
        n.outcome == headline.outcome && n.windows.first().is_some_and(|w| w.id == headline.window)
    };
    networks.networks.iter().find(asked).or(networks.networks.first())
}

/// The answer of pairwise comparisons, with what the networks add to it.
pub(crate) fn comparison(pairs: Answer, index: &Index<'_>, networks: Option<&Networks>) -> Answer {
    let Some(networks) = networks else { return pairs };
    let Some(report) = main(index, networks) else {
        return pairs;
    };
    let mut answer = pairs;
    answer.protocol.push(format!("network.{}", report.id));
    answer.sentence = sentence(report);
    answer.k = report.k;
    answer.n = report.n;
    answer.rows = report
        .studies
        .iter()
        .flat_map(|study| study.rows.iter().cloned())
        .collect();
    answer.why_not = Some(why_not(networks));
    answer
}

fn sentence(report: &NetworkReport) -> String {
    let what = format!(
        "{} {}",
        report.outcome_label,
        report
            .windows
            .first()
            .map_or_else(String::new, |w| phrase::at_window(&w.label))
    );
    let Some(part) = report.parts.iter().find(|part| part.contains(&report.reference)) else {
        let why = report
            .why_not
            .clone()
            .unwrap_or_else(|| "no trial has a usable result".to_owned());
        return format!("{what}: {}", phrase::lower_first(&why));
    };
    let reference = report.said(&report.reference);
    let names = |wanted: &dyn Fn(&String) -> bool| {
        let others = report
            .nodes
            .iter()
            .map(|node| &node.id)
            .filter(|id| **id != report.reference);
        others
            .filter(|id| wanted(id))
            .map(|id| report.said(id))
            .collect::<Vec<_>>()
    };
    let inside = names(&|id| part.contains(id));
    let outside = names(&|id| !part.contains(id));
    let edges: Vec<_> = report
        .edges
        .iter()
        .filter(|edge| part.contains(&edge.a))
        .collect();
    let single = edges.iter().filter(|edge| edge.trials == 1).count();
    let links = if single == edges.len() {
        "each link is one trial".to_owned()
    } else if single > 0 {
        format!("{single} of {} links are one trial", edges.len())
    } else {
        "each link is two trials or more".to_owned()
    };
    let mut said = vec![format!(
        "{what}: {reference} is linked with {}; {links}.",
        joined(&inside)
    )];
    if !outside.is_empty() {
        said.push(format!("Nothing links it with {}.", joined(&outside)));
    }
    if !report.loops {
        said.push(format!(
            "{}, so nobody can check indirect evidence against direct.",
            if report.has_cycle() {
                "Loops are closed only within trials of several arms"
            } else {
                "No loop is closed"
            }
        ));
    }
    if report.ranking.is_empty() {
        said.push("No ranking is given.".to_owned());
    }
    said.extend(report.stamp.clone());
    said.join(" ")
}

fn why_not(networks: &Networks) -> String {
    let most = networks.networks.iter().map(|n| n.nodes.len()).max().unwrap_or(0);
    let joined_all = networks
        .networks
        .iter()
        .any(|n| n.parts.len() == 1 && n.without.is_empty());
    let tail = if joined_all {
        ""
    } else {
        " None of them joins all of its treatments."
    };
    format!(
        "No single number answers this. {} {} declared, with up to {most} treatments; the league tables below hold \
         every comparison that the trials allow.{tail}",
        networks.networks.len(),
        if networks.networks.len() == 1 {
            "network is"
        } else {
            "networks are"
        },
    )
}
