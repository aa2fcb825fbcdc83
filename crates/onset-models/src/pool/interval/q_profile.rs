//! Q-profile interval.

use crate::pool::projection::Projection;
use crate::pool::tau2::q_root;
use onset_math::chi_squared;

/// Lower and upper limit, and whether no tau2 is compatible.
///
/// # Formula
/// Q(lower) = chi2_{1-a/2, k-p}, Q(upper) = chi2_{a/2, k-p}; a limit below 0 is 0.
/// # Source
/// Viechtbauer 2007, Stat Med 26:37.
pub(crate) fn q_profile(projection: &mut Projection, level: f64) -> (f64, f64, bool) {
    let df = projection.df();
    let tail = 0.5 * (1.0 - level);
    let high = chi_squared::quantile(1.0 - tail, df);
    let low = chi_squared::quantile(tail, df);
    let (lower, _) = q_root(projection, high);
    let (upper, _) = q_root(projection, low);
    let empty = upper == 0.0 && projection.forms(0.0).q < low;
    (lower, upper, empty)
}
