//! The blinding ledger: what people guessed, and the headline result with expectancy taken out.

mod adjust;
mod benchmark;
mod guesses;

use crate::answers::{Answer, Interval, Pool};
use crate::index::Index;
use crate::run::{blank, is_headline};
use onset_data::RowId;
use onset_data::evidence::Evidence;
use serde::Serialize;

/// What stands beside every adjusted number.
const CAVEAT: &str = "A guess is made after treatment. People who improve guess that they got the drug, so a link \
                      between belief and outcome does not show that belief caused the outcome; taking it all out \
                      takes out effect as well. Read these numbers as bounds.";

/// Guesses, belief, and what expectancy would leave of the headline result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ledger {
    /// Guesses by arm, as far as printed.
    pub guesses: Vec<ArmGuess>,
    /// Differences in belief between arms, one a trial and rater.
    pub belief: Vec<BeliefRow>,
    /// Pooled difference in belief over participants, where at least two trials have one with a standard error.
    pub pooled_belief: Option<PooledBelief>,
    /// Control arms beside published ones; absent where the protocol declares no benchmark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<ControlBands>,
    /// The headline result adjusted; absent where the protocol declares no assumptions.
    pub adjusted: Option<Adjusted>,
    /// Why it is absent.
    pub why_not: Option<String>,
    /// The caveat of every adjusted number.
    pub caveat: String,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

/// Improvement of control arms, ours and published ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlBands {
    /// Control arms of this review.
    pub arms: Vec<ControlArm>,
    /// Published ones.
    pub bands: Vec<PublishedBand>,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

/// Improvement of one control arm in one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ControlArm {
    pub study: String,
    pub label: String,
    pub arm: String,
    pub control_type: String,
    pub window: String,
    /// In standard deviations at baseline; positive is improvement.
    pub change: f64,
    /// Label of the published value that lies nearest.
    pub nearest: String,
    pub rows: Vec<RowId>,
}

/// A published improvement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PublishedBand {
    pub id: String,
    pub label: String,
    pub change: f64,
    pub source: String,
    pub protocol: Vec<String>,
}

/// Guesses in one arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ArmGuess {
    pub study: String,
    pub label: String,
    pub arm: String,
    /// "treatment" or "control".
    pub side: String,
    pub rater: String,
    pub n: Option<u64>,
    pub guessed_active: Option<u64>,
    pub guessed_control: Option<u64>,
    pub dont_know: Option<u64>,
    /// Bang's index: 1 all right, 0 at random, -1 all wrong.
    pub bang: f64,
    pub bang_se: Option<f64>,
    /// "counts" or "percent wrong, nobody undecided".
    pub basis: String,
    pub rows: Vec<RowId>,
}

/// Difference in belief between the arms of one trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct BeliefRow {
    pub study: String,
    pub label: String,
    pub rater: String,
    /// B, -1 to 1.
    pub difference: f64,
    pub se: Option<f64>,
    /// James's index, where there are counts.
    pub james: Option<f64>,
    pub james_se: Option<f64>,
    pub rows: Vec<RowId>,
}

/// B over trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PooledBelief {
    pub k: usize,
    pub estimate: Interval,
    pub model: String,
    pub rows: Vec<RowId>,
}

/// The headline result without expectancy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Adjusted {
    /// JSON Pointer of the pool.
    pub pool: String,
    /// "MADRS points" or "log odds ratio".
    pub unit: String,
    /// As pooled, analysis scale.
    pub raw: Interval,
    pub trials: Vec<TrialBelief>,
    /// Analysis scale, by effect of belief per unit of B, in units of improvement.
    pub line: Vec<LinePoint>,
    /// Where the pooled effect comes down to a target.
    pub tipping: Vec<Tipping>,
    /// Published sizes of the effect of belief, integrated out.
    pub priors: Vec<PriorResult>,
    pub protocol: Vec<String>,
}

/// B of one trial of the pool, observed or assumed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TrialBelief {
    pub study: String,
    pub label: String,
    pub control_type: String,
    pub difference: f64,
    pub spread: f64,
    pub observed: bool,
    pub source: String,
    pub rows: Vec<RowId>,
    pub protocol: Vec<String>,
}

/// The pooled effect at one effect of belief.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LinePoint {
    pub effect_of_belief: f64,
    pub estimate: Interval,
}

/// The effect of belief that would bring the pooled effect down to a target.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Tipping {
    /// "no difference", "important difference".
    pub target: String,
    pub value: f64,
    /// In units of improvement; None where nothing plausible does it.
    pub effect_of_belief: Option<f64>,
}

/// The pooled effect under one published prior.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PriorResult {
    pub id: String,
    pub label: String,
    pub source: String,
    /// Prior in units of the analysis scale, as improvement.
    pub prior_mean: f64,
    pub prior_sd: f64,
    /// Posterior mean and central interval.
    pub estimate: Interval,
    /// P(effect beyond the important difference); None without one.
    pub beyond_important: Option<f64>,
    pub protocol: Vec<String>,
}

/// The ledger of a review; `None` where nobody guessed and nothing is assumed.
pub(crate) fn ledger(index: &Index<'_>, evidence: &Evidence, pools: &[Pool]) -> Option<Ledger> {
    let found = guesses::read(index, evidence);
    if found.arms.is_empty() && index.protocol.blinding.is_none() {
        return None;
    }
    let headline = pools.iter().position(|pool| is_headline(index, pool));
    let adjusted = match (headline.map(|i| (i, &pools[i])), &index.protocol.blinding) {
        (_, None) => Err("The protocol declares no size of expectancy.".to_owned()),
        (None, _) => Err("There is no headline result to adjust.".to_owned()),
        (Some((i, pool)), Some(declared)) => adjust::adjust(index, pool, i, declared, &found.belief),
    };
    let (adjusted, why_not) = match adjusted {
        Ok(adjusted) => (Some(adjusted), None),
        Err(why) => (None, Some(why)),
    };
    let mut protocol = vec!["review.headline".to_owned()];
    if index.protocol.blinding.is_some() {
        protocol.push("blinding".to_owned());
    }
    Some(Ledger {
        pooled_belief: guesses::pooled(index, &found.belief),
        controls: benchmark::bands(index),
        guesses: found.arms,
        belief: found.belief,
        adjusted,
        why_not,
        caveat: CAVEAT.to_owned(),
        protocol,
    })
}

/// The answer: no single corrected number, but what it would take.
pub(crate) fn answer(evidence: &Evidence, ledger: Option<&Ledger>) -> Answer {
    let mut studies: Vec<&str> = ledger
        .iter()
        .flat_map(|ledger| ledger.guesses.iter().map(|guess| guess.study.as_str()))
        .collect();
    studies.sort_unstable();
    studies.dedup();
    let asked = format!(
        "{} of {} studies report by arm what people guessed they were given.",
        studies.len(),
        evidence.studies.len()
    );
    let adjusted = ledger.and_then(|ledger| ledger.adjusted.as_ref());
    let mut answer = Answer {
        rows: ledger
            .iter()
            .flat_map(|ledger| ledger.guesses.iter().flat_map(|guess| guess.rows.clone()))
            .collect(),
        protocol: vec!["review.headline".to_owned()],
        why_not: Some(match adjusted {
            Some(_) => {
                "There is no single corrected number: published sizes of expectancy disagree, and belief \
                        may follow improvement."
                    .to_owned()
            }
            None => ledger
                .and_then(|ledger| ledger.why_not.clone())
                .unwrap_or_else(|| {
                    "Nobody reported guesses, and the protocol declares no size of expectancy.".to_owned()
                }),
        }),
        ..blank("How much of it is unblinding?")
    };
    answer.sentence = match adjusted {
        Some(adjusted) => format!("{} {asked}", tipping_sentence(adjusted)),
        None => asked,
    };
    if let Some(adjusted) = adjusted {
        answer.protocol.push("blinding".to_owned());
        answer.assumptions = vec![
            "Where a trial reported no guesses, the difference in belief is assumed by its kind of control."
                .to_owned(),
        ];
        let unasked = adjusted.trials.iter().filter(|trial| !trial.observed).count();
        if unasked > 0 {
            answer.assumptions.push(format!(
                "In {unasked} of {} trials of the headline result belief is assumed, not observed.",
                adjusted.trials.len()
            ));
        }
    }
    answer
}

fn tipping_sentence(adjusted: &Adjusted) -> String {
    let at = |target: &str| {
        let found = adjusted.tipping.iter().find(|tip| tip.target == target)?;
        found.effect_of_belief
    };
    let worth = |value: f64| {
        let text = if value >= 10.0 {
            format!("{value:.0}")
        } else {
            format!("{value:.1}")
        };
        format!("{text} {}", adjusted.unit)
    };
    match (at("important difference"), at("no difference")) {
        (Some(important), Some(none)) => format!(
            "Believing in the treatment would by itself have to be worth {} to bring the headline result below \
             the important difference, and {} to explain all of it.",
            worth(important),
            worth(none)
        ),
        (None, Some(none)) => format!(
            "Believing in the treatment would by itself have to be worth {} to explain all of the headline \
             result.",
            worth(none)
        ),
        (Some(important), None) => format!(
            "Believing in the treatment would by itself have to be worth {} to bring the headline result below \
             the important difference.",
            worth(important)
        ),
        (None, None) => "No effect of belief that was tried explains the headline result.".to_owned(),
    }
}
