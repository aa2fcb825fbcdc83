//! A review folder's tables, read and checked as a whole.

mod links;
mod numbers;
mod problems;
mod rows;
mod schema;
mod sheet;

pub use problems::MOST_ERRORS;
pub use schema::{TABLES, TableSchema};

use crate::evidence::Evidence;
use crate::table::{checked_text, read_bytes};
use crate::{Diagnostic, Table, Warned, nearest};
use links::Readable;
use problems::Problems;
use sha2::{Digest, Sha256};
use sheet::Sheet;
use std::path::Path;

impl Evidence {
    /// Reads and checks every table of the folder `dir` ([`TABLES`] lists them and their columns).
    ///
    /// # Errors
    /// Everything that is wrong in all files, up to [`MOST_ERRORS`]: files that are absent or no tables,
    /// columns that are missing or unknown, cells that do not hold what their column holds, numbers that
    /// contradict each other, ids that lead nowhere, rows that stand twice.
    pub fn read(dir: &Path) -> Result<Warned<Evidence>, Vec<Diagnostic>> {
        if !dir.is_dir() {
            return Err(vec![no_folder(dir)]);
        }
        let mut reader = Reader {
            dir,
            problems: Problems::default(),
            hashes: Vec::new(),
        };
        let studies = reader.table(&schema::STUDIES, rows::study);
        let arms = reader.table(&schema::ARMS, rows::arm);
        let observations = reader.table(&schema::OBSERVATIONS, rows::observation);
        let contrasts = reader.table(&schema::CONTRASTS, rows::contrast);
        let risk_of_bias = reader.table(&schema::RISK_OF_BIAS, rows::risk_of_bias);
        let blinding = reader.table(&schema::BLINDING, rows::blinding);
        let durability = reader.table(&schema::DURABILITY, rows::durability);
        let harms = reader.table(&schema::HARMS, rows::harm);
        let costs = reader.table(&schema::COSTS, rows::cost);
        let sources = reader.table(&schema::SOURCES, rows::source);
        let published = reader.table(&schema::PUBLISHED, rows::published);
        reader.strangers();
        let readable = Readable {
            studies: studies.is_some(),
            arms: arms.is_some(),
            sources: sources.is_some(),
        };
        let evidence = Evidence {
            studies: studies.unwrap_or_default(),
            arms: arms.unwrap_or_default(),
            observations: observations.unwrap_or_default(),
            contrasts: contrasts.unwrap_or_default(),
            risk_of_bias: risk_of_bias.unwrap_or_default(),
            blinding: blinding.unwrap_or_default(),
            durability: durability.unwrap_or_default(),
            harms: harms.unwrap_or_default(),
            costs: costs.unwrap_or_default(),
            sources: sources.unwrap_or_default(),
            published: published.unwrap_or_default(),
            hashes: reader.hashes,
        };
        let mut problems = reader.problems;
        links::check(&evidence, readable, &mut problems);
        let warnings = problems.finish()?;
        Ok(Warned {
            value: evidence,
            warnings,
        })
    }
}

/// The SHA-256 of `bytes` in hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A text file as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its text, without a byte order mark.
    pub text: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

/// Reads the text file at `path`, called `name` in messages.
///
/// # Errors
/// `file_missing`, `file_is_directory`, `file_unreadable`, `line_too_long`, `utf16`, `nul_byte`, `not_utf8`.
pub fn read_text(path: &Path, name: &str) -> Result<TextFile, Diagnostic> {
    let at = |mut refusal: Diagnostic| {
        if matches!(refusal.code.as_str(), "utf16" | "nul_byte" | "not_utf8") {
            refusal = refusal.hint("save it as UTF-8 text");
        }
        if refusal.code == "file_is_directory" {
            refusal = refusal.allowed("a text file");
        }
        refusal.file(name)
    };
    let bytes = read_bytes(path, name).map_err(at)?;
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let text = checked_text(plain).map_err(at)?;
    Ok(TextFile {
        text: text.to_owned(),
        sha256: sha256(&bytes),
    })
}

fn no_folder(dir: &Path) -> Diagnostic {
    let finding = if dir.exists() {
        Diagnostic::error("not_a_folder", "this is a file, not a review folder")
    } else {
        Diagnostic::error("folder_missing", "there is no such folder")
    };
    finding
        .file(dir.display().to_string())
        .allowed("a folder with review.toml and its tables")
}

/// What stands in a folder, file by file.
struct Reader<'d> {
    dir: &'d Path,
    problems: Problems,
    hashes: Vec<(String, String)>,
}

impl Reader<'_> {
    /// The rows of one table; none when it could not be read.
    fn table<T>(&mut self, schema: &TableSchema, make: fn(&mut Sheet) -> T) -> Option<Vec<T>> {
        let path = self.dir.join(schema.file);
        if !schema.required && path.symlink_metadata().is_err() {
            return Some(Vec::new());
        }
        let bytes = match read_bytes(&path, schema.file) {
            Ok(bytes) => bytes,
            Err(refusal) => {
                self.problems.push(self.explained(refusal, schema));
                return None;
            }
        };
        self.hashes.push((schema.file.to_owned(), sha256(&bytes)));
        let table = match Table::parse_all(schema.file, &bytes) {
            Ok(table) => table,
            Err(refusals) => return self.refused(refusals, schema),
        };
        Some(Sheet::new(&table, schema, &mut self.problems)?.rows(make))
    }

    /// A table that may be absent may also be a header alone.
    fn refused<T>(&mut self, refusals: Vec<Diagnostic>, schema: &TableSchema) -> Option<Vec<T>> {
        let header_alone = refusals.iter().all(|refusal| refusal.code == "no_rows");
        if header_alone && !schema.required {
            let message = "the file has a header but no rows";
            self.problems
                .push(Diagnostic::warning("no_rows", message).file(schema.file));
            return Some(Vec::new());
        }
        for refusal in refusals {
            self.problems.push(refusal);
        }
        None
    }

    /// A refusal that names the file inside the folder, and a file that may be meant.
    fn explained(&self, refusal: Diagnostic, schema: &TableSchema) -> Diagnostic {
        let missing = refusal.code == "file_missing";
        let mut refusal = refusal.file(schema.file);
        if missing {
            refusal = refusal.allowed(format!("a table with the columns {}", schema.columns.join(", ")));
            let names = self.csv_files();
            if let Some(near) = nearest(schema.file, &names) {
                refusal = refusal.hint(format!("is it '{near}'?"));
            }
        }
        refusal
    }

    /// Tables in the folder that nobody reads.
    fn strangers(&mut self) {
        let known = TABLES.map(|table| table.file);
        for name in self.csv_files() {
            if known.contains(&name.as_str()) {
                continue;
            }
            let message = "this table is not one of a review, so it was not read";
            let mut finding = Diagnostic::warning("unknown_table", message)
                .file(&name)
                .allowed(known.join(", "));
            if let Some(near) = nearest(&name, &known) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            self.problems.push(finding);
        }
    }

    /// Names of the CSV files in the folder that are no table of a review, sorted.
    fn csv_files(&self) -> Vec<String> {
        let known = TABLES.map(|table| table.file);
        let entries = std::fs::read_dir(self.dir).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names
            .filter(|name| name.to_lowercase().ends_with(".csv") && !known.contains(&name.as_str()))
            .collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests;
