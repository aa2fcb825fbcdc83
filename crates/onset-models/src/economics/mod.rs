//! What an extra good outcome costs: ratio, acceptability and the value of information, from joint draws.
//!
//! ```
//! use onset_models::economics::{Draws, assess};
//! let draws = Draws { effect: vec![0.1, 0.2, 0.3, 0.2], cost: vec![100.0, 120.0, 80.0, 100.0] };
//! let found = assess(&draws, &[2_000.0], 0.95).unwrap();
//! assert_eq!(found.at[0].chance, 1.0);
//! ```

mod markov;
mod tree;

pub use markov::{Cohort, Cycle, Trace, cohort};
pub use tree::{Health, MONTH, Plan, STATES, TreeArm, TreeTotal, stay, tree};

use serde::Serialize;
use thiserror::Error;

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum EconomicsError {
    #[error("the draws of effect ({effect}) and cost ({cost}) are not equally many, or fewer than two")]
    Draws { effect: usize, cost: usize },
    #[error("{what} is not finite")]
    NotFinite { what: &'static str },
    #[error("the level {found} does not lie between 0 and 1")]
    BadLevel { found: f64 },
    #[error("the willingness to pay {found} is negative or not finite")]
    BadWillingness { found: f64 },
    #[error(
        "the transition probabilities from state {state} in cycle {cycle} do not lie in 0..1 or add up to {found}, not 1"
    )]
    NotAProbability { state: usize, cycle: usize, found: f64 },
    #[error(
        "remission {remission} and response {response} are no probabilities, or more people remit than respond"
    )]
    Tree { remission: f64, response: f64 },
    #[error("the {what} has {found} entries where {needed} are needed")]
    Shape {
        what: &'static str,
        found: usize,
        needed: usize,
    },
}

/// Joint draws of one person's difference in outcome and in cost, treatment less control.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    /// Extra good outcomes a person (a risk difference, QALYs), positive towards benefit.
    pub effect: Vec<f64>,
    /// Extra cost a person.
    pub cost: Vec<f64>,
}

/// At one willingness to pay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtWillingness {
    /// Currency for one extra good outcome.
    pub willingness: f64,
    /// P(willingness x effect > cost): a point of the acceptability curve.
    pub chance: f64,
    /// Expected net benefit a person.
    pub net_benefit: f64,
    /// Expected value of perfect information a person.
    pub evpi: f64,
}

/// What the draws say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessment {
    /// Mean cost over mean effect; `None` where the mean effect is not positive.
    pub ratio: Option<f64>,
    /// Interval of the ratio; `None` where the interval of the effect holds 0, since the ratio then has none.
    pub interval: Option<(f64, f64)>,
    /// Along the willingness to pay.
    pub at: Vec<AtWillingness>,
}

/// Ratio, acceptability and the value of perfect information.
///
/// # Formula
/// ICER = E C/E E; its interval from the quantiles of the draws C/E, only where the quantiles of E have one sign.
/// Net benefit NB = w E - C; chance P(NB > 0); EVPI = E max(NB, 0) - max(E NB, 0).
/// # Errors
/// `Draws`, `NotFinite`, `BadLevel`, `BadWillingness`.
/// # Source
/// Stinnett & Mullahy 1998, Med Decis Making 18:S68; Fenwick, Claxton & Sculpher 2001, Health Econ 10:779.
pub fn assess(draws: &Draws, willingness: &[f64], level: f64) -> Result<Assessment, EconomicsError> {
    let n = draws.effect.len();
    if n < 2 || draws.cost.len() != n {
        return Err(EconomicsError::Draws {
            effect: n,
            cost: draws.cost.len(),
        });
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(EconomicsError::BadLevel { found: level });
    }
    for (what, values) in [
        ("a draw of the effect", &draws.effect),
        ("a draw of the cost", &draws.cost),
    ] {
        if values.iter().any(|x| !x.is_finite()) {
            return Err(EconomicsError::NotFinite { what });
        }
    }
    if let Some(&found) = willingness.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        return Err(EconomicsError::BadWillingness { found });
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
    let (effect, cost) = (mean(&draws.effect), mean(&draws.cost));
    let tail = 0.5 * (1.0 - level);
    let limits = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (quantile(&values, tail), quantile(&values, 1.0 - tail))
    };
    let (low, _) = limits(draws.effect.clone());
    let interval = (low > 0.0).then(|| {
        let ratios = draws.cost.iter().zip(&draws.effect);
        limits(ratios.map(|(c, e)| c / e.max(f64::MIN_POSITIVE)).collect())
    });
    let at = willingness
        .iter()
        .map(|&w| {
            let (mut positive, mut sum, mut best) = (0_usize, 0.0, 0.0);
            for (e, c) in draws.effect.iter().zip(&draws.cost) {
                let benefit = w * e - c;
                positive += usize::from(benefit > 0.0);
                sum += benefit;
                best += benefit.max(0.0);
            }
            let net_benefit = sum / n as f64;
            AtWillingness {
                willingness: w,
                chance: positive as f64 / n as f64,
                net_benefit,
                evpi: (best / n as f64 - net_benefit.max(0.0)).max(0.0),
            }
        })
        .collect();
    Ok(Assessment {
        ratio: (effect > 0.0).then(|| cost / effect),
        interval,
        at,
    })
}

/// Type 7 of sorted values.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * sorted.len().saturating_sub(1) as f64;
    let low = place.floor() as usize;
    let at = |i: usize| sorted.get(i).or(sorted.last()).copied().unwrap_or_default();
    at(low) + (place - low as f64) * (at(low + 1) - at(low))
}
