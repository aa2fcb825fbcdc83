//! Compared with what: networks of treatments, with what the data behind them can and cannot support.
//!
//! An estimate is refused where the trials behind it speak about different declared windows, unless the protocol says
//! why they may be joined; then everything carries that stamp.

mod answer;
mod components;
mod confidence;
mod fit;
mod graph;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use answer::comparison;
pub use confidence::{ConcernRating, Confidence};

use crate::answers::{Interval, Judgement, LeftOut, Note};
use crate::index::Index;
use crate::protocol::NetworkInterval;
use onset_data::RowId;
use rayon::prelude::*;
use serde::Serialize;

/// The networks of a review.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Networks {
    pub networks: Vec<NetworkReport>,
    pub protocol: Vec<String>,
}

/// One network.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NetworkReport {
    pub id: String,
    pub label: String,
    pub reason: String,
    pub outcome: String,
    pub outcome_label: String,
    pub direction: String,
    /// Code of the measure.
    pub measure: String,
    /// "mean difference", "odds ratio".
    pub scale: String,
    pub unit: String,
    pub ratio: bool,
    /// The model in words.
    pub model: String,
    pub level: f64,
    /// How the limits of the network's estimates were computed; absent where nothing was fitted.
    pub interval: Option<IntervalUsed>,
    /// Declared windows, the preferred first.
    pub windows: Vec<NetworkWindow>,
    /// Id of the node the others are compared with.
    pub reference: String,
    /// Nodes with trials, in the protocol's order.
    pub nodes: Vec<Node>,
    /// Labels of declared nodes without any result.
    pub without: Vec<String>,
    /// Direct comparisons.
    pub edges: Vec<NetworkEdge>,
    /// Trials with a result.
    pub k: usize,
    /// People in them.
    pub n: u64,
    /// Connected parts, by ids of nodes.
    pub parts: Vec<Vec<String>>,
    /// Whether direct and indirect evidence of separate trials meet anywhere: a loop within one trial is none.
    pub loops: bool,
    /// What the graph says, in sentences.
    pub findings: Vec<String>,
    /// Why nothing was fitted.
    pub why_not: Option<String>,
    /// Variance between trials, analysis scale; absent where it cannot be estimated.
    pub tau2: Option<f64>,
    /// Percent.
    pub i2: Option<f64>,
    pub q: Option<QTests>,
    pub design_by_treatment: Option<QTest>,
    /// The declared important difference on the analysis scale, signed towards benefit.
    pub important_difference: Option<f64>,
    /// Every pair of nodes of one part, first minus second, in the order of the nodes.
    pub pairs: Vec<Pair>,
    /// The additive model of components, where components are declared.
    pub components: Option<Components>,
    /// One entry a node where a ranking means something.
    pub ranking: Vec<Ranked>,
    pub ranking_why_not: Option<String>,
    /// Why windows were joined although they differ; printed with everything that comes of it.
    pub stamp: Option<String>,
    pub studies: Vec<NetworkStudy>,
    pub left_out: Vec<LeftOut>,
    pub assumptions: Vec<String>,
    pub warnings: Vec<Note>,
    pub protocol: Vec<String>,
}

/// A declared window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NetworkWindow {
    pub id: String,
    pub label: String,
    pub trials: usize,
}

/// A node with trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Node {
    pub id: String,
    pub label: String,
    /// Treatments of the tables that it holds.
    pub treatments: Vec<String>,
    pub trials: usize,
    /// People given it.
    pub people: u64,
    /// Number of its part, from 0.
    pub part: usize,
}

/// A direct comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NetworkEdge {
    /// Ids of the nodes.
    pub a: String,
    pub b: String,
    pub trials: usize,
    pub people: u64,
    /// Study ids.
    pub studies: Vec<String>,
    /// Ids of their windows.
    pub windows: Vec<String>,
    pub rows: Vec<RowId>,
}

/// A test of disagreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct QTest {
    pub value: f64,
    pub df: usize,
    pub p: Option<f64>,
}

/// Q and its parts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct QTests {
    pub total: QTest,
    /// Between trials of one design.
    pub heterogeneity: QTest,
    /// Between designs.
    pub inconsistency: QTest,
}

/// Two nodes compared, first minus second.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Pair {
    /// Ids of the nodes.
    pub a: String,
    pub b: String,
    pub a_label: String,
    pub b_label: String,
    /// direct | indirect | mixed
    pub evidence: String,
    /// Trials that compare the two directly.
    pub trials: usize,
    /// Ids of the windows of the trials behind the estimate.
    pub windows: Vec<String>,
    /// Why no estimate is given.
    pub refused: Option<String>,
    /// Shown scale.
    pub estimate: Option<Interval>,
    /// Analysis scale.
    pub analysis: Option<Interval>,
    pub se: Option<f64>,
    /// Shown scale.
    pub prediction: Option<Interval>,
    /// One true effect, shown scale.
    pub common: Option<Interval>,
    /// Shown scale.
    pub direct: Option<Interval>,
    /// Shown scale.
    pub indirect: Option<Interval>,
    /// Direct against indirect: a difference, or a ratio of ratios.
    pub difference: Option<Interval>,
    pub p: Option<f64>,
    /// Share of the direct evidence, 0 to 1.
    pub proportion_direct: Option<f64>,
    /// Shares of the direct comparisons in the estimate.
    pub contributions: Vec<EdgeShare>,
    /// Shares of the trials.
    pub shares: Vec<StudyShare>,
    pub confidence: Option<Confidence>,
}

/// Share of a direct comparison, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EdgeShare {
    pub a: String,
    pub b: String,
    pub share: f64,
}

/// Share of a trial, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StudyShare {
    pub study: String,
    pub share: f64,
}

/// How limits were computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct IntervalUsed {
    pub method: NetworkInterval,
    /// Degrees of freedom of t; absent for normal quantiles.
    pub df: Option<usize>,
    /// Factor of the variances.
    pub scale: f64,
}

/// Effects of components that add up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Components {
    /// Why the model was not fitted.
    pub why_not: Option<String>,
    pub effects: Vec<ComponentEffect>,
    /// Every two nodes that the components tell apart, across separate parts too: first minus second.
    pub pairs: Vec<ComponentPair>,
    pub tau2: Option<f64>,
    /// Q of the additive model.
    pub q: Option<QTest>,
    /// What additivity costs beside one effect a treatment.
    pub additivity: Option<QTest>,
    pub protocol: Vec<String>,
}

/// What a component adds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ComponentEffect {
    pub id: String,
    pub label: String,
    /// Ids of the nodes that have it.
    pub nodes: Vec<String>,
    /// Shown scale; absent where the trials cannot tell it from other components.
    pub estimate: Option<Interval>,
    /// Analysis scale.
    pub analysis: Option<Interval>,
    pub se: Option<f64>,
    pub p: Option<f64>,
}

/// Two nodes by the sums of their components.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ComponentPair {
    pub a: String,
    pub b: String,
    /// Whether only components connect the two.
    pub across_parts: bool,
    /// Shown scale; absent where the trials cannot tell them apart.
    pub estimate: Option<Interval>,
    /// Analysis scale.
    pub analysis: Option<Interval>,
}

/// A node's place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Ranked {
    pub node: String,
    pub label: String,
    /// Mean certainty of being better than another node.
    pub p_score: f64,
    /// Surface under the cumulative ranking curve.
    pub sucra: f64,
    /// Probability of each rank, the best first.
    pub rank: Vec<f64>,
    /// Probability of that rank or a better one.
    pub cumulative: Vec<f64>,
}

/// What a trial says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NetworkStudy {
    pub id: String,
    pub label: String,
    pub window: String,
    pub time_hours: Option<f64>,
    pub people: u64,
    pub effects: Vec<NetworkEffect>,
    /// low | unclear | high | not judged
    pub risk: String,
    pub risk_of_bias: Vec<Judgement>,
    pub rows: Vec<RowId>,
}

/// One contrast of a trial, analysis scale, first minus second.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NetworkEffect {
    pub a: String,
    pub b: String,
    pub effect: f64,
    pub se: f64,
    pub basis: String,
    pub conversions: Vec<String>,
    pub rows: Vec<RowId>,
}

/// Every network that the protocol declares; `None` where it declares none.
pub(crate) fn networks(index: &Index<'_>) -> Option<Networks> {
    let declared = &index.protocol.network;
    if declared.is_empty() {
        return None;
    }
    Some(Networks {
        networks: declared
            .par_iter()
            .filter_map(|network| fit::report(index, network))
            .collect(),
        protocol: vec!["network".to_owned()],
    })
}
