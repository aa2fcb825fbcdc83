//! The covariance G of the levels of one random effect as a function of unconstrained parameters.
//!
//! G_ab = s_a s_b C_ab. The parameters are standard deviations s and angles; a correlation is
//! rho = (hi + lo)/2 + (hi - lo)/2 sin(angle), so that a solution at either end of its range, as one at s = 0, is a
//! stationary point, and Newton's method walks into it. The unstructured C is U U' with rows of U on the unit
//! sphere, the first angle of a row its correlation with the first level (Pinheiro & Bates 1996, Stat Comput 6:289).

use super::random::{Random, Structure};
use onset_math::linalg::{Cholesky, Matrix};

/// Layout of the parameters of one random effect.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    structure: Structure,
    pub levels: usize,
    times: Vec<f64>,
    known: Option<Matrix>,
}

/// G with its first and second derivatives, each levels x levels, row-major.
#[derive(Debug, Clone, Default)]
pub(crate) struct Derived {
    pub g: Vec<f64>,
    pub first: Vec<Vec<f64>>,
    /// (i, j), i <= j, in the order (0,0) (0,1) (1,1) (0,2) ...
    pub second: Vec<Vec<f64>>,
}

/// Place of the pair i <= j.
pub(crate) fn pair(i: usize, j: usize) -> usize {
    j * (j + 1) / 2 + i
}

impl Shape {
    pub fn new(random: &Random) -> Shape {
        Shape {
            structure: random.structure,
            levels: random.levels(),
            times: random.times.clone(),
            known: random.known.clone(),
        }
    }

    /// Number of standard deviations.
    pub fn sds(&self) -> usize {
        if self.structure.heterogeneous() {
            self.levels
        } else {
            1
        }
    }

    /// Number of angles.
    pub fn angles(&self) -> usize {
        match self.structure {
            Structure::Id | Structure::Diag => 0,
            Structure::Un => self.levels * (self.levels - 1) / 2,
            _ => 1,
        }
    }

    pub fn parameters(&self) -> usize {
        self.sds() + self.angles()
    }

    /// Whether a negative s would leave the family, so that 0 is a bound and not a reflection.
    pub fn bounded(&self) -> bool {
        matches!(self.structure, Structure::Hcs | Structure::Har)
    }

    /// Range of the single correlation.
    pub fn range(&self) -> (f64, f64) {
        match self.structure {
            Structure::Cs | Structure::Hcs => (-1.0 / (self.levels as f64 - 1.0), 1.0),
            Structure::Car => (0.0, 1.0),
            _ => (-1.0, 1.0),
        }
    }

    pub fn rho(&self, angle: f64) -> f64 {
        let (lo, hi) = self.range();
        0.5 * (hi + lo) + 0.5 * (hi - lo) * angle.sin()
    }

    pub fn angle(&self, rho: f64) -> f64 {
        let (lo, hi) = self.range();
        ((2.0 * rho - hi - lo) / (hi - lo)).clamp(-1.0, 1.0).asin()
    }

    /// G alone.
    pub fn covariance(&self, theta: &[f64]) -> Vec<f64> {
        let c = self.correlation(theta);
        let s = |a: usize| theta[if self.sds() == 1 { 0 } else { a }];
        (0..self.levels * self.levels)
            .map(|k| s(k / self.levels) * s(k % self.levels) * c[k])
            .collect()
    }

    /// C alone.
    pub fn correlation(&self, theta: &[f64]) -> Vec<f64> {
        self.correlations(theta, false).g
    }

    /// G and its derivatives.
    pub fn derive(&self, theta: &[f64]) -> Derived {
        let (n, sds, angles) = (self.levels, self.sds(), self.angles());
        let c = self.correlations(theta, true);
        let owner = |a: usize| if sds == 1 { 0 } else { a };
        let fill =
            |f: &dyn Fn(usize, usize) -> f64| -> Vec<f64> { (0..n * n).map(|k| f(k / n, k % n)).collect() };
        let s = |a: usize| theta[owner(a)];
        let own = |a: usize, k: usize| if owner(a) == k { 1.0 } else { 0.0 };
        let slope = |a: usize, b: usize, k: usize| own(a, k) * s(b) + own(b, k) * s(a);
        let mut out = Derived {
            g: fill(&|a, b| s(a) * s(b) * c.g[a * n + b]),
            ..Derived::default()
        };
        for k in 0..sds {
            out.first.push(fill(&|a, b| slope(a, b, k) * c.g[a * n + b]));
        }
        for k in 0..angles {
            out.first.push(fill(&|a, b| s(a) * s(b) * c.first[k][a * n + b]));
        }
        for j in 0..sds + angles {
            for i in 0..=j {
                out.second.push(if j < sds {
                    fill(&|a, b| (own(a, i) * own(b, j) + own(a, j) * own(b, i)) * c.g[a * n + b])
                } else if i < sds {
                    fill(&|a, b| slope(a, b, i) * c.first[j - sds][a * n + b])
                } else {
                    fill(&|a, b| s(a) * s(b) * c.second[pair(i - sds, j - sds)][a * n + b])
                });
            }
        }
        out
    }

    fn correlations(&self, theta: &[f64], derivatives: bool) -> Derived {
        let n = self.levels;
        let angles = &theta[self.sds()..];
        match self.structure {
            Structure::Id | Structure::Diag => {
                let g = match &self.known {
                    Some(known) => known.as_slice().to_vec(),
                    None => Matrix::identity(n).as_slice().to_vec(),
                };
                Derived {
                    g,
                    ..Derived::default()
                }
            }
            Structure::Un => spherical(angles, n, derivatives),
            _ => self.single(angles[0], derivatives),
        }
    }

    /// rho^e for the exponent of each pair.
    fn single(&self, angle: f64, derivatives: bool) -> Derived {
        let n = self.levels;
        let (lo, hi) = self.range();
        let half = 0.5 * (hi - lo);
        let mut rho = self.rho(angle);
        if self.structure == Structure::Car {
            // 0^e has no slope for e < 1
            rho = rho.max(1e-12);
        }
        let (d1, d2) = (half * angle.cos(), -half * angle.sin());
        let exponent = |a: usize, b: usize| match self.structure {
            _ if a == b => 0.0,
            Structure::Car => (self.times[a] - self.times[b]).abs(),
            Structure::Ar | Structure::Har => a.abs_diff(b) as f64,
            _ => 1.0,
        };
        let power = |e: f64| {
            if self.structure == Structure::Car {
                rho.powf(e)
            } else {
                rho.powi(e as i32)
            }
        };
        let fill =
            |f: &dyn Fn(f64) -> f64| -> Vec<f64> { (0..n * n).map(|k| f(exponent(k / n, k % n))).collect() };
        let mut out = Derived {
            g: fill(&|e| if e == 0.0 { 1.0 } else { power(e) }),
            ..Derived::default()
        };
        if derivatives {
            let slope = |e: f64| if e == 0.0 { 0.0 } else { e * power(e - 1.0) };
            let bend = |e: f64| {
                if e == 0.0 || e == 1.0 {
                    0.0
                } else {
                    e * (e - 1.0) * power(e - 2.0)
                }
            };
            out.first.push(fill(&|e| slope(e) * d1));
            out.second.push(fill(&|e| bend(e) * d1 * d1 + slope(e) * d2));
        }
        out
    }

    /// Angles of the unstructured correlation `c`, row-major.
    pub fn angles_of(&self, c: &[f64]) -> Vec<f64> {
        let n = self.levels;
        // a small ridge gives singular matrices a factor
        let ridge = |scale: f64| {
            let m = Matrix::from_fn(n, n, |i, j| if i == j { 1.0 + scale } else { c[i * n + j] });
            Cholesky::new(&m)
        };
        let Some(factor) = [0.0, 1e-14, 1e-12, 1e-10, 1e-8].into_iter().find_map(ridge) else {
            return vec![0.0; self.angles()];
        };
        let mut angles = Vec::with_capacity(self.angles());
        for a in 1..n {
            let row = factor.lower().row(a);
            for j in 0..a {
                let rest = row[j + 1..=a].iter().map(|x| x * x).sum::<f64>().sqrt();
                angles.push(row[j].atan2(rest));
            }
        }
        angles
    }
}

/// C = U U', rows of U on the unit sphere: u_aj = sin(f_aj) prod_{k<j} cos(f_ak), u_aa = prod cos.
fn spherical(angles: &[f64], n: usize, derivatives: bool) -> Derived {
    let first_of = |a: usize| a * a.saturating_sub(1) / 2;
    // row a with each angle differentiated as often as `order` says
    let row = |a: usize, order: &dyn Fn(usize) -> usize| -> Vec<f64> {
        let own = &angles[first_of(a)..first_of(a) + a];
        let mut u = vec![0.0; n];
        let mut product = 1.0;
        for j in 0..a {
            let pending: usize = (j + 1..a).map(order).sum();
            let (sin, cos) = own[j].sin_cos();
            let (ds, dc) = match order(j) {
                0 => (sin, cos),
                1 => (cos, -sin),
                _ => (-sin, -cos),
            };
            // an entry without a differentiated angle has no derivative
            u[j] = if pending > 0 { 0.0 } else { product * ds };
            product *= dc;
        }
        u[a] = product;
        u
    };
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| x * y).sum() };
    let plain: Vec<Vec<f64>> = (0..n).map(|a| row(a, &|_| 0)).collect();
    let mut out = Derived::default();
    let gram = |changed: &dyn Fn(usize) -> Option<Vec<f64>>| -> Vec<f64> {
        // derivative of u_a . u_b where the rows that do not change drop out
        let rows: Vec<Option<Vec<f64>>> = (0..n).map(changed).collect();
        let mut c = vec![0.0; n * n];
        for a in 0..n {
            for b in 0..n {
                if a != b {
                    let left = rows[a].as_ref().map_or(0.0, |u| dot(u, &plain[b]));
                    let right = rows[b].as_ref().map_or(0.0, |u| dot(u, &plain[a]));
                    c[a * n + b] = left + right;
                }
            }
        }
        c
    };
    out.g = (0..n * n)
        .map(|k| {
            if k / n == k % n {
                1.0
            } else {
                dot(&plain[k / n], &plain[k % n])
            }
        })
        .collect();
    if !derivatives {
        return out;
    }
    let place: Vec<(usize, usize)> = (1..n).flat_map(|a| (0..a).map(move |j| (a, j))).collect();
    for &(a, j) in &place {
        let once = row(a, &|k| usize::from(k == j));
        out.first.push(gram(&|r| (r == a).then(|| once.clone())));
    }
    for (q, &(b, l)) in place.iter().enumerate() {
        for &(a, j) in &place[..=q] {
            if a == b {
                let twice = row(a, &|k| usize::from(k == j) + usize::from(k == l));
                out.second.push(gram(&|r| (r == a).then(|| twice.clone())));
            } else {
                let (ua, ub) = (row(a, &|k| usize::from(k == j)), row(b, &|k| usize::from(k == l)));
                let value = dot(&ua, &ub);
                let mut c = vec![0.0; n * n];
                c[a * n + b] = value;
                c[b * n + a] = value;
                out.second.push(c);
            }
        }
    }
    out
}
