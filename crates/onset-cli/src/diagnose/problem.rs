//! The model to diagnose, and the rows of the table behind it.

use crate::arguments::usage;
use crate::load::LoadedEffects;
use crate::pool::fit::{design, options, refused_regression};
use crate::pool::{MethodArg, ModelArgs};
use onset::data::Diagnostic;
use onset::effects::Effects;
use onset::effects::programs::{Program, pools_by_mantel_haenszel};
use onset::models::diagnostics::Model;
use onset::models::pool::Options;
use onset::models::regress::{Design, RegressError};

/// Effects, design and options of one fit.
pub struct Problem<'a> {
    pub loaded: &'a LoadedEffects,
    /// Table rows in the fit, ascending.
    pub rows: Vec<usize>,
    pub effects: Effects,
    pub design: Option<Design>,
    pub options: Options,
}

/// Flags of `onset pool` that have no counterpart here.
///
/// # Errors
/// `usage`.
pub fn check_flags(model: &ModelArgs) -> Result<(), Diagnostic> {
    if model.subgroup.is_some() {
        return Err(usage("one model is needed, so --subgroup cannot be used here")
            .hint("--mods with the same column gives every group its mean"));
    }
    if !model.scale.is_empty() {
        return Err(usage(
            "a location-scale model has no single tau2, so --scale cannot be used here",
        ));
    }
    if model.own_weights() {
        return Err(usage(
            "what is left out, or permuted, is weighted by 1/(v + tau2), so --weights and --unweighted belong to onset pool",
        ));
    }
    match model.method()? {
        MethodArg::Inverse(..) => Ok(()),
        _ => Err(usage(
            "inverse-variance weights are needed: --method FE, or an estimator of tau2",
        )),
    }
}

impl<'a> Problem<'a> {
    /// The rows that the pool of the same flags keeps; it has already named the others.
    ///
    /// # Errors
    /// `unknown_column`, `usage`, `model_refused`.
    pub fn new(loaded: &'a LoadedEffects, model: &ModelArgs) -> Result<Self, Diagnostic> {
        let MethodArg::Inverse(method, _) = crate::pool::compat::method(loaded.compat, model)? else {
            return Err(usage("inverse-variance weights are needed"));
        };
        if loaded.compat == Some(Program::RevMan5) && pools_by_mantel_haenszel(loaded.measure) {
            return Err(usage(
                "Review Manager 5 pools these tables around their Mantel-Haenszel estimate: --compat revman5 belongs to onset pool",
            ));
        }
        let rows = loaded.complete();
        let (rows, design) = if model.mods.is_empty() {
            (rows, None)
        } else {
            let built = design(loaded, &model.mods, !model.no_intercept, &rows)?;
            (built.rows, Some(built.design))
        };
        Ok(Problem {
            loaded,
            effects: loaded.effects(&rows)?,
            rows,
            design,
            options: options(loaded, model, method),
        })
    }

    /// The model as the library takes it.
    pub fn model(&self) -> Model<'_> {
        Model {
            effects: &self.effects,
            design: self.design.as_ref(),
            options: &self.options,
        }
    }

    /// What the library refused, with the file.
    pub fn refused<T>(&self, found: Result<T, RegressError>) -> Result<T, Diagnostic> {
        found.map_err(|error| refused_regression(self.loaded, &error))
    }

    /// Label of a table row.
    pub fn label(&self, row: usize) -> String {
        self.loaded
            .rows
            .get(row)
            .map_or_else(String::new, |r| r.label.clone())
    }

    /// One entry a table row, in file order: those in the fit get their value.
    pub fn spread<T>(&self, values: Vec<T>) -> Vec<(String, Option<T>)> {
        let mut values = values.into_iter();
        let mut rows = self.rows.iter().peekable();
        (0..self.loaded.rows.len())
            .map(|row| {
                let value = if rows.next_if(|&&kept| kept == row).is_some() {
                    values.next()
                } else {
                    None
                };
                (self.label(row), value)
            })
            .collect()
    }
}

/// Every table row in the order of accumulation: by the column, smallest first, ties in file order; rows
/// without a value there come last and stay out.
///
/// # Errors
/// `unknown_column`.
pub fn order(
    problem: &Problem,
    column: Option<&str>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<(usize, bool)>, Diagnostic> {
    let n = problem.loaded.rows.len();
    let Some(header) = column else {
        return Ok((0..n).map(|row| (row, true)).collect());
    };
    let table = &problem.loaded.table;
    let texts = table.column(header)?.texts();
    let numbers: Vec<Option<f64>> = texts
        .iter()
        .map(|cell| cell.and_then(|c| c.trim().parse().ok()))
        .collect();
    let all_numbers = texts
        .iter()
        .zip(&numbers)
        .all(|(t, n)| t.is_none() || n.is_some());
    let (mut known, unknown): (Vec<usize>, Vec<usize>) =
        (0..n).partition(|&row| texts.get(row).copied().flatten().is_some());
    known.sort_by(|&a, &b| {
        if all_numbers {
            let at = |row: usize| numbers.get(row).copied().flatten().unwrap_or(f64::NAN);
            at(a).total_cmp(&at(b))
        } else {
            texts[a].cmp(&texts[b])
        }
    });
    warnings.extend(unknown.iter().map(|&row| {
        Diagnostic::warning(
            "missing_value",
            format!("the study leaves the cumulative pool: {header} is missing"),
        )
        .file(table.name())
        .line(table.line(row))
        .study(problem.label(row))
    }));
    let known = known.into_iter().map(|row| (row, true));
    Ok(known.chain(unknown.into_iter().map(|row| (row, false))).collect())
}
