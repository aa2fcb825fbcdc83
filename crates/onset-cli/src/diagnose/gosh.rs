//! The block of subsets.

use super::problem::Problem;
use crate::pool::fit::refused;
use onset::data::Diagnostic;
use onset::models::diagnostics::{FiveNumbers, Gosh as Found, GoshGrid, Subsets, gosh};
use serde::Serialize;

/// Every fit is listed up to this many subsets; beyond, the summaries and the grid stand for them.
const LISTED: usize = 1 << 16;

/// Means of subsets.
#[derive(Debug, Clone, Serialize)]
pub struct Gosh {
    pub subsets: usize,
    /// Whether they are all there are.
    pub complete: bool,
    /// Of random subsets.
    pub seed: Option<u64>,
    pub estimate: FiveNumbers,
    pub tau2: FiveNumbers,
    pub i2: FiveNumbers,
    /// Medians with and without each study.
    pub studies: Vec<Study>,
    pub grid: GoshGrid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<Fits>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Study {
    pub label: String,
    pub estimate_with: Option<f64>,
    pub estimate_without: Option<f64>,
    pub i2_with: Option<f64>,
    pub i2_without: Option<f64>,
}

/// Every fit, column by column.
#[derive(Debug, Clone, Serialize)]
pub struct Fits {
    /// One digit a table row: 1 when it is in the subset.
    pub members: Vec<String>,
    pub k: Vec<u32>,
    pub estimate: Vec<f64>,
    pub tau2: Vec<f64>,
    pub i2: Vec<f64>,
    pub q: Vec<f64>,
}

/// Pools the subsets.
///
/// # Errors
/// `model_refused`: too many subsets, too few studies.
pub fn block(problem: &Problem, subsets: Subsets, seed: u64) -> Result<Gosh, Diagnostic> {
    let found = gosh(&problem.effects, &problem.options, subsets, seed)
        .map_err(|error| refused(problem.loaded, &error))?;
    let medians = (0..problem.rows.len()).map(|i| found.with_without(i)).collect();
    let studies = problem.spread(medians).into_iter().map(|(label, m)| Study {
        label,
        estimate_with: m.and_then(|m| m.estimate_with),
        estimate_without: m.and_then(|m| m.estimate_without),
        i2_with: m.and_then(|m| m.i2_with),
        i2_without: m.and_then(|m| m.i2_without),
    });
    Ok(Gosh {
        subsets: found.fits.len(),
        complete: found.complete,
        seed: (!found.complete).then_some(seed),
        estimate: found.five_numbers(|fit| fit.estimate),
        tau2: found.five_numbers(|fit| fit.tau2),
        i2: found.five_numbers(|fit| fit.i2),
        studies: studies.collect(),
        grid: found.grid(),
        fits: (found.fits.len() <= LISTED).then(|| fits(problem, &found)),
    })
}

fn fits(problem: &Problem, found: &Found) -> Fits {
    let n = problem.loaded.rows.len();
    let place: Vec<Option<usize>> = (0..n).map(|row| problem.rows.binary_search(&row).ok()).collect();
    let members = |subset: usize| {
        place
            .iter()
            .map(|i| {
                if i.is_some_and(|i| found.contains(subset, i)) {
                    '1'
                } else {
                    '0'
                }
            })
            .collect()
    };
    Fits {
        members: (0..found.fits.len()).map(members).collect(),
        k: found.fits.iter().map(|fit| fit.k).collect(),
        estimate: found.fits.iter().map(|fit| fit.estimate).collect(),
        tau2: found.fits.iter().map(|fit| fit.tau2).collect(),
        i2: found.fits.iter().map(|fit| fit.i2).collect(),
        q: found.fits.iter().map(|fit| fit.q).collect(),
    }
}
