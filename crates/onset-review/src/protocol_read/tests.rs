use super::*;
use onset_data::RowId;
use onset_data::evidence::{Arm, Cite, Design, Observation, Statistic, Study, Timing};

const SOUND: &str = r#"[review]
title = "Example"
question = "Does it work?"
version = "2001.01"
seed = 1
format = 1
systematic_search = false
headline = { comparison = "drug-v-pill", outcome = "depression", window = "24h" }

[[treatment]]
id = "drug"
label = "Drug"

[[treatment]]
id = "pill"
label = "Pill"
role = "control"
control_type = "inert"

[[outcome]]
id = "depression"
label = "Depression"
kind = "continuous"
direction = "lower is better"
scales = [{ id = "MADRS", range = [0, 60] }]
report_as = { scale = "MADRS", reference_sd = 10, source = "made up" }
important_difference = { value = 2, unit = "MADRS", source = "made up" }

[[outcome]]
id = "response"
label = "Response"
kind = "binary"
direction = "higher is better"
control_risk = { value = 0.2, standard_error = 0.05, source = "made up" }

[[window]]
id = "24h"
label = "24 hours"
from_hours = 12
to_hours = 36
target_hours = 24
evidence = "acute"

[[window]]
id = "day7"
label = "Day 7"
from_hours = 120
to_hours = 216
target_hours = 168
evidence = "acute"

[[comparison]]
id = "drug-v-pill"
label = "Drug v pill"
treatment_label = "drug"
control_label = "pill"
treatment = ["drug"]
control = ["pill"]
outcomes = ["depression", "response"]
windows = ["24h", "day7"]

[model]
effect = { depression = "MD", response = "OR" }
level = 0.95
crossover = { use = "first-period", correlation = 0.5, sensitivity = [0.3] }

[[exclude]]
study = "a1"
reason = "For a reason."

[[recompute]]
id = "them"
measure = "OR"
model = "mantel-haenszel"
entries = [{ treatment = ["observations.csv:2"], control = ["observations.csv:3"] }]
explanation = "As printed."
"#;

/// Line of the first place where `marker` stands.
fn line_of(text: &str, marker: &str) -> u64 {
    let at = text.find(marker).unwrap_or_else(|| panic!("{marker}"));
    1 + text[..at].matches('\n').count() as u64
}

fn refused(from: &str, to: &str) -> (String, Vec<Diagnostic>) {
    assert!(SOUND.contains(from), "{from}");
    let text = SOUND.replacen(from, to, 1);
    let found = Protocol::parse(&text).unwrap_err();
    (text, found)
}

#[test]
fn a_sound_protocol_is_read() {
    let protocol = Protocol::parse(SOUND).unwrap();
    assert_eq!((protocol.treatment.len(), protocol.window.len()), (2, 2));
    assert_eq!(protocol.model.draws, 100_000);
    assert_eq!(
        protocol.outcome[0].important_difference.as_ref().unwrap().value,
        2.0
    );
}

/// from, to, code, where the line is, hint.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const CASES: [Case; 41] = [
    ("format = 1", "format = 2", "unknown_format", "format = 2", None),
    (
        "title = \"Ex",
        "titel = \"Ex",
        "unknown_key",
        "titel",
        Some("did you mean 'title'?"),
    ),
    ("seed = 1", "seed = \"one\"", "wrong_type", "seed", None),
    ("seed = 1", "seed = -1", "wrong_type", "seed", None),
    ("seed = 1\n", "", "missing_key", "[review]", None),
    ("level = 0.95", "level = \"0.95\"", "wrong_type", "level", None),
    ("level = 0.95", "level = 95", "out_of_range", "level", None),
    ("level = 0.95", "level = nan", "out_of_range", "level", None),
    ("seed = 1", "seed = 1 2", "toml_syntax", "seed", None),
    ("seed = 1", "seed = 1\nseed = 2", "toml_syntax", "seed = 2", None),
    (
        "kind = \"continuous\"",
        "kind = \"continous\"",
        "not_in_list",
        "kind",
        Some("did you mean 'continuous'?"),
    ),
    (
        "role = \"control\"",
        "role = \"comparator\"",
        "not_in_list",
        "role",
        None,
    ),
    (
        "id = \"pill\"",
        "id = \"drug\"",
        "duplicate_id",
        "id = \"drug\"\nlabel = \"Pill\"",
        None,
    ),
    (
        "id = \"day7\"",
        "id = \"day/7\"",
        "bad_id",
        "id = \"day/7\"",
        None,
    ),
    (
        "treatment = [\"drug\"]",
        "treatment = [\"drog\"]",
        "unknown_treatment",
        "treatment = [",
        Some("did you mean 'drug'?"),
    ),
    (
        "control = [\"pill\"]",
        "control = [\"drug\"]",
        "same_treatment",
        "control = [",
        None,
    ),
    (
        "treatment = [\"drug\"]",
        "treatment = []",
        "empty_list",
        "treatment = [",
        None,
    ),
    (
        "windows = [\"24h\"",
        "windows = [\"24hr\"",
        "unknown_window",
        "windows = [",
        Some("did you mean '24h'?"),
    ),
    (
        "outcomes = [\"depression\"",
        "outcomes = [\"depresion\"",
        "unknown_outcome",
        "outcomes = [",
        Some("did you mean 'depression'?"),
    ),
    (
        "outcomes = [\"depression\", ",
        "outcomes = [\"depression\", \"depression\", ",
        "listed_twice",
        "outcomes = [",
        None,
    ),
    (
        "comparison = \"drug-v-pill\"",
        "comparison = \"drug-v-pil\"",
        "unknown_comparison",
        "headline",
        Some("did you mean 'drug-v-pill'?"),
    ),
    (
        "window = \"24h\" }",
        "window = \"week\" }",
        "unknown_window",
        "headline",
        None,
    ),
    (
        "target_hours = 24",
        "target_hours = 48",
        "window_bounds",
        "to_hours = 36",
        None,
    ),
    (
        "from_hours = 12",
        "from_hours = 40",
        "window_bounds",
        "target_hours = 24",
        None,
    ),
    (
        "from_hours = 12\n",
        "",
        "window_without_hours",
        "[[window]]",
        None,
    ),
    (
        "from_hours = 12",
        "from_hours = -12",
        "out_of_range",
        "from_hours = -12",
        None,
    ),
    (
        "from_hours = 120",
        "from_hours = 36",
        "windows_overlap",
        "windows = [",
        None,
    ),
    (
        "value = 0.2,",
        "value = 20,",
        "out_of_range",
        "control_risk",
        None,
    ),
    (
        "reference_sd = 10",
        "reference_sd = 0",
        "out_of_range",
        "report_as",
        None,
    ),
    (
        "scale = \"MADRS\", ref",
        "scale = \"MARDS\", ref",
        "unknown_scale",
        "report_as",
        Some("did you mean 'MADRS'?"),
    ),
    (
        "{ value = 2,",
        "{ value = -2,",
        "out_of_range",
        "important_difference",
        None,
    ),
    (
        "unit = \"MADRS\"",
        "unit = \"points\"",
        "unknown_unit",
        "important_difference",
        None,
    ),
    ("range = [0, 60]", "range = [60, 0]", "bad_range", "scales", None),
    (
        "depression = \"MD\"",
        "depression = \"OR\"",
        "measure_does_not_fit",
        "effect",
        None,
    ),
    (
        "response = \"OR\" }",
        "respons = \"OR\" }",
        "unknown_outcome",
        "effect",
        Some("did you mean 'response'?"),
    ),
    (
        "correlation = 0.5",
        "correlation = 1.5",
        "out_of_range",
        "crossover",
        None,
    ),
    ("study = \"a1\"\n", "", "empty_exclude", "[[exclude]]", None),
    (
        "study = \"a1\"\n",
        "arm = \"drug\"\n",
        "arm_without_study",
        "arm = ",
        None,
    ),
    (
        "reason = \"For a reason.\"",
        "reason = \" \"",
        "empty_text",
        "reason",
        None,
    ),
    (
        "[\"observations.csv:2\"]",
        "[\"observations.csv 2\"]",
        "bad_row",
        "entries",
        None,
    ),
    (
        ", control = [\"observations.csv:3\"]",
        "",
        "bad_entry",
        "entries",
        None,
    ),
];

#[test]
fn every_broken_rule_is_told_with_its_line() {
    for (from, to, code, marker, hint) in CASES {
        let (text, found) = refused(from, to);
        let first = found.iter().find(|d| d.code == code);
        let first = first.unwrap_or_else(|| panic!("{to}: {found:?}"));
        assert_eq!(first.file.as_deref(), Some("review.toml"));
        assert_eq!(first.line, Some(line_of(&text, marker)), "{to}: {first}");
        assert!(hint.is_none() || first.hint.as_deref() == hint, "{to}: {first}");
        assert!(code == "toml_syntax" || first.column.is_some(), "{to}: {first}");
    }
}

#[test]
fn unknown_keys_are_told_together() {
    let text = SOUND.replace("title =", "titel =").replace("level =", "levl =");
    let found = Protocol::parse(&text).unwrap_err();
    let told: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|d| (d.code.as_str(), d.column.as_deref()))
        .collect();
    assert_eq!(
        told[..2],
        [("unknown_key", Some("titel")), ("unknown_key", Some("levl"))]
    );
}

#[test]
fn types_are_named_in_plain_words() {
    let (_, found) = refused("seed = 1", "seed = \"one\"");
    assert_eq!(
        found[0].to_string(),
        "review.toml, line 5, key 'review.seed': the value is not of the type of its key. \
         Found '\"one\"'; allowed: a whole number, 0 or more."
    );
}

#[test]
fn course_end_windows_need_no_hours_and_stand_beside_others() {
    let text = SOUND.replace(
        "from_hours = 120\nto_hours = 216\ntarget_hours = 168\nevidence = \"acute\"",
        "evidence = \"course-end\"",
    );
    assert!(Protocol::parse(&text).is_ok());
}

#[test]
fn the_schema_names_every_table() {
    let schema = schema();
    for key in [
        "review",
        "treatment",
        "outcome",
        "window",
        "comparison",
        "model",
        "exclude",
        "doubt",
    ] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], serde_json::json!(false));
}

fn cite() -> Cite {
    Cite {
        source_id: "s".to_owned(),
        locator: "p. 1".to_owned(),
    }
}

fn study() -> Study {
    Study {
        row: RowId::new("studies.csv", 2),
        id: "a1".to_owned(),
        label: "Example A".to_owned(),
        year: None,
        doi: None,
        pmid: None,
        registry: None,
        design: Design::Parallel,
        country: None,
        population: None,
        population_text: None,
        n_randomised: None,
        mean_age: None,
        pct_female: None,
        concomitant: None,
        sponsor: None,
        blinding: None,
        cite: cite(),
        notes: None,
    }
}

fn arm(line: u64, treatment: &str) -> Arm {
    Arm {
        row: RowId::new("arms.csv", line),
        study_id: "a1".to_owned(),
        id: treatment.to_owned(),
        treatment: treatment.to_owned(),
        label: None,
        dose: None,
        dose_unit: None,
        route: None,
        infusion_minutes: None,
        n_doses: None,
        schedule: None,
        n_randomised: None,
        n_treated: None,
        cite: cite(),
        notes: None,
    }
}

fn observation(line: u64, arm: &str, hours: f64) -> Observation {
    Observation {
        row: RowId::new("observations.csv", line),
        study_id: "a1".to_owned(),
        arm_id: arm.to_owned(),
        outcome: "depression".to_owned(),
        scale: Some("MADRS".to_owned()),
        time_hours: Some(hours),
        timing: Timing::Hours,
        statistic: Statistic::Endpoint,
        n: Some(20),
        mean: Some(10.0),
        sd: Some(5.0),
        se: None,
        ci_low: None,
        ci_high: None,
        median: None,
        q1: None,
        q3: None,
        min: None,
        max: None,
        events: None,
        percent: None,
        basis: None,
        set: None,
        period: None,
        cite: cite(),
        notes: None,
    }
}

fn evidence() -> Evidence {
    let observations = [("drug", 24.0), ("pill", 24.0), ("drug", 168.0), ("pill", 168.0)];
    Evidence {
        studies: vec![study()],
        arms: vec![arm(2, "drug"), arm(3, "pill")],
        observations: (2..)
            .zip(observations)
            .map(|(line, (arm, hours))| observation(line, arm, hours))
            .collect(),
        ..Evidence::default()
    }
}

/// Code, and the line in review.toml or the table.
fn codes(text: &str, evidence: &Evidence) -> Vec<(String, Option<u64>)> {
    let protocol = Protocol::parse(text).unwrap();
    let found = check_with_lines(&protocol, evidence, text);
    found.into_iter().map(|d| (d.code, d.line)).collect()
}

/// The protocol without its exclusion, which leaves nothing.
fn without_exclusion() -> String {
    SOUND.replace("[[exclude]]\nstudy = \"a1\"\nreason = \"For a reason.\"\n", "")
}

#[test]
fn protocol_and_tables_fit() {
    let text = without_exclusion();
    let quiet = [(
        "outcome_without_rows".to_owned(),
        Some(line_of(&text, "[[outcome]]\nid = \"response\"")),
    )];
    assert_eq!(codes(&text, &evidence()), quiet);
}

#[test]
fn an_excluded_study_leaves_an_empty_comparison() {
    let found = codes(SOUND, &evidence());
    assert!(
        found.contains(&(
            "empty_comparison".to_owned(),
            Some(line_of(SOUND, "[[comparison]]"))
        )),
        "{found:?}"
    );
}

#[test]
fn what_does_not_fit_is_told_where_it_stands() {
    let text = without_exclusion();
    let told = |change: fn(&mut Evidence)| {
        let mut evidence = evidence();
        change(&mut evidence);
        codes(&text, &evidence)
    };
    let has = |found: &[(String, Option<u64>)], code: &str, line: u64| {
        assert!(
            found.contains(&(code.to_owned(), Some(line))),
            "{code}: {found:?}"
        );
    };
    has(
        &told(|e| e.arms[1].treatment = "pil".to_owned()),
        "unknown_treatment",
        3,
    );
    has(
        &told(|e| e.observations[1].scale = Some("HAMD".to_owned())),
        "unlisted_scale",
        3,
    );
    has(&told(|e| e.observations[1].scale = None), "unlisted_scale", 3);
    has(
        &told(|e| e.observations[0].set = Some("completers".to_owned())),
        "unlisted_set",
        2,
    );
    has(
        &told(|e| e.observations[0].outcome = "sleep".to_owned()),
        "undeclared_outcome",
        2,
    );
    let window = line_of(&text, "windows = [");
    has(&told(|e| e.observations.truncate(3)), "empty_window", window);
    has(
        &told(|e| e.observations[0].time_hours = Some(60.0)),
        "outside_windows",
        line_of(&text, "[[window]]"),
    );
    let entries = line_of(&text, "entries");
    has(&told(|e| e.observations.clear()), "unknown_row", entries);
}

#[test]
fn exclusions_and_doubts_name_what_is_there() {
    let base = without_exclusion();
    for (table, code, marker) in [
        (
            "[[exclude]]\nstudy = \"a2\"\nreason = \"x\"\n",
            "unknown_study",
            "study = \"a2\"",
        ),
        (
            "[[exclude]]\nstudy = \"a1\"\narm = \"drog\"\nreason = \"x\"\n",
            "unknown_arm",
            "arm = ",
        ),
        (
            "[[exclude]]\nrows = [\"observations.csv:9\"]\nreason = \"x\"\n",
            "unknown_row",
            "rows = ",
        ),
        (
            "[[exclude]]\noutcome = \"response\"\nreason = \"x\"\n",
            "idle_exclude",
            "[[exclude]]",
        ),
        (
            "[[doubt]]\nrows = [\"observation.csv:2\"]\ntext = \"x\"\n",
            "unknown_row",
            "rows = ",
        ),
        (
            "[[doubt]]\nstudy = \"b\"\ntext = \"x\"\n",
            "unknown_study",
            "study = \"b\"",
        ),
    ] {
        let text = format!("{base}{table}");
        let found = codes(&text, &evidence());
        assert!(
            found.contains(&(code.to_owned(), Some(line_of(&text, marker)))),
            "{table}: {found:?}"
        );
    }
}
