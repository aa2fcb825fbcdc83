//! Who was in the trials, and the risk of bias as it was judged.

use super::Figure;
use crate::words;
use onset_plot::cohorts::{Cohort, Cohorts};
use onset_plot::rob::{Light, RiskOfBias, RiskOfBiasRow};
use onset_plot::{Heading, cohorts as draw, cohorts_narrow, risk_of_bias_narrow, text};
use onset_review::answers::{EvidenceReport, StudyCard};

/// Studies that inform at least one pool.
pub(crate) fn pooled(evidence: &EvidenceReport) -> Vec<&StudyCard> {
    let mut studies: Vec<&StudyCard> = evidence
        .studies
        .iter()
        .filter(|study| !study.pools.is_empty())
        .collect();
    let mut groups: Vec<&str> = Vec::new();
    for study in &studies {
        let group = study.population.as_deref().unwrap_or_default();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    studies.sort_by_key(|study| {
        let group = study.population.as_deref().unwrap_or_default();
        groups.iter().position(|known| *known == group)
    });
    studies
}

/// The cohorts of the studies that inform a pool.
pub(super) fn cohorts(evidence: &EvidenceReport) -> Option<Figure> {
    let studies = pooled(evidence);
    if studies.is_empty() || studies.len() > words::MANY {
        return None;
    }
    let randomised: Vec<u64> = studies.iter().filter_map(|s| s.n_randomised).collect();
    let small = randomised.iter().filter(|n| **n < 50).count();
    let title = format!(
        "{} of the {} pooled trials that say so randomised fewer than 50 people",
        text::count(small as u64),
        text::count(randomised.len() as u64)
    );
    let input = Cohorts {
        heading: Heading {
            id: "cohorts".to_owned(),
            desc: format!("{title}; {} in all.", text::people(randomised.iter().sum())),
            title,
            subtitle:
                "People randomised, share of women and mean age of each pooled trial, as reported; what \
                       is not reported is left empty."
                    .to_owned(),
            source: String::new(),
        },
        studies: studies
            .iter()
            .map(|study| Cohort {
                key: study.id.clone(),
                label: study.label.clone(),
                population: study.population.clone().unwrap_or_default(),
                n_randomised: study.n_randomised,
                pct_female: study.pct_female,
                mean_age: study.mean_age,
                rows: study.rows.clone(),
            })
            .collect(),
    };
    let table = Some("cohorts".to_owned());
    Some(Figure::new(
        "cohorts",
        table,
        draw(&input),
        cohorts_narrow(&input),
    ))
}

/// Tools in the order in which studies name them.
pub(crate) fn tools(evidence: &EvidenceReport) -> Vec<String> {
    let mut tools: Vec<String> = Vec::new();
    for judged in evidence.studies.iter().flat_map(|s| &s.risk_of_bias) {
        if !tools.contains(&judged.tool) {
            tools.push(judged.tool.clone());
        }
    }
    tools
}

/// A table of lights for each tool.
pub(super) fn risk_of_bias(evidence: &EvidenceReport) -> Vec<Figure> {
    let tools = tools(evidence);
    let names = words::slugs(tools.iter().map(String::as_str));
    tools
        .iter()
        .zip(&names)
        .map(|(tool, name)| lights(evidence, tool, &format!("risk-of-bias-{name}")))
        .collect()
}

/// Domains of a tool in the order of their first use.
pub(crate) fn domains(evidence: &EvidenceReport, tool: &str) -> Vec<String> {
    let mut domains: Vec<String> = Vec::new();
    for judged in evidence.studies.iter().flat_map(|s| &s.risk_of_bias) {
        if judged.tool == tool && !domains.contains(&judged.domain) {
            domains.push(judged.domain.clone());
        }
    }
    domains
}

fn lights(evidence: &EvidenceReport, tool: &str, id: &str) -> Figure {
    let domains = domains(evidence, tool);
    let studies: Vec<RiskOfBiasRow> = evidence
        .studies
        .iter()
        .filter(|study| study.risk_of_bias.iter().any(|j| j.tool == tool))
        .map(|study| row(study, tool, &domains))
        .collect();
    let high = studies.iter().filter(|s| s.lights.contains(&Light::High)).count();
    let title = format!(
        "{}: {} of {} judged at high risk in at least one domain",
        tool_name(tool),
        text::count(high as u64),
        text::trials(studies.len())
    );
    let input = RiskOfBias {
        heading: Heading {
            id: id.to_owned(),
            desc: format!("{title}."),
            title,
            subtitle: format!(
                "Judgements as printed, by {}: + low risk, ? unclear or some concerns, \u{2212} high risk; a \
                 ring where nothing was judged. Trials that nobody judged are not drawn.",
                tool_name(tool)
            ),
            source: String::new(),
        },
        tool: tool_name(tool),
        domains: domains.iter().map(|d| words::capital(&words::plain(d))).collect(),
        studies,
    };
    let (wide, narrow) = (onset_plot::risk_of_bias(&input), risk_of_bias_narrow(&input));
    Figure::new(id, Some("risk_of_bias".to_owned()), wide, narrow)
}

fn row(study: &StudyCard, tool: &str, domains: &[String]) -> RiskOfBiasRow {
    let mine = || study.risk_of_bias.iter().filter(|j| j.tool == tool);
    RiskOfBiasRow {
        key: study.id.clone(),
        label: study.label.clone(),
        lights: domains
            .iter()
            .map(|domain| {
                let judged = mine().find(|j| j.domain == *domain);
                judged.map_or(Light::NotJudged, |j| Light::of(&j.judgement))
            })
            .collect(),
        rows: mine().flat_map(|j| j.rows.iter().cloned()).collect(),
    }
}

/// "RoB1" in words.
pub(crate) fn tool_name(tool: &str) -> String {
    match tool.to_ascii_lowercase().replace([' ', '-', '_'], "").as_str() {
        "rob1" => "Cochrane risk-of-bias tool (RoB 1)".to_owned(),
        "rob2" => "Cochrane risk-of-bias tool 2 (RoB 2)".to_owned(),
        "robinsi" => "ROBINS-I".to_owned(),
        _ => tool.to_owned(),
    }
}
