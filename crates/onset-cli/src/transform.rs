//! From the analysis scale back to the scale people read.

use onset::effects::{BackTransform, Input, Inputs, Measure};
use onset::math::normal;

/// The way back for one measure, with the sizes two of the measures need.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    transform: BackTransform,
    /// Harmonic mean of the sample sizes or person-times.
    size: Option<f64>,
}

impl Back {
    /// For `measure`, with the harmonic mean size of the rows `used`.
    pub fn new(measure: Measure, inputs: &Inputs, used: &[usize]) -> Self {
        let transform = measure.back_transform();
        let size = match transform {
            BackTransform::FreemanTukey => harmonic(used.iter().map(|&row| {
                let with_others = || Some(inputs.get(Input::Xi, row)? + inputs.get(Input::Mi, row)?);
                inputs.get(Input::Ni, row).or_else(with_others)
            })),
            BackTransform::FreemanTukeyRate => harmonic(used.iter().map(|&row| inputs.get(Input::Ti, row))),
            _ => None,
        };
        Back { transform, size }
    }

    /// Whether there is anything to transform.
    pub fn is_identity(&self) -> bool {
        self.transform == BackTransform::Identity
    }

    /// Whether the analysis scale is a logarithm.
    pub fn is_exponential(&self) -> bool {
        self.transform == BackTransform::Exp
    }

    /// `y` on the scale people read; `None` where it has no counterpart there.
    pub fn apply(&self, y: f64) -> Option<f64> {
        let value = match self.transform {
            BackTransform::Identity => y,
            BackTransform::Exp => y.exp(),
            BackTransform::Tanh => y.tanh(),
            BackTransform::TanhSquared => y.tanh().powi(2),
            BackTransform::InverseLogit => 1.0 / (1.0 + (-y).exp()),
            BackTransform::InverseProbit => normal::cdf(y),
            BackTransform::Arcsine => arcsine(y),
            BackTransform::FreemanTukey => freeman_tukey(y, self.size?),
            BackTransform::Square => y.max(0.0).powi(2),
            BackTransform::FreemanTukeyRate => freeman_tukey_rate(y, self.size?),
            BackTransform::HakstianWhalen => 1.0 - (1.0 - y).powi(3),
            BackTransform::BonettAlpha => -(-y).exp_m1(),
        };
        value.is_finite().then_some(value)
    }
}

fn harmonic(sizes: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for size in sizes {
        sum += 1.0 / size.filter(|n| *n > 0.0)?;
        count += 1.0;
    }
    (count > 0.0).then(|| count / sum)
}

fn arcsine(y: f64) -> f64 {
    y.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2)
}

/// Miller 1978, Am Stat 32:138: the inverse of the double arcsine at size n.
fn freeman_tukey(y: f64, n: f64) -> f64 {
    let least = 0.5 * (1.0 / (n + 1.0)).sqrt().asin();
    let most = std::f64::consts::FRAC_PI_2 - least;
    if y <= least {
        return 0.0;
    }
    if y >= most {
        return 1.0;
    }
    let s = (2.0 * y).sin();
    let inner = s + (s - 1.0 / s) / n;
    0.5 * (1.0 - (2.0 * y).cos().signum() * (1.0 - inner * inner).max(0.0).sqrt())
}

/// y = (sqrt(x/t) + sqrt((x + 1)/t)) / 2 solved for x/t.
fn freeman_tukey_rate(y: f64, t: f64) -> f64 {
    if y <= 0.5 * (1.0 / t).sqrt() {
        return 0.0;
    }
    let root = (4.0 * y * y - 1.0 / t) / (4.0 * y);
    root * root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_arcsine_round_trip() {
        let (x, n) = (7.0f64, 23.0f64);
        let y = 0.5 * ((x / (n + 1.0)).sqrt().asin() + ((x + 1.0) / (n + 1.0)).sqrt().asin());
        assert!((freeman_tukey(y, n) - x / n).abs() < 1e-12);
        let y = 0.5 * ((x / n).sqrt() + ((x + 1.0) / n).sqrt());
        assert!((freeman_tukey_rate(y, n) - x / n).abs() < 1e-12);
        assert_eq!(freeman_tukey(0.0, n), 0.0);
        assert_eq!(freeman_tukey(1.6, n), 1.0);
    }
}
