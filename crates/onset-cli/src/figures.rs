//! Figures of a statistical command as SVG files.

use onset::data::Diagnostic;
use onset::effects::{BackTransform, Measure};
use onset::plot::diagnosis::{Panel, Study, Subject};
use onset::plot::{Direction, Effect, Interval, text};
use std::path::Path;

/// Writes one file a figure; returns their names in order.
///
/// # Errors
/// `figures`: the folder or a file cannot be written.
pub fn write(dir: &Path, panels: &[Panel]) -> Result<Vec<String>, Diagnostic> {
    let failed = |what: &Path, error: std::io::Error| {
        Diagnostic::error("figures", format!("cannot write {}: {error}", what.display()))
            .hint("--figures takes a folder; it is made when it is not there")
    };
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    let mut names = Vec::new();
    for panel in panels {
        let name = format!("{}.svg", panel.name);
        let path = dir.join(&name);
        std::fs::write(&path, panel.wide.to_svg()).map_err(|error| failed(&path, error))?;
        names.push(name);
    }
    Ok(names)
}

/// What the figures are about: ratios are drawn as ratios, everything else on the analysis scale.
pub fn subject(measure: Measure, level: f64, model: String) -> Subject {
    let ratio = is_ratio(measure);
    let mut label = measure.name().to_owned();
    if ratio {
        label = label.trim_start_matches("log ").to_owned();
    }
    if measure == Measure::Generic {
        "effect".clone_into(&mut label);
    }
    let mut letters = label.chars();
    let label = letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect::<String>()
    });
    Subject {
        id: String::new(),
        of: String::new(),
        model,
        effect: Effect {
            label,
            scale: if ratio {
                text::Scale::Ratio
            } else {
                text::Scale::of(measure.code())
            },
            ratio,
            direction: Direction::Unstated,
            treatment: String::new(),
            control: String::new(),
            level,
            important: None,
        },
    }
}

fn is_ratio(measure: Measure) -> bool {
    measure.back_transform() == BackTransform::Exp
}

/// A value on the scale that is drawn.
pub fn shown(measure: Measure, y: f64) -> f64 {
    if is_ratio(measure) { y.exp() } else { y }
}

/// An interval on the scale that is drawn.
pub fn interval(measure: Measure, value: f64, lower: f64, upper: f64) -> Interval {
    let at = |y| shown(measure, y);
    Interval::new(at(value), at(lower), at(upper))
}

/// A study by its label.
pub fn study(label: &str) -> Study {
    Study {
        key: label.to_owned(),
        label: label.to_owned(),
        rows: Vec::new(),
    }
}
