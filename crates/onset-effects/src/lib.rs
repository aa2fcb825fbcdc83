//! Effect measures: arms to (y, v), scale, back-transform and sampling covariance.

mod effects;

pub use effects::{Effects, EffectsError};
