//! Answers: plain values that a page, a table, a sentence and a script read alike.
//!
//! Every object that holds numbers also holds `rows` (lines of the review's tables), `studies` (each
//! with rows) or `protocol` (keys of `review.toml`), so that every number leads back to its origin.

use onset_data::RowId;
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole result of a run: `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answers {
    /// Which review, which version, which data.
    pub review: ReviewInfo,
    /// How fast.
    pub speed: Answer,
    /// How much.
    pub size: Answer,
    /// How long.
    pub duration: Answer,
    /// How much of it is unblinding.
    pub blinding: Answer,
    /// Compared with what.
    pub comparison: Answer,
    /// How sure.
    pub certainty: Answer,
    /// Studies, exclusions, conversions, sources.
    pub evidence: EvidenceReport,
    /// Guesses, belief, and the headline result with expectancy taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<crate::ledger::Ledger>,
    /// Certainty by GRADE's domains and the Summary of Findings; absent where the protocol declares none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<crate::grade::Grade>,
    /// Trials that give a pool no number.
    pub missing: crate::missing::MissingResults,
    /// What a slip in a flagged cell would do; absent where no check names a cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flagged: Option<crate::propagate::Flagged>,
    /// What the least favourable defensible analysis of the headline result still supports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<crate::floor::FloorReport>,
    /// The headline result under hundreds of priors, where a Bayesian reading of it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priors: Option<crate::priors::PriorGrid>,
    /// What an extra responder or remitter costs, at declared prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub economics: Option<crate::economics::EconomicsReport>,
    /// What each trial added to the pools that the protocol names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<crate::verdict::VerdictReport>,
    /// Curves over time, where the protocol asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timecourse: Option<crate::timecourse::TimeCourses>,
    /// Relapse and response kept, where the protocol declares which rows speak about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durability: Option<crate::durability::DurabilityReport>,
    /// Networks of treatments, where the protocol declares them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<crate::network::Networks>,
    /// What holds for the whole run.
    pub warnings: Vec<Note>,
}

/// Which review this is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ReviewInfo {
    pub title: String,
    pub question: String,
    pub version: String,
    pub seed: u64,
    pub format: u32,
    pub systematic_search: bool,
    pub search: String,
    /// SHA-256 over all tables.
    pub data_sha256: String,
    /// SHA-256 of review.toml.
    pub protocol_sha256: String,
    pub onset_version: String,
    /// Protocol keys behind the numbers here.
    pub protocol: Vec<String>,
}

/// A warning or a note, in a sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Note {
    pub code: String,
    pub severity: String,
    pub study: Option<String>,
    pub message: String,
}

/// One answer; the same shape for all six questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The question: "How much?".
    pub question: String,
    /// The answer in one sentence; says so where there is none.
    pub sentence: String,
    /// Its number, if there is one.
    pub estimate: Option<Estimate>,
    /// Why there is none.
    pub why_not: Option<String>,
    /// Studies behind the estimate.
    pub k: usize,
    /// People analysed behind the estimate.
    pub n: u64,
    /// JSON Pointer of the pool the estimate is taken from ("/size/by/0").
    pub pool: Option<String>,
    /// Protocol keys behind it (what was assumed or declared).
    pub protocol: Vec<String>,
    /// Rows behind the sentence where no pool is.
    pub rows: Vec<RowId>,
    /// All results of this question (only `size` carries pools; others point at them).
    pub by: Vec<Pool>,
    /// Results by window of each comparison, for time courses.
    pub course: Vec<Course>,
    /// What was assumed.
    pub assumptions: Vec<String>,
    /// What to be careful about.
    pub warnings: Vec<Note>,
}

/// A number with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Estimate {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
    /// 0.95.
    pub level: f64,
    /// "mean difference", "odds ratio": what it is.
    pub scale: String,
    /// "MADRS points", "" for ratios.
    pub unit: String,
    /// Model in words: "random effects, REML, Hartung-Knapp".
    pub model: String,
}

/// Value with an interval on one scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Interval {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// One pooled result: comparison x outcome x window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Pool {
    /// "iv-v-midazolam/depression/24h".
    pub id: String,
    pub comparison: String,
    pub comparison_label: String,
    pub treatment_label: String,
    pub control_label: String,
    pub outcome: String,
    pub outcome_label: String,
    /// "continuous" or "binary".
    pub kind: String,
    /// "lower is better" or "higher is better".
    pub direction: String,
    pub window: String,
    pub window_label: String,
    pub from_hours: Option<f64>,
    pub to_hours: Option<f64>,
    pub target_hours: Option<f64>,
    /// acute | course-end | follow-up | withdrawal
    pub evidence: String,
    /// Code: MD, SMD, OR, ....
    pub measure: String,
    /// Unit: "MADRS points" or "".
    pub unit: String,
    /// True when `transformed` values are ratios (log scale inside).
    pub ratio: bool,
    pub primary: bool,
    /// Studies pooled.
    pub k: usize,
    /// People analysed: treatment and control arms (a crossover's people once in `n`).
    pub n_treatment: u64,
    pub n_control: u64,
    pub n: u64,
    /// Randomised in those studies, where reported for all of them.
    pub n_randomised: Option<u64>,
    /// The estimate as shown (ratios on the ratio scale).
    pub estimate: Option<Estimate>,
    /// The same on the analysis scale (log for ratios).
    pub analysis: Option<Interval>,
    pub se: Option<f64>,
    pub p: Option<f64>,
    pub why_not: Option<String>,
    /// Wald interval beside a Hartung-Knapp one (shown scale).
    pub wald: Option<Interval>,
    /// Modified (ad hoc) Hartung-Knapp interval, for few and unequal studies (shown scale).
    pub modified: Option<Interval>,
    /// Bayesian interval beside a pool of two studies.
    pub bayes: Option<BayesBeside>,
    /// Shown scale.
    pub prediction: Option<Interval>,
    pub prediction_why_not: Option<String>,
    pub tau2: Option<f64>,
    pub tau2_ci: Option<Interval>,
    /// Percent.
    pub i2: Option<f64>,
    pub q: Option<f64>,
    pub q_df: Option<u64>,
    pub q_p: Option<f64>,
    /// Share of true effects beyond the important difference, 0 to 1.
    pub beyond_important: Option<Share>,
    /// Declared important difference on the analysis scale, signed towards benefit.
    pub important_difference: Option<f64>,
    pub studies: Vec<StudyResult>,
    pub subgroups: Vec<Subgroups>,
    pub leave_one_out: Vec<LeaveOneOut>,
    /// Which trials carry the result; absent where the protocol does not ask, or too few were pooled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
    pub sensitivity: Vec<Sensitivity>,
    pub absolute: Option<Absolute>,
    /// Studies of this comparison that have rows here but give no effect, with the reason.
    pub left_out: Vec<LeftOut>,
    pub protocol: Vec<String>,
    pub assumptions: Vec<String>,
    pub warnings: Vec<Note>,
}

/// Posterior under a weakly informative prior, beside a pool of two studies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct BayesBeside {
    /// "half-normal, scale 0.5".
    pub prior: String,
    /// Scale of the prior on tau, analysis scale.
    pub scale: f64,
    /// Median and central interval of the mean, shown scale.
    pub estimate: Interval,
    /// The same of the effect of a new study.
    pub prediction: Interval,
    /// Posterior median of tau, analysis scale.
    pub tau: f64,
    /// P(mean beyond the important difference), 0 to 1.
    pub beyond_important: Option<f64>,
    pub protocol: Vec<String>,
}

/// Share of true effects beyond a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Share {
    pub threshold: f64,
    pub share: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub protocol: Vec<String>,
}

/// One side of a study's comparison, as analysed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Side {
    pub label: String,
    /// Arm ids combined here.
    pub arms: Vec<String>,
    pub n: Option<u64>,
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub events: Option<u64>,
    pub n_randomised: Option<u64>,
}

/// One study in a pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StudyResult {
    pub id: String,
    pub label: String,
    pub year: Option<i32>,
    /// Analysis scale.
    pub effect: f64,
    pub se: f64,
    /// Shown scale.
    pub shown: Interval,
    /// Percent of the pooled estimate.
    pub weight: f64,
    pub treatment: Side,
    pub control: Side,
    pub time_hours: Option<f64>,
    pub scale: Option<String>,
    /// endpoint | change | contrast | count
    pub statistic: String,
    pub design: String,
    /// "MADRS, change, observed set; crossover, both periods".
    pub basis: String,
    /// Conversions applied, by name.
    pub conversions: Vec<String>,
    /// Subgroup values by name.
    pub subgroup: BTreeMap<String, String>,
    pub risk_of_bias: Vec<Judgement>,
    pub rows: Vec<RowId>,
}

/// One risk-of-bias judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Judgement {
    pub tool: String,
    pub domain: String,
    /// low | some-concerns | unclear | high
    pub judgement: String,
    pub rows: Vec<RowId>,
}

/// A subgroup analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Subgroups {
    /// control-type | route | population | control | design
    pub by: String,
    pub groups: Vec<SubgroupResult>,
    /// Test of difference between groups; absent with one group.
    pub q: Option<f64>,
    pub df: Option<u64>,
    pub p: Option<f64>,
    pub why_not: Option<String>,
    /// Common tau2 over groups.
    pub tau2: Option<f64>,
}

/// One group of a subgroup analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct SubgroupResult {
    pub group: String,
    pub k: usize,
    pub n: u64,
    /// Shown scale.
    pub estimate: Option<Interval>,
    /// Study ids.
    pub members: Vec<String>,
}

/// The pool without one study.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LeaveOneOut {
    pub without: String,
    /// Shown scale.
    pub estimate: Interval,
    pub tau2: f64,
}

/// A pool taken apart: rows of the figures that the protocol asks for, studies by their ids.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Diagnosis {
    /// As in the protocol: "leave-one-out".
    pub asked: Vec<String>,
    pub cumulative: Vec<Cumulated>,
    pub influence: Vec<StudyInfluence>,
    pub baujat: Vec<PlotPoint>,
    pub radial: Vec<PlotPoint>,
    pub quantiles: Vec<QuantilePoint>,
    pub profile: Vec<ProfilePoint>,
    pub protocol: Vec<String>,
}

/// The pool of all studies up to one, by year.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Cumulated {
    pub study: String,
    /// Shown scale.
    pub estimate: Interval,
}

/// What happens to the pool without a study, analysis scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StudyInfluence {
    pub study: String,
    pub residual: f64,
    pub dffits: f64,
    pub cook_distance: f64,
    pub covariance_ratio: f64,
    pub tau2_without: f64,
    pub hat: f64,
    pub influential: bool,
}

/// A study in a plot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PlotPoint {
    pub study: String,
    pub x: f64,
    pub y: f64,
}

/// A residual, and what the model would show at its rank.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct QuantilePoint {
    pub study: String,
    pub theoretical: f64,
    pub residual: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Log-likelihood at a heterogeneity variance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ProfilePoint {
    pub tau2: f64,
    pub loglik: f64,
}

/// The pool under another declared choice.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Sensitivity {
    /// "DerSimonian-Laird", "common effect", "crossover correlation 0.3".
    pub label: String,
    pub k: usize,
    /// Shown scale.
    pub estimate: Interval,
    pub tau2: Option<f64>,
    pub protocol: Vec<String>,
}

/// People per 100, both arms.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Absolute {
    /// 0 to 1, with its interval.
    pub control_risk: Interval,
    pub control_risk_source: String,
    pub treatment_risk: Interval,
    pub risk_difference: Interval,
    /// Number needed to treat; None when the point is exactly 0.
    pub nnt: Option<f64>,
    /// "NNTB 3.4 to infinity to NNTH 12" where it crosses.
    pub nnt_text: String,
    /// True when RR x risk was capped at 1 in some draw.
    pub capped: bool,
    pub draws: u32,
    pub seed: u64,
    pub protocol: Vec<String>,
}

/// A study that could not be used here.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LeftOut {
    pub study: String,
    pub label: String,
    pub reason: String,
    pub rows: Vec<RowId>,
}

/// A comparison x outcome over its windows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Course {
    pub comparison: String,
    pub comparison_label: String,
    pub treatment_label: String,
    pub control_label: String,
    pub outcome: String,
    pub outcome_label: String,
    pub unit: String,
    pub ratio: bool,
    pub direction: String,
    pub points: Vec<CoursePoint>,
    pub protocol: Vec<String>,
}

/// One window of a [`Course`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct CoursePoint {
    pub window: String,
    pub window_label: String,
    pub from_hours: Option<f64>,
    pub to_hours: Option<f64>,
    pub target_hours: Option<f64>,
    pub k: usize,
    pub n: u64,
    /// Shown scale.
    pub estimate: Option<Interval>,
    /// JSON Pointer of the pool.
    pub pool: String,
}

/// What the review rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EvidenceReport {
    pub studies: Vec<StudyCard>,
    pub exclusions: Vec<Exclusion>,
    pub conversions: Vec<ConversionUse>,
    pub doubts: Vec<DoubtNote>,
    pub published: Vec<PublishedCheck>,
    pub harms: Vec<HarmRow>,
    /// Declared harms of which no row tells.
    pub harms_missing: Vec<String>,
    pub checks: Vec<Note>,
    /// Declared outcomes without any row.
    pub not_available: Vec<String>,
    pub sources: Vec<SourceCard>,
    /// Data rows by id: what is written there, and the source it was read in.
    pub cells: BTreeMap<String, Cell>,
    pub protocol: Vec<String>,
}

/// One table row and its source.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Cell {
    /// "MADRS change at 24 h: n 123, mean -8.0, SD 9.01".
    pub text: String,
    pub source_id: String,
    pub locator: String,
    pub notes: Option<String>,
    pub rows: Vec<RowId>,
}

/// A study and its people.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StudyCard {
    pub id: String,
    pub label: String,
    pub year: Option<i32>,
    pub design: String,
    pub country: Option<String>,
    pub population: Option<String>,
    pub population_text: Option<String>,
    pub mean_age: Option<f64>,
    pub pct_female: Option<f64>,
    pub n_randomised: Option<u64>,
    /// Largest number analysed in any pool.
    pub n_analysed: Option<u64>,
    pub concomitant: Option<String>,
    pub sponsor: Option<String>,
    pub blinding: Option<String>,
    pub arms: Vec<ArmCard>,
    pub risk_of_bias: Vec<Judgement>,
    /// Pools it informs ("/size/by/3").
    pub pools: Vec<String>,
    pub notes: Option<String>,
    pub rows: Vec<RowId>,
}

/// An arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ArmCard {
    pub id: String,
    pub treatment: String,
    pub label: String,
    pub dose: Option<String>,
    pub schedule: Option<String>,
    pub n_randomised: Option<u64>,
    pub rows: Vec<RowId>,
}

/// What was left out, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Exclusion {
    pub study: Option<String>,
    pub label: String,
    pub what: String,
    pub reason: String,
    pub rows: Vec<RowId>,
}

/// A conversion and the rows it touched.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ConversionUse {
    pub conversion: String,
    pub description: String,
    pub declared: bool,
    /// "study: what was done".
    pub uses: Vec<ConversionRow>,
    pub protocol: Vec<String>,
}

/// One use of a conversion.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ConversionRow {
    pub study: String,
    pub pool: String,
    pub detail: String,
    pub rows: Vec<RowId>,
}

/// A doubt printed with the review.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DoubtNote {
    pub study: Option<String>,
    pub text: String,
    pub rows: Vec<RowId>,
}

/// A pool printed elsewhere beside its recomputation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PublishedCheck {
    pub review: String,
    pub outcome: String,
    pub time: String,
    pub measure: String,
    pub printed: Option<Interval>,
    pub k: Option<u64>,
    pub n: Option<u64>,
    pub recomputed: Option<Interval>,
    /// The same rows handled as this review does.
    pub ours: Option<Interval>,
    pub explanation: String,
    pub rows: Vec<RowId>,
}

/// People with an adverse event, as printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct HarmRow {
    pub study: String,
    pub label: String,
    pub event: String,
    pub arm: String,
    pub events: Option<u64>,
    pub n: Option<u64>,
    pub percent: Option<f64>,
    pub rows: Vec<RowId>,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct SourceCard {
    pub id: String,
    pub citation: String,
    pub url: Option<String>,
    pub licence: Option<String>,
    pub rows: Vec<RowId>,
}
