//! Direct, indirect and network evidence of each pair of treatments, side by side.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::{Effect, Heading, Interval};
use crate::metrics;
use crate::scene::{Group, Item, Line, Scene, Text};
use crate::{text, theme};

/// The figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetSplit {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The axis.
    pub effect: Effect,
    /// Pairs with their lines.
    pub pairs: Vec<SplitPair>,
    /// Printed beneath: that windows were joined although they differ.
    pub stamp: String,
}

/// A pair of treatments.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SplitPair {
    /// "A v B".
    pub label: String,
    /// "p = 0.23" of direct against indirect; may be empty.
    pub test: String,
    /// In place of lines: why there are none.
    pub note: String,
    /// Lines in their order.
    pub lines: Vec<SplitLine>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitLine {
    /// "direct, 3 trials", "indirect", "network".
    pub label: String,
    /// Whether it is what the network says: drawn as a square, and bold.
    pub network: bool,
    /// Effect as shown.
    pub interval: Interval,
}

/// The figure, 700 px wide.
pub fn netsplit(input: &NetSplit) -> Scene {
    draw(input, 700.0, true)
}

/// The figure for a narrow page (358 px): names above their lines.
pub fn netsplit_narrow(input: &NetSplit) -> Scene {
    draw(input, 358.0, false)
}

const ROW: f64 = 19.0;
const LABELS: f64 = 200.0;

fn draw(input: &NetSplit, width: f64, wide: bool) -> Scene {
    let ratio = input.effect.ratio;
    let all: Vec<Interval> = input
        .pairs
        .iter()
        .flat_map(|pair| pair.lines.iter().map(|line| line.interval))
        .filter(|i| i.drawable(ratio))
        .collect();
    if all.is_empty() {
        let notes: Vec<String> = input
            .pairs
            .iter()
            .map(|p| format!("{}: {}", p.label, p.note))
            .collect();
        return frame::nothing(&input.heading, &notes, width);
    }
    let said = |i: &Interval| text::cell(i.value, i.lower, i.upper, input.effect.scale);
    let written: Vec<String> = all.iter().map(said).collect();
    let numbers = metrics::widest(written.iter().map(String::as_str), SMALL, true) + 12.0;
    let ends = if wide {
        (LABELS, width - numbers - 8.0)
    } else {
        (18.0, width - 18.0)
    };
    let axis = Axis::around(&input.effect, &all, &[], ends, 44.0);
    let mut items: Vec<Item> = Vec::new();
    let mut y = 4.0;
    for pair in &input.pairs {
        let label = if pair.test.is_empty() {
            pair.label.clone()
        } else {
            format!("{} ({})", pair.label, pair.test)
        };
        y = frame::paragraph(&mut items, &label, (0.0, y), width, &style(SMALL, "").bold());
        if !pair.note.is_empty() {
            y = frame::paragraph(
                &mut items,
                &pair.note,
                (8.0, y),
                width - 8.0,
                &style(SMALL, "soft"),
            );
        }
        for line in pair.lines.iter().filter(|line| line.interval.drawable(ratio)) {
            let number = Text::new(width, y + 14.0, SMALL, said(&line.interval)).end();
            items.push(if line.network { number.bold() } else { number }.into());
            items.push(Text::new(8.0, y + 14.0, SMALL, line.label.as_str()).into());
            y += if wide { 0.0 } else { ROW - 3.0 };
            reference(&mut items, input, &axis, (y + 1.0, y + ROW));
            mark(&mut items, input, line, &axis, y + 10.0, &pair.label);
            y += if wide { ROW } else { ROW - 3.0 };
        }
        y += 7.0;
    }
    y += frame::effect_axis(&mut items, &axis, &input.effect, ends, y);
    let parts = input
        .pairs
        .iter()
        .flat_map(|pair| &pair.lines)
        .any(|line| !line.network);
    let mut key = if parts {
        "Circles: one kind of evidence; squares: what the network makes of all of it.".to_owned()
    } else {
        "Squares: what the network makes of the one kind of evidence there is.".to_owned()
    };
    if let Some(important) = input.effect.important.as_ref().filter(|i| axis.holds(i.value)) {
        key.push_str(&format!(" Dashed: {}.", important.label));
    }
    y = frame::paragraph(&mut items, &key, (0.0, y + 6.0), width, &style(SMALL, "soft"));
    y = frame::paragraph(&mut items, &input.stamp, (0.0, y + 2.0), width, &style(SMALL, ""));
    input.heading.scene(width, y.ceil() + 4.0, items)
}

/// No difference, and the important one, beside one line: never through a name.
fn reference(items: &mut Vec<Item>, input: &NetSplit, axis: &Axis, (top, bottom): (f64, f64)) {
    let null = axis.at(input.effect.null());
    items.push(Line::new(null, top, null, bottom, "softline").into());
    if let Some(important) = input.effect.important.as_ref().filter(|i| axis.holds(i.value)) {
        let x = axis.at(important.value);
        items.push(Line::new(x, top, x, bottom, "dash").into());
    }
}

fn mark(items: &mut Vec<Item>, input: &NetSplit, line: &SplitLine, axis: &Axis, y: f64, pair: &str) {
    let i = &line.interval;
    let (low, high) = (axis.held(i.lower), axis.held(i.upper));
    let mut drawn: Vec<Item> = vec![Line::new(low, y, high, y, "stroke").into()];
    if axis.below(i.lower) {
        drawn.push(frame::arrow_head(low, y, -1.0, "fill"));
    }
    if axis.above(i.upper) {
        drawn.push(frame::arrow_head(high, y, 1.0, "fill"));
    }
    drawn.push(frame::marker(
        usize::from(line.network),
        axis.held(i.value),
        y,
        50.0,
        "fill",
    ));
    let title = format!("{pair}, {}: {}", line.label, input.effect.says(i));
    let hue = theme::hue(if line.network { 0 } else { 5 });
    items.push(Group::new(hue, drawn).titled(title).into());
}
