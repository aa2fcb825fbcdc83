//! Noncentral chi-squared and F: Poisson mixtures.

use cdflib::special::internal::{beta_rcomp, rcomp};

use crate::{beta_dist, gamma_dist, poisson};

/// `P(X <= x)` for noncentral chi-squared with noncentrality `lambda = sum of squared means`.
pub fn chi_squared_cdf(x: f64, df: f64, lambda: f64) -> f64 {
    if !valid(df, lambda) || x.is_nan() {
        return f64::NAN;
    }
    let (a, half) = (0.5 * df, 0.5 * x);
    if x <= 0.0 {
        return 0.0;
    }
    if x == f64::INFINITY {
        return 1.0;
    }
    let drop = |j: f64| rcomp(a + j, half) / (a + j);
    lower(0.5 * lambda, |j| gamma_dist::both(a + j, half).0, drop)
}

/// `P(X > x)` for noncentral chi-squared.
pub fn chi_squared_sf(x: f64, df: f64, lambda: f64) -> f64 {
    if !valid(df, lambda) || x.is_nan() {
        return f64::NAN;
    }
    let (a, half) = (0.5 * df, 0.5 * x);
    if x <= 0.0 {
        return 1.0;
    }
    if x == f64::INFINITY {
        return 0.0;
    }
    let drop = |j: f64| rcomp(a + j, half) / (a + j);
    upper(0.5 * lambda, |j| gamma_dist::both(a + j, half).1, drop)
}

/// `P(F <= x)` for noncentral F: a noncentral chi-squared (`df1`, `lambda`) over a central one, each over its df.
pub fn f_cdf(x: f64, df1: f64, df2: f64, lambda: f64) -> f64 {
    f_tail(x, df1, df2, lambda).map_or_else(|fixed| fixed.0, |s| s.lower())
}

/// `P(F > x)` for noncentral F.
pub fn f_sf(x: f64, df1: f64, df2: f64, lambda: f64) -> f64 {
    f_tail(x, df1, df2, lambda).map_or_else(|fixed| fixed.1, |s| s.upper())
}

fn valid(df: f64, lambda: f64) -> bool {
    df > 0.0 && df.is_finite() && lambda >= 0.0 && lambda.is_finite()
}

/// The beta mixture behind noncentral F.
struct BetaMixture {
    a: f64,
    b: f64,
    x: f64,
    y: f64,
    mean: f64,
}

impl BetaMixture {
    fn drop(&self, j: f64) -> f64 {
        beta_rcomp(self.a + j, self.b, self.x, self.y) / (self.a + j)
    }

    fn lower(&self) -> f64 {
        let first = |j: f64| beta_dist::both(self.x, self.y, self.a + j, self.b).0;
        lower(self.mean, first, |j| self.drop(j))
    }

    fn upper(&self) -> f64 {
        let first = |j: f64| beta_dist::both(self.x, self.y, self.a + j, self.b).1;
        upper(self.mean, first, |j| self.drop(j))
    }
}

/// The mixture, or the two tails where they are known at once.
fn f_tail(x: f64, df1: f64, df2: f64, lambda: f64) -> Result<BetaMixture, (f64, f64)> {
    if !valid(df1, lambda) || !valid(df2, 0.0) || x.is_nan() {
        return Err((f64::NAN, f64::NAN));
    }
    if x <= 0.0 {
        return Err((0.0, 1.0));
    }
    if x == f64::INFINITY {
        return Err((1.0, 0.0));
    }
    let (u, v) = beta_dist::split(x * (df1 / df2));
    Ok(BetaMixture {
        a: 0.5 * df1,
        b: 0.5 * df2,
        x: u,
        y: v,
        mean: 0.5 * lambda,
    })
}

/// Terms beyond this part of the sum are left out.
const NEGLIGIBLE: f64 = 1e-18;

/// Half-width of the window of Poisson counts that matter.
fn reach(mean: f64) -> f64 {
    9.5 * mean.sqrt() + 60.0
}

/// `sum_j poisson(j) P_j`, where `P_j = P_(j+1) + drop(j)`: from the top down, adding only.
fn lower(mean: f64, first: impl Fn(f64) -> f64, drop: impl Fn(f64) -> f64) -> f64 {
    if mean == 0.0 {
        return first(0.0);
    }
    let mut j = (mean + reach(mean)).floor();
    let mut p = first(j);
    let (mut sum, mut before) = (0.0, 0.0);
    loop {
        let term = poisson::pmf(j as u64, mean) * p;
        sum += term;
        if j == 0.0 || (term < before && term < NEGLIGIBLE * sum) {
            return sum.min(1.0);
        }
        before = term;
        j -= 1.0;
        p += drop(j);
    }
}

/// `sum_j poisson(j) Q_j`, where `Q_(j+1) = Q_j + drop(j)`: from the bottom up, adding only.
fn upper(mean: f64, first: impl Fn(f64) -> f64, drop: impl Fn(f64) -> f64) -> f64 {
    if mean == 0.0 {
        return first(0.0);
    }
    let mut j = (mean - reach(mean)).floor().max(0.0);
    let mut q = first(j);
    let (mut sum, mut before) = (0.0, 0.0);
    loop {
        let term = poisson::pmf(j as u64, mean) * q;
        sum += term;
        if (j > mean && term < before && term < NEGLIGIBLE * sum) || (j > mean + 1e6 && term == 0.0) {
            return sum.min(1.0);
        }
        before = term;
        q += drop(j);
        j += 1.0;
    }
}
