//! Transcripts of `onset pool` with weights that are given and chosen coefficients.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::{Value, json};
use transcript::{Transcript, onset, oracle, oracle_path, relative, table};

/// From raw counts through the command line: the looser of closed forms and iterations.
const ITERATIVE: f64 = 1e-8;

/// The BCG trials with their sizes and a score.
fn trials() -> String {
    let text = std::fs::read_to_string(oracle_path("data/bcg.csv")).unwrap();
    let score = oracle("weights.json")["score"].as_array().unwrap().clone();
    let mut lines = text.lines();
    let mut out = format!("{},size,score\n", lines.next().unwrap());
    for (line, score) in lines.zip(score) {
        let cells: Vec<&str> = line.split(',').collect();
        let size: f64 = cells[3..7].iter().map(|n| n.parse::<f64>().unwrap()).sum();
        out += &format!("{line},{size},{score}\n");
    }
    table("weights_bcg.csv", out)
}

fn bcg(more: &[&str]) -> Transcript {
    let path = trials();
    let words = [
        "pool",
        &path,
        "--measure",
        "RR",
        "--ai",
        "tpos",
        "--bi",
        "tneg",
        "--ci",
        "cpos",
        "--di",
        "cneg",
        "--format",
        "json",
    ];
    onset(&[&words[..], more].concat())
}

/// The flags of a reference case.
fn flags(case: &Value) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut push = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    push("--test", case["test"].as_str().unwrap());
    push("--method", case["method"].as_str().unwrap_or("REML"));
    let mods: Vec<&str> = case["mods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    if !mods.is_empty() {
        push("--mods", &mods.join(","));
    }
    match case["weights"].as_str() {
        Some("equal") => words.push("--unweighted".to_owned()),
        Some(header) => push("--weights", header),
        None => {}
    }
    if case["intercept"] == json!(false) {
        words.push("--no-intercept".to_owned());
    }
    words
}

fn of(case: &Value, more: &[&str]) -> Value {
    let mut words = flags(case);
    words.extend(more.iter().map(|w| (*w).to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    bcg(&words).json()
}

#[test]
fn given_weights_meet_the_reference() {
    let all = oracle("weights.json");
    let (mut worst, mut count) = (0.0f64, 0);
    for case in all["fits"].as_array().unwrap() {
        let common = ["REML", "DL", "FE", "GENQ"].contains(&case["method"].as_str().unwrap());
        if case["dataset"] != "bcg" || !common {
            continue;
        }
        let (ours, e) = (of(case, &[]), &case["expect"]);
        let entry = match case["weights"].as_str().unwrap() {
            "equal" => json!({"type": "equal", "column": null}),
            header => json!({"type": "given", "column": header}),
        };
        assert_eq!(ours["weights"], entry);
        assert!(ours.get("other_means").is_none());
        let item = |name: &str, i: usize| e[name].get(i).unwrap_or(&e[name]).clone();
        for (i, c) in ours["coefficients"].as_array().unwrap().iter().enumerate() {
            for (name, theirs) in [
                ("estimate", "beta"),
                ("se", "se"),
                ("ci_lower", "ci_lb"),
                ("p", "pval"),
            ] {
                worst = worst.max(relative(&c[name], &item(theirs, i)));
            }
        }
        for (i, study) in ours["studies"].as_array().unwrap().iter().enumerate() {
            worst = worst.max(relative(&study["weight"], &e["weights"][i]));
        }
        worst = worst.max(relative(&ours["tau2"], &e["tau2"]));
        worst = worst.max(relative(&ours["q"]["value"], &e["QE"]));
        worst = worst.max(relative(&ours["fit"]["loglik"], &e["logLik"]));
        if !e["QM"].is_null() {
            worst = worst.max(relative(&ours["q_moderators"]["value"], &e["QM"]));
        }
        count += 1;
    }
    println!("{count} fits, worst {worst:.1e}");
    assert_eq!(count, 9 * (4 + 2 + 1 + 4));
    assert!(worst < ITERATIVE, "{worst:e}");
}

#[test]
fn chosen_coefficients_meet_the_reference() {
    let all = oracle("weights.json");
    let cases = all["chosen"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["dataset"] == "bcg");
    let (mut worst, mut count) = (0.0f64, 0);
    for case in cases {
        let intercept = case["intercept"] == json!(true);
        let btt: &[&str] = if intercept {
            &[
                "--btt",
                "ablat",
                "--btt",
                "factor(alloc)",
                "--btt",
                "1,2",
                "--btt",
                "2:4",
            ]
        } else {
            &["--btt", "alloc", "--btt", "allocalternate,allocrandom"]
        };
        let contrasts: &[&str] = if intercept {
            &[
                "--contrast",
                "allocrandom=1,allocsystematic=-1",
                "--contrast",
                "2=1",
            ]
        } else {
            &[
                "--contrast",
                "allocalternate=1,allocrandom=-1",
                "--contrast",
                "allocrandom=1, allocsystematic=-1",
            ]
        };
        let ours = of(case, &[btt, contrasts].concat());
        let tests = case["tests"].as_array().unwrap();
        assert_eq!(ours["wald_tests"].as_array().unwrap().len(), tests.len());
        for (ours, theirs) in ours["wald_tests"].as_array().unwrap().iter().zip(tests) {
            for name in ["value", "df1", "df2", "p"] {
                worst = worst.max(relative(&ours[name], &theirs[name]));
            }
        }
        let theirs = &case["hypotheses"];
        for (i, ours) in ours["contrasts"].as_array().unwrap().iter().enumerate() {
            for name in ["estimate", "se", "statistic", "p"] {
                worst = worst.max(relative(&ours[name], &theirs[name][i]));
            }
        }
        worst = worst.max(relative(&ours["q_contrasts"]["value"], &theirs["value"]));
        for (ours, theirs) in ours["vif"]
            .as_array()
            .unwrap()
            .iter()
            .zip(case["vif"].as_array().unwrap())
        {
            worst = worst.max(relative(&ours["gvif"], theirs));
        }
        let gvif = &ours["gvif"][0];
        assert_eq!(
            (&gvif["name"], &gvif["m"]),
            (&json!("factor(alloc)"), &json!(if intercept { 2 } else { 3 }))
        );
        let reference = if intercept { 0 } else { usize::MAX };
        if let Some(theirs) = case["gvif"].get(reference) {
            worst = worst.max(relative(&gvif["gvif"], &theirs["gvif"]));
            worst = worst.max(relative(&gvif["gsif"], &theirs["gsif"]));
        }
        count += 1;
    }
    println!("{count} regressions, worst {worst:.1e}");
    assert_eq!(count, 12);
    assert!(worst < ITERATIVE, "{worst:e}");
}

#[test]
fn tables_show_tests_and_inflation() {
    let path = trials();
    let words = [
        "pool",
        &path,
        "--measure",
        "RR",
        "--ai",
        "tpos",
        "--bi",
        "tneg",
        "--ci",
        "cpos",
        "--di",
        "cneg",
        "--mods",
        "ablat,alloc",
        "--btt",
        "alloc",
        "--contrast",
        "allocrandom=1,allocsystematic=-1",
    ];
    let shown = onset(&words).stdout;
    for title in [
        "Tests of chosen coefficients",
        "allocrandom, allocsystematic",
        "Contrasts of coefficients",
        "Variance inflation",
    ] {
        assert!(shown.contains(title), "{title} is missing in {shown}");
    }
    // asked for by nobody: no tests, but the inflation of every regression
    let plain = bcg(&["--mods", "ablat,year"]).json();
    assert!(plain.get("wald_tests").is_none() && plain.get("contrasts").is_none());
    assert!(plain.get("gvif").is_none() && plain.get("weights").is_none());
    assert_eq!(plain["vif"].as_array().unwrap().len(), 2);
    assert!(bcg(&[]).json().get("vif").is_none());
}

#[test]
fn rows_without_a_weight_leave_the_fit() {
    let text =
        "study,yi,vi,w,x\na,0.1,0.02,4,1\nb,0.4,0.03,,2\nc,0.3,0.05,0,4\nd,0.9,0.04,2,3\ne,0.5,0.02,2,7\n";
    let path = table("weights_missing.csv", text);
    let base = [
        "pool", &path, "--yi", "yi", "--vi", "vi", "--slab", "study", "--format", "json",
    ];
    let found = onset(&[&base[..], &["--weights", "w"]].concat()).json();
    assert_eq!(found["k"], 4);
    let weights: Vec<&Value> = found["studies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["weight"])
        .collect();
    assert_eq!(
        weights,
        [
            &json!(50.0),
            &Value::Null,
            &json!(0.0),
            &json!(25.0),
            &json!(25.0)
        ]
    );
    let warning = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["code"] == "missing_value");
    assert_eq!(warning.unwrap()["study"], "b");
    // by hand: (4 x 0.1 + 2 x 0.9 + 2 x 0.5) / 8
    let mean = found["coefficients"][0]["estimate"].as_f64().unwrap();
    assert!((mean - 0.4).abs() < 1e-15);
    let slope = onset(&[&base[..], &["--weights", "w", "--mods", "x"]].concat()).json();
    assert_eq!(
        (&slope["k"], &slope["weights"]["column"]),
        (&json!(4), &json!("w"))
    );
}

#[test]
fn refusals() {
    let refused = |more: &[&str], status: i32, words: &[&str]| bcg(more).refused(status, words);
    refused(
        &["--weights", "size", "--unweighted"],
        2,
        &["--weights", "--unweighted"],
    );
    refused(&["--weights", "sizes"], 1, &["sizes"]);
    refused(&["--weights", "author"], 1, &["author"]);
    for more in [
        &["--method", "MH"][..],
        &["--method", "PETO"],
        &["--method", "GLMM"],
        &["--scale", "ablat"],
        &["--subgroup", "alloc"],
        &["--test", "kr"],
        &["--tau2-ci", "PL"],
        &["--predict-type", "KR"],
        &["--predict-type", "NNF"],
        &["--compat", "revman5"],
        &["--mods", "ablat", "--predict-type", "KR-PR"],
    ] {
        refused(&[&["--weights", "size"], more].concat(), 2, &["weights"]);
        refused(&[&["--unweighted"], more].concat(), 2, &["weights"]);
    }
    refused(&["--btt", "2"], 2, &["--mods"]);
    refused(&["--contrast", "ablat=1"], 2, &["--mods"]);
    let mods = ["--mods", "ablat,alloc"];
    let with = |more: &[&str], words: &[&str]| refused(&[&mods[..], more].concat(), 2, words);
    with(
        &["--btt", "5"],
        &["--btt", "'5'", "ablat, allocrandom, allocsystematic", "1 to 4"],
    );
    with(&["--btt", "altitude"], &["altitude"]);
    with(&["--contrast", "alloc=1"], &["--contrast", "alloc=1"]);
    with(&["--contrast", "ablat"], &["'ablat'", "a=1,b=-1"]);
    with(&["--contrast", "ablat=0"], &["ablat=0"]);
    with(&["--btt", "2", "--scale", "ablat"], &["--scale"]);
    for command in ["diagnose", "permute"] {
        let path = trials();
        let words = [
            command,
            &path,
            "--measure",
            "RR",
            "--ai",
            "tpos",
            "--bi",
            "tneg",
            "--ci",
            "cpos",
            "--di",
            "cneg",
            "--weights",
            "size",
        ];
        onset(&words).refused(2, &["--weights", "onset pool"]);
    }
    let text = "yi,vi,w\n0.1,0.02,5\n0.4,0.03,-1\n0.3,0.05,2\n";
    let path = table("weights_negative.csv", text);
    onset(&["pool", &path, "--yi", "yi", "--vi", "vi", "--weights", "w"])
        .refused(1, &["weights_negative.csv", "line 3", "-1", "0 or more"]);
    let path = table(
        "weights_zero.csv",
        "yi,vi,w\n0.1,0.02,0\n0.4,0.03,0\n0.3,0.05,0\n",
    );
    onset(&["pool", &path, "--yi", "yi", "--vi", "vi", "--weights", "w"]).refused(1, &["weight above 0"]);
}
