//! An estimate under many priors at once: median and interval along the scale of the prior, one colour and mark a family.

use crate::input::{Effect, Heading, Interval, Reference};
use crate::lines::{LineKind, LinePoint, LineSeries, Lines, lines, lines_narrow};
use crate::scene::Scene;
use crate::text;

/// Families of priors.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Priors {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis, upright.
    pub effect: Effect,
    /// "points", "log odds ratio": unit of the scale of the prior.
    pub unit: String,
    /// Families.
    pub families: Vec<PriorFamily>,
}

/// One family.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriorFamily {
    /// "half-normal".
    pub label: String,
    /// Scale of the prior, and the mean effect under it; scales rise.
    pub points: Vec<(f64, Interval)>,
}

/// For a wide page.
pub fn priors(input: &Priors) -> Scene {
    lines(&drawn(input))
}

/// For a narrow page (358 px).
pub fn priors_narrow(input: &Priors) -> Scene {
    lines_narrow(&drawn(input))
}

/// Marks on a line.
const MARKS: usize = 6;

fn drawn(input: &Priors) -> Lines {
    let effect = &input.effect;
    let mut series = Vec::new();
    for (hue, family) in input.families.iter().enumerate() {
        let last = family.points.len().saturating_sub(1);
        // marks of the families stand apart, so that lines that coincide are told apart
        let shift = hue * last / (3 * (MARKS - 1));
        let marked = |i: usize| (0..MARKS).any(|mark| mark * last / (MARKS - 1) + shift == i);
        let line = |end: &str, of: fn(&Interval) -> f64, kind: LineKind| LineSeries {
            label: match kind {
                LineKind::Marked => format!("{}: median", family.label),
                _ => String::new(),
            },
            hue,
            kind,
            points: family
                .points
                .iter()
                .enumerate()
                .map(|(i, (scale, interval))| {
                    let scaled = format!("scale {}", text::value(*scale, text::Scale::Ratio));
                    let name = match (marked(i), kind) {
                        (false, _) => String::new(),
                        (true, LineKind::Marked) => scaled,
                        (true, _) => format!("{}: {end} end, {scaled}", family.label),
                    };
                    LinePoint {
                        x: *scale,
                        y: Some(of(interval)),
                        name,
                    }
                })
                .collect(),
        };
        series.push(line("lower", |i| i.lower, LineKind::Thin));
        series.push(line("upper", |i| i.upper, LineKind::Thin));
        series.push(line("", |i| i.value, LineKind::Marked));
    }
    let mut levels = vec![Reference {
        value: effect.null(),
        label: "no difference".to_owned(),
    }];
    levels.extend(effect.important.clone());
    let direction = match effect.direction.words() {
        "" => String::new(),
        words => format!(" ({words})"),
    };
    let unit = if input.unit.is_empty() {
        String::new()
    } else {
        format!(", {}", input.unit)
    };
    Lines {
        heading: input.heading.clone(),
        x: format!("Scale of the prior on the spread between trials{unit} (log axis)"),
        x_log: true,
        y: format!("{}{direction}", effect.label),
        scale: effect.scale,
        y_log: effect.ratio,
        series,
        levels,
        note: format!(
            "Thin lines with small marks: ends of the {} interval. The scale of a uniform prior is its upper end.",
            text::level(if effect.level > 0.0 { effect.level } else { 0.95 })
        ),
        ..Lines::default()
    }
}
