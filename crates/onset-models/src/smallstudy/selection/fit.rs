//! Fitting a selection model.

use super::climb::Climb;
use super::function::{Side, WeightFunction};
use super::smooth::Smooth;
use super::step::Steps;
use crate::pool::{Estimate, Options, PoolError, PredictionChoice, Solution, Tau2Method, Test, pool};
use crate::smallstudy::SmallStudyError;
use onset_effects::Effects;
use onset_math::chi_squared;

/// Options of a selection model.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `function` | - | weight function |
/// | `side` | - | one- or two-sided p-values |
/// | `fixed` | `None` | given deltas (Vevea & Woods): only mu and tau2 are estimated |
/// | `at_most_one` | false | steps: keeps every delta at 1 or below |
/// | `level` | 0.95 | confidence level |
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionOptions {
    /// Weight function.
    pub function: WeightFunction,
    /// Side of the p-values.
    pub side: Side,
    /// Given deltas.
    pub fixed: Option<Vec<f64>>,
    /// Whether the weights of a step function stay at 1 or below.
    pub at_most_one: bool,
    /// Confidence level.
    pub level: f64,
}

impl SelectionOptions {
    /// Estimated deltas, level 0.95.
    pub fn new(function: WeightFunction, side: Side) -> Self {
        SelectionOptions {
            function,
            side,
            fixed: None,
            at_most_one: false,
            level: 0.95,
        }
    }
}

/// A delta.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaFit {
    /// Estimate, or the given value.
    pub value: f64,
    /// Standard error; `None` for a given one, the first step, and one on its boundary.
    pub standard_error: Option<f64>,
}

/// A fitted selection model.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Weight function.
    pub function: WeightFunction,
    /// Side.
    pub side: Side,
    /// Mean before selection, Wald.
    pub mean: Estimate,
    /// Between-study variance before selection.
    pub tau2: f64,
    /// Its standard error; `None` on the boundary.
    pub tau2_se: Option<f64>,
    /// Deltas, in the order of the intervals.
    pub delta: Vec<DeltaFit>,
    /// Log-likelihood, all constants in.
    pub loglik: f64,
    /// Twice the gain over the random-effects model by maximum likelihood; `None` for given deltas.
    pub lrt: Option<f64>,
    /// Deltas estimated.
    pub lrt_df: usize,
    /// p-value of the test of no selection.
    pub lrt_p: Option<f64>,
    /// Studies in each interval; empty for a smooth function.
    pub counts: Vec<usize>,
    /// How the search ended.
    pub solution: Solution,
}

impl Selection {
    /// Whether less significant studies come out as the more likely ones to be published: a step above 1, or
    /// a smooth function that rises.
    pub fn wrong_direction(&self) -> bool {
        match &self.function {
            WeightFunction::Step(_) => self.delta.iter().skip(1).any(|d| d.value > 1.0 + 1e-6),
            WeightFunction::Beta => {
                let [a, b] = [0, 1].map(|i| self.delta.get(i).map_or(1.0, |d| d.value));
                a > 1.0 && b < 1.0
            }
            _ => false,
        }
    }
}

/// How a delta is searched.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Link {
    /// exp(x): above 0.
    Log,
    /// x^2: 0 or above, the boundary a stationary point.
    Square,
    /// exp(-x^2): at most 1.
    AtMostOne,
    /// Not searched.
    Given(f64),
}

impl Link {
    fn value(self, x: f64) -> f64 {
        match self {
            Link::Log => x.exp(),
            Link::Square => x * x,
            Link::AtMostOne => (-x * x).exp(),
            Link::Given(value) => value,
        }
    }

    fn slope(self, x: f64) -> f64 {
        match self {
            Link::Log => x.exp(),
            Link::Square => 2.0 * x,
            Link::AtMostOne => -2.0 * x * (-x * x).exp(),
            Link::Given(_) => 0.0,
        }
    }

    /// Where a delta is found.
    fn inverse(self, delta: f64) -> f64 {
        match self {
            Link::Log => delta.max(1e-8).ln(),
            // off the stationary boundary
            Link::Square => delta.max(0.01).sqrt(),
            Link::AtMostOne => (-delta.clamp(1e-8, 0.98).ln()).sqrt(),
            Link::Given(_) => 0.0,
        }
    }
}

/// Which likelihood.
#[derive(Debug, Clone)]
enum Likelihood {
    Steps(Steps),
    Smooth(Box<Smooth>),
}

impl Likelihood {
    fn evaluate(&self, mu: f64, tau2: f64, delta: &[f64], gradient: &mut [f64]) -> f64 {
        match self {
            Likelihood::Steps(steps) => steps.evaluate(mu, tau2, delta, gradient),
            Likelihood::Smooth(smooth) => smooth.evaluate(mu, tau2, delta, gradient),
        }
    }

    fn data(&self) -> (&[f64], &[f64]) {
        match self {
            Likelihood::Steps(steps) => (steps.y(), steps.v()),
            Likelihood::Smooth(smooth) => (smooth.y(), smooth.v()),
        }
    }
}

/// A likelihood with the map from what is searched (mu, tau, deltas) to what it takes (mu, tau2, deltas).
#[derive(Debug, Clone)]
struct Problem {
    likelihood: Likelihood,
    links: Vec<Link>,
    delta: Vec<f64>,
    natural: Vec<f64>,
}

impl Problem {
    fn new(likelihood: Likelihood, links: Vec<Link>) -> Self {
        let deltas = links.len();
        Problem {
            likelihood,
            links,
            delta: vec![0.0; deltas],
            natural: vec![0.0; deltas + 2],
        }
    }

    fn free(&self) -> usize {
        let searched = self.links.iter().filter(|link| !matches!(link, Link::Given(_)));
        2 + searched.count()
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut at = 2;
        for (link, delta) in self.links.iter().zip(&mut self.delta) {
            *delta = link.value(x.get(at).copied().unwrap_or(0.0));
            at += usize::from(!matches!(link, Link::Given(_)));
        }
        let value = self
            .likelihood
            .evaluate(x[0], x[1] * x[1], &self.delta, &mut self.natural);
        gradient[0] = self.natural[0];
        gradient[1] = self.natural[1] * 2.0 * x[1];
        let mut at = 2;
        for (link, slope) in self.links.iter().zip(&self.natural[2..]) {
            if !matches!(link, Link::Given(_)) {
                gradient[at] = slope * link.slope(x[at]);
                at += 1;
            }
        }
        value
    }

    /// Mean and tau of the effects as they are, roughly: where a search starts.
    fn rough(&self) -> (f64, f64) {
        let (y, v) = self.likelihood.data();
        let (mut sum, mut weighted, mut squares) = (0.0, 0.0, 0.0);
        for (y, v) in y.iter().zip(v) {
            sum += 1.0 / v;
            weighted += y / v;
            squares += 1.0 / (v * v);
        }
        let mean = weighted / sum;
        let q: f64 = y.iter().zip(v).map(|(y, v)| (y - mean) * (y - mean) / v).sum();
        let df = y.len() as f64 - 1.0;
        let tau2 = ((q - df) / (sum - squares / sum)).max(0.05 * df / sum);
        (mean, tau2.max(f64::MIN_POSITIVE).sqrt())
    }

    /// Starting point with every searched delta at `delta`.
    fn start(&self, mu: f64, tau: f64, delta: f64, x: &mut [f64]) {
        x[0] = mu;
        x[1] = tau;
        let searched = self.links.iter().filter(|link| !matches!(link, Link::Given(_)));
        for (slot, link) in x[2..].iter_mut().zip(searched) {
            *slot = link.inverse(delta);
        }
    }

    /// The highest of the tops reached from several starts.
    fn maximise(&mut self, climb: &mut Climb, starts: &[[f64; 2]]) -> u32 {
        let (mu, tau) = self.rough();
        let mut best: Option<(f64, Vec<f64>, bool)> = None;
        let mut evaluations = 0;
        for &[share, delta] in starts {
            self.start(mu * share, tau, delta, &mut climb.x);
            climb.run(|x, g| self.evaluate(x, g));
            evaluations += climb.evaluations;
            let higher = best.as_ref().is_none_or(|b| {
                climb.value > b.0 + 1e-9 || climb.converged && !b.2 && climb.value > b.0 - 1e-9
            });
            if climb.value.is_finite() && higher {
                best = Some((climb.value, climb.x.clone(), climb.converged));
            }
        }
        match best {
            Some((value, x, converged)) => {
                climb.value = value;
                climb.x = x;
                climb.converged = converged && climb.x[2..].iter().all(|d| d.abs() < RUNAWAY);
            }
            None => climb.converged = false,
        }
        evaluations
    }
}

/// A log weight beyond this has run away.
const RUNAWAY: f64 = 12.0;
/// Starts: share of the mean, deltas. The likelihood of a selection model may have two tops.
const STARTS: [[f64; 2]; 2] = [[1.0, 1.0], [0.4, 0.2]];
/// tau below this share of the smallest standard error is 0: tau2 adds nothing to any variance.
const NO_TAU: f64 = 1e-5;
/// A parameter at a stationary boundary within this is on it.
const ON_BOUNDARY: f64 = 1e-5;

/// Fits a selection model by maximum likelihood.
///
/// # Formula
/// Effects are N(mu, v + tau2) before selection and published in proportion to w(p):
/// L = prod w(p_i) phi(y_i; mu, v_i + tau2)/A_i, A_i = E w(p) over phi(.; mu, v_i + tau2). Steps in closed
/// form; smooth weights by quadrature. The gradient is analytic; standard errors come from the curvature at
/// the top, on the scale of each parameter.
/// # Inputs
/// `effects`: k >= 3 with every interval of a step function occupied (unless its deltas are given).
/// # Returns
/// Estimates also when the search did not converge: `solution` says so.
/// # Errors
/// `TooFewStudies`, `EmptyInterval`, `BadWeights`, `NotFinite`.
/// # Source
/// Vevea & Hedges 1995, Psychometrika 60:419; Vevea & Woods 2005, Psychol Methods 10:428 (given deltas); and
/// those of [`WeightFunction`].
pub fn select(effects: &Effects, options: &SelectionOptions) -> Result<Selection, SmallStudyError> {
    crate::smallstudy::error::at_least(effects.k(), 3)?;
    crate::pool::check_level(options.level)?;
    let links = links(options)?;
    // in units of the typical standard error, so that steps and tolerances mean the same for every measure
    let k = effects.k() as f64;
    let unit = (effects.v().iter().map(|v| v.ln()).sum::<f64>() / (2.0 * k)).exp();
    let y: Vec<f64> = effects.y().iter().map(|y| y / unit).collect();
    let v: Vec<f64> = effects.v().iter().map(|v| v / (unit * unit)).collect();
    let mut counts = Vec::new();
    let likelihood = match &options.function {
        WeightFunction::Step(cuts) => {
            let steps = Steps::new(&y, &v, cuts, options.side);
            counts = steps.counts();
            if options.fixed.is_none() {
                occupied(&counts, cuts)?;
            }
            Likelihood::Steps(steps)
        }
        smooth => Likelihood::Smooth(Box::new(Smooth::new(&y, &v, smooth.clone(), options.side))),
    };
    let mut problem = Problem::new(likelihood, links);
    let mut climb = Climb::new(problem.free());
    let evaluations = problem.maximise(&mut climb, &STARTS);
    if !climb.value.is_finite() {
        return Err(SmallStudyError::NotFinite {
            quantity: "the likelihood of the selection model",
        });
    }
    let least = v.iter().copied().fold(f64::INFINITY, f64::min).sqrt();
    let boundary = climb.x[1].abs() < NO_TAU * least;
    if boundary {
        climb.x[1] = 0.0;
    }
    climb.polish_curvature(|x, g| problem.evaluate(x, g));
    let variances = variances(&climb, &problem);
    let mut scratch = vec![0.0; climb.x.len()];
    problem.evaluate(&climb.x.clone(), &mut scratch);
    let loglik = climb.value - k * unit.ln();
    let solution = match (climb.converged, boundary) {
        (false, _) => Solution::NotConverged {
            iterations: evaluations,
        },
        (true, true) => Solution::Boundary {
            iterations: evaluations,
        },
        (true, false) => Solution::Converged {
            iterations: evaluations,
        },
    };
    let se = |at: usize| variances[at].map(f64::sqrt);
    let sign = options.side.sign();
    let mean_se = se(0).ok_or(SmallStudyError::NotFinite {
        quantity: "the standard error of the selection model",
    })?;
    let lrt_df = climb.x.len() - 2;
    let lrt = match options.fixed {
        Some(_) => None,
        None => Some((2.0 * (loglik - unselected(effects)?)).max(0.0)),
    };
    let mut at = 2;
    let delta = problem.links.iter().zip(&problem.delta).map(|(link, &value)| {
        if matches!(link, Link::Given(_)) {
            return DeltaFit {
                value,
                standard_error: None,
            };
        }
        let standard_error = se(at).map(|se| se * link.slope(climb.x[at]).abs());
        at += 1;
        DeltaFit {
            value,
            standard_error,
        }
    });
    Ok(Selection {
        function: options.function.clone(),
        side: options.side,
        mean: Estimate::new(sign * climb.x[0] * unit, mean_se * unit, None, options.level),
        tau2: (climb.x[1] * unit).powi(2),
        tau2_se: se(1)
            .filter(|_| !boundary)
            .map(|se| se * 2.0 * climb.x[1].abs() * unit * unit),
        delta: delta.collect(),
        loglik,
        lrt,
        lrt_df,
        lrt_p: lrt.map(|value| chi_squared::sf(value, lrt_df as f64)),
        counts,
        solution,
    })
}

/// Log-likelihood of the random-effects model without selection.
fn unselected(effects: &Effects) -> Result<f64, PoolError> {
    let options = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::random(Tau2Method::Ml).with_test(Test::Z)
    };
    Ok(pool(effects, &options)?.value.fit.loglik)
}

fn occupied(counts: &[usize], cuts: &[f64]) -> Result<(), SmallStudyError> {
    match counts.iter().position(|&count| count == 0) {
        None => Ok(()),
        Some(j) => Err(SmallStudyError::EmptyInterval {
            lower: if j == 0 { 0.0 } else { cuts[j - 1] },
            upper: cuts[j],
        }),
    }
}

fn links(options: &SelectionOptions) -> Result<Vec<Link>, SmallStudyError> {
    let needed = options.function.deltas();
    let steps = matches!(options.function, WeightFunction::Step(_));
    if let Some(fixed) = &options.fixed {
        let fits = |d: &f64| d.is_finite() && if steps { *d > 0.0 } else { *d >= 0.0 };
        let first = !steps || fixed.first() == Some(&1.0);
        if fixed.len() != needed || !fixed.iter().all(fits) || !first {
            return Err(SmallStudyError::BadWeights {
                found: fixed.len(),
                needed,
            });
        }
        return Ok(fixed.iter().map(|&d| Link::Given(d)).collect());
    }
    let free = match options.function {
        WeightFunction::Step(_) if options.at_most_one => Link::AtMostOne,
        WeightFunction::Step(_) | WeightFunction::Beta => Link::Log,
        _ => Link::Square,
    };
    let mut links = vec![free; needed];
    if steps {
        links[0] = Link::Given(1.0);
    }
    Ok(links)
}

/// Variances of what was searched: parameters on a boundary are taken as known.
fn variances(climb: &Climb, problem: &Problem) -> Vec<Option<f64>> {
    let n = climb.x.len();
    let mut links = vec![Link::Log, Link::Square];
    links.extend(
        problem
            .links
            .iter()
            .filter(|link| !matches!(link, Link::Given(_))),
    );
    let inside: Vec<usize> = (0..n)
        .filter(|&i| links[i] == Link::Log || climb.x[i].abs() > ON_BOUNDARY)
        .collect();
    let curvature = onset_math::linalg::Matrix::from_fn(inside.len(), inside.len(), |i, j| {
        climb.curvature[inside[i] * n + inside[j]]
    });
    let mut out = vec![None; n];
    if let Some(inverse) = onset_math::linalg::inverse(&curvature) {
        for (at, &i) in inside.iter().enumerate() {
            let variance = inverse[(at, at)];
            out[i] = (variance > 0.0).then_some(variance);
        }
    }
    out
}

/// A step-function model ready for many refits: cut points and buffers stay.
#[derive(Debug, Clone)]
pub struct StepModel {
    problem: Problem,
    climb: Climb,
    cuts: Vec<f64>,
    side: Side,
    warm: bool,
}

/// What a refit returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepFit {
    /// Mean before selection.
    pub mu: f64,
    /// Between-study variance before selection.
    pub tau2: f64,
    /// Log-likelihood.
    pub loglik: f64,
    /// Whether the search met its stopping rule.
    pub converged: bool,
}

impl StepModel {
    /// For effects with these cuts.
    ///
    /// # Errors
    /// `BadStep`.
    pub fn new(steps: &[f64], side: Side, delta_at_most_one: bool) -> Result<Self, SmallStudyError> {
        let function = WeightFunction::steps(steps)?;
        let options = SelectionOptions {
            at_most_one: delta_at_most_one,
            ..SelectionOptions::new(function.clone(), side)
        };
        let likelihood = Likelihood::Steps(Steps::new(&[], &[], function.cuts(), side));
        let problem = Problem::new(likelihood, links(&options)?);
        Ok(StepModel {
            climb: Climb::new(problem.free()),
            problem,
            cuts: function.cuts().to_vec(),
            side,
            warm: false,
        })
    }

    /// Fits other effects, from the top of the last fit where there was one.
    ///
    /// Effects should have standard errors near 1 or lie on a common scale (log odds ratios, standardised mean
    /// differences); variances must be above 0.
    ///
    /// # Errors
    /// `TooFewStudies`, `UnequalLengths`, `EmptyInterval`, `NotFinite`.
    pub fn fit(&mut self, y: &[f64], v: &[f64]) -> Result<StepFit, SmallStudyError> {
        crate::smallstudy::error::at_least(y.len(), 3)?;
        if y.len() != v.len() {
            return Err(SmallStudyError::UnequalLengths {
                what: "variances",
                found: v.len(),
                needed: y.len(),
            });
        }
        if let Likelihood::Steps(steps) = &mut self.problem.likelihood {
            steps.refill(y, v, self.side);
            occupied(&steps.counts(), &self.cuts)?;
        }
        let problem = &mut self.problem;
        let climb = &mut self.climb;
        if self.warm {
            let (_, tau) = problem.rough();
            // off the stationary boundaries
            climb.x[1] = climb.x[1].abs().max(0.2 * tau);
            for (x, link) in climb.x[2..].iter_mut().zip(&problem.links[1..]) {
                if *link == Link::AtMostOne {
                    *x = x.abs().max(0.3);
                }
            }
            climb.run(|x, g| problem.evaluate(x, g));
        }
        if !self.warm || !climb.converged {
            problem.maximise(climb, &STARTS);
        }
        if !climb.value.is_finite() {
            return Err(SmallStudyError::NotFinite {
                quantity: "the likelihood of the selection model",
            });
        }
        self.warm = climb.converged;
        Ok(StepFit {
            mu: self.side.sign() * climb.x[0],
            tau2: climb.x[1] * climb.x[1],
            loglik: climb.value,
            converged: climb.converged,
        })
    }

    /// Deltas of the last fit.
    pub fn delta(&self) -> Vec<f64> {
        let mut x = self.climb.x[2..].iter();
        let value = |link: &Link| match link {
            Link::Given(value) => *value,
            link => x.next().map_or(f64::NAN, |&x| link.value(x)),
        };
        self.problem.links.iter().map(value).collect()
    }
}

/// One fit of a step-function model without standard errors: see [`StepModel`] for many.
///
/// # Errors
/// Those of [`StepModel::new`] and [`StepModel::fit`].
pub fn selection_fit(
    y: &[f64],
    v: &[f64],
    steps: &[f64],
    side: Side,
    constrain_delta_le_1: bool,
) -> Result<StepFit, SmallStudyError> {
    StepModel::new(steps, side, constrain_delta_le_1)?.fit(y, v)
}
