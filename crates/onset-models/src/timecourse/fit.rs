//! The fit: amplitudes by exact generalised least squares inside, shapes by maximum likelihood outside.

use super::TimecourseError;
use super::correlation::WithinArm;
use super::data::Longitudinal;
use super::form::{Form, default_knots};
use super::identify::{Identification, identification};
use super::profile::{Inner, Model, Problem, Work};
use super::search::{Search, at_bound, bounds};
use onset_math::linalg::{Cholesky, Matrix};
use onset_math::minimize::brent;
use std::collections::BTreeMap;

/// What stands for the course of a study's reference arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Baseline {
    /// The form of the reference with an amplitude of its own in each study.
    #[default]
    Shape,
    /// A free mean at each visit: only differences between arms at one visit speak.
    Visit,
}

/// Whether the residual variance is the printed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dispersion {
    /// The printed variances times a factor: residual deviance over degrees of freedom.
    #[default]
    Estimated,
    /// The printed variances as they are.
    One,
}

/// Options of [`fit`].
///
/// | name | default | meaning |
/// |---|---|---|
/// | `form` | emax | form of the curve |
/// | `within` | independent | correlation within arms |
/// | `random` | false | a variance of the amplitude between studies |
/// | `dispersion` | estimated | factor on the printed variances |
/// | `baseline` | shape | course of the reference arm |
/// | `intercept` | none | each study has its own value at time 0; `None`: when the data hold visits at time 0 |
/// | `classes` | one | shape group by treatment; those not named share the group of the reference |
/// | `dose` | false | amplitude times dose / (ED50 + dose) |
/// | `fixed` | none | shapes held at a value, by name, log scale |
/// | `knots` | first, middle, last time | of the spline |
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Options {
    pub form: Form,
    pub within: WithinArm,
    pub random: bool,
    pub dispersion: Dispersion,
    pub baseline: Baseline,
    pub intercept: Option<bool>,
    pub classes: BTreeMap<String, String>,
    pub dose: bool,
    pub fixed: BTreeMap<String, f64>,
    pub knots: Option<Vec<f64>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            form: Form::Emax,
            within: WithinArm::Independent,
            random: false,
            dispersion: Dispersion::Estimated,
            baseline: Baseline::Shape,
            intercept: None,
            classes: BTreeMap::new(),
            dose: false,
            fixed: BTreeMap::new(),
            knots: None,
        }
    }
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Amplitude of a treatment against the reference: index of the treatment, column of the form.
    Amplitude {
        /// Treatment.
        treatment: usize,
        /// Column.
        column: usize,
    },
    /// A shape: its place in `Fit::theta`.
    Shape {
        /// Index.
        index: usize,
    },
}

/// One parameter of the fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Treatment, or name of the shape.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Estimate; shapes on the log scale.
    pub estimate: f64,
    /// Standard error; `None` for a fixed shape.
    pub se: Option<f64>,
    /// Shapes only.
    pub identification: Option<Identification>,
}

/// One visit and its fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Study.
    pub study: String,
    /// Arm.
    pub arm: String,
    /// Treatment.
    pub treatment: String,
    /// Position in the input.
    pub index: usize,
    /// Time.
    pub time: f64,
    /// Observed mean.
    pub mean: f64,
    /// Fitted mean.
    pub fitted: f64,
    /// Difference over the printed standard error.
    pub standardised: f64,
}

/// How the search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No shape was searched.
    ClosedForm,
    /// At a maximum inside.
    Converged,
    /// A shape at the edge of what was searched.
    Boundary,
}

/// A fitted time course.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Amplitudes in the order of the treatments, then shapes.
    pub parameters: Vec<Parameter>,
    /// Covariance of the parameters, dispersion included; fixed shapes have rows of zeros.
    pub covariance: Matrix,
    /// Weighted residual sum of squares: the residual deviance with the printed variances.
    pub rss: f64,
    /// Visits.
    pub points: usize,
    /// Parameters, those of each study included.
    pub parameters_in_all: usize,
    /// Factor on the printed variances.
    pub dispersion: f64,
    /// Degrees of freedom behind an estimated dispersion.
    pub df: Option<f64>,
    /// Variance of the amplitude between studies.
    pub tau2: Option<f64>,
    /// Log likelihood with all constants.
    pub loglik: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// How the search ended.
    pub ending: Ending,
    /// Every visit with its fit.
    pub fitted: Vec<Fitted>,
    /// All shapes, group by group, then log ED50.
    pub theta: Vec<f64>,
    /// Slope of the covariance in the variance of an arm's amplitude (both over the dispersion), and the information
    /// on that variance; with random effects.
    pub(super) spread: Option<(Matrix, f64)>,
    pub(super) model: Model,
    pub(super) treatments: Vec<String>,
    pub(super) last_time: f64,
    pub(super) first_time: f64,
}

impl Fit {
    /// Why times cannot be read off the curve; `None` when every shape is identified.
    pub fn why_not(&self) -> Option<&str> {
        self.parameters
            .iter()
            .filter_map(|p| p.identification.as_ref())
            .find_map(|i| i.why_not.as_deref())
    }

    /// The form.
    pub fn form(&self) -> Form {
        self.model.form
    }

    /// Treatments, the reference first.
    pub fn treatments(&self) -> &[String] {
        &self.treatments
    }

    /// Last visit in the data.
    pub fn last_time(&self) -> f64 {
        self.last_time
    }
}

/// Fits a time course by profile likelihood.
///
/// # Formula
/// `y_i = Z_i a_i + X_i(theta) d + e_i`, `e_i ~ N(0, phi V_i + (tau2/2) sum_arms f f')`. At fixed theta, d is the
/// generalised least squares estimate; theta minimises -2 log likelihood. The covariance is that of Gauss and
/// Newton: `phi (J' W J)^-1` over (d, theta), study parameters projected out. `phi = RSS / (n - p)`.
/// With random effects tau2 is the restricted maximum likelihood estimate at the shapes, in turn with them, and intervals
/// of the curve use Student's t with Satterthwaite's degrees of freedom ([`super::Curve::quantile`]).
///
/// # Errors
/// `TooFewPoints`, `Singular`, `Options`.
///
/// # Source
/// Golub & Pereyra 1973, SIAM J Numer Anal 10:413 (variable projection); Pedder et al. 2019, Res Synth Methods
/// 10:267 (the model); Lindstrom & Bates 1990, Biometrics 46:673 (random amplitudes).
pub fn fit(data: &Longitudinal, options: &Options) -> Result<Fit, TimecourseError> {
    let (model, group_names) = model(data, options)?;
    let problem = Problem::new(data, model.clone(), options.within).ok_or(TimecourseError::Singular)?;
    let doses = options.dose.then(|| dose_range(data)).transpose()?;
    let bounds = bounds(options.form, data.range(), group_names.len(), doses);
    let names = shape_names(options, &group_names);
    let mut theta: Vec<f64> = bounds.iter().map(|b| 0.5 * (b.0 + b.1)).collect();
    let free = hold(&names, &options.fixed, &mut theta)?;
    let mut work = Work::default();
    let estimated = options.dispersion == Dispersion::Estimated;
    let mut search = Search {
        problem: &problem,
        bounds: &bounds,
        free: &free,
        lambda: 0.0,
        dispersion_estimated: estimated,
    };
    theta = search.run(&theta, false, &mut work);
    if options.random {
        theta = alternate(&mut search, theta, &mut work)?;
    }
    let lambda = search.lambda;
    sort_rates(options.form, &mut theta);
    let inner = problem
        .solve(&theta, lambda, &mut work, true)
        .ok_or(TimecourseError::Singular)?;
    let in_all = inner.rank + free.len();
    if problem.points <= in_all && estimated || problem.points < in_all {
        return Err(TimecourseError::TooFewPoints {
            points: problem.points,
            parameters: in_all,
        });
    }
    let df = (problem.points - in_all) as f64;
    let dispersion = if estimated { inner.rss / df } else { 1.0 };
    let (information, _) = problem.information(&theta, &free, lambda, &inner, &mut work);
    let at_edge = free.iter().any(|&k| at_bound(theta[k], bounds[k]));
    let covariance = covariance(&information, problem.p, &free, theta.len(), dispersion, at_edge);
    let spread = options.random.then(|| {
        let c = covariance.scale(1.0 / dispersion);
        let dispersion_df = estimated.then_some(df);
        problem.spread(&theta, &free, lambda, &inner, &c, dispersion_df, &mut work)
    });
    let parameters = parameters(data, &model, &names, &theta, &free, &inner, &covariance, &bounds);
    let (loglik, aic) = likelihood(&problem, &inner, in_all, estimated, options.random);
    let (first_time, last_time) = data.range();
    Ok(Fit {
        parameters,
        covariance,
        rss: inner.rss,
        points: problem.points,
        parameters_in_all: in_all,
        dispersion,
        df: estimated.then_some(df),
        tau2: options.random.then_some(2.0 * lambda * dispersion),
        loglik,
        aic,
        ending: match (free.is_empty(), at_edge) {
            (true, _) => Ending::ClosedForm,
            (false, false) => Ending::Converged,
            (false, true) => Ending::Boundary,
        },
        fitted: fitted(data, &problem.fitted(&theta, &inner)),
        theta,
        spread,
        model,
        treatments: data.treatments.clone(),
        last_time,
        first_time,
    })
}

pub(super) fn model(data: &Longitudinal, options: &Options) -> Result<(Model, Vec<String>), TimecourseError> {
    let wrong = |message: String| Err(TimecourseError::Options { message });
    if data.has_schedules() && !options.form.rises_and_falls() {
        return wrong(format!(
            "doses are summed for forms that fall back to 0 (bateman, emax-decay); '{}' does not",
            options.form.code()
        ));
    }
    if options.random && options.form == Form::Spline {
        return wrong("random effects stand on the amplitude, and a spline has several".to_owned());
    }
    let mut groups: Vec<String> = Vec::new();
    let mut group = Vec::new();
    let of_reference = data
        .treatments
        .first()
        .and_then(|t| options.classes.get(t))
        .cloned()
        .unwrap_or_default();
    for treatment in &data.treatments {
        let class = options.classes.get(treatment).unwrap_or(&of_reference);
        let index = groups.iter().position(|g| g == class).unwrap_or_else(|| {
            groups.push(class.clone());
            groups.len() - 1
        });
        group.push(index);
    }
    if groups.len() > 1 && options.form.shapes().is_empty() {
        return wrong(format!(
            "the form '{}' has no shape that could differ by class",
            options.form.code()
        ));
    }
    let mut knots = options
        .knots
        .clone()
        .unwrap_or_else(|| default_knots(data.times()));
    knots.sort_by(f64::total_cmp);
    knots.dedup();
    if options.form == Form::Spline
        && (knots.len() < 2 || knots.len() > 5 || knots.iter().any(|k| !(k.is_finite() && *k >= 0.0)))
    {
        return wrong("a spline needs two to five different knots at or after time 0".to_owned());
    }
    let model = Model {
        form: options.form,
        knots,
        baseline: options.baseline,
        intercept: options
            .intercept
            .unwrap_or_else(|| data.times().any(|t| t == 0.0)),
        group,
        dose: options.dose,
    };
    Ok((model, groups))
}

pub(super) fn dose_range(data: &Longitudinal) -> Result<(f64, f64), TimecourseError> {
    let arms = data
        .studies
        .iter()
        .flat_map(|s| &s.arms)
        .filter(|a| a.treatment > 0);
    let (mut lo, mut hi) = (f64::INFINITY, 0.0f64);
    for arm in arms {
        if arm.dose <= 0.0 {
            let message = format!(
                "arm '{}' has no dose above 0, which the dose model needs outside the reference",
                arm.name
            );
            return Err(TimecourseError::Options { message });
        }
        (lo, hi) = (lo.min(arm.dose), hi.max(arm.dose));
    }
    Ok((lo, hi))
}

pub(super) fn shape_names(options: &Options, groups: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for group in groups {
        for shape in options.form.shapes() {
            names.push(if groups.len() > 1 {
                format!("{shape}[{group}]")
            } else {
                (*shape).to_owned()
            });
        }
    }
    names.extend(options.dose.then(|| "log_ed50".to_owned()));
    names
}

pub(super) fn hold(
    names: &[String],
    fixed: &BTreeMap<String, f64>,
    theta: &mut [f64],
) -> Result<Vec<usize>, TimecourseError> {
    for (name, value) in fixed {
        let Some(k) = names.iter().position(|n| n == name) else {
            let message = format!("no shape is called '{name}'; there is: {}", names.join(", "));
            return Err(TimecourseError::Options { message });
        };
        if !value.is_finite() {
            let message = format!("the shape '{name}' cannot be fixed at {value}");
            return Err(TimecourseError::Options { message });
        }
        theta[k] = *value;
    }
    Ok((0..names.len())
        .filter(|&k| !fixed.contains_key(&names[k]))
        .collect())
}

/// Shapes and variance of the amplitude in turn, until neither moves.
fn alternate(
    search: &mut Search<'_>,
    mut theta: Vec<f64>,
    work: &mut Work,
) -> Result<Vec<f64>, TimecourseError> {
    const ROUNDS: usize = 30;
    // one shape is found to the last digits, several by a simplex to fewer
    let settled = if search.free.len() > 1 { 1e-5 } else { 1e-7 };
    for _ in 0..ROUNDS {
        let lambda = variance(search, &theta, work).ok_or(TimecourseError::Singular)?;
        let moved = (lambda - search.lambda).abs() > settled * (lambda + search.lambda);
        search.lambda = lambda;
        let next = search.run(&theta, true, work);
        let still = theta.iter().zip(&next).all(|(a, b)| (a - b).abs() < settled);
        theta = next;
        if still && !moved {
            break;
        }
    }
    Ok(theta)
}

/// Restricted maximum likelihood of the variance of an arm's amplitude over the dispersion.
fn variance(search: &Search<'_>, theta: &[f64], work: &mut Work) -> Option<f64> {
    let problem = search.problem;
    let scale = problem.amplitude_information(theta, work);
    let mut criterion = |lambda: f64| {
        problem
            .solve(theta, lambda, work, false)
            .map_or(f64::INFINITY, |inner| {
                let df = problem.points as f64 - inner.rank as f64;
                let fit = if search.dispersion_estimated {
                    df * inner.rss.max(f64::MIN_POSITIVE).ln()
                } else {
                    inner.rss
                };
                fit + inner.ln_det_random + inner.ln_det_x
            })
    };
    let at_zero = criterion(0.0);
    let found = brent(|x| criterion(x.exp() / scale), -14.0, 14.0, 1e-9);
    if !at_zero.is_finite() && !found.value.is_finite() {
        return None;
    }
    Some(if found.value < at_zero {
        found.x.exp() / scale
    } else {
        0.0
    })
}

/// The faster rate is the rise.
fn sort_rates(form: Form, theta: &mut [f64]) {
    if form == Form::Bateman {
        for pair in theta.chunks_exact_mut(2) {
            if pair[0] < pair[1] {
                pair.swap(0, 1);
            }
        }
    }
}

/// Over amplitudes and all shapes. At the edge of the search the shapes carry no information of their own, and the
/// amplitudes stand at fixed shapes.
fn covariance(
    information: &Matrix,
    p: usize,
    free: &[usize],
    shapes: usize,
    dispersion: f64,
    at_edge: bool,
) -> Matrix {
    let inverse = (!at_edge)
        .then(|| Cholesky::new(information))
        .flatten()
        .map(|c| (c.inverse(), p + free.len()))
        .or_else(|| {
            let amplitudes: Vec<usize> = (0..p).collect();
            Cholesky::new(&information.select(&amplitudes, &amplitudes)).map(|c| (c.inverse(), p))
        });
    let place = |i: usize| {
        if i < p {
            Some(i)
        } else {
            free.iter().position(|&k| k == i - p).map(|k| p + k)
        }
    };
    Matrix::from_fn(p + shapes, p + shapes, |i, j| {
        match (&inverse, place(i), place(j)) {
            (Some((m, size)), Some(a), Some(b)) if a < *size && b < *size => dispersion * m[(a, b)],
            _ => 0.0,
        }
    })
}

#[allow(clippy::too_many_arguments, reason = "one caller, all of it already computed")]
fn parameters(
    data: &Longitudinal,
    model: &Model,
    names: &[String],
    theta: &[f64],
    free: &[usize],
    inner: &Inner,
    covariance: &Matrix,
    bounds: &[(f64, f64)],
) -> Vec<Parameter> {
    let columns = model.columns();
    let se = |i: usize| Some(covariance[(i, i)]).filter(|v| *v > 0.0).map(f64::sqrt);
    let mut all = Vec::new();
    for (i, &estimate) in inner.beta.iter().enumerate() {
        let (treatment, column) = (i / columns + 1, i % columns);
        let name = data.treatments.get(treatment).cloned().unwrap_or_default();
        all.push(Parameter {
            name: if columns > 1 {
                format!("{name}:{}", column + 1)
            } else {
                name
            },
            role: Role::Amplitude { treatment, column },
            estimate,
            se: se(i),
            identification: None,
        });
    }
    for (k, &estimate) in theta.iter().enumerate() {
        let is_free = free.contains(&k);
        all.push(Parameter {
            name: names.get(k).cloned().unwrap_or_default(),
            role: Role::Shape { index: k },
            estimate,
            se: se(inner.beta.len() + k),
            identification: is_free
                .then(|| identification(data, model, theta, k, at_bound(estimate, bounds[k]))),
        });
    }
    all
}

fn likelihood(problem: &Problem, inner: &Inner, in_all: usize, estimated: bool, random: bool) -> (f64, f64) {
    let n = problem.points as f64;
    let phi = if estimated { inner.rss / n } else { 1.0 };
    let constant = n * (2.0 * std::f64::consts::PI * phi).ln() + problem.ln_det_v + inner.ln_det_random;
    let loglik = -0.5 * (constant + inner.rss / phi);
    let parameters = in_all + usize::from(estimated) + usize::from(random);
    (loglik, -2.0 * loglik + 2.0 * parameters as f64)
}

fn fitted(data: &Longitudinal, values: &[f64]) -> Vec<Fitted> {
    let mut out = Vec::with_capacity(values.len());
    let mut values = values.iter();
    for study in &data.studies {
        for arm in &study.arms {
            for (i, (&time, &mean)) in arm.times.iter().zip(&arm.means).enumerate() {
                let fitted = values.next().copied().unwrap_or(mean);
                out.push(Fitted {
                    study: study.name.clone(),
                    arm: arm.name.clone(),
                    treatment: data.treatments.get(arm.treatment).cloned().unwrap_or_default(),
                    index: arm.rows.get(i).copied().unwrap_or(0),
                    time,
                    mean,
                    fitted,
                    standardised: arm.ses.get(i).map_or(0.0, |s| (mean - fitted) / s),
                });
            }
        }
    }
    out
}
