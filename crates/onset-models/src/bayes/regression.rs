//! Meta-regression with a prior on tau, on the same grid.

use super::given_tau::{Tail, check};
use super::mixture::Mixture;
use super::tau_posterior::TauPosterior;
use super::{BayesError, Moments, MuPrior, Summary, TauPrior, moments};
use crate::regress::Design;
use onset_effects::Effects;
use onset_math::linalg::{Cholesky, Matrix};
use serde::Serialize;

/// Posterior of a meta-regression with flat coefficients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BayesRegression {
    /// Names, in the order of the design.
    pub names: Vec<String>,
    /// Coefficients.
    pub coefficients: Vec<Summary>,
    /// P(coefficient > 0).
    pub prob_positive: Vec<f64>,
    /// Residual between-study standard deviation.
    pub tau: Summary,
}

/// Posterior of the coefficients, flat prior on each.
///
/// # Formula
/// Given tau, beta ~ N((X'WX)^-1 X'Wy, (X'WX)^-1); p(tau|y) is proportional to
/// p(tau) prod w^1/2 |X'WX|^-1/2 exp(-RSS_W/2). Integrated as in [`super::nnhm`].
/// # Errors
/// `NotIdentified` for collinear moderators or k < p, and those of [`super::nnhm`].
/// # Source
/// Roever & Friede 2023, Stat Methods Med Res 32:1 (meta-regression by the same route).
pub fn bayes_regress(
    effects: &Effects,
    design: &Design,
    prior: &TauPrior,
    level: f64,
) -> Result<BayesRegression, BayesError> {
    let (k, p) = (effects.k(), design.p());
    check(k, p, prior, &MuPrior::Flat)?;
    if !(level > 0.0 && level < 1.0) {
        return Err(BayesError::BadLevel { found: level });
    }
    let unidentified = BayesError::NotIdentified { k, p };
    if k != design.k() || k < p || p == 0 || gls(effects, design, 0.0).is_none() {
        return Err(unidentified);
    }
    let mut sorted = effects.v().to_vec();
    sorted.sort_by(f64::total_cmp);
    let centre = 0.5 * sorted.get(k / 2).copied().unwrap_or(1.0).ln();
    let tail = Tail::new(prior, k, p);
    let ln_density = |x: f64| {
        let tau = x.exp();
        gls(effects, design, tau * tau).map_or(f64::NEG_INFINITY, |fit| {
            prior.ln_density(x, tau, fit.sum_w2) + fit.ln_likelihood + x
        })
    };
    let posterior = TauPosterior::new(ln_density, centre, prior.upper().map(f64::ln), tail.order())?;
    let fits: Vec<(f64, Gls)> = posterior
        .nodes
        .iter()
        .filter_map(|node| gls(effects, design, (2.0 * node.x).exp()).map(|fit| (node.mass, fit)))
        .collect();
    let (mut coefficients, mut prob_positive) = (Vec::new(), Vec::new());
    for j in 0..p {
        let parts = || {
            fits.iter()
                .map(|(mass, fit)| (*mass, fit.beta[j], fit.variance[j]))
        };
        let mixture = Mixture::new(parts().map(|(mass, mean, variance)| (mass, mean, variance.sqrt())));
        let found = Moments::of(moments(parts()), tail.has_moment(1.0), tail.has_moment(2.0));
        coefficients.push(found.summary(&mixture, 0.0, level));
        prob_positive.push(mixture.above(0.0));
    }
    let half = 0.5 * (1.0 - level);
    let (mean, sd) = moments(posterior.nodes.iter().map(|n| (n.mass, n.x.exp(), 0.0)));
    let quantile = |p: f64| posterior.quantile(p).exp();
    let tau = Summary {
        mean: tail.has_moment(1.0).then_some(mean),
        sd: tail.has_moment(2.0).then_some(sd),
        median: quantile(0.5),
        shortest: posterior.shortest(level),
        central: (quantile(half), quantile(1.0 - half)),
    };
    Ok(BayesRegression {
        names: design.names().to_vec(),
        coefficients,
        prob_positive,
        tau,
    })
}

/// Weighted least squares at one tau2.
struct Gls {
    beta: Vec<f64>,
    variance: Vec<f64>,
    ln_likelihood: f64,
    sum_w2: f64,
}

fn gls(effects: &Effects, design: &Design, tau2: f64) -> Option<Gls> {
    let p = design.p();
    let mut xwx = Matrix::zeros(p, p);
    let mut xwy = vec![0.0; p];
    let (mut ln_product, mut sum_w2) = (0.0, 0.0);
    for (i, (&y, &v)) in effects.y().iter().zip(effects.v()).enumerate() {
        let w = 1.0 / (v + tau2);
        let row = design.row(i);
        for (a, (sum, x)) in xwy.iter_mut().zip(row).enumerate() {
            *sum += w * x * y;
            for (b, other) in row.iter().enumerate() {
                xwx[(a, b)] += w * x * other;
            }
        }
        ln_product += (v + tau2).ln();
        sum_w2 += w * w;
    }
    let factor = Cholesky::new(&xwx)?;
    let beta = factor.solve_vec(&xwy);
    let mut rss = 0.0;
    for (i, (&y, &v)) in effects.y().iter().zip(effects.v()).enumerate() {
        let fitted: f64 = design.row(i).iter().zip(&beta).map(|(x, b)| x * b).sum();
        rss += (y - fitted) * (y - fitted) / (v + tau2);
    }
    let inverse = factor.inverse();
    let ln_two_pi = (2.0 * std::f64::consts::PI).ln();
    let free = effects.k() as f64 - p as f64;
    Some(Gls {
        variance: (0..p).map(|j| inverse[(j, j)]).collect(),
        ln_likelihood: -0.5 * (free * ln_two_pi + ln_product + factor.ln_det() + rss),
        beta,
        sum_w2,
    })
}
