//! Networks against the reference, second routes and laws.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]

mod network_models;
mod support;

use onset_effects::Effects;
use onset_models::network::{
    Contrast, Network, NetworkError, NetworkMethod, NetworkOptions, Nma, SmallValues, contribution,
    network_meta, rankogram,
};
use onset_models::pool::{Options, PredictionChoice, Tau2Method, Test, pool};
use serde_json::Value;
use support::{Ledger, optional, oracle, texts};

const DATA_SETS: [&str; 3] = ["senn2013", "linde2015", "dogliotti2014"];
/// Closed forms on data of 15 digits.
const CLOSED: f64 = 1e-9;
/// The reference stops its REML and ML here.
const ITERATED: f64 = 1e-5;
/// The same in P-scores.
const P_SCORES: f64 = 1e-6;
/// Rounding of small dense algebra.
const EXACT: f64 = 1e-10;
/// Half of it for probabilities from 20,000 draws: four standard errors.
const DRAWN: f64 = 0.015;

fn contrasts(data: &str) -> Vec<Contrast> {
    let file = format!("network_{data}");
    let (study, t1, t2) = (
        texts(&file, "studlab"),
        texts(&file, "treat1"),
        texts(&file, "treat2"),
    );
    let (y, se) = (optional(&file, "TE"), optional(&file, "seTE"));
    (0..y.len())
        .filter_map(|i| {
            Some(Contrast {
                study: study[i].clone().unwrap(),
                treat1: t1[i].clone().unwrap(),
                treat2: t2[i].clone().unwrap(),
                y: y[i]?,
                se: se[i]?,
            })
        })
        .collect()
}

fn analysed(data: &str, case: &Value, method: NetworkMethod) -> (Network, Nma) {
    let network = Network::new(&contrasts(data)).unwrap().value;
    let options = NetworkOptions {
        method,
        small_values: if case["small_values"] == "desirable" {
            SmallValues::Desirable
        } else {
            SmallValues::Undesirable
        },
        ..NetworkOptions::default()
    };
    let nma = network_meta(&network, &options).unwrap().value;
    (network, nma)
}

/// The reference orders treatments without regard to case.
fn place(nma: &Nma, name: &Value) -> usize {
    nma.treatments
        .iter()
        .position(|t| t == name.as_str().unwrap())
        .unwrap()
}

#[test]
fn networks_equal_the_reference() {
    let mut ledger = Ledger::default();
    for data in DATA_SETS {
        let file = oracle(&format!("network_{data}"));
        for method in NetworkMethod::ALL {
            let case = &file["expect"][method.code()];
            let (_, nma) = analysed(data, case, method);
            let tolerance = if method == NetworkMethod::Dl {
                CLOSED
            } else {
                ITERATED
            };
            let at = format!("{data} {}", method.code());
            ledger.check("k", &at, nma.k as f64, &case["k"], 1.0, 0.0);
            ledger.check("m", &at, nma.m as f64, &case["m"], 1.0, 0.0);
            ledger.check("tau2", &at, nma.tau2, &case["tau2"], 1e-3, tolerance * 10.0);
            ledger.check("I2", &at, nma.i2 / 100.0, &case["I2"], 1.0, CLOSED);
            ledger.check("Q", &at, nma.q.total.value, &case["Q"], 1.0, CLOSED);
            ledger.check("Q p", &at, nma.q.total.p.unwrap(), &case["pval_Q"], 1.0, CLOSED);
            ledger.check(
                "Q within",
                &at,
                nma.q.heterogeneity.value,
                &case["Q_within"],
                1.0,
                CLOSED,
            );
            ledger.check(
                "Q between",
                &at,
                nma.q.inconsistency.value,
                &case["Q_between"],
                1.0,
                CLOSED,
            );
            for (key, matrix, tol) in [
                ("TE_random", &nma.random.estimate, tolerance),
                ("seTE_random", &nma.random.standard_error, tolerance),
                ("TE_common", &nma.common.estimate, CLOSED),
                ("seTE_common", &nma.common.standard_error, CLOSED),
            ] {
                let reference = &case[key];
                for (i, a) in reference["rows"].as_array().unwrap().iter().enumerate() {
                    for (j, b) in reference["cols"].as_array().unwrap().iter().enumerate() {
                        let ours = matrix[place(&nma, a)][place(&nma, b)].unwrap();
                        ledger.check(key, &at, ours, &reference["values"][i][j], 1.0, tol);
                    }
                }
            }
            for (name, value) in case["pscore_random"].as_object().unwrap() {
                let ours = nma.p_scores.as_ref().unwrap()[place(&nma, &Value::from(name.as_str()))];
                let tol = if method == NetworkMethod::Dl {
                    P_SCORES
                } else {
                    ITERATED
                };
                ledger.check("P-score", &at, ours, value, 1.0, tol);
            }
        }
    }
    ledger.finish("network", 3000);
}

#[test]
fn splits_and_the_design_test_equal_the_reference() {
    let mut ledger = Ledger::default();
    for data in DATA_SETS {
        let case = &oracle(&format!("network_{data}"))["expect"]["DL"];
        let (_, nma) = analysed(data, case, NetworkMethod::Dl);
        let reference = &case["netsplit"];
        let names = reference["comparison"].as_array().unwrap();
        assert_eq!(names.len(), nma.splits.len());
        for (i, name) in names.iter().enumerate() {
            let (a, b) = name.as_str().unwrap().split_once(':').unwrap();
            let (a, b) = (place(&nma, &a.into()), place(&nma, &b.into()));
            let (low, high, sign) = if a < b { (a, b, 1.0) } else { (b, a, -1.0) };
            let split = nma.splits.iter().find(|s| (s.a, s.b) == (low, high)).unwrap();
            let at = format!("{data} {name}");
            let mut one = |what: &str, ours: Option<f64>, tolerance: f64| {
                let theirs = &reference[what][i];
                assert!(theirs.is_null() || ours.is_some(), "{at} {what}");
                if let Some(ours) = ours {
                    ledger.check(what, &at, ours, theirs, 1.0, tolerance);
                }
            };
            one("direct", split.direct.map(|x| sign * x), CLOSED);
            one("direct_se", split.direct_se, CLOSED);
            one("indirect", split.indirect.map(|x| sign * x), CLOSED);
            one("indirect_se", split.indirect_se, CLOSED);
            one("diff_p", split.p, CLOSED);
            one("prop_direct", Some(split.proportion_direct), CLOSED);
        }
        let test = nma.design_by_treatment.unwrap();
        let decomposition = &case["decomp"];
        ledger.check(
            "design test",
            data,
            test.value,
            &decomposition["Q_inc_random"],
            1.0,
            CLOSED,
        );
        ledger.check(
            "tau within",
            data,
            test.tau2_within.sqrt(),
            &decomposition["tau_within"],
            1.0,
            CLOSED,
        );
        for (i, part) in [nma.q.total, nma.q.heterogeneity, nma.q.inconsistency]
            .iter()
            .enumerate()
        {
            ledger.check("Q", data, part.value, &decomposition["Q_total"][i], 1.0, CLOSED);
            ledger.check("df", data, part.df as f64, &decomposition["df"][i], 1.0, 0.0);
        }
    }
    ledger.finish("splits", 400);
}

#[test]
fn contributions_of_a_row_sum_to_one() {
    for data in DATA_SETS {
        let network = Network::new(&contrasts(data)).unwrap().value;
        for tau2 in [0.0, 0.1] {
            let shares = contribution(&network, tau2).unwrap().unwrap();
            for values in &shares.values {
                assert!(values.iter().all(|s| *s >= 0.0));
                assert!((values.iter().sum::<f64>() - 1.0).abs() < CLOSED, "{data}");
            }
            for studies in &shares.studies {
                assert!(
                    (studies.iter().map(|s| s.1).sum::<f64>() - 1.0).abs() < CLOSED,
                    "{data}"
                );
            }
        }
    }
}

/// Every path by walking it: the second route to the integral.
fn walk(
    edges: &[(usize, usize, f64)],
    at: usize,
    sink: usize,
    carried: f64,
    path: &mut Vec<usize>,
    share: &mut [f64],
) {
    if at == sink {
        for &e in &*path {
            share[e] += carried / path.len() as f64;
        }
        return;
    }
    let out: f64 = edges.iter().filter(|e| e.0 == at).map(|e| e.2).sum();
    for (k, e) in edges.iter().enumerate().filter(|(_, e)| e.0 == at) {
        path.push(k);
        walk(edges, e.1, sink, carried * e.2 / out, path, share);
        path.pop();
    }
}

#[test]
fn random_walk_equals_the_sum_over_all_paths() {
    let network = Network::new(&contrasts("dogliotti2014")).unwrap().value;
    // only studies of two arms, so that weights are sums of 1/v
    let two: Vec<Contrast> = contrasts("dogliotti2014");
    let count = |s: &str| two.iter().filter(|c| c.study == s).count();
    let rows: Vec<Contrast> = two.iter().filter(|c| count(&c.study) == 1).cloned().collect();
    let small = Network::new(&rows).unwrap().value;
    assert!(small.k() < network.k());
    let nma = network_meta(&small, &NetworkOptions::default()).unwrap().value;
    let ours = contribution(&small, 0.0).unwrap().unwrap();
    let weight = |a: usize, b: usize| -> f64 {
        let (x, y) = (&nma.treatments[a], &nma.treatments[b]);
        let same = |c: &&Contrast| (&c.treat1 == x && &c.treat2 == y) || (&c.treat1 == y && &c.treat2 == x);
        rows.iter().filter(same).map(|c| 1.0 / (c.se * c.se)).sum()
    };
    let v = |i: usize, j: usize| nma.common.standard_error[i][j].unwrap().powi(2);
    for (r, &(a, b)) in ours.rows.iter().enumerate() {
        // potentials from the variances of differences
        let u = |i: usize| 0.5 * (v(i, b) - v(i, a));
        let edges: Vec<(usize, usize, f64)> = ours
            .columns
            .iter()
            .map(|&(i, j)| {
                let f = weight(i, j) * (u(i) - u(j));
                if f >= 0.0 { (i, j, f) } else { (j, i, -f) }
            })
            .map(|(i, j, f)| (i, j, if f < 1e-12 { 0.0 } else { f }))
            .collect();
        let mut shares = vec![0.0; edges.len()];
        let live: Vec<(usize, usize, f64)> = edges.iter().filter(|e| e.2 > 0.0).copied().collect();
        let mut of_live = vec![0.0; live.len()];
        walk(&live, a, b, 1.0, &mut Vec::new(), &mut of_live);
        for (k, at) in edges
            .iter()
            .enumerate()
            .filter(|(_, e)| e.2 > 0.0)
            .map(|(i, _)| i)
            .enumerate()
        {
            shares[at] = of_live[k];
        }
        for (x, y) in ours.values[r].iter().zip(&shares) {
            assert!((x - y).abs() < EXACT, "{x} {y}");
        }
    }
}

fn row(study: &str, treat1: &str, treat2: &str, y: f64, se: f64) -> Contrast {
    Contrast {
        study: study.into(),
        treat1: treat1.into(),
        treat2: treat2.into(),
        y,
        se,
    }
}

#[test]
fn two_treatments_are_the_pairwise_pool() {
    let (y, v): (Vec<f64>, Vec<f64>) = (vec![0.1, 0.5, -0.2, 0.9, 0.4], vec![0.02, 0.05, 0.03, 0.04, 0.01]);
    let rows: Vec<Contrast> = (0..5)
        .map(|i| row(&i.to_string(), "A", "B", y[i], v[i].sqrt()))
        .collect();
    let network = Network::new(&rows).unwrap().value;
    let effects = Effects::new(y, v, (0..5).map(|i| i.to_string()).collect()).unwrap();
    for (ours, theirs) in [
        (NetworkMethod::Dl, Tau2Method::Dl),
        (NetworkMethod::Reml, Tau2Method::Reml),
        (NetworkMethod::Ml, Tau2Method::Ml),
    ] {
        let nma = network_meta(
            &network,
            &NetworkOptions {
                method: ours,
                ..NetworkOptions::default()
            },
        )
        .unwrap()
        .value;
        let options = Options {
            prediction: PredictionChoice::Omit,
            tau2_interval: None,
            ..Options::random(theirs).with_test(Test::Z)
        };
        let pooled = pool(&effects, &options).unwrap().value;
        assert!((nma.tau2 - pooled.tau2.value).abs() < 1e-9, "{ours:?}");
        assert!((nma.random.estimate[0][1].unwrap() - pooled.mean.estimate).abs() < 1e-9);
        assert!((nma.random.standard_error[0][1].unwrap() - pooled.mean.standard_error).abs() < 1e-9);
        assert!((nma.q.total.value - pooled.q.value).abs() < EXACT);
        assert!(nma.design_by_treatment.is_none() && nma.splits[0].indirect.is_none());
    }
}

#[test]
fn a_consistent_network_returns_its_truth() {
    let truth = [0.0, 1.0, -0.5, 2.25];
    let name = |i: usize| ["A", "B", "C", "D"][i];
    let mut rows = Vec::new();
    for (s, &(i, j)) in [(0, 1), (1, 2), (2, 3), (3, 0)].iter().enumerate() {
        rows.push(row(
            &s.to_string(),
            name(i),
            name(j),
            truth[i] - truth[j],
            0.1 + 0.05 * s as f64,
        ));
    }
    // a trial of four arms
    for i in 0..4 {
        for j in i + 1..4 {
            rows.push(row("four", name(i), name(j), truth[i] - truth[j], 0.2));
        }
    }
    let network = Network::new(&rows).unwrap();
    assert!(network.warnings.is_empty(), "{:?}", network.warnings);
    let nma = network_meta(&network.value, &NetworkOptions::default())
        .unwrap()
        .value;
    assert_eq!(nma.tau2, 0.0);
    assert!(nma.q.total.value < EXACT);
    for i in 0..4 {
        for j in 0..4 {
            assert!((nma.random.estimate[i][j].unwrap() - (truth[i] - truth[j])).abs() < EXACT);
        }
    }
    // swapped arms flip the sign and nothing else
    let swapped: Vec<Contrast> = rows
        .iter()
        .map(|c| row(&c.study, &c.treat2, &c.treat1, -c.y, c.se))
        .collect();
    let again = network_meta(&Network::new(&swapped).unwrap().value, &NetworkOptions::default())
        .unwrap()
        .value;
    assert_eq!(nma, again);
}

#[test]
fn separate_parts_and_stars_are_results() {
    let rows = [
        row("1", "A", "B", 1.0, 0.2),
        row("2", "C", "D", 0.5, 0.2),
        row("3", "B", "E", 0.1, 0.3),
    ];
    let network = Network::new(&rows).unwrap();
    let codes: Vec<&str> = network.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["separate_components", "no_loops"]);
    let nma = network_meta(&network.value, &NetworkOptions::default()).unwrap();
    assert_eq!(nma.value.random.estimate[0][2], None);
    assert!((nma.value.random.estimate[0][4].unwrap() - 1.1).abs() < EXACT);
    assert!((nma.value.random.standard_error[0][4].unwrap() - 0.13_f64.sqrt()).abs() < EXACT);
    assert!(nma.value.p_scores.is_none() && nma.value.prediction.is_none());
    assert!(nma.warnings.iter().any(|w| w.code == "tau2_not_estimable"));
}

#[test]
fn independent_loops_are_the_degrees_between_designs() {
    let abc = |study: &str| {
        [
            row(study, "A", "B", 0.1, 0.3),
            row(study, "A", "C", 0.3, 0.3),
            row(study, "B", "C", 0.2, 0.3),
        ]
    };
    let network = |rows: &[Contrast]| Network::new(rows).unwrap();
    let one = network(&abc("1"));
    assert!(one.value.has_cycle() && one.value.independent_loops() == 0);
    assert!(
        one.warnings
            .iter()
            .any(|w| w.message.contains("only within studies of several arms"))
    );
    let mut rows = abc("1").to_vec();
    rows.extend(abc("2"));
    assert_eq!(network(&rows).value.independent_loops(), 0);
    rows.push(row("3", "A", "B", 0.4, 0.2));
    assert_eq!(network(&rows).value.independent_loops(), 1);
    rows.push(row("4", "D", "E", 0.4, 0.2));
    assert_eq!(network(&rows).value.independent_loops_by_part(), [1, 0]);
    for data in ["senn2013", "linde2015", "dogliotti2014"] {
        let network = network(&contrasts(data)).value;
        let nma = network_meta(&network, &NetworkOptions::default()).unwrap().value;
        assert_eq!(network.independent_loops(), nma.q.inconsistency.df, "{data}");
    }
}

#[test]
fn inconsistent_input_is_named() {
    // one design has no loop to look at, which is said and is no fault of the rows
    let new = |rows: &[Contrast]| {
        Network::new(rows).map(|w| w.warnings.iter().filter(|w| w.code != "no_loops").count())
    };
    assert_eq!(new(&[]), Err(NetworkError::NoStudies));
    let three = |y: f64, se: f64| {
        vec![
            row("S", "A", "B", 1.0, 0.2),
            row("S", "B", "C", 1.0, 0.2),
            row("S", "A", "C", y, se),
        ]
    };
    assert_eq!(new(&three(2.0, 0.2)), Ok(0));
    // the number beside the disputed contrast is that of the other contrasts alone
    match new(&three(2.5, 0.2)) {
        Err(NetworkError::EstimatesDisagree {
            arms,
            a,
            b,
            found,
            expected,
            swapped,
            ..
        }) => {
            assert_eq!((arms.as_str(), a.as_str(), b.as_str()), ("A, B, C", "A", "C"));
            assert!((found - 2.5).abs() < EXACT && (expected - 2.0).abs() < EXACT && !swapped);
        }
        other => panic!("{other:?}"),
    }
    match new(&three(2.0, 0.9)) {
        Err(NetworkError::ErrorsDisagree {
            a,
            b,
            found,
            lowest,
            highest,
            ..
        }) => {
            assert_eq!((a.as_str(), b.as_str()), ("A", "C"));
            assert!((found - 0.9).abs() < EXACT && lowest < EXACT);
            assert!((highest - 0.08_f64.sqrt()).abs() < EXACT);
        }
        other => panic!("{other:?}"),
    }
    // four arms: one wrong row is found among five right ones, whatever the weights
    let truth = [0.0, 1.0, -0.5, 2.25];
    let arm = [0.01, 0.09, 0.04, 0.25];
    let four = |wrong: (usize, usize), y: f64, se: f64| {
        let mut rows = Vec::new();
        for i in 0..4 {
            for j in i + 1..4 {
                let (mut d, mut s) = (truth[i] - truth[j], f64::sqrt(arm[i] + arm[j]));
                if wrong == (i, j) {
                    (d, s) = (d + y, s * se);
                }
                rows.push(row("S", ["A", "B", "C", "D"][i], ["A", "B", "C", "D"][j], d, s));
            }
        }
        rows
    };
    for i in 0..4 {
        for j in i + 1..4 {
            assert_eq!(new(&four((i, j), 0.0, 1.0)), Ok(0));
            match new(&four((i, j), 1.3, 1.0)) {
                Err(NetworkError::EstimatesDisagree { a, b, expected, .. }) => {
                    assert_eq!(
                        (a.as_str(), b.as_str()),
                        (["A", "B", "C", "D"][i], ["A", "B", "C", "D"][j])
                    );
                    assert!((expected - (truth[i] - truth[j])).abs() < EXACT);
                }
                other => panic!("{other:?}"),
            }
            match new(&four((i, j), 0.0, 3.0)) {
                Err(NetworkError::ErrorsDisagree { a, b, highest, .. }) => {
                    assert_eq!(
                        (a.as_str(), b.as_str()),
                        (["A", "B", "C", "D"][i], ["A", "B", "C", "D"][j])
                    );
                    assert!((highest - (arm[i] + arm[j]).sqrt()).abs() < EXACT);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(matches!(
        new(&three(2.0, 0.2)[..2]),
        Err(NetworkError::MissingContrast { .. })
    ));
    assert!(matches!(
        new(&[row("S", "A", "A", 0.0, 1.0)]),
        Err(NetworkError::RepeatedArm { .. })
    ));
    let twice = [row("S", "A", "B", 0.0, 1.0), row("S", "B", "A", 0.0, 1.0)];
    assert!(matches!(new(&twice), Err(NetworkError::RepeatedContrast { .. })));
    for (y, se) in [(f64::NAN, 1.0), (0.0, 0.0), (0.0, f64::INFINITY), (0.0, -1.0)] {
        assert!(matches!(
            new(&[row("S", "A", "B", y, se)]),
            Err(NetworkError::BadNumber { .. })
        ));
    }
}

#[test]
fn ranks_agree_with_p_scores() {
    let case = &oracle("network_senn2013")["expect"]["REML"];
    let (network, nma) = analysed("senn2013", case, NetworkMethod::Reml);
    let ranks = rankogram(&network, nma.tau2, SmallValues::Desirable, 20_000, 1)
        .unwrap()
        .unwrap();
    for (sucra, p) in ranks.sucra.iter().zip(nma.p_scores.as_ref().unwrap()) {
        assert!((sucra - p).abs() < DRAWN, "{sucra} {p}");
    }
    assert_eq!(
        Some(ranks),
        rankogram(&network, nma.tau2, SmallValues::Desirable, 20_000, 1).unwrap()
    );
}
