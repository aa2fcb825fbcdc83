//! `onset trust`: do the printed numbers of a table agree with each other?

use crate::arguments::usage;
use crate::failure::Failure;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Table, is_missing};
use onset::models::trust::{Check, Options, Printed, PrintedP, Row, Status, check_rows};
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `onset trust`.
#[derive(Debug, Args)]
#[command(
    after_help = "Each column flag defaults to the column of its own name (--ci-low to ci_low), if the table has \
one. Numbers are read as printed: 3.50 has two decimals, 3.5 has one. A check runs where all of its numbers are there. \
'inconsistent' says that the numbers do not agree with each other, never why."
)]
pub struct Arguments {
    /// CSV table with a header
    file: PathBuf,
    /// Column of row labels [default: the row number from 1]
    #[arg(long, value_name = "COLUMN")]
    slab: Option<String>,
    /// Column of means (grim, grimmer, scale_bounds, implied_events); of shares with --binary (debit)
    #[arg(long, value_name = "COLUMN")]
    mean: Option<String>,
    /// Column of standard deviations (grimmer, debit, scale_bounds, sd_or_se, change_sd: the SD afterwards)
    #[arg(long, value_name = "COLUMN")]
    sd: Option<String>,
    /// Column of SDs before treatment (change_sd)
    #[arg(long, value_name = "COLUMN")]
    sd_baseline: Option<String>,
    /// Column of SDs of the change (change_sd)
    #[arg(long, value_name = "COLUMN")]
    sd_change: Option<String>,
    /// Column of standard errors of the estimate, on the log for ratios (standard_error)
    #[arg(long, value_name = "COLUMN")]
    se: Option<String>,
    /// Column of people
    #[arg(long, value_name = "COLUMN")]
    n: Option<String>,
    /// Column of items averaged into one score [default: 1 item] (grim, grimmer)
    #[arg(long, value_name = "COLUMN")]
    items: Option<String>,
    /// Column of people with the event (percent, implied_events, nested)
    #[arg(long, value_name = "COLUMN")]
    events: Option<String>,
    /// Column of people with a wider event that everyone with --events has (nested)
    #[arg(long, value_name = "COLUMN")]
    events_within: Option<String>,
    /// Column of percentages, 0 to 100 (percent)
    #[arg(long, value_name = "COLUMN")]
    percent: Option<String>,
    /// Column of estimates (interval, p_value)
    #[arg(long, value_name = "COLUMN")]
    estimate: Option<String>,
    /// Column of lower limits (interval, standard_error, p_value)
    #[arg(long, value_name = "COLUMN")]
    ci_low: Option<String>,
    /// Column of upper limits
    #[arg(long, value_name = "COLUMN")]
    ci_high: Option<String>,
    /// Column of two-sided p values, as 0.03 or <.001 (p_value)
    #[arg(long, value_name = "COLUMN")]
    p: Option<String>,
    /// Column that names the study whose arms the rows are (arm_sum)
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Column of people in the whole study (arm_sum)
    #[arg(long, value_name = "COLUMN")]
    total: Option<String>,
    /// Decimals of means and SDs, where the file has lost its trailing zeros [default: as written]
    #[arg(long, value_name = "NUMBER")]
    decimals: Option<usize>,
    /// Lowest possible score (scale_bounds)
    #[arg(long, requires = "scale_max", allow_negative_numbers = true)]
    scale_min: Option<f64>,
    /// Highest possible score
    #[arg(long, requires = "scale_min", allow_negative_numbers = true)]
    scale_max: Option<f64>,
    /// The events are the people with a whole score of at most this (implied_events)
    #[arg(long, allow_negative_numbers = true)]
    cut: Option<f64>,
    /// Level of the intervals
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// Estimates are ratios: their intervals are symmetric on the logarithm
    #[arg(long)]
    ratio: bool,
    /// Means are shares of a yes-no variable: debit instead of grim and grimmer
    #[arg(long)]
    binary: bool,
    /// Scores need not be whole numbers: neither grim nor grimmer
    #[arg(long)]
    continuous: bool,
}

#[derive(Serialize)]
struct Report {
    checks: Vec<Line>,
    counts: Counts,
}

#[derive(Serialize)]
struct Line {
    row: usize,
    label: String,
    line: u64,
    check: Check,
    inspect_sr: Option<&'static str>,
    status: Status,
    found: String,
    allowed: String,
}

#[derive(Serialize, Default)]
struct Counts {
    consistent: usize,
    inconsistent: usize,
    not_applicable: usize,
}

/// Reads the table and runs every check that its columns allow.
///
/// # Errors
/// What [`Table::read`] refuses, unknown columns, cells that are no plain numbers, no column to check.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    if !(arguments.level > 0.0 && arguments.level < 1.0) {
        return Err(usage("--level is a share")
            .allowed("above 0 and below 1, such as 0.95")
            .into());
    }
    if let (Some(low), Some(high)) = (arguments.scale_min, arguments.scale_max)
        && (low >= high || !low.is_finite() || !high.is_finite())
    {
        return Err(usage("--scale-min is not below --scale-max").into());
    }
    if arguments.cut.is_some_and(|cut| !cut.is_finite()) {
        return Err(usage("--cut is not a number").into());
    }
    let table = Table::read(&arguments.file)?;
    let rows = Cells { table: &table }.rows(arguments)?;
    let options = Options {
        whole: !arguments.continuous,
        binary: arguments.binary,
        range: arguments.scale_min.zip(arguments.scale_max),
        ratio: arguments.ratio,
        level: arguments.level,
        cut: arguments.cut,
    };
    let labels = Cells { table: &table }.texts(&arguments.slab, "")?;
    let mut report = Report {
        checks: Vec::new(),
        counts: Counts::default(),
    };
    for (row, verdict) in check_rows(&rows, &options) {
        match verdict.status {
            Status::Consistent => report.counts.consistent += 1,
            Status::Inconsistent => report.counts.inconsistent += 1,
            Status::NotApplicable => report.counts.not_applicable += 1,
        }
        let label = labels.get(row).cloned().flatten();
        report.checks.push(Line {
            row: row + 1,
            label: label.unwrap_or_else(|| (row + 1).to_string()),
            line: table.line(row),
            check: verdict.check,
            inspect_sr: verdict.check.inspect_sr(),
            status: verdict.status,
            found: verdict.found,
            allowed: verdict.allowed,
        });
    }
    if report.checks.is_empty() {
        let finding = Diagnostic::error("nothing_to_check", "no row has the numbers of any check");
        let hint = "name the columns, such as --mean m --n size; see onset trust --help";
        return Err(finding
            .file(table.name())
            .found(table.headers().join(", "))
            .hint(hint)
            .into());
    }
    let sheet = sheet(&report);
    Ok(Output::new(&report, vec![sheet], Vec::new())?)
}

fn sheet(report: &Report) -> Sheet {
    let title = format!(
        "{} agree, {} do not agree, {} say nothing",
        report.counts.consistent, report.counts.inconsistent, report.counts.not_applicable
    );
    let mut sheet = Sheet::new(
        &title,
        &[
            "row",
            "label",
            "check",
            "INSPECT-SR",
            "status",
            "found",
            "allowed",
        ],
    );
    for line in &report.checks {
        let status = match line.status {
            Status::Consistent => "consistent",
            Status::Inconsistent => "inconsistent",
            Status::NotApplicable => "not_applicable",
        };
        sheet.push(vec![
            line.row.into(),
            line.label.as_str().into(),
            line.check.code().into(),
            line.inspect_sr.into(),
            status.into(),
            line.found.as_str().into(),
            line.allowed.as_str().into(),
        ]);
    }
    sheet
}

/// The cells of a table, as text.
struct Cells<'t> {
    table: &'t Table,
}

impl Cells<'_> {
    fn rows(&self, a: &Arguments) -> Result<Vec<Row>, Diagnostic> {
        let mut rows = vec![Row::default(); self.table.rows()];
        let rounded = |x: Printed| a.decimals.map_or(x, |decimals| x.with_decimals(decimals));
        self.fill(&mut rows, &a.mean, "mean", |row, x| row.mean = Some(rounded(x)))?;
        self.fill(&mut rows, &a.sd, "sd", |row, x| row.sd = Some(rounded(x)))?;
        self.fill(&mut rows, &a.sd_baseline, "sd_baseline", |row, x| {
            row.sd_baseline = Some(rounded(x))
        })?;
        self.fill(&mut rows, &a.sd_change, "sd_change", |row, x| {
            row.sd_change = Some(rounded(x))
        })?;
        self.fill(&mut rows, &a.se, "se", |row, x| row.se = Some(x))?;
        self.fill(&mut rows, &a.percent, "percent", |row, x| row.percent = Some(x))?;
        self.fill(&mut rows, &a.estimate, "estimate", |row, x| {
            row.estimate = Some(x)
        })?;
        self.fill(&mut rows, &a.ci_low, "ci_low", |row, x| row.ci_low = Some(x))?;
        self.fill(&mut rows, &a.ci_high, "ci_high", |row, x| row.ci_high = Some(x))?;
        self.counts(&mut rows, &a.n, "n", |row, n| row.n = Some(n))?;
        self.counts(&mut rows, &a.items, "items", |row, n| row.items = Some(n))?;
        self.counts(&mut rows, &a.events, "events", |row, n| row.events = Some(n))?;
        self.counts(&mut rows, &a.events_within, "events_within", |row, n| {
            row.events_within = Some(n)
        })?;
        self.counts(&mut rows, &a.total, "total", |row, n| row.total = Some(n))?;
        let p = self.texts(&a.p, "p")?;
        for (index, (row, text)) in rows.iter_mut().zip(p).enumerate() {
            if let Some(text) = text {
                row.p = Some(PrintedP::parse(&text).ok_or_else(|| {
                    self.refused(
                        index,
                        a.p.as_deref().unwrap_or("p"),
                        &text,
                        "a p value, as 0.03 or <.001",
                    )
                })?);
            }
        }
        for (row, text) in rows.iter_mut().zip(self.texts(&a.group, "group")?) {
            row.group = text;
        }
        Ok(rows)
    }

    /// Cells of the column that a flag names, else of the one with the flag's own name; all `None` where
    /// there is none.
    fn texts(&self, flag: &Option<String>, own: &str) -> Result<Vec<Option<String>>, Diagnostic> {
        let name = match flag {
            Some(name) => name.as_str(),
            None if !own.is_empty() && self.table.has_column(own) => own,
            None => return Ok(vec![None; self.table.rows()]),
        };
        let column = self.table.column(name)?;
        let text = |cell: &str| (!is_missing(cell)).then(|| cell.trim().to_owned());
        Ok(column.cells().map(text).collect())
    }

    fn fill(
        &self,
        rows: &mut [Row],
        flag: &Option<String>,
        own: &str,
        mut put: impl FnMut(&mut Row, Printed),
    ) -> Result<(), Diagnostic> {
        for (index, (row, text)) in rows.iter_mut().zip(self.texts(flag, own)?).enumerate() {
            if let Some(text) = text {
                let number = Printed::parse(&text);
                let wanted = "a number as printed, digits with a decimal point";
                put(
                    row,
                    number
                        .ok_or_else(|| self.refused(index, flag.as_deref().unwrap_or(own), &text, wanted))?,
                );
            }
        }
        Ok(())
    }

    fn counts(
        &self,
        rows: &mut [Row],
        flag: &Option<String>,
        own: &str,
        mut put: impl FnMut(&mut Row, u64),
    ) -> Result<(), Diagnostic> {
        for (index, (row, text)) in rows.iter_mut().zip(self.texts(flag, own)?).enumerate() {
            if let Some(text) = text {
                let number = text.parse::<u32>().ok().map(u64::from);
                let wanted = "a whole number, 0 or more";
                put(
                    row,
                    number
                        .ok_or_else(|| self.refused(index, flag.as_deref().unwrap_or(own), &text, wanted))?,
                );
            }
        }
        Ok(())
    }

    fn refused(&self, row: usize, column: &str, found: &str, allowed: &str) -> Diagnostic {
        Diagnostic::error("not_a_number", "the cell is not such a number")
            .file(self.table.name())
            .line(self.table.line(row))
            .study((row + 1).to_string())
            .column(column)
            .found(found)
            .allowed(format!("{allowed}; empty or NA when missing"))
            .hint("decimals are a point, not a comma; percentages without the sign")
    }
}
