//! What docs/methods and the defaults promise of the intervals, each checked against the simulation.

use super::{Balance, Coverage, Scenario};

/// A promise: words, scenarios it speaks of, the number, and its range.
pub struct Claim<S: 'static, C: 'static> {
    pub words: &'static str,
    pub about: fn(&S) -> bool,
    pub number: fn(&C) -> f64,
    pub range: [f64; 2],
}

/// Simulation noise: four standard errors of a coverage are .009 at .95 and .014 at .85.
pub const CLAIMS: &[Claim<Scenario, Coverage>] = &[
    Claim {
        words: "Hartung-Knapp holds its level when studies are equally precise, from two studies on",
        about: |scenario| scenario.balance == Balance::Equal,
        number: |coverage| coverage.hartung_knapp,
        range: [0.94, 0.96],
    },
    Claim {
        words: "with three studies or more of unequal precision Hartung-Knapp falls to .90",
        about: |scenario| scenario.k >= 3,
        number: |coverage| coverage.hartung_knapp,
        range: [0.89, 0.965],
    },
    Claim {
        words: "from ten studies it loses little, however unequal they are",
        about: |scenario| scenario.k >= 10,
        number: |coverage| coverage.hartung_knapp,
        range: [0.915, 0.965],
    },
    Claim {
        words: "the modified interval holds its level nearly everywhere, at the price of width: \
                it stands beside the default for five studies or fewer of unequal precision",
        about: |_| true,
        number: |coverage| coverage.modified,
        range: [0.935, 1.0],
    },
    Claim {
        words: "Wald's interval fails with five studies or fewer and I2 of 50 % or more",
        about: |scenario| scenario.k <= 5 && scenario.i2 >= 50.0,
        number: |coverage| coverage.wald,
        range: [0.68, 0.925],
    },
    Claim {
        words: "the default holds its level without heterogeneity",
        about: |scenario| scenario.i2 == 0.0,
        number: |coverage| coverage.rule,
        range: [0.948, 0.98],
    },
    Claim {
        words: "the default holds its level when studies are equally precise, from three studies on",
        about: |scenario| scenario.k >= 3 && scenario.balance == Balance::Equal,
        number: |coverage| coverage.rule,
        range: [0.93, 0.98],
    },
    Claim {
        words: "the default falls to .85 with three studies of which one is ten times as precise",
        about: |scenario| three_of_which_one_is_precise(scenario),
        number: |coverage| coverage.rule,
        range: [0.84, 0.87],
    },
    Claim {
        words: "there Wald's interval holds .82",
        about: |scenario| three_of_which_one_is_precise(scenario),
        number: |coverage| coverage.wald,
        range: [0.80, 0.83],
    },
    Claim {
        words: "and the modified interval .98",
        about: |scenario| three_of_which_one_is_precise(scenario),
        number: |coverage| coverage.modified,
        range: [0.975, 0.99],
    },
    Claim {
        words: "the default prediction interval holds nine tenths of new true effects or more, where printed",
        about: |scenario| scenario.k >= 5,
        number: |coverage| coverage.prediction,
        range: [0.90, 1.0],
    },
    Claim {
        words: "the Q-profile interval of tau2 holds its level everywhere",
        about: |_| true,
        number: |coverage| coverage.tau2,
        range: [0.94, 0.96],
    },
];

fn three_of_which_one_is_precise(scenario: &Scenario) -> bool {
    scenario.k == 3 && scenario.i2 == 50.0 && scenario.balance == Balance::OnePrecise
}

/// Smallest and largest number that a claim speaks of; one that is no number makes both so.
fn found<S, C>(claim: &Claim<S, C>, results: &[(S, C)]) -> Option<[f64; 2]> {
    results
        .iter()
        .filter(|(scenario, _)| (claim.about)(scenario))
        .map(|(_, coverage)| (claim.number)(coverage))
        .fold(None, |range, number| match range {
            None => Some([number, number]),
            Some([low, high]) if (low + high + number).is_nan() => Some([f64::NAN; 2]),
            Some([low, high]) => Some([low.min(number), high.max(number)]),
        })
}

/// Every claim that a scenario disproves, or of which no scenario speaks.
pub fn disproved<S, C>(claims: &[Claim<S, C>], results: &[(S, C)]) -> Vec<String> {
    let mut faults = Vec::new();
    for claim in claims {
        match found(claim, results) {
            Some([low, high]) if low >= claim.range[0] && high <= claim.range[1] => {}
            Some([low, high]) => {
                faults.push(format!("disproved, found {low:.3} to {high:.3}: {}", claim.words))
            }
            None => faults.push(format!("no scenario speaks of it: {}", claim.words)),
        }
    }
    faults
}

/// The claims in words, with what was found.
pub fn table<S, C>(claims: &[Claim<S, C>], results: &[(S, C)]) -> String {
    let mut table = String::from("| claim | range | found |\n|---|---|---|\n");
    for claim in claims {
        let [least, most] = claim.range;
        let found =
            found(claim, results).map_or(String::new(), |[low, high]| format!("{low:.3} to {high:.3}"));
        table.push_str(&format!(
            "| {} | {least:.3} to {most:.3} | {found} |\n",
            claim.words
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coverage_out_of_range_disproves() {
        let coverage = Coverage {
            hartung_knapp: 0.5,
            ..Coverage::default()
        };
        let scenario = Scenario {
            k: 10,
            i2: 50.0,
            balance: Balance::Equal,
        };
        let faults = disproved(CLAIMS, &[(scenario, coverage)]);
        assert!(faults.iter().any(|fault| fault.contains("0.500")));
        assert!(disproved(CLAIMS, &[]).len() == CLAIMS.len());
    }
}
