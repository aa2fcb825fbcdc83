//! A mean that outlying studies pull less: random effects from a mixture of two normal distributions.

use crate::pool::{
    Estimate, Options, PoolError, PredictionChoice, Solution, Tau2Method, Test, check_level, pool,
};
use crate::smallstudy::selection::climb::Climb;
use onset_effects::Effects;
use onset_math::{chi_squared, linalg, normal, root};

/// The fit of the mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Outliers {
    /// Mean with its Wald interval.
    pub mean: Estimate,
    /// Profile-likelihood limits of the mean; `None` where the likelihood never falls that far.
    pub profile: [Option<f64>; 2],
    /// Variance of the true effects of ordinary studies.
    pub tau2: f64,
    /// Variance of the true effects of outlying ones; `None` when none were found.
    pub tau2_outlying: Option<f64>,
    /// Share of outlying studies.
    pub share: f64,
    /// Chance that each study is an outlying one.
    pub probability: Vec<f64>,
    /// Log-likelihood, all constants in.
    pub loglik: f64,
    /// Twice the gain over normal random effects by maximum likelihood. It is not chi-squared without outliers.
    pub lrt: f64,
    /// How the search ended.
    pub solution: Solution,
}

/// Outliers are the fewer.
const LARGEST_SHARE: f64 = 0.5;
/// Gain in log-likelihood below which nothing sets outliers apart.
const NO_GAIN: f64 = 1e-6;
/// Parameters at a stationary boundary within this are on it.
const ON_BOUNDARY: f64 = 1e-4;
/// tau and the additional spread of outliers in typical standard errors, share of outliers: where searches
/// start.
const STARTS: [[f64; 3]; 8] = [
    [0.1, 2.0, 0.1],
    [0.1, 6.0, 0.1],
    [1.0, 3.0, 0.1],
    [0.1, 2.0, 0.3],
    [0.1, 6.0, 0.3],
    [1.0, 6.0, 0.3],
    [0.5, 15.0, 0.1],
    [0.5, 1.0, 0.4],
];
/// Starts for a given mean, beside the top's own values.
const FEW: usize = 4;
/// Typical standard errors beyond which no limit is looked for.
const FAR: f64 = 50.0;

/// Normal-mixture random effects by maximum likelihood.
///
/// # Formula
/// y ~ (1 - p) N(mu, v + tau2) + p N(mu, v + tau2 + omega2), p at most 1/2. A study's chance to be outlying is
/// p phi_2/((1 - p) phi_1 + p phi_2). Newton's method with the analytic gradient from eight starts around both
/// the mean and the median.
/// # Inputs
/// `effects`: k >= 5.
/// # Returns
/// The random-effects model by maximum likelihood where no mixture is more likely: `share` 0.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `NotFinite`.
/// # Source
/// Beath 2014, Res Synth Methods 5:285; robust random effects in general: Baker & Jackson 2008, Health Care
/// Manag Sci 11:121.
pub fn outliers(effects: &Effects, level: f64) -> Result<Outliers, PoolError> {
    check_level(level)?;
    let k = effects.k();
    if k < 5 {
        return Err(PoolError::TooFewStudies { found: k, needed: 5 });
    }
    let plain_options = Options {
        level,
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::random(Tau2Method::Ml).with_test(Test::Z)
    };
    let plain = pool(effects, &plain_options)?.value;
    let mixture = Mixture::new(effects);
    let (top, iterations) = mixture.highest(None, &STARTS, None);
    let constant = k as f64 * mixture.unit.ln();
    let gain = top.value - constant - plain.fit.loglik;
    if !top.value.is_finite() {
        return Err(PoolError::NotFinite {
            quantity: "the likelihood of the mixture",
        });
    }
    let unit = mixture.unit;
    let share = share(top.x[3]);
    if gain < NO_GAIN || share < ON_BOUNDARY * ON_BOUNDARY || top.x[2].abs() < ON_BOUNDARY {
        return Ok(Outliers {
            mean: plain.mean,
            profile: mixture.limits(&top, level).map(|x| x.map(|x| x * unit)),
            tau2: plain.tau2.value,
            tau2_outlying: None,
            share: 0.0,
            probability: vec![0.0; k],
            loglik: plain.fit.loglik,
            lrt: 0.0,
            solution: Solution::Boundary { iterations },
        });
    }
    let mut polished = top.clone();
    polished.polish_curvature(|x, g| mixture.evaluate(x, g));
    let standard_error = standard_error(&polished).ok_or(PoolError::NotFinite {
        quantity: "the standard error of the mixture",
    })?;
    let boundary = top.x[1].abs() < ON_BOUNDARY;
    let tau2 = if boundary { 0.0 } else { top.x[1] * top.x[1] };
    Ok(Outliers {
        mean: Estimate::new(top.x[0] * unit, standard_error * unit, None, level),
        profile: mixture.limits(&top, level).map(|x| x.map(|x| x * unit)),
        tau2: tau2 * unit * unit,
        tau2_outlying: Some((tau2 + top.x[2] * top.x[2]) * unit * unit),
        share,
        probability: mixture.probability(&top.x),
        loglik: top.value - constant,
        lrt: 2.0 * gain,
        solution: match (top.converged, boundary) {
            (false, _) => Solution::NotConverged { iterations },
            (true, true) => Solution::Boundary { iterations },
            (true, false) => Solution::Converged { iterations },
        },
    })
}

fn share(angle: f64) -> f64 {
    LARGEST_SHARE * angle.sin().powi(2)
}

fn angle(share: f64) -> f64 {
    (share / LARGEST_SHARE).sqrt().asin()
}

/// Standard error of the mean; what is on a boundary is taken as known.
fn standard_error(climb: &Climb) -> Option<f64> {
    let inside: Vec<usize> = (0..4)
        .filter(|&i| match i {
            1 => climb.x[1].abs() > ON_BOUNDARY,
            3 => (2.0 * climb.x[3]).sin().abs() > ON_BOUNDARY,
            _ => true,
        })
        .collect();
    let curvature = linalg::Matrix::from_fn(inside.len(), inside.len(), |i, j| {
        climb.curvature[inside[i] * 4 + inside[j]]
    });
    let variance = linalg::inverse(&curvature).map(|inverse| inverse[(0, 0)]);
    variance.filter(|v| *v > 0.0).map(f64::sqrt)
}

/// Effects in units of the typical standard error.
struct Mixture {
    y: Vec<f64>,
    v: Vec<f64>,
    unit: f64,
}

/// Log densities of a residual in both parts, weighted, and the chance of the second.
fn parts(e: f64, a: [f64; 2], p: f64) -> (f64, f64) {
    let ln = |a: f64, share: f64| normal::ln_pdf(e / a.sqrt()) - 0.5 * a.ln() + share.ln();
    let (first, second) = (ln(a[0], 1.0 - p), ln(a[1], p));
    let largest = first.max(second);
    let sum = largest + ((first - largest).exp() + (second - largest).exp()).ln();
    (sum, (second - sum).exp())
}

impl Mixture {
    fn new(effects: &Effects) -> Self {
        let k = effects.k() as f64;
        let unit = (effects.v().iter().map(|v| v.ln()).sum::<f64>() / (2.0 * k)).exp();
        Mixture {
            y: effects.y().iter().map(|y| y / unit).collect(),
            v: effects.v().iter().map(|v| v / (unit * unit)).collect(),
            unit,
        }
    }

    fn variances(&self, i: usize, x: &[f64]) -> [f64; 2] {
        let a = self.v[i] + x[1] * x[1];
        [a, a + x[2] * x[2]]
    }

    /// Log-likelihood at mean, tau, omega and the angle of p; writes the gradient.
    fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let p = share(x[3]);
        let mut sum = 0.0;
        for (i, y) in self.y.iter().enumerate() {
            let e = y - x[0];
            let a = self.variances(i, x);
            let (ln, r) = parts(e, a, p);
            sum += ln;
            let by = |a: f64| 0.5 * (e * e / a - 1.0) / a;
            let (first, second) = ((1.0 - r) * by(a[0]), r * by(a[1]));
            gradient[0] += (1.0 - r) * e / a[0] + r * e / a[1];
            gradient[1] += 2.0 * x[1] * (first + second);
            gradient[2] += 2.0 * x[2] * second;
            // r/p and its counterpart, without dividing by a p of 0
            let ratio = |a: f64| (normal::ln_pdf(e / a.sqrt()) - 0.5 * a.ln() - ln).exp();
            gradient[3] += (ratio(a[1]) - ratio(a[0])) * LARGEST_SHARE * (2.0 * x[3]).sin();
        }
        sum
    }

    fn probability(&self, x: &[f64]) -> Vec<f64> {
        let p = share(x[3]);
        let rows = self.y.iter().enumerate();
        rows.map(|(i, y)| parts(y - x[0], self.variances(i, x), p).1)
            .collect()
    }

    /// The highest top, at a given mean when there is one.
    fn highest(&self, mean: Option<f64>, starts: &[[f64; 3]], beside: Option<&[f64]>) -> (Climb, u32) {
        let mut sorted = self.y.clone();
        sorted.sort_by(f64::total_cmp);
        let centre = self.y.iter().sum::<f64>() / self.y.len() as f64;
        let median = sorted[sorted.len() / 2];
        let spread = |[tau, omega, p]: &[f64; 3]| [*tau, *omega, angle(*p)];
        let mut all: Vec<[f64; 4]> = Vec::new();
        for [tau, omega, angle] in starts.iter().map(spread) {
            all.push([centre, tau, omega, angle]);
            if mean.is_none() {
                all.push([median, tau, omega, angle]);
            }
        }
        if let Some([_, tau, omega, angle]) = beside {
            all.push([centre, *tau, *omega, *angle]);
        }
        let mut best: Option<Climb> = None;
        let mut iterations = 0;
        let mut whole = [0.0; 4];
        for start in all {
            let mut climb = match mean {
                None => {
                    let mut climb = Climb::new(4);
                    climb.x.copy_from_slice(&start);
                    climb.run(|x, g| self.evaluate(x, g));
                    climb
                }
                Some(mean) => {
                    let mut climb = Climb::new(3);
                    climb.x.copy_from_slice(&start[1..]);
                    climb.run(|x, g| {
                        let value = self.evaluate(&[mean, x[0], x[1], x[2]], &mut whole);
                        g.copy_from_slice(&whole[1..]);
                        value
                    });
                    climb
                }
            };
            if let Some(mean) = mean {
                climb.x.insert(0, mean);
            }
            iterations += climb.evaluations;
            let higher = best.as_ref().is_none_or(|best| climb.value > best.value + 1e-10);
            if higher && !climb.value.is_nan() {
                best = Some(climb);
            }
        }
        (best.unwrap_or_else(|| Climb::new(4)), iterations)
    }

    /// Profile-likelihood limits of the mean, in units.
    fn limits(&self, top: &Climb, level: f64) -> [Option<f64>; 2] {
        let target = top.value - 0.5 * chi_squared::quantile(level, 1.0);
        [-1.0, 1.0].map(|way| {
            let gap = |distance: f64| {
                let mean = top.x[0] + way * distance;
                self.highest(Some(mean), &STARTS[..FEW], Some(&top.x)).0.value - target
            };
            let far = root::expand_upper(gap, 0.0, 0.5, FAR).ok()?;
            let found = root::brent(gap, 0.0, far, 1e-8).ok()?;
            Some(top.x[0] + way * found.x)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Mixture;
    use onset_math::derivative;

    #[test]
    fn the_gradient_is_that_of_the_likelihood() {
        let mixture = Mixture {
            y: vec![0.3, -0.2, 4.0, 0.9, 0.1],
            v: vec![0.2, 0.4, 0.5, 0.7, 1.0],
            unit: 1.0,
        };
        let x = [0.4, 0.3, 2.0, 0.6];
        let mut ours = vec![0.0; 4];
        mixture.evaluate(&x, &mut ours);
        let mut scratch = vec![0.0; 4];
        let plain = derivative::gradient(|x| mixture.evaluate(x, &mut scratch), &x);
        for (a, b) in ours.iter().zip(&plain) {
            assert!((a - b).abs() < 1e-7, "{ours:?} {plain:?}");
        }
    }
}
