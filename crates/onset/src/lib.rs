//! The front door of the library: re-exports with examples, nothing else.

pub use onset_data as data;
pub use onset_effects as effects;
pub use onset_math as math;
pub use onset_models as models;
pub use onset_plot as plot;
pub use onset_report as report;
pub use onset_review as review;
