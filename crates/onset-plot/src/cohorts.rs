//! Who was in the trials: people randomised, share of women, mean age.

use crate::axis::Axis;
use crate::frame::{self, BODY, SMALL, style};
use crate::input::Heading;
use crate::scene::{Group, Item, Line, Rect, Scene, Text};
use crate::{metrics, text, theme};
use onset_data::RowId;

/// Cohorts of the trials.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cohorts {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// Studies, grouped by population in the order of first appearance.
    pub studies: Vec<Cohort>,
}

/// The people of one trial; what is not reported stays empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cohort {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// "Treatment-resistant depression": the group it is listed under. May be empty.
    pub population: String,
    /// People randomised.
    pub n_randomised: Option<u64>,
    /// Percent, 0 to 100.
    pub pct_female: Option<f64>,
    /// Years.
    pub mean_age: Option<f64>,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// The cohorts for a wide page.
pub fn cohorts(input: &Cohorts) -> Scene {
    if input.studies.is_empty() {
        return frame::nothing(&input.heading, &[], 640.0);
    }
    let rows = layout_names(input);
    let left = rows + 24.0;
    let columns = [
        (left, left + 240.0),
        (left + 300.0, left + 440.0),
        (left + 480.0, left + 620.0),
    ];
    draw(input, left + 632.0, columns, Some(rows))
}

/// The cohorts for a narrow page (358 px): each trial's name stands above its marks.
pub fn cohorts_narrow(input: &Cohorts) -> Scene {
    if input.studies.is_empty() {
        return frame::nothing(&input.heading, &[], 358.0);
    }
    draw(input, 358.0, [(4.0, 110.0), (160.0, 238.0), (264.0, 340.0)], None)
}

/// Width of the column of names.
fn layout_names(input: &Cohorts) -> f64 {
    let names = input
        .studies
        .iter()
        .map(|s| metrics::width(&s.label, BODY, false));
    names.fold(120.0, f64::max).min(240.0)
}

/// Axes of the three columns.
struct Columns {
    people: Axis,
    female: Axis,
    age: Axis,
    names: Option<f64>,
    width: f64,
}

fn draw(input: &Cohorts, width: f64, ends: [(f64, f64); 3], names: Option<f64>) -> Scene {
    let columns = columns(input, width, ends, names);
    let mut items: Vec<Item> = Vec::new();
    let titles = ["People randomised", "Women, %", "Mean age, years"];
    let axes = [columns.people, columns.female, columns.age];
    let mut top = 0.0;
    for (title, axis) in titles.into_iter().zip(&axes) {
        let (left, right) = axis.span();
        let bold = style(SMALL, "").bold();
        let end = frame::paragraph(&mut items, title, (left, 0.0), right - left + 20.0, &bold);
        top = f64::max(top, end + 4.0);
    }
    items.push(Line::new(0.0, top, width, top, "rule").into());
    let mut y = top + 2.0;
    for (population, studies) in groups(input) {
        let text = style(BODY, "").bold();
        y = frame::paragraph(&mut items, population, (0.0, y + 6.0), width, &text) + 2.0;
        for study in studies {
            y = row(&mut items, &columns, study, y);
        }
    }
    for axis in &axes {
        bottom_axis(&mut items, axis, y + 2.0);
    }
    let mut end = y + 26.0;
    let missing = |s: &Cohort| s.n_randomised.is_none() || s.pct_female.is_none() || s.mean_age.is_none();
    if input.studies.iter().any(missing) {
        end = frame::paragraph(
            &mut items,
            "n.r.: not reported.",
            (0.0, end),
            width,
            &style(SMALL, "soft"),
        );
    }
    input.heading.scene(width, end.ceil() + 4.0, items)
}

fn columns(input: &Cohorts, width: f64, ends: [(f64, f64); 3], names: Option<f64>) -> Columns {
    let most = input
        .studies
        .iter()
        .filter_map(|s| s.n_randomised)
        .max()
        .unwrap_or(0)
        .max(10) as f64;
    let widest = metrics::width(&text::count(most as u64), SMALL, false) + 12.0;
    let ages: Vec<f64> = input
        .studies
        .iter()
        .filter_map(|s| s.mean_age)
        .filter(|a| a.is_finite())
        .collect();
    let young = ages.iter().copied().fold(20.0, f64::min);
    let old = ages.iter().copied().fold(80.0, f64::max);
    let [people, female, age] = ends;
    Columns {
        people: Axis::new(0.0, most, people.0, people.1, false).rounded(widest.max(30.0)),
        female: Axis::new(0.0, 100.0, female.0, female.1, false).every(50.0),
        age: Axis::new(young, old, age.0, age.1, false).every(20.0),
        names,
        width,
    }
}

/// Populations in the order of first appearance, each with its studies; those without a name last.
fn groups(input: &Cohorts) -> Vec<(&str, Vec<&Cohort>)> {
    let mut out: Vec<(&str, Vec<&Cohort>)> = Vec::new();
    let named = input.studies.iter().filter(|s| !s.population.is_empty());
    for study in named.chain(input.studies.iter().filter(|s| s.population.is_empty())) {
        match out.iter_mut().find(|(name, _)| *name == population(study)) {
            Some((_, list)) => list.push(study),
            None => out.push((population(study), vec![study])),
        }
    }
    out
}

fn population(study: &Cohort) -> &str {
    if study.population.is_empty() {
        "Population not reported"
    } else {
        &study.population
    }
}

/// Line, ticks and labels beneath a column.
fn bottom_axis(items: &mut Vec<Item>, axis: &Axis, bottom: f64) {
    let (left, right) = axis.span();
    items.push(Line::new(left, bottom, right, bottom, "softline").into());
    for tick in axis.ticks(50.0) {
        let x = axis.at(tick.value);
        items.push(Line::new(x, bottom, x, bottom + 4.0, "softline").into());
        items.push(Text::new(x, bottom + 16.0, SMALL, tick.label).middle().into());
    }
}

/// Hairlines at the ticks behind the marks of one row, so that they cross no name.
fn grid(items: &mut Vec<Item>, axis: &Axis, middle: f64) {
    for tick in axis.ticks(50.0) {
        let x = axis.at(tick.value);
        items.push(Line::new(x, middle - 11.0, x, middle + 11.0, "rule").into());
    }
}

/// One trial; returns where its row ends.
fn row(items: &mut Vec<Item>, columns: &Columns, study: &Cohort, y: f64) -> f64 {
    let mut inside: Vec<Item> = Vec::new();
    let room = columns.names.unwrap_or(columns.width);
    let text_end = frame::paragraph(&mut inside, &study.label, (0.0, y + 2.0), room, &style(BODY, ""));
    let middle = if columns.names.is_some() {
        y + 11.0
    } else {
        text_end + 9.0
    };
    for axis in [&columns.people, &columns.female, &columns.age] {
        grid(&mut inside, axis, middle);
    }
    people(&mut inside, &columns.people, study.n_randomised, middle);
    dot(&mut inside, &columns.female, study.pct_female, 0, middle);
    dot(&mut inside, &columns.age, study.mean_age, 2, middle);
    let end = f64::max(text_end + 2.0, middle + 11.0) + if columns.names.is_some() { 0.0 } else { 4.0 };
    inside.insert(0, frame::hit(0.0, y, columns.width, end - y));
    let group = Group::new(theme::hue(0), inside).titled(says(study));
    items.push(group.sourced(&study.key, &study.rows).into());
    end
}

fn people(items: &mut Vec<Item>, axis: &Axis, n: Option<u64>, y: f64) {
    let start = axis.span().0;
    let Some(n) = n else {
        return not_reported(items, start, y);
    };
    let end = axis.held(n as f64);
    items.push(Rect::new(start, y - 6.0, end - start, 12.0, "tint").into());
    items.push(
        Text::new(end + 5.0, y + 4.5, SMALL, text::count(n))
            .class("halo")
            .into(),
    );
}

/// A mark at the value, the number beside it.
fn dot(items: &mut Vec<Item>, axis: &Axis, value: Option<f64>, shape: usize, y: f64) {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        return not_reported(items, axis.span().0, y);
    };
    let x = axis.held(value);
    items.push(frame::marker(shape, x, y, 60.0, "fill"));
    items.push(
        Text::new(x + 8.0, y + 4.5, SMALL, text::number(value, 0))
            .class("halo")
            .into(),
    );
}

fn not_reported(items: &mut Vec<Item>, x: f64, y: f64) {
    items.push(
        Text::new(x + 3.0, y + 4.5, SMALL, "n.r.")
            .class("soft halo")
            .into(),
    );
}

/// What a trial says on hover.
fn says(study: &Cohort) -> String {
    let n = study
        .n_randomised
        .map_or("people randomised not reported".to_owned(), |n| {
            format!("{} randomised", text::people(n))
        });
    let female = study
        .pct_female
        .map_or("share of women not reported".to_owned(), |f| {
            format!("{} women", text::percent(f, 0))
        });
    let age = study.mean_age.map_or("age not reported".to_owned(), |a| {
        format!("mean age {} years", text::number(a, 1))
    });
    let mut parts = vec![
        format!("{}: {n}", study.label),
        female,
        age,
        population(study).to_owned(),
    ];
    parts.extend((!study.rows.is_empty()).then(|| frame::rows_in_words(&study.rows)));
    parts.join("; ")
}
