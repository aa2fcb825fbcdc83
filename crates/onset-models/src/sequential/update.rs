//! One more trial: how surprising, how informative.

use super::{SequentialError, positive};
use onset_math::normal;
use serde::Serialize;

/// A normal belief about an effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Belief {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, > 0.
    pub sd: f64,
}

impl Belief {
    /// P(effect beyond the threshold).
    pub fn beyond(&self, threshold: f64, above: bool) -> f64 {
        let z = (threshold - self.mean) / self.sd;
        if above { normal::sf(z) } else { normal::cdf(z) }
    }
}

/// What a trial did to a belief.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Update {
    /// Belief after it.
    pub after: Belief,
    /// Predictive z of its result.
    pub z: f64,
    /// Two-sided predictive probability of a result at least as far off.
    pub p_predictive: f64,
    /// Kullback-Leibler information, nats, from before to after.
    pub information: f64,
    /// Share of the precision after it that it brought.
    pub share: f64,
}

/// Updates a belief by a trial.
///
/// # Formula
/// z = (y - m)/sqrt(v + tau2 + s^2); precisions 1/s^2 and 1/(v + tau2) add.
/// # Inputs
/// `y`, `v`: the trial's effect and sampling variance; `tau2` between trials.
/// # Errors
/// `NotPositive`.
/// # Source
/// Spiegelhalter, Abrams & Myles 2004, Bayesian Approaches to Clinical Trials, chapter 3.
pub fn update(before: Belief, y: f64, v: f64, tau2: f64) -> Result<Update, SequentialError> {
    positive("the standard deviation", before.sd)?;
    positive("the sampling variance", v)?;
    let (v0, v1) = (before.sd * before.sd, v + tau2.max(0.0));
    let z = (y - before.mean) / (v0 + v1).sqrt();
    let precision = 1.0 / v0 + 1.0 / v1;
    let after = Belief {
        mean: (before.mean / v0 + y / v1) / precision,
        sd: precision.sqrt().recip(),
    };
    Ok(Update {
        after,
        z,
        p_predictive: normal::two_sided_p(z),
        information: kullback_leibler(before, after),
        share: 1.0 / v1 / precision,
    })
}

/// KL(after || before) in nats.
///
/// # Formula
/// ln(s0/s1) + (s1^2 + (m1 - m0)^2)/(2 s0^2) - 1/2.
/// # Source
/// Kullback & Leibler 1951, Ann Math Stat 22:79.
pub fn kullback_leibler(before: Belief, after: Belief) -> f64 {
    let d = after.mean - before.mean;
    (before.sd / after.sd).ln() + (after.sd * after.sd + d * d) / (2.0 * before.sd * before.sd) - 0.5
}

/// Replication Bayes factor: the belief before against no effect, on the new result.
///
/// # Formula
/// N(y; m, v + s^2)/N(y; 0, v).
/// # Source
/// Verhagen & Wagenmakers 2014, J Exp Psychol Gen 143:1457; Ly et al. 2019, Behav Res Methods 51:2498.
pub fn replication_bayes_factor(before: Belief, y: f64, v: f64) -> f64 {
    let total = v + before.sd * before.sd;
    let z = (y - before.mean) / total.sqrt();
    (0.5 * (v / total).ln() - 0.5 * z * z + 0.5 * y * y / v).exp()
}
