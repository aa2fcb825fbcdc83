//! Influence, BLUPs and the other diagnostics against the reference, and against their definitions.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_models::diagnostics::{
    Model, Subsets, baujat, blup, gosh, influence, left_out, normal_quantiles, radial,
    standardised_residuals, tau2_profile,
};
use onset_models::pool::{Method, Options, Test, leave_one_out, pool};
use onset_models::regress::{Design, RegressError, regress};
use serde_json::Value;
use support::{Ledger, column, effects, oracle, texts};

/// tau2 without a study is iterated on both sides; the measures are differences of two such fits.
const ITERATIVE: f64 = 1e-7;
/// Two routes through the same fits.
const SECOND_ROUTE: f64 = 1e-9;

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
/// Effect-size sets in them, each with influence measures and predictions.
const CASES: usize = 41;

fn reml() -> Options {
    Options::default().with_test(Test::Z)
}

#[test]
fn influence_and_predictions_meet_the_reference() {
    let options = reml();
    let mut ledger = Ledger::default();
    let mut cases = 0;
    for name in DATA_SETS {
        for case in oracle(name)["cases"].as_array().unwrap() {
            cases += 1;
            let place = format!("{name} {}", case["measure"].as_str().unwrap());
            let effects = effects(case);
            let model = Model {
                effects: &effects,
                design: None,
                options: &options,
            };
            let theirs = &case["influence_reml"];
            let v_min = effects.v().iter().copied().fold(f64::INFINITY, f64::min);
            for (i, ours) in influence(&model).unwrap().iter().enumerate() {
                let ours = ours.as_ref().unwrap();
                let mut check = |what: &str, ours: f64, name: &str, scale: f64| {
                    assert!(theirs[name][i].is_number(), "{place} {name}");
                    ledger.check(what, &place, ours, &theirs[name][i], scale, ITERATIVE);
                };
                check("rstudent", ours.rstudent, "rstudent", 1.0);
                check("dffits", ours.dffits, "dffits", 1.0);
                check("cook_d", ours.cook_d, "cook_d", 1.0);
                check("cov_r", ours.cov_r, "cov_r", 1.0);
                check("tau2_del", ours.tau2_del, "tau2_del", v_min);
                check("q_del", ours.q_del, "QE_del", 1.0);
                check("hat", ours.hat, "hat", 0.0);
                check("weight", ours.weight, "weight", 0.0);
                check("dfbetas", ours.dfbetas[0], "dfbs", 1.0);
            }
            for (i, ours) in blup(&model).unwrap().iter().enumerate() {
                let theirs = &case["blup_reml"];
                let se = ours.standard_error;
                ledger.check("blup", &place, ours.estimate, &theirs["pred"][i], se, ITERATIVE);
                ledger.check("blup se", &place, se, &theirs["se"][i], 0.0, ITERATIVE);
            }
        }
    }
    assert_eq!(cases, CASES, "the grid of cases may not shrink");
    ledger.finish("diagnostics", 41 * 10 * 11);
}

/// Moderators of the fits with tests and moderators.
fn moderators(fit: &Value) -> Option<Design> {
    let names: Vec<&str> = fit["mods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    if names.is_empty() {
        return None;
    }
    let ablat = column("bcg", "ablat");
    let alloc = texts("bcg", "alloc");
    let level = |name: &str| -> Vec<f64> {
        let is = |cell: &Option<String>| f64::from(u8::from(cell.as_deref() == Some(name)));
        alloc.iter().map(is).collect()
    };
    let (random, systematic) = (level("random"), level("systematic"));
    let mut columns: Vec<(&str, &[f64])> = vec![("ablat", &ablat)];
    if names.contains(&"alloc") {
        columns.push(("random", &random));
        columns.push(("systematic", &systematic));
    }
    Some(Design::numeric(&columns).unwrap())
}

#[test]
fn tests_and_moderators_meet_the_reference() {
    let file = oracle("diagnostics");
    let effects = effects(&oracle("bcg")["cases"][0]);
    let fits = file["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 27, "the grid of fits may not shrink");
    let mut ledger = Ledger::default();
    for fit in fits {
        let place = format!("{} {} {}", fit["method"], fit["test"], fit["mods"]);
        let options = Options {
            method: Method::from_code(fit["method"].as_str().unwrap()).unwrap(),
            ..Options::default()
        }
        .with_test(Test::from_code(fit["test"].as_str().unwrap()).unwrap());
        let design = moderators(fit);
        let model = Model {
            effects: &effects,
            design: design.as_ref(),
            options: &options,
        };
        let mut check = |what: &str, ours: f64, reference: &Value| {
            assert!(reference.is_number(), "{place} {what}");
            ledger.check(what, &place, ours, reference, 1.0, ITERATIVE);
        };
        let theirs = &fit["influence"];
        for (i, ours) in influence(&model).unwrap().iter().enumerate() {
            let ours = ours.as_ref().unwrap();
            check("rstudent", ours.rstudent, &theirs["rstudent"][i]);
            check("dffits", ours.dffits, &theirs["dffits"][i]);
            check("cook_d", ours.cook_d, &theirs["cook_d"][i]);
            check("cov_r", ours.cov_r, &theirs["cov_r"][i]);
            check("tau2_del", ours.tau2_del, &theirs["tau2_del"][i]);
            check("q_del", ours.q_del, &theirs["q_del"][i]);
            check("hat", ours.hat, &theirs["hat"][i]);
            check("weight", ours.weight, &theirs["weight"][i]);
            for (j, d) in ours.dfbetas.iter().enumerate() {
                check("dfbetas", *d, &fit["dfbetas"][i][j]);
            }
        }
        for (i, ours) in blup(&model).unwrap().iter().enumerate() {
            check("blup", ours.estimate, &fit["blup"]["estimate"][i]);
            check("blup se", ours.standard_error, &fit["blup"]["se"][i]);
        }
        for (i, ours) in standardised_residuals(&model).unwrap().iter().enumerate() {
            check(
                "residual",
                ours.unwrap().residual,
                &fit["rstandard"]["residual"][i],
            );
            check("residual se", ours.unwrap().se, &fit["rstandard"]["se"][i]);
        }
        for (i, ours) in baujat(&model).unwrap().iter().enumerate() {
            check("baujat x", ours.unwrap().x, &fit["baujat"]["x"][i]);
            check("baujat y", ours.unwrap().y, &fit["baujat"]["y"][i]);
        }
        if design.is_none() {
            for (i, ours) in radial(&model).unwrap().iter().enumerate() {
                check("radial x", ours.x, &fit["radial"]["x"][i]);
                check("radial y", ours.y, &fit["radial"]["y"][i]);
            }
        }
    }
    ledger.finish("with tests and moderators", 27 * 13 * 14);
}

/// One route deletes from an intercept, the other from a general design.
#[test]
fn one_mean_is_the_regression_on_a_constant() {
    let effects = effects(&oracle("bcg")["cases"][0]);
    let constant = Design::new(vec!["intercept".into()], vec![1.0; 13], true).unwrap();
    for code in ["FE", "DL", "HE", "SJ", "ML", "REML", "PM", "GENQ"] {
        let options = Options {
            method: Method::from_code(code).unwrap(),
            ..Options::default()
        };
        let plain = Model {
            effects: &effects,
            design: None,
            options: &options,
        };
        let general = Model {
            design: Some(&constant),
            ..plain
        };
        let (a, b) = (influence(&plain).unwrap(), influence(&general).unwrap());
        for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
            for (x, y) in [
                (a.rstudent, b.rstudent),
                (a.dffits, b.dffits),
                (a.cook_d, b.cook_d),
                (a.cov_r, b.cov_r),
                (a.hat, b.hat),
                (a.dfbetas[0], b.dfbetas[0]),
            ] {
                assert!(
                    (x - y).abs() <= SECOND_ROUTE * x.abs().max(1.0),
                    "{code}: {x} {y}"
                );
            }
        }
    }
}

#[test]
fn deletion_agrees_with_whole_fits() {
    let (effects, design) = (
        effects(&oracle("bcg")["cases"][0]),
        moderators(&serde_json::json!({"mods": ["ablat"]})).unwrap(),
    );
    let options = reml();
    let model = Model {
        effects: &effects,
        design: Some(&design),
        options: &options,
    };
    let rest = left_out(&model, &design).unwrap();
    let measures = influence(&model).unwrap();
    let full = regress(&effects, &design, &options).unwrap().value;
    for (rest, m) in rest.iter().flatten().zip(measures.iter().flatten()) {
        assert!((rest.tau2 - m.tau2_del).abs() < SECOND_ROUTE);
        assert!((rest.q - m.q_del).abs() < SECOND_ROUTE * rest.q);
        // the sign of a dfbeta is the sign of the change
        let change = full.coefficients[1].estimate.estimate - rest.coefficients[1].estimate.estimate;
        assert_eq!(change > 0.0, m.dfbetas[1] > 0.0);
    }
    let plain = Model {
        design: None,
        ..model
    };
    for (subset, m) in leave_one_out(&effects, &options)
        .unwrap()
        .iter()
        .zip(influence(&plain).unwrap().iter().flatten())
    {
        assert!((subset.tau2 - m.tau2_del).abs() < SECOND_ROUTE);
    }
}

#[test]
fn a_level_with_one_study_has_no_deletion() {
    let labels = (1..=5).map(|i| i.to_string()).collect();
    let effects = Effects::new(vec![0.1, 0.5, 0.2, 0.9, 0.4], vec![0.05; 5], labels).unwrap();
    let design = Design::numeric(&[("only", &[0.0, 0.0, 1.0, 0.0, 0.0])]).unwrap();
    let options = reml();
    let model = Model {
        effects: &effects,
        design: Some(&design),
        options: &options,
    };
    let found = influence(&model).unwrap();
    assert!(found[2].is_none() && found[0].is_some());
    assert!(standardised_residuals(&model).unwrap()[2].is_none());
    assert_eq!(normal_quantiles(&model, 1).unwrap().len(), 4);
    let few = Effects::new(vec![0.1], vec![0.1], vec!["a".into()]).unwrap();
    let refused = influence(&Model {
        effects: &few,
        design: None,
        options: &options,
    });
    assert!(matches!(refused, Err(RegressError::Pool(_))), "{refused:?}");
}

#[test]
fn the_envelope_holds_residuals_of_the_model_and_repeats_itself() {
    let effects = effects(&oracle("bcg")["cases"][0]);
    let options = reml();
    let model = Model {
        effects: &effects,
        design: None,
        options: &options,
    };
    let points = normal_quantiles(&model, 7).unwrap();
    assert_eq!(points, normal_quantiles(&model, 7).unwrap());
    assert_ne!(points, normal_quantiles(&model, 8).unwrap());
    let residuals = standardised_residuals(&model).unwrap();
    for pair in points.windows(2) {
        assert!(pair[0].residual <= pair[1].residual && pair[0].lower <= pair[1].lower);
    }
    for p in &points {
        assert_eq!(p.residual, residuals[p.study].unwrap().z);
        assert!(p.lower < p.theoretical && p.theoretical < p.upper);
    }
}

#[test]
fn the_profile_is_highest_at_the_estimate() {
    let effects = effects(&oracle("bcg")["cases"][0]);
    for code in ["REML", "ML"] {
        let options = Options {
            method: Method::from_code(code).unwrap(),
            ..Options::default()
        };
        let model = Model {
            effects: &effects,
            design: None,
            options: &options,
        };
        let points = tau2_profile(&model).unwrap().unwrap();
        let pooled = pool(&effects, &options).unwrap().value;
        let best = points
            .iter()
            .max_by(|a, b| a.loglik.total_cmp(&b.loglik))
            .unwrap();
        assert_eq!(best.tau2, pooled.tau2.value);
        assert!((best.loglik - pooled.fit.loglik).abs() < SECOND_ROUTE);
        assert!(points.windows(2).all(|w| w[0].tau2 < w[1].tau2));
    }
    let options = Options::common();
    let model = Model {
        effects: &effects,
        design: None,
        options: &options,
    };
    assert!(tau2_profile(&model).unwrap().is_none());
}

fn without_labels(y: Vec<f64>, v: Vec<f64>) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, v, labels).unwrap()
}

#[test]
fn all_subsets_meet_the_reference() {
    let file = oracle("diagnostics");
    let all = effects(&oracle("bcg")["cases"][0]);
    let seven = without_labels(all.y()[..7].to_vec(), all.v()[..7].to_vec());
    let mut ledger = Ledger::default();
    let methods = file["gosh"].as_array().unwrap();
    assert_eq!(methods.len(), 2);
    for theirs in methods {
        let options = Options {
            method: Method::from_code(theirs["method"].as_str().unwrap()).unwrap(),
            ..Options::default()
        };
        let found = gosh(&seven, &options, Subsets::All, 1).unwrap();
        assert_eq!(found.fits.len(), 127);
        for (n, fit) in found.fits.iter().enumerate() {
            let name: String = (0..7)
                .map(|i| if found.contains(n, i) { '1' } else { '0' })
                .collect();
            let at = theirs["members"]
                .as_array()
                .unwrap()
                .iter()
                .position(|m| *m == name)
                .unwrap();
            assert_eq!(theirs["k"][at], fit.k);
            for (what, ours) in [
                ("estimate", fit.estimate),
                ("tau2", fit.tau2),
                ("i2", fit.i2),
                ("q", fit.q),
            ] {
                ledger.check(what, &name, ours, &theirs[what][at], 1.0, ITERATIVE);
            }
        }
    }
    ledger.finish("all subsets", 2 * 127 * 4);
}

/// The same estimator: a subset pooled on its own gives the same numbers.
const SAME: f64 = 1e-12;

#[test]
fn subsets_are_pooled_as_a_pool_would() {
    let all = effects(&oracle("bcg")["cases"][0]);
    for code in ["REML", "DL", "PM", "ML", "FE", "GENQ", "SJ"] {
        let options = Options {
            method: Method::from_code(code).unwrap(),
            ..Options::default()
        };
        let found = gosh(&all, &options, Subsets::Random(120), 5).unwrap();
        assert!(!found.complete && found.fits.len() == 120);
        for (n, fit) in found.fits.iter().enumerate() {
            let members: Vec<usize> = (0..13).filter(|&i| found.contains(n, i)).collect();
            assert_eq!(members.len(), fit.k as usize);
            let pick = |x: &[f64]| members.iter().map(|&i| x[i]).collect::<Vec<_>>();
            let pooled = pool(&without_labels(pick(all.y()), pick(all.v())), &options)
                .unwrap()
                .value;
            for (a, b) in [
                (fit.estimate, pooled.mean.estimate),
                (fit.tau2, pooled.tau2.value),
                (fit.i2, pooled.i2),
                (fit.q, pooled.q.value),
            ] {
                assert!(
                    (a - b).abs() <= SAME * b.abs().max(SAME),
                    "{code} {members:?}: {a} {b}"
                );
            }
        }
    }
}

#[test]
fn subsets_at_any_thread_count_and_in_sum() {
    let all = effects(&oracle("bcg")["cases"][0]);
    let options = Options::default();
    let run = |threads: usize, subsets: Subsets| {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        threads.install(|| gosh(&all, &options, subsets, 4).unwrap())
    };
    for subsets in [Subsets::All, Subsets::Random(3000)] {
        assert_eq!(run(1, subsets), run(3, subsets));
    }
    let found = run(2, Subsets::All);
    assert_eq!(found.fits.len(), 8191);
    let whole = pool(&all, &options).unwrap().value;
    assert_eq!(found.fits[8190].estimate, whole.mean.estimate);
    let grid = found.grid();
    assert_eq!(grid.counts.iter().flatten().sum::<u64>(), 8191);
    let five = found.five_numbers(|f| f.estimate);
    assert_eq!((five.min, five.max), (-1.62089822359839, 0.445913400571379));
    // trial 4 pulls down, trial 8 up
    let (four, eight) = (found.with_without(3), found.with_without(7));
    assert!(four.estimate_with < four.estimate_without && eight.estimate_with > eight.estimate_without);
    let many = without_labels(vec![0.1; 70], vec![0.1; 70]);
    assert!(gosh(&many, &options, Subsets::All, 1).is_err());
    let random = gosh(&many, &options, Subsets::Random(50), 1).unwrap();
    assert!((0..70).all(|i| (0..50).any(|n| random.contains(n, i))));
}

/// The mixture by its plain density and a search without derivatives; an outlier is found and loses its pull; a
/// cloud without one gives the model without a mixture.
#[test]
fn outliers_are_found_and_lose_their_pull() {
    use onset_models::diagnostics::outliers;
    use onset_models::pool::{Tau2Method, Test, pool};
    let y = vec![0.1, 0.25, 0.18, 0.3, 0.05, 0.22, 0.15, 2.4, 0.2, 0.12, 0.28];
    let v: Vec<f64> = (0..11).map(|i| 0.01 + 0.004 * f64::from(i)).collect();
    let effects = without_labels(y.clone(), v.clone());
    let ours = outliers(&effects, 0.95).unwrap();
    let plain = |x: &[f64]| {
        let density = |y: f64, a: f64| onset_math::normal::pdf((y - x[0]) / a.sqrt()) / a.sqrt();
        let rows = y.iter().zip(&v);
        let p = 0.5 * x[3].sin().powi(2);
        rows.map(|(y, v)| {
            let a = v + x[1] * x[1];
            ((1.0 - p) * density(*y, a) + p * density(*y, a + x[2] * x[2])).ln()
        })
        .sum::<f64>()
    };
    let mut best = f64::NEG_INFINITY;
    for start in [[0.2, 0.05, 1.0, 0.5], [0.3, 0.3, 3.0, 0.3], [0.2, 0.01, 2.0, 0.9]] {
        let options = onset_math::minimize::NelderMead::default();
        let found = onset_math::minimize::nelder_mead(|x| -plain(x), &start, options);
        best = best.max(-found.value);
    }
    assert!((ours.loglik - best).abs() < 1e-6, "{} {best}", ours.loglik);
    assert!(ours.probability[7] > 0.999 && ours.probability.iter().filter(|p| **p > 0.5).count() == 1);
    let ml = Options::random(Tau2Method::Ml).with_test(Test::Z);
    let rest = |i: &usize| *i != 7;
    let pick = |x: &[f64]| (0..11).filter(rest).map(|i| x[i]).collect::<Vec<f64>>();
    let alone = pool(&without_labels(pick(&y), pick(&v)), &ml).unwrap().value.mean;
    assert!((ours.mean.estimate - alone.estimate).abs() < 0.01);
    let [lower, upper] = ours.profile.map(Option::unwrap);
    assert!(lower < ours.mean.estimate && ours.mean.estimate < upper && upper < 0.35);
    for limit in [lower, upper] {
        let mut held = f64::NEG_INFINITY;
        for start in [[0.05, 1.0, 0.5], [0.3, 3.0, 0.3], [0.1, 2.0, 0.2]] {
            let options = onset_math::minimize::NelderMead::default();
            let found =
                onset_math::minimize::nelder_mead(|x| -plain(&[limit, x[0], x[1], x[2]]), &start, options);
            held = held.max(-found.value);
        }
        assert!(
            (ours.loglik - held - 1.920_729_410_347_062).abs() < 1e-5,
            "{limit}"
        );
    }
    let turned = without_labels(
        y.iter().rev().map(|y| -10.0 * y).collect(),
        v.iter().rev().map(|v| 100.0 * v).collect(),
    );
    let other = outliers(&turned, 0.95).unwrap();
    assert!((other.mean.estimate / 10.0 + ours.mean.estimate).abs() < 1e-6);
    assert!((other.lrt - ours.lrt).abs() < 1e-6);
    let calm = without_labels(vec![0.1, 0.3, 0.2, 0.25, 0.15, 0.22], vec![0.02; 6]);
    let calm_fit = outliers(&calm, 0.95).unwrap();
    let calm_ml = pool(&calm, &ml).unwrap().value.mean;
    assert_eq!((calm_fit.share, calm_fit.tau2_outlying), (0.0, None));
    assert_eq!(calm_fit.mean.estimate, calm_ml.estimate);
    assert!(outliers(&without_labels(vec![0.1; 4], vec![0.1; 4]), 0.95).is_err());
}
