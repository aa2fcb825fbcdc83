//! Every distribution function against 60-digit reference values (`oracles/scripts/distributions.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use onset_math::linalg::Matrix;
use onset_math::multivariate_normal::{self, Lattice};
use onset_math::noncentral_hypergeometric::NoncentralHypergeometric;
use onset_math::{
    beta_dist, binomial, bivariate_normal, chi_squared, fisher_f, gamma_dist, hypergeometric, noncentral,
    normal, poisson, quadratic_form, special, student_t,
};
use serde_json::Value;

type Function = fn(&[Value]) -> f64;

struct Check {
    name: &'static str,
    /// Cases in the reference file: the grid cannot shrink unnoticed.
    cases: usize,
    tolerance: f64,
    function: Function,
}

/// Relative error allowed everywhere, tails included; the worst found is 6.8e-13 (beta ratio, parameters of 1e6).
const KERNEL: f64 = 1e-12;

fn n(args: &[Value], i: usize) -> f64 {
    args[i].as_f64().unwrap()
}

fn k(args: &[Value], i: usize) -> u64 {
    args[i].as_f64().unwrap() as u64
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

fn reference() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles/distributions.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn check(checks: &[Check]) {
    let file = reference();
    let mut failures = Vec::new();
    for c in checks {
        let cases = file["functions"][c.name]
            .as_array()
            .unwrap_or_else(|| panic!("{} is missing", c.name));
        let (mut worst, mut at) = (0.0, String::new());
        for case in cases {
            let case = case.as_array().unwrap();
            // Either [[arguments], value] or [argument, ..., value].
            let (args, value) = match case.as_slice() {
                [Value::Array(args), value] => (args.as_slice(), value),
                all => (&all[..all.len() - 1], &all[all.len() - 1]),
            };
            let (truth, ours) = (value.as_f64().unwrap(), (c.function)(args));
            let error = if truth == 0.0 {
                ours.abs()
            } else {
                ((ours - truth) / truth).abs()
            };
            if error > c.tolerance || error.is_nan() {
                failures.push(format!(
                    "{} {:?}: {ours:e}, reference {truth:e}, {error:.1e}",
                    c.name, args
                ));
            }
            if error > worst || error.is_nan() {
                (worst, at) = (error, format!("{args:?}").replace("Number", ""));
            }
        }
        println!("| {} | {} | {worst:.1e} | {at} |", c.name, cases.len());
        if cases.len() != c.cases {
            failures.push(format!("{}: {} cases, expected {}", c.name, cases.len(), c.cases));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

macro_rules! checks {
    ($($name:literal, $cases:literal, $tolerance:expr, |$a:ident| $body:expr;)*) => {
        &[$(Check { name: $name, cases: $cases, tolerance: $tolerance, function: |$a| $body }),*]
    };
}

#[test]
fn special_functions() {
    check(checks! {
        "ln_gamma", 24, KERNEL, |a| special::ln_gamma(n(a, 0));
        "gamma", 24, KERNEL, |a| special::gamma(n(a, 0));
        "digamma", 28, KERNEL, |a| special::digamma(n(a, 0));
        "trigamma", 28, KERNEL, |a| special::trigamma(n(a, 0));
        "ln_beta", 80, KERNEL, |a| special::ln_beta(n(a, 0), n(a, 1));
        "ln_choose", 9, KERNEL, |a| special::ln_choose(n(a, 0), n(a, 1));
        "erf", 12, KERNEL, |a| special::erf(n(a, 0));
        "erfc", 24, KERNEL, |a| special::erfc(n(a, 0));
        "erfcx", 22, KERNEL, |a| special::erfcx(n(a, 0));
    });
}

#[test]
fn normal_distribution() {
    check(checks! {
        "normal_pdf", 21, KERNEL, |a| normal::pdf(n(a, 0));
        "normal_cdf", 39, KERNEL, |a| normal::cdf(n(a, 0));
        "normal_ln_cdf", 43, KERNEL, |a| normal::ln_cdf(n(a, 0));
        "normal_quantile", 37, KERNEL, |a| normal::quantile(n(a, 0));
    });
}

#[test]
fn student_t_distribution() {
    check(checks! {
        "student_t_pdf", 196, KERNEL, |a| student_t::pdf(n(a, 0), n(a, 1));
        "student_t_sf", 373, KERNEL, |a| student_t::sf(n(a, 0), n(a, 1));
        "student_t_quantile", 459, KERNEL, |a| student_t::quantile(n(a, 0), n(a, 1));
    });
}

#[test]
fn gamma_family() {
    check(checks! {
        "chi_squared_cdf", 176, KERNEL, |a| chi_squared::cdf(n(a, 0), n(a, 1));
        "chi_squared_sf", 180, KERNEL, |a| chi_squared::sf(n(a, 0), n(a, 1));
        "chi_squared_quantile", 422, KERNEL, |a| chi_squared::quantile(n(a, 0), n(a, 1));
        "gamma_dist_cdf", 18, KERNEL, |a| gamma_dist::cdf(n(a, 0), n(a, 1), n(a, 2));
        "gamma_dist_quantile", 10, KERNEL, |a| gamma_dist::quantile(n(a, 0), n(a, 1), n(a, 2));
        "poisson_pmf", 29, KERNEL, |a| poisson::pmf(k(a, 0), n(a, 1));
        "poisson_cdf", 28, KERNEL, |a| poisson::cdf(k(a, 0), n(a, 1));
        "poisson_sf", 29, KERNEL, |a| poisson::sf(k(a, 0), n(a, 1));
    });
}

#[test]
fn beta_family() {
    check(checks! {
        "beta_pdf", 111, KERNEL, |a| beta_dist::pdf(n(a, 0), n(a, 1), n(a, 2));
        "beta_cdf", 135, KERNEL, |a| beta_dist::cdf(n(a, 0), n(a, 1), n(a, 2));
        "beta_sf", 136, KERNEL, |a| beta_dist::sf(n(a, 0), n(a, 1), n(a, 2));
        "beta_quantile", 311, KERNEL, |a| beta_dist::quantile(n(a, 0), n(a, 1), n(a, 2));
        "fisher_f_cdf", 142, KERNEL, |a| fisher_f::cdf(n(a, 0), n(a, 1), n(a, 2));
        "fisher_f_sf", 142, KERNEL, |a| fisher_f::sf(n(a, 0), n(a, 1), n(a, 2));
        "fisher_f_quantile", 324, KERNEL, |a| fisher_f::quantile(n(a, 0), n(a, 1), n(a, 2));
        "binomial_pmf", 33, KERNEL, |a| binomial::pmf(k(a, 0), k(a, 1), n(a, 2));
        "binomial_cdf", 27, KERNEL, |a| binomial::cdf(k(a, 0), k(a, 1), n(a, 2));
        "binomial_sf", 26, KERNEL, |a| binomial::sf(k(a, 0), k(a, 1), n(a, 2));
    });
}

#[test]
fn hypergeometric_family() {
    check(checks! {
        "hypergeometric", 61, KERNEL, |a| {
            let (j, draws, successes, population) = (k(a, 0), k(a, 1), k(a, 2), k(a, 3));
            match a[4].as_str() {
                Some("ln_pmf") => hypergeometric::ln_pmf(j, draws, successes, population),
                Some("cdf") => hypergeometric::cdf(j, draws, successes, population),
                _ => hypergeometric::sf(j, draws, successes, population),
            }
        };
        "noncentral_hypergeometric", 371, KERNEL, |a| {
            let d = NoncentralHypergeometric::new(k(a, 1), k(a, 2), k(a, 3), n(a, 4)).unwrap();
            match a[5].as_str() {
                Some("cdf") => d.cdf(k(a, 0)),
                Some("sf") => d.sf(k(a, 0)),
                Some("mean") => d.mean(),
                Some("variance") => d.variance(),
                _ => d.pmf(k(a, 0)),
            }
        };
    });
}

#[test]
fn noncentral_distributions() {
    check(checks! {
        "noncentral_chi_squared_cdf", 273, KERNEL, |a| noncentral::chi_squared_cdf(n(a, 0), n(a, 1), n(a, 2));
        "noncentral_chi_squared_sf", 266, KERNEL, |a| noncentral::chi_squared_sf(n(a, 0), n(a, 1), n(a, 2));
        "noncentral_f_cdf", 163, KERNEL, |a| noncentral::f_cdf(n(a, 0), n(a, 1), n(a, 2), n(a, 3));
        "noncentral_f_sf", 148, KERNEL, |a| noncentral::f_sf(n(a, 0), n(a, 1), n(a, 2), n(a, 3));
        "noncentral_t_cdf", 194, KERNEL, |a| noncentral::t_cdf(n(a, 0), n(a, 1), n(a, 2));
        "noncentral_t_sf", 192, KERNEL, |a| noncentral::t_sf(n(a, 0), n(a, 1), n(a, 2));
    });
}

#[test]
fn quadratic_forms() {
    check(checks! {
        "quadratic_form", 249, KERNEL, |a| {
            let (x, weights, df) = (n(a, 1), numbers(&a[2]), numbers(&a[3]));
            if a[0] == "cdf" { quadratic_form::cdf(x, &weights, &df) } else { quadratic_form::sf(x, &weights, &df) }
        };
    });
}

#[test]
fn bivariate_normal_distribution() {
    check(checks! {
        "bivariate_normal_cdf", 95, KERNEL, |a| bivariate_normal::cdf(n(a, 0), n(a, 1), n(a, 2));
    });
}

/// The lattice is no closed form: its own error estimate (three standard errors over ten shifts) is the yardstick,
/// with a floor for the cases where the shifts agree by chance.
#[test]
fn simultaneous_probabilities() {
    let file = reference();
    let cases = file["functions"]["equicoordinate"].as_array().unwrap();
    assert_eq!(cases.len(), 16);
    let mut worst: f64 = 0.0;
    for case in cases {
        let args = case[0].as_array().unwrap();
        let (dim, rho, c, truth) = (
            k(args, 0) as usize,
            n(args, 1),
            n(args, 2),
            case[1].as_f64().unwrap(),
        );
        let r = Matrix::from_fn(dim, dim, |i, j| if i == j { 1.0 } else { rho });
        let (low, high) = (vec![-c; dim], vec![c; dim]);
        let p = multivariate_normal::rectangle(&low, &high, &r, None, Lattice::default()).unwrap();
        assert!(
            (p.value - truth).abs() < 2.0 * p.error.max(1e-6),
            "{args:?} {p:?} {truth}"
        );
        assert!(p.error < 1e-4, "{args:?} {p:?}");
        if c == 2.6 {
            let back = multivariate_normal::equicoordinate(truth, &r, None, Lattice::default()).unwrap();
            assert!(
                (back.value - c).abs() < 2.0 * back.error.max(1e-5),
                "{args:?} {back:?}"
            );
        }
        worst = worst.max((p.value - truth).abs());
    }
    println!("| equicoordinate | {} | {worst:.1e} (absolute) | |", cases.len());
}
