//! The known covariance of sampling errors: block-diagonal, given or built from a working correlation.

use super::MultilevelError;
use onset_math::linalg::{Cholesky, Matrix};
use std::collections::BTreeMap;

/// Rows whose sampling errors are correlated, and their covariance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    /// Effects, ascending.
    pub rows: Vec<usize>,
    /// Covariance, row-major.
    pub v: Vec<f64>,
}

/// Sampling covariance of n effects: variances, and blocks of effects with correlated errors.
///
/// Every block is positive definite.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    diagonal: Vec<f64>,
    blocks: Vec<Block>,
    /// Block of a row; empty when there are no blocks.
    block_of: Vec<Option<usize>>,
}

impl Sampling {
    /// Independent errors with variances `v`, each above 0.
    ///
    /// # Errors
    /// `BadCovariance`.
    pub fn independent(v: &[f64]) -> Result<Self, MultilevelError> {
        check_variances(v)?;
        Ok(Sampling {
            diagonal: v.to_vec(),
            blocks: Vec::new(),
            block_of: Vec::new(),
        })
    }

    /// One correlation within clusters: Cov(i, j) = rho sqrt(v_i v_j).
    ///
    /// # Errors
    /// `UnequalLengths`, `BadCovariance`, `BadCorrelation` (rho within (-1, 1)), `NotPositiveDefinite`
    /// (rho at or below -1/(m - 1) for a cluster of m).
    ///
    /// # Source
    /// Hedges, Tipton & Johnson 2010, Res Synth Methods 1:39; Pustejovsky & Tipton 2022, Prev Sci 23:425.
    ///
    /// ```
    /// use onset_models::multilevel::Sampling;
    /// let v = Sampling::constant(&[0.04, 0.09, 0.01], &["a", "a", "b"], 0.5).unwrap();
    /// assert!((v.covariance(0, 1) - 0.03).abs() < 1e-15);
    /// assert_eq!(v.covariance(0, 2), 0.0);
    /// ```
    pub fn constant<T: Ord>(v: &[f64], cluster: &[T], rho: f64) -> Result<Self, MultilevelError> {
        check_correlation("rho", rho, -1.0, "between -1 and 1")?;
        Sampling::correlated(v, cluster, |_, _| rho)
    }

    /// Correlation that falls with time within clusters: Cov(i, j) = phi^|t_i - t_j| sqrt(v_i v_j).
    ///
    /// # Errors
    /// As [`Sampling::constant`]; phi lies within [0, 1). Two effects of a cluster at one time are refused
    /// (`NotPositiveDefinite`).
    ///
    /// # Source
    /// Ishak et al. 2007, Stat Med 26:4531.
    pub fn autoregressive<T: Ord>(
        v: &[f64],
        cluster: &[T],
        time: &[f64],
        phi: f64,
    ) -> Result<Self, MultilevelError> {
        check_correlation("phi", phi, 0.0, "between 0 and 1 (1 excluded)")?;
        check_length("time", time.len(), v.len())?;
        Sampling::correlated(v, cluster, |i, j| phi.powf((time[i] - time[j]).abs()))
    }

    /// Any correlation `r(i, j)` of rows i < j of one cluster.
    ///
    /// # Errors
    /// `UnequalLengths`, `BadCovariance`, `NotPositiveDefinite`.
    pub fn correlated<T: Ord>(
        v: &[f64],
        cluster: &[T],
        r: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, MultilevelError> {
        check_variances(v)?;
        check_length("cluster", cluster.len(), v.len())?;
        let mut members: BTreeMap<&T, Vec<usize>> = BTreeMap::new();
        for (row, label) in cluster.iter().enumerate() {
            members.entry(label).or_default().push(row);
        }
        let several = members.into_values().filter(|rows| rows.len() > 1);
        let blocks = several.map(|rows| {
            let m = rows.len();
            let mut block = vec![0.0; m * m];
            for a in 0..m {
                block[a * m + a] = v[rows[a]];
                for b in 0..a {
                    let value = r(rows[b], rows[a]) * (v[rows[a]] * v[rows[b]]).sqrt();
                    block[a * m + b] = value;
                    block[b * m + a] = value;
                }
            }
            Block { rows, v: block }
        });
        Sampling::of_blocks(v, blocks.collect())
    }

    /// A whole covariance matrix, `n` rows of `n` numbers, row-major. Zeros tell the blocks apart.
    ///
    /// # Errors
    /// `UnequalLengths`, `BadCovariance`, `NotSymmetric` (beyond rounding: 1e-8 of sqrt(v_i v_j)),
    /// `NotPositiveDefinite`.
    pub fn matrix(n: usize, values: &[f64]) -> Result<Self, MultilevelError> {
        check_length("the covariance matrix", values.len(), n * n)?;
        for i in 0..n {
            for j in 0..n {
                let found = values[i * n + j];
                let (row, column) = (i + 1, j + 1);
                if !found.is_finite() || (i == j && found <= 0.0) {
                    let rule = if i == j {
                        "a variance must be above 0"
                    } else {
                        "a finite number is needed"
                    };
                    return Err(MultilevelError::BadCovariance {
                        row,
                        column,
                        found,
                        rule,
                    });
                }
            }
        }
        for i in 0..n {
            for j in 0..i {
                let (found, mirrored) = (values[i * n + j], values[j * n + i]);
                let size = (values[i * n + i] * values[j * n + j]).sqrt();
                if (found - mirrored).abs() > 1e-8 * size {
                    let (row, column) = (i + 1, j + 1);
                    return Err(MultilevelError::NotSymmetric {
                        row,
                        column,
                        found,
                        mirrored,
                    });
                }
            }
        }
        let diagonal: Vec<f64> = (0..n).map(|i| values[i * n + i]).collect();
        let mut parts = Parts::new(n);
        for i in 0..n {
            for j in 0..i {
                if values[i * n + j] != 0.0 || values[j * n + i] != 0.0 {
                    parts.join(i, j);
                }
            }
        }
        let several = parts.members().into_iter().filter(|rows| rows.len() > 1);
        let blocks = several.map(|rows| {
            let entry = |a: &usize, b: &usize| 0.5 * (values[a * n + b] + values[b * n + a]);
            let v = rows
                .iter()
                .flat_map(|a| rows.iter().map(move |b| entry(a, b)))
                .collect();
            Block { v, rows }
        });
        Sampling::of_blocks(&diagonal, blocks.collect())
    }

    fn of_blocks(diagonal: &[f64], blocks: Vec<Block>) -> Result<Self, MultilevelError> {
        let mut block_of = Vec::new();
        if !blocks.is_empty() {
            block_of = vec![None; diagonal.len()];
        }
        for (index, block) in blocks.iter().enumerate() {
            if Cholesky::new(&block.matrix()).is_none() {
                let rows = block.rows.clone();
                return Err(MultilevelError::NotPositiveDefinite { rows });
            }
            block.rows.iter().for_each(|&row| block_of[row] = Some(index));
        }
        Ok(Sampling {
            diagonal: diagonal.to_vec(),
            blocks,
            block_of,
        })
    }

    /// Number of effects.
    pub fn n(&self) -> usize {
        self.diagonal.len()
    }

    /// Sampling variances.
    pub fn variances(&self) -> &[f64] {
        &self.diagonal
    }

    /// Cov(i, j).
    pub fn covariance(&self, i: usize, j: usize) -> f64 {
        if i == j {
            return self.diagonal.get(i).copied().unwrap_or(0.0);
        }
        let block = |row: usize| self.block_of.get(row).copied().flatten();
        match (block(i), block(j)) {
            (Some(a), Some(b)) if a == b => {
                let block = &self.blocks[a];
                let place = |row| block.rows.binary_search(&row).unwrap_or(0);
                block.v[place(i) * block.rows.len() + place(j)]
            }
            _ => 0.0,
        }
    }

    /// The effects `rows`, in that order.
    pub(crate) fn select(&self, rows: &[usize]) -> Sampling {
        let mut new_place = vec![None; self.n()];
        for (new, &old) in rows.iter().enumerate() {
            new_place[old] = Some(new);
        }
        let mut block_of = Vec::new();
        if !self.blocks.is_empty() {
            block_of = vec![None; rows.len()];
        }
        let mut blocks = Vec::new();
        for block in &self.blocks {
            let mut kept: Vec<(usize, usize)> = block
                .rows
                .iter()
                .filter_map(|&old| Some((new_place[old]?, old)))
                .collect();
            kept.sort_unstable();
            if kept.len() < 2 {
                continue;
            }
            let v = kept
                .iter()
                .flat_map(|a| kept.iter().map(move |b| self.covariance(a.1, b.1)))
                .collect();
            let rows: Vec<usize> = kept.iter().map(|pair| pair.0).collect();
            rows.iter().for_each(|&row| block_of[row] = Some(blocks.len()));
            blocks.push(Block { rows, v });
        }
        Sampling {
            diagonal: rows.iter().map(|&row| self.diagonal[row]).collect(),
            blocks,
            block_of,
        }
    }

    /// Blocks of more than one effect.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Whether the effect stands in no block.
    pub(crate) fn is_single(&self, row: usize) -> bool {
        self.block_of.get(row).copied().flatten().is_none()
    }
}

impl Block {
    pub(crate) fn matrix(&self) -> Matrix {
        let m = self.rows.len();
        Matrix::from_fn(m, m, |i, j| self.v[i * m + j])
    }
}

pub(crate) fn check_length(what: &str, found: usize, needed: usize) -> Result<(), MultilevelError> {
    if found == needed {
        return Ok(());
    }
    let what = what.to_owned();
    Err(MultilevelError::UnequalLengths { what, found, needed })
}

fn check_variances(v: &[f64]) -> Result<(), MultilevelError> {
    match v.iter().position(|v| !(v.is_finite() && *v > 0.0)) {
        None => Ok(()),
        Some(i) => Err(MultilevelError::BadCovariance {
            row: i + 1,
            column: i + 1,
            found: v[i],
            rule: "a variance must be above 0",
        }),
    }
}

fn check_correlation(
    name: &'static str,
    found: f64,
    least: f64,
    range: &'static str,
) -> Result<(), MultilevelError> {
    if found.is_finite() && found >= least && found.abs() < 1.0 {
        Ok(())
    } else {
        Err(MultilevelError::BadCorrelation { name, found, range })
    }
}

/// Connected parts of n rows.
pub(crate) struct Parts {
    parent: Vec<usize>,
}

impl Parts {
    pub fn new(n: usize) -> Self {
        Parts {
            parent: (0..n).collect(),
        }
    }

    pub fn root(&mut self, row: usize) -> usize {
        let mut row = row;
        while self.parent[row] != row {
            self.parent[row] = self.parent[self.parent[row]];
            row = self.parent[row];
        }
        row
    }

    /// The smaller root stays, so that parts come in the order of their first row.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high] = low;
    }

    /// Rows of each part, ascending, in the order of the first rows.
    pub fn members(&mut self) -> Vec<Vec<usize>> {
        let n = self.parent.len();
        let mut place = vec![usize::MAX; n];
        let mut members: Vec<Vec<usize>> = Vec::new();
        for row in 0..n {
            let root = self.root(row);
            if place[root] == usize::MAX {
                place[root] = members.len();
                members.push(Vec::new());
            }
            members[place[root]].push(row);
        }
        members
    }
}
