//! The same work in other programs, where they are installed: `speed ... --peers`.
//!
//! R with metafor and Python with pimeta read the numbers of our rows from a file and print a median for each piece
//! of work they know. Nothing here is needed to build or to test.

use super::Row;
use super::models::made;
use crate::Fallible;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// A median of another program.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Program with version.
    pub name: String,
    /// Nanoseconds of the same work.
    pub median: f64,
}

/// A program that can be asked.
struct Program {
    command: &'static str,
    /// How its script is given on the command line.
    flag: &'static str,
    /// Prints name and version, or fails.
    version: &'static str,
    script: &'static str,
}

/// Asked in this order; the first that knows a row stands beside it in the JSON.
const PROGRAMS: [Program; 2] = [
    Program {
        command: "Rscript",
        flag: "-e",
        version: "suppressMessages(library(metafor)); cat('metafor', as.character(packageVersion('metafor')), 'for R')",
        script: include_str!("peers/metafor.R"),
    },
    Program {
        command: "python3",
        flag: "-c",
        version: "import pimeta; print('pimeta', getattr(pimeta, '__version__', '?'), 'for Python', end='')",
        script: include_str!("peers/pimeta.py"),
    },
];

/// Runs the programs that are there and puts their medians beside the rows of the same name; a sentence on standard
/// error for each program, and each ratio.
pub fn beside(rows: &mut [Row], folder: &Path) -> Fallible<()> {
    let data = folder.join("peers.csv");
    std::fs::write(&data, table()?)?;
    let data = data.to_str().ok_or("a path is not Unicode")?;
    for program in &PROGRAMS {
        let Some(name) = run(program, program.version, &[]) else {
            let what = program.command;
            eprintln!("{what}: not there, or without its package for meta-analysis; its rows are left out");
            continue;
        };
        let Some(found) = run(program, program.script, &[data]) else {
            eprintln!("{name}: its script failed; its rows are left out");
            continue;
        };
        for (row, median) in medians(&found) {
            let Some(ours) = rows.iter_mut().find(|ours| ours.name == row) else {
                continue;
            };
            let times = median / ours.median;
            eprintln!("{name}: {row}: {median:.0} ns, {times:.0} times ours");
            if ours.peer.is_none() {
                ours.peer = Some(Peer {
                    name: name.clone(),
                    median,
                });
            }
        }
    }
    Ok(())
}

/// Standard output of a script; `None` when it cannot be run.
fn run(program: &Program, script: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program.command)
        .args([program.flag, script])
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// Lines `name TAB nanoseconds`.
fn medians(text: &str) -> impl Iterator<Item = (&str, f64)> {
    text.lines().filter_map(|line| {
        let (name, median) = line.rsplit_once('\t')?;
        Some((name, median.trim().parse().ok().filter(|m: &f64| *m > 0.0)?))
    })
}

/// Effects of our rows: set, y, v, and two moderators where the row has them.
fn table() -> Fallible<String> {
    let mut text = String::from("set,y,v,dose,year\n");
    for k in [13, 200, 4_000] {
        let effects = made(k)?;
        for (y, v) in effects.y().iter().zip(effects.v()) {
            writeln!(text, "{k},{y},{v},,")?;
        }
    }
    let (effects, dose, year) = super::models::moderated()?;
    let data = effects.y().iter().zip(effects.v()).zip(dose.iter().zip(&year));
    for ((y, v), (dose, year)) in data {
        writeln!(text, "50,{y},{v},{dose},{year}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_another_program() {
        let found: Vec<_> = medians("REML k=13\t3500000\nnoise\nnothing\t-1\nbad\tx\n").collect();
        assert_eq!(found, [("REML k=13", 3.5e6)]);
    }

    #[test]
    fn the_table_has_every_set() {
        let table = table().unwrap();
        assert_eq!(table.lines().count(), 1 + 13 + 200 + 4_000 + 50);
        assert!(table.lines().last().unwrap().starts_with("50,"));
    }

    #[test]
    fn a_program_that_is_not_there_is_left_out() {
        let nobody = Program {
            command: "no-such-program-here",
            flag: "-e",
            version: "",
            script: "",
        };
        assert_eq!(run(&nobody, "", &[]), None);
    }
}
