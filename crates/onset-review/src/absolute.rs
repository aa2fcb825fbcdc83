//! People per 100 in both arms, from a pooled ratio at a declared control risk.
//!
//! # Formula
//! Odds ratio: p_T = OR p_C / (1 - p_C + OR p_C). Risk ratio: p_T = min(1, RR p_C). Risk difference:
//! p_T = p_C + RD, kept within 0 and 1. The point is that formula at the pooled estimate and the
//! declared risk; the interval comes from joint draws: logit p_C ~ N(logit p, (se / (p (1 - p)))^2) and
//! the effect on its analysis scale from its normal, or t where Hartung-Knapp was used.
//! # Source
//! Cochrane Handbook 15.4; Altman 1998 BMJ 317:1309 for the NNT's interval.

use crate::answers::{Absolute, Interval};
use crate::fit::Fit;
use crate::gather::Job;
use crate::index::Index;
use crate::protocol::{ControlRisk, Direction, EffectMeasure, OutcomeKind};
use onset_math::random::Stream;

/// The declared control risk of a comparison's outcome, with the protocol key it stands at.
fn control_risk<'a>(job: Job<'a>) -> Option<(&'a ControlRisk, String)> {
    if let Some(risk) = job.comparison.control_risk.get(&job.outcome.id) {
        return Some((
            risk,
            format!("comparison.{}.control_risk.{}", job.comparison.id, job.outcome.id),
        ));
    }
    let risk = job.outcome.control_risk.as_ref()?;
    Some((risk, format!("outcome.{}.control_risk", job.outcome.id)))
}

/// Absolute effects of one pool; `None` for continuous outcomes and where no risk is declared.
pub(crate) fn absolute(index: &Index<'_>, job: Job<'_>, fit: &Fit) -> Option<Absolute> {
    if job.outcome.kind != OutcomeKind::Binary {
        return None;
    }
    let (risk, key) = control_risk(job)?;
    let (draws, seed) = (index.protocol.model.draws.max(1000), index.protocol.review.seed);
    let id = format!("{}/{}/{}", job.comparison.id, job.outcome.id, job.window.id);
    let sample = sample(
        job.measure,
        risk,
        fit,
        draws,
        Stream::new(seed, stream_number(&id)),
        None,
    )?;
    let point = treated_risk(job.measure, fit.mean.value, risk.value)?;
    let level = index.protocol.model.level;
    let interval = |value: f64, draws: Vec<f64>| interval(value, draws, level);
    let difference: Vec<f64> = sample
        .treated
        .iter()
        .zip(&sample.control)
        .map(|(t, c)| t - c)
        .collect();
    let risk_difference = interval(point - risk.value, difference);
    let benefit_is_more = job.outcome.direction == Direction::Higher;
    Some(Absolute {
        control_risk: interval(risk.value, sample.control),
        control_risk_source: risk.source.clone(),
        treatment_risk: interval(point, sample.treated),
        risk_difference,
        nnt: (risk_difference.value != 0.0).then(|| 1.0 / risk_difference.value.abs()),
        nnt_text: nnt_text(&risk_difference, benefit_is_more),
        capped: sample.capped,
        draws,
        seed,
        protocol: vec![key, "review.seed".to_owned(), "model.draws".to_owned()],
    })
}

/// Draws of the risk difference, and its value at the point estimates.
pub(crate) struct Differences {
    pub value: f64,
    pub draws: Vec<f64>,
}

/// The risk difference of one pool as [`absolute`] draws it, with the protocol key of the control risk.
pub(crate) fn differences(index: &Index<'_>, job: Job<'_>, fit: &Fit) -> Option<(Differences, String)> {
    let (risk, key) = control_risk(job)?;
    let (draws, seed) = (index.protocol.model.draws.max(1000), index.protocol.review.seed);
    let id = format!("{}/{}/{}", job.comparison.id, job.outcome.id, job.window.id);
    let stream = Stream::new(seed, stream_number(&id));
    let sample = sample(job.measure, risk, fit, draws, stream, None)?;
    let both = sample.treated.iter().zip(&sample.control);
    let found = Differences {
        value: treated_risk(job.measure, fit.mean.value, risk.value)? - risk.value,
        draws: both.map(|(t, c)| t - c).collect(),
    };
    Some((found, key))
}

/// The risks of one pool as [`absolute`] draws them, with the protocol key of the control risk; for a new setting the effect
/// of each draw is moved by tau times a normal deviate of a stream of its own.
pub(crate) fn risks(
    index: &Index<'_>,
    job: Job<'_>,
    fit: &Fit,
    new_setting: bool,
) -> Option<(Risks, String)> {
    let (risk, key) = control_risk(job)?;
    let (draws, seed) = (index.protocol.model.draws.max(1000), index.protocol.review.seed);
    let id = format!("{}/{}/{}", job.comparison.id, job.outcome.id, job.window.id);
    let new = new_setting.then(|| {
        let tau = fit.tau2.unwrap_or(0.0).max(0.0).sqrt();
        (tau, Stream::new(seed, stream_number(&format!("{id}/new"))))
    });
    let stream = Stream::new(seed, stream_number(&id));
    Some((sample(job.measure, risk, fit, draws, stream, new)?, key))
}

/// A value with the quantiles of its draws.
pub(crate) fn interval(value: f64, mut draws: Vec<f64>, level: f64) -> Interval {
    let tail = (1.0 - level) / 2.0;
    Interval {
        value,
        lower: quantile(&mut draws, tail),
        upper: quantile(&mut draws, 1.0 - tail),
    }
}

/// Risk in the treatment arm; `None` for measures that do not give one.
fn treated_risk(measure: EffectMeasure, effect: f64, risk: f64) -> Option<f64> {
    match measure {
        EffectMeasure::OR => {
            let odds = effect.exp();
            Some(odds * risk / (1.0 - risk + odds * risk))
        }
        EffectMeasure::RR => Some((effect.exp() * risk).min(1.0)),
        EffectMeasure::RD => Some((risk + effect).clamp(0.0, 1.0)),
        _ => None,
    }
}

/// Draws of the risks in both arms.
pub(crate) struct Risks {
    pub control: Vec<f64>,
    pub treated: Vec<f64>,
    capped: bool,
}

fn sample(
    measure: EffectMeasure,
    risk: &ControlRisk,
    fit: &Fit,
    draws: u32,
    mut stream: Stream,
    mut new: Option<(f64, Stream)>,
) -> Option<Risks> {
    let p = risk.value;
    let logit = (p / (1.0 - p)).ln();
    let spread = risk.standard_error / (p * (1.0 - p));
    let mut sample = Risks {
        control: Vec::with_capacity(draws as usize),
        treated: Vec::with_capacity(draws as usize),
        capped: false,
    };
    for _ in 0..draws {
        let z = stream.normal();
        let control = 1.0 / (1.0 + (-(logit + spread * z)).exp());
        let mut deviate = stream.normal();
        if let Some(df) = fit.df {
            deviate /= (stream.chi_squared(df) / df).sqrt();
        }
        let between = new.as_mut().map_or(0.0, |(tau, stream)| *tau * stream.normal());
        let effect = fit.mean.value + fit.se * deviate + between;
        let treated = treated_risk(measure, effect, control)?;
        sample.capped |= measure == EffectMeasure::RR && effect.exp() * control > 1.0;
        sample.control.push(control);
        sample.treated.push(treated);
    }
    Some(sample)
}

/// Quantile by linear interpolation between order statistics (type 7); reorders the values.
fn quantile(values: &mut [f64], p: f64) -> f64 {
    let place = p * values.len().saturating_sub(1) as f64;
    let low = place.floor() as usize;
    if low >= values.len() {
        return 0.0;
    }
    let (_, at, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    if next.is_finite() {
        *at + (place - low as f64) * (next - *at)
    } else {
        *at
    }
}

/// A stream number of its own for each pool: FNV-1a of its id.
pub(crate) fn stream_number(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// NNT with its interval: "NNTB 4.9 (2.9 to 15)", or through infinity where the interval crosses zero.
fn nnt_text(difference: &Interval, benefit_is_more: bool) -> String {
    let sign = if benefit_is_more { 1.0 } else { -1.0 };
    let ends = [difference.lower * sign, difference.upper * sign];
    let (worst, best) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    let point = difference.value * sign;
    let name = |x: f64| if x >= 0.0 { "NNTB" } else { "NNTH" };
    let size = |x: f64| {
        let nnt = 1.0 / x.abs();
        if nnt < 10.0 {
            format!("{nnt:.1}")
        } else {
            format!("{nnt:.0}")
        }
    };
    if point == 0.0 {
        return "infinity".to_owned();
    }
    let head = format!("{} {}", name(point), size(point));
    if worst > 0.0 || best < 0.0 {
        let (near, far) = if point > 0.0 { (best, worst) } else { (worst, best) };
        return format!("{head} ({} to {})", size(near), size(far));
    }
    let side = |x: f64| {
        if x == 0.0 {
            "infinity".to_owned()
        } else {
            format!("{} {}", name(x), size(x))
        }
    };
    if best == 0.0 || worst == 0.0 {
        return format!("{head} ({} to {})", side(best), side(worst));
    }
    format!("{head} ({} to infinity to {})", side(best), side(worst))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_ratio_at_the_printed_control_risk() {
        // Dean 2021, ketamine v midazolam at 24 h: OR 2.48 at 25.9 % gives 46.4 %; remission OR 2.21
        // (0.67 to 7.32) at 18.0 % gives 32.7 % (12.8 to 61.6).
        let p = |or: f64, risk: f64| treated_risk(EffectMeasure::OR, or.ln(), risk).unwrap();
        assert!((p(2.48, 0.259) - 0.4643).abs() < 5e-5);
        assert!((p(0.67, 0.18) - 0.128).abs() < 5e-4);
        assert!((p(2.21, 0.18) - 0.3267).abs() < 5e-5);
        assert!((p(7.32, 0.18) - 0.6164).abs() < 5e-5);
    }

    #[test]
    fn risk_ratio_is_capped_at_one() {
        assert_eq!(treated_risk(EffectMeasure::RR, 3f64.ln(), 0.5), Some(1.0));
    }

    #[test]
    fn nnt_runs_through_infinity_where_the_interval_crosses_zero() {
        let crosses = Interval {
            value: 0.1,
            lower: -0.05,
            upper: 0.25,
        };
        assert_eq!(
            nnt_text(&crosses, true),
            "NNTB 10 (NNTB 4.0 to infinity to NNTH 20)"
        );
        let clear = Interval {
            value: 0.2,
            lower: 0.1,
            upper: 0.5,
        };
        assert_eq!(nnt_text(&clear, true), "NNTB 5.0 (2.0 to 10)");
        let harm = Interval {
            value: 0.2,
            lower: 0.1,
            upper: 0.5,
        };
        assert_eq!(nnt_text(&harm, false), "NNTH 5.0 (2.0 to 10)");
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.25), 1.5);
        assert_eq!(quantile(&mut [4.0], 0.9), 4.0);
    }
}
