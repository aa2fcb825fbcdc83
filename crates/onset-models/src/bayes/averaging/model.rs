//! One of the 36 models: its marginal likelihood, and its posterior of mu as weighted pieces.

use super::weights::{STEPS, Selection, Work, ln_sum};
use onset_math::quadrature::gauss_legendre;
use std::f64::consts::{FRAC_PI_2, PI};

/// What a model says about publication.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bias {
    None,
    Weights(usize),
    /// Slope on the standard error, half-Cauchy(1).
    Pet,
    /// Slope on the variance, half-Cauchy(5).
    Peese,
}

/// A piece of a posterior: normal with `sd`, or even over mean +- `half`, or a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) ln_mass: f64,
    pub(super) mean: f64,
    pub(super) sd: f64,
    pub(super) half: f64,
    pub(super) tau: f64,
}

/// Shape 1 and this scale of the inverse-gamma prior on tau.
const TAU_SCALE: f64 = 0.15;
/// Step in ln tau.
const STEP_TAU: f64 = 0.125;
/// Step in mu, in standard deviations without selection.
const STEP_MU: f64 = 0.5;
/// What lies so many nats below the highest point is left out.
const DEPTH: f64 = 28.0;
/// Most steps to one side.
const MOST: usize = 2000;
/// Panels and Gauss points of each over the slope.
const SLOPE: (usize, usize) = (16, 16);

/// Effects, variances in SMD units.
pub(super) struct Data {
    pub(super) y: Vec<f64>,
    pub(super) v: Vec<f64>,
}

/// Pieces of the model's posterior; their masses sum to its marginal likelihood.
pub(super) fn pieces(data: &Data, effect: bool, heterogeneity: bool, bias: Bias) -> Vec<Piece> {
    let z: Vec<f64> = data.y.iter().zip(&data.v).map(|(y, v)| y / v.sqrt()).collect();
    let selection = match bias {
        Bias::Weights(i) => STEPS.get(i).map(|steps| Selection::new(*steps, &z)),
        _ => None,
    };
    let slopes = match bias {
        Bias::Pet => slopes(1.0),
        Bias::Peese => slopes(5.0),
        _ => Vec::new(),
    };
    let mut work = Work::default();
    let mut given = |tau: f64, out: &mut Vec<Piece>| match (&selection, slopes.is_empty()) {
        (Some(selection), _) => selected(data, effect, tau, selection, &mut work, out),
        (None, true) => out.push(linear(data, effect, tau, None)),
        (None, false) => sloped(data, effect, tau, &slopes, bias == Bias::Peese, out),
    };
    let mut all = Vec::new();
    if !heterogeneity {
        given(0.0, &mut all);
        return all;
    }
    let at = |step: f64| (step * STEP_TAU).exp();
    let start = (-48_i32..=24)
        .map(|step| {
            let tau = at(f64::from(step));
            (step, linear(data, effect, tau, None).ln_mass + ln_prior(tau))
        })
        .fold((0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a })
        .0;
    let mut top = f64::NEG_INFINITY;
    for (first, way) in [(0.0, 1.0), (1.0, -1.0)] {
        for i in 0..MOST {
            let tau = at(f64::from(start) + way * (first + i as f64));
            let from = all.len();
            given(tau, &mut all);
            let add = ln_prior(tau) + STEP_TAU.ln();
            let new = all.get_mut(from..).unwrap_or_default();
            for piece in new.iter_mut() {
                piece.ln_mass += add;
            }
            let sum = ln_sum(&new.iter().map(|piece| piece.ln_mass).collect::<Vec<_>>());
            top = top.max(sum);
            if sum.is_nan() || sum <= top - DEPTH {
                break;
            }
        }
    }
    all
}

/// ln of the inverse-gamma(1, 0.15) density of tau, by d ln tau.
fn ln_prior(tau: f64) -> f64 {
    TAU_SCALE.ln() - tau.ln() - TAU_SCALE / tau
}

/// Given tau, mu ~ N(0, 1) is integrated in closed form; `slope` holds beta and whether it is on the variance.
fn linear(data: &Data, effect: bool, tau: f64, slope: Option<(f64, bool)>) -> Piece {
    let (mut w, mut wy, mut wyy, mut ln) = (0.0, 0.0, 0.0, 0.0);
    for (&y, &v) in data.y.iter().zip(&data.v) {
        let y = match slope {
            None => y,
            Some((beta, false)) => y - beta * v.sqrt(),
            Some((beta, true)) => y - beta * v,
        };
        let s2 = v + tau * tau;
        w += 1.0 / s2;
        wy += y / s2;
        wyy += y * y / s2;
        ln -= 0.5 * (2.0 * PI * s2).ln();
    }
    let point = Piece {
        ln_mass: ln - 0.5 * wyy,
        mean: 0.0,
        sd: 0.0,
        half: 0.0,
        tau,
    };
    if !effect {
        return point;
    }
    let variance = 1.0 / (w + 1.0);
    Piece {
        ln_mass: ln - 0.5 * (wyy - wy * wy * variance) + 0.5 * variance.ln(),
        mean: wy * variance,
        sd: variance.sqrt(),
        ..point
    }
}

/// Nodes of a half-Cauchy prior: (slope, ln mass).
fn slopes(scale: f64) -> Vec<(f64, f64)> {
    let (panels, points) = SLOPE;
    let rule = gauss_legendre(points);
    let width = 1.0 / panels as f64;
    let mut nodes = Vec::with_capacity(panels * points);
    for panel in 0..panels {
        for (x, w) in rule.nodes.iter().zip(&rule.weights) {
            let u = (panel as f64 + 0.5 * (x + 1.0)) * width;
            nodes.push((scale * (FRAC_PI_2 * u).tan(), (0.5 * w * width).ln()));
        }
    }
    nodes
}

fn sloped(data: &Data, effect: bool, tau: f64, slopes: &[(f64, f64)], variance: bool, out: &mut Vec<Piece>) {
    for &(beta, ln_mass) in slopes {
        let piece = linear(data, effect, tau, Some((beta, variance)));
        out.push(Piece {
            ln_mass: piece.ln_mass + ln_mass,
            ..piece
        });
    }
}

fn selected(
    data: &Data,
    effect: bool,
    tau: f64,
    selection: &Selection,
    work: &mut Work,
    out: &mut Vec<Piece>,
) {
    let plain = linear(data, effect, tau, None);
    if !effect {
        out.push(Piece {
            ln_mass: plain.ln_mass + selection.ln_factor(0.0, tau * tau, &data.v, work),
            ..plain
        });
        return;
    }
    let step = STEP_MU * plain.sd;
    // plain.ln_mass spread over the normal N(mean, sd^2), then times the factor
    let scale = plain.ln_mass + STEP_MU.ln() - 0.5 * (2.0 * PI).ln();
    let mut top = f64::NEG_INFINITY;
    for (first, way) in [(0.0, -1.0), (1.0, 1.0)] {
        for i in 0..MOST {
            let z = way * (first + i as f64) * STEP_MU;
            let mu = plain.mean + z * plain.sd;
            let ln_mass = scale - 0.5 * z * z + selection.ln_factor(mu, tau * tau, &data.v, work);
            out.push(Piece {
                ln_mass,
                mean: mu,
                sd: 0.0,
                half: 0.5 * step,
                tau,
            });
            top = top.max(ln_mass);
            if ln_mass.is_nan() || ln_mass <= top - DEPTH {
                break;
            }
        }
    }
}
