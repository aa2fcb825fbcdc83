//! Moments of M for nested random intercepts, group by group, in O(n) with exact first and second derivatives.
//!
//! For a group g with the moments S of its parts (S = sum of U'M_c^-1 U, U = [1 X y]) and variance t,
//! M_g = blockdiag(M_c) + t 11' has S' = S - f s s', f = t/(1 + t s_1), s the column of S that belongs to 1, and
//! ln|M_g| = sum ln|M_c| + ln(1 + t s_1) (Sherman & Morrison). Both are differentiated by hand below; a group needs
//! nothing but the moments of its parts. Where every effect has its own bottom group, blocks of correlated
//! sampling errors are rotated once into their eigenvectors, after which they are independent.

use super::moments::{Moments, packed};
use super::random::Random;
use super::sampling::Sampling;
use super::shape::pair;
use onset_math::linalg::symmetric_eigen;

/// Effects in the order of their groups, and what lies below the lowest group.
#[derive(Debug, Clone)]
pub(crate) struct Nested {
    /// Columns of U, the ones first.
    columns: usize,
    /// Column of U of each column of [X y].
    place: Vec<usize>,
    /// Parameter of each level, outermost first.
    parameter: Vec<usize>,
    leaves: Leaves,
    /// After each leaf, how many levels end, lowest first.
    closes: Vec<u8>,
    /// Whether rows of [1 X y] hold an intercept alone.
    ln_det: f64,
}

#[derive(Debug, Clone)]
enum Leaves {
    /// One (rotated) effect each, with a variance component of its own: its sampling variance, and U.
    Single { lambda: Vec<f64>, u: Vec<f64> },
    /// The moments of the lowest groups; their ln det is a constant.
    Fixed { moments: Vec<f64> },
}

impl Nested {
    /// `None` unless the random effects are nested intercepts, and the blocks of the sampling covariance lie
    /// inside the lowest groups that matter. `u` holds rows of [X y]; `constant` says that X is ones alone.
    pub fn new(
        sampling: &Sampling,
        random: &[Random],
        u: &[f64],
        columns: usize,
        constant: bool,
    ) -> Option<Nested> {
        let n = sampling.n();
        if random.is_empty() || random.len() > 8 || !random.iter().all(Random::is_intercept) {
            return None;
        }
        let mut order: Vec<usize> = (0..random.len()).collect();
        order.sort_by_key(|&t| random[t].groups);
        let chain: Vec<&Random> = order.iter().map(|&t| &random[t]).collect();
        if !chain.windows(2).all(|pair| is_nested(pair[0], pair[1])) {
            return None;
        }
        let lowest = chain.last()?;
        let single = lowest.groups == n;
        let upper = if single {
            &chain[..chain.len() - 1]
        } else {
            &chain[..]
        };
        // the blocks must not reach beyond the lowest group above them
        if let Some(holder) = upper.last() {
            let inside = |block: &super::sampling::Block| {
                block
                    .rows
                    .iter()
                    .all(|&row| holder.group[row] == holder.group[block.rows[0]])
            };
            if !sampling.blocks().iter().all(inside) {
                return None;
            }
        }
        let rows = sorted_rows(n, upper);
        let table = Table::new(u, columns, constant);
        let mut nested = Nested {
            columns: table.columns,
            place: table.place.clone(),
            parameter: order,
            leaves: Leaves::Fixed { moments: Vec::new() },
            closes: Vec::new(),
            ln_det: 0.0,
        };
        if single {
            nested.add_single(sampling, upper, &rows, &table)?;
        } else {
            nested.add_fixed(sampling, upper, &rows, &table)?;
        }
        Some(nested)
    }

    fn add_single(
        &mut self,
        sampling: &Sampling,
        upper: &[&Random],
        rows: &[usize],
        table: &Table,
    ) -> Option<()> {
        let c = self.columns;
        let mut lambda: Vec<f64> = rows.iter().map(|&row| sampling.variances()[row]).collect();
        let mut u: Vec<f64> = rows.iter().flat_map(|&row| table.row(row)).collect();
        let mut place = vec![0; rows.len()];
        rows.iter().enumerate().for_each(|(at, &row)| place[row] = at);
        for block in sampling.blocks() {
            let eigen = symmetric_eigen(&block.matrix())?;
            let turned: Vec<f64> = (0..block.rows.len())
                .flat_map(|e| {
                    let eigen = &eigen;
                    let u = &u;
                    let place = &place;
                    (0..c).map(move |j| {
                        let parts = block.rows.iter().enumerate();
                        parts
                            .map(|(r, &row)| eigen.vectors[(r, e)] * u[place[row] * c + j])
                            .sum()
                    })
                })
                .collect();
            for (e, &row) in block.rows.iter().enumerate() {
                lambda[place[row]] = eigen.values[e];
                u[place[row] * c..(place[row] + 1) * c].copy_from_slice(&turned[e * c..(e + 1) * c]);
            }
        }
        self.closes = closes(rows, upper);
        self.leaves = Leaves::Single { lambda, u };
        Some(())
    }

    fn add_fixed(
        &mut self,
        sampling: &Sampling,
        upper: &[&Random],
        rows: &[usize],
        table: &Table,
    ) -> Option<()> {
        let c = self.columns;
        let width = c * (c + 1) / 2;
        let ends = closes(rows, upper);
        let mut moments = Vec::new();
        let mut block_done = vec![false; sampling.blocks().len()];
        let block_of = block_index(sampling);
        let mut current = vec![0.0; width];
        for (at, &row) in rows.iter().enumerate() {
            if sampling.is_single(row) {
                let w = 1.0 / sampling.variances()[row];
                let u: Vec<f64> = table.row(row).collect();
                self.ln_det -= w.ln();
                add_outer(&u, w, &mut current);
            } else if !block_done[block_of[row]] {
                block_done[block_of[row]] = true;
                let block = &sampling.blocks()[block_of[row]];
                let m = block.rows.len();
                let mut l = block.v.clone();
                self.ln_det += super::dense::factor(&mut l, m)?;
                let mut z: Vec<f64> = block.rows.iter().flat_map(|&row| table.row(row)).collect();
                super::dense::forward(&l, m, &mut z, c);
                z.chunks_exact(c)
                    .for_each(|row| add_outer(row, 1.0, &mut current));
            }
            if ends[at] > 0 {
                moments.extend_from_slice(&current);
                current.fill(0.0);
                self.closes.push(ends[at]);
            }
        }
        self.leaves = Leaves::Fixed { moments };
        Some(())
    }

    /// Fills the moments at the standard deviations `theta`.
    pub fn moments(&self, theta: &[f64], derivatives: bool, out: &mut Moments) {
        let depth = self.parameter.len();
        let mut stack = Stack::new(self.columns, depth, derivatives);
        let t: Vec<f64> = self.parameter.iter().map(|&p| theta[p] * theta[p]).collect();
        match &self.leaves {
            Leaves::Single { lambda, u } => {
                for ((at, lambda), u) in lambda.iter().enumerate().zip(u.chunks_exact(self.columns)) {
                    stack.add_single(depth - 1, *lambda + t[depth - 1], u);
                    stack.close(depth - 1, self.closes[at], &t);
                }
            }
            Leaves::Fixed { moments } => {
                let width = stack.width - 1;
                for (at, leaf) in moments.chunks_exact(width).enumerate() {
                    stack.add_fixed(depth, leaf);
                    stack.close(depth, self.closes[at], &t);
                }
            }
        }
        stack.finish(self, theta, derivatives, out);
    }
}

/// Accumulated moments of the open group of each level, level 0 the whole.
struct Stack {
    columns: usize,
    depth: usize,
    width: usize,
    derivatives: bool,
    /// Per level: value, `depth` first, `depth (depth + 1)/2` second derivatives.
    levels: Vec<Vec<f64>>,
    /// Product of pivots whose logarithm is still to be added.
    pivots: f64,
    ln_det: f64,
    slopes: Vec<f64>,
    adjusted: Vec<f64>,
    s: Vec<f64>,
}

impl Stack {
    fn new(columns: usize, depth: usize, derivatives: bool) -> Self {
        let width = columns * (columns + 1) / 2 + 1;
        let size = if derivatives {
            width * (1 + depth + depth * (depth + 1) / 2)
        } else {
            width
        };
        Stack {
            columns,
            depth,
            width,
            derivatives,
            levels: vec![vec![0.0; size]; depth + 1],
            pivots: 1.0,
            ln_det: 0.0,
            slopes: vec![0.0; columns * depth],
            adjusted: vec![0.0; width],
            s: vec![0.0; columns],
        }
    }

    fn pivot(&mut self, x: f64) {
        self.pivots *= x;
        if !(1e-200..=1e200).contains(&self.pivots) {
            self.ln_det += self.pivots.ln();
            self.pivots = 1.0;
        }
    }

    /// An effect of variance `total` = sampling variance + component of the lowest level.
    fn add_single(&mut self, level: usize, total: f64, u: &[f64]) {
        let (width, depth) = (self.width, self.depth);
        let w = 1.0 / total;
        self.pivot(total);
        let acc = &mut self.levels[level];
        if !self.derivatives {
            if let (&[a, b], [aa, ab, bb, ..]) = (u, acc.as_mut_slice()) {
                // an intercept alone, written out
                let (wa, wb) = (w * a, w * b);
                *aa += wa * a;
                *ab += wa * b;
                *bb += wb * b;
                return;
            }
            let mut k = 0;
            for i in 0..u.len() {
                let x = w * u[i];
                for y in &u[..=i] {
                    acc[k] += x * y;
                    k += 1;
                }
            }
            return;
        }
        let own = depth - 1;
        let (first, second) = ((1 + own) * width, (1 + depth + pair(own, own)) * width);
        let (w2, w3) = (-w * w, 2.0 * w * w * w);
        if let &[a, b] = u {
            let products = [a * a, a * b, b * b];
            for (k, x) in products.into_iter().enumerate() {
                acc[k] += w * x;
                acc[first + k] += w2 * x;
                acc[second + k] += w3 * x;
            }
            acc[first + 3] += w;
            acc[second + 3] += w2;
            return;
        }
        let mut k = 0;
        for i in 0..u.len() {
            for y in &u[..=i] {
                let x = u[i] * y;
                acc[k] += w * x;
                acc[first + k] += w2 * x;
                acc[second + k] += w3 * x;
                k += 1;
            }
        }
        acc[first + k] += w;
        acc[second + k] += w2;
    }

    fn add_fixed(&mut self, level: usize, leaf: &[f64]) {
        self.levels[level].iter_mut().zip(leaf).for_each(|(a, x)| *a += x);
    }

    /// Ends the groups of the `count` lowest levels up from `level`.
    fn close(&mut self, level: usize, count: u8, t: &[f64]) {
        for step in 0..usize::from(count) {
            let level = level - step;
            self.collapse(level, t[level - 1]);
        }
    }

    fn collapse(&mut self, level: usize, t: f64) {
        let (c, width, depth) = (self.columns, self.width, self.depth);
        let own = level - 1;
        let (parents, rest) = self.levels.split_at_mut(level);
        let (Some(parent), Some(acc)) = (parents.last_mut(), rest.first_mut()) else {
            return;
        };
        let s1 = acc[0];
        let d = 1.0 + t * s1;
        let (f, shrink) = (t / d, 1.0 / d);
        self.pivots *= d;
        if let ([s11, s12, s22, _], [p11, p12, p22, ..], false) =
            (acc.as_mut_slice(), parent.as_mut_slice(), self.derivatives)
        {
            // an intercept alone, written out
            let (a, b) = (*s11, *s12);
            *p11 += a - f * a * a;
            *p12 += b - f * a * b;
            *p22 += *s22 - f * b * b;
            (*s11, *s12, *s22) = (0.0, 0.0, 0.0);
            if !(1e-200..=1e200).contains(&self.pivots) {
                self.ln_det += self.pivots.ln();
                self.pivots = 1.0;
            }
            return;
        }
        for u in 0..c {
            self.s[u] = acc[packed(u, 0)];
        }
        let s = &self.s;
        let mut k = 0;
        for u in 0..c {
            for w in 0..=u {
                parent[k] += acc[k] - f * s[u] * s[w];
                k += 1;
            }
        }
        if self.derivatives {
            let nc = width - 1;
            let at = |i: usize, j: usize| (1 + depth + pair(i, j)) * width;
            let s1_new = s1 * shrink;
            let (first, second) = ((1 + own) * width, at(own, own));
            let mut k = 0;
            for u in 0..c {
                for w in 0..=u {
                    let x = s[u] * s[w] * shrink * shrink;
                    parent[first + k] -= x;
                    parent[second + k] += 2.0 * s1_new * x;
                    k += 1;
                }
            }
            parent[first + nc] += s1_new;
            parent[second + nc] -= s1_new * s1_new;
            for j in level..depth {
                let row = &acc[(1 + j) * width..(2 + j) * width];
                let row1 = row[0];
                for u in 0..c {
                    self.slopes[j * c + u] = row[packed(u, 0)] - f * s[u] * row1;
                }
                // S'_j
                let mut k = 0;
                for u in 0..c {
                    for w in 0..=u {
                        let (bu, bw) = (f * s[u], f * s[w]);
                        self.adjusted[k] =
                            row[k] - bu * row[packed(w, 0)] - bw * row[packed(u, 0)] + bu * bw * row1;
                        k += 1;
                    }
                }
                let cross = at(own, j);
                let target = (1 + j) * width;
                let mut k = 0;
                for u in 0..c {
                    for w in 0..=u {
                        let (su, sw) = (self.adjusted[packed(u, 0)], self.adjusted[packed(w, 0)]);
                        parent[target + k] += self.adjusted[k];
                        parent[cross + k] -= shrink * (su * s[w] + s[u] * sw);
                        k += 1;
                    }
                }
                parent[target + nc] += row[nc] + f * row1;
                parent[cross + nc] += self.adjusted[0];
                for i in level..=j {
                    let row = &acc[at(i, j)..at(i, j) + width];
                    let target = at(i, j);
                    let (bi, bj) = (&self.slopes[i * c..(i + 1) * c], &self.slopes[j * c..(j + 1) * c]);
                    let mut k = 0;
                    for u in 0..c {
                        for w in 0..=u {
                            let (bu, bw) = (f * s[u], f * s[w]);
                            parent[target + k] += row[k] - bu * row[packed(w, 0)] - bw * row[packed(u, 0)]
                                + bu * bw * row[0]
                                - f * (bi[u] * bj[w] + bi[w] * bj[u]);
                            k += 1;
                        }
                    }
                    let (i1, j1) = (acc[(1 + i) * width], acc[(1 + j) * width]);
                    parent[target + nc] += row[nc] + f * row[0] - f * f * i1 * j1;
                }
            }
        }
        acc.fill(0.0);
        if !(1e-200..=1e200).contains(&self.pivots) {
            self.ln_det += self.pivots.ln();
            self.pivots = 1.0;
        }
    }

    /// From variances in the order of levels to standard deviations in the order of parameters, and to [X y].
    fn finish(self, nested: &Nested, theta: &[f64], derivatives: bool, out: &mut Moments) {
        let whole = &self.levels[0];
        let (width, last) = (self.width, out.width - 1);
        let columns = nested.place.len();
        let copy = |from: &[f64], by: f64, to: &mut [f64]| {
            for i in 0..columns {
                for j in 0..=i {
                    to[packed(i, j)] += by * from[packed(nested.place[i], nested.place[j])];
                }
            }
            to[last] += by * from[width - 1];
        };
        out.clear();
        copy(&whole[..width], 1.0, &mut out.data[..last + 1]);
        out.data[last] = nested.ln_det + self.ln_det + self.pivots.ln();
        if !derivatives {
            return;
        }
        for j in 0..self.depth {
            let (pj, row) = (nested.parameter[j], &whole[(1 + j) * width..(2 + j) * width]);
            copy(row, 2.0 * theta[pj], out.first_mut(pj));
            copy(row, 2.0, out.second_mut(pj, pj));
            for i in 0..=j {
                let pi = nested.parameter[i];
                let at = (1 + self.depth + pair(i, j)) * width;
                copy(
                    &whole[at..at + width],
                    4.0 * theta[pi] * theta[pj],
                    out.second_mut(pi, pj),
                );
            }
        }
    }
}

/// Rows of [1 X y] from rows of [X y].
struct Table<'a> {
    u: &'a [f64],
    given: usize,
    constant: bool,
    columns: usize,
    place: Vec<usize>,
}

impl<'a> Table<'a> {
    fn new(u: &'a [f64], given: usize, constant: bool) -> Self {
        let shift = usize::from(!constant);
        Table {
            u,
            given,
            constant,
            columns: given + shift,
            place: (shift..given + shift).collect(),
        }
    }

    fn row(&self, row: usize) -> impl Iterator<Item = f64> + use<'a> {
        let own = &self.u[row * self.given..(row + 1) * self.given];
        let one = (!self.constant).then_some(1.0);
        one.into_iter().chain(own.iter().copied())
    }
}

fn add_outer(u: &[f64], w: f64, to: &mut [f64]) {
    let mut k = 0;
    for i in 0..u.len() {
        for y in &u[..=i] {
            to[k] += w * u[i] * y;
            k += 1;
        }
    }
}

/// Whether each group of `fine` lies within one group of `coarse`.
pub(crate) fn is_nested(coarse: &Random, fine: &Random) -> bool {
    let mut parent = vec![usize::MAX; fine.groups];
    fine.group.iter().zip(&coarse.group).all(|(&f, &c)| {
        if parent[f] == usize::MAX {
            parent[f] = c;
        }
        parent[f] == c
    })
}

/// Rows in the order of their groups, by counting sort from the finest to the coarsest.
fn sorted_rows(n: usize, levels: &[&Random]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n).collect();
    for level in levels.iter().rev() {
        let mut start = vec![0_usize; level.groups + 1];
        level.group.iter().for_each(|&g| start[g + 1] += 1);
        for g in 0..level.groups {
            start[g + 1] += start[g];
        }
        let mut next = vec![0; n];
        for &row in &rows {
            let g = level.group[row];
            next[start[g]] = row;
            start[g] += 1;
        }
        rows = next;
    }
    rows
}

/// After each row, how many levels end.
fn closes(rows: &[usize], levels: &[&Random]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len());
    for (at, &row) in rows.iter().enumerate() {
        let next = rows.get(at + 1);
        let ends = levels
            .iter()
            .filter(|level| next.is_none_or(|&next| level.group[next] != level.group[row]))
            .count();
        out.push(ends as u8);
    }
    out
}

fn block_index(sampling: &Sampling) -> Vec<usize> {
    let mut index = vec![0; sampling.n()];
    for (number, block) in sampling.blocks().iter().enumerate() {
        block.rows.iter().for_each(|&row| index[row] = number);
    }
    index
}
