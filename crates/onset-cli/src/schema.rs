//! `onset schema`: the JSON Schema of `review.toml`.

use crate::failure::Failure;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::Diagnostic;
use onset::review::schema;
use serde_json::Value;

/// Arguments of `onset schema`.
#[derive(Debug, Args)]
#[command(
    after_help = "Editors complete and check review.toml with it. The schema is JSON in the table format too; \
                        --format csv lists the keys."
)]
pub struct Arguments {}

/// Prints the schema that the reader's own types describe.
///
/// # Errors
/// None in practice.
pub fn run(_: &Arguments) -> Result<Output, Failure> {
    let schema = schema();
    let mut sheet = Sheet::new("", &["table", "key", "required", "description"]);
    keys(&mut sheet, "(top)", &schema);
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        keys(&mut sheet, name, definition);
    }
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Diagnostic::error("not_json", format!("The schema is no JSON: {error}")))?;
    Ok(Output::verbatim(text, vec![sheet]))
}

fn keys(sheet: &mut Sheet, table: &str, definition: &Value) {
    let required: Vec<&str> = definition["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (key, property) in definition["properties"].as_object().into_iter().flatten() {
        let needed = if required.contains(&key.as_str()) {
            "yes"
        } else {
            "no"
        };
        let about = property["description"].as_str().unwrap_or_default();
        sheet.push(vec![
            table.into(),
            key.as_str().into(),
            needed.into(),
            about.into(),
        ]);
    }
}
