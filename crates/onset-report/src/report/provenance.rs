//! Where the numbers come from and what was done to them.

use super::{Context, Section, parts};
use crate::report::grid::{Grid, number, words as text_column};
use crate::sources;
use crate::words;
use maud::{Markup, html};
use onset_data::RowId;
use onset_plot::text;
use onset_review::answers::{Cell, Interval, PublishedCheck, SourceCard};
use onset_review::propagate::Flagged;

/// The sections; those without rows are left away.
pub(super) fn sections(context: &Context<'_>) -> Vec<Section> {
    let parts = [
        ("published", "Pools printed elsewhere", published(context)),
        ("exclusions", "What was excluded", exclusions(context)),
        ("conversions", "Conversions", conversions(context)),
        ("doubts", "Doubts", doubts(context)),
        ("data", "Every number and its source", data(context)),
        ("sources", "Sources", listed(context)),
    ];
    parts
        .into_iter()
        .filter_map(|(anchor, heading, body)| {
            Some(Section {
                anchor,
                heading: heading.to_owned(),
                body: body?,
                broad: false,
            })
        })
        .collect()
}

fn published(context: &Context<'_>) -> Option<Markup> {
    let checks = &context.answers.evidence.published;
    if checks.is_empty() {
        return None;
    }
    let (with, without): (Vec<_>, Vec<_>) = checks.iter().partition(|c| c.recomputed.is_some());
    Some(html! {
        p {
            (text::count(with.len() as u64)) " of " (text::count(checks.len() as u64))
            " pooled results printed by other reviews could be recomputed from rows at hand. They stand beside \
             what was printed, with the reason where they differ."
        }
        @if !with.is_empty() { (recomputed(context, &with)) }
        @if !without.is_empty() {
            (parts::folded(
                &format!("Printed and not recomputed ({})", text::count(without.len() as u64)),
                false,
                &not_recomputed(context, &without),
            ))
        }
    })
}

fn about(check: &PublishedCheck) -> Markup {
    html! { (check.outcome) @if !check.time.is_empty() { ", " (check.time) } ", " (check.measure) }
}

fn interval(context: &Context<'_>, check: &PublishedCheck, interval: Option<&Interval>) -> Markup {
    match interval {
        Some(i) => context
            .sources
            .link(&words::cell(i, words::scale(&check.measure)), &check.rows),
        None => html! { span.absent { "none" } },
    }
}

fn recomputed(context: &Context<'_>, checks: &[&PublishedCheck]) -> Markup {
    let mut grid = Grid::new(
        "As printed, recomputed, and as handled in this review",
        [
            text_column("Review"),
            text_column("Outcome, time, measure"),
            number("Printed (95 % CI)"),
            number("Recomputed"),
            number("As handled here"),
        ],
    );
    for check in checks {
        grid.row([
            html! { (check.review) },
            about(check),
            interval(context, check, check.printed.as_ref()),
            interval(context, check, check.recomputed.as_ref()),
            interval(context, check, check.ours.as_ref()),
        ]);
        grid.remark(html! { (check.explanation) });
    }
    grid.markup()
}

fn not_recomputed(context: &Context<'_>, checks: &[&PublishedCheck]) -> Markup {
    let mut grid = Grid::new(
        "As printed",
        [
            text_column("Review"),
            text_column("Outcome, time, measure"),
            number("Trials"),
            number("Printed (95 % CI)"),
            text_column("Why"),
        ],
    );
    for check in checks {
        grid.row([
            html! { (check.review) },
            about(check),
            parts::or_absent(check.k.map(text::count)),
            interval(context, check, check.printed.as_ref()),
            html! { (check.explanation) },
        ]);
    }
    grid.markup()
}

fn exclusions(context: &Context<'_>) -> Option<Markup> {
    let list = &context.answers.evidence.exclusions;
    if list.is_empty() {
        return None;
    }
    let mut grid = Grid::new(
        "Excluded by the protocol",
        [
            text_column("Study"),
            text_column("What"),
            text_column("Reason"),
            text_column("Rows"),
        ],
    );
    for excluded in list {
        let shown = excluded.rows.get(..SHOWN).unwrap_or(&excluded.rows);
        grid.row([
            html! { (excluded.label) },
            html! { (excluded.what) },
            html! { (excluded.reason) },
            html! {
                (context.sources.list(shown))
                @if excluded.rows.len() > SHOWN {
                    " and " (text::count((excluded.rows.len() - SHOWN) as u64)) " more"
                }
            },
        ]);
    }
    Some(html! {
        p { "Each exclusion stands in the protocol with its reason; nothing is dropped silently." }
        (grid.markup())
    })
}

/// More rows than this are counted in a table cell.
const SHOWN: usize = 8;

fn conversions(context: &Context<'_>) -> Option<Markup> {
    let list = &context.answers.evidence.conversions;
    if list.is_empty() {
        return None;
    }
    Some(html! {
        p { "What was done to printed numbers before they were pooled, each kind with its uses." }
        @for conversion in list {
            @let uses = conversion.uses.len();
            @let count = match uses {
                0 => "not needed".to_owned(),
                1 => "1 use".to_owned(),
                n => format!("{} uses", text::count(n as u64)),
            };
            @let summary = format!("{}: {count}", words::capital(&conversion.conversion));
            @let declared = if conversion.declared { "Declared in the protocol." } else {
                "Not declared in the protocol."
            };
            @let body = html! {
                p { (words::capital(&conversion.description)) ". " (declared) }
                @if uses > 0 { (conversion_table(context, conversion)) }
            };
            (parts::folded(&summary, false, &body))
        }
    })
}

fn conversion_table(context: &Context<'_>, conversion: &onset_review::answers::ConversionUse) -> Markup {
    let mut grid = Grid::new(
        "Uses",
        [
            text_column("Study"),
            text_column("Pool"),
            text_column("What was done"),
            text_column("Rows"),
        ],
    );
    for used in conversion.uses.iter().take(words::MANY) {
        grid.row([
            html! { (context.label(&used.study)) },
            html! { (used.pool) },
            html! { (used.detail) },
            context.sources.list(&used.rows),
        ]);
    }
    let all = conversion.uses.len();
    html! { (grid.markup()) (parts::rest(all.min(words::MANY), all, "uses")) }
}

fn doubts(context: &Context<'_>) -> Option<Markup> {
    let evidence = &context.answers.evidence;
    if evidence.doubts.is_empty() && evidence.checks.is_empty() {
        return None;
    }
    Some(html! {
        @if !evidence.doubts.is_empty() {
            p { "Printed beside the evidence; they change no number." }
            ul.doubts { @for doubt in &evidence.doubts {
                li {
                    @if let Some(study) = &doubt.study { strong { (context.label(study)) ". " } }
                    (doubt.text)
                    @if !doubt.rows.is_empty() { " " span.rows { (context.sources.list(&doubt.rows)) } }
                }
            } }
        }
        @if let Some(flagged) = &context.answers.flagged { (slips(context, flagged)) }
        @if !evidence.checks.is_empty() {
            @let summary = format!("What reading and checking the tables found ({})",
                text::count(evidence.checks.len() as u64));
            (parts::folded(&summary, false, &parts::notes(&evidence.checks)))
        }
    })
}

/// A number with the decimals it has.
fn as_printed(x: f64) -> String {
    let decimals = x
        .to_string()
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len());
    text::number(x, decimals)
}

/// What one slip of the pen in a flagged cell would do to each pool that rests on it.
fn slips(context: &Context<'_>, flagged: &Flagged) -> Markup {
    let mut grid = Grid::new(
        "If a flagged number is wrong by one transcription",
        [
            text_column("Result"),
            text_column("Flagged number"),
            number("As printed (95 % CI)"),
            number("With one slip: from"),
            number("to"),
            number("Without the study (95 % CI)"),
        ],
    );
    for entry in &flagged.pools {
        let Some(pool) = words::pool_at(context.answers, &entry.pool) else {
            continue;
        };
        let scale = words::scale(&pool.measure);
        let cells = entry.cells.iter().map(|cell| {
            let said = format!("{}: {} {}", cell.label, cell.column, as_printed(cell.printed));
            html! { (context.sources.link(&said, &cell.rows)) br; }
        });
        let place = [&pool.comparison_label, &pool.outcome_label, &pool.window_label];
        grid.row([
            html! { (place.map(String::as_str).join(", ")) },
            html! { @for cell in cells { (cell) } },
            html! { (words::cell(&entry.printed, scale)) },
            html! { (text::value(entry.least, scale)) },
            html! { (text::value(entry.most, scale)) },
            match &entry.without {
                Some(found) => html! { (words::cell(found, scale)) },
                None => html! { span.absent { "no trial left" } },
            },
        ]);
        if let Some(floor) = &entry.floor {
            grid.remark(html! {
                "The floor of all declared analyses is " (text::value(floor.printed, scale))
                "; with one slip it would lie from " (text::value(floor.least, scale)) " to "
                (text::value(floor.most, scale)) "."
            });
        }
    }
    html! {
        h3 { "What the flagged numbers would do" }
        p {
            (flagged.sentence) " A number that does not agree with another may be typed, rounded, of other people or from \
            a model; nothing here says that it is wrong. The table shows how far a result would move if it were \
            wrong by one slip of the pen: two digits swapped, one dropped, the decimal point moved, a sign turned, \
            a standard error taken for a standard deviation."
        }
        @if !flagged.pools.is_empty() { (grid.markup()) }
    }
}

/// The drill-down: every data row with its source and the place in it.
fn data(context: &Context<'_>) -> Option<Markup> {
    let cells = &context.answers.evidence.cells;
    if cells.is_empty() {
        return None;
    }
    let mut files: Vec<(String, Vec<(RowId, &Cell)>)> = Vec::new();
    for (name, cell) in cells {
        let Ok(row) = name.parse::<RowId>() else { continue };
        match files.iter_mut().find(|(file, _)| *file == row.file) {
            Some((_, rows)) => rows.push((row, cell)),
            None => files.push((row.file.clone(), vec![(row, cell)])),
        }
    }
    files
        .iter_mut()
        .for_each(|(_, rows)| rows.sort_by_key(|(row, _)| row.line));
    Some(html! {
        p {
            "The rows of the review's tables, as they stand there. Numbers in the tables of this page carry \
             their rows: point at one to read its source, follow it to the row."
        }
        @for (file, rows) in &files {
            @let summary = format!("{file}: {} rows", text::count(rows.len() as u64));
            (parts::folded(&summary, false, &rows_table(context, file, rows)))
        }
    })
}

fn rows_table(context: &Context<'_>, file: &str, rows: &[(RowId, &Cell)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(file) {
            table.data {
                caption { (file) }
                thead { tr {
                    th scope="col" { "Line" } th scope="col" { "What stands there" }
                    th scope="col" { "Source" } th scope="col" { "Place" }
                } }
                tbody { @for (row, cell) in rows {
                    tr id=(sources::row_anchor(row)) {
                        th scope="row" { (row.line) }
                        td {
                            (cell.text)
                            @if let Some(notes) = &cell.notes { span.remark { " " (notes) } }
                        }
                        td { @match context.sources.anchor(&cell.source_id) {
                            Some(anchor) => a href=(format!("#{anchor}")) { (cell.source_id) },
                            None => (cell.source_id),
                        } }
                        td { (cell.locator) }
                    }
                } }
            }
        }
    }
}

fn listed(context: &Context<'_>) -> Option<Markup> {
    let list = &context.answers.evidence.sources;
    if list.is_empty() {
        return None;
    }
    Some(html! {
        details {
            summary { (text::count(list.len() as u64)) " sources" }
            div.inside { ul.sources { @for source in list {
                li id=(context.sources.anchor(&source.id).unwrap_or_default()) {
                    code { (source.id) } " " (source.citation)
                    (address(source))
                    @if let Some(licence) = &source.licence { span.remark { " " (licence) } }
                }
            } } }
        }
    })
}

/// A plain link, only to the web; anything after the address is a remark.
fn address(source: &SourceCard) -> Markup {
    let Some(url) = source.url.as_deref() else {
        return html! {};
    };
    let (link, rest) = url.split_once(char::is_whitespace).unwrap_or((url, ""));
    let web = link.starts_with("https://") || link.starts_with("http://");
    html! {
        " "
        @if web { a href=(link) rel="noopener noreferrer" { (link) } } @else { (link) }
        @if !rest.is_empty() { " " (rest) }
    }
}
