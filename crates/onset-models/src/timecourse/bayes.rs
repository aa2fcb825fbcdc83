//! The whole posterior: shapes and the spread between studies by NUTS, everything linear exactly.

use super::TimecourseError;
use super::curve::Curve;
use super::data::Longitudinal;
use super::fit::{Dispersion, Options, dose_range, fit, hold, model, shape_names};
use super::onset::{Benefit, Definition, crossing_with};
use super::profile::{Problem, Work};
use super::search::bounds;
use onset_math::linalg::Cholesky;
use onset_math::nuts::{Chain, Convergence, Nuts, convergence, nuts};
use onset_math::random::Stream;
use rayon::prelude::*;

/// R-hat above this is refused.
const MOST_R_HAT: f64 = 1.01;
/// Effective sample sizes below this are refused.
const LEAST_ESS: f64 = 400.0;
/// Step of the differences behind gradients (log scale).
const STEP: f64 = 1e-4;

/// Options of [`bayes`].
///
/// | name | default | meaning |
/// |---|---|---|
/// | `shape_sd` | a quarter of the searched range | standard deviation of the normal prior of each shape, log scale, around the middle of the range |
/// | `tau_scale` | none | scale of the half-normal prior of tau, the standard deviation of the amplitude between studies; needed with random effects |
/// | `chains` | 4 | chains |
/// | `nuts` | 1000 + 1000, target 0.9 | of each chain |
/// | `seed` | 1 | of every draw |
///
/// Amplitudes and the parameters of the studies have flat priors; the dispersion is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct BayesOptions {
    pub shape_sd: Option<f64>,
    pub tau_scale: Option<f64>,
    pub chains: u64,
    pub nuts: Nuts,
    pub seed: u64,
}

impl Default for BayesOptions {
    fn default() -> Self {
        BayesOptions {
            shape_sd: None,
            tau_scale: None,
            chains: 4,
            nuts: Nuts::default(),
            seed: 1,
        }
    }
}

/// Posterior of one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// Name, as in the fit; "tau" for the spread between studies.
    pub name: String,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Median.
    pub median: f64,
    /// Lower limit of the central interval.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// How well it was sampled.
    pub convergence: Convergence,
}

/// Posterior of a time of onset.
#[derive(Debug, Clone, PartialEq)]
pub struct OnsetPosterior {
    /// Treatment.
    pub treatment: String,
    /// Half of the peak, or the important difference.
    pub definition: Definition,
    /// The important difference, as a size.
    pub threshold: Option<f64>,
    /// Median among the draws that get there; `None` where fewer than half do.
    pub median: Option<f64>,
    /// Lower limit among all draws, those that never get there counted as later than any time.
    pub lower: Option<f64>,
    /// Upper limit among all draws; `None` where too many never get there.
    pub upper: Option<f64>,
    /// Share of draws that never get there.
    pub p_never: f64,
}

/// A sampled time course.
#[derive(Debug, Clone)]
pub struct Bayes {
    /// Amplitudes, shapes, then tau.
    pub parameters: Vec<Posterior>,
    /// Their draws, chain after chain, in the order of `parameters`.
    pub sampled: Vec<Vec<f64>>,
    /// Times of onset.
    pub onset: Vec<OnsetPosterior>,
    /// Draws kept, over all chains.
    pub draws: usize,
    /// Divergent paths after warm-up.
    pub divergences: usize,
    /// Mean acceptance.
    pub acceptance: f64,
    /// The priors in words.
    pub priors: Vec<String>,
}

/// What is sampled: the density of free shapes and of x, tau = scale |x|, everything linear integrated out. On the whole
/// line the density of x is smooth and even, where that of ln tau would have a long tail towards tau = 0.
struct Target<'a> {
    problem: &'a Problem,
    free: &'a [usize],
    theta: &'a [f64],
    /// Mean and standard deviation of each free shape's prior.
    priors: Vec<(f64, f64)>,
    tau_scale: Option<f64>,
}

impl Target<'_> {
    fn place(&self, x: &[f64]) -> (Vec<f64>, f64) {
        let mut theta = self.theta.to_vec();
        for (&k, &value) in self.free.iter().zip(x) {
            if let Some(cell) = theta.get_mut(k) {
                *cell = value;
            }
        }
        let lambda = self
            .tau_scale
            .zip(x.get(self.free.len()))
            .map_or(0.0, |(scale, x)| 0.5 * (scale * x).powi(2));
        (theta, lambda)
    }

    fn value(&self, x: &[f64], work: &mut Work) -> f64 {
        // far outside, exponentials overflow before the prior says no
        if !x.iter().all(|x| x.abs() < 60.0) {
            return f64::NEG_INFINITY;
        }
        let (theta, lambda) = self.place(x);
        let Some(inner) = self.problem.solve(&theta, lambda, work, false) else {
            return f64::NEG_INFINITY;
        };
        let shapes: f64 = x
            .iter()
            .zip(&self.priors)
            .map(|(x, (m, s))| ((x - m) / s).powi(2))
            .sum();
        // half-normal in tau: normal in x
        let spread = x.get(self.free.len()).map_or(0.0, |x| -0.5 * x * x);
        -0.5 * (inner.rss + inner.ln_det_random + inner.ln_det_x + shapes) + spread
    }

    fn gradient(&self, x: &[f64], out: &mut [f64], work: &mut Work) -> f64 {
        let mut moved = x.to_vec();
        for (k, cell) in out.iter_mut().enumerate() {
            let Some(&at) = x.get(k) else { continue };
            let mut side = |way: f64| {
                if let Some(m) = moved.get_mut(k) {
                    *m = at + way;
                }
                self.value(&moved, work)
            };
            let difference = side(STEP) - side(-STEP);
            if let Some(m) = moved.get_mut(k) {
                *m = at;
            }
            *cell = if difference.is_finite() {
                difference / (2.0 * STEP)
            } else {
                0.0
            };
        }
        self.value(x, work)
    }
}

/// Posterior of a time course with its onset times.
///
/// # Formula
/// `p(theta, tau | y) ~ exp(-RSS/2) |V + tau^2/2 f f'|^-1/2 |X'WX|^-1/2 p(theta) p(tau)`: amplitudes and study parameters have
/// flat priors and are integrated out exactly. Shapes and tau are sampled by NUTS; to each draw belongs one of the
/// amplitudes from their normal distribution at it, and the time at which its curve crosses.
///
/// # Errors
/// Those of [`fit`]; `Options` without a declared prior of tau where one is needed, and with nothing to sample;
/// `NotSampled` where R-hat is above 1.01, an effective sample size below 400, or a path diverged.
///
/// # Source
/// Hoffman & Gelman 2014, J Mach Learn Res 15:1593; Gelman et al. 2013, Bayesian Data Analysis, section 14.2 (linear
/// parameters given the others); Vehtari et al. 2021, Bayesian Anal 16:667.
pub fn bayes(
    data: &Longitudinal,
    options: &Options,
    sampling: &BayesOptions,
    benefit: Benefit,
    threshold: Option<f64>,
    level: f64,
) -> Result<Bayes, TimecourseError> {
    let refused = |message: &str| TimecourseError::Options {
        message: message.to_owned(),
    };
    let mut options = options.clone();
    options.dispersion = Dispersion::One;
    if options.random && !sampling.tau_scale.is_some_and(|s| s.is_finite() && s > 0.0) {
        return Err(refused(
            "random effects need a prior of tau: the scale of a half-normal, above 0",
        ));
    }
    if sampling.shape_sd.is_some_and(|s| !(s.is_finite() && s > 0.0)) {
        return Err(refused(
            "the standard deviation of the shapes' prior is a number above 0",
        ));
    }
    let start = fit(data, &options)?;
    let (form_model, groups) = model(data, &options)?;
    let problem = Problem::new(data, form_model, options.within).ok_or(TimecourseError::Singular)?;
    let doses = options.dose.then(|| dose_range(data)).transpose()?;
    let bounds = bounds(options.form, data.range(), groups.len(), doses);
    let names = shape_names(&options, &groups);
    let mut theta = start.theta.clone();
    let free = hold(&names, &options.fixed, &mut theta)?;
    let priors: Vec<(f64, f64)> = free
        .iter()
        .filter_map(|&k| bounds.get(k))
        .map(|(lo, hi)| (0.5 * (lo + hi), sampling.shape_sd.unwrap_or(0.25 * (hi - lo))))
        .collect();
    let tau_scale = sampling.tau_scale.filter(|_| options.random);
    if free.is_empty() && tau_scale.is_none() {
        return Err(refused(
            "nothing is left to sample: every shape is fixed, and the rest is linear",
        ));
    }
    let target = Target {
        problem: &problem,
        free: &free,
        theta: &theta,
        priors: priors.clone(),
        tau_scale,
    };
    let mut centre: Vec<f64> = free.iter().filter_map(|&k| theta.get(k).copied()).collect();
    centre.extend(tau_scale.map(|scale| {
        let found = start.tau2.unwrap_or(0.0).sqrt();
        found / scale
    }));
    let chains: Vec<(Chain, Vec<Vec<f64>>)> = (0..sampling.chains.max(1))
        .into_par_iter()
        .map(|c| one_chain(&target, &centre, sampling, c))
        .collect();
    let divergences: usize = chains.iter().map(|c| c.0.divergences).sum();
    let whole: Vec<Vec<Vec<f64>>> = chains.iter().map(|c| c.1.clone()).collect();
    let mut parameters = Vec::new();
    let mut sampled = Vec::new();
    let order: Vec<&str> = start
        .parameters
        .iter()
        .map(|p| p.name.as_str())
        .chain(["tau"])
        .collect();
    for (j, name) in order.iter().enumerate() {
        let columns: Vec<Vec<f64>> = whole
            .iter()
            .map(|draws| draws.iter().filter_map(|d| d.get(j).copied()).collect())
            .collect();
        let moves = columns
            .iter()
            .flatten()
            .any(|x| columns.iter().flatten().next() != Some(x));
        if columns.iter().any(|c: &Vec<f64>| !c.is_empty()) && moves {
            parameters.push(summed(name, &columns, level));
            sampled.push(columns.concat());
        }
    }
    good(&parameters, divergences)?;
    let curves = start.curves(&[]);
    let onset = onsets(&curves, &whole, start.parameters.len(), benefit, threshold, level);
    let mut words: Vec<String> = free
        .iter()
        .zip(&priors)
        .map(|(&k, (m, s))| {
            format!(
                "{} normal, mean {m:.3}, standard deviation {s:.3}",
                names.get(k).map_or("", String::as_str)
            )
        })
        .collect();
    words.extend(tau_scale.map(|s| format!("tau half-normal, scale {s}")));
    words.push("amplitudes and study parameters flat".to_owned());
    Ok(Bayes {
        parameters,
        sampled,
        onset,
        draws: whole.iter().map(Vec::len).sum(),
        divergences,
        acceptance: chains.iter().map(|c| c.0.acceptance).sum::<f64>() / chains.len() as f64,
        priors: words,
    })
}

/// A chain, and to each of its draws the whole parameter vector: amplitudes, shapes, tau.
fn one_chain(
    target: &Target<'_>,
    centre: &[f64],
    sampling: &BayesOptions,
    number: u64,
) -> (Chain, Vec<Vec<f64>>) {
    let mut stream = Stream::new(sampling.seed, number);
    let mut work = Work::default();
    // Chains start apart from each other, where the density is not 0.
    let mut start = centre.to_vec();
    for shrink in [1.0, 0.3, 0.1, 0.0] {
        start = centre.iter().map(|x| x + shrink * stream.normal()).collect();
        if target.value(&start, &mut work).is_finite() {
            break;
        }
    }
    let chain = nuts(
        &start,
        |x, g| target.gradient(x, g, &mut work),
        &sampling.nuts,
        &mut stream,
    );
    let mut work = Work::default();
    let whole = chain
        .draws
        .iter()
        .map(|x| completed(target, x, &mut work, &mut stream))
        .collect();
    (chain, whole)
}

/// Amplitudes from their normal distribution at the shapes, then all shapes, then tau.
fn completed(target: &Target<'_>, x: &[f64], work: &mut Work, stream: &mut Stream) -> Vec<f64> {
    let (theta, lambda) = target.place(x);
    let mut out = Vec::with_capacity(theta.len() + target.problem.p + 1);
    if let Some(inner) = target.problem.solve(&theta, lambda, work, true) {
        let (information, _) = target.problem.information(&theta, &[], lambda, &inner, work);
        let mut z: Vec<f64> = (0..inner.beta.len()).map(|_| stream.normal()).collect();
        if let Some(cholesky) = Cholesky::new(&information) {
            cholesky.backward(&mut z);
        }
        out.extend(inner.beta.iter().zip(&z).map(|(b, z)| b + z));
    } else {
        out.resize(target.problem.p, f64::NAN);
    }
    out.extend(&theta);
    if target.tau_scale.is_some() {
        out.push((2.0 * lambda).sqrt());
    }
    out
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() as f64 - 1.0);
    let (low, part) = (place.floor(), place.fract());
    let at = |i: f64| {
        sorted
            .get(i as usize)
            .or(sorted.last())
            .copied()
            .unwrap_or(f64::NAN)
    };
    // two infinities have no middle
    if part == 0.0 || at(low) == at(low + 1.0) {
        at(low)
    } else {
        at(low) + part * (at(low + 1.0) - at(low))
    }
}

fn summed(name: &str, columns: &[Vec<f64>], level: f64) -> Posterior {
    let mut all = columns.concat();
    all.sort_by(f64::total_cmp);
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let sd = (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    Posterior {
        name: name.to_owned(),
        mean,
        sd,
        median: quantile(&all, 0.5),
        lower: quantile(&all, 0.5 * (1.0 - level)),
        upper: quantile(&all, 0.5 * (1.0 + level)),
        convergence: convergence(columns),
    }
}

/// Refuses what was not sampled well.
fn good(parameters: &[Posterior], divergences: usize) -> Result<(), TimecourseError> {
    let mut faults = Vec::new();
    for p in parameters {
        let c = p.convergence;
        if c.r_hat.is_nan() || c.r_hat > MOST_R_HAT {
            faults.push(format!("R-hat of {} is {:.3}", p.name, c.r_hat));
        }
        let ess = c.ess_bulk.min(c.ess_tail);
        if ess.is_nan() || ess < LEAST_ESS {
            faults.push(format!("effective sample size of {} is {ess:.0}", p.name));
        }
    }
    if divergences > 0 {
        faults.push(format!("{divergences} paths diverged"));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(TimecourseError::NotSampled {
            why: faults.join("; "),
        })
    }
}

fn onsets(
    curves: &[Curve],
    chains: &[Vec<Vec<f64>>],
    parameters: usize,
    benefit: Benefit,
    threshold: Option<f64>,
    level: f64,
) -> Vec<OnsetPosterior> {
    let sign = benefit.sign();
    let mut wanted = vec![(Definition::HalfPeak, None)];
    wanted.extend(threshold.map(|d| (Definition::ImportantDifference, Some(d.abs()))));
    let mut out = Vec::new();
    for curve in curves {
        for &(definition, size) in &wanted {
            let mut times: Vec<f64> = chains
                .iter()
                .flatten()
                .map(|draw| {
                    let own: Vec<f64> = curve
                        .places()
                        .iter()
                        .filter(|&&i| i < parameters)
                        .filter_map(|&i| draw.get(i).copied())
                        .collect();
                    let found = match size {
                        None => curve.half_time_with(&own, sign),
                        Some(size) => crossing_with(curve, &own, sign, size),
                    };
                    found.unwrap_or(f64::INFINITY)
                })
                .collect();
            times.sort_by(f64::total_cmp);
            let never = times.iter().filter(|t| t.is_infinite()).count();
            let reached = times.get(..times.len() - never).unwrap_or(&[]);
            let finite = |x: f64| x.is_finite().then_some(x);
            out.push(OnsetPosterior {
                treatment: curve.treatment.clone(),
                definition,
                threshold: size,
                median: if 2 * reached.len() >= times.len() {
                    finite(quantile(reached, 0.5))
                } else {
                    None
                },
                lower: finite(quantile(&times, 0.5 * (1.0 - level))),
                upper: finite(quantile(&times, 0.5 * (1.0 + level))),
                p_never: never as f64 / times.len().max(1) as f64,
            });
        }
    }
    out
}
