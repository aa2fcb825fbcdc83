//! Rules between the parts of a protocol.

mod blinding;
mod certainty;
mod choices;
mod durability;
mod economics;
mod floor;
mod network;
mod questions;
mod timecourse;
mod verdict;

use super::document::Document;
use crate::protocol::Protocol;
use onset_data::{Diagnostic, RowId, nearest};

/// Everything that is broken.
pub(super) fn check(protocol: &Protocol, document: &Document<'_>) -> Vec<Diagnostic> {
    let mut rules = Rules {
        protocol,
        document,
        found: Vec::new(),
    };
    rules.review();
    rules.treatments();
    rules.outcomes();
    rules.windows();
    rules.comparisons();
    rules.headline();
    rules.model();
    rules.excludes();
    rules.doubts();
    rules.recomputes();
    rules.blinding();
    rules.certainty();
    rules.floor();
    rules.verdict();
    rules.economics();
    rules.timecourse();
    rules.durability();
    rules.networks();
    rules.found
}

struct Rules<'a> {
    protocol: &'a Protocol,
    document: &'a Document<'a>,
    found: Vec<Diagnostic>,
}

/// Which numbers a key allows.
struct Bounds {
    low: f64,
    high: f64,
    /// Whether the bounds themselves are allowed.
    closed: bool,
    words: &'static str,
}

const PROBABILITY: Bounds = Bounds {
    low: 0.0,
    high: 1.0,
    closed: true,
    words: "a probability, 0 to 1",
};
const POSITIVE: Bounds = Bounds {
    low: 0.0,
    high: 1e12,
    closed: false,
    words: "a number above 0",
};
const NOT_NEGATIVE: Bounds = Bounds {
    low: 0.0,
    high: 1e12,
    closed: true,
    words: "a number, 0 or more",
};
const CORRELATION: Bounds = Bounds {
    low: -1.0,
    high: 1.0,
    closed: false,
    words: "a correlation between -1 and 1",
};
const LEVEL: Bounds = Bounds {
    low: 0.5,
    high: 1.0,
    closed: false,
    words: "a level between 0.5 and 1, such as 0.95",
};

impl Bounds {
    fn hold(&self, number: f64) -> bool {
        let inside = number > self.low && number < self.high;
        inside || (self.closed && (number == self.low || number == self.high))
    }
}

impl<'a> Rules<'a> {
    fn error(&mut self, code: &str, path: &[&str], message: &str) -> &mut Diagnostic {
        let finding = self.document.at(Diagnostic::error(code, message), path);
        self.found.push(finding);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    fn number(&mut self, path: &[&str], number: f64, bounds: &Bounds) {
        if !bounds.hold(number) {
            let finding = self.error("out_of_range", path, "the number cannot be what its key says");
            finding.found = Some(number.to_string());
            finding.allowed = Some(bounds.words.to_owned());
        }
    }

    /// Text that a page prints.
    fn text(&mut self, path: &[&str], text: &str) {
        if text.trim().is_empty() {
            let finding = self.error("empty_text", path, "the text is empty");
            finding.allowed = Some("some text".to_owned());
        } else if text.contains(|c: char| c.is_control() && !"\n\t".contains(c)) {
            let finding = self.error("control_character", path, "the text holds a control character");
            finding.allowed = Some("letters, digits, signs, line ends and tabs".to_owned());
        }
    }

    /// Ids of one list of tables: well formed, each once.
    fn ids(&mut self, list: &str, ids: &[&str]) {
        for (position, id) in ids.iter().enumerate() {
            let place = position.to_string();
            let path = [list, &place, "id"];
            if !well_formed(id) {
                let finding = self.error("bad_id", &path, "this cannot be an id");
                finding.found = Some((*id).to_owned());
                finding.allowed = Some("text without blanks around it, without / and \\".to_owned());
            }
            if ids.iter().take(position).any(|earlier| earlier == id) {
                let finding = self.error("duplicate_id", &path, "the id stands twice");
                finding.found = Some((*id).to_owned());
                finding.allowed = Some("each id once".to_owned());
            }
        }
    }

    /// An id that should be one of `known`.
    fn refers(&mut self, path: &[&str], id: &str, what: &str, known: &[&str]) {
        if known.contains(&id) {
            return;
        }
        let finding = self.error(
            &format!("unknown_{what}"),
            path,
            &format!("there is no such {what}"),
        );
        finding.found = Some(id.to_owned());
        finding.allowed = Some(known.join(", "));
        finding.hint = nearest(id, known).map(|near| format!("did you mean '{near}'?"));
    }

    /// A list of ids: not empty where it must not be, each known, each once.
    fn list(&mut self, path: &[&str], ids: &[String], what: &str, known: &[&str]) {
        for (position, id) in ids.iter().enumerate() {
            let place = position.to_string();
            let path: Vec<&str> = path.iter().copied().chain([place.as_str()]).collect();
            self.refers(&path, id, what, known);
            if ids.iter().take(position).any(|earlier| earlier == id) {
                let finding = self.error("listed_twice", &path, "the list names it twice");
                finding.found = Some(id.clone());
            }
        }
    }

    fn not_empty<T>(&mut self, path: &[&str], list: &[T]) {
        if list.is_empty() {
            let finding = self.error("empty_list", path, "the list is empty");
            finding.allowed = Some("at least one entry".to_owned());
        }
    }

    /// Row ids as text.
    fn rows(&mut self, path: &[&str], rows: &[String]) {
        for (position, row) in rows.iter().enumerate() {
            if row.parse::<RowId>().is_err() {
                let place = position.to_string();
                let path: Vec<&str> = path.iter().copied().chain([place.as_str()]).collect();
                let finding = self.error("bad_row", &path, "this is not the id of a row");
                finding.found = Some(row.clone());
                finding.allowed = Some("file.csv:line, such as observations.csv:17".to_owned());
            }
        }
    }

    fn treatment_ids(&self) -> Vec<&'a str> {
        self.protocol.treatment.iter().map(|t| t.id.as_str()).collect()
    }

    fn outcome_ids(&self) -> Vec<&'a str> {
        self.protocol.outcome.iter().map(|o| o.id.as_str()).collect()
    }

    fn window_ids(&self) -> Vec<&'a str> {
        self.protocol.window.iter().map(|w| w.id.as_str()).collect()
    }

    fn comparison_ids(&self) -> Vec<&'a str> {
        self.protocol.comparison.iter().map(|c| c.id.as_str()).collect()
    }
}

/// Ids become parts of file names and of paths in the results.
fn well_formed(id: &str) -> bool {
    !id.is_empty() && id.trim() == id && !id.contains(|c: char| c.is_control() || c == '/' || c == '\\')
}
