//! Figures: rows in, scene out, SVG from the scene; one place where a number becomes text.
//!
//! Each figure is a function from a plain struct to a [`Scene`]; `Scene::to_svg` writes a file that stands
//! alone, `Scene::to_inline` the body for a page that includes [`css`] once. Nothing here computes a
//! statistic.

mod axis;
pub mod blinding;
pub mod caterpillar;
pub mod cohorts;
pub mod contribution;
pub mod diagnosis;
pub mod forest;
mod frame;
pub mod funnel;
pub mod icons;
pub mod influence;
mod input;
pub mod league;
pub mod lines;
mod listing;
pub mod metrics;
pub mod netsplit;
pub mod network;
pub mod onset;
pub mod priors;
pub mod rankogram;
pub mod rob;
pub mod scatter;
pub mod scene;
pub mod specification;
pub mod subsets;
pub mod survival;
mod svg;
pub mod text;
mod theme;
pub mod timecourse;
pub mod trials;
pub mod windows;

pub use blinding::{blinding_plane, blinding_plane_narrow};
pub use caterpillar::{caterpillar, caterpillar_narrow};
pub use cohorts::{cohorts, cohorts_narrow};
pub use contribution::{contributions, contributions_narrow};
pub use forest::{forest, forest_narrow};
pub use funnel::{funnel, funnel_narrow};
pub use icons::{icons, icons_narrow};
pub use influence::{influence_panel, influence_panel_narrow};
pub use input::{Direction, Effect, Heading, Interval, Reference};
pub use league::{league, league_narrow};
pub use lines::{lines, lines_narrow};
pub use netsplit::{netsplit, netsplit_narrow};
pub use network::{network_graph, network_graph_narrow};
pub use onset::{onset_forest, onset_forest_narrow};
pub use priors::{priors, priors_narrow};
pub use rankogram::{rankogram, rankogram_narrow};
pub use rob::{risk_of_bias, risk_of_bias_narrow};
pub use scatter::{scatter, scatter_narrow};
pub use scene::Scene;
pub use specification::{specification, specification_narrow};
pub use subsets::{subset_grid, subset_grid_narrow};
pub use survival::{survival, survival_narrow};
pub use theme::css;
pub use timecourse::{timecourse, timecourse_narrow};
pub use trials::{trials, trials_narrow};
pub use windows::{windows, windows_narrow};
