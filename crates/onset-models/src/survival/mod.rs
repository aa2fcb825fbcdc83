//! Survival: hazard ratios from what is printed, curves from figures, restricted mean survival times.
//!
//! ```
//! use onset_models::survival::{Printed, hazard_ratio};
//! let printed = Printed::Interval { hr: 0.49, lower: 0.29, upper: 0.84, level: 0.95 };
//! let hr = hazard_ratio(&printed).unwrap();
//! assert!((hr.standard_error - 0.27131).abs() < 1e-4);
//! ```

mod cox;
mod error;
mod hazard;
mod kaplan_meier;
mod pooled;
mod reconstruct;
mod rmst;
mod standardised;

pub use cox::{Cox, cox};
pub use error::SurvivalError;
pub use hazard::{HazardRatio, Information, Printed, hazard_ratio};
pub use kaplan_meier::{KaplanMeier, Patient, Step, kaplan_meier};
pub use pooled::{AtHorizon, PooledRmst, pool_rmst};
pub use reconstruct::{AtRisk, Point, Reconstructed, Spread, reconstruct, reconstruct_with};
pub use rmst::{Contrast, Rmst, difference, ratio, rmst};
pub use standardised::{BothArms, Standardised, Survival, standardised};
