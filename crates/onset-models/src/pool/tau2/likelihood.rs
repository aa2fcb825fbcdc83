//! Maximum likelihood and restricted maximum likelihood, at the highest of several maxima.
//!
//! The score is scanned on a grid in which v_min + t doubles, up to a point beyond which it is
//! provably negative; a hump of the score between two points of one sign is cut in halves. Each
//! change from rising to falling brackets a maximum, which Newton finds; 0 is a maximum when the
//! score there is not positive. Likelihoods are compared only if there are several.

use super::{Projection, Tau2};
use crate::pool::Solution;
use crate::pool::newton::decreasing_root;
use crate::pool::projection::Forms;

/// Which likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likelihood {
    /// Full, ML.
    Full,
    /// Restricted, REML.
    Restricted,
}

/// Most points of the scan.
const MAX_POINTS: f64 = 64.0;
/// Halvings of a hump.
const MAX_DEPTH: u32 = 8;
/// Log-likelihoods closer than this share are one height: the smaller tau2 is taken.
const SAME_HEIGHT: f64 = 1e-13;

/// A maximum of the likelihood over tau2 >= 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peak {
    pub t: f64,
    pub solution: Solution,
    pub forms: Forms,
}

/// # Formula
/// REML: l(t) = -1/2 [(k-p) ln 2pi + sum ln(v+t) + ln|X'WX| - ln|X'X| + y'Py]; ML without the
/// determinants and with k for k - p. Standard error sqrt(2/tr PP), for ML sqrt(2/sum w^2):
/// the inverse of the expected information.
/// # Source
/// Raudenbush 2009, in The Handbook of Research Synthesis and Meta-Analysis; Viechtbauer 2005,
/// J Educ Behav Stat 30:261.
pub(super) fn estimate(projection: &mut Projection, likelihood: Likelihood) -> Tau2 {
    let peak = maximise(projection, likelihood);
    let information = match likelihood {
        Likelihood::Full => peak.forms.sum_w2,
        Likelihood::Restricted => peak.forms.tr_pp,
    };
    Tau2 {
        value: peak.t,
        standard_error: Some((2.0 / information).sqrt()),
        raw: None,
        solution: peak.solution,
    }
}

/// Score of tau2 and its derivative.
fn score(f: &Forms, likelihood: Likelihood) -> (f64, f64) {
    match likelihood {
        Likelihood::Full => (0.5 * (f.qq - f.sum_w), 0.5 * f.sum_w2 - f.qqq),
        Likelihood::Restricted => (0.5 * (f.qq - f.tr_p), 0.5 * f.tr_pp - f.qqq),
    }
}

/// One point of the scan.
#[derive(Clone, Copy)]
struct Point {
    t: f64,
    score: f64,
    slope: f64,
}

/// The best maximum so far; its height is computed when a second one turns up.
struct Scan<'a> {
    projection: &'a mut Projection,
    likelihood: Likelihood,
    best: Option<(f64, Solution, Option<f64>)>,
    iterations: u32,
}

impl Scan<'_> {
    fn point(&mut self, t: f64) -> Point {
        self.iterations += 1;
        let (score, slope) = score(&self.projection.forms(t), self.likelihood);
        Point { t, score, slope }
    }

    fn height(&mut self, t: f64) -> f64 {
        height(self.projection, t, self.likelihood)
    }

    fn offer(&mut self, t: f64, solution: Solution) {
        let Some((kept, kept_solution, kept_height)) = self.best else {
            self.best = Some((t, solution, None));
            return;
        };
        let kept_height = kept_height.unwrap_or_else(|| self.height(kept));
        let height = self.height(t);
        self.best = if height > kept_height + SAME_HEIGHT * kept_height.abs() {
            Some((t, solution, Some(height)))
        } else {
            Some((kept, kept_solution, Some(kept_height)))
        };
    }

    /// Looks for maxima between two points.
    fn between(&mut self, a: Point, b: Point, depth: u32) {
        if a.score > 0.0 && b.score <= 0.0 {
            return self.polish(a, b);
        }
        let hump = a.score <= 0.0 && b.score <= 0.0 && a.slope > 0.0 && b.slope < 0.0;
        let dip = a.score > 0.0 && b.score > 0.0 && a.slope < 0.0 && b.slope > 0.0;
        if !(hump || dip) || depth >= MAX_DEPTH {
            return;
        }
        let t = (b.score - a.score + a.slope * a.t - b.slope * b.t) / (a.slope - b.slope);
        let tip = a.score + a.slope * (t - a.t);
        if (hump && tip > 0.0) || (dip && tip < 0.0) {
            let middle = self.point(0.5 * (a.t + b.t));
            self.between(a, middle, depth + 1);
            self.between(middle, b, depth + 1);
        }
    }

    /// Newton on a bracketed maximum. u^2 score is close to linear in u = v_min + t.
    fn polish(&mut self, a: Point, b: Point) {
        let low = self.projection.v_min();
        let (ua, ub) = (low + a.t, low + b.t);
        let (ga, gb) = (ua * ua * a.score, ub * ub * b.score);
        let start = a.t + (b.t - a.t) * ga / (ga - gb);
        let likelihood = self.likelihood;
        let projection = &mut *self.projection;
        let root = decreasing_root(a.t, b.t, start, low, |t| {
            let (score, slope) = score(&projection.forms(t), likelihood);
            let u = low + t;
            // Newton on u^2 score, whose derivative is u^2 slope + 2 u score
            (score, -u * score / (u * slope + 2.0 * score))
        });
        self.iterations += root.iterations;
        self.offer(root.x, Solution::iterated(root.converged, 0));
    }
}

/// The log-likelihood at t.
pub(crate) fn height(projection: &mut Projection, t: f64, likelihood: Likelihood) -> f64 {
    let forms = projection.forms(t);
    projection.ln_likelihood(t, &forms, likelihood == Likelihood::Restricted)
}

/// The t >= 0 at which the likelihood is highest.
pub(crate) fn maximise(projection: &mut Projection, likelihood: Likelihood) -> Peak {
    let low = projection.v_min();
    let upper = projection.likelihood_upper();
    let mut scan = Scan {
        projection,
        likelihood,
        best: None,
        iterations: 0,
    };
    let zero = scan.point(0.0);
    if zero.score <= 0.0 {
        scan.offer(0.0, Solution::Boundary { iterations: 0 });
    }
    let ratio = (low + upper) / low;
    if upper > 0.0 && upper.is_finite() && ratio > 1.0 + 1e-12 {
        let points = ratio.log2().ceil().clamp(2.0, MAX_POINTS);
        let factor = (ratio.ln() / points).exp();
        let mut last = zero;
        let mut u = low;
        for i in 1..=points as u32 {
            u *= factor;
            let t = if f64::from(i) == points { upper } else { u - low };
            let next = scan.point(t);
            scan.between(last, next, 0);
            last = next;
        }
        if last.score > 0.0 {
            // rounding at the provable bound: the maximum sits there
            scan.offer(last.t, Solution::Converged { iterations: 0 });
        }
    }
    let iterations = scan.iterations;
    let (t, solution, _) = scan
        .best
        .unwrap_or((f64::NAN, Solution::NotConverged { iterations }, None));
    let solution = solution.with_iterations(iterations);
    let forms = projection.forms(t);
    Peak { t, solution, forms }
}
