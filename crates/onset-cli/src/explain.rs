//! `onset explain`: what stands behind a number of results.json.

use crate::failure::Failure;
use crate::output::{Cell, Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Warned};
use onset::review::{explain as trace, folder, run as answer};
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `onset explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the review
    review: PathBuf,
    /// JSON Pointer into results.json, as /size/by/0/estimate/value
    pointer: String,
}

/// Runs the review and walks from one number to its rows, sources and protocol keys.
///
/// # Errors
/// Everything that is wrong with the review; a pointer that leads nowhere.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    let Warned {
        value: (protocol, evidence),
        warnings,
    } = folder::check(&arguments.review)?;
    let answers = answer(&protocol, &evidence, &warnings)
        .map_err(|error| Diagnostic::error("not_answered", error.to_string()))?
        .value;
    let results = serde_json::to_value(&answers)
        .map_err(|error| Diagnostic::error("not_json", format!("The results are no JSON: {error}")))?;
    let explained = trace(&results, &arguments.pointer).map_err(|error| {
        Diagnostic::error("unknown_pointer", error.to_string())
            .hint("pointers begin with '/', as /size/by/0/k")
    })?;
    let mut rows = Sheet::new("Rows", &["row", "text", "source", "locator", "citation"]);
    for row in explained["rows"].as_array().into_iter().flatten() {
        rows.push(
            ["row", "text", "source_id", "locator", "citation"]
                .map(|key| cell(&row[key]))
                .to_vec(),
        );
    }
    let mut about = Sheet::new(
        &format!("{} = {}", arguments.pointer, explained["value"]),
        &["", ""],
    );
    for (key, value) in explained["context"].as_object().into_iter().flatten() {
        about.push(vec![key.as_str().into(), cell(value)]);
    }
    for key in explained["protocol"].as_array().into_iter().flatten() {
        about.push(vec!["protocol".into(), cell(key)]);
    }
    Ok(Output::new(&explained, vec![about, rows], Vec::new())?)
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Missing,
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => number.as_f64().into(),
        other => other.to_string().into(),
    }
}
