//! Transcripts of `onset timecourse`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{Transcript, onset, oracle_path, table};

/// Printed to six or seven digits.
const PRINTED: f64 = 6e-6;

/// In posterior standard deviations: two means of autocorrelated draws, printed to four digits.
const MONTE_CARLO: f64 = 0.06;

const COLUMNS: [&str; 10] = [
    "--study", "study", "--treat", "treat", "--time", "time", "--mean", "y", "--se", "se",
];
const GOOD: &str = "study,treat,time,y,se\n\
    A,p,1,0,.5\nA,p,4,0,.5\nA,p,9,0,.5\nA,d,1,-2,.5\nA,d,4,-4,.5\nA,d,9,-5,.5\n\
    B,p,1,0,.5\nB,p,4,0,.5\nB,p,9,0,.5\nB,d,1,-2.2,.5\nB,d,4,-4.1,.5\nB,d,9,-4.8,.5\n";

fn alog(more: &[&str]) -> Transcript {
    let file = oracle_path("methods").join("alog_pcfb.csv");
    let mut words = vec!["timecourse", file.to_str().unwrap()];
    words.extend([
        "--study",
        "studyID",
        "--treat",
        "treatment",
        "--time",
        "time",
        "--mean",
        "y",
        "--se",
        "se",
    ]);
    words.extend(["--n", "n", "--reference", "placebo"]);
    words.extend(more);
    onset(&words)
}

fn on(name: &str, text: &str, more: &[&str]) -> Transcript {
    let file = table(name, text);
    let mut words = vec!["timecourse", &file];
    words.extend(COLUMNS);
    words.extend(["--reference", "p"]);
    words.extend(more);
    onset(&words)
}

fn near(found: &Value, printed: f64, tolerance: f64) {
    assert!(
        (found.as_f64().unwrap() - printed).abs() < tolerance,
        "{found} {printed}"
    );
}

#[test]
fn alogliptin_through_the_command_line() {
    let json = alog(&[
        "--threshold",
        "0.3",
        "--dispersion",
        "1",
        "--format",
        "json",
        "--leave-one-out",
        "--compare",
    ])
    .json();
    let named = |name: &str| {
        let all = json["parameters"].as_array().unwrap();
        all.iter().find(|p| p["name"] == name).unwrap()["estimate"].clone()
    };
    near(&named("alog_25"), -0.84153, PRINTED);
    near(&named("log_et50"), 1.635963, PRINTED);
    near(&json["rss"], 1015.098, 6e-4);
    assert_eq!(
        (&json["points"], &json["benefit"]),
        (&233.into(), &"lower".into())
    );
    let onset = json["onset"].as_array().unwrap();
    let inversion = onset
        .iter()
        .find(|o| o["treatment"] == "alog_25" && o["interval"] == "inversion")
        .unwrap();
    near(&inversion["estimate"], 2.844402, PRINTED);
    near(&inversion["lower"], 2.6688, 6e-5);
    near(&inversion["upper"], 3.0383, 6e-5);
    assert!(inversion["trials"].as_u64().unwrap() >= 5, "{inversion}");
    let profile = onset
        .iter()
        .find(|o| {
            o["treatment"] == "alog_25"
                && o["interval"] == "profile"
                && o["definition"] == "important_difference"
        })
        .unwrap();
    near(&profile["lower"], 2.673_496_433, 1e-8);
    near(&profile["upper"], 3.031_251_450, 1e-8);
    let mine = json["window"].as_array().unwrap().iter();
    let mine: Vec<_> = mine.filter(|w| w["treatment"] == "alog_25").collect();
    assert_eq!(mine.len(), 2);
    for (window, onset) in mine.into_iter().zip([inversion, profile]) {
        assert_eq!(window["interval"], onset["interval"]);
        assert_eq!(window["onset_lower"], onset["lower"]);
    }
    assert_eq!(json["horizon"].as_array().unwrap().len(), 2);
    assert_eq!(json["leave_one_out"].as_array().unwrap().len(), 14);
    assert_eq!(json["comparison"].as_array().unwrap().len(), 8);
    for format in ["table", "csv"] {
        let text = alog(&["--format", format]).stdout;
        assert!(text.contains("log_et50"), "{text}");
    }
}

#[test]
fn a_curve_without_a_peak_is_not_identified() {
    let json = on(
        "timecourse_rise.csv",
        GOOD,
        &["--form", "bateman", "--threshold", "3", "--format", "json"],
    )
    .json();
    let shape = &json["parameters"][1];
    assert!(shape["estimate"].is_null(), "{shape}");
    assert!(
        json["not_identified"]
            .as_str()
            .unwrap()
            .contains("not identified")
    );
    assert!(
        json["onset"]
            .as_array()
            .unwrap()
            .iter()
            .all(|o| o["estimate"].is_null())
    );
}

#[test]
fn bad_tables_are_refused_by_name() {
    let twice = format!("{GOOD}B,d,9,-4,.5\n");
    on("timecourse_twice.csv", &twice, &[]).refused(1, &["two rows", "study 'B'", "line 14", "--arm"]);
    let early = format!("{GOOD}B,d,-1,-4,.5\n");
    on("timecourse_early.csv", &early, &[]).refused(1, &["before baseline", "B", "14"]);
    let units = GOOD.replace("B,d,9", "B,d,9 days");
    on("timecourse_units.csv", &units, &[]).refused(1, &["9 days", "one unit"]);
    let zero = GOOD.replace("-4.8,.5", "-4.8,0");
    on("timecourse_zero.csv", &zero, &[]).refused(1, &["standard error"]);
    let apart = format!("{GOOD}C,x,1,0,1\nC,y,1,0,1\n");
    on("timecourse_apart.csv", &apart, &[]).refused(1, &["no randomised comparison", "x, y"]);
    on("timecourse_empty.csv", "study,treat,time,y,se\n", &[]).refused(1, &[]);
    on("timecourse_good.csv", GOOD, &["--form", "cubic"]).refused(2, &["emax"]);
    on("timecourse_good2.csv", GOOD, &["--rho", "1.5"]).refused(2, &["correlation"]);
}

#[test]
fn doubtful_studies_are_named() {
    let text = format!("{GOOD}C,d,1,-2,1\nD,p,400,0,1\nD,d,400,-5,1\nE,p,4,NA,1\n");
    let json = on("timecourse_doubt.csv", &text, &["--format", "json"]).json();
    let codes: Vec<&str> = json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["code"].as_str().unwrap())
        .collect();
    for code in ["single_arm", "one_visit", "time_unit", "missing_value"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

/// Times in two units: a unit in a cell is refused, a study whose visits lie apart from all others is named and kept.
#[test]
fn mixed_units_of_time() {
    let days = "D,p,200,0,.5\nD,p,400,0,.5\nD,d,200,-5,.5\nD,d,400,-5,.5\n";
    let json = on(
        "timecourse_days.csv",
        &format!("{GOOD}{days}"),
        &["--format", "json"],
    )
    .json();
    let warning = json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["code"] == "time_unit")
        .unwrap()
        .clone();
    assert_eq!(warning["study"], "D");
    let words = warning["message"].as_str().unwrap();
    assert!(
        words.contains("200 to 400") && words.contains("one unit"),
        "{words}"
    );
    for cell in ["9 h", "9d", "1 week", "1:30"] {
        let text = GOOD.replace("B,d,9", &format!("B,d,{cell}"));
        on("timecourse_cell.csv", &text, &[]).refused(1, &[cell, "one unit"]);
    }
}

/// Studies with one visit: they speak about size, and where there is nothing else, no shape is identified.
#[test]
fn studies_with_one_visit() {
    let only = "study,treat,time,y,se\nA,p,4,0,.5\nA,d,4,-4,.5\nB,p,4,0,.5\nB,d,4,-4.4,.5\nC,p,4,0,.5\nC,d,4,-4.2,.5\n";
    let json = on(
        "timecourse_single.csv",
        only,
        &[
            "--dispersion",
            "1",
            "--control",
            "visit",
            "--threshold",
            "3",
            "--format",
            "json",
        ],
    )
    .json();
    let named: Vec<&str> = json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|w| w["code"] == "one_visit")
        .map(|w| w["study"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["A", "B", "C"]);
    assert!(
        json["not_identified"]
            .as_str()
            .unwrap()
            .contains("not identified")
    );
    let onset = json["onset"].as_array().unwrap();
    assert!(
        onset
            .iter()
            .all(|o| o["estimate"].is_null() && o["upper"].is_null())
    );
}

#[test]
fn schedules_of_doses() {
    let head = "study,treat,time,y,se,doses\n";
    let mut text = head.to_owned();
    let single = |t: f64| {
        if t > 0.0 {
            -5.0 * t / (2.0 + t) * (-t * 0.115_524_5).exp()
        } else {
            0.0
        }
    };
    for (study, schedule, words) in [
        ("A", vec![0.0], "0"),
        ("B", vec![0.0, 3.0, 7.0], "0;3;7"),
        ("C", vec![0.0, 7.0], "0; 7"),
    ] {
        for (arm, treated) in [("p", false), ("d", true)] {
            for time in [0.5, 1.0, 2.5, 5.0, 8.0, 11.0, 16.0, 24.0] {
                let sum: f64 = schedule.iter().map(|at| single(time - at)).sum();
                let mean = if treated { sum } else { 0.0 };
                text.push_str(&format!("{study},{arm},{time},{mean},0.7,{words}\n"));
            }
        }
    }
    let more = [
        "--dose-times",
        "doses",
        "--form",
        "emax-decay",
        "--control",
        "visit",
        "--format",
        "json",
    ];
    let json = on("timecourse_doses.csv", &text, &more).json();
    near(&json["parameters"][0]["estimate"], -5.0, 1e-3);
    let twice = format!("{text}C,d,30,0,0.7,0;9\n");
    on("timecourse_doses2.csv", &twice, &more).refused(1, &["two schedules", "study 'C'"]);
    let words = text.replace("0;3;7", "0;often");
    on("timecourse_doses3.csv", &words, &more).refused(1, &["0;often", "semicolons"]);
    let back = text.replace("0;3;7", "3;0");
    on("timecourse_doses4.csv", &back, &more).refused(1, &["do not increase"]);
    on("timecourse_doses5.csv", &text, &["--dose-times", "doses"]).refused(2, &["emax"]);
}

#[test]
fn fixed_windows_beside_the_curve() {
    let json = alog(&[
        "--windows",
        "1-6,7-12,13-30",
        "--struct",
        "HCS",
        "--rho",
        "0.5",
        "--format",
        "json",
    ])
    .json();
    let windows = json["windows"].as_array().unwrap();
    assert!(
        !windows.iter().any(|w| w["treatment"] == "alog_100"),
        "one study, two windows"
    );
    let codes: Vec<&str> = json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"no_windows"), "{codes:?}");
    let of_25 = windows.iter().find(|w| w["treatment"] == "alog_25").unwrap();
    let means = of_25["means"].as_array().unwrap();
    assert_eq!(means.len(), 3);
    assert!(means[2]["estimate"].as_f64().unwrap() < means[0]["estimate"].as_f64().unwrap());
    assert_eq!(of_25["struct"], "HCS");
    alog(&["--windows", "6-1"]).refused(2, &["windows"]);
    alog(&["--windows", "often"]).refused(2, &["FROM-TO"]);
    alog(&["--struct", "UN"]).refused(2, &["--windows"]);
}

#[test]
fn a_posterior_from_the_command_line() {
    let more = [
        "--bayes",
        "--seed",
        "7",
        "--shape-sd",
        "100",
        "--threshold",
        "0.3",
        "--format",
        "json",
    ];
    let json = alog(&more).json();
    let parameters = json["bayes"]["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), 6);
    for (name, mean) in [
        ("alog_6.25", -0.5886),
        ("alog_12.5", -0.7762),
        ("alog_25", -0.8454),
        ("alog_50", -0.9668),
        ("alog_100", -0.8325),
        ("log_et50", 1.6475),
    ] {
        let found = parameters.iter().find(|p| p["name"] == name).unwrap();
        // Monte Carlo error of 15,000 draws of the reference and 4,000 of ours
        near(&found["mean"], mean, MONTE_CARLO * found["sd"].as_f64().unwrap());
        assert!(found["r_hat"].as_f64().unwrap() < 1.01, "{found}");
    }
    let onset = json["onset"].as_array().unwrap();
    assert!(
        onset
            .iter()
            .any(|o| o["interval"] == "posterior" && o["definition"] == "important_difference")
    );
    alog(&["--bayes", "--draws", "40"]).refused(1, &["effective sample size", "--draws"]);
    alog(&["--bayes", "--effects", "random"]).refused(2, &["prior of tau"]);
    alog(&["--draws", "40"]).refused(2, &["--bayes"]);
}

#[test]
fn figures_are_written() {
    let dir = std::env::temp_dir().join(format!("onset-timecourse-{}", std::process::id()));
    let dir = dir.to_str().unwrap();
    let json = alog(&[
        "--threshold",
        "0.3",
        "--figures",
        dir,
        "--unit-hours",
        "168",
        "--format",
        "json",
    ])
    .json();
    let names = json["figures"].as_array().unwrap();
    assert_eq!(names.len(), 11, "{names:?}");
    for name in names {
        let text = std::fs::read_to_string(format!("{dir}/{}", name.as_str().unwrap())).unwrap();
        assert!(text.contains("<svg"));
    }
    std::fs::remove_dir_all(dir).unwrap();
}
