//! The TOML document: where each key stands, and what serde says about it in a reviewer's words.

use super::{FILE, FORMAT};
use crate::protocol::Protocol;
use onset_data::{Diagnostic, nearest};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Unknown keys named before reading stops.
const MOST_UNKNOWN_KEYS: usize = 50;

/// A parsed `review.toml`.
pub(super) struct Document<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// The document, or everything that is no TOML.
    pub(super) fn parse(text: &'t str) -> Result<Document<'t>, Vec<Diagnostic>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let document = Document { text, root };
        if errors.is_empty() {
            return Ok(document);
        }
        Err(errors.iter().map(|error| document.syntax(error)).collect())
    }

    /// The protocol; every unknown key is named, then the first value of a wrong type.
    pub(super) fn protocol(&self) -> Result<Protocol, Vec<Diagnostic>> {
        self.known_format()?;
        let mut root = self.root.clone();
        let mut found: Vec<Diagnostic> = Vec::new();
        while found.len() < MOST_UNKNOWN_KEYS {
            let error = match Protocol::deserialize(toml::Deserializer::from(root.clone())) {
                Ok(protocol) if found.is_empty() => return Ok(protocol),
                Ok(_) => break,
                Err(error) => error,
            };
            let finding = self.explained(&error);
            let unknown = finding.code == "unknown_key";
            if !found.iter().any(|other| misspelt(other, &finding)) {
                found.push(finding);
            }
            let removed = error.span().is_some_and(|span| remove(root.get_mut(), &span));
            if !unknown || !removed {
                break;
            }
        }
        found.sort_by_key(|finding| finding.line);
        Err(found)
    }

    /// A file of a later format is not worth reading further.
    fn known_format(&self) -> Result<(), Vec<Diagnostic>> {
        let path = ["review", "format"];
        let Some(value) = self.value(&path) else {
            return Ok(());
        };
        let written = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str(),
            _ => return Ok(()),
        };
        if written == FORMAT.to_string() {
            return Ok(());
        }
        let message = "this version of onset does not read that format";
        let finding = self
            .at(Diagnostic::error("unknown_format", message), &path)
            .found(written);
        Err(vec![finding.allowed(FORMAT.to_string())])
    }

    /// A finding at the key that `path` names (positions in lists as numbers), or at its nearest parent.
    pub(super) fn at(&self, finding: Diagnostic, path: &[&str]) -> Diagnostic {
        let finding = finding.file(FILE).column(dotted(path));
        match self.offset(path) {
            Some(offset) => finding.line(self.line(offset)),
            None => finding,
        }
    }

    fn value(&self, path: &[&str]) -> Option<&Spanned<DeValue<'t>>> {
        let (first, rest) = path.split_first()?;
        let mut value = entry(self.root.get_ref(), first)?.1;
        for step in rest {
            value = child(value.get_ref(), step)?.1;
        }
        Some(value)
    }

    fn offset(&self, path: &[&str]) -> Option<usize> {
        let (first, rest) = path.split_first()?;
        let (mut offset, mut value) = entry(self.root.get_ref(), first)?;
        for step in rest {
            match child(value.get_ref(), step) {
                Some((start, next)) => (offset, value) = (start, next),
                None => break,
            }
        }
        Some(offset)
    }

    fn line(&self, offset: usize) -> u64 {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64
    }

    fn syntax(&self, error: &toml::de::Error) -> Diagnostic {
        let message = format!("this is not TOML: {}", error.message());
        let mut finding = Diagnostic::error("toml_syntax", message).file(FILE);
        if let Some(span) = error.span() {
            let line = self.line(span.start);
            finding = finding.line(line);
            let text = self.text.lines().nth(usize::try_from(line - 1).unwrap_or(0));
            finding = finding.found(text.unwrap_or_default().trim());
        }
        finding.hint("text stands in double quotes, lists in [ ], and each key once in its table")
    }

    /// What serde found, in a reviewer's words.
    fn explained(&self, error: &toml::de::Error) -> Diagnostic {
        let told = error.message();
        let (what, expected) = told.split_once(", expected ").unwrap_or((told, ""));
        let names = quoted(expected);
        let mut finding = if let Some(key) = what.strip_prefix("unknown field ") {
            let key = bare(key);
            let finding = Diagnostic::error("unknown_key", "there is no such key here").column(key);
            suggest(finding.found(key).allowed(names.join(", ")), key, &names)
        } else if let Some(key) = what.strip_prefix("missing field ") {
            let message = format!("the key '{}' is missing", bare(key));
            Diagnostic::error("missing_key", message).column(bare(key))
        } else if let Some(word) = what.strip_prefix("unknown variant ") {
            let word = bare(word);
            let finding = Diagnostic::error("not_in_list", "this is not one of the allowed words");
            suggest(finding.found(word).allowed(names.join(", ")), word, &names)
        } else if what.starts_with("invalid ") && !expected.is_empty() {
            let finding = Diagnostic::error("wrong_type", "the value is not of the type of its key");
            finding.found(self.written(error.span())).allowed(plain(expected))
        } else {
            Diagnostic::error("bad_protocol", told)
        };
        if let Some(span) = error.span() {
            finding = finding.line(self.line(span.start));
        }
        if finding.column.is_none() {
            finding.column = path_of(error);
        }
        finding.file(FILE)
    }

    fn written(&self, span: Option<Range<usize>>) -> &str {
        span.and_then(|span| self.text.get(span)).unwrap_or_default()
    }
}

/// Whether a key is missing because `unknown` is its name misspelt.
fn misspelt(unknown: &Diagnostic, missing: &Diagnostic) -> bool {
    let meant = missing
        .column
        .as_ref()
        .map(|key| format!("did you mean '{key}'?"));
    missing.code == "missing_key" && unknown.code == "unknown_key" && unknown.hint == meant
}

/// Start and value of a key.
fn entry<'a, 't>(table: &'a DeTable<'t>, key: &str) -> Option<(usize, &'a Spanned<DeValue<'t>>)> {
    let mut entries = table.iter();
    let (name, value) = entries.find(|(name, _)| name.get_ref().as_ref() == key)?;
    // A table's own span is its header; a key written inside stands where its name does.
    let headed = matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
    let start = if headed {
        value.span().start
    } else {
        name.span().start
    };
    Some((start, value))
}

fn child<'a, 't>(value: &'a DeValue<'t>, step: &str) -> Option<(usize, &'a Spanned<DeValue<'t>>)> {
    match value {
        DeValue::Table(table) => entry(table, step),
        DeValue::Array(array) => {
            let value = array.get(step.parse::<usize>().ok()?)?;
            Some((value.span().start, value))
        }
        _ => None,
    }
}

/// Takes the key at `span` out, wherever it is.
fn remove(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    let mut found = None;
    for (key, value) in table.iter_mut() {
        if key.span() == *span || value.span() == *span {
            found = Some(key.clone());
            break;
        }
        if remove_inside(value.get_mut(), span) {
            return true;
        }
    }
    found.is_some_and(|key| table.remove(&key).is_some())
}

fn remove_inside(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => remove(table, span),
        DeValue::Array(array) => array.iter_mut().any(|item| remove_inside(item.get_mut(), span)),
        _ => false,
    }
}

/// `comparison[2].windows`; positions are counted from 1.
fn dotted(path: &[&str]) -> String {
    let mut text = String::new();
    for step in path {
        match step.parse::<usize>() {
            Ok(position) => text.push_str(&format!("[{}]", position + 1)),
            Err(_) if text.is_empty() => text.push_str(step),
            Err(_) => text.push_str(&format!(".{step}")),
        }
    }
    text
}

/// The keys that serde went through.
fn path_of(error: &toml::de::Error) -> Option<String> {
    let told = error.to_string();
    let path = told.lines().find_map(|line| line.strip_prefix("in `"))?;
    Some(path.trim_end_matches('`').to_owned())
}

/// The words between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn bare(word: &str) -> &str {
    word.trim().trim_matches('`')
}

fn suggest(finding: Diagnostic, word: &str, names: &[&str]) -> Diagnostic {
    match nearest(word, names) {
        Some(near) => finding.hint(format!("did you mean '{near}'?")),
        None => finding,
    }
}

/// A type of Rust in a reviewer's words.
fn plain(expected: &str) -> String {
    let words = match expected {
        "f64" => "a number",
        "u64" | "u32" | "usize" => "a whole number, 0 or more",
        "a boolean" => "true or false",
        "a string" => "text in double quotes",
        "a sequence" => "a list in [ ]",
        "a map" => "a table of keys",
        other if other.starts_with("struct ") => "a table of keys",
        other => other,
    };
    words.to_owned()
}
