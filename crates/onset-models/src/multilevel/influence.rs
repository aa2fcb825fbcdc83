//! What single clusters and effects do to a multilevel model.

use super::MultilevelError;
use super::dense::connected;
use super::fit::Multilevel;
use super::maximise::maximise;
use super::random::numbered;
use super::sampling::check_length;
use onset_math::linalg::Cholesky;
use rayon::prelude::*;
use serde::Serialize;

/// The model without one cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WithoutCluster {
    /// Cluster.
    pub label: String,
    /// Effects of the cluster.
    pub effects: usize,
    /// Coefficients without it; `None` where they cannot be estimated.
    pub estimates: Option<Vec<f64>>,
    /// Their model-based standard errors.
    pub ses: Option<Vec<f64>>,
    /// Variances and correlations without it, in the order sigma2, tau2, rho.
    pub components: Option<Vec<f64>>,
    /// Cook's distance (b - b_(i))' Cov(b)^-1 (b - b_(i)).
    pub cook_d: Option<f64>,
}

impl Multilevel {
    /// Leaves out one cluster after the other; every variance is estimated anew.
    ///
    /// # Errors
    /// `UnequalLengths`, `TooFewClusters`.
    /// # Source
    /// Cook & Weisberg 1982, Residuals and Influence in Regression; Demidenko & Stukel 2005, Stat Med 24:893.
    pub fn without_clusters<T: Ord + ToString>(
        &self,
        cluster: &[T],
    ) -> Result<Vec<WithoutCluster>, MultilevelError> {
        check_length("the clusters", cluster.len(), self.k)?;
        let (ids, labels) = numbered(cluster);
        if labels.len() < 2 {
            return Err(MultilevelError::TooFewClusters { found: labels.len() });
        }
        Ok(labels
            .par_iter()
            .enumerate()
            .map(|(id, label)| self.without(&ids, id, label))
            .collect())
    }

    fn without(&self, ids: &[usize], id: usize, label: &str) -> WithoutCluster {
        let kept: Vec<usize> = (0..self.k).filter(|&row| ids[row] != id).collect();
        let mut entry = WithoutCluster {
            label: label.to_owned(),
            effects: self.k - kept.len(),
            estimates: None,
            ses: None,
            components: None,
            cook_d: None,
        };
        let options = super::Options {
            method: self.method,
            level: self.level,
            intervals: false,
        };
        let refit = self.model.select(&kept).ok().and_then(|model| {
            let maximum = maximise(&model, self.method)?;
            super::fit::finish(model, maximum, &options).ok()
        });
        let Some(refit) = refit else { return entry };
        let refit = refit.value;
        let moved: Vec<f64> = self
            .coefficients
            .iter()
            .zip(&refit.coefficients)
            .map(|(a, b)| a.estimate.estimate - b.estimate.estimate)
            .collect();
        entry.cook_d = Cholesky::new(&self.covariance).map(|factor| {
            factor
                .solve_vec(&moved)
                .iter()
                .zip(&moved)
                .map(|(a, b)| a * b)
                .sum()
        });
        entry.estimates = Some(refit.coefficients.iter().map(|c| c.estimate.estimate).collect());
        entry.ses = Some(
            refit
                .coefficients
                .iter()
                .map(|c| c.estimate.standard_error)
                .collect(),
        );
        let all = refit.sigma2.iter().chain(&refit.tau2).chain(&refit.rho);
        entry.components = Some(all.map(|component| component.value).collect());
        entry
    }

    /// Hat values: the diagonal of X (X'M^-1 X)^-1 X'M^-1. They sum to the number of coefficients.
    ///
    /// # Errors
    /// `NotFinite`.
    pub fn hat(&self) -> Result<Vec<f64>, MultilevelError> {
        let g = self.model.covariances(&self.theta);
        let mut hat = vec![0.0; self.k];
        for rows in connected(&self.model.sampling, &self.model.random) {
            let block = self.block(&g, &rows)?;
            for (at, &row) in rows.iter().enumerate() {
                let turned = self.covariance.mul_vec(&block.x[at * self.p..(at + 1) * self.p]);
                hat[row] = self
                    .model
                    .design
                    .row(row)
                    .iter()
                    .zip(&turned)
                    .map(|(x, t)| x * t)
                    .sum();
            }
        }
        Ok(hat)
    }
}
