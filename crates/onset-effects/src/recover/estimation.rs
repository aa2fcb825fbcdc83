//! Mean and standard deviation of a fitted distribution: quantile estimation.

use super::quantiles::{MeanSd, Quantiles};
use super::{RecoverError, finite};
use onset_math::{beta_dist, gamma_dist, minimize, normal, special};

/// A distribution that quantile estimation fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Normal.
    Normal,
    /// Log-normal; positive data.
    LogNormal,
    /// Gamma; positive data.
    Gamma,
    /// Weibull; positive data.
    Weibull,
    /// Beta; data between 0 and 1.
    Beta,
}

impl Shape {
    /// Name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Normal => "normal",
            Shape::LogNormal => "log-normal",
            Shape::Gamma => "gamma",
            Shape::Weibull => "Weibull",
            Shape::Beta => "beta",
        }
    }
}

/// A fit by quantile estimation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimated {
    /// Mean and standard deviation of the fitted distribution.
    pub moments: MeanSd,
    /// The distribution that fits best.
    pub shape: Shape,
    /// Sum of the squared distances between printed and fitted quantiles, in squared units.
    pub misfit: f64,
}

/// Mean and standard deviation of the distribution whose quantiles come closest to the printed ones.
///
/// # Formula
/// For each family, min over its parameters of sum_j (q_j - F^-1(p_j))^2, p = 1/n and 1 - 1/n for the minimum and
/// maximum, 1/4, 1/2, 3/4; the family with the smallest sum gives mean and SD. Families: normal; log-normal, gamma
/// and Weibull when every quantile is above 0; beta when all lie between 0 and 1.
/// # Inputs
/// Quantiles in order; n, the size of the sample, 5 or more.
/// # Errors
/// As [`mean_and_sd`](super::quantiles::mean_and_sd); `NotDetermined` when all quantiles are equal.
/// # Source
/// McGrath et al. 2020, Stat Methods Med Res 29:2520, section 3.1.
pub fn quantile_estimation(quantiles: Quantiles, n: f64) -> Result<Estimated, RecoverError> {
    super::quantiles::check(quantiles, n)?;
    let points = points(quantiles, n);
    let (low, high) = points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &(q, _)| {
            (l.min(q), h.max(q))
        });
    if low >= high {
        return Err(RecoverError::NotDetermined {
            reason: "all quantiles are equal",
        });
    }
    let mut best = normal_fit(&points);
    let mut consider = |found: Estimated| {
        if found.misfit < best.misfit {
            best = found;
        }
    };
    if low > 0.0 {
        consider(positive_fit(&points, Shape::LogNormal, (1e-3, 10.0)));
        consider(positive_fit(&points, Shape::Gamma, (1e-2, 1e6)));
        consider(positive_fit(&points, Shape::Weibull, (5e-2, 1e3)));
        if high < 1.0 {
            consider(beta_fit(&points));
        }
    }
    finite("mean", best.moments.mean)?;
    finite("standard deviation", best.moments.sd)?;
    Ok(best)
}

/// Printed quantiles with their probabilities.
fn points(quantiles: Quantiles, n: f64) -> Vec<(f64, f64)> {
    let (first, last) = (1.0 / n, 1.0 - 1.0 / n);
    match quantiles {
        Quantiles::Range { min, median, max } => vec![(min, first), (median, 0.5), (max, last)],
        Quantiles::Quartiles { q1, median, q3 } => vec![(q1, 0.25), (median, 0.5), (q3, 0.75)],
        Quantiles::Five {
            min,
            q1,
            median,
            q3,
            max,
        } => vec![(min, first), (q1, 0.25), (median, 0.5), (q3, 0.75), (max, last)],
    }
}

/// Least squares of the quantiles on those of the standard normal.
fn normal_fit(points: &[(f64, f64)]) -> Estimated {
    let count = points.len() as f64;
    let z = |p: f64| normal::quantile(p);
    let middle = points.iter().map(|(q, _)| q).sum::<f64>() / count;
    let zs = points.iter().map(|(_, p)| z(*p)).sum::<f64>() / count;
    let cross: f64 = points.iter().map(|(q, p)| (q - middle) * (z(*p) - zs)).sum();
    let square: f64 = points.iter().map(|(_, p)| (z(*p) - zs).powi(2)).sum();
    let sd = cross / square;
    let mean = middle - sd * zs;
    let misfit = points.iter().map(|(q, p)| (q - mean - sd * z(*p)).powi(2)).sum();
    Estimated {
        moments: MeanSd { mean, sd },
        shape: Shape::Normal,
        misfit,
    }
}

/// A family with a scale: the best scale for each shape is a regression through 0, so only the shape is searched.
fn positive_fit(points: &[(f64, f64)], shape: Shape, (low, high): (f64, f64)) -> Estimated {
    let unit = |p: f64, s: f64| match shape {
        Shape::LogNormal => (s * normal::quantile(p)).exp(),
        Shape::Gamma => gamma_dist::quantile(p, s, 1.0),
        _ => (-(-p).ln_1p()).powf(1.0 / s),
    };
    let fitted = |ln: f64| {
        let s = ln.exp();
        let (mut cross, mut square) = (0.0, 0.0);
        for &(q, p) in points {
            let g = unit(p, s);
            cross += q * g;
            square += g * g;
        }
        let scale = cross / square;
        let misfit: f64 = points
            .iter()
            .map(|&(q, p)| (q - scale * unit(p, s)).powi(2))
            .sum();
        (s, scale, if misfit.is_finite() { misfit } else { f64::INFINITY })
    };
    let (from, to) = (low.ln(), high.ln());
    let step = (to - from) / STEPS;
    let start = (0..=STEPS as u32)
        .map(|i| from + step * f64::from(i))
        .min_by(|a, b| fitted(*a).2.total_cmp(&fitted(*b).2))
        .unwrap_or(from);
    let found = minimize::brent(
        |ln| fitted(ln).2,
        (start - step).max(from),
        (start + step).min(to),
        1e-10,
    );
    let (s, scale, misfit) = fitted(found.x);
    let moments = match shape {
        Shape::LogNormal => {
            let mean = scale * (0.5 * s * s).exp();
            MeanSd {
                mean,
                sd: mean * (s * s).exp_m1().sqrt(),
            }
        }
        Shape::Gamma => MeanSd {
            mean: scale * s,
            sd: scale * s.sqrt(),
        },
        _ => {
            let first = special::ln_gamma(1.0 + 1.0 / s).exp();
            let second = special::ln_gamma(1.0 + 2.0 / s).exp();
            MeanSd {
                mean: scale * first,
                sd: scale * (second - first * first).max(0.0).sqrt(),
            }
        }
    };
    Estimated {
        moments,
        shape,
        misfit,
    }
}

/// Points of the coarse search over the shape.
const STEPS: f64 = 60.0;

fn beta_fit(points: &[(f64, f64)]) -> Estimated {
    // start: the beta distribution with the moments of the normal fit
    let start = normal_fit(points).moments;
    let m = start.mean.clamp(0.01, 0.99);
    let size = (m * (1.0 - m) / (start.sd * start.sd) - 1.0).clamp(0.1, 1e6);
    let misfit = |x: &[f64]| -> f64 {
        let (a, b) = (x[0].exp(), x[1].exp());
        let sum: f64 = points
            .iter()
            .map(|&(q, p)| (q - beta_dist::quantile(p, a, b)).powi(2))
            .sum();
        if sum.is_finite() { sum } else { f64::INFINITY }
    };
    let from = [(m * size).ln(), ((1.0 - m) * size).ln()];
    // quantiles of a beta distribution itself leave a misfit of zero: the search goes on to rounding
    let search = minimize::NelderMead {
        tolerance: 1e-24,
        ..minimize::NelderMead::default()
    };
    let found = minimize::nelder_mead(misfit, &from, search);
    let (a, b) = (found.x[0].exp(), found.x[1].exp());
    let sum = a + b;
    Estimated {
        moments: MeanSd {
            mean: a / sum,
            sd: (a * b / (sum + 1.0)).sqrt() / sum,
        },
        shape: Shape::Beta,
        misfit: found.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The search stops at 1e-10 in the logarithm of the shape; a minimum is found to the root of rounding.
    const SEARCH: f64 = 1e-6;

    fn five(quantile: impl Fn(f64) -> f64, n: f64) -> Quantiles {
        Quantiles::Five {
            min: quantile(1.0 / n),
            q1: quantile(0.25),
            median: quantile(0.5),
            q3: quantile(0.75),
            max: quantile(1.0 - 1.0 / n),
        }
    }

    #[test]
    fn exact_quantiles_give_their_own_distribution_back() {
        let n = 50.0;
        // Weibull with shape 2: mean scale sqrt(pi)/2, variance scale^2 (1 - pi/4)
        let pi = std::f64::consts::PI;
        let cases: [(Quantiles, Shape, f64, f64); 5] = [
            (
                five(|p| 7.0 + 2.0 * normal::quantile(p), n),
                Shape::Normal,
                7.0,
                2.0,
            ),
            (
                five(|p| (1.0 + 0.5 * normal::quantile(p)).exp(), n),
                Shape::LogNormal,
                1.125_f64.exp(),
                1.125_f64.exp() * 0.25_f64.exp_m1().sqrt(),
            ),
            (
                five(|p| gamma_dist::quantile(p, 3.0, 0.5), n),
                Shape::Gamma,
                6.0,
                12.0_f64.sqrt(),
            ),
            (
                five(|p| 4.0 * (-(-p).ln_1p()).sqrt(), n),
                Shape::Weibull,
                2.0 * pi.sqrt(),
                4.0 * (1.0 - pi / 4.0).sqrt(),
            ),
            (
                five(|p| beta_dist::quantile(p, 2.0, 6.0), n),
                Shape::Beta,
                0.25,
                (12.0_f64 / 9.0).sqrt() / 8.0,
            ),
        ];
        for (quantiles, shape, mean, sd) in cases {
            let found = quantile_estimation(quantiles, n).unwrap();
            assert_eq!(found.shape, shape, "{found:?}");
            assert!((found.moments.mean - mean).abs() < SEARCH * mean, "{found:?}");
            assert!((found.moments.sd - sd).abs() < SEARCH * sd, "{found:?}");
        }
    }

    #[test]
    fn by_hand_three_points_of_a_normal() {
        // quartiles 2 5 6 at z = -x, 0, x: slope (6 - 2)/(2x), mean 13/3
        let found = normal_fit(&points(
            Quantiles::Quartiles {
                q1: 2.0,
                median: 5.0,
                q3: 6.0,
            },
            20.0,
        ));
        let x = normal::quantile(0.75);
        assert!((found.moments.sd - 2.0 / x).abs() < 1e-12);
        assert!((found.moments.mean - 13.0 / 3.0).abs() < 1e-12);
        assert!((found.misfit - (1.0 / 9.0 + 4.0 / 9.0 + 1.0 / 9.0)).abs() < 1e-12);
    }

    #[test]
    fn equal_quantiles_say_nothing() {
        let same = Quantiles::Range {
            min: 3.0,
            median: 3.0,
            max: 3.0,
        };
        assert!(matches!(
            quantile_estimation(same, 20.0),
            Err(RecoverError::NotDetermined { .. })
        ));
    }
}
