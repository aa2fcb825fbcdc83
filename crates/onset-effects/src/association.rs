//! Association in a 2 x 2 table: phi, Yule's Q and Y, and their Fisher transforms.

use crate::check::undefined;
use crate::two_by_two::{Cells, log_odds_ratio};
use crate::{Effect, EffectError};

/// Phi coefficient: y = (ad - bc) / sqrt(n1 n2 m1 m2), with its variance under multinomial sampling.
///
/// # Errors
/// `Undefined` when a margin is empty.
///
/// # Source
/// Yule 1912, J R Stat Soc 75:579.
pub fn phi(t: Cells) -> Result<Effect, EffectError> {
    let n = t.n();
    let (p1, p2) = (t.n1() / n, t.n2() / n);
    let (q1, q2) = ((t.a + t.c) / n, (t.b + t.d) / n);
    if q1 <= 0.0 || q2 <= 0.0 {
        return undefined("nobody or everybody has the event");
    }
    let root = (p1 * p2 * q1 * q2).sqrt();
    let y = ((t.a / n) * (t.d / n) - (t.b / n) * (t.c / n)) / root;
    let cross = (p1 - p2) * (q1 - q2) / root;
    let spread = (p1 - p2).powi(2) / (p1 * p2) + (q1 - q2).powi(2) / (q1 * q2);
    let v = (1.0 - y * y + y * (1.0 + y * y / 2.0) * cross - 0.75 * y * y * spread) / n;
    Effect::finite(y, v.max(0.0))
}

/// Yule's Q = (OR - 1)/(OR + 1), v = (1 - Q^2)^2/4 (1/a + 1/b + 1/c + 1/d).
///
/// # Errors
/// `Undefined` when a cell is empty.
///
/// # Source
/// Yule 1912.
pub fn yule_q(t: Cells) -> Result<Effect, EffectError> {
    let or = log_odds_ratio(t)?;
    let q = (or.y / 2.0).tanh();
    Effect::finite(q, (1.0 - q * q).powi(2) / 4.0 * or.v)
}

/// Yule's Y = (sqrt(OR) - 1)/(sqrt(OR) + 1), v = (1 - Y^2)^2/16 (1/a + 1/b + 1/c + 1/d).
///
/// # Errors
/// `Undefined` when a cell is empty.
///
/// # Source
/// Yule 1912.
pub fn yule_y(t: Cells) -> Result<Effect, EffectError> {
    let or = log_odds_ratio(t)?;
    let y = (or.y / 4.0).tanh();
    Effect::finite(y, (1.0 - y * y).powi(2) / 16.0 * or.v)
}

/// Fisher's z of a correlation-like effect, by the delta method: y = atanh(r), v / (1 - r^2)^2.
///
/// # Errors
/// `Undefined` when the correlation is -1 or 1.
pub fn fisher_z(r: Effect) -> Result<Effect, EffectError> {
    if r.y.abs() >= 1.0 {
        return undefined("Fisher's z of a correlation of -1 or 1 is infinite");
    }
    Effect::finite(r.y.atanh(), r.v / (1.0 - r.y * r.y).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // OR = 9: Q = 8/10, Y = 2/4.
        let t = Cells::new(3.0, 1.0, 1.0, 3.0).unwrap();
        let v = 8.0 / 3.0;
        let q = yule_q(t).unwrap();
        assert!((q.y - 0.8).abs() < 1e-15 && (q.v - 0.36_f64.powi(2) / 4.0 * v).abs() < 1e-15);
        let y = yule_y(t).unwrap();
        assert!((y.y - 0.5).abs() < 1e-15 && (y.v - 0.75_f64.powi(2) / 16.0 * v).abs() < 1e-15);
        // Equal margins: phi = 1/2, v = (1 - phi^2)/n.
        let phi = phi(t).unwrap();
        assert!((phi.y - 0.5).abs() < 1e-15 && (phi.v - 0.75 / 8.0).abs() < 1e-15);
    }
}
