//! The way to the maximum: Newton steps in the shared parameters and each study's own at once.

use super::integral::{Derivatives, Nodes, Shape, Study};
use onset_math::linalg::{Matrix, inverse, symmetric_eigen};

/// Studies with the quadrature for them.
#[derive(Debug)]
pub(super) struct Problem {
    pub studies: Vec<Study>,
    pub shape: Shape,
    nodes: Nodes,
}

/// Shared parameters (coefficients, then standard deviations) and one for each study.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub shared: Vec<f64>,
    pub own: Vec<f64>,
}

/// Where a search ended.
#[derive(Debug, Clone)]
pub(super) struct Top {
    pub state: State,
    pub loglik: f64,
    /// Observed information of the free shared parameters, the others at their best.
    pub information: Matrix,
    pub iterations: u32,
    pub converged: bool,
}

/// Derivatives summed over studies, those of the studies' own parameters eliminated.
struct Sums {
    loglik: f64,
    /// Score and information of the shared parameters.
    score: Vec<f64>,
    information: Matrix,
    /// Own score, own information, and the cross information of each study.
    own: Vec<(f64, f64)>,
    cross: Vec<f64>,
}

const MOST_STEPS: u32 = 200;
/// Newton decrement below which one more step reaches rounding.
const NEAR: f64 = 1e-9;
/// No parameter moves further than this in one step.
const STRIDE: f64 = 2.0;

impl Problem {
    pub fn new(studies: Vec<Study>, shape: Shape) -> Self {
        Problem {
            studies,
            shape,
            nodes: Nodes::new(shape.random),
        }
    }

    fn sums(&mut self, state: &State, work: &mut Derivatives) -> Sums {
        let (n, shape) = (self.shape.shared(), self.shape);
        let all = shape.all();
        let mut sums = Sums {
            loglik: 0.0,
            score: vec![0.0; n],
            information: Matrix::zeros(n, n),
            own: Vec::new(),
            cross: Vec::new(),
        };
        for (i, study) in self.studies.iter_mut().enumerate() {
            let own = state.own.get(i).copied().unwrap_or(0.0);
            study.integrate(shape, &self.nodes, &state.shared, own, work);
            sums.loglik += work.value;
            for r in 0..n {
                sums.score[r] += work.gradient[r];
                for s in 0..n {
                    sums.information[(r, s)] -= work.hessian[r * all + s];
                }
            }
            if shape.local {
                let information = (-work.hessian[n * all + n]).max(1e-12);
                sums.own.push((work.gradient[n], information));
                sums.cross.extend((0..n).map(|r| -work.hessian[n * all + r]));
            }
        }
        sums
    }

    /// Climbs from `start` in the shared parameters `free` and all own ones.
    pub fn climb(&mut self, start: State, free: &[usize]) -> Top {
        let mut work = Derivatives::new(self.shape);
        let mut state = start;
        let mut sums = self.sums(&state, &mut work);
        let mut iterations = 1;
        let mut converged = false;
        while iterations < MOST_STEPS {
            let Some((step, decrement)) = sums.step(free) else {
                break;
            };
            let size = step.shared.iter().chain(&step.own);
            let size = size.fold(0.0_f64, |m, s| m.max(s.abs()));
            if decrement.is_nan() || size == 0.0 {
                converged = size == 0.0;
                break;
            }
            let near = decrement.abs() < NEAR;
            let mut part = (STRIDE / size).min(1.0);
            let mut moved = false;
            while part > 1e-7 {
                let to = state.plus(&step, part);
                let there = self.sums(&to, &mut work);
                iterations += 1;
                if there.loglik >= sums.loglik || near && there.loglik.is_finite() {
                    (state, sums, moved) = (to, there, true);
                    break;
                }
                part *= 0.5;
            }
            if near || !moved {
                converged = near;
                break;
            }
        }
        Top {
            loglik: sums.loglik,
            information: sums.reduced(free),
            state,
            iterations,
            converged,
        }
    }
}

impl State {
    fn plus(&self, step: &State, part: f64) -> State {
        let add = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + part * b).collect();
        State {
            shared: add(&self.shared, &step.shared),
            own: add(&self.own, &step.own),
        }
    }
}

impl Top {
    /// Covariance of the free shared parameters; `None` where the information is singular.
    pub fn covariance(&self) -> Option<Matrix> {
        inverse(&self.information).filter(|m| m.is_finite() && m.diagonal().iter().all(|v| *v > 0.0))
    }
}

impl Sums {
    /// Information of the free shared parameters with the own ones profiled out.
    fn reduced(&self, free: &[usize]) -> Matrix {
        let n = self.score.len();
        let mut m = self.information.select(free, free);
        for (cross, (_, own)) in self.cross.chunks(n.max(1)).zip(&self.own) {
            for (a, &r) in free.iter().enumerate() {
                for (b, &s) in free.iter().enumerate() {
                    m[(a, b)] -= cross[r] * cross[s] / own;
                }
            }
        }
        m.symmetrised()
    }

    /// The Newton step uphill (eigenvalues by their size, so that a saddle is left) and its decrement.
    fn step(&self, free: &[usize]) -> Option<(State, f64)> {
        let n = self.score.len();
        let mut score: Vec<f64> = free.iter().map(|&r| self.score[r]).collect();
        for (cross, (g, own)) in self.cross.chunks(n.max(1)).zip(&self.own) {
            for (a, &r) in free.iter().enumerate() {
                score[a] -= cross[r] * g / own;
            }
        }
        let mut shared = vec![0.0; n];
        let mut decrement = 0.0;
        if !free.is_empty() {
            let eigen = symmetric_eigen(&self.reduced(free))?;
            let largest = eigen.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            for (c, value) in eigen.values.iter().enumerate() {
                let along: f64 = score
                    .iter()
                    .enumerate()
                    .map(|(a, s)| s * eigen.vectors[(a, c)])
                    .sum();
                let length = along / value.abs().max(1e-10 * largest).max(1e-300);
                decrement += along * length;
                for (a, &r) in free.iter().enumerate() {
                    shared[r] += length * eigen.vectors[(a, c)];
                }
            }
        }
        let mut own = Vec::with_capacity(self.own.len());
        for (cross, (g, information)) in self.cross.chunks(n.max(1)).zip(&self.own) {
            let pulled: f64 = cross.iter().zip(&shared).map(|(c, s)| c * s).sum();
            own.push((g - pulled) / information);
            decrement += g * g / information;
        }
        Some((State { shared, own }, decrement))
    }
}
