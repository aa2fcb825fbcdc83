//! `onset smallstudy`: tests of small-study effects, adjusted estimates, selection models.

mod answer;
mod figures;
mod gather;
mod sheets;

use crate::arguments::{EffectArgs, level, usage};
use crate::load::load;
use crate::output::Output;
use clap::{Args, ValueEnum};
use onset::data::Diagnostic;
use onset::models::pool::Method;
use onset::models::smallstudy::selection::{Side, WeightFunction};
use std::path::PathBuf;

/// Arguments of `onset smallstudy`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub effects: EffectArgs,
    #[command(flatten)]
    pub model: SmallStudyArgs,
    /// Write the funnel and the Copas model's line as SVG files into this folder
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
}

/// What is fitted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct SmallStudyArgs {
    /// Selection model: stepfun:0.025,... (cut points of the p-value), beta, halfnorm, negexp, logistic or
    /// power; may be repeated [default: none]
    #[arg(long, value_name = "MODEL", value_parser = function)]
    pub selection: Vec<WeightFunction>,
    /// Favoured direction: p-values one-sided (greater, less) or two-sided (two) [default: the sign of the
    /// pooled effect]
    #[arg(long, value_enum)]
    pub side: Option<SideArg>,
    /// Given selection weights, 1 first, for the single --selection model [default: estimated]
    #[arg(long, value_name = "WEIGHTS", value_delimiter = ',', requires = "selection")]
    pub delta: Vec<f64>,
    /// Keep every weight of a step function at 1 or below
    #[arg(long, requires = "selection", conflicts_with = "delta")]
    pub delta_at_most_one: bool,
    /// Estimator of tau2, or FE
    #[arg(long, value_name = "METHOD", default_value = "REML", value_parser = method)]
    pub method: Method,
    /// Confidence level
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = level)]
    pub level: f64,
}

/// Sides on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// Positive effects are favoured
    Greater,
    /// Negative effects are favoured
    Less,
    /// Significance in either direction is favoured
    Two,
}

impl From<SideArg> for Side {
    fn from(side: SideArg) -> Side {
        match side {
            SideArg::Greater => Side::Greater,
            SideArg::Less => Side::Less,
            SideArg::Two => Side::Two,
        }
    }
}

fn function(text: &str) -> Result<WeightFunction, String> {
    if let Some(smooth) = WeightFunction::smooth(text) {
        return Ok(smooth);
    }
    let Some(steps) = text.strip_prefix("stepfun:") else {
        return Err(format!(
            "allowed: stepfun:0.025,... {}",
            WeightFunction::CODES[1..].join(" ")
        ));
    };
    let numbers: Result<Vec<f64>, _> = steps.split(',').map(|step| step.trim().parse()).collect();
    let numbers = numbers.map_err(|_| "stepfun takes numbers between 0 and 1, such as stepfun:0.025,0.5")?;
    WeightFunction::steps(&numbers).map_err(|error| error.to_string())
}

fn method(code: &str) -> Result<Method, String> {
    let known = Method::codes();
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(code));
    found
        .and_then(|code| Method::from_code(code))
        .ok_or_else(|| format!("allowed: {}", known.join(" ")))
}

/// Tests and adjusts the effects of the table.
///
/// # Errors
/// Those of [`load`], `usage` for flags that do not fit together, and `model_refused` below three studies.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let model = &arguments.model;
    if !model.delta.is_empty() && model.selection.len() != 1 {
        return Err(usage(
            "--delta belongs to one --selection model, and there are several",
        ));
    }
    if let (false, [function]) = (model.delta.is_empty(), model.selection.as_slice()) {
        let needed = function.deltas();
        if model.delta.len() != needed {
            return Err(usage(format!(
                "--delta has {} weights, and --selection {} needs {needed}, one for each interval, 1 first",
                model.delta.len(),
                function.code()
            )));
        }
    }
    let loaded = load(&arguments.effects)?;
    let mut warnings = loaded.warnings;
    let mut answer = gather::gather(&loaded.value, model, &mut warnings)?;
    if let Some(dir) = &arguments.figures {
        let panels = figures::panels(&answer, loaded.value.measure);
        answer.figures = Some(crate::figures::write(dir, &panels)?);
    }
    Output::new(&answer, sheets::sheets(&answer), warnings)
}
