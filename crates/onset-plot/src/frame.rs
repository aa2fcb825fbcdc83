//! What figures draw alike: an axis with its ends named, paragraphs, hatching, marks of a comparison.

use crate::axis::Axis;
use crate::input::{Effect, Heading};
use crate::metrics;
use crate::scene::{Anchor, Circle, Item, Line, Path, Polygon, Rect, Scene, Text};

/// Usual text.
pub(crate) const BODY: f64 = 13.0;
/// Small text: the smallest there is.
pub(crate) const SMALL: f64 = 11.5;

/// Wrapped lines from `top` down; returns where they end.
pub(crate) fn paragraph(items: &mut Vec<Item>, text: &str, at: (f64, f64), room: f64, style: &Text) -> f64 {
    let (x, mut y) = at;
    if text.is_empty() {
        return y;
    }
    for line in metrics::wrap(text, style.size, style.bold, room) {
        y += (style.size * 1.35).round();
        let text = Text {
            spans: vec![(x, line)],
            y: y - style.size * 0.3,
            ..style.clone()
        };
        items.push(text.into());
    }
    y
}

/// A style for [`paragraph`].
pub(crate) fn style(size: f64, class: &'static str) -> Text {
    Text {
        size,
        class,
        ..Text::default()
    }
}

/// A figure without anything to draw: the sentences that say why.
pub(crate) fn nothing(heading: &Heading, notes: &[String], width: f64) -> Scene {
    let mut items: Vec<Item> = Vec::new();
    let mut y = 0.0;
    let none = [NO_EVIDENCE.to_owned()];
    for note in if notes.is_empty() { &none } else { notes } {
        y = paragraph(&mut items, note, (0.0, y), width, &style(BODY, "")) + 3.0;
    }
    heading.scene(width, y + 4.0, items)
}

/// Where nothing can be drawn and nobody says why.
const NO_EVIDENCE: &str = "No randomised evidence.";

/// A horizontal effect axis at `y`: line, ticks, labels, what each end favours, what it is.
/// Returns the height used.
pub(crate) fn effect_axis(
    items: &mut Vec<Item>,
    axis: &Axis,
    effect: &Effect,
    ends: (f64, f64),
    y: f64,
) -> f64 {
    let (left, right) = ends;
    items.push(Line::new(left, y, right, y, "axis").into());
    for tick in axis.ticks(44.0) {
        let x = axis.at(tick.value);
        items.push(Line::new(x, y, x, y + 4.0, "axis").into());
        // a long label of the first tick keeps within the figure
        let middle = x.max(0.5 * metrics::width(&tick.label, SMALL, false));
        items.push(Text::new(middle, y + 17.0, SMALL, tick.label).middle().into());
    }
    let (low, high) = effect.ends();
    let room = (right - left) / 2.0 - 6.0;
    let mut bottom = y + 21.0;
    for (text, x, anchor) in [(low, left, Anchor::Start), (high, right, Anchor::End)] {
        let end = paragraph(
            items,
            &text,
            (x, y + 21.0),
            room,
            &style(SMALL, "soft").anchor(anchor),
        );
        bottom = f64::max(bottom, end);
    }
    let label = match effect.direction.words() {
        "" => effect.label.clone(),
        words => format!("{} ({words})", effect.label),
    };
    let middle = (left + right) / 2.0;
    paragraph(
        items,
        &label,
        (middle, bottom + 1.0),
        right - left,
        &style(SMALL, "").middle(),
    ) - y
}

/// The same axis above a long figure: ticks and labels alone. Returns the y of its line.
pub(crate) fn top_axis(items: &mut Vec<Item>, axis: &Axis, ends: (f64, f64), top: f64) -> f64 {
    let y = top + 20.0;
    items.push(Line::new(ends.0, y, ends.1, y, "axis").into());
    for tick in axis.ticks(44.0) {
        let x = axis.at(tick.value);
        items.push(Line::new(x, y - 4.0, x, y, "axis").into());
        items.push(Text::new(x, y - 7.0, SMALL, tick.label).middle().into());
    }
    y
}

/// Slanted hairlines that fill a rectangle: "nothing is known here".
pub(crate) fn hatch(x: f64, y: f64, width: f64, height: f64) -> Item {
    let gap = 7.0;
    let mut pieces = Vec::new();
    let mut shift = gap;
    while shift < width + height {
        let (x1, y1) = if shift <= height {
            (x, y + shift)
        } else {
            (x + shift - height, y + height)
        };
        let (x2, y2) = if shift <= width {
            (x + shift, y)
        } else {
            (x + width, y + shift - width)
        };
        pieces.push(vec![(x1, y1), (x2, y2)]);
        shift += gap;
    }
    Path {
        pieces,
        class: "hatch",
    }
    .into()
}

/// The mark of the n-th comparison: a shape of its own, so that colour is not the only sign. `area` in
/// square pixels.
pub(crate) fn marker(index: usize, x: f64, y: f64, area: f64, class: &'static str) -> Item {
    let side = area.max(0.0).sqrt();
    let half = side / 2.0;
    match index % 4 {
        0 => Circle::new(x, y, (area / std::f64::consts::PI).max(0.0).sqrt(), class).into(),
        1 => Rect::new(x - half, y - half, side, side, class).into(),
        2 => {
            let r = half * std::f64::consts::SQRT_2;
            Polygon {
                points: vec![(x - r, y), (x, y - r), (x + r, y), (x, y + r)],
                class,
            }
            .into()
        }
        _ => {
            let r = side * 0.66;
            let points = vec![(x, y - r), (x + r, y + r * 0.75), (x - r, y + r * 0.75)];
            Polygon { points, class }.into()
        }
    }
}

/// A small arrow head at (x, y) pointing right (`sign` 1) or left (-1).
pub(crate) fn arrow_head(x: f64, y: f64, sign: f64, class: &'static str) -> Item {
    let back = x - sign * 7.0;
    Polygon {
        points: vec![(x, y), (back, y - 4.0), (back, y + 4.0)],
        class,
    }
    .into()
}

/// The same with its tip up (`sign` -1) or down (1).
pub(crate) fn arrow_up(x: f64, y: f64, sign: f64, class: &'static str) -> Item {
    let back = y - sign * 7.0;
    Polygon {
        points: vec![(x, y), (x - 4.0, back), (x + 4.0, back)],
        class,
    }
    .into()
}

/// Something that takes hover and focus, and shows them.
pub(crate) fn hit(x: f64, y: f64, width: f64, height: f64) -> Item {
    Rect::new(x, y, width, height, "hit").into()
}

/// "observations.csv line 17, 18; arms.csv line 3": rows in words.
pub(crate) fn rows_in_words(rows: &[onset_data::RowId]) -> String {
    let mut out = String::new();
    let mut last = "";
    for row in rows {
        if row.file == last {
            out.push_str(&format!(", {}", row.line));
        } else {
            let gap = if out.is_empty() { "" } else { "; " };
            out.push_str(&format!("{gap}{} line {}", row.file, row.line));
            last = &row.file;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use onset_data::RowId;

    #[test]
    fn rows_are_named_by_file_once() {
        let rows = [
            RowId::new("observations.csv", 17),
            RowId::new("observations.csv", 18),
            RowId::new("arms.csv", 3),
        ];
        assert_eq!(
            rows_in_words(&rows),
            "observations.csv line 17, 18; arms.csv line 3"
        );
        assert_eq!(rows_in_words(&[]), "");
    }

    #[test]
    fn hatching_stays_inside() {
        let Item::Path(path) = hatch(10.0, 20.0, 30.0, 50.0) else {
            panic!("not a path")
        };
        assert!(path.pieces.len() > 5);
        for (x, y) in path.pieces.iter().flatten() {
            assert!((10.0..=40.0).contains(x) && (20.0..=70.0).contains(y));
        }
    }
}
