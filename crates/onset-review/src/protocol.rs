//! The protocol (`review.toml`): what would be done before the data are seen.
//!
//! Everything that changes a number stands here; unknown keys are errors. The JSON Schema printed by
//! `onset schema` is derived from these types.

mod blinding;
mod certainty;
mod durability;
mod economics;
mod floor;
mod model;
mod network;
mod outcome;
mod published;
mod timecourse;
mod verdict;

pub use blinding::{AssumedBelief, Benchmark, Blinding, Expectancy};
pub use certainty::{
    Certainty, CertaintyCut, Concern, DeclaredJudgement, Domain, EffectThreshold, HarmOfInterest,
    MissingResult,
};
pub use durability::{Durability, DurabilityEntry, DurabilityGroup, Estimand};
pub use economics::{
    CostModel, Course, Economics, Extrapolation, ModelArm, ModelState, OffTreatment, Price, StateCost,
    StateUtility, Transition,
};
pub use floor::{Floor, Fork, ForkKind};
pub use model::{
    ContrastUse, Conversion, Crossover, CrossoverUse, EffectMeasure, IntervalMethod, Model, MultiArm, Tau2,
};
pub use network::{
    Distance, Network, NetworkComponent, NetworkConcern, NetworkDomain, NetworkInterval, NetworkJudgement,
    NetworkNode, NetworkTau2, StudyIndirectness,
};
pub use outcome::{ControlRisk, Cut, Direction, ImportantDifference, Outcome, OutcomeKind, ReportAs, Scale};
pub use published::{Doubt, Exclude, Recompute, RecomputeEntry, RecomputeModel};
pub use timecourse::{
    Comparator, ComparatorPoint, CorrelationForm, CorrelationScale, CurveEffects, CurveForm, Timecourse,
    VisitCorrelation,
};
pub use verdict::VerdictRules;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// What the review asks and which version of it this is.
    pub review: Review,
    /// Treatment nodes; `arms.csv` names one each.
    pub treatment: Vec<Treatment>,
    /// What is measured.
    pub outcome: Vec<Outcome>,
    /// Times that are pooled together.
    pub window: Vec<Window>,
    /// Which nodes are compared.
    pub comparison: Vec<Comparison>,
    /// How numbers are converted and pooled.
    #[serde(default)]
    pub model: Model,
    /// What is left out, and why.
    #[serde(default)]
    pub exclude: Vec<Exclude>,
    /// Doubts printed beside the evidence without changing a number.
    #[serde(default)]
    pub doubt: Vec<Doubt>,
    /// How pools printed elsewhere are recomputed.
    #[serde(default)]
    pub recompute: Vec<Recompute>,
    /// What is assumed about belief in the treatment, and about what belief does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blinding: Option<Blinding>,
    /// The defensible analyses of the headline result, frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Floor>,
    /// Local prices: what an extra responder or remitter costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub economics: Option<Economics>,
    /// What each trial added, by cut-offs declared beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictRules>,
    /// How certainty is rated; absent: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Certainty>,
    /// Results that are known to exist and are not in the tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_result: Vec<MissingResult>,
    /// Harms that a reader will look for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harm: Vec<HarmOfInterest>,
    /// Curves over time: onset, response window, evidence horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timecourse: Option<Timecourse>,
    /// What lasts: relapse and response kept, estimand by estimand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durability: Option<Durability>,
    /// Treatments compared directly and through one another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<Network>,
}

/// `[review]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Title of the review.
    pub title: String,
    /// The question in one sentence.
    pub question: String,
    /// Version, also the report's date: `2026.11`.
    pub version: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Format of this file; old files open for ever.
    pub format: u32,
    /// False prints the stamp "not a systematic search" on every page.
    pub systematic_search: bool,
    /// How the evidence was collected, in a sentence or two.
    #[serde(default)]
    pub search: String,
    /// Which result stands at the top of the page.
    pub headline: Headline,
}

/// The result that stands at the top of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headline {
    /// Id of a comparison.
    pub comparison: String,
    /// Id of an outcome.
    pub outcome: String,
    /// Id of a window.
    pub window: String,
}

/// Whether a node is what is studied or what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What is studied.
    #[default]
    Treatment,
    /// What it is compared with.
    Control,
}

/// What a control does to the blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ControlType {
    /// Saline or a pill without effect.
    Inert,
    /// A drug with side effects, midazolam or another.
    Active,
    /// Given under anaesthesia, so that nothing is felt.
    Anaesthesia,
    /// An oral antidepressant with a dummy of the route studied.
    OralAntidepressant,
    /// Another treatment in its own right (ECT, quetiapine).
    Treatment,
}

/// `[[treatment]]`: one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Treatment {
    /// Id used in `arms.csv`.
    pub id: String,
    /// As printed in tables and figures.
    pub label: String,
    /// Pharmacological class.
    #[serde(default)]
    pub class: String,
    /// Route of administration: iv, intranasal, oral, ….
    #[serde(default)]
    pub route: String,
    /// Components for additive models.
    #[serde(default)]
    pub components: Vec<String>,
    /// Treatment or control.
    #[serde(default)]
    pub role: Role,
    /// For controls: what it does to the blind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_type: Option<ControlType>,
}

/// What kind of evidence a window holds; kinds are never pooled together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// Fixed hours after a first dose.
    Acute,
    /// The end of a course of varying length.
    CourseEnd,
    /// After treatment has stopped.
    FollowUp,
    /// Randomised withdrawal.
    Withdrawal,
}

/// `[[window]]`: times that are pooled together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Id.
    pub id: String,
    /// As printed.
    pub label: String,
    /// First hour that belongs to it; absent for course-end windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_hours: Option<f64>,
    /// Last hour that belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_hours: Option<f64>,
    /// The visit nearest to this hour is used; ties go to the earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_hours: Option<f64>,
    /// Kind of evidence.
    pub evidence: EvidenceKind,
}

/// What splits a comparison into subgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SubgroupBy {
    /// The control node itself (saline, midazolam, ...).
    Control,
    /// Control type of the control node.
    ControlType,
    /// Route of the treatment node.
    Route,
    /// `population` of the study.
    Population,
    /// `design` of the study.
    Design,
}

/// How a pool of five studies or more is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Diagnostic {
    /// The mean without each study.
    LeaveOneOut,
    /// The mean study after study, by year.
    Cumulative,
    /// Deletion measures.
    Influence,
    /// Baujat's plot.
    Baujat,
    /// Galbraith's plot.
    Radial,
    /// Residuals against normal quantiles.
    Quantiles,
    /// The likelihood over the heterogeneity variance.
    Profile,
}

impl Diagnostic {
    /// As in the protocol.
    pub fn code(self) -> &'static str {
        match self {
            Diagnostic::LeaveOneOut => "leave-one-out",
            Diagnostic::Cumulative => "cumulative",
            Diagnostic::Influence => "influence",
            Diagnostic::Baujat => "baujat",
            Diagnostic::Radial => "radial",
            Diagnostic::Quantiles => "quantiles",
            Diagnostic::Profile => "profile",
        }
    }
}

/// `[[comparison]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Id.
    pub id: String,
    /// As printed: "Racemic ketamine v midazolam".
    pub label: String,
    /// Short name of the treatment side, for axes and sentences.
    pub treatment_label: String,
    /// Short name of the control side.
    pub control_label: String,
    /// Treatment nodes.
    pub treatment: Vec<String>,
    /// Control nodes.
    pub control: Vec<String>,
    /// Outcome ids.
    pub outcomes: Vec<String>,
    /// Window ids.
    pub windows: Vec<String>,
    /// Subgroup analyses.
    #[serde(default)]
    pub subgroups: Vec<SubgroupBy>,
    /// Figures that take its pools apart, where five studies or more were pooled.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
    /// Only studies of these populations; empty means all.
    #[serde(default)]
    pub populations: Vec<String>,
    /// Shown first.
    #[serde(default)]
    pub primary: bool,
    /// Control risks of this comparison, by outcome.
    #[serde(default)]
    pub control_risk: BTreeMap<String, ControlRisk>,
    /// A remark printed under its results.
    #[serde(default)]
    pub note: String,
}
