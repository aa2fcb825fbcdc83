//! Profile-likelihood interval of tau2.

use crate::pool::newton::decreasing_root;
use crate::pool::projection::Projection;
use crate::pool::tau2::Likelihood;
use onset_math::chi_squared;

/// Doublings of the search for the upper limit.
const MAX_DOUBLINGS: u32 = 200;

/// Lower and upper limit: the tau2 whose log-likelihood lies chi2_{level,1}/2 below the highest.
///
/// # Source
/// Hardy & Thompson 1996, Stat Med 15:619; Viechtbauer 2007, Stat Med 26:37.
pub(crate) fn profile(
    projection: &mut Projection,
    likelihood: Likelihood,
    estimate: f64,
    level: f64,
) -> (f64, f64, bool) {
    let restricted = likelihood == Likelihood::Restricted;
    let step = projection.v_min();
    let mut height = |t: f64| {
        let f = projection.forms(t);
        let score = if restricted { f.qq - f.tr_p } else { f.qq - f.sum_w };
        (projection.ln_likelihood(t, &f, restricted), 0.5 * score)
    };
    let floor = height(estimate).0 - 0.5 * chi_squared::quantile(level, 1.0);
    // distance above the floor and the Newton step to it
    let mut above = |t: f64| {
        let (ln, score) = height(t);
        (ln - floor, (floor - ln) / score)
    };
    let mut lower = 0.0;
    if estimate > 0.0 && above(0.0).0 < 0.0 {
        // rising from 0 to the estimate: mirrored, so that it falls
        let root = decreasing_root(0.0, estimate, 0.5 * estimate, 0.0, |s| {
            let (value, step) = above(estimate - s);
            (value, -step)
        });
        lower = estimate - root.x;
    }
    let (mut near, mut hi) = (estimate, 2.0 * estimate + step);
    for _ in 0..MAX_DOUBLINGS {
        if above(hi).0 < 0.0 || !hi.is_finite() {
            break;
        }
        near = hi;
        hi *= 2.0;
    }
    let root = decreasing_root(near, hi, 0.5 * (near + hi), 0.0, above);
    (lower, root.x, false)
}
