//! What the rules look at, on the analysis scale and oriented: benefit is positive.

use super::Thresholds;
use crate::answers::{Interval, Judgement, Pool, StudyResult};
use crate::index::Index;
use crate::protocol::{Certainty, EffectThreshold};
use onset_effects::Effects;
use onset_models::smallstudy;

/// Judgement of one trial, from the tool that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrialRisk {
    Low,
    Unclear,
    High,
    NotJudged,
}

/// Size of an effect by the declared thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Trivial,
    Small,
    Moderate,
    Large,
}

impl Size {
    pub fn label(self) -> &'static str {
        match self {
            Size::Trivial => "trivial",
            Size::Small => "small",
            Size::Moderate => "moderate",
            Size::Large => "large",
        }
    }
}

/// One pool as the rules see it.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Mean with its interval.
    pub benefit: Interval,
    pub prediction: Option<Interval>,
    pub tau2: Option<f64>,
    pub i2: Option<f64>,
    pub k: usize,
    pub people: u64,
    /// Declared control risk, for binary outcomes.
    pub control_risk: Option<f64>,
    /// The small effect as a difference in risk, for binary outcomes.
    pub risk_step: Option<f64>,
    /// Spread of one person's score over the small effect, for continuous outcomes.
    pub sd_over_small: Option<f64>,
    pub lines: Option<Thresholds>,
    /// Shares of the weight, adding up to 1: low, unclear, high, not judged.
    pub shares: [f64; 4],
    /// Names of the tools, joined.
    pub tools: String,
    /// p of the test for small-study effects, from ten studies.
    pub small_study: Option<f64>,
    pub protocol: Vec<String>,
}

impl Facts {
    /// Size of the point estimate; `None` where no thresholds apply.
    pub fn size(&self) -> Option<Size> {
        let lines = self.lines.as_ref()?;
        let value = self.benefit.value;
        if value < 0.0 {
            // harm is sized by the small line alone: the others are declared as benefit
            let beyond = lines.small_harm.is_some_and(|line| -value >= line);
            return Some(if beyond { Size::Small } else { Size::Trivial });
        }
        let beyond = |line: Option<f64>| line.is_some_and(|line| value >= line);
        Some(if beyond(lines.large) {
            Size::Large
        } else if beyond(lines.moderate) {
            Size::Moderate
        } else if beyond(lines.small) {
            Size::Small
        } else {
            Size::Trivial
        })
    }
}

/// Studies of which a funnel can speak (Sterne 2011).
const FUNNEL_FROM: usize = 10;

pub(super) fn of(index: &Index<'_>, certainty: &Certainty, pool: &Pool) -> Option<Facts> {
    let mean = pool.analysis?;
    let sign = if pool.direction == "lower is better" {
        -1.0
    } else {
        1.0
    };
    let oriented = |i: Interval| {
        let (a, b) = (sign * i.lower, sign * i.upper);
        Interval {
            value: sign * i.value,
            lower: a.min(b),
            upper: a.max(b),
        }
    };
    let outcome = index.outcome(&pool.outcome)?;
    let threshold = certainty.threshold.iter().find(|t| t.id == pool.outcome);
    let reference_sd = outcome.report_as.as_ref().map(|report| report.reference_sd);
    let control_risk = pool.absolute.as_ref().map(|absolute| absolute.control_risk.value);
    let mut protocol = vec![format!("outcome.{}", pool.outcome)];
    protocol.extend(threshold.map(|t| format!("certainty.threshold.{}", t.id)));
    protocol.extend(pool.absolute.iter().flat_map(|a| a.protocol.iter().cloned()));
    protocol.sort();
    protocol.dedup();
    let binary = pool.kind == "binary";
    let in_points = threshold
        .filter(|_| !binary)
        .and_then(|t| points(pool, t, reference_sd));
    let lines = match (threshold, binary) {
        (Some(t), true) => control_risk.map(|risk| risk_lines(pool, t, risk, sign)),
        (Some(_), false) => in_points.map(|[small, moderate, large]| Thresholds {
            small: Some(small),
            moderate: Some(moderate),
            large: Some(large),
            small_harm: Some(small),
        }),
        (None, _) => None,
    };
    Some(Facts {
        benefit: oriented(mean),
        prediction: pool.prediction.map(|p| {
            let inside = |x: f64| if pool.ratio { x.ln() } else { x };
            oriented(Interval {
                value: inside(p.value),
                lower: inside(p.lower),
                upper: inside(p.upper),
            })
        }),
        tau2: pool.tau2,
        i2: pool.i2,
        k: pool.k,
        people: pool.n,
        control_risk: control_risk.filter(|_| binary),
        risk_step: threshold.filter(|_| binary).map(|t| sign * t.small / 100.0),
        sd_over_small: in_points.and_then(|[small, ..]| match pool.measure.as_str() {
            "MD" => reference_sd.map(|sd| sd / small),
            "SMD" | "SMDH" => Some(1.0 / small),
            _ => None,
        }),
        lines,
        shares: shares(&pool.studies),
        tools: tools(&pool.studies),
        small_study: small_study(pool),
        protocol,
    })
}

/// Thresholds of a continuous outcome on the analysis scale.
fn points(pool: &Pool, threshold: &EffectThreshold, reference_sd: Option<f64>) -> Option<[f64; 3]> {
    let factor = match (pool.measure.as_str(), threshold.unit.as_str()) {
        ("MD", "smd") => reference_sd?,
        ("SMD" | "SMDH", "smd") | ("MD", _) => 1.0,
        ("SMD" | "SMDH", _) => 1.0 / reference_sd?,
        _ => return None,
    };
    Some([threshold.small, threshold.moderate, threshold.large].map(|x| factor * x))
}

/// Thresholds per 100 people at the control risk, on the analysis scale.
fn risk_lines(pool: &Pool, threshold: &EffectThreshold, risk: f64, sign: f64) -> Thresholds {
    let line = |step: f64| {
        let other = risk + step;
        if !(other > 0.0 && other < 1.0 && risk > 0.0 && risk < 1.0) {
            return None;
        }
        let size = match pool.measure.as_str() {
            "OR" => ((other / (1.0 - other)) / (risk / (1.0 - risk))).ln(),
            "RR" => (other / risk).ln(),
            "RD" => step,
            _ => return None,
        };
        Some(size.abs())
    };
    let step = |per_100: f64| sign * per_100 / 100.0;
    Thresholds {
        small: line(step(threshold.small)),
        moderate: line(step(threshold.moderate)),
        large: line(step(threshold.large)),
        small_harm: line(-step(threshold.small)),
    }
}

/// The trial's own overall judgement, or the worst of its domains. "Other" of RoB 1 is not a domain of its own
/// (Higgins 2011) and does not decide.
pub(crate) fn trial_risk(judgements: &[Judgement]) -> TrialRisk {
    let overall = judgements.iter().find(|j| j.domain == "overall");
    let counted: Vec<&str> = match overall {
        Some(overall) => vec![overall.judgement.as_str()],
        None => judgements
            .iter()
            .filter(|j| j.domain != "other")
            .map(|j| j.judgement.as_str())
            .collect(),
    };
    if counted.is_empty() {
        TrialRisk::NotJudged
    } else if counted.contains(&"high") {
        TrialRisk::High
    } else if counted.iter().any(|j| *j != "low") {
        TrialRisk::Unclear
    } else {
        TrialRisk::Low
    }
}

fn shares(studies: &[StudyResult]) -> [f64; 4] {
    let total: f64 = studies.iter().map(|study| study.weight).sum();
    let mut shares = [0.0; 4];
    for study in studies {
        let [low, unclear, high, not_judged] = &mut shares;
        let slot = match trial_risk(&study.risk_of_bias) {
            TrialRisk::Low => low,
            TrialRisk::Unclear => unclear,
            TrialRisk::High => high,
            TrialRisk::NotJudged => not_judged,
        };
        *slot += study.weight / total;
    }
    shares
}

fn tools(studies: &[StudyResult]) -> String {
    let mut names: Vec<&str> = studies
        .iter()
        .flat_map(|study| study.risk_of_bias.iter().map(|j| j.tool.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// Regression of effects on their standard errors (Egger 1997; on the sample size for SMD, Pustejovsky 2019).
fn small_study(pool: &Pool) -> Option<f64> {
    if pool.k < FUNNEL_FROM {
        return None;
    }
    let y: Vec<f64> = pool.studies.iter().map(|study| study.effect).collect();
    let v: Vec<f64> = pool
        .studies
        .iter()
        .map(
            |study| match (pool.measure.as_str(), study.treatment.n, study.control.n) {
                ("SMD" | "SMDH" | "OR", Some(a), Some(b)) if a > 0 && b > 0 => {
                    1.0 / a as f64 + 1.0 / b as f64
                }
                _ => study.se * study.se,
            },
        )
        .collect();
    let labels = pool.studies.iter().map(|study| study.label.clone()).collect();
    let effects = Effects::new(y, v, labels).ok()?;
    smallstudy::egger(&effects).ok().map(|test| test.p)
}
