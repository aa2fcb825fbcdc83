//! What is left out, doubted or computed again (`[[exclude]]`, `[[doubt]]`, `[[recompute]]`).

use super::EffectMeasure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
