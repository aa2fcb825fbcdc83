//! A 2 x 2 table from its margins and odds ratio.

use super::{RecoverError, finite, positive, require};
use crate::two_by_two::Cells;

/// The table with group sizes n1 and n2, `events` in both groups together, and this odds ratio.
///
/// Events in group 1 solve a (n2 - m + a) = OR (n1 - a)(m - a), m the events; the root within the margins is
/// returned without rounding.
///
/// # Errors
/// `OutOfRange`; `Contradiction` when there are more events than people.
///
/// # Source
/// Plackett 1965, J Am Stat Assoc 60:516 (the quadratic).
pub fn from_margins(n1: f64, n2: f64, events: f64, odds_ratio: f64) -> Result<Cells, RecoverError> {
    let (n1, n2) = (positive("n1", n1)?, positive("n2", n2)?);
    let m = require("events", events, events >= 0.0, "0 or more")?;
    let or = positive("odds ratio", odds_ratio)?;
    if m > n1 + n2 {
        return Err(RecoverError::Contradiction {
            reason: "there are more events than people",
        });
    }
    // (1 - OR) a^2 + (n2 - m + OR (n1 + m)) a - OR n1 m = 0.
    let (square, linear, constant) = (1.0 - or, n2 - m + or * (n1 + m), -or * n1 * m);
    let discriminant = (linear * linear - 4.0 * square * constant).max(0.0).sqrt();
    // The root in the margins is the one that stays finite as OR passes 1.
    let a = if linear >= 0.0 {
        -2.0 * constant / (linear + discriminant)
    } else {
        (-linear + discriminant) / (2.0 * square)
    };
    let a = finite("events in group 1", a)?.clamp((m - n2).max(0.0), n1.min(m));
    Cells::new(a, n1 - a, m - a, n2 - (m - a)).map_err(|_| RecoverError::Contradiction {
        reason: "no table has these margins",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_return() {
        for t in [
            [12.0, 38.0, 5.0, 45.0],
            [4.0, 119.0, 11.0, 128.0],
            [7.0, 3.0, 1.0, 9.0],
            [9.0, 1.0, 9.0, 1.0],
        ] {
            let or = t[0] * t[3] / (t[1] * t[2]);
            let back = from_margins(t[0] + t[1], t[2] + t[3], t[0] + t[2], or).unwrap();
            assert!(
                (back.a - t[0]).abs() < 1e-10 && (back.d - t[3]).abs() < 1e-10,
                "{t:?} {back:?}"
            );
        }
        assert!(from_margins(10.0, 10.0, 25.0, 2.0).is_err());
        assert!(from_margins(10.0, 10.0, 5.0, 0.0).is_err());
    }

    #[test]
    fn extreme_odds_fill_the_margin() {
        let t = from_margins(10.0, 10.0, 15.0, 1e12).unwrap();
        assert!((t.a - 10.0).abs() < 1e-6 && (t.c - 5.0).abs() < 1e-6);
        assert_eq!(from_margins(10.0, 10.0, 0.0, 2.0).unwrap().a, 0.0);
    }
}
