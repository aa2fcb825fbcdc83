//! How often the intervals hold what they promise: docs/simulations.md.
//!
//! Effects are drawn from the model that is fitted (normal effects, known sampling variances), so what is
//! seen is the price of estimating tau2, and nothing else.

mod calibration;
mod claims;
mod latest_onset;
mod onset_times;
mod small_study;

use crate::Fallible;
use onset::effects::Effects;
use onset::math::{normal, random::Stream};
use onset::models::pool::{
    Estimate, Options, Prediction, PredictionChoice, PredictionKind, Tau2Method, Test, pool,
};
use rayon::prelude::*;
use std::fmt::Write;

/// Seed of every draw; the stream is the number of the scenario.
const SEED: u64 = 20_261_123;
/// Draws a scenario: standard error of a coverage of .95 is .002.
const DRAWS: usize = 10_000;

const STUDIES: [usize; 6] = [2, 3, 5, 10, 20, 40];
const I2: [f64; 4] = [0.0, 25.0, 50.0, 90.0];

/// How precise the studies are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Balance {
    /// All the same.
    Equal,
    /// One study ten times as precise as each of the others.
    OnePrecise,
    /// Sampling variances over a factor of ten, evenly on the log scale.
    Spread,
}

impl Balance {
    const ALL: [Balance; 3] = [Balance::Equal, Balance::OnePrecise, Balance::Spread];

    fn words(self) -> &'static str {
        match self {
            Balance::Equal => "Studies of equal precision",
            Balance::OnePrecise => "One study ten times as precise as each of the others",
            Balance::Spread => "Sampling variances over a factor of ten",
        }
    }

    fn variances(self, k: usize) -> Vec<f64> {
        let last = (k - 1) as f64;
        (0..k)
            .map(|study| match self {
                Balance::Equal => 1.0,
                Balance::OnePrecise => {
                    if study == 0 {
                        0.1
                    } else {
                        1.0
                    }
                }
                Balance::Spread => 10_f64.powf(-(study as f64) / last),
            })
            .collect()
    }
}

/// What is drawn.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    k: usize,
    i2: f64,
    balance: Balance,
}

/// Coverage of the true mean, of new true effects and of tau2.
#[derive(Debug, Clone, Copy, Default)]
struct Coverage {
    wald: f64,
    hartung_knapp: f64,
    modified: f64,
    rule: f64,
    prediction_printed: f64,
    prediction: f64,
    higgins: f64,
    tau2: f64,
}

/// Runs everything; the page, and what it disproves.
pub fn run() -> Fallible<(String, Vec<String>)> {
    let mut scenarios = Vec::new();
    for balance in Balance::ALL {
        for k in STUDIES {
            scenarios.extend(I2.map(|i2| Scenario { k, i2, balance }));
        }
    }
    let results: Vec<(Scenario, Coverage)> = scenarios
        .into_par_iter()
        .enumerate()
        .map(|(number, scenario)| {
            let found = cover(scenario, Stream::new(SEED, number as u64));
            found
                .map(|found| (scenario, found))
                .map_err(|error| error.to_string())
        })
        .collect::<Result<_, _>>()?;
    let (tests, faults) = small_study::run(SEED)?;
    let (onsets, late) = onset_times::run()?;
    let (latest, after) = latest_onset::run()?;
    let (ranks, uneven) = calibration::run()?;
    let mut disproved = claims::disproved(claims::CLAIMS, &results);
    disproved.extend(faults.into_iter().chain(late).chain(after).chain(uneven));
    Ok((page(&results)? + &tests + &onsets + &latest + &ranks, disproved))
}

/// Typical sampling variance s2 = (k - 1)/tr P at tau2 = 0, so that I2 = tau2/(tau2 + s2).
fn typical(v: &[f64]) -> f64 {
    let sum: f64 = v.iter().map(|v| 1.0 / v).sum();
    let squares: f64 = v.iter().map(|v| 1.0 / (v * v)).sum();
    (v.len() as f64 - 1.0) / (sum - squares / sum)
}

fn cover(scenario: Scenario, mut stream: Stream) -> Fallible<Coverage> {
    let v = scenario.balance.variances(scenario.k);
    let tau2 = typical(&v) * scenario.i2 / (100.0 - scenario.i2);
    let labels: Vec<String> = (1..=scenario.k).map(|study| study.to_string()).collect();
    let mut sums = Coverage::default();
    for _ in 0..DRAWS {
        let y = v.iter().map(|v| (v + tau2).sqrt() * stream.normal()).collect();
        add(&mut sums, &Effects::new(y, v.clone(), labels.clone())?, tau2)?;
    }
    let share = |sum: f64| sum / DRAWS as f64;
    Ok(Coverage {
        wald: share(sums.wald),
        hartung_knapp: share(sums.hartung_knapp),
        modified: share(sums.modified),
        rule: share(sums.rule),
        prediction_printed: share(sums.prediction_printed),
        prediction: sums.prediction / sums.prediction_printed,
        higgins: share(sums.higgins),
        tau2: share(sums.tau2),
    })
}

/// Adds one draw; the true mean is 0.
fn add(sums: &mut Coverage, effects: &Effects, tau2: f64) -> Fallible<()> {
    let bare = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::random(Tau2Method::Reml)
    };
    let wald = Options {
        prediction: PredictionChoice::Kind(PredictionKind::Hts),
        ..bare
    }
    .with_test(Test::Z);
    let wald = pool(effects, &wald)?.value;
    sums.wald += hit(&wald.mean);
    sums.higgins += wald
        .prediction
        .map_or(0.0, |prediction| content(&prediction, tau2));
    sums.hartung_knapp += hit(&pool(effects, &bare.with_test(Test::Knha))?.value.mean);
    sums.modified += hit(&pool(effects, &bare.with_test(Test::Adhoc))?.value.mean);
    let rule = pool(effects, &Options::default())?.value;
    sums.rule += hit(&rule.mean);
    if let Some(prediction) = rule.prediction {
        sums.prediction_printed += 1.0;
        sums.prediction += content(&prediction, tau2);
    }
    let holds = rule
        .tau2_interval
        .is_some_and(|ours| ours.lower <= tau2 && tau2 <= ours.upper && !ours.empty);
    sums.tau2 += f64::from(u8::from(holds));
    Ok(())
}

fn hit(mean: &Estimate) -> f64 {
    f64::from(u8::from(mean.ci_lower <= 0.0 && 0.0 <= mean.ci_upper))
}

/// Share of true effects N(0, tau2) inside a prediction interval.
fn content(prediction: &Prediction, tau2: f64) -> f64 {
    if tau2 == 0.0 {
        return f64::from(u8::from(prediction.lower <= 0.0 && 0.0 <= prediction.upper));
    }
    let tau = tau2.sqrt();
    normal::cdf(prediction.upper / tau) - normal::cdf(prediction.lower / tau)
}

const HEAD: &str = "# Simulations

Written by `cargo xtask simulate`; do not edit. The command fails when a claim at the end does not hold.

How often do 95 % intervals hold the truth? Effects are drawn from the random-effects model itself, tau2 is estimated by
REML. *Wald*: normal quantiles. *HK*: Hartung-Knapp. *modified*: Hartung-Knapp with its factor floored at 1. *default*:
what `onset pool` prints (HK from three studies with tau2 > 0, else Wald). *prediction*: share of new true effects inside
the default prediction interval where one is printed, and how often one is; *HTS*: the interval of Higgins, Thompson and
Spiegelhalter (2009). *tau2*: the Q-profile interval.
";

const COLUMNS: &str = "| k | I2 | Wald | HK | modified | default | prediction | printed | HTS | tau2 |
|---|---|---|---|---|---|---|---|---|---|";

fn page(results: &[(Scenario, Coverage)]) -> Fallible<String> {
    let mut page = String::from(HEAD);
    writeln!(
        page,
        "\nSeed {SEED}, {DRAWS} draws a row: the standard error of a coverage of .95 is .002."
    )?;
    for balance in Balance::ALL {
        writeln!(page, "\n## {}\n\n{COLUMNS}", balance.words())?;
        for (scenario, found) in results.iter().filter(|(scenario, _)| scenario.balance == balance) {
            let prediction = if found.prediction_printed > 0.0 {
                share(found.prediction)
            } else {
                "-".to_owned()
            };
            let higgins = if scenario.k > 2 {
                share(found.higgins)
            } else {
                "-".to_owned()
            };
            writeln!(
                page,
                "| {} | {} % | {} | {} | {} | {} | {prediction} | {} | {higgins} | {} |",
                scenario.k,
                scenario.i2,
                share(found.wald),
                share(found.hartung_knapp),
                share(found.modified),
                share(found.rule),
                share(found.prediction_printed),
                share(found.tau2),
            )?;
        }
    }
    page.push_str("\n## Claims\n\nThe command fails when a number leaves its range.\n\n");
    page.push_str(&claims::table(claims::CLAIMS, results));
    Ok(page)
}

/// Three decimals.
fn share(value: f64) -> String {
    format!("{value:.3}")
}

#[cfg(test)]
mod tests {
    use super::typical;

    #[test]
    fn the_typical_variance_of_equal_ones_is_theirs() {
        assert!((typical(&[0.3, 0.3, 0.3]) - 0.3).abs() < 1e-12);
    }
}
