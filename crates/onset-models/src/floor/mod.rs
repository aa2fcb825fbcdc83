//! The evidentiary floor: what the least favourable of the admissible analyses still supports.
//!
//! An analysis is one way through the declared forks. Which ones are admissible is decided before the outcome is seen:
//! by the number of studies, never by a result. An analysis that cannot be fitted is listed, not dropped.

mod analysis;
mod weights;

pub use analysis::{
    Analysis, Bias, ENOUGH_FOR_T, ENOUGH_NONAFFIRMATIVE, Estimator, Fitted, FloorError, Target, fit, fit_all,
};
pub use weights::fork_balanced;

use serde::Serialize;

/// The floor at one tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Floor {
    /// Share of the weight that may lie below it.
    pub lambda: f64,
    /// The effect, on the analysis scale: benefit of at least this much is supported.
    pub value: f64,
    /// Position of the analysis that sets it.
    pub set_by: usize,
}

/// The largest benefit that at least 1 - lambda of the weighted analyses support with the lower end of their interval.
///
/// # Formula
/// max {q : sum of weights of analyses whose lower bound of benefit >= q is >= 1 - lambda}; the weights of analyses that
/// could not be fitted are shared among the others.
/// # Inputs
/// `analyses`: weight and result, in the order of the declaration; `lambda` in [0, 1).
/// # Returns
/// `None` when no analysis was fitted. The value keeps the sign of the effect: below zero for a benefit that lowers.
pub fn floor(analyses: &[(f64, Option<Fitted>)], target: &Target, lambda: f64) -> Option<Floor> {
    let mut bounds: Vec<(f64, f64, usize)> = analyses
        .iter()
        .enumerate()
        .filter_map(|(i, (weight, fitted))| fitted.map(|f| (target.benefit(&f), *weight, i)))
        .collect();
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
    let total: f64 = bounds.iter().map(|bound| bound.1).sum();
    let mut below = 0.0;
    for (bound, weight, set_by) in bounds {
        below += weight;
        // the rounding of a sum of weights must not decide
        if below > lambda * total + 1e-12 * total {
            return Some(Floor {
                lambda,
                value: target.sign() * bound,
                set_by,
            });
        }
    }
    None
}

/// The smallest and the largest P(effect beyond the important difference) over the analyses; never averaged.
pub fn beyond_range(analyses: &[(f64, Option<Fitted>)]) -> Option<(f64, f64)> {
    let shares = analyses
        .iter()
        .filter_map(|(_, fitted)| fitted.and_then(|f| f.beyond));
    shares.fold(None, |range, p| match range {
        None => Some((p, p)),
        Some((lo, hi)) => Some((f64::min(lo, p), f64::max(hi, p))),
    })
}

/// What one option of a fork does: the floor when only the analyses with that option are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ForkEffect {
    /// Fork, by position.
    pub fork: usize,
    /// Option, by position.
    pub option: usize,
    /// Analyses with it that could be fitted.
    pub fitted: usize,
    /// Floor at lambda 0 of these alone.
    pub only: Option<f64>,
    /// Floor at lambda 0 of the others.
    pub without: Option<f64>,
}

/// The floor with each option alone, and without it.
///
/// # Inputs
/// `choices`: the option taken at each fork, one list an analysis, in the order of `analyses`; a list ends where no fork
/// is left.
pub fn fork_effects(
    analyses: &[(f64, Option<Fitted>)],
    choices: &[Vec<usize>],
    target: &Target,
) -> Vec<ForkEffect> {
    let forks = choices.iter().map(Vec::len).max().unwrap_or(0);
    let mut effects = Vec::new();
    for fork in 0..forks {
        let mut options: Vec<usize> = choices
            .iter()
            .filter_map(|choice| choice.get(fork).copied())
            .collect();
        options.sort_unstable();
        options.dedup();
        for option in options {
            let part = |with: bool| -> Vec<(f64, Option<Fitted>)> {
                let pairs = analyses.iter().zip(choices);
                pairs
                    .filter(|(_, choice)| (choice.get(fork) == Some(&option)) == with)
                    .map(|(analysis, _)| *analysis)
                    .collect()
            };
            let kept = part(true);
            effects.push(ForkEffect {
                fork,
                option,
                fitted: kept.iter().filter(|analysis| analysis.1.is_some()).count(),
                only: floor(&kept, target, 0.0).map(|f| f.value),
                without: floor(&part(false), target, 0.0).map(|f| f.value),
            });
        }
    }
    effects
}
