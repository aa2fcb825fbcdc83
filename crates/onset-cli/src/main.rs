//! The command line of onset: one file per command.
//!
//! To add a command: write `src/NAME.rs` with `pub struct Arguments` and
//! `pub fn run(&Arguments) -> Result<Output, Failure>`, then one variant of [`Command`].

mod arguments;
mod bayes;
mod blinding;
mod check;
mod diagnose;
mod effects;
mod estimates;
mod explain;
mod failure;
mod figures;
mod load;
mod multilevel;
mod network;
mod new;
mod output;
mod permute;
mod pool;
mod recover;
mod run;
mod schema;
mod smallstudy;
mod survival;
mod timecourse;
mod transform;
mod trust;

use clap::{Parser, Subcommand};
use failure::Failure;
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
    Effects(Box<effects::Arguments>),
    /// Bayesian random effects: posterior of mean, heterogeneity and the next study, without sampling
    Bayes(Box<bayes::Arguments>),
    /// Blinding indices, and the effect at other rates of correct guesses
    Blinding(blinding::Arguments),
    /// One mean of the effects, subgroups, or a meta-regression
    Pool(Box<pool::Arguments>),
    /// Which studies carry a pool, and which do not fit: deletion, influence, outliers
    Diagnose(Box<diagnose::Arguments>),
    /// Effects that share studies, outcomes or times: multilevel, multivariate, cluster-robust
    Multilevel(Box<multilevel::Arguments>),
    /// Many treatments compared directly and through one another: league, ranks, inconsistency
    Network(Box<network::Arguments>),
    /// What stands behind a number of results.json: model, rows, sources
    Explain(explain::Arguments),
    /// Permutation tests of a pool or a meta-regression
    Permute(Box<permute::Arguments>),
    /// Tests of small-study effects, adjusted estimates, selection models
    Smallstudy(Box<smallstudy::Arguments>),
    /// A small review that runs at once, to start from
    New(new::Arguments),
    /// What is wrong or suspicious in a review, by file, line, study and column
    Check(check::Arguments),
    /// Do the printed numbers of a table agree with each other?
    Trust(Box<trust::Arguments>),
    /// The JSON Schema of review.toml
    Schema(schema::Arguments),
    /// Answer the six questions of a review and write its report
    Run(run::Arguments),
    /// Curves from figures, restricted mean survival, hazard ratios from what is printed
    Survival(Box<survival::Arguments>),
    /// The curve of an effect over time: onset, window, and how far the evidence reaches
    Timecourse(Box<timecourse::Arguments>),
}

impl Command {
    fn run(&self) -> Result<Output, Failure> {
        match self {
            Command::Effects(arguments) => Ok(effects::run(arguments)?),
            Command::Bayes(arguments) => Ok(bayes::run(arguments)?),
            Command::Blinding(arguments) => blinding::run(arguments),
            Command::Pool(arguments) => Ok(pool::run(arguments)?),
            Command::Diagnose(arguments) => Ok(diagnose::run(arguments)?),
            Command::Multilevel(arguments) => Ok(multilevel::run(arguments)?),
            Command::Network(arguments) => Ok(network::run(arguments)?),
            Command::Explain(arguments) => explain::run(arguments),
            Command::Permute(arguments) => Ok(permute::run(arguments)?),
            Command::Smallstudy(arguments) => Ok(smallstudy::run(arguments)?),
            Command::New(arguments) => new::run(arguments),
            Command::Check(arguments) => check::run(arguments),
            Command::Trust(arguments) => trust::run(arguments),
            Command::Schema(arguments) => schema::run(arguments),
            Command::Run(arguments) => run::run(arguments),
            Command::Survival(arguments) => survival::run(arguments),
            Command::Timecourse(arguments) => timecourse::run(arguments),
        }
    }
}

/// Exit status: 0 success (warnings included), 1 an error in the data, 2 bad use.
fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = cli.command.run().and_then(|output| Ok(output.write(cli.format)?));
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}
