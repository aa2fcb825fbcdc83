//! Gauss rules and adaptive integration.

use crate::linalg::{Matrix, symmetric_eigen};

/// Nodes (ascending) and weights of a quadrature rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Nodes, ascending.
    pub nodes: Vec<f64>,
    /// Weights, in the order of the nodes.
    pub weights: Vec<f64>,
}

/// An integral with its error estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Integral {
    /// The integral.
    pub value: f64,
    /// Estimate of its absolute error (usually far too large).
    pub error: f64,
    /// Function evaluations made.
    pub evaluations: usize,
    /// Whether the error estimate came below the tolerance.
    pub converged: bool,
}

/// Gauss-Legendre rule with `n` points on (-1, 1): exact for polynomials up to degree 2n - 1.
///
/// Newton's iteration on the Legendre polynomial from `cos(pi (i + 3/4) / (n + 1/2))`.
pub fn gauss_legendre(n: usize) -> Rule {
    let mut nodes = vec![0.0; n];
    let mut weights = vec![0.0; n];
    for i in 0..n.div_ceil(2) {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (p, dp) = legendre(n, x);
            slope = dp;
            let step = p / dp;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        if n % 2 == 1 && i == n / 2 {
            x = 0.0;
            slope = legendre(n, x).1;
        }
        let w = 2.0 / ((1.0 - x) * (1.0 + x) * slope * slope);
        (nodes[i], nodes[n - 1 - i]) = (-x, x);
        (weights[i], weights[n - 1 - i]) = (w, w);
    }
    Rule { nodes, weights }
}

/// Gauss-Hermite rule with `n` points for the weight `exp(-x^2)` on the real line.
///
/// Nodes from the eigenvalues of the Jacobi matrix (Golub & Welsch 1969), polished by Newton's iteration on the
/// orthonormal Hermite polynomial; each weight is the Christoffel number `1 / sum_k h_k(x)^2`.
/// Weights of the outermost nodes underflow to zero beyond about n = 370.
pub fn gauss_hermite(n: usize) -> Rule {
    let mut jacobi = Matrix::zeros(n, n);
    for i in 1..n {
        let off = (0.5 * i as f64).sqrt();
        jacobi[(i, i - 1)] = off;
        jacobi[(i - 1, i)] = off;
    }
    let mut nodes = symmetric_eigen(&jacobi)
        .map(|e| e.values)
        .unwrap_or_else(|| vec![f64::NAN; n]);
    let mut weights = vec![0.0; n];
    for i in 0..n.div_ceil(2) {
        let mut x = 0.5 * (nodes[n - 1 - i] - nodes[i]);
        for _ in 0..3 {
            x -= hermite(n, x).0;
        }
        if n % 2 == 1 && i == n / 2 {
            x = 0.0;
        }
        let w = (-x * x).exp() / hermite(n, x).1;
        (nodes[i], nodes[n - 1 - i]) = (-x, x);
        (weights[i], weights[n - 1 - i]) = (w, w);
    }
    Rule { nodes, weights }
}

const MAX_PIECES: usize = 4000;

/// Rounding of a sum of many terms: below this part of the integral of |f| no error estimate means anything.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Integral of `f` over the finite interval `[a, b]` by the 21-point Gauss-Kronrod rule, halving the worst piece until
/// the estimated error is at most `tol` times the integral (or a few rounding units of the integral of |f|, so that an
/// integral of zero ends too). Not converged means that 4000 pieces were not enough, or that f is not finite.
///
/// # Source
/// Piessens, de Doncker-Kapenga, Ueberhuber & Kahaner 1983, QUADPACK (QAG, error estimate of QK21).
pub fn adaptive(mut f: impl FnMut(f64) -> f64, a: f64, b: f64, tol: f64) -> Integral {
    let mut pieces = vec![kronrod(&mut f, a, b)];
    loop {
        let (mut value, mut error, mut absolute, mut worst) = (0.0, 0.0, 0.0, 0);
        for (i, piece) in pieces.iter().enumerate() {
            value += piece.value;
            error += piece.error;
            absolute += piece.absolute;
            worst = if piece.error > pieces[worst].error {
                i
            } else {
                worst
            };
        }
        let converged = error <= (tol * f64::abs(value)).max(ROUNDING * absolute);
        let Piece { a, b, .. } = pieces[worst];
        let middle = 0.5 * (a + b);
        let exhausted = pieces.len() >= MAX_PIECES || !error.is_finite() || middle == a || middle == b;
        if converged || exhausted {
            let evaluations = 21 * (2 * pieces.len() - 1);
            return Integral {
                value,
                error,
                evaluations,
                converged,
            };
        }
        pieces[worst] = kronrod(&mut f, a, middle);
        pieces.push(kronrod(&mut f, middle, b));
    }
}

/// Integral of `f` over the whole line, by the substitution `x = t / (1 - t^2)` and [`adaptive`].
/// The mass of `f` should lie within a few orders of magnitude of zero: shift and scale it first.
pub fn infinite(mut f: impl FnMut(f64) -> f64, tol: f64) -> Integral {
    let mapped = |t: f64| {
        let d = (1.0 - t) * (1.0 + t);
        let value = f(t / d);
        if value == 0.0 {
            0.0
        } else {
            value * (1.0 + t * t) / (d * d)
        }
    };
    adaptive(mapped, -1.0, 1.0, tol)
}

/// Legendre polynomial of degree n and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut previous, mut p) = (0.0, 1.0);
    for k in 1..=n {
        let k = k as f64;
        (previous, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * previous) / k);
    }
    (p, n as f64 * (previous - x * p) / ((1.0 - x) * (1.0 + x)))
}

/// Newton step of the degree-n Hermite polynomial, and `exp(-x^2) sum_{k<n} h_k(x)^2` (orthonormal h_k).
fn hermite(n: usize, x: f64) -> (f64, f64) {
    // Carried with the factor exp(-x^2/2), so that nothing overflows.
    let (mut previous, mut h) = (0.0, std::f64::consts::PI.powf(-0.25) * (-0.5 * x * x).exp());
    let mut sum = 0.0;
    for k in 0..n {
        sum += h * h;
        let k = k as f64;
        (previous, h) = (
            h,
            x * (2.0 / (k + 1.0)).sqrt() * h - (k / (k + 1.0)).sqrt() * previous,
        );
    }
    (h / ((2.0 * n as f64).sqrt() * previous), sum)
}

#[derive(Clone, Copy)]
struct Piece {
    a: f64,
    b: f64,
    value: f64,
    error: f64,
    /// Integral of |f|.
    absolute: f64,
}

const KRONROD_NODES: [f64; 10] = [
    0.995_657_163_025_808_1,
    0.973_906_528_517_171_7,
    0.930_157_491_355_708_2,
    0.865_063_366_688_984_5,
    0.780_817_726_586_416_9,
    0.679_409_568_299_024_4,
    0.562_757_134_668_604_7,
    0.433_395_394_129_247_2,
    0.294_392_862_701_460_2,
    0.148_874_338_981_631_22,
];
const KRONROD_WEIGHTS: [f64; 11] = [
    0.011_694_638_867_371_874,
    0.032_558_162_307_964_725,
    0.054_755_896_574_351_995,
    0.075_039_674_810_919_96,
    0.093_125_454_583_697_6,
    0.109_387_158_802_297_64,
    0.123_491_976_262_065_85,
    0.134_709_217_311_473_34,
    0.142_775_938_577_060_09,
    0.147_739_104_901_338_49,
    0.149_445_554_002_916_9,
];
/// Weights of the 10-point Gauss rule, at the Kronrod nodes 1, 3, 5, 7, 9.
const GAUSS_WEIGHTS: [f64; 5] = [
    0.066_671_344_308_688_14,
    0.149_451_349_150_580_6,
    0.219_086_362_515_982_04,
    0.269_266_719_309_996_35,
    0.295_524_224_714_752_87,
];

fn kronrod(f: &mut impl FnMut(f64) -> f64, a: f64, b: f64) -> Piece {
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    let middle = f(centre);
    let mut values = [0.0; 21];
    let mut k = KRONROD_WEIGHTS[10] * middle;
    let mut g = 0.0;
    let mut absolute = k.abs();
    for (i, &node) in KRONROD_NODES.iter().enumerate() {
        let (left, right) = (f(centre - half * node), f(centre + half * node));
        (values[2 * i], values[2 * i + 1]) = (left, right);
        k += KRONROD_WEIGHTS[i] * (left + right);
        absolute += KRONROD_WEIGHTS[i] * (left.abs() + right.abs());
        if i % 2 == 1 {
            g += GAUSS_WEIGHTS[i / 2] * (left + right);
        }
    }
    let mean = 0.5 * k;
    let mut spread = KRONROD_WEIGHTS[10] * (middle - mean).abs();
    for (i, w) in KRONROD_WEIGHTS.iter().take(10).enumerate() {
        spread += w * ((values[2 * i] - mean).abs() + (values[2 * i + 1] - mean).abs());
    }
    let (spread, absolute) = (spread * half.abs(), absolute * half.abs());
    let mut error = ((k - g) * half).abs();
    if spread > 0.0 && error > 0.0 {
        error = spread * (200.0 * error / spread).powf(1.5).min(1.0);
    }
    // Rounding of the sum itself: halving further cannot help.
    let error = error.max(2.0 * f64::EPSILON * absolute);
    Piece {
        a,
        b,
        value: k * half,
        error,
        absolute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legendre_is_exact_for_polynomials() {
        for n in [1, 2, 5, 20, 64] {
            let rule = gauss_legendre(n);
            for degree in 0..2 * n {
                let sum: f64 = (0..n)
                    .map(|i| rule.weights[i] * rule.nodes[i].powi(degree as i32))
                    .sum();
                let truth = if degree % 2 == 0 {
                    2.0 / (degree as f64 + 1.0)
                } else {
                    0.0
                };
                assert!((sum - truth).abs() < 3e-15, "{n} {degree} {sum} {truth}");
            }
        }
    }

    #[test]
    fn hermite_moments() {
        for n in [1, 2, 7, 21, 100] {
            let rule = gauss_hermite(n);
            let mut truth = std::f64::consts::PI.sqrt();
            for m in 0..n.min(20) {
                let sum: f64 = (0..n)
                    .map(|i| rule.weights[i] * rule.nodes[i].powi(2 * m as i32))
                    .sum();
                assert!((sum / truth - 1.0).abs() < 1e-13, "{n} {m} {sum} {truth}");
                truth *= m as f64 + 0.5;
            }
        }
    }

    #[test]
    fn adaptive_integrals() {
        let polynomial = adaptive(|x| x.powi(30), 0.0, 1.0, 1e-14);
        assert!((polynomial.value * 31.0 - 1.0).abs() < 1e-14 && polynomial.converged);
        let root = adaptive(f64::sqrt, 0.0, 1.0, 1e-12);
        assert!(
            (root.value - 2.0 / 3.0).abs() < 1e-13 && root.converged,
            "{root:?}"
        );
        let bell = infinite(|x| (-0.5 * x * x).exp(), 1e-13);
        assert!(
            (bell.value / (2.0 * std::f64::consts::PI).sqrt() - 1.0).abs() < 1e-13,
            "{bell:?}"
        );
        let odd = adaptive(|x| x.powi(3) * x.cos(), -2.0, 2.0, 1e-12);
        assert!(
            odd.value.abs() < 1e-15 && odd.converged && odd.evaluations < 1000,
            "{odd:?}"
        );
        let kink = adaptive(|x: f64| (x - 0.3).abs(), 0.0, 1.0, 1e-12);
        assert!((kink.value - 0.29).abs() < 1e-14 && kink.converged, "{kink:?}");
        let spike = adaptive(|x| 1e-4 / (1e-8 + (x - 0.123_456).powi(2)), 0.0, 1.0, 1e-12);
        let truth = (0.876_544_f64 / 1e-4).atan() + (0.123_456_f64 / 1e-4).atan();
        assert!(
            (spike.value / truth - 1.0).abs() < 1e-13 && spike.converged,
            "{spike:?}"
        );
        let nan = adaptive(|_| f64::NAN, 0.0, 1.0, 1e-12);
        assert!(!nan.converged && nan.evaluations == 21);
        assert_eq!(adaptive(|x| x, 1.0, 1.0, 1e-12).value, 0.0);
        let cauchy = infinite(|x| 1.0 / (1.0 + x * x), 1e-13);
        assert!(
            (cauchy.value / std::f64::consts::PI - 1.0).abs() < 1e-13,
            "{cauchy:?}"
        );
    }
}
