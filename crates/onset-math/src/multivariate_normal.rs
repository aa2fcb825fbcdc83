//! Rectangle probabilities of the multivariate normal and t distributions, and the critical value of simultaneous
//! intervals, by Genz's transformation and a randomly shifted lattice with a fixed seed: the same answer every time.
//!
//! # Source
//! Genz 1992, Journal of Computational and Graphical Statistics 1:141; Genz & Bretz 2009, Computation of
//! Multivariate Normal and t Probabilities (reordering, lattice). A singular covariance is allowed: a
//! variable that the earlier ones determine only narrows the range of the last of them.

use crate::linalg::Matrix;
use crate::random::Stream;
use crate::{bivariate_normal, chi_squared, normal, root, student_t};

/// Options of the lattice.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `shifts` | 10 | >= 2 | random shifts of the lattice of 5003 points; the error is estimated from their spread |
/// | `seed` | 2009 | | seed of the shifts |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lattice {
    /// Random shifts of the lattice.
    pub shifts: usize,
    /// Seed of the shifts.
    pub seed: u64,
}

impl Default for Lattice {
    fn default() -> Self {
        Lattice {
            shifts: 10,
            seed: 2009,
        }
    }
}

/// A probability with its estimated error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probability {
    /// The probability.
    pub value: f64,
    /// Three standard errors over the shifts; 0 where the answer is exact to rounding.
    pub error: f64,
}

/// A critical value with its estimated error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Critical {
    /// The critical value.
    pub value: f64,
    /// The error of the probability there, divided by its slope.
    pub error: f64,
}

/// `P(lower_i <= X_i <= upper_i for all i)`, X normal with mean zero and the given covariance, or, with `df`,
/// multivariate t (X over `sqrt(chi2_df / df)`). Limits may be infinite.
///
/// # Errors
/// `None` when the shapes differ, an entry is not a number, the covariance is not positive semidefinite, or df is not
/// positive.
pub fn rectangle(
    lower: &[f64],
    upper: &[f64],
    covariance: &Matrix,
    df: Option<f64>,
    lattice: Lattice,
) -> Option<Probability> {
    let n = lower.len();
    let nan = lower.iter().chain(upper).any(|v| v.is_nan());
    if nan || upper.len() != n || !valid_df(df) || !shape(covariance, n) {
        return None;
    }
    let df = df.filter(|d| d.is_finite());
    if lower.iter().zip(upper).any(|(a, b)| a >= b) {
        return Some(Probability {
            value: 0.0,
            error: 0.0,
        });
    }
    if let Some(value) = exact(lower, upper, covariance, df) {
        return Some(Probability { value, error: 0.0 });
    }
    let plan = Plan::new(lower, upper, covariance)?;
    Some(plan.probability(|i| (lower[i], upper[i]), &plan.points(df, lattice)))
}

/// The c with `P(|X_i| <= c sd_i for all i) = level`: critical value of simultaneous two-sided intervals for
/// estimates with the given covariance (with `df`, for estimates over an independent standard error).
///
/// # Errors
/// `None` as for [`rectangle`], for a level outside (0, 1), or when every variance is zero.
pub fn equicoordinate(
    level: f64,
    covariance: &Matrix,
    df: Option<f64>,
    lattice: Lattice,
) -> Option<Critical> {
    let n = covariance.rows();
    let inside = level > 0.0 && level < 1.0;
    if !inside || !valid_df(df) || !shape(covariance, n) {
        return None;
    }
    let live: Vec<usize> = (0..n).filter(|&i| covariance[(i, i)] > 0.0).collect();
    let sd: Vec<f64> = live.iter().map(|&i| covariance[(i, i)].sqrt()).collect();
    let m = live.len();
    let correlation = Matrix::from_fn(m, m, |i, j| covariance[(live[i], live[j])] / (sd[i] * sd[j]));
    let df = df.filter(|d| d.is_finite());
    let single = |tail: f64| {
        df.map_or_else(
            || normal::upper_quantile(tail),
            |d| student_t::upper_quantile(tail, d),
        )
    };
    let low = single(0.5 * (1.0 - level));
    let high = single(0.5 * (1.0 - level) / m.max(1) as f64);
    if m == 0 {
        return None;
    }
    if m == 1 {
        return Some(Critical {
            value: low,
            error: 0.0,
        });
    }
    let bound = vec![high; m];
    let minus: Vec<f64> = bound.iter().map(|b| -b).collect();
    let plan = Plan::new(&minus, &bound, &correlation)?;
    let points = plan.points(df, lattice);
    let at = |c: f64| match (m, df) {
        (2, None) => Probability {
            value: square(c, correlation[(0, 1)]),
            error: 0.0,
        },
        _ => plan.probability(|_| (-c, c), &points),
    };
    // A perfectly correlated pair sits at one end of the bracket, an almost independent family near the other.
    let value = root::brent(|c| at(c).value - level, 0.999 * low, 1.001 * high, 1e-9)
        .ok()?
        .x;
    let step = 0.01 * value;
    let slope = (at(value + step).value - at(value - step).value) / (2.0 * step);
    Some(Critical {
        value,
        error: at(value).error / slope,
    })
}

fn valid_df(df: Option<f64>) -> bool {
    df.is_none_or(|d| d > 0.0)
}

fn shape(covariance: &Matrix, n: usize) -> bool {
    covariance.rows() == n && covariance.cols() == n && covariance.is_finite()
}

/// One variable, or two normal ones.
fn exact(lower: &[f64], upper: &[f64], covariance: &Matrix, df: Option<f64>) -> Option<f64> {
    let (a, b) = (lower.first().copied(), upper.first().copied());
    match (lower.len(), df) {
        (0, _) => Some(1.0),
        (1, _) if covariance[(0, 0)] > 0.0 => {
            let sd = covariance[(0, 0)].sqrt();
            let cdf = |x: f64| df.map_or_else(|| normal::cdf(x), |d| student_t::cdf(x, d));
            let (a, b) = (a? / sd, b? / sd);
            // On the side of the smaller tails.
            Some(if a > 0.0 {
                cdf(-a) - cdf(-b)
            } else {
                cdf(b) - cdf(a)
            })
        }
        (2, None) if covariance[(0, 0)] > 0.0 && covariance[(1, 1)] > 0.0 => {
            let (s, t) = (covariance[(0, 0)].sqrt(), covariance[(1, 1)].sqrt());
            let rho = (covariance[(1, 0)] / (s * t)).clamp(-1.0, 1.0);
            let f = |h: f64, k: f64| bivariate_normal::cdf(h / s, k / t, rho);
            let value =
                f(upper[0], upper[1]) - f(lower[0], upper[1]) - f(upper[0], lower[1]) + f(lower[0], lower[1]);
            Some(value.clamp(0.0, 1.0))
        }
        _ => None,
    }
}

/// P(|X| <= c, |Y| <= c) for standard normal variables with correlation rho.
fn square(c: f64, rho: f64) -> f64 {
    let rho = rho.clamp(-1.0, 1.0);
    // 1 - P(|X| > c) - P(|Y| > c) + P(both).
    let both = 2.0 * (bivariate_normal::sf(c, c, rho) + bivariate_normal::sf(c, c, -rho));
    1.0 - 4.0 * normal::sf(c) + both
}

/// A variable as a combination of independent standard normal ones, the last of which it bounds.
struct Row {
    variable: usize,
    coefficients: Vec<f64>,
}

/// Rows grouped by their last coefficient; group i bounds the i-th independent variable.
struct Plan {
    groups: Vec<Vec<Row>>,
    /// Variables of no variance.
    constant: Vec<usize>,
}

/// A conditional variance below this part of the variance counts as zero.
const SINGULAR: f64 = 1e-10;

impl Plan {
    /// Cholesky decomposition that takes the variable with the smallest expected probability first.
    fn new(lower: &[f64], upper: &[f64], covariance: &Matrix) -> Option<Plan> {
        let n = lower.len();
        let mut left: Vec<usize> = (0..n).collect();
        let mut l = Matrix::zeros(n, n);
        let mut expected: Vec<f64> = Vec::with_capacity(n);
        let mut plan = Plan {
            groups: Vec::new(),
            constant: Vec::new(),
        };
        loop {
            let r = expected.len();
            let mut best: Option<(f64, usize, f64, f64)> = None;
            let mut keep = Vec::with_capacity(left.len());
            for &i in &left {
                let variance = covariance[(i, i)];
                let rest = variance - l.row(i)[..r].iter().map(|v| v * v).sum::<f64>();
                if rest < -1e-8 * variance.abs() || variance < 0.0 {
                    return None;
                }
                if rest <= SINGULAR * variance {
                    plan.close(i, &l.row(i)[..r], variance.sqrt());
                    continue;
                }
                keep.push(i);
                let shift: f64 = l.row(i)[..r].iter().zip(&expected).map(|(c, y)| c * y).sum();
                let (a, b) = ((lower[i] - shift) / rest.sqrt(), (upper[i] - shift) / rest.sqrt());
                let p = between(a, b);
                if best.is_none_or(|(q, ..)| p < q) {
                    best = Some((p, i, a, b));
                }
            }
            left = keep;
            let Some((p, i, a, b)) = best else {
                return Some(plan);
            };
            let rest = (covariance[(i, i)] - l.row(i)[..r].iter().map(|v| v * v).sum::<f64>()).sqrt();
            l[(i, r)] = rest;
            left.retain(|&j| j != i);
            for &j in &left {
                let dot: f64 = l.row(j)[..r].iter().zip(&l.row(i)[..r]).map(|(x, y)| x * y).sum();
                l[(j, r)] = (covariance[(j, i)] - dot) / rest;
            }
            let mean = (normal::pdf(a) - normal::pdf(b)) / p;
            expected.push(if mean.is_finite() {
                mean
            } else {
                0.5 * (a.max(-38.0) + b.min(38.0))
            });
            plan.groups.push(vec![Row {
                variable: i,
                coefficients: l.row(i)[..=r].to_vec(),
            }]);
        }
    }

    /// Files a variable that the first independent ones determine.
    fn close(&mut self, variable: usize, coefficients: &[f64], sd: f64) {
        let last = coefficients.iter().rposition(|c| c.abs() > 1e-7 * sd);
        match last {
            Some(last) => {
                self.groups[last].push(Row {
                    variable,
                    coefficients: coefficients[..=last].to_vec(),
                });
            }
            None => self.constant.push(variable),
        }
    }

    /// The sample that this plan is averaged over.
    fn points(&self, df: Option<f64>, lattice: Lattice) -> Points {
        Points::new(self.groups.len().saturating_sub(1), df, lattice)
    }

    fn probability(&self, bounds: impl Fn(usize) -> (f64, f64), points: &Points) -> Probability {
        if self
            .constant
            .iter()
            .any(|&i| !(bounds(i).0 <= 0.0 && bounds(i).1 >= 0.0))
        {
            return Probability {
                value: 0.0,
                error: 0.0,
            };
        }
        let mut y = vec![0.0; self.groups.len()];
        let (mut sum, mut squares) = (0.0, 0.0);
        for shift in 0..points.shifts {
            let mut total = 0.0;
            for point in shift * points.each..(shift + 1) * points.each {
                total += self.integrand(&bounds, points.scale(point), points.uniforms(point), &mut y);
            }
            let mean = total / points.each as f64;
            sum += mean;
            squares += mean * mean;
        }
        let m = points.shifts as f64;
        let value = sum / m;
        let variance = if m > 1.0 {
            ((squares / m - value * value) / (m - 1.0)).max(0.0)
        } else {
            0.0
        };
        Probability {
            value,
            error: 3.0 * variance.sqrt(),
        }
    }

    /// Genz's integrand at one point of the unit cube.
    fn integrand(&self, bounds: &impl Fn(usize) -> (f64, f64), scale: f64, w: &[f64], y: &mut [f64]) -> f64 {
        let mut product = 1.0;
        for (i, group) in self.groups.iter().enumerate() {
            let (mut lo, mut hi) = (f64::NEG_INFINITY, f64::INFINITY);
            for row in group {
                let shift: f64 = row.coefficients[..i].iter().zip(&*y).map(|(c, y)| c * y).sum();
                let (a, b) = bounds(row.variable);
                let c = row.coefficients[i];
                let (a, b) = ((a * scale - shift) / c, (b * scale - shift) / c);
                let (a, b) = if c > 0.0 { (a, b) } else { (b, a) };
                lo = lo.max(a);
                hi = hi.min(b);
            }
            if lo >= hi {
                return 0.0;
            }
            // Mirrored when both ends lie in the upper tail, where 1 - p would lose digits.
            let mirror = lo > 0.0;
            let (from, to) = if mirror { (-hi, -lo) } else { (lo, hi) };
            let (p, q) = (normal::cdf(from), normal::cdf(to));
            product *= q - p;
            if product == 0.0 {
                return 0.0;
            }
            if let Some(w) = w.get(i) {
                let z = normal::quantile(p + w * (q - p)).clamp(from, to);
                y[i] = if mirror { -z } else { z };
            }
        }
        product
    }
}

/// Points of the shifted lattices, computed once and used for every limit.
struct Points {
    dims: usize,
    /// Points of each lattice.
    each: usize,
    shifts: usize,
    uniforms: Vec<f64>,
    /// `sqrt(chi2_df / df)` at each point; empty for the normal distribution.
    scales: Vec<f64>,
}

impl Points {
    fn new(dims: usize, df: Option<f64>, lattice: Lattice) -> Points {
        let all = dims + usize::from(df.is_some());
        if all == 0 {
            return Points {
                dims,
                each: 1,
                shifts: 1,
                uniforms: vec![],
                scales: vec![],
            };
        }
        let generator = generator(all);
        let mut stream = Stream::new(lattice.seed, 0);
        let (each, shifts) = (POINTS, lattice.shifts.max(2));
        let mut uniforms = Vec::with_capacity(dims * each * shifts);
        let mut scales = Vec::new();
        for _ in 0..shifts {
            let shift: Vec<f64> = (0..all).map(|_| stream.uniform()).collect();
            for point in 1..=each {
                for (j, (g, s)) in generator.iter().zip(&shift).enumerate() {
                    // The baker's transformation makes the integrand periodic.
                    let x = (2.0 * (point as f64 * g + s).fract() - 1.0)
                        .abs()
                        .clamp(1e-16, 1.0 - 1e-16);
                    match df {
                        Some(df) if j == dims => scales.push((chi_squared::quantile(x, df) / df).sqrt()),
                        _ => uniforms.push(x),
                    }
                }
            }
        }
        Points {
            dims,
            each,
            shifts,
            uniforms,
            scales,
        }
    }

    fn uniforms(&self, point: usize) -> &[f64] {
        &self.uniforms[point * self.dims..(point + 1) * self.dims]
    }

    fn scale(&self, point: usize) -> f64 {
        self.scales.get(point).copied().unwrap_or(1.0)
    }
}

fn between(a: f64, b: f64) -> f64 {
    if a > 0.0 {
        normal::cdf(-a) - normal::cdf(-b)
    } else {
        normal::cdf(b) - normal::cdf(a)
    }
}

/// Points of the lattice, a prime.
const POINTS: usize = 5003;

/// Generating vector of the lattice, built component by component (`oracles/scripts/lattice.py`).
const GENERATOR: [u16; 64] = [
    1, 1850, 2160, 3816, 2440, 4640, 1926, 1040, 1504, 3379, 603, 734, 4422, 4100, 3942, 4917, 4736, 4439,
    4527, 440, 426, 3450, 4172, 4258, 2994, 2306, 205, 4827, 323, 1406, 2958, 4716, 2950, 4025, 1593, 2127,
    4496, 2230, 2546, 3762, 768, 4668, 4129, 4163, 3544, 3672, 192, 4184, 3614, 1464, 4046, 2538, 150, 1977,
    3679, 1687, 3224, 4199, 4710, 4060, 4862, 1812, 1134, 4138,
];

/// The generator over the number of points; past the table, fractional parts of the square roots of primes (Richtmyer).
fn generator(dims: usize) -> Vec<f64> {
    let mut out: Vec<f64> = GENERATOR
        .iter()
        .take(dims)
        .map(|z| f64::from(*z) / POINTS as f64)
        .collect();
    let mut primes: Vec<u64> = Vec::new();
    let mut candidate = 2;
    while out.len() < dims {
        if primes
            .iter()
            .take_while(|p| *p * *p <= candidate)
            .all(|p| candidate % p != 0)
        {
            primes.push(candidate);
            out.push((candidate as f64).sqrt().fract());
        }
        candidate += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn equicorrelated(n: usize, rho: f64) -> Matrix {
        Matrix::from_fn(n, n, |i, j| if i == j { 1.0 } else { rho })
    }

    #[test]
    fn orthants_have_closed_forms() {
        let zero = [0.0; 3];
        let low = [f64::NEG_INFINITY; 3];
        let r = Matrix::from_rows(&[vec![1.0, 0.3, -0.2], vec![0.3, 1.0, 0.6], vec![-0.2, 0.6, 1.0]]);
        let truth = 0.125 + (f64::asin(0.3) + f64::asin(-0.2) + f64::asin(0.6)) / (4.0 * PI);
        let p = rectangle(&low, &zero, &r, None, Lattice::default()).unwrap();
        assert!(
            (p.value - truth).abs() < p.error && p.error < 1e-5,
            "{p:?} {truth}"
        );
        // The orthant of a multivariate t is that of the normal.
        let t = rectangle(&low, &zero, &r, Some(3.5), Lattice::default()).unwrap();
        assert!((t.value - truth).abs() < t.error && t.error < 3e-5, "{t:?}");
        // Correlation one half: 1 / (n + 1).
        let five = rectangle(
            &[f64::NEG_INFINITY; 5],
            &[0.0; 5],
            &equicorrelated(5, 0.5),
            None,
            Lattice::default(),
        );
        assert!((five.unwrap().value - 1.0 / 6.0).abs() < 2e-5);
    }

    #[test]
    fn singular_covariance() {
        // The third variable is the sum of two independent ones.
        let c = Matrix::from_rows(&[vec![1.0, 0.0, 1.0], vec![0.0, 1.0, 1.0], vec![1.0, 1.0, 2.0]]);
        let p = rectangle(&[0.0, 0.0, 0.0], &[9.0, 9.0, 1.0], &c, None, Lattice::default()).unwrap();
        // X, Y >= 0, X + Y <= 1.
        let truth =
            crate::quadrature::adaptive(|x| normal::pdf(x) * (normal::cdf(1.0 - x) - 0.5), 0.0, 1.0, 1e-12);
        assert!(
            (p.value - truth.value).abs() < p.error && p.error < 1e-5,
            "{p:?} {truth:?}"
        );
        let copies = Matrix::from_fn(4, 4, |_, _| 2.0);
        let c = equicoordinate(0.95, &copies, None, Lattice::default()).unwrap();
        assert!((c.value - 1.959_963_984_540_054).abs() < 1e-8, "{c:?}");
        assert!(
            rectangle(
                &[0.0; 2],
                &[1.0; 2],
                &Matrix::from_rows(&[vec![1.0, 2.0], vec![2.0, 1.0]]),
                Some(3.0),
                Lattice::default()
            )
            .is_none()
        );
    }

    #[test]
    fn equicoordinate_values() {
        // Independent: Sidak. Also t with one coordinate.
        let sidak = normal::quantile(0.5 + 0.5 * 0.95_f64.powf(0.25));
        let c = equicoordinate(0.95, &Matrix::identity(4), None, Lattice::default()).unwrap();
        assert!((c.value - sidak).abs() < 1e-8, "{c:?} {sidak}");
        let two = equicoordinate(0.95, &Matrix::identity(2), None, Lattice::default()).unwrap();
        assert!((two.value - normal::quantile(0.5 + 0.5 * 0.95_f64.sqrt())).abs() < 1e-9);
        let one = equicoordinate(0.9, &Matrix::diag(&[4.0]), Some(7.0), Lattice::default()).unwrap();
        assert!((one.value - student_t::quantile(0.95, 7.0)).abs() < 1e-14);
        let again = equicoordinate(0.95, &equicorrelated(6, 0.3), Some(8.0), Lattice::default()).unwrap();
        assert_eq!(
            again,
            equicoordinate(0.95, &equicorrelated(6, 0.3), Some(8.0), Lattice::default()).unwrap()
        );
    }
}
