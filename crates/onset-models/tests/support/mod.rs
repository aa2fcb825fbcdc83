//! What the oracle tests of pooling share: reading reference values and keeping the worst error.
#![allow(dead_code, reason = "every test file uses a part")]

use onset_effects::Effects;
use serde_json::Value;
use std::collections::BTreeMap;

/// Formulas without iteration: rounding of 15 printed digits and of sums.
pub const CLOSED_FORM: f64 = 1e-11;
/// Root searches on both sides, stopped far below this.
pub const ITERATIVE: f64 = 1e-8;

/// A file of reference values.
pub fn oracle(name: &str) -> Value {
    let path = format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles/{}.json"),
        name
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A numeric column of a data file; every cell must be there.
pub fn column(data: &str, name: &str) -> Vec<f64> {
    optional(data, name).into_iter().map(Option::unwrap).collect()
}

/// A numeric column of a data file with its missing cells.
pub fn optional(data: &str, name: &str) -> Vec<Option<f64>> {
    texts(data, name)
        .into_iter()
        .map(|cell| cell.map(|c| c.parse().unwrap()))
        .collect()
}

/// A column of a data file as text.
pub fn texts(data: &str, name: &str) -> Vec<Option<String>> {
    let path = format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles/data/{}.csv"),
        data
    );
    let table = onset_data::Table::read(std::path::Path::new(&path)).unwrap();
    table
        .column(name)
        .unwrap()
        .texts()
        .into_iter()
        .map(|c| c.map(str::to_owned))
        .collect()
}

/// Numbers of a JSON array.
pub fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap_or(f64::NAN))
        .collect()
}

/// The stored effects of a case.
pub fn effects(case: &Value) -> Effects {
    let y = numbers(&case["effects"]["yi"]);
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, numbers(&case["effects"]["vi"]), labels).unwrap()
}

/// Worst error per quantity, and what exceeded its tolerance.
#[derive(Default)]
pub struct Ledger {
    worst: BTreeMap<String, (f64, String)>,
    failures: Vec<String>,
    compared: usize,
}

impl Ledger {
    /// Compares relative to the larger of the two and of `scale`; a reference that is no number is
    /// passed over.
    pub fn check(
        &mut self,
        what: &str,
        place: &str,
        ours: f64,
        reference: &Value,
        scale: f64,
        tolerance: f64,
    ) {
        let Some(reference) = reference.as_f64() else {
            return;
        };
        let error = (ours - reference).abs() / ours.abs().max(reference.abs()).max(scale).max(1e-300);
        self.compared += 1;
        let worst = self.worst.entry(what.to_owned()).or_default();
        if error > worst.0 || error.is_nan() {
            *worst = (error, place.to_owned());
        }
        if error.is_nan() || error > tolerance {
            self.failures.push(format!(
                "{place}: {what} is {ours:e}, reference {reference:e}, error {error:.1e}"
            ));
        }
    }

    /// Prints the worst errors; panics on a failure and when fewer numbers than expected were compared.
    pub fn finish(self, name: &str, at_least: usize) {
        for (what, (error, place)) in &self.worst {
            println!("{name}: {what:<16} worst {error:.1e} at {place}");
        }
        assert!(
            self.failures.is_empty(),
            "{}\n{} failures",
            self.failures.join("\n"),
            self.failures.len()
        );
        assert!(
            self.compared >= at_least,
            "{} comparisons, expected {at_least}",
            self.compared
        );
    }
}
