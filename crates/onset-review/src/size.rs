//! How much: one pool per comparison, outcome and window.

use crate::absolute;
use crate::answers::{
    Estimate, Interval, Judgement, LeaveOneOut, LeftOut, Note, Pool, Sensitivity, Share, StudyResult,
    SubgroupResult, Subgroups,
};
use crate::companion;
use crate::convert;
use crate::diagnosis;
use crate::effect;
use crate::fit::{self, Fit};
use crate::gather::{Found, Job, StudyEffect, study_effect};
use crate::index::{Index, StudyData};
use crate::phrase;
use crate::protocol::{
    ContrastUse, ControlType, Conversion, Direction, EffectMeasure, ImportantDifference, Model, Outcome,
    OutcomeKind, SubgroupBy, Tau2,
};
use onset_data::Warned;
use onset_effects::Effects;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A study's effect with the study it belongs to.
pub(crate) struct Member<'a> {
    pub data: &'a StudyData<'a>,
    pub effect: StudyEffect,
}

/// The studies of one pool and those that could not be used.
pub(crate) struct Gathered<'a> {
    pub members: Vec<Member<'a>>,
    pub left_out: Vec<LeftOut>,
}

/// Every pool that the protocol asks for, in its order.
pub(crate) fn pools(index: &Index<'_>) -> Vec<Pool> {
    let mut jobs = Vec::new();
    for comparison in &index.protocol.comparison {
        for outcome_id in &comparison.outcomes {
            for window_id in &comparison.windows {
                let (Some(outcome), Some(window)) = (index.outcome(outcome_id), index.window(window_id))
                else {
                    continue;
                };
                let measure = measure_of(&index.protocol.model, outcome);
                jobs.push(Job {
                    comparison,
                    outcome,
                    window,
                    measure,
                });
            }
        }
    }
    jobs.into_par_iter().map(|job| pool(index, job)).collect()
}

/// Declared effect measure: MD for continuous and OR for binary outcomes unless said otherwise.
pub(crate) fn measure_of(model: &Model, outcome: &Outcome) -> EffectMeasure {
    model
        .effect
        .get(&outcome.id)
        .copied()
        .unwrap_or(match outcome.kind {
            OutcomeKind::Continuous => EffectMeasure::MD,
            OutcomeKind::Binary => EffectMeasure::OR,
        })
}

/// Studies of one pool under one model.
pub(crate) fn gather<'a>(index: &'a Index<'a>, job: Job<'_>, model: &Model) -> Gathered<'a> {
    let mut gathered = Gathered {
        members: Vec::new(),
        left_out: Vec::new(),
    };
    for data in &index.studies {
        match study_effect(index, data, job, model) {
            Found::Nothing => {}
            Found::LeftOut { reason, rows } => gathered.left_out.push(LeftOut {
                study: data.study.id.clone(),
                label: data.study.label.clone(),
                reason,
                rows,
            }),
            Found::Effects(effects) => {
                gathered
                    .members
                    .extend(effects.into_iter().map(|effect| Member { data, effect }));
            }
        }
    }
    gathered
}

pub(crate) fn checked(members: &[Member<'_>]) -> Result<Effects, String> {
    let y = members.iter().map(|m| m.effect.y).collect();
    let v = members.iter().map(|m| m.effect.v).collect();
    let labels = members.iter().map(|m| m.data.study.label.clone()).collect();
    let rows = members.iter().map(|m| m.effect.rows.clone()).collect();
    Effects::new(y, v, labels)
        .map(|effects| effects.with_rows(rows))
        .map_err(|e| e.to_string())
}

/// One pool, from rows to every number printed about it.
pub(crate) fn pool(index: &Index<'_>, job: Job<'_>) -> Pool {
    let model = &index.protocol.model;
    let gathered = gather(index, job, model);
    let mut pool = empty_pool(job, gathered.left_out, model);
    if gathered.members.is_empty() {
        pool.why_not = Some(why_nothing(&pool, job));
        return pool;
    }
    count_people(&mut pool, &gathered.members);
    let fitted = checked(&gathered.members).and_then(|effects| {
        let fit = fit::fit(&effects, model)?;
        Ok((effects, fit))
    });
    let (effects, Warned { value: fit, warnings }) = match fitted {
        Ok(fitted) => fitted,
        Err(reason) => {
            pool.why_not = Some(reason);
            return pool;
        }
    };
    pool.warnings.extend(warnings.iter().map(Note::from));
    fill(&mut pool, index, job, &gathered.members, &fit);
    pool.beyond_important = beyond(job, &fit, model);
    pool.bayes = companion::beside(job, &effects, model, threshold(job));
    pool.leave_one_out = leave_one_out(job, &gathered.members, &effects, model);
    pool.diagnosis = diagnosis::diagnose(job, &gathered.members, &effects, model);
    pool.subgroups = job
        .comparison
        .subgroups
        .iter()
        .filter_map(|&by| subgroups(index, job, &gathered.members, &effects, by, model))
        .collect();
    pool.sensitivity = sensitivity(index, job, &effects, &gathered.members, model);
    pool.absolute = absolute::absolute(index, job, &fit);
    pool
}

fn empty_pool(job: Job<'_>, left_out: Vec<LeftOut>, model: &Model) -> Pool {
    let (comparison, outcome, window) = (job.comparison, job.outcome, job.window);
    let mut protocol = vec![
        format!("comparison.{}", comparison.id),
        format!("outcome.{}", outcome.id),
        format!("window.{}", window.id),
        "model.tau2".to_owned(),
        "model.interval".to_owned(),
        "model.level".to_owned(),
    ];
    if model.effect.contains_key(&outcome.id) {
        protocol.push(format!("model.effect.{}", outcome.id));
    }
    Pool {
        id: format!("{}/{}/{}", comparison.id, outcome.id, window.id),
        comparison: comparison.id.clone(),
        comparison_label: comparison.label.clone(),
        treatment_label: comparison.treatment_label.clone(),
        control_label: comparison.control_label.clone(),
        outcome: outcome.id.clone(),
        outcome_label: outcome.label.clone(),
        kind: match outcome.kind {
            OutcomeKind::Continuous => "continuous".to_owned(),
            OutcomeKind::Binary => "binary".to_owned(),
        },
        direction: match outcome.direction {
            Direction::Lower => "lower is better".to_owned(),
            Direction::Higher => "higher is better".to_owned(),
        },
        window: window.id.clone(),
        window_label: window.label.clone(),
        from_hours: window.from_hours,
        to_hours: window.to_hours,
        target_hours: window.target_hours,
        evidence: serde_json::to_value(window.evidence)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default(),
        measure: effect::code(job.measure).to_owned(),
        unit: effect::unit(job.measure, outcome),
        ratio: effect::is_ratio(job.measure),
        primary: comparison.primary,
        k: 0,
        n_treatment: 0,
        n_control: 0,
        n: 0,
        n_randomised: None,
        estimate: None,
        analysis: None,
        se: None,
        p: None,
        why_not: None,
        wald: None,
        modified: None,
        bayes: None,
        prediction: None,
        prediction_why_not: None,
        tau2: None,
        tau2_ci: None,
        i2: None,
        q: None,
        q_df: None,
        q_p: None,
        beyond_important: None,
        important_difference: threshold(job),
        studies: Vec::new(),
        subgroups: Vec::new(),
        leave_one_out: Vec::new(),
        diagnosis: None,
        sensitivity: Vec::new(),
        absolute: None,
        left_out,
        protocol,
        assumptions: Vec::new(),
        warnings: Vec::new(),
    }
}

fn why_nothing(pool: &Pool, job: Job<'_>) -> String {
    let what = format!(
        "{} {}",
        phrase::lower_first(&job.outcome.label),
        phrase::at_window(&job.window.label)
    );
    match pool.left_out.len() {
        0 => format!("No study of this comparison reports {what}."),
        1 => format!("One study of this comparison has rows on {what}, but none that can be pooled."),
        k => format!("{k} studies of this comparison have rows on {what}, but none that can be pooled."),
    }
}

fn count_people(pool: &mut Pool, members: &[Member<'_>]) {
    // the members of one study stand together
    let mut studies = 0;
    let mut last = "";
    for member in members {
        if member.data.study.id != last {
            last = &member.data.study.id;
            studies += 1;
        }
        pool.n_treatment += member.effect.treatment.n.unwrap_or(0);
        pool.n_control += member.effect.control.n.unwrap_or(0);
        pool.n += member.effect.people;
    }
    pool.k = members.len();
    let randomised: Option<Vec<u64>> = members.iter().map(|m| m.data.study.n_randomised).collect();
    pool.n_randomised = if studies == members.len() {
        randomised.map(|all| all.iter().sum())
    } else {
        None
    };
}

/// The declared important difference on the analysis scale, signed towards benefit.
pub(crate) fn threshold(job: Job<'_>) -> Option<f64> {
    let declared = job.outcome.important_difference.as_ref()?;
    threshold_of(job.outcome, job.measure, declared)
}

/// The same of a difference declared elsewhere.
pub(crate) fn threshold_of(
    outcome: &Outcome,
    measure: EffectMeasure,
    declared: &ImportantDifference,
) -> Option<f64> {
    let sign = match outcome.direction {
        Direction::Lower => -1.0,
        Direction::Higher => 1.0,
    };
    let unit = declared.unit.to_lowercase();
    let scale = outcome.scales.first().map(|scale| scale.id.to_lowercase());
    let value = match measure {
        EffectMeasure::MD if Some(&unit) == scale.as_ref() => declared.value,
        EffectMeasure::SMD | EffectMeasure::SMDH if unit == "smd" => declared.value,
        EffectMeasure::SMD | EffectMeasure::SMDH if Some(&unit) == scale.as_ref() => {
            declared.value / outcome.report_as.as_ref()?.reference_sd
        }
        EffectMeasure::MD if unit == "smd" => declared.value * outcome.report_as.as_ref()?.reference_sd,
        EffectMeasure::OR | EffectMeasure::RR if unit == "log ratio" => declared.value,
        EffectMeasure::RD if unit == "risk difference" => declared.value,
        _ => return None,
    };
    Some(sign * value)
}

fn fill(pool: &mut Pool, index: &Index<'_>, job: Job<'_>, members: &[Member<'_>], fit: &Fit) {
    let shown = |interval: &Interval| effect::shown(job.measure, interval);
    let level = index.protocol.model.level;
    let analysis = fit.mean;
    let estimate = shown(&analysis);
    pool.estimate = Some(Estimate {
        value: estimate.value,
        lower: estimate.lower,
        upper: estimate.upper,
        level,
        scale: effect::scale_name(job.measure).to_owned(),
        unit: pool.unit.clone(),
        model: fit.model.clone(),
    });
    pool.analysis = Some(analysis);
    pool.se = Some(fit.se);
    pool.p = Some(fit.p);
    pool.wald = fit.wald.as_ref().map(shown);
    pool.modified = fit.modified.as_ref().map(shown);
    pool.prediction = fit.prediction.as_ref().map(shown);
    pool.prediction_why_not = fit.prediction_why_not.clone();
    pool.tau2 = fit.tau2;
    pool.tau2_ci = fit.tau2_ci;
    pool.i2 = fit.i2;
    pool.q = fit.q.map(|q| q.0);
    pool.q_df = fit.q.map(|q| q.1);
    pool.q_p = fit.q.map(|q| q.2);
    pool.assumptions = assumptions(pool, members);
    pool.studies = members
        .iter()
        .zip(&fit.weights)
        .map(|(member, &weight)| study_result(index, job, member, weight, level))
        .collect();
}

fn assumptions(pool: &Pool, members: &[Member<'_>]) -> Vec<String> {
    let mut said = Vec::new();
    let mut used: Vec<Conversion> = members
        .iter()
        .flat_map(|m| m.effect.applied.iter().map(|a| a.conversion))
        .collect();
    used.sort_unstable();
    used.dedup();
    for conversion in used {
        let count = members
            .iter()
            .filter(|m| {
                m.effect
                    .applied
                    .iter()
                    .any(|applied| applied.conversion == conversion)
            })
            .count();
        let (_, description) = convert::describe(conversion);
        let studies = match (count, pool.k) {
            (1, 1) => "the one study".to_owned(),
            (count, k) => format!("{count} of {k} studies"),
        };
        said.push(format!("In {studies}: {description}."));
    }
    let statistic = |name: &str| members.iter().any(|m| m.effect.statistic == name);
    if pool.measure == "MD" && statistic("endpoint") && (statistic("change") || statistic("contrast")) {
        said.push("Change and endpoint scores are pooled together, as mean differences allow.".to_owned());
    }
    said
}

fn study_result(
    index: &Index<'_>,
    job: Job<'_>,
    member: &Member<'_>,
    weight: f64,
    level: f64,
) -> StudyResult {
    let (study, effect_) = (member.data.study, &member.effect);
    let se = effect_.v.sqrt();
    let mut subgroup = BTreeMap::new();
    for &by in &job.comparison.subgroups {
        subgroup.insert(subgroup_name(by).to_owned(), subgroup_value(index, member, by));
    }
    let mut conversions: Vec<String> = effect_
        .applied
        .iter()
        .map(|applied| convert::name(applied.conversion).to_owned())
        .collect();
    conversions.dedup();
    StudyResult {
        id: study.id.clone(),
        label: study.label.clone(),
        year: study.year,
        effect: effect_.y,
        se,
        shown: effect::shown(job.measure, &fit::wald_interval(effect_.y, se, level)),
        weight,
        treatment: effect_.treatment.clone(),
        control: effect_.control.clone(),
        time_hours: effect_.time_hours,
        scale: effect_.scale.clone(),
        statistic: effect_.statistic.to_owned(),
        design: design_name(study.design),
        basis: effect_.basis.clone(),
        conversions,
        subgroup,
        risk_of_bias: judgements(member.data),
        rows: effect_.rows.clone(),
    }
}

pub(crate) fn design_name(design: onset_data::evidence::Design) -> String {
    onset_data::evidence::Design::TABLE
        .iter()
        .find(|(_, d)| *d == design)
        .map_or_else(String::new, |(name, _)| (*name).to_owned())
}

pub(crate) fn judgements(data: &StudyData<'_>) -> Vec<Judgement> {
    data.risk_of_bias
        .iter()
        .map(|j| Judgement {
            tool: j.tool.clone(),
            domain: j.domain.clone(),
            judgement: j.judgement.clone(),
            rows: vec![j.row.clone()],
        })
        .collect()
}

fn beyond(job: Job<'_>, fit: &Fit, model: &Model) -> Option<Share> {
    let threshold = threshold(job)?;
    let share = fit::share_beyond(fit, threshold, model.level)?;
    Some(Share {
        threshold: effect::shown_value(job.measure, threshold),
        share: share.value,
        lower: Some(share.lower).filter(|x| x.is_finite()),
        upper: Some(share.upper).filter(|x| x.is_finite()),
        protocol: vec![format!("outcome.{}.important_difference", job.outcome.id)],
    })
}

fn leave_one_out(job: Job<'_>, members: &[Member<'_>], effects: &Effects, model: &Model) -> Vec<LeaveOneOut> {
    if effects.k() < 3 {
        return Vec::new();
    }
    let without = fit::leave_one_out(effects, model).unwrap_or_default();
    members
        .iter()
        .zip(without)
        .map(|(member, rest)| LeaveOneOut {
            without: member.data.study.label.clone(),
            estimate: effect::shown(job.measure, &rest.mean),
            tau2: rest.tau2,
        })
        .collect()
}

fn subgroup_name(by: SubgroupBy) -> &'static str {
    match by {
        SubgroupBy::Control => "control",
        SubgroupBy::ControlType => "control-type",
        SubgroupBy::Route => "route",
        SubgroupBy::Population => "population",
        SubgroupBy::Design => "design",
    }
}

fn subgroup_value(index: &Index<'_>, member: &Member<'_>, by: SubgroupBy) -> String {
    let nodes = |arms: &[String]| -> Vec<&str> {
        let mut nodes: Vec<&str> = member
            .data
            .arms
            .iter()
            .filter(|arm| arms.contains(&arm.id))
            .map(|arm| arm.treatment.as_str())
            .collect();
        nodes.dedup();
        nodes
    };
    let joined = |mut names: Vec<String>| {
        names.sort();
        names.dedup();
        if names.is_empty() {
            "not reported".to_owned()
        } else {
            names.join(" + ")
        }
    };
    match by {
        SubgroupBy::Control => joined(
            nodes(&member.effect.control.arms)
                .iter()
                .map(|node| index.treatment_label(node))
                .collect(),
        ),
        SubgroupBy::ControlType => joined(
            nodes(&member.effect.control.arms)
                .iter()
                .filter_map(|node| index.treatments.get(node)?.control_type)
                .map(|kind| control_type_name(kind).to_owned())
                .collect(),
        ),
        SubgroupBy::Route => joined(
            nodes(&member.effect.treatment.arms)
                .iter()
                .filter_map(|node| index.treatments.get(node).map(|t| t.route.clone()))
                .filter(|route| !route.is_empty())
                .collect(),
        ),
        SubgroupBy::Population => member
            .data
            .study
            .population
            .clone()
            .unwrap_or_else(|| "not reported".to_owned()),
        SubgroupBy::Design => design_name(member.data.study.design),
    }
}

pub(crate) fn control_type_name(kind: ControlType) -> &'static str {
    match kind {
        ControlType::Inert => "inert",
        ControlType::Active => "active",
        ControlType::Anaesthesia => "anaesthesia",
        ControlType::OralAntidepressant => "oral antidepressant",
        ControlType::Treatment => "another treatment",
    }
}

fn subgroups(
    index: &Index<'_>,
    job: Job<'_>,
    members: &[Member<'_>],
    effects: &Effects,
    by: SubgroupBy,
    model: &Model,
) -> Option<Subgroups> {
    let values: Vec<String> = members
        .iter()
        .map(|member| subgroup_value(index, member, by))
        .collect();
    let result = fit::subgroups(effects, &values, model)?;
    let groups = result
        .groups
        .iter()
        .map(|group| {
            let mine = |value: &String| *value == group.name;
            let inside = || {
                members
                    .iter()
                    .zip(&values)
                    .filter(|(_, value)| mine(value))
                    .map(|(m, _)| m)
            };
            SubgroupResult {
                group: group.name.clone(),
                k: inside().count(),
                n: inside().map(|m| m.effect.people).sum(),
                estimate: group.mean.as_ref().map(|mean| effect::shown(job.measure, mean)),
                members: inside().map(|m| m.data.study.id.clone()).collect(),
            }
        })
        .collect();
    Some(Subgroups {
        by: subgroup_name(by).to_owned(),
        groups,
        q: result.q.map(|q| q.0),
        df: result.q.map(|q| q.1),
        p: result.q.map(|q| q.2),
        why_not: result.why_not,
        tau2: result.tau2,
    })
}

/// The same pool under other declared or defensible choices; equal results are still shown.
fn sensitivity(
    index: &Index<'_>,
    job: Job<'_>,
    effects: &Effects,
    members: &[Member<'_>],
    model: &Model,
) -> Vec<Sensitivity> {
    let mut list = Vec::new();
    let mut add = |label: String, effects: &Effects, model: &Model, common: bool, key: &str| {
        let fit = if common {
            fit::common(effects, model)
        } else {
            fit::fit(effects, model).map(|w| w.value)
        };
        if let Ok(fit) = fit {
            list.push(Sensitivity {
                label,
                k: effects.k(),
                estimate: effect::shown(job.measure, &fit.mean),
                tau2: fit.tau2,
                protocol: vec![key.to_owned()],
            });
        }
    };
    if effects.k() > 1 {
        add("common effect".to_owned(), effects, model, true, "model.tau2");
        for tau2 in [Tau2::REML, Tau2::DL, Tau2::PM] {
            if tau2 != model.tau2 {
                let other = Model {
                    tau2,
                    ..model.clone()
                };
                add(
                    format!("tau2 by {}", fit::tau2_name(tau2)),
                    effects,
                    &other,
                    false,
                    "model.tau2",
                );
            }
        }
    }
    let mut regather = |label: String, other: Model, key: &str| {
        let gathered = gather(index, job, &other);
        if let Ok(effects) = checked(&gathered.members)
            && effects.k() > 0
        {
            add(label, &effects, &other, false, key);
        }
    };
    let applied = |wanted: Conversion| {
        members.iter().any(|m| {
            m.effect
                .applied
                .iter()
                .any(|applied| applied.conversion == wanted)
        })
    };
    if applied(Conversion::CrossoverPaired) {
        for &rho in &model.crossover.sensitivity {
            let mut other = model.clone();
            other.crossover.correlation = rho;
            regather(
                format!("crossover correlation {rho}"),
                other,
                "model.crossover.sensitivity",
            );
        }
    }
    if applied(Conversion::CrossoverBinary) {
        for &rho in &model.crossover.binary_sensitivity {
            let mut other = model.clone();
            other.crossover.binary_correlation = rho;
            regather(
                format!("crossover correlation {rho}"),
                other,
                "model.crossover.binary_sensitivity",
            );
        }
    }
    if members.iter().any(|m| m.effect.statistic == "contrast") && members.len() > 1 {
        let other = Model {
            contrasts: ContrastUse::Never,
            ..model.clone()
        };
        regather("arm-level rows only".to_owned(), other, "model.contrasts");
    }
    let has_contrasts = |m: &Member<'_>| m.data.contrasts.iter().any(|c| c.outcome == job.outcome.id);
    if members
        .iter()
        .any(|m| m.effect.statistic != "contrast" && has_contrasts(m))
    {
        let other = Model {
            contrasts: ContrastUse::Prefer,
            ..model.clone()
        };
        regather("printed contrasts first".to_owned(), other, "model.contrasts");
    }
    let sets: Vec<&str> = members
        .iter()
        .flat_map(|m| m.data.observations.iter())
        .filter(|o| o.outcome == job.outcome.id)
        .filter_map(|o| o.set.as_deref())
        .collect();
    if model.sets.len() > 1 && model.sets.iter().skip(1).any(|set| sets.contains(&set.as_str())) {
        let mut other = model.clone();
        other.sets.reverse();
        regather(format!("{} set first", other.sets[0]), other, "model.sets");
    }
    list
}
