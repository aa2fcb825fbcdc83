//! Where the columns of a wide forest plot stand.

use super::cells::{self, PartColumn};
use super::{Forest, Mean, Row};
use crate::frame::{BODY, SMALL};
use crate::metrics;

/// Width the figure tries to have.
const WIDTH: f64 = 1040.0;
const PLOT: (f64, f64) = (230.0, 420.0);
const NAME: (f64, f64) = (110.0, 210.0);
/// A mean's label widens the names' column up to this.
const LABEL: f64 = 180.0;
const WEIGHT: f64 = 44.0;
/// Beside the plot.
const MARGIN: f64 = 14.0;
/// Between columns.
pub(super) const GAP: f64 = 18.0;
/// Width of one light.
pub(super) const LIGHT: f64 = 19.0;

/// Where every column stands.
pub(super) struct Layout {
    /// Rows of a subgroup stand in.
    pub indent: f64,
    /// Width of the names.
    pub name: f64,
    /// Columns of both arms, each with its left edge.
    pub arms: [Vec<(f64, PartColumn)>; 2],
    /// Ends of the plot.
    pub plot: (f64, f64),
    /// Left edge of the effects.
    pub effect: (f64, PartColumn),
    /// Right edge of the weights.
    pub weight: Option<f64>,
    /// Left edge of the lights.
    pub lights: f64,
    /// Of the whole figure.
    pub width: f64,
    /// Of means and SDs.
    pub decimals: usize,
}

pub(super) fn layout(input: &Forest) -> Layout {
    let decimals = cells::mean_decimals(input);
    let subgroups = input.blocks.iter().any(|block| !block.label.is_empty());
    let indent = if subgroups { 10.0 } else { 0.0 };
    let name = names(input, indent);
    let (treatment, x) = arm(input, true, decimals, name + GAP);
    let (control, x) = arm(input, false, decimals, x);
    let effect = effects(input);
    let weighed = rows(input).any(|row| row.weight.is_some());
    let weight = if weighed { GAP + WEIGHT } else { 0.0 };
    let count = input.domains.len() as f64;
    let lights = if count > 0.0 { GAP + LIGHT * count } else { 0.0 };
    let right = MARGIN + effect.width() + weight + lights;
    let end = x + (WIDTH - x - right).clamp(PLOT.0, PLOT.1);
    let weight_right = end + MARGIN + effect.width() + weight;
    Layout {
        indent,
        name,
        arms: [treatment, control],
        plot: (x, end),
        effect: (end + MARGIN, effect),
        weight: weighed.then_some(weight_right),
        lights: weight_right + GAP,
        width: (weight_right + lights).ceil(),
        decimals,
    }
}

fn rows(input: &Forest) -> impl Iterator<Item = &Row> {
    input.blocks.iter().flat_map(|block| &block.rows)
}

fn means(input: &Forest) -> impl Iterator<Item = &Mean> {
    let blocks = input.blocks.iter().filter_map(|block| block.mean.as_ref());
    blocks.chain(&input.means)
}

/// Width of the names, and of the labels of means as far as they may widen it.
fn names(input: &Forest, indent: f64) -> f64 {
    let names = rows(input).map(|row| metrics::width(&cells::name(row), BODY, false) + indent);
    let labels = means(input).map(|mean| metrics::width(&mean.label, BODY, true).min(LABEL));
    names.chain(labels).fold(NAME.0, f64::max).min(NAME.1)
}

/// Columns of one arm from `left` on, and where the next thing may stand.
fn arm(input: &Forest, treated: bool, decimals: usize, left: f64) -> (Vec<(f64, PartColumn)>, f64) {
    let (columns, mut x) = (input.columns, left);
    let mut out = Vec::new();
    for (index, title) in cells::arm_headers(columns).iter().enumerate() {
        let cell = |row: &Row| {
            let arm = if treated { row.treatment } else { row.control };
            cells::arm_cells(&arm, columns, decimals).into_iter().nth(index)
        };
        let total = |mean: &Mean| {
            let n = if treated { mean.n_treatment } else { mean.n_control };
            cells::mean_arm_cells(n, columns).filter(|_| index == 0)
        };
        let list: Vec<Vec<String>> = rows(input)
            .filter_map(cell)
            .chain(means(input).filter_map(total))
            .collect();
        let title = metrics::width(title, SMALL, false);
        let column = PartColumn::of(list.iter().map(Vec::as_slice)).at_least(title);
        let wide = column.width();
        out.push((x, column));
        x += wide + 12.0;
    }
    if out.is_empty() {
        return (out, left);
    }
    // A long treatment's name may take three lines; no word of it is wider than its columns.
    let header = if treated { &input.treatment } else { &input.control };
    let word = metrics::widest(header.split_whitespace(), BODY, true).min(150.0);
    let third = metrics::width(header, BODY, true) / 2.6;
    (out, f64::max(x - 12.0, left + f64::max(word, third)) + GAP)
}

/// The column of effects, with those of means and their prediction intervals.
fn effects(input: &Forest) -> PartColumn {
    let scale = input.effect.scale;
    let mut list: Vec<Vec<String>> = rows(input)
        .map(|row| cells::effect_cell(row.effect.as_ref(), scale))
        .collect();
    for mean in means(input) {
        list.push(cells::effect_cell(mean.effect.as_ref(), scale));
        list.extend(
            mean.prediction
                .map(|(lower, upper)| cells::prediction_cell(lower, upper, scale)),
        );
    }
    PartColumn::of(list.iter().map(Vec::as_slice)).at_least(110.0)
}

impl Layout {
    /// Centre of the light of a domain.
    pub fn light(&self, index: usize) -> f64 {
        self.lights + LIGHT * (index as f64 + 0.5)
    }

    /// A mean's label may run to the first number of its row.
    pub fn label_room(&self, mean: &Mean, input: &Forest) -> f64 {
        let printed = |(arm, n): (&Vec<(f64, PartColumn)>, Option<u64>)| {
            cells::mean_arm_cells(n, input.columns).and_then(|_| arm.first().map(|(x, _)| *x))
        };
        let counts = [mean.n_treatment, mean.n_control];
        let first = self.arms.iter().zip(counts).find_map(printed);
        first.unwrap_or(self.plot.0) - GAP
    }
}
