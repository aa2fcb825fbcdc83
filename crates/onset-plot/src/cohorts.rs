//! Who was in the trials: people randomised, share of women, mean age.

use crate::input::Heading;
use crate::scene::Scene;
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
    input.heading.scene(760.0, 40.0, Vec::new())
}

/// The cohorts for a narrow page (358 px).
pub fn cohorts_narrow(input: &Cohorts) -> Scene {
    input.heading.scene(358.0, 40.0, Vec::new())
}
