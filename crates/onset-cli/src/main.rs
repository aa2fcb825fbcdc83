//! The command line of onset: one file per command.
//!
//! To add a command: write `src/NAME.rs` with `pub struct Arguments` and
//! `pub fn run(&Arguments) -> Result<Output, Diagnostic>`, then one variant of [`Command`].

mod arguments;
mod effects;
mod load;
mod output;
mod pool;
mod transform;

use clap::{Parser, Subcommand};
use onset::data::Diagnostic;
use output::{Format, Output};
use std::process::ExitCode;

/// Evidence synthesis: from the numbers of trials to how fast, how much, how long and how sure.
#[derive(Parser)]
#[command(name = "onset", version, arg_required_else_help = true)]
struct Cli {
    /// How the result is written
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Effect sizes and their variances from the numbers of each study
    Effects(effects::Arguments),
    /// One mean of the effects, subgroups, or a meta-regression
    Pool(Box<pool::Arguments>),
}

impl Command {
    fn run(&self) -> Result<Output, Diagnostic> {
        match self {
            Command::Effects(arguments) => effects::run(arguments),
            Command::Pool(arguments) => pool::run(arguments),
        }
    }
}

/// Exit status: 0 success (warnings included), 1 an error in the data, 2 bad use.
fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run().and_then(|output| output.write(cli.format)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(diagnostic) => {
            eprintln!("error: {diagnostic}");
            ExitCode::from(if diagnostic.code == arguments::USAGE { 2 } else { 1 })
        }
    }
}
