//! "How sure?": the declared analyses, the floor, and what each fork does.

use super::{Context, parts};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::Pool;
use onset_review::floor::FloorReport;

/// The section; `None` where nothing is declared or nothing could be fitted.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let Some(floor) = &context.answers.floor else {
        return None;
    };
    let pool = words::pool_at(context.answers, &floor.pool)?;
    if floor.floors.is_empty() {
        return None;
    }
    let missing = floor.curve.iter().any(|analysis| analysis.why_not.is_some());
    Some(html! {
        h3 { "What the least favourable defensible analysis still supports" }
        @if let Some(beyond) = &floor.beyond {
            p {
                "The chance that the mean effect is beyond the important difference lies between "
                (text::percent(100.0 * beyond.least, 0)) " and " (text::percent(100.0 * beyond.greatest, 0))
                ", depending on the analysis; the chances are not averaged."
            }
        }
        (parts::figure(context, "specification-curve"))
        (floors(floor, pool))
        (forks(floor, pool))
        @if missing { (parts::folded("Declared analyses without a result", false, &without(floor))) }
    })
}

fn floors(floor: &FloorReport, pool: &Pool) -> Markup {
    let mut grid = Grid::new(
        "What the declared analyses still support",
        [
            text_column("Share of analyses, by weight"),
            number("Floor"),
            text_column("Set by"),
        ],
    );
    for at in &floor.floors {
        grid.row([
            html! {
                @if at.lambda == 0.0 { "all" } @else { (text::percent(100.0 * (1.0 - at.lambda), 0)) }
            },
            html! { (text::value(at.shown, words::scale(&pool.measure))) },
            html! { (at.analysis) },
        ]);
    }
    grid.markup()
}

fn forks(floor: &FloorReport, pool: &Pool) -> Markup {
    let mut grid = Grid::new(
        "What each option does to the floor of all analyses",
        [
            text_column("Option"),
            number("Analyses"),
            number("Floor with it alone"),
            number("Floor without it"),
        ],
    );
    let shown = |value: Option<f64>| {
        html! {
            @match value {
                Some(x) => (text::value(words::shown(x, pool.ratio), words::scale(&pool.measure))),
                None => (parts::absent()),
            }
        }
    };
    for fork in &floor.forks {
        grid.group(format!("{}: {}", fork.label, fork.reason));
        for option in &fork.options {
            grid.row([
                html! { (words::capital(&option.label)) },
                html! { (text::count(option.fitted as u64)) },
                shown(option.only),
                shown(option.without),
            ]);
        }
    }
    grid.markup()
}

fn without(floor: &FloorReport) -> Markup {
    let mut grid = Grid::new(
        "Declared analyses without a result",
        [text_column("Analysis"), text_column("Why")],
    );
    for analysis in floor.curve.iter().filter(|analysis| analysis.why_not.is_some()) {
        grid.row([
            html! { (analysis.options.join(", ")) },
            html! { (analysis.why_not.as_deref().unwrap_or_default()) },
        ]);
    }
    grid.markup()
}
