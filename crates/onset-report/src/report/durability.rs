//! "How long?": relapse and response kept, each question by itself.

use super::{Context, parts};
use crate::figures::durability as figure;
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text::{self, Scale};
use onset_review::durability::{LastingEntry, LastingGroup, LastingSide};

/// One block a group; `None` where the protocol declares none.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let report = context.answers.durability.as_ref()?;
    let mut blocks = Vec::new();
    for group in &report.groups {
        let drawn = if figure::drawable(group) {
            Some(parts::figure(context, &figure::name(group)))
        } else {
            None
        };
        blocks.push(html! {
            h3 { (group.label) }
            p { (group.question) }
            @if let Some(found) = &group.estimate {
                p.number {
                    (words::capital(&group.measure)) " of " (group.event) ", "
                    (words::uncapital(&group.treatment_label)) " v " (words::uncapital(&group.control_label)) ": "
                    (words::cell(found, Scale::Ratio)) " (" (text::level_name(group.level)) ")"
                    span.weight { " " (weight(group)) "; " (group.model) }
                }
            }
            @if let Some(why) = &group.why_not { p.why { strong { "No ratio. " } (why) } }
            @if let Some(drawn) = drawn { (drawn) }
            (entries(group))
            @if !group.note.is_empty() { p { (group.note) } }
        });
    }
    let found = !blocks.is_empty();
    found.then(|| html! { @for block in &blocks { (block) } })
}

fn weight(group: &LastingGroup) -> String {
    let trials = text::trials(group.k);
    match group.events {
        Some(events) => format!("{trials}, {} events", text::count(events)),
        None => trials,
    }
}

fn entries(group: &LastingGroup) -> Markup {
    let mut grid = Grid::new(
        format!("{}: what is printed", group.label),
        [
            text_column("Trial"),
            text_column("Followed"),
            number("Treatment"),
            number("Control"),
            number("Ratio (95 % CI)"),
            text_column("From"),
        ],
    );
    for entry in &group.entries {
        grid.row([
            html! { (entry.label) @if !entry.part.is_empty() { ", " (entry.part) } },
            html! { (followed(entry)) },
            html! { (counted(&entry.treatment)) },
            html! { (counted(&entry.control)) },
            html! {
                @match &entry.ratio {
                    Some(ratio) => (words::cell(ratio, Scale::Ratio)),
                    None => (parts::absent()),
                }
            },
            html! {
                @if let Some(route) = &entry.route { (route) }
                @if let Some(why) = &entry.why_not { (why) }
                @for other in &entry.others {
                    "; by " (other.route) " " (words::cell(&other.ratio, Scale::Ratio))
                }
            },
        ]);
    }
    grid.markup()
}

fn followed(entry: &LastingEntry) -> String {
    match (entry.follow_up.as_str(), entry.days) {
        ("", Some(days)) => text::hours(days * 24.0),
        ("", None) => "not reported".to_owned(),
        (text, _) => text.to_owned(),
    }
}

/// "24 of 90 (26.7 %), median 57 days": as far as printed.
fn counted(side: &LastingSide) -> String {
    let mut said = match (side.events, side.n, side.percent) {
        (Some(e), Some(n), _) => format!("{} of {}", text::count(e), text::count(n)),
        (Some(e), None, Some(p)) => format!("{} ({})", text::count(e), text::percent(p, 1)),
        (Some(e), None, None) => text::count(e),
        (None, _, Some(p)) => text::percent(p, if p.fract() == 0.0 { 0 } else { 1 }),
        (None, _, None) => String::new(),
    };
    if let Some(days) = side.median_days {
        let gap = if said.is_empty() { "" } else { ", " };
        said.push_str(&format!("{gap}median {} days", text::number(days, 0)));
    }
    if said.is_empty() {
        "not reported".to_owned()
    } else {
        said
    }
}
