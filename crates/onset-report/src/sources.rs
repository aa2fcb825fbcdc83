//! From a number to its origin: titles on hover, links into the drill-down.

use crate::words;
use maud::{Markup, html};
use onset_data::RowId;
use onset_review::answers::{Cell, EvidenceReport, SourceCard};
use std::collections::BTreeMap;

/// More rows than this are counted, not listed, when hovering.
const LISTED: usize = 6;

/// Data rows and sources, ready for look-up.
pub(crate) struct Sources<'a> {
    cells: &'a BTreeMap<String, Cell>,
    cards: BTreeMap<&'a str, &'a SourceCard>,
    anchors: BTreeMap<&'a str, String>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(evidence: &'a EvidenceReport) -> Sources<'a> {
        let names = words::slugs(evidence.sources.iter().map(|s| s.id.as_str()));
        let anchors = evidence.sources.iter().zip(names);
        Sources {
            cells: &evidence.cells,
            cards: evidence.sources.iter().map(|s| (s.id.as_str(), s)).collect(),
            anchors: anchors
                .map(|(source, name)| (source.id.as_str(), format!("source-{name}")))
                .collect(),
        }
    }

    /// The anchor of a source, if it is listed.
    pub(crate) fn anchor(&self, source_id: &str) -> Option<&str> {
        self.anchors.get(source_id).map(String::as_str)
    }

    /// What is said when hovering over a number.
    pub(crate) fn says(&self, rows: &[RowId]) -> String {
        let mut lines: Vec<String> = rows.iter().take(LISTED).map(|row| self.line(row)).collect();
        if rows.len() > LISTED {
            lines.push(format!(
                "and {} more rows",
                onset_plot::text::count((rows.len() - LISTED) as u64)
            ));
        }
        lines.join("\n")
    }

    fn line(&self, row: &RowId) -> String {
        let name = row.to_string();
        let Some(cell) = self.cells.get(&name) else {
            return name;
        };
        let source = self
            .cards
            .get(cell.source_id.as_str())
            .map_or(cell.source_id.as_str(), |card| card.citation.as_str());
        format!("{name}: {}. Source: {source}, {}", cell.text, cell.locator)
    }

    /// A number with its source on hover and a link to its first row.
    pub(crate) fn link(&self, text: &str, rows: &[RowId]) -> Markup {
        let first = rows.iter().find(|row| self.cells.contains_key(&row.to_string()));
        match first {
            Some(row) => html! {
                a.n href=(format!("#{}", row_anchor(row))) title=(self.says(rows)) { (text) }
            },
            None if rows.is_empty() => html! { (text) },
            None => html! { span title=(self.says(rows)) { (text) } },
        }
    }

    /// Row ids, each a link to its place in the drill-down; a file's name stands once.
    pub(crate) fn list(&self, rows: &[RowId]) -> Markup {
        let mut file = "";
        html! {
            @for (i, row) in rows.iter().enumerate() {
                @if row.file == file {
                    ", "
                } @else {
                    @if i > 0 { "; " }
                    (row.file) ": "
                }
                (self.link(&row.line.to_string(), std::slice::from_ref(row)))
                @let () = file = &row.file;
            }
        }
    }
}

/// The anchor of a data row.
pub(crate) fn row_anchor(row: &RowId) -> String {
    let file = row.file.strip_suffix(".csv").unwrap_or(&row.file);
    format!("row-{}-{}", words::slug(file), row.line)
}
