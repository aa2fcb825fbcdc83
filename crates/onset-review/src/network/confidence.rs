//! Confidence in each estimate of a network: six domains, each with its rule and its numbers.
//!
//! An interval is read by the areas it reaches: an important effect one way, no important effect, an important effect
//! the other way. The important difference is the declared one; without it the areas are the two sides of no
//! difference.
//!
//! # Source
//! After Nikolakopoulou 2020 (CINeMA), PLoS Med 17:e1003082; contributions: Papakonstantinou 2018, F1000Research
//! 7:610. The cut-offs are written at each rule.

use super::{NetworkReport, Pair};
use crate::answers::Interval;
use crate::grade::NamedNumber;
use crate::protocol::{Distance, Network, NetworkConcern, NetworkDomain, NetworkJudgement};
use serde::Serialize;

/// From here on a mean score (1 low, 2 unclear, 3 high) gives some concerns.
const SOME: f64 = 1.5;
/// From here on it gives major concerns.
const MAJOR: f64 = 2.5;
/// Direct and indirect evidence are held to agree from this p on; the global test, too.
const AGREE: f64 = 0.10;
/// Below it the global test gives major concerns.
const DISAGREE: f64 = 0.05;

/// Confidence in one estimate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Confidence {
    /// high | moderate | low | very low
    pub confidence: String,
    /// 4 to 1.
    pub level: u8,
    pub domains: Vec<ConcernRating>,
}

/// What one domain says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ConcernRating {
    pub domain: NetworkDomain,
    pub rating: NetworkConcern,
    /// computed | declared | overridden | not assessable | not judged
    pub basis: String,
    /// The rule that gave it.
    pub rule: String,
    pub text: String,
    pub numbers: Vec<NamedNumber>,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

impl NetworkDomain {
    /// All, in their usual order.
    pub const ALL: [NetworkDomain; 6] = [
        NetworkDomain::WithinStudyBias,
        NetworkDomain::ReportingBias,
        NetworkDomain::Indirectness,
        NetworkDomain::Imprecision,
        NetworkDomain::Heterogeneity,
        NetworkDomain::Incoherence,
    ];

    /// As printed.
    pub fn label(self) -> &'static str {
        match self {
            NetworkDomain::WithinStudyBias => "within-study bias",
            NetworkDomain::ReportingBias => "reporting bias",
            NetworkDomain::Indirectness => "indirectness",
            NetworkDomain::Imprecision => "imprecision",
            NetworkDomain::Heterogeneity => "heterogeneity",
            NetworkDomain::Incoherence => "incoherence",
        }
    }
}

impl NetworkConcern {
    /// As printed.
    pub fn label(self) -> &'static str {
        match self {
            NetworkConcern::NoConcerns => "no concerns",
            NetworkConcern::SomeConcerns => "some concerns",
            NetworkConcern::MajorConcerns => "major concerns",
        }
    }

    /// Levels of confidence that it takes off.
    pub fn levels(self) -> u8 {
        match self {
            NetworkConcern::NoConcerns => 0,
            NetworkConcern::SomeConcerns => 1,
            NetworkConcern::MajorConcerns => 2,
        }
    }
}

/// What the rules look at, analysis scale.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub estimate: Interval,
    pub prediction: Option<Interval>,
    pub tau2: Option<f64>,
    /// Size of the important difference.
    pub important: Option<f64>,
    pub direct: Option<Interval>,
    pub indirect: Option<Interval>,
    /// Of their difference.
    pub p: Option<f64>,
    /// Of the design-by-treatment test.
    pub global: Option<f64>,
    /// Shares of trials at low, unclear and high risk, and not judged.
    pub risk: Option<[f64; 4]>,
    /// Shares of trials near, at some distance and far; `None` where nothing was declared.
    pub distance: Option<[f64; 3]>,
}

/// A rating before the protocol's judgements are looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Computed {
    pub rating: NetworkConcern,
    pub basis: &'static str,
    pub rule: &'static str,
    pub text: String,
    pub numbers: Vec<NamedNumber>,
}

fn number(name: &str, value: f64) -> NamedNumber {
    NamedNumber {
        name: name.to_owned(),
        value,
    }
}

fn found(rating: NetworkConcern, rule: &'static str, text: String, numbers: Vec<NamedNumber>) -> Computed {
    Computed {
        rating,
        basis: "computed",
        rule,
        text,
        numbers,
    }
}

fn open(basis: &'static str, rating: NetworkConcern, rule: &'static str, text: &str) -> Computed {
    Computed {
        rating,
        basis,
        rule,
        text: text.to_owned(),
        numbers: Vec::new(),
    }
}

pub(super) fn computed(domain: NetworkDomain, facts: &Facts) -> Computed {
    match domain {
        NetworkDomain::WithinStudyBias => within_study_bias(facts),
        NetworkDomain::ReportingBias => open(
            "not judged",
            NetworkConcern::SomeConcerns,
            "declared, never computed",
            "Nobody has judged whether results are missing for what they say.",
        ),
        NetworkDomain::Indirectness => indirectness(facts),
        NetworkDomain::Imprecision => imprecision(facts),
        NetworkDomain::Heterogeneity => heterogeneity(facts),
        NetworkDomain::Incoherence => incoherence(facts),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn by_score(score: f64) -> (NetworkConcern, &'static str) {
    if score >= MAJOR {
        (
            NetworkConcern::MajorConcerns,
            "mean score, weighted by contribution, 2.5 or more (1 low, 2 unclear, 3 high)",
        )
    } else if score >= SOME {
        (
            NetworkConcern::SomeConcerns,
            "mean score, weighted by contribution, 1.5 or more (1 low, 2 unclear, 3 high)",
        )
    } else {
        (
            NetworkConcern::NoConcerns,
            "mean score, weighted by contribution, below 1.5 (1 low, 2 unclear, 3 high)",
        )
    }
}

/// The mean of 1, 2, 3 for low, unclear and high risk by what each trial contributes; a trial that nobody judged counts
/// as unclear.
fn within_study_bias(facts: &Facts) -> Computed {
    let Some([low, unclear, high, not_judged]) = facts.risk else {
        return open(
            "not assessable",
            NetworkConcern::SomeConcerns,
            "contributions are not defined",
            "A trial of several arms has a negative weight, so nobody can say which trial contributes how much.",
        );
    };
    let score = low + 2.0 * (unclear + not_judged) + 3.0 * high;
    let (rating, rule) = by_score(score);
    let text = format!(
        "Of what trials contribute, {} is at low risk, {} unclear or with some concerns, {} at high risk, {} not judged.",
        percent(low),
        percent(unclear),
        percent(high),
        percent(not_judged)
    );
    let numbers = vec![
        number("share at low risk", low),
        number("share at unclear risk or some concerns", unclear),
        number("share at high risk", high),
        number("share not judged", not_judged),
        number("mean score", score),
    ];
    found(rating, rule, text, numbers)
}

/// The same of the declared distances from the question.
fn indirectness(facts: &Facts) -> Computed {
    let Some([near, some, far]) = facts.distance else {
        return open(
            "not judged",
            NetworkConcern::SomeConcerns,
            "no study's distance is declared",
            "Nobody has judged how far the trials are from the question.",
        );
    };
    let score = near + 2.0 * some + 3.0 * far;
    let (rating, rule) = by_score(score);
    let text = format!(
        "Of what trials contribute, {} is near the question, {} at some distance, {} far from it.",
        percent(near),
        percent(some),
        percent(far)
    );
    let numbers = vec![
        number("share near the question", near),
        number("share at some distance", some),
        number("share far from it", far),
        number("mean score", score),
    ];
    found(rating, rule, text, numbers)
}

/// Which areas an interval reaches: below, around no difference, above.
fn areas(interval: &Interval, important: Option<f64>) -> [bool; 3] {
    match important {
        Some(d) => [
            interval.lower < -d,
            interval.lower < d && interval.upper > -d,
            interval.upper > d,
        ],
        None => [interval.lower < 0.0, false, interval.upper > 0.0],
    }
}

fn count(areas: [bool; 3]) -> usize {
    areas.into_iter().filter(|reached| *reached).count()
}

fn limits(name: &str, interval: &Interval) -> [NamedNumber; 2] {
    [
        number(&format!("{name}, lower"), interval.lower),
        number(&format!("{name}, upper"), interval.upper),
    ]
}

/// One area: no concerns. Two: some. Important effects both ways: major.
fn imprecision(facts: &Facts) -> Computed {
    let mut numbers: Vec<NamedNumber> = limits("interval", &facts.estimate).into();
    let Some(important) = facts.important else {
        let both = count(areas(&facts.estimate, None)) > 1;
        let (rating, text) = if both {
            (
                NetworkConcern::SomeConcerns,
                "The interval includes no difference.",
            )
        } else {
            (NetworkConcern::NoConcerns, "The interval excludes no difference.")
        };
        let rule = "no important difference is declared: whether the interval includes no difference";
        return found(rating, rule, text.to_owned(), numbers);
    };
    numbers.push(number("important difference", important));
    match areas(&facts.estimate, Some(important)) {
        [true, _, true] => found(
            NetworkConcern::MajorConcerns,
            "the interval holds important effects both ways",
            "The interval allows an important effect in favour of either treatment.".to_owned(),
            numbers,
        ),
        reached if count(reached) > 1 => found(
            NetworkConcern::SomeConcerns,
            "the interval holds important effects one way, and effects that do not matter",
            "The interval allows an important effect, and one that does not matter.".to_owned(),
            numbers,
        ),
        _ => found(
            NetworkConcern::NoConcerns,
            "the interval lies on one side of the important difference",
            "The whole interval says the same about an important effect.".to_owned(),
            numbers,
        ),
    }
}

/// Areas that the prediction interval reaches and the interval of the mean does not.
fn heterogeneity(facts: &Facts) -> Computed {
    let Some(tau2) = facts.tau2 else {
        return open(
            "not assessable",
            NetworkConcern::SomeConcerns,
            "no comparison has two trials",
            "How much trials differ cannot be estimated, which is no sign that they agree.",
        );
    };
    let mut numbers = vec![number("tau2", tau2)];
    numbers.extend(limits("interval", &facts.estimate));
    if tau2 <= 0.0 {
        return found(
            NetworkConcern::NoConcerns,
            "no spread between trials is estimated",
            "No spread between trials is estimated, though few trials can hardly show it.".to_owned(),
            numbers,
        );
    }
    let Some(prediction) = &facts.prediction else {
        return Computed {
            rating: NetworkConcern::SomeConcerns,
            basis: "not assessable",
            rule: "too few trials for a prediction interval",
            text: "Trials differ, and they are too few for a prediction interval.".to_owned(),
            numbers,
        };
    };
    numbers.extend(limits("prediction interval", prediction));
    numbers.extend(facts.important.map(|d| number("important difference", d)));
    let (mean, new) = (
        areas(&facts.estimate, facts.important),
        areas(prediction, facts.important),
    );
    let more = mean.iter().zip(new).filter(|(mean, new)| !**mean && *new).count();
    match more {
        0 => found(
            NetworkConcern::NoConcerns,
            "interval and prediction interval reach the same areas",
            "The effect in a new setting may be no other, in what matters, than the mean.".to_owned(),
            numbers,
        ),
        1 => found(
            NetworkConcern::SomeConcerns,
            "the prediction interval reaches one area more than the interval",
            "The effect in a new setting may differ, in what matters, from what the mean allows.".to_owned(),
            numbers,
        ),
        _ => found(
            NetworkConcern::MajorConcerns,
            "the prediction interval reaches two areas more than the interval",
            "The effect in a new setting may be an important one either way.".to_owned(),
            numbers,
        ),
    }
}

/// Direct against indirect evidence; where only one of them exists, the global test.
fn incoherence(facts: &Facts) -> Computed {
    match (&facts.direct, &facts.indirect, facts.p) {
        (Some(direct), Some(indirect), Some(p)) => both(facts, direct, indirect, p),
        (direct, _, _) => one_kind(facts, direct.is_some()),
    }
}

fn both(facts: &Facts, direct: &Interval, indirect: &Interval, p: f64) -> Computed {
    let mut numbers = vec![number("p of direct against indirect", p)];
    numbers.extend(limits("direct", direct));
    numbers.extend(limits("indirect", indirect));
    if p >= AGREE {
        let text = "Direct and indirect evidence do not contradict each other.".to_owned();
        return found(
            NetworkConcern::NoConcerns,
            "p of their difference 0.10 or more",
            text,
            numbers,
        );
    }
    let (a, b) = (areas(direct, facts.important), areas(indirect, facts.important));
    let common = a.iter().zip(b).filter(|(a, b)| **a && *b).count();
    if a == b {
        found(
            NetworkConcern::NoConcerns,
            "p below 0.10, but both intervals reach the same areas",
            "Direct and indirect evidence differ, but say the same about an important effect.".to_owned(),
            numbers,
        )
    } else if common > 0 {
        found(
            NetworkConcern::SomeConcerns,
            "p below 0.10, and the intervals share some areas only",
            "Direct and indirect evidence differ, and in part in what matters.".to_owned(),
            numbers,
        )
    } else {
        found(
            NetworkConcern::MajorConcerns,
            "p below 0.10, and the intervals share no area",
            "Direct and indirect evidence contradict each other.".to_owned(),
            numbers,
        )
    }
}

fn one_kind(facts: &Facts, direct: bool) -> Computed {
    let Some(p) = facts.global else {
        return if direct {
            open(
                "not assessable",
                NetworkConcern::NoConcerns,
                "direct evidence alone, in a network without independent loops",
                "The estimate is that of its own trials: no indirect evidence bears on it.",
            )
        } else {
            open(
                "not assessable",
                NetworkConcern::MajorConcerns,
                "indirect evidence alone, in a network without independent loops",
                "Nothing direct to hold it against, and no independent loop anywhere by which the network could be tested.",
            )
        };
    };
    let numbers = vec![number("p of the design-by-treatment test", p)];
    let (rating, rule) = if p < DISAGREE {
        (
            NetworkConcern::MajorConcerns,
            "one kind of evidence; p of the global test below 0.05",
        )
    } else if p < AGREE {
        (
            NetworkConcern::SomeConcerns,
            "one kind of evidence; p of the global test 0.05 to 0.10",
        )
    } else {
        (
            NetworkConcern::NoConcerns,
            "one kind of evidence; p of the global test 0.10 or more",
        )
    };
    let kind = if direct { "direct" } else { "indirect" };
    let text = format!("Only {kind} evidence; the network as a whole is tested instead.");
    found(rating, rule, text, numbers)
}

/// Rates every estimate that was not refused.
pub(super) fn rate(report: &mut NetworkReport, network: &Network) {
    let rated: Vec<Option<Confidence>> = report
        .pairs
        .iter()
        .map(|pair| facts(report, network, pair).map(|facts| confidence(network, pair, &facts)))
        .collect();
    for (pair, confidence) in report.pairs.iter_mut().zip(rated) {
        pair.confidence = confidence;
    }
}

fn facts(report: &NetworkReport, network: &Network, pair: &Pair) -> Option<Facts> {
    let inside = |x: f64| if report.ratio { x.ln() } else { x };
    let analysis = |interval: Interval| Interval {
        value: inside(interval.value),
        lower: inside(interval.lower),
        upper: inside(interval.upper),
    };
    let known = !pair.shares.is_empty();
    Some(Facts {
        estimate: pair.analysis?,
        prediction: pair.prediction.map(analysis),
        tau2: report.tau2,
        important: report.important_difference.map(f64::abs),
        direct: pair.direct.map(analysis),
        indirect: pair.indirect.map(analysis),
        p: pair.p,
        global: report.design_by_treatment.and_then(|test| test.p),
        risk: known.then(|| risk(report, pair)),
        distance: (known && !network.indirectness.is_empty()).then(|| distance(network, pair)),
    })
}

fn risk(report: &NetworkReport, pair: &Pair) -> [f64; 4] {
    let mut shares = [0.0; 4];
    for part in &pair.shares {
        let study = report.studies.iter().find(|study| study.id == part.study);
        let [low, unclear, high, not_judged] = &mut shares;
        let slot = match study.map(|study| study.risk.as_str()) {
            Some("low") => low,
            Some("unclear") => unclear,
            Some("high") => high,
            _ => not_judged,
        };
        *slot += part.share;
    }
    shares
}

fn distance(network: &Network, pair: &Pair) -> [f64; 3] {
    let mut shares = [0.0; 3];
    for part in &pair.shares {
        let declared = network.indirectness.iter().find(|study| study.id == part.study);
        let [near, some, far] = &mut shares;
        let slot = match declared.map(|study| study.rating) {
            Some(Distance::Moderate) => some,
            Some(Distance::High) => far,
            Some(Distance::Low) | None => near,
        };
        *slot += part.share;
    }
    shares
}

pub(super) fn confidence(network: &Network, pair: &Pair, facts: &Facts) -> Confidence {
    let domains: Vec<ConcernRating> = NetworkDomain::ALL
        .into_iter()
        .map(|domain| judged(network, pair, domain, computed(domain, facts)))
        .collect();
    let levels = |wanted: &[NetworkDomain]| -> Vec<u8> {
        let mine = domains.iter().filter(|d| wanted.contains(&d.domain));
        mine.map(|d| d.rating.levels()).collect()
    };
    // these three look at one interval: the worst of them counts
    let together = [
        NetworkDomain::Imprecision,
        NetworkDomain::Heterogeneity,
        NetworkDomain::Incoherence,
    ];
    let alone = [
        NetworkDomain::WithinStudyBias,
        NetworkDomain::ReportingBias,
        NetworkDomain::Indirectness,
    ];
    let off = levels(&alone).iter().sum::<u8>() + levels(&together).into_iter().max().unwrap_or(0);
    let level = 4u8.saturating_sub(off).max(1);
    let name = match level {
        4 => "high",
        3 => "moderate",
        2 => "low",
        _ => "very low",
    };
    Confidence {
        confidence: name.to_owned(),
        level,
        domains,
    }
}

fn applies(judgement: &NetworkJudgement, pair: &Pair) -> bool {
    let same = |[a, b]: &[String; 2]| (*a == pair.a && *b == pair.b) || (*a == pair.b && *b == pair.a);
    judgement.pairs.is_empty() || judgement.pairs.iter().any(same)
}

fn judged(network: &Network, pair: &Pair, domain: NetworkDomain, computed: Computed) -> ConcernRating {
    let declared = network
        .judgement
        .iter()
        .find(|j| j.domain == domain && applies(j, pair));
    let key = format!("network.{}", network.id);
    let mut rating = ConcernRating {
        domain,
        rating: computed.rating,
        basis: computed.basis.to_owned(),
        rule: computed.rule.to_owned(),
        text: computed.text,
        numbers: computed.numbers,
        protocol: vec![key.clone()],
    };
    if let Some(judgement) = declared {
        let overridden = rating.basis == "computed";
        rating.text = if overridden {
            format!(
                "{} Computed: {}. {}",
                judgement.reason,
                rating.rating.label(),
                rating.text
            )
        } else {
            judgement.reason.clone()
        };
        rating.basis = if overridden { "overridden" } else { "declared" }.to_owned();
        rating.rule = "declared in the protocol".to_owned();
        rating.rating = judgement.rating;
        rating.protocol = vec![format!("{key}.judgement.{}", judgement.id)];
    }
    rating
}
