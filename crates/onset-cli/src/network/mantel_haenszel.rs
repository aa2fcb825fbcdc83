//! `onset network --method MH`: odds ratios of rare events without continuity corrections.

use super::{Arguments, Streams, read, reference};
use crate::arguments::usage;
use crate::output::{Output, Sheet};
use onset::data::Diagnostic;
use onset::math::normal;
use onset::models::network::{MhNma, NetworkError, NetworkTest, SmallValues, mantel_haenszel_network};
use serde::Serialize;
use std::collections::BTreeMap;

type Grid = Vec<Vec<Option<f64>>>;

#[derive(Serialize)]
struct Q {
    value: f64,
    df: usize,
    p: Option<f64>,
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
    p: Option<f64>,
    proportion_direct: f64,
}

#[derive(Serialize)]
struct Design {
    treatments: Vec<String>,
    studies: Vec<String>,
}

/// What it prints: no random effects, no heterogeneity.
#[derive(Serialize)]
struct Answer {
    treatments: Vec<String>,
    reference: String,
    method: &'static str,
    measure: &'static str,
    k: usize,
    tau2: Option<f64>,
    q_between_designs: Q,
    te_common: Grid,
    sete_common: Grid,
    p_scores: Option<BTreeMap<String, f64>>,
    netsplit: Vec<Split>,
    designs: Vec<Design>,
}

/// Runs it.
///
/// # Errors
/// `usage` with flags that need another method; what is wrong with the rows.
pub fn run(
    arguments: &Arguments,
    small_values: SmallValues,
    refused: &dyn Fn(NetworkError) -> Diagnostic,
) -> Result<Output, Diagnostic> {
    let other = arguments
        .models
        .given()
        .or(arguments.bayes.bayes.then_some("--bayes"))
        .or((arguments.test != NetworkTest::Z).then_some("--test"))
        .or((arguments.rankogram > 0).then_some("--rankogram"))
        .or((arguments.contribution == Streams::Shortestpath).then_some("--contribution"))
        .or(arguments.figures.is_some().then_some("--figures"))
        .or(arguments.study_shares.then_some("--study-shares"));
    if let Some(flag) = other {
        return Err(usage(format!(
            "{flag} needs one of the methods with inverse variances, not MH"
        )));
    }
    let (arms, mut warnings) = read::count_arms(arguments)?;
    let run = mantel_haenszel_network(&arms, small_values).map_err(refused)?;
    warnings.extend(run.warnings);
    let nma = run.value;
    let reference = reference(&nma.treatments, arguments.reference.as_deref())?;
    let sheets = sheets(&nma, reference, arguments.level);
    let names = |list: &[usize]| list.iter().map(|&t| nma.treatments[t].clone()).collect();
    let answer = Answer {
        reference: nma.treatments[reference].clone(),
        method: "MH",
        measure: "OR",
        k: nma.k,
        tau2: None,
        q_between_designs: Q {
            value: nma.q.value,
            df: nma.q.df,
            p: nma.q.p,
        },
        te_common: nma.common.estimate.clone(),
        sete_common: nma.common.standard_error.clone(),
        p_scores: nma.p_scores.as_ref().map(|scores| {
            let named = nma.treatments.iter().cloned().zip(scores.iter().copied());
            named.collect()
        }),
        netsplit: nma
            .splits
            .iter()
            .map(|s| Split {
                comparison: [nma.treatments[s.a].clone(), nma.treatments[s.b].clone()],
                studies: s.studies,
                network: s.network,
                network_se: s.network_se,
                direct: s.direct,
                direct_se: s.direct_se,
                indirect: s.indirect,
                indirect_se: s.indirect_se,
                difference: s.difference,
                p: s.p,
                proportion_direct: s.proportion_direct,
            })
            .collect(),
        designs: nma
            .designs
            .iter()
            .map(|d| Design {
                treatments: names(&d.arms),
                studies: d.studies.clone(),
            })
            .collect(),
        treatments: nma.treatments.clone(),
    };
    Output::new(&answer, sheets, warnings)
}

fn sheets(nma: &MhNma, reference: usize, level: f64) -> Vec<Sheet> {
    let title = format!(
        "Against {}, Mantel-Haenszel, log odds ratio",
        nma.treatments[reference]
    );
    let mut effects = Sheet::new(
        &title,
        &["treatment", "estimate", "se", "lower", "upper", "p_score"],
    );
    let z = normal::upper_quantile((1.0 - level) / 2.0);
    for (i, treatment) in nma.treatments.iter().enumerate() {
        let (estimate, se) = (
            nma.common.estimate[i][reference],
            nma.common.standard_error[i][reference],
        );
        let limit = |side: f64| estimate.zip(se).map(|(e, se)| e + side * z * se);
        effects.push(vec![
            treatment.as_str().into(),
            estimate.into(),
            se.into(),
            limit(-1.0).into(),
            limit(1.0).into(),
            nma.p_scores.as_ref().map(|p| p[i]).into(),
        ]);
    }
    let mut designs = Sheet::new("Designs", &["treatments", "studies"]);
    for design in &nma.designs {
        let names: Vec<&str> = design.arms.iter().map(|&t| nma.treatments[t].as_str()).collect();
        designs.push(vec![names.join(" v ").into(), design.studies.len().into()]);
    }
    let mut fit = Sheet::new("Between designs", &["quantity", "value", "df", "p"]);
    fit.push(vec![
        "Q".into(),
        nma.q.value.into(),
        nma.q.df.into(),
        nma.q.p.into(),
    ]);
    vec![effects, fit, designs]
}
