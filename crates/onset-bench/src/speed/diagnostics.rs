//! Diagnostics and permutation tests on made data, in this process.

use super::models::made;
use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::effects::Effects;
use onset::math::random::Stream;
use onset::models::diagnostics::{Model, Subsets, gosh, influence};
use onset::models::permute::{Draws, permute};
use onset::models::pool::{Options, Tau2Method, Test};
use onset::models::regress::Design;
use std::hint::black_box;

/// Threads of the rows over all subsets.
const THREADS: usize = 2;

/// Rows of diagnostics.
pub fn rows() -> Fallible<Vec<Row>> {
    let options = Options::random(Tau2Method::Reml).with_test(Test::Z);
    let (few, many) = (made(13)?, made(200)?);
    Ok(vec![
        influences("influence set REML k=13", &few, &options, 30_000.0)?,
        influences("influence set REML k=200", &many, &options, 5e6)?,
        subsets("GOSH REML 2^13 subsets, 2 threads", &few, &options, 10e6)?,
        subsets("GOSH REML 2^20 subsets, 2 threads", &made(20)?, &options, 1.5e9)?,
        permutations(&few, &options)?,
    ])
}

fn influences(name: &str, effects: &Effects, options: &Options, budget: f64) -> Fallible<Row> {
    let model = Model {
        effects,
        design: None,
        options,
    };
    influence(&model)?;
    let median = median_nanoseconds(|| influence(black_box(&model)));
    Ok(Row::nanoseconds(name, median, budget, Limit::Arithmetic))
}

fn subsets(name: &str, effects: &Effects, options: &Options, budget: f64) -> Fallible<Row> {
    let threads = threads(THREADS)?;
    threads.install(|| gosh(effects, options, Subsets::All, 1))?;
    let median =
        threads.install(|| median_nanoseconds(|| gosh(black_box(effects), options, Subsets::All, 1)));
    Ok(Row::nanoseconds(name, median, budget, Limit::Arithmetic))
}

fn permutations(effects: &Effects, options: &Options) -> Fallible<Row> {
    let mut stream = Stream::new(20_261_123, 2);
    let dose: Vec<f64> = (0..effects.k()).map(|_| stream.normal()).collect();
    let design = Design::numeric(&[("dose", &dose)])?;
    let threads = threads(1)?;
    let run = || {
        permute(
            black_box(effects),
            Some(&design),
            options,
            Draws::Random(10_000),
            1,
        )
    };
    threads.install(run)?;
    Ok(Row::nanoseconds(
        "permutation test REML 1 moderator k=13, 10,000 orders",
        threads.install(|| median_nanoseconds(run)),
        30e6,
        Limit::Arithmetic,
    ))
}

fn threads(n: usize) -> Fallible<rayon::ThreadPool> {
    Ok(rayon::ThreadPoolBuilder::new().num_threads(n).build()?)
}
