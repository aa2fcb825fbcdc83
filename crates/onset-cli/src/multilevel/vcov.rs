//! `--vcov FILE`: a square table of numbers without a header.

use onset::data::{Diagnostic, is_missing};
use std::path::Path;

/// A square matrix; `None` where a cell is missing.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// File name.
    pub name: String,
    /// Rows and columns.
    pub n: usize,
    /// Row-major.
    pub values: Vec<Option<f64>>,
}

/// Reads the matrix of `n` rows.
///
/// # Errors
/// `file_unreadable`, `not_square`, `not_a_number`.
pub fn read(path: &Path, n: usize, table: &str) -> Result<Matrix, Diagnostic> {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Diagnostic::error(
            "file_unreadable",
            format!("the covariance matrix cannot be read: {error}"),
        )
        .file(&name)
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |line: usize, found: usize, what: &str| {
        Diagnostic::error(
            "not_square",
            format!("the covariance matrix does not fit {table}"),
        )
        .file(&name)
        .line(line as u64)
        .found(format!("{found} {what}"))
        .allowed(format!(
            "{n} rows of {n} numbers, no header: the data rows of {table}"
        ))
    };
    let mut values = Vec::with_capacity(n * n);
    let mut rows = 0;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        rows += 1;
        let cells: Vec<&str> = line
            .split(',')
            .map(|cell| cell.trim().trim_matches('"'))
            .collect();
        if cells.len() != n {
            return Err(wrong(index + 1, cells.len(), "numbers in this row"));
        }
        for cell in cells {
            if is_missing(cell) {
                values.push(None);
                continue;
            }
            let number = cell.parse().ok().filter(|x: &f64| x.is_finite());
            let number = number.ok_or_else(|| {
                Diagnostic::error("not_a_number", "the cell is not a number")
                    .file(&name)
                    .line(index as u64 + 1)
                    .found(cell)
                    .allowed("a number such as 0.02; the file has no header")
            })?;
            values.push(Some(number));
        }
    }
    if rows != n {
        return Err(wrong(rows, rows, "rows"));
    }
    Ok(Matrix { name, n, values })
}

impl Matrix {
    /// The diagonal.
    pub fn diagonal(&self) -> Vec<Option<f64>> {
        (0..self.n)
            .map(|i| self.values.get(i * self.n + i).copied().flatten())
            .collect()
    }

    /// The rows and columns `rows`, row-major.
    ///
    /// # Errors
    /// `missing_covariance` where a cell is missing.
    pub fn select(&self, rows: &[usize]) -> Result<Vec<f64>, Diagnostic> {
        let mut out = Vec::with_capacity(rows.len() * rows.len());
        for &i in rows {
            for &j in rows {
                let cell = self.values.get(i * self.n + j).copied().flatten();
                out.push(cell.ok_or_else(|| {
                    let message = format!("the covariance of data rows {} and {} is missing", i + 1, j + 1);
                    Diagnostic::error("missing_covariance", message)
                        .file(&self.name)
                        .line(i as u64 + 1)
                })?);
            }
        }
        Ok(out)
    }
}
