//! Contrasts of studies, checked and joined into a network.

use super::agreement::Agreement;
use super::error::NetworkError;
use onset_data::{Diagnostic, Warned};
use onset_math::linalg::{Cholesky, Matrix};
use std::collections::{BTreeMap, BTreeSet};

/// One comparison of one study: `treat1` minus `treat2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// Study.
    pub study: String,
    /// First treatment.
    pub treat1: String,
    /// Second treatment.
    pub treat2: String,
    /// Estimate on the analysis scale.
    pub y: f64,
    /// Standard error.
    pub se: f64,
}

/// One comparison of a study by the indices of its treatments, the lower first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Edge {
    pub(crate) a: usize,
    pub(crate) b: usize,
    /// a minus b.
    pub(crate) y: f64,
    pub(crate) v: f64,
}

/// A study: effects of its other arms against its first, with their covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    pub(crate) label: String,
    /// Treatments, ascending.
    pub(crate) arms: Vec<usize>,
    /// arms\[j + 1\] minus arms\[0\].
    pub(crate) y: Vec<f64>,
    pub(crate) v: Matrix,
    pub(crate) edges: Vec<Edge>,
    /// What rounding of the contrasts adds to Q.
    pub(crate) misfit: f64,
}

/// Studies and treatments, with the parts that are connected.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub(crate) treatments: Vec<String>,
    pub(crate) studies: Vec<Study>,
    /// Component of every treatment, numbered in the order of their first treatments.
    pub(crate) component: Vec<usize>,
    pub(crate) components: usize,
}

impl Network {
    /// Treatments in byte order.
    pub fn treatments(&self) -> &[String] {
        &self.treatments
    }

    /// Labels of studies, in the order of their first contrasts.
    pub fn study_labels(&self) -> impl Iterator<Item = &str> {
        self.studies.iter().map(|s| s.label.as_str())
    }

    /// Number of studies.
    pub fn k(&self) -> usize {
        self.studies.len()
    }

    /// Number of contrasts as given: n(n - 1)/2 of a study of n arms.
    pub fn m(&self) -> usize {
        self.studies.iter().map(|s| s.edges.len()).sum()
    }

    /// Studies with a treatment.
    pub fn studies_of(&self, treatment: usize) -> usize {
        let with = |study: &&Study| study.arms.binary_search(&treatment).is_ok();
        self.studies.iter().filter(with).count()
    }

    /// Number of separate parts.
    pub fn components(&self) -> usize {
        self.components
    }

    /// Part of a treatment.
    pub fn component(&self, treatment: usize) -> usize {
        self.component[treatment]
    }

    /// Studies of each compared pair, by the indices of its treatments.
    pub fn direct_studies(&self) -> BTreeMap<(usize, usize), usize> {
        let mut pairs = BTreeMap::new();
        for edge in self.studies.iter().flat_map(|s| &s.edges) {
            *pairs.entry((edge.a, edge.b)).or_insert(0) += 1;
        }
        pairs
    }

    /// Independent loops of evidence of each part: in how many ways studies that compare different sets
    /// of treatments can contradict each other. At 0 nothing can be inconsistent, although a study of
    /// several arms may close a loop in itself.
    ///
    /// # Formula
    /// sum over designs (sets of treatments compared by a study) of (arms - 1), minus (treatments - 1)
    /// # Source
    /// Higgins et al. 2012, Res Synth Methods 3:98 (degrees of freedom between designs).
    pub fn independent_loops_by_part(&self) -> Vec<usize> {
        let designs: BTreeSet<&[usize]> = self.studies.iter().map(|s| s.arms.as_slice()).collect();
        let mut loops = vec![0_usize; self.components];
        for arms in designs {
            if let Some(&first) = arms.first() {
                loops[self.component[first]] += arms.len() - 1;
            }
        }
        let mut first = vec![true; self.components];
        for &part in &self.component {
            if std::mem::replace(&mut first[part], false) {
                continue;
            }
            loops[part] = loops[part].saturating_sub(1);
        }
        loops
    }

    /// Independent loops of evidence in all parts together.
    pub fn independent_loops(&self) -> usize {
        self.independent_loops_by_part().iter().sum()
    }

    /// Whether the graph of compared pairs has a cycle, be it within one study of several arms.
    pub fn has_cycle(&self) -> bool {
        self.direct_studies().len() + self.components > self.treatments.len()
    }

    /// Checks contrasts and joins them.
    ///
    /// # Inputs
    /// Every study with n arms gives all n(n - 1)/2 contrasts. Estimates may disagree by 1 % of the
    /// study's largest, standard errors by 10 %, with a warning.
    /// # Formula
    /// cov(d_1i, d_1j) = (v_1i + v_1j - v_ij) / 2: exact for every number of arms. Contrasts that
    /// disagree are projected with the study's own weights.
    /// # Errors
    /// `NoStudies`, `BadNumber`, `RepeatedArm`, `RepeatedContrast`, `MissingContrast`,
    /// `EstimatesDisagree`, `ErrorsDisagree`.
    /// # Source
    /// Ruecker & Schwarzer 2014, Stat Med 33:4353, section 3 (several arms).
    pub fn new(contrasts: &[Contrast]) -> Result<Warned<Network>, NetworkError> {
        Network::build(contrasts, true)
    }

    /// As [`Network::new`], of contrasts computed from the same arms: standard errors that depend on
    /// the effect itself (SMD) may differ from sums over arms.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn from_arms(contrasts: &[Contrast]) -> Result<Warned<Network>, NetworkError> {
        Network::build(contrasts, false)
    }

    fn build(contrasts: &[Contrast], strict: bool) -> Result<Warned<Network>, NetworkError> {
        let names: BTreeSet<&str> = contrasts
            .iter()
            .flat_map(|c| [c.treat1.as_str(), c.treat2.as_str()])
            .collect();
        let index: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, &n)| (n, i)).collect();
        let treatments: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
        let mut order: Vec<&str> = Vec::new();
        let mut rows: BTreeMap<&str, Vec<Edge>> = BTreeMap::new();
        for c in contrasts {
            let (i, j) = (index[c.treat1.as_str()], index[c.treat2.as_str()]);
            if i == j {
                return Err(NetworkError::RepeatedArm {
                    study: c.study.clone(),
                    arm: c.treat1.clone(),
                });
            }
            let v = c.se * c.se;
            if !(c.y.is_finite() && v > 0.0 && v.is_finite() && c.se > 0.0 && (1.0 / v).is_finite()) {
                return Err(NetworkError::BadNumber {
                    study: c.study.clone(),
                    a: c.treat1.clone(),
                    b: c.treat2.clone(),
                });
            }
            let (a, b, y) = if i < j { (i, j, c.y) } else { (j, i, -c.y) };
            let known = rows.entry(c.study.as_str()).or_insert_with(|| {
                order.push(c.study.as_str());
                Vec::new()
            });
            if known.iter().any(|e| (e.a, e.b) == (a, b)) {
                return Err(NetworkError::RepeatedContrast {
                    study: c.study.clone(),
                    a: c.treat1.clone(),
                    b: c.treat2.clone(),
                });
            }
            known.push(Edge { a, b, y, v });
        }
        if order.is_empty() {
            return Err(NetworkError::NoStudies);
        }
        let mut warnings = Vec::new();
        let mut studies = Vec::with_capacity(order.len());
        for label in order {
            let edges = rows.remove(label).unwrap_or_default();
            studies.push(study(label, edges, &treatments, strict, &mut warnings)?);
        }
        let (component, components) = parts(treatments.len(), &studies);
        if components > 1 {
            let list: Vec<String> = (0..components)
                .map(|c| {
                    let of = |i: &usize| component[*i] == c;
                    let names: Vec<&str> = (0..treatments.len())
                        .filter(of)
                        .map(|i| treatments[i].as_str())
                        .collect();
                    names.join(", ")
                })
                .collect();
            warnings.push(Diagnostic::warning(
                "separate_components",
                format!(
                    "The network falls into {components} separate parts ({}); treatments of different parts cannot be compared",
                    list.join(" | ")
                ),
            ));
        }
        let network = Network {
            treatments,
            studies,
            component,
            components,
        };
        if network.independent_loops() == 0 && network.treatments.len() > 2 {
            let message = if network.has_cycle() {
                "No independent loop of comparisons: loops are closed only within studies of several arms, which agree with themselves, and inconsistency cannot be seen"
            } else {
                "No closed loop of comparisons: every comparison is only direct or only indirect, and inconsistency cannot be seen"
            };
            warnings.push(Diagnostic::note("no_loops", message));
        }
        Ok(Warned {
            value: network,
            warnings,
        })
    }
}

/// Joins the contrasts of one study.
fn study(
    label: &str,
    edges: Vec<Edge>,
    names: &[String],
    strict: bool,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Study, NetworkError> {
    let arms: Vec<usize> = edges
        .iter()
        .flat_map(|e| [e.a, e.b])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let n = arms.len();
    let find = |a: usize, b: usize| edges.iter().find(|e| (e.a, e.b) == (a, b)).copied();
    let mut full = vec![vec![(0.0, 0.0); n]; n];
    for i in 0..n {
        for j in i + 1..n {
            let edge = find(arms[i], arms[j]).ok_or_else(|| NetworkError::MissingContrast {
                study: label.to_owned(),
                arms: n,
                a: names[arms[i]].clone(),
                b: names[arms[j]].clone(),
            })?;
            full[i][j] = (edge.y, edge.v);
            full[j][i] = (-edge.y, edge.v);
        }
    }
    let p = n - 1;
    let v = Matrix::from_fn(p, p, |i, j| {
        0.5 * (full[0][i + 1].1 + full[0][j + 1].1 - full[i + 1][j + 1].1)
    });
    let mut y: Vec<f64> = (0..p).map(|j| full[j + 1][0].0).collect();
    let mut misfit = 0.0;
    if p > 1 {
        let agreement = Agreement {
            label,
            arms: arms.iter().map(|&a| names[a].as_str()).collect(),
            full: &full,
        };
        if strict {
            agreement.standard_errors(warnings)?;
        }
        let Some(w) = Cholesky::new(&v).map(|c| c.inverse()) else {
            return Err(agreement.errors_disagree());
        };
        misfit = project(&mut y, &v, &w, &full);
        agreement.estimates(&y, warnings)?;
    }
    Ok(Study {
        label: label.to_owned(),
        arms,
        y,
        v,
        edges,
        misfit,
    })
}

/// Weights of a study's own comparisons: minus the off-diagonal of its Laplacian.
pub(crate) fn edge_weight(w: &Matrix, i: usize, j: usize) -> f64 {
    match (i, j) {
        (0, j) => (0..w.cols()).map(|c| w[(j - 1, c)]).sum(),
        (i, 0) => edge_weight(w, 0, i),
        (i, j) => -w[(i - 1, j - 1)],
    }
}

/// Weighted projection of all contrasts; returns what they miss it by, as a sum of squares.
fn project(y: &mut [f64], v: &Matrix, w: &Matrix, full: &[Vec<(f64, f64)>]) -> f64 {
    let n = full.len();
    let b: Vec<f64> = (1..n)
        .map(|i| {
            (0..n)
                .filter(|&j| j != i)
                .map(|j| edge_weight(w, i, j) * full[i][j].0)
                .sum()
        })
        .collect();
    y.copy_from_slice(&v.mul_vec(&b));
    let level = |i: usize| if i == 0 { 0.0 } else { y[i - 1] };
    let mut misfit = 0.0;
    for i in 0..n {
        for j in i + 1..n {
            let rest = full[i][j].0 - (level(i) - level(j));
            misfit += edge_weight(w, i, j) * rest * rest;
        }
    }
    misfit
}

/// Connected parts, by spreading the lowest index.
pub(crate) fn parts(n: usize, studies: &[Study]) -> (Vec<usize>, usize) {
    let mut root: Vec<usize> = (0..n).collect();
    fn find(root: &mut [usize], mut i: usize) -> usize {
        while root[i] != i {
            root[i] = root[root[i]];
            i = root[i];
        }
        i
    }
    for study in studies {
        for &arm in &study.arms[1..] {
            let (a, b) = (find(&mut root, study.arms[0]), find(&mut root, arm));
            let (low, high) = (a.min(b), a.max(b));
            root[high] = low;
        }
    }
    let mut number = BTreeMap::new();
    let mut component = Vec::with_capacity(n);
    for i in 0..n {
        let top = find(&mut root, i);
        let next = number.len();
        component.push(*number.entry(top).or_insert(next));
    }
    (component, number.len())
}
