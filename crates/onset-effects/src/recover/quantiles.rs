//! Mean and standard deviation from a median with a range, quartiles, or both.
//!
//! The formulas assume normal data; with a skewed variable they mislead, so look at the quantiles first.

use super::{RecoverError, finite};
use onset_math::normal;

/// The quantiles a report prints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantiles {
    /// Minimum, median, maximum.
    Range {
        /// Minimum.
        min: f64,
        /// Median.
        median: f64,
        /// Maximum.
        max: f64,
    },
    /// Quartiles with the median.
    Quartiles {
        /// First quartile.
        q1: f64,
        /// Median.
        median: f64,
        /// Third quartile.
        q3: f64,
    },
    /// All five.
    Five {
        /// Minimum.
        min: f64,
        /// First quartile.
        q1: f64,
        /// Median.
        median: f64,
        /// Third quartile.
        q3: f64,
        /// Maximum.
        max: f64,
    },
}

/// A recovered mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSd {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// Mean and standard deviation of n normal values with these sample quantiles.
///
/// Mean: range w (a + b)/2 + (1 - w) m, w = 4/(4 + n^0.75); quartiles w (q1 + q3)/2 + (1 - w) m,
/// w = 0.7 + 0.39/n; five w1 (a + b)/2 + w2 (q1 + q3)/2 + (1 - w1 - w2) m, w1 = 2.2/(2.2 + n^0.75),
/// w2 = 0.7 - 0.72/n^0.55. SD: range (b - a)/x, x = 2 z((n - 0.375)/(n + 0.25)); quartiles (q3 - q1)/h,
/// h = 2 z((0.75n - 0.125)/(n + 0.25)); five w (b - a)/x + (1 - w)(q3 - q1)/h, w = 1/(1 + 0.07 n^0.6).
///
/// # Errors
/// `Contradiction` when the quantiles are out of order, `OutOfRange` for n below 5.
///
/// # Source
/// Luo et al. 2018, Stat Methods Med Res 27:1785, eq. 7, 11, 15; Wan et al. 2014, BMC Med Res Methodol 14:135,
/// eq. 9, 16; Shi et al. 2020, Res Synth Methods 11:641, eq. 10.
pub fn mean_and_sd(quantiles: Quantiles, n: f64) -> Result<MeanSd, RecoverError> {
    check(quantiles, n)?;
    let range_width = 2.0 * normal::quantile((n - 0.375) / (n + 0.25));
    let quartile_width = 2.0 * normal::quantile((0.75 * n - 0.125) / (n + 0.25));
    let (mean, sd) = match quantiles {
        Quantiles::Range { min, median, max } => {
            let w = 4.0 / (4.0 + n.powf(0.75));
            (
                w * (min + max) / 2.0 + (1.0 - w) * median,
                (max - min) / range_width,
            )
        }
        Quantiles::Quartiles { q1, median, q3 } => {
            let w = 0.7 + 0.39 / n;
            (
                w * (q1 + q3) / 2.0 + (1.0 - w) * median,
                (q3 - q1) / quartile_width,
            )
        }
        Quantiles::Five {
            min,
            q1,
            median,
            q3,
            max,
        } => {
            let (w1, w2) = (2.2 / (2.2 + n.powf(0.75)), 0.7 - 0.72 / n.powf(0.55));
            let mean = w1 * (min + max) / 2.0 + w2 * (q1 + q3) / 2.0 + (1.0 - w1 - w2) * median;
            let w = 1.0 / (1.0 + 0.07 * n.powf(0.6));
            (
                mean,
                w * (max - min) / range_width + (1.0 - w) * (q3 - q1) / quartile_width,
            )
        }
    };
    Ok(MeanSd {
        mean: finite("mean", mean)?,
        sd: finite("standard deviation", sd)?,
    })
}

/// Mean and standard deviation from a range by the rules of thumb that older reviews used.
///
/// Mean (a + 2m + b)/4 up to n = 25, above it the median; SD sqrt(((a - 2m + b)^2/4 + (b - a)^2)/12) up to
/// n = 15, range/4 up to n = 70, range/6 above. Kept to check old reviews; [`mean_and_sd`] is better.
///
/// # Errors
/// `Contradiction` when the quantiles are out of order, `OutOfRange` for n below 5.
///
/// # Source
/// Hozo, Djulbegovic & Hozo 2005, BMC Med Res Methodol 5:13.
pub fn hozo(min: f64, median: f64, max: f64, n: f64) -> Result<MeanSd, RecoverError> {
    check(Quantiles::Range { min, median, max }, n)?;
    let mean = if n <= 25.0 {
        (min + 2.0 * median + max) / 4.0
    } else {
        median
    };
    let width = max - min;
    let sd = if n <= 15.0 {
        (((min - 2.0 * median + max).powi(2) / 4.0 + width * width) / 12.0).sqrt()
    } else if n <= 70.0 {
        width / 4.0
    } else {
        width / 6.0
    };
    Ok(MeanSd {
        mean: finite("mean", mean)?,
        sd: finite("standard deviation", sd)?,
    })
}

pub(super) fn check(quantiles: Quantiles, n: f64) -> Result<(), RecoverError> {
    let (few, five);
    let ordered: &[f64] = match quantiles {
        Quantiles::Range { min, median, max } => {
            few = [min, median, max];
            &few
        }
        Quantiles::Quartiles { q1, median, q3 } => {
            few = [q1, median, q3];
            &few
        }
        Quantiles::Five {
            min,
            q1,
            median,
            q3,
            max,
        } => {
            five = [min, q1, median, q3, max];
            &five
        }
    };
    for &x in ordered {
        finite("quantile", x)?;
    }
    if !ordered.is_sorted() {
        return Err(RecoverError::Contradiction {
            reason: "the quantiles are not in order",
        });
    }
    super::require("n", n, n >= 5.0, "5 or more").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetric_quantiles_keep_the_median() {
        let symmetric = [
            Quantiles::Range {
                min: 0.0,
                median: 10.0,
                max: 20.0,
            },
            Quantiles::Quartiles {
                q1: 7.0,
                median: 10.0,
                q3: 13.0,
            },
            Quantiles::Five {
                min: 0.0,
                q1: 7.0,
                median: 10.0,
                q3: 13.0,
                max: 20.0,
            },
        ];
        for q in symmetric {
            assert!((mean_and_sd(q, 40.0).unwrap().mean - 10.0).abs() < 1e-14);
        }
    }

    #[test]
    fn by_hand() {
        // n = 16: n^0.75 = 8, so w = 1/3; z(15.625/16.25) = z(0.9615384615384616) = 1.7688250385187059.
        let s = mean_and_sd(
            Quantiles::Range {
                min: 2.0,
                median: 9.0,
                max: 30.0,
            },
            16.0,
        )
        .unwrap();
        assert!((s.mean - (16.0 / 3.0 + 6.0)).abs() < 1e-14);
        assert!((s.sd - 28.0 / (2.0 * 1.768_825_038_518_705_9)).abs() < 1e-12);
        // Five numbers: the pieces, put together with their weights.
        let (n, z1, z2) = (
            16.0_f64,
            1.768_825_038_518_705_9,
            normal::quantile(11.875 / 16.25),
        );
        let five = Quantiles::Five {
            min: 2.0,
            q1: 6.0,
            median: 9.0,
            q3: 14.0,
            max: 30.0,
        };
        let s = mean_and_sd(five, n).unwrap();
        let (w1, w2) = (2.2 / 10.2, 0.7 - 0.72 / n.powf(0.55));
        assert!((s.mean - (w1 * 16.0 + w2 * 10.0 + (1.0 - w1 - w2) * 9.0)).abs() < 1e-13);
        let w = 1.0 / (1.0 + 0.07 * n.powf(0.6));
        assert!((s.sd - (w * 14.0 / z1 + (1.0 - w) * 4.0 / z2)).abs() < 1e-12);
        let old = hozo(2.0, 9.0, 30.0, 10.0).unwrap();
        assert!(
            (old.mean - 12.5).abs() < 1e-15 && (old.sd - ((49.0 + 784.0) / 12.0_f64).sqrt()).abs() < 1e-14
        );
        assert_eq!(hozo(2.0, 9.0, 30.0, 40.0).unwrap(), MeanSd { mean: 9.0, sd: 7.0 });
    }

    #[test]
    fn disorder_and_tiny_samples_are_refused() {
        assert!(
            mean_and_sd(
                Quantiles::Range {
                    min: 5.0,
                    median: 2.0,
                    max: 9.0
                },
                40.0
            )
            .is_err()
        );
        assert!(
            mean_and_sd(
                Quantiles::Range {
                    min: 1.0,
                    median: 2.0,
                    max: 9.0
                },
                4.0
            )
            .is_err()
        );
        assert!(
            mean_and_sd(
                Quantiles::Range {
                    min: 1.0,
                    median: f64::NAN,
                    max: 9.0
                },
                40.0
            )
            .is_err()
        );
    }
}
