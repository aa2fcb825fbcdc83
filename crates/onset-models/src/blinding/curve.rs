//! The effect as a function of the rate of correct guesses.

use super::BlindingError;

/// Outcome of the people of one arm who gave one guess.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// People.
    pub n: f64,
    /// Mean outcome.
    pub mean: f64,
}

/// One point of a [`CgrCurve`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CgrPoint {
    /// Rate of correct guesses among those who guessed.
    pub correct_rate: f64,
    /// Active minus control arm at that rate.
    pub difference: f64,
}

/// Difference between arms at any rate of correct guesses.
#[derive(Debug, Clone, PartialEq)]
pub struct CgrCurve {
    strata: [Stratum; 4],
    unknown: [Stratum; 2],
    /// Rate of correct guesses that was observed.
    pub observed_rate: f64,
    /// Difference at the observed rate: the raw one.
    pub raw: f64,
}

/// # Formula
/// With AA, AP, PA, PP the people by arm and guess, r = PP/(PP + AA) and s = AP/(AP + PA), the curve at
/// rate c weighs the strata AA, PP, AP, PA by c (1 - r), c r, (1 - c) s, (1 - c)(1 - s); people who
/// said "don't know" keep their share. The difference is that of the weighted arm means.
/// # Inputs
/// `strata`: active arm guessed active, active arm guessed control, control arm guessed active, control
/// arm guessed control; `unknown`: don't-knows of the active and the control arm (n may be 0).
/// # Errors
/// `EmptyStratum`.
/// # Source
/// Szigeti et al. 2023, Sci Rep 13:12107, in its analytic form. It conditions on a guess that improvement
/// may have caused: read it as a bound.
pub fn correct_guess_rate_curve(
    strata: [Stratum; 4],
    unknown: [Stratum; 2],
) -> Result<CgrCurve, BlindingError> {
    let names = [
        ("active", "active"),
        ("active", "control"),
        ("control", "active"),
        ("control", "control"),
    ];
    for (stratum, (arm, guess)) in strata.iter().zip(names) {
        if stratum.n.is_nan() || stratum.n <= 0.0 {
            return Err(BlindingError::EmptyStratum { arm, guess });
        }
    }
    let [aa, ap, pa, pp] = strata.map(|s| s.n);
    let observed_rate = (aa + pp) / (aa + ap + pa + pp);
    let mut curve = CgrCurve {
        strata,
        unknown,
        observed_rate,
        raw: 0.0,
    };
    curve.raw = curve.at(observed_rate);
    Ok(curve)
}

impl CgrCurve {
    /// Active minus control at this rate of correct guesses, 0 to 1.
    pub fn at(&self, rate: f64) -> f64 {
        let [aa, ap, pa, pp] = self.strata.map(|s| s.n);
        let guessed = aa + ap + pa + pp;
        let (r, s) = (pp / (pp + aa), ap / (ap + pa));
        let weights = [
            rate * (1.0 - r),
            (1.0 - rate) * s,
            (1.0 - rate) * (1.0 - s),
            rate * r,
        ];
        let mean = |arm: [usize; 2], unknown: Stratum| {
            let (mut sum, mut total) = (unknown.n * unknown.mean, unknown.n);
            for i in arm {
                sum += guessed * weights[i] * self.strata[i].mean;
                total += guessed * weights[i];
            }
            sum / total
        };
        mean([0, 1], self.unknown[0]) - mean([2, 3], self.unknown[1])
    }

    /// The curve at rates 0, 0.05, ..., 1 where both arms have people.
    pub fn points(&self) -> Vec<CgrPoint> {
        (0..=20)
            .map(|i| f64::from(i) / 20.0)
            .map(|correct_rate| CgrPoint {
                correct_rate,
                difference: self.at(correct_rate),
            })
            .filter(|point| point.difference.is_finite())
            .collect()
    }

    /// The effect when a share `causal` (0 to 1) of the association of belief and outcome runs from
    /// belief to outcome: raw - causal (raw - difference at a rate of one half).
    pub fn adjusted(&self, causal: f64) -> f64 {
        self.raw - causal * (self.raw - self.at(0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference is printed to four decimals.
    const PRINTED: f64 = 5.1e-5;

    #[test]
    fn lii_2023() {
        let s = |n: f64, mean: f64| Stratum { n, mean };
        let curve = correct_guess_rate_curve(
            [
                s(9.0, 9.185185185555556),
                s(5.0, 14.733333334),
                s(8.0, 11.916666666625),
                s(5.0, 21.166666666),
            ],
            [s(5.0, 23.6666666654), s(6.0, 21.833333333833334)],
        )
        .unwrap();
        assert!((curve.observed_rate - 14.0 / 27.0).abs() < 1e-15);
        for (rate, wanted) in [
            (14.0 / 27.0, -3.0263),
            (0.5, -2.8098),
            (0.7, -5.1813),
            (0.9, -7.6768),
        ] {
            assert!(
                (curve.at(rate) - wanted).abs() < PRINTED,
                "{rate}: {} v {wanted}",
                curve.at(rate)
            );
        }
        assert!((curve.adjusted(0.0) - curve.raw).abs() < 1e-15);
        assert!((curve.adjusted(1.0) - curve.at(0.5)).abs() < 1e-12);
    }

    #[test]
    fn an_empty_stratum_is_refused() {
        let s = |n: f64| Stratum { n, mean: 1.0 };
        let none = [Stratum { n: 0.0, mean: 0.0 }; 2];
        assert!(correct_guess_rate_curve([s(1.0), s(0.0), s(1.0), s(1.0)], none).is_err());
    }
}
