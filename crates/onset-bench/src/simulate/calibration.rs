//! Simulation-based calibration of the sampled time course.
//!
//! Parameters are drawn from the prior, data from the parameters, and the posterior is sampled: the rank of each true
//! value among the draws is then uniform. Amplitudes have flat priors, from which nothing can be drawn; a visit of each arm
//! long after all others, where the curve has reached its amplitude, stands for a normal prior. It is data like any other to
//! the model, so that the posterior is exact.
//!
//! Source: Talts et al. 2018, arXiv:1804.06788.

use super::SEED;
use crate::Fallible;
use onset::math::chi_squared;
use onset::math::nuts::Nuts;
use onset::math::random::Stream;
use onset::models::timecourse::{
    BayesOptions, Benefit, Dispersion, Longitudinal, Options, TimeVisit, TimecourseError, bayes,
};
use rayon::prelude::*;
use std::fmt::Write;

/// Streams apart from those of the other simulations.
const FIRST_STREAM: u64 = 2_000_000;
/// Data sets.
const SETS: u64 = 500;
/// A rank is that among this many draws, far enough from each other to be independent.
const RANKED: usize = 99;
/// Bins of ranks, of five each.
const BINS: usize = 20;
/// Chance of a false alarm, each parameter.
const ALPHA: f64 = 0.001;

/// Trials of a data set.
const TRIALS: usize = 4;
const VISITS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];
/// Standard error of each visit.
const SE: f64 = 1.0;
/// Where the curve is 0 and its amplitude to seven digits. The middle of their logs, 0, is the prior mean of log ET50.
const BEFORE: f64 = 1e-8;
const AFTER: f64 = 1e8;
/// Standard deviations of the priors: log ET50, what a visit at `AFTER` tells of an amplitude, the scale of tau.
const SHAPE_SD: f64 = 0.7;
const AMPLITUDE_SD: f64 = 4.0;
const TAU_SCALE: f64 = 1.0;

const NAMES: [&str; 3] = ["drug", "log_et50", "tau"];

/// The section of the page, and what it disproves.
pub fn run() -> Fallible<(String, Vec<String>)> {
    let found: Vec<Option<[usize; 3]>> = (0..SETS)
        .into_par_iter()
        .map(|set| ranks(set).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let ranks: Vec<[usize; 3]> = found.iter().flatten().copied().collect();
    let refused = found.len() - ranks.len();
    let mut page = String::from(HEAD);
    let mut disproved = Vec::new();
    for (j, name) in NAMES.into_iter().enumerate() {
        let column: Vec<usize> = ranks.iter().filter_map(|r| r.get(j).copied()).collect();
        let (statistic, p) = uniform(&column);
        writeln!(page, "| {name} | {} | {statistic:.1} | {p:.3} |", column.len())?;
        if p.is_nan() || p < ALPHA {
            disproved.push(format!(
                "disproved: the ranks of {name} are uniform, chi-square {statistic:.1} on {} degrees of freedom, p {p:.5}",
                BINS - 1
            ));
        }
    }
    writeln!(
        page,
        "\nOf {SETS} posteriors {refused} were refused (R-hat above 1.01, an effective sample size below 400, or a divergent \
         path); refusal looks at the data only, so that the ranks of the others stay uniform."
    )?;
    if refused * 10 > found.len() {
        disproved.push(format!(
            "disproved: at most a tenth of the posteriors is refused, found {refused} of {SETS}"
        ));
    }
    Ok((page, disproved))
}

/// Chi-square of equal bins, and its p.
fn uniform(ranks: &[usize]) -> (f64, f64) {
    let mut counts = [0.0; BINS];
    for rank in ranks {
        if let Some(count) = counts.get_mut(rank * BINS / (RANKED + 1)) {
            *count += 1.0;
        }
    }
    let expected = ranks.len() as f64 / BINS as f64;
    let statistic = counts
        .iter()
        .map(|count| (count - expected).powi(2) / expected)
        .sum();
    (statistic, chi_squared::sf(statistic, BINS as f64 - 1.0))
}

/// Ranks of the three true values; nothing where the posterior is refused.
fn ranks(set: u64) -> Fallible<Option<[usize; 3]>> {
    let mut stream = Stream::new(SEED, FIRST_STREAM + set);
    let truth = Truth::draw(&mut stream);
    let data = truth.data(&mut stream)?;
    let options = Options {
        random: true,
        dispersion: Dispersion::One,
        intercept: Some(false),
        ..Options::default()
    };
    let sampling = BayesOptions {
        shape_sd: Some(SHAPE_SD),
        tau_scale: Some(TAU_SCALE),
        chains: 2,
        nuts: Nuts {
            warmup: 500,
            draws: 990,
            ..Nuts::default()
        },
        seed: SEED + set,
    };
    let found = match bayes(&data, &options, &sampling, Benefit::Lower, None, 0.95) {
        Err(TimecourseError::NotSampled { .. }) => return Ok(None),
        found => found?,
    };
    let mut ranks = [0; 3];
    for ((rank, name), truth) in ranks
        .iter_mut()
        .zip(NAMES)
        .zip([truth.amplitude, truth.log_et50, truth.tau])
    {
        let draws = found
            .parameters
            .iter()
            .zip(&found.sampled)
            .find(|(p, _)| p.name == name)
            .ok_or_else(|| format!("no draws of {name}"))?
            .1;
        let apart = draws.len() / RANKED;
        *rank = draws
            .iter()
            .step_by(apart)
            .take(RANKED)
            .filter(|x| **x < truth)
            .count();
    }
    Ok(Some(ranks))
}

/// Parameters from their prior, with what they imply for the arms.
struct Truth {
    amplitude: f64,
    log_et50: f64,
    tau: f64,
    /// Amplitudes of the arms of each trial, control first.
    arms: Vec<[f64; 2]>,
}

impl Truth {
    /// The prior given the visits at `AFTER`, all of which are 0. With v = AMPLITUDE_SD^2 + tau^2/2 they say
    /// N(0; m_i, v) N(0; m_i + d, v): d ~ N(0, 2v/k), m_i given d ~ N(-d/2, v/2), and tau, by what they leave over,
    /// v^(-(k - 1)/2) times its half-normal. An arm's own deviation is then that of a normal mean given one value.
    fn draw(stream: &mut Stream) -> Truth {
        let k = TRIALS as f64;
        let known = AMPLITUDE_SD * AMPLITUDE_SD;
        let tau = loop {
            let tau = (TAU_SCALE * stream.normal()).abs();
            let kept = (1.0 + 0.5 * tau * tau / known).powf(-0.5 * (k - 1.0));
            if stream.uniform() < kept {
                break tau;
            }
        };
        let between = 0.5 * tau * tau;
        let v = known + between;
        let amplitude = (2.0 * v / k).sqrt() * stream.normal();
        let arms = (0..TRIALS)
            .map(|_| {
                let own = -0.5 * amplitude + (0.5 * v).sqrt() * stream.normal();
                [own, own + amplitude].map(|mean| {
                    let deviation = (known * between / v).sqrt() * stream.normal();
                    mean - between / v * mean + deviation
                })
            })
            .collect();
        Truth {
            amplitude,
            log_et50: SHAPE_SD * stream.normal(),
            tau,
            arms,
        }
    }

    fn data(&self, stream: &mut Stream) -> Fallible<Longitudinal> {
        let mut visits = Vec::new();
        for (trial, arms) in self.arms.iter().enumerate() {
            for (name, amplitude) in ["control", "drug"].into_iter().zip(arms) {
                let mut visit = |time: f64, mean: f64, se: f64| {
                    visits.push(TimeVisit {
                        study: trial.to_string(),
                        arm: name.to_owned(),
                        treatment: name.to_owned(),
                        time,
                        mean,
                        se,
                        n: None,
                        dose: None,
                    });
                };
                visit(BEFORE, 0.0, SE);
                for time in VISITS {
                    let mean = amplitude * time / (self.log_et50.exp() + time);
                    visit(time, mean + SE * stream.normal(), SE);
                }
                visit(AFTER, 0.0, AMPLITUDE_SD);
            }
        }
        Ok(Longitudinal::new(&visits, "control")?)
    }
}

const HEAD: &str = "
## Calibration of the sampled time course

Parameters from the prior, data from the parameters, posterior by `--bayes`: the rank of the true value among 99 draws is
uniform when the sampler is right (Talts and others 2018). Emax, four trials of two arms with five visits, random effects:
log ET50 normal with a standard deviation of .7, tau half-normal with scale 1, amplitudes about 4 (standard error of a visit
1). Chi-square of 20 bins; the command fails below p = .001.

| parameter | ranks | chi-square | p |
|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_are_not_uniform_are_seen() {
        let even: Vec<usize> = (0..600).map(|i| i % 100).collect();
        assert!(uniform(&even).1 > 0.999);
        // a posterior that is too narrow has its truth at the ends too often
        let narrow: Vec<usize> = (0..600).map(|i| if i % 5 == 0 { 0 } else { i % 100 }).collect();
        assert!(uniform(&narrow).1 < ALPHA);
    }
}
