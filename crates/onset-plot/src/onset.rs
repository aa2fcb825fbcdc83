//! Onset forest: times at which an effect begins (or ends), by definition, on an axis from minutes to weeks.

use crate::axis::Axis;
use crate::frame::{self, SMALL, arrow_head, style};
use crate::input::Heading;
use crate::scene::{Circle, Group, Item, Line, Scene, Text};
use crate::windows::time;
use crate::{metrics, text, theme};

/// Times of onset beneath each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OnsetForest {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Blocks: a comparison (or a treatment) each, with a label; one block may have none.
    pub blocks: Vec<OnsetBlock>,
    /// First and last visit: outside of them a time is an extrapolation.
    pub visits: Option<(f64, f64)>,
    /// The last evidence horizon.
    pub horizon: Option<f64>,
}

/// Times of one comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OnsetBlock {
    /// "Ketamine v midazolam"; may be empty.
    pub label: String,
    /// One a definition.
    pub rows: Vec<OnsetRow>,
}

/// One time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OnsetRow {
    /// "Half of the peak".
    pub label: String,
    /// Hours; none: the curve does not get there.
    pub hours: Option<f64>,
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit; none with `bounded`: it may never be reached.
    pub upper: Option<f64>,
    /// Whether the definition has an interval at all.
    pub bounded: bool,
    /// Beneath the label: trials and people, why there is none.
    pub note: String,
}

const ROW: f64 = 40.0;

/// For a wide page.
pub fn onset_forest(input: &OnsetForest) -> Scene {
    draw(input, 760.0, 250.0)
}

/// For a narrow page (358 px): label above its line.
pub fn onset_forest_narrow(input: &OnsetForest) -> Scene {
    draw(input, 358.0, 0.0)
}

fn times(input: &OnsetForest) -> impl Iterator<Item = f64> + '_ {
    let rows = input.blocks.iter().flat_map(|b| &b.rows);
    let own = rows.flat_map(|r| [r.hours, r.lower, r.upper]).flatten();
    own.chain(input.visits.iter().flat_map(|v| [v.0, v.1]))
        .chain(input.horizon)
        .filter(|t| t.is_finite() && *t > 0.0)
}

/// From the first to the last time, but no further than a hundredth and a hundredfold of the visits.
fn axis(input: &OnsetForest, left: f64, right: f64) -> Axis {
    let (mut lo, mut hi) = times(input).fold((f64::INFINITY, 0.0f64), |(a, b), t| (a.min(t), b.max(t)));
    if let Some((first, last)) = input.visits {
        (lo, hi) = (lo.max(first / 100.0), hi.min(last * 100.0));
    }
    Axis::new(lo * 0.7, hi * 1.5, left, right, true)
}

fn draw(input: &OnsetForest, width: f64, labels: f64) -> Scene {
    let any = input
        .blocks
        .iter()
        .flat_map(|b| &b.rows)
        .any(|r| r.hours.is_some());
    if !any {
        return frame::nothing(&input.heading, &[], width);
    }
    let wide = labels > 0.0;
    let values = if wide { 190.0 } else { 0.0 };
    let (left, right) = (labels + 8.0, width - values - 8.0);
    let axis = axis(input, left, right);
    let mut items: Vec<Item> = Vec::new();
    let mut lines: Vec<Item> = Vec::new();
    let (mut y, top) = (6.0, 6.0);
    for block in &input.blocks {
        if !block.label.is_empty() {
            y = frame::paragraph(
                &mut lines,
                &block.label,
                (0.0, y),
                width,
                &style(SMALL, "").bold(),
            ) + 4.0;
        }
        for row in &block.rows {
            let middle;
            (y, middle) = one(&mut lines, &axis, row, y, (width, labels, right));
            if !wide {
                // beside a line only: above it stands its text
                upright(&mut items, input, &axis, (middle - 10.0, middle + 10.0));
            }
        }
    }
    if wide {
        upright(&mut items, input, &axis, (top, y));
    }
    items.extend(lines);
    items.push(Line::new(left, y, right, y, "axis").into());
    for (_, x, label) in time::ticks(&axis, SMALL, right + 8.0) {
        items.push(Line::new(x, y, x, y + 4.0, "axis").into());
        items.push(Text::new(x, y + 17.0, SMALL, label).middle().into());
    }
    let mut key =
        "Point and line: time with its interval; an arrow: the data allow that it is never reached."
            .to_owned();
    if input.visits.is_some() {
        key.push_str(" Dotted: first and last visit; outside of them a time is the form's alone.");
    }
    if input.horizon.is_some() {
        key.push_str(" Dashed: evidence horizon.");
    }
    let end = frame::paragraph(&mut items, &key, (0.0, y + 24.0), width, &style(SMALL, "soft"));
    input.heading.scene(width, end.ceil() + 4.0, items)
}

/// First and last visit, and the horizon, between two heights.
fn upright(items: &mut Vec<Item>, input: &OnsetForest, axis: &Axis, (top, bottom): (f64, f64)) {
    let visits = input.visits.iter().flat_map(|v| [(v.0, "dot"), (v.1, "dot")]);
    for (t, class) in visits.chain(input.horizon.map(|h| (h, "dash"))) {
        let x = axis.held(t);
        items.push(Line::new(x, top, x, bottom, class).into());
    }
}

fn says(row: &OnsetRow) -> String {
    let Some(hours) = row.hours else {
        return "not reached".to_owned();
    };
    let value = text::hours(hours);
    match (row.bounded, row.lower, row.upper) {
        (false, ..) => value,
        (true, lower, Some(upper)) => {
            format!(
                "{value} ({} to {})",
                lower.map_or("0".to_owned(), text::hours),
                text::hours(upper)
            )
        }
        (true, Some(lower), None) => format!("{value} ({} to never)", text::hours(lower)),
        (true, None, None) => value,
    }
}

/// One row from `top` down: where it ends, and the height of its line.
fn one(items: &mut Vec<Item>, axis: &Axis, row: &OnsetRow, top: f64, room: (f64, f64, f64)) -> (f64, f64) {
    let (width, labels, right) = room;
    let wide = labels > 0.0;
    let said = says(row);
    let space = if wide { labels - 6.0 } else { width };
    let mut y = frame::paragraph(items, &row.label, (0.0, top), space, &style(SMALL, ""));
    if !row.note.is_empty() {
        y = frame::paragraph(items, &row.note, (0.0, y), space, &style(SMALL, "soft"));
    }
    let mut bottom = y + 8.0;
    let middle = if wide {
        let lines = metrics::wrap(&said, SMALL, false, width - right - 20.0);
        let height = 15.0 * lines.len() as f64;
        bottom = bottom.max(top + ROW).max(top + height + 8.0);
        let middle = (top + bottom) / 2.0 - 4.0;
        for (line, words) in lines.iter().enumerate() {
            let at = middle - height / 2.0 + 15.0 * line as f64 + 11.5;
            items.push(Text::new(right + 20.0, at, SMALL, words.as_str()).into());
        }
        middle
    } else {
        y = frame::paragraph(items, &said, (0.0, y), width, &style(SMALL, "").bold());
        bottom = y + 20.0;
        y + 9.0
    };
    let Some(hours) = row.hours else {
        return (bottom, middle);
    };
    let (start, end) = axis.span();
    let mut inside = vec![frame::hit(start, middle - 9.0, end - start, 18.0)];
    if row.bounded {
        let from = row.lower.map_or(start, |t| axis.held(t));
        let to = row.upper.map_or(end, |t| axis.held(t));
        inside.push(Line::new(from, middle, to, middle, "stroke").into());
        if row.upper.is_none_or(|t| axis.above(t)) {
            inside.push(arrow_head(end, middle, 1.0, "fill"));
        }
        if row.lower.is_none_or(|t| axis.below(t)) {
            inside.push(arrow_head(start, middle, -1.0, "fill"));
        }
    }
    inside.push(Circle::new(axis.held(hours), middle, 4.5, "edged").into());
    let group = Group::new(theme::hue(0), inside).titled(format!("{}: {said}", row.label));
    items.push(group.into());
    (bottom, middle)
}
