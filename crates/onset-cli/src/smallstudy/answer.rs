//! The JSON of `onset smallstudy`.

use crate::estimates::{Mean, SolutionEntry};
use onset::models::pool::RobustMean;
use onset::models::smallstudy::selection::Selection;
use onset::models::smallstudy::{
    Asymmetry, AsymmetryKind, Copas, CopasFit, Excess, FailSafe, Limit, PUniform, Precision, RatioTest,
    TrimFill, WorstCase,
};
use serde::Serialize;

/// Everything `onset smallstudy` answers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    pub k: usize,
    pub method: &'static str,
    pub level: f64,
    /// Favoured direction.
    pub side: &'static str,
    /// The mean that nothing was adjusted in.
    pub unadjusted: Mean,
    pub tests: Vec<TestEntry>,
    pub trim_fill: Vec<TrimFillEntry>,
    pub pet: Option<PrecisionEntry>,
    pub peese: Option<PrecisionEntry>,
    pub pet_peese: Option<Conditional>,
    pub limit: Option<LimitEntry>,
    pub henmi_copas: Option<HenmiCopas>,
    pub fail_safe: Vec<FailSafeEntry>,
    pub excess_significance: Option<ExcessEntry>,
    pub worst_case: Option<WorstCaseEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<SelectionEntry>,
    pub copas: Option<CopasEntry>,
    pub p_uniform: Option<PUniformEntry>,
    pub funnel: Funnel,
    /// Files written, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct TestEntry {
    pub name: &'static str,
    pub k: usize,
    pub statistic: Option<f64>,
    pub df: Option<f64>,
    pub p: Option<f64>,
    /// Limit estimate of a line, tau of a rank test.
    pub estimate: Option<f64>,
    pub slope: Option<f64>,
    pub slope_se: Option<f64>,
}

impl TestEntry {
    pub fn new(test: &Asymmetry) -> Self {
        TestEntry {
            name: test.kind.code(),
            k: test.k,
            statistic: finite(test.statistic),
            df: test.df,
            p: finite(test.p),
            estimate: test.estimate,
            slope: Some(test.slope),
            slope_se: Some(test.slope_se),
        }
    }

    /// A test that could not be made.
    pub fn absent(kind: AsymmetryKind, k: usize) -> Self {
        TestEntry {
            name: kind.code(),
            k,
            statistic: None,
            df: None,
            p: None,
            estimate: None,
            slope: None,
            slope_se: None,
        }
    }
}

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

#[derive(Debug, Clone, Serialize)]
pub struct TrimFillEntry {
    pub estimator: &'static str,
    pub k0: Option<usize>,
    pub side: Option<&'static str>,
    pub estimate: Option<f64>,
    pub se: Option<f64>,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub tau2: Option<f64>,
    /// Effects and variances filled in.
    pub filled: Vec<(f64, f64)>,
}

impl TrimFillEntry {
    pub fn new(t: &TrimFill) -> Self {
        TrimFillEntry {
            estimator: t.estimator.code(),
            k0: Some(t.k0),
            side: Some(t.side.code()),
            estimate: Some(t.mean.estimate),
            se: Some(t.mean.standard_error),
            ci_lower: Some(t.mean.ci_lower),
            ci_upper: Some(t.mean.ci_upper),
            tau2: Some(t.tau2),
            filled: t.filled.clone(),
        }
    }

    pub fn absent(estimator: &'static str) -> Self {
        TrimFillEntry {
            estimator,
            k0: None,
            side: None,
            estimate: None,
            se: None,
            ci_lower: None,
            ci_upper: None,
            tau2: None,
            filled: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct PrecisionEntry {
    #[serde(flatten)]
    pub mean: Mean,
    /// Standard error without the multiplicative factor.
    pub se_additive: f64,
    pub slope: f64,
    pub slope_se: f64,
    pub slope_p: f64,
}

impl From<Precision> for PrecisionEntry {
    fn from(p: Precision) -> Self {
        PrecisionEntry {
            mean: p.estimate.into(),
            se_additive: p.se_additive,
            slope: p.slope,
            slope_se: p.slope_se,
            slope_p: p.slope_p,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Conditional {
    pub chosen: &'static str,
    /// One-sided level of PET.
    pub alpha: f64,
    #[serde(flatten)]
    pub mean: Mean,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct LimitEntry {
    #[serde(flatten)]
    pub mean: Mean,
    pub alpha: f64,
    pub beta: f64,
    pub tau2: f64,
    pub q_small: f64,
    pub p_small: f64,
    pub q_residual: f64,
    pub p_residual: f64,
    pub g2: f64,
}

impl From<Limit> for LimitEntry {
    fn from(l: Limit) -> Self {
        LimitEntry {
            mean: l.mean.into(),
            alpha: l.alpha,
            beta: l.beta,
            tau2: l.tau2,
            q_small: l.q_small,
            p_small: l.p_small,
            q_residual: l.q_residual,
            p_residual: l.p_residual,
            g2: l.g2,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct HenmiCopas {
    pub estimate: f64,
    pub se: f64,
    pub ci_lower: f64,
    pub ci_upper: f64,
    pub tau2: f64,
}

impl From<RobustMean> for HenmiCopas {
    fn from(m: RobustMean) -> Self {
        HenmiCopas {
            estimate: m.estimate,
            se: m.standard_error,
            ci_lower: m.ci_lower,
            ci_upper: m.ci_upper,
            tau2: m.tau2,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct FailSafeEntry {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub n: Option<u64>,
}

impl From<FailSafe> for FailSafeEntry {
    fn from(f: FailSafe) -> Self {
        FailSafeEntry {
            kind: f.kind.code(),
            n: f.n,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct ExcessEntry {
    pub observed: usize,
    pub expected: f64,
    pub p: f64,
}

impl From<Excess> for ExcessEntry {
    fn from(e: Excess) -> Self {
        ExcessEntry {
            observed: e.observed,
            expected: e.expected,
            p: e.p,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct WorstCaseEntry {
    pub estimate: Option<f64>,
    pub se: Option<f64>,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub tau2: Option<f64>,
    pub k_nonaffirmative: usize,
    pub k_affirmative: usize,
    pub s_value: Option<f64>,
    pub corrected: Vec<CorrectedEntry>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct CorrectedEntry {
    pub eta: f64,
    pub common: f64,
    pub random: f64,
}

impl From<WorstCase> for WorstCaseEntry {
    fn from(w: WorstCase) -> Self {
        let mean = w.mean.as_ref();
        WorstCaseEntry {
            estimate: mean.map(|m| m.estimate),
            se: mean.map(|m| m.standard_error),
            ci_lower: mean.map(|m| m.ci_lower),
            ci_upper: mean.map(|m| m.ci_upper),
            tau2: w.tau2,
            k_nonaffirmative: w.k_nonaffirmative,
            k_affirmative: w.k_affirmative,
            s_value: w.s_value,
            corrected: w
                .corrected
                .iter()
                .map(|c| CorrectedEntry {
                    eta: c.eta,
                    common: c.common,
                    random: c.random,
                })
                .collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct SelectionEntry {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub side: &'static str,
    /// Upper ends of the intervals.
    pub steps: Vec<f64>,
    /// Studies in each.
    pub counts: Vec<usize>,
    pub estimate: Option<f64>,
    pub se: Option<f64>,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub tau2: Option<f64>,
    pub se_tau2: Option<f64>,
    pub delta: Vec<f64>,
    pub se_delta: Vec<Option<f64>>,
    pub loglik: Option<f64>,
    pub lrt: Option<f64>,
    pub lrt_df: Option<usize>,
    pub p: Option<f64>,
    pub solution: SolutionEntry,
}

impl From<&Selection> for SelectionEntry {
    fn from(s: &Selection) -> Self {
        SelectionEntry {
            kind: s.function.code(),
            side: s.side.code(),
            steps: s.function.cuts().to_vec(),
            counts: s.counts.clone(),
            estimate: Some(s.mean.estimate),
            se: Some(s.mean.standard_error),
            ci_lower: Some(s.mean.ci_lower),
            ci_upper: Some(s.mean.ci_upper),
            tau2: Some(s.tau2),
            se_tau2: s.tau2_se,
            delta: s.delta.iter().map(|d| d.value).collect(),
            se_delta: s.delta.iter().map(|d| d.standard_error).collect(),
            loglik: Some(s.loglik),
            lrt: s.lrt,
            lrt_df: s.lrt.map(|_| s.lrt_df),
            p: s.lrt_p,
            solution: s.solution.into(),
        }
    }
}

impl SelectionEntry {
    /// A model that could not be fitted.
    pub fn absent(kind: &'static str, side: &'static str, steps: Vec<f64>) -> Self {
        SelectionEntry {
            kind,
            side,
            steps,
            counts: Vec::new(),
            estimate: None,
            se: None,
            ci_lower: None,
            ci_upper: None,
            tau2: None,
            se_tau2: None,
            delta: Vec::new(),
            se_delta: Vec::new(),
            loglik: None,
            lrt: None,
            lrt_df: None,
            p: None,
            solution: SolutionEntry {
                kind: "not_converged",
                iterations: 0,
            },
        }
    }
}

/// The Copas model: everything published, then ever stronger selection.
#[derive(Debug, Clone, Serialize)]
pub struct CopasEntry {
    pub unselected: CopasRow,
    /// The smallest study ever less likely to be published, the largest one nearly certain.
    pub line: Vec<CopasRow>,
    /// Less certain chances of the largest study too.
    pub grid: Vec<CopasRow>,
    /// Fewest unpublished studies that leave no trend; null when none is needed, or none is enough.
    pub enough: Option<CopasRow>,
}

/// The Copas model at one selection.
#[derive(Debug, Clone, Serialize)]
pub struct CopasRow {
    pub p_smallest: f64,
    pub p_largest: f64,
    pub gamma0: Option<f64>,
    pub gamma1: Option<f64>,
    #[serde(flatten)]
    pub mean: Mean,
    pub tau2: f64,
    pub rho: Option<f64>,
    pub loglik: f64,
    /// Test of a trend that stays.
    pub trend: f64,
    pub trend_p: f64,
    pub unpublished: f64,
    pub solution: SolutionEntry,
}

impl From<&CopasFit> for CopasRow {
    fn from(fit: &CopasFit) -> Self {
        CopasRow {
            p_smallest: fit.p_smallest,
            p_largest: fit.p_largest,
            gamma0: fit.gamma.map(|gamma| gamma[0]),
            gamma1: fit.gamma.map(|gamma| gamma[1]),
            mean: fit.mean.into(),
            tau2: fit.tau2,
            rho: fit.rho,
            loglik: fit.loglik,
            trend: fit.trace,
            trend_p: fit.trace_p,
            unpublished: fit.unpublished,
            solution: fit.solution.into(),
        }
    }
}

impl From<&Copas> for CopasEntry {
    fn from(copas: &Copas) -> Self {
        CopasEntry {
            unselected: (&copas.unselected).into(),
            line: copas.line.iter().map(Into::into).collect(),
            grid: copas.grid.iter().map(Into::into).collect(),
            enough: copas.enough.as_ref().map(Into::into),
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct PUniformEntry {
    pub estimate: f64,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub tau2: f64,
    pub tau2_lower: f64,
    pub tau2_upper: Option<f64>,
    pub no_effect: RatioEntry,
    pub homogeneity: RatioEntry,
    pub bias: RatioEntry,
    pub k_significant: usize,
    pub loglik: f64,
    pub solution: SolutionEntry,
}

/// A likelihood-ratio test.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RatioEntry {
    pub statistic: f64,
    pub p: f64,
}

impl From<RatioTest> for RatioEntry {
    fn from(test: RatioTest) -> Self {
        RatioEntry {
            statistic: test.statistic,
            p: test.p,
        }
    }
}

impl From<PUniform> for PUniformEntry {
    fn from(p: PUniform) -> Self {
        PUniformEntry {
            estimate: p.estimate,
            ci_lower: p.ci_lower,
            ci_upper: p.ci_upper,
            tau2: p.tau2,
            tau2_lower: p.tau2_lower,
            tau2_upper: p.tau2_upper,
            no_effect: p.no_effect.into(),
            homogeneity: p.homogeneity.into(),
            bias: p.bias.into(),
            k_significant: p.significant,
            loglik: p.loglik,
            solution: p.solution.into(),
        }
    }
}

/// Data of a contour-enhanced funnel plot.
#[derive(Debug, Clone, Serialize)]
pub struct Funnel {
    /// Effects of z standard errors have this two-sided p-value.
    pub contours: Vec<Contour>,
    pub studies: Vec<FunnelStudy>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Contour {
    pub p: f64,
    pub z: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct FunnelStudy {
    pub label: String,
    pub yi: Option<f64>,
    pub se: Option<f64>,
    /// Two-sided.
    pub p: Option<f64>,
}
