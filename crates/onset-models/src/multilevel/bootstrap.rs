//! Wild cluster bootstrap of a robust Wald test.

use super::MultilevelError;
use super::robust::Robust;
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::random::Stream;

/// Signs or weights that the residuals of a cluster are multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WildWeights {
    /// -1 or 1.
    #[default]
    Rademacher,
    /// Six points, for few clusters: -sqrt(3/2), -1, -sqrt(1/2) and their negatives.
    Webb,
}

/// A bootstrap test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WildTest {
    /// The observed Wald statistic over the number of contrasts.
    pub statistic: f64,
    /// Share of replicates at or above it; (1 + count)/(1 + replicates) where replicates were drawn.
    pub p: f64,
    /// Replicates used.
    pub replicates: usize,
    /// Whether all sign changes were taken instead of draws.
    pub exact: bool,
}

impl Robust {
    /// Wild cluster bootstrap of the hypothesis that the contrasts `rows` are 0, with the null imposed.
    ///
    /// # Formula
    /// b0 = b - B C'(C B C')^-1 C b, e0 = y - X b0; y* = X b0 + h_i e0_i in cluster i with one weight h_i a cluster;
    /// the working model stays. Statistic: (C b*)'(C V* C')^-1 C b* / q with the V of this [`Robust`]. With
    /// Rademacher weights and 2^m at most `replicates`, every pattern of signs is taken once.
    /// # Inputs
    /// `seed`: replicates are a function of it.
    /// # Errors
    /// `BadContrast`.
    /// # Source
    /// Cameron, Gelbach & Miller 2008, Rev Econ Stat 90:414; Joshi, Pustejovsky & Beretvas 2022, Res Synth Methods
    /// 13:457; Webb 2023, Can J Econ 56:839.
    pub fn wild_bootstrap(
        &self,
        rows: &[Vec<f64>],
        replicates: usize,
        weights: WildWeights,
        seed: u64,
    ) -> Result<WildTest, MultilevelError> {
        let (p, q, m) = (self.beta.len(), rows.len(), self.parts.len());
        let bad = MultilevelError::BadContrast { needed: p };
        if q == 0 || q > p || replicates == 0 || rows.iter().any(|row| row.len() != p) {
            return Err(bad);
        }
        let c = Matrix::from_rows(rows);
        let ct = c.transpose();
        let middle = Cholesky::new(&c.mul(&self.bread).mul(&ct)).ok_or(bad.clone())?;
        // b - b0
        let shift = self
            .bread
            .mul(&ct)
            .mul_vec(&middle.solve_vec(&c.mul_vec(&self.beta)));
        // of each cluster under the null: G'e0, (X'WX)^-1 X'W e0
        let null: Vec<(Vec<f64>, Vec<f64>)> = self
            .parts
            .iter()
            .map(|part| {
                let reached = part.reach.transpose().mul_vec(&shift);
                let moved = part.own.mul_vec(&shift);
                let add = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect();
                (add(&part.score, &reached), add(&part.shift, &moved))
            })
            .collect();
        let statistic = |h: &[f64]| -> Option<f64> {
            let mut sum = vec![0.0; p];
            for (h, (_, b)) in h.iter().zip(&null) {
                sum.iter_mut().zip(b).for_each(|(s, b)| *s += h * b);
            }
            let mut v = Matrix::zeros(p, p);
            for ((h, (a, _)), part) in h.iter().zip(&null).zip(&self.parts) {
                let reached = part.reach.transpose().mul_vec(&sum);
                let u: Vec<f64> = a.iter().zip(&reached).map(|(a, r)| h * a - r).collect();
                for i in 0..p {
                    for j in 0..p {
                        v[(i, j)] += u[i] * u[j];
                    }
                }
            }
            let estimate = c.mul_vec(&sum);
            let solved = Cholesky::new(&c.mul(&v).mul(&ct))?.solve_vec(&estimate);
            Some(solved.iter().zip(&estimate).map(|(a, b)| a * b).sum::<f64>() / q as f64)
        };
        let observed = statistic(&vec![1.0; m]).ok_or(bad)?;
        // equal patterns must count as equal whatever the order of the sums
        let reaches = |value: Option<f64>| value.is_none_or(|x| x >= observed * (1.0 - 1e-10));
        let exact = weights == WildWeights::Rademacher && m < 60 && (1_u64 << m) as usize <= replicates;
        let (count, used) = if exact {
            let all = 1_usize << m;
            let signs = |pattern: usize| -> Vec<f64> {
                (0..m)
                    .map(|i| if pattern >> i & 1 == 1 { -1.0 } else { 1.0 })
                    .collect()
            };
            (
                (0..all)
                    .filter(|&pattern| reaches(statistic(&signs(pattern))))
                    .count(),
                all,
            )
        } else {
            let mut stream = Stream::new(seed, 0);
            let drawn = (0..replicates).filter(|_| {
                let h: Vec<f64> = (0..m).map(|_| draw(&mut stream, weights)).collect();
                reaches(statistic(&h))
            });
            (drawn.count(), replicates)
        };
        let p = if exact {
            count as f64 / used as f64
        } else {
            (count as f64 + 1.0) / (used as f64 + 1.0)
        };
        Ok(WildTest {
            statistic: observed,
            p,
            replicates: used,
            exact,
        })
    }
}

fn draw(stream: &mut Stream, weights: WildWeights) -> f64 {
    match weights {
        WildWeights::Rademacher => [-1.0, 1.0][stream.below(2) as usize],
        WildWeights::Webb => {
            let size = [0.5_f64, 1.0, 1.5][stream.below(3) as usize].sqrt();
            [-size, size][stream.below(2) as usize]
        }
    }
}
