//! Permutation tests against the reference and against plain enumeration.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_models::permute::{Draws, PermuteError, permute};
use onset_models::pool::{Method, Options, Test, pool};
use onset_models::regress::{Design, regress};
use proptest::prelude::*;
use support::{column, effects, numbers, oracle};

/// Counts divided by counts.
const EXACT: f64 = 1e-12;

fn first(effects: &Effects, n: usize) -> Effects {
    let labels = (1..=n).map(|i| i.to_string()).collect();
    Effects::new(effects.y()[..n].to_vec(), effects.v()[..n].to_vec(), labels).unwrap()
}

fn close(ours: &[f64], theirs: &[f64], place: &str) {
    assert_eq!(ours.len(), theirs.len(), "{place}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() < EXACT, "{place}: {a} against {b}");
    }
}

#[test]
fn all_arrangements_meet_the_reference() {
    let file = oracle("dependent_bcg_perm");
    let (y, v) = (column("bcg_perm", "yi"), column("bcg_perm", "vi"));
    let labels = (1..=13).map(|i| i.to_string()).collect();
    let all = Effects::new(y, v, labels).unwrap();
    let options = Options::default().with_test(Test::Z);
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2, "the grid of cases may not shrink");
    let signs = permute(&all, None, &options, Draws::Exact, 1).unwrap();
    close(&signs.p, &[cases[0]["expect"]["pval"].as_f64().unwrap()], "signs");
    assert!(signs.exact && signs.iterations == 8192 && signs.p_moderators.is_none());
    let ablat = column("bcg_perm", "ablat");
    let design = Design::numeric(&[("ablat", &ablat[..7])]).unwrap();
    let rows = permute(&first(&all, 7), Some(&design), &options, Draws::Exact, 1).unwrap();
    // two trials share a latitude. One of the fits did not converge in the reference, which dropped it; it
    // is an extreme one. With half steps the reference converges throughout: `rows_first7` below
    assert_eq!(rows.iterations, 2520);
    let without_it = |p: f64| (p * 2520.0 - 1.0) / 2519.0;
    close(
        &[without_it(rows.p[0]), without_it(rows.p[1])],
        &numbers(&cases[1]["expect"]["pval"]),
        "rows",
    );
    close(
        &[without_it(rows.p_moderators.unwrap())],
        &[cases[1]["expect"]["QMp"].as_f64().unwrap()],
        "joint",
    );
    // one moderator needs no adjustment
    assert_eq!(rows.p_adjusted, [None, Some(rows.p[1])]);
}

#[test]
fn more_tests_and_moderators_meet_the_reference() {
    let file = oracle("diagnostics");
    let all = effects(&oracle("bcg")["cases"][0]);
    let cases = file["permutation"].as_array().unwrap();
    assert_eq!(cases.len(), 5, "the grid of cases may not shrink");
    for case in cases {
        let k = case["k"].as_u64().unwrap() as usize;
        let options = Options {
            method: Method::from_code(case["method"].as_str().unwrap()).unwrap(),
            ..Options::default()
        }
        .with_test(Test::from_code(case["test"].as_str().unwrap()).unwrap());
        let named: Vec<(&str, Vec<f64>)> = match case["id"].as_str().unwrap() {
            "rows_two" => vec![("ablat", column("bcg", "ablat")), ("year", column("bcg", "year"))],
            "rows_first7" => vec![("ablat", column("bcg", "ablat"))],
            "rows_tied" => vec![("rand", numbers(&case["rand"]))],
            _ => Vec::new(),
        };
        let columns: Vec<(&str, &[f64])> = named.iter().map(|(n, c)| (*n, &c[..k])).collect();
        let design = (!columns.is_empty()).then(|| Design::numeric(&columns).unwrap());
        let found = permute(&first(&all, k), design.as_ref(), &options, Draws::Exact, 1).unwrap();
        let p = match &case["p"] {
            serde_json::Value::Array(_) => numbers(&case["p"]),
            one => vec![one.as_f64().unwrap()],
        };
        close(&found.p, &p, case["id"].as_str().unwrap());
        if let Some(joint) = case["p_moderators"].as_f64() {
            close(&[found.p_moderators.unwrap()], &[joint], "joint");
        }
    }
}

/// Every order by recursion, every fit by the whole regression.
#[test]
fn plain_enumeration_gives_the_same_shares() {
    let all = effects(&oracle("bcg")["cases"][0]);
    let five = first(&all, 5);
    let (a, b) = ([1.0, 2.0, 2.0, 5.0, 4.0], [0.3, 0.1, 0.9, 0.2, 0.2]);
    let design = Design::numeric(&[("a", &a), ("b", &b)]).unwrap();
    for (code, test) in [
        ("REML", Test::Z),
        ("DL", Test::Knha),
        ("GENQ", Test::Adhoc),
        ("FE", Test::Z),
    ] {
        let options = Options {
            method: Method::from_code(code).unwrap(),
            ..Options::default()
        }
        .with_test(test);
        let statistics = |order: &[usize]| {
            let fit = regress(&five, &design.select(order), &options).unwrap().value;
            let mut out: Vec<f64> = fit
                .coefficients
                .iter()
                .map(|c| c.estimate.statistic.abs())
                .collect();
            out.push(fit.moderators.unwrap().value);
            out
        };
        let observed = statistics(&[0, 1, 2, 3, 4]);
        let (mut hits, mut largest, mut total) = ([0.0; 4], [0.0; 3], 0.0);
        let mut orders = vec![Vec::new()];
        for _ in 0..5 {
            orders = orders
                .into_iter()
                .flat_map(|o: Vec<usize>| {
                    (0..5)
                        .filter(|i| !o.contains(i))
                        .map(|i| [o.as_slice(), &[i]].concat())
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        for order in &orders {
            let found = statistics(order);
            total += 1.0;
            for (hits, (found, observed)) in hits.iter_mut().zip(found.iter().zip(&observed)) {
                *hits += f64::from(u8::from(*found >= observed * (1.0 - 1e-8)));
            }
            let top = found[1].max(found[2]);
            for (hits, observed) in largest.iter_mut().zip(&observed).skip(1) {
                *hits += f64::from(u8::from(top >= observed * (1.0 - 1e-8)));
            }
        }
        assert_eq!(total, 120.0);
        let found = permute(&five, Some(&design), &options, Draws::Exact, 1).unwrap();
        close(&found.p, &hits.map(|h| h / total)[..3], code);
        close(&[found.p_moderators.unwrap()], &[hits[3] / total], code);
        for (adjusted, hits) in found.p_adjusted.iter().zip(&largest).skip(1) {
            close(&[adjusted.unwrap()], &[hits / total], code);
        }
    }
}

#[test]
fn random_draws_come_near_the_exact_share_and_repeat_themselves() {
    let all = effects(&oracle("bcg")["cases"][0]);
    let eight = first(&all, 8);
    let ablat = column("bcg", "ablat");
    let design = Design::numeric(&[("ablat", &ablat[..8])]).unwrap();
    let options = Options::default();
    let exact = permute(&eight, Some(&design), &options, Draws::Exact, 1).unwrap();
    let some = permute(&eight, Some(&design), &options, Draws::Random(8000), 3).unwrap();
    assert!(!some.exact && some.iterations == 8000);
    // four standard errors of a share of 8,000
    assert!((some.p[1] - exact.p[1]).abs() < 4.0 * (0.25f64 / 8000.0).sqrt());
    assert_eq!(
        some,
        permute(&eight, Some(&design), &options, Draws::Random(8000), 3).unwrap()
    );
    assert_ne!(
        some.p,
        permute(&eight, Some(&design), &options, Draws::Random(8000), 4)
            .unwrap()
            .p
    );
    let flips = permute(&all, None, &options, Draws::Random(4000), 3).unwrap();
    let all_flips = permute(&all, None, &options, Draws::Exact, 3).unwrap();
    assert!(
        (flips.p[0] - all_flips.p[0]).abs() < 0.005,
        "{flips:?} {all_flips:?}"
    );
}

#[test]
fn the_same_at_any_thread_count() {
    let all = effects(&oracle("bcg")["cases"][0]);
    let ablat = column("bcg", "ablat");
    let design = Design::numeric(&[("ablat", &ablat)]).unwrap();
    let run = |threads: usize| {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        threads.install(|| permute(&all, Some(&design), &Options::default(), Draws::Random(3000), 9).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn refusals() {
    let all = effects(&oracle("bcg")["cases"][0]);
    let options = Options::default();
    let kr = options.with_test(Test::Kr);
    assert!(matches!(
        permute(&all, None, &kr, Draws::Exact, 1),
        Err(PermuteError::NoStatistic { .. })
    ));
    assert!(matches!(
        permute(&all, None, &options, Draws::Random(0), 1),
        Err(PermuteError::NoIterations)
    ));
    let ablat = column("bcg", "ablat");
    let design = Design::numeric(&[("ablat", &ablat)]).unwrap();
    assert!(matches!(
        permute(&all, Some(&design), &options, Draws::Exact, 1),
        Err(PermuteError::TooMany { .. })
    ));
    assert!(permute(&first(&all, 2), Some(&design), &options, Draws::Exact, 1).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Turning every effect round changes nothing, and neither does the unit; p is a multiple of 2/2^k.
    #[test]
    fn laws(y in prop::collection::vec(-3.0..3.0f64, 3..8), unit in 0.1..50.0f64) {
        let k = y.len();
        let v: Vec<f64> = (0..k).map(|i| 0.05 + 0.1 * i as f64).collect();
        let labels = || (1..=k).map(|i| i.to_string()).collect::<Vec<_>>();
        let test = |y: Vec<f64>, v: Vec<f64>| {
            let effects = Effects::new(y, v, labels()).unwrap();
            permute(&effects, None, &Options::default(), Draws::Exact, 1).unwrap().p[0]
        };
        let p = test(y.clone(), v.clone());
        prop_assert_eq!(p, test(y.iter().map(|y| -y).collect(), v.clone()));
        prop_assert_eq!(p, test(
            y.iter().map(|y| unit * y).collect(),
            v.iter().map(|v| unit * unit * v).collect(),
        ));
        let halves = p * 2f64.powi(k as i32 - 1);
        prop_assert!(halves >= 1.0 && halves == halves.round());
        let effects = Effects::new(y, v, labels()).unwrap();
        let z = pool(&effects, &Options::default().with_test(Test::Z)).unwrap().value.mean.statistic;
        prop_assert!(z == 0.0 || p <= 1.0);
    }
}
