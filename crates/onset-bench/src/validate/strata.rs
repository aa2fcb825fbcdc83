//! Mantel-Haenszel and Peto against the pairwise data sets.

use super::pairwise::{Comparer, DATA};
use super::reference::{list, program, read, table_column, text};
use super::{Book, Origin};
use crate::Fallible;
use crate::methods::STRATA;
use onset::models::pool::{
    CountMeasure, Counts, PersonTime, RateMeasure, StrataOptions, Stratified, mantel_haenszel,
    mantel_haenszel_rates, peto,
};
use serde_json::Value;
use std::path::Path;

/// Compares every case that the reference has.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let options = StrataOptions::default();
    for data in DATA {
        let file = read(oracles, &format!("{data}.json"))?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        for case in list(&file["cases"]) {
            let columns = &case["columns"];
            if !case["mantel_haenszel"].is_null() {
                let (code, ours) = match text(&case["measure"]) {
                    "IRR" => {
                        let tables = person_time(oracles, data, columns)?;
                        (
                            "MH IRR",
                            mantel_haenszel_rates(&tables, RateMeasure::RateRatio, &options)?,
                        )
                    }
                    "OR" => (
                        "MH OR",
                        mantel_haenszel(
                            &counts(oracles, data, columns)?,
                            CountMeasure::OddsRatio,
                            &options,
                        )?,
                    ),
                    "RR" => (
                        "MH RR",
                        mantel_haenszel(
                            &counts(oracles, data, columns)?,
                            CountMeasure::RiskRatio,
                            &options,
                        )?,
                    ),
                    _ => (
                        "MH RD",
                        mantel_haenszel(
                            &counts(oracles, data, columns)?,
                            CountMeasure::RiskDifference,
                            &options,
                        )?,
                    ),
                };
                note(&ours, code, &case["mantel_haenszel"], &origin, book);
            }
            if !case["peto"].is_null() {
                note(
                    &peto(&counts(oracles, data, columns)?, &options)?,
                    "Peto OR",
                    &case["peto"],
                    &origin,
                    book,
                );
            }
        }
    }
    Ok(())
}

fn note(ours: &Stratified, code: &'static str, theirs: &Value, origin: &Origin, book: &mut Book) {
    let mean = &ours.mean;
    let mut strata = Comparer {
        book,
        origin,
        method: (STRATA, code),
    };
    strata.note(
        "estimate",
        Some(mean.estimate),
        &theirs["estimate"],
        mean.standard_error,
    );
    strata.note("SE", Some(mean.standard_error), &theirs["se"], 0.0);
    strata.note(
        "limits",
        Some(mean.ci_lower),
        &theirs["ci_lb"],
        mean.standard_error,
    );
    strata.note(
        "limits",
        Some(mean.ci_upper),
        &theirs["ci_ub"],
        mean.standard_error,
    );
    strata.note("Q", Some(ours.q.value), &theirs["QE"], 0.0);
    strata.note(
        "Breslow-Day",
        ours.breslow_day.map(|test| test.value),
        &theirs["BD"],
        0.0,
    );
    strata.note("Tarone", ours.tarone.map(|test| test.value), &theirs["TA"], 0.0);
    strata.note(
        "association",
        ours.association.map(|test| test.value),
        &theirs["MH"],
        0.0,
    );
}

fn counts(oracles: &Path, data: &str, columns: &Value) -> Fallible<Vec<Counts>> {
    let column = |key: &str| table_column(oracles, data, text(&columns[key]));
    let (a, c) = (column("ai")?, column("ci")?);
    let others = |key: &str, total: &str, events: &[f64]| -> Fallible<Vec<f64>> {
        if !columns[key].is_null() {
            return column(key);
        }
        Ok(column(total)?
            .iter()
            .zip(events)
            .map(|(n, events)| n - events)
            .collect())
    };
    let (b, d) = (others("bi", "n1i", &a)?, others("di", "n2i", &c)?);
    let rows = a.iter().zip(&b).zip(c.iter().zip(&d));
    Ok(rows.map(|((&a, &b), (&c, &d))| Counts { a, b, c, d }).collect())
}

fn person_time(oracles: &Path, data: &str, columns: &Value) -> Fallible<Vec<PersonTime>> {
    let column = |key: &str| table_column(oracles, data, text(&columns[key]));
    let (x1, t1, x2, t2) = (column("x1i")?, column("t1i")?, column("x2i")?, column("t2i")?);
    let rows = x1.iter().zip(&t1).zip(x2.iter().zip(&t2));
    Ok(rows
        .map(|((&x1, &t1), (&x2, &t2))| PersonTime { x1, t1, x2, t2 })
        .collect())
}
