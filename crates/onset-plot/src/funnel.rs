//! Funnel plot with contours of p: is there a corner where small studies are missing?

use crate::input::{Effect, Heading, Reference};
use crate::scene::Scene;
use onset_data::RowId;

/// A contour-enhanced funnel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Funnel {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// The effect axis.
    pub effect: Effect,
    /// Studies.
    pub points: Vec<FunnelPoint>,
    /// The pooled effect as shown: the solid vertical line.
    pub pooled: Option<f64>,
    /// Estimates adjusted for small-study effects, as shown: dashed lines with their names.
    pub adjusted: Vec<Reference>,
}

/// One study in a funnel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FunnelPoint {
    /// Study id.
    pub key: String,
    /// "Murrough 2013".
    pub label: String,
    /// Effect as shown (ratios as ratios).
    pub effect: f64,
    /// Standard error on the analysis scale (log for ratios).
    pub se: f64,
    /// Rows of the review's tables behind it.
    pub rows: Vec<RowId>,
}

/// The funnel, 640 px wide.
pub fn funnel(input: &Funnel) -> Scene {
    input.heading.scene(640.0, 40.0, Vec::new())
}

/// The funnel for a narrow page (358 px).
pub fn funnel_narrow(input: &Funnel) -> Scene {
    input.heading.scene(358.0, 40.0, Vec::new())
}
