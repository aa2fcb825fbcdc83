//! Prediction interval by parametric bootstrap from the confidence distribution of tau2.

use super::prediction::{Prediction, PredictionKind};
use super::projection::{Intercept, Projection};
use super::tau2::{QWeights, generalised_q_probability};
use super::{PoolError, check_level};
use onset_effects::Effects;
use onset_math::normal;
use onset_math::random::Stream;

/// Draws of [`bootstrap_prediction`] when [`pool`](super::pool) calls it.
pub const BOOTSTRAP_DRAWS: usize = 25_000;

/// Nodes of the table of the confidence distribution: interpolated, tau2 is good to about 1e-5, far below the
/// error of the draws.
const NODES: usize = 128;
/// The table ends where this much probability is left.
const TAIL: f64 = 1e-7;

/// Prediction interval of Nagashima, Noma & Furukawa.
///
/// # Formula
/// H(t) = P(Q > q | tau2 = t), q the observed Cochran's Q, is a confidence distribution of tau2 with an atom at 0.
/// Each draw takes t from H, z from the standard normal and u from t with k - 1 df, and gives
/// m(t) + z sqrt(t) - u s(t), where m(t) is the mean with weights w = 1/(v + t) and
/// s(t)^2 = sum w (y - m)^2 / ((k - 1) sum w). The limits are the (1 -+ level)/2 quantiles of the draws.
/// # Inputs
/// `effects`: k >= 3. `draws`: at least 100. `seed`: of the ChaCha8 stream; the same seed gives the same interval.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `TooFewDraws`; `NotFinite` where the distribution of Q cannot be computed.
/// # Source
/// Nagashima, Noma & Furukawa 2019, Stat Methods Med Res 28:1689, algorithm 1.
pub fn bootstrap_prediction(
    effects: &Effects,
    level: f64,
    draws: usize,
    seed: u64,
) -> Result<Prediction, PoolError> {
    check_level(level)?;
    let k = effects.k();
    if k < 3 {
        return Err(PoolError::TooFewStudies { found: k, needed: 3 });
    }
    if draws < 100 {
        return Err(PoolError::TooFewDraws { found: draws });
    }
    let table = Table::new(effects).ok_or(PoolError::NotFinite {
        quantity: "the distribution of Q",
    })?;
    let (y, v) = (effects.y(), effects.v());
    let df = k as f64 - 1.0;
    let mut stream = Stream::new(seed, 0);
    let mut values = Vec::with_capacity(draws);
    for _ in 0..draws {
        let t = table.tau2(stream.uniform());
        let (mut sum, mut first) = (0.0, 0.0);
        for (y, v) in y.iter().zip(v) {
            let w = 1.0 / (v + t);
            sum += w;
            first += w * y;
        }
        let mean = first / sum;
        let spread: f64 = y
            .iter()
            .zip(v)
            .map(|(y, v)| (y - mean) * (y - mean) / (v + t))
            .sum();
        let z = stream.normal();
        let u = stream.student_t(df);
        values.push(mean + z * t.sqrt() - u * (spread / (df * sum)).sqrt());
    }
    values.sort_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - level);
    Ok(Prediction {
        kind: PredictionKind::Nnf,
        lower: sorted_quantile(&values, tail),
        upper: sorted_quantile(&values, 1.0 - tail),
        df: None,
    })
}

/// Linear between order statistics: the p quantile stands at position (n - 1) p.
fn sorted_quantile(values: &[f64], p: f64) -> f64 {
    let at = p * (values.len() as f64 - 1.0);
    let below = at.floor();
    let low = values.get(below as usize).copied().unwrap_or(f64::NAN);
    let high = values.get(below as usize + 1).copied().unwrap_or(low);
    low + (at - below) * (high - low)
}

/// The inverse of H: normal scores of H against asinh(tau2/unit), with a monotone cubic through the nodes.
struct Table {
    unit: f64,
    score: Vec<f64>,
    place: Vec<f64>,
    slope: Vec<f64>,
}

impl Table {
    fn new(effects: &Effects) -> Option<Self> {
        let mut projection = Projection::Intercept(Intercept::new(effects.y(), effects.v(), None));
        let weights = QWeights::InverseVariance.into();
        let q = projection.weighted(weights, 0.0).q;
        let unit = projection.v_min();
        let mut above = |t: f64| 1.0 - generalised_q_probability(&mut projection, weights, q, t);
        let mut end = 1.0_f64;
        while above(unit * end.sinh()) < 1.0 - TAIL {
            end += 0.5;
            if end > 60.0 {
                break;
            }
        }
        let (mut score, mut place) = (Vec::with_capacity(NODES), Vec::with_capacity(NODES));
        for i in 0..NODES {
            let s = end * i as f64 / (NODES as f64 - 1.0);
            let z = normal::quantile(above(unit * s.sinh()).clamp(1e-300, 1.0 - 1e-15));
            if !z.is_finite() {
                return None;
            }
            // rounding in a flat stretch
            if score.last().is_none_or(|last| z > last + 1e-9) {
                score.push(z);
                place.push(s);
            }
        }
        let slope = monotone(&score, &place);
        Some(Table {
            unit,
            score,
            place,
            slope,
        })
    }

    /// tau2 with probability `p` at or below it; 0 within the atom.
    fn tau2(&self, p: f64) -> f64 {
        let z = normal::quantile(p);
        let after = self.score.partition_point(|s| *s <= z);
        if after == 0 {
            return 0.0;
        }
        let i = after - 1;
        let Some(next) = self.score.get(after) else {
            return self.unit * self.place.last().map_or(0.0, |s| s.sinh());
        };
        let h = next - self.score[i];
        let x = (z - self.score[i]) / h;
        let (a, b) = (self.place[i], self.place[after]);
        let (da, db) = (h * self.slope[i], h * self.slope[after]);
        let rest = 1.0 - x;
        let s =
            a * rest * rest * (1.0 + 2.0 * x) + b * x * x * (3.0 - 2.0 * x) + x * rest * (da * rest - db * x);
        self.unit * s.sinh()
    }
}

/// Slopes that keep a cubic monotone. Source: Fritsch & Carlson 1980, SIAM J Numer Anal 17:238.
fn monotone(x: &[f64], y: &[f64]) -> Vec<f64> {
    let n = x.len();
    if n < 2 {
        return vec![0.0; n];
    }
    let secant: Vec<f64> = (1..n).map(|i| (y[i] - y[i - 1]) / (x[i] - x[i - 1])).collect();
    let mut slope = Vec::with_capacity(n);
    for i in 0..n {
        let left = secant[i.saturating_sub(1)];
        let right = secant[i.min(n - 2)];
        // harmonic mean: never above three times either
        slope.push(2.0 * left * right / (left + right).max(1e-300));
    }
    slope
}
