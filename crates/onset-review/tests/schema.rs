//! The JSON Schema of `review.toml` says what the reader accepts, key by key.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it fails")]

use onset_review::{Protocol, scaffold, schema};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const KETAMINE: &str = include_str!("../../../reviews/ketamine/review.toml");

fn new_review() -> &'static str {
    scaffold::FILES
        .iter()
        .find(|(name, _)| *name == "review.toml")
        .unwrap()
        .1
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
}

/// The schema that `node` stands for: references are followed.
fn resolved<'s>(root: &'s Value, node: &'s Value) -> &'s Value {
    let mut node = node;
    loop {
        let name = node["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/"));
        let alternatives = node["anyOf"].as_array();
        node = match (name, alternatives) {
            (Some(name), _) => &root["$defs"][name],
            (None, Some(options)) => options.iter().find(|o| o["type"] != "null").unwrap(),
            (None, None) => return node,
        };
    }
}

/// What of `value` the schema does not allow.
fn faults(root: &Value, node: &Value, value: &Value, at: &str, all: &mut Vec<String>) {
    const KNOWN: [&str; 24] = [
        "$ref",
        "$defs",
        "$schema",
        "title",
        "description",
        "default",
        "type",
        "format",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "enum",
        "const",
        "oneOf",
        "anyOf",
        "minimum",
        "maximum",
        "examples",
        "allOf",
        "uniqueItems",
    ];
    for key in node.as_object().into_iter().flatten().map(|(key, _)| key) {
        assert!(KNOWN.contains(&key.as_str()), "the test does not know '{key}'");
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(options) = node[keyword].as_array() {
            let fits = options.iter().filter(|option| {
                let mut inner = Vec::new();
                faults(root, option, value, at, &mut inner);
                inner.is_empty()
            });
            if fits.count() == 0 {
                all.push(format!("{at}: none of {keyword}"));
            }
        }
    }
    if let Some(name) = node["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        faults(root, &root["$defs"][name], value, at, all);
    }
    if node.get("const").is_some_and(|wanted| wanted != value) {
        all.push(format!("{at}: not {}", node["const"]));
    }
    if node["enum"]
        .as_array()
        .is_some_and(|words| !words.contains(value))
    {
        all.push(format!("{at}: {value} is not in {}", node["enum"]));
    }
    let types: Vec<&str> = match &node["type"] {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let fits = |word: &&str| match *word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("type {other}"),
    };
    if !types.is_empty() && !types.iter().any(fits) {
        all.push(format!("{at}: {value} is not {types:?}"));
    }
    if let (Some(number), Some(least)) = (value.as_f64(), node["minimum"].as_f64())
        && number < least
    {
        all.push(format!("{at}: below {least}"));
    }
    for (position, item) in value.as_array().into_iter().flatten().enumerate() {
        if node["items"].is_object() {
            faults(root, &node["items"], item, &format!("{at}/{position}"), all);
        }
    }
    if let Some(object) = value.as_object()
        && types.contains(&"object")
    {
        for key in node["required"].as_array().into_iter().flatten() {
            if !object.contains_key(key.as_str().unwrap()) {
                all.push(format!("{at}: {key} is missing"));
            }
        }
        for (key, inner) in object {
            let place = format!("{at}/{key}");
            match (node["properties"].get(key), &node["additionalProperties"]) {
                (Some(property), _) => faults(root, property, inner, &place, all),
                (None, rest @ Value::Object(_)) => faults(root, rest, inner, &place, all),
                (None, _) => all.push(format!("{place}: unknown")),
            }
        }
    }
}

fn invalid(value: &Value) -> Vec<String> {
    let root = schema();
    let mut all = Vec::new();
    faults(&root, &root, value, "", &mut all);
    all
}

#[test]
fn real_protocols_are_valid() {
    for text in [KETAMINE, new_review()] {
        Protocol::parse(text).unwrap();
        assert_eq!(invalid(&as_json(text)), Vec::<String>::new());
    }
}

#[test]
fn what_the_reader_refuses_is_invalid_too() {
    let changes: [(&str, Value); 7] = [
        ("/review/seed", json!("soon")),
        ("/review/sed", json!(1)),
        ("/model/tau2", json!("remL")),
        ("/outcome/0/kind", json!("ordinal")),
        ("/window/0/from_hours", json!("12 h")),
        ("/model/crossover/use", json!("none")),
        ("/comparison/0/primary", json!("yes")),
    ];
    for (pointer, wrong) in changes {
        let mut value = as_json(new_review());
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[key] = wrong;
        assert!(!invalid(&value).is_empty(), "{pointer}");
        let text = toml::to_string(&value).unwrap();
        assert!(Protocol::parse(&text).is_err(), "{pointer}");
    }
}

/// Tables of `value` that the schema describes by their keys: pointer, and those keys.
fn tables(root: &Value, node: &Value, value: &Value, at: &str, all: &mut BTreeMap<String, BTreeSet<String>>) {
    let node = resolved(root, node);
    if let Some(items) = value.as_array() {
        for (position, item) in items.iter().enumerate() {
            tables(root, &node["items"], item, &format!("{at}/{position}"), all);
        }
    }
    let Some(object) = value.as_object() else { return };
    if let Some(properties) = node["properties"].as_object() {
        all.insert(at.to_owned(), properties.keys().cloned().collect());
    }
    for (key, inner) in object {
        let described = node["properties"]
            .get(key)
            .unwrap_or(&node["additionalProperties"]);
        tables(root, described, inner, &format!("{at}/{key}"), all);
    }
}

#[test]
fn every_table_has_the_keys_that_the_reader_names() {
    let root = schema();
    let mut kinds = BTreeSet::new();
    for text in [KETAMINE, new_review()] {
        let value = as_json(text);
        let mut found = BTreeMap::new();
        tables(&root, &root, &value, "", &mut found);
        for (pointer, keys) in found {
            let kind: String = pointer
                .split('/')
                .filter(|part| part.parse::<u32>().is_err())
                .collect();
            if !kinds.insert(kind) {
                continue;
            }
            let mut changed = value.clone();
            changed.pointer_mut(&pointer).unwrap()["zzz"] = json!(1);
            let refused = Protocol::parse(&toml::to_string(&changed).unwrap()).unwrap_err();
            let unknown = refused.iter().find(|d| d.code == "unknown_key").unwrap();
            let named: BTreeSet<String> = unknown
                .allowed
                .as_deref()
                .unwrap()
                .split(", ")
                .map(str::to_owned)
                .collect();
            assert_eq!(named, keys, "at {pointer}");
        }
    }
    let objects = root["$defs"]
        .as_object()
        .unwrap()
        .values()
        .filter(|d| d["properties"].is_object());
    assert!(
        kinds.len() > objects.count(),
        "a table of the schema was never tried"
    );
}

#[test]
fn a_new_review_writes_out_every_key_and_every_default() {
    let root = schema();
    let text = new_review();
    let objects = root["$defs"].as_object().unwrap().values().chain([&root]);
    for key in objects.flat_map(|d| {
        d["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
    }) {
        let is_there = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == key);
        assert!(is_there, "'{key}' is not written out");
    }
    let written = Protocol::parse(text).unwrap().model;
    let mut default = onset_review::protocol::Model::default();
    default.effect.clone_from(&written.effect);
    assert_eq!(written, default);
}
