//! Maximum likelihood and restricted maximum likelihood, at the highest of several maxima.
//!
//! The score is scanned on a grid in which v_min + t doubles, up to a point beyond which it is
//! provably negative, by the data alone or by the score at a point reached; a hump of the score between two points of one sign is cut in halves. Each
//! change from rising to falling brackets a maximum, which cubics through values and slopes find; 0 is a maximum when the
//! score there is not positive. Likelihoods are compared only if there are several.

use super::{Projection, Tau2};
use crate::pool::Solution;
use crate::pool::newton::{Node, hermite_root};
use crate::pool::projection::Forms;

/// Which likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likelihood {
    /// Full, ML.
    Full,
    /// Restricted, REML.
    Restricted,
}

/// Most points of the scan, about.
const MAX_POINTS: f64 = 64.0;
/// Beyond this ratio of the largest to the smallest variance, points lie further apart than a factor of 2.
const MOST_DOUBLINGS: f64 = 1e19;
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
    /// y'PPy over the trace that it is compared with.
    ratio: f64,
    /// Means of 1/(l + t) over the eigenvalues l, with the terms of y'PPy and of the trace as weights.
    residual_mean: f64,
    trace_mean: f64,
}

/// Whether the score is negative for every t from `at.t` on.
///
/// In the eigenvalues l of the variances within the residual space, y'PPy = sum g^2/(l+t)^2 and the trace = sum
/// 1/(l+t). With x = 1/(l+t0) and d = t - t0 they are y'PPy at t0 times a mean of 1/(1+dx)^2, and the trace at t0 times
/// a mean of 1/(1+dx). Both are convex in x, and the means of x are known: the second is at least its value at the mean
/// (Jensen), the first at most that of the two ends, v_min <= l <= v_max, with the same mean (Edmundson & Madansky).
/// Each end by itself times 1 + d m is largest at d = 0, or at a d that is known.
fn falls_from(at: Point, v_min: f64, v_max: f64) -> bool {
    let (high, low) = (1.0 / (v_min + at.t), 1.0 / (v_max + at.t));
    let spread = high - low;
    let share = if spread > 0.0 {
        ((at.residual_mean - low) / spread).clamp(0.0, 1.0)
    } else {
        1.0
    };
    let m = at.trace_mean;
    let largest = |x: f64| {
        if 2.0 * x >= m {
            1.0
        } else {
            m * m / (4.0 * x * (m - x))
        }
    };
    at.ratio * (share * largest(high) + (1.0 - share) * largest(low)) < PROVEN
}

/// Below 1 by more than rounding.
const PROVEN: f64 = 1.0 - 1e-9;

/// The best maxima so far.
struct Scan<'a> {
    projection: &'a mut Projection,
    likelihood: Likelihood,
    best: Option<Peak>,
    /// A bracket whose maximum is sought when the next one turns up, or last of all: its forms are then at hand.
    pending: Option<(Point, Point)>,
    iterations: u32,
}

impl Scan<'_> {
    fn point(&mut self, t: f64) -> Point {
        self.iterations += 1;
        let forms = self.projection.forms(t);
        let (score, slope) = score(&forms, self.likelihood);
        let (trace, square) = match self.likelihood {
            Likelihood::Full => (forms.sum_w, forms.sum_w2),
            Likelihood::Restricted => (forms.tr_p, forms.tr_pp),
        };
        Point {
            t,
            score,
            slope,
            ratio: forms.qq / trace,
            residual_mean: forms.qqq / forms.qq,
            trace_mean: square / trace,
        }
    }

    /// Heights are compared only when a second maximum turns up.
    fn offer(&mut self, t: f64, solution: Solution) {
        let forms = self.projection.forms(t);
        let found = Peak { t, solution, forms };
        let restricted = self.likelihood == Likelihood::Restricted;
        let height = |peak: &Peak| self.projection.ln_likelihood(peak.t, &peak.forms, restricted);
        self.best = match self.best {
            Some(kept) => {
                let (there, here) = (height(&kept), height(&found));
                Some(if here > there + SAME_HEIGHT * there.abs() {
                    found
                } else {
                    kept
                })
            }
            None => Some(found),
        };
    }

    /// Looks for maxima between two points.
    fn between(&mut self, a: Point, b: Point, depth: u32) {
        if a.score > 0.0 && b.score <= 0.0 {
            self.polish();
            self.pending = Some((a, b));
            return;
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

    /// The root of u^2 score, which is close to linear in u = v_min + t, in the bracket that waits.
    fn polish(&mut self) {
        let Some((a, b)) = self.pending.take() else {
            return;
        };
        let low = self.projection.v_min();
        let likelihood = self.likelihood;
        let projection = &mut *self.projection;
        let scaled = |t: f64, score: f64, slope: f64| {
            let u = low + t;
            Node {
                x: t,
                value: u * u * score,
                slope: u * (u * slope + 2.0 * score),
            }
        };
        let ends = [a, b].map(|end| scaled(end.t, end.score, end.slope));
        let root = hermite_root(ends, low, |t| {
            let (score, slope) = score(&projection.forms(t), likelihood);
            scaled(t, score, slope)
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
    let (low, high) = (projection.v_min(), projection.v_max());
    let upper = projection.likelihood_upper();
    let mut scan = Scan {
        projection,
        likelihood,
        best: None,
        pending: None,
        iterations: 0,
    };
    let zero = scan.point(0.0);
    if zero.score <= 0.0 {
        scan.offer(0.0, Solution::Boundary { iterations: 0 });
    }
    let ratio = (low + upper) / low;
    if upper > 0.0 && upper.is_finite() && ratio > 1.0 + 1e-12 && !falls_from(zero, low, high) {
        let factor = if ratio < MOST_DOUBLINGS {
            2.0
        } else {
            (ratio.ln() / MAX_POINTS).exp()
        };
        let mut last = zero;
        let mut u = low;
        while last.t < upper {
            u *= factor;
            let next = scan.point((u - low).min(upper));
            scan.between(last, next, 0);
            last = next;
            if falls_from(last, low, high) {
                break;
            }
        }
        scan.polish();
        if last.score > 0.0 {
            // rounding at the provable bound: the maximum sits there
            scan.offer(last.t, Solution::Converged { iterations: 0 });
        }
    }
    let iterations = scan.iterations;
    match scan.best {
        Some(peak) => Peak {
            solution: peak.solution.with_iterations(iterations),
            ..peak
        },
        None => Peak {
            t: f64::NAN,
            solution: Solution::NotConverged { iterations },
            forms: scan.projection.forms(f64::NAN),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;
    use crate::pool::projection::{Intercept, MatrixDesign};
    use onset_math::random::Stream;

    fn scan(projection: &mut Projection, likelihood: Likelihood) -> Scan<'_> {
        Scan {
            projection,
            likelihood,
            best: None,
            pending: None,
            iterations: 0,
        }
    }

    #[test]
    fn where_the_score_is_proven_negative_it_is_negative_from_there_on() {
        let mut stream = Stream::new(7, 0);
        let mut proven = 0;
        for draw in 0..600 {
            let k = 4 + draw % 5;
            let tau = 3.0 * stream.uniform() * stream.uniform();
            let v: Vec<f64> = (0..k).map(|_| (4.0 * stream.normal()).exp()).collect();
            let y: Vec<f64> = v.iter().map(|v| (v.sqrt() + tau) * stream.normal()).collect();
            let x: Vec<f64> = (0..k).flat_map(|_| [1.0, stream.normal()]).collect();
            let mut projection = if draw % 2 == 0 {
                Projection::Intercept(Intercept::new(&y, &v, None))
            } else {
                Projection::Matrix(MatrixDesign::new(&y, &v, &x, 2).unwrap())
            };
            let (low, high) = (projection.v_min(), projection.v_max());
            for likelihood in [Likelihood::Full, Likelihood::Restricted] {
                let mut scan = scan(&mut projection, likelihood);
                let points: Vec<Point> = (0..=120)
                    .map(|i| {
                        let u = low * (1e6 * high / low).powf(f64::from(i) / 120.0);
                        scan.point((u - low).max(0.0))
                    })
                    .collect();
                let from = points.iter().position(|&point| falls_from(point, low, high));
                if let Some(from) = from {
                    proven += usize::from(from < 40);
                    assert!(
                        points[from..].iter().all(|point| point.score < 0.0),
                        "draw {draw}"
                    );
                }
            }
        }
        // the proof is worth something: before a third of the way to a variance far beyond the largest
        assert!(proven > 300, "{proven}");
    }
}
