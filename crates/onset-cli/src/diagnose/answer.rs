//! The JSON of `onset diagnose`: one entry a table row, nulls where there is nothing.

use super::gosh::Gosh;
use crate::output::Noted;
use crate::pool::answer::Answer as Pooled;
use onset::models::diagnostics::{ProfilePoint, QuantilePoint};
use serde::Serialize;

/// Everything `onset diagnose` answers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// As `onset pool` answers, its warnings too.
    pub full: Noted<Pooled>,
    pub leave_one_out: Vec<Subset>,
    pub cumulative: Vec<Subset>,
    pub influence: Vec<Influence>,
    pub blup: Vec<Blup>,
    pub baujat: Vec<Point>,
    pub radial: Vec<Point>,
    pub residuals: Vec<Residual>,
    /// In ascending order of the residuals.
    pub qq: Vec<Quantile>,
    /// Log-likelihood over tau2; null unless the method maximises a likelihood.
    pub profile: Option<Vec<ProfilePoint>>,
    /// A mean that outlying studies pull less; null with moderators and below five studies.
    pub outlier_robust: Option<OutlierRobust>,
    /// Risks of two-by-two tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labbe: Option<Labbe>,
    /// Means of subsets, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gosh: Option<Gosh>,
    /// Files written, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Vec<String>>,
}

/// The fit of some of the studies.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Subset {
    pub label: String,
    pub k: Option<usize>,
    pub estimate: Option<f64>,
    pub se: Option<f64>,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub test: Option<&'static str>,
    pub tau2: Option<f64>,
    pub i2: Option<f64>,
    pub q: Option<f64>,
    /// With moderators: every coefficient, and no single estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<Vec<SubsetCoefficient>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SubsetCoefficient {
    pub name: String,
    pub estimate: f64,
    pub se: f64,
    pub ci_lower: f64,
    pub ci_upper: f64,
    pub p: f64,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Influence {
    pub label: String,
    pub rstudent: Option<f64>,
    pub dffits: Option<f64>,
    pub cook_d: Option<f64>,
    pub cov_r: Option<f64>,
    pub tau2_del: Option<f64>,
    pub q_del: Option<f64>,
    pub hat: Option<f64>,
    pub weight: Option<f64>,
    pub dfbetas: Option<Vec<f64>>,
    pub influential: Option<bool>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Blup {
    pub label: String,
    pub estimate: Option<f64>,
    pub se: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Point {
    pub label: String,
    pub x: Option<f64>,
    pub y: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Residual {
    pub label: String,
    pub residual: Option<f64>,
    pub se: Option<f64>,
    pub z: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Quantile {
    pub label: String,
    #[serde(flatten)]
    pub point: QuantilePoint,
}

#[derive(Debug, Clone, Serialize)]
pub struct Labbe {
    pub points: Vec<LabbePoint>,
    /// Risks that the pooled effect relates; empty with moderators.
    pub line: Vec<LinePoint>,
}

#[derive(Debug, Clone, Serialize)]
pub struct LabbePoint {
    pub label: String,
    pub control: Option<f64>,
    pub treated: Option<f64>,
    pub n: Option<f64>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct LinePoint {
    pub control: f64,
    pub treated: f64,
}

/// Random effects from a mixture of two normal distributions.
#[derive(Debug, Clone, Serialize)]
pub struct OutlierRobust {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub estimate: f64,
    pub se: f64,
    /// Limits of the profile likelihood.
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub tau2: f64,
    pub tau2_outlying: Option<f64>,
    pub share_outlying: f64,
    pub loglik: f64,
    /// Twice the gain over normal random effects by maximum likelihood; not chi-squared.
    pub lrt: f64,
    pub solution: &'static str,
    pub studies: Vec<OutlyingStudy>,
}

#[derive(Debug, Clone, Serialize)]
pub struct OutlyingStudy {
    pub label: String,
    /// Chance that the study is an outlying one.
    pub probability: Option<f64>,
}
