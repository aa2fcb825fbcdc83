//! `onset new`, `check` and `schema` as a shell sees them.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use std::path::{Path, PathBuf};
use transcript::onset;

const KETAMINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reviews/ketamine");

fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("review-folder-{name}"));
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_new_review_is_checked_and_runs_at_once() {
    let dir = scratch("runs");
    let said = onset(&["new", shown(&dir), "--format", "json"]).json();
    assert_eq!(said["files"].as_array().unwrap().len(), 12);
    let checked = onset(&["check", shown(&dir), "--format", "json"]).json();
    assert_eq!(checked["counts"]["warnings"], 0, "{checked:#}");
    assert_eq!(checked["counts"]["notes"], 0, "{checked:#}");
    assert_eq!(checked["files"].as_array().unwrap().len(), 12);
    let out = scratch("runs-out");
    let ran = onset(&["run", shown(&dir), "-o", shown(&out), "--format", "json"]).json();
    let text = std::fs::read_to_string(out.join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(results["size"]["estimate"]["value"].as_f64().unwrap() < 0.0);
    assert_eq!(results["size"]["k"], 4, "example 5 is excluded");
    assert_eq!(ran["replaced"], false);
    let again = onset(&["run", shown(&dir), "-o", shown(&out), "--format", "json"]).json();
    assert_eq!(again["replaced"], true);
}

#[test]
fn every_trial_of_a_new_review_is_marked_as_an_example() {
    let dir = scratch("marked");
    onset(&["new", shown(&dir), "--format", "json"]).json();
    for table in [
        "studies.csv",
        "arms.csv",
        "observations.csv",
        "contrasts.csv",
        "sources.csv",
    ] {
        let text = std::fs::read_to_string(dir.join(table)).unwrap();
        for line in text.lines().skip(1) {
            assert!(line.contains("EXAMPLE"), "{table}: {line}");
        }
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let dir = scratch("occupied");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("thesis.txt"), "mine").unwrap();
    onset(&["new", shown(&dir)]).refused(1, &["not empty", "Hint"]);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    let file = dir.join("thesis.txt");
    onset(&["new", shown(&file)]).refused(1, &["not a folder"]);
    onset(&["new"]).refused(2, &["DIR"]);
    let empty = scratch("empty");
    std::fs::create_dir_all(&empty).unwrap();
    onset(&["new", shown(&empty), "--format", "json"]).json();
}

#[test]
fn check_lists_findings_in_every_format() {
    let table = onset(&["check", KETAMINE]);
    assert_eq!(table.status, 0, "{}", table.stderr);
    assert_eq!(table.stderr, "", "findings stand once, on standard output");
    assert!(table.stdout.contains("62 studies"), "{}", table.stdout);
    let csv = onset(&["check", KETAMINE, "--format", "csv"]).stdout;
    assert!(csv.starts_with("severity,code,file,line,study,column,message,found,allowed,hint\n"));
    let json = onset(&["check", KETAMINE, "--format", "json"]).json();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(json["warnings"].as_array().unwrap().len(), findings.len());
    assert!(json["files"][0]["sha256"].as_str().unwrap().len() == 64);
    onset(&["check", "no-such-review"]).refused(1, &["no-such-review", "no such folder"]);
    onset(&["check"]).refused(2, &["REVIEW"]);
}

#[test]
fn the_schema_is_json_in_every_format_but_csv() {
    let json = onset(&["schema", "--format", "json"]).json();
    assert_eq!(json["additionalProperties"], false);
    let table: serde_json::Value = serde_json::from_str(&onset(&["schema"]).stdout).unwrap();
    assert_eq!(table, json);
    let csv = onset(&["schema", "--format", "csv"]).stdout;
    assert!(
        csv.lines().any(|line| line.starts_with("Model,tau2,no,")),
        "{csv}"
    );
}
