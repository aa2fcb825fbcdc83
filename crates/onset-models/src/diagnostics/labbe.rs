//! The plot of L'Abbe: risk under treatment against risk under control.

use crate::pool::{CountMeasure, Counts, PoolError};
use serde::Serialize;

/// One study in the plot of L'Abbe.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LabbePoint {
    /// Risk in group 2.
    pub control: f64,
    /// Risk in group 1.
    pub treated: f64,
    /// People in both groups.
    pub n: f64,
}

/// Points, and the line on which every study with the pooled effect would lie.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Labbe {
    /// One a study.
    pub points: Vec<LabbePoint>,
    /// Risks that the pooled effect relates: control and treated.
    pub line: Vec<(f64, f64)>,
}

/// Steps of the line over risks from 0 to 1.
const STEPS: u32 = 100;

/// Risks of both groups, and the pooled effect as a line.
///
/// # Inputs
/// `tables`: two-by-two tables; `effect`: pooled, on the analysis scale of `measure`.
/// # Returns
/// The line keeps the risks that lie between 0 and 1.
/// # Errors
/// `BadCount`, `EmptyGroup`.
/// # Source
/// L'Abbe, Detsky & O'Rourke 1987, Ann Intern Med 107:224.
pub fn labbe(tables: &[Counts], measure: CountMeasure, effect: f64) -> Result<Labbe, PoolError> {
    let mut points = Vec::with_capacity(tables.len());
    for (i, t) in tables.iter().enumerate() {
        for (name, found) in [("a", t.a), ("b", t.b), ("c", t.c), ("d", t.d)] {
            if !(found.is_finite() && found >= 0.0) {
                return Err(PoolError::BadCount {
                    row: i + 1,
                    name,
                    found,
                });
            }
        }
        let (n1, n2) = (t.a + t.b, t.c + t.d);
        if n1 <= 0.0 || n2 <= 0.0 {
            return Err(PoolError::EmptyGroup { row: i + 1 });
        }
        points.push(LabbePoint {
            control: t.c / n2,
            treated: t.a / n1,
            n: n1 + n2,
        });
    }
    let ratio = effect.exp();
    let treated = |control: f64| match measure {
        CountMeasure::RiskRatio => ratio * control,
        CountMeasure::RiskDifference => control + effect,
        CountMeasure::OddsRatio => {
            let odds = ratio * control;
            odds / (1.0 - control + odds)
        }
    };
    let line = (0..=STEPS)
        .map(|i| f64::from(i) / f64::from(STEPS))
        .map(|control| (control, treated(control)))
        .filter(|(_, treated)| (0.0..=1.0).contains(treated))
        .collect();
    Ok(Labbe { points, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risks_and_lines_by_hand() {
        let tables = [Counts {
            a: 1.0,
            b: 3.0,
            c: 2.0,
            d: 2.0,
        }];
        let found = labbe(&tables, CountMeasure::OddsRatio, (1.0f64 / 3.0).ln()).unwrap();
        assert_eq!(found.points[0].treated, 0.25);
        assert_eq!(found.points[0].control, 0.5);
        assert!((found.line[50].1 - 0.25).abs() < 1e-15);
        // a doubled risk ends where the control risk is a half
        let doubled = labbe(&tables, CountMeasure::RiskRatio, 2.0f64.ln()).unwrap();
        assert!(doubled.line.last().is_some_and(|l| l.0 <= 0.5));
        assert!(labbe(&[Counts { a: -1.0, ..tables[0] }], CountMeasure::RiskRatio, 0.0).is_err());
    }
}
