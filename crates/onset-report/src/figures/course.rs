//! The windowed time course: one figure an outcome, one panel a comparison.

use super::{Figure, direction, effect, interval};
use crate::words::{self, Verdict};
use onset_plot::windows::{Series, When, WindowPoint, Windows};
use onset_plot::{Effect, Heading, windows, windows_narrow};
use onset_review::Answers;
use onset_review::answers::{Course, CoursePoint, Pool};

/// Outcomes in the order of the headline's first, then as they come; each with its courses that hold a
/// result.
pub(crate) fn by_outcome(answers: &Answers) -> Vec<(String, Vec<&Course>)> {
    let mut found: Vec<(String, Vec<&Course>)> = Vec::new();
    let mut courses: Vec<&Course> = answers
        .speed
        .course
        .iter()
        .filter(|course| course.points.iter().any(|point| point.estimate.is_some()))
        .collect();
    let headline = words::headline(answers);
    courses.sort_by_key(|course| {
        (
            headline.is_none_or(|h| h.outcome != course.outcome),
            headline.is_none_or(|h| h.comparison != course.comparison),
        )
    });
    for course in courses {
        match found.iter_mut().find(|(outcome, _)| *outcome == course.outcome) {
            Some((_, list)) => list.push(course),
            None => found.push((course.outcome.clone(), vec![course])),
        }
    }
    found
}

/// Figures of one outcome: the primary comparisons', then the others'. Names with their courses.
pub(crate) fn parts<'a>(
    answers: &Answers,
    name: &str,
    courses: &[&'a Course],
) -> Vec<(String, Vec<&'a Course>)> {
    let first = words::headline(answers).map(|h| h.comparison.as_str());
    let primary = |course: &Course| {
        let mut mine = answers
            .size
            .by
            .iter()
            .filter(|p| p.comparison == course.comparison);
        Some(course.comparison.as_str()) == first || mine.any(|pool| pool.primary)
    };
    let (main, others): (Vec<&Course>, Vec<&Course>) = courses
        .iter()
        .copied()
        .filter(|course| timed(course))
        .partition(|course| primary(course));
    [
        (format!("course-{name}"), main),
        (format!("course-{name}-others"), others),
    ]
    .into_iter()
    .filter(|(_, courses)| !courses.is_empty())
    .collect()
}

/// Whether a course has a result at a time: the end of a course of doses is no point in time.
fn timed(course: &Course) -> bool {
    let mut points = course.points.iter();
    points.any(|p| p.estimate.is_some() && p.from_hours.is_some())
}

/// Every figure of every outcome.
pub(super) fn figures(answers: &Answers) -> Vec<Figure> {
    let outcomes = by_outcome(answers);
    let names = words::slugs(outcomes.iter().map(|(outcome, _)| outcome.as_str()));
    outcomes
        .iter()
        .zip(&names)
        .flat_map(|((_, courses), name)| parts(answers, name, courses))
        .filter_map(|(id, courses)| figure(answers, &courses, &id))
        .collect()
}

fn figure(answers: &Answers, courses: &[&Course], id: &str) -> Option<Figure> {
    let first = *courses.first()?;
    let pool = pools(answers, first).into_iter().find(|p| p.estimate.is_some())?;
    let shared = courses.len() > 1;
    let side = |one: &str, shared_name: &str| {
        let name = if shared { shared_name } else { one };
        words::uncapital(name)
    };
    let effect = Effect {
        direction: direction(&first.direction),
        treatment: side(&first.treatment_label, "treatment"),
        control: side(&first.control_label, "control"),
        ..effect(pool)
    };
    let scale = pool.estimate.as_ref().map_or("effect", |e| e.scale.as_str());
    let title = finding(first, shared);
    let subtitle = format!(
        "{}, by time window. {}; a point is a pool of the trials in that window, each through the visit \
         nearest to its target hour. Windows hold different trials.",
        words::capital(&first.outcome_label),
        words::measure_phrase(scale, &first.unit, &first.direction),
    );
    let input = Windows {
        heading: Heading {
            id: id.to_owned(),
            desc: format!("{title}. {}", spoken(answers, courses)),
            title,
            subtitle,
            source: String::new(),
        },
        effect,
        series: courses.iter().map(|course| series(answers, course)).collect(),
    };
    let table = Some("course".to_owned());
    Some(Figure::new(id, table, windows(&input), windows_narrow(&input)))
}

/// Pools of a course, point by point.
fn pools<'a>(answers: &'a Answers, course: &Course) -> Vec<&'a Pool> {
    course
        .points
        .iter()
        .filter_map(|point| words::pool_at(answers, &point.pool))
        .collect()
}

fn series(answers: &Answers, course: &Course) -> Series {
    Series {
        label: course.comparison_label.clone(),
        points: course.points.iter().map(|point| window(answers, point)).collect(),
    }
}

fn window(answers: &Answers, point: &CoursePoint) -> WindowPoint {
    let pool = words::pool_at(answers, &point.pool);
    let when = match (point.from_hours, point.to_hours) {
        (Some(from), Some(to)) => When::Hours {
            from,
            to,
            target: point.target_hours.unwrap_or(f64::midpoint(from, to)),
        },
        _ => When::CourseEnd,
    };
    WindowPoint {
        key: pool.map(|p| p.id.clone()).unwrap_or_default(),
        label: point.window_label.clone(),
        when,
        k: point.k,
        n: point.n,
        estimate: point.estimate.as_ref().map(interval),
        information: pool
            .and_then(|p| p.se)
            .filter(|se| *se > 0.0)
            .map(|se| 1.0 / (se * se)),
        rows: pool.map(words::rows_of).unwrap_or_default(),
    }
}

/// The finding of a course: where it separates first, and what its last window rests on. With several
/// comparisons in a figure it speaks of the first, by its name.
fn finding(course: &Course, shared: bool) -> String {
    let with: Vec<&CoursePoint> = course
        .points
        .iter()
        .filter(|p| p.estimate.is_some() && p.from_hours.is_some())
        .collect();
    let read = |point: &CoursePoint| {
        let found = point.estimate.as_ref()?;
        Some(words::verdict(found, course.ratio, &course.direction))
    };
    let (treatment, control) = (
        words::uncapital(&course.treatment_label),
        words::uncapital(&course.control_label),
    );
    let first = |verdict: Verdict| with.iter().find(|point| read(point) == Some(verdict));
    let window = |point: &CoursePoint| words::uncapital(&point.window_label);
    let start = match (first(Verdict::Better), first(Verdict::Worse)) {
        (Some(point), _) => {
            format!(
                "{treatment} and {control} are first told apart in the window \u{201c}{}\u{201d}",
                window(point)
            )
        }
        (None, Some(point)) => {
            format!(
                "{treatment} does worse than {control} in the window \u{201c}{}\u{201d}",
                window(point)
            )
        }
        (None, None) => format!("no window tells {treatment} and {control} apart"),
    };
    let start = if shared {
        format!("{}: {start}", course.comparison_label)
    } else {
        words::capital(&start)
    };
    match with.last() {
        Some(last) if with.len() > 1 => format!(
            "{start}; the last with results, \u{201c}{}\u{201d}, rests on {}",
            window(last),
            words::weight_of(last.k, last.n)
        ),
        _ => start,
    }
}

fn spoken(answers: &Answers, courses: &[&Course]) -> String {
    let mut said = Vec::new();
    for course in courses {
        let points: Vec<String> = course
            .points
            .iter()
            .map(|point| {
                let found = words::pool_at(answers, &point.pool).and_then(|p| p.estimate.as_ref());
                let what = found.map_or_else(
                    || "no randomised evidence".to_owned(),
                    |e| format!("{}, {}", words::estimate(e), words::weight_of(point.k, point.n)),
                );
                format!("{}: {what}", point.window_label)
            })
            .collect();
        said.push(format!("{}: {}.", course.comparison_label, points.join("; ")));
    }
    said.join(" ")
}
