//! Beta-binomial and penalised logistic models by other routes: gamma functions, brute force, simple cases.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_math::linalg::Matrix;
use onset_math::minimize::{NelderMead, nelder_mead};
use onset_math::special::{ln_1p_exp, ln_beta, ln_choose, logistic};
use onset_models::counts::{beta_binomial, firth};
use onset_models::pool::{CountMeasure, Counts, PoolError};
use support::column;

/// ln B of large arguments loses about three digits to cancellation.
const GAMMA_FUNCTIONS: f64 = 1e-9;
/// A simplex in three dimensions stops within about 1e-5 of a flat maximum.
const SIMPLEX: f64 = 1e-4;

fn tables() -> Vec<Counts> {
    let read = |header| column("nielweise2007", header);
    let (a, n1, c, n2) = (read("ai"), read("n1i"), read("ci"), read("n2i"));
    (0..a.len())
        .map(|i| Counts {
            a: a[i],
            b: n1[i] - a[i],
            c: c[i],
            d: n2[i] - c[i],
        })
        .collect()
}

/// From the definition: beta functions with alpha = p/s, beta = (1 - p)/s.
fn by_beta_functions(tables: &[Counts], p: f64, q: f64, s: f64) -> f64 {
    let group = |x: f64, n: f64, p: f64| {
        let (a, b) = (p / s, (1.0 - p) / s);
        ln_choose(n, x) + ln_beta(x + a, n - x + b) - ln_beta(a, b)
    };
    tables
        .iter()
        .map(|t| group(t.a, t.n1(), p) + group(t.c, t.n2(), q))
        .sum()
}

#[test]
fn beta_binomial_is_the_maximum_of_its_definition() {
    let tables = tables();
    let found = beta_binomial(&tables, CountMeasure::OddsRatio, 0.95).unwrap();
    assert_eq!(found.k, 18);
    let s = found.rho / (1.0 - found.rho);
    let at = by_beta_functions(&tables, found.risk[0], found.risk[1], s);
    assert!(
        (at - found.fit.loglik).abs() < GAMMA_FUNCTIONS,
        "{at} {}",
        found.fit.loglik
    );
    let brute = nelder_mead(
        |x: &[f64]| -by_beta_functions(&tables, logistic(x[0]), logistic(x[1]), x[2].exp()),
        &[-4.0, -3.0, -3.0],
        NelderMead::default(),
    );
    assert!((brute.x[0] - brute.x[1] - found.mean.estimate).abs() < SIMPLEX);
    assert!(-brute.value <= found.fit.loglik + GAMMA_FUNCTIONS);
    // the standard error from second differences of the definition
    let h = 1e-3;
    let ln = |x: [f64; 3]| by_beta_functions(&tables, logistic(x[0]), logistic(x[1]), x[2].exp());
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let top = [logit(found.risk[0]), logit(found.risk[1]), s.ln()];
    let information = Matrix::from_fn(3, 3, |i, j| {
        let shifted = |a: f64, b: f64| {
            let mut x = top;
            x[i] += a * h;
            x[j] += b * h;
            ln(x)
        };
        -(shifted(1.0, 1.0) - shifted(1.0, -1.0) - shifted(-1.0, 1.0) + shifted(-1.0, -1.0)) / (4.0 * h * h)
    });
    let v = onset_math::linalg::inverse(&information).unwrap();
    let se = (v[(0, 0)] + v[(1, 1)] - 2.0 * v[(0, 1)]).sqrt();
    assert!(
        (se / found.mean.standard_error - 1.0).abs() < 1e-4,
        "{se} {}",
        found.mean.standard_error
    );
    // one maximum, whatever the scale
    let [p, q] = found.risk;
    let rr = beta_binomial(&tables, CountMeasure::RiskRatio, 0.95).unwrap();
    assert!((rr.mean.estimate - (p / q).ln()).abs() < 1e-12 && rr.fit == found.fit);
    let rd = beta_binomial(&tables, CountMeasure::RiskDifference, 0.95).unwrap();
    assert!((rd.mean.estimate - (p - q)).abs() < 1e-15);
}

#[test]
fn without_spread_it_is_one_big_table() {
    let t = Counts {
        a: 3.0,
        b: 17.0,
        c: 6.0,
        d: 14.0,
    };
    let found = beta_binomial(&[t; 4], CountMeasure::OddsRatio, 0.95).unwrap();
    assert_eq!((found.rho, found.solution.kind()), (0.0, "boundary"));
    assert!((found.mean.estimate - (3.0 * 14.0 / (17.0 * 6.0_f64)).ln()).abs() < 1e-12);
    let woolf: f64 = (1.0 / 12.0 + 1.0 / 68.0 + 1.0 / 24.0 + 1.0 / 56.0_f64).sqrt();
    assert!((found.mean.standard_error - woolf).abs() < 1e-12);
    let empty = Counts { a: 0.0, b: 20.0, ..t };
    assert!(matches!(
        beta_binomial(&[empty; 3], CountMeasure::OddsRatio, 0.95),
        Err(PoolError::NotEstimable)
    ));
}

/// Penalised log-likelihood with the determinant of the whole information matrix.
fn penalised(tables: &[Counts], x: &[f64]) -> f64 {
    let k = tables.len();
    let mut information = Matrix::zeros(k + 1, k + 1);
    let mut value = 0.0;
    for (i, t) in tables.iter().enumerate() {
        for (events, n, side) in [(t.a, t.n1(), 0.5), (t.c, t.n2(), -0.5)] {
            let eta = x[i + 1] + side * x[0];
            value += events * eta - n * ln_1p_exp(eta);
            let w = n * logistic(eta) * logistic(-eta);
            information[(0, 0)] += w * side * side;
            information[(i + 1, i + 1)] += w;
            information[(0, i + 1)] += w * side;
            information[(i + 1, 0)] += w * side;
        }
    }
    let det = onset_math::linalg::Cholesky::new(&information).map_or(f64::NEG_INFINITY, |c| c.ln_det());
    value + 0.5 * det
}

#[test]
fn firth_is_the_maximum_of_the_whole_determinant() {
    let tables = [
        Counts {
            a: 0.0,
            b: 40.0,
            c: 4.0,
            d: 37.0,
        },
        Counts {
            a: 0.0,
            b: 30.0,
            c: 2.0,
            d: 29.0,
        },
    ];
    let found = firth(&tables, 0.95).unwrap();
    assert!(found.mean.estimate.is_finite() && found.mean.estimate < 0.0);
    let start = [found.mean.estimate + 0.3, -3.0, -3.0];
    let brute = nelder_mead(|x: &[f64]| -penalised(&tables, x), &start, NelderMead::default());
    assert!(
        (brute.x[0] - found.mean.estimate).abs() < SIMPLEX,
        "{brute:?} {found:?}"
    );
    // at a limit the best levels leave the likelihood a quantile lower
    let drop = 0.5 * 3.841_458_820_694_124;
    for limit in [found.mean.ci_lower, found.mean.ci_upper] {
        let best = nelder_mead(
            |g: &[f64]| -penalised(&tables, &[limit, g[0], g[1]]),
            &[-3.0, -3.0],
            NelderMead::default(),
        );
        assert!((best.value - brute.value - drop).abs() < 1e-6);
    }
}

/// One table: Firth's estimate adds half to every cell (its information is that of the saturated model).
#[test]
fn one_table_adds_a_half() {
    let t = Counts {
        a: 0.0,
        b: 12.0,
        c: 5.0,
        d: 9.0,
    };
    let found = firth(&[t], 0.95).unwrap();
    let halves = (0.5 * 9.5 / (12.5 * 5.5_f64)).ln();
    assert!((found.mean.estimate - halves).abs() < 1e-9);
    let swapped = Counts {
        a: t.c,
        b: t.d,
        c: t.a,
        d: t.b,
    };
    assert!((firth(&[swapped], 0.95).unwrap().mean.estimate + halves).abs() < 1e-9);
    assert!(firth(&[], 0.95).is_err());
}
