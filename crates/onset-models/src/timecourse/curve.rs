//! One treatment's difference from the reference over time, with its standard error.

use super::fit::{Fit, Role};
use super::form::MAX_COLUMNS;
use super::profile::Model;
use onset_math::linalg::Matrix;
use onset_math::{normal, student_t};

/// Step of the differences behind gradients with respect to shapes (log scale): error about 1e-10, relative.
const STEP: f64 = 1e-5;

/// The curve at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Time.
    pub time: f64,
    /// Difference from the reference.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// Degrees of freedom behind the standard error; `None` where the variances count as known.
    pub df: Option<f64>,
}

/// `D(t) = d f(t; shapes)`, and where it is known.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Treatment.
    pub treatment: String,
    /// Dose, in a dose model.
    pub dose: Option<f64>,
    model: Model,
    index: usize,
    /// Amplitudes, then the shapes of the treatment's group, then log ED50.
    parameters: Vec<f64>,
    covariance: Matrix,
    columns: usize,
    /// Places of the parameters among those of the fit.
    places: Vec<usize>,
    dispersion: f64,
    dispersion_df: Option<f64>,
    /// As in the fit, for these parameters.
    spread: Option<(Matrix, f64)>,
    /// Times of doses; empty: one, at 0.
    doses: Vec<f64>,
    /// First and last visit of the data.
    pub range: (f64, f64),
}

/// Two-sided quantile: Student's, or normal without degrees of freedom.
pub(super) fn critical(df: Option<f64>, level: f64) -> f64 {
    let p = 0.5 * (1.0 + level);
    df.map_or_else(|| normal::quantile(p), |df| student_t::quantile(p, df))
}

/// Upper tail of the same distribution.
pub(super) fn upper_tail(df: Option<f64>, z: f64) -> f64 {
    df.map_or_else(|| normal::sf(z), |df| student_t::sf(z, df))
}

impl Fit {
    /// The curves of every treatment but the reference; in a dose model one for each of `doses`.
    pub fn curves(&self, doses: &[(String, f64)]) -> Vec<Curve> {
        let treatments = self.treatments.iter().enumerate().skip(1);
        if !self.model.dose {
            return treatments.map(|(i, _)| self.curve(i, None)).collect();
        }
        doses
            .iter()
            .filter_map(|(name, dose)| {
                let index = self.treatments.iter().position(|t| t == name)?;
                (index > 0).then(|| self.curve(index, Some(*dose)))
            })
            .collect()
    }

    fn curve(&self, treatment: usize, dose: Option<f64>) -> Curve {
        let shapes = self.model.form.shapes().len();
        let group = self.model.group.get(treatment).copied().unwrap_or(0);
        let mine = |role: Role| match role {
            Role::Amplitude { treatment: t, .. } => t == treatment,
            Role::Shape { index } => {
                (group * shapes..(group + 1) * shapes).contains(&index)
                    || (self.model.dose && index + 1 == self.theta.len())
            }
        };
        let at: Vec<usize> = (0..self.parameters.len())
            .filter(|&i| mine(self.parameters[i].role))
            .collect();
        let name = self.treatments.get(treatment).cloned().unwrap_or_default();
        Curve {
            treatment: dose.map_or_else(|| name.clone(), |d| format!("{name} @ {d}")),
            dose,
            model: self.model.clone(),
            index: treatment,
            parameters: at.iter().map(|&i| self.parameters[i].estimate).collect(),
            covariance: self.covariance.select(&at, &at),
            columns: self.model.columns(),
            dispersion: self.dispersion,
            dispersion_df: self.df,
            spread: self
                .spread
                .as_ref()
                .map(|(slope, information)| (slope.select(&at, &at), *information)),
            places: at,
            doses: Vec::new(),
            range: (self.first_time, self.last_time),
        }
    }
}

impl Curve {
    /// The curve after doses at these times: what each adds, summed. Onset, window and area are then those of the course.
    pub fn after(&self, doses: &[f64]) -> Curve {
        Curve {
            doses: doses.to_vec(),
            ..self.clone()
        }
    }

    /// Index of the treatment in the data.
    pub fn treatment_index(&self) -> usize {
        self.index
    }

    /// The difference at `t`.
    pub fn value(&self, t: f64) -> f64 {
        self.value_with(&self.parameters, t)
    }

    /// The difference and its standard error at `t`.
    pub fn at(&self, t: f64) -> Point {
        let mut gradient = [0.0; MAX_COLUMNS + 4];
        let g = &mut gradient[..self.parameters.len()];
        self.gradient(t, g);
        self.point(t, self.value(t), g)
    }

    /// A value with this gradient in the parameters.
    fn point(&self, time: f64, value: f64, gradient: &[f64]) -> Point {
        Point {
            time,
            value,
            se: self.covariance.quadratic(gradient).max(0.0).sqrt(),
            df: self.df_of(gradient),
        }
    }

    /// Degrees of freedom behind the standard error of what has this gradient.
    ///
    /// # Formula
    /// Satterthwaite: `2 Var^2 / Var(Var)`, so that `1/df` is a sum: of 1/(n - p) with an estimated dispersion, and, with
    /// random effects, of `(dVar/dtau2)^2 Var(tau2) / (2 Var^2)`, Var(tau2) from the restricted information.
    ///
    /// # Source
    /// Satterthwaite 1946, Biometrics Bull 2:110; Giesbrecht & Burns 1985, Biometrics 41:477 (mixed models).
    pub(super) fn df_of(&self, gradient: &[f64]) -> Option<f64> {
        let mut inverse = self.dispersion_df.map_or(0.0, |df| 1.0 / df);
        if let Some((slope, information)) = &self.spread {
            let variance = self.covariance.quadratic(gradient) / self.dispersion;
            let share = slope.quadratic(gradient) / variance;
            if variance > 0.0 && *information > 0.0 {
                inverse += 0.5 * share * share / information;
            }
        }
        (inverse > 0.0).then(|| (1.0 / inverse).max(1.0))
    }

    /// Two-sided quantile for the level at a point of the curve: Student's where the dispersion or the variance between
    /// studies is estimated.
    pub fn quantile(&self, point: &Point, level: f64) -> f64 {
        critical(point.df, level)
    }

    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    pub(super) fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    pub(super) fn covariance(&self) -> &Matrix {
        &self.covariance
    }

    pub(super) fn has_limit(&self) -> bool {
        self.doses.is_empty() && self.model.form.limit().is_some()
    }

    /// Whether the curve has one peak and only rises before and falls after it: a form with a shape, after one dose.
    pub(super) fn rises_once(&self) -> bool {
        self.doses.is_empty() && !self.model.form.shapes().is_empty()
    }

    /// Whether the form itself, in any direction, ends where it began.
    pub fn rises_and_falls(&self) -> bool {
        self.model.form.rises_and_falls()
    }

    pub(super) fn gradient(&self, t: f64, out: &mut [f64]) {
        let mut moved = [0.0; MAX_COLUMNS + 4];
        let p = self.parameters.len();
        moved[..p].copy_from_slice(&self.parameters);
        for (k, cell) in out.iter_mut().enumerate() {
            if k < self.columns {
                // Linear: a unit amplitude, the others at zero.
                let kept = moved;
                moved[..self.columns].fill(0.0);
                moved[k] = 1.0;
                *cell = self.value_with(&moved[..p], t);
                moved = kept;
                continue;
            }
            let at = moved[k];
            moved[k] = at + STEP;
            let up = self.value_with(&moved[..p], t);
            moved[k] = at - STEP;
            let down = self.value_with(&moved[..p], t);
            moved[k] = at;
            *cell = (up - down) / (2.0 * STEP);
        }
    }

    /// Slope of the difference in time.
    pub(super) fn slope(&self, t: f64) -> f64 {
        let h = 1e-5 * t;
        (self.value(t + h) - self.value(t - h)) / (2.0 * h)
    }

    pub(super) fn value_with(&self, parameters: &[f64], t: f64) -> f64 {
        let shapes = self.model.form.shapes().len();
        let mut f = [0.0; MAX_COLUMNS];
        let shape = &parameters[self.columns..self.columns + shapes];
        self.model.write(shape, &self.doses, t, &mut f[..self.columns]);
        let sum: f64 = f
            .iter()
            .take(self.columns)
            .zip(parameters)
            .map(|(f, d)| f * d)
            .sum();
        sum * self.factor(parameters)
    }

    fn factor(&self, parameters: &[f64]) -> f64 {
        self.dose
            .map_or(1.0, |dose| self.model.dose_factor(parameters, dose))
    }

    /// Time at which `sign * D` is highest (infinite for forms that rise for ever to a limit), given parameters.
    pub(super) fn peak_time_with(&self, parameters: &[f64], sign: f64) -> f64 {
        let shapes = self.model.form.shapes().len();
        if self.has_limit() {
            return f64::INFINITY;
        }
        let own = || {
            self.model
                .form
                .peak_time(&parameters[self.columns..self.columns + shapes])
        };
        if let Some(t) = self.doses.is_empty().then(own).flatten() {
            return t;
        }
        let steps = 512;
        let last = self.range.1;
        let best = (1..=steps).map(|i| last * f64::from(i) / f64::from(steps)).fold(
            (0.0, f64::NEG_INFINITY),
            |best, t| {
                let value = sign * self.value_with(parameters, t);
                if value > best.1 { (t, value) } else { best }
            },
        );
        let width = last / f64::from(steps);
        let refined = onset_math::minimize::brent(
            |t| -sign * self.value_with(parameters, t),
            (best.0 - width).max(0.0),
            (best.0 + width).min(last),
            1e-10 * last,
        );
        if -refined.value > best.1 {
            refined.x
        } else {
            best.0
        }
    }

    /// Highest `sign * D`, given parameters.
    pub(super) fn peak_with(&self, parameters: &[f64], sign: f64) -> f64 {
        if self.has_limit() {
            return sign * parameters[0] * self.factor(parameters);
        }
        sign * self.value_with(parameters, self.peak_time_with(parameters, sign))
    }

    /// Gradient of the value at its own peak; the time of the peak may be held (envelope theorem).
    pub(super) fn peak_point(&self, sign: f64) -> Point {
        let t = self.peak_time_with(&self.parameters, sign);
        let mut g = [0.0; MAX_COLUMNS + 4];
        let p = self.parameters.len();
        if t.is_finite() {
            return self.at(t);
        }
        g[0] = self.factor(&self.parameters);
        if self.dose.is_some() && p > 1 {
            let mut moved = self.parameters.clone();
            let at = moved[p - 1];
            moved[p - 1] = at + STEP;
            let up = self.factor(&moved);
            moved[p - 1] = at - STEP;
            g[p - 1] = self.parameters[0] * (up - self.factor(&moved)) / (2.0 * STEP);
        }
        self.point(t, self.parameters[0] * g[0], &g[..p])
    }

    /// Time by which half of the peak is reached, given parameters.
    pub(super) fn half_time_with(&self, parameters: &[f64], sign: f64) -> Option<f64> {
        let peak = self.peak_with(parameters, sign);
        if peak.is_nan() || peak <= 0.0 {
            return None;
        }
        let top = self
            .peak_time_with(parameters, sign)
            .min(self.range.1 * super::onset::FAR);
        let below = |t: f64| sign * self.value_with(parameters, t) - 0.5 * peak;
        let mut low = self.range.0.min(top) / super::onset::FAR;
        if below(low) > 0.0 {
            return None;
        }
        // Climb by quarters until half of the peak is passed.
        while low < top {
            let next = (low * 1.25).min(top);
            if below(next) >= 0.0 {
                return onset_math::root::brent(below, low, next, 0.0).ok().map(|r| r.x);
            }
            low = next;
        }
        None
    }
}
