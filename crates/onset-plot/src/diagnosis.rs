//! The figures of a diagnosis, from its rows: each with its finding as a title and what it can't say beneath.

use crate::forest::{Block, Columns, Forest, Mean, Row};
use crate::influence::{InfluencePanel, InfluenceRow, Measure};
use crate::input::{Effect, Heading, Interval};
use crate::scatter::{Scatter, ScatterLine, ScatterPoint};
use crate::scene::Scene;
use crate::subsets::SubsetGrid;
use crate::{forest, forest_narrow, influence_panel, influence_panel_narrow};
use crate::{scatter, scatter_narrow, subset_grid, subset_grid_narrow, text};
use onset_data::RowId;

/// What is diagnosed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subject {
    /// Begins the names of the figures; may be empty.
    pub id: String,
    /// "Depression, 24 hours": stands before every finding.
    pub of: String,
    /// "Random effects (REML), 13 studies."
    pub model: String,
    /// The effect axis.
    pub effect: Effect,
}

/// A figure for wide and for narrow pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// "leave-one-out", after the subject's id.
    pub name: String,
    /// For wide pages, and as a file.
    pub wide: Scene,
    /// For narrow pages.
    pub narrow: Scene,
}

/// A study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Study {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// A study with a place in a plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    /// The study.
    pub study: Study,
    /// Horizontal place.
    pub x: f64,
    /// Vertical place.
    pub y: f64,
}

/// A mean of some of the studies, as shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The study left out, or the last one that entered.
    pub study: Study,
    /// The mean; `None` where there is none.
    pub mean: Option<Interval>,
}

impl Subject {
    fn name(&self, figure: &str) -> String {
        if self.id.is_empty() {
            figure.to_owned()
        } else {
            format!("{figure}-{}", self.id)
        }
    }

    fn heading(&self, figure: &str, finding: &str, how: &str) -> Heading {
        let title = if self.of.is_empty() {
            capital(finding)
        } else {
            format!("{}: {finding}", self.of)
        };
        Heading {
            id: self.name(figure),
            desc: format!("{title}. {how}"),
            title,
            subtitle: format!("{} {how}", self.model).trim().to_owned(),
            source: String::new(),
        }
    }

    fn panel(&self, figure: &str, wide: Scene, narrow: Scene) -> Panel {
        Panel {
            name: self.name(figure),
            wide,
            narrow,
        }
    }

    fn scattered(&self, figure: &str, input: &Scatter) -> Panel {
        self.panel(figure, scatter(input), scatter_narrow(input))
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "none", "one", "3".
fn so_many(count: usize) -> String {
    match count {
        0 => "none".to_owned(),
        1 => "one".to_owned(),
        _ => count.to_string(),
    }
}

fn lie(count: usize) -> &'static str {
    if count == 1 { "lies" } else { "lie" }
}

fn steps(
    subject: &Subject,
    figure: &str,
    header: &str,
    rows: &[Step],
    whole: &Mean,
    heading: Heading,
) -> Panel {
    let row = |step: &Step| Row {
        key: step.study.key.clone(),
        label: step.study.label.clone(),
        effect: step.mean,
        note: if step.mean.is_some() {
            String::new()
        } else {
            "no mean can be computed".to_owned()
        },
        rows: step.study.rows.clone(),
        ..Row::default()
    };
    let input = Forest {
        heading,
        effect: subject.effect.clone(),
        columns: Columns::None,
        rows_header: header.to_owned(),
        blocks: vec![Block {
            rows: rows.iter().map(row).collect(),
            ..Block::default()
        }],
        means: vec![whole.clone()],
        ..Forest::default()
    };
    subject.panel(figure, forest(&input), forest_narrow(&input))
}

fn excludes(effect: &Effect, mean: &Interval) -> bool {
    mean.lower > effect.null() || mean.upper < effect.null()
}

/// The mean without each study.
pub fn leave_one_out(subject: &Subject, rows: &[Step], whole: &Mean) -> Option<Panel> {
    let all = whole.effect?;
    let means: Vec<Interval> = rows.iter().filter_map(|step| step.mean).collect();
    let lowest = means.iter().map(|mean| mean.value).fold(f64::INFINITY, f64::min);
    let highest = means
        .iter()
        .map(|mean| mean.value)
        .fold(f64::NEG_INFINITY, f64::max);
    if means.is_empty() {
        return None;
    }
    let scale = subject.effect.scale;
    let finding = format!(
        "without any one study the mean lies between {} and {}",
        text::value(lowest, scale),
        text::value(highest, scale)
    );
    let turned = means
        .iter()
        .filter(|mean| excludes(&subject.effect, mean) != excludes(&subject.effect, &all))
        .count();
    let verdict = match (turned, excludes(&subject.effect, &all)) {
        (0, true) => "Every interval excludes no effect, as that of all studies does.".to_owned(),
        (0, false) => "Every interval holds no effect, as that of all studies does.".to_owned(),
        (n, true) => format!("All studies exclude no effect; {n} of these intervals hold it."),
        (n, false) => format!("The interval of all studies holds no effect; {n} of these exclude it."),
    };
    let how = format!("Each row is the mean without that study. {verdict}");
    let heading = subject.heading("leave-one-out", &finding, &how);
    Some(steps(subject, "leave-one-out", "Without", rows, whole, heading))
}

/// The mean of the first study, the first two, and so on.
pub fn cumulative(subject: &Subject, rows: &[Step], order: &str, whole: &Mean) -> Option<Panel> {
    let means: Vec<&Interval> = rows.iter().filter_map(|step| step.mean.as_ref()).collect();
    let all = whole.effect?;
    let first = means.first()?;
    let scale = subject.effect.scale;
    let finding = format!(
        "study after study the mean goes from {} to {}",
        text::value(first.value, scale),
        text::value(all.value, scale)
    );
    let how = format!(
        "Each row is the mean of that study and all above it, {order}; the first row is one study alone. Looking again \
         after every study finds an effect too often."
    );
    let heading = subject.heading("cumulative", &finding, &how);
    Some(steps(subject, "cumulative", "Up to", rows, whole, heading))
}

fn marked(places: &[Place], which: impl Fn(usize, &Place) -> bool) -> Vec<ScatterPoint> {
    let point = |(at, place): (usize, &Place)| ScatterPoint {
        key: place.study.key.clone(),
        label: place.study.label.clone(),
        x: place.x,
        y: place.y,
        size: 0.0,
        marked: which(at, place),
        rows: place.study.rows.clone(),
    };
    places.iter().enumerate().map(point).collect()
}

fn largest(places: &[Place], of: impl Fn(&Place) -> f64) -> Option<usize> {
    (0..places.len())
        .filter(|&i| of(&places[i]).is_finite())
        .max_by(|&a, &b| of(&places[a]).total_cmp(&of(&places[b])))
}

/// Baujat's plot: x a study's part in heterogeneity, y what it does to the mean.
pub fn baujat(subject: &Subject, places: &[Place]) -> Option<Panel> {
    let (odd, strong) = (largest(places, |p| p.x)?, largest(places, |p| p.y)?);
    let finding = if odd == strong {
        format!(
            "{} adds most to heterogeneity and moves the mean most",
            places[odd].study.label
        )
    } else {
        format!(
            "{} adds most to heterogeneity, {} moves the mean most",
            places[odd].study.label, places[strong].study.label
        )
    };
    let how = "Studies at the right fit the mean badly, studies at the top pull it. Some study always lies furthest.";
    Some(subject.scattered(
        "baujat",
        &Scatter {
            heading: subject.heading("baujat", &finding, how),
            x: "Part in heterogeneity: squared standardised residual".to_owned(),
            y: "Influence: squared standardised change of the mean".to_owned(),
            points: marked(places, |at, _| at == odd || at == strong),
            hold: vec![(0.0, 0.0)],
            ..Scatter::default()
        },
    ))
}

/// Galbraith's plot: x precision, y the standardised effect; the mean as a slope.
pub fn radial(subject: &Subject, places: &[Place], slope: f64, z: f64) -> Option<Panel> {
    let furthest = places.get(largest(places, |p| p.x)?)?.x * 1.05;
    let outside = |p: &Place| (p.y - slope * p.x).abs() > z;
    let count = places.iter().filter(|p| outside(p)).count();
    let finding = format!(
        "{} of {} studies {} outside the band",
        so_many(count),
        places.len(),
        lie(count)
    );
    let how = "A line from the origin through a study has its effect as slope. About one study in twenty lies outside \
               by chance.";
    let line = |shift: f64| vec![(0.0, shift), (furthest, slope * furthest + shift)];
    Some(
        subject.scattered(
            "radial",
            &Scatter {
                heading: subject.heading("radial", &finding, how),
                x: "Precision: 1 over the standard error, heterogeneity included".to_owned(),
                y: "Effect in standard errors".to_owned(),
                points: marked(places, |_, p| outside(p)),
                lines: vec![ScatterLine {
                    label: "pooled effect".to_owned(),
                    points: line(0.0),
                    dashed: false,
                }],
                bands: vec![vec![
                    (0.0, -z),
                    (furthest, slope * furthest - z),
                    (furthest, slope * furthest + z),
                    (0.0, z),
                ]],
                hold: [-z, z]
                    .into_iter()
                    .flat_map(|shift| [(0.0, shift), (furthest, slope * furthest + shift)])
                    .collect(),
                note: "Shaded: 95 % of studies are expected here.".to_owned(),
                ..Scatter::default()
            },
        ),
    )
}

/// L'Abbe's plot: x risk in the control group, y in the treated group, each with its people.
pub fn labbe(subject: &Subject, places: &[(Place, f64)], line: &[(f64, f64)]) -> Option<Panel> {
    let most = places.iter().map(|(_, n)| *n).fold(0.0, f64::max);
    let below = places.iter().filter(|(place, _)| place.y < place.x).count();
    if places.is_empty() || most <= 0.0 {
        return None;
    }
    let finding = format!(
        "in {} of {} studies the first group has the lower risk",
        so_many(below),
        places.len()
    );
    let points = places.iter().map(|(place, n)| ScatterPoint {
        key: place.study.key.clone(),
        label: place.study.label.clone(),
        x: place.x * 100.0,
        y: place.y * 100.0,
        size: n / most,
        marked: false,
        rows: place.study.rows.clone(),
    });
    let highest = places
        .iter()
        .map(|(place, _)| place.x.max(place.y))
        .fold(0.0, f64::max)
        * 105.0;
    let mut lines = vec![ScatterLine {
        label: "equal risks".to_owned(),
        points: vec![(0.0, 0.0), (100.0, 100.0)],
        dashed: true,
    }];
    if line.len() > 1 {
        lines.push(ScatterLine {
            label: "risks that the pooled effect relates".to_owned(),
            points: line.iter().map(|(x, y)| (x * 100.0, y * 100.0)).collect(),
            dashed: false,
        });
    }
    Some(subject.scattered(
        "labbe",
        &Scatter {
            heading: subject.heading("labbe", &finding, "Circles grow with the number of people."),
            x: "Risk in the second group (control), %".to_owned(),
            y: "Risk in the first group, %".to_owned(),
            points: points.collect(),
            lines,
            hold: vec![(0.0, 0.0), (highest.min(100.0), highest.min(100.0))],
            ..Scatter::default()
        },
    ))
}

/// Normal quantiles: each place with the envelope there.
pub fn quantiles(subject: &Subject, places: &[(Place, [f64; 2])]) -> Option<Panel> {
    let outside = |(place, [lower, upper]): &(Place, [f64; 2])| place.y < *lower || place.y > *upper;
    let count = places.iter().filter(|p| outside(p)).count();
    let (first, last) = (places.first()?, places.last()?);
    let finding = format!(
        "{} of {} residuals {} outside the envelope",
        so_many(count),
        places.len(),
        lie(count)
    );
    let how = "The envelope is pointwise, from effects drawn from the model: about one residual in twenty lies outside \
               when all is well.";
    let plain: Vec<Place> = places.iter().map(|(place, _)| place.clone()).collect();
    let lower = places.iter().map(|(place, [lower, _])| (place.x, *lower));
    let upper = places.iter().rev().map(|(place, [_, upper])| (place.x, *upper));
    let ends = [first.0.x, last.0.x];
    Some(subject.scattered(
        "quantiles",
        &Scatter {
            heading: subject.heading("quantiles", &finding, how),
            x: "Normal quantile".to_owned(),
            y: "Standardised residual".to_owned(),
            points: marked(&plain, |at, _| outside(&places[at])),
            lines: vec![ScatterLine {
                label: "a normal distribution".to_owned(),
                points: ends.map(|x| (x, x)).to_vec(),
                dashed: true,
            }],
            bands: vec![lower.clone().chain(upper.clone()).collect()],
            hold: lower.chain(upper).collect(),
            note: "Shaded: the envelope.".to_owned(),
            ..Scatter::default()
        },
    ))
}

/// The log-likelihood over tau2; `drop` is how far it falls to its confidence limits.
pub fn profile(subject: &Subject, curve: &[(f64, f64)], drop: f64) -> Option<Panel> {
    let top = curve.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (left, right) = (curve.first()?.0, curve.last()?.0);
    let floor = top.1 - drop;
    let shown: Vec<(f64, f64)> = curve.iter().copied().filter(|p| p.1 > floor - drop).collect();
    let right = shown.last().map_or(right, |p| p.0);
    let finding = format!(
        "the likeliest heterogeneity variance is {}",
        text::number(top.0, 3)
    );
    let how = "A flat curve means that the studies hardly tell the variance.";
    Some(subject.scattered(
        "profile",
        &Scatter {
            heading: subject.heading("profile", &finding, how),
            x: "Heterogeneity variance".to_owned(),
            y: "Log-likelihood".to_owned(),
            points: vec![ScatterPoint {
                label: "estimate".to_owned(),
                x: top.0,
                y: top.1,
                ..ScatterPoint::default()
            }],
            lines: vec![
                ScatterLine {
                    label: "log-likelihood at the best mean".to_owned(),
                    points: shown.clone(),
                    dashed: false,
                },
                ScatterLine {
                    label: "above it lie the values within the confidence limits".to_owned(),
                    points: vec![(left, floor), (right, floor)],
                    dashed: true,
                },
            ],
            hold: shown,
            note: "Circle: the estimate.".to_owned(),
            ..Scatter::default()
        },
    ))
}

/// Studies by measures of influence.
pub fn influence(subject: &Subject, measures: Vec<Measure>, studies: Vec<InfluenceRow>) -> Option<Panel> {
    let count = studies.iter().filter(|study| study.influential).count();
    if studies.is_empty() {
        return None;
    }
    let finding = match count {
        0 => "no study is influential by the customary limits".to_owned(),
        1 => format!("one of {} studies is influential", studies.len()),
        _ => format!("{count} of {} studies are influential", studies.len()),
    };
    let input = InfluencePanel {
        heading: subject.heading("influence", &finding, "Filled: beyond a customary limit."),
        measures,
        studies,
        note: "Dashed: customary limits, or the value of all studies. A limit is a place to look, not a reason to leave \
               a study out."
            .to_owned(),
    };
    Some(subject.panel(
        "influence",
        influence_panel(&input),
        influence_panel_narrow(&input),
    ))
}

/// Means of all subsets.
pub fn subsets(subject: &Subject, grid: SubsetGrid, middle: [f64; 2]) -> Panel {
    let finding = format!(
        "half of the subsets have a mean between {} and {}",
        text::number(middle[0], 2),
        text::number(middle[1], 2)
    );
    let how = "Subsets overlap: they are no sample, and their spread is no standard error.";
    let input = SubsetGrid {
        heading: subject.heading("subsets", &finding, how),
        ..grid
    };
    subject.panel("subsets", subset_grid(&input), subset_grid_narrow(&input))
}

/// The Copas model: x the chance that the smallest study is published, y the mean with its interval on the
/// analysis scale.
pub fn copas(subject: &Subject, line: &[(f64, Interval)], unselected: &Interval, y: &str) -> Option<Panel> {
    let (last, mean) = line.last()?;
    let finding = format!(
        "the mean goes from {} to {} when the smallest study is ever less likely to be published",
        text::number(unselected.value, 2),
        text::number(mean.value, 2)
    );
    let how = format!(
        "Copas model. The chance of the smallest study falls from 1 to {}; the largest study stays nearly certain. What \
         was selected is assumed, not estimated.",
        text::number(*last, 1)
    );
    let all: Vec<(f64, Interval)> = std::iter::once((1.0, *unselected))
        .chain(line.iter().copied())
        .collect();
    let points = all.iter().map(|(chance, mean)| ScatterPoint {
        label: format!("chance {}", text::number(*chance, 2)),
        x: *chance,
        y: mean.value,
        ..ScatterPoint::default()
    });
    let lower = all.iter().map(|(chance, mean)| (*chance, mean.lower));
    let upper = all.iter().rev().map(|(chance, mean)| (*chance, mean.upper));
    Some(subject.scattered(
        "copas",
        &Scatter {
            heading: subject.heading("copas", &finding, &how),
            x: "Chance that the smallest study is published".to_owned(),
            y: y.to_owned(),
            points: points.collect(),
            lines: vec![ScatterLine {
                label: "no effect".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 0.0)],
                dashed: true,
            }],
            bands: vec![lower.clone().chain(upper.clone()).collect()],
            hold: lower.chain(upper).chain([(1.0, 0.0)]).collect(),
            note: "Shaded: confidence intervals.".to_owned(),
            ends: Some((0.0, 1.0)),
        },
    ))
}
