//! Direct against indirect evidence by a model that keeps them apart (node-splitting, SIDE).

use super::error::NetworkError;
use super::gls::places;
use super::input::Network;
use super::linear::{Linear, own_column};
use super::options::NetworkMethod;
use crate::pool::Solution;
use onset_math::normal;
use rayon::prelude::*;

/// Direct and indirect evidence of a pair as two parameters of one model: a minus b.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SideSplit {
    /// First treatment.
    pub a: usize,
    /// Second treatment.
    pub b: usize,
    /// Studies that compare them.
    pub studies: usize,
    /// In the studies that compare them.
    pub direct: f64,
    /// Its standard error.
    pub direct_se: f64,
    /// In the rest of the network.
    pub indirect: f64,
    /// Its standard error.
    pub indirect_se: f64,
    /// Direct minus indirect.
    pub difference: f64,
    /// Its standard error.
    pub difference_se: f64,
    /// Two-sided p of the difference.
    pub p: f64,
    /// tau2 of the model with the split; below the network's where the split explains heterogeneity.
    pub tau2: f64,
    /// How it was reached.
    pub solution: Solution,
}

/// Splits every pair that has direct evidence and evidence round it.
///
/// # Formula
/// In studies with both a and b, the level of a is raised by omega/2 and that of b lowered by omega/2:
/// the indirect effect is d_a - d_b, the direct one d_a - d_b + omega. tau2 is estimated with the
/// split in the model. In studies of two arms this is the textbook model; in studies of several arms
/// it treats a and b alike, so that the order of treatments does not matter.
/// # Returns
/// Pairs without evidence of both kinds, where omega is not estimable, are left out.
/// # Errors
/// `NotFinite`.
/// # Source
/// Lu & Ades 2006, JASA 101:447; Dias, Welton, Caldwell & Ades 2010, Stat Med 29:932; symmetrical
/// splitting in studies of several arms: White 2015, Stata J 15:951.
pub fn side_splits(network: &Network, method: NetworkMethod) -> Result<Vec<SideSplit>, NetworkError> {
    let pairs: Vec<((usize, usize), usize)> = network.direct_studies().into_iter().collect();
    let splits: Vec<Option<SideSplit>> = pairs
        .par_iter()
        .map(|&(pair, studies)| split(network, method, pair, studies))
        .collect::<Result<_, _>>()?;
    Ok(splits.into_iter().flatten().collect())
}

fn split(
    network: &Network,
    method: NetworkMethod,
    (a, b): (usize, usize),
    studies: usize,
) -> Result<Option<SideSplit>, NetworkError> {
    let (places, free) = places(network);
    let linear = Linear::new(network, free + 1, |s, arm| {
        let arms = &network.studies[s].arms;
        let mut entries = own_column(&places, arms[arm]);
        if arms.contains(&a) && arms.contains(&b) {
            if arms[arm] == a {
                entries.push((free, 0.5));
            } else if arms[arm] == b {
                entries.push((free, -0.5));
            }
        }
        entries
    })?;
    let mut omega = vec![0.0; free + 1];
    omega[free] = 1.0;
    if !linear.estimable(&omega) {
        return Ok(None);
    }
    let solved = linear.solve(method)?;
    let mut indirect = vec![0.0; free + 1];
    for (treatment, side) in [(a, 1.0), (b, -1.0)] {
        if let Some(place) = places[treatment] {
            indirect[place] = side;
        }
    }
    let mut direct = indirect.clone();
    direct[free] = 1.0;
    let of = |c: &[f64]| {
        let (value, variance) = solved.random.combination(c);
        (value, variance.max(0.0).sqrt())
    };
    let (direct, direct_se) = of(&direct);
    let (indirect, indirect_se) = of(&indirect);
    let (difference, difference_se) = of(&omega);
    Ok(Some(SideSplit {
        a,
        b,
        studies,
        direct,
        direct_se,
        indirect,
        indirect_se,
        difference,
        difference_se,
        p: normal::two_sided_p(difference / difference_se),
        tau2: solved.tau2,
        solution: solved.solution,
    }))
}
