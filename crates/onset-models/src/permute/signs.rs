//! One mean: every assignment of signs to the effects.

use super::statistics::{Statistics, ratio};
use super::{Draws, Hits, PermuteError, Permuted, Plan, plan};
use crate::pool::fitted::mean;
use crate::pool::projection::{Intercept, Projection};
use crate::pool::tau2::solve;
use crate::pool::{Method, Options, PoolError, Test};
use onset_effects::Effects;
use onset_math::random::Stream;
use rayon::prelude::*;

/// Arrangements done in one go.
const CHUNK: u64 = 1024;

pub(super) fn test(
    effects: &Effects,
    options: &Options,
    draws: Draws,
    seed: u64,
) -> Result<Permuted, PermuteError> {
    let k = effects.k();
    let plan = plan(draws, 2f64.powi(i32::try_from(k).unwrap_or(i32::MAX)))?;
    let mut observed = Statistics::new(1);
    observed.each[0] = statistic(effects.y(), effects.v(), options)?;
    // a flip of all signs changes no statistic: the first study keeps its own
    let (total, weight) = match plan {
        Plan::All(n) => (n / 2, 2),
        Plan::Random(n) => (n, 1),
    };
    let chunk = |chunk: u64| -> Result<Hits, PoolError> {
        let mut hits = Hits::new(1);
        let mut found = Statistics::new(1);
        let mut stream = Stream::new(seed, chunk);
        let mut y = effects.y().to_vec();
        for index in chunk * CHUNK..((chunk + 1) * CHUNK).min(total) {
            let mut bits = index;
            for (i, (y, own)) in y.iter_mut().zip(effects.y()).enumerate() {
                let flip = match plan {
                    Plan::All(_) => i > 0 && (index >> (i - 1)) & 1 == 1,
                    Plan::Random(_) => {
                        if i % 64 == 0 {
                            bits = stream.bits();
                        }
                        (bits >> (i % 64)) & 1 == 1
                    }
                };
                *y = if flip { -own } else { *own };
            }
            found.each[0] = statistic(&y, effects.v(), options)?;
            found.count(&observed, 1, &mut hits);
        }
        hits.each[0] *= weight;
        Ok(hits)
    };
    let chunks: Vec<_> = (0..total.div_ceil(CHUNK)).into_par_iter().map(chunk).collect();
    let mut hits = Hits::new(1);
    for chunk in chunks {
        hits.add(&chunk?);
    }
    Ok(hits.shares(plan, true, options.test.unwrap_or(Test::Z)))
}

/// |mean|/se.
fn statistic(y: &[f64], v: &[f64], options: &Options) -> Result<f64, PoolError> {
    let mut projection = Projection::Intercept(Intercept::new(y, v, None));
    let t = match options.method {
        Method::Common => 0.0,
        Method::Random(method) => solve(&mut projection, method, options.weights)?.value,
    };
    let (estimate, variance, _, _) = mean(&mut projection, options.fixed_weights(None), t);
    let scale = match options.test {
        Some(Test::Knha | Test::Adhoc) => projection.forms(t).q / projection.df(),
        _ => 1.0,
    };
    let scale = if options.test == Some(Test::Adhoc) {
        scale.max(1.0)
    } else {
        scale
    };
    ratio(estimate, (scale * variance).sqrt())
}
