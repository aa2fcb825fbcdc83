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
    outputs: BTreeMap<String, String>,
}

/// Makes every output of a run. The same answers give the same bytes.
///
/// # Errors
/// A number that is not finite, with its place.
pub fn bundle(answers: &Answers, inputs: &[InputHash]) -> Result<Bundle, BundleError> {
    let mut files = BTreeMap::new();
    hand_over(answers, inputs, &mut |name, pieces| -> Result<(), BundleError> {
        files.insert(name, pieces.concat());
        Ok(())
    })?;
    Ok(Bundle { files })
}

/// A file in pieces, to be written one after the other.
pub(crate) type Pieces = Vec<Vec<u8>>;

/// Makes every output of a run and hands over each when it is made, so that they never lie in memory together.
pub(crate) fn hand_over<E: From<BundleError>>(
    answers: &Answers,
    inputs: &[InputHash],
    keep: &mut impl FnMut(String, Pieces) -> Result<(), E>,
) -> Result<(), E> {
    let mut outputs: BTreeMap<String, String> = BTreeMap::new();
    let mut hand = |name: String, pieces: Pieces| {
        outputs.insert(name.clone(), sha256(&pieces));
        keep(name, pieces)
    };
    let (results, tables) = rayon::join(|| json::results(answers), || tables::by_name(answers));
    hand(
        "results.json".to_owned(),
        vec![results.map_err(BundleError::from)?],
    )?;
    let tables = tables.map_err(BundleError::from)?;
    let figures = figures::by_name(answers);
    let (report, (patient, drawn)) = rayon::join(
        || report::with_figures(answers, &figures, &tables),
        || {
            rayon::join(
                || patient::with_figures(answers, &figures),
                || -> Vec<(String, Vec<u8>)> { figures.par_iter().map(drawing).collect() },
            )
        },
    );
    hand("report.html".to_owned(), bytes(report))?;
    hand("patient.html".to_owned(), bytes(patient))?;
    for (name, table) in tables {
        hand(format!("tables/{name}.csv"), vec![table.csv])?;
    }
    for (name, drawing) in drawn {
        hand(name, vec![drawing])?;
    }
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
        outputs,
    };
    keep(
        MANIFEST.to_owned(),
        vec![json::pretty(&manifest).map_err(BundleError::from)?],
    )
}

/// The file of a figure.
fn drawing((name, figure): (&String, &figures::Figure)) -> (String, Vec<u8>) {
    (format!("figures/{name}.svg"), figure.wide.to_svg().into_bytes())
}

fn bytes(page: Vec<String>) -> Pieces {
    page.into_iter().map(String::into_bytes).collect()
}

/// SHA-256 of the whole, in hex.
fn sha256(pieces: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn sha256_of_the_empty_string() {
        assert_eq!(
            sha256(&[]),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
