//! Pooling k independent effects: the common-effect and the random-effects model.
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::pool::{Options, pool};
//! let labels = (1..=4).map(|i| i.to_string()).collect();
//! let effects = Effects::new(vec![0.1, 0.3, 0.5, 0.9], vec![0.02, 0.03, 0.02, 0.04], labels).unwrap();
//! let pooled = pool(&effects, &Options::default()).unwrap();
//! assert_eq!(pooled.value.k, 4);
//! assert!(pooled.value.tau2.value > 0.0);
//! ```

mod bootstrap;
mod error;
pub(crate) mod fitted;
mod guards;
pub mod interval;
mod mantel_haenszel;
mod mean_interval;
pub(crate) mod newton;
mod options;
mod peto;
pub mod prediction;
pub(crate) mod projection;
mod result;
mod review_manager;
mod share;
mod strata;
mod study_weights;
mod subsets;
pub mod tau2;

pub use bootstrap::{BOOTSTRAP_DRAWS, bootstrap_prediction};
pub use error::PoolError;
pub use guards::{guarded_test, unequal_precision};
pub use interval::{Tau2Interval, Tau2IntervalKind};
pub use mantel_haenszel::{CountMeasure, RateMeasure, StrataOptions, mantel_haenszel, mantel_haenszel_rates};
pub use mean_interval::{ProfileMean, RobustMean, henmi_copas, ivhet, profile_mean};
pub use options::{Method, Options, PredictionChoice, Test};
pub use peto::peto;
pub use prediction::{Prediction, PredictionKind};
pub use result::{Estimate, Fit, Pooled, QTest, Solution};
pub use review_manager::dersimonian_laird_around;
pub use share::{Share, Side, share_beyond};
pub use strata::{CellAddition, Counts, PersonTime, Stratified};
pub use study_weights::StudyWeights;
pub use subsets::{Subset, cumulative, leave_one_out};
pub use tau2::{QWeights, Tau2, Tau2Method};

pub(crate) use fitted::note_tau2;
use fitted::{Fitted, fit};
use onset_data::{Diagnostic, Warned};
use onset_effects::Effects;
use prediction::Spread;
use projection::{Intercept, MatrixDesign, Projection};
pub(crate) use result::half_quantile;
pub(crate) use study_weights::Weighting;

/// Pools effects into one mean.
///
/// # Formula
/// mean = sum wy / sum w with w = 1/(v + tau2), standard error (sum w)^-1/2; Hartung-Knapp
/// multiplies its square by Q(tau2)/(k - 1). GENQ and GENQM keep the weights of their Q statistic.
/// # Inputs
/// `effects`: k >= 1; y on the analysis scale (log for ratios), v its sampling variance, > 0.
/// # Returns
/// The mean, tau2, heterogeneity, prediction interval, likelihood and weights; the warnings name
/// every guard that acted.
/// # Errors
/// `TooFewStudies` for k = 0, `BadLevel`, `NeedsLikelihood`, `NotFinite`.
/// # Source
/// Cochrane Handbook chapter 10; Hartung & Knapp 2001, Stat Med 20:3875; Roever, Knapp & Friede
/// 2015, BMC Med Res Methodol 15:99.
pub fn pool(effects: &Effects, options: &Options) -> Result<Warned<Pooled>, PoolError> {
    check_level(options.level)?;
    match effects.k() {
        0 => Err(PoolError::TooFewStudies { found: 0, needed: 1 }),
        1 => single(effects, options),
        _ => several(effects, None, options),
    }
}

/// Pools effects with weights that are given, in the place of 1/(v + tau2).
///
/// # Formula
/// mean = sum ay / sum a, variance sum a^2 (v + tau2) / (sum a)^2. tau2, Q, I2 and H2 are those of
/// [`pool`]; GENQ and GENQM take the weights into their Q statistic. Hartung-Knapp multiplies the variance
/// by y'Py/(k - 1) with the weights 1/(v + tau2), the log-likelihood is that of the mean given.
/// # Inputs
/// `weights`: one a study, such as sizes or quality scores; equal ones for an unweighted mean.
/// # Errors
/// Those of [`pool`]; `UnequalLengths`; `NotWithWeights` for the Kenward-Roger test, profile likelihood
/// and the KR and NNF prediction intervals.
/// # Source
/// The mean and its variance follow from the weights alone. Generalised Q: DerSimonian & Kacker 2007,
/// Contemp Clin Trials 28:105. Unweighted: Laird & Mosteller 1990, Int J Technol Assess Health Care 6:5.
pub fn pool_weighted(
    effects: &Effects,
    weights: &StudyWeights,
    options: &Options,
) -> Result<Warned<Pooled>, PoolError> {
    check_level(options.level)?;
    weights.check(effects.k())?;
    check_weighted(options)?;
    match effects.k() {
        0 => Err(PoolError::TooFewStudies { found: 0, needed: 1 }),
        1 => single(effects, options),
        _ => several(effects, Some(weights), options),
    }
}

/// Refuses what is defined for the weights 1/(v + tau2) only.
pub(crate) fn check_weighted(options: &Options) -> Result<(), PoolError> {
    let asked = [
        (options.test == Some(Test::Kr), "the Kenward-Roger test"),
        (
            options.tau2_interval == Some(Tau2IntervalKind::ProfileLikelihood),
            "the profile-likelihood interval of tau2",
        ),
    ];
    let asked = asked.into_iter().find(|(asked, _)| *asked);
    let what = match (asked, options.prediction) {
        (Some((_, what)), _) => what,
        (None, PredictionChoice::Kind(kind)) => return check_weighted_prediction(kind),
        (None, _) => return Ok(()),
    };
    Err(PoolError::NotWithWeights { what })
}

/// The same for a prediction interval.
pub(crate) fn check_weighted_prediction(kind: PredictionKind) -> Result<(), PoolError> {
    match kind {
        PredictionKind::Kr | PredictionKind::KrPr => Err(PoolError::NotWithWeights {
            what: "a Kenward-Roger prediction interval",
        }),
        PredictionKind::Nnf => Err(PoolError::NotWithWeights {
            what: "the bootstrap prediction interval (NNF)",
        }),
        _ => Ok(()),
    }
}

pub(crate) fn check_level(level: f64) -> Result<(), PoolError> {
    if level > 0.0 && level < 1.0 {
        Ok(())
    } else {
        Err(PoolError::BadLevel { found: level })
    }
}

/// k >= 2.
fn several(
    effects: &Effects,
    weights: Option<&StudyWeights>,
    options: &Options,
) -> Result<Warned<Pooled>, PoolError> {
    let given = weights.map(|weights| Weighting::Given(weights.get()));
    let mut projection = match given {
        None => Projection::Intercept(Intercept::new(effects.y(), effects.v(), None)),
        Some(_) => Projection::Matrix(MatrixDesign::of_mean(effects.y(), effects.v())?),
    };
    let fitted = fit(&mut projection, given, options)?;
    let mut warnings = Vec::new();
    note_tau2(&fitted.tau2, &mut warnings);
    let (test, guarded) = match options.test {
        Some(test) => (test, false),
        None => (
            guarded_test(options.method, effects.k(), fitted.tau2.value, &mut warnings),
            true,
        ),
    };
    let mean = fitted.test(test, options.level);
    let beside = guarded && test == Test::Knha;
    let modified = beside && unequal_precision(effects.v());
    let tau2_interval = match (options.method, options.tau2_interval) {
        (Method::Random(_), Some(kind)) => {
            let tau2 = fitted.tau2.value;
            let (method, level) = (options.method, options.level);
            let weights = options.q_weights(given);
            let found = interval::tau2_interval(&mut projection, kind, method, weights, tau2, level)?;
            if found.empty {
                warnings.push(Diagnostic::note("empty_tau2_interval", guards::EMPTY_INTERVAL));
            }
            Some(found)
        }
        _ => None,
    };
    let prediction = predict(effects, &fitted, options, test, &mean, &mut warnings);
    let pooled = Pooled {
        k: effects.k(),
        method: options.method,
        test,
        level: options.level,
        mean,
        wald: beside.then(|| fitted.test(Test::Z, options.level)),
        modified: modified.then(|| fitted.test(Test::Adhoc, options.level)),
        tau2_interval,
        i2: fitted.i2,
        h2: fitted.h2,
        q: fitted.q,
        prediction,
        fit: fitted.criteria,
        weights: percent_weights(effects.v(), fitted.tau2.value, options.fixed_weights(given)),
        tau2: fitted.tau2,
    };
    finite(&pooled)?;
    Ok(Warned {
        value: pooled,
        warnings,
    })
}

/// Refuses a result that overflowed instead of passing NaN on.
fn finite(pooled: &Pooled) -> Result<(), PoolError> {
    let m = &pooled.mean;
    let numbers = [
        ("the estimate", m.estimate),
        ("the standard error", m.standard_error),
        ("the interval", m.ci_lower),
        ("the interval", m.ci_upper),
        ("the p-value", m.p),
        ("Q", pooled.q.value),
        ("I2", pooled.i2),
        ("the log-likelihood", pooled.fit.loglik),
    ];
    match numbers.iter().find(|(_, number)| !number.is_finite()) {
        Some(&(quantity, _)) => Err(PoolError::NotFinite { quantity }),
        None => Ok(()),
    }
}

/// Weights in percent: the fixed ones, else 1/(v + t).
pub(crate) fn percent_weights(v: &[f64], t: f64, fixed: Option<Weighting<'_>>) -> Vec<f64> {
    let mut weights: Vec<f64> = match fixed {
        Some(a) => a.all(v).into_owned(),
        None => v.iter().map(|&v| 1.0 / (v + t)).collect(),
    };
    let percent = 100.0 / weights.iter().sum::<f64>();
    weights.iter_mut().for_each(|w| *w *= percent);
    weights
}

/// The prediction interval, or why there is none.
fn predict(
    effects: &Effects,
    fitted: &Fitted,
    options: &Options,
    test: Test,
    mean: &Estimate,
    warnings: &mut Vec<Diagnostic>,
) -> Option<Prediction> {
    if options.method == Method::Common {
        return None;
    }
    let spread = Spread {
        estimate: fitted.estimate,
        tau2: fitted.tau2.value,
        wald: fitted.wald_se,
        hartung_knapp: if test == Test::Adhoc {
            mean.standard_error
        } else {
            fitted.knha_se()
        },
        kenward_roger: fitted.kenward_roger(),
        df: effects.k() as f64 - 1.0,
    };
    let kind = match options.prediction {
        PredictionChoice::Omit => return None,
        PredictionChoice::Kind(kind) => kind,
        PredictionChoice::Guarded => {
            if !guards::prediction_allowed(effects.k(), fitted.tau2.value, warnings) {
                return None;
            }
            // the quantile of the mean serves again where the df agree
            let (kind, se) = match test {
                Test::Knha | Test::Adhoc => (PredictionKind::Hk, mean.standard_error),
                Test::Kr => (PredictionKind::Kr, mean.standard_error),
                Test::Z | Test::T => (PredictionKind::V, fitted.wald_se),
            };
            let df = mean.df.unwrap_or(spread.df);
            let quantile = match mean.df {
                Some(_) if mean.standard_error > 0.0 => {
                    (mean.ci_upper - mean.ci_lower) / (2.0 * mean.standard_error)
                }
                _ => half_quantile(options.level, Some(df)),
            };
            return Some(spread.around(kind, se, Some(df), quantile));
        }
    };
    guards::prediction_on_request(effects.k(), fitted.tau2.value, kind, warnings);
    if effects.k() < 3 {
        return None;
    }
    if kind == PredictionKind::Nnf {
        return match bootstrap_prediction(effects, options.level, BOOTSTRAP_DRAWS, options.seed) {
            Ok(found) => Some(found),
            Err(error) => {
                warnings.push(Diagnostic::warning("no_prediction", error.to_string()));
                None
            }
        };
    }
    spread.interval(kind, options.level)
}

/// k = 1: the study itself.
fn single(effects: &Effects, options: &Options) -> Result<Warned<Pooled>, PoolError> {
    let (y, v) = (effects.y()[0], effects.v()[0]);
    let ln = -0.5 * ((2.0 * std::f64::consts::PI).ln() + v.ln());
    let pooled = Pooled {
        k: 1,
        method: options.method,
        test: Test::Z,
        level: options.level,
        mean: Estimate::new(y, v.sqrt(), None, options.level),
        wald: None,
        modified: None,
        tau2: Tau2 {
            value: 0.0,
            standard_error: None,
            raw: None,
            solution: Solution::ClosedForm,
        },
        tau2_interval: None,
        i2: 0.0,
        h2: 1.0,
        q: QTest {
            value: 0.0,
            df: 0.0,
            p: 1.0,
        },
        prediction: None,
        fit: Fit::new(ln, 1.0, 1.0),
        weights: vec![100.0],
    };
    let mut warnings = vec![Diagnostic::note("single_study", guards::SINGLE_STUDY)];
    if options.test.is_some_and(|test| test != Test::Z) {
        warnings.push(Diagnostic::warning("test_replaced", guards::SINGLE_TEST));
    }
    finite(&pooled)?;
    Ok(Warned {
        value: pooled,
        warnings,
    })
}
