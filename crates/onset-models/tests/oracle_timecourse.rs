//! Time courses against reference values, by a second route, and on awkward data.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use onset_models::timecourse::*;

/// Printed to the last digit given.
const PRINTED_5: f64 = 6e-6;
const PRINTED_7: f64 = 6e-7;
/// Deviance printed with three decimals.
const PRINTED_RSS: f64 = 6e-4;

fn read(name: &str, [study, treatment, time, mean, se, n]: [&str; 6], arm: &str) -> Vec<TimeVisit> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../oracles/methods")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|l| {
        l.split(',')
            .map(|c| c.trim_matches('"').to_owned())
            .collect::<Vec<_>>()
    });
    let header = lines.next().unwrap();
    let at = |name: &str| header.iter().position(|h| h == name);
    lines
        .map(|cells| {
            let text = |name: &str| at(name).map_or_else(String::new, |i| cells[i].clone());
            TimeVisit {
                study: text(study),
                arm: text(arm),
                treatment: text(treatment),
                time: text(time).parse().unwrap(),
                mean: text(mean).parse().unwrap(),
                se: text(se).parse().unwrap(),
                n: text(n).parse().ok(),
                dose: None,
            }
        })
        .collect()
}

fn alog() -> Longitudinal {
    let visits = read(
        "alog_pcfb.csv",
        ["studyID", "treatment", "time", "y", "se", "n"],
        "treatment",
    );
    Longitudinal::new(&visits, "placebo").unwrap()
}

fn as_printed() -> Options {
    Options {
        dispersion: Dispersion::One,
        ..Options::default()
    }
}

fn parameter<'a>(fit: &'a Fit, name: &str) -> &'a Parameter {
    fit.parameters.iter().find(|p| p.name == name).unwrap()
}

fn place(fit: &Fit, name: &str) -> usize {
    fit.parameters.iter().position(|p| p.name == name).unwrap()
}

#[test]
fn alogliptin_meets_the_reference() {
    let fit = fit(&alog(), &as_printed()).unwrap();
    let reference = [
        ("alog_6.25", -0.58498, 0.03398),
        ("alog_12.5", -0.77262, 0.02161),
        ("alog_25", -0.84153, 0.02230),
        ("alog_50", -0.96205, 0.03527),
        ("alog_100", -0.82915, 0.13561),
        ("log_et50", 1.635963, 0.04548),
    ];
    assert_eq!(fit.parameters.len(), reference.len());
    for (name, estimate, se) in reference {
        let found = parameter(&fit, name);
        let gap = (found.estimate - estimate).abs();
        println!("{name} {} {:?}", found.estimate, found.se);
        assert!(
            gap < if name == "log_et50" { PRINTED_7 } else { PRINTED_5 },
            "{name} {gap:e}"
        );
        assert!(
            (found.se.unwrap() - se).abs() < PRINTED_5,
            "{name} {:?}",
            found.se
        );
    }
    assert!((fit.rss - 1015.098).abs() < PRINTED_RSS, "{}", fit.rss);
    assert_eq!((fit.points, fit.parameters_in_all), (233, 20));
    let (d, s) = (place(&fit, "alog_25"), place(&fit, "log_et50"));
    assert!((fit.covariance[(d, d)] - 4.973e-4).abs() < 6e-8);
    assert!((fit.covariance[(d, s)] + 7.232e-4).abs() < 6e-8);
    assert!(fit.why_not().is_none());
}

#[test]
fn alogliptin_onset_meets_the_reference() {
    let fit = fit(&alog(), &as_printed()).unwrap();
    let curve = fit
        .curves(&[])
        .into_iter()
        .find(|c| c.treatment == "alog_25")
        .unwrap();
    let times = onset_times(&curve, Benefit::Lower, Some(0.3), curve.range.1, 0.95);
    let of = |kind| {
        times
            .iter()
            .find(|t| t.definition == Definition::ImportantDifference && t.interval == kind)
            .unwrap()
    };
    let (inversion, delta) = (of(IntervalKind::Inversion), of(IntervalKind::Delta));
    assert!((inversion.estimate.unwrap() - 2.844402).abs() < PRINTED_7);
    let limits = [
        (inversion.lower, 2.6688),
        (inversion.upper, 3.0383),
        (delta.lower, 2.6659),
        (delta.upper, 3.0348),
    ];
    for (found, printed) in limits {
        assert!((found.unwrap() - printed).abs() < 6e-5, "{found:?} {printed}");
    }
    let half = times
        .iter()
        .find(|t| t.definition == Definition::HalfPeak)
        .unwrap();
    assert!((half.estimate.unwrap().ln() - 1.635963).abs() < PRINTED_7);
    // The closed form of the hyperbola.
    let (d, e) = (
        parameter(&fit, "alog_25").estimate,
        parameter(&fit, "log_et50").estimate.exp(),
    );
    assert!((inversion.estimate.unwrap() - e * 0.3 / (-d - 0.3)).abs() < 1e-9);
    assert!(inversion.p_never.unwrap() < 1e-50);
    let more = onset_times(&curve, Benefit::Lower, Some(0.84), curve.range.1, 0.95);
    assert!(more[1].upper.is_none() && more[1].p_never.unwrap() > 0.4 && more[1].beyond_data);
    let never = onset_times(&curve, Benefit::Lower, Some(2.0), curve.range.1, 0.95);
    assert!(never[1].estimate.is_none() && never[1].upper.is_none() && never[1].p_never.unwrap() > 0.999);
}

#[test]
fn estimated_dispersion_widens_by_its_root() {
    let (one, estimated) = (
        fit(&alog(), &as_printed()).unwrap(),
        fit(&alog(), &Options::default()).unwrap(),
    );
    assert!((estimated.dispersion - 1015.098 / 213.0).abs() < 1e-5);
    let ratio = estimated.parameters[0].se.unwrap() / one.parameters[0].se.unwrap();
    assert!((ratio - estimated.dispersion.sqrt()).abs() < 1e-9);
}

#[test]
fn every_form_survives_every_data_set() {
    let copd = read(
        "copd.csv",
        ["studyID", "treatment", "time", "y", "se", "n"],
        "treatment",
    );
    let pain = read(
        "osteopain.csv",
        ["studyID", "treatname", "time", "y", "se", ""],
        "arm",
    );
    let data = [
        alog(),
        Longitudinal::new(&copd, "Placebo").unwrap(),
        Longitudinal::new(&pain, "Placebo_0").unwrap(),
    ];
    for data in &data {
        for (form, done) in compare_forms(data, &Options::default()) {
            match done {
                Ok(c) => println!(
                    "{} rss {:.2} aic {:.1} {:?} {:?}",
                    form.code(),
                    c.rss,
                    c.aic,
                    c.ending,
                    c.why_not
                ),
                Err(error) => println!("{} {error}", form.code()),
            }
        }
        let within = WithinArm::new(Some(0.5), Some(TimeScale::Log)).unwrap();
        for (baseline, random) in [(Baseline::Visit, false), (Baseline::Shape, true)] {
            let options = Options {
                within,
                baseline,
                random,
                ..Options::default()
            };
            let fit = fit(data, &options).unwrap();
            assert!(fit.rss.is_finite() && fit.loglik.is_finite());
            assert!(fit.tau2.is_none_or(|t| t >= 0.0));
        }
    }
}

/// A made course with known answers: no noise, so that every form returns its own parameters.
fn made(curve: impl Fn(f64) -> f64) -> Longitudinal {
    let mut visits = Vec::new();
    for study in 0..4 {
        for (arm, treated) in [("control", 0.0), ("drug", 1.0)] {
            for time in [0.5, 1.0, 3.0, 7.0, 14.0, 28.0] {
                visits.push(TimeVisit {
                    study: format!("s{study}"),
                    arm: arm.to_owned(),
                    treatment: arm.to_owned(),
                    time,
                    mean: -1.0 - f64::from(study) * 0.1 * time + treated * curve(time),
                    se: 0.5 + 0.1 * f64::from(study),
                    n: Some(20.0),
                    dose: None,
                });
            }
        }
    }
    Longitudinal::new(&visits, "control").unwrap()
}

#[test]
fn a_rise_and_fall_without_noise_returns_its_parameters_and_window() {
    let (on, off) = (2.0f64, 0.08f64);
    let peak = (on / off).ln() / (on - off);
    let shape =
        move |t: f64| ((-off * t).exp() - (-on * t).exp()) / ((-off * peak).exp() - (-on * peak).exp());
    let options = Options {
        form: Form::Bateman,
        baseline: Baseline::Visit,
        dispersion: Dispersion::One,
        ..Options::default()
    };
    let fit = fit(&made(|t| -8.0 * shape(t)), &options).unwrap();
    assert!(fit.rss < 1e-10, "{}", fit.rss);
    for (name, truth) in [("drug", -8.0), ("log_k_on", on.ln()), ("log_k_off", off.ln())] {
        assert!((parameter(&fit, name).estimate - truth).abs() < 1e-5, "{name}");
    }
    let curve = fit.curves(&[]).remove(0);
    let w = window(&curve, Benefit::Lower, 3.0, curve.range.1, 0.95);
    let (begin, end) = (w.onset.unwrap(), w.loss.unwrap());
    assert!(begin < peak && peak < end && !w.lasts);
    for t in [begin, end] {
        assert!((8.0 * shape(t) - 3.0).abs() < 1e-4);
    }
    assert!(w.onset_lower.unwrap() < begin && w.onset_upper.unwrap() < peak);
    assert!(w.loss_lower.unwrap() < end);
    let a = area(&curve, Benefit::Lower, 28.0, 0.95);
    let norm = (-off * peak).exp() - (-on * peak).exp();
    let exact = 8.0 / norm * ((1.0 - (-off * 28.0f64).exp()) / off - (1.0 - (-on * 28.0f64).exp()) / on);
    assert!((a.estimate / exact - 1.0).abs() < 1e-5);
    let band = simultaneous_critical(&curve, 0.5, 28.0, 0.95);
    assert!(band > 1.96 && band < 2.8, "{band}");
}

#[test]
fn the_horizon_counts_each_trial_once() {
    let data = made(|t| -t);
    let e = evidence(&data, None, |_| 0.0);
    assert!(
        e.points
            .iter()
            .all(|p| p.trials == 4 && (p.patients - 160.0).abs() < 1e-12)
    );
    assert_eq!(e.horizon(0.5).time, Some(28.0));
}

#[test]
fn what_is_wrong_is_refused() {
    let good = TimeVisit {
        study: "A".to_owned(),
        arm: "x".to_owned(),
        treatment: "x".to_owned(),
        time: 1.0,
        mean: 0.0,
        se: 1.0,
        n: None,
        dose: None,
    };
    let refused = |visits: &[TimeVisit]| Longitudinal::new(visits, "x").unwrap_err();
    assert_eq!(refused(&[]), TimecourseError::Empty);
    assert_eq!(
        refused(std::slice::from_ref(&good)),
        TimecourseError::NoComparison
    );
    let early = TimeVisit {
        time: -1.0,
        ..good.clone()
    };
    assert!(matches!(
        refused(&[early]),
        TimecourseError::BeforeBaseline { .. }
    ));
    assert!(matches!(
        refused(&[good.clone(), good.clone()]),
        TimecourseError::Duplicate {
            first: 0,
            index: 1,
            ..
        }
    ));
    let zero = TimeVisit { se: 0.0, ..good };
    assert!(matches!(refused(&[zero]), TimecourseError::BadNumber { .. }));
}
