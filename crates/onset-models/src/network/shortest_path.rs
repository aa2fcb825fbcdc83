//! Contributions by the shortest path first.

use std::collections::{BTreeMap, VecDeque};

/// What is left of a flow below this is rounding.
const NOTHING_LEFT: f64 = 1e-10;

/// A flow on comparisons: from, to, column, amount, in the order of the comparisons.
pub(crate) struct Flows<'a> {
    pub(crate) edges: &'a [(usize, usize, usize, f64)],
    pub(crate) source: usize,
    pub(crate) sink: usize,
    pub(crate) columns: usize,
}

/// Shares of the comparisons.
///
/// # Formula
/// Take a shortest path from source to sink, let it carry the least flow f on it, give f/m to each of
/// its m comparisons, subtract f, and go on until nothing flows. Of several shortest paths the first
/// is taken that a breadth-first search finds, with treatments in the order in which they first
/// appear along the directed comparisons: another order gives other shares.
/// # Source
/// Papakonstantinou, Nikolakopoulou, Ruecker, Chaimani, Schwarzer, Egger & Salanti 2018, F1000Res 7:610.
pub(crate) fn shares(flows: &Flows<'_>) -> Vec<f64> {
    let mut position: BTreeMap<usize, usize> = BTreeMap::new();
    for &(from, to, _, _) in flows.edges {
        for node in [from, to] {
            let next = position.len();
            position.entry(node).or_insert(next);
        }
    }
    // node -> edges out of it, by the position of where they lead
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (e, edge) in flows.edges.iter().enumerate() {
        out.entry(edge.0).or_default().push(e);
    }
    for list in out.values_mut() {
        list.sort_by_key(|&e| position.get(&flows.edges[e].1));
    }
    let mut left: Vec<f64> = flows.edges.iter().map(|e| e.3).collect();
    let mut share = vec![0.0; flows.columns];
    while let Some(path) = shortest(flows, &out, &left) {
        let carried = path.iter().map(|&e| left[e]).fold(f64::INFINITY, f64::min);
        for &e in &path {
            share[flows.edges[e].2] += carried / path.len() as f64;
            left[e] -= carried;
            if left[e] < NOTHING_LEFT {
                left[e] = 0.0;
            }
        }
    }
    share
}

/// The first shortest path on which something flows, as edges from the sink back.
fn shortest(flows: &Flows<'_>, out: &BTreeMap<usize, Vec<usize>>, left: &[f64]) -> Option<Vec<usize>> {
    let mut reached: BTreeMap<usize, Option<usize>> = BTreeMap::from([(flows.source, None)]);
    let mut queue = VecDeque::from([flows.source]);
    while let Some(node) = queue.pop_front() {
        for &e in out.get(&node).into_iter().flatten() {
            let to = flows.edges[e].1;
            if left[e] > 0.0 && !reached.contains_key(&to) {
                reached.insert(to, Some(e));
                queue.push_back(to);
            }
        }
        if reached.contains_key(&flows.sink) {
            break;
        }
    }
    let mut path = Vec::new();
    let mut edge = *reached.get(&flows.sink)?;
    while let Some(e) = edge {
        path.push(e);
        edge = *reached.get(&flows.edges[e].0)?;
    }
    Some(path)
}
