//! Sequential boundaries, required sizes, information and the verdict table.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod support;

use onset_models::sequential::{
    Belief, CutOffs, SequentialError, Sides, Verdict, classify, diversity, evpi, evsi, futility,
    kullback_leibler, probability_of_moving, replication_bayes_factor, required_for_difference, trial_size,
    update, upper_boundaries,
};
use support::{numbers, oracle};

/// The reference stops its root search at about 1e-6.
const REFERENCE: f64 = 2e-6;
/// Printed with six digits.
const PRINTED: f64 = 6e-7;

#[test]
fn boundaries_of_the_reference() {
    let file = oracle("smallstudy");
    let mut cases = 0;
    for case in file["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["timing"].is_array())
    {
        cases += 1;
        let two = case["side"] == 2;
        let alpha = case["alpha"].as_f64().unwrap();
        let (alpha, sides) = if two {
            (0.5 * alpha, Sides::Two)
        } else {
            (alpha, Sides::One)
        };
        let ours = upper_boundaries(&numbers(&case["timing"]), alpha, sides).unwrap();
        for (x, reference) in ours.upper.iter().zip(numbers(&case["upper"])) {
            assert!(
                (x / reference - 1.0).abs() < REFERENCE,
                "{} {x} {reference}",
                case["id"]
            );
        }
    }
    assert_eq!(cases, 4);
    let one = upper_boundaries(&[0.5, 0.75, 1.0], 0.025, Sides::One)
        .unwrap()
        .upper;
    for (x, printed) in one.iter().zip([2.96259, 2.35902, 2.01408]) {
        assert!((x - printed).abs() < 1e-5, "{x} {printed}");
    }
}

/// One look spends everything: the plain test.
#[test]
fn one_look_is_the_plain_test() {
    let z = upper_boundaries(&[1.0], 0.025, Sides::Two).unwrap();
    assert!((z.upper[0] - 1.959_963_984_540_054).abs() < 1e-9);
    let futile = futility(&z, 0.1).unwrap();
    assert!((futile[0] - z.upper[0]).abs() < 1e-7);
    let many = upper_boundaries(&[0.2, 0.4, 0.6, 0.8, 1.0], 0.025, Sides::One).unwrap();
    let lower = futility(&many, 0.1).unwrap();
    assert!(lower.windows(2).all(|pair| pair[0] < pair[1]), "{lower:?}");
    assert!((lower[4] - many.upper[4]).abs() < 1e-6);
}

#[test]
fn bad_looks_are_refused() {
    assert!(matches!(
        upper_boundaries(&[0.5, 0.5], 0.025, Sides::One),
        Err(SequentialError::BadTiming { at: 2, .. })
    ));
    assert!(upper_boundaries(&[0.5, 1.1], 0.025, Sides::One).is_err());
    assert!(upper_boundaries(&[0.5, f64::NAN], 0.025, Sides::One).is_err());
    assert!(upper_boundaries(&[1.0], 0.0, Sides::One).is_err());
}

#[test]
fn required_sizes() {
    let n = required_for_difference(3.0, 10.0, 0.05, 0.1, 0.0).unwrap();
    assert!((n - 466.997).abs() < 6e-4, "{n}");
    let twice = required_for_difference(3.0, 10.0, 0.05, 0.1, 0.5).unwrap();
    assert!((twice - 2.0 * n).abs() < 1e-9);
    // a standardised difference has standard deviation 1
    assert!((required_for_difference(0.3, 1.0, 0.05, 0.1, 0.0).unwrap() - n).abs() < 1e-9);
    assert!((diversity(0.4, 0.1) - 0.75).abs() < 1e-15 && diversity(0.1, 0.4) == 0.0);
    assert!(required_for_difference(0.0, 10.0, 0.05, 0.1, 0.0).is_err());
    assert!(required_for_difference(3.0, 10.0, 0.05, 0.1, 1.0).is_err());
}

#[test]
fn information() {
    let before = Belief {
        mean: -0.60,
        sd: 0.17,
    };
    let after = Belief {
        mean: -0.50,
        sd: 0.15,
    };
    assert!((kullback_leibler(before, after) - 0.187447).abs() < PRINTED);
    let benefit = Belief { mean: 2.0, sd: 3.0 };
    assert!((evpi(benefit) - 0.453359).abs() < PRINTED);
    for (v, printed) in [(1.0, 0.404766), (9.0, 0.196842), (81.0, 0.005999)] {
        assert!((evsi(benefit, v) - printed).abs() < PRINTED, "{v}");
    }
}

#[test]
fn an_update_by_hand() {
    let before = Belief { mean: 0.0, sd: 1.0 };
    let found = update(before, 2.0, 0.75, 0.25).unwrap();
    assert!((found.after.mean - 1.0).abs() < 1e-15 && (found.after.sd - 0.5_f64.sqrt()).abs() < 1e-15);
    assert!((found.z - 2.0_f64.sqrt()).abs() < 1e-15 && (found.share - 0.5).abs() < 1e-15);
    // ln sqrt 2 + (1/2 + 1)/2 - 1/2
    assert!((found.information - (0.5 * 2.0_f64.ln() + 0.25)).abs() < 1e-15);
    // a point belief at the result against no effect
    let factor = replication_bayes_factor(Belief { mean: 1.0, sd: 1e-9 }, 1.0, 0.25);
    assert!((factor - 2.0_f64.exp()).abs() < 1e-6, "{factor}");
    assert!(update(Belief { mean: 0.0, sd: 0.0 }, 1.0, 1.0, 0.0).is_err());
}

#[test]
fn a_larger_trial_moves_more() {
    let now = Belief { mean: 0.3, sd: 0.2 };
    let moving = |v: f64| probability_of_moving(now, 0.24, true, 0.95, v).unwrap();
    assert!(moving(0.001) > moving(0.05) && moving(0.05) > moving(1.0));
    // the limit: all that the effect itself lies beyond
    assert!((moving(1e-12) - now.beyond(0.24, true)).abs() < 1e-4);
    let n = trial_size(now, 0.24, true, 0.95, 0.5, 4.0, 0.0).unwrap().unwrap();
    let at = |n: u64| moving(4.0 / n as f64);
    assert!(at(n) >= 0.5 && at(n - 1) < 0.5, "{n}");
    assert_eq!(trial_size(now, 0.24, true, 0.95, 0.5, 4.0, 5.0).unwrap(), None);
}

#[test]
fn every_line_of_the_table() {
    let cut = CutOffs::default();
    let stay = (0.9, 0.9);
    for (p, information, beyond, verdict) in [
        (0.5, 0.1, (0.9, 0.96), Verdict::Shifting),
        (0.01, 0.5, stay, Verdict::Contradicting),
        (0.5, 0.01, stay, Verdict::Redundant),
        (0.5, 0.1, stay, Verdict::Confirmatory),
        (0.5, 0.3, stay, Verdict::Refining),
    ] {
        assert_eq!(classify(p, information, beyond, &cut), verdict);
    }
}
