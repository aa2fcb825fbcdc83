//! Specification curve: every declared analysis with its interval, sorted, and beneath it which options it took.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::{Effect, Heading, Interval, Reference};
use crate::metrics;
use crate::scene::{Circle, Group, Item, Line, Rect, Scene, Text};
use crate::{text, theme};

/// The curve and the options beneath it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Specification {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis, upright.
    pub effect: Effect,
    /// Forks with the names of their options.
    pub forks: Vec<(String, Vec<String>)>,
    /// Analyses with a result, in any order.
    pub analyses: Vec<SpecificationMark>,
    /// Horizontal lines with their names: the floors.
    pub floors: Vec<Reference>,
}

/// One analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecificationMark {
    /// Effect as shown, with its interval.
    pub interval: Interval,
    /// Option taken at each fork, shorter where a fork no longer matters.
    pub options: Vec<usize>,
    /// Whether it sets a floor: always drawn, and drawn bold.
    pub sets: bool,
    /// In words, for its title.
    pub name: String,
}

/// The curve, 700 px wide.
pub fn specification(input: &Specification) -> Scene {
    draw(input, 700.0, 240.0, 212.0, 132.0)
}

/// The curve for a narrow page (358 px).
pub fn specification_narrow(input: &Specification) -> Scene {
    draw(input, 358.0, 200.0, 44.0, 0.0)
}

/// Narrowest column: more analyses than fit are thinned evenly.
const COLUMN: f64 = 3.0;
const ROW: f64 = 17.0;

struct Curve<'a> {
    input: &'a Specification,
    marks: Vec<&'a SpecificationMark>,
    axis: Axis,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn draw(input: &Specification, width: f64, height: f64, left: f64, gutter: f64) -> Scene {
    let ratio = input.effect.ratio;
    let mut all: Vec<&SpecificationMark> = input
        .analyses
        .iter()
        .filter(|mark| mark.interval.drawable(ratio))
        .collect();
    if all.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    all.sort_by(|a, b| a.interval.value.total_cmp(&b.interval.value));
    let total = all.len();
    let right = width - 8.0 - gutter;
    let most = ((right - left) / COLUMN).floor() as usize;
    let step = total.div_ceil(most.max(1)).max(1);
    let marks: Vec<&SpecificationMark> = all
        .iter()
        .enumerate()
        .filter(|(i, mark)| i % step == 0 || mark.sets)
        .map(|(_, mark)| *mark)
        .collect();
    let top = 30.0;
    let intervals: Vec<Interval> = marks.iter().map(|mark| mark.interval).collect();
    let more: Vec<f64> = input.floors.iter().map(|floor| floor.value).collect();
    let axis = Axis::around(&input.effect, &intervals, &more, (top + height, top), 34.0);
    let curve = Curve {
        input,
        marks,
        axis,
        left,
        right,
        top,
        bottom: top + height,
    };
    let mut items: Vec<Item> = Vec::new();
    curve.upright(&mut items);
    let named = curve.lines(&mut items);
    if gutter > 0.0 {
        curve.names(&mut items, &named);
    }
    curve.intervals(&mut items);
    let mut y = curve.options(&mut items);
    let mut key = "Each column is one analysis: its estimate (dot) and interval. Orange columns set a floor."
        .to_owned();
    if gutter == 0.0 {
        let floors: Vec<&str> = named.iter().filter(|n| n.2).map(|n| n.1.as_str()).collect();
        if !floors.is_empty() {
            key.push_str(&format!(" Orange lines: {}.", floors.join(", ")));
        }
        if let Some(important) = input
            .effect
            .important
            .as_ref()
            .filter(|i| curve.axis.holds(i.value))
        {
            key.push_str(&format!(" Dashed: {}.", important.label));
        }
    }
    if curve.marks.len() < total {
        key.push_str(&format!(
            " {} of {} analyses are drawn, evenly along the curve.",
            curve.marks.len(),
            total
        ));
    }
    y = frame::paragraph(&mut items, &key, (0.0, y + 6.0), width, &style(SMALL, "soft"));
    input.heading.scene(width, y.ceil() + 4.0, items)
}

impl Curve<'_> {
    fn x(&self, column: usize) -> f64 {
        let each = (self.right - self.left - 12.0) / self.marks.len() as f64;
        self.left + 6.0 + each * (column as f64 + 0.5)
    }

    fn upright(&self, items: &mut Vec<Item>) {
        let x = self.left;
        items.push(Line::new(x, self.top, x, self.bottom, "axis").into());
        for tick in self.axis.ticks(34.0) {
            let y = self.axis.at(tick.value);
            items.push(Line::new(x - 4.0, y, x, y, "axis").into());
            items.push(Text::new(x - 7.0, y + 4.0, SMALL, tick.label).end().into());
        }
        let label = format!(
            "{} ({})",
            self.input.effect.label,
            self.input.effect.direction.words()
        );
        items.push(Text::new(0.0, 12.0, SMALL, label).into());
    }

    /// No effect, the important difference, the floors: (value, name, whether a floor) of those on the axis.
    fn lines(&self, items: &mut Vec<Item>) -> Vec<(f64, String, bool)> {
        let effect = &self.input.effect;
        let mut named = vec![(effect.null(), "no difference".to_owned(), false)];
        let important = effect.important.iter();
        named.extend(important.map(|i| (i.value, i.label.clone(), false)));
        named.extend(self.input.floors.iter().map(|floor| {
            let name = format!("{} {}", floor.label, text::value(floor.value, effect.scale));
            (floor.value, name, true)
        }));
        named.retain(|(value, ..)| self.axis.holds(*value));
        for (value, _, floor) in &named {
            let y = self.axis.at(*value);
            let class = match (floor, *value == effect.null()) {
                (true, _) => "stroke",
                (false, true) => "softline",
                (false, false) => "dash",
            };
            let line = Line::new(self.left, y, self.right, y, class);
            if *floor {
                items.push(Group::new(theme::hue(1), vec![line.into()]).into());
            } else {
                items.push(line.into());
            }
        }
        named
    }

    /// Names at the right of their lines; those that would touch are moved apart.
    fn names(&self, items: &mut Vec<Item>, named: &[(f64, String, bool)]) {
        let mut order: Vec<(f64, &str)> = named
            .iter()
            .map(|(value, name, _)| (self.axis.at(*value) + 4.0, name.as_str()))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut taken = f64::NEG_INFINITY;
        for (y, name) in order {
            taken = y.max(taken + 15.0);
            items.push(Text::new(self.right + 6.0, taken, SMALL, name).into());
        }
    }

    fn intervals(&self, items: &mut Vec<Item>) {
        let class = if self.marks.len() > 120 { "thin" } else { "stroke" };
        let radius = if self.marks.len() > 120 { 1.3 } else { 2.6 };
        for (column, mark) in self.marks.iter().enumerate() {
            let x = self.x(column);
            let i = &mark.interval;
            let (low, high) = (self.axis.held(i.lower), self.axis.held(i.upper));
            let mut drawn: Vec<Item> = vec![Line::new(x, low, x, high, class).into()];
            for (end, out, sign) in [
                (low, self.axis.below(i.lower), 1.0),
                (high, self.axis.above(i.upper), -1.0),
            ] {
                if out && self.marks.len() <= 60 {
                    drawn.push(frame::arrow_up(x, end, sign, "fill"));
                }
            }
            drawn.push(Circle::new(x, self.axis.held(i.value), radius, "fill").into());
            let hue = theme::hue(usize::from(mark.sets));
            let title = format!("{}: {}", mark.name, self.input.effect.says(i));
            items.push(Group::new(hue, drawn).titled(title).into());
        }
    }

    /// One row an option: a mark in each column that took it. Returns where they end.
    fn options(&self, items: &mut Vec<Item>) -> f64 {
        let wide = self.left > 100.0;
        let mut y = self.bottom + 10.0;
        for (fork, (name, options)) in self.input.forks.iter().enumerate() {
            y += ROW;
            items.push(Text::new(0.0, y - 4.0, SMALL, name.as_str()).bold().into());
            for (option, name) in options.iter().enumerate() {
                let room = if wide { self.left - 14.0 } else { self.right };
                let mut lines = metrics::wrap(name, SMALL, false, room);
                let last = lines.pop().unwrap_or_default();
                for line in lines.into_iter().chain([last]) {
                    y += ROW - 2.0;
                    let text = Text::new(if wide { 8.0 } else { 0.0 }, y - 4.0, SMALL, line).soft();
                    items.push(text.into());
                }
                if !wide {
                    y += 14.0;
                }
                let middle = if wide { y - 8.0 } else { y - 6.0 };
                items.push(Line::new(self.left, middle + 6.0, self.right, middle + 6.0, "rule").into());
                let each = ((self.right - self.left - 12.0) / self.marks.len() as f64).min(7.0);
                let took = |mark: &SpecificationMark| mark.options.get(fork) == Some(&option);
                for sets in [false, true] {
                    let drawn: Vec<Item> = self
                        .marks
                        .iter()
                        .enumerate()
                        .filter(|(_, mark)| took(mark) && mark.sets == sets)
                        .map(|(column, _)| {
                            let width = (each * 0.8).max(1.2);
                            Rect::new(self.x(column) - width / 2.0, middle - 4.0, width, 8.0, "fill").into()
                        })
                        .collect();
                    if !drawn.is_empty() {
                        items.push(Group::new(theme::hue(usize::from(sets)), drawn).into());
                    }
                }
            }
        }
        y
    }
}
