//! From a protocol and its evidence to the answers.

use crate::answers::{Answer, Answers, Estimate, Note, Pool, ReviewInfo};
use crate::durability;
use crate::economics;
use crate::evidence_report;
use crate::floor;
use crate::grade;
use crate::index::Index;
use crate::ledger;
use crate::missing;
use crate::network;
use crate::phrase;
use crate::priors;
use crate::propagate;
use crate::protocol::{Direction, Protocol};
use crate::size;
use crate::speed;
use crate::timecourse;
use crate::verdict;
use onset_data::evidence::Evidence;
use onset_data::{Diagnostic, Severity, Warned};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why a review cannot be answered.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The protocol or the tables break rules.
    #[error("{} rules are broken; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Broken(Vec<Diagnostic>),
    /// A result is not a finite number.
    #[error("a result is not a finite number: {place}. Hint: look for a mistyped number in its rows")]
    NotFinite {
        /// Where it stands in the results.
        place: String,
    },
}

impl From<&Diagnostic> for Note {
    fn from(diagnostic: &Diagnostic) -> Note {
        let severity = match diagnostic.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Note {
            code: diagnostic.code.clone(),
            severity: severity.to_owned(),
            study: diagnostic.study.clone(),
            message: diagnostic.to_string(),
        }
    }
}

/// Answers the six questions.
///
/// `checks` are the findings of reading and checking, printed with the evidence; errors among them
/// stop the run. The result depends on nothing but the arguments.
///
/// # Errors
/// `Broken`, `NotFinite`.
pub fn run(
    protocol: &Protocol,
    evidence: &Evidence,
    checks: &[Diagnostic],
) -> Result<Warned<Answers>, Error> {
    let broken: Vec<Diagnostic> = checks
        .iter()
        .filter(|check| check.severity == Severity::Error)
        .cloned()
        .collect();
    if !broken.is_empty() {
        return Err(Error::Broken(broken));
    }
    let index = Index::new(protocol, evidence);
    let pools = size::pools(&index);
    finite(&pools)?;
    let ledger = ledger::ledger(&index, evidence, &pools);
    let grade = grade::grade(&index, &pools);
    let floor = floor::report(&index, &pools);
    let mut certainty = floor::answer(floor.as_ref(), &pools);
    if let Some(grade) = &grade {
        grade::tell(&mut certainty, grade, &pools);
    }
    let courses = timecourse::courses(&index);
    let lasting = durability::durability(&index, evidence);
    let mut how_long = timecourse::duration(duration(&index, &pools), &index, courses.as_ref());
    durability::tell(&mut how_long, lasting.as_ref());
    let networks = network::networks(&index);
    let answers = Answers {
        review: review_info(protocol, evidence),
        speed: timecourse::speed(speed::answer(&index, &pools), &index, courses.as_ref()),
        duration: how_long,
        blinding: ledger::answer(evidence, ledger.as_ref()),
        comparison: network::comparison(comparison(&index, &pools), &index, networks.as_ref()),
        certainty,
        evidence: evidence_report::report(&index, evidence, &pools, checks),
        ledger,
        grade,
        floor,
        economics: economics::report(&index, evidence, &pools, courses.as_ref()),
        priors: priors::grid(&index, &pools),
        verdict: verdict::report(&index, evidence, &pools),
        missing: missing::missing(&index, &pools),
        flagged: propagate::flagged(protocol, evidence, &pools, checks),
        timecourse: courses,
        durability: lasting,
        network: networks,
        warnings: Vec::new(),
        size: size_answer(&index, pools),
    };
    Ok(Warned::clean(answers))
}

fn finite(pools: &[Pool]) -> Result<(), Error> {
    for pool in pools {
        let numbers = pool.estimate.iter().flat_map(|e| [e.value, e.lower, e.upper]);
        let studies = pool
            .studies
            .iter()
            .flat_map(|s| [s.shown.value, s.shown.lower, s.shown.upper]);
        if numbers.chain(studies).any(|x| !x.is_finite()) {
            return Err(Error::NotFinite {
                place: pool.id.clone(),
            });
        }
    }
    Ok(())
}

fn review_info(protocol: &Protocol, evidence: &Evidence) -> ReviewInfo {
    let mut data = Sha256::new();
    for (name, hash) in evidence.hashes.iter().filter(|(name, _)| name != "review.toml") {
        data.update(format!("{name} {hash}\n"));
    }
    let protocol_hash = evidence.hashes.iter().find(|(name, _)| name == "review.toml");
    let review = &protocol.review;
    ReviewInfo {
        title: review.title.clone(),
        question: review.question.clone(),
        version: review.version.clone(),
        seed: review.seed,
        format: review.format,
        systematic_search: review.systematic_search,
        search: review.search.clone(),
        data_sha256: hex(&data.finalize()),
        protocol_sha256: protocol_hash.map(|(_, hash)| hash.clone()).unwrap_or_default(),
        onset_version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: [
            "title",
            "question",
            "version",
            "seed",
            "format",
            "systematic_search",
        ]
        .map(|key| format!("review.{key}"))
        .to_vec(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn blank(question: &str) -> Answer {
    Answer {
        question: question.to_owned(),
        sentence: String::new(),
        estimate: None,
        why_not: None,
        k: 0,
        n: 0,
        pool: None,
        protocol: Vec::new(),
        rows: Vec::new(),
        by: Vec::new(),
        course: Vec::new(),
        assumptions: Vec::new(),
        warnings: Vec::new(),
    }
}

pub(crate) fn is_headline(index: &Index<'_>, pool: &Pool) -> bool {
    let headline = &index.protocol.review.headline;
    pool.comparison == headline.comparison
        && pool.outcome == headline.outcome
        && pool.window == headline.window
}

fn size_answer(index: &Index<'_>, pools: Vec<Pool>) -> Answer {
    let mut answer = Answer {
        protocol: vec!["review.headline".to_owned()],
        ..blank("How much?")
    };
    if let Some(i) = pools.iter().position(|pool| is_headline(index, pool)) {
        let pool = &pools[i];
        answer.pool = Some(format!("/size/by/{i}"));
        answer.k = pool.k;
        answer.n = pool.n;
        answer.estimate.clone_from(&pool.estimate);
        answer.why_not.clone_from(&pool.why_not);
        answer.assumptions.clone_from(&pool.assumptions);
        answer.sentence = match &pool.estimate {
            Some(estimate) => headline_sentence(pool, estimate),
            None => pool.why_not.clone().unwrap_or_default(),
        };
        if pool.k > 0 && pool.k < 5 {
            answer.warnings.push(few(pool.k));
        }
    }
    answer.by = pools;
    answer
}

fn few(k: usize) -> Note {
    let what = if k == 1 {
        "One trial only".to_owned()
    } else {
        format!("Only {k} trials")
    };
    Note {
        code: "few_trials".to_owned(),
        severity: "warning".to_owned(),
        study: None,
        message: format!("{what}: the estimate may move when another one is added."),
    }
}

/// A sentence without numbers: the page prints the numbers from `estimate`, formatted once.
fn headline_sentence(pool: &Pool, estimate: &Estimate) -> String {
    let neutral = if pool.ratio { 1.0 } else { 0.0 };
    let lower_is_better = pool.direction == "lower is better";
    let better = if lower_is_better {
        estimate.value < neutral
    } else {
        estimate.value > neutral
    };
    let crosses = estimate.lower <= neutral && estimate.upper >= neutral;
    let verdict = match (crosses, better) {
        (true, _) => "the interval includes no difference",
        (false, true) => "the interval lies on the side of benefit",
        (false, false) => "the interval lies on the side of harm",
    };
    let direction = if better { "better" } else { "worse" };
    format!(
        "{} v {}, {} {}: {direction} on average; {verdict}.",
        capital(&pool.treatment_label),
        phrase::lower_first(&pool.control_label),
        phrase::lower_first(&pool.outcome_label),
        phrase::at_window(&pool.window_label),
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How long the evidence reaches; decay and relapse need models of their own.
fn duration(index: &Index<'_>, pools: &[Pool]) -> Answer {
    let headline = &index.protocol.review.headline;
    let last = pools
        .iter()
        .enumerate()
        .filter(|(_, p)| p.comparison == headline.comparison && p.outcome == headline.outcome)
        .filter(|(_, p)| p.evidence == "acute" && p.estimate.is_some())
        .max_by(|a, b| {
            let end = |p: &Pool| p.to_hours.unwrap_or(0.0);
            end(a.1).total_cmp(&end(b.1))
        });
    let mut answer = Answer {
        why_not: Some(
            "How long the effect lasts needs trials that follow people after treatment and a model of decay; \
             here only the last window with randomised results can be named."
                .to_owned(),
        ),
        protocol: vec!["review.headline".to_owned(), "window".to_owned()],
        ..blank("How long?")
    };
    match last {
        Some((i, pool)) => {
            answer.pool = Some(format!("/size/by/{i}"));
            answer.k = pool.k;
            answer.n = pool.n;
            answer.sentence = format!(
                "The last window with randomised results on {} is {} ({} {}, {} people); after it nothing is \
                 known from these trials.",
                pool.outcome_label.to_lowercase(),
                pool.window_label.to_lowercase(),
                pool.k,
                if pool.k == 1 { "trial" } else { "trials" },
                pool.n,
            );
        }
        None => answer.sentence = "No window holds randomised results on the headline outcome.".to_owned(),
    }
    answer
}

fn comparison(index: &Index<'_>, pools: &[Pool]) -> Answer {
    let headline = &index.protocol.review.headline;
    let same: Vec<&Pool> = pools
        .iter()
        .filter(|p| p.outcome == headline.outcome && p.window == headline.window)
        .collect();
    let with: Vec<&str> = same
        .iter()
        .filter(|p| p.estimate.is_some())
        .map(|p| p.comparison_label.as_str())
        .collect();
    let sentence = if with.is_empty() {
        "No comparison holds a poolable result in the headline window.".to_owned()
    } else {
        format!(
            "Compared head to head in the headline window: {}.",
            with.join("; ")
        )
    };
    Answer {
        sentence,
        why_not: Some(
            "Treatments are compared pair by pair; no network joins them, and no ranking is given."
                .to_owned(),
        ),
        protocol: vec!["review.headline".to_owned(), "comparison".to_owned()],
        ..blank("Compared with what?")
    }
}

/// Whether a lower value of the pool's outcome is better.
pub(crate) fn lower_is_better(index: &Index<'_>, outcome: &str) -> bool {
    index
        .outcome(outcome)
        .is_some_and(|outcome| outcome.direction == Direction::Lower)
}
