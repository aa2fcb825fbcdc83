//! Certainty (`[certainty]`), harms and results known to be missing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
