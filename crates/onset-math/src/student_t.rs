//! Student's t distribution; `df` need not be an integer and may be infinite (then normal).

use cdflib::special::internal::beta_rcomp;

use crate::tail::Tail;
use crate::{beta_dist, normal};

/// Density.
pub fn pdf(x: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return normal::pdf(x);
    }
    if !valid(df) || x.is_nan() {
        return f64::NAN;
    }
    if x.is_infinite() {
        return 0.0;
    }
    // t density from the beta density of x^2/(df + x^2) times its Jacobian; the limit at zero apart.
    let odds = x * x / df;
    if odds < 1e-300 {
        return (-crate::special::ln_beta(0.5, 0.5 * df)).exp() / df.sqrt();
    }
    let (below, above) = if odds <= 1.0 {
        (odds / (1.0 + odds), 1.0 / (1.0 + odds))
    } else {
        (1.0 / (1.0 + 1.0 / odds), 1.0 / odds / (1.0 + 1.0 / odds))
    };
    beta_rcomp(0.5, 0.5 * df, below, above) / x.abs()
}

/// Lower tail `P(T <= x)`.
pub fn cdf(x: f64, df: f64) -> f64 {
    if x > 0.0 { 1.0 - sf(x, df) } else { sf(-x, df) }
}

/// Upper tail `P(T > x)`.
pub fn sf(x: f64, df: f64) -> f64 {
    if x < 0.0 {
        1.0 - half_tail(-x, df)
    } else {
        half_tail(x, df)
    }
}

/// Two-sided p-value `P(|T| > |t|)`.
pub fn two_sided_p(t: f64, df: f64) -> f64 {
    2.0 * half_tail(t.abs(), df)
}

/// Quantile: the x with `P(T <= x) = p`.
pub fn quantile(p: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return normal::quantile(p);
    }
    if !valid(df) || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let (small, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
    if small == 0.0 {
        return sign * f64::INFINITY;
    }
    if p == 0.5 {
        return 0.0;
    }
    if let Some(x) = power_tail(small, df) {
        return sign * x;
    }
    let (tail, target) = if small < 0.2 {
        (Tail::Upper, 2.0 * small)
    } else {
        (Tail::Lower, 2.0 * (p - 0.5).abs())
    };
    let odds = beta_dist::odds_invert(tail, target, start(small, df), 0.5, 0.5 * df);
    sign * odds.sqrt() * df.sqrt()
}

/// Upper quantile: the x with `P(T > x) = q`.
pub fn upper_quantile(q: f64, df: f64) -> f64 {
    -quantile(q, df)
}

fn valid(df: f64) -> bool {
    df > 0.0 && df.is_finite()
}

/// P(T > x) for x >= 0: half the upper tail of the odds x^2/df of a beta(1/2, df/2) variable.
fn half_tail(x: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return normal::sf(x);
    }
    if !valid(df) || x.is_nan() {
        return f64::NAN;
    }
    let ratio = x / df.sqrt();
    if ratio < 1e150 {
        0.5 * beta_dist::odds_both(ratio * ratio, 0.5, 0.5 * df).1
    } else if x == f64::INFINITY {
        0.0
    } else {
        // I_y(df/2, 1/2) for tiny y = df/x^2 is its first term.
        0.5 * (-df * ratio.ln() - (0.5 * df).ln() - crate::special::ln_beta(0.5 * df, 0.5)).exp()
    }
}

/// The quantile where `y = df / x^2` is so small that `I_y(df/2, 1/2)` is its first term to full accuracy.
/// The square of the quantile may overflow there.
fn power_tail(small: f64, df: f64) -> Option<f64> {
    let half = 0.5 * df;
    let ln_y = ((2.0 * small).ln() + half.ln() + crate::special::ln_beta(half, 0.5)) / half;
    (ln_y < -60.0).then(|| df.sqrt() * (-0.5 * ln_y).exp())
}

/// Squared start over df: the power law of the tail, or the first terms of Fisher's expansion.
fn start(small: f64, df: f64) -> f64 {
    let z = normal::quantile(small);
    if df > 4.0 {
        let g = (z * z + 1.0) / (4.0 * df);
        let t = z * (1.0 + g + (5.0 * z.powi(4) + 16.0 * z * z + 3.0) / (96.0 * df * df));
        return t * t / df;
    }
    let half = 0.5 * df;
    let y = ((2.0 * small).ln() + half.ln() + crate::special::ln_beta(half, 0.5)) / half;
    (-y).exp().clamp(0.01, f64::MAX)
}
