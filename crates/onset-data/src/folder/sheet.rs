//! A table read cell by cell: each cell as what its column holds, or a finding that says why not.
//!
//! A broken cell yields a stand-in (empty, none, the first of a list) so that the rest of its row is
//! still checked; the stand-in is never seen, because a folder with one error yields no evidence.

use super::problems::Problems;
use super::schema::TableSchema;
use crate::evidence::{Cite, Timing};
use crate::table::{is_missing, number_hint, parse_number};
use crate::{Diagnostic, RowId, Table, nearest};
use std::collections::BTreeMap;

/// Numbers beyond this are no scores, counts, hours or prices.
const LARGEST: f64 = 1e12;
/// Standard deviations and errors below this are no measurement.
const SMALLEST: f64 = 1e-12;
/// Longest id, in characters.
const LONGEST_ID: usize = 200;

/// Which numbers a column allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    low: f64,
    high: f64,
    words: &'static str,
}

/// Any score, difference or price.
pub(super) const ANY: Range = Range {
    low: -LARGEST,
    high: LARGEST,
    words: "a number from -1e12 to 1e12",
};
/// Standard deviations and errors.
pub(super) const POSITIVE: Range = Range {
    low: SMALLEST,
    high: LARGEST,
    words: "a number above zero",
};
/// Times and variances.
pub(super) const NOT_NEGATIVE: Range = Range {
    low: 0.0,
    high: LARGEST,
    words: "zero or more",
};
/// Shares.
pub(super) const PERCENT: Range = Range {
    low: 0.0,
    high: 100.0,
    words: "0 to 100",
};
/// Ages.
pub(super) const AGE: Range = Range {
    low: 0.0,
    high: 120.0,
    words: "0 to 120 years",
};
/// Levels of intervals.
pub(super) const LEVEL: Range = Range {
    low: 0.5,
    high: 0.999_999,
    words: "a level between 0.5 and 1, such as 0.95",
};

/// The rows of one table, one at a time.
pub(super) struct Sheet<'a> {
    table: &'a Table,
    index: BTreeMap<&'a str, usize>,
    row: usize,
    study: Option<String>,
    problems: &'a mut Problems,
}

impl<'a> Sheet<'a> {
    /// The table, if its columns are those of `schema`.
    pub(super) fn new(
        table: &'a Table,
        schema: &TableSchema,
        problems: &'a mut Problems,
    ) -> Option<Sheet<'a>> {
        let wrong = wrong_columns(table, schema);
        let sound = wrong.is_empty();
        wrong.into_iter().for_each(|finding| problems.push(finding));
        let index = table.headers().iter().map(String::as_str).zip(0..).collect();
        sound.then_some(Sheet {
            table,
            index,
            row: 0,
            study: None,
            problems,
        })
    }

    /// All rows, each made by `make`.
    pub(super) fn rows<T>(mut self, make: fn(&mut Sheet) -> T) -> Vec<T> {
        let mut made = Vec::with_capacity(self.table.rows());
        for row in 0..self.table.rows() {
            self.row = row;
            self.study = None;
            made.push(make(&mut self));
        }
        made
    }

    /// Where this row stands.
    pub(super) fn id(&self) -> RowId {
        self.table.row_id(self.row)
    }

    /// The cell as written, without blanks around it.
    pub(super) fn raw(&self, column: &str) -> &'a str {
        self.cell(column).trim()
    }

    fn cell(&self, column: &str) -> &'a str {
        let index = self.index.get(column);
        index.map_or("", |&index| self.table.cell(self.row, index))
    }

    /// An error at a cell of this row.
    pub(super) fn error(&self, code: &str, column: &str, message: &str) -> Diagnostic {
        self.at(Diagnostic::error(code, message), column)
    }

    /// A warning at a cell of this row.
    pub(super) fn warning(&self, code: &str, column: &str, message: &str) -> Diagnostic {
        self.at(Diagnostic::warning(code, message), column)
    }

    fn at(&self, finding: Diagnostic, column: &str) -> Diagnostic {
        let cell = self.cell(column);
        let mut finding = finding
            .file(self.table.name())
            .line(self.table.line(self.row))
            .column(column)
            .found(if cell.is_empty() { "(empty)" } else { cell });
        finding.study = self.study.clone();
        finding
    }

    /// Keeps a finding.
    pub(super) fn push(&mut self, finding: Diagnostic) {
        self.problems.push(finding);
    }

    /// The study's id, which the findings of this row then name.
    pub(super) fn study_id(&mut self) -> String {
        let id = self.key("study_id");
        self.study = (!id.is_empty()).then(|| id.clone());
        id
    }

    /// An id.
    pub(super) fn key(&mut self, column: &str) -> String {
        let cell = self.cell(column);
        let allowed = "an id without blanks around it, at most 200 characters, none of them invisible";
        let finding = if cell.trim().is_empty() {
            self.error("empty_id", column, "the id is empty")
        } else if cell.trim() != cell || cell.contains(is_invisible) || cell.chars().count() > LONGEST_ID {
            self.error("bad_id", column, "this cannot be an id")
        } else {
            return cell.to_owned();
        };
        self.push(finding.allowed(allowed));
        String::new()
    }

    /// An id, or nothing.
    pub(super) fn key_or_none(&mut self, column: &str) -> Option<String> {
        (!self.raw(column).is_empty()).then(|| self.key(column))
    }

    /// Text that must be there.
    pub(super) fn required(&mut self, column: &str) -> String {
        self.text(column).unwrap_or_else(|| {
            let finding = self.error("empty_cell", column, "the cell is empty");
            self.push(finding.allowed("some text"));
            String::new()
        })
    }

    /// Text, or nothing.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        let cell = self.raw(column);
        if cell.contains(|c: char| c.is_control() && !"\n\r\t".contains(c)) {
            let finding = self.error("control_character", column, "the cell holds a control character");
            self.push(finding.allowed("letters, digits, signs, line ends and tabs"));
        }
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    /// A number within `range`, or nothing.
    pub(super) fn number(&mut self, column: &str, range: Range) -> Option<f64> {
        let cell = self.raw(column);
        if is_missing(cell) {
            return None;
        }
        let Some(number) = parse_number(cell) else {
            let finding = self.error("not_a_number", column, "the cell is not a number");
            self.push(finding.allowed(range.words).hint(number_hint(cell)));
            return None;
        };
        if number < range.low || number > range.high {
            let finding = self.error(
                "out_of_range",
                column,
                "the number cannot be what this column holds",
            );
            self.push(out_of_range(finding.allowed(range.words), number, range));
            return None;
        }
        Some(number)
    }

    /// A whole number from `least`, or nothing.
    pub(super) fn whole(&mut self, column: &str, least: u64) -> Option<u64> {
        /// Nobody counts more people; a double holds every whole number up to it.
        const MOST: f64 = 1e12;
        let cell = self.raw(column);
        if is_missing(cell) {
            return None;
        }
        let words = format!("a whole number, {least} or more");
        let finding = match parse_number(cell) {
            None => self
                .error("not_a_number", column, "the cell is not a number")
                .hint(number_hint(cell)),
            Some(x) if x.fract() != 0.0 => self.error("not_whole", column, "the number is not whole"),
            Some(x) if !(0.0..=MOST).contains(&x) => {
                self.error("out_of_range", column, "the number cannot be a count")
            }
            Some(x) if (x as u64) < least => self
                .error("out_of_range", column, "nobody was counted")
                .hint("leave the cell empty when the number is not reported"),
            Some(x) => return Some(x as u64),
        };
        self.push(finding.allowed(words));
        None
    }

    /// One of a closed list.
    pub(super) fn choice<T: Copy>(&mut self, column: &str, list: &[(&'static str, T)]) -> Option<T> {
        let cell = self.raw(column);
        let found = list.iter().find(|(name, _)| *name == cell);
        if found.is_none() {
            let names: Vec<&str> = list.iter().map(|(name, _)| *name).collect();
            let mut finding = self
                .error("not_in_list", column, "the cell is not one of the allowed words")
                .allowed(names.join(", "));
            if let Some(near) = nearest(cell, &names) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            self.push(finding);
        }
        found.map(|(_, value)| *value)
    }

    /// One of a closed list, or nothing where the cell is empty.
    pub(super) fn choice_or_none<T: Copy>(&mut self, column: &str, list: &[(&'static str, T)]) -> Option<T> {
        if self.raw(column).is_empty() {
            return None;
        }
        self.choice(column, list)
    }

    /// `yes` or `no`, or nothing.
    pub(super) fn flag(&mut self, column: &str) -> Option<bool> {
        self.choice_or_none(
            column,
            &[("yes", true), ("no", false), ("true", true), ("false", false)],
        )
    }

    /// Source and locator.
    pub(super) fn cite(&mut self) -> Cite {
        Cite {
            source_id: self.key("source_id"),
            locator: self.text("locator").unwrap_or_default(),
        }
    }

    /// Time and what it means.
    pub(super) fn time(&mut self) -> (Option<f64>, Timing) {
        let time = self.number("time_hours", NOT_NEGATIVE);
        let written = !is_missing(self.raw("time_hours"));
        if self.raw("timing").is_empty() && written {
            let names = Timing::TABLE.map(|(name, _)| name).join(", ");
            let finding = self.error(
                "time_without_timing",
                "timing",
                "the time does not say what it means",
            );
            let hint = "write 'hours' when time_hours counts from the first dose";
            self.push(finding.allowed(names).hint(hint));
            return (time, Timing::Hours);
        }
        let timing = self.choice("timing", &Timing::TABLE);
        if timing == Some(Timing::Hours) && !written {
            let finding = self.error("timing_without_time", "time_hours", "the row has no time");
            let hint = "write 'course-end' or 'any-time' as timing when the source gives no fixed time";
            self.push(finding.allowed("hours since the first dose").hint(hint));
        }
        (time, timing.unwrap_or(Timing::Hours))
    }
}

fn out_of_range(finding: Diagnostic, number: f64, range: Range) -> Diagnostic {
    if range.words == LEVEL.words && (50.0..100.0).contains(&number) {
        return finding.hint(format!("write {} instead of {number}", number / 100.0));
    }
    if range.words == POSITIVE.words && number == 0.0 {
        return finding.hint("leave the cell empty when the value is not reported");
    }
    finding
}

/// Control characters and those that change how text is shown without being seen.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Columns that are missing and columns that nobody reads.
fn wrong_columns(table: &Table, schema: &TableSchema) -> Vec<Diagnostic> {
    let known: Vec<&str> = schema.columns.iter().chain(schema.optional).copied().collect();
    let absent: Vec<&str> = known.iter().copied().filter(|c| !table.has_column(c)).collect();
    let at = |finding: Diagnostic, column: &str| finding.file(table.name()).line(1).column(column);
    let mut findings = Vec::new();
    for header in table.headers() {
        if known.contains(&header.as_str()) {
            continue;
        }
        let finding = Diagnostic::error("unknown_column", "the table has no such column");
        let mut finding = at(finding, header).found(header).allowed(known.join(", "));
        if let Some(near) = nearest(header, &absent).or(nearest(header, &known)) {
            finding = finding.hint(format!("did you mean '{near}'?"));
        }
        findings.push(finding);
    }
    for column in absent.into_iter().filter(|c| schema.columns.contains(c)) {
        let message = format!("the column '{column}' is missing");
        let finding = at(Diagnostic::error("missing_column", message), column);
        findings.push(
            finding
                .allowed(schema.columns.join(", "))
                .hint("add it; its cells may stay empty where nothing is reported, unless they hold ids"),
        );
    }
    findings
}
