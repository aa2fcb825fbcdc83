//! Transcripts of `onset pool`.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod transcript;

use serde_json::{Value, json};
use transcript::{Transcript, onset, oracle, oracle_path, relative, table};

const DATA_SETS: [&str; 14] = [
    "bangertdrowns2004",
    "bcg",
    "dorn2007",
    "egger2001",
    "furukawa2003",
    "hackshaw1998",
    "hart1999",
    "linde2005",
    "mcdaniel1994",
    "nielweise2007",
    "nielweise2008",
    "normand1999",
    "pritz1997",
    "raudenbush1985",
];
/// From raw counts through the command line: the looser of closed forms and iterations.
const ITERATIVE: f64 = 1e-8;
/// The reference's tau2 is that of a search which stops at a change of 1e-5; standard errors follow it.
const STOPPED_EARLY: f64 = 1e-6;
/// With the intercept at year 0 the reference keeps nine digits of the coefficients.
const YEARS_UNCENTRED: f64 = 2e-8;

fn run(words: &[&str]) -> Transcript {
    onset(words)
}

/// The data file, measure and columns of a case as arguments.
fn source(name: &str, case: &Value) -> Vec<String> {
    let mut words = vec![
        "pool".to_owned(),
        oracle_path("data")
            .join(format!("{name}.csv"))
            .to_str()
            .unwrap()
            .to_owned(),
        "--format".to_owned(),
        "json".to_owned(),
    ];
    for (flag, header) in case["columns"].as_object().unwrap() {
        words.extend([format!("--{flag}"), header.as_str().unwrap().to_owned()]);
    }
    words.extend([
        "--measure".to_owned(),
        case["measure"].as_str().unwrap().to_owned(),
    ]);
    words
}

fn with(words: &[String], more: &[&str]) -> Value {
    let mut words = words.to_vec();
    words.extend(more.iter().map(|w| (*w).to_owned()));
    onset(&words).json()
}

/// Relative error, absolute below `scale`.
fn error(ours: &Value, reference: &Value, scale: f64) -> f64 {
    let (a, b) = (ours.as_f64().unwrap(), reference.as_f64().unwrap());
    (a - b).abs() / b.abs().max(scale)
}

#[test]
fn every_data_set_meets_the_reference() {
    let (mut worst, mut count) = (0.0f64, 0);
    for name in DATA_SETS {
        for case in oracle(&format!("{name}.json"))["cases"].as_array().unwrap() {
            let words = source(name, case);
            for (method, test) in [("FE", "z"), ("DL", "z"), ("REML", "knha"), ("PM", "adhoc")] {
                let fits = case["fits"].as_array().unwrap();
                let fit = fits
                    .iter()
                    .find(|f| f["method"] == method && f["test"] == test)
                    .unwrap();
                let e = &fit["expect"];
                let ours = with(&words, &["--method", method, "--test", test]);
                assert_eq!((&ours["k"], &ours["test"]), (&e["k"], &json!(test)));
                let c = &ours["coefficients"][0];
                assert_eq!(c["name"], "intercept");
                let se = e["se"].as_f64().unwrap();
                let pairs = [
                    (&c["estimate"], &e["beta"], se),
                    (&c["se"], &e["se"], 0.0),
                    (&c["ci_lower"], &e["ci_lb"], se),
                    (&c["ci_upper"], &e["ci_ub"], se),
                    (&ours["tau2"], &e["tau2"], se * se),
                    (&ours["i2"], &e["I2"], 1.0),
                    (&ours["q"]["value"], &e["QE"], 1.0),
                ];
                for (a, b, scale) in pairs {
                    worst = worst.max(error(a, b, scale));
                    count += 1;
                }
                if method == "FE" {
                    assert_eq!(
                        (&ours["tau2_ci"], &ours["prediction"]),
                        (&Value::Null, &Value::Null)
                    );
                }
            }
            let ours = with(&words, &["--test", "z", "--predict-type", "S"]);
            if let Some(ci) = case.get("tau2_ci_qp") {
                worst = worst.max(error(&ours["tau2_ci"]["upper"], &ci["ub"], 0.0));
            }
            let studies = ours["studies"].as_array().unwrap();
            let sum: f64 = studies.iter().map(|s| s["weight"].as_f64().unwrap()).sum();
            assert!((sum - 100.0).abs() < 1e-9);
        }
    }
    println!("{count} numbers, worst {worst:.1e}");
    assert_eq!(count, 41 * 4 * 7);
    assert!(worst < ITERATIVE, "{worst:e}");
}

#[test]
fn tables_and_regressions_meet_the_reference() {
    let (mut worst, mut count) = (0.0f64, 0);
    for name in DATA_SETS {
        for case in oracle(&format!("{name}.json"))["cases"].as_array().unwrap() {
            let words = source(name, case);
            for (method, key) in [("MH", "mantel_haenszel"), ("PETO", "peto")] {
                let e = &case[key];
                if e.is_object() {
                    let ours = with(&words, &["--method", method]);
                    assert_eq!((&ours["method"], &ours["k"]), (&json!(method), &case["n"]));
                    worst = worst.max(error(&ours["coefficients"][0]["estimate"], &e["estimate"], 0.0));
                    worst = worst.max(error(&ours["coefficients"][0]["se"], &e["se"], 0.0));
                    count += 1;
                }
            }
            for regression in case["regressions"].as_array().into_iter().flatten() {
                let mods = match &regression["mods"] {
                    Value::String(one) => one.clone(),
                    more => more
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|m| m.as_str().unwrap())
                        .collect::<Vec<_>>()
                        .join(","),
                };
                let (method, test) = (
                    regression["method"].as_str().unwrap(),
                    regression["test"].as_str().unwrap(),
                );
                if !(method == "REML" && test == "knha") {
                    continue;
                }
                let ours = with(&words, &["--mods", &mods, "--method", method, "--test", test]);
                let e = &regression["expect"];
                for (i, c) in ours["coefficients"].as_array().unwrap().iter().enumerate() {
                    worst = worst.max(error(&c["estimate"], &e["beta"][i], e["se"][i].as_f64().unwrap()));
                    worst = worst.max(error(&c["se"], &e["se"][i], 0.0));
                }
                assert_eq!(ours["q_moderators"]["df2"].as_f64(), e["dfs"].as_f64());
                worst = worst.max(error(&ours["q_moderators"]["value"], &e["QM"], 1.0));
                worst = worst.max(error(&ours["r2"], &e["R2"], 1.0));
                count += 1;
            }
        }
    }
    println!("{count} fits, worst {worst:.1e}");
    assert_eq!(count, 13 + 4 + 26);
    assert!(worst < YEARS_UNCENTRED, "{worst:e}");
}

const SMALL: &str = "study,yi,vi,dose,route\n\
    A,0.10,0.02,1,oral\nB,0.40,0.03,2,iv\nC,NA,0.02,3,iv\nD,0.90,0.04,4,oral\nE,0.55,0.05,,iv\n\
    F,0.30,0.02,2,oral\nG,1.20,0.06,5,iv\nH,0.70,0.03,3,oral\n";

#[test]
fn a_missing_row_keeps_its_entry() {
    let file = table("pool_missing.csv", SMALL);
    let ours = run(&[
        "pool", &file, "--yi", "yi", "--vi", "vi", "--slab", "study", "--format", "json",
    ])
    .json();
    assert_eq!(ours["k"], 7);
    let studies = ours["studies"].as_array().unwrap();
    assert_eq!(studies.len(), 8);
    assert_eq!(
        (&studies[2]["label"], &studies[2]["yi"], &studies[2]["weight"]),
        (&json!("C"), &Value::Null, &Value::Null)
    );
    let warning = &ours["warnings"][0];
    assert_eq!(
        (&warning["code"], &warning["study"]),
        (&json!("missing_value"), &json!("C"))
    );
    // the default rule chose Hartung-Knapp and set Wald's interval beside it
    assert_eq!(
        (&ours["test"], &ours["beside"][0]["test"]),
        (&json!("knha"), &json!("z"))
    );
    assert_eq!(ours["coefficients"][0]["df"], 6.0);
    assert_eq!(ours["prediction"]["type"], "HK");
}

#[test]
fn moderators_make_their_own_columns() {
    let file = table("pool_mods.csv", SMALL);
    let base = [
        "pool",
        file.as_str(),
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--slab",
        "study",
        "--format",
        "json",
        "--mods",
    ];
    let fit = |mods: &[&str]| {
        let mut words = base.to_vec();
        words.extend(mods);
        onset(&words).json()
    };
    let names = |v: &Value| -> Vec<String> {
        v["coefficients"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let ours = fit(&["dose,route"]);
    assert_eq!(names(&ours), ["intercept", "dose", "routeoral"]);
    assert_eq!(ours["k"], 6);
    let missing: Vec<&Value> = ours["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["study"])
        .collect();
    assert_eq!(missing[..2], [&json!("C"), &json!("E")]);
    assert_eq!(
        names(&fit(&["route", "--no-intercept"])),
        ["routeiv", "routeoral"]
    );
    assert_eq!(names(&fit(&["dose,route,dose:route"]))[3], "dose:routeoral");
    let wrong = [&base[..], &["dosis"]].concat();
    run(&wrong).refused(1, &["dosis", "dose"]);
    let twice = [&base[..], &["dose,dose:dose"]].concat();
    run(&twice).refused(1, &["combination"]);
}

#[test]
fn subgroups_stand_beside_the_whole() {
    let file = table("pool_subgroups.csv", SMALL);
    let base = [
        "pool",
        &file,
        "--yi",
        "yi",
        "--vi",
        "vi",
        "--format",
        "json",
        "--subgroup",
        "route",
    ];
    let own = onset(&base).json();
    let levels: Vec<&Value> = own["subgroups"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| &g["level"])
        .collect();
    assert_eq!(levels, [&json!("iv"), &json!("oral")]);
    assert_eq!(
        (&own["k"], &own["subgroups"]["common_tau2"]),
        (&json!(7), &json!(false))
    );
    let common = onset(&[&base[..], &["--common-tau2"]].concat()).json();
    let groups = &common["subgroups"]["groups"];
    assert_eq!(groups[0]["tau2"], groups[1]["tau2"]);
    assert!(own["subgroups"]["between"]["p"].is_number());
    assert!(
        relative(
            &own["coefficients"][0]["estimate"],
            &common["coefficients"][0]["estimate"]
        ) == 0.0
    );
}

#[test]
fn location_scale_from_the_command_line() {
    let file = oracle_path("data").join("bangertdrowns2004_ls.csv");
    let file = file.to_str().unwrap();
    let words = [
        "pool", file, "--yi", "yi", "--vi", "vi", "--mods", "meta", "--scale", "meta", "--format", "json",
    ];
    let ours = onset(&words).json();
    let e = &oracle("dependent_bangertdrowns2004_ls.json")["cases"][0]["expect"];
    assert_eq!(ours["k"], 46);
    for i in 0..2 {
        assert!(relative(&ours["coefficients"][i]["estimate"], &e["beta"][i]) < ITERATIVE);
        assert!(relative(&ours["scale"][i]["se"], &e["se_alpha"][i]) < ITERATIVE);
    }
    assert!(relative(&ours["fit"]["loglik"], &e["logLik"]) < 1e-12);
}

#[test]
fn ratios_come_transformed() {
    let file = oracle_path("data").join("bcg.csv");
    let counts = [
        "--ai", "tpos", "--bi", "tneg", "--ci", "cpos", "--di", "cneg", "--format", "json",
    ];
    let words = [&["pool", file.to_str().unwrap(), "--measure", "RR"][..], &counts].concat();
    let ours = onset(&words).json();
    let c = &ours["coefficients"][0];
    let exp = c["estimate"].as_f64().unwrap().exp();
    assert!(relative(&c["transformed"]["estimate"], &json!(exp)) < 1e-15);
    assert!(ours["prediction"]["transformed"]["upper"].as_f64().unwrap() > 1.0);
    let common = onset(&[&words[..], &["--model", "common"]].concat()).json();
    assert_eq!((&common["method"], &common["test"]), (&json!("FE"), &json!("z")));
}

#[test]
fn bad_use_and_bad_data_are_told_apart() {
    let file = table("pool_bad.csv", SMALL);
    let base = ["pool", file.as_str(), "--yi", "yi", "--vi", "vi"];
    let refused = |more: &[&str], status: i32, words: &[&str]| {
        run(&[&base[..], more].concat()).refused(status, words);
    };
    refused(&["--method", "XX"], 2, &["XX", "REML", "DL", "MH", "PETO"]);
    refused(&["--method", "GLMM"], 2, &["GLMM needs --measure"]);
    refused(&["--model", "common", "--method", "DL"], 2, &["common", "DL"]);
    refused(&["--method", "DL", "--tau2-ci", "PL"], 2, &["ML or REML"]);
    refused(&["--method", "MH"], 2, &["MH needs"]);
    refused(&["--level", "95"], 2, &["between 0 and 1"]);
    refused(&["--test", "wald"], 2, &["knha"]);
    let empty = table("pool_empty.csv", "yi,vi\nNA,1\n");
    run(&["pool", &empty, "--yi", "yi", "--vi", "vi"]).refused(1, &["0 studies"]);
}

#[test]
fn one_and_two_studies_have_an_answer() {
    let one = table("pool_one.csv", "yi,vi\n0.3,0.04\n");
    let ours = run(&[
        "pool", &one, "--yi", "yi", "--vi", "vi", "--format", "json", "--test", "knha",
    ])
    .json();
    assert_eq!(
        (&ours["k"], &ours["coefficients"][0]["estimate"], &ours["test"]),
        (&json!(1), &json!(0.3), &json!("z"))
    );
    let two = table("pool_two.csv", "yi,vi\n0.3,0.04\n0.9,0.04\n");
    let ours = run(&["pool", &two, "--yi", "yi", "--vi", "vi", "--format", "json"]).json();
    assert_eq!((&ours["k"], &ours["test"]), (&json!(2), &json!("z")));
    let ours = run(&[
        "pool", &two, "--yi", "yi", "--vi", "vi", "--format", "json", "--test", "knha",
    ])
    .json();
    assert_eq!(ours["coefficients"][0]["df"], 1.0);
}

#[test]
fn mantel_haenszel_and_peto_take_subgroups() {
    let file = std::env::temp_dir().join(format!("onset-strata-{}.csv", std::process::id()));
    let rows = "a,n1,c,n2,g\n4,20,9,21,x\n7,30,12,28,y\n3,25,8,26,x\n11,40,10,41,y\n2,18,6,19,NA\n";
    std::fs::write(&file, rows).unwrap();
    let path = file.to_str().unwrap();
    let call = |method: &str, more: &[&str]| {
        let mut words = vec![
            "pool",
            path,
            "--measure",
            "OR",
            "--ai",
            "a",
            "--n1i",
            "n1",
            "--ci",
            "c",
        ];
        words.extend(["--n2i", "n2", "--method", method, "--format", "json"]);
        words.extend(more);
        run(&words).json()
    };
    for method in ["MH", "PETO"] {
        let whole = call(method, &["--subgroup", "g"]);
        assert_eq!(whole["k"], 4, "the row without a level leaves the fit");
        assert_eq!(whole["warnings"][0]["code"], "missing_value");
        assert_eq!(whole["studies"].as_array().unwrap().len(), 5);
        let groups = whole["subgroups"]["groups"].as_array().unwrap();
        assert_eq!((groups.len(), &groups[0]["level"]), (2, &Value::from("x")));
        // two groups: Q is the squared z of the difference
        let of = |i: usize, key: &str| groups[i][key].as_f64().unwrap();
        let z = (of(0, "estimate") - of(1, "estimate")) / of(0, "se").hypot(of(1, "se"));
        let between = whole["subgroups"]["between"]["value"].as_f64().unwrap();
        assert!((between - z * z).abs() < 1e-12, "{between} {z}");
    }
    // by hand: sum(a d / N) / sum(b c / N) of the two studies of x
    let odds = (4.0 * 12.0 / 41.0 + 3.0 * 18.0 / 51.0) / (16.0 * 9.0 / 41.0 + 22.0 * 8.0 / 51.0);
    let found = call("MH", &["--subgroup", "g"]);
    let log = found["subgroups"]["groups"][0]["estimate"].as_f64().unwrap();
    assert!((log - f64::ln(odds)).abs() < 1e-12, "{log}");
    std::fs::remove_file(&file).unwrap();
}

/// The BCG trials as log risk ratios.
fn bcg(more: &[&str]) -> Transcript {
    let file = oracle_path("data").join("bcg.csv");
    let mut words = vec![
        "pool",
        file.to_str().unwrap(),
        "--measure",
        "RR",
        "--format",
        "json",
    ];
    words.extend(["--ai", "tpos", "--bi", "tneg", "--ci", "cpos", "--di", "cneg"]);
    words.extend(more);
    run(&words)
}

#[test]
fn flags_that_a_method_cannot_obey_are_refused() {
    for (words, reason) in [
        (&["--method", "MH", "--test", "knha"][..], "--test z"),
        (&["--method", "MH", "--tau2-ci", "QP"][..], "--tau2-ci"),
        (&["--method", "MH", "--predict-type", "V"][..], "--predict-type"),
        (&["--method", "MH", "--threshold", "0"][..], "--threshold"),
        (&["--method", "MH", "--model", "random"][..], "--model random"),
        (
            &["--method", "MH", "--subgroup", "alloc", "--common-tau2"][..],
            "--common-tau2",
        ),
        (&["--method", "BB", "--tau2-ci", "PL"][..], "--tau2-ci"),
        (&["--method", "BB", "--model", "common"][..], "--model common"),
        (&["--mh-add"][..], "--method MH"),
        (&["--mods", "ablat", "--threshold", "0"][..], "--threshold"),
        (&["--mods", "ablat", "--predict-type", "NNF"][..], "NNF"),
        (&["--scale", "ablat", "--tau2-ci", "QP"][..], "--tau2-ci"),
        (&["--compat", "revman5", "--test", "knha"][..], "--test"),
    ] {
        let found = bcg(words);
        assert_eq!((found.status, found.stdout.as_str()), (2, ""), "{words:?}");
        assert!(found.stderr.contains(reason), "{words:?}: {}", found.stderr);
    }
    // obeyed, or harmless
    for words in [
        &["--method", "MH", "--test", "z", "--tau2-ci", "none"][..],
        &["--model", "common", "--test", "knha"][..],
        &["--method", "MH", "--model", "common"][..],
    ] {
        assert_eq!(bcg(words).status, 0, "{words:?}");
    }
    let common = bcg(&["--model", "common", "--tau2-ci", "QP", "--predict-type", "V"]).json();
    let codes: Vec<&Value> = common["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["code"])
        .collect();
    assert_eq!(codes, ["no_tau2", "no_tau2"]);
}

#[test]
fn drop00_leaves_double_zero_studies_out_of_every_method() {
    let file = std::env::temp_dir().join(format!("onset-drop00-{}.csv", std::process::id()));
    std::fs::write(&file, "a,n1,c,n2\n4,20,9,21\n7,30,12,28\n3,25,8,26\n0,50,0,60\n").unwrap();
    let k = |measure: &str, method: &str, more: &[&str]| {
        let mut words = vec![
            "pool",
            file.to_str().unwrap(),
            "--measure",
            measure,
            "--method",
            method,
        ];
        words.extend([
            "--ai", "a", "--n1i", "n1", "--ci", "c", "--n2i", "n2", "--format", "json",
        ]);
        words.extend(more);
        run(&words).json()
    };
    for (measure, method) in [
        ("OR", "MH"),
        ("RD", "MH"),
        ("OR", "PETO"),
        ("OR", "BB"),
        ("RR", "REML"),
    ] {
        assert_eq!(k(measure, method, &[])["k"], 4, "{measure} {method}");
        let without = k(measure, method, &["--drop00"]);
        assert_eq!(without["k"], 3, "{measure} {method}");
        assert!(without["studies"][3]["weight"].is_null());
        assert_eq!(without["warnings"][0]["code"], "undefined_effect");
    }
    // the risk difference moves, the odds ratio does not
    let mean = |found: Value| found["coefficients"][0]["estimate"].as_f64().unwrap();
    assert!(mean(k("RD", "MH", &[])) > mean(k("RD", "MH", &["--drop00"])));
    assert_eq!(mean(k("OR", "MH", &[])), mean(k("OR", "MH", &["--drop00"])));
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn predicted_values_meet_the_reference() {
    // metafor 3.8.1: predict(rma(yi, vi, mods = ~ ablat)), first row; normal quantiles, or t with k - p df
    let z = [
        -1.029_007_690_505_23,
        0.140_371_174_838_228,
        -1.304_130_137_655_73,
        -0.753_885_243_354_723,
        -1.636_444_864_626_17,
        -0.421_570_516_384_285,
    ];
    let knha = [
        -1.029_007_690_505_23,
        0.159_998_643_839_444,
        -1.381_162_331_230_63,
        -0.676_853_049_779_821,
        -1.731_765_156_834_96,
        -0.326_250_224_175_488,
    ];
    for (test, kind, expected) in [("z", "S", z), ("knha", "HK", knha)] {
        let found = bcg(&["--mods", "ablat", "--test", test, "--predict-type", kind]).json();
        let row = &found["predicted"][0];
        let ours = [
            &row["estimate"],
            &row["se"],
            &row["ci_lower"],
            &row["ci_upper"],
            &row["prediction"]["lower"],
            &row["prediction"]["upper"],
        ];
        for (a, b) in ours.iter().zip(expected) {
            assert!((a.as_f64().unwrap() - b).abs() < ITERATIVE, "{a} {b}");
        }
        assert_eq!(row["prediction"]["type"], kind);
        assert_eq!(found["predicted"].as_array().unwrap().len(), 13);
    }
    let without = bcg(&["--mods", "ablat"]).json();
    assert!(without.get("predicted").is_none());
    assert_eq!(without["prediction"], Value::Null);
}

#[test]
fn other_programs_defaults_are_taken_over() {
    // metafor: z throughout, prediction with normal quantiles
    let (metafor, plain) = (
        bcg(&["--compat", "metafor"]).json(),
        bcg(&["--test", "z", "--predict-type", "S"]).json(),
    );
    assert_eq!(
        (&metafor["test"], &metafor["prediction"]["type"]),
        (&json!("z"), &json!("S"))
    );
    assert_eq!(metafor["coefficients"], plain["coefficients"]);
    assert_eq!(metafor["i2"], plain["i2"]);
    // meta: z, prediction with k - 1 df, I2 from Q; every number of its own run is in meta_intervals.json
    let meta = bcg(&["--compat", "meta"]).json();
    let reference = oracle("meta_intervals.json");
    let cases = reference["cases"].as_array().unwrap();
    let classic = cases
        .iter()
        .find(|c| c["dataset"] == "bcg" && c["ci"] == "classic")
        .unwrap();
    let c = &meta["coefficients"][0];
    for (ours, theirs) in [
        ("estimate", "estimate"),
        ("se", "se"),
        ("ci_lower", "lower"),
        ("ci_upper", "upper"),
    ] {
        assert!(relative(&c[ours], &classic[theirs]) < STOPPED_EARLY, "{ours}");
    }
    let v = cases
        .iter()
        .find(|c| c["dataset"] == "bcg" && c["predict"] == "V")
        .unwrap();
    assert!(relative(&meta["prediction"]["upper"], &v["upper"]) < STOPPED_EARLY);
    let q = meta["q"]["value"].as_f64().unwrap();
    assert!((meta["i2"].as_f64().unwrap() - 100.0 * (q - 12.0) / q).abs() < 1e-12);
    // given flags count
    assert_eq!(
        bcg(&["--compat", "meta", "--test", "knha"]).json()["test"],
        "knha"
    );
    // a common effect of counts is Mantel-Haenszel there
    for program in ["meta", "revman5"] {
        let (fixed, mh) = (
            bcg(&["--compat", program, "--model", "common"]).json(),
            bcg(&["--method", "MH"]).json(),
        );
        assert_eq!(
            (&fixed["method"], &fixed["coefficients"]),
            (&json!("MH"), &mh["coefficients"])
        );
    }
}

#[test]
fn review_manager_takes_q_around_mantel_haenszel() {
    // by hand: Q of the inverse-variance effects around the Mantel-Haenszel estimate
    let found = bcg(&["--compat", "revman5"]).json();
    let mh = bcg(&["--method", "MH"]).json()["coefficients"][0]["estimate"]
        .as_f64()
        .unwrap();
    let studies: Vec<(f64, f64)> = found["studies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["yi"].as_f64().unwrap(), s["vi"].as_f64().unwrap()))
        .collect();
    let q: f64 = studies.iter().map(|(y, v)| (y - mh) * (y - mh) / v).sum();
    let (s1, s2) = studies
        .iter()
        .fold((0.0, 0.0), |(a, b), (_, v)| (a + 1.0 / v, b + 1.0 / (v * v)));
    let tau2 = (q - 12.0) / (s1 - s2 / s1);
    let sum: f64 = studies.iter().map(|(_, v)| 1.0 / (v + tau2)).sum();
    let mean = studies.iter().map(|(y, v)| y / (v + tau2)).sum::<f64>() / sum;
    let close = |ours: &Value, expected: f64| {
        let ours = ours.as_f64().unwrap();
        assert!(
            (ours - expected).abs() < 1e-12 * expected.abs().max(1.0),
            "{ours} {expected}"
        );
    };
    close(&found["q"]["value"], q);
    close(&found["tau2"], tau2);
    close(&found["coefficients"][0]["estimate"], mean);
    close(&found["i2"], 100.0 * (q - 12.0) / q);
    assert_eq!(
        (&found["method"], &found["test"], &found["prediction"]),
        (&json!("DL"), &json!("z"), &Value::Null)
    );
    // subgroups by the same rule
    let groups = bcg(&["--compat", "revman5", "--subgroup", "alloc"]).json();
    assert_eq!(groups["subgroups"]["groups"].as_array().unwrap().len(), 3);
    assert!(groups["subgroups"]["between"]["p"].as_f64().unwrap() < 1.0);
}

#[test]
fn other_means_stand_beside_a_random_effects_mean() {
    let found = bcg(&["--method", "DL"]).json();
    let means = found["other_means"].as_array().unwrap();
    let kinds: Vec<&str> = means.iter().map(|m| m["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ivhet", "henmi_copas", "profile_likelihood"]);
    // common-effect weights keep the common-effect mean; the likelihood's mean is that of ML
    let common = bcg(&["--model", "common"]).json();
    let ml = bcg(&["--method", "ML"]).json();
    let first = |answer: &Value| answer["coefficients"][0]["estimate"].clone();
    assert!(relative(&means[0]["estimate"], &first(&common)) < 1e-12);
    assert!(relative(&means[1]["estimate"], &first(&common)) < 1e-12);
    assert!(relative(&means[2]["estimate"], &first(&ml)) < ITERATIVE);
    // IVhet by hand: se^2 = (S1 + tau2 S2)/S1^2 with tau2 of DL
    let v: Vec<f64> = found["studies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["vi"].as_f64().unwrap())
        .collect();
    let (s1, s2) = v
        .iter()
        .fold((0.0, 0.0), |(a, b), v| (a + 1.0 / v, b + 1.0 / (v * v)));
    let tau2 = found["tau2"].as_f64().unwrap();
    let se = ((s1 + tau2 * s2) / (s1 * s1)).sqrt();
    assert!((means[0]["se"].as_f64().unwrap() - se).abs() < 1e-12);
    // the same Henmi-Copas mean as `onset smallstudy`, and nothing beside a common effect or a regression
    assert!(common.get("other_means").is_none());
    assert!(bcg(&["--mods", "ablat"]).json().get("other_means").is_none());
}

#[test]
fn powers_and_splines_of_a_moderator() {
    let names = |answer: &Value| -> Vec<String> {
        let coefficients = answer["coefficients"].as_array().unwrap();
        coefficients
            .iter()
            .map(|c| c["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let squared = bcg(&["--mods", "poly2(ablat)", "--method", "DL", "--test", "z"]).json();
    assert_eq!(names(&squared), ["intercept", "ablat", "ablat^2"]);
    let curved = bcg(&["--mods", "rcs3(ablat)", "--method", "DL", "--test", "z"]).json();
    assert_eq!(names(&curved), ["intercept", "ablat", "ablat'"]);
    // Q at common-effect weights does not depend on how a space of columns is written
    let plain = bcg(&["--mods", "ablat", "--method", "DL", "--test", "z"]).json();
    let q = |answer: &Value| answer["q"]["value"].as_f64().unwrap();
    assert!(q(&squared) < q(&plain) && q(&curved) < q(&plain));
    bcg(&["--mods", "poly2(alloc)"]).refused(1, &["alloc", "need numbers"]);
    bcg(&["--mods", "poly12(ablat)"]).refused(1, &["poly12(ablat)"]);
    // metafor 3.8 with splines::ns at the same knots: another basis of the same curves, as it prints them
    let four = bcg(&["--mods", "rcs4(ablat)", "--method", "DL", "--test", "z"]).json();
    for (answer, [tau2, qe, qm, loglik]) in [
        (&curved, [0.071109, 27.99107, 18.94888, -7.060093]),
        (&four, [0.08077599, 23.14921, 17.2275, -7.205001]),
    ] {
        let close =
            |ours: &Value, theirs: f64| assert!(relative(ours, &json!(theirs)) < 1e-6, "{ours} {theirs}");
        close(&answer["tau2"], tau2);
        close(&answer["q"]["value"], qe);
        close(&answer["q_moderators"]["value"], qm);
        close(&answer["fit"]["loglik"], loglik);
    }
}
