//! The specification curve of the headline result.

use super::{Figure, effect, interval};
use crate::words;
use onset_plot::specification::{Specification, SpecificationMark};
use onset_plot::{Heading, Reference, specification, specification_narrow, text};
use onset_review::Answers;
use onset_review::answers::Interval;
use onset_review::floor::FloorReport;

/// The figure; `None` where no analysis has a result.
pub(super) fn figure(answers: &Answers) -> Option<Figure> {
    let floor = answers.floor.as_ref()?;
    let pool = words::pool_at(answers, &floor.pool)?;
    let analyses = marks(floor, pool.ratio);
    if analyses.is_empty() {
        return None;
    }
    let scale = words::scale(&pool.measure);
    let worst = floor.floors.first()?;
    let benefit = if pool.direction == "lower is better" {
        worst.value < 0.0
    } else {
        worst.value > 0.0
    };
    let title = if benefit {
        format!(
            "Even the least favourable of {} declared analyses supports {} {}",
            text::count(floor.fitted as u64),
            text::value(worst.shown, scale),
            pool.unit
        )
    } else {
        format!(
            "The least favourable of {} declared analyses leaves open no benefit at all",
            text::count(floor.fitted as u64)
        )
    };
    let title = title.trim_end().to_owned();
    let input = Specification {
        heading: Heading {
            id: "specification-curve".to_owned(),
            desc: format!("{title}. It is set by: {}.", worst.analysis),
            title,
            subtitle: format!(
                "{}. The floor is the end towards no benefit that all analyses reach (or 95 %, or half of them, by weight).",
                words::subtitle(pool).trim_end_matches('.')
            ),
            source: String::new(),
        },
        effect: effect(pool),
        forks: floor
            .forks
            .iter()
            .map(|fork| {
                let options = fork.options.iter().map(|option| option.label.clone()).collect();
                (fork.label.clone(), options)
            })
            .collect(),
        analyses,
        floors: floors(floor),
    };
    Some(Figure::new(
        "specification-curve",
        Some("floor-analyses".to_owned()),
        specification(&input),
        specification_narrow(&input),
    ))
}

/// The floors, each value once.
fn floors(floor: &FloorReport) -> Vec<Reference> {
    let mut list: Vec<Reference> = Vec::new();
    for at in &floor.floors {
        let label = if at.lambda == 0.0 {
            "floor".to_owned()
        } else {
            format!("floor of {}", text::percent(100.0 * (1.0 - at.lambda), 0))
        };
        match list.iter_mut().find(|other| other.value == at.shown) {
            Some(_) => {}
            None => list.push(Reference {
                value: at.shown,
                label,
            }),
        }
    }
    list
}

fn marks(floor: &FloorReport, ratio: bool) -> Vec<SpecificationMark> {
    let shown = |x: f64| words::shown(x, ratio);
    let found = floor.curve.iter().enumerate();
    found
        .filter_map(|(i, analysis)| {
            let value = Interval {
                value: shown(analysis.estimate?),
                lower: shown(analysis.lower?),
                upper: shown(analysis.upper?),
            };
            let options = analysis.options.iter().zip(&floor.forks);
            Some(SpecificationMark {
                interval: interval(&value),
                options: options
                    .filter_map(|(name, fork)| fork.options.iter().position(|o| o.option == *name))
                    .collect(),
                sets: floor.floors.iter().any(|at| at.set_by == i),
                name: analysis.options.join(", "),
            })
        })
        .collect()
}
