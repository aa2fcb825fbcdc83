//! One study's marginal likelihood: its random effects integrated out by adaptive Gauss-Hermite quadrature.
#![allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]

use super::law::{Law, Point};
use onset_math::quadrature::{Rule, gauss_hermite};
use std::f64::consts::{PI, SQRT_2};

/// Random effects of a study, at most.
pub(super) const MOST: usize = 2;
/// Nodes in one dimension and in each of two. On sparse tables (no events, tau2 near 1) 21 and 15 nodes already
/// give twelve digits of the log-likelihood.
const NODES: [usize; MOST] = [31, 21];

/// One count of a study: law and linear predictor `offset + fixed'b + local g + sum_r random_r scale_r u_r`
/// with standard normal u.
#[derive(Debug, Clone)]
pub(super) struct Factor {
    pub law: Law,
    pub offset: f64,
    pub fixed: Vec<f64>,
    pub local: f64,
    pub random: [f64; MOST],
}

/// The counts of a study; independent given its random effects.
#[derive(Debug, Clone)]
pub(super) struct Study {
    pub factors: Vec<Factor>,
    /// Where the last integral was centred.
    pub mode: [f64; MOST],
}

/// Numbers of fixed coefficients and random effects, and whether each study has its own parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub fixed: usize,
    pub random: usize,
    pub local: bool,
}

impl Shape {
    /// Parameters that all studies share.
    pub fn shared(&self) -> usize {
        self.fixed + self.random
    }

    /// Parameters of one study: the shared ones, then its own.
    pub fn all(&self) -> usize {
        self.shared() + usize::from(self.local)
    }
}

/// Quadrature nodes with weights w exp(t^2).
#[derive(Debug)]
pub(super) struct Nodes(Vec<(f64, f64)>);

impl Nodes {
    pub fn new(random: usize) -> Self {
        let Some(&n) = NODES.get(random.wrapping_sub(1)) else {
            return Nodes(Vec::new());
        };
        let Rule { nodes, weights } = gauss_hermite(n);
        Nodes(
            nodes
                .iter()
                .zip(&weights)
                .map(|(t, w)| (*t, w * (t * t).exp()))
                .collect(),
        )
    }
}

/// Log-likelihood with gradient and Hessian (row-major) in the study's parameters.
#[derive(Debug, Clone)]
pub(super) struct Derivatives {
    pub value: f64,
    pub gradient: Vec<f64>,
    pub hessian: Vec<f64>,
    z: Vec<f64>,
    score: Vec<f64>,
}

impl Derivatives {
    pub fn new(shape: Shape) -> Self {
        let n = shape.all();
        Derivatives {
            value: 0.0,
            gradient: vec![0.0; n],
            hessian: vec![0.0; n * n],
            z: vec![0.0; n],
            score: vec![0.0; n],
        }
    }
}

/// The joint log density of counts and random effects at u, with derivatives in u.
struct Joint {
    value: f64,
    gradient: [f64; MOST],
    hessian: [[f64; MOST]; MOST],
}

impl Study {
    /// # Formula
    /// l = ln int prod_j f_j(eta_j) phi(u) du. With S the score of the complete data at u and C its Hessian,
    /// dl = E[S], d2l = E[C + S S'] - E[S] E[S]', E over u given the counts.
    /// # Source
    /// Pinheiro & Bates 1995, J Comput Graph Stat 4:12 (quadrature centred at the mode); Louis 1982, J R Stat Soc B
    /// 44:226 (derivatives).
    pub fn integrate(
        &mut self,
        shape: Shape,
        nodes: &Nodes,
        shared: &[f64],
        own: f64,
        out: &mut Derivatives,
    ) {
        out.value = 0.0;
        out.gradient.fill(0.0);
        out.hessian.fill(0.0);
        let (fixed, scale) = shared.split_at(shape.fixed);
        let mut base = [0.0; MOST];
        for (base, f) in base.iter_mut().zip(&self.factors) {
            let linear: f64 = f.fixed.iter().zip(fixed).map(|(x, b)| x * b).sum();
            *base = f.offset + linear + f.local * own;
        }
        if shape.random == 0 {
            let points = self.points(0, &base, scale, [0.0; MOST]);
            self.accumulate(shape, &points, [0.0; MOST], 1.0, out);
            out.value = points.iter().map(|p| p.value).sum();
            centre(out);
            return;
        }
        let top = self.climb(shape.random, &base, scale);
        // inverse square root of the curvature at the mode
        let [[a, b], [_, d]] = top.hessian.map(|row| row.map(|x| -x));
        let mode = self.mode;
        if shape.random == 1 {
            let width = SQRT_2 / a.sqrt();
            let constant = width / (2.0 * PI).sqrt();
            let mut sum = 0.0;
            for &(t, w) in &nodes.0 {
                let u = [mode[0] + width * t, 0.0];
                sum += self.weigh(shape, &base, scale, u, w * constant, top.value, out);
            }
            finish(sum, top.value, out);
            return;
        }
        let lower = [a.sqrt(), b / a.sqrt(), (d - b * b / a).sqrt()];
        let constant = 1.0 / (PI * lower[0] * lower[2]);
        let mut sum = 0.0;
        for &(s, v) in &nodes.0 {
            let second = SQRT_2 * s / lower[2];
            for &(t, w) in &nodes.0 {
                let first = (SQRT_2 * t - lower[1] * second) / lower[0];
                let u = [mode[0] + first, mode[1] + second];
                sum += self.weigh(shape, &base, scale, u, v * w * constant, top.value, out);
            }
        }
        finish(sum, top.value, out);
    }

    /// Adds one node; returns its share of the integral relative to exp(top).
    #[allow(clippy::too_many_arguments, reason = "the inner loop's whole state")]
    fn weigh(
        &self,
        shape: Shape,
        base: &[f64; MOST],
        scale: &[f64],
        u: [f64; MOST],
        weight: f64,
        top: f64,
        out: &mut Derivatives,
    ) -> f64 {
        let points = self.points(shape.random, base, scale, u);
        let value = points.iter().map(|p| p.value).sum::<f64>() - 0.5 * (u[0] * u[0] + u[1] * u[1]);
        let share = weight * (value - top).exp();
        if share > 0.0 {
            self.accumulate(shape, &points, u, share, out);
        }
        share
    }

    fn points(&self, random: usize, base: &[f64; MOST], scale: &[f64], u: [f64; MOST]) -> [Point; MOST] {
        let mut points = [Point::NONE; MOST];
        for ((point, f), base) in points.iter_mut().zip(&self.factors).zip(base) {
            *point = f.law.at(f.predictor(random, *base, scale, u));
        }
        points
    }

    /// Adds `share` times score and second derivatives of the complete data.
    fn accumulate(
        &self,
        shape: Shape,
        points: &[Point; MOST],
        u: [f64; MOST],
        share: f64,
        out: &mut Derivatives,
    ) {
        let n = shape.all();
        out.score.fill(0.0);
        for (f, point) in self.factors.iter().zip(points) {
            let (z_fixed, z_rest) = out.z.split_at_mut(shape.fixed);
            z_fixed.copy_from_slice(&f.fixed);
            for (z, (w, u)) in z_rest.iter_mut().zip(f.random.iter().zip(u)).take(shape.random) {
                *z = w * u;
            }
            if shape.local {
                z_rest[shape.random] = f.local;
            }
            let z = &out.z;
            for i in 0..n {
                out.score[i] += point.slope * z[i];
                let across = share * point.curvature * z[i];
                for j in 0..=i {
                    out.hessian[i * n + j] += across * z[j];
                }
            }
        }
        for i in 0..n {
            let s = share * out.score[i];
            out.gradient[i] += s;
            for j in 0..=i {
                out.hessian[i * n + j] += s * out.score[j];
            }
        }
    }

    fn joint(&self, random: usize, base: &[f64; MOST], scale: &[f64], u: [f64; MOST]) -> Joint {
        let mut joint = Joint {
            value: 0.0,
            gradient: [0.0; MOST],
            hessian: [[0.0; MOST]; MOST],
        };
        for (f, base) in self.factors.iter().zip(base) {
            let point = f.law.at(f.predictor(random, *base, scale, u));
            joint.value += point.value;
            for r in 0..random {
                let z = f.random[r] * scale[r];
                joint.gradient[r] += z * point.slope;
                for s in 0..random {
                    joint.hessian[r][s] += z * f.random[s] * scale[s] * point.curvature;
                }
            }
        }
        for r in 0..MOST {
            joint.value -= 0.5 * u[r] * u[r];
            joint.gradient[r] -= u[r];
            joint.hessian[r][r] -= 1.0;
        }
        joint
    }

    /// Newton's way to the mode of u, from that of the last call.
    fn climb(&mut self, random: usize, base: &[f64; MOST], scale: &[f64]) -> Joint {
        let mut here = self.joint(random, base, scale, self.mode);
        if !here.value.is_finite() {
            self.mode = [0.0; MOST];
            here = self.joint(random, base, scale, self.mode);
        }
        for _ in 0..60 {
            let [[a, b], [_, d]] = here.hessian;
            let [g, h] = here.gradient;
            let det = a * d - b * b;
            let step = [(b * h - d * g) / det, (b * g - a * h) / det];
            let size = step[0].abs().max(step[1].abs());
            // where the integral is centred need not be exact
            if size.is_nan() || size < 1e-7 {
                break;
            }
            let mut part = (3.0 / size).min(1.0);
            loop {
                let to = [self.mode[0] + part * step[0], self.mode[1] + part * step[1]];
                let there = self.joint(random, base, scale, to);
                if there.value >= here.value {
                    self.mode = to;
                    here = there;
                    break;
                }
                part *= 0.5;
                if part < 1e-6 {
                    return here;
                }
            }
        }
        here
    }
}

impl Factor {
    fn predictor(&self, random: usize, base: f64, scale: &[f64], u: [f64; MOST]) -> f64 {
        let mut eta = base;
        for r in 0..random {
            eta += self.random[r] * scale[r] * u[r];
        }
        eta
    }
}

/// From sums over nodes to derivatives of the logarithm.
fn finish(sum: f64, top: f64, out: &mut Derivatives) {
    out.value = top + sum.ln();
    out.gradient.iter_mut().for_each(|g| *g /= sum);
    out.hessian.iter_mut().for_each(|h| *h /= sum);
    centre(out);
}

/// Takes E[S] E[S]' off and fills the upper triangle.
fn centre(out: &mut Derivatives) {
    let n = out.gradient.len();
    for i in 0..n {
        for j in 0..=i {
            let h = out.hessian[i * n + j] - out.gradient[i] * out.gradient[j];
            out.hessian[i * n + j] = h;
            out.hessian[j * n + i] = h;
        }
    }
}
