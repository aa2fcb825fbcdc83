//! `[floor]`: the analyses that count as defensible, declared before the outcome is seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[floor]`: the admissible set of analyses of the headline result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Version of the set: a changed set is a new version.
    pub version: String,
    /// `sha256:` and the hash of the set, as `onset check` prints it; absent while the set may still change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
    /// Where defensible analyses part; each kind of fork once. What no fork names is as `[model]` says.
    pub fork: Vec<Fork>,
}

/// `[[floor.fork]]`: one decision and its defensible outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// What is decided.
    pub id: ForkKind,
    /// The options, each a defensible one.
    pub options: Vec<String>,
    /// Why more than one is defensible.
    pub reason: String,
}

/// What a fork decides. In this order the analyses are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForkKind {
    /// Which studies: `all`, `without-high-risk`, `without-crossovers`, or `without:` and study ids with commas.
    Studies,
    /// Effect measure on the same scale as the headline's: SMD or SMDH for a standardised difference.
    Effect,
    /// Within-person correlation of crossovers without printed paired results.
    CrossoverCorrelation,
    /// Which row set comes first: `observed`, `LOCF`, ...
    Rows,
    /// Publication bias: `none`, `pet`, `peese`, `selection`, `worst-case`, `averaged` (36 models; for SMD, MD with
    /// `report_as`, and OR); all but `none` from ten studies on.
    Bias,
    /// `REML`, `PM`, ... (codes of tau2 estimators), or `bayes:` and a prior on tau on the analysis scale.
    Model,
    /// Interval of a frequentist mean: `z`, `t`, `knha`, `adhoc`, `kr`.
    Interval,
}

impl ForkKind {
    /// As the protocol writes it.
    pub fn code(self) -> &'static str {
        match self {
            ForkKind::Studies => "studies",
            ForkKind::Effect => "effect",
            ForkKind::CrossoverCorrelation => "crossover-correlation",
            ForkKind::Rows => "rows",
            ForkKind::Bias => "bias",
            ForkKind::Model => "model",
            ForkKind::Interval => "interval",
        }
    }

    /// As a page prints it.
    pub fn label(self) -> &'static str {
        match self {
            ForkKind::Studies => "Studies",
            ForkKind::Effect => "Effect measure",
            ForkKind::CrossoverCorrelation => "Correlation within crossovers",
            ForkKind::Rows => "Row set",
            ForkKind::Bias => "Publication bias",
            ForkKind::Model => "Model",
            ForkKind::Interval => "Interval",
        }
    }
}
