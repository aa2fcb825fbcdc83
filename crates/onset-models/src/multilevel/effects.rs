//! Predicted random effects, predictions of the mean and of a new effect.

use super::MultilevelError;
use super::dense::connected;
use super::fit::Multilevel;
use super::random::Random;
use super::robust::inverse_marginal;
use crate::pool::{Estimate, half_quantile};
use serde::Serialize;
use std::collections::BTreeSet;

/// A predicted random effect (BLUP): how far a group stands from the mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Blup {
    /// Random effect.
    pub random: String,
    /// Group.
    pub group: String,
    /// Inner level, for structures.
    pub level: Option<String>,
    /// Prediction.
    pub estimate: f64,
    /// Standard error of the prediction, sqrt(Var(u_hat - u)).
    pub se: f64,
}

/// A mean at given moderators, and where the true effect of a new group would lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Predicted {
    /// The mean with its interval.
    #[serde(flatten)]
    pub mean: Estimate,
    /// Lower limit of the prediction interval.
    pub pi_lower: f64,
    /// Upper limit.
    pub pi_upper: f64,
}

impl Multilevel {
    /// Best linear unbiased predictions of every random effect, by random effect, group and level.
    ///
    /// # Formula
    /// u = G Z'M^-1 (y - X b); Var(u_hat - u) = G - G Z'P Z G, P = M^-1 - M^-1 X (X'M^-1 X)^-1 X'M^-1.
    /// # Errors
    /// `NotFinite`.
    /// # Source
    /// Robinson 1991, Stat Sci 6:15; Raudenbush & Bryk 1985, J Educ Stat 10:75.
    pub fn blups(&self) -> Result<Vec<Blup>, MultilevelError> {
        let g = self.model.covariances(&self.theta);
        let mut found: Vec<(usize, usize, usize, Blup)> = Vec::new();
        for rows in connected(&self.model.sampling, &self.model.random) {
            let block = self.block(&g, &rows)?;
            for (t, effect) in self.model.random.iter().enumerate() {
                let cells: BTreeSet<(usize, usize)> = if effect.known.is_some() {
                    rows.iter().map(|&row| (0, effect.level_of(row))).collect()
                } else {
                    rows.iter()
                        .map(|&row| (effect.group[row], effect.level_of(row)))
                        .collect()
                };
                for (group, level) in cells {
                    let blup = self.one(effect, &g[t], &rows, &block, group, level);
                    found.push((t, group, level, blup));
                }
            }
        }
        found.sort_by_key(|entry| (entry.0, entry.1, entry.2));
        Ok(found.into_iter().map(|entry| entry.3).collect())
    }

    fn one(
        &self,
        effect: &Random,
        g: &[f64],
        rows: &[usize],
        block: &BlockSolved,
        group: usize,
        level: usize,
    ) -> Blup {
        let (n, p) = (effect.levels(), self.p);
        let reach: Vec<f64> = rows
            .iter()
            .map(|&row| {
                if effect.group[row] == group {
                    g[level * n + effect.level_of(row)]
                } else {
                    0.0
                }
            })
            .collect();
        let m = rows.len();
        let mut estimate = 0.0;
        let mut spread = g[level * n + level];
        let mut cross = vec![0.0; p];
        for i in 0..m {
            if reach[i] == 0.0 {
                continue;
            }
            estimate += reach[i] * block.residual[i];
            for j in 0..m {
                spread -= reach[i] * block.inverse[i * m + j] * reach[j];
            }
            (0..p).for_each(|c| cross[c] += reach[i] * block.x[i * p + c]);
        }
        spread += self.covariance.quadratic(&cross);
        let label =
            |labels: &[String], at: usize| labels.get(at).cloned().unwrap_or_else(|| (at + 1).to_string());
        let known = effect.known.is_some();
        Blup {
            random: effect.name.clone(),
            group: if known {
                label(&effect.level_labels, level)
            } else {
                label(&effect.group_labels, group)
            },
            level: (!effect.is_intercept() && !known).then(|| label(&effect.level_labels, level)),
            estimate,
            se: spread.max(0.0).sqrt(),
        }
    }

    pub(crate) fn block(&self, g: &[Vec<f64>], rows: &[usize]) -> Result<BlockSolved, MultilevelError> {
        let (m, p) = (rows.len(), self.p);
        let marginal = self.model.marginal(g, rows);
        let inverse = inverse_marginal(&marginal, m).ok_or(MultilevelError::NotFinite {
            quantity: "the covariance of a group",
        })?;
        let raw: Vec<f64> = rows
            .iter()
            .map(|&row| {
                let x = self.model.design.row(row).iter();
                let fitted: f64 = x
                    .zip(&self.coefficients)
                    .map(|(x, c)| x * c.estimate.estimate)
                    .sum();
                self.model.y[row] - fitted
            })
            .collect();
        let mut residual = vec![0.0; m];
        let mut x = vec![0.0; m * p];
        for i in 0..m {
            for j in 0..m {
                let w = inverse[i * m + j];
                residual[i] += w * raw[j];
                let row = self.model.design.row(rows[j]);
                (0..p).for_each(|c| x[i * p + c] += w * row[c]);
            }
        }
        Ok(BlockSolved { inverse, residual, x })
    }

    /// The mean at the moderators `x` (p numbers, intercept included), and a prediction interval for the true
    /// effect of a new group (of inner level `level`, where variances differ by level), with normal quantiles.
    ///
    /// # Formula
    /// x'b +- z se; prediction: x'b +- z sqrt(se^2 + sum of the variances).
    /// # Errors
    /// `BadContrast` when `x` does not fit, or `level` is not known.
    pub fn predict(&self, x: &[f64], level: Option<&str>) -> Result<Predicted, MultilevelError> {
        let bad = MultilevelError::BadContrast { needed: self.p };
        if x.len() != self.p {
            return Err(bad);
        }
        let estimate: f64 = x
            .iter()
            .zip(&self.coefficients)
            .map(|(x, c)| x * c.estimate.estimate)
            .sum();
        let variance = self.covariance.quadratic(x);
        let mut total = 0.0;
        for (effect, g) in self.model.random.iter().zip(self.model.covariances(&self.theta)) {
            let n = effect.levels();
            let at = match level {
                _ if !effect.structure.heterogeneous() => 0,
                Some(level) => effect
                    .level_labels
                    .iter()
                    .position(|l| l == level)
                    .ok_or(bad.clone())?,
                None => return Err(bad),
            };
            total += g[at * n + at];
        }
        let half = half_quantile(self.level, None) * (variance + total).sqrt();
        Ok(Predicted {
            mean: Estimate::new(estimate, variance.sqrt(), None, self.level),
            pi_lower: estimate - half,
            pi_upper: estimate + half,
        })
    }
}

/// M^-1, M^-1 (y - X b) and M^-1 X of one block.
pub(crate) struct BlockSolved {
    inverse: Vec<f64>,
    residual: Vec<f64>,
    pub x: Vec<f64>,
}
