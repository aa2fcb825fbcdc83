//! Meta-regression: effects explained by moderators of the studies.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::pool::Options;
//! use onset_models::regress::{Design, regress};
//! let labels = (1..=5).map(|i| i.to_string()).collect();
//! let effects = Effects::new(vec![0.1, 0.3, 0.4, 0.8, 0.9], vec![0.02; 5], labels).unwrap();
//! let design = Design::numeric(&[("dose", &[1.0, 2.0, 3.0, 4.0, 5.0])]).unwrap();
//! let fit = regress(&effects, &design, &Options::default()).unwrap().value;
//! assert!((fit.coefficients[1].estimate.estimate - 0.21).abs() < 1e-12);
//! ```

mod design;
mod error;
mod hypotheses;
mod inference;
mod location_scale;
mod spline;
mod subgroups;
mod terms;

pub use design::{Built, Design, TermColumns};
pub use error::{DesignError, RegressError};
pub use hypotheses::Inflation;
pub use inference::{Predicted, predictions};
pub use location_scale::{LocationScale, location_scale};
pub use subgroups::{Subgroup, SubgroupTau2, Subgroups, subgroups};
pub use terms::{Form, Term, Variable};

use crate::pool::fitted::heterogeneity;
use crate::pool::interval::tau2_interval;
use crate::pool::projection::{Forms, Intercept, MatrixDesign, Projection, WeightedFit};
use crate::pool::tau2::solve;
use crate::pool::{
    Estimate, Fit, Method, Options, PoolError, QTest, Solution, StudyWeights, Tau2, Tau2Interval, Tau2Method,
    Test, Weighting, check_weighted, guarded_test, note_tau2, percent_weights,
};
use inference::Covariance;
use onset_data::Warned;
use onset_effects::Effects;
use onset_math::chi_squared;
use serde::Serialize;

/// A named coefficient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coefficient {
    /// Name of the column.
    pub name: String,
    /// Estimate, test and interval.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// Joint test of several coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct JointTest {
    /// Chi-squared under z, otherwise F.
    pub value: f64,
    /// Coefficients tested.
    pub df1: f64,
    /// Denominator df; `None` for chi-squared.
    pub df2: Option<f64>,
    /// p-value.
    pub p: f64,
}

/// A fitted meta-regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// Number of studies.
    pub k: usize,
    /// Number of coefficients.
    pub p: usize,
    /// Common effect, or the estimator of tau2.
    pub method: Method,
    /// The test used.
    pub test: Test,
    /// Confidence level.
    pub level: f64,
    /// Coefficients in the order of the design.
    pub coefficients: Vec<Coefficient>,
    /// Residual between-study variance.
    pub tau2: Tau2,
    /// Its interval.
    pub tau2_interval: Option<Tau2Interval>,
    /// Residual I2 in percent.
    pub i2: f64,
    /// Residual H2.
    pub h2: f64,
    /// Share of tau2 explained, in percent; `None` without an intercept or where nothing is to explain.
    pub r2: Option<f64>,
    /// Residual heterogeneity, Q_E.
    pub q: QTest,
    /// Test of all coefficients but the intercept, Q_M; `None` when there is only the intercept.
    pub moderators: Option<JointTest>,
    /// Likelihood and criteria.
    pub fit: Fit,
    /// Weights in percent.
    pub weights: Vec<f64>,
    has_intercept: bool,
    terms: Vec<TermColumns>,
    covariance: Covariance,
}

/// Regresses effects on a design.
///
/// # Formula
/// b = (X'WX)^-1 X'Wy, W = diag(1/(v + tau2)); Hartung-Knapp multiplies (X'WX)^-1 by
/// y'Py/(k - p), uses t with k - p df, and F for the joint test.
/// # Inputs
/// `effects`: k > p; `design`: k rows of full rank. `options` as for [`pool`](crate::pool::pool);
/// prediction intervals come from [`Regression::predict`].
/// # Errors
/// `Collinear` names the columns; `TooFewStudies`, `UnequalLengths`, `NeedsLikelihood`, `NotFinite`.
/// # Source
/// Raudenbush 2009; Knapp & Hartung 2003, Stat Med 22:2693; Viechtbauer et al. 2015, Psychol Methods
/// 20:360.
pub fn regress(
    effects: &Effects,
    design: &Design,
    options: &Options,
) -> Result<Warned<Regression>, RegressError> {
    fitted(effects, design, None, options)
}

/// Regresses effects on a design with weights that are given, in the place of 1/(v + tau2).
///
/// # Formula
/// b = (X'AX)^-1 X'Ay with covariance (X'AX)^-1 X'A M A X (X'AX)^-1, A = diag(a), M = diag(v + tau2).
/// tau2 and Q are those of [`regress`]; GENQ and GENQM take the weights into their Q statistic.
/// Hartung-Knapp multiplies the covariance by y'Py/(k - p) with the weights 1/(v + tau2).
/// # Inputs
/// `weights`: one a study; the rows with a weight above 0 must determine every coefficient.
/// # Errors
/// Those of [`regress`]; `UnequalLengths`, `TooFewWeights`; `NotWithWeights` for the Kenward-Roger test and
/// profile likelihood.
/// # Source
/// The sandwich follows from the weights alone; generalised Q: Jackson et al. 2014, J Stat Plan Inference.
pub fn regress_weighted(
    effects: &Effects,
    design: &Design,
    weights: &StudyWeights,
    options: &Options,
) -> Result<Warned<Regression>, RegressError> {
    weights.check(effects.k())?;
    check_weighted(options)?;
    fitted(effects, design, Some(weights), options)
}

fn fitted(
    effects: &Effects,
    design: &Design,
    weights: Option<&StudyWeights>,
    options: &Options,
) -> Result<Warned<Regression>, RegressError> {
    let given = weights.map(|weights| Weighting::Given(weights.get()));
    crate::pool::check_level(options.level)?;
    let (k, p) = (effects.k(), design.p());
    if design.k() != k {
        return Err(RegressError::UnequalLengths {
            design: design.k(),
            effects: k,
        });
    }
    if k <= p {
        return Err(PoolError::TooFewStudies {
            found: k,
            needed: p + 1,
        }
        .into());
    }
    let matrix = MatrixDesign::new(effects.y(), effects.v(), design.x(), p)
        .map_err(|collinear| name_collinear(design, collinear.0))?;
    if let Some(weights) = weights {
        determined(design, weights)?;
    }
    let mut projection = Projection::Matrix(matrix);
    let fitted = Parts::new(&mut projection, given, options)?;
    let mut warnings = Vec::new();
    note_tau2(&fitted.tau2, &mut warnings);
    let test = match options.test {
        Some(test) => test,
        // the guards count the degrees of freedom of a mean: k - p = 2 is three studies
        None => guarded_test(options.method, k + 1 - p, fitted.tau2.value, &mut warnings),
    };
    let tau2_interval = match (options.method, options.tau2_interval) {
        (Method::Random(_), Some(kind)) => {
            let (weights, level) = (options.q_weights(given), options.level);
            let t = fitted.tau2.value;
            Some(tau2_interval(
                &mut projection,
                kind,
                options.method,
                weights,
                t,
                level,
            )?)
        }
        _ => None,
    };
    let r2 = explained(effects, design, given, options, &fitted)?;
    let covariance = fitted.covariance(&mut projection, test);
    let coefficients = covariance.coefficients(design.names(), &fitted.fit.beta, options.level);
    let mut regression = Regression {
        k,
        p,
        method: options.method,
        test,
        level: options.level,
        coefficients,
        tau2_interval,
        i2: fitted.i2,
        h2: fitted.h2,
        r2,
        q: fitted.q,
        moderators: None,
        fit: fitted.criteria,
        weights: percent_weights(effects.v(), fitted.tau2.value, options.fixed_weights(given)),
        has_intercept: design.has_intercept(),
        terms: design.terms().to_vec(),
        tau2: fitted.tau2,
        covariance,
    };
    regression.moderators = regression.moderator_test();
    finite(&regression)?;
    Ok(Warned {
        value: regression,
        warnings,
    })
}

/// The fit before tests.
struct Parts {
    tau2: Tau2,
    fit: WeightedFit,
    /// y'Py/(k - p) at tau2, the Hartung-Knapp factor; P has the weights 1/(v + tau2), whatever those of the
    /// coefficients.
    scale: f64,
    df: f64,
    i2: f64,
    h2: f64,
    q: QTest,
    /// Residual sum of squares with the weights that are given, else Q.
    residual: f64,
    criteria: Fit,
}

impl Parts {
    fn new(
        projection: &mut Projection,
        given: Option<Weighting<'_>>,
        options: &Options,
    ) -> Result<Self, PoolError> {
        let (df, p) = (projection.df(), projection.p() as f64);
        let tau2 = match options.method {
            Method::Common => Tau2 {
                value: 0.0,
                standard_error: None,
                raw: None,
                solution: Solution::ClosedForm,
            },
            Method::Random(method) => solve(projection, method, options.q_weights(given))?,
        };
        let t = tau2.value;
        let at_zero = projection.forms(0.0);
        let (fit, forms, residual) = estimate(projection, options.fixed_weights(given), t);
        let (i2, h2) = heterogeneity(options.method, t, &at_zero, df);
        let restricted = options.method == Method::Random(Tau2Method::Reml);
        let mut loglik = projection.ln_likelihood(t, &forms, restricted);
        loglik -= 0.5 * (residual - forms.q);
        let parameters = if options.method == Method::Common {
            p
        } else {
            p + 1.0
        };
        let n = if restricted { df } else { df + p };
        Ok(Parts {
            tau2,
            fit,
            scale: forms.q / df,
            df,
            i2,
            h2,
            q: QTest {
                value: at_zero.q,
                df,
                p: chi_squared::sf(at_zero.q, df),
            },
            residual: given.map_or(at_zero.q, |a| projection.weighted(a, 0.0).q),
            criteria: Fit::new(loglik, parameters, n),
        })
    }

    fn covariance(&self, projection: &mut Projection, test: Test) -> Covariance {
        let p = projection.p();
        let (df, wald) = (Some(self.df), &self.fit.covariance);
        let scaled = |factor: f64, df| Covariance::plain(wald.iter().map(|c| c * factor).collect(), p, df);
        match (test, projection) {
            (Test::Z, _) => scaled(1.0, None),
            (Test::T, _) => scaled(1.0, df),
            (Test::Knha, _) => scaled(self.scale, df),
            (Test::Adhoc, _) => scaled(self.scale.max(1.0), df),
            (Test::Kr, Projection::Matrix(x)) => Covariance::kenward_roger(x, self.tau2.value),
            (Test::Kr, _) => scaled(f64::NAN, df),
        }
    }
}

/// Coefficients, forms at t and sum w (y - Xb)^2 with w = 1/(v + t), which is y'Py unless the weights are
/// fixed ones.
pub(crate) fn estimate(
    projection: &mut Projection,
    fixed: Option<Weighting<'_>>,
    t: f64,
) -> (WeightedFit, Forms, f64) {
    let forms = projection.forms(t);
    let Projection::Matrix(x) = projection else {
        return (
            WeightedFit {
                beta: Vec::new(),
                covariance: Vec::new(),
            },
            forms,
            f64::NAN,
        );
    };
    match fixed {
        Some(a) => {
            let fit = x.fit_weighted(a, t);
            let residual = x.residual_form(a, t);
            (fit, forms, residual)
        }
        None => (x.fit(t), forms, forms.q),
    }
}

/// R2: the share of the tau2 without moderators that they explain; for the common effect the adjusted
/// share of Q, or of the residual sum of squares with the weights that are given, over the studies with a weight.
fn explained(
    effects: &Effects,
    design: &Design,
    given: Option<Weighting<'_>>,
    options: &Options,
    fitted: &Parts,
) -> Result<Option<f64>, PoolError> {
    if !design.has_intercept() || design.p() < 2 {
        return Ok(None);
    }
    let (y, v) = (effects.y(), effects.v());
    let mut null = match given {
        None => Projection::Intercept(Intercept::new(y, v, None)),
        Some(_) => Projection::Matrix(MatrixDesign::of_mean(y, v)?),
    };
    let (before, after) = match (options.method, given) {
        (Method::Common, None) => {
            let q = null.forms(0.0).q;
            (q / null.df(), fitted.q.value / fitted.q.df)
        }
        (Method::Common, Some(a)) => {
            // a study of weight 0 adds nothing to either sum
            let n = a.all(v).iter().filter(|a| **a > 0.0).count();
            if n <= design.p() {
                return Ok(None);
            }
            let (n, p) = (n as f64, design.p() as f64);
            (null.weighted(a, 0.0).q / (n - 1.0), fitted.residual / (n - p))
        }
        (Method::Random(method), _) => (
            solve(&mut null, method, options.q_weights(given))?.value,
            fitted.tau2.value,
        ),
    };
    Ok((before > 0.0).then(|| (100.0 * (before - after) / before).max(0.0)))
}

/// Whether the rows with a weight above 0 determine every coefficient.
fn determined(design: &Design, weights: &StudyWeights) -> Result<(), RegressError> {
    let rows = weights.positive();
    let (found, needed) = (rows.len(), design.p());
    if found < needed {
        return Err(PoolError::TooFewWeights { found, needed }.into());
    }
    let kept = design.select(&rows);
    let zeros = vec![0.0; found];
    match MatrixDesign::new(&zeros, &zeros, kept.x(), needed) {
        Ok(_) => Ok(()),
        Err(collinear) => Err(name_collinear(&kept, collinear.0)),
    }
}

pub(crate) fn name_collinear(design: &Design, column: usize) -> RegressError {
    let name = design.names().get(column).cloned().unwrap_or_default();
    // earlier columns that the combination uses: those without which the rest stays independent
    let x: Vec<f64> = (0..design.k())
        .flat_map(|i| design.row(i)[..=column].to_vec())
        .collect();
    let mut others = Vec::new();
    for left_out in 0..column {
        let kept: Vec<f64> = x
            .chunks_exact(column + 1)
            .flat_map(|row| {
                row.iter()
                    .enumerate()
                    .filter(|(c, _)| *c != left_out)
                    .map(|(_, v)| *v)
            })
            .collect();
        let zeros = vec![0.0; design.k()];
        if MatrixDesign::new(&zeros, &zeros, &kept, column).is_ok() {
            others.push(design.names()[left_out].clone());
        }
    }
    if others.is_empty() {
        others = design.names()[..column].to_vec();
    }
    RegressError::Collinear { name, others }
}

fn finite(regression: &Regression) -> Result<(), PoolError> {
    let bad = |e: &Estimate| !(e.estimate.is_finite() && e.standard_error.is_finite() && e.p.is_finite());
    if regression.coefficients.iter().any(|c| bad(&c.estimate)) {
        return Err(PoolError::NotFinite {
            quantity: "a coefficient",
        });
    }
    if !(regression.q.value.is_finite() && regression.fit.loglik.is_finite() && regression.i2.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "Q or the log-likelihood",
        });
    }
    Ok(())
}
