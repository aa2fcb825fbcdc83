//! One column of a table, as numbers or as text.

use super::Table;
use crate::Diagnostic;

/// Whether a cell is missing: empty or `NA`.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty() || cell == "NA"
}

/// One column of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    table: &'a Table,
    index: usize,
}

impl<'a> Column<'a> {
    pub(super) fn new(table: &'a Table, index: usize) -> Self {
        Column { table, index }
    }

    /// Header.
    pub fn name(&self) -> &'a str {
        self.table.headers().get(self.index).map_or("", String::as_str)
    }

    /// Cells as written, in file order.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (table, index) = (self.table, self.index);
        (0..table.rows()).map(move |row| table.cell(row, index))
    }

    /// Cells as text; `None` where empty or `NA`.
    pub fn texts(&self) -> Vec<Option<&'a str>> {
        self.cells()
            .map(|cell| (!is_missing(cell)).then_some(cell.trim()))
            .collect()
    }

    /// Cells as numbers; `None` where empty or `NA`.
    ///
    /// A number is decimal digits with at most one point, a sign and an exponent. Text, `NaN`, `inf`,
    /// a decimal comma, a percent sign and a number beyond the range of a double are errors.
    ///
    /// # Errors
    /// `not_a_number`, with the line and a hint.
    pub fn numbers(&self) -> Result<Vec<Option<f64>>, Diagnostic> {
        let read = |(row, cell): (usize, &str)| {
            if is_missing(cell) {
                Ok(None)
            } else {
                self.number(row, cell.trim()).map(Some)
            }
        };
        self.cells().enumerate().map(read).collect()
    }

    /// Whether every cell that is not missing is a number (and at least one is there).
    pub fn is_numeric(&self) -> bool {
        let mut present = self.cells().filter(|cell| !is_missing(cell)).peekable();
        present.peek().is_some() && present.all(|cell| parse_number(cell.trim()).is_some())
    }

    fn number(&self, row: usize, cell: &str) -> Result<f64, Diagnostic> {
        parse_number(cell).ok_or_else(|| {
            Diagnostic::error("not_a_number", "the cell is not a number")
                .file(self.table.name())
                .line(self.table.line(row))
                .column(self.name())
                .found(cell)
                .allowed("a number such as -1.5 or 2e-3, or empty or NA for a missing value")
                .hint(number_hint(cell))
        })
    }
}

/// A finite decimal number, or nothing.
pub(crate) fn parse_number(cell: &str) -> Option<f64> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    if !cell.bytes().all(plain) {
        return None;
    }
    cell.parse().ok().filter(|x: &f64| x.is_finite())
}

/// What to try where a number belongs and `cell` stands.
pub(crate) fn number_hint(cell: &str) -> String {
    let digits = |c: char| c.is_ascii_digit() || ",.+-eE".contains(c);
    if cell.contains(',') && cell.chars().all(digits) {
        let advice = "write a decimal point instead of a comma, and no thousands separator";
        return match parse_number(&cell.replacen(',', ".", 1)) {
            Some(_) => format!("did you mean {}? {advice}", cell.replacen(',', ".", 1)),
            None => advice.to_owned(),
        };
    }
    let lower = cell.to_lowercase();
    let hint = if matches!(
        lower.as_str(),
        "na" | "nan" | "n/a" | "null" | "none" | "-" | "." | "missing" | "nr" | "ne"
    ) {
        "leave the cell empty, or write NA, when the value is missing"
    } else if lower.trim_start_matches(['+', '-']).starts_with("inf") {
        "an infinite value cannot be analysed; leave the cell empty if it is missing"
    } else if cell.starts_with('=') {
        "a formula is not computed here: write its value"
    } else if cell.contains(['\u{2212}', '\u{2013}', '\u{2014}']) {
        "write the minus sign as a plain hyphen; a range is not a number"
    } else if cell.ends_with('%') {
        "write the number without the percent sign"
    } else if cell.starts_with(['<', '>', '~', '\u{2264}', '\u{2265}', '\u{2248}']) {
        "a bound is not a value; leave the cell empty"
    } else if is_range(cell) {
        "a range is not a number: write one of the two, or leave the cell empty"
    } else if cell.chars().all(digits) {
        "is the exponent or the decimal point mistyped? The largest number is 1.7e308"
    } else {
        "is this the right column?"
    };
    hint.to_owned()
}

/// Two numbers with a hyphen between them.
fn is_range(cell: &str) -> bool {
    let halves = cell.split_once('-');
    halves.is_some_and(|(a, b)| parse_number(a.trim()).is_some() && parse_number(b.trim()).is_some())
}
