//! Mantel-Haenszel and Peto against the reference.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_models::pool::{
    CountMeasure, Counts, PersonTime, RateMeasure, StrataOptions, Stratified, mantel_haenszel,
    mantel_haenszel_rates, peto,
};
use serde_json::Value;
use support::{CLOSED_FORM, Ledger, column, oracle};

/// Cases with a Mantel-Haenszel reference and with a Peto reference.
const MANTEL_HAENSZEL: usize = 13;
const PETO: usize = 4;

fn counts(data: &str, columns: &Value) -> Vec<Counts> {
    let get = |name: &str| columns[name].as_str().map(|header| column(data, header));
    let (a, c) = (get("ai").unwrap(), get("ci").unwrap());
    let (b, d) = (get("bi"), get("di"));
    let (n1, n2) = (get("n1i"), get("n2i"));
    let rest = |i: usize, events: &[f64], others: &Option<Vec<f64>>, n: &Option<Vec<f64>>| match others {
        Some(others) => others[i],
        None => n.as_ref().unwrap()[i] - events[i],
    };
    (0..a.len())
        .map(|i| Counts {
            a: a[i],
            b: rest(i, &a, &b, &n1),
            c: c[i],
            d: rest(i, &c, &d, &n2),
        })
        .collect()
}

fn person_time(data: &str, columns: &Value) -> Vec<PersonTime> {
    let get = |name: &str| column(data, columns[name].as_str().unwrap());
    let (x1, t1, x2, t2) = (get("x1i"), get("t1i"), get("x2i"), get("t2i"));
    (0..x1.len())
        .map(|i| PersonTime {
            x1: x1[i],
            t1: t1[i],
            x2: x2[i],
            t2: t2[i],
        })
        .collect()
}

fn check(ledger: &mut Ledger, place: &str, ours: &Stratified, e: &Value) {
    let m = &ours.mean;
    let se = m.standard_error;
    let mut check = |what: &str, ours: f64, name: &str, scale: f64| {
        ledger.check(what, place, ours, &e[name], scale, CLOSED_FORM);
    };
    check("estimate", m.estimate, "estimate", se);
    check("se", se, "se", 0.0);
    check("ci", m.ci_lower, "ci_lb", se);
    check("ci", m.ci_upper, "ci_ub", se);
    check("q", ours.q.value, "QE", 1.0);
    let value = |test: Option<onset_models::pool::QTest>| test.map_or(f64::NAN, |t| t.value);
    check("association", value(ours.association), "MH", 0.0);
    check("tarone", value(ours.tarone), "TA", 0.0);
    check("breslow-day", value(ours.breslow_day), "BD", 0.0);
}

#[test]
fn mantel_haenszel_and_peto() {
    let options = StrataOptions::default();
    let mut ledger = Ledger::default();
    let (mut pooled, mut petos) = (0, 0);
    let sets = [
        "bcg",
        "nielweise2007",
        "egger2001",
        "linde2005",
        "dorn2007",
        "hart1999",
        "nielweise2008",
    ];
    for data in sets {
        for case in oracle(data)["cases"].as_array().unwrap() {
            let measure = case["measure"].as_str().unwrap();
            let place = format!("{data} {measure}");
            let expected = &case["mantel_haenszel"];
            if expected.is_object() {
                let of_counts = |m| mantel_haenszel(&counts(data, &case["columns"]), m, &options).unwrap();
                let ours = match measure {
                    "OR" => of_counts(CountMeasure::OddsRatio),
                    "RR" => of_counts(CountMeasure::RiskRatio),
                    "RD" => of_counts(CountMeasure::RiskDifference),
                    "IRR" => {
                        let tables = person_time(data, &case["columns"]);
                        mantel_haenszel_rates(&tables, RateMeasure::RateRatio, &options).unwrap()
                    }
                    other => panic!("no Mantel-Haenszel for {other}"),
                };
                check(&mut ledger, &place, &ours, expected);
                pooled += 1;
            }
            if case["peto"].is_object() {
                let ours = peto(&counts(data, &case["columns"]), &options).unwrap();
                check(&mut ledger, &format!("{place} Peto"), &ours, &case["peto"]);
                petos += 1;
            }
        }
    }
    assert_eq!((pooled, petos), (MANTEL_HAENSZEL, PETO));
    ledger.finish("strata", 80);
}
