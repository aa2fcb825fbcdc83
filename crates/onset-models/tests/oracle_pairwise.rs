//! Every pairwise data set against the reference: tau2 estimators, tests, intervals, subsets.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_models::pool::{
    Method, Options, Pooled, PredictionChoice, PredictionKind, Subset, Tau2IntervalKind, Tau2Method, Test,
    cumulative, leave_one_out, pool,
};
use serde_json::Value;
use support::{CLOSED_FORM, ITERATIVE, Ledger, effects, oracle};

/// For the few likelihood fits in which the reference stopped early; each is shown to be further from
/// the maximum than ours.
const REFERENCE_STOPPED_EARLY: f64 = 1e-7;
/// Share of the reference's score that ours may have left there.
const SCORE_SHARE: f64 = 0.01;

const DATA_SETS: [&str; 14] = [
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
];
/// Effect-size sets in them.
const CASES: usize = 41;

fn cases() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for name in DATA_SETS {
        for case in oracle(name)["cases"].as_array().unwrap() {
            all.push((
                format!("{name} {}", case["measure"].as_str().unwrap()),
                case.clone(),
            ));
        }
    }
    assert_eq!(all.len(), CASES, "the grid of cases may not shrink");
    all
}

fn closed_form(code: &str) -> bool {
    matches!(code, "FE" | "DL" | "HE" | "HS" | "HSk" | "SJ")
}

/// Score of tau2 by the plain formulas.
fn score(y: &[f64], v: &[f64], t: f64, restricted: bool) -> f64 {
    let w: Vec<f64> = v.iter().map(|v| 1.0 / (v + t)).collect();
    let sum: f64 = w.iter().sum();
    let mean = w.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() / sum;
    let fit: f64 = w.iter().zip(y).map(|(w, y)| (w * (y - mean)).powi(2)).sum();
    let trace = if restricted {
        sum - w.iter().map(|w| w * w).sum::<f64>() / sum
    } else {
        sum
    };
    0.5 * (fit - trace)
}

/// The looser tolerance where the reference's tau2 is provably further from the maximum than ours.
fn likelihood_tolerance(y: &[f64], v: &[f64], ours: f64, reference: f64, restricted: bool) -> f64 {
    let (at_ours, at_reference) = (score(y, v, ours, restricted), score(y, v, reference, restricted));
    let optimal = if ours == 0.0 {
        at_ours <= 0.0
    } else {
        at_ours.abs() <= SCORE_SHARE * at_reference.abs()
    };
    let differs = (ours - reference).abs() > 1e-10 * ours.max(reference);
    if optimal && differs {
        REFERENCE_STOPPED_EARLY
    } else {
        ITERATIVE
    }
}

fn fitted(effects: &Effects, code: &str, test: &str) -> Pooled {
    let kind = if test == "z" {
        PredictionKind::S
    } else {
        PredictionKind::Hk
    };
    let options = Options {
        method: Method::from_code(code).unwrap(),
        test: Some(Test::from_code(test).unwrap()),
        prediction: PredictionChoice::Kind(kind),
        ..Options::default()
    };
    pool(effects, &options).unwrap().value
}

fn check_fit(ledger: &mut Ledger, place: &str, ours: &Pooled, e: &Value, tolerance: f64) {
    let m = &ours.mean;
    let se = m.standard_error;
    let mut check = |what: &str, ours: f64, name: &str, scale: f64| {
        ledger.check(what, place, ours, &e[name], scale, tolerance);
    };
    check("estimate", m.estimate, "beta", se);
    check("se", se, "se", 0.0);
    check("statistic", m.statistic, "zval", 1.0);
    check("ci", m.ci_lower, "ci_lb", se);
    check("ci", m.ci_upper, "ci_ub", se);
    check("tau2", ours.tau2.value, "tau2", se * se);
    check(
        "se_tau2",
        ours.tau2.standard_error.unwrap_or(f64::NAN),
        "se_tau2",
        0.0,
    );
    check("i2", ours.i2, "I2", 1.0);
    check("h2", ours.h2, "H2", 0.0);
    check("q", ours.q.value, "QE", 1.0);
    check("df", m.df.unwrap_or(f64::NAN), "dfs", 0.0);
    check("loglik", ours.fit.loglik, "logLik", 1.0);
    check("aic", ours.fit.aic, "AIC", 1.0);
    check("aicc", ours.fit.aicc, "AICc", 1.0);
    check("bic", ours.fit.bic, "BIC", 1.0);
    if let Some(pi) = &ours.prediction {
        check("prediction", pi.lower, "pi_lb", se);
        check("prediction", pi.upper, "pi_ub", se);
    }
    // a relative error e of z is about z^2 e of its tail
    let z = m.statistic;
    ledger.check("p", place, m.p, &e["pval"], 0.0, tolerance * (1.0 + z * z));
    ledger.check(
        "q p",
        place,
        ours.q.p,
        &e["QEp"],
        0.0,
        tolerance * (1.0 + ours.q.value),
    );
}

#[test]
fn estimators_and_tests() {
    let mut ledger = Ledger::default();
    let (mut fits, mut early) = (0, 0);
    for (name, case) in cases() {
        let effects = effects(&case);
        for fit in case["fits"].as_array().unwrap() {
            let (code, test) = (fit["method"].as_str().unwrap(), fit["test"].as_str().unwrap());
            let ours = fitted(&effects, code, test);
            let mut tolerance = if closed_form(code) { CLOSED_FORM } else { ITERATIVE };
            if code == "ML" || code == "REML" {
                let reference = fit["expect"]["tau2"].as_f64().unwrap();
                let (y, v) = (effects.y(), effects.v());
                tolerance = likelihood_tolerance(y, v, ours.tau2.value, reference, code == "REML");
                early += usize::from(tolerance != ITERATIVE);
            }
            check_fit(
                &mut ledger,
                &format!("{name} {code} {test}"),
                &ours,
                &fit["expect"],
                tolerance,
            );
            fits += 1;
        }
    }
    assert_eq!(fits, CASES * 37);
    println!("{early} likelihood fits in which the reference stopped early");
    ledger.finish("fits", CASES * 37 * 14);
}

#[test]
fn tau2_intervals() {
    let mut ledger = Ledger::default();
    for (name, case) in cases() {
        let effects = effects(&case);
        let kinds = [
            (Tau2IntervalKind::QProfile, "tau2_ci_qp"),
            (Tau2IntervalKind::ProfileLikelihood, "tau2_ci_pl_reml"),
        ];
        for (kind, key) in kinds {
            let options = Options {
                tau2_interval: Some(kind),
                ..Options::default()
            };
            let ours = pool(&effects, &options).unwrap().value;
            let interval = ours.tau2_interval.unwrap();
            let scale = interval.upper;
            ledger.check(key, &name, interval.lower, &case[key]["lb"], scale, ITERATIVE);
            ledger.check(key, &name, interval.upper, &case[key]["ub"], 0.0, ITERATIVE);
        }
    }
    ledger.finish("tau2 intervals", CASES * 4);
}

fn check_subsets(
    ledger: &mut Ledger,
    place: &str,
    ours: &[Subset],
    e: &Value,
    part: impl Fn(usize) -> (Vec<f64>, Vec<f64>),
) {
    let column = |name: &str| e[name].as_array().cloned().unwrap_or_default();
    let [estimate, se, tau2, i2, q] = ["estimate", "se", "tau2", "I2", "Q"].map(column);
    assert_eq!(estimate.len(), ours.len());
    for (i, s) in ours.iter().enumerate() {
        let place = format!("{place} {i}");
        let scale = s.mean.standard_error;
        let (y, v) = part(i);
        let tolerance = likelihood_tolerance(&y, &v, s.tau2, tau2[i].as_f64().unwrap_or(s.tau2), true);
        ledger.check(
            "estimate",
            &place,
            s.mean.estimate,
            &estimate[i],
            scale,
            ITERATIVE,
        );
        ledger.check("se", &place, scale, &se[i], 0.0, tolerance);
        ledger.check("tau2", &place, s.tau2, &tau2[i], scale * scale, tolerance);
        if !i2.is_empty() {
            ledger.check("i2", &place, s.i2, &i2[i], 1.0, tolerance);
            ledger.check("q", &place, s.q.value, &q[i], 1.0, tolerance);
        }
    }
}

#[test]
fn subsets() {
    let options = Options::random(Tau2Method::Reml).with_test(Test::Z);
    let mut out = Ledger::default();
    let mut along = Ledger::default();
    for (name, case) in cases() {
        let effects = effects(&case);
        let without = |i: usize| {
            let (mut y, mut v) = (effects.y().to_vec(), effects.v().to_vec());
            y.remove(i);
            v.remove(i);
            (y, v)
        };
        let first = |i: usize| (effects.y()[..=i].to_vec(), effects.v()[..=i].to_vec());
        let left = leave_one_out(&effects, &options).unwrap();
        check_subsets(&mut out, &name, &left, &case["leave1out_reml"], without);
        let grown = cumulative(&effects, &options).unwrap();
        check_subsets(&mut along, &name, &grown, &case["cumul_reml"], first);
    }
    let k: usize = 1049;
    out.finish("leave-one-out", k * 5);
    // the reference failed on three subsets
    along.finish("cumulative", (k - 3) * 3);
}
