//! A forest of hazard ratios (or risk ratios) for each question about what lasts.

use super::{Figure, direction, interval};
use crate::words;
use onset_plot::forest::{Arm, Block, Columns, Forest, Mean, Row};
use onset_plot::text::{self, Scale};
use onset_plot::{Effect, Heading, forest, forest_narrow};
use onset_review::Answers;
use onset_review::durability::{LastingEntry, LastingGroup, LastingSide};

/// Name of the figure of a group.
pub(crate) fn name(group: &LastingGroup) -> String {
    format!("lasting-{}", words::slug(&group.id))
}

/// Whether there is more than one ratio to compare: one alone stands in the text.
pub(crate) fn drawable(group: &LastingGroup) -> bool {
    group.parts > 1
}

/// One figure a group.
pub(super) fn figures(answers: &Answers) -> Vec<Figure> {
    let all = answers.durability.iter().flat_map(|d| &d.groups);
    all.filter(|g| drawable(g)).map(one).collect()
}

fn one(group: &LastingGroup) -> Figure {
    let id = name(group);
    let title = finding(group);
    let said: Vec<String> = group
        .entries
        .iter()
        .filter_map(|e| {
            Some(format!(
                "{}: {}.",
                label(e),
                words::cell(e.ratio.as_ref()?, Scale::Ratio)
            ))
        })
        .collect();
    let input = Forest {
        heading: Heading {
            desc: format!("{title}. {}", said.join(" ")),
            id: id.clone(),
            title,
            subtitle: format!(
                "{} of {}, {}; {}.",
                words::capital(&group.measure),
                group.event,
                group.direction,
                group.model
            ),
            source: String::new(),
        },
        effect: Effect {
            label: format!("{} of {}", words::capital(&group.measure), group.event),
            scale: Scale::Ratio,
            ratio: true,
            direction: direction(&group.direction),
            treatment: words::uncapital(&group.treatment_label),
            control: words::uncapital(&group.control_label),
            level: group.level,
            important: None,
        },
        columns: columns(group),
        rows_header: String::new(),
        treatment: group.treatment_label.clone(),
        control: group.control_label.clone(),
        blocks: vec![Block {
            rows: group
                .entries
                .iter()
                .filter(|e| e.ratio.is_some())
                .map(row)
                .collect(),
            ..Block::default()
        }],
        means: mean(group),
        notes: heterogeneity(group),
        domains: Vec::new(),
    };
    Figure::new(
        &id,
        Some("durability".to_owned()),
        forest(&input),
        forest_narrow(&input),
    )
}

fn finding(group: &LastingGroup) -> String {
    let (treatment, control) = (&group.treatment_label, words::uncapital(&group.control_label));
    let said = match &group.estimate {
        None => "no ratio".to_owned(),
        Some(found) => match words::verdict(found, true, &group.direction) {
            words::Verdict::Better => format!("{} does better than {control}", words::uncapital(treatment)),
            words::Verdict::Worse => format!("{} does worse than {control}", words::uncapital(treatment)),
            words::Verdict::Unclear => "the trials do not tell the two apart".to_owned(),
        },
    };
    format!("{}: {said}", words::capital(&group.event))
}

fn label(entry: &LastingEntry) -> String {
    if entry.part.is_empty() {
        entry.label.clone()
    } else {
        format!("{}, {}", entry.label, entry.part)
    }
}

fn columns(group: &LastingGroup) -> Columns {
    let full = |s: &LastingSide| s.events.is_some() && s.n.is_some();
    if group
        .entries
        .iter()
        .any(|e| full(&e.treatment) && full(&e.control))
    {
        Columns::Events
    } else {
        Columns::None
    }
}

fn arm(side: &LastingSide) -> Arm {
    Arm {
        n: side.n,
        mean: None,
        sd: None,
        events: side.events,
    }
}

fn row(entry: &LastingEntry) -> Row {
    Row {
        key: entry.study.clone(),
        label: label(entry),
        year: None,
        treatment: arm(&entry.treatment),
        control: arm(&entry.control),
        effect: entry.ratio.as_ref().map(interval),
        note: String::new(),
        weight: None,
        lights: Vec::new(),
        rows: entry.rows.clone(),
    }
}

fn mean(group: &LastingGroup) -> Vec<Mean> {
    group
        .estimate
        .iter()
        .map(|found| Mean {
            label: words::capital(&group.model),
            effect: Some(interval(found)),
            k: group.k,
            ..Mean::default()
        })
        .collect()
}

fn heterogeneity(group: &LastingGroup) -> Vec<String> {
    match (group.q, group.q_df, group.q_p) {
        (Some(q), Some(df), Some(p)) => vec![format!(
            "Difference between the rows: Q {} on {} df, {}.",
            text::number(q, 1),
            text::count(df),
            text::p_phrase(p)
        )],
        _ => Vec::new(),
    }
}
