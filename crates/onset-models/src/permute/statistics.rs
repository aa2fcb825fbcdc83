//! The statistics of one arrangement, and whether they reach the observed ones.

use super::Hits;
use crate::pool::projection::{MatrixDesign, Projection, WeightedFit};
use crate::pool::tau2::solve;
use crate::pool::{Method, Options, PoolError, Test};

/// Statistics closer than this share are equal: tau2 is iterated to about 1e-12.
const TIE: f64 = 1e-8;

/// |b|/se of every coefficient and the joint statistic of those after the intercept.
#[derive(Debug, Clone, Default)]
pub(super) struct Statistics {
    pub each: Vec<f64>,
    pub joint: f64,
    fit: WeightedFit,
    work: Work,
}

/// Scratch of the joint statistic and of the fit.
#[derive(Debug, Clone, Default)]
struct Work {
    inner: Vec<f64>,
    b: Vec<f64>,
}

impl Statistics {
    pub fn new(p: usize) -> Self {
        Statistics {
            each: vec![0.0; p],
            joint: 0.0,
            fit: WeightedFit {
                beta: vec![0.0; p],
                covariance: vec![0.0; p * p],
            },
            work: Work {
                inner: vec![0.0; p * p],
                b: vec![0.0; p],
            },
        }
    }

    /// Fits the arrangement that `projection` holds.
    pub fn fit(
        &mut self,
        projection: &mut Projection,
        options: &Options,
        first: usize,
    ) -> Result<(), PoolError> {
        let t = match options.method {
            Method::Common => 0.0,
            Method::Random(method) => solve(projection, method, options.weights)?.value,
        };
        let df = projection.df();
        let Projection::Matrix(x) = projection else {
            return Err(PoolError::NotFinite {
                quantity: "a permuted statistic",
            });
        };
        let residual = self.coefficients(x, options, t);
        let scale = match options.test {
            Some(Test::Knha) => residual / df,
            Some(Test::Adhoc) => (residual / df).max(1.0),
            _ => 1.0,
        };
        let p = self.each.len();
        for j in 0..p {
            self.each[j] = ratio(self.fit.beta[j], (scale * self.fit.covariance[j * p + j]).sqrt())?;
        }
        self.joint = match p - first {
            0 => 0.0,
            1 => self.each[first] * self.each[first],
            _ => self.wald(first, scale)?,
        };
        Ok(())
    }

    /// Coefficients and covariance at t; returns y'Py.
    fn coefficients(&mut self, x: &mut MatrixDesign, options: &Options, t: f64) -> f64 {
        match options.fixed_weights(None) {
            Some(a) => {
                self.fit = x.fit_weighted(a, t);
                x.forms(t).q
            }
            None => x.fit_into(t, &mut self.fit),
        }
    }

    /// b'C^-1 b over the coefficients from `first` on.
    fn wald(&mut self, first: usize, scale: f64) -> Result<f64, PoolError> {
        let p = self.each.len();
        let q = p - first;
        let Work { inner, b } = &mut self.work;
        for i in 0..q {
            b[i] = self.fit.beta[first + i];
            for j in 0..q {
                inner[i * q + j] = scale * self.fit.covariance[(first + i) * p + first + j];
            }
        }
        let square = crate::pool::projection::inverse_form(&mut inner[..q * q], &mut b[..q]);
        if square.is_nan() {
            return if scale == 0.0 {
                Ok(f64::INFINITY)
            } else {
                Err(PoolError::NotFinite {
                    quantity: "a permuted statistic",
                })
            };
        }
        Ok(square)
    }

    /// Counts what reaches the observed statistics.
    pub fn count(&self, observed: &Statistics, first: usize, hits: &mut Hits) {
        let reaches = |found: f64, seen: f64| found >= seen - TIE * seen;
        let largest = self.each[first..].iter().copied().fold(0.0, f64::max);
        for (j, (found, seen)) in self.each.iter().zip(&observed.each).enumerate() {
            hits.each[j] += u64::from(reaches(*found, *seen));
            hits.largest[j] += u64::from(reaches(largest, *seen));
        }
        hits.joint += u64::from(reaches(self.joint, observed.joint));
    }
}

/// |b|/se; an estimate of exactly 0 has nothing against it, any other without spread everything.
pub(super) fn ratio(b: f64, se: f64) -> Result<f64, PoolError> {
    let found = if b == 0.0 { 0.0 } else { (b / se).abs() };
    if found.is_nan() {
        return Err(PoolError::NotFinite {
            quantity: "a permuted statistic",
        });
    }
    Ok(found)
}
