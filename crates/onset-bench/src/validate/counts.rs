//! Models of counts: reference values, and the likelihood by dense summation from its definition.

use super::pairwise::Comparer;
use super::reference::{list, program, read, table_column, text};
use super::{Book, Origin};
use crate::Fallible;
use crate::methods::{MIXED, PREDICTIONS, STRATA};
use onset::effects::Effects;
use onset::math::noncentral_hypergeometric::NoncentralHypergeometric;
use onset::math::special::{ln_1p_exp, ln_beta, ln_choose, ln_gamma};
use onset::models::counts::{Glmm, GlmmData, GlmmModel, GlmmOptions, beta_binomial, firth, glmm};
use onset::models::pool::{CountMeasure, Counts, PersonTime, bootstrap_prediction};
use serde_json::Value;
use std::path::Path;

/// Compares every model.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let tables = nielweise(oracles)?;
    let file = read(oracles, "dependent_nielweise2007_glmm.json")?;
    let reference = program(&file);
    let origin = Origin {
        reference,
        data: "nielweise2007",
    };
    let quadrature = Origin {
        reference: "independent quadrature",
        data: "nielweise2007",
    };
    for case in list(&file["cases"]) {
        let id = text(&case["id"]);
        let (code, kind) = id.split_once('_').ok_or("no model in the id")?;
        let options = GlmmOptions {
            common: kind == "EE",
            ..GlmmOptions::default()
        };
        let (code, ours) = match GlmmModel::all().find(|model| model.code() == code) {
            Some(model) => (
                model.code(),
                glmm(GlmmData::Tables(&tables), model, None, &options)?.value,
            ),
            None => {
                let rows: Vec<(f64, f64)> = tables.iter().map(|t| (t.c, t.n2())).collect();
                let data = GlmmData::Proportions(&rows);
                ("PLO", glmm(data, GlmmModel::UmFs, None, &options)?.value)
            }
        };
        if case["exact"].is_null() {
            note(book, code, &origin, &ours, &case["expect"]);
        } else {
            note(book, code, &quadrature, &ours, &case["exact"]);
        }
    }
    conditional(&tables, book)?;
    rates(oracles, book)?;
    sparse(&tables, book)?;
    bootstrap(book)
}

fn note(book: &mut Book, code: &'static str, origin: &Origin, ours: &Glmm, theirs: &Value) {
    let Some(mean) = ours.coefficients.first().map(|c| c.estimate) else {
        return;
    };
    let mut comparer = Comparer {
        book,
        origin,
        method: (MIXED, code),
    };
    comparer.note(
        "estimate",
        Some(mean.estimate),
        &theirs["beta"],
        mean.standard_error,
    );
    if !theirs["tau2"].is_null() {
        comparer.note("tau2", Some(ours.tau2.value), &theirs["tau2"], 0.1);
    }
    if !theirs["logLik"].is_null() {
        comparer.note("log-likelihood", Some(ours.fit.loglik), &theirs["logLik"], 0.0);
    }
}

/// ln of the integral of exp(f) against the standard normal, by the trapezoidal rule (geometric convergence).
fn dense(f: impl Fn(f64) -> f64) -> f64 {
    let sum: f64 = (-450..=450)
        .map(|i| {
            let u = f64::from(i) * 0.02;
            (f(u) - 0.5 * u * u).exp()
        })
        .sum();
    (0.02 * sum / (2.0 * std::f64::consts::PI).sqrt()).ln()
}

fn summed(
    book: &mut Book,
    code: &'static str,
    data: &str,
    ours: &Glmm,
    likelihood: impl Fn(f64, f64) -> f64,
) {
    let origin = Origin {
        reference: "second route: dense summation",
        data,
    };
    let mean = ours
        .coefficients
        .first()
        .map_or(f64::NAN, |c| c.estimate.estimate);
    let at = likelihood(mean, ours.tau2.value.sqrt());
    let mut comparer = Comparer {
        book,
        origin: &origin,
        method: (MIXED, code),
    };
    comparer.note("log-likelihood", Some(ours.fit.loglik), &Value::from(at), 0.0);
}

fn conditional(tables: &[Counts], book: &mut Book) -> Fallible<()> {
    let options = GlmmOptions::default();
    let informative = || tables.iter().filter(|t| !t.is_uninformative());
    let ours = glmm(GlmmData::Tables(tables), GlmmModel::CmEl, None, &options)?.value;
    summed(book, "CM.EL", "nielweise2007", &ours, |mean, tau| {
        let study = |t: &Counts| {
            dense(|u| {
                let odds = (mean + tau * u).exp();
                NoncentralHypergeometric::new(t.n1() as u64, t.n2() as u64, (t.a + t.c) as u64, odds)
                    .map_or(f64::NAN, |d| d.ln_pmf(t.a as u64))
            })
        };
        informative().map(study).sum()
    });
    let ours = glmm(GlmmData::Tables(tables), GlmmModel::CmAl, None, &options)?.value;
    summed(book, "CM.AL", "nielweise2007", &ours, |mean, tau| {
        let study = |t: &Counts| {
            let offset = (t.n1() / t.n2()).ln();
            dense(|u| binomial(t.a, t.a + t.c, offset + mean + tau * u))
        };
        informative().map(study).sum()
    });
    let rows: Vec<(f64, f64)> = tables.iter().map(|t| (t.c, t.n2())).collect();
    let ours = glmm(GlmmData::Proportions(&rows), GlmmModel::UmFs, None, &options)?.value;
    summed(book, "PLO", "nielweise2007", &ours, |mean, tau| {
        rows.iter()
            .map(|&(x, n)| dense(|u| binomial(x, n, mean + tau * u)))
            .sum()
    });
    Ok(())
}

fn rates(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let column = |header| table_column(oracles, "hart1999", header);
    let (x1, t1, x2, t2) = (column("x1i")?, column("t1i")?, column("x2i")?, column("t2i")?);
    let rows = x1.iter().zip(&t1).zip(x2.iter().zip(&t2));
    let rates: Vec<PersonTime> = rows
        .map(|((&x1, &t1), (&x2, &t2))| PersonTime { x1, t1, x2, t2 })
        .collect();
    let options = GlmmOptions::default();
    let ours = glmm(GlmmData::Rates(&rates), GlmmModel::CmEl, None, &options)?.value;
    summed(book, "IRR CM.EL", "hart1999", &ours, |mean, tau| {
        let study = |r: &PersonTime| {
            let offset = (r.t1 / r.t2).ln();
            dense(|u| binomial(r.x1, r.x1 + r.x2, offset + mean + tau * u))
        };
        rates.iter().map(study).sum()
    });
    let group: Vec<(f64, f64)> = rates.iter().map(|r| (r.x2, r.t2)).collect();
    let ours = glmm(GlmmData::OneRates(&group), GlmmModel::UmFs, None, &options)?.value;
    summed(book, "IRLN", "hart1999", &ours, |mean, tau| {
        let study = |x: f64, t: f64| {
            dense(|u| {
                let eta = t.ln() + mean + tau * u;
                x * eta - eta.exp() - ln_gamma(x + 1.0)
            })
        };
        group.iter().map(|&(x, t)| study(x, t)).sum()
    });
    Ok(())
}

fn binomial(x: f64, n: f64, eta: f64) -> f64 {
    ln_choose(n, x) + x * eta - n * ln_1p_exp(eta)
}

/// The tables of nielweise2007.
pub fn nielweise(oracles: &Path) -> Fallible<Vec<Counts>> {
    let column = |header| table_column(oracles, "nielweise2007", header);
    let (a, n1, c, n2) = (column("ai")?, column("n1i")?, column("ci")?, column("n2i")?);
    let rows = a.iter().zip(&n1).zip(c.iter().zip(&n2));
    Ok(rows
        .map(|((&a, &n1), (&c, &n2))| Counts {
            a,
            b: n1 - a,
            c,
            d: n2 - c,
        })
        .collect())
}

/// The beta-binomial likelihood from beta functions; Firth's estimate of one table, which adds half to every cell.
fn sparse(tables: &[Counts], book: &mut Book) -> Fallible<()> {
    let ours = beta_binomial(tables, CountMeasure::OddsRatio, 0.95)?;
    let spread = ours.rho / (1.0 - ours.rho);
    let group = |x: f64, n: f64, p: f64| {
        let (a, b) = (p / spread, (1.0 - p) / spread);
        ln_choose(n, x) + ln_beta(x + a, n - x + b) - ln_beta(a, b)
    };
    let [p, q] = ours.risk;
    let at: f64 = tables
        .iter()
        .map(|t| group(t.a, t.n1(), p) + group(t.c, t.n2(), q))
        .sum();
    let origin = Origin {
        reference: "second route: beta functions",
        data: "nielweise2007",
    };
    let mut comparer = Comparer {
        book,
        origin: &origin,
        method: (STRATA, "BB"),
    };
    comparer.note("log-likelihood", Some(ours.fit.loglik), &Value::from(at), 0.0);
    let origin = Origin {
        reference: "second route: half added to every cell of one table",
        data: "nielweise2007",
    };
    for t in tables {
        let ours = firth(&[*t], 0.95)?;
        let halves = ((t.a + 0.5) * (t.d + 0.5) / ((t.b + 0.5) * (t.c + 0.5))).ln();
        let mut comparer = Comparer {
            book,
            origin: &origin,
            method: (STRATA, "FIRTH"),
        };
        comparer.note(
            "estimate",
            Some(ours.mean.estimate),
            &Value::from(halves),
            ours.mean.standard_error,
        );
    }
    Ok(())
}

/// Responders and patients on cisapride and on placebo in 13 trials.
const CISAPRIDE: [[f64; 4]; 13] = [
    [15.0, 16.0, 9.0, 16.0],
    [12.0, 16.0, 1.0, 16.0],
    [29.0, 34.0, 18.0, 34.0],
    [42.0, 56.0, 31.0, 56.0],
    [14.0, 22.0, 6.0, 22.0],
    [44.0, 54.0, 17.0, 55.0],
    [14.0, 17.0, 7.0, 15.0],
    [29.0, 58.0, 23.0, 58.0],
    [10.0, 14.0, 3.0, 15.0],
    [17.0, 26.0, 6.0, 27.0],
    [38.0, 44.0, 12.0, 45.0],
    [19.0, 29.0, 22.0, 30.0],
    [21.0, 38.0, 19.0, 38.0],
];

/// The published bootstrap interval of these trials, 0.533 to 33.692 on the odds-ratio scale; both sides draw.
fn bootstrap(book: &mut Book) -> Fallible<()> {
    let (mut y, mut v) = (Vec::new(), Vec::new());
    for [a, n1, c, n2] in CISAPRIDE {
        let cells = [a + 0.5, n1 - a + 0.5, c + 0.5, n2 - c + 0.5];
        y.push((cells[0] * cells[3] / (cells[1] * cells[2])).ln());
        v.push(cells.iter().map(|x| 1.0 / x).sum::<f64>());
    }
    let effects = Effects::new(y, v, (1..=13).map(|study| study.to_string()).collect())?;
    let ours = bootstrap_prediction(&effects, 0.95, 100_000, 1)?;
    let (lower, upper) = (0.533_f64.ln(), 33.692_f64.ln());
    let origin = Origin {
        reference: "pimeta 1.1.4 vignette",
        data: "cisapride (Hartung & Knapp 2001)",
    };
    let mut comparer = Comparer {
        book,
        origin: &origin,
        method: (PREDICTIONS, "NNF"),
    };
    comparer.note(
        "limits (draws)",
        Some(ours.lower),
        &Value::from(lower),
        upper - lower,
    );
    comparer.note(
        "limits (draws)",
        Some(ours.upper),
        &Value::from(upper),
        upper - lower,
    );
    Ok(())
}
