//! Risk of bias: a traffic light for each study and domain.

use crate::input::Heading;
use crate::scene::{Anchor, Circle, Item, Scene, Text};
use onset_data::RowId;

/// One judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Light {
    /// "+" on green.
    Low,
    /// "?" on amber: unclear, some concerns.
    Unclear,
    /// "−" on red.
    High,
    /// A hollow ring: not judged.
    #[default]
    NotJudged,
}

impl Light {
    /// From the codes of the evidence tables: low | some-concerns | unclear | high; anything else is not
    /// judged.
    pub fn of(judgement: &str) -> Light {
        match judgement {
            "low" => Light::Low,
            "some-concerns" | "unclear" | "moderate" => Light::Unclear,
            "high" | "serious" | "critical" => Light::High,
            _ => Light::NotJudged,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Light::Low => "low risk",
            Light::Unclear => "unclear risk or some concerns",
            Light::High => "high risk",
            Light::NotJudged => "not judged",
        }
    }

    /// The sign inside the light.
    pub fn sign(self) -> &'static str {
        match self {
            Light::Low => "+",
            Light::Unclear => "?",
            Light::High => "\u{2212}",
            Light::NotJudged => "",
        }
    }
}

/// A table of lights.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RiskOfBias {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// "Cochrane RoB 1": the tool that was used.
    pub tool: String,
    /// Domains in words, the columns.
    pub domains: Vec<String>,
    /// Studies, the rows.
    pub studies: Vec<RiskOfBiasRow>,
}

/// The judgements on one study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RiskOfBiasRow {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// In the order of the domains.
    pub lights: Vec<Light>,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// Draws one light.
pub(crate) fn light(items: &mut Vec<Item>, light: Light, x: f64, y: f64, r: f64) {
    let class = match light {
        Light::Low => "low",
        Light::Unclear => "unclear",
        Light::High => "high",
        Light::NotJudged => "ring",
    };
    items.push(Circle::new(x, y, r, class).into());
    if light != Light::NotJudged {
        let sign = Text::new(x, y + 4.0, 11.0, light.sign())
            .bold()
            .anchor(Anchor::Middle)
            .class("onlight");
        items.push(sign.into());
    }
}

/// The table of lights for a wide page: domains named in a slanted header.
pub fn risk_of_bias(input: &RiskOfBias) -> Scene {
    input.heading.scene(760.0, 40.0, Vec::new())
}

/// The table for a narrow page: domains by letter, explained beneath.
pub fn risk_of_bias_narrow(input: &RiskOfBias) -> Scene {
    input.heading.scene(358.0, 40.0, Vec::new())
}
