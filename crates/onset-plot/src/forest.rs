//! Forest plot: a row a study, a diamond a mean.

mod cells;
mod header;
mod layout;
mod marks;
mod narrow;
mod wide;

use crate::input::{Effect, Heading, Interval};
use crate::rob::Light;
use crate::scene::Scene;
use crate::{frame, text};
use onset_data::RowId;

/// A forest plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forest {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis.
    pub effect: Effect,
    /// Which columns stand at the left of the plot.
    pub columns: Columns,
    /// Header of the names; empty: "Study".
    pub rows_header: String,
    /// Header of the treatment columns: "Ketamine, intravenous".
    pub treatment: String,
    /// Header of the control columns.
    pub control: String,
    /// Rows, in blocks; one block without a label where there are no subgroups.
    pub blocks: Vec<Block>,
    /// The mean over all studies; several models may stand beneath each other.
    pub means: Vec<Mean>,
    /// Sentences beneath the rows: heterogeneity, the test of difference between subgroups, why there is no
    /// mean.
    pub notes: Vec<String>,
    /// Risk-of-bias domains, in the order of [`Row::lights`]; none: no lights.
    pub domains: Vec<String>,
}

/// What the arm columns hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Columns {
    /// n and mean (SD).
    #[default]
    MeanSd,
    /// Events / n.
    Events,
    /// n alone.
    Numbers,
    /// No arm columns.
    None,
}

/// A subgroup with its studies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// "Active control"; empty without subgroups.
    pub label: String,
    /// Studies.
    pub rows: Vec<Row>,
    /// The subgroup's own mean.
    pub mean: Option<Mean>,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Study id; `data-key`.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// Added to the label where it does not stand in it.
    pub year: Option<i32>,
    /// Treatment arm.
    pub treatment: Arm,
    /// Control arm.
    pub control: Arm,
    /// The effect as shown; none: the row says why.
    pub effect: Option<Interval>,
    /// Why there is none; also a remark printed small beneath the study's name where there is an effect.
    pub note: String,
    /// Percent of the mean.
    pub weight: Option<f64>,
    /// Judgements in the order of [`Forest::domains`]; missing ones are drawn hollow.
    pub lights: Vec<Light>,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// What is known of an arm; what is not reported stays empty.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Arm {
    pub n: Option<u64>,
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub events: Option<u64>,
}

/// A pooled effect.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mean {
    /// "Random effects (REML, Hartung-Knapp)".
    pub label: String,
    /// The effect; none where it was not computed.
    pub effect: Option<Interval>,
    /// Prediction interval: lower, upper.
    pub prediction: Option<(f64, f64)>,
    /// Studies behind it.
    pub k: usize,
    /// People in the treatment arms.
    pub n_treatment: Option<u64>,
    /// People in the control arms.
    pub n_control: Option<u64>,
    /// Percent, for a subgroup.
    pub weight: Option<f64>,
}

/// The forest plot for a wide page: all columns side by side.
pub fn forest(input: &Forest) -> Scene {
    if empty(input) {
        frame::nothing(&input.heading, &input.notes, 640.0)
    } else {
        wide::draw(input)
    }
}

/// The forest plot for a narrow page (358 px): each study's numbers above its interval.
pub fn forest_narrow(input: &Forest) -> Scene {
    if empty(input) {
        frame::nothing(&input.heading, &input.notes, 358.0)
    } else {
        narrow::draw(input)
    }
}

/// True where there is neither a study nor a mean.
fn empty(input: &Forest) -> bool {
    let blocks = input
        .blocks
        .iter()
        .all(|block| block.rows.is_empty() && block.mean.is_none());
    blocks && input.means.is_empty()
}

/// What a study's row says on hover and to a screen reader.
fn says(input: &Forest, row: &Row, decimals: usize) -> String {
    let mut parts = vec![match &row.effect {
        Some(i) => format!(
            "{}: {} {}",
            cells::name(row),
            input.effect.label,
            input.effect.says(i)
        ),
        None => format!("{}: no estimate", cells::name(row)),
    }];
    for (label, arm) in [(&input.treatment, &row.treatment), (&input.control, &row.control)] {
        if input.columns != Columns::None {
            let headers = cells::arm_headers(input.columns).join(", ");
            parts.push(format!(
                "{label} ({headers}) {}",
                cells::arm_text(arm, input.columns, decimals)
            ));
        }
    }
    parts.extend(row.weight.map(|w| format!("weight {}", text::percent(w, 1))));
    for (domain, light) in input.domains.iter().zip(&row.lights) {
        parts.push(format!("{domain}: {}", light.words()));
    }
    parts.extend((!row.note.is_empty()).then(|| row.note.clone()));
    parts.extend((!row.rows.is_empty()).then(|| frame::rows_in_words(&row.rows)));
    parts.join("; ")
}

/// What a mean's row says.
fn mean_says(input: &Forest, mean: &Mean) -> String {
    let effect = mean
        .effect
        .map_or("no estimate".to_owned(), |i| input.effect.says(&i));
    let mut parts = vec![format!("{}: {} {effect}", mean.label, input.effect.label)];
    parts.extend((mean.k > 0).then(|| text::trials(mean.k)));
    let name = input.effect.prediction_name();
    let range = |(lower, upper)| format!("{name} {}", text::range(lower, upper, input.effect.scale));
    parts.extend(mean.prediction.map(range));
    parts.join("; ")
}
