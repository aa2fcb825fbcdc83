//! Transcripts of `onset permute`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{Transcript, onset, oracle, oracle_path, table};

fn bcg(more: &[&str]) -> Transcript {
    let data = oracle_path("data").join("bcg_perm.csv");
    let start = ["permute", data.to_str().unwrap(), "--yi", "yi", "--vi", "vi"];
    onset(&[&start[..], more].concat())
}

#[test]
fn signs_meet_the_reference() {
    let reference = &oracle("dependent_bcg_perm.json")["cases"][0]["expect"]["pval"];
    for more in [
        vec!["--iterations", "exact"],
        vec![],
        vec!["--iterations", "8192"],
    ] {
        let found = bcg(&[&["--format", "json"], more.as_slice()].concat()).json();
        assert_eq!(&found["p"][0], reference);
        assert_eq!(found["iterations"], 8192);
        assert_eq!(found["exact"], true);
        assert_eq!(found["p_moderators"], Value::Null);
        assert_eq!(found.get("multiplicity"), None);
    }
}

#[test]
fn rows_meet_the_reference() {
    let file = oracle("diagnostics.json");
    let cases = file["permutation"].as_array().unwrap();
    let reference = cases.iter().find(|c| c["id"] == "rows_first7").unwrap();
    let data = std::fs::read_to_string(oracle_path("data").join("bcg_perm.csv")).unwrap();
    let seven: Vec<&str> = data.lines().take(8).collect();
    let path = table("permute_seven.csv", seven.join("\n"));
    let words = [
        "permute", &path, "--yi", "yi", "--vi", "vi", "--mods", "ablat", "--format", "json",
    ];
    let found = onset(&words).json();
    for j in 0..2 {
        let (ours, theirs) = (
            found["p"][j].as_f64().unwrap(),
            reference["p"][j].as_f64().unwrap(),
        );
        assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
    }
    assert_eq!(found["p_moderators"], found["p"][1]);
    assert_eq!(found["iterations"], 2520);
    assert_eq!(found["multiplicity"][0]["name"], "ablat");
}

#[test]
fn random_orders_have_a_seed() {
    let run = |seed: &str| {
        let words = [
            "--mods",
            "ablat",
            "--iterations",
            "500",
            "--seed",
            seed,
            "--format",
            "json",
        ];
        bcg(&words).json()
    };
    assert_eq!(run("5"), run("5"));
    assert_ne!(run("5")["p"], run("6")["p"]);
    assert_eq!(run("5")["exact"], false);
    assert_eq!(run("5")["iterations"], 500);
}

#[test]
fn tables_and_refusals() {
    let text = bcg(&["--mods", "ablat", "--iterations", "99"]).stdout;
    assert!(
        text.starts_with("13 studies, REML: random 99 arrangements"),
        "{text}"
    );
    let csv = bcg(&["--format", "csv"]).stdout;
    assert!(
        csv.starts_with("name,estimate,p,p_adjusted,p_model\nintercept,"),
        "{csv}"
    );
    bcg(&["--iterations", "0"]).refused(2, &["1000000000", "exact"]);
    bcg(&["--test", "kr"]).refused(2, &["knha"]);
    bcg(&["--mods", "ablat", "--iterations", "exact"]).refused(2, &["iterations"]);
    bcg(&["--subgroup", "trial"]).refused(2, &["--subgroup"]);
    bcg(&["--mods", "age"]).refused(1, &["age"]);
    let one = table("permute_one.csv", "y,v\n1,0.2\n");
    onset(&["permute", &one, "--yi", "y", "--vi", "v"]).refused(1, &["at least 2"]);
    let none = table("permute_none.csv", "y,v\n");
    onset(&["permute", &none, "--yi", "y", "--vi", "v"]).refused(1, &["permute_none.csv"]);
    let line = table(
        "permute_line.csv",
        "y,v,a,b\n1,0.2,1,2\n2,0.2,2,4\n3,0.1,3,6\n4,0.1,4,8\n",
    );
    onset(&["permute", &line, "--yi", "y", "--vi", "v", "--mods", "a,b"]).refused(1, &["combination"]);
}

#[test]
fn flags_of_intervals_are_refused() {
    let file = table("permute-flags.csv", "y,v\n0.1,0.1\n0.4,0.2\n0.3,0.1\n");
    for flag in [
        ["--level", "0.9"],
        ["--tau2-ci", "PL"],
        ["--predict-type", "V"],
        ["--threshold", "0"],
    ] {
        let mut words = vec!["permute", file.as_str(), "--yi", "y", "--vi", "v"];
        words.extend(flag);
        onset(&words).refused(2, &[flag[0], "p-values only"]);
    }
}
