//! A made review of many studies in five windows, the same at every call.

use crate::Fallible;
use onset::math::random::Stream;
use std::fmt::Write;
use std::path::Path;

/// Studies in the review.
pub const STUDIES: usize = 2_000;

/// Hours of the five windows, and the mean difference drawn around.
const VISITS: [(f64, f64); 5] = [
    (4.0, -4.0),
    (24.0, -6.0),
    (72.0, -5.0),
    (168.0, -3.5),
    (336.0, -2.0),
];

/// Writes the folder: protocol, studies, arms, observations, sources.
pub fn write(folder: &Path) -> Fallible<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("review.toml"), protocol()?)?;
    let mut studies = String::from(
        "study_id,label,year,doi,pmid,registry,design,country,population,population_text,n_randomised,mean_age,\
         pct_female,concomitant,sponsor,blinding,source_id,locator,notes\n",
    );
    let mut arms = String::from(
        "study_id,arm_id,treatment,arm_label,dose,dose_unit,route,infusion_minutes,n_doses,schedule,n_randomised,\
         n_treated,source_id,locator,notes\n",
    );
    let mut observations = String::from(
        "study_id,arm_id,outcome,scale,time_hours,timing,statistic,n,mean,sd,se,ci_low,ci_high,events,percent,basis,\
         set,period,source_id,locator,notes\n",
    );
    for study in 1..=STUDIES {
        let mut stream = Stream::new(20_261_123, study as u64);
        let n = 10 + stream.below(90);
        let year = 2000 + study % 25;
        writeln!(
            studies,
            "s{study:04},Study {study:04},{year},,,,parallel,,TRD,TRD,{},45,60,,,inert,made,row {study},",
            2 * n
        )?;
        for arm in ["drug", "control"] {
            writeln!(
                arms,
                "s{study:04},{arm},{arm},{arm},,,iv,40,1,single,{n},,made,row {study},"
            )?;
        }
        let shift = 2.0 * stream.normal();
        for (hours, effect) in VISITS {
            for (arm, mean) in [("drug", 20.0 + effect + shift), ("control", 20.0)] {
                let sd = 8.0 + 4.0 * stream.uniform();
                let mean = mean + sd / (n as f64).sqrt() * stream.normal();
                writeln!(
                    observations,
                    "s{study:04},{arm},depression,MADRS,{hours},hours,endpoint,{n},{mean:.1},{sd:.1},,,,,,printed,,,made,row {study},"
                )?;
            }
        }
    }
    std::fs::write(folder.join("studies.csv"), studies)?;
    std::fs::write(folder.join("arms.csv"), arms)?;
    std::fs::write(folder.join("observations.csv"), observations)?;
    std::fs::write(
        folder.join("sources.csv"),
        "source_id,citation,url,licence,taken\nmade,Made by the benchmark,,,all\n",
    )?;
    Ok(())
}

fn protocol() -> Fallible<String> {
    let mut windows = String::new();
    for (hours, _) in VISITS {
        writeln!(
            windows,
            "[[window]]\nid = \"h{hours}\"\nlabel = \"{hours} hours\"\nfrom_hours = {:.1}\nto_hours = {:.1}\n\
             target_hours = {hours:.1}\nevidence = \"acute\"\n",
            0.8 * hours,
            1.2 * hours
        )?;
    }
    let ids: Vec<String> = VISITS.iter().map(|(hours, _)| format!("\"h{hours}\"")).collect();
    Ok(PROTOCOL
        .replace("WINDOWS", &windows)
        .replace("IDS", &ids.join(", ")))
}

const PROTOCOL: &str = r#"[review]
title = "A made review"
question = "How fast is a review of many studies?"
version = "2026.11"
seed = 1
format = 1
systematic_search = false
search = "Made by the benchmark."
headline = { comparison = "drug-v-control", outcome = "depression", window = "h24" }

[[treatment]]
id = "drug"
label = "Drug"
route = "iv"

[[treatment]]
id = "control"
label = "Control"
role = "control"
control_type = "inert"
route = "iv"

[[outcome]]
id = "depression"
label = "Depression"
kind = "continuous"
direction = "lower is better"
scales = [{ id = "MADRS", range = [0.0, 60.0] }]

WINDOWS
[[comparison]]
id = "drug-v-control"
label = "Drug v control"
treatment_label = "Drug"
control_label = "Control"
treatment = ["drug"]
control = ["control"]
outcomes = ["depression"]
windows = [IDS]
primary = true

[model]
tau2 = "REML"
interval = "hartung-knapp"

[model.effect]
depression = "MD"
"#;

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn the_review_is_one_that_can_be_read() {
        let folder = std::env::temp_dir().join(format!("onset-made-review-{}", std::process::id()));
        write(&folder).unwrap();
        let read = onset::review::folder::load(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let read = read.unwrap_or_else(|errors| panic!("{:?}", errors.first()));
        assert!(read.warnings.is_empty(), "{:?}", read.warnings.first());
    }
}
