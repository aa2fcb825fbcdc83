//! Likelihood of the step-function model.

use super::function::Side;

/// Effects turned so that positive ones are favoured, with the cut points of each study.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    y: Vec<f64>,
    v: Vec<f64>,
    /// Interval of each study.
    cell: Vec<usize>,
    /// z of the cuts but the last.
    z: Vec<f64>,
    two: bool,
}

const LN_2PI: f64 = 1.837_877_066_409_345_5;
const INV_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

impl Steps {
    pub fn new(y: &[f64], v: &[f64], cuts: &[f64], side: Side) -> Self {
        let mut steps = Steps {
            z: cuts[..cuts.len() - 1].iter().map(|&p| side.z(p)).collect(),
            two: side == Side::Two,
            ..Steps::default()
        };
        steps.refill(y, v, side);
        steps
    }

    /// Other effects, the same cuts.
    pub fn refill(&mut self, y: &[f64], v: &[f64], side: Side) {
        self.y.clear();
        self.v.clear();
        self.cell.clear();
        for (y, v) in y.iter().zip(v) {
            let turned = side.sign() * y;
            let statistic = turned / v.sqrt();
            let statistic = if self.two { statistic.abs() } else { statistic };
            self.y.push(turned);
            self.v.push(*v);
            // p <= cut is z >= z(cut)
            self.cell
                .push(self.z.iter().take_while(|&&z| statistic < z).count());
        }
    }

    pub fn y(&self) -> &[f64] {
        &self.y
    }

    pub fn v(&self) -> &[f64] {
        &self.v
    }

    /// Studies in each interval.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.z.len() + 1];
        for &cell in &self.cell {
            counts[cell] += 1;
        }
        counts
    }

    /// Log-likelihood; its gradient in mu, tau2 and every delta.
    ///
    /// With S_j = P(p <= cut_j), A = sum_j delta_j (S_j - S_(j-1)) = delta_m + sum (delta_j - delta_(j+1)) S_j.
    pub fn evaluate(&self, mu: f64, tau2: f64, delta: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let (last, mut sum) = (delta.len() - 1, 0.0);
        for ((&y, &v), &cell) in self.y.iter().zip(&self.v).zip(&self.cell) {
            let s2 = v + tau2;
            let (s, root) = (s2.sqrt(), v.sqrt());
            let residual = (y - mu) / s;
            let (mut a, mut a_mu, mut a_s2) = (delta[last], 0.0, 0.0);
            for (j, z) in self.z.iter().enumerate() {
                let drop = delta[j] - delta[j + 1];
                let (share, mu_slope, s2_slope) = self.beyond(z * root, mu, s);
                a += drop * share;
                a_mu += drop * mu_slope;
                a_s2 += drop * s2_slope;
            }
            let inverse = 1.0 / a;
            let mut below = 0.0;
            for j in 0..=last {
                let share = if j < last {
                    self.beyond_share(self.z[j] * root, mu, s)
                } else {
                    1.0
                };
                gradient[2 + j] -= (share - below) * inverse;
                below = share;
            }
            gradient[2 + cell] += 1.0 / delta[cell];
            gradient[0] += residual / s - a_mu * inverse;
            gradient[1] += 0.5 * (residual * residual - 1.0) / s2 - a_s2 * inverse;
            sum += delta[cell].ln() - 0.5 * (LN_2PI + s2.ln() + residual * residual) - a.ln();
        }
        sum
    }

    /// P(|x| or x >= cut), and its slopes in mu and in the variance.
    fn beyond(&self, cut: f64, mu: f64, s: f64) -> (f64, f64, f64) {
        let u = (cut - mu) / s;
        let density = INV_SQRT_2PI * (-0.5 * u * u).exp();
        let (mut share, mut mu_slope, mut s2_slope) = (upper(u), density, density * u);
        if self.two {
            let u = (-cut - mu) / s;
            let density = INV_SQRT_2PI * (-0.5 * u * u).exp();
            share += upper(-u);
            mu_slope -= density;
            s2_slope -= density * u;
        }
        (share, mu_slope / s, 0.5 * s2_slope / (s * s))
    }

    fn beyond_share(&self, cut: f64, mu: f64, s: f64) -> f64 {
        let above = upper((cut - mu) / s);
        if self.two {
            above + upper((cut + mu) / s)
        } else {
            above
        }
    }
}

fn upper(u: f64) -> f64 {
    onset_math::normal::sf(u)
}
