//! Selection models: the chance of being published depends on the p-value.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::smallstudy::selection::{SelectionOptions, Side, WeightFunction, select};
//! let y = vec![0.1, 0.45, 0.5, 0.8, 0.2, 0.7];
//! let v = vec![0.01, 0.04, 0.05, 0.09, 0.06, 0.1];
//! let labels = (1..=6).map(|i| i.to_string()).collect();
//! let effects = Effects::new(y, v, labels).unwrap();
//! let function = WeightFunction::steps(&[0.025]).unwrap();
//! let fit = select(&effects, &SelectionOptions::new(function, Side::Greater)).unwrap();
//! assert_eq!(fit.delta.len(), 2);
//! ```

pub(crate) mod climb;
mod fit;
mod function;
mod smooth;
mod step;

pub use fit::{DeltaFit, Selection, SelectionOptions, StepFit, StepModel, select, selection_fit};
pub use function::{Side, WeightFunction};
