//! The tables as CSV: full precision, one file a table.
//!
//! Text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line
//! break) gets a leading apostrophe. Numbers are never changed.

mod blinding;
mod durability;
mod economics;
mod evidence;
mod floor;
mod grade;
mod network;
mod pools;
mod priors;
mod verdict;

use onset_data::RowId;
use onset_review::Answers;
use onset_review::answers::Interval;
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a table cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// A number is not finite.
    #[error("tables/{table}.csv, row {row}, column {column}: the number is not finite")]
    NotFinite {
        /// Table.
        table: String,
        /// Counted from 1, without the header.
        row: usize,
        /// Column.
        column: String,
    },
    /// The CSV writer refused.
    #[error("tables/{table}.csv cannot be written: {message}")]
    Unwritable {
        /// Table.
        table: String,
        /// What it said.
        message: String,
    },
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Absent: an empty cell.
    Absent,
    /// A text.
    Text(String),
    /// A number, written with every digit it has.
    Number(f64),
    /// A count.
    Count(u64),
    /// Yes or no.
    Flag(bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Cell {
        Cell::Text(text.clone())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(x: f64) -> Cell {
        Cell::Number(x)
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Cell {
        Cell::Count(n)
    }
}

impl From<usize> for Cell {
    fn from(n: usize) -> Cell {
        Cell::Count(n as u64)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Cell {
        Cell::Flag(flag)
    }
}

impl From<&[RowId]> for Cell {
    fn from(rows: &[RowId]) -> Cell {
        let names: Vec<String> = rows.iter().map(ToString::to_string).collect();
        Cell::Text(names.join(" "))
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Absent, Into::into)
    }
}

/// A table: its name is its file's, without the ending.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name.
    pub name: String,
    /// Column names.
    pub header: Vec<&'static str>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    fn new(name: &str, header: &[&'static str]) -> Table {
        Table {
            name: name.to_owned(),
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    /// The table as CSV, lines ended by a line feed.
    ///
    /// # Errors
    /// [`TableError::NotFinite`] names the cell.
    pub fn to_csv(&self) -> Result<Vec<u8>, TableError> {
        let unwritable = |message: String| TableError::Unwritable {
            table: self.name.clone(),
            message,
        };
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer
            .write_record(&self.header)
            .map_err(|e| unwritable(e.to_string()))?;
        for (index, row) in self.rows.iter().enumerate() {
            let mut record = Vec::with_capacity(row.len());
            for (column, cell) in row.iter().enumerate() {
                record.push(written(cell).ok_or_else(|| TableError::NotFinite {
                    table: self.name.clone(),
                    row: index + 1,
                    column: self.header.get(column).copied().unwrap_or_default().to_owned(),
                })?);
            }
            writer
                .write_record(&record)
                .map_err(|e| unwritable(e.to_string()))?;
        }
        writer.into_inner().map_err(|e| unwritable(e.to_string()))
    }
}

/// The text of a cell; `None` for a number that is not finite.
fn written(cell: &Cell) -> Option<String> {
    Some(match cell {
        Cell::Absent => String::new(),
        Cell::Text(text) => inert(text),
        Cell::Number(x) if !x.is_finite() => return None,
        Cell::Number(x) if *x != 0.0 && !(1e-5..1e16).contains(&x.abs()) => format!("{x:e}"),
        Cell::Number(x) => x.to_string(),
        Cell::Count(n) => n.to_string(),
        Cell::Flag(flag) => flag.to_string(),
    })
}

/// A text that no spreadsheet computes.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Value, lower and upper limit in three cells.
fn three(interval: Option<&Interval>) -> [Cell; 3] {
    match interval {
        Some(i) => [i.value.into(), i.lower.into(), i.upper.into()],
        None => [Cell::Absent, Cell::Absent, Cell::Absent],
    }
}

/// Every table, in a fixed order; a part of them is made when it is reached.
pub fn tables(answers: &Answers) -> impl Iterator<Item = Table> + '_ {
    let parts: [fn(&Answers) -> Vec<Table>; 10] = [
        pools::tables,
        |answers| answers.ledger.iter().flat_map(blinding::tables).collect(),
        grade::tables,
        |answers| answers.floor.iter().flat_map(floor::tables).collect(),
        |answers| answers.economics.iter().flat_map(economics::tables).collect(),
        |answers| answers.priors.iter().flat_map(priors::tables).collect(),
        |answers| answers.verdict.iter().flat_map(verdict::tables).collect(),
        |answers| answers.durability.iter().map(durability::table).collect(),
        |answers| answers.network.iter().flat_map(network::tables).collect(),
        |answers| evidence::tables(&answers.evidence),
    ];
    parts.into_iter().flat_map(|part| part(answers))
}

/// A table as its file holds it.
pub(crate) struct Written {
    /// Number of rows, without the header.
    pub(crate) rows: usize,
    /// The file.
    pub(crate) csv: Vec<u8>,
}

/// The files by name, without the ending; no table outlives its file.
pub(crate) fn by_name(answers: &Answers) -> Result<BTreeMap<String, Written>, TableError> {
    tables(answers)
        .map(|table| {
            let (rows, mut csv) = (table.rows.len(), table.to_csv()?);
            csv.shrink_to_fit();
            Ok((table.name, Written { rows, csv }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv_of(cells: Vec<Cell>) -> Result<String, TableError> {
        let mut table = Table::new("t", &["a", "b"]);
        table.rows.push(cells);
        table.to_csv().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let csv = csv_of(vec![text.into(), (-1.5).into()]).unwrap();
            let line = csv.strip_prefix("a,b\n").unwrap();
            assert!(line.trim_start_matches('"').starts_with('\''), "{line}");
            assert!(line.ends_with(",-1.5\n"), "{line}");
        }
    }

    #[test]
    fn numbers_keep_every_digit() {
        let csv = csv_of(vec![0.1f64.into(), (1.0f64 / 3.0).into()]).unwrap();
        assert_eq!(csv, "a,b\n0.1,0.3333333333333333\n");
        let csv = csv_of(vec![1e-9.into(), None::<f64>.into()]).unwrap();
        assert_eq!(csv, "a,b\n1e-9,\n");
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused_with_its_place() {
        let error = csv_of(vec!["x".into(), f64::NAN.into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tables/t.csv, row 1, column b: the number is not finite"
        );
    }
}
