//! Meta-regression with a prior on tau, on the same grid.

use super::{BayesError, LinearPosterior, MuPrior, Rows, Shrunken, Summary, TauPrior, check, check_asked};
use crate::pool::projection::MatrixDesign;
use crate::regress::{Design, name_collinear};
use onset_effects::Effects;
use serde::Serialize;

/// Options of [`bayes_regress`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `tau_prior` | - | see [`TauPrior`] | prior on the residual tau |
/// | `priors` | none | one a coefficient, or none | prior on each coefficient, in y per unit of its column; none: all flat |
/// | `level` | 0.95 | (0, 1) | level of the intervals |
/// | `threshold` | 0 | finite | the side beyond it, away from 0, is counted; above 0 for 0 |
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionOptions {
    /// Prior on tau.
    pub tau_prior: TauPrior,
    /// Prior on each coefficient, in the order of the design; empty where all are flat.
    pub priors: Vec<MuPrior>,
    /// Level of the intervals.
    pub level: f64,
    /// Threshold of `prob_beyond`.
    pub threshold: f64,
}

impl RegressionOptions {
    /// Flat coefficients, 95 % intervals, threshold 0.
    pub fn new(tau_prior: TauPrior) -> Self {
        RegressionOptions {
            tau_prior,
            priors: Vec::new(),
            level: 0.95,
            threshold: 0.0,
        }
    }
}

/// What is expected at the moderators of one study.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PredictedMean {
    /// Mean effect there.
    pub mean: Summary,
    /// True effect of a new study there.
    pub new_study: Summary,
    /// P(mean beyond the threshold).
    pub prob_beyond: f64,
    /// P(true effect of a new study beyond the threshold).
    pub prob_beyond_predictive: f64,
}

/// Posterior of a meta-regression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BayesRegression {
    /// Studies.
    pub k: usize,
    /// Names, in the order of the design.
    pub names: Vec<String>,
    /// Coefficients.
    pub coefficients: Vec<Summary>,
    /// P(coefficient > 0).
    pub prob_positive: Vec<f64>,
    /// P(coefficient < 0).
    pub prob_negative: Vec<f64>,
    /// Residual between-study standard deviation.
    pub tau: Summary,
    /// At the moderators of each study, in their order.
    pub predicted: Vec<PredictedMean>,
    /// True effects of the studies, in their order.
    pub shrinkage: Vec<Shrunken>,
    /// Log marginal likelihood; `None` with an improper prior, where it is undefined.
    pub log_marginal: Option<f64>,
    /// Quadrature nodes used.
    pub nodes: usize,
}

/// Posterior of the coefficients and of the residual tau.
///
/// # Formula
/// y_i ~ N(x_i'beta, v_i + tau^2). Given tau, with W = diag(1/(v + tau2)) and S the diagonal of the prior precisions (0 where
/// flat), beta ~ N(m, A^-1), A = X'WX + S, m = A^-1 (X'Wy + S b0); p(tau|y) is proportional to
/// p(tau) prod w^1/2 |A|^-1/2 exp(-((y - Xm)'W(y - Xm) + (m - b0)'S(m - b0))/2). Integrated as in [`super::nnhm`], which it
/// equals with an intercept alone. X = ZR is orthonormalised once, so that units and offsets of moderators cost no digits.
/// # Inputs
/// `effects`: k >= p (k >= p + 2 with the improper flat prior on tau, p + 1 with Jeffreys'; p counts flat coefficients there,
/// at least one); `design`: k rows of full rank, whatever the priors.
/// # Errors
/// `NotIdentified` for k < p, `Design` naming moderators that are combinations of others, `WrongPriors`, and those of
/// [`super::nnhm`].
/// # When not to use
/// To find moderators among many: each flat coefficient is paid for in width, and none is shrunk.
/// # Source
/// Roever & Friede 2023, Stat Methods Med Res 32:1 (meta-regression by the same route).
pub fn bayes_regress(
    effects: &Effects,
    design: &Design,
    options: &RegressionOptions,
) -> Result<BayesRegression, BayesError> {
    let (k, p, level) = (effects.k(), design.p(), options.level);
    let priors = priors(options, p)?;
    let proper = |j: usize| priors.get(j).is_some_and(|prior| *prior != MuPrior::Flat);
    let flat = (0..p).filter(|&j| !proper(j)).count();
    for prior in &priors {
        check(k, flat, &options.tau_prior, prior)?;
    }
    check_asked(level, options.threshold)?;
    if k != design.k() || k < p || p == 0 {
        return Err(BayesError::NotIdentified { k, p });
    }
    let matrix = MatrixDesign::new(effects.y(), effects.v(), design.x(), p)
        .map_err(|collinear| name_collinear(design, collinear.0))?;
    let basis = Basis::new(&matrix, p);
    let rows = basis.rows(&matrix, effects, &priors);
    let posterior = LinearPosterior::new(&rows, &options.tau_prior, flat, level)?;
    let (mut coefficients, mut prob_positive, mut prob_negative) = (Vec::new(), Vec::new(), Vec::new());
    for j in 0..p {
        let (c, start) = basis.coefficient(j);
        let found = posterior.combination(&c, start, proper(j)).itself();
        coefficients.push(found.summary(level));
        prob_positive.push(found.above(0.0));
        prob_negative.push(found.below(0.0));
    }
    let (mut predicted, mut shrinkage) = (Vec::new(), Vec::new());
    for (i, (&y, &v)) in effects.y().iter().zip(effects.v()).enumerate() {
        let bounded = design
            .row(i)
            .iter()
            .enumerate()
            .all(|(j, x)| *x == 0.0 || proper(j));
        let rest = matrix.residual()[i];
        let there = posterior.combination(&basis.row(&matrix, i), y - rest, bounded);
        let (mean, new) = (there.itself(), there.new_study());
        predicted.push(PredictedMean {
            mean: mean.summary(level),
            new_study: new.summary(level),
            prob_beyond: mean.beyond(options.threshold),
            prob_beyond_predictive: new.beyond(options.threshold),
        });
        shrinkage.push(there.shrink(rest, v));
    }
    let finite = coefficients
        .iter()
        .all(|c| c.median.is_finite() && c.shortest.0.is_finite());
    if !(finite && posterior.tau.median.is_finite()) {
        return Err(BayesError::NotFinite);
    }
    Ok(BayesRegression {
        k,
        names: design.names().to_vec(),
        coefficients,
        prob_positive,
        prob_negative,
        tau: posterior.tau,
        predicted,
        shrinkage,
        log_marginal: (options.tau_prior.is_proper() && flat == 0).then_some(posterior.ln_integral),
        nodes: posterior.nodes(),
    })
}

/// One prior a coefficient.
fn priors(options: &RegressionOptions, p: usize) -> Result<Vec<MuPrior>, BayesError> {
    match options.priors.len() {
        0 => Ok(vec![MuPrior::Flat; p]),
        found if found == p => Ok(options.priors.clone()),
        found => Err(BayesError::WrongPriors { found, needed: p }),
    }
}

/// beta = start + R^-1 gamma: gamma are the coefficients of the orthonormal columns, away from the unweighted fit.
struct Basis {
    /// Rows of R^-1.
    inverse: Vec<Vec<f64>>,
    start: Vec<f64>,
}

impl Basis {
    fn new(matrix: &MatrixDesign, p: usize) -> Self {
        let mut inverse = vec![vec![0.0; p]; p];
        for j in 0..p {
            let mut unit = vec![0.0; p];
            unit[j] = 1.0;
            let column = matrix.coefficients(&unit);
            inverse.iter_mut().zip(column).for_each(|(row, x)| row[j] = x);
        }
        Basis {
            inverse,
            start: matrix.coefficients(matrix.unweighted()),
        }
    }

    fn coefficient(&self, j: usize) -> (Vec<(usize, f64)>, f64) {
        (
            self.inverse[j].iter().copied().enumerate().collect(),
            self.start[j],
        )
    }

    /// Row i of the orthonormal columns.
    fn row(&self, matrix: &MatrixDesign, i: usize) -> Vec<(usize, f64)> {
        let p = self.start.len();
        let row = &matrix.z()[i * p..(i + 1) * p];
        row.iter().copied().enumerate().collect()
    }

    fn rows(&self, matrix: &MatrixDesign, effects: &Effects, priors: &[MuPrior]) -> Rows {
        let mut rows = Rows::new(self.start.len());
        for (i, (&rest, &v)) in matrix.residual().iter().zip(effects.v()).enumerate() {
            rows.observe(rest, v, self.row(matrix, i));
        }
        for (j, prior) in priors.iter().enumerate() {
            if let MuPrior::Normal { mean, sd } = *prior {
                let (c, start) = self.coefficient(j);
                rows.suppose(mean - start, sd, c);
            }
        }
        // |X'WX| = |Z'WZ| |R|^2
        let ln_det = self.inverse.iter().enumerate().map(|(j, row)| row[j].abs().ln());
        rows.ln_constant = ln_det.sum();
        rows
    }
}
