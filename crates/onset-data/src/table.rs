//! A strictly read CSV table: one header, rows of equal length, every cell with its line.
//!
//! Accepted: UTF-8 with or without a byte order mark, LF or CRLF, quoted cells over several lines,
//! blank lines, blanks around a cell. Everything else is refused with a [`Diagnostic`] that names the
//! file and the line: a table that is guessed at is a table that is wrong.

mod column;
mod scan;

pub use column::{Column, is_missing};
pub(crate) use column::{number_hint, parse_number};

use crate::{Diagnostic, RowId};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest physical line and longest cell, in bytes.
pub const LONGEST_LINE: usize = 1 << 20;

/// A CSV table: headers and rows of as many cells.
///
/// ```
/// use onset_data::Table;
/// let table = Table::parse("trials.csv", b"study,yi\nA,0.5\nB,NA\n").unwrap();
/// assert_eq!(table.column("yi").unwrap().numbers().unwrap(), [Some(0.5), None]);
/// assert_eq!(table.line(1), 3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    name: String,
    headers: Vec<String>,
    rows: Vec<Row>,
}

/// One record: the line it starts on, and its cells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

impl Table {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// `file_missing`, `file_is_directory`, `file_unreadable`, and all of [`Table::parse`]. Reading stops
    /// at the first line over [`LONGEST_LINE`], so that a broken file costs no memory.
    pub fn read(path: &Path) -> Result<Table, Diagnostic> {
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        let bytes = read_bytes(path, &name)?;
        Table::parse(&name, &bytes)
    }

    /// Reads `bytes` as the table `name`.
    ///
    /// # Errors
    /// `file_empty`, `no_rows`, `utf16`, `nul_byte`, `not_utf8`, `line_too_long`, `cell_too_long`,
    /// `unterminated_quote`, `stray_quote`, `blank_line`, `separator`, `unnamed_column`,
    /// `duplicate_header`, `ragged_row`.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Table, Diagnostic> {
        Table::parse_all(name, bytes).map_err(|mut refusals| refusals.swap_remove(0))
    }

    /// As [`Table::parse`], with every row of a wrong length named. The refusals are never empty.
    pub(crate) fn parse_all(name: &str, bytes: &[u8]) -> Result<Table, Vec<Diagnostic>> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = checked_text(bytes).map_err(|d| vec![d.file(name)])?;
        let records = scan::records(text).map_err(|d| vec![d.file(name)])?;
        let mut records = records.into_iter();
        let Some(header) = records.next() else {
            return Err(vec![file_empty().file(name)]);
        };
        let headers = checked_headers(&header).map_err(|d| vec![d.file(name)])?;
        let rows: Vec<Row> = records.collect();
        if rows.is_empty() {
            return Err(vec![no_rows(header.line).file(name)]);
        }
        let wrong = rows.iter().filter(|row| row.cells.len() != headers.len());
        let refusals: Vec<Diagnostic> = wrong.map(|row| ragged(row, &headers).file(name)).collect();
        if !refusals.is_empty() {
            return Err(refusals);
        }
        Ok(Table {
            name: name.to_owned(),
            headers,
            rows,
        })
    }

    /// File name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Column names, in file order.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Number of data rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// File line of data row `row` (from 0); 0 when there is no such row.
    pub fn line(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |r| r.line)
    }

    /// Id of data row `row`.
    pub fn row_id(&self, row: usize) -> RowId {
        RowId::new(self.name.clone(), self.line(row))
    }

    /// Text of a cell; empty when there is no such cell.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.rows
            .get(row)
            .and_then(|r| r.cells.get(column))
            .map_or("", String::as_str)
    }

    /// Whether a column has this name.
    pub fn has_column(&self, name: &str) -> bool {
        self.headers.iter().any(|h| h == name)
    }

    /// The column with this name.
    ///
    /// # Errors
    /// `unknown_column`: lists the columns, and the nearest name.
    pub fn column(&self, name: &str) -> Result<Column<'_>, Diagnostic> {
        if let Some(index) = self.headers.iter().position(|h| h == name) {
            return Ok(Column::new(self, index));
        }
        let message = format!("there is no column '{name}'");
        let mut d = Diagnostic::error("unknown_column", message).file(&self.name);
        d.allowed = Some(self.headers.join(", "));
        if let Some(nearest) = nearest(name, &self.headers) {
            d = d.hint(format!("did you mean '{nearest}'?"));
        }
        Err(d)
    }
}

/// The candidate most like `name`, if any is near enough to be a slip of the pen.
pub fn nearest<'a, S: AsRef<str>>(name: &str, candidates: &'a [S]) -> Option<&'a str> {
    const NEAR: f64 = 0.75;
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&name.to_lowercase(), &candidate.as_ref().to_lowercase());
        if likeness >= NEAR && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate.as_ref()));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The bytes of the file, read in pieces so that an endless line is refused early.
pub(crate) fn read_bytes(path: &Path, name: &str) -> Result<Vec<u8>, Diagnostic> {
    let shown = path.display().to_string();
    if path.is_dir() {
        return Err(
            Diagnostic::error("file_is_directory", "this is a folder, not a file")
                .file(shown)
                .allowed("a CSV file")
                .hint("name a file inside it"),
        );
    }
    let mut file = File::open(path).map_err(|error| unreadable(&shown, &error))?;
    let mut bytes = Vec::new();
    let mut piece = vec![0; 1 << 16];
    let (mut line, mut length) = (1, 0);
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(&shown, &error)),
        };
        for &byte in &piece[..count] {
            length += 1;
            if byte == b'\n' || byte == b'\r' {
                line += u64::from(byte == b'\n');
                length = 0;
            }
            if length > LONGEST_LINE {
                return Err(too_long(line).file(name));
            }
        }
        bytes.extend_from_slice(&piece[..count]);
    }
}

fn unreadable(shown: &str, error: &std::io::Error) -> Diagnostic {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Diagnostic::error("file_missing", "there is no such file")
            .file(shown)
            .hint("check the spelling and the folder you are in");
    }
    Diagnostic::error("file_unreadable", format!("the file cannot be read: {error}")).file(shown)
}

fn too_long(line: u64) -> Diagnostic {
    Diagnostic::error("line_too_long", "a line is longer than any table's")
        .line(line)
        .found("over 1048576 bytes")
        .allowed("at most 1048576 bytes")
        .hint("is this a CSV file, with line ends?")
}

/// The bytes as text, or why they are none.
pub(crate) fn checked_text(bytes: &[u8]) -> Result<&str, Diagnostic> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Diagnostic::error("utf16", "the file is UTF-16 text")
            .line(1)
            .found("a UTF-16 byte order mark")
            .allowed("UTF-8")
            .hint("save it as 'CSV UTF-8'"));
    }
    let (mut line, mut length) = (1, 0);
    for &byte in bytes {
        length += 1;
        match byte {
            b'\n' => (line, length) = (line + 1, 0),
            b'\r' => length = 0,
            0 => return Err(nul_byte(line)),
            _ if length > LONGEST_LINE => return Err(too_long(line)),
            _ => {}
        }
    }
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))
}

fn nul_byte(line: u64) -> Diagnostic {
    Diagnostic::error("nul_byte", "the file holds a NUL byte, so it is not text")
        .line(line)
        .found("byte 0x00")
        .allowed("UTF-8 text")
        .hint("is it a spreadsheet, or UTF-16? Save it as 'CSV UTF-8'")
}

fn not_utf8(bytes: &[u8], at: usize) -> Diagnostic {
    let before = &bytes[..at.min(bytes.len())];
    let line = 1 + before.iter().filter(|&&b| b == b'\n').count() as u64;
    let found = bytes
        .get(at)
        .map_or_else(String::new, |byte| format!("byte 0x{byte:02X}"));
    Diagnostic::error("not_utf8", "the file is not UTF-8 text")
        .line(line)
        .found(found)
        .allowed("UTF-8")
        .hint("save it as 'CSV UTF-8'")
}

/// Names, each once.
fn checked_headers(header: &Row) -> Result<Vec<String>, Diagnostic> {
    let names: Vec<String> = header.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    if let [only] = names.as_slice()
        && let Some(separator) = [';', '\t', '|'].into_iter().find(|&c| only.contains(c))
    {
        let shown = if separator == '\t' {
            "tabs".to_owned()
        } else {
            format!("'{separator}'")
        };
        return Err(
            Diagnostic::error("separator", "the cells are not separated by commas")
                .line(header.line)
                .found(shown)
                .allowed("commas, with a decimal point in numbers"),
        );
    }
    let mut sorted: Vec<(&str, usize)> = names.iter().map(String::as_str).zip(1..).collect();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if let [(a, first), (b, second)] = pair
            && a == b
        {
            return Err(twice(a, *first, *second).line(header.line));
        }
    }
    Ok(names)
}

fn twice(name: &str, first: usize, second: usize) -> Diagnostic {
    if name.is_empty() {
        return Diagnostic::error("unnamed_column", "two columns have no name")
            .found(format!("columns {first} and {second}"))
            .allowed("at most one")
            .hint("are there commas too many at the end of the lines?");
    }
    Diagnostic::error("duplicate_header", "two columns have the same name")
        .column(name)
        .found(format!("columns {first} and {second}"))
        .allowed("each name once")
}

fn file_empty() -> Diagnostic {
    Diagnostic::error("file_empty", "the file is empty")
        .allowed("a header line and at least one row")
        .hint("was it saved?")
}

fn no_rows(header_line: u64) -> Diagnostic {
    Diagnostic::error("no_rows", "the file has a header but no rows")
        .line(header_line)
        .allowed("at least one row below the header")
}

fn ragged(row: &Row, headers: &[String]) -> Diagnostic {
    let (found, expected) = (row.cells.len(), headers.len());
    let plural = |n: usize| {
        if n == 1 {
            "1 cell".to_owned()
        } else {
            format!("{n} cells")
        }
    };
    let mut d = Diagnostic::error("ragged_row", "the row is not as long as the header")
        .line(row.line)
        .found(plural(found))
        .allowed(plural(expected))
        .hint(if found > expected {
            "is there a comma inside a cell, or a decimal comma? Put that cell in double quotes; write 1.5, not 1,5"
        } else {
            "is a comma missing? An empty cell still needs its comma"
        });
    if let Some(first_missing) = headers.get(found) {
        d = d.column(first_missing);
    }
    d
}

#[cfg(test)]
mod tests;
