//! One comparison's curve: the first declared form that the visits identify, and what is read off it.

use super::visits::{CONTROL, Visits, visits};
use super::{
    BenefitArea, CurveAt, CurveParameter, EvidenceAt, FormTried, HorizonAt, LatestOnset, Onset, OnsetUnder,
    OnsetWithout, ResponseWindow, TimeCourse, reason,
};
use crate::answers::Interval;
use crate::effect;
use crate::gather::Job;
use crate::index::Index;
use crate::protocol::{
    Comparison, CorrelationForm, CorrelationScale, CurveEffects, CurveForm, Direction, Outcome, Timecourse,
};
use onset_models::timecourse::{
    Baseline, Benefit, Curve, Definition, Dispersion, Evidence, Fit, Form, IntervalKind, Likelihood,
    Longitudinal, OnsetTime, Options, TimeScale, TimecourseError, WithinArm, area, evidence, fit,
    latest_onset, leave_one_out, onset_times, simultaneous_critical,
};

/// Steps of a drawn curve.
const DRAWN: u32 = 80;

/// A declared form as the models know it.
pub(super) fn form(form: CurveForm) -> Form {
    match form {
        CurveForm::Emax => Form::Emax,
        CurveForm::Hill => Form::Hill,
        CurveForm::Exponential => Form::Exponential,
        CurveForm::Bateman => Form::Bateman,
        CurveForm::EmaxDecay => Form::EmaxDecay,
    }
}

/// The declared correlation of visits, with another `rho` where one is tried.
pub(super) fn within(index: &Index<'_>, rho: f64) -> WithinArm {
    let declared = &index.protocol.model.visit_correlation;
    match declared.form {
        CorrelationForm::Independent => WithinArm::Independent,
        CorrelationForm::Constant => WithinArm::Constant(rho),
        CorrelationForm::Car => WithinArm::Car(
            rho,
            match declared.scale {
                CorrelationScale::LogHours => TimeScale::Log,
                CorrelationScale::SqrtHours => TimeScale::Sqrt,
                CorrelationScale::Hours => TimeScale::Raw,
            },
        ),
    }
}

fn options(index: &Index<'_>, course: &Timecourse, wanted: CurveForm, rho: f64) -> Options {
    Options {
        form: form(wanted),
        within: within(index, rho),
        random: course.effects == CurveEffects::Random,
        dispersion: Dispersion::One,
        baseline: Baseline::Visit,
        intercept: Some(false),
        ..Options::default()
    }
}

/// A comparison's course, from rows to every number printed about it.
pub(super) fn course(
    index: &Index<'_>,
    declared: &Timecourse,
    comparison: &Comparison,
    outcome: &Outcome,
) -> TimeCourse {
    let visits = visits(index, declared, comparison, outcome);
    let mut out = empty(index, declared, comparison, outcome, &visits);
    let arms = visits.arms;
    out.studies = visits.trials;
    out.left_out = visits.left_out;
    out.k = out.studies.len();
    out.n = out
        .studies
        .iter()
        .map(|t| t.visits.iter().map(|v| v.people).max().unwrap_or(0))
        .sum();
    out.differences = arms.len() / 2;
    let hours = out.studies.iter().flat_map(|t| t.visits.iter().map(|v| v.hours));
    let range = hours.fold((f64::INFINITY, 0.0f64), |(lo, hi), t| (lo.min(t), hi.max(t)));
    if out.k == 0 {
        out.why_not = Some(format!(
            "No trial of this comparison prints {} at an hour of the clock that can be used.",
            outcome.label.to_lowercase()
        ));
        return out;
    }
    (out.first_hours, out.last_hours) = (Some(range.0), Some(range.1));
    let data = match Longitudinal::new(&arms, CONTROL) {
        Ok(data) => data,
        Err(error) => {
            out.why_not = Some(format!("The visits do not make a curve: {error}."));
            return out;
        }
    };
    let benefit = match outcome.direction {
        Direction::Lower => Benefit::Lower,
        Direction::Higher => Benefit::Higher,
    };
    let rho = index.protocol.model.visit_correlation.rho;
    let found = choose(index, declared, &data, &mut out, range, rho);
    let tau2 = found.as_ref().and_then(|(_, fit)| fit.tau2).unwrap_or(0.0);
    let all = evidence(&data, Some(1), |_| tau2);
    reach(&mut out, declared, &all, tau2);
    match found {
        Some((wanted, fit)) => {
            let at = Read {
                index,
                declared,
                data: &data,
                benefit,
                wanted,
                all: &all,
                tau2,
            };
            at.fill(&mut out, &fit);
        }
        None => out.latest = latest(index, declared, &data, &out, benefit, rho),
    }
    out
}

fn empty(
    index: &Index<'_>,
    declared: &Timecourse,
    comparison: &Comparison,
    outcome: &Outcome,
    visits: &Visits,
) -> TimeCourse {
    let measure = visits.measure;
    let window = index.protocol.window.first();
    let threshold = window.and_then(|window| {
        crate::size::threshold(Job {
            comparison,
            outcome,
            window,
            measure,
        })
    });
    let mut protocol = vec![
        format!("comparison.{}", comparison.id),
        format!("outcome.{}", outcome.id),
        "timecourse".to_owned(),
        "model.visit_correlation".to_owned(),
        "model.level".to_owned(),
    ];
    if outcome.important_difference.is_some() {
        protocol.push(format!("outcome.{}.important_difference", outcome.id));
    }
    TimeCourse {
        comparison: comparison.id.clone(),
        comparison_label: comparison.label.clone(),
        treatment_label: comparison.treatment_label.clone(),
        control_label: comparison.control_label.clone(),
        outcome: outcome.id.clone(),
        outcome_label: outcome.label.clone(),
        scale: effect::scale_name(measure).to_owned(),
        unit: effect::unit(measure, outcome),
        direction: match outcome.direction {
            Direction::Lower => "lower is better".to_owned(),
            Direction::Higher => "higher is better".to_owned(),
        },
        k: 0,
        n: 0,
        level: index.protocol.model.level,
        first_hours: None,
        last_hours: None,
        threshold,
        form: None,
        model: in_words(index, declared),
        why_not: None,
        tried: Vec::new(),
        parameters: Vec::new(),
        tau2: None,
        residual_deviance: None,
        differences: 0,
        onset: Vec::new(),
        window: None,
        latest: None,
        evidence: Vec::new(),
        horizon: Vec::new(),
        benefit: None,
        curve: Vec::new(),
        studies: Vec::new(),
        leave_one_out: Vec::new(),
        sensitivity: Vec::new(),
        left_out: Vec::new(),
        assumptions: vec![
            "The difference is zero at the start: arms were randomised.".to_owned(),
            "Only differences between arms of one trial at one visit speak; each trial has a free mean at \
             each visit."
                .to_owned(),
            "Doses go on as in the trials: the curve is that of the course that was given, single or repeated."
                .to_owned(),
        ],
        protocol,
    }
}

fn in_words(index: &Index<'_>, declared: &Timecourse) -> String {
    let correlation = &index.protocol.model.visit_correlation;
    let effects = match declared.effects {
        CurveEffects::Common => "one curve for all trials",
        CurveEffects::Random => "height varies between trials",
    };
    let fading = match (correlation.form, correlation.scale) {
        (CorrelationForm::Independent, _) => return format!("{effects}; visits independent"),
        (CorrelationForm::Constant, _) => "between any two visits",
        (CorrelationForm::Car, CorrelationScale::LogHours) => "between visits one log unit of time apart",
        (CorrelationForm::Car, CorrelationScale::SqrtHours) => {
            "between visits one square root of an hour apart"
        }
        (CorrelationForm::Car, CorrelationScale::Hours) => "between visits one hour apart",
    };
    format!("{effects}; correlation {} {fading}", correlation.rho)
}

/// The first form whose shape is identified; every one that was tried is listed.
fn choose(
    index: &Index<'_>,
    declared: &Timecourse,
    data: &Longitudinal,
    out: &mut TimeCourse,
    range: (f64, f64),
    rho: f64,
) -> Option<(CurveForm, Fit)> {
    let mut chosen = None;
    for &wanted in &declared.forms {
        let tried = fit(data, &options(index, declared, wanted, rho));
        let code = form(wanted).code().to_owned();
        let entry = match &tried {
            Ok(fit) => FormTried {
                form: code,
                residual_deviance: Some(fit.rss),
                parameters: Some(fit.parameters_in_all),
                aic: Some(fit.aic),
                why_not: reason::not_identified(fit, &out.studies, range.0, range.1),
            },
            Err(error) => FormTried {
                form: code,
                residual_deviance: None,
                parameters: None,
                aic: None,
                why_not: Some(error.to_string()),
            },
        };
        let identified = entry.why_not.is_none();
        out.tried.push(entry);
        if let (true, None, Ok(fit)) = (identified, &chosen, tried) {
            chosen = Some((wanted, fit));
        }
    }
    if chosen.is_none() {
        let reasons: Vec<String> = out
            .tried
            .iter()
            .filter_map(|t| {
                t.why_not
                    .as_ref()
                    .map(|why| format!("{}: {why}", shape_in_words(&t.form)))
            })
            .collect();
        out.why_not = Some(format!(
            "The visits do not date the onset ({}). {}.",
            reason::earliest(&out.studies),
            capital(&reasons.join("; ")),
        ));
    }
    chosen
}

/// A form in words, by its code.
fn shape_in_words(code: &str) -> String {
    match code {
        "emax" | "exponential" | "hill" => format!("a curve that only rises ({code})"),
        _ => format!("a curve that rises and falls ({code})"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What speaks at each visit, and the horizons.
fn reach(out: &mut TimeCourse, declared: &Timecourse, all: &Evidence, tau2: f64) {
    out.evidence = all
        .points
        .iter()
        .map(|p| EvidenceAt {
            hours: p.time,
            trials: p.trials,
            people: p.patients,
            information: p.information,
        })
        .collect();
    out.horizon = declared
        .horizon
        .iter()
        .map(|&share| {
            let hours = all.horizon(share).time;
            let at = hours.map(|t| all.at(t, tau2));
            HorizonAt {
                share,
                hours,
                trials: at.map(|p| p.trials),
                people: at.map(|p| p.patients),
            }
        })
        .collect();
}

/// The last of the horizons.
pub(super) fn last_horizon(course: &TimeCourse) -> Option<f64> {
    let all = course.horizon.iter().filter_map(|h| h.hours);
    all.fold(None, |most: Option<f64>, t| Some(most.map_or(t, |m| m.max(t))))
}

/// The latest onset that the data allow, by the first declared form with one shape.
fn latest(
    index: &Index<'_>,
    declared: &Timecourse,
    data: &Longitudinal,
    out: &TimeCourse,
    benefit: Benefit,
    rho: f64,
) -> Option<LatestOnset> {
    let threshold = out.threshold?;
    let wanted = declared
        .forms
        .iter()
        .copied()
        .find(|f| form(*f).shapes().len() == 1)?;
    let options = options(index, declared, wanted, rho);
    let found = latest_onset(data, &options, benefit, threshold, out.level).ok()?;
    Some(LatestOnset {
        form: form(wanted).code().to_owned(),
        hours: found.upper.filter(|_| found.why_not.is_none()),
        trials: found.trials,
        why_not: found.why_not,
    })
}

/// What an identified curve is read with.
struct Read<'a> {
    index: &'a Index<'a>,
    declared: &'a Timecourse,
    data: &'a Longitudinal,
    benefit: Benefit,
    wanted: CurveForm,
    all: &'a Evidence,
    tau2: f64,
}

impl Read<'_> {
    fn fill(&self, out: &mut TimeCourse, fit: &Fit) {
        out.form = Some(fit.form().code().to_owned());
        out.tau2 = fit.tau2;
        out.residual_deviance = Some(fit.rss);
        out.parameters = fit.parameters.iter().map(parameter).collect();
        let Some(curve) = fit.curves(&[]).into_iter().next() else {
            return;
        };
        for visit in out.studies.iter_mut().flat_map(|t| &mut t.visits) {
            let fitted = curve.value(visit.hours);
            visit.fitted = Some(fitted);
            visit.standardised = Some((visit.effect.value - fitted) / visit.se);
        }
        let to = last_horizon(out).unwrap_or_else(|| fit.last_time());
        let rho = self.index.protocol.model.visit_correlation.rho;
        let likelihood = match self.likelihood(fit, rho) {
            Ok(likelihood) => likelihood,
            Err(error) => {
                out.why_not = Some(format!("The likelihood cannot be followed: {error}."));
                return;
            }
        };
        let mut times = onset_times(&curve, self.benefit, out.threshold, to, out.level);
        times.retain(|o| o.interval == IntervalKind::SimultaneousBand);
        times.extend(likelihood.onset_times(&curve, self.benefit, out.threshold, to, out.level));
        times.sort_by_key(|o| o.definition);
        out.onset = times.iter().map(|o| self.onset(o)).collect();
        if let Some(threshold) = out.threshold {
            let w = likelihood.window(&curve, self.benefit, threshold, to, out.level);
            out.window = Some(ResponseWindow {
                onset_hours: w.onset,
                onset_lower_hours: w.onset_lower,
                onset_upper_hours: w.onset_upper,
                loss_hours: w.loss,
                loss_lower_hours: w.loss_lower,
                loss_upper_hours: w.loss_upper,
                lasts: w.lasts,
                p_never: w.p_never,
            });
        }
        if last_horizon(out).is_some() {
            out.curve = drawn(&curve, to, out.level);
            out.benefit = Some(self.area(&curve, to, out));
        }
        self.without(out);
        self.under(out);
    }

    fn onset(&self, o: &OnsetTime) -> Onset {
        let at = o.estimate.map(|t| self.all.at(t, self.tau2));
        Onset {
            definition: o.definition.code().to_owned(),
            interval: o.interval.code().to_owned(),
            hours: o.estimate,
            lower_hours: o.lower,
            upper_hours: o.upper,
            p_never: o.p_never,
            beyond_data: o.beyond_data,
            trials: at.map(|p| p.trials),
            people: at.map(|p| p.patients),
            information: at.map(|p| p.information),
            why_not: o
                .estimate
                .is_none()
                .then(|| "the fitted curve does not get there".to_owned()),
        }
    }

    fn area(&self, curve: &Curve, to: f64, out: &TimeCourse) -> BenefitArea {
        let found = area(curve, self.benefit, to, out.level);
        let unit = out.unit.strip_suffix(" points").map_or_else(
            || format!("{} times days", out.scale),
            |scale| format!("{scale} point-days"),
        );
        BenefitArea {
            to_hours: to,
            estimate: Interval {
                value: found.estimate / 24.0,
                lower: found.lower / 24.0,
                upper: found.upper / 24.0,
            },
            unit,
        }
    }

    fn options(&self, rho: f64) -> Options {
        options(self.index, self.declared, self.wanted, rho)
    }

    /// The likelihood of a fit to these data under a correlation of `rho`.
    fn likelihood(&self, fit: &Fit, rho: f64) -> Result<Likelihood, TimecourseError> {
        Likelihood::new(self.data, &self.options(rho), fit)
    }

    /// The onset that stands for the course, of the important difference, else of half the peak: with the limits of the
    /// likelihood where it is given.
    fn main(&self, fit: &Fit, likelihood: Option<&Likelihood>, out: &TimeCourse) -> Option<OnsetTime> {
        let curve = fit.curves(&[]).into_iter().next()?;
        let to = last_horizon(out).unwrap_or_else(|| fit.last_time());
        let wanted = if out.threshold.is_some() {
            Definition::ImportantDifference
        } else {
            Definition::HalfPeak
        };
        let times = match likelihood {
            Some(likelihood) => likelihood.onset_times(&curve, self.benefit, out.threshold, to, out.level),
            None => onset_times(&curve, self.benefit, out.threshold, to, out.level),
        };
        times.into_iter().find(|o| o.definition == wanted)
    }

    fn without(&self, out: &mut TimeCourse) {
        let rho = self.index.protocol.model.visit_correlation.rho;
        out.leave_one_out = leave_one_out(self.data, &self.options(rho))
            .into_iter()
            .map(|left| {
                let why = match &left.fit {
                    None => Some("nothing comparable is left".to_owned()),
                    Some(fit) => fit.why_not().map(str::to_owned),
                };
                let hours = left
                    .fit
                    .as_ref()
                    .filter(|_| why.is_none())
                    .and_then(|f| self.main(f, None, out)?.estimate);
                OnsetWithout {
                    without: left.study,
                    hours,
                    why_not: why,
                }
            })
            .collect();
    }

    fn under(&self, out: &mut TimeCourse) {
        let declared = &self.index.protocol.model.visit_correlation;
        if declared.form == CorrelationForm::Independent {
            return;
        }
        out.sensitivity = declared
            .sensitivity
            .iter()
            .map(|&rho| {
                let tried = fit(self.data, &self.options(rho));
                let why_not = match &tried {
                    Ok(fit) => fit.why_not().map(str::to_owned),
                    Err(error) => Some(error.to_string()),
                };
                let onset = tried
                    .ok()
                    .filter(|_| why_not.is_none())
                    .and_then(|f| self.main(&f, Some(&self.likelihood(&f, rho).ok()?), out));
                OnsetUnder {
                    rho,
                    hours: onset.as_ref().and_then(|o| o.estimate),
                    lower_hours: onset.as_ref().and_then(|o| o.lower),
                    upper_hours: onset.as_ref().and_then(|o| o.upper),
                    why_not,
                }
            })
            .collect();
    }
}

fn parameter(p: &onset_models::timecourse::Parameter) -> CurveParameter {
    CurveParameter {
        name: p.name.clone(),
        estimate: p.estimate,
        se: p.se,
        before: p.identification.as_ref().map(|i| i.before),
        after: p.identification.as_ref().map(|i| i.after),
    }
}

/// The curve with its bands from the first visit to the horizon.
fn drawn(curve: &Curve, to: f64, level: f64) -> Vec<CurveAt> {
    let from = curve.range.0.min(to);
    let c = simultaneous_critical(curve, from, to, level);
    (0..=DRAWN)
        .map(|i| {
            let hours = from * (to / from).powf(f64::from(i) / f64::from(DRAWN));
            let p = curve.at(hours);
            let z = curve.quantile(&p, level);
            CurveAt {
                hours,
                estimate: p.value,
                lower: p.value - z * p.se,
                upper: p.value + z * p.se,
                band_lower: p.value - c * p.se,
                band_upper: p.value + c * p.se,
            }
        })
        .collect()
}
