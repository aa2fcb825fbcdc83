//! Effect measures: arms to (y, v), scale, back-transform and sampling covariance.

mod compute;
mod effect;
mod effects;
mod inputs;
mod measure;
mod options;

pub use compute::{ComputeError, RowEffect, compute};
pub use effect::{Effect, EffectError};
pub use effects::{Effects, EffectsError};
pub use inputs::{Input, Inputs};
pub use measure::{BackTransform, Family, Measure, Scale};
pub use options::{AddTo, Options, VarianceType};
