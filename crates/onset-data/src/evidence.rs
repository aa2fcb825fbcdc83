//! The tables of a review folder, row by row, each with the source of its numbers.
//!
//! Arm level is the primary store: [`Observation`] is one arm, outcome and time. [`Contrast`] is for
//! studies that print nothing else. An empty cell is `None` ("not reported"), never zero.

use crate::RowId;
use serde::Serialize;

/// Where a number was read: an id of `sources.csv` and the place in that source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cite {
    /// Key into `sources.csv`.
    pub source_id: String,
    /// Table, page, figure or section.
    pub locator: String,
}

/// How the groups of a study were formed and treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Randomised parallel groups.
    Parallel,
    /// Randomised crossover.
    Crossover,
    /// Randomised parallel groups, nobody blinded.
    OpenLabelParallel,
    /// Responders randomised to go on or stop: another estimand.
    RandomisedWithdrawal,
    /// Not randomised.
    NotRandomised,
    /// No comparison group.
    Uncontrolled,
    /// Patients of several trials, counted elsewhere too.
    Pooled,
}

impl Design {
    /// Every design with its name in the tables.
    pub const TABLE: [(&'static str, Design); 7] = [
        ("parallel", Design::Parallel),
        ("crossover", Design::Crossover),
        ("open-label-parallel", Design::OpenLabelParallel),
        ("randomised-withdrawal", Design::RandomisedWithdrawal),
        ("not-randomised", Design::NotRandomised),
        ("uncontrolled", Design::Uncontrolled),
        ("pooled", Design::Pooled),
    ];
}

/// What the time of a row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// `time_hours` after the first dose.
    Hours,
    /// At the end of a course of treatment whose length varies.
    CourseEnd,
    /// At any time during follow-up: no fixed time.
    AnyTime,
}

impl Timing {
    /// Every timing with its name in the tables.
    pub const TABLE: [(&'static str, Timing); 3] = [
        ("hours", Timing::Hours),
        ("course-end", Timing::CourseEnd),
        ("any-time", Timing::AnyTime),
    ];
}

/// What the numbers of an observation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Score before treatment.
    Baseline,
    /// Score at the visit.
    Endpoint,
    /// Change from baseline, raw.
    Change,
    /// Change from baseline, least-squares mean of a model: its SE is not an SD / sqrt(n).
    LsmeanChange,
    /// People with the event.
    Count,
}

impl Statistic {
    /// Every statistic with its name in the tables.
    pub const TABLE: [(&'static str, Statistic); 5] = [
        ("baseline", Statistic::Baseline),
        ("endpoint", Statistic::Endpoint),
        ("change", Statistic::Change),
        ("lsmean_change", Statistic::LsmeanChange),
        ("count", Statistic::Count),
    ];
}

/// Which periods of a crossover a row rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// First period only: a parallel comparison.
    First,
    /// Both periods: every patient stands in both arms.
    Both,
}

impl Period {
    /// Every period with its name in the tables.
    pub const TABLE: [(&'static str, Period); 2] = [("first", Period::First), ("both", Period::Both)];
}

/// One study (`studies.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of studies.csv
pub struct Study {
    pub row: RowId,
    pub id: String,
    pub label: String,
    pub year: Option<i32>,
    pub doi: Option<String>,
    pub pmid: Option<String>,
    pub registry: Option<String>,
    pub design: Design,
    pub country: Option<String>,
    /// Short group used for subgroups: "TRD", "bipolar".
    pub population: Option<String>,
    /// As printed.
    pub population_text: Option<String>,
    pub n_randomised: Option<u64>,
    pub mean_age: Option<f64>,
    pub pct_female: Option<f64>,
    pub concomitant: Option<String>,
    pub sponsor: Option<String>,
    pub blinding: Option<String>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One arm of a study (`arms.csv`); `treatment` names a node of the protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of arms.csv
pub struct Arm {
    pub row: RowId,
    pub study_id: String,
    pub id: String,
    pub treatment: String,
    pub label: Option<String>,
    pub dose: Option<String>,
    pub dose_unit: Option<String>,
    pub route: Option<String>,
    pub infusion_minutes: Option<f64>,
    pub n_doses: Option<String>,
    pub schedule: Option<String>,
    pub n_randomised: Option<u64>,
    pub n_treated: Option<u64>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One arm x outcome x time (`observations.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of observations.csv
pub struct Observation {
    pub row: RowId,
    pub study_id: String,
    pub arm_id: String,
    pub outcome: String,
    pub scale: Option<String>,
    pub time_hours: Option<f64>,
    pub timing: Timing,
    pub statistic: Statistic,
    pub n: Option<u64>,
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub se: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Optional columns for skewed reports.
    pub median: Option<f64>,
    pub q1: Option<f64>,
    pub q3: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub events: Option<u64>,
    /// 0 to 100.
    pub percent: Option<f64>,
    /// `printed`, `from_percent`, `derived`.
    pub basis: Option<String>,
    /// `observed`, `LOCF`.
    pub set: Option<String>,
    pub period: Option<Period>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One printed comparison of two arms (`contrasts.csv`), arm1 minus arm2 (log for ratios once read).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of contrasts.csv
pub struct Contrast {
    pub row: RowId,
    pub study_id: String,
    pub arm1: String,
    pub arm2: String,
    pub outcome: String,
    pub scale: Option<String>,
    pub time_hours: Option<f64>,
    pub timing: Timing,
    /// As written: MD, SMD, OR, RR, RD, HR, p-only, ….
    pub measure: String,
    /// As printed (a ratio on its natural scale).
    pub estimate: Option<f64>,
    pub se: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Level of the interval, 0.95 when the cell is empty.
    pub level: f64,
    /// As printed: may be "<.001".
    pub p_value: Option<String>,
    pub n1: Option<u64>,
    pub n2: Option<u64>,
    /// From a model (covariates, least-squares means).
    pub adjusted: Option<bool>,
    /// Within-person estimate of a crossover.
    pub paired: Option<bool>,
    pub set: Option<String>,
    pub period: Option<Period>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One judgement of one domain (`risk_of_bias.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of risk_of_bias.csv
pub struct RiskOfBias {
    pub row: RowId,
    pub study_id: String,
    pub tool: String,
    pub domain: String,
    /// low, some-concerns, unclear or high.
    pub judgement: String,
    pub cite: Cite,
}

/// Treatment guesses of one arm (`blinding.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of blinding.csv
pub struct BlindingGuess {
    pub row: RowId,
    pub study_id: String,
    pub arm_id: Option<String>,
    pub rater: Option<String>,
    pub guessed_active: Option<u64>,
    pub guessed_control: Option<u64>,
    pub dont_know: Option<u64>,
    pub n: Option<u64>,
    pub percent_correct: Option<f64>,
    pub percent_incorrect: Option<f64>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One fact about what lasts (`durability.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of durability.csv
pub struct Durability {
    pub row: RowId,
    pub study_id: String,
    pub arm_id: Option<String>,
    pub arm_text: Option<String>,
    pub measure: String,
    pub design: Option<String>,
    pub follow_up: Option<String>,
    pub time_days: Option<f64>,
    pub estimate: Option<f64>,
    pub ci_low: Option<f64>,
    /// May be printed "NE": then None and a note.
    pub ci_high: Option<f64>,
    pub events: Option<u64>,
    pub n: Option<u64>,
    pub percent: Option<f64>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// People with an adverse event (`harms.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of harms.csv
pub struct Harm {
    pub row: RowId,
    pub study_id: String,
    pub arm_id: String,
    pub event: String,
    pub time_hours: Option<f64>,
    pub timing: Timing,
    pub events: Option<u64>,
    pub n: Option<u64>,
    pub percent: Option<f64>,
    pub basis: Option<String>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One printed cost or price (`costs.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of costs.csv
pub struct Cost {
    pub row: RowId,
    pub comparison: String,
    pub perspective: Option<String>,
    pub horizon: Option<String>,
    pub item: String,
    pub value: Option<f64>,
    pub value_text: Option<String>,
    pub unit: Option<String>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// One source of numbers (`sources.csv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of sources.csv
pub struct Source {
    pub row: RowId,
    pub id: String,
    pub citation: String,
    pub url: Option<String>,
    pub licence: Option<String>,
    pub taken: Option<String>,
}

/// A pooled result printed elsewhere (`published.csv`), to be checked against.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // fields are the columns of published.csv
pub struct PublishedPool {
    pub row: RowId,
    pub review: String,
    pub outcome: Option<String>,
    pub outcome_text: Option<String>,
    pub time_hours: Option<f64>,
    pub time_text: Option<String>,
    pub measure: String,
    pub k: Option<u64>,
    pub n: Option<u64>,
    pub estimate: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    pub i2: Option<f64>,
    pub tau2: Option<f64>,
    pub model: Option<String>,
    pub trials: Option<String>,
    /// Name of a `[[recompute]]` recipe of the protocol.
    pub recompute: Option<String>,
    pub cite: Cite,
    pub notes: Option<String>,
}

/// Everything a review folder holds beside its protocol.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[allow(missing_docs)] // fields are the tables
pub struct Evidence {
    pub studies: Vec<Study>,
    pub arms: Vec<Arm>,
    pub observations: Vec<Observation>,
    pub contrasts: Vec<Contrast>,
    pub risk_of_bias: Vec<RiskOfBias>,
    pub blinding: Vec<BlindingGuess>,
    pub durability: Vec<Durability>,
    pub harms: Vec<Harm>,
    pub costs: Vec<Cost>,
    pub sources: Vec<Source>,
    pub published: Vec<PublishedPool>,
    /// SHA-256 of each file read, hex, by file name.
    pub hashes: Vec<(String, String)>,
}

impl Evidence {
    /// The study with this id.
    pub fn study(&self, id: &str) -> Option<&Study> {
        self.studies.iter().find(|study| study.id == id)
    }

    /// The arm of this study with this id.
    pub fn arm(&self, study_id: &str, arm_id: &str) -> Option<&Arm> {
        self.arms
            .iter()
            .find(|arm| arm.study_id == study_id && arm.id == arm_id)
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }
}
