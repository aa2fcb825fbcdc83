//! Funnel plot with contours of p: is there a corner where small studies are missing?

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::{Effect, Heading, Interval, Reference};
use crate::scene::{Circle, Group, Item, Line, Path, Polygon, Scene, Text};
use crate::{metrics, text, theme};
use onset_data::RowId;

/// A contour-enhanced funnel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Funnel {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis.
    pub effect: Effect,
    /// Studies.
    pub points: Vec<FunnelPoint>,
    /// The pooled effect as shown: the solid vertical line.
    pub pooled: Option<f64>,
    /// Estimates adjusted for small-study effects, as shown: dashed lines with their names.
    pub adjusted: Vec<Reference>,
}

/// One study in a funnel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FunnelPoint {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// Effect as shown (ratios as ratios).
    pub effect: f64,
    /// Standard error on the analysis scale (log for ratios).
    pub se: f64,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// Distances in standard errors at which p is 0.1, 0.05, 0.01, with the class of the field inside the next.
const CONTOURS: [(f64, &str, &str); 3] = [
    (1.644_854, "p = 0.1", "contour2"),
    (1.959_964, "p = 0.05", "contour1"),
    (2.575_829, "p = 0.01", ""),
];

/// The funnel, 640 px wide.
pub fn funnel(input: &Funnel) -> Scene {
    draw(input, 640.0, 360.0)
}

/// The funnel for a narrow page (358 px).
pub fn funnel_narrow(input: &Funnel) -> Scene {
    draw(input, 358.0, 300.0)
}

const LEFT: f64 = 46.0;

struct Plot<'a> {
    input: &'a Funnel,
    x: Axis,
    se: Axis,
    top: f64,
    bottom: f64,
    most: f64,
}

fn draw(input: &Funnel, width: f64, height: f64) -> Scene {
    if usable(input).next().is_none() {
        return frame::nothing(&input.heading, &[], width);
    }
    let lines = named_lines(input);
    let top = 15.0 * lines.len() as f64 + 22.0;
    let se = usable(input).map(|p| p.se).fold(0.0, f64::max);
    let se = Axis::new(
        0.0,
        if se > 0.0 { se * 1.12 } else { 1.0 },
        top,
        top + height,
        false,
    );
    let plot = Plot {
        input,
        x: x_axis(input, width, &lines),
        se,
        top,
        bottom: top + height,
        most: se.limits().1,
    };
    let mut items: Vec<Item> = Vec::new();
    plot.contours(&mut items);
    plot.se_axis(&mut items);
    plot.vertical(&mut items, &lines);
    for point in usable(input) {
        items.push(plot.study(point));
    }
    let axis_height = frame::effect_axis(&mut items, &plot.x, &input.effect, plot.x.span(), plot.bottom);
    let key = "Shaded: where a study's own p lies between 0.1 and 0.05 (inner band) or 0.05 and 0.01 (outer band). \
               Dotted: 95 % of studies are expected between these lines if only chance moves them about the pooled effect.";
    let end = frame::paragraph(
        &mut items,
        key,
        (0.0, plot.bottom + axis_height + 6.0),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, end.ceil() + 4.0, items)
}

fn usable(input: &Funnel) -> impl Iterator<Item = &FunnelPoint> {
    let ratio = input.effect.ratio;
    input.points.iter().filter(move |p| {
        p.effect.is_finite() && p.se.is_finite() && p.se >= 0.0 && (!ratio || p.effect > 0.0)
    })
}

/// Vertical lines with names, from left to right: the leftmost is named highest, so that no line crosses a
/// name.
fn named_lines(input: &Funnel) -> Vec<(f64, String, &'static str)> {
    let scale = input.effect.scale;
    let pooled = input
        .pooled
        .map(|v| (v, format!("pooled {}", text::value(v, scale)), "axis"));
    let adjusted = input.adjusted.iter().map(|r| {
        (
            r.value,
            format!("{} {}", r.label, text::value(r.value, scale)),
            "dash",
        )
    });
    let good = |v: f64| v.is_finite() && (!input.effect.ratio || v > 0.0);
    let mut out: Vec<_> = pooled
        .into_iter()
        .chain(adjusted)
        .filter(|(v, ..)| good(*v))
        .collect();
    out.sort_by(|a, b| a.0.total_cmp(&b.0));
    out
}

/// Wide enough for every study; ends where names of lines still fit at its right.
fn x_axis(input: &Funnel, width: f64, lines: &[(f64, String, &'static str)]) -> Axis {
    // The last tick label is centred under the end of the axis.
    let width = width - 14.0;
    let point = |v: f64| Interval::new(v, v, v);
    let all: Vec<Interval> = usable(input)
        .map(|p| point(p.effect))
        .chain(lines.iter().map(|l| point(l.0)))
        .collect();
    let axis = Axis::around(&input.effect, &all, &[], (LEFT, width), 50.0);
    let mut right = width;
    for (value, label, _) in lines {
        let share = (axis.at(*value) - LEFT) / (width - LEFT);
        let room = width - metrics::width(label, SMALL, false) - 6.0 - LEFT;
        right = right.min(LEFT + room / share.max(0.01));
    }
    Axis::around(&input.effect, &all, &[], (LEFT, right.max(width * 0.6)), 50.0)
}

impl Plot<'_> {
    /// Pixel of the effect `z` standard errors from `centre`.
    fn at(&self, centre: f64, z: f64, se: f64) -> f64 {
        let effect = if self.input.effect.ratio {
            centre * (z * se).exp()
        } else {
            centre + z * se
        };
        self.x.held(effect)
    }

    /// Fields between the contours, and the contours with p at their lower ends.
    fn contours(&self, items: &mut Vec<Item>) {
        let null = self.input.effect.null();
        let steps: Vec<f64> = (0..=60).map(|i| self.most * f64::from(i) / 60.0).collect();
        let edge = |z: f64| {
            steps
                .iter()
                .map(|se| (self.at(null, z, *se), self.se.at(*se)))
                .collect::<Vec<_>>()
        };
        for sign in [-1.0, 1.0] {
            for pair in CONTOURS.windows(2) {
                let [(inner, _, class), (outer, _, _)] = pair else {
                    continue;
                };
                let points = edge(sign * inner)
                    .into_iter()
                    .chain(edge(sign * outer).into_iter().rev())
                    .collect();
                items.push(Polygon { points, class }.into());
            }
        }
        self.contour_names(items);
        if let Some(pooled) = self
            .input
            .pooled
            .filter(|v| v.is_finite() && (!self.input.effect.ratio || *v > 0.0))
        {
            let side = |z: f64| {
                steps
                    .iter()
                    .map(|se| (self.at(pooled, z, *se), self.se.at(*se)))
                    .collect::<Vec<_>>()
            };
            let inside = |piece: Vec<(f64, f64)>| self.inside(piece);
            let pieces = vec![inside(side(-CONTOURS[1].0)), inside(side(CONTOURS[1].0))];
            items.push(Path { pieces, class: "dot" }.into());
        }
        let x = self.x.held(null);
        items.push(Line::new(x, self.top, x, self.bottom, "softline").into());
    }

    /// The part of a curve before it meets an end of the axis.
    fn inside(&self, piece: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
        let (left, right) = self.x.span();
        let last = piece
            .iter()
            .position(|(x, _)| *x <= left + 0.01 || *x >= right - 0.01);
        piece.into_iter().take(last.unwrap_or(usize::MAX)).collect()
    }

    /// p where each contour leaves the plot, at the side where it is told apart best; left out where it would
    /// touch another.
    fn contour_names(&self, items: &mut Vec<Item>) {
        let null = self.input.effect.null();
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for sign in [-1.0, 1.0] {
            for (z, name, _) in CONTOURS {
                let x = self.at(null, sign * z, self.most);
                let (left, right) = self.x.span();
                let half = metrics::width(name, SMALL, false) / 2.0;
                let (a, b) = (x - half, x + half);
                let free = taken.iter().all(|(c, d)| b + 4.0 < *c || a > d + 4.0);
                if free && a > left + 2.0 && b < right - 2.0 {
                    taken.push((a, b));
                    items.push(
                        Text::new(x, self.bottom - 5.0, SMALL, name)
                            .middle()
                            .class("soft halo")
                            .into(),
                    );
                }
            }
        }
    }

    fn se_axis(&self, items: &mut Vec<Item>) {
        items.push(Line::new(LEFT, self.top, LEFT, self.bottom, "axis").into());
        for tick in self.se.ticks(44.0) {
            let y = self.se.at(tick.value);
            items.push(Line::new(LEFT - 4.0, y, LEFT, y, "axis").into());
            items.push(Text::new(LEFT - 7.0, y + 4.0, SMALL, tick.label).end().into());
        }
        let label = if self.input.effect.ratio {
            "Standard error of the log"
        } else {
            "Standard error"
        };
        items.push(Text::new(0.0, self.top - 9.0, SMALL, label).into());
    }

    /// The pooled effect and the adjusted ones, each up to its name.
    fn vertical(&self, items: &mut Vec<Item>, lines: &[(f64, String, &'static str)]) {
        for (index, (value, label, class)) in lines.iter().enumerate() {
            let (x, y) = (self.x.held(*value), 15.0 * index as f64 + 11.0);
            items.push(Line::new(x, y - 9.0, x, self.bottom, class).into());
            items.push(Text::new(x + 4.0, y, SMALL, label.as_str()).into());
        }
    }

    fn study(&self, point: &FunnelPoint) -> Item {
        let effect = &self.input.effect;
        let (x, y) = (self.x.held(point.effect), self.se.at(point.se));
        let dot = Circle::new(x, y, 4.6, "edged");
        if point.label.is_empty() {
            return Group::new(theme::hue(0), vec![dot.into()]).into();
        }
        let mut title = format!(
            "{}: {} {}, standard error {}",
            point.label,
            effect.label,
            text::value(point.effect, effect.scale),
            text::number(point.se, 2)
        );
        if !point.rows.is_empty() {
            title = format!("{title}; {}", frame::rows_in_words(&point.rows));
        }
        let items = vec![Circle::new(x, y, 11.0, "hit").into(), dot.into()];
        Group::new(theme::hue(0), items)
            .titled(title)
            .sourced(&point.key, &point.rows)
            .into()
    }
}
