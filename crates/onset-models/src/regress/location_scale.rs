//! Location-scale models: moderators of the mean and of the between-study variance.

use super::{Coefficient, Covariance, Design, JointTest, RegressError, name_collinear};
use crate::pool::projection::MatrixDesign;
use crate::pool::tau2::estimate as estimate_tau2;
use crate::pool::{Estimate, Fit, Method, PoolError, QTest, Solution, Tau2Method, check_level};
use onset_data::{Diagnostic, Warned};
use onset_effects::Effects;
use onset_math::chi_squared;
use onset_math::linalg::{Cholesky, Matrix};
use std::f64::consts::PI;

/// Newton steps from one start.
const MAX_STEPS: u32 = 200;
/// The Newton decrement below which the maximum is reached to rounding.
const DECREMENT: f64 = 1e-22;
/// ln tau2 may fall this far below ln of the smallest sampling variance: tau2 is then 0 for all purposes.
const FLOOR: f64 = 30.0;
/// Starts: factors of the homogeneous tau2 (or of the smallest v where that is 0).
const STARTS: [f64; 4] = [1.0, 0.1, 0.01, 10.0];

/// A fitted location-scale model.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationScale {
    /// Number of studies.
    pub k: usize,
    /// ML or REML.
    pub method: Method,
    /// Confidence level.
    pub level: f64,
    /// Coefficients of the mean.
    pub location: Vec<Coefficient>,
    /// Coefficients of ln tau2; empty intervals are not given where the likelihood is flat.
    pub scale: Vec<Coefficient>,
    /// tau2 of each study.
    pub tau2: Vec<f64>,
    /// Residual heterogeneity at tau2 = 0.
    pub q: QTest,
    /// Test of the moderators of the mean.
    pub moderators: Option<JointTest>,
    /// Test of the moderators of ln tau2.
    pub scale_moderators: Option<JointTest>,
    /// Likelihood and criteria.
    pub fit: Fit,
    /// How the search ended.
    pub solution: Solution,
    /// Weights in percent.
    pub weights: Vec<f64>,
}

/// Fits y ~ N(X b, v + tau2), ln tau2 = Z a.
///
/// # Inputs
/// `location` and `scale`: k rows each. `method`: ML or REML. `df`: `Some` for t quantiles with k - p df,
/// `None` for normal ones.
/// # Returns
/// The highest maximum found from several starts; standard errors of a from the observed information.
/// # Errors
/// `NeedsLikelihood`, `Collinear`, `UnequalLengths`, `TooFewStudies`, `BadLevel`, `NotFinite`.
/// # Source
/// Viechtbauer & Lopez-Lopez 2022, Res Synth Methods 13:697.
pub fn location_scale(
    effects: &Effects,
    location: &Design,
    scale: &Design,
    method: Tau2Method,
    t_quantiles: bool,
    level: f64,
) -> Result<Warned<LocationScale>, RegressError> {
    check_level(level)?;
    let (k, p, q) = (effects.k(), location.p(), scale.p());
    let restricted = match method {
        Tau2Method::Ml => false,
        Tau2Method::Reml => true,
        other => return Err(RegressError::NeedsLikelihood { method: other.code() }),
    };
    for design in [location, scale] {
        if design.k() != k {
            return Err(RegressError::UnequalLengths {
                design: design.k(),
                effects: k,
            });
        }
    }
    if k <= p + q {
        return Err(PoolError::TooFewStudies {
            found: k,
            needed: p + q + 1,
        }
        .into());
    }
    let x = MatrixDesign::new(effects.y(), effects.v(), location.x(), p)
        .map_err(|c| name_collinear(location, c.0))?;
    let z = MatrixDesign::new(&vec![0.0; k], effects.v(), scale.x(), q)
        .map_err(|c| name_collinear(scale, c.0))?;
    let mut model = Model {
        x,
        z,
        v: effects.v().to_vec(),
        restricted,
        tau2: vec![0.0; k],
    };
    let start = estimate_tau2(effects, method).map(|t| t.value).unwrap_or(0.0);
    let found = model.search(start);
    let result = model.result(location, scale, &found, method, t_quantiles, level)?;
    let mut warnings = Vec::new();
    warn(&found, &mut warnings);
    Ok(Warned {
        value: result,
        warnings,
    })
}

fn warn(found: &Found, warnings: &mut Vec<Diagnostic>) {
    match found.solution {
        Solution::Boundary { .. } => warnings.push(Diagnostic::warning(
            "scale_boundary",
            "tau2 goes to 0 for some values of the scale moderators: their coefficients have no finite maximum",
        )),
        Solution::NotConverged { iterations } => warnings.push(Diagnostic::warning(
            "not_converged",
            format!("the location-scale model did not converge in {iterations} steps"),
        )),
        _ => {}
    }
}

/// The data, and the variances they are evaluated at.
struct Model {
    x: MatrixDesign,
    z: MatrixDesign,
    v: Vec<f64>,
    restricted: bool,
    tau2: Vec<f64>,
}

/// Likelihood and its derivatives in the orthonormal scale coefficients.
struct Point {
    ln: f64,
    gradient: Vec<f64>,
    observed: Matrix,
    expected: Matrix,
}

/// Where a search ended.
struct Found {
    alpha: Vec<f64>,
    ln: f64,
    solution: Solution,
}

impl Model {
    fn k(&self) -> usize {
        self.v.len()
    }

    /// Sets tau2 = exp(Z a); false when it overflows or falls through the floor.
    fn set(&mut self, alpha: &[f64]) -> bool {
        let q = self.z.p();
        let low = self.v.iter().copied().fold(f64::INFINITY, f64::min).ln() - FLOOR;
        let mut inside = true;
        for (row, tau2) in self.z.z().chunks_exact(q).zip(&mut self.tau2) {
            let eta: f64 = row.iter().zip(alpha).map(|(z, a)| z * a).sum();
            inside &= eta.is_finite() && eta >= low && eta < 600.0;
            *tau2 = eta.max(low).min(600.0).exp();
        }
        inside
    }

    /// The log-likelihood at the current tau2.
    fn ln_likelihood(&mut self) -> f64 {
        let variances: Vec<f64> = self.v.iter().zip(&self.tau2).map(|(v, t)| v + t).collect();
        self.x.set_variances(&variances);
        let forms = self.x.forms(0.0);
        let k = self.k() as f64;
        let ln: f64 = variances.iter().map(|u| u.ln()).sum();
        if self.restricted {
            let n = k - self.x.p() as f64;
            -0.5 * (n * (2.0 * PI).ln() + ln + forms.ln_det.get() + forms.q)
        } else {
            -0.5 * (k * (2.0 * PI).ln() + ln + forms.q)
        }
    }

    /// With r = Py: dl/dtau2_i = (r_i^2 - P_ii)/2, d2l/dtau2_i dtau2_j = -r_i P_ij r_j + P_ij^2/2,
    /// expected information P_ij^2/2; under ML W stands for P in the terms of the determinant.
    fn point(&mut self) -> Point {
        let ln = self.ln_likelihood();
        let (k, p, q) = (self.k(), self.x.p(), self.z.p());
        let w: Vec<f64> = self
            .v
            .iter()
            .zip(&self.tau2)
            .map(|(v, t)| 1.0 / (v + t))
            .collect();
        let rows = self.x.solved_rows(&w);
        let (basis, y) = (self.x.z(), self.x.residual());
        let mut b = vec![0.0; p];
        for ((row, &y), &w) in rows.chunks_exact(p).zip(y).zip(&w) {
            b.iter_mut().zip(row).for_each(|(b, z)| *b += w * z * y);
        }
        let fit = |i: usize| (0..p).map(|c| basis[i * p + c] * b[c]).sum::<f64>();
        let r: Vec<f64> = (0..k).map(|i| w[i] * (y[i] - fit(i))).collect();
        let hat = |i: usize, j: usize| (0..p).map(|c| basis[i * p + c] * rows[j * p + c]).sum::<f64>();
        let z = self.z.z();
        let mut gradient = vec![0.0; q];
        let (mut observed, mut expected) = (Matrix::zeros(q, q), Matrix::zeros(q, q));
        for i in 0..k {
            let own = w[i] - w[i] * w[i] * hat(i, i);
            let trace = if self.restricted { own } else { w[i] };
            let slope = 0.5 * (r[i] * r[i] - trace) * self.tau2[i];
            for a in 0..q {
                gradient[a] += slope * z[i * q + a];
                for c in 0..q {
                    // d2 tau2 / d alpha2 adds the gradient to the curvature
                    observed[(a, c)] -= slope * z[i * q + a] * z[i * q + c];
                }
            }
            for j in 0..k {
                let cross = if i == j { own } else { -w[i] * w[j] * hat(i, j) };
                let square = match (self.restricted, i == j) {
                    (true, _) => cross * cross,
                    (false, true) => w[i] * w[i],
                    (false, false) => 0.0,
                };
                let scale = self.tau2[i] * self.tau2[j];
                let curvature = (r[i] * cross * r[j] - 0.5 * square) * scale;
                for a in 0..q {
                    for c in 0..q {
                        let zz = z[i * q + a] * z[j * q + c];
                        observed[(a, c)] += curvature * zz;
                        expected[(a, c)] += 0.5 * square * scale * zz;
                    }
                }
            }
        }
        Point {
            ln,
            gradient,
            observed,
            expected,
        }
    }

    /// The best of the searches from all starts.
    fn search(&mut self, homogeneous: f64) -> Found {
        let smallest = self.v.iter().copied().fold(f64::INFINITY, f64::min);
        let base = if homogeneous > 0.0 { homogeneous } else { smallest };
        let k = self.k();
        let mut best: Option<Found> = None;
        for factor in STARTS {
            // Z a as close to a constant as the columns allow
            let q = self.z.p();
            let target = (base * factor).ln();
            let z = self.z.z();
            let alpha = (0..q)
                .map(|c| (0..k).map(|i| z[i * q + c] * target).sum())
                .collect();
            let found = self.climb(alpha);
            let better = best
                .as_ref()
                .is_none_or(|b| found.ln > b.ln + 1e-10 * b.ln.abs().max(1.0));
            if better && !found.ln.is_nan() {
                best = Some(found);
            }
        }
        best.unwrap_or(Found {
            alpha: vec![0.0; self.z.p()],
            ln: f64::NAN,
            solution: Solution::NotConverged { iterations: 0 },
        })
    }

    /// Newton where the curvature allows, Fisher scoring elsewhere, steps halved until they rise.
    fn climb(&mut self, mut alpha: Vec<f64>) -> Found {
        self.set(&alpha);
        let mut here = self.point();
        for iterations in 1..=MAX_STEPS {
            let newton = Cholesky::new(&here.observed).map(|c| c.solve_vec(&here.gradient));
            let fisher = || Cholesky::new(&here.expected).map(|c| c.solve_vec(&here.gradient));
            let Some(step) = newton.or_else(fisher) else {
                return Found {
                    alpha,
                    ln: here.ln,
                    solution: Solution::Boundary { iterations },
                };
            };
            let decrement: f64 = step.iter().zip(&here.gradient).map(|(s, g)| s * g).sum();
            if decrement.abs() <= DECREMENT * here.ln.abs().max(1.0) {
                return Found {
                    alpha,
                    ln: here.ln,
                    solution: Solution::Converged { iterations },
                };
            }
            let mut size = 1.0;
            let moved = loop {
                let next: Vec<f64> = alpha.iter().zip(&step).map(|(a, s)| a + size * s).collect();
                let inside = self.set(&next);
                let ln = self.ln_likelihood();
                if ln >= here.ln {
                    if !inside {
                        return Found {
                            alpha: next,
                            ln,
                            solution: Solution::Boundary { iterations },
                        };
                    }
                    break Some(next);
                }
                size *= 0.5;
                if size < 1e-12 {
                    break None;
                }
            };
            match moved {
                Some(next) => alpha = next,
                // no step rises: the maximum, to rounding
                None => {
                    let solution = Solution::iterated(decrement.abs() < 1e-10, iterations);
                    return Found {
                        alpha,
                        ln: here.ln,
                        solution,
                    };
                }
            }
            here = self.point();
        }
        Found {
            alpha,
            ln: here.ln,
            solution: Solution::NotConverged {
                iterations: MAX_STEPS,
            },
        }
    }

    fn result(
        &mut self,
        location: &Design,
        scale: &Design,
        found: &Found,
        method: Tau2Method,
        t_quantiles: bool,
        level: f64,
    ) -> Result<LocationScale, RegressError> {
        let (k, p, q) = (self.k(), self.x.p(), self.z.p());
        let free = (k - p) as f64;
        let df = t_quantiles.then_some(free);
        let v = self.v.clone();
        self.x.set_variances(&v);
        let at_zero = self.x.forms(0.0);
        self.set(&found.alpha);
        let curvature = self.point().observed;
        let fit = self.x.fit(0.0);
        let covariance = Covariance::plain(fit.covariance.clone(), p, df);
        let location_coefficients = covariance.coefficients(location.names(), &fit.beta, level);
        let (scale_coefficients, scale_moderators) = self.scale(scale, found, &curvature, df, level);
        let n = if self.restricted { free } else { k as f64 };
        let mut weights: Vec<f64> = self
            .v
            .iter()
            .zip(&self.tau2)
            .map(|(v, t)| 1.0 / (v + t))
            .collect();
        let percent = 100.0 / weights.iter().sum::<f64>();
        weights.iter_mut().for_each(|w| *w *= percent);
        let ok = found.ln.is_finite() && location_coefficients.iter().all(|c| c.estimate.p.is_finite());
        if !ok {
            return Err(PoolError::NotFinite {
                quantity: "the log-likelihood or a coefficient",
            }
            .into());
        }
        Ok(LocationScale {
            k,
            method: Method::Random(method),
            level,
            moderators: moderator_test(&covariance, location, &fit.beta),
            location: location_coefficients,
            scale: scale_coefficients,
            tau2: self.tau2.clone(),
            q: QTest {
                value: at_zero.q,
                df: free,
                p: chi_squared::sf(at_zero.q, free),
            },
            scale_moderators,
            fit: Fit::new(found.ln, (p + q) as f64, n),
            solution: found.solution,
            weights,
        })
    }

    /// Coefficients of ln tau2 in the user's columns; none where the likelihood is flat.
    fn scale(
        &self,
        scale: &Design,
        found: &Found,
        curvature: &Matrix,
        df: Option<f64>,
        level: f64,
    ) -> (Vec<Coefficient>, Option<JointTest>) {
        let q = self.z.p();
        let alpha = self.z.coefficients(&found.alpha);
        let flat = matches!(found.solution, Solution::Boundary { .. });
        match Cholesky::new(curvature).filter(|_| !flat) {
            Some(factor) => {
                let inverse: Vec<f64> = factor.inverse().as_slice().to_vec();
                let covariance = Covariance::plain(self.z.to_user(&inverse), q, df);
                let test = moderator_test(&covariance, scale, &alpha);
                (covariance.coefficients(scale.names(), &alpha, level), test)
            }
            None => {
                let bare = |estimate: f64| Estimate {
                    estimate,
                    standard_error: f64::INFINITY,
                    statistic: 0.0,
                    df,
                    p: 1.0,
                    ci_lower: f64::NEG_INFINITY,
                    ci_upper: f64::INFINITY,
                };
                let names = scale.names().iter().cloned();
                let coefficients = names.zip(&alpha).map(|(name, &a)| Coefficient {
                    name,
                    estimate: bare(a),
                });
                (coefficients.collect(), None)
            }
        }
    }
}

fn moderator_test(covariance: &Covariance, design: &Design, beta: &[f64]) -> Option<JointTest> {
    let (first, p) = (usize::from(design.has_intercept()), design.p());
    let unit = |i: usize| (0..p).map(|j| f64::from(u8::from(i == j))).collect();
    let rows: Vec<Vec<f64>> = (first..p).map(unit).collect();
    if rows.is_empty() {
        None
    } else {
        covariance.joint(&rows, beta)
    }
}
