//! Laws that hold for all arguments, checked on grids and on random arguments with a fixed seed.

use onset_math::quadrature::adaptive;
use onset_math::random::Stream;
use onset_math::{
    beta_dist, binomial, bivariate_normal, chi_squared, fisher_f, gamma_dist, hypergeometric, noncentral,
    normal, poisson, quadratic_form, special, student_t,
};

const WILD: [f64; 22] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    -0.0,
    -1.0,
    1.0,
    0.5,
    5e-324,
    1e-308,
    1e-20,
    0.1,
    2.0,
    3.7,
    50.0,
    1e3,
    1e7,
    1e15,
    1e100,
    1e308,
    -1e308,
    1.0 - f64::EPSILON,
];

/// Nothing panics or hangs, and a probability is a probability or NaN.
#[test]
fn no_argument_is_too_wild() {
    let probability = |p: f64, what: &str, args: &[f64]| {
        assert!(p.is_nan() || (0.0..=1.0).contains(&p), "{what} {args:?} = {p}");
    };
    for x in WILD {
        probability(normal::cdf(x), "normal", &[x]);
        normal::quantile(x);
        normal::ln_cdf(x);
        normal::pdf(x);
        special::digamma(x);
        special::trigamma(x);
        special::gamma(x);
        special::erfcx(x);
        for a in WILD {
            probability(student_t::cdf(x, a), "t", &[x, a]);
            probability(chi_squared::cdf(x, a), "chi2", &[x, a]);
            probability(chi_squared::sf(x, a), "chi2", &[x, a]);
            student_t::quantile(x, a);
            student_t::pdf(x, a);
            let q = chi_squared::quantile(x, a);
            assert!(q.is_nan() || q >= 0.0);
            special::ln_beta(x, a);
            special::ln_choose(x, a);
            probability(quadratic_form::cdf(x, &[a], &[1.0]), "form", &[x, a]);
            probability(poisson::cdf(7, x), "poisson", &[x]);
            for b in WILD {
                probability(beta_dist::cdf(x, a, b), "beta", &[x, a, b]);
                probability(fisher_f::sf(x, a, b), "F", &[x, a, b]);
                let q = beta_dist::quantile(x, a, b);
                probability(q, "beta quantile", &[x, a, b]);
                fisher_f::quantile(x, a, b);
                gamma_dist::quantile(x, a, b);
                gamma_dist::pdf(x, a, b);
                beta_dist::pdf(x, a, b);
                probability(bivariate_normal::cdf(x, a, b), "bivariate", &[x, a, b]);
            }
        }
    }
    for k in [0, 1, 5, u64::MAX] {
        for n in [0, 1, 5, 1_000_000_007, u64::MAX] {
            for p in WILD {
                probability(binomial::cdf(k, n, p), "binomial", &[p]);
                binomial::ln_pmf(k, n, p);
            }
            hypergeometric::ln_pmf(k, 3, n.min(10), n);
        }
    }
}

#[test]
fn noncentral_arguments() {
    for x in [f64::NAN, -3.0, 0.0, 1e-10, 1.0, 40.0, 1e6, f64::INFINITY] {
        for df in [f64::NAN, -1.0, 0.0, 0.2, 1.0, 8.0, 1e4, f64::INFINITY] {
            for delta in [f64::NAN, -30.0, -1.0, 0.0, 1e-8, 2.0, 30.0, f64::INFINITY] {
                for p in [
                    noncentral::t_cdf(x, df, delta),
                    noncentral::t_sf(x, df, delta),
                    noncentral::chi_squared_cdf(x, df, delta),
                    noncentral::chi_squared_sf(x, df, delta),
                    noncentral::f_cdf(x, df, 5.0, delta),
                    noncentral::f_sf(x, df, 5.0, delta),
                ] {
                    assert!(p.is_nan() || (0.0..=1.0).contains(&p), "{x} {df} {delta}: {p}");
                }
                let sum = noncentral::t_cdf(x, df, delta) + noncentral::t_sf(x, df, delta);
                assert!(
                    sum.is_nan() || (sum - 1.0).abs() < 1e-11,
                    "t {x} {df} {delta}: {sum}"
                );
            }
        }
    }
}

/// Inverting a probability and taking it again changes it by rounding only, on the side of the smaller tail.
#[test]
fn quantiles_invert() {
    let mut s = Stream::new(7, 0);
    for _ in 0..4000 {
        let p = (-(s.uniform() * 40.0)).exp() * 0.5;
        let df = (s.uniform() * 14.0 - 2.0).exp();
        let df2 = (s.uniform() * 14.0 - 2.0).exp();
        // Rounding of x itself moves the probability by its elasticity, d ln P / d ln x, times half a unit.
        let near = |again: f64, elasticity: f64, what: &str| {
            let tolerance = 2e-13 + 4e-16 * elasticity.abs();
            assert!(
                (again / p - 1.0).abs() < tolerance,
                "{what} {p:e} {df} {df2}: {again:e}"
            );
        };
        let z = normal::quantile(p);
        near(normal::cdf(z), z * normal::pdf(z) / p, "normal");
        let t = student_t::quantile(p, df);
        near(student_t::cdf(t, df), t * student_t::pdf(t, df) / p, "t");
        let x = chi_squared::quantile(p, df);
        if x > 1e-300 {
            near(chi_squared::cdf(x, df), x * chi_squared::pdf(x, df) / p, "chi2");
        }
        let x = chi_squared::upper_quantile(p, df);
        near(
            chi_squared::sf(x, df),
            x * chi_squared::pdf(x, df) / p,
            "chi2 upper",
        );
        let f = fisher_f::upper_quantile(p, df, df2);
        if f < 1e300 {
            near(fisher_f::sf(f, df, df2), df2.max(df), "F upper");
        }
        let b = beta_dist::quantile(p, df, df2);
        if b > 1e-300 && b < 0.9 {
            near(beta_dist::cdf(b, df, df2), df.max(df2), "beta");
        }
    }
}

#[test]
fn quantiles_are_monotone_and_symmetric() {
    for df in [0.2, 1.0, 3.5, 30.0, 1e4, 1e9] {
        let (mut t, mut c, mut z) = (f64::NEG_INFINITY, 0.0, f64::NEG_INFINITY);
        for i in 1..2000 {
            let p = f64::from(i) / 2000.0;
            let (t1, c1, z1) = (
                student_t::quantile(p, df),
                chi_squared::quantile(p, df),
                normal::quantile(p),
            );
            assert!(t1 > t && c1 >= c && z1 > z, "{df} {p}");
            (t, c, z) = (t1, c1, z1);
            if i < 1000 {
                // 1 - p is rounded: the two sides agree to that rounding.
                let q = f64::from(2000 - i) / 2000.0;
                assert!((student_t::quantile(q, df) + t1).abs() <= 1e-12 * t1.abs());
                assert!((normal::quantile(q) + z1).abs() <= 1e-12 * z1.abs());
            }
        }
    }
}

/// t squared is F(1, df); t and F tend to the normal and chi-squared; F turned over.
#[test]
fn families_agree() {
    for df in [0.4, 1.0, 2.0, 9.0, 77.0, 1e5] {
        for x in [0.01, 0.7, 1.9, 6.0] {
            assert!((student_t::two_sided_p(x, df) / fisher_f::sf(x * x, 1.0, df) - 1.0).abs() < 1e-13);
            assert!((fisher_f::sf(x, 3.0, df) / fisher_f::cdf(1.0 / x, df, 3.0) - 1.0).abs() < 1e-12);
            let cauchy = 0.5 - x.atan() / std::f64::consts::PI;
            assert!((student_t::sf(x, 1.0) / cauchy - 1.0).abs() < 1e-14);
        }
    }
    assert_eq!(student_t::quantile(0.975, f64::INFINITY), normal::quantile(0.975));
    assert!((student_t::quantile(0.975, 1e14) / normal::quantile(0.975) - 1.0).abs() < 1e-13);
    assert!(
        (fisher_f::quantile(0.95, 4.0, f64::INFINITY) - chi_squared::quantile(0.95, 4.0) / 4.0).abs() < 1e-15
    );
    for k in 0..30 {
        assert!(
            (binomial::sf(k, 30, 0.2) - (k + 1..=30).map(|j| binomial::pmf(j, 30, 0.2)).sum::<f64>()).abs()
                < 1e-14
        );
        assert!((poisson::cdf(k, 6.5) - (0..=k).map(|j| poisson::pmf(j, 6.5)).sum::<f64>()).abs() < 1e-14);
    }
}

/// Both tails of a weighted sum against the sum itself: scale, order, split of a term.
#[test]
fn quadratic_form_laws() {
    let (w, d) = ([3.0, 1.0, 0.4, -0.7], [1.0, 2.5, 4.0, 3.0]);
    for x in [-9.0, -1.0, 0.0, 0.3, 4.0, 12.0, 60.0] {
        let p = quadratic_form::sf(x, &w, &d);
        let big: Vec<f64> = w.iter().map(|v| v * 1e9).collect();
        assert!((quadratic_form::sf(x * 1e9, &big, &d) / p - 1.0).abs() < 1e-12);
        let turned: Vec<f64> = w.iter().map(|v| -v).collect();
        assert!((quadratic_form::cdf(-x, &turned, &d) / p - 1.0).abs() < 1e-12);
        let split = quadratic_form::sf(
            x,
            &[3.0, 1.0, 1.0, 0.4, -0.7, 0.0],
            &[1.0, 1.5, 1.0, 4.0, 3.0, 2.0],
        );
        assert!((split / p - 1.0).abs() < 1e-12);
    }
}

/// Second route: one chi-squared integrated against the distribution of the other, for shapes that strain the
/// contour: few degrees of freedom, many, weights far apart.
#[test]
fn quadratic_form_by_convolution() {
    for (w1, w2, d1, d2) in [
        (1.0, -1.0, 0.1, 0.1),
        (1.0, 1e-8, 1.0, 1000.0),
        (1.0, -1e-6, 2.0, 3.0),
        (1.0, 1.001, 1e5, 40.0),
        (1.0, 0.5, 0.05, 7.0),
        (1e-3, 1.0, 1e4, 0.7),
    ] {
        let mean: f64 = w1 * d1 + w2 * d2;
        let sd = (2.0 * (w1 * w1 * d1 + w2 * w2 * d2)).sqrt();
        for x in [
            mean - 2.0 * sd,
            mean - 0.3 * sd,
            mean,
            mean + sd,
            mean + 6.0 * sd,
            0.0,
        ] {
            let rest = |u: f64| (x - w1 * u.exp()) / w2;
            let f = |u: f64| {
                let t = u.exp();
                let inner = if w2 > 0.0 {
                    chi_squared::cdf(rest(u), d2)
                } else {
                    chi_squared::sf(rest(u), d2)
                };
                if inner == 0.0 {
                    0.0
                } else {
                    t * chi_squared::pdf(t, d1) * inner
                }
            };
            let (low, high) = (
                chi_squared::quantile(1e-17, d1).max(1e-300).ln(),
                chi_squared::upper_quantile(1e-17, d1).ln(),
            );
            // The second factor falls from one to zero where its argument crosses its own bulk.
            let mut breaks = vec![low, high];
            for k in [-1e9, -9.0, -3.0, 0.0, 3.0, 9.0] {
                let edge = (x - w2 * (d2 + k * (2.0 * d2).sqrt()).max(0.0)) / w1;
                breaks.push(edge.max(1e-300).ln().clamp(low, high));
            }
            breaks.sort_by(f64::total_cmp);
            let start = if w2 > 0.0 {
                chi_squared::cdf(x / w2, d2)
            } else {
                chi_squared::sf(x / w2, d2)
            };
            let mut truth = chi_squared::cdf(low.exp(), d1) * start;
            for pair in breaks.windows(2) {
                let h = (pair[1] - pair[0]) / 3.0;
                for i in 0..3 {
                    let from = pair[0] + h * f64::from(i);
                    if from + h > from {
                        truth += adaptive(f, from, from + h, 1e-10).value;
                    }
                }
            }
            let ours = quadratic_form::cdf(x, &[w1, w2], &[d1, d2]);
            assert!(
                (ours - truth).abs() < 1e-10,
                "{w1} {w2} {d1} {d2} {x}: {ours:e} {truth:e}"
            );
        }
    }
    // Two hundred terms against the same sum in another grouping.
    let w: Vec<f64> = (0..200).map(|i| 1.0 / f64::from(1 + i / 2)).collect();
    let half: Vec<f64> = (0..100).map(|i| 1.0 / f64::from(1 + i)).collect();
    for x in [3.0, 9.0, 12.0, 40.0] {
        let (a, b) = (
            quadratic_form::sf(x, &w, &[1.0; 200]),
            quadratic_form::sf(x, &half, &[2.0; 100]),
        );
        assert!((a / b - 1.0).abs() < 1e-11, "{x}: {a:e} {b:e}");
    }
}
