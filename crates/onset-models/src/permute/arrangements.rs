//! The distinct orders of the rows of a design.

/// Classes of equal rows, in the order in which they first occur: class of every row, rows of each class.
pub(super) fn classes(rows: impl Iterator<Item = Vec<u64>>) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut seen: Vec<Vec<u64>> = Vec::new();
    let (mut class, mut members) = (Vec::new(), Vec::<Vec<usize>>::new());
    for (i, row) in rows.enumerate() {
        let c = seen.iter().position(|known| *known == row).unwrap_or_else(|| {
            seen.push(row);
            members.push(Vec::new());
            seen.len() - 1
        });
        class.push(c);
        members[c].push(i);
    }
    (class, members)
}

/// k!/(n_1! n_2! ...), the number of distinct orders.
pub(super) fn count(members: &[Vec<usize>]) -> f64 {
    let (mut total, mut placed) = (1.0f64, 0.0);
    for class in members {
        for i in 1..=class.len() {
            placed += 1.0;
            total = (total * placed / i as f64).round();
        }
    }
    total
}

/// The next order in the dictionary; false at the last one.
pub(super) fn next(order: &mut [usize]) -> bool {
    let Some(pivot) = (1..order.len()).rev().find(|&i| order[i - 1] < order[i]) else {
        return false;
    };
    let pivot = pivot - 1;
    let Some(larger) = (pivot + 1..order.len()).rev().find(|&i| order[i] > order[pivot]) else {
        return false;
    };
    order.swap(pivot, larger);
    order[pivot + 1..].reverse();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted_and_walked() {
        let (class, members) = classes([1u64, 2, 1, 3].iter().map(|&x| vec![x]));
        assert_eq!(class, [0, 1, 0, 2]);
        assert_eq!(members, [vec![0, 2], vec![1], vec![3]]);
        assert_eq!(count(&members), 12.0);
        let mut order = class.clone();
        order.sort_unstable();
        let mut walked = vec![order.clone()];
        while next(&mut order) {
            walked.push(order.clone());
        }
        assert_eq!(walked.len(), 12);
        assert!(walked.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(count(&[vec![0; 20], vec![0; 20]]), 137_846_528_820.0);
    }
}
