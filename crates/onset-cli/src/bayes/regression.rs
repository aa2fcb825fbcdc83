//! `onset bayes --mods`: meta-regression with a prior on tau.

use super::{Arguments, Entry, HEADERS, row, shrinkage};
use crate::arguments::usage;
use crate::load::LoadedEffects;
use crate::output::{Cell, Output, Sheet};
use crate::pool::fit::{design, missing_moderators};
use onset::data::Diagnostic;
use onset::models::bayes::{BayesRegression, MuPrior, RegressionOptions, Summary, bayes_regress};
use serde::Serialize;

/// The prior of one coefficient, or of all but the intercept.
#[derive(Debug, Clone, PartialEq)]
pub struct BetaPrior {
    /// Coefficient as printed.
    name: Option<String>,
    prior: MuPrior,
}

/// Reads `normal:0:1` or `age=normal:0:0.1`.
pub fn beta_prior(text: &str) -> Result<BetaPrior, String> {
    let (name, code) = match text.rsplit_once('=') {
        Some((name, code)) => (Some(name.trim().to_owned()), code),
        None => (None, text),
    };
    let prior = MuPrior::from_code(code).map_err(|error| error.to_string())?;
    Ok(BetaPrior { name, prior })
}

#[derive(Serialize)]
struct Answer {
    k: usize,
    tau_prior: String,
    level: f64,
    threshold: f64,
    coefficients: Vec<Coefficient>,
    tau: Summary,
    predicted: Vec<Predicted>,
    shrinkage: Vec<Entry>,
    log_marginal: Option<f64>,
}

#[derive(Serialize)]
struct Coefficient {
    name: String,
    /// In the unit of the effect for one unit of the column.
    prior: String,
    #[serde(flatten)]
    posterior: Summary,
    prob_negative: f64,
    prob_positive: f64,
}

/// At the moderators of one row; nulls where it left the fit.
#[derive(Serialize)]
struct Predicted {
    label: String,
    mean: Option<f64>,
    sd: Option<f64>,
    median: Option<f64>,
    shortest: Option<(f64, f64)>,
    central: Option<(f64, f64)>,
    prob_beyond: Option<f64>,
    prediction: Option<Summary>,
    prob_beyond_predictive: Option<f64>,
}

/// Fits the regression.
///
/// # Errors
/// Those of the design; `usage` for priors of coefficients that are not there; what the model refuses.
pub fn run(
    arguments: &Arguments,
    loaded: &LoadedEffects,
    mut warnings: Vec<Diagnostic>,
    refused: &dyn Fn(&dyn std::fmt::Display) -> Diagnostic,
) -> Result<Output, Diagnostic> {
    let built = design(
        loaded,
        &arguments.mods,
        !arguments.no_intercept,
        &loaded.complete(),
    )?;
    missing_moderators(loaded, &built, &mut warnings);
    if built.rows.is_empty() {
        return Err(refused(
            &"no row holds an effect, a variance above 0 and every moderator",
        ));
    }
    let effects = loaded.effects(&built.rows)?;
    let options = RegressionOptions {
        tau_prior: arguments.tau_prior,
        priors: priors(arguments, built.design.names())?,
        level: arguments.level,
        threshold: arguments.threshold,
    };
    let fit = bayes_regress(&effects, &built.design, &options).map_err(|error| refused(&error))?;
    if fit.tau.sd.is_none() || fit.coefficients.iter().any(|c| c.sd.is_none()) {
        warnings.push(super::heavy_tail());
    }
    let coefficients = fit.names.iter().enumerate().map(|(j, name)| Coefficient {
        name: name.clone(),
        prior: options.priors[j].code(),
        posterior: fit.coefficients[j],
        prob_negative: fit.prob_negative[j],
        prob_positive: fit.prob_positive[j],
    });
    let answer = Answer {
        k: fit.k,
        tau_prior: options.tau_prior.code(),
        level: options.level,
        threshold: options.threshold,
        coefficients: coefficients.collect(),
        tau: fit.tau,
        predicted: predicted(loaded, &built.rows, &fit),
        shrinkage: shrinkage(loaded, &built.rows, &fit.shrinkage),
        log_marginal: fit.log_marginal,
    };
    Output::new(&answer, sheets(&answer), warnings)
}

/// One prior a coefficient: `--mu-prior` on the intercept, `--beta-prior` on the others, by name where it is given one.
fn priors(arguments: &Arguments, names: &[String]) -> Result<Vec<MuPrior>, Diagnostic> {
    let intercept = !arguments.no_intercept;
    if !intercept && arguments.mu_prior != MuPrior::Flat {
        return Err(usage(
            "--mu-prior holds the intercept, which --no-intercept leaves out: give --beta-prior",
        ));
    }
    let is_intercept = |j: usize| intercept && j == 0;
    let mut priors = vec![MuPrior::Flat; names.len()];
    for (j, prior) in priors.iter_mut().enumerate() {
        if is_intercept(j) {
            *prior = arguments.mu_prior;
        }
    }
    let (named, general): (Vec<&BetaPrior>, Vec<&BetaPrior>) = arguments
        .beta_prior
        .iter()
        .partition(|given| given.name.is_some());
    if general.len() > 1 {
        return Err(usage(
            "--beta-prior without a name holds every slope, so it can be given once; NAME=PRIOR holds one",
        ));
    }
    for given in general {
        let slopes = (0..names.len()).filter(|&j| !is_intercept(j));
        slopes.for_each(|j| priors[j] = given.prior);
    }
    let mut seen: Vec<usize> = Vec::new();
    for given in named {
        let name = given.name.as_deref().unwrap_or_default();
        let place = names.iter().position(|n| n == name);
        let place = place.filter(|&j| !is_intercept(j)).ok_or_else(|| {
            let slopes: Vec<&str> = names
                .iter()
                .skip(usize::from(intercept))
                .map(String::as_str)
                .collect();
            usage("--beta-prior NAME=PRIOR names no coefficient of a moderator")
                .found(name)
                .allowed(slopes.join(", "))
        })?;
        if seen.contains(&place) {
            return Err(usage(format!("--beta-prior gives '{name}' two priors")));
        }
        seen.push(place);
        priors[place] = given.prior;
    }
    Ok(priors)
}

fn predicted(loaded: &LoadedEffects, rows: &[usize], fit: &BayesRegression) -> Vec<Predicted> {
    let absent = |label: &str| Predicted {
        label: label.to_owned(),
        mean: None,
        sd: None,
        median: None,
        shortest: None,
        central: None,
        prob_beyond: None,
        prediction: None,
        prob_beyond_predictive: None,
    };
    let mut entries: Vec<Predicted> = loaded.rows.iter().map(|row| absent(&row.label)).collect();
    for (&row, at) in rows.iter().zip(&fit.predicted) {
        if let Some(entry) = entries.get_mut(row) {
            entry.mean = at.mean.mean;
            entry.sd = at.mean.sd;
            entry.median = Some(at.mean.median);
            entry.shortest = Some(at.mean.shortest);
            entry.central = Some(at.mean.central);
            entry.prob_beyond = Some(at.prob_beyond);
            entry.prediction = Some(at.new_study);
            entry.prob_beyond_predictive = Some(at.prob_beyond_predictive);
        }
    }
    entries
}

fn sheets(answer: &Answer) -> Vec<Sheet> {
    let title = format!("{} studies, tau ~ {}", answer.k, answer.tau_prior);
    let mut headers = HEADERS.to_vec();
    headers.extend(["below_0", "prior"]);
    let mut main = Sheet::new(&title, &headers);
    for coefficient in &answer.coefficients {
        let mut cells = row(&coefficient.name, &coefficient.posterior);
        cells.extend([
            coefficient.prob_negative.into(),
            coefficient.prior.as_str().into(),
        ]);
        main.push(cells);
    }
    let mut tau = row("tau", &answer.tau);
    tau.extend([None::<f64>.into(), answer.tau_prior.as_str().into()]);
    main.push(tau);
    let mut numbers = Sheet::new("", &["what", "value"]);
    numbers.push(vec!["log marginal likelihood".into(), answer.log_marginal.into()]);
    let mut means = Sheet::new(
        "At the moderators of each study",
        &[
            "label",
            "mean",
            "sd",
            "lower",
            "upper",
            "new_lower",
            "new_upper",
            "beyond",
            "new_beyond",
        ],
    );
    for entry in &answer.predicted {
        let new = entry.prediction.map(|p| p.central);
        let cells: Vec<Cell> = vec![
            entry.label.as_str().into(),
            entry.mean.into(),
            entry.sd.into(),
            entry.central.map(|c| c.0).into(),
            entry.central.map(|c| c.1).into(),
            new.map(|c| c.0).into(),
            new.map(|c| c.1).into(),
            entry.prob_beyond.into(),
            entry.prob_beyond_predictive.into(),
        ];
        means.push(cells);
    }
    vec![main, numbers, means, super::true_effects(&answer.shrinkage)]
}
