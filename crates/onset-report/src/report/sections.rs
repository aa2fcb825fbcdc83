//! One section for each question that has something to show.

use super::{
    Context, Section, blinding, certainty, durability, economics, floor, network, parts, pool, priors,
    timecourse, verdict,
};
use crate::figures::{comparison, course};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::{Answer, Course, Pool};

/// The sections of the questions, in their order; a question without content has none.
pub(super) fn questions(context: &Context<'_>) -> Vec<Section> {
    let mut list = Vec::new();
    for (anchor, answer) in words::six(context.answers) {
        let content = match anchor {
            "speed" => speed(context),
            "size" => size(context),
            "duration" => durability::section(context),
            "blinding" => blinding::section(context),
            "comparison" => joined([compared(context), economics::section(context)]),
            "certainty" => sure(context),
            _ => None,
        };
        let shows = content.is_some() || answer.estimate.is_some() || !answer.by.is_empty();
        if !shows {
            continue;
        }
        list.push(Section {
            anchor,
            heading: answer.question.clone(),
            broad: true,
            body: html! {
                (opening(answer))
                (parts::notes(&answer.warnings))
                (parts::assumptions(&answer.assumptions))
                @if let Some(content) = content { (content) }
            },
        });
    }
    list
}

/// The rating, the floor, what the prior does, and what each trial added.
fn sure(context: &Context<'_>) -> Option<Markup> {
    joined([
        certainty::section(context),
        floor::section(context),
        priors::section(context),
        verdict::section(context),
    ])
}

/// Parts of a section one after the other; `None` where there is none.
fn joined<const N: usize>(parts: [Option<Markup>; N]) -> Option<Markup> {
    let found = parts.iter().any(Option::is_some);
    found.then(|| html! { @for part in parts.iter().flatten() { (part) } })
}

/// The answer again, at the head of its section.
fn opening(answer: &Answer) -> Markup {
    html! {
        p.lead { (answer.sentence) }
        @if let Some(found) = &answer.estimate {
            p.number {
                (words::estimate(found))
                span.weight { " " (words::weight_of(answer.k, answer.n)) "; " (found.model) }
            }
        }
        @if let Some(why) = &answer.why_not {
            @if *why != answer.sentence { p.why { (why) } }
        }
    }
}

/// The windowed time course of each outcome; the headline's first, the others folded.
fn speed(context: &Context<'_>) -> Option<Markup> {
    let outcomes = course::by_outcome(context.answers);
    let names = words::slugs(outcomes.iter().map(|(outcome, _)| outcome.as_str()));
    let mut shown = Vec::new();
    for ((_, courses), name) in outcomes.iter().zip(&names) {
        let label = courses.first().map_or("", |c| c.outcome_label.as_str());
        let mut drawn = Vec::new();
        for (id, mine) in course::parts(context.answers, name, courses) {
            drawn.push((parts::figure(context, &id), mine.len()));
        }
        let table = parts::folded("The numbers behind it", false, &course_table(context, courses));
        let mut drawn = drawn.into_iter();
        let (first, others) = (drawn.next(), drawn.next());
        let body = html! {
            @if let Some((figure, _)) = &first { (figure) }
            (table)
            @if let Some((figure, count)) = &others {
                (parts::folded(&format!("Other comparisons ({})", text::count(*count as u64)), true, figure))
            }
        };
        if shown.is_empty() && first.is_some() {
            shown.push(body);
        } else {
            let summary = format!("{}, by time window", words::capital(label));
            shown.push(parts::folded(&summary, first.is_some(), &body));
        }
    }
    shown.extend(timecourse::section(context));
    let found = !shown.is_empty();
    found.then(|| html! { @for part in &shown { (part) } })
}

fn course_table(context: &Context<'_>, courses: &[&Course]) -> Markup {
    let mut grid = Grid::new(
        "Results by time window",
        [
            text_column("Window"),
            number("Estimate (95 % CI)"),
            number("Trials"),
            number("People"),
            text_column("Model"),
        ],
    );
    for course in courses {
        grid.group(course.comparison_label.clone());
        for point in &course.points {
            let pool = words::pool_at(context.answers, &point.pool);
            let window = html! { (point.window_label) };
            let found = pool.and_then(|pool| Some((pool, pool.estimate.as_ref()?)));
            match found {
                Some((pool, found)) => grid.row([
                    window,
                    pool::estimate_link(context, pool, found),
                    html! { (text::count(point.k as u64)) },
                    html! { (text::count(point.n)) },
                    html! { (found.model) },
                ]),
                None => {
                    let why = pool.and_then(|p| p.why_not.clone()).unwrap_or_default();
                    grid.row([window, html! { "No result. " (why) }]);
                }
            }
        }
    }
    grid.markup()
}

/// Comparisons in the protocol's order: the headline's first, then primary ones.
fn comparisons<'a>(context: &Context<'a>) -> Vec<(&'a str, Vec<&'a Pool>)> {
    let headline = words::headline(context.answers);
    let mut found: Vec<(&str, Vec<&Pool>)> = Vec::new();
    for (pool, _) in &context.pools {
        match found.iter_mut().find(|(id, _)| *id == pool.comparison) {
            Some((_, pools)) => pools.push(pool),
            None => found.push((&pool.comparison, vec![pool])),
        }
    }
    found.sort_by_key(|(id, pools)| {
        (
            headline.is_none_or(|h| h.comparison != *id),
            !pools.iter().any(|pool| pool.primary),
        )
    });
    found
}

/// Every pool, comparison by comparison: the headline's and primary ones open, the others folded.
fn size(context: &Context<'_>) -> Option<Markup> {
    let mut shown = Vec::new();
    for (index, (_, pools)) in comparisons(context).iter().enumerate() {
        let Some(first) = pools.first() else { continue };
        let with = pools.iter().filter(|pool| pool.estimate.is_some()).count();
        let primary = pools.iter().any(|pool| pool.primary);
        let body = html! {
            (pool::overview(context, pools))
            @for pool in pools { (pool::result(context, pool)) }
        };
        let results = match with {
            0 => "no result".to_owned(),
            1 => "1 result".to_owned(),
            _ => format!("{} results", text::count(with as u64)),
        };
        let name = format!("comparison-{}", words::slug(&first.comparison));
        shown.push(html! {
            div.comparison id=(format!("{name}-{}", index + 1)) {
                @if primary || index == 0 {
                    h3 { (first.comparison_label) @if primary { span.tag { " primary comparison" } } }
                    (body)
                } @else {
                    (parts::folded(&format!("{}: {results}", first.comparison_label), true, &body))
                }
            }
        });
    }
    let found = !shown.is_empty();
    found.then(|| html! { @for part in &shown { (part) } })
}

/// Head-to-head results of the headline window, side by side, then the networks.
fn compared(context: &Context<'_>) -> Option<Markup> {
    let pools = comparison::pools(context.answers);
    let networks = network::section(context);
    let several = pools.len() > 1;
    if !several && networks.is_none() {
        return None;
    }
    let body = html! {
        @if several {
            (parts::figure(context, "comparisons"))
            (parts::folded("The numbers behind this figure", false, &compared_table(context, &pools)))
        }
        @if let Some(networks) = networks { (networks) }
    };
    Some(body)
}

fn compared_table(context: &Context<'_>, pools: &[&Pool]) -> Markup {
    let mut grid = Grid::new(
        "Comparisons in the headline window",
        [
            text_column("Comparison"),
            number("Estimate (95 % CI)"),
            number("Trials"),
            number("People"),
            text_column("Model"),
        ],
    );
    for pool in pools {
        let Some(found) = &pool.estimate else { continue };
        grid.row([
            html! { (pool.comparison_label) },
            pool::estimate_link(context, pool, found),
            html! { (text::count(pool.k as u64)) },
            html! { (text::count(pool.n)) },
            html! { (found.model) },
        ]);
    }
    grid.markup()
}
