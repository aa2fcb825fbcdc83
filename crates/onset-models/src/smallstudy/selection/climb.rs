//! Newton's ascent with the curvature from differences of the gradient.

/// Buffers of an ascent in n parameters.
#[derive(Debug, Clone)]
pub(crate) struct Climb {
    n: usize,
    pub x: Vec<f64>,
    pub value: f64,
    pub gradient: Vec<f64>,
    /// Negative second derivatives at the end, row-major.
    pub curvature: Vec<f64>,
    pub converged: bool,
    pub evaluations: u32,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
    factor: Vec<f64>,
    step: Vec<f64>,
}

/// Promised gain of the next step below which the top is reached.
const GAIN: f64 = 1e-13;
/// A gradient this small, promised gain or not, is rounding.
const ROUNDING: f64 = 1e-9;
const ITERATIONS: usize = 200;
/// Longest step in a parameter: logs of weights, standard deviations and means move no further at once.
const LONGEST: f64 = 2.0;
/// Relative difference for the curvature.
const DIFFERENCE: f64 = 1e-6;

impl Climb {
    pub fn new(n: usize) -> Self {
        Climb {
            n,
            x: vec![0.0; n],
            value: f64::NEG_INFINITY,
            gradient: vec![0.0; n],
            curvature: vec![0.0; n * n],
            converged: false,
            evaluations: 0,
            trial: vec![0.0; n],
            trial_gradient: vec![0.0; n],
            factor: vec![0.0; n * n],
            step: vec![0.0; n],
        }
    }

    /// Climbs from `self.x`; `f` writes its gradient and returns its value.
    pub fn run(&mut self, mut f: impl FnMut(&[f64], &mut [f64]) -> f64) {
        self.converged = false;
        self.evaluations = 1;
        self.value = f(&self.x, &mut self.gradient);
        if !self.value.is_finite() {
            return;
        }
        let mut damping = 0.0f64;
        for _ in 0..ITERATIONS {
            self.differentiate(&mut f);
            let mut moved = false;
            for _ in 0..60 {
                let Some(gain) = self.newton_step(damping) else {
                    damping = (damping * 4.0).max(1e-3 * self.largest_curvature());
                    continue;
                };
                if gain.abs() <= GAIN * self.value.abs().max(1.0) && damping == 0.0 {
                    self.accept_if_higher(&mut f);
                    self.converged = true;
                    return;
                }
                if self.accept_if_higher(&mut f) {
                    damping = if damping > 1e-6 * self.largest_curvature() {
                        damping * 0.1
                    } else {
                        0.0
                    };
                    moved = true;
                    break;
                }
                damping = (damping * 4.0).max(1e-3 * self.largest_curvature());
            }
            if !moved {
                let top = self.gradient.iter().map(|g| g.abs()).fold(0.0, f64::max);
                self.converged = top <= ROUNDING.sqrt() * self.value.abs().max(1.0);
                return;
            }
        }
    }

    fn largest_curvature(&self) -> f64 {
        let diagonal = (0..self.n).map(|i| self.curvature[i * self.n + i].abs());
        diagonal.fold(1e-8, f64::max)
    }

    /// Curvature by central differences where it is kept, forward ones on the way.
    fn differentiate(&mut self, f: &mut impl FnMut(&[f64], &mut [f64]) -> f64) {
        let n = self.n;
        for i in 0..n {
            let h = DIFFERENCE * self.x[i].abs().max(0.1);
            self.trial.copy_from_slice(&self.x);
            self.trial[i] += h;
            let h = self.trial[i] - self.x[i];
            f(&self.trial, &mut self.trial_gradient);
            self.evaluations += 1;
            for j in 0..n {
                self.curvature[i * n + j] = (self.gradient[j] - self.trial_gradient[j]) / h;
            }
        }
        self.symmetrise();
    }

    /// Curvature at the end by central differences.
    pub fn polish_curvature(&mut self, mut f: impl FnMut(&[f64], &mut [f64]) -> f64) {
        let n = self.n;
        for i in 0..n {
            let h = 30.0 * DIFFERENCE * self.x[i].abs().max(0.1);
            self.trial.copy_from_slice(&self.x);
            self.trial[i] = self.x[i] - h;
            let left = self.trial[i];
            f(&self.trial, &mut self.step);
            self.trial[i] = self.x[i] + h;
            let width = self.trial[i] - left;
            f(&self.trial, &mut self.trial_gradient);
            self.evaluations += 2;
            for j in 0..n {
                self.curvature[i * n + j] = (self.step[j] - self.trial_gradient[j]) / width;
            }
        }
        self.symmetrise();
    }

    fn symmetrise(&mut self) {
        let n = self.n;
        for i in 0..n {
            for j in 0..i {
                let mean = 0.5 * (self.curvature[i * n + j] + self.curvature[j * n + i]);
                self.curvature[i * n + j] = mean;
                self.curvature[j * n + i] = mean;
            }
        }
    }

    /// Solves (curvature + damping) step = gradient; the promised gain, or nothing where it is not
    /// positive definite.
    fn newton_step(&mut self, damping: f64) -> Option<f64> {
        let n = self.n;
        for i in 0..n {
            for j in 0..=i {
                let mut sum = self.curvature[i * n + j];
                if i == j {
                    sum += damping;
                }
                for m in 0..j {
                    sum -= self.factor[i * n + m] * self.factor[j * n + m];
                }
                if i == j {
                    if sum <= 1e-12 * self.curvature[i * n + i].abs() || !sum.is_finite() {
                        return None;
                    }
                    self.factor[i * n + i] = sum.sqrt();
                } else {
                    self.factor[i * n + j] = sum / self.factor[j * n + j];
                }
            }
        }
        for i in 0..n {
            let mut sum = self.gradient[i];
            for m in 0..i {
                sum -= self.factor[i * n + m] * self.step[m];
            }
            self.step[i] = sum / self.factor[i * n + i];
        }
        for i in (0..n).rev() {
            let mut sum = self.step[i];
            for m in i + 1..n {
                sum -= self.factor[m * n + i] * self.step[m];
            }
            self.step[i] = sum / self.factor[i * n + i];
        }
        let longest = self.step.iter().map(|s| s.abs()).fold(0.0, f64::max);
        if longest > LONGEST {
            self.step.iter_mut().for_each(|s| *s *= LONGEST / longest);
        }
        let promised = self.step.iter().zip(&self.gradient).map(|(s, g)| s * g);
        Some(0.5 * promised.sum::<f64>())
    }

    fn accept_if_higher(&mut self, f: &mut impl FnMut(&[f64], &mut [f64]) -> f64) -> bool {
        for ((t, x), s) in self.trial.iter_mut().zip(&self.x).zip(&self.step) {
            *t = x + s;
        }
        let value = f(&self.trial, &mut self.trial_gradient);
        self.evaluations += 1;
        if value.is_finite() && value > self.value {
            self.value = value;
            self.x.copy_from_slice(&self.trial);
            self.gradient.copy_from_slice(&self.trial_gradient);
            return true;
        }
        false
    }
}
