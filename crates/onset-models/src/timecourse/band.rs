//! Simultaneous bands without simulation: the length of a curve on a sphere.

use super::curve::{Curve, critical};
use super::form::MAX_COLUMNS;
use onset_math::linalg::Cholesky;
use onset_math::{normal, student_t};

/// Points along the curve on which its length is measured.
const GRID: u32 = 400;

/// Critical value of a simultaneous band of `level` for the curve over `[from, to]`.
///
/// # Formula
/// The curve `D(t)` over its standard error moves along a path on a sphere, of length k0. The chance that it leaves
/// +-c anywhere is at most `(k0/pi) exp(-c^2/2) + 2 (1 - Phi(c))`; with an estimated dispersion on df degrees of
/// freedom `(k0/pi) (1 + c^2/df)^(-df/2) + 2 (1 - T_df(c))`. c solves it for 1 - level. With random effects df is the
/// smallest along the curve.
///
/// # Source
/// Naiman 1986, Ann Statist 14:896 (the bound); Sun & Loader 1994, Ann Statist 22:1328, eq. 1.3 and 3.3.
pub fn simultaneous_critical(curve: &Curve, from: f64, to: f64, level: f64) -> f64 {
    let (k0, df) = path(curve, from, to);
    let chance = |c: f64| match df {
        None => k0 / std::f64::consts::PI * (-0.5 * c * c).exp() + 2.0 * normal::sf(c),
        Some(df) => {
            k0 / std::f64::consts::PI * (-0.5 * df * (c * c / df).ln_1p()).exp() + 2.0 * student_t::sf(c, df)
        }
    };
    let pointwise = critical(df, level);
    onset_math::root::expand_upper(
        |c| 1.0 - level - chance(c),
        pointwise,
        pointwise * 2.0,
        pointwise * 1e6,
    )
    .and_then(|hi| onset_math::root::brent(|c| 1.0 - level - chance(c), pointwise, hi, 0.0))
    .map_or(pointwise, |root| root.x)
}

/// Length of the path of `L' g(t) / |L' g(t)|` with covariance `L L'`, and the smallest degrees of freedom on it.
fn path(curve: &Curve, from: f64, to: f64) -> (f64, Option<f64>) {
    let p = curve.parameters().len();
    let used: Vec<usize> = (0..p).filter(|&i| curve.covariance()[(i, i)] > 0.0).collect();
    let Some(cholesky) = Cholesky::new(&curve.covariance().select(&used, &used)) else {
        return (0.0, curve.at(to).df);
    };
    let lower = cholesky.lower();
    let mut gradient = [0.0; MAX_COLUMNS + 4];
    let (lo, hi) = (from.max(to * 1e-9).ln(), to.ln());
    let mut before: Option<Vec<f64>> = None;
    let mut length = 0.0;
    let mut least: Option<f64> = None;
    for i in 0..=GRID {
        let t = (lo + (hi - lo) * f64::from(i) / f64::from(GRID)).exp();
        curve.gradient(t, &mut gradient[..p]);
        if let Some(df) = curve.df_of(&gradient[..p]) {
            least = Some(least.map_or(df, |least| least.min(df)));
        }
        let mut x: Vec<f64> = (0..used.len())
            .map(|j| (j..used.len()).map(|k| lower[(k, j)] * gradient[used[k]]).sum())
            .collect();
        let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 0.0 {
            x.iter_mut().for_each(|v| *v /= norm);
            if let Some(last) = &before {
                // Chord to arc; accurate for short chords, where arccos is not.
                let chord = last
                    .iter()
                    .zip(&x)
                    .map(|(a, b)| (a - b).powi(2))
                    .sum::<f64>()
                    .sqrt();
                length += 2.0 * (0.5 * chord).min(1.0).asin();
            }
            before = Some(x);
        }
    }
    (length, least)
}
