//! Figures of a time course: every visit with the curve, onset by definition, trial by trial.

use super::Arguments;
use super::answer::{Answer, Onset};
use super::rows::Rows;
use onset::math::normal;
use onset::models::timecourse::{Definition, Longitudinal};
use onset::plot::diagnosis::Panel;
use onset::plot::onset::{OnsetBlock, OnsetForest, OnsetRow};
use onset::plot::timecourse::{Timecourse, Visit};
use onset::plot::trials::{TrialPanel, TrialVisit, Trials};
use onset::plot::{
    Direction, Effect, Heading, Interval, Reference, onset_forest, onset_forest_narrow, text, timecourse,
    timecourse_narrow, trials, trials_narrow,
};

/// One onset forest, and for each treatment its visits and its trials.
pub fn panels(answer: &Answer, arguments: &Arguments, data: &Longitudinal, rows: &Rows) -> Vec<Panel> {
    let mut list = vec![onsets(answer, arguments, data)];
    for treatment in data.treatments().iter().skip(1) {
        let studies = differences(arguments, data, rows, treatment);
        if studies.iter().all(|s| s.visits.is_empty()) {
            continue;
        }
        list.push(all(answer, arguments, treatment, &studies));
        list.push(by_trial(answer, arguments, treatment, studies));
    }
    list
}

fn panel(name: String, wide: onset::plot::Scene, mut narrow: onset::plot::Scene) -> Panel {
    narrow.id = format!("{}-narrow", wide.id);
    Panel { name, wide, narrow }
}

fn slug(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

fn heading(id: String, title: String) -> Heading {
    Heading {
        id,
        title,
        subtitle: "Difference between randomised arms of one study at one visit".to_owned(),
        desc: String::new(),
        source: String::new(),
    }
}

fn effect(answer: &Answer, arguments: &Arguments, treatment: &str) -> Effect {
    let lower = answer.benefit == "lower";
    Effect {
        label: "Difference of means".to_owned(),
        scale: text::Scale::Decimals(2),
        ratio: false,
        direction: if lower {
            Direction::LowerIsBetter
        } else {
            Direction::HigherIsBetter
        },
        treatment: treatment.to_owned(),
        control: arguments.reference.clone(),
        level: arguments.level,
        important: arguments.threshold.map(|d| Reference {
            value: if lower { -d.abs() } else { d.abs() },
            label: "important difference".to_owned(),
        }),
    }
}

/// Arms of the treatment against the reference arm at each common visit after baseline.
fn differences(arguments: &Arguments, data: &Longitudinal, rows: &Rows, treatment: &str) -> Vec<TrialPanel> {
    let z = normal::quantile(0.5 * (1.0 + arguments.level));
    data.studies()
        .map(|study| {
            let of = |wanted: &str| {
                let wanted = wanted.to_owned();
                rows.visits
                    .iter()
                    .filter(move |v| v.study == study && v.treatment == wanted && v.time > 0.0)
            };
            let mut visits: Vec<TrialVisit> = of(treatment)
                .filter_map(|a| {
                    let c = of(&arguments.reference).find(|c| c.time == a.time)?;
                    let (y, se) = (a.mean - c.mean, a.se.hypot(c.se));
                    Some(TrialVisit {
                        hours: a.time * arguments.unit_hours,
                        effect: Interval::new(y, y - z * se, y + z * se),
                        people: (a.n.unwrap_or(0.0) + c.n.unwrap_or(0.0)) as u64,
                        rows: Vec::new(),
                    })
                })
                .collect();
            visits.sort_by(|a, b| a.hours.total_cmp(&b.hours));
            TrialPanel {
                key: study.to_owned(),
                label: study.to_owned(),
                visits,
                curve: Vec::new(),
            }
        })
        .filter(|panel| !panel.visits.is_empty())
        .collect()
}

fn all(answer: &Answer, arguments: &Arguments, treatment: &str, studies: &[TrialPanel]) -> Panel {
    let name = format!("timecourse-{}", slug(treatment));
    let unit = arguments.unit_hours;
    let visits = studies.iter().flat_map(|study| {
        study.visits.iter().map(|v| Visit {
            label: study.label.clone(),
            hours: v.hours,
            people: v.people,
            information: (v.effect.upper - v.effect.lower).powi(-2),
            effect: Some(v.effect),
            rows: Vec::new(),
        })
    });
    let input = Timecourse {
        heading: heading(
            name.clone(),
            format!("{treatment} against {} over time", arguments.reference),
        ),
        effect: effect(answer, arguments, treatment),
        visits: visits.collect(),
        curve: answer
            .curve
            .iter()
            .filter(|p| p.treatment == treatment)
            .map(|p| {
                (
                    p.time * unit,
                    Interval::new(p.estimate, p.band_lower, p.band_upper),
                )
            })
            .collect(),
        others: Vec::new(),
        horizon: answer
            .horizon
            .iter()
            .filter_map(|h| h.time_hours)
            .reduce(f64::max),
        evidence: answer
            .information
            .iter()
            .map(|i| (i.time_hours, i.trials, i.patients as u64))
            .collect(),
        window: answer
            .window
            .iter()
            .find(|w| w.treatment == treatment)
            .and_then(|w| Some((w.onset? * unit, w.loss.map(|t| t * unit)))),
    };
    panel(name, timecourse(&input), timecourse_narrow(&input))
}

fn by_trial(answer: &Answer, arguments: &Arguments, treatment: &str, panels: Vec<TrialPanel>) -> Panel {
    let name = format!("trials-{}", slug(treatment));
    let title = format!("{treatment} against {}, study by study", arguments.reference);
    let input = Trials {
        heading: heading(name.clone(), title),
        effect: effect(answer, arguments, treatment),
        panels,
        curve: answer
            .curve
            .iter()
            .filter(|p| p.treatment == treatment)
            .map(|p| (p.time * arguments.unit_hours, p.estimate))
            .collect(),
    };
    panel(name, trials(&input), trials_narrow(&input))
}

fn in_words(definition: &str, interval: &str) -> String {
    let words = match definition {
        "half_peak" => "Half of the peak",
        "important_difference" => "Important difference reached",
        "sustained_separation" => "Separated, and stays so to the horizon",
        _ => "Important difference reached, and kept to the horizon",
    };
    let more = if interval == "posterior" {
        " (posterior)"
    } else {
        ""
    };
    format!("{words}{more}")
}

fn onsets(answer: &Answer, arguments: &Arguments, data: &Longitudinal) -> Panel {
    let unit = arguments.unit_hours;
    let rows = |treatment: &str| -> Vec<OnsetRow> {
        // one interval of the likelihood is enough for the eye; the others stand in the JSON
        let shown = |o: &&Onset| o.treatment == treatment && !matches!(o.interval, "inversion" | "delta");
        let mut onsets: Vec<&Onset> = answer.onset.iter().filter(shown).collect();
        onsets.sort_by_key(|o| Definition::ALL.iter().position(|d| d.code() == o.definition));
        onsets
            .into_iter()
            .map(|o| OnsetRow {
                label: in_words(o.definition, o.interval),
                hours: o.estimate.map(|t| t * unit),
                lower: o.lower.map(|t| t * unit),
                upper: o.upper.map(|t| t * unit),
                bounded: o.interval != "simultaneous_band",
                note: o.why_not.clone().unwrap_or_default(),
            })
            .collect()
    };
    let mut names: Vec<&str> = Vec::new();
    for onset in &answer.onset {
        if !names.contains(&onset.treatment.as_str()) {
            names.push(&onset.treatment);
        }
    }
    let (first, last) = data.range();
    let input = OnsetForest {
        heading: heading(
            "onset".to_owned(),
            "When the effect begins, by definition".to_owned(),
        ),
        blocks: names
            .into_iter()
            .map(|name| OnsetBlock {
                label: name.to_owned(),
                rows: rows(name),
            })
            .collect(),
        visits: Some((first * unit, last * unit)),
        horizon: answer
            .horizon
            .iter()
            .filter_map(|h| h.time_hours)
            .reduce(f64::max),
    };
    panel(
        "onset".to_owned(),
        onset_forest(&input),
        onset_forest_narrow(&input),
    )
}
