//! P-scores, and ranks by seeded simulation.

use super::error::NetworkError;
use super::gls::{Gls, fit};
use super::input::Network;
use super::options::SmallValues;
use onset_math::linalg::Cholesky;
use onset_math::normal;
use onset_math::random::Stream;

/// # Formula
/// The mean over the others of the probability, one-sided, to be better than each.
/// # Source
/// Ruecker & Schwarzer 2015, BMC Med Res Methodol 15:58, eq. 3.
pub(crate) fn p_scores(gls: &Gls, small: SmallValues) -> Vec<f64> {
    let n = gls.level.len();
    (0..n)
        .map(|i| {
            let better = |j: usize| {
                let (estimate, variance) = gls.difference(i, j);
                let z = estimate / variance.sqrt();
                normal::cdf(if small == SmallValues::Desirable { -z } else { z })
            };
            (0..n).filter(|&j| j != i).map(better).sum::<f64>() / (n as f64 - 1.0)
        })
        .collect()
}

/// Probabilities of ranks.
#[derive(Debug, Clone, PartialEq)]
pub struct Rankogram {
    /// Row a treatment, column a rank from the best.
    pub probability: Vec<Vec<f64>>,
    /// Surface under the cumulative ranking curve.
    pub sucra: Vec<f64>,
}

/// Ranks drawn from the normal distribution of the random-effects estimates; one part only, else `None`.
///
/// # Errors
/// `NotFinite`.
/// # Source
/// Salanti, Ades & Ioannidis 2011, J Clin Epidemiol 64:163.
pub fn rankogram(
    network: &Network,
    tau2: f64,
    small: SmallValues,
    draws: usize,
    seed: u64,
) -> Result<Option<Rankogram>, NetworkError> {
    if network.components != 1 || draws == 0 {
        return Ok(None);
    }
    let gls = fit(network, tau2)?;
    let n = gls.level.len();
    // the first treatment is where the others are measured from
    let others: Vec<usize> = (1..n).collect();
    let cholesky = Cholesky::new(&gls.cov.select(&others, &others)).ok_or(NetworkError::NotFinite)?;
    let mut stream = Stream::new(seed, 0);
    let mut z = vec![0.0; n - 1];
    let found = ranks(n, draws, small, |x| {
        z.iter_mut().for_each(|z| *z = stream.normal());
        for i in 1..n {
            let row = cholesky.lower().row(i - 1);
            let noise: f64 = row[..i].iter().zip(&z).map(|(l, z)| l * z).sum();
            x[i] = gls.level[i] + noise;
        }
    });
    Ok(Some(found))
}

/// Counts ranks over draws: `draw` fills the levels of the n treatments.
pub(crate) fn ranks(
    n: usize,
    draws: usize,
    small: SmallValues,
    mut draw: impl FnMut(&mut [f64]),
) -> Rankogram {
    let mut counts = vec![vec![0_u64; n]; n];
    let mut x = vec![0.0; n];
    let mut order: Vec<usize> = (0..n).collect();
    for _ in 0..draws {
        draw(&mut x);
        order.sort_by(|&i, &j| match small {
            SmallValues::Desirable => x[i].total_cmp(&x[j]),
            SmallValues::Undesirable => x[j].total_cmp(&x[i]),
        });
        for (rank, &i) in order.iter().enumerate() {
            counts[i][rank] += 1;
        }
    }
    let probability: Vec<Vec<f64>> = counts
        .iter()
        .map(|row| row.iter().map(|&c| c as f64 / draws as f64).collect())
        .collect();
    let sucra = probability
        .iter()
        .map(|row: &Vec<f64>| {
            let mean: f64 = row.iter().enumerate().map(|(rank, p)| rank as f64 * p).sum();
            1.0 - mean / (n as f64 - 1.0)
        })
        .collect();
    Rankogram { probability, sucra }
}
