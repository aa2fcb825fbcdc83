//! Why a design or a regression was refused.

use crate::pool::PoolError;
use thiserror::Error;

/// Why a design matrix could not be built.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DesignError {
    /// A moderator without a name.
    #[error(
        "'{term}' is not a moderator: write a column, factor(column), poly2(column), rcs4(column) or column:column"
    )]
    EmptyTerm {
        /// As written.
        term: String,
    },
    /// A column that the table does not have.
    #[error("there is no column '{column}'")]
    UnknownColumn {
        /// Header.
        column: String,
    },
    /// Columns of unequal length.
    #[error("column '{column}' has {found} cells for {needed} rows")]
    UnequalLengths {
        /// Header.
        column: String,
        /// Cells.
        found: usize,
        /// Rows.
        needed: usize,
    },
    /// A factor with a single level.
    #[error("moderator '{column}' has a single level, '{level}': it cannot explain differences")]
    SingleLevel {
        /// Header.
        column: String,
        /// The level.
        level: String,
    },
    /// A curve over a column with text in it.
    #[error("moderator '{column}' has cells that are no numbers: poly and rcs need numbers")]
    NotNumeric {
        /// Header.
        column: String,
    },
    /// A spline with knots that fall together.
    #[error(
        "moderator '{column}' has too few different values for a spline with {knots} knots: take fewer, or poly2"
    )]
    FewValues {
        /// Header.
        column: String,
        /// Knots asked for.
        knots: usize,
    },
    /// A number that is not finite.
    #[error("moderator '{name}' is {found} in row {row}: a finite number is needed")]
    NotFinite {
        /// Coefficient.
        name: String,
        /// Value.
        found: f64,
        /// Row of the fit, from 1.
        row: usize,
    },
    /// A word that names no coefficient.
    #[error(
        "'{found}' is none of the coefficients: {names}. Hint: a term or a position from 1 to {last} will do too"
    )]
    UnknownCoefficient {
        /// As written.
        found: String,
        /// The coefficients.
        names: String,
        /// Last position.
        last: usize,
    },
    /// A part of a linear hypothesis that cannot be read.
    #[error(
        "'{part}' is no part of a hypothesis: write one coefficient and a number that is not always 0, such as a=1,b=-1, each coefficient once"
    )]
    BadHypothesis {
        /// As written.
        part: String,
    },
    /// Neither an intercept nor a moderator.
    #[error("nothing is left to estimate: no intercept and no moderator")]
    Empty,
}

/// Why a meta-regression could not be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RegressError {
    /// The design.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// The model.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A moderator that is a combination of others.
    #[error(
        "moderator '{name}' is a combination of {}: its coefficient cannot be told apart. Hint: leave one of them out",
        .others.join(", ")
    )]
    Collinear {
        /// The coefficient that adds nothing.
        name: String,
        /// The coefficients it combines.
        others: Vec<String>,
    },
    /// The design has another number of rows than there are effects.
    #[error("the design has {design} rows and there are {effects} effects")]
    UnequalLengths {
        /// Rows of the design.
        design: usize,
        /// Effects.
        effects: usize,
    },
    /// A contrast of the wrong length.
    #[error("a contrast has {found} numbers for {needed} coefficients")]
    BadContrast {
        /// Length found.
        found: usize,
        /// Coefficients.
        needed: usize,
    },
    /// A location-scale model by a moment estimator.
    #[error("a location-scale model needs method ML or REML, not {method}")]
    NeedsLikelihood {
        /// Code of the method.
        method: &'static str,
    },
}
