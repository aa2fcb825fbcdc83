//! Fisher's noncentral hypergeometric distribution: the first cell of a 2 x 2 table given its margins and odds ratio.

use crate::special::ln_choose;

/// The count `k` of events in group 1 (size `n1`) when both groups (sizes `n1`, `n2`) have `events` together and
/// the odds ratio is `odds`: `P(k)` is proportional to `C(n1, k) C(n2, events - k) odds^k`.
///
/// # Source
/// Liao & Rosen 2001, American Statistician 55:366: sums outward from the mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoncentralHypergeometric {
    n1: u64,
    n2: u64,
    events: u64,
    odds: f64,
    mode: u64,
    /// Sum of the weights relative to that of the mode.
    total: f64,
    mean: f64,
    variance: f64,
}

const NEGLIGIBLE: f64 = 1e-19;

impl NoncentralHypergeometric {
    /// `None` when there are more events than people, or the odds ratio is not positive and finite.
    pub fn new(n1: u64, n2: u64, events: u64, odds: f64) -> Option<NoncentralHypergeometric> {
        if events > n1.checked_add(n2)? || !(odds > 0.0 && odds.is_finite()) {
            return None;
        }
        let mut d = NoncentralHypergeometric {
            n1,
            n2,
            events,
            odds,
            mode: 0,
            total: 1.0,
            mean: 0.0,
            variance: 0.0,
        };
        d.mode = d.find_mode();
        let (lo, hi) = d.support();
        let (mut total, mut first, mut second) = (1.0, 0.0, 0.0);
        let mut weight = 1.0;
        let mut add = |j: u64, weight: f64| {
            let away = j as f64 - d.mode as f64;
            total += weight;
            first += weight * away;
            second += weight * away * away;
            weight * (1.0 + away * away) < NEGLIGIBLE * total
        };
        for j in d.mode..hi {
            weight *= d.ratio(j);
            if add(j + 1, weight) {
                break;
            }
        }
        weight = 1.0;
        for j in (lo..d.mode).rev() {
            weight /= d.ratio(j);
            if add(j, weight) {
                break;
            }
        }
        let shift = first / total;
        d.mean = d.mode as f64 + shift;
        d.variance = (second / total - shift * shift).max(0.0);
        d.total = total;
        Some(d)
    }

    /// Smallest and largest possible count.
    pub fn support(&self) -> (u64, u64) {
        (self.events.saturating_sub(self.n2), self.events.min(self.n1))
    }

    /// Mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Variance.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// `P(X = k)`.
    pub fn pmf(&self, k: u64) -> f64 {
        self.ln_pmf(k).exp()
    }

    /// `ln P(X = k)`; `-inf` outside the support.
    pub fn ln_pmf(&self, k: u64) -> f64 {
        let (lo, hi) = self.support();
        if k < lo || k > hi {
            return f64::NEG_INFINITY;
        }
        self.relative(k)
            .map_or_else(|| self.ln_weight(k) - self.ln_weight(self.mode), f64::ln)
            - self.total.ln()
    }

    /// `P(X <= k)`.
    pub fn cdf(&self, k: u64) -> f64 {
        let (lo, hi) = self.support();
        if k < lo {
            0.0
        } else if k >= hi {
            1.0
        } else if k < self.mode {
            self.below(k)
        } else {
            1.0 - self.above(k)
        }
    }

    /// `P(X > k)` (not `>=`).
    pub fn sf(&self, k: u64) -> f64 {
        let (lo, hi) = self.support();
        if k < lo {
            1.0
        } else if k >= hi {
            0.0
        } else if k < self.mode {
            1.0 - self.below(k)
        } else {
            self.above(k)
        }
    }

    /// Sum over lo..=k, k < mode.
    fn below(&self, k: u64) -> f64 {
        let mut term = self.pmf(k);
        let mut sum = term;
        for j in (self.support().0..k).rev() {
            term /= self.ratio(j);
            sum += term;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        sum
    }

    /// Sum over k+1..=hi, k >= mode.
    fn above(&self, k: u64) -> f64 {
        let mut term = self.pmf(k + 1);
        let mut sum = term;
        for j in k + 1..self.support().1 {
            term *= self.ratio(j);
            sum += term;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        sum
    }

    /// P(j + 1) / P(j).
    fn ratio(&self, j: u64) -> f64 {
        let empty = self.n2 as f64 - (self.events - j) as f64 + 1.0;
        (self.n1 - j) as f64 / (j + 1) as f64 * ((self.events - j) as f64 / empty) * self.odds
    }

    /// First j with P(j + 1) <= P(j), by bisection: the ratio falls in j.
    fn find_mode(&self) -> u64 {
        let (mut lo, mut hi) = self.support();
        while lo < hi {
            let middle = lo + (hi - lo) / 2;
            if self.ratio(middle) > 1.0 {
                lo = middle + 1;
            } else {
                hi = middle;
            }
        }
        lo
    }

    /// Weight of k relative to the mode by a product of ratios; `None` when far away.
    fn relative(&self, k: u64) -> Option<f64> {
        if k.abs_diff(self.mode) > 2000 {
            return None;
        }
        let mut weight = 1.0;
        for j in k.min(self.mode)..k.max(self.mode) {
            weight *= self.ratio(j);
        }
        let weight = if k < self.mode { 1.0 / weight } else { weight };
        (weight > 1e-290).then_some(weight)
    }

    fn ln_weight(&self, k: u64) -> f64 {
        ln_choose(self.n1 as f64, k as f64)
            + ln_choose(self.n2 as f64, (self.events - k) as f64)
            + k as f64 * self.odds.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hypergeometric;

    #[test]
    fn central_case_and_symmetry() {
        let d = NoncentralHypergeometric::new(10, 12, 9, 1.0).unwrap();
        for k in 0..=9 {
            assert!((d.pmf(k) / hypergeometric::pmf(k, 9, 10, 22) - 1.0).abs() < 1e-13);
        }
        assert!((d.mean() - 90.0 / 22.0).abs() < 1e-13);
        let swapped = NoncentralHypergeometric::new(12, 10, 9, 1.0 / 3.0).unwrap();
        let d = NoncentralHypergeometric::new(10, 12, 9, 3.0).unwrap();
        assert!((d.cdf(4) - swapped.sf(4)).abs() < 1e-15);
        assert!(NoncentralHypergeometric::new(3, 3, 7, 1.0).is_none());
        assert!(NoncentralHypergeometric::new(3, 3, 2, f64::NAN).is_none());
        let sure = NoncentralHypergeometric::new(3, 3, 6, 2.0).unwrap();
        assert_eq!((sure.pmf(3), sure.variance()), (1.0, 0.0));
    }
}
