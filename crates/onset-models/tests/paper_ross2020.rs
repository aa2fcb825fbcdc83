//! Ross & Soeteman 2020 (Psychiatr Serv 71:988): esketamine v oral antidepressants, United States, five years.
//!
//! The abstract prints time in remission (25.3 to 31.1 % of life-years), the QALYs gained (.07), extra costs ($16,995 health
//! sector, $16,617 societal) and their ratios ($242,496 and $237,111 per QALY). Utilities and transitions are not in it, so the
//! cohort is run with the printed shares, and the one free value, how much utility remission adds, is limited by the printed .07.
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use onset_models::economics::{Cohort, Cycle, Draws, assess, cohort};

/// Time in remission, share of life-years.
const REMISSION: [f64; 2] = [0.253, 0.311];
const HEALTH_SECTOR: f64 = 16_995.0;
const SOCIETAL: f64 = 16_617.0;
/// The printed .07 stands for this range.
const QALY: (f64, f64) = (0.065, 0.075);
/// 16,995 over that range, outwards to whole dollars.
const RATIO: (f64, f64) = (226_600.0, 261_462.0);
const MONTHS: usize = 60;

/// QALYs of five years with this share in remission, monthly cycles, undiscounted.
fn qaly(share: f64, gain: f64) -> f64 {
    let model = Cohort {
        start: vec![share, 1.0 - share],
        cycles: vec![Cycle {
            transition: vec![1.0, 0.0, 0.0, 1.0],
            cost: vec![0.0, 0.0],
            utility: vec![0.5 + gain, 0.5],
        }],
        horizon: MONTHS,
        years: 1.0 / 12.0,
        discount: 0.0,
    };
    let trace = cohort(&model).unwrap();
    assert!((trace.years[0] - 5.0 * share).abs() < 1e-12);
    trace.qaly
}

fn ratio(cost: f64, gain: f64) -> f64 {
    let extra = qaly(REMISSION[1], gain) - qaly(REMISSION[0], gain);
    let draws = Draws {
        effect: vec![extra; 2],
        cost: vec![cost; 2],
    };
    assess(&draws, &[], 0.95).unwrap().ratio.unwrap()
}

#[test]
fn the_ratio_lies_in_the_range_of_the_rounded_qalys() {
    // .058 x 5 years in remission: gains of .224 to .259 give the printed .07
    let years = 5.0 * (REMISSION[1] - REMISSION[0]);
    for step in 0..=100 {
        let gained = QALY.0 + (QALY.1 - QALY.0) * f64::from(step) / 100.0;
        let found = ratio(HEALTH_SECTOR, gained / years);
        assert!((RATIO.0 - 1.0..=RATIO.1).contains(&found), "{found}");
    }
    assert!((RATIO.0..=RATIO.1).contains(&242_496.0));
    assert!((ratio(HEALTH_SECTOR, 0.07 / years) - 242_786.0).abs() < 1.0);
}

/// The gain that gives one printed ratio gives the other, to the rounding of the costs to whole dollars.
#[test]
fn one_gain_of_utility_gives_both_printed_ratios() {
    let years = 5.0 * (REMISSION[1] - REMISSION[0]);
    let gain = HEALTH_SECTOR / 242_496.0 / years;
    assert!((gain - 0.2417).abs() < 5e-5);
    // half a dollar of 16,617 is 7.1 dollars of the ratio, half a dollar of 16,995 another 7.0
    assert!((ratio(SOCIETAL, gain) - 237_111.0).abs() < 14.2);
}

/// "A greater than 95 % likelihood that the ratio would be above $150,000": at 150,000 per QALY even the upper end of .07 does
/// not pay for the extra cost.
#[test]
fn at_150_000_per_qaly_it_does_not_pay() {
    let draws = Draws {
        effect: vec![QALY.0, QALY.1],
        cost: vec![SOCIETAL, SOCIETAL],
    };
    let found = assess(&draws, &[150_000.0, 300_000.0], 0.95).unwrap();
    assert_eq!(found.at[0].chance, 0.0);
    assert_eq!(found.at[1].chance, 1.0);
}
