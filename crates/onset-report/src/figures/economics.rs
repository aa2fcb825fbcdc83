//! Acceptability curves: the chance that a treatment is worth its extra cost, by what a good outcome may cost.

use super::Figure;
use crate::words;
use onset_plot::lines::{LineKind, LinePoint, LineSeries, Lines};
use onset_plot::text::Scale;
use onset_plot::{Heading, lines, lines_narrow, text};
use onset_review::Answers;
use onset_review::economics::{AtWillingness, CourseCost, EconomicsReport, ModelReport};

/// Points between two marks of a line.
const MARKS: usize = 10;

/// Name of the figure of a course.
pub(crate) fn course_name(course: &CourseCost) -> String {
    format!("acceptability-{}", words::slug(&course.id))
}

/// Name of the figure of a model.
pub(crate) fn model_name(model: &ModelReport) -> String {
    format!("acceptability-model-{}", words::slug(&model.id))
}

/// One a course and one a model, where there is a curve.
pub(super) fn figures(answers: &Answers) -> Vec<Figure> {
    let Some(report) = &answers.economics else {
        return Vec::new();
    };
    let mut list: Vec<Figure> = report.courses.iter().filter_map(|c| course(report, c)).collect();
    list.extend(report.models.iter().filter_map(|m| model(report, m)));
    list
}

fn series(label: String, hue: usize, at: &[AtWillingness]) -> LineSeries {
    LineSeries {
        label,
        hue,
        kind: LineKind::Marked,
        points: at
            .iter()
            .enumerate()
            .map(|(i, at)| LinePoint {
                x: at.willingness,
                y: Some(100.0 * at.chance),
                name: if i % MARKS == 0 {
                    text::count(at.willingness.round() as u64)
                } else {
                    String::new()
                },
            })
            .collect(),
    }
}

fn figure(
    name: &str,
    title: String,
    subtitle: String,
    x: String,
    series: Vec<LineSeries>,
    table: &str,
) -> Option<Figure> {
    if series.iter().all(|one| one.points.is_empty()) {
        return None;
    }
    let said: Vec<String> = series
        .iter()
        .filter_map(|one| Some((one, one.points.last()?)))
        .filter_map(|(one, last)| {
            let chance = text::percent(last.y?, 0);
            Some(format!(
                "{}: {chance} at {}",
                one.label,
                text::count(last.x.round() as u64)
            ))
        })
        .collect();
    let input = Lines {
        heading: Heading {
            id: name.to_owned(),
            desc: format!("{title}. At the right end, {}.", said.join("; ")),
            title,
            subtitle,
            source: String::new(),
        },
        x,
        y: "Chance that the treatment is worth its extra cost, %".to_owned(),
        scale: Scale::Percent,
        y_limits: Some((0.0, 100.0)),
        series,
        ..Lines::default()
    };
    Some(Figure::new(
        name,
        Some(table.to_owned()),
        lines(&input),
        lines_narrow(&input),
    ))
}

/// "is more likely than not worth its cost from X on", or that it nowhere is.
fn finding(at: &[AtWillingness], what: &str, currency: &str) -> String {
    match at.iter().find(|at| at.chance > 0.5) {
        Some(first) if first.willingness == 0.0 => {
            format!("more likely than not worth it at any price for {what}")
        }
        Some(first) => format!(
            "more likely than not worth it where {what} may cost {} {currency} or more",
            text::count(first.willingness.round() as u64)
        ),
        None => format!("less likely than not worth it at every amount shown for {what}"),
    }
}

fn course(report: &EconomicsReport, course: &CourseCost) -> Option<Figure> {
    let currency = report.currency.as_deref().unwrap_or_default();
    let drawn: Vec<_> = course.outcomes.iter().filter(|o| !o.curve.is_empty()).collect();
    let first = drawn.first()?;
    let what = format!("one extra person with {}", words::uncapital(&first.outcome_label));
    let title = format!(
        "{}: {}",
        words::capital(&course.treatment_label),
        finding(&first.curve, &what, currency)
    );
    let subtitle = format!(
        "Against {}, to the end of {}; nothing is carried beyond it. {}.",
        words::uncapital(&course.control_label),
        words::uncapital(&course.window_label),
        words::capital(report.perspective.as_deref().unwrap_or_default())
    );
    let series = drawn
        .iter()
        .enumerate()
        .map(|(hue, o)| series(o.outcome_label.clone(), hue, &o.curve))
        .collect();
    let x = format!("What one extra person with the outcome may cost, {currency}");
    figure(
        &course_name(course),
        title,
        subtitle,
        x,
        series,
        "costs-acceptability",
    )
}

fn model(report: &EconomicsReport, model: &ModelReport) -> Option<Figure> {
    if model.curve.is_empty() {
        return None;
    }
    let currency = report.currency.as_deref().unwrap_or_default();
    let title = format!(
        "{}: {}",
        words::capital(&model.treatment_label),
        finding(&model.curve, "a quality-adjusted life year", currency)
    );
    let reach = match &model.extrapolation {
        Some(named) => format!("Carried {named}"),
        None => "Not carried past the evidence".to_owned(),
    };
    let subtitle = format!(
        "Against {}; tree to {}, then {} monthly cycles. {}.",
        words::uncapital(&model.control_label),
        words::uncapital(&model.window_label),
        text::count(model.months_run as u64),
        reach.trim_end_matches('.')
    );
    let series = vec![series(model.treatment_label.clone(), 0, &model.curve)];
    let x = format!("What a quality-adjusted life year may cost, {currency}");
    figure(
        &model_name(model),
        title,
        subtitle,
        x,
        series,
        "costs-acceptability",
    )
}
