//! Belief about the treatment (`[blinding]`).

use super::ControlType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
