//! Pieces that several sections use: figures, folded parts, notes, downloads.

use super::Context;
use crate::figures::Figure;
use crate::page;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::Note;

/// A figure with its finding above and its downloads beneath; nothing where there is none of that name.
pub(super) fn figure(context: &Context<'_>, name: &str) -> Markup {
    let Some(figure) = context.figures.get(name) else {
        return html! {};
    };
    html! {
        figure id=(format!("figure-{name}")) {
            figcaption {
                p.finding { (figure.wide.title) }
                p.subtitle { (figure.wide.subtitle) }
            }
            (page::drawings(figure))
            p.beneath {
                @if !figure.wide.source.is_empty() { (figure.wide.source) " " }
                (svg_link(figure))
                @if let Some(table) = &figure.table { " " (csv_link(context, table)) }
            }
        }
    }
}

/// A link that saves the figure.
pub(super) fn svg_link(figure: &Figure) -> Markup {
    let file = format!("{}.svg", figure.name);
    page::saved(
        "image/svg+xml",
        "figures",
        &file,
        figure.wide.to_svg().as_bytes(),
        "Figure (SVG)",
    )
}

/// A link that saves a table; tables that hang together with many figures are linked once, under downloads.
pub(super) fn csv_link(context: &Context<'_>, name: &str) -> Markup {
    let Some(table) = context.tables.get(name) else {
        return html! {};
    };
    if !name.starts_with("studies-") {
        return html! { a.save href=(format!("#table-{name}")) { "Table (CSV)" } };
    }
    page::saved(
        "text/csv",
        "tables",
        &format!("{name}.csv"),
        &table.csv,
        "Table (CSV)",
    )
}

/// What is not listed on the page; nothing where all of it is.
pub(super) fn rest(listed: usize, all: usize, what: &str) -> Markup {
    html! {
        @if listed < all {
            p.more {
                "Listed: " (text::count(listed as u64)) " of " (text::count(all as u64)) " " (what)
                "; the tables under downloads hold all."
            }
        }
    }
}

/// A part that the reader unfolds. Parts with figures are unfolded on paper.
pub(super) fn folded(summary: &str, with_figures: bool, body: &Markup) -> Markup {
    html! {
        details class=[with_figures.then_some("figures")] {
            summary { (summary) }
            div.inside { (body) }
        }
    }
}

/// Notes and warnings, each in a sentence; the severity stands in words.
pub(super) fn notes(notes: &[Note]) -> Markup {
    html! {
        @if !notes.is_empty() {
            ul.notes { @for note in notes { li { (said(note)) } } }
        }
    }
}

/// One note with its severity.
pub(super) fn said(note: &Note) -> Markup {
    html! {
        @match note.severity.as_str() {
            "warning" => strong { "Warning. " },
            "error" => strong { "Error. " },
            _ => {}
        }
        (note.message)
    }
}

/// What was assumed.
pub(super) fn assumptions(list: &[String]) -> Markup {
    html! {
        @if !list.is_empty() {
            div.assumed {
                p.small-title { "Assumed, not measured" }
                ul { @for text in list { li { (text) } } }
            }
        }
    }
}

/// "not reported", in the soft colour.
pub(super) fn absent() -> Markup {
    html! { span.absent { "not reported" } }
}

/// A text or "not reported".
pub(super) fn or_absent(text: Option<String>) -> Markup {
    html! { @match text {
        Some(text) => (text),
        None => (absent()),
    } }
}
