//! Weight functions of the p-value, and the side it is taken on.

use crate::smallstudy::SmallStudyError;
use onset_math::normal;
use serde::Serialize;

/// Which p-values are selected on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// One-sided: positive effects are favoured.
    Greater,
    /// One-sided: negative effects are favoured.
    Less,
    /// Two-sided: significance in either direction is favoured.
    Two,
}

impl Side {
    /// Every side.
    pub const ALL: [Side; 3] = [Side::Greater, Side::Less, Side::Two];

    /// `greater`, `less` or `two`.
    pub fn code(self) -> &'static str {
        match self {
            Side::Greater => "greater",
            Side::Less => "less",
            Side::Two => "two",
        }
    }

    /// The side with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.code() == code)
    }

    /// Sign that turns effects so that positive ones are favoured.
    pub(in crate::smallstudy) fn sign(self) -> f64 {
        if self == Side::Less { -1.0 } else { 1.0 }
    }

    /// z whose p-value is p.
    pub(super) fn z(self, p: f64) -> f64 {
        match self {
            Side::Two => normal::upper_quantile(0.5 * p),
            _ => normal::upper_quantile(p),
        }
    }
}

/// Relative chance of publication as a function of the p-value.
///
/// | code | w(p) | free |
/// |---|---|---|
/// | `stepfun` | delta_j for p in the j-th interval, delta_1 = 1 | one for each interval but the first |
/// | `beta` | p^(delta_1 - 1) (1-p)^(delta_2 - 1), p kept between 1e-5 and 1 - 1e-5 | 2 |
/// | `halfnorm` | exp(-delta p^2) | 1 |
/// | `negexp` | exp(-delta p) | 1 |
/// | `logistic` | 2 exp(-delta p)/(1 + exp(-delta p)) | 1 |
/// | `power` | (1-p)^delta | 1 |
///
/// Sources: Vevea & Hedges 1995, Psychometrika 60:419 (steps); Citkowicz & Vevea 2017, Psychol Methods 22:28
/// (beta); Preston, Ashby & Smyth 2004, Stat Med 23:2343 (the others).
#[derive(Debug, Clone, PartialEq)]
pub enum WeightFunction {
    /// Upper ends of the intervals, ascending, the last 1.
    Step(Vec<f64>),
    /// Beta density.
    Beta,
    /// Half normal.
    HalfNormal,
    /// Negative exponential.
    NegativeExponential,
    /// Logistic.
    Logistic,
    /// Power of 1 - p.
    Power,
}

impl WeightFunction {
    /// Codes, in the order of the table.
    pub const CODES: [&'static str; 6] = ["stepfun", "beta", "halfnorm", "negexp", "logistic", "power"];

    /// A step function; the last step 1 may be left out.
    ///
    /// # Errors
    /// `BadStep`.
    pub fn steps(steps: &[f64]) -> Result<Self, SmallStudyError> {
        let mut all = Vec::with_capacity(steps.len() + 1);
        let mut last = 0.0;
        for &found in steps {
            if !(found > last && found <= 1.0) {
                return Err(SmallStudyError::BadStep { found });
            }
            last = found;
            all.push(found);
        }
        if last < 1.0 {
            all.push(1.0);
        }
        if all.len() < 2 {
            return Err(SmallStudyError::BadStep { found: 1.0 });
        }
        Ok(WeightFunction::Step(all))
    }

    /// The smooth function with this code.
    pub fn smooth(code: &str) -> Option<Self> {
        match code {
            "beta" => Some(WeightFunction::Beta),
            "halfnorm" => Some(WeightFunction::HalfNormal),
            "negexp" => Some(WeightFunction::NegativeExponential),
            "logistic" => Some(WeightFunction::Logistic),
            "power" => Some(WeightFunction::Power),
            _ => None,
        }
    }

    /// The code.
    pub fn code(&self) -> &'static str {
        match self {
            WeightFunction::Step(_) => "stepfun",
            WeightFunction::Beta => "beta",
            WeightFunction::HalfNormal => "halfnorm",
            WeightFunction::NegativeExponential => "negexp",
            WeightFunction::Logistic => "logistic",
            WeightFunction::Power => "power",
        }
    }

    /// Upper ends of the intervals; empty for a smooth function.
    pub fn cuts(&self) -> &[f64] {
        match self {
            WeightFunction::Step(cuts) => cuts,
            _ => &[],
        }
    }

    /// Number of deltas, the fixed first step among them.
    pub fn deltas(&self) -> usize {
        match self {
            WeightFunction::Step(cuts) => cuts.len(),
            WeightFunction::Beta => 2,
            _ => 1,
        }
    }
}
