//! `onset pool`: one mean, subgroups, or a meta-regression.

pub mod answer;
mod chosen;
pub mod compat;
mod counts;
pub mod fit;
pub mod flags;
pub mod sheets;
mod weights;

use crate::arguments::{EffectArgs, level, usage};
use crate::load::load;
use crate::output::Output;
use clap::{Args, ValueEnum};
use onset::data::Diagnostic;
use onset::models::counts::GlmmModel;
use onset::models::pool::{Method, PredictionKind, Tau2IntervalKind, Test};

/// Arguments of `onset pool`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub effects: EffectArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// Confidence level when none is given.
pub const LEVEL: f64 = 0.95;

/// One true effect or a distribution of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// One true effect, weights 1/v: the same as --method FE
    Common,
    /// A distribution of true effects
    Random,
}

/// How the effects are pooled.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Common effect or random effects [default: random]
    #[arg(long, value_enum)]
    pub model: Option<Model>,
    /// Estimator of tau2 (REML DL HE HS HSk SJ ML EB PM PMM DLIT SJIT GENQ GENQM), FE, EE or CE for the
    /// common effect, MH (Mantel-Haenszel), PETO, GLMM (with --glmm), BB
    /// (beta-binomial) or FIRTH (penalised logistic) [default: REML]
    #[arg(long, value_name = "METHOD", value_parser = method)]
    pub method: Option<MethodArg>,
    /// With --method GLMM: UM.FS (fixed study levels), UM.RS (random levels), CM.EL (exact conditional) or CM.AL
    /// (its binomial approximation); measures OR and IRR. PLO and IRLN have one group and take no --glmm
    /// [default: UM.FS]
    #[arg(long, value_name = "MODEL", value_parser = glmm)]
    pub glmm: Option<GlmmModel>,
    /// z, t, knha (Hartung-Knapp), adhoc (floored at 1) or kr (Kenward-Roger) [default: knha from three
    /// studies where tau2 > 0, else z]
    #[arg(long, value_name = "TEST", value_parser = test)]
    pub test: Option<Test>,
    /// Interval of tau2: QP, GENQ, PL, J, BJ or none [default: QP, or PL with --method GLMM]
    #[arg(long = "tau2-ci", value_name = "TYPE", value_parser = tau2_ci)]
    pub tau2_ci: Option<Tau2CiArg>,
    /// Prediction interval: HTS, V, HK, HK-PR, KR, KR-PR, NNF or S; with --mods one for the moderators of every
    /// study [default: from five studies, t with k - 1 df and the standard error of the test; none with --mods]
    #[arg(long, value_name = "TYPE", value_parser = prediction)]
    pub predict_type: Option<PredictionKind>,
    /// Probability of a new study's true effect, and share of true effects, above and below this number on the
    /// analysis scale
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// Confidence level
    #[arg(long, value_name = "SHARE", default_value_t = LEVEL, value_parser = level)]
    pub level: f64,
    /// Moderators: columns, factor(column), poly2(column) (powers), rcs4(column) (restricted cubic spline, 3 to 7 knots),
    /// column:column
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        conflicts_with = "subgroup"
    )]
    pub mods: Vec<String>,
    /// Leave the intercept out of the meta-regression
    #[arg(long, requires = "mods")]
    pub no_intercept: bool,
    /// Column of weights for the mean or the coefficients, 0 or more, in the place of 1/(v + tau2); tau2 is estimated
    /// as always, but by GENQ and GENQM with these weights
    #[arg(long, value_name = "COLUMN", conflicts_with = "unweighted")]
    pub weights: Option<String>,
    /// The same weight for every study
    #[arg(long)]
    pub unweighted: bool,
    /// Joint test of some coefficients beside the test of all moderators: names, terms as in --mods, or positions from
    /// 1 with the intercept counted (2,3 or 2:3), with commas between; again for another test
    #[arg(long, value_name = "COEFFICIENTS", requires = "mods")]
    pub btt: Vec<String>,
    /// Linear hypothesis about coefficients, such as "a=1,b=-1" for a - b = 0; again for another one
    #[arg(
        long,
        value_name = "HYPOTHESIS",
        requires = "mods",
        allow_hyphen_values = true
    )]
    pub contrast: Vec<String>,
    /// Moderators of tau2 (location-scale model, log link)
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        conflicts_with = "subgroup"
    )]
    pub scale: Vec<String>,
    /// Column of subgroups, with inverse variance, MH or PETO
    #[arg(long, value_name = "COLUMN")]
    pub subgroup: Option<String>,
    /// One tau2 for all subgroups [default: each its own]
    #[arg(long, requires = "subgroup")]
    pub common_tau2: bool,
    /// With --method MH: add to the cells before pooling, as --add and --to say
    #[arg(long)]
    pub mh_add: bool,
    /// Seed of everything drawn at random (the bootstrap behind --predict-type NNF, simulated envelopes,
    /// random subsets and orders)
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

/// What `--method` may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MethodArg {
    /// Inverse variance, with the code as written.
    Inverse(Method, &'static str),
    /// Mantel-Haenszel.
    MantelHaenszel,
    /// Peto.
    Peto,
    /// Generalised linear mixed model.
    Glmm,
    /// Beta-binomial.
    BetaBinomial,
    /// Penalised logistic regression.
    Firth,
}

/// What `--tau2-ci` may be.
pub type Tau2CiArg = Choice<Tau2IntervalKind>;

/// A kind, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice<T>(pub Option<T>);

fn method(code: &str) -> Result<MethodArg, String> {
    if let Some(&known) = Method::codes().iter().find(|c| c.eq_ignore_ascii_case(code)) {
        return Method::from_code(known)
            .map(|m| MethodArg::Inverse(m, known))
            .ok_or_else(String::new);
    }
    match code.to_ascii_uppercase().as_str() {
        "MH" => Ok(MethodArg::MantelHaenszel),
        "PETO" => Ok(MethodArg::Peto),
        "GLMM" => Ok(MethodArg::Glmm),
        "BB" => Ok(MethodArg::BetaBinomial),
        "FIRTH" => Ok(MethodArg::Firth),
        _ => Err(format!(
            "unknown method '{code}'; allowed: {} MH PETO GLMM BB FIRTH",
            Method::codes().join(" ")
        )),
    }
}

fn glmm(code: &str) -> Result<GlmmModel, String> {
    GlmmModel::from_code(&code.to_ascii_uppercase())
        .ok_or_else(|| "allowed: UM.FS, UM.RS, CM.EL, CM.AL".to_owned())
}

fn test(code: &str) -> Result<Test, String> {
    Test::from_code(code).ok_or_else(|| "allowed: z, t, knha, adhoc, kr".to_owned())
}

fn tau2_ci(code: &str) -> Result<Tau2CiArg, String> {
    if code.eq_ignore_ascii_case("none") {
        return Ok(Choice(None));
    }
    let kind = Tau2IntervalKind::from_code(code).ok_or("allowed: QP, GENQ, PL, J, BJ, none")?;
    Ok(Choice(Some(kind)))
}

fn prediction(code: &str) -> Result<PredictionKind, String> {
    PredictionKind::from_code(code).ok_or_else(|| "allowed: HTS, V, HK, HK-PR, KR, KR-PR, NNF, S".to_owned())
}

impl ModelArgs {
    /// The interval of tau2 to compute.
    pub fn tau2_interval(&self) -> Option<Tau2IntervalKind> {
        self.tau2_ci
            .map_or(Some(Tau2IntervalKind::QProfile), |chosen| chosen.0)
    }

    /// Whether the coefficients have other weights than those of the method.
    pub fn own_weights(&self) -> bool {
        self.weights.is_some() || self.unweighted
    }

    /// The interval of tau2 that was asked for by name.
    pub fn tau2_kind(&self) -> Option<Tau2IntervalKind> {
        self.tau2_ci.and_then(|chosen| chosen.0)
    }

    /// The method, once `--model` and `--method` agree.
    ///
    /// # Errors
    /// `usage`.
    pub fn method(&self) -> Result<MethodArg, Diagnostic> {
        let common = MethodArg::Inverse(Method::Common, "FE");
        if self.glmm.is_some() && self.method != Some(MethodArg::Glmm) {
            return Err(usage(
                "--glmm chooses the model of --method GLMM, which was not given",
            ));
        }
        match (self.model, self.method) {
            (Some(Model::Common), None) => Ok(common),
            (Some(Model::Common), Some(MethodArg::Inverse(Method::Random(_), code))) => Err(usage(format!(
                "--model common has no tau2, so --method {code} cannot be used with it"
            ))),
            (Some(Model::Random), Some(MethodArg::Inverse(Method::Common, code))) => Err(usage(format!(
                "--method {code} is the common-effect model, not --model random"
            ))),
            (_, Some(method)) => Ok(method),
            (_, None) => Ok(MethodArg::Inverse(Method::default(), Method::default().code())),
        }
    }
}

/// Pools the effects of the table.
///
/// # Errors
/// Those of [`load`], `usage` for flags that do not fit together, and what the models refuse.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let loaded = load(&arguments.effects)?;
    let mut warnings = loaded.warnings;
    let answer = fit::fit(&loaded.value, &arguments.effects, &arguments.model, &mut warnings)?;
    Output::new(&answer, sheets::sheets(&answer), warnings)
}
