//! The model and the conversions that are allowed (`[model]`).

use super::VisitCorrelation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
