//! One pool: its figure, its numbers, what was left out, and how it moves under other choices.

use super::{Context, parts};
use crate::figures::{diagnosis, forest};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::{Absolute, Estimate, Interval, LeftOut, Pool, Side, StudyResult};

/// An estimate in a table, linked to its figure, its rows on hover.
pub(super) fn estimate_link(context: &Context<'_>, pool: &Pool, found: &Estimate) -> Markup {
    let said = words::cell(&words::interval(found), words::scale(&pool.measure));
    let about = format!(
        "{}; {}.\n{}",
        words::estimate(found),
        found.model,
        context.sources.says(&words::rows_of(pool))
    );
    html! { a.n href=(format!("#pool-{}", context.name(pool))) title=(about) { (said) } }
}

/// The table of all pools of one comparison, with those that have no result.
pub(super) fn overview(context: &Context<'_>, pools: &[&Pool]) -> Markup {
    let label = pools.first().map_or("", |p| p.comparison_label.as_str());
    let mut grid = Grid::new(
        format!("All results: {label}"),
        [
            text_column("Window"),
            number("Estimate (95 % CI)"),
            number("Trials"),
            number("People"),
            number("Prediction interval"),
            number("\u{3c4}\u{b2}"),
            number("I\u{b2}"),
        ],
    );
    let mut outcomes: Vec<&str> = Vec::new();
    for pool in pools {
        if !outcomes.contains(&pool.outcome.as_str()) {
            outcomes.push(&pool.outcome);
        }
    }
    for outcome in outcomes {
        let mine: Vec<&Pool> = pools.iter().copied().filter(|p| p.outcome == outcome).collect();
        grid.group(group_heading(&mine));
        for pool in &mine {
            grid_row(context, &mut grid, pool);
        }
        let silent: Vec<&str> = mine
            .iter()
            .filter(|pool| is_silent(pool))
            .map(|pool| pool.window_label.as_str())
            .collect();
        if !silent.is_empty() {
            let windows = silent.join(", ");
            grid.row([
                html! { (words::capital(&windows)) },
                html! { "No study of this comparison reports it then." },
            ]);
        }
    }
    grid.markup()
}

/// No study has a row here.
fn is_silent(pool: &Pool) -> bool {
    pool.estimate.is_none() && pool.left_out.is_empty() && pool.k == 0
}

/// A pool's line; those that no study reports share one line beneath.
fn grid_row(context: &Context<'_>, grid: &mut Grid, pool: &Pool) {
    if is_silent(pool) {
        return;
    }
    let window = html! { (pool.window_label) };
    let Some(found) = &pool.estimate else {
        let why = pool.why_not.as_deref().unwrap_or("No result.");
        grid.row([window, html! { (why) }]);
        return;
    };
    let mut cells = vec![
        window,
        estimate_link(context, pool, found),
        html! { (text::count(pool.k as u64)) },
        html! { (text::count(pool.n)) },
    ];
    if pool.k == 1 {
        cells.push(html! { "one trial" });
    } else {
        cells.push(dash(pool.prediction.map(|p| words::limits(&p, &pool.measure))));
        cells.push(dash(pool.tau2.map(|t| words::tau2(t, &pool.measure))));
        cells.push(dash(pool.i2.map(|i2| text::percent(i2, 0))));
    }
    grid.row(cells);
}

fn dash(text: Option<String>) -> Markup {
    html! { @match text {
        Some(text) => (text),
        None => span.absent { "none" },
    } }
}

/// "Depression severity: mean difference in MADRS points, lower is better".
fn group_heading(pools: &[&Pool]) -> String {
    let Some(pool) = pools.iter().find(|p| p.estimate.is_some()).or(pools.first()) else {
        return String::new();
    };
    match &pool.estimate {
        Some(found) => format!(
            "{}: {}",
            pool.outcome_label,
            words::uncapital(&words::measure_phrase(&found.scale, &found.unit, &pool.direction))
        ),
        None => pool.outcome_label.clone(),
    }
}

/// A pool with everything known about it; without a result only what was left out.
pub(super) fn result(context: &Context<'_>, pool: &Pool) -> Markup {
    let name = context.name(pool);
    if pool.estimate.is_none() {
        return without_result(context, pool);
    }
    let absolute = pool.absolute.as_ref();
    let body = html! {
        (parts::figure(context, &format!("forest-{name}")))
        (more_numbers(pool))
        (parts::folded("The numbers behind this figure", false, &studies(context, pool)))
        @if !pool.subgroups.is_empty() && pool.k > 1 {
            (parts::folded("Subgroups", false, &subgroups(pool)))
        }
        @if !pool.leave_one_out.is_empty() || !pool.sensitivity.is_empty() {
            (parts::folded("Without each trial, and under other choices", false, &other_choices(pool)))
        }
        @if context.figures.contains_key(&format!("funnel-{name}")) {
            (parts::folded("Funnel plot", true, &parts::figure(context, &format!("funnel-{name}"))))
        }
        @if let Some(drawn) = taken_apart(context, pool, name) {
            (parts::folded("Which trials carry this result", true, &drawn))
        }
        @if !pool.left_out.is_empty() {
            (parts::folded(&left_out_summary(pool), false, &left_out(context, &pool.left_out)))
        }
        (parts::assumptions(&pool.assumptions))
        (parts::notes(&pool.warnings))
        @if let Some(absolute) = absolute {
            (parts::figure(context, &format!("icons-{name}")))
            @match words::rated(context.answers, pool) {
                Some(rated) => p.in-words { strong { "Certainty " (rated.certainty) ": " } (rated.sentence) },
                None => p.in-words { "How certain these numbers are has not been rated." },
            }
            (per_hundred(pool, absolute))
        }
    };
    let headline = words::headline(context.answers).is_some_and(|h| std::ptr::eq(h, pool));
    if pool.k > 1 || headline {
        return html! { div.result id=(format!("pool-{name}")) { (body) } };
    }
    // A single trial: its numbers stand in the overview, the rest is folded.
    let anchored = html! { div id=(format!("pool-{name}")) { (body) } };
    html! { div.single { (parts::folded(&single(pool), true, &anchored)) } }
}

/// The figures that take the pool apart, where there are any.
fn taken_apart(context: &Context<'_>, pool: &Pool, name: &str) -> Option<Markup> {
    let mut drawn = Vec::new();
    for figure in diagnosis::names(pool, name) {
        if context.figures.contains_key(&figure) {
            drawn.push(parts::figure(context, &figure));
        }
    }
    let some = !drawn.is_empty();
    some.then(|| {
        html! {
            p { "A trial that fits badly or pulls hard is a question about that trial, not a reason to leave it out." }
            @for figure in drawn { (figure) }
        }
    })
}

/// "Remission, 24 hours: one trial, odds ratio 1.86 (95 % CI 0.52 to 6.61)".
fn single(pool: &Pool) -> String {
    let found = pool.estimate.as_ref().map(words::estimate).unwrap_or_default();
    format!(
        "{}, {}: one trial, {}",
        words::capital(&pool.outcome_label),
        words::uncapital(&pool.window_label),
        words::uncapital(&found)
    )
}

fn without_result(context: &Context<'_>, pool: &Pool) -> Markup {
    let summary = format!(
        "{}, {}: {}",
        words::capital(&pool.outcome_label),
        words::uncapital(&pool.window_label),
        words::uncapital(&left_out_summary(pool))
    );
    html! {
        @if !pool.left_out.is_empty() {
            div.result id=(format!("pool-{}", context.name(pool))) {
                (parts::folded(&summary, false, &left_out(context, &pool.left_out)))
                (parts::notes(&pool.warnings))
            }
        }
    }
}

fn left_out_summary(pool: &Pool) -> String {
    match pool.left_out.len() {
        1 => "1 study left out here, with the reason".to_owned(),
        n => format!(
            "{} studies left out here, with the reasons",
            text::count(n as u64)
        ),
    }
}

/// Other intervals of the mean, prediction, share beyond the important difference, people randomised.
fn more_numbers(pool: &Pool) -> Markup {
    let mut said = Vec::new();
    if let Some(found) = &pool.estimate {
        said.push(format!(
            "{}; {}.",
            words::estimate(found),
            words::weight_of(pool.k, pool.n)
        ));
    }
    if let Some(p) = pool.p.filter(|_| pool.k > 1) {
        said.push(format!("Test of no difference: {}.", text::p_phrase(p)));
    }
    if let Some(prediction) = &pool.prediction {
        said.push(format!(
            "The true effect in a new trial like these may lie from {} (prediction interval).",
            words::limits(prediction, &pool.measure)
        ));
    }
    let level = pool
        .estimate
        .as_ref()
        .map_or_else(String::new, |e| text::level_name(e.level));
    let beside = |name: &str, interval: &Interval| {
        format!("{name} {level} {}.", words::limits(interval, &pool.measure))
    };
    let as_shown = pool
        .estimate
        .as_ref()
        .map(|e| words::limits(&words::interval(e), &pool.measure));
    let differs = |i: &&Interval| Some(words::limits(i, &pool.measure)) != as_shown;
    said.extend(
        pool.wald
            .iter()
            .filter(differs)
            .map(|i| beside("Beside it the Wald interval:", i)),
    );
    said.extend(pool.modified.iter().map(|i| {
        beside(
            "And the modified Hartung-Knapp interval, for few and unequal trials:",
            i,
        )
    }));
    said.extend(pool.bayes.iter().map(|bayes| {
        let limits = words::limits(&bayes.estimate, &pool.measure);
        format!(
            "Beside it a Bayesian {level} interval, since two trials cannot tell how much trials differ: {limits} ({} \
             prior on tau).",
            bayes.prior
        )
    }));
    said.extend(share(pool));
    html! {
        p.more { (said.join(" ").replace("p = ", "p\u{a0}=\u{a0}")) }
    }
}

fn share(pool: &Pool) -> Option<String> {
    let share = pool.beyond_important.as_ref()?;
    let scale = words::scale(&pool.measure);
    let unit = if pool.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", pool.unit)
    };
    let limits = match (share.lower, share.upper) {
        (Some(lower), Some(upper)) => format!(
            " ({} to {})",
            text::percent(lower * 100.0, 0),
            text::percent(upper * 100.0, 0)
        ),
        _ => String::new(),
    };
    Some(format!(
        "Share of true effects beyond the important difference of {}{unit}: {}{limits}.",
        text::value(share.threshold, scale),
        text::percent(share.share * 100.0, 0),
    ))
}

/// People per 100 in both arms, beneath the icon arrays.
fn per_hundred(pool: &Pool, absolute: &Absolute) -> Markup {
    let mut grid = Grid::new(
        "People per 100, both arms",
        [text_column(""), number("Per 100 people"), number("95 % CI")],
    );
    let mut arm = |label: String, risk: &Interval| {
        grid.row([
            html! { (label) },
            html! { (text::per_100(risk.value)) },
            html! { (text::per_100_range(risk.lower, risk.upper)) },
        ]);
    };
    arm(
        format!("With {}", words::uncapital(&pool.control_label)),
        &absolute.control_risk,
    );
    arm(
        format!("With {}", words::uncapital(&pool.treatment_label)),
        &absolute.treatment_risk,
    );
    let difference = &absolute.risk_difference;
    let scale = text::Scale::Percent;
    grid.row([
        html! { "Difference" },
        html! { (text::value(difference.value * 100.0, scale)) },
        html! { (text::range(difference.lower * 100.0, difference.upper * 100.0, scale)) },
    ]);
    html! {
        (grid.markup())
        p.more {
            "Number needed to treat: " (absolute.nnt_text) ". The risk with "
            (words::uncapital(&pool.control_label)) " is declared, not pooled: "
            (absolute.control_risk_source) ". Limits from " (text::count(u64::from(absolute.draws)))
            " draws of both that risk and the pooled effect."
        }
    }
}

/// The studies of a pool with the numbers that the forest plot shows.
fn studies(context: &Context<'_>, pool: &Pool) -> Markup {
    let binary = pool.kind == "binary";
    let arm = if binary { "events / n" } else { "n; mean (SD)" };
    let caption = format!(
        "{} against {}: {arm} in each arm",
        words::capital(&pool.treatment_label),
        words::uncapital(&pool.control_label)
    );
    let mut grid = Grid::new(
        caption,
        [
            text_column("Study"),
            number("Treatment"),
            number("Control"),
            number("Effect (95 % CI)"),
            number("Weight"),
            text_column("What was used"),
            text_column("Rows"),
        ],
    );
    let mut order: Vec<usize> = (0..pool.studies.len()).collect();
    order.sort_by(|&i, &j| pool.studies[j].weight.total_cmp(&pool.studies[i].weight));
    order.truncate(words::MANY);
    order.sort_unstable();
    for study in order.iter().filter_map(|&i| pool.studies.get(i)) {
        let effect = words::cell(&study.shown, words::scale(&pool.measure));
        grid.row([
            html! { (words::study_name(study)) },
            html! { (context.sources.link(&side(&study.treatment), &study.rows)) },
            html! { (context.sources.link(&side(&study.control), &study.rows)) },
            html! { (context.sources.link(&effect, &study.rows)) },
            html! { (text::percent(study.weight, 1)) },
            used(study),
            context.sources.list(&study.rows),
        ]);
    }
    html! {
        (grid.markup())
        (parts::rest(order.len(), pool.studies.len(), "trials with the most weight"))
    }
}

fn side(side: &Side) -> String {
    let n = side.n.map(text::count);
    match (side.events, side.mean, side.sd) {
        (Some(events), _, _) => format!(
            "{} / {}",
            text::count(events),
            n.unwrap_or_else(|| "not reported".to_owned())
        ),
        (None, Some(mean), Some(sd)) => {
            let shown = format!("{} ({})", text::number(mean, 1), text::number(sd, 1));
            n.map_or(shown.clone(), |n| format!("{n}; {shown}"))
        }
        _ => n.unwrap_or_else(|| "not reported".to_owned()),
    }
}

fn used(study: &StudyResult) -> Markup {
    let time = study.time_hours.map(|hours| format!("at {}", text::hours(hours)));
    let mut parts = vec![study.basis.clone()];
    parts.extend(time);
    parts.extend(study.conversions.iter().cloned());
    parts.retain(|part| !part.is_empty());
    html! { (parts.join("; ")) }
}

fn subgroups(pool: &Pool) -> Markup {
    let scale = words::scale(&pool.measure);
    html! {
        @for split in &pool.subgroups {
            @let by = words::plain(&split.by);
            @let mut grid = Grid::new(format!("By {by}"), [
                text_column("Group"), number("Estimate (95 % CI)"), number("Trials"), number("People"),
            ]);
            @for group in &split.groups {
                @let estimate = group.estimate.as_ref().map(|e| words::cell(e, scale));
                @let () = grid.row([
                    html! { (words::capital(&group.group)) },
                    dash(estimate),
                    html! { (text::count(group.k as u64)) },
                    html! { (text::count(group.n)) },
                ]);
            }
            (grid.markup())
            p.more {
                (forest::difference(split).unwrap_or_default())
                " Differences between trials, not within them: a cause is not shown."
            }
        }
    }
}

fn other_choices(pool: &Pool) -> Markup {
    let scale = words::scale(&pool.measure);
    let mut grid = Grid::new(
        "The same pool under other choices",
        [
            text_column("Choice"),
            number("Estimate (95 % CI)"),
            number("Trials"),
            number("\u{3c4}\u{b2}"),
        ],
    );
    let row = |name: String, k: usize, estimate: &Interval, tau2: Option<f64>| {
        [
            html! { (name) },
            html! { (words::cell(estimate, scale)) },
            html! { (text::count(k as u64)) },
            dash(tau2.map(|t| words::tau2(t, &pool.measure))),
        ]
    };
    if let Some(found) = &pool.estimate {
        let as_declared = format!("as declared: {}", found.model);
        grid.row(row(as_declared, pool.k, &words::interval(found), pool.tau2));
    }
    if !pool.sensitivity.is_empty() {
        grid.group("Another choice of model or rows");
    }
    for other in &pool.sensitivity {
        grid.row(row(other.label.clone(), other.k, &other.estimate, other.tau2));
    }
    if !pool.leave_one_out.is_empty() {
        grid.group("Without one trial");
    }
    for left in pool.leave_one_out.iter().take(words::MANY) {
        let name = format!("without {}", left.without);
        grid.row(row(
            name,
            pool.k.saturating_sub(1),
            &left.estimate,
            Some(left.tau2),
        ));
    }
    let listed = pool.leave_one_out.len().min(words::MANY);
    html! {
        (grid.markup())
        (parts::rest(listed, pool.leave_one_out.len(), "trials left out in turn"))
    }
}

fn left_out(context: &Context<'_>, list: &[LeftOut]) -> Markup {
    let mut grid = Grid::new(
        "Left out here",
        [text_column("Study"), text_column("Reason"), text_column("Rows")],
    );
    for left in list {
        grid.row([
            html! { (left.label) },
            html! { (left.reason) },
            context.sources.list(&left.rows),
        ]);
    }
    grid.markup()
}
