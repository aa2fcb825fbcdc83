//! Gamma, beta, error and related functions of a real argument.

use cdflib::special::{beta_log, error_fc_scaled, try_psi};

/// Natural logarithm of the absolute value of the gamma function.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The gamma function.
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// Derivative of `ln_gamma`; NaN at its poles 0, -1, -2, ...
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if x < 8.0 {
        let value = try_psi(x).unwrap_or(f64::NAN);
        // The kernel is R(x) (x - x0) with the root x0 rounded to a double; this is the rest of x0.
        const ROOT: f64 = 1.461_632_144_968_362_2;
        const ROOT_REST: f64 = 9.549_995_429_965_697e-17;
        let near = (x - ROOT).abs() < 0.1 && x != ROOT;
        return if near {
            value * (1.0 - ROOT_REST / (x - ROOT))
        } else {
            value
        };
    }
    // ln x - 1/(2x) - sum B_2k / (2k x^2k); at x >= 8 the first omitted term is below 1e-17.
    const C: [f64; 9] = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32760.0,
        1.0 / 12.0,
        -3617.0 / 8160.0,
        43867.0 / 14364.0,
    ];
    let t = 1.0 / (x * x);
    let tail = C.iter().rev().fold(0.0, |acc, &c| (acc + c) * t);
    x.ln() - 0.5 / x - tail
}

/// Second derivative of `ln_gamma`; infinite at its poles.
pub fn trigamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if x < 0.0 {
        // Reflection: psi'(1 - x) + psi'(x) = (pi / sin(pi x))^2.
        let s = std::f64::consts::PI / (std::f64::consts::PI * (x - x.round())).sin();
        return s * s - trigamma(1.0 - x);
    }
    // Recurrence up to 12, then 1/x + 1/(2x^2) + sum B_2k / x^(2k+1).
    const B: [f64; 8] = [
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2730.0,
        7.0 / 6.0,
        -3617.0 / 510.0,
    ];
    let (mut sum, mut z) = (0.0, x);
    while z < 12.0 {
        sum += 1.0 / (z * z);
        z += 1.0;
    }
    let t = 1.0 / (z * z);
    let tail = B.iter().rev().fold(0.0, |acc, &b| (acc + b) * t);
    sum + (1.0 + 0.5 / z + tail) / z
}

/// `ln B(a, b)` for positive a and b, without the cancellation of three log-gammas.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() {
        beta_log(a, b)
    } else {
        f64::NAN
    }
}

/// `ln` of the binomial coefficient n over k, for real `0 <= k <= n`.
pub fn ln_choose(n: f64, k: f64) -> f64 {
    if !(k >= 0.0 && k <= n && n.is_finite()) {
        return f64::NAN;
    }
    if k == 0.0 || k == n {
        return 0.0;
    }
    if k == 1.0 || k == n - 1.0 {
        return n.ln();
    }
    -n.ln_1p() - ln_beta(k + 1.0, n - k + 1.0)
}

/// Error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// Complementary error function.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Scaled complementary error function `exp(x^2) erfc(x)`.
pub fn erfcx(x: f64) -> f64 {
    error_fc_scaled(x)
}

/// `ln(1 + exp(x))` without overflow.
pub fn ln_1p_exp(x: f64) -> f64 {
    if x > 0.0 {
        x + (-x).exp().ln_1p()
    } else {
        x.exp().ln_1p()
    }
}

/// `ln sum exp(x_i)` without overflow; `-inf` for an empty slice.
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if x.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    if top.is_infinite() {
        return top;
    }
    top + x.iter().map(|v| (v - top).exp()).sum::<f64>().ln()
}

/// `1 / (1 + exp(-x))`.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `ln(p / (1 - p))`.
pub fn logit(p: f64) -> f64 {
    if (0.25..=0.75).contains(&p) {
        // p/(1-p) = 1 + (2p-1)/(1-p): keeps the sign and the digits near one half.
        ((2.0 * p - 1.0) / (1.0 - p)).ln_1p()
    } else {
        p.ln() - (-p).ln_1p()
    }
}
