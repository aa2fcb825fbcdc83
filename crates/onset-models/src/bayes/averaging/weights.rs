//! Weight functions of the p value: their cuts, and nodes over their uniform prior.

use onset_math::normal;
use onset_math::quadrature::gauss_legendre;

/// A step function of the p value; intervals of larger p are published less often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    pub(super) code: &'static str,
    two_sided: bool,
    cuts: &'static [f64],
}

/// The six of Maier et al. 2023 and Bartos et al. 2023.
pub(super) const STEPS: [Steps; 6] = [
    steps("two-sided .05", true, &[0.05]),
    steps("two-sided .05 .10", true, &[0.05, 0.10]),
    steps("one-sided .05", false, &[0.05]),
    steps("one-sided .025 .05", false, &[0.025, 0.05]),
    steps("one-sided .05 .50", false, &[0.05, 0.5]),
    steps("one-sided .025 .05 .50", false, &[0.025, 0.05, 0.5]),
];

const fn steps(code: &'static str, two_sided: bool, cuts: &'static [f64]) -> Steps {
    Steps {
        code,
        two_sided,
        cuts,
    }
}

/// Gauss points along each of one, two or three falling weights.
const POINTS: [usize; 3] = [32, 18, 14];
/// Products of so many studies are taken before a logarithm, so that they cannot underflow.
const CHUNK: usize = 24;

/// A weight function prepared for some studies.
pub(super) struct Selection {
    steps: Steps,
    /// Smallest significant z at each cut.
    z: Vec<f64>,
    /// Drops between weights, one list a cut, and the last weight; an entry a node.
    drops: Vec<Vec<f64>>,
    last: Vec<f64>,
    /// ln(prior mass x weights of the studies seen), an entry a node.
    seen: Vec<f64>,
}

impl Selection {
    /// `z`: y/se of the studies.
    pub(super) fn new(steps: Steps, z: &[f64]) -> Self {
        let d = steps.cuts.len();
        let cuts: Vec<f64> = steps
            .cuts
            .iter()
            .map(|&p| normal::upper_quantile(if steps.two_sided { 0.5 * p } else { p }))
            .collect();
        let mut counts = vec![0.0; d + 1];
        for &value in z {
            let value = if steps.two_sided { value.abs() } else { value };
            let level = cuts.iter().position(|&cut| value > cut).unwrap_or(d);
            if let Some(count) = counts.get_mut(level) {
                *count += 1.0;
            }
        }
        let rule = gauss_legendre(POINTS.get(d - 1).copied().unwrap_or(14));
        // weights 1 > w1 > w2 ..., uniform over all such: w1 = u1, w2 = u1 u2 ..., u_j ~ Beta(d - j + 1, 1); u = t^2
        let mut nodes: Vec<(f64, Vec<f64>)> = vec![(0.0, vec![1.0])];
        for j in 0..d {
            let shape = (d - j) as f64;
            let mut next = Vec::with_capacity(nodes.len() * rule.nodes.len());
            for (mass, weights) in &nodes {
                for (x, w) in rule.nodes.iter().zip(&rule.weights) {
                    let t = 0.5 * (x + 1.0);
                    let u = t * t;
                    let add = (0.5 * w * 2.0 * t * shape).ln() + (shape - 1.0) * u.ln();
                    let mut all = weights.clone();
                    all.push(u * weights.last().copied().unwrap_or(1.0));
                    next.push((mass + add, all));
                }
            }
            nodes = next;
        }
        let seen = nodes
            .iter()
            .map(|(mass, weights)| mass + weights.iter().zip(&counts).map(|(w, n)| n * w.ln()).sum::<f64>())
            .collect();
        let drops = (0..d)
            .map(|c| nodes.iter().map(|(_, w)| w[c] - w[c + 1]).collect())
            .collect();
        let last = nodes.iter().map(|(_, w)| w[d]).collect();
        Selection {
            steps,
            z: cuts,
            drops,
            last,
            seen,
        }
    }

    /// ln of the integral over the weights of prod w(p_i)/prod(expected weight of study i).
    ///
    /// The expected weight is the last weight plus each drop times the probability beyond its cut, so that nothing
    /// cancels.
    pub(super) fn ln_factor(&self, mu: f64, tau2: f64, v: &[f64], work: &mut Work) -> f64 {
        work.ln.clone_from(&self.seen);
        for chunk in v.chunks(CHUNK) {
            work.product.clear();
            work.product.resize(self.last.len(), 1.0);
            for &v in chunk {
                let (se, s) = (v.sqrt(), (v + tau2).sqrt());
                work.expected.clone_from(&self.last);
                for (cut, drops) in self.z.iter().zip(&self.drops) {
                    let mut tail = normal::sf((cut * se - mu) / s);
                    if self.steps.two_sided {
                        tail += normal::cdf((-cut * se - mu) / s);
                    }
                    for (expected, drop) in work.expected.iter_mut().zip(drops) {
                        *expected += drop * tail;
                    }
                }
                for (product, expected) in work.product.iter_mut().zip(&work.expected) {
                    *product *= expected;
                }
            }
            for (ln, product) in work.ln.iter_mut().zip(&work.product) {
                *ln -= product.ln();
            }
        }
        ln_sum(&work.ln)
    }
}

/// Room for [`Selection::ln_factor`].
#[derive(Default)]
pub(super) struct Work {
    ln: Vec<f64>,
    product: Vec<f64>,
    expected: Vec<f64>,
}

/// ln(sum exp).
pub(super) fn ln_sum(ln: &[f64]) -> f64 {
    let top = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + ln.iter().map(|x| (x - top).exp()).sum::<f64>().ln()
}
