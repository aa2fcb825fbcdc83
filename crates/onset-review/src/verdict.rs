//! How sure, trial by trial: what each trial added to what was known before it, and what the next one could add.
//!
//! # Formula
//! The trials of a pool enter by year. Before and after each, the normal-normal hierarchical model with the declared
//! half-normal prior on tau gives the belief about the mean effect. Surprise: z = (y - m)/sqrt(v + s_new^2) with the mean m and
//! the variance s_new^2 of a new true effect before the trial. Information: KL of the beliefs, taken as normal with their
//! means and standard deviations. Share: 1 - s_after^2/s_before^2; negative where a surprising trial widened the belief.
//! # Source
//! Spiegelhalter, Abrams & Myles 2004, chapter 3; Roever 2020; the table of verdicts is in `docs/methods/sequential.md`.

mod sequential;

pub use sequential::{Look, Sequential};

use crate::answers::Pool;
use crate::index::Index;
use crate::protocol::{Outcome, Protocol, VerdictRules};
use crate::run::is_headline;
use onset_data::RowId;
use onset_data::evidence::Evidence;
use onset_effects::Effects;
use onset_math::normal;
use onset_models::bayes::{Options, Posterior, TauPrior, nnhm};
use onset_models::sequential::{
    Belief, CutOffs, Verdict, band, classify, evpi, evsi, kullback_leibler, trial_size,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// People in the made-up trials whose expected value is printed.
const SIZES: [u64; 3] = [100, 400, 1600];

/// Verdicts on trials and on pools printed elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct VerdictReport {
    pub version: String,
    /// `sha256:...` of the table of cut-offs.
    pub hash: String,
    /// Whether the protocol holds this hash.
    pub frozen: bool,
    pub cut_offs: CutOffs,
    pub reason: String,
    pub sentence: String,
    pub pools: Vec<PoolVerdict>,
    /// Pools printed elsewhere that name their trials.
    pub published: Vec<PublishedVerdict>,
    /// Pools printed elsewhere that do not.
    pub unnamed: usize,
    pub protocol: Vec<String>,
}

/// One pool, trial by trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PoolVerdict {
    /// "comparison/outcome/window".
    pub id: String,
    /// JSON Pointer of the pool.
    pub pool: String,
    /// Prior on tau in words.
    pub prior: String,
    pub trials: Vec<TrialVerdict>,
    pub next: Option<NextTrial>,
    pub sequential: Option<Sequential>,
    pub why_not: Option<String>,
    pub protocol: Vec<String>,
}

/// One trial; the numbers that need an earlier one are absent for the first. Analysis scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TrialVerdict {
    pub study: String,
    pub label: String,
    pub year: Option<i32>,
    pub effect: f64,
    pub se: f64,
    /// Mean and standard deviation of the belief after it.
    pub mean: f64,
    pub sd: f64,
    pub z: Option<f64>,
    pub p_predictive: Option<f64>,
    /// Nats.
    pub information: Option<f64>,
    pub share: Option<f64>,
    /// P(mean effect beyond the important difference) before and after.
    pub beyond_before: Option<f64>,
    pub beyond: f64,
    pub verdict: Option<Verdict>,
    /// For a shifting trial: whether the whole pool without it lies in the earlier band again.
    pub falls_back: Option<bool>,
    pub rows: Vec<RowId>,
}

/// What the next trial could do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct NextTrial {
    /// P(mean effect beyond the important difference) now.
    pub beyond: f64,
    pub power: f64,
    /// Next edge above it, and the people in one trial that moves it there with the declared power.
    pub up: Option<Move>,
    /// Next edge below it.
    pub down: Option<Move>,
    /// Standard deviation between people that sizes are reckoned with.
    pub sd: f64,
    pub unit: String,
    /// Expected loss, per person, of deciding now by the mean; in `unit`.
    pub evpi: f64,
    pub evsi: Vec<SampleValue>,
}

/// The trial that moves the probability across an edge.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Move {
    pub edge: f64,
    /// Absent: no single trial does, however large, because trials differ from each other.
    pub people: Option<u64>,
}

/// Expected value of a trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct SampleValue {
    pub people: u64,
    pub evsi: f64,
}

/// A pool printed elsewhere: which of its trials are new.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PublishedVerdict {
    pub review: String,
    pub outcome: String,
    pub time: String,
    pub listed: usize,
    /// Trials it lists that are in no table of this review, as it names them.
    pub new: Vec<String>,
    pub verdict: Option<Verdict>,
    pub sentence: String,
    pub rows: Vec<RowId>,
}

/// `sha256:` and the hash of everything that decides a verdict.
pub(crate) fn hash(protocol: &Protocol, rules: &VerdictRules) -> String {
    let set = serde_json::json!({
        "version": rules.version,
        "pools": rules.pools,
        "cut_offs": [rules.surprise, rules.redundant, rules.refining],
        "bands": rules.bands,
        "tau_scale": rules.tau_scale,
        "sequential": [rules.alpha, rules.power],
        "reason": rules.reason,
        "important_differences": protocol.outcome.iter()
            .map(|o| (&o.id, &o.important_difference)).collect::<Vec<_>>(),
    });
    let digest = Sha256::digest(set.to_string().as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The verdicts; `None` where the protocol declares no cut-offs.
pub(crate) fn report(index: &Index<'_>, evidence: &Evidence, pools: &[Pool]) -> Option<VerdictReport> {
    let rules = index.protocol.verdict.as_ref()?;
    let cut_offs = CutOffs {
        surprise: rules.surprise,
        redundant: rules.redundant,
        refining: rules.refining,
        bands: rules.bands.clone(),
    };
    let named = |pool: &Pool| match rules.pools.as_slice() {
        [] => is_headline(index, pool),
        ids => ids.contains(&pool.id),
    };
    let judged: Vec<PoolVerdict> = pools
        .iter()
        .enumerate()
        .filter(|(_, pool)| named(pool))
        .map(|(i, pool)| judge(index, rules, &cut_offs, i, pool))
        .collect();
    let hash = hash(index.protocol, rules);
    let published: Vec<PublishedVerdict> = evidence
        .published
        .iter()
        .filter_map(|pool| published(evidence, pool))
        .collect();
    Some(VerdictReport {
        version: rules.version.clone(),
        frozen: rules.frozen.as_ref() == Some(&hash),
        hash,
        cut_offs,
        reason: rules.reason.clone(),
        sentence: sentence(&judged),
        unnamed: evidence.published.len() - published.len(),
        pools: judged,
        published,
        protocol: vec!["verdict".to_owned()],
    })
}

/// What the last trial of each pool was.
fn sentence(pools: &[PoolVerdict]) -> String {
    let last: Vec<(&TrialVerdict, Verdict)> = pools
        .iter()
        .filter_map(|pool| pool.trials.last())
        .filter_map(|trial| Some((trial, trial.verdict?)))
        .collect();
    match last.as_slice() {
        [] => "No pool holds two trials: there is nothing yet that a trial could confirm or contradict."
            .to_owned(),
        [(trial, verdict)] => format!(
            "The last trial to enter, {}, was {}.",
            trial.label,
            verdict.code()
        ),
        several => {
            let said: Vec<String> = several
                .iter()
                .map(|(trial, verdict)| format!("{} ({})", trial.label, verdict.code()))
                .collect();
            format!("The last trials to enter: {}.", said.join(", "))
        }
    }
}

/// Scale of the prior on tau and standard deviation between people, both on the analysis scale where they exist.
struct Scales {
    tau: f64,
    sd: Option<f64>,
    unit: String,
}

fn scales(pool: &Pool, outcome: &Outcome, rules: &VerdictRules) -> Result<Scales, String> {
    let of = |tau: f64, sd: Option<f64>, unit: &str| Scales {
        tau,
        sd,
        unit: unit.to_owned(),
    };
    match pool.measure.as_str() {
        "SMD" | "SMDH" => Ok(of(rules.tau_scale, Some(1.0), "standard deviations")),
        "OR" | "RR" => Ok(of(rules.tau_scale, None, "")),
        "MD" => match &outcome.report_as {
            Some(report) => {
                let sd = report.reference_sd;
                Ok(of(rules.tau_scale * sd, Some(sd), &pool.unit))
            }
            None => Err(
                "The outcome declares no report_as.reference_sd, which scales the prior on tau.".to_owned(),
            ),
        },
        other => Err(format!("No prior on tau is declared for the measure {other}.")),
    }
}

fn judge(
    index: &Index<'_>,
    rules: &VerdictRules,
    cut_offs: &CutOffs,
    position: usize,
    pool: &Pool,
) -> PoolVerdict {
    let mut found = PoolVerdict {
        id: pool.id.clone(),
        pool: format!("/size/by/{position}"),
        prior: String::new(),
        trials: Vec::new(),
        next: None,
        sequential: None,
        why_not: None,
        protocol: vec!["verdict".to_owned(), format!("outcome.{}", pool.outcome)],
    };
    if let Err(why) = fill(&mut found, index, rules, cut_offs, pool) {
        found.why_not = Some(why);
    }
    found
}

fn fill(
    found: &mut PoolVerdict,
    index: &Index<'_>,
    rules: &VerdictRules,
    cut_offs: &CutOffs,
    pool: &Pool,
) -> Result<(), String> {
    if pool.studies.is_empty() {
        return Err(pool
            .why_not
            .clone()
            .unwrap_or_else(|| "The pool holds no trial.".to_owned()));
    }
    let Some(threshold) = pool.important_difference else {
        return Err("The outcome declares no important difference on this scale.".to_owned());
    };
    let outcome = index
        .outcome(&pool.outcome)
        .ok_or("The protocol lacks the outcome.")?;
    let scales = scales(pool, outcome, rules)?;
    found.prior = format!("half-normal, scale {}", scales.tau);
    let mut order: Vec<usize> = (0..pool.studies.len()).collect();
    order.sort_by_key(|&i| pool.studies[i].year.unwrap_or(i32::MAX));
    let options = Options {
        level: index.protocol.model.level,
        threshold,
        ..Options::new(TauPrior::HalfNormal { scale: scales.tau })
    };
    let state = |members: &[usize]| state(pool, members, &options);
    let mut before: Option<State> = None;
    for (n, &i) in order.iter().enumerate() {
        let study = &pool.studies[i];
        let after = state(&order[..=n])?;
        let judged = before.as_ref().map(|before| {
            let z = (study.effect - before.belief.mean) / (study.se * study.se + before.new_variance).sqrt();
            let p = normal::two_sided_p(z);
            let information = kullback_leibler(before.belief, after.belief);
            let verdict = classify(p, information, (before.beyond, after.beyond), cut_offs);
            let ratio = after.belief.sd / before.belief.sd;
            (z, p, information, 1.0 - ratio * ratio, verdict)
        });
        let falls_back = match (&judged, &before) {
            (Some((.., Verdict::Shifting)), Some(before)) if n + 1 < order.len() => {
                let rest: Vec<usize> = order.iter().copied().filter(|&j| j != i).collect();
                let without = state(&rest)?;
                Some(band(without.beyond, &cut_offs.bands) == band(before.beyond, &cut_offs.bands))
            }
            _ => None,
        };
        found.trials.push(TrialVerdict {
            study: study.id.clone(),
            label: study.label.clone(),
            year: study.year,
            effect: study.effect,
            se: study.se,
            mean: after.belief.mean,
            sd: after.belief.sd,
            z: judged.map(|j| j.0),
            p_predictive: judged.map(|j| j.1),
            information: judged.map(|j| j.2),
            share: judged.map(|j| j.3),
            beyond_before: before.as_ref().map(|before| before.beyond),
            beyond: after.beyond,
            verdict: judged.map(|j| j.4),
            falls_back,
            rows: study.rows.clone(),
        });
        before = Some(after);
    }
    if let (Some(now), Some(sd)) = (before, scales.sd) {
        found.next = Some(next(&now, rules, cut_offs, threshold, sd, &scales.unit)?);
        found.sequential = sequential::view(index, rules, pool, &order, threshold, sd);
    }
    Ok(())
}

/// What is known after some of the trials.
struct State {
    belief: Belief,
    beyond: f64,
    /// Variance of a new true effect.
    new_variance: f64,
}

fn state(pool: &Pool, members: &[usize], options: &Options) -> Result<State, String> {
    let pick = |value: fn(&crate::answers::StudyResult) -> f64| {
        members.iter().map(|&i| value(&pool.studies[i])).collect()
    };
    let labels = members.iter().map(|&i| pool.studies[i].label.clone()).collect();
    let effects =
        Effects::new(pick(|s| s.effect), pick(|s| s.se * s.se), labels).map_err(|e| e.to_string())?;
    let posterior: Posterior = nnhm(&effects, options).map_err(|e| e.to_string())?;
    let (mu, new) = (&posterior.mu, &posterior.predictive);
    match (mu.mean, mu.sd, new.sd) {
        (Some(mean), Some(sd), Some(new)) => Ok(State {
            belief: Belief { mean, sd },
            beyond: posterior.prob_beyond,
            new_variance: new * new,
        }),
        _ => Err("The belief about the mean has no variance.".to_owned()),
    }
}

fn next(
    now: &State,
    rules: &VerdictRules,
    cut_offs: &CutOffs,
    threshold: f64,
    sd: f64,
    unit: &str,
) -> Result<NextTrial, String> {
    let above = threshold > 0.0;
    let tau2 = (now.new_variance - now.belief.sd * now.belief.sd).max(0.0);
    let person = 4.0 * sd * sd;
    let moved = |edge: f64| -> Result<Move, String> {
        let people = trial_size(now.belief, threshold, above, edge, rules.power, person, tau2);
        Ok(Move {
            edge,
            people: people.map_err(|e| e.to_string())?,
        })
    };
    let up = cut_offs.bands.iter().copied().find(|&edge| edge > now.beyond);
    let down = cut_offs
        .bands
        .iter()
        .rev()
        .copied()
        .find(|&edge| edge <= now.beyond);
    let benefit = Belief {
        mean: threshold.signum() * (now.belief.mean - threshold),
        sd: now.belief.sd,
    };
    Ok(NextTrial {
        beyond: now.beyond,
        power: rules.power,
        up: up.map(moved).transpose()?,
        down: down.map(moved).transpose()?,
        sd,
        unit: unit.to_owned(),
        evpi: evpi(benefit),
        evsi: SIZES
            .iter()
            .map(|&people| SampleValue {
                people,
                evsi: evsi(benefit, person / people as f64 + tau2),
            })
            .collect(),
    })
}

/// Which trials of a printed pool are new here; `None` where it does not name them.
fn published(evidence: &Evidence, pool: &onset_data::evidence::PublishedPool) -> Option<PublishedVerdict> {
    // "canuso2018 (n 66); Lai 2014": a name, then remarks in brackets
    let listed: Vec<&str> = pool
        .trials
        .as_deref()?
        .split(';')
        .filter_map(|trial| trial.split('(').next())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if listed.is_empty() {
        return None;
    }
    let known = |name: &str| {
        let id = name.split_whitespace().next().unwrap_or_default();
        evidence.studies.iter().any(|study| study.id == id)
    };
    let new: Vec<String> = listed
        .iter()
        .filter(|&&trial| !known(trial))
        .map(|&trial| trial.to_owned())
        .collect();
    let (verdict, sentence) = if new.is_empty() {
        let said = format!(
            "All {} of its trials are in the tables of this review: it adds no trial.",
            listed.len()
        );
        (Some(Verdict::Redundant), said)
    } else {
        let said = format!(
            "Not in the tables of this review: {}. Their numbers have to be entered before they can be judged.",
            new.join(", ")
        );
        (None, said)
    };
    let hours = pool.time_hours.map(|hours| format!("{hours} h"));
    Some(PublishedVerdict {
        review: pool.review.clone(),
        outcome: pool
            .outcome_text
            .clone()
            .or_else(|| pool.outcome.clone())
            .unwrap_or_default(),
        time: pool.time_text.clone().or(hours).unwrap_or_default(),
        listed: listed.len(),
        new,
        verdict,
        sentence,
        rows: vec![pool.row.clone()],
    })
}
