//! Survival of both arms over several trials, every trial with the same weight in both.

use super::error::SurvivalError;
use super::kaplan_meier::{KaplanMeier, Patient, kaplan_meier};
use onset_math::normal;

/// Survival of both arms over trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardised {
    /// Times of events in either arm, in order, up to `to`.
    pub steps: Vec<BothArms>,
    /// The curves end here: fewer than two trials (of one, itself) are followed in both arms after it.
    pub to: f64,
    /// Trials that are followed in both arms.
    pub k: usize,
}

/// Survival after one time of events: control, then active.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BothArms {
    /// Time.
    pub time: f64,
    /// Trials that speak at this time.
    pub trials: usize,
    /// Control arms.
    pub control: Survival,
    /// Active arms.
    pub active: Survival,
}

/// A chance of survival with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Survival {
    /// Survival.
    pub value: f64,
    /// Standard error of its log.
    pub se_log: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
}

/// Pooled survival curves that keep the randomisation: at each time of events the chances of passing it are averaged over
/// the trials still followed in both arms, with one weight for both arms of a trial.
///
/// # Formula
/// `S_a(t) = prod_j sum_i w_ij (1 - d_aij/n_aij)`, w_ij the people randomised in trial i over those of all trials followed at
/// t_j in both arms; `Var(ln S_a) = sum_j sum_i w_ij^2 p (1 - p)/n_aij / (sum_i w_ij p)^2`, p = 1 - d/n. Limits on the scale of
/// ln(-ln S). With one trial both are Kaplan and Meier's curves with Greenwood's variance.
///
/// # Errors
/// A trial without people in one arm; a time that is negative or not finite; no trial.
///
/// # Source
/// Combescure, Foucher & Jackson 2014, Stat Med 33:2521 (products of pooled conditional survival; here without a variance
/// between trials); Kalbfleisch & Prentice 2002, section 1.4 (limits).
pub fn standardised(trials: &[[Vec<Patient>; 2]], level: f64) -> Result<Standardised, SurvivalError> {
    let mut arms = Vec::new();
    for [control, active] in trials {
        let weight = (control.len() + active.len()) as f64;
        arms.push((weight, [kaplan_meier(control)?, kaplan_meier(active)?]));
    }
    let mut ends: Vec<f64> = arms
        .iter()
        .map(|(_, [control, active])| control.last.min(active.last))
        .collect();
    ends.sort_by(|a, b| b.total_cmp(a));
    let Some(&to) = ends.get(1).or(ends.first()) else {
        return Err(SurvivalError::Empty { what: "trial" });
    };
    let mut times: Vec<f64> = arms
        .iter()
        .flat_map(|(_, both)| both.iter().flat_map(|curve| curve.steps.iter().map(|s| s.time)))
        .filter(|&t| t <= to)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let z = normal::quantile(0.5 * (1.0 + level));
    let (mut survival, mut variance) = ([1.0, 1.0], [0.0, 0.0]);
    let steps = times
        .into_iter()
        .map(|time| {
            let followed = || {
                arms.iter()
                    .filter(move |(_, [control, active])| control.last.min(active.last) >= time)
            };
            let people: f64 = followed().map(|(weight, _)| weight).sum();
            let mut after = [Survival::at(1.0, 0.0, z); 2];
            for (arm, cell) in after.iter_mut().enumerate() {
                let (mut passes, mut spread) = (0.0, 0.0);
                for (weight, both) in followed() {
                    let w = weight / people;
                    let (p, n) = both.get(arm).map_or((1.0, 1.0), |curve| passing(curve, time));
                    passes += w * p;
                    spread += w * w * p * (1.0 - p) / n;
                }
                if let (Some(s), Some(v)) = (survival.get_mut(arm), variance.get_mut(arm)) {
                    *s *= passes;
                    if passes > 0.0 {
                        *v += spread / (passes * passes);
                    }
                    *cell = Survival::at(*s, *v, z);
                }
            }
            let [control, active] = after;
            BothArms {
                time,
                trials: followed().count(),
                control,
                active,
            }
        })
        .collect();
    Ok(Standardised {
        steps,
        to,
        k: arms.len(),
    })
}

/// Chance of passing a time, and the people at risk behind it.
fn passing(curve: &KaplanMeier, time: f64) -> (f64, f64) {
    let at = curve.steps.binary_search_by(|step| step.time.total_cmp(&time));
    let step = at.ok().and_then(|i| curve.steps.get(i));
    step.map_or((1.0, 1.0), |s| (1.0 - s.events / s.at_risk, s.at_risk))
}

impl Survival {
    fn at(value: f64, variance: f64, z: f64) -> Survival {
        let se_log = variance.sqrt();
        let log = -value.ln();
        let (lower, upper) = if log > 0.0 && log.is_finite() {
            let reach = (z * se_log / log).exp();
            ((-log * reach).exp(), (-log / reach).exp())
        } else {
            (value, value)
        };
        Survival {
            value,
            se_log,
            lower,
            upper,
        }
    }
}
