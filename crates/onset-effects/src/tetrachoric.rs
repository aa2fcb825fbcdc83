//! Tetrachoric correlation: the correlation of two normal variables, both dichotomised.

use crate::check::undefined;
use crate::two_by_two::Cells;
use crate::{Effect, EffectError};
use onset_math::{normal, quadrature, root};
use std::f64::consts::PI;

/// Tetrachoric correlation: the r for which the bivariate normal puts a/n above both thresholds.
///
/// With h and k the quantiles of n1/n and (a + c)/n, A = Phi((h - rk)/s) - 1/2 and
/// B = Phi((k - rh)/s) - 1/2, s = sqrt(1 - r^2), and phi2 the bivariate density at (h, k):
/// v = ((a+d)(b+c)/4 + (a+c)(b+d) A^2 + (a+b)(c+d) B^2 + 2AB(ad - bc) - A(ab - cd) - B(ac - bd))
/// / (n^3 phi2^2).
///
/// # Errors
/// `NoVariance` at -1 or 1 when a cell is empty, and where a cell is so nearly empty that rounding eats the
/// variance; `Undefined` when a margin is empty.
///
/// # Source
/// Pearson 1900, Phil Trans R Soc A 195:1.
pub fn tetrachoric(t: Cells) -> Result<Effect, EffectError> {
    let n = t.n();
    if t.a + t.c == 0.0 || t.b + t.d == 0.0 {
        return undefined("nobody or everybody has the event");
    }
    if t.has_zero() {
        let y = if t.a == 0.0 || t.d == 0.0 { -1.0 } else { 1.0 };
        return Err(EffectError::NoVariance {
            y,
            reason: "a cell is empty",
        });
    }
    let h = normal::quantile(t.n1() / n);
    let k = normal::quantile((t.a + t.c) / n);
    // P(both) = p q + integral of the density over the correlation; with r = sin(angle) it is smooth.
    let excess = (t.a / n) * (t.d / n) - (t.b / n) * (t.c / n);
    let rule = quadrature::gauss_legendre(96);
    let both = |angle: f64| {
        let mut sum = 0.0;
        for (x, w) in rule.nodes.iter().zip(&rule.weights) {
            let u = angle * (x + 1.0) / 2.0;
            let exponent = (h * h + k * k - 2.0 * h * k * u.sin()) / (2.0 * u.cos().powi(2));
            sum += w * (-exponent).exp();
        }
        sum * angle / 2.0 / (2.0 * PI)
    };
    let limit = PI / 2.0 - 1e-9;
    let Ok(found) = root::brent(|angle| both(angle) - excess, -limit, limit, 1e-15) else {
        return undefined("the table is beyond any correlation below 1");
    };
    let r = found.x.sin();
    let v = variance(t, h, k, r);
    if !v.is_finite() || v <= 0.0 {
        return Err(EffectError::NoVariance {
            y: r,
            reason: "the table is too extreme",
        });
    }
    Effect::finite(r, v)
}

fn variance(t: Cells, h: f64, k: f64, r: f64) -> f64 {
    let n = t.n();
    let (a, b, c, d) = (t.a / n, t.b / n, t.c / n, t.d / n);
    let s = (1.0 - r * r).sqrt();
    let density = (-(h * h + k * k - 2.0 * r * h * k) / (2.0 * s * s)).exp() / (2.0 * PI * s);
    let x = normal::cdf((h - r * k) / s) - 0.5;
    let y = normal::cdf((k - r * h) / s) - 0.5;
    let sum = (a + d) * (b + c) / 4.0
        + (a + c) * (b + d) * x * x
        + (a + b) * (c + d) * y * y
        + 2.0 * x * y * (a * d - b * c)
        - x * (a * b - c * d)
        - y * (a * c - b * d);
    sum / (n * density * density)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_give_the_sine() {
        // Thresholds at the medians: P(both) = 1/4 + asin(r)/(2 pi).
        for r in [-0.95, -0.5, 0.0, 0.3, 0.9] {
            let both = 1000.0 * (0.25 + f64::asin(r) / (2.0 * PI));
            let e = tetrachoric(Cells::new(both, 500.0 - both, 500.0 - both, both).unwrap()).unwrap();
            assert!((e.y - r).abs() < 1e-12, "{r}: {e:?}");
            assert!(e.v > 0.0);
        }
    }

    #[test]
    fn an_empty_cell_leaves_no_variance() {
        let t = Cells::new(0.0, 25.0, 3.0, 24.0).unwrap();
        assert!(matches!(
            tetrachoric(t),
            Err(EffectError::NoVariance { y: -1.0, .. })
        ));
        let t = Cells::new(5.0, 0.0, 3.0, 24.0).unwrap();
        assert!(matches!(
            tetrachoric(t),
            Err(EffectError::NoVariance { y: 1.0, .. })
        ));
    }
}
