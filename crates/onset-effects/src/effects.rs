//! Checked effect sizes: the only way into a model.

use onset_data::RowId;
use thiserror::Error;

/// Why a set of effects was refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EffectsError {
    /// The vectors disagree in length.
    #[error("y has {y} values, v has {v} and there are {labels} labels: they must agree")]
    UnequalLengths {
        /// Number of effects.
        y: usize,
        /// Number of variances.
        v: usize,
        /// Number of labels.
        labels: usize,
    },
    /// An effect is NaN or infinite.
    #[error("study '{label}': the effect is {found}, and must be finite")]
    NotFinite {
        /// Study.
        label: String,
        /// Value found.
        found: f64,
    },
    /// A sampling variance is NaN, infinite, zero or negative.
    #[error("study '{label}': the sampling variance is {found}, and must be finite and above 0")]
    BadVariance {
        /// Study.
        label: String,
        /// Value found.
        found: f64,
    },
}

/// k effects with their sampling variances, labels and the rows they came from.
///
/// `y` stands on the analysis scale (log for ratios); `v` is its sampling variance in squared
/// units of `y`, above 0. The vectors agree in length.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    y: Vec<f64>,
    v: Vec<f64>,
    labels: Vec<String>,
    rows: Vec<Vec<RowId>>,
}

impl Effects {
    /// Checks and keeps `y`, `v` and `labels`.
    ///
    /// # Errors
    /// `UnequalLengths`, `NotFinite`, `BadVariance`.
    ///
    /// ```
    /// use onset_effects::Effects;
    /// let effects = Effects::new(vec![0.1, 0.4], vec![0.02, 0.05], vec!["A".into(), "B".into()]).unwrap();
    /// assert_eq!(effects.k(), 2);
    /// assert!(Effects::new(vec![0.1], vec![0.0], vec!["A".into()]).is_err());
    /// ```
    pub fn new(y: Vec<f64>, v: Vec<f64>, labels: Vec<String>) -> Result<Self, EffectsError> {
        if y.len() != v.len() || y.len() != labels.len() {
            return Err(EffectsError::UnequalLengths {
                y: y.len(),
                v: v.len(),
                labels: labels.len(),
            });
        }
        for i in 0..y.len() {
            if !y[i].is_finite() {
                return Err(EffectsError::NotFinite {
                    label: labels[i].clone(),
                    found: y[i],
                });
            }
            if !(v[i].is_finite() && v[i] > 0.0) {
                return Err(EffectsError::BadVariance {
                    label: labels[i].clone(),
                    found: v[i],
                });
            }
        }
        let rows = vec![Vec::new(); y.len()];
        Ok(Effects { y, v, labels, rows })
    }

    /// The same effects with the table rows each came from; missing entries stay empty.
    #[must_use]
    pub fn with_rows(mut self, mut rows: Vec<Vec<RowId>>) -> Self {
        rows.resize(self.y.len(), Vec::new());
        self.rows = rows;
        self
    }

    /// Number of effects.
    pub fn k(&self) -> usize {
        self.y.len()
    }

    /// Effects on the analysis scale.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// Sampling variances.
    pub fn v(&self) -> &[f64] {
        &self.v
    }

    /// Labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Rows behind each effect.
    pub fn rows(&self) -> &[Vec<RowId>] {
        &self.rows
    }
}
