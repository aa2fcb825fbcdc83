//! `onset run`: answers the six questions of a review and writes the report.

use crate::failure::Failure;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Warned};
use onset::report::{InputHash, make};
use onset::review::answers::{Answer, Answers};
use onset::review::{folder, run as answer};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `onset run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the review (review.toml and its tables)
    review: PathBuf,
    /// Where the report goes [default: onset-out/<folder name>]
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// What was written, and the answers in short.
#[derive(Serialize)]
struct Summary {
    output: String,
    files: usize,
    replaced: bool,
    answers: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    question: String,
    answer: String,
    value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    trials: usize,
    people: u64,
}

/// Reads, answers and writes; nothing is left half-written.
///
/// # Errors
/// Everything that is wrong with the review; an output folder that is not ours.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    let name = folder_name(&arguments.review)?;
    eprintln!("reading {}", arguments.review.display());
    let Warned {
        value: (protocol, evidence),
        warnings,
    } = folder::check(&arguments.review)?;
    eprintln!("pooling {} comparisons", protocol.comparison.len());
    let answers = answer(&protocol, &evidence, &warnings)
        .map_err(|error| Diagnostic::error("not_answered", error.to_string()))?
        .value;
    let out = match &arguments.output {
        Some(out) => out.clone(),
        None => Path::new("onset-out").join(name),
    };
    eprintln!("writing {}", out.display());
    let inputs: Vec<InputHash> = evidence
        .hashes
        .iter()
        .map(|(file, sha256)| InputHash {
            file: file.clone(),
            sha256: sha256.clone(),
        })
        .collect();
    let written =
        make(&answers, &inputs, &out).map_err(|e| Diagnostic::error("not_written", e.to_string()))?;
    let lines = lines(&answers);
    let mut sheet = Sheet::new(&answers.review.title, &["question", "answer", "trials", "people"]);
    for line in &lines {
        sheet.push(vec![
            line.question.clone().into(),
            line.answer.clone().into(),
            line.trials.into(),
            usize::try_from(line.people).unwrap_or(usize::MAX).into(),
        ]);
    }
    let summary = Summary {
        output: out.display().to_string(),
        files: written.files,
        replaced: written.replaced,
        answers: lines,
    };
    Ok(Output::new(&summary, vec![sheet], warnings)?)
}

/// Name of the review's folder; "." is resolved.
fn folder_name(review: &Path) -> Result<std::ffi::OsString, Diagnostic> {
    let named = review.file_name().map(ToOwned::to_owned);
    let resolved = || {
        std::fs::canonicalize(review)
            .ok()?
            .file_name()
            .map(ToOwned::to_owned)
    };
    named.or_else(resolved).ok_or_else(|| {
        Diagnostic::error("no_folder", "The review is not a folder with a name")
            .found(review.display().to_string())
            .hint("give the folder that holds review.toml")
    })
}

fn lines(answers: &Answers) -> Vec<Line> {
    [
        &answers.speed,
        &answers.size,
        &answers.duration,
        &answers.blinding,
        &answers.comparison,
        &answers.certainty,
    ]
    .map(line)
    .into()
}

fn line(answer: &Answer) -> Line {
    use onset::plot::text;
    let estimate = answer.estimate.as_ref();
    let number = estimate.map(|e| {
        let decimals = if e.unit.is_empty() { 2 } else { 1 };
        let value = |x: f64| text::number(x, decimals);
        format!(
            " {} {} ({} % CI {} to {})",
            value(e.value),
            e.unit,
            text::number(100.0 * e.level, 0),
            value(e.lower),
            value(e.upper)
        )
    });
    Line {
        question: answer.question.clone(),
        answer: format!("{}{}", answer.sentence, number.unwrap_or_default()),
        value: estimate.map(|e| e.value),
        lower: estimate.map(|e| e.lower),
        upper: estimate.map(|e| e.upper),
        trials: answer.k,
        people: answer.n,
    }
}
