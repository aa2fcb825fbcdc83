//! Profile-likelihood intervals of variances and correlations.

use super::fit::Multilevel;
use super::maximise::{Parameter, climb, parameters, typical_sd};
use super::model::Model;
use super::random::Structure;
use onset_math::{chi_squared, root};
use std::f64::consts::FRAC_PI_2;

/// Fills the limits of every component: the values at which twice the fall of the log-likelihood, all other
/// parameters at their best, is the chi-squared quantile with 1 df.
///
/// # Source
/// Venzon & Moolgavkar 1988, Appl Stat 37:87; Viechtbauer 2007, Stat Med 26:37.
pub(crate) fn intervals(fitted: &mut Multilevel) {
    let (mut sigma2, mut tau2, mut rho) = (Vec::new(), Vec::new(), Vec::new());
    let mut start = 0;
    for (index, shape) in fitted.model.shapes.iter().enumerate() {
        let effect = &fitted.model.random[index];
        let intercept = effect.is_intercept() || effect.known.is_some();
        for level in 0..shape.sds() {
            let found = Profile::new(fitted, &fitted.model, &fitted.theta, start + level).variance();
            if intercept {
                sigma2.push(found)
            } else {
                tau2.push(found)
            }
        }
        if effect.structure == Structure::Un {
            let n = shape.levels;
            for i in 0..n {
                for j in i + 1..n {
                    rho.push(unstructured(fitted, index, start, i, j));
                }
            }
        } else if shape.angles() == 1 {
            let at = start + shape.sds();
            let angles = Profile::new(fitted, &fitted.model, &fitted.theta, at).angle();
            rho.push(angles.map(|(lower, upper)| (shape.rho(lower), Some(shape.rho(upper)))));
        }
        start += shape.parameters();
    }
    let fill = |components: &mut [super::Component], found: Vec<Option<(f64, Option<f64>)>>| {
        for (component, limits) in components.iter_mut().zip(found) {
            if let Some((lower, upper)) = limits {
                component.ci_lower = Some(lower);
                component.ci_upper = upper;
            }
        }
    };
    fill(&mut fitted.sigma2, sigma2);
    fill(&mut fitted.tau2, tau2);
    fill(&mut fitted.rho, rho);
}

/// The correlation of levels i and j: the model with these two levels first, where it is the sine of an angle.
fn unstructured(
    fitted: &Multilevel,
    effect: usize,
    start: usize,
    i: usize,
    j: usize,
) -> Option<(f64, Option<f64>)> {
    let shape = &fitted.model.shapes[effect];
    let n = shape.levels;
    let mut order = vec![i, j];
    order.extend((0..n).filter(|&level| level != i && level != j));
    let own = &fitted.theta[start..start + shape.parameters()];
    let c = shape.correlation(own);
    let turned: Vec<f64> = (0..n * n).map(|k| c[order[k / n] * n + order[k % n]]).collect();
    let mut random = fitted.model.random.clone();
    let mut place = vec![0; n];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    random[effect]
        .level
        .iter_mut()
        .for_each(|level| *level = place[*level]);
    let model = Model::new(
        &fitted.model.y,
        &fitted.model.design,
        fitted.model.sampling.clone(),
        random,
    )
    .ok()?;
    let mut theta = fitted.theta.clone();
    order
        .iter()
        .enumerate()
        .for_each(|(new, &old)| theta[start + new] = own[old]);
    theta[start + n..start + shape.parameters()].copy_from_slice(&shape.angles_of(&turned));
    let angles = Profile::new(fitted, &model, &theta, start + n).angle();
    angles.map(|(lower, upper)| (shape.rho(lower), Some(shape.rho(upper))))
}

/// The profile of one parameter.
struct Profile<'a> {
    fitted: &'a Multilevel,
    model: &'a Model,
    theta: &'a [f64],
    index: usize,
    free: Vec<bool>,
    highest: f64,
    critical: f64,
    scale: f64,
    warm: Vec<f64>,
}

impl<'a> Profile<'a> {
    fn new(fitted: &'a Multilevel, model: &'a Model, theta: &'a [f64], index: usize) -> Self {
        let mut free = vec![true; theta.len()];
        free[index] = false;
        Profile {
            fitted,
            model,
            theta,
            index,
            free,
            highest: fitted.fit.loglik - model.constant(fitted.method),
            critical: chi_squared::quantile(fitted.level, 1.0),
            scale: typical_sd(model),
            warm: theta.to_vec(),
        }
    }

    /// Twice the fall at this value of the parameter, less the critical value.
    fn excess(&mut self, value: f64) -> f64 {
        let mut highest = f64::NEG_INFINITY;
        let mut starts = vec![self.warm.clone()];
        if self.warm != self.theta {
            starts.push(self.theta.to_vec());
        }
        // a standard deviation that stands at 0 would never leave it
        let lifted = |mut theta: Vec<f64>| {
            for (s, kind) in theta.iter_mut().zip(parameters(self.model)) {
                if matches!(kind, Parameter::Sd { .. }) && s.abs() < 0.05 * self.scale {
                    *s = 0.3 * self.scale;
                }
            }
            theta
        };
        let other = lifted(self.theta.to_vec());
        if other != self.theta {
            starts.push(other);
        }
        for mut start in starts {
            start[self.index] = value;
            if let Some(found) = climb(self.model, self.fitted.method, &start, &self.free, self.scale)
                && found.point.value > highest
            {
                highest = found.point.value;
                self.warm = found.theta;
            }
        }
        2.0 * (self.highest - highest) - self.critical
    }

    /// Limits of a variance, by its standard deviation.
    fn variance(mut self) -> Option<(f64, Option<f64>)> {
        let at = self.theta[self.index].abs();
        let lower = if at == 0.0 || self.excess(0.0) <= 0.0 {
            0.0
        } else {
            let tolerance = 1e-9 * at;
            root::brent(|s| self.excess(s), 0.0, at, tolerance).ok()?.x
        };
        self.warm = self.theta.to_vec();
        let mut inside = at;
        let mut outside = at + at.max(self.scale) * 0.5;
        let mut upper = None;
        for _ in 0..40 {
            if self.excess(outside) > 0.0 {
                let tolerance = 1e-9 * outside;
                upper = Some(
                    root::brent(|s| self.excess(s), inside, outside, tolerance)
                        .ok()?
                        .x,
                );
                break;
            }
            inside = outside;
            outside *= 2.0;
        }
        Some((lower * lower, upper.map(|s| s * s)))
    }

    /// Limits of an angle.
    fn angle(mut self) -> Option<(f64, f64)> {
        // the angle as the one of its sine between -pi/2 and pi/2
        let at = self.theta[self.index].sin().clamp(-1.0, 1.0).asin();
        let mut ends = [0.0; 2];
        for (end, bound) in ends.iter_mut().zip([-FRAC_PI_2, FRAC_PI_2]) {
            self.warm = self.theta.to_vec();
            *end = if at == bound || self.excess(bound) <= 0.0 {
                bound
            } else {
                let (lo, hi) = (bound.min(at), bound.max(at));
                root::brent(|x| self.excess(x), lo, hi, 1e-9).ok()?.x
            };
        }
        Some((ends[0], ends[1]))
    }
}
