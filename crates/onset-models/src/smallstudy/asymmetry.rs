//! Tests of funnel-plot asymmetry.

use super::SmallStudyError;
use super::error::at_least;
use super::kendall::kendall;
use super::line::Line;
use super::tables::{Groups, Tables};
use crate::pool::{Options, Test};
use crate::regress::{Design, RegressError, regress};
use onset_effects::Effects;
use onset_math::student_t;
use serde::Serialize;

/// Tests of funnel-plot asymmetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AsymmetryKind {
    /// Weighted regression on the standard error, multiplicative error.
    Egger,
    /// Mixed-effects regression on the standard error, z.
    EggerMixed,
    /// Mixed-effects regression on the standard error, t.
    Thompson,
    /// Rank correlation of standardised effects and variances: exact where there are no ties.
    Begg,
    /// The same with the normal distribution.
    BeggNormal,
    /// Regression of efficient scores.
    Harbord,
    /// Regression on 1/n.
    Peters,
    /// Regression on n.
    Macaskill,
    /// Rank correlation of cell counts with their hypergeometric variance.
    Schwarzer,
    /// Regression on the inverse root of the effective sample size.
    Deeks,
    /// Egger's regression on the sample-size standard error.
    Pustejovsky,
}

impl AsymmetryKind {
    const TABLE: [(AsymmetryKind, &'static str); 11] = [
        (AsymmetryKind::Egger, "egger"),
        (AsymmetryKind::EggerMixed, "egger_mixed"),
        (AsymmetryKind::Thompson, "thompson"),
        (AsymmetryKind::Begg, "begg"),
        (AsymmetryKind::BeggNormal, "begg_normal"),
        (AsymmetryKind::Harbord, "harbord"),
        (AsymmetryKind::Peters, "peters"),
        (AsymmetryKind::Macaskill, "macaskill"),
        (AsymmetryKind::Schwarzer, "schwarzer"),
        (AsymmetryKind::Deeks, "deeks"),
        (AsymmetryKind::Pustejovsky, "pustejovsky"),
    ];

    /// Every test.
    pub fn all() -> impl Iterator<Item = AsymmetryKind> {
        Self::TABLE.iter().map(|row| row.0)
    }

    /// The code: `egger_mixed`.
    pub fn code(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("egger", |row| row.1)
    }
}

/// A test of funnel-plot asymmetry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asymmetry {
    /// Which.
    pub kind: AsymmetryKind,
    /// Studies in it.
    pub k: usize,
    /// t, z, or Kendall's tau for [`AsymmetryKind::Begg`].
    pub statistic: f64,
    /// Degrees of freedom of t.
    pub df: Option<f64>,
    /// Two-sided p-value.
    pub p: f64,
    /// Limit estimate: the effect a study without sampling error would have by this line. Kendall's tau for
    /// rank tests; `None` for Macaskill's line, which has no limit.
    pub estimate: Option<f64>,
    /// Slope of the line; Kendall's score for rank tests.
    pub slope: f64,
    /// Its standard error.
    pub slope_se: f64,
}

fn by_line(kind: AsymmetryKind, line: &Line, limit: bool) -> Asymmetry {
    let (se, df) = (line.slope_se(), line.df());
    let statistic = if line.slope == 0.0 { 0.0 } else { line.slope / se };
    Asymmetry {
        kind,
        k: df as usize + 2,
        statistic,
        df: Some(df),
        p: student_t::two_sided_p(statistic, df).min(1.0),
        estimate: limit.then_some(line.intercept),
        slope: line.slope,
        slope_se: se,
    }
}

fn roots(v: &[f64]) -> Vec<f64> {
    v.iter().map(|v| v.sqrt()).collect()
}

fn inverses(v: &[f64]) -> Vec<f64> {
    v.iter().map(|v| 1.0 / v).collect()
}

/// Egger's test.
///
/// # Formula
/// y = b0 + b1 sqrt(v), weights 1/v; t = b1/se(b1) with k - 2 df. b0 is the limit estimate.
/// # Errors
/// `TooFewStudies` below 3, `NoVariation` when all standard errors are equal.
/// # Source
/// Egger et al. 1997, BMJ 315:629.
pub fn egger(effects: &Effects) -> Result<Asymmetry, SmallStudyError> {
    let (y, v) = (effects.y(), effects.v());
    let line = Line::fit(y, &roots(v), &inverses(v), STANDARD_ERROR)?;
    Ok(by_line(AsymmetryKind::Egger, &line, true))
}

pub(super) const STANDARD_ERROR: &str = "standard error";

/// Egger's test as a mixed-effects meta-regression: z ([`AsymmetryKind::EggerMixed`]) and t with k - 2 df
/// ([`AsymmetryKind::Thompson`]).
///
/// # Formula
/// y = b0 + b1 sqrt(v) + N(0, tau2) + N(0, v), REML.
/// # Errors
/// As [`egger`], and what the regression refuses.
/// # Source
/// Thompson & Sharp 1999, Stat Med 18:2693; Sterne & Egger 2005.
pub fn thompson_sharp(effects: &Effects, options: &Options) -> Result<[Asymmetry; 2], SmallStudyError> {
    at_least(effects.k(), 3)?;
    let se = roots(effects.v());
    // the same check of spread as the other tests
    Line::fit(effects.y(), &se, &inverses(effects.v()), STANDARD_ERROR)?;
    let design = Design::numeric(&[("se", &se)]).map_err(RegressError::from)?;
    let options = Options {
        tau2_interval: None,
        ..*options
    }
    .with_test(Test::Z);
    let fit = regress(effects, &design, &options)?.value;
    let [intercept, slope] = fit.coefficients.as_slice() else {
        return Err(SmallStudyError::NotFinite {
            quantity: "the regression line",
        });
    };
    let (limit, b) = (intercept.estimate.estimate, slope.estimate);
    let df = effects.k() as f64 - 2.0;
    let one = |kind, df: Option<f64>, p| Asymmetry {
        kind,
        k: effects.k(),
        statistic: b.statistic,
        df,
        p,
        estimate: Some(limit),
        slope: b.estimate,
        slope_se: b.standard_error,
    };
    Ok([
        one(AsymmetryKind::EggerMixed, None, b.p),
        one(
            AsymmetryKind::Thompson,
            Some(df),
            student_t::two_sided_p(b.statistic, df).min(1.0),
        ),
    ])
}

/// Begg and Mazumdar's rank test: Kendall's tau of standardised effects and variances.
///
/// # Formula
/// y* = (y - b)/sqrt(v - 1/sum w) with the common-effect mean b; tau(y*, v). The first result is exact
/// where nothing is tied (else normal with ties), its statistic tau; the second is always normal, its
/// statistic z, without continuity correction.
/// # Errors
/// `TooFewStudies` below 3; `NoVariation`.
/// # Source
/// Begg & Mazumdar 1994, Biometrics 50:1088.
pub fn begg(effects: &Effects) -> Result<[Asymmetry; 2], SmallStudyError> {
    at_least(effects.k(), 3)?;
    let (y, v) = (effects.y(), effects.v());
    if v.iter().all(|x| *x == v[0]) {
        return Err(SmallStudyError::NoVariation { what: STANDARD_ERROR });
    }
    let w = inverses(v);
    let sum: f64 = w.iter().sum();
    let mean = w.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() / sum;
    let standardised: Vec<f64> = y
        .iter()
        .zip(v)
        .map(|(y, v)| (y - mean) / (v - 1.0 / sum).sqrt())
        .collect();
    let [exact, normal] = ranked(&standardised, v, effects.k());
    Ok([
        Asymmetry {
            kind: AsymmetryKind::Begg,
            ..exact
        },
        Asymmetry {
            kind: AsymmetryKind::BeggNormal,
            ..normal
        },
    ])
}

/// Exact (or normal) with tau, and normal with z.
fn ranked(x: &[f64], y: &[f64], k: usize) -> [Asymmetry; 2] {
    let found = kendall(x, y);
    let slope_se = if found.z == 0.0 {
        0.0
    } else {
        found.score / found.z
    };
    let one = |statistic, p| Asymmetry {
        kind: AsymmetryKind::Begg,
        k,
        statistic,
        df: None,
        p,
        estimate: Some(found.tau),
        slope: found.score,
        slope_se,
    };
    [
        one(found.tau, found.p_exact.unwrap_or(found.p_normal)),
        one(found.z, found.p_normal),
    ]
}

/// Harbord's test of two-by-two tables.
///
/// # Formula
/// Z = a - (a+c) n1/n, V = n1 n2 (a+c)(b+d)/(n^2 (n-1)); Z/V = b0 + b1/sqrt(V), weights V.
/// # Errors
/// `TooFewStudies` below 3 tables with events and non-events; `NoVariation`.
/// # Source
/// Harbord, Egger & Sterne 2006, Stat Med 25:3443.
pub fn harbord(tables: &Tables) -> Result<Asymmetry, SmallStudyError> {
    let (mut y, mut x, mut w) = (Vec::new(), Vec::new(), Vec::new());
    for row in tables.informative() {
        let (score, information) = row.score();
        y.push(score / information);
        x.push(1.0 / information.sqrt());
        w.push(information);
    }
    let line = Line::fit(&y, &x, &w, "information")?;
    Ok(by_line(AsymmetryKind::Harbord, &line, true))
}

/// Peters' test.
///
/// # Formula
/// y = b0 + b1/n, weights 1/(1/(a+c) + 1/(b+d)).
/// # Errors
/// As [`harbord`].
/// # Source
/// Peters et al. 2006, JAMA 295:676.
pub fn peters(tables: &Tables) -> Result<Asymmetry, SmallStudyError> {
    let (y, x, w) = tables.columns(|t| {
        let (events, others) = t.margins();
        (1.0 / t.n(), events * others / t.n())
    });
    Ok(by_line(
        AsymmetryKind::Peters,
        &Line::fit(&y, &x, &w, "sample size")?,
        true,
    ))
}

/// Macaskill's test.
///
/// # Formula
/// y = b0 + b1 n, weights 1/v.
/// # Errors
/// As [`harbord`].
/// # Source
/// Macaskill, Walter & Irwig 2001, Stat Med 20:641.
pub fn macaskill(tables: &Tables) -> Result<Asymmetry, SmallStudyError> {
    let (y, x, w) = tables.columns(|t| (t.n(), 1.0 / t.v));
    Ok(by_line(
        AsymmetryKind::Macaskill,
        &Line::fit(&y, &x, &w, "sample size")?,
        false,
    ))
}

/// Deeks' test.
///
/// # Formula
/// ESS = 4 n1 n2/n; y = b0 + b1/sqrt(ESS), weights ESS.
/// # Errors
/// As [`harbord`].
/// # Source
/// Deeks, Macaskill & Irwig 2005, J Clin Epidemiol 58:882.
pub fn deeks(tables: &Tables) -> Result<Asymmetry, SmallStudyError> {
    let (y, x, w) = tables.columns(|t| {
        let size = t.effective_size();
        (1.0 / size.sqrt(), size)
    });
    Ok(by_line(
        AsymmetryKind::Deeks,
        &Line::fit(&y, &x, &w, "sample size")?,
        true,
    ))
}

/// Schwarzer's rank test of cell counts.
///
/// # Formula
/// Kendall's score of (a - E)/sqrt(V) and 1/V, with E and V of the noncentral hypergeometric at the
/// Mantel-Haenszel odds ratio (0.5 added to the cells of tables with an empty one).
/// # Errors
/// As [`harbord`]; `NotFinite` when the odds ratio does not exist.
/// # Source
/// Schwarzer, Antes & Schumacher 2007, Stat Med 26:721.
pub fn schwarzer(tables: &Tables) -> Result<Asymmetry, SmallStudyError> {
    let odds_ratio = tables.corrected_odds_ratio()?;
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in tables.informative() {
        let (mean, variance) = row.noncentral(odds_ratio)?;
        if variance > 0.0 {
            x.push((row.table.a - mean) / variance.sqrt());
            y.push(1.0 / variance);
        }
    }
    at_least(x.len(), 3)?;
    let [_, normal] = ranked(&x, &y, x.len());
    Ok(Asymmetry {
        kind: AsymmetryKind::Schwarzer,
        ..normal
    })
}

/// Pustejovsky and Rodgers' test for standardised mean differences.
///
/// # Formula
/// y = b0 + b1 sqrt(1/n1 + 1/n2), weights 1/v: the predictor has no y in it.
/// # Errors
/// As [`egger`].
/// # Source
/// Pustejovsky & Rodgers 2019, Res Synth Methods 10:57.
pub fn pustejovsky(effects: &Effects, groups: &Groups) -> Result<Asymmetry, SmallStudyError> {
    groups.agree(effects.k())?;
    let line = Line::fit(
        effects.y(),
        &groups.standard_errors(),
        &inverses(effects.v()),
        "sample size",
    )?;
    Ok(by_line(AsymmetryKind::Pustejovsky, &line, true))
}
