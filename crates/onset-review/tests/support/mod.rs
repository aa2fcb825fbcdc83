//! Small reviews written as text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use onset_data::Evidence;
use onset_review::answers::{Answers, Pool};
use onset_review::{Protocol, run};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

pub const STUDIES: &str = "study_id,label,year,doi,pmid,registry,design,country,population,population_text,\
n_randomised,mean_age,pct_female,concomitant,sponsor,blinding,source_id,locator,notes\n";
pub const ARMS: &str = "study_id,arm_id,treatment,arm_label,dose,dose_unit,route,infusion_minutes,n_doses,\
schedule,n_randomised,n_treated,source_id,locator,notes\n";
pub const OBSERVATIONS: &str = "study_id,arm_id,outcome,scale,time_hours,timing,statistic,n,mean,sd,se,ci_low,\
ci_high,median,q1,q3,min,max,events,percent,basis,set,period,source_id,locator,notes\n";
pub const CONTRASTS: &str = "study_id,arm1,arm2,outcome,scale,time_hours,timing,measure,estimate,se,ci_low,\
ci_high,level,p_value,n1,n2,adjusted,paired,set,period,source_id,locator,notes\n";

pub const PROTOCOL: &str = r#"
[review]
title = "Small"
question = "Does it work?"
version = "1"
seed = 1
format = 1
systematic_search = false
headline = { comparison = "c", outcome = "depression", window = "24h" }
[[treatment]]
id = "drug"
label = "Drug"
route = "iv"
[[treatment]]
id = "saline"
label = "Saline"
role = "control"
control_type = "inert"
[[treatment]]
id = "midazolam"
label = "Midazolam"
role = "control"
control_type = "active"
[[outcome]]
id = "depression"
label = "Depression score"
kind = "continuous"
direction = "lower is better"
scales = [{ id = "MADRS", range = [0, 60] }, { id = "HAMD17", range = [0, 52] }]
important_difference = { value = 3.0, unit = "MADRS", source = "declared for the test" }
[[outcome]]
id = "response"
label = "Response"
kind = "binary"
direction = "higher is better"
control_risk = { value = 0.259, standard_error = 0.0, source = "declared for the test" }
[[window]]
id = "24h"
label = "24 hours"
from_hours = 12
to_hours = 36
target_hours = 24
evidence = "acute"
[[comparison]]
id = "c"
label = "Drug v control"
treatment_label = "drug"
control_label = "control"
treatment = ["drug"]
control = ["saline", "midazolam"]
outcomes = ["depression", "response"]
windows = ["24h"]
subgroups = ["control-type"]
primary = true
"#;

/// A study line with this id and design.
pub fn study(id: &str, design: &str) -> String {
    format!("{id},Study {id},2020,,,,{design},,TRD,,40,,,,,,s,t,\n")
}

/// Two arms, `t` on the drug and `c` on saline.
pub fn arms(id: &str) -> String {
    format!("{id},t,drug,,,,,,,,20,,s,t,\n{id},c,saline,,,,,,,,20,,s,t,\n")
}

/// An arm-level row from the cells between `scale` and `period`.
pub fn means(id: &str, arm: &str, scale: &str, hours: &str, statistic: &str, cells: &str) -> String {
    format!("{id},{arm},depression,{scale},{hours},hours,{statistic},{cells},s,t,\n")
}

/// A row of events.
pub fn events(id: &str, arm: &str, n: &str, events: &str, percent: &str, period: &str) -> String {
    format!("{id},{arm},response,,24,hours,count,{n},,,,,,,,,,,{events},{percent},,,{period},s,t,\n")
}

/// Answers of a review made of these tables, run with `protocol`.
pub fn answers_with(
    protocol: &str,
    studies: &str,
    arms: &str,
    observations: &str,
    contrasts: &str,
) -> Answers {
    let dir = folder(studies, arms, observations, contrasts);
    let evidence = Evidence::read(&dir).unwrap_or_else(|e| panic!("{e:#?}")).value;
    let protocol: Protocol = toml::from_str(protocol).unwrap();
    let answers = run(&protocol, &evidence, &[]).unwrap().value;
    std::fs::remove_dir_all(&dir).unwrap();
    answers
}

pub fn answers(studies: &str, arms: &str, observations: &str, contrasts: &str) -> Answers {
    answers_with(PROTOCOL, studies, arms, observations, contrasts)
}

fn folder(studies: &str, arms: &str, observations: &str, contrasts: &str) -> PathBuf {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("onset-review-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let write = |name: &str, text: String| std::fs::write(dir.join(name), text).unwrap();
    write("studies.csv", format!("{STUDIES}{studies}"));
    write("arms.csv", format!("{ARMS}{arms}"));
    write("observations.csv", format!("{OBSERVATIONS}{observations}"));
    if !contrasts.is_empty() {
        write("contrasts.csv", format!("{CONTRASTS}{contrasts}"));
    }
    write(
        "sources.csv",
        "source_id,citation,url,licence,taken\ns,A source,,,\n".to_owned(),
    );
    dir
}

/// The pool with this outcome.
pub fn pool<'a>(answers: &'a Answers, outcome: &str) -> &'a Pool {
    answers
        .size
        .by
        .iter()
        .find(|pool| pool.outcome == outcome)
        .unwrap()
}
