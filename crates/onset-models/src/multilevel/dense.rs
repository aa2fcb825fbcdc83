//! Moments of M block by block, by Cholesky factors: any structure, O(sum of block sizes cubed).

use super::moments::{Moments, packed};
use super::random::Random;
use super::sampling::{Parts, Sampling};
use super::shape::{Derived, Shape, pair};
use std::collections::BTreeMap;

/// Effects that are correlated with one another and with no others.
#[derive(Debug, Clone)]
struct DenseBlock {
    m: usize,
    /// Sampling covariance, row-major.
    v: Vec<f64>,
    /// m rows of [X y].
    u: Vec<f64>,
    /// For each random effect: group and level of each row.
    cells: Vec<Vec<(usize, usize)>>,
}

/// All blocks and the shapes of the random effects.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    blocks: Vec<DenseBlock>,
    shapes: Vec<Shape>,
    columns: usize,
}

/// Rows of each block: connected by the sampling covariance or by a shared group.
pub(crate) fn connected(sampling: &Sampling, random: &[Random]) -> Vec<Vec<usize>> {
    let n = sampling.n();
    let mut parts = Parts::new(n);
    for block in sampling.blocks() {
        block
            .rows
            .windows(2)
            .for_each(|pair| parts.join(pair[0], pair[1]));
    }
    for effect in random {
        // levels that are never correlated do not connect
        let separate = !effect.is_intercept() && !effect.structure.correlated() && effect.known.is_none();
        let mut first: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for row in 0..n {
            let key = (effect.group[row], if separate { effect.level_of(row) } else { 0 });
            match first.get(&key) {
                Some(&other) => parts.join(other, row),
                None => {
                    first.insert(key, row);
                }
            }
        }
    }
    parts.members()
}

impl Dense {
    /// `rows` of [X y], row-major.
    pub fn new(sampling: &Sampling, random: &[Random], u: &[f64], columns: usize) -> Dense {
        let blocks = connected(sampling, random).into_iter().map(|rows| {
            let pairs = rows.iter().flat_map(|&i| rows.iter().map(move |&j| (i, j)));
            DenseBlock {
                m: rows.len(),
                v: pairs.map(|(i, j)| sampling.covariance(i, j)).collect(),
                u: rows
                    .iter()
                    .flat_map(|&i| u[i * columns..(i + 1) * columns].to_vec())
                    .collect(),
                cells: random
                    .iter()
                    .map(|effect| {
                        rows.iter()
                            .map(|&i| (effect.group[i], effect.level_of(i)))
                            .collect()
                    })
                    .collect(),
            }
        });
        Dense {
            blocks: blocks.collect(),
            shapes: random.iter().map(Shape::new).collect(),
            columns,
        }
    }

    /// Fills the moments at `theta`; false where M is not positive definite.
    pub fn moments(&self, theta: &[f64], derivatives: bool, out: &mut Moments) -> bool {
        out.clear();
        let mut derived = Vec::with_capacity(self.shapes.len());
        let mut start = 0;
        for shape in &self.shapes {
            let own = &theta[start..start + shape.parameters()];
            derived.push(if derivatives {
                shape.derive(own)
            } else {
                Derived {
                    g: shape.covariance(own),
                    ..Derived::default()
                }
            });
            start += shape.parameters();
        }
        let mut work = Work::default();
        self.blocks
            .iter()
            .all(|block| block.add(&self.shapes, &derived, self.columns, derivatives, &mut work, out))
    }
}

/// Buffers of one block.
#[derive(Default)]
struct Work {
    l: Vec<f64>,
    z: Vec<f64>,
    inverse: Vec<f64>,
    solved: Vec<f64>,
    /// M_i, K_i = M^-1 M_i and M_i M^-1 [X y] of each parameter.
    first: Vec<Vec<f64>>,
    products: Vec<Vec<f64>>,
    turned: Vec<Vec<f64>>,
}

impl DenseBlock {
    fn add(
        &self,
        shapes: &[Shape],
        derived: &[Derived],
        c: usize,
        derivatives: bool,
        work: &mut Work,
        out: &mut Moments,
    ) -> bool {
        let m = self.m;
        work.l.clear();
        work.l.extend_from_slice(&self.v);
        for (t, d) in derived.iter().enumerate() {
            self.spread(t, shapes[t].levels, &d.g, &mut work.l);
        }
        let Some(ln_det) = factor(&mut work.l, m) else {
            return false;
        };
        let last = out.width - 1;
        out.data[last] += ln_det;
        work.z.clear();
        work.z.extend_from_slice(&self.u);
        forward(&work.l, m, &mut work.z, c);
        for row in work.z.chunks_exact(c) {
            for i in 0..c {
                for j in 0..=i {
                    out.data[packed(i, j)] += row[i] * row[j];
                }
            }
        }
        if derivatives {
            self.add_derivatives(shapes, derived, c, work, out);
        }
        true
    }

    /// Adds G of random effect t to the m x m matrix `to`.
    fn spread(&self, t: usize, levels: usize, g: &[f64], to: &mut [f64]) {
        let cells = &self.cells[t];
        for (i, a) in cells.iter().enumerate() {
            for (j, b) in cells.iter().enumerate() {
                if a.0 == b.0 {
                    to[i * self.m + j] += g[a.1 * levels + b.1];
                }
            }
        }
    }

    fn add_derivatives(
        &self,
        shapes: &[Shape],
        derived: &[Derived],
        c: usize,
        work: &mut Work,
        out: &mut Moments,
    ) {
        let m = self.m;
        invert(&work.l, m, &mut work.inverse);
        work.solved.clear();
        work.solved.extend_from_slice(&work.z);
        backward(&work.l, m, &mut work.solved, c);
        let q = out.q;
        work.first.resize(q, Vec::new());
        work.products.resize(q, Vec::new());
        work.turned.resize(q, Vec::new());
        let last = out.width - 1;
        let mut index = 0;
        for (t, d) in derived.iter().enumerate() {
            for g in &d.first {
                let first = &mut work.first[index];
                first.clear();
                first.resize(m * m, 0.0);
                self.spread(t, shapes[t].levels, g, first);
                multiply(&work.inverse, first, m, m, &mut work.products[index]);
                multiply(first, &work.solved, m, c, &mut work.turned[index]);
                let trace: f64 = (0..m).map(|i| work.products[index][i * m + i]).sum();
                let row = out.first_mut(index);
                row[last] += trace;
                subtract_gram(&work.solved, &work.turned[index], c, row);
                index += 1;
            }
        }
        let mut solved = Vec::new();
        for j in 0..q {
            multiply(&work.inverse, &work.turned[j], m, c, &mut solved);
            for i in 0..=j {
                let (ki, kj) = (&work.products[i], &work.products[j]);
                let mut trace = 0.0;
                for a in 0..m {
                    for b in 0..m {
                        trace += ki[a * m + b] * kj[b * m + a];
                    }
                }
                let row = out.second_mut(i, j);
                row[last] -= trace;
                add_gram(&work.turned[i], &solved, c, row);
            }
        }
        let mut start = 0;
        let mut bent = vec![0.0; m * m];
        for (t, d) in derived.iter().enumerate() {
            let own = shapes[t].parameters();
            for j in 0..own {
                for i in 0..=j {
                    bent.fill(0.0);
                    self.spread(t, shapes[t].levels, &d.second[pair(i, j)], &mut bent);
                    let trace: f64 = work.inverse.iter().zip(&bent).map(|(x, y)| x * y).sum();
                    multiply(&bent, &work.solved, m, c, &mut solved);
                    let row = out.second_mut(start + i, start + j);
                    row[last] += trace;
                    subtract_gram(&work.solved, &solved, c, row);
                }
            }
            start += own;
        }
    }
}

/// row -= x'y, of which only the symmetric part is meant.
fn subtract_gram(x: &[f64], y: &[f64], c: usize, row: &mut [f64]) {
    for (x, y) in x.chunks_exact(c).zip(y.chunks_exact(c)) {
        for i in 0..c {
            for j in 0..=i {
                row[packed(i, j)] -= 0.5 * (x[i] * y[j] + x[j] * y[i]);
            }
        }
    }
}

/// row += x'y + y'x.
fn add_gram(x: &[f64], y: &[f64], c: usize, row: &mut [f64]) {
    for (x, y) in x.chunks_exact(c).zip(y.chunks_exact(c)) {
        for i in 0..c {
            for j in 0..=i {
                row[packed(i, j)] += x[i] * y[j] + x[j] * y[i];
            }
        }
    }
}

/// out = a b, a m x m.
fn multiply(a: &[f64], b: &[f64], m: usize, c: usize, out: &mut Vec<f64>) {
    out.clear();
    out.resize(m * c, 0.0);
    for i in 0..m {
        let target = &mut out[i * c..(i + 1) * c];
        for (k, &x) in a[i * m..(i + 1) * m].iter().enumerate() {
            if x != 0.0 {
                let source = &b[k * c..(k + 1) * c];
                target.iter_mut().zip(source).for_each(|(t, s)| *t += x * s);
            }
        }
    }
}

/// Cholesky factor in the lower triangle, in place; ln det, or `None` when not positive definite.
pub(crate) fn factor(a: &mut [f64], m: usize) -> Option<f64> {
    let mut ln_det = 0.0;
    for j in 0..m {
        for i in j..m {
            let (top, bottom) = (&a[j * m..j * m + j], &a[i * m..i * m + j]);
            let dot: f64 = top.iter().zip(bottom).map(|(x, y)| x * y).sum();
            let rest = a[i * m + j] - dot;
            if i == j {
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                ln_det += rest.ln();
                a[j * m + j] = rest.sqrt();
            } else {
                a[i * m + j] = rest / a[j * m + j];
            }
        }
    }
    Some(ln_det)
}

/// z = L^-1 z for m rows of c numbers.
pub(crate) fn forward(l: &[f64], m: usize, z: &mut [f64], c: usize) {
    for i in 0..m {
        let (done, rest) = z.split_at_mut(i * c);
        let row = &mut rest[..c];
        for (k, source) in done.chunks_exact(c).enumerate() {
            let x = l[i * m + k];
            row.iter_mut().zip(source).for_each(|(r, s)| *r -= x * s);
        }
        let pivot = l[i * m + i];
        row.iter_mut().for_each(|r| *r /= pivot);
    }
}

/// z = L'^-1 z for m rows of c numbers.
pub(crate) fn backward(l: &[f64], m: usize, z: &mut [f64], c: usize) {
    for i in (0..m).rev() {
        let (head, tail) = z.split_at_mut((i + 1) * c);
        let row = &mut head[i * c..];
        for (k, source) in tail.chunks_exact(c).enumerate() {
            let x = l[(i + 1 + k) * m + i];
            row.iter_mut().zip(source).for_each(|(r, s)| *r -= x * s);
        }
        let pivot = l[i * m + i];
        row.iter_mut().for_each(|r| *r /= pivot);
    }
}

/// The inverse of L L'.
pub(crate) fn invert(l: &[f64], m: usize, out: &mut Vec<f64>) {
    out.clear();
    out.resize(m * m, 0.0);
    (0..m).for_each(|i| out[i * m + i] = 1.0);
    forward(l, m, out, m);
    backward(l, m, out, m);
}
