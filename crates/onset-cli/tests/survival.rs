//! Transcripts of `onset survival`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use transcript::{onset, oracle_path, table};

fn data(name: &str) -> String {
    oracle_path(&format!("methods/{name}"))
        .to_str()
        .unwrap()
        .to_owned()
}

/// Printed to four decimals.
const PRINTED: f64 = 6e-5;

#[test]
fn hazard_ratio_of_an_interval() {
    let words = "survival hr --hr 0.49 --ci-lower 0.29 --ci-upper 0.84 --format json";
    let answer = onset(&words.split(' ').collect::<Vec<_>>()).json();
    assert!((answer["se"].as_f64().unwrap() - 0.27131).abs() < PRINTED);
    assert_eq!(answer["route"], "hr_and_interval");
    let words = "survival hr --p 0.03 --arm-events 24,39 --format json";
    let answer = onset(&words.split(' ').collect::<Vec<_>>()).json();
    assert_eq!(answer["route"], "p_and_events");
    assert!(answer["ln_hr"].as_f64().unwrap() < 0.0);
}

#[test]
fn hazard_ratio_bad_use_and_bad_numbers() {
    for (words, status) in [
        ("survival hr", 2),
        ("survival hr --p 0.03", 2),
        ("survival hr --hr 0.5 --ci-lower 0.2", 2),
        ("survival hr --hr 2 --ci-lower 0.2 --ci-upper 0.9", 1),
        ("survival hr --p 0 --events 20", 1),
        ("survival hr --p 0.1 --events 0", 1),
    ] {
        onset(&words.split(' ').collect::<Vec<_>>()).refused(status, &[]);
    }
}

#[test]
fn radiation_curve() {
    let (points, risk) = (data("radiation_radio.csv"), data("radiation_at_risk.csv"));
    let answer = onset(&[
        "survival",
        "km",
        "--points",
        &points,
        "--at-risk",
        &risk,
        "--format",
        "json",
    ])
    .json();
    assert_eq!(answer["n"], 213);
    assert_eq!(answer["patients"].as_array().unwrap().len(), 213);
    let codes: Vec<&str> = answer["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"percent") && codes.contains(&"curve_quality"));
    let rising = table("survival-rising.csv", "time,survival\n1,0.5\n2,0.9\n");
    onset(&["survival", "km", "--points", &rising, "--at-risk", &risk]).refused(1, &["rises"]);
    let words = table("survival-words.csv", "time,survival\n1,half\n");
    onset(&["survival", "km", "--points", &words, "--at-risk", &risk]).refused(1, &["half"]);
    onset(&["survival", "km", "--points", &points]).refused(2, &[]);
}

/// Reading errors of a digitised curve: left out or flattened, each with a warning, or refused by time and value.
#[test]
fn bad_points_of_a_curve() {
    let risk = table("survival-bad-risk.csv", "time,n\n0,40\n6,22\n");
    let km = |name: &str, points: &str| {
        let points = table(name, format!("time,survival\n{points}"));
        onset(&[
            "survival",
            "km",
            "--points",
            &points,
            "--at-risk",
            &risk,
            "--format",
            "json",
        ])
    };
    let warned = |name: &str, points: &str, words: &str| {
        let answer = km(name, points).json();
        let found = answer["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|w| w["code"] == "curve_quality" && w["message"].as_str().unwrap().contains(words));
        assert!(found, "{words} in {}", answer["warnings"]);
        answer
    };
    let clean = km("survival-clean.csv", "1,0.95\n3,0.8\n5,0.7\n8,0.6\n").json();
    let early = warned(
        "survival-early.csv",
        "-0.5,0.99\n1,0.95\n3,0.8\n5,0.7\n8,0.6\n",
        "A point at time -0.5 lies before 0 and was left out",
    );
    assert_eq!(
        clean["patients"], early["patients"],
        "as if the point were not there"
    );
    let small = warned(
        "survival-small-rise.csv",
        "1,0.95\n3,0.8\n4,0.82\n5,0.7\n8,0.6\n",
        "The point at time 4 rises from 0.8 to 0.82 and was set to 0.8",
    );
    assert_eq!(small["n"], 40);
    km("survival-large-rise.csv", "1,0.95\n3,0.5\n4,0.8\n")
        .refused(1, &["time 4", "0.5", "0.8", "never rises"]);
    km("survival-only-early.csv", "-2,0.9\n-1,0.8\n").refused(1, &["time 0 or later"]);
    km("survival-late-risk.csv", "1,0.9\n2,-0.1\n").refused(1, &["-0.1", "0 to 1"]);
    let rising = table("survival-rising-risk.csv", "time,n\n0,40\n6,44\n");
    let points = table("survival-fine.csv", "time,survival\n1,0.95\n8,0.6\n");
    onset(&["survival", "km", "--points", &points, "--at-risk", &rising]).refused(1, &["44", "time 6"]);
}

fn rmst<'a>(file: &'a str, tau: &'a str) -> Vec<&'a str> {
    let mut words = vec![
        "survival", "rmst", file, "--time", "Time", "--event", "Event", "--arm", "Arm",
    ];
    words.extend(["--trial", "trialID", "--tau", tau, "--format", "json"]);
    words
}

#[test]
fn restricted_means() {
    let file = data("AorticStenosisTrials.csv");
    let answer = onset(&rmst(&file, "12,24,36")).json();
    assert_eq!(answer["trials"].as_array().unwrap().len(), 12);
    let pooled = answer["pooled"].as_array().unwrap();
    let at = |model: &str, tau: f64| {
        pooled
            .iter()
            .find(|r| r["model"] == model && r["tau"] == tau)
            .unwrap()
    };
    assert!((at("dl", 36.0)["estimate"].as_f64().unwrap() - 1.44518).abs() < PRINTED);
    assert!((at("multivariate_common", 36.0)["estimate"].as_f64().unwrap() - 0.417431).abs() < PRINTED);
    assert_eq!(at("multivariate_reml", 36.0)["k"], 2);
}

/// The pooled curves: the numbers behind the figure agree with the restricted means' data, and people go down.
#[test]
fn curves_of_both_arms() {
    let file = data("AorticStenosisTrials.csv");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("survival-figures");
    let mut words = rmst(&file, "12,24");
    let folder = folder.to_str().unwrap().to_owned();
    words.extend(["--figures", &folder]);
    let answer = onset(&words).json();
    assert_eq!(answer["figures"], serde_json::json!(["survival.svg"]));
    let svg = std::fs::read_to_string(std::path::Path::new(&folder).join("survival.svg")).unwrap();
    assert!(svg.contains("People still followed") && svg.contains("Dotted"));
    let steps = answer["survival"]["steps"].as_array().unwrap();
    assert_eq!(answer["survival"]["k"], 5);
    for arm in ["control", "active"] {
        let values: Vec<f64> = steps.iter().map(|s| s[arm][0].as_f64().unwrap()).collect();
        assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(
            steps
                .iter()
                .all(|s| s[arm][1].as_f64() <= s[arm][0].as_f64() && s[arm][0].as_f64() <= s[arm][2].as_f64())
        );
    }
    let trials = steps.iter().map(|s| s["trials"].as_u64().unwrap());
    assert!(trials.collect::<Vec<_>>().is_sorted_by(|a, b| a >= b));
}

#[test]
fn restricted_means_of_bad_tables() {
    for (name, text) in [
        ("survival-event.csv", "Time,Event,Arm,trialID\n1,2,0,1\n1,1,1,1\n"),
        ("survival-arm.csv", "Time,Event,Arm,trialID\n1,1,0,1\n2,0,0,1\n"),
        ("survival-time.csv", "Time,Event,Arm,trialID\n-1,1,0,1\n1,1,1,1\n"),
        ("survival-empty.csv", "Time,Event,Arm,trialID\n"),
        ("survival-flat.csv", "Time,Event,Arm,trialID\n9,0,0,1\n9,0,1,1\n"),
        (
            "survival-short.csv",
            "Time,Event,Arm,trialID\n1,1,0,1\n2,0,0,1\n1,1,1,1\n2,0,1,1\n",
        ),
        ("survival-column.csv", "Time,Event,Arm\n1,1,0\n"),
    ] {
        let file = table(name, text);
        onset(&rmst(&file, "5")).refused(1, &[]);
    }
    let file = data("AorticStenosisTrials.csv");
    onset(&rmst(&file, "0")).refused(2, &[]);
}
