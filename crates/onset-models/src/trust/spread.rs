//! Numbers held against the other numbers of the same kind.

use super::{Check, Verdict, shown};

/// Fewest SDs whose median means something.
const FEWEST: usize = 4;
/// Room around the factor root n.
const FACTOR: f64 = 1.5;

/// One verdict an SD: one that is below 1.5 median / root n looks like a standard error, one above
/// median root n / 1.5 like an SD made from an SD. Every row is (SD, people).
pub fn spread(rows: &[(f64, u64)]) -> Vec<Verdict> {
    rows.iter()
        .enumerate()
        .map(|(own, (sd, n))| {
            let found = format!("SD {}, n {n}", shown(*sd));
            let mut others: Vec<f64> = rows
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != own)
                .map(|(_, row)| row.0)
                .collect();
            if others.len() + 1 < FEWEST || *n < 4 {
                return Verdict::silent(
                    Check::SdOrSe,
                    found,
                    "needs four SDs of the same kind, of four people or more",
                );
            }
            others.sort_by(f64::total_cmp);
            let middle = 0.5
                * (others.get((others.len() - 1) / 2).copied().unwrap_or_default()
                    + others.get(others.len() / 2).copied().unwrap_or_default());
            let root = (*n as f64).sqrt();
            let (least, most) = (middle * FACTOR / root, middle * root / FACTOR);
            let agrees = *sd >= least && *sd <= most;
            let allowed = format!(
                "an SD from {} to {} (the others' median is {})",
                shown(least),
                shown(most),
                shown(middle)
            );
            Verdict::new(Check::SdOrSe, agrees, found, allowed)
        })
        .collect()
}

/// Fewest equal cells that are no coincidence.
const FEWEST_EQUAL: usize = 3;

/// Pairs of rows (later, earlier) whose cells are the same text, at least three of them filled.
pub fn duplicates(rows: &[Vec<String>]) -> Vec<(usize, usize)> {
    let mut first: std::collections::BTreeMap<&[String], usize> = std::collections::BTreeMap::new();
    let mut pairs = Vec::new();
    for (position, cells) in rows.iter().enumerate() {
        if cells.iter().filter(|cell| !cell.is_empty()).count() < FEWEST_EQUAL {
            continue;
        }
        match first.get(cells.as_slice()) {
            Some(earlier) => pairs.push((position, *earlier)),
            None => {
                first.insert(cells.as_slice(), position);
            }
        }
    }
    pairs
}
