//! The Summary of Findings and the domains of certainty as tables.

use super::{Table, three};
use onset_review::answers::{Answers, Interval};
use onset_review::grade::Grade;
use onset_review::propagate::Flagged;

pub(super) fn tables(answers: &Answers) -> Vec<Table> {
    answers
        .grade
        .iter()
        .flat_map(|grade| [findings(answers, grade), domains(grade)])
        .chain([missing(answers)])
        .chain(answers.flagged.iter().map(flagged))
        .collect()
}

fn findings(answers: &Answers, grade: &Grade) -> Table {
    let header = [
        "pool",
        "k",
        "n",
        "control_per_100",
        "control_lower",
        "control_upper",
        "treatment_per_100",
        "treatment_lower",
        "treatment_upper",
        "scale",
        "estimate",
        "ci_lower",
        "ci_upper",
        "size",
        "certainty",
        "sentence",
    ];
    let mut table = Table::new("summary-of-findings", &header);
    for rated in &grade.pools {
        let pool = answers.size.by.iter().find(|pool| pool.id == rated.id);
        let estimate = pool.and_then(|pool| pool.estimate.as_ref());
        let interval = estimate.map(|e| Interval {
            value: e.value,
            lower: e.lower,
            upper: e.upper,
        });
        let mut row = vec![(&rated.id).into(), rated.k.into(), rated.n.into()];
        row.extend(three(rated.control_per_100.as_ref()));
        row.extend(three(rated.treatment_per_100.as_ref()));
        row.push(estimate.map(|e| e.scale.clone()).into());
        row.extend(three(interval.as_ref()));
        row.push(rated.size.clone().into());
        row.push((&rated.certainty).into());
        row.push((&rated.sentence).into());
        table.rows.push(row);
    }
    table
}

/// One line a domain; its numbers as "name: value; name: value".
fn domains(grade: &Grade) -> Table {
    let header = [
        "pool", "domain", "concern", "levels", "basis", "rule", "text", "numbers",
    ];
    let mut table = Table::new("certainty-domains", &header);
    for rated in &grade.pools {
        for domain in &rated.domains {
            let numbers: Vec<String> = domain
                .numbers
                .iter()
                .map(|number| format!("{}: {}", number.name, number.value))
                .collect();
            table.rows.push(vec![
                (&rated.id).into(),
                domain.domain.label().into(),
                domain.rating.label().into(),
                u64::from(domain.levels).into(),
                (&domain.basis).into(),
                (&domain.rule).into(),
                (&domain.text).into(),
                numbers.join("; ").into(),
            ]);
        }
    }
    table
}

/// One line a trial that gives a pool no number.
fn missing(answers: &Answers) -> Table {
    let header = ["pool", "study", "label", "randomised", "kind", "reason", "rows"];
    let mut table = Table::new("missing-results", &header);
    for entry in &answers.missing.pools {
        for trial in &entry.missing {
            table.rows.push(vec![
                (&entry.id).into(),
                (&trial.study).into(),
                (&trial.label).into(),
                trial.people.into(),
                (&trial.kind).into(),
                (&trial.reason).into(),
                trial.rows.as_slice().into(),
            ]);
        }
    }
    table
}

/// One line an alternative: the pool with another number in a flagged cell.
fn flagged(flagged: &Flagged) -> Table {
    let header = [
        "pool", "study", "column", "printed", "checks", "what", "value", "estimate", "lower", "upper", "rows",
    ];
    let mut table = Table::new("flagged-numbers", &header);
    for pool in &flagged.pools {
        for cell in &pool.cells {
            for other in &cell.alternatives {
                let mut row = vec![
                    (&pool.id).into(),
                    (&cell.study).into(),
                    (&cell.column).into(),
                    cell.printed.into(),
                    cell.checks.join(" ").into(),
                    (&other.what).into(),
                    other.value.into(),
                ];
                row.extend(three(Some(&other.estimate)));
                row.push(cell.rows.as_slice().into());
                table.rows.push(row);
            }
        }
    }
    table
}
