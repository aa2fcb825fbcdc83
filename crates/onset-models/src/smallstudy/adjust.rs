//! Estimates adjusted by a line through the funnel: PET, PEESE and the limit meta-analysis.

use super::SmallStudyError;
use super::asymmetry::STANDARD_ERROR;
use super::error::at_least;
use super::line::Line;
use crate::pool::{Estimate, Method, Options, PredictionChoice, pool};
use onset_effects::Effects;
use onset_math::{chi_squared, student_t};
use serde::Serialize;

/// The effect that a line through the funnel leaves at standard error 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Intercept, with the multiplicative error and t with k - 2 df.
    pub estimate: Estimate,
    /// Standard error of the intercept when the variances are taken as they are.
    pub se_additive: f64,
    /// Slope.
    pub slope: f64,
    /// Its standard error.
    pub slope_se: f64,
    /// Two-sided p of the slope.
    pub slope_p: f64,
}

fn precision(effects: &Effects, x: &[f64], level: f64) -> Result<Precision, SmallStudyError> {
    crate::pool::check_level(level)?;
    let w: Vec<f64> = effects.v().iter().map(|v| 1.0 / v).collect();
    let line = Line::fit(effects.y(), x, &w, STANDARD_ERROR)?;
    let (slope_se, df) = (line.slope_se(), line.df());
    let statistic = if line.slope == 0.0 {
        0.0
    } else {
        line.slope / slope_se
    };
    Ok(Precision {
        estimate: Estimate::new(line.intercept, line.intercept_se(), Some(df), level),
        se_additive: line.se_at_additive(0.0),
        slope: line.slope,
        slope_se,
        slope_p: student_t::two_sided_p(statistic, df).min(1.0),
    })
}

/// Precision-effect test.
///
/// # Formula
/// y = b0 + b1 sqrt(v), weights 1/v; b0 with k - 2 df.
/// # Errors
/// `TooFewStudies` below 3, `NoVariation`.
/// # Source
/// Stanley & Doucouliagos 2014, Res Synth Methods 5:60.
pub fn pet(effects: &Effects, level: f64) -> Result<Precision, SmallStudyError> {
    let x: Vec<f64> = effects.v().iter().map(|v| v.sqrt()).collect();
    precision(effects, &x, level)
}

/// Precision-effect estimate with standard error.
///
/// # Formula
/// y = b0 + b1 v, weights 1/v; b0 with k - 2 df.
/// # Errors
/// As [`pet`].
/// # Source
/// As [`pet`].
pub fn peese(effects: &Effects, level: f64) -> Result<Precision, SmallStudyError> {
    precision(effects, effects.v(), level)
}

/// Which of the two stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// PET: no effect was found.
    Pet,
    /// PEESE: PET found an effect.
    Peese,
}

/// PET-PEESE: PEESE where PET's one-sided p, in the direction of `positive`, is below `alpha`, else PET.
///
/// # Source
/// Stanley 2017, Soc Psychol Personal Sci 8:581; alpha 0.05 (Stanley & Doucouliagos 2014) or 0.10.
pub fn conditional(pet: &Precision, positive: bool, alpha: f64) -> Chosen {
    let one_sided = 0.5 * pet.estimate.p;
    if (pet.estimate.estimate > 0.0) == positive && one_sided < alpha {
        Chosen::Peese
    } else {
        Chosen::Pet
    }
}

/// The limit meta-analysis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Effect of a study without sampling error: beta + tau alpha.
    pub mean: Estimate,
    /// Slope on sqrt(v + tau2): the bias of a study of standard error 1.
    pub alpha: f64,
    /// Intercept.
    pub beta: f64,
    /// Between-study variance used.
    pub tau2: f64,
    /// Part of Q that the small-study effect explains, 1 df.
    pub q_small: f64,
    /// Its p-value.
    pub p_small: f64,
    /// Part of Q that stays, k - 2 df.
    pub q_residual: f64,
    /// Its p-value.
    pub p_residual: f64,
    /// Share of the variation that the small-study effect leaves unexplained, 0 to 1.
    pub g2: f64,
}

/// Limit meta-analysis.
///
/// # Formula
/// y = beta + sqrt(v + tau2)(alpha + e), e standard normal, tau2 from the pool without alpha; limit
/// beta + tau alpha, its variance that of the line at sqrt(v + tau2) = tau. Q_small is Cochran's Q minus
/// the residual of the line on sqrt(v). G2 = 1 - r2 of the line of the limit effects
/// beta + (y - beta) tau/sqrt(v + tau2), over sqrt(v), on 1/sqrt(v).
/// # Errors
/// `TooFewStudies` below 3, `NoVariation`.
/// # Source
/// Ruecker, Schwarzer, Carpenter, Binder & Schumacher 2011, Biostatistics 12:122.
pub fn limit(effects: &Effects, options: &Options) -> Result<Limit, SmallStudyError> {
    at_least(effects.k(), 3)?;
    let bare = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..*options
    };
    let pooled = pool(effects, &bare)?.value;
    let tau2 = if options.method == Method::Common {
        0.0
    } else {
        pooled.tau2.value
    };
    let (y, v) = (effects.y(), effects.v());
    let total: Vec<f64> = v.iter().map(|v| (v + tau2).sqrt()).collect();
    let w: Vec<f64> = total.iter().map(|s| 1.0 / (s * s)).collect();
    let line = Line::fit(y, &total, &w, STANDARD_ERROR)?;
    let tau = tau2.sqrt();
    let root: Vec<f64> = v.iter().map(|v| v.sqrt()).collect();
    let fixed: Vec<f64> = v.iter().map(|v| 1.0 / v).collect();
    let residual = Line::fit(y, &root, &fixed, STANDARD_ERROR)?.rss;
    let q_small = (pooled.q.value - residual).max(0.0);
    let shrunk = y.iter().zip(&total).zip(&root).map(|((y, s), root)| {
        let limit = line.intercept + tau / s * (y - line.intercept);
        (limit / root, 1.0 / root)
    });
    let df = effects.k() as f64 - 2.0;
    let estimate = line.intercept + tau * line.slope;
    Ok(Limit {
        mean: Estimate::new(estimate, line.se_at_additive(tau), None, options.level),
        alpha: line.slope,
        beta: line.intercept,
        tau2,
        q_small,
        p_small: chi_squared::sf(q_small, 1.0),
        q_residual: residual,
        p_residual: chi_squared::sf(residual, df),
        g2: 1.0 - squared_correlation(&shrunk.collect::<Vec<_>>()),
    })
}

fn squared_correlation(pairs: &[(f64, f64)]) -> f64 {
    let k = pairs.len() as f64;
    let (my, mx) = pairs
        .iter()
        .fold((0.0, 0.0), |(y, x), p| (y + p.0 / k, x + p.1 / k));
    let (mut syy, mut sxx, mut sxy) = (0.0, 0.0, 0.0);
    for (y, x) in pairs {
        syy += (y - my) * (y - my);
        sxx += (x - mx) * (x - mx);
        sxy += (x - mx) * (y - my);
    }
    if syy > 0.0 && sxx > 0.0 {
        sxy * sxy / (sxx * syy)
    } else {
        0.0
    }
}
