//! Head-to-head results of the headline outcome and window, a row a comparison.

use super::{Figure, effect, interval};
use crate::words;
use onset_plot::forest::{Arm, Block, Columns, Forest, Row};
use onset_plot::{Effect, Heading, forest, forest_narrow, text};
use onset_review::Answers;
use onset_review::answers::Pool;

/// Pools of the headline outcome and window that have a result and share its measure.
pub(crate) fn pools(answers: &Answers) -> Vec<&Pool> {
    let Some(headline) = words::headline(answers) else {
        return Vec::new();
    };
    let same = |pool: &&Pool| {
        pool.outcome == headline.outcome
            && pool.window == headline.window
            && pool.measure == headline.measure
            && pool.unit == headline.unit
            && pool.estimate.is_some()
    };
    answers.size.by.iter().filter(same).collect()
}

/// The figure; `None` with fewer than two comparisons.
pub(super) fn figure(answers: &Answers) -> Option<Figure> {
    let pools = pools(answers);
    let first = words::headline(answers).filter(|_| pools.len() > 1)?;
    let title = title(answers)?;
    let scale = pools.first()?.estimate.as_ref()?.scale.clone();
    let said: Vec<String> = pools
        .iter()
        .filter_map(|pool| {
            let found = words::estimate(pool.estimate.as_ref()?);
            Some(format!(
                "{}: {found}, {}",
                pool.comparison_label,
                words::weight_of(pool.k, pool.n)
            ))
        })
        .collect();
    let input = Forest {
        heading: Heading {
            id: "comparisons".to_owned(),
            desc: format!("{title}. {}.", said.join("; ")),
            title,
            subtitle: format!(
                "{}. Each row is a pool of its own trials, pair by pair; rows hold different trials and are \
                 not an indirect comparison.",
                words::measure_phrase(&scale, &first.unit, &first.direction)
            ),
            source: String::new(),
        },
        effect: Effect {
            treatment: "the first named".to_owned(),
            control: "the second named".to_owned(),
            ..effect(pools.first()?)
        },
        columns: Columns::Numbers,
        rows_header: "Comparison".to_owned(),
        treatment: "First named".to_owned(),
        control: "Second named".to_owned(),
        blocks: vec![Block {
            rows: pools.iter().map(|pool| row(pool)).collect(),
            ..Block::default()
        }],
        means: Vec::new(),
        notes: Vec::new(),
        domains: Vec::new(),
    };
    let table = Some("pools".to_owned());
    Some(Figure::new(
        "comparisons",
        table,
        forest(&input),
        forest_narrow(&input),
    ))
}

/// The finding over all comparisons.
pub(crate) fn title(answers: &Answers) -> Option<String> {
    let pools = pools(answers);
    let first = pools.first()?;
    let better = pools
        .iter()
        .filter_map(|pool| {
            let found = words::interval(pool.estimate.as_ref()?);
            Some(words::verdict(&found, pool.ratio, &pool.direction))
        })
        .filter(|verdict| *verdict == words::Verdict::Better)
        .count();
    Some(format!(
        "{}, {}: in {} of {} comparisons the first named does better",
        words::capital(&first.outcome_label),
        words::uncapital(&first.window_label),
        text::count(better as u64),
        text::count(pools.len() as u64),
    ))
}

fn row(pool: &Pool) -> Row {
    let arm = |n: u64| Arm {
        n: Some(n),
        ..Arm::default()
    };
    Row {
        key: pool.id.clone(),
        label: pool.comparison_label.clone(),
        treatment: arm(pool.n_treatment),
        control: arm(pool.n_control),
        effect: pool.estimate.as_ref().map(|e| interval(&words::interval(e))),
        note: text::trials(pool.k),
        rows: words::rows_of(pool),
        ..Row::default()
    }
}
