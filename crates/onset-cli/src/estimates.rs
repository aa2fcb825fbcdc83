//! Estimates in the JSON and the tables of several commands.

use crate::output::Cell;
use onset::models::pool::{Estimate, Solution};
use serde::Serialize;

/// A mean or a coefficient with its test and interval, on the analysis scale.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Mean {
    pub estimate: f64,
    pub se: f64,
    pub statistic: f64,
    pub df: Option<f64>,
    pub p: f64,
    pub ci_lower: f64,
    pub ci_upper: f64,
}

impl From<Estimate> for Mean {
    fn from(e: Estimate) -> Self {
        Mean {
            estimate: e.estimate,
            se: e.standard_error,
            statistic: e.statistic,
            df: e.df,
            p: e.p,
            ci_lower: e.ci_lower,
            ci_upper: e.ci_upper,
        }
    }
}

impl Mean {
    /// Headers of [`cells`](Self::cells).
    pub const HEADERS: [&str; 7] = ["estimate", "se", "statistic", "df", "p", "ci_lower", "ci_upper"];

    /// One row of a table.
    pub fn cells(&self) -> [Cell; 7] {
        [
            self.estimate.into(),
            self.se.into(),
            self.statistic.into(),
            self.df.into(),
            self.p.into(),
            self.ci_lower.into(),
            self.ci_upper.into(),
        ]
    }
}

/// How a search ended.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SolutionEntry {
    pub kind: &'static str,
    pub iterations: u32,
}

impl From<Solution> for SolutionEntry {
    fn from(solution: Solution) -> Self {
        SolutionEntry {
            kind: solution.kind(),
            iterations: solution.iterations(),
        }
    }
}
