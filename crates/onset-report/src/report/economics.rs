//! "Compared with what?": what an extra person with a good outcome costs, and costs printed elsewhere.

use super::{Context, parts};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::economics::{CourseCost, EconomicsReport, OutcomeCost, PrintedCost};

/// The part; `None` where no price is declared and none is printed.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let report = context.answers.economics.as_ref()?;
    Some(html! {
        h3 { "At what price" }
        @for course in &report.courses { (one(context, report, course)) }
        @if report.courses.is_empty() {
            p { "No local price is declared in the protocol: no cost is reckoned." }
        }
        @if !report.printed.is_empty() {
            (parts::folded(
                &format!("Costs and models printed elsewhere ({})", text::count(report.printed.len() as u64)),
                false,
                &printed(context, &report.printed),
            ))
        }
    })
}

fn money(x: f64) -> String {
    let sign = if x < 0.0 { "\u{2212}" } else { "" };
    format!("{sign}{}", text::count(x.abs().round() as u64))
}

fn one(context: &Context<'_>, report: &EconomicsReport, course: &CourseCost) -> Markup {
    let currency = report.currency.as_deref().unwrap_or_default();
    let cost = &course.extra_cost;
    let mut grid = Grid::new(
        format!(
            "{} against {}, to the end of {}: {currency} for one extra person",
            course.treatment_label,
            words::uncapital(&course.control_label),
            words::uncapital(&course.window_label)
        ),
        [
            text_column("Outcome"),
            number("Extra people per 100 (95 % CI)"),
            number("Cost of one extra person (95 % CI)"),
            text_column("Chance that it is worth it"),
        ],
    );
    for outcome in &course.outcomes {
        grid.row(cells(context, outcome, currency));
        if let Some(why) = &outcome.why_not {
            grid.remark(html! { (why) });
        }
    }
    let items: Vec<Markup> = course
        .prices
        .iter()
        .map(|price| {
            let said = format!("{} {currency}", money(price.treatment - price.control));
            let rows: Vec<_> = price.source.parse().ok().into_iter().collect();
            html! { (price.label) " " (context.sources.link(&said, &rows)) @if rows.is_empty() { " (" (price.source) ")" } }
        })
        .collect();
    html! {
        p {
            "Extra cost a person: " (money(cost.value)) " " (currency)
            @if cost.lower < cost.upper { " (" (money(cost.lower)) " to " (money(cost.upper)) ")" }
            "; " (report.perspective.as_deref().unwrap_or_default()) ": "
            @for (i, item) in items.iter().enumerate() { @if i > 0 { ", " } (item) }
            ". Nothing is carried beyond the window: neither relapse nor later courses."
        }
        (grid.markup())
    }
}

fn cells(context: &Context<'_>, outcome: &OutcomeCost, currency: &str) -> Vec<Markup> {
    let pool = outcome
        .pool
        .as_deref()
        .and_then(|at| words::pool_at(context.answers, at));
    let effect = outcome.effect.as_ref().map(|e| {
        let scale = text::Scale::Percent;
        let (value, lower, upper) = (100.0 * e.value, 100.0 * e.lower, 100.0 * e.upper);
        format!(
            "{} ({})",
            text::value(value, scale),
            text::range(lower, upper, scale)
        )
    });
    let effect = match (effect, pool) {
        (Some(said), Some(pool)) => {
            let rows: Vec<_> = pool.studies.iter().flat_map(|s| s.rows.iter().cloned()).collect();
            context.sources.link(&said, &rows)
        }
        (said, _) => parts::or_absent(said),
    };
    let price = outcome.ratio.map(|ratio| match (outcome.lower, outcome.upper) {
        (Some(lower), Some(upper)) => format!("{} ({} to {})", money(ratio), money(lower), money(upper)),
        _ => money(ratio),
    });
    let chances: Vec<String> = outcome
        .at
        .iter()
        .map(|at| {
            format!(
                "{} at {}",
                text::percent(100.0 * at.chance, 0),
                money(at.willingness)
            )
        })
        .collect();
    vec![
        html! { (outcome.outcome_label) },
        effect,
        match price {
            Some(said) => html! { (said) " " (currency) },
            None => html! { span.absent { "none" } },
        },
        html! { (chances.join(", ")) },
    ]
}

fn printed(context: &Context<'_>, costs: &[PrintedCost]) -> Markup {
    let mut grid = Grid::new(
        "As printed; not recomputed here",
        [
            text_column("Item"),
            number("Value"),
            text_column("Perspective"),
            text_column("Horizon"),
        ],
    );
    let mut last = "";
    for cost in costs {
        if cost.comparison != last {
            grid.group(words::capital(&cost.comparison));
            last = &cost.comparison;
        }
        let number = cost.value.map(|x| {
            let decimals = if x.fract() == 0.0 { 0 } else { 2 };
            if x.abs() >= 1000.0 {
                money(x)
            } else {
                text::number(x, decimals)
            }
        });
        let value = number.or_else(|| cost.value_text.clone()).unwrap_or_default();
        let unit = cost
            .unit
            .as_deref()
            .map(|unit| format!(" {unit}"))
            .unwrap_or_default();
        grid.row([
            html! { (words::capital(&cost.item)) },
            context.sources.link(&format!("{value}{unit}"), &cost.rows),
            parts::or_absent(cost.perspective.clone()),
            parts::or_absent(cost.horizon.clone()),
        ]);
    }
    grid.markup()
}
