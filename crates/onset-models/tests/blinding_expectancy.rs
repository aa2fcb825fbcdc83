//! Expectancy and bias adjustment: by hand, against printed values, and by a second route.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use onset_effects::Effects;
use onset_models::blinding::{
    Belief, BiasPrior, ExpectancyError, SlopePrior, bias_adjusted, expectancy_posterior, tipping_point,
    without_expectancy,
};
use onset_models::pool::Options;

/// Reference values are printed with four decimals.
const PRINTED: f64 = 5e-5;
/// Two quadratures of one smooth integrand.
const QUADRATURE: f64 = 1e-6;

fn effects(y: &[f64], v: &[f64]) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y.to_vec(), v.to_vec(), labels).unwrap()
}

fn belief(difference: f64, spread: f64, observed: bool) -> Belief {
    Belief {
        difference,
        spread,
        observed,
    }
}

#[test]
fn bias_adjustment_of_the_saline_and_midazolam_contrast() {
    let effects = effects(&[0.7, 1.8], &[0.128_f64.powi(2), 0.204_f64.powi(2)]);
    let page = |kappa: f64, phi: f64| BiasPrior {
        mean: 0.37,
        standard_error: 0.2066,
        between_trials: kappa,
        between_meta_analyses: phi,
    };
    let hrobjartsson = |kappa: f64, phi: f64| BiasPrior {
        mean: 0.56,
        standard_error: 0.0765,
        ..page(kappa, phi)
    };
    let none = BiasPrior {
        mean: 0.0,
        standard_error: 0.0,
        between_trials: 0.0,
        between_meta_analyses: 0.0,
    };
    let cases = [
        (none, 0.0, 1.0107, 0.1084),
        (page(0.0, 0.0), 0.0, 0.8188, 0.1171),
        (page(0.1, 0.2), 0.0, 0.7794, 0.1208),
        (page(0.1, 0.2), 0.04, 0.8784, 0.2064),
        (hrobjartsson(0.0, 0.0), 0.0, 0.8386, 0.1104),
        (hrobjartsson(0.1, 0.2), 0.0, 0.7777, 0.1184),
    ];
    for (prior, tau2, estimate, error) in cases {
        let found = bias_adjusted(&effects, &[0.0, 1.0], &prior, tau2).unwrap();
        assert!((found.estimate - estimate).abs() < PRINTED, "{found:?}");
        assert!((found.standard_error - error).abs() < PRINTED, "{found:?}");
    }
}

#[test]
fn expectancy_taken_out_by_hand_and_where_it_tips() {
    let effects = effects(&[-8.0, -4.0, -6.0], &[4.0, 4.0, 4.0]);
    let beliefs = [0.5, 0.0, 0.25].map(|b| belief(b, 0.0, true));
    let options = Options::common();
    // mean -6, mean B 0.25: the mean falls by 0.25 e
    let found = without_expectancy(&effects, &beliefs, -8.0, &options)
        .unwrap()
        .value;
    assert!((found.mean.estimate + 4.0).abs() < 1e-12);
    let tip = tipping_point(&effects, &beliefs, -3.0, -40.0, &options)
        .unwrap()
        .unwrap();
    assert!((tip + 12.0).abs() < 1e-9, "{tip}");
    assert_eq!(
        tipping_point(&effects, &beliefs, -3.0, -10.0, &options).unwrap(),
        None
    );
    // an uncertain belief widens the interval, and slope 0 changes nothing
    let vague = [0.5, 0.0, 0.25].map(|b| belief(b, 0.3, false));
    let wide = without_expectancy(&effects, &vague, -8.0, &options)
        .unwrap()
        .value;
    assert!(wide.mean.standard_error > found.mean.standard_error);
    let same = without_expectancy(&effects, &vague, 0.0, &options).unwrap().value;
    assert!((same.mean.estimate + 6.0).abs() < 1e-12);
}

#[test]
fn a_fixed_slope_without_heterogeneity_is_the_common_effect_model() {
    let effects = effects(&[-8.0, -4.0, -7.0], &[4.0, 9.0, 2.0]);
    let beliefs = [
        belief(0.4, 0.1, true),
        belief(0.0, 0.0, true),
        belief(0.6, 0.2, false),
    ];
    let fixed = SlopePrior::Normal { mean: -5.0, sd: 0.0 };
    let found = expectancy_posterior(&effects, &beliefs, fixed, 0.0, -3.0, 0.95).unwrap();
    let pooled = without_expectancy(&effects, &beliefs, -5.0, &Options::common())
        .unwrap()
        .value;
    assert!((found.mean - pooled.mean.estimate).abs() < 1e-10);
    assert!((found.sd - pooled.mean.standard_error).abs() < 1e-10);
    assert!((found.lower - pooled.mean.ci_lower).abs() < 1e-8);
}

#[test]
fn the_posterior_equals_a_dense_sum() {
    let (y, v) = ([-8.0, -7.6, -3.7], [5.9, 3.6, 8.2]);
    let beliefs = [
        belief(0.4, 0.2, false),
        belief(0.6, 0.2, false),
        belief(0.03, 0.13, true),
    ];
    let (prior_mean, prior_sd, scale) = (-3.7, 2.1, 5.0);
    let slope = SlopePrior::Normal {
        mean: prior_mean,
        sd: prior_sd,
    };
    let found = expectancy_posterior(&effects(&y, &v), &beliefs, slope, scale, -3.0, 0.95).unwrap();
    // second route: midpoint sums over a much finer grid, delta on the grid of the other two
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    let (steps, taus) = (600, 3000);
    for i in 0..steps {
        let z = -9.0 + 18.0 * (f64::from(i) + 0.5) / f64::from(steps);
        let e = prior_mean + z * prior_sd;
        for j in 0..taus {
            let tau = 6.0 * scale * (f64::from(j) + 0.5) / f64::from(taus);
            let (mut w, mut wy, mut wyy, mut det) = (0.0, 0.0, 0.0, 1.0_f64);
            for ((y, v), b) in y.iter().zip(v).zip(&beliefs) {
                let s2 = v + tau * tau + (e * b.spread).powi(2);
                let r = y - e * b.difference;
                w += 1.0 / s2;
                wy += r / s2;
                wyy += r * r / s2;
                det *= s2;
            }
            let density =
                (-0.5 * (z * z + (tau / scale).powi(2) + wyy - wy * wy / w)).exp() / (det * w).sqrt();
            total += density;
            first += density * wy / w;
            second += density * (1.0 / w + (wy / w).powi(2));
        }
    }
    let mean = first / total;
    let sd = (second / total - mean * mean).sqrt();
    assert!(
        (found.mean - mean).abs() < QUADRATURE * sd.max(1.0),
        "{} {mean}",
        found.mean
    );
    assert!(
        (found.sd - sd).abs() < QUADRATURE * sd.max(1.0),
        "{} {sd}",
        found.sd
    );
}

#[test]
fn a_flat_slope_is_refused_with_two_observed_beliefs() {
    let effects = effects(&[-8.0, -7.6, -3.7, -5.0], &[5.9, 3.6, 8.2, 4.0]);
    let mut beliefs = [
        belief(0.4, 0.2, true),
        belief(0.6, 0.2, false),
        belief(0.03, 0.13, true),
        belief(0.2, 0.2, false),
    ];
    let flat =
        |beliefs: &[Belief]| expectancy_posterior(&effects, beliefs, SlopePrior::Flat, 5.0, -3.0, 0.95);
    assert!(matches!(
        flat(&beliefs),
        Err(ExpectancyError::FlatSlope {
            observed: 2,
            needed: 3
        })
    ));
    beliefs[1].observed = true;
    assert!(flat(&beliefs).unwrap().slope_sd > 0.0);
    assert!(flat(&beliefs[..2]).is_err());
}
