//! Transcripts of `onset multilevel`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{Transcript, onset, oracle, oracle_path, table};

/// The reference's stopping rule.
const FIT: f64 = 1e-6;
/// Components on a flat likelihood.
const COMPONENTS: f64 = 1e-4;

fn data(name: &str) -> String {
    oracle_path("data")
        .join(format!("{name}.csv"))
        .to_str()
        .unwrap()
        .to_owned()
}

fn run(file: &str, words: &[&str]) -> Transcript {
    let mut all = vec!["multilevel", file, "--format", "json"];
    all.extend(words);
    onset(&all)
}

fn case(file: &str, id: &str) -> Value {
    let cases = oracle(&format!("dependent_{file}.json"));
    cases["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["id"] == id)
        .unwrap()
        .clone()
}

fn list(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().map(|x| x.as_f64().unwrap()).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn close(ours: &Value, theirs: f64, tolerance: f64) {
    let ours = ours.as_f64().unwrap();
    let error = (ours - theirs).abs() / theirs.abs().max(1e-3);
    assert!(error < tolerance, "{ours} against {theirs}: {error:e}");
}

fn meets(answer: &Value, expect: &Value) {
    let (beta, se) = (list(&expect["beta"]), list(&expect["se"]));
    let coefficients = answer["coefficients"].as_array().unwrap();
    assert_eq!(coefficients.len(), beta.len());
    for (i, c) in coefficients.iter().enumerate() {
        close(&c["estimate"], beta[i], FIT);
        close(&c["se"], se[i], FIT);
        assert!(c["df"].is_null());
    }
    close(&answer["loglik"], expect["logLik"].as_f64().unwrap(), 1e-9);
    assert_eq!(answer["loglik"], answer["fit"]["loglik"]);
    close(&answer["q"]["value"], expect["QE"].as_f64().unwrap(), 1e-9);
    for name in ["sigma2", "tau2", "rho"] {
        for (c, theirs) in answer[name].as_array().unwrap().iter().zip(list(&expect[name])) {
            close(&c["value"], theirs, COMPONENTS);
        }
    }
}

#[test]
fn three_levels_with_robust_standard_errors() {
    let file = data("konstantopoulos2011");
    let words = ["--yi", "yi", "--vi", "vi", "--random", "district/school"];
    for (kind, plain) in [("CR0", false), ("CR1", false), ("CR2", false), ("CR3", true)] {
        let mut more = words.to_vec();
        more.extend(["--robust", kind]);
        if plain {
            more.extend(["--cluster", "district"]);
        }
        let answer = run(&file, &more).json();
        let case = case("konstantopoulos2011", "three_level_REML");
        meets(&answer, &case["expect"]);
        let (robust, theirs) = (&answer["robust"], &case["robust_district"][kind]);
        assert_eq!((&robust["type"], &robust["clusters"]), (&kind.into(), &11.into()));
        let c = &robust["coefficients"][0];
        close(&c["se"], theirs["se"].as_f64().unwrap(), FIT);
        close(&c["df"], theirs["df"].as_f64().unwrap(), FIT);
        close(&c["p"], theirs["p"].as_f64().unwrap(), 1e-5);
        assert_eq!(answer["sigma2"][0]["name"], "district");
        assert_eq!(answer["sigma2"][1]["name"], "district/school");
        close(
            &answer["sigma2"][0]["ci_lower"],
            case["sigma2_ci"][0][0].as_f64().unwrap(),
            1e-3,
        );
        assert_eq!(answer["tau2"].as_array().unwrap().len(), 0);
    }
    let answer = run(&file, &words).json();
    assert!(answer.get("robust").is_none());
    let mut with_cluster = words.to_vec();
    with_cluster.extend(["--cluster", "district"]);
    assert_eq!(run(&file, &with_cluster).stdout, run(&file, &words).stdout);
    let ml = [words.as_slice(), &["--method", "ML"]].concat();
    meets(
        &run(&file, &ml).json(),
        &case("konstantopoulos2011", "three_level_ML")["expect"],
    );
    let cs = [
        "--yi", "yi", "--vi", "vi", "--inner", "school", "--outer", "district", "--struct", "CS",
    ];
    meets(
        &run(&file, &cs).json(),
        &case("konstantopoulos2011", "CS")["expect"],
    );
}

#[test]
fn working_correlations_and_moderators() {
    let file = data("assink2016");
    let words = [
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--random",
        "study/id",
        "--rho",
        "0.6",
        "--cluster",
        "study",
    ];
    meets(
        &run(&file, &words).json(),
        &case("assink2016", "CHE_rho0.6")["expect"],
    );
    let mods = [words.as_slice(), &["--mods", "deltype", "--robust", "CR2"]].concat();
    let answer = run(&file, &mods).json();
    let case = case("assink2016", "CHE_rho0.6_deltype");
    meets(&answer, &case["expect"]);
    close(
        &answer["q_moderators"]["value"],
        case["expect"]["QM"].as_f64().unwrap(),
        1e-5,
    );
    let theirs = &case["robust_study"]["CR2"];
    for (i, c) in answer["robust"]["coefficients"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        close(&c["se"], list(&theirs["se"])[i], FIT);
        close(&c["df"], list(&theirs["df"])[i], 1e-5);
    }
    let names: Vec<&str> = answer["coefficients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["intercept", "deltypegeneral", "deltypeovert"]);
}

#[test]
fn structures_over_time() {
    let file = data("ishak2007");
    let mut seen = 0;
    for structure in ["DIAG", "CS", "HCS", "AR", "HAR", "UN"] {
        let words = [
            "--yi",
            "yi",
            "--vi",
            "vi",
            "--inner",
            "time",
            "--outer",
            "study",
            "--struct",
            structure,
            "--phi",
            "0.97",
            "--time",
            "time",
            "--cluster",
            "study",
            "--mods",
            "factor(time)",
            "--no-intercept",
            "--no-intervals",
        ];
        let answer = run(&file, &words).json();
        // the singular UN: the reference stops short, ours is the higher likelihood
        if structure == "UN" {
            assert_eq!(answer["solution"]["kind"], "boundary");
            assert_eq!(answer["rho"][5]["name"], "3,4");
        } else {
            meets(&answer, &case("ishak2007", structure)["expect"]);
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn a_whole_covariance_matrix_with_and_without_variances() {
    let file = data("berkey1998");
    let text = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<(f64, f64)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.rsplit(',').map(|c| c.parse().unwrap());
            let second = cells.next().unwrap();
            (cells.next().unwrap(), second)
        })
        .collect();
    let n = rows.len();
    let matrix: Vec<String> = (0..n)
        .map(|i| {
            let cell = |j: usize| {
                let first = i - i % 2;
                if j == first {
                    rows[i].0
                } else if j == first + 1 {
                    rows[i].1
                } else {
                    0.0
                }
            };
            (0..n).map(|j| cell(j).to_string()).collect::<Vec<_>>().join(",")
        })
        .collect();
    let vcov = table("berkey_v.csv", matrix.join("\n"));
    let words = [
        "--yi",
        "yi",
        "--vcov",
        &vcov,
        "--inner",
        "outcome",
        "--outer",
        "trial",
        "--struct",
        "UN",
        "--mods",
        "outcome",
        "--no-intercept",
    ];
    let answer = run(&file, &words).json();
    meets(&answer, &case("berkey1998", "UN_REML")["expect"]);
    assert_eq!(answer["rho"][0]["name"], "AL,PD");
    let with_vi = [words.as_slice(), &["--vi", "vi"]].concat();
    assert_eq!(
        run(&file, &with_vi).json()["coefficients"],
        answer["coefficients"]
    );
    let mut broken = matrix.clone();
    broken[0] = broken[0].replacen("0.003", "0.004", 1);
    let asymmetric = table("berkey_asymmetric.csv", broken.join("\n"));
    let short = table("berkey_short.csv", matrix[1..].join("\n"));
    let mut words = words;
    words[3] = &asymmetric;
    run(&file, &words).refused(1, &["berkey_asymmetric.csv", "not symmetric", "row 2 column 1"]);
    words[3] = &short;
    run(&file, &words).refused(1, &["berkey_short.csv", "9 rows", "10 rows of 10 numbers"]);
    let singular = table(
        "berkey_singular.csv",
        vec![vec!["0.01"; n].join(","); n].join("\n"),
    );
    words[3] = &singular;
    run(&file, &words).refused(1, &["berkey1998.csv", "not positive definite"]);
}

fn small(name: &str, text: &str) -> String {
    table(name, text)
}

#[test]
fn bad_data_is_refused_by_name() {
    let good =
        "study,id,yi,vi,x,z\na,1,0.1,0.02,1,2\na,2,0.3,0.03,2,4\nb,3,0.5,0.02,3,6\nb,4,0.4,0.05,5,10\n";
    let file = small("ml_good.csv", good);
    let base = ["--yi", "yi", "--vi", "vi"];
    let with = |more: &[&str]| run(&file, &[base.as_slice(), more].concat());
    with(&["--random", "study/id"]).json();
    with(&["--random", "studi/id"]).refused(1, &["ml_good.csv", "studi"]);
    with(&["--random", "study", "--cluster", "cluster"]).refused(1, &["cluster"]);
    with(&["--random", "study", "--mods", "x,z"])
        .refused(1, &["'z'", "combination", "'x'"].map(|w| w.trim_matches('\'')));
    with(&[]).refused(2, &["random"]);
    with(&["--random", "study", "--rho", "0.5"]).refused(2, &["--cluster"]);
    with(&["--random", "study", "--rho", "1.5", "--cluster", "study"]).refused(2, &["between -1 and 1"]);
    with(&["--random", "study", "--phi", "0.5", "--cluster", "study"]).refused(2, &["--time"]);
    with(&["--random", "study/", "--cluster", "study"]).refused(2, &["--random"]);
    with(&["--inner", "id"]).refused(2, &["--outer"]);
    with(&["--random", "study", "--robust", "CR9"]).refused(2, &["CR2"]);
    with(&["--random", "study", "--vcov", "nowhere.csv"]).refused(1, &["nowhere.csv"]);
    with(&["--random", "id", "--robust", "CR2", "--cluster", "study"]).json();
    with(&["--random", "study", "--robust", "CR2", "--cluster", "id"]).refused(1, &["cut through 'study'"]);
    with(&["--inner", "study", "--outer", "id", "--struct", "CAR"]).refused(1, &["CAR needs a time"]);
    let three = "study,id,yi,vi\na,1,0.1,0.02\na,2,0.3,0.03\na,3,0.5,0.02\n";
    let one = small("ml_one.csv", three);
    run(&one, &["--yi", "yi", "--vi", "vi", "--random", "study/id"])
        .refused(1, &["'study' has a single level"]);
    let robust = [
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--random",
        "id",
        "--robust",
        "CR2",
        "--cluster",
        "study",
    ];
    run(&one, &robust).refused(1, &["at least two"]);
    let negative = [
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--random",
        "id",
        "--rho",
        "-0.6",
        "--cluster",
        "study",
    ];
    run(&one, &negative).refused(1, &["ml_one.csv", "line 2", "not positive definite"]);
    // two effects of one level in one group share its random effect
    let twice = small(
        "ml_twice.csv",
        "s,t,yi,vi\na,1,0.1,0.02\na,1,0.3,0.03\nb,2,0.5,0.02\nb,1,0.5,0.02\n",
    );
    let words = ["--yi", "yi", "--vi", "vi", "--inner", "t", "--outer", "s"];
    assert_eq!(run(&twice, &words).json()["rho"].as_array().unwrap().len(), 1);
    let same = ["--yi", "yi", "--vi", "vi", "--random", "id+study/id"];
    run(&file, &same).refused(1, &["group the effects in the same way"]);
    for (k, rows) in [(0, "a,1,NA,0.02\n"), (1, "a,1,0.1,0.02\n")] {
        let few = small(&format!("ml_k{k}.csv"), &format!("study,id,yi,vi\n{rows}"));
        run(&few, &["--yi", "yi", "--vi", "vi", "--random", "study"]).refused(1, &["2 are needed"]);
    }
    let two = small("ml_k2.csv", "study,id,yi,vi\na,1,0.1,0.02\nb,1,0.9,0.02\n");
    assert_eq!(
        run(&two, &["--yi", "yi", "--vi", "vi", "--random", "study"]).json()["k"],
        2
    );
    let zero = small("ml_zero.csv", "study,id,yi,vi\na,1,0.1,0\nb,1,0.9,0.02\n");
    run(&zero, &["--yi", "yi", "--vi", "vi", "--random", "study"]).refused(1, &["ml_zero.csv", "line 2"]);
    let text = small("ml_text.csv", "study,id,yi,vi\na,1,NaN,0.1\nb,1,0.9,0.02\n");
    run(&text, &["--yi", "yi", "--vi", "vi", "--random", "study"]).refused(1, &["not a number"]);
}

#[test]
fn rows_without_a_group_leave_by_name_and_tables_are_written() {
    let file = small(
        "ml_missing.csv",
        "study,id,yi,vi\na,1,0.1,0.02\na,2,0.3,0.03\n,3,0.5,0.02\nb,4,0.4,0.05\nb,5,NA,0.05\n",
    );
    let answer = run(&file, &["--yi", "yi", "--vi", "vi", "--random", "study/id"]).json();
    assert_eq!(answer["k"], 3);
    let warnings = answer["warnings"].as_array().unwrap();
    let missing = warnings.iter().filter(|w| w["code"] == "missing_value").count();
    assert_eq!(missing, 2);
    let words = [
        "multilevel",
        &file,
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--random",
        "study/id",
        "--robust",
        "CR1",
    ];
    let shown = onset(&words);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    for word in [
        "3 effects, REML",
        "CR1, 2 clusters of 'study'",
        "Random effects",
        "study/id",
        "log-likelihood",
    ] {
        assert!(shown.stdout.contains(word), "{word}: {}", shown.stdout);
    }
    let csv = onset(&[words.as_slice(), &["--format", "csv"]].concat());
    assert!(csv.stdout.starts_with("name,estimate,se,"));
}

#[test]
fn blocks_that_flags_add() {
    let file = data("konstantopoulos2011");
    let words = [
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--random",
        "district/school",
        "--predict",
        "--blup",
        "--lrt",
        "--influence",
        "--robust",
        "CR2",
        "--wild",
        "2048",
        "--rho",
        "0.3",
        "--cluster",
        "district",
        "--rho-band",
        "0,0.6",
    ];
    let answer = run(&file, &words).json();
    assert_eq!(answer["blup"].as_array().unwrap().len(), 67);
    assert_eq!(answer["lrt"][1]["name"], "district/school");
    assert_eq!(answer["influence"]["clusters"].as_array().unwrap().len(), 11);
    let hats = answer["influence"]["hat"].as_array().unwrap();
    let sum: f64 = hats.iter().map(|h| h["hat"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-10);
    let wild = &answer["robust"]["wild"];
    assert_eq!(
        (&wild["exact"], &wild["replicates"]),
        (&true.into(), &2048.into())
    );
    assert!(wild["p"].as_f64().unwrap() < 0.2);
    let at_zero = run(
        &file,
        &["--yi", "yi", "--vi", "vi", "--random", "district/school"],
    )
    .json();
    close(
        &answer["rho_band"][0]["coefficients"][0]["estimate"],
        at_zero["coefficients"][0]["estimate"].as_f64().unwrap(),
        FIT,
    );
    assert!(answer["prediction"]["pi_lower"].as_f64() < answer["coefficients"][0]["ci_lower"].as_f64());
    for block in ["blup", "lrt", "influence", "prediction", "rho_band", "robust"] {
        assert!(at_zero.get(block).is_none(), "{block} was not asked for");
    }
    let shown = onset(&[&["multilevel", file.as_str()][..], &words[..]].concat());
    for word in [
        "Prediction",
        "Likelihood-ratio tests",
        "Predicted random effects",
        "Without each cluster",
        "rho = 0.6",
    ] {
        assert!(shown.stdout.contains(word), "{word}");
    }
    let twice = run(&file, &words).stdout;
    assert_eq!(run(&file, &words).stdout, twice);
}
