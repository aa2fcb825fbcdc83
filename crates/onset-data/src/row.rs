//! Row ids: where a number stands in the review's tables.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One line of one table, written `observations.csv:17` (the header is line 1).
///
/// ```
/// use onset_data::RowId;
/// let id: RowId = "observations.csv:17".parse().unwrap();
/// assert_eq!(id.to_string(), "observations.csv:17");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RowId {
    /// File name inside the review folder.
    pub file: String,
    /// Line in that file, counted from 1 (the header).
    pub line: u64,
}

impl RowId {
    /// The row of `file` at `line`.
    pub fn new(file: impl Into<String>, line: u64) -> Self {
        RowId {
            file: file.into(),
            line,
        }
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl FromStr for RowId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.rsplit_once(':').and_then(|(file, line)| {
            let line = line.parse().ok().filter(|&line: &u64| line > 0)?;
            (!file.is_empty()).then(|| RowId::new(file, line))
        });
        parsed.ok_or_else(|| format!("'{text}' is not a row id: write file.csv:line"))
    }
}

impl TryFrom<String> for RowId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<RowId> for String {
    fn from(id: RowId) -> String {
        id.to_string()
    }
}
