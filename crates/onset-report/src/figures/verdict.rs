//! Monitored series: z after each trial against boundaries. A second view, labelled so in the figure.

use super::Figure;
use crate::words;
use onset_plot::lines::{LineKind, LinePoint, LineSeries, Lines};
use onset_plot::text::Scale;
use onset_plot::{Heading, Reference, lines, lines_narrow, text};
use onset_review::Answers;
use onset_review::answers::Pool;
use onset_review::verdict::{Look, PoolVerdict, Sequential};

/// No boundary above it is drawn: it could not be reached.
const HIGHEST: f64 = 8.0;
/// The axis goes at least so far to either side.
const LEAST: f64 = 3.0;

/// Name of the figure of a pool.
pub(crate) fn name(found: &PoolVerdict) -> String {
    format!("monitored-{}", words::slug(&found.id))
}

/// One a pool that has a series.
pub(super) fn figures(answers: &Answers) -> Vec<Figure> {
    let pools = answers.verdict.iter().flat_map(|report| &report.pools);
    pools
        .filter_map(|found| {
            let pool = words::pool_at(answers, &found.pool)?;
            Some(figure(found, found.sequential.as_ref()?, pool))
        })
        .collect()
}

fn series(label: &str, hue: usize, kind: LineKind, points: Vec<LinePoint>) -> LineSeries {
    LineSeries {
        label: label.to_owned(),
        hue,
        kind,
        points,
    }
}

/// Values at the looks, and at the people needed.
fn along(view: &Sequential, of: impl Fn(&Look) -> Option<f64>, planned: Option<f64>) -> Vec<LinePoint> {
    let point = |x: f64, y: Option<f64>| LinePoint {
        x,
        y: y.filter(|y| y.abs() <= HIGHEST),
        name: String::new(),
    };
    let mut points: Vec<LinePoint> = view
        .looks
        .iter()
        .filter(|look| of(look).is_some())
        .map(|look| point(look.people as f64, of(look)))
        .collect();
    if planned.is_some() {
        points.push(point(view.required, planned));
    }
    points
}

fn figure(found: &PoolVerdict, view: &Sequential, pool: &Pool) -> Figure {
    let name = name(found);
    let reached = match &view.crossed {
        Some(label) => format!("z passed its boundary after {label}"),
        None => "z has not passed its boundary".to_owned(),
    };
    let title = format!("A second view, not the conclusion: {reached}");
    let (people, required) = (text::count(view.people), text::count(view.required.ceil() as u64));
    let z = view
        .looks
        .iter()
        .map(|look| LinePoint {
            x: look.people as f64,
            y: Some(look.z),
            name: format!("after {} ({} people)", look.label, text::count(look.people)),
        })
        .collect();
    let drawn = view.looks.iter().map(|look| look.z);
    let low = drawn.clone().fold(-LEAST, f64::min).floor();
    let high = drawn.fold(LEAST, f64::max).ceil();
    let bounds = view
        .looks
        .iter()
        .filter_map(|look| look.boundary)
        .chain(view.planned);
    let bound = bounds.filter(|b| *b <= HIGHEST).fold(LEAST, f64::max);
    let minus = |look: &Look| look.boundary.map(|b| -b);
    let input = Lines {
        heading: Heading {
            id: name.clone(),
            desc: format!("{title}; {people} people of {required} needed."),
            title,
            subtitle: format!(
                "{}. Random-effects z after each trial, {people} people of {required} needed (two-sided {}, power {}, diversity {}). \
                 Cochrane advises against drawing conclusions from monitored series.",
                words::subtitle(pool).trim_end_matches('.'),
                text::number(view.alpha, 2),
                text::percent(100.0 * view.power, 0),
                text::percent(100.0 * view.diversity, 0),
            ),
            source: String::new(),
        },
        x: "People in the arms of the trials so far".to_owned(),
        y: "z (positive: towards benefit)".to_owned(),
        scale: Scale::Decimals(2),
        y_limits: Some((low.min(-bound.ceil()), high.max(bound.ceil()))),
        series: vec![
            series("z", 0, LineKind::Marked, z),
            series(
                "boundary, both sides",
                1,
                LineKind::Dashed,
                along(view, |l| l.boundary, view.planned),
            ),
            series(
                "",
                1,
                LineKind::Dashed,
                along(view, minus, view.planned.map(|b| -b)),
            ),
            series(
                "futility",
                2,
                LineKind::Dotted,
                along(view, |l| l.futility, view.planned),
            ),
        ],
        uprights: vec![Reference {
            value: view.required,
            label: format!("{required} needed"),
        }],
        note: "Boundaries: Lan-DeMets spending of the O'Brien-Fleming kind; those above 8 are not drawn. People of a crossover count in both arms."
            .to_owned(),
        ..Lines::default()
    };
    Figure::new(
        &name,
        Some("verdict-looks".to_owned()),
        lines(&input),
        lines_narrow(&input),
    )
}
