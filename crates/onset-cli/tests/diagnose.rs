//! Transcripts of `onset diagnose`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::{Value, json};
use transcript::{onset, oracle, oracle_path, relative, table};

/// tau2 without a study is iterated on both sides.
const ITERATIVE: f64 = 1e-7;

fn bcg(more: &[&str]) -> Vec<String> {
    let data = oracle_path("data").join("bcg.csv");
    let mut words: Vec<String> = vec!["diagnose".into(), data.to_str().unwrap().into()];
    let flags = "--measure RR --ai tpos --bi tneg --ci cpos --di cneg --format json";
    words.extend(flags.split(' ').map(str::to_owned));
    words.extend(more.iter().map(|w| (*w).to_owned()));
    words
}

fn block(ours: &Value, key: &str, reference: &Value) -> usize {
    let ours = ours.as_array().unwrap();
    let theirs = reference.as_array().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{key}");
    for (o, r) in ours.iter().zip(theirs) {
        let o = if key == "dfbetas" { &o[key][0] } else { &o[key] };
        let error = relative(o, r) * r.as_f64().map_or(1.0, |r| r.abs().clamp(1e-3, 1.0));
        assert!(error < ITERATIVE, "{key}: {o} against {r}");
    }
    theirs.len()
}

#[test]
fn every_block_meets_the_reference() {
    let case = oracle("bcg.json")["cases"][0].clone();
    let found = onset(&bcg(&["--test", "z"])).json();
    let mut compared = 0;
    for (ours, theirs) in [
        ("rstudent", "rstudent"),
        ("dffits", "dffits"),
        ("cook_d", "cook_d"),
        ("cov_r", "cov_r"),
        ("tau2_del", "tau2_del"),
        ("q_del", "QE_del"),
        ("hat", "hat"),
        ("weight", "weight"),
        ("dfbetas", "dfbs"),
    ] {
        compared += block(&found["influence"], ours, &case["influence_reml"][theirs]);
    }
    for (ours, theirs) in [
        ("estimate", "estimate"),
        ("se", "se"),
        ("tau2", "tau2"),
        ("i2", "I2"),
        ("q", "Q"),
    ] {
        compared += block(&found["leave_one_out"], ours, &case["leave1out_reml"][theirs]);
    }
    for key in ["estimate", "se", "tau2"] {
        compared += block(&found["cumulative"], key, &case["cumul_reml"][key]);
    }
    compared += block(&found["blup"], "estimate", &case["blup_reml"]["pred"]);
    compared += block(&found["blup"], "se", &case["blup_reml"]["se"]);
    assert_eq!(compared, 13 * 19);
    assert_eq!(found["full"]["k"], 13);
    assert_eq!(found["labbe"]["points"][0]["n"], 262.0);
    assert_eq!(found["qq"].as_array().unwrap().len(), 13);
    assert!(found["profile"].as_array().unwrap().len() > 40);
    assert_eq!(found["outlier_robust"]["share_outlying"], 0.0);
    assert_eq!(found["outlier_robust"]["studies"].as_array().unwrap().len(), 13);
    assert!(found["outlier_robust"]["tau2_outlying"].is_null());
}

#[test]
fn moderators_and_tests() {
    let file = oracle("diagnostics.json");
    let fits = file["fits"].as_array().unwrap();
    let fit = fits
        .iter()
        .find(|f| f["method"] == "DL" && f["test"] == "knha" && f["mods"] == json!(["ablat", "alloc"]))
        .unwrap();
    let words = ["--method", "DL", "--test", "knha", "--mods", "ablat,alloc"];
    let found = onset(&bcg(&words)).json();
    let mut compared = 0;
    for key in [
        "rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight",
    ] {
        compared += block(&found["influence"], key, &fit["influence"][key]);
    }
    compared += block(&found["baujat"], "x", &fit["baujat"]["x"]);
    assert_eq!(compared, 13 * 9);
    assert_eq!(found["influence"][0]["dfbetas"].as_array().unwrap().len(), 4);
    let left = &found["leave_one_out"][0];
    assert_eq!(left["estimate"], Value::Null);
    assert_eq!(left["coefficients"][1]["name"], "ablat");
    // four coefficients need five studies
    assert_eq!(found["cumulative"][3]["tau2"], Value::Null);
    assert!(found["cumulative"][12]["tau2"].is_number());
}

const MADE: &str =
    "study,y,v,year\nA,0.1,0.04,2003\nB,NA,0.05,2001\nC,0.3,0.05,2002\nD,0.9,0.02,\nE,0.4,0.03,1999\n";

#[test]
fn missing_rows_keep_their_entries_and_the_order_is_a_column() {
    let path = table("diagnose_made.csv", MADE);
    let words = [
        "diagnose", &path, "--yi", "y", "--vi", "v", "--slab", "study", "--order", "year", "--format", "json",
    ];
    let found = onset(&words).json();
    for block in [
        "leave_one_out",
        "influence",
        "blup",
        "baujat",
        "radial",
        "residuals",
    ] {
        assert_eq!(found[block].as_array().unwrap().len(), 5, "{block}");
        assert_eq!(found[block][1]["label"], "B", "{block}");
    }
    assert_eq!(found["influence"][1]["rstudent"], Value::Null);
    assert_eq!(found["influence"][1]["dfbetas"], Value::Null);
    assert_eq!(found["leave_one_out"][1]["estimate"], Value::Null);
    let labels: Vec<&Value> = found["cumulative"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["label"])
        .collect();
    assert_eq!(labels, ["E", "B", "C", "A", "D"]);
    assert_eq!(found["cumulative"][0]["estimate"], 0.4);
    assert_eq!(found["cumulative"][2]["k"], 2);
    assert_eq!(found["cumulative"][4]["estimate"], Value::Null);
    let codes: Vec<&Value> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["code"])
        .collect();
    assert_eq!(codes.iter().filter(|c| **c == "missing_value").count(), 2);
    assert_eq!(found.get("labbe"), None);
}

#[test]
fn few_studies() {
    let none = table("diagnose_none.csv", "y,v\n");
    onset(&["diagnose", &none, "--yi", "y", "--vi", "v"]).refused(1, &["diagnose_none.csv"]);
    let one = table("diagnose_one.csv", "y,v\n0.5,0.1\n");
    onset(&["diagnose", &one, "--yi", "y", "--vi", "v"]).refused(1, &["diagnose_one.csv", "at least 2"]);
    let two = table("diagnose_two.csv", "y,v\n0.5,0.1\n0.1,0.2\n");
    let found = onset(&[
        "diagnose", &two, "--yi", "y", "--vi", "v", "--test", "z", "--format", "json",
    ])
    .json();
    assert_eq!(found["leave_one_out"][0]["estimate"], 0.1);
    assert_eq!(found["influence"][0]["tau2_del"], 0.0);
}

#[test]
fn equal_effects_and_a_level_of_its_own() {
    let same = table("diagnose_same.csv", "y,v\n0.5,0.1\n0.5,0.2\n0.5,0.1\n");
    let found = onset(&["diagnose", &same, "--yi", "y", "--vi", "v", "--format", "json"]).json();
    assert_eq!(found["influence"][2]["rstudent"], 0.0);
    let only = table(
        "diagnose_only.csv",
        "y,v,g\n0.5,0.1,a\n0.4,0.2,a\n0.2,0.1,b\n0.3,0.1,a\n",
    );
    let found = onset(&[
        "diagnose", &only, "--yi", "y", "--vi", "v", "--mods", "g", "--format", "json",
    ])
    .json();
    assert_eq!(found["influence"][2]["cook_d"], Value::Null);
    let codes: Vec<&Value> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["code"])
        .collect();
    assert!(codes.contains(&&json!("no_deletion")), "{codes:?}");
}

#[test]
fn wrong_use_and_wrong_data() {
    let path = table("diagnose_refused.csv", MADE);
    let start = ["diagnose", path.as_str(), "--yi", "y", "--vi", "v"];
    let with = |more: &[&str]| onset(&[&start[..], more].concat());
    with(&["--subgroup", "study"]).refused(2, &["--subgroup"]);
    with(&["--scale", "year"]).refused(2, &["--scale"]);
    with(&["--method", "MH"]).refused(2, &["inverse-variance"]);
    with(&["--order", "date"]).refused(1, &["date"]);
    with(&["--mods", "age"]).refused(1, &["age"]);
    with(&["--level", "95"]).refused(2, &["0.95"]);
    let zero = table("diagnose_zero.csv", "y,v\n0.1,0\n0.2,0.1\n0.3,0.1\n");
    onset(&["diagnose", &zero, "--yi", "y", "--vi", "v"]).refused(1, &["diagnose_zero.csv", "line 2"]);
}

#[test]
fn table_and_csv() {
    let path = table("diagnose_shown.csv", MADE);
    let start = [
        "diagnose",
        path.as_str(),
        "--yi",
        "y",
        "--vi",
        "v",
        "--slab",
        "study",
    ];
    let text = onset(&start);
    assert_eq!(text.status, 0);
    assert!(text.stdout.starts_with("Influence\n") && text.stdout.contains("Without each study"));
    let csv = onset(&[&start[..], &["--format", "csv"]].concat());
    assert!(csv.stdout.starts_with("label,rstudent,dffits"), "{}", csv.stdout);
    assert_eq!(csv.stdout.lines().count(), 6);
}

#[test]
fn subsets() {
    let found = onset(&bcg(&["--gosh", "all"])).json();
    let gosh = &found["gosh"];
    assert_eq!(gosh["subsets"], 8191);
    assert_eq!(gosh["complete"], true);
    let fits = &gosh["fits"];
    assert_eq!(fits["members"][8190], "1111111111111");
    assert_eq!(
        fits["estimate"][8190],
        found["full"]["coefficients"][0]["estimate"]
    );
    assert_eq!(fits["members"][4], "1010000000000");
    // the subset without the first study is the first deletion
    let at = fits["members"]
        .as_array()
        .unwrap()
        .iter()
        .position(|m| *m == "0111111111111")
        .unwrap();
    assert_eq!(fits["estimate"][at], found["leave_one_out"][0]["estimate"]);
    let random = onset(&bcg(&["--gosh", "200", "--seed", "3"])).json();
    assert_eq!(random["gosh"]["subsets"], 200);
    assert_eq!(random["gosh"]["seed"], 3);
    let again = onset(&bcg(&["--gosh", "200", "--seed", "4"])).json();
    assert_ne!(random["gosh"]["fits"], again["gosh"]["fits"]);
    let path = table("diagnose_gosh.csv", MADE);
    let words = [
        "diagnose", &path, "--yi", "y", "--vi", "v", "--gosh", "all", "--format", "json",
    ];
    let made = onset(&words).json();
    assert_eq!(made["gosh"]["fits"]["members"][14], "10111");
    assert_eq!(made["gosh"]["studies"][1]["estimate_with"], Value::Null);
    onset(&bcg(&["--gosh", "0"])).refused(2, &["all"]);
    onset(&bcg(&["--gosh", "all", "--mods", "ablat"])).refused(2, &["--mods"]);
    let long: String = (0..30).map(|i| format!("0.{i},0.1\n")).collect();
    let many = table("diagnose_many.csv", format!("y,v\n{long}"));
    onset(&["diagnose", &many, "--yi", "y", "--vi", "v", "--gosh", "all"]).refused(1, &["random"]);
}

#[test]
fn figures_are_files_that_stand_alone() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnose_figures");
    let found = onset(&bcg(&[
        "--gosh",
        "200",
        "--order",
        "year",
        "--figures",
        dir.to_str().unwrap(),
    ]))
    .json();
    let names: Vec<&str> = found["figures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_str().unwrap())
        .collect();
    let expected = [
        "leave-one-out",
        "cumulative",
        "influence",
        "baujat",
        "radial",
        "labbe",
        "quantiles",
        "profile",
        "subsets",
    ];
    assert_eq!(names, expected.map(|name| format!("{name}.svg")));
    for name in names {
        let svg = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(svg.contains("<svg") && !svg.contains("NaN"), "{name}");
    }
    // with moderators there is no one mean to draw
    let mods = onset(&bcg(&["--mods", "ablat", "--figures", dir.to_str().unwrap()])).json();
    assert_eq!(mods["figures"][0], "influence.svg");
    let file = table("diagnose_not_a_folder", "x");
    let refused = onset(&bcg(&["--figures", &file]));
    refused.refused(1, &["--figures takes a folder"]);
}
