//! What is known exactly once tau is fixed: the mean and variance of mu, and the likelihood.

use super::{BayesError, MuPrior, TauPrior};

/// Product beyond which its logarithm is taken.
pub(super) const LARGE: f64 = 1e90;

/// Effects with the zero moved to their middle, so that no square cancels.
pub(super) struct Data {
    /// Effect minus the shift, sampling variance.
    pub pairs: Vec<(f64, f64)>,
    pub shift: f64,
    prior: MuPrior,
    /// Log of the typical standard error.
    pub centre: f64,
}

/// mu given tau, and the log likelihood of tau.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    /// Mean of mu, shifted.
    pub mean: f64,
    pub variance: f64,
    /// Log marginal likelihood of tau, all constants in; flat mu counts as density 1.
    pub ln_likelihood: f64,
    /// sum 1/(v + tau2)^2.
    pub sum_w2: f64,
}

impl Data {
    pub fn new(y: &[f64], v: &[f64], prior: MuPrior) -> Self {
        let weight: f64 = v.iter().map(|v| 1.0 / v).sum();
        let shift = y.iter().zip(v).map(|(y, v)| y / v).sum::<f64>() / weight;
        let mut sorted: Vec<f64> = v.to_vec();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
        Data {
            pairs: y.iter().zip(v).map(|(y, &v)| (y - shift, v)).collect(),
            shift,
            prior,
            centre: 0.5 * median.ln(),
        }
    }

    /// # Formula
    /// w = 1/(v + tau2); with a flat prior V = 1/sum w, m = V sum wy,
    /// ln p(y|tau) = (1-k)/2 ln 2 pi + 1/2 sum ln w + 1/2 ln V - 1/2 (sum wy^2 - m^2/V); with N(m0, s0^2) the prior
    /// counts as one more study of weight 1/s0^2.
    pub fn given(&self, tau2: f64) -> Given {
        let (mut sum, mut first, mut second, mut sum_w2) = (0.0, 0.0, 0.0, 0.0);
        let (mut product, mut ln_product) = (1.0_f64, 0.0);
        for &(y, v) in &self.pairs {
            let d = v + tau2;
            let w = 1.0 / d;
            sum += w;
            first += w * y;
            second += w * y * y;
            sum_w2 += w * w;
            product *= d;
            if !(1.0 / LARGE..=LARGE).contains(&product) {
                ln_product += product.ln();
                product = 1.0;
            }
        }
        let mut terms = self.pairs.len() as f64 - 1.0;
        if let MuPrior::Normal { mean, sd } = self.prior {
            let (w, m) = (1.0 / (sd * sd), mean - self.shift);
            sum += w;
            first += w * m;
            second += w * m * m;
            ln_product += 2.0 * sd.ln();
            terms += 1.0;
        }
        let mean = first / sum;
        let ln_two_pi = (2.0 * std::f64::consts::PI).ln();
        Given {
            mean,
            variance: 1.0 / sum,
            ln_likelihood: -0.5
                * (terms * ln_two_pi + ln_product + product.ln() + sum.ln() + second - mean * first),
            sum_w2,
        }
    }

    /// Log of prior x likelihood x tau, at ln tau.
    pub fn ln_density(&self, prior: &TauPrior, x: f64) -> f64 {
        let tau = x.exp();
        let given = self.given(tau * tau);
        prior.ln_density(x, tau, given.sum_w2) + given.ln_likelihood + x
    }
}

/// Which moments of tau are finite: its power of 1/tau in the tail, prior and likelihood together.
pub(crate) struct Tail(f64, bool);

impl Tail {
    /// `used` is the number of coefficients with a flat prior.
    pub fn new(prior: &TauPrior, k: usize, used: usize) -> Self {
        // ln tau ~ t(5) falls as 1/(tau ln^6 tau): just integrable where a plain power is not
        let logarithmic = matches!(prior, TauPrior::LogT5 { .. });
        Tail(prior.tail() + k as f64 - used as f64, logarithmic)
    }

    pub fn has_moment(&self, order: f64) -> bool {
        self.0 > order + 1.0 || (self.1 && self.0 >= order + 1.0)
    }

    /// The largest of 0, 1, 2 that exists.
    pub fn order(&self) -> f64 {
        [2.0, 1.0]
            .into_iter()
            .find(|&order| self.has_moment(order))
            .unwrap_or(0.0)
    }
}

/// Refuses a level outside (0, 1) and a threshold that is no number.
///
/// # Errors
/// `BadLevel`, `BadThreshold`.
pub(crate) fn check_asked(level: f64, threshold: f64) -> Result<(), BayesError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(BayesError::BadLevel { found: level });
    }
    if !threshold.is_finite() {
        return Err(BayesError::BadThreshold { found: threshold });
    }
    Ok(())
}

/// Refuses what would be improper.
///
/// # Errors
/// `NoStudies`, `Improper`, and what the priors refuse.
pub(crate) fn check(k: usize, used: usize, tau: &TauPrior, mu: &MuPrior) -> Result<(), BayesError> {
    tau.check()?;
    mu.check()?;
    if k == 0 {
        return Err(BayesError::NoStudies);
    }
    let needed = match tau {
        TauPrior::Flat => 2 + used.max(1),
        TauPrior::Jeffreys => 1 + used.max(1),
        _ => 1,
    };
    if k < needed {
        return Err(BayesError::Improper {
            prior: tau.code(),
            found: k,
            needed,
        });
    }
    Ok(())
}
