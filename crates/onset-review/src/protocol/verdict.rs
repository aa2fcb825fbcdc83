//! `[verdict]`: what a new trial or a new pool of trials is called, by cut-offs declared beforehand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[verdict]`: trial after trial, what each one added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictRules {
    /// Version of the table of cut-offs: changed cut-offs are a new version.
    pub version: String,
    /// `sha256:` and the hash of the table, as `onset check` prints it; absent while it may still change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
    /// Pools that are read trial by trial, each as "comparison/outcome/window"; empty: the headline's.
    #[serde(default)]
    pub pools: Vec<String>,
    /// Predictive p below which a trial contradicts.
    pub surprise: f64,
    /// Information in nats below which a trial is redundant.
    pub redundant: f64,
    /// Information in nats from which on a trial refines.
    pub refining: f64,
    /// Rising edges of the bands of P(mean effect beyond the important difference).
    pub bands: Vec<f64>,
    /// Scale of the half-normal prior on tau, in standard deviations (points: of `report_as.reference_sd`) or log odds ratios.
    #[serde(default = "half")]
    pub tau_scale: f64,
    /// Two-sided type I error of the sequential view.
    #[serde(default = "five_percent")]
    pub alpha: f64,
    /// Power of the sequential view and of the next trial.
    #[serde(default = "ninety_percent")]
    pub power: f64,
    /// Why these cut-offs.
    pub reason: String,
}

fn half() -> f64 {
    0.5
}

fn five_percent() -> f64 {
    0.05
}

fn ninety_percent() -> f64 {
    0.9
}
