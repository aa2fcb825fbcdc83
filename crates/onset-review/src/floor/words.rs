//! Sentences about the floor.

use super::FloorReport;
use crate::answers::Pool;
use crate::protocol::ForkKind;

/// A sentence from an error: capital at its start, stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters
        .next()
        .map(char::to_uppercase)
        .into_iter()
        .flatten()
        .collect();
    let rest: String = letters.collect();
    format!("{start}{}.", rest.trim_end_matches('.'))
}

/// "PM, knha, all studies": an analysis by its options.
pub(super) fn analysis(said: impl Iterator<Item = String>) -> String {
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        "the only analysis".to_owned()
    } else {
        said.join(", ")
    }
}

/// One option in words.
pub(super) fn said(kind: ForkKind, option: &str, label: impl Fn(&str) -> String) -> String {
    match (kind, option) {
        (ForkKind::Studies, "all") => "all studies".to_owned(),
        (ForkKind::Studies, "without-high-risk") => "without studies at high risk of bias".to_owned(),
        (ForkKind::Studies, "without-crossovers") => "without crossovers".to_owned(),
        (ForkKind::Studies, other) => {
            let ids = other.trim_start_matches("without:").split(',');
            let labels: Vec<String> = ids.map(|id| label(id.trim())).collect();
            format!("without {}", labels.join(" and "))
        }
        (ForkKind::CrossoverCorrelation, rho) => format!("crossover correlation {rho}"),
        (ForkKind::Rows, set) => format!("{set} rows first"),
        (ForkKind::Bias, "none") => "no treatment of publication bias".to_owned(),
        (ForkKind::Bias, "pet") => "PET".to_owned(),
        (ForkKind::Bias, "peese") => "PEESE".to_owned(),
        (ForkKind::Bias, "selection") => "one-step selection model".to_owned(),
        (ForkKind::Bias, "averaged") => "average of 36 models of publication bias".to_owned(),
        (ForkKind::Bias, "worst-case") => "nonaffirmative studies only".to_owned(),
        (ForkKind::Model, model) => match model.strip_prefix("bayes:") {
            Some(prior) => match prior.strip_prefix("halfnormal:") {
                Some(scale) => format!("Bayes, half-normal prior, scale {scale}"),
                None => format!("Bayes, prior {prior}"),
            },
            None => model.to_owned(),
        },
        (ForkKind::Interval, "z") => "Wald interval".to_owned(),
        (ForkKind::Interval, "t") => "t interval".to_owned(),
        (ForkKind::Interval, "knha") => "Hartung-Knapp interval".to_owned(),
        (ForkKind::Interval, "adhoc") => "modified Hartung-Knapp interval".to_owned(),
        (ForkKind::Interval, "kr") => "Kenward-Roger interval".to_owned(),
        (ForkKind::Effect | ForkKind::Bias | ForkKind::Interval, other) => other.to_owned(),
    }
}

fn digits(value: f64, ratio: bool) -> String {
    if ratio || value.abs() < 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

/// Size of a benefit with its unit, in the words of the outcome.
fn worth(value: f64, shown: f64, pool: &Pool) -> (bool, String) {
    let sign = if pool.direction == "lower is better" {
        -1.0
    } else {
        1.0
    };
    let benefit = sign * value;
    let text = if pool.ratio {
        format!("a {} of {}", ratio_name(pool), digits(shown, true))
    } else if pool.unit.is_empty() {
        format!("{} standard deviations", digits(value.abs(), false))
    } else {
        format!("{} {}", digits(value.abs(), false), pool.unit)
    };
    (benefit > 0.0, text)
}

fn ratio_name(pool: &Pool) -> &'static str {
    match pool.measure.as_str() {
        "RR" => "risk ratio",
        "ROM" => "ratio of means",
        _ => "odds ratio",
    }
}

pub(super) fn answer(report: &FloorReport, pool: &Pool) -> String {
    let at = |lambda: f64| report.floors.iter().find(|floor| floor.lambda == lambda);
    let (Some(worst), Some(half)) = (at(0.0), at(0.5)) else {
        return "None of the declared analyses has a result.".to_owned();
    };
    let mut sentence = format!(
        "Of {} declared analyses of the headline result, {}",
        report.fitted,
        match worth(worst.value, worst.shown, pool) {
            (true, size) => format!(
                "even the least favourable one supports a benefit of at least {size} (the end of its interval)"
            ),
            (false, size) => format!(
                "the least favourable one ({}) leaves open no benefit at all: its interval reaches {size} in favour of \
                 the control",
                worst.analysis
            ),
        }
    );
    match worth(half.value, half.shown, pool) {
        (true, size) => sentence.push_str(&format!("; half of them, by weight, support at least {size}.")),
        (false, _) => sentence.push_str("; so do half of them, by weight."),
    }
    sentence
}

pub(super) fn assumptions(report: &FloorReport) -> Vec<String> {
    let mut said = vec![
        "The floor is not an interval: it is the worst end over analyses that share their data, and adding analyses can \
         only lower it."
            .to_owned(),
    ];
    said.push(if report.frozen {
        format!(
            "The set of analyses is frozen as version {} ({}).",
            report.version,
            short(&report.hash)
        )
    } else {
        format!(
            "The set of analyses is not frozen: version {} ({}) may still change.",
            report.version,
            short(&report.hash)
        )
    });
    let missing = report.analyses - report.fitted;
    if missing > 0 {
        said.push(format!(
            "{missing} of {} declared analyses have no result; each is listed with its reason.",
            report.analyses
        ));
    }
    said
}

fn short(hash: &str) -> &str {
    hash.get(..19).unwrap_or(hash)
}
