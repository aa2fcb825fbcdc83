//! Blinding plane: what is left of an effect when belief is credited with more and more of it.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::{Effect, Heading, Interval};
use crate::scene::{Circle, Group, Item, Line, Path, Rect, Scene, Text};
use crate::{metrics, text, theme};
use onset_data::RowId;

/// The plane and the strips beneath it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlindingPlane {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect whose values stand on the contours.
    pub effect: Effect,
    /// Beneath the axis: "Effect of believing in ketamine, MADRS points of improvement".
    pub axis: String,
    /// (effect of belief, adjusted effect as shown), effect of belief ascending from 0.
    pub curve: Vec<(f64, f64)>,
    /// Where the adjusted effect meets a target: (effect of belief, name), drawn bold.
    pub tipping: Vec<(f64, String)>,
    /// Published sizes with their 95 % range, on the same axis.
    pub published: Vec<(Interval, String)>,
    /// Differences in belief by trial.
    pub beliefs: Vec<BeliefMark>,
}

/// Difference in belief of one trial.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BeliefMark {
    /// Study id.
    pub key: String,
    /// "Lii 2023".
    pub label: String,
    /// B, -1 to 1.
    pub difference: f64,
    /// Observed by asking people (filled), or assumed (open).
    pub observed: bool,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// The plane, 700 px wide.
pub fn blinding_plane(input: &BlindingPlane) -> Scene {
    draw(input, 700.0, 300.0)
}

/// The plane for a narrow page (358 px).
pub fn blinding_plane_narrow(input: &BlindingPlane) -> Scene {
    draw(input, 358.0, 240.0)
}

const LEFT: f64 = 52.0;
const ROW: f64 = 18.0;
/// Contours are at least this many pixels apart where they are named.
const APART: f64 = 26.0;

struct Plane<'a> {
    input: &'a BlindingPlane,
    x: Axis,
    top: f64,
    bottom: f64,
    right: f64,
    most: f64,
}

fn draw(input: &BlindingPlane, width: f64, height: f64) -> Scene {
    let most = input.curve.last().map_or(0.0, |(worth, _)| *worth);
    if input.curve.len() < 2 || !most.is_finite() || most <= 0.0 {
        return frame::nothing(&input.heading, &[], width);
    }
    let names = input
        .tipping
        .iter()
        .filter(|(worth, _)| (0.0..=most).contains(worth));
    let top = 15.0 * names.count() as f64 + 24.0;
    let right = width - 50.0;
    let plane = Plane {
        input,
        x: Axis::new(0.0, most, LEFT, right, false),
        top,
        bottom: top + height,
        right,
        most,
    };
    let mut items: Vec<Item> = Vec::new();
    plane.share_axis(&mut items);
    plane.contours(&mut items);
    plane.tipping_lines(&mut items);
    let mut y = plane.belief_axis(&mut items);
    y = plane.published(&mut items, y + 8.0);
    y = plane.beliefs(&mut items, y + 14.0, width);
    input.heading.scene(width, y.ceil() + 4.0, items)
}

impl Plane<'_> {
    /// Pixel of a share.
    fn y(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }

    /// How much belief has to take out for this adjusted effect; straight lines between the points given.
    fn worth(&self, effect: f64) -> Option<f64> {
        self.input.curve.windows(2).find_map(|pair| {
            let [(x0, y0), (x1, y1)] = pair else { return None };
            let inside = (y0 - effect) * (y1 - effect) <= 0.0 && y0 != y1;
            inside.then(|| x0 + (x1 - x0) * (effect - y0) / (y1 - y0))
        })
    }

    fn share_axis(&self, items: &mut Vec<Item>) {
        items.push(Line::new(LEFT, self.top, LEFT, self.bottom, "axis").into());
        items.push(Line::new(self.right, self.top, self.right, self.bottom, "rule").into());
        items.push(Line::new(LEFT, self.top, self.right, self.top, "rule").into());
        for (share, label) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
            let y = self.y(share);
            items.push(Line::new(LEFT - 4.0, y, LEFT, y, "axis").into());
            items.push(Text::new(LEFT - 7.0, y + 4.0, SMALL, label).end().into());
        }
        let label = "Share of the link that runs from belief to outcome";
        items.push(Text::new(0.0, 11.0, SMALL, label).into());
    }

    /// Curves of one round adjusted effect each, named at the right edge.
    fn contours(&self, items: &mut Vec<Item>) {
        let values = || {
            self.input
                .curve
                .iter()
                .map(|(_, effect)| *effect)
                .filter(|x| x.is_finite())
        };
        let (low, high) = (
            values().fold(f64::INFINITY, f64::min),
            values().fold(f64::NEG_INFINITY, f64::max),
        );
        let axis = Axis::new(low, high, self.bottom, self.top, self.input.effect.ratio);
        for tick in axis.ticks(APART) {
            let Some(worth) = self.worth(tick.value) else {
                continue;
            };
            if worth > 0.0 {
                items.push(self.contour(worth, "softthin"));
            }
            let y = self.y(worth / self.most) + 4.0;
            items.push(Text::new(self.right + 6.0, y, SMALL, tick.label).into());
        }
    }

    /// share = worth / effect of belief, from where it enters at the top to the right edge.
    fn contour(&self, worth: f64, class: &'static str) -> Item {
        let points = (0..=48)
            .map(|i| {
                let at = worth + (self.most - worth) * f64::from(i) / 48.0;
                (self.x.at(at), self.y(if at > 0.0 { worth / at } else { 1.0 }))
            })
            .collect();
        Path {
            pieces: vec![points],
            class,
        }
        .into()
    }

    fn tipping_lines(&self, items: &mut Vec<Item>) {
        let mut inside: Vec<&(f64, String)> = self
            .input
            .tipping
            .iter()
            .filter(|(worth, _)| (0.0..=self.most).contains(worth))
            .collect();
        inside.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (row, (worth, name)) in inside.iter().enumerate() {
            let y = 15.0 * row as f64 + 28.0;
            let x = self.x.at(*worth);
            items.push(Group::new(theme::hue(1), vec![self.contour(*worth, "thick")]).into());
            items.push(Line::new(x, y - 4.0, x, self.top, "softline").into());
            let room = metrics::width(name, SMALL, true) + 5.0;
            let words = if x + room < self.right + 44.0 {
                Text::new(x + 4.0, y, SMALL, name.as_str())
            } else {
                Text::new(x - 4.0, y, SMALL, name.as_str()).end()
            };
            items.push(words.bold().into());
        }
    }

    fn belief_axis(&self, items: &mut Vec<Item>) -> f64 {
        let y = self.bottom;
        items.push(Line::new(LEFT, y, self.right, y, "axis").into());
        for tick in self.x.ticks(56.0) {
            let x = self.x.at(tick.value);
            items.push(Line::new(x, y, x, y + 4.0, "axis").into());
            items.push(Text::new(x, y + 17.0, SMALL, tick.label).middle().into());
        }
        frame::paragraph(
            items,
            &self.input.axis,
            (LEFT, y + 20.0),
            (self.right - LEFT) * 0.9,
            &style(SMALL, ""),
        )
    }

    /// One row for each published size: its name above, its range on the axis.
    fn published(&self, items: &mut Vec<Item>, top: f64) -> f64 {
        let mut y = top;
        for (range, name) in &self.input.published {
            y = frame::paragraph(items, name, (LEFT, y), self.right - LEFT, &style(SMALL, "soft"));
            y += 7.0;
            let (low, high) = (self.x.held(range.lower), self.x.held(range.upper));
            let mark = vec![
                Line::new(low, y, high, y, "stroke").into(),
                Circle::new(self.x.held(range.value), y, 4.0, "edged").into(),
            ];
            items.push(Group::new(theme::hue(0), mark).into());
            y += 8.0;
        }
        y
    }

    /// Differences in belief on an axis of their own.
    fn beliefs(&self, items: &mut Vec<Item>, top: f64, width: f64) -> f64 {
        if self.input.beliefs.is_empty() {
            return top;
        }
        let lowest = self
            .input
            .beliefs
            .iter()
            .map(|b| b.difference)
            .fold(0.0, f64::min);
        let title = "Difference in belief between the arms: 0 nobody can tell, 1 everybody can. Filled: people were \
                     asked. Open: assumed.";
        let mut y = frame::paragraph(items, title, (0.0, top), width * 0.85, &style(SMALL, "")) + 4.0;
        let names = self
            .input
            .beliefs
            .iter()
            .map(|b| metrics::width(&b.label, SMALL, false));
        let left = names.fold(0.0, f64::max) + 14.0;
        let axis = Axis::new(
            if lowest < 0.0 { -1.0 } else { 0.0 },
            1.0,
            left,
            self.right,
            false,
        );
        for belief in &self.input.beliefs {
            let middle = y + ROW / 2.0;
            let x = axis.held(belief.difference);
            let class = if belief.observed { "edged" } else { "open" };
            let title = format!(
                "{}: difference in belief {}, {}",
                belief.label,
                text::number(belief.difference, 2),
                if belief.observed { "observed" } else { "assumed" }
            );
            let mark = vec![
                frame::hit(left, y, self.right - left, ROW),
                Line::new(left, middle, self.right, middle, "rule").into(),
                Circle::new(x, middle, 5.0, class).into(),
            ];
            items.push(Text::new(0.0, middle + 4.0, SMALL, belief.label.as_str()).into());
            items.push(
                Group::new(theme::hue(0), mark)
                    .titled(title)
                    .sourced(&belief.key, &belief.rows)
                    .into(),
            );
            let value = text::number(belief.difference, 2);
            items.push(Text::new(self.right + 6.0, middle + 4.0, SMALL, value).into());
            y += ROW;
        }
        items.push(Rect::new(left, y, self.right - left, 0.5, "ink").into());
        for tick in axis.ticks(60.0) {
            let x = axis.at(tick.value);
            items.push(Line::new(x, y, x, y + 4.0, "axis").into());
            items.push(Text::new(x, y + 17.0, SMALL, tick.label).middle().into());
        }
        y + 20.0
    }
}
