//! The headline result with expectancy taken out: a line, its tipping points, and a menu of published sizes.

use super::{Adjusted, BeliefRow, LinePoint, PriorResult, Tipping, TrialBelief};
use crate::answers::{Interval, Pool, StudyResult};
use crate::fit;
use crate::index::Index;
use crate::protocol::{AssumedBelief, Blinding, ControlType};
use onset_effects::Effects;
use onset_models::blinding::{Belief, SlopePrior, expectancy_posterior, tipping_point, without_expectancy};
use onset_models::pool::Options;

/// Points of the line.
const POINTS: usize = 41;
/// Effects of belief are tried up to this many times the pooled effect.
const FURTHEST: f64 = 8.0;

pub(super) fn adjust(
    index: &Index<'_>,
    pool: &Pool,
    position: usize,
    declared: &Blinding,
    belief: &[BeliefRow],
) -> Result<Adjusted, String> {
    let raw = pool
        .analysis
        .ok_or("The headline result has no estimate to adjust.")?;
    let factor = points_per_smd(index, pool).ok_or(
        "Published sizes of expectancy are standardised, and this measure cannot be turned into them.",
    )?;
    let trials: Vec<TrialBelief> = pool
        .studies
        .iter()
        .map(|study| trial(index, study, declared, belief))
        .collect::<Result<_, _>>()?;
    let beliefs: Vec<Belief> = trials
        .iter()
        .map(|trial| Belief {
            difference: trial.difference,
            spread: trial.spread,
            observed: trial.observed,
        })
        .collect();
    let effects = Effects::new(
        pool.studies.iter().map(|study| study.effect).collect(),
        pool.studies.iter().map(|study| study.se * study.se).collect(),
        pool.studies.iter().map(|study| study.label.clone()).collect(),
    )
    .map_err(|error| error.to_string())?;
    let model = &index.protocol.model;
    let view = View {
        effects: &effects,
        beliefs: &beliefs,
        options: Options {
            tau2_interval: None,
            ..fit::options(model, effects.k())
        },
        sign: if pool.direction == "lower is better" {
            -1.0
        } else {
            1.0
        },
        raw: raw.value,
    };
    let tipping = view.tipping(pool)?;
    let mut priors = Vec::new();
    let mut reach = 0.0_f64;
    for expectancy in &declared.expectancy {
        let (mean, sd) = (expectancy.mean * factor, expectancy.sd * factor);
        reach = reach.max(mean + 2.0 * sd);
        let prior = SlopePrior::Normal {
            mean: view.sign * mean,
            sd,
        };
        let important = pool.important_difference;
        let found = expectancy_posterior(
            &effects,
            &beliefs,
            prior,
            declared.tau_scale * factor,
            important.unwrap_or(0.0),
            model.level,
        )
        .map_err(|error| error.to_string())?;
        priors.push(PriorResult {
            id: expectancy.id.clone(),
            label: expectancy.label.clone(),
            source: expectancy.source.clone(),
            prior_mean: mean,
            prior_sd: sd,
            estimate: Interval {
                value: found.mean,
                lower: found.lower,
                upper: found.upper,
            },
            beyond_important: important.map(|_| {
                if view.sign < 0.0 {
                    found.below_threshold
                } else {
                    1.0 - found.below_threshold
                }
            }),
            protocol: vec![format!("blinding.expectancy.{}", expectancy.id)],
        });
    }
    for tip in &tipping {
        reach = reach.max(tip.effect_of_belief.unwrap_or(0.0) * 1.1);
    }
    Ok(Adjusted {
        pool: format!("/size/by/{position}"),
        unit: if pool.unit.is_empty() {
            "on the log scale".to_owned()
        } else {
            pool.unit.clone()
        },
        raw,
        line: view.line(reach)?,
        trials,
        tipping,
        priors,
        protocol: vec!["blinding".to_owned(), "model.tau2".to_owned()],
    })
}

struct View<'a> {
    effects: &'a Effects,
    beliefs: &'a [Belief],
    options: Options,
    /// -1 where lower is better.
    sign: f64,
    raw: f64,
}

impl View<'_> {
    fn line(&self, reach: f64) -> Result<Vec<LinePoint>, String> {
        (0..POINTS)
            .map(|i| {
                let worth = reach * i as f64 / (POINTS - 1) as f64;
                let pooled = without_expectancy(self.effects, self.beliefs, self.sign * worth, &self.options)
                    .map_err(|error| error.to_string())?
                    .value;
                Ok(LinePoint {
                    effect_of_belief: worth,
                    estimate: Interval {
                        value: pooled.mean.estimate,
                        lower: pooled.mean.ci_lower,
                        upper: pooled.mean.ci_upper,
                    },
                })
            })
            .collect()
    }

    fn tipping(&self, pool: &Pool) -> Result<Vec<Tipping>, String> {
        let targets = [
            ("important difference", pool.important_difference),
            ("no difference", Some(0.0)),
        ];
        let mut found = Vec::new();
        for (target, value) in targets {
            let Some(value) = value else { continue };
            // only what the pooled effect is beyond can be tipped
            if self.sign * (self.raw - value) <= 0.0 {
                continue;
            }
            let furthest = self.sign * FURTHEST * self.raw.abs();
            let slope = tipping_point(self.effects, self.beliefs, value, furthest, &self.options)
                .map_err(|error| error.to_string())?;
            found.push(Tipping {
                target: target.to_owned(),
                value,
                effect_of_belief: slope.map(|slope| self.sign * slope),
            });
        }
        Ok(found)
    }
}

/// Units of the analysis scale in one SMD.
fn points_per_smd(index: &Index<'_>, pool: &Pool) -> Option<f64> {
    match pool.measure.as_str() {
        "SMD" | "SMDH" => Some(1.0),
        "MD" => Some(index.outcome(&pool.outcome)?.report_as.as_ref()?.reference_sd),
        "OR" => Some(std::f64::consts::PI / 3.0_f64.sqrt()),
        _ => None,
    }
}

/// Belief in one trial: its participants' guesses before what is assumed of its control.
fn trial(
    index: &Index<'_>,
    study: &StudyResult,
    declared: &Blinding,
    belief: &[BeliefRow],
) -> Result<TrialBelief, String> {
    let control = control_type(index, study)
        .ok_or_else(|| format!("{}: the kind of its control is not declared.", study.label))?;
    let observed = belief
        .iter()
        .filter(|row| row.study == study.id && row.rater.contains("participant"))
        .find_map(|row| Some((row, row.se?)));
    let name = serde_json::to_value(control)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned));
    let name = name.unwrap_or_default();
    let blank = TrialBelief {
        study: study.id.clone(),
        label: study.label.clone(),
        control_type: name.clone(),
        difference: 0.0,
        spread: 0.0,
        observed: false,
        source: String::new(),
        rows: study.rows.clone(),
        protocol: Vec::new(),
    };
    if let Some((row, se)) = observed {
        return Ok(TrialBelief {
            difference: row.difference,
            spread: se,
            observed: true,
            source: "guesses of its participants".to_owned(),
            rows: row.rows.clone(),
            ..blank
        });
    }
    let assumed: &AssumedBelief = declared
        .assumed
        .iter()
        .find(|assumed| assumed.id == control)
        .ok_or_else(|| {
            format!(
                "{}: no belief is assumed for controls of this kind ({name}).",
                study.label
            )
        })?;
    Ok(TrialBelief {
        difference: assumed.mean,
        spread: assumed.sd,
        source: assumed.source.clone(),
        protocol: vec![format!("blinding.assumed.{name}")],
        ..blank
    })
}

fn control_type(index: &Index<'_>, study: &StudyResult) -> Option<ControlType> {
    let data = index.studies.iter().find(|data| data.study.id == study.id)?;
    let arm = data
        .arms
        .iter()
        .find(|arm| study.control.arms.contains(&arm.id))?;
    index.treatments.get(arm.treatment.as_str())?.control_type
}
