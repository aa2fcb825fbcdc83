//! Tests of coefficients and contrasts, predicted values, variance inflation.

use super::{Coefficient, Design, JointTest, RegressError, Regression};
use crate::pool::projection::MatrixDesign;
use crate::pool::{
    Estimate, Method, Options, Prediction, PredictionKind, StudyWeights, Test, check_weighted_prediction,
    half_quantile,
};
use onset_effects::Effects;
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::{chi_squared, fisher_f};

/// Covariance of the coefficients with what its df need.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Covariance {
    /// In the user's columns, row-major.
    matrix: Vec<f64>,
    p: usize,
    /// df of t and F; `None` for normal and chi-squared.
    df: Option<f64>,
    /// Kenward-Roger: Phi_A X'W^2X Phi_A in the user's columns, and the information of tau2.
    slope: Option<(Vec<f64>, f64)>,
}

/// A predicted mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predicted {
    /// Mean with its test and interval.
    pub mean: Estimate,
    /// Lower limit for the true effect of a new study.
    pub prediction_lower: f64,
    /// Upper limit.
    pub prediction_upper: f64,
}

impl Covariance {
    pub fn plain(matrix: Vec<f64>, p: usize, df: Option<f64>) -> Self {
        Covariance {
            matrix,
            p,
            df,
            slope: None,
        }
    }

    /// Kenward & Roger 1997, Biometrics 53:983; df with the adjusted covariance, as Partlett & Riley
    /// 2017 give them for one mean.
    pub fn kenward_roger(x: &mut MatrixDesign, t: f64) -> Self {
        let p = x.p();
        let (adjusted, m2, information) = x.kenward_roger(t);
        let slope = triple(&adjusted, &m2, p);
        Covariance {
            matrix: x.to_user(&adjusted),
            p,
            df: None,
            slope: Some((x.to_user(&slope), information)),
        }
    }

    /// One entry.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.matrix[i * self.p + j]
    }

    /// c' M c.
    fn form(&self, m: &[f64], c: &[f64]) -> f64 {
        let p = self.p;
        let row = |i: usize| (0..p).map(|j| m[i * p + j] * c[j]).sum::<f64>();
        (0..p).map(|i| c[i] * row(i)).sum()
    }

    /// Variance and df of a contrast.
    pub fn contrast(&self, c: &[f64]) -> (f64, Option<f64>) {
        let variance = self.form(&self.matrix, c);
        let df = match &self.slope {
            None => self.df,
            Some((slope, information)) => {
                let share = self.form(slope, c) / variance;
                Some(2.0 * information / (share * share))
            }
        };
        (variance, df)
    }

    pub fn coefficients(&self, names: &[String], beta: &[f64], level: f64) -> Vec<Coefficient> {
        let shared = (self.slope.is_none()).then(|| half_quantile(level, self.df));
        let mut c = vec![0.0; self.p];
        let mut out = Vec::with_capacity(self.p);
        for (i, (name, &beta)) in names.iter().zip(beta).enumerate() {
            c.fill(0.0);
            c[i] = 1.0;
            let (variance, df) = match self.slope {
                None => (self.matrix[i * self.p + i], self.df),
                Some(_) => self.contrast(&c),
            };
            let quantile = shared.unwrap_or_else(|| half_quantile(level, df));
            let estimate = Estimate::with_quantile(beta, variance.sqrt(), df, quantile);
            out.push(Coefficient {
                name: name.clone(),
                estimate,
            });
        }
        out
    }

    /// L M L' for contrasts in rows.
    fn cross(&self, m: &[f64], rows: &[Vec<f64>]) -> Matrix {
        let p = self.p;
        let q = rows.len();
        let mut out = Matrix::zeros(q, q);
        for a in 0..q {
            for b in 0..q {
                let mut sum = 0.0;
                for i in 0..p {
                    for j in 0..p {
                        sum += rows[a][i] * m[i * p + j] * rows[b][j];
                    }
                }
                out[(a, b)] = sum;
            }
        }
        out
    }

    /// Wald, F or Kenward-Roger test of L b = 0; `None` when L M L' is singular.
    pub fn joint(&self, rows: &[Vec<f64>], beta: &[f64]) -> Option<JointTest> {
        let q = rows.len() as f64;
        let values: Vec<f64> = rows
            .iter()
            .map(|r| r.iter().zip(beta).map(|(c, b)| c * b).sum())
            .collect();
        let cross = self.cross(&self.matrix, rows);
        let factor = Cholesky::new(&cross)?;
        let solved = factor.solve_vec(&values);
        let wald: f64 = values.iter().zip(&solved).map(|(a, b)| a * b).sum();
        match (&self.slope, self.df) {
            (None, None) => Some(JointTest {
                value: wald,
                df1: q,
                df2: None,
                p: chi_squared::sf(wald, q),
            }),
            (None, Some(df)) => Some(f_test(wald / q, q, df)),
            (Some((slope, information)), _) => {
                let ratio = factor.solve(&self.cross(slope, rows));
                let (scale, df) = kenward_roger_df(&ratio, *information);
                Some(f_test(scale * wald / q, q, df))
            }
        }
    }
}

fn f_test(value: f64, df1: f64, df2: f64) -> JointTest {
    JointTest {
        value,
        df1,
        df2: Some(df2),
        p: fisher_f::sf(value, df1, df2),
    }
}

/// Scale and denominator df of the F test; `u` = (L M L')^-1 L S L', whose trace and square carry
/// A1 and A2 of Kenward & Roger 1997, section 3.
fn kenward_roger_df(u: &Matrix, information: f64) -> (f64, f64) {
    let q = u.rows();
    let (mut trace, mut square) = (0.0, 0.0);
    for i in 0..q {
        trace += u[(i, i)];
        for j in 0..q {
            square += u[(i, j)] * u[(j, i)];
        }
    }
    let l = q as f64;
    let (a1, a2) = (trace * trace / information, square / information);
    if q == 1 {
        return (1.0, 2.0 / a2);
    }
    let b = (a1 + 6.0 * a2) / (2.0 * l);
    let g = ((l + 1.0) * a1 - (l + 4.0) * a2) / ((l + 2.0) * a2);
    let d = 3.0 * l + 2.0 * (1.0 - g);
    let (c1, c2, c3) = (g / d, (l - g) / d, (l + 2.0 - g) / d);
    let mean = 1.0 / (1.0 - a2 / l);
    let variance = 2.0 / l * (1.0 + c1 * b) / ((1.0 - c2 * b).powi(2) * (1.0 - c3 * b));
    let rho = variance / (2.0 * mean * mean);
    let df = 4.0 + (l + 2.0) / (l * rho - 1.0);
    (df / (mean * (df - 2.0)), df)
}

/// A M A.
fn triple(a: &[f64], m: &[f64], p: usize) -> Vec<f64> {
    let product = |x: &[f64], y: &[f64]| -> Vec<f64> {
        let cell = |i: usize, j: usize| (0..p).map(|c| x[i * p + c] * y[c * p + j]).sum();
        (0..p)
            .flat_map(|i| (0..p).map(move |j| (i, j)))
            .map(|(i, j)| cell(i, j))
            .collect()
    };
    product(&product(a, m), a)
}

/// The mean at every row of the design, with a prediction interval of this kind.
///
/// # Formula
/// x'b +- quantile x sqrt(se^2 + tau2). As for one mean, with p coefficients in the place of one: the standard
/// error is Wald's (HTS, V, S), Hartung-Knapp's (HK, HK-PR; floored when `options.test` is `Adhoc`) or
/// Kenward-Roger's (KR, KR-PR); df k - p (V, HK), k - p - 1 (HTS, HK-PR), those of the row (KR), one less
/// (KR-PR), or a normal quantile (S).
/// # Returns
/// Means under `options.test` (or the guards), in the order of the rows; no interval where its df do not exist, for
/// the bootstrap, and without tau2 (common effect).
/// # Errors
/// Those of [`regress`](super::regress), or of [`regress_weighted`](super::regress_weighted) with `weights`;
/// `NotWithWeights` for KR and KR-PR with them.
/// # Source
/// Higgins, Thompson & Spiegelhalter 2009, J R Stat Soc A 172:137; Partlett & Riley 2017, Stat Med 36:301.
pub fn predictions(
    effects: &Effects,
    design: &Design,
    weights: Option<&StudyWeights>,
    options: &Options,
    kind: PredictionKind,
) -> Result<Vec<(Estimate, Option<Prediction>)>, RegressError> {
    let options = Options {
        tau2_interval: None,
        ..*options
    };
    if weights.is_some() {
        check_weighted_prediction(kind)?;
    }
    let refit = |options: &Options| match weights {
        None => super::regress(effects, design, options),
        Some(weights) => super::regress_weighted(effects, design, weights, options),
    };
    let fit = refit(&options)?.value;
    let test = match kind {
        PredictionKind::Hts | PredictionKind::V | PredictionKind::S | PredictionKind::Nnf => Test::Z,
        PredictionKind::Hk | PredictionKind::HkPr if fit.test == Test::Adhoc => Test::Adhoc,
        PredictionKind::Hk | PredictionKind::HkPr => Test::Knha,
        PredictionKind::Kr | PredictionKind::KrPr => Test::Kr,
    };
    let spread = refit(&options.with_test(test))?.value;
    let residual = fit.k as f64 - fit.p as f64;
    let interval = |row: &[f64]| -> Option<Prediction> {
        if fit.method == Method::Common || kind == PredictionKind::Nnf {
            return None;
        }
        let mean = spread.contrast(row).ok()?;
        let df = match kind {
            PredictionKind::S | PredictionKind::Nnf => None,
            PredictionKind::V | PredictionKind::Hk => Some(residual),
            PredictionKind::Hts | PredictionKind::HkPr => Some(residual - 1.0),
            PredictionKind::Kr => mean.df,
            PredictionKind::KrPr => mean.df.map(|df| df - 1.0),
        };
        if df.is_some_and(|df| df.is_nan() || df <= 0.0) {
            return None;
        }
        let half = half_quantile(fit.level, df) * mean.standard_error.hypot(fit.tau2.value.sqrt());
        Some(Prediction {
            kind,
            lower: mean.estimate - half,
            upper: mean.estimate + half,
            df,
        })
    };
    (0..design.k())
        .map(|i| Ok((fit.contrast(design.row(i))?, interval(design.row(i)))))
        .collect()
}

impl Regression {
    fn beta(&self) -> Vec<f64> {
        self.coefficients.iter().map(|c| c.estimate.estimate).collect()
    }

    fn check(&self, row: &[f64]) -> Result<(), RegressError> {
        if row.len() == self.p {
            return Ok(());
        }
        Err(RegressError::BadContrast {
            found: row.len(),
            needed: self.p,
        })
    }

    /// All coefficients but the intercept.
    pub(super) fn moderator_test(&self) -> Option<JointTest> {
        let first = usize::from(self.has_intercept);
        if first >= self.p {
            return None;
        }
        let unit = |i: usize| (0..self.p).map(|j| f64::from(u8::from(i == j))).collect();
        let rows: Vec<Vec<f64>> = (first..self.p).map(unit).collect();
        self.covariance.joint(&rows, &self.beta())
    }

    /// One contrast c'b with its test and interval.
    ///
    /// # Errors
    /// `BadContrast`.
    pub fn contrast(&self, c: &[f64]) -> Result<Estimate, RegressError> {
        self.check(c)?;
        let value = c.iter().zip(self.beta()).map(|(c, b)| c * b).sum();
        let (variance, df) = self.covariance.contrast(c);
        Ok(Estimate::new(value, variance.sqrt(), df, self.level))
    }

    /// Joint Wald test of several contrasts; `None` when they are not independent.
    ///
    /// # Errors
    /// `BadContrast`.
    pub fn joint_test(&self, contrasts: &[Vec<f64>]) -> Result<Option<JointTest>, RegressError> {
        for c in contrasts {
            self.check(c)?;
        }
        if contrasts.is_empty() {
            return Ok(None);
        }
        Ok(self.covariance.joint(contrasts, &self.beta()))
    }

    /// The mean at a row of the design, with the interval for the true effect of a new study there.
    ///
    /// # Errors
    /// `BadContrast`.
    pub fn predict(&self, row: &[f64]) -> Result<Predicted, RegressError> {
        let mean = self.contrast(row)?;
        let quantile = half_quantile(self.level, mean.df);
        let spread = (mean.standard_error * mean.standard_error + self.tau2.value).sqrt();
        Ok(Predicted {
            mean,
            prediction_lower: mean.estimate - quantile * spread,
            prediction_upper: mean.estimate + quantile * spread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two refits of one model differ by rounding only.
    const ROUNDING: f64 = 1e-12;

    #[test]
    fn predictions_differ_in_standard_error_and_df_alone() {
        let y = vec![0.1, 0.5, 0.4, 1.4, 0.2, 1.1, 0.9];
        let v = vec![0.05, 0.02, 0.08, 0.03, 0.04, 0.06, 0.05];
        let labels = (1..=7).map(|i| i.to_string()).collect();
        let effects = Effects::new(y, v, labels).unwrap();
        let dose = [1.0, 2.0, 3.0, 4.0, 1.5, 3.5, 2.5];
        let design = Design::numeric(&[("dose", &dose)]).unwrap();
        let options = Options::default().with_test(Test::T);
        let fit = super::super::regress(&effects, &design, &options).unwrap().value;
        let of = |kind, test| predictions(&effects, &design, None, &options.with_test(test), kind).unwrap();
        let theirs = fit.predict(design.row(3)).unwrap();
        let (mean, found) = of(PredictionKind::V, Test::T)[3];
        let found = found.unwrap();
        assert_eq!((mean, found.df), (theirs.mean, Some(5.0)));
        assert!((found.upper - theirs.prediction_upper).abs() < ROUNDING);
        // half-widths: S and HTS share the standard error with V
        let half = |kind| {
            let p = of(kind, Test::T)[3].1.unwrap();
            0.5 * (p.upper - p.lower)
        };
        let by = |df| half_quantile(0.95, df);
        assert!(
            (half(PredictionKind::S) / by(None) - half(PredictionKind::V) / by(Some(5.0))).abs() < ROUNDING
        );
        assert!(
            (half(PredictionKind::Hts) / by(Some(4.0)) - half(PredictionKind::S) / by(None)).abs() < ROUNDING
        );
        assert!(
            (half(PredictionKind::HkPr) / by(Some(4.0)) - half(PredictionKind::Hk) / by(Some(5.0))).abs()
                < ROUNDING
        );
        assert!(half(PredictionKind::KrPr) > half(PredictionKind::Kr));
        assert!(of(PredictionKind::Nnf, Test::T)[3].1.is_none());
    }
}
