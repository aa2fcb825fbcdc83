//! Lan-DeMets boundaries with O'Brien-Fleming-type spending, by recursive quadrature.

use super::{SequentialError, probability};
use onset_math::normal;
use onset_math::quadrature::{Rule, gauss_legendre};
use onset_math::root::brent;

/// Points of the quadrature over the continuation region.
const POINTS: usize = 160;
/// Standard deviations beyond which nothing is left.
const FAR: f64 = 9.0;

/// One side or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// One boundary, above.
    One,
    /// Two symmetric boundaries.
    Two,
}

/// Boundaries on the z scale, one a look.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundaries {
    /// Information fraction of each look.
    pub timing: Vec<f64>,
    /// Boundary of z; above it (two-sided: outside of it) the claim is made.
    pub upper: Vec<f64>,
}

/// Type I error spent by information fraction t, on one side.
///
/// # Formula
/// alpha(t) = 2 (1 - Phi(z_(1 - alpha/2)/sqrt t)), alpha of one side.
/// # Source
/// Lan & DeMets 1983, Biometrika 70:659.
pub fn obrien_fleming_spending(alpha: f64, t: f64) -> f64 {
    if t >= 1.0 {
        return alpha;
    }
    2.0 * normal::sf(normal::upper_quantile(0.5 * alpha) / t.sqrt())
}

/// Boundaries of a monitored z statistic.
///
/// # Formula
/// B(t) = Z sqrt t has independent increments N(0, t_j - t_(j-1)); the density of B within the boundaries is carried
/// from look to look by quadrature, and each boundary spends what [`obrien_fleming_spending`] allows.
/// # Inputs
/// `timing`: rising fractions in (0, 1]; `alpha`: of one side (0.025 for a two-sided 0.05).
/// # Errors
/// `BadTiming`, `BadProbability`, `NotFound`.
/// # Source
/// Armitage, McPherson & Rowe 1969, J R Stat Soc A 132:235; Lan & DeMets 1983.
pub fn upper_boundaries(timing: &[f64], alpha: f64, sides: Sides) -> Result<Boundaries, SequentialError> {
    check(timing, "alpha", alpha)?;
    let rule = gauss_legendre(POINTS);
    let mut state = State::start();
    let (mut upper, mut spent) = (Vec::new(), 0.0);
    for (j, &t) in timing.iter().enumerate() {
        let to_spend = obrien_fleming_spending(alpha, t) - spent;
        spent += to_spend;
        let step = t - state.t;
        let excess = |z: f64| state.above(z * t.sqrt(), step) - to_spend;
        let z = brent(excess, 0.0, 38.0, 1e-12)
            .map_err(|_| SequentialError::NotFound { look: j + 1 })?
            .x;
        upper.push(z);
        let b = z * t.sqrt();
        let lower = match sides {
            Sides::One => -FAR * t.sqrt(),
            Sides::Two => -b,
        };
        state = state.next(lower, b, t, 0.0, &rule);
    }
    Ok(Boundaries {
        timing: timing.to_vec(),
        upper,
    })
}

/// Futility boundaries on the z scale: below them the claim can no longer be expected. Not binding: the upper
/// boundaries are not lowered for them. They meet the upper boundary at the last look.
///
/// # Formula
/// Under a drift theta (E Z_t = theta sqrt t) the probability of falling below the boundary by t is
/// 2 (1 - Phi(z_(1 - beta/2)/sqrt t)); theta is the one for which lower and upper boundary meet at t = 1.
/// # Inputs
/// As [`upper_boundaries`], the last look at t = 1; `beta` the type II error.
/// # Errors
/// As there.
/// # Source
/// Pampallona, Tsiatis & Kim 2001, Drug Inf J 35:1113.
pub fn futility(boundaries: &Boundaries, beta: f64) -> Result<Vec<f64>, SequentialError> {
    check(&boundaries.timing, "beta", beta)?;
    let last = boundaries.timing.len();
    let rule = gauss_legendre(POINTS);
    let gap = |drift: f64| match lower_under(boundaries, beta, drift, &rule) {
        Ok(lower) => match (lower.last(), boundaries.upper.last()) {
            (Some(lower), Some(upper)) => lower - upper,
            _ => f64::NAN,
        },
        Err(_) => f64::NAN,
    };
    let drift = brent(gap, 0.5, 12.0, 1e-10)
        .map_err(|_| SequentialError::NotFound { look: last })?
        .x;
    lower_under(boundaries, beta, drift, &rule)
}

fn lower_under(
    boundaries: &Boundaries,
    beta: f64,
    drift: f64,
    rule: &Rule,
) -> Result<Vec<f64>, SequentialError> {
    let mut state = State::start();
    let (mut lower, mut spent) = (Vec::new(), 0.0);
    for (j, (&t, &z)) in boundaries.timing.iter().zip(&boundaries.upper).enumerate() {
        let to_spend = obrien_fleming_spending(beta, t) - spent;
        spent += to_spend;
        let step = t - state.t;
        let excess = |a: f64| state.below(a * t.sqrt(), step, drift) - to_spend;
        let a = brent(excess, -38.0, 38.0, 1e-12)
            .map_err(|_| SequentialError::NotFound { look: j + 1 })?
            .x;
        lower.push(a);
        let (from, to) = (a * t.sqrt(), z * t.sqrt());
        if from >= to {
            lower.resize(boundaries.timing.len(), a);
            break;
        }
        state = state.next(from, to, t, drift, rule);
    }
    Ok(lower)
}

fn check(timing: &[f64], what: &'static str, share: f64) -> Result<(), SequentialError> {
    probability(what, share)?;
    let mut before = 0.0;
    for (i, &found) in timing.iter().enumerate() {
        if !(found > before && found <= 1.0) {
            return Err(SequentialError::BadTiming { at: i + 1, found });
        }
        before = found;
    }
    Ok(())
}

/// Density of B within the boundaries at one look, as weighted points.
struct State {
    t: f64,
    points: Vec<(f64, f64)>,
}

impl State {
    fn start() -> Self {
        State {
            t: 0.0,
            points: vec![(0.0, 1.0)],
        }
    }

    /// Probability that the next B lies above b.
    fn above(&self, b: f64, step: f64) -> f64 {
        let sd = step.sqrt();
        self.points
            .iter()
            .map(|(s, mass)| mass * normal::sf((b - s) / sd))
            .sum()
    }

    /// Probability that the next B lies below b, under a drift.
    fn below(&self, b: f64, step: f64, drift: f64) -> f64 {
        let sd = step.sqrt();
        self.points
            .iter()
            .map(|(s, mass)| mass * normal::cdf((b - s - drift * step) / sd))
            .sum()
    }

    fn next(&self, lower: f64, upper: f64, t: f64, drift: f64, rule: &Rule) -> State {
        let (centre, half) = (0.5 * (lower + upper), 0.5 * (upper - lower));
        let step = t - self.t;
        let sd = step.sqrt();
        let points = rule.nodes.iter().zip(&rule.weights).map(|(node, weight)| {
            let b = centre + half * node;
            let density: f64 = self
                .points
                .iter()
                .map(|(s, mass)| mass * normal::pdf((b - s - drift * step) / sd))
                .sum();
            (b, half * weight * density / sd)
        });
        State {
            t,
            points: points.collect(),
        }
    }
}
