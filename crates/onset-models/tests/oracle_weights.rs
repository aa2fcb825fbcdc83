//! Weights that are given, tests of chosen coefficients and variance inflation against the reference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod support;

use onset_effects::Effects;
use onset_models::pool::{
    Method, Options, PoolError, PredictionChoice, PredictionKind, StudyWeights, Tau2IntervalKind, Tau2Method,
    Test, pool, pool_weighted,
};
use onset_models::regress::{Design, RegressError, Regression, Term, predictions, regress, regress_weighted};
use serde_json::Value;
use support::{CLOSED_FORM, ITERATIVE, Ledger, numbers, oracle, texts};

/// Imhof's integral on one side, another inversion on the other, and two root searches.
const GENERALISED_Q: f64 = 1e-7;
const FITS: usize = 3 * 3 * (1 + 2 * 10 + 2 + 2 + 2) + 4;
const CHOSEN: usize = 16;

/// A case: its effects, design and weights.
struct Problem {
    effects: Effects,
    design: Design,
    weights: Option<StudyWeights>,
}

fn problem(all: &Value, case: &Value) -> Problem {
    let data = case["dataset"].as_str().unwrap();
    let source = oracle(data);
    let bcg = data == "bcg";
    let stored = source["cases"].as_array().unwrap();
    let stored = stored.iter().find(|c| !bcg || c["measure"] == "RR").unwrap();
    let whole = support::effects(stored);
    let terms: Vec<Term> = case["mods"].as_array().unwrap().iter().map(term).collect();
    let needed = if bcg { vec![] } else { COMPLETE.to_vec() };
    let complete = |i: &usize| needed.iter().all(|name| texts(data, name)[*i].is_some());
    let rows: Vec<usize> = (0..whole.k()).filter(complete).collect();
    let intercept = case["intercept"].as_bool().unwrap_or(true);
    let design = if terms.is_empty() {
        Design::new(vec!["intercept".into()], vec![1.0; rows.len()], true).unwrap()
    } else {
        Design::build(&terms, intercept, &rows, |name| Some(texts(data, name)))
            .unwrap()
            .design
    };
    let pick = |values: &[f64]| rows.iter().map(|&i| values[i]).collect::<Vec<f64>>();
    let of = |name: &str| support::optional(data, name);
    let column = |name: &str| -> Vec<f64> { of(name).into_iter().map(|x| x.unwrap_or(f64::NAN)).collect() };
    let weights = case["weights"].as_str().map(|kind| match (kind, bcg) {
        ("equal", _) => StudyWeights::equal(rows.len()),
        ("score", true) => StudyWeights::new(numbers(&all["score"])).unwrap(),
        ("score", false) => StudyWeights::new(pick(&column("ni"))).unwrap(),
        _ => {
            let parts = ["tpos", "tneg", "cpos", "cneg"].map(column);
            let size = |i: usize| parts.iter().map(|part| part[i]).sum();
            StudyWeights::new((0..whole.k()).map(size).collect()).unwrap()
        }
    });
    let labels = rows.iter().map(|i| i.to_string()).collect();
    Problem {
        effects: Effects::new(pick(whole.y()), pick(whole.v()), labels).unwrap(),
        design,
        weights,
    }
}

/// Columns that the reference wanted complete.
const COMPLETE: [&str; 8] = [
    "length", "wic", "feedback", "info", "pers", "imag", "meta", "grade",
];

fn term(text: &Value) -> Term {
    Term::parse(text.as_str().unwrap(), |_| false).unwrap()
}

fn options(case: &Value) -> Options {
    let method = case["method"].as_str().unwrap_or("REML");
    let generalised = method.starts_with("GENQ");
    Options {
        tau2_interval: Some(if generalised {
            Tau2IntervalKind::GeneralisedQ
        } else {
            Tau2IntervalKind::QProfile
        }),
        prediction: PredictionChoice::Kind(kind(case)),
        ..Options::random(Tau2Method::Reml)
    }
    .with_test(Test::from_code(case["test"].as_str().unwrap()).unwrap())
    .with_method(method)
}

/// The kind whose limits the reference prints with its tests.
fn kind(case: &Value) -> PredictionKind {
    match case["test"].as_str().unwrap() {
        "z" => PredictionKind::S,
        "t" => PredictionKind::V,
        _ => PredictionKind::Hk,
    }
}

trait WithMethod {
    fn with_method(self, code: &str) -> Self;
}

impl WithMethod for Options {
    fn with_method(mut self, code: &str) -> Self {
        self.method = Method::from_code(code).unwrap();
        self
    }
}

fn tolerance(code: &str) -> f64 {
    match code {
        "FE" | "DL" | "HE" | "HS" | "HSk" | "SJ" | "GENQ" => CLOSED_FORM,
        "GENQM" => GENERALISED_Q,
        _ => ITERATIVE,
    }
}

/// Every number of a regression against the reference.
fn check(ledger: &mut Ledger, place: &str, fit: &Regression, e: &Value, tolerance: f64) {
    let column = |name: &str| {
        e[name]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![e[name].clone()])
    };
    let expected = ["beta", "se", "zval", "pval", "ci_lb", "ci_ub"].map(column);
    for (j, c) in fit.coefficients.iter().enumerate() {
        let c = c.estimate;
        let se = c.standard_error;
        let found = [c.estimate, se, c.statistic, c.p, c.ci_lower, c.ci_upper];
        let scales = [se, 0.0, 1.0, 0.0, se, se];
        for ((name, (found, scale)), expected) in ["estimate", "se", "statistic", "p", "ci", "ci"]
            .iter()
            .zip(found.into_iter().zip(scales))
            .zip(&expected)
        {
            // a relative error e of z is about z^2 e of its tail
            let z2 = if *name == "p" {
                c.statistic * c.statistic
            } else {
                0.0
            };
            ledger.check(name, place, found, &expected[j], scale, tolerance * (1.0 + z2));
        }
    }
    let se = fit.coefficients[0].estimate.standard_error;
    let mut one = |what: &str, found: f64, name: &str, scale: f64| {
        ledger.check(what, place, found, &e[name], scale, tolerance);
    };
    one("tau2", fit.tau2.value, "tau2", se * se);
    let se_tau2 = fit.tau2.standard_error.unwrap_or(f64::NAN);
    if fit.method != Method::Common {
        one("se_tau2", se_tau2, "se_tau2", 0.0);
    }
    one("i2", fit.i2, "I2", 1.0);
    one("h2", fit.h2, "H2", 0.0);
    one("q", fit.q.value, "QE", 1.0);
    if let Some(r2) = fit.r2 {
        one("r2", r2, "R2", 1.0);
    }
    if let Some(test) = fit.moderators {
        one("q moderators", test.value, "QM", 1.0);
    }
    one("loglik", fit.fit.loglik, "logLik", 1.0);
    one("aic", fit.fit.aic, "AIC", 1.0);
    one("bic", fit.fit.bic, "BIC", 1.0);
    one("aicc", fit.fit.aicc, "AICc", 1.0);
    for (found, expected) in fit.weights.iter().zip(column("weights")) {
        ledger.check("weights", place, *found, &expected, 1.0, CLOSED_FORM);
    }
    if let (Some(found), [lower, upper]) = (fit.tau2_interval, &column("tau2_ci")[..]) {
        ledger.check(
            "tau2 interval",
            place,
            found.lower,
            lower,
            found.upper,
            GENERALISED_Q,
        );
        ledger.check("tau2 interval", place, found.upper, upper, 0.0, GENERALISED_Q);
    }
}

#[test]
fn given_weights() {
    let all = oracle("weights");
    let fits = all["fits"].as_array().unwrap();
    assert_eq!(fits.len(), FITS, "the grid of cases may not shrink");
    let mut ledger = Ledger::default();
    for case in fits {
        let Problem {
            effects,
            design,
            weights,
        } = problem(&all, case);
        let (weights, options) = (weights.unwrap(), options(case));
        let code = case["method"].as_str().unwrap();
        let place = format!("{} {} {} {}", case["weights"], case["mods"], code, case["test"]);
        let fit = regress_weighted(&effects, &design, &weights, &options)
            .unwrap()
            .value;
        let (e, tolerance) = (&case["expect"], tolerance(code));
        check(&mut ledger, &place, &fit, e, tolerance);
        let rows = predictions(&effects, &design, Some(&weights), &options, kind(case)).unwrap();
        let column = |name: &str| {
            e[name]
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![e[name].clone()])
        };
        let (pred, se) = (column("predicted"), column("predicted_se"));
        let (lower, upper) = (column("pi_lb"), column("pi_ub"));
        for (i, expected) in pred.iter().enumerate() {
            let (mean, interval) = rows[i];
            let scale = mean.standard_error;
            ledger.check("predicted", &place, mean.estimate, expected, scale, tolerance);
            ledger.check("predicted se", &place, scale, &se[i], 0.0, tolerance);
            if let Some(interval) = interval {
                ledger.check("prediction", &place, interval.lower, &lower[i], scale, tolerance);
                ledger.check("prediction", &place, interval.upper, &upper[i], scale, tolerance);
            }
        }
        if case["mods"].as_array().unwrap().is_empty() {
            // one mean by its own path
            let pooled = pool_weighted(&effects, &weights, &options).unwrap().value;
            let same = |a: f64, b: f64, what: &str| {
                assert!((a - b).abs() <= 1e-13 * b.abs(), "{place}: {what} {a} {b}");
            };
            same(
                pooled.mean.estimate,
                fit.coefficients[0].estimate.estimate,
                "mean",
            );
            same(pooled.mean.ci_lower, fit.coefficients[0].estimate.ci_lower, "ci");
            same(pooled.fit.loglik, fit.fit.loglik, "loglik");
            same(pooled.i2, fit.i2, "I2");
            assert_eq!(pooled.weights, fit.weights);
            if let (Some(ours), Some(theirs)) = (pooled.prediction, rows[0].1) {
                same(ours.lower, theirs.lower, "prediction");
            }
        }
    }
    ledger.finish("given weights", FITS * 20);
}

#[test]
fn chosen_coefficients() {
    let all = oracle("weights");
    let cases = all["chosen"].as_array().unwrap();
    assert_eq!(cases.len(), CHOSEN, "the grid of cases may not shrink");
    let mut ledger = Ledger::default();
    for case in cases {
        let Problem {
            effects,
            design,
            weights,
        } = problem(&all, case);
        let options = options(case);
        let fit = match &weights {
            None => regress(&effects, &design, &options),
            Some(weights) => regress_weighted(&effects, &design, weights, &options),
        };
        let fit = fit.unwrap().value;
        let place = format!("{} {} {}", case["dataset"], case["test"], case["weights"]);
        let positions = |value: &Value| -> String {
            let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            let texts: Vec<String> = all.iter().map(Value::to_string).collect();
            texts.join(",")
        };
        for e in case["tests"].as_array().unwrap() {
            let columns = design.chosen(&positions(&e["positions"])).unwrap();
            let ours = fit.wald_test(&columns).unwrap().unwrap();
            ledger.check("value", &place, ours.value, &e["value"], 1.0, ITERATIVE);
            ledger.check("df1", &place, ours.df1, &e["df1"], 0.0, 0.0);
            ledger.check("df2", &place, ours.df2.unwrap_or(f64::NAN), &e["df2"], 0.0, 0.0);
            ledger.check("p", &place, ours.p, &e["p"], 0.0, ITERATIVE * (1.0 + ours.value));
        }
        let e = &case["hypotheses"];
        let rows: Vec<Vec<f64>> = e["rows"].as_array().unwrap().iter().map(numbers).collect();
        for (i, row) in rows.iter().enumerate() {
            let ours = fit.contrast(row).unwrap();
            let z2 = ours.statistic * ours.statistic;
            ledger.check(
                "contrast",
                &place,
                ours.estimate,
                &e["estimate"][i],
                ours.standard_error,
                ITERATIVE,
            );
            ledger.check(
                "contrast se",
                &place,
                ours.standard_error,
                &e["se"][i],
                0.0,
                ITERATIVE,
            );
            ledger.check(
                "contrast p",
                &place,
                ours.p,
                &e["p"][i],
                0.0,
                ITERATIVE * (1.0 + z2),
            );
        }
        let joint = fit.joint_test(&rows).unwrap().unwrap();
        ledger.check("all contrasts", &place, joint.value, &e["value"], 1.0, ITERATIVE);
        ledger.check(
            "all contrasts p",
            &place,
            joint.p,
            &e["joint_p"],
            0.0,
            ITERATIVE * (1.0 + joint.value),
        );
        for (ours, e) in fit.inflation().iter().zip(case["vif"].as_array().unwrap()) {
            ledger.check("vif", &place, ours.gvif, e, 0.0, ITERATIVE);
        }
        for ours in fit.term_inflation() {
            let own: Vec<String> = design
                .coefficients(&ours.name)
                .unwrap()
                .iter()
                .map(|c| (c + 1).to_string())
                .collect();
            let sets = case["gvif"].as_array().unwrap();
            let e = sets.iter().find(|e| positions(&e["positions"]) == own.join(","));
            if let Some(e) = e {
                ledger.check("gvif", &place, ours.gvif, &e["gvif"], 0.0, ITERATIVE);
                ledger.check("gsif", &place, ours.gsif, &e["gsif"], 0.0, ITERATIVE);
            } else {
                assert!(!design.has_intercept(), "{place}: {} has no reference", ours.name);
            }
        }
    }
    ledger.finish("chosen", CHOSEN * 15);
}

fn four() -> Effects {
    let labels = (1..=4).map(|i| i.to_string()).collect();
    Effects::new(vec![0.1, 0.4, 0.3, 0.9], vec![0.02, 0.03, 0.05, 0.04], labels).unwrap()
}

/// The weights of the method are weights like any other.
#[test]
fn inverse_variances_by_hand_give_the_usual_fit() {
    let effects = four();
    let design = Design::numeric(&[("dose", &[1.0, 2.0, 4.0, 3.0])]).unwrap();
    for code in Method::codes() {
        for test in [Test::Z, Test::T, Test::Knha, Test::Adhoc] {
            let options = Options::default().with_test(test).with_method(code);
            let usual = pool(&effects, &options).unwrap().value;
            let generalised = matches!(code, "GENQ" | "GENQM");
            let t = if generalised { 0.0 } else { usual.tau2.value };
            let of = |t: f64| StudyWeights::new(effects.v().iter().map(|v| 7.0 / (v + t)).collect()).unwrap();
            let ours = pool_weighted(&effects, &of(t), &options).unwrap().value;
            let close =
                |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{code} {test:?}: {a} {b}");
            close(ours.mean.estimate, usual.mean.estimate);
            close(ours.mean.standard_error, usual.mean.standard_error);
            close(ours.fit.loglik, usual.fit.loglik);
            let usual = regress(&effects, &design, &options).unwrap().value;
            let t = if generalised { 0.0 } else { usual.tau2.value };
            let ours = regress_weighted(&effects, &design, &of(t), &options)
                .unwrap()
                .value;
            for (a, b) in ours.coefficients.iter().zip(&usual.coefficients) {
                close(a.estimate.estimate, b.estimate.estimate);
                close(a.estimate.standard_error, b.estimate.standard_error);
            }
        }
    }
}

/// Only ratios of weights matter, and equal ones make GENQ the estimator of Hedges.
#[test]
fn laws_of_weights() {
    let effects = four();
    let options = Options::random(Tau2Method::Genq).with_test(Test::Z);
    let with = |w: &[f64]| {
        let weights = StudyWeights::new(w.to_vec()).unwrap();
        pool_weighted(&effects, &weights, &options).unwrap().value
    };
    assert_eq!(
        with(&[1.0, 2.0, 0.0, 4.0]).mean,
        with(&[1e300, 2e300, 0.0, 4e300]).mean
    );
    let hedges = pool(&effects, &Options::random(Tau2Method::He)).unwrap().value;
    let equal = with(&[3.0; 4]);
    assert!((equal.tau2.value - hedges.tau2.value).abs() < 1e-15);
    assert!((equal.mean.estimate - 0.425).abs() < 1e-15);
}

#[test]
fn what_other_weights_do_not_have_is_refused() {
    let effects = four();
    let design = Design::numeric(&[("dose", &[1.0, 2.0, 4.0, 3.0])]).unwrap();
    let equal = StudyWeights::equal(4);
    let base = Options::default();
    let refused = |options: Options| {
        matches!(
            pool_weighted(&effects, &equal, &options),
            Err(PoolError::NotWithWeights { .. })
        )
    };
    assert!(refused(base.with_test(Test::Kr)));
    for kind in [PredictionKind::Kr, PredictionKind::KrPr, PredictionKind::Nnf] {
        let prediction = PredictionChoice::Kind(kind);
        assert!(refused(Options { prediction, ..base }));
        assert!(predictions(&effects, &design, Some(&equal), &base, kind).is_err());
    }
    let tau2_interval = Some(Tau2IntervalKind::ProfileLikelihood);
    assert!(refused(Options {
        tau2_interval,
        ..base
    }));
    let few = StudyWeights::new(vec![1.0, 0.0, 0.0, 0.0]).unwrap();
    assert_eq!(
        regress_weighted(&effects, &design, &few, &base),
        Err(RegressError::Pool(PoolError::TooFewWeights {
            found: 1,
            needed: 2
        }))
    );
    let flat = Design::numeric(&[("dose", &[1.0, 1.0, 4.0, 3.0])]).unwrap();
    let two = StudyWeights::new(vec![1.0, 2.0, 0.0, 0.0]).unwrap();
    assert!(matches!(
        regress_weighted(&effects, &flat, &two, &base),
        Err(RegressError::Collinear { .. })
    ));
    let short = StudyWeights::equal(3);
    assert!(matches!(
        pool_weighted(&effects, &short, &base),
        Err(PoolError::UnequalLengths { .. })
    ));
}
