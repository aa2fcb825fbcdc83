//! Counts of two groups in strata (studies), for the Mantel-Haenszel and Peto methods.

use super::PoolError;
use super::result::{Estimate, Fit, QTest};
use onset_effects::AddTo;
use onset_math::chi_squared;
use std::f64::consts::PI;

/// Events and non-events of two groups: a, b in group 1 and c, d in group 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    /// Events in group 1.
    pub a: f64,
    /// Non-events in group 1.
    pub b: f64,
    /// Events in group 2.
    pub c: f64,
    /// Non-events in group 2.
    pub d: f64,
}

impl Counts {
    /// Size of group 1.
    pub fn n1(&self) -> f64 {
        self.a + self.b
    }

    /// Size of group 2.
    pub fn n2(&self) -> f64 {
        self.c + self.d
    }

    /// Both groups.
    pub fn n(&self) -> f64 {
        self.n1() + self.n2()
    }

    /// No events, or no non-events, in both groups.
    pub fn is_uninformative(&self) -> bool {
        self.a + self.c == 0.0 || self.b + self.d == 0.0
    }

    fn has_empty_cell(&self) -> bool {
        self.a == 0.0 || self.b == 0.0 || self.c == 0.0 || self.d == 0.0
    }

    fn plus(&self, add: f64) -> Counts {
        Counts {
            a: self.a + add,
            b: self.b + add,
            c: self.c + add,
            d: self.d + add,
        }
    }

    /// Hypergeometric mean and variance of a given all margins.
    pub(super) fn hypergeometric(&self) -> (f64, f64) {
        let (n, events, others) = (self.n(), self.a + self.c, self.b + self.d);
        let mean = self.n1() * (events / n);
        let variance = if n > 1.0 {
            mean * (self.n2() / n) * (others / (n - 1.0))
        } else {
            0.0
        };
        (mean, variance)
    }

    pub(crate) fn check(&self, row: usize) -> Result<(), PoolError> {
        for (name, value) in [("a", self.a), ("b", self.b), ("c", self.c), ("d", self.d)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(PoolError::BadCount {
                    row: row + 1,
                    name,
                    found: value,
                });
            }
        }
        if self.n1() <= 0.0 || self.n2() <= 0.0 {
            return Err(PoolError::EmptyGroup { row: row + 1 });
        }
        Ok(())
    }
}

/// Events and person-time of two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PersonTime {
    /// Events in group 1.
    pub x1: f64,
    /// Person-time of group 1.
    pub t1: f64,
    /// Events in group 2.
    pub x2: f64,
    /// Person-time of group 2.
    pub t2: f64,
}

impl PersonTime {
    pub(crate) fn check(&self, row: usize) -> Result<(), PoolError> {
        for (name, value) in [("x1", self.x1), ("x2", self.x2)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(PoolError::BadCount {
                    row: row + 1,
                    name,
                    found: value,
                });
            }
        }
        for (name, value) in [("t1", self.t1), ("t2", self.t2)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(PoolError::BadCount {
                    row: row + 1,
                    name,
                    found: value,
                });
            }
        }
        Ok(())
    }
}

/// Addition to the cells before pooling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellAddition {
    /// Added to every cell.
    pub add: f64,
    /// Which studies get it.
    pub to: AddTo,
}

impl CellAddition {
    pub(super) fn apply(&self, tables: &[Counts]) -> Vec<Counts> {
        let any = tables.iter().any(Counts::has_empty_cell);
        let chosen = |t: &Counts| match self.to {
            AddTo::Only0 => t.has_empty_cell(),
            AddTo::All => true,
            AddTo::If0All => any,
            AddTo::None => false,
        };
        tables
            .iter()
            .map(|t| if chosen(t) { t.plus(self.add) } else { *t })
            .collect()
    }

    pub(super) fn apply_rates(&self, tables: &[PersonTime]) -> Vec<PersonTime> {
        let empty = |t: &PersonTime| t.x1 == 0.0 || t.x2 == 0.0;
        let any = tables.iter().any(empty);
        let chosen = |t: &PersonTime| match self.to {
            AddTo::Only0 => empty(t),
            AddTo::All => true,
            AddTo::If0All => any,
            AddTo::None => false,
        };
        let plus = |t: &PersonTime| PersonTime {
            x1: t.x1 + self.add,
            x2: t.x2 + self.add,
            ..*t
        };
        tables
            .iter()
            .map(|t| if chosen(t) { plus(t) } else { *t })
            .collect()
    }
}

/// The usual half added to the cells of a study with an empty one, for its own effect only.
pub(super) const HALF: CellAddition = CellAddition {
    add: 0.5,
    to: AddTo::Only0,
};

/// A pooled estimate from strata.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratified {
    /// Number of strata.
    pub k: usize,
    /// Estimate on the analysis scale (log for ratios).
    pub mean: Estimate,
    /// Heterogeneity of the study effects around it; studies without information on the effect are
    /// not counted.
    pub q: QTest,
    /// max(0, 100 (Q - df)/Q).
    pub i2: f64,
    /// Q/df; 1 where df is 0.
    pub h2: f64,
    /// Likelihood of the study effects at the estimate.
    pub fit: Fit,
    /// Weights in percent, one a stratum.
    pub weights: Vec<f64>,
    /// Cochran-Mantel-Haenszel test, with continuity correction; odds ratio and rate ratio only.
    pub association: Option<QTest>,
    /// Breslow-Day test of one odds ratio.
    pub breslow_day: Option<QTest>,
    /// Tarone's correction of it.
    pub tarone: Option<QTest>,
}

/// Heterogeneity of effects (y, v) around `mean`, with the likelihood there.
pub(super) fn heterogeneity(effects: &[(f64, f64)], mean: f64) -> (QTest, f64, f64, Fit) {
    let df = effects.len() as f64 - 1.0;
    let value: f64 = effects.iter().map(|(y, v)| (y - mean) * (y - mean) / v).sum();
    let ln: f64 = effects.iter().map(|(_, v)| (2.0 * PI).ln() + v.ln()).sum();
    let (p, i2, h2) = if df > 0.0 {
        let i2 = if value > 0.0 {
            (100.0 * (value - df) / value).max(0.0)
        } else {
            0.0
        };
        (chi_squared::sf(value, df), i2, value / df)
    } else {
        (1.0, 0.0, 1.0)
    };
    let fit = Fit::new(-0.5 * (ln + value), 1.0, effects.len().max(1) as f64);
    (
        QTest {
            value,
            df: df.max(0.0),
            p,
        },
        i2,
        h2,
        fit,
    )
}

/// Weights in percent; equal weights when none is positive.
pub(super) fn percent(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut weights: Vec<f64> = weights.collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w *= 100.0 / sum);
    weights
}
