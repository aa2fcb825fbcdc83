//! Eigenvalues behind the distribution of a generalised Q statistic.
//!
//! Q_a = y'P_a y is distributed as sum lambda_i chi2_1 with lambda the non-zero eigenvalues of
//! S^1/2 P_a S^1/2, S = V + t I.

use super::{Intercept, MatrixDesign, Projection};
use crate::pool::newton::decreasing_root;
use crate::pool::study_weights::Weighting;
use onset_math::linalg::{Matrix, symmetric_eigen};

/// Diagonal entries closer than this share are one pole.
const SAME_POLE: f64 = 1e-14;

impl Projection {
    /// The k - p eigenvalues with weights a at t, ascending.
    pub fn spectrum(&mut self, a: Weighting<'_>, t: f64) -> Vec<f64> {
        match self {
            Projection::Intercept(x) => secular(x, |v| a.of_variance(v), t),
            Projection::Matrix(x) => dense(x, a, t),
            Projection::KnownMean(x) => {
                let mut values: Vec<f64> = x.v().iter().map(|&v| a.of_variance(v) * (v + t)).collect();
                values.sort_by(f64::total_cmp);
                values
            }
        }
    }
}

/// Diagonal minus rank one: D - zz' with d = a s and z = a sqrt(s / sum a).
///
/// One eigenvalue is 0; each other one lies between neighbouring d and solves sum z^2/(d - x) = 1.
fn secular(x: &Intercept, a: impl Fn(f64) -> f64, t: f64) -> Vec<f64> {
    let sum: f64 = x.v().iter().map(|&v| a(v)).sum();
    let mut poles: Vec<(f64, f64)> = x
        .v()
        .iter()
        .map(|&v| (a(v) * (v + t), a(v) * a(v) * (v + t) / sum))
        .collect();
    poles.sort_by(|x, z| x.0.total_cmp(&z.0));
    poles
        .windows(2)
        .map(|pair| between(&poles, pair[0].0, pair[1].0))
        .collect()
}

/// The eigenvalue between two neighbouring poles, as an offset from the lower one.
fn between(poles: &[(f64, f64)], low: f64, high: f64) -> f64 {
    let gap = high - low;
    if gap <= SAME_POLE * high {
        return 0.5 * (low + high);
    }
    let root = decreasing_root(0.0, gap, 0.5 * gap, 0.0, |x| {
        let (mut value, mut slope) = (1.0, 0.0);
        for &(d, z2) in poles {
            let inverse = 1.0 / ((d - low) - x);
            value -= z2 * inverse;
            slope -= z2 * inverse * inverse;
        }
        // Newton on value x (gap - x), which has no poles at the ends
        let cut = x * (gap - x);
        let step = -value * cut / (slope * cut + value * (gap - 2.0 * x));
        (value, step)
    });
    low + root.x
}

/// The same by a dense eigenvalue decomposition.
fn dense(x: &mut MatrixDesign, a: Weighting<'_>, t: f64) -> Vec<f64> {
    let (k, p) = (x.k(), x.p());
    let weights = a.all(x.v()).into_owned();
    let roots: Vec<f64> = x.v().iter().map(|&v| (v + t).sqrt()).collect();
    // (X'AX)^-1 in the orthonormal basis, through the triangular solve of each row
    let rows = x.solved_rows(&weights);
    let z = x.z();
    let mut m = Matrix::zeros(k, k);
    for i in 0..k {
        for j in 0..k {
            let hat: f64 = (0..p).map(|c| z[i * p + c] * rows[j * p + c]).sum();
            let own = if i == j { weights[i] } else { 0.0 };
            m[(i, j)] = roots[i] * (own - weights[i] * weights[j] * hat) * roots[j];
        }
    }
    let Some(eigen) = symmetric_eigen(&m) else {
        return vec![f64::NAN; k - p];
    };
    let mut values = eigen.values;
    values.sort_by(|x, z| x.abs().total_cmp(&z.abs()));
    let mut values = values.split_off(p.min(values.len()));
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::QWeights;

    #[test]
    fn the_secular_roots_keep_trace_and_square() {
        let (y, v) = ([0.1, 0.4, -0.2, 0.9, 0.3], [0.02, 0.3, 0.3, 1.5, 0.11]);
        let t = 0.07;
        let mut projection = Projection::Intercept(Intercept::new(&y, &v, None));
        let weights = Weighting::Rule(QWeights::InverseStandardError);
        let values = projection.spectrum(weights, t);
        let forms = projection.weighted(weights, t);
        let trace = forms.tr_pv + t * forms.tr_p;
        let square = forms.tr_psps;
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-12 * trace);
        assert!((values.iter().map(|x| x * x).sum::<f64>() - square).abs() < 1e-12 * square);
    }
}
