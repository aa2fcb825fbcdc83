//! The headline result under every prior of the grid.

use super::Table;
use onset_review::priors::PriorGrid;

/// One row a prior.
pub(super) fn tables(grid: &PriorGrid) -> Vec<Table> {
    let header = ["family", "scale", "median", "lower", "upper", "tau", "beyond"];
    let mut table = Table::new("prior-sensitivity", &header);
    for family in &grid.families {
        for under in &family.under {
            table.rows.push(vec![
                family.family.as_str().into(),
                under.scale.into(),
                under.mean.value.into(),
                under.mean.lower.into(),
                under.mean.upper.into(),
                under.tau.into(),
                under.beyond.into(),
            ]);
        }
    }
    vec![table]
}
