//! Caterpillar plot: every effect with its interval, from the smallest to the largest, where a forest would be too
//! long. How far do effects spread, and how many stand beyond the null?

use crate::axis::Axis;
use crate::frame::{self, SMALL, arrow_head, style};
use crate::input::{Effect, Heading, Interval};
use crate::scene::{Circle, Group, Item, Line, Rect, Scene, Text};
use crate::theme;
use onset_data::RowId;

/// Effects in order of size.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Caterpillar {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis.
    pub effect: Effect,
    /// Effects or predicted random effects, in any order.
    pub points: Vec<CaterpillarPoint>,
    /// The pooled effect with its interval, as shown: a line and a band.
    pub pooled: Option<Interval>,
    /// Limits of the prediction interval, as shown: dashed lines.
    pub prediction: Option<(f64, f64)>,
}

/// One effect.
#[derive(Debug, Clone, PartialEq)]
pub struct CaterpillarPoint {
    /// Study id.
    pub key: String,
    /// "Murrough 2013, day 1"; empty where there are too many to be named.
    pub label: String,
    /// Effect with its limits, as shown.
    pub interval: Interval,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// The plot, 640 px wide.
pub fn caterpillar(input: &Caterpillar) -> Scene {
    draw(input, 640.0)
}

/// The plot for a narrow page (358 px).
pub fn caterpillar_narrow(input: &Caterpillar) -> Scene {
    draw(input, 358.0)
}

/// Height of all rows where there are many of them.
const MOST: f64 = 620.0;

fn draw(input: &Caterpillar, width: f64) -> Scene {
    let ratio = input.effect.ratio;
    let mut points: Vec<&CaterpillarPoint> = input
        .points
        .iter()
        .filter(|p| p.interval.drawable(ratio))
        .collect();
    if points.is_empty() {
        return frame::nothing(&input.heading, &[], width);
    }
    points.sort_by(|a, b| {
        let by_size = a.interval.value.total_cmp(&b.interval.value);
        by_size.then_with(|| a.label.cmp(&b.label))
    });
    let pooled = input.pooled.filter(|i| i.drawable(ratio));
    let good = |x: &f64| x.is_finite() && (!ratio || *x > 0.0);
    let prediction: Vec<f64> = input
        .prediction
        .iter()
        .flat_map(|(a, b)| [*a, *b])
        .filter(good)
        .collect();
    let all: Vec<Interval> = points.iter().map(|p| p.interval).chain(pooled).collect();
    let axis = Axis::around(&input.effect, &all, &prediction, (14.0, width - 14.0), 50.0);
    let step = (MOST / points.len() as f64).min(11.0);
    let (top, bottom) = (6.0, 6.0 + step * points.len() as f64 + 6.0);
    let mut items: Vec<Item> = Vec::new();
    let mut names = vec!["Effects from the smallest to the largest.".to_owned()];
    if let Some(i) = pooled {
        let (left, right) = (axis.held(i.lower), axis.held(i.upper));
        let band = Rect::new(left, top, right - left, bottom - top, "contour2").into();
        let x = axis.held(i.value);
        items.push(band);
        items.push(Line::new(x, top, x, bottom, "axis").into());
        names.push(format!("Line and band: pooled effect {}.", input.effect.says(&i)));
    }
    for limit in &prediction {
        let x = axis.held(*limit);
        items.push(Line::new(x, top, x, bottom, "dash").into());
    }
    if let [lower, upper] = prediction.as_slice() {
        let range = crate::text::range(*lower, *upper, input.effect.scale);
        names.push(format!("Dashed: {}, {range}.", input.effect.prediction_name()));
    }
    let null = axis.held(input.effect.null());
    items.push(Line::new(null, top, null, bottom, "softline").into());
    for (place, point) in points.iter().enumerate() {
        let y = top + 6.0 + step * (place as f64 + 0.5) - 3.0;
        items.push(row(input, &axis, point, y, step));
    }
    let used = frame::effect_axis(&mut items, &axis, &input.effect, axis.span(), bottom);
    let key: Text = style(SMALL, "soft");
    let end = frame::paragraph(
        &mut items,
        &names.join(" "),
        (0.0, bottom + used + 4.0),
        width,
        &key,
    );
    input.heading.scene(width, end.ceil() + 4.0, items)
}

/// One interval; cut with an arrow head where it leaves the axis.
fn row(input: &Caterpillar, axis: &Axis, point: &CaterpillarPoint, y: f64, step: f64) -> Item {
    let i = &point.interval;
    let (lo, hi) = axis.limits();
    let (left, right) = (axis.held(i.lower), axis.held(i.upper));
    let (start, end) = axis.span();
    let named = !point.label.is_empty();
    let hit = named.then(|| frame::hit(start, y - step / 2.0, end - start, step));
    let mut items: Vec<Item> = hit.into_iter().collect();
    items.push(Line::new(left, y, right, y, "thin").into());
    if i.upper > hi {
        items.push(arrow_head(right, y, 1.0, "fill"));
    }
    if i.lower < lo {
        items.push(arrow_head(left, y, -1.0, "fill"));
    }
    items.push(Circle::new(axis.held(i.value), y, (step * 0.32).clamp(1.4, 3.2), "fill").into());
    if !named {
        return Group::new(theme::hue(0), items).into();
    }
    let mut title = format!("{}: {} {}", point.label, input.effect.label, input.effect.says(i));
    if !point.rows.is_empty() {
        title = format!("{title}; {}", frame::rows_in_words(&point.rows));
    }
    Group::new(theme::hue(0), items)
        .titled(title)
        .sourced(&point.key, &point.rows)
        .into()
}
