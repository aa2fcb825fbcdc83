//! Q within and between designs, the design-by-treatment test, and direct against indirect evidence.

use super::error::NetworkError;
use super::gls::{Gls, weight};
use super::heterogeneity::degrees;
use super::input::{Network, Study};
use super::result::{DesignTest, NetworkQ, QPart, Split};
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::{chi_squared, normal};
use std::collections::BTreeMap;

/// A variance ratio this near to 1 leaves no indirect evidence.
const ALL_DIRECT: f64 = 1e-9;

impl QPart {
    pub(crate) fn new(value: f64, df: usize) -> QPart {
        let value = value.max(0.0);
        let p = (df > 0).then(|| chi_squared::sf(value, df as f64));
        QPart { value, df, p }
    }
}

/// Q, df and tr(PK) of the model that gives every design its own effects.
struct Within {
    q: f64,
    df: usize,
    trace_pk: f64,
}

fn within(network: &Network, tau2: f64) -> Result<Within, NetworkError> {
    let mut designs: BTreeMap<&[usize], Vec<&Study>> = BTreeMap::new();
    for study in &network.studies {
        designs.entry(&study.arms).or_default().push(study);
    }
    let mut sum = Within {
        q: 0.0,
        df: 0,
        trace_pk: 0.0,
    };
    for studies in designs.values() {
        let p = studies[0].y.len();
        let (mut a, mut g) = (Matrix::zeros(p, p), Matrix::zeros(p, p));
        let mut b = vec![0.0; p];
        let mut parts = Vec::with_capacity(studies.len());
        for study in studies {
            let (w, _) = weight(study, tau2)?;
            let k = Matrix::from_fn(p, p, |i, j| if i == j { 1.0 } else { 0.5 });
            let wk = w.mul(&k);
            sum.trace_pk += wk.trace();
            g = g.add(&wk.mul(&w));
            for (b, wy) in b.iter_mut().zip(w.mul_vec(&study.y)) {
                *b += wy;
            }
            a = a.add(&w);
            parts.push(w);
        }
        let cholesky = Cholesky::new(&a).ok_or(NetworkError::NotFinite)?;
        let mean = cholesky.solve_vec(&b);
        sum.trace_pk -= cholesky.solve(&g).trace();
        for (study, w) in studies.iter().zip(&parts) {
            let r: Vec<f64> = study.y.iter().zip(&mean).map(|(y, m)| y - m).collect();
            sum.q += w.quadratic(&r) + study.misfit;
        }
        sum.df += p * (studies.len() - 1);
    }
    Ok(sum)
}

/// Total, within designs, between designs; and the test under the designs' own tau2.
///
/// # Source
/// Krahn, Binder & Koenig 2013, BMC Med Res Methodol 13:35; Higgins 2012; Jackson 2014.
pub(crate) fn decompose(
    network: &Network,
    common: &Gls,
    refit: impl Fn(f64) -> Result<Gls, NetworkError>,
) -> Result<(NetworkQ, Option<DesignTest>), NetworkError> {
    let at_zero = within(network, 0.0)?;
    let df = degrees(network);
    let between = df - at_zero.df.min(df);
    let q = NetworkQ {
        total: QPart::new(common.q, df),
        heterogeneity: QPart::new(at_zero.q, at_zero.df),
        inconsistency: QPart::new(if between == 0 { 0.0 } else { common.q - at_zero.q }, between),
    };
    if between == 0 {
        return Ok((q, None));
    }
    let tau2 = if at_zero.df > 0 && at_zero.trace_pk > 0.0 {
        ((at_zero.q - at_zero.df as f64) / at_zero.trace_pk).max(0.0)
    } else {
        0.0
    };
    let value = (refit(tau2)?.q - within(network, tau2)?.q).max(0.0);
    let test = DesignTest {
        value,
        df: between,
        p: chi_squared::sf(value, between as f64),
        tau2_within: tau2,
    };
    Ok((q, Some(test)))
}

/// Direct against indirect evidence of every pair, by back-calculation.
///
/// # Formula
/// 1/v_indirect = 1/v_network - 1/v_direct, and the indirect estimate likewise. In a part without an
/// independent loop what studies of several arms lend each other is no indirect evidence.
/// # Source
/// Koenig, Krahn & Binder 2013, Stat Med 32:5414; Dias 2010, Stat Med 29:932.
pub(crate) fn splits(network: &Network, random: &Gls, tau2: f64) -> Vec<Split> {
    let mut direct: BTreeMap<(usize, usize), (f64, f64, usize)> = BTreeMap::new();
    for edge in network.studies.iter().flat_map(|s| &s.edges) {
        let w = 1.0 / (edge.v + tau2);
        let sum = direct.entry((edge.a, edge.b)).or_default();
        sum.0 += w;
        sum.1 += w * edge.y;
        sum.2 += 1;
    }
    let loops = network.independent_loops_by_part();
    let n = network.treatments.len();
    let mut splits = Vec::with_capacity(n * (n - 1) / 2);
    for a in 0..n {
        for b in a + 1..n {
            if network.component[a] != network.component[b] {
                continue;
            }
            let (estimate, variance) = random.difference(a, b);
            let direct = direct.get(&(a, b)).copied();
            let testable = loops[network.component[a]] > 0;
            splits.push(split((a, b), (estimate, variance), direct, testable));
        }
    }
    splits
}

fn split(
    pair: (usize, usize),
    (estimate, variance): (f64, f64),
    direct: Option<(f64, f64, usize)>,
    testable: bool,
) -> Split {
    let mut split = Split {
        a: pair.0,
        b: pair.1,
        studies: 0,
        network: estimate,
        network_se: variance.sqrt(),
        direct: None,
        direct_se: None,
        indirect: Some(estimate),
        indirect_se: Some(variance.sqrt()),
        difference: None,
        difference_se: None,
        p: None,
        proportion_direct: 0.0,
    };
    let Some((w, wy, studies)) = direct else {
        return split;
    };
    let (y, v) = (wy / w, 1.0 / w);
    split.studies = studies;
    split.direct = Some(y);
    split.direct_se = Some(v.sqrt());
    split.proportion_direct = (variance / v).min(1.0);
    let left = 1.0 / variance - w;
    if !testable || left * variance <= ALL_DIRECT {
        split.proportion_direct = 1.0;
        split.indirect = None;
        split.indirect_se = None;
        return split;
    }
    let indirect = (estimate / variance - wy) / left;
    let se = (v + 1.0 / left).sqrt();
    split.indirect = Some(indirect);
    split.indirect_se = Some((1.0 / left).sqrt());
    split.difference = Some(y - indirect);
    split.difference_se = Some(se);
    split.p = Some(normal::two_sided_p((y - indirect) / se));
    split
}
