//! Generalised least squares over studies, at a given tau2.

use super::error::NetworkError;
use super::input::{Network, Study, edge_weight};
use onset_math::linalg::{Cholesky, Matrix};

/// Everything of the fit at one tau2.
#[derive(Debug, Clone)]
pub(crate) struct Gls {
    /// Level of each treatment; 0 for the one its part is measured from.
    pub(crate) level: Vec<f64>,
    /// Covariance of the levels, full size.
    pub(crate) cov: Matrix,
    pub(crate) q: f64,
    /// tr(P K).
    pub(crate) trace_pk: f64,
    /// y' P K P y.
    pub(crate) spread: f64,
    /// tr(V^-1 K).
    pub(crate) trace_wk: f64,
    /// ln det V.
    pub(crate) ln_det_v: f64,
    /// ln det X' V^-1 X.
    pub(crate) ln_det_a: f64,
}

impl Gls {
    /// Restricted or full log-likelihood up to constants of the data.
    pub(crate) fn loglik(&self, restricted: bool) -> f64 {
        let base = -0.5 * (self.ln_det_v + self.q);
        if restricted {
            base - 0.5 * self.ln_det_a
        } else {
            base
        }
    }

    /// Its derivative by tau2.
    pub(crate) fn score(&self, restricted: bool) -> f64 {
        0.5 * (self.spread - if restricted { self.trace_pk } else { self.trace_wk })
    }

    /// i minus j, with its variance.
    pub(crate) fn difference(&self, i: usize, j: usize) -> (f64, f64) {
        let variance = self.cov[(i, i)] + self.cov[(j, j)] - 2.0 * self.cov[(i, j)];
        (self.level[i] - self.level[j], variance)
    }
}

/// (V + tau2 K)^-1 of a study of more than two arms, with ln det V.
pub(crate) fn weight(study: &Study, tau2: f64) -> Result<(Matrix, f64), NetworkError> {
    let p = study.y.len();
    let v = Matrix::from_fn(p, p, |i, j| {
        study.v[(i, j)] + if i == j { tau2 } else { 0.5 * tau2 }
    });
    let cholesky = Cholesky::new(&v).ok_or(NetworkError::NotFinite)?;
    Ok((cholesky.inverse(), cholesky.ln_det()))
}

/// Where every treatment stands among the free parameters; the first of each part is fixed at 0.
pub(crate) fn places(network: &Network) -> (Vec<Option<usize>>, usize) {
    let mut seen = vec![false; network.components];
    let mut free = 0;
    let places = network
        .component
        .iter()
        .map(|&c| {
            if !seen[c] {
                seen[c] = true;
                return None;
            }
            free += 1;
            Some(free - 1)
        })
        .collect();
    (places, free)
}

/// Adds X'MX of a study to the free parameters' matrix, lower triangle and upper.
fn add(to: &mut Matrix, places: &[Option<usize>], arms: &[usize], laplacian: impl Fn(usize, usize) -> f64) {
    for (i, &a) in arms.iter().enumerate() {
        let Some(a) = places[a] else { continue };
        for (j, &b) in arms.iter().enumerate() {
            if let Some(b) = places[b] {
                to[(a, b)] += laplacian(i, j);
            }
        }
    }
}

/// Entry of X'MX of a study from M, arms counted from 0.
fn laplacian(m: &Matrix, i: usize, j: usize) -> f64 {
    if i == j {
        if i == 0 {
            m.as_slice().iter().sum()
        } else {
            m[(i - 1, i - 1)]
        }
    } else {
        -edge_weight(m, i, j)
    }
}

/// Fits the network at `tau2`.
///
/// # Formula
/// theta = (X'WX)^-1 X'Wy, W the block inverse of V + tau2 K, K = 1 on and 1/2 off the diagonal of a
/// study's block.
/// # Source
/// Ruecker 2012, Res Synth Methods 3:312; Jackson, White & Riley 2013 (tr PK).
pub(crate) fn fit(network: &Network, tau2: f64) -> Result<Gls, NetworkError> {
    let (places, free) = places(network);
    let mut a = Matrix::zeros(free, free);
    let mut g = Matrix::zeros(free, free);
    let mut b = vec![0.0; free];
    let (mut trace_wk, mut ln_det_v, mut misfit) = (0.0, 0.0, 0.0);
    let mut blocks: Vec<Option<Matrix>> = Vec::with_capacity(network.studies.len());
    for study in &network.studies {
        misfit += study.misfit;
        if let [y] = study.y[..] {
            let total = study.v[(0, 0)] + tau2;
            let w = 1.0 / total;
            let (i, j) = (places[study.arms[0]], places[study.arms[1]]);
            let w2 = w * w;
            if let Some(i) = i {
                a[(i, i)] += w;
                g[(i, i)] += w2;
                b[i] -= w * y;
            }
            if let Some(j) = j {
                a[(j, j)] += w;
                g[(j, j)] += w2;
                b[j] += w * y;
            }
            if let (Some(i), Some(j)) = (i, j) {
                a[(i, j)] -= w;
                a[(j, i)] -= w;
                g[(i, j)] -= w2;
                g[(j, i)] -= w2;
            }
            trace_wk += w;
            ln_det_v += total.ln();
            blocks.push(None);
            continue;
        }
        let (w, ln_det) = weight(study, tau2)?;
        ln_det_v += ln_det;
        let sums: Vec<f64> = (0..w.rows()).map(|i| w.row(i).iter().sum()).collect();
        // W K W with K = (I + 11')/2
        let ww = w.mul(&w);
        let wkw = Matrix::from_fn(w.rows(), w.cols(), |i, j| 0.5 * (ww[(i, j)] + sums[i] * sums[j]));
        trace_wk += 0.5 * (w.trace() + sums.iter().sum::<f64>());
        add(&mut a, &places, &study.arms, |i, j| laplacian(&w, i, j));
        add(&mut g, &places, &study.arms, |i, j| laplacian(&wkw, i, j));
        let wy = w.mul_vec(&study.y);
        if let Some(i) = places[study.arms[0]] {
            b[i] -= wy.iter().sum::<f64>();
        }
        for (&arm, wy) in study.arms[1..].iter().zip(&wy) {
            if let Some(i) = places[arm] {
                b[i] += wy;
            }
        }
        blocks.push(Some(w));
    }
    let cholesky = Cholesky::new(&a).ok_or(NetworkError::NotFinite)?;
    let inverse = cholesky.inverse();
    let theta = cholesky.solve_vec(&b);
    let level: Vec<f64> = places.iter().map(|p| p.map_or(0.0, |p| theta[p])).collect();
    let n = places.len();
    let cov = Matrix::from_fn(n, n, |i, j| match (places[i], places[j]) {
        (Some(i), Some(j)) => inverse[(i, j)],
        _ => 0.0,
    });
    let (q, spread) = residuals(network, &level, tau2, &blocks);
    let lost: f64 = inverse
        .as_slice()
        .iter()
        .zip(g.as_slice())
        .map(|(x, y)| x * y)
        .sum();
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
fn residuals(network: &Network, level: &[f64], tau2: f64, blocks: &[Option<Matrix>]) -> (f64, f64) {
    let (mut q, mut spread) = (0.0, 0.0);
    for (study, block) in network.studies.iter().zip(blocks) {
        let base = level[study.arms[0]];
        match block {
            None => {
                let r = study.y[0] - (level[study.arms[1]] - base);
                let w = 1.0 / (study.v[(0, 0)] + tau2);
                q += w * r * r;
                spread += w * w * r * r;
            }
            Some(w) => {
                let r: Vec<f64> = study
                    .y
                    .iter()
                    .zip(&study.arms[1..])
                    .map(|(y, &arm)| y - (level[arm] - base))
                    .collect();
                let wr = w.mul_vec(&r);
                q += r.iter().zip(&wr).map(|(x, y)| x * y).sum::<f64>();
                let sum: f64 = wr.iter().sum();
                spread += 0.5 * (wr.iter().map(|x| x * x).sum::<f64>() + sum * sum);
            }
        }
    }
    (q, spread)
}
