//! The rules of the domains: numbers in, a rating with its rule out.

use super::NamedNumber;
use super::facts::Facts;
use crate::answers::Interval;
use crate::protocol::{CertaintyCut, Concern, Domain};
use onset_math::normal;

/// A rating before the protocol's judgements are looked at.
#[derive(Debug, Clone)]
pub(super) struct Computed {
    pub rating: Concern,
    pub basis: &'static str,
    pub rule: &'static str,
    pub text: String,
    pub numbers: Vec<NamedNumber>,
}

pub(super) fn computed(domain: Domain, facts: &Facts, cut: &CertaintyCut) -> Computed {
    match domain {
        Domain::RiskOfBias => risk_of_bias(facts, cut),
        Domain::Inconsistency => inconsistency(facts, cut),
        Domain::Indirectness => not_judged(),
        Domain::Imprecision => imprecision(facts, cut),
        Domain::PublicationBias => publication_bias(facts, cut),
    }
}

fn number(name: &str, value: f64) -> NamedNumber {
    NamedNumber {
        name: name.to_owned(),
        value,
    }
}

fn finding(rating: Concern, rule: &'static str, text: String, numbers: Vec<NamedNumber>) -> Computed {
    Computed {
        rating,
        basis: "computed",
        rule,
        text,
        numbers,
    }
}

/// "a", "a and b", "a, b and c".
fn joined(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Shares of the weight by judgement (GRADE guidelines 4: rate the body of evidence by what contributes most).
fn risk_of_bias(facts: &Facts, cut: &CertaintyCut) -> Computed {
    let [low, unclear, high, not_judged] = facts.shares;
    let numbers = vec![
        number("share of weight at low risk", low),
        number("share at unclear risk or some concerns", unclear),
        number("share at high risk", high),
        number("share not judged", not_judged),
    ];
    let text = if facts.tools.is_empty() {
        "No trial of this pool has been judged, which is not a low risk.".to_owned()
    } else {
        format!(
            "Of the weight, {} is at low risk, {} unclear or with some concerns, {} at high risk, {} not judged ({}).",
            percent(low),
            percent(unclear),
            percent(high),
            percent(not_judged),
            facts.tools
        )
    };
    let (rating, rule) = if high > cut.high_very_serious {
        (
            Concern::VerySerious,
            "more weight at high risk than the cut-off for very serious",
        )
    } else if high > cut.high_serious {
        (
            Concern::Serious,
            "more weight at high risk than the cut-off for serious",
        )
    } else if high + unclear + not_judged > cut.unclear_serious {
        (
            Concern::Serious,
            "more weight at high, unclear or unjudged risk than the cut-off",
        )
    } else {
        (
            Concern::NotSerious,
            "weight at high and unclear risk below the cut-offs",
        )
    };
    finding(rating, rule, text, numbers)
}

/// The lines between harm and benefit: a small harm, no difference, a small benefit.
fn lines(facts: &Facts) -> Vec<f64> {
    let mut lines = vec![0.0];
    if let Some(known) = &facts.lines {
        lines.extend(known.small_harm.map(|x| -x));
        lines.extend(known.small);
    }
    lines
}

fn crossed(lines: &[f64], interval: &Interval) -> Vec<f64> {
    lines
        .iter()
        .copied()
        .filter(|line| interval.lower < *line && *line < interval.upper)
        .collect()
}

/// Where the effect of a new setting may lie that the mean does not (GRADE guidelines 7).
fn inconsistency(facts: &Facts, cut: &CertaintyCut) -> Computed {
    if facts.k < 2 {
        return Computed {
            rating: Concern::NotSerious,
            basis: "not assessable",
            rule: "one trial",
            text: "One trial cannot disagree with another.".to_owned(),
            numbers: Vec::new(),
        };
    }
    let tau2 = facts.tau2.unwrap_or(0.0);
    let mut numbers = vec![number("tau2", tau2)];
    numbers.extend(facts.i2.map(|i2| number("I2, percent", i2)));
    if tau2 <= 0.0 {
        let few = if facts.k < 5 {
            ", though so few could hardly show it"
        } else {
            ""
        };
        return finding(
            Concern::NotSerious,
            "no spread between trials is estimated",
            format!("No spread between the trials is estimated{few}."),
            numbers,
        );
    }
    let lines = lines(facts);
    if let Some(prediction) = &facts.prediction {
        let by_mean = crossed(&lines, &facts.benefit);
        let more = crossed(&lines, prediction)
            .iter()
            .filter(|line| !by_mean.contains(line))
            .count();
        numbers.push(number(
            "lines crossed by the prediction interval alone",
            more as f64,
        ));
        let (rating, rule) = match more {
            0 => (
                Concern::NotSerious,
                "the prediction interval crosses no line that the confidence interval does not",
            ),
            1 => (
                Concern::Serious,
                "the prediction interval crosses one line that the confidence interval does not",
            ),
            _ => (
                Concern::VerySerious,
                "the prediction interval crosses several lines that the confidence interval does not",
            ),
        };
        let text = match more {
            0 => "The prediction interval crosses no line that the confidence interval does not.".to_owned(),
            1 => "In a new setting the effect may lie beyond a line that the mean does not cross.".to_owned(),
            _ => format!(
                "In a new setting the effect may lie beyond {more} lines that the mean does not cross."
            ),
        };
        return finding(rating, rule, text, numbers);
    }
    let line = facts.lines.as_ref().and_then(|lines| lines.small).unwrap_or(0.0);
    let share = normal::cdf((facts.benefit.value - line) / tau2.sqrt());
    numbers.push(number("share of true effects beyond the small effect", share));
    let i2 = facts.i2.unwrap_or(0.0);
    let split = share > cut.share_beyond && share < 1.0 - cut.share_beyond && i2 >= cut.i2;
    let text = format!(
        "About {} of true effects lie beyond the line of {}; I\u{b2} is {i2:.0} %.",
        percent(share),
        if line == 0.0 {
            "no difference"
        } else {
            "a small effect"
        }
    );
    if split {
        finding(
            Concern::Serious,
            "true effects lie on both sides of the line, and I2 is at or above the cut-off",
            text,
            numbers,
        )
    } else {
        finding(
            Concern::NotSerious,
            "true effects lie on one side of the line, or I2 is below the cut-off",
            text,
            numbers,
        )
    }
}

/// Lines that the interval crosses, then the optimal information size (GRADE guidance 34).
fn imprecision(facts: &Facts, cut: &CertaintyCut) -> Computed {
    let lines = lines(facts);
    let crossed = crossed(&lines, &facts.benefit);
    let mut numbers = vec![
        number("lower limit, as benefit", facts.benefit.lower),
        number("upper limit, as benefit", facts.benefit.upper),
        number("lines crossed", crossed.len() as f64),
        number("people", facts.people as f64),
    ];
    let size = information_size(facts, cut);
    numbers.extend(size.map(|size| number("optimal information size", size)));
    let named = |wanted: fn(f64) -> bool, name: &'static str| {
        crossed.iter().any(|line| wanted(*line)).then_some(name)
    };
    let names: Vec<&str> = [
        named(|x| x < 0.0, "a small harm"),
        named(|x| x == 0.0, "no difference"),
        named(|x| x > 0.0, "a small benefit"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match crossed.len() {
        0 => {}
        1 => {
            return finding(
                Concern::Serious,
                "the interval crosses one line",
                format!("The interval crosses the line of {}.", joined(&names)),
                numbers,
            );
        }
        _ => {
            return finding(
                Concern::VerySerious,
                "the interval crosses several lines",
                format!("The interval crosses the lines of {}.", joined(&names)),
                numbers,
            );
        }
    }
    let Some(size) = size else {
        let text = format!(
            "The interval crosses no line that is known. {} people stand behind it; without a declared small effect the \
             rule of thumb is {}.",
            facts.people, cut.few_people
        );
        return if facts.people < cut.few_people {
            finding(
                Concern::Serious,
                "no declared small effect, and fewer people than the rule of thumb",
                text,
                numbers,
            )
        } else {
            finding(
                Concern::NotSerious,
                "no line crossed, and as many people as the rule of thumb",
                text,
                numbers,
            )
        };
    };
    let people = facts.people as f64;
    let text = format!(
        "The interval crosses no line. {} people stand behind it; one trial of power {} for a small effect would need \
         {:.0}.",
        facts.people, cut.power, size
    );
    let (rating, rule) = if people < cut.far_below * size {
        (
            Concern::VerySerious,
            "far fewer people than the optimal information size",
        )
    } else if people < size {
        (Concern::Serious, "fewer people than the optimal information size")
    } else {
        (
            Concern::NotSerious,
            "no line crossed, and the optimal information size reached",
        )
    };
    finding(rating, rule, text, numbers)
}

/// # Formula
/// N = 4 (z_(1 - alpha/2) + z_power)^2 nu / delta^2, nu the variance of a score or p (1 - p) at the mean risk, delta
/// the small effect.
/// # Source
/// Guyatt 2011 (GRADE guidelines 6); the size of one trial with two equal arms.
fn information_size(facts: &Facts, cut: &CertaintyCut) -> Option<f64> {
    let z = normal::quantile(1.0 - cut.alpha / 2.0) + normal::quantile(cut.power);
    if let Some(ratio) = facts.sd_over_small {
        return Some(4.0 * z * z * ratio * ratio);
    }
    let (risk, step) = (facts.control_risk?, facts.risk_step?);
    let mean = risk + step / 2.0;
    (mean > 0.0 && mean < 1.0).then(|| 4.0 * z * z * mean * (1.0 - mean) / (step * step))
}

fn publication_bias(facts: &Facts, cut: &CertaintyCut) -> Computed {
    let Some(p) = facts.small_study else {
        return Computed {
            rating: Concern::NotSerious,
            basis: "not assessable",
            rule: "fewer than ten trials",
            text: "A funnel of fewer than ten trials cannot be read.".to_owned(),
            numbers: vec![number("trials", facts.k as f64)],
        };
    };
    let numbers = vec![number("p of the test for small-study effects", p)];
    if p < cut.small_study_p {
        finding(
            Concern::Serious,
            "small-study effects below the cut-off of p",
            format!("Small trials differ from large ones (p = {p:.3})."),
            numbers,
        )
    } else {
        finding(
            Concern::NotSerious,
            "no small-study effects below the cut-off of p",
            format!("Small trials do not clearly differ from large ones (p = {p:.3})."),
            numbers,
        )
    }
}

fn not_judged() -> Computed {
    Computed {
        rating: Concern::NotSerious,
        basis: "not judged",
        rule: "no judgement declared",
        text: "The protocol declares no judgement; nothing was taken off.".to_owned(),
        numbers: Vec::new(),
    }
}
