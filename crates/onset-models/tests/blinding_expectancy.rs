//! Expectancy and bias adjustment: by hand, against printed values, and by a second route.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use onset_effects::Effects;
use onset_models::blinding::{
    ArmGuesses, Belief, BiasPrior, ExpectancyError, Guessing, SlopePrior, Stratum, bang, belief_difference,
    bias_adjusted, correct_guess_rate_curve, expectancy_posterior, pooled_bang, tipping_point,
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

/// Two optimisers of one likelihood: metafor's nlminb stops near 1e-8 of the log likelihood.
const OPTIMISED: f64 = 2e-4;

/// Guesses (active, control, don't know of n) in the active and the control arm: CRISP, Houweling's patients and
/// Lii 2023 with five made-up trials. Reference: metafor 3.8-1, `rma.mv(y, v, mods = ~ arm - 1,
/// random = ~ arm | trial, struct = "UN")`.
const TRIALS: [[f64; 6]; 8] = [
    [82.0, 25.0, 277.0, 27.0, 29.0, 139.0],
    [143.0, 14.0, 345.0, 104.0, 57.0, 336.0],
    [9.0, 5.0, 19.0, 8.0, 5.0, 19.0],
    [40.0, 20.0, 80.0, 30.0, 25.0, 80.0],
    [55.0, 10.0, 90.0, 20.0, 50.0, 95.0],
    [30.0, 30.0, 70.0, 25.0, 20.0, 65.0],
    [70.0, 12.0, 100.0, 35.0, 33.0, 100.0],
    [22.0, 18.0, 50.0, 30.0, 12.0, 55.0],
];

fn guesses(active: f64, control: f64, n: f64) -> ArmGuesses {
    ArmGuesses {
        active,
        control,
        dont_know: n - active - control,
    }
}

#[test]
fn bang_indices_of_both_arms_are_pooled_together() {
    let trials: Vec<_> = TRIALS
        .iter()
        .map(|[a, b, n, c, d, m]| {
            (
                bang(&guesses(*a, *b, *n), true).unwrap(),
                bang(&guesses(*c, *d, *m), false).unwrap(),
            )
        })
        .collect();
    let pooled = pooled_bang(&trials, 0.95).unwrap();
    let expected = [
        (pooled.active.estimate, 0.2886421921432),
        (pooled.control.estimate, -0.0510479533153),
        (pooled.active.standard_error, 0.0723515065896),
        (pooled.control.standard_error, 0.0665120914761),
        (pooled.covariance, 0.00237251023297),
        (pooled.tau2[0], 0.0335909830439),
        (pooled.tau2[1], 0.0270546078864),
        (pooled.rho, 0.6033523316229),
    ];
    for (ours, theirs) in expected {
        assert!((ours - theirs).abs() < OPTIMISED, "{ours} v {theirs}");
    }
    assert!(pooled.loglik > 4.0915864582783 - 1e-7, "{}", pooled.loglik);
    let half = 0.5 * (pooled.active.estimate + pooled.control.estimate);
    assert_eq!(pooled.difference.estimate, half);
    assert_eq!(pooled.guessing, Guessing::Unclear);
    assert!(pooled_bang(&trials[..2], 0.95).is_err(), "two trials are too few");
    // the same trials with the arms' names turned give the same B
    let turned: Vec<_> = trials.iter().map(|(t, c)| (*c, *t)).collect();
    let turned = pooled_bang(&turned, 0.95).unwrap();
    assert!((turned.difference.estimate - half).abs() < OPTIMISED);
}

#[test]
fn scenarios_are_told_by_both_signs() {
    let made = |active: f64, control: f64| {
        let index = |x: f64| guesses(50.0 * (1.0 + x), 50.0 * (1.0 - x), 100.0);
        let turned = |x: f64| guesses(50.0 * (1.0 - x), 50.0 * (1.0 + x), 100.0);
        let trials: Vec<_> = [-0.02, 0.0, 0.02]
            .iter()
            .map(|shift| {
                (
                    bang(&index(active + shift), true).unwrap(),
                    bang(&turned(control + shift), false).unwrap(),
                )
            })
            .collect();
        pooled_bang(&trials, 0.95).unwrap().guessing
    };
    assert_eq!(made(0.5, 0.5), Guessing::Unblinded);
    assert_eq!(made(0.5, -0.5), Guessing::Wishful);
    assert_eq!(made(-0.5, 0.5), Guessing::Disappointed);
    assert_eq!(made(0.0, 0.0), Guessing::Unclear);
}

/// Strata of one table and, where it has one, one scale.
fn strata(file: &str, scale: Option<&str>, column: &str) -> ([Stratum; 4], [Stratum; 2]) {
    let path = format!("{}/../../oracles/methods/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|h| *h == name);
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let find = |arm: &str, guess: &str| {
        let row = rows.iter().find(|row| {
            row[at("allocation").unwrap()] == arm
                && row[at("guess").unwrap()] == guess
                && scale.is_none_or(|scale| row[at("scale").unwrap()] == scale)
        });
        row.map_or(Stratum { n: 0.0, mean: 0.0 }, |row| Stratum {
            n: row[at("n").unwrap()].parse().unwrap(),
            mean: row[at(column).unwrap()].parse().unwrap(),
        })
    };
    (
        [
            find("AC", "AC"),
            find("AC", "PL"),
            find("PL", "AC"),
            find("PL", "PL"),
        ],
        [find("AC", "U"), find("PL", "U")],
    )
}

#[test]
fn the_curve_of_the_microdose_strata_meets_the_reference() {
    // analytic curve, three printed decimals; the published curves resample kernel densities and lie within 0.6
    let cases = [
        ("PANAS", 3.228, 1.237, Some((3.2, 1.1))),
        ("energy", 11.523, 7.321, Some((11.5, 6.8))),
        ("mood", 6.429, 2.709, None),
        ("creativity", 6.433, 2.060, None),
        ("intensity", 9.954, -0.326, None),
    ];
    for (scale, raw, half, published) in cases {
        let (strata, unknown) = strata("microdose_strata.csv", Some(scale), "mean");
        let curve = correct_guess_rate_curve(strata, unknown).unwrap();
        assert!((curve.raw - raw).abs() < 1e-3, "{scale}: {}", curve.raw);
        assert!((curve.at(0.5) - half).abs() < 1e-3, "{scale}: {}", curve.at(0.5));
        if let Some((printed_raw, printed_half)) = published {
            assert!((curve.raw - printed_raw).abs() < 0.6 && (curve.at(0.5) - printed_half).abs() < 0.6);
        }
    }
    let (panas, unknown) = strata("microdose_strata.csv", Some("PANAS"), "mean");
    let curve = correct_guess_rate_curve(panas, unknown).unwrap();
    assert!((curve.observed_rate - 0.644).abs() < 5e-4);
}

#[test]
fn the_curve_of_lii_2023_meets_the_reference() {
    let (strata, unknown) = strata("lii2023_strata.csv", None, "mean_madrs_d1_3");
    let curve = correct_guess_rate_curve(strata, unknown).unwrap();
    for (rate, difference) in [
        (14.0 / 27.0, -3.0263),
        (0.5, -2.8098),
        (0.7, -5.1813),
        (0.9, -7.6768),
    ] {
        assert!(
            (curve.at(rate) - difference).abs() < PRINTED,
            "{rate}: {}",
            curve.at(rate)
        );
    }
    let arms = [guesses(9.0, 5.0, 19.0), guesses(8.0, 5.0, 19.0)];
    let b = belief_difference(&arms[0], &arms[1]).unwrap();
    assert!((b.estimate - 0.0263).abs() < PRINTED);
    // a share of 0 from belief to outcome leaves the raw difference, a share of 1 takes the curve at one half
    assert_eq!(curve.adjusted(0.0), curve.raw);
    assert!((curve.adjusted(1.0) - curve.at(0.5)).abs() < 1e-12);
}
