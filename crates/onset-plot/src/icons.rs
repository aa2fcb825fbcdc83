//! Icon arrays: 100 people in each arm, the same order in both, counted from one corner.

use crate::input::Heading;
use crate::scene::Scene;

/// Two arms of 100 people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Icons {
    /// Title, subtitle, text alternative.
    pub heading: Heading,
    /// What happens to a filled figure: "respond within a day".
    pub event: String,
    /// The arms, control first or last as the caller likes; usually two.
    pub arms: Vec<IconArm>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IconArm {
    /// "With midazolam".
    pub label: String,
    /// Probability of the event, 0 to 1.
    pub risk: f64,
    /// Its limits, 0 to 1: figures between them fade.
    pub limits: Option<(f64, f64)>,
    /// True for the treatment's colour, false for the control's grey.
    pub treated: bool,
}

/// Icon arrays side by side.
pub fn icons(input: &Icons) -> Scene {
    input.heading.scene(700.0, 40.0, Vec::new())
}

/// Icon arrays beneath each other, for a narrow page (358 px).
pub fn icons_narrow(input: &Icons) -> Scene {
    input.heading.scene(358.0, 40.0, Vec::new())
}
