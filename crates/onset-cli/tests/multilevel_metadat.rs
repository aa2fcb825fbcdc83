//! `onset multilevel` against metafor on data sets of metadat that no other test uses: every structure, working
//! correlations, crossed and nested intercepts, cluster-robust standard errors, likelihood-ratio tests.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{onset, oracle, oracle_path};

/// Cases of the file: it cannot shrink.
const CASES: usize = 21;
/// The reference's stopping rule, in fixed effects and standard errors.
const FIT: f64 = 1e-6;
/// Components on a flat likelihood, relative to 0.01 at least.
const COMPONENTS: f64 = 1e-4;
/// A log-likelihood is never lower than the reference's by more.
const LOWER: f64 = 1e-9;
/// Where ours is higher by more, the reference stopped short, and components may differ.
const SHORT: f64 = 1e-8;

fn near(ours: &Value, theirs: &Value, floor: f64, tolerance: f64, place: &str) {
    let (a, b) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    let error = (a - b).abs() / b.abs().max(floor);
    assert!(error <= tolerance, "{place}: {a} against {b}, {error:e}");
}

fn each(ours: Vec<&Value>, theirs: &Value, floor: f64, tolerance: f64, place: &str) {
    let theirs = theirs.as_array().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{place}");
    for (a, b) in ours.into_iter().zip(theirs) {
        near(a, b, floor, tolerance, place);
    }
}

fn column<'a>(rows: &'a Value, key: &str) -> Vec<&'a Value> {
    rows.as_array().unwrap().iter().map(|row| &row[key]).collect()
}

#[test]
fn models_of_metadat_equal_the_reference() {
    let cases = oracle("dependent_metadat.json");
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), CASES);
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let file = oracle_path("data").join(case["dataset"].as_str().unwrap());
        let mut words = vec![
            "multilevel",
            file.to_str().unwrap(),
            "--format",
            "json",
            "--no-intervals",
        ];
        words.extend(
            case["args"]
                .as_array()
                .unwrap()
                .iter()
                .map(|w| w.as_str().unwrap()),
        );
        if let Some(cluster) = case["cluster"].as_str() {
            words.extend(["--robust", "CR2"]);
            if !words.contains(&"--cluster") {
                words.extend(["--cluster", cluster]);
            }
        }
        if !case["LRT"].is_null() {
            words.push("--lrt");
        }
        let run = onset(&words).json();
        each(
            column(&run["coefficients"], "estimate"),
            &case["beta"],
            1e-2,
            FIT,
            id,
        );
        each(column(&run["coefficients"], "se"), &case["se"], 1e-3, FIT, id);
        near(&run["q"]["value"], &case["QE"], 1.0, LOWER, id);
        let more = run["loglik"].as_f64().unwrap() - case["logLik"].as_f64().unwrap();
        assert!(more > -LOWER && more < SHORT, "{id}: {more:e}");
        for name in ["sigma2", "tau2", "rho"] {
            each(
                column(&run[name], "value"),
                &case[name],
                1e-2,
                COMPONENTS,
                &format!("{id} {name}"),
            );
        }
        if !case["QM"].is_null() {
            near(&run["q_moderators"]["value"], &case["QM"], 1.0, FIT, id);
        }
        if !case["CR2"].is_null() {
            let robust = &run["robust"]["coefficients"];
            each(column(robust, "se"), &case["CR2"]["se"], 1e-3, FIT, id);
            each(column(robust, "df"), &case["CR2"]["df"], 1.0, FIT, id);
        }
        if !case["LRT"].is_null() {
            // of the last random effect
            let test = run["lrt"].as_array().unwrap().last().unwrap();
            near(&test["statistic"], &case["LRT"]["value"], 1.0, FIT, id);
            near(&test["p"], &case["LRT"]["p"], 1e-3, 1e-5, id);
        }
    }
}
