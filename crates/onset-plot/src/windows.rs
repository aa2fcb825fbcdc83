//! Time course in windows: one pooled effect a window, on a time axis that runs from minutes to weeks.

use crate::input::{Effect, Heading, Interval};
use crate::scene::Scene;
use onset_data::RowId;

/// A windowed time course of one or more comparisons.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Windows {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis, shared by all comparisons. `treatment` and `control` name the ends; with several
    /// comparisons say "treatment" and "control".
    pub effect: Effect,
    /// Comparisons: one panel each, all on the same axes, in a colour and a shape of their own.
    pub series: Vec<Series>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// "Ketamine IV v midazolam": printed above its panel.
    pub label: String,
    /// Its windows, with those that have no evidence.
    pub points: Vec<WindowPoint>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowPoint {
    /// Key of the pool; `data-key`.
    pub key: String,
    /// "24 hours".
    pub label: String,
    /// Where it stands in time.
    pub when: When,
    /// Trials.
    pub k: usize,
    /// People analysed.
    pub n: u64,
    /// Effect as shown; none: no randomised evidence in this window.
    pub estimate: Option<Interval>,
    /// What the area of the point is proportional to (1 / SE²); none: people.
    pub information: Option<f64>,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// Where a window stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum When {
    /// Hours after the first dose.
    Hours {
        /// Window begins.
        from: f64,
        /// Window ends.
        to: f64,
        /// The visit nearest to this is used.
        target: f64,
    },
    /// At the end of a course of doses: drawn in a panel of its own, never joined with hours.
    #[default]
    CourseEnd,
}

/// The time course for a wide page: panels two abreast.
pub fn windows(input: &Windows) -> Scene {
    input.heading.scene(1000.0, 40.0, Vec::new())
}

/// The time course for a narrow page (358 px): panels beneath each other.
pub fn windows_narrow(input: &Windows) -> Scene {
    input.heading.scene(358.0, 40.0, Vec::new())
}
