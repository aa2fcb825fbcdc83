//! Test inversion of the likelihood ratio: the times of onset and loss that the likelihood allows.

use super::TimecourseError;
use super::curve::Curve;
use super::data::Longitudinal;
use super::fit::{Dispersion, Fit, Options, hold, model, shape_names};
use super::form::{Form, MAX_COLUMNS};
use super::onset::{
    Benefit, Definition, IntervalKind, OnsetTime, Window, crossing_with, loss_with, onset_times, window,
};
use super::profile::{Problem, Work};
use super::search::{at_bound, bounds};
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::minimize::{NelderMead, brent, nelder_mead};
use onset_math::root;

/// Steps over the whole range of one shape, and over the stretch that the standard error suggests.
const COARSE: u32 = 30;
const FINE: u32 = 16;
/// Stands for "never" on the log of time.
const NEVER: f64 = 1e3;
/// What is minimised stands above this where nothing is allowed.
const OUTSIDE: f64 = 2.0 * NEVER;
/// Standard errors of a shape that are searched closely on each side.
const REACH: f64 = 3.0;
/// A shape this near to its best value (log scale) moves the limit by its square.
const SETTLED: f64 = 1e-5;
/// Step of the slope of the half-time, in standard errors.
const NEAR: f64 = 1e-4;
/// How far out, in quantiles, the end of what is allowed is looked for.
const FARTHEST: f64 = 20.0;
/// How exactly it is found, in standard errors.
const ARRIVED: f64 = 1e-10;
/// Most parameters of a curve.
const MAX_PARAMETERS: usize = MAX_COLUMNS + 4;

/// The likelihood of a fit, to be asked which times it allows.
pub struct Likelihood {
    problem: Problem,
    form: Form,
    bounds: Vec<(f64, f64)>,
    free: Vec<usize>,
    lambda: f64,
    theta: Vec<f64>,
    /// Covariance of the free shapes; `None` at the edge of the search.
    shapes: Option<Matrix>,
    rss: f64,
    ln_det: f64,
    /// Degrees of freedom of an estimated dispersion.
    df: Option<f64>,
}

/// What the data say at some shapes.
#[derive(Clone, Copy)]
struct Solved {
    /// The best amplitude of the treatment, benefit counted up, and its variance over the dispersion.
    best: f64,
    variance: f64,
    rss: f64,
    ln_det: f64,
}

/// The amplitudes that are allowed at some shapes: benefit, and how far from it.
#[derive(Clone, Copy)]
struct Allowed {
    low: f64,
    high: f64,
}

/// What is looked for: the earliest and the latest of a time.
#[derive(Clone, Copy, PartialEq)]
enum Limit {
    EarliestOnset,
    LatestOnset,
    EarliestLoss,
    LatestLoss,
}

/// Limits of a time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Limits {
    /// Lower limit: 0 where any time after the start is allowed, `None` where no time is.
    lower: Option<f64>,
    /// Upper limit; `None` where "never" is allowed.
    upper: Option<f64>,
}

impl Likelihood {
    /// The likelihood of this fit: `data` and `options` must be those that were fitted.
    ///
    /// # Errors
    /// Those of [`super::fit`] that do not depend on a search.
    pub fn new(data: &Longitudinal, options: &Options, fit: &Fit) -> Result<Likelihood, TimecourseError> {
        let (model, groups) = model(data, options)?;
        let doses = options.dose.then(|| super::fit::dose_range(data)).transpose()?;
        let bounds = bounds(options.form, data.range(), groups.len(), doses);
        let mut theta = fit.theta.clone();
        let free = hold(&shape_names(options, &groups), &options.fixed, &mut theta)?;
        let problem = Problem::new(data, model, options.within).ok_or(TimecourseError::Singular)?;
        let lambda = fit.tau2.map_or(0.0, |tau2| tau2 / (2.0 * fit.dispersion));
        let inner = problem
            .solve(&theta, lambda, &mut Work::default(), false)
            .ok_or(TimecourseError::Singular)?;
        let places: Vec<usize> = free.iter().map(|k| problem.p + k).collect();
        let known = fit.covariance.select(&places, &places);
        Ok(Likelihood {
            form: options.form,
            bounds,
            lambda,
            shapes: (known.diagonal().iter().all(|v| *v > 0.0)).then_some(known),
            free,
            rss: inner.rss,
            ln_det: inner.ln_det_random,
            df: (options.dispersion == Dispersion::Estimated)
                .then_some(fit.df)
                .flatten(),
            theta,
            problem,
        })
    }

    /// Onset of half the peak, of the important difference and of the sustained one, as in [`onset_times`], with the
    /// limits of the likelihood.
    ///
    /// # Formula
    /// A time t is kept while `min -2 l(d, theta) + 2 l_max <= q^2` over all curves that have their onset at t, q the
    /// quantile of [`onset_times`]; with an estimated dispersion `df (RSS_t / RSS - 1) <= q^2`. At given shapes the
    /// amplitudes that are left form an interval about the best one, and the onset falls with the amplitude, so that the
    /// limits are the earliest and latest onset at its ends over the shapes. The variance between studies is held at its
    /// estimate. Several columns with a shape (a spline with dose) have none: empty. No lower limit is given (0) where the fastest rise that is searched is allowed.
    ///
    /// # Source
    /// Venzon & Moolgavkar 1988, Appl Statist 37:87; Bates & Watts 1988, Nonlinear Regression Analysis, section 6.1.
    pub fn onset_times(
        &self,
        curve: &Curve,
        benefit: Benefit,
        threshold: Option<f64>,
        to: f64,
        level: f64,
    ) -> Vec<OnsetTime> {
        if self.has_shapes() && self.problem.model.columns() > 1 {
            return Vec::new();
        }
        let mut times = onset_times(curve, benefit, threshold, to, level);
        times.retain(|o| o.interval == IntervalKind::Inversion || o.definition == Definition::HalfPeak);
        let asked = Asked::new(self, curve, benefit, to);
        let size = threshold.map(f64::abs);
        let important = size.map(|size| asked.onset(size, level));
        for onset in &mut times {
            onset.interval = IntervalKind::Profile;
            let half = onset.definition == Definition::HalfPeak;
            let limits = match (half, important) {
                _ if !self.has_shapes() => continue,
                _ if onset.estimate.is_none() && onset.definition != Definition::ImportantDifference => {
                    Limits::default()
                }
                (false, Some(limits)) => limits,
                _ => asked.half(onset, level),
            };
            (onset.lower, onset.upper) = (limits.lower, limits.upper);
        }
        times
    }

    /// The response window as in [`window`], with the limits of the likelihood.
    pub fn window(&self, curve: &Curve, benefit: Benefit, threshold: f64, to: f64, level: f64) -> Window {
        let mut found = window(curve, benefit, threshold, to, level);
        if !self.has_shapes() || self.problem.model.columns() > 1 {
            return found;
        }
        let size = threshold.abs();
        let asked = Asked::new(self, curve, benefit, to);
        let onset = asked.onset(size, level);
        (found.onset_lower, found.onset_upper) = (onset.lower, onset.upper);
        if found.onset.is_some_and(|t| t <= to) {
            let q = asked.quantile(found.loss, level);
            let time = |limit| asked.find(limit, size, q).map(|(t, _)| t);
            (found.loss_lower, found.loss_upper) = (time(Limit::EarliestLoss), time(Limit::LatestLoss));
        }
        found
    }

    fn solved(&self, theta: &[f64], treatment: usize, sign: f64, work: &mut Work) -> Option<Solved> {
        let amplitude = treatment.checked_sub(1)?;
        let (inner, variance) = self.problem.solve_one(theta, self.lambda, amplitude, work)?;
        Some(Solved {
            best: sign * inner.beta.get(amplitude)?,
            variance,
            rss: inner.rss,
            ln_det: inner.ln_det_random,
        })
    }

    /// How much worse than the maximum the best curve of these shapes is, on the scale of a squared quantile.
    fn distance(&self, at: Solved) -> f64 {
        let determinant = at.ln_det - self.ln_det;
        match self.df {
            Some(df) => {
                let grown = (determinant / self.problem.points as f64).exp();
                df * (at.rss * grown / self.rss - 1.0)
            }
            None => at.rss - self.rss + determinant,
        }
    }

    /// The amplitudes that are allowed there; how far outside when none is.
    fn allowed(&self, at: Solved, q: f64) -> Result<Allowed, f64> {
        let left = q * q - self.distance(at);
        if !(left >= 0.0 && at.variance.is_finite()) {
            return Err(-left);
        }
        let unit = self.df.map_or(1.0, |df| {
            let grown = ((at.ln_det - self.ln_det) / self.problem.points as f64).exp();
            self.rss / (df * grown)
        });
        let reach = (at.variance * unit * left).sqrt();
        Ok(Allowed {
            low: at.best - reach,
            high: at.best + reach,
        })
    }

    /// Without shapes (log ED50 is one) the curve is linear in its parameters, and the likelihood ratio is the square of
    /// Wald's z.
    fn has_shapes(&self) -> bool {
        !self.theta.is_empty()
    }

    /// Whether the rise of a curve is at the fast edge of what is searched: no visit bounds it.
    fn as_fast_as_can_be(&self, curve: &Curve, theta: &[f64]) -> bool {
        let shapes = self.form.shapes().len();
        let own = |k: &&usize| curve.places().contains(&(self.problem.p + **k));
        self.free.iter().filter(own).any(|&k| {
            let (x, (low, high)) = (theta[k], self.bounds[k]);
            let dose = self.problem.model.dose && k + 1 == theta.len();
            let first = !dose && k % shapes.max(1) == 0;
            at_bound(x, (low, high))
                && match self.form {
                    Form::Bateman => !dose && x > 0.5 * (low + high),
                    Form::Exponential => first && x > 0.5 * (low + high),
                    _ => first && x < 0.5 * (low + high),
                }
        })
    }
}

/// One curve, and what is looked for on it.
struct Asked<'a> {
    likelihood: &'a Likelihood,
    curve: &'a Curve,
    sign: f64,
    to: f64,
    /// With one free shape: its values and what the data say there.
    line: Vec<(f64, Option<Solved>)>,
}

impl<'a> Asked<'a> {
    fn new(likelihood: &'a Likelihood, curve: &'a Curve, benefit: Benefit, to: f64) -> Asked<'a> {
        let mut asked = Asked {
            likelihood,
            curve,
            sign: benefit.sign(),
            to,
            line: Vec::new(),
        };
        if let [k] = *likelihood.free {
            asked.line = asked.along(k);
        }
        asked
    }

    fn along(&self, k: usize) -> Vec<(f64, Option<Solved>)> {
        let l = self.likelihood;
        let steps = |(from, to): (f64, f64), n: u32| {
            (0..=n).map(move |i| from + (to - from) * f64::from(i) / f64::from(n))
        };
        let (lo, hi) = l.bounds[k];
        let mut at: Vec<f64> = steps((lo, hi), COARSE).collect();
        if let Some(se) = l.shapes.as_ref().map(|c| c[(0, 0)].sqrt()) {
            let near = (
                (l.theta[k] - REACH * se).max(lo),
                (l.theta[k] + REACH * se).min(hi),
            );
            at.extend(steps(near, FINE));
        }
        at.push(l.theta[k]);
        at.sort_by(f64::total_cmp);
        at.dedup();
        let mut work = Work::default();
        let mut theta = l.theta.clone();
        at.into_iter()
            .map(|x| {
                theta[k] = x;
                (x, self.solved(&theta, &mut work))
            })
            .collect()
    }

    fn solved(&self, theta: &[f64], work: &mut Work) -> Option<Solved> {
        self.likelihood
            .solved(theta, self.curve.treatment_index(), self.sign, work)
    }

    /// The quantile of an inversion: that at the crossing, or at the peak of a curve that does not cross.
    fn quantile(&self, crossing: Option<f64>, level: f64) -> f64 {
        let peak = || self.curve.peak_point(self.sign);
        let point = crossing.map_or_else(peak, |t| self.curve.at(t));
        self.curve.quantile(&point, level)
    }

    /// Limits of the onset of `size`.
    fn onset(&self, size: f64, level: f64) -> Limits {
        let q = self.quantile(
            crossing_with(self.curve, self.curve.parameters(), self.sign, size),
            level,
        );
        Limits {
            lower: self
                .find(Limit::EarliestOnset, size, q)
                .map(|(t, theta)| self.or_at_once(t, &theta)),
            upper: self.find(Limit::LatestOnset, size, q).map(|(t, _)| t),
        }
    }

    fn or_at_once(&self, time: f64, theta: &[f64]) -> f64 {
        if self.likelihood.as_fast_as_can_be(self.curve, theta) {
            0.0
        } else {
            time
        }
    }

    /// Limits of the time to half of the peak, which the shapes alone decide: they lie where the likelihood ratio is at its
    /// quantile. `about` is the interval by delta.
    fn half(&self, about: &OnsetTime, level: f64) -> Limits {
        let l = self.likelihood;
        let q = self.quantile(about.estimate, level);
        let mut work = Work::default();
        let Some(middle) = about.estimate else {
            return Limits::default();
        };
        let (earliest, latest) = match *l.free {
            [] => (Some((middle, l.theta.clone())), Some((middle, l.theta.clone()))),
            [k] => {
                let ends = [
                    self.edge(k, q, false, &mut work),
                    self.edge(k, q, true, &mut work),
                ];
                let mut times = ends.map(|theta| Some((self.half_time(&theta)?, theta)));
                // a faster rate is an earlier time
                if times[0].as_ref().map(|t| t.0) > times[1].as_ref().map(|t| t.0) {
                    times.reverse();
                }
                times.into()
            }
            _ => (self.outward(-1.0, q, &mut work), self.outward(1.0, q, &mut work)),
        };
        Limits {
            lower: earliest.map(|(t, theta)| self.or_at_once(t, &theta)),
            upper: latest.map(|(t, _)| t),
        }
    }

    fn half_time(&self, theta: &[f64]) -> Option<f64> {
        let own = self.parameters(theta, 1.0);
        self.curve
            .half_time_with(&own[..self.curve.places().len()], self.sign)
    }

    /// The end of what is allowed along one shape, downward or upward; its bound where all is allowed.
    fn edge(&self, k: usize, q: f64, upward: bool, work: &mut Work) -> Vec<f64> {
        let l = self.likelihood;
        let outside = |at: &Option<Solved>| at.map_or(f64::INFINITY, |at| l.distance(at)) - q * q;
        let mut theta = l.theta.clone();
        let inside = |(_, at): &&(f64, Option<Solved>)| outside(at) <= 0.0;
        let best = theta[k];
        let (within, beyond) = if upward {
            let within = self.line.iter().rfind(inside).map_or(best, |p| p.0);
            (within, self.line.iter().map(|p| p.0).find(|x| *x > within))
        } else {
            let within = self.line.iter().find(inside).map_or(best, |p| p.0);
            (within, self.line.iter().map(|p| p.0).rfind(|x| *x < within))
        };
        theta[k] = within;
        if let Some(beyond) = beyond {
            let gap = |x: f64| {
                theta[k] = x;
                outside(&self.solved(&theta, work))
            };
            if let Ok(found) = root::brent(gap, within.min(beyond), within.max(beyond), 0.0) {
                theta[k] = found.x;
            }
        }
        theta
    }

    /// Several shapes: from the estimate outward to where the likelihood ratio is at its quantile, in the direction in which
    /// the half-time has moved farthest by then. The first direction tried is that of delta.
    fn outward(&self, way: f64, q: f64, work: &mut Work) -> Option<(f64, Vec<f64>)> {
        let s = self.likelihood.free.len();
        let steps = self.steps();
        let mut theta = self.likelihood.theta.clone();
        let mut toward = vec![0.0; s];
        for i in 0..s {
            let mut u = vec![0.0; s];
            let mut slope = 0.0;
            for h in [NEAR, -NEAR] {
                u[i] = h;
                self.place(&steps, &u, &mut theta);
                slope += self.half_time(&theta)?.ln() / (2.0 * h);
            }
            toward[i] = way * slope;
        }
        let length = toward.iter().map(|g| g * g).sum::<f64>().sqrt();
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        toward.iter_mut().for_each(|g| *g /= length);
        // Householder: the other columns of I - 2 v v'/v'v stand upright on the first direction
        let mut v = toward.clone();
        v[0] += toward[0].signum();
        let square: f64 = v.iter().map(|x| x * x).sum();
        let across = |k: usize, i: usize| f64::from(u8::from(i == k)) - 2.0 * v[k] * v[i] / square;
        let mut reached = |w: &[f64], theta: &mut Vec<f64>| -> f64 {
            let mut u = toward.clone();
            for (k, w) in w.iter().enumerate() {
                u.iter_mut()
                    .enumerate()
                    .for_each(|(i, x)| *x += w * across(k + 1, i));
            }
            let length = u.iter().map(|x| x * x).sum::<f64>().sqrt();
            u.iter_mut().for_each(|x| *x /= length);
            let mut gap = |by: f64| {
                let there: Vec<f64> = u.iter().map(|x| by * x).collect();
                self.place(&steps, &there, theta);
                let at = self.solved(theta, work);
                at.map_or(f64::MAX, |at| self.likelihood.distance(at)) - q * q
            };
            let mut far = q;
            while gap(far) < 0.0 && far < FARTHEST * q {
                far *= 1.5;
            }
            if let Ok(found) = root::brent(&mut gap, 0.0, far, ARRIVED) {
                gap(found.x);
            }
            self.half_time(theta).map_or(f64::INFINITY, |t| -way * t.ln())
        };
        let options = NelderMead {
            step: 0.2,
            tolerance: SETTLED * SETTLED,
            max_evaluations: 100 * s,
            restarts: 0,
        };
        let found = nelder_mead(|w| reached(w, &mut theta), &vec![0.0; s - 1], options);
        reached(&found.x, &mut theta);
        Some((self.half_time(&theta)?, theta))
    }

    /// One step in each shape: the lower triangle of their covariance, so that steps are in standard errors.
    fn steps(&self) -> Matrix {
        let s = self.likelihood.free.len();
        let covariance = self.likelihood.shapes.as_ref();
        covariance
            .and_then(Cholesky::new)
            .map_or_else(|| Matrix::identity(s), |c| c.lower().clone())
    }

    /// Shapes at `u` steps from the estimate, held within their bounds; returns how far outside they were.
    fn place(&self, steps: &Matrix, u: &[f64], theta: &mut [f64]) -> f64 {
        let l = self.likelihood;
        let mut outside = 0.0;
        for (i, &k) in l.free.iter().enumerate() {
            let step: f64 = u
                .iter()
                .take(i + 1)
                .enumerate()
                .map(|(j, u)| steps[(i, j)] * u)
                .sum();
            let (x, (lo, hi)) = (l.theta[k] + step, l.bounds[k]);
            outside += (lo - x).max(x - hi).max(0.0);
            theta[k] = x.clamp(lo, hi);
        }
        outside
    }

    /// The time at the limit and the shapes there; `None` for "never".
    fn find(&self, limit: Limit, size: f64, q: f64) -> Option<(f64, Vec<f64>)> {
        let l = self.likelihood;
        let mut work = Work::default();
        let value =
            |theta: &[f64], at: Option<Solved>| match at.ok_or(f64::INFINITY).and_then(|at| l.allowed(at, q))
            {
                Ok(allowed) => self.score(limit, theta, allowed, size),
                Err(excess) => OUTSIDE + excess,
            };
        let (lowest, theta) = match *l.free {
            // without a free shape the amplitudes alone speak
            [] => (value(&l.theta, self.solved(&l.theta, &mut work)), l.theta.clone()),
            [k] => self.on_the_line(k, &mut work, value),
            _ => self.over_shapes(q, &mut work, value),
        };
        (lowest.abs() < NEVER).then(|| match limit {
            Limit::EarliestOnset | Limit::EarliestLoss => (lowest.exp(), theta),
            Limit::LatestOnset | Limit::LatestLoss => ((-lowest).exp(), theta),
        })
    }

    /// One shape: the best point of the line, then between its neighbours.
    fn on_the_line(
        &self,
        k: usize,
        work: &mut Work,
        value: impl Fn(&[f64], Option<Solved>) -> f64,
    ) -> (f64, Vec<f64>) {
        let mut theta = self.likelihood.theta.clone();
        let mut best = (f64::INFINITY, 0);
        for (i, (x, solved)) in self.line.iter().enumerate() {
            theta[k] = *x;
            let score = value(&theta, *solved);
            if score < best.0 {
                best = (score, i);
            }
        }
        let at = |i: usize| {
            self.line
                .get(i.min(self.line.len().saturating_sub(1)))
                .map_or(0.0, |p| p.0)
        };
        let (from, to) = (at(best.1.saturating_sub(1)), at(best.1 + 1));
        let found = brent(
            |x| {
                theta[k] = x;
                value(&theta, self.solved(&theta, work))
            },
            from,
            to,
            SETTLED,
        );
        theta[k] = if found.value < best.0 { found.x } else { at(best.1) };
        (found.value.min(best.0), theta)
    }

    /// Several shapes: a simplex in standard errors about the estimate.
    fn over_shapes(
        &self,
        q: f64,
        work: &mut Work,
        value: impl Fn(&[f64], Option<Solved>) -> f64,
    ) -> (f64, Vec<f64>) {
        let (s, steps) = (self.likelihood.free.len(), self.steps());
        let mut theta = self.likelihood.theta.clone();
        let options = NelderMead {
            step: 0.5 * q,
            tolerance: SETTLED * SETTLED,
            max_evaluations: 200 * s,
            restarts: 1,
        };
        let found = nelder_mead(
            |u| {
                let outside = self.place(&steps, u, &mut theta);
                value(&theta, self.solved(&theta, work)) + outside
            },
            &vec![0.0; s],
            options,
        );
        self.place(&steps, &found.x, &mut theta);
        (found.value, theta)
    }

    /// The curve's own parameters at these shapes.
    fn parameters(&self, theta: &[f64], benefit: f64) -> [f64; MAX_PARAMETERS] {
        let mut own = [0.0; MAX_PARAMETERS];
        own[0] = self.sign * benefit;
        for (cell, &place) in own.iter_mut().zip(self.curve.places()).skip(1) {
            *cell = theta[place - self.likelihood.problem.p];
        }
        own
    }

    /// What is minimised: the log of an earliest time, minus that of a latest one.
    fn score(&self, limit: Limit, theta: &[f64], allowed: Allowed, size: f64) -> f64 {
        let (curve, sign) = (self.curve, self.sign);
        let n = curve.places().len();
        let (low, high) = (
            self.parameters(theta, allowed.low),
            self.parameters(theta, allowed.high),
        );
        let (low, high) = (&low[..n], &high[..n]);
        let peak = |x: &[f64]| curve.peak_with(x, sign);
        match limit {
            Limit::EarliestOnset => crossing_with(curve, high, sign, size).map_or(OUTSIDE, f64::ln),
            Limit::LatestOnset => match crossing_with(curve, low, sign, size) {
                Some(t) => -t.ln(),
                None => -NEVER - (1.0 - peak(low) / size).max(0.0),
            },
            Limit::EarliestLoss if peak(high) < size => OUTSIDE,
            Limit::EarliestLoss if peak(low) < size => curve.peak_time_with(low, sign).min(self.to).ln(),
            Limit::EarliestLoss => loss_with(curve, low, sign, size, self.to).map_or(OUTSIDE, f64::ln),
            Limit::LatestLoss if peak(high) < size => OUTSIDE,
            Limit::LatestLoss => loss_with(curve, high, sign, size, self.to)
                .map_or_else(|| -NEVER - curve.value_with(high, self.to).abs(), |t| -t.ln()),
        }
    }
}
