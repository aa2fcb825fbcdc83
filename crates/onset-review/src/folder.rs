//! A review folder: its protocol and its tables, read and checked together.

use crate::protocol::Protocol;
use crate::protocol_read::{FILE, check_with_lines};
use crate::trust::{Texts, number_checks};
use onset_data::evidence::Evidence;
use onset_data::{Diagnostic, Severity, Table, Warned, folder};
use std::path::Path;

/// Reads the review in `dir`: `review.toml` and every table beside it.
///
/// The hashes of the evidence begin with that of `review.toml`.
///
/// # Errors
/// Everything that is wrong in the protocol, in the tables and between the two.
pub fn load(dir: &Path) -> Result<Warned<(Protocol, Evidence)>, Vec<Diagnostic>> {
    let tables = match Evidence::read(dir) {
        Err(refusals) if !dir.is_dir() => return Err(refusals),
        tables => tables,
    };
    let read = folder::read_text(&dir.join(FILE), FILE).map_err(|refusal| vec![explained(refusal)]);
    let protocol = read.and_then(|file| Ok((Protocol::parse(&file.text)?, file)));
    let (
        (protocol, file),
        Warned {
            value: mut evidence,
            mut warnings,
        },
    ) = match (protocol, tables) {
        (Ok(protocol), Ok(evidence)) => (protocol, evidence),
        (protocol, tables) => {
            let mut errors = protocol.err().unwrap_or_default();
            errors.extend(tables.err().unwrap_or_default());
            return Err(errors);
        }
    };
    let findings = check_with_lines(&protocol, &evidence, &file.text);
    let (errors, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|d| d.severity == Severity::Error);
    if !errors.is_empty() {
        return Err(errors);
    }
    warnings.extend(others);
    evidence.hashes.insert(0, (FILE.to_owned(), file.sha256));
    Ok(Warned {
        value: (protocol, evidence),
        warnings,
    })
}

/// As [`load`], with the number checks among the warnings.
///
/// # Errors
/// As [`load`].
pub fn check(dir: &Path) -> Result<Warned<(Protocol, Evidence)>, Vec<Diagnostic>> {
    let mut loaded = load(dir)?;
    // Both files were read a moment ago; one that has gone since is checked by its numbers alone.
    let observations = Table::read(&dir.join("observations.csv")).ok();
    let contrasts = Table::read(&dir.join("contrasts.csv")).ok();
    let texts = Texts {
        observations: observations.as_ref(),
        contrasts: contrasts.as_ref(),
    };
    let (protocol, evidence) = &loaded.value;
    let findings = number_checks(protocol, evidence, texts);
    loaded.warnings.extend(findings);
    Ok(loaded)
}

fn explained(refusal: Diagnostic) -> Diagnostic {
    if refusal.code == "file_missing" {
        let refusal = refusal.allowed("the protocol of the review");
        return refusal.hint("'onset new DIR' writes one to start from");
    }
    refusal
}
