//! One mean at its tau2, before tests and intervals.

use super::PoolError;
use super::options::{Method, Options, Test};
use super::projection::{Forms, Projection};
use super::result::{Estimate, Fit, QTest, Solution};
use super::study_weights::Weighting;
use super::tau2::{Tau2, Tau2Method, solve};
use onset_data::Diagnostic;
use onset_math::chi_squared;

/// The mean, its standard errors and the heterogeneity.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub estimate: f64,
    /// Standard error without any correction.
    pub wald_se: f64,
    /// Hartung-Knapp factor q = y'Py / (k - 1) with weights 1/(v + tau2), whatever those of the mean.
    pub scale: f64,
    pub tau2: Tau2,
    pub i2: f64,
    pub h2: f64,
    pub q: QTest,
    pub criteria: Fit,
    sum_w3: f64,
    forms: Forms,
}

/// Fits the mean for k >= 2, with the weights that are given or those of the method.
pub(crate) fn fit(
    projection: &mut Projection,
    given: Option<Weighting<'_>>,
    options: &Options,
) -> Result<Fitted, PoolError> {
    let df = projection.df();
    let tau2 = match options.method {
        Method::Common => Tau2 {
            value: 0.0,
            standard_error: None,
            raw: None,
            solution: Solution::ClosedForm,
        },
        Method::Random(method) => solve(projection, method, options.q_weights(given))?,
    };
    let t = tau2.value;
    let at_zero = projection.forms(0.0);
    let forms = if t == 0.0 { at_zero } else { projection.forms(t) };
    let (estimate, variance, excess, sum_w3) = mean(projection, options.fixed_weights(given), t);
    let (i2, h2) = heterogeneity(options.method, t, &at_zero, df);
    let restricted = options.method == Method::Random(Tau2Method::Reml);
    let mut loglik = projection.ln_likelihood(t, &forms, restricted);
    loglik -= 0.5 * excess;
    let parameters = if options.method == Method::Common {
        1.0
    } else {
        2.0
    };
    let n = if restricted { df } else { df + 1.0 };
    Ok(Fitted {
        estimate,
        wald_se: variance.sqrt(),
        scale: forms.q / df,
        tau2,
        i2,
        h2,
        q: QTest {
            value: at_zero.q,
            df,
            p: chi_squared::sf(at_zero.q, df),
        },
        criteria: Fit::new(loglik, parameters, n),
        sum_w3,
        forms,
    })
}

/// Mean, its variance, what weights other than 1/(v + t) add to y'Py, and sum w^3 of one mean.
pub(crate) fn mean(
    projection: &mut Projection,
    fixed: Option<Weighting<'_>>,
    t: f64,
) -> (f64, f64, f64, f64) {
    match (projection, fixed) {
        (Projection::Intercept(x), None) => {
            let (optimal, sum_w, sum_w3) = x.mean_and_sums(t);
            (optimal, 1.0 / sum_w, 0.0, sum_w3)
        }
        (Projection::Intercept(x), Some(a)) => {
            let (optimal, sum_w, sum_w3) = x.mean_and_sums(t);
            let (estimate, variance) = x.weighted_mean(|v| a.of_variance(v), t);
            let shift = estimate - optimal;
            (estimate, variance, sum_w * shift * shift, sum_w3)
        }
        (projection, fixed) => {
            let (fit, forms, residual) = crate::regress::estimate(projection, fixed, t);
            let first = |values: &[f64]| values.first().copied().unwrap_or(f64::NAN);
            let (estimate, variance) = (first(&fit.beta), first(&fit.covariance));
            (estimate, variance, residual - forms.q, f64::NAN)
        }
    }
}

/// I2 in percent and H2.
pub(crate) fn heterogeneity(method: Method, t: f64, at_zero: &Forms, df: f64) -> (f64, f64) {
    match method {
        Method::Common if at_zero.q > 0.0 => {
            ((100.0 * (at_zero.q - df) / at_zero.q).max(0.0), at_zero.q / df)
        }
        Method::Common => (0.0, 0.0),
        Method::Random(_) => {
            let typical = df / at_zero.tr_p;
            (100.0 * t / (t + typical), t / typical + 1.0)
        }
    }
}

impl Fitted {
    /// Hartung-Knapp standard error.
    pub fn knha_se(&self) -> f64 {
        self.wald_se * self.scale.sqrt()
    }

    /// Kenward-Roger standard error and df.
    ///
    /// With S_r = sum w^r, phi = 1/S1 and the expected information I = tr PP / 2 of tau2:
    /// se^2 = phi + 2 phi^2 (S3 - S2^2/S1) / I, df = 2 I / (S2 se^2)^2.
    /// Source: Kenward & Roger 1997, Biometrics 53:983; Partlett & Riley 2017, Stat Med 36:301.
    pub fn kenward_roger(&self) -> (f64, f64) {
        let f = &self.forms;
        let information = 0.5 * f.tr_pp;
        let phi = 1.0 / f.sum_w;
        let excess = (self.sum_w3 - f.sum_w2 * f.sum_w2 * phi).max(0.0);
        let variance = phi + 2.0 * phi * phi * excess / information;
        let slope = f.sum_w2 * variance;
        (variance.sqrt(), 2.0 * information / (slope * slope))
    }

    /// The mean under this test.
    pub fn test(&self, test: Test, level: f64) -> Estimate {
        let df = Some(self.q.df);
        let (se, df) = match test {
            Test::Z => (self.wald_se, None),
            Test::T => (self.wald_se, df),
            Test::Knha => (self.knha_se(), df),
            Test::Adhoc => (self.wald_se * self.scale.max(1.0).sqrt(), df),
            Test::Kr => {
                let (se, df) = self.kenward_roger();
                (se, Some(df))
            }
        };
        Estimate::new(self.estimate, se, df, level)
    }
}

/// What happened to tau2.
pub(crate) fn note_tau2(tau2: &Tau2, warnings: &mut Vec<Diagnostic>) {
    if let Some(raw) = tau2.raw {
        let text = format!("the moment estimate of tau2 is {raw:.6}, below 0: 0 is used");
        warnings.push(Diagnostic::note("tau2_truncated", text));
    }
    if let Solution::NotConverged { iterations } = tau2.solution {
        let text = format!("the estimate of tau2 did not converge in {iterations} evaluations");
        warnings.push(Diagnostic::warning("not_converged", text));
    }
}
