//! Cumulative rankogram: for each treatment, how likely it is among the best one, two, three and so on.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::Heading;
use crate::metrics;
use crate::scene::{Group, Item, Line, Rect, Scene, Text};
use crate::{text, theme};

/// The panels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rankogram {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Treatments, the best by P-score first.
    pub treatments: Vec<RankPanel>,
    /// Printed beneath: that windows were joined although they differ.
    pub stamp: String,
}

/// One treatment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankPanel {
    /// Name.
    pub label: String,
    /// Mean certainty of being better than another treatment.
    pub p_score: f64,
    /// Probability of this rank or a better one, from rank 1 on.
    pub cumulative: Vec<f64>,
}

/// The figure, 700 px wide: three panels in a row.
pub fn rankogram(input: &Rankogram) -> Scene {
    draw(input, 700.0, 3)
}

/// The figure for a narrow page (358 px): two panels in a row.
pub fn rankogram_narrow(input: &Rankogram) -> Scene {
    draw(input, 358.0, 2)
}

const LEFT: f64 = 36.0;
const HEIGHT: f64 = 84.0;
const LINE: f64 = 15.0;

fn draw(input: &Rankogram, width: f64, columns: usize) -> Scene {
    if input.treatments.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let panel = width / columns as f64;
    let mut items: Vec<Item> = Vec::new();
    let mut top = 0.0;
    for row in input.treatments.chunks(columns) {
        let names: Vec<Vec<String>> = row
            .iter()
            .map(|t| metrics::wrap(&t.label, SMALL, true, panel - 14.0))
            .collect();
        let lines = names.iter().map(Vec::len).max().unwrap_or(1);
        for (column, (treatment, name)) in row.iter().zip(&names).enumerate() {
            let x = column as f64 * panel;
            let mut y = top + LINE * 0.8;
            for word in name {
                items.push(Text::new(x, y, SMALL, word.as_str()).bold().into());
                y += LINE;
            }
            let score = format!("P-score {}", text::number(treatment.p_score, 2));
            items.push(Text::new(x, y, SMALL, score).soft().into());
            bars(
                &mut items,
                treatment,
                x + LEFT,
                top + (lines + 1) as f64 * LINE + 8.0,
                panel - LEFT - 16.0,
            );
        }
        top += (lines + 1) as f64 * LINE + HEIGHT + 40.0;
    }
    let key = "Each bar: the probability of being among the best so many treatments. A treatment that fills its panel from \
               the left is likely to be among the best. Ranks say nothing about how large a difference is.";
    let end = frame::paragraph(&mut items, key, (0.0, top), width, &style(SMALL, "soft"));
    let end = frame::paragraph(
        &mut items,
        &input.stamp,
        (0.0, end + 2.0),
        width,
        &style(SMALL, ""),
    );
    input.heading.scene(width, end.ceil() + 4.0, items)
}

fn bars(items: &mut Vec<Item>, treatment: &RankPanel, left: f64, top: f64, width: f64) {
    let bottom = top + HEIGHT;
    let y = Axis::new(0.0, 100.0, bottom, top, false).every(50.0);
    items.push(Line::new(left, top, left, bottom, "axis").into());
    for tick in y.ticks(30.0) {
        let at = y.at(tick.value);
        items.push(Line::new(left - 4.0, at, left, at, "axis").into());
        items.push(Text::new(left - 7.0, at + 4.0, SMALL, tick.label).end().into());
    }
    let n = treatment.cumulative.len().max(1);
    let each = width / n as f64;
    // every tenth rank is named where they are many
    let every = (n as f64 / (width / 22.0)).ceil().max(1.0) as usize;
    let mut drawn: Vec<Item> = Vec::new();
    for (rank, p) in treatment
        .cumulative
        .iter()
        .enumerate()
        .filter(|(_, p)| p.is_finite())
    {
        let at = y.held(100.0 * p);
        let x = left + each * rank as f64;
        drawn.push(Rect::new(x + 1.5, at, (each - 3.0).max(1.0), (bottom - at).max(0.5), "fill").into());
        if rank % every == 0 {
            let middle = x + each / 2.0;
            items.push(
                Text::new(middle, bottom + 15.0, SMALL, (rank + 1).to_string())
                    .middle()
                    .into(),
            );
        }
    }
    let said: Vec<String> = treatment
        .cumulative
        .iter()
        .map(|p| text::percent(100.0 * p, 0))
        .collect();
    let title = format!("{}: {}", treatment.label, said.join(", "));
    items.push(Group::new(theme::hue(0), drawn).titled(title).into());
    items.push(Line::new(left, bottom, left + width, bottom, "axis").into());
}
