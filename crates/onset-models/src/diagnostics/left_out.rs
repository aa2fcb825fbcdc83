//! Meta-regressions without each study in turn, and study after study.

use super::Model;
use crate::pool::{Options, PredictionChoice};
use crate::regress::{Coefficient, Design, RegressError, regress};
use onset_effects::Effects;

/// A meta-regression of one subset of the studies.
#[derive(Debug, Clone, PartialEq)]
pub struct Regressed {
    /// Studies in the subset.
    pub k: usize,
    /// Coefficients, tested as the options say.
    pub coefficients: Vec<Coefficient>,
    /// Residual between-study variance.
    pub tau2: f64,
    /// Residual I2 in percent.
    pub i2: f64,
    /// Residual heterogeneity.
    pub q: f64,
}

/// The regression without each study in turn; `None` where it does not exist (too few studies, or a
/// coefficient vanishes).
///
/// # Errors
/// `UnequalLengths`, `BadLevel`, `NotFinite`.
pub fn left_out(model: &Model, design: &Design) -> Result<Vec<Option<Regressed>>, RegressError> {
    model.check(1)?;
    let k = model.effects.k();
    (0..k)
        .map(|i| subset(model, design, &(0..k).filter(|&j| j != i).collect::<Vec<_>>()))
        .collect()
}

/// The regression of the first studies, one more each time; `None` while there are too few.
///
/// # Inputs
/// `order`: indices of the studies in the order of accumulation.
/// # Errors
/// `UnequalLengths`, `BadLevel`, `NotFinite`.
pub fn accumulated(
    model: &Model,
    design: &Design,
    order: &[usize],
) -> Result<Vec<Option<Regressed>>, RegressError> {
    model.check(1)?;
    (1..=order.len())
        .map(|n| subset(model, design, &order[..n]))
        .collect()
}

fn subset(model: &Model, design: &Design, rows: &[usize]) -> Result<Option<Regressed>, RegressError> {
    if rows.len() <= design.p() {
        return Ok(None);
    }
    let options = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..*model.options
    };
    match regress(&select(model.effects, rows)?, &design.select(rows), &options) {
        Ok(fit) => Ok(Some(Regressed {
            k: rows.len(),
            coefficients: fit.value.coefficients,
            tau2: fit.value.tau2.value,
            i2: fit.value.i2,
            q: fit.value.q.value,
        })),
        Err(RegressError::Collinear { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The effects of these studies.
fn select(effects: &Effects, rows: &[usize]) -> Result<Effects, RegressError> {
    let pick = |values: &[f64]| rows.iter().map(|&i| values[i]).collect();
    let labels = rows.iter().map(|&i| effects.labels()[i].clone()).collect();
    Effects::new(pick(effects.y()), pick(effects.v()), labels).map_err(|_| {
        crate::pool::PoolError::NotFinite {
            quantity: "an effect",
        }
        .into()
    })
}
