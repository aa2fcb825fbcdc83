//! From the flags to the answer.

use super::answer::{Answer, RobustEntry};
use super::extras::Context;
use super::groups::{needed, numbers, paths, random, texts};
use super::{Arguments, vcov};
use crate::arguments::usage;
use crate::load::{LoadedEffects, load, load_with_variances};
use crate::pool::fit::{design, missing, missing_moderators, refused_regression};
use crate::transform::Back;
use onset::data::{Diagnostic, Table};
use onset::models::multilevel::{Multilevel, MultilevelError, Options, Sampling, multilevel};

/// Fits what the flags ask for.
///
/// # Errors
/// `usage`, `model_refused`, and what the tables refuse.
pub fn fit(arguments: &Arguments) -> Result<(Answer, Vec<Diagnostic>), Diagnostic> {
    let model = &arguments.model;
    let paths = paths(model)?;
    if paths.is_empty() && model.inner.is_none() {
        return Err(usage("no random effect is named").allowed("--random a/b, or --inner with --outer"));
    }
    let (loaded, mut warnings, matrix) = loaded(arguments)?;
    if let Some(column) = &model.cluster {
        loaded.table.column(column)?;
    }
    let mut rows = loaded.complete();
    for column in needed(model, &paths) {
        let cells = loaded.table.column(&column)?.texts();
        rows.retain(|&row| {
            let there = cells.get(row).is_some_and(Option::is_some);
            if !there {
                warnings.push(missing(&loaded, row, &column));
            }
            there
        });
    }
    let built = design(&loaded, &model.mods, !model.no_intercept, &rows)?;
    missing_moderators(&loaded, &built, &mut warnings);
    let rows = &built.rows;
    let refuse = |error: &MultilevelError| refused(&loaded, rows, error);
    let effects = loaded.effects(rows)?;
    let clusters = match &model.cluster {
        Some(column) => Some(texts(&loaded, column, rows)?),
        None => None,
    };
    let sampling = match (&matrix, model.rho, model.phi) {
        (Some(matrix), _, _) => {
            note_variances(&loaded, rows, matrix, &mut warnings);
            Sampling::matrix(rows.len(), &matrix.select(rows)?)
                .map_err(|e| refused_matrix(&loaded, rows, matrix, &e))?
        }
        (None, Some(rho), _) => {
            let clusters = clusters.as_deref().unwrap_or_default();
            Sampling::constant(effects.v(), clusters, rho).map_err(|e| refuse(&e))?
        }
        (None, None, Some(phi)) => {
            let clusters = clusters.as_deref().unwrap_or_default();
            let time = model.time.as_deref().unwrap_or_default();
            let times = numbers(&loaded, time, rows)?;
            Sampling::autoregressive(effects.v(), clusters, &times, phi).map_err(|e| refuse(&e))?
        }
        (None, None, None) => Sampling::independent(effects.v()).map_err(|e| refuse(&e))?,
    };
    let random = random(&loaded, model, &paths, rows, &refuse)?;
    let options = Options {
        method: model.method.0,
        level: model.level,
        intervals: !model.no_intervals,
    };
    let fitted =
        multilevel(&effects, &built.design, sampling, random.clone(), &options).map_err(|e| refuse(&e))?;
    warnings.extend(fitted.warnings);
    let back = Back::new(loaded.measure, &loaded.inputs, rows);
    let mut answer = Answer::new(&fitted.value, &back);
    let context = Context {
        loaded: &loaded,
        model,
        rows,
        effects: &effects,
        design: &built.design,
        random: &random,
        options: &options,
        back: &back,
    };
    let outermost = paths
        .first()
        .and_then(|path| path.first())
        .or(model.outer.as_ref());
    let column = model.cluster.as_ref().or(outermost).cloned().unwrap_or_default();
    let labels = texts(&loaded, &column, rows)?;
    if let Some(kind) = model.robust {
        let robust = fitted.value.robust(&labels, kind).map_err(|e| refuse(&e))?;
        let wald = robust_wald(&fitted.value, &robust, &built.design, &mut warnings);
        let mut entry = RobustEntry::new(&robust, &column, wald, &back);
        entry.wild = context.wild(&robust).map_err(|e| refuse(&e))?;
        answer.robust = Some(entry);
    }
    let added = context.add(&fitted.value, &labels, &mut answer, &mut warnings);
    added.map_err(|e| refuse(&e))?;
    Ok((answer, warnings))
}

/// The HTZ test of the moderators; a note where the clusters are too few for it.
fn robust_wald(
    fitted: &Multilevel,
    robust: &onset::models::multilevel::Robust,
    design: &onset::models::regress::Design,
    warnings: &mut Vec<Diagnostic>,
) -> Option<onset::models::regress::JointTest> {
    fitted.moderators?;
    let found = robust.wald_htz(&robust.moderator_contrasts(design.has_intercept()));
    if found.is_err() {
        let text = "the HTZ test of the moderators has no degrees of freedom: too few clusters carry them";
        warnings.push(Diagnostic::note("no_htz", text));
    }
    found.ok()
}

type Loaded = (LoadedEffects, Vec<Diagnostic>, Option<vcov::Matrix>);

/// The effects; with `--vcov` and no `--vi`, the diagonal of the matrix holds the variances.
fn loaded(arguments: &Arguments) -> Result<Loaded, Diagnostic> {
    let effects = &arguments.effects;
    let Some(path) = &arguments.model.vcov else {
        let loaded = load(effects)?;
        return Ok((loaded.value, loaded.warnings, None));
    };
    let table = Table::read(&effects.file)?;
    let matrix = vcov::read(path, table.rows(), table.name())?;
    let bare = effects.yi.is_some() && effects.vi.is_none() && effects.sei.is_none();
    let loaded = if bare {
        load_with_variances(effects, &matrix.diagonal(), &matrix.name)?
    } else {
        load(effects)?
    };
    Ok((loaded.value, loaded.warnings, Some(matrix)))
}

/// `--vcov` wins over `--vi`; a diagonal that is another one is told.
fn note_variances(
    loaded: &LoadedEffects,
    rows: &[usize],
    matrix: &vcov::Matrix,
    warnings: &mut Vec<Diagnostic>,
) {
    let diagonal = matrix.diagonal();
    for &row in rows {
        let given = loaded.rows.get(row).and_then(|r| r.vi);
        let used = diagonal.get(row).copied().flatten();
        if let (Some(given), Some(used)) = (given, used)
            && (given - used).abs() > 1e-6 * given
        {
            let message = format!(
                "the variance is {given}, and the diagonal of {} says {used}: the matrix is used",
                matrix.name
            );
            warnings.push(
                Diagnostic::warning("variance_replaced", message)
                    .file(loaded.table.name())
                    .line(loaded.table.line(row))
                    .study(&loaded.rows[row].label),
            );
        }
    }
}

/// What the model refused.
fn refused(loaded: &LoadedEffects, rows: &[usize], error: &MultilevelError) -> Diagnostic {
    let of = |rule: &str| Diagnostic::error("model_refused", rule).file(loaded.table.name());
    match error {
        MultilevelError::Regress(error) => refused_regression(loaded, error),
        MultilevelError::BadCorrelation { .. } => usage(error.to_string()),
        MultilevelError::NotPositiveDefinite { rows: block } => {
            let first = block.first().and_then(|&at| rows.get(at)).copied().unwrap_or(0);
            let labels: Vec<String> = block
                .iter()
                .take(5)
                .filter_map(|&at| {
                    loaded
                        .rows
                        .get(*rows.get(at)?)
                        .map(|row| format!("'{}'", row.label))
                })
                .collect();
            let more = if block.len() > 5 { ", …" } else { "" };
            of(&format!(
                "the sampling covariance of {}{more} is not positive definite",
                labels.join(", ")
            ))
            .line(loaded.table.line(first))
            .hint("is a correlation too far from 0, or an effect there twice?")
        }
        other => of(&other.to_string()),
    }
}

/// The same where the matrix of `--vcov` is at fault.
fn refused_matrix(
    loaded: &LoadedEffects,
    rows: &[usize],
    matrix: &vcov::Matrix,
    error: &MultilevelError,
) -> Diagnostic {
    let place = |row: usize| rows.get(row.saturating_sub(1)).map_or(0, |&row| row as u64 + 1);
    match error {
        MultilevelError::NotPositiveDefinite { .. } => {
            let mut found = refused(loaded, rows, error);
            found.message = format!("{} ({})", found.message, matrix.name);
            found
        }
        MultilevelError::NotSymmetric {
            row,
            column,
            found,
            mirrored,
        } => {
            let message = format!(
                "the covariance matrix is not symmetric: row {} column {} holds {found}, its mirror {mirrored}",
                place(*row),
                place(*column)
            );
            Diagnostic::error("not_symmetric", message)
                .file(&matrix.name)
                .line(place(*row))
        }
        MultilevelError::BadCovariance { row, found, rule, .. } => Diagnostic::error("bad_covariance", *rule)
            .file(&matrix.name)
            .line(place(*row))
            .found(found.to_string()),
        other => refused(loaded, rows, other),
    }
}
