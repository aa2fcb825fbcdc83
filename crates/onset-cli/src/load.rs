//! From the flags to effects: reads the table, computes the measure, names what is missing.

use crate::arguments::{EffectArgs, usage};
use crate::recover::{Recovered, Refused, Sources, fill};
use onset::data::{Column, Diagnostic, Table, Warned};
use onset::effects::programs::{Program, compute_as};
use onset::effects::recover::RecoverError;
use onset::effects::{ComputeError, Effect, EffectError, Effects, Input, Inputs, Measure};

/// One data row: nulls where the effect is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedRow {
    /// Label: `--slab`, else the row number from 1.
    pub label: String,
    /// Effect on the analysis scale.
    pub yi: Option<f64>,
    /// Its sampling variance.
    pub vi: Option<f64>,
}

#[allow(dead_code, reason = "commands that fit a model read what `effects` does not")]
impl LoadedRow {
    /// Effect and variance, when both are there and the variance is above 0.
    pub fn pair(&self) -> Option<(f64, f64)> {
        self.yi.zip(self.vi).filter(|&(_, v)| v > 0.0)
    }
}

/// Effects of a table, in file order, with the numbers they came from.
#[allow(dead_code, reason = "commands that fit a model read what `effects` does not")]
#[derive(Debug, Clone)]
pub struct LoadedEffects {
    /// Measure; generic when only `--yi` was given.
    pub measure: Measure,
    /// One entry a data row.
    pub rows: Vec<LoadedRow>,
    /// The table, for moderators and clusters.
    pub table: Table,
    /// The raw numbers of the measure, uncorrected (`inputs.cells(row)`, `inputs.person_time(row)`); empty
    /// with `--yi`.
    pub inputs: Inputs,
    /// The program whose defaults are taken over.
    pub compat: Option<Program>,
    /// What was recovered, row by row.
    pub recovered: Vec<Recovered>,
}

#[allow(dead_code, reason = "commands that fit a model read what `effects` does not")]
impl LoadedEffects {
    /// Rows that enter a fit.
    pub fn complete(&self) -> Vec<usize> {
        (0..self.rows.len())
            .filter(|&i| self.rows.get(i).is_some_and(|r| r.pair().is_some()))
            .collect()
    }

    /// The checked effects of the rows `which`.
    ///
    /// # Errors
    /// `bad_effects`; not after [`complete`](Self::complete).
    pub fn effects(&self, which: &[usize]) -> Result<Effects, Diagnostic> {
        let (mut y, mut v, mut labels, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for &index in which {
            let Some(row) = self.rows.get(index) else { continue };
            y.push(row.yi.unwrap_or(f64::NAN));
            v.push(row.vi.unwrap_or(f64::NAN));
            labels.push(row.label.clone());
            ids.push(vec![self.table.row_id(index)]);
        }
        Effects::new(y, v, labels)
            .map(|effects| effects.with_rows(ids))
            .map_err(|error| Diagnostic::error("bad_effects", error.to_string()).file(self.table.name()))
    }
}

/// Reads the table and computes its effects.
///
/// # Errors
/// What [`Table::read`] refuses, unknown columns, cells that are no numbers, impossible numbers (more events
/// than people), and flags that do not fit together (`usage`).
pub fn load(arguments: &EffectArgs) -> Result<Warned<LoadedEffects>, Diagnostic> {
    load_from(arguments, None)
}

/// As [`load`] with `--yi`, the variances from elsewhere: one a data row, `None` where missing; `from` names them.
///
/// # Errors
/// As [`load`].
pub fn load_with_variances(
    arguments: &EffectArgs,
    variances: &[Option<f64>],
    from: &str,
) -> Result<Warned<LoadedEffects>, Diagnostic> {
    load_from(arguments, Some((variances, from)))
}

fn load_from(
    arguments: &EffectArgs,
    variances: Option<(&[Option<f64>], &str)>,
) -> Result<Warned<LoadedEffects>, Diagnostic> {
    let given = arguments.columns();
    match (&arguments.yi, arguments.measure) {
        (Some(_), _) if !given.is_empty() => {
            let flags: Vec<String> = given
                .iter()
                .map(|(input, _)| format!("--{}", input.code()))
                .collect();
            let message = format!(
                "--yi gives the effects, so {} cannot be used with it",
                flags.join(" ")
            );
            Err(usage(message))
        }
        (Some(yi), measure) => given_effects(arguments, yi, measure.unwrap_or(Measure::Generic), variances),
        (None, Some(measure)) => computed_effects(arguments, measure, &given),
        (None, None) => Err(usage("the effects are not named")
            .allowed("--yi with --vi or --sei, or --measure with its columns")
            .hint("see onset effects --help")),
    }
}

fn given_effects(
    arguments: &EffectArgs,
    yi: &str,
    measure: Measure,
    variances: Option<(&[Option<f64>], &str)>,
) -> Result<Warned<LoadedEffects>, Diagnostic> {
    let table = Table::read(&arguments.file)?;
    let sources = Sources::read(&arguments.recover, &table, measure, true)?;
    let (header, squared) = match (&arguments.vi, &arguments.sei, variances) {
        (Some(header), _, _) => (Some(header), false),
        (None, Some(header), _) => (Some(header), true),
        (None, None, Some(_)) => (None, false),
        (None, None, None) if sources.is_empty() => {
            return Err(usage("--yi needs --vi (variances) or --sei (standard errors)")
                .hint("--ci-lb and --ci-ub, --zval or --pval recover them: see onset effects --help"));
        }
        (None, None, None) => (None, false),
    };
    let labels = labels(&table, arguments)?;
    let effect_column = table.column(yi)?;
    let spread_column = header.map(|header| table.column(header)).transpose()?;
    let effects = effect_column.numbers()?;
    let spreads = match (variances, &spread_column) {
        (Some((variances, _)), _) => variances.to_vec(),
        (None, Some(column)) => column.numbers()?,
        (None, None) => Vec::new(),
    };
    let mut columns = vec![effect_column];
    columns.extend(spread_column);
    for header in sources.headers() {
        columns.push(table.column(header)?);
    }
    let mut loaded = Gathered {
        warnings: arguments.idle(measure),
        compat: arguments.compat,
        ..Gathered::default()
    };
    for (row, label) in labels.into_iter().enumerate() {
        let spread = spreads.get(row).copied().flatten();
        if let Some(found) = spread.filter(|s| *s <= 0.0) {
            return Err(match variances {
                Some((_, from)) => Diagnostic::error("bad_covariance", "a variance must be above 0")
                    .file(from)
                    .line(row as u64 + 1)
                    .study(&label)
                    .found(found.to_string()),
                None => not_positive(&table, row, &label, spread_column.as_ref()),
            });
        }
        let stop = |error: RecoverError| refused_recovery(&table, &label, row, &error);
        let mut y = effects.get(row).copied().flatten();
        if sources.takes_logarithm() {
            if let Some(found) = y.filter(|y| *y <= 0.0) {
                return Err(Diagnostic::error("not_positive", "a ratio is not above 0")
                    .file(table.name())
                    .line(table.line(row))
                    .study(&label)
                    .column(effect_column.name())
                    .found(found.to_string())
                    .allowed("above 0, or empty or NA for a missing value"));
            }
            y = y.map(f64::ln);
        }
        let mut recovered = |number, found: Option<(f64, String)>| {
            let (value, from) = found?;
            loaded.recovered.push(Recovered {
                label: label.clone(),
                row: row + 1,
                number,
                from,
                value,
            });
            Some(value)
        };
        if y.is_none() {
            y = recovered("yi", undetermined(sources.effect(row)).map_err(stop)?);
        }
        let mut v = spread.map(|s| if squared { s * s } else { s });
        if v.is_none() && variances.is_none() {
            v = recovered("vi", undetermined(sources.variance(row, y)).map_err(stop)?);
        }
        let found = y.zip(v).map(|(y, v)| {
            Effect::finite(y, v).and_then(|e| {
                if e.v > 0.0 {
                    Ok(e)
                } else {
                    Err(EffectError::Overflow)
                }
            })
        });
        loaded.push(&table, row, label, found, &columns, |_| None)?;
    }
    Ok(loaded.finish(measure, table, Inputs::new()))
}

/// What the numbers do not determine is missing; what contradicts itself is an error.
fn undetermined<T>(found: Result<Option<T>, RecoverError>) -> Result<Option<T>, RecoverError> {
    match found {
        Err(RecoverError::NotDetermined { .. }) => Ok(None),
        other => other,
    }
}

fn refused_recovery(table: &Table, label: &str, row: usize, error: &RecoverError) -> Diagnostic {
    Diagnostic::error("impossible_value", error.to_string())
        .file(table.name())
        .line(table.line(row))
        .study(label)
        .hint("leave the cells empty that do not belong together")
}

fn not_positive(table: &Table, row: usize, label: &str, column: Option<&Column<'_>>) -> Diagnostic {
    let at = Diagnostic::error("not_positive", "the variance or standard error is not above 0")
        .file(table.name())
        .line(table.line(row))
        .study(label)
        .allowed("above 0, or empty or NA for a missing value");
    match column {
        Some(column) => at
            .column(column.name())
            .found(column.cells().nth(row).unwrap_or_default()),
        None => at,
    }
}

fn computed_effects(
    arguments: &EffectArgs,
    measure: Measure,
    given: &[(Input, &str)],
) -> Result<Warned<LoadedEffects>, Diagnostic> {
    check_flags(measure, given, arguments.recover.is_used())?;
    let table = Table::read(&arguments.file)?;
    let labels = labels(&table, arguments)?;
    let mut inputs = Inputs::new();
    let mut columns = Vec::new();
    for &(input, header) in given {
        let column = table.column(header)?;
        inputs = inputs.with(input, column.numbers()?);
        columns.push(column);
    }
    let sources = Sources::read(&arguments.recover, &table, measure, false)?;
    let (inputs, recovered) =
        fill(&sources, measure, inputs, &labels).map_err(|Refused { row, error }| {
            let label = labels.get(row).map_or("", String::as_str);
            refused_recovery(&table, label, row, &error)
        })?;
    if !sources.is_empty() {
        for header in sources.headers() {
            columns.push(table.column(header)?);
        }
    }
    // metafor computes as this program does
    let program = arguments.compat.unwrap_or(Program::Metafor);
    let computed =
        compute_as(program, measure, &inputs, &arguments.options()).map_err(|error| refused(&error))?;
    let header = |input| {
        given
            .iter()
            .find(|(i, _)| *i == input)
            .map(|(_, header)| (*header).to_owned())
    };
    let mut loaded = Gathered {
        warnings: arguments.idle(measure),
        compat: arguments.compat,
        recovered,
        ..Gathered::default()
    };
    for (row, (label, found)) in labels.into_iter().zip(computed).enumerate() {
        loaded.push(&table, row, label, found, &columns, header)?;
    }
    Ok(loaded.finish(measure, table, inputs))
}

/// Flags the measure needs and was not given, or cannot use.
fn check_flags(measure: Measure, given: &[(Input, &str)], recovery: bool) -> Result<(), Diagnostic> {
    if measure.needs().is_empty() {
        return Err(usage(format!("measure {measure} takes --yi with --vi or --sei")));
    }
    for &(input, _) in given {
        if !measure.reads(input) {
            let flags: Vec<String> = measure.needs().iter().map(|a| flags(a)).collect();
            return Err(
                usage(format!("measure {measure} has no use for --{}", input.code()))
                    .allowed(flags.join(", ")),
            );
        }
    }
    for needed in measure.needs() {
        // what is recovered needs no column; the computation names what is still missing
        if !recovery && !given.iter().any(|(input, _)| needed.contains(input)) {
            return Err(refused(&ComputeError::MissingColumn { measure, needed }));
        }
    }
    Ok(())
}

fn flags(inputs: &[Input]) -> String {
    inputs
        .iter()
        .map(|i| format!("--{}", i.code()))
        .collect::<Vec<_>>()
        .join(" or ")
}

fn refused(error: &ComputeError) -> Diagnostic {
    match error {
        ComputeError::MissingColumn { measure, needed } => {
            let all: Vec<String> = measure.needs().iter().map(|a| flags(a)).collect();
            usage(format!("measure {measure} needs {}", flags(needed)))
                .hint(format!("its columns are {}", all.join(", ")))
        }
        other => usage(other.to_string()),
    }
}

fn labels(table: &Table, arguments: &EffectArgs) -> Result<Vec<String>, Diagnostic> {
    let numbered = |row: usize| (row + 1).to_string();
    let Some(header) = &arguments.slab else {
        return Ok((0..table.rows()).map(numbered).collect());
    };
    let column = table.column(header)?;
    let texts = column.texts().into_iter().enumerate();
    Ok(texts
        .map(|(row, text)| text.map_or_else(|| numbered(row), str::to_owned))
        .collect())
}

#[derive(Default)]
struct Gathered {
    rows: Vec<LoadedRow>,
    compat: Option<Program>,
    recovered: Vec<Recovered>,
    warnings: Vec<Diagnostic>,
}

impl Gathered {
    /// Adds a row; impossible numbers stop, missing and undefined ones are named.
    fn push(
        &mut self,
        table: &Table,
        row: usize,
        label: String,
        found: Option<Result<Effect, EffectError>>,
        columns: &[Column<'_>],
        header: impl Fn(Input) -> Option<String>,
    ) -> Result<(), Diagnostic> {
        let at = |d: Diagnostic| d.file(table.name()).line(table.line(row)).study(&label);
        let (yi, vi) = match found {
            Some(Ok(effect)) => {
                if effect.v <= 0.0 {
                    let message = "the sampling variance is 0: the study cannot be weighted";
                    self.warnings
                        .push(at(Diagnostic::warning("zero_variance", message)));
                }
                (Some(effect.y), Some(effect.v))
            }
            None => {
                self.warnings.push(at(missing(row, columns)));
                (None, None)
            }
            Some(Err(error)) if error.is_undefined() => {
                let message = format!("the study leaves the analysis: {error}");
                self.warnings
                    .push(at(Diagnostic::warning("undefined_effect", message)));
                (
                    if let EffectError::NoVariance { y, .. } = error {
                        Some(y)
                    } else {
                        None
                    },
                    None,
                )
            }
            Some(Err(error)) => return Err(at(impossible(&error, header))),
        };
        self.rows.push(LoadedRow { label, yi, vi });
        Ok(())
    }

    fn finish(mut self, measure: Measure, table: Table, inputs: Inputs) -> Warned<LoadedEffects> {
        self.warnings.extend(self.recovered.iter().map(|r| {
            let text = format!(
                "{} is not given and was recovered: {} from {}",
                r.number, r.value, r.from
            );
            Diagnostic::note("recovered_value", text)
                .file(table.name())
                .line(table.line(r.row - 1))
                .study(&r.label)
        }));
        let value = LoadedEffects {
            measure,
            rows: self.rows,
            table,
            inputs,
            compat: self.compat,
            recovered: self.recovered,
        };
        Warned {
            value,
            warnings: self.warnings,
        }
    }
}

fn missing(row: usize, columns: &[Column<'_>]) -> Diagnostic {
    let empty = |c: &&Column<'_>| c.cells().nth(row).is_none_or(onset::data::is_missing);
    let names: Vec<&str> = columns.iter().filter(empty).map(Column::name).collect();
    let message = format!("the study leaves the analysis: {} is missing", names.join(", "));
    Diagnostic::warning("missing_value", message)
}

fn impossible(error: &EffectError, header: impl Fn(Input) -> Option<String>) -> Diagnostic {
    let mut d = Diagnostic::error("impossible_value", error.to_string());
    d.column = error.input().and_then(header);
    d.found = error.found().map(|x| x.to_string());
    d.allowed = error.allowed();
    d.hint = error.hint().map(str::to_owned);
    d
}
