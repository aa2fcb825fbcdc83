//! The exact distribution of a generalised Q statistic, and the median-unbiased estimator from it.

use super::{Projection, Tau2, Weighting};
use crate::pool::Solution;
use onset_math::{quadratic_form, root};

/// Doublings of the search for an upper end.
const MAX_DOUBLINGS: u32 = 100;

/// P(Q_a <= q) when the between-study variance is t.
pub(crate) fn generalised_q_probability(
    projection: &mut Projection,
    weights: Weighting<'_>,
    q: f64,
    t: f64,
) -> f64 {
    let lambda = projection.spectrum(weights, t);
    let ones = vec![1.0; lambda.len()];
    quadratic_form::cdf(q, &lambda, &ones)
}

/// The t at which the observed Q_a has this probability below it; 0 when it is smaller already.
pub(crate) fn t_at_probability(
    projection: &mut Projection,
    weights: Weighting<'_>,
    probability: f64,
) -> (f64, Solution) {
    let q = projection.weighted(weights, 0.0).q;
    let mut iterations = 1;
    if generalised_q_probability(projection, weights, q, 0.0) <= probability {
        return (0.0, Solution::Boundary { iterations });
    }
    let (mut lo, mut hi) = (0.0, projection.spread() + projection.v_min());
    for _ in 0..MAX_DOUBLINGS {
        iterations += 1;
        if generalised_q_probability(projection, weights, q, hi) < probability || !hi.is_finite() {
            break;
        }
        lo = hi;
        hi *= 2.0;
    }
    let above = |t: f64| generalised_q_probability(projection, weights, q, t) - probability;
    match root::brent(above, lo, hi, 1e-13 * hi) {
        Ok(found) => (
            found.x,
            Solution::Converged {
                iterations: iterations + found.iterations as u32,
            },
        ),
        Err(_) => (f64::NAN, Solution::NotConverged { iterations }),
    }
}

/// Generalised Q, median-unbiased: the t at which the observed Q_a is its own median.
///
/// # Source
/// Viechtbauer 2021, in Handbook of Meta-Analysis (Schmid, Stijnen & White); distribution: Jackson
/// 2013, Res Synth Methods 4:220.
pub(super) fn generalised_q_median(projection: &mut Projection, weights: Weighting<'_>) -> Tau2 {
    let (value, solution) = t_at_probability(projection, weights, 0.5);
    let forms = projection.weighted(weights, value);
    Tau2 {
        value,
        standard_error: Some((2.0 * forms.tr_psps).sqrt() / forms.tr_p),
        raw: None,
        solution,
    }
}
