//! `[[network]]`: treatments compared directly and through one another, one outcome and one window each.

use super::{EffectMeasure, ImportantDifference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[[network]]`: a network of treatments on one outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Id; no comparison has the same one.
    pub id: String,
    /// As printed.
    pub label: String,
    /// Outcome id.
    pub outcome: String,
    /// Window ids, the preferred first; a trial speaks at the first in which it has a result. With more than one, an
    /// estimate whose trials lie in several is refused unless `across_windows` says why not.
    pub windows: Vec<String>,
    /// The treatments compared.
    pub node: Vec<NetworkNode>,
    /// Node that the others are compared with first.
    pub reference: String,
    /// Effect measure; absent: that of `[model.effect]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<EffectMeasure>,
    /// Estimator of the variance between trials, one for all comparisons.
    #[serde(default)]
    pub tau2: NetworkTau2,
    /// Confidence intervals of comparisons.
    #[serde(default)]
    pub interval: NetworkInterval,
    /// Prediction intervals are printed from this many trials; absent: as in `[model]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction_from: Option<usize>,
    /// Additive components: what nodes are made of. The effect of a node is the sum of its components'.
    #[serde(default)]
    pub component: Vec<NetworkComponent>,
    /// Only studies of these populations; empty means all.
    #[serde(default)]
    pub populations: Vec<String>,
    /// Draws behind the probabilities of ranks.
    #[serde(default = "draws")]
    pub rank_draws: u32,
    /// The difference that matters, where the outcome's own does not fit the measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub important_difference: Option<ImportantDifference>,
    /// Why trials of different windows may be joined after all; stamped on everything that comes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across_windows: Option<String>,
    /// Why these treatments form these nodes.
    pub reason: String,
    /// How far the people and treatments of single studies are from the question. Studies that are not named count as
    /// near; with no study named, indirectness is not judged.
    #[serde(default)]
    pub indirectness: Vec<StudyIndirectness>,
    /// Confidence: judgements that cannot be computed, and overrides of those that can; the first that matches counts.
    #[serde(default)]
    pub judgement: Vec<NetworkJudgement>,
}

fn draws() -> u32 {
    10_000
}

/// `[[network.node]]`: treatments of `arms.csv` taken as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkNode {
    /// Id.
    pub id: String,
    /// As printed.
    pub label: String,
    /// Treatment ids.
    pub treatments: Vec<String>,
    /// Ids of its components; none: the node has no effect of its own, such as placebo.
    #[serde(default)]
    pub components: Vec<String>,
}

/// `[[network.component]]`: a part of treatments with an effect of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkComponent {
    /// Id.
    pub id: String,
    /// As printed.
    pub label: String,
    /// Why its effect is taken to add to the others'.
    pub reason: String,
}

/// Confidence intervals of a network's comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkInterval {
    /// Normal quantiles.
    #[default]
    Wald,
    /// Quantiles of t with the degrees of freedom of Q.
    T,
    /// As t, standard errors times the root of Q/df at the random-effects weights.
    HartungKnapp,
    /// As hartung-knapp, with a factor of at least 1.
    HartungKnappFloored,
}

/// Estimator of the variance between trials in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum NetworkTau2 {
    /// Restricted maximum likelihood.
    #[default]
    REML,
    /// Generalised DerSimonian-Laird.
    DL,
    /// Maximum likelihood.
    ML,
}

/// `[[network.indirectness]]`: how far one study is from the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyIndirectness {
    /// Study id.
    pub id: String,
    /// How far.
    pub rating: Distance,
    /// Why.
    pub reason: String,
}

/// How far a study is from the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// It asks it.
    Low,
    /// It differs in something that may matter.
    Moderate,
    /// It differs in something that does matter.
    High,
}

/// Domains of confidence in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkDomain {
    /// How the trials were done.
    WithinStudyBias,
    /// Whether results are missing for what they say.
    ReportingBias,
    /// Whether the trials ask the question.
    Indirectness,
    /// How wide the interval is.
    Imprecision,
    /// How much trials differ.
    Heterogeneity,
    /// Whether direct and indirect evidence agree.
    Incoherence,
}

/// How serious a concern is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkConcern {
    /// None.
    NoConcerns,
    /// Some.
    SomeConcerns,
    /// Major.
    MajorConcerns,
}

/// `[[network.judgement]]`: a domain of confidence judged by people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkJudgement {
    /// Id.
    pub id: String,
    /// Which domain.
    pub domain: NetworkDomain,
    /// How serious.
    pub rating: NetworkConcern,
    /// Why.
    pub reason: String,
    /// Only these pairs of nodes, in either order; empty means all.
    #[serde(default)]
    pub pairs: Vec<[String; 2]>,
}
