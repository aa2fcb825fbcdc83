//! Additive components: treatments as sums of their parts, connected or not.

use super::error::NetworkError;
use super::estimate::Wald;
use super::gls::fit;
use super::heterogeneity::degrees;
use super::input::Network;
use super::linear::Linear;
use super::options::NetworkMethod;
use super::regression::league;
use super::result::{League, QPart};
use crate::pool::Solution;
use std::collections::BTreeSet;

/// | name | default | meaning |
/// |---|---|---|
/// | `method` | REML | estimator of tau2 |
/// | `separator` | `+` | what stands between the components of a treatment's name |
/// | `inactive` | none | component without effect, such as placebo |
/// | `level` | 0.95 | of intervals |
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentOptions {
    /// Estimator of tau2.
    pub method: NetworkMethod,
    /// What stands between components.
    pub separator: String,
    /// Component without effect.
    pub inactive: Option<String>,
    /// Level of intervals.
    pub level: f64,
}

impl Default for ComponentOptions {
    fn default() -> Self {
        ComponentOptions {
            method: NetworkMethod::Reml,
            separator: "+".to_owned(),
            inactive: None,
            level: 0.95,
        }
    }
}

/// A network of additive components.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentModel {
    /// Components in byte order, without the inactive one.
    pub components: Vec<String>,
    /// Of every treatment: its components, by index.
    pub parts: Vec<Vec<usize>>,
    /// What each component adds, random effects; `None` where not estimable.
    pub effects: Vec<Option<Wald>>,
    /// Treatments against nothing (the inactive component): sums; `None` where not estimable.
    pub combinations: Vec<Option<Wald>>,
    /// Differences of treatments, random effects, across separate parts of the network too.
    pub league: League,
    /// Between-study variance of the additive model.
    pub tau2: f64,
    /// How it was reached.
    pub solution: Solution,
    /// Q of the additive model.
    pub q: QPart,
    /// Q of the model with one effect per treatment.
    pub q_standard: QPart,
    /// What additivity costs: the difference of both.
    pub q_difference: QPart,
}

/// Fits the additive model.
///
/// # Formula
/// theta = X C beta: C says which components each treatment has. Weighted least squares with the same
/// weights as the network; where components are confounded a generalised inverse, and only what the
/// studies tell apart is given. Treatments of separate parts can be compared through components they
/// share.
/// # Returns
/// Q of the additive model minus Q of the standard model tests additivity; with a separate part the
/// standard model is fitted in each.
/// # Errors
/// `NoComponents`, `UnknownTreatment` (an inactive component that no treatment has), `BadLevel`, `NotFinite`.
/// # Source
/// Ruecker, Petropoulou & Schwarzer 2020, Biom J 62:808; Welton, Caldwell, Adamopoulos & Vedhara 2009,
/// Am J Epidemiol 169:1158.
pub fn component_model(
    network: &Network,
    options: &ComponentOptions,
) -> Result<ComponentModel, NetworkError> {
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(NetworkError::BadLevel { found: options.level });
    }
    let names: Vec<BTreeSet<&str>> = network
        .treatments
        .iter()
        .map(|t| split(t, &options.separator))
        .collect();
    if let Some(inactive) = &options.inactive
        && !names.iter().any(|n| n.contains(inactive.as_str()))
    {
        return Err(NetworkError::UnknownTreatment {
            name: inactive.clone(),
        });
    }
    let components: Vec<&str> = names
        .iter()
        .flatten()
        .copied()
        .filter(|name| options.inactive.as_deref() != Some(name))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let columns = components.len();
    let parts: Vec<Vec<usize>> = names
        .iter()
        .map(|names| (0..columns).filter(|&c| names.contains(components[c])).collect())
        .collect();
    if columns == 0 || parts.iter().all(|p| p.len() <= 1) {
        return Err(NetworkError::NoComponents {
            separator: options.separator.clone(),
        });
    }
    let components = components.iter().map(|&c| c.to_owned()).collect();
    additive_model(network, components, parts, options.method, options.level)
}

/// As [`component_model`], of components that are declared for each treatment.
///
/// # Inputs
/// `parts`: of every treatment of the network, in its order, the components it has, by index; none for a
/// treatment without effect.
/// # Errors
/// `BadComponents`, `BadLevel`, `NotFinite`.
/// # Source
/// As [`component_model`].
pub fn additive_model(
    network: &Network,
    components: Vec<String>,
    parts: Vec<Vec<usize>>,
    method: NetworkMethod,
    level: f64,
) -> Result<ComponentModel, NetworkError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(NetworkError::BadLevel { found: level });
    }
    let columns = components.len();
    let treatments = network.treatments.len();
    if columns == 0 || parts.len() != treatments || parts.iter().flatten().any(|&c| c >= columns) {
        return Err(NetworkError::BadComponents {
            found: parts.len(),
            treatments,
        });
    }
    let linear = Linear::new(network, columns, |s, arm| {
        parts[network.studies[s].arms[arm]]
            .iter()
            .map(|&c| (c, 1.0))
            .collect()
    })?;
    let solved = linear.solve(method)?;
    let sum = |t: usize| {
        let mut c = vec![0.0; columns];
        parts[t].iter().for_each(|&p| c[p] = 1.0);
        c
    };
    let sums: Vec<Vec<f64>> = (0..parts.len()).map(sum).collect();
    let wald = |c: &[f64]| Wald::of(&linear, &solved.random, c, level);
    let effects = (0..columns)
        .map(|p| {
            let mut c = vec![0.0; columns];
            c[p] = 1.0;
            wald(&c)
        })
        .collect();
    let combinations = sums
        .iter()
        .zip(&parts)
        .map(|(c, parts)| if parts.is_empty() { None } else { wald(c) })
        .collect();
    let league = league(parts.len(), |i, j| {
        let c: Vec<f64> = sums[i].iter().zip(&sums[j]).map(|(a, b)| a - b).collect();
        linear.estimable(&c).then(|| solved.random.combination(&c))
    });
    let (additive, standard) = (linear.degrees(), degrees(network));
    let (q, q_standard) = (solved.common.q, fit(network, 0.0)?.q);
    Ok(ComponentModel {
        components,
        effects,
        combinations,
        league,
        tau2: solved.tau2,
        solution: solved.solution,
        q: QPart::new(q, additive),
        q_standard: QPart::new(q_standard, standard),
        q_difference: QPart::new(q - q_standard, additive.saturating_sub(standard)),
        parts,
    })
}

/// Components of a treatment's name, without the blanks around them.
fn split<'a>(name: &'a str, separator: &str) -> BTreeSet<&'a str> {
    if separator.is_empty() {
        return BTreeSet::from([name.trim()]);
    }
    name.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}
