//! Diagnostics of one pooled analysis or meta-regression: which studies carry it, which do not fit.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::diagnostics::{Model, influence};
//! use onset_models::pool::Options;
//! let labels = (1..=4).map(|i| i.to_string()).collect();
//! let effects = Effects::new(vec![0.1, 0.2, 0.3, 2.0], vec![0.02, 0.03, 0.02, 0.04], labels).unwrap();
//! let options = Options::default();
//! let model = Model { effects: &effects, design: None, options: &options };
//! let measures = influence(&model).unwrap();
//! assert!(measures[3].as_ref().is_some_and(|m| m.rstudent > 3.0));
//! ```

mod baujat;
mod blup;
mod gosh;
mod influence;
mod labbe;
mod left_out;
mod model;
mod outliers;
mod profile;
mod quantiles;
mod radial;
mod refit;
mod residuals;

pub use baujat::{BaujatPoint, baujat};
pub use blup::{Blup, blup};
pub use gosh::{FiveNumbers, Gosh, GoshFit, GoshGrid, MOST_SUBSETS, Subsets, WithWithout, gosh};
pub use influence::{Influence, influence};
pub use labbe::{Labbe, LabbePoint, labbe};
pub use left_out::{Regressed, accumulated, left_out};
pub use model::Model;
pub use outliers::{Outliers, outliers};
pub use profile::{ProfilePoint, tau2_profile};
pub use quantiles::{QuantilePoint, normal_quantiles};
pub use radial::{RadialPoint, radial};
pub use residuals::{Residual, standardised_residuals};
