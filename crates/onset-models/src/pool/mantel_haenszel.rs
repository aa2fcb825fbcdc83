//! Mantel-Haenszel: one effect from strata without weighting by estimated variances.

use super::error::PoolError;
use super::result::{Estimate, QTest};
use super::strata::{CellAddition, Counts, HALF, PersonTime, Stratified, heterogeneity, percent};
use onset_math::chi_squared;

/// Measures of two groups of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountMeasure {
    /// Log odds ratio.
    OddsRatio,
    /// Log risk ratio.
    RiskRatio,
    /// Risk difference.
    RiskDifference,
}

/// Measures of two groups of person-time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateMeasure {
    /// Log rate ratio.
    RateRatio,
    /// Rate difference.
    RateDifference,
}

/// Options of a Mantel-Haenszel analysis.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `level` | 0.95 | confidence level |
/// | `add` | `None` | addition to the cells before pooling; the method needs none |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrataOptions {
    /// Confidence level in (0, 1).
    pub level: f64,
    /// Addition to the cells before pooling.
    pub add: Option<CellAddition>,
}

impl Default for StrataOptions {
    fn default() -> Self {
        StrataOptions {
            level: 0.95,
            add: None,
        }
    }
}

/// Pools two-by-two tables.
///
/// # Formula
/// With N = n1 + n2: OR = sum(ad/N)/sum(bc/N); RR = sum(a n2/N)/sum(c n1/N);
/// RD = sum((a n2 - c n1)/N)/sum(n1 n2/N).
/// # Returns
/// The estimate on the analysis scale (log for OR and RR); Q of the studies' own effects around it,
/// with 1/2 added to their cells where one is empty, uninformative studies left out.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `BadCount`, `EmptyGroup`; `NotEstimable` when a sum is 0.
/// # Source
/// Mantel & Haenszel 1959; variances: Robins, Breslow & Greenland 1986 (OR), Greenland & Robins 1985
/// (RR), Sato, Greenland & Robins 1989 (RD); Tarone 1985; Breslow & Day 1980.
pub fn mantel_haenszel(
    tables: &[Counts],
    measure: CountMeasure,
    options: &StrataOptions,
) -> Result<Stratified, PoolError> {
    super::check_level(options.level)?;
    if tables.is_empty() {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    tables.iter().enumerate().try_for_each(|(row, t)| t.check(row))?;
    let used = options
        .add
        .map_or_else(|| tables.to_vec(), |add| add.apply(tables));
    let (estimate, variance) = match measure {
        CountMeasure::OddsRatio => odds_ratio(&used),
        CountMeasure::RiskRatio => risk_ratio(&used),
        CountMeasure::RiskDifference => risk_difference(&used),
    }?;
    let effects: Vec<(f64, f64)> = HALF
        .apply(tables)
        .iter()
        .zip(tables)
        .filter(|(_, raw)| !raw.is_uninformative())
        .map(|(table, _)| effect(table, measure))
        .collect();
    let (q, i2, h2, fit) = heterogeneity(&effects, estimate);
    let ratio = measure == CountMeasure::OddsRatio;
    let (breslow_day, tarone) = if ratio {
        homogeneity(&used, estimate.exp())
    } else {
        (None, None)
    };
    let weight = |t: &Counts| match measure {
        CountMeasure::OddsRatio => t.b * t.c / t.n(),
        CountMeasure::RiskRatio => t.c * t.n1() / t.n(),
        CountMeasure::RiskDifference => t.n1() * t.n2() / t.n(),
    };
    Ok(Stratified {
        k: tables.len(),
        mean: estimated(estimate, variance, options.level)?,
        q,
        i2,
        h2,
        fit,
        weights: percent(used.iter().map(weight)),
        association: ratio.then(|| association(&used)).flatten(),
        breslow_day,
        tarone,
    })
}

/// Pools events over person-time.
///
/// # Formula
/// With T = t1 + t2: IRR = sum(x1 t2/T)/sum(x2 t1/T); IRD = sum((x1 t2 - x2 t1)/T)/sum(t1 t2/T).
/// # Errors
/// As [`mantel_haenszel`].
/// # Source
/// Greenland & Robins 1985, Biometrics 41:55; Rothman, Greenland & Lash 2008.
pub fn mantel_haenszel_rates(
    tables: &[PersonTime],
    measure: RateMeasure,
    options: &StrataOptions,
) -> Result<Stratified, PoolError> {
    super::check_level(options.level)?;
    if tables.is_empty() {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    tables.iter().enumerate().try_for_each(|(row, t)| t.check(row))?;
    let used = options
        .add
        .map_or_else(|| tables.to_vec(), |add| add.apply_rates(tables));
    let (estimate, variance) = match measure {
        RateMeasure::RateRatio => rate_ratio(&used),
        RateMeasure::RateDifference => rate_difference(&used),
    }?;
    let effects: Vec<(f64, f64)> = HALF
        .apply_rates(tables)
        .iter()
        .zip(tables)
        .filter(|(_, raw)| raw.x1 + raw.x2 > 0.0)
        .map(|(table, _)| rate_effect(table, measure))
        .collect();
    let (q, i2, h2, fit) = heterogeneity(&effects, estimate);
    let weight = |t: &PersonTime| match measure {
        RateMeasure::RateRatio => t.x2 * t.t1 / (t.t1 + t.t2),
        RateMeasure::RateDifference => t.t1 * t.t2 / (t.t1 + t.t2),
    };
    Ok(Stratified {
        k: tables.len(),
        mean: estimated(estimate, variance, options.level)?,
        q,
        i2,
        h2,
        fit,
        weights: percent(used.iter().map(weight)),
        association: (measure == RateMeasure::RateRatio)
            .then(|| rate_association(&used))
            .flatten(),
        breslow_day: None,
        tarone: None,
    })
}

pub(super) fn estimated(estimate: f64, variance: f64, level: f64) -> Result<Estimate, PoolError> {
    let se = variance.sqrt();
    if !(estimate.is_finite() && se.is_finite() && se > 0.0) {
        return Err(PoolError::NotEstimable);
    }
    Ok(Estimate::new(estimate, se, None, level))
}

/// Logarithm of r/s, refused when either is 0.
fn ln_ratio(r: f64, s: f64) -> Result<f64, PoolError> {
    if r > 0.0 && s > 0.0 {
        Ok((r / s).ln())
    } else {
        Err(PoolError::NotEstimable)
    }
}

/// Robins, Breslow & Greenland 1986.
fn odds_ratio(tables: &[Counts]) -> Result<(f64, f64), PoolError> {
    let (mut r, mut s, mut pr, mut cross, mut qs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for t in tables {
        let n = t.n();
        let (p, q) = ((t.a + t.d) / n, (t.b + t.c) / n);
        let (ri, si) = (t.a * t.d / n, t.b * t.c / n);
        r += ri;
        s += si;
        pr += p * ri;
        cross += p * si + q * ri;
        qs += q * si;
    }
    let estimate = ln_ratio(r, s)?;
    Ok((estimate, 0.5 * (pr / (r * r) + cross / (r * s) + qs / (s * s))))
}

/// Greenland & Robins 1985.
fn risk_ratio(tables: &[Counts]) -> Result<(f64, f64), PoolError> {
    let (mut r, mut s, mut spread) = (0.0, 0.0, 0.0);
    for t in tables {
        let (n, n1, n2) = (t.n(), t.n1(), t.n2());
        r += t.a * n2 / n;
        s += t.c * n1 / n;
        spread += (n1 / n) * (n2 / n) * (t.a + t.c) - t.a * t.c / n;
    }
    Ok((ln_ratio(r, s)?, spread / (r * s)))
}

/// Sato, Greenland & Robins 1989.
fn risk_difference(tables: &[Counts]) -> Result<(f64, f64), PoolError> {
    let (mut top, mut bottom, mut p, mut q) = (0.0, 0.0, 0.0, 0.0);
    for t in tables {
        let (n, n1, n2) = (t.n(), t.n1(), t.n2());
        let (s1, s2) = (n1 / n, n2 / n);
        top += t.a * s2 - t.c * s1;
        bottom += n1 * s2;
        p += t.c * s1 * s1 - t.a * s2 * s2 + s1 * s2 * (n2 - n1) / 2.0;
        q += (t.a * t.d + t.c * t.b) / n / 2.0;
    }
    let estimate = top / bottom;
    Ok((estimate, (estimate * p + q) / (bottom * bottom)))
}

fn rate_ratio(tables: &[PersonTime]) -> Result<(f64, f64), PoolError> {
    let (mut r, mut s, mut spread) = (0.0, 0.0, 0.0);
    for t in tables {
        let total = t.t1 + t.t2;
        r += t.x1 * t.t2 / total;
        s += t.x2 * t.t1 / total;
        spread += (t.x1 + t.x2) * (t.t1 / total) * (t.t2 / total);
    }
    Ok((ln_ratio(r, s)?, spread / (r * s)))
}

fn rate_difference(tables: &[PersonTime]) -> Result<(f64, f64), PoolError> {
    let (mut top, mut bottom, mut spread) = (0.0, 0.0, 0.0);
    for t in tables {
        let total = t.t1 + t.t2;
        let (s1, s2) = (t.t1 / total, t.t2 / total);
        top += t.x1 * s2 - t.x2 * s1;
        bottom += t.t1 * s2;
        spread += t.x1 * s2 * s2 + t.x2 * s1 * s1;
    }
    Ok((top / bottom, spread / (bottom * bottom)))
}

/// A study's own effect and variance.
fn effect(t: &Counts, measure: CountMeasure) -> (f64, f64) {
    let (n1, n2) = (t.n1(), t.n2());
    match measure {
        CountMeasure::OddsRatio => (
            (t.a * t.d / (t.b * t.c)).ln(),
            1.0 / t.a + 1.0 / t.b + 1.0 / t.c + 1.0 / t.d,
        ),
        CountMeasure::RiskRatio => {
            let v = t.b / (t.a * n1) + t.d / (t.c * n2);
            ((t.a / n1 / (t.c / n2)).ln(), v)
        }
        CountMeasure::RiskDifference => {
            let (p1, p2) = (t.a / n1, t.c / n2);
            (p1 - p2, p1 * (t.b / n1) / n1 + p2 * (t.d / n2) / n2)
        }
    }
}

fn rate_effect(t: &PersonTime, measure: RateMeasure) -> (f64, f64) {
    match measure {
        RateMeasure::RateRatio => ((t.x1 / t.t1 / (t.x2 / t.t2)).ln(), 1.0 / t.x1 + 1.0 / t.x2),
        RateMeasure::RateDifference => (
            t.x1 / t.t1 - t.x2 / t.t2,
            t.x1 / (t.t1 * t.t1) + t.x2 / (t.t2 * t.t2),
        ),
    }
}

/// Cochran-Mantel-Haenszel chi-squared with continuity correction.
fn association(tables: &[Counts]) -> Option<QTest> {
    let (mut excess, mut variance) = (0.0, 0.0);
    for t in tables {
        let (mean, v) = t.hypergeometric();
        excess += t.a - mean;
        variance += v;
    }
    corrected(excess, variance)
}

/// The same for person-time: x1 is binomial given x1 + x2.
fn rate_association(tables: &[PersonTime]) -> Option<QTest> {
    let (mut excess, mut variance) = (0.0, 0.0);
    for t in tables {
        let share = t.t1 / (t.t1 + t.t2);
        excess += t.x1 - (t.x1 + t.x2) * share;
        variance += (t.x1 + t.x2) * share * (1.0 - share);
    }
    corrected(excess, variance)
}

fn corrected(excess: f64, variance: f64) -> Option<QTest> {
    if variance <= 0.0 {
        return None;
    }
    let distance = (excess.abs() - 0.5).max(0.0);
    let value = distance * distance / variance;
    Some(QTest {
        value,
        df: 1.0,
        p: chi_squared::sf(value, 1.0),
    })
}

/// Breslow-Day and Tarone tests of one odds ratio psi.
fn homogeneity(tables: &[Counts], psi: f64) -> (Option<QTest>, Option<QTest>) {
    let (mut value, mut excess, mut variance, mut used) = (0.0, 0.0, 0.0, 0usize);
    for t in tables.iter().filter(|t| !t.is_uninformative()) {
        let (expected, v) = expected_events(t, psi);
        value += (t.a - expected) * (t.a - expected) / v;
        excess += t.a - expected;
        variance += v;
        used += 1;
    }
    if used < 2 || !value.is_finite() {
        return (None, None);
    }
    let df = used as f64 - 1.0;
    let test = |value: f64| QTest {
        value,
        df,
        p: chi_squared::sf(value, df),
    };
    (Some(test(value)), Some(test(value - excess * excess / variance)))
}

/// Mean and variance of a given the margins when the odds ratio is psi: the root in range of
/// A(n2 - m + A) = psi (m - A)(n1 - A), m = a + c.
fn expected_events(t: &Counts, psi: f64) -> (f64, f64) {
    let (n1, n2, m) = (t.n1(), t.n2(), t.a + t.c);
    let qa = 1.0 - psi;
    let qb = n2 - m + psi * (n1 + m);
    let qc = -psi * m * n1;
    // qb > 0 in range: this form of the root loses no digits, and serves psi = 1 too
    let disc = (qb * qb - 4.0 * qa * qc).max(0.0).sqrt();
    let a = if qb >= 0.0 {
        -2.0 * qc / (qb + disc)
    } else {
        (-qb + disc) / (2.0 * qa)
    };
    let inverse = 1.0 / a + 1.0 / (m - a) + 1.0 / (n1 - a) + 1.0 / (n2 - m + a);
    (a, 1.0 / inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(a: f64, b: f64, c: f64, d: f64) -> Counts {
        Counts { a, b, c, d }
    }

    #[test]
    fn one_stratum_is_the_study_itself() {
        let t = [table(8.0, 12.0, 3.0, 17.0)];
        let options = StrataOptions::default();
        let or = mantel_haenszel(&t, CountMeasure::OddsRatio, &options).unwrap();
        assert!((or.mean.estimate - (8.0 * 17.0 / 36.0f64).ln()).abs() < 1e-15);
        let woolf: f64 = 1.0 / 8.0 + 1.0 / 12.0 + 1.0 / 3.0 + 1.0 / 17.0;
        assert!((or.mean.standard_error - woolf.sqrt()).abs() < 1e-14);
        let rr = mantel_haenszel(&t, CountMeasure::RiskRatio, &options).unwrap();
        let v: f64 = 1.0 / 8.0 - 1.0 / 20.0 + 1.0 / 3.0 - 1.0 / 20.0;
        assert!((rr.mean.standard_error - v.sqrt()).abs() < 1e-14);
        let rd = mantel_haenszel(&t, CountMeasure::RiskDifference, &options).unwrap();
        assert!((rd.mean.estimate - 0.25).abs() < 1e-15);
    }

    #[test]
    fn the_expected_table_has_the_odds_ratio() {
        let t = table(5.0, 15.0, 9.0, 31.0);
        for psi in [0.01, 0.5, 1.0, 3.0, 200.0] {
            let (a, _) = expected_events(&t, psi);
            let (b, c) = (t.n1() - a, 14.0 - a);
            let d = t.n2() - c;
            assert!(((a * d / (b * c)) / psi - 1.0).abs() < 1e-12, "{psi}");
        }
    }

    #[test]
    fn impossible_tables_are_refused() {
        let options = StrataOptions::default();
        let pool = |t: &[Counts]| mantel_haenszel(t, CountMeasure::OddsRatio, &options);
        assert!(matches!(pool(&[]), Err(PoolError::TooFewStudies { .. })));
        assert!(matches!(
            pool(&[table(-1.0, 2.0, 1.0, 1.0)]),
            Err(PoolError::BadCount { .. })
        ));
        assert!(matches!(
            pool(&[table(0.0, 0.0, 1.0, 1.0)]),
            Err(PoolError::EmptyGroup { .. })
        ));
        assert!(matches!(
            pool(&[table(0.0, 5.0, 1.0, 4.0)]),
            Err(PoolError::NotEstimable)
        ));
    }
}
