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
    assert!(!report.loops, "a loop within one trial is none");
    assert!(
        report
            .findings
            .iter()
            .any(|said| said.contains("within trials of several arms"))
    );
    assert!(report.ranking.is_empty() && report.ranking_why_not.is_some());
}

#[test]
fn trials_of_the_same_three_arms_lend_no_indirect_evidence() {
    let arms: &[(&str, f64, f64)] = &[
        ("drug", -16.0, 8.0),
        ("midazolam", -12.0, 6.0),
        ("saline", -10.0, 10.0),
    ];
    let other: &[(&str, f64, f64)] = &[
        ("drug", -14.0, 5.0),
        ("midazolam", -13.0, 9.0),
        ("saline", -8.0, 7.0),
    ];
    let found = run(r#"["24h"]"#, "", &[("a", "24", arms), ("b", "24", other)]);
    let report = network(&found);
    assert!(!report.loops && report.design_by_treatment.is_none());
    for pair in &report.pairs {
        assert_eq!(pair.evidence, "direct");
        assert!(pair.indirect.is_none() && pair.p.is_none() && pair.proportion_direct == Some(1.0));
        let domains = &pair.confidence.as_ref().unwrap().domains;
        let incoherence = domains
            .iter()
            .find(|d| d.domain == onset_review::protocol::NetworkDomain::Incoherence)
            .unwrap();
        assert!(
            incoherence.rule.contains("without independent loops"),
            "{}",
            incoherence.rule
        );
    }
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

/// A loop of three comparisons with two trials in one of them, and a fourth that reaches nothing of the others.
const LOOP: &[Trial] = &[
    ("a", "24", &[("drug", -16.0, 8.0), ("saline", -10.0, 8.0)]),
    ("b", "24", &[("midazolam", -12.0, 8.0), ("saline", -10.0, 8.0)]),
    ("c", "24", &[("drug", -19.0, 8.0), ("midazolam", -12.0, 8.0)]),
    ("d", "24", &[("drug", -25.0, 8.0), ("saline", -9.0, 8.0)]),
];

#[test]
fn declared_intervals_are_those_of_the_model() {
    use onset_models::network::{Contrast, Network, NetworkTest, intervals, network_meta};
    use onset_review::protocol::NetworkInterval;
    let rows: Vec<Contrast> = LOOP
        .iter()
        .map(|(study, _, arms)| Contrast {
            study: (*study).to_owned(),
            treat1: arms[0].0.to_owned(),
            treat2: arms[1].0.to_owned(),
            y: arms[0].1 - arms[1].1,
            se: 6.4_f64.sqrt(),
        })
        .collect();
    let model = Network::new(&rows).unwrap().value;
    let nma = network_meta(&model, &Default::default()).unwrap().value;
    let place = |name: &str| model.treatments().iter().position(|t| t == name).unwrap();
    for (word, test, method) in [
        ("wald", NetworkTest::Z, NetworkInterval::Wald),
        ("t", NetworkTest::T, NetworkInterval::T),
        ("hartung-knapp", NetworkTest::Knha, NetworkInterval::HartungKnapp),
        (
            "hartung-knapp-floored",
            NetworkTest::Adhoc,
            NetworkInterval::HartungKnappFloored,
        ),
    ] {
        let extra = format!("interval = \"{word}\"\nprediction_from = 3");
        let found = run(r#"["24h"]"#, &extra, LOOP);
        let report = network(&found);
        let limits = intervals(&model, nma.tau2, test, 0.95).unwrap().unwrap();
        let used = report.interval.unwrap();
        assert_eq!((used.method, used.df), (method, limits.df), "{word}");
        assert!((used.scale - limits.scale).abs() < OPTIMISED, "{word}");
        let (drug, saline) = (place("drug"), place("saline"));
        let shown = pair(report, "drug", "saline");
        assert!((shown.analysis.unwrap().lower - limits.lower[drug][saline].unwrap()).abs() < OPTIMISED);
        assert!((shown.analysis.unwrap().upper - limits.upper[drug][saline].unwrap()).abs() < OPTIMISED);
        let common = shown.common.unwrap();
        assert!((common.value - nma.common.estimate[drug][saline].unwrap()).abs() < OPTIMISED);
        let prediction = nma.prediction.as_ref().map(|p| p.lower[drug][saline].unwrap());
        assert_eq!(shown.prediction.is_some(), prediction.is_some() && nma.tau2 > 0.0);
    }
    let few = run(r#"["24h"]"#, "interval = \"hartung-knapp\"", &LOOP[1..3]);
    let report = network(&few);
    assert_eq!(report.interval.unwrap().method, NetworkInterval::Wald);
    assert!(
        report
            .assumptions
            .iter()
            .any(|said| said.contains("Hartung-Knapp"))
    );
}

/// Nodes by their components: midazolam is sedation, the drug is sedation and a drug of its own.
fn additive(trials: &[Trial], windows: &str, extra: &str) -> Answers {
    let mut tables = [String::new(), String::new(), String::new()];
    for (id, hours, arms) in trials {
        trial(&mut tables, id, hours, arms);
    }
    let mut network = NETWORK.replace("WINDOWS", windows).replace("EXTRA", extra);
    for (treatments, components) in [
        ("[\"drug\"]", "[\"drug\", \"sedation\"]"),
        ("[\"midazolam\"]", "[\"sedation\"]"),
        ("[\"other\"]", "[\"drug\", \"odd\"]"),
    ] {
        let line = format!("treatments = {treatments}");
        network = network.replacen(
            &format!("{line}\n[[network.node]]"),
            &format!("{line}\ncomponents = {components}\n[[network.node]]"),
            1,
        );
        if network.ends_with(&format!("{line}\n")) {
            network.push_str(&format!("components = {components}\n"));
        }
    }
    for id in ["drug", "sedation", "odd"] {
        network.push_str(&format!(
            "[[network.component]]\nid = \"{id}\"\nlabel = \"{id}\"\nreason = \"For the test.\"\n"
        ));
    }
    answers_with(
        &format!("{PROTOCOL}{network}"),
        &tables[0],
        &tables[1],
        &tables[2],
        "",
    )
}

#[test]
fn components_add_up_and_connect_what_no_trial_connects() {
    let found = additive(
        &[
            ("a", "24", &[("drug", -16.0, 8.0), ("midazolam", -12.0, 8.0)]),
            ("b", "24", &[("saline", -10.0, 8.0), ("other", -13.0, 8.0)]),
        ],
        r#"["24h"]"#,
        "",
    );
    let report = network(&found);
    assert_eq!(report.parts.len(), 2);
    let components = report.components.as_ref().unwrap();
    assert!(components.why_not.is_none());
    let effect = |id: &str| components.effects.iter().find(|e| e.id == id).unwrap();
    // the drug's own effect is what sets it apart from midazolam; sedation is in both
    assert!((effect("drug").analysis.unwrap().value + 4.0).abs() < CLOSED_FORM);
    assert!(effect("sedation").estimate.is_none());
    assert!((effect("odd").analysis.unwrap().value - 1.0).abs() < CLOSED_FORM);
    assert!((effect("odd").se.unwrap() - 12.8_f64.sqrt()).abs() < CLOSED_FORM);
    assert_eq!(effect("drug").nodes, ["drug", "other"]);
    assert!(
        components
            .pairs
            .iter()
            .any(|p| p.across_parts && p.estimate.is_none())
    );
    assert!(components.tau2.is_none() && components.additivity.is_none());
}

#[test]
fn components_across_windows_are_refused_or_stamped() {
    let trials: &[Trial] = &[
        ("a", "24", &[("drug", -16.0, 8.0), ("midazolam", -12.0, 8.0)]),
        ("b", "168", &[("saline", -10.0, 8.0), ("other", -13.0, 8.0)]),
    ];
    let refused = additive(trials, r#"["24h", "day7"]"#, "");
    let components = network(&refused).components.as_ref().unwrap();
    assert!(components.why_not.as_ref().unwrap().contains("different times"));
    assert!(components.effects.is_empty());
    let joined = additive(trials, r#"["24h", "day7"]"#, "across_windows = \"Why.\"");
    let report = network(&joined);
    assert!(report.stamp.is_some() && report.components.as_ref().unwrap().why_not.is_none());
}
