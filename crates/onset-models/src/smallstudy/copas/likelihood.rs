//! The likelihood of the Copas model at given gamma0 and gamma1.

use onset_math::normal;

/// A correlation stays within this: at 1 a study without heterogeneity would have no density.
pub(super) const LARGEST_RHO: f64 = 0.9999;

/// What is searched: mean, tau, then the angle of rho where there is selection, then the slope on the standard
/// error where a trace is looked for.
#[derive(Debug, Clone)]
pub(super) struct Likelihood {
    y: Vec<f64>,
    /// Standard errors as published.
    s: Vec<f64>,
    /// gamma0 + gamma1/s; empty without selection.
    u: Vec<f64>,
    /// c^2 = lambda(u)(u + lambda(u)), the share by which selection narrows a study.
    c: Vec<f64>,
    /// ln Phi(u).
    ln_published: Vec<f64>,
    /// Whether the mean may fall with s.
    pub slope: bool,
}

/// Density over distribution function at x.
fn mills(x: f64) -> f64 {
    (normal::ln_pdf(x) - normal::ln_cdf(x)).exp()
}

impl Likelihood {
    pub fn new(y: Vec<f64>, s: Vec<f64>) -> Self {
        Likelihood {
            y,
            s,
            u: Vec::new(),
            c: Vec::new(),
            ln_published: Vec::new(),
            slope: false,
        }
    }

    /// Sets the selection; `None`: everything is published.
    pub fn select(&mut self, gamma: Option<[f64; 2]>) {
        self.u.clear();
        self.c.clear();
        self.ln_published.clear();
        if let Some([gamma0, gamma1]) = gamma {
            self.u.extend(self.s.iter().map(|s| gamma0 + gamma1 / s));
            let narrowed = self.u.iter().map(|&u| {
                let lambda = mills(u);
                (lambda * (u + lambda)).clamp(0.0, 1.0)
            });
            self.c.extend(narrowed);
            self.ln_published
                .extend(self.u.iter().map(|&u| normal::ln_cdf(u)));
        }
    }

    /// Number of parameters searched.
    pub fn free(&self) -> usize {
        2 + usize::from(!self.u.is_empty()) + usize::from(self.slope)
    }

    /// rho at a searched angle.
    pub fn rho(x: f64) -> f64 {
        LARGEST_RHO * x.sin()
    }

    /// Sum of (1 - P)/P over the studies.
    pub fn unpublished(&self) -> f64 {
        self.u.iter().map(|&u| normal::sf(u) / normal::cdf(u)).sum()
    }

    /// Log-likelihood with all constants; writes the gradient.
    pub fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let (mean, tau) = (x[0], x[1]);
        let selected = !self.u.is_empty();
        let (rho, turn) = if selected {
            (Self::rho(x[2]), LARGEST_RHO * x[2].cos())
        } else {
            (0.0, 0.0)
        };
        let at_slope = if selected { 3 } else { 2 };
        let slope = if self.slope { x[at_slope] } else { 0.0 };
        let mut sum = 0.0;
        for (i, (&y, &s)) in self.y.iter().zip(&self.s).enumerate() {
            let e = y - mean - slope * s;
            let c = if selected { self.c[i] } else { 0.0 };
            let sigma2 = s * s / (1.0 - rho * rho * c);
            let a = sigma2 + tau * tau;
            sum += normal::ln_pdf(e / a.sqrt()) - 0.5 * a.ln();
            let mut to_mean = e / a;
            let mut to_a = 0.5 * (e * e / a - 1.0) / a;
            let mut to_rho = 0.0;
            if selected {
                let sigma = sigma2.sqrt();
                let of_sigma2 = 2.0 * rho * c * sigma2 * sigma2 / (s * s);
                let g = rho * sigma;
                let g_by_rho = sigma + 0.5 * rho * of_sigma2 / sigma;
                let n = self.u[i] + g * e / a;
                let d = 1.0 - g * g / a;
                let root = d.sqrt();
                let v = n / root;
                let ln_cdf = normal::ln_cdf(v);
                sum += ln_cdf - self.ln_published[i];
                let weight = (normal::ln_pdf(v) - ln_cdf).exp() / root;
                to_mean -= weight * g / a;
                to_a -= weight * (g * e / (a * a) + 0.5 * n * g * g / (a * a * d));
                to_rho = to_a * of_sigma2 + weight * (e / a + n * g / (a * d)) * g_by_rho;
            }
            gradient[0] += to_mean;
            gradient[1] += to_a * 2.0 * tau;
            if selected {
                gradient[2] += to_rho * turn;
            }
            if self.slope {
                gradient[at_slope] += to_mean * s;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::Likelihood;
    use onset_math::derivative;

    #[test]
    fn the_gradient_is_that_of_the_likelihood() {
        let mut likelihood = Likelihood::new(vec![0.3, -0.2, 1.1, 0.9], vec![0.2, 0.4, 0.5, 0.7]);
        likelihood.slope = true;
        for gamma in [None, Some([-0.8, 0.4])] {
            likelihood.select(gamma);
            let x = [0.4, 0.3, 0.7, 0.2];
            let x = &x[..likelihood.free()];
            let mut ours = vec![0.0; x.len()];
            likelihood.evaluate(x, &mut ours);
            let mut scratch = vec![0.0; x.len()];
            let plain = derivative::gradient(|x| likelihood.evaluate(x, &mut scratch), x);
            for (a, b) in ours.iter().zip(&plain) {
                assert!((a - b).abs() < 1e-7, "{ours:?} {plain:?}");
            }
        }
    }
}
