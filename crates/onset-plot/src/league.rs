//! League table: every pair of treatments, network estimates below the diagonal and direct evidence above it.

use crate::frame::{self, SMALL, style};
use crate::input::{Direction, Effect, Heading, Interval};
use crate::metrics;
use crate::scene::{Group, Item, Rect, Scene, Text};
use crate::{text, theme};

/// The table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct League {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Scale and direction of the numbers.
    pub effect: Effect,
    /// Treatments in the order of the table.
    pub names: Vec<String>,
    /// Pairs, the earlier treatment first.
    pub pairs: Vec<LeaguePair>,
    /// Printed beneath: that windows were joined although they differ.
    pub stamp: String,
}

/// Two treatments, the first minus the second.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeaguePair {
    /// Position of the earlier treatment.
    pub first: usize,
    /// Position of the later one.
    pub second: usize,
    /// From the network.
    pub network: Option<Interval>,
    /// From trials that compare the two.
    pub direct: Option<Interval>,
    /// In place of an estimate: "refused".
    pub note: String,
}

/// The table, 700 px wide; from eight treatments on a list of pairs.
pub fn league(input: &League) -> Scene {
    if input.names.len() > MOST {
        list(input, 700.0)
    } else {
        grid(input, 700.0)
    }
}

/// The list of pairs for a narrow page (358 px).
pub fn league_narrow(input: &League) -> Scene {
    list(input, 358.0)
}

/// Treatments that fit side by side.
const MOST: usize = 7;
const WIDEST: f64 = 150.0;
const LINE: f64 = 15.0;
const GAP: f64 = 3.0;
/// Shade of an interval that includes no difference, and of one that does not.
const SHADES: [f64; 2] = [0.16, 0.42];

impl League {
    /// Colour class and shade: which of the two is favoured, and whether the interval says so.
    fn shade(&self, i: &Interval) -> (&'static str, f64) {
        let null = self.effect.null();
        let first = match self.effect.direction {
            Direction::HigherIsBetter => i.value > null,
            _ => i.value < null,
        };
        let sure = i.lower > null || i.upper < null;
        (theme::hue(if first { 2 } else { 1 }), SHADES[usize::from(sure)])
    }

    fn sure(&self, i: &Interval) -> bool {
        self.shade(i).1 == SHADES[1]
    }

    fn key(&self, items: &mut Vec<Item>, y: f64, width: f64, lead: &str) -> f64 {
        let mut words = lead.to_owned();
        if self.effect.direction != Direction::Unstated {
            words.push_str(
                " Green favours the treatment named first, orange the other; deeper, and bold, where the interval \
                 excludes no difference.",
            );
        }
        let end = frame::paragraph(items, &words, (1.0, y), width - 1.0, &style(SMALL, "soft"));
        frame::paragraph(items, &self.stamp, (0.0, end + 2.0), width, &style(SMALL, ""))
    }
}

fn patch(items: &mut Vec<Item>, at: (f64, f64), size: (f64, f64), (hue, opacity): (&'static str, f64)) {
    let rect = Rect::new(at.0, at.1, size.0, size.1, "fill");
    items.push(
        Group {
            class: hue,
            opacity: Some(opacity),
            items: vec![rect.into()],
            ..Group::default()
        }
        .into(),
    );
}

fn grid(input: &League, width: f64) -> Scene {
    let n = input.names.len();
    if n == 0 {
        return frame::nothing(&input.heading, &[], width);
    }
    let cell = (width / n as f64).min(WIDEST);
    let names: Vec<Vec<String>> = input
        .names
        .iter()
        .map(|name| metrics::wrap(name, SMALL, true, cell - GAP - 8.0))
        .collect();
    let lines = names.iter().map(Vec::len).max().unwrap_or(1).max(2);
    let height = lines as f64 * LINE + 12.0;
    let mut items: Vec<Item> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let (x, y) = (i as f64 * cell, i as f64 * height);
        items.push(Rect::new(x, y, cell - GAP, height - GAP, "rule").into());
        written(&mut items, (x, y), (cell, height), name, true);
    }
    for row in 0..n {
        for column in (0..n).filter(|column| *column != row) {
            let at = (column as f64 * cell, row as f64 * height);
            let (first, second) = (row.min(column), row.max(column));
            let pair = input
                .pairs
                .iter()
                .find(|p| (p.first, p.second) == (first, second));
            let below = row > column;
            let found = pair.and_then(|p| if below { p.network } else { p.direct });
            let found = found.filter(|i| i.drawable(input.effect.ratio));
            let Some(i) = found else {
                let note = match pair {
                    Some(pair) if below && !pair.note.is_empty() => pair.note.as_str(),
                    None if below => "not linked",
                    _ => "",
                };
                if !note.is_empty() {
                    let words = metrics::wrap(note, SMALL, false, cell - GAP - 8.0);
                    written(&mut items, at, (cell, height), &words, false);
                }
                continue;
            };
            patch(&mut items, at, (cell - GAP, height - GAP), input.shade(&i));
            let words = [
                text::value(i.value, input.effect.scale),
                text::range(i.lower, i.upper, input.effect.scale),
            ];
            written(&mut items, at, (cell, height), &words, input.sure(&i));
        }
    }
    let lead = format!(
        "Each number is the treatment further up and left against the one further down and right, with its {}. Below the \
         diagonal: the network's estimate; above it: direct evidence alone.",
        input.effect.level_name()
    );
    let end = input.key(&mut items, n as f64 * height + 6.0, width, &lead);
    input.heading.scene(width, end.ceil() + 4.0, items)
}

/// Lines in the middle of a cell.
fn written(items: &mut Vec<Item>, at: (f64, f64), size: (f64, f64), words: &[String], bold: bool) {
    let (x, mut y) = (
        at.0 + (size.0 - GAP) / 2.0,
        at.1 + (size.1 - GAP - words.len() as f64 * LINE) / 2.0 + LINE * 0.78,
    );
    for word in words {
        let line = Text::new(x, y, SMALL, word.as_str()).middle();
        items.push(if bold { line.bold() } else { line }.into());
        y += LINE;
    }
}

/// First letter lower case, unless it begins an abbreviation.
fn small(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}

fn list(input: &League, width: f64) -> Scene {
    if input.pairs.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let mut items: Vec<Item> = Vec::new();
    let mut y = 0.0;
    for pair in &input.pairs {
        let name = |i: usize| input.names.get(i).map_or("", String::as_str);
        let label = format!("{} v {}", name(pair.first), small(name(pair.second)));
        let top = y;
        let at = (18.0, y);
        y = frame::paragraph(&mut items, &label, at, width - 18.0, &style(SMALL, ""));
        let network = pair.network.filter(|i| i.drawable(input.effect.ratio));
        let said = match &network {
            Some(i) => text::cell(i.value, i.lower, i.upper, input.effect.scale),
            None => pair.note.clone(),
        };
        let bold = network.is_some_and(|i| input.sure(&i));
        let line = Text::new(18.0, y + LINE * 0.8, SMALL, said);
        items.push(if bold { line.bold() } else { line }.into());
        y += LINE;
        if let Some(i) = &network {
            patch(
                &mut items,
                (0.0, top + 3.0),
                (10.0, y - top - 2.0),
                input.shade(i),
            );
        }
        y += 6.0;
    }
    let lead = format!(
        "Each number is the first treatment against the second, with its {}.",
        input.effect.level_name()
    );
    let end = input.key(&mut items, y + 2.0, width, &lead);
    input.heading.scene(width, end.ceil() + 4.0, items)
}
