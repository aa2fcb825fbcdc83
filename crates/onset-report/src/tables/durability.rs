//! The table of what lasts: a row a trial or a part of it, then the mean of each question.

use super::{Cell, Table, three};
use onset_data::RowId;
use onset_review::durability::{DurabilityReport, LastingGroup, LastingSide};

/// Entries and means.
pub(super) fn table(report: &DurabilityReport) -> Table {
    let header = [
        "group",
        "estimand",
        "event",
        "study",
        "part",
        "follow_up",
        "treatment_events",
        "treatment_n",
        "treatment_percent",
        "treatment_median_days",
        "control_events",
        "control_n",
        "control_percent",
        "control_median_days",
        "measure",
        "ratio",
        "ci_lower",
        "ci_upper",
        "log_ratio",
        "se",
        "route",
        "why_not",
        "rows",
    ];
    let mut table = Table::new("durability", &header);
    for group in &report.groups {
        for entry in &group.entries {
            let mut row = begun(group, &entry.label);
            row.extend([(&entry.part).into(), (&entry.follow_up).into()]);
            row.extend(side(&entry.treatment));
            row.extend(side(&entry.control));
            row.push((&group.measure).into());
            row.extend(three(entry.ratio.as_ref()));
            row.extend([entry.log_ratio.into(), entry.se.into()]);
            row.extend([text(entry.route.as_ref()), text(entry.why_not.as_ref())]);
            row.push(entry.rows.as_slice().into());
            table.rows.push(row);
        }
        let rows: Vec<RowId> = group
            .entries
            .iter()
            .flat_map(|e| e.rows.iter().cloned())
            .collect();
        let mut row = begun(group, "mean");
        row.extend([Cell::Absent, Cell::Absent]);
        row.extend([const { Cell::Absent }; 8]);
        row.push((&group.measure).into());
        row.extend(three(group.estimate.as_ref()));
        row.extend([group.log_estimate.into(), group.se.into()]);
        let model = Some(&group.model).filter(|m| !m.is_empty());
        row.extend([text(model), text(group.why_not.as_ref())]);
        row.push(rows.as_slice().into());
        table.rows.push(row);
    }
    table
}

fn begun(group: &LastingGroup, study: &str) -> Vec<Cell> {
    vec![
        (&group.id).into(),
        (&group.estimand).into(),
        (&group.event).into(),
        study.into(),
    ]
}

fn text(of: Option<&String>) -> Cell {
    of.map_or(Cell::Absent, Into::into)
}

fn side(of: &LastingSide) -> [Cell; 4] {
    [
        of.events.into(),
        of.n.into(),
        of.percent.into(),
        of.median_days.into(),
    ]
}
