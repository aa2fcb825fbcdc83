//! Additive components of a network's nodes, where the protocol declares them.

use super::rows::Wanted;
use super::{ComponentEffect, ComponentPair, Components, NetworkReport, QTest, graph};
use crate::answers::Interval;
use crate::effect;
use crate::fit::wald_interval;
use onset_models::network as models;

/// The additive model; `None` where no component is declared.
pub(super) fn fit(
    report: &NetworkReport,
    wanted: Wanted<'_>,
    joined: &models::Network,
    method: models::NetworkMethod,
) -> Option<Components> {
    let network = wanted.network;
    if network.component.is_empty() {
        return None;
    }
    let mut found = Components {
        why_not: None,
        effects: Vec::new(),
        pairs: Vec::new(),
        tau2: None,
        q: None,
        additivity: None,
        protocol: vec![format!("network.{}.component", network.id)],
    };
    if network.across_windows.is_none() {
        found.why_not = across_windows(report);
    }
    if found.why_not.is_some() {
        return Some(found);
    }
    let place = |id: &String| network.component.iter().position(|c| c.id == *id);
    let parts: Vec<Vec<usize>> = joined
        .treatments()
        .iter()
        .map(|id| {
            let node = network.node.iter().find(|node| node.id == *id);
            node.map_or_else(Vec::new, |node| {
                node.components.iter().filter_map(place).collect()
            })
        })
        .collect();
    let names = network.component.iter().map(|c| c.id.clone()).collect();
    match models::additive_model(joined, names, parts, method, report.level) {
        Ok(model) => fill(&mut found, report, wanted, joined, &model),
        Err(error) => found.why_not = Some(error.to_string()),
    }
    Some(found)
}

/// Components borrow from every trial: all of them must look at one window, unless the protocol says otherwise.
fn across_windows(report: &NetworkReport) -> Option<String> {
    let used: Vec<String> = report
        .windows
        .iter()
        .filter(|window| window.trials > 0)
        .map(|window| crate::phrase::window(&window.label))
        .collect();
    (used.len() > 1).then(|| {
        format!(
            "Refused: components borrow from all trials, and those look at different times ({}).",
            graph::joined(&used)
        )
    })
}

fn fill(
    found: &mut Components,
    report: &NetworkReport,
    wanted: Wanted<'_>,
    joined: &models::Network,
    model: &models::ComponentModel,
) {
    let shown = |interval: &Interval| effect::shown(wanted.measure, interval);
    let test = |q: models::QPart| QTest {
        value: q.value,
        df: q.df,
        p: q.p,
    };
    found.tau2 = (model.q.df > 0).then_some(model.tau2);
    found.q = (model.q.df > 0).then(|| test(model.q));
    found.additivity = (model.q_difference.df > 0).then(|| test(model.q_difference));
    for (component, wald) in wanted.network.component.iter().zip(&model.effects) {
        let analysis = wald.map(|w| Interval {
            value: w.estimate,
            lower: w.ci_lower,
            upper: w.ci_upper,
        });
        let nodes = wanted.network.node.iter();
        found.effects.push(ComponentEffect {
            id: component.id.clone(),
            label: component.label.clone(),
            nodes: nodes
                .filter(|node| node.components.contains(&component.id))
                .filter(|node| report.nodes.iter().any(|known| known.id == node.id))
                .map(|node| node.id.clone())
                .collect(),
            estimate: analysis.as_ref().map(shown),
            analysis,
            se: wald.map(|w| w.standard_error),
            p: wald.map(|w| w.p),
        });
    }
    let place = |id: &String| joined.treatments().iter().position(|t| t == id);
    for (position, a) in report.nodes.iter().enumerate() {
        for b in report.nodes.iter().skip(position + 1) {
            let (Some(i), Some(j)) = (place(&a.id), place(&b.id)) else {
                continue;
            };
            let cell = |grid: &[Vec<Option<f64>>]| grid.get(i).and_then(|row| row.get(j)).copied().flatten();
            let analysis = cell(&model.league.estimate)
                .zip(cell(&model.league.standard_error))
                .map(|(y, se)| wald_interval(y, se, report.level));
            found.pairs.push(ComponentPair {
                a: a.id.clone(),
                b: b.id.clone(),
                across_parts: a.part != b.part,
                estimate: analysis.as_ref().map(shown),
                analysis,
            });
        }
    }
}
