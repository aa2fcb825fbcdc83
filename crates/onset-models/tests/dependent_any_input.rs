//! Any numbers as networks and as multilevel data: an answer of finite numbers or an error, and never a panic.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use onset_effects::Effects;
use onset_models::multilevel::{self, Random, RobustType, Sampling, Structure, multilevel};
use onset_models::network::{
    Contrast, Network, NetworkMethod, NetworkOptions, NetworkTest, SmallValues, Streams, additive_model,
    comparison_adjusted_funnel, contribution_by, intervals, network_meta, rankogram, side_splits,
};
use onset_models::regress::Design;
use proptest::prelude::*;

/// Numbers that strain arithmetic beside ordinary ones.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -5.0..5.0_f64,
        1 => prop::sample::select(vec![0.0, -0.0, 1e-12, 1e12, 1e-160, 1e160, 1e308, f64::NAN, f64::INFINITY]),
    ]
}

fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 0.01..3.0_f64,
        1 => prop::sample::select(vec![0.0, -1.0, 1e-9, 1e9, 1e-160, 1e160, f64::NAN]),
    ]
}

fn finite(grid: &[Vec<Option<f64>>]) -> bool {
    grid.iter().flatten().flatten().all(|x| x.is_finite())
}

/// Everything that can be asked of a network.
fn everything(network: &Network) {
    let n = network.treatments().len();
    for method in NetworkMethod::ALL {
        let options = NetworkOptions {
            method,
            ..NetworkOptions::default()
        };
        let Ok(nma) = network_meta(network, &options) else {
            continue;
        };
        let nma = nma.value;
        assert!(nma.tau2 >= 0.0 && finite(&nma.random.estimate) && finite(&nma.common.standard_error));
        if network.independent_loops() == 0 {
            assert!(nma.splits.iter().all(|s| s.studies == 0 || s.indirect.is_none()));
        }
        for test in NetworkTest::ALL {
            if let Ok(Some(limits)) = intervals(network, nma.tau2, test, 0.95) {
                assert!(!limits.scale.is_nan());
            }
        }
        for streams in [Streams::RandomWalk, Streams::ShortestPath] {
            if let Ok(Some(found)) = contribution_by(network, nma.tau2, streams) {
                assert!((0..=found.rows.len()).all(|row| found.studies_of(row).len() <= network.k()));
            }
        }
        let _ = rankogram(network, nma.tau2, SmallValues::Desirable, 20, 1);
        let _ = side_splits(network, method);
        let order: Vec<usize> = (0..n).collect();
        assert!(comparison_adjusted_funnel(network, nma.tau2, &order).is_some());
        let parts = (0..n)
            .map(|i| if i == 0 { Vec::new() } else { vec![i % 2] })
            .collect();
        let _ = additive_model(network, vec!["p".into(), "q".into()], parts, method, 0.95);
    }
    assert!(additive_model(network, Vec::new(), vec![Vec::new(); n], NetworkMethod::Dl, 0.95).is_err());
    assert!(
        additive_model(
            network,
            vec!["p".into()],
            vec![vec![7]; n],
            NetworkMethod::Dl,
            0.95
        )
        .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn contrasts(rows in prop::collection::vec((0..6_u8, 0..5_u8, 0..5_u8, number(), positive()), 0..12)) {
        let rows: Vec<Contrast> = rows
            .into_iter()
            .map(|(study, a, b, y, se)| Contrast {
                study: format!("S{study}"),
                treat1: format!("T{a}"),
                treat2: format!("T{b}"),
                y,
                se,
            })
            .collect();
        match Network::new(&rows) {
            Ok(network) => everything(&network.value),
            Err(error) => {
                let said = error.to_string();
                let named = rows.iter().any(|row| said.contains(&format!("'{}'", row.study)));
                prop_assert!(named || rows.is_empty(), "{said}");
            }
        }
    }

    #[test]
    fn studies_of_several_arms(
        studies in prop::collection::vec(prop::collection::btree_map(0..5_u8, (number(), positive()), 2..5), 1..6)
    ) {
        let mut rows = Vec::new();
        for (s, arms) in studies.iter().enumerate() {
            let arms: Vec<_> = arms.iter().collect();
            for (i, (a, (ya, sa))) in arms.iter().enumerate() {
                for (b, (yb, sb)) in &arms[i + 1..] {
                    rows.push(Contrast {
                        study: format!("S{s}"),
                        treat1: format!("T{a}"),
                        treat2: format!("T{b}"),
                        y: ya - yb,
                        se: sa.hypot(*sb),
                    });
                }
            }
        }
        if let Ok(network) = Network::from_arms(&rows) {
            everything(&network.value);
        }
    }

    #[test]
    fn several_effects_a_study(
        rows in prop::collection::vec((0..4_u8, 0..3_u8, number(), positive(), -2.0..2.0_f64), 1..14),
        rho in -1.1..1.1_f64,
        structure in 0..8_usize,
        nested in any::<bool>(),
        moderator in any::<bool>(),
    ) {
        let (y, v): (Vec<f64>, Vec<f64>) = rows.iter().map(|r| (r.2, r.3)).unzip();
        let labels: Vec<String> = (0..rows.len()).map(|i| i.to_string()).collect();
        let Ok(effects) = Effects::new(y, v, labels.clone()) else { return Ok(()) };
        let study: Vec<String> = rows.iter().map(|r| r.0.to_string()).collect();
        let inner: Vec<String> = rows.iter().map(|r| r.1.to_string()).collect();
        let (study, inner): (Vec<&str>, Vec<&str>) =
            (study.iter().map(String::as_str).collect(), inner.iter().map(String::as_str).collect());
        let x: Vec<f64> = rows.iter().map(|r| r.4).collect();
        let design = if moderator {
            Design::numeric(&[("x", &x)])
        } else {
            Design::new(vec!["intercept".into()], vec![1.0; rows.len()], true)
        };
        let Ok(design) = design else { return Ok(()) };
        let Ok(sampling) = Sampling::constant(effects.v(), &study, rho) else { return Ok(()) };
        let random = if nested {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            Random::nested(&[("study", &study), ("id", &labels)])
        } else {
            Random::structured(("inner", &inner), ("study", &study), Structure::ALL[structure].0).map(|r| vec![r])
        };
        let Ok(random) = random else { return Ok(()) };
        let Ok(fit) = multilevel(&effects, &design, sampling, random, &multilevel::Options::default()) else {
            return Ok(());
        };
        let fit = fit.value;
        prop_assert!(fit.loglik().is_finite());
        prop_assert!(fit.coefficients.iter().all(|c| c.estimate.estimate.is_finite()));
        for kind in [RobustType::Cr0, RobustType::Cr2, RobustType::Cr3] {
            if let Ok(robust) = fit.robust(&study, kind) {
                prop_assert!(robust.coefficients.iter().all(|c| !c.estimate.standard_error.is_nan()));
            }
        }
        let _ = fit.without_clusters(&study);
        let _ = fit.hat();
        let _ = fit.random_tests();
    }
}
