//! Correlations and odds ratios from two means: point-biserial, biserial, and d as a log odds ratio.

use crate::check::undefined;
use crate::means::{Group, cohen_d, d_variance};
use crate::{Effect, EffectError};
use onset_math::normal;
use std::f64::consts::PI;

/// Point-biserial correlation: y = d/sqrt(d^2 + h), h = m/n1 + m/n2, m = N - 2; group sizes fixed by design:
/// v = h^2/(h + d^2)^3 (1/n1 + 1/n2 + d^2/(2N)).
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Tate 1954, Ann Math Stat 25:603; Jacobs & Viechtbauer 2017, Res Synth Methods 8:161.
pub fn point_biserial(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let d = cohen_d(g1, g2)?;
    let m = g1.n + g2.n - 2.0;
    let h = m / g1.n + m / g2.n;
    let shrink = h / (h + d * d);
    Effect::finite(
        d / (d * d + h).sqrt(),
        shrink * shrink / (h + d * d) * d_variance(d, g1.n, g2.n),
    )
}

/// Biserial correlation: y = sqrt(pq)/f r_pb, p = n1/N, q = 1 - p, z the normal deviate with p above it,
/// f the density there; v = (pq/f^2 - (3/2 + (1 - pz/f)(1 + qz/f)) y^2 + y^4)/(N - 1).
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Soper 1914, Biometrika 10:384; Jacobs & Viechtbauer 2017.
pub fn biserial(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    let point = point_biserial(g1, g2)?;
    let n = g1.n + g2.n;
    let (p, q) = (g1.n / n, g2.n / n);
    let z = normal::upper_quantile(p);
    let f = normal::pdf(z);
    let y = (p * q).sqrt() / f * point.y;
    let tilt = (1.0 - p * z / f) * (1.0 + q * z / f);
    let v = (p * q / (f * f) - (1.5 + tilt) * y * y + y.powi(4)) / (n - 1.0);
    if v.is_nan() || v <= 0.0 {
        return undefined("the biserial correlation is too close to -1 or 1 for its variance");
    }
    Effect::finite(y, v)
}

/// Log odds ratio from d for logistic responses: y = d pi/sqrt(3), v = (1/n1 + 1/n2 + d^2/(2N)) pi^2/3.
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Hasselblad & Hedges 1995, Psychol Bull 117:167.
pub fn d_to_odds_logistic(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    scaled(g1, g2, PI / 3.0_f64.sqrt())
}

/// Log odds ratio from d for normal responses: y = 1.65 d, v = 1.65^2 (1/n1 + 1/n2 + d^2/(2N)).
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Cox & Snell 1989, Analysis of Binary Data.
pub fn d_to_odds_normal(g1: Group, g2: Group) -> Result<Effect, EffectError> {
    scaled(g1, g2, 1.65)
}

fn scaled(g1: Group, g2: Group, factor: f64) -> Result<Effect, EffectError> {
    let d = cohen_d(g1, g2)?;
    Effect::finite(d * factor, d_variance(d, g1.n, g2.n) * factor * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // d = 1, n = 4 + 4: m = 6, h = 3, r = 1/2; v = 9/64 (0.5 + 1/16).
        let (g1, g2) = (
            Group::new(10.0, 2.0, 4.0).unwrap(),
            Group::second(8.0, 2.0, 4.0).unwrap(),
        );
        let r = point_biserial(g1, g2).unwrap();
        assert!((r.y - 0.5).abs() < 1e-15 && (r.v - 9.0 / 64.0 * 0.5625).abs() < 1e-15);
        // Equal groups: z = 0, f = 1/sqrt(2 pi), y = sqrt(2 pi)/2 r.
        let b = biserial(g1, g2).unwrap();
        let y = (2.0 * PI).sqrt() / 4.0;
        assert!((b.y - y).abs() < 1e-14);
        assert!((b.v - (PI / 2.0 - 2.5 * y * y + y.powi(4)) / 7.0).abs() < 1e-14);
        let or = d_to_odds_logistic(g1, g2).unwrap();
        assert!((or.y - PI / 3.0_f64.sqrt()).abs() < 1e-15 && (or.v - 0.5625 * PI * PI / 3.0).abs() < 1e-14);
    }
}
