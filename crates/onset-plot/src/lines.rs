//! Lines over a number axis: an acceptability curve, an estimate under many priors, a monitored series with its boundaries.

use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::input::{Heading, Reference};
use crate::scene::{Group, Item, Line, Path, Scene, Text};
use crate::text::{self, Scale};
use crate::{metrics, theme};

/// Lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Beneath the horizontal axis.
    pub x: String,
    /// Whether it is logarithmic.
    pub x_log: bool,
    /// Above the upright axis.
    pub y: String,
    /// How values of the upright axis are written.
    pub scale: Scale,
    /// Whether the upright axis is logarithmic.
    pub y_log: bool,
    /// Limits of the upright axis; absent: from the lines.
    pub y_limits: Option<(f64, f64)>,
    /// The lines.
    pub series: Vec<LineSeries>,
    /// Horizontal lines with their names.
    pub levels: Vec<Reference>,
    /// Upright lines with their names.
    pub uprights: Vec<Reference>,
    /// Printed beneath.
    pub note: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineSeries {
    /// In the key.
    pub label: String,
    /// Its points, from left to right; a gap where y is absent.
    pub points: Vec<LinePoint>,
    /// Which hue and which mark: lines of one hue belong together.
    pub hue: usize,
    /// How it is drawn.
    pub kind: LineKind,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineKind {
    /// Drawn through, with a mark at each point that has a name.
    #[default]
    Marked,
    /// Drawn through, without marks.
    Plain,
    /// Thin, with a small mark at each point that has a name.
    Thin,
    /// Dashed.
    Dashed,
    /// Dotted.
    Dotted,
}

impl LineKind {
    fn class(self) -> &'static str {
        match self {
            LineKind::Marked | LineKind::Plain => "stroke",
            LineKind::Thin => "thin",
            LineKind::Dashed => "dash",
            LineKind::Dotted => "dot",
        }
    }
}

/// A point of a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinePoint {
    /// Across.
    pub x: f64,
    /// Up; none: a gap.
    pub y: Option<f64>,
    /// For its title; points without one have no mark.
    pub name: String,
}

/// For a wide page.
pub fn lines(input: &Lines) -> Scene {
    draw(input, 700.0, 250.0)
}

/// For a narrow page (358 px).
pub fn lines_narrow(input: &Lines) -> Scene {
    draw(input, 358.0, 220.0)
}

/// A line of text of the key.
const LINE: f64 = 18.0;

fn draw(input: &Lines, width: f64, height: f64) -> Scene {
    let usable = |p: &&LinePoint| p.x.is_finite() && (!input.x_log || p.x > 0.0);
    let all: Vec<(f64, f64)> = input
        .series
        .iter()
        .flat_map(|s| s.points.iter().filter(usable))
        .filter_map(|p| Some((p.x, p.y.filter(|y| y.is_finite() && (!input.y_log || *y > 0.0))?)))
        .collect();
    if all.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    let span = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| {
            (lo.min(x), hi.max(x))
        })
    };
    let (mut x_lo, mut x_hi) = span(
        &mut all
            .iter()
            .map(|p| p.0)
            .chain(input.uprights.iter().map(|r| r.value)),
    );
    if x_lo >= x_hi {
        (x_lo, x_hi) = if input.x_log {
            (x_lo * 0.5, x_hi * 2.0)
        } else {
            (x_lo - 1.0, x_hi + 1.0)
        };
    }
    let (mut y_lo, mut y_hi) = input.y_limits.unwrap_or_else(|| {
        span(
            &mut all
                .iter()
                .map(|p| p.1)
                .chain(input.levels.iter().map(|r| r.value)),
        )
    });
    if y_lo >= y_hi {
        (y_lo, y_hi) = if input.y_log {
            (y_lo * 0.5, y_hi * 2.0)
        } else {
            (y_lo - 1.0, y_hi + 1.0)
        };
    }
    let mut items: Vec<Item> = Vec::new();
    let top = frame::paragraph(&mut items, &input.y, (0.0, 0.0), width, &style(SMALL, "")) + 8.0;
    let bottom = top + height;
    let mut upright = Axis::new(y_lo, y_hi, bottom, top, input.y_log);
    if input.y_limits.is_none() {
        upright = upright.rounded(34.0);
    }
    let ticks = upright.ticks(34.0);
    let left = metrics::widest(ticks.iter().map(|tick| tick.label.as_str()), SMALL, false) + 12.0;
    let right = width - 16.0;
    let across = Axis::new(x_lo, x_hi, left, right, input.x_log);
    for tick in ticks {
        let y = upright.at(tick.value);
        items.push(Line::new(left, y, right, y, "rule").into());
        items.push(Text::new(left - 6.0, y + 4.0, SMALL, tick.label).end().into());
    }
    items.push(Line::new(left, bottom, right, bottom, "axis").into());
    for tick in across.ticks(56.0) {
        let x = across.at(tick.value);
        let label = if tick.value >= 1000.0 {
            text::count(tick.value.round() as u64)
        } else {
            tick.label
        };
        let half = 0.5 * metrics::width(&label, SMALL, false);
        let middle = x.max(half).min(width - half);
        items.push(Line::new(x, bottom, x, bottom + 4.0, "axis").into());
        items.push(Text::new(middle, bottom + 17.0, SMALL, label).middle().into());
    }
    references(input, &mut items, &upright, &across, (left, right), (top, bottom));
    for series in &input.series {
        let drawn = line(input, series, &across, &upright);
        items.push(Group::new(theme::hue(series.hue), drawn).into());
    }
    let middle = 0.5 * (left + right);
    let under = (middle, bottom + 20.0);
    let mut y = frame::paragraph(
        &mut items,
        &input.x,
        under,
        right - left,
        &style(SMALL, "").middle(),
    ) + 6.0;
    y = key(input, &mut items, y, width);
    y = frame::paragraph(&mut items, &input.note, (0.0, y), width, &style(SMALL, "soft"));
    input.heading.scene(width, y.ceil() + 4.0, items)
}

/// Horizontal and upright lines; their names keep apart.
fn references(
    input: &Lines,
    items: &mut Vec<Item>,
    upright: &Axis,
    across: &Axis,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
) {
    let mut levels: Vec<&Reference> = input.levels.iter().filter(|r| upright.holds(r.value)).collect();
    levels.sort_by(|a, b| upright.at(a.value).total_cmp(&upright.at(b.value)));
    let mut taken = f64::NEG_INFINITY;
    for reference in levels {
        let y = upright.at(reference.value);
        items.push(Line::new(left, y, right, y, "dash").into());
        let text = (y - 4.0).max(taken + 15.0);
        taken = text;
        if text < bottom {
            items.push(
                Text::new(right, text, SMALL, reference.label.as_str())
                    .end()
                    .class("halo")
                    .into(),
            );
        }
    }
    let mut row = 0.0;
    for reference in input.uprights.iter().filter(|r| across.holds(r.value)) {
        let x = across.at(reference.value);
        items.push(Line::new(x, top, x, bottom, "dot").into());
        let label = Text::new(0.0, bottom - 8.0 - 15.0 * row, SMALL, reference.label.as_str()).class("halo");
        let room = metrics::width(&reference.label, SMALL, false) + 8.0;
        let placed = if x + room > right {
            Text {
                spans: vec![(x - 5.0, reference.label.clone())],
                ..label
            }
            .end()
        } else {
            Text {
                spans: vec![(x + 5.0, reference.label.clone())],
                ..label
            }
        };
        items.push(placed.into());
        row += 1.0;
    }
}

fn line(input: &Lines, series: &LineSeries, across: &Axis, upright: &Axis) -> Vec<Item> {
    let class = series.kind.class();
    let mut pieces: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    let mut marks: Vec<Item> = Vec::new();
    for point in series.points.iter().filter(|p| p.x.is_finite()) {
        let y = point.y.filter(|y| y.is_finite() && upright.holds(*y));
        let Some(value) = y else {
            pieces.push(Vec::new());
            continue;
        };
        let (x, y) = (across.held(point.x), upright.at(value));
        if let Some(piece) = pieces.last_mut() {
            piece.push((x, y));
        }
        let area = match series.kind {
            LineKind::Marked => Some(34.0),
            LineKind::Thin => Some(16.0),
            LineKind::Plain | LineKind::Dashed | LineKind::Dotted => None,
        };
        if let Some(area) = area.filter(|_| !point.name.is_empty()) {
            let of = if series.label.is_empty() {
                String::new()
            } else {
                format!("{}, ", series.label)
            };
            let title = format!("{of}{}: {}", point.name, text::value(value, input.scale));
            let mark = frame::marker(series.hue, x, y, area, "fill");
            marks.push(Group::new("", vec![mark]).titled(title).into());
        }
    }
    pieces.retain(|piece| piece.len() > 1);
    let mut drawn: Vec<Item> = Vec::new();
    if !pieces.is_empty() {
        drawn.push(Path { pieces, class }.into());
    }
    drawn.extend(marks);
    drawn
}

/// One entry a named line: a stroke, its mark, its name.
fn key(input: &Lines, items: &mut Vec<Item>, top: f64, width: f64) -> f64 {
    let drawn = |s: &LineSeries| s.points.iter().filter(|p| p.y.is_some()).count() > 1;
    let shown = |s: &&LineSeries| !s.label.is_empty() && (s.kind == LineKind::Marked || drawn(s));
    let named: Vec<&LineSeries> = input.series.iter().filter(shown).collect();
    if named.is_empty() {
        return top;
    }
    let (mut x, mut y) = (0.0, top + LINE);
    for series in named {
        let lines = metrics::wrap(&series.label, SMALL, false, width - 34.0);
        let widest = metrics::widest(lines.iter().map(String::as_str), SMALL, false);
        if x > 0.0 && x + 34.0 + widest > width {
            (x, y) = (0.0, y + LINE);
        }
        let class = series.kind.class();
        let mut drawn: Vec<Item> = vec![Line::new(x, y - 4.0, x + 24.0, y - 4.0, class).into()];
        if series.kind == LineKind::Marked {
            drawn.push(frame::marker(series.hue, x + 12.0, y - 4.0, 34.0, "fill"));
        }
        items.push(Group::new(theme::hue(series.hue), drawn).into());
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                y += LINE;
            }
            items.push(Text::new(x + 30.0, y, SMALL, line.as_str()).into());
        }
        x += 30.0 + widest + 18.0;
    }
    y + BODY * 0.5
}
