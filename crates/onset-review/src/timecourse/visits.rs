//! Every visit of every trial of a comparison: rows to differences between randomised arms.

use super::{TrialCourse, VisitAt};
use crate::answers::{Interval, LeftOut};
use crate::gather::{Found, Job, StudyEffect, study_effect};
use crate::index::{Index, StudyData};
use crate::protocol::{
    Comparison, EffectMeasure, EvidenceKind, Model, MultiArm, Outcome, Timecourse, Window,
};
use onset_data::RowId;
use onset_data::evidence::Timing;
use onset_math::normal;
use onset_models::timecourse::TimeVisit;
use std::collections::BTreeMap;

/// Names of the two sides in the models.
pub(super) const TREATMENT: &str = "treatment";
pub(super) const CONTROL: &str = "control";

/// Arms' means agree with the pooled variance to this, relative: closed form.
const SAME: f64 = 1e-9;

/// What the trials say over time.
pub(super) struct Visits {
    pub trials: Vec<TrialCourse>,
    pub arms: Vec<TimeVisit>,
    pub left_out: Vec<LeftOut>,
    pub measure: EffectMeasure,
}

/// The visits of a comparison up to the last hour that is used.
pub(super) fn visits(
    index: &Index<'_>,
    course: &Timecourse,
    comparison: &Comparison,
    outcome: &Outcome,
) -> Visits {
    let measure = crate::size::measure_of(&index.protocol.model, outcome);
    let model = Model {
        multi_arm: MultiArm::Combine,
        ..index.protocol.model.clone()
    };
    let last = course.to_hours.unwrap_or_else(|| last_acute(index, comparison));
    let mut out = Visits {
        trials: Vec::new(),
        arms: Vec::new(),
        left_out: Vec::new(),
        measure,
    };
    for data in &index.studies {
        let mut refused: BTreeMap<String, (Vec<String>, Vec<RowId>)> = BTreeMap::new();
        let mut trial = TrialCourse {
            id: data.study.id.clone(),
            label: data.study.label.clone(),
            visits: Vec::new(),
            rows: Vec::new(),
        };
        for hours in times(data, outcome, last) {
            let window = at(hours);
            let job = Job {
                comparison,
                outcome,
                window: &window,
                measure,
            };
            match study_effect(index, data, job, &model) {
                Found::Nothing => {}
                Found::LeftOut { reason, rows } => {
                    let entry = refused.entry(reason).or_default();
                    entry.0.push(super::hours_in_words(hours));
                    entry.1.extend(rows);
                }
                Found::Effects(effects) => {
                    for effect in effects.into_iter().take(1) {
                        trial.rows.extend(effect.rows.iter().cloned());
                        let (visit, arms) = visit(&trial.id, hours, &effect, model.level, measure);
                        trial.visits.push(visit);
                        out.arms.extend(arms);
                    }
                }
            }
        }
        for (reason, (times, rows)) in refused {
            out.left_out.push(LeftOut {
                study: data.study.id.clone(),
                label: data.study.label.clone(),
                reason: format!("{reason} ({})", times.join(", ")),
                rows,
            });
        }
        if !trial.visits.is_empty() {
            out.trials.push(trial);
        }
    }
    out
}

/// End of the last acute window of the comparison.
fn last_acute(index: &Index<'_>, comparison: &Comparison) -> f64 {
    let mine = index
        .protocol
        .window
        .iter()
        .filter(|w| w.evidence == EvidenceKind::Acute && comparison.windows.contains(&w.id));
    mine.filter_map(|w| w.to_hours).fold(0.0, f64::max)
}

/// A window that holds one hour of the clock.
fn at(hours: f64) -> Window {
    Window {
        id: "visit".to_owned(),
        label: super::hours_in_words(hours),
        from_hours: Some(hours),
        to_hours: Some(hours),
        target_hours: Some(hours),
        evidence: EvidenceKind::Acute,
    }
}

/// Hours after baseline at which a study prints anything on the outcome, in order.
fn times(data: &StudyData<'_>, outcome: &Outcome, last: f64) -> Vec<f64> {
    let observations = data
        .observations
        .iter()
        .filter(|o| o.outcome == outcome.id && o.timing == Timing::Hours)
        .filter_map(|o| o.time_hours);
    let contrasts = data
        .contrasts
        .iter()
        .filter(|c| c.outcome == outcome.id && c.timing == Timing::Hours)
        .filter_map(|c| c.time_hours);
    let mut times: Vec<f64> = observations
        .chain(contrasts)
        .filter(|&t| t > 0.0 && t <= last)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// A visit, and its two arms for the model. Where only a difference is printed (or pairs are), each side carries half
/// of its variance: with a free mean at each visit the fit is the same.
fn visit(
    study: &str,
    hours: f64,
    effect: &StudyEffect,
    level: f64,
    measure: EffectMeasure,
) -> (VisitAt, [TimeVisit; 2]) {
    let se = effect.v.sqrt();
    let z = normal::quantile(0.5 * (1.0 + level));
    let arms = (measure == EffectMeasure::MD)
        .then(|| from_arms(effect))
        .flatten();
    let from = if arms.is_some() { "arms" } else { "contrast" };
    let half = effect.people as f64 / 2.0;
    let share = se / std::f64::consts::SQRT_2;
    let ((mean, one, n), (control, other, m)) = arms.unwrap_or(((effect.y, share, half), (0.0, share, half)));
    let arm = |name: &str, mean: f64, se: f64, n: f64| TimeVisit {
        study: study.to_owned(),
        arm: name.to_owned(),
        treatment: name.to_owned(),
        time: hours,
        mean,
        se,
        n: (n > 0.0).then_some(n),
        dose: None,
    };
    let visit = VisitAt {
        hours,
        effect: Interval {
            value: effect.y,
            lower: effect.y - z * se,
            upper: effect.y + z * se,
        },
        se,
        people: effect.people,
        fitted: None,
        standardised: None,
        from: from.to_owned(),
        rows: effect.rows.clone(),
    };
    (
        visit,
        [arm(TREATMENT, mean, one, n), arm(CONTROL, control, other, m)],
    )
}

type ArmMean = (f64, f64, f64);

/// Mean, standard error and people of both sides, where they alone make the effect.
fn from_arms(effect: &StudyEffect) -> Option<(ArmMean, ArmMean)> {
    let side = |side: &crate::answers::Side| {
        let n = side.n? as f64;
        Some((side.mean?, side.sd? / n.sqrt(), n))
    };
    let (a, b) = (side(&effect.treatment)?, side(&effect.control)?);
    let (y, v) = (a.0 - b.0, a.1 * a.1 + b.1 * b.1);
    let same = |x: f64, y: f64| (x - y).abs() <= SAME * (1.0 + x.abs());
    (same(y, effect.y) && same(v, effect.v)).then_some((a, b))
}
