//! Laws that hold for any numbers: nothing panics, nothing is infinite, order does not matter.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

use onset_effects::{AddTo, Family, Input, Inputs, Measure, Options, compute};
use proptest::prelude::*;

/// Sound numbers, and the ones that break formulas.
fn number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        6 => (0u32..60).prop_map(|n| Some(f64::from(n))),
        3 => (0.0..1.0_f64).prop_map(Some),
        2 => prop::sample::select(vec![
            0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-300, 1e308, -1e308, 1e154, 5e-324, f64::NAN, f64::INFINITY,
        ]).prop_map(Some),
        1 => Just(None),
    ]
}

fn inputs(numbers: &[Option<f64>], rows: usize) -> Inputs {
    let mut inputs = Inputs::new();
    for (index, &input) in Input::ALL.iter().enumerate() {
        let column = (0..rows)
            .map(|row| numbers[(index * rows + row) % numbers.len()])
            .collect();
        inputs = inputs.with(input, column);
    }
    inputs
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn effects_are_finite_or_refused(numbers in prop::collection::vec(number(), 63), to in 0usize..4) {
        for &measure in Measure::ALL {
            for &vtype in measure.variances() {
                let options = Options { vtype, to: AddTo::ALL[to], ..Options::default() };
                let Ok(effects) = compute(measure, &inputs(&numbers, 3), &options) else {
                    prop_assert_eq!(measure.family(), Family::Generic);
                    continue;
                };
                for effect in effects.into_iter().flatten().flatten() {
                    prop_assert!(effect.y.is_finite() && effect.v.is_finite(), "{} {:?}", measure, effect);
                    prop_assert!(effect.v >= 0.0, "{} {:?}", measure, effect);
                }
            }
        }
    }

    #[test]
    fn the_order_of_studies_does_not_matter(numbers in prop::collection::vec(number(), 63)) {
        for &measure in Measure::ALL {
            let forwards = inputs(&numbers, 3);
            let mut backwards = Inputs::new();
            for input in forwards.given().collect::<Vec<_>>() {
                let column = (0..3).rev().map(|row| forwards.get(input, row)).collect();
                backwards = backwards.with(input, column);
            }
            let (Ok(there), Ok(back)) = (
                compute(measure, &forwards, &Options::default()),
                compute(measure, &backwards, &Options::default()),
            ) else { continue };
            let returned: Vec<_> = back.into_iter().rev().collect();
            prop_assert_eq!(format!("{there:?}"), format!("{returned:?}"));
        }
    }

    #[test]
    fn back_transforms_rise(y in -3.0..3.0_f64, step in 1e-6..1.0_f64, n in 1.0..500.0_f64) {
        for &measure in Measure::ALL {
            let (a, b) = (measure.transformed(y, Some(n)), measure.transformed(y + step, Some(n)));
            prop_assert!(a.unwrap() <= b.unwrap() + 1e-12, "{}", measure);
        }
    }
}
