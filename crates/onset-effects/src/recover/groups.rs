//! Groups put together, and the spread of a change.

use super::{RecoverError, finite, require};
use crate::means::Group;

/// Several groups as one, exactly: the mean, standard deviation and size of all their people.
///
/// n = sum n_i, m = sum n_i m_i/n, s^2 = (sum (n_i - 1) s_i^2 + sum n_i (m_i - m)^2)/(n - 1); for two groups
/// this is the formula of the Handbook.
///
/// # Errors
/// `NotDetermined` without groups; `OutOfRange` when the result is not finite.
///
/// # Source
/// Cochrane Handbook 6.5.2.10.
pub fn combine(groups: &[Group]) -> Result<Group, RecoverError> {
    if groups.is_empty() {
        return Err(RecoverError::NotDetermined {
            reason: "there are no groups",
        });
    }
    let n: f64 = groups.iter().map(|g| g.n).sum();
    let mean = groups.iter().map(|g| g.n / n * g.mean).sum::<f64>();
    let squares: f64 = groups
        .iter()
        .map(|g| (g.n - 1.0) * g.sd * g.sd + g.n * (g.mean - mean).powi(2))
        .sum();
    let sd = finite("standard deviation", (squares / (n - 1.0)).sqrt())?;
    Ok(Group {
        mean: finite("mean", mean)?,
        sd,
        n,
    })
}

/// Standard deviation of the change from baseline: s^2 = s0^2 + s1^2 - 2 r s0 s1.
///
/// # Errors
/// `OutOfRange` standard deviation or correlation.
///
/// # Source
/// Cochrane Handbook 6.5.2.8.
pub fn sd_of_change(sd_baseline: f64, sd_final: f64, r: f64) -> Result<f64, RecoverError> {
    let a = require("baseline SD", sd_baseline, sd_baseline >= 0.0, "0 or more")?;
    let b = require("final SD", sd_final, sd_final >= 0.0, "0 or more")?;
    let r = require("correlation", r, r.abs() <= 1.0, "-1 to 1")?;
    finite("SD of change", (a * a + b * b - 2.0 * r * a * b).max(0.0).sqrt())
}

/// Correlation of baseline and final values from the three standard deviations:
/// r = (s0^2 + s1^2 - s^2)/(2 s0 s1).
///
/// # Errors
/// `OutOfRange`; `Contradiction` when no correlation gives this standard deviation of change.
///
/// # Source
/// Cochrane Handbook 6.5.2.8.
pub fn correlation_from_change(sd_baseline: f64, sd_final: f64, sd_change: f64) -> Result<f64, RecoverError> {
    let a = super::positive("baseline SD", sd_baseline)?;
    let b = super::positive("final SD", sd_final)?;
    let c = require("SD of change", sd_change, sd_change >= 0.0, "0 or more")?;
    let r = (a / b + b / a - (c / a) * (c / b)) / 2.0;
    if r.abs() > 1.0 {
        return Err(RecoverError::Contradiction {
            reason: "the SD of change lies outside |s0 - s1| to s0 + s1",
        });
    }
    Ok(r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_by_the_formula_of_the_handbook() {
        let (a, b) = (
            Group::new(5.0, 2.0, 10.0).unwrap(),
            Group::new(8.0, 3.0, 15.0).unwrap(),
        );
        let whole = combine(&[a, b]).unwrap();
        let squares = 9.0 * 4.0 + 14.0 * 9.0 + 150.0 / 25.0 * (25.0 + 64.0 - 80.0);
        assert_eq!(whole.n, 25.0);
        assert!((whole.mean - 6.8).abs() < 1e-14);
        assert!((whole.sd - (squares / 24.0_f64).sqrt()).abs() < 1e-14);
    }

    #[test]
    fn people_put_together_are_the_people() {
        // 1 3 and 2 6: mean 3, squares 4 + 0 + 1 + 9 = 14.
        let a = Group::new(2.0, 2.0_f64.sqrt(), 2.0).unwrap();
        let b = Group::new(4.0, 8.0_f64.sqrt(), 2.0).unwrap();
        let whole = combine(&[a, b]).unwrap();
        assert!((whole.mean - 3.0).abs() < 1e-15 && (whole.sd - (14.0 / 3.0_f64).sqrt()).abs() < 1e-15);
        assert!(combine(&[]).is_err());
    }

    #[test]
    fn change_there_and_back() {
        let s = sd_of_change(6.0, 5.0, 0.5).unwrap();
        assert!((s - 31.0_f64.sqrt()).abs() < 1e-14);
        assert!((correlation_from_change(6.0, 5.0, s).unwrap() - 0.5).abs() < 1e-14);
        assert!(correlation_from_change(6.0, 5.0, 12.0).is_err());
        assert!(sd_of_change(6.0, 5.0, 1.5).is_err());
    }
}
