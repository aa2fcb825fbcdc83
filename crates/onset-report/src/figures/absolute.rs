//! Icon arrays: people per 100 in both arms.

use super::Figure;
use crate::words;
use onset_plot::icons::{IconArm, Icons};
use onset_plot::{Heading, icons, icons_narrow, text};
use onset_review::answers::{Absolute, Interval, Pool};
use onset_review::grade::Rated;

/// The icon arrays of a pool; `None` without absolute effects, and for single trials outside of the
/// headline's comparison: 200 drawn people would lend them weight.
pub(super) fn figure(
    pool: &Pool,
    name: &str,
    headline: Option<&Pool>,
    rated: Option<&Rated>,
) -> Option<Figure> {
    let absolute = pool.absolute.as_ref()?;
    let first = headline.is_some_and(|h| h.comparison == pool.comparison);
    if pool.k < 2 && !first {
        return None;
    }
    let id = format!("icons-{name}");
    let input = Icons {
        heading: Heading {
            id: id.clone(),
            title: finding(pool, absolute),
            subtitle: subtitle(pool, absolute, rated),
            desc: alternative(pool, absolute, rated),
            source: String::new(),
        },
        event: event(pool),
        arms: arms(pool, absolute),
    };
    let table = Some("absolute".to_owned());
    Some(Figure::new(&id, table, icons(&input), icons_narrow(&input)))
}

/// Both arms, the control first.
fn arms(pool: &Pool, absolute: &Absolute) -> Vec<IconArm> {
    let arm = |label: &str, risk: &Interval, treated: bool| IconArm {
        label: format!("With {}", words::uncapital(label)),
        risk: risk.value,
        limits: Some((risk.lower, risk.upper)),
        treated,
    };
    vec![
        arm(&pool.control_label, &absolute.control_risk, false),
        arm(&pool.treatment_label, &absolute.treatment_risk, true),
    ]
}

/// "response, 24 hours".
pub(crate) fn event(pool: &Pool) -> String {
    format!(
        "{}, {}",
        words::uncapital(&pool.outcome_label),
        words::uncapital(&pool.window_label)
    )
}

/// "Of 100 people, 18 with midazolam and 44 with ketamine: response, 24 hours".
pub(crate) fn finding(pool: &Pool, absolute: &Absolute) -> String {
    format!(
        "{}: {} of 100 people with {} and {} with {}",
        words::capital(&event(pool)),
        text::per_100(absolute.control_risk.value),
        words::uncapital(&pool.control_label),
        text::per_100(absolute.treatment_risk.value),
        words::uncapital(&pool.treatment_label),
    )
}

/// The result in words by certainty and size, with a blank after it; nothing where certainty was not rated.
fn in_words(rated: Option<&Rated>) -> String {
    rated.map_or_else(String::new, |rated| {
        format!("Certainty {}. {} ", rated.certainty, rated.sentence)
    })
}

fn subtitle(pool: &Pool, absolute: &Absolute, rated: Option<&Rated>) -> String {
    let capped = if absolute.capped {
        " A risk above 1 was cut to 1 in some draws."
    } else {
        ""
    };
    let ratio = pool
        .estimate
        .as_ref()
        .map(|e| format!("{}, {}", words::uncapital(&words::estimate(e)), e.model))
        .unwrap_or_default();
    format!(
        "{}People per 100, from the pooled {ratio}; {}. Risk without treatment: {}.{capped}",
        rated.map_or_else(String::new, |rated| format!("Certainty {}. ", rated.certainty)),
        words::weight_of(pool.k, pool.n),
        absolute.control_risk_source,
    )
}

fn alternative(pool: &Pool, absolute: &Absolute, rated: Option<&Rated>) -> String {
    let risk = |risk: &Interval| {
        let range = text::per_100_range(risk.lower, risk.upper);
        format!("{} ({range})", text::per_100(risk.value))
    };
    format!(
        "{}{}. Per 100 people: {} with {}, {} with {}. {}.",
        in_words(rated),
        finding(pool, absolute),
        risk(&absolute.control_risk),
        words::uncapital(&pool.control_label),
        risk(&absolute.treatment_risk),
        words::uncapital(&pool.treatment_label),
        absolute.nnt_text,
    )
}
