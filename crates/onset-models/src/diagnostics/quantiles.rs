//! Normal quantile plot of the standardised residuals with a simulated envelope.

use super::Model;
use super::residuals::parts;
use crate::regress::RegressError;
use onset_math::normal;
use onset_math::random::Stream;
use rayon::prelude::*;
use serde::Serialize;

/// One study in the quantile plot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantilePoint {
    /// Index of the study.
    #[serde(skip)]
    pub study: usize,
    /// Standard normal quantile of its rank.
    pub theoretical: f64,
    /// Its standardised residual.
    pub residual: f64,
    /// Lower limit of what the model would show at this rank.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
}

/// Simulated sets of effects behind the envelope.
const SETS: u64 = 1000;

/// Standardised residuals in ascending order against normal quantiles.
///
/// # Formula
/// Quantile of (i - a)/(n + 1 - 2a) with a = 3/8 up to n = 10 and 1/2 above. The envelope is pointwise:
/// for 1,000 sets of effects drawn from the fitted model at its tau2, the residuals are formed and
/// ranked alike; the limits are the (1 - level)/2 quantiles of each rank.
/// # Inputs
/// `model`: k >= 2 and more studies than coefficients; `seed`: of the simulation.
/// # Returns
/// Studies whose residual has no spread are left out.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `Collinear`, `UnequalLengths`, `NotFinite`.
/// # Source
/// Wang & Bushman 1998, Psychol Methods 3:46; Atkinson 1985, Plots, Transformations and Regression;
/// Viechtbauer & Cheung 2010.
pub fn normal_quantiles(model: &Model, seed: u64) -> Result<Vec<QuantilePoint>, RegressError> {
    let (residual, hat) = parts(model)?;
    let errors = hat.errors();
    let mut ranked: Vec<(usize, f64)> = errors
        .iter()
        .enumerate()
        .filter_map(|(i, se)| Some((i, residual[i] / (*se)?)))
        .collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let n = ranked.len();
    let roots: Vec<f64> = hat.variances().iter().map(|v| v.sqrt()).collect();
    let simulated = |set: u64| {
        let mut stream = Stream::new(seed, set);
        let mut e: Vec<f64> = roots.iter().map(|root| root * stream.normal()).collect();
        hat.residuals_of(&mut e, &mut vec![0.0; model.p()]);
        let mut z: Vec<f64> = e
            .iter()
            .zip(&errors)
            .filter_map(|(e, se)| Some(e / (*se)?))
            .collect();
        z.sort_by(f64::total_cmp);
        z
    };
    let sets: Vec<Vec<f64>> = (0..SETS).into_par_iter().map(simulated).collect();
    let tail = 0.5 * (1.0 - model.options.level);
    let mut at_rank = vec![0.0; sets.len()];
    let mut points = Vec::with_capacity(n);
    for (rank, &(study, residual)) in ranked.iter().enumerate() {
        at_rank.iter_mut().zip(&sets).for_each(|(x, set)| *x = set[rank]);
        at_rank.sort_by(f64::total_cmp);
        points.push(QuantilePoint {
            study,
            theoretical: plotting_position(rank, n),
            residual,
            lower: quantile(&at_rank, tail),
            upper: quantile(&at_rank, 1.0 - tail),
        });
    }
    Ok(points)
}

/// Normal quantile of a rank from 0 among n.
fn plotting_position(rank: usize, n: usize) -> f64 {
    let a = if n <= 10 { 0.375 } else { 0.5 };
    normal::quantile((rank as f64 + 1.0 - a) / (n as f64 + 1.0 - 2.0 * a))
}

/// Quantile of sorted values, between two of them by a straight line.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = share.clamp(0.0, 1.0) * last as f64;
    let low = (at.floor() as usize).min(last);
    let high = (low + 1).min(last);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::{plotting_position, quantile};

    #[test]
    fn ranks_and_quantiles_by_hand() {
        assert!(plotting_position(1, 3).abs() < 1e-15);
        // 11 values: the first stands at 0.5/11
        assert!((plotting_position(0, 11) - onset_math::normal::quantile(0.5 / 11.0)).abs() < 1e-15);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
