//! The figures: the same scenes stand in the page and, as files, in `figures/`.

pub(crate) mod absolute;
pub(crate) mod blinding;
pub(crate) mod comparison;
pub(crate) mod course;
pub(crate) mod diagnosis;
pub(crate) mod durability;
pub(crate) mod economics;
pub(crate) mod evidence;
pub(crate) mod floor;
pub(crate) mod forest;
pub(crate) mod funnel;
pub(crate) mod network;
pub(crate) mod priors;
pub(crate) mod timecourse;
pub(crate) mod verdict;

use crate::words;
use onset_plot::Scene;
use onset_plot::{Direction, Effect, Interval, Reference};
use onset_review::Answers;
use onset_review::answers::{self, Pool};
use std::collections::BTreeMap;

/// A figure for wide and for narrow pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without its ending; unique.
    pub name: String,
    /// For wide pages; this is the file in `figures/`.
    pub wide: Scene,
    /// For narrow pages.
    pub narrow: Scene,
    /// Name of the CSV table behind it.
    pub table: Option<String>,
}

impl Figure {
    /// A figure from its two drawings; the narrow one gets an id of its own.
    fn new(name: &str, table: Option<String>, wide: Scene, mut narrow: Scene) -> Figure {
        narrow.id = format!("{}-narrow", wide.id);
        Figure {
            name: name.to_owned(),
            wide,
            narrow,
            table,
        }
    }
}

/// Every figure, in the order of the page.
pub fn figures(answers: &Answers) -> Vec<Figure> {
    let names = pool_names(answers);
    let headline = words::headline(answers);
    let mut list = course::figures(answers);
    for (pool, name) in answers.size.by.iter().zip(&names) {
        list.extend(forest::figure(pool, name));
        list.extend(absolute::figure(
            pool,
            name,
            headline,
            words::rated(answers, pool),
        ));
        list.extend(funnel::figure(pool, name));
        list.extend(diagnosis::figures(pool, name));
    }
    list.extend(blinding::figure(answers));
    list.extend(comparison::figure(answers));
    list.extend(network::figures(answers));
    list.extend(economics::figures(answers));
    list.extend(floor::figure(answers));
    list.extend(priors::figure(answers));
    list.extend(verdict::figures(answers));
    list.extend(timecourse::figures(answers));
    list.extend(durability::figures(answers));
    list.extend(evidence::cohorts(&answers.evidence));
    list.extend(evidence::risk_of_bias(&answers.evidence));
    list
}

/// The same by name.
pub(crate) fn by_name(answers: &Answers) -> BTreeMap<String, Figure> {
    figures(answers)
        .into_iter()
        .map(|figure| (figure.name.clone(), figure))
        .collect()
}

/// Names of the pools for files and anchors, in their order.
pub(crate) fn pool_names(answers: &Answers) -> Vec<String> {
    words::slugs(answers.size.by.iter().map(|pool| pool.id.as_str()))
}

fn interval(of: &answers::Interval) -> Interval {
    Interval::new(of.value, of.lower, of.upper)
}

fn direction(words: &str) -> Direction {
    if words == "higher is better" {
        Direction::HigherIsBetter
    } else {
        Direction::LowerIsBetter
    }
}

/// The effect axis of a pool.
fn effect(pool: &Pool) -> Effect {
    let (scale, level) = pool
        .estimate
        .as_ref()
        .map_or(("effect", 0.95), |found| (found.scale.as_str(), found.level));
    let unit = if pool.unit.is_empty() {
        String::new()
    } else {
        format!(", {}", pool.unit)
    };
    Effect {
        label: format!("{}{unit}", words::capital(scale)),
        scale: words::scale(&pool.measure),
        ratio: pool.ratio,
        direction: direction(&pool.direction),
        treatment: words::uncapital(&pool.treatment_label),
        control: words::uncapital(&pool.control_label),
        level,
        important: pool.important_difference.map(|value| Reference {
            value: words::shown(value, pool.ratio),
            label: "important difference".to_owned(),
        }),
    }
}
