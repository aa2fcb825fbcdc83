//! How often the interval of an onset holds the true time, under three known curves.
//!
//! Visits are drawn from the model that is fitted: known variances, correlated visits, and with random effects an
//! amplitude of its own in each arm. The control arm has a free mean at each visit, as in a review.

use super::claims::{self, Claim};
use super::{SEED, share};
use crate::Fallible;
use onset::math::random::Stream;
use onset::math::root::brent;
use onset::models::timecourse::{
    Baseline, Benefit, Curve, Definition, Dispersion, Form, IntervalKind, Likelihood, Longitudinal, Options,
    TimeScale, TimeVisit, WithinArm, fit, onset_times,
};
use rayon::prelude::*;
use std::fmt::Write;

/// Streams apart from those of the other simulations; each draw has its own.
const FIRST_STREAM: u64 = 1_000_000;
/// Draws a scenario: standard error of a coverage of .95 is .005. A rise and fall takes half of them, because its two
/// shapes take long to fit.
const DRAWS: usize = 2_000;
const LEVEL: f64 = 0.95;
/// The important difference, points.
const THRESHOLD: f64 = 3.0;
/// Trials of a scenario.
const TRIALS: [usize; 2] = [8, 16];
/// Hours of the visits; trials take these in turn.
const VISITS: [&[f64]; 3] = [
    &[1.0, 4.0, 24.0, 72.0, 168.0],
    &[2.0, 8.0, 24.0, 168.0, 336.0],
    &[4.0, 12.0, 48.0, 168.0, 504.0],
];
/// Correlation of two visits of an arm, a doubling of time apart.
pub(super) const RHO: f64 = 0.6;
/// Spread of single scores, points, and people an arm, log-uniform.
const SCORE_SD: f64 = 9.0;
const PEOPLE: [f64; 2] = [20.0, 120.0];
/// Standard deviation of the difference's amplitude between trials, points.
const TAU: f64 = 2.0;

/// A curve that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Truth {
    /// Rises for ever to 9 points, half of it at 6 hours.
    Emax,
    /// Rises to 8 points, a rate of .1 an hour.
    Exponential,
    /// Rises at .25 an hour to 8 points and falls at .006.
    Bateman,
}

impl Truth {
    const ALL: [Truth; 3] = [Truth::Emax, Truth::Exponential, Truth::Bateman];

    fn form(self) -> Form {
        match self {
            Truth::Emax => Form::Emax,
            Truth::Exponential => Form::Exponential,
            Truth::Bateman => Form::Bateman,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Truth::Emax => "emax",
            Truth::Exponential => "exponential",
            Truth::Bateman => "rise and fall (bateman)",
        }
    }

    fn peak(self) -> f64 {
        match self {
            Truth::Emax => 9.0,
            Truth::Exponential | Truth::Bateman => 8.0,
        }
    }

    /// Benefit at `t` as a share of the peak.
    fn shape(self, t: f64) -> f64 {
        let fall = |t: f64| (-0.006 * t).exp() - (-0.25 * t).exp();
        match self {
            Truth::Emax => t / (6.0 + t),
            Truth::Exponential => -(-0.1 * t).exp_m1(),
            Truth::Bateman => fall(t) / fall((0.25_f64 / 0.006).ln() / (0.25 - 0.006)),
        }
    }

    /// When the important difference is reached first.
    fn onset(self) -> Fallible<f64> {
        Ok(brent(|t| self.peak() * self.shape(t) - THRESHOLD, 0.0, 12.0, 0.0)?.x)
    }

    /// When half of the peak is reached.
    fn half(self) -> Fallible<f64> {
        Ok(brent(|t| self.shape(t) - 0.5, 0.0, 12.0, 0.0)?.x)
    }

    /// When the important difference is lost again.
    fn loss(self) -> Fallible<Option<f64>> {
        match self {
            Truth::Emax | Truth::Exponential => Ok(None),
            Truth::Bateman => {
                let gap = |t: f64| self.peak() * self.shape(t) - THRESHOLD;
                Ok(Some(brent(gap, 24.0, 504.0, 0.0)?.x))
            }
        }
    }
}

/// What is drawn and fitted.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    truth: Truth,
    k: usize,
    random: bool,
    dispersion: Dispersion,
}

impl Scenario {
    fn all() -> Vec<Scenario> {
        let models = [
            (false, Dispersion::One),
            (false, Dispersion::Estimated),
            (true, Dispersion::One),
        ];
        let mut all = Vec::new();
        for truth in Truth::ALL {
            for (random, dispersion) in models {
                if truth == Truth::Bateman && dispersion == Dispersion::Estimated {
                    continue;
                }
                all.extend(TRIALS.map(|k| Scenario {
                    truth,
                    k,
                    random,
                    dispersion,
                }));
            }
        }
        all
    }

    fn draws(&self) -> usize {
        match self.truth {
            Truth::Bateman => DRAWS / 2,
            Truth::Emax | Truth::Exponential => DRAWS,
        }
    }

    fn model(&self) -> &'static str {
        match (self.random, self.dispersion) {
            (true, _) => "random effects",
            (false, Dispersion::One) => "common, variances as printed",
            (false, Dispersion::Estimated) => "common, dispersion estimated",
        }
    }
}

/// What one draw showed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Draw {
    /// The shapes were identified, so that times are printed.
    printed: bool,
    profile: bool,
    inversion: bool,
    delta: bool,
    /// The lower limit of the profile is after the true time.
    late: bool,
    /// The upper limit of the profile is a number.
    closed: bool,
    half: bool,
    loss: bool,
}

/// Shares of the draws.
#[derive(Debug, PartialEq)]
struct Coverage {
    printed: f64,
    profile: f64,
    inversion: f64,
    delta: f64,
    late: f64,
    closed: f64,
    half: f64,
    /// Rise and fall only.
    loss: Option<f64>,
}

const CLAIMS: &[Claim<Scenario, Coverage>] = &[
    Claim {
        words: "the profile likelihood, which a review prints, holds .93 to .97 of the onsets",
        about: |_| true,
        number: |coverage| coverage.profile,
        range: [0.93, 0.97],
    },
    Claim {
        words: "its lower limit is too late in 1 to 4 %",
        about: |_| true,
        number: |coverage| coverage.late,
        range: [0.01, 0.04],
    },
    Claim {
        words: "it holds .93 to .97 of the times to half of the peak",
        about: |_| true,
        number: |coverage| coverage.half,
        range: [0.93, 0.97],
    },
    Claim {
        words: "it holds .93 to .97 of the losses",
        about: |scenario| scenario.truth == Truth::Bateman,
        number: |coverage| coverage.loss.unwrap_or(f64::NAN),
        range: [0.93, 0.97],
    },
    Claim {
        words: "delta on the log of time holds .93 to .97",
        about: |_| true,
        number: |coverage| coverage.delta,
        range: [0.93, 0.97],
    },
    Claim {
        words: "test inversion by Wald falls to .92: it does not hold .93 everywhere",
        about: |_| true,
        number: |coverage| coverage.inversion,
        range: [0.915, 0.97],
    },
];

/// The section of the page, and what it disproves.
pub fn run() -> Fallible<(String, Vec<String>)> {
    let mut page = String::from(HEAD);
    let mut found = Vec::new();
    for (number, scenario) in Scenario::all().into_iter().enumerate() {
        let coverage = cover(&scenario, number, scenario.draws())?;
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            scenario.truth.words(),
            scenario.model(),
            scenario.k,
            share(coverage.profile),
            share(coverage.late),
            share(coverage.inversion),
            share(coverage.delta),
            share(coverage.half),
            coverage.loss.map_or_else(|| "-".to_owned(), share),
            share(coverage.closed),
            share(coverage.printed),
        )?;
        found.push((scenario, coverage));
    }
    page.push('\n');
    page.push_str(&claims::table(CLAIMS, &found));
    Ok((page, claims::disproved(CLAIMS, &found)))
}

fn cover(scenario: &Scenario, number: usize, draws: usize) -> Fallible<Coverage> {
    let first = FIRST_STREAM + (number * DRAWS) as u64;
    let found: Vec<Draw> = (0..draws as u64)
        .into_par_iter()
        .map(|draw| one(scenario, &mut Stream::new(SEED, first + draw)).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let count = |what: fn(&Draw) -> bool| found.iter().filter(|draw| what(draw)).count() as f64;
    let printed = count(|draw| draw.printed);
    Ok(Coverage {
        printed: printed / draws as f64,
        profile: count(|draw| draw.profile) / printed,
        inversion: count(|draw| draw.inversion) / printed,
        delta: count(|draw| draw.delta) / printed,
        late: count(|draw| draw.late) / printed,
        closed: count(|draw| draw.closed) / printed,
        half: count(|draw| draw.half) / printed,
        loss: scenario.truth.loss()?.map(|_| count(|draw| draw.loss) / printed),
    })
}

fn one(scenario: &Scenario, stream: &mut Stream) -> Fallible<Draw> {
    let data = drawn(scenario, stream)?;
    let options = Options {
        form: scenario.truth.form(),
        within: WithinArm::Car(RHO, TimeScale::Log),
        random: scenario.random,
        dispersion: scenario.dispersion,
        baseline: Baseline::Visit,
        ..Options::default()
    };
    let fit = fit(&data, &options)?;
    let curves = fit.curves(&[]);
    let (None, Some(curve)) = (fit.why_not(), curves.first()) else {
        return Ok(Draw::default());
    };
    let likelihood = Likelihood::new(&data, &options, &fit)?;
    read(curve, &likelihood, scenario.truth)
}

/// Whether the intervals hold the true times.
fn read(curve: &Curve, likelihood: &Likelihood, truth: Truth) -> Fallible<Draw> {
    let mut found = Draw {
        printed: true,
        ..Draw::default()
    };
    let to = curve.range.1;
    let (onset, half) = (truth.onset()?, truth.half()?);
    // no lower limit: no time is compatible with the data
    let holds = |lower: Option<f64>, upper: Option<f64>, time: f64| {
        lower.is_some_and(|lower| lower <= time) && upper.is_none_or(|upper| time <= upper)
    };
    for time in onset_times(curve, Benefit::Lower, Some(THRESHOLD), to, LEVEL) {
        match (time.definition, time.interval) {
            (Definition::ImportantDifference, IntervalKind::Inversion) => {
                found.inversion = holds(time.lower, time.upper, onset);
            }
            (Definition::ImportantDifference, IntervalKind::Delta) => {
                found.delta = holds(time.lower, time.upper, onset);
            }
            _ => {}
        }
    }
    for time in likelihood.onset_times(curve, Benefit::Lower, Some(THRESHOLD), to, LEVEL) {
        match time.definition {
            Definition::ImportantDifference => {
                found.profile = holds(time.lower, time.upper, onset);
                found.closed = time.upper.is_some();
                found.late = time.lower.is_some_and(|lower| onset < lower);
            }
            Definition::HalfPeak => found.half = holds(time.lower, time.upper, half),
            _ => {}
        }
    }
    if let Some(loss) = truth.loss()? {
        let window = likelihood.window(curve, Benefit::Lower, THRESHOLD, to, LEVEL);
        found.loss = holds(window.loss_lower, window.loss_upper, loss);
    }
    Ok(found)
}

fn drawn(scenario: &Scenario, stream: &mut Stream) -> Fallible<Longitudinal> {
    let truth = scenario.truth;
    let trials = Trials {
        number: scenario.k,
        visits: &VISITS,
        people: PEOPLE,
        drift: 1.0,
        peak: truth.peak(),
        tau: scenario.random.then_some(TAU),
    };
    trials.drawn(|t| truth.shape(t), stream)
}

/// Trials of two arms: the control drifts, the other follows a curve.
pub(super) struct Trials<'a> {
    pub number: usize,
    /// Hours of the visits; trials take these in turn.
    pub visits: &'a [&'a [f64]],
    /// People an arm, log-uniform between these.
    pub people: [f64; 2],
    /// Size of the control's drift.
    pub drift: f64,
    /// Where the curve ends or peaks, points.
    pub peak: f64,
    /// Standard deviation of the difference's amplitude between trials, points.
    pub tau: Option<f64>,
}

impl Trials<'_> {
    /// `shape`: the curve as a share of its peak.
    pub(super) fn drawn(&self, shape: impl Fn(f64) -> f64, stream: &mut Stream) -> Fallible<Longitudinal> {
        let mut visits = Vec::new();
        for trial in 0..self.number {
            let hours = self.visits[trial % self.visits.len()];
            let people = self.people[0] * (self.people[1] / self.people[0]).powf(stream.uniform());
            let se = SCORE_SD / people.sqrt();
            for treated in [0.0, 1.0] {
                let name = if treated > 0.0 { "drug" } else { "control" };
                let own = self.tau.map_or(0.0, |tau| tau / 2.0_f64.sqrt() * stream.normal());
                // a first-order walk on the log of time has the correlations of the model
                let (mut noise, mut before) = (0.0, None);
                for &time in hours {
                    let r = before.map_or(0.0, |before: f64| RHO.powf((time / before).ln()));
                    noise = r * noise + (1.0 - r * r).sqrt() * stream.normal();
                    before = Some(time);
                    let drift = -self.drift * (1.0 + 0.2 * trial as f64) * time.ln_1p();
                    visits.push(TimeVisit {
                        study: trial.to_string(),
                        arm: name.to_owned(),
                        treatment: name.to_owned(),
                        time,
                        mean: drift + (own - treated * self.peak) * shape(time) + se * noise,
                        se,
                        n: None,
                        dose: None,
                    });
                }
            }
        }
        Ok(Longitudinal::new(&visits, "control")?)
    }
}

const HEAD: &str = "
## Onset times

How often does the 95 % interval of the onset, the first time at which the difference is 3 points, hold the true time?
Trials of two arms with five visits each between 1 and 504 hours, 20 to 120 people an arm, single scores with a standard
deviation of 9, visits of an arm correlated by .6^ln(ratio of times). The curve peaks at 9 points (emax, ET50 6 hours) or 8
(exponential, rate .1 an hour; bateman, rates .25 and .006 an hour). *Random*: each trial has an amplitude of its own, tau 2
points. *Profile*: all times that the likelihood ratio allows, *late* how often its lower limit is after the true time;
*inversion*: the same by Wald's test, with the standard error of the fitted curve; *delta*: on the log of time. *Half* and
*loss*: the profile interval of the time to half of the peak, and of the loss of the important difference. *Closed*: how often
the upper limit of the profile is a time, and not \"perhaps never\"; *printed*: how often the shapes are identified, so that
times are given at all. Each row 2000 draws (bateman 1000): the standard error of a coverage of .95 is .005 (.007). The
command fails when a claim below the table does.

| curve | model | trials | profile | late | inversion | delta | half | loss | closed | printed |
|---|---|---|---|---|---|---|---|---|---|---|
";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn the_same_at_any_number_of_threads() {
        let scenario = Scenario::all()[0];
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| cover(&scenario, 0, 60).unwrap())
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn the_true_times_lie_on_the_curves() {
        let exact = [6.0 * 3.0 / 6.0, -10.0 * (1.0_f64 - 3.0 / 8.0).ln()];
        for (truth, exact) in Truth::ALL.into_iter().zip(exact) {
            assert!((truth.onset().unwrap() - exact).abs() < 1e-9);
        }
        let t = Truth::Bateman.onset().unwrap();
        assert!((8.0 * Truth::Bateman.shape(t) - 3.0).abs() < 1e-9 && t < 4.0);
    }
}
