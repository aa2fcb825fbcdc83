//! Intervals of the mean beside Wald's, Hartung-Knapp's and Kenward-Roger's.
//!
//! Henmi-Copas and IVhet keep the common-effect weights, which a small-study effect bends least, and
//! let tau2 widen the interval only. The profile likelihood lets tau2 vary with the mean.

use super::newton::decreasing_root;
use super::projection::{Intercept, KnownMean, Projection};
use super::result::half_quantile;
use super::tau2::{Likelihood, Tau2Method, height, maximise, solve};
use super::{PoolError, QWeights, check_level};
use onset_effects::Effects;
use onset_math::{chi_squared, gamma_dist, normal, quadrature};
use serde::Serialize;

/// A mean with common-effect weights and an interval that allows for tau2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RobustMean {
    /// Common-effect mean.
    pub estimate: f64,
    /// Standard error with tau2 in it.
    pub standard_error: f64,
    /// Lower limit.
    pub ci_lower: f64,
    /// Upper limit.
    pub ci_upper: f64,
    /// DerSimonian-Laird estimate used.
    pub tau2: f64,
    /// Half-width over standard error.
    pub quantile: f64,
}

/// An interval of the mean from its profile likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProfileMean {
    /// Maximum-likelihood mean.
    pub estimate: f64,
    /// Maximum-likelihood tau2.
    pub tau2: f64,
    /// Lower limit.
    pub ci_lower: f64,
    /// Upper limit.
    pub ci_upper: f64,
}

/// What the distribution of the pivot needs, with S_r = sum v^-r.
struct Moments {
    k: f64,
    s1: f64,
    s2: f64,
    /// tr P and tr PP at weights 1/v.
    tr_p: f64,
    tr_pp: f64,
    /// w'Pw and |Pw|^2.
    wpw: f64,
    pw2: f64,
    mean: f64,
    tau2: f64,
}

fn moments(effects: &Effects) -> Result<Moments, PoolError> {
    if effects.k() < 2 {
        return Err(PoolError::TooFewStudies {
            found: effects.k(),
            needed: 2,
        });
    }
    let intercept = Intercept::new(effects.y(), effects.v(), None);
    let (mean, _) = intercept.mean(0.0);
    let [s1, s2, _] = intercept.weight_sums(0.0);
    let mut projection = Projection::Intercept(intercept);
    let tau2 = solve(&mut projection, Tau2Method::Dl, QWeights::default())?.value;
    let forms = projection.forms(0.0);
    // Pw = w (w - S2/S1), elementwise
    let (mut wpw, mut pw2) = (0.0, 0.0);
    for &v in effects.v() {
        let w = 1.0 / v;
        let pw = w * (w - s2 / s1);
        wpw += w * pw;
        pw2 += pw * pw;
    }
    Ok(Moments {
        k: effects.k() as f64,
        s1,
        s2,
        tr_p: forms.tr_p,
        tr_pp: forms.tr_pp,
        wpw,
        pw2,
        mean,
        tau2,
    })
}

impl Moments {
    fn standard_error(&self) -> f64 {
        (self.s1 + self.tau2 * self.s2).sqrt() / self.s1
    }

    /// Mean and variance of Q given that the standardised estimate is r, at the estimated tau2.
    fn q_given(&self, r: f64) -> (f64, f64) {
        let t = self.tau2;
        let total = self.s1 + t * self.s2;
        // with m the regression of y on the estimate: m'Pm, |Pm|^2 and m'PSPm, S = V + tau2 I
        let mpm = t * t * self.wpw / total;
        let pm2 = t * t * self.pw2 / total;
        let mpspm = mpm + t * pm2;
        let free = self.k - 1.0;
        let mean = free + t * self.tr_p + (r * r - 1.0) * mpm;
        let trace = free + 2.0 * t * self.tr_p + t * t * self.tr_pp;
        let variance = 2.0 * (trace - 2.0 * mpspm + mpm * mpm) + 4.0 * r * r * (mpspm - mpm * mpm);
        (mean, variance)
    }

    /// P(|pivot| > u).
    fn tail(&self, u: f64) -> f64 {
        let total = self.s1 + self.tau2 * self.s2;
        let start = u * (self.s1 / total).sqrt();
        let inside = |r: f64| {
            let tau2 = (total * (r / u) * (r / u) - self.s1) / self.s2;
            let q = self.k - 1.0 + tau2.max(0.0) * self.tr_p;
            let (mean, variance) = self.q_given(r);
            normal::pdf(r) * gamma_dist::cdf(q, mean * mean / variance, mean / variance)
        };
        2.0 * quadrature::adaptive(inside, start, start + 12.0, 1e-13).value
    }
}

/// Henmi-Copas interval.
///
/// # Formula
/// b +- u se, b = sum(y/v)/sum(1/v), se^2 = (S1 + tau2 S2)/S1^2 with the DerSimonian-Laird tau2; u is
/// the quantile of (b - mu)/se, whose distribution mixes a gamma approximation of Q given b over b.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `NotFinite`.
/// # Source
/// Henmi & Copas 2010, Stat Med 29:2969.
pub fn henmi_copas(effects: &Effects, level: f64) -> Result<RobustMean, PoolError> {
    check_level(level)?;
    let m = moments(effects)?;
    let alpha = 1.0 - level;
    let z = half_quantile(level, None);
    let mut high = 2.0 * z;
    while m.tail(high) > alpha && high < 1e6 {
        high *= 2.0;
    }
    let quantile = onset_math::root::brent(|u| m.tail(u) - alpha, 0.05 * z, high, 1e-12)
        .map_err(|_| PoolError::NotFinite {
            quantity: "the Henmi-Copas quantile",
        })?
        .x;
    robust(&m, quantile)
}

/// Inverse variance heterogeneity model: common-effect weights, normal quantiles.
///
/// # Formula
/// b +- z se with b and se as for [`henmi_copas`].
/// # Errors
/// `TooFewStudies`, `BadLevel`, `NotFinite`.
/// # Source
/// Doi et al. 2015, Contemp Clin Trials 45:130.
pub fn ivhet(effects: &Effects, level: f64) -> Result<RobustMean, PoolError> {
    check_level(level)?;
    robust(&moments(effects)?, half_quantile(level, None))
}

fn robust(m: &Moments, quantile: f64) -> Result<RobustMean, PoolError> {
    let standard_error = m.standard_error();
    let half = quantile * standard_error;
    if !(m.mean.is_finite() && half.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the interval",
        });
    }
    Ok(RobustMean {
        estimate: m.mean,
        standard_error,
        ci_lower: m.mean - half,
        ci_upper: m.mean + half,
        tau2: m.tau2,
        quantile,
    })
}

/// Profile-likelihood interval of the mean.
///
/// # Formula
/// All mu with 2 (l_max - max over tau2 of l(mu, tau2)) <= chi2_{level,1}.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `NotFinite`.
/// # Source
/// Hardy & Thompson 1996, Stat Med 15:619.
pub fn profile_mean(effects: &Effects, level: f64) -> Result<ProfileMean, PoolError> {
    check_level(level)?;
    if effects.k() < 2 {
        return Err(PoolError::TooFewStudies {
            found: effects.k(),
            needed: 2,
        });
    }
    let intercept = Intercept::new(effects.y(), effects.v(), None);
    let mut projection = Projection::Intercept(intercept);
    let peak = maximise(&mut projection, Likelihood::Full);
    let top = height(&mut projection, peak.t, Likelihood::Full);
    let (estimate, sum_w) = match &projection {
        Projection::Intercept(x) => x.mean(peak.t),
        _ => (f64::NAN, f64::NAN),
    };
    let floor = top - 0.5 * chi_squared::quantile(level, 1.0);
    let step = half_quantile(level, None) / sum_w.sqrt();
    let limit = |direction: f64| {
        let above = |d: f64| {
            let (ln, slope) = profiled(effects, estimate + direction * d);
            // slope is dl/dmu at the profiled tau2
            (ln - floor, (floor - ln) / (direction * slope))
        };
        let (mut near, mut far) = (0.0, step);
        while above(far).0 > 0.0 && far.is_finite() {
            near = far;
            far *= 2.0;
        }
        direction * decreasing_root(near, far, 0.5 * (near + far), step, above).x
    };
    let (ci_lower, ci_upper) = (estimate + limit(-1.0), estimate + limit(1.0));
    if !(ci_lower.is_finite() && ci_upper.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the profile-likelihood interval",
        });
    }
    Ok(ProfileMean {
        estimate,
        tau2: peak.t,
        ci_lower,
        ci_upper,
    })
}

/// Highest log-likelihood over tau2 at this mean, and its slope in the mean.
fn profiled(effects: &Effects, mean: f64) -> (f64, f64) {
    let mut projection = Projection::KnownMean(KnownMean::new(effects.y(), effects.v(), mean));
    let peak = maximise(&mut projection, Likelihood::Full);
    let ln = height(&mut projection, peak.t, Likelihood::Full);
    let slope = effects
        .y()
        .iter()
        .zip(effects.v())
        .map(|(y, v)| (y - mean) / (v + peak.t))
        .sum();
    (ln, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(y: &[f64], v: &[f64]) -> Effects {
        Effects::new(y.to_vec(), v.to_vec(), y.iter().map(|y| y.to_string()).collect()).unwrap()
    }

    #[test]
    fn without_heterogeneity_ivhet_is_the_common_effect() {
        let e = effects(&[0.3, 0.31, 0.29], &[0.04, 0.04, 0.04]);
        let found = ivhet(&e, 0.95).unwrap();
        assert_eq!(found.tau2, 0.0);
        assert!((found.standard_error - (0.04f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((found.ci_upper - found.estimate - 1.959963984540054 * found.standard_error).abs() < 1e-14);
        // Henmi-Copas knows that tau2 could have been larger
        assert!(henmi_copas(&e, 0.95).unwrap().standard_error == found.standard_error);
    }

    #[test]
    fn the_profile_limits_lie_on_the_floor() {
        let e = effects(&[0.1, 0.9, 0.4, 1.3, -0.2], &[0.02, 0.05, 0.03, 0.1, 0.04]);
        let found = profile_mean(&e, 0.9).unwrap();
        let dense = |mu: f64| -> f64 {
            let at = |t: f64| -> f64 {
                e.y()
                    .iter()
                    .zip(e.v())
                    .map(|(y, v)| -0.5 * ((v + t).ln() + (y - mu).powi(2) / (v + t)))
                    .sum()
            };
            (0..200_000)
                .map(|i| at(f64::from(i) * 1e-5))
                .fold(f64::NEG_INFINITY, f64::max)
        };
        let drop = 0.5 * chi_squared::quantile(0.9, 1.0);
        let top = dense(found.estimate);
        for limit in [found.ci_lower, found.ci_upper] {
            assert!((top - dense(limit) - drop).abs() < 1e-8);
        }
    }
}
