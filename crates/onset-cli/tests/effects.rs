//! Transcripts of `onset effects`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod transcript;

use serde_json::{Value, json};
use transcript::{onset, oracle, oracle_path, relative, table};

/// Closed forms against 15 printed digits.
const CLOSED_FORM: f64 = 1e-11;

#[test]
fn effects_of_every_data_set_meet_the_reference() {
    let names = [
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
    let (mut cases, mut worst) = (0, 0.0_f64);
    for name in names {
        let reference = oracle(&format!("{name}.json"));
        let file = oracle_path("data").join(reference["dataset"].as_str().unwrap());
        for case in reference["cases"].as_array().unwrap() {
            let measure = case["measure"].as_str().unwrap();
            let mut arguments = vec!["effects".to_owned(), file.to_str().unwrap().to_owned()];
            for (flag, header) in case["columns"].as_object().unwrap() {
                arguments.extend([format!("--{flag}"), header.as_str().unwrap().to_owned()]);
            }
            arguments.extend(["--measure", measure, "--format", "json"].map(str::to_owned));
            let answer = onset(&arguments).json();
            assert_eq!(answer["measure"], measure);
            let entries = answer["effects"].as_array().unwrap();
            let (yi, vi) = (&case["effects"]["yi"], &case["effects"]["vi"]);
            assert_eq!(entries.len(), yi.as_array().unwrap().len());
            for (row, entry) in entries.iter().enumerate() {
                assert_eq!(entry["label"], (row + 1).to_string());
                worst = worst
                    .max(relative(&entry["yi"], &yi[row]))
                    .max(relative(&entry["vi"], &vi[row]));
            }
            cases += 1;
        }
    }
    println!("{cases} cases, worst relative error {worst:.1e}");
    assert_eq!(cases, 41);
    assert!(worst < CLOSED_FORM, "{worst:e}");
}

#[test]
fn a_missing_cell_keeps_its_entry_and_is_named() {
    let file = table(
        "missing.csv",
        "study,e1,n1,e2,n2\nA,1,10,2,10\nB,NA,10,3,10\nC,4,10,,10\n",
    );
    let run = onset(&[
        "effects",
        &file,
        "--measure",
        "OR",
        "--ai",
        "e1",
        "--n1i",
        "n1",
        "--ci",
        "e2",
        "--n2i",
        "n2",
        "--slab",
        "study",
        "--format",
        "json",
    ]);
    let answer = run.json();
    assert_eq!(run.stderr, "");
    assert_eq!(
        answer["effects"][1],
        json!({"label": "B", "yi": null, "vi": null})
    );
    assert_eq!(answer["effects"].as_array().unwrap().len(), 3);
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2);
    assert_eq!(
        (&warnings[0]["code"], &warnings[0]["study"]),
        (&json!("missing_value"), &json!("B"))
    );
    assert_eq!(warnings[0]["severity"], "warning");
    assert!(warnings[1]["message"].as_str().unwrap().contains("e2"));
}

#[test]
fn impossible_numbers_name_file_line_study_and_rule() {
    let file = table("events.csv", "study,e1,n1,e2,n2\nA,1,10,2,10\nB,14,10,3,10\n");
    let run = onset(&[
        "effects",
        &file,
        "--measure",
        "RR",
        "--ai",
        "e1",
        "--n1i",
        "n1",
        "--ci",
        "e2",
        "--n2i",
        "n2",
        "--slab",
        "study",
    ]);
    run.refused(
        1,
        &[
            "events.csv, line 3, study 'B', column 'e1'",
            "14 events among 10 people",
            "Hint",
        ],
    );
    let file = table("sd.csv", "m,s,n,m2,s2,n2\n1,-2,10,1,2,10\n");
    let run = onset(&[
        "effects",
        &file,
        "--measure",
        "SMD",
        "--m1i",
        "m",
        "--sd1i",
        "s",
        "--n1i",
        "n",
        "--m2i",
        "m2",
        "--sd2i",
        "s2",
        "--n2i",
        "n2",
    ]);
    run.refused(1, &["sd.csv, line 2", "column 's'", "negative"]);
}

#[test]
fn text_and_infinities_are_refused_where_a_number_belongs() {
    for (name, cell, word) in [
        ("text.csv", "abc", "not a number"),
        ("nan.csv", "NaN", "NA"),
        ("inf.csv", "inf", "infinite"),
        ("comma.csv", "\"1,5\"", "decimal point"),
    ] {
        let file = table(name, format!("yi,vi\n0.1,0.2\n{cell},0.2\n"));
        onset(&["effects", &file, "--yi", "yi", "--vi", "vi"]).refused(1, &[name, "line 3", "'yi'", word]);
    }
    let file = table("huge.csv", "yi,sei\n1e308,0.5\n0.1,1e200\n");
    onset(&["effects", &file, "--yi", "yi", "--sei", "sei"]).refused(1, &["line 3", "beyond the range"]);
    let file = table("zero.csv", "yi,vi\n0.1,0.2\n0.1,0\n");
    onset(&["effects", &file, "--yi", "yi", "--vi", "vi"]).refused(1, &["line 3", "'vi'", "above 0"]);
    let file = table("large.csv", "m,s,n\n1e308,1,5\n");
    let run = onset(&[
        "effects",
        &file,
        "--measure",
        "MN",
        "--mi",
        "m",
        "--sdi",
        "s",
        "--ni",
        "n",
        "--format",
        "json",
    ]);
    assert_eq!(run.json()["effects"][0]["yi"], 1e308);
}

#[test]
fn broken_tables_are_refused() {
    let effects = |file: &str| onset(&["effects", file, "--yi", "yi", "--vi", "vi"]);
    effects("nowhere.csv").refused(1, &["nowhere.csv", "no such file"]);
    effects(env!("CARGO_MANIFEST_DIR")).refused(1, &["folder"]);
    effects(&table("empty.csv", "")).refused(1, &["empty.csv", "empty"]);
    effects(&table("header.csv", "yi,vi\n")).refused(1, &["no rows"]);
    effects(&table("ragged.csv", "yi,vi\n1,2\n1\n")).refused(1, &["line 3", "1 cell", "2 cells"]);
    effects(&table("latin.csv", b"yi,vi\n1,2\n\xE9,2\n")).refused(1, &["line 3", "UTF-8"]);
    effects(&table("twice.csv", "yi,vi,yi\n1,2,3\n")).refused(1, &["'yi'", "same name"]);
    effects(&table("quote.csv", "yi,vi\n1,\"2\n")).refused(1, &["line 2", "never closed"]);
    effects(&table("column.csv", "y,vi\n1,2\n")).refused(1, &["no column 'yi'", "y, vi", "did you mean"]);
    effects(&table("long.csv", vec![b'7'; 3 << 20])).refused(1, &["line 1", "longer"]);
}

#[test]
fn bad_use_is_status_two() {
    let file = table("use.csv", "yi,vi,a\n0.1,0.2,3\n");
    onset(&["effects", &file]).refused(2, &["--yi", "--measure"]);
    onset(&["effects", &file, "--yi", "yi"]).refused(2, &["--vi", "--sei"]);
    onset(&["effects", &file, "--measure", "XYZ", "--ai", "a"]).refused(2, &["XYZ", "allowed", "SMD"]);
    onset(&["effects", &file, "--measure", "OR", "--ai", "a"]).refused(2, &["--bi or --n1i"]);
    onset(&["effects", &file, "--measure", "OR", "--m1i", "a"]).refused(2, &["no use for --m1i"]);
    onset(&["effects", &file, "--yi", "yi", "--vi", "vi", "--ai", "a"]).refused(2, &["--ai"]);
    onset(&[
        "effects",
        &file,
        "--measure",
        "ZCOR",
        "--ri",
        "yi",
        "--ni",
        "a",
        "--vtype",
        "UB",
    ])
    .refused(2, &["no variance variant UB"]);
    onset(&["nonsense"]).refused(2, &["nonsense"]);
}

#[test]
fn the_three_formats_agree() {
    let file = table("labels.csv", "study,yi,vi\n\"=SUM(A1)\",-0.1,0.3\nB,,0.2\n");
    let all = |format: &str| {
        onset(&[
            "effects", &file, "--format", format, "--yi", "yi", "--vi", "vi", "--slab", "study",
        ])
    };
    let csv = all("csv");
    assert_eq!(
        (csv.status, csv.stdout.as_str()),
        (0, "label,yi,vi\n'=SUM(A1),-0.1,0.3\nB,,\n")
    );
    assert!(
        csv.stderr.starts_with("warning: labels.csv, line 3, study 'B': "),
        "{}",
        csv.stderr
    );
    let text = all("table").stdout;
    assert!(text.contains("=SUM(A1)") && text.contains("-0.1000"), "{text}");
    assert_eq!(
        all("json").json()["effects"][0],
        json!({"label": "=SUM(A1)", "yi": -0.1, "vi": 0.3})
    );
    // The format may also stand before the command.
    let before = onset(&["--format", "json", "effects", &file, "--yi", "yi", "--vi", "vi"]);
    assert_eq!(before.json()["measure"], Value::from("GEN"));
}

#[test]
fn zero_cells_and_variance_variants_are_flags() {
    let file = table("zero_cells.csv", "a,n1,c,n2\n0,10,2,10\n0,10,0,10\n");
    let all = |more: &[&str]| {
        let mut arguments = vec![
            "effects",
            &file,
            "--measure",
            "OR",
            "--ai",
            "a",
            "--n1i",
            "n1",
            "--ci",
            "c",
            "--n2i",
            "n2",
        ];
        arguments.extend(["--format", "json"]);
        arguments.extend(more);
        onset(&arguments).json()
    };
    let y = (0.5_f64 / 10.5).ln() - (2.5_f64 / 8.5).ln();
    assert!((all(&[])["effects"][0]["yi"].as_f64().unwrap() - y).abs() < 1e-14);
    assert_eq!(all(&[])["effects"][1]["yi"], 0.0);
    assert_eq!(all(&["--drop00"])["effects"][1]["yi"], Value::Null);
    let none = all(&["--to", "none"]);
    assert_eq!(none["effects"][0]["vi"], Value::Null);
    assert_eq!(none["warnings"][0]["code"], "undefined_effect");
}

#[test]
fn version_and_help_answer() {
    assert_eq!(
        onset(&["--version"]).stdout,
        format!("onset {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = onset(&["effects", "--help"]);
    assert_eq!(help.status, 0);
    for flag in ["--yi", "--measure", "--sd2i", "--vtype", "--drop00", "--format"] {
        assert!(help.stdout.contains(flag), "{flag}");
    }
}

/// Bivariate normal probabilities of the reference are found by a search that stops at 1e-4.
const TETRACHORIC: f64 = 1e-3;
/// Closed forms that pass through gamma functions or quantiles in both programs.
const THROUGH_SPECIAL_FUNCTIONS: f64 = 1e-9;

#[test]
fn every_measure_meets_the_reference() {
    let reference = oracle("measures.json");
    let file = std::env::temp_dir().join(format!("onset-measures-{}.csv", std::process::id()));
    let (mut cases, mut refused) = (0, Vec::new());
    for case in reference["cases"].as_array().unwrap() {
        let measure = case["measure"].as_str().unwrap();
        let inputs = case["inputs"].as_object().unwrap();
        let headers: Vec<&str> = inputs.keys().map(String::as_str).collect();
        let mut text = headers.join(",");
        for row in 0..case["yi"].as_array().unwrap().len() {
            let cells: Vec<String> = inputs.values().map(|column| column[row].to_string()).collect();
            text += &format!("\n{}", cells.join(","));
        }
        std::fs::write(&file, text.replace("null", "NA") + "\n").unwrap();
        let mut words = vec!["effects".to_owned(), file.to_str().unwrap().to_owned()];
        words.extend(["--measure", measure, "--format", "json"].map(str::to_owned));
        for header in headers {
            words.extend([format!("--{header}"), header.to_owned()]);
        }
        for flag in ["vtype", "add", "to"] {
            match &case[flag] {
                Value::Null => {}
                Value::String(word) => words.extend([format!("--{flag}"), word.clone()]),
                number => words.extend([format!("--{flag}"), number.to_string()]),
            }
        }
        let answer = onset(&words);
        cases += 1;
        if matches!(measure, "R2F" | "ZR2F") {
            // no published formula gives their variances: not offered
            refused.push((measure, answer.status));
            continue;
        }
        let answer = answer.json();
        let allowed = match measure {
            "RTET" | "ZTET" => TETRACHORIC,
            _ => THROUGH_SPECIAL_FUNCTIONS,
        };
        for (row, entry) in answer["effects"].as_array().unwrap().iter().enumerate() {
            for key in ["yi", "vi"] {
                let (ours, theirs) = (&entry[key], &case[key][row]);
                assert_eq!(ours.is_null(), theirs.is_null(), "{measure} row {row} {key}");
                if let (Some(ours), Some(theirs)) = (ours.as_f64(), theirs.as_f64()) {
                    let error = (ours - theirs).abs() / theirs.abs().max(1.0);
                    assert!(error < allowed, "{measure} row {row} {key}: {ours} {theirs}");
                }
            }
        }
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(cases, 97);
    assert_eq!(refused.len(), 2);
}
