use crate::evidence::{Evidence, Period, Statistic, Timing};
use crate::{Diagnostic, Warned};
use std::fs;
use std::path::PathBuf;

const STUDIES: &str = "study_id,label,year,doi,pmid,registry,design,country,population,population_text,\
n_randomised,mean_age,pct_female,concomitant,sponsor,blinding,source_id,locator,notes
a1,Example A,2001,,,,parallel,,,,40,,,,,,s1,Table 1,
";
const ARMS: &str = "study_id,arm_id,treatment,arm_label,dose,dose_unit,route,infusion_minutes,n_doses,\
schedule,n_randomised,n_treated,source_id,locator,notes
a1,drug,drug,,,,,,,,20,,s1,Table 1,
a1,pill,placebo,,,,,,,,20,,s1,Table 1,
";
const OBSERVATIONS: &str = "study_id,arm_id,outcome,scale,time_hours,timing,statistic,n,mean,sd,se,ci_low,\
ci_high,events,percent,basis,set,period,source_id,locator,notes
a1,drug,depression,MADRS,24,hours,endpoint,20,12.5,6,,,,,,printed,observed,,s1,\"Table 2,
left\",
a1,pill,depression,MADRS,24,hours,endpoint,19,18,6.5,,,,,,printed,observed,,s1,Table 2,
a1,drug,response,,24,hours,count,20,,,,,,12,60,printed,observed,first,s1,Table 3,
";
const SOURCES: &str = "source_id,citation,url,licence,taken\ns1,\"Example A, 2001\",,,\n";

/// A folder of its own for each test, deleted with it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let dir = std::env::temp_dir().join(format!("onset-data-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let folder = Folder(dir);
        folder.write("studies.csv", STUDIES).write("arms.csv", ARMS);
        folder
            .write("observations.csv", OBSERVATIONS)
            .write("sources.csv", SOURCES);
        folder
    }

    fn write(&self, file: &str, text: &str) -> &Folder {
        fs::write(self.0.join(file), text).unwrap();
        self
    }

    fn swap(&self, file: &str, from: &str, to: &str) -> &Folder {
        let text = fs::read_to_string(self.0.join(file)).unwrap();
        assert!(text.contains(from), "{from}");
        self.write(file, &text.replacen(from, to, 1))
    }

    fn read(&self) -> Result<Warned<Evidence>, Vec<Diagnostic>> {
        Evidence::read(&self.0)
    }

    /// code, line and column of every error.
    fn errors(&self) -> Vec<(String, u64, String)> {
        let errors = self.read().unwrap_err();
        let place = |d: Diagnostic| (d.code, d.line.unwrap_or(0), d.column.unwrap_or_default());
        errors.into_iter().map(place).collect()
    }

    fn refuses(&self, code: &str, line: u64, column: &str) {
        assert_eq!(self.errors(), [(code.to_owned(), line, column.to_owned())]);
    }

    fn warns(&self) -> Vec<(String, Option<u64>)> {
        let warnings = self.read().unwrap().warnings;
        warnings.into_iter().map(|d| (d.code, d.line)).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_sound_folder_is_read_with_its_rows_and_hashes() {
    let folder = Folder::new("sound");
    let read = folder.read().unwrap();
    assert_eq!(read.warnings, []);
    let e = read.value;
    assert_eq!((e.studies.len(), e.arms.len(), e.sources.len()), (1, 2, 1));
    let lines: Vec<String> = e.observations.iter().map(|o| o.row.to_string()).collect();
    assert_eq!(
        lines,
        ["observations.csv:2", "observations.csv:4", "observations.csv:5"]
    );
    let first = &e.observations[0];
    assert_eq!(
        (first.mean, first.sd, first.n, first.events),
        (Some(12.5), Some(6.0), Some(20), None)
    );
    assert_eq!(
        (first.timing, first.statistic),
        (Timing::Hours, Statistic::Endpoint)
    );
    assert_eq!(first.cite.locator, "Table 2,\nleft");
    assert_eq!(e.observations[2].period, Some(Period::First));
    let files: Vec<&str> = e.hashes.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(
        files,
        ["studies.csv", "arms.csv", "observations.csv", "sources.csv"]
    );
    assert_eq!(
        super::sha256(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn every_error_of_every_file_is_told() {
    let folder = Folder::new("every");
    folder.swap("studies.csv", "parallel", "paralel");
    folder.swap("arms.csv", "a1,pill", "b1,pill");
    folder.swap("observations.csv", ",6.5,", ",0,");
    folder.swap("observations.csv", "s1,Table 3", "s2,Table 3");
    let mut found = folder.errors();
    found.sort();
    let expected = [
        ("not_in_list", 2, "design"),
        ("out_of_range", 4, "sd"),
        ("unknown_arm", 4, "arm_id"),
        ("unknown_source", 5, "source_id"),
        ("unknown_study", 3, "study_id"),
    ];
    assert_eq!(
        found,
        expected.map(|(code, line, column)| (code.to_owned(), line, column.to_owned()))
    );
}

#[test]
fn a_table_that_cannot_be_read_does_not_blame_the_others() {
    let folder = Folder::new("unreadable");
    fs::remove_file(folder.0.join("sources.csv")).unwrap();
    folder.write("source.csv", SOURCES);
    let errors = folder.read().unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        (errors[0].code.as_str(), errors[0].file.as_deref()),
        ("file_missing", Some("sources.csv"))
    );
    assert_eq!(errors[0].hint.as_deref(), Some("is it 'source.csv'?"));
}

#[test]
fn columns_are_those_of_the_schema() {
    let folder = Folder::new("columns");
    folder.swap("studies.csv", "n_randomised", "n_randomized");
    let errors = folder.read().unwrap_err();
    assert_eq!(
        (errors[0].code.as_str(), errors[1].code.as_str()),
        ("unknown_column", "missing_column")
    );
    assert_eq!(errors[0].hint.as_deref(), Some("did you mean 'n_randomised'?"));
    assert_eq!(errors[1].column.as_deref(), Some("n_randomised"));
    let folder = Folder::new("optional");
    let text = OBSERVATIONS
        .replace(",basis,", ",median,basis,")
        .replace(",printed,", ",12,printed,");
    folder.write("observations.csv", &text);
    assert_eq!(folder.read().unwrap().value.observations[0].median, Some(12.0));
}

#[test]
fn cells_hold_what_their_column_holds() {
    let cases = [
        (
            "a1,drug,depression",
            ",drug,depression",
            "empty_id",
            2,
            "study_id",
        ),
        (
            "a1,drug,depression",
            "a1,\" drug\",depression",
            "bad_id",
            2,
            "arm_id",
        ),
        (
            "a1,drug,depression",
            "a1,drug,\"depres\u{1}sion\"",
            "bad_id",
            2,
            "outcome",
        ),
        (
            "24,hours,endpoint,20",
            "24,,endpoint,20",
            "time_without_timing",
            2,
            "timing",
        ),
        (
            "24,hours,endpoint,20",
            ",hours,endpoint,20",
            "timing_without_time",
            2,
            "time_hours",
        ),
        (
            "24,hours,endpoint,20",
            ",,endpoint,20",
            "not_in_list",
            2,
            "timing",
        ),
        (
            "24,hours,endpoint,20",
            "-24,hours,endpoint,20",
            "out_of_range",
            2,
            "time_hours",
        ),
        (
            "24,hours,endpoint,20",
            "24-72,hours,endpoint,20",
            "not_a_number",
            2,
            "time_hours",
        ),
        (
            "24,hours,endpoint,20",
            "24,day,endpoint,20",
            "not_in_list",
            2,
            "timing",
        ),
        ("endpoint,20", "final,20", "not_in_list", 2, "statistic"),
        ("endpoint,20", "endpoint,0", "out_of_range", 2, "n"),
        ("endpoint,20", "endpoint,-20", "out_of_range", 2, "n"),
        ("endpoint,20", "endpoint,19.5", "not_whole", 2, "n"),
        ("endpoint,20", "endpoint,twenty", "not_a_number", 2, "n"),
        (",12.5,6,", ",\"12,5\",6,", "not_a_number", 2, "mean"),
        (",12.5,6,", ",NaN,6,", "not_a_number", 2, "mean"),
        (",12.5,6,", ",1e308,6,", "out_of_range", 2, "mean"),
        (",12.5,6,", ",1e999,6,", "not_a_number", 2, "mean"),
        (",12.5,6,", ",12.5,-6,", "out_of_range", 2, "sd"),
        (",12.5,6,", ",12.5,1e-300,", "out_of_range", 2, "sd"),
        (",12.5,6,,,", ",12.5,6,,14,11", "interval_reversed", 2, "ci_low"),
        (
            ",12.5,6,,,",
            ",12.5,6,,13,14",
            "estimate_outside_interval",
            2,
            "mean",
        ),
        (",12,60,", ",21,60,", "events_above_n", 5, "events"),
        (",12,60,", ",12,160,", "out_of_range", 5, "percent"),
        (",first,", ",1,", "not_in_list", 5, "period"),
    ];
    for (number, (from, to, code, line, column)) in cases.into_iter().enumerate() {
        let folder = Folder::new(&format!("cells{number}"));
        folder
            .swap("observations.csv", from, to)
            .refuses(code, line, column);
    }
}

#[test]
fn hints_say_what_may_be_meant() {
    let folder = Folder::new("hints");
    folder.swap("observations.csv", ",12.5,6,", ",\"12,5\",6,");
    let errors = folder.read().unwrap_err();
    let hint = errors[0].hint.clone().unwrap();
    assert!(hint.starts_with("did you mean 12.5?"), "{hint}");
    assert_eq!(
        (errors[0].found.as_deref(), errors[0].study.as_deref()),
        (Some("12,5"), Some("a1"))
    );
}

#[test]
fn studies_are_checked_too() {
    for (number, (from, to, code, column)) in [
        ("2001", "1848", "out_of_range", "year"),
        ("parallel", "", "not_in_list", "design"),
        (",40,", ",0,", "out_of_range", "n_randomised"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::new(&format!("studies{number}"));
        folder.swap("studies.csv", from, to).refuses(code, 2, column);
    }
    let folder = Folder::new("twice");
    let row = STUDIES.lines().nth(1).unwrap();
    folder.write("studies.csv", &format!("{STUDIES}{row}\n"));
    folder.refuses("duplicate_study", 3, "study_id");
}

#[test]
fn a_row_stands_once() {
    let folder = Folder::new("once");
    let row = OBSERVATIONS.lines().last().unwrap();
    folder.write("observations.csv", &format!("{OBSERVATIONS}{row}\n"));
    folder.refuses("duplicate_observation", 6, "outcome");
    let other = row.replace(",first,", ",both,");
    folder.write("observations.csv", &format!("{OBSERVATIONS}{other}\n"));
    assert_eq!(folder.warns(), []);
}

#[test]
fn doubtful_numbers_are_warnings() {
    let folder = Folder::new("doubt");
    folder.swap("observations.csv", ",12,60,", ",12,61,");
    folder.swap("observations.csv", "endpoint,20", "endpoint,21");
    folder
        .write("harm.csv", "x\n1\n")
        .write("harms.csv", "study_id\n");
    let mut warnings = folder.warns();
    warnings.sort();
    let expected = [
        ("n_above_randomised", Some(2)),
        ("no_rows", None),
        ("percent_mismatch", Some(5)),
        ("unknown_table", None),
    ];
    assert_eq!(warnings, expected.map(|(code, line)| (code.to_owned(), line)));
}

#[test]
fn a_flood_of_errors_is_cut_and_counted() {
    let folder = Folder::new("flood");
    let rows: String = (0..300)
        .map(|i| format!("a1,drug,o{i},,1,hours,count,0,,,,,,,,,,,s1,p. 1,\n"))
        .collect();
    let header = OBSERVATIONS.lines().next().unwrap();
    folder.write("observations.csv", &format!("{header}\n{rows}"));
    let errors = folder.read().unwrap_err();
    assert_eq!(errors.len(), super::MOST_ERRORS + 1);
    assert_eq!(errors.last().unwrap().message, "100 more errors are not listed");
}

#[test]
fn ids_missing_on_many_rows_are_told_once() {
    let folder = Folder::new("many");
    folder.write("sources.csv", &SOURCES.replace("s1,", "s2,"));
    let errors = folder.read().unwrap_err();
    let lines: Vec<(&str, Option<u64>)> = errors
        .iter()
        .map(|d| (d.file.as_deref().unwrap(), d.line))
        .collect();
    assert_eq!(
        lines,
        [
            ("arms.csv", Some(2)),
            ("observations.csv", Some(2)),
            ("studies.csv", Some(2))
        ]
    );
    assert_eq!(
        errors[1].message,
        "this id is not in sources.csv (the first of 3 rows)"
    );
    assert_eq!(errors[1].allowed.as_deref(), Some("s2"));
}
