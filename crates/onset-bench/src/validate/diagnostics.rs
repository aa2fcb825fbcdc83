//! Diagnostics and permutation tests against the reference.

use super::pairwise::{Comparer, DATA, effects};
use super::reference::{list, numbers, program, read, table_column, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{DIAGNOSTICS, PERMUTATIONS};
use onset::data::Table;
use onset::effects::Effects;
use onset::models::diagnostics::{
    Model, Subsets, baujat, blup, gosh, influence, normal_quantiles, radial, standardised_residuals,
    tau2_profile,
};
use onset::models::permute::{Draws, permute};
use onset::models::pool::{Method, Options, Test, leave_one_out, pool};
use onset::models::regress::Design;
use serde_json::Value;
use std::path::Path;

/// Second routes are compared with this "program".
const ITSELF: &str = "second route";

/// Compares every diagnostic that has a reference, and the others with a second route.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    for data in DATA {
        let file = read(oracles, &format!("{data}.json"))?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        for case in list(&file["cases"]) {
            let effects = effects(case)?;
            let options = Options::default().with_test(Test::Z);
            let model = Model {
                effects: &effects,
                design: None,
                options: &options,
            };
            deletion(&model, &case["influence_reml"], "QE_del", &origin, book)?;
            predictions(&model, &case["blup_reml"], "pred", &origin, book)?;
        }
    }
    with_moderators(oracles, book)?;
    routes(oracles, book)
}

fn deletion(model: &Model, theirs: &Value, q: &str, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let mut note = Comparer {
        book,
        origin,
        method: (DIAGNOSTICS, "influence"),
    };
    for (i, m) in influence(model)?.iter().enumerate() {
        let m = m.as_ref();
        let mut one = |name: &'static str, ours: Option<f64>, key: &str| {
            note.note(name, ours, &theirs[key][i], 1.0);
        };
        one("rstudent", m.map(|m| m.rstudent), "rstudent");
        one("dffits", m.map(|m| m.dffits), "dffits");
        one("Cook's distance", m.map(|m| m.cook_d), "cook_d");
        one("covariance ratio", m.map(|m| m.cov_r), "cov_r");
        one("Q", m.map(|m| m.q_del), q);
        one("hat", m.map(|m| m.hat), "hat");
        one("weight", m.map(|m| m.weight), "weight");
        one("dfbetas", m.and_then(|m| m.dfbetas.first().copied()), "dfbs");
    }
    Ok(())
}

fn predictions(model: &Model, theirs: &Value, key: &str, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let mut note = Comparer {
        book,
        origin,
        method: (DIAGNOSTICS, "BLUP"),
    };
    for (i, b) in blup(model)?.iter().enumerate() {
        note.note("prediction", Some(b.estimate), &theirs[key][i], b.standard_error);
        note.note("its SE", Some(b.standard_error), &theirs["se"][i], 0.0);
    }
    Ok(())
}

fn with_moderators(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "diagnostics.json")?;
    let origin = Origin {
        reference: program(&file),
        data: "bcg",
    };
    let bcg = bcg(oracles)?;
    for fit in list(&file["fits"]) {
        let options = options(fit)?;
        let names: Vec<&str> = list(&fit["mods"]).iter().map(text).collect();
        let design = design(oracles, &names, bcg.k())?;
        let model = Model {
            effects: &bcg,
            design: design.as_ref(),
            options: &options,
        };
        deletion(&model, &fit["influence"], "q_del", &origin, book)?;
        predictions(&model, &fit["blup"], "estimate", &origin, book)?;
        let mut note = |code: &'static str, name: &'static str, ours: Option<f64>, theirs: &Value| {
            let mut comparer = Comparer {
                book: &mut *book,
                origin: &origin,
                method: (DIAGNOSTICS, code),
            };
            comparer.note(name, ours, theirs, 1.0);
        };
        for (i, point) in baujat(&model)?.iter().enumerate() {
            note("Baujat", "x", point.map(|p| p.x), &fit["baujat"]["x"][i]);
            note("Baujat", "y", point.map(|p| p.y), &fit["baujat"]["y"][i]);
        }
        for (i, r) in standardised_residuals(&model)?.iter().enumerate() {
            note("residuals", "z", r.map(|r| r.z), &fit["rstandard"]["z"][i]);
            note("residuals", "SE", r.map(|r| r.se), &fit["rstandard"]["se"][i]);
        }
        if design.is_none() {
            for (i, point) in radial(&model)?.iter().enumerate() {
                note("radial", "x", Some(point.x), &fit["radial"]["x"][i]);
                note("radial", "y", Some(point.y), &fit["radial"]["y"][i]);
            }
        }
    }
    subsets(&file, &bcg, &origin, book)?;
    permutations(oracles, &file, &bcg, &origin, book)
}

fn subsets(file: &Value, bcg: &Effects, origin: &Origin, book: &mut Book) -> Fallible<()> {
    let seven = first(bcg, 7)?;
    for theirs in list(&file["gosh"]) {
        let found = gosh(&seven, &options(theirs)?, Subsets::All, 1)?;
        let mut note = Comparer {
            book: &mut *book,
            origin,
            method: (DIAGNOSTICS, "GOSH"),
        };
        for (at, members) in list(&theirs["members"]).iter().enumerate() {
            let mask = text(members)
                .bytes()
                .enumerate()
                .fold(0usize, |mask, (i, b)| mask | usize::from(b == b'1') << i);
            let fit = mask.checked_sub(1).and_then(|n| found.fits.get(n));
            note.note("estimate", fit.map(|f| f.estimate), &theirs["estimate"][at], 1.0);
            note.note("tau2", fit.map(|f| f.tau2), &theirs["tau2"][at], 1.0);
            note.note("I2", fit.map(|f| f.i2), &theirs["i2"][at], 1.0);
            note.note("Q", fit.map(|f| f.q), &theirs["q"][at], 1.0);
        }
    }
    Ok(())
}

fn permutations(
    oracles: &Path,
    file: &Value,
    bcg: &Effects,
    origin: &Origin,
    book: &mut Book,
) -> Fallible<()> {
    for case in list(&file["permutation"]) {
        let k = case["k"].as_u64().unwrap_or(0) as usize;
        let names: Vec<&str> = list(&case["mods"]).iter().map(text).collect();
        let rand: Option<Vec<f64>> = numbers(&case["rand"]).into_iter().collect();
        let design = match rand.filter(|rand| rand.len() == k) {
            Some(rand) => Some(Design::numeric(&[("rand", &rand)])?),
            None => design(oracles, &names, k)?,
        };
        let found = permute(&first(bcg, k)?, design.as_ref(), &options(case)?, Draws::Exact, 1)?;
        let code = if design.is_some() { "design" } else { "signs" };
        let mut note = Comparer {
            book: &mut *book,
            origin,
            method: (PERMUTATIONS, code),
        };
        for (j, p) in found.p.iter().enumerate() {
            let theirs = if case["p"].is_array() {
                &case["p"][j]
            } else {
                &case["p"]
            };
            note.note("p", Some(*p), theirs, 0.0);
        }
        note.note("p of all", found.p_moderators, &case["p_moderators"], 0.0);
    }
    let signs = read(oracles, "dependent_bcg_perm.json")?;
    let found = permute(bcg, None, &Options::default(), Draws::Exact, 1)?;
    let origin = Origin {
        reference: program(&signs),
        data: "bcg_perm",
    };
    let mut note = Comparer {
        book: &mut *book,
        origin: &origin,
        method: (PERMUTATIONS, "signs"),
    };
    let theirs = &signs["cases"][0]["expect"]["pval"];
    note.note("p", found.p.first().copied(), theirs, 0.0);
    Ok(())
}

/// What no program here prints: the same numbers by another way.
fn routes(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let bcg = bcg(oracles)?;
    let origin = Origin {
        reference: ITSELF,
        data: "bcg",
    };
    let options = Options::default().with_test(Test::Z);
    let model = Model {
        effects: &bcg,
        design: None,
        options: &options,
    };
    let best = tau2_profile(&model)?
        .into_iter()
        .flatten()
        .max_by(|a, b| a.loglik.total_cmp(&b.loglik))
        .ok_or("no profile")?;
    let pooled = pool(&bcg, &options)?.value;
    let error = relative(best.loglik, pooled.fit.loglik, 1.0);
    book.note(
        (DIAGNOSTICS, "profile"),
        &origin,
        "highest against the fit",
        error,
    );
    let residuals = standardised_residuals(&model)?;
    for point in normal_quantiles(&model, 1)? {
        let z = residuals
            .get(point.study)
            .copied()
            .flatten()
            .map_or(f64::NAN, |r| r.z);
        let error = relative(point.residual, z, 1.0);
        book.note((DIAGNOSTICS, "QQ"), &origin, "residual", error);
    }
    for (left, all) in leave_one_out(&bcg, &options)?.iter().zip(influence(&model)?) {
        let error = relative(left.tau2, all.map_or(f64::NAN, |m| m.tau2_del), 1e-3);
        book.note((DIAGNOSTICS, "influence"), &origin, "tau2", error);
    }
    // one moderator needs no adjustment
    let seven = first(&bcg, 7)?;
    let found = permute(
        &seven,
        design(oracles, &["ablat"], 7)?.as_ref(),
        &options,
        Draws::Exact,
        1,
    )?;
    let adjusted = found.p_adjusted.get(1).copied().flatten().unwrap_or(f64::NAN);
    let error = relative(adjusted, found.p.get(1).copied().unwrap_or(f64::NAN), 0.0);
    book.note(
        (PERMUTATIONS, "multiplicity"),
        &origin,
        "p of one moderator",
        error,
    );
    Ok(())
}

fn options(fit: &Value) -> Fallible<Options> {
    let method = Method::from_code(text(&fit["method"])).ok_or("an unknown method")?;
    let test = Test::from_code(text(&fit["test"])).unwrap_or(Test::Z);
    Ok(Options {
        method,
        tau2_interval: None,
        ..Options::default()
    }
    .with_test(test))
}

fn bcg(oracles: &Path) -> Fallible<Effects> {
    let file = read(oracles, "bcg.json")?;
    effects(list(&file["cases"]).first().ok_or("no case")?)
}

fn first(all: &Effects, n: usize) -> Fallible<Effects> {
    let labels = (1..=n).map(|i| i.to_string()).collect();
    let cut = |x: &[f64]| x.iter().copied().take(n).collect();
    Ok(Effects::new(cut(all.y()), cut(all.v()), labels)?)
}

/// Numeric columns of the data, and allocation as a factor; `None` without names.
fn design(oracles: &Path, names: &[&str], k: usize) -> Fallible<Option<Design>> {
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    for name in names {
        if *name == "alloc" {
            let table = Table::read(&oracles.join("data/bcg.csv")).map_err(|e| e.message.clone())?;
            let cells = table.column("alloc").map_err(|e| e.message.clone())?.texts();
            for level in ["random", "systematic"] {
                let is = |cell: &Option<&str>| f64::from(u8::from(*cell == Some(level)));
                columns.push((level.to_owned(), cells.iter().map(is).collect()));
            }
        } else {
            columns.push(((*name).to_owned(), table_column(oracles, "bcg", name)?));
        }
    }
    if columns.is_empty() {
        return Ok(None);
    }
    let named: Vec<(&str, &[f64])> = columns
        .iter()
        .map(|(name, column)| (name.as_str(), column.get(..k).unwrap_or(column)))
        .collect();
    Ok(Some(Design::numeric(&named)?))
}
