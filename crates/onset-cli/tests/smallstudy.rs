//! Transcripts of `onset smallstudy`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{onset, oracle, oracle_path, relative, table};

/// From raw counts through the command line.
const CLOSED_FORM: f64 = 1e-9;

fn data(name: &str) -> String {
    oracle_path("data")
        .join(format!("{name}.csv"))
        .to_str()
        .unwrap()
        .to_owned()
}

fn json(words: &[&str]) -> Value {
    let mut all = vec!["smallstudy"];
    all.extend(words);
    all.extend(["--format", "json"]);
    onset(&all).json()
}

fn test<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let tests = answer["tests"].as_array().unwrap();
    tests.iter().find(|t| t["name"] == name).unwrap()
}

fn codes(answer: &Value) -> Vec<&str> {
    let warnings = answer["warnings"].as_array().unwrap();
    warnings.iter().map(|w| w["code"].as_str().unwrap()).collect()
}

#[test]
fn tests_of_counts_meet_the_reference() {
    let file = oracle("smallstudy.json");
    let mut worst: f64 = 0.0;
    let words = [
        &data("egger2001"),
        "--measure",
        "OR",
        "--ai",
        "ai",
        "--n1i",
        "n1i",
        "--ci",
        "ci",
        "--n2i",
        "n2i",
    ];
    let words: Vec<&str> = words.iter().map(|w| w as &str).collect();
    let ours = json(&words);
    for (name, reference) in [
        ("egger", "Egger"),
        ("begg_normal", "Begg"),
        ("harbord", "Harbord"),
        ("peters", "Peters"),
        ("macaskill", "Macaskill"),
        ("schwarzer", "Schwarzer"),
        ("deeks", "Deeks"),
    ] {
        let id = format!("egger2001_OR_{reference}");
        let e = file["cases"].as_array().unwrap().iter();
        let e = e.clone().find(|c| c["id"] == id.as_str()).unwrap();
        let t = test(&ours, name);
        worst = worst.max(relative(&t["statistic"], &e["statistic"]));
        worst = worst.max(relative(&t["p"], &e["p"]));
    }
    assert!(worst < CLOSED_FORM, "{worst:e}");
    assert!(codes(&ours).contains(&"egger_on_counts"));
    assert!(ours.get("selection").is_none());
    assert_eq!(ours["funnel"]["contours"].as_array().unwrap().len(), 3);
    assert_eq!(ours["funnel"]["studies"].as_array().unwrap().len(), 16);
}

#[test]
fn selection_models_on_effects() {
    let file = data("hackshaw1998_sel");
    let ours = json(&[
        &file,
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--selection",
        "stepfun:0.05,0.10,0.50,1",
        "--selection",
        "negexp",
    ]);
    assert_eq!(ours["side"], "greater");
    let (steps, negexp) = (&ours["selection"][0], &ours["selection"][1]);
    assert!((steps["lrt"].as_f64().unwrap() - 7.066137).abs() < 1e-5);
    assert_eq!(steps["delta"].as_array().unwrap().len(), 4);
    assert_eq!(negexp["type"], "negexp");
    assert_eq!(negexp["solution"]["kind"], "converged");
    assert!(codes(&ours).contains(&"selection_wrong_way"));
    let kinds: Vec<&str> = ours["fail_safe"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Rosenthal", "Orwin", "Rosenberg", "General"]);
    assert_eq!(ours["fail_safe"][0]["n"], 393);
    // given weights
    let given = json(&[
        &file,
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--selection",
        "stepfun:0.025",
        "--delta",
        "1,0.5",
    ]);
    let s = &given["selection"][0];
    assert_eq!(
        (&s["delta"][1], &s["lrt"], &s["p"]),
        (&0.5.into(), &Value::Null, &Value::Null)
    );
    // favouring the other direction leaves every study nonaffirmative
    let less = json(&[&file, "--yi", "yi", "--vi", "vi", "--side", "less"]);
    assert_eq!(less["worst_case"]["k_affirmative"], 0);
    assert_eq!(less["worst_case"]["k_nonaffirmative"], less["k"]);
}

#[test]
fn sample_sizes_serve_standardised_differences() {
    let words = "--measure SMD --n1i n1i --m1i m1i --sd1i sd1i --n2i n2i --m2i m2i --sd2i sd2i --vtype UB";
    let file = data("normand1999");
    let mut all: Vec<&str> = vec![&file];
    all.extend(words.split(' '));
    let ours = json(&all);
    let p = test(&ours, "pustejovsky");
    assert!(relative(&p["statistic"], &0.048_881_595_646_48.into()) < 1e-6);
    let codes = codes(&ours);
    assert!(codes.contains(&"own_standard_error") && codes.contains(&"few_studies"));
    assert!(
        ours["tests"]
            .as_array()
            .unwrap()
            .iter()
            .all(|t| t["name"] != "peters")
    );
}

#[test]
fn too_few_studies_are_refused() {
    for (k, rows) in [(0, ",0.1\n"), (1, "0.1,0.2\n"), (2, "0.1,0.2\n0.3,0.1\n")] {
        let path = table(&format!("smallstudy_k{k}.csv"), format!("yi,vi\n{rows}"));
        onset(&["smallstudy", &path, "--yi", "yi", "--vi", "vi"])
            .refused(1, &[&format!("{k} studies"), "at least 3"]);
    }
}

#[test]
fn three_studies_answer_with_a_warning() {
    let path = table("smallstudy_2.csv", "yi,vi\n0.1,0.02\n0.3,0.1\n0.9,0.4\n,0.1\n");
    let ours = json(&[&path, "--yi", "yi", "--vi", "vi"]);
    assert_eq!(ours["k"], 3);
    let codes = codes(&ours);
    assert!(codes.contains(&"few_studies") && codes.contains(&"missing_value"));
    assert_eq!(ours["funnel"]["studies"].as_array().unwrap().len(), 4);
    assert_eq!(ours["funnel"]["studies"][3]["p"], Value::Null);
}

#[test]
fn equal_standard_errors_leave_lines_out_and_say_so() {
    let path = table("smallstudy_3.csv", "yi,vi\n0.1,0.1\n0.3,0.1\n0.9,0.1\n0.2,0.1\n");
    let ours = json(&[&path, "--yi", "yi", "--vi", "vi"]);
    assert_eq!(test(&ours, "egger")["p"], Value::Null);
    assert_eq!(ours["pet"], Value::Null);
    assert_eq!(ours["trim_fill"][0]["estimate"], Value::Null);
    assert!(ours["henmi_copas"]["estimate"].is_number());
    assert!(codes(&ours).contains(&"not_estimable"));
    let text = onset(&["smallstudy", &path, "--yi", "yi", "--vi", "vi"]);
    assert_eq!(text.status, 0);
    assert!(text.stderr.contains("all studies have the same standard error"));
}

#[test]
fn a_step_without_studies_is_named() {
    let path = table(
        "smallstudy_4.csv",
        "yi,vi\n0.01,0.1\n0.03,0.2\n0.02,0.3\n0.05,0.4\n",
    );
    let ours = json(&[&path, "--yi", "yi", "--vi", "vi", "--selection", "stepfun:0.025"]);
    let s = &ours["selection"][0];
    assert_eq!(s["estimate"], Value::Null);
    assert_eq!(s["solution"]["kind"], "not_converged");
    let text = ours["warnings"].to_string();
    assert!(
        text.contains("no study has a p-value between 0 and 0.025"),
        "{text}"
    );
    // nothing pulls the weight of a smooth function down: its end is on a boundary or not reached, and said
    let ours = json(&[&path, "--yi", "yi", "--vi", "vi", "--selection", "beta"]);
    let kind = ours["selection"][0]["solution"]["kind"].as_str().unwrap();
    assert_eq!(
        kind == "not_converged",
        codes(&ours).contains(&"not_converged"),
        "{ours}"
    );
}

#[test]
fn tables_without_events_leave_the_tests_of_counts() {
    let file = data("nielweise2007");
    let ours = json(&[
        &file,
        "--measure",
        "OR",
        "--ai",
        "ai",
        "--n1i",
        "n1i",
        "--ci",
        "ci",
        "--n2i",
        "n2i",
    ]);
    assert_eq!(ours["k"], 18);
    assert_eq!(test(&ours, "peters")["k"], 17);
    assert!(codes(&ours).contains(&"double_zero_left_out"));
}

#[test]
fn wrong_use() {
    let file = data("hackshaw1998_sel");
    let base = ["smallstudy", &file, "--yi", "yi", "--vi", "vi"];
    let with = |more: &[&str]| {
        let mut all = base.to_vec();
        all.extend(more);
        onset(&all)
    };
    with(&["--selection", "stepfun:0.5,0.1"]).refused(2, &["increasing"]);
    with(&["--selection", "stepfun:x"]).refused(2, &["numbers between 0 and 1"]);
    with(&["--selection", "magic"]).refused(2, &["stepfun:0.025", "negexp"]);
    with(&["--side", "up"]).refused(2, &["greater"]);
    with(&["--method", "GLMM"]).refused(2, &["REML"]);
    with(&["--selection", "stepfun:0.025", "--delta", "1"]).refused(2, &["needs 2"]);
    onset(&["smallstudy", &file, "--yi", "nothing", "--vi", "vi"]).refused(1, &["nothing"]);
}

#[test]
fn other_formats() {
    let file = data("hackshaw1998_sel");
    let csv = onset(&["smallstudy", &file, "--yi", "yi", "--vi", "vi", "--format", "csv"]);
    assert!(
        csv.stdout
            .starts_with("name,k,statistic,df,p,estimate,slope,slope_se\negger,37,")
    );
    let text = onset(&[
        "smallstudy",
        &file,
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--selection",
        "stepfun:0.025",
    ]);
    for words in [
        "trim and fill L0",
        "worst case",
        "fail-safe N, Rosenthal",
        "stepfun",
        "PET-PEESE",
    ] {
        assert!(text.stdout.contains(words), "{words}");
    }
}

#[test]
fn the_copas_model_and_p_uniform_stand_beside() {
    let ours = json(&[&data("hackshaw1998"), "--yi", "yi", "--vi", "vi"]);
    let copas = &ours["copas"];
    assert_eq!(copas["line"].as_array().unwrap().len(), 10);
    assert!(copas["unselected"]["gamma0"].is_null());
    let estimate = |row: &Value| row["estimate"].as_f64().unwrap();
    // a smaller chance of small studies takes the mean towards none, and leaves more unpublished
    for pair in copas["line"].as_array().unwrap().windows(2) {
        assert!(estimate(&pair[1]) < estimate(&pair[0]));
        assert!(pair[1]["unpublished"].as_f64() > pair[0]["unpublished"].as_f64());
    }
    assert!(copas["enough"]["trend_p"].as_f64().unwrap() >= 0.1);
    assert_eq!(ours["p_uniform"]["k_significant"], 7);
    assert!(ours["p_uniform"]["bias"]["p"].as_f64().unwrap() > 0.5);
}

#[test]
fn without_spread_or_significance_they_say_why() {
    let rows = "yi,vi\n0.1,0.1\n0.2,0.1\n0.15,0.1\n0.1,0.1\n0.05,0.1\n";
    let ours = json(&[&table("smallstudy_flat", rows), "--yi", "yi", "--vi", "vi"]);
    assert!(ours["copas"].is_null() && ours["p_uniform"].is_null());
    let warnings = ours["warnings"].as_array().unwrap().iter();
    let messages: Vec<&str> = warnings.map(|w| w["message"].as_str().unwrap()).collect();
    for name in ["the Copas model is not given", "p-uniform* is not given"] {
        assert!(messages.iter().any(|m| m.contains(name)), "{messages:?}");
    }
}

#[test]
fn figures_from_ten_studies_show_adjusted_means() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("smallstudy_figures");
    let words = [
        &data("hackshaw1998"),
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--figures",
        dir.to_str().unwrap(),
    ];
    let ours = json(&words);
    assert_eq!(ours["figures"], serde_json::json!(["funnel.svg", "copas.svg"]));
    let svg = std::fs::read_to_string(dir.join("funnel.svg")).unwrap();
    for name in ["PET-PEESE", "trim and fill", "limit", "p-uniform*"] {
        assert!(svg.contains(name), "{name}");
    }
    let rows = "yi,vi\n0.1,0.1\n0.2,0.2\n0.15,0.3\n0.7,0.12\n0.05,0.4\n";
    let few = table("smallstudy_few_figures", rows);
    let ours = json(&[
        &few,
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--figures",
        dir.to_str().unwrap(),
    ]);
    assert_eq!(ours["figures"], serde_json::json!(["funnel.svg"]));
    let svg = std::fs::read_to_string(dir.join("funnel.svg")).unwrap();
    assert!(svg.contains("Fewer than ten studies") && !svg.contains("PET-PEESE"));
}
