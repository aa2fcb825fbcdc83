//! How fast: results by window, side by side.

use crate::answers::{Answer, Course, CoursePoint, Interval, Pool};
use crate::index::Index;
use crate::phrase;

/// Results by window of every comparison and outcome, in the protocol's order.
fn courses(pools: &[Pool]) -> Vec<Course> {
    let mut courses: Vec<Course> = Vec::new();
    for (i, pool) in pools.iter().enumerate() {
        let point = CoursePoint {
            window: pool.window.clone(),
            window_label: pool.window_label.clone(),
            from_hours: pool.from_hours,
            to_hours: pool.to_hours,
            target_hours: pool.target_hours,
            k: pool.k,
            n: pool.n,
            estimate: pool.estimate.as_ref().map(|e| Interval {
                value: e.value,
                lower: e.lower,
                upper: e.upper,
            }),
            pool: format!("/size/by/{i}"),
        };
        let same = courses
            .iter_mut()
            .find(|c| c.comparison == pool.comparison && c.outcome == pool.outcome);
        match same {
            Some(course) => course.points.push(point),
            None => courses.push(Course {
                comparison: pool.comparison.clone(),
                comparison_label: pool.comparison_label.clone(),
                treatment_label: pool.treatment_label.clone(),
                control_label: pool.control_label.clone(),
                outcome: pool.outcome.clone(),
                outcome_label: pool.outcome_label.clone(),
                unit: pool.unit.clone(),
                ratio: pool.ratio,
                direction: pool.direction.clone(),
                points: vec![point],
                protocol: vec!["window".to_owned(), format!("comparison.{}", pool.comparison)],
            }),
        }
    }
    courses
}

/// The earliest window of the headline comparison whose interval excludes no difference.
///
/// This is a statement about evidence (it depends on how many people were studied and when), not an
/// onset time: that needs a fitted time course.
pub(crate) fn answer(index: &Index<'_>, pools: &[Pool]) -> Answer {
    let headline = &index.protocol.review.headline;
    let courses = courses(pools);
    let mine = |pool: &&(usize, &Pool)| {
        pool.1.comparison == headline.comparison
            && pool.1.outcome == headline.outcome
            && pool.1.evidence == "acute"
            && pool.1.estimate.is_some()
    };
    let numbered: Vec<(usize, &Pool)> = pools.iter().enumerate().collect();
    let mut candidates: Vec<&(usize, &Pool)> = numbered.iter().filter(mine).collect();
    candidates.sort_by(|a, b| {
        let start = |pool: &Pool| pool.from_hours.unwrap_or(f64::INFINITY);
        start(a.1).total_cmp(&start(b.1))
    });
    let separated = candidates.iter().find(|(_, pool)| separates(index, pool));
    let first = candidates.first();
    let sentence = match (first, separated) {
        (None, _) => "No window of the headline comparison holds a poolable result, so nothing can be said \
                      about how fast."
            .to_owned(),
        (Some((_, first)), Some((_, pool))) => format!(
            "The earliest window with results is {} ({}); the earliest in which {} is separated from {} is \
             {} ({}).",
            phrase::window(&first.window_label),
            trials(first),
            phrase::lower_first(&pool.treatment_label),
            phrase::lower_first(&pool.control_label),
            phrase::window(&pool.window_label),
            trials(pool),
        ),
        (Some((_, first)), None) => format!(
            "The earliest window with results is {} ({}); in no window does the interval exclude no \
             difference.",
            phrase::window(&first.window_label),
            trials(first),
        ),
    };
    Answer {
        question: "How fast?".to_owned(),
        sentence,
        estimate: None,
        why_not: Some(
            "An onset time needs a fitted time course; the windows show only when a difference is first seen, \
             which also depends on how many people were studied then."
                .to_owned(),
        ),
        k: separated.map_or(0, |(_, pool)| pool.k),
        n: separated.map_or(0, |(_, pool)| pool.n),
        pool: separated.map(|(i, _)| format!("/size/by/{i}")),
        protocol: vec!["review.headline".to_owned(), "window".to_owned()],
        rows: Vec::new(),
        by: Vec::new(),
        course: courses,
        assumptions: vec![
            "Each trial speaks through the visit nearest to a window's target hour.".to_owned(),
            "Windows hold different trials: a change from one to the next may be a change of trials."
                .to_owned(),
        ],
        warnings: Vec::new(),
    }
}

fn trials(pool: &Pool) -> String {
    let noun = if pool.k == 1 { "trial" } else { "trials" };
    format!("{} {noun}, {} people", pool.k, pool.n)
}

fn separates(index: &Index<'_>, pool: &Pool) -> bool {
    let lower_is_better = crate::run::lower_is_better(index, &pool.outcome);
    pool.analysis.is_some_and(|a| {
        if lower_is_better {
            a.upper < 0.0
        } else {
            a.lower > 0.0
        }
    })
}
