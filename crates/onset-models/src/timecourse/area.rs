//! Benefit added up over time: the area between curve and reference.

use super::curve::{Curve, critical};
use super::form::MAX_COLUMNS;
use super::onset::Benefit;
use onset_math::quadrature::gauss_legendre;

/// Nodes in each of the stretches, which halve towards 0.
const NODES: usize = 12;
const STRETCHES: i32 = 24;

/// Area under the benefit from 0 to `to`, in units of the outcome times units of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// End of the stretch.
    pub to: f64,
    /// Area, positive for benefit.
    pub estimate: f64,
    /// Standard error (delta method; the integral of the gradient).
    pub se: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
}

/// Integral of the benefit from 0 to `to`.
///
/// # Formula
/// `A = s int_0^H D(t) dt`, `Var(A) = (int g)' V (int g)` with g the gradient of D.
pub fn area(curve: &Curve, benefit: Benefit, to: f64, level: f64) -> Area {
    let rule = gauss_legendre(NODES);
    let p = curve.parameters().len();
    let (mut sum, mut g) = (0.0, [0.0; MAX_COLUMNS + 4]);
    let mut at = [0.0; MAX_COLUMNS + 4];
    let mut high = to;
    for stretch in 0..STRETCHES {
        let low = if stretch + 1 == STRETCHES { 0.0 } else { 0.5 * high };
        let (half, middle) = (0.5 * (high - low), 0.5 * (high + low));
        for (x, w) in rule.nodes.iter().zip(&rule.weights) {
            let t = middle + half * x;
            sum += half * w * curve.value(t);
            curve.gradient(t, &mut at[..p]);
            g.iter_mut()
                .zip(&at)
                .take(p)
                .for_each(|(g, a)| *g += half * w * a);
        }
        high = low;
    }
    let estimate = benefit.sign() * sum;
    let se = curve.covariance().quadratic(&g[..p]).max(0.0).sqrt();
    let z = critical(curve.df_of(&g[..p]), level);
    Area {
        to,
        estimate,
        se,
        lower: estimate - z * se,
        upper: estimate + z * se,
    }
}
