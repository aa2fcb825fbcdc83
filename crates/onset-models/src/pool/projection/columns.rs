//! The columns of a design side by side, so that sums over studies fill vector registers.
//!
//! Studies are padded to a multiple of four with infinite variances, whose weights are 0.

/// Studies done in one go: their weights stay in the nearest cache.
pub(super) const BLOCK: usize = 128;

/// Orthonormal columns, their products, effects and variances.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    p: usize,
    k: usize,
    /// Padded number of studies.
    pub(super) n: usize,
    /// Column after column.
    pub(super) z: Vec<f64>,
    /// Products z_i z_j for j <= i, pair after pair.
    pub(super) zz: Vec<f64>,
    pub(super) y: Vec<f64>,
    pub(super) v: Vec<f64>,
    pub(super) w: Vec<f64>,
    /// Scratch of one block: squares and cubes of the weights, weighted effects.
    pub(super) block: [Vec<f64>; 3],
}

/// Sums of the weights accumulated beside the matrices.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub w: f64,
    pub w2: f64,
}

impl Columns {
    /// Takes p columns of k rows, each padded to `n` numbers with zeros; effects and variances come by
    /// [`replace`](Self::replace).
    pub fn new(z: Vec<f64>, k: usize, n: usize, p: usize) -> Self {
        let mut zz = Vec::with_capacity(p * (p + 1) / 2 * n);
        for a in 0..p {
            for b in 0..=a {
                let (left, right) = (&z[a * n..(a + 1) * n], &z[b * n..(b + 1) * n]);
                zz.extend(left.iter().zip(right).map(|(left, right)| left * right));
            }
        }
        Columns {
            p,
            k,
            n,
            z,
            zz,
            y: vec![0.0; n],
            v: vec![f64::INFINITY; n],
            w: vec![0.0; n],
            block: std::array::from_fn(|_| vec![0.0; n.min(BLOCK)]),
        }
    }

    /// Sets variances, and effects of which the unweighted fit is taken away: its coefficients go into `g`.
    pub fn replace(&mut self, y: &[f64], v: &[f64], g: &mut [f64]) {
        self.set_variances(v);
        self.y[..y.len()].copy_from_slice(y);
        g.fill(0.0);
        for _ in 0..2 {
            for (z, g) in self.z.chunks_exact(self.n).zip(&mut *g) {
                let projected = dot(z, &self.y);
                *g += projected;
                subtract(&mut self.y, projected, z);
            }
        }
    }

    /// Sets the variances alone.
    pub fn set_variances(&mut self, v: &[f64]) {
        self.v[..v.len()].copy_from_slice(v);
    }

    /// Effects minus their unweighted fit.
    pub fn y(&self) -> &[f64] {
        &self.y[..self.k]
    }

    /// Variances.
    pub fn v(&self) -> &[f64] {
        &self.v[..self.k]
    }

    /// Residual sum of squares of the unweighted fit.
    pub fn rss(&self) -> f64 {
        dot(&self.y, &self.y)
    }

    /// The columns as k rows of p.
    pub fn rows(&self) -> Vec<f64> {
        let mut rows = vec![0.0; self.k * self.p];
        for (c, z) in self.z.chunks_exact(self.n).enumerate() {
            for (row, z) in rows.chunks_exact_mut(self.p).zip(z) {
                row[c] = *z;
            }
        }
        rows
    }

    /// X'W^rX for r = 1, 2, 3 into `m` and X'Wy into `b`, w = 1/(v + t).
    pub fn moments(&mut self, t: f64, m: [&mut [f64]; 3], b: &mut [f64]) -> Sums {
        let (p, n) = (self.p, self.n);
        let [m1, m2, m3] = m;
        for target in [&mut *m1, m2, m3, b] {
            target.fill(0.0);
        }
        let mut sums = Sums::default();
        let [block2, block3, blocky] = &mut self.block;
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let size = end - start;
            let (w2, w3, wy) = (&mut block2[..size], &mut block3[..size], &mut blocky[..size]);
            let w = &mut self.w[start..end];
            let (y, v) = (&self.y[start..end], &self.v[start..end]);
            for i in 0..size {
                w[i] = 1.0 / (v[i] + t);
                w2[i] = w[i] * w[i];
                w3[i] = w2[i] * w[i];
                wy[i] = w[i] * y[i];
            }
            sums.w += sum(w);
            sums.w2 += sum(w2);
            let mut pair = start;
            for i in 0..p {
                b[i] += dot(&self.z[i * n + start..i * n + end], wy);
                for j in 0..=i {
                    let zz = &self.zz[pair..pair + size];
                    m1[i * p + j] += dot(zz, w);
                    m2[i * p + j] += dot(zz, w2);
                    m3[i * p + j] += dot(zz, w3);
                    pair += n;
                }
            }
        }
        for i in 0..p {
            for j in 0..i {
                for target in [&mut *m1, m2, m3] {
                    target[j * p + i] = target[i * p + j];
                }
            }
        }
        sums
    }

    /// With e = y - Zb and the weights of the last call of `moments`: sums of w e^2, w^2 e^2, w^3 e^2;
    /// Z'W^2e into `h`.
    pub fn residual_sums(&mut self, b: &[f64], h: &mut [f64]) -> [f64; 3] {
        let n = self.n;
        h.fill(0.0);
        let mut totals = [0.0; 3];
        let [buffer, ..] = &mut self.block;
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let e = &mut buffer[..end - start];
            e.copy_from_slice(&self.y[start..end]);
            let columns = || self.z.chunks_exact(n).map(|z| &z[start..end]);
            for (z, b) in columns().zip(b) {
                e.iter_mut().zip(z).for_each(|(e, z)| *e -= b * z);
            }
            let w = &self.w[start..end];
            let found = sums(w, e);
            totals.iter_mut().zip(found).for_each(|(t, s)| *t += s);
            e.iter_mut().zip(w).for_each(|(e, w)| *e *= w * w);
            h.iter_mut().zip(columns()).for_each(|(h, z)| *h += dot(z, e));
        }
        totals
    }
}

/// Sum in four lanes; the length is a multiple of four.
#[inline(always)]
fn sum(x: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    for x in x.as_chunks::<4>().0 {
        for lane in 0..4 {
            lanes[lane] += x[lane];
        }
    }
    fold(lanes)
}

/// Scalar product in four lanes; the length is a multiple of four.
#[inline(always)]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    fold(lanes)
}

/// target - factor z.
#[inline(always)]
pub(super) fn subtract(target: &mut [f64], factor: f64, z: &[f64]) {
    target.iter_mut().zip(z).for_each(|(y, z)| *y -= factor * z);
}

/// Sums of w e^2, w^2 e^2 and w^3 e^2.
#[inline(always)]
fn sums(w: &[f64], e: &[f64]) -> [f64; 3] {
    let mut lanes = [[0.0; 4]; 3];
    for (w, e) in w.as_chunks::<4>().0.iter().zip(e.as_chunks::<4>().0) {
        for lane in 0..4 {
            let r = w[lane] * e[lane];
            lanes[0][lane] += r * e[lane];
            lanes[1][lane] += r * r;
            lanes[2][lane] += w[lane] * r * r;
        }
    }
    lanes.map(fold)
}

#[inline(always)]
pub(super) fn fold(l: [f64; 4]) -> f64 {
    (l[0] + l[2]) + (l[1] + l[3])
}
