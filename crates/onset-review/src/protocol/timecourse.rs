//! Curves over time (`[timecourse]`) and their comparators.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
