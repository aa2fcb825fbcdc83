//! Multilevel, multivariate and cluster-robust models.

use super::pairwise::Comparer;
use super::reference::{list, numbers, program, read, table_column, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{MULTILEVEL, ROBUST};
use onset::data::Table;
use onset::effects::Effects;
use onset::math::linalg::{Cholesky, Matrix};
use onset::models::multilevel::{
    Likelihood, Multilevel, Options, Random, RobustType, Sampling, Structure, multilevel,
};
use onset::models::regress::Design;
use serde_json::Value;
use std::path::Path;

/// One model of the reference.
struct Case {
    code: &'static str,
    y: Vec<f64>,
    design: Design,
    sampling: Sampling,
    random: Vec<Random>,
    cluster: Vec<String>,
}

/// Compares every case, then what has a second route only.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    for data in ["konstantopoulos2011", "assink2016", "berkey1998", "ishak2007"] {
        let file = read(oracles, &format!("dependent_{data}.json"))?;
        let origin = Origin {
            reference: program(&file),
            data,
        };
        for case in list(&file["cases"]) {
            let id = text(&case["id"]);
            let ours = build(oracles, data, id)?;
            let method = if id.ends_with("_ML") {
                Likelihood::Ml
            } else {
                Likelihood::Reml
            };
            let fit = ours.fit(method)?;
            let comparer = Comparer {
                book,
                origin: &origin,
                method: (MULTILEVEL, ours.code),
            };
            note(&fit, &case["expect"], comparer);
            let origin = Origin {
                reference: text(&file["source"]).split(", ").nth(1).unwrap_or_default(),
                data,
            };
            for key in ["robust_district", "robust_study"] {
                robust(&fit, &ours.cluster, &case[key], &origin, book)?;
            }
        }
    }
    second_routes(oracles, book)
}

impl Case {
    fn fit(&self, method: Likelihood) -> Fallible<Multilevel> {
        let labels = (1..=self.y.len()).map(|row| row.to_string()).collect();
        let effects = Effects::new(self.y.clone(), self.sampling.variances().to_vec(), labels)?;
        let options = Options {
            method,
            intervals: false,
            ..Options::default()
        };
        let (sampling, random) = (self.sampling.clone(), self.random.clone());
        Ok(multilevel(&effects, &self.design, sampling, random, &options)?.value)
    }
}

fn cells(oracles: &Path, data: &str, header: &str) -> Fallible<Vec<String>> {
    let path = oracles.join("data").join(format!("{data}.csv"));
    let table = Table::read(&path).map_err(|error| error.message.clone())?;
    let column = table.column(header).map_err(|error| error.message.clone())?;
    Ok(column
        .texts()
        .into_iter()
        .map(|cell| cell.unwrap_or_default().to_owned())
        .collect())
}

fn refs(cells: &[String]) -> Vec<&str> {
    cells.iter().map(String::as_str).collect()
}

/// Dummies of the levels, the first of them the intercept or not.
fn levels(cells: &[String], intercept: bool) -> Fallible<Design> {
    let mut names = cells.to_vec();
    names.sort();
    names.dedup();
    let here = |cell: &String, level: usize| names[level] == *cell || (intercept && level == 0);
    let x = cells
        .iter()
        .flat_map(|cell| {
            (0..names.len())
                .map(|level| f64::from(u8::from(here(cell, level))))
                .collect::<Vec<_>>()
        })
        .collect();
    Ok(Design::new(names.clone(), x, intercept)?)
}

fn intercept(n: usize) -> Fallible<Design> {
    Ok(Design::new(vec!["intercept".to_owned()], vec![1.0; n], true)?)
}

fn build(oracles: &Path, data: &str, id: &str) -> Fallible<Case> {
    let y = table_column(oracles, data, "yi")?;
    let v = table_column(oracles, data, "vi")?;
    let n = y.len();
    let at = |header: &str| cells(oracles, data, header);
    match data {
        "konstantopoulos2011" => {
            let (district, school) = (at("district")?, at("school")?);
            let (outer, inner) = (refs(&district), refs(&school));
            let (code, random) = if id == "CS" {
                let found = Random::structured(("school", &inner), ("district", &outer), Structure::Cs)?;
                ("CS", vec![found])
            } else {
                (
                    "a/b",
                    Random::nested(&[("district", &outer), ("school", &inner)])?,
                )
            };
            let design = if id == "three_level_year_centred" {
                let year = table_column(oracles, data, "year")?;
                let mean = year.iter().sum::<f64>() / n as f64;
                let centred: Vec<f64> = year.iter().map(|x| x - mean).collect();
                Design::numeric(&[("year", &centred)])?
            } else {
                intercept(n)?
            };
            let sampling = Sampling::independent(&v)?;
            Ok(Case {
                code,
                y,
                design,
                sampling,
                random,
                cluster: district,
            })
        }
        "assink2016" => {
            let (study, row) = (at("study")?, at("id")?);
            let random = Random::nested(&[("study", &refs(&study)), ("id", &refs(&row))])?;
            let sampling = if id.starts_with("CHE") {
                Sampling::constant(&v, &study, 0.6)?
            } else {
                Sampling::independent(&v)?
            };
            let design = if id.ends_with("deltype") {
                levels(&at("deltype")?, true)?
            } else {
                intercept(n)?
            };
            Ok(Case {
                code: "a/b",
                y,
                design,
                sampling,
                random,
                cluster: study,
            })
        }
        "berkey1998" => {
            let (trial, outcome) = (at("trial")?, at("outcome")?);
            let columns = [
                table_column(oracles, data, "v1i")?,
                table_column(oracles, data, "v2i")?,
            ];
            let mut whole = vec![0.0; n * n];
            for row in 0..n {
                for (place, column) in columns.iter().enumerate() {
                    whole[row * n + row - row % 2 + place] = column[row];
                }
            }
            let random = Random::structured(
                ("outcome", &refs(&outcome)),
                ("trial", &refs(&trial)),
                Structure::Un,
            )?;
            Ok(Case {
                code: "UN",
                y,
                design: levels(&outcome, false)?,
                sampling: Sampling::matrix(n, &whole)?,
                random: vec![random],
                cluster: trial,
            })
        }
        _ => {
            let structure = Structure::from_code(id).ok_or("an unknown structure")?;
            let (study, visit) = (at("study")?, at("time")?);
            let time = table_column(oracles, data, "time")?;
            let months = time.iter().map(|t| 2_f64.powf(t - 1.0).to_string()).collect();
            let inner: Vec<String> = if structure == Structure::Car {
                months
            } else {
                visit.clone()
            };
            let random = Random::structured(("time", &refs(&inner)), ("study", &refs(&study)), structure)?;
            Ok(Case {
                code: structure.code(),
                y,
                design: levels(&visit, false)?,
                sampling: Sampling::autoregressive(&v, &study, &time, 0.97)?,
                random: vec![random],
                cluster: study,
            })
        }
    }
}

/// The reference's first values of a component that is not there are 0.
fn note(fit: &Multilevel, theirs: &Value, mut comparer: Comparer) {
    for (row, coefficient) in fit.coefficients.iter().enumerate() {
        let (beta, se) = (numbers(&theirs["beta"]), numbers(&theirs["se"]));
        let known = |all: &[Option<f64>]| all.get(row).copied().flatten().map_or(Value::Null, Value::from);
        let own = &coefficient.estimate;
        comparer.note("estimate", Some(own.estimate), &known(&beta), own.standard_error);
        comparer.note("SE", Some(own.standard_error), &known(&se), 0.0);
    }
    comparer.note("log-likelihood", Some(fit.loglik()), &theirs["logLik"], 1.0);
    comparer.note("QE", Some(fit.q.value), &theirs["QE"], 1.0);
    let mut at = Vec::new();
    for (key, components) in [("sigma2", &fit.sigma2), ("tau2", &fit.tau2), ("rho", &fit.rho)] {
        for (component, value) in components.iter().zip(numbers(&theirs[key])) {
            let value = value.unwrap_or(f64::NAN);
            comparer.note("components", Some(component.value), &Value::from(value), 1e-3);
            at.push(value);
        }
    }
    if let Some((_, beta, se)) = fit.at(&at) {
        for (row, theirs) in numbers(&theirs["se"]).into_iter().enumerate() {
            comparer.note("SE at its components", se.get(row).copied(), &theirs.into(), 0.0);
        }
        for (row, theirs) in numbers(&theirs["beta"]).into_iter().enumerate() {
            let least = se.get(row).copied().unwrap_or(0.0);
            comparer.note(
                "estimate at its components",
                beta.get(row).copied(),
                &theirs.into(),
                least,
            );
        }
    }
}

fn robust(
    fit: &Multilevel,
    cluster: &[String],
    theirs: &Value,
    origin: &Origin,
    book: &mut Book,
) -> Fallible<()> {
    for (kind, code) in RobustType::ALL {
        let theirs = &theirs[code];
        if theirs.is_null() {
            continue;
        }
        let ours = fit.robust(cluster, kind)?;
        let mut comparer = Comparer {
            book,
            origin,
            method: (ROBUST, code),
        };
        for (row, coefficient) in ours.coefficients.iter().enumerate() {
            let own = &coefficient.estimate;
            let known = |key: &str| {
                numbers(&theirs[key])
                    .get(row)
                    .copied()
                    .flatten()
                    .map_or(Value::Null, Value::from)
            };
            comparer.note("SE", Some(own.standard_error), &known("se"), 0.0);
            comparer.note("df", own.df, &known("df"), 0.0);
            comparer.note("p", Some(own.p), &known("p"), 0.0);
        }
    }
    Ok(())
}

/// ID as the intercept of its cells, known correlations, crossed groups by whole matrices, HTZ of one contrast.
fn second_routes(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let data = "konstantopoulos2011";
    let mut case = build(oracles, data, "three_level_REML")?;
    let school = cells(oracles, data, "school")?;
    let nested = case.random.clone();
    case.random = nested[1..].to_vec();
    let single = case.fit(Likelihood::Reml)?;
    let district = case.cluster.clone();
    case.random = vec![Random::structured(
        ("school", &refs(&school)),
        ("district", &refs(&district)),
        Structure::Id,
    )?];
    let of = |reference| Origin { reference, data };
    let id = case.fit(Likelihood::Reml)?;
    let origin = of("second route: the intercept of its cells");
    let method = (MULTILEVEL, "ID");
    book.note(
        method,
        &origin,
        "log-likelihood",
        relative(id.loglik(), single.loglik(), 1.0),
    );
    let (tau2, sigma2) = (id.tau2[0].value, single.sigma2[0].value);
    book.note(method, &origin, "components", relative(tau2, sigma2, 1e-3));
    case.random = vec![Random::known(
        "district",
        &refs(&district),
        &Matrix::identity(11),
    )?];
    let known = case.fit(Likelihood::Reml)?;
    case.random = nested[..1].to_vec();
    let outer = case.fit(Likelihood::Reml)?;
    let origin = of("second route: the identity is an intercept");
    let method = (MULTILEVEL, "known");
    book.note(
        method,
        &origin,
        "log-likelihood",
        relative(known.loglik(), outer.loglik(), 1.0),
    );
    let (a, b) = (known.sigma2[0].value, outer.sigma2[0].value);
    book.note(method, &origin, "components", relative(a, b, 1e-3));
    let year = cells(oracles, data, "year")?;
    case.random = vec![nested[0].clone(), Random::intercept("year", &year)];
    let crossed = case.fit(Likelihood::Reml)?;
    let n = case.y.len();
    let same = |x: &[String], i: usize, j: usize| if x[i] == x[j] { 1.0 } else { 0.0 };
    let m = Matrix::from_fn(n, n, |i, j| {
        case.sampling.covariance(i, j)
            + same(&district, i, j) * crossed.sigma2[0].value
            + same(&year, i, j) * crossed.sigma2[1].value
    });
    let factor = Cholesky::new(&m).ok_or("M is not positive definite")?;
    let ones = factor.solve_vec(&vec![1.0; n]);
    let information: f64 = ones.iter().sum();
    let mean = ones.iter().zip(&case.y).map(|(w, y)| w * y).sum::<f64>() / information;
    let residual: Vec<f64> = case.y.iter().map(|y| y - mean).collect();
    let rss: f64 = factor
        .solve_vec(&residual)
        .iter()
        .zip(&residual)
        .map(|(a, b)| a * b)
        .sum();
    let df = n as f64 - 1.0;
    let loglik = -0.5
        * (df * (2.0 * std::f64::consts::PI).ln() + factor.ln_det() + information.ln() - (n as f64).ln()
            + rss);
    let origin = of("second route: whole matrices");
    let method = (MULTILEVEL, "a+b");
    book.note(
        method,
        &origin,
        "log-likelihood",
        relative(crossed.loglik(), loglik, 1.0),
    );
    let estimate = crossed.coefficients[0].estimate.estimate;
    book.note(
        method,
        &origin,
        "estimate",
        relative(estimate, mean, information.powf(-0.5)),
    );
    let robust = outer.robust(&district, RobustType::Cr2)?;
    let (htz, t) = (robust.wald_htz(&[vec![1.0]])?, &robust.coefficients[0].estimate);
    let origin = of("second route: one contrast is a t test; joint tests by whole matrices in a test");
    book.note(
        (ROBUST, "HTZ"),
        &origin,
        "statistic",
        relative(htz.value, t.statistic.powi(2), 0.0),
    );
    let df = htz.df2.unwrap_or(f64::NAN);
    book.note(
        (ROBUST, "HTZ"),
        &origin,
        "df",
        relative(df, t.df.unwrap_or(f64::NAN), 0.0),
    );
    Ok(())
}
