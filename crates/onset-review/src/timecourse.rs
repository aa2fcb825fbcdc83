//! Curves over time: when an effect begins and ends, and how far the evidence reaches.

mod answer;
mod comparator;
mod curve;
mod reason;
mod visits;

pub(crate) use answer::{duration, speed};
pub(crate) use reason::hours_in_words;

use crate::answers::{Interval, LeftOut};
use crate::index::Index;
use onset_data::RowId;
use rayon::prelude::*;
use serde::Serialize;

/// The curves of a review.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TimeCourses {
    pub courses: Vec<TimeCourse>,
    pub comparators: Vec<ComparatorCurve>,
    pub protocol: Vec<String>,
}

/// One comparison and outcome over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TimeCourse {
    pub comparison: String,
    pub comparison_label: String,
    pub treatment_label: String,
    pub control_label: String,
    pub outcome: String,
    pub outcome_label: String,
    /// "mean difference", "standardised mean difference".
    pub scale: String,
    pub unit: String,
    pub direction: String,
    /// Trials with a visit.
    pub k: usize,
    /// People in them: the most at any visit of each.
    pub n: u64,
    pub level: f64,
    pub first_hours: Option<f64>,
    pub last_hours: Option<f64>,
    /// The declared important difference, signed towards benefit.
    pub threshold: Option<f64>,
    /// Form whose shape the visits identify.
    pub form: Option<String>,
    /// The model in words.
    pub model: String,
    /// Why there is no curve.
    pub why_not: Option<String>,
    /// Every form that was fitted.
    pub tried: Vec<FormTried>,
    pub parameters: Vec<CurveParameter>,
    pub tau2: Option<f64>,
    /// Weighted residual sum of squares over differences between arms.
    pub residual_deviance: Option<f64>,
    /// Differences between arms at visits.
    pub differences: usize,
    pub onset: Vec<Onset>,
    pub window: Option<ResponseWindow>,
    /// Limits of the onset where no form is identified.
    pub latest: Option<LatestOnset>,
    pub evidence: Vec<EvidenceAt>,
    pub horizon: Vec<HorizonAt>,
    /// Benefit added up from 0 to the last horizon, in units of the outcome times days.
    pub benefit: Option<BenefitArea>,
    /// From the first visit to the last horizon, never past it.
    pub curve: Vec<CurveAt>,
    pub studies: Vec<TrialCourse>,
    pub leave_one_out: Vec<OnsetWithout>,
    pub sensitivity: Vec<OnsetUnder>,
    pub left_out: Vec<LeftOut>,
    pub assumptions: Vec<String>,
    pub protocol: Vec<String>,
}

/// A form that was fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FormTried {
    pub form: String,
    pub residual_deviance: Option<f64>,
    pub parameters: Option<usize>,
    pub aic: Option<f64>,
    pub why_not: Option<String>,
}

/// A parameter of the curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct CurveParameter {
    pub name: String,
    pub estimate: f64,
    pub se: Option<f64>,
    /// Trials with a visit before and after the time at which it shows.
    pub before: Option<usize>,
    pub after: Option<usize>,
}

/// An onset by one definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Onset {
    /// half_peak | important_difference | sustained_separation | sustained_important_difference
    pub definition: String,
    /// "profile" of the likelihood, "simultaneous_band".
    pub interval: String,
    pub hours: Option<f64>,
    pub lower_hours: Option<f64>,
    /// None: the data allow that it is never reached.
    pub upper_hours: Option<f64>,
    pub p_never: Option<f64>,
    /// After the last visit: an extrapolation of the form.
    pub beyond_data: bool,
    pub trials: Option<usize>,
    pub people: Option<f64>,
    pub information: Option<f64>,
    pub why_not: Option<String>,
}

/// From the onset of the important difference to its loss.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ResponseWindow {
    pub onset_hours: Option<f64>,
    pub onset_lower_hours: Option<f64>,
    pub onset_upper_hours: Option<f64>,
    pub loss_hours: Option<f64>,
    pub loss_lower_hours: Option<f64>,
    pub loss_upper_hours: Option<f64>,
    /// Still there at the horizon.
    pub lasts: bool,
    pub p_never: f64,
}

/// Likelihood limits of the onset of the important difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LatestOnset {
    pub form: String,
    pub hours: Option<f64>,
    /// Trials with a visit by then.
    pub trials: usize,
    pub why_not: Option<String>,
}

/// What speaks about the effect at one time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EvidenceAt {
    pub hours: f64,
    pub trials: usize,
    pub people: f64,
    pub information: f64,
}

/// The last time at which enough information is left.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct HorizonAt {
    pub share: f64,
    pub hours: Option<f64>,
    pub trials: Option<usize>,
    pub people: Option<f64>,
}

/// Benefit added up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct BenefitArea {
    pub to_hours: f64,
    pub estimate: Interval,
    /// "MADRS point-days".
    pub unit: String,
}

/// The curve at one time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct CurveAt {
    pub hours: f64,
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
    /// Simultaneous band.
    pub band_lower: f64,
    pub band_upper: f64,
}

/// The visits of one trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TrialCourse {
    pub id: String,
    pub label: String,
    pub visits: Vec<VisitAt>,
    pub rows: Vec<RowId>,
}

/// The difference between arms at one visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct VisitAt {
    pub hours: f64,
    pub effect: Interval,
    pub se: f64,
    pub people: u64,
    /// The curve there.
    pub fitted: Option<f64>,
    /// Difference over its standard error.
    pub standardised: Option<f64>,
    /// "arms" or "contrast".
    pub from: String,
    pub rows: Vec<RowId>,
}

/// The onset of the important difference (of half the peak, where none is declared) without one trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct OnsetWithout {
    pub without: String,
    pub hours: Option<f64>,
    pub why_not: Option<String>,
}

/// The same under another correlation of visits.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct OnsetUnder {
    pub rho: f64,
    pub hours: Option<f64>,
    pub lower_hours: Option<f64>,
    pub upper_hours: Option<f64>,
    pub why_not: Option<String>,
}

/// A published course of another treatment, in our points.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ComparatorCurve {
    pub id: String,
    pub label: String,
    pub outcome: String,
    pub unit: String,
    /// Time of half of what the curve approaches, from its form.
    pub half_hours: Option<Interval>,
    /// First estimate as a share of the last.
    pub first_share: Option<f64>,
    pub points: Vec<ComparatorAt>,
    pub curve: Vec<ComparatorAt>,
    pub why_not: Option<String>,
    pub sources: Vec<String>,
    pub note: String,
    pub protocol: Vec<String>,
}

/// A comparator at one time, treatment minus control.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ComparatorAt {
    pub hours: f64,
    pub estimate: Interval,
    pub people: Option<u64>,
}

/// Curves of every comparison and outcome that the protocol asks for; `None` when it asks for none.
pub(crate) fn courses(index: &Index<'_>) -> Option<TimeCourses> {
    let course = index.protocol.timecourse.as_ref()?;
    let mut jobs = Vec::new();
    for comparison in &index.protocol.comparison {
        let wanted = if course.comparisons.is_empty() {
            comparison.primary
        } else {
            course.comparisons.contains(&comparison.id)
        };
        for id in comparison.outcomes.iter().filter(|_| wanted) {
            let mine = if course.outcomes.is_empty() {
                *id == index.protocol.review.headline.outcome
            } else {
                course.outcomes.contains(id)
            };
            let outcome = index.outcome(id);
            let continuous = outcome.filter(|o| o.kind == crate::protocol::OutcomeKind::Continuous);
            jobs.extend(continuous.filter(|_| mine).map(|outcome| (comparison, outcome)));
        }
    }
    Some(TimeCourses {
        courses: jobs
            .into_par_iter()
            .map(|(comparison, outcome)| curve::course(index, course, comparison, outcome))
            .collect(),
        comparators: course
            .comparator
            .iter()
            .map(|c| comparator::curve(index, c))
            .collect(),
        protocol: vec!["timecourse".to_owned()],
    })
}
