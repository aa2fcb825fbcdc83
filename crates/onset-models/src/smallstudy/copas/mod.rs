//! The Copas selection model: how far the mean moves with the share of studies that stayed unpublished.

mod likelihood;

use super::SmallStudyError;
use super::error::at_least;
use super::selection::climb::Climb;
use crate::pool::{Estimate, Solution};
use likelihood::Likelihood;
use onset_effects::Effects;
use onset_math::{chi_squared, linalg, normal};

/// Options of a Copas analysis.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `smallest` | .95 .9 .8 .7 .6 .5 .4 .3 .2 .1 | chances that the study with the largest standard error is published |
/// | `largest` | .99 .9 .8 .6 | chances of the study with the smallest one; the first makes the line |
/// | `level` | .95 | confidence level |
/// | `trace` | .1 | p-value of the test for a remaining trend from which the selection is enough |
#[derive(Debug, Clone, PartialEq)]
pub struct CopasOptions {
    /// Chances of the smallest study, descending.
    pub smallest: Vec<f64>,
    /// Chances of the largest study.
    pub largest: Vec<f64>,
    /// Confidence level.
    pub level: f64,
    /// Where no trace is left.
    pub trace: f64,
}

impl Default for CopasOptions {
    fn default() -> Self {
        CopasOptions {
            smallest: vec![0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
            largest: vec![0.99, 0.9, 0.8, 0.6],
            level: 0.95,
            trace: 0.1,
        }
    }
}

/// The model at one selection.
#[derive(Debug, Clone, PartialEq)]
pub struct CopasFit {
    /// Chance that the study with the largest standard error is published.
    pub p_smallest: f64,
    /// Chance of the study with the smallest one.
    pub p_largest: f64,
    /// gamma0, gamma1; `None` when everything is published.
    pub gamma: Option<[f64; 2]>,
    /// Mean, Wald.
    pub mean: Estimate,
    /// Between-study variance.
    pub tau2: f64,
    /// Correlation of a study's error with its tendency to be published; `None` when everything is published.
    pub rho: Option<f64>,
    /// Log-likelihood, all constants in.
    pub loglik: f64,
    /// Twice what a trend with the standard error adds: the test of remaining selection, 1 df.
    pub trace: f64,
    /// Its p-value.
    pub trace_p: f64,
    /// Studies that the model expects to be unpublished.
    pub unpublished: f64,
    /// How the search ended.
    pub solution: Solution,
}

/// A Copas analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct Copas {
    /// Everything published: the random-effects model by maximum likelihood.
    pub unselected: CopasFit,
    /// Ever stronger selection of small studies at the first chance of the largest one.
    pub line: Vec<CopasFit>,
    /// The other chances of the largest study.
    pub grid: Vec<CopasFit>,
    /// The selection with the fewest unpublished studies that leaves no trace; `None` when none is needed or none
    /// is enough.
    pub enough: Option<CopasFit>,
}

/// Copas selection model over a grid of selections.
///
/// # Formula
/// Study i: y = mu + tau u + sigma e, published when z = gamma0 + gamma1/s + d > 0, corr(e, d) = rho. With
/// u = gamma0 + gamma1/s, lambda = phi/Phi and c2 = lambda(u)(u + lambda(u)): sigma2 = s2/(1 - rho2 c2),
/// A = sigma2 + tau2, r = rho sigma/sqrt(A), v = (u + r (y - mu)/sqrt(A))/sqrt(1 - r2), and
/// ln L = sum ln phi(y; mu, A) - ln Phi(u) + ln Phi(v). gamma0 and gamma1 are given, not estimated: the data
/// hardly tell them. They are set by the chances of the studies with the largest and the smallest s. Trace:
/// the mean may also be mu + beta s; twice the gain, 1 df. rho stays within .9999.
/// # Inputs
/// `effects`: k >= 5, standard errors that differ.
/// # Returns
/// Fits also where the search did not end: `solution` says so.
/// # Errors
/// `TooFewStudies`, `NoVariation`, `BadStep` for chances outside 0 to 1, `NotFinite`.
/// # Source
/// Copas & Shi 2000, Biostatistics 1:247; Copas & Shi 2001, Stat Methods Med Res 10:251.
pub fn copas(effects: &Effects, options: &CopasOptions) -> Result<Copas, SmallStudyError> {
    at_least(effects.k(), 5)?;
    crate::pool::check_level(options.level)?;
    let chances = options.smallest.iter().chain(&options.largest);
    if let Some(&found) = chances.into_iter().find(|p| !(**p > 0.0 && **p < 1.0)) {
        return Err(SmallStudyError::BadStep { found });
    }
    let mut search = Search::new(effects, options.level)?;
    let unselected = search.fit(None, [1.0, 1.0])?;
    let mut rows = Vec::new();
    for (at, &large) in options.largest.iter().enumerate() {
        search.start_over();
        for &small in options.smallest.iter().filter(|small| **small < large) {
            rows.push((at, search.fit(Some(search.gamma(small, large)), [small, large])?));
        }
    }
    let (line, grid): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.0 == 0);
    let line: Vec<CopasFit> = line.into_iter().map(|row| row.1).collect();
    let grid: Vec<CopasFit> = grid.into_iter().map(|row| row.1).collect();
    let needed = unselected.trace_p < options.trace;
    let traceless = line
        .iter()
        .chain(&grid)
        .filter(|fit| needed && fit.trace_p >= options.trace);
    let enough = traceless
        .min_by(|a, b| a.unpublished.total_cmp(&b.unpublished))
        .cloned();
    Ok(Copas {
        unselected,
        line,
        grid,
        enough,
    })
}

/// Angles of rho that a search starts from, the first two beside a neighbour's end; the likelihood may have two
/// tops.
const ANGLES: [f64; 5] = [0.6, -0.6, 0.0, 1.3, -1.3];
/// Parameters at a stationary boundary within this are on it.
const ON_BOUNDARY: f64 = 1e-5;

/// Effects in units of the typical standard error, and where the last search ended.
struct Search {
    likelihood: Likelihood,
    unit: f64,
    k: f64,
    level: f64,
    ends: [f64; 2],
    rough: [f64; 2],
    last: Option<Vec<f64>>,
}

impl Search {
    fn new(effects: &Effects, level: f64) -> Result<Self, SmallStudyError> {
        let k = effects.k() as f64;
        let unit = (effects.v().iter().map(|v| v.ln()).sum::<f64>() / (2.0 * k)).exp();
        let y: Vec<f64> = effects.y().iter().map(|y| y / unit).collect();
        let s: Vec<f64> = effects.v().iter().map(|v| v.sqrt() / unit).collect();
        let least = s.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = s.iter().copied().fold(0.0, f64::max);
        if largest <= least * (1.0 + 1e-9) {
            return Err(SmallStudyError::NoVariation {
                what: "standard error",
            });
        }
        let mean = y.iter().sum::<f64>() / k;
        let spread = y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / k;
        Ok(Search {
            likelihood: Likelihood::new(y, s),
            unit,
            k,
            level,
            ends: [largest, least],
            rough: [mean, spread.sqrt().max(0.3)],
            last: None,
        })
    }

    fn start_over(&mut self) {
        self.last = None;
    }

    /// gamma0 and gamma1 (in units of the typical standard error) with these chances at both ends.
    fn gamma(&self, small: f64, large: f64) -> [f64; 2] {
        let [zs, zl] = [normal::quantile(small), normal::quantile(large)];
        let gamma1 = (zl - zs) / (1.0 / self.ends[1] - 1.0 / self.ends[0]);
        [zs - gamma1 / self.ends[0], gamma1]
    }

    fn fit(&mut self, gamma: Option<[f64; 2]>, chances: [f64; 2]) -> Result<CopasFit, SmallStudyError> {
        self.likelihood.select(gamma);
        self.likelihood.slope = false;
        let (mut climb, iterations) = self.highest(self.last.clone());
        if !climb.value.is_finite() {
            return Err(SmallStudyError::NotFinite {
                quantity: "the likelihood of the Copas model",
            });
        }
        self.last = gamma.map(|_| climb.x.clone());
        climb.polish_curvature(|x, g| self.likelihood.evaluate(x, g));
        let standard_error = standard_error(&climb).ok_or(SmallStudyError::NotFinite {
            quantity: "the standard error of the Copas model",
        })?;
        self.likelihood.slope = true;
        let mut start = climb.x.clone();
        start.push(0.0);
        let (trend, _) = self.highest(Some(start));
        let trace = (2.0 * (trend.value - climb.value)).max(0.0);
        let boundary = climb.x[1].abs() < ON_BOUNDARY;
        let solution = match (climb.converged, boundary) {
            (false, _) => Solution::NotConverged { iterations },
            (true, true) => Solution::Boundary { iterations },
            (true, false) => Solution::Converged { iterations },
        };
        let tau = if boundary { 0.0 } else { climb.x[1] * self.unit };
        Ok(CopasFit {
            p_smallest: chances[0],
            p_largest: chances[1],
            gamma: gamma.map(|[gamma0, gamma1]| [gamma0, gamma1 * self.unit]),
            mean: Estimate::new(
                climb.x[0] * self.unit,
                standard_error * self.unit,
                None,
                self.level,
            ),
            tau2: tau * tau,
            rho: gamma.map(|_| Likelihood::rho(climb.x[2])),
            loglik: climb.value - self.k * self.unit.ln(),
            trace,
            trace_p: chi_squared::sf(trace, 1.0),
            unpublished: self.likelihood.unpublished(),
            solution,
        })
    }

    /// The highest top from a given start and from several angles.
    fn highest(&self, given: Option<Vec<f64>>) -> (Climb, u32) {
        let free = self.likelihood.free();
        let selected = free - usize::from(self.likelihood.slope) > 2;
        let mut starts: Vec<Vec<f64>> = given.into_iter().filter(|x| x.len() == free).collect();
        let angles = match (selected, starts.is_empty()) {
            (false, _) => &ANGLES[..1],
            (true, false) => &ANGLES[..2],
            (true, true) => &ANGLES[..],
        };
        for angle in angles {
            let mut x = self.rough.to_vec();
            if selected {
                x.push(*angle);
            }
            x.resize(free, 0.0);
            starts.push(x);
        }
        let mut best: Option<Climb> = None;
        let mut iterations = 0;
        for start in starts {
            let mut climb = Climb::new(free);
            climb.x = start;
            climb.run(|x, g| self.likelihood.evaluate(x, g));
            iterations += climb.evaluations;
            let higher = best.as_ref().is_none_or(|best| {
                climb.value > best.value + 1e-10
                    || (climb.converged && !best.converged && climb.value > best.value - 1e-9)
            });
            if higher && !climb.value.is_nan() {
                best = Some(climb);
            }
        }
        (best.unwrap_or_else(|| Climb::new(free)), iterations)
    }
}

/// Standard error of the mean; tau and rho on their boundaries are taken as known.
fn standard_error(climb: &Climb) -> Option<f64> {
    let n = climb.x.len();
    let inside: Vec<usize> = (0..n)
        .filter(|&i| match i {
            1 => climb.x[1].abs() > ON_BOUNDARY,
            2 => climb.x[2].cos().abs() > ON_BOUNDARY,
            _ => true,
        })
        .collect();
    let curvature = linalg::Matrix::from_fn(inside.len(), inside.len(), |i, j| {
        climb.curvature[inside[i] * n + inside[j]]
    });
    let variance = linalg::inverse(&curvature).map(|inverse| inverse[(0, 0)]);
    variance.filter(|v| *v > 0.0).map(f64::sqrt)
}
