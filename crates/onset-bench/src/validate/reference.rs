//! Reading reference values.

use crate::Fallible;
use onset::data::Table;
use serde_json::Value;
use std::path::Path;

/// One file of `oracles/`.
pub fn read(oracles: &Path, name: &str) -> Fallible<Value> {
    let path = oracles.join(name);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// A list of numbers; `null` and text become `None`. A single number is a list of one.
pub fn numbers(value: &Value) -> Vec<Option<f64>> {
    match value {
        Value::Array(list) => list.iter().map(Value::as_f64).collect(),
        single => vec![single.as_f64()],
    }
}

/// Items of a JSON array; none when it is something else.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A JSON text, or nothing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The program that made a file: "metafor 5.1.12" of "metafor 5.1.12, metadat 1.7.2, R 4.2.2".
pub fn program(file: &Value) -> &str {
    let source = text(&file["source"]);
    [",", " and ", " ("]
        .iter()
        .fold(source, |known, end| known.split(end).next().unwrap_or(known))
}

/// A column of numbers of `oracles/data/<data>.csv`, none of them missing.
pub fn table_column(oracles: &Path, data: &str, header: &str) -> Fallible<Vec<f64>> {
    let table = Table::read(&oracles.join("data").join(format!("{data}.csv")))
        .map_err(|error| error.message.clone())?;
    let column = table.column(header).map_err(|error| error.message.clone())?;
    let numbers = column.numbers().map_err(|error| error.message.clone())?;
    numbers
        .into_iter()
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{data}: {header} has gaps").into())
}
