//! A weighted least-squares line.

use super::SmallStudyError;

/// y = intercept + slope x, weights w, multiplicative error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub intercept: f64,
    pub slope: f64,
    /// Residual weighted sum of squares.
    pub rss: f64,
    sum_w: f64,
    mean_x: f64,
    sxx: f64,
    k: f64,
}

/// A spread of x this small, relative to its size, is rounding.
const NO_SPREAD: f64 = 1e-12;

impl Line {
    /// Fits k >= 3 points; `what` names x.
    pub fn fit(y: &[f64], x: &[f64], w: &[f64], what: &'static str) -> Result<Line, SmallStudyError> {
        super::error::at_least(y.len(), 3)?;
        let sum_w: f64 = w.iter().sum();
        let mean = |of: &[f64]| w.iter().zip(of).map(|(w, z)| w * z).sum::<f64>() / sum_w;
        let (mean_x, mean_y) = (mean(x), mean(y));
        let (mut sxx, mut sxy, mut size) = (0.0, 0.0, 0.0);
        for ((w, x), y) in w.iter().zip(x).zip(y) {
            let dx = x - mean_x;
            sxx += w * dx * dx;
            sxy += w * dx * (y - mean_y);
            size += w * x * x;
        }
        let spread = x.iter().map(|x| (x - mean_x).abs()).fold(0.0, f64::max);
        if sxx <= NO_SPREAD * NO_SPREAD * size || spread <= NO_SPREAD * mean_x.abs() {
            return Err(SmallStudyError::NoVariation { what });
        }
        let slope = sxy / sxx;
        let rss = w
            .iter()
            .zip(x)
            .zip(y)
            .map(|((w, x), y)| {
                let residual = y - mean_y - slope * (x - mean_x);
                w * residual * residual
            })
            .sum();
        let line = Line {
            intercept: mean_y - slope * mean_x,
            slope,
            rss,
            sum_w,
            mean_x,
            sxx,
            k: y.len() as f64,
        };
        if !(line.intercept.is_finite() && line.slope.is_finite() && line.rss.is_finite()) {
            return Err(SmallStudyError::NotFinite {
                quantity: "the regression line",
            });
        }
        Ok(line)
    }

    pub fn df(&self) -> f64 {
        self.k - 2.0
    }

    /// rss/(k - 2).
    pub fn scale(&self) -> f64 {
        self.rss / self.df()
    }

    /// Standard error of the slope for weights that are inverse variances.
    pub fn slope_se_additive(&self) -> f64 {
        self.sxx.sqrt().recip()
    }

    /// Standard error of the slope with the multiplicative error.
    pub fn slope_se(&self) -> f64 {
        self.scale().sqrt() * self.slope_se_additive()
    }

    /// Standard error of the line at x for weights that are inverse variances.
    pub fn se_at_additive(&self, x: f64) -> f64 {
        let d = x - self.mean_x;
        (1.0 / self.sum_w + d * d / self.sxx).sqrt()
    }

    /// Standard error of the intercept with the multiplicative error.
    pub fn intercept_se(&self) -> f64 {
        self.scale().sqrt() * self.se_at_additive(0.0)
    }
}
