//! `onset run`, `explain` and `blinding` as a shell sees them.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use transcript::onset;

const KETAMINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reviews/ketamine");

fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("onset-run-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

fn files(dir: &Path, root: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, root, all);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            all.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn run_with_threads(out: &Path, threads: &str) -> BTreeMap<String, Vec<u8>> {
    let output = Command::new(env!("CARGO_BIN_EXE_onset"))
        .args(["run", KETAMINE, "-o"])
        .arg(out)
        .env("RAYON_NUM_THREADS", threads)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut all = BTreeMap::new();
    files(out, out, &mut all);
    all
}

#[test]
fn the_same_bytes_twice_and_at_any_number_of_threads() {
    let out = scratch("bytes");
    let first = run_with_threads(&out, "1");
    let second = run_with_threads(&out, "2");
    std::fs::remove_dir_all(&out).unwrap();
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        second.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} differs");
    }
    for name in ["results.json", "report.html", "patient.html", "manifest.json"] {
        assert!(first.contains_key(name), "{name} is missing");
    }
    let here = env!("CARGO_MANIFEST_DIR");
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            !text.contains(here) && !text.contains("NaN"),
            "{name} holds a path or NaN"
        );
    }
}

#[test]
fn a_folder_that_is_not_ours_is_refused() {
    let out = scratch("occupied");
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("thesis.txt"), "mine").unwrap();
    let said = onset(&["run", KETAMINE, "-o", out.to_str().unwrap()]);
    said.refused(1, &["not an output folder of onset"]);
    assert_eq!(std::fs::read_to_string(out.join("thesis.txt")).unwrap(), "mine");
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn a_missing_review_is_refused() {
    onset(&["run", "no-such-review"]).refused(1, &["no-such-review"]);
    assert!(!Path::new("onset-out/no-such-review").exists());
}

#[test]
fn explain_walks_from_a_number_to_its_sources() {
    let found = onset(&["explain", KETAMINE, "/size/estimate/value", "--format", "json"]).json();
    let rows = found["rows"].as_array().unwrap();
    assert!(
        rows.iter().any(|row| row["source_id"] == "lii2023_pmc"),
        "{rows:#?}"
    );
    onset(&["explain", KETAMINE, "/size/nowhere"]).refused(1, &["leads nowhere", "/size"]);
}

#[test]
fn blinding_from_counts_and_from_strata() {
    let crisp = onset(&["blinding", "--counts", "82,25,170;27,29,83", "--format", "json"]).json();
    let close = |value: &serde_json::Value, wanted: f64| {
        assert!(
            (value.as_f64().unwrap() - wanted).abs() < 5.1e-5,
            "{value} v {wanted}"
        );
    };
    close(&crisp["james"]["estimate"], 0.7479);
    close(&crisp["james"]["se"], 0.0217);
    close(&crisp["bang"][0]["estimate"], 0.2058);
    close(&crisp["bang"][1]["se"], 0.0538);
    let table = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../oracles/methods/lii2023_strata.csv"
    );
    let flags = [
        "--arm",
        "allocation",
        "--guess",
        "guess",
        "--n",
        "n",
        "--outcome",
        "mean_madrs_d1_3",
    ];
    let mut arguments = vec!["blinding", table, "--format", "json"];
    arguments.extend(flags);
    let lii = onset(&arguments).json();
    close(&lii["observed"]["difference"], -3.0263);
    let half = lii["curve"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["correct_rate"] == 0.5)
        .unwrap();
    close(&half["difference"], -2.8098);
    close(&lii["b"]["estimate"], 0.0263);
    onset(&["blinding", "--counts", "1,2;3"]).refused(2, &["three whole numbers"]);
    onset(&["blinding"]).refused(2, &["--counts"]);
}
