//! CSV records (RFC 4180), strictly: a quote that is never closed or stands inside a bare cell is an error.

use super::{LONGEST_LINE, Row};
use crate::Diagnostic;

/// Where the scanner stands in a cell.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Nothing yet, or blanks only.
    Start,
    /// In a bare cell.
    Bare,
    /// Between quotes.
    Quoted,
    /// After a quote that may close the cell.
    Closed,
}

struct Scanner {
    records: Vec<Row>,
    cells: Vec<String>,
    cell: String,
    state: State,
    line: u64,
    record_line: u64,
    quote_line: u64,
    blank_line: Option<u64>,
}

/// All records of `text`, the header first; blank lines are skipped.
pub(super) fn records(text: &str) -> Result<Vec<Row>, Diagnostic> {
    let mut scanner = Scanner {
        records: Vec::new(),
        cells: Vec::new(),
        cell: String::new(),
        state: State::Start,
        line: 1,
        record_line: 1,
        quote_line: 1,
        blank_line: None,
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek() == Some(&'\n') && scanner.state != State::Quoted {
            continue;
        }
        scanner.step(c)?;
    }
    if scanner.state == State::Quoted {
        return Err(
            Diagnostic::error("unterminated_quote", "a quoted cell is never closed")
                .line(scanner.quote_line)
                .found("an opening quote without its partner")
                .allowed("quotes in pairs")
                .hint("close the cell with a double quote; a quote inside a quoted cell is written twice"),
        );
    }
    scanner.end_record()?;
    Ok(scanner.records)
}

impl Scanner {
    fn step(&mut self, c: char) -> Result<(), Diagnostic> {
        match (self.state, c) {
            (State::Quoted, '"') => self.state = State::Closed,
            (State::Quoted, _) => {
                self.line += u64::from(c == '\n');
                self.push(c)?;
            }
            (State::Closed, '"') => {
                self.state = State::Quoted;
                self.push('"')?;
            }
            (_, ',') => self.end_cell(),
            (_, '\n' | '\r') => {
                self.end_record()?;
                self.line += 1;
                self.record_line = self.line;
            }
            (State::Start, '"') => {
                self.cell.clear();
                self.state = State::Quoted;
                self.quote_line = self.line;
            }
            (State::Start, ' ' | '\t') => self.push(c)?,
            (State::Closed, ' ' | '\t') => {}
            (State::Closed, _) => return Err(self.stray("text follows the closing quote of a cell", c)),
            (_, '"') => return Err(self.stray("a quote stands inside a cell that is not quoted", c)),
            _ => {
                self.state = State::Bare;
                self.push(c)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, c: char) -> Result<(), Diagnostic> {
        if self.cell.len() >= LONGEST_LINE {
            return Err(
                Diagnostic::error("cell_too_long", "a cell is longer than any table's")
                    .line(self.quote_line)
                    .found("over 1048576 bytes")
                    .allowed("at most 1048576 bytes")
                    .hint("is a quote never closed?"),
            );
        }
        self.cell.push(c);
        Ok(())
    }

    fn stray(&self, message: &str, c: char) -> Diagnostic {
        Diagnostic::error("stray_quote", message)
            .line(self.line)
            .found(format!("{}{c}", self.cell))
            .hint("put the whole cell in double quotes and write a quote inside it twice")
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        let cell = if self.state == State::Closed {
            cell
        } else {
            cell.trim().to_owned()
        };
        self.cells.push(cell);
        self.state = State::Start;
    }

    /// Ends a record; a line of blanks is none, but in a table of one column it could be an empty cell.
    fn end_record(&mut self) -> Result<(), Diagnostic> {
        if self.cells.is_empty() && self.state == State::Start {
            self.cell.clear();
            self.blank_line.get_or_insert(self.record_line);
            return Ok(());
        }
        self.end_cell();
        let cells = std::mem::take(&mut self.cells);
        if let (Some(line), 1, false) = (self.blank_line, cells.len(), self.records.is_empty()) {
            return Err(Diagnostic::error(
                "blank_line",
                "a blank line in a table of one column is ambiguous",
            )
            .line(line)
            .allowed("NA for a missing value")
            .hint("write NA, or delete the line"));
        }
        self.blank_line = None;
        self.records.push(Row {
            line: self.record_line,
            cells,
        });
        Ok(())
    }
}
