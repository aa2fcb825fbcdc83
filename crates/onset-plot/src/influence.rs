//! Influence: one small plot a measure, studies from top to bottom, limits as dashed lines.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::Heading;
use crate::scene::{Circle, Group, Item, Line, Scene, Text};
use crate::{metrics, text, theme};
use onset_data::RowId;

/// Studies by measures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InfluencePanel {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Measures, from left to right.
    pub measures: Vec<Measure>,
    /// Studies, from top to bottom.
    pub studies: Vec<InfluenceRow>,
    /// Sentences beneath.
    pub note: String,
}

/// One measure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measure {
    /// Above its plot: "Cook's distance".
    pub label: String,
    /// Dashed lines.
    pub limits: Vec<f64>,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InfluenceRow {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// One value a measure; `None` where it does not exist.
    pub values: Vec<Option<f64>>,
    /// Filled: beyond a limit.
    pub influential: bool,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// The figure, 640 px wide: up to four plots beside each other.
pub fn influence_panel(input: &InfluencePanel) -> Scene {
    draw(input, 640.0, 4)
}

/// The figure for a narrow page (358 px): two plots beside each other.
pub fn influence_panel_narrow(input: &InfluencePanel) -> Scene {
    draw(input, 358.0, 2)
}

const ROW: f64 = 17.0;
const GAP: f64 = 22.0;

fn draw(input: &InfluencePanel, width: f64, across: usize) -> Scene {
    if input.studies.is_empty() || input.measures.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let names = metrics::widest(input.studies.iter().map(|s| s.label.as_str()), SMALL, false);
    let room = (width * 0.34).min(names + 16.0);
    let each = (width - room - 26.0 - GAP * (across as f64 - 1.0)) / across as f64;
    let mut items: Vec<Item> = Vec::new();
    let mut top = 0.0;
    for (block, measures) in input.measures.chunks(across).enumerate() {
        let rows = rows(&mut items, input, room, top + 44.0);
        for (column, measure) in measures.iter().enumerate() {
            let left = room + 6.0 + column as f64 * (each + GAP);
            let plot = Plot {
                measure,
                index: block * across + column,
                span: (left, left + each),
                top: top + 44.0,
            };
            plot.draw(&mut items, input, &rows);
        }
        top = rows.last().copied().unwrap_or(top) + 50.0;
    }
    let end = frame::paragraph(&mut items, &input.note, (0.0, top), width, &style(SMALL, "soft"));
    input.heading.scene(width, end.ceil() + 4.0, items)
}

/// Names of the studies, wrapped; the middle of each row.
fn rows(items: &mut Vec<Item>, input: &InfluencePanel, room: f64, top: f64) -> Vec<f64> {
    let mut y = top;
    let mut middles = Vec::new();
    for study in &input.studies {
        let lines = metrics::wrap(&study.label, SMALL, study.influential, room - 14.0);
        let height = ROW.max(15.0 * lines.len() as f64 + 2.0);
        middles.push(y + height / 2.0);
        let first = y + height / 2.0 - 7.5 * (lines.len() as f64 - 1.0) + 4.0;
        for (line, at) in lines.into_iter().zip(0..) {
            let label = Text::new(0.0, first + 15.0 * f64::from(at), SMALL, line);
            items.push(if study.influential { label.bold() } else { label }.into());
        }
        y += height;
    }
    middles
}

struct Plot<'a> {
    measure: &'a Measure,
    index: usize,
    span: (f64, f64),
    top: f64,
}

impl Plot<'_> {
    fn draw(&self, items: &mut Vec<Item>, input: &InfluencePanel, rows: &[f64]) {
        let (left, right) = self.span;
        let value = |study: &InfluenceRow| {
            let value = study.values.get(self.index).copied().flatten();
            value.filter(|v| v.is_finite())
        };
        let values: Vec<f64> = input.studies.iter().filter_map(value).collect();
        let bottom = rows.last().copied().unwrap_or(self.top) + ROW / 2.0;
        let lines = metrics::wrap(&self.measure.label, SMALL, true, right - left);
        for (line, at) in lines.into_iter().rev().zip(0..) {
            let y = self.top - 8.0 - 14.0 * f64::from(at);
            items.push(Text::new(left, y, SMALL, line).bold().into());
        }
        items.push(Line::new(left, bottom, right, bottom, "axis").into());
        if values.is_empty() {
            return;
        }
        let lo = values.iter().copied().fold(0.0, f64::min);
        let hi = values.iter().copied().fold(0.0, f64::max);
        let pad = if hi > lo { (hi - lo) * 0.04 } else { 1.0 };
        let low = if lo < 0.0 { lo - pad } else { 0.0 };
        let axis = Axis::new(low, hi + pad, left, right, false).rounded(58.0);
        self.ticks(items, &axis, bottom);
        for limit in self.measure.limits.iter().filter(|l| axis.holds(**l)) {
            let x = axis.at(*limit);
            items.push(Line::new(x, self.top, x, bottom, "dash").into());
        }
        for (study, &y) in input.studies.iter().zip(rows) {
            if let Some(v) = value(study) {
                items.push(self.mark(study, v, axis.held(v), y));
            }
        }
    }

    fn ticks(&self, items: &mut Vec<Item>, axis: &Axis, bottom: f64) {
        let (left, right) = self.span;
        let mut last = f64::NEG_INFINITY;
        for tick in axis.ticks(58.0) {
            let x = axis.at(tick.value);
            items.push(Line::new(x, bottom, x, bottom + 4.0, "axis").into());
            let half = metrics::width(&tick.label, SMALL, false) / 2.0;
            let inside = x - half > left - GAP / 2.0 && x + half < right + GAP / 2.0 - 1.0;
            if inside && x - half > last + 4.0 {
                last = x + half;
                items.push(Text::new(x, bottom + 17.0, SMALL, tick.label).middle().into());
            }
        }
        if axis.holds(0.0) && axis.limits().0 < 0.0 {
            let x = axis.at(0.0);
            items.push(Line::new(x, self.top, x, bottom, "rule").into());
        }
    }

    fn mark(&self, study: &InfluenceRow, value: f64, x: f64, y: f64) -> Item {
        let mut title = format!(
            "{}: {} {}",
            study.label,
            self.measure.label,
            text::number(value, 3)
        );
        if !study.rows.is_empty() {
            title = format!("{title}; {}", frame::rows_in_words(&study.rows));
        }
        let class = if study.influential { "edged" } else { "open" };
        let items = vec![
            Circle::new(x, y, 8.0, "hit").into(),
            Circle::new(x, y, 4.0, class).into(),
        ];
        Group::new(theme::hue(0), items)
            .titled(title)
            .sourced(&study.key, &study.rows)
            .into()
    }
}
