//! Share of true effects beyond a threshold.

use super::{PoolError, Pooled};
use onset_math::normal;
use serde::Serialize;

/// Which side of the threshold counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// True effects above it.
    Above,
    /// True effects below it.
    Below,
}

/// Share of true effects beyond a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Threshold on the analysis scale.
    pub threshold: f64,
    /// Side.
    pub side: Side,
    /// Estimated share, 0 to 1.
    pub share: f64,
    /// Its standard error; `None` where tau2 is 0 or has none.
    pub standard_error: Option<f64>,
    /// Lower limit, at least 0.
    pub ci_lower: Option<f64>,
    /// Upper limit, at most 1.
    pub ci_upper: Option<f64>,
}

/// Share of true effects beyond `threshold`.
///
/// # Formula
/// Above q: 1 - Phi((q - mu)/tau), standard error phi(.) sqrt(se_mu^2/tau^2 + se_tau2^2 (q - mu)^2 /
/// (4 tau^6)). At tau2 = 0 every true effect is the mean: 0 or 1, a half where it equals q.
/// # Inputs
/// `pooled`: a random-effects result; its standard error is the one of its test.
/// # Errors
/// `NotFinite` for a threshold that is no number.
/// # When not to use
/// Fewer than about ten studies: the interval is then too narrow.
/// # Source
/// Mathur & VanderWeele 2019, Stat Med 38:1336.
pub fn share_beyond(pooled: &Pooled, threshold: f64, side: Side) -> Result<Share, PoolError> {
    if !threshold.is_finite() {
        return Err(PoolError::NotFinite {
            quantity: "the threshold",
        });
    }
    let distance = match side {
        Side::Above => pooled.mean.estimate - threshold,
        Side::Below => threshold - pooled.mean.estimate,
    };
    let tau2 = pooled.tau2.value;
    if tau2 <= 0.0 {
        let share = if distance == 0.0 {
            0.5
        } else {
            f64::from(u8::from(distance > 0.0))
        };
        let none = (None, None, None);
        return Ok(build(threshold, side, share, none));
    }
    let tau = tau2.sqrt();
    let z = distance / tau;
    let share = normal::cdf(z);
    let limits = pooled.tau2.standard_error.map_or((None, None, None), |se_tau2| {
        let of_mean = pooled.mean.standard_error / tau;
        let of_tau2 = se_tau2 * z / (2.0 * tau2);
        let se = normal::pdf(z) * of_mean.hypot(of_tau2);
        let half = -normal::quantile(0.5 * (1.0 - pooled.level)) * se;
        (
            Some(se),
            Some((share - half).max(0.0)),
            Some((share + half).min(1.0)),
        )
    });
    Ok(build(threshold, side, share, limits))
}

fn build(
    threshold: f64,
    side: Side,
    share: f64,
    (standard_error, ci_lower, ci_upper): (Option<f64>, Option<f64>, Option<f64>),
) -> Share {
    Share {
        threshold,
        side,
        share,
        standard_error,
        ci_lower,
        ci_upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Options, pool};
    use onset_effects::Effects;

    fn pooled(y: Vec<f64>) -> Pooled {
        let labels = y.iter().map(|y| y.to_string()).collect();
        let v = vec![0.04; y.len()];
        pool(&Effects::new(y, v, labels).unwrap(), &Options::default())
            .unwrap()
            .value
    }

    #[test]
    fn both_sides_make_one() {
        let p = pooled(vec![0.0, 0.5, 1.0, 1.5]);
        let above = share_beyond(&p, 0.4, Side::Above).unwrap();
        let below = share_beyond(&p, 0.4, Side::Below).unwrap();
        assert!((above.share + below.share - 1.0).abs() < 1e-15);
        assert_eq!(above.standard_error, below.standard_error);
        // by hand: mean .75, tau2 = var(y) - v
        let tau2: f64 = 1.25 / 3.0 - 0.04;
        let z = 0.35 / tau2.sqrt();
        assert!((above.share - normal::cdf(z)).abs() < 1e-12);
        let se_tau2 = p.tau2.standard_error.unwrap();
        let se = normal::pdf(z)
            * (p.mean.standard_error.powi(2) / tau2
                + se_tau2.powi(2) * 0.35f64.powi(2) / (4.0 * tau2.powi(3)))
            .sqrt();
        assert!((above.standard_error.unwrap() - se).abs() < 1e-12);
    }

    #[test]
    fn without_heterogeneity_all_or_none() {
        let p = pooled(vec![0.3, 0.3, 0.3]);
        assert_eq!(share_beyond(&p, 0.2, Side::Above).unwrap().share, 1.0);
        assert_eq!(share_beyond(&p, 0.2, Side::Below).unwrap().share, 0.0);
        assert!(share_beyond(&p, f64::NAN, Side::Above).is_err());
    }
}
