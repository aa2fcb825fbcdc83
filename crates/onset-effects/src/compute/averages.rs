//! Variances with the sample-size weighted average over the studies in the place of each study's own value.

use super::RowEffect;
use super::row::{Rule, corrected_cells};
use crate::means::d_variance;
use crate::two_by_two::Cells;
use crate::{Effect, Input, Inputs, Measure};

/// Replaces the variances of the rows that have an effect.
///
/// RD: pq/n with the average risk of each group. SMD: the average g. COR: the average r.
pub(super) fn replace_variances(measure: Measure, inputs: &Inputs, rule: &Rule, effects: &mut [RowEffect]) {
    match measure {
        Measure::RiskDifference => {
            let cells = |row| corrected_cells(inputs, row, rule).and_then(Result::ok);
            let Some(p1) = average(effects, |row, _| cells(row).map(|t: Cells| (t.n1(), t.p1()))) else {
                return;
            };
            let Some(p2) = average(effects, |row, _| cells(row).map(|t: Cells| (t.n2(), t.p2()))) else {
                return;
            };
            replace(effects, |row, _| {
                cells(row).map(|t| p1 * (1.0 - p1) / t.n1() + p2 * (1.0 - p2) / t.n2())
            });
        }
        Measure::Smd => {
            let sizes = |row| inputs.get(Input::N1i, row).zip(inputs.get(Input::N2i, row));
            let Some(g) = average(effects, |row, e| sizes(row).map(|(n1, n2)| (n1 + n2, e.y))) else {
                return;
            };
            replace(effects, |row, _| sizes(row).map(|(n1, n2)| d_variance(g, n1, n2)));
        }
        Measure::Correlation => {
            let size = |row| inputs.get(Input::Ni, row);
            let Some(r) = average(effects, |row, e| size(row).map(|n| (n, e.y))) else {
                return;
            };
            replace(effects, |row, _| {
                size(row).map(|n| (1.0 - r * r).powi(2) / (n - 1.0))
            });
        }
        _ => {}
    }
}

/// Weighted average over the rows that have an effect.
fn average(effects: &[RowEffect], part: impl Fn(usize, Effect) -> Option<(f64, f64)>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (row, effect) in effects.iter().enumerate() {
        if let Some(Ok(effect)) = effect
            && let Some((weight, value)) = part(row, *effect)
        {
            sum += weight * value;
            weights += weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

fn replace(effects: &mut [RowEffect], variance: impl Fn(usize, Effect) -> Option<f64>) {
    for (row, effect) in effects.iter_mut().enumerate() {
        if let Some(Ok(found)) = effect
            && let Some(v) = variance(row, *found)
        {
            *effect = Some(Effect::finite(found.y, v));
        }
    }
}
