//! Who was in the trials, how they were judged, harms, and what is missing.

use super::{Context, Section, parts};
use crate::figures::evidence as drawn;
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::answers::{HarmRow, StudyCard};

/// The sections; those without rows are left away.
pub(super) fn sections(context: &Context<'_>) -> Vec<Section> {
    let parts = [
        ("cohorts", "Who was in the trials", cohorts(context)),
        ("risk-of-bias", "Risk of bias", risk_of_bias(context)),
        ("harms", "Harms", harms(context)),
        (
            "missing-people",
            "People who went missing",
            missing_people(context),
        ),
        (
            "missing-results",
            "Results known to be missing",
            missing_results(context),
        ),
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

fn cohorts(context: &Context<'_>) -> Option<Markup> {
    let evidence = &context.answers.evidence;
    if evidence.studies.is_empty() {
        return None;
    }
    let mut grid = Grid::new(
        "Cohorts as reported",
        [
            text_column("Study"),
            text_column("Population"),
            text_column("Design"),
            number("Randomised"),
            number("Women"),
            number("Mean age"),
            text_column("Other treatment"),
            text_column("Arms"),
            text_column("Country, sponsor"),
        ],
    );
    let pooled = drawn::pooled(evidence);
    grid.group("In at least one pool");
    let listed = |studies: &[&StudyCard], grid: &mut Grid| {
        let shown = studies.iter().take(words::MANY);
        shown.map(|study| grid.row(cohort(context, study))).count()
    };
    let mut shown = listed(&pooled, &mut grid);
    grid.group("In no pool");
    let rest: Vec<&StudyCard> = evidence.studies.iter().filter(|s| s.pools.is_empty()).collect();
    shown += listed(&rest, &mut grid);
    let table = html! { (grid.markup()) (parts::rest(shown, evidence.studies.len(), "studies")) };
    Some(html! {
        (parts::figure(context, "cohorts"))
        (parts::folded("All studies", false, &table))
    })
}

fn cohort(context: &Context<'_>, study: &StudyCard) -> Vec<Markup> {
    let link = |text: Option<String>| match text {
        Some(text) => context.sources.link(&text, &study.rows),
        None => parts::absent(),
    };
    let arms: Vec<String> = study
        .arms
        .iter()
        .map(|arm| match (&arm.dose, &arm.schedule) {
            (Some(dose), Some(schedule)) => format!("{} {dose}, {schedule}", arm.label),
            (Some(dose), None) => format!("{} {dose}", arm.label),
            (None, Some(schedule)) => format!("{}, {schedule}", arm.label),
            (None, None) => arm.label.clone(),
        })
        .collect();
    let place: Vec<&str> = [study.country.as_deref(), study.sponsor.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let population = study.population_text.clone().or_else(|| study.population.clone());
    vec![
        html! { (context.sources.link(&study.label, &study.rows)) },
        parts::or_absent(population),
        html! { (words::plain(&study.design)) },
        link(study.n_randomised.map(text::count)),
        link(study.pct_female.map(|x| text::percent(x, 0))),
        link(study.mean_age.map(|x| text::number(x, 1))),
        parts::or_absent(study.concomitant.clone()),
        html! { (arms.join("; ")) },
        parts::or_absent((!place.is_empty()).then(|| place.join("; "))),
    ]
}

fn risk_of_bias(context: &Context<'_>) -> Option<Markup> {
    let evidence = &context.answers.evidence;
    let tools = drawn::tools(evidence);
    let judged = evidence
        .studies
        .iter()
        .filter(|s| !s.risk_of_bias.is_empty())
        .count();
    if tools.is_empty() {
        return (!evidence.studies.is_empty()).then(|| {
            html! { p { "No judgement of any trial is in the tables of this review." } }
        });
    }
    let names = words::slugs(tools.iter().map(String::as_str));
    let mut shown = Vec::new();
    for (tool, name) in tools.iter().zip(&names) {
        shown.push(html! {
            (parts::figure(context, &format!("risk-of-bias-{name}")))
            (parts::folded(
                &format!("The judgements, {}", drawn::tool_name(tool)), false, &judgements(context, tool)
            ))
        });
    }
    Some(html! {
        p {
            "Judgements are those printed in the sources, by the tool named; "
            (text::count(judged as u64)) " of " (text::count(evidence.studies.len() as u64))
            " studies have been judged. The others have not been rated here, which is not a low risk."
        }
        @for part in &shown { (part) }
    })
}

fn judgements(context: &Context<'_>, tool: &str) -> Markup {
    let evidence = &context.answers.evidence;
    let mut grid = Grid::new(
        format!("Judgements by {}", drawn::tool_name(tool)),
        [
            text_column("Study"),
            text_column("Domain"),
            text_column("Judgement"),
        ],
    );
    for study in &evidence.studies {
        for judged in study.risk_of_bias.iter().filter(|j| j.tool == tool) {
            grid.row([
                html! { (study.label) },
                html! { (words::capital(&words::plain(&judged.domain))) },
                context
                    .sources
                    .link(&words::plain(&judged.judgement), &judged.rows),
            ]);
        }
    }
    grid.markup()
}

fn harms(context: &Context<'_>) -> Option<Markup> {
    let harms = &context.answers.evidence.harms;
    let missing = &context.answers.evidence.harms_missing;
    if harms.is_empty() && missing.is_empty() {
        return None;
    }
    let mut grid = Grid::new(
        "People with an adverse event",
        [
            text_column("Event"),
            text_column("Study"),
            text_column("Arm"),
            number("People / all"),
            number("Percent"),
        ],
    );
    for harm in harms {
        grid.row([
            html! { (words::capital(&harm.event)) },
            html! { (harm.label) },
            html! { (harm.arm) },
            counted(context, harm),
            match harm.percent {
                Some(percent) => context.sources.link(&text::percent(percent, 1), &harm.rows),
                None => parts::absent(),
            },
        ]);
    }
    Some(html! {
        @if !missing.is_empty() {
            p { "Looked for, and in no table of this review: " (missing.join("; ")) ". Not in these tables does not mean \
                 that it did not happen." }
        }
        @if !harms.is_empty() {
            p { "As printed, not pooled: a trial that is not listed did not count the event, or its count is not in \
                 these tables. That is not a count of zero." }
            (grid.markup())
        }
    })
}

fn counted(context: &Context<'_>, harm: &HarmRow) -> Markup {
    match (harm.events, harm.n) {
        (Some(events), Some(n)) => {
            let said = format!("{} / {}", text::count(events), text::count(n));
            context.sources.link(&said, &harm.rows)
        }
        _ => parts::absent(),
    }
}

/// People randomised and analysed: of each pooled study, and of each pool.
fn missing_people(context: &Context<'_>) -> Option<Markup> {
    let studies = drawn::pooled(&context.answers.evidence);
    if studies.is_empty() {
        return None;
    }
    let mut grid = Grid::new(
        "Randomised and analysed",
        [
            text_column("Study"),
            number("Randomised"),
            number("Analysed at most"),
            number("Not analysed"),
            text_column("Design"),
        ],
    );
    for study in &studies {
        let link = |n: Option<u64>| match n {
            Some(n) => context.sources.link(&text::count(n), &study.rows),
            None => parts::absent(),
        };
        let gap = study.n_randomised.zip(study.n_analysed);
        let missing = match gap {
            Some((randomised, analysed)) if analysed <= randomised => text::count(randomised - analysed),
            Some(_) => "counted in both periods".to_owned(),
            None => "not known".to_owned(),
        };
        grid.row([
            html! { (study.label) },
            link(study.n_randomised),
            link(study.n_analysed),
            html! { (missing) },
            html! { (words::plain(&study.design)) },
        ]);
    }
    let count = |test: fn(u64, u64) -> bool| {
        let gaps = studies.iter().filter_map(|s| s.n_randomised.zip(s.n_analysed));
        text::count(
            gaps.filter(|(randomised, analysed)| test(*randomised, *analysed))
                .count() as u64,
        )
    };
    let (whole, some) = (count(|r, a| a >= r), count(|r, a| a < r));
    let unknown = studies.iter().filter(|s| s.n_randomised.is_none()).count();
    Some(html! {
        p {
            "In " (whole) " of " (text::count(studies.len() as u64)) " pooled studies everybody who was randomised \
            stands in at least one pool; in " (some) " some do not. "
            "Compared is the largest number analysed in any pool with the number randomised. Arms that are not compared \
             here count as not analysed; a crossover counts its people in both arms."
            @if unknown > 0 {
                " Of " (text::count(unknown as u64)) " of " (text::count(studies.len() as u64))
                " studies these tables do not hold the number randomised."
            }
        }
        (parts::folded("Study by study", false, &grid.markup()))
    })
}

/// Declared outcomes without a row, pools without a result, and rows that could not be used.
fn missing_results(context: &Context<'_>) -> Option<Markup> {
    let absent = &context.answers.evidence.not_available;
    let empty: Vec<_> = context
        .pools
        .iter()
        .filter(|(p, _)| p.estimate.is_none())
        .collect();
    let partly: Vec<_> = context
        .pools
        .iter()
        .filter(|(p, _)| p.estimate.is_some() && !p.left_out.is_empty())
        .collect();
    if absent.is_empty() && empty.is_empty() && partly.is_empty() {
        return None;
    }
    let mut grid = Grid::new(
        "Studies with rows that a pool could not use",
        [
            text_column("Study"),
            text_column("Comparison, outcome, window"),
            text_column("Reason"),
        ],
    );
    for (pool, _) in empty.iter().chain(&partly) {
        for left in &pool.left_out {
            let place = [&pool.comparison_label, &pool.outcome_label, &pool.window_label];
            grid.row([
                html! { (context.sources.link(&left.label, &left.rows)) },
                html! { (place.map(String::as_str).join(", ")) },
                html! { (left.reason) },
            ]);
        }
    }
    let mut planned = Grid::new(
        "Planned and without a result",
        [
            text_column("Comparison"),
            text_column("Outcome"),
            text_column("Window"),
            text_column("Why"),
        ],
    );
    for (pool, _) in &empty {
        planned.row([
            html! { (pool.comparison_label) },
            html! { (pool.outcome_label) },
            html! { (pool.window_label) },
            html! { (pool.why_not.as_deref().unwrap_or("No result.")) },
        ]);
    }
    let matrix = &context.answers.missing.pools;
    let left: usize = context.pools.iter().map(|(pool, _)| pool.left_out.len()).sum();
    Some(html! {
        @if !absent.is_empty() {
            p { "Outcomes that the protocol asks for and no table holds: " (absent.join("; ")) "." }
        }
        @if !matrix.is_empty() { (known_missing(context)) }
        @if !empty.is_empty() {
            p {
                (text::count(empty.len() as u64)) " of " (text::count(context.pools.len() as u64))
                " planned pools have no result."
            }
            (parts::folded("Planned and without a result", false, &planned.markup()))
        }
        @if left > 0 {
            p {
                "In " (text::count(left as u64)) " cases a study has rows on an outcome and window that the pool \
                could not use."
            }
            (parts::folded("Studies that could not be used, with the reasons", false, &grid.markup()))
        }
    })
}

/// How many trials and people of each comparison stand in its pools, and which do not (ROB-ME).
fn known_missing(context: &Context<'_>) -> Markup {
    let matrix = &context.answers.missing.pools;
    let mut counts = Grid::new(
        "Trials of a comparison, and those that a pool holds",
        [
            text_column("Outcome, window"),
            number("Trials in the pool"),
            number("Trials compared"),
            number("People randomised in the pool"),
            number("People randomised"),
            number("Measured, no usable number"),
            number("At another time only"),
            number("Not known"),
        ],
    );
    let mut trials = Grid::new(
        "Trials without a usable result, pool by pool",
        [
            text_column("Study"),
            number("Randomised"),
            text_column("Kind"),
            text_column("Reason"),
        ],
    );
    let mut comparison = "";
    for entry in matrix {
        let Some(pool) = words::pool_at(context.answers, &entry.pool) else {
            continue;
        };
        if pool.comparison != comparison {
            comparison = &pool.comparison;
            counts.group(pool.comparison_label.clone());
        }
        let of_kind = |kinds: &[&str]| {
            let found = entry.missing.iter().filter(|t| kinds.contains(&t.kind.as_str()));
            html! { (text::count(found.count() as u64)) }
        };
        let place = format!("{}, {}", pool.outcome_label, words::uncapital(&pool.window_label));
        counts.row([
            html! { (place) },
            html! { (text::count(entry.pooled as u64)) },
            html! { (text::count(entry.trials as u64)) },
            html! { (text::count(entry.people_pooled)) },
            html! { (text::count(entry.people)) },
            of_kind(&["not usable", "declared"]),
            of_kind(&["measured at another time"]),
            of_kind(&["not known"]),
        ]);
        if !entry.missing.is_empty() {
            trials.group(format!("{}: {place}", pool.comparison_label));
        }
        for trial in &entry.missing {
            trials.row([
                context.sources.link(&trial.label, &trial.rows),
                html! { @match trial.people {
                    Some(n) => (text::count(n)),
                    None => (parts::absent()),
                } },
                html! { (trial.kind) },
                html! { (trial.reason) },
            ]);
        }
    }
    let headline = matrix
        .iter()
        .find(|entry| context.answers.size.pool.as_deref() == Some(entry.pool.as_str()));
    html! {
        @if let Some(entry) = headline {
            p {
                "The headline result holds " (text::count(entry.pooled as u64)) " of the "
                (text::count(entry.trials as u64)) " trials in these tables that make its comparison, and "
                (text::count(entry.people_pooled)) " of the " (text::count(entry.people)) " people randomised in them."
            }
        }
        p {
            "A trial whose result is not in the tables may not have measured it, or may have measured it and not \
            printed it where it was read. Which of the two cannot be told from these tables alone, and a trial that \
            nobody listed is not counted at all."
        }
        (parts::folded("How much of each comparison its pools hold", false, &counts.markup()))
        (parts::folded("Trials without a usable result", false, &trials.markup()))
    }
}
