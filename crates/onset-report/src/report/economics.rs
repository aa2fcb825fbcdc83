//! "Compared with what?": what an extra person with a good outcome costs, and costs printed elsewhere.

use super::{Context, parts};
use crate::figures::economics as figures;
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::economics::{
    AtWillingness, CourseCost, EconomicsReport, ModelReport, OutcomeCost, PrintedCost,
};

/// The part; `None` where no price is declared and none is printed.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let report = context.answers.economics.as_ref()?;
    Some(html! {
        h3 { "At what price" }
        @for course in &report.courses { (one(context, report, course)) }
        @for model in &report.models { (qalys(context, report, model)) }
        @if report.courses.is_empty() && report.models.is_empty() {
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
        (parts::figure(context, &figures::course_name(course)))
    }
}

/// A model in quality-adjusted life years: what it found, or what it lacks.
fn qalys(context: &Context<'_>, report: &EconomicsReport, model: &ModelReport) -> Markup {
    let currency = report.currency.as_deref().unwrap_or_default();
    let after = match model.months_run {
        0 => "nothing after it".to_owned(),
        1 => "1 month after it".to_owned(),
        n => format!("{} months after it", text::count(n as u64)),
    };
    let inputs = inputs(context, model);
    html! {
        h4 { "For a quality-adjusted life year: " (model.treatment_label) " against " (words::uncapital(&model.control_label)) }
        @if let Some(why) = &model.why_not { p.why { (why) } }
        @if !model.missing.is_empty() {
            p { "Missing: " (model.missing.join("; ")) ". Values with a source, entered in the protocol, set the model going." }
        }
        @if let Some(limited) = &model.limited { p.why { (limited) } }
        @if !model.arms.is_empty() {
            p {
                "Tree to the end of " (words::uncapital(&model.window_label)) ", " (after)
                "; discounted by " (text::percent(100.0 * model.discount, 1)) " a year; "
                (text::count(model.draws as u64)) " draws of the pools' posteriors"
                @if model.new_setting { ", for a new setting" } ". "
                @if let Some(named) = &model.extrapolation { strong { "Extrapolated " (named.trim_end_matches('.')) ". " } }
                @if let Some(capped) = model.capped.filter(|share| *share > 0.0) {
                    "In " (text::percent(100.0 * capped, 1)) " of draws remission was held at response. "
                }
            }
            (totals(context, model, currency))
            (worth(model, currency))
            (parts::figure(context, &figures::model_name(model)))
        }
        @if !model.inputs.is_empty() { (parts::folded("Inputs of the model", false, &inputs)) }
    }
}

fn totals(context: &Context<'_>, model: &ModelReport, currency: &str) -> Markup {
    let mut grid = Grid::new(
        format!("A person, by arm: means over draws, costs in {currency}"),
        [
            text_column("Arm"),
            number("Cost"),
            number("QALYs"),
            number("Remission at the end of the window"),
            number("Months in remission after it"),
        ],
    );
    for arm in &model.arms {
        let [remission, ..] = arm.start;
        let [months, ..] = arm.months;
        grid.row([
            html! { (words::capital(&arm.label)) },
            context.sources.link(&money(arm.cost), &model.rows),
            html! { (text::number(arm.qaly, 4)) },
            html! { (text::percent(100.0 * remission, 0)) },
            html! { (text::number(months, 1)) },
        ]);
    }
    let extra = |found: &onset_review::answers::Interval, of: &dyn Fn(f64) -> String| {
        format!("{} ({} to {})", of(found.value), of(found.lower), of(found.upper))
    };
    if let (Some(cost), Some(qaly)) = (&model.extra_cost, &model.extra_qaly) {
        grid.row([
            html! { "Difference (95 % interval)" },
            html! { (extra(cost, &money)) },
            html! { (extra(qaly, &|x| text::number(x, 4))) },
            html! {},
            html! {},
        ]);
    }
    grid.markup()
}

fn worth(model: &ModelReport, currency: &str) -> Markup {
    let price = model.ratio.map(|ratio| match (model.lower, model.upper) {
        (Some(lower), Some(upper)) => format!("{} ({} to {})", money(ratio), money(lower), money(upper)),
        _ => money(ratio),
    });
    html! {
        @if let Some(price) = price { p { "One quality-adjusted life year costs " (price) " " (currency) "." } }
        (acceptability(&model.at, currency))
    }
}

/// Chance, net benefit and the value of knowing more, at each declared willingness.
fn acceptability(at: &[AtWillingness], currency: &str) -> Markup {
    let mut grid = Grid::new(
        format!("By what a quality-adjusted life year may cost, {currency}"),
        [
            number("It may cost"),
            number("Chance that the treatment is worth it"),
            number("Net benefit a person"),
            number("Value of perfect information a person"),
        ],
    );
    for at in at {
        grid.row([
            html! { (money(at.willingness)) },
            html! { (text::percent(100.0 * at.chance, 0)) },
            html! { (money(at.net_benefit)) },
            html! { (money(at.evpi)) },
        ]);
    }
    grid.markup()
}

fn inputs(context: &Context<'_>, model: &ModelReport) -> Markup {
    let mut grid = Grid::new(
        "As declared in the protocol",
        [
            text_column("Input"),
            number("Value"),
            number("Standard error"),
            text_column("Drawn from"),
            text_column("Source"),
        ],
    );
    for input in &model.inputs {
        let decimals = if input.value.abs() >= 10.0 { 0 } else { 3 };
        let value = text::number(input.value, decimals);
        grid.row([
            html! { (input.label) },
            context.sources.link(&value, &input.rows),
            html! { @if input.standard_error > 0.0 { (text::number(input.standard_error, decimals)) } @else { "none" } },
            html! { (input.distribution) },
            html! { @if input.rows.is_empty() { (input.source) } @else { (context.sources.list(&input.rows)) } },
        ]);
    }
    grid.markup()
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
