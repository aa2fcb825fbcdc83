//! Results in words, by certainty and size of effect.
//!
//! # Source
//! Santesso 2020 (GRADE guidelines 26), J Clin Epidemiol 119:126: high "reduces", moderate "probably reduces", low
//! "may reduce", very low "the evidence is very uncertain"; "in a large", "slightly", "little to no difference" by size.

use super::Rated;
use super::facts::Size;
use crate::answers::Pool;
use crate::phrase::{at_window, lower_first};

/// high | moderate | low | very low
pub(super) fn level(level: u8) -> &'static str {
    match level {
        4 => "high",
        3 => "moderate",
        2 => "low",
        _ => "very low",
    }
}

/// Whether the pooled value goes up, on the outcome's own scale.
fn rises(pool: &Pool, benefit: f64) -> bool {
    (benefit >= 0.0) == (pool.direction == "higher is better")
}

/// The plain statement of one pool. `size` decides between "large", nothing, "slightly" and "little to no".
pub(super) fn sentence(pool: &Pool, certainty: u8, size: Option<Size>, benefit: f64) -> String {
    let treatment = &pool.treatment_label;
    let about = format!(
        "{} compared with {}, {}",
        lower_first(&pool.outcome_label),
        lower_first(&pool.control_label),
        at_window(&pool.window_label)
    );
    let rising = rises(pool, benefit);
    let (verb, plain, large) = if rising {
        ("increases", "increase", "a large increase")
    } else {
        ("reduces", "reduce", "a large reduction")
    };
    match (certainty, size) {
        (4, Some(Size::Large)) => format!("{treatment} results in {large} in {about}."),
        (4, Some(Size::Trivial)) => format!("{treatment} results in little to no difference in {about}."),
        (4, Some(Size::Small)) => format!("{treatment} slightly {verb} {about}."),
        (4, _) => format!("{treatment} {verb} {about}."),
        (3, Some(Size::Large)) => format!("{treatment} likely results in {large} in {about}."),
        (3, Some(Size::Trivial)) => {
            format!("{treatment} likely results in little to no difference in {about}.")
        }
        (3, Some(Size::Small)) => format!("{treatment} probably slightly {verb} {about}."),
        (3, _) => format!("{treatment} probably {verb} {about}."),
        (2, Some(Size::Large)) => format!("{treatment} may result in {large} in {about}."),
        (2, Some(Size::Trivial)) => format!("{treatment} may result in little to no difference in {about}."),
        (2, Some(Size::Small)) => format!("{treatment} may slightly {plain} {about}."),
        (2, _) => format!("{treatment} may {plain} {about}."),
        _ => format!(
            "The evidence is very uncertain about the effect of {} on {about}.",
            lower_first(treatment)
        ),
    }
}

/// The headline's certainty in one sentence, with what lowered it.
pub(super) fn told(rated: &Rated, pool: &Pool) -> String {
    let lowered: Vec<String> = rated
        .domains
        .iter()
        .filter(|domain| domain.levels > 0)
        .map(|domain| format!("{} ({})", domain.domain.label(), domain.rating.label()))
        .collect();
    let why = match lowered.split_last() {
        None => "nothing lowered it".to_owned(),
        Some((only, [])) => format!("lowered for {only}"),
        Some((last, rest)) => format!("lowered for {} and {last}", rest.join(", ")),
    };
    format!(
        "Certainty by GRADE about {} {}: {}, {why}. {}",
        lower_first(&pool.outcome_label),
        at_window(&pool.window_label),
        rated.certainty,
        rated.sentence
    )
}
