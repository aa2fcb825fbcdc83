//! Inputs of `onset network` and `onset multilevel` that go wrong in practice: each is answered, or refused in words
//! that name the study and its arms and say how to mend it.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::Value;
use transcript::{Transcript, onset, table};

/// Two searches for the same maximum.
const OPTIMISED: f64 = 1e-6;
/// Closed forms.
const CLOSED: f64 = 1e-10;

fn contrasts(name: &str, rows: &str, more: &[&str]) -> Transcript {
    let file = table(&format!("nasty-{name}.csv"), format!("s,a,b,y,se\n{rows}"));
    let mut words = vec![
        "network",
        file.as_str(),
        "--format",
        "json",
        "--studlab",
        "s",
        "--treat1",
        "a",
        "--treat2",
        "b",
        "--te",
        "y",
        "--sete",
        "se",
    ];
    words.extend(more);
    onset(&words)
}

fn arms(name: &str, rows: &str, more: &[&str]) -> Transcript {
    let file = table(&format!("nasty-arms-{name}.csv"), format!("s,t,e,n\n{rows}"));
    let mut words = vec![
        "network",
        file.as_str(),
        "--format",
        "json",
        "--study",
        "s",
        "--treat",
        "t",
        "--events",
        "e",
        "--n",
        "n",
    ];
    words.extend(more);
    onset(&words)
}

fn multilevel(name: &str, text: &str, more: &[&str]) -> Transcript {
    let file = table(&format!("nasty-ml-{name}.csv"), text);
    let mut words = vec![
        "multilevel",
        file.as_str(),
        "--format",
        "json",
        "--yi",
        "y",
        "--vi",
        "v",
    ];
    words.extend(more);
    onset(&words)
}

fn codes(run: &Value) -> Vec<&str> {
    run["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["code"].as_str().unwrap())
        .collect()
}

#[test]
fn studies_of_several_arms_name_their_arms_and_the_mend() {
    let three = |y: &str, se: &str| format!("Smith,A,B,1,0.2\nSmith,B,C,1,0.2\nSmith,A,C,{y},{se}\n");
    contrasts("sum", &three("5", "0.2"), &[]).refused(
        1,
        &[
            "nasty-sum.csv",
            "line 4",
            "study 'Smith'",
            "arms A, B, C",
            "A v C is 5",
            "add up to 2",
            "Hint",
        ],
    );
    contrasts("sign", &three("-2", "0.2"), &[]).refused(1, &["Smith", "A v C", "Hint", "swap its arms"]);
    contrasts("wide", &three("2", "4"), &[]).refused(1, &["Smith", "standard error of A v C is 4", "Hint"]);
    contrasts("short", "Smith,A,B,1,0.2\nSmith,B,C,1,0.2\n", &[])
        .refused(1, &["Smith", "3 arms but no contrast A v C", "Hint"]);
    contrasts("self", "Smith,A,A,1,0.2\n", &[]).refused(1, &["Smith", "'A' with itself", "Hint"]);
    contrasts("twice", "Smith,A,B,1,0.2\nSmith,B,A,-1,0.2\n", &[])
        .refused(1, &["line 3", "Smith", "twice", "Hint"]);
    arms("twice", "Smith,A,1,10\nSmith,A,2,10\nSmith,B,2,10\n", &[])
        .refused(1, &["line 3", "Smith", "'A' twice", "combine"]);
}

#[test]
fn numbers_that_cannot_be_are_refused_with_their_line() {
    for (name, se) in [
        ("zero", "0"),
        ("negative", "-0.2"),
        ("tiny", "1e-200"),
        ("huge", "1e200"),
    ] {
        contrasts(name, &format!("Smith,A,B,1,0.2\nJones,A,B,1,{se}\n"), &[])
            .refused(1, &[&format!("nasty-{name}.csv"), "line 3", "Jones"]);
    }
    arms("swapped", "Smith,A,30,3\nSmith,B,2,10\n", &[]).refused(1, &["line 2", "Smith", "A v B"]);
    arms("part", "Smith,A,-1,10\nSmith,B,2,10\n", &[]).refused(1, &["Smith", "A v B"]);
    contrasts("empty", "", &[]).refused(1, &["no rows"]);
    contrasts("text", "Smith,A,B,one,0.2\n", &[]).refused(1, &["line 2", "one"]);
    let file = table("nasty-mixed.csv", "s,a,b,y,se\nSmith,A,B,1,0.2\n");
    let mixed = [
        "network", &file, "--study", "s", "--treat1", "a", "--treat2", "b", "--te", "y", "--sete", "se",
    ];
    onset(&mixed).refused(2, &["arms or of contrasts", "--studlab"]);
}

#[test]
fn one_study_and_two_treatments_are_answered() {
    let one = contrasts(
        "one",
        "Smith,A,B,1,0.5\n",
        &["--test", "knha", "--rankogram", "50", "--funnel", "--side"],
    )
    .json();
    assert_eq!((&one["k"], &one["te_random"][0][1]), (&1.into(), &1.0.into()));
    assert!(
        one["intervals"].is_null() && one["prediction"].is_null() && one["design_by_treatment"].is_null()
    );
    assert!(codes(&one).contains(&"tau2_not_estimable"));
    // the same rows twice under two names are two studies
    let rows = [(0.3, 0.2), (0.9, 0.3), (-0.2, 0.25), (0.4, 0.1)];
    let mut network = String::new();
    let mut pool = String::from("y,v\n");
    for (i, (y, se)) in rows.iter().enumerate() {
        network += &format!("{i},A,B,{y},{se}\n");
        pool += &format!("{y},{}\n", se * se);
    }
    let file = table("nasty-pool.csv", pool);
    for (test, floor) in [("z", false), ("knha", false), ("t", true)] {
        let run = contrasts("two", &network, &["--test", test]).json();
        let pooled = onset(&[
            "pool", &file, "--yi", "y", "--vi", "v", "--format", "json", "--test", test,
        ])
        .json();
        let mean = &pooled["coefficients"][0];
        let near = |a: &Value, b: &Value| {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() < OPTIMISED * b.abs().max(1.0), "{test}: {a} {b}");
        };
        near(&run["te_random"][0][1], &mean["estimate"]);
        near(
            &run["sete_random"][0][1],
            if test == "z" || floor {
                &mean["se"]
            } else {
                &run["sete_random"][0][1]
            },
        );
        near(&run["intervals"]["lower"][0][1], &mean["ci_lower"]);
        near(&run["intervals"]["upper"][0][1], &mean["ci_upper"]);
        near(&run["tau2"], &pooled["tau2"]);
        near(&run["q"]["value"], &pooled["q"]["value"]);
    }
}

#[test]
fn studies_that_agree_exactly_have_no_spread() {
    let same = "1,A,B,1,0.2\n2,A,B,1,0.2\n3,B,C,1,0.2\n4,A,C,2,0.2\n";
    let run = contrasts("same", same, &["--test", "knha", "--side", "--rankogram", "50"]).json();
    assert_eq!(run["tau2"], 0.0);
    assert!(run["q"]["value"].as_f64().unwrap().abs() < CLOSED);
    assert_eq!(run["i2"], 0.0);
    // nothing but the same three arms: a loop within studies is no loop
    let arms = "1,A,B,1,0.2\n1,A,C,2,0.3\n1,B,C,1,0.25\n2,A,B,1.4,0.3\n2,A,C,2.1,0.2\n2,B,C,0.7,0.25\n";
    let run = contrasts("arms", arms, &["--side", "--funnel"]).json();
    assert!(codes(&run).contains(&"no_loops"), "{:?}", run["warnings"]);
    assert!(run["design_by_treatment"].is_null() && run["q"]["inconsistency"]["df"] == 0);
    for split in run["netsplit"].as_array().unwrap() {
        assert!(split["indirect"].is_null() && split["p"].is_null() && split["proportion_direct"] == 1.0);
    }
}

#[test]
fn figures_are_files_of_what_was_computed() {
    let rows = "1,A,B,1,0.2\n2,A,C,1,0.2\n3,B,C,0.2,0.2\n4,A,C,2,0.2\n";
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("network-figures");
    let folder = dir.to_str().unwrap();
    let run = contrasts(
        "drawn",
        rows,
        &[
            "--figures",
            folder,
            "--rankogram",
            "200",
            "--funnel",
            "--measure",
            "OR",
        ],
    )
    .json();
    let names = ["graph", "league", "netsplit", "ranks", "contributions", "funnel"];
    let found: Vec<&str> = run["figures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_str().unwrap())
        .collect();
    assert_eq!(found, names.map(|n| format!("network-{n}.svg")));
    for name in found {
        let text = std::fs::read_to_string(dir.join(name)).unwrap();
        assert!(text.contains("<svg") && text.contains("</svg>"), "{name}");
        assert!(!text.contains("NaN") && !text.contains("0 people"), "{name}");
    }
    let graph = std::fs::read_to_string(dir.join("network-graph.svg")).unwrap();
    assert!(graph.contains("trials with that treatment"));
    let few = contrasts("drawn", rows, &["--figures", folder, "--contribution", "none"]).json();
    assert_eq!(few["figures"].as_array().unwrap().len(), 3);
    contrasts("drawn", rows, &["--contribution", "none", "--study-shares"]).refused(2, &["--study-shares"]);
}

#[test]
fn multilevel_inputs_that_go_wrong() {
    let good = "id,study,x,z,y,v\n1,a,1,2,0.1,0.1\n2,a,2,4,0.4,0.1\n3,b,3,6,0.2,0.1\n4,b,4,8,0.9,0.1\n5,c,5,10,0.3,0.2\n";
    multilevel("collinear", good, &["--random", "study", "--mods", "x,z"])
        .refused(1, &["'z'", "combination", "of x"]);
    multilevel(
        "singular",
        good,
        &[
            "--random",
            "study",
            "--cluster",
            "study",
            "--rho",
            "-0.999999999999999999",
        ],
    )
    .refused(2, &["between -1 and 1"]);
    let zero = good.replace("0.9,0.1", "0.9,0");
    multilevel("variance", &zero, &["--random", "study"]).refused(1, &["nasty-ml-variance.csv", "line 5"]);
    let negative = good.replace("0.9,0.1", "0.9,-0.1");
    multilevel("below", &negative, &["--random", "study"]).refused(1, &["line 5"]);
    // clusters of one effect each
    let singles = multilevel(
        "singles",
        good,
        &["--random", "id", "--robust", "CR2", "--cluster", "id"],
    )
    .json();
    assert_eq!(singles["robust"]["clusters"], 5);
    assert!(singles["robust"]["coefficients"][0]["df"].as_f64().unwrap() > 1.0);
    // rows that stand twice are two effects, and no information is made of a singular V
    let twice = multilevel(
        "twice",
        &format!("{good}5,c,5,10,0.3,0.2\n"),
        &["--random", "study/id"],
    )
    .json();
    assert_eq!(twice["k"], 6);
    let v = table("nasty-v.csv", "0.1,0.1\n0.1,0.1\n");
    let two = "study,y,v\na,1,0.1\na,1,0.1\n";
    multilevel("v", two, &["--random", "study", "--vcov", &v]).refused(1, &["not positive definite"]);
    // no spread at all
    let flat = "study,id,y,v\na,1,1,0.1\na,2,1,0.1\nb,3,1,0.1\nb,4,1,0.1\nc,5,1,0.1\n";
    let run = multilevel(
        "flat",
        flat,
        &[
            "--random",
            "study/id",
            "--robust",
            "CR2",
            "--predict",
            "--lrt",
            "--influence",
        ],
    );
    let run = run.json();
    assert_eq!(run["sigma2"][0]["value"], 0.0);
    assert!(run["robust"]["coefficients"][0]["se"].as_f64().unwrap().abs() < CLOSED);
    // a level that stands once, with a mean and a variance of its own
    let once =
        "study,arm,y,v\n1,a,0.1,0.1\n2,a,0.9,0.1\n3,a,0.2,0.1\n4,b,0.5,0.1\n5,b,1.9,0.1\n6,c,0.4,0.1\n";
    let words = [
        "--inner",
        "arm",
        "--outer",
        "study",
        "--struct",
        "DIAG",
        "--mods",
        "arm",
        "--no-intercept",
    ];
    let run = multilevel("once", once, &words).json();
    let said = run["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["code"] == "not_identified")
        .unwrap();
    assert!(
        said["message"].as_str().unwrap().contains("the variance of 'c'"),
        "{said}"
    );
    assert!(!said["message"].as_str().unwrap().contains("'b'"), "{said}");
}
