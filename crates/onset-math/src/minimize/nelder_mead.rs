//! The simplex method of Nelder and Mead, with restarts.

use super::{Minimum, guarded};

/// Options of [`nelder_mead`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `step` | 0.1 | > 0 | side of the first simplex, times max(abs(x_i), 1) |
/// | `tolerance` | 1e-12 | >= 0 | stops when the values at the corners differ by less, relative to 1 + abs(value), and the corners are close |
/// | `max_evaluations` | 20000 | >= 1 | evaluations over all restarts |
/// | `restarts` | 3 | >= 0 | most fresh simplexes started at the best point; ends early when one no longer improves it |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NelderMead {
    /// Side of the first simplex.
    pub step: f64,
    /// Stopping tolerance.
    pub tolerance: f64,
    /// Most evaluations.
    pub max_evaluations: usize,
    /// Most restarts.
    pub restarts: usize,
}

impl Default for NelderMead {
    fn default() -> Self {
        NelderMead {
            step: 0.1,
            tolerance: 1e-12,
            max_evaluations: 20_000,
            restarts: 3,
        }
    }
}

/// Minimum of `f` from `x0` without derivatives.
///
/// # Source
/// Nelder & Mead 1965, Computer Journal 7:308; dimension-dependent coefficients of Gao & Han 2012,
/// Computational Optimization and Applications 51:259.
pub fn nelder_mead(mut f: impl FnMut(&[f64]) -> f64, x0: &[f64], options: NelderMead) -> Minimum {
    let mut best = x0.to_vec();
    let mut value = guarded(f(&best));
    let (mut evaluations, mut iterations) = (1, 0);
    let mut converged = x0.is_empty();
    if !x0.is_empty() {
        for round in 0..=options.restarts {
            let shrink = 0.5_f64.powi(round as i32);
            let mut simplex = Simplex::start(&mut f, &best, value, options.step * shrink);
            evaluations += x0.len();
            converged = simplex.run(&mut f, &options, &mut evaluations, &mut iterations);
            let (x, v) = simplex.best();
            let gain = value - v;
            if v <= value {
                best = x.to_vec();
                value = v;
            }
            if !converged || (round > 0 && gain.abs() <= options.tolerance * (1.0 + value.abs())) {
                break;
            }
        }
    }
    Minimum {
        x: best,
        value,
        iterations,
        evaluations,
        converged: converged && value.is_finite(),
        gradient: None,
        hessian: None,
    }
}

/// Corners with their values, best first.
struct Simplex {
    corners: Vec<(Vec<f64>, f64)>,
}

impl Simplex {
    fn start(f: &mut impl FnMut(&[f64]) -> f64, x: &[f64], value: f64, step: f64) -> Simplex {
        let mut corners = vec![(x.to_vec(), value)];
        for i in 0..x.len() {
            let mut corner = x.to_vec();
            corner[i] += step * x[i].abs().max(1.0);
            let v = guarded(f(&corner));
            corners.push((corner, v));
        }
        let mut simplex = Simplex { corners };
        simplex.sort();
        simplex
    }

    fn sort(&mut self) {
        self.corners.sort_by(|a, b| a.1.total_cmp(&b.1));
    }

    fn best(&self) -> (&[f64], f64) {
        self.corners.first().map_or((&[], f64::INFINITY), |c| (&c.0, c.1))
    }

    fn flat(&self, tolerance: f64) -> bool {
        let n = self.corners.len() - 1;
        let (x, low) = self.best();
        let high = self.corners[n].1;
        let size = self.corners[1..]
            .iter()
            .flat_map(|c| c.0.iter().zip(x).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)))
            .fold(0.0, f64::max);
        (high - low <= tolerance * (1.0 + low.abs()) && size <= tolerance.sqrt().max(1e-10) * 10.0)
            || size <= 4.0 * f64::EPSILON
    }

    fn run(
        &mut self,
        f: &mut impl FnMut(&[f64]) -> f64,
        options: &NelderMead,
        evaluations: &mut usize,
        iterations: &mut usize,
    ) -> bool {
        let n = self.corners.len() - 1;
        let dim = n as f64;
        let expand = 1.0 + 2.0 / dim;
        let contract = if n == 1 { 0.5 } else { 0.75 - 0.5 / dim };
        let shrink = if n == 1 { 0.5 } else { 1.0 - 1.0 / dim };
        let mut trial = vec![0.0; n];
        let mut second = vec![0.0; n];
        let mut centre = vec![0.0; n];
        while *evaluations < options.max_evaluations {
            if self.flat(options.tolerance) {
                return true;
            }
            *iterations += 1;
            self.centroid(&mut centre);
            let worst = self.corners[n].1;
            self.along(&centre, 1.0, &mut trial);
            let reflected = guarded(f(&trial));
            *evaluations += 1;
            if reflected < self.corners[0].1 {
                self.along(&centre, expand, &mut second);
                let v = guarded(f(&second));
                *evaluations += 1;
                if v < reflected {
                    self.replace(&second, v)
                } else {
                    self.replace(&trial, reflected)
                }
                continue;
            }
            if reflected < self.corners[n - 1].1 {
                self.replace(&trial, reflected);
                continue;
            }
            let outside = reflected < worst;
            self.along(&centre, if outside { contract } else { -contract }, &mut second);
            let v = guarded(f(&second));
            *evaluations += 1;
            if v < reflected.min(worst) || (outside && v <= reflected) {
                self.replace(&second, v);
            } else {
                self.shrink(f, shrink);
                *evaluations += n;
            }
        }
        false
    }

    /// Mean of all corners but the worst.
    fn centroid(&self, centre: &mut [f64]) {
        let n = self.corners.len() - 1;
        centre.fill(0.0);
        for corner in &self.corners[..n] {
            for (c, x) in centre.iter_mut().zip(&corner.0) {
                *c += x / n as f64;
            }
        }
    }

    /// centre + by (centre - worst)
    fn along(&self, centre: &[f64], by: f64, out: &mut [f64]) {
        let worst = &self.corners[self.corners.len() - 1].0;
        for ((o, c), w) in out.iter_mut().zip(centre).zip(worst) {
            *o = c + by * (c - w);
        }
    }

    fn replace(&mut self, x: &[f64], value: f64) {
        if let Some(worst) = self.corners.last_mut() {
            worst.0.copy_from_slice(x);
            worst.1 = value;
        }
        self.sort();
    }

    fn shrink(&mut self, f: &mut impl FnMut(&[f64]) -> f64, by: f64) {
        let (first, rest) = self.corners.split_at_mut(1);
        for corner in rest {
            for (x, b) in corner.0.iter_mut().zip(&first[0].0) {
                *x = b + by * (*x - b);
            }
            corner.1 = guarded(f(&corner.0));
        }
        self.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rosenbrock() {
        let f = |x: &[f64]| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
        let m = nelder_mead(f, &[-1.2, 1.0], NelderMead::default());
        assert!(
            m.converged && (m.x[0] - 1.0).abs() < 1e-5 && (m.x[1] - 1.0).abs() < 1e-5,
            "{m:?}"
        );
        let one = nelder_mead(|x| (x[0] - 3.0).powi(2), &[0.0], NelderMead::default());
        assert!(one.converged && (one.x[0] - 3.0).abs() < 1e-5, "{one:?}");
        let none = nelder_mead(|_| 1.0, &[], NelderMead::default());
        assert!(none.converged);
        let nan = nelder_mead(|_| f64::NAN, &[1.0, 2.0], NelderMead::default());
        assert!(!nan.converged);
    }
}
