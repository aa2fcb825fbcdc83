//! How much each direct comparison contributes to each estimate.

use super::error::NetworkError;
use super::gls::{fit, weight};
use super::input::{Network, edge_weight};
use super::shortest_path::{self, Flows};
use onset_math::linalg::Matrix;
use onset_math::quadrature::gauss_legendre;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Flow this small is nothing.
const NO_FLOW: f64 = 1e-12;

/// How the flow of evidence is cut into streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Streams {
    /// All paths at once, as a random walk takes them.
    #[default]
    RandomWalk,
    /// One shortest path after the other.
    ShortestPath,
}

/// Shares of direct comparisons in estimates; each row sums to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Estimated comparisons, by treatments.
    pub rows: Vec<(usize, usize)>,
    /// Direct comparisons.
    pub columns: Vec<(usize, usize)>,
    /// Shares.
    pub values: Vec<Vec<f64>>,
    /// Of each direct comparison, the share of every study in it: label and share.
    pub studies: Vec<Vec<(String, f64)>>,
}

impl Contribution {
    /// Studies with a share in one row, in the order of their comparisons.
    pub fn studies_of(&self, row: usize) -> Vec<(&str, f64)> {
        let mut shares: Vec<(&str, f64)> = Vec::new();
        let Some(values) = self.values.get(row) else {
            return shares;
        };
        for (value, list) in values.iter().zip(&self.studies) {
            for (label, part) in list {
                let share = value * part;
                if share <= NO_FLOW {
                    continue;
                }
                match shares.iter_mut().find(|known| known.0 == label) {
                    Some(known) => known.1 += share,
                    None => shares.push((label, share)),
                }
            }
        }
        shares
    }

    /// Labels of studies, and their shares in every row: a study has its share of each direct comparison.
    ///
    /// # Source
    /// Papakonstantinou et al. 2018, F1000Res 7:610, section on studies.
    pub fn by_study(&self) -> (Vec<&str>, Vec<Vec<f64>>) {
        let mut place: BTreeMap<&str, usize> = BTreeMap::new();
        let mut labels = Vec::new();
        for (label, _) in self.studies.iter().flatten() {
            place.entry(label).or_insert_with(|| {
                labels.push(label.as_str());
                labels.len() - 1
            });
        }
        let shares = |row: &Vec<f64>| {
            let mut shares = vec![0.0; labels.len()];
            for (value, list) in row.iter().zip(&self.studies) {
                for (label, share) in list {
                    if let Some(&at) = place.get(label.as_str()) {
                        shares[at] += value * share;
                    }
                }
            }
            shares
        };
        let values = self.values.iter().map(shares).collect();
        (labels, values)
    }
}

/// Flow of evidence from `source` to `sink` on the direct comparisons.
struct Flow {
    /// From, to, column, amount; ordered from the source on.
    edges: Vec<(usize, usize, usize, f64)>,
    source: usize,
    sink: usize,
    nodes: usize,
}

/// Contributions of comparisons at `tau2` (0: common effect).
///
/// # Formula
/// The hat matrix's row of a comparison is a flow from one treatment to the other: on a direct
/// comparison i-j it is w_ij (u_i - u_j), u = L+ (e_a - e_b). A path of m comparisons that carries the
/// flow f gives f/m to each of them. Random walk: f is the product of the shares at each step; the sum
/// of f/m over all paths is the integral over x from 0 to 1 of F(x) p G(x), with F and G the generating
/// functions of path lengths before and after the comparison.
/// # Returns
/// `None` when a weight of a study of several arms is negative, so that evidence would flow uphill.
/// # Errors
/// `NotFinite`.
/// # Source
/// Davies, Papakonstantinou, Nikolakopoulou, Ruecker & Galla 2022, Res Synth Methods 13:228.
pub fn contribution(network: &Network, tau2: f64) -> Result<Option<Contribution>, NetworkError> {
    contribution_by(network, tau2, Streams::RandomWalk)
}

/// As [`contribution`], with streams cut by a random walk or by the shortest path first.
///
/// # Errors
/// `NotFinite`.
/// # Source
/// Shortest path: Papakonstantinou et al. 2018, F1000Res 7:610; paths of one length are taken in the
/// order of treatments without regard to case.
pub fn contribution_by(
    network: &Network,
    tau2: f64,
    streams: Streams,
) -> Result<Option<Contribution>, NetworkError> {
    let gls = fit(network, tau2)?;
    let mut weights: BTreeMap<(usize, usize), Vec<(usize, f64)>> = BTreeMap::new();
    for (s, study) in network.studies.iter().enumerate() {
        let w = if study.y.len() == 1 {
            Matrix::from_rows(&[vec![1.0 / (study.v[(0, 0)] + tau2)]])
        } else {
            weight(study, tau2)?.0
        };
        for i in 0..study.arms.len() {
            for j in i + 1..study.arms.len() {
                let pair = (study.arms[i], study.arms[j]);
                weights.entry(pair).or_default().push((s, edge_weight(&w, i, j)));
            }
        }
    }
    let columns: Vec<(usize, usize)> = weights.keys().copied().collect();
    let totals: Vec<f64> = weights
        .values()
        .map(|list| list.iter().map(|x| x.1).sum())
        .collect();
    if totals.iter().any(|w| *w < 0.0) {
        return Ok(None);
    }
    let studies = weights
        .values()
        .zip(&totals)
        .map(|(list, total)| {
            let share = |&(s, w): &(usize, f64)| (network.studies[s].label.clone(), w / total);
            list.iter().map(share).collect()
        })
        .collect();
    let n = network.treatments.len();
    let rows: Vec<(usize, usize)> = (0..n)
        .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
        .filter(|&(a, b)| network.component[a] == network.component[b])
        .collect();
    let names: Vec<String> = network.treatments.iter().map(|t| t.to_lowercase()).collect();
    let alphabetical = alphabetical(&names, &columns);
    let values = rows
        .par_iter()
        .map(|&(a, b)| {
            let u: Vec<f64> = (0..n).map(|i| gls.cov[(i, a)] - gls.cov[(i, b)]).collect();
            match streams {
                Streams::RandomWalk => random_walk(&flow(&u, a, b, &columns, &totals), columns.len()),
                Streams::ShortestPath => {
                    let swapped = names[a] > names[b];
                    let (source, sink) = if swapped { (b, a) } else { (a, b) };
                    let u: Vec<f64> = if swapped {
                        u.iter().map(|u| -u).collect()
                    } else {
                        u
                    };
                    let edges = directed(&u, &columns, &totals, alphabetical.iter().copied());
                    shortest_path::shares(&Flows {
                        edges: &edges,
                        source,
                        sink,
                        columns: columns.len(),
                    })
                }
            }
        })
        .collect();
    Ok(Some(Contribution {
        rows,
        columns,
        values,
        studies,
    }))
}

/// Comparisons in the order of their treatments without regard to case.
fn alphabetical(names: &[String], columns: &[(usize, usize)]) -> Vec<usize> {
    let key = |c: usize| {
        let (a, b) = (columns[c].0, columns[c].1);
        let (a, b) = ((&names[a], a), (&names[b], b));
        (a.min(b), a.max(b))
    };
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by(|&x, &y| key(x).cmp(&key(y)));
    order
}

/// Comparisons on which something flows: from, to, column, amount.
fn directed(
    u: &[f64],
    columns: &[(usize, usize)],
    totals: &[f64],
    order: impl Iterator<Item = usize>,
) -> Vec<(usize, usize, usize, f64)> {
    let mut edges = Vec::with_capacity(columns.len());
    for c in order {
        let (i, j) = columns[c];
        let f = totals[c] * (u[i] - u[j]);
        if f > NO_FLOW {
            edges.push((i, j, c, f));
        } else if f < -NO_FLOW {
            edges.push((j, i, c, -f));
        }
    }
    edges
}

fn flow(u: &[f64], source: usize, sink: usize, columns: &[(usize, usize)], totals: &[f64]) -> Flow {
    let mut edges = directed(u, columns, totals, 0..columns.len());
    edges.sort_by(|x, y| u[y.0].total_cmp(&u[x.0]).then(x.0.cmp(&y.0)).then(x.1.cmp(&y.1)));
    Flow {
        edges,
        source,
        sink,
        nodes: u.len(),
    }
}

/// Points of the integral taken together.
const LANES: usize = 4;

fn random_walk(flow: &Flow, columns: usize) -> Vec<f64> {
    let mut out = vec![0.0; flow.nodes];
    let mut longest = vec![0_usize; flow.nodes];
    for &(i, j, _, f) in &flow.edges {
        out[i] += f;
        longest[j] = longest[j].max(longest[i] + 1);
    }
    let steps: Vec<(usize, usize, f64)> = flow
        .edges
        .iter()
        .map(|&(i, j, _, f)| (i, j, f / out[i]))
        .collect();
    // a polynomial of degree longest - 1 is integrated exactly
    let rule = gauss_legendre(longest[flow.sink] / 2 + 1);
    let mut sums = vec![0.0; steps.len()];
    let mut before = vec![[0.0; LANES]; flow.nodes];
    let mut after = before.clone();
    for (nodes, weights) in rule.nodes.chunks(LANES).zip(rule.weights.chunks(LANES)) {
        let (mut x, mut dx) = ([0.0; LANES], [0.0; LANES]);
        for (lane, (node, weight)) in nodes.iter().zip(weights).enumerate() {
            x[lane] = 0.5 * (node + 1.0);
            dx[lane] = 0.5 * weight;
        }
        before.fill([0.0; LANES]);
        after.fill([0.0; LANES]);
        before[flow.source] = [1.0; LANES];
        after[flow.sink] = dx;
        for &(i, j, p) in &steps {
            let from = before[i];
            let to = &mut before[j];
            for lane in 0..LANES {
                to[lane] += x[lane] * from[lane] * p;
            }
        }
        for (&(i, j, p), sum) in steps.iter().zip(&mut sums).rev() {
            let (ahead, behind) = (after[j], before[i]);
            let to = &mut after[i];
            for lane in 0..LANES {
                *sum += behind[lane] * p * ahead[lane];
                to[lane] += x[lane] * ahead[lane] * p;
            }
        }
    }
    let mut share = vec![0.0; columns];
    for (edge, sum) in flow.edges.iter().zip(&sums) {
        share[edge.2] += sum;
    }
    share
}
