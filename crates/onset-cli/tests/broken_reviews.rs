//! Broken reviews: each is told by file, line and rule, with status 1, an empty standard output and no report.
//!
//! Every folder is that of `onset new` with one thing changed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it fails")]

mod transcript;

use std::path::{Path, PathBuf};
use transcript::{Transcript, onset};

/// A new review of its own for one case.
struct Review {
    dir: PathBuf,
}

impl Review {
    fn new(case: &str) -> Review {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken").join(case);
        let _ = std::fs::remove_dir_all(&dir);
        let _ = std::fs::remove_dir_all(dir.with_extension("out"));
        onset(&["new", dir.to_str().unwrap(), "--format", "json"]).json();
        Review { dir }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, bytes: impl AsRef<[u8]>) -> &Review {
        std::fs::write(self.path(file), bytes).unwrap();
        self
    }

    fn swap(&self, file: &str, from: &str, to: &str) -> &Review {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not hold '{from}'");
        self.write(file, text.replacen(from, to, 1))
    }

    /// One cell, by line (the header is 1) and column.
    fn cell(&self, file: &str, line: usize, column: &str, text: &str) -> &Review {
        let old = self.read(file);
        let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
        let position = lines[0].split(',').position(|name| name == column).unwrap();
        let mut cells = split(&lines[line - 1]);
        cells[position] = text.to_owned();
        lines[line - 1] = cells.join(",");
        self.write(file, lines.join("\n") + "\n")
    }

    fn command(&self, command: &str) -> Transcript {
        let out = self.dir.with_extension("out");
        let mut arguments = vec![command, self.dir.to_str().unwrap()];
        if command == "run" {
            arguments.extend(["-o", out.to_str().unwrap()]);
        }
        onset(&arguments)
    }

    /// `check` and `run` both refuse it with these words, and nothing is written.
    fn broken(&self, words: &[&str]) {
        for command in ["check", "run"] {
            self.command(command).refused(1, words);
        }
        let out = self.dir.with_extension("out");
        assert!(!out.exists(), "{} was written", out.display());
        let siblings = std::fs::read_dir(self.dir.parent().unwrap()).unwrap();
        let name = format!(".{}", out.file_name().unwrap().to_str().unwrap());
        for sibling in siblings {
            assert!(!sibling.unwrap().file_name().to_str().unwrap().starts_with(&name));
        }
    }

    /// `check` and `run` both accept it; the checked review.
    fn sound(&self) -> Transcript {
        let said = self.command("run");
        assert_eq!(said.status, 0, "{}", said.stderr);
        let said = self.command("check");
        assert_eq!(said.status, 0, "{}", said.stderr);
        said
    }

    /// The same, and `check` warns with these words.
    fn warned(&self, words: &[&str]) {
        let said = self.sound();
        for word in words {
            assert!(
                said.stdout.contains(word),
                "'{word}' is missing in: {}",
                said.stdout
            );
        }
    }
}

/// Cells of a line whose only quoted text is the scaffold's notes.
fn split(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            ',' if !quoted => cells.push(String::new()),
            c => {
                quoted ^= c == '"';
                cells.last_mut().unwrap().push(c);
            }
        }
    }
    cells
}

const OBSERVATIONS: &str = "observations.csv";

#[test]
fn cells_that_hold_something_else() {
    let cases: [(&str, usize, &str, &str, &[&str]); 20] = [
        (
            "unknown-study",
            3,
            "study_id",
            "exmaple1",
            &["not in studies.csv", "example1", "Hint"],
        ),
        (
            "unknown-arm",
            3,
            "arm_id",
            "drug",
            &["arms.csv", "line 3", "drug"],
        ),
        (
            "events-above-n",
            4,
            "events",
            "39",
            &["line 4", "more events than people", "at most 38", "example1"],
        ),
        (
            "negative-sd",
            3,
            "sd",
            "-6.3",
            &["line 3", "'sd'", "-6.3", "example1"],
        ),
        (
            "zero-sd",
            3,
            "sd",
            "0",
            &["line 3", "'sd'", "leave the cell empty"],
        ),
        (
            "text-in-a-number",
            3,
            "mean",
            "about 14",
            &["line 3", "'mean'", "about 14", "not a number"],
        ),
        (
            "decimal-comma",
            3,
            "mean",
            "\"14,2\"",
            &["line 3", "14,2", "Hint"],
        ),
        ("nan", 3, "mean", "NaN", &["line 3", "NaN", "not a number"]),
        ("infinite", 3, "mean", "inf", &["line 3", "inf", "not a number"]),
        ("overflow", 3, "mean", "1e999", &["line 3", "1e999"]),
        ("far-too-large", 3, "mean", "1e308", &["line 3", "1e308"]),
        (
            "formula-in-a-number",
            3,
            "mean",
            "=A1+1",
            &["line 3", "=A1+1", "not a number"],
        ),
        ("half-a-person", 3, "n", "38.5", &["line 3", "'n'", "not whole"]),
        ("negative-n", 3, "n", "-38", &["line 3", "'n'"]),
        ("no-time", 3, "time_hours", "", &["line 3", "time_hours", "Hint"]),
        (
            "visit-before-baseline",
            3,
            "time_hours",
            "-24",
            &["line 3", "time_hours", "-24"],
        ),
        (
            "time-without-unit",
            3,
            "timing",
            "",
            &["line 3", "timing", "hours"],
        ),
        (
            "time-with-unit",
            3,
            "time_hours",
            "24 h",
            &["line 3", "24 h", "not a number"],
        ),
        (
            "percent-above-100",
            4,
            "percent",
            "142.1",
            &["line 4", "percent", "142.1"],
        ),
        (
            "unknown-statistic",
            3,
            "statistic",
            "endpont",
            &["line 3", "statistic", "did you mean 'endpoint'"],
        ),
    ];
    for (case, line, column, text, words) in cases {
        Review::new(case)
            .cell(OBSERVATIONS, line, column, text)
            .broken(words);
    }
}

#[test]
fn other_tables() {
    Review::new("unknown-treatment")
        .cell("arms.csv", 2, "treatment", "drug-b")
        .broken(&["arms.csv", "line 2", "drug-b", "drug-a"]);
    Review::new("absent-source")
        .cell(OBSERVATIONS, 3, "source_id", "source9")
        .broken(&["line 3", "source9", "sources.csv"]);
    Review::new("empty-source")
        .cell(OBSERVATIONS, 3, "source_id", "")
        .broken(&["line 3", "source_id", "empty"]);
    Review::new("reversed-interval")
        .cell("contrasts.csv", 2, "ci_low", "1.3")
        .cell("contrasts.csv", 2, "ci_high", "-6.5")
        .broken(&["contrasts.csv", "line 2", "lower limit"]);
    Review::new("level-in-percent")
        .cell("contrasts.csv", 2, "level", "95")
        .broken(&["write 0.95"]);
    Review::new("judgement")
        .cell("risk_of_bias.csv", 2, "judgement", "fine")
        .broken(&["risk_of_bias.csv", "fine", "low"]);
    Review::new("duplicate-study")
        .cell("studies.csv", 3, "study_id", "example1")
        .broken(&["studies.csv", "line 3", "example1"]);
}

#[test]
fn rows_and_columns() {
    let twice = Review::new("duplicate-row");
    let line = twice.read(OBSERVATIONS).lines().nth(2).unwrap().to_owned();
    twice
        .write(OBSERVATIONS, twice.read(OBSERVATIONS) + &line + "\n")
        .broken(&["line 32", "example1", "line 3"]);
    Review::new("missing-column")
        .swap(OBSERVATIONS, ",sd,", ",sdev,")
        .broken(&["line 1", "'sd' is missing", "sdev"]);
    Review::new("duplicate-column")
        .swap(OBSERVATIONS, ",sd,se,", ",sd,sd,")
        .broken(&["line 1", "sd"]);
    Review::new("ragged")
        .swap(OBSERVATIONS, "endpoint,38,", "endpoint,38,,")
        .broken(&["line 3", "21", "22"]);
    Review::new("semicolons")
        .write(
            "sources.csv",
            "source_id;citation;url;licence;taken\nsource1;x;;;\n",
        )
        .broken(&["sources.csv", "line 1"]);
    Review::new("open-quote")
        .swap(OBSERVATIONS, "EXAMPLE: table 2,\"", "\"EXAMPLE: table 2,")
        .broken(&[OBSERVATIONS, "line"]);
}

#[test]
fn files_that_are_no_tables() {
    Review::new("empty-file")
        .write(OBSERVATIONS, "")
        .broken(&[OBSERVATIONS, "empty"]);
    let header = Review::new("header-only");
    let first = header.read(OBSERVATIONS).lines().next().unwrap().to_owned();
    header
        .write(OBSERVATIONS, first + "\n")
        .broken(&[OBSERVATIONS, "no rows"]);
    let utf16 = Review::new("utf-16");
    let text: Vec<u8> = utf16
        .read("studies.csv")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    utf16
        .write("studies.csv", [&[0xFF, 0xFE], &text[..]].concat())
        .broken(&["studies.csv", "UTF-16", "UTF-8"]);
    Review::new("latin-1")
        .write(
            "sources.csv",
            b"source_id,citation,url,licence,taken\nsource1,M\xfcller,,,\n",
        )
        .broken(&["sources.csv", "line 2", "UTF-8"]);
    Review::new("nul")
        .write(
            "sources.csv",
            b"source_id,citation,url,licence,taken\nsource1,a\0b,,,\n",
        )
        .broken(&["sources.csv"]);
    let folder = Review::new("directory");
    std::fs::remove_file(folder.path("arms.csv")).unwrap();
    std::fs::create_dir(folder.path("arms.csv")).unwrap();
    folder.broken(&["arms.csv", "folder"]);
    let absent = Review::new("absent-table");
    std::fs::rename(absent.path("arms.csv"), absent.path("arm.csv")).unwrap();
    absent.broken(&["arms.csv", "arm.csv"]);
}

#[test]
fn a_line_of_100_megabytes() {
    let review = Review::new("endless-line");
    let mut bytes = review.read("sources.csv").into_bytes();
    bytes.resize(100_000_000, b'x');
    review.write("sources.csv", &bytes);
    review.broken(&["sources.csv", "line 7"]);
    std::fs::remove_file(review.path("sources.csv")).unwrap();
}

#[test]
fn protocols() {
    let toml = "review.toml";
    Review::new("no-toml")
        .swap(toml, "seed = 20260101", "seed = = 1")
        .broken(&[toml, "line", "not TOML"]);
    Review::new("unknown-key")
        .swap(toml, "prefer_change", "prefer_chnage")
        .broken(&[toml, "did you mean 'prefer_change'"]);
    Review::new("unknown-tau2")
        .swap(toml, "tau2 = \"REML\"", "tau2 = \"REMEL\"")
        .broken(&[toml, "REMEL", "did you mean 'REML'"]);
    Review::new("wrong-measure")
        .swap(toml, "symptoms = \"MD\"", "symptoms = \"OR\"")
        .broken(&[toml, "another kind"]);
    Review::new("headline")
        .swap(toml, "window = \"day1\"", "window = \"day2\"")
        .broken(&[toml, "day2", "day1"]);
    Review::new("overlap")
        .swap(toml, "to_hours = 36.0", "to_hours = 130.0")
        .broken(&[toml, "hold the same times"]);
    Review::new("format")
        .swap(toml, "format = 1 ", "format = 9 ")
        .broken(&[toml, "format"]);
    Review::new("unknown-row")
        .swap(toml, "observations.csv:15", "observations.csv:999")
        .broken(&[toml, "observations.csv:999"]);
    Review::new("unknown-exclude")
        .swap(toml, "study = \"example5\"", "study = \"example9\"")
        .broken(&[toml, "example9"]);
    let absent = Review::new("no-protocol");
    std::fs::remove_file(absent.path(toml)).unwrap();
    absent.broken(&[toml, "onset new"]);
}

#[test]
fn many_errors_are_told_together() {
    let review = Review::new("many");
    review
        .cell(OBSERVATIONS, 3, "sd", "-1")
        .cell(OBSERVATIONS, 6, "mean", "x")
        .cell("arms.csv", 2, "n_randomised", "1.5");
    review.broken(&[
        "observations.csv, line 3",
        "observations.csv, line 6",
        "arms.csv, line 2",
    ]);
}

#[test]
fn what_is_unusual_is_no_error() {
    let window = "\n[[window]]\nid = \"late\"\nlabel = \"Late\"\nfrom_hours = 1000.0\nto_hours = 1100.0\ntarget_hours = 1050.0\nevidence = \"acute\"\n";
    let empty = Review::new("window-without-data");
    let text = empty.read("review.toml").replace(
        "windows = [\"day1\", \"day7\"]",
        "windows = [\"day1\", \"day7\", \"late\"]",
    );
    empty.write("review.toml", text + window).warned(&["late"]);
    let zero = Review::new("all-zero-cells");
    for line in [4, 7, 10, 13, 16, 19, 22, 25, 30, 31] {
        if zero
            .read(OBSERVATIONS)
            .lines()
            .nth(line - 1)
            .unwrap()
            .contains(",response,")
        {
            zero.cell(OBSERVATIONS, line, "events", "0")
                .cell(OBSERVATIONS, line, "percent", "0.0");
        }
    }
    zero.sound();
    let formula = Review::new("formula-in-a-text");
    formula.cell("studies.csv", 2, "label", "=HYPERLINK(1)").sound();
}

#[test]
fn a_review_of_one_study() {
    let one = Review::new("one-study");
    for file in ["studies.csv", "arms.csv", OBSERVATIONS, "risk_of_bias.csv"] {
        let text = one.read(file);
        let kept: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(i, line)| *i == 0 || line.starts_with("example1,"))
            .map(|(_, line)| line)
            .collect();
        one.write(file, kept.join("\n") + "\n");
    }
    std::fs::remove_file(one.path("contrasts.csv")).unwrap();
    std::fs::remove_file(one.path("published.csv")).unwrap();
    let text = one.read("review.toml");
    let end = text
        .find("# ------------------------------------------------------------------------- exclusions")
        .unwrap();
    one.write("review.toml", &text[..end]);
    one.sound();
    let results = std::fs::read_to_string(one.dir.with_extension("out").join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    assert_eq!(results["size"]["k"], 1);
}

#[test]
fn byte_order_marks_crlf_and_trailing_blanks_are_accepted() {
    let review = Review::new("accepted");
    for file in [
        "studies.csv",
        "arms.csv",
        OBSERVATIONS,
        "sources.csv",
        "review.toml",
    ] {
        let text = review.read(file).replace('\n', "\r\n");
        review.write(file, format!("\u{FEFF}{text}\r\n"));
    }
    review.swap(OBSERVATIONS, ",14.2,6.3,", ",14.2 , 6.3,");
    review.sound();
}

#[test]
fn names_that_are_markup_or_formulas_are_only_text() {
    let review = Review::new("markup");
    let script = "<script>alert(1)</script>";
    review
        .cell("studies.csv", 2, "label", script)
        .cell("studies.csv", 3, "label", "=cmd()");
    review.swap(
        "review.toml",
        "label = \"Drug A v placebo\"",
        &format!("label = \"{script}\""),
    );
    review.swap(
        "review.toml",
        "treatment_label = \"Drug A\"",
        "treatment_label = \"<img src=x onerror=a>\"",
    );
    review.sound();
    let out = review.dir.with_extension("out");
    let mut tables = 0;
    let mut pages = 0;
    let mut folders = vec![out];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            match path.extension().and_then(|e| e.to_str()) {
                Some("html" | "svg") => {
                    pages += 1;
                    assert!(
                        !text.contains(script) && !text.contains("<img src=x"),
                        "{}",
                        path.display()
                    );
                }
                Some("csv") => {
                    tables += 1;
                    let cells = text.lines().flat_map(split);
                    for cell in cells {
                        let bare = cell.trim_matches('"');
                        let number = bare.parse::<f64>().is_ok();
                        assert!(
                            number || !bare.starts_with(['=', '+', '-', '@']),
                            "{}: {cell}",
                            path.display()
                        );
                        assert!(
                            !(bare.starts_with("'-") && bare[1..].parse::<f64>().is_ok()),
                            "{}: {cell}",
                            path.display()
                        );
                    }
                }
                _ => {}
            }
        }
    }
    assert!(tables > 3 && pages > 3, "{tables} tables, {pages} pages");
}

#[test]
fn outputs_that_are_not_ours_are_refused() {
    let review = Review::new("output");
    let out = review.dir.with_extension("out");
    std::fs::write(&out, "a file").unwrap();
    review
        .command("run")
        .refused(1, &["not an output folder of onset"]);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "a file");
    std::fs::remove_file(&out).unwrap();
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("manifest.json"), "{\"generator\": \"another\"}").unwrap();
    review.command("run").refused(1, &["manifest.json"]);
    std::fs::remove_dir_all(&out).unwrap();
    assert_eq!(review.command("run").status, 0);
    std::fs::write(out.join("stale.txt"), "old").unwrap();
    assert_eq!(review.command("run").status, 0);
    assert!(
        !out.join("stale.txt").exists(),
        "the output is replaced as a whole"
    );
}
