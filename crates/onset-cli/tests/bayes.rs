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

/// BCG trials: log risk ratios with latitude and allocation.
fn bcg() -> String {
    let file = oracle("bayes_regression.json");
    let data = std::fs::read_to_string(transcript::oracle_path("data").join("bcg.csv")).unwrap();
    let mut rows = data.lines();
    let mut text = format!("{},\"y\",\"v\"\n", rows.next().unwrap());
    let columns = file["y"]
        .as_array()
        .unwrap()
        .iter()
        .zip(file["v"].as_array().unwrap());
    for (row, (y, v)) in rows.zip(columns) {
        text.push_str(&format!("{row},{y},{v}\n"));
    }
    table("bayes-bcg.csv", text)
}

fn regression<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec![
        "bayes", file, "--yi", "y", "--vi", "v", "--slab", "author", "--mods",
    ];
    words.extend(more);
    words
}

#[test]
fn moderators_equal_dense_quadrature() {
    /// Trapezoid on ln tau with whole matrices; quantiles of tau by cumulative Simpson sums and a spline.
    const MATRICES: f64 = 1e-7;
    let file = bcg();
    let reference = oracle("bayes_regression.json");
    let fits = reference["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 6);
    for fit in fits {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mods: Vec<String> = fit["mods"].as_array().unwrap().iter().map(text).collect();
        let mods = mods.join(",");
        let code = match fit["scale"].as_f64() {
            Some(scale) => format!("{}:{scale}", text(&fit["prior"])),
            None => text(&fit["prior"]),
        };
        let mut more = vec![mods.as_str(), "--tau-prior", code.as_str(), "--format", "json"];
        let proper = fit["beta_sd"].is_array();
        if proper {
            more.extend(["--mu-prior", "normal:0:2", "--beta-prior", "normal:0:1"]);
            more.extend(["--beta-prior", "ablat=normal:0:0.05"]);
        }
        let ours = onset(&regression(&file, &more)).json();
        let near = |a: &Value, b: &Value, sd: &Value| {
            let (a, b, sd) = (a.as_f64().unwrap(), b.as_f64().unwrap(), sd.as_f64().unwrap());
            assert!((a - b).abs() < MATRICES * sd, "{code} {mods}: {a} {b}");
        };
        let five = |ours: &Value, theirs: &Value| {
            for key in ["mean", "sd", "median"] {
                near(&ours[key], &theirs[key], &theirs["sd"]);
            }
            near(&ours["central"][0], &theirs["central"][0], &theirs["sd"]);
            near(&ours["central"][1], &theirs["central"][1], &theirs["sd"]);
        };
        let one = Value::from(1.0);
        for ((name, theirs), ours) in fit["names"]
            .as_array()
            .unwrap()
            .iter()
            .zip(fit["coefficients"].as_array().unwrap())
            .zip(ours["coefficients"].as_array().unwrap())
        {
            assert_eq!(ours["name"], *name);
            five(ours, theirs);
            near(&ours["prob_negative"], &theirs["p_lt_0"], &one);
        }
        five(&ours["tau"], &fit["tau"]);
        for at in fit["predicted"].as_array().unwrap() {
            let row = at["row"].as_u64().unwrap() as usize - 1;
            five(&ours["predicted"][row], &at["mean"]);
            five(&ours["predicted"][row]["prediction"], &at["new"]);
        }
        if proper {
            near(&ours["log_marginal"], &fit["log_marginal"], &one);
            assert_eq!(ours["coefficients"][0]["prior"], "normal:0:2");
            assert_eq!(ours["coefficients"][1]["prior"], "normal:0:0.05");
        } else {
            assert!(ours["log_marginal"].is_null() && ours["coefficients"][0]["prior"] == "flat");
        }
        assert_eq!(ours["k"], 13);
        assert_eq!(ours["shrinkage"].as_array().unwrap().len(), 13);
    }
}

#[test]
fn a_regression_reads_as_a_table() {
    let file = bcg();
    let more = ["poly2(ablat),factor(alloc)", "--tau-prior", "halfnormal:0.5"];
    let run = onset(&regression(&file, &more));
    assert_eq!(run.status, 0, "{}", run.stderr);
    for text in [
        "13 studies, tau ~ halfnormal:0.5",
        "allocrandom",
        "below_0",
        "At the moderators of each study",
        "True effects",
    ] {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
    let csv = onset(&regression(
        &file,
        &["ablat", "--tau-prior", "halfnormal:0.5", "--format", "csv"],
    ));
    assert!(csv.stdout.starts_with("what,mean,sd,median,") && csv.stdout.lines().count() == 4);
    let means = [
        "alloc",
        "--no-intercept",
        "--tau-prior",
        "halfnormal:0.5",
        "--format",
        "json",
    ];
    let means = onset(&regression(&file, &means)).json();
    assert_eq!(means["coefficients"].as_array().unwrap().len(), 3);
}

#[test]
fn moderators_that_cannot_be() {
    let rows = |name: &str, text: &str| table(name, format!("author,y,v,a,b\n{text}"));
    let tau = ["--tau-prior", "halfnormal:1"];
    let with = |file: &str, more: &[&str]| onset(&regression(file, &[more, &tau].concat()));
    let file = rows(
        "bayes-mods.csv",
        "p,1,0.5,1,2\nq,2,0.4,2,4\nr,0,0.4,3,6\ns,1,0.3,NA,1\n",
    );
    with(&file, &["a,b"]).refused(1, &["bayes-mods.csv", "'b' is a combination of a"]);
    with(&file, &["c"]).refused(1, &["c"]);
    with(&file, &[" "]).refused(2, &["moderator"]);
    let json = [&["a", "--format", "json"][..], &tau].concat();
    let gap = onset(&regression(&file, &json)).json();
    assert_eq!(
        (&gap["k"], &gap["warnings"][0]["code"]),
        (&3.into(), &"missing_value".into())
    );
    assert!(gap["predicted"][3]["median"].is_null() && gap["predicted"][3]["prediction"].is_null());
    assert!(gap["shrinkage"][3]["mean"].is_null() && gap["predicted"][2]["label"] == "r");
    with(&file, &["a", "--beta-prior", "b=normal:0:1"]).refused(2, &["no coefficient", "b", "a"]);
    with(&file, &["a", "--beta-prior", "intercept=normal:0:1"]).refused(2, &["no coefficient"]);
    with(
        &file,
        &["a", "--beta-prior", "a=normal:0:1", "--beta-prior", "a=flat"],
    )
    .refused(2, &["two priors"]);
    with(&file, &["a", "--beta-prior", "flat", "--beta-prior", "flat"]).refused(2, &["once"]);
    with(&file, &["a", "--beta-prior", "normal:0:0"]).refused(2, &["above 0"]);
    with(&file, &["a", "--no-intercept", "--mu-prior", "normal:0:1"]).refused(2, &["--mu-prior"]);
    with(&file, &["a", "--sensitivity", "1"]).refused(2, &["--sensitivity"]);
    with(&file, &["a", "--average-bias", "positive"]).refused(2, &["--average-bias"]);
    let few = rows("bayes-mods-few.csv", "p,1,0.5,1,2\n");
    with(&few, &["a"]).refused(1, &["1 studies", "2 coefficients"]);
    let none = rows("bayes-mods-none.csv", "p,1,0.5,NA,2\n");
    with(&none, &["a"]).refused(1, &["bayes-mods-none.csv"]);
    let flat = ["--tau-prior", "uniform"];
    onset(&regression(&file, &[&["a"][..], &flat].concat())).refused(1, &["3 studies", "at least 4"]);
    onset(&[
        "bayes",
        &file,
        "--yi",
        "y",
        "--vi",
        "v",
        "--tau-prior",
        "uniform",
        "--beta-prior",
        "flat",
    ])
    .refused(2, &["--mods"]);
}
