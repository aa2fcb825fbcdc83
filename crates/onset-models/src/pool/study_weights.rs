//! Weights that the user gives, one a study, in the place of 1/(v + tau2).

use super::PoolError;
use super::tau2::QWeights;
use std::borrow::Cow;

/// Weights of the studies, in the order of the effects; only their ratios matter.
///
/// ```
/// use onset_models::pool::StudyWeights;
/// assert!(StudyWeights::new(vec![120.0, 0.0, 48.0]).is_ok());
/// assert!(StudyWeights::new(vec![1.0, -1.0]).is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StudyWeights(Vec<f64>);

impl StudyWeights {
    /// Checked weights: finite, none negative, at least one above 0.
    ///
    /// # Errors
    /// `BadWeight`, `NoWeight`.
    pub fn new(weights: Vec<f64>) -> Result<Self, PoolError> {
        let bad = |w: &f64| !(w.is_finite() && *w >= 0.0);
        if let Some((i, &found)) = weights.iter().enumerate().find(|(_, w)| bad(w)) {
            return Err(PoolError::BadWeight { row: i + 1, found });
        }
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(PoolError::NoWeight);
        }
        // sums of shares of the largest can't overflow
        Ok(StudyWeights(weights.into_iter().map(|w| w / largest).collect()))
    }

    /// The same weight for each of `k` studies: an unweighted fit.
    pub fn equal(k: usize) -> Self {
        StudyWeights(vec![1.0; k])
    }

    pub(crate) fn get(&self) -> &[f64] {
        &self.0
    }

    /// Whether there is one for each of `k` studies.
    pub(crate) fn check(&self, k: usize) -> Result<(), PoolError> {
        if self.0.len() == k {
            return Ok(());
        }
        Err(PoolError::UnequalLengths {
            what: "weights",
            found: self.0.len(),
            needed: k,
        })
    }

    /// Studies with a weight above 0.
    pub(crate) fn positive(&self) -> Vec<usize> {
        let weights = self.0.iter().enumerate();
        weights.filter(|(_, w)| **w > 0.0).map(|(i, _)| i).collect()
    }
}

/// Weights that do not depend on tau2.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Weighting<'a> {
    /// By a rule of the sampling variance.
    Rule(QWeights),
    /// All the same.
    Equal,
    /// One a study, in the order of the effects; not for the projection of one mean, which reorders them.
    Given(&'a [f64]),
}

impl From<QWeights> for Weighting<'_> {
    fn from(rule: QWeights) -> Self {
        Weighting::Rule(rule)
    }
}

impl<'a> Weighting<'a> {
    /// The weight of a study with sampling variance v; NaN where it takes more than v to know it.
    #[inline]
    pub fn of_variance(self, v: f64) -> f64 {
        match self {
            Weighting::Rule(rule) => rule.weight(v),
            Weighting::Equal => 1.0,
            Weighting::Given(_) => f64::NAN,
        }
    }

    /// The weights of studies with these sampling variances.
    pub fn all(self, v: &[f64]) -> Cow<'a, [f64]> {
        match self {
            Weighting::Given(weights) => Cow::Borrowed(weights),
            _ => v.iter().map(|&v| self.of_variance(v)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ratios_count() {
        let weights = StudyWeights::new(vec![0.0, 3e307, 1.2e308]).unwrap();
        assert_eq!(weights.get(), [0.0, 0.25, 1.0]);
        assert_eq!(weights.positive(), [1, 2]);
        assert!(weights.check(3).is_ok());
        assert!(weights.check(2).is_err());
    }

    #[test]
    fn impossible_weights_are_named() {
        let row = |weights| match StudyWeights::new(weights) {
            Err(PoolError::BadWeight { row, .. }) => row,
            other => panic!("{other:?}"),
        };
        assert_eq!(row(vec![1.0, -0.5]), 2);
        assert_eq!(row(vec![f64::INFINITY]), 1);
        assert_eq!(row(vec![f64::NAN, 1.0]), 1);
        assert_eq!(StudyWeights::new(vec![0.0, 0.0]), Err(PoolError::NoWeight));
        assert_eq!(StudyWeights::new(Vec::new()), Err(PoolError::NoWeight));
    }
}
