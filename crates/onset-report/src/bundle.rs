//! Everything that `onset run` leaves behind, as bytes by file name.

use crate::figures;
use crate::json::{self, JsonError};
use crate::tables::{self, TableError};
use crate::{patient, report};
use onset_review::Answers;
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use thiserror::Error;

/// Name of the manifest inside a bundle.
pub const MANIFEST: &str = "manifest.json";
/// What a manifest of ours says it was written by.
pub(crate) const GENERATOR: &str = "onset";
/// Format of the manifest.
const MANIFEST_FORMAT: u32 = 1;

/// Why no bundle can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// `results.json` cannot be written.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// An input file and its SHA-256, in hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputHash {
    /// File name inside the review folder.
    pub file: String,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Files by name, `/` between folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Bytes by relative name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// `manifest.json`: no clock and no path.
#[derive(Serialize)]
struct Manifest<'a> {
    generator: &'static str,
    format: u32,
    onset_version: &'a str,
    review_version: &'a str,
    seed: u64,
    inputs: BTreeMap<&'a str, &'a str>,
    outputs: BTreeMap<&'a str, String>,
}

/// Makes every output of a run. The same answers give the same bytes.
///
/// # Errors
/// A number that is not finite, with its place.
pub fn bundle(answers: &Answers, inputs: &[InputHash]) -> Result<Bundle, BundleError> {
    let (figures, tables) = rayon::join(|| figures::by_name(answers), || tables::by_name(answers));
    let (report, (patient, results)) = rayon::join(
        || report::with_figures(answers, &figures, &tables),
        || {
            rayon::join(
                || patient::with_figures(answers, &figures),
                || json::results(answers),
            )
        },
    );
    let mut files = BTreeMap::new();
    files.insert("results.json".to_owned(), results?);
    files.insert("report.html".to_owned(), report?.into_bytes());
    files.insert("patient.html".to_owned(), patient.into_bytes());
    for table in tables.into_values() {
        files.insert(format!("tables/{}.csv", table.name), table.to_csv()?);
    }
    let drawn: Vec<(String, Vec<u8>)> = figures
        .into_par_iter()
        .map(|(name, figure)| (format!("figures/{name}.svg"), figure.wide.to_svg().into_bytes()))
        .collect();
    files.extend(drawn);
    let outputs: Vec<(&str, String)> = files
        .par_iter()
        .map(|(name, bytes)| (name.as_str(), sha256(bytes)))
        .collect();
    let manifest = Manifest {
        generator: GENERATOR,
        format: MANIFEST_FORMAT,
        onset_version: &answers.review.onset_version,
        review_version: &answers.review.version,
        seed: answers.review.seed,
        inputs: inputs
            .iter()
            .map(|input| (input.file.as_str(), input.sha256.as_str()))
            .collect(),
        outputs: outputs.into_iter().collect(),
    };
    let manifest = json::pretty(&manifest)?;
    files.insert(MANIFEST.to_owned(), manifest);
    Ok(Bundle { files })
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn sha256_of_the_empty_string() {
        assert_eq!(
            sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
