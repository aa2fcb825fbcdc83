//! Networks against the reference.

use super::reference::{list, program, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::NETWORKS;
use onset::data::Table;
use onset::models::network::{
    Contrast, Network, NetworkMethod, NetworkOptions, Nma, SmallValues, network_meta,
};
use serde_json::Value;
use std::path::Path;

const DATA: [&str; 3] = ["senn2013", "linde2015", "dogliotti2014"];

/// Compares leagues, ranks and splits.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    for data in DATA {
        let file = read(oracles, &format!("network_{data}.json"))?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        let network = Network::new(&contrasts(oracles, data)?)?.value;
        for method in NetworkMethod::ALL {
            let case = &file["expect"][method.code()];
            let small_values = if text(&case["small_values"]) == "desirable" {
                SmallValues::Desirable
            } else {
                SmallValues::Undesirable
            };
            let options = NetworkOptions {
                method,
                small_values,
                ..NetworkOptions::default()
            };
            let nma = network_meta(&network, &options)?.value;
            fit(&nma, method.code(), case, &origin, book);
            if method == NetworkMethod::Dl {
                splits(&nma, case, &origin, book);
            }
        }
    }
    Ok(())
}

fn contrasts(oracles: &Path, data: &str) -> Fallible<Vec<Contrast>> {
    let table = Table::read(&oracles.join("data").join(format!("network_{data}.csv")))
        .map_err(|error| error.message.clone())?;
    let words = |name: &str| {
        table
            .column(name)
            .map(|c| c.texts())
            .map_err(|e| e.message.clone())
    };
    let numbers = |name: &str| {
        table
            .column(name)
            .and_then(|c| c.numbers())
            .map_err(|e| e.message.clone())
    };
    let (study, a, b) = (words("studlab")?, words("treat1")?, words("treat2")?);
    let (y, se) = (numbers("TE")?, numbers("seTE")?);
    let row = |i: usize| {
        Some(Contrast {
            study: study[i]?.to_owned(),
            treat1: a[i]?.to_owned(),
            treat2: b[i]?.to_owned(),
            y: y[i]?,
            se: se[i]?,
        })
    };
    Ok((0..y.len()).filter_map(row).collect())
}

fn place(nma: &Nma, name: &str) -> Option<usize> {
    nma.treatments.iter().position(|t| t == name)
}

fn pair(nma: &Nma, name: &Value) -> Option<(usize, usize, f64)> {
    let (a, b) = text(name).split_once(':')?;
    let (a, b) = (place(nma, a)?, place(nma, b)?);
    Some(if a < b { (a, b, 1.0) } else { (b, a, -1.0) })
}

fn fit(nma: &Nma, code: &str, case: &Value, origin: &Origin<'_>, book: &mut Book) {
    let mut note = |quantity, ours: f64, theirs: &Value, least| {
        if let Some(theirs) = theirs.as_f64() {
            book.note((NETWORKS, code), origin, quantity, relative(ours, theirs, least));
        }
    };
    note("tau2", nma.tau2, &case["tau2"], 1e-3);
    note("Q", nma.q.total.value, &case["Q"], 1.0);
    for (quantity, key, matrix) in [
        ("league", "TE_random", &nma.random.estimate),
        ("league SE", "seTE_random", &nma.random.standard_error),
        ("common league", "TE_common", &nma.common.estimate),
        ("common league SE", "seTE_common", &nma.common.standard_error),
    ] {
        for (i, a) in list(&case[key]["rows"]).iter().enumerate() {
            for (j, b) in list(&case[key]["cols"]).iter().enumerate() {
                let ours = place(nma, text(a))
                    .zip(place(nma, text(b)))
                    .and_then(|(a, b)| matrix[a][b]);
                note(
                    quantity,
                    ours.unwrap_or(f64::NAN),
                    &case[key]["values"][i][j],
                    1.0,
                );
            }
        }
    }
    for (i, name) in nma.treatments.iter().enumerate() {
        let ours = nma.p_scores.as_ref().map_or(f64::NAN, |p| p[i]);
        note("P-score", ours, &case["pscore_random"][name], 1.0);
    }
}

fn splits(nma: &Nma, case: &Value, origin: &Origin<'_>, book: &mut Book) {
    let reference = &case["netsplit"];
    for (i, name) in list(&reference["comparison"]).iter().enumerate() {
        let Some((a, b, sign)) = pair(nma, name) else {
            continue;
        };
        let Some(split) = nma.splits.iter().find(|s| (s.a, s.b) == (a, b)) else {
            continue;
        };
        for (quantity, key, ours) in [
            ("direct", "direct", split.direct.map(|x| sign * x)),
            ("direct SE", "direct_se", split.direct_se),
            ("indirect", "indirect", split.indirect.map(|x| sign * x)),
            ("indirect SE", "indirect_se", split.indirect_se),
            ("p", "diff_p", split.p),
        ] {
            if let Some(theirs) = reference[key][i].as_f64() {
                let error = relative(ours.unwrap_or(f64::NAN), theirs, 1.0);
                book.note((NETWORKS, "netsplit"), origin, quantity, error);
            }
        }
    }
    let decomposition = &case["decomp"];
    if let (Some(test), Some(q), Some(tau)) = (
        nma.design_by_treatment,
        decomposition["Q_inc_random"].as_f64(),
        decomposition["tau_within"].as_f64(),
    ) {
        let method = (NETWORKS, "design-by-treatment");
        book.note(method, origin, "Q", relative(test.value, q, 1.0));
        book.note(
            method,
            origin,
            "tau within",
            relative(test.tau2_within.sqrt(), tau, 1e-3),
        );
    }
}
