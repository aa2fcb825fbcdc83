//! `onset multilevel`: effects that share studies, outcomes, times or groups.

mod answer;
mod extras;
mod fit;
mod groups;
mod sheets;
mod vcov;

use crate::arguments::{EffectArgs, level};
use crate::output::Output;
use clap::Args;
use onset::data::Diagnostic;
use onset::models::multilevel::{Likelihood, RobustType, Structure};
use std::path::PathBuf;

/// Arguments of `onset multilevel`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub effects: EffectArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// Likelihood that is maximised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodArg(pub Likelihood);

/// How the effects depend on one another.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Random intercepts: a/b/c for a, b within a, c within both; a+b for crossed groups
    #[arg(long, value_name = "COLUMNS")]
    pub random: Option<String>,
    /// Column of the inner levels of a structured random effect
    #[arg(long, value_name = "COLUMN", requires = "outer")]
    pub inner: Option<String>,
    /// Column of the groups within which the inner levels are correlated
    #[arg(long, value_name = "COLUMN", requires = "inner")]
    pub outer: Option<String>,
    /// Covariance of the inner levels: ID DIAG CS HCS UN AR HAR CAR
    #[arg(long = "struct", value_name = "CODE", default_value = "CS", value_parser = structure)]
    pub structure: Structure,
    /// REML or ML
    #[arg(long, value_name = "METHOD", default_value = "REML", value_parser = method)]
    pub method: MethodArg,
    /// Moderators: columns, factor(column), poly2(column) (powers), rcs4(column) (restricted cubic spline, 3 to 7 knots),
    /// column:column
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub mods: Vec<String>,
    /// Leave the intercept out
    #[arg(long, requires = "mods")]
    pub no_intercept: bool,
    /// One correlation of sampling errors within a cluster
    #[arg(long, value_name = "R", value_parser = correlation, allow_negative_numbers = true,
          requires = "cluster", conflicts_with_all = ["phi", "vcov"])]
    pub rho: Option<f64>,
    /// Correlation of sampling errors within a cluster one unit of --time apart
    #[arg(long, value_name = "P", value_parser = decay, allow_negative_numbers = true,
          requires_all = ["cluster", "time"], conflicts_with = "vcov")]
    pub phi: Option<f64>,
    /// Column of times, with --phi
    #[arg(long, value_name = "COLUMN", requires = "phi")]
    pub time: Option<String>,
    /// CSV of the whole sampling covariance: as many rows and columns as FILE has data rows, no header
    #[arg(long, value_name = "FILE")]
    pub vcov: Option<PathBuf>,
    /// Column of clusters, for --rho, --phi and --robust
    #[arg(long, value_name = "COLUMN")]
    pub cluster: Option<String>,
    /// Cluster-robust standard errors: CR0 CR1 CR2 CR3, by --cluster [default: the outermost grouping]
    #[arg(long, value_name = "TYPE", value_parser = robust)]
    pub robust: Option<RobustType>,
    /// Confidence level
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = level)]
    pub level: f64,
    /// Leave out the profile-likelihood intervals of variances and correlations
    #[arg(long)]
    pub no_intervals: bool,
    /// Wild cluster bootstrap of the moderators (else of the mean), so many replicates
    #[arg(long, value_name = "NUMBER", requires = "robust", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub wild: Option<u32>,
    /// Seed of the bootstrap
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// The model again at other correlations within clusters, such as 0.2,0.4,0.8
    #[arg(long, value_name = "R,R", value_delimiter = ',', value_parser = correlation, requires = "rho",
          allow_negative_numbers = true)]
    pub rho_band: Vec<f64>,
    /// Prediction interval for the true effect of a new group
    #[arg(long)]
    pub predict: bool,
    /// Predicted random effects
    #[arg(long)]
    pub blup: bool,
    /// Likelihood-ratio test of each random effect
    #[arg(long)]
    pub lrt: bool,
    /// The model without each cluster, Cook's distances, and hat values
    #[arg(long)]
    pub influence: bool,
}

fn structure(code: &str) -> Result<Structure, String> {
    Structure::from_code(code).ok_or_else(|| "allowed: ID, DIAG, CS, HCS, UN, AR, HAR, CAR".to_owned())
}

fn method(code: &str) -> Result<MethodArg, String> {
    [Likelihood::Reml, Likelihood::Ml]
        .into_iter()
        .find(|method| method.code().eq_ignore_ascii_case(code))
        .map(MethodArg)
        .ok_or_else(|| "allowed: REML, ML".to_owned())
}

fn robust(code: &str) -> Result<RobustType, String> {
    RobustType::from_code(code).ok_or_else(|| "allowed: CR0, CR1, CR2, CR3".to_owned())
}

fn correlation(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|r: &f64| r.abs() < 1.0);
    found.ok_or_else(|| "a correlation between -1 and 1 is needed, such as 0.6".to_owned())
}

fn decay(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|r: &f64| (0.0..1.0).contains(r));
    found.ok_or_else(|| "a correlation from 0 to below 1 is needed, such as 0.8".to_owned())
}

/// Fits the model.
///
/// # Errors
/// Those of loading the effects, `usage` for flags that do not fit together, and what the model refuses.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let (answer, warnings) = fit::fit(arguments)?;
    Output::new(&answer, sheets::sheets(&answer), warnings)
}
