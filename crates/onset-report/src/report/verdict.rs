//! "How sure?": what each trial added, what a next one could add, and pools printed elsewhere.

use super::{Context, parts};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::Pool;
use onset_review::verdict::{Move, NextTrial, PoolVerdict, Sequential, VerdictReport};

/// The part; `None` where the protocol declares no cut-offs.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let report = context.answers.verdict.as_ref()?;
    let judged: Vec<(&PoolVerdict, &Pool)> = report
        .pools
        .iter()
        .filter_map(|found| Some((found, words::pool_at(context.answers, &found.pool)?)))
        .collect();
    Some(html! {
        h3 { "What each trial added" }
        p { (report.sentence) " " (rule(report)) }
        @for (found, pool) in &judged {
            @match &found.why_not {
                Some(why) => p.why { (title(pool)) ": " (why) },
                None => {
                    (trials(context, found, pool))
                    @if let Some(next) = &found.next { (next_trial(next)) }
                    @if let Some(view) = &found.sequential {
                        @let body = html! {
                            (parts::figure(context, &crate::figures::verdict::name(found)))
                            (monitored(view, pool))
                        };
                        (parts::folded("As a monitored series (a second view, not the conclusion)", true, &body))
                    }
                }
            }
        }
        (published(context, report))
    })
}

fn title(pool: &Pool) -> String {
    format!(
        "{}, {}, {}",
        pool.comparison_label,
        words::uncapital(&pool.outcome_label),
        words::uncapital(&pool.window_label)
    )
}

/// The table of cut-offs in words.
fn rule(report: &VerdictReport) -> String {
    let cut = &report.cut_offs;
    let edges: Vec<String> = cut
        .bands
        .iter()
        .map(|edge| text::percent(100.0 * edge, 0))
        .collect();
    let frozen = if report.frozen {
        "The cut-offs are frozen."
    } else {
        "The cut-offs are not frozen yet."
    };
    format!(
        "A trial is shifting where the chance that the mean effect is beyond the important difference moves into another \
         band (edges {}); else contradicting below a predictive p of {}; else redundant below {} nats of information, \
         confirmatory below {}, refining from there on. {frozen}",
        edges.join(", "),
        text::number(cut.surprise, 2),
        text::number(cut.redundant, 2),
        text::number(cut.refining, 2),
    )
}

fn trials(context: &Context<'_>, found: &PoolVerdict, pool: &Pool) -> Markup {
    let mut grid = Grid::new(
        format!("{}: trial by trial", title(pool)),
        [
            text_column("Trial"),
            number("Effect"),
            number("Predictive p"),
            number("Information, nats"),
            number("Chance beyond the important difference"),
            text_column("Verdict"),
        ],
    );
    let shown = found.trials.len().min(words::MANY);
    for trial in found.trials.iter().take(shown) {
        let effect = text::value(
            words::shown(trial.effect, pool.ratio),
            words::scale(&pool.measure),
        );
        let after = text::percent(100.0 * trial.beyond, 0);
        let chance = match trial.beyond_before {
            Some(before) => format!("{} to {after}", text::percent(100.0 * before, 0)),
            None => after,
        };
        let label = match trial.year {
            Some(year) if !trial.label.contains(&year.to_string()) => format!("{} {year}", trial.label),
            _ => trial.label.clone(),
        };
        let verdict = match (trial.verdict, trial.falls_back) {
            (None, _) => "the first".to_owned(),
            (Some(verdict), Some(true)) => {
                format!("{}; without it the band is the earlier one", verdict.code())
            }
            (Some(verdict), Some(false)) => format!("{}; other trials hold the band by now", verdict.code()),
            (Some(verdict), None) => verdict.code().to_owned(),
        };
        grid.row([
            html! { (label) },
            context.sources.link(&effect, &trial.rows),
            number_or_dash(trial.p_predictive, 3),
            number_or_dash(trial.information, 2),
            html! { (chance) },
            html! { (words::capital(&verdict)) },
        ]);
    }
    html! {
        (grid.markup())
        (parts::rest(shown, found.trials.len(), "trials"))
        p.more {
            "By year of publication. What was known before each trial is the normal-normal model of the earlier ones, with a "
            (found.prior) ", as prior on the spread between trials. Trials that are not in these tables changed nothing here."
        }
    }
}

fn number_or_dash(value: Option<f64>, decimals: usize) -> Markup {
    match value {
        Some(x) => html! { (text::number(x, decimals)) },
        None => html! { span.absent { "none" } },
    }
}

/// What the next trial could do.
fn next_trial(next: &NextTrial) -> Markup {
    let mut said = vec![format!(
        "The chance that the mean effect is beyond the important difference is now {}.",
        text::percent(100.0 * next.beyond, 0)
    )];
    let power = text::percent(100.0 * next.power, 0);
    let mut movement = |to: &Option<Move>, verb: &str| {
        if let Some(to) = to {
            let edge = text::percent(100.0 * to.edge, 0);
            said.push(match to.people {
                Some(people) => format!(
                    "A trial of {} would {verb} {edge} with a chance of {power} or more.",
                    text::people(people)
                ),
                None => {
                    format!("No single trial, however large, would {verb} {edge} with a chance of {power}.")
                }
            });
        }
    };
    movement(&next.up, "lift it past");
    movement(&next.down, "bring it below");
    let points = |x: f64| match text::number(x, 2) {
        zero if zero == "0.00" && x > 0.0 => "less than 0.01".to_owned(),
        shown => shown,
    };
    let worth: Vec<String> = next
        .evsi
        .iter()
        .map(|sample| format!("{} for {}", points(sample.evsi), text::people(sample.people)))
        .collect();
    said.push(format!(
        "Knowing the mean effect exactly would be worth {} {} a person, on average over what is now believed; a trial: {}.",
        points(next.evpi),
        next.unit,
        worth.join(", ")
    ));
    html! { p { (said.join(" ")) } }
}

fn monitored(view: &Sequential, pool: &Pool) -> Markup {
    let mut grid = Grid::new(
        format!("{}: z after each trial", title(pool)),
        [
            text_column("After"),
            number("People"),
            number("Share of those needed"),
            number("z"),
            number("Boundary"),
            number("Futility"),
        ],
    );
    for look in view.looks.iter().take(words::MANY) {
        grid.row([
            html! { (look.label) },
            html! { (text::count(look.people)) },
            html! { (text::percent(100.0 * look.fraction, 0)) },
            html! { (text::number(look.z, 2)) },
            number_or_dash(look.boundary, 2),
            number_or_dash(look.futility, 2),
        ]);
    }
    let passed = match &view.crossed {
        Some(label) => format!("z first passed its boundary after {label}."),
        None => "z has not passed its boundary.".to_owned(),
    };
    html! {
        p {
            (text::count(view.required.ceil() as u64)) " people are needed in all trials together (two-sided "
            (text::number(view.alpha, 2)) ", power " (text::percent(100.0 * view.power, 0)) ", diversity "
            (text::percent(100.0 * view.diversity, 0)) "); there are " (text::count(view.people)) ", people of a crossover counted in both arms. " (passed)
            " Cochrane advises against drawing conclusions from monitored series; none is drawn here."
        }
        (grid.markup())
    }
}

fn published(context: &Context<'_>, report: &VerdictReport) -> Markup {
    if report.published.is_empty() {
        return html! {};
    }
    let mut grid = Grid::new(
        "Pools printed elsewhere: their new trials",
        [
            text_column("Review"),
            text_column("Outcome, time"),
            number("Trials named"),
            number("New here"),
            text_column("Verdict"),
        ],
    );
    for pool in &report.published {
        let verdict = pool
            .verdict
            .map(|v| words::capital(v.code()))
            .unwrap_or_else(|| "Not judged".to_owned());
        grid.row([
            context.sources.link(&pool.review, &pool.rows),
            html! { (pool.outcome) @if !pool.time.is_empty() { ", " (pool.time) } },
            html! { (text::count(pool.listed as u64)) },
            html! { (text::count(pool.new.len() as u64)) },
            html! { (verdict) ". " (pool.sentence) },
        ]);
    }
    let body = html! {
        (grid.markup())
        @if report.unnamed > 0 {
            p.more {
                (text::count(report.unnamed as u64))
                " other pools do not name their trials in the tables, so that nobody can tell which would be new."
            }
        }
    };
    parts::folded("Pools printed elsewhere: do they bring new trials?", false, &body)
}
