//! Tables of costs: courses at declared prices, and what is printed elsewhere.

use super::Table;
use onset_review::economics::EconomicsReport;

/// One row an outcome and willingness; one a printed cost.
pub(super) fn tables(report: &EconomicsReport) -> Vec<Table> {
    let mut list = Vec::new();
    if !report.courses.is_empty() {
        list.push(courses(report));
    }
    if !report.printed.is_empty() {
        list.push(printed(report));
    }
    list
}

fn courses(report: &EconomicsReport) -> Table {
    let header = [
        "course",
        "outcome",
        "currency",
        "extra_cost",
        "extra_people",
        "cost_per_extra",
        "lower",
        "upper",
        "willingness",
        "chance",
        "net_benefit",
        "evpi",
    ];
    let mut table = Table::new("costs", &header);
    for course in &report.courses {
        for outcome in &course.outcomes {
            for at in &outcome.at {
                table.rows.push(vec![
                    course.id.as_str().into(),
                    outcome.outcome_label.as_str().into(),
                    report.currency.clone().into(),
                    course.extra_cost.value.into(),
                    outcome.effect.map(|effect| effect.value).into(),
                    outcome.ratio.into(),
                    outcome.lower.into(),
                    outcome.upper.into(),
                    at.willingness.into(),
                    at.chance.into(),
                    at.net_benefit.into(),
                    at.evpi.into(),
                ]);
            }
        }
    }
    table
}

fn printed(report: &EconomicsReport) -> Table {
    let header = [
        "comparison",
        "perspective",
        "horizon",
        "item",
        "value",
        "value_text",
        "unit",
        "rows",
    ];
    let mut table = Table::new("costs-printed", &header);
    for cost in &report.printed {
        table.rows.push(vec![
            cost.comparison.as_str().into(),
            cost.perspective.clone().into(),
            cost.horizon.clone().into(),
            cost.item.as_str().into(),
            cost.value.into(),
            cost.value_text.clone().into(),
            cost.unit.clone().into(),
            cost.rows.as_slice().into(),
        ]);
    }
    table
}
