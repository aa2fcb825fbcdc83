//! Any model that is linear and normal once tau is known: its coefficients over the nodes of tau.

use super::given_tau::{LARGE, Tail};
use super::marginal::{Marginal, Node};
use super::tau_posterior::TauPosterior;
use super::{BayesError, Summary, TauPrior};
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::random::Stream;

/// Independent rows y_i ~ N(x_i'beta, v_i + tau^2), and normal priors as rows without tau.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    p: usize,
    rows: Vec<Row>,
    /// Columns and values of all rows, one after the other.
    entries: Vec<(usize, f64)>,
    /// Rows of priors.
    known: usize,
    /// What the rows leave out of the log likelihood.
    pub ln_constant: f64,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    y: f64,
    v: f64,
    /// 1, or 0 for a prior.
    spread: f64,
    /// Where its entries end.
    end: usize,
}

/// The coefficients at one tau.
struct Given {
    mean: Vec<f64>,
    factor: Cholesky,
    ln_likelihood: f64,
    /// sum 1/(v + tau2)^2 over the studies' rows.
    sum_w2: f64,
}

impl Rows {
    /// No row yet, of `p` coefficients.
    pub fn new(p: usize) -> Self {
        Rows {
            p,
            rows: Vec::new(),
            entries: Vec::new(),
            known: 0,
            ln_constant: 0.0,
        }
    }

    /// What a study says: y ~ N(x'beta, v + tau^2).
    pub fn observe(&mut self, y: f64, v: f64, x: impl IntoIterator<Item = (usize, f64)>) {
        self.push(y, v, 1.0, x);
    }

    /// A normal prior: x'beta ~ N(mean, sd^2).
    pub fn suppose(&mut self, mean: f64, sd: f64, x: impl IntoIterator<Item = (usize, f64)>) {
        self.known += 1;
        self.push(mean, sd * sd, 0.0, x);
    }

    fn push(&mut self, y: f64, v: f64, spread: f64, x: impl IntoIterator<Item = (usize, f64)>) {
        self.entries.extend(x.into_iter().filter(|entry| entry.1 != 0.0));
        let end = self.entries.len();
        self.rows.push(Row { y, v, spread, end });
    }

    /// Rows of studies.
    pub fn observed(&self) -> usize {
        self.rows.len() - self.known
    }

    /// Log of the typical standard error of the studies' rows.
    fn centre(&self) -> f64 {
        let studies = self.rows.iter().filter(|row| row.spread > 0.0);
        let mut sorted: Vec<f64> = studies.map(|row| row.v).collect();
        sorted.sort_by(f64::total_cmp);
        0.5 * sorted.get(sorted.len() / 2).copied().unwrap_or(1.0).ln()
    }

    fn each(&self) -> impl Iterator<Item = (&Row, &[(usize, f64)])> {
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let entries = self.entries.get(start..row.end).unwrap_or(&[]);
            start = row.end;
            (row, entries)
        })
    }

    /// # Formula
    /// W = diag(1/(v + tau2)) with tau2 left out of the rows of priors, A = X'WX, beta ~ N(A^-1 X'Wy, A^-1),
    /// ln p(y|tau) = -1/2 ((rows - p) ln 2 pi + sum ln 1/w + ln det A + RSS_W).
    fn given(&self, tau2: f64) -> Option<Given> {
        let p = self.p;
        let mut a = Matrix::zeros(p, p);
        let mut b = vec![0.0; p];
        let (mut product, mut ln_product, mut sum_w2) = (1.0_f64, 0.0, 0.0);
        for (row, entries) in self.each() {
            let d = row.v + row.spread * tau2;
            let w = 1.0 / d;
            sum_w2 += row.spread * w * w;
            product *= d;
            if !(1.0 / LARGE..=LARGE).contains(&product) {
                ln_product += product.ln();
                product = 1.0;
            }
            for &(i, x) in entries {
                let wx = w * x;
                b[i] += wx * row.y;
                // the decomposition reads the lower triangle alone
                let line = a.row_mut(i);
                for &(j, z) in entries {
                    line[j] += wx * z;
                }
            }
        }
        let factor = Cholesky::new(&a)?;
        let mean = factor.solve_vec(&b);
        let mut rss = 0.0;
        for (row, entries) in self.each() {
            let fitted: f64 = entries.iter().map(|&(i, x)| x * mean[i]).sum();
            let rest = row.y - fitted;
            rss += rest * rest / (row.v + row.spread * tau2);
        }
        let free = self.rows.len() as f64 - p as f64;
        let ln_two_pi = (2.0 * std::f64::consts::PI).ln();
        let twice = free * ln_two_pi + ln_product + product.ln() + factor.ln_det() + rss;
        Some(Given {
            ln_likelihood: self.ln_constant - 0.5 * twice,
            mean,
            factor,
            sum_w2,
        })
    }
}

/// The coefficients at one node of tau.
struct At {
    mass: f64,
    /// Mass up to and with this node.
    upto: f64,
    tau2: f64,
    mean: Vec<f64>,
    covariance: Matrix,
    /// L of LL' = the inverse of the covariance.
    factor: Cholesky,
}

/// Posterior of tau and of the coefficients.
pub(crate) struct LinearPosterior {
    nodes: Vec<At>,
    tail: Tail,
    pub tau: Summary,
    /// Log of the marginal likelihood, where every prior is proper.
    pub ln_integral: f64,
}

impl LinearPosterior {
    /// `flat` coefficients have no prior.
    ///
    /// # Errors
    /// `NotFinite`; whether the posterior is proper must be known ([`super::check`]).
    pub fn new(rows: &Rows, prior: &TauPrior, flat: usize, level: f64) -> Result<Self, BayesError> {
        let tail = Tail::new(prior, rows.observed(), flat);
        let ln_density = |x: f64| {
            let tau = x.exp();
            rows.given(tau * tau).map_or(f64::NEG_INFINITY, |given| {
                prior.ln_density(x, tau, given.sum_w2) + given.ln_likelihood + x
            })
        };
        let upper = prior.upper().map(f64::ln);
        let posterior = TauPosterior::new(ln_density, rows.centre(), upper, tail.order())?;
        let mut upto = 0.0;
        let nodes = posterior.nodes.iter().filter_map(|node| {
            let tau2 = (2.0 * node.x).exp();
            let given = rows.given(tau2)?;
            upto += node.mass;
            Some(At {
                mass: node.mass,
                upto,
                tau2,
                mean: given.mean,
                covariance: given.factor.inverse(),
                factor: given.factor,
            })
        });
        Ok(LinearPosterior {
            nodes: nodes.collect(),
            tau: posterior.summary(&tail, level),
            ln_integral: posterior.ln_integral,
            tail,
        })
    }

    /// Quadrature nodes.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// c'beta + shift, `c` as columns and values; `bounded` where proper priors hold every coefficient in it.
    pub fn combination(&self, c: &[(usize, f64)], shift: f64, bounded: bool) -> Marginal<'_> {
        let node = |at: &At| {
            let mean = c.iter().map(|&(i, x)| x * at.mean[i]).sum();
            let across = |i: usize| c.iter().map(|&(j, z)| z * at.covariance[(i, j)]).sum::<f64>();
            Node {
                mass: at.mass,
                tau2: at.tau2,
                mean,
                variance: c.iter().map(|&(i, x)| x * across(i)).sum(),
            }
        };
        Marginal {
            nodes: self.nodes.iter().map(node).collect(),
            shift,
            tail: &self.tail,
            bounded,
        }
    }

    /// One draw of all coefficients: a node by its mass, then the normal distribution there.
    pub fn draw(&self, stream: &mut Stream, to: &mut [f64]) {
        let whole = self.nodes.last().map_or(1.0, |at| at.upto);
        let u = stream.uniform() * whole;
        let place = self.nodes.partition_point(|at| at.upto < u);
        to.iter_mut().for_each(|x| *x = stream.normal());
        if let Some(at) = self.nodes.get(place).or(self.nodes.last()) {
            at.factor.backward(to);
            to.iter_mut().zip(&at.mean).for_each(|(x, mean)| *x += mean);
        }
    }
}
