//! Survival of two arms over time, with the people still followed beneath.

use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::input::Heading;
use crate::scene::{Group, Item, Line, Path, Polygon, Scene, Text};
use crate::text::{self, Scale};
use crate::{metrics, theme};

/// Survival curves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SurvivalCurves {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Beneath the time axis.
    pub time: String,
    /// Above the upright axis: what the share is of.
    pub share: String,
    /// Level of the intervals, a share.
    pub level: f64,
    /// The arms.
    pub arms: Vec<SurvivalArm>,
    /// The curves end here.
    pub to: f64,
    /// Horizons, drawn upright.
    pub horizons: Vec<f64>,
    /// Printed beneath.
    pub note: String,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SurvivalArm {
    /// "Control".
    pub label: String,
    /// Time, survival, lower and upper limit after each step.
    pub steps: Vec<(f64, [f64; 3])>,
    /// How long each person was followed; counted beneath the ticks of the time axis.
    pub followed: Vec<f64>,
}

const PLOT: f64 = 250.0;
const LINE: f64 = 18.0;

/// For a wide page.
pub fn survival(input: &SurvivalCurves) -> Scene {
    draw(input, 700.0)
}

/// For a narrow page (358 px).
pub fn survival_narrow(input: &SurvivalCurves) -> Scene {
    draw(input, 358.0)
}

fn draw(input: &SurvivalCurves, width: f64) -> Scene {
    if input.arms.is_empty() || !(input.to.is_finite() && input.to > 0.0) {
        return frame::nothing(&input.heading, &[], width);
    }
    let mut items: Vec<Item> = Vec::new();
    let top = frame::paragraph(&mut items, &input.share, (0.0, 0.0), width, &style(SMALL, "")) + 8.0;
    let bottom = top + PLOT;
    let upright = Axis::new(0.0, 1.0, bottom, top, false);
    let (left, right) = (50.0, width - 16.0);
    let across = Axis::new(0.0, input.to, left, right, false);
    for tick in upright.ticks(40.0) {
        let y = upright.at(tick.value);
        items.push(Line::new(left, y, right, y, "rule").into());
        let label = text::percent(100.0 * tick.value, 0);
        items.push(Text::new(left - 6.0, y + 4.0, SMALL, label).end().into());
    }
    items.push(Line::new(left, bottom, right, bottom, "axis").into());
    for tick in across.ticks(56.0) {
        let x = across.at(tick.value);
        items.push(Line::new(x, bottom, x, bottom + 4.0, "axis").into());
        let half = 0.5 * metrics::width(&tick.label, SMALL, false);
        let middle = x.min(width - half);
        items.push(
            Text::new(middle, bottom + 17.0, SMALL, tick.label)
                .middle()
                .into(),
        );
    }
    for &horizon in input.horizons.iter().filter(|h| across.holds(**h)) {
        let x = across.at(horizon);
        items.push(Line::new(x, top, x, bottom, "dot").into());
    }
    for (hue, arm) in input.arms.iter().enumerate() {
        let inside = curve(input, arm, &across, &upright, class(hue));
        items.push(Group::new(theme::hue(hue), inside).into());
    }
    let under = (0.5 * (left + right), bottom + 20.0);
    let middle = style(SMALL, "").middle();
    let mut y = frame::paragraph(&mut items, &input.time, under, right - left, &middle) + 6.0;
    y = key(input, &mut items, y, width);
    y = at_risk(input, &mut items, &across, y, width);
    y = frame::paragraph(
        &mut items,
        &input.note,
        (0.0, y + 4.0),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, y.ceil() + 4.0, items)
}

/// The first arm is thin, so that the arms differ in more than hue.
fn class(arm: usize) -> &'static str {
    if arm == 0 { "thin" } else { "stroke" }
}

/// The band and the stairs of one arm, held to the last time.
fn curve(
    input: &SurvivalCurves,
    arm: &SurvivalArm,
    across: &Axis,
    upright: &Axis,
    class: &'static str,
) -> Vec<Item> {
    let stairs = |of: usize| -> Vec<(f64, f64)> {
        let mut points = vec![(across.at(0.0), upright.at(1.0))];
        let mut before = 1.0;
        for (time, values) in arm.steps.iter().filter(|s| s.0 <= input.to) {
            let value = values.get(of).copied().unwrap_or(before);
            let x = across.at(*time);
            points.push((x, upright.at(before)));
            points.push((x, upright.at(value)));
            before = value;
        }
        points.push((across.at(input.to), upright.at(before)));
        points
    };
    let (lower, upper) = (stairs(1), stairs(2));
    let band = Polygon {
        points: upper.into_iter().chain(lower.into_iter().rev()).collect(),
        class: "band",
    };
    let line = Path {
        pieces: vec![stairs(0)],
        class,
    };
    let last = arm.steps.iter().rfind(|s| s.0 <= input.to);
    let says = last.map_or_else(
        || format!("{}: no event", arm.label),
        |(_, [value, lower, upper])| {
            format!(
                "{}: {} at {} ({} {} to {})",
                arm.label,
                text::percent(100.0 * value, 1),
                text::value(input.to, Scale::default()),
                text::level_name(input.level),
                text::percent(100.0 * lower, 1),
                text::percent(100.0 * upper, 1)
            )
        },
    );
    vec![Group::new("", vec![band.into(), line.into()]).titled(says).into()]
}

fn key(input: &SurvivalCurves, items: &mut Vec<Item>, top: f64, width: f64) -> f64 {
    let (mut x, mut y) = (0.0, top + LINE);
    for (hue, arm) in input.arms.iter().enumerate() {
        let room = 34.0 + metrics::width(&arm.label, SMALL, false);
        if x > 0.0 && x + room > width {
            (x, y) = (0.0, y + LINE);
        }
        let stroke = Line::new(x, y - 4.0, x + 24.0, y - 4.0, class(hue));
        items.push(Group::new(theme::hue(hue), vec![stroke.into()]).into());
        items.push(Text::new(x + 30.0, y, SMALL, arm.label.as_str()).into());
        x += room + 14.0;
    }
    y + BODY * 0.5
}

/// People still followed: one row an arm, a number beneath each tick.
fn at_risk(input: &SurvivalCurves, items: &mut Vec<Item>, across: &Axis, top: f64, width: f64) -> f64 {
    let mut y = top + LINE;
    items.push(Text::new(0.0, y, SMALL, "People still followed").bold().into());
    for arm in &input.arms {
        y += LINE;
        items.push(Text::new(0.0, y, SMALL, arm.label.as_str()).soft().into());
        y += LINE - 2.0;
        for tick in across.ticks(56.0) {
            let people = arm.followed.iter().filter(|t| **t >= tick.value).count();
            let label = text::count(people as u64);
            let half = 0.5 * metrics::width(&label, SMALL, false);
            let x = across.at(tick.value).max(half).min(width - half);
            items.push(Text::new(x, y, SMALL, label).middle().into());
        }
    }
    y + 8.0
}
