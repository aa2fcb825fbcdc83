//! The six screens.

use super::Screen;
use crate::figures::{Figure, comparison, pool_names};
use crate::page;
use crate::words::{self, Verdict};
use maud::{Markup, html};
use onset_plot::text;
use onset_review::Answers;
use onset_review::answers::{Absolute, Course, Pool};
use onset_review::grade::{Grade, Rated};
use onset_review::ledger::Ledger;
use onset_review::protocol::Domain;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer studies than this are called few.
const FEW: usize = 5;

/// All six, in their order.
pub(super) fn all(answers: &Answers, figures: &BTreeMap<String, Figure>) -> Vec<Screen> {
    vec![
        speed(answers),
        size(answers, figures),
        duration(answers),
        blinding(answers),
        compared(answers),
        certainty(answers),
    ]
}

/// "5 studies with 312 people".
fn studies(k: usize, n: u64) -> String {
    let noun = if k == 1 { "study" } else { "studies" };
    format!("{} {noun} with {}", text::count(k as u64), text::people(n))
}

/// Who did better, in words.
fn who(pool: &Pool) -> String {
    let (treatment, control) = (
        words::uncapital(&pool.treatment_label),
        words::uncapital(&pool.control_label),
    );
    let Some(found) = &pool.estimate else {
        return "no result".to_owned();
    };
    match words::verdict(&words::interval(found), pool.ratio, &pool.direction) {
        Verdict::Better => format!("{treatment} did better than {control}"),
        Verdict::Worse => format!("{control} did better than {treatment}"),
        Verdict::Unclear => "no clear difference".to_owned(),
    }
}

/// The course of the headline's comparison and outcome.
fn headline_course(answers: &Answers) -> Option<&Course> {
    let headline = words::headline(answers)?;
    let same = |c: &&Course| c.comparison == headline.comparison && c.outcome == headline.outcome;
    answers.speed.course.iter().find(same)
}

fn speed(answers: &Answers) -> Screen {
    let mut unknown = vec!["We do not know the hour at which it starts to work.".to_owned()];
    let known = match headline_course(answers) {
        Some(course) => {
            if course.points.iter().any(|point| point.estimate.is_none()) {
                unknown.push("At some times, no study gave a result.".to_owned());
            }
            checks(answers, course)
        }
        None => html! { p { "No study in this review gave a result that we can show here." } },
    };
    Screen {
        anchor: "speed",
        heading: "How fast does it work?",
        known,
        unknown,
    }
}

/// What was found at each time of checking.
fn checks(answers: &Answers, course: &Course) -> Markup {
    let pools = || {
        course
            .points
            .iter()
            .filter_map(|point| Some((point, words::pool_at(answers, &point.pool)?)))
    };
    let better = |pool: &Pool| {
        pool.estimate.as_ref().is_some_and(|found| {
            words::verdict(&words::interval(found), pool.ratio, &pool.direction) == Verdict::Better
        })
    };
    let first = pools().find(|(_, pool)| better(pool));
    let (treatment, control) = (
        words::uncapital(&course.treatment_label),
        words::uncapital(&course.control_label),
    );
    html! {
        @match first {
            Some((point, _)) => p.lead {
                "The first check at which " (treatment) " did better than " (control) ": "
                (words::uncapital(&point.window_label)) "."
            },
            None => p.lead {
                "At no time could the studies show that " (treatment) " did better than " (control) "."
            },
        }
        p { "Here is each time that people were checked:" }
        table {
            thead { tr { th scope="col" { "When" } th scope="col" { "Who was checked" } th scope="col" { "Result" } } }
            tbody { @for (point, pool) in pools() { tr {
                th scope="row" { (point.window_label) }
                td { @if point.k == 0 { "no one" } @else { (studies(point.k, point.n)) } }
                td { (who(pool)) }
            } } }
        }
        p.small { "The studies are not the same at each time." }
    }
}

fn size(answers: &Answers, figures: &BTreeMap<String, Figure>) -> Screen {
    let headline = words::headline(answers);
    let found = headline.filter(|pool| pool.estimate.is_some());
    let absolute = absolute_pools(answers);
    let mut unknown = Vec::new();
    if absolute.is_empty() {
        unknown.push("We do not know how many people out of 100 get better.".to_owned());
    }
    if found.is_none() && absolute.is_empty() {
        unknown.push("We have no result on how much it helps.".to_owned());
    }
    unknown.push(
        "These numbers are about groups of people. They cannot tell what will happen to you.".to_owned(),
    );
    unknown.push(
        "Side effects are not on this page. The full report lists what the studies counted.".to_owned(),
    );
    if !answers.evidence.harms_missing.is_empty() {
        unknown.push(format!(
            "We have no counts at all of: {}.",
            answers.evidence.harms_missing.join(", ")
        ));
    }
    let known = html! {
        @if let Some(pool) = found { (average(pool)) }
        @for (pool, absolute, name) in &absolute { (per_hundred(answers, pool, absolute, figures.get(name))) }
    };
    Screen {
        anchor: "size",
        heading: "How much does it help?",
        known,
        unknown,
    }
}

/// Pools of the headline's comparison with people per 100: in its window, or else in the first that has any.
fn absolute_pools(answers: &Answers) -> Vec<(&Pool, &Absolute, String)> {
    let Some(headline) = words::headline(answers) else {
        return Vec::new();
    };
    let names = pool_names(answers);
    let all: Vec<(&Pool, &Absolute, String)> = answers
        .size
        .by
        .iter()
        .zip(names)
        .filter(|(pool, _)| pool.comparison == headline.comparison)
        .filter_map(|(pool, name)| Some((pool, pool.absolute.as_ref()?, format!("icons-{name}"))))
        .collect();
    let window = if all.iter().any(|(pool, ..)| pool.window == headline.window) {
        headline.window.clone()
    } else {
        all.first()
            .map(|(pool, ..)| pool.window.clone())
            .unwrap_or_default()
    };
    all.into_iter()
        .filter(|(pool, ..)| pool.window == window)
        .collect()
}

/// The average difference in points, in words.
fn average(pool: &Pool) -> Markup {
    let Some(found) = pool.estimate.as_ref() else {
        return html! {};
    };
    let (treatment, control) = (
        words::uncapital(&pool.treatment_label),
        words::uncapital(&pool.control_label),
    );
    let scale = words::scale(&pool.measure);
    let side = |x: f64| if x < 0.0 { "lower" } else { "higher" };
    let amount = |x: f64| text::value(x.abs(), scale);
    let points = !pool.unit.is_empty();
    html! {
        p.lead {
            (words::capital(&pool.window_label)) ": " (who(pool)) "."
        }
        @if points && !pool.ratio {
            p {
                "On a scale for " (words::uncapital(&pool.outcome_label)) ", people given " (treatment)
                " scored about " (amount(found.value)) " points " (side(found.value)) " than people given "
                (control) ". The real gap could be from " (amount(found.lower)) " points " (side(found.lower))
                " to " (amount(found.upper)) " points " (side(found.upper)) ". On this scale, "
                (pool.direction) "."
            }
        }
        p.small { "This comes from " (studies(pool.k, pool.n)) "." }
    }
}

/// Both arms out of 100, with their icon arrays.
fn per_hundred(answers: &Answers, pool: &Pool, absolute: &Absolute, figure: Option<&Figure>) -> Markup {
    let arm = |label: &str, risk: &onset_review::answers::Interval| {
        let label = words::uncapital(label);
        html! {
            li {
                "Out of " strong { "100" } " people given " (label) ", about "
                strong { (text::per_100(risk.value)) } " have this result. It could be "
                (text::per_100_range(risk.lower, risk.upper)) "."
            }
        }
    };
    html! {
        h3 { (words::capital(&pool.outcome_label)) ", " (words::uncapital(&pool.window_label)) }
        ul {
            (arm(&pool.control_label, &absolute.control_risk))
            (arm(&pool.treatment_label, &absolute.treatment_risk))
        }
        @if let Some(figure) = figure { figure { (page::drawings(figure)) } }
        @if let Some(rated) = words::rated(answers, pool) { p.in-words { strong { (how_sure(rated, pool)) } } }
        p.small {
            "The gap comes from " (studies(pool.k, pool.n)) ". The number for "
            (words::uncapital(&pool.control_label)) " was set before: " (absolute.control_risk_source) "."
        }
    }
}

fn duration(answers: &Answers) -> Screen {
    let last = answers
        .duration
        .pool
        .as_deref()
        .and_then(|pointer| words::pool_at(answers, pointer));
    let mut unknown = Vec::new();
    let known = match last {
        Some(pool) => {
            unknown.push("We do not know what happens after that.".to_owned());
            html! {
                p.lead { "The last check: " (words::uncapital(&pool.window_label)) "." }
                p { "It comes from " (studies(pool.k, pool.n)) ". What they found: " (who(pool)) "." }
            }
        }
        None => html! { p { "No study in this review gave a result that we can show here." } },
    };
    unknown.push("We have not worked out how long the effect lasts.".to_owned());
    let lasting = lasting(answers);
    Screen {
        anchor: "duration",
        heading: "How long does it last?",
        known: html! { (known) @for said in &lasting { p { (said) } } },
        unknown,
    }
}

/// Tests of going on or stopping, in plain words.
fn lasting(answers: &Answers) -> Vec<String> {
    let groups = answers.durability.iter().flat_map(|d| &d.groups);
    groups
        .filter(|g| g.estimand == "withdrawal")
        .filter_map(|g| {
            let found = g.estimate.as_ref()?;
            let tests = if g.k == 1 { "One test".to_owned() } else { format!("{} tests", text::count(g.k as u64)) };
            let said = match words::verdict(found, true, &g.direction) {
                Verdict::Better => "Fewer of those who went on got ill again.",
                Verdict::Worse => "More of those who went on got ill again.",
                Verdict::Unclear => "It could not tell the two apart.",
            };
            Some(format!(
                "{tests} took people who had got better. By chance, some went on ({}) and some did not ({}). {said} \
                 This does not tell how long a first good spell lasts.",
                words::uncapital(&g.treatment_label),
                words::uncapital(&g.control_label)
            ))
        })
        .collect()
}

fn blinding(answers: &Answers) -> Screen {
    let answered = answers.blinding.estimate.is_some();
    Screen {
        anchor: "blinding",
        heading: "Could people tell what they were given?",
        known: html! {
            p { "In a fair test, people should not know what they were given. If they can feel it, they may guess \
                 right. Hope can then change how they feel, and so can letdown." }
            @match answers.ledger.as_ref() {
                Some(ledger) => (guessing(answers, ledger)),
                None => @if !answers.blinding.sentence.is_empty() { p { (answers.blinding.sentence) } },
            }
        },
        unknown: if answered {
            Vec::new()
        } else {
            vec!["We do not know how much of the gap comes from this.".to_owned()]
        },
    }
}

/// How many studies asked, and how strong hope would have to be.
fn guessing(answers: &Answers, ledger: &Ledger) -> Markup {
    let asked: BTreeSet<&str> = ledger.guesses.iter().map(|guess| guess.study.as_str()).collect();
    let all = answers.evidence.studies.len();
    let tips = ledger.adjusted.iter().flat_map(|adjusted| &adjusted.tipping);
    let whole = tips
        .filter(|tip| tip.target == "no difference")
        .find_map(|tip| tip.effect_of_belief);
    let unit = ledger
        .adjusted
        .as_ref()
        .map_or("", |adjusted| adjusted.unit.as_str());
    html! {
        p { "Only " (text::count(asked.len() as u64)) " of " (text::count(all as u64)) " studies tell us what \
             people in each group guessed." }
        @if let Some(worth) = whole {
            p { "Could hope alone make the whole gap? Then being sure of the drug would have to be worth about "
                (text::number(worth, 0)) " " (unit) "." }
        }
    }
}

fn compared(answers: &Answers) -> Screen {
    let pools = comparison::pools(answers);
    Screen {
        anchor: "comparison",
        heading: "What was it compared with?",
        known: html! {
            @if pools.is_empty() {
                p { "No study in this review gave a result that we can show here." }
            } @else {
                p { "Each line is a test of two things side by side:" }
                ul { @for pool in &pools {
                    li {
                        (words::capital(&pool.treatment_label)) " or " (words::uncapital(&pool.control_label)) ": "
                        (who(pool)) ", in " (studies(pool.k, pool.n)) "."
                    }
                } }
            }
        },
        unknown: vec![
            "Each line comes from its own studies. So we do not know which one is best of all.".to_owned(),
        ],
    }
}

fn certainty(answers: &Answers) -> Screen {
    let rated = answers.certainty.estimate.is_some();
    let headline = words::headline(answers).filter(|pool| pool.estimate.is_some());
    let graded = answers.grade.as_ref();
    let mut unknown = Vec::new();
    if !rated && graded.is_none() {
        unknown.push("We have not rated how sure this is yet.".to_owned());
    }
    if headline.is_some_and(|pool| pool.k < FEW) {
        unknown.push("Only a few studies looked at this. One more study may change the answer.".to_owned());
    }
    if !answers.review.systematic_search {
        unknown.push("There may be studies that we did not find.".to_owned());
    }
    unknown.push("Other people than those in the studies may do better or worse.".to_owned());
    Screen {
        anchor: "certainty",
        heading: "How sure can we be?",
        known: html! {
            @if rated && !answers.certainty.sentence.is_empty() { p.lead { (answers.certainty.sentence) } }
            @if let Some(grade) = graded { (trust(answers, grade)) }
            @if let Some(pool) = headline {
                p { "The main result comes from " (studies(pool.k, pool.n)) "." }
            }
        },
        unknown,
    }
}

/// How sure each result of the headline's comparison and window is, and what lowered it, in plain words.
fn trust(answers: &Answers, grade: &Grade) -> Markup {
    let headline = words::headline(answers);
    let mine: Vec<(&Rated, &Pool)> = grade
        .pools
        .iter()
        .filter_map(|rated| Some((rated, words::pool_at(answers, &rated.pool)?)))
        .filter(|(_, pool)| {
            headline.is_some_and(|h| h.comparison == pool.comparison && h.window == pool.window)
        })
        .collect();
    let first = mine
        .iter()
        .find(|(_, pool)| headline.is_some_and(|h| h.id == pool.id));
    html! {
        @if let Some((rated, pool)) = first {
            p.lead { (sure(rated)) }
            p {
                (words::capital(&words::uncapital(&pool.outcome_label))) ", " (words::uncapital(&pool.window_label))
                ". What makes us less sure?"
            }
            ul { @for domain in rated.domains.iter().filter(|d| d.levels > 0) { li { (lowered(domain.domain)) } } }
        }
        @if mine.len() > 1 {
            p { "Here is how sure we are of each result:" }
            ul { @for (rated, pool) in &mine {
                li { (pool.outcome_label) ": " (plain_level(rated.level)) "." }
            } }
        }
    }
}

fn plain_level(level: u8) -> &'static str {
    match level {
        4 => "very sure",
        3 => "fairly sure",
        2 => "not very sure",
        _ => "not sure at all",
    }
}

/// What the icons show, in words by how sure it is and how large.
fn how_sure(rated: &Rated, pool: &Pool) -> String {
    let (treatment, control) = (
        words::uncapital(&pool.treatment_label),
        words::uncapital(&pool.control_label),
    );
    let size = match rated.size.as_deref() {
        Some("large") => "a large gap",
        Some("small") => "a small gap",
        Some("trivial") => "little or no gap",
        _ => "a gap",
    };
    let between = format!("between {treatment} and {control}");
    match rated.level {
        4 => format!("There is {size} {between}. We are very sure of this."),
        3 => format!("There is likely {size} {between}. We are fairly sure of this."),
        2 => format!("There may be {size} {between}. We are not very sure of this."),
        _ => format!(
            "We are not sure at all of these numbers. The real gap {between} may be quite different, and there may be none."
        ),
    }
}

fn sure(rated: &Rated) -> String {
    let more = match rated.level {
        4 => "The real effect is very likely close to this.",
        3 => "The real effect is likely close to this, but it may not be.",
        2 => "The real effect may be quite different.",
        _ => "The real effect is likely to be quite different.",
    };
    format!("We are {} of the main result. {more}", plain_level(rated.level))
}

fn lowered(domain: Domain) -> &'static str {
    match domain {
        Domain::RiskOfBias => "The way some studies were done, or told, may have tilted the result.",
        Domain::Inconsistency => "The studies do not agree with each other.",
        Domain::Indirectness => "The studies were not quite about what we asked.",
        Domain::Imprecision => "Too few people took part, or the result is too wide.",
        Domain::PublicationBias => "Some results may be missing.",
    }
}
