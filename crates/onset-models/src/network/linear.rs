//! Linear models of a network beyond one effect per treatment: any columns for the level of any arm.

use super::error::NetworkError;
use super::gls::{Gls, weight};
use super::heterogeneity::search;
use super::input::Network;
use super::options::NetworkMethod;
use crate::pool::Solution;
use onset_math::linalg::{Cholesky, Matrix, symmetric_eigen};

/// Eigenvalues of the scaled X'X below this share of the largest are zero: no study tells those columns apart.
const RANK: f64 = 1e-10;
/// A contrast is estimable when this share of it, at most, lies outside the rows of X.
const ESTIMABLE: f64 = 1e-7;

/// Entries of one arm: column and value.
pub(crate) type Entries = Vec<(usize, f64)>;

/// y of a study = (rows of its other arms - row of its first arm) beta + error.
pub(crate) struct Linear<'a> {
    network: &'a Network,
    columns: usize,
    /// Of every study: its columns, and its design of contrasts against the first arm.
    designs: Vec<(Vec<usize>, Matrix)>,
    scale: Vec<f64>,
    /// Basis of the scaled rows where columns are confounded.
    basis: Option<Matrix>,
    rank: usize,
}

impl<'a> Linear<'a> {
    /// A model from the entries of every arm: `entries(study, arm)`, arms counted within the study.
    pub(crate) fn new(
        network: &'a Network,
        columns: usize,
        entries: impl Fn(usize, usize) -> Entries,
    ) -> Result<Self, NetworkError> {
        let mut designs = Vec::with_capacity(network.studies.len());
        let mut gram = Matrix::zeros(columns, columns);
        for (s, study) in network.studies.iter().enumerate() {
            let rows: Vec<Entries> = (0..study.arms.len()).map(|a| entries(s, a)).collect();
            let mut used: Vec<usize> = rows.iter().flatten().map(|e| e.0).collect();
            used.sort_unstable();
            used.dedup();
            let mut x = Matrix::zeros(study.y.len(), used.len());
            for (arm, row) in rows.iter().enumerate() {
                for &(column, value) in row {
                    let Ok(place) = used.binary_search(&column) else {
                        continue;
                    };
                    if arm == 0 {
                        (0..x.rows()).for_each(|i| x[(i, place)] -= value);
                    } else {
                        x[(arm - 1, place)] += value;
                    }
                }
            }
            let xx = x.transpose().mul(&x);
            for (i, &a) in used.iter().enumerate() {
                for (j, &b) in used.iter().enumerate() {
                    gram[(a, b)] += xx[(i, j)];
                }
            }
            designs.push((used, x));
        }
        let scale: Vec<f64> = gram
            .diagonal()
            .iter()
            .map(|d| if *d > 0.0 { d.sqrt() } else { 1.0 })
            .collect();
        let scaled = Matrix::from_fn(columns, columns, |i, j| gram[(i, j)] / (scale[i] * scale[j]));
        let eigen = symmetric_eigen(&scaled).ok_or(NetworkError::NotFinite)?;
        let largest = eigen.values.iter().copied().fold(0.0, f64::max);
        let kept: Vec<usize> = (0..columns)
            .filter(|&i| eigen.values[i] > RANK * largest)
            .collect();
        let rank = kept.len();
        let all: Vec<usize> = (0..columns).collect();
        let basis = (rank < columns).then(|| eigen.vectors.select(&all, &kept));
        Ok(Linear {
            network,
            columns,
            designs,
            scale,
            basis,
            rank,
        })
    }

    /// Contrasts against a baseline minus the rank of the design.
    pub(crate) fn degrees(&self) -> usize {
        let contrasts: usize = self.network.studies.iter().map(|s| s.y.len()).sum();
        contrasts.saturating_sub(self.rank)
    }

    /// Whether the studies say anything on c'beta.
    pub(crate) fn estimable(&self, c: &[f64]) -> bool {
        let Some(basis) = &self.basis else { return true };
        let scaled: Vec<f64> = c.iter().zip(&self.scale).map(|(c, s)| c / s).collect();
        let inside = basis.mul_vec(&basis.transpose().mul_vec(&scaled));
        let size = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>().sqrt();
        let outside: Vec<f64> = scaled.iter().zip(&inside).map(|(x, y)| x - y).collect();
        size(&outside) <= ESTIMABLE * size(&scaled)
    }

    /// Generalised least squares at `tau2`: `level` and `cov` are beta and its covariance (a
    /// generalised inverse where columns are confounded).
    ///
    /// # Source
    /// As `gls::fit`, with a design of any columns.
    pub(crate) fn fit(&self, tau2: f64) -> Result<Gls, NetworkError> {
        let n = self.columns;
        let (mut a, mut g) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
        let mut b = vec![0.0; n];
        let (mut trace_wk, mut ln_det_v, mut misfit) = (0.0, 0.0, 0.0);
        let mut weights = Vec::with_capacity(self.designs.len());
        for (study, (used, x)) in self.network.studies.iter().zip(&self.designs) {
            misfit += study.misfit;
            let (w, ln_det) = weight(study, tau2)?;
            ln_det_v += ln_det;
            let wx = w.mul(x);
            let sums: Vec<f64> = (0..wx.cols()).map(|j| wx.col(j).iter().sum()).collect();
            let sum_w: f64 = w.as_slice().iter().sum();
            trace_wk += 0.5 * (w.trace() + sum_w);
            let xwx = x.transpose().mul(&wx);
            let xww = wx.transpose().mul(&wx);
            let wy = w.mul_vec(&study.y);
            let xwy = x.transpose().mul_vec(&wy);
            for (i, &p) in used.iter().enumerate() {
                b[p] += xwy[i] / self.scale[p];
                for (j, &q) in used.iter().enumerate() {
                    let by = self.scale[p] * self.scale[q];
                    a[(p, q)] += xwx[(i, j)] / by;
                    // W K W with K = (I + 11')/2
                    g[(p, q)] += 0.5 * (xww[(i, j)] + sums[i] * sums[j]) / by;
                }
            }
            weights.push(w);
        }
        if let Some(basis) = &self.basis {
            let t = basis.transpose();
            a = t.mul(&a).mul(basis);
            g = t.mul(&g).mul(basis);
            b = t.mul_vec(&b);
        }
        let cholesky = Cholesky::new(&a.symmetrised()).ok_or(NetworkError::NotFinite)?;
        let inverse = cholesky.inverse();
        let gamma = cholesky.solve_vec(&b);
        let lost: f64 = inverse
            .as_slice()
            .iter()
            .zip(g.as_slice())
            .map(|(x, y)| x * y)
            .sum();
        let (mut level, mut cov) = match &self.basis {
            Some(basis) => (basis.mul_vec(&gamma), basis.mul(&inverse).mul(&basis.transpose())),
            None => (gamma, inverse),
        };
        for i in 0..n {
            level[i] /= self.scale[i];
            for j in 0..n {
                cov[(i, j)] /= self.scale[i] * self.scale[j];
            }
        }
        let (q, spread) = self.residuals(&level, &weights);
        let gls = Gls {
            level,
            cov,
            q: q + misfit,
            trace_pk: trace_wk - lost,
            spread,
            trace_wk,
            ln_det_v,
            ln_det_a: cholesky.ln_det(),
        };
        if gls.q.is_finite() && gls.cov.is_finite() {
            Ok(gls)
        } else {
            Err(NetworkError::NotFinite)
        }
    }

    /// r'Wr and r'WKWr.
    fn residuals(&self, beta: &[f64], weights: &[Matrix]) -> (f64, f64) {
        let (mut q, mut spread) = (0.0, 0.0);
        for ((study, (used, x)), w) in self.network.studies.iter().zip(&self.designs).zip(weights) {
            let local: Vec<f64> = used.iter().map(|&c| beta[c]).collect();
            let fitted = x.mul_vec(&local);
            let r: Vec<f64> = study.y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
            let wr = w.mul_vec(&r);
            q += r.iter().zip(&wr).map(|(x, y)| x * y).sum::<f64>();
            let sum: f64 = wr.iter().sum();
            spread += 0.5 * (wr.iter().map(|x| x * x).sum::<f64>() + sum * sum);
        }
        (q, spread)
    }

    /// The fit at tau2 = 0, tau2 by `method`, and the fit there.
    pub(crate) fn solve(&self, method: NetworkMethod) -> Result<Solved, NetworkError> {
        let common = self.fit(0.0)?;
        let (tau2, solution) = search(self.network, method, self.degrees(), &common, |t| self.fit(t))?;
        let random = if tau2 > 0.0 {
            self.fit(tau2)?
        } else {
            common.clone()
        };
        Ok(Solved {
            common,
            random,
            tau2,
            solution,
        })
    }
}

/// A linear model with common and with random effects.
pub(crate) struct Solved {
    pub(crate) common: Gls,
    pub(crate) random: Gls,
    pub(crate) tau2: f64,
    pub(crate) solution: Solution,
}

impl Gls {
    /// c'beta and its variance.
    pub(crate) fn combination(&self, c: &[f64]) -> (f64, f64) {
        let value = c.iter().zip(&self.level).map(|(c, b)| c * b).sum();
        (value, self.cov.quadratic(c))
    }
}

/// Entries of a treatment's own column; none for the one its part is measured from.
pub(crate) fn own_column(places: &[Option<usize>], treatment: usize) -> Entries {
    places[treatment].map(|p| (p, 1.0)).into_iter().collect()
}
