//! P for one common mean.
//!
//! The most precise study stands first and is the origin of the effects: sums are then split into
//! its weight and the rest, which keeps every digit when one weight dwarfs the others.

use super::lanes::{Buffer, sum2};
use super::{Forms, LnDet, WeightedForms};

/// Up to this many effects one pass over them is precise enough.
const SMALL: usize = 64;

/// k >= 2 effects around one mean.
#[derive(Debug)]
pub(crate) struct Intercept {
    /// Effects minus the effect of the most precise study, which stands first.
    d: Buffer,
    /// Variances in the same order.
    v: Buffer,
    origin: f64,
    v_max: f64,
    rss: f64,
    /// Forms at 0, and at the last other t.
    zero: Option<Forms>,
    last: Option<(f64, Forms)>,
}

/// The weighted mean at one t, as an offset from the most precise study.
#[derive(Clone, Copy)]
struct Mean {
    offset: f64,
    w0: f64,
    rest: f64,
    rest2: f64,
    rest3: f64,
}

impl Intercept {
    /// Copies y and v; `skip` leaves one study out.
    pub fn new(y: &[f64], v: &[f64], skip: Option<usize>) -> Self {
        let k = y.len().min(v.len());
        let (mut first, mut v_max) = (None::<(usize, f64)>, 0.0f64);
        for (i, &v) in v[..k].iter().enumerate() {
            if Some(i) == skip {
                continue;
            }
            if first.is_none_or(|(_, least)| v < least) {
                first = Some((i, v));
            }
            v_max = if v > v_max { v } else { v_max };
        }
        let (first, v_first) = first.unwrap_or((0, f64::NAN));
        let origin = y.get(first).copied().unwrap_or(0.0);
        let skipped = skip.filter(|&skip| skip < k);
        let n = k - usize::from(skipped.is_some());
        let (mut d, mut vs) = (Buffer::new(n), Buffer::new(n));
        if let (Some((d, others_d)), Some((v0, others_v))) =
            (d.get_mut().split_first_mut(), vs.get_mut().split_first_mut())
        {
            (*d, *v0) = (0.0, v_first);
            // the runs between the studies that are left out
            let skip = skipped.unwrap_or(first);
            let runs = [
                0..first.min(skip),
                first.min(skip) + 1..first.max(skip),
                first.max(skip) + 1..k,
            ];
            let mut at = 0;
            for run in runs {
                let Some((y, v)) = y.get(run.clone()).zip(v.get(run)) else {
                    continue; // empty, between one study and itself
                };
                let end = at + y.len();
                for (d, y) in others_d[at..end].iter_mut().zip(y) {
                    *d = y - origin;
                }
                others_v[at..end].copy_from_slice(v);
                at = end;
            }
        }
        let [sum] = sum2(d.get(), d.get(), |d, _| [d]);
        let mean = sum / n as f64;
        let [rss] = sum2(d.get(), d.get(), |d, _| [(d - mean) * (d - mean)]);
        Intercept {
            d,
            v: vs,
            origin,
            v_max,
            rss,
            zero: None,
            last: None,
        }
    }

    pub fn k(&self) -> usize {
        self.d.get().len()
    }

    pub fn v(&self) -> &[f64] {
        self.v.get()
    }

    pub fn v_min(&self) -> f64 {
        self.v().first().copied().unwrap_or(f64::NAN)
    }

    pub fn v_max(&self) -> f64 {
        self.v_max
    }

    pub fn rss(&self) -> f64 {
        self.rss
    }

    fn split(&self) -> (f64, &[f64], &[f64]) {
        match (self.v.get().split_first(), self.d.get().split_first()) {
            (Some((&v0, v)), Some((_, d))) => (v0, v, d),
            _ => (f64::NAN, &[], &[]),
        }
    }

    #[inline(always)]
    fn mean_at(&self, t: f64) -> Mean {
        let (v0, v, d) = self.split();
        let [rest, rest2, rest3, shift] = sum2(v, d, |v, d| {
            let w = 1.0 / (v + t);
            let ww = w * w;
            [w, ww, ww * w, w * d]
        });
        let w0 = 1.0 / (v0 + t);
        Mean {
            offset: shift / (w0 + rest),
            w0,
            rest,
            rest2,
            rest3,
        }
    }

    /// The weighted mean and the sum of weights at t.
    pub fn mean(&self, t: f64) -> (f64, f64) {
        let mean = self.mean_at(t);
        (self.origin + mean.offset, mean.w0 + mean.rest)
    }

    /// The weighted mean and the sums of w and w^3 at t.
    pub fn mean_and_sums(&self, t: f64) -> (f64, f64, f64) {
        if let Some(f) = self.known(t) {
            return (self.origin + f.offset, f.sum_w, f.sum_w3);
        }
        let m = self.mean_at(t);
        let w3 = m.w0 * m.w0 * m.w0 + m.rest3;
        (self.origin + m.offset, m.w0 + m.rest, w3)
    }

    /// Sums of w, w^2 and w^3 at t.
    pub fn weight_sums(&self, t: f64) -> [f64; 3] {
        let m = self.mean_at(t);
        let w0 = m.w0;
        [w0 + m.rest, w0 * w0 + m.rest2, w0 * w0 * w0 + m.rest3]
    }

    fn known(&self, t: f64) -> Option<Forms> {
        if t == 0.0 {
            return self.zero;
        }
        self.last.filter(|(at, _)| *at == t).map(|(_, forms)| forms)
    }

    /// As [`forms`](Self::forms), kept: the fit asks for those at 0 and at its tau2 more than once.
    #[inline]
    pub fn remembered(&mut self, t: f64) -> Forms {
        if let Some(forms) = self.known(t) {
            return forms;
        }
        let forms = self.forms(t);
        if t == 0.0 {
            self.zero = Some(forms);
        } else {
            self.last = Some((t, forms));
        }
        forms
    }

    /// Forms and traces with weights 1/(v + t).
    #[inline]
    pub fn forms(&self, t: f64) -> Forms {
        if self.k() <= SMALL {
            return self.forms_at_once(t);
        }
        let m = self.mean_at(t);
        let (_, v, d) = self.split();
        let [q, qq, wr, wrr] = sum2(v, d, |v, d| {
            let w = 1.0 / (v + t);
            let e = d - m.offset;
            let r = w * e;
            [r * e, r * r, w * r, w * r * r]
        });
        let w0 = m.w0;
        let total = w0 + m.rest;
        let share = m.rest / total;
        let r0 = -w0 * m.offset;
        let inverse = 1.0 / total;
        let tr_p = (2.0 * w0 * m.rest + (m.rest * m.rest - m.rest2)) * inverse;
        let tr_pp = w0 * w0 * share * share + m.rest2 - 2.0 * m.rest3 * inverse
            + (m.rest2 * m.rest2 + 2.0 * w0 * w0 * m.rest2) * inverse * inverse;
        Forms {
            q: q + r0 * -m.offset,
            qq: qq + r0 * r0,
            qqq: w0 * r0 * r0 * share + wrr - (2.0 * w0 * r0 + wr) * wr * inverse,
            tr_p,
            tr_pp,
            sum_w: total,
            sum_w2: w0 * w0 + m.rest2,
            sum_w3: w0 * w0 * w0 + m.rest3,
            offset: m.offset,
            ln_det: LnDet {
                product: total / self.k() as f64,
                rest: 0.0,
            },
        }
    }

    /// y'Py and y'PPy alone.
    pub fn q_forms(&self, t: f64) -> (f64, f64) {
        if self.k() > SMALL {
            let forms = self.forms(t);
            return (forms.q, forms.qq);
        }
        let (v0, v, d) = self.split();
        let [s1, s2, a1, a2, b1, b2] = sum2(v, d, |v, d| {
            let w = 1.0 / (v + t);
            let wd = w * d;
            [w, w * w, wd, w * wd, wd * d, wd * wd]
        });
        let w0 = 1.0 / (v0 + t);
        let m = a1 / (w0 + s1);
        let mm = m * m;
        (
            b1 + (mm * s1 - 2.0 * m * a1) + w0 * mm,
            b2 + (mm * s2 - 2.0 * m * a2) + w0 * w0 * mm,
        )
    }

    /// The same in one pass, from moments about the most precise study.
    ///
    /// Its residual is minus the offset of the mean and its weight the largest, so that every sum of
    /// squares is at least 1/k of the terms it is the difference of: at most k roundings are lost.
    #[inline(always)]
    fn forms_at_once(&self, t: f64) -> Forms {
        let (v0, v, d) = self.split();
        let [s1, s2, s3, a1, a2, a3, b1, b2, b3] = sum2(v, d, |v, d| {
            let w = 1.0 / (v + t);
            let (ww, wd) = (w * w, w * d);
            let (www, wwd, wdd) = (ww * w, w * wd, wd * d);
            [w, ww, www, wd, wwd, ww * wd, wdd, w * wdd, ww * wdd]
        });
        let w0 = 1.0 / (v0 + t);
        let total = w0 + s1;
        let inverse = 1.0 / total;
        let m = a1 * inverse;
        let (mm, share, w00) = (m * m, s1 * inverse, w0 * w0);
        let wr = a2 - m * s2;
        let r0 = -w0 * m;
        let wrr = b3 + (mm * s3 - 2.0 * m * a3);
        Forms {
            q: b1 + (mm * s1 - 2.0 * m * a1) + w0 * mm,
            qq: b2 + (mm * s2 - 2.0 * m * a2) + w00 * mm,
            qqq: w0 * r0 * r0 * share + wrr - (2.0 * w0 * r0 + wr) * wr * inverse,
            tr_p: (2.0 * w0 * s1 + (s1 * s1 - s2)) * inverse,
            tr_pp: w00 * share * share + s2 - 2.0 * s3 * inverse
                + (s2 * s2 + 2.0 * w00 * s2) * inverse * inverse,
            sum_w: total,
            sum_w2: w00 + s2,
            sum_w3: w00 * w0 + s3,
            offset: m,
            ln_det: LnDet {
                product: total / self.k() as f64,
                rest: 0.0,
            },
        }
    }

    /// Forms with weights a(v): P_a = A - aa'/sum a.
    pub fn weighted(&self, a: impl Fn(f64) -> f64, t: f64) -> WeightedForms {
        let [sum, shift, a2, av, a2v, a2s2, a3s2, a2s] = sum2(self.v.get(), self.d.get(), |v, d| {
            let (a, s) = (a(v), v + t);
            [
                a,
                a * d,
                a * a,
                a * v,
                a * a * v,
                a * a * s * s,
                a * a * a * s * s,
                a * a * s,
            ]
        });
        let offset = shift / sum;
        let [q] = sum2(self.v.get(), self.d.get(), |v, d| {
            [a(v) * (d - offset) * (d - offset)]
        });
        WeightedForms {
            q,
            tr_p: sum - a2 / sum,
            tr_pv: av - a2v / sum,
            tr_psps: a2s2 - 2.0 * a3s2 / sum + a2s * a2s / (sum * sum),
        }
    }

    /// The mean with weights a(v) and its variance sum a^2 (v + t) / (sum a)^2.
    pub fn weighted_mean(&self, a: impl Fn(f64) -> f64, t: f64) -> (f64, f64) {
        let [sum, shift, spread] = sum2(self.v.get(), self.d.get(), |v, d| {
            let a = a(v);
            [a, a * d, a * a * (v + t)]
        });
        (self.origin + shift / sum, spread / (sum * sum))
    }
}
