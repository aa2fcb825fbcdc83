//! Effect measures: arms to (y, v), scale, back-transform and sampling covariance.
//!
//! One file a family; [`Measure`] is the table of all of them, [`compute`] a whole table at once.

pub mod association;
mod back_transform;
pub mod biserial;
pub mod change;
mod check;
mod compute;
pub mod correlation;
pub mod covariance;
pub mod crossover;
pub mod dichotomised;
mod effect;
mod effects;
pub mod genotypes;
mod inputs;
pub mod matched_pairs;
pub mod means;
mod measure;
pub mod one_mean;
mod options;
pub mod person_time;
pub mod programs;
pub mod proportion;
pub mod rate;
pub mod ratios;
pub mod recover;
pub mod regression;
pub mod reliability;
pub mod superiority;
pub mod tetrachoric;
pub mod two_by_two;

pub use back_transform::{harmonic_mean, risk_from_smd};
pub use compute::{ComputeError, RowEffect, compute};
pub use effect::{Effect, EffectError};
pub use effects::{Effects, EffectsError};
pub use inputs::{Input, Inputs};
pub use measure::{BackTransform, Family, Measure, Scale};
pub use options::{AddTo, Options, VarianceType};
