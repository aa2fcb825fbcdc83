//! What several figures are given alike.

use crate::scene::{Item, Scene};
use crate::text::{self, Scale};

/// What stands above, beneath and beside a figure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// Name of the figure: letters, digits, hyphens; unique on a page.
    pub id: String,
    /// The finding, as one would say it.
    pub title: String,
    /// What is plotted, on which scale, by which model, how many trials and people.
    pub subtitle: String,
    /// Text alternative: the finding with its numbers. Empty: made of title and subtitle.
    pub desc: String,
    /// Where the numbers come from. May be empty.
    pub source: String,
}

impl Heading {
    /// A scene of this heading.
    pub(crate) fn scene(&self, width: f64, height: f64, items: Vec<Item>) -> Scene {
        let desc = if self.desc.is_empty() {
            self.subtitle.clone()
        } else {
            self.desc.clone()
        };
        Scene {
            width,
            height,
            id: self.id.clone(),
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            desc,
            source: self.source.clone(),
            items,
        }
    }
}

/// A value with its limits, as shown (ratios as ratios).
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Interval {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Interval {
    /// A value with its limits.
    pub fn new(value: f64, lower: f64, upper: f64) -> Interval {
        Interval { value, lower, upper }
    }

    /// False where it cannot be drawn on its axis: not a number, or not positive on a ratio axis.
    pub(crate) fn drawable(&self, ratio: bool) -> bool {
        let ordered = self.lower <= self.value && self.value <= self.upper;
        ordered && self.value.is_finite() && (!ratio || (self.value > 0.0 && self.lower >= 0.0))
    }
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Depression scores, relapse: an effect below the null favours the treatment.
    #[default]
    LowerIsBetter,
    /// Response, remission: an effect above the null favours the treatment.
    HigherIsBetter,
    /// Nobody said: neither end is named.
    Unstated,
}

impl Direction {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Direction::LowerIsBetter => "lower is better",
            Direction::HigherIsBetter => "higher is better",
            Direction::Unstated => "",
        }
    }
}

/// What an effect axis shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effect {
    /// Beneath the axis and above the numbers: "Mean difference, MADRS points", "Odds ratio".
    pub label: String,
    /// Decides decimals.
    pub scale: Scale,
    /// True for ratios: values as ratios, drawn on a log axis, null at 1.
    pub ratio: bool,
    /// Which way is good.
    pub direction: Direction,
    /// Short name after "favours": "ketamine".
    pub treatment: String,
    /// Short name after "favours": "midazolam".
    pub control: String,
    /// Level of the intervals; 0 is taken as 0.95.
    pub level: f64,
    /// The important difference, signed and on the shown scale.
    pub important: Option<Reference>,
}

impl Effect {
    /// Where there is no effect: 0, or 1 for ratios.
    pub fn null(&self) -> f64 {
        if self.ratio { 1.0 } else { 0.0 }
    }

    /// "95 % CI".
    pub fn level_name(&self) -> String {
        text::level_name(self.level())
    }

    /// "95 % prediction interval".
    pub fn prediction_name(&self) -> String {
        format!("{} prediction interval", text::level(self.level()))
    }

    fn level(&self) -> f64 {
        if self.level > 0.0 && self.level < 1.0 {
            self.level
        } else {
            0.95
        }
    }

    /// What favours left and right of the null.
    pub(crate) fn ends(&self) -> (String, String) {
        let (treatment, control) = (
            format!("favours {}", self.treatment),
            format!("favours {}", self.control),
        );
        match self.direction {
            Direction::LowerIsBetter => (treatment, control),
            Direction::HigherIsBetter => (control, treatment),
            Direction::Unstated => (String::new(), String::new()),
        }
    }

    /// "−6.9 (95 % CI −9.5 to −4.3)".
    pub(crate) fn says(&self, i: &Interval) -> String {
        let (value, range) = (
            text::value(i.value, self.scale),
            text::range(i.lower, i.upper, self.scale),
        );
        format!("{value} ({} {range})", self.level_name())
    }
}

/// A labelled value on an axis.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Reference {
    pub value: f64,
    /// "important difference", "floor".
    pub label: String,
}
