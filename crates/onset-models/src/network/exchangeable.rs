//! Coefficients of a covariate that are drawn round a mean.

use super::classes::highest;
use super::error::NetworkError;
use super::estimate::Wald;
use super::gls::weight;
use super::input::Network;
use super::linear::Linear;
use super::options::NetworkMethod;
use super::regression::{CovariateCoefficient, NetworkRegression, RegressionOptions, league};
use super::result::QPart;
use crate::pool::Solution;
use onset_math::linalg::{Cholesky, Matrix};

/// What is fitted.
pub(crate) struct Setting<'a> {
    pub network: &'a Network,
    /// The covariate of each study, away from its mean.
    pub x: &'a [f64],
    /// The model with one coefficient for all: what it cannot estimate has no mean to be drawn round.
    pub linear: &'a Linear<'a>,
    pub places: &'a [Option<usize>],
    pub free: usize,
    /// Treatments that have a coefficient.
    pub others: &'a [usize],
    pub at: f64,
    /// `at`, away from the mean.
    pub away: f64,
    pub options: &'a RegressionOptions,
}

/// Sums over studies at one tau2: C'WC, C'Wy, y'Wy and ln|V|; C has the fixed columns, then the deviations.
struct Sums {
    a: Matrix,
    b: Vec<f64>,
    yy: f64,
    ln_det: f64,
}

/// A solution of Henderson's equations.
struct Solved {
    loglik: f64,
    /// Fixed coefficients, then deviations.
    estimates: Vec<f64>,
    covariance: Matrix,
}

impl Setting<'_> {
    fn fixed(&self) -> usize {
        self.free + 1
    }

    /// Entries of a treatment in a study: its own column, the mean coefficient, its deviation.
    fn row(&self, treatment: usize, x: f64) -> Vec<(usize, f64)> {
        let mut row: Vec<(usize, f64)> = self.places[treatment].map(|p| (p, 1.0)).into_iter().collect();
        if let Some(place) = self.others.iter().position(|&o| o == treatment) {
            row.push((self.free, x));
            row.push((self.fixed() + place, x));
        }
        row
    }

    fn sums(&self, tau2: f64) -> Result<Sums, NetworkError> {
        let n = self.fixed() + self.others.len();
        let mut sums = Sums {
            a: Matrix::zeros(n, n),
            b: vec![0.0; n],
            yy: 0.0,
            ln_det: 0.0,
        };
        for (study, &x) in self.network.studies.iter().zip(self.x) {
            let (w, ln_det) = weight(study, tau2)?;
            let first = self.row(study.arms[0], x);
            let mut c = Matrix::zeros(study.y.len(), n);
            for (i, &arm) in study.arms[1..].iter().enumerate() {
                first.iter().for_each(|&(j, value)| c[(i, j)] -= value);
                self.row(arm, x).iter().for_each(|&(j, value)| c[(i, j)] += value);
            }
            let t = c.transpose();
            let wy = w.mul_vec(&study.y);
            sums.a = sums.a.add(&t.mul(&w.mul(&c)));
            sums.b.iter_mut().zip(t.mul_vec(&wy)).for_each(|(b, x)| *b += x);
            sums.yy += study.y.iter().zip(&wy).map(|(y, wy)| y * wy).sum::<f64>() + study.misfit;
            sums.ln_det += ln_det;
        }
        Ok(sums)
    }

    /// Deviations in units of sigma, so that sigma2 = 0 is no special case.
    fn solve(&self, sums: &Sums, sigma2: f64, restricted: bool) -> Option<Solved> {
        let (fixed, n, sigma) = (self.fixed(), sums.b.len(), sigma2.sqrt());
        let scale = |i: usize| if i < fixed { 1.0 } else { sigma };
        let ridge = |i: usize, j: usize| if i == j && i >= fixed { 1.0 } else { 0.0 };
        let m = Matrix::from_fn(n, n, |i, j| sums.a[(i, j)] * scale(i) * scale(j) + ridge(i, j));
        let right: Vec<f64> = sums.b.iter().enumerate().map(|(i, b)| b * scale(i)).collect();
        let m = Cholesky::new(&m.symmetrised())?;
        let gamma = m.solve_vec(&right);
        let explained: f64 = gamma.iter().zip(&right).map(|(g, r)| g * r).sum();
        let ln_det = if restricted {
            m.ln_det()
        } else {
            let deviations: Vec<usize> = (fixed..n).collect();
            let part = Matrix::from_fn(n, n, |i, j| sums.a[(i, j)] * sigma2 + ridge(i, j));
            Cholesky::new(&part.select(&deviations, &deviations).symmetrised())?.ln_det()
        };
        let inverse = m.inverse();
        Some(Solved {
            loglik: -0.5 * (sums.ln_det + ln_det + (sums.yy - explained)),
            estimates: gamma.iter().enumerate().map(|(i, g)| g * scale(i)).collect(),
            covariance: Matrix::from_fn(n, n, |i, j| inverse[(i, j)] * scale(i) * scale(j)),
        })
    }

    /// Where both variances are looked for.
    fn widest(&self) -> (f64, f64) {
        let edges = self.network.studies.iter().flat_map(|s| &s.edges);
        let tau2 = edges.fold(0.0_f64, |most, e| most.max(e.v).max(4.0 * e.y * e.y));
        let spread = self.x.iter().map(|x| x * x).sum::<f64>() / self.x.len() as f64;
        (tau2, tau2 / spread)
    }
}

/// Coefficients drawn round a mean.
///
/// # Formula
/// B_t = B + u_t, u_t ~ N(0, sigma2). tau2 and sigma2 maximise the likelihood with u integrated out,
/// ln|V| + ln|C'WC + D| + y'Py, by Henderson's equations (D = 1/sigma2 on the deviations); estimates of single
/// treatments are predictions.
/// # Source
/// Cooper et al. 2009, Stat Med 28:1861 (model); Henderson 1975, Biometrics 31:423 (equations).
pub(crate) fn exchangeable(setting: &Setting<'_>) -> Result<NetworkRegression, NetworkError> {
    let restricted = match setting.options.method {
        NetworkMethod::Dl => return Err(NetworkError::NoMomentEstimator),
        NetworkMethod::Reml => true,
        NetworkMethod::Ml => false,
    };
    let n = setting.network.treatments.len();
    let level = setting.options.level;
    let mut mean = vec![0.0; setting.fixed()];
    mean[setting.free] = 1.0;
    if !setting.linear.estimable(&mean) {
        return Err(NetworkError::CoefficientNotEstimable);
    }
    let (widest_tau2, widest_sigma2) = setting.widest();
    let evaluations = std::cell::Cell::new(0_u32);
    let inner = |tau2: f64| {
        evaluations.set(evaluations.get() + 1);
        let Ok(sums) = setting.sums(tau2) else {
            return (0.0, f64::NEG_INFINITY);
        };
        let loglik = |s| {
            setting
                .solve(&sums, s, restricted)
                .map_or(f64::NEG_INFINITY, |found| found.loglik)
        };
        highest(widest_sigma2, loglik)
    };
    let (tau2, _) = highest(widest_tau2, |t| inner(t).1);
    let sigma2 = inner(tau2).0;
    let sums = setting.sums(tau2)?;
    let found = setting
        .solve(&sums, sigma2, restricted)
        .ok_or(NetworkError::NotFinite)?;
    let columns = found.estimates.len();
    let combine = |c: &[f64]| {
        let value: f64 = c.iter().zip(&found.estimates).map(|(c, e)| c * e).sum();
        (value, found.covariance.quadratic(c))
    };
    let coefficient = |treatment: Option<usize>| {
        let mut c = vec![0.0; columns];
        c[setting.free] = 1.0;
        if let Some(place) = treatment.and_then(|t| setting.others.iter().position(|&o| o == t)) {
            c[setting.fixed() + place] = 1.0;
        }
        CovariateCoefficient {
            covariate: 0,
            treatment,
            estimate: Some(Wald::new(combine(&c), level)),
        }
    };
    let levels: Vec<Vec<f64>> = (0..n)
        .map(|t| {
            let mut c = vec![0.0; columns];
            setting
                .row(t, setting.away)
                .iter()
                .for_each(|&(j, value)| c[j] += value);
            c
        })
        .collect();
    let league = league(n, |i, j| {
        let c: Vec<f64> = levels[i].iter().zip(&levels[j]).map(|(a, b)| a - b).collect();
        Some(combine(&c))
    });
    let common = setting.linear.fit(0.0)?;
    let boundary = tau2 <= 0.0 || sigma2 <= 0.0;
    let iterations = evaluations.get();
    Ok(NetworkRegression {
        at: vec![setting.at],
        coefficients: std::iter::once(None)
            .chain(setting.others.iter().copied().map(Some))
            .map(coefficient)
            .collect(),
        tau2,
        sigma2: Some(sigma2),
        solution: if boundary {
            Solution::Boundary { iterations }
        } else {
            Solution::Converged { iterations }
        },
        q: QPart::new(common.q, setting.linear.degrees()),
        league,
    })
}
