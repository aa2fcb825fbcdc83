//! Network meta-regression: effects that change with one covariate of the studies.

use super::error::NetworkError;
use super::estimate::Wald;
use super::gls::places;
use super::input::Network;
use super::linear::{Linear, own_column};
use super::options::NetworkMethod;
use super::result::{League, QPart};
use crate::pool::Solution;
use std::collections::BTreeMap;

/// Which treatments share the covariate's coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CovariateEffect {
    /// One for all treatments against the reference.
    #[default]
    Common,
    /// One for each treatment against the reference.
    Independent,
}

/// | name | default | meaning |
/// |---|---|---|
/// | `method` | REML | estimator of tau2 |
/// | `reference` | 0 | treatment whose contrasts change with the covariate |
/// | `effect` | common | which treatments share the coefficient |
/// | `at` | the mean | value of the covariate at which the league stands |
/// | `level` | 0.95 | of intervals |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionOptions {
    /// Estimator of tau2.
    pub method: NetworkMethod,
    /// Index of the reference treatment.
    pub reference: usize,
    /// Which treatments share the coefficient.
    pub effect: CovariateEffect,
    /// Where the league stands; the mean of the studies when absent.
    pub at: Option<f64>,
    /// Level of intervals.
    pub level: f64,
}

impl Default for RegressionOptions {
    fn default() -> Self {
        RegressionOptions {
            method: NetworkMethod::Reml,
            reference: 0,
            effect: CovariateEffect::Common,
            at: None,
            level: 0.95,
        }
    }
}

/// A coefficient of the covariate, per unit of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateCoefficient {
    /// The treatment it belongs to; `None` for the common one.
    pub treatment: Option<usize>,
    /// `None` where no studies of the treatment against others differ in the covariate.
    pub estimate: Option<Wald>,
}

/// A network meta-regression.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkRegression {
    /// Value at which the league stands.
    pub at: f64,
    /// Coefficients.
    pub coefficients: Vec<CovariateCoefficient>,
    /// Residual between-study variance.
    pub tau2: f64,
    /// How it was reached.
    pub solution: Solution,
    /// Residual Q at common effects.
    pub q: QPart,
    /// Effects at `at`, random effects; `None` where not estimable.
    pub league: League,
}

/// Fits effects that are linear in a covariate of the studies.
///
/// # Formula
/// theta_s(a, b) = d_a - d_b + x_s (B_a - B_b), B of the reference 0, and one B for all others
/// (common) or one each (independent). With the common coefficient, contrasts between two treatments
/// that are not the reference do not change with x.
/// # Inputs
/// `covariate`: one finite value for every study.
/// # Errors
/// `MissingCovariate`, `ConstantCovariate`, `SeparateParts`, `NoSuchTreatment`, `BadLevel`, `NotFinite`.
/// # Source
/// Salanti, Marinho & Higgins 2009, J Clin Epidemiol 62:857; Dias, Sutton, Welton & Ades 2013, Med
/// Decis Making 33:618 (TSD 3).
pub fn network_regression(
    network: &Network,
    covariate: &BTreeMap<String, f64>,
    options: &RegressionOptions,
) -> Result<NetworkRegression, NetworkError> {
    let x = values(network, covariate)?;
    let n = network.treatments.len();
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(NetworkError::BadLevel { found: options.level });
    }
    if network.components > 1 {
        return Err(NetworkError::SeparateParts);
    }
    if options.reference >= n {
        return Err(NetworkError::NoSuchTreatment {
            found: options.reference,
        });
    }
    let centre = x.iter().sum::<f64>() / x.len() as f64;
    let (places, free) = places(network);
    // columns of the covariate: one, or one for every treatment but the reference
    let others: Vec<usize> = (0..n).filter(|&t| t != options.reference).collect();
    let column = |t: usize| match options.effect {
        _ if t == options.reference => None,
        CovariateEffect::Common => Some(free),
        CovariateEffect::Independent => others.iter().position(|&o| o == t).map(|place| free + place),
    };
    let coefficients = match options.effect {
        CovariateEffect::Common => 1,
        CovariateEffect::Independent => others.len(),
    };
    let columns = free + coefficients;
    let linear = Linear::new(network, columns, |s, arm| {
        let treatment = network.studies[s].arms[arm];
        let mut entries = own_column(&places, treatment);
        entries.extend(column(treatment).map(|c| (c, x[s] - centre)));
        entries
    })?;
    let solved = linear.solve(options.method)?;
    let at = options.at.unwrap_or(centre);
    let level_of = |t: usize| {
        let mut c = vec![0.0; columns];
        if let Some(place) = places[t] {
            c[place] += 1.0;
        }
        if let Some(place) = column(t) {
            c[place] += at - centre;
        }
        c
    };
    let levels: Vec<Vec<f64>> = (0..n).map(level_of).collect();
    let league = league(n, |i, j| {
        let c: Vec<f64> = levels[i].iter().zip(&levels[j]).map(|(a, b)| a - b).collect();
        linear.estimable(&c).then(|| solved.random.combination(&c))
    });
    let coefficient = |place: usize, treatment: Option<usize>| {
        let mut c = vec![0.0; columns];
        c[free + place] = 1.0;
        CovariateCoefficient {
            treatment,
            estimate: Wald::of(&linear, &solved.random, &c, options.level),
        }
    };
    let coefficients = match options.effect {
        CovariateEffect::Common => vec![coefficient(0, None)],
        CovariateEffect::Independent => others
            .iter()
            .enumerate()
            .map(|(place, &t)| coefficient(place, Some(t)))
            .collect(),
    };
    Ok(NetworkRegression {
        at,
        coefficients,
        tau2: solved.tau2,
        solution: solved.solution,
        q: QPart::new(solved.common.q, linear.degrees()),
        league,
    })
}

/// One value a study, not all alike.
fn values(network: &Network, covariate: &BTreeMap<String, f64>) -> Result<Vec<f64>, NetworkError> {
    let x: Vec<f64> = network
        .studies
        .iter()
        .map(|study| {
            let value = covariate.get(&study.label).copied().filter(|x| x.is_finite());
            value.ok_or_else(|| NetworkError::MissingCovariate {
                study: study.label.clone(),
            })
        })
        .collect::<Result<_, _>>()?;
    if x.iter().all(|v| Some(v) == x.first()) {
        return Err(NetworkError::ConstantCovariate);
    }
    Ok(x)
}

/// A league from estimates and variances of pairs that may not be estimable.
pub(crate) fn league(n: usize, of: impl Fn(usize, usize) -> Option<(f64, f64)>) -> League {
    let cells: Vec<Vec<Option<(f64, f64)>>> = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| if i == j { Some((0.0, 0.0)) } else { of(i, j) })
                .collect()
        })
        .collect();
    let map = |f: &dyn Fn((f64, f64)) -> f64| {
        cells
            .iter()
            .map(|row| row.iter().map(|cell| cell.map(f)).collect())
            .collect()
    };
    League {
        estimate: map(&|c| c.0),
        standard_error: map(&|c| c.1.max(0.0).sqrt()),
    }
}
