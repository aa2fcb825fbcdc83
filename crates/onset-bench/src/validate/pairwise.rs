//! Pooling against the pairwise data sets: estimators of tau2, tests, intervals, subsets.

use super::reference::{list, numbers, program, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{ANALYSES, PREDICTIONS, TAU2, TAU2_INTERVALS, TESTS};
use onset::effects::Effects;
use onset::models::pool::{
    Method, Options, Pooled, PredictionChoice, PredictionKind, Subset, Tau2IntervalKind, Tau2Method, Test,
    cumulative, leave_one_out, pool,
};
use serde_json::Value;
use std::path::Path;

/// The pairwise data sets.
pub const DATA: [&str; 14] = [
    "bangertdrowns2004",
    "bcg",
    "dorn2007",
    "egger2001",
    "furukawa2003",
    "hackshaw1998",
    "hart1999",
    "linde2005",
    "mcdaniel1994",
    "nielweise2007",
    "nielweise2008",
    "normand1999",
    "pritz1997",
    "raudenbush1985",
];

/// Keys of a case that are compared, or that describe it.
const KNOWN: [&str; 21] = [
    "influence_reml",
    "blup_reml",
    "regtest_lm",
    "regtest_reml",
    "ranktest",
    "trimfill_L0",
    "trimfill_R0",
    "fsn_rosenthal",
    "hc",
    "measure",
    "columns",
    "n",
    "effects",
    "fits",
    "tau2_ci_qp",
    "tau2_ci_pl_reml",
    "leave1out_reml",
    "cumul_reml",
    "mantel_haenszel",
    "peto",
    "regressions",
];

/// Compares every fit of every data set.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    for data in DATA {
        let file = read(oracles, &format!("{data}.json"))?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        for case in list(&file["cases"]) {
            let effects = effects(case)?;
            for fit in list(&case["fits"]) {
                one_fit(&effects, fit, &origin, book)?;
            }
            tau2_intervals(&effects, case, &origin, book)?;
            subsets(&effects, case, &origin, book)?;
            for block in case.as_object().into_iter().flat_map(|case| case.keys()) {
                if !KNOWN.contains(&block.as_str()) {
                    book.unused(block);
                }
            }
        }
    }
    generalised_q(oracles, book)?;
    variants(oracles, book)
}

pub fn effects(case: &Value) -> Fallible<Effects> {
    let column = |key: &str| -> Option<Vec<f64>> { numbers(&case["effects"][key]).into_iter().collect() };
    let y = column("yi").ok_or("an effect is missing")?;
    let v = column("vi").ok_or("a variance is missing")?;
    let labels = (1..=y.len()).map(|row| row.to_string()).collect();
    Ok(Effects::new(y, v, labels)?)
}

/// A fit, or nothing: then its quantities show as not a number.
pub fn attempt(effects: &Effects, options: &Options) -> Option<Pooled> {
    pool(effects, options).ok().map(|pooled| pooled.value)
}

/// Notes one quantity when the reference has it: `ours` in units of `theirs` or `least`.
pub struct Comparer<'a> {
    pub book: &'a mut Book,
    pub origin: &'a Origin<'a>,
    pub method: (&'static str, &'a str),
}

impl Comparer<'_> {
    /// Notes it.
    pub fn note(&mut self, quantity: &'static str, ours: Option<f64>, theirs: &Value, least: f64) {
        if let Some(theirs) = theirs.as_f64() {
            let error = relative(ours.unwrap_or(f64::NAN), theirs, least);
            self.book.note(self.method, self.origin, quantity, error);
        }
    }
}

fn one_fit(effects: &Effects, fit: &Value, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let (Some(method), Some(test)) = (
        Method::from_code(text(&fit["method"])),
        Test::from_code(text(&fit["test"])),
    ) else {
        book.unused(&format!("pooling by {} with {}", fit["method"], fit["test"]));
        return Ok(());
    };
    let kind = if test == Test::Z {
        PredictionKind::S
    } else {
        PredictionKind::Hk
    };
    let options = Options {
        method,
        test: Some(test),
        tau2_interval: None,
        prediction: PredictionChoice::Kind(kind),
        ..Options::default()
    };
    let ours = pool(effects, &options)?.value;
    let theirs = &fit["expect"];
    let smallest = effects.v().iter().copied().fold(f64::INFINITY, f64::min);
    let mut fits = Comparer {
        book,
        origin,
        method: (TAU2, method.code()),
    };
    fits.note("tau2", Some(ours.tau2.value), &theirs["tau2"], smallest);
    fits.note("its SE", ours.tau2.standard_error, &theirs["se_tau2"], 0.0);
    fits.note(
        "estimate",
        Some(ours.mean.estimate),
        &theirs["beta"],
        ours.mean.standard_error,
    );
    fits.note("I2", Some(ours.i2), &theirs["I2"], 1.0);
    fits.note("Q", Some(ours.q.value), &theirs["QE"], 0.0);
    fits.note("log-likelihood", Some(ours.fit.loglik), &theirs["logLik"], 1.0);
    fits.note("AIC", Some(ours.fit.aic), &theirs["AIC"], 1.0);
    fits.note("AICc", Some(ours.fit.aicc), &theirs["AICc"], 1.0);
    fits.note("BIC", Some(ours.fit.bic), &theirs["BIC"], 1.0);
    tests(&ours, theirs, origin, book);
    if let Some(prediction) = ours.prediction {
        let mut predictions = Comparer {
            book,
            origin,
            method: (PREDICTIONS, kind.code()),
        };
        predictions.note(
            "limits",
            Some(prediction.lower),
            &theirs["pi_lb"],
            ours.mean.standard_error,
        );
        predictions.note(
            "limits",
            Some(prediction.upper),
            &theirs["pi_ub"],
            ours.mean.standard_error,
        );
    }
    Ok(())
}

fn tests(ours: &Pooled, theirs: &Value, origin: &Origin, book: &mut Book) {
    let mean = &ours.mean;
    let mut tests = Comparer {
        book,
        origin,
        method: (TESTS, ours.test.code()),
    };
    tests.note("SE", Some(mean.standard_error), &theirs["se"], 0.0);
    tests.note("statistic", Some(mean.statistic), &theirs["zval"], 1.0);
    tests.note("p", Some(mean.p), &theirs["pval"], 0.0);
    tests.note(
        "limits",
        Some(mean.ci_lower),
        &theirs["ci_lb"],
        mean.standard_error,
    );
    tests.note(
        "limits",
        Some(mean.ci_upper),
        &theirs["ci_ub"],
        mean.standard_error,
    );
}

fn tau2_intervals(effects: &Effects, case: &Value, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let smallest = effects.v().iter().copied().fold(f64::INFINITY, f64::min);
    for (kind, block) in [
        (Tau2IntervalKind::QProfile, "tau2_ci_qp"),
        (Tau2IntervalKind::ProfileLikelihood, "tau2_ci_pl_reml"),
    ] {
        let theirs = &case[block];
        if theirs.is_null() {
            continue;
        }
        let options = Options {
            tau2_interval: Some(kind),
            ..Options::default()
        };
        let ours = attempt(effects, &options).and_then(|ours| ours.tau2_interval);
        let mut intervals = Comparer {
            book,
            origin,
            method: (TAU2_INTERVALS, kind.code()),
        };
        intervals.note("limits", ours.map(|ours| ours.lower), &theirs["lb"], smallest);
        intervals.note("limits", ours.map(|ours| ours.upper), &theirs["ub"], smallest);
    }
    Ok(())
}

fn subsets(effects: &Effects, case: &Value, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let options = Options::random(Tau2Method::Reml).with_test(Test::Z);
    let smallest = effects.v().iter().copied().fold(f64::INFINITY, f64::min);
    for (name, block, ours) in [
        (
            "leave-one-out",
            "leave1out_reml",
            leave_one_out(effects, &options)?,
        ),
        ("cumulative", "cumul_reml", cumulative(effects, &options)?),
    ] {
        let mut analyses = Comparer {
            book,
            origin,
            method: (ANALYSES, name),
        };
        let mut column = |quantity, key: &str, pick: fn(&Subset) -> f64, least: f64| {
            for (row, theirs) in list(&case[block][key]).iter().enumerate() {
                analyses.note(quantity, ours.get(row).map(pick), theirs, least);
            }
        };
        let se = ours
            .iter()
            .map(|subset| subset.mean.standard_error)
            .fold(f64::INFINITY, f64::min);
        column("estimate", "estimate", |subset| subset.mean.estimate, se);
        column("SE", "se", |subset| subset.mean.standard_error, 0.0);
        column("tau2", "tau2", |subset| subset.tau2, smallest);
        column("I2", "I2", |subset| subset.i2, 1.0);
        column("Q", "Q", |subset| subset.q.value, 1.0);
    }
    Ok(())
}

/// The generalised Q estimator and its interval, weights 1/v.
fn generalised_q(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "smallstudy.json")?;
    let Some(theirs) = list(&file["cases"])
        .iter()
        .find(|case| text(&case["id"]) == "hackshaw1998_GENQ")
    else {
        return Err("smallstudy.json has no GENQ case".into());
    };
    let data = read(oracles, "hackshaw1998.json")?;
    let effects = effects(&data["cases"][0])?;
    let origin = Origin {
        reference: "metafor 5.1.12",
        data: "hackshaw1998",
    };
    for kind in [
        Tau2IntervalKind::GeneralisedQ,
        Tau2IntervalKind::BiggerstaffJackson,
    ] {
        let options = Options {
            tau2_interval: Some(kind),
            ..Options::random(Tau2Method::Genq).with_test(Test::Z)
        };
        let ours = attempt(&effects, &options);
        if kind == Tau2IntervalKind::GeneralisedQ {
            let mut fits = Comparer {
                book,
                origin: &origin,
                method: (TAU2, "GENQ"),
            };
            fits.note(
                "tau2",
                ours.as_ref().map(|ours| ours.tau2.value),
                &theirs["tau2"],
                0.0,
            );
            fits.note(
                "estimate",
                ours.as_ref().map(|ours| ours.mean.estimate),
                &theirs["beta"],
                0.0,
            );
        }
        let mut intervals = Comparer {
            book,
            origin: &origin,
            method: (TAU2_INTERVALS, kind.code()),
        };
        let ours = ours.and_then(|ours| ours.tau2_interval);
        intervals.note("limits", ours.map(|ours| ours.lower), &theirs["ci"][0], 1e-3);
        intervals.note("limits", ours.map(|ours| ours.upper), &theirs["ci"][1], 1e-3);
    }
    Ok(())
}

/// Tests and prediction intervals as meta has them, REML.
fn variants(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "meta_intervals.json")?;
    for theirs in list(&file["cases"]) {
        let data = text(&theirs["dataset"]);
        let first = &read(oracles, &format!("{data}.json"))?["cases"][0];
        let effects = effects(first)?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        if let Some(kind) = PredictionKind::from_code(text(&theirs["predict"])) {
            let options = Options {
                prediction: PredictionChoice::Kind(kind),
                ..Options::default()
            };
            let ours = pool(&effects, &options)?.value;
            let mut predictions = Comparer {
                book,
                origin: &origin,
                method: (PREDICTIONS, kind.code()),
            };
            let (se, prediction) = (ours.mean.standard_error, ours.prediction);
            predictions.note("limits", prediction.map(|ours| ours.lower), &theirs["lower"], se);
            predictions.note("limits", prediction.map(|ours| ours.upper), &theirs["upper"], se);
            continue;
        }
        let test = match (text(&theirs["ci"]), text(&theirs["adhoc"])) {
            ("classic", _) => Test::Z,
            ("HK", "") => Test::Knha,
            ("KR", _) => Test::Kr,
            _ => continue, // the ad hoc forms equal Hartung-Knapp on these data: no evidence
        };
        let mean = pool(&effects, &Options::default().with_test(test))?.value.mean;
        let mut tests = Comparer {
            book,
            origin: &origin,
            method: (TESTS, test.code()),
        };
        tests.note("SE", Some(mean.standard_error), &theirs["se"], 0.0);
        tests.note("df", mean.df, &theirs["df"], 0.0);
        tests.note(
            "limits",
            Some(mean.ci_lower),
            &theirs["lower"],
            mean.standard_error,
        );
        tests.note(
            "limits",
            Some(mean.ci_upper),
            &theirs["upper"],
            mean.standard_error,
        );
    }
    Ok(())
}
