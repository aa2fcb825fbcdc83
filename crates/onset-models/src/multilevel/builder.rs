//! The sampling covariance of several outcomes, times or arms of one trial, from variances and a working
//! correlation.

use super::MultilevelError;
use super::random::numbered;
use super::sampling::{Sampling, check_length};

/// Builds a [`Sampling`]: the correlation of two effects of a cluster is the product of the parts that were
/// given.
///
/// | part | correlation of effects i, j |
/// |---|---|
/// | `constant` | rho for any two |
/// | `outcomes` | rho where the outcomes differ, else 1 |
/// | `times` | phi^abs(t_i - t_j) |
/// | `arms` | from shared arms and their sizes |
///
/// # Source
/// Gleser & Olkin 2009, in The Handbook of Research Synthesis and Meta-Analysis, 2nd ed.; Pustejovsky & Tipton
/// 2022, Prev Sci 23:425.
///
/// ```
/// use onset_models::multilevel::SamplingBuilder;
/// // two outcomes at two times of one trial
/// let v = SamplingBuilder::new(&[0.04; 4], &["A"; 4])
///     .outcomes(&["pain", "pain", "mood", "mood"], 0.5)
///     .times(&[1.0, 2.0, 1.0, 2.0], 0.8)
///     .build()
///     .unwrap();
/// assert!((v.covariance(0, 3) - 0.04 * 0.5 * 0.8).abs() < 1e-15);
/// ```
#[derive(Debug, Clone)]
pub struct SamplingBuilder {
    v: Vec<f64>,
    cluster: Vec<usize>,
    constant: Option<f64>,
    outcomes: Option<(Vec<usize>, f64)>,
    times: Option<(Vec<f64>, f64)>,
    arms: Option<Vec<Arms>>,
}

/// The two arms that an effect compares, `treated` minus `control`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arms {
    /// Number of the arm within its trial.
    pub treated: usize,
    /// Number of the arm it is compared with.
    pub control: usize,
    /// Size of the treated arm, above 0.
    pub n_treated: f64,
    /// Size of the control, above 0.
    pub n_control: f64,
}

impl SamplingBuilder {
    /// Variances, and the trial of each effect.
    pub fn new<T: Ord + ToString>(v: &[f64], cluster: &[T]) -> Self {
        SamplingBuilder {
            v: v.to_vec(),
            cluster: numbered(cluster).0,
            constant: None,
            outcomes: None,
            times: None,
            arms: None,
        }
    }

    /// One correlation for any two effects of a trial.
    #[must_use]
    pub fn constant(mut self, rho: f64) -> Self {
        self.constant = Some(rho);
        self
    }

    /// `rho` between different outcomes.
    #[must_use]
    pub fn outcomes<T: Ord + ToString>(mut self, outcome: &[T], rho: f64) -> Self {
        self.outcomes = Some((numbered(outcome).0, rho));
        self
    }

    /// `phi` for each unit of time between two effects.
    #[must_use]
    pub fn times(mut self, times: &[f64], phi: f64) -> Self {
        self.times = Some((times.to_vec(), phi));
        self
    }

    /// Arms: the variance of a comparison is taken as s^2 (1/n_treated + 1/n_control) with one s, and two
    /// comparisons share 1/n of each arm they share, with the sign of its sides.
    #[must_use]
    pub fn arms(mut self, arms: &[Arms]) -> Self {
        self.arms = Some(arms.to_vec());
        self
    }

    /// The covariance.
    ///
    /// # Errors
    /// `UnequalLengths`, `BadCovariance`, `BadCorrelation` (rho within (-1, 1), phi within [0, 1)),
    /// `NotPositiveDefinite`.
    pub fn build(&self) -> Result<Sampling, MultilevelError> {
        let n = self.v.len();
        let within = |name, found: f64, least: f64, range| {
            if found.is_finite() && found >= least && found.abs() < 1.0 {
                return Ok(());
            }
            Err(MultilevelError::BadCorrelation { name, found, range })
        };
        if let Some(rho) = self.constant {
            within("rho", rho, -1.0, "between -1 and 1")?;
        }
        if let Some((outcome, rho)) = &self.outcomes {
            check_length("outcome", outcome.len(), n)?;
            within("rho", *rho, -1.0, "between -1 and 1")?;
        }
        if let Some((times, phi)) = &self.times {
            check_length("time", times.len(), n)?;
            within("phi", *phi, 0.0, "between 0 and 1 (1 excluded)")?;
        }
        if let Some(arms) = &self.arms {
            check_length("arms", arms.len(), n)?;
        }
        Sampling::correlated(&self.v, &self.cluster, |i, j| self.correlation(i, j))
    }

    /// Fits or whatever `analyse` does, once for each correlation: the band that an unknown rho leaves.
    ///
    /// The correlation takes the place of that of `outcomes`, or else of `constant`.
    ///
    /// # Errors
    /// Those of [`SamplingBuilder::build`] and of `analyse`.
    pub fn band<T>(
        &self,
        rhos: &[f64],
        analyse: impl Fn(Sampling) -> Result<T, MultilevelError>,
    ) -> Result<Vec<(f64, T)>, MultilevelError> {
        rhos.iter()
            .map(|&rho| {
                let mut at = self.clone();
                match &mut at.outcomes {
                    Some(outcomes) => outcomes.1 = rho,
                    None => at.constant = Some(rho),
                }
                Ok((rho, analyse(at.build()?)?))
            })
            .collect()
    }

    fn correlation(&self, i: usize, j: usize) -> f64 {
        let mut r = self.constant.unwrap_or(1.0);
        if let Some((outcome, rho)) = &self.outcomes
            && outcome[i] != outcome[j]
        {
            r *= rho;
        }
        if let Some((times, phi)) = &self.times {
            r *= phi.powf((times[i] - times[j]).abs());
        }
        if let Some(arms) = &self.arms {
            r *= arms[i].shared(&arms[j]);
        }
        r
    }
}

impl Arms {
    fn shared(&self, other: &Arms) -> f64 {
        let part = |same: bool, n: f64| if same { 1.0 / n } else { 0.0 };
        let covariance = part(self.treated == other.treated, self.n_treated)
            + part(self.control == other.control, self.n_control)
            - part(self.treated == other.control, self.n_treated)
            - part(self.control == other.treated, self.n_control);
        let variance = |arms: &Arms| 1.0 / arms.n_treated + 1.0 / arms.n_control;
        covariance / (variance(self) * variance(other)).sqrt()
    }
}
