//! Time course in windows: one pooled effect a window, on a time axis that runs from minutes to weeks.

mod gaps;
mod panel;
mod strip;
pub(crate) mod time;

use crate::frame::{self, BODY, SMALL, style};
use crate::input::{Effect, Heading, Interval};
use crate::scene::{Item, Scene};
use crate::{metrics, text};
use onset_data::RowId;

/// A windowed time course of one or more comparisons.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Windows {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis, shared by all comparisons. `treatment` and `control` name the ends; with several
    /// comparisons say "treatment" and "control".
    pub effect: Effect,
    /// Comparisons: one panel each, all on the same axes, in a colour and a shape of their own.
    pub series: Vec<Series>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// "Ketamine IV v midazolam": printed above its panel.
    pub label: String,
    /// Its windows, with those that have no evidence.
    pub points: Vec<WindowPoint>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowPoint {
    /// Key of the pool; `data-key`.
    pub key: String,
    /// "24 hours".
    pub label: String,
    /// Where it stands in time.
    pub when: When,
    /// Trials.
    pub k: usize,
    /// People analysed.
    pub n: u64,
    /// Effect as shown; none: no randomised evidence in this window.
    pub estimate: Option<Interval>,
    /// What the area of the point is proportional to (1 / SE²); none: people.
    pub information: Option<f64>,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// Where a window stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum When {
    /// Hours after the first dose.
    Hours {
        /// Window begins.
        from: f64,
        /// Window ends.
        to: f64,
        /// The visit nearest to this is used.
        target: f64,
    },
    /// At the end of a course of doses: drawn in a panel of its own, never joined with hours.
    #[default]
    CourseEnd,
}

/// The time course for a wide page: panels two abreast.
pub fn windows(input: &Windows) -> Scene {
    if empty(input) {
        return frame::nothing(&input.heading, &[], 640.0);
    }
    if input.series.len() > 1 {
        draw(input, 1000.0, 2, 78.0)
    } else {
        draw(input, 760.0, 1, 86.0)
    }
}

/// The time course for a narrow page (358 px): panels beneath each other.
pub fn windows_narrow(input: &Windows) -> Scene {
    if empty(input) {
        return frame::nothing(&input.heading, &[], 358.0);
    }
    draw(input, 358.0, 1, 30.0)
}

/// True where no window of any comparison has an effect.
fn empty(input: &Windows) -> bool {
    input
        .series
        .iter()
        .flat_map(|s| &s.points)
        .all(|p| p.estimate.is_none())
}

/// Space between panels.
const GAP: f64 = 32.0;

fn draw(input: &Windows, width: f64, abreast: usize, tail: f64) -> Scene {
    let panel_width = (width - GAP * (abreast as f64 - 1.0)) / abreast as f64;
    let shared = shared(input, panel_width, tail);
    let mut items: Vec<Item> = Vec::new();
    let label = format!(
        "{} ({}), {}",
        input.effect.label,
        input.effect.level_name(),
        input.effect.direction.words()
    );
    let mut y = frame::paragraph(&mut items, &label, (0.0, 0.0), width, &style(SMALL, "")) + 8.0;
    for (row, series) in input.series.chunks(abreast).enumerate() {
        let lines = series
            .iter()
            .map(|s| metrics::wrap(&s.label, BODY, true, panel_width).len())
            .max();
        let head = 18.0 * lines.unwrap_or(1) as f64 + 4.0;
        let mut bottom = y;
        for (column, one) in series.iter().enumerate() {
            let x = column as f64 * (panel_width + GAP);
            let place = panel::Place {
                x,
                y,
                head,
                lines: shared.course_end_lines(series),
            };
            bottom = f64::max(
                bottom,
                panel::draw(&mut items, &shared, one, row * abreast + column, &place),
            );
        }
        y = bottom + 22.0;
    }
    for key in keys(input, &shared) {
        y = frame::paragraph(&mut items, &key, (0.0, y), width, &style(SMALL, "soft"));
    }
    input.heading.scene(width, y.ceil() + 4.0, items)
}

/// Axes and sizes that all panels share.
fn shared(input: &Windows, width: f64, tail: f64) -> panel::Shared<'_> {
    let ends = |s: &Series| s.points.iter().filter(|p| p.when == When::CourseEnd).count();
    let count = input.series.iter().map(ends).max().unwrap_or(0);
    let slot = if width > 400.0 { 84.0 } else { 62.0 };
    let right = width - (slot + 14.0) * count as f64 - if count > 0 { 6.0 } else { 0.0 };
    let right = right.max(panel::GUTTER + 120.0);
    let slots = (0..count)
        .map(|i| right + 16.0 + (slot + 14.0) * i as f64)
        .collect();
    let points = || input.series.iter().flat_map(|s| &s.points);
    panel::Shared {
        input,
        time: time::axis(input, panel::GUTTER, right, tail),
        effect: panel::effect_axis(input),
        slots,
        slot,
        ends: (panel::GUTTER, right),
        width,
        most_people: points().map(|p| p.n).max().unwrap_or(0),
        most_information: points().filter_map(|p| p.information).fold(0.0, f64::max),
    }
}

/// How to read it, in sentences.
fn keys(input: &Windows, shared: &panel::Shared<'_>) -> Vec<String> {
    let mut out = vec![format!(
        "Point and line: pooled effect with its interval, at the time aimed at; shaded: the window it stands for. \
         Area of a point: {}. Bars: people analysed. Hatched: no randomised evidence.",
        if shared.most_information > 0.0 {
            "information"
        } else {
            "people"
        }
    )];
    if let Some(reference) = input.effect.important.as_ref().filter(|_| !shared.named_lines()) {
        let value = text::value(reference.value, input.effect.scale);
        out.push(format!("Dashed line: {} {value}.", reference.label));
    }
    if !shared.slots.is_empty() {
        out.push("At the right: the end of a course of doses, not a time after one dose.".to_owned());
    }
    out
}
