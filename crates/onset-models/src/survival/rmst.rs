//! Restricted mean survival time.

use super::error::{SurvivalError, positive};
use super::kaplan_meier::KaplanMeier;
use onset_math::normal;

/// Restricted mean survival of one arm at several horizons.
#[derive(Debug, Clone, PartialEq)]
pub struct Rmst {
    /// Horizons, as given.
    pub tau: Vec<f64>,
    /// Area under the curve to each horizon, in units of time.
    pub estimate: Vec<f64>,
    /// Covariance between horizons, by rows.
    pub covariance: Vec<f64>,
}

/// Active against control at several horizons.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// Horizons.
    pub tau: Vec<f64>,
    /// Difference in units of time, or log ratio.
    pub estimate: Vec<f64>,
    /// Covariance between horizons, by rows.
    pub covariance: Vec<f64>,
}

impl Contrast {
    /// Standard error at the i-th horizon.
    pub fn standard_error(&self, i: usize) -> Option<f64> {
        self.covariance.get(i * (self.tau.len() + 1)).map(|v| v.sqrt())
    }

    /// Two-sided p at the i-th horizon.
    pub fn p(&self, i: usize) -> Option<f64> {
        Some(normal::two_sided_p(
            self.estimate.get(i)? / self.standard_error(i)?,
        ))
    }
}

/// Area under a Kaplan-Meier curve to each horizon, with the covariance of the areas.
///
/// # Formula
/// R(tau) = integral of S to tau; A(t, tau) = integral of S from t to tau;
/// Cov[R(t1), R(t2)] = sum over t_i <= min(t1, t2) of A(t_i, t1) A(t_i, t2) d_i / (n_i (n_i - d_i)).
/// # Errors
/// A horizon that is not positive or lies past the end of the curve.
/// # Source
/// Wei, Royston, Tierney & Parmar 2015, Stat Med 34:2881; Weir, Tian & Trinquart 2019, Biostatistics.
pub fn rmst(curve: &KaplanMeier, tau: &[f64]) -> Result<Rmst, SurvivalError> {
    let allowed = curve.defined_to();
    for &tau in tau {
        if positive("horizon", tau)? > allowed {
            return Err(SurvivalError::PastFollowUp { tau, allowed });
        }
    }
    let k = tau.len();
    // Area from 0 to each step, and survival there, so that A(t_i, tau) = R(tau) - R(t_i).
    let (mut area, mut from, mut survival) = (0.0, 0.0, 1.0);
    let mut areas = Vec::with_capacity(curve.steps.len());
    for step in &curve.steps {
        area += survival * (step.time - from);
        (from, survival) = (step.time, step.survival);
        areas.push(area);
    }
    let estimate: Vec<f64> = tau
        .iter()
        .map(|&tau| {
            let before = curve.steps.partition_point(|step| step.time <= tau);
            match before
                .checked_sub(1)
                .and_then(|i| curve.steps.get(i).zip(areas.get(i)))
            {
                Some((step, area)) => area + step.survival * (tau - step.time),
                None => tau,
            }
        })
        .collect();
    let mut covariance = vec![0.0; k * k];
    for (i, (&first, &r1)) in tau.iter().zip(&estimate).enumerate() {
        for (j, (&second, &r2)) in tau.iter().zip(&estimate).enumerate() {
            let end = first.min(second);
            let sum: f64 = curve
                .steps
                .iter()
                .zip(&areas)
                .take_while(|(step, _)| step.time <= end)
                .filter(|(step, _)| step.at_risk > step.events)
                .map(|(step, r)| {
                    (r1 - r) * (r2 - r) * step.events / (step.at_risk * (step.at_risk - step.events))
                })
                .sum();
            if let Some(cell) = covariance.get_mut(i * k + j) {
                *cell = sum;
            }
        }
    }
    Ok(Rmst {
        tau: tau.to_vec(),
        estimate,
        covariance,
    })
}

/// Difference of restricted means, active minus control; `None` when the horizons differ.
pub fn difference(active: &Rmst, control: &Rmst) -> Option<Contrast> {
    (active.tau == control.tau).then(|| Contrast {
        tau: active.tau.clone(),
        estimate: active
            .estimate
            .iter()
            .zip(&control.estimate)
            .map(|(a, c)| a - c)
            .collect(),
        covariance: active
            .covariance
            .iter()
            .zip(&control.covariance)
            .map(|(a, c)| a + c)
            .collect(),
    })
}

/// Log ratio of restricted means, active over control, by the delta method; `None` when the horizons differ.
pub fn ratio(active: &Rmst, control: &Rmst) -> Option<Contrast> {
    let k = active.tau.len();
    let scaled = |arm: &Rmst| -> Vec<f64> {
        let pairs = arm
            .estimate
            .iter()
            .flat_map(|a| arm.estimate.iter().map(move |b| a * b));
        arm.covariance.iter().zip(pairs).map(|(v, ab)| v / ab).collect()
    };
    (active.tau == control.tau && control.estimate.len() == k).then(|| Contrast {
        tau: active.tau.clone(),
        estimate: active
            .estimate
            .iter()
            .zip(&control.estimate)
            .map(|(a, c)| (a / c).ln())
            .collect(),
        covariance: scaled(active)
            .iter()
            .zip(scaled(control))
            .map(|(a, c)| a + c)
            .collect(),
    })
}
