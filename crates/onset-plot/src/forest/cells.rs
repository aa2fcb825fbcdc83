//! What stands in the columns of a forest plot, and how wide the columns are.

use super::{Arm, Columns, Forest, Row};
use crate::frame::BODY;
use crate::input::Interval;
use crate::metrics;
use crate::rob;
use crate::text::{self, Scale};

/// Printed where an arm's number is not reported; explained beneath.
pub(super) const NOT_REPORTED: &str = "n.r.";
const GAP: f64 = 5.0;

/// A column of texts made of parts, each part aligned at its right edge.
#[derive(Debug, Clone, Default)]
pub(super) struct PartColumn {
    widths: Vec<f64>,
}

impl PartColumn {
    /// Wide enough for all the cells.
    pub fn of<'a>(cells: impl IntoIterator<Item = &'a [String]>) -> PartColumn {
        let mut widths: Vec<f64> = Vec::new();
        for cell in cells {
            for (index, part) in cell.iter().enumerate() {
                let wide = metrics::width(part.trim(), BODY, false);
                match widths.get_mut(index) {
                    Some(most) => *most = most.max(wide),
                    None => widths.push(wide),
                }
            }
        }
        PartColumn { widths }
    }

    /// The same column, its first part widened until the whole is `least` wide.
    pub fn at_least(mut self, least: f64) -> PartColumn {
        let missing = least - self.width();
        match self.widths.first_mut() {
            Some(first) if missing > 0.0 => *first += missing,
            Some(_) => {}
            None => self.widths.push(least.max(0.0)),
        }
        self
    }

    /// Width of the whole column.
    pub fn width(&self) -> f64 {
        self.widths.iter().sum::<f64>() + GAP * self.widths.len().saturating_sub(1) as f64
    }

    /// The parts with the x where each ends. A short cell ends where the column ends.
    pub fn spans(&self, cell: &[String], left: f64) -> Vec<(f64, String)> {
        if cell.len() < self.widths.len() && cell.len() == 1 {
            return cell
                .iter()
                .map(|part| (left + self.width(), part.clone()))
                .collect();
        }
        let mut x = left - GAP;
        let mut out = Vec::new();
        for (part, wide) in cell.iter().zip(&self.widths) {
            x += wide + GAP;
            out.push((x, part.clone()));
        }
        out
    }
}

/// Decimals of means and SDs in this figure: one, two where all are small.
pub(super) fn mean_decimals(input: &Forest) -> usize {
    let rows = input.blocks.iter().flat_map(|block| &block.rows);
    let numbers = rows.flat_map(|row| {
        [
            row.treatment.mean,
            row.control.mean,
            row.treatment.sd,
            row.control.sd,
        ]
    });
    let most = numbers.flatten().map(f64::abs).fold(0.0, f64::max);
    if most > 0.0 && most < 3.0 { 2 } else { 1 }
}

/// The cells of one arm: [n] and [mean, (SD)], or [events, / n], or [n].
pub(super) fn arm_cells(arm: &Arm, columns: Columns, decimals: usize) -> Vec<Vec<String>> {
    let count = |n: Option<u64>| n.map_or(NOT_REPORTED.to_owned(), text::count);
    match columns {
        Columns::None => Vec::new(),
        Columns::Numbers => vec![vec![count(arm.n)]],
        Columns::Events => match (arm.events, arm.n) {
            (None, None) => vec![vec![NOT_REPORTED.to_owned()]],
            (events, n) => vec![vec![count(events), format!(" / {}", count(n))]],
        },
        Columns::MeanSd => {
            let mean = match (arm.mean, arm.sd) {
                (None, _) => vec![NOT_REPORTED.to_owned()],
                (Some(mean), sd) => {
                    let sd = sd.map_or(NOT_REPORTED.to_owned(), |sd| text::number(sd, decimals));
                    vec![text::number(mean, decimals), format!(" ({sd})")]
                }
            };
            vec![vec![count(arm.n)], mean]
        }
    }
}

/// One arm in a line of text: "47, −8.0 (9.0)", "12 / 20".
pub(super) fn arm_text(arm: &Arm, columns: Columns, decimals: usize) -> String {
    let cells = arm_cells(arm, columns, decimals);
    let cells: Vec<String> = cells.iter().map(|cell| cell.concat()).collect();
    cells.join(", ")
}

/// Headers of the columns of one arm.
pub(super) fn arm_headers(columns: Columns) -> &'static [&'static str] {
    match columns {
        Columns::None => &[],
        Columns::Numbers => &["n"],
        Columns::Events => &["events / n"],
        Columns::MeanSd => &["n", "mean (SD)"],
    }
}

/// An effect in parts: value, (lower, to, upper).
pub(super) fn effect_cell(effect: Option<&Interval>, scale: Scale) -> Vec<String> {
    let Some(i) = effect else {
        return vec!["no estimate".to_owned()];
    };
    let mut cell = prediction_cell(i.lower, i.upper, scale);
    if let Some(first) = cell.first_mut() {
        *first = text::value(i.value, scale);
    }
    cell
}

/// A prediction interval has no value of its own.
pub(super) fn prediction_cell(lower: f64, upper: f64, scale: Scale) -> Vec<String> {
    let (lower, upper) = (text::value(lower, scale), text::value(upper, scale));
    vec![
        String::new(),
        format!(" ({lower}"),
        " to".to_owned(),
        format!(" {upper})"),
    ]
}

/// "40.1".
pub(super) fn weight(weight: Option<f64>) -> String {
    weight.map_or(String::new(), |w| text::number(w, 1))
}

/// The study's name with its year, if the name does not hold it.
pub(super) fn name(row: &Row) -> String {
    match row.year {
        Some(year) if !row.label.contains(&year.to_string()) => format!("{} {year}", row.label),
        _ => row.label.clone(),
    }
}

/// "Risk of bias: A sequence generation; B ...".
fn domain_key(domains: &[String]) -> String {
    let named: Vec<String> = domains
        .iter()
        .enumerate()
        .map(|(i, name)| format!("{} {name}", rob::letter(i)))
        .collect();
    format!("Risk of bias: {}. {}", named.join("; "), rob::SIGNS)
}

/// What stands beneath the figure: how to read its cells and lights.
pub(super) fn keys(input: &Forest) -> Vec<String> {
    let cells = some_not_reported(input).then(|| "n.r.: not reported.".to_owned());
    let lights = (!input.domains.is_empty()).then(|| domain_key(&input.domains));
    cells.into_iter().chain(lights).collect()
}

/// True where some cell says "n.r.".
fn some_not_reported(input: &Forest) -> bool {
    let rows = input.blocks.iter().flat_map(|block| &block.rows);
    let mut arms = rows.flat_map(|row| [&row.treatment, &row.control]);
    arms.any(|arm| {
        arm_cells(arm, input.columns, 1)
            .concat()
            .concat()
            .contains(NOT_REPORTED)
    })
}

/// Total of people in one arm of a mean, as the cells of that arm.
pub(super) fn mean_arm_cells(n: Option<u64>, columns: Columns) -> Option<Vec<String>> {
    let n = n.map(text::count)?;
    match columns {
        Columns::None => None,
        Columns::Events => Some(vec![String::new(), format!(" / {n}")]),
        Columns::MeanSd | Columns::Numbers => Some(vec![n]),
    }
}
