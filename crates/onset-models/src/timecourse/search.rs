//! The outer problem: the few shapes, from several starts, to the highest maximum.

use super::form::Form;
use super::profile::{Problem, Work};
use onset_math::linalg::Cholesky;
use onset_math::minimize::{NelderMead, brent, nelder_mead};

/// How far beyond the first and last visit a time may be looked for, on the log scale.
const REACH: f64 = 4.0;
/// This near to a bound (log scale) the maximum counts as lying at it.
const AT_BOUND: f64 = 0.02;
/// Gauss-Newton steps that finish a search, and the step at which they stop.
const POLISH: usize = 50;
const POLISHED: f64 = 1e-12;

/// Allowed range of each shape.
pub(super) fn bounds(
    form: Form,
    times: (f64, f64),
    groups: usize,
    doses: Option<(f64, f64)>,
) -> Vec<(f64, f64)> {
    let (lo, hi) = (times.0.ln(), times.1.ln());
    let time = (lo - REACH, hi + REACH);
    let rate = (-hi - REACH, -lo + REACH);
    let one: &[(f64, f64)] = match form {
        Form::Emax => &[time],
        Form::Hill => &[time, (-2.0, 2.5)],
        Form::Exponential => &[rate],
        Form::Bateman => &[rate, rate],
        Form::EmaxDecay => &[time, time],
        Form::Linear | Form::Loglinear | Form::Spline => &[],
    };
    let mut all: Vec<(f64, f64)> = (0..groups).flat_map(|_| one.iter().copied()).collect();
    all.extend(doses.map(|(lo, hi)| (lo.ln() - REACH, hi.ln() + REACH)));
    all
}

/// Whether a shape lies at its bound.
pub(super) fn at_bound(x: f64, bound: (f64, f64)) -> bool {
    x < bound.0 + AT_BOUND || x > bound.1 - AT_BOUND
}

/// What a search looks for.
pub(super) struct Search<'a> {
    pub problem: &'a Problem,
    pub bounds: &'a [(f64, f64)],
    /// Shapes that are searched; the others stay as they are in `start`.
    pub free: &'a [usize],
    pub lambda: f64,
    pub dispersion_estimated: bool,
}

impl Search<'_> {
    /// -2 log likelihood up to a constant, at amplitudes that maximise it.
    pub fn value(&self, theta: &[f64], work: &mut Work) -> f64 {
        let Some(inner) = self.problem.solve(theta, self.lambda, work, false) else {
            return f64::INFINITY;
        };
        if self.dispersion_estimated {
            self.problem.points as f64 * inner.rss.max(f64::MIN_POSITIVE).ln() + inner.ln_det_random
        } else {
            inner.rss + inner.ln_det_random
        }
    }

    fn place(&self, theta: &mut [f64], x: &[f64]) {
        for (&k, &x) in self.free.iter().zip(x) {
            theta[k] = x.clamp(self.bounds[k].0, self.bounds[k].1);
        }
    }

    /// The best shapes: from a grid over everything, or from `start` alone when it is `warm`.
    pub fn run(&self, start: &[f64], warm: bool, work: &mut Work) -> Vec<f64> {
        if self.free.is_empty() {
            return start.to_vec();
        }
        let mut candidates = if warm {
            vec![start.to_vec()]
        } else {
            self.starts(start, work)
        };
        if candidates.is_empty() {
            candidates.push(start.to_vec());
        }
        let mut best: Option<(f64, Vec<f64>)> = None;
        for candidate in candidates {
            let theta = self.descend(&candidate, work);
            let value = self.value(&theta, work);
            if best.as_ref().is_none_or(|(v, _)| value < *v) {
                best = Some((value, theta));
            }
        }
        let theta = best.map_or_else(|| start.to_vec(), |(_, theta)| theta);
        self.polish(theta, work)
    }

    fn descend(&self, start: &[f64], work: &mut Work) -> Vec<f64> {
        let mut theta = start.to_vec();
        if let [k] = *self.free {
            let step = self.step(k);
            let (lo, hi) = (
                (start[k] - step).max(self.bounds[k].0),
                (start[k] + step).min(self.bounds[k].1),
            );
            let found = brent(
                |x| {
                    theta[k] = x;
                    self.value(&theta, work)
                },
                lo,
                hi,
                1e-7,
            );
            theta[k] = found.x;
            return theta;
        }
        let x0: Vec<f64> = self.free.iter().map(|&k| start[k]).collect();
        let options = NelderMead {
            step: 0.3,
            tolerance: 1e-10,
            max_evaluations: 600 * self.free.len(),
            restarts: 1,
        };
        let found = nelder_mead(
            |x| {
                let outside: f64 = self
                    .free
                    .iter()
                    .zip(x)
                    .map(|(&k, &x)| (self.bounds[k].0 - x).max(x - self.bounds[k].1).max(0.0))
                    .sum();
                self.place(&mut theta, x);
                self.value(&theta, work) + outside
            },
            &x0,
            options,
        );
        self.place(&mut theta, &found.x);
        theta
    }

    fn step(&self, k: usize) -> f64 {
        (self.bounds[k].1 - self.bounds[k].0) / (self.per_axis() - 1) as f64
    }

    fn per_axis(&self) -> usize {
        if self.free.len() == 1 { 25 } else { 9 }
    }

    /// The best cells of a grid that are lower than their neighbours, at most three. Groups share a start.
    fn starts(&self, start: &[f64], work: &mut Work) -> Vec<Vec<f64>> {
        let per_axis = self.per_axis();
        let shapes = self.problem.model.form.shapes().len();
        let dose_axis = usize::from(self.problem.model.dose);
        let axes = shapes + dose_axis;
        let total = per_axis.pow(u32::try_from(axes).unwrap_or(1));
        let point = |cell: usize| {
            let mut theta = start.to_vec();
            for &k in self.free {
                let dose = self.problem.model.dose && k + 1 == theta.len();
                let axis = if dose { shapes } else { k % shapes.max(1) };
                let index = cell / per_axis.pow(u32::try_from(axis).unwrap_or(0)) % per_axis;
                theta[k] = self.bounds[k].0 + (index as f64) * self.step(k);
            }
            theta
        };
        let values: Vec<f64> = (0..total).map(|cell| self.value(&point(cell), work)).collect();
        let mut minima: Vec<usize> = (0..total)
            .filter(|&cell| values[cell].is_finite())
            .filter(|&cell| {
                (0..axes).all(|axis| {
                    let stride = per_axis.pow(u32::try_from(axis).unwrap_or(0));
                    let index = cell / stride % per_axis;
                    let lower = index == 0 || values[cell - stride] >= values[cell];
                    let upper = index + 1 == per_axis || values[cell + stride] >= values[cell];
                    lower && upper
                })
            })
            .collect();
        minima.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        minima.into_iter().take(3).map(point).collect()
    }

    /// Gauss-Newton steps to the last digits; each is kept only if it goes down. Common effects only: with random
    /// amplitudes the objective is not a sum of squares.
    fn polish(&self, mut theta: Vec<f64>, work: &mut Work) -> Vec<f64> {
        if self.lambda > 0.0 || self.free.iter().any(|&k| at_bound(theta[k], self.bounds[k])) {
            return theta;
        }
        let mut value = self.value(&theta, work);
        for _ in 0..POLISH {
            let Some(step) = self.gauss_newton(&theta, work) else {
                break;
            };
            let mut moved = theta.clone();
            let x: Vec<f64> = self.free.iter().zip(&step).map(|(&k, s)| theta[k] + s).collect();
            self.place(&mut moved, &x);
            let there = self.value(&moved, work);
            // Down, or level up to the rounding of the value.
            if there > value + 1e-13 * value.abs().max(1.0) {
                break;
            }
            theta = moved;
            value = there;
            if step.iter().all(|s| s.abs() < POLISHED) {
                break;
            }
        }
        theta
    }

    fn gauss_newton(&self, theta: &[f64], work: &mut Work) -> Option<Vec<f64>> {
        let inner = self.problem.solve(theta, self.lambda, work, true)?;
        let (information, score) = self
            .problem
            .information(theta, self.free, self.lambda, &inner, work);
        let step = Cholesky::new(&information)?.solve_vec(&score);
        step.get(self.problem.p..).map(<[f64]>::to_vec)
    }
}
