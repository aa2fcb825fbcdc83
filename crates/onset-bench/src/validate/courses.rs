//! Time courses and their onset by another program; survival against printed values.

use super::pairwise::Comparer;
use super::reference::{list, numbers, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::courses::{MONTHS, alogliptin, contrasts, osteoarthritis, radiation, stenosis};
use crate::methods::{COURSES, SURVIVAL};
use onset::models::survival::{AtHorizon, cox, pool_rmst, reconstruct};
use onset::models::timecourse::{
    BayesOptions, Benefit, Definition, Dispersion, Fit, Form, IntervalKind, Likelihood, Longitudinal,
    Options, bayes, fit, onset_times,
};
use serde_json::Value;
use std::path::Path;

/// Compares every fit, the posterior, and the survival curves.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "timecourse.json")?;
    let (alogliptin, osteoarthritis) = (alogliptin()?, osteoarthritis()?);
    for case in list(&file["fits"]) {
        let data = match text(&case["data"]) {
            "alog_pcfb" => &alogliptin,
            _ => &osteoarthritis,
        };
        let origin = Origin {
            reference: text(&file["source"]),
            data: text(&case["data"]),
        };
        one_form(data, case, &origin, book)?;
    }
    posterior(&alogliptin, &file["posterior"], book)?;
    let file = read(oracles, "survival.json")?;
    curves(&file["radiation"], book)?;
    restricted_means(&file["stenosis"], book)
}

fn options() -> Options {
    Options {
        dispersion: Dispersion::One,
        ..Options::default()
    }
}

fn one_form(data: &Longitudinal, case: &Value, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let code = text(&case["form"]);
    let (form, _) = Form::ALL
        .into_iter()
        .map(|form| (form, form.code()))
        .find(|(_, known)| *known == code)
        .ok_or_else(|| format!("no form is called {code}"))?;
    let knots: Option<Vec<f64>> = numbers(&case["knots"]).into_iter().collect();
    let ours = fit(
        data,
        &Options {
            form,
            knots,
            ..options()
        },
    )?;
    let mut course = Comparer {
        book,
        origin,
        method: (COURSES, code),
    };
    course.note("deviance", Some(ours.rss), &case["rss"], 0.0);
    let names = list(&case["treatments"]).iter().map(text);
    let shapes = form.shapes().iter().copied();
    let theirs = list(&case["amplitudes"]).iter().chain(list(&case["shapes"]));
    for ((name, theirs), se) in names.chain(shapes).zip(theirs).zip(list(&case["se"])) {
        let found = ours.parameters.iter().find(|p| p.name == name);
        let least = se.as_f64().unwrap_or(0.0);
        course.note("estimate", found.map(|p| p.estimate), theirs, least);
        course.note("SE", found.and_then(|p| p.se), se, 0.0);
    }
    if !case["onset"].is_null() {
        onset(data, &ours, &case["onset"], origin, book)?;
    }
    Ok(())
}

fn onset(data: &Longitudinal, fit: &Fit, theirs: &Value, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let curves = fit.curves(&[]);
    let curve = curves.iter().find(|c| c.treatment == text(&theirs["treatment"]));
    let Some(curve) = curve else {
        return Err(format!("no curve of {}", theirs["treatment"]).into());
    };
    let (to, size) = (curve.range.1, theirs["threshold"].as_f64());
    let likelihood = Likelihood::new(data, &options(), fit)?;
    let mut times = onset_times(curve, Benefit::Lower, size, to, 0.95);
    times.extend(likelihood.onset_times(curve, Benefit::Lower, size, to, 0.95));
    for kind in [
        IntervalKind::Inversion,
        IntervalKind::Delta,
        IntervalKind::Profile,
    ] {
        let code = kind.code();
        let ours = times
            .iter()
            .find(|t| t.definition == Definition::ImportantDifference && t.interval == kind);
        let mut course = Comparer {
            book,
            origin,
            method: (COURSES, code),
        };
        course.note("time", ours.and_then(|t| t.estimate), &theirs["estimate"], 0.0);
        let limits = &theirs[code];
        course.note("limits", ours.and_then(|t| t.lower), &limits[0], 0.0);
        course.note("limits", ours.and_then(|t| t.upper), &limits[1], 0.0);
    }
    let half = times
        .iter()
        .find(|t| t.definition == Definition::HalfPeak && t.interval == IntervalKind::Profile);
    let mut course = Comparer {
        book,
        origin,
        method: (COURSES, IntervalKind::Profile.code()),
    };
    let limits = &theirs["half_profile"];
    course.note("time", half.and_then(|t| t.estimate), &theirs["half"], 0.0);
    course.note("limits", half.and_then(|t| t.lower), &limits[0], 0.0);
    course.note("limits", half.and_then(|t| t.upper), &limits[1], 0.0);
    Ok(())
}

/// Errors in units of the posterior standard deviation: what is left is the Monte Carlo error of both programs.
fn posterior(data: &Longitudinal, theirs: &Value, book: &mut Book) -> Fallible<()> {
    let sampling = BayesOptions {
        shape_sd: Some(100.0),
        ..BayesOptions::default()
    };
    let ours = bayes(data, &options(), &sampling, Benefit::Lower, None, 0.95)?;
    let origin = Origin {
        reference: text(&theirs["source"]),
        data: text(&theirs["data"]),
    };
    let method = (COURSES, "NUTS");
    for (name, mean) in theirs["means"].as_object().into_iter().flatten() {
        let found = ours.parameters.iter().find(|p| p.name == *name);
        let (Some(found), Some(mean)) = (found, mean.as_f64()) else {
            return Err(format!("the posterior has no {name}").into());
        };
        let error = (found.mean - mean).abs() / found.sd;
        book.note(method, &origin, "mean (in SD)", error);
        if let Some(sd) = theirs["sd"][name].as_f64() {
            book.note(method, &origin, "SD", relative(found.sd, sd, 0.0));
        }
    }
    Ok(())
}

fn curves(theirs: &Value, book: &mut Book) -> Fallible<()> {
    let [(radio, at_risk), (plus, at_risk_plus)] = radiation()?;
    let radio = reconstruct(&radio, &at_risk, None)?;
    let plus = reconstruct(&plus, &at_risk_plus, None)?;
    let origin = Origin {
        reference: text(&theirs["source"]),
        data: text(&theirs["data"]),
    };
    let mut survival = Comparer {
        book,
        origin: &origin,
        method: (SURVIVAL, "reconstruction"),
    };
    for (i, arm) in [&radio, &plus].into_iter().enumerate() {
        let events = arm.curve.events as f64;
        survival.note("events", Some(events), &theirs["events"][i], 0.0);
        survival.note("median", arm.curve.median(), &theirs["medians"][i], 0.0);
    }
    for ((_, found), theirs) in radio.at_risk.iter().zip(list(&theirs["at_risk_first"])) {
        survival.note("at risk", Some(*found), theirs, 1.0);
    }
    let ratio = cox(&plus.patients, &radio.patients)?.ln_hr.exp();
    survival.note("hazard ratio", Some(ratio), &theirs["hazard_ratio"], 0.0);
    Ok(())
}

fn restricted_means(theirs: &Value, book: &mut Book) -> Fallible<()> {
    let trials = contrasts(&stenosis()?, &MONTHS)?;
    let pooled = pool_rmst(&trials, &MONTHS)?;
    let origin = Origin {
        reference: text(&theirs["source"]),
        data: text(&theirs["data"]),
    };
    for ((name, ours), theirs) in trials.iter().zip(list(&theirs["trials"])) {
        if name != text(&theirs["trial"]) {
            return Err("restricted means: another order of trials".into());
        }
        let mut rmst = Comparer {
            book: &mut *book,
            origin: &origin,
            method: (SURVIVAL, "RMST"),
        };
        for (i, &estimate) in ours.estimate.iter().enumerate() {
            let se = ours.standard_error(i);
            let least = theirs["se"][i].as_f64().unwrap_or(0.0);
            rmst.note("estimate", Some(estimate), &theirs["estimate"][i], least);
            rmst.note("SE", se, &theirs["se"][i], 0.0);
        }
    }
    let ways: [(&str, &[AtHorizon]); 3] = [
        ("dl", &pooled.dl),
        ("common", &pooled.multivariate_common),
        ("reml", &pooled.multivariate_random),
    ];
    for (way, ours) in ways {
        let code = match way {
            "dl" => "RMST, each horizon",
            "common" => "RMST, all horizons, common",
            _ => "RMST, all horizons, UN",
        };
        let theirs = &theirs[way];
        for (i, ours) in ours.iter().enumerate() {
            let mut rmst = Comparer {
                book: &mut *book,
                origin: &origin,
                method: (SURVIVAL, code),
            };
            rmst.note(
                "estimate",
                Some(ours.estimate),
                &theirs["estimate"][i],
                ours.standard_error,
            );
            rmst.note("SE", Some(ours.standard_error), &theirs["se"][i], 0.0);
            let least = ours.standard_error * ours.standard_error;
            rmst.note("tau2", Some(ours.heterogeneity), &theirs["tau2"][i], least);
        }
    }
    Ok(())
}
