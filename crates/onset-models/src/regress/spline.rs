//! Restricted cubic splines.

/// Knots at the quantiles that Harrell recommends for so many; `None` where two of them fall together.
///
/// # Source
/// Harrell 2001, Regression Modeling Strategies, section 2.4.5.
pub(super) fn knots(x: &[f64], count: usize) -> Option<Vec<f64>> {
    let shares: &[f64] = match count {
        3 => &[0.1, 0.5, 0.9],
        4 => &[0.05, 0.35, 0.65, 0.95],
        5 => &[0.05, 0.275, 0.5, 0.725, 0.95],
        6 => &[0.05, 0.23, 0.41, 0.59, 0.77, 0.95],
        7 => &[0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975],
        _ => return None,
    };
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let knots: Vec<f64> = shares
        .iter()
        .map(|share| quantile(&sorted, *share))
        .collect::<Option<_>>()?;
    knots.windows(2).all(|pair| pair[0] < pair[1]).then_some(knots)
}

/// Linear interpolation between order statistics, (n - 1) share apart from the first.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let below = place.floor();
    let low = *sorted.get(below as usize)?;
    let high = sorted.get(below as usize + 1).copied().unwrap_or(low);
    Some(low + (place - below) * (high - low))
}

/// The j-th curved term, linear beyond the outer knots.
///
/// # Formula
/// With knots t_1 < ... < t_k: [(x - t_j)^3 - (x - t_(k-1))^3 (t_k - t_j)/(t_k - t_(k-1)) + (x - t_k)^3 (t_(k-1) - t_j)/(t_k -
/// t_(k-1))]/(t_k - t_1)^2, each cube 0 where its base is negative.
/// # Source
/// Harrell 2001, Regression Modeling Strategies, section 2.4.5.
pub(super) fn basis(x: f64, knots: &[f64], j: usize) -> f64 {
    let (Some(&first), Some(&own), Some(&[before, last])) = (knots.first(), knots.get(j), knots.last_chunk())
    else {
        return f64::NAN;
    };
    let cube = |knot: f64| (x - knot).max(0.0).powi(3);
    let width = last - before;
    (cube(own) - cube(before) * (last - own) / width + cube(last) * (before - own) / width)
        / (last - first).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_beyond_the_outer_knots_and_by_hand_between() {
        let knots = [1.0, 2.0, 4.0];
        // by hand: ((3 - 1)^3 - (3 - 2)^3 3/2)/9
        assert!((basis(3.0, &knots, 0) - 6.5 / 9.0).abs() < 1e-15);
        assert_eq!(basis(0.5, &knots, 0), 0.0);
        let bend = basis(7.0, &knots, 0) - 2.0 * basis(6.0, &knots, 0) + basis(5.0, &knots, 0);
        assert!(bend.abs() < 1e-13, "{bend}");
    }

    #[test]
    fn knots_lie_at_the_recommended_quantiles() {
        let x: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(knots(&x, 3).unwrap(), [10.0, 50.0, 90.0]);
        assert!(knots(&[1.0, 1.0, 1.0, 2.0], 4).is_none());
        assert!(knots(&[], 3).is_none());
    }
}
