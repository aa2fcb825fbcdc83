//! Models on made data, in this process.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::effects::Effects;
use onset::math::random::Stream;
use onset::models::bayes::{
    self, BiasOptions, RegressionOptions, TauPrior, bayes_regress, bias_averaging, default_grid, nnhm,
    prior_sensitivity,
};
use onset::models::blinding::{Belief, ExpectancyError, without_expectancy};
use onset::models::floor::{Analysis, Bias, Estimator, Target, fit_all};
use onset::models::pool::{Options, PredictionChoice, Tau2Method, Test, leave_one_out, pool};
use onset::models::regress::{Design, regress};
use std::hint::black_box;

/// Rows of pooling models.
pub fn rows() -> Fallible<Vec<Row>> {
    let few = made(13)?;
    let many = made(4_000)?;
    let most = made(1_000_000)?;
    let bare = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::random(Tau2Method::Reml).with_test(Test::Z)
    };
    let whole = Options::random(Tau2Method::Reml);
    Ok(vec![
        pooling("REML k=13", &few, &bare, 1_500.0, Limit::Arithmetic)?,
        pooling("REML+HK+QP+PI k=13", &few, &whole, 5_000.0, Limit::Arithmetic)?,
        pooling("REML k=4000", &many, &bare, 1e6, Limit::Arithmetic)?,
        pooling("REML k=1e6", &most, &bare, 3e8, Limit::Memory)?,
        regression()?,
        hierarchical(&few)?,
        bayesian_regression()?,
        floor_of_many()?,
        priors(&few)?,
        averaged()?,
        blinding_plane()?,
        Row::nanoseconds(
            "leave-one-out REML k=13",
            median_nanoseconds(|| leave_one_out(black_box(&few), &bare)),
            20_000.0,
            Limit::Arithmetic,
        ),
    ])
}

fn pooling(name: &str, effects: &Effects, options: &Options, budget: f64, limit: Limit) -> Fallible<Row> {
    pool(effects, options)?; // a row that fails would be fast
    let median = median_nanoseconds(|| pool(black_box(effects), options));
    Ok(Row::nanoseconds(name, median, budget, limit))
}

/// Fifty effects with two moderators.
pub(super) fn moderated() -> Fallible<(Effects, Vec<f64>, Vec<f64>)> {
    let mut stream = Stream::new(20_261_123, 1);
    let mut column = || -> Vec<f64> { (0..50).map(|_| stream.normal()).collect() };
    let (dose, year) = (column(), column());
    Ok((made(50)?, dose, year))
}

fn regression() -> Fallible<Row> {
    let (effects, dose, year) = moderated()?;
    let design = Design::numeric(&[("dose", &dose), ("year", &year)])?;
    let options = Options {
        tau2_interval: None,
        ..Options::random(Tau2Method::Reml).with_test(Test::Knha)
    };
    regress(&effects, &design, &options)?;
    Ok(Row::nanoseconds(
        "meta-regression REML-HK 2 moderators k=50",
        median_nanoseconds(|| regress(black_box(&effects), &design, &options)),
        10_000.0,
        Limit::Arithmetic,
    ))
}

/// Ten thousand analyses of 17 studies, each a fit of its own.
fn floor_of_many() -> Fallible<Row> {
    let pool = made(2_517)?;
    let sets: Vec<Effects> = (0..2_500)
        .map(|i| {
            let (from, to) = (i, i + 17);
            let labels = pool.labels()[from..to].to_vec();
            Effects::new(pool.y()[from..to].to_vec(), pool.v()[from..to].to_vec(), labels)
        })
        .collect::<Result<_, _>>()?;
    let target = Target {
        lower_is_better: false,
        important: 0.24,
        level: 0.95,
    };
    let ways = [
        (Estimator::Common, Bias::Ignored),
        (Estimator::Random(Tau2Method::Reml, None), Bias::Ignored),
        (Estimator::Random(Tau2Method::Pm, None), Bias::Ignored),
        (Estimator::Common, Bias::Pet),
    ];
    let analyses: Vec<Analysis> = sets
        .iter()
        .flat_map(|effects| {
            ways.iter().map(move |&(estimator, bias)| Analysis {
                effects,
                estimator,
                bias,
            })
        })
        .collect();
    for found in fit_all(&analyses, &target) {
        found?;
    }
    let median = median_nanoseconds(|| fit_all(black_box(&analyses), &target));
    Ok(Row::nanoseconds(
        "floor of 10,000 analyses",
        median,
        1e9,
        Limit::Arithmetic,
    ))
}

/// Everything `onset bayes` prints.
fn hierarchical(effects: &Effects) -> Fallible<Row> {
    let options = bayes::Options::new(TauPrior::HalfNormal { scale: 0.5 });
    nnhm(effects, &options)?;
    let median = median_nanoseconds(|| nnhm(black_box(effects), &options));
    Ok(Row::nanoseconds(
        "bayes NNHM, all summaries k=13",
        median,
        1e6,
        Limit::Arithmetic,
    ))
}

/// Coefficients, and both distributions at the moderators of each of 50 effects.
fn bayesian_regression() -> Fallible<Row> {
    let (effects, dose, year) = moderated()?;
    let design = Design::numeric(&[("dose", &dose), ("year", &year)])?;
    let options = RegressionOptions::new(TauPrior::HalfNormal { scale: 0.5 });
    bayes_regress(&effects, &design, &options)?;
    let median = median_nanoseconds(|| bayes_regress(black_box(&effects), &design, &options));
    Ok(Row::nanoseconds(
        "bayes meta-regression, all summaries k=50 p=3",
        median,
        2e7,
        Limit::Arithmetic,
    ))
}

/// The effect at 100 sizes of expectancy times 100 causal shares, each a pool of its own.
fn blinding_plane() -> Fallible<Row> {
    let effects = made(13)?;
    let beliefs: Vec<Belief> = (0..13)
        .map(|i| Belief {
            difference: 0.05 * f64::from(i),
            spread: 0.1,
            observed: i % 2 == 0,
        })
        .collect();
    let options = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::random(Tau2Method::Reml)
    };
    let plane = || -> Result<f64, ExpectancyError> {
        let mut sum = 0.0;
        for epsilon in 0..100 {
            for share in 0..100 {
                let slope = 0.01 * f64::from(epsilon) * 0.01 * f64::from(share);
                let pooled = without_expectancy(black_box(&effects), &beliefs, slope, &options)?;
                sum += pooled.value.mean.estimate;
            }
        }
        Ok(sum)
    };
    plane()?;
    Ok(Row::nanoseconds(
        "blinding plane 100 x 100",
        median_nanoseconds(plane),
        1e8,
        Limit::Arithmetic,
    ))
}

/// 36 models of publication bias of 20 studies.
fn averaged() -> Fallible<Row> {
    let effects = made(20)?;
    let options = BiasOptions::default();
    bias_averaging(&effects, &options)?;
    let median = median_nanoseconds(|| bias_averaging(black_box(&effects), &options));
    Ok(Row::nanoseconds(
        "bayes, 36 models averaged, k=20",
        median,
        1e9,
        Limit::Arithmetic,
    ))
}

fn priors(effects: &Effects) -> Fallible<Row> {
    let options = bayes::Options::new(TauPrior::HalfNormal { scale: 0.5 });
    let grid = &default_grid(0.5, 134)[..400];
    for result in prior_sensitivity(effects, grid, &options) {
        result.posterior?;
    }
    let median = median_nanoseconds(|| prior_sensitivity(black_box(effects), grid, &options));
    Ok(Row::nanoseconds(
        "bayes 400 priors k=13",
        median,
        1e8,
        Limit::Arithmetic,
    ))
}

/// k effects: tau2 = 0.05, sampling variances between 0.02 and 0.5, log-uniform.
pub(super) fn made(k: usize) -> Fallible<Effects> {
    let mut stream = Stream::new(20_261_123, k as u64);
    let (mut y, mut v) = (Vec::with_capacity(k), Vec::with_capacity(k));
    for _ in 0..k {
        let variance = 0.02 * 25_f64.powf(stream.uniform());
        y.push(0.3 + (variance + 0.05).sqrt() * stream.normal());
        v.push(variance);
    }
    let labels = (1..=k).map(|study| study.to_string()).collect();
    Ok(Effects::new(y, v, labels)?)
}
