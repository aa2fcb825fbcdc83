//! `onset permute`: permutation tests of a pooled mean or a meta-regression.

use crate::arguments::{EffectArgs, usage};
use crate::diagnose::problem::{Problem, check_flags};
use crate::load::load;
use crate::output::{Cell, Output, Sheet};
use crate::pool::ModelArgs;
use crate::pool::fit::{fit, refused_regression};
use clap::Args;
use onset::data::Diagnostic;
use onset::models::permute::{Draws, PermuteError, Permuted, permute};
use serde::Serialize;

/// Arguments of `onset permute`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub effects: EffectArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Random arrangements, or 'exact' for all [default: all up to 10,000, else 10,000 random ones]
    #[arg(long, value_name = "NUMBER", value_parser = iterations)]
    pub iterations: Option<Draws>,
}

fn iterations(text: &str) -> Result<Draws, String> {
    if text.eq_ignore_ascii_case("exact") {
        return Ok(Draws::Exact);
    }
    match text.parse() {
        Ok(n) if (1..=1_000_000_000).contains(&n) => Ok(Draws::Random(n)),
        _ => Err("a whole number from 1 to 1000000000, or exact".to_owned()),
    }
}

/// What `onset permute` answers.
#[derive(Debug, Serialize)]
struct Answer {
    /// In coefficient order.
    p: Vec<f64>,
    p_moderators: Option<f64>,
    iterations: u64,
    exact: bool,
    k: usize,
    method: String,
    /// The statistic permuted.
    test: &'static str,
    coefficients: Vec<Coefficient>,
    /// Moderators against the largest statistic of any of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    multiplicity: Option<Vec<Adjusted>>,
}

#[derive(Debug, Serialize)]
struct Coefficient {
    name: String,
    estimate: f64,
    p: f64,
    /// Without permutation, under the test of `onset pool`.
    p_model: f64,
}

#[derive(Debug, Serialize)]
struct Adjusted {
    name: String,
    p: f64,
}

/// Permutes signs, or the rows of the design.
///
/// # Errors
/// Those of `onset pool`; `usage` for flags without a permutation test.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    check_flags(&arguments.model)?;
    for (flag, given) in [
        ("--tau2-ci", arguments.model.tau2_kind().is_some()),
        ("--predict-type", arguments.model.predict_type.is_some()),
        ("--threshold", arguments.model.threshold.is_some()),
        ("--btt", !arguments.model.btt.is_empty()),
        ("--contrast", !arguments.model.contrast.is_empty()),
        ("--level", arguments.model.level != crate::pool::LEVEL),
    ] {
        if given {
            return Err(usage(format!(
                "a permutation test gives p-values only, so {flag} cannot be used with it"
            ))
            .hint("onset pool takes the same flags"));
        }
    }
    let loaded = load(&arguments.effects)?;
    let mut warnings = loaded.warnings;
    let full = fit(&loaded.value, &arguments.effects, &arguments.model, &mut warnings)?;
    let problem = Problem::new(&loaded.value, &arguments.model)?;
    let draws = arguments.iterations.unwrap_or_default();
    let seed = arguments.model.seed;
    let design = problem.design.as_ref();
    let found = permute(&problem.effects, design, &problem.options, draws, seed)
        .map_err(|error| refused(&problem, error))?;
    let answer = answer(full, &found);
    let sheet = sheet(&answer, &found);
    Output::new(&answer, vec![sheet], warnings)
}

fn refused(problem: &Problem, error: PermuteError) -> Diagnostic {
    match error {
        PermuteError::Regress(error) => refused_regression(problem.loaded, &error),
        other => usage(other.to_string()),
    }
}

fn answer(full: crate::pool::answer::Answer, found: &Permuted) -> Answer {
    let coefficients = full.coefficients.into_iter().zip(&found.p);
    let coefficients: Vec<Coefficient> = coefficients
        .map(|(c, &p)| Coefficient {
            name: c.name,
            estimate: c.mean.estimate,
            p,
            p_model: c.mean.p,
        })
        .collect();
    let adjusted = coefficients.iter().zip(&found.p_adjusted).filter_map(|(c, p)| {
        Some(Adjusted {
            name: c.name.clone(),
            p: (*p)?,
        })
    });
    Answer {
        p: found.p.clone(),
        p_moderators: found.p_moderators,
        iterations: found.iterations,
        exact: found.exact,
        k: full.k,
        method: full.method,
        test: found.test.code(),
        multiplicity: found.p_moderators.map(|_| adjusted.collect()),
        coefficients,
    }
}

fn sheet(answer: &Answer, found: &Permuted) -> Sheet {
    let kind = if answer.exact { "all" } else { "random" };
    let title = format!(
        "{} studies, {}: {kind} {} arrangements",
        answer.k, answer.method, answer.iterations
    );
    let mut sheet = Sheet::new(&title, &["name", "estimate", "p", "p_adjusted", "p_model"]);
    for (c, adjusted) in answer.coefficients.iter().zip(&found.p_adjusted) {
        sheet.push(vec![
            c.name.as_str().into(),
            c.estimate.into(),
            c.p.into(),
            (*adjusted).into(),
            c.p_model.into(),
        ]);
    }
    if let Some(p) = answer.p_moderators {
        sheet.push(vec![
            "moderators".into(),
            Cell::Missing,
            p.into(),
            Cell::Missing,
            Cell::Missing,
        ]);
    }
    sheet
}
