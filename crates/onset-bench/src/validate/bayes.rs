//! Bayesian random effects against dense quadrature.

use super::reference::{list, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::BAYES;
use onset::effects::Effects;
use onset::models::bayes::{Options, Summary, TauPrior, nnhm};
use serde_json::Value;
use std::path::Path;

const DATA: [&str; 2] = ["bayes_bcg_lnRR", "bayes_eight_schools"];

/// Compares every prior of the reference.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    for data in DATA {
        let file = read(oracles, &format!("{data}.json"))?;
        let origin = Origin {
            reference: "dense quadrature (scipy, 200,001 points)",
            data,
        };
        let numbers = |key: &str| -> Vec<f64> { list(&file[key]).iter().filter_map(Value::as_f64).collect() };
        let (y, sigma) = (numbers("y"), numbers("sigma"));
        let labels = (1..=y.len()).map(|i| i.to_string()).collect();
        let effects = Effects::new(y, sigma.iter().map(|s| s * s).collect(), labels)?;
        for fit in list(&file["fits"]) {
            let name = text(&fit["prior"]);
            let code = match fit["scale"].as_f64() {
                Some(scale) => format!("{name}:{scale}"),
                None => name.to_owned(),
            };
            let ours = nnhm(&effects, &Options::new(TauPrior::from_code(&code)?))?;
            let expect = &fit["expect"];
            let parts = [
                ("mu", &ours.mu, &expect["mu"]),
                ("tau", &ours.tau, &expect["tau"]),
                ("prediction", &ours.predictive, &expect["new_theta"]),
            ];
            for (quantity, summary, reference) in parts {
                note(book, name, &origin, quantity, summary, reference);
            }
        }
    }
    Ok(())
}

fn note(
    book: &mut Book,
    code: &str,
    origin: &Origin,
    quantity: &'static str,
    ours: &Summary,
    reference: &Value,
) {
    let sd = reference["sd"].as_f64().unwrap_or(1.0);
    let pairs = [
        (ours.mean, &reference["mean"]),
        (ours.sd, &reference["sd"]),
        (Some(ours.median), &reference["median"]),
        (Some(ours.central.0), &reference["central"][0]),
        (Some(ours.central.1), &reference["central"][1]),
        (Some(ours.shortest.0), &reference["shortest"][0]),
        (Some(ours.shortest.1), &reference["shortest"][1]),
    ];
    for (ours, theirs) in pairs {
        if let Some(theirs) = theirs.as_f64() {
            book.note(
                (BAYES, code),
                origin,
                quantity,
                relative(ours.unwrap_or(f64::NAN), theirs, sd),
            );
        }
    }
}
