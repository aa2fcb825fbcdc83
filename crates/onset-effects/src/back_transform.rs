//! From the analysis scale back to the scale people read.

use crate::{BackTransform, Measure};
use onset_math::{normal, special};

impl BackTransform {
    /// `y` on the scale people read.
    ///
    /// `size` is the harmonic mean of the sample sizes (`FreemanTukey`) or person-times
    /// (`FreemanTukeyRate`), needed only there. Every back-transform increases, so that the limits of an
    /// interval go through it one by one.
    ///
    /// `None` when the size is missing, or when the result is not finite.
    ///
    /// # Source
    /// Freeman-Tukey: Miller 1978, Am Stat 32:138.
    ///
    /// ```
    /// use onset_effects::BackTransform;
    /// assert_eq!(BackTransform::Exp.apply(0.0, None), Some(1.0));
    /// assert_eq!(BackTransform::FreemanTukey.apply(0.3, None), None);
    /// ```
    pub fn apply(self, y: f64, size: Option<f64>) -> Option<f64> {
        let back = match self {
            BackTransform::Identity => y,
            BackTransform::Exp => y.exp(),
            BackTransform::Tanh => y.tanh(),
            BackTransform::TanhSquared => y.max(0.0).tanh().powi(2),
            BackTransform::InverseLogit => special::logistic(y),
            BackTransform::InverseProbit => normal::cdf(y),
            BackTransform::Arcsine => y.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2),
            BackTransform::FreemanTukey => freeman_tukey(y, size?),
            BackTransform::Square => y.max(0.0).powi(2),
            BackTransform::FreemanTukeyRate => freeman_tukey_rate(y, size?),
            BackTransform::HakstianWhalen => 1.0 - (1.0 - y).powi(3),
            BackTransform::BonettAlpha => -(-y).exp_m1(),
        };
        back.is_finite().then_some(back)
    }
}

impl Measure {
    /// `y` on the scale people read; see [`BackTransform::apply`].
    pub fn transformed(self, y: f64, size: Option<f64>) -> Option<f64> {
        self.back_transform().apply(y, size)
    }
}

/// n / sum(1/x_i): the size that stands for several in a Freeman-Tukey back-transform.
///
/// `None` without sizes, or with one that is not above 0.
pub fn harmonic_mean(sizes: &[f64]) -> Option<f64> {
    if sizes.is_empty() || !sizes.iter().all(|&n| n > 0.0 && n.is_finite()) {
        return None;
    }
    Some(sizes.len() as f64 / sizes.iter().map(|n| 1.0 / n).sum::<f64>())
}

/// Risk in the treatment arm from a standardised mean difference, positive towards the event, at a control risk.
///
/// # Formula
/// p_T = Phi(Phi^-1(p_C) + d); the number needed to treat is 1/(p_T - p_C). Both arms are taken as normal with one standard
/// deviation, the event as a score past a cut-off.
/// # Source
/// Furukawa & Leucht 2011, PLoS One 6:e19070.
///
/// `None` for a control risk that does not lie between 0 and 1, or a difference that is not finite.
///
/// ```
/// let treated = onset_effects::risk_from_smd(0.18, 0.3).unwrap();
/// assert!((1.0 / (treated - 0.18) - 11.22).abs() < 0.005);
/// ```
pub fn risk_from_smd(control_risk: f64, smd: f64) -> Option<f64> {
    let inside = control_risk > 0.0 && control_risk < 1.0 && smd.is_finite();
    inside.then(|| normal::cdf(normal::quantile(control_risk) + smd))
}

/// p = (1 - sgn(cos t) sqrt(1 - (sin t + (sin t - 1/sin t)/n)^2))/2, t = 2y; 0 and 1 beyond the values that
/// y takes at p = 0 and p = 1.
fn freeman_tukey(y: f64, n: f64) -> f64 {
    let least = (1.0 / (n + 1.0)).sqrt().asin() / 2.0;
    let most = ((n / (n + 1.0)).sqrt().asin() + std::f64::consts::FRAC_PI_2) / 2.0;
    if y <= least {
        return 0.0;
    }
    if y >= most {
        return 1.0;
    }
    let (sine, cosine) = (2.0 * y).sin_cos();
    let inner = sine + (sine - 1.0 / sine) / n;
    let root = (1.0 - inner * inner).max(0.0).sqrt();
    (1.0 - cosine.signum() * root) / 2.0
}

/// x/t = (y - 1/(4 y t))^2; 0 below the value that y takes without events.
fn freeman_tukey_rate(y: f64, t: f64) -> f64 {
    if y <= 0.5 / t.sqrt() {
        0.0
    } else {
        (y - 0.25 / (y * t)).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proportion::{self, Share};
    use crate::rate::{self, Count};
    use crate::reliability::{self, Alpha};

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    #[test]
    fn freeman_tukey_returns_to_the_proportion() {
        for x in [0.0, 1.0, 4.0, 10.0, 19.0, 20.0] {
            let y = proportion::freeman_tukey(Share::new(x, 20.0 - x).unwrap())
                .unwrap()
                .y;
            close(
                Measure::ProportionFreemanTukey
                    .transformed(y, Some(20.0))
                    .unwrap(),
                x / 20.0,
            );
        }
        assert_eq!(BackTransform::FreemanTukey.apply(-0.1, Some(9.0)), Some(0.0));
        assert_eq!(BackTransform::FreemanTukey.apply(1.6, Some(9.0)), Some(1.0));
    }

    #[test]
    fn transforms_return() {
        for x in [0.0, 3.0, 12.0] {
            let count = Count::new(x, 40.5).unwrap();
            let y = rate::freeman_tukey(count).unwrap().y;
            close(
                Measure::RateFreemanTukey.transformed(y, Some(40.5)).unwrap(),
                x / 40.5,
            );
            let y = rate::root_rate(count).unwrap().y;
            close(Measure::RateRoot.transformed(y, None).unwrap(), x / 40.5);
        }
        let share = Share::new(3.0, 9.0).unwrap();
        for (measure, e) in [
            (Measure::ProportionArcsine, proportion::arcsine(share)),
            (Measure::ProportionLogit, proportion::log_odds(share)),
            (Measure::ProportionProbit, proportion::probit(share)),
            (Measure::ProportionLog, proportion::log_proportion(share)),
        ] {
            close(measure.transformed(e.unwrap().y, None).unwrap(), 0.25);
        }
        let alpha = Alpha::new(0.8, 6.0, 50.0).unwrap();
        for (measure, e) in [
            (Measure::AlphaBonett, reliability::bonett(alpha)),
            (Measure::AlphaHakstianWhalen, reliability::hakstian_whalen(alpha)),
        ] {
            close(measure.transformed(e.unwrap().y, None).unwrap(), 0.8);
        }
        close(
            Measure::CorrelationZ.transformed(0.5_f64.atanh(), None).unwrap(),
            0.5,
        );
        close(
            Measure::RSquaredZ.transformed(0.5_f64.atanh(), None).unwrap(),
            0.25,
        );
        assert_eq!(Measure::OddsRatio.transformed(1e6, None), None);
    }

    /// Numbers needed to treat to two decimals.
    const PRINTED: f64 = 0.005;

    #[test]
    fn numbers_needed_to_treat_from_standardised_differences() {
        let nnt = |risk: f64, d: f64| 1.0 / (risk_from_smd(risk, d).unwrap() - risk);
        for (risk, printed) in [
            (0.18, [11.22, 6.44, 5.30, 4.26]),
            (0.30, [8.99, 5.37, 4.50, 3.71]),
        ] {
            for (d, printed) in [0.3, 0.49, 0.58, 0.7].into_iter().zip(printed) {
                assert!(
                    (nnt(risk, d) - printed).abs() < PRINTED,
                    "{risk} {d} {}",
                    nnt(risk, d)
                );
            }
        }
        assert_eq!(risk_from_smd(0.0, 0.3), None);
        assert_eq!(risk_from_smd(0.3, f64::NAN), None);
    }

    #[test]
    fn harmonic_mean_by_hand() {
        close(harmonic_mean(&[2.0, 6.0]).unwrap(), 3.0);
        assert_eq!(harmonic_mean(&[]), None);
        assert_eq!(harmonic_mean(&[2.0, 0.0]), None);
    }
}
