//! The forest plot for a wide page: all columns side by side.

use super::cells::{self, PartColumn};
use super::header::header;
use super::layout::{GAP, Layout, layout};
use super::{Columns, Forest, Mean, Row, marks};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::scene::{Anchor, Group, Item, Line, Scene, Text};
use crate::{rob, theme};

/// A row of one line.
const ROW: f64 = 24.0;

pub(super) fn draw(input: &Forest) -> Scene {
    let layout = layout(input);
    let axis = marks::axis(input, layout.plot.0 + 8.0, layout.plot.1 - 8.0);
    let sheet = Sheet {
        input,
        layout: &layout,
        axis: &axis,
        heaviest: marks::heaviest(input),
    };
    let mut items: Vec<Item> = Vec::new();
    let top = header(&mut items, input, &layout, &axis);
    let mut rows: Vec<Item> = Vec::new();
    let bottom = sheet.body(&mut rows, top);
    marks::lines(&mut items, &axis, input, top, bottom);
    items.extend(rows);
    let axis_height = frame::effect_axis(&mut items, &axis, &input.effect, layout.plot, bottom);
    let height = sheet.foot(&mut items, bottom, bottom + axis_height);
    input.heading.scene(layout.width, height, items)
}

/// What every row needs.
struct Sheet<'a> {
    input: &'a Forest,
    layout: &'a Layout,
    axis: &'a Axis,
    heaviest: f64,
}

impl Sheet<'_> {
    /// All rows; returns where they end.
    fn body(&self, items: &mut Vec<Item>, top: f64) -> f64 {
        let mut y = top;
        for block in &self.input.blocks {
            if !block.label.is_empty() {
                let room = self.layout.plot.0 - GAP;
                let bold = style(BODY, "").bold();
                y = frame::paragraph(items, &block.label, (0.0, y + 6.0), room, &bold) + 2.0;
            }
            for row in &block.rows {
                y = self.study(items, row, y);
            }
            if let Some(mean) = &block.mean {
                y = self.mean(items, mean, y, false) + 4.0;
            }
        }
        if !self.input.means.is_empty() {
            items.push(Line::new(0.0, y + 3.0, self.layout.width, y + 3.0, "rule").into());
            y += 6.0;
        }
        for mean in &self.input.means {
            y = self.mean(items, mean, y, true);
        }
        y + 4.0
    }

    /// One study; returns where its row ends.
    fn study(&self, items: &mut Vec<Item>, row: &Row, y: f64) -> f64 {
        let (input, layout) = (self.input, self.layout);
        let mut inside: Vec<Item> = Vec::new();
        let height = self.name(&mut inside, row, y);
        let (base, middle) = (y + 16.5, y + 12.0);
        for (columns, arm) in layout.arms.iter().zip([&row.treatment, &row.control]) {
            let list = cells::arm_cells(arm, input.columns, layout.decimals);
            for ((x, column), cell) in columns.iter().zip(list) {
                inside.push(parts(column, &cell, *x, base));
            }
        }
        marks::study(&mut inside, self.axis, row, &input.effect, self.heaviest, middle);
        self.numbers(
            &mut inside,
            &cells::effect_cell(row.effect.as_ref(), input.effect.scale),
            row.weight,
            base,
        );
        for index in 0..input.domains.len() {
            let light = row.lights.get(index).copied().unwrap_or_default();
            rob::light(&mut inside, light, layout.light(index), middle, 7.5);
        }
        inside.insert(0, frame::hit(0.0, y, layout.width, height));
        let group = Group::new(theme::hue(0), inside).titled(super::says(input, row, layout.decimals));
        items.push(group.sourced(&row.key, &row.rows).into());
        y + height
    }

    /// A study's name and note; returns the height of its row.
    fn name(&self, items: &mut Vec<Item>, row: &Row, y: f64) -> f64 {
        let left = self.layout.indent;
        let room = self.layout.name - left;
        let end = frame::paragraph(items, &cells::name(row), (left, y + 3.0), room, &style(BODY, ""));
        let below = match self.input.columns {
            Columns::None => room,
            _ => self.layout.plot.0 - GAP - left,
        };
        let end = frame::paragraph(items, &row.note, (left, end - 2.0), below, &style(SMALL, "soft"));
        f64::max(end - y + 3.0, ROW)
    }

    /// Effect and weight, in their columns.
    fn numbers(&self, items: &mut Vec<Item>, effect: &[String], weight: Option<f64>, y: f64) {
        let (x, column) = &self.layout.effect;
        items.push(parts(column, effect, *x, y));
        if let Some(x) = self.layout.weight {
            items.push(Text::new(x, y, BODY, cells::weight(weight)).end().into());
        }
    }

    /// A diamond with its numbers, then its prediction interval; returns where they end.
    fn mean(&self, items: &mut Vec<Item>, mean: &Mean, y: f64, total: bool) -> f64 {
        let (input, layout) = (self.input, self.layout);
        let mut inside: Vec<Item> = Vec::new();
        let left = if total { 0.0 } else { layout.indent };
        let text = Text {
            bold: total,
            ..style(BODY, "")
        };
        let room = layout.label_room(mean, input) - left;
        let end = frame::paragraph(&mut inside, &mean.label, (left, y + 3.0), room, &text);
        let height = f64::max(end - y + 3.0, ROW);
        let (base, middle) = (y + 16.5, y + 12.0);
        for (columns, n) in layout.arms.iter().zip([mean.n_treatment, mean.n_control]) {
            let cell = cells::mean_arm_cells(n, input.columns);
            inside.extend(
                columns
                    .first()
                    .zip(cell)
                    .map(|((x, column), cell)| parts(column, &cell, *x, base)),
            );
        }
        let class = if total { "ink" } else { "tint" };
        if let Some(i) = &mean.effect {
            marks::diamond(&mut inside, self.axis, i, &input.effect, middle, class);
        }
        self.numbers(
            &mut inside,
            &cells::effect_cell(mean.effect.as_ref(), input.effect.scale),
            mean.weight,
            base,
        );
        let end = self.prediction(&mut inside, mean, left, y + height);
        let group = Group::new(theme::hue(0), inside).titled(super::mean_says(input, mean));
        items.push(group.into());
        end
    }

    /// A row of its own for the prediction interval, if there is one; returns where it ends.
    fn prediction(&self, items: &mut Vec<Item>, mean: &Mean, left: f64, y: f64) -> f64 {
        let effect = &self.input.effect;
        let Some((lower, upper)) = mean.prediction else {
            return y;
        };
        items.push(
            Text::new(left, y + 14.0, BODY, effect.prediction_name())
                .soft()
                .into(),
        );
        marks::prediction(items, self.axis, (lower, upper), effect, y + 9.5);
        let (x, column) = &self.layout.effect;
        items.push(parts(
            column,
            &cells::prediction_cell(lower, upper, effect.scale),
            *x,
            y + 14.0,
        ));
        y + 22.0
    }

    /// Sentences and keys: beside the axis where there is room, else beneath it.
    fn foot(&self, items: &mut Vec<Item>, bottom: f64, axis_end: f64) -> f64 {
        let (input, width) = (self.input, self.layout.width);
        let beside = self.layout.plot.0 - 2.0 * GAP;
        let fits = beside >= 300.0;
        let (mut y, room) = if fits {
            (bottom + 6.0, beside)
        } else {
            (axis_end + 8.0, width)
        };
        for note in &input.notes {
            y = frame::paragraph(items, note, (0.0, y), room, &style(SMALL, "")) + 3.0;
        }
        y = f64::max(y, axis_end) + 4.0;
        for key in cells::keys(input) {
            y = frame::paragraph(items, &key, (0.0, y), width, &style(SMALL, "soft")) + 2.0;
        }
        y.ceil() + 4.0
    }
}

/// Parts of a cell, each ending at its own place.
fn parts(column: &PartColumn, cell: &[String], x: f64, y: f64) -> Item {
    let spans = column.spans(cell, x);
    let spans = spans.into_iter().filter(|(_, part)| !part.is_empty()).collect();
    Item::Text(Text {
        spans,
        y,
        size: BODY,
        anchor: Anchor::End,
        ..Text::default()
    })
}
