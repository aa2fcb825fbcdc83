//! Second routes of robust inference by whole matrices, boundary solutions, and laws of multilevel models.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod support;

use onset_effects::{Effects, covariance::nested_log_odds};
use onset_math::linalg::{Matrix, inverse, symmetric_eigen};
use onset_math::random::Stream;
use onset_models::multilevel::{
    Arms, Likelihood, Multilevel, MultilevelError, Options, Random, RobustType, Sampling, SamplingBuilder,
    Structure, WildWeights, likelihood_ratio, multilevel,
};
use onset_models::pool;
use onset_models::regress::Design;
use proptest::prelude::*;

/// Whole matrices of 30 rows: rounding of inverses and roots.
const DENSE: f64 = 1e-9;
/// Two searches for one maximum: the likelihood is flat there to the square root of rounding at worst.
const SEARCH: f64 = 1e-7;

struct Made {
    y: Vec<f64>,
    v: Vec<f64>,
    study: Vec<usize>,
    design: Design,
}

/// `studies` of 1 to 5 effects, with two moderators, one of them the study's.
fn made(seed: u64, studies: usize) -> Made {
    let mut stream = Stream::new(seed, 0);
    let (mut y, mut v, mut study, mut x) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for s in 0..studies {
        let shift = 0.3 * stream.normal();
        let year = stream.normal();
        for _ in 0..1 + stream.below(5) {
            let variance = 0.02 + 0.2 * stream.uniform();
            let dose = stream.normal();
            v.push(variance);
            y.push(0.4 + 0.2 * dose + shift + (variance + 0.04).sqrt() * stream.normal());
            study.push(s);
            x.extend([1.0, dose, year]);
        }
    }
    let names = ["intercept", "dose", "year"].map(str::to_owned).to_vec();
    Made {
        y,
        v,
        study,
        design: Design::new(names, x, true).unwrap(),
    }
}

fn fit_with(made: &Made, sampling: Sampling, random: Vec<Random>, intervals: bool) -> Multilevel {
    let labels = (1..=made.y.len()).map(|i| i.to_string()).collect();
    let effects = Effects::new(made.y.clone(), made.v.clone(), labels).unwrap();
    let options = Options {
        intervals,
        ..Options::default()
    };
    multilevel(&effects, &made.design, sampling, random, &options)
        .unwrap()
        .value
}

fn che(made: &Made) -> Multilevel {
    let rows: Vec<usize> = (0..made.y.len()).collect();
    let random = vec![
        Random::intercept("study", &made.study),
        Random::intercept("row", &rows),
    ];
    fit_with(
        made,
        Sampling::constant(&made.v, &made.study, 0.6).unwrap(),
        random,
        false,
    )
}

/// M from its definition.
fn marginal(made: &Made, fit: &Multilevel) -> Matrix {
    let n = made.y.len();
    Matrix::from_fn(n, n, |i, j| {
        let same = if made.study[i] == made.study[j] { 1.0 } else { 0.0 };
        let v = if i == j {
            made.v[i]
        } else {
            0.6 * same * (made.v[i] * made.v[j]).sqrt()
        };
        v + same * fit.sigma2[0].value + if i == j { fit.sigma2[1].value } else { 0.0 }
    })
}

fn power(m: &Matrix, exponent: f64) -> Matrix {
    let eigen = symmetric_eigen(m).unwrap();
    let n = m.rows();
    Matrix::from_fn(n, n, |i, j| {
        (0..n)
            .filter(|&e| eigen.values[e] > 1e-11 * eigen.values[n - 1])
            .map(|e| eigen.vectors[(i, e)] * eigen.vectors[(j, e)] * eigen.values[e].powf(exponent))
            .sum()
    })
}

/// All that robust inference needs, by whole matrices.
struct Whole {
    x: Matrix,
    m: Matrix,
    w: Matrix,
    bread: Matrix,
    /// I - H.
    rest: Matrix,
    /// Per cluster: rows, A_i.
    clusters: Vec<(Vec<usize>, Matrix)>,
}

impl Whole {
    fn new(made: &Made, fit: &Multilevel, kind: RobustType) -> Whole {
        let (n, p) = (made.y.len(), made.design.p());
        let x = Matrix::from_fn(n, p, |i, j| made.design.row(i)[j]);
        let m = marginal(made, fit);
        let w = inverse(&m).unwrap();
        let bread = inverse(&x.transpose().mul(&w).mul(&x)).unwrap();
        let rest = Matrix::identity(n).sub(&x.mul(&bread).mul(&x.transpose()).mul(&w));
        let count = made.study.last().unwrap() + 1;
        let residual_covariance = rest.mul(&m).mul(&rest.transpose());
        let clusters = (0..count)
            .map(|c| {
                let rows: Vec<usize> = (0..n).filter(|&i| made.study[i] == c).collect();
                let own = m.select(&rows, &rows);
                let a = match kind {
                    RobustType::Cr0 => Matrix::identity(rows.len()),
                    RobustType::Cr1 => {
                        let count = count as f64;
                        Matrix::identity(rows.len()).scale((count / (count - 1.0)).sqrt())
                    }
                    RobustType::Cr2 => {
                        // the symmetric root instead of the Cholesky factor: A is the same
                        let root = power(&own, 0.5);
                        let inner = root.mul(&residual_covariance.select(&rows, &rows)).mul(&root);
                        root.mul(&power(&inner, -0.5)).mul(&root)
                    }
                    RobustType::Cr3 => inverse(&rest.select(&rows, &rows)).unwrap(),
                };
                (rows, a)
            })
            .collect();
        Whole {
            x,
            m,
            w,
            bread,
            rest,
            clusters,
        }
    }

    /// G of cluster c spread over all rows, n x p: A'W X B.
    fn g(&self, c: usize) -> Matrix {
        let (rows, a) = &self.clusters[c];
        let (n, p) = (self.x.rows(), self.x.cols());
        let all: Vec<usize> = (0..p).collect();
        let own = a
            .transpose()
            .mul(&self.w.select(rows, rows))
            .mul(&self.x.select(rows, &all))
            .mul(&self.bread);
        let mut g = Matrix::zeros(n, p);
        for (at, &row) in rows.iter().enumerate() {
            (0..p).for_each(|j| g[(row, j)] = own[(at, j)]);
        }
        g
    }

    fn covariance(&self, y: &[f64]) -> Matrix {
        let p = self.x.cols();
        let e = self.rest.mul_vec(y);
        let mut v = Matrix::zeros(p, p);
        for c in 0..self.clusters.len() {
            let u = Matrix::column(&self.g(c).transpose().mul_vec(&e));
            v = v.add(&u.mul(&u.transpose()));
        }
        v
    }

    /// The matrix of the quadratic form y'By that is entry (s, t) of L V L', symmetrised.
    fn form(&self, s: &[f64], t: &[f64]) -> Matrix {
        let n = self.x.rows();
        let mut b = Matrix::zeros(n, n);
        for c in 0..self.clusters.len() {
            let g = self.g(c);
            let q = |l: &[f64]| Matrix::column(&self.rest.transpose().mul_vec(&g.mul_vec(l)));
            b = b.add(&q(s).mul(&q(t).transpose()));
        }
        b.symmetrised()
    }

    fn beta(&self, y: &[f64]) -> Vec<f64> {
        self.bread
            .mul_vec(&self.x.transpose().mul_vec(&self.w.mul_vec(y)))
    }
}

const TYPES: [RobustType; 4] = [RobustType::Cr0, RobustType::Cr1, RobustType::Cr2, RobustType::Cr3];

#[test]
fn robust_covariances_and_df_by_whole_matrices() {
    let made = made(5, 9);
    let fit = che(&made);
    for kind in TYPES {
        let robust = fit.robust(&made.study, kind).unwrap();
        let whole = Whole::new(&made, &fit, kind);
        let v = whole.covariance(&made.y);
        for i in 0..3 {
            for j in 0..3 {
                assert!(
                    (robust.covariance[(i, j)] - v[(i, j)]).abs() < DENSE * v[(i, i)].max(v[(j, j)]),
                    "{kind:?}"
                );
            }
            let unit: Vec<f64> = (0..3).map(|j| f64::from(u8::from(i == j))).collect();
            let bm = whole.form(&unit, &unit).mul(&whole.m);
            let df = bm.trace().powi(2) / bm.mul(&bm).trace();
            let ours = robust.coefficients[i].estimate.df.unwrap();
            assert!((ours - df).abs() < 1e3 * DENSE * df, "{kind:?} {ours} {df}");
        }
    }
}

#[test]
fn htz_by_whole_matrices() {
    let made = made(6, 12);
    let fit = che(&made);
    let contrasts = vec![vec![0.0, 1.0, 0.0], vec![0.0, 0.3, 1.0]];
    for kind in TYPES {
        let robust = fit.robust(&made.study, kind).unwrap();
        let whole = Whole::new(&made, &fit, kind);
        // expectation of C V C' under the working model, and its inverse root
        let expected = Matrix::from_fn(2, 2, |s, t| {
            whole.form(&contrasts[s], &contrasts[t]).mul(&whole.m).trace()
        });
        let root = power(&expected, -0.5);
        let turned: Vec<Vec<f64>> = (0..2)
            .map(|s| {
                (0..3)
                    .map(|j| (0..2).map(|t| root[(s, t)] * contrasts[t][j]).sum())
                    .collect()
            })
            .collect();
        let mut total = 0.0;
        for s in &turned {
            for t in &turned {
                let bm = whole.form(s, t).mul(&whole.m);
                total += 2.0 * bm.mul(&bm).trace();
            }
        }
        let eta = 6.0 / total;
        let c = Matrix::from_rows(&contrasts);
        let cb = c.mul_vec(&whole.beta(&made.y));
        let cvc = c.mul(&whole.covariance(&made.y)).mul(&c.transpose());
        let statistic = inverse(&cvc).unwrap().quadratic(&cb) * (eta - 1.0) / (2.0 * eta);
        let ours = robust.wald_htz(&contrasts).unwrap();
        assert!(
            (ours.value - statistic).abs() < 1e3 * DENSE * statistic,
            "{} {statistic}",
            ours.value
        );
        assert!((ours.df2.unwrap() - (eta - 1.0)).abs() < 1e3 * DENSE * eta);
        // one contrast is the t test
        let one = robust.wald_htz(&[vec![0.0, 1.0, 0.0]]).unwrap();
        let t = &robust.coefficients[1].estimate;
        assert!((one.value - t.statistic.powi(2)).abs() < DENSE * one.value);
        assert!((one.p - t.p).abs() < DENSE && (one.df2.unwrap() - t.df.unwrap()).abs() < 1e-8);
    }
    let robust = fit.robust(&made.study, RobustType::Cr2).unwrap();
    assert!(robust.wald_htz(&[]).is_err());
    assert!(robust.wald_htz(&[vec![1.0, 0.0]]).is_err());
    assert!(
        robust
            .wald_htz(&[vec![0.0, 1.0, 0.0], vec![0.0, 2.0, 0.0]])
            .is_err()
    );
}

#[test]
fn wild_bootstrap_by_whole_matrices() {
    let made = made(7, 8);
    let fit = che(&made);
    let contrast = vec![vec![0.0, 1.0, 0.0]];
    for kind in [RobustType::Cr1, RobustType::Cr2] {
        let robust = fit.robust(&made.study, kind).unwrap();
        let ours = robust
            .wild_bootstrap(&contrast, 256, WildWeights::Rademacher, 1)
            .unwrap();
        assert!(ours.exact && ours.replicates == 256);
        let whole = Whole::new(&made, &fit, kind);
        let wald = |y: &[f64]| {
            let b = whole.beta(y)[1];
            b * b / whole.covariance(y)[(1, 1)]
        };
        // the null by a fit without the moderator, as its own least squares problem
        let kept = whole.x.select(&(0..made.y.len()).collect::<Vec<_>>(), &[0, 2]);
        let small = inverse(&kept.transpose().mul(&whole.w).mul(&kept)).unwrap();
        let b0 = small.mul_vec(&kept.transpose().mul_vec(&whole.w.mul_vec(&made.y)));
        let mean = kept.mul_vec(&b0);
        let observed = wald(&made.y);
        assert!((ours.statistic - observed).abs() < 1e3 * DENSE * observed);
        let count = (0..256_u32)
            .filter(|pattern| {
                let y: Vec<f64> = (0..made.y.len())
                    .map(|i| {
                        let sign = if pattern >> made.study[i] & 1 == 1 {
                            -1.0
                        } else {
                            1.0
                        };
                        mean[i] + sign * (made.y[i] - mean[i])
                    })
                    .collect();
                wald(&y) >= observed * (1.0 - 1e-8)
            })
            .count();
        assert_eq!(ours.p, count as f64 / 256.0);
    }
    // drawn signs approach the exact share; the same seed gives the same answer
    let robust = fit.robust(&made.study, RobustType::Cr1).unwrap();
    let exact = robust
        .wild_bootstrap(&contrast, 256, WildWeights::Rademacher, 1)
        .unwrap()
        .p;
    let drawn = |weights, seed| robust.wild_bootstrap(&contrast, 255, weights, seed).unwrap();
    assert!(!drawn(WildWeights::Rademacher, 1).exact);
    assert!((drawn(WildWeights::Rademacher, 1).p - exact).abs() < 0.15);
    assert_eq!(drawn(WildWeights::Webb, 3), drawn(WildWeights::Webb, 3));
}

/// The numbers of the reference are printed with six digits.
const PRINTED: f64 = 2e-6;
/// Its components are printed with four digits.
const FOUR_DIGITS: f64 = 1e-4;

/// Log odds ratios of survival at four visits, with the covariance of nested events.
fn fine1993() -> (Vec<f64>, Vec<f64>, Vec<usize>, Vec<String>, Matrix) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles/methods/fine1993.csv");
    let table = onset_data::Table::read(std::path::Path::new(path)).unwrap();
    let column = |name: &str| table.column(name).unwrap().numbers().unwrap();
    let (ne, nc) = (column("nei"), column("nci"));
    let counts: Vec<_> = (1..=4)
        .map(|t| (column(&format!("e{t}i")), column(&format!("c{t}i"))))
        .collect();
    let (mut y, mut study, mut visit, mut blocks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for s in 0..table.rows() {
        let (ne, nc) = (ne[s].unwrap(), nc[s].unwrap());
        let there: Vec<usize> = (0..4).filter(|&t| counts[t].0[s].is_some()).collect();
        let at = |t: usize| (counts[t].0[s].unwrap(), counts[t].1[s].unwrap());
        let mut block = Matrix::zeros(there.len(), there.len());
        for (a, &t) in there.iter().enumerate() {
            let (e, c) = at(t);
            let add = if [e, ne - e, c, nc - c].contains(&0.0) {
                0.5
            } else {
                0.0
            };
            let cells = [e, ne - e, c, nc - c].map(|x| x + add);
            y.push((cells[0] * cells[3] / (cells[1] * cells[2])).ln());
            block[(a, a)] = cells.iter().map(|x| 1.0 / x).sum();
            for (b, &earlier) in there.iter().enumerate().take(a) {
                let (e1, c1) = at(earlier);
                let value = nested_log_odds(ne, e1, e).unwrap() + nested_log_odds(nc, c1, c).unwrap();
                block[(a, b)] = value;
                block[(b, a)] = value;
            }
            study.push(s);
            visit.push((t + 1).to_string());
        }
        let lowest = symmetric_eigen(&block).unwrap().values[0];
        if there.len() == 4 && lowest <= 0.08 {
            block = block.add(&Matrix::identity(4).scale(0.08));
        }
        blocks.push(block);
    }
    let n = y.len();
    let mut v = Matrix::zeros(n, n);
    let mut start = 0;
    for block in &blocks {
        for i in 0..block.rows() {
            for j in 0..block.rows() {
                v[(start + i, start + j)] = block[(i, j)];
            }
        }
        start += block.rows();
    }
    let x = visit
        .iter()
        .flat_map(|t| (1..=4).map(move |l| f64::from(u8::from(*t == l.to_string()))))
        .collect();
    (y, x, study, visit, v)
}

#[test]
fn a_boundary_solution_of_fine1993() {
    let (y, x, study, visit, v) = fine1993();
    let n = y.len();
    let names = (1..=4).map(|t| format!("visit{t}")).collect();
    let made = Made {
        v: v.diagonal(),
        design: Design::new(names, x, false).unwrap(),
        study,
        y,
    };
    let sampling = Sampling::matrix(n, v.as_slice()).unwrap();
    let close = |fit: &Multilevel, beta: [f64; 4], se: [f64; 4], tolerance: f64| {
        for i in 0..4 {
            let e = &fit.coefficients[i].estimate;
            assert!(
                (e.estimate - beta[i]).abs() < tolerance,
                "{} {}",
                e.estimate,
                beta[i]
            );
            assert!(
                (e.standard_error - se[i]).abs() < tolerance,
                "{} {}",
                e.standard_error,
                se[i]
            );
        }
    };
    let fixed = fit_with(&made, sampling.clone(), Vec::new(), false);
    let se = [0.143_095, 0.114_418, 0.134_065, 0.138_241];
    close(&fixed, [0.251_099, 0.428_155, 0.343_171, 0.281_318], se, PRINTED);
    let text: Vec<String> = made.study.iter().map(ToString::to_string).collect();
    let (s, t): (Vec<&str>, Vec<&str>) = (
        text.iter().map(String::as_str).collect(),
        visit.iter().map(String::as_str).collect(),
    );
    let random = Random::structured(("visit", &t), ("study", &s), Structure::Har).unwrap();
    let har = fit_with(&made, sampling, vec![random], true);
    assert_eq!(har.solution.kind(), "boundary");
    // the reference stops at components with a lower likelihood; there, both agree
    let (loglik, beta, se) = har.at(&[0.0, 5e-12, 0.0275, 0.1944, 1.0]).unwrap();
    assert!((loglik + 51.6538).abs() < FOUR_DIGITS && har.loglik() > loglik + 0.005);
    let theirs = [0.253_188, 0.407_933, 0.365_626, 0.352_026];
    let their_se = [0.143_133, 0.115_276, 0.144_424, 0.186_649];
    for i in 0..4 {
        assert!((beta[i] - theirs[i]).abs() < FOUR_DIGITS && (se[i] - their_se[i]).abs() < FOUR_DIGITS);
    }
    assert_eq!(har.rho[0].ci_upper, Some(1.0));
}

#[test]
fn built_covariances_by_hand() {
    // three arms, arm 0 the control of both comparisons: s^2/n_0 is shared
    let arms = |treated, n| Arms {
        treated,
        control: 0,
        n_treated: n,
        n_control: 50.0,
    };
    let (n1, n2, s2) = (40.0, 60.0, 4.0);
    let v = [s2 * (1.0 / n1 + 1.0 / 50.0), s2 * (1.0 / n2 + 1.0 / 50.0)];
    let built = SamplingBuilder::new(&v, &["A"; 2])
        .arms(&[arms(1, n1), arms(2, n2)])
        .build()
        .unwrap();
    assert!((built.covariance(0, 1) - s2 / 50.0).abs() < 1e-15);
    // a band: at rho = 0 the effects are independent
    let made = made(3, 10);
    let builder = SamplingBuilder::new(&made.v, &made.study);
    let band = builder
        .band(&[0.0, 0.5, 0.8], |sampling| {
            let random = vec![Random::intercept("study", &made.study)];
            Ok(fit_with(&made, sampling, random, false).coefficients[0]
                .estimate
                .estimate)
        })
        .unwrap();
    let random = vec![Random::intercept("study", &made.study)];
    let alone = fit_with(&made, Sampling::independent(&made.v).unwrap(), random, false);
    assert!((band[0].1 - alone.coefficients[0].estimate.estimate).abs() < SEARCH);
    assert!(band[1].1 != band[2].1);
    let bad = SamplingBuilder::new(&made.v, &made.study).constant(1.2).build();
    assert!(matches!(bad, Err(MultilevelError::BadCorrelation { .. })));
}

#[test]
fn crossed_groups_known_correlations_and_tests_of_components() {
    let made = made(11, 12);
    let n = made.y.len();
    let lab: Vec<usize> = (0..n).map(|i| (i * 7 + 3) % 4).collect();
    let independent = || Sampling::independent(&made.v).unwrap();
    let random = vec![
        Random::intercept("study", &made.study),
        Random::intercept("lab", &lab),
    ];
    let crossed = fit_with(&made, independent(), random, true);
    let study_only = fit_with(
        &made,
        independent(),
        vec![Random::intercept("study", &made.study)],
        false,
    );
    let ratio = likelihood_ratio(&crossed, &study_only).unwrap();
    let tests = crossed.random_tests().unwrap();
    assert_eq!(tests[1].name, "lab");
    assert!((tests[1].statistic - ratio.statistic).abs() < SEARCH && tests[1].df == 1.0);
    assert!(ratio.p_boundary.unwrap() <= ratio.p);
    assert!(likelihood_ratio(&study_only, &crossed).is_err());
    // a known correlation of I is an intercept
    let names: Vec<String> = made.study.iter().map(|s| format!("{s:02}")).collect();
    let text: Vec<&str> = names.iter().map(String::as_str).collect();
    let known = Random::known("study", &text, &Matrix::identity(12)).unwrap();
    let by_matrix = fit_with(&made, independent(), vec![known], true);
    assert!((by_matrix.loglik() - study_only.loglik()).abs() < DENSE);
    assert!((by_matrix.sigma2[0].value - study_only.sigma2[0].value).abs() < SEARCH);
    // predictions: the mean's interval is the coefficient's, the new effect's is wider
    let at = study_only.predict(&[1.0, 0.0, 0.0], None).unwrap();
    let mean = &study_only.coefficients[0].estimate;
    assert!((at.mean.ci_lower - mean.ci_lower).abs() < 1e-14 && at.pi_lower < mean.ci_lower);
    // leaving a study out is the fit of the others
    let without = study_only.without_clusters(&made.study).unwrap();
    let kept: Vec<usize> = (0..n).filter(|&i| made.study[i] != 3).collect();
    let names = made.design.names().to_vec();
    let x = kept.iter().flat_map(|&i| made.design.row(i).to_vec()).collect();
    let rest = Made {
        y: kept.iter().map(|&i| made.y[i]).collect(),
        v: kept.iter().map(|&i| made.v[i]).collect(),
        study: kept.iter().map(|&i| made.study[i]).collect(),
        design: Design::new(names, x, true).unwrap(),
    };
    let random = vec![Random::intercept("study", &rest.study)];
    let refit = fit_with(&rest, Sampling::independent(&rest.v).unwrap(), random, false);
    let entry = without.iter().find(|entry| entry.label == "3").unwrap();
    for (a, b) in entry.estimates.as_ref().unwrap().iter().zip(&refit.coefficients) {
        assert!((a - b.estimate.estimate).abs() < SEARCH);
    }
    assert!(entry.cook_d.unwrap() >= 0.0);
}

/// With one effect a study, the model is the pool of the pairwise family.
#[test]
fn one_effect_a_study_is_the_pairwise_pool() {
    let bcg = support::oracle("bcg");
    let effects = support::effects(&bcg["cases"][0]);
    let rows: Vec<usize> = (0..effects.k()).collect();
    let design = Design::new(vec!["intercept".into()], vec![1.0; effects.k()], true).unwrap();
    let sampling = Sampling::independent(effects.v()).unwrap();
    let random = vec![Random::intercept("trial", &rows)];
    let ours = multilevel(&effects, &design, sampling, random, &Options::default())
        .unwrap()
        .value;
    let options = pool::Options {
        tau2_interval: Some(pool::Tau2IntervalKind::ProfileLikelihood),
        ..pool::Options::random(pool::Tau2Method::Reml).with_test(pool::Test::Z)
    };
    let pooled = pool::pool(&effects, &options).unwrap().value;
    assert!((ours.coefficients[0].estimate.estimate - pooled.mean.estimate).abs() < SEARCH);
    assert!((ours.sigma2[0].value - pooled.tau2.value).abs() < SEARCH);
    assert!((ours.loglik() - pooled.fit.loglik).abs() < DENSE);
    assert!((ours.fit.aicc - pooled.fit.aicc).abs() < DENSE);
    let limits = pooled.tau2_interval.unwrap();
    assert!((ours.sigma2[0].ci_lower.unwrap() - limits.lower).abs() < 1e-6);
    assert!((ours.sigma2[0].ci_upper.unwrap() - limits.upper).abs() < 1e-6);
}

/// Effects without spread: the boundary is a result.
#[test]
fn no_heterogeneity_is_a_boundary_solution() {
    let made = Made {
        y: vec![0.5, 0.5, 0.51, 0.49, 0.5, 0.5],
        v: vec![0.1; 6],
        study: vec![0, 0, 1, 1, 2, 2],
        design: Design::new(vec!["intercept".into()], vec![1.0; 6], true).unwrap(),
    };
    let rows: Vec<usize> = (0..6).collect();
    let random = vec![
        Random::intercept("study", &made.study),
        Random::intercept("row", &rows),
    ];
    let fit = fit_with(&made, Sampling::independent(&made.v).unwrap(), random, true);
    assert_eq!((fit.sigma2[0].value, fit.sigma2[1].value), (0.0, 0.0));
    assert_eq!(fit.solution.kind(), "boundary");
    assert_eq!(fit.sigma2[0].ci_lower, Some(0.0));
    assert!(fit.sigma2[0].ci_upper.unwrap() > 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn order_and_unit_do_not_matter(seed in 0_u64..1000, unit in 0.01_f64..100.0) {
        let one = made(seed, 7);
        let n = one.y.len();
        prop_assume!(n > 12);
        let mut order: Vec<usize> = (0..n).collect();
        Stream::new(seed, 1).shuffle(&mut order);
        let x = order.iter().flat_map(|&i| one.design.row(i).to_vec()).collect();
        let other = Made {
            y: order.iter().map(|&i| unit * one.y[i]).collect(),
            v: order.iter().map(|&i| unit * unit * one.v[i]).collect(),
            study: order.iter().map(|&i| one.study[i]).collect(),
            design: Design::new(one.design.names().to_vec(), x, true).unwrap(),
        };
        let (a, b) = (che(&one), che(&other));
        // REML carries the unit of n - p contrasts
        let shifted = b.loglik() + (n as f64 - 3.0) * unit.ln();
        prop_assert!((a.loglik() - shifted).abs() < 1e-8, "{} {}", a.loglik(), shifted);
        for i in 0..3 {
            let (c, d) = (&a.coefficients[i].estimate, &b.coefficients[i].estimate);
            prop_assert!((c.estimate - d.estimate / unit).abs() < 1e-5 * c.standard_error);
            prop_assert!((c.standard_error - d.standard_error / unit).abs() < 1e-5 * c.standard_error);
        }
        for (c, d) in a.sigma2.iter().zip(&b.sigma2) {
            prop_assert!((c.value - d.value / (unit * unit)).abs() < 1e-5);
        }
        let (r, s) = (a.robust(&one.study, RobustType::Cr2), b.robust(&other.study, RobustType::Cr2));
        for (r, s) in r.unwrap().coefficients.iter().zip(s.unwrap().coefficients) {
            let (r, s) = (&r.estimate, &s.estimate);
            prop_assert!((r.standard_error - s.standard_error / unit).abs() < 1e-5 * r.standard_error);
            prop_assert!((r.df.unwrap() - s.df.unwrap()).abs() < 1e-4 * r.df.unwrap());
        }
    }
}

/// ML of the same data never has a smaller likelihood at the REML components than elsewhere by accident: REML and
/// ML differ, and each is the highest on its own scale.
#[test]
fn each_likelihood_is_highest_at_its_own_components() {
    let made = made(21, 10);
    let rows: Vec<usize> = (0..made.y.len()).collect();
    let fit = |method| {
        let labels = (1..=made.y.len()).map(|i| i.to_string()).collect();
        let effects = Effects::new(made.y.clone(), made.v.clone(), labels).unwrap();
        let random = vec![
            Random::intercept("study", &made.study),
            Random::intercept("row", &rows),
        ];
        let options = Options {
            method,
            intervals: false,
            ..Options::default()
        };
        let sampling = Sampling::independent(&made.v).unwrap();
        multilevel(&effects, &made.design, sampling, random, &options)
            .unwrap()
            .value
    };
    let (reml, ml) = (fit(Likelihood::Reml), fit(Likelihood::Ml));
    let values = |fit: &Multilevel| fit.sigma2.iter().map(|c| c.value).collect::<Vec<_>>();
    assert!(reml.at(&values(&ml)).unwrap().0 <= reml.loglik());
    assert!(ml.at(&values(&reml)).unwrap().0 <= ml.loglik());
    assert!(reml.at(&[1.0]).is_none());
}
