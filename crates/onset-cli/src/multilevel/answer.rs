//! The JSON of `onset multilevel`.

use crate::estimates::SolutionEntry;
use crate::pool::answer::Coefficient;
use crate::transform::Back;
use onset::models::multilevel::{
    Blup, Component, LikelihoodRatio, Multilevel, Predicted, Robust, WithoutCluster,
};
use onset::models::pool::{Fit, QTest};
use onset::models::regress::JointTest;
use serde::Serialize;

/// Everything `onset multilevel` answers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    pub k: usize,
    pub method: &'static str,
    pub test: &'static str,
    pub level: f64,
    pub coefficients: Vec<Coefficient>,
    pub sigma2: Vec<Component>,
    pub tau2: Vec<Component>,
    pub rho: Vec<Component>,
    pub loglik: f64,
    pub fit: Fit,
    pub q: QTest,
    pub q_moderators: Option<JointTest>,
    pub solution: SolutionEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust: Option<RobustEntry>,
    /// The model at other correlations of sampling errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rho_band: Option<Vec<BandEntry>>,
    /// `null` where no single interval exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Option<Predicted>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blup: Option<Vec<Blup>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lrt: Option<Vec<LikelihoodRatio>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub influence: Option<Influence>,
}

/// One correlation of a sensitivity band.
#[derive(Debug, Clone, Serialize)]
pub struct BandEntry {
    pub rho: f64,
    pub coefficients: Vec<Coefficient>,
    pub sigma2: Vec<f64>,
    pub loglik: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust: Option<Vec<Coefficient>>,
}

/// What single clusters and effects do.
#[derive(Debug, Clone, Serialize)]
pub struct Influence {
    pub clusters: Vec<WithoutCluster>,
    /// One entry a data row.
    pub hat: Vec<HatEntry>,
}

/// The hat value of a data row; `null` outside the fit.
#[derive(Debug, Clone, Serialize)]
pub struct HatEntry {
    pub label: String,
    pub hat: Option<f64>,
}

/// Wild cluster bootstrap.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WildEntry {
    pub statistic: f64,
    pub p: f64,
    pub replicates: usize,
    pub exact: bool,
}

/// Cluster-robust inference.
#[derive(Debug, Clone, Serialize)]
pub struct RobustEntry {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub cluster: String,
    pub clusters: usize,
    pub coefficients: Vec<Coefficient>,
    /// HTZ test of all coefficients but the intercept.
    pub wald: Option<JointTest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wild: Option<WildEntry>,
}

impl Answer {
    /// The answer of a fit, without what flags add.
    pub fn new(fit: &Multilevel, back: &Back) -> Self {
        Answer {
            k: fit.k,
            method: fit.method.code(),
            test: "z",
            level: fit.level,
            coefficients: named(&fit.coefficients, back),
            sigma2: fit.sigma2.clone(),
            tau2: fit.tau2.clone(),
            rho: fit.rho.clone(),
            loglik: fit.loglik(),
            fit: fit.fit,
            q: fit.q,
            q_moderators: fit.moderators,
            solution: fit.solution.into(),
            robust: None,
            rho_band: None,
            prediction: None,
            blup: None,
            lrt: None,
            influence: None,
        }
    }
}

impl RobustEntry {
    /// The block of a robust covariance by the column `cluster`.
    pub fn new(robust: &Robust, cluster: &str, wald: Option<JointTest>, back: &Back) -> Self {
        RobustEntry {
            kind: robust.kind.code(),
            cluster: cluster.to_owned(),
            clusters: robust.clusters,
            coefficients: named(&robust.coefficients, back),
            wald,
            wild: None,
        }
    }
}

/// Coefficients with their back-transforms: the intercept always, slopes where the scale is a logarithm.
pub fn named(coefficients: &[onset::models::regress::Coefficient], back: &Back) -> Vec<Coefficient> {
    let whole = |name: &str| name == "intercept" || back.is_exponential();
    coefficients
        .iter()
        .map(|c| Coefficient::new(&c.name, &c.estimate, whole(&c.name).then_some(back)))
        .collect()
}
