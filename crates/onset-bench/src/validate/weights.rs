//! Weights that are given, tests of chosen coefficients and variance inflation, on the BCG trials.

use super::pairwise::{Comparer, effects};
use super::reference::{list, numbers, program, read, table_column, text};
use super::{Book, Origin};
use crate::Fallible;
use crate::methods::{CHOSEN, GIVEN};
use onset::data::Table;
use onset::models::pool::{Method, Options, PredictionChoice, StudyWeights, Test};
use onset::models::regress::{Design, Term, regress, regress_weighted};
use serde_json::Value;
use std::path::Path;

const DATA: &str = "bcg";
/// Columns whose sum is the size of a trial.
const SIZE: [&str; 4] = ["tpos", "tneg", "cpos", "cneg"];

/// Compares what the reference has.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "weights.json")?;
    let origin = Origin {
        reference: program(&file),
        data: DATA,
    };
    let stored = read(oracles, "bcg.json")?;
    let case = list(&stored["cases"]).iter().find(|c| c["measure"] == "RR");
    let effects = effects(case.ok_or("bcg has no RR")?)?;
    let on_bcg = |case: &&Value| case["dataset"] == DATA;
    for case in list(&file["fits"]).iter().filter(on_bcg) {
        let method = Method::from_code(text(&case["method"])).ok_or("an unknown method")?;
        let options = options(method, case)?;
        let design = design(oracles, case)?;
        let weights = weights(oracles, &file, case)?.ok_or("a fit without weights")?;
        let ours = regress_weighted(&effects, &design, &weights, &options)?.value;
        let mut comparer = Comparer {
            book,
            origin: &origin,
            method: (GIVEN, method.code()),
        };
        let theirs = &case["expect"];
        let at = |name: &str| numbers(&theirs[name]);
        let (beta, errors) = (at("beta"), at("se"));
        for (i, c) in ours.coefficients.iter().enumerate() {
            let (c, row) = (c.estimate, |v: &[Option<f64>]| {
                Value::from(v.get(i).copied().flatten())
            });
            comparer.note("estimate", Some(c.estimate), &row(&beta), c.standard_error);
            comparer.note("SE", Some(c.standard_error), &row(&errors), 0.0);
        }
        comparer.note("tau2", Some(ours.tau2.value), &theirs["tau2"], 1e-3);
        comparer.note("log-likelihood", Some(ours.fit.loglik), &theirs["logLik"], 1.0);
        comparer.note("QM", ours.moderators.map(|test| test.value), &theirs["QM"], 1.0);
    }
    for case in list(&file["chosen"]).iter().filter(on_bcg) {
        chosen(oracles, &file, case, &effects, &origin, book)?;
    }
    Ok(())
}

fn chosen(
    oracles: &Path,
    file: &Value,
    case: &Value,
    effects: &onset::effects::Effects,
    origin: &Origin,
    book: &mut Book,
) -> Fallible<()> {
    let options = options(Method::default(), case)?;
    let design = design(oracles, case)?;
    let ours = match weights(oracles, file, case)? {
        None => regress(effects, &design, &options)?.value,
        Some(weights) => regress_weighted(effects, &design, &weights, &options)?.value,
    };
    let mut note = |code, quantity, ours: Option<f64>, theirs: &Value, least| {
        Comparer {
            book: &mut *book,
            origin,
            method: (CHOSEN, code),
        }
        .note(quantity, ours, theirs, least);
    };
    for theirs in list(&case["tests"]) {
        let test = ours.wald_test(&positions(&theirs["positions"]))?;
        note(
            "joint test",
            "statistic",
            test.map(|t| t.value),
            &theirs["value"],
            1.0,
        );
        note("joint test", "p", test.map(|t| t.p), &theirs["p"], 0.0);
    }
    let theirs = &case["hypotheses"];
    let row = |row: &Value| numbers(row).into_iter().flatten().collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = list(&theirs["rows"]).iter().map(row).collect();
    for (i, row) in rows.iter().enumerate() {
        let found = ours.contrast(row)?;
        let se = found.standard_error;
        note(
            "contrast",
            "estimate",
            Some(found.estimate),
            &theirs["estimate"][i],
            se,
        );
        note("contrast", "SE", Some(se), &theirs["se"][i], 0.0);
    }
    let joint = ours.joint_test(&rows)?.map(|test| test.value);
    note("contrast", "statistic of all", joint, &theirs["value"], 1.0);
    for (found, theirs) in ours.inflation().iter().zip(list(&case["vif"])) {
        note("VIF", "factor", Some(found.gvif), theirs, 0.0);
    }
    for found in ours.term_inflation() {
        let own = design.coefficients(&found.name)?;
        let sets = list(&case["gvif"]).iter();
        for theirs in sets.filter(|theirs| positions(&theirs["positions"]) == own) {
            note("GVIF", "factor", Some(found.gvif), &theirs["gvif"], 0.0);
            note("GVIF", "root", Some(found.gsif), &theirs["gsif"], 0.0);
        }
    }
    Ok(())
}

/// Indices of positions that count from 1.
fn positions(value: &Value) -> Vec<usize> {
    numbers(value)
        .into_iter()
        .flatten()
        .map(|n| n as usize - 1)
        .collect()
}

fn options(method: Method, case: &Value) -> Fallible<Options> {
    let test = Test::from_code(text(&case["test"])).ok_or("an unknown test")?;
    Ok(Options {
        method,
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::default()
    }
    .with_test(test))
}

fn design(oracles: &Path, case: &Value) -> Fallible<Design> {
    let table = Table::read(&oracles.join("data").join("bcg.csv")).map_err(|error| error.message.clone())?;
    let rows: Vec<usize> = (0..table.rows()).collect();
    let terms = list(&case["mods"])
        .iter()
        .map(|term| Term::parse(text(term), |_| false));
    let terms = terms.collect::<Result<Vec<_>, _>>()?;
    if terms.is_empty() {
        let ones = vec![1.0; rows.len()];
        return Ok(Design::new(vec!["intercept".into()], ones, true)?);
    }
    let cells = |header: &str| {
        let texts = table.column(header).ok()?.texts();
        Some(texts.into_iter().map(|cell| cell.map(str::to_owned)).collect())
    };
    let intercept = case["intercept"].as_bool().unwrap_or(true);
    Ok(Design::build(&terms, intercept, &rows, cells)?.design)
}

fn weights(oracles: &Path, file: &Value, case: &Value) -> Fallible<Option<StudyWeights>> {
    let score: Vec<f64> = numbers(&file["score"]).into_iter().flatten().collect();
    Ok(match case["weights"].as_str() {
        None => None,
        Some("equal") => Some(StudyWeights::equal(score.len())),
        Some("score") => Some(StudyWeights::new(score)?),
        Some(_) => {
            let mut size = vec![0.0; score.len()];
            for header in SIZE {
                let column = table_column(oracles, DATA, header)?;
                size.iter_mut().zip(column).for_each(|(size, n)| *size += n);
            }
            Some(StudyWeights::new(size)?)
        }
    })
}
