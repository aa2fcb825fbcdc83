//! What the curves say about "How fast?" and "How long?".

use super::curve::last_horizon;
use super::reason::{hours_in_words, trials};
use super::{Onset, TimeCourse, TimeCourses};
use crate::answers::{Answer, Estimate};
use crate::index::Index;

/// The course of the headline's comparison and outcome.
fn headline<'a>(index: &Index<'_>, courses: Option<&'a TimeCourses>) -> Option<&'a TimeCourse> {
    let headline = &index.protocol.review.headline;
    courses?
        .courses
        .iter()
        .find(|c| c.comparison == headline.comparison && c.outcome == headline.outcome)
}

/// The onset that answers "How fast?": of the important difference, else of half the peak.
fn main(course: &TimeCourse) -> Option<&Onset> {
    let of = |code: &str| course.onset.iter().find(|o| o.definition == code);
    if course.threshold.is_some() {
        of("important_difference")
    } else {
        of("half_peak")
    }
}

fn name(onset: &Onset) -> &'static str {
    if onset.definition == "half_peak" {
        "time to half of the peak"
    } else {
        "time to the important difference"
    }
}

fn rows(course: &TimeCourse) -> Vec<onset_data::RowId> {
    course
        .studies
        .iter()
        .flat_map(|s| s.rows.iter().cloned())
        .collect()
}

fn model(course: &TimeCourse, interval: &str) -> String {
    let form = course.form.as_deref().unwrap_or_default();
    let interval = if interval == "profile" {
        "profile likelihood"
    } else {
        interval
    };
    format!("{form} curve; {}; interval by {interval}", course.model)
}

/// "How fast?" with what the curve says added to what the windows say.
pub(crate) fn speed(windows: Answer, index: &Index<'_>, courses: Option<&TimeCourses>) -> Answer {
    let Some(course) = headline(index, courses) else {
        return windows;
    };
    let mut answer = windows;
    answer.protocol.push("timecourse".to_owned());
    answer.assumptions.extend(course.assumptions.iter().cloned());
    let Some(onset) = main(course) else {
        answer.why_not.clone_from(&course.why_not);
        answer.sentence = format!("{} {}", answer.sentence, latest(course));
        answer.sentence = answer.sentence.trim_end().to_owned();
        return answer;
    };
    answer.rows = rows(course);
    answer.k = course.k;
    answer.n = course.n;
    answer.pool = None;
    match (onset.hours, onset.lower_hours, onset.upper_hours) {
        (Some(value), Some(lower), Some(upper)) => {
            answer.estimate = Some(Estimate {
                value,
                lower,
                upper,
                level: course.level,
                scale: name(onset).to_owned(),
                unit: "hours".to_owned(),
                model: model(course, &onset.interval),
            });
            answer.why_not = None;
        }
        (Some(value), _, _) => {
            answer.why_not = Some(format!(
                "The {} is estimated at {}, but the data allow that it is never reached: its interval has no \
                 upper end.",
                name(onset),
                hours_in_words(value)
            ));
        }
        _ => {
            answer.why_not = Some(format!(
                "The {}: the fitted curve does not get there.",
                name(onset)
            ))
        }
    }
    answer
}

/// The latest onset that the data allow, in a sentence; empty where there is none.
fn latest(course: &TimeCourse) -> String {
    let limit = course.latest.as_ref().and_then(|l| Some((l.hours?, l)));
    match limit {
        Some((hours, latest)) => format!(
            "The beginning itself lies before what the trials can date; at the latest the important difference \
             is reached by {} (95 % limit, {} curve, {} with a visit by then).",
            hours_in_words(hours),
            latest.form,
            trials(latest.trials)
        )
        .replace("95 %", &format!("{} %", (course.level * 100.0).round())),
        None => String::new(),
    }
}

/// "How long?" with the evidence horizon, the loss of the important difference and the area under the benefit.
pub(crate) fn duration(windows: Answer, index: &Index<'_>, courses: Option<&TimeCourses>) -> Answer {
    let Some(course) = headline(index, courses) else {
        return windows;
    };
    let mut answer = windows;
    answer.protocol.push("timecourse".to_owned());
    let Some(reach) = last_horizon(course) else {
        answer.why_not = Some(format!(
            "At no hour do two trials speak together, so there is no evidence horizon and no curve. {}",
            course.why_not.clone().unwrap_or_default()
        ));
        return answer;
    };
    let last = course.last_hours.unwrap_or(reach);
    let tail = if last > reach {
        let single = course
            .studies
            .iter()
            .filter(|s| s.visits.iter().any(|v| v.hours > reach))
            .count();
        format!(
            ", and after it {} with a visit, the last at {}",
            trials(single),
            hours_in_words(last)
        )
    } else {
        String::new()
    };
    answer.sentence = format!(
        "The evidence horizon is {}: the last hour through which at least two trials are randomised and enough \
         information is left{tail}.",
        hours_in_words(reach)
    );
    answer.rows = rows(course);
    answer.pool = None;
    answer.k = course.k;
    answer.n = course.n;
    let Some(window) = course.window.as_ref().filter(|_| course.form.is_some()) else {
        answer.why_not = Some(format!(
            "How long the effect lasts cannot be read off a curve: {} no fall that two trials date on each side.",
            if course.k == 1 {
                "one trial shows"
            } else {
                "the visits show"
            }
        ));
        return answer;
    };
    match (
        window.loss_hours,
        window.loss_lower_hours,
        window.loss_upper_hours,
    ) {
        (Some(value), Some(lower), Some(upper)) => {
            answer.estimate = Some(Estimate {
                value,
                lower,
                upper,
                level: course.level,
                scale: "time to the loss of the important difference".to_owned(),
                unit: "hours".to_owned(),
                model: model(course, "profile"),
            });
            answer.why_not = None;
        }
        _ if window.lasts => {
            answer.why_not = Some(
                "The important difference is still there at the evidence horizon: its loss lies beyond what the \
                 trials show."
                    .to_owned(),
            );
        }
        (Some(value), _, _) => {
            answer.why_not = Some(format!(
                "The important difference is lost at {} on the fitted curve, but the data allow that it lasts to \
                 the horizon.",
                hours_in_words(value)
            ));
        }
        _ => answer.why_not = Some("The fitted curve does not reach the important difference.".to_owned()),
    }
    answer
}
