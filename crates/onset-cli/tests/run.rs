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

const TRICYCLICS: &str = r#"
[review]
title = "Low-dose tricyclics"
question = "Do low doses of tricyclics relieve depression better than placebo?"
version = "1"
seed = 1
format = 1
systematic_search = false
headline = { comparison = "tricyclic-v-placebo", outcome = "depression", window = "course-end" }
[[treatment]]
id = "tricyclic"
label = "Tricyclic, low dose"
[[treatment]]
id = "placebo"
label = "Placebo"
role = "control"
control_type = "inert"
[[outcome]]
id = "depression"
label = "Depression score"
kind = "continuous"
direction = "lower is better"
scales = [{ id = "HRSD-17", range = [0, 52] }, { id = "HRSD-21", range = [0, 64] }, { id = "HRSD-24", range = [0, 75] }, { id = "MADRS", range = [0, 60] }, { id = "HRSD", range = [0, 52] }, { id = "BDI", range = [0, 63] }, { id = "Physician Depression Scale", range = [0, 100] }, { id = "Wechsler scale", range = [0, 100] }, { id = "ad hoc physician scale", range = [0, 100] }]
important_difference = { value = 0.24, unit = "smd", source = "Cuijpers 2014" }
[[window]]
id = "course-end"
label = "End of treatment"
evidence = "course-end"
[[comparison]]
id = "tricyclic-v-placebo"
label = "Low-dose tricyclic v placebo"
treatment_label = "tricyclic"
control_label = "placebo"
treatment = ["tricyclic"]
control = ["placebo"]
outcomes = ["depression"]
windows = ["course-end"]
[model]
effect = { depression = "SMD" }
prefer_change = false
[floor]
version = "1"
[[floor.fork]]
id = "bias"
options = ["none", "pet", "peese", "selection", "worst-case", "averaged"]
reason = "Small studies show larger effects."
[[floor.fork]]
id = "model"
options = ["DL", "REML", "bayes:rhodes2015:mental-health:pharm-v-placebo", "bayes:halfnormal:0.5"]
reason = "None is best."
[[floor.fork]]
id = "interval"
options = ["z", "knha"]
reason = "Both are in use."
"#;

const STUDIES: &str = "study_id,label,year,doi,pmid,registry,design,country,population,population_text,n_randomised,\
                       mean_age,pct_female,concomitant,sponsor,blinding,source_id,locator,notes";
const ARMS: &str = "study_id,arm_id,treatment,arm_label,dose,dose_unit,route,infusion_minutes,n_doses,schedule,\
                    n_randomised,n_treated,source_id,locator,notes";
const OBSERVATIONS: &str = "study_id,arm_id,outcome,scale,time_hours,timing,statistic,n,mean,sd,se,ci_low,ci_high,\
                            events,percent,basis,set,period,source_id,locator,notes";

/// A review made of the trials of low-dose tricyclics, arm by arm.
fn tricyclics(dir: &Path) {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles/data/furukawa2003.csv");
    let mut studies = format!("{STUDIES}\n");
    let mut arms = format!("{ARMS}\n");
    let mut observations = format!("{OBSERVATIONS}\n");
    for (i, line) in std::fs::read_to_string(data).unwrap().lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let [.., ne, me, se, nc, mc, sc, scale] = cells.as_slice() else {
            unreachable!("seven columns and a name")
        };
        let id = format!("trial{i}");
        studies.push_str(&format!("{id},Trial {i},,,,,parallel,,,,,,,,,,s,row {i},\n"));
        for (arm, node, [n, mean, sd]) in [("t", "tricyclic", [ne, me, se]), ("c", "placebo", [nc, mc, sc])] {
            arms.push_str(&format!("{id},{arm},{node},,,,,,,,,,s,row {i},\n"));
            observations.push_str(&format!(
                "{id},{arm},depression,{scale},,course-end,endpoint,{n},{mean},{sd},,,,,,,,,s,row {i},\n"
            ));
        }
    }
    std::fs::create_dir_all(dir).unwrap();
    let sources = "source_id,citation,url,licence,taken\ns,Furukawa 2003,,,\n".to_owned();
    for (name, text) in [
        ("review.toml", TRICYCLICS.to_owned()),
        ("studies.csv", studies),
        ("arms.csv", arms),
        ("observations.csv", observations),
        ("sources.csv", sources),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
}

/// Printed with four or five digits.
const PRINTED: f64 = 6e-5;
/// Posterior quantiles and probabilities, printed with three digits.
const THREE_DIGITS: f64 = 6e-4;

#[test]
fn the_floor_of_low_dose_tricyclics() {
    let (dir, out) = (scratch("tricyclics"), scratch("tricyclics-out"));
    tricyclics(&dir);
    let run = onset(&["run", dir.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let results = std::fs::read_to_string(out.join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    let curve = results["floor"]["curve"].as_array().unwrap();
    // none and worst case x 2 models x 2 intervals, none x 2 priors, four that replace the model
    assert_eq!(curve.len(), 14);
    let found = |options: &[&str], tolerance: f64, printed: [f64; 3]| {
        let analysis = curve
            .iter()
            .find(|a| a["options"] == serde_json::json!(options))
            .unwrap();
        assert_eq!(analysis["why_not"], serde_json::Value::Null, "{options:?}");
        for (key, printed) in ["estimate", "lower", "upper"].iter().zip(printed) {
            let x = analysis[key].as_f64().unwrap();
            assert!(
                (x - printed).abs() < tolerance,
                "{options:?} {key}: {x} {printed}"
            );
        }
        analysis["beyond"].as_f64()
    };
    found(&["none", "DL", "z"], PRINTED, [-0.59277, -0.8813, -0.3042]);
    // the upper limit as it mirrors the lower one about the mean
    found(&["none", "REML", "knha"], PRINTED, [-0.61122, -0.9871, -0.23534]);
    found(&["worst-case", "DL", "z"], PRINTED, [-0.21932, -0.3701, -0.0685]);
    let t = 2.131_449_545_559_323;
    let around = |estimate: f64, se: f64| [estimate, estimate - t * se, estimate + t * se];
    found(&["pet"], 2e-4, around(0.33044, 0.28879));
    found(&["peese"], 2e-4, around(-0.03023, 0.17381));
    let rhodes = "bayes:rhodes2015:mental-health:pharm-v-placebo";
    let beyond = found(&["none", rhodes], THREE_DIGITS, [-0.5998, -0.950, -0.277]);
    assert!((beyond.unwrap() - 0.985).abs() < THREE_DIGITS);
    let half_normal = curve
        .iter()
        .find(|a| a["options"] == serde_json::json!(["none", "bayes:halfnormal:0.5"]))
        .unwrap();
    assert!((half_normal["estimate"].as_f64().unwrap() + 0.6034).abs() < 6e-5);
    assert!((half_normal["beyond"].as_f64().unwrap() - 0.984).abs() < THREE_DIGITS);
    // the weight that would rise above one is held there: maximum likelihood without selection
    let selection = curve
        .iter()
        .find(|a| a["options"] == serde_json::json!(["selection"]))
        .unwrap();
    let estimate = selection["estimate"].as_f64().unwrap();
    assert!((-0.62..-0.58).contains(&estimate), "{estimate}");
    // the average lies between no selection and PET, and half of the prior stands at no effect
    let averaged = curve
        .iter()
        .find(|a| a["options"] == serde_json::json!(["averaged"]))
        .unwrap();
    assert_eq!(averaged["why_not"], serde_json::Value::Null);
    let number = |key: &str| averaged[key].as_f64().unwrap();
    assert!(
        number("estimate") > -0.6 && number("estimate") < 0.1,
        "{averaged}"
    );
    assert!(
        number("lower") < number("estimate") && number("upper") >= 0.0,
        "{averaged}"
    );
    // PET's upper end is the least favourable
    let worst = &results["floor"]["floors"][0];
    assert_eq!(
        worst["set_by"],
        curve
            .iter()
            .position(|a| a["options"] == serde_json::json!(["pet"]))
            .unwrap()
    );
    let weights: f64 = curve.iter().map(|a| a["weight"].as_f64().unwrap()).sum();
    assert!((weights - 1.0).abs() < 1e-12);
}

#[test]
fn a_changed_set_of_analyses_is_not_the_frozen_one() {
    let dir = scratch("frozen");
    tricyclics(&dir);
    let write = |from: &str, to: &str| {
        let text = TRICYCLICS.replace(from, to);
        assert_ne!(text, TRICYCLICS, "{from}");
        std::fs::write(dir.join("review.toml"), text).unwrap();
        onset(&["check", dir.to_str().unwrap()])
    };
    let wrong = write(
        "[floor]\nversion = \"1\"",
        "[floor]\nversion = \"1\"\nfrozen = \"sha256:00\"",
    );
    assert_eq!(wrong.status, 1);
    assert!(
        wrong.stderr.contains("not the one that was frozen"),
        "{}",
        wrong.stderr
    );
    let hash = wrong.stderr.split("llowed: ").nth(1).unwrap();
    let hash = &hash[..7 + 64];
    let right = write(
        "[floor]\nversion = \"1\"",
        &format!("[floor]\nversion = \"1\"\nfrozen = \"{hash}\""),
    );
    assert_eq!(right.status, 0, "{}", right.stderr);
    let other_scale = write("options = [\"z\", \"knha\"]", "options = [\"z\", \"bootstrap\"]");
    assert_eq!(other_scale.status, 1);
    assert!(
        other_scale.stderr.contains("z, t, knha, adhoc, kr"),
        "{}",
        other_scale.stderr
    );
    let common = write("\"DL\", \"REML\"", "\"FE\", \"REML\"");
    assert!(common.stderr.contains("another estimand"), "{}", common.stderr);
    std::fs::remove_dir_all(&dir).unwrap();
}

const APART: &str = r#"
[review]
title = "Networks"
question = "Compared with what?"
version = "1"
seed = 1
format = 1
systematic_search = false
headline = { comparison = "a-v-b", outcome = "depression", window = "24h" }
[[treatment]]
id = "a"
label = "Drug A"
[[treatment]]
id = "b"
label = "Drug B"
[[treatment]]
id = "c"
label = "Drug C"
[[outcome]]
id = "depression"
label = "Depression score"
kind = "continuous"
direction = "lower is better"
scales = [{ id = "MADRS", range = [0, 60] }]
[[window]]
id = "24h"
label = "24 hours"
from_hours = 12
to_hours = 36
target_hours = 24
evidence = "acute"
[[window]]
id = "day7"
label = "1 week"
from_hours = 120
to_hours = 216
target_hours = 168
evidence = "acute"
[[comparison]]
id = "a-v-b"
label = "A v B"
treatment_label = "A"
control_label = "B"
treatment = ["a"]
control = ["b"]
outcomes = ["depression"]
windows = ["24h"]
[[network]]
id = "n"
label = "Depression score"
outcome = "depression"
windows = ["24h", "day7"]
reference = "b"
reason = "For the test."
OVERRIDE
[[network.node]]
id = "a"
label = "Drug A"
treatments = ["a"]
[[network.node]]
id = "b"
label = "Drug B"
treatments = ["b"]
[[network.node]]
id = "c"
label = "Drug C"
treatments = ["c"]
"#;

/// A v B at 24 hours, C v B at one week; what is written.
fn networks_apart(name: &str, extra: &str) -> BTreeMap<String, String> {
    let (dir, out) = (scratch(name), scratch(&format!("{name}-out")));
    std::fs::create_dir_all(&dir).unwrap();
    let mut arms = format!("{ARMS}\n");
    let mut observations = format!("{OBSERVATIONS}\n");
    for (study, arm, hours, mean) in [
        ("s1", "a", 24, -16),
        ("s1", "b", 24, -10),
        ("s2", "c", 168, -12),
        ("s2", "b", 168, -9),
    ] {
        arms.push_str(&format!("{study},{arm},{arm},,,,,,,,20,,s,t,\n"));
        observations.push_str(&format!(
            "{study},{arm},depression,MADRS,{hours},hours,change,20,{mean},8,,,,,,,,,s,t,\n"
        ));
    }
    let trial = |id: &str| format!("{id},Trial {id},2020,,,,parallel,,,,40,,,,,,s,t,\n");
    for (file, text) in [
        ("review.toml", APART.replace("OVERRIDE", extra)),
        (
            "studies.csv",
            format!("{STUDIES}\n{}{}", trial("s1"), trial("s2")),
        ),
        ("arms.csv", arms),
        ("observations.csv", observations),
        (
            "sources.csv",
            "source_id,citation,url,licence,taken\ns,A source,,,\n".to_owned(),
        ),
    ] {
        std::fs::write(dir.join(file), text).unwrap();
    }
    let run = onset(&["run", dir.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let mut all = BTreeMap::new();
    files(&out, &out, &mut all);
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    all.into_iter()
        .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap_or_default()))
        .collect()
}

#[test]
fn a_network_across_windows_is_refused_or_stamped_on_every_output() {
    let refused = networks_apart("refused", "");
    let results: serde_json::Value = serde_json::from_str(&refused["results.json"]).unwrap();
    let pairs = results["network"]["networks"][0]["pairs"].as_array().unwrap();
    let indirect = pairs.iter().find(|p| p["a"] == "a" && p["b"] == "c").unwrap();
    assert!(
        indirect["estimate"].is_null() && indirect["refused"].as_str().unwrap().contains("different times")
    );
    assert!(refused["report.html"].contains("Refused: the trials behind it look at different times"));
    assert!(refused["tables/network-league.csv"].contains("Refused: the trials behind it"));

    let why = "The effect is taken to last a week.";
    let stamped = networks_apart("stamped", &format!("across_windows = \"{why}\""));
    let results: serde_json::Value = serde_json::from_str(&stamped["results.json"]).unwrap();
    let network = &results["network"]["networks"][0];
    assert!(network["stamp"].as_str().unwrap().ends_with(why));
    assert!(results["comparison"]["sentence"].as_str().unwrap().ends_with(why));
    let words = |svg: &str| {
        let mut text = String::new();
        let mut inside = false;
        for c in svg.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    text.push(' ');
                }
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut figures = 0;
    for (name, svg) in stamped
        .iter()
        .filter(|(name, _)| name.starts_with("figures/network"))
    {
        assert!(words(svg).contains("taken to last a week."), "{name}");
        figures += 1;
    }
    assert!(figures >= 4, "{figures} figures");
    let mut lines = 0;
    for (name, table) in stamped
        .iter()
        .filter(|(name, _)| name.starts_with("tables/network"))
    {
        for line in table.lines().skip(1) {
            assert!(line.contains(why), "{name}: {line}");
            lines += 1;
        }
    }
    assert!(lines > 10, "{lines} lines");
    let page = &stamped["report.html"];
    assert!(
        page.matches(why).count() > 6,
        "sentence, section, captions and figures"
    );
}
