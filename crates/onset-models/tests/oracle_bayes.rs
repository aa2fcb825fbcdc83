//! The normal-normal hierarchical model against dense quadrature, printed values, laws and a second route.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::approx_constant,
    reason = "a test may stop at the first surprise"
)]

mod support;

use onset_effects::Effects;
use onset_math::normal;
use onset_math::quadrature::adaptive;
use onset_models::bayes::{
    BayesError, MuPrior, Options, PREDICTIVE_PRIORS, Posterior, TauPrior, bayes_factors, default_grid, nnhm,
    prior_sensitivity,
};
use proptest::prelude::*;
use serde_json::Value;
use support::{Ledger, numbers, oracle};

/// The reference is a dense trapezoid on ln tau, said to be exact to about 1e-6 of a quantity.
const DENSE: f64 = 2e-6;
/// Relative error of the program behind the printed shortest interval.
const PROGRAM: f64 = 3e-4;
/// The same under a flat prior, where the program leaves out more of a heavier tail.
const PROGRAM_FLAT: f64 = 1e-3;
/// The same for tau: the reference starts its grid at tau = 1e-6, which leaves out up to 1.6e-6 of the mass where the
/// data say little (`the_reference_starts_late` shows that ours is the exact side).
const DENSE_TAU: f64 = 4e-6;
/// Printed with five to six digits.
const PRINTED: f64 = 6e-5;

fn effects(y: &[f64], se: &[f64]) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y.to_vec(), se.iter().map(|s| s * s).collect(), labels).unwrap()
}

fn prior(fit: &Value) -> TauPrior {
    let code = match fit["scale"].as_f64() {
        Some(scale) => format!("{}:{scale}", fit["prior"].as_str().unwrap()),
        None => fit["prior"].as_str().unwrap().to_owned(),
    };
    TauPrior::from_code(&code).unwrap()
}

#[test]
fn dense_quadrature() {
    let mut ledger = Ledger::default();
    let mut fits = 0;
    for name in ["bayes_bcg_lnRR", "bayes_eight_schools"] {
        let file = oracle(name);
        let data = effects(&numbers(&file["y"]), &numbers(&file["sigma"]));
        for fit in file["fits"].as_array().unwrap() {
            fits += 1;
            let options = Options::new(prior(fit));
            let ours = nnhm(&data, &options).unwrap();
            let place = format!("{name} {}", options.tau_prior.code());
            compare(&mut ledger, &place, &ours, &fit["expect"]);
        }
    }
    assert_eq!(fits, 14);
    ledger.finish("bayes", 14 * 25);
}

fn compare(ledger: &mut Ledger, place: &str, ours: &Posterior, expect: &Value) {
    let mut check = |what: &str, x: f64, reference: &Value, scale: f64| {
        let tolerance = if what.starts_with("tau") { DENSE_TAU } else { DENSE };
        ledger.check(what, place, x, reference, scale, tolerance);
    };
    for (name, summary) in [
        ("mu", &ours.mu),
        ("tau", &ours.tau),
        ("new_theta", &ours.predictive),
    ] {
        let reference = &expect[name];
        let sd = summary.sd.unwrap();
        check(
            &format!("{name} mean"),
            summary.mean.unwrap(),
            &reference["mean"],
            sd,
        );
        check(&format!("{name} sd"), sd, &reference["sd"], sd);
        check(
            &format!("{name} median"),
            summary.median,
            &reference["median"],
            sd,
        );
        check(
            &format!("{name} central"),
            summary.central.0,
            &reference["central"][0],
            sd,
        );
        check(
            &format!("{name} central"),
            summary.central.1,
            &reference["central"][1],
            sd,
        );
        if name != "tau" {
            check(
                &format!("{name} shortest"),
                summary.shortest.0,
                &reference["shortest"][0],
                sd,
            );
            check(
                &format!("{name} shortest"),
                summary.shortest.1,
                &reference["shortest"][1],
                sd,
            );
        }
    }
    check("p mu", ours.prob_beyond, &expect["mu"]["p_gt_0"], 1.0);
    check(
        "p new",
        ours.prob_beyond_predictive,
        &expect["new_theta"]["p_gt_0"],
        1.0,
    );
    for (study, reference) in ours.shrinkage.iter().zip(expect["shrinkage"].as_array().unwrap()) {
        check("theta mean", study.mean, &reference["mean"], study.sd);
        check("theta sd", study.sd, &reference["sd"], study.sd);
    }
}

/// Roever's vignette on Rubin's unrounded data; the digits are those of a dense quadrature, since the program
/// itself carries an error of about 3e-4.
#[test]
fn paper_rubin1981() {
    let y = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16];
    let se = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6];
    let data = effects(&y, &se);
    let options = Options {
        mu_prior: MuPrior::Normal { mean: 0.0, sd: 50.0 },
        ..Options::new(TauPrior::HalfCauchy { scale: 25.0 })
    };
    let ours = nnhm(&data, &options).unwrap();
    let near = |x: f64, printed: f64| assert!((x - printed).abs() < PRINTED, "{x} {printed}");
    near(ours.tau.median, 4.75854);
    near(ours.tau.mean.unwrap(), 5.88451);
    near(ours.tau.shortest.1, 15.16590);
    assert_eq!(ours.tau.shortest.0, 0.0);
    near(ours.mu.mean.unwrap(), 7.98604);
    near(ours.mu.sd.unwrap(), 4.99560);
    near(ours.predictive.sd.unwrap(), 9.12685);
    near(ours.prob_beyond, 0.948769);
    // the program's shortest interval, at its own relative error
    let (length, printed) = (ours.mu.shortest.1 - ours.mu.shortest.0, 17.824562 + 1.823353);
    assert!((length / printed - 1.0).abs() < PROGRAM, "{:?}", ours.mu.shortest);
    let flat = nnhm(&data, &Options::new(TauPrior::Flat)).unwrap();
    for (x, printed) in [
        (flat.tau.median, 5.227732),
        (flat.tau.mean.unwrap(), 6.585992),
        (flat.tau.shortest.1, 17.265797),
        (flat.mu.mean.unwrap(), 8.092138),
        (flat.mu.sd.unwrap(), 5.246683),
    ] {
        assert!((x / printed - 1.0).abs() < PROGRAM_FLAT, "{x} {printed}");
    }
    assert_eq!(flat.log_marginal, None);
}

/// Where our median of tau parts from the reference, half of the mass lies below ours.
#[test]
fn the_reference_starts_late() {
    let file = oracle("bayes_eight_schools");
    let (y, se) = (numbers(&file["y"]), numbers(&file["sigma"]));
    let ours = nnhm(
        &effects(&y, &se),
        &Options::new(TauPrior::HalfNormal { scale: 0.5 }),
    )
    .unwrap();
    let density = |tau: f64| {
        let w: Vec<f64> = se.iter().map(|s| 1.0 / (s * s + tau * tau)).collect();
        let sum: f64 = w.iter().sum();
        let mean = w.iter().zip(&y).map(|(w, y)| w * y).sum::<f64>() / sum;
        let q: f64 = w.iter().zip(&y).map(|(w, y)| w * (y - mean) * (y - mean)).sum();
        let product: f64 = w.iter().map(|w| (100.0 * w).sqrt()).product();
        (-0.5 * (tau / 0.5) * (tau / 0.5) - 0.5 * q).exp() * product / sum.sqrt()
    };
    let below = adaptive(density, 0.0, ours.tau.median, 1e-13).value;
    let whole = below + adaptive(density, ours.tau.median, 5.0, 1e-13).value;
    assert!((below / whole - 0.5).abs() < 1e-8, "{}", below / whole);
}

#[test]
fn paper_crins2014() {
    let y = [-2.3097, -0.4595, -2.3026, -1.7579, -1.2585, -2.4179];
    let v: [f64; 6] = [0.3594, 0.3096, 0.7750, 0.2078, 0.4122, 2.3373];
    let data = effects(&y, &v.map(f64::sqrt));
    let options = Options {
        mu_prior: MuPrior::Normal { mean: 0.0, sd: 4.0 },
        ..Options::new(TauPrior::HalfNormal { scale: 0.5 })
    };
    let ours = nnhm(&data, &options).unwrap();
    for (x, printed) in [
        (ours.mu.mean.unwrap(), -1.5764),
        (ours.mu.sd.unwrap(), 0.3294),
        (ours.mu.central.0, -2.2379),
        (ours.mu.central.1, -0.9335),
        (ours.tau.median, 0.3445),
        (ours.log_marginal.unwrap(), -9.6329),
    ] {
        assert!((x - printed).abs() < PRINTED, "{x} {printed}");
    }
    assert!(
        (ours.predictive.central.0 + 2.773).abs() < 6e-4 && (ours.predictive.central.1 + 0.417).abs() < 6e-4
    );
}

/// Low-dose tricyclics (Furukawa 2003), Hedges' g.
#[test]
fn furukawa2003_with_a_predictive_prior() {
    let file = oracle("furukawa2003");
    let data = support::effects(&file["cases"][0]);
    let run = |prior: &str| {
        let options = Options {
            threshold: -0.24,
            ..Options::new(TauPrior::from_code(prior).unwrap())
        };
        nnhm(&data, &options).unwrap()
    };
    let rhodes = run("rhodes2015:mental-health:pharm-v-placebo");
    let near = |x: f64, printed: f64, digits: i32| {
        assert!((x - printed).abs() <= 0.6 * 10_f64.powi(-digits), "{x} {printed}");
    };
    near(rhodes.mu.mean.unwrap(), -0.5998, 4);
    near(rhodes.prob_beyond, 0.985, 3);
    near(rhodes.prob_beyond_predictive, 0.738, 3);
    let half = run("halfnormal:0.5");
    near(half.mu.mean.unwrap(), -0.6034, 4);
    near(half.prob_beyond, 0.984, 3);
    near(half.prob_beyond_predictive, 0.733, 3);
}

/// Medians of tau2 as the tables print them, and every cell reads back.
#[test]
fn predictive_priors() {
    for (code, median) in [
        ("rhodes2015:mental-health", 0.0503),
        ("rhodes2015:subjective:pharm-v-placebo", 0.0633),
        ("rhodes2015:marginal", 0.0321),
        ("turner2015:mental-health:pharm-v-placebo", 0.120),
    ] {
        let (TauPrior::LogT5 { location, .. } | TauPrior::LogNormal { location, .. }) =
            TauPrior::from_code(code).unwrap()
        else {
            panic!("{code}");
        };
        assert!(((2.0 * location).exp() - median).abs() < 6e-4, "{code}");
    }
    assert_eq!(PREDICTIVE_PRIORS.len(), 42);
    for cell in PREDICTIVE_PRIORS {
        assert_eq!(
            TauPrior::from_code(&cell.code()).unwrap(),
            cell.tau_prior(),
            "{}",
            cell.code()
        );
    }
    let doubtful = TauPrior::from_code("rhodes2015:mental-health:non-pharm")
        .unwrap_err()
        .to_string();
    assert!(doubtful.contains("left out"), "{doubtful}");
}

/// Densities of the proper priors integrate to 1: one study says nothing about tau under a flat mu.
#[test]
fn one_study_leaves_the_prior() {
    let one = effects(&[0.3], &[0.2]);
    for (code, median) in [
        ("halfnormal:0.5", 0.5 * normal::quantile(0.75)),
        ("halfcauchy:0.5", 0.5),
        ("uniform:4", 2.0),
        ("lognormal:-1:0.7", (-1.0_f64).exp()),
        ("logt:-1.4:1.1", (-1.4_f64).exp()),
    ] {
        let ours = nnhm(&one, &Options::new(TauPrior::from_code(code).unwrap())).unwrap();
        assert!(
            (ours.tau.median / median - 1.0).abs() < 1e-7,
            "{code} {}",
            ours.tau.median
        );
        let with_mu = Options {
            mu_prior: MuPrior::Normal { mean: 0.0, sd: 1.0 },
            ..Options::new(TauPrior::from_code(code).unwrap())
        };
        assert!(nnhm(&one, &with_mu).unwrap().log_marginal.unwrap().is_finite());
    }
    let heavy = nnhm(&one, &Options::new(TauPrior::HalfCauchy { scale: 0.5 })).unwrap();
    assert_eq!((heavy.tau.mean, heavy.mu.mean), (None, None));
}

#[test]
fn moments_that_do_not_exist_are_absent() {
    let data = |k: usize| effects(&[0.1, 0.9, -0.4, 0.6, 0.2][..k], &[0.2, 0.3, 0.25, 0.3, 0.2][..k]);
    let flat = |k: usize| nnhm(&data(k), &Options::new(TauPrior::Flat)).unwrap();
    assert_eq!(flat(3).tau.mean, None);
    assert!(flat(4).tau.mean.is_some() && flat(4).tau.sd.is_none() && flat(4).mu.sd.is_none());
    assert!(flat(5).tau.sd.is_some() && flat(5).mu.sd.is_some());
}

#[test]
fn improper_posteriors_are_refused() {
    let two = effects(&[0.1, 0.9], &[0.2, 0.3]);
    let refused = nnhm(&two, &Options::new(TauPrior::Flat)).unwrap_err();
    assert!(
        matches!(
            refused,
            BayesError::Improper {
                found: 2,
                needed: 3,
                ..
            }
        ),
        "{refused}"
    );
    assert!(nnhm(&two, &Options::new(TauPrior::Jeffreys)).is_ok());
    let one = effects(&[0.1], &[0.2]);
    assert!(nnhm(&one, &Options::new(TauPrior::Jeffreys)).is_err());
    assert!(nnhm(&two, &Options::new(TauPrior::HalfNormal { scale: 0.0 })).is_err());
    for bad in [
        "halfnormal",
        "halfnormal:-1",
        "halfnormal:x",
        "cauchy:1",
        "uniform:0",
        "normal:1",
        "rhodes2015:weight",
        "",
    ] {
        assert!(TauPrior::from_code(bad).is_err(), "{bad}");
    }
    for bad in ["normal:0", "normal:0:0", "normal:0:-1", "cauchy"] {
        assert!(MuPrior::from_code(bad).is_err(), "{bad}");
    }
}

/// The log marginal likelihood against two nested integrals of the plain densities.
#[test]
fn second_route_marginal_likelihood() {
    let (y, se) = ([0.4, -0.1, 0.8], [0.2_f64, 0.35, 0.3]);
    let (mean, sd, scale) = (0.2, 1.5, 0.4);
    let options = Options {
        mu_prior: MuPrior::Normal { mean, sd },
        ..Options::new(TauPrior::HalfNormal { scale })
    };
    let ours = nnhm(&effects(&y, &se), &options).unwrap().log_marginal.unwrap();
    let given = |tau: f64, mu: f64| -> f64 {
        let terms = y.iter().zip(se).map(|(y, s)| {
            let total = (s * s + tau * tau).sqrt();
            normal::pdf((y - mu) / total) / total
        });
        terms.product::<f64>() * normal::pdf((mu - mean) / sd) / sd
    };
    let outer = adaptive(
        |tau| 2.0 * normal::pdf(tau / scale) / scale * adaptive(|mu| given(tau, mu), -8.0, 8.0, 1e-12).value,
        0.0,
        4.0,
        1e-11,
    );
    assert!(
        (ours - outer.value.ln()).abs() < 1e-8,
        "{ours} {}",
        outer.value.ln()
    );
}

#[test]
fn bayes_factors_need_proper_priors() {
    let data = effects(&[0.4, 0.3, 0.8], &[0.2, 0.35, 0.3]);
    let mu = MuPrior::Normal { mean: 0.0, sd: 1.0 };
    let tau = TauPrior::HalfNormal { scale: 0.5 };
    let found = bayes_factors(&data, &tau, &mu).unwrap().unwrap();
    assert!(found.effect > 1.0 && found.heterogeneity < 1.0, "{found:?}");
    assert_eq!(bayes_factors(&data, &tau, &MuPrior::Flat).unwrap(), None);
    assert_eq!(bayes_factors(&data, &TauPrior::Flat, &mu).unwrap(), None);
    // a prior on tau next to nothing: the closed form of one normal mean
    let tiny = TauPrior::HalfNormal { scale: 1e-7 };
    let factor = bayes_factors(&data, &tiny, &mu).unwrap().unwrap().effect;
    let (w, m): (f64, f64) = [(0.4, 0.2_f64), (0.3, 0.35), (0.8, 0.3)]
        .iter()
        .fold((0.0, 0.0), |(w, m), (y, s)| (w + 1.0 / (s * s), m + y / (s * s)));
    let closed = (1.0 / (1.0 + w)).sqrt() * (0.5 * m * m / (1.0 + w)).exp();
    assert!((factor / closed - 1.0).abs() < 1e-9, "{factor} {closed}");
}

#[test]
fn four_hundred_priors() {
    let file = oracle("bayes_bcg_lnRR");
    let data = effects(&numbers(&file["y"]), &numbers(&file["sigma"]));
    let grid = default_grid(0.5, 134);
    assert_eq!(grid.len(), 402);
    let all = prior_sensitivity(&data, &grid, &Options::new(grid[0]));
    assert!(all.iter().all(|result| result.posterior.is_ok()));
    let medians: Vec<f64> = all[..134]
        .iter()
        .map(|r| r.posterior.as_ref().unwrap().tau.median)
        .collect();
    assert!(
        medians.windows(2).all(|pair| pair[0] < pair[1]),
        "wider priors, larger tau"
    );
}

/// A law of change of unit holds to the accuracy of the grid.
const UNIT: f64 = 1e-7;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn laws(
        y in prop::collection::vec(-2.0..2.0_f64, 2..12),
        se in prop::collection::vec(0.05..1.0_f64, 12),
        scale in 0.1..2.0_f64, unit in 0.01..100.0_f64, shift in -50.0..50.0_f64,
    ) {
        let k = y.len();
        let base = nnhm(&effects(&y, &se[..k]), &Options::new(TauPrior::HalfNormal { scale })).unwrap();
        let moved: Vec<f64> = y.iter().map(|y| unit * (shift - y)).collect();
        let wide: Vec<f64> = se[..k].iter().map(|s| unit * s).collect();
        let turned = nnhm(&effects(&moved, &wide), &Options::new(TauPrior::HalfNormal { scale: unit * scale })).unwrap();
        let sd = base.mu.sd.unwrap();
        for (a, b) in [
            (base.mu.central.0, shift - turned.mu.central.1 / unit),
            (base.mu.shortest.0, shift - turned.mu.shortest.1 / unit),
            (base.mu.median, shift - turned.mu.median / unit),
            (base.tau.median, turned.tau.median / unit),
            (base.tau.shortest.1, turned.tau.shortest.1 / unit),
        ] {
            prop_assert!((a - b).abs() < UNIT * sd.max(1.0) * 10.0, "{a} {b}");
        }
        let length = |s: &(f64, f64)| s.1 - s.0;
        prop_assert!(length(&base.mu.shortest) <= length(&base.mu.central) * (1.0 + 1e-9));
        prop_assert!(length(&base.tau.shortest) <= length(&base.tau.central) * (1.0 + 1e-9));
        let mut order: Vec<usize> = (0..k).collect();
        order.reverse();
        let reversed = nnhm(
            &effects(&order.iter().map(|&i| y[i]).collect::<Vec<_>>(), &order.iter().map(|&i| se[i]).collect::<Vec<_>>()),
            &Options::new(TauPrior::HalfNormal { scale }),
        ).unwrap();
        prop_assert!((reversed.mu.median - base.mu.median).abs() < 1e-9);
    }
}

/// Model averaging for publication bias: laws, and brute force over every parameter of three models.
mod bias_averaging {
    use super::effects;
    use onset_math::normal;
    use onset_models::bayes::{BayesError, BiasAveraging, BiasOptions, bias_averaging};

    /// Quadrature against a finer one of another kind: relative error of a marginal likelihood.
    const BRUTE: f64 = 1e-8;

    const Y: [f64; 6] = [0.62, 0.35, 0.51, 0.12, 0.78, 0.05];
    const SE: [f64; 6] = [0.25, 0.17, 0.22, 0.20, 0.36, 0.14];

    fn fit() -> BiasAveraging {
        bias_averaging(&effects(&Y, &SE), &BiasOptions::default()).unwrap()
    }

    fn marginal(found: &BiasAveraging, effect: bool, heterogeneity: bool, bias: &str) -> f64 {
        let model = found
            .models
            .iter()
            .find(|m| (m.effect, m.heterogeneity, m.bias.as_str()) == (effect, heterogeneity, bias));
        model.unwrap().log_marginal
    }

    /// Trapezoid rule over [a, b].
    fn trapezoid(n: usize, a: f64, b: f64, f: impl Fn(f64) -> f64) -> f64 {
        let h = (b - a) / n as f64;
        let inner: f64 = (1..n).map(|i| f(a + h * i as f64)).sum();
        h * (inner + 0.5 * (f(a) + f(b)))
    }

    /// ln tau, mu ~ N(0, 1) and whatever is left to `rest(mu, tau)` = likelihood with the bias integrated.
    fn over_mu_and_tau(rest: impl Fn(f64, f64) -> f64) -> f64 {
        trapezoid(300, -6.0, 12.0, |x| {
            let tau = x.exp();
            let prior = 0.15 / tau * (-0.15 / tau).exp();
            prior * trapezoid(400, -8.0, 8.0, |mu| normal::pdf(mu) * rest(mu, tau))
        })
    }

    fn likelihood(mu: f64, tau: f64, slope: f64) -> f64 {
        Y.iter()
            .zip(&SE)
            .map(|(y, se)| {
                let s = (se * se + tau * tau).sqrt();
                normal::pdf((y - mu - slope * se) / s) / s
            })
            .product()
    }

    fn close(ours: f64, brute: f64, what: &str) {
        let error = ((ours - brute.ln()).exp() - 1.0).abs();
        assert!(error < BRUTE, "{what}: {error:e}");
    }

    #[test]
    fn weights_sum_to_one_and_components_add_up() {
        let found = fit();
        assert_eq!(found.models.len(), 36);
        let prior: f64 = found.models.iter().map(|m| m.prior).sum();
        let posterior: f64 = found.models.iter().map(|m| m.posterior).sum();
        assert!((prior - 1.0).abs() < 1e-14 && (posterior - 1.0).abs() < 1e-12);
        for part in [found.effect, found.heterogeneity, found.bias] {
            assert!((part.prior - 0.5).abs() < 1e-14 && part.posterior > 0.0 && part.posterior < 1.0);
        }
        let expected = found.effect.posterior * found.conditional.mean;
        assert!((found.averaged.mean - expected).abs() < 1e-12);
    }

    #[test]
    fn random_effects_without_bias_equal_brute_force() {
        let brute = over_mu_and_tau(|mu, tau| likelihood(mu, tau, 0.0));
        close(marginal(&fit(), true, true, "none"), brute, "none");
    }

    #[test]
    fn one_step_weights_equal_brute_force() {
        let cut = normal::upper_quantile(0.05);
        let seen = Y.iter().zip(&SE).filter(|(y, se)| *y / *se <= cut).count();
        // prod(w + (1 - w) tail) is a polynomial in w over w^n: Simpson's rule on a fine grid
        let brute = over_mu_and_tau(|mu, tau| {
            let n = 240;
            let plain = likelihood(mu, tau, 0.0);
            if plain < 1e-20 {
                return 0.0;
            }
            let tails = SE.map(|se| {
                let s = (se * se + tau * tau).sqrt();
                normal::sf((cut * se - mu) / s)
            });
            let selected = |w: f64| -> f64 {
                let expected: f64 = tails.iter().map(|tail| w + (1.0 - w) * tail).product();
                if expected > 0.0 {
                    w.powi(seen as i32) / expected
                } else {
                    0.0
                }
            };
            // w = t^4 puts the points where the integrand is steep
            let at = |t: f64| 4.0 * t.powi(3) * selected(t.powi(4));
            let h = 1.0 / f64::from(n);
            let sum: f64 = (0..=n)
                .map(|i| {
                    let weight = if i == 0 || i == n {
                        1.0
                    } else if i % 2 == 1 {
                        4.0
                    } else {
                        2.0
                    };
                    weight * at(f64::from(i) * h)
                })
                .sum();
            plain * sum * h / 3.0
        });
        close(
            marginal(&fit(), true, true, "one-sided .05"),
            brute,
            "one-sided .05",
        );
    }

    #[test]
    fn pet_with_a_common_effect_equals_brute_force() {
        let brute = trapezoid(2000, -8.0, 8.0, |mu| {
            // slope = e^x, half-Cauchy(1)
            let inner = trapezoid(1200, -30.0, 6.0, |x| {
                let slope = x.exp();
                slope * std::f64::consts::FRAC_2_PI / (1.0 + slope * slope) * likelihood(mu, 0.0, slope)
            });
            normal::pdf(mu) * inner
        });
        close(marginal(&fit(), true, false, "PET"), brute, "PET");
    }

    #[test]
    fn the_other_direction_is_the_mirror_image() {
        let (plain, y) = (fit(), Y.map(|y| -10.0 * y));
        let options = BiasOptions {
            unit: 10.0,
            positive: false,
            ..BiasOptions::default()
        };
        let mirrored = bias_averaging(&effects(&y, &SE.map(|s| 10.0 * s)), &options).unwrap();
        assert!((mirrored.averaged.mean + 10.0 * plain.averaged.mean).abs() < 1e-9);
        assert!((mirrored.averaged.lower + 10.0 * plain.averaged.upper).abs() < 1e-6);
        assert!((mirrored.bias.posterior - plain.bias.posterior).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let options = BiasOptions {
            unit: 0.0,
            ..BiasOptions::default()
        };
        assert!(matches!(
            bias_averaging(&effects(&Y, &SE), &options),
            Err(BayesError::BadScale { .. })
        ));
        let one = bias_averaging(&effects(&[0.3], &[0.1]), &BiasOptions::default()).unwrap();
        assert!(one.averaged.lower <= one.averaged.upper && one.averaged.mean > 0.0);
    }
}
