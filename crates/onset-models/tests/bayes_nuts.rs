//! Quadrature against sampling: the normal-normal hierarchical model by the no-U-turn sampler, on three data sets.
//!
//! The sampler sees the whole model, true effects included (theta_i = mu + tau z_i with z_i ~ N(0, 1), ln tau), and shares no line
//! with the quadrature.
#![allow(
    clippy::unwrap_used,
    clippy::approx_constant,
    reason = "a test may stop at the first surprise, and a log odds ratio may look like a constant"
)]

mod support;

use onset_effects::Effects;
use onset_math::nuts::{Nuts, convergence, nuts};
use onset_math::random::Stream;
use onset_models::bayes::{Options, Summary, TauPrior, nnhm};
use support::{numbers, oracle};

const CHAINS: u64 = 4;
/// In Monte Carlo standard errors: of 60 comparisons, one in 2,500 would be as far off by chance.
const FAR: f64 = 4.5;
/// Vehtari et al. 2021.
const R_HAT: f64 = 1.01;
/// Effective draws that make the comparison one: errors of a mean of a fiftieth of its standard deviation.
const ENOUGH: f64 = 2_500.0;

/// Crins et al. 2014, log odds ratios and variances.
const CRINS: ([f64; 6], [f64; 6]) = (
    [-2.3097, -0.4595, -2.3026, -1.7579, -1.2585, -2.4179],
    [0.3594, 0.3096, 0.7750, 0.2078, 0.4122, 2.3373],
);

/// ln p(mu, ln tau, z | y) with its gradient; x = (mu, ln tau, z).
fn log_density(y: &[f64], v: &[f64], prior: TauPrior, x: &[f64], gradient: &mut [f64]) -> f64 {
    let (mu, tau) = (x[0], x[1].exp());
    gradient.fill(0.0);
    // prior on ln tau: that on tau, times tau
    let mut value = x[1];
    gradient[1] = 1.0;
    match prior {
        TauPrior::HalfNormal { scale } => {
            let ratio = (tau / scale) * (tau / scale);
            value -= 0.5 * ratio;
            gradient[1] -= ratio;
        }
        TauPrior::HalfCauchy { scale } => {
            let ratio = (tau / scale) * (tau / scale);
            value -= ratio.ln_1p();
            gradient[1] -= 2.0 * ratio / (1.0 + ratio);
        }
        _ => unreachable!("two priors are tested"),
    }
    for i in 0..y.len() {
        let z = x[2 + i];
        let residual = (y[i] - mu - tau * z) / v[i];
        value -= 0.5 * z * z + 0.5 * residual * residual * v[i];
        gradient[0] += residual;
        gradient[1] += residual * tau * z;
        gradient[2 + i] = residual * tau - z;
    }
    value
}

/// Draws of mu and of tau, by chain.
fn sample(y: &[f64], v: &[f64], prior: TauPrior, spread: f64) -> [Vec<Vec<f64>>; 2] {
    let options = Nuts {
        warmup: 1_500,
        draws: 6_000,
        target: 0.95,
        ..Nuts::default()
    };
    let (mut mu, mut tau) = (Vec::new(), Vec::new());
    for number in 0..CHAINS {
        let mut stream = Stream::new(20_261_127, number);
        let mut start: Vec<f64> = (0..y.len() + 2).map(|_| stream.normal()).collect();
        start[0] *= spread;
        start[1] = spread.ln() + 0.5 * start[1];
        let density = |x: &[f64], g: &mut [f64]| log_density(y, v, prior, x, g);
        let chain = nuts(&start, density, &options, &mut stream);
        assert_eq!(chain.draws.len(), options.draws);
        mu.push(chain.draws.iter().map(|x| x[0]).collect());
        tau.push(chain.draws.iter().map(|x| x[1].exp()).collect());
    }
    [mu, tau]
}

/// Distances from the quadrature in Monte Carlo standard errors: mean, standard deviation, three quantiles.
fn compare(place: &str, chains: &[Vec<f64>], found: &Summary) -> Vec<(String, f64)> {
    let of = convergence(chains);
    assert!(of.r_hat < R_HAT, "{place}: R-hat {}", of.r_hat);
    assert!(of.ess_bulk > ENOUGH, "{place}: {} effective draws", of.ess_bulk);
    let all: Vec<f64> = chains.concat();
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let square = |x: &f64| (x - mean) * (x - mean);
    let variance = all.iter().map(square).sum::<f64>() / n;
    let fourth = all.iter().map(|x| square(x) * square(x)).sum::<f64>() / n;
    let squares: Vec<Vec<f64>> = chains
        .iter()
        .map(|chain| chain.iter().map(square).collect())
        .collect();
    let error_of_sd =
        ((fourth - variance * variance) / convergence(&squares).ess_bulk).sqrt() / (2.0 * variance.sqrt());
    let mut far = vec![
        (
            format!("{place} mean"),
            (mean - found.mean.unwrap()) / (variance / of.ess_bulk).sqrt(),
        ),
        (
            format!("{place} sd"),
            (variance.sqrt() - found.sd.unwrap()) / error_of_sd,
        ),
    ];
    for (p, quantile) in [
        (0.025, found.central.0),
        (0.5, found.median),
        (0.975, found.central.1),
    ] {
        let below = all.iter().filter(|x| **x <= quantile).count() as f64 / n;
        let marks: Vec<Vec<f64>> = chains
            .iter()
            .map(|chain| {
                chain
                    .iter()
                    .map(|x| f64::from(u8::from(*x <= quantile)))
                    .collect()
            })
            .collect();
        let effective = convergence(&marks).ess_bulk.min(of.ess_bulk);
        far.push((
            format!("{place} quantile {p}"),
            (below - p) / (p * (1.0 - p) / effective).sqrt(),
        ));
    }
    far
}

#[test]
fn quadrature_agrees_with_sampling() {
    let schools = oracle("bayes_eight_schools");
    let bcg = oracle("bayes_bcg_lnRR");
    let squared = |se: Vec<f64>| -> Vec<f64> { se.iter().map(|s| s * s).collect() };
    let sets = [
        (
            "eight schools",
            numbers(&schools["y"]),
            squared(numbers(&schools["sigma"])),
            5.0,
            25.0,
        ),
        (
            "bcg",
            numbers(&bcg["y"]),
            squared(numbers(&bcg["sigma"])),
            0.5,
            0.5,
        ),
        ("crins2014", CRINS.0.to_vec(), CRINS.1.to_vec(), 0.5, 0.5),
    ];
    let mut far = Vec::new();
    for (name, y, v, normal, cauchy) in sets {
        let labels = (1..=y.len()).map(|i| i.to_string()).collect();
        let effects = Effects::new(y.clone(), v.clone(), labels).unwrap();
        for prior in [
            TauPrior::HalfNormal { scale: normal },
            TauPrior::HalfCauchy { scale: cauchy },
        ] {
            let posterior = nnhm(&effects, &Options::new(prior)).unwrap();
            let [mu, tau] = sample(&y, &v, prior, normal);
            let place = format!("{name}, {}", prior.code());
            far.extend(compare(&format!("{place}: mu"), &mu, &posterior.mu));
            far.extend(compare(&format!("{place}: tau"), &tau, &posterior.tau));
        }
    }
    assert_eq!(far.len(), 3 * 2 * 2 * 5);
    let worst = far.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
    println!("worst: {worst:?}");
    for (place, distance) in &far {
        assert!(distance.abs() < FAR, "{place}: {distance} standard errors");
    }
}
