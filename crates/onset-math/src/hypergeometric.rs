//! The hypergeometric distribution: successes among `draws` taken without replacement from a population of
//! `population` members, of whom `successes` are successes. Arguments always come in the order
//! `(k, draws, successes, population)`; NaN when `draws` or `successes` exceeds `population`.

use crate::binomial;

/// `ln P(X = k)`; `-inf` outside the support.
///
/// # Source
/// Loader 2000, Fast and accurate computation of binomial probabilities: the ratio of binomial probabilities
/// with p = draws / population, free of the cancellation of factorials.
pub fn ln_pmf(k: u64, draws: u64, successes: u64, population: u64) -> f64 {
    if draws > population || successes > population {
        return f64::NAN;
    }
    let (lo, hi) = support(draws, successes, population);
    if k < lo || k > hi {
        return f64::NEG_INFINITY;
    }
    if lo == hi {
        return 0.0;
    }
    let p = draws as f64 / population as f64;
    let q = (population - draws) as f64 / population as f64;
    binomial::ln_mass(k, successes, p, q) + binomial::ln_mass(draws - k, population - successes, p, q)
        - binomial::ln_mass(draws, population, p, q)
}

/// `P(X = k)`.
pub fn pmf(k: u64, draws: u64, successes: u64, population: u64) -> f64 {
    ln_pmf(k, draws, successes, population).exp()
}

/// `P(X <= k)`.
pub fn cdf(k: u64, draws: u64, successes: u64, population: u64) -> f64 {
    both(k, draws, successes, population).0
}

/// `P(X > k)` (not `>=`).
pub fn sf(k: u64, draws: u64, successes: u64, population: u64) -> f64 {
    both(k, draws, successes, population).1
}

/// Smallest and largest possible count.
pub fn support(draws: u64, successes: u64, population: u64) -> (u64, u64) {
    let failures = population.saturating_sub(successes);
    (draws.saturating_sub(failures), draws.min(successes))
}

fn both(k: u64, draws: u64, successes: u64, population: u64) -> (f64, f64) {
    if draws > population || successes > population {
        return (f64::NAN, f64::NAN);
    }
    let (lo, hi) = support(draws, successes, population);
    if k < lo {
        return (0.0, 1.0);
    }
    if k >= hi {
        return (1.0, 0.0);
    }
    // Terms fall away from the mean: the tail that does not hold the mean is summed.
    let mean = draws as f64 * (successes as f64 / population as f64);
    let up = |j: u64| ratio(j, draws, successes, population);
    if (k as f64) < mean {
        let mut term = pmf(k, draws, successes, population);
        let mut sum = term;
        for j in (lo..k).rev() {
            term /= up(j);
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        (sum, 1.0 - sum)
    } else {
        let mut term = pmf(k + 1, draws, successes, population);
        let mut sum = term;
        for j in k + 1..hi {
            term *= up(j);
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        (1.0 - sum, sum)
    }
}

/// P(j + 1) / P(j).
fn ratio(j: u64, draws: u64, successes: u64, population: u64) -> f64 {
    let failures_left = (population - successes) as f64 - (draws - j) as f64 + 1.0;
    (successes - j) as f64 * (draws - j) as f64 / ((j + 1) as f64 * failures_left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lady_tasting_tea() {
        assert!((pmf(3, 4, 4, 8) - 16.0 / 70.0).abs() < 1e-15);
        assert!((sf(2, 4, 4, 8) - 17.0 / 70.0).abs() < 1e-15);
        assert!((cdf(0, 4, 4, 8) - 1.0 / 70.0).abs() < 1e-16);
        assert_eq!(cdf(4, 4, 4, 8), 1.0);
        assert!(ln_pmf(1, 9, 4, 8).is_nan());
        assert_eq!(ln_pmf(5, 4, 4, 8), f64::NEG_INFINITY);
        assert_eq!(pmf(2, 0, 3, 5), 0.0);
        assert_eq!(pmf(0, 0, 3, 5), 1.0);
        assert_eq!(pmf(3, 5, 3, 5), 1.0);
    }
}
