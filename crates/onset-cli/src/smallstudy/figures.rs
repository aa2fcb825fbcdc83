//! The figures of `onset smallstudy`.

use super::answer::{Answer, CopasRow};
use crate::figures::{shown, subject};
use onset::effects::Measure;
use onset::models::smallstudy::ENOUGH_STUDIES;
use onset::plot::diagnosis::{self, Panel};
use onset::plot::funnel::{Funnel, FunnelPoint};
use onset::plot::{Heading, Interval, Reference, funnel, funnel_narrow};

/// The funnel with its contours and adjusted means, and the Copas model's line.
pub fn panels(answer: &Answer, measure: Measure) -> Vec<Panel> {
    let model = format!("{}, {} studies.", answer.method, answer.k);
    let subject = subject(measure, answer.level, model);
    let enough = answer.k >= ENOUGH_STUDIES;
    let caution = if enough {
        "Dashed: means adjusted for small-study effects, each under an assumption of its own."
    } else {
        "Fewer than ten studies: asymmetry cannot be told from chance, and no adjusted mean is drawn."
    };
    let title = format!("Effects of {} studies against their precision", answer.k);
    let points = answer.funnel.studies.iter().filter_map(|study| {
        Some(FunnelPoint {
            key: study.label.clone(),
            label: study.label.clone(),
            effect: shown(measure, study.yi?),
            se: study.se?,
            rows: Vec::new(),
        })
    });
    let input = Funnel {
        heading: Heading {
            id: "funnel".to_owned(),
            desc: format!("{title}. {caution}"),
            title,
            subtitle: format!("{} Contours at p 0.1, 0.05 and 0.01. {caution}", subject.model),
            source: String::new(),
        },
        effect: subject.effect.clone(),
        points: points.collect(),
        pooled: Some(shown(measure, answer.unadjusted.estimate)),
        adjusted: if enough {
            adjusted(answer, measure)
        } else {
            Vec::new()
        },
    };
    let mut panels = vec![Panel {
        name: "funnel".to_owned(),
        wide: funnel(&input),
        narrow: funnel_narrow(&input),
    }];
    if let Some(found) = answer.copas.as_ref().filter(|_| enough) {
        let mean = |row: &CopasRow| Interval::new(row.mean.estimate, row.mean.ci_lower, row.mean.ci_upper);
        let line: Vec<(f64, Interval)> = found.line.iter().map(|row| (row.p_smallest, mean(row))).collect();
        let label = match measure {
            Measure::Generic => "Mean effect".to_owned(),
            _ => format!("Mean, {}", measure.name()),
        };
        panels.extend(diagnosis::copas(
            &subject,
            &line,
            &mean(&found.unselected),
            &label,
        ));
    }
    panels
}

/// One mean for each account of what is missing.
fn adjusted(answer: &Answer, measure: Measure) -> Vec<Reference> {
    let trim = answer.trim_fill.iter().find(|fill| fill.estimator == "L0");
    let step = answer.selection.first();
    let named = [
        ("trim and fill", trim.and_then(|fill| fill.estimate)),
        (
            "PET-PEESE",
            answer.pet_peese.as_ref().map(|found| found.mean.estimate),
        ),
        ("limit", answer.limit.as_ref().map(|found| found.mean.estimate)),
        (
            "p-uniform*",
            answer.p_uniform.as_ref().map(|found| found.estimate),
        ),
        ("selection model", step.and_then(|found| found.estimate)),
    ];
    let line = |(label, value): (&str, Option<f64>)| {
        value.map(|y| Reference {
            value: shown(measure, y),
            label: label.to_owned(),
        })
    };
    named.into_iter().filter_map(line).collect()
}
