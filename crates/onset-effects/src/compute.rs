//! A whole table at once: columns in, one effect a row out.

mod averages;
mod row;

pub(crate) use row::cells;

use crate::options::{AddTo, Options, VarianceType};
use crate::{Effect, EffectError, Family, Input, Inputs, Measure};
use thiserror::Error;

/// Effect of one row: `None` where a needed cell is missing.
pub type RowEffect = Option<Result<Effect, EffectError>>;

/// Why a table cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ComputeError {
    /// A column is missing.
    #[error("measure {measure} needs {}", any_of(.needed))]
    MissingColumn {
        /// Measure.
        measure: Measure,
        /// Columns, one of which is needed.
        needed: &'static [Input],
    },
    /// The measure has no such variance.
    #[error("measure {measure} has no variance variant {}; it has {}", .vtype.code(), variants(*.measure))]
    NoSuchVariance {
        /// Measure.
        measure: Measure,
        /// Variant.
        vtype: VarianceType,
    },
    /// The addition to the cells is negative or not finite.
    #[error("the addition to the cells is {found}, and must be 0 or more")]
    BadAddition {
        /// Value.
        found: f64,
    },
    /// Effects of this measure come computed.
    #[error("measure {measure} takes computed effects with their variance or standard error")]
    Given {
        /// Measure.
        measure: Measure,
    },
}

fn any_of(inputs: &[Input]) -> String {
    inputs
        .iter()
        .map(|input| input.code())
        .collect::<Vec<_>>()
        .join(" or ")
}

fn variants(measure: Measure) -> String {
    measure
        .variances()
        .iter()
        .map(|v| v.code())
        .collect::<Vec<_>>()
        .join(", ")
}

impl Measure {
    /// Columns the measure needs: one of each group of alternatives.
    pub fn needs(self) -> &'static [&'static [Input]] {
        use Input::*;
        match self {
            Measure::SmdGlass => &[&[M1i], &[M2i], &[Sd2i], &[N1i], &[N2i]],
            Measure::VariabilityRatio => &[&[Sd1i], &[Sd2i], &[N1i], &[N2i]],
            Measure::PartialCorrelation | Measure::PartialCorrelationZ => &[&[Ti], &[Ni], &[Mi]],
            Measure::SdLog => &[&[Sdi], &[Ni]],
            Measure::SmdRaw => &[&[M1i], &[M2i], &[Sd1i], &[Ri], &[Ni]],
            Measure::VariabilityRatioChange => &[&[Sd1i], &[Sd2i], &[Ri], &[Ni]],
            _ => match self.family() {
                Family::TwoByTwo => &[&[Ai], &[Bi, N1i], &[Ci], &[Di, N2i]],
                Family::MatchedPairs => &[&[Ai], &[Bi], &[Ci], &[Di]],
                Family::PersonTime => &[&[X1i], &[X2i], &[T1i], &[T2i]],
                Family::TwoMeans => &[&[M1i], &[Sd1i], &[N1i], &[M2i], &[Sd2i], &[N2i]],
                Family::Correlation => &[&[Ri], &[Ni]],
                Family::PartialCorrelation => &[&[Ti], &[Ni], &[Mi], &[R2i]],
                Family::Determination => &[&[R2i], &[Mi], &[Ni]],
                Family::Proportion => &[&[Xi], &[Mi, Ni]],
                Family::Rate => &[&[Xi], &[Ti]],
                Family::OneMean => &[&[Mi], &[Sdi], &[Ni]],
                Family::Change => &[&[M1i], &[M2i], &[Sd1i], &[Sd2i], &[Ri], &[Ni]],
                Family::Reliability => &[&[Ai], &[Mi], &[Ni]],
                Family::Genotypes => &[&[Ai], &[Bi], &[Ci]],
                Family::Superiority => &[&[Ai], &[N1i], &[N2i]],
                Family::Generic => &[],
            },
        }
    }

    /// Columns the measure can read although it does not need them (a table made for a sister measure).
    pub fn reads(self, input: Input) -> bool {
        let whole = match self.family() {
            Family::TwoMeans => Measure::MeanDifference.needs(),
            Family::PartialCorrelation => Measure::SemiPartialCorrelation.needs(),
            Family::OneMean => Measure::Mean.needs(),
            Family::Change => Measure::MeanChange.needs(),
            _ => self.needs(),
        };
        whole.iter().any(|alternatives| alternatives.contains(&input))
    }

    /// Variance variants the measure has; the first is the default.
    pub fn variances(self) -> &'static [VarianceType] {
        use VarianceType::*;
        match self {
            Measure::Smd => &[Ls, Ls2, Ub, Av],
            Measure::SmdChange => &[Ls, Ls2, Ub],
            Measure::Correlation => &[Ls, Av],
            Measure::RiskDifference => &[Ls, Ub, Av],
            _ => &[Ls],
        }
    }

    /// What is added to the cells when nothing is said: 1/2, or 0 where the measure needs no addition.
    pub fn default_addition(self) -> f64 {
        match self {
            Measure::ArcsineDifference
            | Measure::Phi
            | Measure::PhiZ
            | Measure::Tetrachoric
            | Measure::TetrachoricZ
            | Measure::RootRateDifference
            | Measure::ProportionArcsine
            | Measure::ProportionFreemanTukey
            | Measure::RateRoot
            | Measure::RateFreemanTukey => 0.0,
            _ => 0.5,
        }
    }
}

/// Computes `measure` for every row of `inputs`.
///
/// # Errors
/// `MissingColumn`, `NoSuchVariance`, `BadAddition`, `Given`; what is wrong in one row stands in that row's
/// result.
///
/// ```
/// use onset_effects::{Input, Inputs, Measure, Options, compute};
/// let column = |x: &[f64]| x.iter().copied().map(Some).collect();
/// let inputs = Inputs::new().with(Input::Xi, column(&[12.0, 3.0])).with(Input::Ni, column(&[40.0, 55.0]));
/// let effects = compute(Measure::Proportion, &inputs, &Options::default()).unwrap();
/// assert_eq!(effects[0].unwrap().unwrap().y, 0.3);
/// ```
pub fn compute(measure: Measure, inputs: &Inputs, options: &Options) -> Result<Vec<RowEffect>, ComputeError> {
    if measure.family() == Family::Generic {
        return Err(ComputeError::Given { measure });
    }
    for needed in measure.needs() {
        if !needed.iter().any(|&input| inputs.has(input)) {
            return Err(ComputeError::MissingColumn { measure, needed });
        }
    }
    if !measure.variances().contains(&options.vtype) {
        return Err(ComputeError::NoSuchVariance {
            measure,
            vtype: options.vtype,
        });
    }
    let add = options.add.unwrap_or(measure.default_addition());
    if !(add.is_finite() && add >= 0.0) {
        return Err(ComputeError::BadAddition { found: add });
    }
    let rows = inputs.len();
    let any_zero = options.to == AddTo::If0All && (0..rows).any(|row| row::has_zero(measure, inputs, row));
    let rule = row::Rule {
        add,
        to: options.to,
        any_zero,
        drop00: options.drop00,
        vtype: options.vtype,
    };
    let mut effects: Vec<RowEffect> = (0..rows)
        .map(|row| row::effect(measure, inputs, row, &rule))
        .collect();
    if options.vtype == VarianceType::Av {
        averages::replace_variances(measure, inputs, &rule, &mut effects);
    }
    Ok(effects)
}
