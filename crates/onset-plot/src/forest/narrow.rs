//! The forest plot for a narrow page: each study's numbers stand above its interval.

use super::{Columns, Forest, Mean, Row, cells, marks};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::scene::{Group, Item, Line, Scene, Text};
use crate::{metrics, rob, text, theme};

/// Body of a phone page 390 px wide.
const WIDTH: f64 = 358.0;
const LIGHT: f64 = 27.0;
/// A figure of more rows has its axis at the top as well.
const LONG: usize = 5;

pub(super) fn draw(input: &Forest) -> Scene {
    let axis = marks::axis(input, 10.0, WIDTH - 10.0);
    let sheet = Sheet {
        input,
        axis: &axis,
        heaviest: marks::heaviest(input),
        decimals: cells::mean_decimals(input),
    };
    let mut items: Vec<Item> = Vec::new();
    let top = sheet.header(&mut items);
    let bottom = sheet.body(&mut items, top + 4.0);
    let mut y = bottom + frame::effect_axis(&mut items, &axis, &input.effect, (0.0, WIDTH), bottom) + 8.0;
    for note in &input.notes {
        y = frame::paragraph(&mut items, note, (0.0, y), WIDTH, &style(SMALL, "")) + 3.0;
    }
    for key in cells::keys(input) {
        y = frame::paragraph(&mut items, &key, (0.0, y), WIDTH, &style(SMALL, "soft")) + 2.0;
    }
    input.heading.scene(WIDTH, y.ceil() + 4.0, items)
}

/// What every row needs.
struct Sheet<'a> {
    input: &'a Forest,
    axis: &'a Axis,
    heaviest: f64,
    decimals: usize,
}

/// Name at the left, effect at the right, on one line or two; returns where they end.
fn title_line(items: &mut Vec<Item>, name: &str, effect: &str, y: f64, bold: bool) -> f64 {
    let room = WIDTH - metrics::width(effect, BODY, bold) - 10.0;
    items.push(
        Text {
            bold,
            ..Text::new(WIDTH, y + 15.0, BODY, effect).end()
        }
        .into(),
    );
    let name_style = Text {
        bold,
        ..style(BODY, "")
    };
    frame::paragraph(items, name, (0.0, y + 1.0), room.max(90.0), &name_style)
}

/// A hairline beneath a row.
fn rule(y: f64) -> Item {
    Line::new(0.0, y, WIDTH, y, "rule").into()
}

impl Sheet<'_> {
    /// What the numbers are; returns where rows begin.
    fn header(&self, items: &mut Vec<Item>) -> f64 {
        let (input, effect) = (self.input, &self.input.effect);
        let level = effect.level_name();
        let sides = match (input.treatment.as_str(), input.control.as_str()) {
            ("", "") => String::new(),
            (treatment, control) => format!("; {treatment} v {control}"),
        };
        let title = format!("{} ({level}){sides}", effect.label);
        let mut y = frame::paragraph(items, &title, (0.0, 0.0), WIDTH, &style(BODY, "").bold()) + 2.0;
        let columns = match input.columns {
            Columns::MeanSd => "Beneath each name: n, mean (SD) of each arm",
            Columns::Events => "Beneath each name: events / n of each arm",
            Columns::Numbers => "Beneath each name: n of each arm",
            Columns::None => "",
        };
        y = frame::paragraph(items, columns, (0.0, y), WIDTH, &style(SMALL, "soft"));
        if let Some(r) = effect.important.as_ref().filter(|r| self.axis.holds(r.value)) {
            let text = format!("Dashed line: {} {}", r.label, text::value(r.value, effect.scale));
            y = frame::paragraph(items, &text, (0.0, y), WIDTH, &style(SMALL, "soft"));
        }
        y += 4.0;
        items.push(rule(y));
        if input.blocks.iter().map(|block| block.rows.len()).sum::<usize>() > LONG {
            y = frame::top_axis(items, self.axis, (0.0, WIDTH), y);
        }
        y
    }

    fn body(&self, items: &mut Vec<Item>, top: f64) -> f64 {
        let mut y = top;
        for block in &self.input.blocks {
            if !block.label.is_empty() {
                let bold = style(BODY, "").bold();
                y = frame::paragraph(items, &block.label, (0.0, y + 6.0), WIDTH, &bold) + 2.0;
            }
            for row in &block.rows {
                y = self.study(items, row, y);
            }
            if let Some(mean) = &block.mean {
                y = self.mean(items, mean, y, false);
            }
        }
        for mean in &self.input.means {
            y = self.mean(items, mean, y + 2.0, true);
        }
        y + 4.0
    }

    /// One study; returns where its row ends.
    fn study(&self, items: &mut Vec<Item>, row: &Row, y: f64) -> f64 {
        let input = self.input;
        let mut inside: Vec<Item> = Vec::new();
        let effect = cells::effect_cell(row.effect.as_ref(), input.effect.scale).concat();
        let mut end = title_line(&mut inside, &cells::name(row), &effect, y, false);
        end = self.arms(&mut inside, row, end);
        end = frame::paragraph(&mut inside, &row.note, (0.0, end), WIDTH, &style(SMALL, "soft"));
        end = self.lights(&mut inside, row, end) + 2.0;
        if row.effect.is_some() {
            marks::lines(&mut inside, self.axis, input, end - 1.0, end + 21.0);
            marks::study(
                &mut inside,
                self.axis,
                row,
                &input.effect,
                self.heaviest,
                end + 10.0,
            );
            end += 20.0;
        }
        inside.push(rule(end + 3.0));
        inside.insert(0, frame::hit(0.0, y, WIDTH, end - y + 2.0));
        let group = Group::new(theme::hue(0), inside).titled(super::says(input, row, self.decimals));
        items.push(group.sourced(&row.key, &row.rows).into());
        end + 5.0
    }

    /// Both arms and the weight, small.
    fn arms(&self, items: &mut Vec<Item>, row: &Row, y: f64) -> f64 {
        let columns = self.input.columns;
        let weight = row
            .weight
            .map(|w| format!("weight {}", text::percent(w, 1)))
            .unwrap_or_default();
        if columns == Columns::None && weight.is_empty() {
            return y;
        }
        let room = WIDTH - metrics::width(&weight, SMALL, false) - 10.0;
        items.push(Text::new(WIDTH, y + 12.0, SMALL, weight).end().soft().into());
        let arm = |arm| cells::arm_text(arm, columns, self.decimals);
        let both = match columns {
            Columns::None => " ".to_owned(),
            _ => format!("{} v {}", arm(&row.treatment), arm(&row.control)),
        };
        frame::paragraph(items, &both, (0.0, y), room, &style(SMALL, "soft"))
    }

    /// Lights with their letters, as many on a line as fit; returns where they end.
    fn lights(&self, items: &mut Vec<Item>, row: &Row, y: f64) -> f64 {
        let each = ((WIDTH / LIGHT).floor() as usize).max(1);
        for index in 0..self.input.domains.len() {
            let light = row.lights.get(index).copied().unwrap_or_default();
            let (x, middle) = (
                LIGHT * (index % each) as f64,
                y + 10.0 + 17.0 * (index / each) as f64,
            );
            items.push(
                Text::new(x, middle + 4.0, SMALL, rob::letter(index))
                    .soft()
                    .into(),
            );
            rob::light(items, light, x + 16.0, middle, 6.5);
        }
        y + 17.0 * self.input.domains.len().div_ceil(each) as f64
    }

    /// A diamond with its numbers, then its prediction interval; returns where they end.
    fn mean(&self, items: &mut Vec<Item>, mean: &Mean, y: f64, total: bool) -> f64 {
        let (input, axis) = (self.input, self.axis);
        let mut inside: Vec<Item> = Vec::new();
        let effect = cells::effect_cell(mean.effect.as_ref(), input.effect.scale).concat();
        let mut end = title_line(&mut inside, &mean.label, &effect, y, total);
        let people = mean
            .n_treatment
            .zip(mean.n_control)
            .map(|(a, b)| text::people(a + b));
        let counts = [(mean.k > 0).then(|| text::trials(mean.k)), people];
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        end = frame::paragraph(
            &mut inside,
            &counts.join(", "),
            (0.0, end),
            WIDTH,
            &style(SMALL, "soft"),
        );
        if let Some(i) = &mean.effect {
            marks::lines(&mut inside, axis, input, end - 1.0, end + 21.0);
            let class = if total { "ink" } else { "tint" };
            marks::diamond(&mut inside, axis, i, &input.effect, end + 10.0, class);
            end += 21.0;
        }
        if let Some((lower, upper)) = mean.prediction {
            let range = cells::prediction_cell(lower, upper, input.effect.scale).concat();
            end = title_line(
                &mut inside,
                &input.effect.prediction_name(),
                range.trim(),
                end,
                false,
            );
            marks::lines(&mut inside, axis, input, end - 1.0, end + 18.0);
            marks::prediction(&mut inside, axis, (lower, upper), &input.effect, end + 8.0);
            end += 18.0;
        }
        inside.push(rule(end + 3.0));
        items.push(
            Group::new(theme::hue(0), inside)
                .titled(super::mean_says(input, mean))
                .into(),
        );
        end + 5.0
    }
}
