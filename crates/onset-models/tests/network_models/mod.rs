//! Models of networks beyond one effect per treatment: another program, second routes and laws.

use super::support::{Ledger, numbers, optional, oracle, texts};
use super::{CLOSED, contrasts, row};
use onset_effects::Effects;
use onset_math::linalg::{Cholesky, Matrix};
use onset_models::network::{
    ClassEffect, ClassOptions, ComponentOptions, Contrast, CountArm, CovariateEffect, Network, NetworkError,
    NetworkMethod, NetworkOptions, NetworkTest, RegressionOptions, SmallValues, Streams, class_effects,
    comparison_adjusted_funnel, component_model, contribution_by, intervals, mantel_haenszel_network,
    network_meta, network_regression, network_regression_of, side_splits,
};
use onset_models::pool::{
    CountMeasure, Counts, Options, PredictionChoice, PredictionKind, StrataOptions, Tau2Method, Test,
    mantel_haenszel, pool,
};
use onset_models::regress::{Design, regress};
use onset_models::smallstudy::egger;
use serde_json::Value;
use std::collections::BTreeMap;

/// The reference's optimiser stops here, in tau2 and what follows from it.
const ITERATED: f64 = 2e-5;
/// Two searches of our own for one maximum of a likelihood.
const SAME_MAXIMUM: f64 = 1e-6;
/// Rounding of small dense algebra.
const EXACT: f64 = 1e-9;

fn network(data: &str) -> Network {
    Network::new(&contrasts(data)).unwrap().value
}

fn at(network: &Network, name: &str) -> usize {
    network.treatments().iter().position(|t| t == name).unwrap()
}

#[test]
fn shortest_path_contributions_equal_the_reference() {
    let mut ledger = Ledger::default();
    for data in super::DATA_SETS {
        let network = network(data);
        let reference = &oracle(&format!("network_{data}"))["expect"]["DL"]["contribution_common"];
        let ours = contribution_by(&network, 0.0, Streams::ShortestPath)
            .unwrap()
            .unwrap();
        let pair = |name: &Value| {
            let (a, b) = name.as_str().unwrap().split_once(':').unwrap();
            let (a, b) = (at(&network, a), at(&network, b));
            (a.min(b), a.max(b))
        };
        assert_eq!(reference["rows"].as_array().unwrap().len(), ours.rows.len());
        assert_eq!(reference["cols"].as_array().unwrap().len(), ours.columns.len());
        for (i, name) in reference["rows"].as_array().unwrap().iter().enumerate() {
            let r = ours.rows.iter().position(|p| *p == pair(name)).unwrap();
            for (j, column) in reference["cols"].as_array().unwrap().iter().enumerate() {
                let c = ours.columns.iter().position(|p| *p == pair(column)).unwrap();
                let place = format!("{data} {name} {column}");
                let theirs = &reference["values"][i][j];
                ledger.check("share", &place, ours.values[r][c], theirs, 1.0, CLOSED);
            }
        }
    }
    ledger.finish("shortest path", 1500);
}

#[test]
fn side_splits_equal_the_reference() {
    let file = oracle("network_models");
    let mut ledger = Ledger::default();
    for data in ["senn2013", "linde2015"] {
        let network = network(data);
        let splits = side_splits(&network, NetworkMethod::Reml).unwrap();
        let cases = file[format!("side_{data}")].as_array().unwrap();
        assert_eq!(cases.len(), splits.len(), "{data}");
        for case in cases {
            let name = |i: usize| at(&network, case["comparison"][i].as_str().unwrap());
            let split = splits.iter().find(|s| (s.a, s.b) == (name(0), name(1))).unwrap();
            let place = format!("{data} {}", case["comparison"]);
            for (what, ours) in [
                ("direct", split.direct),
                ("direct_se", split.direct_se),
                ("indirect", split.indirect),
                ("indirect_se", split.indirect_se),
                ("difference", split.difference),
                ("difference_se", split.difference_se),
                ("p", split.p),
                ("tau2", split.tau2),
            ] {
                ledger.check(what, &place, ours, &case[what], 1.0, ITERATED);
            }
        }
    }
    ledger.finish("side splits", 200);
}

#[test]
fn side_equals_back_calculation_where_both_are_exact() {
    // studies of two arms, common effect: both split the same likelihood
    let rows = [
        row("1", "A", "B", 0.5, 0.2),
        row("2", "B", "C", 0.3, 0.3),
        row("3", "A", "C", 1.0, 0.25),
        row("4", "A", "B", 0.55, 0.3),
        row("5", "C", "D", 0.1, 0.3),
    ];
    let network = Network::new(&rows).unwrap().value;
    let options = NetworkOptions {
        method: NetworkMethod::Dl,
        ..NetworkOptions::default()
    };
    let nma = network_meta(&network, &options).unwrap().value;
    let side = side_splits(&network, NetworkMethod::Dl).unwrap();
    // C v D is only direct and is not split
    assert_eq!(side.len(), 3);
    for split in &side {
        assert_eq!((split.tau2, nma.tau2), (0.0, 0.0));
        let back = nma
            .splits
            .iter()
            .find(|s| (s.a, s.b) == (split.a, split.b))
            .unwrap();
        assert!((split.direct - back.direct.unwrap()).abs() < EXACT);
        assert!((split.indirect - back.indirect.unwrap()).abs() < EXACT);
        assert!((split.difference_se - back.difference_se.unwrap()).abs() < EXACT);
    }
    let direct = (0.5 / 0.04 + 0.55 / 0.09) / (1.0 / 0.04 + 1.0 / 0.09);
    let ab = side.iter().find(|s| (s.a, s.b) == (0, 1)).unwrap();
    assert!((ab.direct - direct).abs() < EXACT && (ab.indirect - 0.7).abs() < EXACT);
    assert!((ab.indirect_se - (0.0625_f64 + 0.09).sqrt()).abs() < EXACT);
}

#[test]
fn regression_equals_the_reference() {
    let case = &oracle("network_models")["regression"];
    let network = network("senn2013");
    let x: BTreeMap<String, f64> = network
        .study_labels()
        .enumerate()
        .map(|(i, label)| (label.to_owned(), (i + 1) as f64))
        .collect();
    let reference = at(&network, "placebo");
    let options = RegressionOptions {
        reference,
        ..RegressionOptions::default()
    };
    let fit = network_regression(&network, &x, &options).unwrap();
    let (estimates, errors) = (numbers(&case["estimate"]), numbers(&case["se"]));
    let slope = fit.coefficients[0].estimate.unwrap();
    let mut ledger = Ledger::default();
    ledger.check("tau2", "", fit.tau2, &case["tau2"], 1e-3, ITERATED);
    ledger.check("Q", "", fit.q.value, &case["q"], 1.0, CLOSED);
    ledger.check("p", "", slope.p, &case["p"], 1.0, ITERATED);
    for (i, name) in case["treatments"].as_array().unwrap().iter().enumerate() {
        let t = at(&network, name.as_str().unwrap());
        let place = name.as_str().unwrap();
        let (d, se) = (
            fit.league.estimate[t][reference],
            fit.league.standard_error[t][reference],
        );
        ledger.check(
            "effect",
            place,
            d.unwrap(),
            &Value::from(estimates[i]),
            1.0,
            ITERATED,
        );
        ledger.check("SE", place, se.unwrap(), &Value::from(errors[i]), 1.0, ITERATED);
    }
    let last = estimates.len() - 1;
    ledger.check(
        "slope",
        "",
        slope.estimate,
        &Value::from(estimates[last]),
        1.0,
        ITERATED,
    );
    ledger.check(
        "slope SE",
        "",
        slope.standard_error,
        &Value::from(errors[last]),
        1.0,
        ITERATED,
    );
    ledger.finish("regression", 23);
    // one coefficient per treatment: those whose trials do not differ are not estimable, and say so
    let options = RegressionOptions {
        effect: CovariateEffect::Independent,
        ..options
    };
    let fit = network_regression(&network, &x, &options).unwrap();
    assert_eq!(fit.coefficients.len(), 9);
    let of = |name: &str| {
        let t = at(&network, name);
        let found = fit.coefficients.iter().find(|c| c.treatment == Some(t));
        found.unwrap().estimate
    };
    assert!(of("vildagliptin").is_none() && of("sitagliptin").is_none());
    assert!(of("metformin").is_some() && of("rosiglitazone").is_some());
    let gap = BTreeMap::new();
    assert!(matches!(
        network_regression(&network, &gap, &options),
        Err(NetworkError::MissingCovariate { .. })
    ));
    let flat = x.keys().map(|k| (k.clone(), 1.0)).collect();
    assert_eq!(
        network_regression(&network, &flat, &options),
        Err(NetworkError::ConstantCovariate)
    );
}

#[test]
fn regression_and_intervals_of_two_treatments_are_the_pairwise_ones() {
    let y = vec![0.1, 0.5, -0.2, 0.9, 0.4, 0.7];
    let v: Vec<f64> = vec![0.02, 0.05, 0.03, 0.04, 0.01, 0.06];
    let x = [1.0, 4.0, 0.0, 7.0, 3.0, 2.0];
    let labels: Vec<String> = (0..6).map(|i| i.to_string()).collect();
    let rows: Vec<Contrast> = (0..6)
        .map(|i| row(&labels[i], "A", "B", y[i], v[i].sqrt()))
        .collect();
    let network = Network::new(&rows).unwrap().value;
    let effects = Effects::new(y, v, labels.clone()).unwrap();
    // A against the reference B
    let map: BTreeMap<String, f64> = labels.iter().cloned().zip(x).collect();
    let options = RegressionOptions {
        reference: 1,
        ..RegressionOptions::default()
    };
    let ours = network_regression(&network, &map, &options).unwrap();
    let cells = x.iter().flat_map(|x| [1.0, *x]).collect();
    let design = Design::new(vec!["intercept".into(), "x".into()], cells, true).unwrap();
    let pairwise = Options {
        prediction: PredictionChoice::Omit,
        tau2_interval: None,
        ..Options::random(Tau2Method::Reml).with_test(Test::Z)
    };
    let theirs = regress(&effects, &design, &pairwise).unwrap().value;
    let slope = ours.coefficients[0].estimate.unwrap();
    assert!((ours.tau2 - theirs.tau2.value).abs() < EXACT);
    assert!((slope.estimate - theirs.coefficients[1].estimate.estimate).abs() < EXACT);
    assert!((slope.standard_error - theirs.coefficients[1].estimate.standard_error).abs() < EXACT);
    // intervals
    for (test, pairwise) in [
        (NetworkTest::Z, Test::Z),
        (NetworkTest::T, Test::T),
        (NetworkTest::Knha, Test::Knha),
        (NetworkTest::Adhoc, Test::Adhoc),
    ] {
        let options = Options {
            tau2_interval: None,
            ..Options::random(Tau2Method::Reml).with_test(pairwise)
        };
        let pooled = pool(&effects, &options).unwrap().value;
        let ours = intervals(&network, pooled.tau2.value, test, 0.95)
            .unwrap()
            .unwrap();
        assert!(
            (ours.lower[0][1].unwrap() - pooled.mean.ci_lower).abs() < EXACT,
            "{test:?}"
        );
        assert!((ours.upper[0][1].unwrap() - pooled.mean.ci_upper).abs() < EXACT);
        assert!((ours.lower[1][0].unwrap() + pooled.mean.ci_upper).abs() < EXACT);
    }
    // prediction: t with k - 2 degrees of freedom round the Wald standard error
    let options = Options {
        prediction: PredictionChoice::Kind(PredictionKind::Hts),
        tau2_interval: None,
        ..Options::random(Tau2Method::Reml).with_test(Test::Z)
    };
    let theirs = pool(&effects, &options).unwrap().value.prediction.unwrap();
    let nma = network_meta(&network, &NetworkOptions::default()).unwrap().value;
    let ours = nma.prediction.unwrap();
    assert_eq!(ours.df, 4);
    assert!((ours.lower[0][1].unwrap() - theirs.lower).abs() < EXACT);
    assert!((ours.upper[0][1].unwrap() - theirs.upper).abs() < EXACT);
    let one = Network::new(&rows[..1]).unwrap().value;
    assert_eq!(intervals(&one, 0.0, NetworkTest::Knha, 0.95), Ok(None));
    // the funnel: shifting all effects by their mean leaves Egger's slope as it is
    let funnel = comparison_adjusted_funnel(&network, 0.1, &[1, 0]).unwrap();
    let (ours, theirs) = (funnel.test.unwrap(), egger(&effects).unwrap());
    assert!((ours.slope - theirs.slope).abs() < EXACT && (ours.p - theirs.p).abs() < EXACT);
    let mean: f64 = funnel
        .points
        .iter()
        .map(|p| p.centred / (p.se * p.se + 0.1))
        .sum();
    assert!(mean.abs() < EXACT);
    assert!(comparison_adjusted_funnel(&network, 0.1, &[0, 0]).is_none());
    let turned = comparison_adjusted_funnel(&network, 0.1, &[0, 1]).unwrap();
    assert_eq!(turned.points[0].centred, -funnel.points[0].centred);
}

fn renamed() -> Vec<Contrast> {
    let name = |t: &str| {
        match t {
            "acarbose" => "a",
            "benfluorex" => "b",
            "metformin" => "m",
            "miglitol" => "a+m",
            "pioglitazone" => "p",
            "rosiglitazone" => "m + p",
            "sitagliptin" => "s",
            "sulfonylurea" => "u",
            "vildagliptin" => "s+u",
            other => other,
        }
        .to_owned()
    };
    contrasts("senn2013")
        .into_iter()
        .map(|c| Contrast {
            treat1: name(&c.treat1),
            treat2: name(&c.treat2),
            ..c
        })
        .collect()
}

#[test]
fn components_equal_the_reference() {
    let file = oracle("network_models");
    let mut ledger = Ledger::default();
    let options = ComponentOptions {
        inactive: Some("placebo".into()),
        ..ComponentOptions::default()
    };
    let studies: Vec<&str> = file["apart"]["studies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    let apart: Vec<Contrast> = renamed()
        .into_iter()
        .filter(|c| studies.contains(&c.study.as_str()))
        .collect();
    for (name, rows) in [("components", renamed()), ("apart", apart)] {
        let case = &file[name];
        let network = Network::new(&rows).unwrap().value;
        assert_eq!(network.components(), if name == "apart" { 2 } else { 1 });
        let fit = component_model(&network, &options).unwrap();
        assert_eq!(fit.components, ["a", "b", "m", "p", "s", "u"]);
        ledger.check("tau2", name, fit.tau2, &case["tau2"], 1e-3, ITERATED);
        ledger.check("Q", name, fit.q.value, &case["q"], 1.0, CLOSED);
        for i in 0..6 {
            let ours = fit.effects[i].unwrap();
            ledger.check("effect", name, ours.estimate, &case["estimate"][i], 1.0, ITERATED);
            ledger.check("SE", name, ours.standard_error, &case["se"][i], 1.0, ITERATED);
        }
        // combinations are sums, and compare treatments of separate parts
        let of = |t: &str| at(&network, t);
        let sum = fit.effects[0].unwrap().estimate + fit.effects[2].unwrap().estimate;
        assert!((fit.combinations[of("a+m")].unwrap().estimate - sum).abs() < EXACT);
        let across = fit.league.estimate[of("a+m")][of("m + p")].unwrap();
        let difference = fit.effects[0].unwrap().estimate - fit.effects[3].unwrap().estimate;
        assert!((across - difference).abs() < EXACT);
        assert!((fit.q_difference.value - (fit.q.value - fit.q_standard.value)).abs() < EXACT);
        assert_eq!(fit.q_difference.df, fit.q.df - fit.q_standard.df);
    }
    ledger.finish("components", 28);
}

#[test]
fn components_without_evidence_are_not_estimable() {
    // c only ever stands with b: their sum is known, neither part is
    let rows = [
        row("1", "a", "none", 1.0, 0.2),
        row("2", "a+b+c", "a", 0.5, 0.2),
        row("3", "b+c", "none", 0.5, 0.3),
        row("4", "d", "e", 0.5, 0.3),
    ];
    let network = Network::new(&rows).unwrap().value;
    let options = ComponentOptions {
        inactive: Some("none".into()),
        ..ComponentOptions::default()
    };
    let fit = component_model(&network, &options).unwrap();
    assert_eq!(fit.components, ["a", "b", "c", "d", "e"]);
    assert!((fit.effects[0].unwrap().estimate - 1.0).abs() < EXACT);
    assert!(fit.effects[1..].iter().all(Option::is_none));
    let both = fit.combinations[at(&network, "b+c")].unwrap();
    assert!((both.estimate - 0.5).abs() < EXACT);
    assert!((1.0 / both.standard_error.powi(2) - (1.0 / 0.04 + 1.0 / 0.09)).abs() < 1e-6);
    let (d, e) = (at(&network, "d"), at(&network, "e"));
    assert!((fit.league.estimate[d][e].unwrap() - 0.5).abs() < EXACT);
    assert_eq!(fit.league.estimate[d][at(&network, "a")], None);
    let none = ComponentOptions {
        separator: "/".into(),
        ..ComponentOptions::default()
    };
    assert!(matches!(
        component_model(&network, &none),
        Err(NetworkError::NoComponents { .. })
    ));
}

/// The log-likelihood of classes by dense algebra on all contrasts at once.
fn dense_loglik(data: &Dense, tau2: f64, sigma2: f64, restricted: bool) -> f64 {
    let n = data.y.len();
    let members = data.xz.mul(&data.xz.transpose());
    let v = Matrix::from_fn(n, n, |i, j| {
        let same = data.study[i] == data.study[j];
        let between = if i == j { tau2 } else { 0.5 * tau2 };
        data.v[(i, j)] + if same { between } else { 0.0 } + sigma2 * members[(i, j)]
    });
    let chol = Cholesky::new(&v).unwrap();
    let a = data.xc.transpose().mul(&chol.solve(&data.xc));
    let b = data.xc.transpose().mul_vec(&chol.solve_vec(&data.y));
    let a = Cholesky::new(&a).unwrap();
    let fitted = data.xc.mul_vec(&a.solve_vec(&b));
    let r: Vec<f64> = data.y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
    let w = chol.solve_vec(&r);
    let q: f64 = r.iter().zip(&w).map(|(r, w)| r * w).sum();
    -0.5 * (chol.ln_det() + q + if restricted { a.ln_det() } else { 0.0 })
}

struct Dense {
    y: Vec<f64>,
    v: Matrix,
    study: Vec<usize>,
    /// Contrasts by classes.
    xc: Matrix,
    /// Contrasts by treatments that are drawn.
    xz: Matrix,
}

/// Studies of two arms, so that every row is a contrast.
fn dense(rows: &[Contrast], classes: &[(&str, &[&str])]) -> Dense {
    let n = rows.len();
    let member = |t: &str, class: &[&str]| f64::from(u8::from(class.contains(&t)));
    let drawn: Vec<&str> = classes
        .iter()
        .filter(|c| c.1.len() > 1)
        .flat_map(|c| c.1.iter().copied())
        .collect();
    Dense {
        y: rows.iter().map(|r| r.y).collect(),
        v: Matrix::diag(&rows.iter().map(|r| r.se * r.se).collect::<Vec<_>>()),
        study: (0..n).collect(),
        xc: Matrix::from_fn(n, classes.len(), |i, j| {
            member(&rows[i].treat1, classes[j].1) - member(&rows[i].treat2, classes[j].1)
        }),
        xz: Matrix::from_fn(n, drawn.len(), |i, j| {
            f64::from(u8::from(rows[i].treat1 == drawn[j])) - f64::from(u8::from(rows[i].treat2 == drawn[j]))
        }),
    }
}

fn class_rows() -> Vec<Contrast> {
    let effect = |t: &str| match t {
        "p" => 0.0,
        "a1" => -1.0,
        "a2" => -0.7,
        "a3" => -1.5,
        "b1" => -0.2,
        "b2" => 0.3,
        _ => -0.5,
    };
    let pairs = [
        ("a1", "p"),
        ("a2", "p"),
        ("a3", "p"),
        ("b1", "p"),
        ("b2", "p"),
        ("c", "p"),
        ("a1", "p"),
        ("a1", "b1"),
        ("a2", "b2"),
        ("a3", "a1"),
        ("c", "b1"),
        ("b2", "p"),
    ];
    pairs
        .iter()
        .enumerate()
        .map(|(i, &(a, b))| {
            let noise = 0.25 * ((i * 7 % 5) as f64 - 2.0) / 2.0;
            row(
                &i.to_string(),
                a,
                b,
                effect(a) - effect(b) + noise,
                0.12 + 0.02 * (i % 4) as f64,
            )
        })
        .collect()
}

#[test]
fn classes_equal_the_dense_likelihood() {
    let rows = class_rows();
    let network = Network::new(&rows).unwrap().value;
    let map: BTreeMap<String, String> = [("a1", "A"), ("a2", "A"), ("a3", "A"), ("b1", "B"), ("b2", "B")]
        .iter()
        .map(|&(t, c)| (t.to_owned(), c.to_owned()))
        .collect();
    let data = dense(
        &rows,
        &[("A", &["a1", "a2", "a3"]), ("B", &["b1", "b2"]), ("c", &["c"])],
    );
    for method in [NetworkMethod::Reml, NetworkMethod::Ml] {
        let restricted = method == NetworkMethod::Reml;
        let options = ClassOptions {
            method,
            reference: at(&network, "p"),
            ..ClassOptions::default()
        };
        let fit = class_effects(&network, &map, &options).unwrap();
        let (tau2, sigma2) = (fit.tau2, fit.sigma2.unwrap());
        assert!(sigma2 > 0.0 && tau2 > 0.0);
        let here = dense_loglik(&data, tau2, sigma2, restricted);
        assert!((here - fit.loglik.unwrap()).abs() < EXACT, "{method:?}");
        // the top: no step in any direction goes up
        for step in [0.99, 0.999, 1.001, 1.01] {
            for (t, s) in [(step, 1.0), (1.0, step), (step, step), (step, 1.0 / step)] {
                assert!(dense_loglik(&data, tau2 * t, sigma2 * s, restricted) <= here + 1e-12);
            }
        }
        // class means by dense least squares at these variances
        let n = rows.len();
        let members = data.xz.mul(&data.xz.transpose());
        let v = Matrix::from_fn(n, n, |i, j| {
            data.v[(i, j)] + if i == j { tau2 } else { 0.0 } + sigma2 * members[(i, j)]
        });
        let chol = Cholesky::new(&v).unwrap();
        let a = data.xc.transpose().mul(&chol.solve(&data.xc));
        let inverse = Cholesky::new(&a).unwrap().inverse();
        let mean = inverse.mul_vec(&data.xc.transpose().mul_vec(&chol.solve_vec(&data.y)));
        for (i, class) in fit.classes.iter().enumerate() {
            assert!((class.effect.estimate - mean[i]).abs() < EXACT, "{}", class.name);
            assert!((class.effect.standard_error - inverse[(i, i)].sqrt()).abs() < EXACT);
        }
        // predictions u = sigma2 Z'X'V^-1 (y - X C mean)
        let fitted = data.xc.mul_vec(&mean);
        let r: Vec<f64> = data.y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
        let u = data.xz.transpose().mul_vec(&chol.solve_vec(&r));
        for (i, (t, class)) in [("a1", 0), ("a2", 0), ("a3", 0), ("b1", 1), ("b2", 1)]
            .iter()
            .enumerate()
        {
            let ours = fit.treatments[at(&network, t)].unwrap();
            assert!(
                (ours.estimate - mean[*class] - sigma2 * u[i]).abs() < EXACT,
                "{t}"
            );
        }
        assert!(fit.treatments[at(&network, "p")].is_none());
    }
}

#[test]
fn classes_that_share_one_effect_merge_their_treatments() {
    let rows = class_rows();
    let network = Network::new(&rows).unwrap().value;
    let map: BTreeMap<String, String> = [("b1", "B"), ("b2", "B")]
        .iter()
        .map(|&(t, c)| (t.to_owned(), c.to_owned()))
        .collect();
    let options = ClassOptions {
        reference: at(&network, "p"),
        effect: ClassEffect::Common,
        ..ClassOptions::default()
    };
    let fit = class_effects(&network, &map, &options).unwrap();
    let merged: Vec<Contrast> = rows
        .iter()
        .map(|c| {
            let name = |t: &str| {
                if t.starts_with('b') {
                    "B".to_owned()
                } else {
                    t.to_owned()
                }
            };
            Contrast {
                treat1: name(&c.treat1),
                treat2: name(&c.treat2),
                ..c.clone()
            }
        })
        .collect();
    let merged = Network::new(&merged).unwrap().value;
    let nma = network_meta(&merged, &NetworkOptions::default()).unwrap().value;
    assert!((fit.tau2 - nma.tau2).abs() < EXACT);
    let b = fit.classes.iter().find(|c| c.name == "B").unwrap();
    assert_eq!(b.members.len(), 2);
    let theirs = nma.random.estimate[at(&merged, "B")][at(&merged, "p")].unwrap();
    assert!((b.effect.estimate - theirs).abs() < EXACT);
    let refused = |map: &[(&str, &str)], effect, method| {
        let map = map.iter().map(|&(t, c)| (t.to_owned(), c.to_owned())).collect();
        let options = ClassOptions {
            effect,
            method,
            ..options
        };
        class_effects(&network, &map, &options).unwrap_err()
    };
    let reml = NetworkMethod::Reml;
    assert_eq!(
        refused(&[("b1", "B")], ClassEffect::Common, reml),
        NetworkError::NoClasses
    );
    assert!(matches!(
        refused(&[("zz", "B")], ClassEffect::Common, reml),
        NetworkError::UnknownTreatment { .. }
    ));
    assert!(matches!(
        refused(&[("p", "B"), ("b1", "B")], ClassEffect::Common, reml),
        NetworkError::ReferenceInClass { .. }
    ));
    assert_eq!(
        refused(
            &[("b1", "B"), ("b2", "B")],
            ClassEffect::Exchangeable,
            NetworkMethod::Dl
        ),
        NetworkError::NoMomentEstimator
    );
}

#[test]
fn identical_members_have_no_variance_within_their_class() {
    let truth = |t: &str| if t == "p" { 0.0 } else { 1.0 };
    let rows: Vec<Contrast> = [("a", "p"), ("b", "p"), ("c", "p"), ("a", "b"), ("b", "c")]
        .iter()
        .enumerate()
        .map(|(i, &(a, b))| row(&i.to_string(), a, b, truth(a) - truth(b), 0.2))
        .collect();
    let network = Network::new(&rows).unwrap().value;
    let map = ["a", "b", "c"]
        .iter()
        .map(|t| ((*t).to_owned(), "X".to_owned()))
        .collect();
    let options = ClassOptions {
        reference: at(&network, "p"),
        ..ClassOptions::default()
    };
    let fit = class_effects(&network, &map, &options).unwrap();
    assert_eq!((fit.tau2, fit.sigma2), (0.0, Some(0.0)));
    assert!((fit.classes[0].effect.estimate - 1.0).abs() < SAME_MAXIMUM);
    assert!((fit.treatments[at(&network, "b")].unwrap().estimate - 1.0).abs() < SAME_MAXIMUM);
}

fn arm(study: &str, treatment: &str, events: f64, n: f64) -> CountArm {
    CountArm {
        study: study.into(),
        treatment: treatment.into(),
        events,
        n,
    }
}

#[test]
fn mantel_haenszel_of_two_treatments_is_the_pairwise_one() {
    let tables = [
        (1.0, 20.0, 3.0, 22.0),
        (0.0, 30.0, 2.0, 28.0),
        (4.0, 50.0, 6.0, 49.0),
        (0.0, 10.0, 0.0, 12.0),
    ];
    let mut arms = Vec::new();
    let mut counts = Vec::new();
    for (i, &(a, n1, c, n2)) in tables.iter().enumerate() {
        arms.push(arm(&i.to_string(), "A", a, n1));
        arms.push(arm(&i.to_string(), "B", c, n2));
        counts.push(Counts {
            a,
            b: n1 - a,
            c,
            d: n2 - c,
        });
    }
    let ours = mantel_haenszel_network(&arms, SmallValues::Desirable).unwrap();
    let theirs = mantel_haenszel(&counts, CountMeasure::OddsRatio, &StrataOptions::default()).unwrap();
    let estimate = ours.value.common.estimate[0][1].unwrap();
    assert!((estimate - theirs.mean.estimate).abs() < EXACT);
    assert!((ours.value.common.standard_error[0][1].unwrap() - theirs.mean.standard_error).abs() < EXACT);
    assert_eq!((ours.value.k, ours.value.q.df), (3, 0));
    assert_eq!(ours.warnings[0].code, "no_information");
}

#[test]
fn mantel_haenszel_equals_the_reference() {
    let file = oracle("network_mh");
    let mut ledger = Ledger::default();
    for name in ["dogliotti2014_arms", "made"] {
        let case = &file["cases"][name];
        let arms: Vec<CountArm> = if name == "made" {
            case["arms"]
                .as_array()
                .unwrap()
                .iter()
                .map(|a| {
                    let text = |key: &str| a[key].as_str().unwrap();
                    let number = |key: &str| a[key].as_f64().unwrap();
                    arm(text("study"), text("treatment"), number("events"), number("n"))
                })
                .collect()
        } else {
            let (study, treatment) = (texts(name, "study"), texts(name, "treatment"));
            let (events, n) = (optional(name, "stroke"), optional(name, "total"));
            (0..n.len())
                .filter_map(|i| Some(arm(study[i].as_ref()?, treatment[i].as_ref()?, events[i]?, n[i]?)))
                .collect()
        };
        let nma = mantel_haenszel_network(&arms, SmallValues::Desirable)
            .unwrap()
            .value;
        for (i, a) in case["treatments"].as_array().unwrap().iter().enumerate() {
            for (j, b) in case["treatments"].as_array().unwrap().iter().enumerate() {
                let at = |t: &Value| nma.treatments.iter().position(|n| t == n.as_str()).unwrap();
                let (p, q) = (at(a), at(b));
                let estimate = nma.common.estimate[p][q].unwrap();
                let se = nma.common.standard_error[p][q].unwrap();
                ledger.check("MH", name, estimate, &case["te_common"][i][j], 1.0, CLOSED);
                ledger.check("MH SE", name, se, &case["sete_common"][i][j], 1.0, CLOSED);
            }
        }
    }
    ledger.finish("Mantel-Haenszel", 140);
}

/// Expected counts of a common odds ratio: arms of size n, odds of the base times exp(effect).
fn expected(study: &str, base: f64, sizes: &[(&str, f64)], effect: &BTreeMap<&str, f64>) -> Vec<CountArm> {
    sizes
        .iter()
        .map(|&(t, n)| {
            let odds = base * effect[t].exp();
            arm(study, t, n * odds / (1.0 + odds), n)
        })
        .collect()
}

#[test]
fn mantel_haenszel_returns_the_truth_of_a_consistent_network() {
    let effect = BTreeMap::from([("A", 0.0), ("B", 0.7), ("C", -0.4), ("D", 1.2)]);
    let mut arms = Vec::new();
    for (study, base, sizes) in [
        ("1", 0.05, vec![("A", 100.0), ("B", 80.0)]),
        ("2", 0.2, vec![("A", 50.0), ("B", 90.0), ("C", 60.0)]),
        ("3", 0.1, vec![("B", 75.0), ("C", 120.0)]),
        (
            "4",
            0.02,
            vec![("A", 300.0), ("B", 200.0), ("C", 150.0), ("D", 90.0)],
        ),
        ("5", 0.3, vec![("C", 40.0), ("D", 45.0)]),
        ("6", 0.08, vec![("A", 70.0), ("B", 90.0), ("C", 160.0)]),
    ] {
        arms.extend(expected(study, base, &sizes, &effect));
    }
    let nma = mantel_haenszel_network(&arms, SmallValues::Desirable)
        .unwrap()
        .value;
    for (i, a) in ["A", "B", "C", "D"].iter().enumerate() {
        for (j, b) in ["A", "B", "C", "D"].iter().enumerate() {
            let ours = nma.common.estimate[i][j].unwrap();
            assert!((ours - (effect[a] - effect[b])).abs() < EXACT, "{a} {b}");
        }
    }
    assert!(nma.q.value < EXACT && nma.q.df > 0);
    assert_eq!(nma.designs.len(), 5);
    // events and people without them exchanged: signs flip, errors stay
    let turned: Vec<CountArm> = arms
        .iter()
        .map(|a| arm(&a.study, &a.treatment, a.n - a.events, a.n))
        .collect();
    let other = mantel_haenszel_network(&turned, SmallValues::Desirable)
        .unwrap()
        .value;
    for i in 0..4 {
        for j in 0..4 {
            let at = |m: &Vec<Vec<Option<f64>>>| m[i][j].unwrap();
            assert!((at(&nma.common.estimate) + at(&other.common.estimate)).abs() < EXACT);
            assert!((at(&nma.common.standard_error) - at(&other.common.standard_error)).abs() < EXACT);
        }
    }
}

/// One large study of several arms: the logistic model's own covariance, 1/(n p q) per arm.
#[test]
fn mantel_haenszel_covariance_of_one_study_is_near_the_binomial_one() {
    let effect = BTreeMap::from([("A", 0.0), ("B", 0.7), ("C", -0.4)]);
    let sizes = [("A", 4e5), ("B", 3e5), ("C", 5e5)];
    let arms = expected("1", 0.2, &sizes, &effect);
    let nma = mantel_haenszel_network(&arms, SmallValues::Desirable)
        .unwrap()
        .value;
    let v: Vec<f64> = arms
        .iter()
        .map(|a| 1.0 / a.events + 1.0 / (a.n - a.events))
        .collect();
    for i in 0..3 {
        for j in 0..3 {
            if i != j {
                let se = nma.common.standard_error[i][j].unwrap();
                assert!((se / (v[i] + v[j]).sqrt() - 1.0).abs() < EXACT, "{i} {j}");
            }
        }
    }
}

/// Simulated coverage of the standard errors: the variance of 4,000 estimates is known to 2.2 %.
const DRAWN_VARIANCE: f64 = 0.1;

#[test]
fn mantel_haenszel_errors_are_those_of_repeated_trials() {
    let effect = BTreeMap::from([("A", 0.0), ("B", 0.7), ("C", -0.4)]);
    let mut stream = onset_math::random::Stream::new(20_261_127, 1);
    let mut draw = |n: f64, p: f64| (0..n as usize).filter(|_| stream.uniform() < p).count() as f64;
    let (mut sum, mut squares, mut variances) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    let runs = 4_000;
    for _ in 0..runs {
        let mut arms = Vec::new();
        for study in 0..6 {
            for (t, n) in [("A", 40.0), ("B", 50.0), ("C", 60.0)] {
                let odds = (0.08 + 0.04 * f64::from(study)) * f64::exp(effect[t]);
                arms.push(arm(&study.to_string(), t, draw(n, odds / (1.0 + odds)), n));
            }
        }
        let nma = mantel_haenszel_network(&arms, SmallValues::Desirable)
            .unwrap()
            .value;
        for (k, (i, j)) in [(1, 0), (2, 1)].into_iter().enumerate() {
            let d = nma.common.estimate[i][j].unwrap();
            sum[k] += d;
            squares[k] += d * d;
            variances[k] += nma.common.standard_error[i][j].unwrap().powi(2);
        }
    }
    let n = f64::from(runs);
    for k in 0..2 {
        let found = squares[k] / n - (sum[k] / n).powi(2);
        let said = variances[k] / n;
        assert!((said / found - 1.0).abs() < DRAWN_VARIANCE, "{said} {found}");
    }
}

#[test]
fn mantel_haenszel_names_what_it_leaves_out() {
    let arms = [
        arm("1", "A", 2.0, 20.0),
        arm("1", "B", 4.0, 20.0),
        arm("2", "A", 3.0, 20.0),
        arm("2", "B", 1.0, 20.0),
        arm("2", "C", 0.0, 20.0),
        arm("3", "A", 1.0, 20.0),
        arm("4", "A", 3.0, 20.0),
        arm("4", "D", 2.0, 25.0),
    ];
    let run = mantel_haenszel_network(&arms, SmallValues::Desirable).unwrap();
    assert_eq!(run.value.treatments, ["A", "B", "D"]);
    // study 2 without C joins the design of study 1
    assert_eq!(run.value.designs[0].studies, ["1", "2"]);
    let codes: Vec<&str> = run.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(
        codes,
        ["single_arm", "arm_without_information", "treatments_left_out"]
    );
    let bad = [arm("1", "A", 21.0, 20.0), arm("1", "B", 4.0, 20.0)];
    assert!(matches!(
        mantel_haenszel_network(&bad, SmallValues::Desirable),
        Err(NetworkError::BadCount { .. })
    ));
    let twice = [arm("1", "A", 2.0, 20.0), arm("1", "A", 4.0, 20.0)];
    assert!(matches!(
        mantel_haenszel_network(&twice, SmallValues::Desirable),
        Err(NetworkError::RepeatedArm { .. })
    ));
    let nobody = [arm("1", "A", 0.0, 20.0), arm("1", "B", 0.0, 20.0)];
    assert_eq!(
        mantel_haenszel_network(&nobody, SmallValues::Desirable).unwrap_err(),
        NetworkError::NoStudies
    );
}

/// A network with a covariate on which effects against A depend, with a coefficient for each treatment.
fn sloped() -> (Vec<Contrast>, BTreeMap<String, f64>, BTreeMap<String, f64>) {
    let (slopes, effects) = ([0.0, 0.5, 0.9, 0.1], [0.0, 1.0, 0.4, -0.3]);
    let pairs = [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 2),
        (0, 1),
        (2, 3),
        (0, 2),
        (1, 3),
        (0, 3),
        (0, 1),
        (0, 2),
        (0, 3),
    ];
    let (mut rows, mut x, mut z) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for (s, &(a, b)) in pairs.iter().enumerate() {
        let (label, value) = (s.to_string(), ((s * 7) % 5) as f64);
        let noise = ((s * 37 + 11) % 17) as f64 / 17.0 - 0.5;
        let y = effects[b] - effects[a] + value * (slopes[b] - slopes[a]) + noise;
        let name = |t: usize| ["A", "B", "C", "D"][t];
        rows.push(row(&label, name(b), name(a), y, 0.2 + 0.02 * s as f64));
        x.insert(label.clone(), value);
        z.insert(label, ((s * 3) % 4) as f64);
    }
    (rows, x, z)
}

/// log-likelihood (without constants) and coefficients of y ~ N(Cb, W) by dense algebra.
fn least_squares(c: &[Vec<f64>], w: &[Vec<f64>], y: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    use onset_math::linalg::{Cholesky, Matrix};
    let (c, w) = (
        Matrix::from_rows(c),
        Cholesky::new(&Matrix::from_rows(w)).unwrap(),
    );
    let wc = w.solve(&c);
    let a = Cholesky::new(&c.transpose().mul(&wc).symmetrised()).unwrap();
    let b = a.solve_vec(&wc.transpose().mul_vec(y));
    let fitted = c.mul_vec(&b);
    let r: Vec<f64> = y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
    let q: f64 = r.iter().zip(w.solve_vec(&r)).map(|(r, s)| r * s).sum();
    let inverse = a.inverse();
    let se = (0..b.len()).map(|i| inverse[(i, i)].sqrt()).collect();
    (-0.5 * (w.ln_det() + a.ln_det() + q), b, se)
}

#[test]
fn several_covariates_and_exchangeable_coefficients_equal_dense_algebra() {
    let (rows, x, z) = sloped();
    let network = Network::new(&rows).unwrap().value;
    let centre = |v: &BTreeMap<String, f64>| v.values().sum::<f64>() / v.len() as f64;
    let (cx, cz) = (centre(&x), centre(&z));
    let columns = |of: &dyn Fn(&Contrast) -> Vec<f64>| rows.iter().map(of).collect::<Vec<Vec<f64>>>();
    let indicator =
        |t: &str, c: &Contrast| f64::from(u8::from(c.treat1 == t)) - f64::from(u8::from(c.treat2 == t));
    let away = |c: &Contrast| indicator("B", c) + indicator("C", c) + indicator("D", c);
    let y: Vec<f64> = rows.iter().map(|c| c.y).collect();
    let covariance = |tau2: f64, sigma2: f64| -> Vec<Vec<f64>> {
        (0..rows.len())
            .map(|i| {
                (0..rows.len())
                    .map(|j| {
                        let own = if i == j {
                            rows[i].se * rows[i].se + tau2
                        } else {
                            0.0
                        };
                        let shared: f64 = ["B", "C", "D"]
                            .iter()
                            .map(|t| indicator(t, &rows[i]) * indicator(t, &rows[j]))
                            .sum();
                        own + sigma2 * shared * (x[&rows[i].study] - cx) * (x[&rows[j].study] - cx)
                    })
                    .collect()
            })
            .collect()
    };
    // two covariates with a coefficient each
    let options = RegressionOptions::default();
    let fit = network_regression_of(&network, &[&x, &z], &[None, Some(1.0)], &options).unwrap();
    assert_eq!(fit.at, [cx, 1.0]);
    let two = columns(&|c| {
        let mut row: Vec<f64> = ["B", "C", "D"].iter().map(|t| indicator(t, c)).collect();
        row.extend([away(c) * (x[&c.study] - cx), away(c) * (z[&c.study] - cz)]);
        row
    });
    let (_, b, se) = least_squares(&two, &covariance(fit.tau2, 0.0), &y);
    for i in 0..2 {
        let slope = fit.coefficients[i].estimate.unwrap();
        assert_eq!(fit.coefficients[i].covariate, i);
        assert!(
            (slope.estimate - b[3 + i]).abs() < EXACT && (slope.standard_error - se[3 + i]).abs() < EXACT
        );
    }
    let shown = fit.league.estimate[1][0].unwrap();
    assert!((shown - (b[0] + (1.0 - cz) * b[4])).abs() < EXACT);
    // one coefficient a treatment, drawn round a mean
    let exchangeable = RegressionOptions {
        effect: CovariateEffect::Exchangeable,
        ..options
    };
    let fit = network_regression(&network, &x, &exchangeable).unwrap();
    let sigma2 = fit.sigma2.unwrap();
    assert!(sigma2 > 0.0, "slopes differ by construction");
    let one = columns(&|c| {
        let mut row: Vec<f64> = ["B", "C", "D"].iter().map(|t| indicator(t, c)).collect();
        row.push(away(c) * (x[&c.study] - cx));
        row
    });
    let (top, b, se) = least_squares(&one, &covariance(fit.tau2, sigma2), &y);
    let mean = fit.coefficients[0].estimate.unwrap();
    assert!((mean.estimate - b[3]).abs() < EXACT && (mean.standard_error - se[3]).abs() < EXACT);
    // no neighbour lies higher
    for (t, s) in [
        (1.1, 1.0),
        (0.9, 1.0),
        (1.0, 1.1),
        (1.0, 0.9),
        (1.1, 0.9),
        (0.9, 1.1),
    ] {
        let (there, ..) = least_squares(
            &one,
            &covariance(t * fit.tau2 + if t > 1.0 { 1e-6 } else { 0.0 }, s * sigma2),
            &y,
        );
        assert!(there <= top + SAME_MAXIMUM, "{t} {s}: {there} {top}");
    }
    // predictions lie between the mean and the coefficients on their own
    let own = RegressionOptions {
        effect: CovariateEffect::Independent,
        ..options
    };
    let own = network_regression(&network, &x, &own).unwrap();
    let range = |fit: &onset_models::network::NetworkRegression| {
        let of = fit.coefficients.iter().filter(|c| c.treatment.is_some());
        let slopes: Vec<f64> = of.map(|c| c.estimate.unwrap().estimate).collect();
        slopes.iter().copied().fold(f64::MIN, f64::max) - slopes.iter().copied().fold(f64::MAX, f64::min)
    };
    assert!(range(&fit) < range(&own));
    // refused
    let moment = RegressionOptions {
        method: NetworkMethod::Dl,
        ..exchangeable
    };
    assert_eq!(
        network_regression(&network, &x, &moment),
        Err(NetworkError::NoMomentEstimator)
    );
    assert_eq!(
        network_regression_of(&network, &[&x, &z], &[], &exchangeable),
        Err(NetworkError::TooManyCovariates { found: 2 })
    );
    assert!(network_regression_of(&network, &[], &[], &options).is_err());
}
