//! Correlation of an arm's means at different visits.

use super::TimecourseError;

/// The clock on which correlation fades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeScale {
    /// `|ln t - ln u|`: a doubling of time is one step, whatever the time. Baseline (time 0) is then uncorrelated
    /// with every visit.
    Log,
    /// `|sqrt t - sqrt u|`.
    Sqrt,
    /// `|t - u|`.
    Raw,
}

impl TimeScale {
    /// Every scale with its code.
    pub const ALL: [(&'static str, TimeScale); 3] = [
        ("log", TimeScale::Log),
        ("sqrt", TimeScale::Sqrt),
        ("raw", TimeScale::Raw),
    ];

    fn distance(self, t: f64, u: f64) -> f64 {
        let place = |x: f64| match self {
            TimeScale::Log => x.ln(),
            TimeScale::Sqrt => x.sqrt(),
            TimeScale::Raw => x,
        };
        (place(t) - place(u)).abs()
    }
}

/// Correlation within an arm: `Cov(y_t, y_u) = s_t s_u r(t, u)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum WithinArm {
    /// None: each visit as if other people had come.
    #[default]
    Independent,
    /// One correlation between any two visits.
    Constant(f64),
    /// `rho^|distance|` on a time scale.
    Car(f64, TimeScale),
}

impl WithinArm {
    /// From `--rho` and `--time-scale`.
    ///
    /// # Errors
    /// `BadCorrelation` outside [0, 1).
    pub fn new(rho: Option<f64>, scale: Option<TimeScale>) -> Result<Self, TimecourseError> {
        match (rho, scale) {
            (None, _) => Ok(WithinArm::Independent),
            (Some(found), _) if !(0.0..1.0).contains(&found) => {
                Err(TimecourseError::BadCorrelation { found })
            }
            (Some(rho), None) => Ok(WithinArm::Constant(rho)),
            (Some(rho), Some(scale)) => Ok(WithinArm::Car(rho, scale)),
        }
    }

    /// Correlation of the means at `t` and `u`.
    pub fn between(self, t: f64, u: f64) -> f64 {
        if t == u {
            return 1.0;
        }
        match self {
            WithinArm::Independent => 0.0,
            WithinArm::Constant(rho) => rho,
            WithinArm::Car(rho, scale) => rho.powf(scale.distance(t, u)),
        }
    }
}
