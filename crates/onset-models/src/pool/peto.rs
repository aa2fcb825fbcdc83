//! Peto's one-step odds ratio.

use super::PoolError;
use super::mantel_haenszel::{StrataOptions, estimated};
use super::strata::{Counts, Stratified, heterogeneity, percent};

/// Pools two-by-two tables by observed minus expected events.
///
/// # Formula
/// ln OR = sum(O - E)/sum V with hypergeometric E and V of the events in group 1; standard error
/// (sum V)^-1/2. Nothing is ever added to the cells.
/// # When not to use
/// Effects far from 1, unbalanced groups: the one-step estimate is then biased.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `BadCount`, `EmptyGroup`; `NotEstimable` when no study has both events
/// and non-events.
/// # Source
/// Yusuf et al. 1985, Prog Cardiovasc Dis 27:335.
pub fn peto(tables: &[Counts], options: &StrataOptions) -> Result<Stratified, PoolError> {
    super::check_level(options.level)?;
    if tables.is_empty() {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    tables.iter().enumerate().try_for_each(|(row, t)| t.check(row))?;
    let parts: Vec<(f64, f64)> = tables
        .iter()
        .map(|t| {
            let (expected, variance) = t.hypergeometric();
            (t.a - expected, variance)
        })
        .collect();
    let total: f64 = parts.iter().map(|(_, v)| v).sum();
    if total <= 0.0 {
        return Err(PoolError::NotEstimable);
    }
    let estimate = parts.iter().map(|(excess, _)| excess).sum::<f64>() / total;
    let effects: Vec<(f64, f64)> = parts
        .iter()
        .filter(|(_, v)| *v > 0.0)
        .map(|(excess, v)| (excess / v, 1.0 / v))
        .collect();
    let (q, i2, h2, fit) = heterogeneity(&effects, estimate);
    Ok(Stratified {
        k: tables.len(),
        mean: estimated(estimate, 1.0 / total, options.level)?,
        q,
        i2,
        h2,
        fit,
        weights: percent(parts.iter().map(|(_, v)| *v)),
        association: None,
        breslow_day: None,
        tarone: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // E = 10 * 5 / 20 = 2.5, V = 2.5 * 10/20 * 15/19
        let table = Counts {
            a: 4.0,
            b: 6.0,
            c: 1.0,
            d: 9.0,
        };
        let pooled = peto(&[table], &StrataOptions::default()).unwrap();
        let v = 2.5 * 0.5 * 15.0 / 19.0;
        assert!((pooled.mean.estimate - 1.5 / v).abs() < 1e-14);
        assert!((pooled.mean.standard_error - (1.0 / v).sqrt()).abs() < 1e-14);
        // a study without events adds nothing
        let none = Counts {
            a: 0.0,
            b: 10.0,
            c: 0.0,
            d: 10.0,
        };
        let both = peto(&[table, none], &StrataOptions::default()).unwrap();
        assert_eq!(both.mean, pooled.mean);
        assert_eq!(both.weights, [100.0, 0.0]);
        assert_eq!(
            peto(&[none], &StrataOptions::default()),
            Err(PoolError::NotEstimable)
        );
    }
}
