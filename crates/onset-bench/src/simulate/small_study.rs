//! How often tests of small-study effects find one where there is none.
//!
//! Odds ratios are drawn as two binomials, standardised mean differences as a normal mean difference over a
//! chi-squared standard deviation: their standard errors depend on the effect, as real ones do.

use crate::Fallible;
use onset::effects::Effects;
use onset::math::random::Stream;
use onset::models::pool::{Counts, Options, Tau2Method};
use onset::models::smallstudy::{
    Asymmetry, AsymmetryKind, Groups, SmallStudyError, Tables, begg, deeks, egger, harbord, peters,
    pustejovsky, schwarzer, thompson_sharp,
};
use std::fmt::Write;

/// Streams apart from those of the intervals.
const FIRST_STREAM: u64 = 10_000;
/// Draws a scenario: standard error of a rejection rate of .05 is .005.
const DRAWS: usize = 2_000;
const STUDIES: [usize; 3] = [10, 20, 40];
const TAU2: [f64; 2] = [0.0, 0.1];
const LEVEL: f64 = 0.05;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    /// Log odds ratio, true mean.
    Odds(f64),
    /// Standardised mean difference, true mean.
    Difference(f64),
}

const MEASURES: [Measure; 4] = [
    Measure::Odds(0.0),
    Measure::Odds(-1.0),
    Measure::Difference(0.0),
    Measure::Difference(0.8),
];

const ODDS: [AsymmetryKind; 7] = [
    AsymmetryKind::Egger,
    AsymmetryKind::Thompson,
    AsymmetryKind::Begg,
    AsymmetryKind::Harbord,
    AsymmetryKind::Peters,
    AsymmetryKind::Schwarzer,
    AsymmetryKind::Deeks,
];
const DIFFERENCES: [AsymmetryKind; 4] = [
    AsymmetryKind::Egger,
    AsymmetryKind::Thompson,
    AsymmetryKind::Begg,
    AsymmetryKind::Pustejovsky,
];

impl Measure {
    fn tests(self) -> &'static [AsymmetryKind] {
        match self {
            Measure::Odds(_) => &ODDS,
            Measure::Difference(_) => &DIFFERENCES,
        }
    }

    fn words(self) -> String {
        match self {
            Measure::Odds(mean) => format!("Odds ratio {:.2}", mean.exp()),
            Measure::Difference(mean) => format!("Standardised mean difference {mean}"),
        }
    }
}

/// A scenario with the rejection rate of each test.
struct Rates {
    measure: Measure,
    k: usize,
    tau2: f64,
    rates: Vec<f64>,
}

impl Rates {
    fn of(&self, kind: AsymmetryKind) -> Option<f64> {
        let at = self.measure.tests().iter().position(|test| *test == kind)?;
        self.rates.get(at).copied()
    }
}

/// A sentence, the scenarios it speaks of, the test, and its range.
struct Claim {
    words: &'static str,
    about: fn(&Rates) -> bool,
    kind: AsymmetryKind,
    range: [f64; 2],
}

const CLAIMS: &[Claim] = &[
    Claim {
        words: "Harbord's test holds its level for odds ratios",
        about: |row| matches!(row.measure, Measure::Odds(_)),
        kind: AsymmetryKind::Harbord,
        range: [0.03, 0.075],
    },
    Claim {
        words: "Peters' test holds it or rejects too rarely",
        about: |row| matches!(row.measure, Measure::Odds(_)),
        kind: AsymmetryKind::Peters,
        range: [0.015, 0.075],
    },
    Claim {
        words: "Deeks' test holds it",
        about: |row| matches!(row.measure, Measure::Odds(_)),
        kind: AsymmetryKind::Deeks,
        range: [0.025, 0.075],
    },
    Claim {
        words: "Egger's test rejects three times too often for a strong, heterogeneous odds ratio in 40 studies",
        about: |row| row.measure == Measure::Odds(-1.0) && row.k == 40 && row.tau2 > 0.0,
        kind: AsymmetryKind::Egger,
        range: [0.13, 0.21],
    },
    Claim {
        words: "and so does Thompson and Sharp's",
        about: |row| row.measure == Measure::Odds(-1.0) && row.k == 40 && row.tau2 > 0.0,
        kind: AsymmetryKind::Thompson,
        range: [0.13, 0.22],
    },
    Claim {
        words: "Thompson and Sharp's test rejects too rarely in ten homogeneous studies",
        about: |row| row.k == 10 && row.tau2 == 0.0,
        kind: AsymmetryKind::Thompson,
        range: [0.0, 0.035],
    },
    Claim {
        words: "Begg's test rejects too rarely without an effect",
        about: |row| matches!(row.measure, Measure::Odds(0.0) | Measure::Difference(0.0)),
        kind: AsymmetryKind::Begg,
        range: [0.005, 0.06],
    },
    Claim {
        words: "Pustejovsky and Rodgers' test holds its level for standardised mean differences",
        about: |row| matches!(row.measure, Measure::Difference(_)),
        kind: AsymmetryKind::Pustejovsky,
        range: [0.02, 0.07],
    },
    Claim {
        words: "Egger's test does nearly as well there, for a difference of .8 with 10 to 150 people a group",
        about: |row| row.measure == Measure::Difference(0.8),
        kind: AsymmetryKind::Egger,
        range: [0.03, 0.085],
    },
];

/// The section, and what it disproves.
pub fn run(seed: u64) -> Fallible<(String, Vec<String>)> {
    let mut all = Vec::new();
    for measure in MEASURES {
        for k in STUDIES {
            for tau2 in TAU2 {
                let stream = Stream::new(seed, FIRST_STREAM + all.len() as u64);
                all.push(rates(measure, k, tau2, stream)?);
            }
        }
    }
    let mut page = String::from(HEAD);
    for measure in MEASURES {
        let tests: Vec<&str> = measure.tests().iter().map(|test| test.code()).collect();
        writeln!(page, "\n### {}\n", measure.words())?;
        writeln!(page, "| k | tau2 | {} |", tests.join(" | "))?;
        writeln!(page, "|---|---|{}", "---|".repeat(tests.len()))?;
        for row in all.iter().filter(|row| row.measure == measure) {
            let cells: Vec<String> = row.rates.iter().map(|rate| format!("{rate:.3}")).collect();
            writeln!(page, "| {} | {} | {} |", row.k, row.tau2, cells.join(" | "))?;
        }
    }
    page.push_str("\n### Claims\n\n| claim | range | found |\n|---|---|---|\n");
    let mut disproved = Vec::new();
    for claim in CLAIMS {
        let found = all
            .iter()
            .filter(|row| (claim.about)(row))
            .filter_map(|row| row.of(claim.kind))
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], rate| {
                [low.min(rate), high.max(rate)]
            });
        let ([low, high], [least, most]) = (found, claim.range);
        if !(low >= least && high <= most) {
            disproved.push(format!("disproved, found {low:.3} to {high:.3}: {}", claim.words));
        }
        writeln!(
            page,
            "| {} | {least:.3} to {most:.3} | {low:.3} to {high:.3} |",
            claim.words
        )?;
    }
    Ok((page, disproved))
}

fn rates(measure: Measure, k: usize, tau2: f64, mut stream: Stream) -> Fallible<Rates> {
    let tests = measure.tests();
    let mut rejected = vec![0usize; tests.len()];
    for _ in 0..DRAWS {
        let found = match measure {
            Measure::Odds(mean) => odds_ratios(mean, k, tau2, &mut stream)?,
            Measure::Difference(mean) => differences(mean, k, tau2, &mut stream)?,
        };
        for (count, test) in rejected.iter_mut().zip(&found) {
            *count += usize::from(test.p < LEVEL);
        }
    }
    Ok(Rates {
        measure,
        k,
        tau2,
        rates: rejected
            .iter()
            .map(|&count| count as f64 / DRAWS as f64)
            .collect(),
    })
}

fn effects(y: Vec<f64>, v: Vec<f64>) -> Fallible<Effects> {
    let labels = vec![String::new(); y.len()];
    Ok(Effects::new(y, v, labels)?)
}

/// People in each group, log-uniform.
fn size(least: f64, most: f64, stream: &mut Stream) -> f64 {
    (least * (most / least).powf(stream.uniform())).round()
}

/// 25 to 500 people a group, risk .1 to .4 in the second.
fn odds_ratios(mean: f64, k: usize, tau2: f64, stream: &mut Stream) -> Fallible<Vec<Asymmetry>> {
    let (mut y, mut v, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    while y.len() < k {
        let n = size(25.0, 500.0, stream);
        let risk = 0.1 + 0.3 * stream.uniform();
        let odds = risk / (1.0 - risk) * (mean + tau2.sqrt() * stream.normal()).exp();
        let a = stream.binomial(n as u64, odds / (1.0 + odds)) as f64;
        let c = stream.binomial(n as u64, risk) as f64;
        if a + c == 0.0 {
            continue;
        }
        let table = Counts {
            a,
            b: n - a,
            c,
            d: n - c,
        };
        let cells = [table.a, table.b, table.c, table.d];
        let add = if cells.contains(&0.0) { 0.5 } else { 0.0 };
        let [a, b, c, d] = cells.map(|cell| cell + add);
        y.push((a * d / (b * c)).ln());
        v.push(1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d);
        tables.push(table);
    }
    let effects = effects(y, v)?;
    let tables = Tables::new(&effects, &tables)?;
    Ok(vec![
        egger(&effects)?,
        mixed(&effects)?,
        begg(&effects)?[0],
        harbord(&tables)?,
        peters(&tables)?,
        schwarzer(&tables)?,
        deeks(&tables)?,
    ])
}

/// 10 to 150 people a group.
fn differences(mean: f64, k: usize, tau2: f64, stream: &mut Stream) -> Fallible<Vec<Asymmetry>> {
    let (mut y, mut v, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..k {
        let n = size(10.0, 150.0, stream);
        let df = 2.0 * n - 2.0;
        let truth = mean + tau2.sqrt() * stream.normal();
        let d = (truth + (2.0 / n).sqrt() * stream.normal()) / (stream.chi_squared(df) / df).sqrt();
        let g = d * (1.0 - 3.0 / (4.0 * df - 1.0));
        y.push(g);
        v.push(2.0 / n + g * g / (4.0 * n));
        sizes.push([n, n]);
    }
    let effects = effects(y, v)?;
    Ok(vec![
        egger(&effects)?,
        mixed(&effects)?,
        begg(&effects)?[0],
        pustejovsky(&effects, &Groups::new(sizes)?)?,
    ])
}

fn mixed(effects: &Effects) -> Result<Asymmetry, SmallStudyError> {
    Ok(thompson_sharp(effects, &Options::random(Tau2Method::Reml))?[1])
}

const HEAD: &str = "
## Tests of small-study effects without any

How often is p below .05 when no study is missing and size explains nothing? Odds ratios: 25 to 500 people a group
(log-uniform), control risk .1 to .4. Standardised mean differences: 10 to 150 a group. Each row 2000 draws: the standard
error of a rate of .05 is .005.
";
