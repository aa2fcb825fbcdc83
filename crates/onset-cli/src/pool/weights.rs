//! `--weights` and `--unweighted`: weights in the place of 1/(v + tau2).

use super::ModelArgs;
use super::fit::missing;
use crate::arguments::usage;
use crate::load::LoadedEffects;
use onset::data::Diagnostic;
use onset::effects::programs::Program;
use onset::models::pool::{PoolError, StudyWeights};
use serde::Serialize;

/// The weights that were asked for, one a table row.
pub enum Weights {
    /// 1/(v + tau2), or those of the method.
    OfMethod,
    /// All the same.
    Equal,
    /// Those of a column.
    Column(String, Vec<Option<f64>>),
}

/// Which weights the coefficients have.
#[derive(Debug, Clone, Serialize)]
pub struct WeightsEntry {
    /// given | equal.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Header, where they are given.
    pub column: Option<String>,
}

/// Refuses weights beside the defaults of a program that has none.
///
/// # Errors
/// `usage`.
pub fn check_program(program: Option<Program>, model: &ModelArgs) -> Result<(), Diagnostic> {
    match program {
        Some(program @ (Program::Meta | Program::RevMan5)) if model.own_weights() => Err(usage(format!(
            "--weights and --unweighted go with the defaults of metafor, not with --compat {}",
            program.code()
        ))),
        _ => Ok(()),
    }
}

impl Weights {
    /// Reads what was asked for; rows without a weight leave `rows` and are named.
    ///
    /// # Errors
    /// `unknown_column`, and cells that are no weight.
    pub fn read(
        loaded: &LoadedEffects,
        model: &ModelArgs,
        rows: &mut Vec<usize>,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        if !model.own_weights() {
            return Ok(Weights::OfMethod);
        }
        let Some(header) = &model.weights else {
            return Ok(Weights::Equal);
        };
        let column = loaded.table.column(header)?;
        let values = column.numbers()?;
        let at = |row: usize| values.get(row).copied().flatten();
        if let Some(row) = (0..values.len()).find(|&row| at(row).is_some_and(|w| w < 0.0)) {
            let label = loaded.rows.get(row).map_or("", |r| r.label.as_str());
            return Err(Diagnostic::error("bad_weight", "a weight is below 0")
                .file(loaded.table.name())
                .line(loaded.table.line(row))
                .study(label)
                .column(column.name())
                .found(column.cells().nth(row).unwrap_or_default())
                .allowed("0 or more, or empty or NA for a missing value"));
        }
        rows.retain(|&row| {
            let known = at(row).is_some();
            if !known {
                warnings.push(missing(loaded, row, header));
            }
            known
        });
        Ok(Weights::Column(header.clone(), values))
    }

    /// The weights of these rows; `None` where they are those of the method.
    ///
    /// # Errors
    /// `NoWeight`.
    pub fn of(&self, rows: &[usize]) -> Result<Option<StudyWeights>, PoolError> {
        match self {
            Weights::OfMethod => Ok(None),
            Weights::Equal => Ok(Some(StudyWeights::equal(rows.len()))),
            Weights::Column(_, values) => {
                let at = |&row: &usize| values.get(row).copied().flatten().unwrap_or(f64::NAN);
                StudyWeights::new(rows.iter().map(at).collect()).map(Some)
            }
        }
    }

    /// What the answer says of them.
    pub fn entry(&self) -> Option<WeightsEntry> {
        match self {
            Weights::OfMethod => None,
            Weights::Equal => Some(WeightsEntry {
                kind: "equal",
                column: None,
            }),
            Weights::Column(header, _) => Some(WeightsEntry {
                kind: "given",
                column: Some(header.clone()),
            }),
        }
    }
}
