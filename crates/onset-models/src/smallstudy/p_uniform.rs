//! p-uniform*: the mean from how far effects lie beyond, or short of, the limit of significance.

use super::SmallStudyError;
use super::error::at_least;
use super::selection::Side;
use super::selection::climb::Climb;
use crate::pool::{Options, PredictionChoice, Solution, Tau2Method, Test, pool};
use onset_effects::Effects;
use onset_math::{chi_squared, normal, root};

/// Options of p-uniform*.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `positive` | - | whether positive effects are favoured |
/// | `alpha` | .05 | two-sided level at which studies were called significant |
/// | `level` | .95 | confidence level |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PUniformOptions {
    /// Whether positive effects are favoured.
    pub positive: bool,
    /// Two-sided level.
    pub alpha: f64,
    /// Confidence level.
    pub level: f64,
}

/// A likelihood-ratio test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioTest {
    /// Twice the difference of log-likelihoods.
    pub statistic: f64,
    /// p-value.
    pub p: f64,
}

/// Results of p-uniform*.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PUniform {
    /// Mean before selection.
    pub estimate: f64,
    /// Lower profile-likelihood limit; `None` where the likelihood never falls that far.
    pub ci_lower: Option<f64>,
    /// Upper limit.
    pub ci_upper: Option<f64>,
    /// Between-study variance.
    pub tau2: f64,
    /// Its lower profile-likelihood limit.
    pub tau2_lower: f64,
    /// Its upper limit.
    pub tau2_upper: Option<f64>,
    /// Test of mean 0, 1 df, two-sided.
    pub no_effect: RatioTest,
    /// Test of tau2 = 0, half of a chi-squared with 1 df.
    pub homogeneity: RatioTest,
    /// Test that the random-effects estimates (Paule-Mandel) would do, 2 df: of publication bias.
    pub bias: RatioTest,
    /// Significant studies in the favoured direction.
    pub significant: usize,
    /// Log-likelihood given significance.
    pub loglik: f64,
    /// How the search ended.
    pub solution: Solution,
}

/// p-uniform* by maximum likelihood.
///
/// # Formula
/// Each effect counts given that it is significant, or that it is not: with A = v + tau2 and the limit
/// c = z sqrt(v), ln L = sum ln phi(y; mu, A) - ln P(Y > c) over significant and - ln P(Y < c) over the other
/// studies. How likely either group is to be published cancels. Limits by profile likelihood.
/// # Inputs
/// `effects`: k >= 2, at least one of them significant in the favoured direction.
/// # Returns
/// Estimates also where the search did not end: `solution` says so.
/// # Errors
/// `TooFewStudies`, `NoSuchStudy`, `NotFinite`; what the pool refuses.
/// # Source
/// van Aert & van Assen 2026, Psychon Bull Rev, Correcting for publication bias in a meta-analysis with the
/// p-uniform* method, doi 10.3758/s13423-025-02812-4.
pub fn p_uniform(effects: &Effects, options: &PUniformOptions) -> Result<PUniform, SmallStudyError> {
    at_least(effects.k(), 2)?;
    crate::pool::check_level(options.level)?;
    if !(options.alpha > 0.0 && options.alpha < 1.0) {
        return Err(SmallStudyError::BadStep { found: options.alpha });
    }
    let conditional = Conditional::new(effects, options);
    let significant = conditional.significant();
    if significant == 0 {
        return Err(SmallStudyError::NoSuchStudy {
            what: "significant in the favoured direction",
        });
    }
    let unit = conditional.unit;
    let free = conditional.highest(Held::Nothing)?;
    let (mu, tau) = (free.x[0], free.x[1].abs());
    let boundary = tau < ON_BOUNDARY;
    let iterations = free.evaluations;
    let runaway = mu.abs() > RUNAWAY + conditional.reach() || tau > RUNAWAY + conditional.reach();
    let solution = match (free.converged && !runaway, boundary) {
        (false, _) => Solution::NotConverged { iterations },
        (true, true) => Solution::Boundary { iterations },
        (true, false) => Solution::Converged { iterations },
    };
    let top = free.value;
    let drop = 0.5 * chi_squared::quantile(options.level, 1.0);
    let sign = conditional.sign;
    let [mut lower, mut upper] = [-1.0, 1.0].map(|way| conditional.mean_limit(mu, top - drop, way));
    if sign < 0.0 {
        (lower, upper) = (upper.map(|x| -x), lower.map(|x| -x));
    }
    let tau_limits = conditional.tau_limits(tau, top - drop);
    let ratio = |value: f64, df: f64, share: f64| {
        let statistic = (2.0 * (top - value)).max(0.0);
        RatioTest {
            statistic,
            p: share * chi_squared::sf(statistic, df),
        }
    };
    let pooled = pool(
        effects,
        &Options {
            tau2_interval: None,
            prediction: PredictionChoice::Omit,
            ..Options::random(Tau2Method::Pm).with_test(Test::Z)
        },
    )?
    .value;
    let plain = [
        sign * pooled.mean.estimate / unit,
        pooled.tau2.value.sqrt() / unit,
    ];
    let homogeneous = conditional.highest(Held::Tau(0.0))?.value;
    let mut homogeneity = ratio(homogeneous, 1.0, 0.5);
    if homogeneity.statistic == 0.0 {
        homogeneity.p = 1.0;
    }
    Ok(PUniform {
        estimate: sign * mu * unit,
        ci_lower: lower.map(|x| x * unit),
        ci_upper: upper.map(|x| x * unit),
        tau2: if boundary { 0.0 } else { (tau * unit).powi(2) },
        tau2_lower: (tau_limits.0 * unit).powi(2),
        tau2_upper: tau_limits.1.map(|tau| (tau * unit).powi(2)),
        no_effect: ratio(conditional.highest(Held::Mean(0.0))?.value, 1.0, 1.0),
        homogeneity,
        bias: ratio(conditional.evaluate(&plain, &mut [0.0; 2]), 2.0, 1.0),
        significant,
        loglik: top - effects.k() as f64 * unit.ln(),
        solution,
    })
}

/// A parameter at its stationary boundary within this is on it.
const ON_BOUNDARY: f64 = 1e-5;
/// Typical standard errors beyond the data at which a search has run away.
const RUNAWAY: f64 = 50.0;
/// tau in typical standard errors, share of the mean: where searches start.
const STARTS: [[f64; 2]; 4] = [[1.0, 1.0], [0.3, 0.5], [2.0, 0.5], [0.5, 0.0]];

/// What a search keeps.
#[derive(Debug, Clone, Copy)]
enum Held {
    Nothing,
    Mean(f64),
    Tau(f64),
}

/// Effects turned to the favoured side, in units of the typical standard error.
struct Conditional {
    y: Vec<f64>,
    v: Vec<f64>,
    limit: Vec<f64>,
    unit: f64,
    sign: f64,
}

impl Conditional {
    fn new(effects: &Effects, options: &PUniformOptions) -> Self {
        let k = effects.k() as f64;
        let unit = (effects.v().iter().map(|v| v.ln()).sum::<f64>() / (2.0 * k)).exp();
        let side = if options.positive {
            Side::Greater
        } else {
            Side::Less
        };
        let sign = side.sign();
        let v: Vec<f64> = effects.v().iter().map(|v| v / (unit * unit)).collect();
        let z = normal::upper_quantile(0.5 * options.alpha);
        Conditional {
            y: effects.y().iter().map(|y| sign * y / unit).collect(),
            limit: v.iter().map(|v| z * v.sqrt()).collect(),
            v,
            unit,
            sign,
        }
    }

    fn significant(&self) -> usize {
        self.y.iter().zip(&self.limit).filter(|(y, c)| y > c).count()
    }

    /// Largest effect.
    fn reach(&self) -> f64 {
        self.y.iter().map(|y| y.abs()).fold(0.0, f64::max)
    }

    /// Log-likelihood at mean and tau; writes the gradient.
    fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let (mean, tau) = (x[0], x[1]);
        let mut sum = 0.0;
        for ((&y, &v), &limit) in self.y.iter().zip(&self.v).zip(&self.limit) {
            let a = v + tau * tau;
            let root = a.sqrt();
            let (z, t) = ((y - mean) / root, (limit - mean) / root);
            // the tail that the study lies in, seen from its own side
            let own = if y > limit { -1.0 } else { 1.0 };
            let ln_tail = normal::ln_cdf(own * t);
            sum += normal::ln_pdf(z) - 0.5 * a.ln() - ln_tail;
            let hazard = own * (normal::ln_pdf(t) - ln_tail).exp();
            gradient[0] += (z + hazard) / root;
            gradient[1] += tau * (z * z - 1.0 + hazard * t) / a;
        }
        sum
    }

    /// The highest top with a parameter held.
    fn highest(&self, held: Held) -> Result<Climb, SmallStudyError> {
        let k = self.y.len() as f64;
        let mean = self.y.iter().sum::<f64>() / k;
        let mut best: Option<Climb> = None;
        for [tau, share] in STARTS {
            let climb = self.climb(held, [mean * share, tau]);
            if climb.value.is_finite() && best.as_ref().is_none_or(|b| climb.value > b.value + 1e-10) {
                best = Some(climb);
            }
        }
        best.ok_or(SmallStudyError::NotFinite {
            quantity: "the likelihood of p-uniform*",
        })
    }

    fn climb(&self, held: Held, start: [f64; 2]) -> Climb {
        let mut both = [0.0; 2];
        let mut climb = match held {
            Held::Nothing => {
                let mut climb = Climb::new(2);
                climb.x.copy_from_slice(&start);
                climb.run(|x, g| self.evaluate(x, g));
                climb
            }
            Held::Mean(mean) => {
                let mut climb = Climb::new(1);
                climb.x[0] = start[1];
                climb.run(|x, g| {
                    let value = self.evaluate(&[mean, x[0]], &mut both);
                    g[0] = both[1];
                    value
                });
                climb
            }
            Held::Tau(tau) => {
                let mut climb = Climb::new(1);
                climb.x[0] = start[0];
                climb.run(|x, g| {
                    let value = self.evaluate(&[x[0], tau], &mut both);
                    g[0] = both[0];
                    value
                });
                climb
            }
        };
        match held {
            Held::Nothing => {}
            Held::Mean(mean) => climb.x.insert(0, mean),
            Held::Tau(tau) => climb.x.push(tau),
        }
        climb
    }

    /// Where the profile of the mean falls to `target`, going down (-1) or up (1) from the top.
    fn mean_limit(&self, top: f64, target: f64, way: f64) -> Option<f64> {
        let gap = |distance: f64| {
            let held = Held::Mean(top + way * distance);
            self.highest(held).map_or(f64::NAN, |climb| climb.value - target)
        };
        let far = root::expand_upper(gap, 0.0, 0.5, RUNAWAY + 2.0 * self.reach()).ok()?;
        let found = root::brent(gap, 0.0, far, 1e-10).ok()?;
        Some(top + way * found.x)
    }

    /// Limits of tau on its profile: 0 where the likelihood at 0 is above the target.
    fn tau_limits(&self, top: f64, target: f64) -> (f64, Option<f64>) {
        let gap = |tau: f64| {
            let held = Held::Tau(tau);
            self.highest(held).map_or(f64::NAN, |climb| climb.value - target)
        };
        let lower = if gap(0.0) >= 0.0 {
            0.0
        } else {
            root::brent(gap, 0.0, top, 1e-10).map_or(0.0, |found| found.x)
        };
        let upper = root::expand_upper(gap, top, top + 0.5, top + RUNAWAY + 2.0 * self.reach())
            .ok()
            .and_then(|far| root::brent(gap, top, far, 1e-10).ok())
            .map(|found| found.x);
        (lower, upper)
    }
}
