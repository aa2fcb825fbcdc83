//! Why a multilevel model could not be fitted.

use crate::regress::RegressError;
use thiserror::Error;

/// Why a multilevel model could not be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MultilevelError {
    /// The design.
    #[error(transparent)]
    Regress(#[from] RegressError),
    /// Fewer effects than coefficients and one more.
    #[error(
        "{found} effects, and {needed} are needed for this many coefficients. Hint: leave out moderators"
    )]
    TooFewEffects {
        /// Effects.
        found: usize,
        /// Effects needed.
        needed: usize,
    },
    /// Inputs that must run in parallel disagree in length.
    #[error("{what} has {found} values for {needed} effects")]
    UnequalLengths {
        /// Which input.
        what: String,
        /// Length found.
        found: usize,
        /// Length needed.
        needed: usize,
    },
    /// A grouping with one group only.
    #[error(
        "'{name}' has a single level, so its variance cannot be estimated. Hint: leave it out of the random effects"
    )]
    SingleGroup {
        /// Random effect.
        name: String,
    },
    /// Two random effects that group the effects in the same way.
    #[error(
        "'{first}' and '{second}' group the effects in the same way: their variances cannot be told apart. \
         Hint: keep one of them"
    )]
    SameGroups {
        /// One random effect.
        first: String,
        /// The other.
        second: String,
    },
    /// A sampling covariance that is not positive definite.
    #[error(
        "the sampling covariance of {} is not positive definite. Hint: is a correlation too far from 0, or a row \
         there twice?", rows_text(.rows)
    )]
    NotPositiveDefinite {
        /// Effects of the block, from 0.
        rows: Vec<usize>,
    },
    /// A sampling covariance that is not symmetric.
    #[error(
        "the sampling covariance is not symmetric: row {row}, column {column} holds {found}, and row {column}, \
         column {row} holds {mirrored}"
    )]
    NotSymmetric {
        /// Row, from 1.
        row: usize,
        /// Column, from 1.
        column: usize,
        /// Value there.
        found: f64,
        /// Value at the mirrored place.
        mirrored: f64,
    },
    /// A variance that is not above 0, or an entry that is not finite.
    #[error("the sampling covariance holds {found} in row {row}, column {column}: {rule}")]
    BadCovariance {
        /// Row, from 1.
        row: usize,
        /// Column, from 1.
        column: usize,
        /// Value there.
        found: f64,
        /// What is allowed.
        rule: &'static str,
    },
    /// A correlation outside its range.
    #[error("{name} is {found}, and must lie {range}")]
    BadCorrelation {
        /// Which one.
        name: &'static str,
        /// Value.
        found: f64,
        /// Range.
        range: &'static str,
    },
    /// A structure with fewer than two levels.
    #[error("structure {structure} needs at least two levels of '{inner}', and there is {found}")]
    TooFewLevels {
        /// Code of the structure.
        structure: &'static str,
        /// Inner variable.
        inner: String,
        /// Levels found.
        found: usize,
    },
    /// A structure over time without times.
    #[error("structure CAR needs a time for every effect")]
    NeedsTimes,
    /// Clusters that cut through a random effect or a block of the sampling covariance.
    #[error(
        "the clusters cut through '{name}': its effects are correlated across clusters. Hint: cluster by the \
         outermost grouping"
    )]
    ClustersCut {
        /// Random effect, or the sampling covariance.
        name: String,
    },
    /// Fewer than two clusters.
    #[error("{found} cluster, and cluster-robust inference needs at least two")]
    TooFewClusters {
        /// Clusters.
        found: usize,
    },
    /// CR3 where one cluster alone carries a coefficient.
    #[error(
        "CR3 cannot be computed: without cluster {cluster} a coefficient is not identified. Hint: use CR2"
    )]
    ClusterCarriesCoefficient {
        /// Cluster, from 1 in order of its label.
        cluster: usize,
    },
    /// A contrast of the wrong shape or rank.
    #[error("the contrasts do not fit {needed} coefficients, or are not independent")]
    BadContrast {
        /// Coefficients.
        needed: usize,
    },
    /// Two fits that a likelihood-ratio test cannot compare.
    #[error("a likelihood-ratio test cannot compare these fits: {reason}")]
    NotComparable {
        /// Why.
        reason: &'static str,
    },
    /// A result overflowed.
    #[error(
        "{quantity} is not a finite number: effects or variances are too large or too small. Hint: change the unit"
    )]
    NotFinite {
        /// What overflowed.
        quantity: &'static str,
    },
}

fn rows_text(rows: &[usize]) -> String {
    let shown: Vec<String> = rows.iter().take(5).map(|row| (row + 1).to_string()).collect();
    let more = if rows.len() > 5 { ", …" } else { "" };
    format!("effects {}{more}", shown.join(", "))
}
