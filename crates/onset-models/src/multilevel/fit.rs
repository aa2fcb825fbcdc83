//! Fits a multilevel model and says what it found.

use super::MultilevelError;
use super::maximise::{Maximum, Parameter, maximise, parameters, typical_sd};
use super::model::{Likelihood, Model};
use super::profile;
use super::random::{Random, Structure};
use super::sampling::Sampling;
use crate::pool::{Estimate, Fit, QTest, Solution};
use crate::regress::{Coefficient, Design, JointTest};
use onset_data::{Diagnostic, Warned};
use onset_effects::Effects;
use onset_math::chi_squared;
use onset_math::linalg::{Cholesky, Matrix};
use serde::Serialize;

/// How a multilevel model is fitted.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `method` | REML | REML, ML | likelihood |
/// | `level` | 0.95 | (0, 1) | confidence level |
/// | `intervals` | true | | whether components get profile-likelihood intervals |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Likelihood.
    pub method: Likelihood,
    /// Confidence level.
    pub level: f64,
    /// Whether components get profile-likelihood intervals.
    pub intervals: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            method: Likelihood::Reml,
            level: 0.95,
            intervals: true,
        }
    }
}

/// A variance or correlation of a random effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// Grouping, level, or pair of levels.
    pub name: String,
    /// Estimate.
    pub value: f64,
    /// Lower profile-likelihood limit.
    pub ci_lower: Option<f64>,
    /// Upper profile-likelihood limit; `None` where the likelihood never falls far enough.
    pub ci_upper: Option<f64>,
}

/// A fitted multilevel model.
#[derive(Debug, Clone)]
pub struct Multilevel {
    /// Number of effects.
    pub k: usize,
    /// Number of coefficients.
    pub p: usize,
    /// Likelihood.
    pub method: Likelihood,
    /// Confidence level.
    pub level: f64,
    /// Coefficients in the order of the design, with model-based standard errors and normal quantiles.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients.
    pub covariance: Matrix,
    /// Variances of random intercepts, in the order given.
    pub sigma2: Vec<Component>,
    /// Variances of structured random effects.
    pub tau2: Vec<Component>,
    /// Their correlations; of UN in the order 12 13 ... 23 ...
    pub rho: Vec<Component>,
    /// Likelihood and criteria.
    pub fit: Fit,
    /// Residual heterogeneity: y'Py with no random effects.
    pub q: QTest,
    /// Test of all coefficients but the intercept.
    pub moderators: Option<JointTest>,
    /// How the search ended.
    pub solution: Solution,
    pub(crate) model: Model,
    pub(crate) theta: Vec<f64>,
}

/// Fits y ~ N(X beta, V + sum Z G Z') by REML or ML.
///
/// # Formula
/// beta = (X'M^-1 X)^-1 X'M^-1 y with the variances that maximise
/// -1/2 ((n - p) ln 2 pi + ln|M| + ln|X'M^-1 X| - ln|X'X| + y'Py) (REML) or
/// -1/2 (n ln 2 pi + ln|M| + y'Py) (ML), by Newton's method with exact derivatives from several starts; the
/// highest maximum is taken. A variance at 0 or a correlation at its end is a boundary solution.
/// # Inputs
/// `effects`: n > p effects y; their variances are read from `sampling`, which holds V in squared units of y.
/// `design`: n rows of full rank. `random`: none is the common-effect model.
/// # Errors
/// `TooFewEffects`, `UnequalLengths`, `Regress` (collinear moderators), `SingleGroup`, `SameGroups`, `NotFinite`.
/// # Source
/// Konstantopoulos 2011, Res Synth Methods 2:61; Harville 1977, JASA 72:320.
pub fn multilevel(
    effects: &Effects,
    design: &Design,
    sampling: Sampling,
    random: Vec<Random>,
    options: &Options,
) -> Result<Warned<Multilevel>, MultilevelError> {
    crate::pool::check_level(options.level).map_err(crate::regress::RegressError::from)?;
    let model = Model::new(effects.y(), design, sampling, random)?;
    let maximum = maximise(&model, options.method).ok_or(MultilevelError::NotFinite {
        quantity: "the log-likelihood",
    })?;
    finish(model, maximum, options)
}

pub(crate) fn finish(
    model: Model,
    maximum: Maximum,
    options: &Options,
) -> Result<Warned<Multilevel>, MultilevelError> {
    let (n, p) = (model.n(), model.p());
    let (beta, covariance) = model.coefficients(&maximum.point);
    let covariance = Matrix::from_fn(p, p, |i, j| covariance[i * p + j]);
    let coefficients: Vec<Coefficient> = (0..p)
        .map(|i| Coefficient {
            name: model.design.names()[i].clone(),
            estimate: Estimate::new(beta[i], covariance[(i, i)].sqrt(), None, options.level),
        })
        .collect();
    let loglik = maximum.point.value + model.constant(options.method);
    let parameters_used = (p + model.q()) as f64;
    let size = match options.method {
        Likelihood::Reml => n - p,
        Likelihood::Ml => n,
    };
    let nothing = vec![0.0; model.q()];
    let residual = model.evaluate(&nothing, Likelihood::Ml, false);
    let residual = residual
        .ok_or(MultilevelError::NotFinite { quantity: "Q" })?
        .residual;
    let df = (n - p) as f64;
    let mut warnings = Vec::new();
    let solution = solution(&model, &maximum, &mut warnings);
    warnings.extend(not_identified(&model, &maximum, options.method));
    let mut fitted = Multilevel {
        k: n,
        p,
        method: options.method,
        level: options.level,
        coefficients,
        moderators: moderators(&model, &beta, &covariance),
        covariance,
        sigma2: Vec::new(),
        tau2: Vec::new(),
        rho: Vec::new(),
        fit: Fit::new(loglik, parameters_used, size as f64),
        q: QTest {
            value: residual.max(0.0),
            df,
            p: chi_squared::sf(residual.max(0.0), df),
        },
        solution,
        theta: maximum.theta,
        model,
    };
    let bad = |c: &Coefficient| !(c.estimate.estimate.is_finite() && c.estimate.standard_error.is_finite());
    if fitted.coefficients.iter().any(bad) || !loglik.is_finite() || !fitted.q.value.is_finite() {
        let quantity = "a coefficient, Q or the log-likelihood";
        return Err(MultilevelError::NotFinite { quantity });
    }
    fitted.name_components();
    if options.intervals {
        profile::intervals(&mut fitted);
    }
    Ok(Warned {
        value: fitted,
        warnings,
    })
}

impl Multilevel {
    /// Log-likelihood, all constants in.
    pub fn loglik(&self) -> f64 {
        self.fit.loglik
    }

    /// Log-likelihood, coefficients and standard errors at given components: variances in the order sigma2,
    /// tau2, then rho, as the fit lists them. `None` where the numbers do not fit the model.
    pub fn at(&self, components: &[f64]) -> Option<(f64, Vec<f64>, Vec<f64>)> {
        let theta = self.theta_of(components)?;
        let point = self.model.evaluate(&theta, self.method, false)?;
        let (beta, covariance) = self.model.coefficients(&point);
        let se = (0..self.p).map(|i| covariance[i * self.p + i].sqrt()).collect();
        Some((point.value + self.model.constant(self.method), beta, se))
    }

    fn theta_of(&self, components: &[f64]) -> Option<Vec<f64>> {
        let (s, t) = (self.sigma2.len(), self.tau2.len());
        if components.len() != s + t + self.rho.len() {
            return None;
        }
        let (mut sigma2, mut tau2) = (components[..s].iter(), components[s..s + t].iter());
        let mut rho = &components[s + t..];
        let mut theta = Vec::new();
        for (effect, shape) in self.model.random.iter().zip(&self.model.shapes) {
            let variances = if effect.is_intercept() || effect.known.is_some() {
                &mut sigma2
            } else {
                &mut tau2
            };
            for _ in 0..shape.sds() {
                theta.push(variances.next()?.max(0.0).sqrt());
            }
            let (own, rest) = rho.split_at_checked(shape.angles())?;
            rho = rest;
            if effect.structure == Structure::Un {
                let n = shape.levels;
                let mut c = vec![1.0; n * n];
                let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
                for ((i, j), r) in pairs.zip(own) {
                    c[i * n + j] = *r;
                    c[j * n + i] = *r;
                }
                theta.extend(shape.angles_of(&c));
            } else {
                theta.extend(own.iter().map(|r| shape.angle(*r)));
            }
        }
        Some(theta)
    }

    fn name_components(&mut self) {
        let bare = |name: String, value: f64| Component {
            name,
            value,
            ci_lower: None,
            ci_upper: None,
        };
        let mut start = 0;
        for (effect, shape) in self.model.random.iter().zip(&self.model.shapes) {
            let own = &self.theta[start..start + shape.parameters()];
            start += shape.parameters();
            if effect.is_intercept() || effect.known.is_some() {
                self.sigma2.push(bare(effect.name.clone(), own[0] * own[0]));
                continue;
            }
            for (level, s) in own[..shape.sds()].iter().enumerate() {
                let name = if shape.sds() > 1 {
                    effect.level_labels[level].clone()
                } else {
                    effect.name.clone()
                };
                self.tau2.push(bare(name, s * s));
            }
            if effect.structure == Structure::Un {
                let (n, c) = (shape.levels, shape.correlation(own));
                for i in 0..n {
                    for j in i + 1..n {
                        let name = format!("{},{}", effect.level_labels[i], effect.level_labels[j]);
                        self.rho.push(bare(name, c[i * n + j]));
                    }
                }
            } else if shape.angles() == 1 {
                self.rho
                    .push(bare(effect.name.clone(), shape.rho(own[shape.sds()])));
            }
        }
    }
}

/// A correlation this close to its end stands there.
const AT_END: f64 = 1e-8;

fn solution(model: &Model, maximum: &Maximum, warnings: &mut Vec<Diagnostic>) -> Solution {
    let iterations = maximum.evaluations;
    if model.q() == 0 {
        return Solution::ClosedForm;
    }
    if !maximum.converged {
        let text = format!("the likelihood was not maximised in {iterations} evaluations");
        warnings.push(Diagnostic::warning("not_converged", text));
        return Solution::NotConverged { iterations };
    }
    let mut ends: Vec<String> = Vec::new();
    for (theta, kind) in maximum.theta.iter().zip(parameters(model)) {
        match kind {
            Parameter::Sd { effect, .. } if *theta == 0.0 => {
                ends.push(format!("a variance of '{}' is 0", model.random[effect].name));
            }
            Parameter::Angle { effect, .. } if 1.0 - theta.sin().abs() < AT_END => {
                ends.push(format!(
                    "a correlation of '{}' is at the end of its range",
                    model.random[effect].name
                ));
            }
            _ => {}
        }
    }
    ends.dedup();
    if ends.is_empty() {
        return Solution::Converged { iterations };
    }
    let text = format!("the likelihood is highest at the boundary: {}", ends.join("; "));
    warnings.push(Diagnostic::note("boundary", text));
    Solution::Boundary { iterations }
}

/// Below this, in units of the typical heterogeneity, the likelihood does not bend and is looked at further away.
const NO_BEND: f64 = 1e-6;
/// A log-likelihood that changes by less than this part of itself over the whole range of a parameter is flat.
const FLAT: f64 = 1e-10;
/// How far an angle is moved.
const ANGLE: f64 = 0.5;

/// Variances and correlations on which the likelihood does not depend, such as the variance of a level that stands
/// once and has a mean of its own: the number given is where the search began.
fn not_identified(model: &Model, maximum: &Maximum, method: Likelihood) -> Option<Diagnostic> {
    let (point, q) = (&maximum.point, model.q());
    let scale = typical_sd(model);
    let same = |k: usize, value: f64| {
        let mut moved = maximum.theta.clone();
        moved[k] = value;
        let there = model.evaluate(&moved, method, false);
        there.is_some_and(|p| (p.value - point.value).abs() <= FLAT * (1.0 + point.value.abs()))
    };
    let kinds = parameters(model);
    let nothing = |wanted: usize| {
        let own = kinds.iter().zip(&maximum.theta);
        own.into_iter().any(|(kind, theta)| {
            matches!(kind, Parameter::Sd { effect, .. } if *effect == wanted) && *theta == 0.0
        })
    };
    let mut found: Vec<String> = Vec::new();
    for (k, kind) in kinds.iter().enumerate() {
        let unit = match kind {
            Parameter::Sd { .. } => scale * scale,
            Parameter::Angle { .. } => 1.0,
        };
        let bends = point.gradient.len() == q && point.hessian[(k, k)].abs() * unit > NO_BEND;
        if bends || !maximum.converged {
            continue;
        }
        let theta = maximum.theta[k];
        match *kind {
            Parameter::Sd { effect, level, .. } => {
                if same(k, 0.0) && same(k, 2.0 * (theta + scale)) {
                    let random = &model.random[effect];
                    let one = random.is_intercept() || model.shapes[effect].sds() == 1;
                    let name = if one {
                        &random.name
                    } else {
                        &random.level_labels[level]
                    };
                    found.push(format!("the variance of '{name}'"));
                }
            }
            Parameter::Angle { effect, .. } => {
                if !nothing(effect) && same(k, theta - ANGLE) && same(k, theta + ANGLE) {
                    found.push(format!("a correlation of '{}'", model.random[effect].name));
                }
            }
        }
    }
    found.dedup();
    if found.is_empty() {
        return None;
    }
    let text = format!(
        "these effects say nothing about {}: the likelihood is the same whatever it is, and standard errors that rest \
         on it mean nothing. Hint: a variance or a mean in common with other levels",
        found.join(", ")
    );
    Some(Diagnostic::warning("not_identified", text))
}

fn moderators(model: &Model, beta: &[f64], covariance: &Matrix) -> Option<JointTest> {
    let tested: Vec<usize> = (usize::from(model.design.has_intercept())..beta.len()).collect();
    let part = covariance.select(&tested, &tested);
    let b: Vec<f64> = tested.iter().map(|&i| beta[i]).collect();
    if tested.is_empty() {
        return None;
    }
    let solved = Cholesky::new(&part)?.solve_vec(&b);
    let value: f64 = solved.iter().zip(&b).map(|(x, y)| x * y).sum();
    let df1 = tested.len() as f64;
    Some(JointTest {
        value,
        df1,
        df2: None,
        p: chi_squared::sf(value, df1),
    })
}
