//! Effects as other programs compute them by default.

use crate::means::hedges_j;
use crate::{
    AddTo, ComputeError, Effect, EffectError, Family, Input, Inputs, Measure, Options, RowEffect, compute,
};

/// A program whose defaults can be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// metafor for R.
    Metafor,
    /// meta for R.
    Meta,
    /// Review Manager 5.
    RevMan5,
}

impl Program {
    /// Every program.
    pub const ALL: [Program; 3] = [Program::Metafor, Program::Meta, Program::RevMan5];

    /// Code, as in `--compat`.
    pub fn code(self) -> &'static str {
        match self {
            Program::Metafor => "metafor",
            Program::Meta => "meta",
            Program::RevMan5 => "revman5",
        }
    }
}

/// Which cells get the 1/2 of a study with an empty one.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    /// All four.
    Cells,
    /// The events; the non-events stay, so that a group grows by 1/2 and not by 1.
    Events,
}

/// [`compute`] with the zero-cell rules and the standardised mean difference of another program; an addition that
/// `options` name is obeyed as given.
///
/// # Formula
/// - metafor: as [`compute`].
/// - meta: double-zero studies are left out of OR, RR and PETO; 1/2 goes to studies with an empty cell, in RR to
///   the events and the group sizes, in RD to the variance alone; PETO gets none; IRD as RD.
/// - Review Manager 5: double-zero studies are left out of OR, RR and PETO; 1/2 goes to the four cells where an
///   empty one makes the effect or its variance impossible; PETO gets none. SMD: g = (1 - 3/(4N - 9)) d,
///   v = N/(n1 n2) + g^2/(2(N - 3.94)).
/// # Errors
/// Those of [`compute`].
/// # Source
/// Deeks & Higgins 2010, Statistical algorithms in Review Manager 5; the documentation of meta.
pub fn compute_as(
    program: Program,
    measure: Measure,
    inputs: &Inputs,
    options: &Options,
) -> Result<Vec<RowEffect>, ComputeError> {
    let named = options.add.is_some() || options.to != AddTo::Only0;
    let ratio = matches!(measure, Measure::OddsRatio | Measure::RiskRatio | Measure::Peto);
    let rules = Options {
        drop00: options.drop00 || (ratio && program != Program::Metafor),
        ..*options
    };
    let none = Options {
        add: Some(0.0),
        to: AddTo::None,
        ..rules
    };
    match (program, measure) {
        (Program::Metafor, _) => compute(measure, inputs, options),
        (_, Measure::Peto) if !named => compute(measure, inputs, &none),
        (Program::Meta, Measure::RiskRatio) if !named => {
            let cells = corrected(inputs, Half::Events, true, |cells| cells.contains(&0.0));
            compute(measure, &cells, &none)
        }
        (Program::Meta, Measure::RiskDifference | Measure::RateDifference) if !named => {
            let raw = compute(measure, inputs, &none)?;
            let with_half = compute(measure, inputs, &rules)?;
            Ok(raw
                .into_iter()
                .zip(with_half)
                .map(|(y, v)| effect_of(y, v))
                .collect())
        }
        (Program::RevMan5, Measure::RiskRatio | Measure::RiskDifference) if !named => {
            let cells = corrected(inputs, Half::Cells, ratio, |cells| troubles(measure, cells));
            compute(measure, &cells, &none)
        }
        (Program::RevMan5, Measure::Smd) => Ok(compute(measure, inputs, options)?
            .into_iter()
            .enumerate()
            .map(|(row, found)| found.map(|found| found.and_then(|e| review_manager_smd(e, inputs, row))))
            .collect()),
        _ => compute(measure, inputs, &rules),
    }
}

/// Whether a cell makes the effect or its variance impossible.
pub fn troubles(measure: Measure, [a, b, c, d]: [f64; 4]) -> bool {
    match measure {
        Measure::RiskRatio => a == 0.0 || c == 0.0 || (b == 0.0 && d == 0.0),
        Measure::RiskDifference => (a == 0.0 || b == 0.0) && (c == 0.0 || d == 0.0),
        _ => [a, b, c, d].contains(&0.0),
    }
}

/// The tables with 1/2 where `which` says so; for a ratio, studies without events on both sides stay as they are.
fn corrected(inputs: &Inputs, half: Half, ratio: bool, which: impl Fn([f64; 4]) -> bool) -> Inputs {
    let mut columns: [Vec<Option<f64>>; 4] = Default::default();
    for row in 0..inputs.len() {
        let raw = |input| inputs.get(input, row);
        let cells = match inputs.cells(row) {
            Some(Ok(t)) => {
                let double_zero = t.is_double_zero();
                let t = [t.a, t.b, t.c, t.d];
                let add = if which(t) && !(ratio && double_zero) {
                    0.5
                } else {
                    0.0
                };
                let rest = if half == Half::Events { 0.0 } else { add };
                [t[0] + add, t[1] + rest, t[2] + add, t[3] + rest].map(Some)
            }
            // refused or missing: left for the computation to say so
            _ => [Input::Ai, Input::Bi, Input::Ci, Input::Di].map(raw),
        };
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }
    let [a, b, c, d] = columns;
    inputs
        .clone()
        .with(Input::Ai, a)
        .with(Input::Bi, b)
        .with(Input::Ci, c)
        .with(Input::Di, d)
}

/// The effect of one with the variance of the other.
fn effect_of(y: RowEffect, v: RowEffect) -> RowEffect {
    let (y, v) = (y?, v?);
    Some(y.and_then(|y| v.and_then(|v| Effect::finite(y.y, v.v))))
}

fn review_manager_smd(exact: Effect, inputs: &Inputs, row: usize) -> Result<Effect, EffectError> {
    let size = |input| inputs.get(input, row).unwrap_or(f64::NAN);
    let (n1, n2) = (size(Input::N1i), size(Input::N2i));
    let n = n1 + n2;
    let g = exact.y / hedges_j(n - 2.0) * (1.0 - 3.0 / (4.0 * n - 9.0));
    Effect::finite(g, n / (n1 * n2) + g * g / (2.0 * (n - 3.94)))
}

/// Whether pooled effects of this measure come from two-by-two tables that these programs pool by
/// Mantel-Haenszel.
pub fn pools_by_mantel_haenszel(measure: Measure) -> bool {
    measure.family() == Family::TwoByTwo
        && matches!(
            measure,
            Measure::OddsRatio | Measure::RiskRatio | Measure::RiskDifference
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms of a few operations.
    const CLOSED_FORM: f64 = 1e-13;

    fn tables(rows: &[[f64; 4]]) -> Inputs {
        let column = |i: usize| rows.iter().map(|row| Some(row[i])).collect();
        Inputs::new()
            .with(Input::Ai, column(0))
            .with(Input::N1i, column(1))
            .with(Input::Ci, column(2))
            .with(Input::N2i, column(3))
    }

    fn one(program: Program, measure: Measure, row: [f64; 4]) -> Option<(f64, f64)> {
        let found = compute_as(program, measure, &tables(&[row]), &Options::default()).unwrap();
        found[0].unwrap().ok().map(|e| (e.y, e.v))
    }

    #[test]
    fn empty_cells_by_hand() {
        let close = |found: Option<(f64, f64)>, y: f64, v: f64| {
            let (fy, fv) = found.unwrap();
            assert!(
                (fy - y).abs() < CLOSED_FORM && (fv - v).abs() < CLOSED_FORM,
                "{fy} {fv}"
            );
        };
        let row = [0.0, 10.0, 4.0, 20.0];
        // Review Manager: every cell grows by a half
        let rr: f64 = (0.5 / 11.0_f64) / (4.5 / 21.0);
        close(
            one(Program::RevMan5, Measure::RiskRatio, row),
            rr.ln(),
            1.0 / 0.5 - 1.0 / 11.0 + 1.0 / 4.5 - 1.0 / 21.0,
        );
        // meta: the groups grow by a half
        let rr: f64 = (0.5 / 10.5_f64) / (4.5 / 20.5);
        close(
            one(Program::Meta, Measure::RiskRatio, row),
            rr.ln(),
            1.0 / 0.5 - 1.0 / 10.5 + 1.0 / 4.5 - 1.0 / 20.5,
        );
        // a risk difference has a variance here, and nothing is added
        close(
            one(Program::RevMan5, Measure::RiskDifference, row),
            -0.2,
            0.2 * 0.8 / 20.0,
        );
        let v = 0.5 * 10.5 / 11.0_f64.powi(3) + 4.5 * 16.5 / 21.0_f64.powi(3);
        close(one(Program::Meta, Measure::RiskDifference, row), -0.2, v);
        // everybody in one group: no trouble for a risk ratio
        let rr: f64 = 1.0 / (4.0 / 20.0);
        close(
            one(Program::RevMan5, Measure::RiskRatio, [10.0, 10.0, 4.0, 20.0]),
            rr.ln(),
            1.0 / 4.0 - 1.0 / 20.0,
        );
    }

    #[test]
    fn double_zero_studies_leave_ratios_only() {
        let none = [0.0, 10.0, 0.0, 20.0];
        for program in [Program::Meta, Program::RevMan5] {
            for measure in [Measure::OddsRatio, Measure::RiskRatio, Measure::Peto] {
                assert_eq!(one(program, measure, none), None);
            }
            assert!(one(program, Measure::RiskDifference, none).is_some());
        }
        assert!(one(Program::Metafor, Measure::OddsRatio, none).is_some());
    }

    #[test]
    fn review_manager_smd_by_hand() {
        let inputs = [
            (Input::M1i, 12.0),
            (Input::Sd1i, 2.0),
            (Input::N1i, 10.0),
            (Input::M2i, 10.0),
            (Input::Sd2i, 2.0),
            (Input::N2i, 15.0),
        ];
        let inputs = inputs
            .into_iter()
            .fold(Inputs::new(), |all, (input, x)| all.with(input, vec![Some(x)]));
        let found = compute_as(Program::RevMan5, Measure::Smd, &inputs, &Options::default()).unwrap();
        let e = found[0].unwrap().unwrap();
        let g = 1.0 - 3.0 / 91.0;
        assert!((e.y - g).abs() < CLOSED_FORM);
        assert!((e.v - (25.0 / 150.0 + g * g / (2.0 * 21.06))).abs() < CLOSED_FORM);
    }
}
