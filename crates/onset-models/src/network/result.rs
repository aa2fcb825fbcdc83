//! What the analysis of a network returns.

use crate::pool::Solution;

/// Differences of all pairs: row minus column; `None` between separate parts.
#[derive(Debug, Clone, PartialEq)]
pub struct League {
    /// Estimates, 0 on the diagonal.
    pub estimate: Vec<Vec<Option<f64>>>,
    /// Standard errors, 0 on the diagonal.
    pub standard_error: Vec<Vec<Option<f64>>>,
}

/// A part of Q; `p` is absent at 0 degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QPart {
    /// Value.
    pub value: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// Upper tail of chi-squared.
    pub p: Option<f64>,
}

/// Q of the network and its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkQ {
    /// All of it.
    pub total: QPart,
    /// Between studies of one design.
    pub heterogeneity: QPart,
    /// Between designs.
    pub inconsistency: QPart,
}

/// Design-by-treatment interaction under random effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignTest {
    /// Q between designs with weights at `tau2_within`.
    pub value: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// Upper tail of chi-squared.
    pub p: f64,
    /// tau2 of the model with an effect of its own for every design.
    pub tau2_within: f64,
}

/// Direct and indirect evidence of a pair: a minus b, random effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// First treatment.
    pub a: usize,
    /// Second treatment.
    pub b: usize,
    /// Studies that compare them.
    pub studies: usize,
    /// Network estimate.
    pub network: f64,
    /// Its standard error.
    pub network_se: f64,
    /// Pooled from studies that compare them.
    pub direct: Option<f64>,
    /// Its standard error.
    pub direct_se: Option<f64>,
    /// From the rest of the network.
    pub indirect: Option<f64>,
    /// Its standard error.
    pub indirect_se: Option<f64>,
    /// Direct minus indirect.
    pub difference: Option<f64>,
    /// Its standard error.
    pub difference_se: Option<f64>,
    /// Two-sided p of the difference.
    pub p: Option<f64>,
    /// Share of the direct evidence.
    pub proportion_direct: f64,
}

/// Prediction intervals of all pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkPrediction {
    /// Degrees of freedom of t.
    pub df: usize,
    /// Lower limits, row minus column.
    pub lower: Vec<Vec<Option<f64>>>,
    /// Upper limits.
    pub upper: Vec<Vec<Option<f64>>>,
}

/// An analysed network.
#[derive(Debug, Clone, PartialEq)]
pub struct Nma {
    /// Treatments in byte order.
    pub treatments: Vec<String>,
    /// Studies.
    pub k: usize,
    /// Contrasts.
    pub m: usize,
    /// Between-study variance, the same for all comparisons.
    pub tau2: f64,
    /// How it was reached.
    pub solution: Solution,
    /// 100 max(0, (Q - df)/Q).
    pub i2: f64,
    /// Q and its parts.
    pub q: NetworkQ,
    /// Random effects.
    pub random: League,
    /// Common effect.
    pub common: League,
    /// P-score of each treatment, random effects; `None` where the network is in several parts.
    pub p_scores: Option<Vec<f64>>,
    /// Direct against indirect, all pairs that are connected.
    pub splits: Vec<Split>,
    /// Design-by-treatment test; absent without independent loops.
    pub design_by_treatment: Option<DesignTest>,
    /// Prediction intervals; absent below 2 degrees of freedom.
    pub prediction: Option<NetworkPrediction>,
}
