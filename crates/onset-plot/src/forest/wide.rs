//! The forest plot for a wide page: all columns side by side.

use super::cells::{self, PartColumn};
use super::{Forest, Mean, Row, marks};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::metrics;
use crate::rob;
use crate::scene::{Anchor, Group, Item, Line, Scene, Text};
use crate::theme;

/// Width the figure tries to have.
const WIDTH: f64 = 1040.0;
const PLOT: (f64, f64) = (260.0, 420.0);
const NAME: (f64, f64) = (110.0, 230.0);
/// A mean's label widens the names' column up to this.
const LABEL: f64 = 180.0;
/// A figure of more rows has its axis at the top as well.
const LONG: usize = 20;
const LINE: f64 = 17.0;
const GAP: f64 = 18.0;
const LIGHT: f64 = 19.0;

/// Where every column stands.
struct Layout {
    name: f64,
    arms: [Vec<(f64, PartColumn)>; 2],
    plot: (f64, f64),
    effect: (f64, PartColumn),
    weight: Option<f64>,
    lights: f64,
    width: f64,
    decimals: usize,
}

pub(super) fn draw(input: &Forest) -> Scene {
    let layout = layout(input);
    let axis = marks::axis(input, layout.plot.0 + 8.0, layout.plot.1 - 8.0);
    let (head, top) = header(input, &layout, &axis);
    let mut rows: Vec<Item> = Vec::new();
    let bottom = body(&mut rows, input, &layout, &axis, top);
    let mut items = head;
    marks::lines(&mut items, &axis, input, top, bottom);
    items.extend(rows);
    let axis_height = frame::effect_axis(&mut items, &axis, &input.effect, layout.plot, bottom);
    let height = foot(&mut items, input, &layout, bottom, bottom + axis_height);
    input.heading.scene(layout.width, height, items)
}

fn layout(input: &Forest) -> Layout {
    let scale = input.effect.scale;
    let decimals = cells::mean_decimals(input);
    let rows: Vec<&Row> = input.blocks.iter().flat_map(|b| &b.rows).collect();
    let names = rows
        .iter()
        .map(|row| metrics::width(&cells::name(row), BODY, false) + indent(input));
    let labels = all_means(input)
        .into_iter()
        .map(|m| metrics::width(&m.label, BODY, true).min(LABEL));
    let name = names.chain(labels).fold(NAME.0, f64::max).min(NAME.1);
    let mut x = name + GAP;
    let totals = all_means(input);
    let mut arm = |treated: bool, header: &str| {
        let of = |row: &Row| if treated { row.treatment } else { row.control };
        let total = |mean: &Mean| if treated { mean.n_treatment } else { mean.n_control };
        let mut columns = Vec::new();
        let left = x;
        for (index, title) in cells::arm_headers(input.columns).iter().enumerate() {
            let mut list: Vec<Vec<String>> = rows
                .iter()
                .filter_map(|row| {
                    cells::arm_cells(&of(row), input.columns, decimals)
                        .into_iter()
                        .nth(index)
                })
                .collect();
            if index == 0 {
                list.extend(
                    totals
                        .iter()
                        .filter_map(|m| cells::mean_arm_cells(total(m), input.columns)),
                );
            }
            let column =
                PartColumn::of(list.iter().map(Vec::as_slice)).at_least(metrics::width(title, SMALL, false));
            let wide = column.width();
            columns.push((x, column));
            x += wide + 12.0;
        }
        if !columns.is_empty() {
            // A long treatment's name may take three lines; no word of it is wider than its columns.
            let word = metrics::widest(header.split_whitespace(), BODY, true).min(150.0);
            x = f64::max(
                x - 12.0,
                left + f64::max(word, metrics::width(header, BODY, true) / 2.6),
            ) + GAP;
        }
        columns
    };
    let arms = [arm(true, &input.treatment), arm(false, &input.control)];
    let mut list: Vec<Vec<String>> = rows.iter().map(|row| cells::effect_cell(row, scale)).collect();
    for mean in &totals {
        list.push(cells::mean_cell(mean, scale));
        list.extend(
            mean.prediction
                .map(|(lower, upper)| cells::prediction_cell(lower, upper, scale)),
        );
    }
    let effect = PartColumn::of(list.iter().map(Vec::as_slice)).at_least(110.0);
    let weighed = rows.iter().any(|row| row.weight.is_some());
    let weight = if weighed { GAP + 44.0 } else { 0.0 };
    let lights = if input.domains.is_empty() {
        0.0
    } else {
        GAP + LIGHT * input.domains.len() as f64
    };
    let right = 14.0 + effect.width() + weight + lights;
    let plot_width = (WIDTH - x - right).clamp(PLOT.0, PLOT.1);
    let plot = (x, x + plot_width);
    let effect_left = plot.1 + 14.0;
    let weight_right = effect_left + effect.width() + weight;
    Layout {
        name,
        arms,
        plot,
        effect: (effect_left, effect),
        weight: weighed.then_some(weight_right),
        lights: weight_right + GAP,
        width: (weight_right + lights).ceil(),
        decimals,
    }
}

fn indent(input: &Forest) -> f64 {
    if input.blocks.iter().any(|block| !block.label.is_empty()) {
        10.0
    } else {
        0.0
    }
}

fn all_means(input: &Forest) -> Vec<&Mean> {
    input
        .blocks
        .iter()
        .filter_map(|b| b.mean.as_ref())
        .chain(&input.means)
        .collect()
}

/// Headers, bottom-aligned above a hairline; returns them and where rows begin.
fn header(input: &Forest, layout: &Layout, axis: &Axis) -> (Vec<Item>, f64) {
    let mut items = Vec::new();
    let names = [&input.treatment, &input.control];
    // What stands above which column: lines, x, anchor, whether bold.
    let mut heads: Vec<(Vec<String>, f64, Anchor)> = vec![(vec!["Study".to_owned()], 0.0, Anchor::Start)];
    let below = if layout.arms.iter().any(|a| !a.is_empty()) {
        LINE
    } else {
        0.0
    };
    for (index, (columns, name)) in layout.arms.iter().zip(names).enumerate() {
        let (Some(first), next) = (
            columns.first(),
            layout.arms.get(index + 1).and_then(|a| a.first()),
        ) else {
            continue;
        };
        let end = next.map_or(layout.plot.0, |n| n.0) - GAP + 0.5;
        heads.push((
            metrics::wrap(name, BODY, true, end - first.0),
            first.0,
            Anchor::Start,
        ));
    }
    let (effect_left, effect_width) = (layout.effect.0, layout.effect.1.width());
    let effect_title = format!("{} ({})", input.effect.label, input.effect.level_name());
    heads.push((
        metrics::wrap(&effect_title, BODY, true, effect_width),
        effect_left + effect_width,
        Anchor::End,
    ));
    if let Some(x) = layout.weight {
        heads.push((vec!["Weight,".to_owned(), "%".to_owned()], x, Anchor::End));
    }
    if !input.domains.is_empty() {
        let room = f64::max(LIGHT * input.domains.len() as f64, 44.0);
        heads.push((
            metrics::wrap("Risk of bias", BODY, true, room),
            layout.lights,
            Anchor::Start,
        ));
    }
    let most = heads.iter().map(|h| h.0.len()).max().unwrap_or(1) as f64;
    let important = marks::important_label(input, axis, layout.plot);
    let base = f64::max(
        most * LINE + below,
        if important.is_empty() { 0.0 } else { 2.0 * LINE },
    ) + 2.0;
    for (index, (lines, x, anchor)) in heads.into_iter().enumerate() {
        let raised = (1..=2).contains(&index) && below > 0.0;
        let lights = anchor == Anchor::Start && !raised && index > 0;
        let foot = if raised || lights { base - LINE } else { base };
        let count = lines.len();
        for (i, line) in lines.into_iter().enumerate() {
            let y = foot - (count - 1 - i) as f64 * LINE - 4.0;
            items.push(Text::new(x, y, BODY, line).bold().anchor(anchor).into());
        }
    }
    for columns in &layout.arms {
        for ((x, column), title) in columns.iter().zip(cells::arm_headers(input.columns)) {
            let text = Text::new(x + column.width(), base - 4.0, SMALL, *title)
                .class("soft")
                .anchor(Anchor::End);
            items.push(text.into());
        }
    }
    for (index, _) in input.domains.iter().enumerate() {
        let x = layout.lights + LIGHT * (index as f64 + 0.5);
        items.push(
            Text::new(x, base - 4.0, SMALL, rob::letter(index))
                .class("soft")
                .anchor(Anchor::Middle)
                .into(),
        );
    }
    for text in important {
        items.push(
            Text {
                y: base - 4.0 + text.y,
                ..text
            }
            .into(),
        );
    }
    let mut y = base + 3.0;
    items.push(Line::new(0.0, y, layout.width, y, "rule").into());
    if input.blocks.iter().map(|b| b.rows.len()).sum::<usize>() > LONG {
        y = frame::top_axis(&mut items, axis, layout.plot, y);
    }
    (items, y + 4.0)
}

/// All rows; returns where they end.
fn body(items: &mut Vec<Item>, input: &Forest, layout: &Layout, axis: &Axis, top: f64) -> f64 {
    let heaviest = marks::heaviest(input);
    let mut y = top;
    for block in &input.blocks {
        if !block.label.is_empty() {
            y += 6.0;
            let room = layout.plot.0 - GAP;
            y = frame::paragraph(items, &block.label, (0.0, y), room, &style(BODY, "").bold()) + 2.0;
        }
        for row in &block.rows {
            y = study(items, input, layout, axis, row, heaviest, y);
        }
        if let Some(mean) = &block.mean {
            y = mean_row(items, input, layout, axis, mean, y, false) + 4.0;
        }
    }
    if !input.means.is_empty() {
        y += 3.0;
        items.push(Line::new(0.0, y, layout.width, y, "rule").into());
        y += 3.0;
    }
    for mean in &input.means {
        y = mean_row(items, input, layout, axis, mean, y, true);
    }
    y + 4.0
}

/// One study; returns where its row ends.
fn study(
    items: &mut Vec<Item>,
    input: &Forest,
    layout: &Layout,
    axis: &Axis,
    row: &Row,
    heaviest: f64,
    y: f64,
) -> f64 {
    let mut inside: Vec<Item> = Vec::new();
    let shift = indent(input);
    let name = cells::name(row);
    let room = layout.name - shift;
    let mut end = frame::paragraph(&mut inside, &name, (shift, y + 3.0), room, &style(BODY, ""));
    let note_room = if input.columns == super::Columns::None {
        room
    } else {
        layout.plot.0 - GAP - shift
    };
    end = frame::paragraph(
        &mut inside,
        &row.note,
        (shift, end - 2.0),
        note_room,
        &style(SMALL, "soft"),
    );
    let height = f64::max(end - y + 3.0, 24.0);
    let base = y + 16.5;
    let middle = y + 12.0;
    for (columns, arm) in layout.arms.iter().zip([&row.treatment, &row.control]) {
        let list = cells::arm_cells(arm, input.columns, layout.decimals);
        for ((x, column), cell) in columns.iter().zip(list) {
            inside.push(parts(column, &cell, *x, base, false));
        }
    }
    marks::study(&mut inside, axis, row, &input.effect, heaviest, middle);
    let cell = cells::effect_cell(row, input.effect.scale);
    inside.push(parts(&layout.effect.1, &cell, layout.effect.0, base, false));
    if let Some(x) = layout.weight {
        inside.push(
            Text::new(x, base, BODY, cells::weight(row.weight))
                .anchor(Anchor::End)
                .into(),
        );
    }
    for index in 0..input.domains.len() {
        let light = row.lights.get(index).copied().unwrap_or_default();
        rob::light(
            &mut inside,
            light,
            layout.lights + LIGHT * (index as f64 + 0.5),
            middle,
            7.5,
        );
    }
    inside.insert(0, frame::hit(0.0, y, layout.width, height));
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
    y + height
}

/// Parts of a cell, each ending at its own place.
fn parts(column: &PartColumn, cell: &[String], x: f64, y: f64, bold: bool) -> Item {
    let spans = column
        .spans(cell, x)
        .into_iter()
        .filter(|(_, part)| !part.is_empty())
        .collect();
    Item::Text(Text {
        spans,
        y,
        size: BODY,
        bold,
        anchor: Anchor::End,
        class: "",
    })
}

/// A diamond with its numbers, then its prediction interval; returns where they end.
fn mean_row(
    items: &mut Vec<Item>,
    input: &Forest,
    layout: &Layout,
    axis: &Axis,
    mean: &Mean,
    y: f64,
    total: bool,
) -> f64 {
    let mut inside: Vec<Item> = Vec::new();
    let shift = if total { 0.0 } else { indent(input) };
    let bold = total;
    let room = label_room(layout, mean, input) - shift;
    let text = Text {
        bold,
        ..style(BODY, "")
    };
    let end = frame::paragraph(&mut inside, &mean.label, (shift, y + 3.0), room, &text);
    let height = f64::max(end - y + 3.0, 24.0);
    let (base, middle) = (y + 16.5, y + 12.0);
    for (columns, n) in layout.arms.iter().zip([mean.n_treatment, mean.n_control]) {
        if let (Some((x, column)), Some(cell)) = (columns.first(), cells::mean_arm_cells(n, input.columns)) {
            inside.push(parts(column, &cell, *x, base, false));
        }
    }
    let class = if total { "ink" } else { "tint" };
    if let Some(i) = &mean.effect {
        marks::diamond(&mut inside, axis, i, &input.effect, middle, class);
    }
    let cell = cells::mean_cell(mean, input.effect.scale);
    inside.push(parts(&layout.effect.1, &cell, layout.effect.0, base, false));
    if let Some(x) = layout.weight {
        inside.push(
            Text::new(x, base, BODY, cells::weight(mean.weight))
                .anchor(Anchor::End)
                .into(),
        );
    }
    let mut end = y + height;
    if let Some((lower, upper)) = mean.prediction {
        inside.push(
            Text::new(shift, end + 14.0, BODY, input.effect.prediction_name())
                .class("soft")
                .into(),
        );
        marks::prediction(&mut inside, axis, (lower, upper), &input.effect, end + 9.5);
        let cell = cells::prediction_cell(lower, upper, input.effect.scale);
        inside.push(parts(&layout.effect.1, &cell, layout.effect.0, end + 14.0, false));
        end += 22.0;
    }
    let title = super::mean_says(input, mean);
    items.push(
        Group {
            class: theme::hue(0),
            title,
            items: inside,
            ..Group::default()
        }
        .into(),
    );
    end
}

/// A mean's label may run to the first number of its row.
fn label_room(layout: &Layout, mean: &Mean, input: &Forest) -> f64 {
    let counts = [mean.n_treatment, mean.n_control];
    let printed = |(arm, n): (&Vec<(f64, PartColumn)>, Option<u64>)| {
        cells::mean_arm_cells(n, input.columns).and_then(|_| arm.first().map(|(x, _)| *x))
    };
    let first = layout.arms.iter().zip(counts).find_map(printed);
    first.unwrap_or(layout.plot.0) - GAP
}

/// Sentences and keys: beside the axis where there is room, else beneath it.
fn foot(items: &mut Vec<Item>, input: &Forest, layout: &Layout, bottom: f64, axis_end: f64) -> f64 {
    let beside = layout.plot.0 - 2.0 * GAP;
    let (mut y, room) = if beside >= 300.0 {
        (bottom + 6.0, beside)
    } else {
        (axis_end + 8.0, layout.width)
    };
    for note in &input.notes {
        y = frame::paragraph(items, note, (0.0, y), room, &style(SMALL, "")) + 3.0;
    }
    y = f64::max(y, axis_end) + 4.0;
    if cells::some_not_reported(input) {
        y = frame::paragraph(
            items,
            "n.r.: not reported.",
            (0.0, y),
            layout.width,
            &style(SMALL, "soft"),
        ) + 2.0;
    }
    if !input.domains.is_empty() {
        y = frame::paragraph(
            items,
            &cells::domain_key(&input.domains),
            (0.0, y),
            layout.width,
            &style(SMALL, "soft"),
        );
    }
    y.ceil() + 4.0
}
