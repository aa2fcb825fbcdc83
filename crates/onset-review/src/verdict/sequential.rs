//! Trial sequential analysis as a second view: monitored z against boundaries, and how much information is needed.

use crate::answers::Pool;
use crate::fit;
use crate::index::Index;
use crate::protocol::VerdictRules;
use onset_effects::Effects;
use onset_models::pool::{self, Options, Test};
use onset_models::sequential::{
    Sides, diversity, futility, obrien_fleming_spending, required_for_difference, upper_boundaries,
};
use serde::Serialize;

/// A look that may spend less than this has no boundary: it could not be reached.
const LEAST_SPENT: f64 = 1e-12;

/// The looks of a pool, one after each trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Sequential {
    /// Two-sided.
    pub alpha: f64,
    pub power: f64,
    /// D^2 of the whole pool.
    pub diversity: f64,
    /// People needed in all trials together.
    pub required: f64,
    /// People so far.
    pub people: u64,
    pub looks: Vec<Look>,
    /// Boundary of the planned look at the people needed, where it is still to come.
    pub planned: Option<f64>,
    /// Label of the trial after which z first passed its boundary.
    pub crossed: Option<String>,
    /// Label of the trial after which z first fell below the line of futility.
    pub futile: Option<String>,
}

/// After one trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Look {
    pub study: String,
    pub label: String,
    pub people: u64,
    /// Share of the information needed.
    pub fraction: f64,
    /// Positive towards benefit.
    pub z: f64,
    /// Absent where the look comes too early to pass any.
    pub boundary: Option<f64>,
    pub futility: Option<f64>,
}

/// The view; `None` where people are not counted or a boundary is not found.
///
/// # Formula
/// Required people 4 (z_(1-alpha/2) + z_power)^2 sd^2/delta^2/(1 - D^2), Lan-DeMets spending of the O'Brien-Fleming kind on both
/// sides, looks at people so far over people required, z of the random-effects mean with its Wald error.
/// # Source
/// Wetterslev et al. 2009, BMC Med Res Methodol 9:86; Lan & DeMets 1983. Cochrane advises against it for main conclusions
/// (Handbook chapter 22).
pub(super) fn view(
    index: &Index<'_>,
    rules: &VerdictRules,
    pool: &Pool,
    order: &[usize],
    threshold: f64,
    sd: f64,
) -> Option<Sequential> {
    if order.len() < 2 {
        return None;
    }
    let studies: Vec<_> = order.iter().filter_map(|&i| pool.studies.get(i)).collect();
    let effects = Effects::new(
        studies.iter().map(|s| s.effect).collect(),
        studies.iter().map(|s| s.se * s.se).collect(),
        studies.iter().map(|s| s.label.clone()).collect(),
    )
    .ok()?;
    let random = Options {
        test: Some(Test::Z),
        ..fit::options(&index.protocol.model, effects.k())
    };
    let common = Options {
        test: Some(Test::Z),
        ..Options::common()
    };
    let variance = |options: &Options| {
        let fitted = pool::pool(&effects, options).ok()?.value;
        Some(fitted.mean.standard_error * fitted.mean.standard_error)
    };
    let diversity = diversity(variance(&random)?, variance(&common)?);
    let required = required_for_difference(threshold, sd, rules.alpha, 1.0 - rules.power, diversity).ok()?;
    let parts = pool::cumulative(&effects, &random).ok()?;
    let mut looks = Vec::with_capacity(studies.len());
    let mut people = 0;
    for (study, part) in studies.iter().zip(&parts) {
        people += study.treatment.n? + study.control.n?;
        looks.push(Look {
            study: study.id.clone(),
            label: study.label.clone(),
            people,
            fraction: people as f64 / required,
            z: threshold.signum() * part.mean.estimate / part.mean.standard_error,
            boundary: None,
            futility: None,
        });
    }
    let planned = bound(&mut looks, rules)?;
    let passed = |look: &&Look| look.boundary.is_some_and(|b| look.z.abs() >= b);
    let below = |look: &&Look| look.futility.is_some_and(|f| look.z.abs() < f);
    let crossed = looks.iter().find(passed).map(|look| look.label.clone());
    let futile = looks.iter().find(below).map(|look| look.label.clone());
    Some(Sequential {
        alpha: rules.alpha,
        power: rules.power,
        diversity,
        required,
        people,
        crossed,
        futile,
        looks,
        planned,
    })
}

/// Boundaries of the looks up to the information needed; the last one, if still to come, is planned at 1.
fn bound(looks: &mut [Look], rules: &VerdictRules) -> Option<Option<f64>> {
    let side = 0.5 * rules.alpha;
    let mut timing: Vec<f64> = Vec::new();
    let mut at: Vec<usize> = Vec::new();
    for (i, look) in looks.iter().enumerate() {
        let t = look.fraction.min(1.0);
        let rises = timing.last().is_none_or(|&last| t > last);
        if rises && obrien_fleming_spending(side, t) > LEAST_SPENT {
            timing.push(t);
            at.push(i);
        }
    }
    if timing.last().is_none_or(|&last| last < 1.0) {
        timing.push(1.0);
    }
    let boundaries = upper_boundaries(&timing, side, Sides::Two).ok()?;
    let futile = futility(&boundaries, 1.0 - rules.power).ok();
    for (n, &i) in at.iter().enumerate() {
        let look = looks.get_mut(i)?;
        look.boundary = boundaries.upper.get(n).copied();
        let line = futile.as_ref().and_then(|line| line.get(n)).copied();
        look.futility = line.filter(|line| *line > 0.0);
    }
    Some(boundaries.upper.get(at.len()).copied())
}
