//! Time courses, survival curves and restricted means.

use super::{Limit, Row, median, median_nanoseconds};
use crate::Fallible;
use crate::courses::{MONTHS, alogliptin, contrasts, radiation, stenosis};
use onset::models::survival::{pool_rmst, reconstruct};
use onset::models::timecourse::{BayesOptions, Benefit, Longitudinal, Options, bayes, fit};
use onset::review::{Protocol, folder, run};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// The flagship review, from the root of the workspace.
const FLAGSHIP: &str = "reviews/ketamine";
/// Pairs of runs of the flagship, an odd number.
const PAIRS: usize = 15;
/// Threads that sample.
const THREADS: usize = 2;
/// Effective sample size, bulk and both tails, that each parameter must have for the sampling row to count.
const LEAST_ESS: f64 = 1_000.0;

/// Rows of time courses and survival.
pub fn rows() -> Fallible<Vec<Row>> {
    let data = alogliptin()?;
    let options = Options::default();
    fit(&data, &options)?; // a row that fails would be fast
    let mut rows = vec![
        Row::nanoseconds(
            "time course, emax of 233 visits, likelihood",
            median_nanoseconds(|| fit(black_box(&data), &options)),
            2e7,
            Limit::Arithmetic,
        ),
        sampled(&data)?,
    ];
    rows.extend(flagship(Path::new(FLAGSHIP))?);
    let curves = radiation()?;
    for (points, at_risk) in &curves {
        reconstruct(points, at_risk, None)?;
    }
    let both = || {
        for (points, at_risk) in &curves {
            black_box(reconstruct(black_box(points), at_risk, None).is_ok());
        }
    };
    rows.push(Row::nanoseconds(
        "survival curve reconstructed, 140 points",
        median_nanoseconds(both) / curves.len() as f64,
        5e6,
        Limit::Arithmetic,
    ));
    let trials = stenosis()?;
    let pooled = || -> Fallible<usize> {
        let contrasts = contrasts(black_box(&trials), &MONTHS)?;
        Ok(pool_rmst(&contrasts, &MONTHS)?.multivariate_random.len())
    };
    if pooled()? != MONTHS.len() {
        return Err("restricted means: no multivariate random effects".into());
    }
    rows.push(Row::nanoseconds(
        "RMST of 5 trials at 3 horizons, multivariate REML",
        median_nanoseconds(pooled),
        2e7,
        Limit::Arithmetic,
    ));
    Ok(rows)
}

/// Four chains of 1,000 draws; an error where a parameter has fewer effective draws than promised.
fn sampled(data: &Longitudinal) -> Fallible<Row> {
    let options = Options::default();
    let sampling = BayesOptions::default();
    let sample = || {
        bayes(
            black_box(data),
            &options,
            &sampling,
            Benefit::Lower,
            Some(0.3),
            0.95,
        )
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let found = pool.install(sample)?;
    for parameter in &found.parameters {
        let seen = parameter.convergence;
        let least = seen.ess_bulk.min(seen.ess_tail);
        if least.is_nan() || least < LEAST_ESS {
            let name = &parameter.name;
            return Err(format!("sampling: {name} has {least:.0} effective draws, below {LEAST_ESS}").into());
        }
    }
    let median = pool.install(|| median_nanoseconds(sample));
    Ok(Row::nanoseconds(
        "time course, NUTS 4 x 1,000, effective 1,000 each",
        median,
        1e10,
        Limit::Arithmetic,
    ))
}

/// What the curves add to a run of the flagship: the median over pairs of a run with them and one without.
fn flagship(folder: &Path) -> Fallible<Option<Row>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let refused = |found: Vec<onset::data::Diagnostic>| {
        found.first().map_or(String::new(), |first| first.message.clone())
    };
    let loaded = folder::load(folder).map_err(refused)?;
    let (with, evidence) = loaded.value;
    let without = Protocol {
        timecourse: None,
        ..with.clone()
    };
    let spent = |protocol: &Protocol| -> Fallible<f64> {
        let start = Instant::now();
        black_box(run(protocol, &evidence, &loaded.warnings)?);
        Ok(start.elapsed().as_nanos() as f64)
    };
    let mut added = Vec::with_capacity(PAIRS);
    for _ in 0..PAIRS {
        added.push(spent(&with)? - spent(&without)?);
    }
    Ok(Some(Row::nanoseconds(
        "time courses of reviews/ketamine",
        median(added),
        1e8,
        Limit::Arithmetic,
    )))
}
