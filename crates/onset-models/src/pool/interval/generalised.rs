//! Interval of tau2 from the exact distribution of a generalised Q statistic.

use crate::pool::Solution;
use crate::pool::projection::Projection;
use crate::pool::study_weights::Weighting;
use crate::pool::tau2::t_at_probability;

/// Lower and upper limit, and whether no tau2 is compatible.
///
/// # Formula
/// P(Q_a >= q | lower) = alpha/2 and P(Q_a <= q | upper) = alpha/2.
/// # Source
/// Jackson 2013, Res Synth Methods 4:220; weights 1/v: Biggerstaff & Jackson 2008, Stat Med 27:6093.
pub(super) fn generalised(
    projection: &mut Projection,
    weights: Weighting<'_>,
    level: f64,
) -> (f64, f64, bool) {
    let tail = 0.5 * (1.0 - level);
    let (lower, _) = t_at_probability(projection, weights, 1.0 - tail);
    let (upper, solution) = t_at_probability(projection, weights, tail);
    let empty = upper == 0.0 && matches!(solution, Solution::Boundary { .. });
    (lower, upper, empty)
}
