//! Small multiples: each trial's visits in a panel of its own, with the fitted curve where there is one. All panels
//! share their axes, so that heights and times can be compared.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::{Effect, Heading, Interval};
use crate::scene::{Circle, Group, Item, Line, Path, Scene, Text};
use crate::windows::time;
use crate::{metrics, text, theme};
use onset_data::RowId;

/// Trials side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trials {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis of every panel.
    pub effect: Effect,
    /// One a trial.
    pub panels: Vec<TrialPanel>,
    /// The curve fitted to all trials together, from the first visit to the horizon; may be empty.
    pub curve: Vec<(f64, f64)>,
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrialPanel {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// Visits in order of time.
    pub visits: Vec<TrialVisit>,
    /// The trial's own curve; empty: the common one.
    pub curve: Vec<(f64, f64)>,
}

/// A visit.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialVisit {
    /// Hours.
    pub hours: f64,
    /// Difference with its interval.
    pub effect: Interval,
    /// People.
    pub people: u64,
    /// Rows behind it.
    pub rows: Vec<RowId>,
}

const PLOT: f64 = 104.0;
const GUTTER: f64 = 40.0;
const GAP: f64 = 14.0;
const LINE: f64 = 15.0;

/// For a wide page: four abreast.
pub fn trials(input: &Trials) -> Scene {
    draw(input, 760.0, 4)
}

/// For a narrow page (358 px): two abreast.
pub fn trials_narrow(input: &Trials) -> Scene {
    draw(input, 358.0, 2)
}

fn draw(input: &Trials, width: f64, abreast: usize) -> Scene {
    let visits = || input.panels.iter().flat_map(|p| &p.visits);
    let all: Vec<Interval> = visits().map(|v| v.effect).filter(|i| i.drawable(false)).collect();
    if all.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let hours = || visits().map(|v| v.hours).filter(|h| *h > 0.0);
    let (lo, hi) = hours().fold((f64::INFINITY, 0.0f64), |(a, b), t| (a.min(t), b.max(t)));
    let mut items: Vec<Item> = Vec::new();
    let label = format!(
        "{} ({}), {}",
        input.effect.label,
        input.effect.level_name(),
        input.effect.direction.words()
    );
    let mut y = frame::paragraph(&mut items, &label, (0.0, 0.0), width, &style(SMALL, "")) + 8.0;
    let cell = (width - GUTTER - GAP * (abreast - 1) as f64) / abreast as f64;
    let effect = Axis::around(&input.effect, &all, &[], (PLOT - 4.0, 4.0), 30.0);
    for row in input.panels.chunks(abreast) {
        let names: Vec<Vec<String>> = row
            .iter()
            .map(|p| metrics::wrap(&p.label, SMALL, true, cell - 4.0))
            .collect();
        let top = y + LINE * names.iter().map(Vec::len).max().unwrap_or(1) as f64 + 4.0;
        for (place, (panel, name)) in row.iter().zip(&names).enumerate() {
            let left = GUTTER + place as f64 * (cell + GAP);
            let spot = Spot {
                input,
                effect,
                time: Axis::new(lo * 0.6, hi * 1.7, left + 4.0, left + cell - 4.0, true),
                top,
                ends: (left, left + cell),
                named: place == 0,
            };
            for (line, words) in name.iter().rev().enumerate() {
                let at = top - 8.0 - LINE * line as f64;
                items.push(Text::new(left + 2.0, at, SMALL, words.as_str()).bold().into());
            }
            spot.draw(&mut items, panel);
        }
        y = top + PLOT + 30.0;
    }
    y = frame::paragraph(&mut items, &key(input), (0.0, y), width, &style(SMALL, "soft"));
    input.heading.scene(width, y.ceil() + 4.0, items)
}

fn key(input: &Trials) -> String {
    let mut out = "Point and line: the difference between arms at a visit, with its interval.".to_owned();
    if !input.curve.is_empty() || input.panels.iter().any(|p| !p.curve.is_empty()) {
        out.push_str(" Curve: fitted to all trials together.");
    }
    if let Some(reference) = &input.effect.important {
        let value = text::value(reference.value, input.effect.scale);
        out.push_str(&format!(" Dashed: {} {value}.", reference.label));
    }
    out
}

struct Spot<'a> {
    input: &'a Trials,
    effect: Axis,
    time: Axis,
    top: f64,
    ends: (f64, f64),
    named: bool,
}

impl Spot<'_> {
    fn y(&self, value: f64) -> f64 {
        self.top + self.effect.held(value)
    }

    fn draw(&self, items: &mut Vec<Item>, panel: &TrialPanel) {
        let ((left, right), bottom) = (self.ends, self.top + PLOT);
        for tick in self.effect.ticks(30.0) {
            let y = self.y(tick.value);
            items.push(Line::new(left, y, right, y, "rule").into());
            if self.named {
                items.push(Text::new(left - 6.0, y + 4.0, SMALL, tick.label).end().into());
            }
        }
        for y in [self.y(self.input.effect.null()), bottom] {
            items.push(Line::new(left, y, right, y, "axis").into());
        }
        let important = self.input.effect.important.as_ref();
        if let Some(reference) = important.filter(|r| self.effect.holds(r.value)) {
            let y = self.y(reference.value);
            items.push(Line::new(left, y, right, y, "dash").into());
        }
        for (_, x, label) in time::ticks(&self.time, SMALL, right + 6.0) {
            let half = metrics::width(&label, SMALL, false) / 2.0;
            if x - half >= left - 6.0 {
                items.push(Line::new(x, bottom, x, bottom + 4.0, "axis").into());
                items.push(Text::new(x, bottom + 17.0, SMALL, label).middle().into());
            }
        }
        let mut inside: Vec<Item> = Vec::new();
        let curve = if panel.curve.is_empty() {
            &self.input.curve
        } else {
            &panel.curve
        };
        if curve.len() > 1 {
            let points = curve.iter().map(|(h, v)| (self.time.held(*h), self.y(*v)));
            inside.push(
                Path {
                    pieces: vec![points.collect()],
                    class: "softthin",
                }
                .into(),
            );
        }
        inside.extend(panel.visits.iter().filter_map(|v| self.visit(panel, v)));
        items.push(Group::new(theme::hue(0), inside).into());
    }

    fn visit(&self, panel: &TrialPanel, visit: &TrialVisit) -> Option<Item> {
        let i = &visit.effect;
        if !i.drawable(false) {
            return None;
        }
        let (x, high, low) = (self.time.held(visit.hours), self.y(i.upper), self.y(i.lower));
        let inside = vec![
            frame::hit(x - 4.0, high.min(low), 8.0, (low - high).abs()),
            Line::new(x, high, x, low, "thin").into(),
            Circle::new(x, self.y(i.value), 3.2, "edged").into(),
        ];
        let says = format!(
            "{}, {}: {} {}; {}",
            panel.label,
            text::hours(visit.hours),
            self.input.effect.label,
            self.input.effect.says(i),
            text::people(visit.people)
        );
        let group = Group::new("", inside)
            .titled(says)
            .sourced(&panel.key, &visit.rows);
        Some(group.into())
    }
}
