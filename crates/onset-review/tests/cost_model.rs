//! The cost model on the ketamine review: what is missing is named, and with made-up inputs it runs as far as it may.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use onset_review::economics::ModelReport;
use onset_review::{Answers, Protocol, folder, run};
use std::path::PathBuf;

const REVIEW: &str = include_str!("../../../reviews/ketamine/review.toml");
const MARK: &str = "[[economics.model.price]]";
/// Means over the same draws, added in another order.
const SUMS: f64 = 1e-9;

/// Made-up values: fixed utilities, so that means can be reckoned by hand.
const UTILITIES: &str = r#"
[[economics.model.utility]]
state = "remission"
value = 0.8
source = "made up"
[[economics.model.utility]]
state = "response"
value = 0.7
source = "made up"
[[economics.model.utility]]
state = "depressed"
value = 0.5
standard_error = 0.0
source = "made up"
"#;

const MONTHS: &str = r#"
[[economics.model.transition]]
from = "remission"
to = "depressed"
value = 0.1
standard_error = 0.02
source = "made up"
[[economics.model.transition]]
from = "response"
to = "depressed"
value = 0.2
standard_error = 0.02
source = "made up"
[[economics.model.cost]]
label = "Drug"
states = ["remission", "response"]
arm = "treatment"
value = 2000.0
standard_error = 100.0
source = "made up"
"#;

const NAMED: &str = "extrapolation = { name = \"constant monthly relapse\", reason = \"Made up.\" }\n";

fn answers(before: &str, after: &str) -> Answers {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../reviews/ketamine"));
    let (_, evidence) = folder::check(&dir).unwrap().value;
    assert_eq!(REVIEW.matches(MARK).count(), 1);
    let text = REVIEW.replace(MARK, &format!("{before}\n{after}\n{MARK}"));
    let protocol = Protocol::parse(&text).unwrap();
    run(&protocol, &evidence, &[]).unwrap().value
}

fn model(before: &str, after: &str) -> (ModelReport, Answers) {
    let answers = answers(before, after);
    let model = answers.economics.as_ref().unwrap().models[0].clone();
    (model, answers)
}

#[test]
fn what_the_review_lacks_is_named() {
    let (found, _) = model("", "");
    assert_eq!(found.missing.len(), 3, "{:?}", found.missing);
    assert!(found.why_not.is_some() && found.arms.is_empty() && found.ratio.is_none());
    let (found, _) = model(NAMED, "");
    assert_eq!(found.months_run, 11);
    assert_eq!(found.missing.len(), 3 + 4 + 1, "{:?}", found.missing);
}

#[test]
fn without_a_named_assumption_the_model_stops_where_the_evidence_does() {
    let (found, answers) = model("new_setting = false\n", &format!("{UTILITIES}{MONTHS}"));
    assert_eq!(found.evidence_hours, Some(672.0));
    assert_eq!(found.months_run, 0);
    assert!(found.limited.is_some() && found.extrapolation.is_none());
    let [treated, control] = found.arms.as_slice() else {
        panic!("two arms")
    };
    let weeks = 672.0 / 8766.0;
    for arm in [treated, control] {
        let end = 0.8 * arm.start[0] + 0.7 * arm.start[1] + 0.5 * arm.start[2];
        assert!((arm.qaly - 0.5 * weeks * (0.5 + end)).abs() < SUMS);
        assert!((arm.start.iter().sum::<f64>() - 1.0).abs() < SUMS);
        assert_eq!(arm.months, [0.0; 5]);
    }
    assert!((treated.cost / 5572.0 - 1.0).abs() < SUMS && control.cost == 0.0);
    let extra = treated.qaly - control.qaly;
    assert!((found.ratio.unwrap() / (5572.0 / extra) - 1.0).abs() < SUMS);
    // the draws are those of the absolute effects: the same mean risk to the error of 10,000 draws
    let id = "esketamine-in-v-placebo/response/day28";
    let pool = answers.size.by.iter().find(|pool| pool.id == id).unwrap();
    let risk = pool.absolute.as_ref().unwrap().treatment_risk;
    let share = treated.start[0] + treated.start[1];
    assert!((share - risk.value).abs() < 0.02, "{share} {}", risk.value);
    assert_eq!(found.curve.len(), 41);
    assert!(found.curve.windows(2).all(|w| w[0].chance <= w[1].chance));
}

#[test]
fn a_named_assumption_carries_it_further_and_is_printed() {
    let (found, _) = model(NAMED, &format!("{UTILITIES}{MONTHS}"));
    assert_eq!(found.months_run, 11);
    assert!(found.limited.is_none());
    assert!(
        found
            .extrapolation
            .as_ref()
            .unwrap()
            .contains("constant monthly relapse")
    );
    for arm in &found.arms {
        assert!((arm.months.iter().sum::<f64>() - 11.0).abs() < SUMS);
    }
    let (qaly, at) = (found.extra_qaly.unwrap(), &found.at);
    assert!(qaly.lower < qaly.value && qaly.value < qaly.upper);
    assert!(at.iter().all(|at| at.evpi >= 0.0));
}

#[test]
fn the_mean_effect_spreads_less_than_a_new_setting() {
    let width = |before: &str| {
        let (found, _) = model(before, UTILITIES);
        let qaly = found.extra_qaly.unwrap();
        qaly.upper - qaly.lower
    };
    assert!(width("new_setting = false\n") < width("new_setting = true\n"));
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let (first, _) = model(NAMED, &format!("{UTILITIES}{MONTHS}"));
    let (second, _) = model(NAMED, &format!("{UTILITIES}{MONTHS}"));
    assert_eq!(first, second);
}

#[test]
fn inputs_that_no_distribution_has_are_refused() {
    for (wrong, code) in [
        (
            UTILITIES.replace("standard_error = 0.0", "standard_error = 0.5"),
            "out_of_range",
        ),
        (UTILITIES.replace("\"response\"", "\"remission\""), "duplicate_id"),
        (MONTHS.replace("value = 0.1", "value = 1.1"), "out_of_range"),
        (
            MONTHS.replace(
                "to = \"depressed\"\nvalue = 0.2",
                "to = \"response\"\nvalue = 0.2",
            ),
            "no_transition",
        ),
    ] {
        let text = REVIEW.replace(MARK, &format!("{wrong}\n{MARK}"));
        let found = Protocol::parse(&text).unwrap_err();
        assert!(found.iter().any(|d| d.code == code), "{code}: {found:#?}");
    }
}
