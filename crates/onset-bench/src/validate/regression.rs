//! Meta-regressions against the pairwise data sets.

use super::pairwise::{Comparer, DATA, effects};
use super::reference::{list, program, read, table_column, text};
use super::{Book, Origin};
use crate::Fallible;
use crate::methods::REGRESSIONS;
use onset::models::pool::{Method, Options, Test};
use onset::models::regress::{Design, Regression, regress};
use serde_json::Value;
use std::path::Path;

/// Compares every regression that the reference has.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    for data in DATA {
        let file = read(oracles, &format!("{data}.json"))?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        for case in list(&file["cases"]) {
            for theirs in list(&case["regressions"]) {
                let method = Method::from_code(text(&theirs["method"])).ok_or("an unknown method")?;
                let test = Test::from_code(text(&theirs["test"])).ok_or("an unknown test")?;
                let options = Options {
                    method,
                    tau2_interval: None,
                    ..Options::default()
                }
                .with_test(test);
                let effects = effects(case)?;
                let smallest = effects.v().iter().copied().fold(f64::INFINITY, f64::min);
                let ours = regress(&effects, &design(oracles, data, &theirs["mods"])?, &options)?.value;
                let comparer = Comparer {
                    book,
                    origin: &origin,
                    method: (REGRESSIONS, method.code()),
                };
                note(&ours, &theirs["expect"], smallest, comparer);
            }
        }
    }
    Ok(())
}

fn design(oracles: &Path, data: &str, mods: &Value) -> Fallible<Design> {
    let names: Vec<&str> = match mods.as_str() {
        Some(one) => vec![one],
        None => list(mods).iter().map(text).collect(),
    };
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|name| table_column(oracles, data, name))
        .collect::<Fallible<_>>()?;
    let named: Vec<(&str, &[f64])> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| (*name, column.as_slice()))
        .collect();
    Ok(Design::numeric(&named)?)
}

fn note(ours: &Regression, theirs: &Value, smallest: f64, mut regressions: Comparer) {
    for (row, coefficient) in ours.coefficients.iter().enumerate() {
        let mean = &coefficient.estimate;
        let se = mean.standard_error;
        regressions.note("estimate", Some(mean.estimate), &theirs["beta"][row], se);
        regressions.note("SE", Some(se), &theirs["se"][row], 0.0);
        regressions.note("limits", Some(mean.ci_lower), &theirs["ci_lb"][row], se);
        regressions.note("limits", Some(mean.ci_upper), &theirs["ci_ub"][row], se);
        regressions.note("p", Some(mean.p), &theirs["pval"][row], 0.0);
    }
    regressions.note("tau2", Some(ours.tau2.value), &theirs["tau2"], smallest);
    regressions.note("I2", Some(ours.i2), &theirs["I2"], 1.0);
    regressions.note("R2", ours.r2, &theirs["R2"], 1.0);
    regressions.note("QE", Some(ours.q.value), &theirs["QE"], 1.0);
    regressions.note("QM", ours.moderators.map(|test| test.value), &theirs["QM"], 1.0);
}
