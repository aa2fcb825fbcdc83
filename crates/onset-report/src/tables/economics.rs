//! Tables of costs: courses at declared prices, and what is printed elsewhere.

use super::Table;
use onset_review::economics::EconomicsReport;

/// One row an outcome and willingness; one a printed cost.
pub(super) fn tables(report: &EconomicsReport) -> Vec<Table> {
    let mut list = Vec::new();
    if !report.courses.is_empty() {
        list.push(courses(report));
    }
    if !report.models.is_empty() {
        list.push(inputs(report));
    }
    if report.models.iter().any(|model| !model.arms.is_empty()) {
        list.push(models(report));
    }
    let curves = acceptability(report);
    if !curves.rows.is_empty() {
        list.push(curves);
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

fn inputs(report: &EconomicsReport) -> Table {
    let header = [
        "model",
        "input",
        "value",
        "standard_error",
        "distribution",
        "source",
    ];
    let mut table = Table::new("costs-model-inputs", &header);
    for model in &report.models {
        for input in &model.inputs {
            table.rows.push(vec![
                model.id.as_str().into(),
                input.label.as_str().into(),
                input.value.into(),
                input.standard_error.into(),
                input.distribution.as_str().into(),
                input.source.as_str().into(),
            ]);
        }
        for missing in &model.missing {
            table.rows.push(vec![
                model.id.as_str().into(),
                missing.as_str().into(),
                None::<f64>.into(),
                None::<f64>.into(),
                "missing".into(),
                None::<String>.into(),
            ]);
        }
    }
    table
}

fn models(report: &EconomicsReport) -> Table {
    let header = [
        "model",
        "arm",
        "currency",
        "months_after_window",
        "cost",
        "qaly",
        "months_in_remission",
        "months_in_response",
        "months_depressed",
        "months_off",
        "months_dead",
    ];
    let mut table = Table::new("costs-model", &header);
    for model in &report.models {
        for arm in &model.arms {
            let mut row = vec![
                model.id.as_str().into(),
                arm.label.as_str().into(),
                report.currency.clone().into(),
                (model.months_run as u64).into(),
                arm.cost.into(),
                arm.qaly.into(),
            ];
            row.extend(arm.months.iter().map(|&months| months.into()));
            table.rows.push(row);
        }
    }
    table
}

fn acceptability(report: &EconomicsReport) -> Table {
    let header = [
        "course_or_model",
        "outcome",
        "currency",
        "willingness",
        "chance",
        "net_benefit",
        "evpi",
    ];
    let mut table = Table::new("costs-acceptability", &header);
    let courses = report.courses.iter().flat_map(|course| {
        let outcomes = course.outcomes.iter();
        outcomes.map(|o| (course.id.as_str(), o.outcome_label.as_str(), &o.curve))
    });
    let models = report
        .models
        .iter()
        .map(|model| (model.id.as_str(), "quality-adjusted life year", &model.curve));
    for (id, outcome, curve) in courses.chain(models) {
        for at in curve {
            table.rows.push(vec![
                id.into(),
                outcome.into(),
                report.currency.clone().into(),
                at.willingness.into(),
                at.chance.into(),
                at.net_benefit.into(),
                at.evpi.into(),
            ]);
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
