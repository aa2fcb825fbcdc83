//! Permutation tests of a pooled mean and of a meta-regression.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::permute::{Draws, permute};
//! use onset_models::pool::Options;
//! let labels = (1..=4).map(|i| i.to_string()).collect();
//! let effects = Effects::new(vec![0.4, 0.3, 0.5, 0.6], vec![0.1; 4], labels).unwrap();
//! let test = permute(&effects, None, &Options::default(), Draws::Exact, 1).unwrap();
//! // all four positive, or all four negative
//! assert_eq!(test.p, [2.0 / 16.0]);
//! ```

mod arrangements;
mod rows;
mod signs;
mod statistics;

use crate::pool::{Options, PoolError, Test, check_level};
use crate::regress::{Design, RegressError};
use onset_effects::Effects;
use serde::Serialize;
use thiserror::Error;

/// Which arrangements are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Draws {
    /// All of them, up to 10,000; else 10,000 at random.
    #[default]
    Automatic,
    /// All of them.
    Exact,
    /// This many at random; all of them where there are no more than that.
    Random(u64),
}

/// Arrangements that `Automatic` draws, and the most it enumerates.
pub const AUTOMATIC: u64 = 10_000;
/// Most arrangements that are enumerated.
pub const MOST_EXACT: u64 = 1 << 25;

/// A permutation test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Permuted {
    /// Two-sided p-value of every coefficient.
    pub p: Vec<f64>,
    /// p-value of all coefficients but the intercept together; `None` when there are none.
    pub p_moderators: Option<f64>,
    /// p-values of the moderators, each against the largest statistic of any; `None` for the intercept.
    pub p_adjusted: Vec<Option<f64>>,
    /// Arrangements tried; the observed one is counted among the exact ones and beside the random ones.
    pub iterations: u64,
    /// Whether they are all there are.
    pub exact: bool,
    /// The statistic permuted.
    #[serde(skip)]
    pub test: Test,
}

/// Why a permutation test was refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PermuteError {
    /// The model.
    #[error(transparent)]
    Regress(#[from] RegressError),
    /// Too many arrangements to try all.
    #[error(
        "there are {found} arrangements, and at most {most} are tried. Hint: give a number of iterations"
    )]
    TooMany {
        /// Their number, about.
        found: String,
        /// The most.
        most: u64,
    },
    /// No arrangement asked for.
    #[error("0 iterations give no p-value: at least 1 is needed")]
    NoIterations,
    /// Kenward-Roger statistics.
    #[error("the test {test} has no permutation form here. Hint: --test z, t, knha or adhoc")]
    NoStatistic {
        /// Code of the test.
        test: &'static str,
    },
}

impl From<PoolError> for PermuteError {
    fn from(error: PoolError) -> Self {
        PermuteError::Regress(error.into())
    }
}

/// Tests coefficients against their distribution under permutation.
///
/// # Formula
/// One mean: under no effect every effect is as likely with the other sign, so all 2^k assignments of
/// signs are tried. With moderators: under no association every order of the rows of the design is as
/// likely, so they are assigned to the effects in all distinct orders. Each time the model is fitted
/// again, tau2 included. p is the share of arrangements whose statistic |b_j|/se_j (whose Wald
/// statistic, for the moderators together) is at least the observed one; ties within 1e-8 count.
/// Random draws come from ChaCha8 and give (1 + hits)/(1 + draws). The adjusted p-value of a moderator
/// compares it with the largest statistic of any moderator in each arrangement.
/// # Inputs
/// `effects`: k >= 2 and more studies than coefficients; `design`: `None` for one mean. `options`: method
/// and test; without a test Wald's statistic is permuted, since no table of quantiles is used.
/// # Errors
/// `TooMany`, `NoIterations`, `NoStatistic`; those of [`regress`](crate::regress::regress).
/// # Source
/// Follmann & Proschan 1999, Biometrics 55:732; Higgins & Thompson 2004, Stat Med 23:1663 (moderators,
/// multiplicity); Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39 (the observed one counts).
pub fn permute(
    effects: &Effects,
    design: Option<&Design>,
    options: &Options,
    draws: Draws,
    seed: u64,
) -> Result<Permuted, PermuteError> {
    check_level(options.level)?;
    let test = options.test.unwrap_or(Test::Z);
    if test == Test::Kr {
        return Err(PermuteError::NoStatistic { test: test.code() });
    }
    if draws == Draws::Random(0) {
        return Err(PermuteError::NoIterations);
    }
    let options = &options.with_test(test);
    let k = effects.k();
    let needed = 2.max(design.map_or(1, Design::p) + 1);
    if k < needed {
        return Err(PoolError::TooFewStudies { found: k, needed }.into());
    }
    match design {
        None => signs::test(effects, options, draws, seed),
        Some(design) => rows::test(effects, design, options, draws, seed),
    }
}

/// What `draws` means where there are `possible` arrangements (as a number, for it may be huge).
fn plan(draws: Draws, possible: f64) -> Result<Plan, PermuteError> {
    let limit = match draws {
        Draws::Exact if possible > MOST_EXACT as f64 => {
            return Err(PermuteError::TooMany {
                found: format!("{possible:.3e}"),
                most: MOST_EXACT,
            });
        }
        Draws::Exact => MOST_EXACT,
        Draws::Automatic => AUTOMATIC,
        Draws::Random(n) => n,
    };
    Ok(if possible <= limit.min(MOST_EXACT) as f64 {
        Plan::All(possible as u64)
    } else {
        Plan::Random(limit)
    })
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Plan {
    All(u64),
    Random(u64),
}

/// Arrangements at least as extreme as the observed one.
#[derive(Debug, Clone, Default)]
struct Hits {
    each: Vec<u64>,
    largest: Vec<u64>,
    joint: u64,
}

impl Hits {
    fn new(p: usize) -> Self {
        Hits {
            each: vec![0; p],
            largest: vec![0; p],
            joint: 0,
        }
    }

    fn add(&mut self, other: &Hits) {
        let pairs = self.each.iter_mut().zip(&other.each);
        pairs.for_each(|(a, b)| *a += b);
        let pairs = self.largest.iter_mut().zip(&other.largest);
        pairs.for_each(|(a, b)| *a += b);
        self.joint += other.joint;
    }

    /// Shares of the arrangements; random ones take the observed one in.
    fn shares(&self, plan: Plan, intercept: bool, test: Test) -> Permuted {
        let (iterations, exact) = match plan {
            Plan::All(n) => (n, true),
            Plan::Random(n) => (n, false),
        };
        let share = |hits: u64| {
            if exact {
                hits as f64 / iterations as f64
            } else {
                (hits as f64 + 1.0) / (iterations as f64 + 1.0)
            }
        };
        let first = usize::from(intercept);
        let adjusted = |(j, hits): (usize, &u64)| (j >= first).then(|| share(*hits));
        Permuted {
            p: self.each.iter().map(|&hits| share(hits)).collect(),
            p_moderators: (self.each.len() > first).then(|| share(self.joint)),
            p_adjusted: self.largest.iter().enumerate().map(adjusted).collect(),
            iterations,
            exact,
            test,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans() {
        assert_eq!(plan(Draws::Automatic, 5040.0), Ok(Plan::All(5040)));
        assert_eq!(plan(Draws::Automatic, 40320.0), Ok(Plan::Random(10_000)));
        assert_eq!(plan(Draws::Random(100), 24.0), Ok(Plan::All(24)));
        assert_eq!(plan(Draws::Random(10), 24.0), Ok(Plan::Random(10)));
        assert!(matches!(
            plan(Draws::Exact, 1e30),
            Err(PermuteError::TooMany { .. })
        ));
    }
}
