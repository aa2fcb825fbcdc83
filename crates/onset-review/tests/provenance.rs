//! Every number of a real review leads back to rows with a source and a place in it, or to a protocol key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use onset_review::{Protocol, explain, folder, run};
use serde_json::Value;
use std::path::PathBuf;

fn ketamine() -> (Protocol, Value) {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../reviews/ketamine"));
    let loaded = folder::check(&dir).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let (protocol, evidence) = loaded.value;
    let answers = run(&protocol, &evidence, &loaded.warnings).unwrap().value;
    (protocol, serde_json::to_value(&answers).unwrap())
}

/// What the objects around a leaf say about its origin.
#[derive(Clone, Default)]
struct Origin {
    rows: Vec<String>,
    protocol: Vec<String>,
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

fn rows_of(root: &Value, object: &Value) -> Vec<String> {
    let mut rows = strings(object.get("rows"));
    for study in object
        .get("studies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        rows.extend(strings(study.get("rows")));
    }
    if let (true, Some(pool)) = (rows.is_empty(), object.get("pool").and_then(Value::as_str)) {
        rows.extend(
            root.pointer(pool)
                .map(|pool| rows_of(root, pool))
                .unwrap_or_default(),
        );
    }
    rows
}

fn walk(root: &Value, value: &Value, pointer: &str, origin: &Origin, leaves: &mut Vec<(String, Origin)>) {
    match value {
        Value::Object(object) => {
            let mut inner = origin.clone();
            let (rows, protocol) = (rows_of(root, value), strings(object.get("protocol")));
            if !rows.is_empty() {
                inner.rows = rows;
            }
            if !protocol.is_empty() {
                inner.protocol = protocol;
            }
            for (key, child) in object {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(root, child, &format!("{pointer}/{key}"), &inner, leaves);
            }
        }
        Value::Array(list) => {
            for (i, child) in list.iter().enumerate() {
                walk(root, child, &format!("{pointer}/{i}"), origin, leaves);
            }
        }
        Value::Number(_) => leaves.push((pointer.to_owned(), origin.clone())),
        _ => {}
    }
}

/// Whether `comparison.iv-v-midazolam.control_risk.response` or `model.tau2` stands in the protocol.
fn key_exists(protocol: &Value, key: &str) -> bool {
    key.split('.')
        .try_fold(protocol, |place, part| match place {
            Value::Array(list) => list
                .iter()
                .find(|entry| entry.get("id").and_then(Value::as_str) == Some(part)),
            other => other.get(part),
        })
        .is_some()
}

#[test]
fn every_numeric_leaf_has_rows_or_a_protocol_key() {
    let (protocol, results) = ketamine();
    let protocol = serde_json::to_value(&protocol).unwrap();
    let cells = results.pointer("/evidence/cells").unwrap();
    let mut leaves = Vec::new();
    walk(&results, &results, "", &Origin::default(), &mut leaves);
    assert!(leaves.len() > 3000, "only {} numbers", leaves.len());
    for (pointer, origin) in &leaves {
        assert!(
            !origin.rows.is_empty() || !origin.protocol.is_empty(),
            "{pointer} has no origin"
        );
        for row in origin.rows.iter().filter(|row| !row.starts_with("sources.csv")) {
            let cell = cells
                .get(row)
                .unwrap_or_else(|| panic!("{pointer}: {row} is no cell"));
            let text = |key: &str| cell.get(key).and_then(Value::as_str).unwrap_or_default();
            assert!(
                !text("source_id").is_empty() && !text("locator").is_empty(),
                "{pointer}: {row} has no place"
            );
        }
        for key in &origin.protocol {
            assert!(
                key_exists(&protocol, key),
                "{pointer}: '{key}' is no protocol key"
            );
        }
    }
}

#[test]
fn explain_finds_the_rows_and_the_source_of_an_estimate() {
    let (_, results) = ketamine();
    let found = explain(&results, "/size/estimate/value").unwrap();
    let rows = found["rows"].as_array().unwrap();
    assert!(rows.len() >= 4, "{rows:#?}");
    for row in rows {
        for key in ["row", "text", "source_id", "locator", "citation"] {
            assert!(
                row[key].as_str().is_some_and(|text| !text.is_empty()),
                "{key} of {row}"
            );
        }
    }
    assert!(found["protocol"].as_array().is_some_and(|keys| !keys.is_empty()));
    assert!(explain(&results, "/size/by/9999/k").is_err());
}

/// Two studies get a Bayesian interval beside, with the prior of the measure; other pools do not.
#[test]
fn two_studies_have_a_bayesian_interval_beside() {
    let (_, results) = ketamine();
    let pools = results.pointer("/size/by").and_then(Value::as_array).unwrap();
    let mut found = 0;
    for pool in pools {
        let bayes = &pool["bayes"];
        if pool["k"] != 2 || pool["estimate"].is_null() {
            assert!(bayes.is_null(), "{}", pool["id"]);
            continue;
        }
        let scale = match pool["measure"].as_str().unwrap() {
            "MD" if pool["outcome"] == "depression" => 5.0,
            "MD" => {
                assert!(bayes.is_null(), "{} has no reference SD", pool["id"]);
                continue;
            }
            "SMD" | "OR" => 0.5,
            _ => continue,
        };
        found += 1;
        assert_eq!(bayes["scale"], scale, "{}", pool["id"]);
        let studies = pool["studies"].as_array().unwrap();
        let numbers = |key: &str| -> Vec<f64> { studies.iter().map(|s| s[key].as_f64().unwrap()).collect() };
        let effects = onset_effects::Effects::new(
            numbers("effect"),
            numbers("se").iter().map(|se| se * se).collect(),
            vec!["1".to_owned(), "2".to_owned()],
        )
        .unwrap();
        let prior = onset_models::bayes::TauPrior::HalfNormal { scale };
        let direct = onset_models::bayes::nnhm(&effects, &onset_models::bayes::Options::new(prior)).unwrap();
        let shown = |x: f64| if pool["ratio"] == true { x.exp() } else { x };
        let lower = bayes["estimate"]["lower"].as_f64().unwrap();
        assert!(
            (lower / shown(direct.mu.central.0) - 1.0).abs() < 1e-6,
            "{}",
            pool["id"]
        );
    }
    assert!(found > 0, "no pool of two studies");
}

/// A closed form of one study against the fit.
const ONE_STUDY: f64 = 1e-12;

/// Lii 2023 prints 11 of 19 remitters at day 7, more than responders: the pool with 1 in its place is the odds ratio
/// of the counts, and the range holds it.
#[test]
fn flagged_numbers_move_the_pools_that_rest_on_them() {
    let (_, results) = ketamine();
    let flagged = &results["flagged"];
    let id = "racemic-v-control/remission/day7";
    let entry = flagged["pools"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["id"] == id)
        .unwrap_or_else(|| panic!("{flagged:#?}"));
    let cell = &entry["cells"][0];
    assert_eq!(cell["rows"][0], "observations.csv:184");
    assert_eq!(
        (&cell["column"], cell["printed"].as_f64()),
        (&Value::from("events"), Some(11.0))
    );
    let dropped = cell["alternatives"]
        .as_array()
        .unwrap()
        .iter()
        .find(|other| other["value"] == 1.0)
        .unwrap_or_else(|| panic!("{cell:#?}"));
    let pool = results.pointer(entry["pool"].as_str().unwrap()).unwrap();
    let side = |name: &str, key: &str| pool["studies"][0][name][key].as_f64().unwrap();
    let (a, n1, n2) = (
        side("treatment", "events"),
        side("treatment", "n"),
        side("control", "n"),
    );
    let by_hand = a * (n2 - 1.0) / (n1 - a);
    let ours = dropped["estimate"]["value"].as_f64().unwrap();
    assert!((ours / by_hand - 1.0).abs() < ONE_STUDY, "{ours} v {by_hand}");
    let most = entry["most"].as_f64().unwrap();
    assert!(most >= ours && entry["least"].as_f64().unwrap() <= entry["printed"]["value"].as_f64().unwrap());
    assert!(entry["without"].is_null(), "the only trial");
    assert!(flagged["sentence"].as_str().unwrap().contains("headline"));
}

/// Every pool of a primary comparison counts its trials: those pooled and those missing make all.
#[test]
fn trials_without_a_result_are_counted() {
    let (_, results) = ketamine();
    let pools = results["missing"]["pools"].as_array().unwrap();
    assert!(!pools.is_empty());
    for entry in pools {
        let missing = entry["missing"].as_array().unwrap().len() as u64;
        let count = |key: &str| entry[key].as_u64().unwrap();
        assert_eq!(count("pooled") + missing, count("trials"), "{}", entry["id"]);
        assert!(count("people_pooled") <= count("people"));
    }
    let headline = pools
        .iter()
        .find(|entry| entry["pool"] == results["size"]["pool"])
        .unwrap();
    assert_eq!(headline["pooled"], 3);
}

/// The headline's certainty is the sum of its domains, and each domain says its rule.
#[test]
fn certainty_is_what_the_domains_leave() {
    let (_, results) = ketamine();
    for rated in results["grade"]["pools"].as_array().unwrap() {
        let domains = rated["domains"].as_array().unwrap();
        assert_eq!(domains.len(), 5, "{}", rated["id"]);
        let off: u64 = domains.iter().map(|d| d["levels"].as_u64().unwrap()).sum();
        assert_eq!(rated["level"].as_u64().unwrap(), 4u64.saturating_sub(off).max(1));
        for domain in domains {
            assert!(
                !domain["rule"].as_str().unwrap().is_empty() && !domain["text"].as_str().unwrap().is_empty()
            );
        }
    }
}

/// The flagship's time courses: no curve where the rise is not dated, a reason in numbers instead, and horizons that
/// rest on two trials.
#[test]
fn time_courses_say_what_is_not_identified() {
    let (_, results) = ketamine();
    let courses = results
        .pointer("/timecourse/courses")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(courses.len(), 3);
    for course in courses {
        let identified = course["form"].is_string();
        assert_eq!(
            identified,
            course["why_not"].is_null(),
            "{}",
            course["comparison"]
        );
        assert_eq!(identified, !course["curve"].as_array().unwrap().is_empty());
        let horizon = course["horizon"].as_array().unwrap();
        assert!(
            horizon
                .iter()
                .all(|h| h["hours"].is_null() || h["trials"].as_u64() >= Some(2))
        );
    }
    let ssri = results.pointer("/timecourse/comparators/0").unwrap();
    let share = ssri["first_share"].as_f64().unwrap();
    assert!((share - 1.07 / 3.3).abs() < 1e-12);
    let half = ssri["half_hours"]["value"].as_f64().unwrap() / 168.0;
    // by hand: 6 (e + 1) r = e + 6 with r = 1.07 / 3.3 is e = (6 - 6 r) / (6 r - 1)
    let r = 1.07 / 3.3;
    assert!((half - (6.0 - 6.0 * r) / (6.0 * r - 1.0)).abs() < 1e-3, "{half}");
}

/// Rounding of the numbers from which a verdict is reckoned again.
const SECOND_ROUTE: f64 = 1e-9;

#[test]
fn verdicts_follow_from_their_numbers_and_the_declared_cut_offs() {
    let (protocol, results) = ketamine();
    let rules = protocol.verdict.unwrap();
    let report = &results["verdict"];
    assert_eq!(report["pools"].as_array().unwrap().len(), rules.pools.len());
    let mut judged = 0;
    for pool in report["pools"].as_array().unwrap() {
        assert_eq!(pool["why_not"], Value::Null, "{}", pool["id"]);
        let trials = pool["trials"].as_array().unwrap();
        let number = |trial: &Value, key: &str| trial[key].as_f64().unwrap_or_else(|| panic!("{key}"));
        assert!(trials[0]["verdict"].is_null() && trials[0]["z"].is_null());
        for pair in trials.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            assert!(before["year"].as_i64() <= after["year"].as_i64());
            let (m0, s0) = (number(before, "mean"), number(before, "sd"));
            let (m1, s1) = (number(after, "mean"), number(after, "sd"));
            let information = (s0 / s1).ln() + (s1 * s1 + (m1 - m0) * (m1 - m0)) / (2.0 * s0 * s0) - 0.5;
            assert!((information - number(after, "information")).abs() < SECOND_ROUTE);
            assert!((1.0 - s1 * s1 / (s0 * s0) - number(after, "share")).abs() < SECOND_ROUTE);
            // the deviation over z is the predictive standard deviation: more than sampling and belief alone
            let (y, se, z) = (number(after, "effect"), number(after, "se"), number(after, "z"));
            let predictive = (y - m0) / z;
            assert!(predictive > (se * se + s0 * s0).sqrt());
            let (from, to) = (number(after, "beyond_before"), number(after, "beyond"));
            assert_eq!(from, number(before, "beyond"));
            let band = |p: f64| rules.bands.iter().filter(|&&edge| p >= edge).count();
            let p = number(after, "p_predictive");
            let expected = if band(from) != band(to) {
                "shifting"
            } else if p < rules.surprise {
                "contradicting"
            } else if information < rules.redundant {
                "redundant"
            } else if information < rules.refining {
                "confirmatory"
            } else {
                "refining"
            };
            assert_eq!(after["verdict"], expected, "{}", after["study"]);
            judged += 1;
        }
        // people needed: 4 (1.96 + 1.28)^2 sd^2/delta^2/(1 - D^2), by hand at sd 10 and delta 3
        if let Some(required) = pool["sequential"]["required"].as_f64() {
            let diversity = number(&pool["sequential"], "diversity");
            assert!(
                (required * (1.0 - diversity) - 466.997).abs() < 5e-4,
                "{required}"
            );
        }
    }
    assert!(judged > 5, "{judged}");
    for pool in report["published"].as_array().unwrap() {
        let new = pool["new"].as_array().unwrap().len();
        let expected = if new == 0 {
            Value::from("redundant")
        } else {
            Value::Null
        };
        assert_eq!(pool["verdict"], expected, "{pool}");
    }
}

/// The flagship in a folder of its own, to be changed.
fn copied(name: &str) -> PathBuf {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../reviews/ketamine"));
    let copy = std::env::temp_dir().join(format!("onset-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&copy).unwrap();
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

#[test]
fn a_slip_in_a_flagged_number_of_the_headline_moves_its_floor() {
    let copy = copied("slip");
    let table = copy.join("observations.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let planted: Vec<String> = text
        .lines()
        .map(|line| match line {
            line if line.starts_with("lii2023") && line.contains(",16.4,10.0,") => {
                line.replace(",16.4,10.0,", ",16.4,1.0,")
            }
            line => line.to_owned(),
        })
        .collect();
    std::fs::write(&table, planted.join("\n") + "\n").unwrap();
    let loaded = folder::check(&copy).unwrap_or_else(|errors| panic!("{errors:#?}"));
    std::fs::remove_dir_all(&copy).unwrap();
    let (protocol, evidence) = loaded.value;
    let answers = run(&protocol, &evidence, &loaded.warnings).unwrap().value;
    let flagged = answers.flagged.unwrap();
    assert!(
        flagged.sentence.starts_with("The headline result rests"),
        "{}",
        flagged.sentence
    );
    let headline = flagged.pools.iter().find(|pool| pool.floor.is_some()).unwrap();
    let floor = headline.floor.as_ref().unwrap();
    let report = answers.floor.unwrap();
    assert_eq!(floor.printed, report.floors[0].shown);
    // the analysis that sets this floor leaves the study out: a slip in it can only lower the floor
    assert!(report.floors[0].analysis.contains("without Lii 2023"));
    assert!(
        floor.least >= floor.printed || floor.most >= floor.printed,
        "{floor:?}"
    );
    assert!(headline.least < headline.printed.value || headline.most > headline.printed.value);
    // the number as it was before the point was moved is among the slips
    let slips: Vec<f64> = headline
        .cells
        .iter()
        .flat_map(|cell| cell.alternatives.iter().map(|other| other.value))
        .collect();
    assert!(slips.iter().any(|value| (value - 10.0).abs() < 1e-9), "{slips:?}");
}

#[test]
fn changed_cut_offs_break_a_frozen_table() {
    let copy = copied("verdict");
    let protocol = copy.join("review.toml");
    let text = std::fs::read_to_string(&protocol).unwrap();
    let broken = |text: String| {
        std::fs::write(&protocol, text).unwrap();
        folder::check(&copy)
            .err()
            .map(|errors| errors.iter().map(|e| e.code.clone()).collect::<Vec<_>>())
    };
    let changed = broken(text.replace("refining = 0.25", "refining = 0.3"));
    let crossed = broken(text.replace("refining = 0.25", "refining = 0.001"));
    let bands = broken(text.replace("bands = [0.05, 0.2, 0.8, 0.95]", "bands = [0.2, 0.05, 1.5]"));
    std::fs::remove_dir_all(&copy).unwrap();
    assert_eq!(changed, Some(vec!["verdict_changed".to_owned()]));
    assert_eq!(
        crossed,
        Some(vec!["cut_offs_cross".to_owned(), "verdict_changed".to_owned()])
    );
    assert_eq!(
        bands,
        Some(vec![
            "bad_band".to_owned(),
            "bad_band".to_owned(),
            "verdict_changed".to_owned()
        ])
    );
}

/// An indirect estimate without loops is the sum of its legs: a few roundings.
const SUM_OF_LEGS: f64 = 1e-9;

/// The flagship's networks: what nothing connects is said, no ranking of single trials, indirect estimates are the sums
/// of their legs, and every estimate rests on one window.
#[test]
fn networks_say_what_the_trials_cannot_support() {
    let (_, results) = ketamine();
    let networks = results
        .pointer("/network/networks")
        .and_then(Value::as_array)
        .unwrap();
    assert_eq!(networks.len(), 4);
    for network in networks {
        assert!(
            !network["findings"].as_array().unwrap().is_empty(),
            "{}",
            network["id"]
        );
        assert_eq!(network["loops"], false);
        let ranked = !network["ranking"].as_array().unwrap().is_empty();
        assert_eq!(ranked, network["ranking_why_not"].is_null(), "{}", network["id"]);
        for pair in network["pairs"].as_array().unwrap() {
            assert_eq!(pair["windows"].as_array().unwrap().len(), 1);
            assert_eq!(pair["confidence"]["domains"].as_array().unwrap().len(), 6);
        }
    }
    let first = &networks[0];
    assert_eq!(first["parts"].as_array().unwrap().len(), 2);
    let sentence = results["comparison"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("Nothing links it with"), "{sentence}");
    let value = |a: &str, b: &str| {
        let pairs = first["pairs"].as_array().unwrap();
        let found = pairs.iter().find(|p| p["a"] == a && p["b"] == b).unwrap();
        found["analysis"]["value"].as_f64().unwrap()
    };
    let legs = value("ketamine-iv", "midazolam-iv") - value("ketamine-iv", "esketamine-iv");
    assert!((value("esketamine-iv", "midazolam-iv") - legs).abs() < SUM_OF_LEGS);
}
