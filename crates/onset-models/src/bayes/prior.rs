//! Priors on the heterogeneity tau and on the mean mu.

use super::BayesError;
use super::predictive::{PredictivePrior, Table};
use std::f64::consts::{FRAC_2_PI, PI};

/// Prior on tau, the between-study standard deviation, in units of y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TauPrior {
    /// |N(0, scale^2)|.
    HalfNormal {
        /// Scale.
        scale: f64,
    },
    /// |Cauchy(0, scale)|.
    HalfCauchy {
        /// Scale: the median.
        scale: f64,
    },
    /// Uniform on (0, upper).
    Uniform {
        /// Upper bound.
        upper: f64,
    },
    /// Uniform on the half line: improper.
    Flat,
    /// Jeffreys' prior sqrt(sum (tau/(s^2 + tau^2))^2): improper.
    Jeffreys,
    /// ln tau ~ N(location, scale^2).
    LogNormal {
        /// Mean of ln tau.
        location: f64,
        /// Standard deviation of ln tau.
        scale: f64,
    },
    /// ln tau ~ location + scale t(5).
    LogT5 {
        /// Median of ln tau.
        location: f64,
        /// Scale of ln tau.
        scale: f64,
    },
}

/// Prior on the mean mu.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum MuPrior {
    /// Flat: improper, the default.
    #[default]
    Flat,
    /// N(mean, sd^2).
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
}

/// What `--tau-prior` may be.
pub const TAU_PRIORS: &str = "halfnormal:SCALE, halfcauchy:SCALE, uniform, uniform:UPPER, jeffreys, \
     lognormal:LOCATION:SCALE and logt:LOCATION:SCALE (of ln tau), rhodes2015:OUTCOME:COMPARISON, \
     turner2015:OUTCOME:COMPARISON";

/// Degrees of freedom of the log-t prior.
const LOG_T_DF: f64 = 5.0;

impl TauPrior {
    /// Reads `halfnormal:0.5`, `uniform`, `rhodes2015:mental-health:pharm-v-placebo` and the like.
    ///
    /// # Errors
    /// `UnknownPrior`, `BadScale`, `BadLocation`.
    pub fn from_code(code: &str) -> Result<Self, BayesError> {
        let lower = code.trim().to_ascii_lowercase();
        let mut parts = lower.split(':');
        let name: String = parts.next().unwrap_or_default().replace(['-', '_', ' '], "");
        let rest: Vec<&str> = parts.collect();
        let numbers: Vec<Option<f64>> = rest.iter().map(|part| part.trim().parse().ok()).collect();
        let prior = match (name.as_str(), numbers.as_slice()) {
            ("halfnormal", [Some(scale)]) => TauPrior::HalfNormal { scale: *scale },
            ("halfcauchy", [Some(scale)]) => TauPrior::HalfCauchy { scale: *scale },
            ("uniform" | "flat", []) => TauPrior::Flat,
            ("uniform", [Some(upper)]) => TauPrior::Uniform { upper: *upper },
            ("jeffreys", []) => TauPrior::Jeffreys,
            ("lognormal", [Some(location), Some(scale)]) => TauPrior::LogNormal {
                location: *location,
                scale: *scale,
            },
            ("logt", [Some(location), Some(scale)]) => TauPrior::LogT5 {
                location: *location,
                scale: *scale,
            },
            ("rhodes2015", _) => {
                return PredictivePrior::find(Table::Rhodes2015, &rest).map(|p| p.tau_prior());
            }
            ("turner2015", _) => {
                return PredictivePrior::find(Table::Turner2015, &rest).map(|p| p.tau_prior());
            }
            _ => {
                return Err(BayesError::UnknownPrior {
                    found: code.to_owned(),
                    allowed: TAU_PRIORS.to_owned(),
                });
            }
        };
        prior.check()?;
        Ok(prior)
    }

    /// The prior as `from_code` reads it.
    pub fn code(&self) -> String {
        match *self {
            TauPrior::HalfNormal { scale } => format!("halfnormal:{scale}"),
            TauPrior::HalfCauchy { scale } => format!("halfcauchy:{scale}"),
            TauPrior::Uniform { upper } => format!("uniform:{upper}"),
            TauPrior::Flat => "uniform".to_owned(),
            TauPrior::Jeffreys => "jeffreys".to_owned(),
            TauPrior::LogNormal { location, scale } => format!("lognormal:{location}:{scale}"),
            TauPrior::LogT5 { location, scale } => format!("logt:{location}:{scale}"),
        }
    }

    /// Whether it integrates to 1.
    pub fn is_proper(&self) -> bool {
        !matches!(self, TauPrior::Flat | TauPrior::Jeffreys)
    }

    /// # Errors
    /// `BadScale`, `BadLocation`.
    pub(super) fn check(&self) -> Result<(), BayesError> {
        let scale = |what, found: f64| {
            if found.is_finite() && found > 0.0 {
                Ok(())
            } else {
                Err(BayesError::BadScale { what, found })
            }
        };
        match *self {
            TauPrior::HalfNormal { scale: s } | TauPrior::HalfCauchy { scale: s } => scale("scale", s),
            TauPrior::Uniform { upper } => scale("upper bound", upper),
            TauPrior::Flat | TauPrior::Jeffreys => Ok(()),
            TauPrior::LogNormal { location, scale: s } | TauPrior::LogT5 { location, scale: s } => {
                if !location.is_finite() {
                    return Err(BayesError::BadLocation {
                        what: "location",
                        found: location,
                    });
                }
                scale("scale", s)
            }
        }
    }

    /// The power of 1/tau with which the density falls; infinite where faster than any.
    pub(super) fn tail(&self) -> f64 {
        match self {
            TauPrior::HalfCauchy { .. } => 2.0,
            TauPrior::Flat => 0.0,
            TauPrior::Jeffreys | TauPrior::LogT5 { .. } => 1.0,
            TauPrior::HalfNormal { .. } | TauPrior::Uniform { .. } | TauPrior::LogNormal { .. } => {
                f64::INFINITY
            }
        }
    }

    /// Upper end of its support.
    pub(super) fn upper(&self) -> Option<f64> {
        match *self {
            TauPrior::Uniform { upper } => Some(upper),
            _ => None,
        }
    }

    /// Log density at tau; `sum_w2` is sum 1/(s^2 + tau^2)^2, which Jeffreys' prior needs.
    pub(super) fn ln_density(&self, ln_tau: f64, tau: f64, sum_w2: f64) -> f64 {
        match *self {
            TauPrior::HalfNormal { scale } => {
                let z = tau / scale;
                0.5 * FRAC_2_PI.ln() - scale.ln() - 0.5 * z * z
            }
            TauPrior::HalfCauchy { scale } => {
                let z = tau / scale;
                FRAC_2_PI.ln() - scale.ln() - (z * z).ln_1p()
            }
            TauPrior::Uniform { upper } => -upper.ln(),
            TauPrior::Flat => 0.0,
            TauPrior::Jeffreys => ln_tau + 0.5 * sum_w2.ln(),
            TauPrior::LogNormal { location, scale } => {
                let z = (ln_tau - location) / scale;
                -ln_tau - scale.ln() - 0.5 * (2.0 * PI).ln() - 0.5 * z * z
            }
            TauPrior::LogT5 { location, scale } => {
                let z = (ln_tau - location) / scale;
                // density of t(5): 8 / (3 pi sqrt 5) (1 + z^2/5)^-3
                let constant = (8.0 / (3.0 * PI * LOG_T_DF.sqrt())).ln();
                -ln_tau - scale.ln() + constant - 3.0 * (z * z / LOG_T_DF).ln_1p()
            }
        }
    }
}

impl MuPrior {
    /// Reads `flat` or `normal:MEAN:SD`.
    ///
    /// # Errors
    /// `UnknownPrior`, `BadScale`, `BadLocation`.
    pub fn from_code(code: &str) -> Result<Self, BayesError> {
        let lower = code.trim().to_ascii_lowercase();
        let parts: Vec<&str> = lower.split(':').collect();
        let prior = match parts.as_slice() {
            ["flat" | "uniform"] => Some(MuPrior::Flat),
            ["normal", mean, sd] => match (mean.parse(), sd.parse()) {
                (Ok(mean), Ok(sd)) => Some(MuPrior::Normal { mean, sd }),
                _ => None,
            },
            _ => None,
        };
        let prior = prior.ok_or_else(|| BayesError::UnknownPrior {
            found: code.to_owned(),
            allowed: "flat, normal:MEAN:SD".to_owned(),
        })?;
        prior.check()?;
        Ok(prior)
    }

    /// The prior as `from_code` reads it.
    pub fn code(&self) -> String {
        match *self {
            MuPrior::Flat => "flat".to_owned(),
            MuPrior::Normal { mean, sd } => format!("normal:{mean}:{sd}"),
        }
    }

    /// # Errors
    /// `BadScale`, `BadLocation`.
    pub(super) fn check(&self) -> Result<(), BayesError> {
        match *self {
            MuPrior::Flat => Ok(()),
            MuPrior::Normal { mean, .. } if !mean.is_finite() => Err(BayesError::BadLocation {
                what: "mean",
                found: mean,
            }),
            MuPrior::Normal { sd, .. } if !(sd.is_finite() && sd > 0.0) => Err(BayesError::BadScale {
                what: "standard deviation",
                found: sd,
            }),
            MuPrior::Normal { .. } => Ok(()),
        }
    }
}
