//! "How much of it is unblinding?": guesses, the plane, published sizes of expectancy.

use super::{Context, parts};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::{Interval, Pool};
use onset_review::ledger::{Adjusted, ControlBands, Ledger};

/// The section; `None` where there is no ledger.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let Some(ledger) = &context.answers.ledger else {
        return None;
    };
    let adjusted = ledger.adjusted.as_ref();
    let pool = adjusted.and_then(|adjusted| words::pool_at(context.answers, &adjusted.pool));
    Some(html! {
        p.caveat { strong { "Belief may follow improvement. " } (ledger.caveat) }
        @if let (Some(adjusted), Some(pool)) = (adjusted, pool) {
            (parts::figure(context, "blinding-plane"))
            (priors(adjusted, pool))
            (parts::folded("Belief, trial by trial", false, &trials(context, adjusted)))
        }
        @if let Some(controls) = &ledger.controls {
            (parts::folded("Control arms beside published control arms", false, &benchmarks(context, controls)))
        }
        @if !ledger.guesses.is_empty() {
            (parts::folded("What people guessed", false, &guesses(context, ledger)))
        }
    })
}

fn shown(interval: &Interval, pool: &Pool) -> String {
    let shown = |x: f64| words::shown(x, pool.ratio);
    let interval = Interval {
        value: shown(interval.value),
        lower: shown(interval.lower),
        upper: shown(interval.upper),
    };
    words::cell(&interval, words::scale(&pool.measure))
}

fn priors(adjusted: &Adjusted, pool: &Pool) -> Markup {
    let mut grid = Grid::new(
        "The headline result under published sizes of expectancy: a menu, not a correction",
        [
            text_column("Size of expectancy"),
            number("Belief is worth"),
            number("Adjusted effect (95 % interval)"),
            number("Chance beyond the important difference"),
            text_column("Source"),
        ],
    );
    for prior in &adjusted.priors {
        let worth = if prior.prior_sd > 0.0 {
            format!(
                "{} (SD {})",
                text::number(prior.prior_mean, 1),
                text::number(prior.prior_sd, 1)
            )
        } else {
            text::number(prior.prior_mean, 1)
        };
        grid.row([
            html! { (prior.label) },
            html! { (worth) },
            html! { (shown(&prior.estimate, pool)) },
            html! {
                @match prior.beyond_important {
                    Some(p) => (text::percent(100.0 * p, 0)),
                    None => (parts::absent()),
                }
            },
            html! { (prior.source) },
        ]);
    }
    grid.markup()
}

fn trials(context: &Context<'_>, adjusted: &Adjusted) -> Markup {
    let mut grid = Grid::new(
        "Difference in belief between the arms, from 0 (nobody can tell) to 1 (everybody can)",
        [
            text_column("Trial"),
            text_column("Control"),
            number("Difference in belief (spread)"),
            text_column("Basis"),
        ],
    );
    for trial in &adjusted.trials {
        grid.row([
            html! { (context.label(&trial.study)) },
            html! { (words::plain(&trial.control_type)) },
            html! { (text::number(trial.difference, 2)) " (" (text::number(trial.spread, 2)) ")" },
            html! { @if trial.observed { "observed" } @else { "assumed" } ": " (trial.source) },
        ]);
    }
    grid.markup()
}

fn guesses(context: &Context<'_>, ledger: &Ledger) -> Markup {
    let mut arms = Grid::new(
        "Guesses by arm; Bang's index is 1 when everybody is right, 0 at random, −1 when everybody is wrong",
        [
            text_column("Trial and arm"),
            text_column("Who guessed"),
            number("Active / control / don't know"),
            number("Bang's index (SE)"),
            text_column("From"),
        ],
    );
    let with_se = |value: f64, se: Option<f64>| match se {
        Some(se) => format!("{} ({})", text::number(value, 2), text::number(se, 2)),
        None => format!("{} (no SE: number of people not printed)", text::number(value, 2)),
    };
    for guess in &ledger.guesses {
        let counts = [guess.guessed_active, guess.guessed_control, guess.dont_know]
            .map(|n| n.map_or_else(|| "?".to_owned(), text::count));
        arms.row([
            html! { (context.label(&guess.study)) ", " (guess.side) },
            html! { (guess.rater) },
            html! { @if guess.guessed_active.is_some() { (counts.join(" / ")) } @else { (parts::absent()) } },
            html! { (with_se(guess.bang, guess.bang_se)) },
            html! { (guess.basis) },
        ]);
    }
    let mut belief = Grid::new(
        "Difference in belief, and James's index (1 everybody undecided, 0.5 at random, 0 everybody right)",
        [
            text_column("Trial"),
            text_column("Who guessed"),
            number("Difference in belief (SE)"),
            number("James's index (SE)"),
        ],
    );
    for row in &ledger.belief {
        belief.row([
            html! { (context.label(&row.study)) },
            html! { (row.rater) },
            html! { (with_se(row.difference, row.se)) },
            html! {
                @match row.james {
                    Some(james) => (with_se(james, row.james_se)),
                    None => (parts::absent()),
                }
            },
        ]);
    }
    html! { (arms.markup()) (belief.markup()) }
}

/// Improvement of each control arm, with the published value that lies nearest.
fn benchmarks(context: &Context<'_>, controls: &ControlBands) -> Markup {
    let mut published = Grid::new(
        "Published improvement, in standard deviations",
        [
            text_column("Control arms of"),
            number("Improvement"),
            text_column("Source"),
        ],
    );
    for band in &controls.bands {
        published.row([
            html! { (words::capital(&band.label)) },
            html! { (text::number(band.change, 2)) },
            html! { (band.source) },
        ]);
    }
    let mut arms = Grid::new(
        "Improvement of the control arms here, in standard deviations at baseline",
        [
            text_column("Trial and arm"),
            text_column("Control"),
            text_column("Window"),
            number("Improvement"),
            text_column("Nearest published value"),
        ],
    );
    for arm in &controls.arms {
        arms.row([
            html! { (arm.label) ", " (words::uncapital(&arm.arm)) },
            html! { (arm.control_type) },
            html! { (words::uncapital(&arm.window)) },
            context.sources.link(&text::number(arm.change, 2), &arm.rows),
            html! { (arm.nearest) },
        ]);
    }
    html! {
        p {
            "A control arm that hardly improves may hold people who knew that they had got nothing, and were let down. \
             It may also have been measured early: the published values are of the ends of trials of several weeks, and \
             a lower spread at baseline makes an improvement look larger. People also get better by themselves. So this \
             is a pointer, not a measure of unblinding."
        }
        (published.markup())
        (arms.markup())
    }
}
