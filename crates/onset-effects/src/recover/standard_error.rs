//! Standard errors from intervals and p values; d from t and F.

use super::{RecoverError, finite, positive, require};
use onset_math::{normal, student_t};

/// Reference distribution of a test or interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reference {
    /// Standard normal.
    Normal,
    /// Student's t with these degrees of freedom.
    T(f64),
}

impl Reference {
    /// Value exceeded with probability `tail`.
    fn upper_quantile(self, tail: f64) -> Result<f64, RecoverError> {
        match self {
            Reference::Normal => Ok(normal::upper_quantile(tail)),
            Reference::T(df) => Ok(student_t::upper_quantile(
                tail,
                positive("degrees of freedom", df)?,
            )),
        }
    }
}

/// Standard error from a confidence interval: (upper - lower)/(2 q), q the quantile of the level.
///
/// For a ratio give the logarithms of the limits.
///
/// # Errors
/// `OutOfRange` level (0 to 1), `Contradiction` when the limits are in the wrong order.
///
/// # Source
/// Cochrane Handbook 6.3.1 and 6.5.2.2.
pub fn from_interval(lower: f64, upper: f64, level: f64, reference: Reference) -> Result<f64, RecoverError> {
    let (lower, upper) = (finite("lower limit", lower)?, finite("upper limit", upper)?);
    require("level", level, level > 0.0 && level < 1.0, "between 0 and 1")?;
    if lower >= upper {
        return Err(RecoverError::Contradiction {
            reason: "the lower limit is not below the upper",
        });
    }
    finite(
        "standard error",
        (upper - lower) / (2.0 * reference.upper_quantile((1.0 - level) / 2.0)?),
    )
}

/// Standard error from an estimate and its exact two-sided p value: |estimate|/q.
///
/// # Errors
/// `OutOfRange` p (above 0, below 1); `NotDetermined` when the estimate is 0.
///
/// # Source
/// Cochrane Handbook 6.5.2.3.
pub fn from_p(estimate: f64, p: f64, reference: Reference) -> Result<f64, RecoverError> {
    let estimate = finite("estimate", estimate)?;
    require("p", p, p > 0.0 && p < 1.0, "above 0 and below 1")?;
    if estimate == 0.0 {
        return Err(RecoverError::NotDetermined {
            reason: "an estimate of 0 has p = 1 whatever its error",
        });
    }
    positive(
        "standard error",
        estimate.abs() / reference.upper_quantile(p / 2.0)?,
    )
}

/// Standard deviation from the standard error of a mean: se sqrt(n).
///
/// # Errors
/// `OutOfRange`.
pub fn sd_from_se(se: f64, n: f64) -> Result<f64, RecoverError> {
    let se = require("standard error", se, se >= 0.0, "0 or more")?;
    finite("standard deviation", se * positive("n", n)?.sqrt())
}

/// Standard error of a mean: sd/sqrt(n).
///
/// # Errors
/// `OutOfRange`.
pub fn se_from_sd(sd: f64, n: f64) -> Result<f64, RecoverError> {
    let sd = require("standard deviation", sd, sd >= 0.0, "0 or more")?;
    Ok(sd / positive("n", n)?.sqrt())
}

/// Common standard deviation of two groups from the standard error of their mean difference:
/// se/sqrt(1/n1 + 1/n2).
///
/// # Errors
/// `OutOfRange`.
///
/// # Source
/// Cochrane Handbook 6.5.2.3.
pub fn sd_from_difference_se(se: f64, n1: f64, n2: f64) -> Result<f64, RecoverError> {
    let se = require("standard error", se, se >= 0.0, "0 or more")?;
    let (n1, n2) = (positive("n1", n1)?, positive("n2", n2)?);
    finite("standard deviation", se / (1.0 / n1 + 1.0 / n2).sqrt())
}

/// Cohen's d from the t of two independent groups: t sqrt(1/n1 + 1/n2).
///
/// # Errors
/// `OutOfRange`.
pub fn d_from_t(t: f64, n1: f64, n2: f64) -> Result<f64, RecoverError> {
    let (n1, n2) = (positive("n1", n1)?, positive("n2", n2)?);
    finite("d", finite("t", t)? * (1.0 / n1 + 1.0 / n2).sqrt())
}

/// Size of Cohen's d from the F of two independent groups; F has no direction, so `positive_direction`
/// must come from the means.
///
/// # Errors
/// `OutOfRange`.
pub fn d_from_f(f: f64, n1: f64, n2: f64, positive_direction: bool) -> Result<f64, RecoverError> {
    let t = require("F", f, f >= 0.0, "0 or more")?.sqrt();
    d_from_t(if positive_direction { t } else { -t }, n1, n2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let z = 1.959_963_984_540_054;
        let se = from_interval(1.0 - 2.0 * z, 1.0 + 2.0 * z, 0.95, Reference::Normal).unwrap();
        assert!((se - 2.0).abs() < 1e-14);
        // t(1) is Cauchy: its 0.75 quantile is 1.
        assert!((from_interval(-1.0, 1.0, 0.5, Reference::T(1.0)).unwrap() - 1.0).abs() < 1e-13);
        assert!((from_p(-3.0, 0.5, Reference::T(1.0)).unwrap() - 3.0).abs() < 1e-13);
        // SUSTAIN-1: HR .49 (.29 to .84).
        let se = from_interval(0.29_f64.ln(), 0.84_f64.ln(), 0.95, Reference::Normal).unwrap();
        assert!((se - 0.27131).abs() < 5e-6);
        assert_eq!(sd_from_se(2.0, 25.0).unwrap(), 10.0);
        assert_eq!(se_from_sd(10.0, 25.0).unwrap(), 2.0);
        assert!((sd_from_difference_se(1.0, 8.0, 8.0).unwrap() - 2.0).abs() < 1e-15);
        assert!((d_from_t(2.0, 8.0, 8.0).unwrap() - 1.0).abs() < 1e-15);
        assert!((d_from_f(4.0, 8.0, 8.0, false).unwrap() + 1.0).abs() < 1e-15);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(from_interval(2.0, 1.0, 0.95, Reference::Normal).is_err());
        assert!(from_interval(1.0, 2.0, 95.0, Reference::Normal).is_err());
        assert!(from_p(1.0, 0.0, Reference::Normal).is_err());
        assert!(from_p(0.0, 0.5, Reference::Normal).is_err());
        assert!(from_p(1.0, 0.5, Reference::T(-1.0)).is_err());
        assert!(d_from_f(-1.0, 8.0, 8.0, true).is_err());
    }
}
