//! The protocol (`review.toml`): what would be done before the data are seen.
//!
//! Everything that changes a number stands here; unknown keys are errors. The JSON Schema printed by
//! `onset schema` is derived from these types.

mod durability;
mod economics;
mod floor;
mod network;
mod verdict;

pub use durability::{Durability, DurabilityEntry, DurabilityGroup, Estimand};
pub use economics::{Course, Economics, Price};
pub use floor::{Floor, Fork, ForkKind};
pub use network::{
    Distance, Network, NetworkConcern, NetworkDomain, NetworkJudgement, NetworkNode, NetworkTau2,
    StudyIndirectness,
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

/// `[[harm]]`: a harm that a reader will look for; the page says where no table holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HarmOfInterest {
    /// Id.
    pub id: String,
    /// As printed: "raised blood pressure".
    pub label: String,
    /// Events of `harms.csv` that speak about it.
    pub events: Vec<String>,
}

/// `[[missing_result]]`: a trial measured something, and no usable number is in the tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingResult {
    /// Id of the entry.
    pub id: String,
    /// Study id.
    pub study: String,
    /// Outcomes; empty means all.
    #[serde(default)]
    pub outcomes: Vec<String>,
    /// Windows; empty means all.
    #[serde(default)]
    pub windows: Vec<String>,
    /// How it is known: a registry, a protocol, another review.
    pub reason: String,
}

/// `[certainty]`: GRADE's domains, the computed ones by the cut-offs here, the others declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certainty {
    /// What is a small, a moderate and a large effect, by outcome.
    #[serde(default)]
    pub threshold: Vec<EffectThreshold>,
    /// Judgements that cannot be computed, and overrides of those that can; the first that matches counts.
    #[serde(default)]
    pub judgement: Vec<DeclaredJudgement>,
    /// Cut-offs of the computed domains.
    #[serde(default)]
    pub cut: CertaintyCut,
}

/// `[[certainty.threshold]]`: sizes of effect, all positive and rising.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectThreshold {
    /// Outcome id.
    pub id: String,
    /// A scale id, "smd", or "per 100" (people, at the declared control risk).
    pub unit: String,
    /// Below it an effect is trivial.
    pub small: f64,
    /// From here on it is moderate.
    pub moderate: f64,
    /// From here on it is large.
    pub large: f64,
    /// Where they come from.
    pub source: String,
}

/// GRADE's domains of certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// How the trials were done.
    RiskOfBias,
    /// Whether the trials agree.
    Inconsistency,
    /// Whether they answer the question asked.
    Indirectness,
    /// How wide the interval is, and how many people stand behind it.
    Imprecision,
    /// Whether results are missing for what they say.
    PublicationBias,
}

/// By how much a domain lowers certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Not at all.
    NotSerious,
    /// One level.
    Serious,
    /// Two levels.
    VerySerious,
}

/// `[[certainty.judgement]]`: a domain judged by people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredJudgement {
    /// Id of the judgement.
    pub id: String,
    /// Which domain.
    pub domain: Domain,
    /// How serious.
    pub rating: Concern,
    /// Why, in a sentence or two.
    pub reason: String,
    /// Only in these comparisons; empty means everywhere.
    #[serde(default)]
    pub comparisons: Vec<String>,
    /// Only for these outcomes.
    #[serde(default)]
    pub outcomes: Vec<String>,
    /// Only in these windows.
    #[serde(default)]
    pub windows: Vec<String>,
}

/// `[certainty.cut]`: what turns a number into a concern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CertaintyCut {
    /// Risk of bias is serious above this share of the weight from trials at high risk.
    pub high_serious: f64,
    /// Very serious above this one.
    pub high_very_serious: f64,
    /// Serious above this share from trials at high, unclear or unjudged risk.
    pub unclear_serious: f64,
    /// Without a prediction interval: inconsistency is serious where the share of true effects beyond the small
    /// effect lies between this and one minus this, and I2 is at least `i2`.
    pub share_beyond: f64,
    /// In percent.
    pub i2: f64,
    /// Error rate of the optimal information size, two-sided.
    pub alpha: f64,
    /// Its power.
    pub power: f64,
    /// Below this share of the optimal information size imprecision is very serious.
    pub far_below: f64,
    /// People below which imprecision is serious where no small effect is declared.
    pub few_people: u64,
    /// Small-study effects are suspected below this p.
    pub small_study_p: f64,
}

impl Default for CertaintyCut {
    fn default() -> Self {
        CertaintyCut {
            high_serious: 0.2,
            high_very_serious: 0.5,
            unclear_serious: 0.5,
            share_beyond: 0.2,
            i2: 50.0,
            alpha: 0.05,
            power: 0.8,
            far_below: 0.3,
            few_people: 400,
            small_study_p: 0.1,
        }
    }
}

/// `[timecourse]`: curves over time, fitted to every visit of the trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timecourse {
    /// Comparison ids; empty: the primary ones.
    pub comparisons: Vec<String>,
    /// Ids of continuous outcomes; empty: the headline's.
    pub outcomes: Vec<String>,
    /// Forms in order of preference; the first whose shape the visits identify is used.
    pub forms: Vec<CurveForm>,
    /// One curve for every trial, or a variance of its height between them.
    pub effects: CurveEffects,
    /// Visits after this hour are not used; absent: the end of the last acute window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_hours: Option<f64>,
    /// Evidence horizons: shares of the peak information that must be left.
    pub horizon: Vec<f64>,
    /// Published curves of other treatments, shown beside.
    pub comparator: Vec<Comparator>,
}

impl Default for Timecourse {
    fn default() -> Self {
        Timecourse {
            comparisons: Vec::new(),
            outcomes: Vec::new(),
            forms: vec![CurveForm::EmaxDecay, CurveForm::Emax],
            effects: CurveEffects::Random,
            to_hours: None,
            horizon: vec![0.5, 0.1],
            comparator: Vec::new(),
        }
    }
}

/// Form of a curve over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CurveForm {
    /// t / (ET50 + t).
    Emax,
    /// With a steepness.
    Hill,
    /// 1 - exp(-k t).
    Exponential,
    /// Rise and fall with two rates.
    Bateman,
    /// Emax times exponential decay.
    EmaxDecay,
}

/// Whether curves differ between trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CurveEffects {
    /// One curve.
    Common,
    /// Its height varies between trials.
    Random,
}

/// `[[timecourse.comparator]]`: a course of another treatment as published, drawn beside the windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparator {
    /// Id.
    pub id: String,
    /// "SSRI v placebo".
    pub label: String,
    /// Outcome of this review it is shown beside.
    pub outcome: String,
    /// Scale of the estimates as printed.
    pub scale: String,
    /// Points of our scale that one point of theirs stands for.
    pub factor: f64,
    /// Where the factor comes from.
    pub factor_source: String,
    /// Form of the curve through the estimates.
    pub form: CurveForm,
    /// Estimates by time.
    pub points: Vec<ComparatorPoint>,
    /// What a reader should know.
    #[serde(default)]
    pub note: String,
}

/// One printed estimate of a comparator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparatorPoint {
    /// Hours after the start of treatment.
    pub time_hours: f64,
    /// Treatment minus control, as printed.
    pub estimate: f64,
    /// Its standard error, printed or as the source says.
    pub standard_error: f64,
    /// People behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Publication and place; what was assumed.
    pub source: String,
}

/// `model.visit_correlation`: how the means of one group at two visits go together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitCorrelation {
    /// Fading with time, constant, or none.
    pub form: CorrelationForm,
    /// The clock on which it fades.
    pub scale: CorrelationScale,
    /// Correlation at distance 1 on that clock.
    pub rho: f64,
    /// Other values tried.
    pub sensitivity: Vec<f64>,
}

impl Default for VisitCorrelation {
    fn default() -> Self {
        VisitCorrelation {
            form: CorrelationForm::Car,
            scale: CorrelationScale::LogHours,
            rho: 0.6,
            sensitivity: vec![0.3, 0.5, 0.8],
        }
    }
}

/// Form of the correlation over visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrelationForm {
    /// rho to the power of the distance.
    Car,
    /// rho between any two visits.
    Constant,
    /// None.
    Independent,
}

/// Clock of the correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrelationScale {
    /// Difference of the logs of hours.
    LogHours,
    /// Difference of the square roots of hours.
    SqrtHours,
    /// Difference of hours.
    Hours,
}

/// `[blinding]`: what people believe they were given, and what believing it may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blinding {
    /// Scale of the half-normal prior on tau, in SMD.
    pub tau_scale: f64,
    /// Difference in belief where a trial reported no guesses, by control type.
    pub assumed: Vec<AssumedBelief>,
    /// Published sizes of the effect of belief.
    pub expectancy: Vec<Expectancy>,
    /// Published improvements of control arms, to hold ours against.
    #[serde(default)]
    pub benchmark: Vec<Benchmark>,
}

/// `[[blinding.benchmark]]`: how much control arms of a kind improve, in standard deviations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// Id.
    pub id: String,
    /// As printed: "waiting list".
    pub label: String,
    /// Standardised mean change, positive for improvement.
    pub value: f64,
    /// Where it comes from.
    pub source: String,
}

/// `[[blinding.assumed]]`: B = mean belief in the active treatment (1 sure of it, 1/2 undecided, 0 sure of
/// the control), treatment arm minus control arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssumedBelief {
    /// The control's id in this list: the control type itself.
    pub id: ControlType,
    /// Mean of B.
    pub mean: f64,
    /// Spread of B between trials.
    pub sd: f64,
    /// Why.
    pub source: String,
}

/// `[[blinding.expectancy]]`: by how much an outcome improves when belief goes from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectancy {
    /// Id.
    pub id: String,
    /// As printed.
    pub label: String,
    /// Mean, in SMD; positive is improvement.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Where it comes from, and what speaks against it.
    pub source: String,
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

/// What kind of numbers an outcome has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// Means and SDs of a scale.
    Continuous,
    /// People with an event.
    Binary,
}

/// Which way is good for the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Direction {
    /// A lower value is better.
    #[serde(rename = "lower is better")]
    Lower,
    /// A higher value is better.
    #[serde(rename = "higher is better")]
    Higher,
}

/// A rating scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// As written in the `scale` column.
    pub id: String,
    /// Lowest and highest possible score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// Smallest step between two scores: 1 for whole numbers, which allows more checks of printed means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
}

/// The score at which an event of a binary outcome is counted, for checks of printed counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Id of the continuous outcome that is cut.
    pub outcome: String,
    /// Scale of that outcome.
    pub scale: String,
    /// Highest score that counts; the most generous one where trials differ.
    pub at_most: f64,
}

/// How an SMD is told in points of a scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportAs {
    /// Scale whose points are shown.
    pub scale: String,
    /// SD that one SMD stands for.
    pub reference_sd: f64,
    /// Where that SD comes from.
    pub source: String,
}

/// A difference that matters to patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportantDifference {
    /// Size, always positive; on the log scale for ratios.
    pub value: f64,
    /// Unit: a scale id, "smd" or "log ratio".
    pub unit: String,
    /// Where it comes from.
    pub source: String,
}

/// A risk in the control group, declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlRisk {
    /// Probability, 0 to 1.
    pub value: f64,
    /// Its standard error on the probability scale.
    pub standard_error: f64,
    /// Where it comes from.
    pub source: String,
}

/// `[[outcome]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Id used in `observations.csv`.
    pub id: String,
    /// As printed.
    pub label: String,
    /// Continuous or binary.
    pub kind: OutcomeKind,
    /// Which way is good.
    pub direction: Direction,
    /// Accepted scales; the order is the preference within a study and window.
    #[serde(default)]
    pub scales: Vec<Scale>,
    /// How an SMD is told in points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_as: Option<ReportAs>,
    /// The difference that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub important_difference: Option<ImportantDifference>,
    /// Other published values of it, by name.
    #[serde(default)]
    pub important_difference_alternatives: BTreeMap<String, ImportantDifference>,
    /// Control risk for absolute effects (a comparison may declare its own).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_risk: Option<ControlRisk>,
    /// Id of a wider outcome: everyone with this event is expected to have that one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// The score at which the event is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
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

/// Effect measure of an outcome in a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub enum EffectMeasure {
    MD,
    SMD,
    SMDH,
    ROM,
    OR,
    RR,
    RD,
    AS,
}

/// Estimator of the between-study variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub enum Tau2 {
    REML,
    DL,
    PM,
}

/// Interval of the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalMethod {
    /// Hartung-Knapp from three studies and tau2 > 0, Wald otherwise.
    HartungKnapp,
    /// Normal quantiles.
    Wald,
}

/// A conversion of what was printed into what is pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conversion {
    /// SD = SE sqrt(n) of a raw mean.
    SeToSd,
    /// SD from the interval of a raw mean (t quantile).
    CiToSd,
    /// SE of a printed contrast from its interval.
    CiToSe,
    /// Events = percent x n, the only integer that fits.
    PercentToEvents,
    /// Mean and SD from median, quartiles or range (Luo 2018, Wan 2014).
    MedianToMean,
    /// A crossover's two periods as a paired comparison with a declared correlation.
    CrossoverPaired,
    /// Binary crossover by Becker and Balagtas with a declared correlation.
    CrossoverBinary,
    /// Arms of one side combined (Handbook 23.3.4).
    CombineArms,
    /// Printed contrasts of several arms with one control combined by generalised least squares.
    CombineContrasts,
    /// A shared control arm divided among arms (on request).
    SplitControl,
    /// Change and endpoint scores in one pool of mean differences.
    ChangeAndEndpoint,
    /// A model-adjusted contrast pooled beside raw mean differences.
    AdjustedContrast,
    /// Sign turned because arm1 of a printed contrast is our control.
    TurnSign,
    /// Half an event added to the cells of a study with an empty cell.
    ZeroCell,
}

/// What is used of a crossover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CrossoverUse {
    /// First period where reported.
    FirstPeriod,
    /// Both periods, paired.
    Paired,
}

/// `model.crossover`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crossover {
    /// Preferred rows; the other kind is the fallback.
    pub r#use: CrossoverUse,
    /// Within-person correlation of a continuous outcome.
    pub correlation: f64,
    /// Other correlations tried.
    pub sensitivity: Vec<f64>,
    /// Correlation (phi) of a binary outcome between periods; 0 is the cautious choice, and few margins
    /// allow a large one.
    #[serde(default)]
    pub binary_correlation: f64,
    /// Other correlations of a binary outcome tried.
    #[serde(default)]
    pub binary_sensitivity: Vec<f64>,
}

/// What to do with several arms of one side in one trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MultiArm {
    /// Combine them into one.
    Combine,
    /// Keep them apart and divide the shared arm.
    Split,
}

/// When printed contrasts are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContrastUse {
    /// Only where the arms are not printed.
    WhenNoArms,
    /// Before arm-level rows.
    Prefer,
    /// Never.
    Never,
}

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Effect measure by outcome id.
    pub effect: BTreeMap<String, EffectMeasure>,
    /// Estimator of tau2.
    pub tau2: Tau2,
    /// Interval of the mean.
    pub interval: IntervalMethod,
    /// Level of every interval.
    pub level: f64,
    /// Prediction intervals are printed from this many studies.
    pub prediction_from: usize,
    /// Declared conversions; a row that needs another one is refused and listed.
    pub conversions: Vec<Conversion>,
    /// Crossovers.
    pub crossover: Crossover,
    /// Means of one group at several visits.
    pub visit_correlation: VisitCorrelation,
    /// Several arms of one side.
    pub multi_arm: MultiArm,
    /// Printed contrasts.
    pub contrasts: ContrastUse,
    /// Change scores before endpoint scores when a study prints both.
    pub prefer_change: bool,
    /// Row sets in order of preference.
    pub sets: Vec<String>,
    /// Draws behind absolute effects.
    pub draws: u32,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            effect: BTreeMap::new(),
            tau2: Tau2::REML,
            interval: IntervalMethod::HartungKnapp,
            level: 0.95,
            prediction_from: 5,
            conversions: vec![
                Conversion::SeToSd,
                Conversion::CiToSd,
                Conversion::CiToSe,
                Conversion::CrossoverPaired,
                Conversion::CombineArms,
                Conversion::CombineContrasts,
                Conversion::ChangeAndEndpoint,
                Conversion::AdjustedContrast,
                Conversion::TurnSign,
                Conversion::ZeroCell,
            ],
            crossover: Crossover {
                r#use: CrossoverUse::FirstPeriod,
                correlation: 0.5,
                sensitivity: vec![0.3, 0.7],
                binary_correlation: 0.0,
                binary_sensitivity: vec![0.1, 0.2],
            },
            visit_correlation: VisitCorrelation::default(),
            multi_arm: MultiArm::Combine,
            contrasts: ContrastUse::WhenNoArms,
            prefer_change: true,
            sets: vec!["observed".to_owned(), "LOCF".to_owned()],
            draws: 100_000,
        }
    }
}

/// `[[exclude]]`: a study, an arm or rows, never silently.
///
/// Every field that is given must match; `rows` names lines outright.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclude {
    /// Study id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    /// Arm id within the study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// Outcome id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Rows, `observations.csv:17`.
    #[serde(default)]
    pub rows: Vec<String>,
    /// Only in these comparisons or networks; empty means everywhere.
    #[serde(default)]
    pub comparisons: Vec<String>,
    /// Why, in one sentence.
    pub reason: String,
}

/// `[[doubt]]`: something a reader should know that changes no number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Doubt {
    /// Study id, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    /// Rows it is about.
    #[serde(default)]
    pub rows: Vec<String>,
    /// What is doubtful, in neutral words.
    pub text: String,
}

/// `[[recompute]]`: how a pool printed elsewhere is recomputed from our rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recompute {
    /// Id named in the `recompute` column of `published.csv`.
    pub id: String,
    /// Effect measure.
    pub measure: EffectMeasure,
    /// Common-effect or random-effects model.
    pub model: RecomputeModel,
    /// One entry a pooled line.
    pub entries: Vec<RecomputeEntry>,
    /// How the recomputation differs from the handling this review uses, in neutral words.
    pub explanation: String,
    /// What this review does with the same rows instead, as recipe id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<String>,
}

/// Model of a recomputation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecomputeModel {
    /// Inverse variance, one true effect.
    Common,
    /// DerSimonian-Laird with Wald interval.
    DersimonianLaird,
    /// Mantel-Haenszel.
    MantelHaenszel,
}

/// One line of a recomputed pool: two arm-level rows, or one contrast row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecomputeEntry {
    /// Row(s) of the treatment arm (`observations.csv:12`); several are combined.
    #[serde(default)]
    pub treatment: Vec<String>,
    /// Row(s) of the control arm.
    #[serde(default)]
    pub control: Vec<String>,
    /// Row of a printed contrast instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contrast: Option<String>,
    /// Rows of several printed contrasts with one control arm, combined by generalised least squares;
    /// `control` then names the row with that arm's standard error.
    #[serde(default)]
    pub contrasts: Vec<String>,
    /// Take the printed standard error as a standard deviation: shows arithmetic, nothing more.
    #[serde(default)]
    pub se_as_sd: bool,
    /// A group size that replaces the printed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment_n: Option<u64>,
}
