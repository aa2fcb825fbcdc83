//! `onset timecourse`: the curve of an effect over time, its onset, its window, and how far the evidence reaches.

mod answer;
mod figures;
mod rows;

use crate::arguments::{level, usage};
use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, ValueEnum};
use onset::data::Diagnostic;
use onset::models::multilevel::Structure;
use onset::models::timecourse::{
    Baseline, Dispersion, FixedWindow, Form, Longitudinal, Options, TimeScale, TimecourseError, WithinArm,
    fit,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `onset timecourse`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// CSV table, one row an arm and visit
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Column of studies
    #[arg(long, value_name = "COLUMN")]
    pub study: String,
    /// Column of arms within a study [default: the treatment]
    #[arg(long, value_name = "COLUMN")]
    pub arm: Option<String>,
    /// Column of treatments
    #[arg(long, value_name = "COLUMN")]
    pub treat: String,
    /// Column of times since the start of treatment, one unit throughout
    #[arg(long, value_name = "COLUMN")]
    pub time: String,
    /// Column of means
    #[arg(long, value_name = "COLUMN")]
    pub mean: String,
    /// Column of standard deviations, with --n
    #[arg(long, value_name = "COLUMN", conflicts_with = "se")]
    pub sd: Option<String>,
    /// Column of standard errors
    #[arg(long, value_name = "COLUMN")]
    pub se: Option<String>,
    /// Column of people
    #[arg(long, value_name = "COLUMN")]
    pub n: Option<String>,
    /// Column of doses: amplitude times dose / (ED50 + dose)
    #[arg(long, value_name = "COLUMN")]
    pub dose: Option<String>,
    /// Column of the times of an arm's doses, as 0;72;168, the same in all its rows; empty: one dose at 0. The curve is
    /// then that of a single dose; for bateman and emax-decay
    #[arg(long, value_name = "COLUMN")]
    pub dose_times: Option<String>,
    /// Reference treatment
    #[arg(long, value_name = "TREATMENT")]
    pub reference: String,
    /// emax, hill, exponential, bateman, emax-decay, linear, loglinear or spline
    #[arg(long, value_name = "FORM", default_value = "emax", value_parser = form)]
    pub form: Form,
    /// One curve for every study, or a variance of the amplitude between them
    #[arg(long, value_enum, default_value_t = Effects::Common)]
    pub effects: Effects,
    /// Correlation of an arm's means over visits: constant, or fading with --time-scale [default: none]
    #[arg(long, value_name = "R")]
    pub rho: Option<f64>,
    /// The correlation is rho to the power of the distance on this scale
    #[arg(long, value_name = "SCALE", requires = "rho", value_parser = scale)]
    pub time_scale: Option<TimeScale>,
    /// Factor on the printed variances: estimated, or 1
    #[arg(long, value_name = "RULE", default_value = "estimated", value_parser = dispersion)]
    pub dispersion: Dispersion,
    /// Course of a study's control: the same form with its own amplitude, or a free mean at each visit
    #[arg(long, value_enum, default_value_t = Control::Shape)]
    pub control: Control,
    /// Important difference; negative when lower is better
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// Which values are good [default: by the sign of --threshold if negative, else what the curves show]
    #[arg(long, value_enum)]
    pub small_values: Option<SmallValues>,
    /// Shapes held fixed, on the log scale, as log_et50=1.2
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', value_parser = held)]
    pub fix: Vec<(String, f64)>,
    /// Shape class of treatments, as TREATMENT=CLASS; others share the class of the reference
    #[arg(long, value_name = "TREATMENT=CLASS", value_delimiter = ',', value_parser = named)]
    pub class: Vec<(String, String)>,
    /// Hours in one unit of the time column
    #[arg(long, value_name = "HOURS", default_value_t = 1.0, value_parser = positive)]
    pub unit_hours: f64,
    /// Confidence level
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = level)]
    pub level: f64,
    /// Fixed windows, as 0.5-6,12-36,120-216, beside the curve: one multivariate model, no form
    #[arg(long, value_name = "FROM-TO", value_delimiter = ',', value_parser = span)]
    pub windows: Vec<FixedWindow>,
    /// Covariance of the study effects over --windows: HAR, CAR, UN, HCS, CS, AR or DIAG; none: common effects
    #[arg(long = "struct", value_name = "CODE", requires = "windows", value_parser = structure)]
    pub structure: Option<Structure>,
    /// The whole posterior by NUTS: shapes (and tau) with declared priors, amplitudes flat, printed variances as they are
    #[arg(long)]
    pub bayes: bool,
    /// Seed of --bayes
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Draws kept of each of the four chains of --bayes, after as many for tuning
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "bayes")]
    pub draws: usize,
    /// Standard deviation of the normal prior of each shape, log scale [default: a quarter of the searched range]
    #[arg(long, value_name = "SD", requires = "bayes", value_parser = positive)]
    pub shape_sd: Option<f64>,
    /// Scale of the half-normal prior of tau; --bayes with random effects needs it
    #[arg(long, value_name = "SCALE", requires = "bayes", value_parser = positive)]
    pub tau_scale: Option<f64>,
    /// Folder for figures (SVG): visits and curve, onset by definition, study by study
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
    /// Fit every form and compare
    #[arg(long)]
    pub compare: bool,
    /// Fit without each study in turn
    #[arg(long)]
    pub leave_one_out: bool,
}

/// One curve or a distribution of amplitudes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Effects {
    /// One amplitude for each treatment
    Common,
    /// Amplitudes vary between studies
    Random,
}

/// Course of the control arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Control {
    /// The same form, an amplitude for each study
    Shape,
    /// A free mean at each visit of each study
    Visit,
}

/// Which values are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SmallValues {
    /// Lower is better
    Desirable,
    /// Higher is better
    Undesirable,
}

fn form(code: &str) -> Result<Form, String> {
    let codes: Vec<&str> = Form::ALL.iter().map(|f| f.code()).collect();
    Form::from_code(code).ok_or_else(|| format!("allowed: {}", codes.join(", ")))
}

fn scale(code: &str) -> Result<TimeScale, String> {
    let found = TimeScale::ALL.iter().find(|(c, _)| *c == code).map(|(_, s)| *s);
    found.ok_or_else(|| "allowed: log, sqrt, raw".to_owned())
}

fn span(text: &str) -> Result<FixedWindow, String> {
    let (from, to) = text.split_once('-').ok_or("FROM-TO is needed, such as 12-36")?;
    let number = |part: &str| part.trim().parse().map_err(|_| format!("'{part}' is no number"));
    Ok(FixedWindow {
        from: number(from)?,
        to: number(to)?,
    })
}

fn structure(code: &str) -> Result<Structure, String> {
    Structure::from_code(code).ok_or_else(|| "allowed: HAR, CAR, UN, HCS, CS, AR, DIAG".to_owned())
}

fn dispersion(code: &str) -> Result<Dispersion, String> {
    match code {
        "estimated" => Ok(Dispersion::Estimated),
        "1" => Ok(Dispersion::One),
        _ => Err("allowed: estimated, 1".to_owned()),
    }
}

fn named(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is needed")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn held(text: &str) -> Result<(String, f64), String> {
    let (name, value) = named(text)?;
    let value: f64 = value.parse().map_err(|_| format!("'{value}' is no number"))?;
    Ok((name, value))
}

fn positive(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0);
    found.ok_or_else(|| "a number above 0 is needed".to_owned())
}

/// Fits the time course and reads times off it.
///
/// # Errors
/// What the table refuses, visits that cannot be (before baseline, twice), flags that do not fit together.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    if arguments.threshold.is_some_and(|d| !(d.is_finite() && d != 0.0)) {
        return Err(usage("--threshold is a difference other than 0").into());
    }
    let within =
        WithinArm::new(arguments.rho, arguments.time_scale).map_err(|e| usage(format!("--rho: {e}")))?;
    let rows = rows::read(arguments)?;
    let data = Longitudinal::new(&rows.visits, &arguments.reference)
        .and_then(|data| data.with_dose_times(&rows.dose_times))
        .map_err(|e| rows.refused(&e))?;
    let mut warnings = rows.warnings.clone();
    for note in &data.notes {
        warnings.push(
            Diagnostic::warning(note.code, note.message.clone())
                .file(rows.file())
                .study(note.study.clone()),
        );
    }
    let options = Options {
        form: arguments.form,
        within,
        random: arguments.effects == Effects::Random,
        dispersion: arguments.dispersion,
        baseline: match arguments.control {
            Control::Shape => Baseline::Shape,
            Control::Visit => Baseline::Visit,
        },
        intercept: None,
        classes: arguments.class.iter().cloned().collect(),
        dose: arguments.dose.is_some(),
        fixed: arguments.fix.iter().cloned().collect::<BTreeMap<_, _>>(),
        knots: None,
    };
    for (treatment, _) in &arguments.class {
        if !data.treatments().contains(treatment) {
            return Err(usage(format!(
                "--class names '{treatment}', which is no treatment of the data"
            ))
            .into());
        }
    }
    let fitted = fit(&data, &options).map_err(|error| match error {
        TimecourseError::Options { message } => usage(message),
        other => rows.refused(&other),
    })?;
    Ok(answer::output(
        arguments, &data, &options, &fitted, &rows, warnings,
    )?)
}
