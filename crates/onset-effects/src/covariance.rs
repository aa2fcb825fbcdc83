//! Sampling covariance of two effects that share a control group (a trial of three or more arms).
//!
//! Each function gives Cov(y_j, y_k) for the comparisons of arms j and k with one control.

use crate::check::{at_least, finite, undefined};
use crate::means::Group;
use crate::proportion::Share;
use crate::rate::Count;
use crate::{EffectError, Input};

/// Mean differences: s_c^2/n_c.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Gleser & Olkin 2009, in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed.
pub fn mean_difference(control: Group) -> Result<f64, EffectError> {
    finite(control.mean_variance())
}

/// Standardised mean differences: 1/n_c + g_j g_k/(2N), N the people of all arms compared.
///
/// # Errors
/// `TooSmall` control or trial.
///
/// # Source
/// Gleser & Olkin 2009.
pub fn smd(g_j: f64, g_k: f64, n_control: f64, n_total: f64) -> Result<f64, EffectError> {
    at_least(Input::N2i, n_control, 1.0)?;
    at_least(Input::Ni, n_total, n_control)?;
    finite(1.0 / n_control + g_j * g_k / (2.0 * n_total))
}

/// Log odds ratios: 1/c + 1/d, the variance of the control's log odds.
///
/// # Errors
/// `Undefined` when nobody or everybody in the control has the event.
///
/// # Source
/// Gleser & Olkin 2009.
pub fn log_odds_ratio(control: Share) -> Result<f64, EffectError> {
    if control.has_zero() {
        return undefined("nobody or everybody in the control group has the event");
    }
    finite(1.0 / control.x + 1.0 / control.other)
}

/// Log risk ratios: 1/c - 1/n, the variance of the control's log risk.
///
/// # Errors
/// `Undefined` when the control has no events.
///
/// # Source
/// Gleser & Olkin 2009.
pub fn log_risk_ratio(control: Share) -> Result<f64, EffectError> {
    if control.x == 0.0 {
        return undefined("the control group has no events");
    }
    finite(control.other / control.x / control.n())
}

/// Risk differences: pq/n of the control.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Gleser & Olkin 2009.
pub fn risk_difference(control: Share) -> Result<f64, EffectError> {
    finite(control.p() * (control.other / control.n()) / control.n())
}

/// Log ratios of means: s_c^2/(n_c m_c^2).
///
/// # Errors
/// `Undefined` when the mean is 0.
///
/// # Source
/// Lajeunesse 2011, Ecology 92:2049.
pub fn ratio_of_means(control: Group) -> Result<f64, EffectError> {
    if control.mean == 0.0 {
        return undefined("the mean of the control group is 0");
    }
    finite((control.sd / control.mean).powi(2) / control.n)
}

/// Log incidence rate ratios: 1/x of the control.
///
/// # Errors
/// `Undefined` without events in the control.
pub fn log_rate_ratio(control: Count) -> Result<f64, EffectError> {
    if control.x == 0.0 {
        return undefined("the control group has no events");
    }
    finite(1.0 / control.x)
}

/// Log odds of one group at two times, of those who are still well: n/(x_s (n - x_t)) for counts x_s at the earlier
/// time and x_t <= x_s at the later one, both out of n. The covariance of two log odds ratios is the sum over both
/// groups. It holds where the later count is a part of the earlier one (survivors), not for response by visit.
///
/// # Errors
/// `Undefined` when nobody is left at the earlier time or everybody at the later one; `TooSmall` counts.
///
/// # Source
/// Trikalinos & Olkin 2012, Clin Trials 9:610.
pub fn nested_log_odds(n: f64, x_s: f64, x_t: f64) -> Result<f64, EffectError> {
    at_least(Input::Xi, x_t, 0.0)?;
    at_least(Input::Xi, x_s, x_t)?;
    at_least(Input::Ni, n, x_s)?;
    if x_s == 0.0 || x_t == n {
        return undefined("nobody is left at the earlier time, or everybody at the later one");
    }
    finite(n / (x_s * (n - x_t)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::two_by_two::{self, Cells};
    use crate::{means, ratios};

    /// v_j of each comparison is its own arm's part plus the covariance.
    #[test]
    fn the_covariance_is_the_controls_part_of_the_variance() {
        let control = Share::new(5.0, 15.0).unwrap();
        let t = Cells::new(10.0, 10.0, 5.0, 15.0).unwrap();
        let arm = Share::new(10.0, 10.0).unwrap();
        type One = fn(Share) -> Result<f64, EffectError>;
        type Two = fn(Cells) -> Result<crate::Effect, EffectError>;
        let pairs: [(One, Two); 3] = [
            (log_odds_ratio, two_by_two::log_odds_ratio),
            (log_risk_ratio, two_by_two::log_risk_ratio),
            (risk_difference, two_by_two::risk_difference),
        ];
        for (covariance, measure) in pairs {
            let whole = measure(t).unwrap().v;
            assert!((whole - covariance(control).unwrap() - covariance(arm).unwrap()).abs() < 1e-15);
        }
        let (g1, g2) = (
            Group::new(4.0, 2.0, 5.0).unwrap(),
            Group::second(2.0, 1.0, 9.0).unwrap(),
        );
        let whole = means::mean_difference(g1, g2).unwrap().v;
        assert!((whole - mean_difference(g1).unwrap() - mean_difference(g2).unwrap()).abs() < 1e-15);
        let whole = ratios::ratio_of_means(g1, g2).unwrap().v;
        assert!((whole - ratio_of_means(g1).unwrap() - ratio_of_means(g2).unwrap()).abs() < 1e-15);
    }

    #[test]
    fn smd_by_hand() {
        assert!((smd(0.5, 0.8, 20.0, 60.0).unwrap() - (0.05 + 0.4 / 120.0)).abs() < 1e-16);
        assert!(smd(0.5, 0.8, 20.0, 10.0).is_err());
        // p_s = 3/4, p_t = 1/2 of 20: p_t (1 - p_s)/n over the product of the binomial variances of one person
        let by_hand = 0.5 * 0.25 / 20.0 / (0.75 * 0.25 * 0.5 * 0.5);
        assert!((nested_log_odds(20.0, 15.0, 10.0).unwrap() - by_hand).abs() < 1e-15);
        assert!(nested_log_odds(20.0, 10.0, 15.0).is_err() && nested_log_odds(20.0, 20.0, 20.0).is_err());
        assert_eq!(log_rate_ratio(Count::new(4.0, 9.0).unwrap()).unwrap(), 0.25);
        assert!(
            log_odds_ratio(Share::new(0.0, 9.0).unwrap())
                .unwrap_err()
                .is_undefined()
        );
    }
}
