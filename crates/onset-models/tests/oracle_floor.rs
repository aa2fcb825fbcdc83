//! The evidentiary floor: the printed table of low-dose tricyclics, the definition by hand, ten thousand refits.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod support;

use onset_effects::Effects;
use onset_models::bayes::{BiasOptions, TauPrior, bias_averaging};
use onset_models::floor::{
    Analysis, Bias, Estimator, Fitted, FloorError, Target, beyond_range, fit, fit_all, floor, fork_balanced,
    fork_effects,
};
use onset_models::pool::{Tau2Method, Test};
use support::oracle;

/// Printed with four to five digits.
const PRINTED: f64 = 6e-5;

const LOWER: Target = Target {
    lower_is_better: true,
    important: 0.24,
    level: 0.95,
};

fn tricyclics() -> Effects {
    support::effects(&oracle("furukawa2003")["cases"][0])
}

#[test]
fn furukawa2003() {
    let effects = tricyclics();
    let run = |estimator, bias| {
        let analysis = Analysis {
            effects: &effects,
            estimator,
            bias,
        };
        fit(&analysis, &LOWER).unwrap()
    };
    let near = |found: Fitted, printed: [f64; 3]| {
        for (x, printed) in [found.estimate, found.lower, found.upper].iter().zip(printed) {
            assert!((x - printed).abs() < PRINTED, "{x} {printed}");
        }
    };
    let dl = Estimator::Random(Tau2Method::Dl, Some(Test::Z));
    let reml = Estimator::Random(Tau2Method::Reml, Some(Test::Knha));
    near(run(dl, Bias::Ignored), [-0.59277, -0.8813, -0.3042]);
    // the upper limit as it mirrors the lower one about the mean; -0.2352 elsewhere does not
    near(run(reml, Bias::Ignored), [-0.61122, -0.9871, -0.23534]);
    assert!((run(Estimator::Random(Tau2Method::Pm, None), Bias::Ignored).estimate + 0.61686).abs() < PRINTED);
    near(run(dl, Bias::WorstCase), [-0.21932, -0.3701, -0.0685]);
    let reml_z = Estimator::Random(Tau2Method::Reml, Some(Test::Z));
    near(run(reml_z, Bias::WorstCase), [-0.2201, -0.3721, -0.0681]);
    // t(15) around the intercept; the printed standard errors are .28879 and .17381
    let t = 2.131_449_545_559_323;
    near(
        run(dl, Bias::Pet),
        [0.33044, 0.33044 - t * 0.28879, 0.33044 + t * 0.28879],
    );
    near(
        run(dl, Bias::Peese),
        [-0.03023, -0.03023 - t * 0.17381, -0.03023 + t * 0.17381],
    );
    let bayes = run(
        Estimator::Bayes(TauPrior::HalfNormal { scale: 0.5 }),
        Bias::Ignored,
    );
    assert!((bayes.estimate + 0.6034).abs() < PRINTED && (bayes.beyond.unwrap() - 0.984).abs() < 6e-4);
}

#[test]
fn the_definition_by_hand() {
    let fitted = |lower: f64, beyond: f64| {
        Some(Fitted {
            estimate: lower + 0.1,
            lower,
            upper: lower + 0.2,
            beyond: Some(beyond),
        })
    };
    let target = Target {
        lower_is_better: false,
        important: 0.1,
        level: 0.95,
    };
    let analyses = [
        (0.25, fitted(0.3, 0.9)),
        (0.25, fitted(-0.1, 0.2)),
        (0.04, fitted(-0.5, 0.1)),
        (0.23, fitted(0.2, 0.8)),
        (0.23, None),
    ];
    let at = |lambda: f64| floor(&analyses, &target, lambda).unwrap();
    assert_eq!((at(0.0).value, at(0.0).set_by), (-0.5, 2));
    // .04/.77 = .0519 is more than .05: the analysis without a result carries no weight
    assert_eq!(at(0.05).value, -0.5);
    assert_eq!((at(0.1).value, at(0.1).set_by), (-0.1, 1));
    assert_eq!(at(0.5).value, 0.2);
    assert_eq!(beyond_range(&analyses), Some((0.1, 0.9)));
    assert_eq!(floor(&[(1.0, None)], &target, 0.0), None);
    let choices = vec![vec![0], vec![1], vec![1], vec![0], vec![0]];
    let effects = fork_effects(&analyses, &choices, &target);
    assert_eq!(
        (effects[0].only, effects[0].without, effects[0].fitted),
        (Some(0.2), Some(-0.5), 2)
    );
    // benefit below zero: the floor is the mirror image
    let turned: Vec<_> = analyses
        .iter()
        .map(|(w, f)| {
            let turn = |f: &Fitted| Fitted {
                lower: -f.upper,
                upper: -f.lower,
                ..*f
            };
            (*w, f.as_ref().map(turn))
        })
        .collect();
    assert_eq!(floor(&turned, &LOWER, 0.1).unwrap().value, 0.1);
}

/// A branch that goes on branching is worth no more than its sibling.
#[test]
fn weights_are_balanced_over_forks() {
    let weights = fork_balanced(&[vec![0, 0], vec![1, 0], vec![1, 1], vec![1, 2]]);
    for (w, expected) in weights.iter().zip([0.5, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0]) {
        assert!((w - expected).abs() < 1e-15);
    }
    assert!(fork_balanced(&[]).is_empty());
}

#[test]
fn admissibility_looks_at_the_number_of_studies_only() {
    let all = tricyclics();
    let part = |k: usize| {
        let labels = all.labels()[..k].to_vec();
        Effects::new(all.y()[..k].to_vec(), all.v()[..k].to_vec(), labels).unwrap()
    };
    for bias in [Bias::Pet, Bias::Peese, Bias::WorstCase] {
        for (k, admitted) in [(9, false), (10, true)] {
            let effects = part(k);
            let estimator = Estimator::Random(Tau2Method::Reml, None);
            let found = fit(
                &Analysis {
                    effects: &effects,
                    estimator,
                    bias,
                },
                &LOWER,
            );
            assert_eq!(
                matches!(found, Err(FloorError::TooFewForBias { .. })),
                !admitted,
                "{bias:?} {k}"
            );
        }
    }
}

/// Each of ten thousand analyses is a fit of its own: where the inputs differ, so do the results.
#[test]
fn ten_thousand_refits_differ() {
    let all = tricyclics();
    let k = all.k();
    let estimators = [
        Estimator::Common,
        Estimator::Random(Tau2Method::Reml, None),
        Estimator::Random(Tau2Method::Dl, Some(Test::Z)),
        Estimator::Random(Tau2Method::Pm, None),
    ];
    // every set that leaves out two to four studies: 136 + 680 + 2380 of 17
    let sets: Vec<Effects> = (0_u32..1 << k)
        .filter(|set| (2..=4).contains(&set.count_ones()))
        .map(|set| {
            let keep: Vec<usize> = (0..k).filter(|&i| set & (1 << i) == 0).collect();
            let pick = |x: &[f64]| keep.iter().map(|&i| x[i]).collect();
            let labels = keep.iter().map(|&i| all.labels()[i].clone()).collect();
            Effects::new(pick(all.y()), pick(all.v()), labels).unwrap()
        })
        .collect();
    let analyses: Vec<Analysis<'_>> = sets
        .iter()
        .flat_map(|effects| {
            estimators.iter().map(move |&estimator| Analysis {
                effects,
                estimator,
                bias: Bias::Ignored,
            })
        })
        .collect();
    assert_eq!(analyses.len(), 12_784);
    let found: Vec<f64> = fit_all(&analyses, &LOWER)
        .into_iter()
        .map(|f| f.unwrap().estimate)
        .collect();
    let mut distinct: Vec<u64> = found.iter().map(|x| x.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // tau2 = 0 makes models agree, and only then
    assert!(distinct.len() > 12_000, "{}", distinct.len());
}

/// The averaged models in the floor: the same numbers as on their own, a mirror image for the mirrored data, in other units the
/// same analysis, and nothing below ten studies.
#[test]
fn averaged_models_of_publication_bias() {
    let effects = tricyclics();
    let run = |effects: &Effects, target: &Target, unit: f64| {
        let analysis = Analysis {
            effects,
            estimator: Estimator::Random(Tau2Method::Reml, None),
            bias: Bias::Averaged { unit },
        };
        fit(&analysis, target)
    };
    let found = run(&effects, &LOWER, 1.0).unwrap();
    let direct = bias_averaging(
        &effects,
        &BiasOptions {
            positive: false,
            threshold: Some(found.lower),
            ..BiasOptions::default()
        },
    )
    .unwrap();
    assert_eq!(found.estimate, direct.averaged.mean);
    assert_eq!(
        (found.lower, found.upper),
        (direct.averaged.lower, direct.averaged.upper)
    );
    // beyond the lower end of a 95 % interval lie 2.5 %
    assert!(
        found.lower < 0.0 && (direct.prob_beyond.unwrap() - 0.025).abs() < 1e-6,
        "{direct:?}"
    );
    let beyond = found.beyond.unwrap();
    assert!(beyond > 0.0 && beyond < direct.effect.posterior, "{beyond}");
    let turned = |y: f64, unit: f64| {
        let y = effects.y().iter().map(|x| y * x).collect();
        let v = effects.v().iter().map(|v| v * unit * unit).collect();
        Effects::new(y, v, effects.labels().to_vec()).unwrap()
    };
    let higher = Target {
        lower_is_better: false,
        ..LOWER
    };
    let mirror = run(&turned(-1.0, 1.0), &higher, 1.0).unwrap();
    assert!((mirror.estimate + found.estimate).abs() < 1e-12);
    assert!((mirror.lower + found.upper).abs() < 1e-9 && (mirror.upper + found.lower).abs() < 1e-9);
    assert!((mirror.beyond.unwrap() - beyond).abs() < 1e-12);
    let points = Target {
        important: 10.0 * LOWER.important,
        ..LOWER
    };
    let scaled = run(&turned(10.0, 10.0), &points, 10.0).unwrap();
    assert!((scaled.estimate - 10.0 * found.estimate).abs() < 1e-9);
    assert!((scaled.beyond.unwrap() - beyond).abs() < 1e-9);
    let nine = Effects::new(
        effects.y()[..9].to_vec(),
        effects.v()[..9].to_vec(),
        effects.labels()[..9].to_vec(),
    )
    .unwrap();
    assert!(matches!(
        run(&nine, &LOWER, 1.0),
        Err(FloorError::TooFewForBias { found: 9 })
    ));
}
