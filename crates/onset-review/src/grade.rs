//! Certainty by GRADE's domains, and the Summary of Findings.
//!
//! Randomised trials begin at high. Each domain takes off no, one or two levels; the computed domains do so by the
//! cut-offs of the protocol, the others by a judgement declared there with its reason. Every rating says which
//! rule gave it and by which numbers.
//!
//! # Source
//! Balshem 2011 (GRADE guidelines 3); Guyatt 2011 (4: risk of bias; 5: publication bias; 6: imprecision;
//! 7: inconsistency; 8: indirectness), J Clin Epidemiol 64; Zeng 2022 (guidance 34: imprecision), 150:216;
//! Santesso 2020 (guidelines 26: wording), 119:126.

mod domains;
mod facts;
#[cfg(test)]
mod tests;
mod wording;

pub(crate) use facts::{TrialRisk, trial_risk};

use crate::answers::{Absolute, Answer, Interval, Pool};
use crate::index::Index;
use crate::protocol::{Certainty, Concern, DeclaredJudgement, Domain};
use crate::run::is_headline;
use serde::Serialize;

/// Certainty of every pool with a result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grade {
    /// One entry a pool, in the order of the pools.
    pub pools: Vec<Rated>,
    /// JSON Pointer of the headline's entry.
    pub headline: Option<String>,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

/// One line of the Summary of Findings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Rated {
    /// JSON Pointer of the pool.
    pub pool: String,
    pub id: String,
    pub k: usize,
    pub n: u64,
    /// high | moderate | low | very low
    pub certainty: String,
    /// 4 to 1.
    pub level: u8,
    /// large | moderate | small | trivial; absent where no thresholds apply.
    pub size: Option<String>,
    /// The result in words, by certainty and size.
    pub sentence: String,
    /// People per 100 in the control group, with its interval.
    pub control_per_100: Option<Interval>,
    /// People per 100 in the treatment group.
    pub treatment_per_100: Option<Interval>,
    /// Thresholds on the analysis scale, as benefit, where they apply.
    pub thresholds: Option<Thresholds>,
    pub domains: Vec<DomainRating>,
    pub protocol: Vec<String>,
}

/// Small, moderate and large effects on the analysis scale; absent where no risk can be that far away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Thresholds {
    pub small: Option<f64>,
    pub moderate: Option<f64>,
    pub large: Option<f64>,
    /// The small effect on the side of harm, as a positive size.
    pub small_harm: Option<f64>,
}

/// What one domain takes off.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DomainRating {
    pub domain: Domain,
    pub rating: Concern,
    /// Levels taken off: 0, 1 or 2.
    pub levels: u8,
    /// computed | declared | overridden | not assessable | not judged
    pub basis: String,
    /// The rule that gave it.
    pub rule: String,
    /// In words, with its numbers.
    pub text: String,
    pub numbers: Vec<NamedNumber>,
    /// Protocol keys.
    pub protocol: Vec<String>,
}

/// A number behind a rating.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NamedNumber {
    pub name: String,
    pub value: f64,
}

impl Domain {
    /// All, in GRADE's order.
    pub const ALL: [Domain; 5] = [
        Domain::RiskOfBias,
        Domain::Inconsistency,
        Domain::Indirectness,
        Domain::Imprecision,
        Domain::PublicationBias,
    ];

    /// As printed.
    pub fn label(self) -> &'static str {
        match self {
            Domain::RiskOfBias => "risk of bias",
            Domain::Inconsistency => "inconsistency",
            Domain::Indirectness => "indirectness",
            Domain::Imprecision => "imprecision",
            Domain::PublicationBias => "publication bias",
        }
    }
}

impl Concern {
    /// Levels of certainty that it takes off.
    pub fn levels(self) -> u8 {
        match self {
            Concern::NotSerious => 0,
            Concern::Serious => 1,
            Concern::VerySerious => 2,
        }
    }

    /// As printed.
    pub fn label(self) -> &'static str {
        match self {
            Concern::NotSerious => "not serious",
            Concern::Serious => "serious",
            Concern::VerySerious => "very serious",
        }
    }
}

/// Ratings of every pool with a result; `None` where the protocol declares no `[certainty]`.
pub(crate) fn grade(index: &Index<'_>, pools: &[Pool]) -> Option<Grade> {
    let certainty = index.protocol.certainty.as_ref()?;
    let mut rated = Vec::new();
    let mut headline = None;
    for (i, pool) in pools.iter().enumerate() {
        if pool.estimate.is_none() {
            continue;
        }
        if is_headline(index, pool) {
            headline = Some(format!("/grade/pools/{}", rated.len()));
        }
        rated.extend(rate(index, certainty, pool, format!("/size/by/{i}")));
    }
    Some(Grade {
        pools: rated,
        headline,
        protocol: vec!["certainty".to_owned()],
    })
}

fn rate(index: &Index<'_>, certainty: &Certainty, pool: &Pool, pointer: String) -> Option<Rated> {
    let facts = facts::of(index, certainty, pool)?;
    let domains: Vec<DomainRating> = Domain::ALL
        .into_iter()
        .map(|domain| {
            judged(
                certainty,
                pool,
                domain,
                domains::computed(domain, &facts, &certainty.cut),
            )
        })
        .collect();
    let off: u8 = domains.iter().map(|domain| domain.levels).sum();
    let level = 4u8.saturating_sub(off).max(1);
    let size = facts.size();
    let per_100 = |pick: fn(&Absolute) -> Interval| {
        pool.absolute.as_ref().map(|absolute| {
            let risk = pick(absolute);
            Interval {
                value: 100.0 * risk.value,
                lower: 100.0 * risk.lower,
                upper: 100.0 * risk.upper,
            }
        })
    };
    let mut protocol = facts.protocol.clone();
    protocol.push("certainty".to_owned());
    Some(Rated {
        pool: pointer,
        id: pool.id.clone(),
        k: pool.k,
        n: pool.n,
        certainty: wording::level(level).to_owned(),
        level,
        size: size.map(|size| size.label().to_owned()),
        sentence: wording::sentence(pool, level, size, facts.benefit.value),
        control_per_100: per_100(|a| a.control_risk),
        treatment_per_100: per_100(|a| a.treatment_risk),
        thresholds: facts.lines,
        domains,
        protocol,
    })
}

/// A computed rating beside what the protocol declares for this pool.
fn judged(certainty: &Certainty, pool: &Pool, domain: Domain, computed: domains::Computed) -> DomainRating {
    let declared = certainty
        .judgement
        .iter()
        .find(|j| j.domain == domain && matches(j, pool));
    let mut rating = DomainRating {
        domain,
        rating: computed.rating,
        levels: computed.rating.levels(),
        basis: computed.basis.to_owned(),
        rule: computed.rule.to_owned(),
        text: computed.text,
        numbers: computed.numbers,
        protocol: vec!["certainty".to_owned()],
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
        } else if rating.basis == "not assessable" {
            format!("{} {}", judgement.reason, rating.text)
        } else {
            judgement.reason.clone()
        };
        rating.basis = if overridden { "overridden" } else { "declared" }.to_owned();
        rating.rule = "declared in the protocol".to_owned();
        rating.rating = judgement.rating;
        rating.levels = judgement.rating.levels();
        rating.protocol = vec![format!("certainty.judgement.{}", judgement.id)];
    }
    rating
}

fn matches(judgement: &DeclaredJudgement, pool: &Pool) -> bool {
    let here = |list: &[String], id: &str| list.is_empty() || list.iter().any(|known| known == id);
    here(&judgement.comparisons, &pool.comparison)
        && here(&judgement.outcomes, &pool.outcome)
        && here(&judgement.windows, &pool.window)
}

/// Tells the headline's certainty in the answer to "How sure?".
pub(crate) fn tell(answer: &mut Answer, grade: &Grade, pools: &[Pool]) {
    let rated = grade
        .headline
        .as_deref()
        .and_then(|pointer| pointer.strip_prefix("/grade/pools/")?.parse::<usize>().ok())
        .and_then(|i| grade.pools.get(i));
    let Some(rated) = rated else { return };
    let Some(pool) = pools.iter().find(|pool| pool.id == rated.id) else {
        return;
    };
    let said = wording::told(rated, pool);
    if answer.estimate.is_none() && answer.pool.is_none() {
        answer.sentence = said;
        answer.why_not = None;
        answer.k = rated.k;
        answer.n = rated.n;
        answer.pool = Some(rated.pool.clone());
    } else {
        answer.sentence = format!("{said} {}", answer.sentence);
    }
    answer.protocol.push("certainty".to_owned());
}
