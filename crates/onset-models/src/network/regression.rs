//! Network meta-regression: effects that change with covariates of the studies.

use super::error::NetworkError;
use super::estimate::Wald;
use super::exchangeable::{Setting, exchangeable};
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
    /// One for each treatment against the reference, drawn round a mean with a variance of its own.
    Exchangeable,
}

/// | name | default | meaning |
/// |---|---|---|
/// | `method` | REML | estimator of tau2 |
/// | `reference` | 0 | treatment whose contrasts change with the covariate |
/// | `effect` | common | which treatments share the coefficient |
/// | `at` | the mean | value of a single covariate at which the league stands |
/// | `level` | 0.95 | of intervals |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionOptions {
    /// Estimator of tau2.
    pub method: NetworkMethod,
    /// Index of the reference treatment.
    pub reference: usize,
    /// Which treatments share the coefficient.
    pub effect: CovariateEffect,
    /// Where the league stands, of a single covariate; the mean of the studies when absent.
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
    /// Which covariate, from 0.
    pub covariate: usize,
    /// The treatment it belongs to; `None` for the common one, or the mean of exchangeable ones.
    pub treatment: Option<usize>,
    /// `None` where no studies of the treatment against others differ in the covariate.
    pub estimate: Option<Wald>,
}

/// A network meta-regression.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkRegression {
    /// Value of each covariate at which the league stands.
    pub at: Vec<f64>,
    /// Coefficients.
    pub coefficients: Vec<CovariateCoefficient>,
    /// Residual between-study variance.
    pub tau2: f64,
    /// Variance of exchangeable coefficients.
    pub sigma2: Option<f64>,
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
    network_regression_of(network, &[covariate], &[options.at], options)
}

/// As [`network_regression`], of several covariates: theta_s(a, b) = d_a - d_b + sum_c x_sc (B_ca - B_cb).
///
/// # Inputs
/// `covariates`: of each, one finite value for every study. `at`: where the league stands, of each; its mean when absent.
/// # Errors
/// As [`network_regression`], and `TooManyCovariates`: coefficients are exchangeable over the treatments of one.
/// # Source
/// As [`network_regression`]; exchangeable coefficients: Cooper et al. 2009, Stat Med 28:1861.
pub fn network_regression_of(
    network: &Network,
    covariates: &[&BTreeMap<String, f64>],
    at: &[Option<f64>],
    options: &RegressionOptions,
) -> Result<NetworkRegression, NetworkError> {
    if covariates.is_empty() {
        return Err(NetworkError::ConstantCovariate);
    }
    let x: Vec<Vec<f64>> = covariates
        .iter()
        .map(|covariate| values(network, covariate))
        .collect::<Result<_, _>>()?;
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
    let centres: Vec<f64> = x.iter().map(|x| x.iter().sum::<f64>() / x.len() as f64).collect();
    let at: Vec<f64> = centres
        .iter()
        .enumerate()
        .map(|(c, centre)| at.get(c).copied().flatten().unwrap_or(*centre))
        .collect();
    // away from its mean, so that treatments and covariates are as little entangled as can be
    let centred: Vec<Vec<f64>> = x
        .iter()
        .zip(&centres)
        .map(|(x, centre)| x.iter().map(|x| x - centre).collect())
        .collect();
    let away: Vec<f64> = at.iter().zip(&centres).map(|(at, centre)| at - centre).collect();
    let (places, free) = places(network);
    let others: Vec<usize> = (0..n).filter(|&t| t != options.reference).collect();
    // columns of each covariate: one, or one for every treatment but the reference
    let each = match options.effect {
        CovariateEffect::Common | CovariateEffect::Exchangeable => 1,
        CovariateEffect::Independent => others.len(),
    };
    let column = |covariate: usize, t: usize| {
        let place = others.iter().position(|&o| o == t)?;
        Some(free + covariate * each + if each == 1 { 0 } else { place })
    };
    let columns = free + covariates.len() * each;
    let linear = Linear::new(network, columns, |s, arm| {
        let treatment = network.studies[s].arms[arm];
        let mut entries = own_column(&places, treatment);
        let slopes = centred.iter().enumerate();
        entries.extend(slopes.filter_map(|(c, x)| Some((column(c, treatment)?, x[s]))));
        entries
    })?;
    if options.effect == CovariateEffect::Exchangeable {
        let [x] = centred.as_slice() else {
            return Err(NetworkError::TooManyCovariates { found: x.len() });
        };
        return exchangeable(&Setting {
            network,
            x,
            linear: &linear,
            places: &places,
            free,
            others: &others,
            at: at.first().copied().unwrap_or(0.0),
            away: away.first().copied().unwrap_or(0.0),
            options,
        });
    }
    let solved = linear.solve(options.method)?;
    let level_of = |t: usize| {
        let mut c = vec![0.0; columns];
        if let Some(place) = places[t] {
            c[place] += 1.0;
        }
        for (covariate, away) in away.iter().enumerate() {
            if let Some(place) = column(covariate, t) {
                c[place] += away;
            }
        }
        c
    };
    let levels: Vec<Vec<f64>> = (0..n).map(level_of).collect();
    let league = league(n, |i, j| {
        let c: Vec<f64> = levels[i].iter().zip(&levels[j]).map(|(a, b)| a - b).collect();
        linear.estimable(&c).then(|| solved.random.combination(&c))
    });
    let coefficients = (0..covariates.len() * each)
        .map(|place| {
            let mut c = vec![0.0; columns];
            c[free + place] = 1.0;
            CovariateCoefficient {
                covariate: place / each,
                treatment: (options.effect == CovariateEffect::Independent).then(|| others[place % each]),
                estimate: Wald::of(&linear, &solved.random, &c, options.level),
            }
        })
        .collect();
    Ok(NetworkRegression {
        at,
        coefficients,
        tau2: solved.tau2,
        sigma2: None,
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
