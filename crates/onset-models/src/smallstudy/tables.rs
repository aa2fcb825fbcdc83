//! Two-by-two tables and group sizes behind effects.

use super::SmallStudyError;
use crate::pool::Counts;
use onset_effects::Effects;
use onset_math::noncentral_hypergeometric::NoncentralHypergeometric;

/// More people than this is no trial.
const MOST_PEOPLE: f64 = 1e12;

/// A table with the effect computed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub table: Counts,
    pub y: f64,
    pub v: f64,
}

/// Effects with the uncorrected tables they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    rows: Vec<Row>,
    labels: Vec<String>,
}

impl Tables {
    /// Checked: one table for each effect, no negative cell.
    ///
    /// # Errors
    /// `UnequalLengths`, `BadCount`.
    pub fn new(effects: &Effects, tables: &[Counts]) -> Result<Self, SmallStudyError> {
        if tables.len() != effects.k() {
            return Err(SmallStudyError::UnequalLengths {
                what: "two-by-two tables",
                found: tables.len(),
                needed: effects.k(),
            });
        }
        for (row, t) in tables.iter().enumerate() {
            for (what, found) in [("a", t.a), ("b", t.b), ("c", t.c), ("d", t.d)] {
                if !(found.is_finite() && found >= 0.0) {
                    return Err(SmallStudyError::BadCount {
                        row: row + 1,
                        what,
                        found,
                    });
                }
            }
        }
        let rows = tables.iter().zip(effects.y().iter().zip(effects.v()));
        Ok(Tables {
            rows: rows.map(|(&table, (&y, &v))| Row { table, y, v }).collect(),
            labels: effects.labels().to_vec(),
        })
    }

    /// Studies without events, or with nothing else, in both groups: no count-based test can use them.
    pub fn uninformative(&self) -> Vec<&str> {
        let rows = self.rows.iter().zip(&self.labels);
        rows.filter(|(row, _)| !row.informs())
            .map(|(_, label)| label.as_str())
            .collect()
    }

    pub(super) fn informative(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.informs())
    }

    /// Effects, predictor and weights of the informative tables.
    pub(super) fn columns(&self, of: impl Fn(&Row) -> (f64, f64)) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let (mut y, mut x, mut w) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.informative() {
            let (predictor, weight) = of(row);
            y.push(row.y);
            x.push(predictor);
            w.push(weight);
        }
        (y, x, w)
    }

    /// Mantel-Haenszel odds ratio, 0.5 added to tables with an empty cell.
    pub(super) fn corrected_odds_ratio(&self) -> Result<f64, SmallStudyError> {
        let (mut r, mut s) = (0.0, 0.0);
        for row in self.informative() {
            let t = row.table;
            let empty = [t.a, t.b, t.c, t.d].contains(&0.0);
            let add = if empty { 0.5 } else { 0.0 };
            let n = row.n() + 4.0 * add;
            r += (t.a + add) * (t.d + add) / n;
            s += (t.b + add) * (t.c + add) / n;
        }
        if r > 0.0 && s > 0.0 {
            Ok(r / s)
        } else {
            Err(SmallStudyError::NotFinite {
                quantity: "the Mantel-Haenszel odds ratio",
            })
        }
    }
}

impl Row {
    pub fn n(&self) -> f64 {
        self.table.a + self.table.b + self.table.c + self.table.d
    }

    /// Events and non-events.
    pub fn margins(&self) -> (f64, f64) {
        (self.table.a + self.table.c, self.table.b + self.table.d)
    }

    fn groups(&self) -> (f64, f64) {
        (self.table.a + self.table.b, self.table.c + self.table.d)
    }

    fn informs(&self) -> bool {
        let ((events, others), (n1, n2)) = (self.margins(), self.groups());
        events > 0.0 && others > 0.0 && n1 > 0.0 && n2 > 0.0
    }

    /// Efficient score and its information at odds ratio 1.
    pub fn score(&self) -> (f64, f64) {
        let ((events, others), (n1, n2), n) = (self.margins(), self.groups(), self.n());
        let score = self.table.a - events * n1 / n;
        (score, n1 * n2 * events * others / (n * n * (n - 1.0)))
    }

    /// 4 n1 n2/n.
    pub fn effective_size(&self) -> f64 {
        let (n1, n2) = self.groups();
        4.0 * n1 * n2 / self.n()
    }

    /// Mean and variance of a given the margins.
    pub fn noncentral(&self, odds_ratio: f64) -> Result<(f64, f64), SmallStudyError> {
        let whole = |x: f64| (x.fract() == 0.0 && x < MOST_PEOPLE).then_some(x as u64);
        let ((events, _), (n1, n2)) = (self.margins(), self.groups());
        let distribution = whole(n1)
            .zip(whole(n2))
            .zip(whole(events))
            .and_then(|((n1, n2), events)| NoncentralHypergeometric::new(n1, n2, events, odds_ratio));
        let found = distribution.ok_or(SmallStudyError::NotWhole)?;
        Ok((found.mean(), found.variance()))
    }
}

/// Group sizes of each study.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    sizes: Vec<[f64; 2]>,
}

impl Groups {
    /// Checked: above 0.
    ///
    /// # Errors
    /// `BadCount`.
    pub fn new(sizes: Vec<[f64; 2]>) -> Result<Self, SmallStudyError> {
        for (row, size) in sizes.iter().enumerate() {
            for (what, found) in [("n1", size[0]), ("n2", size[1])] {
                if !(found.is_finite() && found > 0.0) {
                    return Err(SmallStudyError::BadCount {
                        row: row + 1,
                        what,
                        found,
                    });
                }
            }
        }
        Ok(Groups { sizes })
    }

    pub(super) fn agree(&self, k: usize) -> Result<(), SmallStudyError> {
        if self.sizes.len() == k {
            return Ok(());
        }
        Err(SmallStudyError::UnequalLengths {
            what: "group sizes",
            found: self.sizes.len(),
            needed: k,
        })
    }

    /// sqrt(1/n1 + 1/n2): the standard error of a standardised mean difference of 0.
    pub fn standard_errors(&self) -> Vec<f64> {
        self.sizes
            .iter()
            .map(|[a, b]| (1.0 / a + 1.0 / b).sqrt())
            .collect()
    }
}
