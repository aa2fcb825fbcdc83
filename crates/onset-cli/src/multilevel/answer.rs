//! The JSON of `onset multilevel`.

use crate::pool::answer::{Coefficient, SolutionEntry};
use crate::transform::Back;
use onset::models::multilevel::{Component, Multilevel, Robust};
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
        }
    }
}

/// Coefficients with their back-transforms: the intercept always, slopes where the scale is a logarithm.
fn named(coefficients: &[onset::models::regress::Coefficient], back: &Back) -> Vec<Coefficient> {
    let whole = |name: &str| name == "intercept" || back.is_exponential();
    coefficients
        .iter()
        .map(|c| Coefficient::new(&c.name, &c.estimate, whole(&c.name).then_some(back)))
        .collect()
}
