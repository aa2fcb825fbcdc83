//! Tables of the floor: every analysis, and what each option does.

use super::Table;
use onset_review::floor::FloorReport;

/// Analyses and forks.
pub(super) fn tables(floor: &FloorReport) -> Vec<Table> {
    vec![analyses(floor), forks(floor)]
}

fn analyses(floor: &FloorReport) -> Table {
    let header = [
        "options",
        "k",
        "weight",
        "estimate",
        "lower",
        "upper",
        "beyond_important",
        "why_not",
    ];
    let mut table = Table::new("floor-analyses", &header);
    for analysis in &floor.curve {
        let options: Vec<String> = analysis
            .options
            .iter()
            .zip(&floor.forks)
            .map(|(option, fork)| format!("{}={option}", fork.id))
            .collect();
        table.rows.push(vec![
            options.join("; ").into(),
            analysis.k.into(),
            analysis.weight.into(),
            analysis.estimate.into(),
            analysis.lower.into(),
            analysis.upper.into(),
            analysis.beyond.into(),
            match &analysis.why_not {
                Some(why) => why.as_str().into(),
                None => super::Cell::Absent,
            },
        ]);
    }
    table
}

fn forks(floor: &FloorReport) -> Table {
    let header = [
        "fork",
        "option",
        "fitted",
        "floor_only",
        "floor_without",
        "reason",
    ];
    let mut table = Table::new("floor-forks", &header);
    for fork in &floor.forks {
        for option in &fork.options {
            table.rows.push(vec![
                fork.id.as_str().into(),
                option.option.as_str().into(),
                option.fitted.into(),
                option.only.into(),
                option.without.into(),
                fork.reason.as_str().into(),
            ]);
        }
    }
    table
}
