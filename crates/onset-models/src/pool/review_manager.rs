//! Random effects as Review Manager 5 computes them from two-by-two tables.

use super::fitted::note_tau2;
use super::{
    Estimate, Method, Options, PoolError, Pooled, Solution, Tau2, Tau2Method, Test, check_level, strata,
};
use onset_data::Warned;
use onset_effects::Effects;

/// DerSimonian-Laird with Q taken around a given centre, the Mantel-Haenszel estimate.
///
/// # Formula
/// Q = sum (y - c)^2 / v, tau2 = max(0, (Q - (k - 1))/(S1 - S2/S1)), S_r = sum v^-r; then the inverse-variance mean
/// with weights 1/(v + tau2) and normal quantiles. I2 = max(0, 100 (Q - df)/Q).
/// # Inputs
/// `effects`: k >= 1; `centre` on the same scale.
/// # Errors
/// `TooFewStudies` for k = 0, `BadLevel`, `NotFinite`.
/// # Source
/// Deeks & Higgins 2010, Statistical algorithms in Review Manager 5, section on DerSimonian and Laird.
pub fn dersimonian_laird_around(
    effects: &Effects,
    centre: f64,
    level: f64,
) -> Result<Warned<Pooled>, PoolError> {
    check_level(level)?;
    let (y, v) = (effects.y(), effects.v());
    if y.is_empty() {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    let pairs: Vec<(f64, f64)> = y.iter().copied().zip(v.iter().copied()).collect();
    let (q, i2, h2, fit) = strata::heterogeneity(&pairs, centre);
    let s1: f64 = v.iter().map(|v| 1.0 / v).sum();
    let s2: f64 = v.iter().map(|v| 1.0 / (v * v)).sum();
    let raw = if y.len() > 1 {
        (q.value - q.df) / (s1 - s2 / s1)
    } else {
        0.0
    };
    let tau2 = Tau2 {
        value: raw.max(0.0),
        standard_error: None,
        raw: (raw < 0.0).then_some(raw),
        solution: Solution::ClosedForm,
    };
    let sum: f64 = v.iter().map(|v| 1.0 / (v + tau2.value)).sum();
    let mean = pairs.iter().map(|(y, v)| y / (v + tau2.value)).sum::<f64>() / sum;
    if !(mean.is_finite() && sum.is_finite() && sum > 0.0 && q.value.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the estimate",
        });
    }
    let options = Options::random(Tau2Method::Dl);
    let mut warnings = Vec::new();
    note_tau2(&tau2, &mut warnings);
    let pooled = Pooled {
        k: y.len(),
        method: Method::Random(Tau2Method::Dl),
        test: Test::Z,
        level,
        mean: Estimate::new(mean, sum.recip().sqrt(), None, level),
        wald: None,
        modified: None,
        tau2_interval: None,
        i2,
        h2,
        q,
        prediction: None,
        fit,
        weights: super::percent_weights(v, tau2.value, options.fixed_weights(None)),
        tau2,
    };
    Ok(Warned {
        value: pooled,
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::pool;

    /// The same sums in another order.
    const ROUNDING: f64 = 1e-13;

    #[test]
    fn around_the_inverse_variance_mean_it_is_dersimonian_laird() {
        let (y, v) = (vec![0.1, 0.5, 0.9, 1.4], vec![0.05, 0.02, 0.08, 0.03]);
        let labels = (1..=4).map(|i| i.to_string()).collect();
        let effects = Effects::new(y, v, labels).unwrap();
        let common = pool(&effects, &Options::common()).unwrap().value;
        let ours = dersimonian_laird_around(&effects, common.mean.estimate, 0.95)
            .unwrap()
            .value;
        let theirs = pool(&effects, &Options::random(Tau2Method::Dl).with_test(Test::Z))
            .unwrap()
            .value;
        assert!((ours.tau2.value - theirs.tau2.value).abs() < ROUNDING);
        assert!((ours.mean.ci_upper - theirs.mean.ci_upper).abs() < ROUNDING);
        // any other centre has a larger Q
        let off = dersimonian_laird_around(&effects, common.mean.estimate + 0.2, 0.95)
            .unwrap()
            .value;
        assert!(off.q.value > ours.q.value && off.tau2.value > ours.tau2.value);
    }
}
