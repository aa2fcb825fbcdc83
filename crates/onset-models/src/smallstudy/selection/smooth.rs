//! Likelihood of the models with a smooth weight function.

use super::function::{Side, WeightFunction};
use onset_math::normal;
use onset_math::quadrature::{Rule, gauss_legendre};

const LN_2PI: f64 = 1.837_877_066_409_345_5;
/// Integration reaches this many standard deviations: beyond lies 1e-18.
const REACH: f64 = 9.0;
/// Step of the trapezoidal rule in standard deviations of the narrower of the two normals: it converges
/// geometrically on analytic integrands, here to 1e-13.
const STEP: f64 = 0.2;
/// The beta weight takes p between this and 1 minus this, as its authors do: it has no bound, and its integral
/// need not exist, at p = 0.
const LEAST_P: f64 = 1e-5;
/// A sampling error below this share of s has the integral taken in doubling panels.
const NARROW: f64 = 0.02;
/// Standard errors around z = 0 in which panels are one wide.
const NEAR: f64 = 9.0;
/// Panels between the least |z| and 1, each four times as wide as the one before.
const TOWARDS_0: i32 = 8;
/// Width of a Gauss-Legendre panel on the same scale, and its points.
const PANEL: f64 = 1.0;
const POINTS: usize = 12;

/// Effects turned so that positive ones are favoured, with the logs of their p-values.
#[derive(Debug, Clone)]
pub(super) struct Smooth {
    function: WeightFunction,
    side: Side,
    y: Vec<f64>,
    v: Vec<f64>,
    p: Vec<P>,
    rule: Rule,
}

/// A p-value with its logarithms.
#[derive(Debug, Clone, Copy)]
struct P {
    p: f64,
    ln_p: f64,
    ln_q: f64,
}

/// ln w and its slopes in the deltas.
struct Weight {
    ln: f64,
    slopes: [f64; 2],
}

/// The integral A with its slopes.
#[derive(Debug, Default)]
struct Area {
    a: f64,
    mu: f64,
    s2: f64,
    delta: [f64; 2],
}

impl Smooth {
    pub fn new(y: &[f64], v: &[f64], function: WeightFunction, side: Side) -> Self {
        let y: Vec<f64> = y.iter().map(|y| side.sign() * y).collect();
        let p = y.iter().zip(v).map(|(y, v)| P::of(y / v.sqrt(), side)).collect();
        Smooth {
            function,
            side,
            y,
            v: v.to_vec(),
            p,
            rule: gauss_legendre(POINTS),
        }
    }

    pub fn y(&self) -> &[f64] {
        &self.y
    }

    pub fn v(&self) -> &[f64] {
        &self.v
    }

    /// Log-likelihood; its gradient in mu, tau2 and every delta.
    pub fn evaluate(&self, mu: f64, tau2: f64, delta: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for ((&y, &v), p) in self.y.iter().zip(&self.v).zip(&self.p) {
            let s2 = v + tau2;
            let s = s2.sqrt();
            let area = self.area(mu, s, v.sqrt(), delta);
            let weight = self.weight(p, delta);
            let residual = (y - mu) / s;
            sum += weight.ln - 0.5 * (LN_2PI + s2.ln() + residual * residual) - area.a.ln();
            gradient[0] += residual / s - area.mu / area.a;
            gradient[1] += 0.5 * (residual * residual - 1.0) / s2 - area.s2 / area.a;
            for j in 0..delta.len() {
                gradient[2 + j] += weight.slopes[j] - area.delta[j] / area.a;
            }
        }
        sum
    }

    fn weight(&self, p: &P, delta: &[f64]) -> Weight {
        let d = delta[0];
        let (ln, slope) = match self.function {
            WeightFunction::Beta => {
                let (least, most) = (LEAST_P.ln(), (-LEAST_P).ln_1p());
                let (ln_p, ln_q) = (p.ln_p.clamp(least, most), p.ln_q.clamp(least, most));
                return Weight {
                    ln: (d - 1.0) * ln_p + (delta[1] - 1.0) * ln_q,
                    slopes: [ln_p, ln_q],
                };
            }
            WeightFunction::HalfNormal => (-d * p.p * p.p, -p.p * p.p),
            WeightFunction::Logistic => {
                let e = (-d * p.p).exp();
                ((2.0 * e / (1.0 + e)).ln(), -p.p / (1.0 + e))
            }
            WeightFunction::Power => (d * p.ln_q, p.ln_q),
            WeightFunction::NegativeExponential | WeightFunction::Step(_) => (-d * p.p, -p.p),
        };
        Weight {
            ln,
            slopes: [slope, 0.0],
        }
    }

    /// Integral of w(p(x)) over N(mu, s^2), in standard units u = (x - mu)/s.
    fn area(&self, mu: f64, s: f64, root: f64, delta: &[f64]) -> Area {
        let unit = (root / s).min(1.0);
        let mut area = Area::default();
        let beta = self.function == WeightFunction::Beta;
        if unit < NARROW || self.steep() {
            self.doubling((mu, s, root), delta, &mut area);
            return area;
        }
        if self.side == Side::Two || beta {
            // kinks: two-sided p at z = 0, the one-sided beta weight where p meets its bounds
            let edge = if beta { self.side.z(LEAST_P) } else { 0.0 };
            let mut from = -REACH;
            for z in [-edge, 0.0, edge] {
                let to = ((z * root - mu) / s).clamp(from, REACH);
                self.panels(from, to, PANEL * unit, (mu, s, root), delta, &mut area);
                from = to;
            }
            self.panels(from, REACH, PANEL * unit, (mu, s, root), delta, &mut area);
            return area;
        }
        let n = (2.0 * REACH / (STEP * unit)).ceil();
        let h = 2.0 * REACH / n;
        for i in 0..=(n as usize) {
            self.add(-REACH + h * i as f64, h, (mu, s, root), delta, &mut area);
        }
        area
    }

    /// Whether a power of 1 - p turns ever faster towards z = 0.
    fn steep(&self) -> bool {
        self.side == Side::Two && matches!(self.function, WeightFunction::Beta | WeightFunction::Power)
    }

    /// The integral where the sampling error is small against s: the weight turns within a few standard errors
    /// of z = 0 and is smooth over any doubling of z beyond, so that panels of one standard error near 0 and
    /// doubling ones outside hold it, however small the standard error.
    fn doubling(&self, place: (f64, f64, f64), delta: &[f64], area: &mut Area) {
        let (mu, s, root) = place;
        let beta = self.function == WeightFunction::Beta;
        let edge = if beta { self.side.z(LEAST_P) } else { 0.0 };
        let towards = if self.steep() { TOWARDS_0 } else { 0 };
        let least = self.side.z(1.0 - LEAST_P);
        let inside = |j: i32| least * 4f64.powi(j);
        let farthest = (mu.abs() + REACH * s) / root;
        let doublings = (farthest / NEAR).log2().ceil().clamp(0.0, 2100.0) as i32;
        let outside = |j: i32| NEAR * 2f64.powi(j);
        let near = NEAR as i32;
        let breaks = (0..=doublings)
            .rev()
            .map(|j| -outside(j))
            .chain((1 - near..0).map(f64::from))
            .chain((0..towards).rev().map(|j| -inside(j)))
            .chain([0.0])
            .chain((0..towards).map(inside))
            .chain((1..near).map(f64::from))
            .chain((0..=doublings).map(outside));
        let mut from = -REACH;
        for z in breaks.chain([f64::INFINITY]) {
            let to = ((z * root - mu) / s).clamp(from, REACH);
            // kinks of the beta weight lie inside a panel
            let kinks = [-edge, edge].map(|kink| ((kink * root - mu) / s).clamp(from, to));
            for end in [kinks[0], kinks[1], to] {
                self.panels(from, end, PANEL, place, delta, area);
                from = end;
            }
        }
    }

    fn panels(&self, from: f64, to: f64, width: f64, place: (f64, f64, f64), delta: &[f64], area: &mut Area) {
        let n = ((to - from) / width).ceil();
        let half = 0.5 * (to - from) / n.max(1.0);
        for i in 0..(n as usize) {
            let centre = from + half * (2.0 * i as f64 + 1.0);
            for (node, weight) in self.rule.nodes.iter().zip(&self.rule.weights) {
                self.add(centre + half * node, half * weight, place, delta, area);
            }
        }
    }

    fn add(&self, u: f64, h: f64, (mu, s, root): (f64, f64, f64), delta: &[f64], area: &mut Area) {
        let weight = self.weight(&P::of((mu + s * u) / root, self.side), delta);
        let value = h * (weight.ln - 0.5 * (u * u + LN_2PI)).exp();
        area.a += value;
        area.mu += value * u / s;
        area.s2 += value * 0.5 * (u * u - 1.0) / (s * s);
        area.delta[0] += value * weight.slopes[0];
        area.delta[1] += value * weight.slopes[1];
    }
}

impl P {
    fn of(z: f64, side: Side) -> P {
        if side == Side::Two {
            let ln_p = std::f64::consts::LN_2 + normal::ln_sf(z.abs());
            let p = ln_p.exp().min(1.0);
            return P {
                p,
                ln_p,
                ln_q: (2.0 * normal::cdf(z.abs()) - 1.0).max(f64::MIN_POSITIVE).ln(),
            };
        }
        let (ln_p, ln_q) = (normal::ln_sf(z), normal::ln_cdf(z));
        P {
            p: ln_p.exp(),
            ln_p,
            ln_q,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smooth(function: WeightFunction, side: Side) -> Smooth {
        Smooth::new(&[1.0, 0.2, 0.5], &[1.0, 1.0, 1.0], function, side)
    }

    #[test]
    fn both_ways_of_integrating_agree() {
        use WeightFunction::{Beta, HalfNormal, Logistic, NegativeExponential, Power};
        for function in [Beta, HalfNormal, NegativeExponential, Logistic, Power] {
            for side in [Side::Greater, Side::Two] {
                for (mu, s, delta) in [
                    (0.3, 1.2, [0.7, 1.3]),
                    (-4.0, 20.0, [0.01, 0.9]),
                    (30.0, 30.0, [3.0, 1.0]),
                ] {
                    let model = smooth(function.clone(), side);
                    if model.steep() {
                        continue;
                    }
                    let one = model.area(mu, s, 1.0, &delta);
                    let mut other = Area::default();
                    model.doubling((mu, s, 1.0), &delta, &mut other);
                    for (a, b) in [
                        (one.a, other.a),
                        (one.mu, other.mu),
                        (one.s2, other.s2),
                        (one.delta[0], other.delta[0]),
                    ] {
                        assert!(
                            (a - b).abs() < 1e-11 * one.a.max(1.0),
                            "{function:?} {side:?} {mu}: {one:?} {other:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn two_sided_powers_near_p_of_one() {
        // A = 2 int_0^inf w(p(z)) phi(z) dz at mu = 0, s = 1: p is uniform, so A = int_0^1 w(p) dp with p and
        // 1 - p held above LEAST_P
        let model = smooth(WeightFunction::Beta, Side::Two);
        let area = model.area(0.0, 1.0, 1.0, &[1.0, 1.3]);
        let exact = (1.0 - LEAST_P.powf(1.3)) / 1.3 + LEAST_P.powf(1.3);
        assert!((area.a - exact).abs() < 1e-9, "{} {exact}", area.a);
        let area = smooth(WeightFunction::Power, Side::Two).area(0.0, 1.0, 1.0, &[0.3]);
        assert!((area.a - 1.0 / 1.3).abs() < 1e-9, "{}", area.a);
    }

    #[test]
    fn a_sampling_error_of_nothing_is_integrated_at_once() {
        let model = smooth(WeightFunction::HalfNormal, Side::Greater);
        // half of the effects have p = 0, half p = 1
        let area = model.area(0.0, 1.0, 1e-150, &[2.0]);
        assert!((area.a - 0.5 * (1.0 + (-2f64).exp())).abs() < 1e-12, "{area:?}");
    }
}
