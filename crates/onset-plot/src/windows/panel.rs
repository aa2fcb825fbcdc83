//! One panel of a windowed course: one comparison on the axes that all share.

use super::{Series, When, WindowPoint, Windows, time};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::input::Interval;
use crate::metrics;
use crate::scene::{Anchor, Group, Item, Line, Rect, Text};
use crate::{text, theme};

/// Left of the plot: tick labels and the names of the strip's rows.
pub(super) const GUTTER: f64 = 50.0;
/// Height of the plot and of what is kept free at both its ends for "favours ...".
pub(super) const PLOT: f64 = 250.0;
const EDGE: f64 = 20.0;
const BAR: f64 = 26.0;
const LARGEST: f64 = 150.0;
const SMALLEST: f64 = 28.0;
const NO_EVIDENCE: &str = "no randomised evidence";

/// What all panels share.
pub(super) struct Shared<'a> {
    pub input: &'a Windows,
    /// Time axis, x relative to the panel.
    pub time: Axis,
    /// Effect axis, y relative to the plot's top.
    pub effect: Axis,
    /// Left edges of the course-end panel's slots and their width, x relative to the panel.
    pub slots: Vec<f64>,
    pub slot: f64,
    /// Pixels of the time axis: left, right.
    pub ends: (f64, f64),
    pub width: f64,
    pub most_people: u64,
    pub most_information: f64,
}

/// Where a panel stands, and the heights its row shares.
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    /// Height of its title.
    pub head: f64,
    /// Lines that names of course ends take.
    pub lines: usize,
}

/// Everything drawn on one panel; returns its lower end.
pub(super) fn draw(
    items: &mut Vec<Item>,
    shared: &Shared<'_>,
    series: &Series,
    index: usize,
    place: &Place,
) -> f64 {
    let (x, y) = (place.x, place.y);
    let mut inside: Vec<Item> = Vec::new();
    let title = Text {
        class: "hue",
        ..style(BODY, "").bold()
    };
    frame::paragraph(&mut inside, &series.label, (x, y), shared.width, &title);
    let top = y + place.head;
    let panel = Panel {
        shared,
        index,
        x,
        top,
        bottom: top + PLOT,
        lines: place.lines,
    };
    panel.background(&mut inside);
    panel.gaps(&mut inside, series);
    panel.important(&mut inside, series);
    let mut slots = shared.slots.iter();
    let mut placed: Vec<(&WindowPoint, f64)> = Vec::new();
    for point in &series.points {
        let centre = match point.when {
            When::Hours { .. } => panel.window(&mut inside, point),
            When::CourseEnd => slots
                .next()
                .map(|left| panel.course_end(&mut inside, point, *left)),
        };
        placed.extend(centre.map(|x| (point, x)));
    }
    let end = panel.strip(&mut inside, &placed);
    items.push(
        Group {
            class: theme::hue(index),
            items: inside,
            ..Group::default()
        }
        .into(),
    );
    end
}

struct Panel<'a> {
    shared: &'a Shared<'a>,
    index: usize,
    x: f64,
    top: f64,
    bottom: f64,
    lines: usize,
}

impl Panel<'_> {
    fn effect_y(&self, value: f64) -> f64 {
        self.top + self.shared.effect.held(value)
    }

    fn plot_ends(&self) -> (f64, f64) {
        (self.x + self.shared.ends.0, self.x + self.shared.ends.1)
    }

    /// Grid, axes, ticks, what each end favours.
    fn background(&self, items: &mut Vec<Item>) {
        let (left, right) = self.plot_ends();
        let slots = self
            .shared
            .slots
            .iter()
            .map(|slot| (self.x + slot, self.x + slot + self.shared.slot));
        let fields: Vec<(f64, f64)> = std::iter::once((left, right)).chain(slots).collect();
        let null = self.shared.input.effect.null();
        for tick in self.shared.effect.ticks(34.0) {
            let y = self.effect_y(tick.value);
            for (from, to) in &fields {
                items.push(Line::new(*from, y, *to, y, "rule").into());
            }
            items.push(
                Text::new(left - 6.0, y + 4.0, SMALL, tick.label)
                    .anchor(Anchor::End)
                    .into(),
            );
        }
        for (from, to) in &fields {
            items.push(Line::new(*from, self.effect_y(null), *to, self.effect_y(null), "axis").into());
            items.push(Line::new(*from, self.bottom, *to, self.bottom, "axis").into());
        }
        for (_, x, label) in time::ticks(&self.shared.time, SMALL, self.shared.ends.1 + 8.0) {
            let x = self.x + x;
            items.push(Line::new(x, self.bottom, x, self.bottom + 4.0, "axis").into());
            items.push(
                Text::new(x, self.bottom + 17.0, SMALL, label)
                    .anchor(Anchor::Middle)
                    .into(),
            );
        }
        let (low, high) = self.shared.input.effect.ends();
        items.push(
            Text::new(left + 2.0, self.top + 12.0, SMALL, high)
                .class("soft")
                .into(),
        );
        items.push(
            Text::new(left + 2.0, self.bottom - 6.0, SMALL, low)
                .class("soft")
                .into(),
        );
    }

    /// Hatched fields: windows without evidence, and everything after the last window that has some.
    fn gaps(&self, items: &mut Vec<Item>, series: &Series) {
        let horizon = time::horizon(series);
        let (left, right) = self.plot_ends();
        let start = if horizon > 0.0 {
            self.x + self.shared.time.held(horizon)
        } else {
            left
        };
        let empty = series
            .points
            .iter()
            .filter(|p| p.estimate.is_none())
            .filter_map(|p| time::span(p.when));
        let mut fields: Vec<(f64, f64)> = empty
            .filter(|span| span.0 < horizon)
            .map(|span| {
                (
                    self.x + self.shared.time.held(span.0),
                    self.x + self.shared.time.held(span.1),
                )
            })
            .collect();
        fields.push((start, right));
        let ends: Vec<_> = series
            .points
            .iter()
            .filter(|p| p.when == When::CourseEnd)
            .collect();
        for (index, slot) in self.shared.slots.iter().enumerate() {
            if ends.get(index).is_none_or(|point| point.estimate.is_none()) {
                fields.push((self.x + slot, self.x + slot + self.shared.slot));
            }
        }
        for (from, to) in fields {
            let (top, height) = (self.top + EDGE, PLOT - 2.0 * EDGE);
            let hatch = frame::hatch(from, top, to - from, height);
            let mut inside = vec![hatch];
            let lines = metrics::wrap(NO_EVIDENCE, SMALL, false, (to - from - 8.0).max(30.0));
            let wide = metrics::widest(lines.iter().map(String::as_str), SMALL, false);
            if wide + 6.0 <= to - from && lines.len() <= 3 {
                self.words(&mut inside, &lines, (from + to) / 2.0, wide);
            }
            items.push(
                Group {
                    title: NO_EVIDENCE.to_owned(),
                    items: inside,
                    ..Group::default()
                }
                .into(),
            );
        }
    }

    /// "no randomised evidence" on paper, in the half of the field that the important difference leaves free.
    fn words(&self, items: &mut Vec<Item>, lines: &[String], x: f64, wide: f64) {
        let height = 15.0 * lines.len() as f64;
        let quarter = PLOT / 4.0;
        let important = self
            .shared
            .input
            .effect
            .important
            .as_ref()
            .map(|r| self.effect_y(r.value) - self.top);
        let centre = match important {
            Some(y) if y < PLOT / 2.0 => 3.0 * quarter,
            _ => quarter,
        };
        let top = self.top + centre - height / 2.0;
        items.push(Rect::new(x - wide / 2.0 - 3.0, top - 1.0, wide + 6.0, height + 4.0, "paper").into());
        for (i, line) in lines.iter().enumerate() {
            let y = top + 12.0 + 15.0 * i as f64;
            items.push(
                Text::new(x, y, SMALL, line.as_str())
                    .anchor(Anchor::Middle)
                    .class("soft")
                    .into(),
            );
        }
    }

    /// A dashed line at the important difference, named at its right end.
    fn important(&self, items: &mut Vec<Item>, series: &Series) {
        let Some(reference) = self.shared.input.effect.important.as_ref() else {
            return;
        };
        if !self.shared.effect.holds(reference.value) {
            return;
        }
        let y = self.effect_y(reference.value);
        let (left, right) = self.plot_ends();
        items.push(Line::new(left, y, right, y, "dash").into());
        for slot in &self.shared.slots {
            items.push(Line::new(self.x + slot, y, self.x + slot + self.shared.slot, y, "dash").into());
        }
        if !self.shared.named_lines() || self.index > 0 {
            return;
        }
        let last = series
            .points
            .iter()
            .filter(|p| p.estimate.is_some())
            .filter_map(|p| time::span(p.when));
        let horizon = last.map(|s| s.1).fold(0.0, f64::max);
        let room = if horizon > 0.0 {
            right - self.x - self.shared.time.held(horizon) - 6.0
        } else {
            right - left
        };
        let label = format!(
            "{} {}",
            reference.label,
            text::value(reference.value, self.shared.input.effect.scale)
        );
        let lines = metrics::wrap(&label, SMALL, false, room.max(60.0));
        let height = 14.0 * lines.len() as f64;
        // Below the line, or above it where there is no room below.
        let top = if y + height + EDGE < self.bottom {
            y + 3.0
        } else {
            y - height - 5.0
        };
        let wide = metrics::widest(lines.iter().map(String::as_str), SMALL, false);
        items.push(Rect::new(right - wide - 4.0, top, wide + 4.0, height + 2.0, "paper").into());
        for (i, line) in lines.into_iter().enumerate() {
            let y = top + 11.0 + 14.0 * i as f64;
            items.push(
                Text::new(right - 2.0, y, SMALL, line)
                    .anchor(Anchor::End)
                    .class("soft")
                    .into(),
            );
        }
    }

    /// A window in hours; returns the x of its target.
    fn window(&self, items: &mut Vec<Item>, point: &WindowPoint) -> Option<f64> {
        let (from, to) = time::span(point.when)?;
        let When::Hours { target, .. } = point.when else {
            return None;
        };
        let (left, right) = (
            self.x + self.shared.time.held(from),
            self.x + self.shared.time.held(to),
        );
        let x = (self.x + self.shared.time.held(target)).clamp(left, right);
        self.mark(items, point, (left, right), x);
        Some(x)
    }

    /// A point at the end of a course of doses; returns the x of its slot's middle.
    fn course_end(&self, items: &mut Vec<Item>, point: &WindowPoint, slot: f64) -> f64 {
        let (left, right) = (self.x + slot, self.x + slot + self.shared.slot);
        let x = (left + right) / 2.0;
        let label = if point.label.is_empty() {
            "end of course"
        } else {
            &point.label
        };
        frame::paragraph(
            items,
            label,
            (x, self.bottom + 4.0),
            self.shared.slot + 8.0,
            &style(SMALL, "").anchor(Anchor::Middle),
        );
        self.mark(
            items,
            point,
            (left + self.shared.slot * 0.25, right - self.shared.slot * 0.25),
            x,
        );
        x
    }

    /// Band over the window, interval and point at its target.
    fn mark(&self, items: &mut Vec<Item>, point: &WindowPoint, ends: (f64, f64), x: f64) {
        let effect = &self.shared.input.effect;
        let Some(i) = point.estimate.filter(|i| i.drawable(effect.ratio)) else {
            return;
        };
        let (high, low) = (self.effect_y(i.upper), self.effect_y(i.lower));
        let (left, right) = ends;
        let y = self.effect_y(i.value);
        let mut inside = vec![
            frame::hit(left - 2.0, self.top + EDGE, right - left + 4.0, PLOT - 2.0 * EDGE),
            Rect::new(left, high, right - left, low - high, "band").into(),
            Line::new(left, y, right, y, "thin").into(),
            Line::new(x, high, x, low, "stroke").into(),
        ];
        self.cuts(&mut inside, &i, x);
        inside.push(frame::marker(self.index, x, y, self.area(point), "fill"));
        let title = format!(
            "{}: {} {}; {}, {}{}",
            point.label,
            effect.label,
            effect.says(&i),
            text::trials(point.k),
            text::people(point.n),
            if point.rows.is_empty() {
                String::new()
            } else {
                format!("; {}", frame::rows_in_words(&point.rows))
            }
        );
        let group = Group {
            title,
            rows: point.rows.clone(),
            key: point.key.clone(),
            focusable: true,
            items: inside,
            ..Group::default()
        };
        items.push(group.into());
    }

    /// Arrow heads and numbers where the axis cuts an interval.
    fn cuts(&self, items: &mut Vec<Item>, i: &Interval, x: f64) {
        let scale = self.shared.input.effect.scale;
        let mut tip = |y: f64, sign: f64, value: f64| {
            items.push(frame::arrow_up(x, y, sign, "fill"));
            let label = Text::new(x + 7.0, y - sign * 2.0 + 4.0, SMALL, text::value(value, scale));
            items.push(label.class("halo").into());
        };
        if self.shared.effect.above(i.upper) {
            tip(self.effect_y(i.upper) - 4.0, -1.0, i.upper);
        }
        if self.shared.effect.below(i.lower) {
            tip(self.effect_y(i.lower) + 4.0, 1.0, i.lower);
        }
    }

    fn area(&self, point: &WindowPoint) -> f64 {
        let share = match point.information {
            Some(information) if self.shared.most_information > 0.0 => {
                information / self.shared.most_information
            }
            _ if self.shared.most_people > 0 => point.n as f64 / self.shared.most_people as f64,
            _ => 0.0,
        };
        (LARGEST * share).clamp(SMALLEST, LARGEST)
    }

    /// Beneath the tick labels, and beneath the names of course ends where there are some.
    fn strip_top(&self) -> f64 {
        self.bottom + 26.0 + 16.0 * self.lines.saturating_sub(1) as f64
    }

    /// Beneath each window a bar of its people, then trials, people and effect in numbers, which move to a
    /// second line where they would touch. Returns the lower end.
    fn strip(&self, items: &mut Vec<Item>, placed: &[(&WindowPoint, f64)]) -> f64 {
        let base = self.strip_top() + BAR;
        let cells: Vec<[String; 3]> = placed.iter().map(|(point, _)| self.counts(point)).collect();
        let lowered = lowered(&cells, placed);
        let row = if lowered.contains(&true) { 29.0 } else { 16.0 };
        for (((point, x), cell), lower) in placed.iter().zip(cells).zip(lowered) {
            let share = if point.n > 0 {
                point.n as f64 / self.shared.most_people as f64
            } else {
                0.0
            };
            let height = if point.n > 0 { (BAR * share).max(1.0) } else { 0.0 };
            items.push(Rect::new(x - 5.0, base - height, 10.0, height, "tint").into());
            for (index, label) in cell
                .into_iter()
                .enumerate()
                .filter(|(_, label)| !label.is_empty())
            {
                let y = base + 14.0 + row * index as f64 + if lower { 13.0 } else { 0.0 };
                items.push(Text::new(*x, y, SMALL, label).anchor(Anchor::Middle).into());
            }
        }
        let (left, right) = self.plot_ends();
        items.push(Line::new(left, base, right, base, "rule").into());
        for (index, name) in ["trials", "people", "effect"].into_iter().enumerate() {
            let y = base + 14.0 + row * index as f64;
            items.push(
                Text::new(left - 6.0, y, SMALL, name)
                    .anchor(Anchor::End)
                    .class("soft")
                    .into(),
            );
        }
        base + row * 3.0 + 6.0
    }

    fn counts(&self, point: &WindowPoint) -> [String; 3] {
        let effect = point
            .estimate
            .map(|i| text::value(i.value, self.shared.input.effect.scale));
        [
            text::count(point.k as u64),
            text::count(point.n),
            effect.unwrap_or_default(),
        ]
    }
}

/// Which windows' numbers must move to a second line, because they would touch those before them.
fn lowered(cells: &[[String; 3]], placed: &[(&WindowPoint, f64)]) -> Vec<bool> {
    let mut right = f64::NEG_INFINITY;
    let mut out = Vec::new();
    for (cell, (_, x)) in cells.iter().zip(placed) {
        let half = metrics::widest(cell.iter().map(String::as_str), SMALL, false) / 2.0;
        let touches = x - half < right + 5.0;
        right = if touches { right } else { x + half };
        out.push(touches);
    }
    out
}

impl Shared<'_> {
    /// Lines that names of course ends take in a row of panels.
    pub fn course_end_lines(&self, row: &[Series]) -> usize {
        let points = row
            .iter()
            .flat_map(|s| &s.points)
            .filter(|p| p.when == When::CourseEnd);
        points
            .map(|p| metrics::wrap(&p.label, SMALL, false, self.slot + 8.0).len())
            .max()
            .unwrap_or(1)
    }

    /// Wide panels name the important difference on its line; narrow ones beneath the figure.
    pub fn named_lines(&self) -> bool {
        self.width > 400.0
    }
}

/// The effect axis in pixels from the plot's top, with both ends kept free.
pub(super) fn effect_axis(input: &Windows) -> Axis {
    let all: Vec<Interval> = input
        .series
        .iter()
        .flat_map(|s| &s.points)
        .filter_map(|p| p.estimate)
        .collect();
    let all: Vec<Interval> = all
        .into_iter()
        .filter(|i| i.drawable(input.effect.ratio))
        .collect();
    Axis::around(&input.effect, &all, &[], (PLOT - EDGE - 4.0, EDGE + 4.0), 30.0)
}
