//! Transcripts of `onset pool` on counts: mixed models.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{onset, oracle, oracle_path, table};

/// The reference's optimiser leaves up to 1e-2 of tau2 and 1e-3 of the estimate.
const REFERENCE_OPTIMISER: f64 = 2e-3;

fn catheters(more: &[&str]) -> Vec<String> {
    let file = oracle_path("data").join("nielweise2007.csv");
    let mut words = vec!["pool", file.to_str().unwrap(), "--format", "json"];
    words.extend([
        "--ai",
        "ai",
        "--n1i",
        "n1i",
        "--ci",
        "ci",
        "--n2i",
        "n2i",
        "--measure",
        "OR",
    ]);
    words.extend(["--slab", "author"]);
    words.extend(more);
    words.into_iter().map(str::to_owned).collect()
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

#[test]
fn every_mixed_model_in_the_shape_of_pool() {
    let file = oracle("dependent_nielweise2007_glmm.json");
    let mut seen = 0;
    for case in file["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let (code, kind) = id.split_once('_').unwrap();
        if code == "PLO" {
            continue;
        }
        let mut flags = vec!["--method", "GLMM", "--glmm", code];
        if kind == "EE" {
            flags.extend(["--model", "common"]);
        }
        let ours = onset(&catheters(&flags)).json();
        let block = if case["exact"].is_null() {
            "expect"
        } else {
            "exact"
        };
        let beta = case[block]["beta"].as_f64().unwrap();
        assert!(
            (number(&ours, "/coefficients/0/estimate") - beta).abs() < REFERENCE_OPTIMISER,
            "{id}"
        );
        assert_eq!(ours["k"], 17, "{id}");
        assert_eq!(ours["method"], "GLMM");
        assert_eq!(ours["test"], "z");
        assert_eq!(ours["studies"].as_array().unwrap().len(), 18);
        let warning = &ours["warnings"][0];
        assert_eq!(warning["code"], "double_zero", "{id}: {}", ours["warnings"]);
        assert_eq!(warning["study"], "Yucel");
        assert_eq!(ours["sigma2"].is_null(), code != "UM.RS");
        assert_eq!(ours["tau2_ci"].is_null(), kind == "EE");
        let or = number(&ours, "/coefficients/0/transformed/estimate");
        assert!((or.ln() - number(&ours, "/coefficients/0/estimate")).abs() < 1e-12);
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn proportions_moderators_and_tables() {
    let file = oracle_path("data").join("nielweise2007.csv");
    let file = file.to_str().unwrap();
    let one = [
        "pool",
        file,
        "--measure",
        "PLO",
        "--xi",
        "ci",
        "--ni",
        "n2i",
        "--method",
        "GLMM",
        "--format",
        "json",
    ];
    let one = onset(&one).json();
    assert_eq!(one["k"], 18);
    assert!((number(&one, "/coefficients/0/estimate") - -3.4964).abs() < REFERENCE_OPTIMISER);
    assert!((number(&one, "/tau2") - 0.8122).abs() < REFERENCE_OPTIMISER);
    let year = onset(&catheters(&[
        "--method", "GLMM", "--glmm", "CM.EL", "--mods", "year",
    ]))
    .json();
    assert_eq!(year["coefficients"][1]["name"], "year");
    assert_eq!(number(&year, "/q_moderators/df1"), 1.0);
    let mut words = catheters(&["--method", "GLMM"]);
    words.retain(|w| w != "--format" && w != "json");
    let text = onset(&words);
    assert_eq!(text.status, 0);
    assert!(text.stdout.contains("GLMM"), "{}", text.stdout);
}

#[test]
fn wrong_use_and_wrong_data() {
    for flags in [
        &["--glmm", "CM.EL"][..],
        &["--method", "GLMM", "--glmm", "XX"],
        &["--method", "GLMM", "--test", "knha"],
        &["--method", "GLMM", "--subgroup", "year"],
    ] {
        let refused = onset(&catheters(flags));
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{flags:?}");
    }
    let halves = table("halves.csv", "ai,n1i,ci,n2i\n1.5,20,3,20\n2,30,4,31\n");
    let flags = [
        "--ai",
        "ai",
        "--n1i",
        "n1i",
        "--ci",
        "ci",
        "--n2i",
        "n2i",
        "--measure",
        "OR",
        "--method",
        "GLMM",
    ];
    let mut words = vec!["pool", halves.as_str()];
    words.extend(flags);
    let refused = onset(&words);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("whole number"), "{}", refused.stderr);
    let none = table("none.csv", "ai,n1i,ci,n2i\n0,20,3,20\n0,30,4,31\n");
    let mut words = vec!["pool", none.as_str()];
    words.extend(flags);
    assert_eq!(onset(&words).status, 1);
}

#[test]
fn sparse_counts_and_thresholds() {
    for measure in ["OR", "RR", "RD"] {
        let mut words = catheters(&["--method", "BB"]);
        let at = words.iter().position(|w| w == "OR").unwrap();
        words[at] = measure.to_owned();
        let found = onset(&words).json();
        assert_eq!(
            (found["k"].as_u64(), found["method"].as_str()),
            (Some(18), Some("BB"))
        );
        assert!(number(&found, "/rho") > 0.0 && found["tau2"].is_null());
        assert_eq!(found["coefficients"][0]["transformed"].is_null(), measure == "RD");
    }
    let found = onset(&catheters(&["--method", "FIRTH"])).json();
    assert_eq!(found["k"], 18);
    assert!(number(&found, "/coefficients/0/ci_upper") < 0.0);
    for flags in [
        ["--method", "BB", "--mods", "year"],
        ["--method", "FIRTH", "--test", "t"],
    ] {
        assert_eq!(onset(&catheters(&flags)).status, 2);
    }
    let found = onset(&catheters(&["--threshold", "-0.5"])).json();
    let (above, below) = (
        number(&found, "/beyond/prob_above"),
        number(&found, "/beyond/prob_below"),
    );
    assert!((above + below - 1.0).abs() < 1e-12 && below > above);
    let shares = number(&found, "/beyond/share_above/share") + number(&found, "/beyond/share_below/share");
    assert!((shares - 1.0).abs() < 1e-12);
    assert!(onset(&catheters(&[])).json().get("beyond").is_none());
}

/// Every code that the help names.
#[test]
fn every_prediction_and_interval_of_the_help() {
    let base = catheters(&["--method", "REML"]);
    let with = |flag: &str, code: &str| {
        let mut words = base.clone();
        words.extend([flag.to_owned(), code.to_owned()]);
        onset(&words).json()
    };
    for code in ["HTS", "V", "HK", "HK-PR", "KR", "KR-PR", "NNF", "S"] {
        let found = with("--predict-type", code);
        assert_eq!(found["prediction"]["type"], code);
        assert!(number(&found, "/prediction/lower") < number(&found, "/prediction/upper"));
    }
    for code in ["QP", "GENQ", "PL", "J", "BJ"] {
        assert_eq!(with("--tau2-ci", code)["tau2_ci"]["type"], code);
    }
    assert!(with("--tau2-ci", "none")["tau2_ci"].is_null());
    let seeded = |seed| {
        let mut words = base.clone();
        words.extend(["--predict-type", "NNF", "--seed", seed].map(str::to_owned));
        with("--predict-type", "NNF") == onset(&words).json()
    };
    assert!(seeded("1") && !seeded("2"));
    let codes = "REML DL HE HS HSk SJ ML EB PM PMM DLIT SJIT GENQ GENQM FE CE EE MH PETO GLMM BB FIRTH";
    for code in codes.split(' ') {
        assert_eq!(onset(&catheters(&["--method", code])).json()["method"], code);
    }
}
