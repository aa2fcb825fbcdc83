//! What a count is distributed as, given its linear predictor.

use onset_math::noncentral_hypergeometric::NoncentralHypergeometric;
use onset_math::special::{ln_1p_exp, ln_choose, ln_gamma, logistic};

/// A log-likelihood at one linear predictor, with its first two derivatives there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub value: f64,
    pub slope: f64,
    pub curvature: f64,
}

impl Point {
    /// No count at all.
    pub const NONE: Point = Point {
        value: 0.0,
        slope: 0.0,
        curvature: 0.0,
    };
}

/// The distribution of a count; each is log-concave in its linear predictor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Law {
    /// `events` among `n`, logit link. `constant` is ln C(n, events).
    Binomial { events: f64, n: f64, constant: f64 },
    /// `events`, log link. `constant` is -ln events!.
    Poisson { events: f64, constant: f64 },
    /// `events` in group 1 given all margins, predictor the log odds ratio.
    Conditional {
        events: u64,
        n1: u64,
        n2: u64,
        total: u64,
    },
}

/// Odds ratios beyond exp(300) either way are no data.
const EXTREME: f64 = 300.0;

impl Law {
    pub fn binomial(events: f64, n: f64) -> Self {
        Law::Binomial {
            events,
            n,
            constant: ln_choose(n, events),
        }
    }

    pub fn poisson(events: f64) -> Self {
        Law::Poisson {
            events,
            constant: -ln_gamma(events + 1.0),
        }
    }

    /// The log-likelihood at predictor `eta`.
    pub fn at(&self, eta: f64) -> Point {
        match *self {
            Law::Binomial { events, n, constant } => {
                let p = logistic(eta);
                Point {
                    value: constant + events * eta - n * ln_1p_exp(eta),
                    slope: events - n * p,
                    curvature: -n * p * logistic(-eta),
                }
            }
            Law::Poisson { events, constant } => {
                let mean = eta.exp();
                Point {
                    value: constant + events * eta - mean,
                    slope: events - mean,
                    curvature: -mean,
                }
            }
            Law::Conditional {
                events,
                n1,
                n2,
                total,
            } => {
                let odds = eta.clamp(-EXTREME, EXTREME).exp();
                NoncentralHypergeometric::new(n1, n2, total, odds).map_or(
                    Point {
                        value: f64::NEG_INFINITY,
                        slope: 0.0,
                        curvature: 0.0,
                    },
                    |d| Point {
                        value: d.ln_pmf(events),
                        slope: events as f64 - d.mean(),
                        curvature: -d.variance(),
                    },
                )
            }
        }
    }

    /// The largest log-likelihood over all predictors (a limit where the count is at its edge).
    pub fn saturated(&self) -> f64 {
        match *self {
            Law::Binomial { events, n, constant } => {
                let part = |x: f64| if x > 0.0 { x * (x / n).ln() } else { 0.0 };
                constant + part(events) + part(n - events)
            }
            Law::Poisson { events, constant } => {
                let part = if events > 0.0 { events * events.ln() } else { 0.0 };
                constant + part - events
            }
            Law::Conditional {
                events,
                n1,
                n2,
                total,
            } => {
                if events == total.saturating_sub(n2) || events == total.min(n1) {
                    return 0.0;
                }
                let mut eta = 0.0;
                let mut here = self.at(eta);
                // Newton on a concave function, no step above 2
                for _ in 0..200 {
                    let step = (-here.slope / here.curvature.min(-1e-12)).clamp(-2.0, 2.0);
                    eta += step;
                    here = self.at(eta);
                    if step.abs() < 1e-12 {
                        break;
                    }
                }
                here.value
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_value() {
        let laws = [
            Law::binomial(3.0, 11.0),
            Law::poisson(4.0),
            Law::Conditional {
                events: 2,
                n1: 9,
                n2: 12,
                total: 6,
            },
        ];
        let h = 1e-4;
        for law in laws {
            for eta in [-1.3, 0.2, 1.1] {
                let (down, here, up) = (law.at(eta - h), law.at(eta), law.at(eta + h));
                assert!(((up.value - down.value) / (2.0 * h) - here.slope).abs() < 1e-6);
                assert!(((up.slope - down.slope) / (2.0 * h) - here.curvature).abs() < 1e-6);
                assert!(here.value <= law.saturated() + 1e-12);
            }
        }
    }
}
