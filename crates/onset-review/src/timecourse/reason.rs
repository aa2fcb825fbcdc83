//! Reasons in words and numbers.

use super::TrialCourse;
use onset_models::timecourse::Fit;

/// "40 minutes", "4 hours", "3 days", "2 weeks".
pub(crate) fn hours_in_words(hours: f64) -> String {
    let (value, unit) = match hours {
        h if h < 0.95 => (h * 60.0, "minute"),
        h if h < 47.5 => (h, "hour"),
        h if h < 335.5 => (h / 24.0, "day"),
        h if h < 2000.0 => (h / 168.0, "week"),
        h => (h / (24.0 * 30.4375), "month"),
    };
    let rounded = if unit == "minute" || value >= 9.95 {
        format!("{value:.0}")
    } else {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    let plural = if rounded == "1" { "" } else { "s" };
    format!("{rounded} {unit}{plural}")
}

/// "one trial", "3 trials".
pub(super) fn trials(k: usize) -> String {
    if k == 1 {
        "one trial".to_owned()
    } else {
        format!("{k} trials")
    }
}

/// Trials with a visit before `hours`.
pub(super) fn before(trials: &[TrialCourse], hours: f64) -> usize {
    trials
        .iter()
        .filter(|t| t.visits.iter().any(|v| v.hours < hours))
        .count()
}

/// Trials with a visit after `hours`.
pub(super) fn after(trials: &[TrialCourse], hours: f64) -> usize {
    trials
        .iter()
        .filter(|t| t.visits.iter().any(|v| v.hours > hours))
        .count()
}

/// Why the shape of a fit is not identified, in numbers.
pub(super) fn not_identified(
    fit: &Fit,
    trials_with_visits: &[TrialCourse],
    first: f64,
    last: f64,
) -> Option<String> {
    let shape = fit
        .parameters
        .iter()
        .filter_map(|p| p.identification.as_ref())
        .find(|i| i.why_not.is_some())?;
    let at = shape.at;
    if at > first && at < last && shape.before >= 2 && shape.after >= 2 {
        let words =
            "a shape lies at the edge of what was searched: the visits do not show both turns of the curve";
        return Some(words.to_owned());
    }
    let place = if at < first {
        format!(
            "the curve fits best when it has risen before the first visit ({})",
            hours_in_words(first)
        )
    } else if at > last {
        format!(
            "the curve fits best when it goes on rising after the last visit ({})",
            hours_in_words(last)
        )
    } else {
        let (b, a) = (before(trials_with_visits, at), after(trials_with_visits, at));
        let (b, a) = (trials(b), trials(a));
        format!(
            "it turns at {}, with {b} before and {a} after",
            hours_in_words(at)
        )
    };
    Some(format!("{place}; two trials are needed on each side"))
}

/// Which trials speak about the first hours: the reason that a page prints.
pub(super) fn earliest(trials_with_visits: &[TrialCourse]) -> String {
    let mut times: Vec<f64> = trials_with_visits
        .iter()
        .flat_map(|t| t.visits.iter().map(|v| v.hours))
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let steps: Vec<String> = times
        .iter()
        .take(3)
        .map(|&t| {
            let by = trials_with_visits
                .iter()
                .filter(|x| x.visits.iter().any(|v| v.hours <= t))
                .count();
            format!("{} by {}", trials(by), hours_in_words(t))
        })
        .collect();
    steps.join(", ")
}

#[cfg(test)]
mod tests {
    use super::hours_in_words;

    #[test]
    fn times_are_told_in_units_people_use() {
        for (hours, words) in [
            (0.67, "40 minutes"),
            (1.0, "1 hour"),
            (4.0, "4 hours"),
            (24.0, "24 hours"),
            (72.0, "3 days"),
            (168.0, "7 days"),
            (336.0, "2 weeks"),
            (672.0, "4 weeks"),
            (2.26, "2.3 hours"),
        ] {
            assert_eq!(hours_in_words(hours), words);
        }
    }
}
