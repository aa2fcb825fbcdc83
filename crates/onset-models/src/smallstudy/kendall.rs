//! Kendall's rank correlation with its exact or normal test.

use onset_math::normal;

/// Kendall's S, tau-b and tests of independence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kendall {
    /// Concordant minus discordant pairs.
    pub score: f64,
    /// tau-b; 0 when one of the variables never varies.
    pub tau: f64,
    /// Score over its standard error with ties, no continuity correction.
    pub z: f64,
    pub p_normal: f64,
    /// Exact two-sided p; `None` with ties or beyond [`EXACT_UP_TO`].
    pub p_exact: Option<f64>,
}

/// Beyond this the exact distribution is the normal one to four digits, and slow.
const EXACT_UP_TO: usize = 170;

/// # Formula
/// S = sum over pairs of sign(dx) sign(dy); var S with ties as Kendall 1970, chapter 4.
/// Pairs are compared as numbers: equal means equal to the last bit.
pub(super) fn kendall(x: &[f64], y: &[f64]) -> Kendall {
    let n = x.len();
    let mut score = 0i64;
    for i in 1..n {
        for j in 0..i {
            score += i64::from(sign(x[i] - x[j])) * i64::from(sign(y[i] - y[j]));
        }
    }
    let (tx, ty) = (ties(x), ties(y));
    let m = n as f64;
    let pairs = m * (m - 1.0) / 2.0;
    let sum = |t: &[f64], f: fn(f64) -> f64| t.iter().map(|&t| f(t)).sum::<f64>();
    let two = |t: f64| t * (t - 1.0);
    let five = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
    let three = |t: f64| t * (t - 1.0) * (t - 2.0);
    let score = score as f64;
    let untied = ((pairs - sum(&tx, two) / 2.0) * (pairs - sum(&ty, two) / 2.0)).sqrt();
    let mut variance = (five(m) - sum(&tx, five) - sum(&ty, five)) / 18.0;
    variance += sum(&tx, two) * sum(&ty, two) / (2.0 * two(m));
    if n > 2 {
        variance += sum(&tx, three) * sum(&ty, three) / (9.0 * three(m));
    }
    let z = if variance > 0.0 {
        score / variance.sqrt()
    } else {
        0.0
    };
    let no_ties = tx.iter().chain(&ty).all(|&t| t == 1.0);
    Kendall {
        score,
        tau: if untied > 0.0 { score / untied } else { 0.0 },
        z,
        p_normal: normal::two_sided_p(z).min(1.0),
        p_exact: (no_ties && n <= EXACT_UP_TO).then(|| exact(n, score)),
    }
}

fn sign(d: f64) -> i8 {
    i8::from(d > 0.0) - i8::from(d < 0.0)
}

/// Sizes of the groups of equal values.
fn ties(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .chunk_by(|a, b| a == b)
        .map(|group| group.len() as f64)
        .collect()
}

/// Two-sided exact p: twice the smaller tail of the number of inversions, at most 1.
fn exact(n: usize, score: f64) -> f64 {
    let most = n * (n - 1) / 2;
    // probabilities of the number of discordant pairs, one element added at a time
    let mut p = vec![1.0];
    for size in 2..=n {
        let mut next = vec![0.0; size * (size - 1) / 2 + 1];
        let mut window = 0.0;
        for (at, slot) in next.iter_mut().enumerate() {
            window += p.get(at).copied().unwrap_or(0.0);
            if at >= size {
                window -= p.get(at - size).copied().unwrap_or(0.0);
            }
            *slot = (window / size as f64).max(0.0);
        }
        p = next;
    }
    let discordant = ((most as f64 - score) / 2.0).round().max(0.0) as usize;
    // both tails from their own end, so that neither loses digits
    let few: f64 = p.iter().take(discordant + 1).sum();
    let many: f64 = p.iter().rev().take(most - discordant.min(most) + 1).sum();
    (2.0 * few.min(many)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_order_by_hand() {
        // 6 orders, one with no inversion: p = 2/6
        let k = kendall(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]);
        assert_eq!((k.score, k.tau), (3.0, 1.0));
        assert!((k.p_exact.unwrap() - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn ties_by_hand() {
        // pairs: (1,2) +, (1,3) +, (2,3) tied in x
        let k = kendall(&[1.0, 2.0, 2.0], &[1.0, 2.0, 3.0]);
        assert_eq!(k.score, 2.0);
        assert!((k.tau - 2.0 / 6.0f64.sqrt()).abs() < 1e-15);
        // (3 2 11 - 2 1 9)/18 = 48/18
        assert!((k.z - 2.0 / (48.0f64 / 18.0).sqrt()).abs() < 1e-15);
        assert!(k.p_exact.is_none());
    }
}
