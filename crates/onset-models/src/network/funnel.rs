//! Funnel of a network: every contrast against the mean of its own comparison.

use super::input::Network;
use crate::smallstudy::{Asymmetry, SmallStudyError, egger};
use onset_effects::Effects;
use std::collections::BTreeMap;

/// One contrast of one study: a minus b, a later in the order of treatments than b.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelPoint {
    /// Study.
    pub study: String,
    /// Later treatment.
    pub a: usize,
    /// Earlier treatment.
    pub b: usize,
    /// Effect.
    pub y: f64,
    /// Its standard error.
    pub se: f64,
    /// Mean of the direct evidence on a minus b.
    pub direct: f64,
    /// y minus that mean.
    pub centred: f64,
}

/// Points of a comparison-adjusted funnel, and Egger's test on them.
#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    /// Contrasts in the order of studies.
    pub points: Vec<FunnelPoint>,
    /// Egger's test of the centred effects; or why there is none.
    pub test: Result<Asymmetry, SmallStudyError>,
}

/// Comparison-adjusted funnel.
///
/// # Formula
/// y_i - mu_c, mu_c the mean of comparison c with weights 1/(v + tau2). A comparison of one study
/// stands at 0 and says nothing.
/// # Inputs
/// `order`: every treatment once, by what small studies would favour, such as oldest to newest or
/// placebo first: the funnel means something only under such an order. All contrasts are later minus
/// earlier.
/// # Returns
/// `None` when `order` is not a permutation of the treatments.
/// # Source
/// Chaimani & Salanti 2012, Res Synth Methods 3:161; Egger et al. 1997 (test).
pub fn comparison_adjusted_funnel(network: &Network, tau2: f64, order: &[usize]) -> Option<Funnel> {
    let n = network.treatments.len();
    let mut rank = vec![None; n];
    for (place, &treatment) in order.iter().enumerate() {
        let slot = rank.get_mut(treatment)?;
        if slot.replace(place).is_some() {
            return None;
        }
    }
    let rank: Vec<usize> = rank.into_iter().collect::<Option<_>>()?;
    let mut means: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    for edge in network.studies.iter().flat_map(|s| &s.edges) {
        let w = 1.0 / (edge.v + tau2);
        let sum = means.entry((edge.a, edge.b)).or_default();
        *sum = (sum.0 + w, sum.1 + w * edge.y);
    }
    let mut points = Vec::with_capacity(network.m());
    for study in &network.studies {
        for edge in &study.edges {
            let (w, wy) = means.get(&(edge.a, edge.b)).copied().unwrap_or((1.0, 0.0));
            let later = rank[edge.a] > rank[edge.b];
            let (a, b, side) = if later {
                (edge.a, edge.b, 1.0)
            } else {
                (edge.b, edge.a, -1.0)
            };
            let direct = side * wy / w;
            points.push(FunnelPoint {
                study: study.label.clone(),
                a,
                b,
                y: side * edge.y,
                se: edge.v.sqrt(),
                direct,
                centred: side * edge.y - direct,
            });
        }
    }
    let test = Effects::new(
        points.iter().map(|p| p.centred).collect(),
        points.iter().map(|p| p.se * p.se).collect(),
        points.iter().map(|p| p.study.clone()).collect(),
    )
    .map_err(|_| SmallStudyError::TooFewStudies {
        found: points.len(),
        needed: 3,
    })
    .and_then(|effects| egger(&effects));
    Some(Funnel { points, test })
}
