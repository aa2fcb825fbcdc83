//! "How sure?": the Summary of Findings, and each domain of certainty with what it rests on.

use super::{Context, parts};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::{Interval, Pool};
use onset_review::grade::{Grade, Rated};

/// Rated pools of a comparison, with their pools.
type Lines<'a> = Vec<(&'a Rated, &'a Pool)>;

/// The section; `None` where certainty was not rated.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let grade = context.answers.grade.as_ref()?;
    let comparisons = by_comparison(context, grade);
    let headline = words::headline(context.answers).map(|pool| pool.comparison.as_str());
    Some(html! {
        h3 { "Summary of findings" }
        p {
            "People per 100 in both arms come from the control risk that the protocol declares and the pooled ratio. \
             Certainty begins at high, because the trials are randomised, and each domain may lower it."
        }
        @for lines in &comparisons {
            @let first = lines.first().map(|(_, pool)| *pool);
            @if let Some(first) = first {
                @if first.primary || Some(first.comparison.as_str()) == headline {
                    (findings(context, &first.comparison_label, lines))
                    (parts::folded(
                        &format!("Why: {}, domain by domain", first.comparison_label), false, &domains(lines)
                    ))
                } @else {
                    (parts::folded(
                        &first.comparison_label,
                        false,
                        &html! { (findings(context, &first.comparison_label, lines)) (domains(lines)) },
                    ))
                }
            }
        }
    })
}

fn by_comparison<'a>(context: &'a Context<'a>, grade: &'a Grade) -> Vec<Lines<'a>> {
    let mut found: Vec<Lines<'a>> = Vec::new();
    for rated in &grade.pools {
        let Some(pool) = words::pool_at(context.answers, &rated.pool) else {
            continue;
        };
        let known = found.iter_mut().find(|lines| {
            lines
                .first()
                .is_some_and(|(_, p)| p.comparison == pool.comparison)
        });
        match known {
            Some(lines) => lines.push((rated, pool)),
            None => found.push(vec![(rated, pool)]),
        }
    }
    found
}

fn per_100(risk: Option<&Interval>) -> Markup {
    let Some(risk) = risk else {
        return html! { span.absent { "not a count" } };
    };
    let of_one = |x: f64| x / 100.0;
    html! {
        (text::per_100(of_one(risk.value)))
        " (" (text::per_100_range(of_one(risk.lower), of_one(risk.upper))) ")"
    }
}

/// "⊕⊕⊝⊝ low": the signs are for the eye, the word says it.
fn certainty(rated: &Rated) -> Markup {
    let signs: String = (1..=4)
        .map(|i| if i <= rated.level { '\u{2295}' } else { '\u{229d}' })
        .collect();
    html! { span aria-hidden="true" { (signs) " " } (rated.certainty) }
}

fn findings(context: &Context<'_>, label: &str, lines: &Lines<'_>) -> Markup {
    let mut grid = Grid::new(
        format!("Summary of findings: {label}"),
        [
            text_column("Outcome, window"),
            number("Control, per 100"),
            number("Treatment, per 100"),
            number("Effect (95 % CI)"),
            number("Trials"),
            number("People"),
            text_column("Certainty"),
            text_column("In words"),
        ],
    );
    for (rated, pool) in lines {
        let Some(found) = &pool.estimate else { continue };
        grid.row([
            html! { (pool.outcome_label) ", " (words::uncapital(&pool.window_label)) },
            per_100(rated.control_per_100.as_ref()),
            per_100(rated.treatment_per_100.as_ref()),
            super::pool::estimate_link(context, pool, found),
            html! { (text::count(rated.k as u64)) },
            html! { (text::count(rated.n)) },
            certainty(rated),
            html! { div.wording { (rated.sentence) } },
        ]);
    }
    grid.markup()
}

fn domains(lines: &Lines<'_>) -> Markup {
    let mut grid = Grid::new(
        "What lowered certainty, and what did not",
        [
            text_column("Domain"),
            text_column("Concern"),
            text_column("Basis"),
            text_column("Why"),
            text_column("Rule"),
        ],
    );
    for (rated, pool) in lines {
        grid.group(format!(
            "{}, {}: {}",
            pool.outcome_label,
            words::uncapital(&pool.window_label),
            rated.certainty
        ));
        for domain in &rated.domains {
            grid.row([
                html! { (words::capital(domain.domain.label())) },
                html! { (domain.rating.label()) },
                html! { (domain.basis) },
                html! { (domain.text) },
                html! { (domain.rule) },
            ]);
        }
    }
    grid.markup()
}
