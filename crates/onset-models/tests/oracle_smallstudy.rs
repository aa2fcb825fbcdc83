//! Small-study tests and adjustments against the reference values.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_math::special::ln_gamma;
use onset_models::pool::{Counts, Options, Tau2Method, Test};
use onset_models::smallstudy::{
    Asymmetry, AsymmetryKind, FailSafeKind, Groups, SmallStudyError, Tables, TrimFillEstimator, begg, deeks,
    egger, excess_significance, fail_safe, harbord, limit, macaskill, peese, pet, peters, pustejovsky,
    schwarzer, thompson_sharp, trim_fill,
};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use support::{CLOSED_FORM, ITERATIVE, Ledger, column, effects, numbers, optional, oracle};

const DATA_SETS: [&str; 14] = [
    "bcg",
    "bangertdrowns2004",
    "dorn2007",
    "egger2001",
    "furukawa2003",
    "hackshaw1998",
    "hart1999",
    "linde2005",
    "mcdaniel1994",
    "nielweise2007",
    "nielweise2008",
    "normand1999",
    "pritz1997",
    "raudenbush1985",
];
/// Effect-size sets in them.
const CASES: usize = 41;

/// The weights of nearly exact data differ by up to 1e8: the reference's own QR keeps this many digits.
const WEIGHTED_LEAST_SQUARES: f64 = 1e-9;
/// The reference stops REML there at a step of 1e-5 of tau2.
const LOOSE_TAU2: f64 = 1e-4;
/// Inside trim and fill it does so too; slow convergence leaves tau2 this far away, and the mean and its
/// standard error this far in units of the latter. Each case that uses it is shown to be further from the
/// maximum than ours.
const FILL_TAU2: f64 = 5e-5;
const FILL_MEAN: f64 = 1e-2;
/// Share of the reference's score that ours may have left there.
const SCORE_SHARE: f64 = 0.01;

#[test]
fn pairwise_data_sets() {
    let options = Options::random(Tau2Method::Reml).with_test(Test::Z);
    let mut ledger = Ledger::default();
    let (mut count, mut early) = (0, 0);
    for name in DATA_SETS {
        for case in oracle(name)["cases"].as_array().unwrap() {
            let place = format!("{name} {}", case["measure"].as_str().unwrap());
            let effects = effects(case);
            count += 1;
            check_regressions(&mut ledger, &place, &effects, case, &options);
            let [exact, _] = begg(&effects).unwrap();
            let e = &case["ranktest"];
            ledger.check("tau", &place, exact.statistic, &e["tau"], 1.0, CLOSED_FORM);
            ledger.check("tau p", &place, exact.p, &e["pval"], 1.0, CLOSED_FORM);
            for estimator in [TrimFillEstimator::L0, TrimFillEstimator::R0] {
                let e = &case[format!("trimfill_{}", estimator.code())];
                let ours = trim_fill(&effects, estimator, &options).unwrap();
                assert!(ours.converged, "{place}");
                assert_eq!(ours.k0, e["k0"].as_u64().unwrap() as usize, "{place}");
                assert_eq!(ours.side.code(), e["side"].as_str().unwrap(), "{place}");
                let (se, reference) = (ours.mean.standard_error, e["tau2"].as_f64().unwrap());
                let mut mean = ITERATIVE;
                if (ours.tau2 - reference).abs() > ITERATIVE * reference {
                    early += 1;
                    mean = FILL_MEAN;
                    assert!((ours.tau2 - reference).abs() < FILL_TAU2, "{place}");
                    let (mut y, mut v) = (effects.y().to_vec(), effects.v().to_vec());
                    y.extend(ours.filled.iter().map(|f| f.0));
                    v.extend(ours.filled.iter().map(|f| f.1));
                    let left = score(&y, &v, ours.tau2).abs();
                    assert!(left <= SCORE_SHARE * score(&y, &v, reference).abs(), "{place}");
                }
                ledger.check("fill", &place, ours.mean.estimate, &e["estimate"], se, mean);
                ledger.check("fill se", &place, se, &e["se"], 0.0, mean);
            }
            let n = fail_safe(&effects, FailSafeKind::Rosenthal, 0.05, None, &options).unwrap();
            assert_eq!(n.n, case["fsn_rosenthal"].as_u64(), "{place}");
        }
    }
    assert_eq!(count, CASES);
    println!("{early} fills in which the reference stopped early");
    ledger.finish("small-study", CASES * (6 + 2 + 4));
}

/// Restricted score of tau2 by the plain formulas.
fn score(y: &[f64], v: &[f64], t: f64) -> f64 {
    let w: Vec<f64> = v.iter().map(|v| 1.0 / (v + t)).collect();
    let sum: f64 = w.iter().sum();
    let mean = w.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() / sum;
    let fit: f64 = w.iter().zip(y).map(|(w, y)| (w * (y - mean)).powi(2)).sum();
    0.5 * (fit - sum + w.iter().map(|w| w * w).sum::<f64>() / sum)
}

fn check_regressions(ledger: &mut Ledger, place: &str, effects: &Effects, case: &Value, options: &Options) {
    let ours = egger(effects).unwrap();
    let e = &case["regtest_lm"];
    let size = ours.slope.abs() * effects.v()[0].sqrt();
    ledger.check(
        "egger",
        place,
        ours.statistic,
        &e["tval"],
        1.0,
        WEIGHTED_LEAST_SQUARES,
    );
    ledger.check("egger p", place, ours.p, &e["pval"], 0.01, WEIGHTED_LEAST_SQUARES);
    ledger.check(
        "egger limit",
        place,
        ours.estimate.unwrap(),
        &e["est"],
        size,
        WEIGHTED_LEAST_SQUARES,
    );
    let [mixed, _] = thompson_sharp(effects, options).unwrap();
    let e = &case["regtest_reml"];
    ledger.check("mixed", place, mixed.statistic, &e["zval"], 1.0, ITERATIVE);
    ledger.check("mixed p", place, mixed.p, &e["pval"], 0.01, ITERATIVE);
    ledger.check(
        "mixed limit",
        place,
        mixed.estimate.unwrap(),
        &e["est"],
        size,
        ITERATIVE,
    );
}

/// Odds ratios of a data set as the reference computes them: 0.5 in every cell of a table with an empty one,
/// tables without events left out.
fn odds_ratios(name: &str) -> (Effects, Vec<Counts>, usize) {
    let names = if name == "bcg" {
        ["tpos", "tneg", "cpos", "cneg"]
    } else {
        ["ai", "n1i", "ci", "n2i"]
    };
    let [first, second, third, fourth] = names.map(|header| optional(name, header));
    let (mut y, mut v, mut tables, mut dropped) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let rows = first.into_iter().zip(second).zip(third.into_iter().zip(fourth));
    for row in rows {
        let ((Some(a), Some(second)), (Some(c), Some(fourth))) = row else {
            continue;
        };
        let (b, d) = if name == "bcg" {
            (second, fourth)
        } else {
            (second - a, fourth - c)
        };
        if a + c == 0.0 {
            dropped += 1;
            continue;
        }
        tables.push(Counts { a, b, c, d });
        let add = if [a, b, c, d].contains(&0.0) { 0.5 } else { 0.0 };
        let [a, b, c, d] = [a + add, b + add, c + add, d + add];
        y.push((a * d / (b * c)).ln());
        v.push(1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d);
    }
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    (Effects::new(y, v, labels).unwrap(), tables, dropped)
}

/// Standard error of the limit effect from the sums of a radial regression. The reference counts a trial that
/// it dropped for having no events as a further study of no precision; with `dropped` = 0 this is the formula.
fn limit_se(effects: &Effects, tau2: f64, dropped: usize) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for v in effects.v() {
        sum += (v + tau2).sqrt().recip();
        squares += (v + tau2).recip();
    }
    let (k, all) = (effects.k() as f64, (effects.k() + dropped) as f64);
    let slope = (all - 1.0) / ((k - 1.0) * (squares - sum * sum / all));
    (slope * (1.0 + tau2 * squares / all - 2.0 * tau2.sqrt() * sum / all)).sqrt()
}

fn by_id() -> BTreeMap<String, Value> {
    let file = oracle("smallstudy");
    let cases = file["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| (case["id"].as_str().unwrap().to_owned(), case.clone()))
        .collect()
}

fn check_test(ledger: &mut Ledger, place: &str, ours: &Asymmetry, e: &Value, tolerance: f64) {
    ledger.check(
        "statistic",
        place,
        ours.statistic,
        &e["statistic"],
        1.0,
        tolerance,
    );
    ledger.check("p", place, ours.p, &e["p"], 0.01, tolerance * 10.0);
    assert_eq!(ours.df, e["df"].as_f64(), "{place}");
    ledger.check("slope", place, ours.slope, &e["estimate"][0], 0.0, tolerance);
    ledger.check(
        "slope se",
        place,
        ours.slope_se,
        &e["estimate"][1],
        0.0,
        tolerance,
    );
}

#[test]
fn tests_of_two_by_two_tables() {
    let cases = by_id();
    let mut ledger = Ledger::default();
    let options = Options::random(Tau2Method::Reml);
    let mut count = 0;
    for name in ["egger2001", "linde2005", "nielweise2007", "bcg"] {
        let (effects, counts, dropped) = odds_ratios(name);
        let tables = Tables::new(&effects, &counts).unwrap();
        let all: Vec<(&str, Asymmetry)> = vec![
            ("Begg", begg(&effects).unwrap()[1]),
            ("Egger", egger(&effects).unwrap()),
            ("Thompson", thompson_sharp(&effects, &options).unwrap()[1]),
            ("Harbord", harbord(&tables).unwrap()),
            ("Macaskill", macaskill(&tables).unwrap()),
            ("Peters", peters(&tables).unwrap()),
            ("Schwarzer", schwarzer(&tables).unwrap()),
            ("Deeks", deeks(&tables).unwrap()),
        ];
        for (test, ours) in all {
            let id = format!("{name}_OR_{test}");
            let tolerance = if test == "Thompson" {
                LOOSE_TAU2
            } else {
                CLOSED_FORM
            };
            check_test(&mut ledger, &id, &ours, &cases[&id], tolerance);
            count += 1;
        }
        let e = &cases[&format!("{name}_limit")];
        let ours = limit(&effects, &options).unwrap();
        let pairs = [
            ("adjusted", ours.mean.estimate),
            ("se", limit_se(&effects, ours.tau2, dropped)),
            ("q_small", ours.q_small),
            ("q_resid", ours.q_residual),
            ("g2", ours.g2),
            ("alpha", ours.alpha),
            ("beta", ours.beta),
        ];
        for (what, ours) in pairs {
            ledger.check(what, name, ours, &e[what], 0.1, LOOSE_TAU2);
            count += 1;
        }
        let second_route = limit_se(&effects, ours.tau2, 0);
        assert!((ours.mean.standard_error / second_route - 1.0).abs() < CLOSED_FORM);
    }
    assert_eq!(count, 4 * 8 + 4 * 7);
    ledger.finish("two-by-two", 4 * 8 * 4 + 4 * 7);
}

/// Hedges' g with the unbiased variance (UB), as the reference program computes it.
fn reference_smd(name: &str) -> (Effects, Groups) {
    let c = |header| column(name, header);
    let (n1, m1, s1) = (c("n1i"), c("m1i"), c("sd1i"));
    let (n2, m2, s2) = (c("n2i"), c("m2i"), c("sd2i"));
    let (mut y, mut v, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n1.len() {
        let m = n1[i] + n2[i] - 2.0;
        let pooled = (((n1[i] - 1.0) * s1[i].powi(2) + (n2[i] - 1.0) * s2[i].powi(2)) / m).sqrt();
        let j = (ln_gamma(m / 2.0) - ln_gamma((m - 1.0) / 2.0)).exp() / (m / 2.0).sqrt();
        let g = j * (m1[i] - m2[i]) / pooled;
        y.push(g);
        v.push(1.0 / n1[i] + 1.0 / n2[i] + (1.0 - (m - 2.0) / (m * j * j)) * g * g);
        sizes.push([n1[i], n2[i]]);
    }
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    (Effects::new(y, v, labels).unwrap(), Groups::new(sizes).unwrap())
}

#[test]
fn tests_of_standardised_mean_differences() {
    let cases = by_id();
    let (effects, groups) = reference_smd("normand1999");
    let mut ledger = Ledger::default();
    let options = Options::random(Tau2Method::Reml);
    let all: Vec<(&str, Asymmetry)> = vec![
        ("Egger", egger(&effects).unwrap()),
        ("Pustejovsky", pustejovsky(&effects, &groups).unwrap()),
        ("Thompson", thompson_sharp(&effects, &options).unwrap()[1]),
        ("Begg", begg(&effects).unwrap()[1]),
    ];
    for (test, ours) in all {
        let id = format!("normand1999_SMD_{test}");
        let tolerance = if test == "Thompson" { LOOSE_TAU2 } else { ITERATIVE };
        check_test(&mut ledger, &id, &ours, &cases[&id], tolerance);
    }
    ledger.finish("SMD", 16);
}

#[test]
fn adjustments_of_hackshaw() {
    let cases = by_id();
    let effects = hackshaw();
    let options = Options::random(Tau2Method::Reml);
    let mut ledger = Ledger::default();
    for (name, ours) in [
        ("PET", pet(&effects, 0.95).unwrap()),
        ("PEESE", peese(&effects, 0.95).unwrap()),
    ] {
        let e = &cases[&format!("hackshaw1998_{name}")];
        let se = ours.estimate.standard_error;
        ledger.check(
            name,
            name,
            ours.estimate.estimate,
            &e["estimate"],
            se,
            CLOSED_FORM,
        );
        ledger.check(name, name, se, &e["se_wls"], 0.0, CLOSED_FORM);
        ledger.check(name, name, ours.slope, &e["slope"], 0.0, CLOSED_FORM);
        ledger.check(
            name,
            name,
            ours.se_additive,
            &e["se_additive_fixed"],
            0.0,
            CLOSED_FORM,
        );
    }
    let e = &cases["hackshaw1998_TES"];
    let ours = excess_significance(&effects, 0.05).unwrap();
    assert_eq!(Some(ours.observed as u64), e["O"].as_u64());
    ledger.check("TES", "E", ours.expected, &e["E"], 0.0, CLOSED_FORM);
    ledger.check("TES", "p", ours.p, &e["p"], 0.0, CLOSED_FORM);
    for kind in FailSafeKind::ALL {
        let e = &cases[&format!("hackshaw1998_fsn_{}", kind.code())];
        let ours = fail_safe(&effects, kind, 0.05, None, &options).unwrap();
        assert_eq!(ours.n, e["fsnum"].as_u64(), "{kind:?}");
    }
    ledger.finish("hackshaw", 10);
}

fn hackshaw() -> Effects {
    let (y, v) = (column("hackshaw1998_sel", "yi"), column("hackshaw1998_sel", "vi"));
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, v, labels).unwrap()
}

/// Two studies, and studies of one precision, have no trend.
#[test]
fn too_few_and_no_spread_are_refused() {
    let labels = |k: usize| (1..=k).map(|i| i.to_string()).collect::<Vec<_>>();
    let options = Options::random(Tau2Method::Reml);
    for k in 0..3 {
        let y: Vec<f64> = (0..k).map(|i| i as f64).collect();
        let few = Effects::new(y, vec![0.1; k], labels(k)).unwrap();
        let short = SmallStudyError::TooFewStudies { found: k, needed: 3 };
        assert_eq!(egger(&few).unwrap_err(), short);
        assert_eq!(thompson_sharp(&few, &options).unwrap_err(), short);
        assert_eq!(begg(&few).unwrap_err(), short);
        assert_eq!(
            trim_fill(&few, TrimFillEstimator::L0, &options).unwrap_err(),
            short
        );
        assert_eq!(pet(&few, 0.95).unwrap_err(), short);
    }
    let flat = Effects::new(vec![0.1, 0.4, 0.9, 0.2], vec![0.1; 4], labels(4)).unwrap();
    let same = SmallStudyError::NoVariation {
        what: "standard error",
    };
    assert_eq!(egger(&flat).unwrap_err(), same);
    assert_eq!(thompson_sharp(&flat, &options).unwrap_err(), same);
    assert_eq!(begg(&flat).unwrap_err(), same);
    assert_eq!(peese(&flat, 0.95).unwrap_err(), same);
    assert_eq!(limit(&flat, &options).unwrap_err(), same);
    assert_eq!(
        trim_fill(&flat, TrimFillEstimator::Q0, &options).unwrap_err(),
        same
    );
}

#[test]
fn every_test_has_a_code() {
    let codes: std::collections::BTreeSet<_> = AsymmetryKind::all().map(AsymmetryKind::code).collect();
    assert_eq!(codes.len(), 11);
    assert_eq!(numbers(&serde_json::json!([1.0])), [1.0]);
}

/// Two ways to the same sums, some of them differences of nearly equal numbers.
const LAW: f64 = 1e-7;

fn labelled(y: Vec<f64>, v: Vec<f64>) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, v, labels).unwrap()
}

/// Every test and adjustment of effects alone: statistics and p-values (free of units), then numbers in units of y.
fn everything(e: &Effects) -> (Vec<f64>, Vec<f64>) {
    let options = Options::random(Tau2Method::Dl).with_test(Test::Z);
    let (mut free, mut in_units) = (Vec::new(), Vec::new());
    let mut tests = vec![egger(e).unwrap()];
    tests.extend(thompson_sharp(e, &options).unwrap());
    for test in &tests {
        free.extend([test.statistic, test.p]);
        in_units.extend(test.estimate);
    }
    for test in begg(e).unwrap() {
        free.extend([test.statistic, test.p]);
    }
    for line in [pet(e, 0.95).unwrap(), peese(e, 0.95).unwrap()] {
        free.extend([line.estimate.statistic, line.estimate.p]);
        in_units.extend([line.estimate.estimate, line.estimate.standard_error]);
    }
    for estimator in TrimFillEstimator::ALL {
        let found = trim_fill(e, estimator, &options).unwrap();
        free.push(found.k0 as f64);
        in_units.extend([found.mean.estimate, found.mean.standard_error]);
    }
    (free, in_units)
}

fn agree(a: f64, b: f64) -> bool {
    (a - b).abs() <= LAW * b.abs().max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// A change of unit changes units alone; the order of the studies and their labels change nothing.
    #[test]
    fn units_and_order_of_small_study_tests(
        data in prop::collection::vec((-2.0..2.0f64, 0.01..0.6f64), 5..20), unit in 0.1..40.0f64, turn in 1..5usize
    ) {
        let (y, v): (Vec<f64>, Vec<f64>) = data.into_iter().unzip();
        let (free, in_units) = everything(&labelled(y.clone(), v.clone()));
        let scaled = labelled(y.iter().map(|y| unit * y).collect(), v.iter().map(|v| unit * unit * v).collect());
        let (scaled_free, scaled_units) = everything(&scaled);
        prop_assert!(free.iter().zip(&scaled_free).all(|(a, b)| agree(*a, *b)), "{free:?} {scaled_free:?}");
        prop_assert!(in_units.iter().zip(&scaled_units).all(|(a, b)| agree(a * unit, *b)));
        let (mut y, mut v) = (y, v);
        y.rotate_left(turn);
        v.rotate_left(turn);
        let (turned_free, turned_units) = everything(&labelled(y, v));
        prop_assert!(free.iter().zip(&turned_free).all(|(a, b)| agree(*a, *b)), "{free:?} {turned_free:?}");
        prop_assert!(in_units.iter().zip(&turned_units).all(|(a, b)| agree(*a, *b)));
    }

    /// Effects turned round turn statistics and estimates round, and no p-value.
    #[test]
    fn signs_of_small_study_tests(data in prop::collection::vec((-2.0..2.0f64, 0.01..0.6f64), 5..20)) {
        let (y, v): (Vec<f64>, Vec<f64>) = data.into_iter().unzip();
        let (e, mirrored) = (labelled(y.clone(), v.clone()), labelled(y.iter().map(|y| -y).collect(), v));
        let options = Options::random(Tau2Method::Dl).with_test(Test::Z);
        let (a, b) = (egger(&e).unwrap(), egger(&mirrored).unwrap());
        prop_assert!(agree(a.statistic, -b.statistic) && agree(a.p, b.p));
        prop_assert!(agree(a.estimate.unwrap(), -b.estimate.unwrap()));
        let (a, b) = (begg(&e).unwrap(), begg(&mirrored).unwrap());
        prop_assert!(agree(a[0].statistic, -b[0].statistic) && agree(a[0].p, b[0].p));
        for (a, b) in [(pet(&e, 0.95), pet(&mirrored, 0.95)), (peese(&e, 0.95), peese(&mirrored, 0.95))] {
            let (a, b) = (a.unwrap(), b.unwrap());
            prop_assert!(agree(a.estimate.estimate, -b.estimate.estimate) && agree(a.slope_p, b.slope_p));
        }
        for (a, b) in thompson_sharp(&e, &options).unwrap().iter().zip(&thompson_sharp(&mirrored, &options).unwrap()) {
            prop_assert!(agree(a.statistic, -b.statistic) && agree(a.p, b.p));
        }
        for estimator in TrimFillEstimator::ALL {
            let (a, b) = (trim_fill(&e, estimator, &options).unwrap(), trim_fill(&mirrored, estimator, &options).unwrap());
            // a slope of exactly 0 has no fuller side
            if a.side != b.side {
                prop_assert_eq!(a.k0, b.k0);
                prop_assert!(agree(a.mean.estimate, -b.mean.estimate));
            }
        }
    }

    /// Groups changed over turn the tests of counts round, and no p-value.
    #[test]
    fn groups_of_tests_of_counts(
        rows in prop::collection::vec((0u32..30, 1u32..60, 0u32..30, 1u32..60), 5..15)
    ) {
        let tables: Vec<Counts> = rows
            .iter()
            .map(|&(a, b, c, d)| Counts { a: a.into(), b: b.into(), c: c.into(), d: d.into() })
            .collect();
        let changed: Vec<Counts> = tables.iter().map(|t| Counts { a: t.c, b: t.d, c: t.a, d: t.b }).collect();
        let of = |tables: &[Counts]| {
            let (y, v): (Vec<f64>, Vec<f64>) = tables
                .iter()
                .map(|t| {
                    let [a, b, c, d] = [t.a, t.b, t.c, t.d].map(|x| x + 0.5);
                    ((a * d / (b * c)).ln(), 1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)
                })
                .unzip();
            let tables = Tables::new(&labelled(y, v), tables).unwrap();
            [harbord(&tables), peters(&tables), macaskill(&tables), deeks(&tables)]
        };
        for (a, b) in of(&tables).into_iter().zip(of(&changed)) {
            if let (Ok(a), Ok(b)) = (a, b) {
                prop_assert!(agree(a.statistic, -b.statistic) && agree(a.p, b.p), "{a:?} {b:?}");
            }
        }
    }
}
