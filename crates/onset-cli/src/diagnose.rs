//! `onset diagnose`: which studies carry a pooled analysis, and which do not fit.

mod answer;
mod blocks;
mod figures;
mod gosh;
pub mod problem;
mod sheets;

use crate::arguments::{EffectArgs, usage};
use crate::load::load;
use crate::output::{Noted, Output};
use crate::pool::ModelArgs;
use crate::pool::fit::fit;
use answer::Answer;
use clap::Args;
use onset::data::Diagnostic;
use onset::models::diagnostics::{MOST_SUBSETS, Subsets};
use problem::Problem;
use std::path::PathBuf;

/// Arguments of `onset diagnose`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub effects: EffectArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Column that orders the cumulative pool [default: the order of the file]
    #[arg(long, value_name = "COLUMN")]
    pub order: Option<String>,
    /// Pool subsets of the studies: all of them (up to 22 studies), or this many at random
    #[arg(long, value_name = "all|NUMBER", value_parser = subsets)]
    pub gosh: Option<Subsets>,
    /// Write every figure as an SVG file into this folder
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
}

fn subsets(text: &str) -> Result<Subsets, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Subsets::All);
    }
    match text.parse() {
        Ok(n) if (1..=MOST_SUBSETS).contains(&n) => Ok(Subsets::Random(n)),
        _ => Err(format!("all, or a whole number from 1 to {MOST_SUBSETS}")),
    }
}

/// Fits the model and takes it apart.
///
/// # Errors
/// Those of `onset pool`; `usage` for subgroups, scale moderators and methods without inverse-variance
/// weights.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    problem::check_flags(&arguments.model)?;
    if arguments.gosh.is_some() && !arguments.model.mods.is_empty() {
        return Err(usage(
            "--gosh pools subsets around one mean, so --mods cannot be used with it",
        ));
    }
    let loaded = load(&arguments.effects)?;
    let mut warnings = loaded.warnings;
    let full = fit(&loaded.value, &arguments.effects, &arguments.model, &mut warnings)?;
    let of_full = warnings.clone();
    let problem = Problem::new(&loaded.value, &arguments.model)?;
    let order = problem::order(&problem, arguments.order.as_deref(), &mut warnings)?;
    let mut answer = Answer {
        leave_one_out: blocks::leave_one_out(&problem)?,
        cumulative: blocks::cumulative(&problem, &order)?,
        influence: blocks::influence(&problem, &mut warnings)?,
        blup: blocks::blup(&problem)?,
        baujat: blocks::baujat(&problem)?,
        radial: blocks::radial(&problem)?,
        residuals: blocks::residuals(&problem)?,
        qq: blocks::quantiles(&problem, arguments.model.seed)?,
        profile: problem.refused(onset::models::diagnostics::tau2_profile(&problem.model()))?,
        gosh: match arguments.gosh {
            Some(subsets) => Some(gosh::block(&problem, subsets, arguments.model.seed)?),
            None => None,
        },
        outlier_robust: blocks::outlier_robust(&problem)?,
        labbe: blocks::labbe(&problem, &full)?,
        full: Noted {
            value: full,
            warnings: of_full,
        },
        figures: None,
    };
    if let Some(dir) = &arguments.figures {
        let panels = figures::panels(&answer, loaded.value.measure, arguments.order.as_deref());
        answer.figures = Some(crate::figures::write(dir, &panels)?);
    }
    let sheets = sheets::sheets(&answer);
    Output::new(&answer, sheets, warnings)
}
