//! Tables of what the review rests on.

use super::{Cell, Table, three};
use onset_review::answers::EvidenceReport;

/// Cohorts, judgements, harms, what is missing, published pools, exclusions, conversions, data.
pub(super) fn tables(evidence: &EvidenceReport) -> Vec<Table> {
    vec![
        cohorts(evidence),
        risk_of_bias(evidence),
        harms(evidence),
        missing_outcomes(evidence),
        published(evidence),
        exclusions(evidence),
        conversions(evidence),
        doubts(evidence),
        checks(evidence),
        data(evidence),
        sources(evidence),
    ]
}

fn cohorts(evidence: &EvidenceReport) -> Table {
    let header = [
        "study",
        "label",
        "year",
        "design",
        "country",
        "population",
        "population_text",
        "mean_age",
        "pct_female",
        "n_randomised",
        "n_analysed",
        "concomitant",
        "sponsor",
        "blinding",
        "arms",
        "pools",
        "rows",
    ];
    let mut table = Table::new("cohorts", &header);
    for study in &evidence.studies {
        let arms: Vec<&str> = study.arms.iter().map(|arm| arm.label.as_str()).collect();
        table.rows.push(vec![
            (&study.id).into(),
            (&study.label).into(),
            study.year.map(|year| year.to_string()).into(),
            (&study.design).into(),
            study.country.as_ref().into(),
            study.population.as_ref().into(),
            study.population_text.as_ref().into(),
            study.mean_age.into(),
            study.pct_female.into(),
            study.n_randomised.into(),
            study.n_analysed.into(),
            study.concomitant.as_ref().into(),
            study.sponsor.as_ref().into(),
            study.blinding.as_ref().into(),
            arms.join("; ").into(),
            study.pools.join(" ").into(),
            study.rows.as_slice().into(),
        ]);
    }
    table
}

fn risk_of_bias(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new(
        "risk_of_bias",
        &["study", "label", "tool", "domain", "judgement", "rows"],
    );
    for study in &evidence.studies {
        for judged in &study.risk_of_bias {
            table.rows.push(vec![
                (&study.id).into(),
                (&study.label).into(),
                (&judged.tool).into(),
                (&judged.domain).into(),
                (&judged.judgement).into(),
                judged.rows.as_slice().into(),
            ]);
        }
    }
    table
}

fn harms(evidence: &EvidenceReport) -> Table {
    let header = ["study", "label", "event", "arm", "events", "n", "percent", "rows"];
    let mut table = Table::new("harms", &header);
    for harm in &evidence.harms {
        table.rows.push(vec![
            (&harm.study).into(),
            (&harm.label).into(),
            (&harm.event).into(),
            (&harm.arm).into(),
            harm.events.into(),
            harm.n.into(),
            harm.percent.into(),
            harm.rows.as_slice().into(),
        ]);
    }
    table
}

fn missing_outcomes(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new("not_available", &["outcome"]);
    table.rows = evidence
        .not_available
        .iter()
        .map(|outcome| vec![outcome.into()])
        .collect();
    table
}

fn published(evidence: &EvidenceReport) -> Table {
    let header = [
        "review",
        "outcome",
        "time",
        "measure",
        "k",
        "n",
        "printed",
        "printed_lower",
        "printed_upper",
        "recomputed",
        "recomputed_lower",
        "recomputed_upper",
        "ours",
        "ours_lower",
        "ours_upper",
        "explanation",
        "rows",
    ];
    let mut table = Table::new("published", &header);
    for check in &evidence.published {
        let mut row: Vec<Cell> = vec![
            (&check.review).into(),
            (&check.outcome).into(),
            (&check.time).into(),
            (&check.measure).into(),
            check.k.into(),
            check.n.into(),
        ];
        row.extend(three(check.printed.as_ref()));
        row.extend(three(check.recomputed.as_ref()));
        row.extend(three(check.ours.as_ref()));
        row.extend([(&check.explanation).into(), check.rows.as_slice().into()]);
        table.rows.push(row);
    }
    table
}

fn exclusions(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new("exclusions", &["study", "label", "what", "reason", "rows"]);
    for excluded in &evidence.exclusions {
        table.rows.push(vec![
            excluded.study.as_ref().into(),
            (&excluded.label).into(),
            (&excluded.what).into(),
            (&excluded.reason).into(),
            excluded.rows.as_slice().into(),
        ]);
    }
    table
}

/// A row a use; a conversion that was declared and never needed has one row without a study.
fn conversions(evidence: &EvidenceReport) -> Table {
    let header = [
        "conversion",
        "description",
        "declared",
        "study",
        "pool",
        "detail",
        "rows",
    ];
    let mut table = Table::new("conversions", &header);
    for conversion in &evidence.conversions {
        let start = || -> Vec<Cell> {
            vec![
                (&conversion.conversion).into(),
                (&conversion.description).into(),
                conversion.declared.into(),
            ]
        };
        if conversion.uses.is_empty() {
            let mut row = start();
            row.extend([Cell::Absent, Cell::Absent, "not needed".into(), Cell::Absent]);
            table.rows.push(row);
        }
        for used in &conversion.uses {
            let mut row = start();
            row.extend([
                (&used.study).into(),
                (&used.pool).into(),
                (&used.detail).into(),
                used.rows.as_slice().into(),
            ]);
            table.rows.push(row);
        }
    }
    table
}

fn doubts(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new("doubts", &["study", "doubt", "rows"]);
    for doubt in &evidence.doubts {
        table.rows.push(vec![
            doubt.study.as_ref().into(),
            (&doubt.text).into(),
            doubt.rows.as_slice().into(),
        ]);
    }
    table
}

fn checks(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new("checks", &["code", "severity", "study", "message"]);
    for note in &evidence.checks {
        table.rows.push(vec![
            (&note.code).into(),
            (&note.severity).into(),
            note.study.as_ref().into(),
            (&note.message).into(),
        ]);
    }
    table
}

fn data(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new("data", &["row", "text", "source_id", "locator", "notes"]);
    for (row, cell) in &evidence.cells {
        table.rows.push(vec![
            row.into(),
            (&cell.text).into(),
            (&cell.source_id).into(),
            (&cell.locator).into(),
            cell.notes.as_ref().into(),
        ]);
    }
    table
}

fn sources(evidence: &EvidenceReport) -> Table {
    let mut table = Table::new("sources", &["source_id", "citation", "url", "licence"]);
    for source in &evidence.sources {
        table.rows.push(vec![
            (&source.id).into(),
            (&source.citation).into(),
            source.url.as_ref().into(),
            source.licence.as_ref().into(),
        ]);
    }
    table
}
