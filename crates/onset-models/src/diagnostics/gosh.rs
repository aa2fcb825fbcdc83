//! GOSH: the pooled mean of every subset of the studies.

use super::quantiles::quantile;
use crate::pool::fitted::{heterogeneity, mean};
use crate::pool::projection::{Intercept, Projection};
use crate::pool::tau2::solve;
use crate::pool::{Method, Options, PoolError};
use onset_effects::Effects;
use onset_math::random::Stream;
use rayon::prelude::*;
use serde::Serialize;

/// Which subsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subsets {
    /// All but the empty one.
    All,
    /// This many at random: every study is in or out with probability 1/2, never all out.
    Random(u64),
}

/// Most subsets that are fitted.
pub const MOST_SUBSETS: u64 = 1 << 22;
/// Subsets done in one go.
const CHUNK: u64 = 1024;

/// The pooled mean of one subset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoshFit {
    /// Studies in it.
    pub k: u32,
    /// Mean.
    pub estimate: f64,
    /// Between-study variance.
    pub tau2: f64,
    /// I2 in percent.
    pub i2: f64,
    /// Cochran's Q.
    pub q: f64,
}

/// The fits of subsets with their members.
#[derive(Debug, Clone, PartialEq)]
pub struct Gosh {
    /// One a subset.
    pub fits: Vec<GoshFit>,
    /// Whether they are all there are.
    pub complete: bool,
    studies: usize,
    /// Members of random subsets, 64 studies a word.
    members: Vec<u64>,
}

/// Pools subsets of the studies.
///
/// # Formula
/// Each subset is fitted by the estimator of [`pool`](crate::pool::pool); a single study is its own mean,
/// with tau2, I2 and Q of 0. All subsets come in binary order: study i is in subset n when bit i of n + 1
/// is set.
/// # Inputs
/// `effects`: k >= 2; `options`: method and weights; `seed`: of random subsets.
/// # Errors
/// `TooFewStudies`; `TooManySubsets` beyond 2^22; `NotFinite`.
/// # Source
/// Olkin, Dahabreh & Trikalinos 2012, Res Synth Methods 3:214.
pub fn gosh(effects: &Effects, options: &Options, subsets: Subsets, seed: u64) -> Result<Gosh, PoolError> {
    let k = effects.k();
    if k < 2 {
        return Err(PoolError::TooFewStudies { found: k, needed: 2 });
    }
    let total = match subsets {
        Subsets::All if k < 64 => (1u64 << k) - 1,
        Subsets::All => u64::MAX,
        Subsets::Random(n) => n,
    };
    if total > MOST_SUBSETS {
        return Err(PoolError::TooManySubsets {
            studies: k,
            most: MOST_SUBSETS,
        });
    }
    let words = k.div_ceil(64);
    let complete = subsets == Subsets::All;
    let chunk = |chunk: u64| -> Result<(Vec<GoshFit>, Vec<u64>), PoolError> {
        let mut stream = Stream::new(seed, chunk);
        let (start, end) = (chunk * CHUNK, ((chunk + 1) * CHUNK).min(total));
        let mut fits = Vec::with_capacity((end - start) as usize);
        let mut members = Vec::new();
        let (mut y, mut v) = (Vec::with_capacity(k), Vec::with_capacity(k));
        let mut set = vec![0u64; words];
        for index in start..end {
            if complete {
                set[0] = index + 1;
            } else {
                draw(&mut stream, &mut set, k);
                members.extend_from_slice(&set);
            }
            y.clear();
            v.clear();
            for (word, bits) in set.iter().enumerate() {
                let mut bits = *bits;
                while bits != 0 {
                    let i = 64 * word + bits.trailing_zeros() as usize;
                    y.push(effects.y()[i]);
                    v.push(effects.v()[i]);
                    bits &= bits - 1;
                }
            }
            fits.push(fit(&y, &v, options)?);
        }
        Ok((fits, members))
    };
    let chunks: Vec<_> = (0..total.div_ceil(CHUNK)).into_par_iter().map(chunk).collect();
    let mut all = Gosh {
        fits: Vec::with_capacity(total as usize),
        complete,
        studies: k,
        members: Vec::new(),
    };
    for chunk in chunks {
        let (fits, members) = chunk?;
        all.fits.extend(fits);
        all.members.extend(members);
    }
    Ok(all)
}

/// A random subset that is not empty.
fn draw(stream: &mut Stream, set: &mut [u64], k: usize) {
    loop {
        for (word, bits) in set.iter_mut().enumerate() {
            let left = k - 64 * word;
            *bits = stream.bits() >> (64 - left.min(64));
        }
        if set.iter().any(|bits| *bits != 0) {
            return;
        }
    }
}

/// The same functions as in a whole pool.
fn fit(y: &[f64], v: &[f64], options: &Options) -> Result<GoshFit, PoolError> {
    if let (&[y], [_]) = (y, v) {
        return Ok(GoshFit {
            k: 1,
            estimate: y,
            tau2: 0.0,
            i2: 0.0,
            q: 0.0,
        });
    }
    let mut projection = Projection::Intercept(Intercept::new(y, v, None));
    let t = match options.method {
        Method::Common => 0.0,
        Method::Random(method) => solve(&mut projection, method, options.weights)?.value,
    };
    let at_zero = projection.forms(0.0);
    let (estimate, ..) = mean(&mut projection, options.fixed_weights(None), t);
    let (i2, _) = heterogeneity(options.method, t, &at_zero, projection.df());
    if !(estimate.is_finite() && i2.is_finite() && at_zero.q.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the mean of a subset",
        });
    }
    Ok(GoshFit {
        k: y.len() as u32,
        estimate,
        tau2: t,
        i2,
        q: at_zero.q,
    })
}

/// Five numbers of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FiveNumbers {
    /// Least.
    pub min: f64,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// Largest.
    pub max: f64,
}

/// Medians over the subsets with and without one study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WithWithout {
    /// Median mean of the subsets with it.
    pub estimate_with: Option<f64>,
    /// Without it.
    pub estimate_without: Option<f64>,
    /// Median I2 of the subsets with it.
    pub i2_with: Option<f64>,
    /// Without it.
    pub i2_without: Option<f64>,
}

/// Counts of subsets over a grid of means and I2.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoshGrid {
    /// Borders along the means, one more than columns.
    pub estimate: Vec<f64>,
    /// Borders along I2, one more than rows.
    pub i2: Vec<f64>,
    /// Subsets, a row of columns for each step of I2.
    pub counts: Vec<Vec<u64>>,
}

/// Columns and rows of the grid.
const STEPS: usize = 40;

impl Gosh {
    /// Whether study i is in subset n.
    pub fn contains(&self, n: usize, i: usize) -> bool {
        if self.complete {
            return i < 64 && ((n as u64 + 1) >> i) & 1 == 1;
        }
        let words = self.studies.div_ceil(64);
        self.members
            .get(n * words + i / 64)
            .is_some_and(|word| (word >> (i % 64)) & 1 == 1)
    }

    /// Studies that subsets were drawn from.
    pub fn studies(&self) -> usize {
        self.studies
    }

    /// Five numbers of what `of` picks.
    pub fn five_numbers(&self, of: impl Fn(&GoshFit) -> f64) -> FiveNumbers {
        let mut values: Vec<f64> = self.fits.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |share| quantile(&values, share);
        FiveNumbers {
            min: at(0.0),
            q1: at(0.25),
            median: at(0.5),
            q3: at(0.75),
            max: at(1.0),
        }
    }

    /// Medians with and without study i: a study that parts the cloud stands out here.
    pub fn with_without(&self, i: usize) -> WithWithout {
        let median = |inside: bool, of: fn(&GoshFit) -> f64| {
            let chosen = self.fits.iter().enumerate();
            let chosen = chosen.filter(|(n, _)| self.contains(*n, i) == inside);
            let mut values: Vec<f64> = chosen.map(|(_, fit)| of(fit)).collect();
            let middle = values.len() / 2;
            let even = values.len().is_multiple_of(2);
            if values.is_empty() {
                return None;
            }
            let (below, &mut at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
            let under = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Some(if even { 0.5 * (under + at) } else { at })
        };
        WithWithout {
            estimate_with: median(true, |fit| fit.estimate),
            estimate_without: median(false, |fit| fit.estimate),
            i2_with: median(true, |fit| fit.i2),
            i2_without: median(false, |fit| fit.i2),
        }
    }

    /// The subsets counted over 40 by 40 fields, from the least mean to the largest and I2 from 0 to 100.
    pub fn grid(&self) -> GoshGrid {
        let means = self.five_numbers(|fit| fit.estimate);
        let width = means.max - means.min;
        let mut counts = vec![vec![0; STEPS]; STEPS];
        let place = |share: f64| ((share * STEPS as f64) as usize).min(STEPS - 1);
        for fit in &self.fits {
            let column = if width > 0.0 {
                place((fit.estimate - means.min) / width)
            } else {
                0
            };
            counts[place(fit.i2 / 100.0)][column] += 1;
        }
        let borders = |from: f64, to: f64| {
            (0..=STEPS)
                .map(|i| from + (to - from) * i as f64 / STEPS as f64)
                .collect()
        };
        GoshGrid {
            estimate: borders(means.min, means.max),
            i2: borders(0.0, 100.0),
            counts,
        }
    }
}
