//! Mantel-Haenszel network meta-analysis of rare events: odds ratios without continuity corrections.

use super::error::NetworkError;
use super::gls::fit;
use super::heterogeneity::degrees;
use super::inconsistency::splits;
use super::input::{Edge, Network, Study, parts};
use super::options::SmallValues;
use super::result::{League, QPart, Split};
use super::{league_of, rank};
use onset_data::{Diagnostic, Warned};
use onset_math::linalg::{Cholesky, Matrix};
use std::collections::{BTreeMap, BTreeSet};

/// People and events of one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct CountArm {
    /// Study.
    pub study: String,
    /// Treatment.
    pub treatment: String,
    /// People with the event.
    pub events: f64,
    /// People.
    pub n: f64,
}

/// Studies that compare the same treatments.
#[derive(Debug, Clone, PartialEq)]
pub struct MhDesign {
    /// Treatments, by index, ascending.
    pub arms: Vec<usize>,
    /// Labels of the studies.
    pub studies: Vec<String>,
}

/// A Mantel-Haenszel network: log odds ratios, common effect.
#[derive(Debug, Clone, PartialEq)]
pub struct MhNma {
    /// Treatments in byte order.
    pub treatments: Vec<String>,
    /// Studies used.
    pub k: usize,
    /// Designs, in the order of their treatments.
    pub designs: Vec<MhDesign>,
    /// Common effect.
    pub common: League,
    /// P-score of each treatment; `None` where the network is in several parts.
    pub p_scores: Option<Vec<f64>>,
    /// Q between designs.
    pub q: QPart,
    /// Direct against indirect evidence; `studies` counts studies.
    pub splits: Vec<Split>,
}

/// One arm with its treatment as an index: events and people without it.
#[derive(Debug, Clone, Copy)]
struct Cell {
    treatment: usize,
    x: f64,
    y: f64,
}

type Cells = Vec<(String, Vec<Cell>)>;

/// Pools odds ratios by Mantel-Haenszel within each design, and joins designs by least squares.
///
/// # Formula
/// Within a design of J arms, over its studies s of N people: C_ij = sum X_i Y_j / N (X events, Y people
/// without), L_ij = ln(C_ij / C_ji); the generalised estimate is (L_i+ - L_j+)/J, L_i+ = sum_j L_ij.
/// var(L_ij) is Robins, Breslow and Greenland's; two L that share arm i have, with psi = C_ij/C_ji,
/// cov(L_ij, L_ik) = sum (X_i Y_j Y_k + psi_ij psi_ik Y_i X_j X_k + n_i (psi_ij X_j Y_k + psi_ik Y_j X_k))
/// / (3 N^2 C_ij C_ik), the mean of three unbiased forms; others 0. Designs are then the rows of a
/// common-effect network.
/// # Inputs
/// One entry an arm; counts are not corrected.
/// # Returns
/// Arms of a design without any event (or with nothing else) in it are left out and named, and so are
/// studies that say nothing. There is no between-study variance: the method has a common effect.
/// # Errors
/// `BadCount`, `RepeatedArm`, `NoStudies`, `NotFinite`.
/// # Source
/// Efthimiou, Ruecker, Schwarzer, Higgins, Egger & Salanti 2019, Stat Med 38:2992; Mickey & Elashoff 1985
/// (several arms); Greenland 1989, Biometrics 45:183; Robins, Breslow & Greenland 1986.
pub fn mantel_haenszel_network(arms: &[CountArm], small: SmallValues) -> Result<Warned<MhNma>, NetworkError> {
    let mut warnings = Vec::new();
    let (names, studies) = read(arms)?;
    let studies = informative(studies, &names, &mut warnings);
    let (network, designs) = join(&names, studies, &mut warnings)?;
    let gls = fit(&network, 0.0)?;
    let mut splits = splits(&network, &gls, 0.0);
    for split in &mut splits {
        let both = |d: &&MhDesign| d.arms.contains(&split.a) && d.arms.contains(&split.b);
        split.studies = designs.iter().filter(both).map(|d| d.studies.len()).sum();
    }
    let p_scores = (network.components == 1).then(|| rank::p_scores(&gls, small));
    let value = MhNma {
        k: designs.iter().map(|d| d.studies.len()).sum(),
        designs,
        common: league_of(&network, &gls),
        p_scores,
        q: QPart::new(gls.q, degrees(&network)),
        splits,
        treatments: network.treatments,
    };
    Ok(Warned { value, warnings })
}

/// Names of treatments in byte order, and the arms of every study in the order of the table.
fn read(arms: &[CountArm]) -> Result<(Vec<String>, Cells), NetworkError> {
    let names: BTreeSet<&str> = arms.iter().map(|a| a.treatment.as_str()).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let mut studies: Cells = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for arm in arms {
        if !(arm.n.is_finite() && arm.n > 0.0 && arm.events >= 0.0 && arm.events <= arm.n) {
            return Err(NetworkError::BadCount {
                study: arm.study.clone(),
                arm: arm.treatment.clone(),
                events: arm.events,
                n: arm.n,
            });
        }
        let at = *place.entry(arm.study.as_str()).or_insert_with(|| {
            studies.push((arm.study.clone(), Vec::new()));
            studies.len() - 1
        });
        let Ok(treatment) = names.binary_search(&arm.treatment) else {
            continue;
        };
        let cells = &mut studies[at].1;
        if cells.iter().any(|c: &Cell| c.treatment == treatment) {
            return Err(NetworkError::RepeatedArm {
                study: arm.study.clone(),
                arm: arm.treatment.clone(),
            });
        }
        cells.push(Cell {
            treatment,
            x: arm.events,
            y: arm.n - arm.events,
        });
    }
    for (_, cells) in &mut studies {
        cells.sort_by_key(|c| c.treatment);
    }
    Ok((names, studies))
}

fn treatments(cells: &[Cell]) -> Vec<usize> {
    cells.iter().map(|c| c.treatment).collect()
}

/// Leaves out studies that say nothing, and arms without events (or without others) in their design,
/// until nothing changes.
fn informative(mut studies: Cells, names: &[String], warnings: &mut Vec<Diagnostic>) -> Cells {
    loop {
        studies.retain(|(label, cells)| {
            let single = cells.len() < 2;
            let silent = cells.iter().all(|c| c.x == 0.0) || cells.iter().all(|c| c.y == 0.0);
            if single || silent {
                let why = if single {
                    "has one arm only"
                } else {
                    "has no events, or nothing but events, in any arm"
                };
                let message = format!("Study '{label}' {why} and is left out");
                let code = if single { "single_arm" } else { "no_information" };
                warnings.push(Diagnostic::warning(code, message).study(label));
            }
            !(single || silent)
        });
        let mut sums: BTreeMap<(Vec<usize>, usize), (f64, f64)> = BTreeMap::new();
        for (_, cells) in &studies {
            let design = treatments(cells);
            for c in cells {
                let sum = sums.entry((design.clone(), c.treatment)).or_default();
                *sum = (sum.0 + c.x, sum.1 + c.y);
            }
        }
        let empty = |design: &[usize], t: usize| {
            let sum = sums.get(&(design.to_vec(), t));
            sum.is_some_and(|s| s.0 == 0.0 || s.1 == 0.0)
        };
        let mut changed = false;
        for (label, cells) in &mut studies {
            let design = treatments(cells);
            for &t in design.iter().filter(|&&t| empty(&design, t)) {
                changed = true;
                let message = format!(
                    "Study '{label}': the arm '{}' is left out: no study of this design has events in it, or none has anything else",
                    names[t]
                );
                warnings.push(Diagnostic::warning("arm_without_information", message).study(label.as_str()));
            }
            cells.retain(|c| !empty(&design, c.treatment));
        }
        if !changed {
            return studies;
        }
    }
}

/// Designs as the studies of a network of the treatments that are left.
fn join(
    names: &[String],
    studies: Cells,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(Network, Vec<MhDesign>), NetworkError> {
    let mut groups: BTreeMap<Vec<usize>, Cells> = BTreeMap::new();
    for study in studies {
        groups.entry(treatments(&study.1)).or_default().push(study);
    }
    let mut found = Vec::new();
    for (arms, studies) in groups {
        let labels: Vec<String> = studies.iter().map(|s| s.0.clone()).collect();
        if let Some((y, v)) = pooled(arms.len(), &studies) {
            found.push((arms, labels, y, v));
        } else {
            let list: Vec<&str> = arms.iter().map(|&t| names[t].as_str()).collect();
            let message = format!(
                "Studies of {} have too few events for a Mantel-Haenszel estimate and are left out: {}",
                list.join(" v "),
                labels.join(", ")
            );
            warnings.push(Diagnostic::warning("not_estimable", message));
        }
    }
    let used: BTreeSet<usize> = found.iter().flat_map(|f| f.0.iter().copied()).collect();
    let lost: Vec<&str> = (0..names.len())
        .filter(|t| !used.contains(t))
        .map(|t| names[t].as_str())
        .collect();
    if used.is_empty() {
        return Err(NetworkError::NoStudies);
    }
    if !lost.is_empty() {
        let message = format!("Treatments without usable studies: {}", lost.join(", "));
        warnings.push(Diagnostic::warning("treatments_left_out", message));
    }
    let place: BTreeMap<usize, usize> = used.iter().enumerate().map(|(i, &t)| (t, i)).collect();
    let mut rows = Vec::new();
    let mut designs = Vec::new();
    for (arms, labels, y, v) in found {
        let arms: Vec<usize> = arms.iter().filter_map(|t| place.get(t).copied()).collect();
        rows.push(row(&arms, y, v));
        designs.push(MhDesign {
            arms,
            studies: labels,
        });
    }
    let treatments: Vec<String> = used.iter().map(|&t| names[t].clone()).collect();
    let (component, components) = parts(treatments.len(), &rows);
    if components > 1 {
        let message = format!("The network falls into {components} separate parts");
        warnings.push(Diagnostic::warning("separate_components", message));
    }
    let network = Network {
        treatments,
        studies: rows,
        component,
        components,
    };
    Ok((network, designs))
}

/// A design as a study: contrasts against its first arm.
fn row(arms: &[usize], y: Vec<f64>, v: Matrix) -> Study {
    let level = |i: usize| if i == 0 { 0.0 } else { y[i - 1] };
    let cov = |i: usize, j: usize| {
        if i == 0 || j == 0 { 0.0 } else { v[(i - 1, j - 1)] }
    };
    let mut edges = Vec::new();
    for i in 0..arms.len() {
        for j in i + 1..arms.len() {
            edges.push(Edge {
                a: arms[i],
                b: arms[j],
                y: level(i) - level(j),
                v: cov(i, i) + cov(j, j) - 2.0 * cov(i, j),
            });
        }
    }
    let label: Vec<String> = arms.iter().map(usize::to_string).collect();
    Study {
        label: label.join(":"),
        arms: arms.to_vec(),
        y,
        v,
        edges,
        misfit: 0.0,
    }
}

/// Generalised Mantel-Haenszel estimates of a design's arms against its first, with their covariance;
/// `None` where a sum is 0 or the covariance is not positive definite.
fn pooled(arms: usize, studies: &Cells) -> Option<(Vec<f64>, Matrix)> {
    let sums = Matrix::from_fn(arms, arms, |i, j| {
        let one = |(_, c): &(String, Vec<Cell>)| c[i].x * c[j].y / people(c);
        if i == j {
            0.0
        } else {
            studies.iter().map(one).sum()
        }
    });
    let pairs: Vec<(usize, usize)> = (0..arms)
        .flat_map(|i| (i + 1..arms).map(move |j| (i, j)))
        .collect();
    if pairs
        .iter()
        .any(|&(i, j)| !(sums[(i, j)] > 0.0 && sums[(j, i)] > 0.0))
    {
        return None;
    }
    let l: Vec<f64> = pairs
        .iter()
        .map(|&(i, j)| (sums[(i, j)] / sums[(j, i)]).ln())
        .collect();
    let cov = Matrix::from_fn(pairs.len(), pairs.len(), |e, f| {
        covariance(pairs[e], pairs[f], studies, &sums)
    });
    // (L_j+ - L_0+)/J as a combination of the L of pairs
    let to = Matrix::from_fn(arms - 1, pairs.len(), |row, e| {
        let (i, j) = pairs[e];
        let sign = |t: usize| f64::from(i8::from(i == t) - i8::from(j == t));
        (sign(row + 1) - sign(0)) / arms as f64
    });
    let v = to.mul(&cov).mul(&to.transpose()).symmetrised();
    Cholesky::new(&v)?;
    Some((to.mul_vec(&l), v))
}

fn people(cells: &[Cell]) -> f64 {
    cells.iter().map(|c| c.x + c.y).sum()
}

/// Covariance of L of two pairs.
fn covariance(e: (usize, usize), f: (usize, usize), studies: &Cells, sums: &Matrix) -> f64 {
    let psi = |i: usize, j: usize| sums[(i, j)] / sums[(j, i)];
    if e == f {
        let (i, j) = e;
        let (r, s) = (sums[(i, j)], sums[(j, i)]);
        let one = |(_, c): &(String, Vec<Cell>)| {
            let n = people(c);
            let (p, q) = ((c[i].x + c[j].y) / n, (c[j].x + c[i].y) / n);
            let (r1, s1) = (c[i].x * c[j].y / n, c[j].x * c[i].y / n);
            p * r1 / (2.0 * r * r) + (p * s1 + q * r1) / (2.0 * r * s) + q * s1 / (2.0 * s * s)
        };
        return studies.iter().map(one).sum();
    }
    // the arm they share comes first; L_ji = -L_ij
    let (i, j, k, sign) = match (e, f) {
        ((a, b), (c, d)) if a == c => (a, b, d, 1.0),
        ((a, b), (c, d)) if b == d => (b, a, c, 1.0),
        ((a, b), (c, d)) if a == d => (a, b, c, -1.0),
        ((a, b), (c, d)) if b == c => (b, a, d, -1.0),
        _ => return 0.0,
    };
    let (j_odds, k_odds) = (psi(i, j), psi(i, k));
    let one = |(_, c): &(String, Vec<Cell>)| {
        let n = people(c);
        let (i, j, k) = (c[i], c[j], c[k]);
        let mixed = (i.x + i.y) * (j_odds * j.x * k.y + k_odds * j.y * k.x);
        (i.x * j.y * k.y + j_odds * k_odds * i.y * j.x * k.x + mixed) / (3.0 * n * n)
    };
    sign * studies.iter().map(one).sum::<f64>() / (sums[(i, j)] * sums[(i, k)])
}
