//! `[economics]`: local prices, so that a page can say what an extra good outcome costs.

use onset_models::economics::Health;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[economics]`: prices of courses of treatment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Economics {
    /// As printed: "USD of 2020".
    pub currency: String,
    /// Whose costs are counted: "drug alone", "health service, with monitoring".
    pub perspective: String,
    /// Currency for one extra person with the outcome, rising: where the acceptability is read.
    pub willingness: Vec<f64>,
    /// One course of treatment each.
    #[serde(default)]
    pub course: Vec<Course>,
    /// Models of cost for a quality-adjusted life year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<CostModel>,
}

/// `[[economics.course]]`: one comparison up to the end of one window; nothing is carried beyond it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// Id.
    pub id: String,
    /// Comparison id.
    pub comparison: String,
    /// Binary outcomes.
    pub outcomes: Vec<String>,
    /// Window id: costs are those until its end.
    pub window: String,
    /// What one person is charged in each arm.
    pub price: Vec<Price>,
}

/// `[[economics.course.price]]`: one item of the bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// "Drug", "Two hours of monitoring".
    pub label: String,
    /// Cost a person in the treatment arm.
    #[serde(default)]
    pub treatment: f64,
    /// Cost a person in the control arm.
    #[serde(default)]
    pub control: f64,
    /// Standard error of their difference; 0 for a fixed price.
    #[serde(default)]
    pub standard_error: f64,
    /// Where it comes from: a row ("costs.csv:18") or a text.
    pub source: String,
}

/// `[[economics.model]]`: a tree to the end of a window, then month by month, in quality-adjusted life years.
///
/// Without an `extrapolation` the months stop where the evidence does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostModel {
    /// Id.
    pub id: String,
    /// Comparison id.
    pub comparison: String,
    /// Window at whose target hour the tree ends.
    pub window: String,
    /// Binary outcome: response, remission included.
    pub response: String,
    /// Binary outcome: remission.
    pub remission: String,
    /// Horizon in months from the first dose, the window included.
    pub months: u32,
    /// Yearly discount rate of costs and utilities.
    #[serde(default = "three_percent")]
    pub discount: f64,
    /// Currency for a quality-adjusted life year, rising.
    pub willingness: Vec<f64>,
    /// Whether effects are drawn for a new setting: with the heterogeneity between trials.
    #[serde(default = "yes")]
    pub new_setting: bool,
    /// The assumption that carries the model past the evidence horizon; absent: it stops there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extrapolation: Option<Extrapolation>,
    /// Cost of the window a person.
    #[serde(default)]
    pub price: Vec<Price>,
    /// What a year in a state is worth.
    #[serde(default)]
    pub utility: Vec<StateUtility>,
    /// Monthly movements after the window; who is not named stays.
    #[serde(default)]
    pub transition: Vec<Transition>,
    /// Monthly costs after the window.
    #[serde(default)]
    pub cost: Vec<StateCost>,
    /// Who is off treatment at the end of the window.
    #[serde(default)]
    pub off: Vec<OffTreatment>,
}

fn three_percent() -> f64 {
    0.03
}

fn yes() -> bool {
    true
}

/// `economics.model.extrapolation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extrapolation {
    /// "constant monthly relapse".
    pub name: String,
    /// Why it may be assumed.
    pub reason: String,
}

/// A state of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModelState {
    /// Remission.
    Remission,
    /// Response without remission.
    Response,
    /// Neither.
    Depressed,
    /// Off treatment.
    Off,
    /// Dead.
    Dead,
}

impl ModelState {
    /// The state of the model it names.
    pub fn health(self) -> Health {
        match self {
            ModelState::Remission => Health::Remission,
            ModelState::Response => Health::Response,
            ModelState::Depressed => Health::Depressed,
            ModelState::Off => Health::Off,
            ModelState::Dead => Health::Dead,
        }
    }
}

/// Which arm a value holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModelArm {
    /// Both, by one draw.
    #[default]
    Both,
    /// The treatment arm.
    Treatment,
    /// The control arm.
    Control,
}

impl ModelArm {
    /// Whether it holds in the treatment arm (true) or in the control arm.
    pub fn holds(self, treatment: bool) -> bool {
        match self {
            ModelArm::Both => true,
            ModelArm::Treatment => treatment,
            ModelArm::Control => !treatment,
        }
    }
}

/// `[[economics.model.utility]]`: a year in a state, 0 dead and 1 well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateUtility {
    /// State.
    pub state: ModelState,
    /// Mean, 0 to 1.
    pub value: f64,
    /// Standard error; 0: fixed. Drawn from a beta distribution.
    #[serde(default)]
    pub standard_error: f64,
    /// Where it comes from: a row or a text.
    pub source: String,
}

/// `[[economics.model.transition]]`: a monthly probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// From this state.
    pub from: ModelState,
    /// To this state.
    pub to: ModelState,
    /// Arm.
    #[serde(default)]
    pub arm: ModelArm,
    /// Probability a month.
    pub value: f64,
    /// Standard error; 0: fixed. Drawn from a beta distribution.
    #[serde(default)]
    pub standard_error: f64,
    /// Where it comes from: a row or a text.
    pub source: String,
}

/// `[[economics.model.cost]]`: a monthly cost in some states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateCost {
    /// "Drug", "Hospital".
    pub label: String,
    /// States in which it is paid.
    pub states: Vec<ModelState>,
    /// Arm.
    #[serde(default)]
    pub arm: ModelArm,
    /// Currency a month.
    pub value: f64,
    /// Standard error; 0: fixed. Drawn from a gamma distribution.
    #[serde(default)]
    pub standard_error: f64,
    /// Where it comes from: a row or a text.
    pub source: String,
}

/// `[[economics.model.off]]`: the share off treatment at the end of the window, among those without response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffTreatment {
    /// Arm.
    #[serde(default)]
    pub arm: ModelArm,
    /// Share of all people.
    pub value: f64,
    /// Standard error; 0: fixed. Drawn from a beta distribution.
    #[serde(default)]
    pub standard_error: f64,
    /// Where it comes from: a row or a text.
    pub source: String,
}
