//! Hazard ratios from whatever a paper prints.

use super::error::{SurvivalError, positive, proportion};
use onset_math::normal;

/// What stands in for the variance V of the log-rank statistic O - E.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Information {
    /// Events of both arms, 1:1 allocation: V = O / 4.
    Events(f64),
    /// Events of both arms and the sizes of the arms: V = O r1 r2 / (r1 + r2)^2.
    Allocated {
        /// Events of both arms.
        events: f64,
        /// Patients of the active arm.
        active: f64,
        /// Patients of the control arm.
        control: f64,
    },
    /// Events of each arm: V = O1 O2 / (O1 + O2).
    PerArm {
        /// Events of the active arm.
        active: f64,
        /// Events of the control arm.
        control: f64,
    },
}

/// What is printed. A hazard ratio is active over control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Printed {
    /// Hazard ratio and its confidence interval: se = (ln U - ln L) / 2z.
    Interval {
        /// Hazard ratio.
        hr: f64,
        /// Lower limit.
        lower: f64,
        /// Upper limit.
        upper: f64,
        /// Level, as 0.95.
        level: f64,
    },
    /// Hazard ratio and a two-sided p value: se = |ln HR| / z.
    RatioAndP {
        /// Hazard ratio, not 1.
        hr: f64,
        /// Two-sided p.
        p: f64,
    },
    /// Hazard ratio and events: var = 1/V.
    RatioAndEvents {
        /// Hazard ratio.
        hr: f64,
        /// Events.
        information: Information,
    },
    /// Two-sided p value of a log-rank test and events: |ln HR| = z / sqrt V.
    PAndEvents {
        /// Two-sided p.
        p: f64,
        /// Events.
        information: Information,
        /// Is the hazard lower with the active treatment?
        favours_active: bool,
    },
    /// Log-rank chi-square on one degree of freedom and events.
    ChiSquare {
        /// Chi-square.
        chi_square: f64,
        /// Events.
        information: Information,
        /// Is the hazard lower with the active treatment?
        favours_active: bool,
    },
    /// O - E of the active arm and its variance: ln HR = (O - E) / V.
    LogRank {
        /// Observed minus expected events.
        o_minus_e: f64,
        /// Its variance.
        v: f64,
    },
    /// Observed and expected events of both arms: HR = (O1/E1)/(O2/E2), var = 1/E1 + 1/E2.
    ObservedExpected {
        /// Observed, expected events of the active arm.
        active: (f64, f64),
        /// Observed, expected events of the control arm.
        control: (f64, f64),
    },
}

impl Printed {
    /// Name of the route.
    pub fn route(&self) -> &'static str {
        match self {
            Printed::Interval { .. } => "hr_and_interval",
            Printed::RatioAndP { .. } => "hr_and_p",
            Printed::RatioAndEvents { .. } => "hr_and_events",
            Printed::PAndEvents { .. } => "p_and_events",
            Printed::ChiSquare { .. } => "log_rank_and_events",
            Printed::LogRank { .. } => "o_minus_e_and_v",
            Printed::ObservedExpected { .. } => "observed_and_expected",
        }
    }
}

/// Log hazard ratio with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardRatio {
    /// Route by which it was reached.
    pub route: &'static str,
    /// ln HR, active over control.
    pub ln_hr: f64,
    /// Standard error of ln HR.
    pub standard_error: f64,
}

impl HazardRatio {
    /// Two-sided p of no difference.
    pub fn p(&self) -> f64 {
        normal::two_sided_p(self.ln_hr / self.standard_error)
    }

    /// Limits of the hazard ratio at a level such as 0.95.
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let half = normal::quantile(0.5 + level / 2.0) * self.standard_error;
        ((self.ln_hr - half).exp(), (self.ln_hr + half).exp())
    }
}

/// A printed limit is rounded: ln HR may sit off the middle of its interval by this share of the width.
const OFF_CENTRE: f64 = 0.15;

/// Log hazard ratio and standard error from a printed result.
///
/// # Formula
/// ln HR = (O - E)/V, var = 1/V; V from events as in [`Information`]; see [`Printed`] for each route.
/// # Errors
/// Numbers out of range; a ratio outside its interval or far off its middle; HR = 1 with a p value.
/// # Source
/// Parmar, Torri & Stewart 1998, Stat Med 17:2815; Tierney et al. 2007, Trials 8:16.
pub fn hazard_ratio(printed: &Printed) -> Result<HazardRatio, SurvivalError> {
    let route = printed.route();
    let (ln_hr, standard_error) = match *printed {
        Printed::Interval {
            hr,
            lower,
            upper,
            level,
        } => interval(hr, lower, upper, level)?,
        Printed::RatioAndP { hr, p } => {
            let y = positive("hazard ratio", hr)?.ln();
            let z = z_of(p)?;
            if y == 0.0 || z == 0.0 {
                let what = "a ratio of 1 or p = 1 says nothing of the standard error";
                return Err(SurvivalError::Contradiction { what });
            }
            (y, y.abs() / z)
        }
        Printed::RatioAndEvents { hr, information } => (
            positive("hazard ratio", hr)?.ln(),
            variance(information)?.sqrt().recip(),
        ),
        Printed::PAndEvents {
            p,
            information,
            favours_active,
        } => from_z(z_of(p)?, information, favours_active)?,
        Printed::ChiSquare {
            chi_square,
            information,
            favours_active,
        } => {
            if !(chi_square.is_finite() && chi_square >= 0.0) {
                return Err(SurvivalError::OutOfRange {
                    what: "log-rank chi-square",
                    found: chi_square,
                    allowed: "0 or more",
                });
            }
            from_z(chi_square.sqrt(), information, favours_active)?
        }
        Printed::LogRank { o_minus_e, v } => {
            let v = positive("variance of O - E", v)?;
            if !o_minus_e.is_finite() {
                return Err(SurvivalError::OutOfRange {
                    what: "O - E",
                    found: o_minus_e,
                    allowed: "a finite number",
                });
            }
            (o_minus_e / v, v.sqrt().recip())
        }
        Printed::ObservedExpected { active, control } => {
            let (o1, e1) = (
                positive("observed events", active.0)?,
                positive("expected events", active.1)?,
            );
            let (o2, e2) = (
                positive("observed events", control.0)?,
                positive("expected events", control.1)?,
            );
            ((o1 / e1 / (o2 / e2)).ln(), (1.0 / e1 + 1.0 / e2).sqrt())
        }
    };
    Ok(HazardRatio {
        route,
        ln_hr,
        standard_error,
    })
}

fn interval(hr: f64, lower: f64, upper: f64, level: f64) -> Result<(f64, f64), SurvivalError> {
    let y = positive("hazard ratio", hr)?.ln();
    let (l, u) = (
        positive("lower limit", lower)?.ln(),
        positive("upper limit", upper)?.ln(),
    );
    let level = proportion("level", level)?;
    if !(l < u && l <= y && y <= u) {
        return Err(SurvivalError::Contradiction {
            what: "the hazard ratio lies outside its interval",
        });
    }
    if (y - f64::midpoint(l, u)).abs() > OFF_CENTRE * (u - l) {
        return Err(SurvivalError::Contradiction {
            what: "the hazard ratio lies far off the middle of its interval on the log scale",
        });
    }
    Ok((y, (u - l) / (2.0 * normal::quantile(0.5 + level / 2.0))))
}

fn z_of(p: f64) -> Result<f64, SurvivalError> {
    if p > 0.0 && p <= 1.0 {
        Ok(normal::upper_quantile(p / 2.0).max(0.0))
    } else {
        Err(SurvivalError::OutOfRange {
            what: "p value",
            found: p,
            allowed: "more than 0, at most 1",
        })
    }
}

fn from_z(z: f64, information: Information, favours_active: bool) -> Result<(f64, f64), SurvivalError> {
    let se = variance(information)?.sqrt().recip();
    Ok((if favours_active { -z * se } else { z * se }, se))
}

fn variance(information: Information) -> Result<f64, SurvivalError> {
    match information {
        Information::Events(events) => Ok(positive("number of events", events)? / 4.0),
        Information::Allocated {
            events,
            active,
            control,
        } => {
            let events = positive("number of events", events)?;
            let (r1, r2) = (
                positive("size of the active arm", active)?,
                positive("size of the control arm", control)?,
            );
            if events > r1 + r2 {
                return Err(SurvivalError::Contradiction {
                    what: "more events than patients",
                });
            }
            Ok(events * r1 * r2 / ((r1 + r2) * (r1 + r2)))
        }
        Information::PerArm { active, control } => {
            let (a, c) = (
                positive("events of the active arm", active)?,
                positive("events of the control arm", control)?,
            );
            Ok(a * c / (a + c))
        }
    }
}
