//! Networks against the reference.

use super::reference::{list, program, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::NETWORKS;
use onset::data::Table;
use onset::models::network::{
    ComponentOptions, Contrast, CountArm, Network, NetworkMethod, NetworkOptions, Nma, RegressionOptions,
    SmallValues, Streams, component_model, contribution_by, mantel_haenszel_network, network_meta,
    network_regression, side_splits,
};
use serde_json::Value;
use std::collections::BTreeMap;
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
                shortest_path(&network, &nma, case, &origin, book)?;
            }
        }
    }
    mantel_haenszel(oracles, book)?;
    models(oracles, book)
}

/// Log odds ratios of rare events, on arms that stand in the file of the reference.
fn mantel_haenszel(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "network_mh.json")?;
    let origin = Origin {
        reference: program(&file),
        data: "made arms",
    };
    let case = &file["cases"]["made"];
    let arms: Vec<CountArm> = list(&case["arms"])
        .iter()
        .map(|a| CountArm {
            study: text(&a["study"]).to_owned(),
            treatment: text(&a["treatment"]).to_owned(),
            events: a["events"].as_f64().unwrap_or(f64::NAN),
            n: a["n"].as_f64().unwrap_or(f64::NAN),
        })
        .collect();
    let nma = mantel_haenszel_network(&arms, SmallValues::Desirable)?.value;
    for (quantity, key, ours) in [
        ("league", "te_common", &nma.common.estimate),
        ("league SE", "sete_common", &nma.common.standard_error),
    ] {
        for (i, row) in ours.iter().enumerate() {
            for (j, cell) in row.iter().enumerate() {
                if let Some(theirs) = case[key][i][j].as_f64() {
                    let error = relative(cell.unwrap_or(f64::NAN), theirs, 1.0);
                    book.note((NETWORKS, "MH"), &origin, quantity, error);
                }
            }
        }
    }
    Ok(())
}

fn shortest_path(
    network: &Network,
    nma: &Nma,
    case: &Value,
    origin: &Origin<'_>,
    book: &mut Book,
) -> Fallible<()> {
    let reference = &case["contribution_common"];
    let Some(ours) = contribution_by(network, 0.0, Streams::ShortestPath)? else {
        return Ok(());
    };
    let find = |list: &[(usize, usize)], name: &Value| {
        let (a, b, _) = pair(nma, name)?;
        list.iter().position(|p| *p == (a, b))
    };
    for (i, row) in list(&reference["rows"]).iter().enumerate() {
        for (j, column) in list(&reference["cols"]).iter().enumerate() {
            let Some(theirs) = reference["values"][i][j].as_f64() else {
                continue;
            };
            let share = find(&ours.rows, row)
                .zip(find(&ours.columns, column))
                .map(|(r, c)| ours.values[r][c]);
            let error = relative(share.unwrap_or(f64::NAN), theirs, 1.0);
            book.note((NETWORKS, "shortest path"), origin, "share", error);
        }
    }
    Ok(())
}

/// Models beyond one effect per treatment, against linear mixed models of another program.
fn models(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "network_models.json")?;
    let reference = program(&file);
    for data in ["senn2013", "linde2015"] {
        let origin = Origin { reference, data };
        let network = Network::new(&contrasts(oracles, data)?)?.value;
        let splits = side_splits(&network, NetworkMethod::Reml)?;
        for case in list(&file[format!("side_{data}")]) {
            let place = |i: usize| {
                let name = text(&case["comparison"][i]);
                network.treatments().iter().position(|t| t == name)
            };
            let split = splits
                .iter()
                .find(|s| (Some(s.a), Some(s.b)) == (place(0), place(1)));
            for (quantity, key, ours) in [
                ("direct", "direct", split.map(|s| s.direct)),
                ("indirect", "indirect", split.map(|s| s.indirect)),
                ("SE", "difference_se", split.map(|s| s.difference_se)),
                ("p", "p", split.map(|s| s.p)),
            ] {
                if let Some(theirs) = case[key].as_f64() {
                    let error = relative(ours.unwrap_or(f64::NAN), theirs, 1.0);
                    book.note((NETWORKS, "SIDE"), &origin, quantity, error);
                }
            }
        }
    }
    let origin = Origin {
        reference,
        data: "senn2013",
    };
    let rows = contrasts(oracles, "senn2013")?;
    regression(&Network::new(&rows)?.value, &file["regression"], &origin, book)?;
    for (name, quantity, se) in [
        ("components", "component", "component SE"),
        ("apart", "separate parts", "separate parts SE"),
    ] {
        let case = &file[name];
        let kept: Vec<&str> = list(&case["studies"]).iter().map(text).collect();
        let rows: Vec<Contrast> = rows
            .iter()
            .filter(|c| kept.is_empty() || kept.contains(&c.study.as_str()))
            .map(|c| Contrast {
                treat1: component(&c.treat1).to_owned(),
                treat2: component(&c.treat2).to_owned(),
                ..c.clone()
            })
            .collect();
        let options = ComponentOptions {
            inactive: Some("placebo".into()),
            ..ComponentOptions::default()
        };
        let fit = component_model(&Network::new(&rows)?.value, &options)?;
        for (i, wald) in fit.effects.iter().enumerate() {
            for (what, key, ours) in [
                (quantity, "estimate", wald.map(|w| w.estimate)),
                (se, "se", wald.map(|w| w.standard_error)),
            ] {
                if let Some(theirs) = case[key][i].as_f64() {
                    let error = relative(ours.unwrap_or(f64::NAN), theirs, 1.0);
                    book.note((NETWORKS, "components"), &origin, what, error);
                }
            }
        }
    }
    Ok(())
}

/// Treatments of senn2013 as sums, as in the script of the reference.
fn component(treatment: &str) -> &str {
    match treatment {
        "acarbose" => "a",
        "benfluorex" => "b",
        "metformin" => "m",
        "miglitol" => "a+m",
        "pioglitazone" => "p",
        "rosiglitazone" => "m+p",
        "sitagliptin" => "s",
        "sulfonylurea" => "u",
        "vildagliptin" => "s+u",
        other => other,
    }
}

/// The covariate is the place of the study in the table.
fn regression(network: &Network, case: &Value, origin: &Origin<'_>, book: &mut Book) -> Fallible<()> {
    let labels = network.study_labels().enumerate();
    let x: BTreeMap<String, f64> = labels.map(|(i, l)| (l.to_owned(), (i + 1) as f64)).collect();
    let place = |name: &str| network.treatments().iter().position(|t| t == name);
    let reference = place("placebo").unwrap_or_default();
    let options = RegressionOptions {
        reference,
        ..RegressionOptions::default()
    };
    let fit = network_regression(network, &x, &options)?;
    let slope = fit.coefficients.first().and_then(|c| c.estimate);
    let names = list(&case["treatments"]);
    let mut note = |quantity, ours: Option<f64>, theirs: &Value| {
        if let Some(theirs) = theirs.as_f64() {
            let error = relative(ours.unwrap_or(f64::NAN), theirs, 1.0);
            book.note((NETWORKS, "meta-regression"), origin, quantity, error);
        }
    };
    for (i, name) in names.iter().enumerate() {
        let cell = |grid: &[Vec<Option<f64>>]| place(text(name)).and_then(|t| grid[t][reference]);
        note("effect", cell(&fit.league.estimate), &case["estimate"][i]);
        note("SE", cell(&fit.league.standard_error), &case["se"][i]);
    }
    note("slope", slope.map(|s| s.estimate), &case["estimate"][names.len()]);
    note(
        "slope SE",
        slope.map(|s| s.standard_error),
        &case["se"][names.len()],
    );
    Ok(())
}

pub fn contrasts(oracles: &Path, data: &str) -> Fallible<Vec<Contrast>> {
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
