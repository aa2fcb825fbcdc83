//! The JSON of `onset pool`.

use super::chosen::Chosen;
use super::weights::WeightsEntry;
use crate::estimates::{Mean, SolutionEntry};
use crate::transform::Back;
use onset::models::pool::{Estimate, Fit, Pooled, Prediction, QTest, Share, Tau2Interval};
use onset::models::regress::{JointTest, LocationScale, Regression, Subgroups};
use serde::Serialize;

/// Everything `onset pool` answers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    pub k: usize,
    pub method: String,
    pub test: &'static str,
    pub level: f64,
    pub coefficients: Vec<Coefficient>,
    pub tau2: Option<f64>,
    pub se_tau2: Option<f64>,
    pub tau2_ci: Option<Tau2Interval>,
    pub i2: Option<f64>,
    pub h2: Option<f64>,
    pub r2: Option<f64>,
    pub q: Option<QTest>,
    pub q_moderators: Option<JointTest>,
    pub prediction: Option<PredictionEntry>,
    /// Variance of the studies' levels, in a mixed model with random ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma2: Option<f64>,
    /// Correlation of two people of one group, in a beta-binomial model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// Likelihood-ratio test of tau2 = 0, in a mixed model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau2_test: Option<QTest>,
    pub fit: Option<Fit>,
    pub solution: SolutionEntry,
    /// Intervals that the default rules set beside the one given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// Means that treat the spread between studies in other ways, beside a random-effects mean.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_means: Vec<OtherMean>,
    /// Coefficients of ln tau2 in a location-scale model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Vec<Coefficient>>,
    /// Test of the moderators of ln tau2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q_scale: Option<Option<JointTest>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subgroups: Option<SubgroupsEntry>,
    /// Tests that only two-by-two tables allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<TableTests>,
    /// What lies beyond `--threshold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Beyond>,
    /// Means at the moderators of each row, with `--predict-type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Vec<PredictedEntry>>,
    /// Of the mean or the coefficients, where they are not those of the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<WeightsEntry>,
    #[serde(flatten)]
    pub chosen: Chosen,
    pub studies: Vec<Study>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Coefficient {
    pub name: String,
    #[serde(flatten)]
    pub mean: Mean,
    /// On the scale people read; null where that is the analysis scale.
    pub transformed: Option<Transformed>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Transformed {
    pub estimate: Option<f64>,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PredictionEntry {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub lower: f64,
    pub upper: f64,
    pub df: Option<f64>,
    pub transformed: Option<TransformedRange>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct TransformedRange {
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// A mean with its own weights or its own interval.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OtherMean {
    /// ivhet | henmi_copas | profile_likelihood.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub estimate: f64,
    /// Null for the profile likelihood, which has none.
    pub se: Option<f64>,
    pub ci_lower: f64,
    pub ci_upper: f64,
    pub tau2: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    pub test: &'static str,
    #[serde(flatten)]
    pub interval: Coefficient,
}

#[derive(Debug, Clone, Serialize)]
pub struct SubgroupsEntry {
    pub column: String,
    pub common_tau2: bool,
    pub groups: Vec<SubgroupEntry>,
    pub between: Option<JointTest>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SubgroupEntry {
    pub level: String,
    pub k: usize,
    pub test: &'static str,
    #[serde(flatten)]
    pub mean: Mean,
    pub transformed: Option<Transformed>,
    pub tau2: f64,
    pub se_tau2: Option<f64>,
    pub i2: f64,
    pub h2: f64,
    pub q: QTest,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct TableTests {
    pub mantel_haenszel: Option<QTest>,
    pub breslow_day: Option<QTest>,
    pub tarone: Option<QTest>,
}

/// True effects beyond a threshold.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Beyond {
    pub threshold: f64,
    /// Probability that the true effect of a new study lies above it.
    pub prob_above: f64,
    pub prob_below: f64,
    /// Of the t distribution behind them.
    pub df: f64,
    /// Estimated share of true effects above it, with its interval.
    pub share_above: Share,
    pub share_below: Share,
}

/// The mean at the moderators of one row; nulls where it left the fit.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PredictedEntry {
    pub label: String,
    pub estimate: Option<f64>,
    pub se: Option<f64>,
    pub ci_lower: Option<f64>,
    pub ci_upper: Option<f64>,
    pub transformed: Option<Transformed>,
    pub prediction: Option<PredictionEntry>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Study {
    pub label: String,
    pub yi: Option<f64>,
    pub vi: Option<f64>,
    pub weight: Option<f64>,
    /// Its own tau2, in a location-scale model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau2: Option<f64>,
}

impl Transformed {
    /// The estimate on the scale people read; `None` where that is the analysis scale.
    pub fn of(e: &Estimate, back: Option<&Back>) -> Option<Self> {
        back.filter(|b| !b.is_identity()).map(|b| Transformed {
            estimate: b.apply(e.estimate),
            ci_lower: b.apply(e.ci_lower),
            ci_upper: b.apply(e.ci_upper),
        })
    }
}

impl Coefficient {
    /// A coefficient with its back-transform.
    pub fn new(name: &str, e: &Estimate, back: Option<&Back>) -> Self {
        Coefficient {
            name: name.to_owned(),
            mean: Mean::from(*e),
            transformed: Transformed::of(e, back),
        }
    }
}

impl PredictedEntry {
    /// A row that left the fit.
    pub fn absent(label: &str) -> Self {
        PredictedEntry {
            label: label.to_owned(),
            ..PredictedEntry::default()
        }
    }

    /// A row of the fit.
    pub fn new(label: &str, mean: &Estimate, prediction: Option<&Prediction>, back: &Back) -> Self {
        let c = Coefficient::new(label, mean, Some(back));
        PredictedEntry {
            label: c.name,
            estimate: Some(c.mean.estimate),
            se: Some(c.mean.se),
            ci_lower: Some(c.mean.ci_lower),
            ci_upper: Some(c.mean.ci_upper),
            transformed: c.transformed,
            prediction: prediction.map(|p| PredictionEntry::new(p, back)),
        }
    }
}

impl PredictionEntry {
    pub fn new(p: &Prediction, back: &Back) -> Self {
        let transformed = (!back.is_identity()).then(|| TransformedRange {
            lower: back.apply(p.lower),
            upper: back.apply(p.upper),
        });
        PredictionEntry {
            kind: p.kind.code(),
            lower: p.lower,
            upper: p.upper,
            df: p.df,
            transformed,
        }
    }
}

impl Answer {
    /// The answer of a pooled mean, without its studies.
    pub fn of_mean(pooled: &Pooled, code: &str, back: &Back) -> Self {
        let named = |e: &Estimate| Coefficient::new("intercept", e, Some(back));
        let beside = [("z", &pooled.wald), ("adhoc", &pooled.modified)];
        let beside = beside.into_iter().filter_map(|(test, e)| {
            e.as_ref().map(|e| Beside {
                test,
                interval: named(e),
            })
        });
        Answer {
            k: pooled.k,
            method: code.to_owned(),
            test: pooled.test.code(),
            level: pooled.level,
            coefficients: vec![named(&pooled.mean)],
            tau2: Some(pooled.tau2.value),
            se_tau2: pooled.tau2.standard_error,
            tau2_ci: pooled.tau2_interval,
            i2: Some(pooled.i2),
            h2: Some(pooled.h2),
            r2: None,
            q: Some(pooled.q),
            q_moderators: None,
            prediction: pooled.prediction.as_ref().map(|p| PredictionEntry::new(p, back)),
            sigma2: None,
            rho: None,
            tau2_test: None,
            fit: Some(pooled.fit),
            solution: pooled.tau2.solution.into(),
            beside: beside.collect(),
            other_means: Vec::new(),
            scale: None,
            q_scale: None,
            subgroups: None,
            tables: None,
            beyond: None,
            predicted: None,
            weights: None,
            chosen: Chosen::default(),
            studies: Vec::new(),
        }
    }

    /// The answer of a meta-regression, without its studies. A slope is transformed where the scale is
    /// a logarithm: it is then a ratio of ratios for one unit.
    pub fn of_regression(r: &Regression, code: &str, back: &Back) -> Self {
        let named = |c: &onset::models::regress::Coefficient| {
            let whole = c.name == "intercept" || back.is_exponential();
            Coefficient::new(&c.name, &c.estimate, whole.then_some(back))
        };
        Answer {
            k: r.k,
            method: code.to_owned(),
            test: r.test.code(),
            level: r.level,
            coefficients: r.coefficients.iter().map(named).collect(),
            tau2: Some(r.tau2.value),
            se_tau2: r.tau2.standard_error,
            tau2_ci: r.tau2_interval,
            i2: Some(r.i2),
            h2: Some(r.h2),
            r2: r.r2,
            q: Some(r.q),
            q_moderators: r.moderators,
            prediction: None,
            sigma2: None,
            rho: None,
            tau2_test: None,
            fit: Some(r.fit),
            solution: r.tau2.solution.into(),
            beside: Vec::new(),
            other_means: Vec::new(),
            scale: None,
            q_scale: None,
            subgroups: None,
            tables: None,
            beyond: None,
            predicted: None,
            weights: None,
            chosen: Chosen::default(),
            studies: Vec::new(),
        }
    }
}

impl Answer {
    /// The answer of a location-scale model, without its studies. tau2 stands beside each study.
    pub fn of_location_scale(m: &LocationScale, code: &str, t_quantiles: bool, back: &Back) -> Self {
        let named = |c: &onset::models::regress::Coefficient| {
            let whole = c.name == "intercept" || back.is_exponential();
            Coefficient::new(&c.name, &c.estimate, whole.then_some(back))
        };
        let of_tau2 = |c: &onset::models::regress::Coefficient| Coefficient::new(&c.name, &c.estimate, None);
        Answer {
            k: m.k,
            method: code.to_owned(),
            test: if t_quantiles { "t" } else { "z" },
            level: m.level,
            coefficients: m.location.iter().map(named).collect(),
            tau2: None,
            se_tau2: None,
            tau2_ci: None,
            i2: None,
            h2: None,
            r2: None,
            q: Some(m.q),
            q_moderators: m.moderators,
            prediction: None,
            sigma2: None,
            rho: None,
            tau2_test: None,
            fit: Some(m.fit),
            solution: m.solution.into(),
            beside: Vec::new(),
            other_means: Vec::new(),
            scale: Some(m.scale.iter().map(of_tau2).collect()),
            q_scale: Some(m.scale_moderators),
            subgroups: None,
            tables: None,
            beyond: None,
            predicted: None,
            weights: None,
            chosen: Chosen::default(),
            studies: Vec::new(),
        }
    }
}

impl SubgroupsEntry {
    /// The block of `column`.
    pub fn new(column: &str, common_tau2: bool, found: &Subgroups, back: &Back) -> Self {
        let groups = found.groups.iter().map(|g| SubgroupEntry {
            level: g.level.clone(),
            k: g.k,
            test: g.test.code(),
            mean: g.mean.into(),
            transformed: Transformed::of(&g.mean, Some(back)),
            tau2: g.tau2.value,
            se_tau2: g.tau2.standard_error,
            i2: g.i2,
            h2: g.h2,
            q: g.q,
        });
        SubgroupsEntry {
            column: column.to_owned(),
            common_tau2,
            groups: groups.collect(),
            between: found.between,
        }
    }
}
