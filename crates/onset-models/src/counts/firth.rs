//! Penalised logistic regression with a level for each study: finite estimates where events vanish.

use crate::pool::{Counts, Estimate, Fit, PoolError, Solution, check_level, half_quantile};
use onset_math::special::{ln_1p_exp, ln_choose, logistic};
use onset_math::{chi_squared, root};

/// A penalised fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Firth {
    /// Studies, all of them.
    pub k: usize,
    /// Log odds ratio: standard error from the information, interval and p-value from the profile of the penalised
    /// likelihood.
    pub mean: Estimate,
    /// Penalised log-likelihood, all constants in.
    pub fit: Fit,
    /// How the climb ended.
    pub solution: Solution,
}

/// Fits one log odds ratio with a level for each study, penalised by Jeffreys' prior.
///
/// # Formula
/// logit p = g_i +- b/2; the log-likelihood plus ln det I / 2 is maximised. With w = n p (1 - p) of the two groups of
/// study i, det I = prod (w1 + w2) S, S = sum w1 w2 / (w1 + w2); the score of a group gains h (1/2 - p), h its leverage.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `BadCount`, `EmptyGroup`.
/// # Source
/// Firth 1993, Biometrika 80:27; interval: Heinze & Schemper 2002, Stat Med 21:2409.
/// # When not to use
/// Effects that differ between studies: there is no tau2. Many studies without any event pull the odds ratio towards 1.
pub fn firth(tables: &[Counts], level: f64) -> Result<Firth, PoolError> {
    check_level(level)?;
    if tables.is_empty() {
        return Err(PoolError::TooFewStudies { found: 0, needed: 1 });
    }
    tables.iter().enumerate().try_for_each(|(row, t)| t.check(row))?;
    let start = State {
        effect: 0.0,
        levels: tables
            .iter()
            .map(|t| ((t.a + t.c + 0.5) / (t.b + t.d + 0.5)).ln())
            .collect(),
    };
    let top = climb(tables, start, true);
    let at = terms(tables, &top.state);
    let se = (1.0 / at.schur).sqrt();
    let profile = |effect: f64| {
        let state = State {
            effect,
            levels: top.state.levels.clone(),
        };
        climb(tables, state, false).value
    };
    let drop = 0.5 * chi_squared::quantile(level, 1.0);
    let limit = |side: f64| {
        let below = |away: f64| top.value - drop - profile(top.state.effect + side * away);
        let first = half_quantile(level, None) * se;
        root::expand_upper(below, 0.0, first, 1e3)
            .and_then(|end| root::brent(below, 0.0, end, 1e-11))
            .map(|r| top.state.effect + side * r.x)
            .map_err(|_| PoolError::NotEstimable)
    };
    let mut mean = Estimate::new(top.state.effect, se, None, level);
    mean.ci_lower = limit(-1.0)?;
    mean.ci_upper = limit(1.0)?;
    mean.p = chi_squared::sf((2.0 * (top.value - profile(0.0))).max(0.0), 1.0);
    let constant: f64 = tables
        .iter()
        .map(|t| ln_choose(t.n1(), t.a) + ln_choose(t.n2(), t.c))
        .sum();
    let k = tables.len();
    Ok(Firth {
        k,
        mean,
        fit: Fit::new(top.value + constant, k as f64 + 1.0, 2.0 * k as f64),
        solution: Solution::iterated(top.converged, top.iterations),
    })
}

#[derive(Debug, Clone)]
struct State {
    effect: f64,
    levels: Vec<f64>,
}

struct Top {
    state: State,
    value: f64,
    iterations: u32,
    converged: bool,
}

/// One study at a state: risks, weights, share c = I_gb / I_gg.
struct Study {
    p: [f64; 2],
    w: [f64; 2],
    c: f64,
}

struct Terms {
    value: f64,
    schur: f64,
    studies: Vec<Study>,
}

fn terms(tables: &[Counts], state: &State) -> Terms {
    let (mut value, mut schur) = (0.0, 0.0);
    let mut studies = Vec::with_capacity(tables.len());
    for (t, level) in tables.iter().zip(&state.levels) {
        let eta = [level + 0.5 * state.effect, level - 0.5 * state.effect];
        let p = eta.map(logistic);
        let w = [
            t.n1() * p[0] * logistic(-eta[0]),
            t.n2() * p[1] * logistic(-eta[1]),
        ];
        let both = w[0] + w[1];
        value += t.a * eta[0] - t.n1() * ln_1p_exp(eta[0]) + t.c * eta[1] - t.n2() * ln_1p_exp(eta[1]);
        value += 0.5 * both.ln();
        schur += w[0] * w[1] / both;
        studies.push(Study {
            p,
            w,
            c: 0.5 * (w[0] - w[1]) / both,
        });
    }
    Terms {
        value: value + 0.5 * schur.ln(),
        schur,
        studies,
    }
}

const MOST_STEPS: u32 = 1_000;

/// Scoring steps with the information, halved until the penalised likelihood rises.
fn climb(tables: &[Counts], start: State, free: bool) -> Top {
    let mut state = start;
    let mut at = terms(tables, &state);
    let mut iterations = 1;
    let mut converged = false;
    while iterations < MOST_STEPS {
        let step = step(tables, &at, free);
        let size = step.levels.iter().fold(step.effect.abs(), |m, s| m.max(s.abs()));
        if size < 1e-12 {
            converged = true;
            break;
        }
        let mut part = (2.0 / size).min(1.0);
        let mut moved = false;
        while part > 1e-8 {
            let to = State {
                effect: state.effect + part * step.effect,
                levels: state
                    .levels
                    .iter()
                    .zip(&step.levels)
                    .map(|(g, s)| g + part * s)
                    .collect(),
            };
            let there = terms(tables, &to);
            iterations += 1;
            if there.value >= at.value {
                (state, at, moved) = (to, there, true);
                break;
            }
            part *= 0.5;
        }
        if !moved {
            // rounding: no step of this size can be told from none
            converged = size < 1e-6;
            break;
        }
    }
    Top {
        value: at.value,
        state,
        iterations,
        converged,
    }
}

fn step(tables: &[Counts], at: &Terms, free: bool) -> State {
    let mut score = 0.0;
    let mut levels = Vec::with_capacity(tables.len());
    for (t, s) in tables.iter().zip(&at.studies) {
        let both = s.w[0] + s.w[1];
        let leverage = |w: f64, side: f64| w * (1.0 / both + (side - s.c) * (side - s.c) / at.schur);
        let first = t.a - t.n1() * s.p[0] + leverage(s.w[0], 0.5) * (0.5 - s.p[0]);
        let second = t.c - t.n2() * s.p[1] + leverage(s.w[1], -0.5) * (0.5 - s.p[1]);
        score += 0.5 * (first - second) - s.c * (first + second);
        levels.push((first + second) / both);
    }
    let effect = if free { score / at.schur } else { 0.0 };
    for (level, s) in levels.iter_mut().zip(&at.studies) {
        *level -= s.c * effect;
    }
    State { effect, levels }
}
