//! Bayesian meta-regression against the pooled model, brute-force quadrature and laws.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use onset_effects::Effects;
use onset_math::normal;
use onset_math::quadrature::gauss_legendre;
use onset_models::bayes::{
    BayesError, BayesRegression, MuPrior, Options, RegressionOptions, Summary, TauPrior, bayes_regress, nnhm,
};
use onset_models::regress::Design;
use proptest::prelude::*;

/// Two routes through the same quadrature: rounding, and where an iteration for a quantile stops.
const SAME: f64 = 1e-10;
/// Nested quadrature of plain densities over all three parameters.
const BRUTE: f64 = 1e-8;

const Y: [f64; 6] = [0.4, 0.3, 0.8, 0.1, 0.6, 0.9];
const V: [f64; 6] = [0.04, 0.1225, 0.09, 0.0625, 0.16, 0.05];
const X: [f64; 6] = [1.0, 3.5, 2.0, 5.0, 4.0, 0.5];

fn effects(y: &[f64], v: &[f64]) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y.to_vec(), v.to_vec(), labels).unwrap()
}

fn close(a: f64, b: f64, scale: f64, tolerance: f64) {
    assert!(
        (a - b).abs() <= tolerance * scale,
        "{a} {b}: {:e}",
        (a - b).abs() / scale
    );
}

/// Every number of two summaries, in units of the standard deviation.
fn same(a: &Summary, b: &Summary, tolerance: f64) {
    assert_eq!(
        (a.mean.is_some(), a.sd.is_some()),
        (b.mean.is_some(), b.sd.is_some())
    );
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
        close(x, y, scale, tolerance);
    }
}

fn intercept(k: usize) -> Design {
    Design::new(vec!["intercept".to_owned()], vec![1.0; k], true).unwrap()
}

#[test]
fn an_intercept_alone_is_the_pool() {
    let data = effects(&Y, &V);
    for tau in [
        "halfnormal:0.5",
        "halfcauchy:0.3",
        "uniform",
        "uniform:2",
        "jeffreys",
        "logt:-1.5:1.1",
    ] {
        for mu in [MuPrior::Flat, MuPrior::Normal { mean: 0.3, sd: 0.8 }] {
            let tau_prior = TauPrior::from_code(tau).unwrap();
            let options = RegressionOptions {
                priors: vec![mu],
                threshold: 0.2,
                ..RegressionOptions::new(tau_prior)
            };
            let pooled = Options {
                mu_prior: mu,
                threshold: 0.2,
                ..Options::new(tau_prior)
            };
            let fit = bayes_regress(&data, &intercept(6), &options).unwrap();
            let direct = nnhm(&data, &pooled).unwrap();
            same(&fit.coefficients[0], &direct.mu, SAME);
            same(&fit.tau, &direct.tau, SAME);
            for (at, shrunken) in fit
                .predicted
                .iter()
                .zip(&fit.shrinkage)
                .zip(&direct.shrinkage)
                .map(|((p, s), d)| (p, (s, d)))
            {
                same(&at.mean, &direct.mu, SAME);
                same(&at.new_study, &direct.predictive, SAME);
                close(at.prob_beyond, direct.prob_beyond, 1.0, SAME);
                close(
                    at.prob_beyond_predictive,
                    direct.prob_beyond_predictive,
                    1.0,
                    SAME,
                );
                close(shrunken.0.mean, shrunken.1.mean, shrunken.1.sd, SAME);
                close(shrunken.0.sd, shrunken.1.sd, shrunken.1.sd, SAME);
            }
            close(fit.prob_negative[0] + fit.prob_positive[0], 1.0, 1.0, 1e-12);
            match (fit.log_marginal, direct.log_marginal) {
                (Some(ours), Some(theirs)) => close(ours, theirs, 1.0, SAME),
                (ours, theirs) => assert_eq!(ours, theirs),
            }
        }
    }
}

/// p(y | beta0, beta1, tau) times all priors, brute force over three dimensions.
mod brute {
    use super::{V, X, Y, gauss_legendre, normal};

    pub const TAU: f64 = 0.4;
    pub const PRIOR: [(f64, f64); 2] = [(0.2, 1.5), (-0.1, 0.6)];

    fn given(tau: f64, beta: [f64; 2], flat: bool) -> f64 {
        let terms = Y.iter().zip(&V).zip(&X).map(|((y, v), x)| {
            let total = (v + tau * tau).sqrt();
            normal::pdf((y - beta[0] - beta[1] * x) / total) / total
        });
        let slope = (beta[1] - PRIOR[1].0) / PRIOR[1].1;
        let level = (beta[0] - PRIOR[0].0) / PRIOR[0].1;
        let prior = normal::pdf(slope) / PRIOR[1].1
            * if flat {
                1.0
            } else {
                normal::pdf(level) / PRIOR[0].1
            };
        terms.product::<f64>() * prior * 2.0 * normal::pdf(tau / TAU) / TAU
    }

    /// The integral of what `f` says of tau and the slope, with the slope up to `top`.
    pub fn integral(flat: bool, top: f64, f: impl Fn(f64, f64) -> f64) -> f64 {
        // 80 points of Gauss-Legendre for tau and a slope cut off; what falls off at both ends is exact by the trapezoid rule
        let rule = gauss_legendre(80);
        let gauss = |a: f64, b: f64, g: &dyn Fn(f64) -> f64| {
            let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
            let terms = rule.nodes.iter().zip(&rule.weights);
            half * terms.map(|(x, w)| w * g(centre + half * x)).sum::<f64>()
        };
        let trapezoid = |n: usize, a: f64, b: f64, g: &dyn Fn(f64) -> f64| {
            let h = (b - a) / n as f64;
            h * (0..=n).map(|i| g(a + h * i as f64)).sum::<f64>()
        };
        gauss(0.0, 3.2, &|tau| {
            let inner = |slope: f64| {
                f(tau, slope) * trapezoid(140, -5.0, 5.5, &|level| given(tau, [level, slope], flat))
            };
            if top.is_finite() {
                gauss(-2.5, top, &inner)
            } else {
                trapezoid(200, -2.5, 2.5, &inner)
            }
        })
    }
}

fn with_priors(flat: bool) -> BayesRegression {
    let prior = |(mean, sd)| MuPrior::Normal { mean, sd };
    let options = RegressionOptions {
        priors: vec![
            if flat {
                MuPrior::Flat
            } else {
                prior(brute::PRIOR[0])
            },
            prior(brute::PRIOR[1]),
        ],
        ..RegressionOptions::new(TauPrior::HalfNormal { scale: brute::TAU })
    };
    let design = Design::numeric(&[("x", &X)]).unwrap();
    bayes_regress(&effects(&Y, &V), &design, &options).unwrap()
}

#[test]
fn brute_force_over_every_parameter() {
    for flat in [false, true] {
        let ours = with_priors(flat);
        let whole = brute::integral(flat, f64::INFINITY, |_, _| 1.0);
        let expect = |f: &dyn Fn(f64, f64) -> f64| brute::integral(flat, f64::INFINITY, f) / whole;
        let (slope, tau) = (expect(&|_, b| b), expect(&|t, _| t));
        let (slope_sd, tau_sd) = (
            expect(&|_, b| (b - slope).powi(2)).sqrt(),
            expect(&|t, _| (t - tau).powi(2)).sqrt(),
        );
        close(ours.coefficients[1].mean.unwrap(), slope, slope_sd, BRUTE);
        close(ours.coefficients[1].sd.unwrap(), slope_sd, slope_sd, BRUTE);
        close(ours.tau.mean.unwrap(), tau, tau_sd, BRUTE);
        close(ours.tau.sd.unwrap(), tau_sd, tau_sd, BRUTE);
        close(
            ours.prob_negative[1],
            brute::integral(flat, 0.0, |_, _| 1.0) / whole,
            1.0,
            BRUTE,
        );
        let below = brute::integral(flat, ours.coefficients[1].central.1, |_, _| 1.0) / whole;
        close(below, 0.975, 1.0, BRUTE);
        if flat {
            assert_eq!(ours.log_marginal, None);
        } else {
            close(ours.log_marginal.unwrap(), whole.ln(), 1.0, BRUTE);
        }
    }
}

/// Fitted values are the intercept and slope together, and a wide prior is no prior.
#[test]
fn wide_priors_are_flat_and_predictions_add_up() {
    let design = Design::numeric(&[("x", &X)]).unwrap();
    let flat = RegressionOptions::new(TauPrior::HalfNormal { scale: 0.5 });
    let ours = bayes_regress(&effects(&Y, &V), &design, &flat).unwrap();
    let wide = RegressionOptions {
        priors: vec![MuPrior::Normal { mean: 0.0, sd: 1e7 }; 2],
        ..flat
    };
    let wide = bayes_regress(&effects(&Y, &V), &design, &wide).unwrap();
    let mean = |s: &Summary| s.mean.unwrap();
    for (a, b) in ours.coefficients.iter().zip(&wide.coefficients) {
        same(a, b, 1e-9);
    }
    for (at, x) in ours.predicted.iter().zip(X) {
        let line = mean(&ours.coefficients[0]) + x * mean(&ours.coefficients[1]);
        close(mean(&at.mean), line, at.mean.sd.unwrap(), 1e-12);
        assert!(at.new_study.sd > at.mean.sd);
    }
}

#[test]
fn moments_follow_the_priors() {
    let k = 4;
    let design = Design::numeric(&[("x", &X[..k])]).unwrap();
    let data = effects(&Y[..k], &V[..k]);
    let fit = |priors: &[MuPrior]| {
        let options = RegressionOptions {
            priors: priors.to_vec(),
            ..RegressionOptions::new(TauPrior::Flat)
        };
        bayes_regress(&data, &design, &options).unwrap()
    };
    // two coefficients leave two rows to a flat tau: a median and no mean
    let flat = fit(&[]);
    assert_eq!(
        (
            flat.coefficients[1].mean,
            flat.tau.mean,
            flat.predicted[0].mean.mean
        ),
        (None, None, None)
    );
    let held = fit(&[MuPrior::Flat, MuPrior::Normal { mean: 0.0, sd: 1.0 }]);
    assert!(held.coefficients[1].sd.is_some() && held.coefficients[0].sd.is_none());
    let all = fit(&[MuPrior::Normal { mean: 0.0, sd: 1.0 }; 2]);
    assert!(all.predicted[0].mean.sd.is_some() && all.log_marginal.is_none());
}

#[test]
fn what_cannot_be_is_refused() {
    let data = effects(&Y, &V);
    let prior = TauPrior::HalfNormal { scale: 0.5 };
    let options = RegressionOptions::new(prior);
    let doubled: Vec<f64> = X.iter().map(|x| 2.0 * x).collect();
    let twice = Design::numeric(&[("a", &X), ("b", &doubled)]).unwrap();
    let refused = bayes_regress(&data, &twice, &options).unwrap_err().to_string();
    assert!(refused.contains("'b' is a combination of a"), "{refused}");
    let few = bayes_regress(
        &effects(&Y[..1], &V[..1]),
        &Design::numeric(&[("a", &X[..1])]).unwrap(),
        &options,
    );
    assert!(
        matches!(few, Err(BayesError::NotIdentified { k: 1, p: 2 })),
        "{few:?}"
    );
    let flat = RegressionOptions::new(TauPrior::Flat);
    let three = effects(&Y[..3], &V[..3]);
    let design = Design::numeric(&[("a", &X[..3])]).unwrap();
    let improper = bayes_regress(&three, &design, &flat);
    assert!(
        matches!(
            improper,
            Err(BayesError::Improper {
                found: 3,
                needed: 4,
                ..
            })
        ),
        "{improper:?}"
    );
    let one = RegressionOptions {
        priors: vec![MuPrior::Flat],
        ..options.clone()
    };
    assert!(matches!(
        bayes_regress(&three, &design, &one),
        Err(BayesError::WrongPriors { found: 1, needed: 2 })
    ));
    let none = RegressionOptions {
        priors: vec![MuPrior::Normal { mean: 0.0, sd: 0.0 }; 2],
        ..options
    };
    assert!(matches!(
        bayes_regress(&three, &design, &none),
        Err(BayesError::BadScale { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Another unit and origin of the moderator, and of the effects.
    #[test]
    fn units(
        y in prop::collection::vec(-2.0..2.0_f64, 4..10),
        v in prop::collection::vec(0.01..1.0_f64, 10),
        x in prop::collection::vec(-1.0..1.0_f64, 10),
        unit in 0.01..100.0_f64, origin in -2000.0..2000.0_f64,
    ) {
        let k = y.len();
        prop_assume!(x[..k].iter().any(|a| (a - x[0]).abs() > 0.1));
        let options = RegressionOptions::new(TauPrior::HalfCauchy { scale: 0.5 });
        let plain = bayes_regress(&effects(&y, &v[..k]), &Design::numeric(&[("x", &x[..k])]).unwrap(), &options).unwrap();
        let moved: Vec<f64> = x[..k].iter().map(|x| origin + unit * x).collect();
        let turned = bayes_regress(&effects(&y, &v[..k]), &Design::numeric(&[("x", &moved)]).unwrap(), &options).unwrap();
        let slope = &turned.coefficients[1];
        let sd = plain.coefficients[1].sd.unwrap();
        prop_assert!((slope.median * unit - plain.coefficients[1].median).abs() < 1e-9 * sd);
        prop_assert!((slope.central.0 * unit - plain.coefficients[1].central.0).abs() < 1e-9 * sd);
        for (a, b) in plain.predicted.iter().zip(&turned.predicted) {
            prop_assert!((a.new_study.central.1 - b.new_study.central.1).abs() < 1e-9 * a.new_study.sd.unwrap());
        }
    }
}
