//! Intervals of the mean and prediction intervals against the reference.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_math::linalg::{Matrix, symmetric_eigen};
use onset_models::pool::{
    Options, PredictionChoice, PredictionKind, Tau2IntervalKind, Tau2Method, Test, henmi_copas, pool,
};
use onset_models::regress::{Design, regress};
use serde_json::Value;
use support::{CLOSED_FORM, Ledger, effects, oracle};

/// The reference stops its REML at 1e-5 of a step: its tau2 is about 4e-8 away from the maximum, which
/// the df of Kenward-Roger and the limits carry on.
const REFERENCE_REML: f64 = 2e-7;
/// The reference integrates and searches to about 1e-4 of a standard error, 1e-3 at k = 160; the second
/// route below is the sharper test.
const HENMI_COPAS: f64 = 2e-4;
const HENMI_COPAS_MANY: f64 = 2e-3;
/// Midpoint rule with 1e5 panels.
const RIEMANN: f64 = 1e-8;

/// P(|pivot| > u) by plain matrix algebra and a midpoint rule.
fn tail(e: &Effects, u: f64, tau2: f64) -> f64 {
    let (v, k) = (e.v(), e.k());
    let w: Vec<f64> = v.iter().map(|v| 1.0 / v).collect();
    let (s1, s2): (f64, f64) = (w.iter().sum(), w.iter().map(|w| w * w).sum());
    let p = |i: usize, j: usize| if i == j { w[i] } else { 0.0 } - w[i] * w[j] / s1;
    let sd = (s1 + tau2 * s2).sqrt() / s1;
    let m: Vec<f64> = (0..k).map(|i| (v[i] + tau2) * w[i] / s1 / sd).collect();
    let c = |i: usize, j: usize| if i == j { v[i] + tau2 } else { 0.0 } - m[i] * m[j];
    let product: Vec<Vec<f64>> = (0..k)
        .map(|i| (0..k).map(|j| (0..k).map(|l| p(i, l) * c(l, j)).sum()).collect())
        .collect();
    let trace: f64 = (0..k).map(|i| product[i][i]).sum();
    let square: f64 = (0..k)
        .map(|i| (0..k).map(|j| product[i][j] * product[j][i]).sum::<f64>())
        .sum();
    let pm: Vec<f64> = (0..k).map(|i| (0..k).map(|j| p(i, j) * m[j]).sum()).collect();
    let mpm: f64 = m.iter().zip(&pm).map(|(a, b)| a * b).sum();
    let pcp: f64 = (0..k)
        .map(|i| (0..k).map(|j| pm[i] * c(i, j) * pm[j]).sum::<f64>())
        .sum();
    let trp = s1 - s2 / s1;
    let start = u / s1.sqrt() / sd;
    let step = 12.0 / 1e5;
    let inside = |r: f64| {
        let t = ((r / u * sd * s1).powi(2) - s1) / s2;
        let (mean, variance) = (trace + r * r * mpm, 2.0 * square + 4.0 * r * r * pcp);
        let below =
            onset_math::gamma_dist::cdf(k as f64 - 1.0 + t * trp, mean * mean / variance, mean / variance);
        onset_math::normal::pdf(r) * below
    };
    2.0 * step
        * (0..100_000)
            .map(|i| inside(start + (f64::from(i) + 0.5) * step))
            .sum::<f64>()
}

fn data(name: &str) -> Effects {
    let (file, measure) = if name == "bcg" {
        ("bcg", "RR")
    } else {
        ("normand1999", "MD")
    };
    let json = oracle(file);
    let cases = json["cases"].as_array().unwrap();
    effects(cases.iter().find(|c| c["measure"] == measure).unwrap())
}

#[test]
fn variants_of_the_interval() {
    let mut ledger = Ledger::default();
    let json = oracle("meta_intervals");
    let cases = json["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 26);
    for case in cases {
        let name = case["dataset"].as_str().unwrap();
        let effects = data(name);
        let place = case.to_string();
        let mut check = |what: &str, ours: f64, key: &str, scale: f64| {
            ledger.check(what, &place, ours, &case[key], scale, REFERENCE_REML);
        };
        if let Some(ci) = case["ci"].as_str() {
            let test = match (ci, case["adhoc"].as_str().unwrap()) {
                ("classic", _) => Test::Z,
                ("KR", _) => Test::Kr,
                (_, "") => Test::Knha,
                _ => Test::Adhoc,
            };
            let ours = pool(&effects, &Options::default().with_test(test))
                .unwrap()
                .value
                .mean;
            let se = ours.standard_error;
            check("estimate", ours.estimate, "estimate", se);
            check("se", se, "se", 0.0);
            check("df", ours.df.unwrap_or(f64::NAN), "df", 0.0);
            check("limit", ours.ci_lower, "lower", se);
            check("limit", ours.ci_upper, "upper", se);
        } else {
            let kind = PredictionKind::from_code(case["predict"].as_str().unwrap()).unwrap();
            let options = Options {
                prediction: PredictionChoice::Kind(kind),
                ..Options::default()
            };
            let ours = pool(&effects, &options).unwrap().value.prediction.unwrap();
            let width = ours.upper - ours.lower;
            check("prediction", ours.lower, "lower", width);
            check("prediction", ours.upper, "upper", width);
            check("prediction df", ours.df.unwrap_or(f64::NAN), "df", 0.0);
        }
    }
    ledger.finish("intervals", 26 * 3);
}

/// The reference's root search stops at 1e-4 of the probability; the distribution below is the arbiter.
const GENERALISED_Q: f64 = 2e-4;

/// P(Q <= q) at tau2 = t for weights 1/v: Imhof's integral over the eigenvalues of S^1/2 P S^1/2.
fn imhof(e: &Effects, t: f64) -> f64 {
    let (v, k) = (e.v(), e.k());
    let w: Vec<f64> = v.iter().map(|v| 1.0 / v).collect();
    let sum: f64 = w.iter().sum();
    let m = Matrix::from_fn(k, k, |i, j| {
        let p = if i == j { w[i] } else { 0.0 } - w[i] * w[j] / sum;
        (v[i] + t).sqrt() * p * (v[j] + t).sqrt()
    });
    let lambda = symmetric_eigen(&m).unwrap().values;
    let mean: f64 = w.iter().zip(e.y()).map(|(w, y)| w * y).sum::<f64>() / sum;
    let q: f64 = w.iter().zip(e.y()).map(|(w, y)| w * (y - mean).powi(2)).sum();
    let inside = |u: f64| {
        let theta = 0.5 * (lambda.iter().map(|l| (l * u).atan()).sum::<f64>() - q * u);
        let ln_rho: f64 = 0.25 * lambda.iter().map(|l| (l * u).powi(2).ln_1p()).sum::<f64>();
        theta.sin() / u * (-ln_rho).exp()
    };
    let step = 1e-4;
    let integral: f64 = (0..100_000)
        .map(|i| inside((f64::from(i) + 0.5) * step))
        .sum::<f64>()
        * step;
    0.5 - integral / std::f64::consts::PI
}

#[test]
fn generalised_q_statistic() {
    let json = oracle("smallstudy");
    let e = json["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["id"] == "hackshaw1998_GENQ")
        .unwrap();
    let effects = effects(&oracle("hackshaw1998")["cases"][0]);
    let mut ledger = Ledger::default();
    for kind in [
        Tau2IntervalKind::GeneralisedQ,
        Tau2IntervalKind::BiggerstaffJackson,
    ] {
        let options = Options {
            tau2_interval: Some(kind),
            ..Options::random(Tau2Method::Genq).with_test(Test::Z)
        };
        let ours = pool(&effects, &options).unwrap().value;
        let interval = ours.tau2_interval.unwrap();
        ledger.check("tau2", "GENQ", ours.tau2.value, &e["tau2"], 0.0, CLOSED_FORM);
        ledger.check(
            "estimate",
            "GENQ",
            ours.mean.estimate,
            &e["beta"],
            0.0,
            CLOSED_FORM,
        );
        ledger.check("se", "GENQ", ours.mean.standard_error, &e["se"], 0.0, CLOSED_FORM);
        ledger.check("lower", "GENQ", interval.lower, &e["ci"][0], 1.0, GENERALISED_Q);
        ledger.check("upper", "GENQ", interval.upper, &e["ci"][1], 0.0, GENERALISED_Q);
    }
    let options = Options {
        tau2_interval: Some(Tau2IntervalKind::GeneralisedQ),
        ..Options::random(Tau2Method::Genq)
    };
    let ours = pool(&effects, &options)
        .unwrap()
        .value
        .tau2_interval
        .unwrap()
        .upper;
    assert!(
        (imhof(&effects, ours) - 0.025).abs() < 1e-8,
        "{}",
        imhof(&effects, ours)
    );
    assert!((imhof(&effects, e["ci"][1].as_f64().unwrap()) - 0.025).abs() > 1e-6);
    ledger.finish("generalised Q", 10);
}

#[test]
fn with_equal_variances_every_interval_is_the_chi_squared_one() {
    // Q(t) = Q v/(v + t) for every weight: Q-profile, generalised Q and Jackson agree
    let y: Vec<f64> = (0..9).map(|i| f64::from(i * i % 7) * 0.3).collect();
    let effects = Effects::new(y.clone(), vec![0.05; 9], (0..9).map(|i| i.to_string()).collect()).unwrap();
    let interval = |kind| {
        let options = Options {
            tau2_interval: Some(kind),
            ..Options::default()
        };
        pool(&effects, &options).unwrap().value.tau2_interval.unwrap()
    };
    let profile = interval(Tau2IntervalKind::QProfile);
    for kind in [
        Tau2IntervalKind::GeneralisedQ,
        Tau2IntervalKind::Jackson,
        Tau2IntervalKind::BiggerstaffJackson,
    ] {
        let other = interval(kind);
        assert!(
            (other.lower - profile.lower).abs() < 1e-9 * profile.lower,
            "{other:?} {profile:?}"
        );
        assert!(
            (other.upper - profile.upper).abs() < 1e-9 * profile.upper,
            "{other:?} {profile:?}"
        );
    }
    // and the median-unbiased estimators too
    let tau2 = |method| pool(&effects, &Options::random(method)).unwrap().value.tau2.value;
    let (pmm, genqm) = (tau2(Tau2Method::Pmm), tau2(Tau2Method::Genqm));
    assert!((pmm - genqm).abs() < 1e-9 * pmm, "{pmm} {genqm}");
}

#[test]
fn the_dense_and_the_secular_route_agree() {
    let effects = effects(&oracle("hackshaw1998")["cases"][0]);
    let ones = Design::new(vec!["intercept".into()], vec![1.0; effects.k()], true).unwrap();
    for kind in [Tau2IntervalKind::Jackson, Tau2IntervalKind::BiggerstaffJackson] {
        let options = Options {
            tau2_interval: Some(kind),
            ..Options::random(Tau2Method::Genqm).with_test(Test::Z)
        };
        let mean = pool(&effects, &options).unwrap().value;
        let fit = regress(&effects, &ones, &options).unwrap().value;
        let (a, b) = (mean.tau2_interval.unwrap(), fit.tau2_interval.unwrap());
        assert!((mean.tau2.value - fit.tau2.value).abs() < 1e-9 * mean.tau2.value);
        assert!((a.upper - b.upper).abs() < 1e-9 * a.upper && (a.lower - b.lower).abs() < 1e-9);
    }
}

#[test]
fn henmi_copas_everywhere() {
    let mut ledger = Ledger::default();
    let mut count = 0;
    for name in [
        "bcg",
        "bangertdrowns2004",
        "dorn2007",
        "egger2001",
        "furukawa2003",
        "hackshaw1998",
        "hart1999",
        "linde2005",
        "mcdaniel1994",
        "nielweise2007",
        "nielweise2008",
        "normand1999",
        "pritz1997",
        "raudenbush1985",
    ] {
        for case in oracle(name)["cases"].as_array().unwrap() {
            let e = &case["hc"];
            let ours = henmi_copas(&effects(case), 0.95).unwrap();
            let place = format!("{name} {}", case["measure"]);
            let se = ours.standard_error;
            let p = tail(&effects(case), ours.quantile, ours.tau2);
            ledger.check(
                "tail at our quantile",
                &place,
                p,
                &Value::from(0.05),
                0.0,
                RIEMANN,
            );
            let tolerance = if effects(case).k() > 100 {
                HENMI_COPAS_MANY
            } else {
                HENMI_COPAS
            };
            ledger.check("estimate", &place, ours.estimate, &e["estimate"], se, 1e-10);
            ledger.check("limit", &place, ours.ci_lower, &e["ci_lb"], se, tolerance);
            ledger.check("limit", &place, ours.ci_upper, &e["ci_ub"], se, tolerance);
            ledger.check("se", &place, se, &e["se"], 0.0, 1e-10);
            count += usize::from(e["estimate"] != Value::Null);
        }
    }
    assert_eq!(count, 41);
    ledger.finish("Henmi-Copas", 41 * 5);
}
