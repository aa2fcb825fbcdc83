//! `onset check`: everything that is wrong or suspicious in a review.

use crate::failure::Failure;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Severity, Warned};
use onset::review::folder;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `onset check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 when nothing is wrong (warnings and notes included), 1 on errors, which go to \
                        standard error."
)]
pub struct Arguments {
    /// Folder of the review (review.toml and its tables)
    review: PathBuf,
}

#[derive(Serialize)]
struct Report<'a> {
    title: &'a str,
    version: &'a str,
    files: Vec<File<'a>>,
    counts: Counts,
    findings: &'a [Diagnostic],
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct Counts {
    studies: usize,
    arms: usize,
    observations: usize,
    contrasts: usize,
    warnings: usize,
    notes: usize,
}

/// Reads the review and lists what it finds.
///
/// # Errors
/// Everything that is wrong with the review.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    let Warned {
        value: (protocol, evidence),
        warnings: mut findings,
    } = folder::check(&arguments.review)?;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let counts = Counts {
        studies: evidence.studies.len(),
        arms: evidence.arms.len(),
        observations: evidence.observations.len(),
        contrasts: evidence.contrasts.len(),
        warnings: of(Severity::Warning),
        notes: of(Severity::Note),
    };
    let text = text(&protocol.review.title, &counts, &findings);
    let files = evidence.hashes.iter().map(|(file, sha256)| File { file, sha256 });
    let report = Report {
        title: &protocol.review.title,
        version: &protocol.review.version,
        files: files.collect(),
        counts,
        findings: &findings,
    };
    let sheet = sheet(&findings);
    Ok(Output::new(&report, vec![sheet], findings.clone())?.shown_as(text))
}

/// What a person reads: one line a finding, then the counts.
fn text(title: &str, counts: &Counts, findings: &[Diagnostic]) -> String {
    let mut lines = vec![title.to_owned()];
    lines.extend(findings.iter().map(|finding| {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        format!("{severity}: {finding} [{}]", finding.code)
    }));
    lines.push(format!(
        "{} studies, {} arms, {} observations, {} contrasts read: no errors, {} warnings, {} notes",
        counts.studies, counts.arms, counts.observations, counts.contrasts, counts.warnings, counts.notes
    ));
    lines.join("\n")
}

/// One row a finding.
fn sheet(findings: &[Diagnostic]) -> Sheet {
    let headers = [
        "severity", "code", "file", "line", "study", "column", "message", "found", "allowed", "hint",
    ];
    let mut sheet = Sheet::new("", &headers);
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        sheet.push(vec![
            severity.into(),
            finding.code.as_str().into(),
            finding.file.as_deref().into(),
            finding.line.and_then(|line| usize::try_from(line).ok()).into(),
            finding.study.as_deref().into(),
            finding.column.as_deref().into(),
            finding.message.as_str().into(),
            finding.found.as_deref().into(),
            finding.allowed.as_deref().into(),
            finding.hint.as_deref().into(),
        ]);
    }
    sheet
}
