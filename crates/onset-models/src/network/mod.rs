//! Network meta-analysis: many treatments, compared directly and through one another.
//!
//! ```
//! use onset_models::network::{Contrast, Network, NetworkOptions, network_meta};
//! let row = |study: &str, treat1: &str, treat2: &str, y: f64| Contrast {
//!     study: study.into(), treat1: treat1.into(), treat2: treat2.into(), y, se: 0.2,
//! };
//! let rows = [row("1", "B", "A", 1.0), row("2", "C", "B", 1.0), row("3", "C", "A", 2.0)];
//! let network = Network::new(&rows).unwrap().value;
//! let nma = network_meta(&network, &NetworkOptions::default()).unwrap();
//! assert!((nma.value.common.estimate[2][0].unwrap() - 2.0).abs() < 1e-12);
//! ```
#![allow(
    clippy::needless_range_loop,
    reason = "two indices into square matrices read better than iterators"
)]

mod agreement;
mod bayes;
mod classes;
mod components;
mod contribution;
mod error;
mod estimate;
mod exchangeable;
mod funnel;
mod gls;
mod heterogeneity;
mod inconsistency;
mod input;
mod interval;
mod linear;
mod mantel_haenszel;
mod options;
mod rank;
mod regression;
mod result;
mod shortest_path;
mod side;

pub use bayes::{BayesNetworkOptions, BayesNma, BayesPair, bayes_network};
pub use classes::{ClassEffect, ClassMean, ClassModel, ClassOptions, class_effects};
pub use components::{ComponentModel, ComponentOptions, additive_model, component_model};
pub use contribution::{Contribution, Streams, contribution, contribution_by};
pub use error::NetworkError;
pub use estimate::Wald;
pub use funnel::{Funnel, FunnelPoint, comparison_adjusted_funnel};
pub use input::{Contrast, Network, Study};
pub use interval::{NetworkIntervals, NetworkTest, intervals};
pub use mantel_haenszel::{CountArm, MhDesign, MhNma, mantel_haenszel_network};
pub use options::{NetworkMethod, NetworkOptions, SmallValues};
pub use rank::{Rankogram, rankogram};
pub use regression::{
    CovariateCoefficient, CovariateEffect, NetworkRegression, RegressionOptions, network_regression,
    network_regression_of,
};
pub use result::{DesignTest, League, NetworkPrediction, NetworkQ, Nma, QPart, Split};
pub use side::{SideSplit, side_splits};

use gls::{Gls, fit};
use heterogeneity::{degrees, tau2};
use onset_data::{Diagnostic, Warned};
use onset_math::student_t;

/// Fits the common-effect and the random-effects model of a network.
///
/// # Formula
/// Generalised least squares with a block per study; one tau2 for all comparisons, 1/2 of it shared
/// by two contrasts of one study.
/// # Inputs
/// `network`: checked contrasts on the analysis scale.
/// # Errors
/// `BadLevel`, `NotFinite`.
/// # Source
/// Ruecker 2012, Res Synth Methods 3:312; Ruecker & Schwarzer 2014, Stat Med 33:4353; P-scores:
/// Ruecker & Schwarzer 2015, BMC Med Res Methodol 15:58.
pub fn network_meta(network: &Network, options: &NetworkOptions) -> Result<Warned<Nma>, NetworkError> {
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(NetworkError::BadLevel { found: options.level });
    }
    let common = fit(network, 0.0)?;
    let (tau2, solution) = tau2(network, options.method, &common)?;
    let random = if tau2 > 0.0 {
        fit(network, tau2)?
    } else {
        common.clone()
    };
    let (q, design_by_treatment) = inconsistency::decompose(network, &common, |t| fit(network, t))?;
    let mut warnings = Vec::new();
    let p_scores = if network.components == 1 {
        Some(rank::p_scores(&random, options.small_values))
    } else {
        let message = "Treatments of separate parts cannot be ranked together";
        warnings.push(Diagnostic::note("no_ranking", message));
        None
    };
    if q.total.df == 0 {
        let message = "As many contrasts as comparisons: tau2 cannot be estimated and stands at 0";
        warnings.push(Diagnostic::warning("tau2_not_estimable", message));
    }
    let prediction = predict(network, &random, tau2, options.level);
    let i2 = if q.total.value > 0.0 {
        (100.0 * (q.total.value - q.total.df as f64) / q.total.value).max(0.0)
    } else {
        0.0
    };
    let value = Nma {
        treatments: network.treatments.clone(),
        k: network.k(),
        m: network.m(),
        tau2,
        solution,
        i2: if q.total.df == 0 { 0.0 } else { i2 },
        q,
        random: league_of(network, &random),
        common: league_of(network, &common),
        p_scores,
        splits: inconsistency::splits(network, &random, tau2),
        design_by_treatment,
        prediction,
    };
    Ok(Warned { value, warnings })
}

/// A matrix over pairs; `None` between separate parts.
fn pairs(network: &Network, f: impl Fn(usize, usize) -> f64) -> Vec<Vec<Option<f64>>> {
    let n = network.treatments.len();
    let cell = |i: usize, j: usize| {
        if i == j {
            return Some(0.0);
        }
        (network.component[i] == network.component[j]).then(|| f(i, j))
    };
    (0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect()
}

fn league_of(network: &Network, gls: &Gls) -> League {
    League {
        estimate: pairs(network, |i, j| gls.difference(i, j).0),
        standard_error: pairs(network, |i, j| gls.difference(i, j).1.max(0.0).sqrt()),
    }
}

/// t with df - 1 degrees of freedom around each difference, variance v + tau2.
fn predict(network: &Network, gls: &Gls, tau2: f64, level: f64) -> Option<NetworkPrediction> {
    let df = degrees(network).checked_sub(1).filter(|df| *df > 0)?;
    let t = student_t::upper_quantile((1.0 - level) / 2.0, df as f64);
    let half = |i: usize, j: usize| t * (gls.difference(i, j).1 + tau2).sqrt();
    Some(NetworkPrediction {
        df,
        lower: pairs(network, |i, j| gls.difference(i, j).0 - half(i, j)),
        upper: pairs(network, |i, j| gls.difference(i, j).0 + half(i, j)),
    })
}
