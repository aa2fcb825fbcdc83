//! The forest plot for a narrow page: each study's numbers stand above its interval.

use super::{Forest, Mean, Row, cells, marks};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::metrics;
use crate::rob;
use crate::scene::{Anchor, Group, Item, Line, Scene, Text};
use crate::{text, theme};

/// Body of a phone page 390 px wide.
const WIDTH: f64 = 358.0;
const LIGHT: f64 = 27.0;
/// A figure of more rows has its axis at the top as well.
const LONG: usize = 5;

pub(super) fn draw(input: &Forest) -> Scene {
    let axis = marks::axis(input, 10.0, WIDTH - 10.0);
    let mut head: Vec<Item> = Vec::new();
    let title = format!(
        "{} ({}); {} v {}",
        input.effect.label,
        input.effect.level_name(),
        input.treatment,
        input.control
    );
    let mut top = frame::paragraph(&mut head, &title, (0.0, 0.0), WIDTH, &style(BODY, "").bold()) + 2.0;
    top = frame::paragraph(
        &mut head,
        column_key(input),
        (0.0, top),
        WIDTH,
        &style(SMALL, "soft"),
    );
    if let Some(r) = input.effect.important.as_ref().filter(|r| axis.holds(r.value)) {
        let text = format!(
            "Dashed line: {} {}",
            r.label,
            text::value(r.value, input.effect.scale)
        );
        top = frame::paragraph(&mut head, &text, (0.0, top), WIDTH, &style(SMALL, "soft"));
    }
    top += 4.0;
    head.push(Line::new(0.0, top, WIDTH, top, "rule").into());
    if input.blocks.iter().map(|b| b.rows.len()).sum::<usize>() > LONG {
        top = frame::top_axis(&mut head, &axis, (0.0, WIDTH), top);
    }
    let mut rows: Vec<Item> = Vec::new();
    let bottom = body(&mut rows, input, &axis, top + 4.0);
    head.extend(rows);
    let mut y = bottom + frame::effect_axis(&mut head, &axis, &input.effect, (0.0, WIDTH), bottom) + 8.0;
    for note in &input.notes {
        y = frame::paragraph(&mut head, note, (0.0, y), WIDTH, &style(SMALL, "")) + 3.0;
    }
    if cells::some_not_reported(input) {
        y = frame::paragraph(
            &mut head,
            "n.r.: not reported.",
            (0.0, y),
            WIDTH,
            &style(SMALL, "soft"),
        ) + 2.0;
    }
    if !input.domains.is_empty() {
        y = frame::paragraph(
            &mut head,
            &cells::domain_key(&input.domains),
            (0.0, y),
            WIDTH,
            &style(SMALL, "soft"),
        );
    }
    input.heading.scene(WIDTH, y.ceil() + 4.0, head)
}

/// What the numbers beneath a study's name are.
fn column_key(input: &Forest) -> &'static str {
    match input.columns {
        super::Columns::MeanSd => "Beneath each study: n, mean (SD) of each arm",
        super::Columns::Events => "Beneath each study: events / n of each arm",
        super::Columns::Numbers => "Beneath each study: n of each arm",
        super::Columns::None => "",
    }
}

fn body(items: &mut Vec<Item>, input: &Forest, axis: &Axis, top: f64) -> f64 {
    let heaviest = marks::heaviest(input);
    let mut y = top;
    for block in &input.blocks {
        if !block.label.is_empty() {
            y = frame::paragraph(
                items,
                &block.label,
                (0.0, y + 6.0),
                WIDTH,
                &style(BODY, "").bold(),
            ) + 2.0;
        }
        for row in &block.rows {
            y = study(items, input, axis, row, heaviest, y);
        }
        if let Some(mean) = &block.mean {
            y = mean_row(items, input, axis, mean, y, false);
        }
    }
    for mean in &input.means {
        y = mean_row(items, input, axis, mean, y + 2.0, true);
    }
    y + 4.0
}

/// Name at the left, effect at the right, on one line or two; returns where they end.
fn title_line(items: &mut Vec<Item>, name: &str, effect: &str, y: f64, bold: bool) -> f64 {
    let room = WIDTH - metrics::width(effect, BODY, bold) - 10.0;
    items.push(
        Text {
            bold,
            ..Text::new(WIDTH, y + 15.0, BODY, effect)
                .anchor(Anchor::End)
                .class("")
        }
        .into(),
    );
    frame::paragraph(
        items,
        name,
        (0.0, y + 1.0),
        room.max(90.0),
        &Text {
            bold,
            ..style(BODY, "")
        },
    )
}

fn study(items: &mut Vec<Item>, input: &Forest, axis: &Axis, row: &Row, heaviest: f64, y: f64) -> f64 {
    let mut inside: Vec<Item> = Vec::new();
    let scale = input.effect.scale;
    let effect = cells::effect_cell(row, scale).concat();
    let mut end = title_line(&mut inside, &cells::name(row), &effect, y, false);
    end = arms(&mut inside, input, row, end);
    end = frame::paragraph(&mut inside, &row.note, (0.0, end), WIDTH, &style(SMALL, "soft"));
    let each = ((WIDTH / LIGHT).floor() as usize).max(1);
    for (index, _) in input.domains.iter().enumerate() {
        let (column, line) = (index % each, index / each);
        let light = row.lights.get(index).copied().unwrap_or_default();
        let (x, at) = (LIGHT * column as f64, end + 10.0 + 17.0 * line as f64);
        inside.push(
            Text::new(x, at + 4.0, SMALL, rob::letter(index))
                .class("soft")
                .into(),
        );
        rob::light(&mut inside, light, x + 16.0, at, 6.5);
    }
    end += 17.0 * input.domains.len().div_ceil(each) as f64 + 2.0;
    if row.effect.is_some() {
        marks::lines(&mut inside, axis, input, end - 1.0, end + 21.0);
        marks::study(&mut inside, axis, row, &input.effect, heaviest, end + 10.0);
        end += 20.0;
    }
    inside.push(Line::new(0.0, end + 3.0, WIDTH, end + 3.0, "rule").into());
    inside.insert(0, frame::hit(0.0, y, WIDTH, end - y + 2.0));
    items.push(
        Group {
            class: theme::hue(0),
            title: super::says(input, row),
            rows: row.rows.clone(),
            key: row.key.clone(),
            focusable: true,
            items: inside,
            ..Group::default()
        }
        .into(),
    );
    end + 5.0
}

/// Both arms and the weight, small.
fn arms(items: &mut Vec<Item>, input: &Forest, row: &Row, y: f64) -> f64 {
    let decimals = cells::mean_decimals(input);
    let weight = row
        .weight
        .map_or(String::new(), |w| format!("weight {}", text::percent(w, 1)));
    if input.columns == super::Columns::None && weight.is_empty() {
        return y;
    }
    let room = WIDTH - metrics::width(&weight, SMALL, false) - 10.0;
    items.push(
        Text::new(WIDTH, y + 12.0, SMALL, weight)
            .anchor(Anchor::End)
            .class("soft")
            .into(),
    );
    let arm = |arm| cells::arm_text(arm, input.columns, decimals);
    let both = match input.columns {
        super::Columns::None => " ".to_owned(),
        _ => format!("{} v {}", arm(&row.treatment), arm(&row.control)),
    };
    frame::paragraph(items, &both, (0.0, y), room, &style(SMALL, "soft"))
}

fn mean_row(items: &mut Vec<Item>, input: &Forest, axis: &Axis, mean: &Mean, y: f64, total: bool) -> f64 {
    let mut inside: Vec<Item> = Vec::new();
    let effect = cells::mean_cell(mean, input.effect.scale).concat();
    let mut end = title_line(&mut inside, &mean.label, &effect, y, total);
    let people = mean
        .n_treatment
        .zip(mean.n_control)
        .map(|(a, b)| text::people(a + b));
    let counts: Vec<String> = [(mean.k > 0).then(|| text::trials(mean.k)), people]
        .into_iter()
        .flatten()
        .collect();
    end = frame::paragraph(
        &mut inside,
        &counts.join(", "),
        (0.0, end),
        WIDTH,
        &style(SMALL, "soft"),
    );
    if let Some(i) = &mean.effect {
        marks::lines(&mut inside, axis, input, end - 1.0, end + 21.0);
        marks::diamond(
            &mut inside,
            axis,
            i,
            &input.effect,
            end + 10.0,
            if total { "ink" } else { "tint" },
        );
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
    inside.push(Line::new(0.0, end + 3.0, WIDTH, end + 3.0, "rule").into());
    items.push(
        Group {
            class: theme::hue(0),
            title: super::mean_says(input, mean),
            items: inside,
            ..Group::default()
        }
        .into(),
    );
    end + 5.0
}
