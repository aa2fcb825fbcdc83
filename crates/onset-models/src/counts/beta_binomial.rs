//! Beta-binomial model of two groups: no study is dropped and no cell is corrected.

use crate::pool::{CountMeasure, Counts, Estimate, Fit, PoolError, Solution, check_level};
use onset_math::linalg::{Matrix, inverse};
use onset_math::root;
use onset_math::special::ln_choose;

/// A fitted beta-binomial model.
#[derive(Debug, Clone, PartialEq)]
pub struct BetaBinomial {
    /// Studies, all of them.
    pub k: usize,
    /// The effect on the analysis scale (log for ratios).
    pub mean: Estimate,
    /// Mean risk in group 1 and in group 2.
    pub risk: [f64; 2],
    /// Correlation of two people of one group: 1/(alpha + beta + 1).
    pub rho: f64,
    /// Likelihood, all constants in.
    pub fit: Fit,
    /// How the search for rho ended.
    pub solution: Solution,
}

/// Fits risks and their spread between studies by maximum likelihood.
///
/// # Formula
/// Events of group g are beta-binomial with mean risk p_g and correlation rho = s/(1 + s), the same in both groups:
/// L = C(n, x) prod_{j<x} (p + js) prod_{j<n-x} (1 - p + js) / prod_{j<n} (1 + js). The groups of a study are taken as
/// independent. The effect is ln OR, ln RR or RD of the two risks (one maximum, whatever the scale); its standard
/// error by the delta method from the observed information.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `BadCount`, `NotWhole`, `EmptyGroup`; `NotEstimable` where a group has no events, or
/// no non-events, in any study.
/// # Source
/// Kuss 2015, Stat Med 34:1097, section 3 (common beta-binomial model).
/// # When not to use
/// Studies with very different sizes of the two groups, or where the comparison within a study matters: the pairing
/// of the groups is not used.
pub fn beta_binomial(
    tables: &[Counts],
    measure: CountMeasure,
    level: f64,
) -> Result<BetaBinomial, PoolError> {
    check_level(level)?;
    if tables.is_empty() {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    super::setup::check(super::GlmmData::Tables(tables))?;
    let groups = [
        tables.iter().map(|t| (t.a, t.b)).collect::<Vec<_>>(),
        tables.iter().map(|t| (t.c, t.d)).collect::<Vec<_>>(),
    ];
    for group in &groups {
        let (events, others) = group.iter().fold((0.0, 0.0), |s, g| (s.0 + g.0, s.1 + g.1));
        if events <= 0.0 || others <= 0.0 {
            return Err(PoolError::NotEstimable);
        }
    }
    let (spread, iterations) = highest(&groups);
    let risk = [best_risk(&groups[0], spread), best_risk(&groups[1], spread)];
    let sums = [
        Sums::new(&groups[0], risk[0], spread),
        Sums::new(&groups[1], risk[1], spread),
    ];
    let covariance = covariance(&sums, spread > 0.0).ok_or(PoolError::NotEstimable)?;
    let [p, q] = risk;
    let (estimate, slope) = match measure {
        CountMeasure::OddsRatio => {
            let odds = |p: f64| p / (1.0 - p);
            (
                (odds(p) / odds(q)).ln(),
                [1.0 / (p * (1.0 - p)), -1.0 / (q * (1.0 - q))],
            )
        }
        CountMeasure::RiskRatio => ((p / q).ln(), [1.0 / p, -1.0 / q]),
        CountMeasure::RiskDifference => (p - q, [1.0, -1.0]),
    };
    let variance = (0..2)
        .map(|i| {
            (0..2)
                .map(|j| slope[i] * slope[j] * covariance[(i, j)])
                .sum::<f64>()
        })
        .sum::<f64>();
    let constant: f64 = tables
        .iter()
        .map(|t| ln_choose(t.n1(), t.a) + ln_choose(t.n2(), t.c))
        .sum();
    let loglik = constant + sums[0].value + sums[1].value;
    Ok(BetaBinomial {
        k: tables.len(),
        mean: Estimate::new(estimate, variance.sqrt(), None, level),
        risk,
        rho: spread / (1.0 + spread),
        fit: Fit::new(loglik, 3.0, 2.0 * tables.len() as f64),
        solution: if spread > 0.0 {
            Solution::Converged { iterations }
        } else {
            Solution::Boundary { iterations }
        },
    })
}

/// Log-likelihood of one group (without binomial coefficients) and its derivatives in p and s.
struct Sums {
    value: f64,
    by_p: f64,
    by_s: f64,
    by_pp: f64,
    by_ps: f64,
    by_ss: f64,
}

impl Sums {
    fn new(group: &[(f64, f64)], p: f64, s: f64) -> Self {
        let mut sums = Sums {
            value: 0.0,
            by_p: 0.0,
            by_s: 0.0,
            by_pp: 0.0,
            by_ps: 0.0,
            by_ss: 0.0,
        };
        for &(events, others) in group {
            sums.run(events, p, s, 1.0, 1.0);
            sums.run(others, 1.0 - p, s, -1.0, 1.0);
            sums.run(events + others, 1.0, s, 0.0, -1.0);
        }
        sums
    }

    /// Adds sign times sum_{j<count} ln(at + js); `side` is the derivative of `at` in p.
    fn run(&mut self, count: f64, at: f64, s: f64, side: f64, sign: f64) {
        for j in 0..count as u64 {
            let j = j as f64;
            let inverse = 1.0 / (at + j * s);
            self.value += sign * (at + j * s).ln();
            self.by_p += sign * side * inverse;
            self.by_s += sign * j * inverse;
            let squared = sign * inverse * inverse;
            self.by_pp -= side * side * squared;
            self.by_ps -= side * j * squared;
            self.by_ss -= j * j * squared;
        }
    }
}

/// The risk that maximises the likelihood at this s: a sum of logarithms of linear functions is concave.
fn best_risk(group: &[(f64, f64)], s: f64) -> f64 {
    let (events, all) = group.iter().fold((0.0, 0.0), |t, g| (t.0 + g.0, t.1 + g.0 + g.1));
    let (mut lo, mut hi) = (0.0, 1.0);
    let mut p: f64 = events / all;
    for _ in 0..200 {
        let sums = Sums::new(group, p, s);
        if sums.by_p > 0.0 {
            lo = p;
        } else {
            hi = p;
        }
        let newton = p - sums.by_p / sums.by_pp;
        let next = if newton > lo && newton < hi {
            newton
        } else {
            0.5 * (lo + hi)
        };
        let step = (next - p).abs();
        p = next;
        if step <= 1e-15 * p {
            break;
        }
    }
    p
}

/// The s with the highest profile likelihood: the best of a grid, then the zero of the slope beside it.
fn highest(groups: &[Vec<(f64, f64)>; 2]) -> (f64, u32) {
    let profile = |s: f64| {
        let each = groups.iter().map(|g| Sums::new(g, best_risk(g, s), s));
        each.fold((0.0, 0.0), |t, sums| (t.0 + sums.value, t.1 + sums.by_s))
    };
    let grid: Vec<f64> = (0..=24).map(|i| 1e-5 * 10_f64.powf(f64::from(i) * 0.3)).collect();
    let mut best = (0.0, profile(0.0).0, 0);
    for (i, &s) in grid.iter().enumerate() {
        let value = profile(s).0;
        if value > best.1 {
            best = (s, value, i + 1);
        }
    }
    let mut iterations = grid.len() as u32 + 1;
    // between the neighbours of the best the slope changes sign, unless 0 is the maximum
    let lo = best
        .2
        .checked_sub(2)
        .and_then(|i| grid.get(i))
        .copied()
        .unwrap_or(0.0);
    let hi = grid.get(best.2).or(grid.last()).copied().unwrap_or(1.0);
    if lo == 0.0 && profile(0.0).1 <= 0.0 && best.2 == 0 {
        return (0.0, iterations);
    }
    let found = root::brent(
        |s| {
            iterations += 1;
            profile(s).1
        },
        lo,
        hi,
        1e-15 * hi,
    );
    (found.map_or(best.0, |r| r.x), iterations)
}

/// Covariance of the two risks.
fn covariance(sums: &[Sums; 2], spread: bool) -> Option<Matrix> {
    let [a, b] = sums;
    if !spread {
        return Some(Matrix::diag(&[-1.0 / a.by_pp, -1.0 / b.by_pp]));
    }
    let information = Matrix::from_rows(&[
        vec![-a.by_pp, 0.0, -a.by_ps],
        vec![0.0, -b.by_pp, -b.by_ps],
        vec![-a.by_ps, -b.by_ps, -a.by_ss - b.by_ss],
    ]);
    inverse(&information).filter(|m| m[(0, 0)] > 0.0 && m[(1, 1)] > 0.0)
}
