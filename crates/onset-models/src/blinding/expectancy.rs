//! What remains of an effect once expectancy is credited with a share of it.

use crate::pool::{Options, PoolError, Pooled, pool};
use onset_data::Warned;
use onset_effects::{Effects, EffectsError};
use onset_math::root;
use thiserror::Error;

/// Why an adjusted effect cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ExpectancyError {
    /// One belief for each study is needed.
    #[error("{studies} studies but {beliefs} differences in belief")]
    Lengths {
        /// Studies.
        studies: usize,
        /// Beliefs.
        beliefs: usize,
    },
    /// A belief, a slope or a prior that is not a number, or a negative standard error.
    #[error("the {what} is {found}: it must be a finite number, and a spread must not be negative")]
    NotANumber {
        /// What.
        what: &'static str,
        /// Found.
        found: f64,
    },
    /// A flat prior on the slope with too few observed beliefs: the posterior would be improper or nearly so.
    #[error(
        "a flat prior on the effect of belief needs at least {needed} trials that observed belief and differ \
         in it; {observed} did. Hint: give the slope a proper prior"
    )]
    FlatSlope {
        /// Trials with an observed difference in belief.
        observed: usize,
        /// Trials needed.
        needed: usize,
    },
    /// The adjusted effects cannot be used.
    #[error(transparent)]
    Effects(#[from] EffectsError),
    /// The adjusted effects cannot be pooled.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

/// B of one trial: mean belief in having got the active treatment (1 yes, 1/2 don't know, 0 no), active arm
/// minus control arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// B, -1 to 1.
    pub difference: f64,
    /// Its standard error where observed, the spread of the assumption where not; >= 0.
    pub spread: f64,
    /// Whether the trial asked its participants.
    pub observed: bool,
}

/// The pool with the part of each effect taken out that belief would have made.
///
/// # Formula
/// y_i - e B_i with variance v_i + e^2 s_i^2, pooled as `options` say; e = pi epsilon, where epsilon is the
/// effect of being sure of the active treatment against being sure of the control, and pi the share of the
/// association that runs from belief to outcome (the rest runs from improvement to belief).
/// # Inputs
/// `effects` on the analysis scale, one [`Belief`] a study, `slope` = e in units of y, with the sign of benefit.
/// # Errors
/// `Lengths`, `NotANumber`, those of pooling.
/// # Source
/// Activated-expectancy model of Szigeti et al. 2023, Sci Rep 13:12107, on the level of trials; the share pi
/// after the objection that belief follows outcome.
///
/// ```
/// use onset_effects::Effects;
/// use onset_models::blinding::{Belief, without_expectancy};
/// use onset_models::pool::Options;
/// let effects = Effects::new(vec![-8.0, -4.0], vec![4.0, 9.0], vec!["a".into(), "b".into()]).unwrap();
/// let beliefs = [0.5, 0.0].map(|difference| Belief { difference, spread: 0.0, observed: true });
/// let pooled = without_expectancy(&effects, &beliefs, -8.0, &Options::common()).unwrap().value;
/// assert!((pooled.mean.estimate + 4.0).abs() < 1e-12);
/// ```
pub fn without_expectancy(
    effects: &Effects,
    beliefs: &[Belief],
    slope: f64,
    options: &Options,
) -> Result<Warned<Pooled>, ExpectancyError> {
    check(effects, beliefs)?;
    finite("effect of belief", slope)?;
    let pairs = || effects.y().iter().zip(effects.v()).zip(beliefs);
    let y = pairs().map(|((y, _), b)| y - slope * b.difference).collect();
    let v = pairs()
        .map(|((_, v), b)| v + (slope * b.spread).powi(2))
        .collect();
    let adjusted = Effects::new(y, v, effects.labels().to_vec())?;
    Ok(pool(&adjusted, options)?)
}

/// Steps in which the slope is walked before the root is refined.
const STEPS: usize = 64;

/// The effect of belief at which the pooled effect comes down to `target`, walking from 0 to `furthest`;
/// `None` where it does not on that way.
///
/// # Errors
/// As [`without_expectancy`].
pub fn tipping_point(
    effects: &Effects,
    beliefs: &[Belief],
    target: f64,
    furthest: f64,
    options: &Options,
) -> Result<Option<f64>, ExpectancyError> {
    finite("target", target)?;
    finite("furthest effect of belief", furthest)?;
    let options = Options {
        tau2_interval: None,
        ..*options
    };
    let gap = |slope: f64| -> Result<f64, ExpectancyError> {
        let pooled = without_expectancy(effects, beliefs, slope, &options)?;
        Ok(pooled.value.mean.estimate - target)
    };
    let mut before = (0.0_f64, gap(0.0)?);
    for step in 1..=STEPS {
        let slope = furthest * step as f64 / STEPS as f64;
        let now = (slope, gap(slope)?);
        if before.1 * now.1 <= 0.0 {
            let (low, high) = (before.0.min(now.0), before.0.max(now.0));
            let found = root::brent(|x| gap(x).unwrap_or(f64::NAN), low, high, 1e-12 * furthest.abs());
            return Ok(found.ok().map(|root| root.x));
        }
        before = now;
    }
    Ok(None)
}

pub(super) fn check(effects: &Effects, beliefs: &[Belief]) -> Result<(), ExpectancyError> {
    if effects.k() != beliefs.len() {
        return Err(ExpectancyError::Lengths {
            studies: effects.k(),
            beliefs: beliefs.len(),
        });
    }
    for belief in beliefs {
        finite("difference in belief", belief.difference)?;
        spread("spread of a belief", belief.spread)?;
    }
    Ok(())
}

pub(super) fn finite(what: &'static str, found: f64) -> Result<(), ExpectancyError> {
    if found.is_finite() {
        Ok(())
    } else {
        Err(ExpectancyError::NotANumber { what, found })
    }
}

pub(super) fn spread(what: &'static str, found: f64) -> Result<(), ExpectancyError> {
    if found.is_finite() && found >= 0.0 {
        Ok(())
    } else {
        Err(ExpectancyError::NotANumber { what, found })
    }
}
