//! Newton's method on the log-likelihood, from several starts.

use super::model::{Likelihood, Model};
use super::moments::Point;
use super::random::Structure;
use onset_math::linalg::{Cholesky, Matrix, symmetric_eigen};

/// Where the search ended.
#[derive(Debug, Clone)]
pub(crate) struct Maximum {
    pub theta: Vec<f64>,
    pub point: Point,
    pub evaluations: u32,
    pub converged: bool,
}

/// What each parameter is, for steps and bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Parameter {
    /// A standard deviation of random effect `effect`, level `level`; `bounded` below by 0.
    Sd {
        effect: usize,
        level: usize,
        bounded: bool,
    },
    /// An angle.
    Angle { effect: usize, index: usize },
}

/// Parameters in order.
pub(crate) fn parameters(model: &Model) -> Vec<Parameter> {
    let mut out = Vec::new();
    for (effect, shape) in model.shapes.iter().enumerate() {
        let bounded = shape.bounded();
        out.extend((0..shape.sds()).map(|level| Parameter::Sd {
            effect,
            level,
            bounded,
        }));
        out.extend((0..shape.angles()).map(|index| Parameter::Angle { effect, index }));
    }
    out
}

/// Most evaluations of one search.
const MOST: u32 = 300;
/// A Newton decrement (twice the gain in log-likelihood that is left) below this ends the search.
const DECREMENT: f64 = 1e-18;
/// Below this the quadratic model is trusted and rounding of the log-likelihood is not looked at.
const TRUSTED: f64 = 1e-9;
/// Longest change of an angle in one step.
const ANGLE_STEP: f64 = 0.7;

/// The highest maximum found from several starts. `None` where the likelihood is nowhere defined.
pub(crate) fn maximise(model: &Model, method: Likelihood) -> Option<Maximum> {
    let scale = typical_sd(model);
    if model.q() == 0 {
        let point = model.evaluate(&[], method, false)?;
        return Some(Maximum {
            theta: Vec::new(),
            point,
            evaluations: 1,
            converged: true,
        });
    }
    let free = vec![true; model.q()];
    let (starts, mut evaluations) = starts(model, method, scale);
    let mut best: Option<Maximum> = None;
    for start in starts {
        let Some(found) = climb(model, method, &start, &free, scale) else {
            continue;
        };
        evaluations += found.evaluations;
        // a later start must be higher by more than rounding, and beats a search that did not end
        let higher = best.as_ref().is_none_or(|known| {
            let margin = 1e-10 * (1.0 + known.point.value.abs());
            found.point.value > known.point.value + margin || (found.converged && !known.converged)
        });
        if higher {
            best = Some(found);
        }
    }
    let mut best = best?;
    snap(model, method, scale, &mut best);
    best.evaluations = evaluations;
    Some(best)
}

/// Scale of the heterogeneity: residual variance beyond the sampling variance.
pub(crate) fn typical_sd(model: &Model) -> f64 {
    let n = model.n() as f64;
    let rss: f64 = model.residuals().map(|r| r * r).sum();
    let total = rss / (n - model.p() as f64);
    let mean = model.sampling.variances().iter().sum::<f64>() / n;
    (total - mean).max(0.05 * total).max(1e-3 * mean).sqrt()
}

/// Starting values, best first, and the evaluations spent on them.
fn starts(model: &Model, method: Likelihood, scale: f64) -> (Vec<Vec<f64>>, u32) {
    let parameters = parameters(model);
    let sds = parameters
        .iter()
        .filter(|p| matches!(p, Parameter::Sd { .. }))
        .count();
    let candidates = if sds == parameters.len() && sds <= 3 && model.is_nested() {
        return grid(model, method, scale, sds);
    } else {
        by_hand(model, &parameters, scale)
    };
    let mut ranked: Vec<(f64, Vec<f64>)> = candidates
        .into_iter()
        .filter_map(|theta| Some((model.evaluate(&theta, method, false)?.value, theta)))
        .collect();
    let evaluations = ranked.len() as u32;
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    (
        ranked.into_iter().take(4).map(|pair| pair.1).collect(),
        evaluations,
    )
}

/// Standard deviations of the grid, in units of the typical one.
const GRID: [f64; 3] = [0.15, 0.6, 1.5];

/// Local maxima of the likelihood on a grid of standard deviations.
fn grid(model: &Model, method: Likelihood, scale: f64, sds: usize) -> (Vec<Vec<f64>>, u32) {
    let side = GRID.len();
    let count = side.pow(sds as u32);
    let digits = |at: usize| (0..sds).map(move |d| at / side.pow(d as u32) % side);
    let theta = |at: usize| -> Vec<f64> { digits(at).map(|digit| scale * GRID[digit]).collect() };
    let values: Vec<f64> = (0..count)
        .map(|at| {
            let point = model.evaluate(&theta(at), method, false);
            point.map_or(f64::NEG_INFINITY, |point| point.value)
        })
        .collect();
    let is_top = |at: usize| {
        digits(at).enumerate().all(|(d, digit)| {
            let step = side.pow(d as u32);
            (digit == 0 || values[at - step] <= values[at])
                && (digit + 1 == side || values[at + step] <= values[at])
        })
    };
    let mut tops: Vec<usize> = (0..count).filter(|&at| is_top(at)).collect();
    tops.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    (tops.into_iter().take(4).map(theta).collect(), count as u32)
}

fn by_hand(model: &Model, parameters: &[Parameter], scale: f64) -> Vec<Vec<f64>> {
    let effects = model.random.len();
    let share = scale / (effects as f64).sqrt();
    let level_sd = level_sds(model, scale);
    let mut out = Vec::new();
    for correlation in [0.5, 0.0, 0.9] {
        for size in [1.0, 0.3] {
            // all alike, then each random effect on its own
            for favoured in 0..=if effects > 1 { effects } else { 0 } {
                let theta = parameters.iter().map(|parameter| match *parameter {
                    Parameter::Sd { effect, level, .. } => {
                        let own = if model.shapes[effect].sds() > 1 {
                            level_sd[effect][level] / (effects as f64).sqrt()
                        } else {
                            share
                        };
                        let tilt = match favoured {
                            0 => 1.0,
                            f if f == effect + 1 => 1.3,
                            _ => 0.15,
                        };
                        own * size * tilt
                    }
                    Parameter::Angle { effect, index } => {
                        let shape = &model.shapes[effect];
                        if model.random[effect].structure == Structure::Un {
                            let c = equicorrelated(shape.levels, correlation);
                            shape.angles_of(&c)[index]
                        } else {
                            shape.angle(correlation)
                        }
                    }
                });
                out.push(theta.collect());
            }
        }
        if parameters.iter().all(|p| matches!(p, Parameter::Sd { .. })) {
            break;
        }
    }
    out
}

fn equicorrelated(n: usize, r: f64) -> Vec<f64> {
    (0..n * n).map(|k| if k / n == k % n { 1.0 } else { r }).collect()
}

/// Spread of the residuals at each level beyond the sampling variance.
fn level_sds(model: &Model, scale: f64) -> Vec<Vec<f64>> {
    let residuals: Vec<f64> = model.residuals().collect();
    let v = model.sampling.variances();
    let of = |effect: &super::Random| {
        (0..effect.levels())
            .map(|level| {
                let rows = || (0..v.len()).filter(|&row| effect.level_of(row) == level);
                let count = rows().count().max(1) as f64;
                let total = rows().map(|row| residuals[row] * residuals[row]).sum::<f64>() / count;
                let mean = rows().map(|row| v[row]).sum::<f64>() / count;
                (total - mean).max(0.05 * total).max(0.01 * scale * scale).sqrt()
            })
            .collect()
    };
    model.random.iter().map(of).collect()
}

/// Newton's method from `start` over the parameters that are `free`.
pub(crate) fn climb(
    model: &Model,
    method: Likelihood,
    start: &[f64],
    free: &[bool],
    scale: f64,
) -> Option<Maximum> {
    let kinds = parameters(model);
    let bounded = |k: usize| matches!(kinds[k], Parameter::Sd { bounded: true, .. });
    let mut theta = start.to_vec();
    let mut point = model.evaluate(&theta, method, true)?;
    let mut evaluations = 1;
    let mut converged = false;
    while evaluations < MOST {
        let active: Vec<usize> = (0..theta.len())
            .filter(|&k| free[k] && !(bounded(k) && theta[k] <= 0.0 && point.gradient[k] <= 0.0))
            .collect();
        let step = direction(&point, &active, &kinds, scale);
        let decrement: f64 = active
            .iter()
            .zip(&step)
            .map(|(&k, d)| point.gradient[k] * d)
            .sum();
        if decrement.is_nan() {
            break;
        }
        if decrement <= DECREMENT {
            converged = true;
            break;
        }
        let mut alpha: f64 = 1.0;
        for (&k, d) in active.iter().zip(&step) {
            let most = match kinds[k] {
                Parameter::Sd { .. } => theta[k].abs() + scale,
                Parameter::Angle { .. } => ANGLE_STEP,
            };
            alpha = alpha.min(most / d.abs().max(1e-300));
        }
        let mut moved = false;
        for _ in 0..40 {
            let mut trial = theta.clone();
            for (&k, d) in active.iter().zip(&step) {
                trial[k] += alpha * d;
                if bounded(k) {
                    trial[k] = trial[k].max(0.0);
                }
            }
            evaluations += 1;
            let found = model.evaluate(&trial, method, true);
            let gain = found
                .as_ref()
                .map_or(f64::NEG_INFINITY, |found| found.value - point.value);
            let enough = if decrement < TRUSTED {
                gain > -1e-8
            } else {
                gain >= 1e-4 * alpha * decrement
            };
            if let (true, Some(found)) = (enough, found) {
                moved = trial != theta;
                theta = trial;
                point = found;
                break;
            }
            alpha *= 0.4;
        }
        if !moved {
            // rounding is all that is left
            converged = decrement < 1e-8;
            break;
        }
    }
    Some(Maximum {
        theta,
        point,
        evaluations,
        converged,
    })
}

/// The Newton step over `active`; where the Hessian is not negative definite, its eigenvalues are turned round.
fn direction(point: &Point, active: &[usize], kinds: &[Parameter], scale: f64) -> Vec<f64> {
    let units: Vec<f64> = active
        .iter()
        .map(|&k| {
            if matches!(kinds[k], Parameter::Sd { .. }) {
                scale
            } else {
                1.0
            }
        })
        .collect();
    let n = active.len();
    let a = Matrix::from_fn(n, n, |i, j| {
        -point.hessian[(active[i], active[j])] * units[i] * units[j]
    });
    let g: Vec<f64> = active
        .iter()
        .zip(&units)
        .map(|(&k, unit)| point.gradient[k] * unit)
        .collect();
    let largest = (0..n).map(|i| a[(i, i)].abs()).fold(0.0, f64::max);
    let solved = match Cholesky::new(&a) {
        Some(factor) if (0..n).all(|i| factor.lower()[(i, i)].powi(2) > 1e-9 * largest) => {
            factor.solve_vec(&g)
        }
        _ => turned(&a, &g),
    };
    solved.iter().zip(&units).map(|(d, unit)| d * unit).collect()
}

fn turned(a: &Matrix, g: &[f64]) -> Vec<f64> {
    let Some(eigen) = symmetric_eigen(a) else {
        return g.to_vec();
    };
    let largest = eigen
        .values
        .iter()
        .fold(0.0_f64, |m, x| m.max(x.abs()))
        .max(1e-300);
    let mut step = vec![0.0; g.len()];
    for (e, value) in eigen.values.iter().enumerate() {
        let along: f64 = (0..g.len()).map(|i| eigen.vectors[(i, e)] * g[i]).sum();
        let length = along / value.abs().max(1e-7 * largest);
        (0..g.len()).for_each(|i| step[i] += length * eigen.vectors[(i, e)]);
    }
    step
}

/// Puts standard deviations that are nothing but rounding at 0, and makes the others positive.
fn snap(model: &Model, method: Likelihood, scale: f64, best: &mut Maximum) {
    let kinds = parameters(model);
    for (k, kind) in kinds.iter().enumerate() {
        if matches!(kind, Parameter::Sd { .. }) && best.theta[k].abs() < 1e-4 * scale && best.theta[k] != 0.0
        {
            let mut trial = best.theta.clone();
            trial[k] = 0.0;
            if let Some(point) = model.evaluate(&trial, method, true)
                && point.value >= best.point.value - 1e-12 * (1.0 + best.point.value.abs())
            {
                best.theta = trial;
                best.point = point;
            }
        }
    }
    // signs: G stays what it is
    let mut start = 0;
    let mut changed = false;
    for shape in &model.shapes {
        let own = &mut best.theta[start..start + shape.parameters()];
        if own[..shape.sds()].iter().any(|s| *s < 0.0) {
            changed = true;
            if shape.angles() > 1 {
                let n = shape.levels;
                let mut c = shape.correlation(own);
                for a in 0..n {
                    for b in 0..n {
                        c[a * n + b] *= own[a].signum() * own[b].signum();
                    }
                }
                let angles = shape.angles_of(&c);
                own[shape.sds()..].copy_from_slice(&angles);
            } else if shape.sds() == 2 && shape.angles() == 1 && own[0].signum() != own[1].signum() {
                // two levels of an unstructured G
                own[2] = -own[2];
            }
            own[..shape.sds()].iter_mut().for_each(|s| *s = s.abs());
        }
        start += shape.parameters();
    }
    if changed && let Some(point) = model.evaluate(&best.theta, method, true) {
        best.point = point;
    }
}
