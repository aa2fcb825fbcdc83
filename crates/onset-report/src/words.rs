//! Phrases about results. Every digit comes from [`onset_plot::text`]; nothing is computed here.

use onset_data::RowId;
use onset_plot::text::{self, Scale};
use onset_review::Answers;
use onset_review::answers::{Answer, Estimate, Interval, Pool, StudyResult};

/// The scale that decides a measure's decimals.
pub(crate) fn scale(measure: &str) -> Scale {
    Scale::of(measure)
}

/// The same from the name of a scale, where no measure code is at hand.
pub(crate) fn scale_named(name: &str) -> Scale {
    match name {
        "mean difference" => Scale::Points,
        "standardised mean difference" => Scale::Smd,
        _ if name.contains("ratio") => Scale::Ratio,
        _ => Scale::Decimals(2),
    }
}

/// "Mean difference −6.9 MADRS points (95 % CI −9.5 to −4.3)".
pub(crate) fn estimate(estimate: &Estimate) -> String {
    let scale = scale_named(&estimate.scale);
    let unit = if estimate.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", estimate.unit)
    };
    format!(
        "{} {}{unit} ({} {})",
        capital(&estimate.scale),
        text::value(estimate.value, scale),
        text::level_name(estimate.level),
        text::range(estimate.lower, estimate.upper, scale),
    )
}

/// "−6.9 (−9.5 to −4.3)", for tables whose header names the interval.
pub(crate) fn cell(interval: &Interval, scale: Scale) -> String {
    text::cell(interval.value, interval.lower, interval.upper, scale)
}

/// The interval of an estimate.
pub(crate) fn interval(estimate: &Estimate) -> Interval {
    Interval {
        value: estimate.value,
        lower: estimate.lower,
        upper: estimate.upper,
    }
}

/// More entries than this are not named one by one on a page; the tables hold all of them.
pub(crate) const MANY: usize = 100;

/// "5 trials, 312 people".
pub(crate) fn weight_of(k: usize, n: u64) -> String {
    format!("{}, {}", text::trials(k), text::people(n))
}

/// A variance between studies: as many decimals as its scale carries.
pub(crate) fn tau2(value: f64, measure: &str) -> String {
    text::number(value, if scale(measure) == Scale::Points { 1 } else { 3 })
}

/// An important difference or another analysis-scale value as shown.
pub(crate) fn shown(value: f64, ratio: bool) -> f64 {
    if ratio { value.exp() } else { value }
}

/// What an interval says about the direction of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The whole interval on the side of benefit.
    Better,
    /// The whole interval on the side of harm.
    Worse,
    /// The interval includes no difference.
    Unclear,
}

/// Reads an interval on the shown scale.
pub(crate) fn verdict(value: &Interval, ratio: bool, direction: &str) -> Verdict {
    let null = if ratio { 1.0 } else { 0.0 };
    let lower_is_better = direction == "lower is better";
    if value.lower <= null && null <= value.upper {
        Verdict::Unclear
    } else if (value.upper < null) == lower_is_better {
        Verdict::Better
    } else {
        Verdict::Worse
    }
}

/// A figure's title: its finding.
pub(crate) fn finding(pool: &Pool) -> String {
    let about = format!(
        "{}, {}",
        capital(&pool.outcome_label),
        uncapital(&pool.window_label)
    );
    let Some(estimate) = &pool.estimate else {
        return format!("{about}: no result for {}", pool.comparison_label);
    };
    let (treatment, control) = (uncapital(&pool.treatment_label), uncapital(&pool.control_label));
    let said = match (verdict(&interval(estimate), pool.ratio, &pool.direction), pool.k) {
        (Verdict::Unclear, 1) => format!("one trial does not tell {treatment} and {control} apart"),
        (Verdict::Unclear, _) => format!("the trials do not tell {treatment} and {control} apart"),
        (Verdict::Better, 1) => format!("one trial favours {treatment} over {control}"),
        (Verdict::Better, _) => format!("{treatment} does better than {control}"),
        (Verdict::Worse, 1) => format!("one trial favours {control} over {treatment}"),
        (Verdict::Worse, _) => format!("{treatment} does worse than {control}"),
    };
    format!("{about}: {said}")
}

/// "Mean difference in MADRS points, lower is better".
pub(crate) fn measure_phrase(scale: &str, unit: &str, direction: &str) -> String {
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" in {unit}")
    };
    format!("{}{unit}, {direction}", capital(scale))
}

/// A figure's subtitle: what is plotted, scale, model, trials and people.
pub(crate) fn subtitle(pool: &Pool) -> String {
    match &pool.estimate {
        Some(found) => format!(
            "{}. {}; {}; {}.",
            pool.comparison_label,
            measure_phrase(&found.scale, &found.unit, &pool.direction),
            found.model,
            weight_of(pool.k, pool.n),
        ),
        None => format!("{}.", pool.comparison_label),
    }
}

/// A figure's text alternative: the finding with its numbers.
pub(crate) fn alternative(pool: &Pool) -> String {
    let mut said = format!("{}.", finding(pool));
    if let Some(found) = &pool.estimate {
        said.push_str(&format!(" {}, {}.", estimate(found), weight_of(pool.k, pool.n)));
    }
    if let Some(prediction) = &pool.prediction {
        said.push_str(&format!(
            " Prediction interval {}.",
            limits(prediction, &pool.measure)
        ));
    }
    said
}

/// "−9.5 to −4.3".
pub(crate) fn limits(interval: &Interval, measure: &str) -> String {
    text::range(interval.lower, interval.upper, scale(measure))
}

/// Heterogeneity in one sentence; `None` with fewer than two studies.
pub(crate) fn heterogeneity(pool: &Pool) -> Option<String> {
    if pool.k < 2 {
        return None;
    }
    let mut parts = Vec::new();
    if let Some(value) = pool.tau2 {
        let limits = pool.tau2_ci.map(|ci| {
            let level = pool
                .estimate
                .as_ref()
                .map_or_else(|| "CI".to_owned(), |e| text::level_name(e.level));
            let ends = (tau2(ci.lower, &pool.measure), tau2(ci.upper, &pool.measure));
            format!(" ({level} {} to {})", ends.0, ends.1)
        });
        parts.push(format!(
            "\u{3c4}\u{b2} {}{}",
            tau2(value, &pool.measure),
            limits.unwrap_or_default()
        ));
    }
    parts.extend(pool.i2.map(|i2| format!("I\u{b2} {}", text::percent(i2, 0))));
    if let (Some(q), Some(df), Some(p)) = (pool.q, pool.q_df, pool.q_p) {
        parts.push(format!(
            "Q {} on {} df, {}",
            text::number(q, 1),
            text::count(df),
            text::p_phrase(p)
        ));
    }
    (!parts.is_empty()).then(|| format!("Heterogeneity: {}.", parts.join("; ")))
}

/// "control-type" as one would say it.
pub(crate) fn plain(code: &str) -> String {
    code.replace(['-', '_'], " ")
}

/// How certain a pool is, where certainty was rated.
pub(crate) fn rated<'a>(answers: &'a Answers, pool: &Pool) -> Option<&'a onset_review::grade::Rated> {
    let grade = answers.grade.as_ref()?;
    grade.pools.iter().find(|rated| rated.id == pool.id)
}

/// The pool a JSON Pointer such as `/size/by/3` leads to.
pub(crate) fn pool_at<'a>(answers: &'a Answers, pointer: &str) -> Option<&'a Pool> {
    let index: usize = pointer.strip_prefix("/size/by/")?.parse().ok()?;
    answers.size.by.get(index)
}

/// The pool at the top of the page: the one that the answer on size points at.
pub(crate) fn headline(answers: &Answers) -> Option<&Pool> {
    pool_at(answers, answers.size.pool.as_deref()?)
}

/// The six answers with the names of their sections, in their order.
pub(crate) fn six(answers: &Answers) -> [(&'static str, &Answer); 6] {
    [
        ("speed", &answers.speed),
        ("size", &answers.size),
        ("duration", &answers.duration),
        ("blinding", &answers.blinding),
        ("comparison", &answers.comparison),
        ("certainty", &answers.certainty),
    ]
}

/// Rows behind a pool, each once, in order.
pub(crate) fn rows_of(pool: &Pool) -> Vec<RowId> {
    let mut rows: Vec<RowId> = pool
        .studies
        .iter()
        .flat_map(|study| study.rows.iter().cloned())
        .collect();
    rows.sort();
    rows.dedup();
    rows
}

/// "Murrough 2013", with the year where the label lacks it.
pub(crate) fn study_name(study: &StudyResult) -> String {
    match study.year {
        Some(year) if !study.label.contains(&year.to_string()) => format!("{} {year}", study.label),
        _ => study.label.clone(),
    }
}

/// First letter upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// First letter lower case, unless the word is an abbreviation ("MADRS") or a single letter.
pub(crate) fn uncapital(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// A name for files and anchors: small letters, digits and hyphens.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() {
        "unnamed".to_owned()
    } else {
        out.to_owned()
    }
}

/// Slugs that are all different: a number is added where two are alike.
pub(crate) fn slugs<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut used = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for name in names {
        let base = slug(name);
        let mut candidate = base.clone();
        let mut number = 2;
        while !used.insert(candidate.clone()) {
            candidate = format!("{base}-{number}");
            number += 1;
        }
        out.push(candidate);
    }
    out
}

/// Short form of a hash, for reading.
pub(crate) fn short_hash(hash: &str) -> String {
    hash.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_keep_their_capitals() {
        assert_eq!(uncapital("MADRS score"), "MADRS score");
        assert_eq!(uncapital("Day 7"), "day 7");
        assert_eq!(capital("odds ratio"), "Odds ratio");
        assert_eq!(capital(""), "");
    }

    #[test]
    fn slugs_are_safe_and_different() {
        assert_eq!(slug("iv-v-mdz/depression/0-6h"), "iv-v-mdz-depression-0-6h");
        assert_eq!(slug("../../étc"), "tc");
        assert_eq!(slug("<>"), "unnamed");
        assert_eq!(slugs(["a b", "a/b", "a-b"]), ["a-b", "a-b-2", "a-b-3"]);
    }

    #[test]
    fn an_interval_is_read_in_the_direction_of_its_outcome() {
        let interval = |value: f64, lower: f64, upper: f64| Interval { value, lower, upper };
        let read = |i: Interval, ratio, direction| verdict(&i, ratio, direction);
        assert_eq!(
            read(interval(-2.0, -3.0, -1.0), false, "lower is better"),
            Verdict::Better
        );
        assert_eq!(
            read(interval(2.0, 1.0, 3.0), false, "lower is better"),
            Verdict::Worse
        );
        assert_eq!(
            read(interval(2.0, 1.1, 3.0), true, "higher is better"),
            Verdict::Better
        );
        assert_eq!(
            read(interval(0.5, 0.2, 0.9), true, "higher is better"),
            Verdict::Worse
        );
        assert_eq!(
            read(interval(1.2, 0.9, 1.5), true, "higher is better"),
            Verdict::Unclear
        );
        assert_eq!(
            read(interval(-1.0, -2.0, 0.0), false, "lower is better"),
            Verdict::Unclear
        );
    }
}
