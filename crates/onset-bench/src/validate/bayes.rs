//! Bayesian random effects, regressions and networks against dense quadrature.

use super::network::contrasts;
use super::reference::{list, program, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{BAYES, NETWORKS};
use onset::data::Table;
use onset::effects::Effects;
use onset::models::bayes::{MuPrior, Options, RegressionOptions, Summary, TauPrior, bayes_regress, nnhm};
use onset::models::network::{BayesNetworkOptions, Network, bayes_network};
use onset::models::regress::{Design, Term};
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
            let ours = nnhm(&effects, &Options::new(prior(fit)?))?;
            let expect = &fit["expect"];
            let parts = [
                ("mu", &ours.mu, &expect["mu"]),
                ("tau", &ours.tau, &expect["tau"]),
                ("prediction", &ours.predictive, &expect["new_theta"]),
            ];
            for (quantity, summary, reference) in parts {
                note(book, (BAYES, name), &origin, quantity, summary, reference);
            }
        }
    }
    regressions(oracles, book)?;
    networks(oracles, book)
}

fn prior(fit: &Value) -> Fallible<TauPrior> {
    let name = text(&fit["prior"]);
    let code = match fit["scale"].as_f64() {
        Some(scale) => format!("{name}:{scale}"),
        None => name.to_owned(),
    };
    Ok(TauPrior::from_code(&code)?)
}

fn normal(sd: Option<f64>) -> MuPrior {
    sd.map_or(MuPrior::Flat, |sd| MuPrior::Normal { mean: 0.0, sd })
}

/// Latitude and allocation of the BCG trials.
fn regressions(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let method = (BAYES, "meta-regression");
    let file = read(oracles, "bayes_regression.json")?;
    let origin = Origin {
        reference: program(&file),
        data: "bcg",
    };
    let numbers = |key: &str| -> Vec<f64> { list(&file[key]).iter().filter_map(Value::as_f64).collect() };
    let (y, v) = (numbers("y"), numbers("v"));
    let rows: Vec<usize> = (0..y.len()).collect();
    let effects = Effects::new(y, v, rows.iter().map(usize::to_string).collect())?;
    let table = Table::read(&oracles.join("data/bcg.csv")).map_err(|error| error.message.clone())?;
    let cells = |header: &str| {
        let texts = table.column(header).ok()?.texts();
        Some(texts.into_iter().map(|cell| cell.map(str::to_owned)).collect())
    };
    for fit in list(&file["fits"]) {
        let term = |name: &Value| Term::parse(text(name), |_| true);
        let terms: Vec<Term> = list(&fit["mods"]).iter().map(term).collect::<Result<_, _>>()?;
        let design = Design::build(&terms, true, &rows, cells)?.design;
        let options = RegressionOptions {
            priors: list(&fit["beta_sd"])
                .iter()
                .map(|sd| normal(sd.as_f64()))
                .collect(),
            ..RegressionOptions::new(prior(fit)?)
        };
        let ours = bayes_regress(&effects, &design, &options)?;
        for (summary, theirs) in ours.coefficients.iter().zip(list(&fit["coefficients"])) {
            note(book, method, &origin, "coefficients", summary, theirs);
        }
        note(book, method, &origin, "tau", &ours.tau, &fit["tau"]);
        for at in list(&fit["predicted"]) {
            let place = at["row"].as_u64().unwrap_or(0) as usize - 1;
            let found = ours.predicted.get(place).ok_or("a row beyond the data")?;
            note(book, method, &origin, "prediction", &found.mean, &at["mean"]);
            note(book, method, &origin, "prediction", &found.new_study, &at["new"]);
        }
        if let (Some(ours), Some(theirs)) = (ours.log_marginal, fit["log_marginal"].as_f64()) {
            book.note(
                method,
                &origin,
                "marginal likelihood",
                relative(ours, theirs, 1.0),
            );
        }
    }
    Ok(())
}

/// Every comparison of the diabetes network.
fn networks(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let method = (NETWORKS, "bayes");
    let file = read(oracles, "bayes_network.json")?;
    let origin = Origin {
        reference: program(&file),
        data: "senn2013",
    };
    let network = Network::new(&contrasts(oracles, "senn2013")?)?.value;
    let reference = network
        .treatments()
        .iter()
        .position(|t| *t == text(&file["reference"]));
    for fit in list(&file["fits"]) {
        let options = BayesNetworkOptions {
            effect_prior: normal(fit["effect_sd"].as_f64()),
            reference: reference.ok_or("an unknown reference")?,
            ..BayesNetworkOptions::new(prior(fit)?)
        };
        let ours = bayes_network(&network, &options)?;
        for (pair, theirs) in ours.pairs.iter().zip(list(&fit["pairs"])) {
            note(book, method, &origin, "league", &pair.effect, theirs);
            let sd = theirs["sd"].as_f64().unwrap_or(1.0);
            for (ours, theirs) in [pair.prediction.0, pair.prediction.1]
                .into_iter()
                .zip(list(&theirs["new"]))
            {
                let theirs = theirs.as_f64().unwrap_or(f64::NAN);
                book.note(method, &origin, "prediction", relative(ours, theirs, sd));
            }
        }
        for (name, score) in ours.treatments.iter().zip(&ours.p_scores) {
            let theirs = fit["p_scores"][name].as_f64().unwrap_or(f64::NAN);
            book.note(method, &origin, "P-score", relative(*score, theirs, 1.0));
        }
        note(book, method, &origin, "tau", &ours.tau, &fit["tau"]);
        if let (Some(ours), Some(theirs)) = (ours.log_marginal, fit["log_marginal"].as_f64()) {
            book.note(
                method,
                &origin,
                "marginal likelihood",
                relative(ours, theirs, 1.0),
            );
        }
    }
    Ok(())
}

fn note(
    book: &mut Book,
    method: (&'static str, &str),
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
                method,
                origin,
                quantity,
                relative(ours.unwrap_or(f64::NAN), theirs, sd),
            );
        }
    }
}
