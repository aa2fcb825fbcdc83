//! One panel of a windowed course: one comparison on the axes that all share.

use super::{Series, When, WindowPoint, Windows, time};
use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::input::Interval;
use crate::scene::{Group, Item, Line, Rect, Text};
use crate::{metrics, text, theme};

/// Left of the plot: tick labels and the names of the strip's rows.
pub(super) const GUTTER: f64 = 50.0;
/// Height of the plot.
pub(super) const PLOT: f64 = 250.0;
/// Kept free at both ends of the plot for "favours ...".
pub(super) const EDGE: f64 = 20.0;
const LARGEST: f64 = 150.0;
const SMALLEST: f64 = 28.0;

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

impl Shared<'_> {
    /// Lines that names of course ends take in a row of panels.
    pub fn course_end_lines(&self, row: &[Series]) -> usize {
        let points = row
            .iter()
            .flat_map(|s| &s.points)
            .filter(|p| p.when == When::CourseEnd);
        let lines = points.map(|p| metrics::wrap(&p.label, SMALL, false, self.slot + 8.0).len());
        lines.max().unwrap_or(1)
    }

    /// Wide panels name the important difference on its line; narrow ones beneath the figure.
    pub fn named_lines(&self) -> bool {
        self.width > 400.0
    }
}

/// The effect axis in pixels from the plot's top, with both ends kept free.
pub(super) fn effect_axis(input: &Windows) -> Axis {
    let points = input
        .series
        .iter()
        .flat_map(|s| &s.points)
        .filter_map(|p| p.estimate);
    let all: Vec<Interval> = points.filter(|i| i.drawable(input.effect.ratio)).collect();
    Axis::around(&input.effect, &all, &[], (PLOT - EDGE - 4.0, EDGE + 4.0), 30.0)
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

/// One panel.
pub(super) struct Panel<'a> {
    pub shared: &'a Shared<'a>,
    pub series: &'a Series,
    pub index: usize,
    pub x: f64,
    pub top: f64,
    pub bottom: f64,
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
    let (x, top) = (place.x, place.y + place.head);
    let panel = Panel {
        shared,
        series,
        index,
        x,
        top,
        bottom: top + PLOT,
        lines: place.lines,
    };
    let mut inside: Vec<Item> = Vec::new();
    let title = style(BODY, "hue").bold();
    frame::paragraph(&mut inside, &series.label, (x, place.y), shared.width, &title);
    panel.background(&mut inside);
    panel.gaps(&mut inside);
    panel.important(&mut inside);
    let placed = panel.points(&mut inside);
    let end = panel.strip(&mut inside, &placed);
    items.push(Group::new(theme::hue(index), inside).into());
    end
}

impl<'a> Panel<'a> {
    pub fn effect_y(&self, value: f64) -> f64 {
        self.top + self.shared.effect.held(value)
    }

    pub fn time_x(&self, hours: f64) -> f64 {
        self.x + self.shared.time.held(hours)
    }

    /// Left and right end of the time axis.
    pub fn plot_ends(&self) -> (f64, f64) {
        (self.x + self.shared.ends.0, self.x + self.shared.ends.1)
    }

    /// The plot over time, and the places of course ends beside it: left, right.
    pub fn fields(&self) -> Vec<(f64, f64)> {
        let slots = self
            .shared
            .slots
            .iter()
            .map(|slot| (self.x + slot, self.x + slot + self.shared.slot));
        std::iter::once(self.plot_ends()).chain(slots).collect()
    }

    /// Grid, axes, ticks, what each end favours.
    fn background(&self, items: &mut Vec<Item>) {
        let left = self.plot_ends().0;
        let fields = self.fields();
        for tick in self.shared.effect.ticks(34.0) {
            let y = self.effect_y(tick.value);
            items.extend(
                fields
                    .iter()
                    .map(|(from, to)| Item::from(Line::new(*from, y, *to, y, "rule"))),
            );
            items.push(Text::new(left - 6.0, y + 4.0, SMALL, tick.label).end().into());
        }
        let null = self.effect_y(self.shared.input.effect.null());
        for y in [null, self.bottom] {
            items.extend(
                fields
                    .iter()
                    .map(|(from, to)| Item::from(Line::new(*from, y, *to, y, "axis"))),
            );
        }
        for (_, x, label) in time::ticks(&self.shared.time, SMALL, self.shared.ends.1 + 8.0) {
            let x = self.x + x;
            items.push(Line::new(x, self.bottom, x, self.bottom + 4.0, "axis").into());
            items.push(Text::new(x, self.bottom + 17.0, SMALL, label).middle().into());
        }
        let (low, high) = self.shared.input.effect.ends();
        items.push(Text::new(left + 2.0, self.top + 12.0, SMALL, high).soft().into());
        items.push(Text::new(left + 2.0, self.bottom - 6.0, SMALL, low).soft().into());
    }

    /// Draws all windows; returns each with the x of its point.
    fn points(&self, items: &mut Vec<Item>) -> Vec<(&'a WindowPoint, f64)> {
        let mut slots = self.shared.slots.iter();
        let mut placed = Vec::new();
        for point in &self.series.points {
            let centre = match point.when {
                When::Hours { target, .. } => self.window(items, point, target),
                When::CourseEnd => slots.next().map(|left| self.course_end(items, point, *left)),
            };
            placed.extend(centre.map(|x| (point, x)));
        }
        placed
    }

    /// A window in hours; returns the x of its target.
    fn window(&self, items: &mut Vec<Item>, point: &WindowPoint, target: f64) -> Option<f64> {
        let (from, to) = time::span(point.when)?;
        let (left, right) = (self.time_x(from), self.time_x(to));
        let x = self.time_x(target).max(left).min(right);
        self.mark(items, point, (left, right), x);
        Some(x)
    }

    /// A point at the end of a course of doses; returns the x of its slot's middle.
    fn course_end(&self, items: &mut Vec<Item>, point: &WindowPoint, slot: f64) -> f64 {
        let wide = self.shared.slot;
        let (left, right) = (self.x + slot, self.x + slot + wide);
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
            wide + 8.0,
            &style(SMALL, "").middle(),
        );
        self.mark(items, point, (left + wide * 0.25, right - wide * 0.25), x);
        x
    }

    /// Band over the window, interval and point at its target.
    fn mark(&self, items: &mut Vec<Item>, point: &WindowPoint, ends: (f64, f64), x: f64) {
        let effect = &self.shared.input.effect;
        let Some(i) = point.estimate.filter(|i| i.drawable(effect.ratio)) else {
            return;
        };
        let (high, low, y) = (
            self.effect_y(i.upper),
            self.effect_y(i.lower),
            self.effect_y(i.value),
        );
        let (left, right) = ends;
        let mut inside = vec![
            frame::hit(left - 2.0, self.top + EDGE, right - left + 4.0, PLOT - 2.0 * EDGE),
            Rect::new(left, high, right - left, low - high, "band").into(),
            Line::new(left, y, right, y, "thin").into(),
            Line::new(x, high, x, low, "stroke").into(),
        ];
        self.cuts(&mut inside, &i, x);
        inside.push(frame::marker(self.index, x, y, self.area(point), "fill"));
        let group = Group::new("", inside).titled(self.says(point, &i));
        items.push(group.sourced(&point.key, &point.rows).into());
    }

    /// What a window says on hover and to a screen reader.
    fn says(&self, point: &WindowPoint, i: &Interval) -> String {
        let effect = &self.shared.input.effect;
        let mut parts = vec![
            format!(
                "{}, {}: {} {}",
                self.series.label,
                point.label,
                effect.label,
                effect.says(i)
            ),
            format!("{}, {}", text::trials(point.k), text::people(point.n)),
        ];
        parts.extend((!point.rows.is_empty()).then(|| frame::rows_in_words(&point.rows)));
        parts.join("; ")
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
        let (people, most) = (self.shared.most_people, self.shared.most_information);
        let share = match point.information {
            Some(information) if most > 0.0 => information / most,
            _ if people > 0 => point.n as f64 / people as f64,
            _ => 0.0,
        };
        (LARGEST * share).clamp(SMALLEST, LARGEST)
    }
}
