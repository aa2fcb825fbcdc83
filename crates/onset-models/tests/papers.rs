//! Published analyses: what their authors printed, to the digits printed.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_models::counts::{GlmmData, GlmmModel, GlmmOptions, glmm};
use onset_models::pool::{
    CountMeasure, Counts, Options, PredictionChoice, PredictionKind, StrataOptions, Tau2IntervalKind,
    Tau2Method, Test, mantel_haenszel, pool,
};
use onset_models::regress::{Design, regress};
use support::column;

/// Agrees with a number printed to `digits` decimals.
fn printed(ours: f64, theirs: f64, digits: i32, what: &str) {
    let half = 0.5001 * 10_f64.powi(-digits);
    assert!((ours - theirs).abs() <= half, "{what}: {ours} against {theirs}");
}

fn named(y: Vec<f64>, v: Vec<f64>) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, v, labels).unwrap()
}

fn bcg(odds: bool) -> Effects {
    let read = |header| column("bcg", header);
    let (a, b, c, d) = (read("tpos"), read("tneg"), read("cpos"), read("cneg"));
    let (mut y, mut v) = (Vec::new(), Vec::new());
    for i in 0..a.len() {
        if odds {
            y.push((a[i] * d[i] / (b[i] * c[i])).ln());
            v.push(1.0 / a[i] + 1.0 / b[i] + 1.0 / c[i] + 1.0 / d[i]);
        } else {
            let (n1, n2) = (a[i] + b[i], c[i] + d[i]);
            y.push((a[i] / n1 / (c[i] / n2)).ln());
            v.push(1.0 / a[i] - 1.0 / n1 + 1.0 / c[i] - 1.0 / n2);
        }
    }
    named(y, v)
}

/// Colditz et al. 1994, JAMA 271:698, abstract: trials, relative risk of tuberculosis .49 (.34 to .70),
/// DerSimonian-Laird.
#[test]
fn colditz_1994() {
    let found = pool(&bcg(false), &Options::random(Tau2Method::Dl).with_test(Test::Z)).unwrap();
    let mean = found.value.mean;
    printed(mean.estimate.exp(), 0.49, 2, "risk ratio");
    printed(mean.ci_lower.exp(), 0.34, 2, "lower");
    printed(mean.ci_upper.exp(), 0.70, 2, "upper");
}

/// Viechtbauer 2010, J Stat Softw 36(3), section 3.1 (random-effects model and `confint`).
#[test]
fn viechtbauer_2010_random_effects() {
    let found = pool(&bcg(false), &Options::default().with_test(Test::Z))
        .unwrap()
        .value;
    printed(found.tau2.value, 0.3132, 4, "tau2");
    printed(found.tau2.standard_error.unwrap(), 0.1664, 4, "SE of tau2");
    printed(found.i2, 92.22, 2, "I2");
    printed(found.h2, 12.86, 2, "H2");
    printed(found.q.value, 152.2330, 4, "Q");
    printed(found.mean.estimate, -0.7145, 4, "estimate");
    printed(found.mean.standard_error, 0.1798, 4, "SE");
    printed(found.mean.ci_lower, -1.0669, 4, "lower");
    printed(found.mean.ci_upper, -0.3622, 4, "upper");
    let interval = found.tau2_interval.unwrap();
    printed(interval.lower, 0.1197, 4, "lower tau2");
    printed(interval.upper, 1.1115, 4, "upper tau2");
}

/// Viechtbauer 2010, section 3.2: absolute latitude and year.
#[test]
fn viechtbauer_2010_mixed_effects() {
    let (latitude, year) = (column("bcg", "ablat"), column("bcg", "year"));
    let design = Design::numeric(&[("ablat", &latitude), ("year", &year)]).unwrap();
    let found = regress(&bcg(false), &design, &Options::default().with_test(Test::Z))
        .unwrap()
        .value;
    printed(found.tau2.value, 0.1108, 4, "tau2");
    printed(found.q.value, 28.3251, 4, "QE");
    // 12.2043 in print: tau2 was iterated to 1e-5 there
    printed(found.moderators.unwrap().value, 12.20, 2, "QM");
    // for the same reason the intercept, at year 0, keeps three decimals
    let expected = [
        (-3.545, 3, 29.1, 1),
        (-0.0280, 4, 0.0102, 4),
        (0.0019, 4, 0.0147, 4),
    ];
    for (c, (estimate, digits, se, of_se)) in found.coefficients.iter().zip(expected) {
        printed(c.estimate.estimate, estimate, digits, &c.name);
        printed(c.estimate.standard_error, se, of_se, &c.name);
    }
}

/// van Houwelingen, Arends & Stijnen 2002, Stat Med 21:589, section 3 (log odds ratios): common effect -0.436
/// (SE 0.042); random effects by ML -0.742 (SE 0.178), between-trial variance 0.302.
#[test]
fn van_houwelingen_2002() {
    let effects = bcg(true);
    let common = pool(&effects, &Options::common()).unwrap().value.mean;
    printed(common.estimate, -0.436, 3, "common");
    printed(common.standard_error, 0.042, 3, "SE of common");
    let ml = pool(&effects, &Options::random(Tau2Method::Ml).with_test(Test::Z))
        .unwrap()
        .value;
    printed(ml.mean.estimate, -0.742, 3, "ML");
    printed(ml.mean.standard_error, 0.178, 3, "SE of ML");
    printed(ml.tau2.value, 0.302, 3, "tau2");
    // the metafor site's page on this paper: Q-profile interval 0.1302 to 1.1812, searched to three decimals
    let options = Options {
        tau2_interval: Some(Tau2IntervalKind::QProfile),
        ..Options::random(Tau2Method::Ml)
    };
    let interval = pool(&effects, &options).unwrap().value.tau2_interval.unwrap();
    printed(interval.lower, 0.130, 3, "lower");
    printed(interval.upper, 1.181, 3, "upper");
}

/// Raudenbush & Bryk 1985, J Educ Stat 10:75, p. 83: 19 experiments on teacher expectancy, REML mean .084, variance
/// of the effects .019; with weeks of contact (capped at 3) intercept .407, slope -.157 and variance 0.
#[test]
fn raudenbush_bryk_1985() {
    let effects = named(column("raudenbush1985", "yi"), column("raudenbush1985", "vi"));
    let found = pool(&effects, &Options::default().with_test(Test::Z))
        .unwrap()
        .value;
    printed(found.mean.estimate, 0.084, 3, "mean");
    printed(found.tau2.value, 0.019, 3, "tau2");
    let weeks: Vec<f64> = column("raudenbush1985", "weeks")
        .iter()
        .map(|w| w.min(3.0))
        .collect();
    let design = Design::numeric(&[("weeks", &weeks)]).unwrap();
    let found = regress(&effects, &design, &Options::default().with_test(Test::Z))
        .unwrap()
        .value;
    printed(found.coefficients[0].estimate.estimate, 0.407, 3, "intercept");
    printed(found.coefficients[1].estimate.estimate, -0.157, 3, "slope");
    assert!(found.tau2.value < 1e-8);
}

/// Hackshaw, Law & Wald 1997, BMJ 315:980, abstract: 37 studies of passive smoking, excess risk of lung cancer
/// 24 % (13 % to 36 %).
#[test]
fn hackshaw_1997() {
    let effects = named(column("hackshaw1998", "yi"), column("hackshaw1998", "vi"));
    assert_eq!(effects.k(), 37);
    let found = pool(&effects, &Options::random(Tau2Method::Dl).with_test(Test::Z))
        .unwrap()
        .value
        .mean;
    printed(found.estimate.exp(), 1.24, 2, "relative risk");
    printed(found.ci_lower.exp(), 1.13, 2, "lower");
    printed(found.ci_upper.exp(), 1.36, 2, "upper");
}

/// Gelman et al. 2013, Bayesian Data Analysis, section 5.5 (data: Rubin 1981, table 5.2): eight schools, complete
/// pooling 7.7 with standard error 4.1.
#[test]
fn gelman_2013_eight_schools() {
    let y = vec![28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
    let v = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]
        .map(|s: f64| s * s)
        .to_vec();
    let found = pool(&named(y, v), &Options::common()).unwrap().value.mean;
    printed(found.estimate, 7.7, 1, "estimate");
    printed(found.standard_error, 4.1, 1, "SE");
}

/// The pimeta vignette (Nagashima 2025) on 13 trials of cisapride (Hartung & Knapp 2001, Stat Med 20:3875): I2 69.9 %,
/// tau2 .718, odds ratio 4.141. The bootstrap interval is checked in `prediction_bootstrap.rs`.
#[test]
fn nagashima_2025_cisapride() {
    let a = [
        15.0, 12.0, 29.0, 42.0, 14.0, 44.0, 14.0, 29.0, 10.0, 17.0, 38.0, 19.0, 21.0,
    ];
    let n1 = [
        16.0, 16.0, 34.0, 56.0, 22.0, 54.0, 17.0, 58.0, 14.0, 26.0, 44.0, 29.0, 38.0,
    ];
    let c = [
        9.0, 1.0, 18.0, 31.0, 6.0, 17.0, 7.0, 23.0, 3.0, 6.0, 12.0, 22.0, 19.0,
    ];
    let n2 = [
        16.0, 16.0, 34.0, 56.0, 22.0, 55.0, 15.0, 58.0, 15.0, 27.0, 45.0, 30.0, 38.0,
    ];
    let (mut y, mut v) = (Vec::new(), Vec::new());
    for i in 0..13 {
        let cells: [f64; 4] = [a[i] + 0.5, n1[i] - a[i] + 0.5, c[i] + 0.5, n2[i] - c[i] + 0.5];
        y.push((cells[0] * cells[3] / (cells[1] * cells[2])).ln());
        v.push(cells.iter().map(|x| 1.0 / x).sum::<f64>());
    }
    printed(y[0], 2.098986, 6, "first effect");
    printed(v[1].sqrt(), 1.0165653, 7, "second standard error");
    let options = Options {
        prediction: PredictionChoice::Kind(PredictionKind::Hts),
        ..Options::random(Tau2Method::Dl)
    };
    let found = pool(&named(y, v), &options).unwrap().value;
    printed(found.mean.estimate.exp(), 4.141, 3, "odds ratio");
    printed(found.tau2.value, 0.718, 3, "tau2");
    printed(found.i2, 69.9, 1, "I2");
}

/// Stijnen, Hamza & Ozdemir 2010, Stat Med 29:3046, catheter data: the hypergeometric-normal model, log odds ratio
/// -1.353 (SE 0.351).
#[test]
fn stijnen_2010() {
    let read = |header| column("nielweise2007_glmm", header);
    let (a, n1, c, n2) = (read("ai"), read("n1i"), read("ci"), read("n2i"));
    let tables: Vec<Counts> = (0..a.len())
        .map(|i| Counts {
            a: a[i],
            b: n1[i] - a[i],
            c: c[i],
            d: n2[i] - c[i],
        })
        .collect();
    let options = GlmmOptions::default();
    let found = glmm(GlmmData::Tables(&tables), GlmmModel::CmEl, None, &options)
        .unwrap()
        .value;
    let mean = found.coefficients[0].estimate;
    printed(mean.estimate, -1.353, 3, "estimate");
    printed(mean.standard_error, 0.351, 3, "SE");
}

/// Fleiss 1993, Stat Methods Med Res 2:121: aspirin after myocardial infarction, as a Review Manager 5 file prints it
/// (Mantel-Haenszel odds ratio, its logarithmic limits to base 10, and Q around it).
#[test]
fn fleiss_1993_as_review_manager_prints_it() {
    let rows = [
        [49.0, 615.0, 67.0, 624.0],
        [44.0, 758.0, 64.0, 771.0],
        [102.0, 832.0, 126.0, 850.0],
        [32.0, 317.0, 38.0, 309.0],
        [85.0, 810.0, 52.0, 406.0],
        [246.0, 2267.0, 219.0, 2257.0],
        [1570.0, 8587.0, 1720.0, 8600.0],
    ];
    let tables: Vec<Counts> = rows
        .iter()
        .map(|[a, n1, c, n2]| Counts {
            a: *a,
            b: n1 - a,
            c: *c,
            d: n2 - c,
        })
        .collect();
    let found = mantel_haenszel(&tables, CountMeasure::OddsRatio, &StrataOptions::default()).unwrap();
    printed(found.mean.estimate.exp(), 0.8968655609130709, 12, "odds ratio");
    printed(
        found.mean.ci_lower / 10_f64.ln(),
        -0.07545484120114404,
        9,
        "lower",
    );
    printed(
        found.mean.ci_upper / 10_f64.ln(),
        -0.019090463404662757,
        9,
        "upper",
    );
    printed(found.q.value, 9.946055983220074, 11, "Q");
    // its chi-squared tail keeps six digits
    printed(found.q.p, 0.126942, 6, "p of Q");
    printed(found.i2, 39.67458045558399, 10, "I2");
}
