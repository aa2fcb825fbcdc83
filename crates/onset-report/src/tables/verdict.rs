//! Tables of the verdicts: every trial, and every look of the sequential view.

use super::{Cell, Table};
use onset_review::verdict::VerdictReport;

/// Trials and looks.
pub(super) fn tables(report: &VerdictReport) -> Vec<Table> {
    vec![trials(report), looks(report)]
}

fn trials(report: &VerdictReport) -> Table {
    let header = [
        "pool",
        "study",
        "year",
        "effect",
        "se",
        "p_predictive",
        "information_nats",
        "share",
        "beyond_before",
        "beyond_after",
        "verdict",
        "falls_back_without",
    ];
    let mut table = Table::new("verdict-trials", &header);
    for pool in &report.pools {
        for trial in &pool.trials {
            table.rows.push(vec![
                pool.id.as_str().into(),
                trial.study.as_str().into(),
                match trial.year {
                    Some(year) => year.to_string().into(),
                    None => Cell::Absent,
                },
                trial.effect.into(),
                trial.se.into(),
                trial.p_predictive.into(),
                trial.information.into(),
                trial.share.into(),
                trial.beyond_before.into(),
                trial.beyond.into(),
                trial
                    .verdict
                    .map_or(Cell::Absent, |verdict| verdict.code().into()),
                match trial.falls_back {
                    Some(true) => "yes".into(),
                    Some(false) => "no".into(),
                    None => Cell::Absent,
                },
            ]);
        }
    }
    table
}

fn looks(report: &VerdictReport) -> Table {
    let header = [
        "pool", "study", "people", "required", "fraction", "z", "boundary", "futility",
    ];
    let mut table = Table::new("verdict-looks", &header);
    for pool in &report.pools {
        let Some(view) = &pool.sequential else { continue };
        for look in &view.looks {
            table.rows.push(vec![
                pool.id.as_str().into(),
                look.study.as_str().into(),
                look.people.into(),
                view.required.into(),
                look.fraction.into(),
                look.z.into(),
                look.boundary.into(),
                look.futility.into(),
            ]);
        }
    }
    table
}
