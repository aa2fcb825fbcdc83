//! The analysed network as JSON and as sheets.

use super::models::Blocks;
use crate::output::Sheet;
use onset::models::network::{
    Contribution, NetworkIntervals, NetworkMethod, NetworkTest, Nma, QPart, Rankogram,
};
use serde::Serialize;
use std::collections::BTreeMap;

type Grid = Vec<Vec<Option<f64>>>;

/// What `onset network` prints.
#[derive(Serialize)]
pub struct Answer {
    treatments: Vec<String>,
    reference: String,
    method: &'static str,
    k: usize,
    m: usize,
    tau2: f64,
    i2: f64,
    solution: onset::models::pool::Solution,
    q: Q,
    te_random: Grid,
    sete_random: Grid,
    te_common: Grid,
    sete_common: Grid,
    p_scores: Option<BTreeMap<String, f64>>,
    netsplit: Vec<Split>,
    design_by_treatment: Option<Design>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contribution: Option<Option<Shares>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contribution_random: Option<Option<Shares>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rankogram: Option<BTreeMap<String, Ranks>>,
    prediction: Option<Prediction>,
    intervals: Option<Intervals>,
    #[serde(flatten)]
    blocks: Blocks,
    /// The posterior, with `--bayes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bayes: Option<super::bayes::Bayes>,
    /// Names of the files in the folder of figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Vec<String>>,
}

/// What was asked for, beside the models.
pub struct Asked {
    pub reference: usize,
    pub method: NetworkMethod,
    pub test: NetworkTest,
    pub level: f64,
    pub study_shares: bool,
}

#[derive(Serialize)]
struct Intervals {
    test: &'static str,
    level: f64,
    df: Option<usize>,
    scale: f64,
    lower: Grid,
    upper: Grid,
}

#[derive(Serialize)]
struct Part {
    value: f64,
    df: usize,
    p: Option<f64>,
}

impl From<QPart> for Part {
    fn from(part: QPart) -> Self {
        Part {
            value: part.value,
            df: part.df,
            p: part.p,
        }
    }
}

#[derive(Serialize)]
struct Q {
    #[serde(flatten)]
    total: Part,
    heterogeneity: Part,
    inconsistency: Part,
}

#[derive(Serialize)]
struct Split {
    comparison: [String; 2],
    studies: usize,
    network: f64,
    network_se: f64,
    direct: Option<f64>,
    direct_se: Option<f64>,
    indirect: Option<f64>,
    indirect_se: Option<f64>,
    difference: Option<f64>,
    difference_se: Option<f64>,
    p: Option<f64>,
    proportion_direct: f64,
}

#[derive(Serialize)]
struct Design {
    value: f64,
    df: usize,
    p: f64,
    tau2_within: f64,
}

#[derive(Serialize)]
struct Shares {
    rows: Vec<String>,
    columns: Vec<String>,
    values: Vec<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    studies: Option<StudyShares>,
}

/// Shares of studies in the same rows.
#[derive(Serialize)]
struct StudyShares {
    names: Vec<String>,
    values: Vec<Vec<f64>>,
}

impl From<&Contribution> for StudyShares {
    fn from(c: &Contribution) -> Self {
        let (names, values) = c.by_study();
        StudyShares {
            names: names.into_iter().map(str::to_owned).collect(),
            values,
        }
    }
}

#[derive(Serialize)]
struct Ranks {
    probabilities: Vec<f64>,
    sucra: f64,
}

#[derive(Serialize)]
struct Prediction {
    df: usize,
    lower: Grid,
    upper: Grid,
}

/// The JSON.
pub fn answer(
    nma: &Nma,
    asked: &Asked,
    contributions: &[Option<Contribution>],
    ranks: Option<Rankogram>,
    limits: Option<NetworkIntervals>,
    blocks: Blocks,
) -> Answer {
    let name = |i: usize| nma.treatments[i].clone();
    let pair = |&(a, b): &(usize, usize)| format!("{}:{}", nma.treatments[a], nma.treatments[b]);
    let shares = |i: usize| {
        contributions.get(i).map(|found| {
            found.as_ref().map(|c| Shares {
                rows: c.rows.iter().map(pair).collect(),
                columns: c.columns.iter().map(pair).collect(),
                values: c.values.clone(),
                studies: asked.study_shares.then(|| c.into()),
            })
        })
    };
    let netsplit = nma
        .splits
        .iter()
        .map(|s| Split {
            comparison: [name(s.a), name(s.b)],
            studies: s.studies,
            network: s.network,
            network_se: s.network_se,
            direct: s.direct,
            direct_se: s.direct_se,
            indirect: s.indirect,
            indirect_se: s.indirect_se,
            difference: s.difference,
            difference_se: s.difference_se,
            p: s.p,
            proportion_direct: s.proportion_direct,
        })
        .collect();
    Answer {
        treatments: nma.treatments.clone(),
        reference: name(asked.reference),
        method: asked.method.code(),
        k: nma.k,
        m: nma.m,
        tau2: nma.tau2,
        i2: nma.i2,
        solution: nma.solution,
        q: Q {
            total: nma.q.total.into(),
            heterogeneity: nma.q.heterogeneity.into(),
            inconsistency: nma.q.inconsistency.into(),
        },
        te_random: nma.random.estimate.clone(),
        sete_random: nma.random.standard_error.clone(),
        te_common: nma.common.estimate.clone(),
        sete_common: nma.common.standard_error.clone(),
        p_scores: nma.p_scores.as_ref().map(|scores| {
            nma.treatments
                .iter()
                .cloned()
                .zip(scores.iter().copied())
                .collect()
        }),
        netsplit,
        design_by_treatment: nma.design_by_treatment.map(|d| Design {
            value: d.value,
            df: d.df,
            p: d.p,
            tau2_within: d.tau2_within,
        }),
        contribution: shares(0),
        contribution_random: shares(1),
        rankogram: ranks.map(|r| {
            let of = |i: usize| Ranks {
                probabilities: r.probability[i].clone(),
                sucra: r.sucra[i],
            };
            (0..nma.treatments.len()).map(|i| (name(i), of(i))).collect()
        }),
        prediction: nma.prediction.as_ref().map(|p| Prediction {
            df: p.df,
            lower: p.lower.clone(),
            upper: p.upper.clone(),
        }),
        intervals: limits.map(|l| Intervals {
            test: asked.test.code(),
            level: asked.level,
            df: l.df,
            scale: l.scale,
            lower: l.lower,
            upper: l.upper,
        }),
        blocks,
        bayes: None,
        figures: None,
    }
}

/// Sheets: the reference's comparisons first.
pub fn sheets(nma: &Nma, reference: usize, limits: Option<&NetworkIntervals>) -> Vec<Sheet> {
    let title = format!("Against {}, random effects", nma.treatments[reference]);
    let mut effects = Sheet::new(
        &title,
        &["treatment", "estimate", "se", "lower", "upper", "p_score"],
    );
    for (i, treatment) in nma.treatments.iter().enumerate() {
        let (estimate, se) = (
            nma.random.estimate[i][reference],
            nma.random.standard_error[i][reference],
        );
        effects.push(vec![
            treatment.as_str().into(),
            estimate.into(),
            se.into(),
            limits.and_then(|l| l.lower[i][reference]).into(),
            limits.and_then(|l| l.upper[i][reference]).into(),
            nma.p_scores.as_ref().map(|p| p[i]).into(),
        ]);
    }
    let mut fit = Sheet::new(
        "Heterogeneity and inconsistency",
        &["quantity", "value", "df", "p"],
    );
    fit.push(vec![
        "tau2".into(),
        nma.tau2.into(),
        None::<f64>.into(),
        None::<f64>.into(),
    ]);
    fit.push(vec![
        "I2 (%)".into(),
        nma.i2.into(),
        None::<f64>.into(),
        None::<f64>.into(),
    ]);
    for (name, part) in [
        ("Q", nma.q.total),
        ("Q within designs", nma.q.heterogeneity),
        ("Q between designs", nma.q.inconsistency),
    ] {
        fit.push(vec![
            name.into(),
            part.value.into(),
            part.df.into(),
            part.p.into(),
        ]);
    }
    if let Some(d) = nma.design_by_treatment {
        fit.push(vec![
            "design by treatment".into(),
            d.value.into(),
            d.df.into(),
            d.p.into(),
        ]);
    }
    let mut split = Sheet::new(
        "Direct and indirect",
        &[
            "comparison",
            "studies",
            "network",
            "direct",
            "indirect",
            "difference",
            "p",
            "proportion_direct",
        ],
    );
    for s in nma.splits.iter().filter(|s| s.direct.is_some()) {
        split.push(vec![
            format!("{} v {}", nma.treatments[s.a], nma.treatments[s.b]).into(),
            s.studies.into(),
            s.network.into(),
            s.direct.into(),
            s.indirect.into(),
            s.difference.into(),
            s.p.into(),
            s.proportion_direct.into(),
        ]);
    }
    vec![effects, fit, split]
}
