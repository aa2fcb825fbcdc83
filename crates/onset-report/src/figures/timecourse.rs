//! The time course of a comparison: every visit, its curve, and published courses beside it.

use super::{Figure, direction, interval};
use crate::words;
use onset_plot::onset::{OnsetBlock, OnsetForest, OnsetRow};
use onset_plot::timecourse::{Other, Timecourse, Visit};
use onset_plot::trials::{TrialPanel, TrialVisit, Trials};
use onset_plot::{Effect, Heading, Interval, Reference};
use onset_plot::{onset_forest, onset_forest_narrow, timecourse, timecourse_narrow, trials, trials_narrow};
use onset_review::Answers;
use onset_review::timecourse::{ComparatorAt, TimeCourse};

/// Name of the figure of a course.
pub(crate) fn name(course: &TimeCourse) -> String {
    let all = [format!("visits-{}-{}", course.comparison, course.outcome)];
    words::slugs(all.iter().map(String::as_str))
        .into_iter()
        .next()
        .unwrap_or_default()
}

/// Whether there is more than one time to show.
pub(crate) fn drawable(course: &TimeCourse) -> bool {
    course.first_hours < course.last_hours
}

/// Name of the panels of single trials.
pub(crate) fn trials_name(course: &TimeCourse) -> String {
    name(course).replacen("visits-", "trials-", 1)
}

/// Name of the onset forest.
pub(crate) fn onset_name(course: &TimeCourse) -> String {
    name(course).replacen("visits-", "onset-", 1)
}

/// Every figure of a course: all visits, onset by definition, trial by trial.
pub(super) fn figures(answers: &Answers) -> Vec<Figure> {
    let mut list = all_visits(answers);
    let courses = || answers.timecourse.iter().flat_map(|t| &t.courses);
    list.extend(courses().filter(|c| has_onset(c)).map(onsets));
    list.extend(courses().filter(|c| drawable(c)).map(by_trial));
    list
}

/// Whether an onset was dated.
pub(crate) fn has_onset(course: &TimeCourse) -> bool {
    course.onset.iter().any(|o| o.hours.is_some())
}

fn onsets(course: &TimeCourse) -> Figure {
    let id = onset_name(course);
    let rows: Vec<OnsetRow> = course
        .onset
        .iter()
        .map(|o| OnsetRow {
            label: crate::report::onset_definition(&o.definition).to_owned(),
            hours: o.hours,
            lower: o.lower_hours,
            upper: o.upper_hours,
            bounded: o.interval != "simultaneous_band",
            note: match (&o.why_not, o.trials, o.people) {
                (Some(why), ..) => why.clone(),
                (None, Some(k), Some(n)) => format!("{} then", words::weight_of(k, n.round() as u64)),
                _ => String::new(),
            },
        })
        .collect();
    let said: Vec<String> = rows
        .iter()
        .map(|r| {
            let hours = r.hours.map_or("not reached".to_owned(), onset_plot::text::hours);
            format!("{}: {hours}.", r.label)
        })
        .collect();
    let title = format!(
        "{}: when the effect begins, by definition",
        course.comparison_label
    );
    let input = OnsetForest {
        heading: Heading {
            desc: format!("{title}. {}", said.join(" ")),
            id: id.clone(),
            title,
            subtitle: subtitle(course),
            source: String::new(),
        },
        blocks: vec![OnsetBlock {
            label: String::new(),
            rows,
        }],
        visits: course.first_hours.zip(course.last_hours),
        horizon: course.horizon.iter().filter_map(|h| h.hours).reduce(f64::max),
    };
    Figure::new(
        &id,
        Some("onsets".to_owned()),
        onset_forest(&input),
        onset_forest_narrow(&input),
    )
}

fn by_trial(course: &TimeCourse) -> Figure {
    let id = trials_name(course);
    let title = format!(
        "{}: every trial by itself, {}",
        course.comparison_label,
        onset_plot::text::trials(course.k)
    );
    let input = Trials {
        heading: Heading {
            desc: format!("{title}. {}", spoken(course)),
            id: id.clone(),
            title,
            subtitle: subtitle(course),
            source: String::new(),
        },
        effect: effect(course),
        panels: course
            .studies
            .iter()
            .map(|trial| TrialPanel {
                key: trial.id.clone(),
                label: trial.label.clone(),
                visits: trial
                    .visits
                    .iter()
                    .map(|v| TrialVisit {
                        hours: v.hours,
                        effect: interval(&v.effect),
                        people: v.people,
                        rows: v.rows.clone(),
                    })
                    .collect(),
                curve: Vec::new(),
            })
            .collect(),
        curve: course.curve.iter().map(|p| (p.hours, p.estimate)).collect(),
    };
    Figure::new(
        &id,
        Some("visits".to_owned()),
        trials(&input),
        trials_narrow(&input),
    )
}

fn all_visits(answers: &Answers) -> Vec<Figure> {
    let all = answers.timecourse.iter();
    all.flat_map(|t| t.courses.iter().map(move |c| (t, c)))
        .filter(|(_, course)| drawable(course))
        .map(|(all, course)| {
            let id = name(course);
            let title = finding(course);
            let input = Timecourse {
                heading: Heading {
                    desc: format!("{title}. {}", spoken(course)),
                    id: id.clone(),
                    title,
                    subtitle: subtitle(course),
                    source: String::new(),
                },
                effect: effect(course),
                visits: visits(course),
                curve: course
                    .curve
                    .iter()
                    .map(|p| (p.hours, Interval::new(p.estimate, p.band_lower, p.band_upper)))
                    .collect(),
                others: all
                    .comparators
                    .iter()
                    .filter(|c| c.outcome == course.outcome && c.unit == course.unit)
                    .map(|c| Other {
                        label: c.label.clone(),
                        curve: places(&c.curve),
                        points: places(&c.points),
                    })
                    .collect(),
                horizon: course.horizon.iter().filter_map(|h| h.hours).reduce(f64::max),
                evidence: course
                    .evidence
                    .iter()
                    .map(|e| (e.hours, e.trials, e.people.round() as u64))
                    .collect(),
                window: course
                    .window
                    .as_ref()
                    .and_then(|w| Some((w.onset_hours?, w.loss_hours))),
            };
            Figure::new(
                &id,
                Some("visits".to_owned()),
                timecourse(&input),
                timecourse_narrow(&input),
            )
        })
        .collect()
}

fn places(list: &[ComparatorAt]) -> Vec<(f64, Interval)> {
    list.iter().map(|p| (p.hours, interval(&p.estimate))).collect()
}

fn effect(course: &TimeCourse) -> Effect {
    let unit = if course.unit.is_empty() {
        String::new()
    } else {
        format!(", {}", course.unit)
    };
    Effect {
        label: format!("{}{unit}", words::capital(&course.scale)),
        scale: words::scale_named(&course.scale),
        ratio: false,
        direction: direction(&course.direction),
        treatment: words::uncapital(&course.treatment_label),
        control: words::uncapital(&course.control_label),
        level: course.level,
        important: course.threshold.map(|value| Reference {
            value,
            label: "important difference".to_owned(),
        }),
    }
}

fn visits(course: &TimeCourse) -> Vec<Visit> {
    course
        .studies
        .iter()
        .flat_map(|trial| {
            trial.visits.iter().map(|v| Visit {
                label: trial.label.clone(),
                hours: v.hours,
                people: v.people,
                information: 1.0 / (v.se * v.se),
                effect: Some(interval(&v.effect)),
                rows: v.rows.clone(),
            })
        })
        .collect()
}

fn finding(course: &TimeCourse) -> String {
    let (first, last) = (
        course.first_hours.unwrap_or(0.0),
        course.last_hours.unwrap_or(0.0),
    );
    let reach = course.horizon.iter().filter_map(|h| h.hours).reduce(f64::max);
    let reach = reach.map_or_else(
        || "at no hour do two trials speak".to_owned(),
        |h| format!("two trials or more speak up to {}", onset_plot::text::hours(h)),
    );
    let start = if course.form.is_some() {
        "the visits show a curve".to_owned()
    } else {
        format!(
            "the visits, from {} to {}, do not date the onset",
            onset_plot::text::hours(first),
            onset_plot::text::hours(last)
        )
    };
    format!("{}: {start}; {reach}", course.comparison_label)
}

fn subtitle(course: &TimeCourse) -> String {
    format!(
        "{}, every visit of {}. {}; {}.",
        words::capital(&course.outcome_label),
        words::weight_of(course.k, course.n),
        words::measure_phrase(&course.scale, &course.unit, &course.direction),
        course.model
    )
}

fn spoken(course: &TimeCourse) -> String {
    let scale = words::scale_named(&course.scale);
    let said: Vec<String> = course
        .studies
        .iter()
        .map(|trial| {
            let visits: Vec<String> = trial
                .visits
                .iter()
                .map(|v| {
                    format!(
                        "{} {}",
                        onset_plot::text::hours(v.hours),
                        words::cell(&v.effect, scale)
                    )
                })
                .collect();
            format!("{}: {}.", trial.label, visits.join(", "))
        })
        .collect();
    said.join(" ")
}
