//! How often the latest onset that a review prints, where no onset is dated, is after the true one.
//!
//! Few trials, visits that begin a day after the dose, and an amplitude of its own in each trial: what the latest
//! onset is for. The curve is drawn from the form that is fitted.

use super::claims::{self, Claim};
use super::onset_times::{RHO, Trials};
use super::{SEED, share};
use crate::Fallible;
use onset::math::random::Stream;
use onset::models::timecourse::{
    Baseline, Benefit, Dispersion, Form, Longitudinal, Options, TimeScale, WithinArm, latest_onset,
};
use rayon::prelude::*;
use std::fmt::Write;

/// Streams apart from those of the other simulations; each draw has its own.
const FIRST_STREAM: u64 = 3_000_000;
/// Draws a scenario: standard error of a coverage of .95 is .009.
const DRAWS: usize = 600;
const LEVEL: f64 = 0.95;
/// The important difference and where the curve ends, points.
const THRESHOLD: f64 = 3.0;
const PEAK: f64 = 8.0;
/// Hours of the visits; trials take these in turn.
const VISITS: [&[f64]; 2] = [&[24.0, 72.0, 168.0], &[24.0, 168.0, 336.0]];
/// People an arm, log-uniform.
const PEOPLE: [f64; 2] = [15.0, 60.0];

/// What is drawn.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    form: Form,
    /// When the curve is at half of its end, hours.
    half: f64,
    trials: usize,
    /// Standard deviation of the amplitude between trials, points.
    tau: f64,
}

/// Shares of the draws.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Coverage {
    /// The true onset is at or before the latest, "perhaps never" included.
    holds: f64,
    /// The latest onset is a time.
    printed: f64,
    /// The same among those printed.
    holds_printed: f64,
}

const CLAIMS: &[Claim<Scenario, Coverage>] = &[
    Claim {
        words: "the true onset is not after the latest one in .93 of the draws or more: a one-sided 95 % limit",
        about: |_| true,
        number: |coverage| coverage.holds,
        range: [0.93, 1.0],
    },
    Claim {
        words: "with three or four trials whose sizes differ, a time that is printed is right less often",
        about: |scenario| scenario.trials <= 4 && scenario.tau > 0.0,
        number: |coverage| coverage.holds_printed,
        range: [0.83, 0.97],
    },
    Claim {
        words: "otherwise it is right in .91 of the draws or more",
        about: |scenario| scenario.trials > 4 || scenario.tau == 0.0,
        number: |coverage| coverage.holds_printed,
        range: [0.91, 1.0],
    },
];

fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    for form in [Form::Emax, Form::Exponential] {
        for half in [60.0, 150.0] {
            for trials in [3, 4, 8] {
                for tau in [0.0, 4.0] {
                    all.push(Scenario {
                        form,
                        half,
                        trials,
                        tau,
                    });
                }
            }
        }
    }
    all
}

impl Scenario {
    fn shape(&self, t: f64) -> f64 {
        match self.form {
            Form::Emax => t / (self.half + t),
            _ => -(-std::f64::consts::LN_2 * t / self.half).exp_m1(),
        }
    }

    fn onset(&self) -> f64 {
        let share = THRESHOLD / PEAK;
        match self.form {
            Form::Emax => self.half * share / (1.0 - share),
            _ => -self.half * (1.0 - share).log2(),
        }
    }
}

/// The section of the page, and what it disproves.
pub fn run() -> Fallible<(String, Vec<String>)> {
    let mut page = String::from(HEAD);
    let mut found = Vec::new();
    for (number, scenario) in scenarios().into_iter().enumerate() {
        let coverage = cover(&scenario, number, DRAWS)?;
        writeln!(
            page,
            "| {} | {:.1} | {} | {} | {} | {} | {} |",
            scenario.form.code(),
            scenario.onset(),
            scenario.trials,
            scenario.tau,
            share(coverage.holds),
            share(coverage.printed),
            share(coverage.holds_printed),
        )?;
        found.push((scenario, coverage));
    }
    page.push('\n');
    page.push_str(&claims::table(CLAIMS, &found));
    Ok((page, claims::disproved(CLAIMS, &found)))
}

fn cover(scenario: &Scenario, number: usize, draws: usize) -> Fallible<Coverage> {
    let first = FIRST_STREAM + (number * DRAWS) as u64;
    let found: Vec<Option<f64>> = (0..draws as u64)
        .into_par_iter()
        .map(|draw| one(scenario, &mut Stream::new(SEED, first + draw)).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let onset = scenario.onset();
    let printed = found.iter().flatten().count() as f64;
    let right = found.iter().flatten().filter(|&&latest| onset <= latest).count() as f64;
    let n = draws as f64;
    Ok(Coverage {
        holds: (n - printed + right) / n,
        printed: printed / n,
        holds_printed: right / printed,
    })
}

fn one(scenario: &Scenario, stream: &mut Stream) -> Fallible<Option<f64>> {
    let data = drawn(scenario, stream)?;
    let options = Options {
        form: scenario.form,
        within: WithinArm::Car(RHO, TimeScale::Log),
        random: true,
        dispersion: Dispersion::One,
        baseline: Baseline::Visit,
        ..Options::default()
    };
    Ok(latest_onset(&data, &options, Benefit::Lower, THRESHOLD, LEVEL)?.upper)
}

fn drawn(scenario: &Scenario, stream: &mut Stream) -> Fallible<Longitudinal> {
    let trials = Trials {
        number: scenario.trials,
        visits: &VISITS,
        people: PEOPLE,
        drift: 0.0,
        peak: PEAK,
        tau: Some(scenario.tau),
    };
    trials.drawn(|t| scenario.shape(t), stream)
}

const HEAD: &str = "
## Latest onset

Where no onset can be dated, a review gives the latest one that the likelihood allows: the upper end of a 95 % interval, and
so a one-sided 97.5 % limit where there are many trials. How often is the true onset not after it? Visits begin at 24
hours, two arms of 15 to 60 people, single scores with a standard deviation of 9, visits of an arm correlated by .6^ln(ratio
of times); the curve ends at 8 points, and each trial has an amplitude of its own with standard deviation tau (points). *Holds*
counts \"perhaps never\" as right; *printed*: how often the limit is a time; *where printed*: how often it then holds. An onset
before the first visits is not in the table: the limit is never before two trials have a visit, and holds. Each row 600
draws: the standard error of a share of .95 is .009. The command fails when a claim below the table does.

| form | true onset, h | trials | tau | holds | printed | where printed |
|---|---|---|---|---|---|---|
";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn the_true_onset_lies_on_the_curve() {
        for scenario in scenarios() {
            assert!((PEAK * scenario.shape(scenario.onset()) - THRESHOLD).abs() < 1e-9);
        }
    }
}
