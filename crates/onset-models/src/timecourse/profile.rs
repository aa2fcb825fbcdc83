//! The inner problem: for fixed shapes, exact generalised least squares with each study's own parameters
//! projected out.

use super::correlation::WithinArm;
use super::data::{ArmVisits, Longitudinal};
use super::fit::Baseline;
use super::form::{Form, MAX_COLUMNS};
use onset_math::linalg::{Cholesky, Matrix};

/// A column this small after projection, relative to before, depends on the ones projected out.
const DEPENDENT: f64 = 1e-9;

/// What the inner problem needs to know about the model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub form: Form,
    pub knots: Vec<f64>,
    pub baseline: Baseline,
    /// Each study has its own value at time 0.
    pub intercept: bool,
    /// Shape group of each treatment.
    pub group: Vec<usize>,
    /// Amplitude times dose / (ED50 + dose); log ED50 is the last shape.
    pub dose: bool,
}

impl Model {
    pub fn columns(&self) -> usize {
        self.form.columns(&self.knots)
    }

    pub fn shape<'a>(&self, theta: &'a [f64], treatment: usize) -> &'a [f64] {
        let s = self.form.shapes().len();
        let from = self.group.get(treatment).copied().unwrap_or(0) * s;
        theta.get(from..from + s).unwrap_or(&[])
    }

    /// Columns at time `t` after doses at `doses` (none: one at 0): each dose adds the form from its own time on.
    pub fn write(&self, shape: &[f64], doses: &[f64], t: f64, out: &mut [f64]) {
        if doses.is_empty() {
            return self.form.write(shape, &self.knots, t, out);
        }
        out.fill(0.0);
        let mut one = [0.0; MAX_COLUMNS];
        let columns = out.len().min(MAX_COLUMNS);
        for &at in doses.iter().take_while(|&&at| at < t) {
            self.form.write(shape, &self.knots, t - at, &mut one[..columns]);
            out.iter_mut().zip(&one).for_each(|(sum, x)| *sum += x);
        }
    }

    pub fn dose_factor(&self, theta: &[f64], dose: f64) -> f64 {
        match theta.last() {
            Some(log_ed50) if self.dose => dose / (log_ed50.exp() + dose),
            _ => 1.0,
        }
    }
}

struct ArmBlock {
    treatment: usize,
    dose: f64,
    doses: Vec<f64>,
    times: Vec<f64>,
    y: Vec<f64>,
    cholesky: Option<Cholesky>,
    se: Vec<f64>,
    offset: usize,
    /// Nuisance column of each visit, for a free baseline.
    visit: Vec<usize>,
}

struct StudyBlock {
    arms: Vec<ArmBlock>,
    n: usize,
    q: usize,
    /// Amplitude columns that are not all zero here.
    active: Vec<usize>,
}

/// Whitened data, ready for any shape.
pub(super) struct Problem {
    pub model: Model,
    studies: Vec<StudyBlock>,
    pub p: usize,
    pub points: usize,
    /// `ln det V`.
    pub ln_det_v: f64,
}

/// The inner solution at one shape.
#[derive(Debug, Clone)]
pub(super) struct Inner {
    pub beta: Vec<f64>,
    pub rss: f64,
    /// `ln det` of the added random part, relative to V.
    pub ln_det_random: f64,
    /// `ln det X' W X`, study parameters included.
    pub ln_det_x: f64,
    /// Linear parameters, study parameters included.
    pub rank: usize,
    /// Parameters of each study.
    pub nuisance: Vec<Vec<f64>>,
    /// Whitened residuals, arm by arm.
    pub residuals: Vec<f64>,
}

/// Scratch space: columns of one study, projected, and its Gram matrix.
#[derive(Default)]
pub(super) struct Work {
    columns: Vec<f64>,
    r: Vec<f64>,
    z: Vec<f64>,
    gram: Vec<f64>,
}

impl Problem {
    pub fn new(data: &Longitudinal, model: Model, within: WithinArm) -> Option<Problem> {
        let columns = model.columns();
        let p = (data.treatments.len() - 1) * columns;
        let mut ln_det_v = 0.0;
        let mut studies = Vec::new();
        for study in &data.studies {
            let mut distinct: Vec<f64> = study.arms.iter().flat_map(|a| a.times.iter().copied()).collect();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            let mut arms = Vec::new();
            let mut n = 0;
            for arm in &study.arms {
                let mut block = arm_block(arm, within, n)?;
                block.visit = arm
                    .times
                    .iter()
                    .map(|t| distinct.iter().position(|u| u == t).unwrap_or(0))
                    .collect();
                ln_det_v += block.ln_det();
                n += arm.times.len();
                arms.push(block);
            }
            let q = match model.baseline {
                Baseline::Visit => distinct.len(),
                Baseline::Shape => columns + usize::from(model.intercept),
            };
            let mut active: Vec<usize> = study
                .arms
                .iter()
                .filter(|a| a.treatment > 0)
                .flat_map(|a| (0..columns).map(move |j| (a.treatment - 1) * columns + j))
                .collect();
            active.sort_unstable();
            active.dedup();
            studies.push(StudyBlock { arms, n, q, active });
        }
        Some(Problem {
            model,
            studies,
            p,
            points: data.points(),
            ln_det_v,
        })
    }

    /// Solves for the amplitudes at shapes `theta`; `lambda` is the variance of an arm's amplitude over the
    /// dispersion. `None` where the columns depend on each other.
    pub fn solve(&self, theta: &[f64], lambda: f64, work: &mut Work, full: bool) -> Option<Inner> {
        let (p, w) = (self.p, self.p + 1);
        let mut gram = std::mem::take(&mut work.gram);
        gram.clear();
        gram.resize(w * w, 0.0);
        let (mut ln_det_random, mut ln_det_x, mut rank) = (0.0, 0.0, 0);
        for study in &self.studies {
            ln_det_random += self.fill(study, theta, lambda, &[], work);
            let (ln_det, r) = project(study, w, work);
            ln_det_x += ln_det;
            rank += r;
            accumulate(study, &study.active, p, w, work, &mut gram);
        }
        let solved = solve_gram(&gram, p, w);
        work.gram = gram;
        let (beta, rss, ln_det_g) = solved?;
        let mut inner = Inner {
            beta,
            rss,
            ln_det_random,
            ln_det_x: ln_det_x + ln_det_g,
            rank: rank + p,
            nuisance: Vec::new(),
            residuals: Vec::new(),
        };
        if full {
            self.complete(theta, lambda, work, &mut inner);
        }
        Some(inner)
    }

    /// As [`Problem::solve`], with the variance of one amplitude over the dispersion.
    pub fn solve_one(
        &self,
        theta: &[f64],
        lambda: f64,
        amplitude: usize,
        work: &mut Work,
    ) -> Option<(Inner, f64)> {
        let inner = self.solve(theta, lambda, work, false)?;
        let (p, w) = (self.p, self.p + 1);
        let gram = &work.gram;
        let cholesky = Cholesky::new(&Matrix::from_fn(p, p, |i, j| gram[i.max(j) * w + i.min(j)]))?;
        let mut unit = vec![0.0; p];
        *unit.get_mut(amplitude)? = 1.0;
        cholesky.forward(&mut unit);
        Some((inner, unit.iter().map(|x| x * x).sum()))
    }

    /// Study parameters and residuals.
    fn complete(&self, theta: &[f64], lambda: f64, work: &mut Work, inner: &mut Inner) {
        let w = self.p + 1;
        for study in &self.studies {
            self.fill(study, theta, lambda, &[], work);
            project(study, w, work);
            let (n, q, total) = (study.n, study.q, study.q + w);
            let mut a = vec![0.0; q];
            for j in (0..q).rev() {
                let row = &work.r[j * total..(j + 1) * total];
                if row[j] > 0.0 {
                    let mut rest = row[total - 1];
                    rest -= inner.beta.iter().zip(&row[q..]).map(|(b, r)| b * r).sum::<f64>();
                    rest -= a.iter().zip(row).skip(j + 1).map(|(x, r)| x * r).sum::<f64>();
                    a[j] = rest / row[j];
                }
            }
            for i in 0..n {
                let mut e = work.columns[(total - 1) * n + i];
                for (c, b) in inner.beta.iter().enumerate() {
                    e -= b * work.columns[(q + c) * n + i];
                }
                inner.residuals.push(e);
            }
            inner.nuisance.push(a);
        }
    }

    /// Cross-products of amplitudes and shape derivatives after projection (the information over the
    /// dispersion), and of each with the residuals.
    pub fn information(
        &self,
        theta: &[f64],
        free: &[usize],
        lambda: f64,
        inner: &Inner,
        work: &mut Work,
    ) -> (Matrix, Vec<f64>) {
        let s = free.len();
        let w = self.p + s + 1;
        let mut gram = vec![0.0; w * w];
        let mut offset = 0;
        for (study, nuisance) in self.studies.iter().zip(&inner.nuisance) {
            let extra: Vec<Vec<f64>> = free
                .iter()
                .map(|&k| self.derivative(study, theta, k, &inner.beta, nuisance))
                .collect();
            self.fill(study, theta, lambda, &extra, work);
            let (n, total) = (study.n, study.q + w);
            // The last column becomes the residual of the fit instead of y.
            work.columns[(total - 1) * n..total * n].copy_from_slice(&inner.residuals[offset..offset + n]);
            offset += n;
            project(study, w, work);
            let mut active = study.active.clone();
            active.extend(self.p..self.p + s);
            accumulate(study, &active, self.p + s, w, work, &mut gram);
        }
        let m = w - 1;
        let information = Matrix::from_fn(m, m, |i, j| gram[i.max(j) * w + i.min(j)]);
        (information, (0..m).map(|j| gram[m * w + j]).collect())
    }

    /// What the variance of the amplitude does to the covariance of amplitudes and shapes, and how well it is known.
    ///
    /// With `z` the columns of the arms' own amplitudes, P the projection off everything else, `c` the covariance over the
    /// dispersion (amplitudes, then all shapes) and `b = X' P0 z`: slope `c sum(b b') c`, restricted information
    /// `sum_ij (z_i' P z_j)^2 / 2`, less what an estimated dispersion shares with it.
    #[allow(clippy::too_many_arguments, reason = "one caller, all of it already computed")]
    pub fn spread(
        &self,
        theta: &[f64],
        free: &[usize],
        lambda: f64,
        inner: &Inner,
        c: &Matrix,
        dispersion_df: Option<f64>,
        work: &mut Work,
    ) -> (Matrix, f64) {
        let m = c.rows();
        let mut sum_bb = Matrix::zeros(m, m);
        let (mut squares, mut trace) = (0.0, 0.0);
        for (study, nuisance) in self.studies.iter().zip(&inner.nuisance) {
            let mut extra: Vec<Vec<f64>> = free
                .iter()
                .map(|&k| self.derivative(study, theta, k, &inner.beta, nuisance))
                .collect();
            extra.extend(study.arms.iter().map(|arm| self.own_column(study, arm, theta)));
            self.fill(study, theta, lambda, &extra, work);
            project(study, self.p + extra.len() + 1, work);
            let (n, q) = (study.n, study.q);
            let column = |i: usize| &work.columns[(q + i) * n..(q + i + 1) * n];
            let dot =
                |i: usize, j: usize| -> f64 { column(i).iter().zip(column(j)).map(|(x, y)| x * y).sum() };
            let from = self.p + free.len();
            let arms = from..from + study.arms.len();
            // places among all parameters, and the columns that stand there
            let shapes = free.iter().enumerate().map(|(j, &k)| (self.p + k, self.p + j));
            let places: Vec<(usize, usize)> = study.active.iter().map(|&a| (a, a)).chain(shapes).collect();
            let b: Vec<Vec<f64>> = arms
                .clone()
                .map(|arm| {
                    let mut b = vec![0.0; m];
                    places
                        .iter()
                        .for_each(|&(place, column)| b[place] = dot(column, arm));
                    b
                })
                .collect();
            for (i, bi) in arms.clone().zip(&b) {
                let cb = c.mul_vec(bi);
                for (j, bj) in arms.clone().zip(&b) {
                    let h = dot(i, j);
                    let shared: f64 = cb.iter().zip(bj).map(|(x, y)| x * y).sum();
                    squares += h * (h - 2.0 * shared);
                    if i == j {
                        trace += h - shared;
                    }
                }
                for (x, row) in bi.iter().enumerate().filter(|(_, b)| **b != 0.0) {
                    sum_bb
                        .row_mut(x)
                        .iter_mut()
                        .zip(bi)
                        .for_each(|(cell, b)| *cell += row * b);
                }
            }
        }
        let both = c.mul(&sum_bb);
        squares += both.mul(&both).trace();
        let shared = dispersion_df.map_or(0.0, |df| trace * trace / df);
        (both.mul(c), 0.5 * (squares - shared))
    }

    /// The column of an arm's own amplitude, not whitened.
    fn own_column(&self, study: &StudyBlock, arm: &ArmBlock, theta: &[f64]) -> Vec<f64> {
        let mut column = vec![0.0; study.n];
        let mut f = [0.0; MAX_COLUMNS];
        let shape = self.model.shape(theta, arm.treatment);
        for (cell, &t) in column.iter_mut().skip(arm.offset).zip(&arm.times) {
            self.model.write(shape, &arm.doses, t, &mut f[..1]);
            *cell = f[0];
        }
        column
    }

    fn derivative(
        &self,
        study: &StudyBlock,
        theta: &[f64],
        k: usize,
        beta: &[f64],
        nuisance: &[f64],
    ) -> Vec<f64> {
        const STEP: f64 = 1e-5;
        let mut moved = theta.to_vec();
        let mut out = vec![0.0; study.n];
        for (sign, way) in [(1.0, STEP), (-1.0, -STEP)] {
            moved[k] = theta[k] + way;
            for arm in &study.arms {
                for (i, &t) in arm.times.iter().enumerate() {
                    out[arm.offset + i] +=
                        sign * self.curve(arm, i, t, &moved, beta, nuisance) / (2.0 * STEP);
                }
            }
        }
        out
    }

    fn curve(&self, arm: &ArmBlock, i: usize, t: f64, theta: &[f64], beta: &[f64], nuisance: &[f64]) -> f64 {
        let columns = self.model.columns();
        let mut f = [0.0; MAX_COLUMNS];
        let mut sum = 0.0;
        match self.model.baseline {
            Baseline::Visit => sum += nuisance.get(arm.visit[i]).copied().unwrap_or(0.0),
            Baseline::Shape => {
                let from = usize::from(self.model.intercept);
                if from == 1 {
                    sum += nuisance[0];
                }
                self.model
                    .write(self.model.shape(theta, 0), &arm.doses, t, &mut f[..columns]);
                sum += f
                    .iter()
                    .take(columns)
                    .zip(&nuisance[from..])
                    .map(|(f, m)| f * m)
                    .sum::<f64>();
            }
        }
        if arm.treatment > 0 {
            let factor = self.model.dose_factor(theta, arm.dose);
            self.model.write(
                self.model.shape(theta, arm.treatment),
                &arm.doses,
                t,
                &mut f[..columns],
            );
            let from = (arm.treatment - 1) * columns;
            sum += factor
                * f.iter()
                    .take(columns)
                    .zip(&beta[from..])
                    .map(|(f, d)| f * d)
                    .sum::<f64>();
        }
        sum
    }

    /// Fitted means in the order of the data.
    pub fn fitted(&self, theta: &[f64], inner: &Inner) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.points);
        for (study, nuisance) in self.studies.iter().zip(&inner.nuisance) {
            for arm in &study.arms {
                for (i, &t) in arm.times.iter().enumerate() {
                    out.push(self.curve(arm, i, t, theta, &inner.beta, nuisance));
                }
            }
        }
        out
    }

    /// Mean of `f' V^-1 f` over arms: the scale on which a random amplitude is large.
    pub fn amplitude_information(&self, theta: &[f64], work: &mut Work) -> f64 {
        let (mut sum, mut arms) = (0.0, 0usize);
        for study in &self.studies {
            for arm in &study.arms {
                self.random_column(arm, theta, &mut work.z);
                sum += work.z.iter().map(|x| x * x).sum::<f64>();
                arms += 1;
            }
        }
        sum / arms.max(1) as f64
    }

    fn random_column(&self, arm: &ArmBlock, theta: &[f64], z: &mut Vec<f64>) {
        z.clear();
        z.resize(arm.times.len(), 0.0);
        let mut f = [0.0; MAX_COLUMNS];
        for (cell, &t) in z.iter_mut().zip(&arm.times) {
            self.model
                .write(self.model.shape(theta, arm.treatment), &arm.doses, t, &mut f[..1]);
            *cell = f[0];
        }
        arm.whiten(z);
    }

    /// Whitened columns of a study: its own, the amplitudes, `extra`, y. Returns ln det of the random part.
    fn fill(
        &self,
        study: &StudyBlock,
        theta: &[f64],
        lambda: f64,
        extra: &[Vec<f64>],
        work: &mut Work,
    ) -> f64 {
        let (n, q, p) = (study.n, study.q, self.p);
        let total = q + p + extra.len() + 1;
        let columns = self.model.columns();
        work.columns.clear();
        work.columns.resize(total * n, 0.0);
        let c = &mut work.columns;
        let mut f = [0.0; MAX_COLUMNS];
        for arm in &study.arms {
            let factor = self.model.dose_factor(theta, arm.dose);
            for (i, &t) in arm.times.iter().enumerate() {
                let row = arm.offset + i;
                match self.model.baseline {
                    Baseline::Visit => c[arm.visit[i] * n + row] = 1.0,
                    Baseline::Shape => {
                        let from = usize::from(self.model.intercept);
                        if from == 1 {
                            c[row] = 1.0;
                        }
                        self.model
                            .write(self.model.shape(theta, 0), &arm.doses, t, &mut f[..columns]);
                        for j in 0..columns {
                            c[(from + j) * n + row] = f[j];
                        }
                    }
                }
                if arm.treatment > 0 {
                    self.model.write(
                        self.model.shape(theta, arm.treatment),
                        &arm.doses,
                        t,
                        &mut f[..columns],
                    );
                    for j in 0..columns {
                        c[(q + (arm.treatment - 1) * columns + j) * n + row] = factor * f[j];
                    }
                }
                for (k, column) in extra.iter().enumerate() {
                    c[(q + p + k) * n + row] = column[row];
                }
                c[(total - 1) * n + row] = arm.y[i];
            }
        }
        let mut ln_det = 0.0;
        for arm in &study.arms {
            let rows = arm.offset..arm.offset + arm.times.len();
            for column in 0..total {
                arm.whiten(&mut work.columns[column * n + rows.start..column * n + rows.end]);
            }
            if lambda > 0.0 {
                // (I + lambda z z')^(-1/2) = I - c z z'.
                let mut z = std::mem::take(&mut work.z);
                self.random_column(arm, theta, &mut z);
                let s: f64 = z.iter().map(|x| x * x).sum();
                if s > 0.0 {
                    let shrink = (1.0 - 1.0 / (1.0 + lambda * s).sqrt()) / s;
                    for column in 0..total {
                        let cells = &mut work.columns[column * n + rows.start..column * n + rows.end];
                        let dot: f64 = cells.iter().zip(&z).map(|(x, z)| x * z).sum();
                        cells.iter_mut().zip(&z).for_each(|(x, z)| *x -= shrink * dot * z);
                    }
                    ln_det += (lambda * s).ln_1p();
                }
                work.z = z;
            }
        }
        ln_det
    }
}

impl ArmBlock {
    /// Solves L x = column in place, V = L L'.
    fn whiten(&self, column: &mut [f64]) {
        match &self.cholesky {
            Some(cholesky) => cholesky.forward(column),
            None => column.iter_mut().zip(&self.se).for_each(|(x, s)| *x /= s),
        }
    }

    fn ln_det(&self) -> f64 {
        match &self.cholesky {
            Some(cholesky) => cholesky.ln_det(),
            None => self.se.iter().map(|s| 2.0 * s.ln()).sum(),
        }
    }
}

fn arm_block(arm: &ArmVisits, within: WithinArm, offset: usize) -> Option<ArmBlock> {
    let (t, s) = (&arm.times, &arm.ses);
    let cholesky = match within {
        WithinArm::Independent => None,
        _ => Some(Cholesky::new(&Matrix::from_fn(t.len(), t.len(), |i, j| {
            s[i] * s[j] * within.between(t[i], t[j])
        }))?),
    };
    Some(ArmBlock {
        treatment: arm.treatment,
        dose: arm.dose,
        doses: arm.doses.clone(),
        times: t.clone(),
        y: arm.means.clone(),
        cholesky,
        se: s.clone(),
        offset,
        visit: Vec::new(),
    })
}

/// Modified Gram-Schmidt of the study's own columns against all later ones; keeps the multipliers in `work.r`.
fn project(study: &StudyBlock, w: usize, work: &mut Work) -> (f64, usize) {
    let (n, q, total) = (study.n, study.q, study.q + w);
    work.r.clear();
    work.r.resize(q * total, 0.0);
    let (mut ln_det, mut rank) = (0.0, 0);
    for j in 0..q {
        let before: f64 = (0..j).map(|i| work.r[i * total + j].powi(2)).sum();
        let (head, tail) = work.columns.split_at_mut((j + 1) * n);
        let column = &mut head[j * n..];
        let norm2: f64 = column.iter().map(|x| x * x).sum();
        if !(norm2.is_finite() && norm2 > DEPENDENT * DEPENDENT * (before + norm2) && norm2 > 0.0) {
            column.fill(0.0);
            continue;
        }
        let norm = norm2.sqrt();
        column.iter_mut().for_each(|x| *x /= norm);
        work.r[j * total + j] = norm;
        ln_det += norm2.ln();
        rank += 1;
        for (k, other) in tail.chunks_exact_mut(n).enumerate() {
            let dot: f64 = other.iter().zip(column.iter()).map(|(x, y)| x * y).sum();
            if dot != 0.0 {
                other
                    .iter_mut()
                    .zip(column.iter())
                    .for_each(|(x, y)| *x -= dot * y);
                work.r[j * total + j + 1 + k] = dot;
            }
        }
    }
    (ln_det, rank)
}

/// Adds the cross-products of the active columns and of the last one to the lower triangle of `gram`.
fn accumulate(study: &StudyBlock, active: &[usize], last: usize, w: usize, work: &Work, gram: &mut [f64]) {
    let (n, q) = (study.n, study.q);
    let column = |c: usize| &work.columns[(q + c) * n..(q + c + 1) * n];
    for (k, &i) in active.iter().chain(std::iter::once(&last)).enumerate() {
        let x = column(i);
        for &j in active.iter().take(k + 1).chain((i == last).then_some(&last)) {
            if j > i || (j == last && i != last) {
                continue;
            }
            gram[i * w + j] += x.iter().zip(column(j)).map(|(a, b)| a * b).sum::<f64>();
        }
    }
}

/// Amplitudes, residual sum of squares and ln det of the cross-products.
fn solve_gram(gram: &[f64], p: usize, w: usize) -> Option<(Vec<f64>, f64, f64)> {
    let scale: Vec<f64> = (0..p).map(|i| gram[i * w + i].sqrt()).collect();
    if scale.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
        return None;
    }
    let scaled = Matrix::from_fn(p, p, |i, j| gram[i.max(j) * w + i.min(j)] / (scale[i] * scale[j]));
    let cholesky = Cholesky::new(&scaled)?;
    let mut z: Vec<f64> = (0..p).map(|i| gram[p * w + i] / scale[i]).collect();
    cholesky.forward(&mut z);
    let explained: f64 = z.iter().map(|x| x * x).sum();
    let rss = (gram[p * w + p] - explained).max(0.0);
    cholesky.backward(&mut z);
    let beta: Vec<f64> = z.iter().zip(&scale).map(|(b, s)| b / s).collect();
    let ln_det = cholesky.ln_det() + scale.iter().map(|s| 2.0 * s.ln()).sum::<f64>();
    beta.iter().all(|b| b.is_finite()).then_some((beta, rss, ln_det))
}
