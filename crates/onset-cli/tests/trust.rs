//! `onset trust`, and the number checks of `onset check`, as a shell sees them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it fails")]

mod transcript;

use transcript::{onset, table};

const KETAMINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reviews/ketamine");

#[test]
fn grim_of_a_table_with_the_flags_of_the_contract() {
    let path = table(
        "trust-grim.csv",
        "who,m,size\npig 1,7.22,32\npig 2,4.74,25\npig 3,5.00,25\n",
    );
    let said = onset(&[
        "trust", &path, "--mean", "m", "--n", "size", "--slab", "who", "--format", "json",
    ])
    .json();
    let checks = said["checks"].as_array().unwrap();
    let status: Vec<&str> = checks.iter().map(|c| c["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["consistent", "inconsistent", "consistent"]);
    assert_eq!(checks[1]["row"], 2);
    assert_eq!(checks[1]["check"], "grim");
    assert_eq!(checks[1]["inspect_sr"], "4.8");
    assert_eq!(checks[1]["label"], "pig 2");
    assert_eq!(checks[1]["found"], "mean 4.74, n 25");
    assert_eq!(checks[1]["allowed"], "4.72 or 4.76 (118 or 119 / 25)");
    assert_eq!(said["warnings"].as_array().unwrap().len(), 0);
    // 5.00 written as 5 has no decimals to check, unless they are declared.
    let path = table("trust-lost.csv", "mean,n\n5.2,25\n");
    let lost = onset(&["trust", &path, "--format", "json"]).json();
    assert_eq!(lost["checks"][0]["status"], "not_applicable");
    let told = onset(&["trust", &path, "--decimals", "2", "--format", "json"]).json();
    assert_eq!(told["checks"][0]["status"], "consistent");
}

#[test]
fn every_format_and_every_refusal() {
    let path = table(
        "trust-all.csv",
        "mean,sd,n,events,percent,estimate,ci_low,ci_high,p\n9.93,0.18,30,3,11.0,0.5,0.1,0.9,0.21\n",
    );
    let csv = onset(&["trust", &path, "--format", "csv"]).stdout;
    assert!(
        csv.starts_with("row,label,check,INSPECT-SR,status,found,allowed\n"),
        "{csv}"
    );
    assert!(csv.contains("grimmer,4.8,inconsistent"), "{csv}");
    assert!(csv.contains("percent,4.9,inconsistent"), "{csv}");
    assert!(csv.contains("p_value,4.9,inconsistent"), "{csv}");
    assert!(onset(&["trust", &path]).stdout.contains("do not agree"));
    let bounded = onset(&[
        "trust",
        &path,
        "--scale-min",
        "0",
        "--scale-max",
        "9",
        "--format",
        "json",
    ])
    .json();
    assert!(
        bounded["checks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["check"] == "scale_bounds" && c["status"] == "inconsistent")
    );
    onset(&["trust", &path, "--mean", "average"]).refused(1, &["trust-all.csv", "average", "mean"]);
    onset(&["trust", &path, "--level", "95"]).refused(2, &["--level"]);
    onset(&["trust", &path, "--scale-min", "9", "--scale-max", "0"]).refused(2, &["--scale-min"]);
    onset(&["trust", "no-such.csv"]).refused(1, &["no-such.csv"]);
    let comma = table("trust-comma.csv", "mean,n\n\"5,2\",25\n");
    onset(&["trust", &comma]).refused(1, &["line 2", "'mean'", "5,2", "Hint"]);
    let other = table("trust-other.csv", "x,y\n1,2\n");
    onset(&["trust", &other]).refused(1, &["no row has the numbers", "--mean"]);
}

#[test]
fn the_doubts_of_the_ketamine_review_are_found() {
    let said = onset(&["check", KETAMINE, "--format", "json"]).json();
    let findings = said["findings"].as_array().unwrap();
    let has = |code: &str, file: &str, line: u64, study: &str| {
        let found = findings
            .iter()
            .any(|f| f["code"] == code && f["file"] == file && f["line"] == line && f["study"] == study);
        let of_checks: Vec<_> = findings
            .iter()
            .filter(|f| f["code"].as_str().unwrap().starts_with("check_"))
            .collect();
        assert!(found, "{code} {file}:{line}: {of_checks:#?}");
    };
    has("check_nested", "observations.csv", 184, "lii2023");
    has("check_implied_events", "observations.csv", 184, "lii2023");
    has("check_implied_n", "observations.csv", 244, "abbar2022");
    has("check_contrast", "contrasts.csv", 29, "murrough2013");
    for finding in findings {
        let words = finding["message"].as_str().unwrap().to_lowercase();
        for word in ["wrong", "fraud", "fabricat", "false", "error"] {
            assert!(!words.replace("standard error", "").contains(word), "{words}");
        }
    }
}
