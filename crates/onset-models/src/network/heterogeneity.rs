//! tau2 of a network: generalised DerSimonian-Laird, REML and ML.

use super::error::NetworkError;
use super::gls::{Gls, fit};
use super::input::Network;
use super::options::NetworkMethod;
use crate::pool::Solution;
use onset_math::root;

/// Steps of the search for maxima between nothing and more than the effects can show.
const GRID: i32 = 12;

/// Degrees of freedom of Q: contrasts against a baseline minus free parameters.
pub(crate) fn degrees(network: &Network) -> usize {
    let contrasts: usize = network.studies.iter().map(|s| s.y.len()).sum();
    contrasts.saturating_sub(network.treatments.len() - network.components)
}

/// tau2 of the network's own model.
pub(crate) fn tau2(
    network: &Network,
    method: NetworkMethod,
    common: &Gls,
) -> Result<(f64, Solution), NetworkError> {
    search(network, method, degrees(network), common, |t| fit(network, t))
}

/// tau2 of any linear model of a network, with its fit at tau2 = 0.
///
/// # Formula
/// DL: max(0, (Q - df) / tr(PK)); ML and REML: the highest zero of the score, or 0.
/// # Source
/// Jackson, Riley & White 2011; Jackson, White & Riley 2013 (generalised moment); Harville 1977.
pub(crate) fn search(
    network: &Network,
    method: NetworkMethod,
    df: usize,
    common: &Gls,
    fit: impl Fn(f64) -> Result<Gls, NetworkError>,
) -> Result<(f64, Solution), NetworkError> {
    if df == 0 {
        return Ok((0.0, Solution::ClosedForm));
    }
    let restricted = match method {
        NetworkMethod::Dl => {
            let raw = (common.q - df as f64) / common.trace_pk;
            return Ok((raw.max(0.0), Solution::ClosedForm));
        }
        NetworkMethod::Reml => true,
        NetworkMethod::Ml => false,
    };
    let widest = network
        .studies
        .iter()
        .flat_map(|s| &s.edges)
        .fold(0.0_f64, |most, e| most.max(e.v).max(4.0 * e.y * e.y));
    let mut evaluations = 1_u32;
    let mut failed = None;
    let mut score = |t: f64| match fit(t) {
        Ok(gls) => {
            evaluations += 1;
            gls.score(restricted)
        }
        Err(error) => {
            failed = Some(error);
            f64::NAN
        }
    };
    let points: Vec<f64> = std::iter::once(0.0)
        .chain((0..=GRID).map(|i| widest * 10f64.powf(-6.0 * f64::from(GRID - i) / f64::from(GRID))))
        .collect();
    let mut maxima = Vec::new();
    let mut before = common.score(restricted);
    if before <= 0.0 {
        maxima.push(0.0);
    }
    for pair in points.windows(2) {
        let after = score(pair[1]);
        if before > 0.0
            && after <= 0.0
            && let Ok(found) = root::brent(&mut score, pair[0], pair[1], 1e-13 * pair[1])
        {
            maxima.push(found.x);
        }
        before = after;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let mut best: Option<(f64, f64)> = None;
    for &t in &maxima {
        let value = fit(t)?.loglik(restricted);
        if best.is_none_or(|(_, known)| value > known) {
            best = Some((t, value));
        }
    }
    let iterations = evaluations;
    Ok(match best {
        Some((0.0, _)) => (0.0, Solution::Boundary { iterations }),
        Some((t, _)) => (t, Solution::Converged { iterations }),
        None => (widest, Solution::NotConverged { iterations }),
    })
}
