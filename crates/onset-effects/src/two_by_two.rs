//! Two independent groups with counts: risk ratio, odds ratio, Peto, risk difference, arcsine difference.

use crate::check::{not_negative, positive, undefined};
use crate::{Effect, EffectError, Input};

/// A checked 2 x 2 table: events and non-events in two groups, all 0 or more, no group empty.
///
/// Counts need not be whole: imputed events are shares of people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cells {
    /// Events in group 1.
    pub a: f64,
    /// Non-events in group 1.
    pub b: f64,
    /// Events in group 2.
    pub c: f64,
    /// Non-events in group 2.
    pub d: f64,
}

impl Cells {
    /// From events and non-events.
    ///
    /// # Errors
    /// `Negative`; `NotPositive` for an empty group.
    pub fn new(a: f64, b: f64, c: f64, d: f64) -> Result<Cells, EffectError> {
        for (input, x) in [(Input::Ai, a), (Input::Bi, b), (Input::Ci, c), (Input::Di, d)] {
            not_negative(input, x)?;
        }
        positive(Input::N1i, a + b)?;
        positive(Input::N2i, c + d)?;
        Ok(Cells { a, b, c, d })
    }

    /// From events and group sizes.
    ///
    /// # Errors
    /// `EventsExceedTotal`, and those of [`Cells::new`].
    ///
    /// ```
    /// use onset_effects::two_by_two::Cells;
    /// assert_eq!(Cells::from_totals(12.0, 50.0, 5.0, 50.0).unwrap().b, 38.0);
    /// assert!(Cells::from_totals(51.0, 50.0, 5.0, 50.0).is_err());
    /// ```
    pub fn from_totals(events1: f64, n1: f64, events2: f64, n2: f64) -> Result<Cells, EffectError> {
        Cells::new(
            events1,
            non_events(Input::Ai, events1, Input::N1i, n1)?,
            events2,
            non_events(Input::Ci, events2, Input::N2i, n2)?,
        )
    }

    /// The same with `add` in every cell.
    #[must_use]
    pub fn plus(self, add: f64) -> Cells {
        Cells {
            a: self.a + add,
            b: self.b + add,
            c: self.c + add,
            d: self.d + add,
        }
    }

    /// Whether a cell is empty.
    pub fn has_zero(&self) -> bool {
        [self.a, self.b, self.c, self.d].contains(&0.0)
    }

    /// Whether nobody, or everybody, in both groups has the event.
    pub fn is_double_zero(&self) -> bool {
        (self.a == 0.0 && self.c == 0.0) || (self.b == 0.0 && self.d == 0.0)
    }

    /// Size of group 1.
    pub fn n1(&self) -> f64 {
        self.a + self.b
    }

    /// Size of group 2.
    pub fn n2(&self) -> f64 {
        self.c + self.d
    }

    /// Everybody.
    pub fn n(&self) -> f64 {
        self.n1() + self.n2()
    }

    /// Risk in group 1.
    pub fn p1(&self) -> f64 {
        self.a / self.n1()
    }

    /// Risk in group 2.
    pub fn p2(&self) -> f64 {
        self.c / self.n2()
    }
}

/// `n - events`, when events are no more than people.
pub(crate) fn non_events(input: Input, events: f64, size: Input, n: f64) -> Result<f64, EffectError> {
    let (events, n) = (not_negative(input, events)?, not_negative(size, n)?);
    if events > n {
        return Err(EffectError::EventsExceedTotal {
            input,
            found: events,
            size: n,
        });
    }
    Ok(n - events)
}

/// Log risk ratio: y = ln(a/n1) - ln(c/n2), v = 1/a - 1/n1 + 1/c - 1/n2.
///
/// # Errors
/// `Undefined` when a group has no events.
///
/// # Source
/// Fleiss & Berlin 2009, in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed.
pub fn log_risk_ratio(t: Cells) -> Result<Effect, EffectError> {
    if t.a == 0.0 || t.c == 0.0 {
        return undefined("a group has no events");
    }
    let y = (t.a / t.n1()).ln() - (t.c / t.n2()).ln();
    Effect::finite(y, t.b / (t.a * t.n1()) + t.d / (t.c * t.n2()))
}

/// Log odds ratio: y = ln(ad / bc), v = 1/a + 1/b + 1/c + 1/d.
///
/// # Errors
/// `Undefined` when a cell is empty.
///
/// # Source
/// Fleiss & Berlin 2009.
pub fn log_odds_ratio(t: Cells) -> Result<Effect, EffectError> {
    if t.has_zero() {
        return undefined("a cell is empty");
    }
    let y = (t.a / t.b).ln() - (t.c / t.d).ln();
    Effect::finite(y, 1.0 / t.a + 1.0 / t.b + 1.0 / t.c + 1.0 / t.d)
}

/// Peto's one-step log odds ratio: y = (O - E)/V, v = 1/V, with E and V those of the hypergeometric
/// distribution of the events in group 1.
///
/// # Errors
/// `Undefined` when nobody or everybody has the event.
///
/// # Source
/// Yusuf, Peto, Lewis, Collins & Sleight 1985, Prog Cardiovasc Dis 27:335.
pub fn peto(t: Cells) -> Result<Effect, EffectError> {
    let (n1, n2, n) = (t.n1(), t.n2(), t.n());
    let (events, others) = (t.a + t.c, t.b + t.d);
    let expected = events * (n1 / n);
    let variance = (events / n) * (others / n) * n1 * (n2 / (n - 1.0));
    if variance.is_nan() || variance <= 0.0 {
        return undefined("nobody or everybody has the event");
    }
    Effect::finite((t.a - expected) / variance, 1.0 / variance)
}

/// Risk difference: y = p1 - p2, v = p1 q1/n1 + p2 q2/n2.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Fleiss & Berlin 2009.
pub fn risk_difference(t: Cells) -> Result<Effect, EffectError> {
    let (p1, p2) = (t.p1(), t.p2());
    Effect::finite(
        p1 - p2,
        p1 * (t.b / t.n1()) / t.n1() + p2 * (t.d / t.n2()) / t.n2(),
    )
}

/// Risk difference with the unbiased variance p1 q1/(n1 - 1) + p2 q2/(n2 - 1).
///
/// # Errors
/// `TooSmall` for a group of one.
pub fn risk_difference_unbiased(t: Cells) -> Result<Effect, EffectError> {
    for (input, n) in [(Input::N1i, t.n1()), (Input::N2i, t.n2())] {
        if n <= 1.0 {
            return Err(EffectError::TooSmall {
                input,
                found: n,
                needed: 2.0,
            });
        }
    }
    let v = t.p1() * (t.b / t.n1()) / (t.n1() - 1.0) + t.p2() * (t.d / t.n2()) / (t.n2() - 1.0);
    Effect::finite(t.p1() - t.p2(), v)
}

/// Arcsine difference: y = asin sqrt(p1) - asin sqrt(p2), v = 1/(4 n1) + 1/(4 n2).
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Rücker, Schwarzer, Carpenter & Olkin 2009, Stat Med 28:721.
pub fn arcsine_difference(t: Cells) -> Result<Effect, EffectError> {
    let y = t.p1().sqrt().asin() - t.p2().sqrt().asin();
    Effect::finite(y, 0.25 / t.n1() + 0.25 / t.n2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let t = Cells::new(10.0, 10.0, 5.0, 15.0).unwrap();
        let rr = log_risk_ratio(t).unwrap();
        assert!((rr.y - 2.0_f64.ln()).abs() < 1e-15 && (rr.v - (0.1 - 0.05 + 0.2 - 0.05)).abs() < 1e-15);
        let or = log_odds_ratio(t).unwrap();
        assert!((or.y - 3.0_f64.ln()).abs() < 1e-15 && (or.v - (0.2 + 0.2 + 1.0 / 15.0)).abs() < 1e-15);
        let rd = risk_difference(t).unwrap();
        assert!((rd.y - 0.25).abs() < 1e-15 && (rd.v - (0.25 / 20.0 + 0.1875 / 20.0)).abs() < 1e-15);
        let peto = peto(t).unwrap();
        let v = 15.0 * 25.0 * 400.0 / (1600.0 * 39.0);
        assert!((peto.v - 1.0 / v).abs() < 1e-15 && (peto.y - 2.5 / v).abs() < 1e-15);
    }

    #[test]
    fn swapped_groups_flip_the_sign() {
        let (t, s) = (
            Cells::new(7.0, 20.0, 3.0, 22.0).unwrap(),
            Cells::new(3.0, 22.0, 7.0, 20.0).unwrap(),
        );
        for f in [
            log_risk_ratio,
            log_odds_ratio,
            peto,
            risk_difference,
            arcsine_difference,
        ] {
            let (x, z) = (f(t).unwrap(), f(s).unwrap());
            assert!((x.y + z.y).abs() < 1e-14 && (x.v - z.v).abs() < 1e-14);
        }
    }

    #[test]
    fn impossible_tables_are_errors() {
        assert!(matches!(
            Cells::new(-1.0, 2.0, 3.0, 4.0),
            Err(EffectError::Negative { .. })
        ));
        assert!(matches!(
            Cells::new(0.0, 0.0, 3.0, 4.0),
            Err(EffectError::NotPositive { .. })
        ));
        assert!(matches!(
            Cells::from_totals(5.0, 4.0, 1.0, 9.0),
            Err(EffectError::EventsExceedTotal {
                found: 5.0,
                size: 4.0,
                ..
            })
        ));
        assert!(matches!(
            Cells::new(f64::NAN, 1.0, 1.0, 1.0),
            Err(EffectError::Overflow)
        ));
        let empty = Cells::new(0.0, 9.0, 0.0, 8.0).unwrap();
        assert!(log_odds_ratio(empty).unwrap_err().is_undefined());
        assert!(peto(empty).unwrap_err().is_undefined());
    }
}
