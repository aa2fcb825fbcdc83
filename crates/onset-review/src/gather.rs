//! From the rows of one study to one effect: which rows, which conversions, or why not.

use crate::answers::Side;
use crate::convert::{self, Applied, Group, Ledger};
use crate::effect;
use crate::index::{Index, RowKey, StudyData, population_wanted};
use crate::protocol::{
    Comparison, ContrastUse, Conversion, CrossoverUse, EffectMeasure, EvidenceKind, Model, MultiArm, Outcome,
    OutcomeKind, Window,
};
use onset_data::RowId;
use onset_data::evidence::{Arm, Contrast, Design, Observation, Period, Statistic, Timing};
use onset_effects::Effect;

/// One pool to be filled.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub comparison: &'a Comparison,
    pub outcome: &'a Outcome,
    pub window: &'a Window,
    pub measure: EffectMeasure,
}

/// One study's effect, with everything a reader may ask about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StudyEffect {
    pub y: f64,
    pub v: f64,
    pub treatment: Side,
    pub control: Side,
    /// People behind it, a crossover's counted once.
    pub people: u64,
    pub time_hours: Option<f64>,
    pub scale: Option<String>,
    pub statistic: &'static str,
    pub basis: String,
    pub applied: Vec<Applied>,
    pub rows: Vec<RowId>,
}

/// What a study gives to a pool.
pub(crate) enum Found {
    /// It has nothing to do with it.
    Nothing,
    /// It has rows here, but they give no effect.
    LeftOut { reason: String, rows: Vec<RowId> },
    /// Its effects: one, or several where arms are split.
    Effects(Vec<StudyEffect>),
}

/// The rows of one study that speak about one pool.
struct Candidates<'a> {
    treatment: Vec<&'a Arm>,
    control: Vec<&'a Arm>,
    observations: Vec<&'a Observation>,
    contrasts: Vec<&'a Contrast>,
}

/// A set of rows that belong together: same scale, time, statistic, row set and period.
struct RowSet<'a> {
    treatment: Vec<&'a Observation>,
    control: Vec<&'a Observation>,
    rank: (usize, usize, u64, usize, usize),
}

/// One study's effect in one pool.
pub(crate) fn study_effect(index: &Index<'_>, data: &StudyData<'_>, job: Job<'_>, model: &Model) -> Found {
    let (candidates, excluded) = candidates(index, data, job);
    let Some(candidates) = candidates else {
        return Found::Nothing;
    };
    if candidates.observations.is_empty() && candidates.contrasts.is_empty() {
        return match excluded.first() {
            Some((_, reason)) => Found::LeftOut {
                reason: format!("excluded by the protocol: {reason}"),
                rows: excluded.into_iter().map(|(row, _)| row).collect(),
            },
            None => Found::Nothing,
        };
    }
    if let Some(reason) = wrong_design(data.study.design, job.window.evidence) {
        return Found::LeftOut {
            reason: reason.to_owned(),
            rows: rows_of(&candidates),
        };
    }
    let by_arms = || from_arms(data, &candidates, job, model);
    let by_contrast = || from_contrasts(data, &candidates, job, model);
    let contrast_first = model.contrasts == ContrastUse::Prefer
        || (data.study.design == Design::Crossover
            && candidates.contrasts.iter().any(|c| c.paired == Some(true)));
    let first = if contrast_first { by_contrast() } else { by_arms() };
    let result = first.or_else(|reason| {
        let second = if contrast_first { by_arms() } else { by_contrast() };
        second.map_err(|other| better_reason(reason, other))
    });
    match result {
        Ok(effects) => Found::Effects(effects),
        Err(reason) => Found::LeftOut {
            reason: reason.unwrap_or_else(|| "prints no usable number here".to_owned()),
            rows: rows_of(&candidates),
        },
    }
}

/// `None` stands for "no rows of that kind": the other route's reason is the one worth telling.
type Attempt = Result<Vec<StudyEffect>, Option<String>>;

fn better_reason(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => Some(format!("{first}; {second}")),
        (first, second) => first.or(second),
    }
}

fn rows_of(candidates: &Candidates<'_>) -> Vec<RowId> {
    let observations = candidates.observations.iter().map(|o| o.row.clone());
    observations
        .chain(candidates.contrasts.iter().map(|c| c.row.clone()))
        .collect()
}

fn wrong_design(design: Design, evidence: EvidenceKind) -> Option<&'static str> {
    match (design, evidence) {
        (Design::NotRandomised, _) => Some("is not randomised"),
        (Design::Uncontrolled, _) => Some("has no comparison group"),
        (Design::Pooled, _) => Some("pools patients of trials that are counted elsewhere"),
        (Design::RandomisedWithdrawal, EvidenceKind::Withdrawal) => None,
        (Design::RandomisedWithdrawal, _) => {
            Some("randomised responders to stop or go on: another question than the acute effect")
        }
        _ => None,
    }
}

pub(crate) fn in_window(window: &Window, timing: Timing, time_hours: Option<f64>) -> bool {
    match window.evidence {
        EvidenceKind::CourseEnd => timing == Timing::CourseEnd,
        _ => {
            timing == Timing::Hours
                && match (time_hours, window.from_hours, window.to_hours) {
                    (Some(time), Some(from), Some(to)) => time >= from && time <= to,
                    _ => false,
                }
        }
    }
}

type Excluded = Vec<(RowId, String)>;

fn candidates<'a>(
    index: &Index<'_>,
    data: &StudyData<'a>,
    job: Job<'_>,
) -> (Option<Candidates<'a>>, Excluded) {
    let side = |nodes: &[String]| -> Vec<&'a Arm> {
        data.arms
            .iter()
            .copied()
            .filter(|arm| nodes.contains(&arm.treatment))
            .collect()
    };
    let (treatment, control) = (side(&job.comparison.treatment), side(&job.comparison.control));
    if treatment.is_empty() || control.is_empty() || !population_wanted(job.comparison, data.study) {
        return (None, Vec::new());
    }
    let ours = |id: &str| treatment.iter().chain(&control).any(|arm| arm.id == id);
    let mut excluded = Vec::new();
    let mut keep = |row: &RowId, arms: [&str; 2]| {
        let key = RowKey {
            row,
            study: &data.study.id,
            arms,
            outcome: &job.outcome.id,
        };
        match index.excluded(&key, &job.comparison.id) {
            Some(exclude) => {
                excluded.push((row.clone(), exclude.reason.clone()));
                false
            }
            None => true,
        }
    };
    let observations: Vec<&'a Observation> = data
        .observations
        .iter()
        .copied()
        .filter(|o| {
            o.outcome == job.outcome.id
                && o.statistic != Statistic::Baseline
                && ours(&o.arm_id)
                && in_window(job.window, o.timing, o.time_hours)
                && keep(&o.row, [&o.arm_id, &o.arm_id])
        })
        .collect();
    let contrasts: Vec<&'a Contrast> = data
        .contrasts
        .iter()
        .copied()
        .filter(|c| {
            c.outcome == job.outcome.id
                && ours(&c.arm1)
                && ours(&c.arm2)
                && in_window(job.window, c.timing, c.time_hours)
                && keep(&c.row, [&c.arm1, &c.arm2])
        })
        .collect();
    (
        Some(Candidates {
            treatment,
            control,
            observations,
            contrasts,
        }),
        excluded,
    )
}

/// How far a visit lies from the window's target; ties go to the earlier.
fn distance(window: &Window, time_hours: Option<f64>) -> u64 {
    match (window.target_hours, time_hours) {
        (Some(target), Some(time)) => {
            let later = u64::from(time > target);
            ((time - target).abs() * 1e6) as u64 * 2 + later
        }
        _ => 0,
    }
}

/// Place of a scale in the protocol's preference, or why it cannot be used.
fn scale_rank(job: Job<'_>, scale: Option<&str>) -> Result<usize, String> {
    let scales = &job.outcome.scales;
    if job.outcome.kind == OutcomeKind::Binary || scales.is_empty() {
        return Ok(0);
    }
    let written = scale.unwrap_or("no scale");
    let listed = scales.iter().position(|s| Some(s.id.as_str()) == scale);
    match (listed, job.measure) {
        (Some(0), _) => Ok(0),
        (Some(_), EffectMeasure::MD) | (None, EffectMeasure::MD) => Err(format!(
            "is on {written}; mean differences are pooled in {} points only",
            scales[0].id
        )),
        (Some(place), _) => Ok(place),
        (None, _) => Err(format!("is on {written}, which the protocol does not list")),
    }
}

fn set_rank(model: &Model, set: Option<&str>) -> Result<usize, String> {
    match set {
        None => Ok(0),
        Some(set) => model
            .sets
            .iter()
            .position(|s| s == set)
            .ok_or_else(|| format!("rests on the row set \"{set}\", which the protocol does not list")),
    }
}

fn period_rank(model: &Model, period: Option<Period>) -> usize {
    match (model.crossover.r#use, period) {
        (_, None) => 0,
        (CrossoverUse::FirstPeriod, Some(Period::First)) | (CrossoverUse::Paired, Some(Period::Both)) => 0,
        _ => 1,
    }
}

fn statistic_rank(job: Job<'_>, model: &Model, statistic: Statistic) -> Result<usize, String> {
    match (job.outcome.kind, statistic) {
        (OutcomeKind::Binary, Statistic::Count) => Ok(0),
        (OutcomeKind::Binary, _) | (OutcomeKind::Continuous, Statistic::Count) => {
            Err("is of another kind than the outcome".to_owned())
        }
        (_, Statistic::LsmeanChange) => Ok(2),
        (_, statistic) => {
            let preferred = (statistic == Statistic::Change) == model.prefer_change;
            if !preferred && job.measure != EffectMeasure::MD {
                let (has, wants) = if model.prefer_change {
                    ("endpoint", "change")
                } else {
                    ("change", "endpoint")
                };
                return Err(format!(
                    "prints {has} scores; this pool of standardised differences holds {wants} scores, and \
                     the two are never mixed"
                ));
            }
            Ok(usize::from(!preferred))
        }
    }
}

/// Scale, period, distance to the window, set, statistic: the smallest is preferred.
type Rank = (usize, usize, u64, usize, usize);

fn row_sets<'a>(
    candidates: &Candidates<'a>,
    job: Job<'_>,
    model: &Model,
) -> (Vec<RowSet<'a>>, Option<String>) {
    let mut reason = None;
    let mut keyed: Vec<(Vec<&Observation>, Rank)> = Vec::new();
    for &row in &candidates.observations {
        let rank = scale_rank(job, row.scale.as_deref()).and_then(|scale| {
            let set = set_rank(model, row.set.as_deref())?;
            let statistic = statistic_rank(job, model, row.statistic)?;
            Ok((
                scale,
                period_rank(model, row.period),
                distance(job.window, row.time_hours),
                set,
                statistic,
            ))
        });
        match rank {
            Err(why) => reason = Some(why),
            Ok(rank) => {
                let same = keyed.iter_mut().find(|(rows, other)| {
                    *other == rank && rows.first().is_some_and(|first| together(first, row))
                });
                match same {
                    Some((rows, _)) => rows.push(row),
                    None => keyed.push((vec![row], rank)),
                }
            }
        }
    }
    keyed.sort_by_key(|(_, rank)| *rank);
    let is_in = |arms: &[&Arm], row: &Observation| arms.iter().any(|arm| arm.id == row.arm_id);
    let mut sets = Vec::new();
    for (rows, rank) in keyed {
        let treatment: Vec<_> = rows
            .iter()
            .copied()
            .filter(|row| is_in(&candidates.treatment, row))
            .collect();
        let control: Vec<_> = rows
            .iter()
            .copied()
            .filter(|row| is_in(&candidates.control, row))
            .collect();
        if treatment.is_empty() || control.is_empty() {
            let side = if treatment.is_empty() {
                "treatment"
            } else {
                "control"
            };
            reason = reason.or_else(|| Some(format!("prints no {side} arm at this time")));
        } else {
            sets.push(RowSet {
                treatment,
                control,
                rank,
            });
        }
    }
    (sets, reason)
}

/// Whether two rows describe the same visit on the same scale and set.
fn together(a: &Observation, b: &Observation) -> bool {
    a.scale == b.scale
        && a.time_hours == b.time_hours
        && a.statistic == b.statistic
        && a.set == b.set
        && a.period == b.period
}

fn from_arms(data: &StudyData<'_>, candidates: &Candidates<'_>, job: Job<'_>, model: &Model) -> Attempt {
    let (sets, mut reason) = row_sets(candidates, job, model);
    for set in &sets {
        debug_assert!(set.rank.0 < usize::MAX);
        let outcome =
            if model.multi_arm == MultiArm::Split && set.treatment.len() > 1 && set.control.len() == 1 {
                split(data, set, job, model)
            } else {
                one_effect(data, &set.treatment, &set.control, 1.0, job, model).map(|effect| vec![effect])
            };
        match outcome {
            Ok(effects) => return Ok(effects),
            Err(why) => reason = reason.or(Some(why)),
        }
    }
    Err(reason)
}

/// One effect an arm, with the shared control divided among them (Handbook 23.3.4).
fn split(
    data: &StudyData<'_>,
    set: &RowSet<'_>,
    job: Job<'_>,
    model: &Model,
) -> Result<Vec<StudyEffect>, String> {
    let parts = set.treatment.len() as f64;
    set.treatment
        .iter()
        .map(|&row| one_effect(data, &[row], &set.control, parts, job, model))
        .collect()
}

fn one_effect(
    data: &StudyData<'_>,
    treatment: &[&Observation],
    control: &[&Observation],
    control_parts: f64,
    job: Job<'_>,
    model: &Model,
) -> Result<StudyEffect, String> {
    let mut ledger = Ledger::new(model);
    let rows: Vec<RowId> = treatment.iter().chain(control).map(|o| o.row.clone()).collect();
    let first = treatment[0];
    let both = data.study.design == Design::Crossover && first.period != Some(Period::First);
    if treatment.len() > 1 || control.len() > 1 {
        let arms = treatment
            .iter()
            .chain(control)
            .map(|o| o.arm_id.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        ledger.apply(Conversion::CombineArms, format!("arms {arms}"), rows.clone())?;
    }
    if control_parts > 1.0 {
        let detail = format!("control arm divided by {control_parts}");
        ledger.apply(Conversion::SplitControl, detail, rows.clone())?;
    }
    let (effect, sides) = match job.outcome.kind {
        OutcomeKind::Continuous => {
            continuous(treatment, control, control_parts, both, job, model, &mut ledger)?
        }
        OutcomeKind::Binary => binary(treatment, control, control_parts, both, job, model, &mut ledger)?,
    };
    // a control divided among arms is counted once over all of them
    let shared = (sides.1 as f64 / control_parts).floor() as u64;
    let people = if both {
        sides.0.min(sides.1)
    } else {
        sides.0 + shared
    };
    let (treatment, control) = (side(data, treatment, &sides.2), side(data, control, &sides.3));
    let control = Side {
        n: Some(shared),
        ..control
    };
    Ok(StudyEffect {
        y: effect.y,
        v: effect.v,
        treatment,
        control,
        people,
        time_hours: first.time_hours,
        scale: first.scale.clone(),
        statistic: statistic_name(first.statistic),
        basis: basis(first, both),
        applied: ledger.applied,
        rows,
    })
}

fn statistic_name(statistic: Statistic) -> &'static str {
    Statistic::TABLE
        .iter()
        .find(|(_, s)| *s == statistic)
        .map_or("", |(name, _)| name)
}

fn basis(row: &Observation, both: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(row.scale.clone());
    parts.push(statistic_name(row.statistic).to_owned());
    parts.extend(row.set.as_ref().map(|set| format!("{set} set")));
    if both {
        parts.push("crossover, both periods".to_owned());
    } else if row.period == Some(Period::First) {
        parts.push("crossover, first period".to_owned());
    }
    parts.join(", ")
}

/// What was read on one side: means or events.
enum Content {
    Means(Group),
    Events(u64),
}

/// People and content of both sides.
type Sides = (u64, u64, Content, Content);

fn continuous(
    treatment: &[&Observation],
    control: &[&Observation],
    control_parts: f64,
    both: bool,
    job: Job<'_>,
    model: &Model,
    ledger: &mut Ledger<'_>,
) -> Result<(Effect, Sides), String> {
    let mut read = |rows: &[&Observation]| -> Result<Group, String> {
        let groups: Result<Vec<Group>, String> = rows
            .iter()
            .map(|row| convert::group(row, model.level, ledger))
            .collect();
        convert::combine(&groups?)
    };
    let (a, b) = (read(treatment)?, read(control)?);
    let effect = if both {
        let rho = model.crossover.correlation;
        let rows = treatment.iter().chain(control).map(|o| o.row.clone()).collect();
        ledger.apply(
            Conversion::CrossoverPaired,
            format!("paired, correlation {rho}"),
            rows,
        )?;
        effect::paired_means(job.measure, &a, &b, rho)?
    } else {
        effect::two_means(job.measure, &a, &b, control_parts)?
    };
    Ok((effect, (a.n, b.n, Content::Means(a), Content::Means(b))))
}

fn binary(
    treatment: &[&Observation],
    control: &[&Observation],
    control_parts: f64,
    both: bool,
    job: Job<'_>,
    model: &Model,
    ledger: &mut Ledger<'_>,
) -> Result<(Effect, Sides), String> {
    let mut read = |rows: &[&Observation]| -> Result<(u64, u64), String> {
        let mut sum = (0, 0);
        for row in rows {
            let (events, n) = convert::events(row, ledger)?;
            sum = (sum.0 + events, sum.1 + n);
        }
        Ok(sum)
    };
    let ((a, n1), (c, n2)) = (read(treatment)?, read(control)?);
    let rows: Vec<RowId> = treatment.iter().chain(control).map(|o| o.row.clone()).collect();
    let ratio = matches!(job.measure, EffectMeasure::OR | EffectMeasure::RR);
    if ratio && a + c == 0 || ratio && a == n1 && c == n2 {
        return Err("has no event in either arm, or only events: it says nothing about a ratio".to_owned());
    }
    let empty = a == 0 || c == 0 || a == n1 || c == n2;
    if empty && job.measure != EffectMeasure::AS {
        ledger.apply(Conversion::ZeroCell, format!("{a}/{n1} v {c}/{n2}"), rows.clone())?;
    }
    let effect = if both {
        let rho = model.crossover.binary_correlation;
        ledger.apply(Conversion::CrossoverBinary, format!("correlation {rho}"), rows)?;
        effect::paired_events(job.measure, a, c, n1.min(n2), rho)?
    } else {
        effect::two_by_two(job.measure, (a, n1), (c, n2), control_parts)?
    };
    Ok((effect, (n1, n2, Content::Events(a), Content::Events(c))))
}

fn side(data: &StudyData<'_>, rows: &[&Observation], content: &Content) -> Side {
    let arms: Vec<&Arm> = rows
        .iter()
        .filter_map(|row| data.arms.iter().copied().find(|arm| arm.id == row.arm_id))
        .collect();
    let n: u64 = rows.iter().filter_map(|row| row.n).sum();
    let (mean, sd, events) = match content {
        Content::Means(group) => (Some(group.mean), Some(group.sd), None),
        Content::Events(events) => (None, None, Some(*events)),
    };
    Side {
        n: Some(n),
        mean,
        sd,
        events,
        ..named_side(&arms)
    }
}

fn named_side(arms: &[&Arm]) -> Side {
    let mut names: Vec<&str> = Vec::new();
    for arm in arms {
        let name = arm.label.as_deref().unwrap_or(&arm.treatment);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let randomised: Option<Vec<u64>> = arms.iter().map(|arm| arm.n_randomised).collect();
    Side {
        label: names.join(" + "),
        arms: arms.iter().map(|arm| arm.id.clone()).collect(),
        n: None,
        mean: None,
        sd: None,
        events: None,
        n_randomised: randomised.map(|all| all.iter().sum()),
    }
}

/// A printed contrast turned to treatment minus control, on the analysis scale.
struct Turned<'a> {
    row: &'a Contrast,
    treatment: &'a str,
    control: &'a str,
    y: f64,
    se: f64,
}

fn from_contrasts(data: &StudyData<'_>, candidates: &Candidates<'_>, job: Job<'_>, model: &Model) -> Attempt {
    if model.contrasts == ContrastUse::Never || candidates.contrasts.is_empty() {
        return Err(None);
    }
    let mut ledger = Ledger::new(model);
    let mut usable: Vec<(Turned<'_>, u64, usize)> = Vec::new();
    let mut reason = None;
    for &row in &candidates.contrasts {
        match usable_contrast(candidates, row, job, model, &mut ledger) {
            Ok((turned, set)) => usable.push((turned, distance(job.window, row.time_hours), set)),
            Err(why) => reason = Some(why),
        }
    }
    let Some(best) = usable.iter().map(|(_, distance, set)| (*distance, *set)).min() else {
        return Err(reason);
    };
    let chosen: Vec<Turned<'_>> = usable
        .into_iter()
        .filter(|(_, d, s)| (*d, *s) == best)
        .map(|(turned, _, _)| turned)
        .collect();
    let used: Vec<RowId> = chosen.iter().map(|turned| turned.row.row.clone()).collect();
    ledger
        .applied
        .retain(|applied| applied.rows.iter().all(|row| used.contains(row)));
    contrast_effect(data, &chosen, job, ledger)
        .map(|effect| vec![effect])
        .map_err(Some)
}

fn usable_contrast<'a>(
    candidates: &Candidates<'_>,
    row: &'a Contrast,
    job: Job<'_>,
    model: &Model,
    ledger: &mut Ledger<'_>,
) -> Result<(Turned<'a>, usize), String> {
    let is_in = |arms: &[&Arm], id: &str| arms.iter().any(|arm| arm.id == id);
    let straight = is_in(&candidates.treatment, &row.arm1) && is_in(&candidates.control, &row.arm2);
    let turned = is_in(&candidates.treatment, &row.arm2) && is_in(&candidates.control, &row.arm1);
    if !straight && !turned {
        return Err("prints a contrast within one side only".to_owned());
    }
    let measure = effect::code(job.measure);
    if row.measure != measure {
        return Err(format!(
            "prints a contrast as {}; this pool is of {measure}",
            row.measure
        ));
    }
    scale_rank(job, row.scale.as_deref())?;
    let set = set_rank(model, row.set.as_deref())?;
    if job.measure != EffectMeasure::MD && row.paired == Some(true) {
        return Err("prints a within-person effect, which is not an effect between arms".to_owned());
    }
    let estimate = row.estimate.ok_or("prints a contrast without an estimate")?;
    let (y, se, from_interval) = effect::contrast(job.measure, estimate, row)?;
    let at = || vec![row.row.clone()];
    if from_interval {
        ledger.apply(
            Conversion::CiToSe,
            format!("SE {se:.4} from the printed interval"),
            at(),
        )?;
    }
    if row.adjusted == Some(true) {
        ledger.apply(
            Conversion::AdjustedContrast,
            "printed as adjusted by a model".to_owned(),
            at(),
        )?;
    }
    let (treatment, control, y) = if straight {
        (&row.arm1, &row.arm2, y)
    } else {
        (&row.arm2, &row.arm1, -y)
    };
    if !straight {
        ledger.apply(
            Conversion::TurnSign,
            format!("printed as {} v {}", row.arm1, row.arm2),
            at(),
        )?;
    }
    Ok((
        Turned {
            row,
            treatment,
            control,
            y,
            se,
        },
        set,
    ))
}

fn contrast_effect(
    data: &StudyData<'_>,
    chosen: &[Turned<'_>],
    job: Job<'_>,
    mut ledger: Ledger<'_>,
) -> Result<StudyEffect, String> {
    let Some(first) = chosen.first() else {
        return Err("prints no contrast".to_owned());
    };
    let (y, v) = if chosen.len() == 1 {
        (first.y, first.se * first.se)
    } else {
        let shared = shared_variance(data, chosen, job)?;
        let ys: Vec<f64> = chosen.iter().map(|t| t.y).collect();
        let ses: Vec<f64> = chosen.iter().map(|t| t.se).collect();
        let rows = chosen.iter().map(|t| t.row.row.clone()).collect();
        let detail = format!("{} contrasts, covariance {shared:.4}", chosen.len());
        ledger.apply(Conversion::CombineContrasts, detail, rows)?;
        convert::combine_contrasts(&ys, &ses, shared)?
    };
    let arm = |id: &str| data.arms.iter().copied().find(|arm| arm.id == id);
    let treatment: Vec<&Arm> = chosen.iter().filter_map(|t| arm(t.treatment)).collect();
    let control: Vec<&Arm> = arm(first.control).into_iter().collect();
    let n_treatment = sum_people(data, &treatment, chosen, job, true);
    let n_control = sum_people(data, &control, chosen, job, false);
    let paired = first.row.paired == Some(true);
    let people = match (n_treatment, n_control) {
        (Some(a), Some(b)) if paired => Some(a.min(b)),
        (Some(a), Some(b)) => Some(a + b),
        _ => data.study.n_randomised,
    };
    let mut basis: Vec<String> = first.row.scale.clone().into_iter().collect();
    basis.push("printed contrast".to_owned());
    basis.extend((first.row.adjusted == Some(true)).then(|| "model-adjusted".to_owned()));
    basis.extend(paired.then(|| "within persons".to_owned()));
    basis.extend(first.row.set.as_ref().map(|set| format!("{set} set")));
    if n_treatment.is_none() || n_control.is_none() {
        basis.push("people as randomised, not as analysed".to_owned());
    }
    Ok(StudyEffect {
        y,
        v,
        treatment: Side {
            n: n_treatment,
            ..named_side(&treatment)
        },
        control: Side {
            n: n_control,
            ..named_side(&control)
        },
        people: people.unwrap_or(0),
        time_hours: first.row.time_hours,
        scale: first.row.scale.clone(),
        statistic: "contrast",
        basis: basis.join(", "),
        applied: ledger.applied,
        rows: chosen.iter().map(|t| t.row.row.clone()).collect(),
    })
}

/// Variance of the control arm shared by several contrasts: its printed SE, else its share by n.
fn shared_variance(data: &StudyData<'_>, chosen: &[Turned<'_>], job: Job<'_>) -> Result<f64, String> {
    let first = &chosen[0];
    if chosen.iter().any(|t| t.control != first.control) {
        return Err("prints contrasts with several control arms".to_owned());
    }
    let printed = data.observations.iter().find(|o| {
        o.arm_id == first.control
            && o.outcome == job.outcome.id
            && o.scale == first.row.scale
            && o.time_hours == first.row.time_hours
            && o.statistic == Statistic::LsmeanChange
    });
    if let Some(se) = printed.and_then(|o| o.se) {
        return Ok(se * se);
    }
    let size = |id: &str| {
        let arm = data.arms.iter().find(|arm| arm.id == id)?;
        arm.n_treated.or(arm.n_randomised).map(|n| n as f64)
    };
    let mut sum = 0.0;
    for turned in chosen {
        let (Some(nt), Some(nc)) = (size(turned.treatment), size(turned.control)) else {
            return Err(
                "prints several contrasts with one control arm, but neither that arm's SE nor its \
                        size: they cannot be combined without counting it more than once"
                    .to_owned(),
            );
        };
        sum += turned.se * turned.se * nt / (nt + nc);
    }
    Ok(sum / chosen.len() as f64)
}

/// People behind printed contrasts: as printed, else the arm's rows at that time, else arm sizes.
fn sum_people(
    data: &StudyData<'_>,
    arms: &[&Arm],
    chosen: &[Turned<'_>],
    job: Job<'_>,
    treatment: bool,
) -> Option<u64> {
    let mut sum = 0;
    for arm in arms {
        let printed = chosen.iter().find_map(|t| {
            let mine = if treatment {
                t.treatment == arm.id
            } else {
                t.control == arm.id
            };
            let n = if t.row.arm1 == arm.id { t.row.n1 } else { t.row.n2 };
            if mine { n } else { None }
        });
        let at_visit = data.observations.iter().find_map(|o| {
            let same = o.arm_id == arm.id
                && o.outcome == job.outcome.id
                && o.time_hours == chosen[0].row.time_hours
                && o.timing == chosen[0].row.timing;
            if same { o.n } else { None }
        });
        sum += printed.or(at_visit).or(arm.n_treated).or(arm.n_randomised)?;
    }
    Some(sum)
}
