//! Risk of bias: a traffic light for each study and domain.

use crate::frame::{self, BODY, SMALL, style};
use crate::input::Heading;
use crate::metrics;
use crate::scene::{Circle, Group, Item, Line, Scene, Text};
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
            .middle()
            .class("onlight");
        items.push(sign.into());
    }
}

/// Space of a column headed by a letter.
const LETTER: f64 = 30.0;

/// The table of lights for a wide page: domains in words above their columns, by letter where they are many.
pub fn risk_of_bias(input: &RiskOfBias) -> Scene {
    if input.studies.is_empty() {
        return frame::nothing(&input.heading, &[], 640.0);
    }
    let names = input
        .studies
        .iter()
        .map(|s| metrics::width(&s.label, BODY, false));
    let name = names.fold(120.0, f64::max).min(260.0);
    let word = input
        .domains
        .iter()
        .flat_map(|d| d.split_whitespace())
        .map(|w| metrics::width(w, SMALL, false));
    let column = word.fold(72.0, f64::max) + 10.0;
    let in_words = column * input.domains.len() as f64 <= 1060.0 - name;
    draw(
        input,
        name,
        if in_words { column } else { LETTER },
        in_words,
        None,
    )
}

/// The table for a narrow page: domains by letter, explained beneath.
pub fn risk_of_bias_narrow(input: &RiskOfBias) -> Scene {
    if input.studies.is_empty() {
        return frame::nothing(&input.heading, &[], 358.0);
    }
    let count = input.domains.len().max(1) as f64;
    let column = (240.0 / count).clamp(18.0, LETTER);
    draw(
        input,
        (358.0 - column * count).max(100.0),
        column,
        false,
        Some(358.0),
    )
}

fn draw(input: &RiskOfBias, name: f64, column: f64, in_words: bool, width: Option<f64>) -> Scene {
    let left = name + if width.is_some() { 0.0 } else { 16.0 };
    let width = width
        .unwrap_or(left + column * input.domains.len() as f64)
        .max(320.0);
    let mut items: Vec<Item> = Vec::new();
    let heads: Vec<Vec<String>> = input
        .domains
        .iter()
        .enumerate()
        .map(|(i, domain)| {
            if in_words {
                metrics::wrap(domain, SMALL, false, column - 6.0)
            } else {
                vec![letter(i)]
            }
        })
        .collect();
    let lines = heads.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let base = 16.0 * lines as f64;
    items.push(Text::new(0.0, base - 3.0, BODY, "Study").bold().into());
    for (index, head) in heads.into_iter().enumerate() {
        let x = left + column * (index as f64 + 0.5);
        let count = head.len();
        for (i, line) in head.into_iter().enumerate() {
            let y = base - 3.0 - 15.0 * (count - 1 - i) as f64;
            items.push(Text::new(x, y, SMALL, line).middle().into());
        }
    }
    items.push(Line::new(0.0, base + 3.0, width, base + 3.0, "rule").into());
    let mut y = base + 6.0;
    for study in &input.studies {
        y = row(&mut items, input, study, (name - 8.0, left, column, width), y);
    }
    y = frame::paragraph(
        &mut items,
        &key(input, in_words),
        (0.0, y + 6.0),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, y.ceil() + 4.0, items)
}

fn row(
    items: &mut Vec<Item>,
    input: &RiskOfBias,
    study: &RiskOfBiasRow,
    sizes: (f64, f64, f64, f64),
    y: f64,
) -> f64 {
    let (name, left, column, width) = sizes;
    let mut inside: Vec<Item> = Vec::new();
    let text_end = frame::paragraph(&mut inside, &study.label, (0.0, y + 3.0), name, &style(BODY, ""));
    let end = f64::max(text_end + 4.0, y + 25.0);
    let mut words = Vec::new();
    for (index, domain) in input.domains.iter().enumerate() {
        let one = study.lights.get(index).copied().unwrap_or_default();
        light(
            &mut inside,
            one,
            left + column * (index as f64 + 0.5),
            y + 12.0,
            f64::min(8.5, column / 2.0 - 1.0),
        );
        words.push(format!("{domain}: {}", one.words()));
    }
    inside.push(Line::new(0.0, end, width, end, "rule").into());
    inside.insert(0, frame::hit(0.0, y, width, end - y));
    let mut title = format!("{}: {}", study.label, words.join("; "));
    if !study.rows.is_empty() {
        title = format!("{title}; {}", frame::rows_in_words(&study.rows));
    }
    let group = Group::new("", inside).titled(title);
    items.push(group.sourced(&study.key, &study.rows).into());
    end
}

/// What signs and letters mean.
fn key(input: &RiskOfBias, in_words: bool) -> String {
    let tool = if input.tool.is_empty() {
        String::new()
    } else {
        format!("{}. ", input.tool)
    };
    let letters: Vec<String> = input
        .domains
        .iter()
        .enumerate()
        .map(|(i, d)| format!("{} {d}", letter(i)))
        .collect();
    let letters = if in_words || letters.is_empty() {
        String::new()
    } else {
        format!("{}. ", letters.join("; "))
    };
    format!("{tool}{letters}{SIGNS}")
}

/// What the signs mean.
pub(crate) const SIGNS: &str = "+ low, ? unclear or some concerns, \u{2212} high, ring: not judged.";

/// A, B, C, ...; numbers after Z.
pub(crate) fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(small) if small < 26 => char::from(b'A' + small).to_string(),
        _ => (index + 1).to_string(),
    }
}
