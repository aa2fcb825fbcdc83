//! Paule-Mandel and its kin: tau2 that makes the generalised Q statistic equal a target.

use super::{Projection, Tau2};
use crate::pool::Solution;
use crate::pool::newton::decreasing_root;
use onset_math::chi_squared;

/// Paule-Mandel: Q(tau2) = k - p.
///
/// Empirical Bayes, the iterated DerSimonian-Laird and the iterated Sidik-Jonkman estimators solve
/// the same equation and share this root.
/// # Source
/// Paule & Mandel 1982, J Res Natl Bur Stand 87:377; Morris 1983; DerSimonian & Kacker 2007.
pub(super) fn paule_mandel(projection: &mut Projection) -> Tau2 {
    let target = projection.df();
    at_target(projection, target)
}

/// Paule-Mandel, median-unbiased: Q(tau2) = median of chi-squared with k - p df.
///
/// # Source
/// Viechtbauer 2021, in Handbook of Meta-Analysis (Schmid, Stijnen & White).
pub(super) fn median_unbiased(projection: &mut Projection) -> Tau2 {
    let target = chi_squared::quantile(0.5, projection.df());
    at_target(projection, target)
}

fn at_target(projection: &mut Projection, target: f64) -> Tau2 {
    let (value, solution) = q_root(projection, target);
    let sum_w = projection.forms(value).sum_w;
    let (k, df) = (projection.k() as f64, projection.df());
    Tau2 {
        value,
        standard_error: Some((2.0 / df).sqrt() * k / sum_w),
        raw: None,
        solution,
    }
}

/// The t at which Q(t) = target; 0 when Q(0) is already below it.
///
/// Q falls with t. Newton runs on 1/Q, which is linear in t when all variances agree.
pub(crate) fn q_root(projection: &mut Projection, target: f64) -> (f64, Solution) {
    let at_zero = projection.forms(0.0);
    if at_zero.q <= target {
        return (0.0, Solution::Boundary { iterations: 0 });
    }
    // Q(t) <= rss / (v_min + t)
    let low = projection.v_min();
    let hi = (projection.rss() / target - low) * (1.0 + 1e-12);
    if !hi.is_finite() {
        return (f64::NAN, Solution::NotConverged { iterations: 0 });
    }
    let start = newton_step(at_zero.q, at_zero.qq, target);
    let root = decreasing_root(0.0, hi.max(start), start, low, |t| {
        let (q, qq) = projection.q_forms(t);
        (q - target, newton_step(q, qq, target))
    });
    (root.x, Solution::iterated(root.converged, root.iterations))
}

fn newton_step(q: f64, qq: f64, target: f64) -> f64 {
    q * (q - target) / (target * qq)
}
