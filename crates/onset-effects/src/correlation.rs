//! Correlations: raw, corrected for bias, Fisher's z.

use crate::check::{at_least, undefined, within};
use crate::{Effect, EffectError, Input};

/// Correlation: y = r, v = (1 - r^2)^2/(n - 1).
///
/// # Errors
/// `OutOfRange` correlation, `TooSmall` sample.
///
/// # Source
/// Borenstein 2009, eq. 12.27.
pub fn correlation(r: f64, n: f64) -> Result<Effect, EffectError> {
    let r = within(Input::Ri, r, -1.0, 1.0)?;
    at_least(Input::Ni, n, 2.0)?;
    Effect::finite(r, (1.0 - r * r).powi(2) / (n - 1.0))
}

/// Correlation corrected for its bias: y = r F(1/2, 1/2; (n-2)/2; 1 - r^2), v = (1 - y^2)^2/(n - 1).
///
/// # Errors
/// `OutOfRange` correlation, `TooSmall` sample (fewer than 4).
///
/// # Source
/// Olkin & Pratt 1958, Ann Math Stat 29:201, eq. 2.3.
pub fn correlation_unbiased(r: f64, n: f64) -> Result<Effect, EffectError> {
    let r = within(Input::Ri, r, -1.0, 1.0)?;
    at_least(Input::Ni, n, 4.0)?;
    let y = if r == 0.0 {
        0.0
    } else {
        (r * half_half((n - 2.0) / 2.0, 1.0 - r * r)).clamp(-1.0, 1.0)
    };
    Effect::finite(y, (1.0 - y * y).powi(2) / (n - 1.0))
}

/// Fisher's z: y = atanh(r), v = 1/(n - 3).
///
/// # Errors
/// `OutOfRange` correlation, `TooSmall` sample (fewer than 4), `Undefined` at -1 and 1.
///
/// # Source
/// Fisher 1921, Metron 1:3.
pub fn correlation_z(r: f64, n: f64) -> Result<Effect, EffectError> {
    let r = within(Input::Ri, r, -1.0, 1.0)?;
    at_least(Input::Ni, n, 4.0)?;
    if r.abs() == 1.0 {
        return undefined("Fisher's z of a correlation of -1 or 1 is infinite");
    }
    Effect::finite(r.atanh(), 1.0 / (n - 3.0))
}

/// Gauss's F(1/2, 1/2; c; x) by its series, 0 <= x < 1, c >= 1.
fn half_half(c: f64, x: f64) -> f64 {
    const MOST_TERMS: u32 = 2_000_000;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 0..MOST_TERMS {
        let k = f64::from(k);
        term *= (k + 0.5) * (k + 0.5) / ((c + k) * (k + 1.0)) * x;
        sum += term;
        // What is left is below term/(1 - x).
        if term < 1e-17 * (1.0 - x) * sum {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let r = correlation(0.5, 10.0).unwrap();
        assert!((r.v - 0.5625 / 9.0).abs() < 1e-16);
        let z = correlation_z(0.5, 10.0).unwrap();
        assert!((z.y - 3.0_f64.ln() / 2.0).abs() < 1e-15 && (z.v - 1.0 / 7.0).abs() < 1e-16);
        assert!(correlation(1.2, 10.0).is_err() && correlation_z(0.2, 3.0).is_err());
        assert!(correlation_z(-1.0, 9.0).unwrap_err().is_undefined());
    }

    #[test]
    fn series_agrees_with_closed_forms() {
        // F(1/2, 1/2; 3/2; x) = asin(sqrt x)/sqrt x.
        for x in [0.1, 0.5, 0.9, 0.9999] {
            let root = f64::sqrt(x);
            assert!(
                (half_half(1.5, x) / (root.asin() / root) - 1.0).abs() < 1e-12,
                "{x}"
            );
        }
        // F(1/2, 1/2; 1; 1/2) = 2/pi K(1/2) = 1.18034059901609622604...
        assert!((half_half(1.0, 0.5) - 1.180_340_599_016_096_2).abs() < 1e-14);
    }
}
