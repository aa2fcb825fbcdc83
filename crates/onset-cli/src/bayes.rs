//! `onset bayes`: the normal-normal hierarchical model and meta-regression by quadrature.

mod regression;

use crate::arguments::{EffectArgs, usage};
use crate::load::{LoadedEffects, load};
use crate::output::{Cell, Output, Sheet};
use clap::{Args, ValueEnum};
use onset::data::Diagnostic;
use onset::effects::Effects;
use onset::models::bayes::{
    BayesError, BayesFactors, BiasAveraging, BiasOptions, MuPrior, Options, PriorResult, Shrunken, Summary,
    TauPrior, bayes_factors, bias_averaging, default_grid, nnhm, prior_sensitivity,
};
use onset::plot::priors::{PriorFamily, Priors};
use onset::plot::{Heading, diagnosis::Panel, priors, priors_narrow, text};
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `onset bayes`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    effects: EffectArgs,
    /// Prior on tau: halfnormal:SCALE, halfcauchy:SCALE, uniform, uniform:UPPER, jeffreys,
    /// lognormal:LOCATION:SCALE, logt:LOCATION:SCALE, rhodes2015:OUTCOME:COMPARISON or
    /// turner2015:OUTCOME:COMPARISON (such as rhodes2015:mental-health:pharm-v-placebo)
    #[arg(long, value_name = "PRIOR", value_parser = tau_prior)]
    tau_prior: TauPrior,
    /// Prior on the mean: flat or normal:MEAN:SD; with --mods on the intercept, the mean where every moderator is 0
    #[arg(long, value_name = "PRIOR", default_value = "flat", allow_hyphen_values = true, value_parser = mu_prior)]
    mu_prior: MuPrior,
    /// Moderators: columns, factor(column), poly2(column) (powers), rcs4(column) (restricted cubic spline, 3 to 7 knots),
    /// column:column
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        conflicts_with_all = ["sensitivity", "average_bias"]
    )]
    mods: Vec<String>,
    /// Leave the intercept out of the meta-regression
    #[arg(long, requires = "mods")]
    no_intercept: bool,
    /// Prior on every coefficient but the intercept, or with NAME= on that one (named as printed): flat or
    /// normal:MEAN:SD, in units of the effect for one unit of its column as it stands [default: flat]
    #[arg(long, value_name = "[NAME=]PRIOR", allow_hyphen_values = true, requires = "mods", value_parser = regression::beta_prior)]
    beta_prior: Vec<regression::BetaPrior>,
    /// Threshold of prob_beyond: the side away from 0 is counted, above it for 0
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0.0,
        allow_hyphen_values = true
    )]
    threshold: f64,
    /// Level of the intervals
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    level: f64,
    /// Fit under many priors too: half-normal, half-Cauchy and uniform, from a tenth of SCALE to ten times it
    #[arg(long, value_name = "SCALE")]
    sensitivity: Option<f64>,
    /// Scales of each family under --sensitivity
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..=2000), requires = "sensitivity")]
    scales: u16,
    /// Write the estimate under those priors as an SVG file into this folder
    #[arg(long, value_name = "DIR", requires = "sensitivity")]
    figures: Option<PathBuf>,
    /// Average 36 models of publication bias too (effect x heterogeneity x none, six weight functions, PET, PEESE): which
    /// results are published more readily
    #[arg(long, value_name = "SIGN")]
    average_bias: Option<Published>,
    /// Units of the effect in one standardised mean difference, for --average-bias (1.8138 for log odds ratios)
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, requires = "average_bias")]
    smd_unit: f64,
}

/// Results that are published more readily.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Published {
    /// Above 0
    Positive,
    /// Below 0
    Negative,
}

/// Reads `--tau-prior`.
pub fn tau_prior(code: &str) -> Result<TauPrior, String> {
    TauPrior::from_code(code).map_err(|error| error.to_string())
}

/// Reads `--mu-prior`.
pub fn mu_prior(code: &str) -> Result<MuPrior, String> {
    MuPrior::from_code(code).map_err(|error| error.to_string())
}

#[derive(Serialize)]
struct Answer {
    k: usize,
    tau_prior: String,
    mu_prior: String,
    level: f64,
    threshold: f64,
    mu: Summary,
    tau: Summary,
    predictive: Summary,
    shrinkage: Vec<Entry>,
    prob_beyond: f64,
    prob_beyond_predictive: f64,
    log_marginal: Option<f64>,
    bayes_factors: Option<BayesFactors>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitivity: Option<Vec<PriorEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bias_averaging: Option<BiasAveraging>,
}

#[derive(Serialize)]
struct Entry {
    label: String,
    mean: Option<f64>,
    sd: Option<f64>,
}

#[derive(Serialize)]
struct PriorEntry {
    tau_prior: String,
    #[serde(skip)]
    prior: TauPrior,
    mu: Summary,
    tau: Summary,
    prob_beyond: f64,
}

/// Fits the model.
///
/// # Errors
/// Those of [`load`], `usage`, and what the model refuses (`model_refused`).
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let options = options(arguments)?;
    let loaded = load(&arguments.effects)?;
    let rows = loaded.value.complete();
    let refused = |error: &dyn std::fmt::Display| {
        Diagnostic::error("model_refused", error.to_string()).file(loaded.value.table.name())
    };
    if rows.is_empty() {
        return Err(refused(&"no row holds both an effect and a variance above 0"));
    }
    if !arguments.mods.is_empty() {
        return regression::run(arguments, &loaded.value, loaded.warnings, &refused);
    }
    let effects = loaded.value.effects(&rows)?;
    let mut warnings = loaded.warnings.clone();
    let posterior = nnhm(&effects, &options).map_err(|error| refused(&error))?;
    if posterior.mu.sd.is_none() || posterior.tau.sd.is_none() || posterior.predictive.sd.is_none() {
        warnings.push(heavy_tail());
    }
    let mut answer = Answer {
        figures: None,
        k: posterior.k,
        tau_prior: options.tau_prior.code(),
        mu_prior: options.mu_prior.code(),
        level: options.level,
        threshold: options.threshold,
        mu: posterior.mu,
        tau: posterior.tau,
        predictive: posterior.predictive,
        shrinkage: shrinkage(&loaded.value, &rows, &posterior.shrinkage),
        prob_beyond: posterior.prob_beyond,
        prob_beyond_predictive: posterior.prob_beyond_predictive,
        log_marginal: posterior.log_marginal,
        bayes_factors: bayes_factors(&effects, &options.tau_prior, &options.mu_prior)
            .map_err(|error| refused(&error))?
            .filter(|found| found.effect.is_finite() && found.heterogeneity.is_finite()),
        sensitivity: sensitivity(arguments, &effects, &options, &mut warnings),
        bias_averaging: averaged(arguments, &effects).map_err(|error| refused(&error))?,
    };
    if let (Some(dir), Some(entries)) = (&arguments.figures, &answer.sensitivity) {
        let panel = prior_panel(&loaded.value, &answer, entries);
        answer.figures = Some(crate::figures::write(dir, &[panel])?);
    }
    Output::new(&answer, sheets(&answer), warnings)
}

fn heavy_tail() -> Diagnostic {
    Diagnostic::note(
        "heavy_tail",
        "the posterior falls too slowly for a mean or a standard deviation to exist: read the median and the \
         intervals, or give tau a prior with a lighter tail",
    )
}

/// The mean under every prior: one line a family.
fn prior_panel(loaded: &LoadedEffects, answer: &Answer, entries: &[PriorEntry]) -> Panel {
    let measure = loaded.measure;
    let shown = |x| crate::figures::shown(measure, x);
    let subject = crate::figures::subject(measure, answer.level, String::new());
    let mut families: Vec<PriorFamily> = ["Half-normal", "Half-Cauchy", "Uniform"]
        .map(|label| PriorFamily {
            label: label.to_owned(),
            points: Vec::new(),
        })
        .into();
    let mut excluding = 0;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for entry in entries {
        let (place, scale) = match entry.prior {
            TauPrior::HalfNormal { scale } => (0, scale),
            TauPrior::HalfCauchy { scale } => (1, scale),
            TauPrior::Uniform { upper } => (2, upper),
            _ => continue,
        };
        let (lower, upper) = entry.mu.central;
        excluding += usize::from(lower > 0.0 || upper < 0.0);
        (low, high) = (low.min(entry.mu.median), high.max(entry.mu.median));
        if let Some(family) = families.get_mut(place) {
            let interval = crate::figures::interval(measure, entry.mu.median, lower, upper);
            family.points.push((scale, interval));
        }
    }
    let number = |x: f64| text::value(shown(x), subject.effect.scale);
    let title = format!(
        "Under {excluding} of {} priors the interval lies on one side of no effect",
        entries.len()
    );
    let medians = format!("the median lies from {} to {}", number(low), number(high));
    let input = Priors {
        heading: Heading {
            id: "prior-sensitivity".to_owned(),
            desc: format!("{title}; {medians}."),
            title,
            subtitle: format!("{} studies, mu ~ {}; {medians}.", answer.k, answer.mu_prior),
            source: String::new(),
        },
        unit: if subject.effect.ratio {
            "in logs of the effect".to_owned()
        } else {
            String::new()
        },
        effect: subject.effect,
        families,
    };
    Panel {
        name: "prior-sensitivity".to_owned(),
        wide: priors(&input),
        narrow: priors_narrow(&input),
    }
}

fn options(arguments: &Arguments) -> Result<Options, Diagnostic> {
    if !(arguments.level > 0.0 && arguments.level < 1.0) {
        return Err(usage("--level takes a share between 0 and 1, such as 0.95"));
    }
    if !arguments.threshold.is_finite() {
        return Err(usage("--threshold takes a finite number"));
    }
    if arguments
        .sensitivity
        .is_some_and(|scale| !(scale.is_finite() && scale > 0.0))
    {
        return Err(usage("--sensitivity takes a scale above 0"));
    }
    Ok(Options {
        tau_prior: arguments.tau_prior,
        mu_prior: arguments.mu_prior,
        level: arguments.level,
        threshold: arguments.threshold,
    })
}

/// One entry a data row; nulls where the row is not in the fit.
fn shrinkage(loaded: &LoadedEffects, rows: &[usize], studies: &[Shrunken]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = loaded
        .rows
        .iter()
        .map(|row| Entry {
            label: row.label.clone(),
            mean: None,
            sd: None,
        })
        .collect();
    for (&row, study) in rows.iter().zip(studies) {
        if let Some(entry) = entries.get_mut(row) {
            entry.mean = Some(study.mean);
            entry.sd = Some(study.sd);
        }
    }
    entries
}

fn sensitivity(
    arguments: &Arguments,
    effects: &Effects,
    options: &Options,
    warnings: &mut Vec<Diagnostic>,
) -> Option<Vec<PriorEntry>> {
    let grid = default_grid(arguments.sensitivity?, usize::from(arguments.scales));
    let mut entries = Vec::new();
    for PriorResult { prior, posterior } in prior_sensitivity(effects, &grid, options) {
        match posterior {
            Ok(found) => entries.push(PriorEntry {
                tau_prior: prior.code(),
                prior,
                mu: found.mu,
                tau: found.tau,
                prob_beyond: found.prob_beyond,
            }),
            Err(error) => warnings.push(Diagnostic::warning(
                "prior_left_out",
                format!("under {} there is no posterior: {error}", prior.code()),
            )),
        }
    }
    Some(entries)
}

fn averaged(arguments: &Arguments, effects: &Effects) -> Result<Option<BiasAveraging>, BayesError> {
    let Some(published) = arguments.average_bias else {
        return Ok(None);
    };
    let options = BiasOptions {
        unit: arguments.smd_unit,
        positive: published == Published::Positive,
        level: arguments.level,
        threshold: None,
    };
    bias_averaging(effects, &options).map(Some)
}

const HEADERS: [&str; 8] = [
    "what",
    "mean",
    "sd",
    "median",
    "shortest_lower",
    "shortest_upper",
    "lower",
    "upper",
];

fn row(name: &str, summary: &Summary) -> Vec<Cell> {
    vec![
        name.into(),
        summary.mean.into(),
        summary.sd.into(),
        summary.median.into(),
        summary.shortest.0.into(),
        summary.shortest.1.into(),
        summary.central.0.into(),
        summary.central.1.into(),
    ]
}

fn sheets(answer: &Answer) -> Vec<Sheet> {
    let title = format!(
        "{} studies, tau ~ {}, mu ~ {}",
        answer.k, answer.tau_prior, answer.mu_prior
    );
    let mut main = Sheet::new(&title, &HEADERS);
    main.push(row("mu", &answer.mu));
    main.push(row("tau", &answer.tau));
    main.push(row("predictive", &answer.predictive));
    let mut numbers = Sheet::new("", &["what", "value"]);
    let mut push = |what: &str, value: Cell| numbers.push(vec![what.into(), value]);
    push(
        &format!("P(mean beyond {})", answer.threshold),
        answer.prob_beyond.into(),
    );
    push(
        &format!("P(new study beyond {})", answer.threshold),
        answer.prob_beyond_predictive.into(),
    );
    push("log marginal likelihood", answer.log_marginal.into());
    push(
        "Bayes factor, effect",
        answer.bayes_factors.map(|b| b.effect).into(),
    );
    push(
        "Bayes factor, heterogeneity",
        answer.bayes_factors.map(|b| b.heterogeneity).into(),
    );
    let mut sheets = vec![main, numbers, true_effects(&answer.shrinkage)];
    if let Some(entries) = &answer.sensitivity {
        let mut sheet = Sheet::new(
            "Other priors on tau",
            &["tau_prior", "median", "lower", "upper", "tau", "beyond"],
        );
        for entry in entries {
            sheet.push(vec![
                entry.tau_prior.as_str().into(),
                entry.mu.median.into(),
                entry.mu.central.0.into(),
                entry.mu.central.1.into(),
                entry.tau.median.into(),
                entry.prob_beyond.into(),
            ]);
        }
        sheets.push(sheet);
    }
    if let Some(found) = &answer.bias_averaging {
        sheets.extend(averaged_sheets(found));
    }
    sheets
}

fn true_effects(entries: &[Entry]) -> Sheet {
    let mut studies = Sheet::new("True effects", &["label", "mean", "sd"]);
    for entry in entries {
        studies.push(vec![
            entry.label.as_str().into(),
            entry.mean.into(),
            entry.sd.into(),
        ]);
    }
    studies
}

fn averaged_sheets(found: &BiasAveraging) -> Vec<Sheet> {
    let mut means = Sheet::new(
        "Averaged over 36 models of publication",
        &["what", "mean", "sd", "median", "lower", "upper"],
    );
    for (name, mean) in [
        ("mu, all models", found.averaged),
        ("mu, models with an effect", found.conditional),
    ] {
        means.push(vec![
            name.into(),
            mean.mean.into(),
            mean.sd.into(),
            mean.median.into(),
            mean.lower.into(),
            mean.upper.into(),
        ]);
    }
    let mut components = Sheet::new("Components", &["component", "prior", "posterior", "bayes_factor"]);
    for (name, inclusion) in [
        ("effect", found.effect),
        ("heterogeneity", found.heterogeneity),
        ("publication bias", found.bias),
    ] {
        components.push(vec![
            name.into(),
            inclusion.prior.into(),
            inclusion.posterior.into(),
            inclusion.bayes_factor.into(),
        ]);
    }
    let mut models = Sheet::new(
        "Models",
        &[
            "effect",
            "heterogeneity",
            "bias",
            "prior",
            "posterior",
            "log_marginal",
        ],
    );
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    for model in &found.models {
        models.push(vec![
            yes(model.effect).into(),
            yes(model.heterogeneity).into(),
            model.bias.as_str().into(),
            model.prior.into(),
            model.posterior.into(),
            model.log_marginal.into(),
        ]);
    }
    vec![means, components, models]
}

#[cfg(test)]
mod tests {
    use onset::models::bayes::TAU_PRIORS;

    #[test]
    fn the_help_names_every_prior() {
        let help = include_str!("bayes.rs");
        for prior in TAU_PRIORS.split(", ") {
            let name = prior.split(':').next().unwrap_or(prior).trim();
            assert!(help.contains(name), "{name}");
        }
    }
}
