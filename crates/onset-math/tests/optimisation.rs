//! Minimisers and roots on standard hard functions.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use onset_math::linalg::{Cholesky, Matrix, pseudo_inverse, qr_least_squares, svd, symmetric_eigen};
use onset_math::minimize::{Bfgs, NelderMead, bfgs, nelder_mead};
use onset_math::random::Stream;
use onset_math::{derivative, root};

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2)
        .map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2))
        .sum()
}

fn powell(x: &[f64]) -> f64 {
    (x[0] + 10.0 * x[1]).powi(2)
        + 5.0 * (x[2] - x[3]).powi(2)
        + (x[1] - 2.0 * x[2]).powi(4)
        + 10.0 * (x[0] - x[3]).powi(4)
}

/// Minus the log-likelihood of a normal sample in (mean, ln variance): minimum in closed form.
fn normal_sample(x: &[f64]) -> f64 {
    const Y: [f64; 6] = [1.3, -0.4, 2.2, 0.9, 3.1, 1.7];
    Y.iter()
        .map(|y| 0.5 * (y - x[0]).powi(2) * (-x[1]).exp() + 0.5 * x[1])
        .sum()
}

#[test]
fn bfgs_on_hard_functions() {
    let start: Vec<f64> = (0..10).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
    let m = bfgs(rosenbrock, None, &start, Bfgs::default());
    assert!(m.converged && m.value < 1e-10, "{m:?}");
    let flat = bfgs(powell, None, &[3.0, -1.0, 0.0, 1.0], Bfgs::default());
    assert!(flat.converged && flat.value < 1e-7, "{flat:?}");
    let steep = bfgs(
        |x| x[0] * x[0] + 1e6 * x[1] * x[1] + 1e3 * x[2] * x[2],
        None,
        &[1.0, 1.0, 1.0],
        Bfgs::default(),
    );
    assert!(
        steep.converged && steep.x.iter().all(|v| v.abs() < 1e-7),
        "{steep:?}"
    );
    let likelihood = bfgs(
        normal_sample,
        None,
        &[0.0, 3.0],
        Bfgs {
            hessian: true,
            ..Bfgs::default()
        },
    );
    let y = [1.3, -0.4, 2.2, 0.9, 3.1, 1.7];
    let mean = y.iter().sum::<f64>() / 6.0;
    let variance = y.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 6.0;
    assert!(likelihood.converged && (likelihood.x[0] - mean).abs() < 1e-7);
    assert!((likelihood.x[1] - variance.ln()).abs() < 1e-7);
    let h = likelihood.hessian.unwrap();
    assert!(
        (h[(0, 0)] - 6.0 / variance).abs() < 1e-6 && (h[(1, 1)] - 3.0).abs() < 1e-6,
        "{h:?}"
    );
    // Infinite outside the unit disc, start near the rim.
    let disc = |x: &[f64]| {
        let r = 1.0 - x[0] * x[0] - x[1] * x[1];
        if r > 0.0 { -r.ln() - x[0] } else { f64::INFINITY }
    };
    let m = bfgs(disc, None, &[-0.7, 0.7], Bfgs::default());
    assert!(
        m.converged && (m.x[0] - (2f64.sqrt() - 1.0)).abs() < 1e-7 && m.x[1].abs() < 1e-7,
        "{m:?}"
    );
}

#[test]
fn nelder_mead_on_hard_functions() {
    let m = nelder_mead(rosenbrock, &[-1.2, 1.0, -1.2, 1.0], NelderMead::default());
    assert!(m.converged && m.value < 1e-9, "{m:?}");
    let flat = nelder_mead(powell, &[3.0, -1.0, 0.0, 1.0], NelderMead::default());
    assert!(flat.converged && flat.value < 1e-8, "{flat:?}");
    let kink = nelder_mead(
        |x| (x[0] - 1.0).abs() + (x[1] + 2.0).abs(),
        &[0.0, 0.0],
        NelderMead::default(),
    );
    assert!(kink.value < 1e-8, "{kink:?}");
    let short = nelder_mead(
        rosenbrock,
        &[-1.2, 1.0],
        NelderMead {
            max_evaluations: 10,
            ..NelderMead::default()
        },
    );
    assert!(!short.converged && short.evaluations < 20);
}

#[test]
fn derivatives_of_a_likelihood() {
    let x = [1.1, 0.4];
    let g = derivative::gradient(normal_sample, &x);
    let y = [1.3, -0.4, 2.2, 0.9, 3.1, 1.7];
    let s = (-0.4_f64).exp();
    let g0: f64 = y.iter().map(|y| -(y - 1.1) * s).sum();
    let g1: f64 = y.iter().map(|y| 0.5 - 0.5 * (y - 1.1_f64).powi(2) * s).sum();
    assert!(
        (g[0] / g0 - 1.0).abs() < 1e-10 && (g[1] / g1 - 1.0).abs() < 1e-10,
        "{g:?} {g0} {g1}"
    );
    let h = derivative::hessian(normal_sample, &x);
    assert!(
        (h[(0, 0)] / (6.0 * s) - 1.0).abs() < 1e-9 && (h[(0, 1)] / -g0 - 1.0).abs() < 1e-8,
        "{h:?}"
    );
}

#[test]
fn roots_of_steep_and_flat_functions() {
    for (f, lo, hi, truth) in [
        ((|x: f64| x.powi(9)) as fn(f64) -> f64, -1.0, 1.7, 0.0),
        (|x| x.exp() - 1e10, 0.0, 100.0, 1e10_f64.ln()),
        (|x| 1.0 / (x - 3.0) - 6.0, 3.0 + 1e-9, 5.0, 3.0 + 1.0 / 6.0),
        (|x| (x - 1e-8).atan(), -1.0, 1e6, 1e-8),
        (|x| if x < 0.3 { -1.0 } else { 1.0 }, 0.0, 1.0, 0.3),
    ] {
        let r = root::brent(f, lo, hi, 0.0).unwrap();
        assert!(
            (r.x - truth).abs() <= 4e-16 * truth.abs().max(1e-8) || f(r.x) == 0.0,
            "{r:?} {truth}"
        );
    }
}

fn random_matrix(rows: usize, cols: usize, s: &mut Stream) -> Matrix {
    Matrix::from_fn(rows, cols, |_, _| s.normal())
}

fn largest(m: &Matrix) -> f64 {
    m.as_slice().iter().fold(0.0, |a, b| a.max(b.abs()))
}

/// Every decomposition multiplies back, at sizes from 1 to 60.
#[test]
fn decompositions_multiply_back() {
    let mut s = Stream::new(11, 0);
    for n in [1, 2, 3, 7, 20, 60] {
        let a = random_matrix(n + 3, n, &mut s);
        let spd = a.transpose().mul(&a);
        let scale = largest(&spd);
        let c = Cholesky::new(&spd).unwrap();
        assert!(largest(&c.lower().mul(&c.lower().transpose()).sub(&spd)) < 1e-13 * scale);
        let e = symmetric_eigen(&spd).unwrap();
        let back = e
            .vectors
            .mul(&Matrix::diag(&e.values))
            .mul(&e.vectors.transpose());
        assert!(largest(&back.sub(&spd)) < 1e-12 * scale && e.values.is_sorted());
        assert!((c.ln_det() - e.values.iter().map(|v| v.ln()).sum::<f64>()).abs() < 1e-10);
        let d = svd(&a).unwrap();
        let back = d.u.mul(&Matrix::diag(&d.values)).mul(&d.v.transpose());
        assert!(largest(&back.sub(&a)) < 1e-12 * scale);
        let p = pseudo_inverse(&a, 1e-12).unwrap();
        assert!(largest(&a.mul(&p).mul(&a).sub(&a)) < 1e-12 * scale);
        let truth: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let x = qr_least_squares(&a, &a.mul_vec(&truth)).unwrap();
        assert!(x.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-11), "{n}");
    }
}
