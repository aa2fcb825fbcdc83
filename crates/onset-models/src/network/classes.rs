//! Class effects: treatments of one class share an effect, or scatter round it.

use super::error::NetworkError;
use super::estimate::Wald;
use super::gls::fit;
use super::input::Network;
use super::linear::Linear;
use super::options::NetworkMethod;
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::minimize;
use std::collections::BTreeMap;

/// Steps of the search over each variance.
const GRID: i32 = 12;
/// Where the search over a variance stops, as a share of it.
const STOP: f64 = 1e-10;

/// How the treatments of a class are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassEffect {
    /// Drawn round the effect of the class.
    #[default]
    Exchangeable,
    /// All have the effect of the class.
    Common,
}

/// | name | default | meaning |
/// |---|---|---|
/// | `method` | REML | REML or ML; DL with common effects only |
/// | `reference` | 0 | treatment that the others are compared with, in a class of its own |
/// | `effect` | exchangeable | how treatments of a class are related |
/// | `level` | 0.95 | of intervals |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassOptions {
    /// Estimator of the variances.
    pub method: NetworkMethod,
    /// Index of the reference treatment.
    pub reference: usize,
    /// How treatments of a class are related.
    pub effect: ClassEffect,
    /// Level of intervals.
    pub level: f64,
}

impl Default for ClassOptions {
    fn default() -> Self {
        ClassOptions {
            method: NetworkMethod::Reml,
            reference: 0,
            effect: ClassEffect::Exchangeable,
            level: 0.95,
        }
    }
}

/// The effect of a class against the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassMean {
    /// Class.
    pub name: String,
    /// Its treatments.
    pub members: Vec<usize>,
    /// Its effect.
    pub effect: Wald,
}

/// A network with class effects.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassModel {
    /// Classes in byte order, without that of the reference.
    pub classes: Vec<ClassMean>,
    /// Every treatment against the reference, drawn towards its class; `None` for the reference.
    pub treatments: Vec<Option<Wald>>,
    /// Between-study variance.
    pub tau2: f64,
    /// Variance of treatments within classes; `None` with common effects.
    pub sigma2: Option<f64>,
    /// Log-likelihood up to constants of the data, restricted under REML; `None` under DL.
    pub loglik: Option<f64>,
}

/// Treatments in classes, and who is drawn.
struct Classes {
    names: Vec<String>,
    members: Vec<Vec<usize>>,
    /// All treatments but the reference.
    others: Vec<usize>,
    /// Membership: others by classes.
    c: Matrix,
    /// Places among `others` of treatments that share a class.
    shared: Vec<usize>,
}

/// Fits class effects.
///
/// # Formula
/// Level 1: the network, with tau2. Level 2: d_k = D_class(k) + u_k, u ~ N(0, sigma2) for treatments
/// that share a class; a treatment alone in its class keeps its own effect. The estimates d of level
/// 1 at a tau2 are sufficient: with S their covariance,
/// l(tau2, sigma2) = l1(tau2) - (ln|M| + r'M^-1 r [+ ln|C'M^-1 C|])/2, M = S + sigma2 J. Variances
/// maximise it; treatments are best linear unbiased predictions given them (Henderson).
/// # Inputs
/// `classes`: treatment -> class; a treatment that is not in it is a class of its own.
/// # Errors
/// `UnknownTreatment`, `NoClasses`, `ReferenceInClass`, `SeparateParts`, `NoMomentEstimator`,
/// `NoSuchTreatment`, `BadLevel`, `NotFinite`.
/// # Source
/// Warren, Abrams & Sutton 2014, Stat Med 33:2449; Owen, Tincello & Abrams 2015, Value Health 18:116;
/// Henderson 1975 (predictions).
pub fn class_effects(
    network: &Network,
    classes: &BTreeMap<String, String>,
    options: &ClassOptions,
) -> Result<ClassModel, NetworkError> {
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(NetworkError::BadLevel { found: options.level });
    }
    if network.components > 1 {
        return Err(NetworkError::SeparateParts);
    }
    let classes = arrange(network, classes, options.reference)?;
    match options.effect {
        ClassEffect::Common => common(network, &classes, options),
        ClassEffect::Exchangeable => exchangeable(network, &classes, options),
    }
}

fn arrange(
    network: &Network,
    classes: &BTreeMap<String, String>,
    reference: usize,
) -> Result<Classes, NetworkError> {
    let n = network.treatments.len();
    let name = network
        .treatments
        .get(reference)
        .ok_or(NetworkError::NoSuchTreatment { found: reference })?;
    if let Some(unknown) = classes.keys().find(|k| !network.treatments.contains(k)) {
        return Err(NetworkError::UnknownTreatment {
            name: unknown.clone(),
        });
    }
    let class_of = |t: &String| classes.get(t).unwrap_or(t).clone();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (t, treatment) in network.treatments.iter().enumerate() {
        groups.entry(class_of(treatment)).or_default().push(t);
    }
    let own = class_of(name);
    if groups.remove(&own).is_some_and(|members| members.len() > 1) {
        return Err(NetworkError::ReferenceInClass {
            name: name.clone(),
            class: own,
        });
    }
    if groups.values().all(|members| members.len() < 2) {
        return Err(NetworkError::NoClasses);
    }
    let others: Vec<usize> = (0..n).filter(|&t| t != reference).collect();
    let (names, members): (Vec<String>, Vec<Vec<usize>>) = groups.into_iter().unzip();
    let c = Matrix::from_fn(others.len(), names.len(), |i, j| {
        f64::from(u8::from(members[j].contains(&others[i])))
    });
    let shared = (0..others.len())
        .filter(|&i| members.iter().any(|m| m.len() > 1 && m.contains(&others[i])))
        .collect();
    Ok(Classes {
        names,
        members,
        others,
        c,
        shared,
    })
}

/// One column a class.
fn common(network: &Network, classes: &Classes, options: &ClassOptions) -> Result<ClassModel, NetworkError> {
    let class_of = |t: usize| classes.members.iter().position(|m| m.contains(&t));
    let columns = classes.names.len();
    let linear = Linear::new(network, columns, |s, arm| {
        let class = class_of(network.studies[s].arms[arm]);
        class.map(|c| (c, 1.0)).into_iter().collect()
    })?;
    let solved = linear.solve(options.method)?;
    let of = |class: usize| {
        let mut c = vec![0.0; columns];
        c[class] = 1.0;
        Wald::new(solved.random.combination(&c), options.level)
    };
    let restricted = match options.method {
        NetworkMethod::Dl => None,
        NetworkMethod::Reml => Some(true),
        NetworkMethod::Ml => Some(false),
    };
    let n = network.treatments.len();
    Ok(ClassModel {
        classes: means(classes, of),
        treatments: (0..n).map(|t| class_of(t).map(of)).collect(),
        tau2: solved.tau2,
        sigma2: None,
        loglik: restricted.map(|r| solved.random.loglik(r)),
    })
}

fn means(classes: &Classes, of: impl Fn(usize) -> Wald) -> Vec<ClassMean> {
    let one = |(class, name): (usize, &String)| ClassMean {
        name: name.clone(),
        members: classes.members[class].clone(),
        effect: of(class),
    };
    classes.names.iter().enumerate().map(one).collect()
}

/// Estimates of level 1 at a tau2, against the reference.
struct First {
    loglik: f64,
    d: Vec<f64>,
    s: Matrix,
}

fn first(network: &Network, classes: &Classes, reference: usize, tau2: f64) -> Result<First, NetworkError> {
    let gls = fit(network, tau2)?;
    let o = &classes.others;
    let cov = &gls.cov;
    let d = o.iter().map(|&t| gls.level[t] - gls.level[reference]).collect();
    let s = Matrix::from_fn(o.len(), o.len(), |i, j| {
        let (a, b, r) = (o[i], o[j], reference);
        cov[(a, b)] - cov[(a, r)] - cov[(r, b)] + cov[(r, r)]
    });
    Ok(First {
        // without the determinant of the treatments' own information: level 2 brings it in
        loglik: gls.loglik(true),
        d,
        s,
    })
}

/// The log-likelihood at (tau2, sigma2); minus infinity where M cannot be inverted.
fn loglik(first: &First, classes: &Classes, sigma2: f64, restricted: bool) -> f64 {
    let mut m = first.s.clone();
    classes.shared.iter().for_each(|&i| m[(i, i)] += sigma2);
    let Some(m) = Cholesky::new(&m) else {
        return f64::NEG_INFINITY;
    };
    let mc = m.solve(&classes.c);
    let b = classes.c.transpose().mul(&mc);
    let Some(b) = Cholesky::new(&b) else {
        return f64::NEG_INFINITY;
    };
    let mean = b.solve_vec(&mc.transpose().mul_vec(&first.d));
    let fitted = classes.c.mul_vec(&mean);
    let r: Vec<f64> = first.d.iter().zip(&fitted).map(|(d, f)| d - f).collect();
    let mut z = r;
    m.forward(&mut z);
    let quadratic: f64 = z.iter().map(|z| z * z).sum();
    let base = first.loglik - 0.5 * (m.ln_det() + quadratic);
    if restricted { base - 0.5 * b.ln_det() } else { base }
}

/// The highest point of `f` on [0, widest]: a grid, then a search round its best point.
pub(crate) fn highest(widest: f64, mut f: impl FnMut(f64) -> f64) -> (f64, f64) {
    let points: Vec<f64> = std::iter::once(0.0)
        .chain((0..=GRID).map(|i| widest * 10f64.powf(-6.0 * f64::from(GRID - i) / f64::from(GRID))))
        .collect();
    let values: Vec<f64> = points.iter().map(|&x| f(x)).collect();
    let best = (0..points.len()).fold(0, |b, i| if values[i] > values[b] { i } else { b });
    let low = points[best.saturating_sub(1)];
    let high = points[(best + 1).min(points.len() - 1)];
    let found = minimize::brent(|x| -f(x), low, high, STOP * high);
    if -found.value > values[best] {
        (found.x, -found.value)
    } else {
        (points[best], values[best])
    }
}

fn exchangeable(
    network: &Network,
    classes: &Classes,
    options: &ClassOptions,
) -> Result<ClassModel, NetworkError> {
    let restricted = match options.method {
        NetworkMethod::Dl => return Err(NetworkError::NoMomentEstimator),
        NetworkMethod::Reml => true,
        NetworkMethod::Ml => false,
    };
    let widest = network
        .studies
        .iter()
        .flat_map(|s| &s.edges)
        .fold(0.0_f64, |most, e| most.max(e.v).max(4.0 * e.y * e.y));
    let mut failed = None;
    let mut inner = |tau2: f64| match first(network, classes, options.reference, tau2) {
        Ok(at) => highest(widest, |s| loglik(&at, classes, s, restricted)),
        Err(error) => {
            failed = Some(error);
            (0.0, f64::NEG_INFINITY)
        }
    };
    let (tau2, value) = highest(widest, |t| inner(t).1);
    let sigma2 = inner(tau2).0;
    if let Some(error) = failed {
        return Err(error);
    }
    let at = first(network, classes, options.reference, tau2)?;
    let (estimates, cov) = predictions(&at, classes, sigma2)?;
    let columns = classes.names.len();
    let shared = if sigma2 > 0.0 {
        classes.shared.as_slice()
    } else {
        &[]
    };
    let combine = |c: &[f64]| {
        let value = c.iter().zip(&estimates).map(|(c, e)| c * e).sum();
        Wald::new((value, cov.quadratic(c)), options.level)
    };
    let of_class = |class: usize| {
        let mut c = vec![0.0; estimates.len()];
        c[class] = 1.0;
        combine(&c)
    };
    let of_treatment = |t: usize| {
        let place = classes.others.iter().position(|&o| o == t)?;
        let class = classes.members.iter().position(|m| m.contains(&t))?;
        let mut c = vec![0.0; estimates.len()];
        c[class] = 1.0;
        if let Some(u) = shared.iter().position(|&s| s == place) {
            c[columns + u] = 1.0;
        }
        Some(combine(&c))
    };
    Ok(ClassModel {
        classes: means(classes, of_class),
        treatments: (0..network.treatments.len()).map(of_treatment).collect(),
        tau2,
        sigma2: Some(sigma2),
        loglik: Some(value),
    })
}

/// Effects of classes, then deviations of the treatments that share one, with their covariance.
fn predictions(at: &First, classes: &Classes, sigma2: f64) -> Result<(Vec<f64>, Matrix), NetworkError> {
    let (rows, columns) = (classes.c.rows(), classes.c.cols());
    let shared = if sigma2 > 0.0 {
        classes.shared.as_slice()
    } else {
        &[]
    };
    let x = Matrix::from_fn(rows, columns + shared.len(), |i, j| {
        if j < columns {
            classes.c[(i, j)]
        } else {
            f64::from(u8::from(shared[j - columns] == i))
        }
    });
    let s = Cholesky::new(&at.s).ok_or(NetworkError::NotFinite)?;
    let sx = s.solve(&x);
    let mut equations = x.transpose().mul(&sx);
    for j in columns..equations.rows() {
        equations[(j, j)] += 1.0 / sigma2;
    }
    let equations = Cholesky::new(&equations.symmetrised()).ok_or(NetworkError::NotFinite)?;
    let right = sx.transpose().mul_vec(&at.d);
    Ok((equations.solve_vec(&right), equations.inverse()))
}
