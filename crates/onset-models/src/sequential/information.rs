//! Value of information on a normal scale, and the trial that would move the verdict.

use super::{Belief, SequentialError, positive, probability};
use onset_math::normal;

/// Unit normal loss phi(z) - z (1 - Phi(z)).
fn loss(z: f64) -> f64 {
    normal::pdf(z) - z * normal::sf(z)
}

/// Expected value of perfect information on an incremental net benefit N(mean, sd^2).
///
/// # Formula
/// s L(|m|/s), L the unit normal loss.
/// # Source
/// Raiffa & Schlaifer 1961, Applied Statistical Decision Theory, chapter 5.
pub fn evpi(benefit: Belief) -> f64 {
    if benefit.sd > 0.0 {
        benefit.sd * loss(benefit.mean.abs() / benefit.sd)
    } else {
        0.0
    }
}

/// Expected value of a sample whose mean has the sampling variance `variance`.
///
/// # Formula
/// s_p L(|m|/s_p), s_p = s^2/sqrt(s^2 + v).
/// # Source
/// As [`evpi`].
pub fn evsi(benefit: Belief, variance: f64) -> f64 {
    let variance_now = benefit.sd * benefit.sd;
    let sd = variance_now / (variance_now + variance).sqrt();
    evpi(Belief {
        mean: benefit.mean,
        sd,
    })
}

/// Probability that a trial with sampling variance `variance` moves P(effect beyond `threshold`) across `cut`.
///
/// # Formula
/// The mean after the trial is N(m, s^4/(s^2 + v)), its standard deviation s sqrt(v/(s^2 + v)) is known before; the
/// posterior probability crosses `cut` where that mean crosses threshold + z_cut x sd.
/// # Inputs
/// `above`: which side counts as beyond; `variance` includes tau2 where the trials differ.
/// # Errors
/// `NotPositive`, `BadProbability`.
pub fn probability_of_moving(
    now: Belief,
    threshold: f64,
    above: bool,
    cut: f64,
    variance: f64,
) -> Result<f64, SequentialError> {
    positive("the standard deviation", now.sd)?;
    positive("the variance", variance)?;
    probability("the cut-off", cut)?;
    let sign = if above { 1.0 } else { -1.0 };
    let (v0, distance) = (now.sd * now.sd, sign * (now.mean - threshold));
    let after = (v0 * variance / (v0 + variance)).sqrt();
    let spread = v0 / (v0 + variance).sqrt();
    let needed = normal::quantile(cut) * after;
    let reaches = normal::sf((needed - distance) / spread);
    let beyond_now = normal::cdf(distance / now.sd) >= cut;
    Ok(if beyond_now { 1.0 - reaches } else { reaches })
}

/// The smallest trial (people in both arms together) that moves the probability across `cut` with the probability
/// `chance`; `None` where no trial does, since one trial cannot undercut the heterogeneity.
///
/// # Inputs
/// `unit`: sampling variance times the number of people (4 sd^2 for a difference of means).
/// # Errors
/// As [`probability_of_moving`].
pub fn trial_size(
    now: Belief,
    threshold: f64,
    above: bool,
    cut: f64,
    chance: f64,
    unit: f64,
    tau2: f64,
) -> Result<Option<u64>, SequentialError> {
    positive("the variance of one person", unit)?;
    probability("the chance", chance)?;
    let reaches = |n: u64| {
        probability_of_moving(now, threshold, above, cut, unit / n as f64 + tau2).map(|p| p >= chance)
    };
    let most = 1 << 24;
    if !reaches(most)? {
        return Ok(None);
    }
    let (mut lo, mut hi) = (1_u64, most);
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        if reaches(middle)? {
            hi = middle;
        } else {
            lo = middle + 1;
        }
    }
    Ok(Some(lo))
}
