//! Transcripts of `onset bayes`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{onset, oracle, relative, table};

/// The reference starts its grid at tau = 1e-6, so that its quantiles of tau lie about 1e-6 too high.
const DENSE: f64 = 1e-5;

fn eight_schools() -> String {
    let file = oracle("bayes_eight_schools.json");
    let mut text = "school,y,s\n".to_owned();
    for (i, (y, s)) in file["y"]
        .as_array()
        .unwrap()
        .iter()
        .zip(file["sigma"].as_array().unwrap())
        .enumerate()
    {
        text.push_str(&format!("{},{y},{s}\n", i + 1));
    }
    table("bayes-schools.csv", text)
}

fn words<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["bayes", file, "--yi", "y", "--sei", "s", "--slab", "school"];
    words.extend(more);
    words
}

fn near(ours: &Value, reference: &Value) {
    assert!(relative(ours, reference) < DENSE, "{ours} {reference}");
}

#[test]
fn the_json_is_the_contract() {
    let file = eight_schools();
    let reference = oracle("bayes_eight_schools.json");
    let fits = reference["fits"].as_array().unwrap();
    let fit = fits
        .iter()
        .find(|f| f["prior"] == "halfnormal" && f["scale"] == 5.0)
        .unwrap();
    let expect = &fit["expect"];
    let ours = onset(&words(
        &file,
        &["--tau-prior", "halfnormal:5", "--format", "json"],
    ))
    .json();
    for (name, other) in [("mu", "mu"), ("tau", "tau"), ("predictive", "new_theta")] {
        for key in ["mean", "sd", "median"] {
            near(&ours[name][key], &expect[other][key]);
        }
        near(&ours[name]["central"][0], &expect[other]["central"][0]);
        near(&ours[name]["central"][1], &expect[other]["central"][1]);
    }
    near(&ours["mu"]["shortest"][0], &expect["mu"]["shortest"][0]);
    near(&ours["prob_beyond"], &expect["mu"]["p_gt_0"]);
    near(&ours["shrinkage"][7]["mean"], &expect["shrinkage"][7]["mean"]);
    assert_eq!(ours["shrinkage"][7]["label"], "8");
    assert!(ours["log_marginal"].is_null() && ours["bayes_factors"].is_null());
    assert_eq!(ours["tau"]["shortest"][0], 0.0);
}

#[test]
fn proper_priors_have_a_marginal_likelihood() {
    let file = eight_schools();
    let more = [
        "--tau-prior",
        "halfcauchy:5",
        "--mu-prior",
        "normal:0:20",
        "--threshold",
        "-3",
        "--format",
        "json",
    ];
    let ours = onset(&words(&file, &more)).json();
    assert!(ours["log_marginal"].is_number() && ours["bayes_factors"]["effect"].is_number());
    assert!(
        ours["prob_beyond"].as_f64().unwrap() < 0.05,
        "below -3, not above"
    );
    let table = onset(&words(&file, &["--tau-prior", "uniform", "--sensitivity", "5"]));
    assert_eq!(table.status, 0, "{}", table.stderr);
    assert!(table.stdout.contains("Other priors on tau") && table.stdout.contains("halfcauchy:50"));
    let csv = onset(&words(&file, &["--tau-prior", "jeffreys", "--format", "csv"]));
    assert!(csv.stdout.starts_with("what,mean,sd,median,") && csv.stdout.lines().count() == 4);
}

#[test]
fn models_of_publication_are_averaged() {
    let file = eight_schools();
    let more = ["--tau-prior", "halfnormal:5", "--average-bias"];
    let json = [&more[..], &["positive", "--smd-unit", "10", "--format", "json"]].concat();
    let ours = onset(&words(&file, &json)).json();
    let found = &ours["bias_averaging"];
    let models = found["models"].as_array().unwrap();
    assert_eq!(models.len(), 36);
    let sum = |key: &str| models.iter().map(|m| m[key].as_f64().unwrap()).sum::<f64>();
    assert!((sum("prior") - 1.0).abs() < 1e-12 && (sum("posterior") - 1.0).abs() < 1e-12);
    assert!((found["bias"]["prior"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    let table = onset(&words(&file, &[&more[..], &["negative"]].concat()));
    assert!(table.stdout.contains("PEESE") && table.stdout.contains("publication bias"));
    onset(&words(
        &file,
        &[&more[..], &["positive", "--smd-unit", "0"]].concat(),
    ))
    .refused(1, &["unit"]);
    onset(&words(&file, &["--tau-prior", "uniform", "--smd-unit", "2"])).refused(2, &["--average-bias"]);
}

#[test]
fn bad_use_and_bad_data() {
    let file = eight_schools();
    onset(&words(&file, &["--tau-prior", "gamma:1"])).refused(2, &["unknown prior", "halfnormal:SCALE"]);
    onset(&words(&file, &["--tau-prior", "halfnormal:0"])).refused(2, &["above 0"]);
    onset(&words(
        &file,
        &["--tau-prior", "rhodes2015:mental-health:non-pharm"],
    ))
    .refused(2, &["left out"]);
    onset(&words(&file, &["--tau-prior", "uniform", "--level", "95"])).refused(2, &["--level"]);
    onset(&words(
        &file,
        &["--tau-prior", "uniform", "--mu-prior", "normal:0"],
    ))
    .refused(2, &["normal:MEAN:SD"]);
    onset(&words(&file, &[])).refused(2, &["--tau-prior"]);
    let rows = |name: &str, text: &str| table(name, format!("school,y,s\n{text}"));
    let none = rows("bayes-none.csv", "");
    onset(&words(&none, &["--tau-prior", "halfnormal:1"])).refused(1, &["bayes-none.csv"]);
    let two = rows("bayes-two.csv", "a,1,0.5\nb,2,0.5\n");
    onset(&words(&two, &["--tau-prior", "uniform"])).refused(1, &["2 studies", "at least 3", "halfnormal"]);
    assert_eq!(onset(&words(&two, &["--tau-prior", "jeffreys"])).status, 0);
    let one = rows("bayes-one.csv", "a,1,0.5\n");
    onset(&words(&one, &["--tau-prior", "jeffreys"])).refused(1, &["1 studies", "at least 2"]);
    let heavy = onset(&words(&one, &["--tau-prior", "halfcauchy:1", "--format", "json"])).json();
    assert!(heavy["mu"]["mean"].is_null() && heavy["mu"]["median"].is_number());
    assert_eq!(heavy["warnings"][0]["code"], "heavy_tail");
    let gap = rows("bayes-gap.csv", "a,1,0.5\nb,NA,0.5\nc,2,0.4\n");
    let gapped = onset(&words(&gap, &["--tau-prior", "halfnormal:1", "--format", "json"])).json();
    assert_eq!(gapped["k"], 2);
    assert!(gapped["shrinkage"][1]["mean"].is_null() && gapped["warnings"][0]["code"] == "missing_value");
    let text = rows("bayes-text.csv", "a,one,0.5\nb,2,0.5\n");
    onset(&words(&text, &["--tau-prior", "halfnormal:1"])).refused(1, &["bayes-text.csv", "one"]);
    let zero = rows("bayes-zero.csv", "a,1,0\nb,2,0.5\n");
    onset(&words(&zero, &["--tau-prior", "halfnormal:1"])).refused(1, &["bayes-zero.csv"]);
    onset(&[
        "bayes",
        &file,
        "--yi",
        "z",
        "--sei",
        "s",
        "--tau-prior",
        "uniform",
    ])
    .refused(1, &["z"]);
}

#[test]
fn four_hundred_priors_make_a_figure() {
    let file = eight_schools();
    let dir = std::env::temp_dir().join(format!("onset-bayes-figures-{}", std::process::id()));
    let folder = dir.to_str().unwrap();
    let more = [
        "--tau-prior",
        "halfnormal:5",
        "--sensitivity",
        "5",
        "--scales",
        "134",
        "--figures",
        folder,
        "--format",
        "json",
    ];
    let found = onset(&words(&file, &more)).json();
    assert_eq!(found["figures"][0], "prior-sensitivity.svg");
    assert_eq!(found["sensitivity"].as_array().unwrap().len(), 402);
    let svg = std::fs::read_to_string(dir.join("prior-sensitivity.svg")).unwrap();
    assert!(
        svg.contains("Under 0 of 402 priors the interval lies on one side of no effect"),
        "{svg}"
    );
    std::fs::remove_dir_all(&dir).unwrap();
    onset(&words(
        &file,
        &["--tau-prior", "halfnormal:5", "--figures", folder],
    ))
    .refused(2, &["--sensitivity"]);
}

#[test]
fn variances_beyond_all_measure_are_refused_at_once() {
    let file = table("bayes-extremes.csv", "y,v\n13,1e308\n0,40\n");
    onset(&[
        "bayes",
        &file,
        "--yi",
        "y",
        "--vi",
        "v",
        "--tau-prior",
        "halfnormal:0.5",
    ])
    .refused(1, &[]);
}
