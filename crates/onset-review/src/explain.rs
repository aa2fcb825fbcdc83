//! What stands behind a number of `results.json`: model, rows, sources, protocol keys.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Why a pointer could not be explained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The pointer leads nowhere.
    #[error("'{pointer}' leads nowhere in the results; the nearest place that exists is '{nearest}'{keys}")]
    Nowhere {
        /// As asked.
        pointer: String,
        /// Longest prefix that exists.
        nearest: String,
        /// What stands there, as a hint.
        keys: String,
    },
}

/// Explains the value at `pointer`: the value itself, the enclosing result, its rows with their
/// sources, and the protocol keys behind it.
///
/// Rows are looked for in the nearest enclosing object that names them: `rows`, the rows of its
/// `studies`, or the pool it points at; protocol keys in the nearest `protocol`.
///
/// # Errors
/// [`ExplainError::Nowhere`].
pub fn explain(results: &Value, pointer: &str) -> Result<Value, ExplainError> {
    let value = results
        .pointer(pointer)
        .ok_or_else(|| nowhere(results, pointer))?;
    let mut out = Map::new();
    out.insert("pointer".to_owned(), json!(pointer));
    out.insert("value".to_owned(), summary(value));
    let (mut rows, mut protocol) = (BTreeSet::new(), BTreeSet::new());
    let mut context = Map::new();
    for place in enclosing(results, pointer) {
        let Value::Object(object) = place else { continue };
        for key in [
            "id",
            "label",
            "question",
            "comparison_label",
            "outcome_label",
            "window_label",
            "measure",
            "unit",
            "k",
            "n",
        ] {
            if let Some(found) = object
                .get(key)
                .filter(|v| !v.is_null() && !context.contains_key(key))
            {
                context.insert(key.to_owned(), found.clone());
            }
        }
        if let Some(model) = object.get("estimate").and_then(|e| e.get("model")) {
            context.entry("model").or_insert_with(|| model.clone());
        }
        if rows.is_empty() {
            rows.extend(rows_of(results, object));
        }
        if protocol.is_empty() {
            protocol.extend(strings(object.get("protocol")));
        }
    }
    out.insert("context".to_owned(), Value::Object(context));
    out.insert(
        "rows".to_owned(),
        Value::Array(rows.iter().map(|row| row_card(results, row)).collect()),
    );
    out.insert(
        "protocol".to_owned(),
        json!(protocol.into_iter().collect::<Vec<_>>()),
    );
    Ok(Value::Object(out))
}

/// Objects from the value outwards, the innermost first.
fn enclosing<'a>(results: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let mut places = Vec::new();
    let mut prefix = pointer;
    loop {
        places.extend(results.pointer(prefix));
        match prefix.rfind('/') {
            Some(cut) => prefix = &prefix[..cut],
            None => return places,
        }
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .map(|list| {
            list.iter()
                .filter_map(|v| v.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default()
}

fn rows_of(results: &Value, object: &Map<String, Value>) -> Vec<String> {
    let mut rows = strings(object.get("rows"));
    if let Some(studies) = object.get("studies").and_then(Value::as_array) {
        rows.extend(studies.iter().flat_map(|study| strings(study.get("rows"))));
    }
    if rows.is_empty()
        && let Some(Value::Object(pool)) = object
            .get("pool")
            .and_then(Value::as_str)
            .and_then(|pointer| results.pointer(pointer))
    {
        rows.extend(rows_of(results, pool));
    }
    rows
}

fn row_card(results: &Value, row: &str) -> Value {
    let cell = results
        .pointer("/evidence/cells")
        .and_then(|cells| cells.get(row));
    let source_id = cell.and_then(|c| c.get("source_id")).and_then(Value::as_str);
    let source = source_id.and_then(|id| {
        let sources = results.pointer("/evidence/sources")?.as_array()?;
        sources
            .iter()
            .find(|s| s.get("id").and_then(Value::as_str) == Some(id))
    });
    let field =
        |value: Option<&Value>, key: &str| value.and_then(|v| v.get(key)).cloned().unwrap_or(Value::Null);
    json!({
        "row": row,
        "text": field(cell, "text"),
        "source_id": source_id,
        "locator": field(cell, "locator"),
        "notes": field(cell, "notes"),
        "citation": field(source, "citation"),
        "url": field(source, "url"),
    })
}

/// A value short enough to print: long arrays and objects are told by their size.
fn summary(value: &Value) -> Value {
    match value {
        Value::Array(list) if list.len() > 20 => json!(format!("{} entries", list.len())),
        Value::Object(object) if object.len() > 20 => json!(format!("an object of {} fields", object.len())),
        other => other.clone(),
    }
}

fn nowhere(results: &Value, pointer: &str) -> ExplainError {
    let mut nearest = pointer;
    while results.pointer(nearest).is_none() {
        nearest = nearest.rfind('/').map_or("", |cut| &nearest[..cut]);
        if nearest.is_empty() {
            break;
        }
    }
    let keys = match results.pointer(nearest) {
        Some(Value::Object(object)) => {
            let names: Vec<&str> = object.keys().take(30).map(String::as_str).collect();
            format!(" with {}", names.join(", "))
        }
        Some(Value::Array(list)) => format!(" with entries 0 to {}", list.len().saturating_sub(1)),
        _ => String::new(),
    };
    ExplainError::Nowhere {
        pointer: pointer.to_owned(),
        nearest: nearest.to_owned(),
        keys,
    }
}
