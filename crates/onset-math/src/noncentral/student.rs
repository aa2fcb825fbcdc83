//! Noncentral t by integration over the scale.

use cdflib::special::internal::dstrem;

use crate::{normal, peak, quadrature, special, student_t};

/// `P(T <= t)` where `T = (Z + delta) / sqrt(chi2_df / df)`.
///
/// # Formula
/// `integral over s > 0 of Phi(t s - delta) g(s) ds`, g the density of `sqrt(chi2_df / df)`.
pub fn t_cdf(t: f64, df: f64, delta: f64) -> f64 {
    tail(t, df, delta, 1.0)
}

/// `P(T > t)`.
pub fn t_sf(t: f64, df: f64, delta: f64) -> f64 {
    tail(t, df, delta, -1.0)
}

/// `sign` 1: lower tail, -1: upper tail.
fn tail(t: f64, df: f64, delta: f64, sign: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 || !delta.is_finite() {
        return f64::NAN;
    }
    if delta == 0.0 {
        return student_t::cdf(sign * t, df);
    }
    if df == f64::INFINITY {
        return normal::cdf(sign * (t - delta));
    }
    if t.is_infinite() {
        return if t * sign > 0.0 { 1.0 } else { 0.0 };
    }
    if t == 0.0 {
        return normal::cdf(-sign * delta);
    }
    let front = ln_front(df);
    if df >= 1.0 {
        // In s the integrand is log-concave.
        let ln_f = |s: f64| {
            let e = s - 1.0;
            let power = if df == 1.0 { 0.0 } else { (df - 1.0) * s.ln() };
            normal::ln_cdf(sign * (t * s - delta)) + front + power - df * e * (1.0 + 0.5 * e)
        };
        let guess = if sign * (t - delta) < 0.0 {
            (delta / t).clamp(0.1, 10.0)
        } else {
            1.0
        };
        let scale = (0.5 / df.sqrt()).min(1.0 / (t.abs() * (1.0 + delta.abs())));
        let range = peak::Range {
            lo: 0.0,
            hi: f64::INFINITY,
            guess,
            scale,
        };
        // Phi rises from 0 to 1 over this stretch.
        let (middle, reach) = (delta / t, 9.0 / t.abs());
        return peak::integral(ln_f, range, [middle - reach, middle, middle + reach]).min(1.0);
    }
    // Below one degree of freedom g is unbounded at zero: u = ln s, whole range, many panels.
    let f = |u: f64| {
        let z = sign * (t * u.exp() - delta);
        (normal::ln_cdf(z) + front + df * (u - 0.5 * (2.0 * u).exp_m1())).exp()
    };
    let (lo, hi) = (-60.0 / df, 6.0_f64.max(0.5 * (200.0 / df).ln()));
    let panel = |i: i32| lo + (hi - lo) * f64::from(i) / 64.0;
    let sum: f64 = (0..64)
        .map(|i| quadrature::adaptive(f, panel(i), panel(i + 1), 1e-14).value)
        .sum();
    sum.min(1.0)
}

/// Log of `2 a^a e^-a / Gamma(a)`, a = df/2: the density of ln s at s = 1.
fn ln_front(df: f64) -> f64 {
    let a = 0.5 * df;
    if a > 6.0 {
        2f64.ln() + 0.5 * (a / (2.0 * std::f64::consts::PI)).ln() - dstrem(a)
    } else {
        2f64.ln() + a * a.ln() - a - special::ln_gamma(a)
    }
}
