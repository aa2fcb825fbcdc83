//! Developer commands: `cargo xtask COMMAND`.
//!
//! Imports nothing of ours, so that it starts at once and works while a crate does not compile.

mod bench;
mod check;
mod look;
mod process;
mod simulate;
mod validation;
mod workspace;

use process::Fallible;
use std::process::ExitCode;

const USAGE: &str = "cargo xtask COMMAND

  check                 fmt, clippy, docs, licences, arrows between crates, forbidden words,
                        commands named in documents, and every method against docs/validation.md
  validation [--check]  write docs/validation.md (or only compare it) from the reference values
  look [--self-test]    open the pages of the ketamine review in headless Chromium and fail on
                        faults; --self-test proves that every kind of fault is caught
  look PATH...          the same on html or svg files of your own
  bench [--json] [--peers]  speed and memory on a release build, against their budgets; --peers has R's metafor and
                        Python's pimeta do the same work, where they are installed
  simulate [--check]    write docs/simulations.md (or only compare it); fails when a claim fails, or a command on one
                        of 10,000 tables of any bytes";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Fallible<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check"] => check::check(),
        ["validation"] => validation::write(),
        ["validation", "--check"] => validation::compare(),
        ["look"] => look::review(),
        ["look", "--self-test"] => look::self_test(),
        ["look", paths @ ..] => look::files(paths),
        ["bench"] => bench::table(false),
        ["bench", "--peers"] => bench::table(true),
        ["bench", "--json"] => bench::json(false),
        ["bench", "--json", "--peers"] => bench::json(true),
        ["simulate"] => simulate::write(),
        ["simulate", "--check"] => simulate::compare(),
        _ => Err(format!("unknown command\n\n{USAGE}").into()),
    }
}
