//! The posterior of tau: Gauss-Legendre panels in x = ln tau, halved until each one holds.

use super::given_tau::Tail;
use super::marginal::moments;
use super::{BayesError, Summary};
use crate::pool::newton::{Node as End, cubic_step};
use onset_math::quadrature::{Rule, gauss_legendre};

/// Points in a panel.
const POINTS: usize = 10;
/// What halving a panel may change, as a share of the whole; the halves are about 1e4 times better.
const PANEL_TOLERANCE: f64 = 1e-7;
/// Depth of halving.
const DEPTH: usize = 24;
/// Log density below its maximum at which the grid ends: exp(-30) = 1e-13.
const CUT: f64 = 30.0;
/// Half-width of the scan around the typical standard error, in ln tau.
const SCAN: f64 = 12.0;
/// Farthest from the typical standard error, in ln tau: tau^2 and its products stay finite.
const FARTHEST: f64 = 200.0;
/// Steps of a quantile's iteration.
const STEPS: usize = 60;
/// A Newton step in ln tau below this leaves an error of about its square.
const STEP: f64 = 3e-7;
/// Half of a bracket in ln tau that is as good as a point.
const BRACKET: f64 = 1e-11;

/// One panel: its ends, and the mass below it.
#[derive(Debug, Clone, Copy)]
struct Panel {
    lo: f64,
    hi: f64,
    below: f64,
    mass: f64,
}

/// A quadrature node: ln tau and its posterior mass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub x: f64,
    pub mass: f64,
}

/// The posterior of tau.
pub(super) struct TauPosterior<F: Fn(f64) -> f64> {
    ln_density: F,
    rule: Rule,
    panels: Vec<Panel>,
    pub nodes: Vec<Node>,
    /// Log of the integral: the log marginal likelihood where the density was normalised.
    pub ln_integral: f64,
}

impl<F: Fn(f64) -> f64> TauPosterior<F> {
    /// `ln_density` is the log of prior x likelihood x tau at ln tau, up to a constant; `centre` the log of the
    /// typical standard error; `upper` the end of the support in ln tau; `order` the moment of tau that the grid
    /// must still hold (0, 1 or 2).
    ///
    /// # Errors
    /// `NotFinite`.
    pub fn new(ln_density: F, centre: f64, upper: Option<f64>, order: f64) -> Result<Self, BayesError> {
        let end = upper.unwrap_or(f64::INFINITY);
        let (lo, mode, hi, top) = range(&ln_density, centre, end, order)?;
        let mut posterior = TauPosterior {
            ln_density,
            rule: gauss_legendre(POINTS),
            panels: Vec::new(),
            nodes: Vec::new(),
            ln_integral: 0.0,
        };
        posterior.fill(lo, mode, hi, top, order)?;
        let total: f64 = posterior.nodes.iter().map(|node| node.mass).sum();
        if !(total.is_finite() && total > 0.0) {
            return Err(BayesError::NotFinite);
        }
        posterior.nodes.iter_mut().for_each(|node| node.mass /= total);
        let mut below = 0.0;
        for panel in &mut posterior.panels {
            panel.mass /= total;
            panel.below = below;
            below += panel.mass;
        }
        posterior.ln_integral = top + total.ln();
        Ok(posterior)
    }

    /// Panels on both sides of the mode; masses are relative to exp(top).
    /// A mass that is not finite is refused: halving would never end in one that is.
    fn fill(&mut self, lo: f64, mode: f64, hi: f64, top: f64, order: f64) -> Result<(), BayesError> {
        let mut edges = vec![lo];
        edges.extend([0.5, 0.25].iter().map(|s| mode + s * (lo - mode)));
        edges.push(mode);
        edges.extend([0.25, 0.5].iter().map(|s| mode + s * (hi - mode)));
        edges.push(hi);
        edges.dedup();
        let mut stack: Vec<(f64, f64, [Node; POINTS], usize)> = Vec::new();
        let mut total = [0.0; 2];
        for pair in edges.windows(2) {
            let nodes = self.panel(pair[0], pair[1], top);
            let sums = sums(&nodes, mode, order);
            total[0] += sums[0];
            total[1] += sums[1];
            stack.push((pair[0], pair[1], nodes, 0));
        }
        if !total.iter().all(|sum| sum.is_finite()) {
            return Err(BayesError::NotFinite);
        }
        stack.reverse();
        while let Some((a, b, whole, depth)) = stack.pop() {
            let middle = 0.5 * (a + b);
            let (left, right) = (self.panel(a, middle, top), self.panel(middle, b, top));
            let (w, l, r) = (
                sums(&whole, mode, order),
                sums(&left, mode, order),
                sums(&right, mode, order),
            );
            if !l.iter().chain(&r).all(|sum| sum.is_finite()) {
                return Err(BayesError::NotFinite);
            }
            let agrees = |i: usize| (w[i] - l[i] - r[i]).abs() <= PANEL_TOLERANCE * total[i];
            if depth >= DEPTH || (agrees(0) && agrees(1)) {
                for (from, to, nodes) in [(a, middle, left), (middle, b, right)] {
                    let mass = nodes.iter().map(|node| node.mass).sum();
                    self.panels.push(Panel {
                        lo: from,
                        hi: to,
                        below: 0.0,
                        mass,
                    });
                    self.nodes.extend(nodes);
                }
            } else {
                stack.push((middle, b, right, depth + 1));
                stack.push((a, middle, left, depth + 1));
            }
        }
        Ok(())
    }

    fn panel(&self, a: f64, b: f64, top: f64) -> [Node; POINTS] {
        let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
        let mut nodes = [Node { x: 0.0, mass: 0.0 }; POINTS];
        for ((node, point), weight) in nodes.iter_mut().zip(&self.rule.nodes).zip(&self.rule.weights) {
            node.x = centre + half * point;
            node.mass = half * weight * ((self.ln_density)(node.x) - top).exp();
        }
        nodes
    }

    /// Density of ln tau at x.
    fn density(&self, x: f64) -> f64 {
        ((self.ln_density)(x) - self.ln_integral).exp()
    }

    /// Density of tau at exp(x).
    fn density_tau(&self, x: f64) -> f64 {
        ((self.ln_density)(x) - self.ln_integral - x).exp()
    }

    /// Mass of a part of a panel.
    fn part(&self, a: f64, b: f64) -> f64 {
        let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
        let terms = self.rule.nodes.iter().zip(&self.rule.weights);
        half * terms
            .map(|(point, weight)| weight * self.density(centre + half * point))
            .sum::<f64>()
    }

    /// ln tau below which the share `p` of the mass lies.
    pub fn quantile(&self, p: f64) -> f64 {
        self.quantile_near(p, f64::NAN)
    }

    /// The same from a place that is close to it; NaN where none is known.
    fn quantile_near(&self, p: f64, start: f64) -> f64 {
        let at = self.panels.partition_point(|panel| panel.below + panel.mass < p);
        let Some(panel) = self.panels.get(at).or(self.panels.last()) else {
            return f64::NAN;
        };
        let target = p - panel.below;
        if target <= 0.0 {
            return panel.lo;
        }
        let (mut lo, mut hi) = (panel.lo, panel.hi);
        let mut x = if start > lo && start < hi {
            start
        } else {
            self.cubic_quantile(panel, target)
        };
        for _ in 0..STEPS {
            let excess = self.part(panel.lo, x) - target;
            if excess > 0.0 {
                hi = x;
            } else {
                lo = x;
            }
            let newton = x - excess / self.density(x);
            let inside = newton > lo && newton < hi;
            let next = if inside { newton } else { 0.5 * (lo + hi) };
            let step = (next - x).abs();
            x = next;
            if step < if inside { STEP } else { BRACKET } {
                break;
            }
        }
        x
    }

    /// The quantile by the cubic through the mass and density at both ends of its panel.
    fn cubic_quantile(&self, panel: &Panel, target: f64) -> f64 {
        let width = panel.hi - panel.lo;
        let line = width * (target / panel.mass).clamp(0.0, 1.0);
        let end = |x: f64, value: f64| End {
            x,
            value,
            slope: self.density(x),
        };
        let (lower, upper) = (end(panel.lo, -target), end(panel.hi, panel.mass - target));
        let x = panel.lo + cubic_step(lower, upper, line);
        if x > panel.lo && x < panel.hi {
            x
        } else {
            panel.lo + line
        }
    }

    /// tau in five numbers.
    pub fn summary(&self, tail: &Tail, level: f64) -> Summary {
        let half = 0.5 * (1.0 - level);
        let (mean, sd) = moments(self.nodes.iter().map(|n| (n.mass, n.x.exp(), 0.0)));
        let quantile = |p: f64| self.quantile(p).exp();
        Summary {
            mean: tail.has_moment(1.0).then_some(mean),
            sd: tail.has_moment(2.0).then_some(sd),
            median: quantile(0.5),
            shortest: self.shortest(level),
            central: (quantile(half), quantile(1.0 - half)),
        }
    }

    /// The shortest interval of tau that holds the share `level`, as values of tau.
    pub fn shortest(&self, level: f64) -> (f64, f64) {
        let spare = 1.0 - level;
        let at_zero = (0.0, self.quantile(level).exp());
        // the interval that starts at each panel edge, then the best one refined
        let mut best = (at_zero.1, 0.0, f64::NEG_INFINITY);
        let mut starts = vec![0.0];
        for panel in self
            .panels
            .iter()
            .filter(|panel| panel.below > 1e-6 && panel.below < spare)
        {
            starts.push(panel.below);
            let length = self.quantile(panel.below + level).exp() - panel.lo.exp();
            if length < best.0 {
                best = (length, panel.below, panel.lo);
            }
        }
        starts.push(spare);
        let here = starts.iter().position(|&p| p == best.1).unwrap_or(0);
        let (lo, hi) = (
            starts.get(here.saturating_sub(1)).copied().unwrap_or(0.0),
            starts.get(here + 1).copied().unwrap_or(spare),
        );
        let (mut a, mut b) = (f64::NAN, f64::NAN);
        let slope = |p: f64| {
            a = self.quantile_near(p, a);
            b = self.quantile_near(p + level, b);
            self.density_tau(a) - self.density_tau(b)
        };
        // shorter while the density rises at the lower end faster than it falls at the upper one
        let (lo, hi) = (lo.max(1e-9), hi.min(spare - 1e-9));
        match onset_math::root::brent(slope, lo, hi, 1e-12) {
            Ok(root) => {
                let (a, b) = (self.quantile(root.x).exp(), self.quantile(root.x + level).exp());
                if b - a < at_zero.1 { (a, b) } else { at_zero }
            }
            Err(_) if here == 0 => at_zero,
            Err(_) => (best.2.exp(), best.2.exp() + best.0),
        }
    }
}

/// Mass, and mass x tau^order in units of the mode.
fn sums(nodes: &[Node; POINTS], mode: f64, order: f64) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for node in nodes {
        sums[0] += node.mass;
        if order > 0.0 && node.mass > 0.0 {
            sums[1] += node.mass * (order * (node.x - mode)).exp();
        }
    }
    sums
}

/// Where the grid starts, its mode, where it ends, and the largest log density.
fn range(
    ln_density: &impl Fn(f64) -> f64,
    centre: f64,
    end: f64,
    order: f64,
) -> Result<(f64, f64, f64, f64), BayesError> {
    let weighted = |x: f64, order: f64| ln_density(x) + order * (x - centre);
    let last = end.min(centre + SCAN);
    let first = last - 2.0 * SCAN;
    let scan: Vec<f64> = (0..=48)
        .map(|i| first + (last - first) * f64::from(i) / 48.0)
        .collect();
    let values: Vec<f64> = scan.iter().map(|&x| ln_density(x)).collect();
    let mut at = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[at] {
            at = i;
        }
    }
    let (a, b) = (scan[at.saturating_sub(1)], scan[(at + 1).min(scan.len() - 1)]);
    let peak = onset_math::minimize::brent(|x| -ln_density(x), a, b, 1e-4);
    let (mode, top) = if -peak.value > values[at] {
        (peak.x, -peak.value)
    } else {
        (scan[at], values[at])
    };
    if !top.is_finite() {
        return Err(BayesError::NotFinite);
    }
    // walk outwards, starting beyond every scanned point that still counts
    let outer_left = scan
        .iter()
        .zip(&values)
        .find(|(_, v)| **v > top - CUT)
        .map_or(mode, |(x, _)| *x);
    let lo = walk(
        |x| ln_density(x) - top,
        outer_left.min(mode),
        -1.0,
        centre - FARTHEST,
    );
    let mut heaviest = weighted(mode, order);
    for &x in &scan {
        heaviest = heaviest.max(weighted(x, order));
    }
    let counts = |x: f64| (ln_density(x) - top).max(weighted(x, order) - heaviest);
    let outer_right = scan
        .iter()
        .rev()
        .find(|x| counts(**x) > -CUT)
        .map_or(mode, |x| *x);
    let hi = walk(counts, outer_right.max(mode), 1.0, end.min(centre + FARTHEST));
    Ok((lo, mode, hi, top))
}

/// The first place in steps that double from `start` where `height` is below the cut.
fn walk(height: impl Fn(f64) -> f64, start: f64, sign: f64, limit: f64) -> f64 {
    let mut step = 0.05;
    let mut x = start;
    for _ in 0..60 {
        if height(x) < -CUT {
            break;
        }
        x = start + sign * step;
        step *= 1.5;
        if sign * (x - limit) >= 0.0 {
            return limit;
        }
    }
    x
}
