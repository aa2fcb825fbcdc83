//! Trust in the numbers: do printed numbers agree with each other, and can they be at all?
//!
//! A check that does not agree says so and nothing more: typing, rounding, another denominator or a model
//! explain most of it. Numbers follow the checks of INSPECT-SR (Wilkinson 2025), domain 4.

mod bounds;
mod counts;
mod grain;
mod intervals;
mod printed;
mod rows;
mod spread;

pub use bounds::{change_sd, scale_bounds};
pub use counts::{Implied, arm_sum, implied_events, implied_n, nested, percent};
pub use grain::{debit, grim, grimmer};
pub use intervals::{Scale, interval, p_value, standard_error};
pub use printed::{Printed, PrintedP};
pub use rows::{Options, Row, check_rows};
pub use spread::{duplicates, spread};

use serde::Serialize;

/// A check of printed numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Mean of whole numbers and group size (Brown and Heathers 2017).
    Grim,
    /// Mean and SD of whole numbers and group size (Anaya 2016; Allard 2018).
    Grimmer,
    /// Share and SD of a yes-no variable (Heathers and Brown 2019).
    Debit,
    /// Mean within the scale, SD not above what the scale allows.
    ScaleBounds,
    /// SD of the change and the SDs before and after.
    ChangeSd,
    /// Estimate and its interval.
    Interval,
    /// Standard error and interval.
    StandardError,
    /// p value, estimate and interval.
    PValue,
    /// SD against the other SDs of the same kind: is one a standard error?
    SdOrSe,
    /// Percentage, events and people.
    Percent,
    /// Events at or below a cut-off, mean and SD of the score.
    ImpliedEvents,
    /// People with the narrower event and with the wider one.
    Nested,
    /// Sizes of the arms and of the study.
    ArmSum,
    /// The same numbers twice.
    Duplicate,
    /// Printed comparison and the numbers of its arms.
    Contrast,
}

impl Check {
    /// Every check.
    pub const ALL: [Check; 15] = [
        Check::Grim,
        Check::Grimmer,
        Check::Debit,
        Check::ScaleBounds,
        Check::ChangeSd,
        Check::Interval,
        Check::StandardError,
        Check::PValue,
        Check::SdOrSe,
        Check::Percent,
        Check::ImpliedEvents,
        Check::Nested,
        Check::ArmSum,
        Check::Duplicate,
        Check::Contrast,
    ];

    /// Its name in tables and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Check::Grim => "grim",
            Check::Grimmer => "grimmer",
            Check::Debit => "debit",
            Check::ScaleBounds => "scale_bounds",
            Check::ChangeSd => "change_sd",
            Check::Interval => "interval",
            Check::StandardError => "standard_error",
            Check::PValue => "p_value",
            Check::SdOrSe => "sd_or_se",
            Check::Percent => "percent",
            Check::ImpliedEvents => "implied_events",
            Check::Nested => "nested",
            Check::ArmSum => "arm_sum",
            Check::Duplicate => "duplicate",
            Check::Contrast => "contrast",
        }
    }

    /// The check of INSPECT-SR that it serves; none where the tool has no such item.
    pub fn inspect_sr(self) -> Option<&'static str> {
        match self {
            Check::Grim | Check::Grimmer | Check::Debit | Check::ScaleBounds => Some("4.8"),
            Check::ArmSum => Some("4.6"),
            Check::Duplicate => None,
            _ => Some("4.9"),
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The numbers agree.
    Consistent,
    /// They do not agree.
    Inconsistent,
    /// The check says nothing about them.
    NotApplicable,
}

/// One check of some numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Which.
    pub check: Check,
    /// How it ended.
    pub status: Status,
    /// The numbers looked at.
    pub found: String,
    /// What would agree with the others, or why the check says nothing.
    pub allowed: String,
}

impl Verdict {
    pub(crate) fn new(check: Check, agrees: bool, found: String, allowed: String) -> Self {
        let status = if agrees {
            Status::Consistent
        } else {
            Status::Inconsistent
        };
        Verdict {
            check,
            status,
            found,
            allowed,
        }
    }

    pub(crate) fn silent(check: Check, found: String, why: &str) -> Self {
        Verdict {
            check,
            status: Status::NotApplicable,
            found,
            allowed: why.to_owned(),
        }
    }

    /// Whether the numbers do not agree.
    pub fn inconsistent(&self) -> bool {
        self.status == Status::Inconsistent
    }
}

/// A number for a message: enough digits, no more.
pub(crate) fn shown(x: f64) -> String {
    let text = format!("{x:.4}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}
