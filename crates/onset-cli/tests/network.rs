//! Transcripts of `onset network`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{Transcript, onset, oracle, oracle_path, table};

/// Closed forms through files of 15 digits.
const CLOSED: f64 = 1e-9;

const CONTRASTS: [&str; 10] = [
    "--studlab",
    "studlab",
    "--treat1",
    "treat1",
    "--treat2",
    "treat2",
    "--te",
    "TE",
    "--sete",
    "seTE",
];
const ARMS: [&str; 4] = ["--study", "study", "--treat", "treatment"];

fn network(data: &str, words: &[&str]) -> Transcript {
    let file = oracle_path("data").join(format!("{data}.csv"));
    let mut all = vec!["network", file.to_str().unwrap(), "--format", "json"];
    all.extend(words);
    onset(&all)
}

fn near(ours: &Value, theirs: &Value, place: &str) {
    let (a, b) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    assert!((a - b).abs() <= CLOSED * b.abs().max(1.0), "{place}: {a} {b}");
}

/// Compares league, Q, tau2 and P-scores of the DL fit.
fn same(ours: &Value, case: &Value) {
    let names: Vec<&Value> = ours["treatments"].as_array().unwrap().iter().collect();
    let place = |name: &Value| names.iter().position(|n| *n == name).unwrap();
    for (key, theirs) in [
        ("te_random", "TE_random"),
        ("sete_random", "seTE_random"),
        ("te_common", "TE_common"),
        ("sete_common", "seTE_common"),
    ] {
        let reference = &case[theirs];
        for (i, a) in reference["rows"].as_array().unwrap().iter().enumerate() {
            for (j, b) in reference["cols"].as_array().unwrap().iter().enumerate() {
                near(&ours[key][place(a)][place(b)], &reference["values"][i][j], key);
            }
        }
    }
    near(&ours["tau2"], &case["tau2"], "tau2");
    near(&ours["q"]["value"], &case["Q"], "Q");
    near(
        &ours["q"]["inconsistency"]["value"],
        &case["Q_between"],
        "Q between",
    );
    for (name, value) in case["pscore_random"].as_object().unwrap() {
        let (a, b) = (ours["p_scores"][name].as_f64().unwrap(), value.as_f64().unwrap());
        assert!((a - b).abs() < 1e-6, "{name}");
    }
}

#[test]
fn contrasts_and_arms_equal_the_reference() {
    let case = |data: &str| oracle(&format!("network_{data}.json"))["expect"]["DL"].clone();
    for data in ["senn2013", "linde2015", "dogliotti2014"] {
        let mut words = CONTRASTS.to_vec();
        let case = case(data);
        words.extend([
            "--method",
            "DL",
            "--small-values",
            case["small_values"].as_str().unwrap(),
        ]);
        same(&network(&format!("network_{data}"), &words).json(), &case);
    }
    let mut words = ARMS.to_vec();
    words.extend([
        "--mean",
        "mi",
        "--sd",
        "sdi",
        "--n",
        "ni",
        "--measure",
        "MD",
        "--method",
        "DL",
        "--reference",
        "placebo",
    ]);
    same(&network("senn2013_arms", &words).json(), &case("senn2013"));
    let mut words = ARMS.to_vec();
    words.extend([
        "--events",
        "stroke",
        "--n",
        "total",
        "--measure",
        "OR",
        "--method",
        "DL",
    ]);
    let run = network("dogliotti2014_arms", &words).json();
    same(&run, &case("dogliotti2014"));
    assert_eq!(run["warnings"][0]["code"], "no_information");
}

#[test]
fn tables_and_csv_speak() {
    let file = oracle_path("data").join("network_senn2013.csv");
    let mut words = vec!["network", file.to_str().unwrap(), "--reference", "placebo"];
    words.extend(CONTRASTS);
    let shown = onset(&words);
    assert_eq!(shown.status, 0);
    assert!(shown.stdout.contains("Against placebo") && shown.stdout.contains("Direct and indirect"));
    words.extend(["--format", "csv"]);
    assert!(
        onset(&words)
            .stdout
            .starts_with("treatment,estimate,se,lower,upper,p_score\n")
    );
    words.extend(["--format", "json", "--rankogram", "100"]);
}

fn small(name: &str, rows: &str) -> Transcript {
    let file = table(name, format!("studlab,treat1,treat2,TE,seTE\n{rows}"));
    let mut words = vec!["network", file.as_str(), "--format", "json"];
    words.extend(CONTRASTS);
    onset(&words)
}

#[test]
fn few_studies_and_separate_parts_are_results() {
    let one = small("one.csv", "1,A,B,0.5,0.1\n").json();
    near(&one["te_random"][0][1], &Value::from(0.5), "one study");
    assert!(one["design_by_treatment"].is_null() && one["prediction"].is_null());
    let two = small("two.csv", "1,A,B,0.5,0.1\n2,A,B,0.7,0.1\n").json();
    assert_eq!(two["k"], 2);
    let parts = small("parts.csv", "1,A,B,0.5,0.1\n2,C,D,0.7,0.1\n").json();
    assert!(parts["te_random"][0][2].is_null() && parts["p_scores"].is_null());
    assert_eq!(parts["warnings"][0]["code"], "separate_components");
    let gap = small("gap.csv", "1,A,B,0.5,0.1\n2,A,B,NA,0.1\n").json();
    assert_eq!(gap["warnings"][0]["code"], "missing_value");
    assert_eq!(gap["k"], 1);
}

#[test]
fn mistakes_are_named() {
    small("self.csv", "S1,A,A,0.5,0.1\n").refused(1, &["S1", "'A'", "itself"]);
    small("zero.csv", "S1,A,B,0.5,0\n").refused(1, &["zero.csv", "line 2", "standard error"]);
    small("text.csv", "S1,A,B,x,0.1\n").refused(1, &["line 2"]);
    small("missing.csv", "S1,A,B,0.5,0.1\nS1,A,C,0.5,0.1\n").refused(1, &["S1", "B v C", "add that row"]);
    let sum = small("sum.csv", "S1,A,B,1,0.2\nS1,B,C,1,0.2\nS1,A,C,3,0.2\n");
    sum.refused(
        1,
        &[
            "sum.csv, line 4",
            "study 'S1' (arms A, B, C): A v C is 3, but its other contrasts add up to 2.",
            "A v C must be 2",
        ],
    );
    small("sign.csv", "S1,A,B,1,0.2\nS1,B,C,2,0.2\nS1,C,A,3,0.2\n")
        .refused(1, &["A v C is -3", "add up to 3.", "change the sign of A v C"]);
    small("error.csv", "S1,A,B,1,0.2\nS1,B,C,1,0.2\nS1,A,C,2,0.9\n").refused(
        1,
        &[
            "study 'S1' (arms A, B, C)",
            "the standard error of A v C is 0.9",
            "allow 0 to 0.282843",
        ],
    );
    small("variance.csv", "S1,A,B,1,0.2\nS1,B,C,1,0.2\nS1,A,C,2,0.04\n").json();
    small("variance.csv", "S1,A,B,1,3\nS1,B,C,1,3\nS1,A,C,2,9\n")
        .refused(1, &["A v C is 9", "9 looks like a variance: its root 3 agrees"]);
    small("twice.csv", "S1,A,B,1,0.2\nS1,B,A,1,0.2\n").refused(1, &["line 3", "S1", "twice"]);
    small("empty.csv", "S1,A,B,NA,0.2\n").refused(1, &["no study compares"]);
    network("network_senn2013", &["--studlab", "studlab"]).refused(2, &["--treat1"]);
    network("network_senn2013", &[]).refused(2, &["arms or of contrasts"]);
    let mut words = CONTRASTS.to_vec();
    words.extend(["--reference", "nothing"]);
    network("network_senn2013", &words).refused(2, &["nothing", "placebo"]);
    let file = table("arms.csv", "study,treatment,e,n\n1,A,3,10\n1,A,4,10\n");
    let mut words = vec!["network", file.as_str(), "--events", "e", "--n", "n"];
    words.extend(ARMS);
    onset(&words).refused(1, &["arms.csv", "line 3", "twice"]);
}

#[test]
fn rounding_is_a_warning() {
    let run = small("round.csv", "S1,A,B,1,0.2\nS1,B,C,1,0.2\nS1,A,C,2.001,0.2\n").json();
    assert!(
        run["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|w| w["code"] == "multi_arm_rounding")
    );
}

#[test]
fn models_beside_the_league_speak() {
    let mut words = CONTRASTS.to_vec();
    words.extend([
        "--reference",
        "placebo",
        "--side",
        "--funnel",
        "--test",
        "knha",
        "--contribution",
        "shortestpath",
        "--study-shares",
    ]);
    let run = network("network_senn2013", &words).json();
    assert_eq!(run["side"].as_array().unwrap().len(), 11);
    let side = oracle("network_models.json")["side_senn2013"][0].clone();
    for key in ["direct", "indirect", "difference_se"] {
        let (a, b) = (run["side"][0][key].as_f64().unwrap(), side[key].as_f64().unwrap());
        assert!((a - b).abs() < 1e-5, "{key}");
    }
    assert_eq!(run["funnel"]["points"].as_array().unwrap().len(), 28);
    assert_eq!(run["funnel"]["order"][0], "placebo");
    assert!(run["funnel"]["egger"]["p"].is_number());
    assert_eq!(run["intervals"]["test"], "knha");
    assert_eq!(run["intervals"]["df"], 18);
    assert!(run["intervals"]["lower"][0][1].as_f64().unwrap() < run["te_random"][0][1].as_f64().unwrap());
    let shares = &oracle("network_senn2013.json")["expect"]["DL"]["contribution_common"];
    assert_eq!(run["contribution"]["rows"].as_array().unwrap().len(), 45);
    let studies = &run["contribution"]["studies"];
    assert_eq!(studies["names"].as_array().unwrap().len(), 26);
    let whole: f64 = studies["values"][7]
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .sum();
    assert!((whole - 1.0).abs() < CLOSED);
    let row = shares["rows"]
        .as_array()
        .unwrap()
        .iter()
        .position(|r| r == &run["contribution"]["rows"][0])
        .unwrap();
    near(
        &run["contribution"]["values"][0][0],
        &shares["values"][row][0],
        "share",
    );
    // absent unless asked for
    let plain = network("network_senn2013", &CONTRASTS).json();
    for block in ["side", "regression", "components", "classes", "funnel"] {
        assert!(plain.get(block).is_none(), "{block}");
    }
    assert_eq!(
        plain["contribution"].as_object().unwrap().len(),
        3,
        "rows, columns, values"
    );
    assert_eq!(plain["intervals"]["test"], "z");
}

#[test]
fn a_covariate_components_and_classes() {
    let file = table(
        "models.csv",
        "studlab,treat1,treat2,TE,seTE,year,size\n\
         1,A,placebo,-1,0.2,1,5\n2,A,placebo,-0.5,0.2,2,9\n3,B,placebo,-0.7,0.2,3,2\n\
         4,A+B,placebo,-1.5,0.3,4,7\n5,A+B,A,-0.6,0.2,1,8\n6,B,A,0.1,0.2,NA,3\n",
    );
    let classes = table("classes.csv", "treatment,class\nA,drug\nB,drug\n");
    let mut words = vec!["network", file.as_str(), "--format", "json"];
    words.extend(CONTRASTS);
    words.extend(["--reference", "placebo"]);
    let with = |more: &[&str]| {
        let mut all = words.clone();
        all.extend(more);
        onset(&all)
    };
    let run = with(&["--covariate", "year", "--at", "2"]).json();
    assert_eq!(run["k"], 5);
    assert_eq!(run["warnings"][0]["code"], "missing_value");
    assert_eq!(run["regression"]["coefficients"][0]["name"], "year");
    assert_eq!(run["regression"]["at"], 2.0);
    let run = with(&["--covariate", "year", "--covariate-effect", "independent"]).json();
    assert_eq!(run["regression"]["coefficients"][1]["name"], "year:A+B");
    let run = with(&["--covariate", "year", "--covariate-effect", "exchangeable"]).json();
    assert!(run["regression"]["sigma2"].is_number());
    assert_eq!(run["regression"]["coefficients"][0]["name"], "year");
    assert_eq!(run["regression"]["coefficients"][1]["name"], "year:A");
    let run = with(&["--covariate", "year,size", "--at", "2,10"]).json();
    assert_eq!(
        run["regression"]["covariate"],
        serde_json::json!(["year", "size"])
    );
    assert_eq!(run["regression"]["at"], serde_json::json!([2.0, 10.0]));
    assert_eq!(run["regression"]["coefficients"][1]["name"], "size");
    with(&["--covariate", "year,size", "--at", "2"]).refused(2, &["--at", "year,size"]);
    let run = with(&["--components", "+", "--inactive", "placebo"]).json();
    assert_eq!(run["components"]["components"][1]["name"], "B");
    let of = |i: usize| run["components"]["components"][i]["estimate"].as_f64().unwrap();
    let sum = &run["components"]["combinations"][1];
    assert_eq!(sum["name"], "A+B");
    assert!((sum["estimate"].as_f64().unwrap() - of(0) - of(1)).abs() < CLOSED);
    assert_eq!(run["components"]["q_difference"]["df"], 1);
    let run = with(&["--classes", &classes]).json();
    assert_eq!(run["classes"]["classes"][1]["members"][1], "B");
    assert!(run["classes"]["sigma2"].is_number());
    let run = with(&["--classes", &classes, "--class-effects", "common"]).json();
    assert!(run["classes"]["sigma2"].is_null());
    // tables carry the blocks
    let mut shown = vec!["network", file.as_str()];
    shown.extend(CONTRASTS);
    shown.extend(["--components", "+", "--inactive", "placebo", "--side"]);
    let shown = onset(&shown);
    assert!(shown.stdout.contains("Components, additive") && shown.stdout.contains("by a model with both"));
    // mistakes
    with(&["--at", "1"]).refused(2, &["--covariate"]);
    with(&["--covariate", "nothing"]).refused(1, &["nothing"]);
    with(&["--components", "/"]).refused(1, &["no treatment has several components"]);
    with(&["--components", "+", "--inactive", "zzz"]).refused(1, &["zzz"]);
    with(&["--classes", &classes, "--method", "DL"]).refused(1, &["REML or ML"]);
    with(&["--funnel", "--order", "A,B"]).refused(2, &["--order", "every treatment once"]);
    with(&["--test", "F"]).refused(2, &["knha"]);
}

#[test]
fn mantel_haenszel_of_arms() {
    let file = table(
        "rare.csv",
        "study,treatment,e,n\n1,A,2,100\n1,B,4,100\n2,A,0,50\n2,B,1,50\n2,C,3,60\n\
         3,A,1,80\n3,B,0,80\n3,C,2,80\n4,B,0,20\n4,C,0,20\n5,C,2,90\n5,D,4,90\n",
    );
    let mut words = vec!["network", file.as_str(), "--format", "json", "--method", "MH"];
    words.extend(ARMS);
    let with = |more: &[&str]| {
        let mut all = words.clone();
        all.extend(more);
        onset(&all)
    };
    let run = with(&["--events", "e", "--n", "n"]).json();
    assert_eq!((&run["method"], &run["k"]), (&Value::from("MH"), &Value::from(4)));
    assert_eq!(run["warnings"][0]["code"], "no_information");
    assert_eq!(run["designs"].as_array().unwrap().len(), 3);
    assert!(run["tau2"].is_null() && run["te_common"][0][3].is_number());
    with(&["--events", "e", "--n", "n", "--side"]).refused(2, &["--side"]);
    with(&["--events", "e", "--n", "n", "--measure", "RR"]).refused(2, &["odds ratios"]);
    with(&["--mean", "e", "--sd", "e", "--n", "n"]).refused(2, &["arms with events"]);
    let swapped = table("swapped.csv", "study,treatment,e,n\n1,A,100,2\n1,B,4,100\n");
    let mut words = vec!["network", swapped.as_str(), "--method", "MH"];
    words.extend(ARMS);
    words.extend(["--events", "e", "--n", "n"]);
    onset(&words).refused(1, &["swapped.csv", "line 2", "swapped?"]);
}

#[test]
fn a_posterior_stands_beside_the_league() {
    // dense quadrature by whole matrices
    const DENSE: f64 = 1e-7;
    let file = oracle("bayes_network.json");
    for fit in file["fits"].as_array().unwrap() {
        let code = match fit["scale"].as_f64() {
            Some(scale) => format!("{}:{scale}", fit["prior"].as_str().unwrap()),
            None => fit["prior"].as_str().unwrap().to_owned(),
        };
        let mut words = CONTRASTS.to_vec();
        words.extend(["--reference", "placebo", "--bayes", "--tau-prior", code.as_str()]);
        let effects = fit["effect_sd"].as_f64().map(|sd| format!("normal:0:{sd}"));
        if let Some(effects) = &effects {
            words.extend(["--mu-prior", effects.as_str()]);
        }
        let run = network("network_senn2013", &words).json();
        let block = &run["bayes"];
        let names = run["treatments"].as_array().unwrap();
        for pair in fit["pairs"].as_array().unwrap() {
            let i = names.iter().position(|n| *n == pair["a"]).unwrap();
            let j = names.iter().position(|n| *n == pair["b"]).unwrap();
            let sd = pair["sd"].as_f64().unwrap();
            let near = |key: &str, ours: &Value, theirs: &Value, sign: f64| {
                let (a, b) = (ours.as_f64().unwrap(), sign * theirs.as_f64().unwrap());
                assert!((a - b).abs() < DENSE * sd.max(1.0), "{code} {key}: {a} {b}");
            };
            near("mean", &block["mean"][i][j], &pair["mean"], 1.0);
            near("mean", &block["mean"][j][i], &pair["mean"], -1.0);
            near("sd", &block["sd"][j][i], &pair["sd"], 1.0);
            near(
                "lower",
                &block["central"]["lower"][i][j],
                &pair["central"][0],
                1.0,
            );
            near(
                "lower",
                &block["central"]["lower"][j][i],
                &pair["central"][1],
                -1.0,
            );
            near("new", &block["prediction"]["upper"][i][j], &pair["new"][1], 1.0);
            near("p", &block["prob_beyond"][j][i], &pair["p_lt_0"], 1.0);
        }
        for (name, score) in fit["p_scores"].as_object().unwrap() {
            assert!((block["p_scores"][name].as_f64().unwrap() - score.as_f64().unwrap()).abs() < DENSE);
        }
        assert_eq!(block["log_marginal"].is_null(), effects.is_none());
        assert!(block["mean"][0][0] == 0.0 && block["prob_beyond"][0][0].is_null());
        assert!(block.get("rankogram").is_none());
    }
    let plain = network("network_senn2013", &CONTRASTS).json();
    assert!(plain.get("bayes").is_none());
}

#[test]
fn ranks_and_thresholds_of_a_posterior() {
    let file = oracle_path("data").join("network_senn2013.csv");
    let mut words = vec!["network", file.to_str().unwrap()];
    words.extend(CONTRASTS);
    words.extend([
        "--reference",
        "placebo",
        "--bayes",
        "--tau-prior",
        "turner2015:biomarker",
    ]);
    let with = |more: &[&str]| {
        let mut all = words.clone();
        all.extend(more);
        onset(&all)
    };
    let drawn = ["--rankogram", "2000", "--seed", "4", "--threshold", "-0.5"];
    let run = with(&[&drawn[..], &["--format", "json"]].concat()).json();
    let block = &run["bayes"];
    assert_eq!(block["tau_prior"], "lognormal:-0.885:0.76");
    assert_eq!(
        (&block["rankogram"]["draws"], &block["rankogram"]["seed"]),
        (&2000.into(), &4.into())
    );
    let shares = block["rankogram"]["probabilities"]["placebo"].as_array().unwrap();
    let sum: f64 = shares.iter().map(|x| x.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12 && shares[9].as_f64().unwrap() > 0.8);
    // rosiglitazone lowers HbA1c by more than 0.5, placebo against it does not
    let at = |name: &str| {
        run["treatments"]
            .as_array()
            .unwrap()
            .iter()
            .position(|n| n == name)
            .unwrap()
    };
    let (r, p) = (at("rosiglitazone"), at("placebo"));
    assert!(block["prob_beyond"][r][p].as_f64().unwrap() > 0.99);
    assert!(block["prob_beyond"][p][r].as_f64().unwrap() < 1e-6);
    let table = with(&drawn);
    assert_eq!(table.status, 0, "{}", table.stderr);
    for text in [
        "Against placebo, tau ~ lognormal:-0.885:0.76",
        "Posterior of tau",
        "Ranks, 2000 draws, seed 4",
    ] {
        assert!(table.stdout.contains(text), "{text}: {}", table.stdout);
    }
    with(&["--threshold", "inf"]).refused(2, &["--threshold"]);
    with(&["--mu-prior", "normal:0:0"]).refused(2, &["above 0"]);
}

#[test]
fn a_posterior_needs_a_prior_and_one_network() {
    let mut words = CONTRASTS.to_vec();
    words.push("--bayes");
    network("network_senn2013", &words).refused(2, &["--tau-prior"]);
    let mut words = CONTRASTS.to_vec();
    words.extend(["--tau-prior", "halfnormal:1"]);
    network("network_senn2013", &words).refused(2, &["--bayes"]);
    let run = |name: &str, rows: &str, prior: &str| {
        let file = table(name, format!("studlab,treat1,treat2,TE,seTE\n{rows}"));
        let mut all = vec!["network", file.as_str()];
        all.extend(CONTRASTS);
        all.extend(["--bayes", "--tau-prior", prior]);
        onset(&all)
    };
    run(
        "bayes-parts.csv",
        "1,A,B,0.1,0.2\n2,C,D,0.1,0.2\n",
        "halfnormal:1",
    )
    .refused(1, &["separate parts"]);
    run("bayes-few.csv", "1,A,B,0.1,0.2\n2,A,C,0.1,0.2\n", "uniform")
        .refused(1, &["2 contrasts", "at least 4"]);
    let arms = table(
        "bayes-arms.csv",
        "s,t,e,n\n1,A,3,20\n1,B,5,20\n2,A,2,30\n2,B,6,30\n",
    );
    onset(&[
        "network",
        &arms,
        "--study",
        "s",
        "--treat",
        "t",
        "--events",
        "e",
        "--n",
        "n",
        "--method",
        "MH",
        "--bayes",
        "--tau-prior",
        "halfnormal:1",
    ])
    .refused(2, &["--bayes"]);
}
