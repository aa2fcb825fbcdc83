//! Time courses: a reference fit, and every form on courses without noise, which must give their own parameters back.

use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{ONSETS, TIMECOURSES};
use onset::data::Table;
use onset::models::timecourse::{
    Baseline, Benefit, Definition, Dispersion, Fit, Form, IntervalKind, Longitudinal, Options, TimeVisit,
    area, fit, onset_times, window,
};
use std::f64::consts::LN_2;
use std::path::Path;

/// Compares every form.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    alogliptin(oracles, book)?;
    noiseless(book)
}

/// Treatment, estimate, standard error (as printed, five decimals).
const REFERENCE: [(&str, f64, f64); 6] = [
    ("alog_6.25", -0.58498, 0.03398),
    ("alog_12.5", -0.77262, 0.02161),
    ("alog_25", -0.84153, 0.02230),
    ("alog_50", -0.96205, 0.03527),
    ("alog_100", -0.82915, 0.13561),
    ("log_et50", 1.635_963, 0.04548),
];

/// 14 trials of alogliptin: a hyperbola fitted by an independent program.
pub fn alogliptin_visits(oracles: &Path) -> Fallible<Vec<TimeVisit>> {
    let table = Table::read(&oracles.join("methods/alog_pcfb.csv")).map_err(|e| e.message.clone())?;
    let texts = |name: &str| -> Fallible<Vec<String>> {
        let column = table.column(name).map_err(|e| e.message.clone())?;
        Ok(column.texts().iter().map(|t| t.unwrap_or_default().to_owned()).collect())
    };
    let numbers = |name: &str| -> Fallible<Vec<f64>> {
        let column = table.column(name).map_err(|e| e.message.clone())?;
        let found = column.numbers().map_err(|e| e.message.clone())?;
        found.into_iter().collect::<Option<_>>().ok_or_else(|| format!("{name} has gaps").into())
    };
    let (studies, treatments) = (texts("studyID")?, texts("treatment")?);
    let (times, means, ses, ns) = (numbers("time")?, numbers("y")?, numbers("se")?, numbers("n")?);
    let rows = studies.into_iter().zip(treatments).zip(times.iter().zip(&means)).zip(ses.iter().zip(&ns));
    Ok(rows
        .map(|(((study, treatment), (&time, &mean)), (&se, &n))| TimeVisit {
            study,
            arm: treatment.clone(),
            treatment,
            time,
            mean,
            se,
            n: Some(n),
            dose: None,
        })
        .collect())
}

fn alogliptin(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "independent profile fit (scipy), printed digits",
        data: "alog_pcfb",
    };
    let options = Options {
        dispersion: Dispersion::One,
        ..Options::default()
    };
    let fitted = fit(&Longitudinal::new(&alogliptin_visits(oracles)?, "placebo")?, &options)?;
    let method = (TIMECOURSES, Form::Emax.code());
    for (name, estimate, se) in REFERENCE {
        let ours = fitted.parameters.iter().find(|p| p.name == name).ok_or("a parameter is missing")?;
        book.note(method, &origin, "estimate", relative(ours.estimate, estimate, 0.0));
        book.note(method, &origin, "SE", relative(ours.se.unwrap_or(f64::NAN), se, 0.0));
    }
    book.note(method, &origin, "deviance", relative(fitted.rss, 1015.098, 0.0));
    let curves = fitted.curves(&[]);
    let curve = curves.iter().find(|c| c.treatment == "alog_25").ok_or("no curve")?;
    let times = onset_times(curve, Benefit::Lower, Some(0.3), curve.range.1, 0.95);
    let of = |kind: IntervalKind| {
        times.iter().find(|t| t.definition == Definition::ImportantDifference && t.interval == kind)
    };
    for (code, kind, limits) in [
        ("inversion", IntervalKind::Inversion, (2.6688, 3.0383)),
        ("delta", IntervalKind::Delta, (2.6659, 3.0348)),
    ] {
        let found = of(kind).ok_or("no onset")?;
        let at = |x: Option<f64>| x.unwrap_or(f64::NAN);
        let method = (ONSETS, code);
        book.note(method, &origin, "time", relative(at(found.estimate), 2.844_402, 0.0));
        book.note(method, &origin, "limits", relative(at(found.lower), limits.0, 0.0));
        book.note(method, &origin, "limits", relative(at(found.upper), limits.1, 0.0));
    }
    let half = times.iter().find(|t| t.definition == Definition::HalfPeak).and_then(|t| t.estimate);
    let half = half.unwrap_or(f64::NAN).ln();
    book.note((ONSETS, "half_peak"), &origin, "log time", relative(half, 1.635_963, 0.0));
    Ok(())
}

/// Visits without noise, in hours.
const TIMES: [f64; 7] = [0.5, 1.0, 3.0, 7.0, 14.0, 28.0, 56.0];
const HEIGHT: f64 = -8.0;

/// A form with its shapes (log scale) and its formula written out again.
type Known = (Form, &'static [(&'static str, f64)], fn(f64) -> f64);

fn bateman(t: f64) -> f64 {
    let (on, off) = (2.0f64, 0.08f64);
    let raw = |t: f64| (-off * t).exp() - (-on * t).exp();
    raw(t) / raw((on / off).ln() / (on - off))
}

const KNOWN: [Known; 7] = [
    (Form::Emax, &[("log_et50", 2.0 * LN_2)], |t| t / (4.0 + t)),
    (
        Form::Hill,
        &[("log_et50", 2.0 * LN_2), ("log_hill", LN_2)],
        |t| t * t / (16.0 + t * t),
    ),
    (Form::Exponential, &[("log_rate", -2.0 * LN_2)], |t| 1.0 - (-0.25 * t).exp()),
    (
        Form::Bateman,
        &[("log_k_on", LN_2), ("log_k_off", -2.525_728_644_308_255)],
        bateman,
    ),
    (
        Form::EmaxDecay,
        &[("log_et50", LN_2), ("log_half_life", 3.401_197_381_662_155_5)],
        |t| t / (2.0 + t) * (-t * LN_2 / 30.0).exp(),
    ),
    (Form::Linear, &[], |t| t),
    (Form::Loglinear, &[], |t| (1.0 + t).ln()),
];

fn made(curve: fn(f64) -> f64) -> Vec<TimeVisit> {
    let arms = (0..4u32).flat_map(|study| [(study, 0.0), (study, 1.0)]);
    arms.flat_map(|(study, treated)| {
        TIMES.map(|time| {
            let name = if treated > 0.0 { "drug" } else { "control" };
            TimeVisit {
                study: study.to_string(),
                arm: name.to_owned(),
                treatment: name.to_owned(),
                time,
                mean: -1.0 - f64::from(study) * 0.1 * time + treated * HEIGHT * curve(time),
                se: 0.5 + 0.1 * f64::from(study),
                n: None,
                dose: None,
            }
        })
    })
    .collect()
}

fn fitted(form: Form, curve: fn(f64) -> f64) -> Fallible<Fit> {
    let options = Options {
        form,
        baseline: Baseline::Visit,
        dispersion: Dispersion::One,
        ..Options::default()
    };
    Ok(fit(&Longitudinal::new(&made(curve), "control")?, &options)?)
}

fn noiseless(book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: known curve without noise",
        data: "made visits",
    };
    for (form, shapes, curve) in KNOWN {
        let ours = fitted(form, curve)?;
        let method = (TIMECOURSES, form.code());
        for (name, truth) in shapes.iter().copied().chain([("drug", HEIGHT)]) {
            let found = ours.parameters.iter().find(|p| p.name == name).map_or(f64::NAN, |p| p.estimate);
            book.note(method, &origin, "parameters", relative(found, truth, 1.0));
        }
    }
    // a natural spline holds every straight line
    let ours = fitted(Form::Spline, |t| t)?;
    let curves = ours.curves(&[]);
    let line = curves.first().ok_or("no curve")?;
    for t in TIMES {
        book.note((TIMECOURSES, Form::Spline.code()), &origin, "values", relative(line.value(t), HEIGHT * t, 1.0));
    }
    let ours = fitted(Form::Bateman, bateman)?;
    let curves = ours.curves(&[]);
    let curve = curves.first().ok_or("no curve")?;
    let span = window(curve, Benefit::Lower, 3.0, 56.0, 0.95);
    for time in [span.onset, span.loss] {
        let there = HEIGHT * bateman(time.unwrap_or(f64::NAN));
        book.note((ONSETS, "window"), &origin, "difference there", relative(there, -3.0, 0.0));
    }
    let (on, off) = (2.0f64, 0.08f64);
    let peak = (on / off).ln() / (on - off);
    let norm = (-off * peak).exp() - (-on * peak).exp();
    let part = |rate: f64| (1.0 - (-rate * 56.0).exp()) / rate;
    let exact = -HEIGHT / norm * (part(off) - part(on));
    let found = area(curve, Benefit::Lower, 56.0, 0.95).estimate;
    book.note((ONSETS, "area"), &origin, "area", relative(found, exact, 0.0));
    Ok(())
}
