//! Networks of a small review: agreement with pools, loops, stars, separate parts, and the guard of windows.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::support::{PROTOCOL, answers_with, study};
use onset_review::answers::Answers;
use onset_review::network::{NetworkReport, Pair};

/// Study, window or hours, arms with mean and standard error.
type Trial = (&'static str, &'static str, &'static [(&'static str, f64, f64)]);

/// Closed forms: a few roundings.
const CLOSED_FORM: f64 = 1e-10;
/// Two searches for the same maximum.
const OPTIMISED: f64 = 1e-6;

const NETWORK: &str = r#"
[[treatment]]
id = "other"
label = "Other drug"
[[window]]
id = "day7"
label = "1 week"
from_hours = 120
to_hours = 216
target_hours = 168
evidence = "acute"
[[network]]
id = "n"
label = "Depression score"
outcome = "depression"
windows = WINDOWS
reference = "saline"
reason = "For the test."
EXTRA
[[network.node]]
id = "drug"
label = "Drug"
treatments = ["drug"]
[[network.node]]
id = "midazolam"
label = "Midazolam"
treatments = ["midazolam"]
[[network.node]]
id = "saline"
label = "Saline"
treatments = ["saline"]
[[network.node]]
id = "other"
label = "Other drug"
treatments = ["other"]
"#;

/// A trial: its arms with treatment, mean and SD, 20 people each, at an hour.
fn trial(tables: &mut [String; 3], id: &str, hours: &str, arms: &[(&str, f64, f64)]) {
    tables[0].push_str(&study(id, "parallel"));
    for (node, mean, sd) in arms {
        tables[1].push_str(&format!("{id},{node},{node},,,,,,,,20,,s,t,\n"));
        tables[2].push_str(&format!(
            "{id},{node},depression,MADRS,{hours},hours,change,20,{mean},{sd},,,,,,,,,,,,,,s,t,\n"
        ));
    }
}

fn run(windows: &str, extra: &str, trials: &[Trial]) -> Answers {
    let mut tables = [String::new(), String::new(), String::new()];
    for (id, hours, arms) in trials {
        trial(&mut tables, id, hours, arms);
    }
    let network = NETWORK.replace("WINDOWS", windows).replace("EXTRA", extra);
    answers_with(
        &format!("{PROTOCOL}{network}"),
        &tables[0],
        &tables[1],
        &tables[2],
        "",
    )
}

fn network(answers: &Answers) -> &NetworkReport {
    &answers.network.as_ref().unwrap().networks[0]
}

fn pair<'a>(report: &'a NetworkReport, a: &str, b: &str) -> &'a Pair {
    report.pairs.iter().find(|p| p.a == a && p.b == b).unwrap()
}

#[test]
fn a_consistent_triangle_returns_its_truth() {
    let found = run(
        r#"["24h"]"#,
        "",
        &[
            ("a", "24", &[("drug", -16.0, 8.0), ("saline", -10.0, 8.0)]),
            ("b", "24", &[("midazolam", -12.0, 8.0), ("saline", -10.0, 8.0)]),
            ("c", "24", &[("drug", -16.0, 8.0), ("midazolam", -12.0, 8.0)]),
        ],
    );
    let report = network(&found);
    assert!(report.loops && report.parts.len() == 1 && report.stamp.is_none());
    assert_eq!(report.without, ["Other drug"]);
    for (a, b, truth) in [
        ("drug", "saline", -6.0),
        ("midazolam", "saline", -2.0),
        ("drug", "midazolam", -4.0),
    ] {
        let pair = pair(report, a, b);
        assert!((pair.analysis.unwrap().value - truth).abs() < CLOSED_FORM);
        // one direct trial, and two in a row: 2/3 of the evidence is direct, its variance 2/3 of the trial's
        assert_eq!(pair.evidence, "mixed");
        assert!((pair.proportion_direct.unwrap() - 2.0 / 3.0).abs() < CLOSED_FORM);
        assert!((pair.se.unwrap().powi(2) - 2.0 / 3.0 * 6.4).abs() < CLOSED_FORM);
        assert!((pair.p.unwrap() - 1.0).abs() < OPTIMISED);
        let sum: f64 = pair.shares.iter().map(|s| s.share).sum();
        assert!((sum - 1.0).abs() < CLOSED_FORM, "{sum}");
    }
    assert_eq!(report.ranking[0].node, "drug");
    for ranked in &report.ranking {
        assert!((ranked.cumulative.last().unwrap() - 1.0).abs() < CLOSED_FORM);
    }
    assert!(
        found
            .comparison
            .sentence
            .contains("saline is linked with drug and midazolam")
    );
}

#[test]
fn two_treatments_are_the_pool() {
    let trials: &[Trial] = &[
        ("a", "24", &[("drug", -16.0, 8.0), ("saline", -10.0, 9.0)]),
        ("b", "24", &[("drug", -11.0, 7.0), ("saline", -12.0, 8.0)]),
        ("c", "24", &[("drug", -20.0, 8.0), ("saline", -9.0, 6.0)]),
    ];
    let found = run(r#"["24h"]"#, "", trials);
    let (pool, pair) = (&found.size.by[0], pair(network(&found), "drug", "saline"));
    assert!((network(&found).tau2.unwrap() - pool.tau2.unwrap()).abs() < OPTIMISED * pool.tau2.unwrap());
    assert!((pair.analysis.unwrap().value - pool.analysis.unwrap().value).abs() < OPTIMISED);
    let wald = pool.wald.unwrap();
    assert!((pair.estimate.unwrap().lower - wald.lower).abs() < OPTIMISED * 10.0);
    assert_eq!(
        (pair.evidence.as_str(), network(&found).k, network(&found).n),
        ("direct", 3, 120)
    );
}

#[test]
fn a_star_of_single_trials_is_explained_and_not_ranked() {
    let found = run(
        r#"["24h"]"#,
        "",
        &[
            ("a", "24", &[("drug", -16.0, 8.0), ("saline", -10.0, 8.0)]),
            ("b", "24", &[("midazolam", -12.0, 8.0), ("saline", -10.0, 8.0)]),
        ],
    );
    let report = network(&found);
    assert!(!report.loops && report.ranking.is_empty() && report.tau2.is_none() && report.q.is_none());
    assert!(
        report
            .ranking_why_not
            .as_ref()
            .unwrap()
            .contains("would be that of one trial")
    );
    assert!(report.findings.iter().any(|said| said.contains("no closed loop")));
    assert!(
        report.assumptions[0].contains("too narrow"),
        "{:?}",
        report.assumptions
    );
    let indirect = pair(report, "drug", "midazolam");
    assert_eq!((indirect.evidence.as_str(), indirect.trials), ("indirect", 0));
    assert!((indirect.analysis.unwrap().value + 4.0).abs() < CLOSED_FORM);
    assert!(indirect.confidence.as_ref().unwrap().level == 1);
    assert!(found.comparison.sentence.contains("No ranking is given"));
}

#[test]
fn separate_parts_are_named_and_not_compared() {
    let found = run(
        r#"["24h"]"#,
        "",
        &[
            ("a", "24", &[("drug", -16.0, 8.0), ("saline", -10.0, 8.0)]),
            ("b", "24", &[("midazolam", -12.0, 8.0), ("other", -10.0, 8.0)]),
        ],
    );
    let report = network(&found);
    assert_eq!(report.parts.len(), 2);
    assert_eq!(report.pairs.len(), 2);
    assert!(report.findings[0].contains("cannot be compared with each other"));
    assert!(
        found
            .comparison
            .sentence
            .contains("Nothing links it with midazolam and other drug")
    );
}

#[test]
fn a_trial_of_three_arms_is_one_trial() {
    let found = run(
        r#"["24h"]"#,
        "",
        &[(
            "a",
            "24",
            &[
                ("drug", -16.0, 8.0),
                ("midazolam", -12.0, 6.0),
                ("saline", -10.0, 10.0),
            ],
        )],
    );
    let report = network(&found);
    assert_eq!(
        (report.k, report.n, report.edges.len(), report.pairs.len()),
        (1, 60, 3, 3)
    );
    let pair = pair(report, "drug", "saline");
    assert!((pair.analysis.unwrap().value + 6.0).abs() < CLOSED_FORM);
    assert!((pair.se.unwrap().powi(2) - (64.0 + 100.0) / 20.0).abs() < CLOSED_FORM);
}

const APART: &[Trial] = &[
    ("a", "24", &[("drug", -16.0, 8.0), ("saline", -10.0, 8.0)]),
    ("b", "168", &[("midazolam", -12.0, 8.0), ("saline", -10.0, 8.0)]),
];

#[test]
fn an_indirect_comparison_across_windows_is_refused() {
    let found = run(r#"["24h", "day7"]"#, "", APART);
    let report = network(&found);
    let indirect = pair(report, "drug", "midazolam");
    assert_eq!(indirect.windows, ["24h", "day7"]);
    assert!(
        indirect
            .refused
            .as_ref()
            .unwrap()
            .contains("different times (24 hours and 1 week)")
    );
    assert!(indirect.estimate.is_none() && indirect.se.is_none() && indirect.confidence.is_none());
    assert!(pair(report, "drug", "saline").estimate.is_some());
    assert!(report.ranking.is_empty() && report.stamp.is_none());
}

#[test]
fn an_override_is_stamped() {
    let found = run(
        r#"["24h", "day7"]"#,
        "across_windows = \"The effect is taken to last a week.\"",
        APART,
    );
    let report = network(&found);
    assert!((pair(report, "drug", "midazolam").analysis.unwrap().value + 4.0).abs() < CLOSED_FORM);
    let stamp = report.stamp.as_ref().unwrap();
    assert_eq!(
        stamp,
        "Joins different times (24 hours and 1 week). The effect is taken to last a week."
    );
    assert!(found.comparison.sentence.ends_with(stamp));
    assert!(report.assumptions.contains(stamp));
}

#[test]
fn one_window_of_two_needs_no_stamp() {
    let trials = [APART[0], ("b", "24", APART[1].2)];
    let found = run(r#"["24h", "day7"]"#, "across_windows = \"Why.\"", &trials);
    assert!(network(&found).stamp.is_none());
    assert!(pair(network(&found), "drug", "midazolam").estimate.is_some());
}

#[test]
fn nothing_to_join_is_said() {
    let found = run(r#"["day7"]"#, "", &[APART[0]]);
    let report = network(&found);
    assert!(report.pairs.is_empty() && report.why_not.is_some());
    assert!(
        found.comparison.sentence.contains("no trial compares"),
        "{}",
        found.comparison.sentence
    );
}
