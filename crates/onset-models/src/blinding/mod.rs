//! Blinding: what people guessed they were given, and what the effect would be at other guess rates.
//!
//! A guess comes after the treatment, and may follow from improvement as much as from side effects:
//! every number made by conditioning on guesses is a bound, not a correction.

mod bias;
mod curve;
mod expectancy;
mod indices;
mod pooled;
mod posterior;

pub use bias::{BiasAdjusted, BiasPrior, bias_adjusted};
pub use curve::{CgrCurve, CgrPoint, Stratum, correct_guess_rate_curve};
pub use expectancy::{Belief, ExpectancyError, tipping_point, without_expectancy};
pub use indices::{ArmGuesses, Bang, BlindingError, Difference, James, bang, belief_difference, james};
pub use pooled::{Guessing, POOLED_FROM, PooledBang, pooled_bang};
pub use posterior::{ExpectancyPosterior, OBSERVED_FOR_FLAT, SlopePrior, expectancy_posterior};
