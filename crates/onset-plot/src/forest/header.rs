//! Headers of the columns of a wide forest plot, bottom-aligned above a hairline.

use super::layout::{GAP, LIGHT, Layout};
use super::{Forest, cells, marks};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL};
use crate::scene::{Anchor, Item, Line, Text};
use crate::{metrics, rob};

const LINE: f64 = 17.0;
/// A figure of more rows has its axis at the top as well.
const LONG: usize = 20;

/// What stands above one or more columns.
struct Head {
    lines: Vec<String>,
    x: f64,
    anchor: Anchor,
    /// True where a second header stands beneath it: n, mean (SD), letters.
    raised: bool,
}

/// Draws the headers; returns where rows begin.
pub(super) fn header(items: &mut Vec<Item>, input: &Forest, layout: &Layout, axis: &Axis) -> f64 {
    let heads = heads(input, layout);
    let important = marks::important_label(input, axis, layout.plot);
    let tallest = heads
        .iter()
        .map(|head| head.lines.len() + usize::from(head.raised))
        .max();
    let lines = tallest.unwrap_or(1).max(if important.is_empty() { 1 } else { 2 });
    let base = lines as f64 * LINE + 2.0;
    for head in heads {
        let foot = if head.raised { base - LINE } else { base } - 4.0;
        let count = head.lines.len();
        for (i, line) in head.lines.into_iter().enumerate() {
            let y = foot - (count - 1 - i) as f64 * LINE;
            items.push(Text::new(head.x, y, BODY, line).bold().anchor(head.anchor).into());
        }
    }
    small_heads(items, input, layout, base - 4.0);
    items.extend(important.into_iter().map(|text| {
        Item::Text(Text {
            y: base - 4.0 + text.y,
            ..text
        })
    }));
    let mut y = base + 3.0;
    items.push(Line::new(0.0, y, layout.width, y, "rule").into());
    if input.blocks.iter().map(|block| block.rows.len()).sum::<usize>() > LONG {
        y = frame::top_axis(items, axis, layout.plot, y);
    }
    y + 4.0
}

fn heads(input: &Forest, layout: &Layout) -> Vec<Head> {
    let head = |lines, x, anchor, raised| Head {
        lines,
        x,
        anchor,
        raised,
    };
    let names = if input.rows_header.is_empty() {
        "Study"
    } else {
        &input.rows_header
    };
    let names = metrics::wrap(names, BODY, true, layout.name);
    let mut out = vec![head(names, 0.0, Anchor::Start, false)];
    let [treatment, control] = &layout.arms;
    let (first, second) = (treatment.first().map(|c| c.0), control.first().map(|c| c.0));
    for (name, start, end) in [(&input.treatment, first, second), (&input.control, second, None)] {
        if let Some(start) = start {
            let room = end.unwrap_or(layout.plot.0) - GAP - start + 0.5;
            out.push(head(
                metrics::wrap(name, BODY, true, room),
                start,
                Anchor::Start,
                true,
            ));
        }
    }
    let wide = layout.effect.1.width();
    let title = format!("{} ({})", input.effect.label, input.effect.level_name());
    out.push(head(
        metrics::wrap(&title, BODY, true, wide),
        layout.effect.0 + wide,
        Anchor::End,
        false,
    ));
    if let Some(x) = layout.weight {
        out.push(head(
            vec!["Weight,".to_owned(), "%".to_owned()],
            x,
            Anchor::End,
            false,
        ));
    }
    if !input.domains.is_empty() {
        let room = f64::max(LIGHT * input.domains.len() as f64, 44.0);
        out.push(head(
            metrics::wrap("Risk of bias", BODY, true, room),
            layout.lights,
            Anchor::Start,
            true,
        ));
    }
    out
}

/// n, mean (SD), letters of domains.
fn small_heads(items: &mut Vec<Item>, input: &Forest, layout: &Layout, y: f64) {
    for columns in &layout.arms {
        for ((x, column), title) in columns.iter().zip(cells::arm_headers(input.columns)) {
            items.push(
                Text::new(x + column.width(), y, SMALL, *title)
                    .soft()
                    .end()
                    .into(),
            );
        }
    }
    for index in 0..input.domains.len() {
        items.push(
            Text::new(layout.light(index), y, SMALL, rob::letter(index))
                .soft()
                .middle()
                .into(),
        );
    }
}
