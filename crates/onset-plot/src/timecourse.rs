//! Every visit of every trial over time, with the curve where there is one, published courses of other treatments
//! beside it, what speaks at each visit beneath it, and nothing past the evidence horizon.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::{Effect, Heading, Interval};
use crate::scene::{Group, Item, Line, Path, Polygon, Rect, Scene, Text};
use crate::windows::time;
use crate::{metrics, text, theme};
use onset_data::RowId;

/// A time course.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timecourse {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis.
    pub effect: Effect,
    /// Differences between arms.
    pub visits: Vec<Visit>,
    /// The curve with its simultaneous band, from the first visit to the horizon; may be empty.
    pub curve: Vec<(f64, Interval)>,
    /// Published courses, each named at its end.
    pub others: Vec<Other>,
    /// The last horizon; none: nowhere do two trials speak.
    pub horizon: Option<f64>,
    /// Hours, trials, people.
    pub evidence: Vec<(f64, usize, u64)>,
    /// Onset and loss of the important difference.
    pub window: Option<(f64, Option<f64>)>,
}

/// One trial at one visit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Visit {
    /// Trial.
    pub label: String,
    /// Hours.
    pub hours: f64,
    /// People.
    pub people: u64,
    /// What the area of its mark is proportional to.
    pub information: f64,
    /// Difference; none is drawn where it is not a number.
    pub effect: Option<Interval>,
    /// Rows behind it.
    pub rows: Vec<RowId>,
}

/// A published course.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Other {
    /// Printed at its end.
    pub label: String,
    /// Curve with its interval.
    pub curve: Vec<(f64, Interval)>,
    /// The estimates as published.
    pub points: Vec<(f64, Interval)>,
}

const PLOT: f64 = 260.0;
const EDGE: f64 = 22.0;
const GUTTER: f64 = 52.0;
const LARGEST: f64 = 150.0;
const SMALLEST: f64 = 24.0;
const BAR: f64 = 26.0;

/// For a wide page.
pub fn timecourse(input: &Timecourse) -> Scene {
    draw(input, 760.0)
}

/// For a narrow page (358 px).
pub fn timecourse_narrow(input: &Timecourse) -> Scene {
    draw(input, 358.0)
}

fn draw(input: &Timecourse, width: f64) -> Scene {
    if input.visits.iter().all(|v| v.effect.is_none()) {
        return frame::nothing(&input.heading, &[], width);
    }
    let mut items: Vec<Item> = Vec::new();
    let label = format!(
        "{} ({}), {}",
        input.effect.label,
        input.effect.level_name(),
        input.effect.direction.words()
    );
    let top = frame::paragraph(&mut items, &label, (0.0, 0.0), width, &style(SMALL, "")) + 8.0;
    let plot = Plot {
        input,
        time: time_axis(input, width),
        effect: effect_axis(input),
        top,
        bottom: top + PLOT,
        ends: (GUTTER, width - 8.0),
    };
    plot.background(&mut items);
    plot.past(&mut items);
    plot.others(&mut items);
    let mut mine: Vec<Item> = Vec::new();
    plot.curve(&mut mine);
    plot.visits(&mut mine);
    plot.window(&mut mine);
    let mut y = plot.strip(&mut mine);
    items.push(Group::new(theme::hue(0), mine).into());
    y = frame::paragraph(
        &mut items,
        &key(input),
        (0.0, y + 12.0),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, y.ceil() + 4.0, items)
}

fn key(input: &Timecourse) -> String {
    let mut out = "Point and line: a trial's difference at a visit with its interval; area: information. Bars: people, \
                   trials in numbers."
        .to_owned();
    if !input.curve.is_empty() {
        out.push_str(" Line and band: fitted curve, simultaneous band.");
    }
    if !input.others.is_empty() {
        out.push_str(
            " Diamonds: published estimates of another treatment; its line is the form between them.",
        );
    }
    if let Some(reference) = &input.effect.important {
        let value = text::value(reference.value, input.effect.scale);
        out.push_str(&format!(" Dashed: {} {value}.", reference.label));
    }
    out.push_str(" Hatched: past the evidence horizon, fewer than two trials.");
    out
}

fn all_hours(input: &Timecourse) -> Vec<f64> {
    let visits = input.visits.iter().map(|v| v.hours);
    let others = input.others.iter().flat_map(|o| o.points.iter().map(|p| p.0));
    visits.chain(others).filter(|h| *h > 0.0).collect()
}

fn time_axis(input: &Timecourse, width: f64) -> Axis {
    let hours = all_hours(input);
    let lo = hours.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = hours.iter().copied().fold(0.0, f64::max);
    Axis::new(lo * 0.6, hi * 1.7, GUTTER, width - 8.0, true)
}

fn effect_axis(input: &Timecourse) -> Axis {
    let visits = input.visits.iter().filter_map(|v| v.effect);
    let curve = input.curve.iter().map(|p| p.1);
    let all: Vec<Interval> = visits.chain(curve).filter(|i| i.drawable(false)).collect();
    Axis::around(&input.effect, &all, &[], (PLOT - EDGE - 4.0, EDGE + 4.0), 32.0)
}

struct Plot<'a> {
    input: &'a Timecourse,
    time: Axis,
    effect: Axis,
    top: f64,
    bottom: f64,
    ends: (f64, f64),
}

impl Plot<'_> {
    fn x(&self, hours: f64) -> f64 {
        self.time.held(hours)
    }

    fn y(&self, value: f64) -> f64 {
        self.top + self.effect.held(value)
    }

    fn background(&self, items: &mut Vec<Item>) {
        let (left, right) = self.ends;
        for tick in self.effect.ticks(34.0) {
            let y = self.y(tick.value);
            items.push(Line::new(left, y, right, y, "rule").into());
            items.push(Text::new(left - 6.0, y + 4.0, SMALL, tick.label).end().into());
        }
        for y in [self.y(self.input.effect.null()), self.bottom] {
            items.push(Line::new(left, y, right, y, "axis").into());
        }
        for (_, x, label) in time::ticks(&self.time, SMALL, right + 8.0) {
            items.push(Line::new(x, self.bottom, x, self.bottom + 4.0, "axis").into());
            items.push(Text::new(x, self.bottom + 17.0, SMALL, label).middle().into());
        }
        let (low, high) = self.input.effect.ends();
        items.push(Text::new(left + 2.0, self.top + 12.0, SMALL, high).soft().into());
        items.push(Text::new(left + 2.0, self.bottom - 6.0, SMALL, low).soft().into());
        let important = self.input.effect.important.as_ref();
        if let Some(reference) = important.filter(|r| self.effect.holds(r.value)) {
            let y = self.y(reference.value);
            items.push(Line::new(left, y, right, y, "dash").into());
        }
    }

    /// Hatched past the horizon: visits of a single trial stand there, but no curve.
    fn past(&self, items: &mut Vec<Item>) {
        let from = self.input.horizon.map_or(self.ends.0, |h| self.x(h) + 10.0);
        let room = self.ends.1 - from;
        if room > 4.0 {
            let field = frame::hatch(from, self.top + EDGE, room, PLOT - 2.0 * EDGE);
            let words = "past the evidence horizon: fewer than two trials";
            items.push(Group::new("", vec![field]).titled(words.to_owned()).into());
        }
    }

    fn band(&self, curve: &[(f64, Interval)]) -> Item {
        let upper = curve.iter().map(|(h, i)| (self.x(*h), self.y(i.upper)));
        let lower = curve.iter().rev().map(|(h, i)| (self.x(*h), self.y(i.lower)));
        Polygon {
            points: upper.chain(lower).collect(),
            class: "band",
        }
        .into()
    }

    fn line(&self, curve: &[(f64, Interval)], class: &'static str) -> Item {
        Path {
            pieces: vec![curve.iter().map(|(h, i)| (self.x(*h), self.y(i.value))).collect()],
            class,
        }
        .into()
    }

    fn others(&self, items: &mut Vec<Item>) {
        for (index, other) in self.input.others.iter().enumerate() {
            let mut inside = Vec::new();
            if other.curve.len() > 1 {
                inside.push(self.band(&other.curve));
                inside.push(self.line(&other.curve, "thin"));
            }
            for (hours, i) in &other.points {
                let (x, y) = (self.x(*hours), self.y(i.value));
                inside.push(Line::new(x, self.y(i.upper), x, self.y(i.lower), "thin").into());
                let points = vec![(x, y - 4.5), (x + 4.5, y), (x, y + 4.5), (x - 4.5, y)];
                inside.push(
                    Polygon {
                        points,
                        class: "open",
                    }
                    .into(),
                );
            }
            if !other.points.is_empty() {
                // a key in the top right corner, where no visit's interval can run through the name
                let (x, y) = (self.ends.1 - 4.0, self.top + 13.0 + 16.0 * index as f64);
                let mark = x - metrics::width(&other.label, SMALL, false) - 10.0;
                let points = vec![
                    (mark, y - 8.5),
                    (mark + 4.5, y - 4.0),
                    (mark, y + 0.5),
                    (mark - 4.5, y - 4.0),
                ];
                inside.push(
                    Polygon {
                        points,
                        class: "open",
                    }
                    .into(),
                );
                let label = Text::new(x, y, SMALL, other.label.as_str());
                inside.push(label.end().class("halo").into());
            }
            let says: Vec<String> = other
                .points
                .iter()
                .map(|(h, i)| format!("{}: {}", text::hours(*h), self.input.effect.says(i)))
                .collect();
            let title = format!("{}; {}", other.label, says.join("; "));
            items.push(Group::new(theme::hue(index + 1), inside).titled(title).into());
        }
    }

    fn curve(&self, items: &mut Vec<Item>) {
        if self.input.curve.len() > 1 {
            items.push(self.band(&self.input.curve));
            items.push(self.line(&self.input.curve, "thick"));
        }
    }

    /// Trials that meet at one time stand beside each other.
    fn visits(&self, items: &mut Vec<Item>) {
        let most = self
            .input
            .visits
            .iter()
            .map(|v| v.information)
            .fold(0.0, f64::max);
        for (index, visit) in self.input.visits.iter().enumerate() {
            let Some(i) = visit.effect.filter(|i| i.drawable(false)) else {
                continue;
            };
            let same = |v: &&Visit| v.hours == visit.hours;
            let count = self.input.visits.iter().filter(same).count();
            let before = self.input.visits.iter().take(index).filter(same).count();
            let apart = 9.0_f64.min(60.0 / count as f64);
            let x = self.x(visit.hours) + apart * (before as f64 - (count as f64 - 1.0) / 2.0);
            let share = if most > 0.0 { visit.information / most } else { 0.0 };
            let area = (LARGEST * share).clamp(SMALLEST, LARGEST);
            let (high, low, y) = (self.y(i.upper), self.y(i.lower), self.y(i.value));
            let inside = vec![
                frame::hit(x - 4.0, high.min(low), 8.0, (low - high).abs()),
                Line::new(x, high, x, low, "thin").into(),
                frame::marker(0, x, y, area, "edged"),
            ];
            let says = format!(
                "{}, {}: {} {}; {}",
                visit.label,
                text::hours(visit.hours),
                self.input.effect.label,
                self.input.effect.says(&i),
                text::people(visit.people)
            );
            items.push(
                Group::new("", inside)
                    .titled(says)
                    .sourced("", &visit.rows)
                    .into(),
            );
        }
    }

    /// From the onset of the important difference to its loss, as a bracket at the top.
    fn window(&self, items: &mut Vec<Item>) {
        let Some((from, to)) = self.input.window else {
            return;
        };
        let (a, y) = (self.x(from), self.top + EDGE - 4.0);
        let b = to.or(self.input.horizon).map_or(self.ends.1, |t| self.x(t));
        items.push(Line::new(a, y, b, y, "stroke").into());
        items.push(Line::new(a, y, a, y + 7.0, "stroke").into());
        if to.is_some() {
            items.push(Line::new(b, y, b, y + 7.0, "stroke").into());
        }
    }

    /// Beneath each visit a bar of people and the number of trials, where numbers have room.
    fn strip(&self, items: &mut Vec<Item>) -> f64 {
        let base = self.bottom + 28.0 + BAR;
        let most = self.input.evidence.iter().map(|e| e.2).max().unwrap_or(0).max(1);
        let mut right = f64::NEG_INFINITY;
        for &(hours, trials, people) in &self.input.evidence {
            let x = self.x(hours);
            let height = (BAR * people as f64 / most as f64).max(1.0);
            items.push(Rect::new(x - 5.0, base - height, 10.0, height, "tint").into());
            let cells = [text::count(trials as u64), text::count(people)];
            let half = metrics::widest(cells.iter().map(String::as_str), SMALL, false) / 2.0;
            if x - half < right + 5.0 {
                continue;
            }
            right = x + half;
            for (row, cell) in cells.into_iter().enumerate() {
                let y = base + 14.0 + 16.0 * row as f64;
                items.push(Text::new(x, y, SMALL, cell).middle().into());
            }
        }
        items.push(Line::new(self.ends.0, base, self.ends.1, base, "rule").into());
        for (row, name) in ["trials", "people"].into_iter().enumerate() {
            let y = base + 14.0 + 16.0 * row as f64;
            items.push(Text::new(self.ends.0 - 6.0, y, SMALL, name).end().soft().into());
        }
        base + 36.0
    }
}
