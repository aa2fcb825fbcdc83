//! Numbers held against the other numbers of the same kind.

use super::{Check, Verdict, shown};

/// Fewest SDs whose median means something.
const FEWEST: usize = 4;
/// Room around the factor root n.
const FACTOR: f64 = 1.5;

/// One verdict an SD: one that is below 1.5 median / root n looks like a standard error, one above
/// median root n / 1.5 like an SD made from an SD. Every row is (SD, people).
pub fn spread(rows: &[(f64, u64)]) -> Vec<Verdict> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&i, &j| rows[i].0.total_cmp(&rows[j].0));
    let mut rank = vec![0; rows.len()];
    for (place, &i) in order.iter().enumerate() {
        rank[i] = place;
    }
    // the SD at a place among the others: places from the own one on move up by one
    let other = |own: usize, place: usize| {
        let place = if place < rank[own] { place } else { place + 1 };
        order.get(place).map_or(0.0, |&i| rows[i].0)
    };
    rows.iter()
        .enumerate()
        .map(|(own, (sd, n))| {
            let found = format!("SD {}, n {n}", shown(*sd));
            if rows.len() < FEWEST || *n < 4 {
                return Verdict::silent(
                    Check::SdOrSe,
                    found,
                    "needs four SDs of the same kind, of four people or more",
                );
            }
            let others = rows.len() - 1;
            let middle = 0.5 * (other(own, (others - 1) / 2) + other(own, others / 2));
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
