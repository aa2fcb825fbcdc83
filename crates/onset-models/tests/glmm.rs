//! Generalised linear mixed models: reference values, dense integration, laws.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_math::noncentral_hypergeometric::NoncentralHypergeometric;
use onset_math::special::{ln_1p_exp, ln_choose, ln_gamma};
use onset_models::counts::{Glmm, GlmmData, GlmmModel, GlmmOptions, glmm};
use onset_models::pool::{Counts, PersonTime, PoolError};
use onset_models::regress::{Design, RegressError};
use support::{column, oracle};

/// The reference values by quadrature are printed to six decimals.
const SIX_DECIMALS: f64 = 1.01e-6;
/// Both stop at a gradient: the reference's optimiser leaves about 1e-4 of a standard error in the estimates, and
/// 1e-2 of tau2 where it did not converge.
const REFERENCE_OPTIMISER: f64 = 1e-4;
/// The common-effect fits are ordinary regressions; the reference stops at a change of 1e-8.
const REFERENCE_REGRESSION: f64 = 1e-6;
/// Second derivatives by differences on the reference's side.
const REFERENCE_SE: f64 = 5e-4;
/// Step .02 over +-9: the trapezoidal rule is exact to rounding on such integrands.
const DENSE: f64 = 1e-9;

fn tables() -> Vec<Counts> {
    let read = |header| column("nielweise2007_glmm", header);
    let (a, n1, c, n2) = (read("ai"), read("n1i"), read("ci"), read("n2i"));
    (0..a.len())
        .map(|i| Counts {
            a: a[i],
            b: n1[i] - a[i],
            c: c[i],
            d: n2[i] - c[i],
        })
        .collect()
}

fn fit(model: GlmmModel, common: bool) -> Glmm {
    let options = GlmmOptions {
        common,
        ..GlmmOptions::default()
    };
    glmm(GlmmData::Tables(&tables()), model, None, &options)
        .unwrap()
        .value
}

fn beta(fit: &Glmm) -> f64 {
    fit.coefficients[0].estimate.estimate
}

fn se(fit: &Glmm) -> f64 {
    fit.coefficients[0].estimate.standard_error
}

fn close(ours: f64, theirs: f64, tolerance: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= tolerance,
        "{what}: {ours} against {theirs}"
    );
}

/// Likelihood-ratio Q of UM.RS from a program of its own: levels of group 2 by seven-node quadrature at the mode, each
/// study's effect by golden section, their mean and variance by Nelder-Mead.
const SATURATED_LEVELS: f64 = 28.434_773;
/// That search stops at 1e-7 of the likelihood, and seven nodes leave 1e-4.
const SEARCH: f64 = 5e-4;
/// The reference integrates the levels by Laplace's approximation, which moves the Q by 0.003.
const LAPLACE: f64 = 4e-3;

/// Estimates by quadrature where the reference file has them, else its own.
#[test]
fn nielweise_against_the_reference() {
    let file = oracle("dependent_nielweise2007_glmm");
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 9, "the grid of cases may not shrink");
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let (code, kind) = id.split_once('_').unwrap();
        let common = kind == "EE";
        let ours = GlmmModel::from_code(code).map_or_else(proportions, |model| fit(model, common));
        let number = |block: &str, key: &str| case[block][key].as_f64();
        let theirs = |key| number("expect", key).unwrap();
        assert_eq!(ours.k, if code == "PLO" { 18 } else { 17 }, "{id}");
        if code == "UM.RS" {
            // estimates below: neither printed value is at the maximum
            let q = ours.q.unwrap().value;
            close(q, SATURATED_LEVELS, SEARCH, id);
            close(q, theirs("QE_LRT"), LAPLACE, id);
            continue;
        }
        let tolerance = if common {
            REFERENCE_REGRESSION
        } else {
            REFERENCE_OPTIMISER
        };
        if case["exact"].is_null() {
            close(beta(&ours), theirs("beta"), tolerance, id);
            close(ours.tau2.value, theirs("tau2"), 3.0 * tolerance, id);
        } else {
            close(beta(&ours), number("exact", "beta").unwrap(), SIX_DECIMALS, id);
            let tau2 = number("exact", "tau2").unwrap_or(0.0);
            close(ours.tau2.value, tau2, SIX_DECIMALS, id);
        }
        if let Some(loglik) = number("exact", "logLik") {
            close(ours.fit.loglik, loglik, SIX_DECIMALS, id);
        }
        // standard errors of the reference come from differences of its own objective
        close(se(&ours) / theirs("se"), 1.0, REFERENCE_SE, id);
        if let Some(q) = number("expect", "QE_LRT") {
            close(ours.q.unwrap().value, q, REFERENCE_REGRESSION, id);
        }
    }
}

fn proportions() -> Glmm {
    let rows: Vec<(f64, f64)> = tables().iter().map(|t| (t.c, t.n2())).collect();
    let data = GlmmData::Proportions(&rows);
    glmm(data, GlmmModel::UmFs, None, &GlmmOptions::default())
        .unwrap()
        .value
}

// ---- the same likelihoods by dense summation, from the definitions ----

const STEP: f64 = 0.02;
const REACH: i32 = 450;

/// Integral of exp(f) against the standard normal.
fn dense(f: impl Fn(f64) -> f64) -> f64 {
    (-REACH..=REACH)
        .map(|i| {
            let u = f64::from(i) * STEP;
            STEP * (f(u) - 0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt()
        })
        .sum()
}

fn binomial(x: f64, n: f64, eta: f64) -> f64 {
    ln_choose(n, x) + x * eta - n * ln_1p_exp(eta)
}

fn poisson(x: f64, eta: f64) -> f64 {
    x * eta - eta.exp() - ln_gamma(x + 1.0)
}

/// Highest value of a concave function between -30 and 30.
fn highest(f: impl Fn(f64) -> f64) -> f64 {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let (mut lo, mut hi) = (-30.0, 30.0);
    for _ in 0..80 {
        let (a, b) = (hi - golden * (hi - lo), lo + golden * (hi - lo));
        if f(a) > f(b) {
            hi = b;
        } else {
            lo = a;
        }
    }
    f(0.5 * (lo + hi))
}

fn informative() -> Vec<Counts> {
    tables().into_iter().filter(|t| !t.is_uninformative()).collect()
}

fn conditional(mean: f64, tau2: f64) -> f64 {
    let each = informative().into_iter().map(|t| {
        let f = |u: f64| {
            let odds = (mean + tau2.sqrt() * u).exp();
            let d = NoncentralHypergeometric::new(t.n1() as u64, t.n2() as u64, (t.a + t.c) as u64, odds);
            d.unwrap().ln_pmf(t.a as u64)
        };
        dense(f).ln()
    });
    each.sum()
}

fn approximate(mean: f64, tau2: f64) -> f64 {
    let each = informative().into_iter().map(|t| {
        let offset = (t.n1() / t.n2()).ln();
        dense(|u| binomial(t.a, t.a + t.c, offset + mean + tau2.sqrt() * u)).ln()
    });
    each.sum()
}

fn fixed_levels(mean: f64, tau2: f64) -> f64 {
    let each = informative().into_iter().map(|t| {
        highest(|level| {
            let f = |u: f64| {
                let half = 0.5 * (mean + tau2.sqrt() * u);
                binomial(t.a, t.n1(), level + half) + binomial(t.c, t.n2(), level - half)
            };
            dense(f).ln()
        })
    });
    each.sum()
}

/// Wider steps: the trapezoidal rule converges geometrically, and 0.25 is already exact to twelve digits here.
fn random_levels(level: f64, mean: f64, tau2: f64, sigma2: f64) -> f64 {
    let grid: Vec<f64> = (-34..=34).map(|i| f64::from(i) * 0.25).collect();
    let each = informative().into_iter().map(|t| {
        let mut sum = 0.0;
        for u in &grid {
            let half = 0.5 * (mean + tau2.sqrt() * u);
            for s in &grid {
                let at = level + sigma2.sqrt() * s;
                let ln = binomial(t.a, t.n1(), at + half) + binomial(t.c, t.n2(), at - half);
                sum += (ln - 0.5 * (u * u + s * s)).exp();
            }
        }
        (sum * 0.0625 / (2.0 * std::f64::consts::PI)).ln()
    });
    each.sum()
}

#[test]
fn the_likelihood_is_that_of_dense_summation_and_not_below_the_reference() {
    type Likelihood = fn(f64, f64) -> f64;
    let models: [(GlmmModel, Likelihood, f64, f64); 3] = [
        (GlmmModel::UmFs, fixed_levels, -1.23692028000756, 0.31979368426729),
        (GlmmModel::CmEl, conditional, -1.3531582826639, 0.693459265307053),
        (GlmmModel::CmAl, approximate, -1.30265302659369, 0.600684707921329),
    ];
    for (model, likelihood, mean, tau2) in models {
        let ours = fit(model, false);
        let at = likelihood(beta(&ours), ours.tau2.value);
        close(ours.fit.loglik, at, DENSE, model.code());
        assert!(at >= likelihood(mean, tau2) - DENSE, "{}", model.code());
        for (db, dt) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)] {
            let beside = likelihood(beta(&ours) + db, ours.tau2.value + dt);
            assert!(beside < at, "{}", model.code());
        }
    }
}

#[test]
fn random_levels_are_at_a_higher_likelihood_than_both_printed_values() {
    let ours = fit(GlmmModel::UmRs, false);
    let sigma2 = ours.sigma2.unwrap();
    // the level is not printed: each set of variances gets its best
    let best = |mean: f64, tau2: f64, sigma2: f64| {
        let golden = 0.5 * (5f64.sqrt() - 1.0);
        let (mut lo, mut hi) = (-6.0, -3.0);
        for _ in 0..28 {
            let (a, b) = (hi - golden * (hi - lo), lo + golden * (hi - lo));
            if random_levels(a, mean, tau2, sigma2) > random_levels(b, mean, tau2, sigma2) {
                hi = b;
            } else {
                lo = a;
            }
        }
        random_levels(0.5 * (lo + hi), mean, tau2, sigma2)
    };
    let at = best(beta(&ours), ours.tau2.value, sigma2);
    // the golden section leaves 1e-5 of a level, 1e-9 of its likelihood
    close(ours.fit.loglik, at, DENSE, "UM.RS");
    assert!(at >= best(-1.279711, 0.725365, 0.536091));
    assert!(at >= best(-1.28122354942512, 0.725845581205256, 0.521172762776008));
}

#[test]
fn person_time_and_one_group() {
    let read = |header| column("hart1999", header);
    let (x1, t1, x2, t2) = (read("x1i"), read("t1i"), read("x2i"), read("t2i"));
    let rates: Vec<PersonTime> = (0..x1.len())
        .map(|i| PersonTime {
            x1: x1[i],
            t1: t1[i],
            x2: x2[i],
            t2: t2[i],
        })
        .collect();
    let options = GlmmOptions::default();
    let run = |model| {
        glmm(GlmmData::Rates(&rates), model, None, &options)
            .unwrap()
            .value
    };
    let exact = run(GlmmModel::CmEl);
    let likelihood = |mean: f64, tau2: f64| -> f64 {
        let each = rates.iter().map(|r| {
            let offset = (r.t1 / r.t2).ln();
            dense(|u| binomial(r.x1, r.x1 + r.x2, offset + mean + tau2.sqrt() * u)).ln()
        });
        each.sum()
    };
    close(
        exact.fit.loglik,
        likelihood(beta(&exact), exact.tau2.value),
        DENSE,
        "CM.EL",
    );
    // with a level for each study the Poisson likelihood factors: same estimates, and constants apart the same top
    let fixed = run(GlmmModel::UmFs);
    close(beta(&fixed), beta(&exact), 0.02, "UM.FS near CM.EL");
    let random = run(GlmmModel::UmRs);
    assert!(random.sigma2.unwrap() > 0.0 && random.tau2.value >= 0.0);

    let group: Vec<(f64, f64)> = rates.iter().map(|r| (r.x2, r.t2)).collect();
    let one = glmm(GlmmData::OneRates(&group), GlmmModel::UmFs, None, &options)
        .unwrap()
        .value;
    let likelihood = |mean: f64, tau2: f64| -> f64 {
        let each = group
            .iter()
            .map(|&(x, t)| dense(|u| poisson(x, t.ln() + mean + tau2.sqrt() * u)).ln());
        each.sum()
    };
    close(
        one.fit.loglik,
        likelihood(beta(&one), one.tau2.value),
        DENSE,
        "IRLN",
    );
}

#[test]
fn swapped_groups_flip_the_sign() {
    let swapped: Vec<Counts> = tables()
        .iter()
        .map(|t| Counts {
            a: t.c,
            b: t.d,
            c: t.a,
            d: t.b,
        })
        .collect();
    for model in GlmmModel::all() {
        let (a, options) = (fit(model, false), GlmmOptions::default());
        let b = glmm(GlmmData::Tables(&swapped), model, None, &options)
            .unwrap()
            .value;
        close(beta(&a), -beta(&b), 1e-8, model.code());
        close(a.tau2.value, b.tau2.value, 1e-8, model.code());
        close(a.fit.loglik, b.fit.loglik, 1e-9, model.code());
    }
}

#[test]
fn profile_limits_lie_a_quantile_below_the_top() {
    for model in [GlmmModel::CmEl, GlmmModel::CmAl] {
        let ours = fit(model, false);
        let limits = ours.tau2_interval.unwrap();
        let likelihood = if model == GlmmModel::CmEl {
            conditional
        } else {
            approximate
        };
        let drop = 0.5 * 3.841_458_820_694_124;
        for tau2 in [limits.lower, limits.upper] {
            let top = {
                let (mut lo, mut hi): (f64, f64) = (-4.0, 1.0);
                for _ in 0..60 {
                    let (a, b) = (lo + (hi - lo) / 3.0, hi - (hi - lo) / 3.0);
                    if likelihood(a, tau2) > likelihood(b, tau2) {
                        hi = b
                    } else {
                        lo = a
                    }
                }
                likelihood(0.5 * (lo + hi), tau2)
            };
            if tau2 > 0.0 {
                close(ours.fit.loglik - top, drop, 1e-8, model.code());
            } else {
                assert!(ours.fit.loglik - top <= drop);
            }
        }
    }
}

#[test]
fn moderators_explain_and_bad_input_is_refused() {
    let tables = tables();
    let year = column("nielweise2007_glmm", "year");
    let design = Design::numeric(&[("year", &year)]).unwrap();
    let options = GlmmOptions::default();
    let data = GlmmData::Tables(&tables);
    for model in GlmmModel::all() {
        let with = glmm(data, model, Some(&design), &options).unwrap().value;
        let without = glmm(data, model, None, &options).unwrap().value;
        assert!(with.fit.loglik >= without.fit.loglik - 1e-9, "{}", model.code());
        let test = with.moderators.unwrap();
        let slope = with.coefficients[1].estimate.statistic;
        close(
            test.value,
            slope * slope,
            1e-6 * test.value.max(1.0),
            model.code(),
        );
    }
    let twice = Design::numeric(&[("year", &year), ("again", &year)]).unwrap();
    assert!(matches!(
        glmm(data, GlmmModel::CmEl, Some(&twice), &options),
        Err(RegressError::Collinear { .. })
    ));
    let t = |a, b, c, d| Counts { a, b, c, d };
    let refuse = |tables: &[Counts]| glmm(GlmmData::Tables(tables), GlmmModel::CmEl, None, &options);
    assert!(matches!(
        refuse(&[]),
        Err(RegressError::Pool(PoolError::TooFewStudies { .. }))
    ));
    assert!(matches!(
        refuse(&[t(1.5, 2.0, 3.0, 4.0), t(1.0, 2.0, 3.0, 4.0)]),
        Err(RegressError::Pool(PoolError::NotWhole { .. }))
    ));
    assert!(matches!(
        refuse(&[t(0.0, 9.0, 3.0, 4.0), t(0.0, 9.0, 2.0, 4.0)]),
        Err(RegressError::Pool(PoolError::NotEstimable))
    ));
    let equal = vec![t(3.0, 17.0, 6.0, 14.0); 4];
    for model in GlmmModel::all() {
        let flat = glmm(GlmmData::Tables(&equal), model, None, &options)
            .unwrap()
            .value;
        assert_eq!(flat.tau2.value, 0.0);
        assert_eq!(flat.tau2.solution.kind(), "boundary");
    }
}
