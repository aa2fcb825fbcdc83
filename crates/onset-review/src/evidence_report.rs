//! What the review rests on: studies, exclusions, conversions, doubts, harms, sources and cells.

use crate::answers::{
    ArmCard, Cell, ConversionRow, ConversionUse, DoubtNote, EvidenceReport, Exclusion, HarmRow, Note, Pool,
    SourceCard, StudyCard,
};
use crate::convert;
use crate::gather::{Found, Job, study_effect};
use crate::index::{Index, StudyData};
use crate::protocol::Conversion;
use crate::published;
use crate::size::{design_name, judgements, measure_of};
use onset_data::evidence::{Cite, Contrast, Evidence, Observation, Statistic, Timing};
use onset_data::{Diagnostic, RowId};
use std::collections::BTreeMap;

/// Everything the pages print about the evidence.
pub(crate) fn report(
    index: &Index<'_>,
    evidence: &Evidence,
    pools: &[Pool],
    checks: &[Diagnostic],
) -> EvidenceReport {
    EvidenceReport {
        studies: index.studies.iter().map(|data| study_card(data, pools)).collect(),
        exclusions: exclusions(index, evidence),
        conversions: conversions(index),
        doubts: index
            .protocol
            .doubt
            .iter()
            .map(|doubt| DoubtNote {
                study: doubt.study.clone(),
                text: doubt.text.clone(),
                rows: doubt.rows.iter().filter_map(|row| row.parse().ok()).collect(),
            })
            .collect(),
        published: published::checks(index, evidence),
        harms: harms(evidence),
        harms_missing: index
            .protocol
            .harm
            .iter()
            .filter(|harm| !evidence.harms.iter().any(|row| harm.events.contains(&row.event)))
            .map(|harm| harm.label.clone())
            .collect(),
        checks: checks.iter().map(Note::from).collect(),
        not_available: not_available(index, evidence),
        sources: evidence
            .sources
            .iter()
            .map(|source| SourceCard {
                id: source.id.clone(),
                citation: source.citation.clone(),
                url: source.url.clone(),
                licence: source.licence.clone(),
                rows: vec![source.row.clone()],
            })
            .collect(),
        cells: cells(evidence),
        protocol: vec![
            "exclude".to_owned(),
            "doubt".to_owned(),
            "model.conversions".to_owned(),
        ],
    }
}

fn study_card(data: &StudyData<'_>, pools: &[Pool]) -> StudyCard {
    let study = data.study;
    let informs: Vec<(usize, u64)> = pools
        .iter()
        .enumerate()
        .filter_map(|(i, pool)| {
            let mine = pool.studies.iter().filter(|s| s.id == study.id);
            let n = mine
                .map(|s| s.treatment.n.unwrap_or(0) + s.control.n.unwrap_or(0))
                .max()?;
            Some((i, n))
        })
        .collect();
    StudyCard {
        id: study.id.clone(),
        label: study.label.clone(),
        year: study.year,
        design: design_name(study.design),
        country: study.country.clone(),
        population: study.population.clone(),
        population_text: study.population_text.clone(),
        mean_age: study.mean_age,
        pct_female: study.pct_female,
        n_randomised: study.n_randomised,
        n_analysed: informs.iter().map(|(_, n)| *n).max(),
        concomitant: study.concomitant.clone(),
        sponsor: study.sponsor.clone(),
        blinding: study.blinding.clone(),
        arms: data
            .arms
            .iter()
            .map(|arm| ArmCard {
                id: arm.id.clone(),
                treatment: arm.treatment.clone(),
                label: arm.label.clone().unwrap_or_else(|| arm.treatment.clone()),
                dose: arm.dose.as_ref().map(|dose| match &arm.dose_unit {
                    Some(unit) => format!("{dose} {unit}"),
                    None => dose.clone(),
                }),
                schedule: arm.schedule.clone(),
                n_randomised: arm.n_randomised,
                rows: vec![arm.row.clone()],
            })
            .collect(),
        risk_of_bias: judgements(data),
        pools: informs.iter().map(|(i, _)| format!("/size/by/{i}")).collect(),
        notes: study.notes.clone(),
        rows: vec![study.row.clone()],
    }
}

fn exclusions(index: &Index<'_>, evidence: &Evidence) -> Vec<Exclusion> {
    index
        .protocol
        .exclude
        .iter()
        .enumerate()
        .map(|(position, exclude)| {
            let rows = index.rows_of(position, evidence);
            let label = exclude.study.as_ref().map(|id| {
                evidence
                    .study(id)
                    .map_or_else(|| id.clone(), |study| study.label.clone())
            });
            let mut what: Vec<String> = Vec::new();
            what.extend(exclude.arm.as_ref().map(|arm| format!("arm {arm}")));
            what.extend(
                exclude
                    .outcome
                    .as_ref()
                    .map(|outcome| format!("outcome {outcome}")),
            );
            if !exclude.rows.is_empty() {
                what.push(format!("{} rows", exclude.rows.len()));
            }
            if !exclude.comparisons.is_empty() {
                what.push(format!("in {}", exclude.comparisons.join(", ")));
            }
            if what.is_empty() {
                what.push("whole study".to_owned());
            }
            Exclusion {
                study: exclude.study.clone(),
                label: label.unwrap_or_else(|| "rows".to_owned()),
                what: what.join(", "),
                reason: exclude.reason.clone(),
                rows,
            }
        })
        .collect()
}

/// Conversions by kind, with every use of each: declared ones without a use are listed too.
fn conversions(index: &Index<'_>) -> Vec<ConversionUse> {
    let model = &index.protocol.model;
    let mut uses: BTreeMap<Conversion, Vec<ConversionRow>> = BTreeMap::new();
    for comparison in &index.protocol.comparison {
        for outcome in comparison.outcomes.iter().filter_map(|id| index.outcome(id)) {
            for window in comparison.windows.iter().filter_map(|id| index.window(id)) {
                let job = Job {
                    comparison,
                    outcome,
                    window,
                    measure: measure_of(model, outcome),
                };
                let pool = format!("{}/{}/{}", comparison.id, outcome.id, window.id);
                for data in &index.studies {
                    let Found::Effects(effects) = study_effect(index, data, job, model) else {
                        continue;
                    };
                    for applied in effects.into_iter().flat_map(|effect| effect.applied) {
                        uses.entry(applied.conversion).or_default().push(ConversionRow {
                            study: data.study.label.clone(),
                            pool: pool.clone(),
                            detail: applied.detail,
                            rows: applied.rows,
                        });
                    }
                }
            }
        }
    }
    for &declared in &model.conversions {
        uses.entry(declared).or_default();
    }
    uses.into_iter()
        .map(|(conversion, uses)| {
            let (name, description) = convert::describe(conversion);
            ConversionUse {
                conversion: name.to_owned(),
                description: description.to_owned(),
                declared: model.conversions.contains(&conversion),
                uses,
                protocol: vec!["model.conversions".to_owned()],
            }
        })
        .collect()
}

fn harms(evidence: &Evidence) -> Vec<HarmRow> {
    evidence
        .harms
        .iter()
        .map(|harm| HarmRow {
            study: harm.study_id.clone(),
            label: evidence
                .study(&harm.study_id)
                .map_or_else(|| harm.study_id.clone(), |study| study.label.clone()),
            event: harm.event.replace('_', " "),
            arm: evidence
                .arm(&harm.study_id, &harm.arm_id)
                .and_then(|arm| arm.label.clone())
                .unwrap_or_else(|| harm.arm_id.clone()),
            events: harm.events,
            n: harm.n,
            percent: harm.percent,
            rows: vec![harm.row.clone()],
        })
        .collect()
}

fn not_available(index: &Index<'_>, evidence: &Evidence) -> Vec<String> {
    index
        .protocol
        .outcome
        .iter()
        .filter(|outcome| {
            !evidence
                .observations
                .iter()
                .any(|o| o.outcome == outcome.id && o.statistic != Statistic::Baseline)
                && !evidence.contrasts.iter().any(|c| c.outcome == outcome.id)
        })
        .map(|outcome| outcome.label.clone())
        .collect()
}

fn cells(evidence: &Evidence) -> BTreeMap<String, Cell> {
    let mut cells = BTreeMap::new();
    let mut add = |row: &RowId, text: String, cite: &Cite, notes: &Option<String>| {
        let cell = Cell {
            text,
            source_id: cite.source_id.clone(),
            locator: cite.locator.clone(),
            notes: notes.clone(),
            rows: vec![row.clone()],
        };
        cells.insert(row.to_string(), cell);
    };
    for o in &evidence.observations {
        add(&o.row, observation_text(o), &o.cite, &o.notes);
    }
    for c in &evidence.contrasts {
        add(&c.row, contrast_text(c), &c.cite, &c.notes);
    }
    for study in &evidence.studies {
        add(
            &study.row,
            format!("{}: design, people, blinding", study.label),
            &study.cite,
            &study.notes,
        );
    }
    for arm in &evidence.arms {
        let label = arm.label.as_deref().unwrap_or(&arm.treatment);
        add(
            &arm.row,
            format!("{} {}: {label}", arm.study_id, arm.id),
            &arm.cite,
            &arm.notes,
        );
    }
    for j in &evidence.risk_of_bias {
        let text = format!("{} {}, {}: {}", j.study_id, j.tool, j.domain, j.judgement);
        add(&j.row, text, &j.cite, &None);
    }
    for harm in &evidence.harms {
        let text = format!("{} {}: {}", harm.study_id, harm.arm_id, harm.event);
        add(&harm.row, text, &harm.cite, &harm.notes);
    }
    for guess in &evidence.blinding {
        let arm = guess.arm_id.as_deref().unwrap_or("all arms");
        let text = format!("{} {arm}: guesses of the treatment given", guess.study_id);
        add(&guess.row, text, &guess.cite, &guess.notes);
    }
    for fact in &evidence.durability {
        let who = fact
            .arm_id
            .as_deref()
            .or(fact.arm_text.as_deref())
            .unwrap_or("all");
        let text = format!("{} {who}: {}", fact.study_id, fact.measure);
        add(&fact.row, text, &fact.cite, &fact.notes);
    }
    for pool in &evidence.published {
        let what = pool
            .outcome_text
            .as_deref()
            .or(pool.outcome.as_deref())
            .unwrap_or("");
        add(
            &pool.row,
            format!("{}: {what}", pool.review),
            &pool.cite,
            &pool.notes,
        );
    }
    for cost in &evidence.costs {
        let text = format!("{}: {}", cost.comparison, cost.item);
        add(&cost.row, text, &cost.cite, &cost.notes);
    }
    cells
}

fn when(timing: Timing, time_hours: Option<f64>) -> String {
    match (timing, time_hours) {
        (Timing::Hours, Some(hours)) => format!("at {hours} h"),
        (Timing::CourseEnd, _) => "at the end of the course".to_owned(),
        _ => "at any time".to_owned(),
    }
}

fn observation_text(o: &Observation) -> String {
    let statistic = Statistic::TABLE
        .iter()
        .find(|(_, s)| *s == o.statistic)
        .map_or("", |(name, _)| name);
    let scale = o
        .scale
        .as_deref()
        .map(|scale| format!(" ({scale})"))
        .unwrap_or_default();
    let mut parts = vec![format!(
        "{} {}: {}{scale} {statistic} {}",
        o.study_id,
        o.arm_id,
        o.outcome,
        when(o.timing, o.time_hours)
    )];
    let mut number = |name: &str, value: Option<String>| parts.extend(value.map(|v| format!("{name} {v}")));
    number("n", o.n.map(|n| n.to_string()));
    number("mean", o.mean.map(|x| x.to_string()));
    number("SD", o.sd.map(|x| x.to_string()));
    number("SE", o.se.map(|x| x.to_string()));
    number("events", o.events.map(|x| x.to_string()));
    number("percent", o.percent.map(|x| x.to_string()));
    if let (Some(low), Some(high)) = (o.ci_low, o.ci_high) {
        number("interval", Some(format!("{low} to {high}")));
    }
    parts.join(", ")
}

fn contrast_text(c: &Contrast) -> String {
    let scale = c
        .scale
        .as_deref()
        .map(|scale| format!(" ({scale})"))
        .unwrap_or_default();
    let mut parts = vec![format!(
        "{} {} v {}: {}{scale} {}",
        c.study_id,
        c.arm1,
        c.arm2,
        c.outcome,
        when(c.timing, c.time_hours)
    )];
    parts.extend(c.estimate.map(|x| format!("{} {x}", c.measure)));
    parts.extend(c.se.map(|x| format!("SE {x}")));
    if let (Some(low), Some(high)) = (c.ci_low, c.ci_high) {
        parts.push(format!("interval {low} to {high}"));
    }
    parts.join(", ")
}
