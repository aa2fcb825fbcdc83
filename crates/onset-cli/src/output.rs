//! The result of a command: one value for JSON, sheets of cells for the terminal and for CSV.

use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, Table as TextTable, presets};
use onset::data::Diagnostic;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns to read
    Table,
    /// One object with full-precision numbers
    Json,
    /// The first table, with full-precision numbers
    Csv,
}

/// One cell of a [`Sheet`].
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words; neutralised in CSV, so that a spreadsheet never runs them.
    Text(String),
    /// A number; one that is not finite is written as missing.
    Number(f64),
    /// A whole number.
    Count(u64),
    /// Nothing.
    Missing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(x: f64) -> Self {
        if x.is_finite() {
            Cell::Number(x)
        } else {
            Cell::Missing
        }
    }
}

impl From<usize> for Cell {
    fn from(n: usize) -> Self {
        Cell::Count(n as u64)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Missing, Into::into)
    }
}

impl Cell {
    /// For reading: four decimals, or scientific where they would hide the number.
    fn shown(&self) -> String {
        match self {
            Cell::Text(text) => text
                .chars()
                .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
                .collect(),
            Cell::Number(x) if *x == 0.0 => "0".to_owned(),
            Cell::Number(x) if (1e-3..1e6).contains(&x.abs()) => format!("{x:.4}"),
            Cell::Number(x) => format!("{x:.4e}"),
            Cell::Count(n) => n.to_string(),
            Cell::Missing => String::new(),
        }
    }

    /// For CSV: full precision; text that a spreadsheet would take for a formula gets an apostrophe.
    fn exact(&self) -> String {
        match self {
            Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Cell::Text(text) => text.clone(),
            Cell::Number(x) => x.to_string(),
            Cell::Count(n) => n.to_string(),
            Cell::Missing => String::new(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Cell::Text(_))
    }
}

/// A titled table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    title: String,
    headers: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// An empty table; no title when it is empty.
    pub fn new(title: &str, headers: &[&str]) -> Self {
        let headers = headers.iter().map(|&h| h.to_owned()).collect();
        Sheet {
            title: title.to_owned(),
            headers,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    fn text(&self, bold: bool) -> String {
        let mut table = TextTable::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(&self.headers);
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::shown));
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            let text = self
                .rows
                .iter()
                .filter_map(|row| row.get(index))
                .any(Cell::is_text);
            column.set_cell_alignment(if text {
                CellAlignment::Left
            } else {
                CellAlignment::Right
            });
        }
        let body: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        let style = if bold {
            anstyle::Style::new().bold()
        } else {
            anstyle::Style::new()
        };
        let title = if self.title.is_empty() {
            String::new()
        } else {
            format!("{style}{}{style:#}\n", Cell::from(self.title.as_str()).shown())
        };
        format!("{title}{}\n", body.join("\n"))
    }

    fn csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.headers)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::exact))?;
        }
        writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
    }
}

/// A warning as JSON shows it.
#[derive(Debug, Serialize)]
struct Warning<'a> {
    code: &'a str,
    severity: onset::data::Severity,
    study: Option<&'a str>,
    message: &'a str,
}

/// A JSON object with the warnings beside its own keys.
#[derive(Serialize)]
struct Warned<'a, T> {
    #[serde(flatten)]
    value: &'a T,
    warnings: Vec<Warning<'a>>,
}

fn warned<'a, T>(value: &'a T, warnings: &'a [Diagnostic]) -> Warned<'a, T> {
    let shown = warnings.iter().map(|d| Warning {
        code: &d.code,
        severity: d.severity,
        study: d.study.as_deref(),
        message: &d.message,
    });
    Warned {
        value,
        warnings: shown.collect(),
    }
}

/// An object within the answer that has warnings of its own.
#[derive(Debug, Clone)]
pub struct Noted<T> {
    /// The object.
    pub value: T,
    /// What there is to say of it.
    pub warnings: Vec<Diagnostic>,
}

impl<T: Serialize> Serialize for Noted<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        warned(&self.value, &self.warnings).serialize(serializer)
    }
}

/// What a command answers.
#[derive(Debug)]
pub struct Output {
    json: String,
    sheets: Vec<Sheet>,
    warnings: Vec<Diagnostic>,
    /// What the table format shows in place of the sheets.
    text: Option<String>,
}

impl Output {
    /// `value` is an object (a struct or a map) without a key `warnings`; the first sheet is the CSV.
    ///
    /// # Errors
    /// `not_json` when `value` is no object.
    pub fn new<T: Serialize>(
        value: &T,
        sheets: Vec<Sheet>,
        warnings: Vec<Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        let json = serde_json::to_string_pretty(&warned(value, &warnings)).map_err(|error| {
            Diagnostic::error("not_json", format!("the result is not an object: {error}"))
        })?;
        Ok(Output {
            json,
            sheets,
            warnings,
            text: None,
        })
    }

    /// JSON that is printed as it is, in the table format too.
    pub fn verbatim(json: String, sheets: Vec<Sheet>) -> Self {
        Output {
            text: Some(json.clone()),
            json,
            sheets,
            warnings: Vec::new(),
        }
    }

    /// The same with its own text for people; it names the warnings, so that they are not repeated.
    pub fn shown_as(mut self, text: String) -> Self {
        self.text = Some(text);
        self
    }

    /// Writes to standard output; in the table and CSV formats warnings go to standard error.
    ///
    /// # Errors
    /// `not_written`. A reader that stops early (`| head`) is no error.
    pub fn write(&self, format: Format) -> Result<(), Diagnostic> {
        let stdout = io::stdout();
        let written = self.bytes(format, stdout.is_terminal()).and_then(|bytes| {
            let mut lock = stdout.lock();
            lock.write_all(&bytes).and_then(|()| lock.flush())
        });
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(Diagnostic::error(
                    "not_written",
                    format!("the result cannot be written: {error}"),
                ));
            }
            _ => {}
        }
        if format != Format::Json && self.text.is_none() {
            for warning in &self.warnings {
                eprintln!("{}: {warning}", severity(warning));
            }
        }
        Ok(())
    }

    fn bytes(&self, format: Format, terminal: bool) -> io::Result<Vec<u8>> {
        match format {
            Format::Json => Ok(format!("{}\n", self.json).into_bytes()),
            Format::Csv => self.sheets.first().map_or_else(|| Ok(Vec::new()), Sheet::csv),
            Format::Table if self.text.is_some() => Ok(printable(self.text.as_deref().unwrap_or_default())),
            Format::Table => {
                let texts: Vec<String> = self.sheets.iter().map(|sheet| sheet.text(terminal)).collect();
                Ok(texts.join("\n").into_bytes())
            }
        }
    }
}

/// Lines without characters that would steer a terminal.
fn printable(text: &str) -> Vec<u8> {
    let shown = text.chars().map(|c| match c {
        '\n' => c,
        c if c.is_control() => '\u{FFFD}',
        c => c,
    });
    let mut shown: String = shown.collect();
    shown.push('\n');
    shown.into_bytes()
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        onset::data::Severity::Note => "note",
        onset::data::Severity::Warning => "warning",
        onset::data::Severity::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cells_are_neutralised_and_numbers_are_not() {
        assert_eq!(Cell::from("=cmd()").exact(), "'=cmd()");
        assert_eq!(Cell::from("-5").exact(), "'-5");
        assert_eq!(Cell::from(-0.1).exact(), "-0.1");
        assert_eq!(Cell::from(f64::NAN).exact(), "");
        assert_eq!(Cell::from("\u{1b}[31mred").shown(), "\u{FFFD}[31mred");
    }

    #[test]
    fn warnings_join_the_object_and_numbers_keep_all_digits() {
        let warnings = vec![Diagnostic::warning("w", "look").study("A")];
        let output = Output::new(
            &serde_json::json!({"x": 0.1 + 0.2, "y": f64::NAN}),
            vec![],
            warnings,
        )
        .unwrap();
        let text = output.json.replace(char::is_whitespace, "");
        assert!(
            text.starts_with(r#"{"x":0.30000000000000004,"y":null,"warnings":[{"code":"w""#),
            "{text}"
        );
        assert!(Output::new(&3, vec![], vec![]).is_err());
    }

    #[test]
    fn sheets_align() {
        let mut sheet = Sheet::new("Effects", &["label", "yi"]);
        sheet.push(vec!["A".into(), 1.5.into()]);
        sheet.push(vec!["Long".into(), Cell::Missing]);
        assert_eq!(
            sheet.text(false),
            "Effects\n label      yi\n A      1.5000\n Long\n"
        );
    }
}
