//! The projection when the mean is known: P = W.

use super::lanes::sum2;
use super::{Forms, LnDet, WeightedForms};

/// k effects around a given mean.
#[derive(Debug)]
pub(crate) struct KnownMean {
    d: Vec<f64>,
    v: Vec<f64>,
}

impl KnownMean {
    /// Effects as distances from `mean`.
    pub fn new(y: &[f64], v: &[f64], mean: f64) -> Self {
        KnownMean {
            d: y.iter().map(|y| y - mean).collect(),
            v: v.to_vec(),
        }
    }

    pub fn k(&self) -> usize {
        self.d.len()
    }

    pub fn v(&self) -> &[f64] {
        &self.v
    }

    pub fn rss(&self) -> f64 {
        self.d.iter().map(|d| d * d).sum()
    }

    pub fn forms(&self, t: f64) -> Forms {
        let [q, qq, qqq, sum_w, sum_w2] = sum2(&self.v, &self.d, |v, d| {
            let w = 1.0 / (v + t);
            let r = w * d;
            [r * d, r * r, w * r * r, w, w * w]
        });
        Forms {
            q,
            qq,
            qqq,
            tr_p: sum_w,
            tr_pp: sum_w2,
            sum_w,
            sum_w2,
            sum_w3: f64::NAN,
            offset: 0.0,
            ln_det: LnDet {
                product: 1.0,
                rest: 0.0,
            },
        }
    }

    pub fn weighted(&self, a: impl Fn(f64) -> f64, t: f64) -> WeightedForms {
        let [q, tr_p, tr_pv, tr_psps] = sum2(&self.v, &self.d, |v, d| {
            let (a, s) = (a(v), v + t);
            [a * d * d, a, a * v, a * a * s * s]
        });
        WeightedForms {
            q,
            tr_p,
            tr_pv,
            tr_psps,
        }
    }
}
