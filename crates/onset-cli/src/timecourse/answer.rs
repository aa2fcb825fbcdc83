//! The answer of `onset timecourse` as JSON and as sheets.

use super::rows::Rows;
use super::{Arguments, SmallValues};
use crate::arguments::usage;
use crate::output::{Cell, Output, Sheet};
use onset::data::Diagnostic;
use onset::math::nuts::Nuts;
use onset::models::timecourse::{
    Area, BayesOptions, Benefit, Curve, Ending, Fit, IntervalKind, Likelihood, Longitudinal, Options, Role,
    TimecourseError, Window, area, bayes, benefit_of, compare_forms, evidence, fixed_windows, leave_one_out,
    onset_times, simultaneous_critical, window,
};
use serde::Serialize;

/// Points of a drawn curve.
const DRAWN: u32 = 60;
/// Shares of the peak information at which a horizon is given.
const FRACTIONS: [f64; 2] = [0.5, 0.1];

#[derive(Serialize)]
pub struct Answer {
    form: &'static str,
    reference: String,
    pub benefit: &'static str,
    parameters: Vec<Parameter>,
    covariance: Vec<Vec<f64>>,
    rss: f64,
    residual_deviance: f64,
    points: usize,
    parameters_in_all: usize,
    dispersion: f64,
    df: Option<f64>,
    tau2: Option<f64>,
    loglik: f64,
    aic: f64,
    solution: &'static str,
    not_identified: Option<String>,
    pub onset: Vec<Onset>,
    pub window: Vec<Span>,
    pub information: Vec<Information>,
    pub horizon: Vec<HorizonAt>,
    area: Vec<Benefits>,
    pub curve: Vec<Drawn>,
    studies: Vec<Visit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bayes: Option<Sampled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<Vec<Fixed>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Vec<Compared>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leave_one_out: Option<Vec<Left>>,
    /// Names of the figures that were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    estimate: Option<f64>,
    se: Option<f64>,
    fixed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
}

#[derive(Serialize)]
pub struct Onset {
    pub treatment: String,
    pub definition: &'static str,
    pub threshold: Option<f64>,
    pub estimate: Option<f64>,
    pub interval: &'static str,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub p_never: Option<f64>,
    pub beyond_data: bool,
    pub trials: Option<usize>,
    pub patients: Option<f64>,
    pub information: Option<f64>,
    pub why_not: Option<String>,
}

#[derive(Serialize)]
pub struct Span {
    pub treatment: String,
    pub threshold: f64,
    pub interval: &'static str,
    pub onset: Option<f64>,
    pub onset_lower: Option<f64>,
    pub onset_upper: Option<f64>,
    pub loss: Option<f64>,
    pub loss_lower: Option<f64>,
    pub loss_upper: Option<f64>,
    pub lasts: bool,
    pub p_never: f64,
}

#[derive(Serialize)]
pub struct Information {
    pub time_hours: f64,
    pub trials: usize,
    pub patients: f64,
    pub information: f64,
}

#[derive(Serialize)]
pub struct HorizonAt {
    pub fraction: f64,
    pub time_hours: Option<f64>,
}

#[derive(Serialize)]
struct Benefits {
    treatment: String,
    to: f64,
    estimate: f64,
    se: f64,
    lower: f64,
    upper: f64,
}

#[derive(Serialize)]
pub struct Drawn {
    pub treatment: String,
    pub time: f64,
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
    pub band_lower: f64,
    pub band_upper: f64,
}

#[derive(Serialize)]
struct Visit {
    study: String,
    arm: String,
    treatment: String,
    time: f64,
    mean: f64,
    fitted: f64,
    standardised: f64,
}

#[derive(Serialize)]
struct Sampled {
    parameters: Vec<SampledParameter>,
    draws: usize,
    divergences: usize,
    acceptance: f64,
    priors: Vec<String>,
}

#[derive(Serialize)]
struct SampledParameter {
    name: String,
    mean: f64,
    sd: f64,
    median: f64,
    lower: f64,
    upper: f64,
    r_hat: f64,
    ess_bulk: f64,
    ess_tail: f64,
}

#[derive(Serialize)]
struct Fixed {
    treatment: String,
    r#struct: Option<&'static str>,
    means: Vec<FixedMean>,
    rho: Vec<f64>,
    loglik: f64,
}

#[derive(Serialize)]
struct FixedMean {
    from: f64,
    to: f64,
    k: usize,
    estimate: f64,
    se: f64,
    ci_lower: f64,
    ci_upper: f64,
    tau2: f64,
}

#[derive(Serialize)]
struct Compared {
    form: &'static str,
    rss: Option<f64>,
    parameters: Option<usize>,
    aic: Option<f64>,
    why_not: Option<String>,
}

#[derive(Serialize)]
struct Left {
    without: String,
    parameters: Option<Vec<Parameter>>,
}

fn parameters(fit: &Fit) -> Vec<Parameter> {
    fit.parameters
        .iter()
        .map(|p| {
            let why_not = p.identification.as_ref().and_then(|i| i.why_not.clone());
            let shown = why_not.is_none();
            Parameter {
                name: p.name.clone(),
                estimate: shown.then_some(p.estimate),
                se: p.se.filter(|_| shown),
                fixed: matches!(p.role, Role::Shape { .. }) && p.identification.is_none(),
                why_not,
            }
        })
        .collect()
}

/// The whole answer.
pub fn output(
    arguments: &Arguments,
    data: &Longitudinal,
    options: &Options,
    fit: &Fit,
    rows: &Rows,
    mut warnings: Vec<Diagnostic>,
) -> Result<Output, Diagnostic> {
    let curves = fit.curves(&doses(rows));
    let benefit = match (arguments.small_values, arguments.threshold) {
        (Some(SmallValues::Desirable), _) => Benefit::Lower,
        (Some(SmallValues::Undesirable), _) => Benefit::Higher,
        (None, Some(d)) if d < 0.0 => Benefit::Lower,
        _ => benefit_of(&curves),
    };
    let why_not = fit.why_not().map(str::to_owned);
    if let Some(reason) = &why_not {
        warnings.push(Diagnostic::warning("not_identified", reason.clone()).file(rows.file()));
    }
    let tau2 = fit.tau2.unwrap_or(0.0);
    let all = evidence(data, None, |_| tau2);
    let horizons: Vec<_> = FRACTIONS.iter().map(|&f| all.horizon(f)).collect();
    let reach = horizons.last().and_then(|h| h.time);
    let mut answer = Answer {
        form: fit.form().code(),
        reference: arguments.reference.clone(),
        benefit: if benefit == Benefit::Lower {
            "lower"
        } else {
            "higher"
        },
        parameters: parameters(fit),
        covariance: (0..fit.covariance.rows())
            .map(|i| fit.covariance.row(i).to_vec())
            .collect(),
        rss: fit.rss,
        residual_deviance: fit.rss,
        points: fit.points,
        parameters_in_all: fit.parameters_in_all,
        dispersion: fit.dispersion,
        df: fit.df,
        tau2: fit.tau2,
        loglik: fit.loglik,
        aic: fit.aic,
        solution: match fit.ending {
            Ending::ClosedForm => "closed_form",
            Ending::Converged => "converged",
            Ending::Boundary => "boundary",
        },
        not_identified: why_not.clone(),
        onset: Vec::new(),
        window: Vec::new(),
        information: all
            .points
            .iter()
            .map(|p| Information {
                time_hours: p.time * arguments.unit_hours,
                trials: p.trials,
                patients: p.patients,
                information: p.information,
            })
            .collect(),
        horizon: horizons
            .iter()
            .map(|h| HorizonAt {
                fraction: h.fraction,
                time_hours: h.time.map(|t| t * arguments.unit_hours),
            })
            .collect(),
        area: Vec::new(),
        curve: Vec::new(),
        studies: fit.fitted.iter().map(visit).collect(),
        bayes: None,
        windows: fixed(arguments, data, options, rows, &mut warnings)?,
        comparison: arguments.compare.then(|| compared(data, options)),
        leave_one_out: arguments.leave_one_out.then(|| left(data, options)),
        figures: None,
    };
    let to = reach.unwrap_or(fit.last_time());
    let likelihood = Likelihood::new(data, options, fit).map_err(|error| usage(error.to_string()))?;
    let with = Reading {
        data,
        likelihood: &likelihood,
        benefit,
        threshold: arguments.threshold,
        level: arguments.level,
        to,
        tau2,
        why_not: why_not.as_deref(),
    };
    for curve in &curves {
        times(&mut answer, curve, &with);
        if let (Some(to), None) = (reach, &why_not) {
            let a: Area = area(curve, benefit, to, arguments.level);
            let treatment = curve.treatment.clone();
            answer.area.push(Benefits {
                treatment,
                to,
                estimate: a.estimate,
                se: a.se,
                lower: a.lower,
                upper: a.upper,
            });
            draw(&mut answer.curve, curve, to, arguments.level);
        }
    }
    if arguments.bayes {
        sampled(&mut answer, arguments, data, options, benefit, rows)?;
    }
    if answer.onset.iter().any(|o| o.beyond_data) {
        let message =
            "an onset lies after the last visit: it extrapolates the form and is marked beyond_data";
        warnings.push(Diagnostic::warning("beyond_data", message).file(rows.file()));
    }
    if let Some(dir) = &arguments.figures {
        let panels = super::figures::panels(&answer, arguments, data, rows);
        answer.figures = Some(crate::figures::write(dir, &panels)?);
    }
    let sheets = sheets(&answer);
    Output::new(&answer, sheets, warnings)
}

/// Treatments with each dose given.
fn doses(rows: &Rows) -> Vec<(String, f64)> {
    let mut all: Vec<(String, f64)> = rows
        .visits
        .iter()
        .filter_map(|v| v.dose.map(|d| (v.treatment.clone(), d)))
        .filter(|d| d.1 > 0.0)
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    all.dedup();
    all
}

/// What a curve's times are read with.
struct Reading<'a> {
    data: &'a Longitudinal,
    likelihood: &'a Likelihood,
    benefit: Benefit,
    threshold: Option<f64>,
    level: f64,
    /// End of the stretch over which "sustained" is judged.
    to: f64,
    tau2: f64,
    why_not: Option<&'a str>,
}

/// Onset times and window of one curve: by Wald's test, then by the likelihood ratio.
fn times(answer: &mut Answer, curve: &Curve, with: &Reading<'_>) {
    let (benefit, to, level) = (with.benefit, with.to, with.level);
    let mine = evidence(with.data, Some(curve.treatment_index()), |_| with.tau2);
    let wald = onset_times(curve, benefit, with.threshold, to, level);
    let profile = with
        .likelihood
        .onset_times(curve, benefit, with.threshold, to, level);
    let known = with.why_not.is_none();
    answer.onset.extend(wald.into_iter().chain(profile).map(|onset| {
        let at = onset.estimate.filter(|_| known).map(|t| mine.at(t, with.tau2));
        let nowhere = onset.estimate.is_none();
        Onset {
            treatment: onset.treatment,
            definition: onset.definition.code(),
            threshold: onset.threshold,
            estimate: onset.estimate.filter(|_| known),
            interval: onset.interval.code(),
            lower: onset.lower.filter(|_| known),
            upper: onset.upper.filter(|_| known),
            p_never: onset.p_never.filter(|_| known),
            beyond_data: known && onset.beyond_data,
            trials: at.map(|p| p.trials),
            patients: at.map(|p| p.patients),
            information: at.map(|p| p.information),
            why_not: with
                .why_not
                .map(str::to_owned)
                .or_else(|| nowhere.then(|| "the fitted curve does not get there".to_owned())),
        }
    }));
    if let (Some(d), true) = (with.threshold, known) {
        let span = |kind: IntervalKind, w: Window| Span {
            treatment: w.treatment,
            threshold: w.threshold,
            interval: kind.code(),
            onset: w.onset,
            onset_lower: w.onset_lower,
            onset_upper: w.onset_upper,
            loss: w.loss,
            loss_lower: w.loss_lower,
            loss_upper: w.loss_upper,
            lasts: w.lasts,
            p_never: w.p_never,
        };
        answer.window.extend([
            span(IntervalKind::Inversion, window(curve, benefit, d, to, level)),
            span(
                IntervalKind::Profile,
                with.likelihood.window(curve, benefit, d, to, level),
            ),
        ]);
    }
}

/// Curve and bands from the first visit to the horizon, never past it.
fn draw(out: &mut Vec<Drawn>, curve: &Curve, to: f64, level: f64) {
    let from = curve.range.0.min(to);
    let c = simultaneous_critical(curve, from, to, level);
    for i in 0..=DRAWN {
        let t = from * (to / from).powf(f64::from(i) / f64::from(DRAWN));
        let p = curve.at(t);
        let z = curve.quantile(&p, level);
        out.push(Drawn {
            treatment: curve.treatment.clone(),
            time: t,
            estimate: p.value,
            lower: p.value - z * p.se,
            upper: p.value + z * p.se,
            band_lower: p.value - c * p.se,
            band_upper: p.value + c * p.se,
        });
    }
}

fn visit(f: &onset::models::timecourse::Fitted) -> Visit {
    Visit {
        study: f.study.clone(),
        arm: f.arm.clone(),
        treatment: f.treatment.clone(),
        time: f.time,
        mean: f.mean,
        fitted: f.fitted,
        standardised: f.standardised,
    }
}

/// The posterior, and its onset times beside those of the likelihood.
fn sampled(
    answer: &mut Answer,
    arguments: &Arguments,
    data: &Longitudinal,
    options: &Options,
    benefit: Benefit,
    rows: &Rows,
) -> Result<(), Diagnostic> {
    let sampling = BayesOptions {
        shape_sd: arguments.shape_sd,
        tau_scale: arguments.tau_scale,
        seed: arguments.seed,
        nuts: Nuts {
            warmup: arguments.draws,
            draws: arguments.draws,
            ..Nuts::default()
        },
        ..BayesOptions::default()
    };
    let found = bayes(
        data,
        options,
        &sampling,
        benefit,
        arguments.threshold,
        arguments.level,
    );
    let found = found.map_err(|error| match error {
        TimecourseError::Options { message } => usage(message),
        TimecourseError::NotSampled { .. } => Diagnostic::error("not_sampled", error.to_string())
            .file(rows.file())
            .hint("more --draws, a form with fewer shapes, or --fix: the visits may not show what is asked"),
        other => rows.refused(&other),
    })?;
    answer.onset.extend(found.onset.iter().map(|o| {
        Onset {
            treatment: o.treatment.clone(),
            definition: o.definition.code(),
            threshold: o.threshold,
            estimate: o.median,
            interval: "posterior",
            lower: o.lower,
            upper: o.upper,
            p_never: Some(o.p_never),
            beyond_data: o.median.is_some_and(|t| t > data.range().1),
            trials: None,
            patients: None,
            information: None,
            why_not: o
                .median
                .is_none()
                .then(|| "most draws of the curve never get there".to_owned()),
        }
    }));
    answer.bayes = Some(Sampled {
        parameters: found
            .parameters
            .into_iter()
            .map(|p| SampledParameter {
                name: p.name,
                mean: p.mean,
                sd: p.sd,
                median: p.median,
                lower: p.lower,
                upper: p.upper,
                r_hat: p.convergence.r_hat,
                ess_bulk: p.convergence.ess_bulk,
                ess_tail: p.convergence.ess_tail,
            })
            .collect(),
        draws: found.draws,
        divergences: found.divergences,
        acceptance: found.acceptance,
        priors: found.priors,
    });
    Ok(())
}

/// Fixed windows of every treatment; a treatment without a visit in any is named.
fn fixed(
    arguments: &Arguments,
    data: &Longitudinal,
    options: &Options,
    rows: &Rows,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<Fixed>>, Diagnostic> {
    if arguments.windows.is_empty() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for (index, treatment) in data.treatments().iter().enumerate().skip(1) {
        let found = fixed_windows(
            data,
            index,
            &arguments.windows,
            options.within,
            arguments.structure,
            arguments.level,
        );
        match found {
            Ok(found) => {
                warnings.extend(
                    found
                        .warnings
                        .iter()
                        .map(|w| Diagnostic::warning("windows", w.as_str()).file(rows.file())),
                );
                all.push(Fixed {
                    treatment: found.treatment,
                    r#struct: arguments.structure.map(|s| s.code()),
                    loglik: found.fit.loglik(),
                    rho: found.rho,
                    means: found
                        .means
                        .iter()
                        .map(|m| FixedMean {
                            from: m.window.from,
                            to: m.window.to,
                            k: m.k,
                            estimate: m.estimate,
                            se: m.se,
                            ci_lower: m.lower,
                            ci_upper: m.upper,
                            tau2: m.tau2,
                        })
                        .collect(),
                });
            }
            Err(error @ TimecourseError::BadWindows { .. }) => {
                return Err(usage(format!("--windows: {error}")));
            }
            Err(TimecourseError::NoComparison) => {
                let message = format!("no study compares '{treatment}' with the reference in a window");
                warnings.push(Diagnostic::warning("no_windows", message).file(rows.file()));
            }
            Err(error) => {
                let message = format!("no fixed windows of '{treatment}': {error}");
                warnings.push(Diagnostic::warning("no_windows", message).file(rows.file()));
            }
        }
    }
    Ok(Some(all))
}

fn compared(data: &Longitudinal, options: &Options) -> Vec<Compared> {
    compare_forms(data, options)
        .into_iter()
        .map(|(form, done)| match done {
            Ok(c) => Compared {
                form: form.code(),
                rss: Some(c.rss),
                parameters: Some(c.parameters),
                aic: Some(c.aic),
                why_not: c.why_not,
            },
            Err(error) => Compared {
                form: form.code(),
                rss: None,
                parameters: None,
                aic: None,
                why_not: Some(error.to_string()),
            },
        })
        .collect()
}

fn left(data: &Longitudinal, options: &Options) -> Vec<Left> {
    leave_one_out(data, options)
        .into_iter()
        .map(|l| Left {
            without: l.study,
            parameters: l.fit.as_ref().map(parameters),
        })
        .collect()
}

fn sheets(answer: &Answer) -> Vec<Sheet> {
    let mut first = Sheet::new("Parameters", &["name", "estimate", "se"]);
    for p in &answer.parameters {
        first.push(vec![p.name.as_str().into(), p.estimate.into(), p.se.into()]);
    }
    let head = [
        "treatment",
        "definition",
        "estimate",
        "interval",
        "lower",
        "upper",
        "p_never",
    ];
    let mut onset = Sheet::new("Onset", &head);
    for o in &answer.onset {
        onset.push(vec![
            o.treatment.as_str().into(),
            o.definition.into(),
            o.estimate.into(),
            o.interval.into(),
            o.lower.into(),
            o.upper.into(),
            o.p_never.into(),
        ]);
    }
    let mut fit = Sheet::new(
        "Fit",
        &["points", "parameters", "residual deviance", "dispersion", "aic"],
    );
    fit.push(vec![
        answer.points.into(),
        answer.parameters_in_all.into(),
        answer.rss.into(),
        answer.dispersion.into(),
        answer.aic.into(),
    ]);
    let mut horizon = Sheet::new("Evidence horizon", &["share of peak information", "hours"]);
    for h in &answer.horizon {
        horizon.push(vec![h.fraction.into(), Cell::from(h.time_hours)]);
    }
    let mut list = vec![first, onset, fit, horizon];
    if let Some(sampled) = &answer.bayes {
        let head = [
            "name", "mean", "sd", "median", "lower", "upper", "R-hat", "ESS bulk", "ESS tail",
        ];
        let mut posterior = Sheet::new("Posterior", &head);
        for p in &sampled.parameters {
            posterior.push(vec![
                p.name.as_str().into(),
                p.mean.into(),
                p.sd.into(),
                p.median.into(),
                p.lower.into(),
                p.upper.into(),
                p.r_hat.into(),
                p.ess_bulk.into(),
                p.ess_tail.into(),
            ]);
        }
        list.push(posterior);
    }
    if let Some(all) = &answer.windows {
        let head = [
            "treatment",
            "from",
            "to",
            "k",
            "estimate",
            "se",
            "ci_lower",
            "ci_upper",
            "tau2",
        ];
        let mut windows = Sheet::new("Fixed windows", &head);
        for (treatment, m) in all
            .iter()
            .flat_map(|w| w.means.iter().map(move |m| (&w.treatment, m)))
        {
            windows.push(vec![
                treatment.as_str().into(),
                m.from.into(),
                m.to.into(),
                m.k.into(),
                m.estimate.into(),
                m.se.into(),
                m.ci_lower.into(),
                m.ci_upper.into(),
                m.tau2.into(),
            ]);
        }
        list.push(windows);
    }
    list
}
