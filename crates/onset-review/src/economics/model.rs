//! Cost for a quality-adjusted life year: a tree to the end of a window, then months, as far as the evidence reaches.
//!
//! # Formula
//! Each draw takes the risks of response and remission in both arms from the draws behind the pools' absolute effects (with
//! tau's share added where a new setting is asked for), utilities and monthly probabilities from beta distributions, costs from
//! gamma distributions, each by its mean and standard error; a value for both arms is drawn once. Where a draw remits more often
//! than it responds, remission is taken as response. `onset_models::economics::tree` runs both arms.
//! # Source
//! Briggs, Claxton & Sculpher 2006, chapters 2, 4 and 5; Fenwick, Claxton & Sculpher 2001, Health Econ 10:779.

use super::{costs, curve, pooled};
use crate::absolute::{self, Risks};
use crate::answers::{Interval, Pool};
use crate::index::Index;
use crate::phrase;
use crate::protocol::{CostModel, Economics, ModelArm, ModelState, Price};
use crate::timecourse::{TimeCourses, hours_in_words};
use onset_data::RowId;
use onset_math::random::Stream;
use onset_models::economics::{
    AtWillingness, Draws, Health, Plan, STATES, TreeArm, TreeTotal, assess, stay, tree,
};
use serde::Serialize;

/// Draws a model is run with: the first ones of the pools'.
const DRAWS: usize = 10_000;
/// A twelfth of a year of 365.25 days, in hours.
const MONTH_HOURS: f64 = 730.5;
/// A horizon that is this close to a whole month counts as that month.
const ROUNDING: f64 = 1e-9;

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ModelReport {
    pub id: String,
    pub comparison_label: String,
    pub treatment_label: String,
    pub control_label: String,
    pub window_label: String,
    /// Months that the protocol asks for, the window included.
    pub months_asked: u32,
    /// Hours to which two trials of the comparison speak.
    pub evidence_hours: Option<f64>,
    /// Months after the window that were run.
    pub months_run: usize,
    /// Why fewer months were run than asked for.
    pub limited: Option<String>,
    /// The named assumption behind months past the evidence.
    pub extrapolation: Option<String>,
    pub discount: f64,
    pub new_setting: bool,
    pub draws: usize,
    /// Share of arms and draws in which remission was held at response.
    pub capped: Option<f64>,
    pub inputs: Vec<ModelInput>,
    /// Treatment first.
    pub arms: Vec<ArmTotal>,
    pub extra_cost: Option<Interval>,
    pub extra_qaly: Option<Interval>,
    /// Currency for a quality-adjusted life year.
    pub ratio: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub at: Vec<AtWillingness>,
    /// The acceptability curve, from 0 to the largest declared willingness.
    pub curve: Vec<AtWillingness>,
    /// What the protocol does not hold and the model needs.
    pub missing: Vec<String>,
    pub why_not: Option<String>,
    pub rows: Vec<RowId>,
    pub protocol: Vec<String>,
}

/// An input, as declared.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ModelInput {
    pub label: String,
    pub value: f64,
    pub standard_error: f64,
    /// beta | gamma | fixed
    pub distribution: String,
    pub source: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowId>,
}

/// Means over draws.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ArmTotal {
    pub label: String,
    pub cost: f64,
    pub qaly: f64,
    /// Shares at the end of the window: remission, response, depressed, off, dead.
    pub start: [f64; STATES],
    /// Months in each of them after the window.
    pub months: [f64; STATES],
}

/// One model; `None` where its comparison or window is not in the protocol.
pub(super) fn model(
    index: &Index<'_>,
    pools: &[Pool],
    courses: Option<&TimeCourses>,
    declared: &Economics,
    model: &CostModel,
) -> Option<ModelReport> {
    let comparison = index
        .protocol
        .comparison
        .iter()
        .find(|c| c.id == model.comparison)?;
    let window = index.window(&model.window)?;
    let mut report = ModelReport {
        id: model.id.clone(),
        comparison_label: comparison.label.clone(),
        treatment_label: comparison.treatment_label.clone(),
        control_label: comparison.control_label.clone(),
        window_label: window.label.clone(),
        months_asked: model.months,
        evidence_hours: None,
        months_run: 0,
        limited: None,
        extrapolation: None,
        discount: model.discount,
        new_setting: model.new_setting,
        draws: 0,
        capped: None,
        inputs: inputs(model, &declared.currency),
        arms: Vec::new(),
        extra_cost: None,
        extra_qaly: None,
        ratio: None,
        lower: None,
        upper: None,
        at: Vec::new(),
        curve: Vec::new(),
        missing: Vec::new(),
        why_not: None,
        rows: Vec::new(),
        protocol: vec![format!("economics.model.{}", model.id)],
    };
    if let Err(why) = fill(&mut report, index, pools, courses, model) {
        report.why_not = Some(why);
    }
    Some(report)
}

fn fill(
    report: &mut ModelReport,
    index: &Index<'_>,
    pools: &[Pool],
    courses: Option<&TimeCourses>,
    model: &CostModel,
) -> Result<(), String> {
    let window = index
        .window(&model.window)
        .ok_or("The protocol lacks the window.")?;
    let end = window
        .target_hours
        .or(window.to_hours)
        .ok_or("The window has no hours, so that nobody can say how long the tree is.")?;
    let evidence = evidence(pools, courses, model).unwrap_or(end).max(end);
    report.evidence_hours = Some(evidence);
    limit(report, model, end, evidence);
    report.missing = missing(model, report.months_run);
    if !report.missing.is_empty() {
        return Err(
            "The model is not run: the protocol holds no value, with a source, for some of its inputs."
                .to_owned(),
        );
    }
    let mut risks = Vec::new();
    for id in [&model.response, &model.remission] {
        let found = pooled(index, pools, &model.comparison, id, &model.window)?;
        let (drawn, key) =
            absolute::risks(index, found.job, &found.fit, model.new_setting).ok_or_else(|| {
                format!(
                    "No control risk of {} is declared, so that people cannot be counted.",
                    found.job.outcome.id
                )
            })?;
        let pool = pools.get(found.position);
        report.rows.extend(
            pool.into_iter()
                .flat_map(|pool| &pool.studies)
                .flat_map(|study| study.rows.clone()),
        );
        report.protocol.push(key);
        risks.push(drawn);
    }
    report.rows.sort();
    report.rows.dedup();
    report
        .protocol
        .extend(["review.seed".to_owned(), "model.draws".to_owned()]);
    let [response, remission] = risks.as_slice() else {
        return Ok(());
    };
    run(report, index, model, end, response, remission)
}

/// The last hour to which two trials of the comparison speak: of the curve over time, or of response in a window.
fn evidence(pools: &[Pool], courses: Option<&TimeCourses>, model: &CostModel) -> Option<f64> {
    let curves = courses.into_iter().flat_map(|courses| &courses.courses);
    let horizons = curves
        .filter(|course| course.comparison == model.comparison)
        .flat_map(|course| course.horizon.iter().filter_map(|at| at.hours));
    let windows = pools
        .iter()
        .filter(|pool| pool.comparison == model.comparison && pool.outcome == model.response && pool.k >= 2)
        .filter_map(|pool| pool.target_hours.or(pool.to_hours));
    horizons.chain(windows).max_by(f64::total_cmp)
}

/// Months after the window, stopped at the evidence where no assumption carries them further.
fn limit(report: &mut ModelReport, model: &CostModel, end: f64, evidence: f64) {
    let after = |hours: f64| ((hours - end) / MONTH_HOURS + ROUNDING).floor().max(0.0) as usize;
    let asked = after(f64::from(model.months) * MONTH_HOURS + 0.5 * MONTH_HOURS);
    let known = after(evidence);
    report.months_run = asked;
    if asked <= known {
        return;
    }
    match &model.extrapolation {
        Some(named) => {
            report.extrapolation = Some(format!(
                "past {} by the assumption \"{}\": {}",
                hours_in_words(evidence),
                named.name,
                phrase::lower_first(&named.reason)
            ));
        }
        None => {
            report.months_run = known;
            let stops = if known == 0 {
                "at the end of the window".to_owned()
            } else {
                format!("{known} months after the window")
            };
            report.limited = Some(format!(
                "The protocol asks for {} months; two trials of this comparison speak up to {}, and no assumption beyond it \
                 is named: the model stops {stops}.",
                model.months,
                hours_in_words(evidence)
            ));
        }
    }
}

/// What the protocol does not hold and the model needs.
fn missing(model: &CostModel, months: usize) -> Vec<String> {
    let mut list = Vec::new();
    let mut needed = vec![ModelState::Remission, ModelState::Response, ModelState::Depressed];
    let goes_off = model.transition.iter().any(|t| t.to == ModelState::Off);
    if !model.off.is_empty() || (goes_off && months > 0) {
        needed.push(ModelState::Off);
    }
    for state in needed {
        if !model.utility.iter().any(|utility| utility.state == state) {
            list.push(format!("the utility of a year {}", in_words(state)));
        }
    }
    if model.price.is_empty() {
        list.push("the cost of the window".to_owned());
    }
    if months > 0 {
        for state in [ModelState::Remission, ModelState::Response] {
            for (treatment, arm) in [(true, "treatment"), (false, "control")] {
                let moves = |t: &&crate::protocol::Transition| t.from == state && t.arm.holds(treatment);
                if !model.transition.iter().any(|t| moves(&t)) {
                    list.push(format!(
                        "the monthly chance of leaving {} in the {arm} arm",
                        in_words(state)
                    ));
                }
            }
        }
        if model.cost.is_empty() {
            list.push("monthly costs after the window".to_owned());
        }
    }
    list
}

fn in_words(state: ModelState) -> &'static str {
    match state {
        ModelState::Remission => "in remission",
        ModelState::Response => "in response without remission",
        ModelState::Depressed => "without response",
        ModelState::Off => "off treatment",
        ModelState::Dead => "dead",
    }
}

fn arm_words(arm: ModelArm) -> &'static str {
    match arm {
        ModelArm::Both => "",
        ModelArm::Treatment => ", treatment arm",
        ModelArm::Control => ", control arm",
    }
}

/// Every declared input, in words.
fn inputs(model: &CostModel, currency: &str) -> Vec<ModelInput> {
    let input = |label: String, value: (f64, f64), distribution: &str, source: &str| ModelInput {
        label,
        value: value.0,
        standard_error: value.1,
        distribution: if value.1 > 0.0 { distribution } else { "fixed" }.to_owned(),
        source: source.to_owned(),
        rows: source.parse().ok().into_iter().collect(),
    };
    let price = |price: &Price| {
        let label = format!(
            "{}, to the end of the window, extra cost, {currency}",
            price.label
        );
        let value = (price.treatment - price.control, price.standard_error);
        input(label, value, "gamma", &price.source)
    };
    let mut list: Vec<ModelInput> = model.price.iter().map(price).collect();
    list.extend(model.utility.iter().map(|u| {
        let label = format!("Utility of a year {}", in_words(u.state));
        input(label, (u.value, u.standard_error), "beta", &u.source)
    }));
    list.extend(model.off.iter().map(|o| {
        let label = format!("Off treatment at the end of the window{}", arm_words(o.arm));
        input(label, (o.value, o.standard_error), "beta", &o.source)
    }));
    list.extend(model.transition.iter().map(|t| {
        let label = format!(
            "From {} to {}, a month{}",
            in_words(t.from),
            in_words(t.to),
            arm_words(t.arm)
        );
        input(label, (t.value, t.standard_error), "beta", &t.source)
    }));
    list.extend(model.cost.iter().map(|c| {
        let states: Vec<&str> = c.states.iter().map(|state| in_words(*state)).collect();
        let label = format!(
            "{}, a month {}, {currency}{}",
            c.label,
            states.join(" or "),
            arm_words(c.arm)
        );
        input(label, (c.value, c.standard_error), "gamma", &c.source)
    }));
    list
}

/// A draw by mean and standard error, between 0 and 1.
fn beta(stream: &mut Stream, mean: f64, se: f64) -> f64 {
    if se <= 0.0 || mean <= 0.0 || mean >= 1.0 {
        return mean;
    }
    let size = mean * (1.0 - mean) / (se * se) - 1.0;
    stream.beta(mean * size, (1.0 - mean) * size)
}

/// A draw by mean and standard error, above 0.
fn gamma(stream: &mut Stream, mean: f64, se: f64) -> f64 {
    if se <= 0.0 || mean <= 0.0 {
        return mean;
    }
    stream.gamma((mean / se) * (mean / se)) * se * se / mean
}

/// Adds a value to the arms for which it holds.
fn put(arms: &mut [TreeArm; 2], arm: ModelArm, mut set: impl FnMut(&mut TreeArm)) {
    for (one, treatment) in arms.iter_mut().zip([true, false]) {
        if arm.holds(treatment) {
            set(one);
        }
    }
}

/// Monthly transitions: those who are not moved stay; where a draw moves more than everybody, its probabilities are scaled.
fn complete(transition: &mut [f64; STATES * STATES]) {
    for (from, row) in transition.chunks_mut(STATES).enumerate() {
        if let Some(own) = row.get_mut(from) {
            *own = 0.0;
        }
        let leave: f64 = row.iter().sum();
        if leave > 1.0 {
            row.iter_mut().for_each(|p| *p /= leave);
        }
        let stays = (1.0 - leave).max(0.0);
        if let Some(own) = row.get_mut(from) {
            *own = stays;
        }
    }
}

fn run(
    report: &mut ModelReport,
    index: &Index<'_>,
    model: &CostModel,
    end: f64,
    response: &Risks,
    remission: &Risks,
) -> Result<(), String> {
    let n = response.control.len().min(remission.control.len()).min(DRAWS);
    let key = format!("economics.model.{}", model.id);
    let seed = index.protocol.review.seed;
    let mut stream = Stream::new(seed, absolute::stream_number(&key));
    let prices = Stream::new(seed, absolute::stream_number(&format!("{key}.price")));
    let window_cost = costs(&model.price, u32::try_from(n).unwrap_or(u32::MAX), prices);
    let mut plan = Plan {
        window_years: end / (12.0 * MONTH_HOURS),
        months: report.months_run,
        discount: model.discount,
        utility: [0.0; STATES],
    };
    let blank = TreeArm {
        remission: 0.0,
        response: 0.0,
        off: 0.0,
        window_cost: 0.0,
        transition: stay(),
        cost: [0.0; STATES],
    };
    let at = |values: &[f64], i: usize| values.get(i).copied().unwrap_or_default();
    let mut capped = 0_usize;
    let mut totals: Vec<[TreeTotal; 2]> = Vec::with_capacity(n);
    for i in 0..n {
        let mut arms = [blank.clone(), blank.clone()];
        for (arm, (resp, rem)) in arms.iter_mut().zip([
            (&response.treated, &remission.treated),
            (&response.control, &remission.control),
        ]) {
            (arm.response, arm.remission) = (at(resp, i), at(rem, i));
            if arm.remission > arm.response {
                arm.remission = arm.response;
                capped += 1;
            }
        }
        for utility in &model.utility {
            let value = beta(&mut stream, utility.value, utility.standard_error);
            if let Some(place) = plan.utility.get_mut(utility.state.health().place()) {
                *place = value;
            }
        }
        for off in &model.off {
            let value = beta(&mut stream, off.value, off.standard_error);
            put(&mut arms, off.arm, |arm| arm.off = value);
        }
        for transition in &model.transition {
            let value = beta(&mut stream, transition.value, transition.standard_error);
            let place = transition.from.health().place() * STATES + transition.to.health().place();
            put(&mut arms, transition.arm, |arm| {
                if let Some(p) = arm.transition.get_mut(place) {
                    *p += value;
                }
            });
        }
        for cost in &model.cost {
            let value = gamma(&mut stream, cost.value, cost.standard_error);
            put(&mut arms, cost.arm, |arm| {
                for state in &cost.states {
                    if let Some(c) = arm.cost.get_mut(state.health().place()) {
                        *c += value;
                    }
                }
            });
        }
        for arm in &mut arms {
            complete(&mut arm.transition);
        }
        let [treated, control] = &mut arms;
        treated.window_cost = at(&window_cost, i);
        let total = |arm: &TreeArm| tree(&plan, arm).map_err(|e| e.to_string());
        totals.push([total(treated)?, total(control)?]);
    }
    tell(report, index, model, &totals)?;
    report.draws = n;
    report.capped = Some(capped as f64 / (2 * n).max(1) as f64);
    Ok(())
}

fn tell(
    report: &mut ModelReport,
    index: &Index<'_>,
    model: &CostModel,
    totals: &[[TreeTotal; 2]],
) -> Result<(), String> {
    let n = totals.len().max(1) as f64;
    let labels = [report.treatment_label.clone(), report.control_label.clone()];
    report.arms = labels
        .into_iter()
        .enumerate()
        .map(|(which, label)| {
            let mut arm = ArmTotal {
                label,
                cost: 0.0,
                qaly: 0.0,
                start: [0.0; STATES],
                months: [0.0; STATES],
            };
            for total in totals.iter().filter_map(|pair| pair.get(which)) {
                arm.cost += total.cost / n;
                arm.qaly += total.qaly / n;
                for state in Health::ALL.map(Health::place) {
                    arm.start[state] += total.start[state] / n;
                    arm.months[state] += total.months[state] / n;
                }
            }
            arm
        })
        .collect();
    let differences =
        |of: fn(&TreeTotal) -> f64| totals.iter().map(|[t, c]| of(t) - of(c)).collect::<Vec<f64>>();
    let draws = Draws {
        effect: differences(|t| t.qaly),
        cost: differences(|t| t.cost),
    };
    let level = index.protocol.model.level;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    report.extra_cost = Some(absolute::interval(mean(&draws.cost), draws.cost.clone(), level));
    report.extra_qaly = Some(absolute::interval(
        mean(&draws.effect),
        draws.effect.clone(),
        level,
    ));
    let found = assess(&draws, &model.willingness, level).map_err(|e| e.to_string())?;
    report.ratio = found.ratio;
    (report.lower, report.upper) = found.interval.unzip();
    report.at = found.at;
    report.curve = curve(&draws, &model.willingness, level)?;
    if report.ratio.is_none() {
        report.why_not = Some(
            "The treatment gains no quality-adjusted life year on average: one has no price.".to_owned(),
        );
    } else if report.lower.is_none() {
        report.why_not = Some(
            "The interval of the gain includes none: the price of a quality-adjusted life year has no upper end.".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_declared_mean_and_standard_error() {
        let mut stream = Stream::new(1, 2);
        let n = 40_000;
        for (mean, se, draw) in [
            (0.3, 0.05, beta as fn(&mut Stream, f64, f64) -> f64),
            (0.8, 0.02, beta),
            (1200.0, 300.0, gamma),
        ] {
            let all: Vec<f64> = (0..n).map(|_| draw(&mut stream, mean, se)).collect();
            let found = all.iter().sum::<f64>() / f64::from(n);
            let sd = (all.iter().map(|x| (x - found).powi(2)).sum::<f64>() / f64::from(n)).sqrt();
            // five standard errors of a mean; a standard deviation to three per cent
            assert!((found - mean).abs() < 5.0 * se / f64::from(n).sqrt(), "{found}");
            assert!((sd / se - 1.0).abs() < 0.03, "{sd}");
        }
        assert_eq!(beta(&mut stream, 0.4, 0.0), 0.4);
    }

    #[test]
    fn those_who_are_not_moved_stay() {
        let mut rows = stay();
        rows[2] = 0.25;
        complete(&mut rows);
        assert_eq!(rows[..STATES], [0.75, 0.0, 0.25, 0.0, 0.0]);
        rows[1] = 0.75;
        rows[2] = 0.75;
        complete(&mut rows);
        assert_eq!(rows[..STATES], [0.0, 0.5, 0.5, 0.0, 0.0]);
    }
}
