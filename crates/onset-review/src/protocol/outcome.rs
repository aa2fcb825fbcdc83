//! Outcomes, their scales, thresholds and control risks (`[[outcome]]`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
