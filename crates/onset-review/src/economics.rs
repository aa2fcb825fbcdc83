//! Compared with what, and at what price: cost per extra person with a good outcome, to the end of a window.
//!
//! # Formula
//! Extra cost: the sum of the declared differences, each N or gamma by its sign (gamma with the mean and the standard error of a
//! positive difference). Effect: the risk difference of the pool's absolute effects, drawn jointly with the control risk. Both are
//! independent draws with the review's seed; `onset_models::economics` turns them into a ratio, acceptability and EVPI.
//! Nothing is carried beyond the window: no relapse, no later cost.
//! # Source
//! Briggs, Claxton & Sculpher 2006, chapters 4 and 5.

mod model;

pub use model::{ArmTotal, ModelInput, ModelReport};
pub use onset_models::economics::AtWillingness;

use crate::absolute;
use crate::answers::{Interval, Pool};
use crate::fit::{self, Fit};
use crate::gather::Job;
use crate::index::Index;
use crate::protocol::{Course, Direction, Economics, Price};
use crate::size::{checked, gather, measure_of};
use crate::timecourse::TimeCourses;
use onset_data::RowId;
use onset_data::evidence::Evidence;
use onset_math::random::Stream;
use onset_models::economics::{Draws, assess};
use serde::Serialize;

/// Costs of courses of treatment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EconomicsReport {
    /// Absent where the protocol declares no prices.
    pub currency: Option<String>,
    pub perspective: Option<String>,
    pub courses: Vec<CourseCost>,
    /// Cost for a quality-adjusted life year.
    pub models: Vec<ModelReport>,
    /// Costs and results of models printed elsewhere, as they stand in `costs.csv`.
    pub printed: Vec<PrintedCost>,
    pub protocol: Vec<String>,
}

/// A cost printed elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PrintedCost {
    pub comparison: String,
    pub perspective: Option<String>,
    pub horizon: Option<String>,
    pub item: String,
    pub value: Option<f64>,
    pub value_text: Option<String>,
    pub unit: Option<String>,
    pub rows: Vec<RowId>,
}

/// One course.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct CourseCost {
    pub id: String,
    pub comparison_label: String,
    pub treatment_label: String,
    pub control_label: String,
    pub window_label: String,
    /// Extra cost a person.
    pub extra_cost: Interval,
    pub prices: Vec<Price>,
    pub outcomes: Vec<OutcomeCost>,
    /// Rows of the prices.
    pub rows: Vec<RowId>,
    pub protocol: Vec<String>,
}

/// One outcome of a course.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct OutcomeCost {
    pub outcome_label: String,
    /// JSON Pointer of the pool.
    pub pool: Option<String>,
    /// Extra people with the outcome, of one.
    pub effect: Option<Interval>,
    /// Currency for one extra person with the outcome.
    pub ratio: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Along the willingness to pay.
    pub at: Vec<AtWillingness>,
    /// The acceptability curve, from 0 to the largest declared willingness.
    pub curve: Vec<AtWillingness>,
    /// Why there is no ratio, or no interval of it.
    pub why_not: Option<String>,
    pub protocol: Vec<String>,
}

/// The report; `None` where the protocol declares no prices and none are printed.
pub(crate) fn report(
    index: &Index<'_>,
    evidence: &Evidence,
    pools: &[Pool],
    timecourses: Option<&TimeCourses>,
) -> Option<EconomicsReport> {
    let declared = index.protocol.economics.as_ref();
    if declared.is_none() && evidence.costs.is_empty() {
        return None;
    }
    let courses = declared.into_iter().flat_map(|declared| {
        let courses = declared.course.iter();
        courses.filter_map(|course| one(index, pools, declared, course))
    });
    let models = declared.into_iter().flat_map(|declared| {
        let models = declared.model.iter();
        models.filter_map(|model| model::model(index, pools, timecourses, declared, model))
    });
    Some(EconomicsReport {
        models: models.collect(),
        currency: declared.map(|d| d.currency.clone()),
        perspective: declared.map(|d| d.perspective.clone()),
        courses: courses.collect(),
        printed: evidence
            .costs
            .iter()
            .map(|cost| PrintedCost {
                comparison: cost.comparison.clone(),
                perspective: cost.perspective.clone(),
                horizon: cost.horizon.clone(),
                item: cost.item.clone(),
                value: cost.value,
                value_text: cost.value_text.clone(),
                unit: cost.unit.clone(),
                rows: vec![cost.row.clone()],
            })
            .collect(),
        protocol: declared.map(|_| "economics".to_owned()).into_iter().collect(),
    })
}

fn one(index: &Index<'_>, pools: &[Pool], declared: &Economics, course: &Course) -> Option<CourseCost> {
    let comparisons = &index.protocol.comparison;
    let comparison = comparisons.iter().find(|c| c.id == course.comparison)?;
    let window = index.window(&course.window)?;
    let key = format!("economics.course.{}", course.id);
    let draws = index.protocol.model.draws.max(1000);
    let stream = Stream::new(index.protocol.review.seed, absolute::stream_number(&key));
    let cost = costs(&course.price, draws, stream);
    let value = course.price.iter().map(|p| p.treatment - p.control).sum();
    let outcomes = course
        .outcomes
        .iter()
        .map(|id| {
            let mut found = OutcomeCost {
                outcome_label: index.outcome(id).map_or_else(|| id.clone(), |o| o.label.clone()),
                pool: None,
                effect: None,
                ratio: None,
                lower: None,
                upper: None,
                at: Vec::new(),
                curve: Vec::new(),
                why_not: None,
                protocol: vec![key.clone()],
            };
            if let Err(why) = outcome(&mut found, index, pools, declared, (course, id), &cost) {
                found.why_not = Some(why);
            }
            found
        })
        .collect();
    Some(CourseCost {
        id: course.id.clone(),
        comparison_label: comparison.label.clone(),
        treatment_label: comparison.treatment_label.clone(),
        control_label: comparison.control_label.clone(),
        window_label: window.label.clone(),
        extra_cost: absolute::interval(value, cost, index.protocol.model.level),
        prices: course.price.clone(),
        outcomes,
        rows: course
            .price
            .iter()
            .filter_map(|p| p.source.parse().ok())
            .collect(),
        protocol: vec![key],
    })
}

/// Draws of the extra cost a person.
fn costs(prices: &[Price], draws: u32, mut stream: Stream) -> Vec<f64> {
    (0..draws)
        .map(|_| {
            prices
                .iter()
                .map(|price| {
                    let (mean, se) = (price.treatment - price.control, price.standard_error);
                    if se <= 0.0 {
                        mean
                    } else if mean > 0.0 {
                        // gamma of shape (mean/se)^2: half a chi-squared of twice as many df, scaled
                        0.5 * stream.chi_squared(2.0 * (mean / se) * (mean / se)) * se * se / mean
                    } else {
                        mean + se * stream.normal()
                    }
                })
                .sum()
        })
        .collect()
}

/// A pool, gathered and fitted again.
struct Refitted<'a> {
    position: usize,
    job: Job<'a>,
    fit: Fit,
}

fn pooled<'a>(
    index: &Index<'a>,
    pools: &[Pool],
    comparison: &str,
    outcome: &str,
    window: &str,
) -> Result<Refitted<'a>, String> {
    let comparison = index.protocol.comparison.iter().find(|c| c.id == comparison);
    let (Some(comparison), Some(outcome), Some(window)) =
        (comparison, index.outcome(outcome), index.window(window))
    else {
        return Err("The protocol lacks the outcome.".to_owned());
    };
    let model = &index.protocol.model;
    let job = Job {
        comparison,
        outcome,
        window,
        measure: measure_of(model, outcome),
    };
    let id = format!("{}/{}/{}", comparison.id, outcome.id, window.id);
    let position = pools.iter().position(|pool| pool.id == id);
    let position = position.ok_or("The comparison has no pool of this outcome in this window.")?;
    let gathered = gather(index, job, model);
    if gathered.members.is_empty() {
        return Err("No trial of this comparison reports it in this window.".to_owned());
    }
    let effects = checked(&gathered.members)?;
    let fit = fit::fit(&effects, model)?.value;
    Ok(Refitted { position, job, fit })
}

/// Points of a drawn acceptability curve.
const CURVE: usize = 41;

/// The acceptability curve from 0 to the largest declared willingness.
fn curve(draws: &Draws, declared: &[f64], level: f64) -> Result<Vec<AtWillingness>, String> {
    let most = declared.iter().copied().fold(0.0, f64::max);
    let grid: Vec<f64> = (0..CURVE).map(|i| most * i as f64 / (CURVE - 1) as f64).collect();
    assess(draws, &grid, level)
        .map(|found| found.at)
        .map_err(|e| e.to_string())
}

fn outcome(
    found: &mut OutcomeCost,
    index: &Index<'_>,
    pools: &[Pool],
    declared: &Economics,
    (course, id): (&Course, &str),
    cost: &[f64],
) -> Result<(), String> {
    let refitted = pooled(index, pools, &course.comparison, id, &course.window)?;
    found.pool = Some(format!("/size/by/{}", refitted.position));
    let model = &index.protocol.model;
    let (job, fit) = (refitted.job, refitted.fit);
    let (difference, key) = absolute::differences(index, job, &fit)
        .ok_or("No control risk is declared, so that people cannot be counted.")?;
    let sign = match job.outcome.direction {
        Direction::Higher => 1.0,
        Direction::Lower => -1.0,
    };
    let effect: Vec<f64> = difference.draws.iter().map(|d| sign * d).collect();
    found.effect = Some(absolute::interval(
        sign * difference.value,
        effect.clone(),
        model.level,
    ));
    found
        .protocol
        .extend([key, "review.seed".to_owned(), "model.draws".to_owned()]);
    let draws = Draws {
        effect,
        cost: cost.to_vec(),
    };
    let assessed = assess(&draws, &declared.willingness, model.level).map_err(|e| e.to_string())?;
    let mean = cost.iter().sum::<f64>() / cost.len().max(1) as f64;
    let point = sign * difference.value;
    found.ratio = (point > 0.0).then(|| mean / point);
    (found.lower, found.upper) = assessed.interval.unzip();
    found.at = assessed.at;
    found.curve = curve(&draws, &declared.willingness, model.level)?;
    if found.ratio.is_none() {
        found.why_not =
            Some("The treatment is not better on this outcome: an extra person has no price.".to_owned());
    } else if found.lower.is_none() {
        found.why_not = Some(
            "The interval of the difference includes no difference: the price of an extra person has no upper end.".to_owned(),
        );
    }
    Ok(())
}
