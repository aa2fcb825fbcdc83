//! `onset network`: many treatments, compared directly and through one another.

mod answer;
mod bayes;
mod blocks;
mod figures;
mod mantel_haenszel;
mod models;
mod read;

use crate::arguments::level;
use crate::output::Output;
use clap::{Args, ValueEnum};
use onset::data::Diagnostic;
use onset::effects::Measure;
use onset::models::network::{
    NetworkMethod, NetworkOptions, NetworkTest, SmallValues, contribution_by, intervals, network_meta,
    rankogram,
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
    /// Estimator of tau2: REML, DL or ML; or MH, Mantel-Haenszel of arms with events (OR, common effect)
    #[arg(long, value_name = "METHOD", default_value = "REML", value_parser = method)]
    pub method: Method,
    /// Confidence intervals: z, t, knha (Hartung-Knapp) or adhoc (the same, never narrower than t)
    #[arg(long, value_name = "TEST", default_value = "z", value_parser = test)]
    pub test: NetworkTest,
    /// What a small value means, for ranking
    #[arg(long, value_enum, default_value_t = Small::Desirable)]
    pub small_values: Small,
    /// How contributions are cut into streams
    #[arg(long, value_enum, default_value_t = Streams::Randomwalk)]
    pub contribution: Streams,
    /// The contributions of single studies beside those of direct comparisons: one number a study and pair
    #[arg(long)]
    pub study_shares: bool,
    /// Draws behind a table of ranks [default: none]
    #[arg(long, value_name = "DRAWS", default_value_t = 0)]
    pub rankogram: usize,
    /// Seed of the draws
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Level of intervals
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = level)]
    pub level: f64,
    #[command(flatten)]
    pub bayes: bayes::BayesArgs,
    #[command(flatten)]
    pub models: models::ModelArgs,
    /// Folder for figures (SVG): graph, league, direct against indirect, contributions; ranks with --rankogram, and the
    /// comparison-adjusted funnel with --funnel
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
}

/// How effects are pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Inverse variance, with this estimator of tau2.
    Inverse(NetworkMethod),
    /// Mantel-Haenszel.
    MantelHaenszel,
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
    /// The shortest path first
    #[value(alias = "shortest-path")]
    Shortestpath,
    /// No contributions
    None,
}

fn method(code: &str) -> Result<Method, String> {
    if code.eq_ignore_ascii_case("MH") {
        return Ok(Method::MantelHaenszel);
    }
    NetworkMethod::from_code(code)
        .map(Method::Inverse)
        .ok_or_else(|| "allowed: REML, DL, ML, MH".to_owned())
}

fn test(code: &str) -> Result<NetworkTest, String> {
    NetworkTest::from_code(code).ok_or_else(|| "allowed: z, t, knha, adhoc".to_owned())
}

fn measure(code: &str) -> Result<Measure, String> {
    Measure::from_code(code).ok_or_else(|| format!("unknown measure '{code}'"))
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
    let refused = |error: onset::models::network::NetworkError| {
        Diagnostic::error("network", error.to_string()).file(file.clone())
    };
    let small_values = match arguments.small_values {
        Small::Desirable => SmallValues::Desirable,
        Small::Undesirable => SmallValues::Undesirable,
    };
    let method = match arguments.method {
        Method::Inverse(method) => method,
        Method::MantelHaenszel => return mantel_haenszel::run(arguments, small_values, &refused),
    };
    if arguments.study_shares && arguments.contribution == Streams::None {
        return Err(crate::arguments::usage("--study-shares needs contributions")
            .found("--contribution none")
            .allowed("--contribution randomwalk|shortestpath"));
    }
    let read = read::network(arguments)?;
    let people = read.people;
    let (network, covariates, mut warnings) = (read.network, read.covariates, read.warnings);
    let reference = reference(network.treatments(), arguments.reference.as_deref())?;
    let options = NetworkOptions {
        method,
        small_values,
        level: arguments.level,
    };
    let nma = network_meta(&network, &options).map_err(&refused)?;
    warnings.extend(nma.warnings);
    let nma = nma.value;
    let streams = match arguments.contribution {
        Streams::Randomwalk => Some(onset::models::network::Streams::RandomWalk),
        Streams::Shortestpath => Some(onset::models::network::Streams::ShortestPath),
        Streams::None => None,
    };
    let mut contributions = Vec::new();
    if let Some(streams) = streams {
        for tau2 in [0.0, nma.tau2] {
            contributions.push(contribution_by(&network, tau2, streams).map_err(&refused)?);
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
    let limits = intervals(&network, nma.tau2, arguments.test, arguments.level).map_err(&refused)?;
    if limits.is_none() {
        let message = "No degrees of freedom: intervals by t do not exist";
        warnings.push(Diagnostic::warning("no_intervals", message));
    }
    let mut sheets = answer::sheets(&nma, reference, limits.as_ref());
    let setting = models::Setting {
        network: &network,
        covariates: &covariates,
        reference,
        method,
        tau2: nma.tau2,
        level: arguments.level,
    };
    let blocks = models::blocks(&arguments.models, &setting, &mut sheets, &refused)?;
    let ranking = bayes::Ranking {
        small_values,
        draws: arguments.rankogram,
        seed: arguments.seed,
    };
    let posterior = bayes::block(&arguments.bayes, &setting, &ranking, &mut sheets, &refused)?;
    let figures = match &arguments.figures {
        Some(dir) => {
            let funnel = models::funnel(&arguments.models, &setting)?;
            let drawn = figures::Drawn {
                network: &network,
                nma: &nma,
                limits: limits.as_ref(),
                contribution: contributions.last().and_then(Option::as_ref),
                ranks: ranks.as_ref(),
                funnel: funnel.as_ref().map(|(funnel, _)| funnel),
                people: &people,
                measure: read.measure,
                method,
                small_values,
                reference,
                level: arguments.level,
            };
            Some(crate::figures::write(dir, &figures::panels(&drawn))?)
        }
        None => None,
    };
    let asked = answer::Asked {
        reference,
        method,
        test: arguments.test,
        level: arguments.level,
        study_shares: arguments.study_shares,
    };
    let mut answer = answer::answer(&nma, &asked, &contributions, ranks, limits, blocks);
    answer.figures = figures;
    answer.bayes = posterior;
    Output::new(&answer, sheets, warnings)
}

/// The treatment that the first table compares with.
fn reference(treatments: &[String], name: Option<&str>) -> Result<usize, Diagnostic> {
    let Some(name) = name else { return Ok(0) };
    treatments.iter().position(|t| t == name).ok_or_else(|| {
        crate::arguments::usage("--reference is not a treatment of the table")
            .found(name)
            .allowed(treatments.join(", "))
    })
}
