//! Blocks beside the league: models that a flag asks for, as JSON and as sheets.

use super::models::{Class, Components, Shared};
use crate::output::{Cell, Sheet};
use onset::models::network::{
    ClassModel, ComponentModel, Funnel, League, NetworkRegression, QPart, SideSplit, Wald,
};
use onset::models::pool::Solution;
use serde::Serialize;

type Grid = Vec<Vec<Option<f64>>>;

#[derive(Serialize)]
struct Estimate {
    estimate: f64,
    se: f64,
    statistic: f64,
    p: f64,
    ci_lower: f64,
    ci_upper: f64,
}

impl From<Wald> for Estimate {
    fn from(w: Wald) -> Self {
        Estimate {
            estimate: w.estimate,
            se: w.standard_error,
            statistic: w.statistic,
            p: w.p,
            ci_lower: w.ci_lower,
            ci_upper: w.ci_upper,
        }
    }
}

/// An estimate with its name; the numbers are null where the studies say nothing on it.
#[derive(Serialize)]
struct Named {
    name: String,
    estimate: Option<f64>,
    se: Option<f64>,
    statistic: Option<f64>,
    p: Option<f64>,
    ci_lower: Option<f64>,
    ci_upper: Option<f64>,
}

fn named(name: &str, wald: Option<Wald>) -> Named {
    let w: Option<Estimate> = wald.map(Into::into);
    let w = w.as_ref();
    Named {
        name: name.to_owned(),
        estimate: w.map(|w| w.estimate),
        se: w.map(|w| w.se),
        statistic: w.map(|w| w.statistic),
        p: w.map(|w| w.p),
        ci_lower: w.map(|w| w.ci_lower),
        ci_upper: w.map(|w| w.ci_upper),
    }
}

impl Named {
    fn cells(&self) -> Vec<Cell> {
        vec![
            self.name.as_str().into(),
            self.estimate.into(),
            self.se.into(),
            self.ci_lower.into(),
            self.ci_upper.into(),
            self.p.into(),
        ]
    }
}

const HEADERS: [&str; 6] = ["name", "estimate", "se", "lower", "upper", "p"];

fn sheet(title: &str, rows: &[Named]) -> Sheet {
    let mut sheet = Sheet::new(title, &HEADERS);
    rows.iter().for_each(|row| sheet.push(row.cells()));
    sheet
}

#[derive(Serialize)]
struct Q {
    value: f64,
    df: usize,
    p: Option<f64>,
}

impl From<QPart> for Q {
    fn from(q: QPart) -> Self {
        Q {
            value: q.value,
            df: q.df,
            p: q.p,
        }
    }
}

/// One pair's direct and indirect evidence as parameters of one model.
#[derive(Serialize)]
pub struct Side {
    comparison: [String; 2],
    studies: usize,
    direct: f64,
    direct_se: f64,
    indirect: f64,
    indirect_se: f64,
    difference: f64,
    difference_se: f64,
    p: f64,
    tau2: f64,
    solution: Solution,
}

/// Splits by a model.
pub fn side(names: &[String], splits: &[SideSplit], sheets: &mut Vec<Sheet>) -> Vec<Side> {
    let mut sheet = Sheet::new(
        "Direct and indirect, by a model with both",
        &[
            "comparison",
            "studies",
            "direct",
            "indirect",
            "difference",
            "se",
            "p",
            "tau2",
        ],
    );
    let mut list = Vec::with_capacity(splits.len());
    for s in splits {
        sheet.push(vec![
            format!("{} v {}", names[s.a], names[s.b]).into(),
            s.studies.into(),
            s.direct.into(),
            s.indirect.into(),
            s.difference.into(),
            s.difference_se.into(),
            s.p.into(),
            s.tau2.into(),
        ]);
        list.push(Side {
            comparison: [names[s.a].clone(), names[s.b].clone()],
            studies: s.studies,
            direct: s.direct,
            direct_se: s.direct_se,
            indirect: s.indirect,
            indirect_se: s.indirect_se,
            difference: s.difference,
            difference_se: s.difference_se,
            p: s.p,
            tau2: s.tau2,
            solution: s.solution,
        });
    }
    sheets.push(sheet);
    list
}

/// A value of one covariate, or a list.
#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T: Clone> From<&[T]> for OneOrMore<T> {
    fn from(list: &[T]) -> Self {
        match list {
            [one] => OneOrMore::One(one.clone()),
            _ => OneOrMore::More(list.to_vec()),
        }
    }
}

/// Network meta-regression.
#[derive(Serialize)]
pub struct Regression {
    covariate: OneOrMore<String>,
    effect: &'static str,
    at: OneOrMore<f64>,
    coefficients: Vec<Named>,
    tau2: f64,
    /// Of exchangeable coefficients.
    #[serde(skip_serializing_if = "Option::is_none")]
    sigma2: Option<f64>,
    solution: Solution,
    q: Q,
    te_random: Grid,
    sete_random: Grid,
}

/// The regression's block.
pub fn regression(
    names: &[String],
    covariates: &[String],
    shared: Shared,
    fit: NetworkRegression,
    sheets: &mut Vec<Sheet>,
) -> Regression {
    let coefficients: Vec<Named> = fit
        .coefficients
        .iter()
        .map(|c| {
            let covariate = covariates.get(c.covariate).map_or("", String::as_str);
            match c.treatment {
                Some(t) => named(&format!("{covariate}:{}", names[t]), c.estimate),
                None => named(covariate, c.estimate),
            }
        })
        .collect();
    sheets.push(sheet("Covariate, per unit, against the reference", &coefficients));
    let League {
        estimate,
        standard_error,
    } = fit.league;
    Regression {
        covariate: covariates.into(),
        effect: shared.word(),
        sigma2: fit.sigma2,
        at: fit.at.as_slice().into(),
        coefficients,
        tau2: fit.tau2,
        solution: fit.solution,
        q: fit.q.into(),
        te_random: estimate,
        sete_random: standard_error,
    }
}

/// Additive components.
#[derive(Serialize)]
pub struct ComponentBlock {
    inactive: Option<String>,
    components: Vec<Named>,
    combinations: Vec<Named>,
    tau2: f64,
    solution: Solution,
    q: Q,
    q_standard: Q,
    q_difference: Q,
    te_random: Grid,
    sete_random: Grid,
}

/// The components' block.
pub fn components(
    names: &[String],
    options: &Components,
    fit: ComponentModel,
    sheets: &mut Vec<Sheet>,
) -> ComponentBlock {
    let components: Vec<Named> = fit
        .components
        .iter()
        .zip(&fit.effects)
        .map(|(name, wald)| named(name, *wald))
        .collect();
    let combinations: Vec<Named> = names
        .iter()
        .zip(&fit.combinations)
        .zip(&fit.parts)
        .filter(|(_, parts)| !parts.is_empty())
        .map(|((name, wald), _)| named(name, *wald))
        .collect();
    sheets.push(sheet("Components, additive", &components));
    sheets.push(sheet("Treatments as sums of components", &combinations));
    let mut cost = Sheet::new("Additivity", &["quantity", "value", "df", "p"]);
    for (name, q) in [
        ("Q additive", fit.q),
        ("Q standard", fit.q_standard),
        ("difference", fit.q_difference),
    ] {
        cost.push(vec![name.into(), q.value.into(), q.df.into(), q.p.into()]);
    }
    sheets.push(cost);
    ComponentBlock {
        inactive: options.inactive.clone(),
        components,
        combinations,
        tau2: fit.tau2,
        solution: fit.solution,
        q: fit.q.into(),
        q_standard: fit.q_standard.into(),
        q_difference: fit.q_difference.into(),
        te_random: fit.league.estimate,
        sete_random: fit.league.standard_error,
    }
}

#[derive(Serialize)]
struct OneClass {
    members: Vec<String>,
    #[serde(flatten)]
    effect: Named,
}

/// Class effects.
#[derive(Serialize)]
pub struct ClassBlock {
    effect: &'static str,
    classes: Vec<OneClass>,
    treatments: Vec<Named>,
    tau2: f64,
    sigma2: Option<f64>,
    loglik: Option<f64>,
}

/// The classes' block.
pub fn classes(names: &[String], effect: Class, fit: ClassModel, sheets: &mut Vec<Sheet>) -> ClassBlock {
    let treatments: Vec<Named> = names
        .iter()
        .zip(&fit.treatments)
        .filter(|(_, wald)| wald.is_some())
        .map(|(name, wald)| named(name, *wald))
        .collect();
    let list: Vec<Named> = fit
        .classes
        .iter()
        .map(|class| named(&class.name, Some(class.effect)))
        .collect();
    sheets.push(sheet("Classes against the reference", &list));
    sheets.push(sheet("Treatments given their classes", &treatments));
    let classes = list
        .into_iter()
        .zip(&fit.classes)
        .map(|(effect, class)| OneClass {
            members: class.members.iter().map(|&t| names[t].clone()).collect(),
            effect,
        })
        .collect();
    ClassBlock {
        effect: effect.word(),
        classes,
        treatments,
        tau2: fit.tau2,
        sigma2: fit.sigma2,
        loglik: fit.loglik,
    }
}

#[derive(Serialize)]
struct Point {
    study: String,
    comparison: [String; 2],
    yi: f64,
    se: f64,
    direct: f64,
    centred: f64,
}

#[derive(Serialize)]
struct Egger {
    statistic: f64,
    df: Option<f64>,
    p: f64,
}

/// Comparison-adjusted funnel.
#[derive(Serialize)]
pub struct FunnelBlock {
    order: Vec<String>,
    points: Vec<Point>,
    egger: Option<Egger>,
}

/// The funnel's block.
pub fn funnel(names: &[String], order: &[usize], funnel: Funnel, sheets: &mut Vec<Sheet>) -> FunnelBlock {
    let mut sheet = Sheet::new(
        "Comparison-adjusted funnel",
        &["study", "comparison", "effect", "se", "direct", "centred"],
    );
    for p in &funnel.points {
        sheet.push(vec![
            p.study.as_str().into(),
            format!("{} v {}", names[p.a], names[p.b]).into(),
            p.y.into(),
            p.se.into(),
            p.direct.into(),
            p.centred.into(),
        ]);
    }
    sheets.push(sheet);
    FunnelBlock {
        order: order.iter().map(|&t| names[t].clone()).collect(),
        egger: funnel.test.ok().map(|t| Egger {
            statistic: t.statistic,
            df: t.df,
            p: t.p,
        }),
        points: funnel
            .points
            .into_iter()
            .map(|p| Point {
                comparison: [names[p.a].clone(), names[p.b].clone()],
                study: p.study,
                yi: p.y,
                se: p.se,
                direct: p.direct,
                centred: p.centred,
            })
            .collect(),
    }
}
