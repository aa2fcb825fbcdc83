//! The effect with expectancy integrated out: belief imputed where nobody asked, a prior on its effect.

use super::expectancy::{Belief, ExpectancyError, check, finite, spread};
use onset_effects::Effects;
use onset_math::{normal, quadrature, root};

/// Prior on the effect of belief, in units of y, with the sign of benefit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SlopePrior {
    /// Proper.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, >= 0; 0 fixes the slope.
        sd: f64,
    },
    /// Flat; refused below [`OBSERVED_FOR_FLAT`] trials with observed beliefs that differ.
    Flat,
}

/// Trials with an observed belief that a flat prior needs.
pub const OBSERVED_FOR_FLAT: usize = 3;

/// Posterior of the effect without expectancy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectancyPosterior {
    /// Posterior mean of the effect.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Central interval.
    pub lower: f64,
    /// Central interval.
    pub upper: f64,
    /// P(effect < threshold).
    pub below_threshold: f64,
    /// Posterior mean of the effect of belief.
    pub slope_mean: f64,
    /// Its standard deviation.
    pub slope_sd: f64,
}

const SLOPE_NODES: usize = 61;
const TAU_NODES: usize = 40;
/// Half-width of the slope grid in prior standard deviations.
const REACH: f64 = 7.0;

struct Component {
    weight: f64,
    slope: f64,
    mean: f64,
    sd: f64,
}

/// # Formula
/// y_i | delta, epsilon, tau ~ N(delta + epsilon B_i, v_i + tau^2 + epsilon^2 s_i^2), flat delta,
/// tau ~ half-normal(`tau_scale`), epsilon by `slope`. Given (epsilon, tau), delta is normal; the two are
/// integrated on a grid (trapezium over +-7 prior standard deviations of epsilon, Gauss-Legendre over tau
/// to 6 scales), so that the posterior is a mixture of normals.
/// # Inputs
/// `level` of the central interval; `threshold` in units of y.
/// # Errors
/// `Lengths`, `NotANumber`, `FlatSlope`.
/// # Source
/// Trial-level expectancy model; quadrature as Roever & Friede 2017, J Comput Graph Stat 26:217.
pub fn expectancy_posterior(
    effects: &Effects,
    beliefs: &[Belief],
    slope: SlopePrior,
    tau_scale: f64,
    threshold: f64,
    level: f64,
) -> Result<ExpectancyPosterior, ExpectancyError> {
    check(effects, beliefs)?;
    finite("threshold", threshold)?;
    spread("scale of tau", tau_scale)?;
    if !(level > 0.0 && level < 1.0) {
        return Err(ExpectancyError::NotANumber {
            what: "level",
            found: level,
        });
    }
    let slopes = slope_grid(effects, beliefs, slope, tau_scale)?;
    let mixture = mixture(effects, beliefs, &slopes, tau_scale);
    let expect = |f: &dyn Fn(&Component) -> f64| mixture.iter().map(|c| c.weight * f(c)).sum::<f64>();
    let mean = expect(&|c| c.mean);
    let variance = expect(&|c| c.sd * c.sd + (c.mean - mean).powi(2));
    let slope_mean = expect(&|c| c.slope);
    let slope_variance = expect(&|c| (c.slope - slope_mean).powi(2));
    let cdf = |x: f64| expect(&|c| normal::cdf((x - c.mean) / c.sd));
    let sd = variance.sqrt();
    let quantile = |p: f64| {
        let found = root::brent(|x| cdf(x) - p, mean - 12.0 * sd, mean + 12.0 * sd, 1e-10 * sd);
        found.map_or(f64::NAN, |root| root.x)
    };
    let tail = (1.0 - level) / 2.0;
    Ok(ExpectancyPosterior {
        mean,
        sd,
        lower: quantile(tail),
        upper: quantile(1.0 - tail),
        below_threshold: cdf(threshold),
        slope_mean,
        slope_sd: slope_variance.sqrt(),
    })
}

/// Slopes with the logarithm of their prior weight.
fn slope_grid(
    effects: &Effects,
    beliefs: &[Belief],
    prior: SlopePrior,
    tau_scale: f64,
) -> Result<Vec<(f64, f64)>, ExpectancyError> {
    let (centre, sd, flat) = match prior {
        SlopePrior::Normal { mean, sd } => {
            finite("mean of the slope's prior", mean)?;
            spread("spread of the slope's prior", sd)?;
            (mean, sd, false)
        }
        SlopePrior::Flat => {
            let (slope, error) = observed_slope(effects, beliefs, tau_scale)?;
            (slope, error, true)
        }
    };
    if sd == 0.0 {
        return Ok(vec![(centre, 0.0)]);
    }
    let step = 2.0 * REACH / (SLOPE_NODES - 1) as f64;
    let node = |i: usize| {
        let z = -REACH + step * i as f64;
        (centre + z * sd, if flat { 0.0 } else { -0.5 * z * z })
    };
    Ok((0..SLOPE_NODES).map(node).collect())
}

/// Weighted regression of y on the observed beliefs: where a flat prior is looked at, and how widely.
fn observed_slope(
    effects: &Effects,
    beliefs: &[Belief],
    tau_scale: f64,
) -> Result<(f64, f64), ExpectancyError> {
    let seen: Vec<(f64, f64, f64)> = effects
        .y()
        .iter()
        .zip(effects.v())
        .zip(beliefs)
        .filter(|(_, belief)| belief.observed)
        .map(|((y, v), belief)| (*y, 1.0 / (v + 4.0 * tau_scale * tau_scale), belief.difference))
        .collect();
    let total: f64 = seen.iter().map(|(_, w, _)| w).sum();
    let centre = seen.iter().map(|(_, w, b)| w * b).sum::<f64>() / total;
    let height = seen.iter().map(|(y, w, _)| w * y).sum::<f64>() / total;
    let spread: f64 = seen.iter().map(|(_, w, b)| w * (b - centre).powi(2)).sum();
    if seen.len() < OBSERVED_FOR_FLAT || spread <= 1e-12 * total {
        return Err(ExpectancyError::FlatSlope {
            observed: seen.len(),
            needed: OBSERVED_FOR_FLAT,
        });
    }
    let cross: f64 = seen.iter().map(|(y, w, b)| w * (b - centre) * (y - height)).sum();
    Ok((cross / spread, spread.recip().sqrt()))
}

fn mixture(effects: &Effects, beliefs: &[Belief], slopes: &[(f64, f64)], tau_scale: f64) -> Vec<Component> {
    let taus: Vec<(f64, f64)> = if tau_scale == 0.0 {
        vec![(0.0, 0.0)]
    } else {
        let rule = quadrature::gauss_legendre(TAU_NODES);
        let half = 3.0 * tau_scale;
        rule.nodes
            .iter()
            .zip(&rule.weights)
            .map(|(x, w)| {
                let tau = half * (1.0 + x);
                (tau, w.ln() - 0.5 * (tau / tau_scale).powi(2))
            })
            .collect()
    };
    let mut found = Vec::with_capacity(slopes.len() * taus.len());
    for (slope, ln_slope) in slopes {
        for (tau, ln_tau) in &taus {
            let (mut weights, mut sum, mut square, mut ln_det) = (0.0, 0.0, 0.0, 0.0);
            for ((y, v), b) in effects.y().iter().zip(effects.v()).zip(beliefs) {
                let variance = v + tau * tau + (slope * b.spread).powi(2);
                let residual = y - slope * b.difference;
                weights += 1.0 / variance;
                sum += residual / variance;
                square += residual * residual / variance;
                ln_det += variance.ln();
            }
            let mean = sum / weights;
            let ln_weight = ln_slope + ln_tau - 0.5 * (ln_det + weights.ln() + square - sum * mean);
            found.push(Component {
                weight: ln_weight,
                slope: *slope,
                mean,
                sd: weights.recip().sqrt(),
            });
        }
    }
    let highest = found.iter().map(|c| c.weight).fold(f64::NEG_INFINITY, f64::max);
    for component in &mut found {
        component.weight = (component.weight - highest).exp();
    }
    let total: f64 = found.iter().map(|c| c.weight).sum();
    for component in &mut found {
        component.weight /= total;
    }
    found
}
