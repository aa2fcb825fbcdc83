//! Studies as points between two number axes: what the diagnostic figures draw alike.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::Heading;
use crate::scene::{Circle, Group, Item, Line, Path, Polygon, Scene, Text};
use crate::{metrics, text, theme};
use onset_data::RowId;

/// Points, lines and bands between two number axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// What the horizontal axis shows.
    pub x: String,
    /// What the vertical axis shows.
    pub y: String,
    /// Studies.
    pub points: Vec<ScatterPoint>,
    /// Lines, each with its meaning for the key beneath.
    pub lines: Vec<ScatterLine>,
    /// Closed fields behind the points.
    pub bands: Vec<Vec<(f64, f64)>>,
    /// Values that the axes must hold beside the points and lines.
    pub hold: Vec<(f64, f64)>,
    /// Ends of the horizontal axis, where they are known: a probability ends at 1.
    pub ends: Option<(f64, f64)>,
    /// Sentences beneath.
    pub note: String,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScatterPoint {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// Horizontal place.
    pub x: f64,
    /// Vertical place.
    pub y: f64,
    /// Size relative to the largest, 0 to 1; 0 for the usual mark.
    pub size: f64,
    /// Filled and named: it stands out. The others are open.
    pub marked: bool,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// A line through the plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScatterLine {
    /// Its meaning: "pooled effect".
    pub label: String,
    /// From point to point.
    pub points: Vec<(f64, f64)>,
    /// Dashed lines are references, whole ones results.
    pub dashed: bool,
}

/// The figure, 640 px wide.
pub fn scatter(input: &Scatter) -> Scene {
    draw(input, 640.0, 360.0)
}

/// The figure for a narrow page (358 px).
pub fn scatter_narrow(input: &Scatter) -> Scene {
    draw(input, 358.0, 300.0)
}

const LEFT: f64 = 50.0;
const TOP: f64 = 26.0;

fn good(p: &(f64, f64)) -> bool {
    p.0.is_finite() && p.1.is_finite()
}

fn draw(input: &Scatter, width: f64, height: f64) -> Scene {
    let points: Vec<&ScatterPoint> = input.points.iter().filter(|p| good(&(p.x, p.y))).collect();
    if points.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let places = points
        .iter()
        .map(|p| (p.x, p.y))
        .chain(input.hold.iter().copied());
    let places: Vec<(f64, f64)> = places.filter(good).collect();
    let (right, bottom) = (width - 16.0, TOP + height);
    let x = match input.ends.filter(|(lo, hi)| lo < hi && good(&(*lo, *hi))) {
        Some((lo, hi)) => Axis::new(lo, hi, LEFT, right, false),
        None => axis(places.iter().map(|p| p.0), (LEFT, right), 60.0),
    };
    let y = axis(places.iter().map(|p| p.1), (bottom, TOP), 44.0);
    let plot = Plot { x, y };
    let mut items: Vec<Item> = Vec::new();
    for band in &input.bands {
        let points: Vec<(f64, f64)> = band.iter().filter(|p| good(p)).map(|p| plot.held(*p)).collect();
        if points.len() > 2 {
            items.push(
                Polygon {
                    points,
                    class: "contour1",
                }
                .into(),
            );
        }
    }
    plot.axes(&mut items, input, bottom);
    for line in &input.lines {
        let class = if line.dashed { "dash" } else { "axis" };
        let pieces = plot.inside(&line.points);
        items.push(Path { pieces, class }.into());
    }
    for point in &points {
        items.push(plot.study(input, point));
    }
    plot.names(&mut items, &points, right);
    let mut key = input.note.clone();
    for line in input.lines.iter().filter(|l| !l.label.is_empty()) {
        let kind = if line.dashed { "Dashed" } else { "Line" };
        key.push_str(&format!(" {kind}: {}.", line.label));
    }
    let end = frame::paragraph(
        &mut items,
        key.trim(),
        (0.0, bottom + 44.0),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, end.ceil() + 4.0, items)
}

/// An axis a little wider than its values.
fn axis(values: impl Iterator<Item = f64>, ends: (f64, f64), apart: f64) -> Axis {
    let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        lo = lo.min(value);
        hi = hi.max(value);
    }
    let pad = if hi > lo {
        (hi - lo) * 0.03
    } else {
        lo.abs().max(1.0) * 0.5
    };
    let below = if lo >= 0.0 { (lo - pad).max(0.0) } else { lo - pad };
    Axis::new(below, hi + pad, ends.0, ends.1, false).rounded(apart)
}

struct Plot {
    x: Axis,
    y: Axis,
}

impl Plot {
    fn held(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.held(x), self.y.held(y))
    }

    /// Pieces of a line that lie on both axes; what leaves is cut where it leaves.
    fn inside(&self, points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let mut pieces = Vec::new();
        for pair in points.windows(2) {
            if let [a, b] = pair
                && good(a)
                && good(b)
                && let Some((a, b)) = self.cut(*a, *b)
            {
                pieces.push(vec![self.held(a), self.held(b)]);
            }
        }
        pieces
    }

    /// The part of a segment inside the axes (Liang and Barsky).
    fn cut(&self, a: (f64, f64), b: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
        let (mut from, mut to) = (0.0f64, 1.0f64);
        let ends = [(a.0, b.0, self.x.limits()), (a.1, b.1, self.y.limits())];
        for (start, end, (lo, hi)) in ends {
            let move_by = end - start;
            if move_by == 0.0 {
                if start < lo || start > hi {
                    return None;
                }
                continue;
            }
            let (enter, leave) = ((lo - start) / move_by, (hi - start) / move_by);
            from = from.max(enter.min(leave));
            to = to.min(enter.max(leave));
        }
        let at = |share: f64| (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
        (from < to).then(|| (at(from), at(to)))
    }

    fn axes(&self, items: &mut Vec<Item>, input: &Scatter, bottom: f64) {
        let (left, right) = self.x.span();
        items.push(Line::new(left, TOP, left, bottom, "axis").into());
        items.push(Line::new(left, bottom, right, bottom, "axis").into());
        for tick in self.y.ticks(44.0) {
            let y = self.y.at(tick.value);
            items.push(Line::new(left - 4.0, y, left, y, "axis").into());
            items.push(Text::new(left - 7.0, y + 4.0, SMALL, tick.label).end().into());
        }
        for tick in self.x.ticks(60.0) {
            let x = self.x.at(tick.value);
            items.push(Line::new(x, bottom, x, bottom + 4.0, "axis").into());
            items.push(Text::new(x, bottom + 17.0, SMALL, tick.label).middle().into());
        }
        items.push(Text::new(0.0, 11.0, SMALL, input.y.as_str()).into());
        let middle = (left + right) / 2.0;
        items.push(
            Text::new(middle, bottom + 36.0, SMALL, input.x.as_str())
                .middle()
                .into(),
        );
    }

    fn study(&self, input: &Scatter, point: &ScatterPoint) -> Item {
        let mut title = format!(
            "{}: {} {}, {} {}",
            point.label,
            input.x,
            text::number(point.x, 3),
            input.y,
            text::number(point.y, 3)
        );
        if !point.rows.is_empty() {
            title = format!("{title}; {}", frame::rows_in_words(&point.rows));
        }
        let (x, y) = self.held((point.x, point.y));
        let size = if point.size > 0.0 {
            point.size.min(1.0).sqrt() * 11.0
        } else {
            4.6
        };
        let class = if point.marked { "edged" } else { "open" };
        let items = vec![
            Circle::new(x, y, size.max(11.0), "hit").into(),
            Circle::new(x, y, size.max(2.5), class).into(),
        ];
        Group::new(theme::hue(0), items)
            .titled(title)
            .sourced(&point.key, &point.rows)
            .into()
    }

    /// Names of the studies that stand out, where they touch nothing.
    fn names(&self, items: &mut Vec<Item>, points: &[&ScatterPoint], right: f64) {
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for point in points.iter().filter(|p| p.marked) {
            let (x, y) = self.held((point.x, point.y));
            let wide = metrics::width(&point.label, SMALL, false);
            let gap = point.size.sqrt() * 11.0 + 8.0;
            for start in [x + gap, x - gap - wide] {
                let label = Text::new(start, y + 4.0, SMALL, point.label.as_str()).class("halo");
                let own = [start - 3.0, y - 9.0, start + wide + 3.0, y + 8.0];
                let free = taken
                    .iter()
                    .all(|t| own[2] < t[0] || own[0] > t[2] || own[3] < t[1] || own[1] > t[3]);
                if free && own[0] > LEFT && own[2] < right && own[1] > TOP - 8.0 {
                    taken.push(own);
                    items.push(label.into());
                    break;
                }
            }
        }
    }
}
