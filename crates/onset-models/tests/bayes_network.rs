//! Bayesian networks against the pooled model, brute force, dense quadrature, sampling and laws.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]
#![allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]

mod support;

use onset_effects::Effects;
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::normal;
use onset_math::nuts::{Nuts, convergence, nuts};
use onset_math::quadrature::gauss_legendre;
use onset_math::random::Stream;
use onset_models::bayes::{MuPrior, Options, Summary, TauPrior, nnhm};
use onset_models::network::{
    BayesNetworkOptions, BayesNma, Contrast, Network, NetworkError, NetworkOptions, SmallValues,
    bayes_network, network_meta,
};
use serde_json::Value;
use support::{Ledger, optional, oracle, texts};

/// Two routes through the same quadrature: rounding, and where an iteration for a quantile stops.
const SAME: f64 = 1e-10;
/// Nested quadrature of plain densities over all three parameters.
const BRUTE: f64 = 1e-8;
/// Dense trapezoid on ln tau with whole matrices; quantiles of tau by cumulative Simpson sums and a spline.
const DENSE: f64 = 1e-7;
/// In Monte Carlo standard errors: of 20 comparisons, one in 7,000 would be as far off by chance.
const FAR: f64 = 4.5;

fn contrast(study: &str, treat1: &str, treat2: &str, y: f64, v: f64) -> Contrast {
    Contrast {
        study: study.to_owned(),
        treat1: treat1.to_owned(),
        treat2: treat2.to_owned(),
        y,
        se: v.sqrt(),
    }
}

fn network(rows: &[Contrast]) -> Network {
    Network::new(rows).unwrap().value
}

fn senn() -> Vec<Contrast> {
    let file = "network_senn2013";
    let words = |name: &str| texts(file, name);
    let (study, a, b) = (words("studlab"), words("treat1"), words("treat2"));
    let (y, se) = (optional(file, "TE"), optional(file, "seTE"));
    let row = |i: usize| {
        let (study, a, b) = (study[i].as_ref()?, a[i].as_ref()?, b[i].as_ref()?);
        Some(contrast(study, a, b, y[i]?, se[i]? * se[i]?))
    };
    (0..y.len()).filter_map(row).collect()
}

fn close(a: f64, b: f64, scale: f64, tolerance: f64) {
    assert!(
        (a - b).abs() <= tolerance * scale,
        "{a} {b}: {:e}",
        (a - b).abs() / scale
    );
}

fn same(a: &Summary, b: &Summary) {
    let scale = b.sd.unwrap_or(b.central.1 - b.central.0);
    for (x, y) in [
        (a.mean.unwrap_or(0.0), b.mean.unwrap_or(0.0)),
        (a.sd.unwrap_or(0.0), b.sd.unwrap_or(0.0)),
        (a.median, b.median),
        (a.central.0, b.central.0),
        (a.central.1, b.central.1),
        (a.shortest.0, b.shortest.0),
        (a.shortest.1, b.shortest.1),
    ] {
        close(x, y, scale, SAME);
    }
}

#[test]
fn two_treatments_are_the_pool() {
    let (y, v) = ([0.4, -0.1, 0.8, 0.3, 0.9], [0.04, 0.1225, 0.09, 0.0625, 0.16]);
    let labels = (1..=5).map(|i| i.to_string()).collect();
    let effects = Effects::new(y.to_vec(), v.to_vec(), labels).unwrap();
    // A minus B, B the reference
    let rows: Vec<Contrast> = (0..5)
        .map(|i| contrast(&i.to_string(), "A", "B", y[i], v[i]))
        .collect();
    let network = network(&rows);
    for tau in [
        "halfnormal:0.5",
        "halfcauchy:0.3",
        "uniform",
        "uniform:2",
        "jeffreys",
        "lognormal:-1:0.7",
    ] {
        for mu in [MuPrior::Flat, MuPrior::Normal { mean: 0.3, sd: 0.8 }] {
            let tau_prior = TauPrior::from_code(tau).unwrap();
            let options = BayesNetworkOptions {
                effect_prior: mu,
                reference: 1,
                threshold: 0.2,
                ..BayesNetworkOptions::new(tau_prior)
            };
            let ours = bayes_network(&network, &options).unwrap();
            let pooled = Options {
                mu_prior: mu,
                threshold: 0.2,
                ..Options::new(tau_prior)
            };
            let direct = nnhm(&effects, &pooled).unwrap();
            let pair = &ours.pairs[0];
            same(&pair.effect, &direct.mu);
            same(&ours.tau, &direct.tau);
            let scale = direct.predictive.central.1 - direct.predictive.central.0;
            close(pair.prediction.0, direct.predictive.central.0, scale, SAME);
            close(pair.prediction.1, direct.predictive.central.1, scale, SAME);
            close(pair.prob_beyond[0], direct.prob_beyond, 1.0, SAME);
            close(
                pair.prob_beyond_predictive[0],
                direct.prob_beyond_predictive,
                1.0,
                SAME,
            );
            match (ours.log_marginal, direct.log_marginal) {
                (Some(ours), Some(theirs)) => close(ours, theirs, 1.0, SAME),
                (ours, theirs) => assert_eq!(ours, theirs),
            }
        }
    }
}

/// Two studies of two arms and one of three: variances of arms 0.05, 0.08, 0.03 in the last.
fn small() -> Vec<Contrast> {
    vec![
        contrast("1", "B", "A", 0.5, 0.06),
        contrast("2", "C", "B", -0.2, 0.09),
        contrast("3", "B", "A", 0.9, 0.13),
        contrast("3", "C", "A", 0.1, 0.08),
        contrast("3", "C", "B", -0.8, 0.11),
        contrast("4", "C", "A", 0.6, 0.05),
    ]
}

#[test]
fn several_arms_equal_brute_force() {
    let (scale, sd) = (0.4, 0.9);
    let given = |tau: f64, b: f64, c: f64| {
        let one = |y: f64, v: f64, mean: f64| {
            let total = (v + tau * tau).sqrt();
            normal::pdf((y - mean) / total) / total
        };
        // study 3: B - A and C - A share the variance of A's arm, 0.05
        let (v11, v22, v12) = (0.13 + tau * tau, 0.08 + tau * tau, 0.05 + 0.5 * tau * tau);
        let (r1, r2, det) = (0.9 - b, 0.1 - c, v11 * v22 - v12 * v12);
        let form = (v22 * r1 * r1 - 2.0 * v12 * r1 * r2 + v11 * r2 * r2) / det;
        let three = (-0.5 * form).exp() / (2.0 * std::f64::consts::PI * det.sqrt());
        let priors =
            normal::pdf(b / sd) * normal::pdf(c / sd) / (sd * sd) * 2.0 * normal::pdf(tau / scale) / scale;
        one(0.5, 0.06, b) * one(-0.2, 0.09, c - b) * one(0.6, 0.05, c) * three * priors
    };
    let rule = gauss_legendre(80);
    let gauss = |a: f64, b: f64, g: &dyn Fn(f64) -> f64| {
        let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
        let terms = rule.nodes.iter().zip(&rule.weights);
        half * terms.map(|(x, w)| w * g(centre + half * x)).sum::<f64>()
    };
    let trapezoid = |g: &dyn Fn(f64) -> f64| 0.05 * (-130..=130).map(|i| g(0.05 * f64::from(i))).sum::<f64>();
    // C - B is the inner variable, so that its lower part can be cut off
    let integral = |top: f64, f: &dyn Fn(f64, f64, f64) -> f64| {
        gauss(0.0, 3.2, &|tau| {
            let inner = |d: f64| trapezoid(&|b| f(tau, b, b + d) * given(tau, b, b + d));
            if top.is_finite() {
                gauss(-4.5, top, &inner)
            } else {
                trapezoid(&inner)
            }
        })
    };
    let network = network(&small());
    let options = BayesNetworkOptions {
        effect_prior: MuPrior::Normal { mean: 0.0, sd },
        ..BayesNetworkOptions::new(TauPrior::HalfNormal { scale })
    };
    let ours = bayes_network(&network, &options).unwrap();
    let whole = integral(f64::INFINITY, &|_, _, _| 1.0);
    let expect = |f: &dyn Fn(f64, f64, f64) -> f64| integral(f64::INFINITY, f) / whole;
    close(ours.log_marginal.unwrap(), whole.ln(), 1.0, BRUTE);
    let tau = expect(&|t, _, _| t);
    close(ours.tau.mean.unwrap(), tau, tau, BRUTE);
    type Of<'a> = &'a dyn Fn(f64, f64) -> f64;
    let pairs: [Of<'_>; 3] = [&|b, _| -b, &|_, c| -c, &|b, c| b - c];
    for (pair, of) in ours.pairs.iter().zip(pairs) {
        let mean = expect(&|_, b, c| of(b, c));
        let deviation = expect(&|_, b, c| (of(b, c) - mean).powi(2)).sqrt();
        close(pair.effect.mean.unwrap(), mean, deviation, BRUTE);
        close(pair.effect.sd.unwrap(), deviation, deviation, BRUTE);
    }
    // B - C < 0 is C - B > 0
    let below = integral(0.0, &|_, _, _| 1.0) / whole;
    close(ours.pairs[2].prob_negative, 1.0 - below, 1.0, BRUTE);
    let low = integral(-ours.pairs[2].effect.central.1, &|_, _, _| 1.0) / whole;
    close(low, 0.025, 1.0, BRUTE);
}

#[test]
fn a_prior_at_zero_is_the_common_effect() {
    let network = network(&senn());
    let common = network_meta(&network, &NetworkOptions::default())
        .unwrap()
        .value
        .common;
    let ours = bayes_network(
        &network,
        &BayesNetworkOptions::new(TauPrior::HalfNormal { scale: 1e-7 }),
    )
    .unwrap();
    for pair in &ours.pairs {
        let se = common.standard_error[pair.a][pair.b].unwrap();
        close(
            pair.effect.mean.unwrap(),
            common.estimate[pair.a][pair.b].unwrap(),
            se,
            1e-9,
        );
        close(pair.effect.sd.unwrap(), se, se, 1e-9);
    }
}

fn options_of(fit: &Value, network: &Network) -> BayesNetworkOptions {
    let code = match fit["scale"].as_f64() {
        Some(scale) => format!("{}:{scale}", fit["prior"].as_str().unwrap()),
        None => fit["prior"].as_str().unwrap().to_owned(),
    };
    let flat = MuPrior::Flat;
    let normal = |sd| MuPrior::Normal { mean: 0.0, sd };
    BayesNetworkOptions {
        effect_prior: fit["effect_sd"].as_f64().map_or(flat, normal),
        reference: network.treatments().iter().position(|t| t == "placebo").unwrap(),
        ..BayesNetworkOptions::new(TauPrior::from_code(&code).unwrap())
    }
}

#[test]
fn dense_quadrature_by_whole_matrices() {
    let file = oracle("bayes_network");
    let network = network(&senn());
    let mut ledger = Ledger::default();
    for fit in file["fits"].as_array().unwrap() {
        let options = options_of(fit, &network);
        let ours = bayes_network(&network, &options).unwrap();
        let at = options.tau_prior.code();
        let mut check = |what: &str, x: f64, theirs: &Value, scale: f64| {
            ledger.check(what, &at, x, theirs, scale, DENSE);
        };
        for (pair, theirs) in ours.pairs.iter().zip(fit["pairs"].as_array().unwrap()) {
            assert_eq!(ours.treatments[pair.a], theirs["a"].as_str().unwrap());
            assert_eq!(ours.treatments[pair.b], theirs["b"].as_str().unwrap());
            let sd = pair.effect.sd.unwrap();
            check("mean", pair.effect.mean.unwrap(), &theirs["mean"], sd);
            check("sd", sd, &theirs["sd"], sd);
            check("median", pair.effect.median, &theirs["median"], sd);
            check("central", pair.effect.central.0, &theirs["central"][0], sd);
            check("central", pair.effect.central.1, &theirs["central"][1], sd);
            check("prediction", pair.prediction.0, &theirs["new"][0], sd);
            check("prediction", pair.prediction.1, &theirs["new"][1], sd);
            check("p", pair.prob_negative, &theirs["p_lt_0"], 1.0);
        }
        for (name, score) in ours.treatments.iter().zip(&ours.p_scores) {
            check("P-score", *score, &fit["p_scores"][name], 1.0);
        }
        let tau = &ours.tau;
        let sd = tau.sd.unwrap();
        check("tau mean", tau.mean.unwrap(), &fit["tau"]["mean"], sd);
        check("tau sd", sd, &fit["tau"]["sd"], sd);
        check("tau median", tau.median, &fit["tau"]["median"], sd);
        check("tau central", tau.central.0, &fit["tau"]["central"][0], sd);
        check("tau central", tau.central.1, &fit["tau"]["central"][1], sd);
        if let Some(ours) = ours.log_marginal {
            check("log marginal", ours, &fit["log_marginal"], 1.0);
        }
    }
    ledger.finish("bayes network", 3 * (45 * 8 + 10 + 5) + 1);
}

/// Levels of flat effects know no reference; ranks, scores and thresholds mirror.
#[test]
fn laws() {
    let network = network(&senn());
    let base = BayesNetworkOptions {
        threshold: -0.3,
        draws: 20_000,
        seed: 7,
        ..BayesNetworkOptions::new(TauPrior::HalfCauchy { scale: 0.5 })
    };
    let ours = bayes_network(&network, &base).unwrap();
    let again = bayes_network(&network, &BayesNetworkOptions { reference: 6, ..base }).unwrap();
    for (a, b) in ours.pairs.iter().zip(&again.pairs) {
        same(&a.effect, &b.effect);
        close(a.prob_beyond[1], b.prob_beyond[1], 1.0, SAME);
        assert!(a.prediction.0 < a.effect.central.0 && a.prediction.1 > a.effect.central.1);
    }
    assert_eq!(ours, bayes_network(&network, &base).unwrap());
    let turned: Vec<Contrast> = senn().into_iter().map(|c| Contrast { y: -c.y, ..c }).collect();
    let turned = Network::new(&turned).unwrap().value;
    let other = BayesNetworkOptions {
        small_values: SmallValues::Undesirable,
        threshold: 0.3,
        ..base
    };
    let mirror = bayes_network(&turned, &other).unwrap();
    for (a, b) in ours.pairs.iter().zip(&mirror.pairs) {
        close(a.effect.median, -b.effect.median, a.effect.sd.unwrap(), SAME);
        close(a.prob_beyond[0], b.prob_beyond[0], 1.0, SAME);
        close(a.prob_beyond[1], b.prob_beyond[1], 1.0, SAME);
    }
    let ranks = ours.ranks.as_ref().unwrap();
    for (i, score) in ours.p_scores.iter().enumerate() {
        close(*score, mirror.p_scores[i], 1.0, SAME);
        // four standard errors of a mean rank that lies within 0 and 1
        close(ranks.sucra[i], *score, 1.0, 4.0 * 0.25 / 20_000_f64.sqrt());
        close(ranks.probability[i].iter().sum(), 1.0, 1.0, 1e-12);
    }
    close(ours.p_scores.iter().sum(), 5.0, 1.0, 1e-12);
}

#[test]
fn what_cannot_be_is_refused() {
    let prior = TauPrior::HalfNormal { scale: 0.5 };
    let base = BayesNetworkOptions::new(prior);
    let parts = network(&[
        contrast("1", "A", "B", 0.1, 0.1),
        contrast("2", "C", "D", 0.1, 0.1),
    ]);
    assert_eq!(
        bayes_network(&parts, &base).unwrap_err(),
        NetworkError::SeparateParts
    );
    let star = network(&[
        contrast("1", "A", "B", 0.1, 0.1),
        contrast("2", "A", "C", 0.1, 0.1),
    ]);
    assert!(bayes_network(&star, &base).is_ok());
    let flat = bayes_network(&star, &BayesNetworkOptions::new(TauPrior::Flat)).unwrap_err();
    assert!(
        matches!(
            flat,
            NetworkError::ImproperPosterior {
                found: 2,
                needed: 4,
                ..
            }
        ),
        "{flat}"
    );
    let beyond = BayesNetworkOptions { reference: 3, ..base };
    assert!(matches!(
        bayes_network(&star, &beyond),
        Err(NetworkError::NoSuchTreatment { found: 3 })
    ));
    for bad in [
        BayesNetworkOptions { level: 1.0, ..base },
        BayesNetworkOptions {
            threshold: f64::NAN,
            ..base
        },
        BayesNetworkOptions {
            effect_prior: MuPrior::Normal { mean: 0.0, sd: -1.0 },
            ..base
        },
    ] {
        assert!(matches!(bayes_network(&star, &bad), Err(NetworkError::Bayes(_))));
    }
}

/// A study's contrasts against its first arm: signed columns, effects and covariance.
struct Block {
    base: usize,
    others: Vec<usize>,
    y: Vec<f64>,
    v: Matrix,
}

fn blocks(rows: &[Contrast], treatments: &[String]) -> Vec<Block> {
    let index = |name: &str| treatments.iter().position(|t| t == name).unwrap();
    let mut labels: Vec<&str> = rows.iter().map(|r| r.study.as_str()).collect();
    labels.dedup();
    let block = |label: &&str| {
        let of: Vec<&Contrast> = rows.iter().filter(|r| r.study == *label).collect();
        let mut arms: Vec<usize> = of
            .iter()
            .flat_map(|r| [index(&r.treat1), index(&r.treat2)])
            .collect();
        arms.sort_unstable();
        arms.dedup();
        let pair = |a: usize, b: usize| {
            of.iter()
                .find_map(|r| match (index(&r.treat1), index(&r.treat2)) {
                    (i, j) if (i, j) == (a, b) => Some((r.y, r.se * r.se)),
                    (i, j) if (i, j) == (b, a) => Some((-r.y, r.se * r.se)),
                    _ => None,
                })
                .unwrap()
        };
        let (base, others) = (arms[0], arms[1..].to_vec());
        let variance = |a: usize, b: usize| if a == b { 0.0 } else { pair(a, b).1 };
        Block {
            base,
            y: others.iter().map(|&t| pair(t, base).0).collect(),
            v: Matrix::from_fn(others.len(), others.len(), |i, j| {
                0.5 * (variance(others[i], base) + variance(others[j], base) - variance(others[i], others[j]))
            }),
            others,
        }
    };
    labels.iter().map(block).collect()
}

/// ln p(d, ln tau | y), flat d against the first treatment, with its gradient; x = (d, ln tau).
fn log_density(blocks: &[Block], scale: f64, x: &[f64], gradient: &mut [f64]) -> f64 {
    let last = x.len() - 1;
    let tau = x[last].exp();
    let level = |t: usize| if t == 0 { 0.0 } else { x[t - 1] };
    gradient.fill(0.0);
    let ratio = (tau / scale) * (tau / scale);
    let mut value = x[last] - 0.5 * ratio;
    gradient[last] = 1.0 - ratio;
    for block in blocks {
        let p = block.y.len();
        let k = Matrix::from_fn(p, p, |i, j| if i == j { 1.0 } else { 0.5 });
        let total = block.v.add(&k.scale(tau * tau));
        let Some(cholesky) = Cholesky::new(&total) else {
            return f64::NEG_INFINITY;
        };
        let rest: Vec<f64> = (0..p)
            .map(|i| block.y[i] - level(block.others[i]) + level(block.base))
            .collect();
        let wr = cholesky.solve_vec(&rest);
        value -= 0.5 * (cholesky.ln_det() + rest.iter().zip(&wr).map(|(r, w)| r * w).sum::<f64>());
        for (i, &t) in block.others.iter().enumerate() {
            if t > 0 {
                gradient[t - 1] += wr[i];
            }
            if block.base > 0 {
                gradient[block.base - 1] -= wr[i];
            }
        }
        let trace = cholesky.inverse().mul(&k).trace();
        gradient[last] += tau * tau * (k.quadratic(&wr) - trace);
    }
    value
}

/// The no-U-turn sampler on the diabetes network: mean and standard deviation of every effect and of tau.
#[test]
fn quadrature_agrees_with_sampling() {
    let rows = senn();
    let network = network(&rows);
    let scale = 0.5;
    let ours: BayesNma = bayes_network(
        &network,
        &BayesNetworkOptions::new(TauPrior::HalfNormal { scale }),
    )
    .unwrap();
    let blocks = blocks(&rows, network.treatments());
    let options = Nuts {
        warmup: 1_000,
        draws: 4_000,
        target: 0.9,
        ..Nuts::default()
    };
    let n = network.treatments().len();
    let mut chains: Vec<Vec<Vec<f64>>> = vec![Vec::new(); n];
    for number in 0..4 {
        let mut stream = Stream::new(20_261_128, number);
        let mut start: Vec<f64> = (0..n).map(|_| 0.3 * stream.normal()).collect();
        start[n - 1] -= 1.0;
        let chain = nuts(
            &start,
            |x, g| log_density(&blocks, scale, x, g),
            &options,
            &mut stream,
        );
        for (i, into) in chains.iter_mut().enumerate() {
            let tau = |x: f64| if i + 1 == n { x.exp() } else { x };
            into.push(chain.draws.iter().map(|x| tau(x[i])).collect());
        }
    }
    let mut worst = 0.0_f64;
    for (i, chain) in chains.iter().enumerate() {
        let of = convergence(chain);
        assert!(
            of.r_hat < 1.01 && of.ess_bulk > 2_500.0,
            "{i}: {} {}",
            of.r_hat,
            of.ess_bulk
        );
        let all = chain.concat();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / all.len() as f64;
        // pair (0, t) is the first minus t
        let (exact, sd) = if i + 1 == n {
            (ours.tau.mean.unwrap(), ours.tau.sd.unwrap())
        } else {
            (
                -ours.pairs[i].effect.mean.unwrap(),
                ours.pairs[i].effect.sd.unwrap(),
            )
        };
        let far = (mean - exact) / (variance / of.ess_bulk).sqrt();
        let squares: Vec<Vec<f64>> = chain
            .iter()
            .map(|c| c.iter().map(|x| (x - mean) * (x - mean)).collect())
            .collect();
        let fourth = squares.concat().iter().map(|s| s * s).sum::<f64>() / all.len() as f64;
        let error = ((fourth - variance * variance) / convergence(&squares).ess_bulk).sqrt() / (2.0 * sd);
        worst = worst.max(far.abs()).max(((variance.sqrt() - sd) / error).abs());
    }
    println!("worst: {worst} Monte Carlo standard errors");
    assert!(worst < FAR, "{worst}");
}
