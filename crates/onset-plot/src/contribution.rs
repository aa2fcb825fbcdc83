//! Which trials carry each estimate of a network, coloured by their risk of bias.

use crate::frame::{self, SMALL, style};
use crate::input::Heading;
use crate::metrics;
use crate::rob::Light;
use crate::scene::{Group, Item, Rect, Scene, Text};
use crate::{text, theme};

/// The bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contributions {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// One bar a pair of treatments.
    pub bars: Vec<ContributionBar>,
    /// Printed beneath: that windows were joined although they differ.
    pub stamp: String,
}

/// One estimate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContributionBar {
    /// "A v B".
    pub label: String,
    /// Trials with their shares (0 to 1), largest first.
    pub parts: Vec<ContributionPart>,
}

/// A trial's share.
#[derive(Debug, Clone, PartialEq)]
pub struct ContributionPart {
    /// Name of the trial.
    pub label: String,
    /// 0 to 1.
    pub share: f64,
    /// Its risk of bias.
    pub risk: Light,
}

/// The figure, 700 px wide.
pub fn contributions(input: &Contributions) -> Scene {
    draw(input, 700.0, 230.0)
}

/// The figure for a narrow page (358 px): names above the bars.
pub fn contributions_narrow(input: &Contributions) -> Scene {
    draw(input, 358.0, 0.0)
}

const BAR: f64 = 20.0;
const ORDER: [Light; 4] = [Light::Low, Light::Unclear, Light::High, Light::NotJudged];

fn class(risk: Light) -> &'static str {
    match risk {
        Light::Low => "low",
        Light::Unclear => "unclear",
        Light::High => "high",
        Light::NotJudged => "band",
    }
}

fn name(risk: Light) -> &'static str {
    match risk {
        Light::Low => "low risk",
        Light::Unclear => "unclear",
        Light::High => "high risk",
        Light::NotJudged => "not judged",
    }
}

fn draw(input: &Contributions, width: f64, left: f64) -> Scene {
    if input.bars.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let mut items: Vec<Item> = Vec::new();
    let mut y = 0.0;
    for bar in &input.bars {
        let room = if left > 0.0 { left - 12.0 } else { width };
        let end = frame::paragraph(&mut items, &bar.label, (0.0, y), room, &style(SMALL, ""));
        let top = if left > 0.0 { y } else { end + 2.0 };
        stacked(&mut items, bar, (left, top + 2.0), width - left);
        y = f64::max(end, top + BAR + 2.0) + 8.0;
    }
    let judged = input
        .bars
        .iter()
        .flat_map(|bar| &bar.parts)
        .any(|part| part.risk != Light::NotJudged);
    let key = if judged {
        y = legend(&mut items, y + 2.0, width);
        "Each bar is one estimate: the trials by the share of it that they carry, in the order of their risk of bias."
    } else {
        "Each bar is one estimate: the trials by the share of it that they carry, the largest first."
    };
    y = frame::paragraph(&mut items, key, (0.0, y), width, &style(SMALL, "soft"));
    y = frame::paragraph(&mut items, &input.stamp, (0.0, y + 2.0), width, &style(SMALL, ""));
    input.heading.scene(width, y.ceil() + 4.0, items)
}

fn stacked(items: &mut Vec<Item>, bar: &ContributionBar, (left, top): (f64, f64), width: f64) {
    let mut x = left;
    for risk in ORDER {
        let mine = bar
            .parts
            .iter()
            .filter(|p| p.risk == risk && p.share.is_finite() && p.share > 0.0);
        for part in mine {
            let w = part.share.min(1.0) * width;
            let drawn = Rect::new(x, top, (w - 1.5).max(0.5), BAR, class(risk));
            let title = format!(
                "{}: {} ({})",
                part.label,
                text::percent(100.0 * part.share, 0),
                name(risk)
            );
            items.push(Group::new(theme::GREY, vec![drawn.into()]).titled(title).into());
            let words = [
                format!("{} {}", part.label, text::percent(100.0 * part.share, 0)),
                part.label.clone(),
            ];
            if let Some(word) = words
                .into_iter()
                .find(|word| metrics::width(word, SMALL, false) < w - 10.0)
            {
                let line = Text::new(x + 5.0, top + 14.0, SMALL, word);
                items.push(
                    if risk == Light::NotJudged {
                        line
                    } else {
                        line.class("onlight")
                    }
                    .into(),
                );
            }
            x += w;
        }
    }
}

fn legend(items: &mut Vec<Item>, top: f64, width: f64) -> f64 {
    let (mut x, mut y) = (0.0, top);
    for risk in ORDER {
        let needed = metrics::width(name(risk), SMALL, false) + 36.0;
        if x + needed > width {
            x = 0.0;
            y += 18.0;
        }
        items.push(Group::new(theme::GREY, vec![Rect::new(x, y, 12.0, 12.0, class(risk)).into()]).into());
        items.push(Text::new(x + 17.0, y + 10.5, SMALL, name(risk)).into());
        x += needed;
    }
    y + 20.0
}
