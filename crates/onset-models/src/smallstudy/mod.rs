//! Small-study effects and publication bias: tests, adjusted estimates, selection models.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::smallstudy::egger;
//! let labels = (1..=5).map(|i| i.to_string()).collect();
//! let effects = Effects::new(vec![0.1, 0.2, 0.4, 0.5, 0.9], vec![0.01, 0.02, 0.05, 0.1, 0.3], labels).unwrap();
//! assert!(egger(&effects).unwrap().slope > 0.0);
//! ```

mod adjust;
mod asymmetry;
mod copas;
mod error;
mod excess;
mod fail_safe;
mod kendall;
mod line;
mod p_uniform;
pub mod selection;
mod tables;
mod trim_fill;
mod worst_case;

pub use adjust::{Chosen, Limit, Precision, conditional, limit, peese, pet};
pub use asymmetry::{
    Asymmetry, AsymmetryKind, begg, deeks, egger, harbord, macaskill, peters, pustejovsky, schwarzer,
    thompson_sharp,
};
pub use copas::{Copas, CopasFit, CopasOptions, copas};
pub use error::SmallStudyError;
pub use excess::{Excess, excess_significance};
pub use fail_safe::{FailSafe, FailSafeKind, fail_safe};
pub use p_uniform::{PUniform, PUniformOptions, RatioTest, p_uniform};
pub use selection::Side;
pub use tables::{Groups, Tables};
pub use trim_fill::{MissingSide, TrimFill, TrimFillEstimator, trim_fill};
pub use worst_case::{Corrected, ETAS, WorstCase, worst_case};

/// Below this many studies tests and adjustments of small-study effects are unreliable.
///
/// Source: Sterne et al. 2011, BMJ 343:d4002.
pub const ENOUGH_STUDIES: usize = 10;
