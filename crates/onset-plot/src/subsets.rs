//! GOSH: the pooled means of many subsets against their heterogeneity, as a grid of counts.

use crate::axis::Axis;
use crate::frame::{self, SMALL, style};
use crate::input::Heading;
use crate::scene::{Group, Item, Line, Rect, Scene, Text};
use crate::{text, theme};

/// Counts of subsets over fields of mean and I2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubsetGrid {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// What the horizontal axis shows: "Pooled log risk ratio of a subset".
    pub x: String,
    /// Borders along the means, one more than columns.
    pub estimate: Vec<f64>,
    /// Borders along I2 in percent, one more than rows.
    pub i2: Vec<f64>,
    /// Subsets, a row of columns for each step of I2.
    pub counts: Vec<Vec<u64>>,
    /// The mean of all studies: a vertical line with its name.
    pub pooled: Option<f64>,
}

/// The figure, 640 px wide.
pub fn subset_grid(input: &SubsetGrid) -> Scene {
    draw(input, 640.0, 340.0)
}

/// The figure for a narrow page (358 px).
pub fn subset_grid_narrow(input: &SubsetGrid) -> Scene {
    draw(input, 358.0, 280.0)
}

const LEFT: f64 = 46.0;
const TOP: f64 = 40.0;
/// Most to fewest: the share of the fullest field from which a field takes this shade.
const SHADES: [(f64, &str); 3] = [(0.5, "fill"), (0.1, "tint"), (0.0, "band")];

fn draw(input: &SubsetGrid, width: f64, height: f64) -> Scene {
    let most = input.counts.iter().flatten().copied().max().unwrap_or(0);
    let finite = input.estimate.iter().chain(&input.i2).all(|x| x.is_finite());
    let (Some(&lo), Some(&hi)) = (input.estimate.first(), input.estimate.last()) else {
        return frame::nothing(&input.heading, &[], width);
    };
    if most == 0 || !finite {
        return frame::nothing(&input.heading, &[], width);
    }
    let (right, bottom) = (width - 16.0, TOP + height);
    let pad = if hi > lo { 0.0 } else { lo.abs().max(1.0) * 0.5 };
    let x = Axis::new(lo - pad, hi + pad, LEFT, right, false).rounded(60.0);
    let y = Axis::new(0.0, 100.0, bottom, TOP, false).every(20.0);
    let mut fields: Vec<Item> = Vec::new();
    for (row, counts) in input.counts.iter().enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            let edges = (input.estimate.get(column..column + 2), input.i2.get(row..row + 2));
            if let (Some(&[a, b]), Some(&[c, d])) = edges
                && count > 0
            {
                let share = count as f64 / most as f64;
                let shade = SHADES.iter().find(|s| share >= s.0).map_or("band", |s| s.1);
                let (x0, x1) = (x.held(a), x.held(b));
                let (y0, y1) = (y.held(d), y.held(c));
                fields.push(Rect::new(x0, y0, (x1 - x0).max(2.0), y1 - y0, shade).into());
            }
        }
    }
    let mut items: Vec<Item> = vec![Group::new(theme::hue(0), fields).into()];
    axes(&mut items, input, &x, &y, bottom);
    if let Some(pooled) = input.pooled.filter(|p| p.is_finite()) {
        let at = x.held(pooled);
        items.push(Line::new(at, TOP - 8.0, at, bottom, "axis").into());
        let label = format!("all studies {}", text::number(pooled, 2));
        let place = Text::new(at, TOP - 12.0, SMALL, label).middle();
        items.push(place.into());
    }
    let total: u64 = input.counts.iter().flatten().sum();
    let key = format!(
        "{} subsets, the fullest field {}. Darkest: at least half as many as there; middle: a tenth; lightest: fewer. \
         Two clouds say that a study or a moderator divides the evidence.",
        text::count(total),
        text::count(most)
    );
    let end = frame::paragraph(
        &mut items,
        &key,
        (0.0, bottom + 44.0),
        width,
        &style(SMALL, "soft"),
    );
    input.heading.scene(width, end.ceil() + 4.0, items)
}

fn axes(items: &mut Vec<Item>, input: &SubsetGrid, x: &Axis, y: &Axis, bottom: f64) {
    let (left, right) = x.span();
    items.push(Line::new(left, TOP, left, bottom, "axis").into());
    items.push(Line::new(left, bottom, right, bottom, "axis").into());
    for tick in y.ticks(44.0) {
        let at = y.at(tick.value);
        items.push(Line::new(left - 4.0, at, left, at, "axis").into());
        items.push(Text::new(left - 7.0, at + 4.0, SMALL, tick.label).end().into());
    }
    for tick in x.ticks(60.0) {
        let at = x.at(tick.value);
        items.push(Line::new(at, bottom, at, bottom + 4.0, "axis").into());
        items.push(Text::new(at, bottom + 17.0, SMALL, tick.label).middle().into());
    }
    items.push(Text::new(0.0, 11.0, SMALL, "I\u{b2} of the subset, %").into());
    let middle = (left + right) / 2.0;
    items.push(
        Text::new(middle, bottom + 36.0, SMALL, input.x.as_str())
            .middle()
            .into(),
    );
}
