//! `[economics]`: local prices, so that a page can say what an extra good outcome costs.

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
    pub course: Vec<Course>,
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
