//! One quantity that is normal once tau is known: its value over the nodes, and what a new study's would be.

use super::given_tau::Tail;
use super::mixture::Mixture;
use super::{Shrunken, Summary};

/// The quantity at one node of tau: N(mean, variance), mean without the shift.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub mass: f64,
    pub tau2: f64,
    pub mean: f64,
    pub variance: f64,
}

/// A quantity over all nodes.
pub(crate) struct Marginal<'a> {
    pub nodes: Vec<Node>,
    /// Added to every mean.
    pub shift: f64,
    pub tail: &'a Tail,
    /// Whether priors bound it: its moments then exist whatever the tail of tau.
    pub bounded: bool,
}

/// A distribution that can be summarised.
pub(crate) struct Distribution {
    mixture: Mixture,
    shift: f64,
    mean: Option<f64>,
    sd: Option<f64>,
}

impl Marginal<'_> {
    /// The quantity itself.
    pub fn itself(&self) -> Distribution {
        self.distribution(0.0, self.bounded)
    }

    /// The true effect of a new study there: tau^2 more variance.
    pub fn new_study(&self) -> Distribution {
        self.distribution(1.0, false)
    }

    fn distribution(&self, extra: f64, bounded: bool) -> Distribution {
        let parts = || {
            let part = |n: &Node| (n.mass, n.mean, n.variance + extra * n.tau2);
            self.nodes.iter().map(part)
        };
        let (mean, sd) = moments(parts());
        Distribution {
            mixture: Mixture::new(parts().map(|(mass, mean, variance)| (mass, mean, variance.sqrt()))),
            shift: self.shift,
            mean: (bounded || self.tail.has_moment(1.0)).then_some(mean + self.shift),
            sd: (bounded || self.tail.has_moment(2.0)).then_some(sd),
        }
    }

    /// The true effect of a study whose effect is `y` (without the shift), variance `v`.
    ///
    /// theta_i given tau is N((1 - B) y + B m, (1 - B) v + B^2 V), B = v/(v + tau2).
    pub fn shrink(&self, y: f64, v: f64) -> Shrunken {
        let parts = self.nodes.iter().map(|n| {
            let b = v / (v + n.tau2);
            (n.mass, y + b * (n.mean - y), n.tau2 * b + b * b * n.variance)
        });
        let (mean, sd) = moments(parts);
        Shrunken {
            mean: mean + self.shift,
            sd,
        }
    }
}

impl Distribution {
    pub fn summary(&self, level: f64) -> Summary {
        let tail = 0.5 * (1.0 - level);
        let (mixture, shift) = (&self.mixture, self.shift);
        let central = (mixture.quantile(tail), mixture.quantile(1.0 - tail));
        let shortest = mixture.shortest(level, central);
        Summary {
            mean: self.mean,
            sd: self.sd,
            median: mixture.quantile(0.5) + shift,
            shortest: (shortest.0 + shift, shortest.1 + shift),
            central: (central.0 + shift, central.1 + shift),
        }
    }

    /// Interval with equal tails.
    pub fn central(&self, level: f64) -> (f64, f64) {
        let tail = 0.5 * (1.0 - level);
        let at = |p: f64| self.mixture.quantile(p) + self.shift;
        (at(tail), at(1.0 - tail))
    }

    pub fn above(&self, x: f64) -> f64 {
        self.mixture.above(x - self.shift)
    }

    pub fn below(&self, x: f64) -> f64 {
        self.mixture.below(x - self.shift)
    }

    /// On the side of the threshold that is away from 0; above it for 0.
    pub fn beyond(&self, threshold: f64) -> f64 {
        if threshold >= 0.0 {
            self.above(threshold)
        } else {
            self.below(threshold)
        }
    }
}

/// Mean and standard deviation of a mixture of (mass, mean, variance).
pub(super) fn moments(parts: impl Iterator<Item = (f64, f64, f64)> + Clone) -> (f64, f64) {
    let mean: f64 = parts.clone().map(|(mass, mean, _)| mass * mean).sum();
    let variance: f64 = parts
        .map(|(mass, m, variance)| mass * (variance + (m - mean) * (m - mean)))
        .sum();
    (mean, variance.sqrt())
}
