//! Benchmarks, validation against reference values, and simulations; run by `cargo xtask`.
//!
//! Every command prints to stdout and nothing else: `xtask` decides where it goes.

mod courses;
mod methods;
mod simulate;
mod speed;
mod validate;

use std::error::Error;
use std::process::ExitCode;

/// What a command returns: only a message to print.
type Fallible<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "onset-bench COMMAND
  list-methods            family and code of every method, one a line
  validate ORACLES        docs/validation.md
  simulate                docs/simulations.md; fails when a claim in it does not hold
  speed ONSET FOLDER [--peers]  benchmark rows as JSON; ONSET is the binary, FOLDER takes what it writes; --peers
                          has R's metafor and Python's pimeta do the same work, where they are installed";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onset-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Fallible<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list-methods"] => {
            for family in methods::families() {
                for code in family.codes {
                    println!("{}\t{code}", family.name);
                }
            }
            Ok(())
        }
        ["validate", oracles] => {
            print!("{}", validate::page(oracles.as_ref())?);
            Ok(())
        }
        ["simulate"] => {
            let (page, disproved) = simulate::run()?;
            print!("{page}");
            if disproved.is_empty() {
                return Ok(());
            }
            Err(disproved.join("\n").into())
        }
        ["speed", onset, folder] => speed::print(onset.as_ref(), folder.as_ref(), false),
        ["speed", onset, folder, "--peers"] => speed::print(onset.as_ref(), folder.as_ref(), true),
        _ => Err(USAGE.into()),
    }
}
