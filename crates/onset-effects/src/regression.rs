//! Partial and semi-partial correlations and coefficients of determination, from regressions.

use crate::association::fisher_z;
use crate::check::{at_least, finite, not_negative, undefined, within};
use crate::{Effect, EffectError, Input};

/// A regression coefficient's test: t, sample size n and number of predictors m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    t: f64,
    n: f64,
    m: f64,
}

impl Coefficient {
    /// Checks and keeps t, n and m; at least two residual degrees of freedom, n - m - 1, are needed.
    ///
    /// # Errors
    /// `TooSmall`, `Overflow`.
    pub fn new(t: f64, n: f64, m: f64) -> Result<Coefficient, EffectError> {
        let m = at_least(Input::Mi, m, 1.0)?;
        Ok(Coefficient {
            t: finite(t)?,
            n: at_least(Input::Ni, n, m + 3.0)?,
            m,
        })
    }

    fn df(&self) -> f64 {
        self.n - self.m - 1.0
    }
}

/// Partial correlation: y = t/sqrt(t^2 + df), df = n - m - 1; v = (1 - y^2)^2/(n - m).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Aloe & Thompson 2013, J Soc Social Work Res 4:390.
pub fn partial_correlation(c: Coefficient) -> Result<Effect, EffectError> {
    let y = c.t / c.t.hypot(c.df().sqrt());
    Effect::finite(y, (1.0 - y * y).powi(2) / (c.n - c.m))
}

/// Fisher's z of the partial correlation: v = 1/(df - 1).
///
/// # Errors
/// `Undefined` when t is so large that the correlation rounds to 1.
///
/// # Source
/// Aloe & Thompson 2013.
pub fn partial_correlation_z(c: Coefficient) -> Result<Effect, EffectError> {
    // atanh(t/sqrt(t^2 + df)) = asinh(t/sqrt(df)).
    Effect::finite((c.t / c.df().sqrt()).asinh(), 1.0 / (c.df() - 1.0))
}

/// Semi-partial correlation: y = t sqrt((1 - R^2)/df);
/// v = ((1 - R^2)^2 + R0^2 - R0^4)/n, with R0^2 = R^2 - y^2 that of the model without the predictor.
///
/// # Errors
/// `OutOfRange` R^2; `Undefined` when t is larger than R^2 allows.
///
/// # Source
/// Aloe & Becker 2012, J Educ Behav Stat 37:278.
pub fn semi_partial_correlation(c: Coefficient, r2: f64) -> Result<Effect, EffectError> {
    let r2 = within(Input::R2i, r2, 0.0, 1.0)?;
    let y = c.t * ((1.0 - r2) / c.df()).sqrt();
    let without = r2 - y * y;
    let v = ((1.0 - r2).powi(2) + without - without * without) / c.n;
    if y.abs() > 1.0 || v < 0.0 {
        return undefined("the t statistic is larger than R2 allows");
    }
    Effect::finite(y, v)
}

/// Fisher's z of the semi-partial correlation, by the delta method.
///
/// # Errors
/// Those of [`semi_partial_correlation`].
pub fn semi_partial_correlation_z(c: Coefficient, r2: f64) -> Result<Effect, EffectError> {
    fisher_z(semi_partial_correlation(c, r2)?)
}

/// Coefficient of determination, predictors random: y = R^2, v = 4 R^2 (1 - R^2)^2/n.
///
/// # Errors
/// `OutOfRange` R^2, `TooSmall` sample.
///
/// # Source
/// Kendall & Stuart 1979, Advanced Theory of Statistics vol. 2, eq. 27.88.
pub fn r_squared(r2: f64, m: f64, n: f64) -> Result<Effect, EffectError> {
    let r2 = determination(r2, m, n)?;
    Effect::finite(r2, 4.0 * r2 * (1.0 - r2).powi(2) / n)
}

/// Variance-stabilised coefficient of determination: y = atanh(R), v = 1/n.
///
/// # Errors
/// Those of [`r_squared`]; `Undefined` at 1.
///
/// # Source
/// Olkin & Finn 1995, Psychol Bull 118:155, halved.
pub fn r_squared_z(r2: f64, m: f64, n: f64) -> Result<Effect, EffectError> {
    let r2 = determination(r2, m, n)?;
    if r2 == 1.0 {
        return undefined("R2 is 1");
    }
    Effect::finite(r2.sqrt().atanh(), 1.0 / n)
}

fn determination(r2: f64, m: f64, n: f64) -> Result<f64, EffectError> {
    let m = not_negative(Input::Mi, m)?;
    at_least(Input::Ni, n, m + 2.0)?;
    within(Input::R2i, r2, 0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // t = 2, df = 16: r = 2/sqrt(20).
        let c = Coefficient::new(2.0, 20.0, 3.0).unwrap();
        let r = partial_correlation(c).unwrap();
        assert!((r.y - 0.2_f64.sqrt()).abs() < 1e-15 && (r.v - 0.64 / 17.0).abs() < 1e-15);
        let z = partial_correlation_z(c).unwrap();
        assert!((z.y - r.y.atanh()).abs() < 1e-15 && (z.v - 1.0 / 15.0).abs() < 1e-16);
        // R2 = 0.36: y = 2 sqrt(0.64/16) = 0.4, R0^2 = 0.2, v = (0.1296 - 0.72 + 0.2 + 1 - 0.04)/20.
        let s = semi_partial_correlation(c, 0.36).unwrap();
        assert!((s.y - 0.4).abs() < 1e-15 && (s.v - 0.5696 / 20.0).abs() < 1e-15);
        let d = r_squared(0.25, 3.0, 50.0).unwrap();
        assert!((d.v - 0.01125).abs() < 1e-16);
        assert!((r_squared_z(0.25, 3.0, 50.0).unwrap().y - 0.5_f64.atanh()).abs() < 1e-15);
        assert!(Coefficient::new(2.0, 5.0, 3.0).is_err());
        assert!(semi_partial_correlation(c, 1.36).is_err());
    }
}
