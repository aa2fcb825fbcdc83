//! `onset network`: many treatments, compared directly and through one another.

mod answer;
mod read;

use crate::output::Output;
use clap::{Args, ValueEnum};
use onset::data::Diagnostic;
use onset::effects::Measure;
use onset::models::network::{
    NetworkMethod, NetworkOptions, SmallValues, contribution, network_meta, rankogram,
};
use std::path::PathBuf;

/// Arguments of `onset network`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// CSV table with a header: one arm a row, or one contrast a row
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub arms: ArmArgs,
    #[command(flatten)]
    pub contrasts: ContrastArgs,
    /// Treatment that the first table compares with [default: the first in byte order]
    #[arg(long, value_name = "TREATMENT")]
    pub reference: Option<String>,
    /// Estimator of tau2: REML, DL or ML
    #[arg(long, value_name = "METHOD", default_value = "REML", value_parser = method)]
    pub method: NetworkMethod,
    /// What a small value means, for ranking
    #[arg(long, value_enum, default_value_t = Small::Desirable)]
    pub small_values: Small,
    /// How contributions are cut into streams
    #[arg(long, value_enum, default_value_t = Streams::Randomwalk)]
    pub contribution: Streams,
    /// Draws behind a table of ranks [default: none]
    #[arg(long, value_name = "DRAWS", default_value_t = 0)]
    pub rankogram: usize,
    /// Seed of the draws
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Level of intervals
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = level)]
    pub level: f64,
}

/// One arm a row.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Arm-level table")]
pub struct ArmArgs {
    /// Column of studies
    #[arg(long, value_name = "COLUMN")]
    pub study: Option<String>,
    /// Column of treatments
    #[arg(long, value_name = "COLUMN")]
    pub treat: Option<String>,
    /// Column of people with the event
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["mean", "sd"])]
    pub events: Option<String>,
    /// Column of sizes of arms
    #[arg(long, value_name = "COLUMN")]
    pub n: Option<String>,
    /// Column of means
    #[arg(long, value_name = "COLUMN", requires = "sd")]
    pub mean: Option<String>,
    /// Column of standard deviations
    #[arg(long, value_name = "COLUMN", requires = "mean")]
    pub sd: Option<String>,
    /// Effect measure, such as OR, RR, RD, MD, SMD [default: OR of events, MD of means]
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    pub measure: Option<Measure>,
}

/// One contrast a row.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Contrast-level table")]
pub struct ContrastArgs {
    /// Column of studies
    #[arg(long, value_name = "COLUMN", conflicts_with = "study")]
    pub studlab: Option<String>,
    /// Column of first treatments
    #[arg(long, value_name = "COLUMN", requires = "studlab")]
    pub treat1: Option<String>,
    /// Column of second treatments
    #[arg(long, value_name = "COLUMN", requires = "studlab")]
    pub treat2: Option<String>,
    /// Column of estimates, first minus second, on the analysis scale
    #[arg(long, value_name = "COLUMN", requires = "studlab")]
    pub te: Option<String>,
    /// Column of their standard errors
    #[arg(long, value_name = "COLUMN", requires = "studlab")]
    pub sete: Option<String>,
}

/// What a small value of the outcome means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Small {
    /// Lower is better
    Desirable,
    /// Lower is worse
    Undesirable,
}

/// How the flow of evidence is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Streams {
    /// All paths, as a random walk takes them
    Randomwalk,
    /// No contributions
    None,
}

fn method(code: &str) -> Result<NetworkMethod, String> {
    NetworkMethod::from_code(code).ok_or_else(|| "allowed: REML, DL, ML".to_owned())
}

fn measure(code: &str) -> Result<Measure, String> {
    Measure::from_code(code).ok_or_else(|| format!("unknown measure '{code}'"))
}

fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|x: &f64| *x > 0.0 && *x < 1.0);
    level.ok_or_else(|| "a share between 0 and 1 is needed, such as 0.95".to_owned())
}

/// League matrices, ranks, splits and contributions.
///
/// # Errors
/// `usage`, and what is wrong with the rows.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let file = arguments
        .file
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let read = read::network(arguments)?;
    let (network, mut warnings) = (read.value, read.warnings);
    let refused = |error: onset::models::network::NetworkError| {
        Diagnostic::error("network", error.to_string()).file(file.clone())
    };
    let reference = match &arguments.reference {
        None => 0,
        Some(name) => network
            .treatments()
            .iter()
            .position(|t| t == name)
            .ok_or_else(|| {
                crate::arguments::usage("--reference is not a treatment of the table")
                    .found(name)
                    .allowed(network.treatments().join(", "))
            })?,
    };
    let small_values = match arguments.small_values {
        Small::Desirable => SmallValues::Desirable,
        Small::Undesirable => SmallValues::Undesirable,
    };
    let options = NetworkOptions {
        method: arguments.method,
        small_values,
        level: arguments.level,
    };
    let nma = network_meta(&network, &options).map_err(&refused)?;
    warnings.extend(nma.warnings);
    let nma = nma.value;
    let mut contributions = Vec::new();
    if arguments.contribution == Streams::Randomwalk {
        for tau2 in [0.0, nma.tau2] {
            contributions.push(contribution(&network, tau2).map_err(&refused)?);
        }
        if contributions.iter().any(Option::is_none) {
            let message = "A study of several arms has a negative weight: its contributions are not defined";
            warnings.push(Diagnostic::warning("no_contribution", message));
        }
    }
    let ranks = rankogram(
        &network,
        nma.tau2,
        small_values,
        arguments.rankogram,
        arguments.seed,
    )
    .map_err(&refused)?;
    let (answer, sheets) = answer::answer(
        &nma,
        reference,
        arguments.method,
        &contributions,
        ranks,
        arguments.level,
    );
    Output::new(&answer, sheets, warnings)
}
