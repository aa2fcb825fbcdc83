//! The product-limit estimator.

use super::error::SurvivalError;

/// Follow-up of one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patient {
    /// Time of the event or of the end of follow-up.
    pub time: f64,
    /// Did the event happen then?
    pub event: bool,
}

/// The curve after one time of events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Time.
    pub time: f64,
    /// People at risk just before.
    pub at_risk: f64,
    /// Events at the time.
    pub events: f64,
    /// Survival from this time on.
    pub survival: f64,
}

/// A Kaplan-Meier curve.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    /// People.
    pub n: usize,
    /// Events.
    pub events: usize,
    /// Times of events, in order.
    pub steps: Vec<Step>,
    /// Last time of follow-up.
    pub last: f64,
}

impl KaplanMeier {
    /// Survival at a time.
    pub fn at(&self, time: f64) -> f64 {
        let before = self.steps.partition_point(|step| step.time <= time);
        before
            .checked_sub(1)
            .and_then(|i| self.steps.get(i))
            .map_or(1.0, |step| step.survival)
    }

    /// First time at which survival is 1/2 or less; `None` where it stays above.
    pub fn median(&self) -> Option<f64> {
        // Rounding of a product must not move the median past a curve that touches 1/2.
        self.steps
            .iter()
            .find(|step| step.survival <= 0.5 + 1e-12)
            .map(|step| step.time)
    }

    /// Last time up to which the curve is defined: everywhere when it reaches 0.
    pub fn defined_to(&self) -> f64 {
        if self.steps.last().is_some_and(|step| step.survival == 0.0) {
            f64::INFINITY
        } else {
            self.last
        }
    }
}

/// Kaplan-Meier curve; an event comes before a censoring at the same time.
///
/// # Formula    S(t) = prod over event times t_i <= t of 1 - d_i/n_i
/// # Errors     no patient; a time that is negative or not finite
/// # Source     Kaplan & Meier 1958, J Am Stat Assoc 53:457
pub fn kaplan_meier(patients: &[Patient]) -> Result<KaplanMeier, SurvivalError> {
    if patients.is_empty() {
        return Err(SurvivalError::Empty { what: "patient" });
    }
    if let Some(patient) = patients.iter().find(|p| !(p.time.is_finite() && p.time >= 0.0)) {
        return Err(SurvivalError::OutOfRange {
            what: "time of a patient",
            found: patient.time,
            allowed: "a finite number of 0 or more",
        });
    }
    let mut sorted = patients.to_vec();
    sorted.sort_by(|a, b| a.time.total_cmp(&b.time));
    let mut steps = Vec::new();
    let mut at_risk = sorted.len() as f64;
    let mut survival = 1.0;
    for same in sorted.chunk_by(|a, b| a.time == b.time) {
        let events = same.iter().filter(|p| p.event).count() as f64;
        if let (true, Some(first)) = (events > 0.0, same.first()) {
            survival *= (at_risk - events) / at_risk;
            steps.push(Step {
                time: first.time,
                at_risk,
                events,
                survival,
            });
        }
        at_risk -= same.len() as f64;
    }
    Ok(KaplanMeier {
        n: sorted.len(),
        events: sorted.iter().filter(|p| p.event).count(),
        steps,
        last: sorted.last().map_or(0.0, |p| p.time),
    })
}
