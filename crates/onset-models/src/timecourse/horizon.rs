//! How far the trials reach: information over time, and the evidence horizon.

use super::data::{Longitudinal, StudyArms};

/// Trials needed at the horizon.
const TRIALS: usize = 2;

/// What speaks about the effect at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvidencePoint {
    /// Time.
    pub time: f64,
    /// Trials whose randomised visits reach from before (or at) this time to after (or at) it.
    pub trials: usize,
    /// People in them, where reported.
    pub patients: f64,
    /// `sum 1 / (s^2 + tau2)`, each trial once, with its visit at or next after this time.
    pub information: f64,
}

/// The largest time at which enough information is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    /// Share of the peak information.
    pub fraction: f64,
    /// The time; `None` where fewer than two trials ever speak.
    pub time: Option<f64>,
}

/// Information at every visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// At each distinct time after baseline, in order.
    pub points: Vec<EvidencePoint>,
    trials: Vec<Trial>,
}

#[derive(Debug, Clone, PartialEq)]
struct Trial {
    /// Time, variance of the difference, people.
    visits: Vec<(f64, f64, f64)>,
}

/// Information about one treatment (or, with `None`, any) against what it was randomised against.
///
/// `tau2` gives the variance between studies of the difference at a time. A trial counts once at any time: with the
/// first of its visits at or after it, from its first visit to its last.
///
/// # Formula
/// A trial's difference at a visit: its arms of the treatment together (inverse variance) against its control arm,
/// the reference where it has one. The horizon at a fraction: the largest visit time whose information is at least
/// that fraction of the largest anywhere, with two or more trials.
pub fn evidence(data: &Longitudinal, treatment: Option<usize>, tau2: impl Fn(f64) -> f64) -> Evidence {
    let trials: Vec<Trial> = data.studies.iter().filter_map(|s| trial(s, treatment)).collect();
    let mut times: Vec<f64> = trials
        .iter()
        .flat_map(|t| t.visits.iter().map(|v| v.0))
        .filter(|&t| t > 0.0)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut evidence = Evidence {
        points: Vec::new(),
        trials,
    };
    evidence.points = times.into_iter().map(|t| evidence.at(t, tau2(t))).collect();
    evidence
}

impl Evidence {
    /// What speaks about the effect at `time`.
    pub fn at(&self, time: f64, tau2: f64) -> EvidencePoint {
        let mut point = EvidencePoint {
            time,
            trials: 0,
            patients: 0.0,
            information: 0.0,
        };
        for trial in &self.trials {
            let begun = trial.visits.first().is_some_and(|v| v.0 <= time);
            if let Some((_, variance, people)) = trial.visits.iter().find(|v| v.0 >= time).filter(|_| begun) {
                point.trials += 1;
                point.patients += people;
                point.information += 1.0 / (variance + tau2);
            }
        }
        point
    }

    /// The horizon at a share of the peak information.
    pub fn horizon(&self, fraction: f64) -> Horizon {
        let peak = self.points.iter().map(|p| p.information).fold(0.0, f64::max);
        let reaches = |p: &&EvidencePoint| p.trials >= TRIALS && p.information >= fraction * peak;
        Horizon {
            fraction,
            time: self.points.iter().rev().find(reaches).map(|p| p.time),
        }
    }
}

fn trial(study: &StudyArms, treatment: Option<usize>) -> Option<Trial> {
    let is_target = |t: usize| treatment.map_or(t > 0, |k| t == k);
    let has_reference = study.arms.iter().any(|a| a.treatment == 0);
    let first_other = study
        .arms
        .iter()
        .map(|a| a.treatment)
        .filter(|&t| treatment.is_none() || !is_target(t))
        .min()?;
    let control = if has_reference { 0 } else { first_other };
    let target = |t: usize| t != control && is_target(t);
    if !study.arms.iter().any(|a| target(a.treatment)) {
        return None;
    }
    let mut times: Vec<f64> = study
        .arms
        .iter()
        .flat_map(|a| a.times.iter().copied())
        .filter(|&t| t > 0.0)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let side = |time: f64, wanted: &dyn Fn(usize) -> bool| {
        let (mut weight, mut people) = (0.0, 0.0);
        for arm in study.arms.iter().filter(|a| wanted(a.treatment)) {
            if let Some(i) = arm.times.iter().position(|&t| t == time) {
                weight += arm.ses[i].powi(-2);
                people += arm.ns[i].unwrap_or(0.0);
            }
        }
        (weight > 0.0).then_some((1.0 / weight, people))
    };
    let visits: Vec<(f64, f64, f64)> = times
        .into_iter()
        .filter_map(|t| {
            let (a, b) = (side(t, &target)?, side(t, &|k| k == control)?);
            Some((t, a.0 + b.0, a.1 + b.1))
        })
        .collect();
    (!visits.is_empty()).then_some(Trial { visits })
}
