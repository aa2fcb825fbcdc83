//! Cluster-robust standard errors CR0 to CR3 with Satterthwaite degrees of freedom, and the HTZ Wald test.

use super::MultilevelError;
use super::dense::{backward, connected, factor, forward, invert};
use super::fit::Multilevel;
use super::random::numbered;
use super::sampling::check_length;
use crate::pool::Estimate;
use crate::regress::{Coefficient, JointTest};
use onset_math::fisher_f;
use onset_math::linalg::{Cholesky, Matrix, lu_solve, symmetric_eigen};

/// Small-sample adjustment of the residuals of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RobustType {
    /// None.
    Cr0,
    /// All by sqrt(m/(m - 1)), m clusters.
    Cr1,
    /// Unbiased under the working model (bias-reduced linearisation).
    #[default]
    Cr2,
    /// Close to leaving each cluster out (jackknife).
    Cr3,
}

impl RobustType {
    /// Every type with its code.
    pub const ALL: [(RobustType, &'static str); 4] = [
        (RobustType::Cr0, "CR0"),
        (RobustType::Cr1, "CR1"),
        (RobustType::Cr2, "CR2"),
        (RobustType::Cr3, "CR3"),
    ];

    /// Code.
    pub fn code(self) -> &'static str {
        let found = RobustType::ALL.iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, code)| code)
    }

    /// The type of a code, whatever its case.
    pub fn from_code(code: &str) -> Option<RobustType> {
        let found = RobustType::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(code));
        found.map(|(kind, _)| *kind)
    }
}

/// Cluster-robust inference beside a model.
#[derive(Debug, Clone)]
pub struct Robust {
    /// Adjustment.
    pub kind: RobustType,
    /// Number of clusters.
    pub clusters: usize,
    /// Coefficients with robust standard errors and t quantiles with Satterthwaite df.
    pub coefficients: Vec<Coefficient>,
    /// Robust covariance of the coefficients.
    pub covariance: Matrix,
    pub(crate) parts: Vec<ClusterPart>,
    pub(crate) beta: Vec<f64>,
    /// (X'M^-1 X)^-1.
    pub(crate) bread: Matrix,
}

/// What one cluster adds; p x p each.
#[derive(Debug, Clone)]
pub(crate) struct ClusterPart {
    /// G'e, G = A'W X (X'WX)^-1, e the residuals.
    pub score: Vec<f64>,
    /// G'M G.
    pub spread: Matrix,
    /// X'G.
    pub reach: Matrix,
    /// (X'WX)^-1 X'W X and G'X of the cluster, for the bootstrap.
    pub own: Matrix,
    /// (X'WX)^-1 X'W e.
    pub shift: Vec<f64>,
}

impl Multilevel {
    /// Cluster-robust covariance of the coefficients, with the fitted M as working model.
    ///
    /// # Formula
    /// V = B (sum X_i'W_i A_i e_i e_i'A_i'W_i X_i) B with B = (X'WX)^-1, W = M^-1. CR0: A = I; CR1: sqrt(m/(m - 1)) I;
    /// CR2: A = L (L'(M_i - X_i B X_i')L)^(-1/2) L', M_i = L L'; CR3: A = (I - X_i B X_i'W_i)^-1. The df of a
    /// coefficient are 2 E^2/Var of its variance under the working model (Satterthwaite).
    /// # Inputs
    /// `cluster`: a label for each effect; M may not reach across clusters.
    /// # Errors
    /// `UnequalLengths`, `TooFewClusters`, `ClustersCut`, `ClusterCarriesCoefficient` (CR3), `NotFinite`.
    /// # Source
    /// Bell & McCaffrey 2002, Surv Methodol 28:169; Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672.
    pub fn robust<T: Ord + ToString>(
        &self,
        cluster: &[T],
        kind: RobustType,
    ) -> Result<Robust, MultilevelError> {
        check_length("the clusters", cluster.len(), self.k)?;
        let (ids, labels) = numbered(cluster);
        let m = labels.len();
        if m < 2 {
            return Err(MultilevelError::TooFewClusters { found: m });
        }
        self.check_clusters(&ids)?;
        let mut members = vec![Vec::new(); m];
        ids.iter()
            .enumerate()
            .for_each(|(row, &id)| members[id].push(row));
        let g = self.model.covariances(&self.theta);
        let beta: Vec<f64> = self.coefficients.iter().map(|c| c.estimate.estimate).collect();
        let mut parts = Vec::with_capacity(m);
        for (index, rows) in members.iter().enumerate() {
            parts.push(self.part(&g, rows, &beta, kind, m, index)?);
        }
        let p = self.p;
        let mut covariance = Matrix::zeros(p, p);
        for part in &parts {
            for i in 0..p {
                for j in 0..p {
                    covariance[(i, j)] += part.score[i] * part.score[j];
                }
            }
        }
        let df = satterthwaite(&parts, &self.covariance);
        let coefficients = (0..p).map(|i| Coefficient {
            name: self.coefficients[i].name.clone(),
            estimate: Estimate::new(beta[i], covariance[(i, i)].sqrt(), Some(df[i]), self.level),
        });
        let coefficients: Vec<Coefficient> = coefficients.collect();
        let sound = |c: &Coefficient| {
            c.estimate.standard_error.is_finite() && c.estimate.df.is_some_and(|df| df > 0.0)
        };
        if !coefficients.iter().all(sound) {
            let quantity = "a robust standard error";
            return Err(MultilevelError::NotFinite { quantity });
        }
        Ok(Robust {
            kind,
            clusters: m,
            coefficients,
            covariance,
            parts,
            beta,
            bread: self.covariance.clone(),
        })
    }

    /// Whether M is zero across clusters.
    fn check_clusters(&self, ids: &[usize]) -> Result<(), MultilevelError> {
        let cut = |rows: &Vec<usize>| rows.iter().any(|&row| ids[row] != ids[rows[0]]);
        if !connected(&self.model.sampling, &self.model.random)
            .iter()
            .any(cut)
        {
            return Ok(());
        }
        let crossing = self.model.random.iter().find(|effect| {
            let mut home = vec![usize::MAX; effect.groups];
            effect.group.iter().zip(ids).any(|(&group, &id)| {
                if home[group] == usize::MAX {
                    home[group] = id;
                }
                home[group] != id
            })
        });
        let name = crossing
            .map_or("the sampling covariance", |effect| &effect.name)
            .to_owned();
        Err(MultilevelError::ClustersCut { name })
    }

    fn part(
        &self,
        g: &[Vec<f64>],
        rows: &[usize],
        beta: &[f64],
        kind: RobustType,
        clusters: usize,
        index: usize,
    ) -> Result<ClusterPart, MultilevelError> {
        let (m, p) = (rows.len(), self.p);
        let not_finite = MultilevelError::NotFinite {
            quantity: "the working covariance of a cluster",
        };
        let marginal = self.model.marginal(g, rows);
        let mut l = marginal.clone();
        factor(&mut l, m).ok_or(not_finite)?;
        let x: Vec<f64> = rows
            .iter()
            .flat_map(|&row| self.model.design.row(row).to_vec())
            .collect();
        let residual: Vec<f64> = rows
            .iter()
            .map(|&row| {
                let fitted: f64 = self
                    .model
                    .design
                    .row(row)
                    .iter()
                    .zip(beta)
                    .map(|(x, b)| x * b)
                    .sum();
                self.model.y[row] - fitted
            })
            .collect();
        let mut wx = x.clone();
        forward(&l, m, &mut wx, p);
        backward(&l, m, &mut wx, p);
        let bread = &self.covariance;
        // W X B
        let wxb = times(&wx, bread.as_slice(), m, p, p);
        let adjusted = match kind {
            RobustType::Cr0 => wxb.clone(),
            RobustType::Cr1 => {
                let scale = (clusters as f64 / (clusters as f64 - 1.0)).sqrt();
                wxb.iter().map(|x| x * scale).collect()
            }
            RobustType::Cr2 => cr2(&marginal, &l, &x, bread, &wxb, m),
            RobustType::Cr3 => {
                let cluster = index + 1;
                cr3(&x, &wxb, m, p).ok_or(MultilevelError::ClusterCarriesCoefficient { cluster })?
            }
        };
        let spread = times(&marginal, &adjusted, m, m, p);
        Ok(ClusterPart {
            score: gram(&adjusted, &residual, m, p, 1).as_slice().to_vec(),
            spread: gram(&adjusted, &spread, m, p, p),
            reach: gram(&x, &adjusted, m, p, p),
            own: gram(&wxb, &x, m, p, p),
            shift: gram(&wxb, &residual, m, p, 1).as_slice().to_vec(),
        })
    }
}

/// A'W X B = L B^(-1/2) L' (W X B); eigenvalues that are rounding are left out.
fn cr2(marginal: &[f64], l: &[f64], x: &[f64], bread: &Matrix, wxb: &[f64], m: usize) -> Vec<f64> {
    let p = bread.rows();
    if m == 1 {
        let hat: f64 = x.iter().zip(wxb).map(|(x, w)| x * w).sum();
        let rest = 1.0 - hat;
        let scale = if rest > RANK { 1.0 / rest.sqrt() } else { 0.0 };
        return wxb.iter().map(|w| w * scale).collect();
    }
    let xb = times(x, bread.as_slice(), m, p, p);
    let mut inner = marginal.to_vec();
    for i in 0..m {
        for j in 0..m {
            let hat: f64 = (0..p).map(|k| xb[i * p + k] * x[j * p + k]).sum();
            inner[i * m + j] -= hat;
        }
    }
    // L' inner L: only the lower triangle of l is the factor
    let lower = |i: usize, j: usize| if j <= i { l[i * m + j] } else { 0.0 };
    let mut half = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..m {
            half[i * m + j] = (j..m).map(|k| inner[i * m + k] * lower(k, j)).sum();
        }
    }
    let whole = Matrix::from_fn(m, m, |i, j| (i..m).map(|k| lower(k, i) * half[k * m + j]).sum());
    let Some(eigen) = symmetric_eigen(&whole) else {
        return vec![f64::NAN; m * p];
    };
    let largest = eigen.values.last().copied().unwrap_or(0.0);
    // L'(W X B)
    let mut right = vec![0.0; m * p];
    for i in 0..m {
        for k in i..m {
            for c in 0..p {
                right[i * p + c] += lower(k, i) * wxb[k * p + c];
            }
        }
    }
    let mut root = vec![0.0; m * p];
    for (e, value) in eigen.values.iter().enumerate() {
        if *value <= RANK * largest {
            continue;
        }
        let scale = 1.0 / value.sqrt();
        for c in 0..p {
            let along: f64 = (0..m).map(|i| eigen.vectors[(i, e)] * right[i * p + c]).sum();
            (0..m).for_each(|i| root[i * p + c] += scale * along * eigen.vectors[(i, e)]);
        }
    }
    let mut out = vec![0.0; m * p];
    for i in 0..m {
        for k in 0..=i {
            for c in 0..p {
                out[i * p + c] += lower(i, k) * root[k * p + c];
            }
        }
    }
    out
}

/// Eigenvalues below this share of the largest count as zero: rounding of a matrix that loses rank where a cluster
/// alone carries a coefficient.
const RANK: f64 = 1e-11;

/// A'W X B with A = (I - X B X'W)^-1: W X B (I - X'W X B)^-1, p x p instead of m x m.
fn cr3(x: &[f64], wxb: &[f64], m: usize, p: usize) -> Option<Vec<f64>> {
    let own = gram(x, wxb, m, p, p);
    let rest = Matrix::identity(p).sub(&own);
    // columns of (I - X'WXB)^-1
    let eigen = onset_math::linalg::svd(&rest)?;
    if eigen.values.last().copied().unwrap_or(0.0) <= 1e-9 {
        return None;
    }
    let mut inverse = vec![0.0; p * p];
    for j in 0..p {
        let mut unit = vec![0.0; p];
        unit[j] = 1.0;
        let column = lu_solve(&rest, &unit)?;
        (0..p).for_each(|i| inverse[i * p + j] = column[i]);
    }
    Some(times(wxb, &inverse, m, p, p))
}

/// a (r x k) times b (k x c).
fn times(a: &[f64], b: &[f64], r: usize, k: usize, c: usize) -> Vec<f64> {
    let mut out = vec![0.0; r * c];
    for i in 0..r {
        for l in 0..k {
            let x = a[i * k + l];
            for j in 0..c {
                out[i * c + j] += x * b[l * c + j];
            }
        }
    }
    out
}

/// a'b for m rows of p and of c numbers.
fn gram(a: &[f64], b: &[f64], m: usize, p: usize, c: usize) -> Matrix {
    let mut out = Matrix::zeros(p, c);
    for row in 0..m {
        for i in 0..p {
            for j in 0..c {
                out[(i, j)] += a[row * p + i] * b[row * c + j];
            }
        }
    }
    out
}

/// Degrees of freedom of each coefficient: (sum P_ii)^2 / sum P_ij^2, P_ij = [i = j] g_i'M g_i - h_i'B h_j.
fn satterthwaite(parts: &[ClusterPart], bread: &Matrix) -> Vec<f64> {
    let p = bread.rows();
    (0..p)
        .map(|c| {
            let mut trace = 0.0;
            let mut square = 0.0;
            let mut sum = Matrix::zeros(p, p);
            for part in parts {
                let h = part.reach.col(c);
                let (a, hat) = (part.spread[(c, c)], bread.quadratic(&h));
                trace += a - hat;
                square += a * a - 2.0 * a * hat;
                for i in 0..p {
                    for j in 0..p {
                        sum[(i, j)] += h[i] * h[j];
                    }
                }
            }
            let turned = bread.mul(&sum);
            for i in 0..p {
                for j in 0..p {
                    square += turned[(i, j)] * turned[(j, i)];
                }
            }
            trace * trace / square
        })
        .collect()
}

impl Robust {
    /// Joint test of the contrasts `rows` (each of p numbers): all are 0.
    ///
    /// # Formula
    /// Q = (C b)'(C V C')^-1 C b; F = Q (eta - q + 1)/(eta q) on q and eta - q + 1 df, where
    /// eta = q(q + 1)/sum Var(d_st) and d is C V C' standardised by its expectation under the working model. One
    /// contrast gives the square of its t test with Satterthwaite df.
    /// # Errors
    /// `BadContrast`; `NotFinite` when eta is not above q - 1.
    /// # Source
    /// Tipton & Pustejovsky 2015, J Educ Behav Stat 40:604 (approximate Hotelling T2, the Zhang form).
    pub fn wald_htz(&self, rows: &[Vec<f64>]) -> Result<JointTest, MultilevelError> {
        let (p, q) = (self.beta.len(), rows.len());
        let bad = MultilevelError::BadContrast { needed: p };
        if q == 0 || q > p || rows.iter().any(|row| row.len() != p) {
            return Err(bad);
        }
        let c = Matrix::from_rows(rows);
        let ct = c.transpose();
        let estimate = c.mul_vec(&self.beta);
        let variance = c.mul(&self.covariance).mul(&ct);
        let statistic = Cholesky::new(&variance).ok_or(bad.clone())?.solve_vec(&estimate);
        let statistic: f64 = statistic.iter().zip(&estimate).map(|(a, b)| a * b).sum();
        // C G'M G C' and X'G C' of each cluster, standardised
        let mut expected = Matrix::zeros(q, q);
        let mut turned = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let spread = c.mul(&part.spread).mul(&ct);
            let reach = part.reach.mul(&ct);
            expected = expected.add(&spread.sub(&reach.transpose().mul(&self.bread).mul(&reach)));
            turned.push((spread, reach));
        }
        let eigen = symmetric_eigen(&expected).ok_or(bad.clone())?;
        if eigen.values.first().copied().unwrap_or(0.0) <= 0.0 {
            return Err(bad);
        }
        let root = Matrix::from_fn(q, q, |i, j| {
            (0..q)
                .map(|e| eigen.vectors[(i, e)] * eigen.vectors[(j, e)] / eigen.values[e].sqrt())
                .sum()
        });
        for (spread, reach) in &mut turned {
            *spread = root.mul(spread).mul(&root);
            *reach = reach.mul(&root);
        }
        let mut total = 0.0;
        for (i, (spread, left)) in turned.iter().enumerate() {
            let half = left.transpose().mul(&self.bread);
            for (j, (_, right)) in turned.iter().enumerate() {
                let mut between = half.mul(right).scale(-1.0);
                if i == j {
                    between = between.add(spread);
                }
                let trace = between.trace();
                total += trace * trace + between.mul(&between).trace();
            }
        }
        let q = q as f64;
        let eta = q * (q + 1.0) / total;
        let df2 = eta - q + 1.0;
        if !(df2 > 0.0 && statistic.is_finite()) {
            let quantity = "the HTZ test";
            return Err(MultilevelError::NotFinite { quantity });
        }
        let value = statistic * df2 / (eta * q);
        Ok(JointTest {
            value,
            df1: q,
            df2: Some(df2),
            p: fisher_f::sf(value, q, df2),
        })
    }

    /// Number of coefficients but the intercept, as contrasts.
    pub fn moderator_contrasts(&self, has_intercept: bool) -> Vec<Vec<f64>> {
        let p = self.beta.len();
        (usize::from(has_intercept)..p)
            .map(|i| (0..p).map(|j| f64::from(u8::from(i == j))).collect())
            .collect()
    }
}

/// The inverse of M of the effects `rows`, row-major; for diagnostics.
pub(crate) fn inverse_marginal(marginal: &[f64], m: usize) -> Option<Vec<f64>> {
    let mut l = marginal.to_vec();
    factor(&mut l, m)?;
    let mut out = Vec::new();
    invert(&l, m, &mut out);
    Some(out)
}
