//! Curves over time: onset by each definition, horizon, fits by trial, and published courses of other treatments.

use super::{Context, parts};
use crate::figures::timecourse as figure;
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_plot::text::Scale;
use onset_review::timecourse::{ComparatorCurve, Onset, TimeCourse};

/// One block a comparison; the headline's first.
pub(super) fn section(context: &Context<'_>) -> Vec<Markup> {
    let Some(all) = context.answers.timecourse.as_ref() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for course in all.courses.iter().filter(|c| c.k > 0) {
        let name = figure::name(course);
        let drawn = if figure::drawable(course) {
            Some(parts::figure(context, &name))
        } else {
            None
        };
        let dated = if figure::has_onset(course) {
            Some(parts::figure(context, &figure::onset_name(course)))
        } else {
            None
        };
        let single = if figure::drawable(course) {
            Some(parts::figure(context, &figure::trials_name(course)))
        } else {
            None
        };
        out.push(html! {
            h3 { "Every visit: " (words::uncapital(&course.comparison_label)) }
            @if let Some(why) = &course.why_not { p { strong { "Onset not identified. " } (why) } }
            @if let Some(latest) = latest(course) { p { (latest) } }
            @if let Some(drawn) = drawn { (drawn) }
            @if !course.onset.is_empty() { (onsets(course)) }
            @if let Some(dated) = dated { (dated) }
            @if let Some(single) = single { (parts::folded("Every trial by itself", true, &single)) }
            (parts::folded("How far the evidence reaches, and every trial's visits", false, &behind(course)))
        });
    }
    out.extend(all.comparators.iter().map(comparator));
    out
}

fn latest(course: &TimeCourse) -> Option<String> {
    let latest = course.latest.as_ref()?;
    let hours = latest.hours?;
    Some(format!(
        "The important difference is reached by {} at the latest ({} curve, likelihood limit).",
        text::hours(hours),
        latest.form
    ))
}

pub(super) fn definition(code: &str) -> &'static str {
    match code {
        "half_peak" => "Half of the peak",
        "important_difference" => "Important difference reached",
        "sustained_separation" => "Separated from control, and stays so to the horizon",
        _ => "Important difference reached, and kept to the horizon",
    }
}

fn hours(value: Option<f64>) -> String {
    value.map_or_else(|| "—".to_owned(), text::hours)
}

fn interval(onset: &Onset) -> String {
    match (onset.lower_hours, onset.upper_hours) {
        (None, None) => "—".to_owned(),
        (lower, Some(upper)) => format!("{} to {}", hours(lower), text::hours(upper)),
        (lower, None) => format!("{} to never", hours(lower)),
    }
}

fn onsets(course: &TimeCourse) -> Markup {
    let mut grid = Grid::new(
        "Onset by each definition",
        [
            text_column("Definition"),
            number("Time"),
            number("Interval"),
            number("P(never)"),
            number("Trials then"),
            number("People then"),
        ],
    );
    for onset in &course.onset {
        grid.row([
            html! { (definition(&onset.definition)) },
            html! { (hours(onset.hours)) @if onset.beyond_data { " (after the last visit)" } },
            html! { (interval(onset)) },
            html! { (onset.p_never.map(|p| text::number(p, 3)).unwrap_or_default()) },
            html! { (onset.trials.map(|k| text::count(k as u64)).unwrap_or_default()) },
            html! { (onset.people.map(|n| text::count(n.round() as u64)).unwrap_or_default()) },
        ]);
    }
    html! { (grid.markup()) p { (course.model) "." } }
}

fn behind(course: &TimeCourse) -> Markup {
    html! {
        (horizon(course))
        (evidence(course))
        (visits(course))
        (tried(course))
        @if !course.leave_one_out.is_empty() { (without(course)) }
        @if !course.left_out.is_empty() {
            p { "Visits that are not used:" }
            ul {
                @for left in &course.left_out { li { (left.label) ": " (left.reason) } }
            }
        }
        p { (course.model) "." }
    }
}

fn horizon(course: &TimeCourse) -> Markup {
    html! {
        ul {
            @for h in &course.horizon {
                li {
                    "Evidence horizon at " (text::percent(h.share * 100.0, 0)) " of the peak information, two trials at least: "
                    @match h.hours {
                        Some(t) => {
                            (text::hours(t))
                            @if let (Some(k), Some(n)) = (h.trials, h.people) {
                                " (" (words::weight_of(k, n.round() as u64)) ")"
                            }
                        },
                        None => "none: at no hour do two trials speak",
                    }
                }
            }
            @if let Some(b) = &course.benefit {
                li {
                    "Benefit added up to " (text::hours(b.to_hours)) ": "
                    (words::cell(&b.estimate, Scale::Points)) " " (b.unit)
                }
            }
        }
    }
}

fn evidence(course: &TimeCourse) -> Markup {
    let mut grid = Grid::new(
        "What speaks at each visit",
        [text_column("Time"), number("Trials"), number("People")],
    );
    for at in &course.evidence {
        grid.row([
            html! { (text::hours(at.hours)) },
            html! { (text::count(at.trials as u64)) },
            html! { (text::count(at.people.round() as u64)) },
        ]);
    }
    grid.markup()
}

fn visits(course: &TimeCourse) -> Markup {
    let mut grid = Grid::new(
        "Differences between arms at every visit",
        [
            text_column("Time"),
            number("Difference (95 % CI)"),
            number("People"),
            number("Curve"),
        ],
    );
    let scale = words::scale_named(&course.scale);
    for trial in &course.studies {
        grid.group(trial.label.clone());
        for visit in &trial.visits {
            grid.row([
                html! { (text::hours(visit.hours)) },
                html! { (words::cell(&visit.effect, scale)) },
                html! { (text::count(visit.people)) },
                html! { (visit.fitted.map(|y| text::value(y, scale)).unwrap_or_default()) },
            ]);
        }
    }
    grid.markup()
}

fn tried(course: &TimeCourse) -> Markup {
    let mut grid = Grid::new(
        "Forms fitted, in the declared order",
        [
            text_column("Form"),
            number("Residual deviance"),
            number("AIC"),
            text_column("Shape"),
        ],
    );
    for form in &course.tried {
        grid.row([
            html! { (form.form) },
            html! { (form.residual_deviance.map(|x| text::number(x, 1)).unwrap_or_default()) },
            html! { (form.aic.map(|x| text::number(x, 1)).unwrap_or_default()) },
            html! { (form.why_not.clone().unwrap_or_else(|| "identified".to_owned())) },
        ]);
    }
    grid.markup()
}

fn without(course: &TimeCourse) -> Markup {
    let mut grid = Grid::new(
        "Onset without each trial in turn, and under other correlations of visits",
        [text_column("Left out or changed"), number("Onset")],
    );
    for left in &course.leave_one_out {
        let label = course
            .studies
            .iter()
            .find(|s| s.id == left.without)
            .map_or(left.without.as_str(), |s| s.label.as_str());
        grid.row([html! { (label) }, html! { (hours(left.hours)) }]);
    }
    for under in &course.sensitivity {
        grid.row([
            html! { "correlation " (text::number(under.rho, 1)) },
            html! { (hours(under.hours)) },
        ]);
    }
    grid.markup()
}

/// A published course in words and numbers.
fn comparator(curve: &ComparatorCurve) -> Markup {
    let mut grid = Grid::new(
        "The published estimates, in our unit",
        [
            text_column("Time"),
            number("Difference (95 % CI)"),
            number("People"),
        ],
    );
    for point in &curve.points {
        grid.row([
            html! { (text::hours(point.hours)) },
            html! { (words::cell(&point.estimate, Scale::Points)) },
            html! { (point.people.map(text::count).unwrap_or_default()) },
        ]);
    }
    html! {
        h3 { "Beside it: " (curve.label) }
        @if !curve.note.is_empty() { p { (curve.note) } }
        @if let Some(half) = &curve.half_hours {
            p {
                "The curve through the published estimates reaches half of what it approaches at "
                (text::hours(half.value)) " (" (text::hours(half.lower)) " to " (text::hours(half.upper)) ")."
            }
        }
        (grid.markup())
        p.source { (curve.sources.join("; ")) }
    }
}
