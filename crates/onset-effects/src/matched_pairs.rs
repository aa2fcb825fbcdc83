//! Matched pairs, or one group under two conditions: a = event under both, b = only under the first,
//! c = only under the second, d = under neither.

use crate::check::{not_negative, positive, undefined};
use crate::{Effect, EffectError, Input};

/// A checked table of pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pairs {
    /// Event under both conditions.
    pub a: f64,
    /// Event under the first condition only.
    pub b: f64,
    /// Event under the second condition only.
    pub c: f64,
    /// Event under neither.
    pub d: f64,
}

impl Pairs {
    /// Checks and keeps the counts.
    ///
    /// # Errors
    /// `Negative`; `NotPositive` when there are no pairs.
    pub fn new(a: f64, b: f64, c: f64, d: f64) -> Result<Pairs, EffectError> {
        for (input, x) in [(Input::Ai, a), (Input::Bi, b), (Input::Ci, c), (Input::Di, d)] {
            not_negative(input, x)?;
        }
        positive(Input::Ni, a + b + c + d)?;
        Ok(Pairs { a, b, c, d })
    }

    /// The same with `add` in every cell.
    #[must_use]
    pub fn plus(self, add: f64) -> Pairs {
        Pairs {
            a: self.a + add,
            b: self.b + add,
            c: self.c + add,
            d: self.d + add,
        }
    }

    /// Number of pairs.
    pub fn n(&self) -> f64 {
        self.a + self.b + self.c + self.d
    }
}

/// Marginal risk difference: y = (b - c)/n, v = (b + c)/n^2 - (b - c)^2/n^3.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// May & Johnson 1997, Stat Med 16:2127.
pub fn risk_difference(t: Pairs) -> Result<Effect, EffectError> {
    let (n, y) = (t.n(), (t.b - t.c) / t.n());
    Effect::finite(y, (t.b / n + t.c / n - y * y) / n)
}

/// Marginal log risk ratio: y = ln((a + b)/(a + c)), v = (b + c)/((a + b)(a + c)).
///
/// # Errors
/// `Undefined` when a condition has no events.
///
/// # Source
/// Zou 2007, Clin Trials 4:25.
pub fn log_risk_ratio(t: Pairs) -> Result<Effect, EffectError> {
    let (first, second) = (t.a + t.b, t.a + t.c);
    if first == 0.0 || second == 0.0 {
        return undefined("a condition has no events");
    }
    Effect::finite(
        first.ln() - second.ln(),
        t.b / first / second + t.c / first / second,
    )
}

/// Marginal log odds ratio, with the covariance of the two margins taken off its variance.
///
/// y = ln((a + b)/(c + d)) - ln((a + c)/(b + d));
/// v = 1/(a+b) + 1/(c+d) + 1/(a+c) + 1/(b+d) - 2 n (ad - bc)/((a+b)(c+d)(a+c)(b+d)).
///
/// # Errors
/// `Undefined` when a margin is empty.
///
/// # Source
/// Becker & Balagtas 1993, Biometrics 49:997; Elbourne et al. 2002, Int J Epidemiol 31:140.
pub fn log_odds_ratio(t: Pairs) -> Result<Effect, EffectError> {
    let (e1, o1, e2, o2) = (t.a + t.b, t.c + t.d, t.a + t.c, t.b + t.d);
    if [e1, o1, e2, o2].contains(&0.0) {
        return undefined("a condition has no events or no non-events");
    }
    let n = t.n();
    let covariance = n * ((t.a / e1) * (t.d / o1) - (t.b / e1) * (t.c / o1)) / e2 / o2;
    let v = 1.0 / e1 + 1.0 / o1 + 1.0 / e2 + 1.0 / o2 - 2.0 * covariance;
    Effect::finite((e1 / o1).ln() - (e2 / o2).ln(), v.max(0.0))
}

/// Conditional log odds ratio: y = ln(b/c), v = 1/b + 1/c.
///
/// # Errors
/// `Undefined` when no pair is discordant one way.
///
/// # Source
/// Curtin, Elbourne & Altman 2002, Stat Med 21:2145.
pub fn log_odds_ratio_conditional(t: Pairs) -> Result<Effect, EffectError> {
    if t.b == 0.0 || t.c == 0.0 {
        return undefined("no pair is discordant in one direction");
    }
    Effect::finite((t.b / t.c).ln(), 1.0 / t.b + 1.0 / t.c)
}

/// Conditional log odds ratio by Peto's method: y = 2 (b - c)/(b + c), v = 4/(b + c).
///
/// # Errors
/// `Undefined` when no pair is discordant.
///
/// # Source
/// Curtin, Elbourne & Altman 2002.
pub fn peto(t: Pairs) -> Result<Effect, EffectError> {
    let discordant = t.b + t.c;
    if discordant == 0.0 {
        return undefined("no pair is discordant");
    }
    Effect::finite(2.0 * (t.b - t.c) / discordant, 4.0 / discordant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let t = Pairs::new(20.0, 10.0, 5.0, 15.0).unwrap();
        let rd = risk_difference(t).unwrap();
        assert!((rd.y - 0.1).abs() < 1e-15 && (rd.v - (15.0 / 2500.0 - 25.0 / 125_000.0)).abs() < 1e-16);
        let rr = log_risk_ratio(t).unwrap();
        assert!((rr.y - 1.2_f64.ln()).abs() < 1e-15 && (rr.v - 15.0 / 750.0).abs() < 1e-16);
        let or = log_odds_ratio(t).unwrap();
        let covariance = 50.0 * 250.0 / (30.0 * 20.0 * 25.0 * 25.0);
        let v = 1.0 / 30.0 + 1.0 / 20.0 + 2.0 / 25.0 - 2.0 * covariance;
        assert!((or.y - 1.5_f64.ln()).abs() < 1e-15 && (or.v - v).abs() < 1e-15);
        let peto = peto(t).unwrap();
        assert!((peto.y - 2.0 / 3.0).abs() < 1e-15 && (peto.v - 4.0 / 15.0).abs() < 1e-15);
    }

    #[test]
    fn without_discordant_pairs_there_is_no_conditional_ratio() {
        let t = Pairs::new(20.0, 0.0, 0.0, 15.0).unwrap();
        assert!(peto(t).unwrap_err().is_undefined());
        assert!(log_odds_ratio_conditional(t).unwrap_err().is_undefined());
        assert_eq!(risk_difference(t).unwrap(), Effect { y: 0.0, v: 0.0 });
    }
}
