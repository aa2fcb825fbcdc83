//! The plot inside a forest plot: its axis, squares, intervals, diamonds, thin lines.

use super::{Forest, Row};
use crate::axis::Axis;
use crate::frame::{SMALL, arrow_head};
use crate::input::{Effect, Interval};
use crate::scene::{Item, Line, Polygon, Rect, Text};
use crate::{metrics, text};

/// Side of the square of the heaviest study.
const LARGEST: f64 = 15.0;
/// Side below which a square could not be seen.
const SMALLEST: f64 = 4.0;

/// An axis on which every point and every mean stands, and intervals as far as they leave it readable;
/// the others are cut.
pub(super) fn axis(input: &Forest, start: f64, end: f64) -> Axis {
    let intervals = all_intervals(input);
    let means = input
        .means
        .iter()
        .chain(input.blocks.iter().filter_map(|b| b.mean.as_ref()));
    let predictions = means.filter_map(|m| m.prediction);
    let limits: Vec<f64> = predictions.flat_map(|(lower, upper)| [lower, upper]).collect();
    Axis::around(&input.effect, &intervals, &limits, (start, end), 44.0)
}

fn all_intervals(input: &Forest) -> Vec<Interval> {
    let rows = input
        .blocks
        .iter()
        .flat_map(|b| &b.rows)
        .filter_map(|row| row.effect);
    let means = input
        .blocks
        .iter()
        .filter_map(|b| b.mean.as_ref())
        .chain(&input.means);
    rows.chain(means.filter_map(|m| m.effect))
        .filter(|i| i.drawable(input.effect.ratio))
        .collect()
}

/// The largest weight of any row.
pub(super) fn heaviest(input: &Forest) -> f64 {
    let rows = input.blocks.iter().flat_map(|b| &b.rows);
    rows.filter_map(|row| row.weight).fold(0.0, f64::max)
}

/// Square and interval of one study.
pub(super) fn study(items: &mut Vec<Item>, axis: &Axis, row: &Row, effect: &Effect, heaviest: f64, y: f64) {
    let Some(i) = row.effect.filter(|i| i.drawable(effect.ratio)) else {
        return;
    };
    let share = row
        .weight
        .filter(|w| *w >= 0.0 && heaviest > 0.0)
        .map(|w| w / heaviest);
    let side = share.map_or(7.0, |s| LARGEST * s.sqrt()).clamp(SMALLEST, LARGEST);
    let cut = interval(items, axis, &i, y, "stroke");
    if axis.holds(i.value) {
        let x = axis.at(i.value);
        items.push(Rect::new(x - side / 2.0, y - side / 2.0, side, side, "fill").into());
        let (left, right) = (axis.held(i.lower), axis.held(i.upper));
        if !cut && right - left < side {
            items.push(Rect::new(left, y - 0.6, right - left, 1.2, "paper").into());
        }
    }
}

/// A line from limit to limit, with an arrow head where the axis cuts it. Returns whether it was cut.
fn interval(items: &mut Vec<Item>, axis: &Axis, i: &Interval, y: f64, class: &'static str) -> bool {
    let (left, right) = (axis.held(i.lower), axis.held(i.upper));
    items.push(Line::new(left, y, right, y, class).into());
    let (cut_low, cut_high) = (axis.below(i.lower), axis.above(i.upper));
    if cut_low {
        items.push(arrow_head(left, y, -1.0, "fill"));
    }
    if cut_high {
        items.push(arrow_head(right, y, 1.0, "fill"));
    }
    cut_low || cut_high
}

/// The diamond of a mean; an end past the axis is cut flat and an arrow head stands there.
pub(super) fn diamond(
    items: &mut Vec<Item>,
    axis: &Axis,
    i: &Interval,
    effect: &Effect,
    y: f64,
    class: &'static str,
) {
    if !i.drawable(effect.ratio) {
        return;
    }
    let half = 7.0;
    let (left, middle, right) = (axis.held(i.lower), axis.held(i.value), axis.held(i.upper));
    let at_cut = |from: f64, edge: f64| {
        let share = (edge - from) / (middle - from);
        if share.is_finite() {
            half * share.clamp(0.0, 1.0)
        } else {
            half
        }
    };
    let hl = if axis.below(i.lower) {
        at_cut(axis.at(i.lower), left)
    } else {
        0.0
    };
    let hr = if axis.above(i.upper) {
        at_cut(axis.at(i.upper), right)
    } else {
        0.0
    };
    let points = vec![
        (left, y - hl),
        (middle, y - half),
        (right, y - hr),
        (right, y + hr),
        (middle, y + half),
        (left, y + hl),
    ];
    items.push(Polygon { points, class }.into());
    if axis.below(i.lower) {
        items.push(arrow_head(left - 4.0, y, -1.0, "fill"));
    }
    if axis.above(i.upper) {
        items.push(arrow_head(right + 4.0, y, 1.0, "fill"));
    }
}

/// The thin bar of a prediction interval.
pub(super) fn prediction(items: &mut Vec<Item>, axis: &Axis, limits: (f64, f64), effect: &Effect, y: f64) {
    let (lower, upper) = limits;
    let middle = if effect.ratio {
        (lower * upper).sqrt()
    } else {
        (lower + upper) / 2.0
    };
    let i = Interval::new(middle, lower, upper);
    if lower > upper || lower.is_nan() || upper.is_nan() || (effect.ratio && lower < 0.0) {
        return;
    }
    interval(items, axis, &i, y, "thick");
    for x in [lower, upper].into_iter().filter(|x| axis.holds(*x)) {
        let x = axis.at(x);
        items.push(Line::new(x, y - 4.0, x, y + 4.0, "stroke").into());
    }
}

/// Lines behind the rows: the null, the important difference, the mean.
pub(super) fn lines(items: &mut Vec<Item>, axis: &Axis, input: &Forest, top: f64, bottom: f64) {
    let mut line = |x: f64, class: &'static str| {
        if axis.holds(x) {
            let x = axis.at(x);
            items.push(Line::new(x, top, x, bottom, class).into());
        }
    };
    line(input.effect.null(), "softline");
    if let Some(reference) = &input.effect.important {
        line(reference.value, "dash");
    }
    if let Some(effect) = input
        .means
        .first()
        .and_then(|m| m.effect)
        .filter(|i| i.drawable(input.effect.ratio))
    {
        line(effect.value, "dot");
    }
}

/// The label of the important difference, to stand above its line between `ends`; y counts from the header's
/// baseline up.
pub(super) fn important_label(input: &Forest, axis: &Axis, ends: (f64, f64)) -> Vec<Text> {
    let Some(reference) = input.effect.important.as_ref().filter(|r| axis.holds(r.value)) else {
        return Vec::new();
    };
    let label = format!(
        "{} {}",
        reference.label,
        text::value(reference.value, input.effect.scale)
    );
    let lines = metrics::wrap(&label, SMALL, false, ends.1 - ends.0);
    let x = axis.at(reference.value);
    let wide = metrics::widest(lines.iter().map(String::as_str), SMALL, false);
    // Centred over the line, moved inside where it would stick out.
    let x = x.clamp(
        ends.0 + wide / 2.0,
        f64::max(ends.1 - wide / 2.0, ends.0 + wide / 2.0),
    );
    let count = lines.len();
    let text = |(i, line): (usize, String)| {
        Text::new(x, -((count - 1 - i) as f64) * 15.0, SMALL, line)
            .middle()
            .soft()
    };
    lines.into_iter().enumerate().map(text).collect()
}
