//! Time courses against reference values, by a second route, and on awkward data.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use onset_math::{minimize, normal, root, student_t};
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

/// The limits of the likelihood against a second route: at each the best curve that begins there, found from fits with the
/// shape held, is exactly one quantile from the maximum.
#[test]
fn profile_limits_are_one_quantile_from_the_maximum() {
    for dispersion in [Dispersion::One, Dispersion::Estimated] {
        let options = Options {
            dispersion,
            ..Options::default()
        };
        let (data, best) = (alog(), fit(&alog(), &options).unwrap());
        let curve = best
            .curves(&[])
            .into_iter()
            .find(|c| c.treatment == "alog_25")
            .unwrap();
        let likelihood = Likelihood::new(&data, &options, &best).unwrap();
        let times = likelihood.onset_times(&curve, Benefit::Lower, Some(0.3), curve.range.1, 0.95);
        let of = |definition| times.iter().find(|t| t.definition == definition).unwrap();
        let important = of(Definition::ImportantDifference);
        println!("{dispersion:?} {important:?} {:?}", of(Definition::HalfPeak));
        let q = match best.df {
            Some(df) => student_t::quantile(0.975, df),
            None => normal::quantile(0.975),
        };
        // sum of squares at a shape, of the best curve there that crosses at t (or of the best curve)
        let held = |shape: f64, t: Option<f64>| {
            let mut options = options.clone();
            options.fixed.insert("log_et50".to_owned(), shape);
            let at = fit(&data, &options).unwrap();
            let d = parameter(&at, "alog_25");
            let gap = t.map_or(0.0, |t| -0.3 * (shape.exp() + t) / t - d.estimate);
            at.rss + gap * gap * at.dispersion / d.se.unwrap().powi(2)
        };
        let distance = |rss: f64| (rss - best.rss) / best.dispersion;
        let shape = parameter(&best, "log_et50").estimate;
        for t in [important.lower, important.upper] {
            let least = minimize::brent(|x| held(x, t), shape - 0.5, shape + 0.5, 1e-9).value;
            assert!(
                (distance(least) - q * q).abs() < 1e-5,
                "{t:?} {}",
                distance(least)
            );
        }
        for t in [of(Definition::HalfPeak).lower, of(Definition::HalfPeak).upper] {
            let there = distance(held(t.unwrap().ln(), None));
            assert!((there - q * q).abs() < 1e-4, "{t:?} {there}");
        }
    }
}

/// With two shapes: no curve of a grid that the likelihood allows begins or ends outside the limits, and some come near them.
#[test]
fn profile_limits_of_a_rise_and_fall_enclose_every_allowed_curve() {
    let shape = |t: f64| (-0.08 * t).exp() - (-2.0 * t).exp();
    let options = Options {
        form: Form::Bateman,
        baseline: Baseline::Visit,
        dispersion: Dispersion::One,
        ..Options::default()
    };
    let data = made(|t| -8.0 * shape(t));
    let best = fit(&data, &options).unwrap();
    let curve = best.curves(&[]).remove(0);
    let likelihood = Likelihood::new(&data, &options, &best).unwrap();
    let w = likelihood.window(&curve, Benefit::Lower, 3.0, curve.range.1, 0.95);
    println!("{w:?}");
    let (on, off) = (parameter(&best, "log_k_on"), parameter(&best, "log_k_off"));
    let z = normal::quantile(0.975);
    let (mut onset, mut loss) = ((f64::INFINITY, 0.0f64), (f64::INFINITY, 0.0f64));
    let mut half = (f64::INFINITY, 0.0f64);
    let grid = |p: &Parameter, i: i32| p.estimate + p.se.unwrap() * f64::from(i) / 8.0;
    for (i, j) in (-20..=20).flat_map(|i| (-20..=20).map(move |j| (i, j))) {
        let mut options = options.clone();
        options.fixed.insert("log_k_on".to_owned(), grid(on, i));
        options.fixed.insert("log_k_off".to_owned(), grid(off, j));
        let at = fit(&data, &options).unwrap();
        let left = z * z - (at.rss - best.rss);
        if left < 0.0 {
            continue;
        }
        let amplitude = &at.parameters[0];
        for side in [-1.0, 1.0] {
            let d = amplitude.estimate + side * left.sqrt() * amplitude.se.unwrap();
            let unit = |t: f64| {
                let f = |t: f64| (-grid(off, j).exp() * t).exp() - (-grid(on, i).exp() * t).exp();
                let peak = (grid(on, i) - grid(off, j)) / (grid(on, i).exp() - grid(off, j).exp());
                (f(t) / f(peak), peak)
            };
            let gap = |t: f64| -d * unit(t).0 - 3.0;
            let peak = unit(1.0).1;
            let middle = root::brent(|t| unit(t).0 - 0.5, 0.0, peak, 0.0).unwrap().x;
            half = (half.0.min(middle), half.1.max(middle));
            let begin = root::brent(gap, 0.0, peak, 0.0).unwrap().x;
            onset = (onset.0.min(begin), onset.1.max(begin));
            if gap(curve.range.1) < 0.0 {
                let end = root::brent(gap, peak, curve.range.1, 0.0).unwrap().x;
                loss = (loss.0.min(end), loss.1.max(end));
            }
        }
    }
    println!("{onset:?} {loss:?} {half:?}");
    let near = |limit: Option<f64>, extreme: f64, outward: f64, within: f64| {
        let beyond = outward * (limit.unwrap() / extreme).ln();
        assert!((-1e-9..within).contains(&beyond), "{limit:?} {extreme}");
    };
    near(w.onset_lower, onset.0, -1.0, 0.01);
    near(w.onset_upper, onset.1, 1.0, 0.01);
    near(w.loss_lower, loss.0, -1.0, 0.01);
    near(w.loss_upper, loss.1, 1.0, 0.01);
    // half-times end at the edge of what is allowed, which the grid misses by up to a step: 1/8 standard error, .025
    let times = likelihood.onset_times(&curve, Benefit::Lower, None, curve.range.1, 0.95);
    let found = times
        .iter()
        .find(|t| t.definition == Definition::HalfPeak)
        .unwrap();
    near(found.lower, half.0, -1.0, 0.03);
    near(found.upper, half.1, 1.0, 0.03);
}

/// Without shapes the likelihood ratio is the square of Wald's z.
#[test]
fn profile_limits_of_a_line_are_those_of_wald() {
    let options = Options {
        form: Form::Loglinear,
        ..as_printed()
    };
    let (data, found) = (alog(), fit(&alog(), &options).unwrap());
    let curve = found.curves(&[]).remove(0);
    let likelihood = Likelihood::new(&data, &options, &found).unwrap();
    let of = |times: Vec<OnsetTime>| {
        let mut important = times
            .into_iter()
            .filter(|t| t.definition == Definition::ImportantDifference && t.interval != IntervalKind::Delta);
        let found = important.next().unwrap();
        (found.lower.unwrap(), found.upper.unwrap())
    };
    let wald = of(onset_times(
        &curve,
        Benefit::Lower,
        Some(0.3),
        curve.range.1,
        0.95,
    ));
    assert_eq!(
        of(likelihood.onset_times(&curve, Benefit::Lower, Some(0.3), curve.range.1, 0.95)),
        wald
    );
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

/// Noise from a fixed sequence, so that laws are tested on data that no curve meets exactly.
fn noisy(seed: u64, scale: f64, sign: f64) -> Longitudinal {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let mut visits = Vec::new();
    for study in 0..5 {
        for treated in [false, true] {
            for time in [0.5, 1.0, 3.0, 7.0, 14.0, 28.0] {
                let effect = if treated {
                    -7.0 * time / (2.5 + time)
                } else {
                    -0.05 * time
                };
                let name = if treated { "drug" } else { "control" };
                visits.push(TimeVisit {
                    study: format!("s{study}"),
                    arm: name.to_owned(),
                    treatment: name.to_owned(),
                    time: time * scale,
                    mean: sign * (effect + 1.5 * noise()),
                    se: 0.8,
                    n: Some(30.0),
                    dose: None,
                });
            }
        }
    }
    Longitudinal::new(&visits, "control").unwrap()
}

/// Two searches that end within the search's own stopping rule of each other.
const SAME: f64 = 1e-6;

fn onset_of(data: &Longitudinal, options: &Options, benefit: Benefit) -> OnsetTime {
    let curve = fit(data, options).unwrap().curves(&[]).remove(0);
    onset_times(&curve, benefit, Some(3.0), curve.range.1, 0.95)
        .into_iter()
        .find(|o| o.interval == IntervalKind::Inversion)
        .unwrap()
}

/// Laws: times scale with the unit of time, and turning the scale of the outcome turns nothing but signs.
#[test]
fn unit_of_time_and_sign_of_the_scale_are_names_only() {
    for seed in 1..=12 {
        for (random, baseline) in [
            (false, Baseline::Visit),
            (true, Baseline::Visit),
            (false, Baseline::Shape),
        ] {
            let options = Options {
                random,
                baseline,
                within: WithinArm::new(Some(0.4), Some(TimeScale::Log)).unwrap(),
                dispersion: Dispersion::One,
                ..Options::default()
            };
            let hours = onset_of(&noisy(seed, 1.0, 1.0), &options, Benefit::Lower);
            let days = onset_of(&noisy(seed, 1.0 / 24.0, 1.0), &options, Benefit::Lower);
            let turned = onset_of(&noisy(seed, 1.0, -1.0), &options, Benefit::Higher);
            for (a, b, c) in [
                (hours.estimate, days.estimate, turned.estimate),
                (hours.lower, days.lower, turned.lower),
                (hours.upper, days.upper, turned.upper),
            ] {
                match (a, b, c) {
                    (Some(a), Some(b), Some(c)) => {
                        assert!(
                            (a / (24.0 * b) - 1.0).abs() < SAME,
                            "seed {seed}: {a} hours, {b} days"
                        );
                        assert!((a / c - 1.0).abs() < SAME, "seed {seed}: {a} {c}");
                    }
                    other => assert_eq!(other, (None, None, None), "seed {seed}"),
                }
            }
        }
    }
}

/// The latest onset: at or after the estimate where one exists, a bound where the rise lies before every visit, none
/// where the important difference may never be reached.
#[test]
fn the_latest_onset_bounds_what_cannot_be_dated() {
    let options = Options {
        baseline: Baseline::Visit,
        dispersion: Dispersion::One,
        ..Options::default()
    };
    let data = made(|t| -8.0 * t / (2.0 + t));
    let estimate = onset_of(&data, &options, Benefit::Lower);
    let latest = latest_onset(&data, &options, Benefit::Lower, 3.0, 0.95).unwrap();
    let upper = latest.upper.unwrap();
    assert!(upper > estimate.estimate.unwrap() && upper < 6.0, "{upper}");
    assert!(latest.lower.is_some_and(|l| l < estimate.estimate.unwrap()));
    assert_eq!((latest.trials, &latest.why_not), (4, &None));
    let early = made(|_| -8.0);
    assert!(fit(&early, &options).unwrap().why_not().is_some());
    let latest = latest_onset(&early, &options, Benefit::Lower, 3.0, 0.95).unwrap();
    // the first visit of two trials, and no lower limit: any faster rise is as good
    assert!(latest.lower.is_none() && latest.upper == Some(0.5), "{latest:?}");
    assert_eq!((latest.trials, &latest.why_not), (4, &None));
    let never = latest_onset(&data, &options, Benefit::Lower, 30.0, 0.95).unwrap();
    assert!(never.upper.is_none() && never.why_not.is_some());
    let bateman = Options {
        form: Form::Bateman,
        ..options
    };
    assert!(matches!(
        latest_onset(&data, &bateman, Benefit::Lower, 3.0, 0.95),
        Err(TimecourseError::Options { .. })
    ));
}

/// Repeated doses: what each adds is summed. Without noise the single dose comes back, from courses of several
/// schedules at once; the course of a schedule is the sum of shifted single doses.
#[test]
fn doses_are_summed_and_the_single_dose_comes_back() {
    let (e, h) = (2.0f64, 6.0f64);
    let single = move |t: f64| {
        if t > 0.0 {
            -5.0 * t / (e + t) * (-t * std::f64::consts::LN_2 / h).exp()
        } else {
            0.0
        }
    };
    let schedules: [&[f64]; 4] = [&[0.0], &[0.0, 3.0, 7.0], &[0.0, 7.0], &[0.0, 2.0, 4.0, 6.0]];
    let (mut visits, mut doses) = (Vec::new(), std::collections::BTreeMap::new());
    for (study, schedule) in schedules.iter().enumerate() {
        for treated in [false, true] {
            let name = if treated { "drug" } else { "control" };
            for time in [0.5, 1.0, 2.5, 5.0, 8.0, 11.0, 16.0, 24.0] {
                let effect: f64 = schedule.iter().map(|at| single(time - at)).sum();
                visits.push(TimeVisit {
                    study: study.to_string(),
                    arm: name.to_owned(),
                    treatment: name.to_owned(),
                    time,
                    mean: -0.2 * time + if treated { effect } else { 0.0 },
                    se: 0.7,
                    n: None,
                    dose: None,
                });
            }
            doses.insert((study.to_string(), name.to_owned()), schedule.to_vec());
        }
    }
    let options = Options {
        form: Form::EmaxDecay,
        baseline: Baseline::Visit,
        dispersion: Dispersion::One,
        ..Options::default()
    };
    let data = Longitudinal::new(&visits, "control").unwrap();
    let with = data.clone().with_dose_times(&doses).unwrap();
    let fitted = fit(&with, &options).unwrap();
    assert!(fitted.rss < 1e-9, "{}", fitted.rss);
    assert!(
        fit(&data, &options).unwrap().rss > 1.0,
        "one dose does not fit four schedules"
    );
    for (name, truth) in [("drug", -5.0), ("log_et50", e.ln()), ("log_half_life", h.ln())] {
        assert!((parameter(&fitted, name).estimate - truth).abs() < 1e-5, "{name}");
    }
    let curve = fitted.curves(&[]).remove(0);
    let course = curve.after(&[0.0, 3.0, 7.0]);
    for t in [0.5, 3.5, 9.0] {
        let sum = single(t) + single(t - 3.0) + single(t - 7.0);
        assert!((curve.value(t) - single(t)).abs() < 1e-5);
        assert!((course.value(t) - sum).abs() < 1e-5);
    }
    let emax = Options {
        form: Form::Emax,
        ..options
    };
    assert!(matches!(fit(&with, &emax), Err(TimecourseError::Options { .. })));
    for bad in [vec![], vec![3.0, 3.0], vec![-1.0], vec![f64::NAN]] {
        let one = std::collections::BTreeMap::from([(("0".to_owned(), "drug".to_owned()), bad)]);
        assert!(matches!(
            data.clone().with_dose_times(&one),
            Err(TimecourseError::BadDoses { .. })
        ));
    }
}

/// Fixed windows against the definition: with independent visits and common effects each window is its own inverse
/// variance mean; with correlation 1 within arms and one spread, a study that ends early moves the later windows.
#[test]
fn fixed_windows_by_hand_and_by_borrowing() {
    use onset_models::multilevel::Structure;
    let data = noisy(3, 1.0, 1.0);
    let windows = [
        (0.4, 0.6),
        (0.9, 1.5),
        (2.0, 4.0),
        (6.0, 8.0),
        (13.0, 15.0),
        (20.0, 30.0),
    ]
    .map(|(from, to)| FixedWindow { from, to });
    let common = fixed_windows(&data, 1, &windows, WithinArm::Independent, None, 0.95).unwrap();
    assert_eq!(common.means.len(), 6);
    // five studies, standard error of each difference 0.8 sqrt 2
    for mean in &common.means {
        assert_eq!(mean.k, 5);
        assert!(
            (mean.se - 0.8 * (2.0f64 / 5.0).sqrt()).abs() < 1e-9,
            "{}",
            mean.se
        );
        assert!(mean.tau2 == 0.0);
    }
    // the same curve, so that every mean lies near it
    for (mean, t) in common.means.iter().zip([0.5, 1.0, 3.0, 7.0, 14.0, 28.0]) {
        let truth = -7.0 * t / (2.5 + t) + 0.05 * t;
        assert!(
            (mean.estimate - truth).abs() < 3.0 * mean.se,
            "{t}: {} {truth}",
            mean.estimate
        );
    }
    let within = WithinArm::new(Some(0.6), Some(TimeScale::Log)).unwrap();
    for structure in [Structure::Har, Structure::Car, Structure::Un, Structure::Hcs] {
        let few = &windows[2..5];
        let found = fixed_windows(&data, 1, few, within, Some(structure), 0.95).unwrap();
        assert_eq!(found.means.len(), 3, "{structure:?}");
        assert!(
            found
                .means
                .iter()
                .all(|m| m.se.is_finite() && m.lower < m.estimate && m.estimate < m.upper)
        );
        assert!(!found.rho.is_empty());
    }
    let bad = |windows: &[FixedWindow]| fixed_windows(&data, 1, windows, within, None, 0.95).unwrap_err();
    let window = |from, to| FixedWindow { from, to };
    for broken in [
        vec![],
        vec![window(2.0, 1.0)],
        vec![window(1.0, 3.0), window(2.0, 4.0)],
        vec![window(0.0, 1.0)],
    ] {
        assert!(matches!(bad(&broken), TimecourseError::BadWindows { .. }));
    }
    assert_eq!(bad(&[window(100.0, 200.0)]), TimecourseError::NoComparison);
}

/// The reference's means and standard deviations are those of 15,000 autocorrelated draws of its own, printed to four
/// digits: about this many standard deviations of the parameter.
const MONTE_CARLO: f64 = 0.06;

#[test]
fn alogliptin_posterior_meets_the_reference() {
    let sampling = BayesOptions {
        shape_sd: Some(100.0),
        seed: 20_261_127,
        ..BayesOptions::default()
    };
    let found = bayes(&alog(), &as_printed(), &sampling, Benefit::Lower, Some(0.3), 0.95).unwrap();
    let reference = [
        ("alog_6.25", -0.5886),
        ("alog_12.5", -0.7762),
        ("alog_25", -0.8454),
        ("alog_50", -0.9668),
        ("alog_100", -0.8325),
        ("log_et50", 1.6475),
    ];
    assert_eq!(found.parameters.len(), reference.len());
    for (name, mean) in reference {
        let ours = found.parameters.iter().find(|p| p.name == name).unwrap();
        println!("{name} {} {} {:?}", ours.mean, ours.sd, ours.convergence);
        assert!(
            (ours.mean - mean).abs() < MONTE_CARLO * ours.sd,
            "{name} {} {mean}",
            ours.mean
        );
        assert!(ours.convergence.r_hat < 1.01 && ours.convergence.ess_bulk > 1_000.0);
    }
    let shape = found.parameters.iter().find(|p| p.name == "log_et50").unwrap();
    assert!((shape.sd / 0.0402 - 1.0).abs() < 0.05, "{}", shape.sd);
    assert_eq!((found.draws, found.divergences), (4_000, 0));
    // rich data: likelihood and posterior agree on the onset within a few hundredths
    let at = |d: Definition| {
        found
            .onset
            .iter()
            .find(|o| o.treatment == "alog_25" && o.definition == d)
            .unwrap()
            .clone()
    };
    let onset = at(Definition::ImportantDifference);
    assert!(
        (onset.median.unwrap() - 2.8444).abs() < 0.03 && onset.p_never == 0.0,
        "{onset:?}"
    );
    assert!((onset.lower.unwrap() - 2.6688).abs() < 0.03 && (onset.upper.unwrap() - 3.0383).abs() < 0.03);
    let again = bayes(&alog(), &as_printed(), &sampling, Benefit::Lower, Some(0.3), 0.95).unwrap();
    assert_eq!(found.parameters, again.parameters, "same seed, same draws");
}

#[test]
fn a_posterior_that_was_not_sampled_is_refused() {
    use onset_math::nuts::Nuts;
    let few = BayesOptions {
        nuts: Nuts {
            warmup: 20,
            draws: 30,
            ..Nuts::default()
        },
        ..BayesOptions::default()
    };
    let error = bayes(&alog(), &as_printed(), &few, Benefit::Lower, None, 0.95).unwrap_err();
    assert!(
        matches!(&error, TimecourseError::NotSampled { why } if why.contains("effective sample size")),
        "{error}"
    );
    let random = Options {
        random: true,
        ..as_printed()
    };
    let missing = bayes(
        &alog(),
        &random,
        &BayesOptions::default(),
        Benefit::Lower,
        None,
        0.95,
    )
    .unwrap_err();
    assert!(matches!(&missing, TimecourseError::Options { message } if message.contains("prior of tau")));
    let linear = Options {
        form: Form::Linear,
        ..as_printed()
    };
    assert!(matches!(
        bayes(
            &alog(),
            &linear,
            &BayesOptions::default(),
            Benefit::Lower,
            None,
            0.95
        ),
        Err(TimecourseError::Options { .. })
    ));
}

#[test]
fn spread_between_studies_is_sampled_with_its_prior() {
    let options = Options {
        random: true,
        ..as_printed()
    };
    let sampling = BayesOptions {
        tau_scale: Some(0.5),
        ..BayesOptions::default()
    };
    let found = bayes(&alog(), &options, &sampling, Benefit::Lower, Some(0.3), 0.95).unwrap();
    let tau = found.parameters.iter().find(|p| p.name == "tau").unwrap();
    let likelihood = fit(&alog(), &options).unwrap().tau2.unwrap().sqrt();
    println!("tau {tau:?}, REML {likelihood}");
    assert!(tau.lower < likelihood && likelihood < tau.upper);
    assert!(found.priors.iter().any(|p| p.contains("half-normal")));
}
